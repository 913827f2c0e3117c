/*
 * Reader: typed values out of a YAML tree
 */
#include "manifest/reader.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/when.h"

#define KEYS_SHOWN 8u

printf_(5, 0) static void report(Reader *r, Severity s, Mark at, const char *code, const char *fmt, va_list ap) {
        char *text = NULL;
        int k = vasprintf(&text, fmt, ap) < 0 ? -ENOMEM : 0;

        if (k >= 0)
                k = diagnostics_add(r->diags, s, code, r->file, at.line, at.column, "%s", text);
        free(text);
        if (k < 0)
                r->error = k;
}

void reader_error(Reader *r, Mark at, const char *code, const char *fmt, ...) {
        va_list ap;

        r->n_errors++;
        va_start(ap, fmt);
        report(r, SEVERITY_ERROR, at, code, fmt, ap);
        va_end(ap);
}

void reader_warning(Reader *r, Mark at, const char *code, const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        report(r, SEVERITY_WARNING, at, code, fmt, ap);
        va_end(ap);
}

void *reader_got(Reader *r, void *p) {
        if (!p)
                r->error = -ENOMEM;
        return p;
}

/* ── Maps and lists ── */

void reader_unknown(Reader *r, Mark at, const char *code, const char *what, const char *word, const char *const *known, size_t n) {
        const char *nearest = r->n_errors < PER_FILE_MAX ? text_nearest(word, known, n) : NULL; /* beyond, nobody sees it */
        char list[256] = "";

        if (nearest) {
                reader_error(r, at, code, "unknown %s '%s', did you mean '%s'?", what, word, nearest);
                return;
        }
        for (size_t i = 0, used = 0; n <= KEYS_SHOWN && i < n && used < sizeof(list); i++)
                used += (size_t) snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "; known: ", known[i]);
        reader_error(r, at, code, "unknown %s '%s'%s", what, word, list);
}

#define KEYS_MAX 32u

static void unknown_key(Reader *r, const Node *v, const Key *keys, size_t n) {
        const char *names[KEYS_MAX];

        for (size_t i = 0; i < n && i < KEYS_MAX; i++)
                names[i] = keys[i].name;
        reader_unknown(r, v->key->mark, "unknown-key", "key", v->key->text, names, MIN(n, (size_t) KEYS_MAX));
}

bool reader_map(Reader *r, const Node *v, const Key *keys, size_t n, void *context) {
        if (v->kind != NODE_MAP) {
                reader_error(r, v->mark, node_empty(v) ? "empty-value" : "wrong-type", "'%s' must be a map of keys and values, such as %s: …",
                             node_name(v), keys[0].name);
                return false;
        }
        NODE_FOREACH(child, v) {
                const char *name = child->key->text;
                size_t i = 0;

                if (child->again)
                        continue;
                while (i < n && (keys[i].name[0] != name[0] || strcmp(keys[i].name, name) != 0))
                        i++;
                if (i < n)
                        keys[i].read(context, child);
                else
                        unknown_key(r, child, keys, n);
                if (r->error < 0)
                        return false;
        }
        return true;
}

bool reader_list(Reader *r, const Node *v, size_t max, const char *example) {
        if (v->kind != NODE_LIST) {
                reader_error(r, v->mark, node_empty(v) ? "empty-value" : "wrong-type", "'%s' must be a list, such as %s", node_name(v), example);
                return false;
        }
        if (v->n > max) {
                reader_error(r, v->mark, "too-many", "'%s' has %u entries: at most %zu are allowed", node_name(v), v->n, max);
                return false;
        }
        return true;
}

/* ── Text ── */

const char *reader_scalar(Reader *r, const Node *v) {
        if (v->kind != NODE_TEXT) {
                reader_error(r, v->mark, "wrong-type", "'%s' must be text, not a %s", node_name(v), v->kind == NODE_MAP ? "map" : "list");
                return NULL;
        }
        if (node_empty(v)) {
                reader_error(r, v->mark, "empty-value", "'%s' has no value: give it one, or remove the key", node_name(v));
                return NULL;
        }
        return v->text;
}

/* The first character that must not be shown to people, 0: none. The tree's text is valid UTF-8. */
static uint32_t hostile(const char *s, size_t n, bool lines) {
        for (size_t i = 0, len; i < n; i += len) {
                uint32_t c = (unsigned char) s[i];

                len = c < 0x80 ? 1 : utf8_decode(s + i, n - i, &c);
                if (len == 0)
                        return 0xfffd;
                if (c >= ' ' && c < 0x7f)
                        continue;
                if (codepoint_hostile(c) && !(lines && (c == '\n' || c == '\t')))
                        return c;
        }
        return 0;
}

const char *reader_text(Reader *r, const Node *v, size_t max, unsigned flags) {
        const char *s = reader_scalar(r, v);
        uint32_t bad;
        size_t n;

        if (!s)
                return NULL;
        n = strlen(s);
        while (n > 0 && (flags & TEXT_LINES) && strchr("\n \t", s[n - 1]))
                n--;
        bad = hostile(s, n, flags & TEXT_LINES);
        if (bad == '\n') {
                reader_error(r, v->mark, "bad-text", "'%s' must be a single line", node_name(v));
                return NULL;
        }
        if (bad) {
                reader_error(r, v->mark, "bad-text", "'%s' holds the control character U+%04X: remove it", node_name(v), bad);
                return NULL;
        }
        if (!(flags & TEXT_EMPTY) && (n == 0 || (unsigned char) s[0] <= ' ') && strspn(s, " \t\n") >= n) {
                reader_error(r, v->mark, "empty-value", "'%s' is empty: give it a text, or remove the key", node_name(v));
                return NULL;
        }
        if (n > max && ((flags & TEXT_BYTES) || utf8_length(s, n) > max)) {
                reader_error(r, v->mark, "too-long", "'%s' is too long: at most %zu %s are allowed", node_name(v), max,
                             flags & TEXT_BYTES ? "bytes" : "characters");
                return NULL;
        }
        return reader_got(r, arena_strndup(r->arena, s, n));
}

