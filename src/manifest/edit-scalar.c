/*
 * Edit: a value as YAML writes it, YAML 1.2.2 §7.3
 */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "manifest/edit.h"

/* What YAML 1.1 or 1.2 readers take for a truth value, nothing, or one of YAML 1.1's own keys. */
static bool is_word(const char *s) {
        static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".nan", ".inf", "+.inf", "-.inf", "=", "<<" };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (strcasecmp(s, words[i]) == 0)
                        return true;
        return false;
}

/* Numbers, dates, times of day, in any of their spellings. */
static bool is_number(const char *s) {
        return strspn(s, "0123456789+-.:_ eExXoTZtzabcdfABCDF") == strlen(s) && strpbrk(s, "0123456789");
}

static bool is_printable(const char *s) {
        size_t left = strlen(s);
        uint32_t c;

        for (size_t n; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0 || codepoint_hostile(c))
                        return false;
        }
        return true;
}

/* Plain scalars, and stricter than they need be. */
static bool fits_plain(const char *s, bool flow) {
        size_t n = strlen(s);

        if (n == 0 || s[0] == ' ' || s[n - 1] == ' ' || s[n - 1] == ':' || strchr("-?:,[]{}#&*!|>'\"%@`~", s[0]) || !is_printable(s))
                return false;
        if (strstr(s, ": ") || strstr(s, " #"))
                return false;
        return !flow || !strpbrk(s, ",[]{}");
}

static const char *single_quoted(Arena *a, const char *s) {
        char *out = arena_alloc(a, 2 * strlen(s) + 3), *p = out;

        if (!out)
                return NULL;
        *p++ = '\'';
        for (; *s; s++) {
                if (*s == '\'')
                        *p++ = '\'';
                *p++ = *s;
        }
        *p++ = '\'';
        return out;
}

static char *escaped(char *p, const char *s, size_t n, uint32_t c) {
        switch (c) {
        case '"':
        case '\\':
                return p + sprintf(p, "\\%c", (int) c);
        case '\n':
                return stpcpy(p, "\\n");
        case '\t':
                return stpcpy(p, "\\t");
        default:
                if (codepoint_hostile(c))
                        return p + sprintf(p, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
                return (char *) mempcpy(p, s, n);
        }
}

static const char *double_quoted(Arena *a, const char *s) {
        size_t left = strlen(s);
        char *out = arena_alloc(a, 4 * left + 3), *p = out;
        uint32_t c;

        if (!out)
                return NULL;
        *p++ = '"';
        for (size_t n; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0) { /* no UTF-8: whoever reads it says so */
                        n = 1;
                        c = 'x';
                }
                p = escaped(p, s, n, c);
        }
        *p++ = '"';
        return out;
}

const char *edit_scalar(Arena *a, const char *value, bool text, char like, bool flow) {
        if (!is_printable(value) || like == '"')
                return double_quoted(a, value);
        if (like == '\'')
                return single_quoted(a, value);
        if (fits_plain(value, flow) && !(text && (is_word(value) || is_number(value))))
                return arena_strdup(a, value);
        return strchr(value, '\'') ? double_quoted(a, value) : single_quoted(a, value);
}
