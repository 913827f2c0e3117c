/*
 * Reports: the engine's answers as JSON
 *
 * Keys are API (maintctl(1) lists them): they may be added to, never renamed.
 */
#include "daemon/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

json_t *report_instant(usec_t t) {
        char buf[RFC3339_SIZE];

        if (t == 0 || t == USEC_INFINITY)
                return json_null();
        return json_string(rfc3339_format(t, buf));
}

/* Remote texts may hold anything: what is no valid UTF-8 is escaped rather than refused. */
static json_t *json_text(const char *s) {
        auto_(free) char *safe = NULL;
        json_t *j = json_string(text_or(s, ""));

        if (j)
                return j;
        safe = text_printable(s, 0);
        return safe ? json_string(safe) : NULL;
}

static json_t *json_text_or_null(const char *s) {
        return s && *s ? json_text(s) : json_null();
}

static json_t *json_strv(const Strv *v) {
        json_t *a = json_array();

        for (size_t i = 0; v && i < v->n; i++)
                (void) json_array_append_new(a, json_text(v->items[i]));
        return a;
}

static json_t *json_digest(uint64_t digest) {
        return digest ? json_sprintf("%016" PRIx64, digest) : json_null();
}

static json_t *json_key(WindowKey k) {
        char buf[KEY_SIZE];

        return *k.manifest ? json_string(key_format(k, buf)) : json_null();
}

/* Jansson's setters refuse NULL values: one failed allocation shows as a missing key, and is found here. */
static int put(json_t *o, const char *key, json_t *value) {
        return json_object_set_new_nocheck(o, key, value) < 0 ? -ENOMEM : 0;
}

/* ── what is selected ── */

/* Of the version in force; NULL: none, or no manifest of that id. */
static const char *const *manifest_labels(const Site *s, const char *manifest) {
        const Manifest *m = s->desired ? desired_manifest(s->desired, manifest) : NULL;

        return m ? m->labels : NULL;
}

static bool selected(const Site *s, const Selection *sel, WindowKey k) {
        return (!sel->manifest || strcmp(sel->manifest, k.manifest) == 0) && (!sel->occurrence || strcmp(sel->occurrence, k.occurrence) == 0) &&
               (sel->n_labels == 0 || selection_has(sel, manifest_labels(s, k.manifest)));
}

static json_t *report_selected(const Site *s, const Selection *sel) {
        const Manifest *m;
        json_int_t found = 0;

        if (sel->n_labels == 0)
                return json_null();
        for (size_t i = 0; s->desired && (m = desired_nth(s->desired, i)); i++)
                found += (!sel->manifest || strcmp(sel->manifest, m->id) == 0) && selection_has(sel, m->labels);
        return json_integer(found);
}

static json_t *json_labels(const char *const *labels) {
        json_t *o = json_object();

        for (; labels && *labels; labels += 2)
                (void) json_object_set_new(o, labels[0], json_text(labels[1]));
        return o;
}

json_t *report_diagnostics(const Diagnostics *d) {
        json_t *a = json_array();

        for (size_t i = 0; a && i < d->n; i++) {
                const Diagnostic *x = &d->items[i];
                json_t *o = json_object();

                (void) put(o, "file", json_text(x->file));
                (void) put(o, "line", json_integer(x->line));
                (void) put(o, "column", json_integer(x->column));
                (void) put(o, "severity", json_string(x->severity == SEVERITY_ERROR ? "error" : "warning"));
                (void) put(o, "code", json_text(x->code));
                (void) put(o, "message", json_text(x->message));
                (void) json_array_append_new(a, o);
        }
        return a;
}

json_t *report_load(const Site *s) {
        json_t *o = json_object(), *d = report_diagnostics(&s->diags);

        (void) put(o, "files", json_integer((json_int_t) s->last.n_files));
        (void) put(o, "manifests", json_integer((json_int_t) s->last.n_manifests));
        (void) put(o, "refused", json_integer((json_int_t) s->last.n_refused));
        (void) put(o, "in_force", json_integer((json_int_t) s->last.n_in_force));
        (void) put(o, "changed", json_integer((json_int_t) s->last.n_changed));
        (void) put(o, "errors", json_integer((json_int_t) s->diags.n_errors));
        (void) put(o, "withdrawals_held", json_boolean(s->hold || !s->last.may_withdraw));
        (void) put(o, "error", json_text_or_null(s->last_error));
        (void) put(o, "diagnostics", d);
        return o;
}

