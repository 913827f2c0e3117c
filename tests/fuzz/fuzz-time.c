/*
 * Times: what is read is written and read again as the same, and the wall clock of each zone leads back to its instant
 *
 * The first byte chooses the zone, the rest is a time as a manifest or a remote writes it. The C library says what is right.
 */
#include "fuzz.h"

#include <time.h>

#include "manifest/when.h"
#include "schedule/calendar.h"

/* Halves and quarters of hours, summer time in both hemispheres and below zero, a lost day, the largest offsets. */
static const char *const names[] = { "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Dublin",
                                     "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "America/St_Johns", "Antarctica/Troll" };

static void check_instant(const char *text) {
        char buf[RFC3339_SIZE], theirs[RFC3339_SIZE];
        usec_t t, again;
        time_t seconds;
        struct tm tm;

        if (rfc3339_parse(text, &t) < 0)
                return;
        assert_always(t < USEC_LATEST + 2 * USEC_PER_SEC);
        if (t >= USEC_LATEST + USEC_PER_SEC)
                return; /* the leap second after the last one */
        assert_always(rfc3339_parse(rfc3339_format(t, buf), &again) >= 0 && again == t);
        seconds = (time_t) (t / USEC_PER_SEC);
        assert_always(gmtime_r(&seconds, &tm) && strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm) == 19);
        assert_always(strncmp(buf, theirs, 19) == 0);
}

/* From an instant to the wall clock and back. */
static void check_zone_instant(const Zone *zone, usec_t t) {
        usec_t second = t / USEC_PER_SEC * USEC_PER_SEC, back, at;
        int64_t wall = zone_wall(zone, t), begin, end;
        char shown[ZONED_SIZE];
        const char *abbreviation;
        Clash clash;
        int offset;
        Local l;

        zone_local(zone, t, &l, &offset, &abbreviation);
        assert_always(local_wall(&l) == wall && wall == (int64_t) (second / USEC_PER_SEC) + offset);
        back = zone_wall_utc(zone, wall, &clash);
        assert_always(clash != CLASH_GAP); /* a clock has shown it */
        assert_always(clash == CLASH_FOLD ? back <= second : back == second);
        assert_always(back == second || zone_wall(zone, back) == wall);
        assert_always(strstr(zone_format(zone, t, true, true, shown), zone_name(zone)) && fuzz_printable(shown));
        if (zone_next_clash(zone, t, &at, &clash, &begin, &end) > 0)
                assert_always(at > t && begin < end && zone_wall_utc(zone, begin, NULL) <= at);
}

/* From a wall clock to the instant and back: only what was skipped comes back as another. */
static void check_zone_wall(const Zone *zone, int64_t wall) {
        Clash clash;
        usec_t t = zone_wall_utc(zone, wall, &clash);

        assert_always(t == zone_wall_utc(zone, wall, NULL) && t <= USEC_LATEST);
        if (t == 0 || t == USEC_LATEST)
                return; /* before and after all that can be told */
        if (clash == CLASH_GAP)
                assert_always(zone_wall(zone, t) > wall);
        else
                check_zone_instant(zone, t);
}

static void check_when(const Zone *zone, const char *text) {
        When w = { 0 }, again = { 0 };
        char buf[WHEN_SIZE], rfc[RFC3339_SIZE];
        int r = when_parse(text, &w);

        assert_always(r == 0 || r == -EINVAL || r == -ENODATA);
        if (r < 0)
                return;
        assert_always(when_parse(when_format(&w, buf), &again) == 0 && when_equal(&w, &again));
        if (w.kind != WHEN_INSTANT) {
                check_zone_wall(zone, local_wall(&w.local));
                return;
        }
        assert_always(w.instant <= USEC_LATEST + USEC_PER_SEC - 1);
        check_instant(rfc3339_format(w.instant, rfc));
        check_zone_instant(zone, MIN(w.instant, USEC_LATEST));
}

static void check_occurrence(const char *text) {
        char buf[OCCURRENCE_SIZE], again[OCCURRENCE_SIZE];
        int64_t wall, back;

        if (occurrence_parse(text, &wall) < 0)
                return;
        assert_always(occurrence_parse(occurrence_format(wall, buf), &back) == 0 && back == wall);
        assert_always(strcmp(occurrence_format(back, again), buf) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Zones *zones; /* kept for all inputs: opening tzdata is not what is tried here */
        auto_(free) char *text = NULL;
        Input in = { data, size };
        const Zone *zone;
        size_t which = input_byte(&in) % ARRAY_SIZE(names);

        if (!zones)
                assert_always(zones_new(NULL, &zones) >= 0);
        assert_always(zones_get(zones, names[which], &zone) >= 0);
        text = input_rest(&in);
        check_instant(text);
        check_when(zone, text);
        check_occurrence(text);
        return 0;
}
