/*
 * iCalendar: events as RFC 5545 has them
 *
 * §3.1: lines end in CRLF and have at most 75 bytes, longer ones go on behind a line break and a space, never inside a character.
 * §3.3.11: in texts, backslashes, semicolons, commas and line breaks are escaped; other control characters cannot be written.
 */
#include "base/icalendar.h"

#include <string.h>

#include "base/text.h"

#define LINE_BYTES 75u

typedef struct Line {
        FILE *f;
        size_t n;
} Line;

static void put(Line *l, const char *s, size_t n) {
        if (l->n + n > LINE_BYTES) {
                (void) fputs("\r\n ", l->f);
                l->n = 1;
        }
        (void) fwrite(s, 1, n, l->f);
        l->n += n;
}

static void line_end(Line *l) {
        (void) fputs("\r\n", l->f);
        l->n = 0;
}

/* Not escaped: a name, an address, a uid. What cannot stand in one is left out. */
static void put_plain(Line *l, const char *s) {
        for (; *s; s++)
                if (*s > ' ' && *s < 0x7f)
                        put(l, s, 1);
}

static void put_text(Line *l, const char *s) {
        size_t left = strlen(s), n;
        uint32_t c;

        for (; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0) {
                        n = 1;
                        put(l, "\xef\xbf\xbd", 3);
                } else if (c == '\n')
                        put(l, "\\n", 2);
                else if (c == '\\' || c == ';' || c == ',') {
                        const char escaped[2] = { '\\', (char) c };

                        put(l, escaped, 2);
                } else if (c >= 0x20 ? c != 0x7f : c == '\t')
                        put(l, s, n);
        }
}

/* Without a value there is no line. */
static void write_line(FILE *f, const char *name, const char *value, void (*put_value)(Line *l, const char *value)) {
        Line l = { f };

        if (!value || !*value)
                return;
        put_plain(&l, name);
        put_plain(&l, ":");
        put_value(&l, value);
        line_end(&l);
}

static void text_line(FILE *f, const char *name, const char *text) {
        write_line(f, name, text, put_text);
}

static void plain_line(FILE *f, const char *name, const char *value) {
        write_line(f, name, value, put_plain);
}

static void time_line(FILE *f, const char *name, usec_t t) {
        unsigned month, day, second = (unsigned) (t % USEC_PER_DAY / USEC_PER_SEC);
        int year;

        civil_from_days((int64_t) (t / USEC_PER_DAY), &year, &month, &day);
        (void) fprintf(f, "%s:%04d%02u%02uT%02u%02u%02uZ\r\n", name, year, month, day, second / 3600, second / 60 % 60, second % 60);
}

void ical_begin(FILE *f, const char *product, const char *name) {
        (void) fputs("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", f);
        text_line(f, "PRODID", product);
        (void) fputs("METHOD:PUBLISH\r\n", f);
        text_line(f, "NAME", name);
        text_line(f, "X-WR-CALNAME", name); /* what clients knew before RFC 7986 */
}

void ical_event(FILE *f, const IcalEvent *e) {
        usec_t start = e->start - e->start % USEC_PER_SEC, end = e->end - e->end % USEC_PER_SEC;

        (void) fputs("BEGIN:VEVENT\r\n", f);
        plain_line(f, "UID", e->uid);
        time_line(f, "DTSTAMP", e->stamp);
        if (e->created > 0)
                time_line(f, "CREATED", e->created);
        if (e->created > 0)
                time_line(f, "LAST-MODIFIED", e->stamp);
        if (e->sequence >= 0)
                (void) fprintf(f, "SEQUENCE:%lld\r\n", (long long) e->sequence);
        time_line(f, "DTSTART", start);
        if (end > start)
                time_line(f, "DTEND", end);
        text_line(f, "SUMMARY", e->summary);
        text_line(f, "DESCRIPTION", e->description);
        text_line(f, "LOCATION", e->location);
        plain_line(f, "URL", e->url);
        (void) fprintf(f, "STATUS:%s\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n", e->cancelled ? "CANCELLED" : "CONFIRMED");
}

void ical_end(FILE *f) {
        (void) fputs("END:VCALENDAR\r\n", f);
}
