/*
 * plan: what would be done now, and why
 */
#include <string.h>

#include "base/text.h"
#include "ctl/diff.h"
#include "ctl/plan-markdown.h"
#include "ctl/render.h"
#include "daemon/report.h"

static const char *action_style(const char *action) {
        return text_equal(action, "create") ? STYLE_GREEN : text_equal(action, "cancel") ? STYLE_RED : STYLE_YELLOW;
}

/* The changes of an action, a line each. */
static void print_changes(const Ctl *ctl, const char *text) {
        auto_(free) char *copy = strdup(text);
        char *rest = NULL;

        for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
                render_line(ctl, STYLE_DIM, false, "        %s", line);
}

/* A text of several lines as a small diff; of one that is not known there, what is wanted. */
static void print_long(const Ctl *ctl, const char *field, const char *from, const char *to, const char *remark) {
        auto_(free) char *diff = plan_text_diff(from, to);

        render_line(ctl, "", false, "        %s:%s", field, remark);
        for (char *at = diff, *line; at && (line = strsep(&at, "\n")) && (at || *line);)
                render_line(ctl, *from ? diff_style(line) : "", false, "          %s", line);
}

static void print_fields(const Ctl *ctl, const json_t *a) {
        bool create = text_equal(json_get(a, "action"), "create");
        json_t *d;
        size_t i;

        json_array_foreach(json_object_get(a, "diff"), i, d) {
                const json_t *from = json_object_get(d, "from");
                const char *field = json_get(d, "field"), *to = json_get(d, "to");

                if (strchr(to, '\n') || strchr(json_get(d, "from"), '\n'))
                        print_long(ctl, field, json_get(d, "from"), to, create || json_is_string(from) ? "" : " (what is there is not known here)");
                else if (create || text_equal(field, "message"))
                        render_line(ctl, "", false, "        %s: %s", field, to);
                else
                        render_line(ctl, "", false, "        %s: %s → %s", field, json_is_string(from) ? text_or(json_get(d, "from"), "(none)") : "(not known here)",
                                    text_or(to, "(none)"));
        }
}

static void print_action(const Ctl *ctl, const json_t *a) {
        const char *action = json_get(a, "action"), *part = json_get(a, "part");
        usec_t due = json_get_instant(a, "due");
        char at[ZONED_SIZE];

        render_line(ctl, action_style(action), false, "  %s %s %s%s%s%s", plan_sign(action), action, json_get(a, "window"), *part ? " " : "", part,
                    json_is_true(json_object_get(a, "notifies")) ? "" : ", quietly");
        render_line(ctl, STYLE_DIM, false, "        %s%s%s", json_get(a, "reason"), due ? ", due " : "", render_instant(ctl, due, NULL, at));
        if (ctl->options & OPTION_DIFF)
                print_fields(ctl, a);
        else
                print_changes(ctl, json_get(a, "changes"));
}

static void print_held(const Ctl *ctl, const json_t *t) {
        const json_t *held = json_object_get(t, "held"), *h;
        size_t i;

        json_int_t others = json_integer_value(json_object_get(t, "held_others"));

        if (json_array_size(held) == 0)
                return;
        if (others > 0) /* what a digest releases must not be more than what was seen */
                render_line(ctl, STYLE_YELLOW, false, "  held until `maintctl approve`, together with %d other%s that %s not have these labels:", (int) others,
                            PLURAL(others), others == 1 ? "does" : "do");
        else
                render_line(ctl, STYLE_YELLOW, false, "  held until `maintctl approve %s`:", json_get(t, "digest"));
        json_array_foreach((json_t *) held, i, h)
                render_line(ctl, "", false, "  ! %s %s: %s", json_get(h, "what"), json_get(h, "window"), json_get(h, "text"));
}

static void print_said(const Ctl *ctl, const json_t *list, const char *style, const char *sign) {
        json_t *x;
        size_t i;

        json_array_foreach((json_t *) list, i, x)
                render_line(ctl, style, false, "  %s %s%s%s", sign, json_get(x, "window"), *json_get(x, "window") ? ": " : "", json_get(x, "text"));
}

