/*
 * apply: what the daemon does, once
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"
#include "daemon/report.h"

typedef struct Sum {
        size_t actions, held, problems, failed;
} Sum;

/* Problems beyond what is held: that one waits is no failure. */
static size_t count_problems(const json_t *target) {
        const json_t *held = json_object_get(target, "held"), *p, *h;
        size_t i, k, n = 0;

        json_array_foreach(json_object_get(target, "problems"), i, p) {
                bool waits = false;

                json_array_foreach((json_t *) held, k, h)
                        waits |= text_equal(json_get(h, "window"), json_get(p, "window"));
                n += !waits;
        }
        return n;
}

/* What is left once nothing more could be done now. */
static Sum sum_plan(const json_t *plan) {
        Sum s = { 0 };
        json_t *t;
        size_t i;

        json_array_foreach(json_object_get(plan, "targets"), i, t) {
                const char *health = json_get(t, "health");

                s.actions += json_array_size(json_object_get(t, "actions"));
                s.held += json_array_size(json_object_get(t, "held"));
                s.problems += count_problems(t);
                if (*health && !text_equal(health, "ok") && !text_equal(health, "limited")) {
                        s.failed++;
                        (void) fprintf(stderr, "maintctl: %s: %s: %s\n", json_get(t, "target"), health, json_get(t, "problem"));
                }
        }
        return s;
}

static int apply_report(const Ctl *ctl, const Site *s) {
        json_t *plan = report_plan(s, now_read(), &(Selection) { 0 });
        size_t refused = s->last.n_refused;
        Sum sum;

        if (!plan) {
                (void) fprintf(stderr, "maintctl: out of memory\n");
                return EXIT_FAILED;
        }
        sum = sum_plan(plan);
        if (!ctl_json(ctl, plan)) {
                json_decref(plan);
                if (sum.failed && !sum.actions)
                        render_line(ctl, STYLE_RED, false, "%zu target%s could not be brought up to date", sum.failed, PLURAL(sum.failed));
                else if (sum.actions)
                        render_line(ctl, STYLE_RED, false, "%zu change%s could not be made", sum.actions, PLURAL(sum.actions));
                else if (sum.problems)
                        render_line(ctl, STYLE_RED, false, "done but for %zu problem%s: maintctl plan", sum.problems, PLURAL(sum.problems));
                else
                        render_line(ctl, STYLE_GREEN, false, sum.held ? "all else is as the manifests say" : "everything is as the manifests say");
                if (sum.held)
                        render_line(ctl, STYLE_YELLOW, false, "%zu change%s wait%s for a person: maintctl approve", sum.held, PLURAL(sum.held),
                                    sum.held == 1 ? "s" : "");
                if (refused)
                        render_line(ctl, STYLE_RED, false, "%zu of %zu manifests refused, %zu in force", refused, s->last.n_manifests, s->last.n_in_force);
        }
        return sum.actions || sum.failed || sum.problems || refused || s->last_error ? EXIT_FAILED : EXIT_FINE;
}

int verb_apply(Ctl *ctl) {
        auto_(site_free) Site *s = NULL;
        json_t *diagnostics;

        if (local_open(ctl, SITE_LEDGER_OWN, false, &s) < 0)
                return EXIT_FAILED;
        diagnostics = report_diagnostics(&s->diags);
        (void) render_diagnostics(diagnostics, "", stderr);
        json_decref(diagnostics);
        if (s->other_machine)
                (void) fprintf(stderr, "maintctl: the ledger comes from another machine: nothing is written until `maintctl adopt --all`\n");
        if (local_settle(s, true) < 0)
                return EXIT_FAILED;
        return apply_report(ctl, s);
}
