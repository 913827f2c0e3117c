#pragma once
/*
 * Plan, inside: what its rows share
 *
 *      plan.c          which rows apply, in which order; what is there, what is over, the times in force
 *      plan-wanted.c   what is done about something of ours that is live
 *
 * A row returns true when it has decided.
 */
#include "base/text.h"
#include "reconcile/plan.h"

typedef struct Ctx {
        const PartInput *in;
        const Capabilities *can;
        const Record *r;        /* NULL: none, or one not published yet */
        const Window *w;        /* in force; NULL: nothing describes it */
        Window copy;            /* the window without its held cancellation, or as people have it elsewhere */
        Object o;               /* what is wanted there now: the projection with times in force */
        bool again;             /* what is looked at is over: the next generation is to be published */
        State wanted;
        Decision *d;
} Ctx;

static inline bool can_write(const Capabilities *can, State s) {
        return can->writes & BIT(s);
}

static inline bool can_move(const Capabilities *can, State s) {
        return can->moves & BIT(s);
}

/* The manifest's own word on the times has changed since our last write. */
static inline bool times_changed(const Record *r, const Window *w) {
        return r->start != w->start || r->end != w->end;
}

/* plan.c */
void plan_next_at(Decision *d, usec_t t, const char *what);     /* the earliest stands; @what: static */
bool plan_act(Ctx *c, ActionKind kind, State state, Urgency urgency, const char *fmt, ...) printf_(5, 6); /* true */
bool plan_note(Ctx *c, Note n, State state);                    /* true */
bool plan_shown(const Seen *s, const char *text);               /* whether the target shows this message */

/* plan-wanted.c: whether anything is to be done about something live that is as we left it. */
bool plan_wanted(Ctx *c);
