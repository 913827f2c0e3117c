/*
 * Diagnostics: collected, bounded, printable
 *
 * Everything that names a file or quotes a person's text passes through here on its way to a terminal or the journal, so this is
 * where it is escaped and cut.
 */
#include "manifest/diagnostic.h"

#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static const char more_problems[] = "more-problems";

void diagnostics_done(Diagnostics *d) {
        for (size_t i = 0; i < d->n; i++) {
                free(d->items[i].file);
                free(d->items[i].message);
        }
        free(d->items);
        *d = (Diagnostics) { 0 };
}

void diagnostics_drop_if(Diagnostics *d, bool (*drop)(void *userdata, const Diagnostic *x), void *userdata) {
        size_t kept = 0;

        for (size_t i = 0; i < d->n; i++) {
                Diagnostic *x = &d->items[i];

                if (!drop(userdata, x)) {
                        d->items[kept++] = *x;
                        continue;
                }
                d->n_errors -= x->severity == SEVERITY_ERROR;
                free(x->file);
                free(x->message);
        }
        d->n = kept;
}

static bool is_about(void *file, const Diagnostic *x) {
        return strcmp(x->file, file) == 0;
}

void diagnostics_drop(Diagnostics *d, const char *file) {
        diagnostics_drop_if(d, is_about, (void *) file);
}

static int append(Diagnostics *d, Diagnostic item) {
        if (list_grow(&d->items, d->n, &d->allocated, sizeof(*d->items)) < 0)
                return -ENOMEM;
        d->items[d->n++] = item;
        return 0;
}

/* How many of the last ones are about @file. Stops counting at the limit, so a flood costs little. */
static size_t tail_about(const Diagnostics *d, const char *file) {
        size_t n = 0;

        while (n < d->n && n <= PER_FILE_MAX && strcmp(d->items[d->n - 1 - n].file, file) == 0)
                n++;
        return n;
}

/* The line after the last one that is shown counts those that are not. */
static int count_more(Diagnostic *last) {
        unsigned long n = strtoul(last->message, NULL, 10);
        char *message = textf("%lu more problems in this file", n + 1);

        if (!message)
                return -ENOMEM;
        free(last->message);
        last->message = message;
        return 0;
}

static int add_text(Diagnostics *d, Diagnostic item, const char *file, const char *text) {
        size_t n;
        int r;

        item.file = text_printable(file, 0);
        if (!item.file)
                return -ENOMEM;
        n = tail_about(d, item.file);
        if (n > PER_FILE_MAX) {
                free(item.file);
                return count_more(&d->items[d->n - 1]);
        }
        if (n == PER_FILE_MAX) {
                item.code = more_problems;
                item.line = item.column = UINT32_MAX; /* sorts behind the others */
                text = "1 more problem in this file";
        }
        item.message = text_printable(text, MESSAGE_MAX);
        r = item.message ? append(d, item) : -ENOMEM;
        if (r < 0) {
                free(item.file);
                free(item.message);
        }
        return r;
}

int diagnostics_add(Diagnostics *d, Severity s, const char *code, const char *file, unsigned line, unsigned column, const char *fmt, ...) {
        char *text = NULL;
        va_list ap;
        int r;

        if (!d)
                return 0;
        if (d->n && d->items[d->n - 1].code == more_problems && strcmp(d->items[d->n - 1].file, file) == 0) {
                d->n_errors += s == SEVERITY_ERROR;
                return count_more(&d->items[d->n - 1]); /* nobody will see it: do not even format it */
        }
        va_start(ap, fmt);
        r = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (r < 0)
                return -ENOMEM;
        r = add_text(d, (Diagnostic) { .severity = s, .code = code, .line = line, .column = column }, file, text);
        free(text);
        if (r >= 0 && s == SEVERITY_ERROR)
                d->n_errors++;
        return r;
}

int diagnostics_append(Diagnostics *d, const Diagnostics *from) {
        int r;

        if (!d)
                return 0;
        for (size_t i = 0; i < from->n; i++) {
                Diagnostic item = from->items[i];

                item.file = strdup(item.file);
                item.message = strdup(item.message);
                r = item.file && item.message ? append(d, item) : -ENOMEM;
                if (r < 0) {
                        free(item.file);
                        free(item.message);
                        return r;
                }
        }
        d->n_errors += from->n_errors;
        return 0;
}

static int order(const void *x, const void *y) {
        const Diagnostic *a = x, *b = y;
        int r = strcmp(a->file, b->file);

        if (r)
                return r;
        if (a->line != b->line)
                return a->line < b->line ? -1 : 1;
        if (a->column != b->column)
                return a->column < b->column ? -1 : 1;
        if (a->severity != b->severity)
                return a->severity < b->severity ? -1 : 1;
        return strcmp(a->message, b->message);
}

void diagnostics_sort(Diagnostics *d) {
        if (d->n > 1)
                qsort(d->items, d->n, sizeof(*d->items), order);
}

char *diagnostic_format(const Diagnostic *d) {
        const char *severity = d->severity == SEVERITY_ERROR ? "error" : "warning";
        const char *colon = *d->file ? ": " : "";

        if (d->line == 0 || d->line == UINT32_MAX)
                return textf("%s%s%s: %s", d->file, colon, severity, d->message);
        return textf("%s:%u:%u: %s: %s", d->file, d->line, d->column, severity, d->message);
}