/* ── status ── */

typedef struct StatusDoc {
        const Site *site;
        const Selection *sel;
        json_t *windows;
        json_t *window;                         /* the one being filled, borrowed from windows */
        char key[KEY_SIZE];
        usec_t next;                            /* the earliest of its targets */
} StatusDoc;

static const char *source_to_string(SetStatus s) {
        return s == SET_LAST_GOOD ? "last-good" : s == SET_MISSING ? "missing" : "good";
}

static json_t *status_window(const Site *s, const WindowStatus *w) {
        json_t *o = json_object();
        const Window *x = w->window;

        (void) put(o, "window", json_key(w->key));
        (void) put(o, "manifest", json_text(w->key.manifest));
        (void) put(o, "occurrence", json_text_or_null(w->key.occurrence));
        (void) put(o, "title", x ? json_text(x->title) : json_null());
        (void) put(o, "state", json_string(state_to_string(w->state)));
        (void) put(o, "wanted", json_string(state_to_string(w->wanted)));
        (void) put(o, "start", report_instant(w->start));
        (void) put(o, "end", report_instant(w->end));
        (void) put(o, "timezone", x ? json_text(x->timezone) : json_null());
        (void) put(o, "impact", x ? json_string(impact_to_string(x->impact)) : json_null());
        (void) put(o, "services", json_strv(x ? &x->services : NULL));
        (void) put(o, "labels", json_labels(manifest_labels(s, w->key.manifest)));
        (void) put(o, "file", x && x->origin ? json_text_or_null(x->origin->file) : json_null());
        (void) put(o, "line", json_integer(x && x->origin ? x->origin->line : 0));
        (void) put(o, "source", json_string(source_to_string(w->source)));
        (void) put(o, "withdraw_at", report_instant(w->withdraw_at));
        (void) put(o, "next", json_null());
        (void) put(o, "targets", json_array());
        return o;
}

static json_t *status_next(const WindowStatus *w) {
        json_t *o = json_object();

        (void) put(o, "what", json_text(w->next_what));
        (void) put(o, "at", report_instant(w->next));
        (void) put(o, "target", json_text_or_null(w->target));
        return o;
}

static json_t *status_target(const WindowStatus *w) {
        json_t *o = json_object();

        (void) put(o, "target", json_text(w->target));
        (void) put(o, "state", w->has_record ? json_string(state_to_string(w->state)) : json_null());
        (void) put(o, "wanted", json_string(state_to_string(w->wanted)));
        (void) put(o, "sync", json_string(sync_to_string(w->sync)));
        (void) put(o, "trouble", json_boolean(sync_is_problem(w->sync)));
        (void) put(o, "problem", json_text_or_null(w->problem));
        (void) put(o, "remote_id", json_text_or_null(w->remote_id));
        (void) put(o, "generation", json_integer(w->generation));
        (void) put(o, "start", report_instant(w->start));
        (void) put(o, "end", report_instant(w->end));
        (void) put(o, "started", report_instant(w->started));
        (void) put(o, "ended", report_instant(w->ended));
        return o;
}

/* Windows come with each target in turn: a new key opens a new object. */
static int on_window(void *userdata, const WindowStatus *w) {
        StatusDoc *d = userdata;
        char key[KEY_SIZE];

        if (!selected(d->site, d->sel, w->key))
                return 0;
        if (!d->window || strcmp(d->key, key_format(w->key, key)) != 0) {
                d->window = status_window(d->site, w);
                d->next = USEC_INFINITY;
                (void) key_format(w->key, d->key);
                if (json_array_append_new(d->windows, d->window) < 0)
                        return -ENOMEM;
        }
        if (w->next < d->next) {
                d->next = w->next;
                (void) put(d->window, "next", status_next(w));
        }
        if (w->target && json_array_append_new(json_object_get(d->window, "targets"), status_target(w)) < 0)
                return -ENOMEM;
        return 0;
}

