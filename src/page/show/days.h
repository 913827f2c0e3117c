#pragma once
/*
 * Days: what a service has shown, day by day
 *
 * The store keeps changes ("from then on: degraded"). Here they become, for each service, 90 days of the page's zone with the seconds
 * that each state had on each; a day of the zone has 23, 24 or 25 hours. New changes are added to what is known already, so nothing is
 * counted twice, and all is read anew once a day alone, when the window moves on.
 */
#include "page/show/words.h"

#define DAYS_SHOWN 90u

typedef struct DayRow {
        uint32_t seconds[DAYS_SHOWN][IMPACTS];  /* oldest first, the last is today; what is missing of a day is not known, or to come */
} DayRow;

typedef struct Days Days;

Days *days_new(void);
Days *days_free(Days *d);
DEFINE_AUTO(Days *, days_free)

/* True when @now lies on another day than all that is known: it has been forgotten, and is to be told anew. */
bool days_begin(Days *d, const Zone *zone, usec_t now);
/* All is to be told anew. */
void days_forget(Days *d);
/* When the first day begins. */
usec_t days_first(const Days *d);
/* When day @i of DAYS_SHOWN begins. */
usec_t days_start(const Days *d, size_t i);
/* From @at on, @service shows @state. Told in order, what lies before the first day too. -ENOMEM. */
int days_note(Days *d, int64_t service, usec_t at, Impact state);
/* Up to @now, with the state that goes on. All zero for a service that is not known. */
void days_of(const Days *d, int64_t service, usec_t now, DayRow *ret);

/* The worst that was shown on a day, or -1: nothing is known of it. */
int day_worst(const DayRow *row, size_t day);
/* Of the time that is known of the last @days, how much was no outage: maintenance and slowness are none. In seconds. */
void days_uptime(const DayRow *row, size_t days, uint64_t *ret_up, uint64_t *ret_known);
