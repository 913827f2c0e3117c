/*
 * Dispatch: what may go to a target, and when
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "reconcile/dispatch.h"

#define T0 (1000 * USEC_PER_SEC)
#define REAL (1800000000ull * USEC_PER_SEC)

static unsigned drain(Bucket *b, bool due, usec_t boot) {
        unsigned n = 0;
        usec_t when;

        for (; n < 1000 && bucket_ready(b, due, boot, &when); n++)
                bucket_take(b, boot);
        return n;
}

static void a_quarter_is_kept_for_what_is_due(void **state) {
        static const struct { unsigned per_min, others, due; } rows[] = { { 60, 45, 15 }, { 4, 3, 1 }, { 100, 75, 25 }, { 1, 1, 0 } };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Bucket b;

                bucket_init(&b, rows[i].per_min, T0);
                assert_int_equal(drain(&b, false, T0), rows[i].others);
                assert_int_equal(drain(&b, true, T0), rows[i].due);
                assert_int_equal(drain(&b, true, T0), 0);
        }
}

static void it_fills_with_time(void **state) {
        usec_t when = 0;
        Bucket b;

        bucket_init(&b, 60, T0);
        assert_int_equal(drain(&b, true, T0), 60);
        assert_false(bucket_ready(&b, true, T0, &when));
        assert_int_equal(when, T0 + USEC_PER_SEC);
        assert_false(bucket_ready(&b, true, T0 + USEC_PER_SEC - 1, &when));
        assert_true(bucket_ready(&b, true, T0 + USEC_PER_SEC, &when));
        assert_int_equal(drain(&b, true, T0 + 10 * USEC_PER_SEC), 10);
        /* The instant it names is right for what is not due, too. */
        assert_false(bucket_ready(&b, false, T0 + 10 * USEC_PER_SEC, &when));
        assert_int_equal(when, T0 + 26 * USEC_PER_SEC);
        assert_false(bucket_ready(&b, false, when - 1, &(usec_t) { 0 }));
        assert_true(bucket_ready(&b, false, when, &when));
        /* Never more than a minute's worth, and time that goes backwards gives nothing. */
        assert_int_equal(drain(&b, true, T0 + USEC_PER_DAY), 60);
        assert_int_equal(drain(&b, true, T0), 0);
}

static void without_a_limit_nothing_waits(void **state) {
        Bucket b;

        bucket_init(&b, 0, T0);
        assert_int_equal(drain(&b, false, T0), 1000);
}

static void headers_correct_it(void **state) {
        static const struct { const char *limit, *remaining, *reset; unsigned left; usec_t not_before; } rows[] = {
                { NULL, NULL, NULL, 60, 0 },
                { "60", "12", NULL, 12, 0 },
                { "60", "100", NULL, 60, 0 },           /* does not make us faster than we were */
                { "20", NULL, NULL, 20, 0 },            /* stricter than documented */
                { "1000", NULL, NULL, 60, 0 },          /* looser does not count */
                { "0", NULL, NULL, 60, 0 },             /* nonsense */
                { "60", "0", "1800000030", 0, 30 * USEC_PER_SEC },
                { "60", "0", "1799999990", 0, 0 },      /* past already */
                { "60", "0", "1900000000", 0, WAIT_MAX },
                { "60", "0", "99999999999999999999999", 0, 0 },
                { "60", "-1", NULL, 60, 0 },
                { "60", "x", NULL, 60, 0 },
                { "60", "5", "1800000030", 5, 0 },      /* something remains: no need to wait for the reset */
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                const char *headers[7] = { NULL };
                size_t n = 0;
                Bucket b;

                if (rows[i].limit)
                        headers[n++] = "x-ratelimit-limit", headers[n++] = rows[i].limit;
                if (rows[i].remaining)
                        headers[n++] = "x-ratelimit-remaining", headers[n++] = rows[i].remaining;
                if (rows[i].reset)
                        headers[n++] = "x-ratelimit-reset", headers[n++] = rows[i].reset;
                bucket_init(&b, 60, T0);
                bucket_told(&b, &(Response) { .status = 200, .headers = headers }, (Now) { REAL, T0 });
                if (b.not_before != (rows[i].not_before ? T0 + rows[i].not_before : 0) && !(rows[i].not_before == 0 && b.not_before <= T0))
                        fail_msg("row %zu: not before %llu", i, (unsigned long long) b.not_before);
                b.not_before = 0;
                if (drain(&b, true, T0) != rows[i].left)
                        fail_msg("row %zu", i);
        }
}

