/*
 * simulate: what would be done when
 *
 * The engine runs through the span in a moment (rehearsal.h). What is asked of each target is printed in order of time, and what
 * the targets' own clocks do, the reminders they send, and what maintd would warn of.
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/rehearsal.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "daemon/report.h"
#include "manifest/when.h"

#define SPAN_DEFAULT (7 * USEC_PER_DAY)
#define WIDE 120u               /* columns from which on the reasons find room */

/* ── the span ── */

/* "+7d" counts from @from, in days of the zone; 0: none. */
static usec_t relative(const Zone *z, const char *text, usec_t from) {
        Span span;

        if (*text != '+' || span_parse(text + 1, &span) < 0)
                return 0;
        return usec_add(zone_wall_utc(z, zone_wall(z, from) + (int64_t) span.days * 86400, NULL), span.exact);
}

/* @from: what "+SPAN" counts from, 0: it is not understood. */
static int time_given(const Zone *z, const char *option, const char *text, usec_t from, usec_t *ret) {
        auto_(free) char *safe = NULL;
        usec_t t = from ? relative(z, text, from) : 0;
        When w = { 0 }; /* of a date, the time of day is left alone */
        int r = t ? 0 : when_parse(text, &w);

        if (r == 0 || r == -ENODATA) {
                *ret = t ? t : w.kind == WHEN_INSTANT ? w.instant : zone_utc(z, &w.local, NULL);
                return 0;
        }
        safe = text_printable(text, 200);
        (void) fprintf(stderr, "maintctl: --%s %s: a time is wanted, as 2027-02-01T02:00%s\n", option, text_or(safe, "?"), from ? ", or +7d" : "");
        return -EINVAL;
}

static int compare_times(const void *a, const void *b) {
        usec_t x = *(const usec_t *) a, y = *(const usec_t *) b;

        return x < y ? -1 : x > y;
}

static int span_given(const Ctl *ctl, const Zone *z, RehearsalPlan *p, usec_t restarts[static SIMULATE_RESTARTS_MAX]) {
        int r = 0;

        p->from = ctl->now - ctl->now % USEC_PER_SEC;
        if (ctl->from)
                r = time_given(z, "from", ctl->from, 0, &p->from);
        p->to = p->from + SPAN_DEFAULT;
        if (r >= 0 && ctl->to)
                r = time_given(z, "to", ctl->to, p->from, &p->to);
        if (r >= 0 && (p->to <= p->from || p->to - p->from > SIMULATE_DAYS_MAX * USEC_PER_DAY)) {
                (void) fprintf(stderr, "maintctl: --to must lie after --from, and at most %u days\n", SIMULATE_DAYS_MAX);
                return -EINVAL;
        }
        for (size_t i = 0; i < ctl->n_restarts && r >= 0; i++) {
                r = time_given(z, "restart-at", ctl->restarts[i], p->from, &restarts[i]);
                if (r >= 0 && (restarts[i] <= p->from || restarts[i] >= p->to)) {
                        (void) fprintf(stderr, "maintctl: --restart-at must lie between --from and --to\n");
                        return -EINVAL;
                }
        }
        if (ctl->n_restarts)
                qsort(restarts, ctl->n_restarts, sizeof(*restarts), compare_times);
        p->restarts = restarts;
        p->n_restarts = ctl->n_restarts;
        return r;
}

/* Times without an offset are those of the configuration's zone, else UTC. */
static int zone_of(const Ctl *ctl, const Zone **ret) {
        auto_(site_free) Site *s = NULL;
        int r;

        if (!ctl->zones) {
                (void) fprintf(stderr, "maintctl: the time zone database cannot be read (package tzdata)\n");
                return -ENOENT;
        }
        r = local_open(ctl, SITE_LEDGER_NONE, true, &s);
        if (r < 0)
                return r;
        if (!s->config) {
                auto_(free) char *safe = text_printable(s->config_path, 0);

                (void) fprintf(stderr, "maintctl: there is no %s: give --config FILE\n", text_or(safe, "?"));
                return -ENOENT;
        }
        if (zones_get(ctl->zones, text_or(s->config->timezone, "UTC"), ret) < 0)
                return zones_get(ctl->zones, "UTC", ret);
        return 0;
}

/* ── the document ── */

static bool selected(const Ctl *ctl, const Site *s, const Deed *d) {
        Selection sel = { .labels = ctl->labels, .n_labels = ctl->n_labels };
        const Manifest *m = *d->key.manifest ? desired_manifest(s->desired, d->key.manifest) : NULL;

        return !*d->key.manifest || selection_has(&sel, m ? m->labels : NULL);
}

