/*
 * Windows: what a manifest means on the UTC time line
 *
 * An occurrence is known by its original start on the wall clock, whatever an override makes of it. First the originals are
 * collected (rule, extra, overrides that moved, those that run), then each is resolved, and what is not to be known yet is
 * dropped again. A set is one allocation: 10,000 manifests have 36,000 windows, so texts are borrowed from the manifest and
 * lists of updates shared.
 */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "schedule/calendar.h"

/* An original start that is to become a window. */
typedef struct Candidate { int64_t wall; const Override *override; const Frozen *frozen; Times times; } Candidate;

typedef struct Candidates { Candidate *items; size_t n, allocated; } Candidates;

typedef struct Job {
        Calendar calendar;
        const ExpandInput *in;
        Candidates found;
        size_t limit;           /* of windows */
        bool preview;           /* the next ones, published or not */
        usec_t until;
} Job;

static int candidate_add(Job *j, int64_t wall, const Frozen *f) {
        Candidates *c = &j->found;
        Candidate *item;

        if (list_grow(&c->items, c->n, &c->allocated, sizeof(Candidate)) < 0)
                return -ENOMEM;
        item = &c->items[c->n++];
        *item = (Candidate) { .wall = wall, .override = calendar_override(&j->calendar, wall), .frozen = f };
        item->times = calendar_times(&j->calendar, wall, item->override, f, j->in->horizon);
        return 1;
}

