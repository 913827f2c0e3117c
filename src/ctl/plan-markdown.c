/*
 * Markdown: a plan as a comment on a merge request
 *
 * Titles are other people's texts: none may end a cell, begin a tag, a link or a list, or call somebody by name. So whatever comes from
 * outside is written between <code> tags, where nobody is mentioned, with every sign that Markdown or HTML could take for theirs as a
 * character reference; and long texts in fences longer than any run of backquotes in them. The comment is bounded, as those places are.
 */
#include "ctl/plan-markdown.h"

#include <string.h>

#include "base/text.h"
#include "ctl/diff.h"
#include "ctl/render.h"

#define ROWS_MAX 100u                   /* actions, and what is held or wrong, of a target */
#define CELL_MAX 300u                   /* characters of a text in a row */
#define DETAIL_BYTES_MAX 40000u         /* of all differences: a comment at GitHub has 65,536 characters */

const char *plan_sign(const char *action) {
        static const struct { const char *action, *sign; } signs[] = {
                { "create", "+" }, { "cancel", "-" }, { "start", ">" }, { "complete", "." }, { "adopt", "=" }, { "forget", "=" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
                if (text_equal(action, signs[i].action))
                        return signs[i].sign;
        return "~";
}

bool plan_target_unknown(const json_t *t) {
        const char *health = json_get(t, "health");

        return *health && !text_equal(health, "ok") && !text_equal(health, "limited");
}

char *plan_text_diff(const char *from, const char *to) {
        auto_(free) char *a = textf("%s%s", from, *from && from[strlen(from) - 1] != '\n' ? "\n" : "");
        auto_(free) char *b = textf("%s%s", to, *to && to[strlen(to) - 1] != '\n' ? "\n" : "");

        return !a || !b ? NULL : *from ? diff_unified(NULL, a, b) : STEAL(b);
}

/* Letters, digits and blanks as they are, further characters of UTF-8 too; everything else as a reference. */
static void put_text(FILE *f, const char *text) {
        auto_(free) char *safe = text_printable(text, CELL_MAX);

        (void) fputs("<code>", f);
        for (const char *s = text_or(safe, "?"); *s; s++) {
                unsigned char c = (unsigned char) *s;

                if (c >= 0x80 || c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
                        (void) fputc(*s, f);
                else
                        (void) fprintf(f, "&#%u;", c);
        }
        (void) fputs("</code>", f);
}

static void put_optional(FILE *f, const char *text) {
        if (*text)
                put_text(f, text);
}

/* ── the table ── */

static void put_row(FILE *f, const json_t *a) {
        (void) fprintf(f, "| <code>&#%u;</code> ", (unsigned) (unsigned char) *plan_sign(json_get(a, "action")));
        put_text(f, json_get(a, "action"));
        (void) fputs(" | ", f);
        put_text(f, json_get(a, "window"));
        if (*json_get(a, "part")) {
                (void) fputc(' ', f);
                put_text(f, json_get(a, "part"));
        }
        (void) fputs(" | ", f);
        put_text(f, json_get(a, "reason"));
        if (*json_get(a, "due")) {
                (void) fputs(", due ", f);
                put_text(f, json_get(a, "due"));
        }
        (void) fprintf(f, " | %s |\n", json_is_true(json_object_get(a, "notifies")) ? "yes" : "no");
}

static void put_table(FILE *f, const json_t *actions) {
        size_t i, n = json_array_size(actions);
        json_t *a;

        (void) fputs("| Action | Window | Why | Subscribers are told |\n|---|---|---|---|\n", f);
        json_array_foreach((json_t *) actions, i, a)
                if (i < ROWS_MAX)
                        put_row(f, a);
        if (n > ROWS_MAX)
                (void) fprintf(f, "\nand %zu more\n", n - ROWS_MAX);
        (void) fputc('\n', f);
}

/* ── field by field ── */

/* What a line of a fence may hold: everything but control characters. */
static void put_raw(FILE *f, char sign, const char *field, const char *text) {
        auto_(free) char *copy = strdup(text);

        for (char *at = copy, *line; at && (line = strsep(&at, "\n")) && (at || *line || line == copy);) {
                auto_(free) char *safe = text_printable(line, 0);

                (void) fprintf(f, "%c %s%s%s\n", sign, field, *field ? ": " : "", text_or(safe, ""));
        }
}

static void put_field(FILE *f, const json_t *d) {
        const char *field = json_get(d, "field"), *from = json_get(d, "from"), *to = json_get(d, "to");

        if (!strchr(to, '\n') && !strchr(from, '\n')) {
                if (json_is_string(json_object_get(d, "from")))
                        put_raw(f, '-', field, from);
                put_raw(f, '+', field, to);
                return;
        }
        (void) fprintf(f, "  %s:\n", field);
        if (*from) {
                auto_(free) char *diff = plan_text_diff(from, to);

                for (char *at = diff, *line; at && (line = strsep(&at, "\n")) && (at || *line);)
                        if (*line == '@')
                                (void) fprintf(f, "  %s\n", line);
                        else
                                put_raw(f, *line ? *line : ' ', "", *line ? line + 1 : "");
        } else
                put_raw(f, '+', "", to);
}

static void put_action(FILE *f, const json_t *a) {
        auto_(free) char *window = text_printable(json_get(a, "window"), 0), *part = text_printable(json_get(a, "part"), 0);
        json_t *d;
        size_t i;

        (void) fprintf(f, "@@ %s %s%s%s @@\n", json_get(a, "action"), text_or(window, "?"), part && *part ? " " : "", text_or(part, ""));
        json_array_foreach(json_object_get(a, "diff"), i, d)
                put_field(f, d);
}

static size_t longest_run(const char *text, char c) {
        size_t longest = 0, run = 0;

        for (; *text; text++) {
                run = *text == c ? run + 1 : 0;
                longest = MAX(longest, run);
        }
        return longest;
}

/* @left: bytes of all of them that may still be written. */
static void put_details(FILE *f, const json_t *actions, size_t *left) {
        auto_(free) char *text = NULL;
        size_t size = 0, kept = 0, i, ticks, done = 0, n = json_array_size(actions);
        FILE *m = open_memstream(&text, &size);
        json_t *a;

        if (!m)
                return;
        json_array_foreach((json_t *) actions, i, a) {
                put_action(m, a);
                if (fflush(m) != 0 || size > *left)
                        break;
                kept = size;
                done++;
        }
        if (fclose(m) != 0)
                return;
        text[kept] = '\0';
        *left -= kept;
        ticks = MAX(longest_run(text, '`') + 1, (size_t) 3);
        (void) fputs("<details><summary>Field by field</summary>\n\n", f);
        for (size_t k = 0; k < ticks; k++)
                (void) fputc('`', f);
        (void) fprintf(f, "diff\n%s", text);
        for (size_t k = 0; k < ticks; k++)
                (void) fputc('`', f);
        if (done < n)
                (void) fprintf(f, "\n\nand of %zu more: `maintctl plan --diff`", n - done);
        (void) fputs("\n\n</details>\n\n", f);
}

/* ── a target ── */

static void put_list(FILE *f, const json_t *list, const char *heading, const char *what) {
        size_t i, n = json_array_size(list);
        json_t *x;

        if (n == 0)
                return;
        (void) fprintf(f, "%s\n\n", heading);
        json_array_foreach((json_t *) list, i, x) {
                if (i == ROWS_MAX) {
                        (void) fprintf(f, "- and %zu more\n", n - i);
                        break;
                }
                (void) fputs("- ", f);
                if (what) {
                        put_text(f, json_get(x, what));
                        (void) fputc(' ', f);
                }
                put_optional(f, json_get(x, "window"));
                (void) fputs(*json_get(x, "window") ? ": " : "", f);
                put_text(f, json_get(x, "text"));
                (void) fputc('\n', f);
        }
        (void) fputc('\n', f);
}

static void put_target(FILE *f, const json_t *t, size_t *left) {
        const json_t *actions = json_object_get(t, "actions");
        int notices = (int) json_integer_value(json_object_get(t, "notices"));
        size_t n = json_array_size(actions);

        (void) fputs("#### ", f);
        put_text(f, json_get(t, "target"));
        (void) fputs("\n\n", f);
        if (plan_target_unknown(t)) {
                (void) fputs("What it shows is not known: ", f);
                put_text(f, json_get(t, "health"));
                (void) fputs(*json_get(t, "problem") ? ", " : "", f);
                put_optional(f, json_get(t, "problem"));
                (void) fputs("\n\n", f);
        } else if (n == 0)
                (void) fputs("Nothing to do.\n\n", f);
        if (n) {
                (void) fprintf(f, "%zu change%s, subscribers get %d notice%s.\n\n", n, PLURAL(n), notices, PLURAL(notices));
                put_table(f, actions);
                put_details(f, actions, left);
        }
        put_list(f, json_object_get(t, "held"), "Held until `maintctl approve`:", "what");
        if (!plan_target_unknown(t) || *json_get(t, "listed"))
                put_list(f, json_object_get(t, "problems"), "Problems:", NULL);
        put_list(f, json_object_get(t, "remarks"), "Good to know:", NULL);
}

static void put_diagnostics(FILE *f, const json_t *list) {
        size_t i, n = json_array_size(list);
        json_t *d;

        if (n == 0)
                return;
        (void) fputs("#### Manifests\n\n", f);
        json_array_foreach((json_t *) list, i, d) {
                auto_(free) char *where = textf("%s:%d:%d", json_get(d, "file"), (int) json_integer_value(json_object_get(d, "line")),
                                                (int) json_integer_value(json_object_get(d, "column")));

                if (i == ROWS_MAX) {
                        (void) fprintf(f, "- and %zu more\n", n - i);
                        break;
                }
                (void) fprintf(f, "- %s, ", text_equal(json_get(d, "severity"), "error") ? "**error**" : "warning");
                put_text(f, text_or(where, "?"));
                (void) fputs(": ", f);
                put_text(f, json_get(d, "message"));
                (void) fputc('\n', f);
        }
        (void) fputc('\n', f);
}

void plan_markdown(FILE *f, const json_t *plan) {
        const json_t *targets = json_object_get(plan, "targets");
        int notices = (int) json_integer_value(json_object_get(plan, "notices"));
        size_t i, left = DETAIL_BYTES_MAX, actions = 0;
        json_t *t;

        json_array_foreach((json_t *) targets, i, t)
                actions += json_array_size(json_object_get(t, "actions"));
        (void) fprintf(f, "### Maintenance plan: %zu change%s, %d notice%s\n\n", actions, PLURAL(actions), notices, PLURAL(notices));
        json_array_foreach((json_t *) targets, i, t)
                put_target(f, t, &left);
        if (i == 0)
                (void) fputs("No target is configured, so there is nobody to tell.\n\n", f);
        put_diagnostics(f, json_object_get(json_object_get(plan, "load"), "diagnostics"));
}