static json_t *text_or_null(const char *s) {
        return *s ? json_string(s) : json_null();
}

static json_t *line_of(const Deed *d) {
        bool step = d->kind == DEED_REQUEST || d->kind == DEED_CLOCK;
        char key[KEY_SIZE];

        return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:I}", "at", report_instant(d->at), "kind", deed_to_string(d->kind),
                         "target", text_or_null(d->target), "action", step ? json_string(action_to_string(d->action)) : json_null(),
                         "state", step ? json_string(state_to_string(d->state)) : json_null(),
                         "window", *d->key.manifest ? json_string(key_format(d->key, key)) : json_null(), "part", text_or_null(d->part),
                         "title", text_or_null(d->title), "timezone", text_or_null(d->timezone), "text", d->text, "notifies", d->notifies,
                         "late_usec", (json_int_t) d->late);
}

static json_t *document(const Ctl *ctl, Rehearsal *r, const RehearsalPlan *p) {
        json_t *lines = json_array(), *o = json_object(), *targets = json_array();
        const Site *s = rehearsal_site(r);
        json_int_t requests = 0, notices = 0, first = 0;
        const Deed *deeds;
        size_t n;

        deeds = stage_deeds(rehearsal_stage(r), &n);
        for (size_t i = 0; i < n; i++) {
                if (!selected(ctl, s, &deeds[i]))
                        continue;
                requests += deeds[i].kind == DEED_REQUEST;
                first += deeds[i].kind == DEED_REQUEST && (!rehearsal_settled(r) || deeds[i].at <= rehearsal_settled(r));
                notices += deeds[i].notifies;
                (void) json_array_append_new(lines, line_of(&deeds[i]));
        }
        for (size_t i = 0; i < s->targets->n; i++)
                (void) json_array_append_new(targets, json_string(s->targets->items[i]->name));
        (void) json_object_set_new(o, "from", report_instant(p->from));
        (void) json_object_set_new(o, "to", report_instant(p->to));
        (void) json_object_set_new(o, "until", report_instant(rehearsal_until(r)));
        (void) json_object_set_new(o, "targets", targets);
        (void) json_object_set_new(o, "lines", lines);
        (void) json_object_set_new(o, "requests", json_integer(requests));
        (void) json_object_set_new(o, "requests_at_start", json_integer(first));
        (void) json_object_set_new(o, "notices", json_integer(notices));
        (void) json_object_set_new(o, "load", report_load(s));
        return o;
}

/* ── for people ── */

static const char *style_of(const char *kind, const char *action) {
        if (text_equal(kind, "note"))
                return STYLE_YELLOW;
        if (!text_equal(kind, "request"))
                return STYLE_DIM;
        return text_equal(action, "create") ? STYLE_GREEN : text_equal(action, "cancel") ? STYLE_RED : "";
}

/* "2027-03-28 03:00:00 CEST": the abbreviation tells the two hours of a fold apart. */
static void add_time(const Ctl *ctl, Table *t, usec_t at, const char *name) {
        char utc[RFC3339_SIZE];
        const char *abbreviation;
        const Zone *z;
        Local l;

        if (!ctl->zones || (zones_get(ctl->zones, name, &z) < 0 && zones_get(ctl->zones, "UTC", &z) < 0)) {
                table_add(t, NULL, rfc3339_format(at - at % USEC_PER_SEC, utc));
                return;
        }
        zone_local(z, at, &l, NULL, &abbreviation);
        table_addf(t, NULL, "%04d-%02u-%02u %02u:%02u:%02u %s", l.year, l.month, l.day, l.hour, l.minute, l.second, abbreviation);
}

static void add_line(const Ctl *ctl, Table *t, const json_t *x, const char *zone, bool wide) {
        const char *kind = json_get(x, "kind"), *part = json_get(x, "part"), *text = json_get(x, "text"), *window = json_get(x, "window");
        bool request = text_equal(kind, "request"), clock = text_equal(kind, "clock"), note = text_equal(kind, "note");
        usec_t late = (usec_t) json_integer_value(json_object_get(x, "late_usec"));
        const char *style = style_of(kind, json_get(x, "action"));
        char span[SPAN_SIZE];

        add_time(ctl, t, json_get_instant(x, "at"), text_or(json_get(x, "timezone"), zone));
        table_add(t, NULL, json_get(x, "target"));
        table_addf(t, style, "%s%s", request || clock ? json_get(x, "action") : kind, clock ? " *" : "");
        table_add(t, NULL, json_is_true(json_object_get(x, "notifies")) ? "yes" : "");
        if (!wide && (note || !*window))
                table_addf(t, style, "%s%s%s", window, *window ? ": " : "", text);
        else
                table_addf(t, NULL, "%s%s%s", window, *part ? " " : "", part);
        if (wide && late >= USEC_PER_SEC)
                table_addf(t, STYLE_YELLOW, "%s, %s late", text, span_format(late - late % USEC_PER_SEC, true, span));
        else if (wide)
                table_add(t, note ? style : STYLE_DIM, text);
}