static const Frozen *frozen_find(const ExpandInput *in, int64_t wall) {
        char name[OCCURRENCE_SIZE];
        size_t low = 0, high = in->n_frozen;

        if (high == 0)
                return NULL;
        (void) occurrence_format(wall, name);
        while (low < high) {
                size_t mid = low + (high - low) / 2;
                int r = strcmp(in->frozen[mid].occurrence, name);

                if (r == 0)
                        return &in->frozen[mid];
                if (r < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return NULL;
}

/* The longest a window of this manifest can reach beyond its original start, so that none that still runs is passed over. */
static int64_t reach_of(const Calendar *c) {
        const Length *l = &c->length;

        return 2 * 86400 + MAX(l->nominal, (int64_t) 0) + l->days * 86400 + (int64_t) (l->exact / USEC_PER_SEC);
}

/* The rule's occurrences from the earliest that can still run to the first that is not to be published yet. */
static int rule_collect(Job *j) {
        const Calendar *c = &j->calendar;
        size_t wanted = 0;
        int64_t wall;
        RuleWalk w;

        rule_walk(&c->rule, zone_wall(c->zone, j->in->from) - reach_of(c), &w);
        while (wanted < j->limit + 1 && rule_next(&w, &wall) > 0) {
                const Candidate *last;
                int r;

                if (calendar_excepted(c, wall) || frozen_find(j->in, wall))
                        continue;
                r = candidate_add(j, wall, NULL);
                if (r < 0)
                        return r;
                last = &j->found.items[j->found.n - 1];
                wanted += last->times.end > j->in->from;
                /* An override can move a start; the rule's own order decides when there is enough. */
                if (!j->preview && last->times.publish > j->in->now && last->times.end > j->in->from && !last->times.own_start)
                        break;
        }
        return 0;
}

static int extra_collect(Job *j) {
        const Recurrence *r = j->calendar.m->recurrence;

        for (size_t i = 0; i < r->n_extra; i++) {
                int64_t wall = when_wall(j->calendar.zone, &r->extra[i]);

                if (!calendar_excepted(&j->calendar, wall) && !frozen_find(j->in, wall) && candidate_add(j, wall, NULL) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* What an override has moved can be due although its original start lies far off. */
static int moved_collect(Job *j) {
        const Calendar *c = &j->calendar;

        for (size_t i = 0; i < c->n_overrides; i++) {
                int64_t wall = c->overrides[i].wall;
                Times t;

                if (!(c->overrides[i].o->body.has & (HAS_START | HAS_END | HAS_DURATION)))
                        continue;
                t = calendar_times(c, wall, c->overrides[i].o, NULL, j->in->horizon);
                if (t.end <= j->in->from || !rule_has(&c->rule, wall) || calendar_excepted(c, wall) || frozen_find(j->in, wall))
                        continue;
                if (candidate_add(j, wall, NULL) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int frozen_collect(Job *j) {
        for (size_t i = 0; i < j->in->n_frozen; i++) {
                int64_t wall;

                if (occurrence_parse(j->in->frozen[i].occurrence, &wall) >= 0 && candidate_add(j, wall, &j->in->frozen[i]) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int by_wall(const void *a, const void *b) {
        const Candidate *x = a, *y = b;

        return x->wall < y->wall ? -1 : x->wall > y->wall;
}

/* Within a set the names of occurrences sort as their walls do. */
static int by_start(const void *a, const void *b) {
        const Candidate *x = a, *y = b;

        return x->times.start != y->times.start ? (x->times.start < y->times.start ? -1 : 1) : by_wall(a, b);
}

/* Several sources can name one occurrence; equal walls have equal times. */
static void duplicates_drop(Candidates *c) {
        size_t n = 0;

        qsort(c->items, c->n, sizeof(*c->items), by_wall);
        for (size_t i = 0; i < c->n; i++)
                if (n == 0 || c->items[n - 1].wall != c->items[i].wall)
                        c->items[n++] = c->items[i];
        c->n = n;
}

/* Keeps what is to be known now: what runs, what is published, and the first that is still to be. */
static void unwanted_drop(Job *j) {
        Candidates *c = &j->found;
        usec_t first = USEC_INFINITY, freed = USEC_INFINITY;
        size_t n = 0, room = j->limit;

        for (size_t i = 0; i < c->n; i++)
                if (!c->items[i].frozen && c->items[i].times.end > j->in->from && c->items[i].times.publish > j->in->now)
                        first = MIN(first, c->items[i].times.publish);
        qsort(c->items, c->n, sizeof(*c->items), by_start);
        for (size_t i = 0; i < c->n; i++) {
                Candidate *item = &c->items[i];

                if (!item->frozen) {
                        if (item->times.end <= j->in->from || item->times.end <= item->times.start)
                                continue;
                        if (!j->preview && item->times.publish > j->in->now && item->times.publish != first)
                                continue;
                        if (room == 0)
                                continue;
                        room--;
                        freed = MIN(freed, item->times.end);
                }
                c->items[n++] = *item;
        }
        c->n = n;
        j->until = first;
        /* More than fit: there is room again once the earliest window is history. */
        if (room == 0)
                j->until = MIN(first, MAX(usec_add(freed, USEC_PER_DAY), usec_add(j->in->now, USEC_PER_DAY)));
}

static int candidates_collect(Job *j) {
        int r;

        j->until = USEC_INFINITY;
        if (!j->calendar.m->recurrence) {
                r = candidate_add(j, j->calendar.start, NULL);
                return r > 0 && j->found.items[0].times.end <= j->found.items[0].times.start ? -EINVAL : r;
        }
        r = rule_collect(j);
        if (r >= 0)
                r = extra_collect(j);
        if (r >= 0)
                r = moved_collect(j);
        if (r >= 0)
                r = frozen_collect(j);
        if (r < 0 || j->found.n == 0)
                return r;
        duplicates_drop(&j->found);
        unwanted_drop(j);
        return 0;
}

/* --- the set: one allocation --- */

typedef struct Memory {
        WindowSet set;
        void *owner;
        void (*release)(void *owner);
        Window windows[];
} Memory;

static void memory_release(void *p) {
        Memory *m = p;

        if (m->release)
                m->release(m->owner);
        free(m);
}

static int update_compare(const void *a, const void *b) {
        const Update *x = a, *y = b;

        if (x->from_start != y->from_start)
                return (int) x->from_start - (int) y->from_start;
        return x->at < y->at ? -1 : x->at > y->at;
}

static size_t updates_fill(const Calendar *c, const Body *b, Update *to) {
        for (size_t i = 0; i < b->n_updates; i++) {
                const UpdateSpec *s = &b->updates[i];

                to[i] = (Update) { s->from_start ? span_usec(s->offset) : when_utc(c->zone, &s->when, NULL), s->from_start, s->message };
        }
        if (b->n_updates)
                qsort(to, b->n_updates, sizeof(*to), update_compare);
        return b->n_updates;
}

static const char *or_empty(const char *s) {
        return s ? s : "";
}

/* What every window of the manifest shares. */
static Window window_base(const Calendar *c, const Update *updates, size_t n_updates) {
        const Manifest *m = c->m;

        return (Window) {
                .key = { m->id, "" },
                .floor = m->body.has & HAS_STATE ? m->body.state : STATE_SCHEDULED,
                .impact = m->body.impact,
                .auto_start = m->auto_start, .auto_complete = m->auto_complete, .suspend = m->suspend, .mute = m->mute,
                .recurring = m->recurrence,
                .title = m->body.title, .body = or_empty(m->body.description), .message = or_empty(m->body.message), .timezone = m->timezone,
                .services = m->body.services, .targets = m->targets,
                .updates = updates, .n_updates = n_updates,
                .notify = &m->body.notify,
                .origin = &m->origin,
        };
}

static void override_apply(Window *w, const Override *o) {
        const Body *b = &o->body;

        if (b->has & HAS_TITLE)
                w->title = b->title;
        if (b->has & HAS_DESCRIPTION)
                w->body = or_empty(b->description);
        if (b->has & HAS_MESSAGE)
                w->message = or_empty(b->message);
        if (b->has & HAS_SERVICES)
                w->services = b->services;
        if (b->has & HAS_IMPACT)
                w->impact = b->impact;
        if (b->has & HAS_NOTIFY)
                w->notify = &b->notify;
        if ((b->has & HAS_STATE) && w->floor != STATE_CANCELLED) /* a cancelled series is cancelled as a whole */
                w->floor = b->state;
}

static int set_build(Job *j, void *owner, void (*release)(void *), WindowSet **ret) {
        const Calendar *c = &j->calendar;
        const Manifest *m = c->m;
        size_t n = j->found.n, n_updates = m->body.n_updates, text = 0;
        Update *updates;
        Memory *mem;
        Window base;
        char *names;

        for (size_t i = 0; i < n; i++) {
                const Override *o = j->found.items[i].override;

                n_updates += o && (o->body.has & HAS_UPDATES) ? o->body.n_updates : 0;
                text += m->recurrence ? (j->found.items[i].wall % 60 ? sizeof("2027-02-07T02:00:00") : sizeof("2027-02-07T02:00")) : 0;
        }
        mem = malloc(sizeof(*mem) + n * sizeof(*mem->windows) + n_updates * sizeof(*updates) + text);
        if (!mem)
                return -ENOMEM;
        updates = (Update *) (mem->windows + n);
        names = (char *) (updates + n_updates);
        base = window_base(c, updates, m->body.n_updates);
        updates += updates_fill(c, &m->body, updates);
        for (size_t i = 0; i < n; i++) {
                const Candidate *item = &j->found.items[i];
                Window *w = &mem->windows[i];

                *w = base;
                w->start = item->times.start;
                w->end = item->times.end;
                w->publish = item->times.publish;
                w->own_start = item->times.own_start;
                w->own_end = item->times.own_end;
                if (m->recurrence) {
                        char name[OCCURRENCE_SIZE];
                        size_t len = strlen(occurrence_format(item->wall, name)) + 1;

                        w->key.occurrence = memcpy(names, name, len);
                        names += len;
                }
                if (item->override)
                        override_apply(w, item->override);
                if (item->override && (item->override->body.has & HAS_UPDATES)) {
                        w->updates = updates;
                        w->n_updates = updates_fill(c, &item->override->body, updates);
                        updates += w->n_updates;
                }
        }
        mem->owner = owner;
        mem->release = release;
        mem->set = (WindowSet) {
                .refs = 1, .manifest = m->id, .formerly = m->formerly, .content = m->content,
                .windows = mem->windows, .n_windows = n, .from = j->in->from, .until = j->until, .loaded = j->in->loaded,
                .labels = m->labels, .origin = &m->origin, .owner = mem, .release = memory_release,
        };
        *ret = &mem->set;
        return 0;
}

static int expand(Zones *zones, const Manifest *m, const ExpandInput *in, size_t limit, bool preview, void *owner,
                  void (*release)(void *), WindowSet **ret) {
        Job j = { .in = in, .limit = limit, .preview = preview };
        int r;

        r = calendar_init(&j.calendar, zones, m, NULL);
        if (r >= 0)
                r = candidates_collect(&j);
        if (r >= 0)
                r = set_build(&j, owner, release, ret);
        calendar_done(&j.calendar);
        free(j.found.items);
        return r == -ENOMEM ? r : r < 0 ? -EINVAL : 0;
}

int schedule_expand(Zones *zones, const Manifest *m, const ExpandInput *in, void *owner, void (*release)(void *), WindowSet **ret) {
        return expand(zones, m, in, WINDOWS_PER_MANIFEST_MAX, false, owner, release, ret);
}

int schedule_preview(Zones *zones, const Manifest *m, usec_t from, size_t n, void *owner, void (*release)(void *), WindowSet **ret) {
        ExpandInput in = { .now = from, .from = from };

        return expand(zones, m, &in, MIN(n, (size_t) WINDOWS_PER_MANIFEST_MAX), true, owner, release, ret);
}
