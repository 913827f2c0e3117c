/*
 * Since: what people write for a point in the past
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"
#include "ctl/since.h"

#define NOW "2027-03-28T10:30:00Z" /* in Berlin 12:30, the day the clocks went forward */

static const struct since_case { const char *name, *text, *zone, *expected; } cases[] = {
        { "takes an instant", "2027-02-01T02:00Z", "Europe/Berlin", "2027-02-01T02:00:00Z" },
        { "takes a local time", "2027-02-01T02:00", "Europe/Berlin", "2027-02-01T01:00:00Z" },
        { "takes a date as the beginning of its day", "2027-02-01", "Europe/Berlin", "2027-01-31T23:00:00Z" },
        { "takes a time of day that has been as today's", "10:30", "UTC", "2027-03-28T10:30:00Z" },
        { "takes one that lies ahead as yesterday's", "10:31", "UTC", "2027-03-27T10:31:00Z" },
        { "takes a time span as so long ago", "2h 30min", "UTC", "2027-03-28T08:00:00Z" },
        { "takes it with a sign, too", "-90min", "UTC", "2027-03-28T09:00:00Z" },
        { "takes days as those of a calendar", "1d", "Europe/Berlin", "2027-03-27T11:30:00Z" },
        { "takes hours as exact", "24h", "Europe/Berlin", "2027-03-27T10:30:00Z" },
        { "refuses a month", "1month", "UTC", NULL },
        { "refuses words", "yesterday", "UTC", NULL },
        { "refuses nothing", "", "UTC", NULL },
        { "refuses a sign alone", "-", "UTC", NULL },
        { "refuses an hour that is none", "25:00", "UTC", NULL },
};

static void check(void **state) {
        const struct since_case *c = *state;
        auto_(zones_free) Zones *zones = NULL;
        const Zone *zone;
        usec_t now, t = 7, expected;

        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(zones_get(zones, c->zone, &zone), 0);
        assert_int_equal(rfc3339_parse(NOW, &now), 0);
        if (!c->expected) {
                assert_int_equal(since_parse(c->text, zone, now, &t), -EINVAL);
                assert_int_equal(t, 7);
                return;
        }
        assert_int_equal(rfc3339_parse(c->expected, &expected), 0);
        assert_int_equal(since_parse(c->text, zone, now, &t), 0);
        assert_int_equal(t, expected);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, check, NULL, NULL, (void *) &cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
