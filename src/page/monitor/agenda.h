#pragma once
/*
 * The agenda: which monitor is to be looked at when, and what has been seen and not yet been stored
 *
 * Pure: told the time, the monitors and what checks saw; asked what is due. Due instants sit in a heap, so a check costs no look at the
 * others. What is seen is counted here and stored now and then (store/monitor.c), at once where it changes anything.
 */
#include "base/heap.h"
#include "page/monitor/monitor.h"

/* Checks that nobody needs to know one by one. */
typedef struct Tally {
        unsigned up, degraded, down;
        unsigned answers;               /* good and bad ones; of their latencies: */
        usec_t sum, least, most;        /* 0 when there were none */
} Tally;
static inline bool tally_empty(const Tally *t) { return t->up + t->degraded + t->down == 0; }

typedef struct Due {
        Monitor m;                      /* its strings are owned */
        usec_t due;                     /* CLOCK_BOOTTIME; while it is in the heap */
        usec_t began;                   /* of the check under way, or the last one */
        bool busy;                      /* a check is under way; @userdata is whose it is */
        void *userdata;
        bool unsaved, urgent;           /* urgent: what it saw is another thing than last time */
        bool settled;                   /* unsaved: its state is another one */
        Tally tally;                    /* unsaved */
        uint32_t place;
} Due;

typedef struct Agenda Agenda;
Agenda *agenda_new(void);               /* NULL: memory is out */
Agenda *agenda_free(Agenda *a);
DEFINE_AUTO(Agenda *, agenda_free)

/* The check of @d is not wanted any more; called from within agenda_load(). */
typedef void (*agenda_drop_fn)(Due *d, void *userdata);
/**
 * agenda_load() - take over the monitors as they are stored
 * @rows: in order of seq; borrowed during the call
 *
 * A new or changed one is due at once, and so is one that is not paused any more; a paused one never. With @start, those that have been looked at
 * before are due at their next instant. What has been seen and not saved stays. 0 or -ENOMEM, and then some are as they were before.
 */
int agenda_load(Agenda *a, const Monitor *rows, size_t n, bool start, usec_t boot, agenda_drop_fn drop, void *userdata);

/* CLOCK_BOOTTIME; USEC_INFINITY: nothing is to be looked at. */
usec_t agenda_next(const Agenda *a);
/* The one that has been due for longest, busy from now on; NULL: none is. */
Due *agenda_take(Agenda *a, usec_t boot);

typedef struct Seen {
        MonitorState state;             /* unknown: it could not be looked at */
        usec_t latency;                 /* 0: no answer */
        const char *problem;            /* one printable line, "" when up; borrowed */
} Seen;
/* The check is over. 0 or -ENOMEM, and then the problem is not kept, and all else is. */
int agenda_seen(Agenda *a, Due *d, const Seen *seen, Now now);
/* There was none after all: again at @boot. */
void agenda_again(Agenda *a, Due *d, usec_t boot);

bool agenda_urgent(const Agenda *a);
bool agenda_unsaved(const Agenda *a);
/* Those with something unsaved: for (Due *d = NULL; (d = agenda_unsaved_after(a, d));) */
Due *agenda_unsaved_after(const Agenda *a, const Due *d);
/* All of it has been stored. */
void agenda_saved(Agenda *a);
/* Every one, in order of seq, to drop what is under way. */
Due *agenda_each(const Agenda *a, size_t i);