static json_t *report_held(const HeldChange *h) {
        json_t *o = json_object();

        (void) put(o, "window", json_key(h->key));
        (void) put(o, "what", json_text(h->what));
        (void) put(o, "text", json_text(h->text));
        return o;
}

static int on_target(void *userdata, const TargetStatus *t) {
        json_t *o = json_object(), *held = json_array();

        for (size_t i = 0; i < t->n_held; i++)
                (void) json_array_append_new(held, report_held(&t->held[i]));

        (void) put(o, "target", json_text(t->name));
        (void) put(o, "identity", json_text(t->identity));
        (void) put(o, "health", json_text(t->health));
        (void) put(o, "problem", json_text_or_null(t->problem));
        (void) put(o, "live", json_integer((json_int_t) t->live));
        (void) put(o, "listed", report_instant(t->listed));
        (void) put(o, "held_digest", json_digest(t->digest));
        (void) put(o, "held", held);
        (void) put(o, "retired", json_boolean(t->retired));
        return json_array_append_new(userdata, o) < 0 ? -ENOMEM : 0;
}

static int on_problem(void *userdata, const char *target, const char *text) {
        json_t *o = json_object();

        (void) put(o, "target", json_text_or_null(target));
        (void) put(o, "text", json_text(text));
        return json_array_append_new(userdata, o) < 0 ? -ENOMEM : 0;
}

json_t *report_status(const Site *s, Now now, const Selection *sel) {
        StatusDoc d = { .site = s, .sel = sel, .windows = json_array() };
        json_t *o = json_object(), *targets = json_array(), *problems = json_array();
        int r = o && d.windows && targets && problems ? 0 : -ENOMEM;

        if (r >= 0)
                r = engine_each(s->engine, now, on_window, &d);
        if (r >= 0)
                r = engine_each_target(s->engine, on_target, targets);
        if (r >= 0)
                r = engine_each_problem(s->engine, on_problem, problems);
        if (r >= 0 && s->config_refused)
                r = on_problem(problems, NULL, "the configuration was refused, an older one is in force: a restart would fail, see maintctl lint");
        if (r >= 0 && s->last_error)
                r = on_problem(problems, NULL, s->last_error);
        if (r < 0) {
                json_decref(o);
                json_decref(d.windows);
                json_decref(targets);
                json_decref(problems);
                return NULL;
        }
        (void) put(o, "now", report_instant(now.real));
        (void) put(o, "directory", json_text_or_null(site_tree_path(s)));
        (void) put(o, "windows", d.windows);
        (void) put(o, "selected", report_selected(s, sel));
        (void) put(o, "targets", targets);
        (void) put(o, "problems", problems);
        (void) put(o, "diagnostics", report_diagnostics(&s->diags));
        (void) put(o, "manifests", json_integer((json_int_t) s->last.n_manifests));
        (void) put(o, "refused", json_integer((json_int_t) s->last.n_refused));
        return o;
}

/* ── plan ── */

static json_t *plan_fields(uint32_t fields) {
        json_t *a = json_array();

        for (unsigned i = 0; i < FIELDS; i++)
                if (fields & BIT(i))
                        (void) json_array_append_new(a, json_string(field_to_string(BIT(i))));
        return a;
}

static json_t *plan_diff(const PlannedAction *p) {
        json_t *a = json_array();

        for (size_t i = 0; i < p->n_diff; i++) {
                json_t *o = json_object();

                (void) put(o, "field", json_string(p->diff[i].field));
                (void) put(o, "from", p->diff[i].from ? json_text(p->diff[i].from) : json_null());
                (void) put(o, "to", json_text(p->diff[i].to));
                (void) json_array_append_new(a, o);
        }
        return a;
}

