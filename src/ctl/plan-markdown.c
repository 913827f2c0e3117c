/*
 * Markdown: a plan as a comment on a merge request
 *
 * Titles are other people's texts: none may end a cell, begin a tag, a link or a list, or call somebody by name. So whatever comes from
 * outside is written between <code> tags, where nobody is mentioned, with every sign that Markdown or HTML could take for theirs as a
 * character reference; and long texts in fences longer than any run of backquotes in them.
 *
 * Those places bound a comment. So it is made in memory: of every target what matters first, then of what room is left the differences.
 * What does not fit is left out and counted.
 */
#include "ctl/plan-markdown.h"

#include <string.h>

#include "base/text.h"
#include "ctl/diff.h"
#include "ctl/render.h"

#define ROWS_MAX 100u                   /* actions, and what is held or wrong, of a target */
#define CELL_MAX 300u                   /* characters of a text in a row */
#define COMMENT_BYTES_MAX 64800u        /* a comment at GitHub has 65,536 characters: some are kept for the words that count the rest */
#define TARGET_BYTES_MIN 8192u          /* room for which a target is begun: its heading, and why it is not known */
#define FOLD_BYTES 200u                 /* around the differences of a target */

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

/* ── room ── */

typedef struct Sheet {          /* a piece of the comment */
        FILE *f;
        char *text;
        size_t size, charged;
} Sheet;

static bool sheet_open(Sheet *s) {
        *s = (Sheet) { 0 };
        s->f = open_memstream(&s->text, &s->size);
        return s->f != NULL;
}

static void sheet_done(Sheet *s) {
        if (s->f)
                (void) fclose(s->f);
        free(s->text);
}

/* Takes what was written since the last call from *left. */
static void sheet_charge(Sheet *s, size_t *left) {
        if (fflush(s->f) != 0)
                return;
        *left -= MIN(*left, s->size - s->charged);
        s->charged = s->size;
}

/* As many of @list as find room, each as @put writes it. Returns how many are left out: one that is too long keeps no other away. */
static size_t put_items(FILE *f, const json_t *list, void (*put)(FILE *f, const json_t *x, const char *what), const char *what, size_t room) {
        size_t i, done = 0;
        json_t *x;

        json_array_foreach((json_t *) list, i, x) {
                Sheet one;

                if (done == ROWS_MAX || !sheet_open(&one))
                        break;
                put(one.f, x, what);
                if (fflush(one.f) == 0 && one.size <= room) {
                        (void) fwrite(one.text, 1, one.size, f);
                        room -= one.size;
                        done++;
                }
                sheet_done(&one);
        }
        return json_array_size(list) - done;
}

/* ── the table ── */

