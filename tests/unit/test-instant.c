/*
 * Instants: RFC 3339 in and out, and the calendar beneath
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"

static void reads_rfc3339(void **state) {
        static const struct { const char *text; uint64_t us; } rows[] = {
                { "1970-01-01T00:00:00Z", 0 },
                { "2027-02-01T02:00:00Z", UINT64_C(1801447200000000) },
                { "2027-02-01T02:00Z", UINT64_C(1801447200000000) },
                { "2027-02-01t02:00:00z", UINT64_C(1801447200000000) },
                { "2027-02-01 02:00:00Z", UINT64_C(1801447200000000) },
                { "2027-02-01T03:00:00+01:00", UINT64_C(1801447200000000) },
                { "2027-01-31T20:30:00-05:30", UINT64_C(1801447200000000) },
                { "2027-02-01T02:00:00.25Z", UINT64_C(1801447200250000) },
                { "2027-02-01T02:00:00.1234567899Z", UINT64_C(1801447200123456) },
                { "2016-12-31T23:59:60Z", UINT64_C(1483228800000000) },
                { "2028-02-29T00:00:00Z", UINT64_C(1835395200000000) },
                { "9999-12-31T23:59:59Z", USEC_LATEST },
                { "1970-01-01T01:00:00+01:00", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                usec_t t = 1;

                if (rfc3339_parse(rows[i].text, &t) != 0 || t != rows[i].us)
                        fail_msg("%s: %llu", rows[i].text, (unsigned long long) t);
        }
}

static void refuses_what_is_no_instant(void **state) {
        static const char *const rows[] = {
                "", "2027", "2027-02-01", "2027-02-01T02:00", "2027-02-01T02:00:00", "2027-2-01T02:00:00Z", "2027-13-01T00:00:00Z", "2027-00-01T00:00:00Z",
                "2027-02-29T00:00:00Z", "2027-02-00T00:00:00Z", "2100-02-29T00:00:00Z", "2027-02-01T24:00:00Z", "2027-02-01T02:60:00Z", "2027-02-01T02:00:61Z",
                "2027-02-01T02:00:00.Z", "2027-02-01T02:00:00+1:00", "2027-02-01T02:00:00+24:00", "2027-02-01T02:00:00+01:60", "2027-02-01T02:00:00+0100",
                "2027-02-01T02:00:00Zx", "2027-02-01T02:00:00 Z", " 2027-02-01T02:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00",
                "9999-12-31T23:59:59-01:00", "+2027-02-01T02:00:00Z", "２０27-02-01T02:00:00Z",
        };
        usec_t t = 42;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (rfc3339_parse(rows[i], &t) != -EINVAL)
                        fail_msg("'%s' was taken", rows[i]);
        assert_int_equal(t, 42);
}

static void writes_only_the_decimals_it_needs(void **state) {
        static const struct { usec_t t; const char *text; } rows[] = {
                { 0, "1970-01-01T00:00:00Z" }, { 1, "1970-01-01T00:00:00.000001Z" }, { 250000, "1970-01-01T00:00:00.250Z" },
                { UINT64_C(1801447200000000), "2027-02-01T02:00:00Z" }, { USEC_LATEST, "9999-12-31T23:59:59Z" },
                { USEC_LATEST + USEC_PER_SEC - 1, "9999-12-31T23:59:59.999999Z" }, { USEC_LATEST + USEC_PER_SEC, "never" }, { USEC_INFINITY, "never" },
        };
        char buf[RFC3339_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_string_equal(rfc3339_format(rows[i].t, buf), rows[i].text);
}

/* Every day of 800 years, and the C library's idea of it. */
static void counts_days_as_the_c_library_does(void **state) {
        for (int64_t day = days_from_civil(1700, 1, 1); day < days_from_civil(2500, 1, 1); day++) {
                time_t t = (time_t) day * 86400;
                unsigned month, of_month;
                char names[8];
                struct tm tm;
                int year;

                civil_from_days(day, &year, &month, &of_month);
                assert_non_null(gmtime_r(&t, &tm));
                assert_true(tm.tm_year + 1900 == year && tm.tm_mon + 1 == (int) month && tm.tm_mday == (int) of_month);
                assert_int_equal(days_from_civil(year, month, of_month), day);
                assert_true(strftime(names, sizeof(names), "%a %b", &tm) == 7);
                assert_memory_equal(names, weekday_short(day), 3);
                assert_string_equal(names + 4, month_short(month));
        }
        assert_int_equal(days_from_civil(1970, 1, 1), 0);
}

static void reads_back_what_it_wrote(void **state) {
        char buf[RFC3339_SIZE];
        usec_t back;

        for (usec_t t = 0, step = 1; t < USEC_LATEST; t += step, step = step * 3 + 7) {
                assert_int_equal(rfc3339_parse(rfc3339_format(t, buf), &back), 0);
                assert_int_equal(back, t);
        }
}

static void adds_and_subtracts_without_wrapping(void **state) {
        assert_int_equal(usec_add(USEC_INFINITY, 1), USEC_INFINITY);
        assert_int_equal(usec_add(USEC_INFINITY - 1, 2), USEC_INFINITY);
        assert_int_equal(usec_add(1, 2), 3);
        assert_int_equal(usec_sub(1, 2), 0);
        assert_int_equal(usec_sub(USEC_INFINITY, 2), USEC_INFINITY);
        assert_int_equal(usec_sub(3, 2), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_rfc3339), cmocka_unit_test(refuses_what_is_no_instant), cmocka_unit_test(writes_only_the_decimals_it_needs),
                cmocka_unit_test(counts_days_as_the_c_library_does), cmocka_unit_test(reads_back_what_it_wrote),
                cmocka_unit_test(adds_and_subtracts_without_wrapping),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
