/*
 * Waivers: warnings that a comment in the file switches off
 *
 * libyaml does not tell of comments. So the text is searched for our word, which most files do not have, and a place counts as a
 * comment when YAML would begin one there and no scalar that was read covers it.
 */
#include "manifest/waiver.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/node.h"

#define WORD "maintctl:"
#define DISABLE "disable="

typedef struct Finder {
        const char *file, *text;
        size_t n;
        const Yaml *yaml;
        Diagnostics *diags;
        Waivers *waivers;
        unsigned comments, ids; /* looked at */
} Finder;

/* A comment of ours: where it begins, and what it says. */
typedef struct Comment {
        size_t at;              /* of the # */
        size_t words;           /* of what follows the colon */
        unsigned line, column;  /* of what follows the colon */
        size_t line_start;
        Waiver waiver;          /* the lines that it is for */
} Comment;

void waivers_done(Waivers *w) {
        free(w->items);
        *w = (Waivers) { 0 };
}

bool waivers_have(const Waivers *w, unsigned line, const char *code) {
        for (size_t i = 0; i < w->n; i++)
                if (line >= w->items[i].first && line <= w->items[i].last && strcmp(w->items[i].code, code) == 0)
                        return true;
        return false;
}

static const char *nearest_warning(const char *word) {
        const char *names[128];
        size_t n = 0;

        for (const DiagnosticCode *c = diagnostic_codes; c->code && n < ARRAY_SIZE(names); c++)
                if (c->kind != CODE_ERROR)
                        names[n++] = c->code;
        return text_nearest(word, names, n);
}

int waiver_code(const char *word, const char *file, unsigned line, unsigned column, Diagnostics *diags, const char **ret) {
        const DiagnosticCode *c = diagnostic_find(word);
        auto_(free) char *shown = NULL;
        const char *near;
        int r;

        if (c && c->kind != CODE_ERROR) {
                *ret = c->code;
                return 1;
        }
        shown = text_printable(word, WORD_MAX);
        near = nearest_warning(word);
        if (!shown)
                return -ENOMEM;
        if (c)
                r = diagnostics_add(diags, SEVERITY_WARNING, "unknown-warning", file, line, column,
                                    "'%s' is an error, which cannot be switched off", shown);
        else if (near)
                r = diagnostics_add(diags, SEVERITY_WARNING, "unknown-warning", file, line, column,
                                    "unknown warning '%s', did you mean '%s'?", shown, near);
        else
                r = diagnostics_add(diags, SEVERITY_WARNING, "unknown-warning", file, line, column,
                                    "unknown warning '%s': `maintctl lint --help` lists them", shown);
        return r < 0 ? r : 0;
}

/* ── Is it a comment? ── */

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* Does a line end at byte @i? As libyaml has it: with \n, \r\n, which is one, or \r alone. */
static bool ends_line(const char *text, size_t n, size_t i) {
        return text[i] == '\n' || (text[i] == '\r' && (i + 1 == n || text[i + 1] != '\n'));
}

