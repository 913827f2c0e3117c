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

/* DIAGNOSTIC_CODES: the closed list, sorted. A code is API: it may be added, never renamed. */
const DiagnosticCode diagnostic_codes[] = {
        { "absolute-update", "An update of a recurring manifest has an absolute time; only +SPAN fits every occurrence." },
        { "alias", "YAML aliases are refused: a file must be readable from top to bottom." },
        { "anchor", "YAML anchors are refused: a file must be readable from top to bottom." },
        { "announce-short", "A reminder would be due before the window is published." },
        { "bad-boolean", "The value must be true or false, without quotes." },
        { "bad-date", "The value must be a date or a time as RFC 3339 writes it." },
        { "bad-id", "An id begins with a letter or digit and holds only a-z 0-9 . _ / -, at most 120 bytes." },
        { "bad-key", "A key of a map must be text." },
        { "bad-matcher", "A matcher is written as Prometheus does: name=\"value\", with = != =~ or !~." },
        { "bad-name", "The name holds characters that are not allowed, or is too long." },
        { "bad-number", "The value must be a whole number within the limits." },
        { "bad-percent", "The value must be a percentage from 0% to 100%." },
        { "bad-span", "The value must be a time span as systemd.time(7) writes it." },
        { "bad-text", "The text holds control or direction-changing characters." },
        { "bad-time", "The value must be a time as RFC 3339 writes it; without an offset it is local." },
        { "bad-timezone", "The value must be the name of an IANA time zone." },
        { "bad-token", "A token is named, never written down: the value must be a credential's name." },
        { "bad-url", "The url must be http, https or a unix socket, without user and password." },
        { "bad-value", "The value is none of those that are allowed here." },
        { "conflict-marker", "The file holds the markers of an unresolved merge." },
        { "duplicate-id", "Two documents have one id; neither is applied." },
        { "duplicate-item", "The list names something twice." },
        { "duplicate-key", "A key stands twice in one map." },
        { "duplicate-override", "Two overrides speak of one occurrence." },
        { "duplicate-update", "Two updates have one time; `at` is what identifies an update." },
        { "empty-file", "The file holds no document; it may be half-written." },
        { "empty-override", "An override changes nothing." },
        { "empty-value", "The key has no value." },
        { "encoding", "The file is not UTF-8 text." },
        { "end-before-start", "A window must end after it has started." },
        { "except-unmatched", "`except` names a date on which there is no occurrence." },
        { "exclusive-keys", "Two keys that exclude each other are both there." },
        { "insecure-url", "Plain http to another host would send the token in the clear." },
        { "ledger-doc", "The ledger's copy of a manifest cannot be read by this version." },
        { "missing-id", "The id of a document cannot be known." },
        { "missing-key", "A key that must be there is missing." },
        { "more-problems", "The file has more problems than are shown." },
        { "no-manifests", "The directory holds no manifest where there were some." },
        { "no-services", "A window without services is announced for the page as a whole and mutes nothing (warning)." },
        { "outside-tree", "A symbolic link leaves the manifest directory." },
        { "override-unmatched", "An override names an occurrence that does not exist." },
        { "rule-never", "The recurrence rule gives no date at all." },
        { "rule-syntax", "The recurrence rule is not one of RFC 5545." },
        { "rule-too-frequent", "A recurrence rule repeats more often than once a day." },
        { "series-state", "The state of a whole series can only be cancelled." },
        { "short-month", "Months without that day are skipped by the rule." },
        { "start-off-rule", "The recurrence rule does not give the start itself." },
        { "syntax", "The file is not valid YAML." },
        { "tag", "YAML tags are refused." },
        { "time-in-fold", "The local time comes twice, on the night the clock is put back." },
        { "time-in-gap", "The local time does not exist, on the night the clock is put forward." },
        { "too-deep", "The file is nested too deeply." },
        { "too-large", "The file is larger than the limit." },
        { "too-long", "The text is longer than the limit." },
        { "too-many", "There are more entries than the limit." },
        { "too-many-documents", "There are more documents in the file than the limit." },
        { "tree", "The manifest directory cannot be read." },
        { "unknown-key", "The key is not known here." },
        { "unknown-service", "The service is not in the config's catalogue." },
        { "unknown-target", "The target is not in the config." },
        { "unknown-type", "There is no driver of that name." },
        { "unknown-zone", "The time zone is not in the system's tzdata." },
        { "unreadable", "The file cannot be read." },
        { "update-outside", "An update lies outside the window and will not be posted." },
        { "window-overlaps-next", "An occurrence is longer than the distance to the next." },
        { "wrong-type", "The value has the wrong shape: map, list or text." },
        { NULL, NULL },
};

const char *diagnostic_explain(const char *code) {
        for (const DiagnosticCode *c = diagnostic_codes; c->code; c++)
                if (strcmp(c->code, code) == 0)
                        return c->explanation;
        return NULL;
}

void diagnostics_done(Diagnostics *d) {
        for (size_t i = 0; i < d->n; i++) {
                free(d->items[i].file);
                free(d->items[i].message);
        }
        free(d->items);
        *d = (Diagnostics) { 0 };
}

void diagnostics_drop(Diagnostics *d, const char *file) {
        size_t kept = 0;

        for (size_t i = 0; i < d->n; i++) {
                Diagnostic *x = &d->items[i];

                if (strcmp(x->file, file) != 0) {
                        d->items[kept++] = *x;
                        continue;
                }
                d->n_errors -= x->severity == SEVERITY_ERROR;
                free(x->file);
                free(x->message);
        }
        d->n = kept;
}

static int append(Diagnostics *d, Diagnostic item) {
        if (d->n == d->allocated) {
                size_t n = d->allocated ? d->allocated * 2 : 8;
                Diagnostic *items = reallocarray(d->items, n, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                d->items = items;
                d->allocated = n;
        }
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