static void print(const Ctl *ctl, const json_t *doc, const char *zone) {
        static const char *const headers[] = { "WHEN", "TARGET", "ACTION", "TOLD", "WINDOW", "WHY" };
        bool wide = !ctl->width || ctl->width >= WIDE;
        auto_(table_free) Table *t = table_new(headers, wide ? 6 : 5, BIT(4) | BIT(5));
        int requests = (int) json_integer_value(json_object_get(doc, "requests")), notices = (int) json_integer_value(json_object_get(doc, "notices"));
        int first = (int) json_integer_value(json_object_get(doc, "requests_at_start"));
        const json_t *lines = json_object_get(doc, "lines");
        char from[ZONED_SIZE], until[ZONED_SIZE];
        bool clock = false;
        json_t *x;
        size_t i;

        json_array_foreach((json_t *) lines, i, x) {
                clock |= text_equal(json_get(x, "kind"), "clock");
                if (t)
                        add_line(ctl, t, x, zone, wide);
        }
        if (t)
                table_print(t, stdout, 0, ctl->width, ctl->color);
        if (clock)
                render_line(ctl, STYLE_DIM, false, "* by the target's own clock");
        if (first)
                render_line(ctl, STYLE_DIM, false, "%d of the requests %s at the beginning, where nothing is taken to be published yet", first, first == 1 ? "is" : "are");
        render_line(ctl, STYLE_BOLD, false, "%d request%s, %d notification%s", requests, PLURAL(requests), notices, PLURAL(notices));
        render_line(ctl, "", false, "from %s to %s", render_instant(ctl, json_get_instant(doc, "from"), zone, from),
                    render_instant(ctl, json_get_instant(doc, "until"), zone, until));
}

static int rehearse(const Ctl *ctl, RehearsalPlan *p, Rehearsal **ret) {
        auto_(rehearsal_free) Rehearsal *r = NULL;
        auto_(free) char *why = NULL;
        Diagnostics diags = { 0 };
        int q;

        p->site = (SiteOptions) { .config = ctl->config, .manifests = ctl->manifests };
        p->deeds_max = SIMULATE_DEEDS_MAX;
        q = rehearsal_new(p, &diags, &r, &why);
        diagnostics_done(&diags); /* of the config, said before */
        if (q >= 0)
                q = rehearsal_run(r, &why);
        if (q < 0) {
                (void) fprintf(stderr, "maintctl: %s\n", why ? why : q == -ELOOP ? "the simulation does not get on: please report this" : strerror(-q));
                return q;
        }
        *ret = STEAL(r);
        return 0;
}

int verb_simulate(Ctl *ctl) {
        usec_t restarts[SIMULATE_RESTARTS_MAX];
        auto_(rehearsal_free) Rehearsal *r = NULL;
        RehearsalPlan p = { 0 };
        const json_t *load;
        const Zone *z;
        json_t *doc;
        bool failed;

        if (zone_of(ctl, &z) < 0 || span_given(ctl, z, &p, restarts) < 0 || rehearse(ctl, &p, &r) < 0)
                return EXIT_FAILED;
        doc = document(ctl, r, &p);
        load = json_object_get(doc, "load");
        (void) render_diagnostics(json_object_get(load, "diagnostics"), "", stderr);
        failed = *json_get(load, "error") || json_integer_value(json_object_get(load, "errors")) > 0 || stage_full(rehearsal_stage(r));
        if (*json_get(load, "error"))
                (void) fprintf(stderr, "maintctl: %s\n", json_get(load, "error"));
        if (stage_full(rehearsal_stage(r)))
                (void) fprintf(stderr, "maintctl: that is more than %u lines: it ends there, give an earlier --to\n", SIMULATE_DEEDS_MAX);
        ctl_unknown_labels_in(ctl, rehearsal_site(r));
        if (!ctl_json(ctl, doc)) {
                print(ctl, doc, zone_name(z));
                json_decref(doc);
        }
        return failed ? EXIT_FAILED : EXIT_FINE;
}
