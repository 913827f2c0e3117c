/*
 * An edit fails with a reason, or gives a file that reads as expected and whose other lines are the same bytes
 *
 * The first byte chooses the edit, the second the document; then a line with a value, and the file. That the result reads as expected
 * edit_apply() looks after itself; here it is shown again with the reader alone: what was set is there, the other documents are equal.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "manifest/edit.h"
#include "manifest/node.h"

static char value[256];
static const EditPair one[] = { { "state", value, false, "end" } };
static const EditPair two[] = { { "message", value, true, NULL }, { "end", "2030-02-01T05:00", false, "start" } };
static const EditPair item[] = { { "at", "+1h", false, NULL }, { "message", value, true, NULL } };
static const EditPair override[] = { { "occurrence", "2030-02-03T02:00", false, NULL }, { "state", "cancelled", false, NULL } };
static const Edit edits[] = {
        { .pairs = one, .n_pairs = 1 },
        { .pairs = two, .n_pairs = 2 },
        { .path = { { "updates", 0 } }, .n_path = 1, .append = true, .pairs = item, .n_pairs = 2 },
        { .path = { { "recurrence", 0 }, { "overrides", 0 } }, .n_path = 2, .append = true, .pairs = override, .n_pairs = 2 },
        { .path = { { "recurrence", 0 }, { "overrides", 0 }, { NULL, 0 } }, .n_path = 3, .pairs = two, .n_pairs = 2 },
        { .path = { { "recurrence", 0 }, { "overrides", 0 }, { NULL, 0 }, { "updates", 0 } }, .n_path = 4, .append = true, .pairs = item, .n_pairs = 2 },
};

static const Node *documents(Arena *a, const char *text, size_t n) {
        static const YamlLimits limits = { MANIFEST_BYTES_MAX, MANIFEST_DOCUMENTS_MAX };
        Diagnostics diags = { 0 };
        Yaml yaml;

        assert_always(yaml_parse(a, "", text, n, &limits, &diags, &yaml) == 0);
        diagnostics_done(&diags);
        return yaml.n_errors ? NULL : yaml.documents;
}

/* With keys in the order in which they stand. */
static bool equal(const Node *x, const Node *y) {
        if (x->kind != y->kind || x->n != y->n)
                return false;
        if (x->kind == NODE_TEXT)
                return strcmp(x->text, y->text) == 0;
        for (const Node *v = x->first, *w = y->first; v && w; v = v->next, w = w->next)
                if (!equal(v, w) || (x->kind == NODE_MAP && strcmp(v->key->text, w->key->text) != 0))
                        return false;
        return true;
}

/* The documents before and behind number @which are as they were. */
static void look_at_others(const Node *before, const Node *after, unsigned which) {
        for (unsigned i = 0; before && after; i++, before = before->next, after = after->next)
                assert_always(i == which || equal(before, after));
        assert_always(!before && !after);
}

static void look_at_change(const Node *doc, const Edit *e) {
        const Node *at = doc;

        for (unsigned i = 0; i < e->n_path; i++)
                at = e->path[i].key ? node_get(at, e->path[i].key) : at->first;
        if (e->append)
                at = at->last;
        for (size_t i = 0; i < e->n_pairs; i++) {
                const Node *v = node_get(at, e->pairs[i].key);

                assert_always(v && v->kind == NODE_TEXT && strcmp(v->text, e->pairs[i].value) == 0);
        }
}

static size_t line_length(const char *s, const char *end) {
        const char *newline = memchr(s, '\n', (size_t) (end - s));

        return (size_t) ((newline ? newline + 1 : end) - s);
}

static unsigned line_of(const char *text, size_t n, unsigned character) {
        size_t i = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        unsigned line = 0;

        for (uint32_t c; i < n && character > 0; character--) {
                line += text[i] == '\n';
                i += utf8_decode(text + i, n - i, &c);
        }
        return line;
}

/* Lines that may go: those of a value that is replaced, the one that an entry is put into and one for its comma, the last one without an end. */
static unsigned may_go(const char *text, size_t n, const Node *doc, const Edit *e) {
        const Node *at = doc;
        unsigned lines = 0;

        for (unsigned i = 0; at && i < e->n_path; i++)
                at = e->path[i].key ? node_get(at, e->path[i].key) : at->first;
        for (size_t i = 0; i < (e->append ? 1 : e->n_pairs); i++) {
                const Node *v = e->append || !at ? NULL : node_get(at, e->pairs[i].key);

                lines += v ? line_of(text, n, v->end) - line_of(text, n, v->begin) + 1 : 2;
        }
        return lines;
}

typedef struct Line { const char *s; size_t n; } Line;

static size_t split(const char *text, size_t n, Line **ret) {
        size_t count = 0;

        *ret = calloc(n + 1, sizeof(**ret));
        assert_always(*ret);
        for (const char *s = text; s < text + n; s += (*ret)[count++].n)
                (*ret)[count] = (Line) { s, line_length(s, text + n) };
        return count;
}

static bool same_line(const Line *x, const Line *y) {
        return x->n == y->n && memcmp(x->s, y->s, x->n) == 0;
}

/* The longest common subsequence: a line that stands in several places may not be taken for the wrong one. */
static unsigned in_common(const Line *x, size_t n, const Line *y, size_t m) {
        auto_(free) unsigned *row = calloc(m + 1, sizeof(*row));

        assert_always(row);
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0, corner = 0; k < m; k++) {
                        size_t up = row[k + 1];

                        row[k + 1] = (unsigned) (same_line(&x[i], &y[k]) ? corner + 1 : MAX(up, (size_t) row[k]));
                        corner = up;
                }
        return row[m];
}

/* All other lines are there again, in their order. */
static void look_at_lines(const char *before, size_t n, const char *after, size_t n_after, unsigned allowed) {
        auto_(free) Line *x = NULL, *y = NULL;
        size_t head = 0, n_x = split(before, n, &x), n_y = split(after, n_after, &y);

        while (head < n_x && head < n_y && same_line(&x[head], &y[head]))
                head++;
        while (n_x > head && n_y > head && same_line(&x[n_x - 1], &y[n_y - 1])) {
                n_x--;
                n_y--;
        }
        assert_always(n_x - head - in_common(x + head, n_x - head, y + head, n_y - head) <= allowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input in = { data, size };
        const Edit *e = &edits[input_byte(&in) % ARRAY_SIZE(edits)];
        unsigned which = input_byte(&in) % 4;
        auto_(free) char *given = input_line(&in), *text = input_rest(&in);
        auto_(arena_free) Arena *a = arena_new();
        const char *out, *why = NULL;
        const Node *before, *doc, *after;
        unsigned allowed;
        size_t n = strlen(text), n_out;
        int r;

        (void) snprintf(value, sizeof(value), "%s", given);
        before = doc = documents(a, text, n);
        for (unsigned i = 0; doc && i < which; i++)
                doc = doc->next;
        if (!doc || doc->kind != NODE_MAP || !doc->first)
                return 0;
        allowed = may_go(text, n, doc, e);
        r = edit_apply(a, text, n, doc->first->key->mark.line, e, 1, &out, &n_out, &why);
        assert_always(r == 0 || (r == -ENOTSUP && why && *why));
        if (r < 0)
                return 0;
        assert_always(strlen(out) == n_out);
        after = doc = documents(a, out, n_out);
        assert_always(after);
        look_at_others(before, after, which);
        for (unsigned i = 0; i < which; i++)
                doc = doc->next;
        look_at_change(doc, e);
        look_at_lines(text, n, out, n_out, allowed);
        return 0;
}
