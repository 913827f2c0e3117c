/*
 * Guard: each threshold at its limit and one beyond
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "reconcile/guard.h"

static void cancels(void **state) {
        static const struct { size_t live, cancelled, cancels; unsigned percent; bool held; } rows[] = {
                { 0, 0, 0, 30, false },
                { 1, 0, 1, 30, false },         /* one of one: a single window may always go */
                { 2, 0, 1, 30, false },
                { 2, 0, 2, 30, true },          /* all there is, two of them */
                { 3, 0, 3, 30, true },
                { 4, 0, 3, 30, false },         /* three may always go */
                { 5, 0, 4, 30, true },
                { 10, 0, 3, 30, false },
                { 10, 0, 4, 30, true },         /* more than 30 % and more than three */
                { 20, 0, 6, 30, false },        /* exactly 30 % */
                { 20, 0, 7, 30, true },
                { 18, 2, 4, 30, false },        /* those that loads of the last hour cancelled count on both sides */
                { 18, 2, 5, 30, true },
                { 1, 1, 1, 30, true },          /* one by one is all of them, too */
                { 14, 6, 0, 30, false },        /* nothing more is wanted: nothing to hold */
                { 14, 9, 0, 30, false },
                { 100, 0, 99, 100, false },
                { 100, 0, 100, 100, true },     /* all, whatever the config says */
                { 100, 0, 3, 0, false },
                { 100, 0, 4, 0, true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Guard g = { .live = rows[i].live, .cancelled = rows[i].cancelled, .cancels = rows[i].cancels };

                if (guard_holds_cancels(&g, rows[i].percent) != rows[i].held)
                        fail_msg("row %zu: %zu live, %zu cancelled, %zu more", i, g.live, g.cancelled, g.cancels);
        }
}

static void moves(void **state) {
        static const struct { size_t live, cancelled, moved, moves; unsigned percent; bool held; } rows[] = {
                { 10, 0, 0, 10, 50, false },    /* ten may always move, even if they are all there is */
                { 11, 0, 0, 11, 50, true },
                { 22, 0, 0, 11, 50, false },    /* exactly half */
                { 21, 0, 0, 11, 50, true },
                { 40, 0, 0, 20, 50, false },
                { 40, 0, 0, 21, 50, true },
                { 40, 0, 20, 1, 50, true },     /* with those of the last hour */
                { 40, 0, 19, 1, 50, false },
                { 38, 2, 0, 20, 50, false },    /* cancelled ones were live at the beginning of the hour */
                { 38, 3, 0, 20, 50, false },
                { 40, 0, 40, 0, 50, false },    /* nothing more is wanted */
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Guard g = { .live = rows[i].live, .cancelled = rows[i].cancelled, .moved = rows[i].moved, .moves = rows[i].moves };

                if (guard_holds_moves(&g, rows[i].percent) != rows[i].held)
                        fail_msg("row %zu: %zu live, %zu moved, %zu more", i, g.live, g.moved, g.moves);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "rule 3: more than max_cancel and more than three cancellations, or all of two or more, are held", cancels, NULL, NULL, NULL },
                { "rule 3: more than max_move and more than ten moves are held", moves, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
