/*
 * Matchers: which alerts a service means, as Prometheus writes it
 *
 * Either a map, service: api, for equality, or a list of texts such as severity=~"warn|crit". The value may stand without quotes
 * when it holds nothing that would need them.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/config-target.h"

static bool label_name(const char *s, size_t n) {
        size_t k = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

        return n > 0 && k >= n && !(s[0] >= '0' && s[0] <= '9');
}

/* What stands between double quotes, with \" \\ and \n; or a bare word. */
static char *matcher_value(Arena *a, const char *s) {
        char *out = arena_alloc(a, strlen(s) + 1), *to = out;

        if (!out)
                return NULL;
        if (*s != '"')
                return s[strcspn(s, "\"{},'` \t\n")] ? NULL : strcpy(out, s);
        for (s++; *s && *s != '"'; s++) {
                if (*s != '\\') {
                        *to++ = *s;
                        continue;
                }
                s++;
                if (*s != '"' && *s != '\\' && *s != 'n')
                        return NULL;
                *to++ = *s == 'n' ? '\n' : *s;
        }
        return s[0] == '"' && !s[1] ? out : NULL;
}

static bool parse_matcher(Arena *a, const char *s, const char **out) {
        static const char *const ops[] = { "=~", "!~", "!=", "=" };
        size_t n = strcspn(s, "=!~ \t");
        const char *p = s + n + strspn(s + n, " \t");

        if (!label_name(s, n))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
                if (text_starts(p, ops[i])) {
                        p += strlen(ops[i]);
                        out[0] = arena_strndup(a, s, n);
                        out[1] = ops[i];
                        out[2] = matcher_value(a, p + strspn(p, " \t"));
                        return out[0] && out[2];
                }
        return false;
}

static bool read_text_matcher(Reader *r, const Node *v, const char **out) {
        const char *s = reader_text(r, v, MATCHER_VALUE_MAX, 0);

        if (!s)
                return false;
        if (parse_matcher(r->arena, s, out))
                return true;
        reader_error(r, v->mark, "bad-matcher", "this is no matcher: write it as  'name=\"value\"'  with = != =~ or !~");
        return false;
}

static bool read_pair(Reader *r, const Node *v, const char **out) {
        out[0] = reader_got(r, arena_strdup(r->arena, v->key->text));
        out[1] = "=";
        out[2] = reader_text(r, v, MATCHER_VALUE_MAX, 0);
        if (out[0] && label_name(out[0], strlen(out[0])))
                return out[2] != NULL;
        reader_error(r, v->key->mark, "bad-matcher", "a label's name holds only letters, digits and _");
        return false;
}

const char *const *config_matchers(Reader *r, const Node *v) {
        const char **out;
        size_t n = 0;

        if (v->kind == NODE_TEXT || v->n == 0 || v->n > MATCHERS_MAX) {
                reader_error(r, v->mark, v->kind == NODE_TEXT ? "wrong-type" : v->n ? "too-many" : "empty-value",
                             "'matchers' must be a list such as ['service=\"api\"'] or a map, with 1 to %u entries", MATCHERS_MAX);
                return NULL;
        }
        out = reader_got(r, arena_array(r->arena, 3 * (size_t) v->n + 1, sizeof(*out)));
        if (!out)
                return NULL;
        NODE_FOREACH(item, v)
                if (v->kind == NODE_MAP ? read_pair(r, item, out + n) : read_text_matcher(r, item, out + n))
                        n += 3;
        return out;
}
