#pragma once
/*
 * iCalendar: events as RFC 5545 has them
 *
 * Writing alone. An event that is written again with a higher sequence number is the same event, changed: its uid says so.
 */
#include "base/instant.h"

typedef struct IcalEvent {
        const char *uid;
        usec_t stamp;                   /* DTSTAMP: when it was last changed, or, where nobody knows, when it is written */
        usec_t created;                 /* 0: not said */
        int64_t sequence;               /* -1: not said */
        usec_t start, end;              /* to the second; an end that is not later is left out */
        bool cancelled;
        const char *summary;
        const char *description, *location, *url; /* each NULL or "": none */
} IcalEvent;

/* @product: such as "-//maintd//maintctl 1//EN"; @name: what a client calls the calendar, NULL: not said. */
void ical_begin(FILE *f, const char *product, const char *name);
void ical_event(FILE *f, const IcalEvent *e);
void ical_end(FILE *f);