/* ── Values ── */

bool reader_boolean(Reader *r, const Node *v, bool *ret) {
        bool on = v->kind == NODE_TEXT && v->plain && strcmp(v->text, "true") == 0;
        bool off = v->kind == NODE_TEXT && v->plain && strcmp(v->text, "false") == 0;

        if (!on && !off) {
                reader_error(r, v->mark, node_empty(v) ? "empty-value" : "bad-boolean", "'%s' must be true or false%s", node_name(v),
                             v->kind == NODE_TEXT && !v->plain ? ", without quotes" : "");
                return false;
        }
        *ret = on;
        return true;
}

bool reader_span(Reader *r, const Node *v, bool zero, Span *ret) {
        const char *s = reader_scalar(r, v), *advice = "write it as 90min, 2h 30min or 1d";
        Span span = { 0 };
        int k;

        if (!s)
                return false;
        k = zero && strcmp(s, "0") == 0 ? 0 : span_parse(s, &span);
        if (k == -EOPNOTSUPP)
                advice = "months and years differ in length, use days or weeks";
        else if (k == -ERANGE)
                advice = "at most 36600 days are allowed";
        else if (k == 0 && !zero && span_usec(span) == 0)
                advice = "it must be longer than nothing";
        else if (k == 0) {
                *ret = span;
                return true;
        } else if (s[strspn(s, "0123456789")] == '\0')
                advice = "add a unit, such as min or h";
        reader_error(r, v->mark, "bad-span", "'%s' is no time span: %s", node_name(v), advice);
        return false;
}

bool reader_when(Reader *r, const Node *v, When *ret) {
        const char *s = reader_scalar(r, v);
        When w = { .mark = v->mark };
        int k;

        if (!s)
                return false;
        k = when_parse(s, &w);
        if (k == -ENODATA)
                reader_error(r, v->mark, "bad-time", "'%s' needs a time of day: write %04d-%02u-%02uT00:00 if midnight is meant",
                             node_name(v), w.local.year, w.local.month, w.local.day);
        else if (k < 0)
                reader_error(r, v->mark, "bad-time", "'%s' is no time: write it as 2027-02-01T02:00 or 2027-02-01T02:00+01:00", node_name(v));
        else
                *ret = w;
        return k >= 0;
}

bool reader_number(Reader *r, const Node *v, unsigned min, unsigned max, unsigned *ret) {
        const char *s = reader_scalar(r, v);
        unsigned long n;

        if (!s)
                return false;
        n = strlen(s) <= 9 && s[strspn(s, "0123456789")] == '\0' ? strtoul(s, NULL, 10) : ULONG_MAX;
        if (n < min || n > max) {
                reader_error(r, v->mark, "bad-number", "'%s' must be a whole number from %u to %u", node_name(v), min, max);
                return false;
        }
        *ret = (unsigned) n;
        return true;
}

bool reader_word(Reader *r, const Node *v, const char *what, const char *const *names, size_t n, int *ret) {
        const char *s = reader_scalar(r, v);

        if (!s)
                return false;
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], s) == 0) {
                        *ret = (int) i;
                        return true;
                }
        reader_unknown(r, v->mark, "bad-value", what, s, names, n);
        return false;
}

const char *reader_timezone(Reader *r, const Node *v) {
        const char *s = reader_scalar(r, v);
        size_t n;

        if (!s)
                return NULL;
        n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/");
        if (s[n] || n == 0 || n > TIMEZONE_MAX || s[0] == '/' || s[0] == '-' || s[n - 1] == '/' || strstr(s, "//")) {
                reader_error(r, v->mark, "bad-timezone", "'%s' must be the name of a time zone, such as Europe/Berlin or UTC", node_name(v));
                return NULL;
        }
        return reader_got(r, arena_strdup(r->arena, s));
}

/* ── Lists of names ── */

static int text_order(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

bool strv_has(const Strv *v, const char *s) {
        return v->n > 0 && bsearch(&s, v->items, v->n, sizeof(*v->items), text_order) != NULL;
}

static size_t unique(const char **items, size_t n) {
        size_t kept = 0;

        if (n > 1)
                qsort(items, n, sizeof(*items), text_order);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || strcmp(items[kept - 1], items[i]) != 0)
                        items[kept++] = items[i];
        return kept;
}

bool reader_names(Reader *r, const Node *v, size_t max, const Strv *known, const char *code, const char *what, Strv *ret) {
        Strv names = { 0 };
        bool good = true;

        if (!reader_list(r, v, max, "[a, b]"))
                return false;
        names.items = reader_got(r, arena_array(r->arena, v->n, sizeof(*names.items)));
        if (!names.items)
                return false;
        NODE_FOREACH(item, v) {
                const char *name = reader_text(r, item, NAME_MAX_BYTES, TEXT_BYTES);

                good = good && name;
                if (!name)
                        continue;
                if (known && !strv_has(known, name)) {
                        reader_unknown(r, item->mark, code, what, name, known->items, known->n);
                        good = false;
                }
                names.items[names.n++] = name;
        }
        if (!good)
                return false;
        names.n = unique(names.items, names.n);
        if (names.n < v->n)
                reader_warning(r, v->mark, "duplicate-item", "'%s' names something twice", node_name(v));
        *ret = names;
        return true;
}
