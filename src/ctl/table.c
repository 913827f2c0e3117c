/*
 * Table: lay out first, print second
 */
#include "ctl/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

#define GAP 2u

typedef struct Cell {
        char *text;             /* owned, printable; NULL: memory was out */
        const char *style;
        size_t columns;
} Cell;

struct Table {
        char *headers[TABLE_COLUMNS_MAX];
        size_t n_columns;
        unsigned flexible;
        size_t heads;           /* of a stacked table, 0: it is not */
        Cell *cells;
        size_t n, allocated;
};

static size_t text_columns_n(const char *s, size_t left) {
        size_t columns = 0;

        while (left > 0) {
                uint32_t c;
                size_t n = utf8_decode(s, left, &c);
                int w = n ? wcwidth((wchar_t) c) : 1;

                n = n ? n : 1;
                columns += w > 0 ? (size_t) w : 0;
                s += n;
                left -= n;
        }
        return columns;
}

size_t text_columns(const char *s) {
        return text_columns_n(s, strlen(s));
}

/* Bytes of @s that take at most @columns, at least one character with what combines with it. */
static size_t fitting(const char *s, size_t n, size_t columns) {
        size_t used = 0, done = 0;

        while (done < n) {
                uint32_t c;
                size_t k = utf8_decode(s + done, n - done, &c);
                int w = k ? wcwidth((wchar_t) c) : 1;

                if (w > 0 && done && used + (size_t) w > columns)
                        break;
                used += w > 0 ? (size_t) w : 0;
                done += k ? k : 1;
        }
        return done;
}

/* A word that is wider than a line, over as many as it takes. Returns the columns taken of the last one. */
static size_t wrap_word(FILE *f, const char *word, size_t n, size_t indent, size_t width) {
        size_t room = width > indent + 8 ? width - indent : 8, k;

        for (; (k = fitting(word, n, room)) < n; word += k, n -= k)
                (void) fprintf(f, "%.*s\n%*s", (int) k, word, (int) indent, "");
        (void) fwrite(word, 1, n, f);
        return indent + text_columns_n(word, n);
}

void text_wrap(FILE *f, const char *text, size_t used, size_t indent, size_t width) {
        for (bool fresh = true; *text; fresh = false) {
                size_t blanks = strspn(text, " "), n = strcspn(text + blanks, " "), columns = text_columns_n(text + blanks, n);

                if (!width || used + blanks + columns <= width) {
                        (void) fwrite(text, 1, blanks + n, f);
                        used += blanks + columns;
                } else if (n) {
                        if (fresh)
                                (void) fprintf(f, "%*s", (int) MIN(blanks, indent), "");
                        else
                                (void) fprintf(f, "\n%*s", (int) indent, "");
                        used = wrap_word(f, text + blanks, n, indent, width);
                }
                text += blanks + n;
        }
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_columns; i++)
                free(t->headers[i]);
        for (size_t i = 0; i < t->n; i++)
                free(t->cells[i].text);
        free(t->cells);
        free(t);
        return NULL;
}

Table *table_new(const char *const *headers, size_t n_columns, unsigned flexible) {
        auto_(table_free) Table *t = calloc(1, sizeof(Table));

        assert(n_columns > 0 && n_columns <= TABLE_COLUMNS_MAX);
        if (!t)
                return NULL;
        t->flexible = flexible;
        for (; t->n_columns < n_columns; t->n_columns++) {
                t->headers[t->n_columns] = strdup(headers[t->n_columns]);
                if (!t->headers[t->n_columns])
                        return NULL;
        }
        return STEAL(t);
}

void table_add(Table *t, const char *style, const char *text) {
        char *printable = text_printable(text_or(text, ""), 0);

        if (t->n == t->allocated) {
                size_t more = t->allocated ? 2 * t->allocated : 64;
                Cell *cells = reallocarray(t->cells, more, sizeof(Cell));

                if (!cells) {
                        free(printable);
                        return;
                }
                t->cells = cells;
                t->allocated = more;
        }
        t->cells[t->n++] = (Cell) { .text = printable, .style = style, .columns = printable ? text_columns(printable) : 1 };
}

void table_addf(Table *t, const char *style, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        table_add(t, style, text);
}

size_t table_rows(const Table *t) {
        return t->n / t->n_columns;
}

