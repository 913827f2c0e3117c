/*
 * plan: what would be done now, and why
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"
#include "daemon/report.h"

static const char *action_sign(const char *action) {
        static const struct { const char *action, *sign; } signs[] = {
                { "create", "+" }, { "cancel", "-" }, { "start", ">" }, { "complete", "." }, { "adopt", "=" }, { "forget", "=" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
                if (text_equal(action, signs[i].action))
                        return signs[i].sign;
        return "~";
}

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

static void print_action(const Ctl *ctl, const json_t *a) {
        const char *action = json_get(a, "action"), *part = json_get(a, "part");
        usec_t due = json_get_instant(a, "due");
        char at[ZONED_SIZE];

        render_line(ctl, action_style(action), false, "  %s %s %s%s%s%s", action_sign(action), action, json_get(a, "window"), *part ? " " : "", part,
                    json_is_true(json_object_get(a, "notifies")) ? "" : ", quietly");
        render_line(ctl, STYLE_DIM, false, "        %s%s%s", json_get(a, "reason"), due ? ", due " : "", render_instant(ctl, due, NULL, at));
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

static bool target_unknown(const json_t *t) {
        const char *health = json_get(t, "health");

        return *health && !text_equal(health, "ok") && !text_equal(health, "limited");
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

        if (target_unknown(t))
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
        if (!target_unknown(t) || *json_get(t, "listed")) /* of one never seen, every service would be reported as missing there */
                print_said(ctl, json_object_get(t, "problems"), STYLE_YELLOW, "!");
        print_said(ctl, json_object_get(t, "remarks"), STYLE_DIM, "i");
}

/* A target nobody could look at, or a load that failed: no plan can be told. */
static bool plan_failed(const json_t *plan) {
        const json_t *load = json_object_get(plan, "load");
        json_t *t;
        size_t i;

        json_array_foreach(json_object_get(plan, "targets"), i, t)
                if (target_unknown(t))
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

int verb_plan(Ctl *ctl) {
        json_t *plan, *t;
        bool changes, failed;
        size_t i;

        if (plan_document(ctl, &plan) < 0)
                return EXIT_FAILED;
        changes = json_is_true(json_object_get(plan, "changes"));
        failed = plan_failed(plan);
        (void) render_diagnostics(json_object_get(json_object_get(plan, "load"), "diagnostics"), "", stderr);
        ctl_unknown_labels(ctl, plan);
        if (!ctl_json(ctl, plan)) {
                json_array_foreach(json_object_get(plan, "targets"), i, t)
                        print_target(ctl, t);
                if (i == 0)
                        render_line(ctl, "", false, "no target is configured, so there is nobody to tell");
                json_decref(plan);
        }
        return failed ? EXIT_FAILED : changes ? EXIT_CHANGES : EXIT_FINE;
}