static void print_target(const Ctl *ctl, const json_t *t) {
        const json_t *actions = json_object_get(t, "actions");
        size_t n = json_array_size(actions), i;
        int notices = (int) json_integer_value(json_object_get(t, "notices"));
        json_t *x;

        if (plan_target_unknown(t))
                render_line(ctl, STYLE_RED, false, "%s: %s: %s", json_get(t, "target"), json_get(t, "health"),
                            text_or(json_get(t, "problem"), "not looked at yet, so what it shows is not known"));
        else if (n == 0)
                render_line(ctl, STYLE_BOLD, false, "%s: nothing to do%s", json_get(t, "target"), ctl->n_labels ? " for these labels" : "");
        if (n)
                render_line(ctl, STYLE_BOLD, false, "%s: %zu change%s, subscribers get %d notice%s", json_get(t, "target"), n, PLURAL(n), notices,
                            PLURAL(notices));
        json_array_foreach((json_t *) actions, i, x)
                print_action(ctl, x);
        print_held(ctl, t);
        if (!plan_target_unknown(t) || *json_get(t, "listed")) /* of one never seen, every service would be reported as missing there */
                print_said(ctl, json_object_get(t, "problems"), STYLE_YELLOW, "!");
        print_said(ctl, json_object_get(t, "remarks"), STYLE_DIM, "i");
}

/* A target nobody could look at, or a load that failed: no plan can be told. */
static bool plan_failed(const json_t *plan) {
        const json_t *load = json_object_get(plan, "load");
        json_t *t;
        size_t i;

        json_array_foreach(json_object_get(plan, "targets"), i, t)
                if (plan_target_unknown(t))
                        return true;
        return *json_get(load, "error") || json_integer_value(json_object_get(load, "errors")) > 0;
}

int plan_document(const Ctl *ctl, json_t **ret) {
        auto_(site_free) Site *s = NULL;
        char buf[KEY_SIZE];
        Selection sel;
        int r;

        (void) ctl_selection(ctl, NULL, buf, &sel);
        r = ctl_ask(ctl, json_pack("{s:s, s:o*}", "verb", "plan", "labels", ctl_labels(ctl)), ret);
        if (r != 0)
                return r;
        r = local_open(ctl, SITE_LEDGER_READ, true, &s);
        if (r >= 0)
                r = local_settle(s, false);
        if (r < 0)
                return r;
        *ret = report_plan(s, now_read(), &sel);
        return *ret ? 0 : -ENOMEM;
}

static void print_plan(const Ctl *ctl, const json_t *plan) {
        int notices = (int) json_integer_value(json_object_get(plan, "notices"));
        json_t *t;
        size_t i;

        json_array_foreach(json_object_get(plan, "targets"), i, t)
                print_target(ctl, t);
        if (i == 0)
                render_line(ctl, "", false, "no target is configured, so there is nobody to tell");
        if (i > 1)
                render_line(ctl, STYLE_BOLD, false, "in all, subscribers get %d notice%s", notices, PLURAL(notices));
}

int verb_plan(Ctl *ctl) {
        bool changes, failed;
        json_t *plan;

        if (plan_document(ctl, &plan) < 0)
                return EXIT_FAILED;
        changes = json_is_true(json_object_get(plan, "changes"));
        failed = plan_failed(plan);
        (void) render_diagnostics(json_object_get(json_object_get(plan, "load"), "diagnostics"), "", stderr);
        ctl_unknown_labels(ctl, plan);
        if (ctl_json(ctl, plan))
                return failed ? EXIT_FAILED : changes ? EXIT_CHANGES : EXIT_FINE;
        if (ctl->options & OPTION_MARKDOWN)
                plan_markdown(stdout, plan);
        else
                print_plan(ctl, plan);
        json_decref(plan);
        return failed ? EXIT_FAILED : changes ? EXIT_CHANGES : EXIT_FINE;
}
