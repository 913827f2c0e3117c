/*
 * When: times as people write them in a manifest
 */
#include "manifest/when.h"

#include <string.h>

#define YEAR_FIRST 1970
#define YEAR_LAST 9999

/* Reads exactly @n digits. */
static bool number(const char **p, unsigned n, unsigned *ret) {
        unsigned v = 0;

        for (unsigned i = 0; i < n; i++, (*p)++) {
                if (**p < '0' || **p > '9')
                        return false;
                v = v * 10 + (unsigned) (**p - '0');
        }
        *ret = v;
        return true;
}

static bool date(const char **p, Local *l) {
        unsigned year, month, day;
        int y;

        if (!number(p, 4, &year) || *(*p)++ != '-' || !number(p, 2, &l->month) || *(*p)++ != '-' || !number(p, 2, &l->day))
                return false;
        l->year = (int) year;
        if (l->year < YEAR_FIRST || l->year > YEAR_LAST || l->month < 1 || l->month > 12)
                return false;
        civil_from_days(days_from_civil(l->year, l->month, l->day), &y, &month, &day);
        return month == l->month && day == l->day; /* 30 February comes back as 2 March */
}

static bool time_of_day(const char **p, Local *l) {
        if (!number(p, 2, &l->hour) || *(*p)++ != ':' || !number(p, 2, &l->minute))
                return false;
        l->second = 0;
        if (**p == ':') {
                (*p)++;
                if (!number(p, 2, &l->second))
                        return false;
        }
        return l->hour <= 23 && l->minute <= 59 && l->second <= 59;
}

int when_parse(const char *text, When *ret) {
        When w = { .kind = WHEN_LOCAL, .mark = ret->mark };
        const char *p = text;

        if (!date(&p, &w.local))
                return -EINVAL;
        if (!*p) {
                ret->local = w.local;
                return -ENODATA;
        }
        if (!strchr("Tt ", *p++) || !time_of_day(&p, &w.local))
                return -EINVAL;
        if (*p) {
                w.kind = WHEN_INSTANT;
                if (rfc3339_parse(text, &w.instant) < 0)
                        return -EINVAL;
        }
        *ret = w;
        return 0;
}

static int64_t local_seconds(const Local *l) {
        return days_from_civil(l->year, l->month, l->day) * 86400 + (int64_t) (l->hour * 3600 + l->minute * 60 + l->second);
}

const char *when_format(const When *w, char buf[static WHEN_SIZE]) {
        const Local *l = &w->local;
        int64_t offset;
        usec_t us;
        int n;

        n = snprintf(buf, WHEN_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u", l->year, l->month, l->day, l->hour, l->minute, l->second);
        if (w->kind != WHEN_INSTANT)
                return buf;
        us = w->instant % USEC_PER_SEC;
        if (us)
                n += snprintf(buf + n, WHEN_SIZE - (size_t) n, ".%06u", (unsigned) us);
        offset = (local_seconds(l) - (int64_t) (w->instant / USEC_PER_SEC)) / 60;
        if (offset == 0)
                (void) snprintf(buf + n, WHEN_SIZE - (size_t) n, "Z");
        else
                (void) snprintf(buf + n, WHEN_SIZE - (size_t) n, "%c%02u:%02u", offset < 0 ? '-' : '+',
                                (unsigned) llabs(offset) / 60, (unsigned) llabs(offset) % 60);
        return buf;
}

bool when_equal(const When *a, const When *b) {
        if (a->kind != b->kind)
                return false;
        return a->kind == WHEN_INSTANT ? a->instant == b->instant :
                local_seconds(&a->local) == local_seconds(&b->local);
}

const char *span_write(Span s, char buf[static SPAN_TEXT_SIZE]) {
        static const struct { const char *name; usec_t size; } units[] = {
                { "h", USEC_PER_HOUR }, { "min", USEC_PER_MINUTE }, { "s", USEC_PER_SEC }, { "us", 1 },
        };
        int n = 0;

        if (s.days)
                n += snprintf(buf, SPAN_TEXT_SIZE, "%ud", s.days);
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                usec_t count = s.exact / units[i].size;

                if (count)
                        n += snprintf(buf + n, SPAN_TEXT_SIZE - (size_t) n, "%s%llu%s", n ? " " : "", (unsigned long long) count, units[i].name);
                s.exact %= units[i].size;
        }
        if (n == 0)
                (void) snprintf(buf, SPAN_TEXT_SIZE, "0s");
        return buf;
}