static void put_row(FILE *f, const json_t *a, const char *unused) {
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

static void put_table(FILE *f, const json_t *actions, size_t room) {
        size_t more;

        (void) fputs("| Action | Window | Why | Subscribers are told |\n|---|---|---|---|\n", f);
        more = put_items(f, actions, put_row, NULL, room);
        if (more)
                (void) fprintf(f, "\nand %zu more\n", more);
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

/* Appends to @to what finds room in @room beside the fence it needs. Returns how many do not. */
static size_t fold_actions(Sheet *to, const json_t *actions, size_t *ticks, size_t room) {
        size_t i, done = 0;
        json_t *a;

        json_array_foreach((json_t *) actions, i, a) {
                Sheet one;
                size_t wanted;

                if (!sheet_open(&one))
                        break;
                put_action(one.f, a);
                wanted = fflush(one.f) == 0 ? MAX(longest_run(one.text, '`') + 1, *ticks) : SIZE_MAX / 4;
                if (fflush(to->f) == 0 && to->size + one.size + 2 * wanted <= room) {
                        (void) fwrite(one.text, 1, one.size, to->f);
                        *ticks = wanted;
                        done++;
                }
                sheet_done(&one);
        }
        return json_array_size(actions) - done;
}

/* FOLD_BYTES are put aside for it beside *left. */
static void put_details(FILE *f, const json_t *actions, size_t *left) {
        size_t ticks = 3, more;
        Sheet s;

        if (!sheet_open(&s))
                return;
        more = fold_actions(&s, actions, &ticks, *left);
        if (fflush(s.f) == 0 && s.size) {
                (void) fputs("<details><summary>Field by field</summary>\n\n", f);
                for (size_t k = 0; k < ticks; k++)
                        (void) fputc('`', f);
                (void) fprintf(f, "diff\n%s", s.text);
                for (size_t k = 0; k < ticks; k++)
                        (void) fputc('`', f);
                if (more)
                        (void) fprintf(f, "\n\nand of %zu more: `maintctl plan --diff`", more);
                (void) fputs("\n\n</details>\n\n", f);
                *left -= MIN(*left, s.size + 2 * ticks);
        } else
                (void) fprintf(f, "Field by field, of %zu: `maintctl plan --diff`\n\n", more);
        sheet_done(&s);
}

/* ── a target ── */

static void put_said(FILE *f, const json_t *x, const char *what) {
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

static void put_list(FILE *f, const json_t *list, const char *heading, const char *what, size_t room) {
        size_t more;

        if (json_array_size(list) == 0)
                return;
        (void) fprintf(f, "%s\n\n", heading);
        more = put_items(f, list, put_said, what, room);
        if (more)
                (void) fprintf(f, "- and %zu more\n", more);
        (void) fputc('\n', f);
}

/* No piece takes all of the room, so that the next ones find some. */
static void put_head(Sheet *s, const json_t *t, size_t *left) {
        const json_t *actions = json_object_get(t, "actions");
        int notices = (int) json_integer_value(json_object_get(t, "notices"));
        size_t n = json_array_size(actions);

        (void) fputs("#### ", s->f);
        put_text(s->f, json_get(t, "target"));
        (void) fputs("\n\n", s->f);
        if (plan_target_unknown(t)) {
                (void) fputs("What it shows is not known: ", s->f);
                put_text(s->f, json_get(t, "health"));
                (void) fputs(*json_get(t, "problem") ? ", " : "", s->f);
                put_optional(s->f, json_get(t, "problem"));
                (void) fputs("\n\n", s->f);
        } else if (n == 0)
                (void) fputs("Nothing to do.\n\n", s->f);
        if (n) {
                (void) fprintf(s->f, "%zu change%s, subscribers get %d notice%s.\n\n", n, PLURAL(n), notices, PLURAL(notices));
                sheet_charge(s, left);
                *left -= MIN(*left, FOLD_BYTES);
                put_table(s->f, actions, *left / 2);
        }
        sheet_charge(s, left);
}

static void put_lists(Sheet *s, const json_t *t, size_t *left) {
        put_list(s->f, json_object_get(t, "held"), "Held until `maintctl approve`:", "what", *left / 4);
        sheet_charge(s, left);
        if (!plan_target_unknown(t) || *json_get(t, "listed"))
                put_list(s->f, json_object_get(t, "problems"), "Problems:", NULL, *left / 4);
        sheet_charge(s, left);
        put_list(s->f, json_object_get(t, "remarks"), "Good to know:", NULL, *left / 4);
        sheet_charge(s, left);
}

/* ── all of it ── */

static void put_diagnostic(FILE *f, const json_t *d, const char *unused) {
        auto_(free) char *where = textf("%s:%d:%d", json_get(d, "file"), (int) json_integer_value(json_object_get(d, "line")),
                                        (int) json_integer_value(json_object_get(d, "column")));

        (void) fprintf(f, "- %s, ", text_equal(json_get(d, "severity"), "error") ? "**error**" : "warning");
        put_text(f, text_or(where, "?"));
        (void) fputs(": ", f);
        put_text(f, json_get(d, "message"));
        (void) fputc('\n', f);
}

static void put_diagnostics(Sheet *s, const json_t *list, size_t *left) {
        size_t more;

        if (json_array_size(list) == 0)
                return;
        (void) fputs("#### Manifests\n\n", s->f);
        more = put_items(s->f, list, put_diagnostic, NULL, *left / 4);
        if (more)
                (void) fprintf(s->f, "- and %zu more\n", more);
        (void) fputc('\n', s->f);
        sheet_charge(s, left);
}

typedef struct Pieces { Sheet head, lists; } Pieces;   /* of a target: the differences come between them */

/* Returns for how many there was room. */
static size_t make_pieces(Pieces *pieces, const json_t *targets, size_t *left) {
        size_t i;
        json_t *t;

        json_array_foreach((json_t *) targets, i, t) {
                if (*left < TARGET_BYTES_MIN || !sheet_open(&pieces[i].head))
                        break;
                if (!sheet_open(&pieces[i].lists)) {
                        sheet_done(&pieces[i].head);
                        break;
                }
                put_head(&pieces[i].head, t, left);
                put_lists(&pieces[i].lists, t, left);
        }
        return i;
}

static void put_targets(FILE *f, const json_t *targets, size_t *left) {
        size_t all = json_array_size(targets), n;
        auto_(free) Pieces *pieces = calloc(MAX(all, (size_t) 1), sizeof(*pieces));

        n = pieces ? make_pieces(pieces, targets, left) : 0;
        for (size_t i = 0; i < n; i++) {
                const json_t *actions = json_object_get(json_array_get(targets, i), "actions");

                (void) fwrite(pieces[i].head.text, 1, pieces[i].head.charged, f);
                if (json_array_size(actions))
                        put_details(f, actions, left);
                (void) fwrite(pieces[i].lists.text, 1, pieces[i].lists.charged, f);
                sheet_done(&pieces[i].head);
                sheet_done(&pieces[i].lists);
        }
        if (n < all)
                (void) fprintf(f, "And %zu more target%s: `maintctl plan`\n\n", all - n, PLURAL(all - n));
}

void plan_markdown(FILE *f, const json_t *plan) {
        const json_t *targets = json_object_get(plan, "targets");
        int notices = (int) json_integer_value(json_object_get(plan, "notices"));
        size_t i, left = COMMENT_BYTES_MAX, actions = 0;
        Sheet manifests;
        json_t *t;

        if (!sheet_open(&manifests))
                return;
        put_diagnostics(&manifests, json_object_get(json_object_get(plan, "load"), "diagnostics"), &left);
        json_array_foreach((json_t *) targets, i, t)
                actions += json_array_size(json_object_get(t, "actions"));
        (void) fprintf(f, "### Maintenance plan: %zu change%s, %d notice%s\n\n", actions, PLURAL(actions), notices, PLURAL(notices));
        put_targets(f, targets, &left);
        if (i == 0)
                (void) fputs("No target is configured, so there is nobody to tell.\n\n", f);
        if (manifests.charged)
                (void) fwrite(manifests.text, 1, manifests.charged, f);
        sheet_done(&manifests);
}
