/*
 * Node: libyaml's events, made into a tree
 *
 * libyaml 0.2.5 has no depth limit and takes quadratic time for deep nesting, lets duplicate keys pass, and expands aliases for
 * whoever asks; so its document API is not used, and each of these ends the reading here at the first event that shows it. What
 * libyaml would say of bad bytes without a line is found before it sees them.
 */
#include "manifest/node.h"

#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct Builder {
        Arena *arena;
        const char *file;
        Diagnostics *diags;
        const YamlLimits *limits;
        Yaml *yaml;
        Node *stack[MANIFEST_DEPTH_MAX];
        unsigned depth;
        Node *key;              /* read, its value still to come */
        Node *root;             /* of the document being read */
        Node *last;             /* of the chain of documents */
        bool stop;
} Builder;

static Mark mark_of(const yaml_mark_t *m) {
        return (Mark) { .line = (unsigned) m->line + 1, .column = (unsigned) m->column + 1 };
}

static int complain(Builder *b, const char *code, Mark at, const char *message) {
        b->stop = ++b->yaml->n_errors >= PROBLEMS_MAX || b->stop;
        if (b->root)
                b->root->broken = true;
        return diagnostics_add(b->diags, SEVERITY_ERROR, code, b->file, at.line, at.column, "%s", message);
}

/* Ends the reading: what comes after cannot be trusted, or would cost too much to look at. */
static int refuse(Builder *b, const char *code, Mark at, const char *message) {
        b->stop = true;
        return complain(b, code, at, message);
}

/* ── Bytes ── */

static const char *byte_problem(const char *s, size_t n, size_t *ret_len) {
        unsigned char c = (unsigned char) *s;
        uint32_t point;

        *ret_len = 1;
        if (c >= 0x80) {
                *ret_len = utf8_decode(s, n, &point);
                if (*ret_len == 0)
                        return "not valid UTF-8: save the file as UTF-8";
                return point < 0xa0 && point != 0x85 ? "a control character: remove it" : NULL;
        }
        if (c == 0)
                return "a NUL byte: this is no text file";
        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
                return "a control character: remove it";
        return NULL;
}

static bool conflict_marker(const char *s, size_t n) {
        return n >= 8 && (memcmp(s, "<<<<<<< ", 8) == 0 || memcmp(s, ">>>>>>> ", 8) == 0);
}

/* Most files are plain ASCII without a surprise, which can be seen without counting lines. */
static bool harmless(const char *text, size_t n) {
        unsigned odd = 0;

        for (size_t i = 0; i < n; i++) {
                unsigned char c = (unsigned char) text[i];

                odd |= (unsigned) (c >= 0x7f) | ((unsigned) (c < ' ') & (unsigned) (c != '\n'));
        }
        return !odd && !conflict_marker(text, n) && !memmem(text, n, "\n<<<<<<< ", 9) && !memmem(text, n, "\n>>>>>>> ", 9);
}

