/*
 * Checks recurrence.c against the lines of rules.py and, where it can, against libical's iterator: two oracles that have
 * nothing in common with it or each other
 */
#include <inttypes.h>
#include <libical/ical.h>
#include <string.h>

#include "schedule/recurrence.h"
#include "schedule/zone.h"

#define LINES_MIN 500u

static struct icaltimetype ical_of(int64_t wall) {
        Local l = wall_local(wall);
        struct icaltimetype t = icaltime_null_time();

        t.year = l.year;
        t.month = (int) l.month;
        t.day = (int) l.day;
        t.hour = (int) l.hour;
        t.minute = (int) l.minute;
        t.second = (int) l.second;
        return t;
}

static int64_t wall_of(struct icaltimetype t) {
        Local l = { t.year, (unsigned) t.month, (unsigned) t.day, (unsigned) t.hour, (unsigned) t.minute, (unsigned) t.second };

        return local_wall(&l);
}

/* Where libical 3.0.16 departs from RFC 5545 and from dateutil alike: it keeps a yearly BYMONTHDAY to the start's month, never meets a
 * negative BYMONTHDAY in daily rules, counts weeks from a start that is not in BYDAY, and has its own idea of BYSETPOS and BYWEEKNO. */
static bool libical_errs(const char *rule) {
        const char *days = strstr(rule, "BYMONTHDAY=");

        return (strstr(rule, "FREQ=YEARLY") && days && !strstr(rule, "BYMONTH=")) ||
               (strstr(rule, "FREQ=DAILY") && days && memchr(days, '-', strcspn(days, ";"))) ||
               (strstr(rule, "FREQ=WEEKLY") && strstr(rule, "INTERVAL=") && strstr(rule, "BYDAY=")) ||
               strstr(rule, "BYSETPOS=") || strstr(rule, "BYWEEKNO=");
}

/* libical 3.0.16 walked from the start; -1: it refuses the rule, 0: it differs, 1: it agrees. */
static int ical_agrees(const char *text, int64_t start, int64_t from, int64_t limit, const int64_t *walls, size_t n) {
        struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
        icalrecur_iterator *it = icalrecur_iterator_new(rule, ical_of(start));
        int agrees = 1;
        size_t i = 0;

        if (!it)
                return -1;
        while (agrees && i < 10) {
                struct icaltimetype t = icalrecur_iterator_next(it);
                int64_t wall = icaltime_is_null_time(t) ? INT64_MAX : wall_of(t);

                if (wall < from)
                        continue;
                if (wall >= limit) {
                        agrees = i == n;
                        break;
                }
                agrees = i < n && walls[i] == wall;
                i++;
        }
        icalrecur_iterator_free(it);
        return agrees;
}

static bool ours_agrees(const char *text, int64_t start, int64_t from, int64_t limit, const int64_t *walls, size_t n, const Zone *utc) {
        RuleProblem problem;
        const char *why;
        int64_t wall;
        RuleWalk w;
        Rule r;

        if (rule_parse(text, start, utc, &r, &problem, &why) < 0) {
                fprintf(stderr, "%s: refused: %s\n", text, why);
                return false;
        }
        rule_walk(&r, from, &w);
        for (size_t i = 0; i < n; i++)
                if (rule_next(&w, &wall) <= 0 || wall != walls[i] || !rule_has(&r, wall))
                        return false;
        return n == 10 || rule_next(&w, &wall) <= 0 || wall >= limit;
}

int main(void) {
        size_t n_lines = 0, n_wrong = 0, by_ical[3] = { 0 };
        auto_(zones_free) Zones *zones = NULL;
        char line[4096], rule[1024], list[1024];
        int64_t start, from, limit;
        const Zone *utc;

        icalerror_set_errors_are_fatal(false);
        if (zones_new(NULL, &zones) < 0 || zones_get(zones, "UTC", &utc) < 0)
                return 1;
        while (fgets(line, sizeof(line), stdin)) {
                int64_t walls[10];
                size_t n = 0;
                int r;

                if (sscanf(line, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %1023s %1023s", &start, &from, &limit, rule, list) != 5)
                        return 1;
                for (char *save = NULL, *t = strtok_r(list, ",-", &save); t && n < 10; t = strtok_r(NULL, ",-", &save))
                        walls[n++] = strtoll(t, NULL, 10);
                n_lines++;
                if (!ours_agrees(rule, start, from, limit, walls, n, utc)) {
                        fprintf(stderr, "differs: start %" PRId64 " from %" PRId64 " %s\n", start, from, rule);
                        n_wrong++;
                }
                if (n == 0)
                        continue; /* libical takes up to a second to find nothing */
                r = ical_agrees(rule, start, from, limit, walls, n);
                by_ical[r + 1]++;
                if (r == 0 && !libical_errs(rule))
                        n_wrong++;
                if (r == 0 && (getenv("VERBOSE") || !libical_errs(rule)))
                        fprintf(stderr, "libical differs: start %" PRId64 " %s\n", start, rule);
        }
        printf("%zu rules, %zu wrong; libical agrees in %zu, differs in %zu, refuses %zu\n", n_lines, n_wrong, by_ical[2], by_ical[1], by_ical[0]);
        return n_wrong > 0 || n_lines < LINES_MIN;
}
