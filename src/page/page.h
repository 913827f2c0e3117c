#pragma once
/*
 * The running page: what its parts share
 *
 * One thread, one loop. A request is answered before the next is read, so nothing here needs a lock.
 */
#include <systemd/sd-event.h>

#include "page/limit.h"
#include "page/monitor/agenda.h"
#include "page/show/cache.h"
#include "page/show/days.h"
#include "page/site.h"
#include "page/store/store.h"
#include "page/subscribe/visitor.h"

#define WEB_VERSION_SIZE 12u

/* Why nothing of a kind is sent for now. */
#define OUTAGE_CHARS 256u
typedef struct Outage {
        usec_t until;                   /* CLOCK_REALTIME; 0: there is none */
        char why[OUTAGE_CHARS];         /* one printable line; "": nothing was said */
} Outage;

typedef struct Page {
        sd_event *event;                /* owned */
        Store *store;                   /* owned */
        Limiter *limiter;               /* owned */
        const Site *site;               /* borrowed, as long as we run */
        Cache *cache;                   /* owned */
        Visitors *visitors;             /* owned */
        Visitors *strangers;            /* owned: whose sign-ins at the dashboard failed */
        struct Access *access;          /* owned by who runs us */
        Days *days;                     /* owned; told up to … */
        int64_t days_seq;               /* … this row of the store */
        char version[WEB_VERSION_SIZE]; /* web_version() of the site */
        Agenda *agenda;                 /* owned; what its monitors have seen, and are to look at */
        sd_event_source *due_timer;     /* owned; of windows that fall due by themselves, set to next_due */
        usec_t next_due;                /* when the clock has something to do; may be too early, never too late */
        Outage mail;                    /* deliver.c writes it; whoever clears it has mail tried at once */
        usec_t pruned;                  /* CLOCK_BOOTTIME of the last look for answers that are too old */
} Page;

/* Catches up with all that fell due while the page was down, and sets the timer. 0 or -errno. */
int page_clock_start(Page *page);
/* Takes the steps that are due now, before a request looks at the state. */
void page_clock_catch_up(Page *page, Now now);
/* A change may have brought the next due instant forward: to @due, or USEC_INFINITY. */
void page_clock_note(Page *page, usec_t due);