/* What makes a file unfit before its YAML is looked at. Only the first such place is reported. */
static int check_bytes(Builder *b, const char *text, size_t n) {
        unsigned line = 1, column = 1;

        if (n > b->limits->bytes)
                return refuse(b, "too-large", (Mark) { 0 }, "the file is too large: split it");
        if (harmless(text, n))
                return 0;
        if (n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
                return refuse(b, "encoding", (Mark) { 1, 1 }, "UTF-16: save the file as UTF-8");
        for (size_t i = 0, len; i < n; i += len, column++) {
                unsigned char c = (unsigned char) text[i];
                const char *problem;

                len = 1;
                if (c > '>' && c < 0x7f)
                        continue;
                if (column == 1 && (c == '<' || c == '>') && conflict_marker(text + i, n - i))
                        return refuse(b, "conflict-marker", (Mark) { line, column },
                                      "a merge conflict: resolve it and remove the markers <<<<<<<, =======, >>>>>>>");
                if (c >= ' ' && c < 0x7f)
                        continue;
                problem = byte_problem(text + i, n - i, &len);
                if (problem)
                        return refuse(b, "encoding", (Mark) { line, column }, problem);
                if (c == '\n') {
                        line++;
                        column = 0;
                }
        }
        return 0;
}

/* ── Tree ── */

Node *node_append(Node *parent, Node *v) {
        if (parent->last)
                parent->last->next = v;
        else
                parent->first = v;
        parent->last = v;
        parent->n++;
        return v;
}

static void attach(Builder *b, Node *v) {
        Node *parent = b->depth ? b->stack[b->depth - 1] : NULL;

        if (!parent) {
                b->root = v;
                return;
        }
        v->key = parent->kind == NODE_MAP ? STEAL(b->key) : parent->key;
        (void) node_append(parent, v);
}

static bool expects_key(const Builder *b) {
        return b->depth && b->stack[b->depth - 1]->kind == NODE_MAP && !b->key;
}

static int on_scalar(Builder *b, const yaml_event_t *e) {
        const char *value = (const char *) e->data.scalar.value;
        size_t n = e->data.scalar.length;
        Node *v = arena_new0(b->arena, Node);
        int r = 0;

        if (!v)
                return -ENOMEM;
        *v = (Node) {
                .kind = NODE_TEXT, .mark = mark_of(&e->start_mark), .begin = (unsigned) e->start_mark.index, .end = (unsigned) e->end_mark.index,
                .plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
                .text = arena_strndup(b->arena, value, n),
        };
        if (!v->text)
                return -ENOMEM;
        if (expects_key(b))
                b->key = v;
        else
                attach(b, v);
        if (memchr(value, 0, n))
                r = complain(b, "bad-text", v->mark, "a NUL character: remove the \\0");
        return r;
}

static int on_start(Builder *b, const yaml_event_t *e, NodeKind kind, bool flow) {
        Mark at = mark_of(&e->start_mark);
        Node *v;

        if (expects_key(b))
                return refuse(b, "bad-key", at, "a key must be text: is there a '{', '[' or '?' too many?");
        if (b->depth == MANIFEST_DEPTH_MAX)
                return refuse(b, "too-deep", at, "nested too deeply: at most 16 levels are allowed");
        v = arena_new0(b->arena, Node);
        if (!v)
                return -ENOMEM;
        *v = (Node) { .kind = kind, .mark = at, .flow = flow, .begin = (unsigned) e->start_mark.index };
        attach(b, v);
        b->stack[b->depth++] = v;
        return 0;
}

static int key_order(const void *x, const void *y) {
        const Node *const *a = x, *const *b = y;
        int r = strcmp((*a)->key->text, (*b)->key->text);

        if (r)
                return r;
        return (*a)->key->mark.line != (*b)->key->mark.line ? ((*a)->key->mark.line < (*b)->key->mark.line ? -1 : 1) :
                (*a)->key->mark.column < (*b)->key->mark.column ? -1 : 1;
}

static int duplicate(Builder *b, const Node *first, const Node *again) {
        char *message = textf("duplicate key '%s', first on line %u: keep one of them", again->key->text, first->key->mark.line);
        int r = message ? complain(b, "duplicate-key", again->key->mark, message) : -ENOMEM;

        ((Node *) again)->again = true;
        free(message);
        return r;
}

#define SMALL_MAP 24u

/* Few keys are compared each with each; many are sorted, so that a map as large as the file costs no more than its size. */
static int check_keys(Builder *b, const Node *map) {
        const Node **sorted;
        size_t n = 0;
        int r = 0;

        if (map->n <= SMALL_MAP) {
                NODE_FOREACH(v, map)
                        for (const Node *w = map->first; w != v && r >= 0 && !b->stop; w = w->next)
                                if (v->key->text[0] == w->key->text[0] && strcmp(v->key->text, w->key->text) == 0) {
                                        r = duplicate(b, w, v);
                                        break;
                                }
                return r;
        }
        sorted = arena_array(b->arena, map->n, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        NODE_FOREACH(v, map)
                sorted[n++] = v;
        qsort(sorted, n, sizeof(*sorted), key_order);
        for (size_t i = 1; i < n && r >= 0 && !b->stop; i++)
                if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) == 0)
                        r = duplicate(b, sorted[i - 1], sorted[i]);
        return r;
}

static int on_end(Builder *b, const yaml_event_t *e) {
        Node *v = b->stack[--b->depth];

        v->end = (unsigned) e->end_mark.index; /* NOLINT(clang-analyzer-core.NullDereference): libyaml ends only what has begun */
        return v->kind == NODE_MAP ? check_keys(b, v) : 0;
}

static void on_document_end(Builder *b) {
        Yaml *y = b->yaml;

        if (b->last)
                b->last->next = b->root;
        else
                y->documents = b->root;
        b->last = b->root;
        b->root = NULL;
        y->n_documents++;
}

static int refuse_anchor(Builder *b, const yaml_event_t *e) {
        return refuse(b, "anchor", mark_of(&e->start_mark), "anchors (&name) are not allowed: write the value out, or use _defaults.yaml");
}

static int refuse_tag(Builder *b, Mark at) {
        return refuse(b, "tag", at, "tags (!name) are not allowed: remove it");
}

