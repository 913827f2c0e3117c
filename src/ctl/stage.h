#pragma once
/*
 * Stage: targets that are played
 *
 * Where nothing may be sent, a target gets a driver that is the real one where that thinks (what the target can do, what a window
 * looks like there, how a change is asked for) and a model in memory where it would talk. The model does what the Capabilities say
 * of the target: its own clock moves windows, what is cancelled goes away, reminders are sent. All of it is written down as deeds.
 */
#include "reconcile/engine.h"

typedef enum DeedKind {
        DEED_REQUEST,           /* maintd asks the target for a change */
        DEED_CLOCK,             /* the target's own clock makes it */
        DEED_REMINDER,          /* the target reminds its subscribers */
        DEED_NOTE,              /* what maintd would warn of */
        DEED_RESTART,           /* maintd ends and starts again */
} DeedKind;
#define DEEDS (DEED_RESTART + 1)
const char *deed_to_string(DeedKind k);         /* "request", "clock", … */

typedef struct Deed {                   /* strings are the stage's */
        DeedKind kind;
        usec_t at;
        size_t order;                   /* of deeds of one instant: as they happened */
        const char *target;             /* name in the config; "" none */
        WindowKey key;                  /* manifest "": it concerns no window */
        const char *part;               /* "" mostly */
        const char *title, *timezone;   /* of the window; "" unknown */
        ActionKind action;              /* of DEED_REQUEST and DEED_CLOCK */
        State state;                    /* reached by it, likewise */
        const char *text;               /* why, or what; one line */
        bool notifies;                  /* subscribers hear of it */
        usec_t late;
} Deed;

typedef struct Stage Stage;

/* @max: deeds; further ones are counted and not kept. NULL: out of memory. */
Stage *stage_new(size_t max);
Stage *stage_free(Stage *s);
DEFINE_AUTO(Stage *, stage_free)

/* Puts a played target in the place of a real one: its driver and its services. What was done to a target of this identity before
 * is still there. Both live as long as the stage. -ENOMEM. */
int stage_cast(Stage *s, Target *t);

/* From here on requests are taken to have been sent at @now; what the targets' own clocks do until then is done first. -ENOMEM. */
int stage_until(Stage *s, usec_t now);
/* When a target's own clock does something next; USEC_INFINITY: nothing. */
usec_t stage_next(const Stage *s);

/* The answer to a request of a played target with this path, which is borrowed. */
Response stage_answer(const char *path);

int stage_note(Stage *s, const Event *e);
int stage_restarted(Stage *s);

/* In order of time; borrowed. *ret_n those that are kept. */
const Deed *stage_deeds(Stage *s, size_t *ret_n);
bool stage_full(const Stage *s);        /* there were more than @max */