static json_t *plan_action(const PlannedAction *p) {
        const Action *a = &p->action;
        json_t *o = json_object();

        (void) put(o, "action", json_string(action_to_string(a->kind)));
        (void) put(o, "window", json_key(a->key));
        (void) put(o, "part", json_text_or_null(a->want ? a->want->part : a->record ? a->record->part : ""));
        (void) put(o, "state", json_string(state_to_string(a->state)));
        (void) put(o, "reason", json_text(a->reason));
        (void) put(o, "due", report_instant(a->due));
        (void) put(o, "quiet", json_boolean(a->quiet));
        (void) put(o, "notifies", json_boolean(p->notifies));
        (void) put(o, "fields", plan_fields(a->fields));
        (void) put(o, "changes", json_text(p->text));
        (void) put(o, "diff", plan_diff(p));
        (void) put(o, "remote_id", json_text_or_null(a->remote_id));
        return o;
}

static json_t *plan_problem(const Problem *p) {
        json_t *o = json_object();

        (void) put(o, "window", json_key(p->key));
        (void) put(o, "text", json_text(p->text));
        return o;
}

/* What is said of a target as a whole concerns every window there. */
static json_t *plan_said(const Site *s, const Selection *sel, const Problem *list, size_t n) {
        json_t *a = json_array();

        for (size_t i = 0; i < n; i++)
                if (!*list[i].key.manifest || selected(s, sel, list[i].key))
                        (void) json_array_append_new(a, plan_problem(&list[i]));
        return a;
}

static json_t *plan_target(const Site *s, const Selection *sel, const Plan *p) {
        json_t *o = json_object(), *actions = json_array(), *held = json_array();
        json_int_t notices = 0;

        for (size_t i = 0; i < p->n_actions; i++)
                if (selected(s, sel, p->actions[i].action.key)) {
                        (void) json_array_append_new(actions, plan_action(&p->actions[i]));
                        notices += p->actions[i].notifies;
                }
        for (size_t i = 0; i < p->n_held; i++)
                if (selected(s, sel, p->held[i].key))
                        (void) json_array_append_new(held, report_held(&p->held[i]));
        (void) put(o, "target", json_text(p->target));
        (void) put(o, "actions", actions);
        (void) put(o, "held", held);
        (void) put(o, "held_others", json_integer((json_int_t) (p->n_held - json_array_size(held))));
        (void) put(o, "digest", json_digest(p->digest));
        (void) put(o, "problems", plan_said(s, sel, p->problems, p->n_problems));
        (void) put(o, "remarks", plan_said(s, sel, p->remarks, p->n_remarks));
        (void) put(o, "notices", json_integer(notices));
        (void) put(o, "next", report_instant(p->next));
        return o;
}

/* What the plan cannot know: a target that could not be looked at has no say in it. */
static int on_plan_health(void *userdata, const TargetStatus *t) {
        json_t *target;
        size_t i;

        json_array_foreach((json_t *) userdata, i, target) {
                if (!text_equal(json_string_value(json_object_get(target, "target")), t->name))
                        continue;
                (void) put(target, "health", json_text(t->health));
                (void) put(target, "problem", json_text_or_null(t->problem));
                (void) put(target, "listed", report_instant(t->listed));
        }
        return 0;
}

json_t *report_plan(const Site *s, Now now, const Selection *sel) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *o = json_object(), *targets = json_array();
        Plan *plans;
        json_int_t notices = 0;
        bool changes = false;
        size_t n;

        if (!a || !o || !targets || engine_plan(s->engine, now, a, &plans, &n) < 0) {
                json_decref(o);
                json_decref(targets);
                return NULL;
        }
        for (size_t i = 0; i < n; i++) {
                json_t *t = plan_target(s, sel, &plans[i]);

                changes |= json_array_size(json_object_get(t, "actions")) > 0 || json_array_size(json_object_get(t, "held")) > 0;
                notices += json_integer_value(json_object_get(t, "notices"));
                (void) json_array_append_new(targets, t);
        }
        (void) engine_each_target(s->engine, on_plan_health, targets);
        (void) put(o, "now", report_instant(now.real));
        (void) put(o, "targets", targets);
        (void) put(o, "changes", json_boolean(changes));
        (void) put(o, "notices", json_integer(notices));
        (void) put(o, "selected", report_selected(s, sel));
        (void) put(o, "load", report_load(s));
        return o;
}

