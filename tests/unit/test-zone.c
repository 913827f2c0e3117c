/*
 * Zone: names that may be asked for, and the two clashes of a wall clock with its zone
 *
 * That every time of every zone is right is oracle/zones.py's; here stand the cases that a reader wants to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "schedule/tzif.h"
#include "schedule/zone.h"

static Zones *zones_open(void) {
        Zones *z = NULL;

        assert_int_equal(zones_new(NULL, &z), 0);
        return z;
}

static const struct clash_case {
        const char *name, *zone;
        Local local;
        const char *utc;
        Clash clash;
} clash_cases[] = {
        { "an ordinary time", "Europe/Berlin", { 2027, 2, 1, 2, 0, 0 }, "2027-02-01T01:00:00Z", CLASH_NONE },
        { "a skipped time takes the offset before the gap", "Europe/Berlin", { 2027, 3, 28, 2, 30, 0 }, "2027-03-28T01:30:00Z", CLASH_GAP },
        { "the first second of a gap", "Europe/Berlin", { 2027, 3, 28, 2, 0, 0 }, "2027-03-28T01:00:00Z", CLASH_GAP },
        { "the first second after a gap", "Europe/Berlin", { 2027, 3, 28, 3, 0, 0 }, "2027-03-28T01:00:00Z", CLASH_NONE },
        { "a repeated time is the first of the two", "Europe/Berlin", { 2027, 10, 31, 2, 30, 0 }, "2027-10-31T00:30:00Z", CLASH_FOLD },
        { "the end of a fold", "Europe/Berlin", { 2027, 10, 31, 3, 0, 0 }, "2027-10-31T02:00:00Z", CLASH_NONE },
        { "New York skips 02:30", "America/New_York", { 2027, 3, 14, 2, 30, 0 }, "2027-03-14T07:30:00Z", CLASH_GAP },
        { "New York repeats 01:30", "America/New_York", { 2027, 11, 7, 1, 30, 0 }, "2027-11-07T05:30:00Z", CLASH_FOLD },
        { "Lord Howe skips half an hour", "Australia/Lord_Howe", { 2027, 10, 3, 2, 15, 0 }, "2027-10-02T15:45:00Z", CLASH_GAP },
        { "Lord Howe repeats half an hour", "Australia/Lord_Howe", { 2027, 4, 4, 1, 45, 0 }, "2027-04-03T14:45:00Z", CLASH_FOLD },
        { "Kathmandu is 5:45 ahead", "Asia/Kathmandu", { 2027, 6, 1, 12, 0, 0 }, "2027-06-01T06:15:00Z", CLASH_NONE },
        { "Sao Paulo has no summer time any more", "America/Sao_Paulo", { 2027, 12, 1, 0, 0, 0 }, "2027-12-01T03:00:00Z", CLASH_NONE },
        { "Dublin's winter is its daylight saving", "Europe/Dublin", { 2027, 1, 1, 12, 0, 0 }, "2027-01-01T12:00:00Z", CLASH_NONE },
        { "Samoa skipped a whole day", "Pacific/Apia", { 2011, 12, 30, 12, 0, 0 }, "2011-12-30T22:00:00Z", CLASH_GAP },
        { "a year beyond the table, by the footer", "Europe/Berlin", { 2060, 7, 1, 12, 0, 0 }, "2060-07-01T10:00:00Z", CLASH_NONE },
        { "a gap beyond the table", "Europe/Berlin", { 2060, 3, 28, 2, 30, 0 }, "2060-03-28T01:30:00Z", CLASH_GAP },
        { "before 1970 there is nothing", "Europe/Berlin", { 1969, 12, 31, 0, 0, 0 }, "1970-01-01T00:00:00Z", CLASH_NONE },
};

static void converts(void **state) {
        const struct clash_case *c = *state;
        auto_(zones_free) Zones *zones = zones_open();
        char buf[RFC3339_SIZE];
        const Zone *z;
        Clash clash;

        assert_int_equal(zones_get(zones, c->zone, &z), 0);
        assert_string_equal(rfc3339_format(zone_utc(z, &c->local, &clash), buf), c->utc);
        assert_int_equal(clash, c->clash);
}

static void refuses_names(void **state) {
        static const char *const names[] = {
                "", "/etc/passwd", "../../etc/passwd", "Europe/../Europe/Berlin", "Europe/Berlin/", "Europe//Berlin", "Europe/Ber lin",
                ".", "..", "zone.tab", "Europe/Berlin\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        };
        auto_(zones_free) Zones *zones = zones_open();
        const Zone *z;

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                assert_int_equal(zones_get(zones, names[i], &z), -EINVAL);
        assert_int_equal(zones_get(zones, "Europe/Nowhere", &z), -ENOENT);
        assert_int_equal(zones_get(zones, "Europe", &z), -ENOENT);
        assert_int_equal(zones_get(zones, "leapseconds", &z), -EBADMSG);
        assert_int_equal(zones_get(zones, "europe/berlin", &z), -ENOENT);
}

static void suggests(void **state) {
        auto_(zones_free) Zones *zones = zones_open();

        assert_string_equal(zones_suggest(zones, "Europe/Berlim"), "Europe/Berlin");
        assert_string_equal(zones_suggest(zones, "europe/berlin"), "Europe/Berlin");
        assert_string_equal(zones_suggest(zones, "berlin"), "Europe/Berlin");
        assert_string_equal(zones_suggest(zones, "Germany/Berlin"), "Europe/Berlin");
        assert_null(zones_suggest(zones, "Middle-earth/The_Shire"));
}

static void formats(void **state) {
        auto_(zones_free) Zones *zones = zones_open();
        char buf[ZONED_SIZE];
        const char *abbreviation;
        const Zone *z;
        int offset;
        usec_t t;
        Local l;

        assert_int_equal(rfc3339_parse("2027-07-01T00:00:00Z", &t), 0);
        assert_int_equal(zones_get(zones, "Europe/Berlin", &z), 0);
        assert_string_equal(zone_format(z, t, false, true, buf), "02:00:00 Europe/Berlin");
        assert_string_equal(zone_format(z, t, true, false, buf), "2027-07-01 02:00 Europe/Berlin");
        zone_local(z, t, &l, &offset, &abbreviation);
        assert_int_equal(offset, 7200);
        assert_string_equal(abbreviation, "CEST");
        assert_string_equal(zone_name(z), "Europe/Berlin");
}

/* A tz folder of our own, with a link that leads out of it. */
static void stays_inside_and_sees_updates(void **state) {
        auto_(zones_free) Zones *zones = NULL;
        char dir[] = "/tmp/maintd-zone-XXXXXX", path[128], outside[128];
        const Zone *z;
        Local noon = { 2027, 7, 1, 12, 0, 0 };

        assert_non_null(mkdtemp(dir));
        (void) snprintf(path, sizeof(path), "cp -L /usr/share/zoneinfo/Europe/Berlin %s/Here", dir);
        assert_int_equal(system(path), 0);
        (void) snprintf(outside, sizeof(outside), "%s/Outside", dir);
        assert_int_equal(symlink("/usr/share/zoneinfo/Europe/Berlin", outside), 0);
        (void) snprintf(path, sizeof(path), "%s/Pipe", dir);
        assert_int_equal(mkfifo(path, 0600), 0);

        assert_int_equal(zones_new(dir, &zones), 0);
        assert_int_equal(zones_get(zones, "Outside", &z), -ENOENT);
        assert_int_equal(zones_get(zones, "Pipe", &z), -ENOENT);
        assert_int_equal(zones_get(zones, "Here", &z), 0);
        assert_int_equal(zone_utc(z, &noon, NULL) / USEC_PER_HOUR % 24, 10);
        assert_int_equal(zones_refresh(zones), 0);

        (void) snprintf(path, sizeof(path), "cp -L /usr/share/zoneinfo/Asia/Tokyo %s/New && mv %s/New %s/Here", dir, dir, dir);
        assert_int_equal(system(path), 0);
        assert_int_equal(zones_refresh(zones), 1);
        assert_int_equal(zones_get(zones, "Here", &z), 0);
        assert_int_equal(zone_utc(z, &noon, NULL) / USEC_PER_HOUR % 24, 3);
        (void) snprintf(path, sizeof(path), "rm -r %s", dir);
        assert_int_equal(system(path), 0);
}

/* Every file cut short, and every file with one byte changed, is refused or understood, never overrun (run under ASan). */
static void survives_damage(void **state) {
        static unsigned char data[TZIF_BYTES_MAX];
        FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "re");
        size_t n;

        assert_non_null(f);
        n = fread(data, 1, sizeof(data), f);
        fclose(f);
        for (size_t i = 0; i < n; i++) {
                Tzif *t = NULL;

                assert_int_equal(tzif_parse(data, i, &t), -EBADMSG);
                data[i] ^= 0x81;
                if (tzif_parse(data, n, &t) >= 0)
                        (void) tzif_stretch(t, 4000000000);
                tzif_free(t);
                data[i] ^= 0x81;
        }
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(clash_cases) + 5] = {
                cmocka_unit_test(refuses_names), cmocka_unit_test(suggests), cmocka_unit_test(formats),
                cmocka_unit_test(stays_inside_and_sees_updates), cmocka_unit_test(survives_damage),
        };

        for (size_t i = 0; i < ARRAY_SIZE(clash_cases); i++)
                tests[i + 5] = (struct CMUnitTest) { clash_cases[i].name, converts, NULL, NULL, (void *) &clash_cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
