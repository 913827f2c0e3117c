/*
 * Days: what a service has shown, day by day
 */
#include "page/show/days.h"

#include <string.h>

#include "base/map.h"

typedef struct Line {
        int64_t service;                /* key */
        usec_t since;                   /* it has shown … */
        Impact state;                   /* … this, which is not in @row yet */
        DayRow row;
        UT_hash_handle hh;
} Line;

struct Days {
        const Zone *zone;
        int64_t today;                  /* day number of the zone's calendar; meaningless while @zone is NULL */
        usec_t starts[DAYS_SHOWN + 1];
        Line *lines;                    /* owned map */
};

Days *days_new(void) {
        return calloc(1, sizeof(Days));
}

void days_forget(Days *d) {
        Line *line, *next;

        HASH_ITER (hh, d->lines, line, next) {
                HASH_DEL(d->lines, line);
                free(line);
        }
        d->zone = NULL;
}

Days *days_free(Days *d) {
        if (d)
                days_forget(d);
        free(d);
        return NULL;
}

static int64_t day_number(const Zone *zone, usec_t t) {
        int64_t wall = zone_wall(zone, t);

        return wall / 86400 - (wall % 86400 < 0);
}

bool days_begin(Days *d, const Zone *zone, usec_t now) {
        int64_t today = day_number(zone, now);

        if (d->zone == zone && d->today == today)
                return false;
        days_forget(d);
        d->zone = zone;
        d->today = today;
        for (size_t i = 0; i <= DAYS_SHOWN; i++)
                d->starts[i] = zone_wall_utc(zone, (today + 1 - (int64_t) DAYS_SHOWN + (int64_t) i) * 86400, NULL);
        return true;
}

usec_t days_start(const Days *d, size_t i) {
        return d->starts[i];
}

usec_t days_first(const Days *d) {
        return d->starts[0];
}

static void add(const Days *d, DayRow *row, Impact state, usec_t from, usec_t to) {
        for (size_t i = 0; i < DAYS_SHOWN; i++) {
                usec_t begin = MAX(from, d->starts[i]), end = MIN(to, d->starts[i + 1]);

                if (begin < end)
                        row->seconds[i][state] += (uint32_t) (end / USEC_PER_SEC - begin / USEC_PER_SEC);
        }
}

int days_note(Days *d, int64_t service, usec_t at, Impact state) {
        Line *line = NULL;

        HASH_FIND(hh, d->lines, &service, sizeof(service), line);
        if (!line) {
                line = calloc(1, sizeof(*line));
                if (!line)
                        return -ENOMEM;
                line->service = service;
                HASH_ADD(hh, d->lines, service, sizeof(line->service), line);
                if (!map_has(line)) {
                        free(line);
                        return -ENOMEM;
                }
        } else
                add(d, &line->row, line->state, line->since, at);
        line->since = MAX(line->since, at); /* a clock that was set back does not make time go back */
        line->state = state;
        return 0;
}

void days_of(const Days *d, int64_t service, usec_t now, DayRow *ret) {
        Line *line = NULL;

        HASH_FIND(hh, d->lines, &service, sizeof(service), line);
        if (!line) {
                memset(ret, 0, sizeof(*ret));
                return;
        }
        *ret = line->row;
        add(d, ret, line->state, line->since, MAX(now, line->since + USEC_PER_SEC)); /* what has just begun is seen */
}

int day_worst(const DayRow *row, size_t day) {
        for (size_t i = IMPACTS; i > 0; i--)
                if (row->seconds[day][i - 1] > 0)
                        return (int) i - 1;
        return -1;
}

void days_uptime(const DayRow *row, size_t days, uint64_t *ret_up, uint64_t *ret_known) {
        uint64_t known = 0, down = 0;

        for (size_t i = DAYS_SHOWN - days; i < DAYS_SHOWN; i++)
                for (size_t k = 0; k < IMPACTS; k++) {
                        known += row->seconds[i][k];
                        down += k >= IMPACT_PARTIAL ? row->seconds[i][k] : 0;
                }
        *ret_up = known - down;
        *ret_known = known;
}
