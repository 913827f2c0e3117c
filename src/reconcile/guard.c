/*
 * Guard: the two thresholds
 */
#include "reconcile/guard.h"

bool guard_holds_cancels(const Guard *g, unsigned max_percent) {
        size_t all = g->live + g->cancelled, gone = g->cancels + g->cancelled;

        if (g->cancels == 0)
                return false;
        if (all >= 2 && gone == all)
                return true;
        return gone > GUARD_CANCELS_FREE && gone * 100 > all * max_percent;
}

bool guard_holds_moves(const Guard *g, unsigned max_percent) {
        size_t all = g->live + g->cancelled, moved = g->moves + g->moved;

        return g->moves > 0 && moved > GUARD_MOVES_FREE && moved * 100 > all * max_percent;
}
