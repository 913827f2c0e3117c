/*
 * Crowd: what a limit makes of what falls due together
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "reconcile/crowd.h"

#define S USEC_PER_SEC
#define BASE (1000 * USEC_PER_DAY)

static size_t crowd_of(size_t n, usec_t apart, unsigned per_min, Crowd ret[2]) {
        usec_t due[400] = { 0 };

        for (size_t k = 0; k < n; k++)
                due[k] = BASE + k * apart;
        return crowds_find(due, n, per_min, ret, 2);
}

static void fits(void **state) {
        Crowd c[2];

        assert_int_equal(crowd_of(0, 0, 30, c), 0);
        assert_int_equal(crowd_of(30, 0, 30, c), 0);
        assert_int_equal(crowd_of(400, 2 * S, 30, c), 0);
        assert_int_equal(crowd_of(400, 0, 0, c), 0);
}

static void waits(void **state) {
        Crowd c[2];

        assert_int_equal(crowd_of(100, 0, 30, c), 1);
        assert_int_equal(c[0].due, BASE);
        assert_int_equal(c[0].n, 100);
        assert_int_equal(c[0].late, 140 * S);
}

/* Thirty are in hand; after that one a second comes and one in two goes. */
static void queue_grows(void **state) {
        Crowd c[2];

        assert_int_equal(crowd_of(120, S, 30, c), 1);
        assert_in_range(c[0].late, 58 * S, 62 * S);
}

static void two_nights(void **state) {
        usec_t due[80];
        Crowd c[2];

        for (size_t k = 0; k < 80; k++)
                due[k] = BASE + k / 40 * USEC_PER_DAY;
        assert_int_equal(crowds_find(due, 80, 30, c, 2), 2);
        assert_int_equal(c[1].due, BASE + USEC_PER_DAY);
        assert_int_equal(c[1].n, 40);
        assert_int_equal(c[1].late, 20 * S);
        assert_int_equal(crowds_find(due, 80, 30, c, 1), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "what fits the limit is not late", fits, NULL, NULL, NULL },
                { "the last of a hundred at thirty a minute waits 2 min 20 s", waits, NULL, NULL, NULL },
                { "a queue that grows is one crowd", queue_grows, NULL, NULL, NULL },
                { "two nights are two crowds, and more than there is room for are counted", two_nights, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