/* ── history ── */

static const char *entry_to_string(EntryKind k) {
        static const char *const names[] = {
                [ENTRY_INTENT] = "intent", [ENTRY_OUTCOME] = "outcome", [ENTRY_NOTE] = "note",
                [ENTRY_MANIFEST] = "manifest", [ENTRY_APPROVAL] = "approval", [ENTRY_SERVICE] = "service",
        };
        _Static_assert(ARRAY_SIZE(names) == ENTRIES, "name every kind");

        return names[k];
}

typedef struct HistoryDoc {
        const Site *site;
        const Selection *sel;
        json_t *lines;
} HistoryDoc;

static bool history_wanted(void *userdata, const char *manifest) {
        const HistoryDoc *d = userdata;

        return selected(d->site, d->sel, (WindowKey) { manifest, "" });
}

static int on_history(void *userdata, const HistoryLine *h) {
        const HistoryDoc *d = userdata;
        json_t *o = json_object();
        bool act = h->kind == ENTRY_INTENT || h->kind == ENTRY_OUTCOME;

        (void) put(o, "seq", json_integer((json_int_t) h->seq));
        (void) put(o, "at", report_instant(h->at));
        (void) put(o, "kind", json_string(entry_to_string(h->kind)));
        (void) put(o, "window", json_key((WindowKey) { .manifest = text_or(h->manifest, ""), .occurrence = text_or(h->occurrence, "") }));
        (void) put(o, "target", json_text_or_null(h->target));
        (void) put(o, "action", act ? json_string(action_to_string(h->action)) : json_null());
        (void) put(o, "verdict", h->kind == ENTRY_OUTCOME ? json_string(verdict_to_string(h->verdict)) : json_null());
        (void) put(o, "state", h->has_state ? json_string(state_to_string(h->state)) : json_null());
        (void) put(o, "due", report_instant(h->due));
        (void) put(o, "late_usec", json_integer((json_int_t) h->late));
        (void) put(o, "text", json_text(h->text));
        (void) put(o, "remote_id", json_text_or_null(h->remote_id));
        (void) put(o, "file", json_text_or_null(h->file));
        (void) put(o, "line", json_integer(h->line));
        (void) put(o, "commit", json_text_or_null(h->commit));
        (void) put(o, "intent", h->intent ? json_integer((json_int_t) h->intent) : json_null());
        return json_array_append_new(d->lines, o) < 0 ? -ENOMEM : 0;
}

/* A manifest named is one to find by index; labels are asked of each manifest there is a line about. */
static int history_read(const Site *s, HistoryDoc *d, HistoryRange range) {
        const Selection *sel = d->sel;

        if (!s->ledger)
                return 0;
        if (sel->n_labels == 0)
                return ledger_history(s->ledger, sel->manifest, sel->occurrence, range, on_history, d);
        if (!sel->manifest)
                return ledger_history_of(s->ledger, history_wanted, d, range, on_history, d);
        if (!selection_has(sel, manifest_labels(s, sel->manifest)))
                return 0;
        return ledger_history(s->ledger, sel->manifest, sel->occurrence, range, on_history, d);
}

json_t *report_history(const Site *s, const Selection *sel, HistoryRange range) {
        HistoryDoc d = { .site = s, .sel = sel, .lines = json_array() };
        json_t *o = json_object();

        range.limit = range.limit == 0 ? HISTORY_LIMIT_MAX : MIN(range.limit, HISTORY_LIMIT_MAX);
        if (!o || !d.lines || history_read(s, &d, range) < 0) {
                json_decref(o);
                json_decref(d.lines);
                return NULL;
        }
        (void) put(o, "history", d.lines);
        (void) put(o, "selected", report_selected(s, sel));
        return o;
}
