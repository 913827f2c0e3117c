/*
 * The sentences that subscribers read
 */
#include "page/text.h"

#include <assert.h>
#include <string.h>

#define YEAR_UNSAID (330 * USEC_PER_DAY)

static void clock_format(usec_t t, char *buf, size_t size) {
        unsigned minute = (unsigned) (t % USEC_PER_DAY / USEC_PER_MINUTE), hour = minute / 60;

        (void) snprintf(buf, size, "%u:%02u %s", (hour + 11) % 12 + 1, minute % 60, hour < 12 ? "AM" : "PM");
}

const char *when_format(usec_t t, usec_t now, char buf[static WHEN_SIZE]) {
        usec_t away = t > now ? t - now : now - t;
        unsigned month, day;
        char clock[16];
        int year;

        civil_from_days((int64_t) (t / USEC_PER_DAY), &year, &month, &day);
        clock_format(t, clock, sizeof(clock));
        if (away > YEAR_UNSAID)
                (void) snprintf(buf, WHEN_SIZE, "%s %u, %d, %s", month_short(month), day, year, clock);
        else
                (void) snprintf(buf, WHEN_SIZE, "%s %u, %s", month_short(month), day, clock);
        return buf;
}

static const char *period_end(usec_t start, usec_t end, usec_t now, char buf[static WHEN_SIZE]) {
        if (start / USEC_PER_DAY != end / USEC_PER_DAY)
                return when_format(end, now, buf);
        clock_format(end, buf, WHEN_SIZE);
        return buf;
}

const char *period_text(Arena *a, usec_t start, usec_t end, usec_t now) {
        char from[WHEN_SIZE], to[WHEN_SIZE];

        return arena_printf(a, "%s to %s UTC", when_format(start, now, from), period_end(start, end, now, to));
}

/* "now Feb 1, 3:00 AM to 5:00 AM UTC (was 2:00 AM to 4:00 AM UTC)": the old day is named only when it was another. */
static const char *rescheduled_text(Arena *a, const Maintenance *m, const Maintenance *before, usec_t now) {
        bool same_day = m->start / USEC_PER_DAY == before->start / USEC_PER_DAY;
        const char *period = period_text(a, m->start, m->end, now);
        char was[WHEN_SIZE], until[WHEN_SIZE];

        if (!period)
                return NULL;
        if (same_day)
                clock_format(before->start, was, sizeof(was));
        else
                (void) when_format(before->start, now, was);
        return arena_printf(a, "Maintenance rescheduled: %s now %s (was %s to %s UTC)", m->title, period, was,
                            period_end(before->start, before->end, now, until));
}

const char *left_text(Arena *a, usec_t left) {
        static const struct {
                const char *name;
                usec_t size;
        } units[] = { { "day", USEC_PER_DAY }, { "hour", USEC_PER_HOUR }, { "minute", USEC_PER_MINUTE } };
        const char *text = NULL;

        if (left < USEC_PER_MINUTE)
                return "less than a minute";
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                unsigned long n = (unsigned long) (left / units[i].size);

                left %= units[i].size;
                if (n == 0)
                        continue;
                text = arena_printf(a, "%s%s%lu %s%s", text ? text : "", text ? " " : "", n, units[i].name, n == 1 ? "" : "s");
                if (!text)
                        return NULL;
        }
        return text;
}

const char *left_out_text(Arena *a, const Maintenance *m) {
        return arena_printf(a, "Maintenance update: %s no longer affects your services", m->title);
}

const char *event_text(Arena *a, EventKind kind, const Maintenance *m, const Maintenance *before, usec_t left, usec_t now) {
        char when[WHEN_SIZE];

        switch (kind) {
        case EVENT_SCHEDULED:
                return arena_printf(a, "Scheduled maintenance: %s on %s UTC", m->title, when_format(m->start, now, when));
        case EVENT_REMINDER: {
                const char *text = left_text(a, left);

                return text ? arena_printf(a, "Reminder: Maintenance begins in %s", text) : NULL;
        }
        case EVENT_IN_PROGRESS:
                return arena_printf(a, "Maintenance in progress: %s", m->title);
        case EVENT_UPDATED:
                return arena_printf(a, "Maintenance updated: %s now ends %s UTC", m->title, when_format(m->end, now, when));
        case EVENT_RESCHEDULED:
                assert(before);
                return rescheduled_text(a, m, before, now);
        case EVENT_COMPLETED:
                return arena_printf(a, "Maintenance completed: %s", m->title);
        case EVENT_CANCELLED:
                return arena_printf(a, "Maintenance cancelled: %s", m->title);
        case EVENT_UPDATE:
                return arena_printf(a, "Maintenance update: %s", m->title);
        }
        return NULL;
}
