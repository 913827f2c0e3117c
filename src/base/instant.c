/*
 * Instants and time spans
 *
 * Parsing is by hand and without the C library's locale and time zone, so that a text means the same everywhere.
 */
#include "base/instant.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"

static usec_t clock_usec(clockid_t id) {
        struct timespec ts;

        (void) clock_gettime(id, &ts); /* cannot fail for these two */
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

Now now_read(void) {
        return (Now) { .real = clock_usec(CLOCK_REALTIME), .boot = clock_usec(CLOCK_BOOTTIME) };
}

/* Days of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March, so that the leap day comes last. */
int64_t days_from_civil(int year, unsigned month, unsigned day) {
        int64_t y = (int64_t) year - (month <= 2);
        int64_t era = (y >= 0 ? y : y - 399) / 400;
        int64_t of_era = y - era * 400;
        int64_t of_year = (153 * ((int64_t) month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t) day - 1;

        return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void civil_from_days(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day) {
        int64_t z = days + 719468;
        int64_t era = (z >= 0 ? z : z - 146096) / 146097;
        int64_t doe = z - era * 146097;
        int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        int64_t mp = (5 * doy + 2) / 153;
        int64_t month = mp < 10 ? mp + 3 : mp - 9;

        *ret_day = (unsigned) (doy - (153 * mp + 2) / 5 + 1);
        *ret_month = (unsigned) month;
        *ret_year = (int) (yoe + era * 400 + (month <= 2));
}

const char *month_short(unsigned month) {
        static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

        assert(month >= 1 && month <= ARRAY_SIZE(names));
        return names[month - 1];
}

const char *weekday_short(int64_t day) {
        static const char *const names[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" }; /* 1970-01-01 was a Thursday */

        return names[(day % 7 + 7) % 7];
}

/* Reads exactly @n digits. */
static bool digits(const char **p, unsigned n, unsigned *ret) {
        unsigned v = 0;

        for (unsigned i = 0; i < n; i++, (*p)++) {
                if (**p < '0' || **p > '9')
                        return false;
                v = v * 10 + (unsigned) (**p - '0');
        }
        *ret = v;
        return true;
}

static bool literal(const char **p, char c) {
        if (**p != c)
                return false;
        (*p)++;
        return true;
}

static unsigned month_days(unsigned year, unsigned month) {
        static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return days[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
}

/* ".25" as µs; digits beyond the sixth are dropped. */
static bool fraction(const char **p, usec_t *ret) {
        usec_t unit = USEC_PER_SEC / 10, v = 0;

        if (**p < '0' || **p > '9')
                return false;
        for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
                v += (usec_t) (**p - '0') * unit;
        *ret = v;
        return true;
}

/* "Z" or "+01:00": the offset east of Greenwich in seconds. */
static bool zone_offset(const char **p, int64_t *ret) {
        unsigned h, m;
        bool west;

        if (**p == 'Z' || **p == 'z') {
                (*p)++;
                *ret = 0;
                return true;
        }
        if (**p != '+' && **p != '-')
                return false;
        west = *(*p)++ == '-';
        if (!digits(p, 2, &h) || !literal(p, ':') || !digits(p, 2, &m) || h > 23 || m > 59)
                return false;
        *ret = (int64_t) (h * 3600 + m * 60) * (west ? -1 : 1);
        return true;
}

int rfc3339_parse(const char *text, usec_t *ret) {
        unsigned year, month, day, hour, minute, second = 0;
        int64_t offset, seconds;
        const char *p = text;
        usec_t us = 0;

        if (!digits(&p, 4, &year) || !literal(&p, '-') || !digits(&p, 2, &month) || !literal(&p, '-') || !digits(&p, 2, &day))
                return -EINVAL;
        if (*p != 'T' && *p != 't' && *p != ' ')
                return -EINVAL;
        p++;
        if (!digits(&p, 2, &hour) || !literal(&p, ':') || !digits(&p, 2, &minute))
                return -EINVAL;
        if (literal(&p, ':')) {
                if (!digits(&p, 2, &second))
                        return -EINVAL;
                if (literal(&p, '.') && !fraction(&p, &us))
                        return -EINVAL;
        }
        if (!zone_offset(&p, &offset) || *p)
                return -EINVAL;
        if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 || minute > 59 || second > 60)
                return -EINVAL;

        seconds = days_from_civil((int) year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
        if (seconds < 0 || (uint64_t) seconds > USEC_LATEST / USEC_PER_SEC)
                return -EINVAL;
        *ret = (usec_t) seconds * USEC_PER_SEC + us;
        return 0;
}

const char *rfc3339_format(usec_t t, char buf[static RFC3339_SIZE]) {
        usec_t us = t % USEC_PER_SEC, s = t / USEC_PER_SEC;
        unsigned month, day, of_day = (unsigned) (s % 86400);
        int year, n;

        if (t > USEC_LATEST + USEC_PER_SEC - 1) {
                (void) snprintf(buf, RFC3339_SIZE, "never");
                return buf;
        }
        civil_from_days((int64_t) (s / 86400), &year, &month, &day);
        n = snprintf(buf, RFC3339_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u", year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60);
        if (us % USEC_PER_MSEC)
                n += snprintf(buf + n, RFC3339_SIZE - (size_t) n, ".%06u", (unsigned) us);
        else if (us)
                n += snprintf(buf + n, RFC3339_SIZE - (size_t) n, ".%03u", (unsigned) (us / USEC_PER_MSEC));
        (void) snprintf(buf + n, RFC3339_SIZE - (size_t) n, "Z");
        return buf;
}

static const struct {
        const char *name;
        usec_t exact;
        unsigned days;
} units[] = {
        { "us", 1, 0 }, { "usec", 1, 0 }, { "µs", 1, 0 },
        { "ms", USEC_PER_MSEC, 0 }, { "msec", USEC_PER_MSEC, 0 },
        { "s", USEC_PER_SEC, 0 }, { "sec", USEC_PER_SEC, 0 }, { "second", USEC_PER_SEC, 0 }, { "seconds", USEC_PER_SEC, 0 },
        { "m", USEC_PER_MINUTE, 0 }, { "min", USEC_PER_MINUTE, 0 }, { "minute", USEC_PER_MINUTE, 0 }, { "minutes", USEC_PER_MINUTE, 0 },
        { "h", USEC_PER_HOUR, 0 }, { "hr", USEC_PER_HOUR, 0 }, { "hour", USEC_PER_HOUR, 0 }, { "hours", USEC_PER_HOUR, 0 },
        { "d", 0, 1 }, { "day", 0, 1 }, { "days", 0, 1 },
        { "w", 0, 7 }, { "week", 0, 7 }, { "weeks", 0, 7 },
};
static const char *const averages[] = { "M", "month", "months", "y", "year", "years" };

static int span_unit(const char *name, size_t len, usec_t number, usec_t micro, Span *span) {
        usec_t add, part;

        for (size_t i = 0; i < ARRAY_SIZE(averages); i++)
                if (strlen(averages[i]) == len && memcmp(averages[i], name, len) == 0)
                        return -EOPNOTSUPP;
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                if (strlen(units[i].name) != len || memcmp(units[i].name, name, len) != 0)
                        continue;
                if (units[i].days) {
                        if (micro)
                                return -EINVAL;
                        if (number > SPAN_DAYS_MAX || span->days + number * units[i].days > SPAN_DAYS_MAX)
                                return -ERANGE;
                        span->days += (unsigned) number * units[i].days;
                        return 0;
                }
                /* micro is the fraction in millionths of the unit */
                if (__builtin_mul_overflow(number, units[i].exact, &add) || __builtin_mul_overflow(micro, units[i].exact, &part))
                        return -ERANGE;
                add = usec_add(add, part / USEC_PER_SEC);
                span->exact = usec_add(span->exact, add);
                return span->exact > SPAN_DAYS_MAX * USEC_PER_DAY ? -ERANGE : 0;
        }
        return -EINVAL;
}

int span_parse(const char *text, Span *ret) {
        const char *p = text + strspn(text, " \t");
        Span span = { 0 };
        bool any = false;

        while (*p) {
                usec_t number = 0, micro = 0;
                const char *unit;
                size_t len;
                int r;

                if (*p < '0' || *p > '9')
                        return -EINVAL;
                for (; *p >= '0' && *p <= '9'; p++)
                        if (__builtin_mul_overflow(number, (usec_t) 10, &number) || __builtin_add_overflow(number, (usec_t) (*p - '0'), &number))
                                return -ERANGE;
                if (literal(&p, '.') && !fraction(&p, &micro))
                        return -EINVAL;
                p += strspn(p, " \t");
                unit = p;
                len = strcspn(p, " \t0123456789.+-");
                if (len == 0)
                        return -EINVAL;
                p += len;
                r = span_unit(unit, len, number, micro, &span);
                if (r < 0)
                        return r;
                any = true;
                p += strspn(p, " \t");
        }
        if (!any)
                return -EINVAL;
        *ret = span;
        return 0;
}

usec_t span_usec(Span s) {
        return usec_add(s.days * USEC_PER_DAY, s.exact);
}

const char *span_format(usec_t t, bool brief, char buf[static SPAN_SIZE]) {
        static const struct { const char *name; usec_t size; } parts[] = {
                { "d", USEC_PER_DAY }, { "h", USEC_PER_HOUR }, { "min", USEC_PER_MINUTE },
                { "s", USEC_PER_SEC }, { "ms", USEC_PER_MSEC }, { "µs", 1 },
        };
        int n = 0, used = 0;

        if (t == USEC_INFINITY) {
                (void) snprintf(buf, SPAN_SIZE, "forever");
                return buf;
        }
        buf[0] = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(parts) && (!brief || used < 2); i++) {
                if (t < parts[i].size)
                        continue;
                n += snprintf(buf + n, SPAN_SIZE - (size_t) n, "%s%llu%s", n ? " " : "", (unsigned long long) (t / parts[i].size), parts[i].name);
                t %= parts[i].size;
                used++;
        }
        if (n == 0)
                (void) snprintf(buf, SPAN_SIZE, "0s");
        return buf;
}