/* Column widths: what the widest cell wants, then less for flexible columns until all fits. */
static void table_layout(const Table *t, unsigned indent, unsigned width, size_t widths[static TABLE_COLUMNS_MAX]) {
        size_t total = indent;

        for (size_t c = 0; c < t->n_columns; c++) {
                widths[c] = text_columns(t->headers[c]);
                for (size_t i = c; i < t->n; i += t->n_columns)
                        widths[c] = MAX(widths[c], t->cells[i].columns);
                total += widths[c] + (c ? GAP : 0);
        }
        while (width && total > width) {
                size_t widest = TABLE_COLUMNS_MAX;

                for (size_t c = 0; c < t->n_columns; c++)
                        if (t->flexible & BIT(c) && widths[c] > TABLE_FLEX_MIN && (widest == TABLE_COLUMNS_MAX || widths[c] > widths[widest]))
                                widest = c;
                if (widest == TABLE_COLUMNS_MAX)
                        return; /* narrower than that it cannot be */
                widths[widest]--;
                total--;
        }
}

/* @text in at most @width columns, filled with blanks to it unless it is the last of its line. */
static void print_cell(FILE *f, const char *text, const char *style, size_t width, bool last, bool color) {
        bool cut = text_columns(text) > width;
        size_t used = 0;

        if (color && style && *style)
                (void) fputs(style, f);
        for (size_t left = strlen(text); left > 0;) {
                uint32_t c = 0;
                size_t n = utf8_decode(text, left, &c);
                int w = n ? wcwidth((wchar_t) c) : 1; /* as text_columns() counts */
                size_t columns = w > 0 ? (size_t) w : 0;

                n = n ? n : 1;
                if (cut && used + columns > width - 1)
                        break;
                (void) fwrite(text, 1, n, f);
                used += columns;
                text += n;
                left -= n;
        }
        if (cut) {
                (void) fputs("…", f);
                used++;
        }
        if (color && style && *style)
                (void) fputs("\x1b[0m", f);
        for (; !last && used < width + GAP; used++)
                (void) fputc(' ', f);
}

void table_stack(Table *t, size_t heads) {
        assert(heads > 0 && heads < t->n_columns);
        t->heads = heads;
}

static size_t natural_width(const Table *t, unsigned indent) {
        size_t widths[TABLE_COLUMNS_MAX], total = indent;

        table_layout(t, indent, 0, widths);
        for (size_t c = 0; c < t->n_columns; c++)
                total += widths[c] + (c ? GAP : 0);
        return total;
}

static void print_styled(FILE *f, const Cell *cell, const char *style, size_t used, size_t indent, unsigned width, bool color) {
        bool styled = color && style && *style;

        (void) fputs(styled ? style : "", f);
        text_wrap(f, text_or(cell->text, "?"), used, indent, width);
        (void) fputs(styled ? "\x1b[0m" : "", f);
}

/* The head cells on a line of their own, the others below it, as many on a line as fit; a long one goes on below itself. */
static void print_stacked(const Table *t, FILE *f, unsigned indent, unsigned width, bool color) {
        unsigned deeper = indent + 4;

        for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns) {
                size_t used = indent, gap = 0;

                (void) fprintf(f, "%*s", (int) indent, "");
                for (size_t c = 0; c < t->n_columns; c++) {
                        const Cell *cell = &t->cells[i + c];

                        if (cell->columns == 0 && c >= t->heads)
                                continue;
                        if (c && (c == t->heads || used + gap + cell->columns > width)) {
                                (void) fprintf(f, "\n%*s", (int) deeper, "");
                                used = deeper;
                                gap = 0;
                        }
                        (void) fprintf(f, "%*s", (int) gap, "");
                        print_styled(f, cell, c == 0 ? "\x1b[1m" : cell->style, used + gap, deeper, width, color);
                        used = MIN(used + gap + cell->columns, (size_t) width);
                        gap = GAP;
                }
                (void) fputc('\n', f);
        }
}

void table_print(const Table *t, FILE *f, unsigned indent, unsigned width, bool color) {
        size_t widths[TABLE_COLUMNS_MAX];

        if (table_rows(t) == 0)
                return;
        if (t->heads && width > 40 && natural_width(t, indent) > width) {
                print_stacked(t, f, indent, width, color);
                return;
        }
        table_layout(t, indent, width, widths);
        (void) fprintf(f, "%*s", (int) indent, "");
        for (size_t c = 0; c < t->n_columns; c++)
                print_cell(f, t->headers[c], "\x1b[1m", widths[c], c + 1 == t->n_columns, color);
        (void) fputc('\n', f);
        for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns) {
                (void) fprintf(f, "%*s", (int) indent, "");
                for (size_t c = 0; c < t->n_columns; c++) {
                        const Cell *cell = &t->cells[i + c];

                        print_cell(f, cell->text ? cell->text : "?", cell->style, widths[c], c + 1 == t->n_columns, color);
                }
                (void) fputc('\n', f);
        }
}
