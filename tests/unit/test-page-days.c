/*
 * Days: seconds of each state on each day of a zone, over clock changes, from changes alone
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/show/days.h"

#define TODAY (DAYS_SHOWN - 1)
#define DAY 86400u

typedef struct Fixture {
        Zones *zones;
        const Zone *utc, *berlin;
        Days *days;
} Fixture;

static usec_t at(const char *text) {
        usec_t t;

        assert_int_equal(rfc3339_parse(text, &t), 0);
        return t;
}

static int begin(void **state) {
        static Fixture f;

        f.days = days_new();
        *state = &f;
        return f.days && zones_new(NULL, &f.zones) == 0 && zones_get(f.zones, "UTC", &f.utc) == 0 &&
                               zones_get(f.zones, "Europe/Berlin", &f.berlin) == 0
                       ? 0
                       : -1;
}

static int end(void **state) {
        Fixture *f = *state;

        (void) days_free(f->days);
        (void) zones_free(f->zones);
        return 0;
}

static void a_change_divides_its_day(void **state) {
        Fixture *f = *state;
        usec_t now = at("2027-02-01T18:00:00Z");
        DayRow row;

        assert_true(days_begin(f->days, f->utc, now));
        assert_int_equal(days_note(f->days, 7, at("2027-01-31T12:00:00Z"), IMPACT_OPERATIONAL), 0);
        assert_int_equal(days_note(f->days, 7, at("2027-02-01T06:00:00Z"), IMPACT_MAJOR), 0);
        assert_int_equal(days_note(f->days, 7, at("2027-02-01T06:30:00Z"), IMPACT_OPERATIONAL), 0);
        days_of(f->days, 7, now, &row);
        assert_int_equal(row.seconds[TODAY][IMPACT_MAJOR], 1800);
        assert_int_equal(row.seconds[TODAY][IMPACT_OPERATIONAL], 18 * 3600 - 1800);
        assert_int_equal(row.seconds[TODAY - 1][IMPACT_OPERATIONAL], 12 * 3600);
        assert_int_equal(day_worst(&row, TODAY), IMPACT_MAJOR);
        assert_int_equal(day_worst(&row, TODAY - 1), IMPACT_OPERATIONAL);
        assert_int_equal(day_worst(&row, TODAY - 2), -1);
}

static void what_goes_on_since_long_fills_every_day(void **state) {
        Fixture *f = *state;
        usec_t now = at("2027-02-01T18:00:00Z");
        uint64_t up, known;
        DayRow row;

        (void) days_begin(f->days, f->utc, now);
        assert_int_equal(days_note(f->days, 1, at("2020-01-01T00:00:00Z"), IMPACT_DEGRADED), 0);
        days_of(f->days, 1, now, &row);
        for (size_t i = 0; i < TODAY; i++)
                assert_int_equal(row.seconds[i][IMPACT_DEGRADED], DAY);
        assert_int_equal(row.seconds[TODAY][IMPACT_DEGRADED], 18 * 3600);
        days_uptime(&row, 1, &up, &known);
        assert_int_equal(known, 18 * 3600);
        days_uptime(&row, DAYS_SHOWN, &up, &known);
        assert_true(up == known && known == TODAY * DAY + 18 * 3600);
}

static void days_are_those_of_the_zone(void **state) {
        Fixture *f = *state;
        usec_t now = at("2027-03-28T23:30:00Z"); /* the 29th in Berlin, where the 28th had 23 hours */
        DayRow row;

        (void) days_begin(f->days, f->berlin, now);
        assert_int_equal(days_first(f->days), at("2026-12-29T23:00:00Z"));
        assert_int_equal(days_start(f->days, TODAY), at("2027-03-28T22:00:00Z"));
        assert_int_equal(days_note(f->days, 1, at("2027-01-01T00:00:00Z"), IMPACT_OPERATIONAL), 0);
        days_of(f->days, 1, now, &row);
        assert_int_equal(row.seconds[TODAY - 1][IMPACT_OPERATIONAL], 23 * 3600);
        assert_int_equal(row.seconds[TODAY][IMPACT_OPERATIONAL], 90 * 60);
}

static void outages_count_as_downtime_and_maintenance_does_not(void **state) {
        static const struct {
                Impact state;
                bool down;
        } rows[] = { { IMPACT_OPERATIONAL, false },
                     { IMPACT_MAINTENANCE, false },
                     { IMPACT_DEGRADED, false },
                     { IMPACT_PARTIAL, true },
                     { IMPACT_MAJOR, true } };
        Fixture *f = *state;
        usec_t now = at("2027-02-01T18:00:00Z");

        (void) days_begin(f->days, f->utc, now);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                uint64_t up, known;
                DayRow row;

                assert_int_equal(days_note(f->days, (int64_t) i, at("2027-02-01T17:00:00Z"), rows[i].state), 0);
                days_of(f->days, (int64_t) i, now, &row);
                days_uptime(&row, DAYS_SHOWN, &up, &known);
                assert_int_equal(known, 3600);
                assert_int_equal(up, rows[i].down ? 0 : 3600);
        }
}

static void the_next_day_begins_anew(void **state) {
        Fixture *f = *state;
        usec_t now = at("2027-02-01T18:00:00Z");
        DayRow row;

        assert_true(days_begin(f->days, f->utc, now));
        assert_false(days_begin(f->days, f->utc, now + 5 * USEC_PER_HOUR));
        assert_int_equal(days_note(f->days, 1, now, IMPACT_MAJOR), 0);
        assert_true(days_begin(f->days, f->utc, now + 6 * USEC_PER_HOUR));
        days_of(f->days, 1, now + 6 * USEC_PER_HOUR, &row);
        assert_int_equal(day_worst(&row, TODAY - 1), -1);
}

static void a_clock_that_was_set_back_counts_nothing_twice(void **state) {
        Fixture *f = *state;
        usec_t now = at("2027-02-01T18:00:00Z");
        uint64_t up, known;
        DayRow row;

        (void) days_begin(f->days, f->utc, now);
        assert_int_equal(days_note(f->days, 1, now - 2 * USEC_PER_HOUR, IMPACT_OPERATIONAL), 0);
        assert_int_equal(days_note(f->days, 1, now - USEC_PER_HOUR, IMPACT_MAJOR), 0);
        assert_int_equal(days_note(f->days, 1, now - 2 * USEC_PER_HOUR, IMPACT_OPERATIONAL), 0);
        days_of(f->days, 1, now, &row);
        days_uptime(&row, DAYS_SHOWN, &up, &known);
        assert_int_equal(known, 2 * 3600);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_change_divides_its_day, begin, end),
                cmocka_unit_test_setup_teardown(what_goes_on_since_long_fills_every_day, begin, end),
                cmocka_unit_test_setup_teardown(days_are_those_of_the_zone, begin, end),
                cmocka_unit_test_setup_teardown(outages_count_as_downtime_and_maintenance_does_not, begin, end),
                cmocka_unit_test_setup_teardown(the_next_day_begins_anew, begin, end),
                cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_counts_nothing_twice, begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
