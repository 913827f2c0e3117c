#pragma once
/*
 * Ahead: the windows that run or lie ahead, of all manifests
 *
 * From the manifests, since most of a series is not known to the daemon yet; where it runs, with its word on what has begun or ended.
 */
#include "ctl/ctl.h"

typedef struct AheadWindow {
        const Window *w;        /* borrowed from the Ahead */
        State state;            /* as the daemon has it, else by the clock */
        usec_t start, end;      /* in force; of one that runs past its end: now */
} AheadWindow;

typedef struct Ahead {
        AheadWindow *list;      /* by start, then key */
        size_t n, allocated;
        WindowSet **sets;       /* references that keep them */
        size_t n_sets;
} Ahead;

/* Windows that overlap [from, until); @per_manifest: at most so many of one. 0, or negative, said on stderr. */
int ahead_collect(const Ctl *ctl, const Site *s, usec_t from, usec_t until, size_t per_manifest, Ahead *ret);
void ahead_done(Ahead *a);
json_t *ahead_json(const AheadWindow *x);
json_t *ahead_list(const Ahead *a);     /* of all */
/* The state that manifest and clock give a window; no daemon is asked. */
State clock_state(const Window *w, usec_t now);
bool ahead_is_over(const AheadWindow *x);
