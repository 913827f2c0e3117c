/*
 * Diff: what an edit changes, as `diff -u` shows it
 *
 * Edits are small: what both texts begin and end with is passed over, and what is left is compared line by line by the longest
 * common subsequence.
 */
#include "ctl/diff.h"

#include <string.h>

#include "base/text.h"
#include "ctl/render.h"
#include "ctl/table.h"

#define CONTEXT 3u
#define CELLS_MAX (4u * 1024 * 1024) /* lines times lines; beyond, all of it is shown as replaced */

typedef struct Lines { const char **at; size_t *length; size_t n; } Lines;

static void lines_donep(Lines *l) {
        free(l->at);
        free(l->length);
}

static int split(const char *text, Lines *ret) {
        size_t n = 0;

        for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n')
                n++;
        *ret = (Lines) { calloc(n + 1, sizeof(char *)), calloc(n + 1, sizeof(size_t)), n };
        if (!ret->at || !ret->length)
                return -ENOMEM;
        n = 0;
        for (const char *s = text; *s; s += ret->length[n++]) {
                ret->at[n] = s;
                ret->length[n] = strcspn(s, "\n");
                ret->length[n] += s[ret->length[n]] == '\n';
        }
        return 0;
}

static bool equal(const Lines *a, size_t i, const Lines *b, size_t k) {
        return a->length[i] == b->length[k] && memcmp(a->at[i], b->at[k], a->length[i]) == 0;
}

/* One line of the result: ' ', '-' or '+', and where in its text. */
typedef struct Row { char sign; size_t before, after; } Row;

static size_t same(Row *rows, size_t n, size_t *i, size_t *k) {
        rows[n++] = (Row) { ' ', (*i)++, (*k)++ };
        return n;
}

static size_t walk(const Lines *a, const Lines *b, size_t i, size_t k, size_t ai, size_t bi, const unsigned *length, Row *rows, size_t n) {
        size_t columns = bi - k + 1, i0 = i, k0 = k;

        while (i < ai || k < bi) {
                const unsigned *cell = length ? &length[(i - i0) * columns + (k - k0)] : NULL;

                if (cell && i < ai && k < bi && equal(a, i, b, k))
                        n = same(rows, n, &i, &k);
                else if (i < ai && (k == bi || !cell || cell[columns] >= cell[1]))
                        rows[n++] = (Row) { '-', i++, k };
                else
                        rows[n++] = (Row) { '+', i, k++ };
        }
        return n;
}

static size_t compare(const Lines *a, const Lines *b, Row *rows) {
        size_t head = 0, tail = 0, n = 0, i = 0, k = 0, rest_a, rest_b;
        auto_(free) unsigned *length = NULL;

        while (head < a->n && head < b->n && equal(a, head, b, head))
                head++;
        while (tail < a->n - head && tail < b->n - head && equal(a, a->n - 1 - tail, b, b->n - 1 - tail))
                tail++;
        rest_a = a->n - head - tail;
        rest_b = b->n - head - tail;
        if ((rest_a + 1) * (rest_b + 1) <= CELLS_MAX)
                length = calloc((rest_a + 1) * (rest_b + 1), sizeof(*length));
        for (size_t x = rest_a; length && x-- > 0;)
                for (size_t y = rest_b; y-- > 0;) {
                        unsigned *cell = &length[x * (rest_b + 1) + y];

                        *cell = equal(a, head + x, b, head + y) ? cell[rest_b + 2] + 1 : MAX(cell[rest_b + 1], cell[1]);
                }
        while (i < head)
                n = same(rows, n, &i, &k);
        n = walk(a, b, head, head, a->n - tail, b->n - tail, length, rows, n);
        i = a->n - tail;
        k = b->n - tail;
        while (i < a->n)
                n = same(rows, n, &i, &k);
        return n;
}

static void print_row(FILE *f, const Row *r, const Lines *a, const Lines *b) {
        const Lines *from = r->sign == '+' ? b : a;
        size_t at = r->sign == '+' ? r->after : r->before, length = from->length[at];

        (void) fprintf(f, "%c%.*s", r->sign, (int) length, from->at[at]);
        if (from->at[at][length - 1] != '\n')
                (void) fputs("\n\\ No newline at end of file\n", f);
}

/* Rows [from, to). */
static void print_hunk(FILE *f, const Row *rows, size_t from, size_t to, const Lines *a, const Lines *b) {
        size_t before = 0, after = 0;

        for (size_t i = from; i < to; i++) {
                before += rows[i].sign != '+';
                after += rows[i].sign != '-';
        }
        (void) fprintf(f, "@@ -%zu,%zu +%zu,%zu @@\n", rows[from].before + (before > 0), before, rows[from].after + (after > 0), after);
        for (size_t i = from; i < to; i++)
                print_row(f, &rows[i], a, b);
}

static void print_hunks(FILE *f, const Row *rows, size_t n, const Lines *a, const Lines *b) {
        for (size_t i = 0; i < n;) {
                size_t from, to, quiet = 0;

                while (i < n && rows[i].sign == ' ')
                        i++;
                if (i == n)
                        return;
                from = i > CONTEXT ? i - CONTEXT : 0;
                for (to = i; to < n && quiet <= 2 * CONTEXT; to++)
                        quiet = rows[to].sign == ' ' ? quiet + 1 : 0;
                i = to;
                print_hunk(f, rows, from, quiet > CONTEXT ? to - (quiet - CONTEXT) : to, a, b);
        }
}

char *diff_unified(const char *path, const char *before, const char *after) {
        __attribute__((cleanup(lines_donep))) Lines a = { 0 }, b = { 0 };
        auto_(free) Row *rows = NULL;
        char *text = NULL;
        size_t n, size;
        FILE *f;

        if (strcmp(before, after) == 0)
                return strdup("");
        if (split(before, &a) < 0 || split(after, &b) < 0)
                return NULL;
        rows = calloc(a.n + b.n + 1, sizeof(*rows));
        f = rows ? open_memstream(&text, &size) : NULL;
        if (!f)
                return NULL;
        n = compare(&a, &b, rows);
        if (path) {
                (void) fprintf(f, *before ? "--- a/%s\n" : "--- /dev/null\n", path);
                (void) fprintf(f, "+++ b/%s\n", path);
        }
        print_hunks(f, rows, n, &a, &b);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

const char *diff_style(const char *line) {
        if (text_starts(line, "+++") || text_starts(line, "---"))
                return STYLE_BOLD;
        return *line == '+' ? STYLE_GREEN : *line == '-' ? STYLE_RED : *line == '@' ? STYLE_DIM : "";
}

void diff_print(const Ctl *ctl, const char *diff, FILE *f) {
        auto_(free) char *copy = strdup(diff);

        for (char *at = copy, *line; at && (line = strsep(&at, "\n"));) {
                size_t n = strlen(line);
                auto_(free) char *safe = NULL;

                if (!at && !*line)
                        break;
                if (n > 0 && line[n - 1] == '\r')
                        line[n - 1] = 0; /* an end of line, as people see it */
                safe = text_printable(line, 0);
                (void) fputs(ctl->color ? diff_style(line) : "", f);
                text_wrap(f, text_or(safe, ""), 0, strspn(text_or(safe, ""), "+- ") + 4, ctl->width);
                (void) fputs(ctl->color && *diff_style(line) ? "\x1b[0m\n" : "\n", f);
        }
}
