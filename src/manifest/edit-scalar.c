/*
 * Edit: a value as YAML writes it, YAML 1.2.2 §7.3
 */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "manifest/edit.h"

/* What YAML 1.1 or 1.2 readers take for a truth value or nothing. */
static bool is_word(const char *s) {
        static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n" };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (strcasecmp(s, words[i]) == 0)
                        return true;
        return false;
}

/* Numbers, dates, times of day, in any of their spellings. */
static bool is_number(const char *s) {
        return strspn(s, "0123456789+-.:_eExXoTZabcdfABCDF") == strlen(s) && strpbrk(s, "0123456789");
}

static bool is_printable(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s < ' ' || *s == 0x7f)
                        return false;
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

static const char *double_quoted(Arena *a, const char *s) {
        char *out = arena_alloc(a, 4 * strlen(s) + 3), *p = out;

        if (!out)
                return NULL;
        *p++ = '"';
        for (; *s; s++) {
                unsigned char c = (unsigned char) *s;

                if (c == '"' || c == '\\')
                        p += sprintf(p, "\\%c", c);
                else if (c == '\n' || c == '\t' || c == '\r')
                        p += sprintf(p, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
                else if (c < ' ' || c == 0x7f)
                        p += sprintf(p, "\\x%02x", c);
                else
                        *p++ = (char) c;
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
