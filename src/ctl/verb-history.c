/*
 * history: the audit log
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "daemon/report.h"

#define SHOWN 1000u

/* Without a daemon: the ledger alone, no manifests, no config. */
static int history_ledger(const Ctl *ctl, const Selection *sel, unsigned limit, json_t **ret) {
        Site s = { 0 };
        auto_(free) char *why = NULL, *state = state_path(ctl->state);
        char machine[33];
        int r;

        machine_id_read(machine);
        r = state ? ledger_open(state, LEDGER_READ, machine, &s.ledger, &why) : -ENOMEM;
        if (r < 0 && r != -ENOENT) {
                (void) fprintf(stderr, "maintctl: %s\n", text_or(why, strerror(-r)));
                return r;
        }
        if (r == -ENOENT)
                (void) fprintf(stderr, "maintctl: %s: there is no ledger: nothing was done from here, or --state DIR names the place\n", state);
        *ret = report_history(&s, sel, 0, limit);
        ledger_free(s.ledger);
        return *ret ? 0 : -ENOMEM;
}

/* Which windows have a label only the manifests know. */
static int history_site(const Ctl *ctl, const Selection *sel, unsigned limit, json_t **ret) {
        auto_(site_free) Site *s = NULL;
        int r = local_open(ctl, SITE_LEDGER_READ, true, &s);

        if (r < 0)
                return r;
        *ret = report_history(s, sel, 0, limit);
        return *ret ? 0 : -ENOMEM;
}

int history_document(const Ctl *ctl, const char *id, bool labels, json_t **ret) {
        unsigned limit = ctl->limit ? ctl->limit : SHOWN;
        char buf[KEY_SIZE];
        Selection sel;
        int r;

        if (!ctl_selection(ctl, id, buf, &sel))
                return -EINVAL;
        if (!labels)
                sel.n_labels = 0;
        r = ctl_ask(ctl, json_pack("{s:s, s:s?, s:i, s:o*}", "verb", "history", "id", id, "limit", (int) limit, "labels", labels ? ctl_labels(ctl) : NULL), ret);
        if (r != 0)
                return r;
        return sel.n_labels ? history_site(ctl, &sel, limit, ret) : history_ledger(ctl, &sel, limit, ret);
}

static const char *verdict_style(const char *verdict) {
        if (text_equal(verdict, "refused") || text_equal(verdict, "denied"))
                return STYLE_RED;
        return text_equal(verdict, "unknown") || text_equal(verdict, "retry") || text_equal(verdict, "limited") ? STYLE_YELLOW : "";
}

static void print_line(const Ctl *ctl, Table *t, const json_t *h) {
        const char *action = json_get(h, "action"), *verdict = json_get(h, "verdict"), *commit = json_get(h, "commit");
        json_int_t late = json_integer_value(json_object_get(h, "late_usec"));
        char at[ZONED_SIZE], span[SPAN_SIZE];

        if (text_equal(json_get(h, "kind"), "intent"))
                return; /* its outcome tells the same, and more; --json has both */
        table_add(t, STYLE_DIM, render_second(ctl, json_get_instant(h, "at"), at));
        table_add(t, "", text_or(json_get(h, "window"), "-"));
        table_add(t, "", text_or(json_get(h, "target"), "-"));
        table_addf(t, verdict_style(verdict), "%s%s%s", text_or(action, json_get(h, "kind")), *verdict && !text_equal(verdict, "done") ? " " : "",
                   text_equal(verdict, "done") ? "" : verdict);
        table_addf(t, "", "%s%s%s%s%.12s%s", json_get(h, "text"), late >= (json_int_t) USEC_PER_SEC ? ", late by " : "",
                   late >= (json_int_t) USEC_PER_SEC ? span_format((usec_t) late - (usec_t) late % USEC_PER_SEC, true, span) : "",
                   *commit ? " [" : "", commit, *commit ? "]" : "");
}

/* Which of the names there are lines about was meant. */
static void unknown_id(const Ctl *ctl, const char *id) {
        auto_(free) const char **known = NULL;
        auto_(free) char *safe = text_printable(id, 200);
        const char *near = NULL;
        json_t *all = NULL, *h;
        size_t i, n = 0;

        if (history_document(ctl, NULL, false, &all) >= 0)
                known = calloc(json_array_size(json_object_get(all, "history")) + 1, sizeof(char *));
        if (known) {
                json_array_foreach(json_object_get(all, "history"), i, h)
                        if (*json_get(h, "window") && (!strchr(json_get(h, "window"), '@') || strchr(id, '@')))
                                known[n++] = json_get(h, "window");
                near = text_nearest(id, known, n);
        }
        (void) fprintf(stderr, "maintctl: there is no history of \"%s\"", text_or(safe, "?"));
        if (near)
                (void) fprintf(stderr, ", did you mean \"%s\"?\n", near);
        else
                (void) fprintf(stderr, ": `maintctl history` tells of all windows\n");
        json_decref(all);
}

/* Nothing was found: is there nothing of that name, or does it not have these labels? Returns whether that is fine. */
static bool none_selected(const Ctl *ctl, const char *id, const json_t *doc) {
        json_t *unlabelled = NULL;
        bool known = false;

        if (!id) {
                ctl_unknown_labels(ctl, doc);
                return true;
        }
        if (ctl->n_labels && history_document(ctl, id, false, &unlabelled) >= 0)
                known = json_array_size(json_object_get(unlabelled, "history")) > 0;
        json_decref(unlabelled);
        if (known)
                (void) fprintf(stderr, "maintctl: %s does not have %s\n", id, ctl->n_labels > 1 ? "all of these labels" : "this label");
        else
                unknown_id(ctl, id);
        return known;
}

int verb_history(Ctl *ctl) {
        static const char *const headers[] = { "WHEN", "WINDOW", "TARGET", "WHAT", "WHY" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(1) | BIT(4));
        const char *id = ctl->n_args ? ctl->args[0] : NULL;
        json_t *doc, *h;
        bool fine;
        size_t i;

        if (!t || history_document(ctl, id, true, &doc) < 0)
                return EXIT_FAILED;
        table_stack(t, 2);
        fine = json_array_size(json_object_get(doc, "history")) > 0 || none_selected(ctl, id, doc);
        if (ctl_json(ctl, doc))
                return fine ? EXIT_FINE : EXIT_FAILED;
        json_array_foreach(json_object_get(doc, "history"), i, h)
                print_line(ctl, t, h);
        if (table_rows(t) == 0 && !id)
                render_line(ctl, "", false, "no history");
        table_print(t, stdout, 0, ctl->width, ctl->color);
        json_decref(doc);
        return fine ? EXIT_FINE : EXIT_FAILED;
}
