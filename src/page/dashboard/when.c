/*
 * Times that people enter: a wall clock in a zone
 */
#include "page/dashboard/when.h"

#include <string.h>

static unsigned month_days(int year, unsigned month) {
        return (unsigned) (days_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - days_from_civil(year, month, 1));
}

/* Digits alone, where "d" stands; the last three characters may be missing. */
static bool shaped(const char *text) {
        static const char shape[] = "dddd-dd-ddTdd:dd:dd";
        size_t n = strlen(text);

        if (n != strlen(shape) && n != strlen(shape) - 3)
                return false;
        for (size_t i = 0; i < n; i++)
                if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i] && !(shape[i] == 'T' && text[i] == ' '))
                        return false;
        return true;
}

static bool local_parse(const char *text, Local *ret) {
        Local l = { 0 };

        if (!shaped(text) || sscanf(text, "%4d-%2u-%2u%*c%2u:%2u:%2u", &l.year, &l.month, &l.day, &l.hour, &l.minute, &l.second) < 5)
                return false;
        if (l.year < 1971 || l.year > 9998 || l.month < 1 || l.month > 12 || l.day < 1 || l.day > month_days(l.year, l.month))
                return false;
        if (l.hour > 23 || l.minute > 59 || l.second > 59)
                return false;
        *ret = l;
        return true;
}

/* The first of the two lies before the change, and as far behind it as the stretch is long lies the second. */
static usec_t second_of(const Zone *z, usec_t first) {
        int64_t begin, end;
        usec_t at;
        Clash clash;

        if (zone_next_clash(z, first, &at, &clash, &begin, &end) <= 0 || clash != CLASH_FOLD)
                return first;
        return usec_add(first, (usec_t) (end - begin) * USEC_PER_SEC);
}

When when_parse(const Zone *z, const char *text, Fold fold, usec_t *ret) {
        Clash clash = CLASH_NONE;
        Local l;
        usec_t t;

        if (!local_parse(text, &l))
                return WHEN_MALFORMED;
        t = zone_utc(z, &l, &clash);
        if (clash == CLASH_GAP)
                return WHEN_SKIPPED;
        if (clash == CLASH_FOLD && fold == FOLD_UNSAID)
                return WHEN_TWICE;
        *ret = clash == CLASH_FOLD && fold == FOLD_SECOND ? second_of(z, t) : t;
        return WHEN_OK;
}

const char *when_value(const Zone *z, usec_t t, char buf[static WHEN_VALUE_SIZE]) {
        Local l;
        int n;

        zone_local(z, t, &l, NULL, NULL);
        n = snprintf(buf, WHEN_VALUE_SIZE, "%04d-%02u-%02uT%02u:%02u", l.year, l.month, l.day, l.hour, l.minute);
        if (l.second > 0)
                (void) snprintf(buf + n, WHEN_VALUE_SIZE - (size_t) n, ":%02u", l.second);
        return buf;
}
