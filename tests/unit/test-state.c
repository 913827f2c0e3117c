/*
 * State: the further on of the manifest's word and the clock's
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "reconcile/plan.h"

#define START (1800000000ull * USEC_PER_SEC)
#define END (START + USEC_PER_HOUR)
#define NEVER USEC_INFINITY

static void the_further_on_counts(void **state) {
        enum { NO_RECORD, NOT_STARTED, STARTED };
        static const struct {
                State floor;
                bool auto_start, auto_complete;
                int record;
                usec_t now;
                State want;
                usec_t next;
        } rows[] = {
                { STATE_SCHEDULED, true, true, NO_RECORD, START - 1, STATE_SCHEDULED, START },
                { STATE_SCHEDULED, true, true, NO_RECORD, START, STATE_IN_PROGRESS, END },
                { STATE_SCHEDULED, true, true, NO_RECORD, END - 1, STATE_IN_PROGRESS, END },
                { STATE_SCHEDULED, true, true, NO_RECORD, END, STATE_COMPLETED, NEVER },
                /* `state: in_progress` starts now, and the end still completes */
                { STATE_IN_PROGRESS, true, true, NO_RECORD, START - 1, STATE_IN_PROGRESS, END },
                { STATE_IN_PROGRESS, true, true, NO_RECORD, END, STATE_COMPLETED, NEVER },
                /* the word is a lower bound: it ends, whatever the clock says */
                { STATE_COMPLETED, true, true, NO_RECORD, START - 1, STATE_COMPLETED, NEVER },
                { STATE_CANCELLED, true, true, NO_RECORD, START + 1, STATE_CANCELLED, NEVER },
                { STATE_CANCELLED, true, true, STARTED, END + 1, STATE_CANCELLED, NEVER },
                /* waiting for a person */
                { STATE_SCHEDULED, false, true, NO_RECORD, START, STATE_SCHEDULED, END },
                { STATE_SCHEDULED, false, true, NOT_STARTED, END, STATE_SCHEDULED, NEVER },
                { STATE_SCHEDULED, false, true, STARTED, START + 1, STATE_IN_PROGRESS, END },
                { STATE_SCHEDULED, false, true, STARTED, END, STATE_COMPLETED, NEVER },
                { STATE_SCHEDULED, true, false, STARTED, END, STATE_IN_PROGRESS, NEVER },
                { STATE_SCHEDULED, true, false, NO_RECORD, END, STATE_IN_PROGRESS, NEVER },
                { STATE_COMPLETED, true, false, STARTED, START + 1, STATE_COMPLETED, NEVER },
                { STATE_IN_PROGRESS, false, false, NOT_STARTED, START - 1, STATE_IN_PROGRESS, END },
                /* what runs does not go back, though its start has been moved ahead */
                { STATE_SCHEDULED, true, true, STARTED, START - 1, STATE_IN_PROGRESS, END },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Window w = { .start = START, .end = END, .floor = rows[i].floor, .auto_start = rows[i].auto_start, .auto_complete = rows[i].auto_complete };
                Record r = { .id = 1, .left = rows[i].record == STARTED ? STATE_IN_PROGRESS : STATE_SCHEDULED, .started = rows[i].record == STARTED ? START - 2 : 0 };
                usec_t next = 0;
                State s = state_at(&w, START, END, rows[i].record == NO_RECORD ? NULL : &r, rows[i].now, &next);

                if (s != rows[i].want || next != rows[i].next)
                        fail_msg("row %zu: %s, next %lld s after its start", i, state_to_string(s), (long long) (next - START) / 1000000);
        }
}

static void times_in_force_count(void **state) {
        Window w = { .start = START, .end = END, .auto_start = true, .auto_complete = true };
        usec_t next;

        assert_int_equal(state_at(&w, START + 10, END + 10, NULL, START, &next), STATE_SCHEDULED);
        assert_int_equal(next, START + 10);
        assert_int_equal(state_at(&w, START, END + 10, NULL, END, &next), STATE_IN_PROGRESS);
        assert_int_equal(next, END + 10);
}

/* The state never goes back while only time passes. */
static void time_moves_forward_only(void **state) {
        for (unsigned bits = 0; bits < 16; bits++) {
                Window w = { .start = START, .end = END, .floor = (State) (bits & 3), .auto_start = bits & 4, .auto_complete = bits & 8 };
                State last = STATE_SCHEDULED;

                for (usec_t t = START - 2; t < END + 3; t += t == START + 2 ? END - START - 4 : 1) {
                        usec_t next;
                        State s = state_at(&w, START, END, NULL, t, &next);

                        assert_true(s >= last);
                        assert_true(next > t);
                        last = s;
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "the one further on of the word and the clock counts", the_further_on_counts, NULL, NULL, NULL },
                { "rule 6: no state is reached before its due time in force", times_in_force_count, NULL, NULL, NULL },
                { "time alone never takes a window back", time_moves_forward_only, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
