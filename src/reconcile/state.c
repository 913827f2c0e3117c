/*
 * State: what a window should be at an instant
 *
 * A pure function of the manifest's word, the ledger row and the time: the one further on of the word and the clock.
 */
#include "reconcile/plan.h"

State state_at(const Window *w, usec_t start, usec_t end, const Record *record, usec_t now, usec_t *ret_next) {
        bool started = w->floor == STATE_IN_PROGRESS || (record && (record->started > 0 || record->left == STATE_IN_PROGRESS)) ||
                       (w->auto_start && now >= start);

        *ret_next = USEC_INFINITY;
        if (state_final(w->floor))
                return w->floor;
        if (!started) {
                if (w->auto_start)
                        *ret_next = start;
                else if (now < end)
                        *ret_next = end; /* from then on it is missed */
                return STATE_SCHEDULED;
        }
        if (now < end) {
                *ret_next = end; /* completes, or overruns */
                return STATE_IN_PROGRESS;
        }
        return w->auto_complete ? STATE_COMPLETED : STATE_IN_PROGRESS;
}
