/*
 * Text from outside: measured, escaped, compared
 */
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"

bool text_equal(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "") == 0;
}

bool text_starts(const char *s, const char *prefix) {
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* FNV-1a over 8 bytes a step with a final avalanche: quick, and good enough where nobody gains by a collision. */
static uint64_t mix(uint64_t h) {
        h ^= h >> 32;
        h *= UINT64_C(0xd6e8feb86659fd93);
        h ^= h >> 32;
        return h;
}

uint64_t hash_u64(uint64_t seed, uint64_t v) {
        return mix((seed ^ v) * UINT64_C(0x9e3779b97f4a7c15) + 1);
}

uint64_t hash_bytes(uint64_t seed, const void *data, size_t n) {
        const unsigned char *p = data;
        uint64_t h = hash_u64(seed, n), w;

        for (; n >= 8; n -= 8, p += 8) {
                memcpy(&w, p, 8);
                h = hash_u64(h, w);
        }
        w = 0;
        if (n > 0) {
                memcpy(&w, p, n);
                h = hash_u64(h, w);
        }
        return h;
}

uint64_t hash_text(uint64_t seed, const char *s) {
        return s ? hash_bytes(seed, s, strlen(s)) : hash_u64(seed, UINT64_MAX);
}

size_t utf8_decode(const char *s, size_t n, uint32_t *ret) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        const unsigned char *p = (const unsigned char *) s;
        size_t len;
        uint32_t c;

        if (n == 0)
                return 0;
        if (p[0] < 0x80) {
                *ret = p[0];
                return 1;
        }
        len = p[0] >= 0xf0 && p[0] < 0xf8 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
        if (len == 0 || p[0] >= 0xf8 || len > n)
                return 0;
        c = p[0] & (0x7fu >> len);
        for (size_t i = 1; i < len; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return len;
}

size_t utf8_length(const char *s, size_t n) {
        size_t count = 0;

        for (size_t i = 0, len; i < n; i += len, count++) {
                uint32_t c;

                len = utf8_decode(s + i, n - i, &c);
                if (len == 0)
                        return SIZE_MAX;
        }
        return count;
}

char *text_slice(const char *s, size_t n) {
        char *copy = malloc(n + 1);

        if (copy)
                *(char *) mempcpy(copy, s, n) = '\0';
        return copy;
}

bool codepoint_hostile(uint32_t c) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
               (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

typedef struct Shown {
        char text[16];                  /* "\u{10ffff}" */
        size_t n, chars;
} Shown;

/* What stands for the character at @s; returns how many bytes of @s that is. */
static size_t show(const char *s, size_t n, Shown *ret) {
        uint32_t c;
        size_t len = utf8_decode(s, n, &c);

        if (len > 0 && !codepoint_hostile(c)) {
                memcpy(ret->text, s, len);
                ret->n = len;
                ret->chars = 1;
                return len;
        }
        if (len == 0)
                ret->n = (size_t) snprintf(ret->text, sizeof(ret->text), "\\x%02x", (unsigned) (unsigned char) *s);
        else if (c == '\n' || c == '\t' || c == '\r')
                ret->n = (size_t) snprintf(ret->text, sizeof(ret->text), "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else
                ret->n = (size_t) snprintf(ret->text, sizeof(ret->text), c < 0x80 ? "\\x%02x" : "\\u{%04x}", c);
        ret->chars = ret->n;
        return MAX(len, (size_t) 1);
}

/* How many bytes of @s can be shown within @max characters: all, or what leaves room for the "…". */
static size_t fit(const char *s, size_t n, size_t max) {
        size_t chars = 0, fits = 0;
        Shown shown;

        for (size_t i = 0; i < n;) {
                i += show(s + i, n - i, &shown);
                chars += shown.chars;
                if (chars > max)
                        return fits;
                if (chars < max)
                        fits = i;
        }
        return n;
}

char *text_printable(const char *s, size_t max) {
        size_t n = strlen(s), end = max ? fit(s, n, max) : n, size = 0;
        char *out = NULL;
        FILE *f = open_memstream(&out, &size);
        Shown shown;

        if (!f)
                return NULL;
        for (size_t i = 0; i < end;) {
                i += show(s + i, n - i, &shown);
                (void) fwrite(shown.text, 1, shown.n, f);
        }
        if (end < n)
                (void) fputs("…", f);
        if (fclose(f) != 0) {
                free(out);
                return NULL;
        }
        return out;
}

unsigned text_distance(const char *a, const char *b) {
        size_t n = strlen(a), m = strlen(b);
        unsigned rows[3][WORD_MAX + 1];

        if (n > WORD_MAX || m > WORD_MAX)
                return n == m && strcasecmp(a, b) == 0 ? 0 : (unsigned) MAX(n, m);
        for (size_t j = 0; j <= m; j++)
                rows[0][j] = (unsigned) j;
        for (size_t i = 1; i <= n; i++) {
                unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

                row[0] = (unsigned) i;
                for (size_t j = 1; j <= m; j++) {
                        int x = tolower((unsigned char) a[i - 1]), y = tolower((unsigned char) b[j - 1]);

                        row[j] = MIN(MIN(above[j] + 1, row[j - 1] + 1), above[j - 1] + (unsigned) (x != y));
                        if (i > 1 && j > 1 && x == tolower((unsigned char) b[j - 2]) && tolower((unsigned char) a[i - 2]) == y)
                                row[j] = MIN(row[j], before[j - 2] + 1);
                }
        }
        return rows[n % 3][m];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n) {
        unsigned best = (unsigned) (strlen(word) + 2) / 3;
        const char *nearest = NULL;

        best = MIN(best, 3u) + 1;
        for (size_t i = 0; i < n; i++) {
                unsigned d = text_distance(word, candidates[i]);

                if (d < best) {
                        best = d;
                        nearest = candidates[i];
                }
        }
        return nearest;
}

int hex_digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -EINVAL;
}

char *textf(const char *fmt, ...) {
        va_list ap;
        char *s;
        int n;

        va_start(ap, fmt);
        n = vasprintf(&s, fmt, ap);
        va_end(ap);
        return n < 0 ? NULL : s;
}
