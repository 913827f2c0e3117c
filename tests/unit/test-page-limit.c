/*
 * How often a key may ask
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page/limit.h"

static Now second(unsigned s) {
        return (Now) { .real = (1000000 + s) * USEC_PER_SEC, .boot = (10 + s) * USEC_PER_SEC };
}

static void rounds(void **state) {
        auto_(limiter_free) Limiter *l = limiter_new(3, 1);
        LimitState s;

        for (unsigned i = 0; i < 3; i++) {
                assert_true(limiter_take(l, 1, LIMIT_READ, second(i), &s));
                assert_int_equal(s.remaining, 2 - i);
        }
        assert_false(limiter_take(l, 1, LIMIT_READ, second(59), &s));
        assert_int_equal(s.wait, USEC_PER_SEC);
        assert_int_equal(s.reset, second(60).real);
        assert_int_equal(s.limit, 3);
        assert_true(limiter_take(l, 1, LIMIT_READ, second(60), &s));
        assert_int_equal(s.remaining, 2);
}

static void apart(void **state) {
        auto_(limiter_free) Limiter *l = limiter_new(1, 1);
        LimitState s;

        assert_true(limiter_take(l, 1, LIMIT_READ, second(0), &s));
        assert_true(limiter_take(l, 1, LIMIT_WRITE, second(0), &s));
        assert_true(limiter_take(l, 2, LIMIT_READ, second(0), &s));
        assert_false(limiter_take(l, 1, LIMIT_WRITE, second(0), &s));
}

static void nobody(void **state) {
        auto_(limiter_free) Limiter *l = limiter_new(1, 1), *off = limiter_new(0, 0);
        LimitState s;

        for (unsigned i = 0; i < 5; i++) {
                assert_true(limiter_take(l, 0, LIMIT_READ, second(0), &s));
                assert_int_equal(s.remaining, 1);
                assert_true(limiter_take(off, 1, LIMIT_READ, second(0), &s));
                assert_int_equal(s.limit, 0);
        }
}

static void texts(void **state) {
        static const char *const wrong[] = { "", "5", "5/", "/5", "0/5", "5/0", "-1/5", "5/5/5", "5/5x", "1000001/5", "OFF" };
        unsigned reads = 0, writes = 0;

        assert_int_equal(limits_parse("100/30", &reads, &writes), 0);
        assert_int_equal(reads, 100);
        assert_int_equal(writes, 30);
        assert_int_equal(limits_parse("off", &reads, &writes), 0);
        assert_int_equal(reads + writes, 0);
        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                assert_int_equal(limits_parse(wrong[i], &reads, &writes), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "an allowance is full again a minute after its first use", rounds, NULL, NULL, NULL },
                { "keys, reads and writes are counted apart", apart, NULL, NULL, NULL },
                { "nobody, and nothing when off, is counted", nobody, NULL, NULL, NULL },
                { "reads limits", texts, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("page-limit", tests, NULL, NULL);
}
