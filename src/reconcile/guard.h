#pragma once
/*
 * Guard: mass change is held, rule 3 of the contract
 *
 * Counts what the loads of the last hour did and want to do to the live windows of one target.
 */
#include "base/base.h"

#define GUARD_HOUR (3600ull * 1000000)
#define GUARD_CANCELS_FREE 3u   /* so many may always go, unless they are all there is */
#define GUARD_MOVES_FREE 10u

typedef struct Guard {
        size_t live;            /* published and not final now */
        size_t cancelled;       /* cancelled by a load within the last hour: they were live at its beginning */
        size_t cancels;         /* live ones that the manifests now want cancelled and nobody has approved */
        size_t moved, moves;    /* likewise; moved ones are still live */
} Guard;

bool guard_holds_cancels(const Guard *g, unsigned max_percent);
bool guard_holds_moves(const Guard *g, unsigned max_percent);
