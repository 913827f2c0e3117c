/*
 * Time spans, as systemd writes them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/instant.h"

static const struct span_case { const char *text; int r; unsigned days; usec_t exact; } span_cases[] = {
        { "90min", 0, 0, 90 * USEC_PER_MINUTE }, { "2h 30min", 0, 0, 150 * USEC_PER_MINUTE }, { "2h30min", 0, 0, 150 * USEC_PER_MINUTE },
        { " 2 h  30 min ", 0, 0, 150 * USEC_PER_MINUTE }, { "1d", 0, 1, 0 }, { "24h", 0, 0, USEC_PER_DAY }, { "1w 2days 1s", 0, 9, USEC_PER_SEC },
        { "1.5h", 0, 0, 90 * USEC_PER_MINUTE }, { "0.25s", 0, 0, 250 * USEC_PER_MSEC }, { "250ms", 0, 0, 250 * USEC_PER_MSEC }, { "3us", 0, 0, 3 },
        { "3µs", 0, 0, 3 }, { "0s", 0, 0, 0 }, { "1hr 1minute 1second", 0, 0, 3661 * USEC_PER_SEC }, { "36600d", 0, 36600, 0 },
        { "", -EINVAL, 0, 0 }, { " ", -EINVAL, 0, 0 }, { "90", -EINVAL, 0, 0 }, { "min", -EINVAL, 0, 0 }, { "1x", -EINVAL, 0, 0 }, { "-1h", -EINVAL, 0, 0 },
        { "1h-", -EINVAL, 0, 0 }, { "1.h", -EINVAL, 0, 0 }, { "1.5d", -EINVAL, 0, 0 }, { "1H", -EINVAL, 0, 0 }, { "1h,2min", -EINVAL, 0, 0 }, { "infinity", -EINVAL, 0, 0 },
        { "1M", -EOPNOTSUPP, 0, 0 }, { "1month", -EOPNOTSUPP, 0, 0 }, { "2 years", -EOPNOTSUPP, 0, 0 }, { "1y", -EOPNOTSUPP, 0, 0 },
        { "36601d", -ERANGE, 0, 0 }, { "99999999999999999999h", -ERANGE, 0, 0 }, { "18446744073709551615h", -ERANGE, 0, 0 }, { "30000d 10000d", -ERANGE, 0, 0 },
        { "18446744073709551615w", -ERANGE, 0, 0 }, { "1000000h", -ERANGE, 0, 0 },
};

static void reads_spans(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(span_cases); i++) {
                const struct span_case *c = &span_cases[i];
                Span s = { 77, 77 };
                int r = span_parse(c->text, &s);

                if (r != c->r || (r == 0 && (s.days != c->days || s.exact != c->exact)) || (r < 0 && (s.days != 77 || s.exact != 77)))
                        fail_msg("'%s': %d, %u days, %llu µs", c->text, r, s.days, (unsigned long long) s.exact);
        }
}

static void writes_spans(void **state) {
        static const struct { usec_t t; bool brief; const char *text; } rows[] = {
                { 0, false, "0s" }, { 0, true, "0s" }, { 1, false, "1µs" }, { 250 * USEC_PER_MSEC, false, "250ms" }, { 90 * USEC_PER_MINUTE, false, "1h 30min" },
                { USEC_PER_DAY + 1, false, "1d 1µs" }, { USEC_PER_DAY + 2 * USEC_PER_HOUR + 3 * USEC_PER_MINUTE, true, "1d 2h" }, { USEC_INFINITY, false, "forever" },
        };
        char buf[SPAN_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_string_equal(span_format(rows[i].t, rows[i].brief, buf), rows[i].text);
}

static void reads_back_what_it_wrote(void **state) {
        char buf[SPAN_SIZE];
        Span s;

        for (usec_t t = 1; t < 36600 * USEC_PER_DAY; t = t * 3 + 1) {
                assert_int_equal(span_parse(span_format(t, false, buf), &s), 0);
                assert_int_equal(span_usec(s), t);
        }
        /* The longest text that there is fits. */
        assert_true(strlen(span_format(USEC_INFINITY - 1, false, buf)) < SPAN_SIZE - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_spans), cmocka_unit_test(writes_spans), cmocka_unit_test(reads_back_what_it_wrote),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
