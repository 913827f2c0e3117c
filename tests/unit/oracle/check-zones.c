/*
 * Checks zone.c against the lines of zones.py: "Z NAME", then "WALL UTC CLASH" in seconds
 */
#include <inttypes.h>
#include <string.h>

#include "schedule/zone.h"

#define ZONES_MIN 400u
#define LINES_MIN 100000u

static Local local_of(int64_t wall) {
        int64_t day = wall / 86400 - (wall % 86400 < 0), rest = wall - day * 86400;
        Local l = { .hour = (unsigned) (rest / 3600), .minute = (unsigned) (rest / 60 % 60), .second = (unsigned) (rest % 60) };

        civil_from_days(day, &l.year, &l.month, &l.day);
        return l;
}

static bool local_same(const Local *a, const Local *b) {
        return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour && a->minute == b->minute &&
               a->second == b->second;
}

static bool check(const Zone *z, int64_t wall, int64_t utc, const char *clash) {
        static const char *const names[] = { [CLASH_NONE] = "none", [CLASH_GAP] = "gap", [CLASH_FOLD] = "fold" };
        Local l = local_of(wall), back;
        Clash got;
        usec_t t = zone_utc(z, &l, &got);

        zone_local(z, t, &back, NULL, NULL);
        if (t != (usec_t) utc * USEC_PER_SEC || strcmp(names[got], clash) != 0 || zone_utc(z, &l, NULL) != t ||
            local_same(&l, &back) != (got != CLASH_GAP)) {
                fprintf(stderr, "%s: wall %" PRId64 ": got %" PRIu64 " %s, expected %" PRId64 " %s\n", zone_name(z), wall,
                        t / USEC_PER_SEC, names[got], utc, clash);
                return false;
        }
        return true;
}

int main(void) {
        auto_(zones_free) Zones *zones = NULL;
        const Zone *z = NULL;
        size_t n_zones = 0, n_lines = 0, n_wrong = 0;
        char line[256], word[128];

        if (zones_new(NULL, &zones) < 0)
                return 1;
        while (fgets(line, sizeof(line), stdin)) {
                int64_t wall, utc;

                if (sscanf(line, "Z %127s", word) == 1) {
                        n_zones++;
                        if (zones_get(zones, word, &z) < 0) {
                                fprintf(stderr, "%s: cannot be read\n", word);
                                return 1;
                        }
                } else if (z && sscanf(line, "%" SCNd64 " %" SCNd64 " %127s", &wall, &utc, word) == 3) {
                        n_lines++;
                        n_wrong += !check(z, wall, utc, word);
                } else
                        return 1;
                if (n_wrong > 20)
                        break;
        }
        printf("%zu zones, %zu times, %zu wrong\n", n_zones, n_lines, n_wrong);
        return n_wrong > 0 || n_zones < ZONES_MIN || n_lines < LINES_MIN;
}
