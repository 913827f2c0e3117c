/*
 * Pick: which window a person means
 */
#include "ctl/pick.h"

#include <string.h>

#include "base/text.h"
#include "ctl/ahead.h"
#include "ctl/finish.h"
#include "ctl/named.h"
#include "ctl/render.h"

#define AHEAD 1000u             /* occurrences that are looked at */
#define SHOWN 4u                /* that are named where one is not found */

/* ── the manifest ── */

int pick_manifest(const Site *s, const char *id, const Manifest **ret) {
        auto_(free) const char **ids = calloc(s->last.n_sets + 1, sizeof(char *));
        char name[KEY_SIZE];
        int r;

        if (!ids)
                return -ENOMEM;
        for (size_t i = 0; i < s->last.n_sets; i++)
                ids[i] = s->last.sets[i].set->manifest;
        r = named_find(id, ids, s->last.n_sets, name);
        *ret = r > 0 ? desired_manifest(s->desired, name) : NULL;
        if (*ret)
                return 0;
        named_say("there is no manifest", id, ids, s->last.n_sets, r);
        if (s->last.n_refused)
                (void) fprintf(stderr, "maintctl: %zu of %zu manifests are refused, it may be one of them: maintctl lint\n", s->last.n_refused,
                               s->last.n_manifests);
        return -ENOENT;
}

/* ── its windows ── */

typedef struct Candidates { Picked *list; size_t n; } Candidates;

static Picked *find(const Candidates *c, const char *occurrence) {
        for (size_t i = 0; i < c->n; i++)
                if (strcmp(c->list[i].occurrence, occurrence) == 0)
                        return &c->list[i];
        return NULL;
}

static void from_schedule(Candidates *c, const Ctl *ctl, const WindowSet *set) {
        for (size_t i = 0; i < set->n_windows; i++) {
                const Window *w = &set->windows[i];
                Picked *p = &c->list[c->n++];

                *p = (Picked) { .start = w->start, .end = w->end, .started = w->start };
                (void) snprintf(p->occurrence, sizeof(p->occurrence), "%s", w->key.occurrence);
                (void) snprintf(p->state, sizeof(p->state), "%s", state_to_string(clock_state(w, ctl->now)));
        }
}

/* 1: *ret is its answer; 0: on without it. Who wants to wait for the daemon wants one that answers. */
static int ask_about(const Ctl *ctl, const Manifest *m, json_t **ret) {
        json_t *request;
        usec_t limit;
        int r = finish_limit(ctl, &limit);

        if (r < 0)
                return r;
        request = json_pack("{s:s, s:s}", "verb", "status", "id", m->id);
        r = ctl->options & OPTION_WAIT ? ctl_ask_within(ctl, request, limit, ret) : ctl_ask_word(ctl, request, ret);
        if (r == -ETIMEDOUT) {
                finish_silent();
                return r;
        }
        return r > 0;
}

/* The daemon knows what people have done, and when it really began. */
static int from_daemon(Candidates *c, const Ctl *ctl, const Manifest *m) {
        json_t *doc = NULL, *o, *t;
        size_t i, k;
        int r = ask_about(ctl, m, &doc);

        if (r <= 0)
                return r;
        json_array_foreach(json_object_get(doc, "windows"), i, o) {
                Picked *p = find(c, json_get(o, "occurrence"));
                usec_t started = USEC_INFINITY;

                if (!p) { /* it runs on although its time is over */
                        if (json_is_over(o) || c->n == AHEAD + SHOWN)
                                continue;
                        p = &c->list[c->n++];
                        *p = (Picked) { 0 };
                        (void) snprintf(p->occurrence, sizeof(p->occurrence), "%s", json_get(o, "occurrence"));
                }
                (void) snprintf(p->state, sizeof(p->state), "%s", json_get(o, "state"));
                p->start = json_get_instant(o, "start");
                p->end = json_get_instant(o, "end");
                json_array_foreach(json_object_get(o, "targets"), k, t)
                        if (json_get_instant(t, "started"))
                                started = MIN(started, json_get_instant(t, "started"));
                p->started = started == USEC_INFINITY ? p->start : started;
        }
        json_decref(doc);
        return 0;
}

static bool is_over(const Picked *p) {
        return strcmp(p->state, "completed") == 0 || strcmp(p->state, "cancelled") == 0;
}

