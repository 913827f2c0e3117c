/*
 * TZif: the offsets of one time zone, as tzdata stores them (RFC 9636)
 *
 * A file has a table of transitions and, for all time after the last one, a footer with a POSIX TZ string such as
 * "CET-1CEST,M3.5.0,M10.5.0/3". Whatever a file claims is checked against its length before it is used.
 */
#include "schedule/tzif.h"

#include <string.h>

#include "base/instant.h"
#include "base/limits.h"

#define DAY 86400
#define YEARS_MAX INT64_C(200000) /* bound of the arithmetic with footers */

typedef struct Type { int32_t offset; uint8_t abbreviation; } Type;

/* When in a year a footer's change happens. */
typedef struct Rule {
        enum { RULE_JULIAN, RULE_ZERO, RULE_MONTH } kind; /* Jn (no leap day), n, Mm.w.d */
        int day, month, week;
        int32_t time; /* seconds after local midnight, may be negative or beyond a day */
} Rule;

typedef struct Footer {
        bool present, dst;
        int32_t offset[2];
        char abbreviation[2][TZIF_ABBREVIATION_MAX];
        Rule rules[2]; /* begin and end of summer time */
} Footer;

struct Tzif {
        size_t n;
        int64_t *at;    /* ascending */
        uint8_t *to;    /* type after at[i] */
        Type types[256];
        char names[257];
        Footer footer;
};

Tzif *tzif_free(Tzif *z) {
        if (z) {
                free(z->at);
                free(z->to);
        }
        free(z);
        return NULL;
}

/* --- the footer --- */

static bool skip(const char **p, char c) {
        if (**p != c)
                return false;
        (*p)++;
        return true;
}

static bool footer_number(const char **p, int max, int *ret) {
        int v = 0;

        if (**p < '0' || **p > '9')
                return false;
        for (; **p >= '0' && **p <= '9'; (*p)++) {
                v = v * 10 + (**p - '0');
                if (v > max)
                        return false;
        }
        *ret = v;
        return true;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool footer_time(const char **p, int32_t *ret) {
        bool minus = **p == '-';
        int h, m = 0, s = 0;

        if (**p == '-' || **p == '+')
                (*p)++;
        if (!footer_number(p, 167, &h) || (skip(p, ':') && (!footer_number(p, 59, &m) || (skip(p, ':') && !footer_number(p, 59, &s)))))
                return false;
        *ret = (h * 3600 + m * 60 + s) * (minus ? -1 : 1);
        return true;
}

/* "CET" or "<+0330>" */
static bool footer_name(const char **p, char name[static TZIF_ABBREVIATION_MAX]) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        bool quoted = skip(p, '<');
        size_t n = quoted ? strcspn(*p, ">") : strspn(*p, letters);

        if (n < 3 || n >= TZIF_ABBREVIATION_MAX)
                return false;
        memcpy(name, *p, n);
        name[n] = '\0';
        *p += n;
        return !quoted || skip(p, '>');
}

static bool footer_rule(const char **p, Rule *ret) {
        Rule r = { .time = 2 * 3600 };

        if (!skip(p, ','))
                return false;
        if (skip(p, 'M')) {
                r.kind = RULE_MONTH;
                if (!footer_number(p, 12, &r.month) || !skip(p, '.') || !footer_number(p, 5, &r.week) || !skip(p, '.') ||
                    !footer_number(p, 6, &r.day) || r.month < 1 || r.week < 1)
                        return false;
        } else if (skip(p, 'J')) {
                r.kind = RULE_JULIAN;
                if (!footer_number(p, 365, &r.day) || r.day < 1)
                        return false;
        } else {
                r.kind = RULE_ZERO;
                if (!footer_number(p, 365, &r.day))
                        return false;
        }
        if (skip(p, '/') && !footer_time(p, &r.time))
                return false;
        *ret = r;
        return true;
}

