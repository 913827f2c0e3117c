/*
 * Crowd: a bucket that is played forward
 */
#include "reconcile/crowd.h"

#define ONE UINT64_C(1000000)

size_t crowds_find(const usec_t *due, size_t n, unsigned per_min, Crowd *ret, size_t max) {
        uint64_t credit = per_min * ONE;
        size_t found = 0;
        usec_t sent = 0;
        Crowd c = { 0 };

        for (size_t k = 0; k < n && per_min > 0; k++) {
                usec_t passed = MIN(usec_sub(due[k], sent), (usec_t) USEC_PER_MINUTE);

                if (k == 0 || due[k] > sent) { /* nobody waits: a crowd of its own */
                        if (c.late >= CROWD_LATE_MIN && found++ < max)
                                ret[found - 1] = c;
                        c = (Crowd) { .due = due[k] };
                }
                sent = MAX(sent, due[k]);
                credit = MIN(credit + passed * per_min / 60, per_min * ONE);
                if (credit < ONE) {
                        sent += ((ONE - credit) * 60 + per_min - 1) / per_min;
                        credit = ONE;
                }
                credit -= ONE;
                c.n++;
                c.late = MAX(c.late, sent - due[k]);
        }
        if (c.late >= CROWD_LATE_MIN && found++ < max)
                ret[found - 1] = c;
        return found;
}