static bool runs(const Picked *p) {
        return strcmp(p->state, "in_progress") == 0;
}

static void name_some(const Candidates *c, const Manifest *m, const char *prefix) {
        unsigned n = 0;

        for (size_t i = 0; i < c->n; i++)
                if (text_starts(c->list[i].occurrence, prefix) && n++ < SHOWN)
                        (void) fprintf(stderr, "%s %s@%s", n > 1 ? "," : "", m->id, c->list[i].occurrence);
        (void) fprintf(stderr, "%s\n", n > SHOWN ? ", …" : "");
}

static const Picked *by_prefix(const Candidates *c, const Manifest *m, const char *prefix) {
        auto_(free) char *safe = text_printable(prefix, 60);
        const Picked *only = find(c, prefix);

        for (size_t i = 0; i < c->n && !(only && strcmp(only->occurrence, prefix) == 0); i++)
                if (text_starts(c->list[i].occurrence, prefix)) {
                        if (only) {
                                (void) fprintf(stderr, "maintctl: \"%s@%s\" begins several occurrences:", m->id, prefix);
                                name_some(c, m, prefix);
                                return NULL;
                        }
                        only = &c->list[i];
                }
        if (!only) {
                (void) fprintf(stderr, "maintctl: %s has no occurrence \"%s\" that runs or lies ahead; the next are:", m->id, text_or(safe, "?"));
                name_some(c, m, "");
        }
        return only;
}

/* What runs, else what comes next; of a one-off the one there is. */
static const Picked *by_time(const Candidates *c, const Manifest *m) {
        const Picked *best = NULL;

        if (!m->recurrence)
                return c->n ? &c->list[0] : NULL;
        for (size_t i = 0; i < c->n; i++) {
                const Picked *p = &c->list[i];

                if (!is_over(p) && (!best || runs(p) > runs(best) || (runs(p) == runs(best) && p->start < best->start)))
                        best = p;
        }
        if (!best)
                (void) fprintf(stderr, "maintctl: no window of %s runs or lies ahead\n", m->id);
        return best;
}

static int override_of(const Manifest *m, const char *occurrence) {
        const Override *o = m->recurrence ? manifest_override(m, occurrence) : NULL;

        return o ? (int) (o - m->recurrence->overrides) : -1;
}

static int pick(const Ctl *ctl, const Site *s, const char *id, bool ask, Picked *ret) {
        const char *at = strchr(id, '@'), *prefix = at ? at + 1 : "";
        auto_(free) char *name = strndup(id, at ? (size_t) (at - id) : strlen(id));
        auto_(free) Picked *list = calloc(AHEAD + SHOWN, sizeof(*list));
        auto_(windowset_unref) WindowSet *set = NULL;
        Candidates c = { .list = list };
        const Picked *found;
        const Manifest *m;
        int r;

        if (!name || !list)
                return -ENOMEM;
        r = pick_manifest(s, name, &m);
        if (r < 0)
                return r;
        if (at && !m->recurrence) {
                auto_(free) char *safe = text_printable(prefix, 60);

                (void) fprintf(stderr, "maintctl: %s does not recur: leave out \"@%s\"\n", m->id, text_or(safe, "?"));
                return -EINVAL;
        }
        if (schedule_preview(s->zones, m, m->recurrence ? ctl->now : 0, AHEAD, NULL, NULL, &set) < 0) {
                (void) fprintf(stderr, "maintctl: %s: its windows cannot be told: maintctl lint says why\n", m->id);
                return -EINVAL;
        }
        from_schedule(&c, ctl, set);
        r = ask ? from_daemon(&c, ctl, m) : 0;
        if (r < 0)
                return r;
        found = *prefix ? by_prefix(&c, m, prefix) : by_time(&c, m);
        if (!found)
                return -ENOENT;
        *ret = *found;
        ret->m = m;
        ret->override = override_of(m, ret->occurrence);
        (void) snprintf(ret->id, sizeof(ret->id), "%s", m->id);
        (void) key_format((WindowKey) { m->id, ret->occurrence }, ret->key);
        return 0;
}

int pick_window(const Ctl *ctl, const Site *s, const char *id, Picked *ret) {
        return pick(ctl, s, id, true, ret);
}

int pick_described(const Ctl *ctl, const Site *s, const char *id, Picked *ret) {
        return pick(ctl, s, id, false, ret);
}