static int footer_parse(const char *text, Footer *ret) {
        Footer f = { .present = true };
        const char *p = text;
        int32_t west;

        if (*p == '\0')
                return 0; /* what comes after the last transition is not said: the last offset goes on */
        if (!footer_name(&p, f.abbreviation[0]) || !footer_time(&p, &west))
                return -EBADMSG;
        f.offset[0] = -west;
        f.dst = *p != '\0';
        if (f.dst) {
                if (!footer_name(&p, f.abbreviation[1]))
                        return -EBADMSG;
                west -= 3600;
                if (*p != ',' && !footer_time(&p, &west))
                        return -EBADMSG;
                f.offset[1] = -west;
                if (!footer_rule(&p, &f.rules[0]) || !footer_rule(&p, &f.rules[1]))
                        return -EBADMSG;
        }
        for (unsigned i = 0; i < 2; i++)
                if (f.offset[i] > TZIF_OFFSET_MAX || f.offset[i] < -TZIF_OFFSET_MAX)
                        return -EBADMSG;
        if (*p)
                return -EBADMSG;
        *ret = f;
        return 0;
}

static bool leap_year(int64_t y) {
        return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* The local time, in seconds since the epoch as if local were UTC, at which @r applies in @year. */
static int64_t rule_seconds(const Rule *r, int year) {
        int64_t first, day;

        switch (r->kind) {
        case RULE_JULIAN:
                day = days_from_civil(year, 1, 1) + r->day - 1 + (leap_year(year) && r->day >= 60);
                break;
        case RULE_ZERO:
                day = days_from_civil(year, 1, 1) + r->day;
                break;
        case RULE_MONTH:
        default: {
                int64_t next = days_from_civil(r->month == 12 ? year + 1 : year, r->month == 12 ? 1 : (unsigned) r->month + 1, 1);
                int64_t weekday;

                first = days_from_civil(year, (unsigned) r->month, 1);
                weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
                day = first + (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
                if (day >= next)
                        day -= 7;
                break;
        }
        }
        return day * DAY + r->time;
}

static int64_t floor_year(int64_t t) {
        unsigned month, day;
        int year;

        civil_from_days(t / DAY - (t % DAY < 0), &year, &month, &day);
        return year;
}

typedef struct Change { int64_t at; bool dst; } Change;

/* Where the end of one summer meets the begin of the next, it is summer all along: ends come first. */
static int change_compare(const void *a, const void *b) {
        const Change *x = a, *y = b;

        return x->at != y->at ? (x->at < y->at ? -1 : 1) : (int) x->dst - (int) y->dst;
}

/* Narrows @s, which holds @t, to the stretch between the changes of the footer's rules around @t. */
static Stretch footer_stretch(const Footer *f, int64_t t, Stretch s) {
        Change changes[10];
        bool dst = false;
        int64_t year;

        if (f->dst && t / DAY / 366 < YEARS_MAX && t / DAY / 366 > -YEARS_MAX) {
                year = floor_year(t);
                for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
                        /* The begin is told in standard time, the end in summer time. */
                        const Rule *r = &f->rules[i % 2];

                        changes[i] = (Change) { rule_seconds(r, (int) year - 2 + (int) i / 2) - f->offset[i % 2], i % 2 == 0 };
                }
                qsort(changes, ARRAY_SIZE(changes), sizeof(*changes), change_compare);
                for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
                        if (changes[i].at > t) {
                                s.end = MIN(s.end, changes[i].at);
                                break;
                        }
                        s.start = MAX(s.start, changes[i].at);
                        dst = changes[i].dst;
                }
        }
        s.offset = f->offset[dst];
        s.abbreviation = f->abbreviation[dst];
        return s;
}

/* --- the table --- */

Stretch tzif_stretch(const Tzif *z, int64_t t) {
        Stretch s = { INT64_MIN, INT64_MAX, 0, "" };
        size_t low = 0, high = z->n; /* at[low-1] <= t < at[high] */
        const Type *type;

        while (low < high) {
                size_t mid = low + (high - low) / 2;

                if (z->at[mid] <= t)
                        low = mid + 1;
                else
                        high = mid;
        }
        if (low > 0)
                s.start = z->at[low - 1];
        if (low < z->n)
                s.end = z->at[low];
        if (low == z->n && z->footer.present)
                return footer_stretch(&z->footer, t, s);
        type = &z->types[low > 0 ? z->to[low - 1] : 0];
        s.offset = type->offset;
        s.abbreviation = z->names + type->abbreviation;
        return s;
}

typedef struct Reader { const unsigned char *p; size_t left; } Reader;