static int on_event(Builder *b, const yaml_event_t *e) {
        switch (e->type) {
        case YAML_DOCUMENT_START_EVENT:
                if (b->yaml->n_documents >= b->limits->documents)
                        return refuse(b, "too-many-documents", mark_of(&e->start_mark),
                                      b->limits->documents == 1 ? "only one document is allowed here" : "too many documents in one file: split it");
                if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
                        return refuse_tag(b, mark_of(&e->start_mark));
                return 0;
        case YAML_ALIAS_EVENT:
                return refuse(b, "alias", mark_of(&e->start_mark), "aliases (*name) are not allowed: write the value out, or use _defaults.yaml");
        case YAML_SCALAR_EVENT:
                if (e->data.scalar.anchor)
                        return refuse_anchor(b, e);
                return e->data.scalar.tag ? refuse_tag(b, mark_of(&e->start_mark)) : on_scalar(b, e);
        case YAML_SEQUENCE_START_EVENT:
                if (e->data.sequence_start.anchor)
                        return refuse_anchor(b, e);
                return e->data.sequence_start.tag ? refuse_tag(b, mark_of(&e->start_mark))
                                                  : on_start(b, e, NODE_LIST, e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
        case YAML_MAPPING_START_EVENT:
                if (e->data.mapping_start.anchor)
                        return refuse_anchor(b, e);
                return e->data.mapping_start.tag ? refuse_tag(b, mark_of(&e->start_mark))
                                                 : on_start(b, e, NODE_MAP, e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return on_end(b, e);
        case YAML_DOCUMENT_END_EVENT:
                on_document_end(b);
                return 0;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
                return 0;
        }
        return 0;
}

/* ── Syntax ── */

/* What people most often did when libyaml says so. */
static const struct { const char *problem, *advice; } advices[] = {
        { "mapping values are not allowed in this context", "put quotes around a text that holds ': '" },
        { "found character that cannot start any token", "put quotes around it; a tab cannot indent, use spaces" },
        { "did not find expected key", "check the indentation of this line" },
        { "could not find expected ':'", "put a ':' and a space after the key" },
        { "found a tab character that violates indentation", "use spaces" },
        { "found unexpected end of stream", "is a quote or bracket not closed?" },
        { "did not find expected ',' or ']'", "is a list not closed?" },
        { "did not find expected ',' or '}'", "is a map not closed?" },
        { "did not find expected alphabetic or numeric character", "put quotes around a text that begins with '*' or '&'" },
};

static int syntax_error(Builder *b, const yaml_parser_t *p) {
        const char *problem = p->problem ? p->problem : "cannot be read", *advice = NULL;
        char *message;
        int r;

        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        for (size_t i = 0; i < ARRAY_SIZE(advices) && !advice; i++)
                if (strcmp(advices[i].problem, problem) == 0)
                        advice = advices[i].advice;
        message = textf("not valid YAML: %s%s%s", problem, advice ? ": " : "", advice ? advice : "");
        if (!message)
                return -ENOMEM;
        r = refuse(b, "syntax", mark_of(&p->problem_mark), message);
        free(message);
        return r;
}

static int read_events(Builder *b, yaml_parser_t *p) {
        for (bool end = false; !end && !b->stop;) {
                yaml_event_t e;
                int r;

                if (!yaml_parser_parse(p, &e))
                        return syntax_error(b, p);
                end = e.type == YAML_STREAM_END_EVENT;
                r = on_event(b, &e);
                yaml_event_delete(&e);
                if (r < 0)
                        return r;
        }
        return 0;
}

int yaml_parse(Arena *a, const char *file, const char *text, size_t n, const YamlLimits *limits, Diagnostics *diags, Yaml *ret) {
        Builder b = { .arena = a, .file = file, .diags = diags, .limits = limits, .yaml = ret };
        yaml_parser_t parser;
        int r;

        *ret = (Yaml) { 0 };
        if (n >= 3 && n <= limits->bytes && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
                text += 3;
                n -= 3;
        }
        r = check_bytes(&b, text, n);
        if (r < 0 || b.stop)
                return r;
        if (!yaml_parser_initialize(&parser))
                return -ENOMEM;
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *) text, n);
        r = read_events(&b, &parser);
        yaml_parser_delete(&parser);
        ret->complete = !b.stop;
        ret->partial = b.root;
        return r;
}

/* ── Looking at nodes ── */

const Node *node_get(const Node *map, const char *key) {
        if (map && map->kind == NODE_MAP)
                NODE_FOREACH(v, map)
                        if (strcmp(v->key->text, key) == 0)
                                return v;
        return NULL;
}

const char *node_name(const Node *v) {
        return v->key ? v->key->text : "document";
}

bool node_empty(const Node *v) {
        static const char *const nothing[] = { "", "~", "null", "Null", "NULL" };

        if (v->kind != NODE_TEXT || !v->plain || (v->text[0] && !strchr("~nN", v->text[0])))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
                if (strcmp(v->text, nothing[i]) == 0)
                        return true;
        return false;
}