static void a_wait_is_kept_and_capped(void **state) {
        usec_t when = 0;
        Bucket b;

        bucket_init(&b, 60, T0);
        bucket_wait(&b, 30 * USEC_PER_SEC, T0);
        assert_false(bucket_ready(&b, true, T0 + 30 * USEC_PER_SEC - 1, &when));
        assert_int_equal(when, T0 + 30 * USEC_PER_SEC);
        bucket_wait(&b, USEC_PER_SEC, T0); /* a shorter one does not cut it */
        assert_false(bucket_ready(&b, true, T0 + 2 * USEC_PER_SEC, &when));
        assert_true(bucket_ready(&b, true, T0 + 30 * USEC_PER_SEC, &when));
        bucket_wait(&b, USEC_PER_DAY, T0);
        assert_false(bucket_ready(&b, true, T0 + WAIT_MAX - 1, &when));
        assert_int_equal(when, T0 + WAIT_MAX);
        assert_true(bucket_ready(&b, true, T0 + WAIT_MAX, &when));
        /* Without a limit of its own a target can still ask for a pause. */
        bucket_init(&b, 0, T0);
        bucket_wait(&b, USEC_PER_MINUTE, T0);
        assert_false(bucket_ready(&b, true, T0, &when));
}

static void pauses_grow_within_bounds(void **state) {
        uint64_t seed = 7;

        for (unsigned round = 0; round < 50; round++)
                for (unsigned n = 1; n < 40; n++) {
                        usec_t middle = n > 6 ? PAUSE_MAX : MIN(PAUSE_FIRST << (n - 1), PAUSE_MAX), pause = backoff(n, PAUSE_FIRST, PAUSE_MAX, &seed);

                        if (pause < middle * 3 / 4 || pause > middle * 5 / 4)
                                fail_msg("after %u failures: %llu", n, (unsigned long long) pause);
                }
        assert_true(backoff(UINT32_MAX, PAUSE_FIRST, PAUSE_MAX, &seed) <= PAUSE_MAX * 5 / 4);
}

static void pauses_differ_but_repeat_with_the_seed(void **state) {
        uint64_t a = 1, b = 2, c = 1;
        usec_t first = backoff(5, PAUSE_FIRST, PAUSE_MAX, &a);

        assert_int_not_equal(first, backoff(5, PAUSE_FIRST, PAUSE_MAX, &b));
        assert_int_equal(first, backoff(5, PAUSE_FIRST, PAUSE_MAX, &c));
        assert_int_not_equal(first, backoff(5, PAUSE_FIRST, PAUSE_MAX, &a)); /* not the same every time */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "a quarter of a bucket is kept for what is due", a_quarter_is_kept_for_what_is_due, NULL, NULL, NULL },
                { "a bucket fills with time, and names when it will do", it_fills_with_time, NULL, NULL, NULL },
                { "without a limit nothing waits", without_a_limit_nothing_waits, NULL, NULL, NULL },
                { "headers correct a bucket downwards only", headers_correct_it, NULL, NULL, NULL },
                { "a wait asked for is kept, and no longer than fifteen minutes", a_wait_is_kept_and_capped, NULL, NULL, NULL },
                { "pauses double up to their maximum, a quarter up or down", pauses_grow_within_bounds, NULL, NULL, NULL },
                { "pauses differ from try to try and repeat with their seed", pauses_differ_but_repeat_with_the_seed, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
