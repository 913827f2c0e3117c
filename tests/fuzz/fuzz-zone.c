/*
 * Zones: any name may be asked for, and any bytes may stand in a tz file
 *
 * The first line is a name for the system's tzdata, the rest a TZif file of our own.
 */
#include "fuzz.h"

#include <fcntl.h>

#include "base/limits.h"
#include "schedule/tzif.h"
#include "schedule/zone.h"

#define STRETCHES 120

static void check_name(const char *name) {
        static Zones *zones;
        const char *near;
        const Zone *z;
        int r;

        if (!zones)
                assert_always(zones_new(NULL, &zones) >= 0);
        r = zones_get(zones, name, &z);
        assert_always(r == 0 || r == -EINVAL || r == -ENOENT || r == -EBADMSG);
        if (r == 0) {
                assert_always(strcmp(zone_name(z), name) == 0 && name[0] != '/' && !strstr(name, ".."));
                return;
        }
        if (strlen(name) > 100)
                return;
        near = zones_suggest(zones, name);
        assert_always(!near || zones_get(zones, near, &z) == 0);
}

/* The stretches of time from @t on follow each other without a hole. */
static void check_stretches(const Tzif *z, int64_t t) {
        for (unsigned i = 0; i < STRETCHES; i++) {
                Stretch s = tzif_stretch(z, t);

                assert_always(s.start <= t && t < s.end && s.offset >= -TZIF_OFFSET_MAX && s.offset <= TZIF_OFFSET_MAX);
                assert_always(strlen(s.abbreviation) <= 256);
                assert_always(i == 0 || s.start == t);
                if (s.end == INT64_MAX)
                        return;
                t = s.end;
        }
}

static void check_zone(const Zone *z, usec_t t) {
        int64_t wall = zone_wall(z, t);
        Clash clash;
        usec_t back = zone_wall_utc(z, wall, &clash);

        assert_always(clash != CLASH_GAP && back <= MIN(t, USEC_LATEST));
        assert_always(back == 0 || zone_wall(z, back) == wall);
}

/* The stretches of wall clock that are skipped and repeated from @t on. */
static void check_clashes(const Zone *z, usec_t t) {
        int64_t begin, end;
        Clash clash, seen;
        usec_t at;

        for (unsigned i = 0; i < 4 && zone_next_clash(z, t, &at, &clash, &begin, &end) > 0; i++, t = at) {
                assert_always(at > t && begin < end && (clash == CLASH_GAP || clash == CLASH_FOLD));
                (void) zone_wall_utc(z, begin, &seen);
                assert_always(seen != CLASH_NONE || at == USEC_LATEST);
        }
}

/* The same bytes by way of a folder, as a zone is read in earnest. */
static void check_file(const uint8_t *data, size_t n) {
        auto_(free) char *path = textf("%s/Fuzz", fuzz_folder());
        auto_(zones_free) Zones *zones = NULL;
        const Zone *z;
        int fd;

        assert_always(path);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_always(fd >= 0 && write(fd, data, n) == (ssize_t) n && close(fd) == 0);
        assert_always(zones_new(fuzz_folder(), &zones) >= 0 && zones_get(zones, "Fuzz", &z) == 0);
        check_clashes(z, UINT64_C(1800000000) * USEC_PER_SEC);
        for (usec_t year = 0; year < 8030; year += year < 100 ? 4 : 610)
                check_zone(z, (year * 365 + year % 12 * 30) * USEC_PER_DAY + 3600 * (year % 24) * USEC_PER_SEC);
        check_zone(z, USEC_LATEST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(tzif_free) Tzif *z = NULL;
        Input in = { data, size };
        auto_(free) char *name = input_line(&in);
        int r;

        if (name[0])
                check_name(name);
        r = tzif_parse(in.p, in.n, &z);
        assert_always(r == 0 || r == -EBADMSG);
        if (r < 0)
                return 0;
        check_stretches(z, -INT64_C(5000000000));
        check_stretches(z, (int64_t) (USEC_LATEST / USEC_PER_SEC) - 40 * 366 * 86400);
        check_stretches(z, INT64_MIN);
        (void) tzif_stretch(z, INT64_MAX - 1);
        if (in.n <= TZIF_BYTES_MAX)
                check_file(in.p, in.n);
        return 0;
}
