#pragma once
/*
 * Instants and time spans
 *
 * An instant is a count of microseconds since the epoch, UTC. Local time is understood in schedule/ alone. Text on the
 * wire is RFC 3339; spans are written as systemd writes them ("90min", "2h 30min", "1d").
 */
#include "base/base.h"

typedef uint64_t usec_t; /* µs since the epoch, UTC, or a length in µs; USEC_INFINITY: never */

#define USEC_INFINITY UINT64_MAX
#define USEC_PER_MSEC ((usec_t) 1000)
#define USEC_PER_SEC ((usec_t) 1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

/* Last instant with a four-digit year, 9999-12-31T23:59:59Z: what RFC 3339 can write. */
#define USEC_LATEST (253402300799ULL * USEC_PER_SEC)

/* Due instants live on .real (CLOCK_REALTIME); retries, deadlines and buckets on .boot (CLOCK_BOOTTIME). */
typedef struct Now {
        usec_t real, boot;
} Now;

/* Reads both clocks. Never called by the pure folders. */
Now now_read(void);

static inline usec_t usec_add(usec_t a, usec_t b) {
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

static inline usec_t usec_sub(usec_t a, usec_t b) {
        return a == USEC_INFINITY ? a : a > b ? a - b : 0;
}

/* A length of time as people write it: days are calendar days (added first, in a zone), the rest is exact. */
typedef struct Span {
        unsigned days;
        usec_t exact;
} Span;

#define RFC3339_SIZE 40

/**
 * rfc3339_parse() - read an instant, RFC 3339 §5.6
 * @text: "2027-02-01T02:00:00Z", "…02:00:00.250+01:00"; seconds may be missing ("…T02:00Z"), a small t/z or a space for
 *        the T are accepted; digits beyond the microsecond are dropped
 *
 * Return: 0; -EINVAL when it is no such text, lacks an offset, or names a moment before 1970 or after 9999. A leap
 * second (…:60) is read as the second after …:59, as the kernel's clock has it.
 */
int rfc3339_parse(const char *text, usec_t *ret);

/* Writes @t in UTC, with as many of 0, 3 or 6 decimals as it needs; "never" for USEC_INFINITY. Returns @buf. */
const char *rfc3339_format(usec_t t, char buf[static RFC3339_SIZE]);

/**
 * span_parse() - read a time span as systemd.time(7) has it
 * @text: numbers with units, summed: us ms s sec second(s) m min minute(s) h hr hour(s) d day(s) w week(s); a fraction
 *        is allowed for hours and below ("1.5h"). A number without a unit is refused: seconds or minutes?
 *
 * Return: 0; -EINVAL when malformed, empty or without unit; -EOPNOTSUPP for months and years, whose length in a span is
 * an average; -ERANGE when it is longer than SPAN_DAYS_MAX days.
 */
int span_parse(const char *text, Span *ret);

/* The span as exact time, a day counted as 24 h: for lengths that are no calendar matter (resync, grace, reminders). */
usec_t span_usec(Span s);

#define SPAN_SIZE 64
/* "1d 2h 30min", "250ms", "0"; at most two leading units are kept when @brief. Returns @buf. */
const char *span_format(usec_t t, bool brief, char buf[static SPAN_SIZE]);

/* A wall-clock time without a zone. */
typedef struct Local { int year; unsigned month, day, hour, minute, second; } Local;

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. No bounds beyond int. */
int64_t days_from_civil(int year, unsigned month, unsigned day);
void civil_from_days(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day);

/* "Jan" to "Dec", @month from 1 on, and "Mon" to "Sun", @day since 1970-01-01: what dates in headers are written with, in any language. */
const char *month_short(unsigned month);
const char *weekday_short(int64_t day);
