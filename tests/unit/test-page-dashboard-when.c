/*
 * Times that people enter: read in their zone, and asked about where clocks change
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/dashboard/when.h"

static const struct when_case { const char *name, *zone, *text; Fold fold; When when; const char *utc; } cases[] = {
        { "a wall clock in its zone", "Europe/Berlin", "2027-02-01T02:00", FOLD_UNSAID, WHEN_OK, "2027-02-01T01:00:00Z" },
        { "with seconds", "UTC", "2027-02-01T02:00:07", FOLD_UNSAID, WHEN_OK, "2027-02-01T02:00:07Z" },
        { "with a blank, as people write", "UTC", "2027-02-01 02:00", FOLD_UNSAID, WHEN_OK, "2027-02-01T02:00:00Z" },
        { "a leap day", "UTC", "2028-02-29T00:00", FOLD_UNSAID, WHEN_OK, "2028-02-29T00:00:00Z" },
        { "no leap day", "UTC", "2027-02-29T00:00", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "no such month", "UTC", "2027-13-01T00:00", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "no such hour", "UTC", "2027-02-01T24:00", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "no such second", "UTC", "2027-02-01T23:00:60", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "nothing", "UTC", "", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "a date alone", "UTC", "2027-02-01", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "something behind it", "UTC", "2027-02-01T02:00Z", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "a sign where a digit should be", "UTC", "2027-02-01T+2:00", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "too long ago", "UTC", "1970-01-01T00:00", FOLD_UNSAID, WHEN_MALFORMED, NULL },
        { "clocks go forward over it", "Europe/Berlin", "2027-03-28T02:30", FOLD_UNSAID, WHEN_SKIPPED, NULL },
        { "…whichever of two is said", "Europe/Berlin", "2027-03-28T02:30", FOLD_SECOND, WHEN_SKIPPED, NULL },
        { "the first after the gap", "Europe/Berlin", "2027-03-28T03:00", FOLD_UNSAID, WHEN_OK, "2027-03-28T01:00:00Z" },
        { "clocks go back over it", "Europe/Berlin", "2027-10-31T02:30", FOLD_UNSAID, WHEN_TWICE, NULL },
        { "the first of the two", "Europe/Berlin", "2027-10-31T02:30", FOLD_FIRST, WHEN_OK, "2027-10-31T00:30:00Z" },
        { "the second of the two", "Europe/Berlin", "2027-10-31T02:30", FOLD_SECOND, WHEN_OK, "2027-10-31T01:30:00Z" },
        { "the second where the fold begins", "Europe/Berlin", "2027-10-31T02:00", FOLD_SECOND, WHEN_OK, "2027-10-31T01:00:00Z" },
        { "half an hour of a fold", "Australia/Lord_Howe", "2027-04-04T01:45", FOLD_SECOND, WHEN_OK, "2027-04-03T15:15:00Z" },
        { "second or first is the same where there is one", "Europe/Berlin", "2027-02-01T02:00", FOLD_SECOND, WHEN_OK, "2027-02-01T01:00:00Z" },
};

static Zones *zones;

static const Zone *zone_of(const char *name) {
        const Zone *z = NULL;

        assert_int_equal(zones_get(zones, name, &z), 0);
        return z;
}

static void reads(void **state) {
        const struct when_case *c = *state;
        char stamp[RFC3339_SIZE];
        usec_t t = 0;

        assert_int_equal(when_parse(zone_of(c->zone), c->text, c->fold, &t), c->when);
        if (c->utc)
                assert_string_equal(rfc3339_format(t, stamp), c->utc);
        else
                assert_true(t == 0);
}

static void what_is_shown_is_read_again(void **state) {
        static const char *const names[] = { "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia" };
        char buf[WHEN_VALUE_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                for (usec_t t = UINT64_C(1801447200000000); t < UINT64_C(1801447200000000) + 400 * USEC_PER_DAY; t += 5 * USEC_PER_HOUR + 7 * USEC_PER_SEC) {
                        const Zone *z = zone_of(names[i]);
                        usec_t first, second;

                        assert_int_equal(when_parse(z, when_value(z, t, buf), FOLD_FIRST, &first), WHEN_OK);
                        assert_int_equal(when_parse(z, buf, FOLD_SECOND, &second), WHEN_OK);
                        assert_true(first == t || second == t);
                }
}

static int open_zones(void **state) {
        return zones_new(NULL, &zones);
}

static int close_zones(void **state) {
        zones = zones_free(zones);
        return 0;
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + 1] = { cmocka_unit_test(what_is_shown_is_read_again) };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[1 + i] = (struct CMUnitTest) { cases[i].name, reads, NULL, NULL, (void *) &cases[i] };
        return cmocka_run_group_tests_name("times that people enter", tests, open_zones, close_zones);
}