static const unsigned char *take(Reader *r, size_t n) {
        const unsigned char *p = r->p;

        if (n > r->left)
                return NULL;
        r->p += n;
        r->left -= n;
        return p;
}

static uint32_t be32(const unsigned char *p) {
        return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static int64_t be_time(const unsigned char *p, size_t width) {
        return width == 4 ? (int32_t) be32(p) : (int64_t) ((uint64_t) be32(p) << 32 | be32(p + 4));
}

typedef struct Header { unsigned char version; size_t utc, std, leap, times, types, chars; } Header;

static bool header_read(Reader *r, Header *ret) {
        const unsigned char *p = take(r, 44);
        Header h;

        if (!p || memcmp(p, "TZif", 4) != 0)
                return false;
        h = (Header) { p[4], be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40) };
        if (h.utc > 256 || h.std > 256 || h.leap > TZIF_BYTES_MAX || h.times > TZIF_BYTES_MAX || h.types < 1 || h.types > 256 ||
            h.chars < 1 || h.chars > 256)
                return false;
        *ret = h;
        return true;
}

static bool types_read(Tzif *z, const unsigned char *types, size_t n, const unsigned char *names, size_t n_names) {
        memcpy(z->names, names, n_names);
        z->names[n_names] = '\0';
        for (size_t i = 0; i < n; i++) {
                int32_t offset = (int32_t) be32(types + 6 * i);

                if (types[6 * i + 5] >= n_names || offset > TZIF_OFFSET_MAX || offset < -TZIF_OFFSET_MAX)
                        return false;
                z->types[i] = (Type) { offset, types[6 * i + 5] };
        }
        return true;
}

static int block_read(Reader *r, const Header *h, size_t width, Tzif *z) {
        const unsigned char *times = take(r, h->times * width), *to = take(r, h->times);
        const unsigned char *types = take(r, h->types * 6), *names = take(r, h->chars);

        if (!times || !to || !types || !names || !take(r, h->leap * (width + 4)) || !take(r, h->std) || !take(r, h->utc))
                return -EBADMSG;
        if (h->leap || !types_read(z, types, h->types, names, h->chars))
                return -EBADMSG;
        z->at = calloc(MAX(h->times, (size_t) 1), sizeof(*z->at));
        z->to = calloc(MAX(h->times, (size_t) 1), sizeof(*z->to));
        if (!z->at || !z->to)
                return -ENOMEM;
        for (size_t i = 0; i < h->times; i++) {
                z->at[i] = be_time(times + i * width, width);
                z->to[i] = to[i];
                if (to[i] >= h->types || (i > 0 && z->at[i] <= z->at[i - 1]))
                        return -EBADMSG;
        }
        z->n = h->times;
        return 0;
}

static int trailer_read(Reader *r, Footer *ret) {
        char text[128];
        size_t n;

        if (r->left < 2 || r->p[0] != '\n')
                return -EBADMSG;
        for (n = 0; n + 1 < r->left && r->p[n + 1] != '\n'; n++) {
                if (n + 1 >= sizeof(text) || r->p[n + 1] == '\0')
                        return -EBADMSG;
                text[n] = (char) r->p[n + 1];
        }
        if (n + 1 >= r->left)
                return -EBADMSG;
        text[n] = '\0';
        return footer_parse(text, ret);
}

int tzif_parse(const void *data, size_t n, Tzif **ret) {
        auto_(tzif_free) Tzif *z = calloc(1, sizeof(*z));
        Reader r = { data, n };
        Header h;
        int e;

        if (!z)
                return -ENOMEM;
        if (!header_read(&r, &h))
                return -EBADMSG;
        if (h.version < '2') {
                e = block_read(&r, &h, 4, z);
                if (e < 0)
                        return e;
        } else {
                /* The first block repeats what 32 bits can say, for readers of before 2005. */
                if (!take(&r, h.times * 5 + h.types * 6 + h.chars + h.leap * 8 + h.std + h.utc) || !header_read(&r, &h))
                        return -EBADMSG;
                e = block_read(&r, &h, 8, z);
                if (e < 0)
                        return e;
                e = trailer_read(&r, &z->footer);
                if (e < 0)
                        return e;
        }
        *ret = STEAL(z);
        return 0;
}
