/*
 * Edit: where in the text a change goes
 *
 * libyaml says where a scalar begins and ends, and where brackets do; where a block ends follows from the last scalar in it. Every
 * change is one replacement of a run of bytes, found anew in the text that the one before has left.
 */
#include "manifest/edit.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/edit-expect.h"

#define INDENT 2u               /* of lists and literals where the file shows no other */

typedef struct Editor {
        Arena *arena;
        const char *text;
        size_t n;
        unsigned line;          /* of the document's first key */
        size_t *bytes;          /* where each character begins, and the end; NULL: a character is a byte */
        unsigned n_chars;
        const char *eol;        /* as the file ends its lines */
        Yaml yaml;
        Node *doc;
        const char *why;
} Editor;

static int cannot(Editor *e, const char *why) {
        e->why = why;
        return -ENOTSUP;
}

/* ── the text as it stands ── */

static int map_characters(Editor *e) {
        size_t bom = e->n >= 3 && memcmp(e->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, i = bom;
        bool ascii = bom == 0;

        for (size_t k = 0; k < e->n && ascii; k++)
                ascii = (unsigned char) e->text[k] < 0x80;
        e->bytes = NULL;
        e->n_chars = (unsigned) e->n;
        if (ascii)
                return 0;
        e->bytes = arena_array(e->arena, e->n - bom + 1, sizeof(*e->bytes));
        if (!e->bytes)
                return -ENOMEM;
        for (e->n_chars = 0; i < e->n; e->n_chars++) {
                uint32_t point;
                size_t len = utf8_decode(e->text + i, e->n - i, &point);

                e->bytes[e->n_chars] = i;
                i += MAX(len, (size_t) 1);
        }
        e->bytes[e->n_chars] = e->n;
        return 0;
}

static size_t byte_at(const Editor *e, unsigned character) {
        unsigned c = MIN(character, e->n_chars);

        return e->bytes ? e->bytes[c] : c;
}

static int look(Editor *e) {
        static const YamlLimits limits = { MANIFEST_BYTES_MAX, MANIFEST_DOCUMENTS_MAX };
        Diagnostics diags = { 0 };
        const char *newline = memchr(e->text, '\n', e->n);
        int r = yaml_parse(e->arena, "", e->text, e->n, &limits, &diags, &e->yaml);

        diagnostics_done(&diags);
        if (r < 0)
                return r;
        if (e->yaml.n_errors)
                return cannot(e, "the file has syntax errors");
        for (const char *cr = e->text; (cr = strchr(cr, '\r')); cr++)
                if (cr[1] != '\n')
                        return cannot(e, "lines that end in CR alone: save the file with LF");
        e->eol = newline && newline > e->text && newline[-1] == '\r' ? "\r\n" : "\n";
        e->doc = NULL;
        for (Node *d = e->yaml.documents; d && !e->doc; d = d->next)
                if (d->kind == NODE_MAP && d->first && d->first->key->mark.line == e->line)
                        e->doc = d;
        return e->doc ? map_characters(e) : cannot(e, "the file has changed: there is no document on this line");
}

static int splice(Editor *e, size_t from, size_t to, const char *with) {
        size_t n = strlen(with);
        char *text = arena_alloc(e->arena, e->n - (to - from) + n + 1);

        if (!text)
                return -ENOMEM;
        *(char *) mempcpy(mempcpy(mempcpy(text, e->text, from), with, n), e->text + to, e->n - to) = '\0';
        e->n = e->n - (to - from) + n;
        e->text = text;
        return 0;
}

/* ── where things end ── */

static bool is_block_scalar(const Editor *e, const Node *v) {
        return v->kind == NODE_TEXT && v->begin < v->end && strchr("|>", e->text[byte_at(e, v->begin)]);
}

/* "|+": the empty lines after it belong to it. */
static bool keeps_lines(const Editor *e, const Node *v) {
        size_t at = byte_at(e, v->begin);

        return is_block_scalar(e, v) && e->text[at + strcspn(e->text + at, "+#\r\n")] == '+';
}

static const Node *last_of(const Node *v) {
        while (v->kind != NODE_TEXT && !v->flow && v->last)
                v = v->last;
        return v;
}

/* Just behind the last byte that @v needs. */
static size_t content_end(const Editor *e, const Node *v) {
        const Node *last = last_of(v);
        size_t begin = byte_at(e, last->begin), end = byte_at(e, last->end);

        if (is_block_scalar(e, last))
                while (end > begin && strchr(" \t\r\n", e->text[end - 1]))
                        end--;
        return end;
}

/* Where the next line begins; at the end of a file without a last line end, *ret_open says that one is missing. */
static size_t next_line(const Editor *e, const Node *v, bool *ret_open) {
        size_t at = keeps_lines(e, last_of(v)) ? byte_at(e, last_of(v)->end) : content_end(e, v);
        const char *newline;

        *ret_open = false;
        if (at > 0 && e->text[at - 1] == '\n')
                return at;
        newline = memchr(e->text + at, '\n', e->n - at);
        *ret_open = !newline;
        return newline ? (size_t) (newline - e->text) + 1 : e->n;
}

/* Comments that stand further in than @column blanks are about what is above them. */
static size_t skip_comments(const Editor *e, size_t at, unsigned column) {
        for (;;) {
                size_t in = strspn(e->text + at, " ");
                const char *newline = memchr(e->text + at, '\n', e->n - at);

                if (in <= column || e->text[at + in] != '#' || !newline)
                        return at;
                at = (size_t) (newline - e->text) + 1;
        }
}

/* @lines end in a line end; they are @column blanks in. */
static int insert_lines(Editor *e, const Node *behind, unsigned column, const char *lines) {
        bool open;
        size_t at = next_line(e, behind, &open), n = strlen(lines);

        if (!open) {
                at = skip_comments(e, at, column);
                return splice(e, at, at, lines);
        }
        if (is_block_scalar(e, last_of(behind)))
                return cannot(e, "the last line lacks its end: add a newline");
        lines = arena_printf(e->arena, "%s%.*s", e->eol, (int) (n - strlen(e->eol)), lines);
        return lines ? splice(e, at, at, lines) : -ENOMEM;
}

/* ── brackets ── */

/* The run of blanks before @at, when nothing else is on its line before it. */
static bool first_on_line(const Editor *e, size_t at, size_t *ret_line) {
        size_t i = at;

        while (i > 0 && strchr(" \t", e->text[i - 1]))
                i--;
        *ret_line = i;
        return i > 0 && e->text[i - 1] == '\n';
}

/* @text behind the last entry of brackets: on a line of its own where the last entry has one. */
static int insert_entry(Editor *e, const Node *brackets, const char *text) {
        const Node *last = brackets->last;
        size_t begin = byte_at(e, brackets->begin), head, end, line, i;
        bool comma;
        int r;

        if (!last)
                return splice(e, begin + 1, begin + 1, text);
        head = byte_at(e, brackets->kind == NODE_MAP ? last->key->begin : last->begin);
        end = content_end(e, last);
        i = end + strspn(e->text + end, " \t");
        comma = e->text[i] == ',';
        if (comma)
                i += 1 + strspn(e->text + i + 1, " \t");
        if (!first_on_line(e, head, &line) || line < begin || !strchr("#\r\n", e->text[i])) {
                text = arena_printf(e->arena, ", %s", text);
                return text ? splice(e, end, end, text) : -ENOMEM;
        }
        i += strcspn(e->text + i, "\n") + 1;
        text = arena_printf(e->arena, "%.*s%s%s%s", (int) (head - line), e->text + line, text, comma ? "," : "", e->eol);
        r = text ? splice(e, i, i, text) : -ENOMEM;
        return r < 0 || comma ? r : splice(e, end, end, ",");
}

/* ── values ── */

/* A text of several lines, behind "key: ", its lines @indent deep; NULL: it is none, or cannot be written so. */
static const char *literal(Editor *e, const char *value, unsigned indent, bool flow) {
        char *out, *p;
        size_t n = strlen(value), lines = 1;

        if (flow || !strchr(value, '\n') || strchr(" \n", value[0]) || value[n - 1] == '\n' || strpbrk(value, "\t\r"))
                return NULL;
        for (const char *s = value; *s; s++) {
                lines += *s == '\n';
                if (((unsigned char) *s < ' ' && *s != '\n') || *s == 0x7f)
                        return NULL;
        }
        out = p = arena_alloc(e->arena, n + lines * (indent + 3) + 8);
        if (!out)
                return NULL;
        p = stpcpy(p, "|-");
        for (const char *s = value; *s || s == value; s += strcspn(s, "\n"), s += *s == '\n') {
                size_t length = strcspn(s, "\n");

                p = stpcpy(p, e->eol);
                if (length)
                        p += sprintf(p, "%*s%.*s", (int) indent, "", (int) length, s);
        }
        return out;
}

/* Which is never quoted. */
static bool is_boolean(const EditPair *p) {
        return !p->text && (strcmp(p->value, "true") == 0 || strcmp(p->value, "false") == 0);
}

static const char *pair_text(Editor *e, const EditPair *p, unsigned indent, bool flow, bool quoted) {
        const char *value = literal(e, p->value, indent + INDENT, flow), *key = p->key;

        if (!value)
                value = edit_scalar(e->arena, p->value, p->text, quoted && !is_boolean(p) ? '"' : 0, flow);
        if (quoted)
                key = arena_printf(e->arena, "\"%s\"", p->key);
        return value && key ? arena_printf(e->arena, "%s:%s%s", key, *p->value ? " " : "", value) : NULL;
}

/* Brackets in which keys are quoted are JSON, mostly. */
static bool is_json(const Editor *e, const Node *map) {
        return map->flow && map->last && map->kind == NODE_MAP && e->text[byte_at(e, map->last->key->begin)] == '"';
}

/* Blanks before its keys; where they are explicit, before the '?'. */
static unsigned column_of(const Node *map) {
        return map->mark.column - 1;
}

/* What a block scalar's header says to people: " # why". */
static const char *header_comment(Editor *e, size_t begin) {
        size_t length = strcspn(e->text + begin, "\r\n");
        const char *hash = memmem(e->text + begin, length, " #", 2);

        return hash ? arena_strndup(e->arena, hash, length - (size_t) (hash - (e->text + begin))) : "";
}

static int replace(Editor *e, const Node *map, const Node *v, const EditPair *p) {
        size_t begin = byte_at(e, v->begin), end = content_end(e, v), rest = strcspn(e->text + end, "\r\n");
        bool block = is_block_scalar(e, v);
        const char *text, *comment = block ? header_comment(e, begin) : "";

        if (v->kind != NODE_TEXT)
                return cannot(e, arena_printf(e->arena, "'%s' is a list or a map", p->key));
        text = map->flow ? NULL : literal(e, p->value, column_of(map) + INDENT, false);
        if (text && !block) { /* a comment behind it would become a part of the text: it moves to the header */
                comment = arena_strndup(e->arena, e->text + end, rest);
                end += rest;
        }
        if (!comment)
                return -ENOMEM;
        if (text)
                text = arena_printf(e->arena, "|-%s%s", comment, text + 2);
        else
                text = edit_scalar(e->arena, p->value, p->text, v->begin == v->end || block ? 0 : e->text[begin], map->flow);
        if (block)
                end += strspn(e->text + end, " \t");
        if (text && v->begin == v->end)
                text = arena_printf(e->arena, " %s", text);
        if (text && block && *comment && *text != '|')
                text = arena_printf(e->arena, "%s%s", text, comment);
        return text ? splice(e, begin, end, text) : -ENOMEM;
}

static int set_pair(Editor *e, const Node *map, const EditPair *p) {
        const Node *v = node_get(map, p->key), *after = p->after ? node_get(map, p->after) : NULL;
        const char *text;

        if (v)
                return replace(e, map, v, p);
        if (!map->last && !map->flow)
                return cannot(e, "there is an empty map");
        text = pair_text(e, p, map->flow ? 0 : column_of(map), map->flow, is_json(e, map));
        if (!text)
                return -ENOMEM;
        if (map->flow)
                return insert_entry(e, map, text);
        text = arena_printf(e->arena, "%*s%s%s", (int) column_of(map), "", text, e->eol);
        return text ? insert_lines(e, after ? after : map, column_of(map), text) : -ENOMEM;
}

/* ── lists ── */

/* "{at: +1h, message: half}" */
static const char *entry_text(Editor *e, const Edit *edit, bool quoted) {
        const char *text = "";

        for (size_t i = 0; i < edit->n_pairs && text; i++) {
                const char *pair = pair_text(e, &edit->pairs[i], 0, true, quoted);

                text = pair ? arena_printf(e->arena, "%s%s%s", text, i ? ", " : "", pair) : NULL;
        }
        return text ? arena_printf(e->arena, "{%s}", text) : NULL;
}

/* "- at: +1h", and the other keys below, @gap behind the dash. */
static const char *item_lines(Editor *e, const Edit *edit, unsigned indent, unsigned gap) {
        const char *text = "";

        for (size_t i = 0; i < edit->n_pairs && text; i++) {
                const char *pair = pair_text(e, &edit->pairs[i], indent + 1 + gap, false, false);

                text = pair ? arena_printf(e->arena, "%s%*s%s%*s%s%s", text, (int) indent, "", i ? " " : "-", (int) gap, "", pair, e->eol) : NULL;
        }
        return text;
}

/* How far lists stand in from the key above them, by the first list of a document. */
static bool list_indent(const Node *v, unsigned *ret) {
        if (v->kind == NODE_MAP && !v->flow)
                NODE_FOREACH(child, v)
                        if (child->kind == NODE_LIST && !child->flow && child->mark.column >= v->mark.column) {
                                *ret = child->mark.column - v->mark.column;
                                return true;
                        }
        if (v->kind != NODE_TEXT)
                NODE_FOREACH(child, v)
                        if (list_indent(child, ret))
                                return true;
        return false;
}

static int append_to_block(Editor *e, const Node *list, const Edit *edit) {
        const Node *last = list->last;
        unsigned indent = list->mark.column - 1, gap = 1;
        const char *text;

        if (last->kind == NODE_MAP && !last->flow && last->mark.column > list->mark.column + 1)
                gap = last->mark.column - list->mark.column - 1;
        if (last->kind == NODE_MAP && last->flow) {
                text = entry_text(e, edit, is_json(e, last));
                text = text ? arena_printf(e->arena, "%*s- %s%s", (int) indent, "", text, e->eol) : NULL;
        } else {
                text = item_lines(e, edit, indent, gap);
        }
        return text ? insert_lines(e, last, indent, text) : -ENOMEM;
}

static int make_list(Editor *e, const Node *map, const Node *empty, const char *key, const Edit *edit) {
        unsigned in = INDENT, column;
        const char *text;

        if (map->flow) {
                bool quoted = is_json(e, map);

                if (empty)
                        return cannot(e, arena_printf(e->arena, "'%s' is empty", key));
                text = entry_text(e, edit, quoted);
                text = text ? arena_printf(e->arena, quoted ? "\"%s\": [%s]" : "%s: [%s]", key, text) : NULL;
                return text ? insert_entry(e, map, text) : -ENOMEM;
        }
        if (empty && empty->begin < empty->end)
                return cannot(e, arena_printf(e->arena, "'%s' is empty", key));
        (void) list_indent(e->doc, &in);
        column = column_of(map);
        text = item_lines(e, edit, column + in, 1);
        if (text && !empty)
                text = arena_printf(e->arena, "%*s%s:%s%s", (int) column, "", key, e->eol, text);
        return text ? insert_lines(e, empty ? empty : map, column, text) : -ENOMEM;
}

/* ── one change ── */

static int change(Editor *e, const Edit *edit, const EditPair *pair) {
        const Node *map, *at = edit_place(e->doc, edit, &map);
        const char *text;

        if (!edit->append)
                return at && at->kind == NODE_MAP ? set_pair(e, at, pair) : cannot(e, "there is no such map");
        if (!at || node_empty(at))
                return map && map->kind == NODE_MAP ? make_list(e, map, at, edit->path[edit->n_path - 1].key, edit) : cannot(e, "there is no such list");
        if (at->kind != NODE_LIST)
                return cannot(e, "it is no list");
        if (!at->flow)
                return append_to_block(e, at, edit);
        text = entry_text(e, edit, at->last && is_json(e, at->last));
        return text ? insert_entry(e, at, text) : -ENOMEM;
}

/* Makes it, and looks whether it says now what it should. */
static int step(Editor *e, const Edit *edit, const EditPair *pair) {
        const Node *before, *doc;
        int r = look(e);

        if (r < 0)
                return r;
        before = e->yaml.documents;
        doc = e->doc;
        r = change(e, edit, pair);
        if (r >= 0)
                r = expect_edit(e->arena, (Node *) doc, edit, pair);
        if (r >= 0)
                r = look(e);
        if (r >= 0 && !expect_same(before, e->yaml.documents))
                r = cannot(e, "its layout is not understood");
        return r;
}

int edit_apply(Arena *a, const char *text, size_t n, unsigned line, const Edit *edits, size_t n_edits, const char **ret, size_t *ret_n,
               const char **ret_why) {
        Editor e = { .arena = a, .text = text, .n = n, .line = line };
        int r = splice(&e, 0, 0, ""); /* a copy that ends in a NUL */

        for (size_t i = 0; i < n_edits && r >= 0; i++)
                for (size_t k = 0; k < (edits[i].append ? 1 : edits[i].n_pairs) && r >= 0; k++)
                        r = step(&e, &edits[i], &edits[i].pairs[k]);
        if (r < 0) {
                *ret_why = text_or(e.why, "no memory");
                return r;
        }
        *ret = e.text;
        *ret_n = e.n;
        return 0;
}
