/*
 * Pairing: equal date first, then the nearest within seven days, earlier first
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "reconcile/pair.h"

/* A side from its occurrences; "-" ends it. Starts are taken to be UTC. */
static size_t side(const char *const *occurrences, PairSide *ret) {
        size_t n = 0;

        for (; occurrences[n]; n++) {
                char text[32];

                (void) snprintf(text, sizeof(text), "%s:00Z", occurrences[n]);
                ret[n] = (PairSide) { .occurrence = occurrences[n] };
                if (rfc3339_parse(text, &ret[n].start) < 0)
                        fail_msg("%s", text);
        }
        return n;
}

static void pairs(void **state) {
        static const struct {
                const char *what, *old[5], *new[5];
                size_t match[5]; /* of each old one: index + 1, 0: none */
        } rows[] = {
                { "nothing to pair", { NULL }, { "2027-02-07T02:00", NULL }, { 0 } },
                { "another hour of the same days",
                  { "2027-02-07T02:00", "2027-02-14T02:00", NULL }, { "2027-02-07T03:00", "2027-02-14T03:00", NULL }, { 1, 2 } },
                { "another day of the week: the nearest, each once",
                  { "2027-02-07T02:00", "2027-02-14T02:00", NULL }, { "2027-02-08T02:00", "2027-02-15T02:00", NULL }, { 1, 2 } },
                { "the date goes before the distance",
                  { "2027-02-07T23:00", NULL }, { "2027-02-07T01:00", "2027-02-08T00:00", NULL }, { 1 } },
                { "seven days apart", { "2027-02-07T02:00", NULL }, { "2027-02-14T02:00", NULL }, { 1 } },
                { "seven days and a minute apart", { "2027-02-07T02:00", NULL }, { "2027-02-14T02:01", NULL }, { 0 } },
                { "seven days earlier", { "2027-02-14T02:00", NULL }, { "2027-02-07T02:00", NULL }, { 1 } },
                { "more than seven days earlier", { "2027-02-14T02:00", NULL }, { "2027-02-07T01:59", NULL }, { 0 } },
                { "equal distance: the earlier old one",
                  { "2027-02-07T02:00", "2027-02-09T02:00", NULL }, { "2027-02-08T02:00", NULL }, { 1, 0 } },
                { "equal distance: the earlier new one",
                  { "2027-02-08T02:00", NULL }, { "2027-02-07T02:00", "2027-02-09T02:00", NULL }, { 1 } },
                { "the smallest distance of all goes first",
                  { "2027-02-07T02:00", "2027-02-10T02:00", NULL }, { "2027-02-09T02:00", NULL }, { 0, 1 } },
                { "two on one day share it in order",
                  { "2027-02-07T02:00", "2027-02-07T14:00", NULL }, { "2027-02-07T03:00", "2027-02-07T15:00", NULL }, { 1, 2 } },
                { "from weekly to every second week: what is left finds nothing",
                  { "2027-02-07T02:00", "2027-02-14T02:00", "2027-02-21T02:00", NULL }, { "2027-02-07T02:30", "2027-02-21T02:30", NULL }, { 1, 0, 2 } },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                PairSide old[5], new[5];
                size_t n_old = side(rows[i].old, old), n_new = side(rows[i].new, new);

                assert_int_equal(pair_windows(old, n_old, new, n_new), 0);
                for (size_t k = 0; k < n_old; k++) {
                        if (old[k].match + 1 != rows[i].match[k])
                                fail_msg("%s: %s pairs with %zd", rows[i].what, old[k].occurrence, (ssize_t) old[k].match);
                        if (old[k].match != SIZE_MAX)
                                assert_int_equal(new[old[k].match].match, k);
                }
        }
}

static void ends_are_used_once(void **state) {
        PairSide old[40], new[40];
        char names[80][20];
        bool used[40] = { false };

        for (size_t i = 0; i < 40; i++) {
                usec_t day = 1800000000ull * USEC_PER_SEC / USEC_PER_DAY * USEC_PER_DAY + i * USEC_PER_DAY;

                (void) snprintf(names[i], sizeof(names[i]), "old-%zu", i);
                (void) snprintf(names[40 + i], sizeof(names[i]), "new-%zu", i);
                old[i] = (PairSide) { .occurrence = names[i], .start = day };
                new[i] = (PairSide) { .occurrence = names[40 + i], .start = day + 36 * USEC_PER_HOUR };
        }
        assert_int_equal(pair_windows(old, 40, new, 40), 0);
        for (size_t i = 0; i < 40; i++) {
                if (old[i].match == SIZE_MAX)
                        continue;
                assert_false(used[old[i].match]);
                used[old[i].match] = true;
                assert_int_equal(new[old[i].match].match, i);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "equal date first, then the nearest within seven days, earlier first", pairs, NULL, NULL, NULL },
                { "no end is used twice", ends_are_used_once, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