/* Bytes of a byte order mark. */
static size_t mark_bytes(const char *text, size_t n) {
        return n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Characters in the bytes [from, to). */
static size_t characters(const char *text, size_t from, size_t to) {
        size_t n = 0;

        for (size_t i = from; i < to; i++)
                n += ((unsigned char) text[i] & 0xc0) != 0x80;
        return n;
}

/* Does @v, a scalar, hold the character? The line on which a block of text begins can end with a comment. */
static bool holds(const Finder *f, const Node *v, size_t character, size_t at) {
        if (v->kind != NODE_TEXT || character < v->begin || character >= v->end)
                return false;
        for (size_t i = at, k = character; k >= v->begin; i--) {
                if (ends_line(f->text, f->n, i))
                        return true; /* not on its first line */
                if (k == v->begin)
                        return f->text[i] != '|' && f->text[i] != '>';
                k -= ((unsigned char) f->text[i] & 0xc0) != 0x80;
        }
        return true;
}

static bool in_scalar(const Finder *f, const Node *v, size_t character, size_t at) {
        if (holds(f, v, character, at) || (v->key && v->key != v && holds(f, v->key, character, at)))
                return true;
        NODE_FOREACH(child, v)
                if (in_scalar(f, child, character, at))
                        return true;
        return false;
}

/* Could YAML begin a comment before the word at @at, on a line that begins at @line_start? */
static bool behind_hash(const Finder *f, size_t at, size_t line_start, size_t *ret_hash) {
        while (at > line_start && is_blank(f->text[at - 1]))
                at--;
        if (at == line_start || f->text[--at] != '#' || (at > line_start && !is_blank(f->text[at - 1])))
                return false;
        *ret_hash = at;
        return true;
}

static bool in_any_scalar(const Finder *f, size_t at) {
        size_t character = characters(f->text, mark_bytes(f->text, at), at); /* as libyaml counts them: without a byte order mark */

        for (const Node *d = f->yaml->documents; d; d = d->next)
                if (in_scalar(f, d, character, at))
                        return true;
        return false;
}

/* ── Which lines ── */

static bool separator(const char *line, size_t n) {
        return n >= 3 && memcmp(line, "---", 3) == 0 && (n == 3 || strchr(" \t\r\n", line[3]));
}

static bool any_document(const Yaml *y, unsigned first, unsigned last) {
        for (const Node *d = y->documents; d; d = d->next)
                if (d->mark.line >= first && d->mark.line <= last)
                        return true;
        return false;
}

/* The lines of the document that line @line is in: from its "---" to before the next. What stands before the first one belongs to it. */
static void document_of(const Finder *f, unsigned line, unsigned *ret_first, unsigned *ret_last) {
        unsigned first = 1, at = 1;

        for (size_t i = 0; i < f->n; at++, i++) {
                if (separator(f->text + i, f->n - i) && at > first && any_document(f->yaml, first, at - 1)) {
                        if (at > line) {
                                *ret_first = first;
                                *ret_last = at - 1;
                                return;
                        }
                        first = at;
                }
                while (i < f->n && !ends_line(f->text, f->n, i))
                        i++;
        }
        *ret_first = first;
        *ret_last = WAIVER_LAST;
}

/* ── What it says ── */

static int add(Waivers *w, Waiver item) {
        Waiver *items = reallocarray(w->items, w->n + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;
        w->items = items;
        w->items[w->n++] = item;
        return 0;
}

/* Behind a value it is for that line, alone for the whole document. */
static Waiver lines_of(const Finder *f, const Comment *c) {
        Waiver w = { c->line, c->line, NULL };

        for (size_t i = c->line_start; i < c->at; i++)
                if (!is_blank(f->text[i]))
                        return w;
        document_of(f, c->line, &w.first, &w.last);
        return w;
}

/* One id of the list: the bytes [at, end). */
static int take_word(Finder *f, const Comment *c, size_t at, size_t end, unsigned column) {
        auto_(free) char *word = text_slice(f->text + at, end - at);
        Waiver w = c->waiver;
        int r;

        if (!word)
                return -ENOMEM;
        r = waiver_code(word, f->file, c->line, column, f->diags, &w.code);
        return r > 0 ? add(f->waivers, w) : r;
}

static size_t word_end(const Finder *f, size_t at) {
        while (at < f->n && !strchr(" \t\r\n,", f->text[at]))
                at++;
        return at;
}

/* 1: too many ids. */
static int read_list(Finder *f, Comment *c, size_t at) {
        unsigned column = c->column;
        int r = 0;

        c->waiver = lines_of(f, c);
        for (size_t counted = c->words, end; r >= 0; counted = at, at = end + 1) {
                column += (unsigned) characters(f->text, counted, at);
                if (f->ids++ == WAIVERS_MAX) {
                        r = diagnostics_add(f->diags, SEVERITY_WARNING, "too-many", f->file, c->line, column,
                                            "more ids behind 'disable=' than %u: this and later ones are not read", WAIVERS_MAX);
                        return r < 0 ? r : 1;
                }
                end = word_end(f, at);
                r = take_word(f, c, at, end, column);
                if (end >= f->n || f->text[end] != ',')
                        break;
                while (end + 1 < f->n && is_blank(f->text[end + 1]))
                        end++;
        }
        return MIN(r, 0);
}

static int read_comment(Finder *f, Comment *c) {
        size_t end;
        int r;

        if (f->n - c->words >= strlen(DISABLE) && memcmp(f->text + c->words, DISABLE, strlen(DISABLE)) == 0)
                return read_list(f, c, c->words + strlen(DISABLE));
        end = word_end(f, c->words);
        if (!memchr(f->text + c->words, '=', end - c->words))
                return 0; /* a person's words */
        r = diagnostics_add(f->diags, SEVERITY_WARNING, "unknown-warning", f->file, c->line, c->column,
                            "this comment says nothing to maintctl: '# maintctl: disable=ID' switches a warning off");
        return MIN(r, 0);
}

int waivers_read(const char *file, const char *text, size_t n, const Yaml *y, Diagnostics *diags, Waivers *ret) {
        Waivers found = { 0 };
        Finder f = { .file = file, .text = text, .n = n, .yaml = y, .diags = diags, .waivers = &found };
        size_t counted = 0, line_start = mark_bytes(text, n);
        unsigned line = 1;
        int r = 0;

        for (const char *p = text; r == 0 && (p = memmem(p, n - (size_t) (p - text), WORD, strlen(WORD))); p += strlen(WORD)) {
                Comment c = { .words = (size_t) (p - text) + strlen(WORD) };

                for (; counted < (size_t) (p - text); counted++)
                        if (ends_line(text, n, counted)) {
                                line++;
                                line_start = counted + 1;
                        }
                if (!behind_hash(&f, (size_t) (p - text), line_start, &c.at))
                        continue;
                if (f.comments++ == WAIVERS_MAX) {
                        r = diagnostics_add(diags, SEVERITY_WARNING, "too-many", file, line, 1,
                                            "more comments to maintctl than %u: this and later ones are not read", WAIVERS_MAX);
                        break;
                }
                if (in_any_scalar(&f, c.at))
                        continue;
                while (c.words < n && is_blank(text[c.words]))
                        c.words++;
                c.line = line;
                c.line_start = line_start;
                c.column = (unsigned) characters(text, line_start, c.words) + 1;
                r = read_comment(&f, &c);
        }
        if (r < 0) {
                waivers_done(&found);
                return r;
        }
        *ret = found;
        return 0;
}
