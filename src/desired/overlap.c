/*
 * Overlap: windows that touch one service at the same time
 *
 * Every window is one Busy for each of its services. Sorted by service and start, one can only meet those that began before it, and
 * of these the few that end last are kept. So a directory of thousands costs a sort, also when all of it meets.
 */
#include <string.h>

#include "base/text.h"
#include "desired/advice.h"

#define NAMES_CHARS 120u        /* of services in a message */

typedef struct Busy {
        const char *service;    /* borrowed from the manifest */
        usec_t start, end;
        uint32_t manifest;      /* index */
        uint32_t window;        /* of the manifest */
} Busy;

typedef struct Meeting {        /* first < second but for a manifest that meets itself */
        uint32_t first, second;
        usec_t start, end;
        const char *service;
} Meeting;

typedef struct Sweep {
        Zones *zones;
        const Manifest *const *list;
        usec_t now;
        Diagnostics *diags;
        Busy *busy;             /* owned */
        size_t n, allocated;
        Meeting *meetings;      /* owned */
        size_t n_meetings, allocated_meetings;
        unsigned *told;         /* owned: of each manifest */
} Sweep;

/* ── Windows ── */

static int add_window(Sweep *s, uint32_t manifest, uint32_t window, const Window *w) {
        for (size_t i = 0; i < w->services.n; i++) {
                if (list_grow(&s->busy, s->n, &s->allocated, sizeof(Busy)) < 0)
                        return -ENOMEM;
                s->busy[s->n++] = (Busy) { w->services.items[i], w->start, w->end, manifest, window };
        }
        return 0;
}

static int add_manifest(Sweep *s, uint32_t manifest) {
        const Manifest *m = s->list[manifest];
        auto_(windowset_unref) WindowSet *set = NULL;
        int r = schedule_preview(s->zones, m, s->now, OVERLAP_OCCURRENCES, NULL, NULL, &set);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; i < set->n_windows && r >= 0; i++)
                if (!state_final(set->windows[i].floor) && set->windows[i].end > s->now)
                        r = add_window(s, manifest, (uint32_t) i, &set->windows[i]);
        return r;
}

static int busy_order(const void *a, const void *b) {
        const Busy *x = a, *y = b;
        int r = strcmp(x->service, y->service);

        if (r)
                return r;
        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        return x->manifest != y->manifest ? (x->manifest < y->manifest ? -1 : 1) : x->window < y->window ? -1 : x->window > y->window;
}

/* ── Meetings ── */

/* Windows that no target sees both of do not meet. */
static bool share_target(const Manifest *a, const Manifest *b) {
        if (a->targets.n == 0 || b->targets.n == 0)
                return true;
        for (size_t i = 0, k = 0; i < a->targets.n && k < b->targets.n;) {
                int r = strcmp(a->targets.items[i], b->targets.items[k]);

                if (r == 0)
                        return true;
                if (r < 0)
                        i++;
                else
                        k++;
        }
        return false;
}

static int meet(Sweep *s, const Busy *a, const Busy *b) {
        uint32_t first = MIN(a->manifest, b->manifest), second = MAX(a->manifest, b->manifest);
        usec_t start = MAX(a->start, b->start), end = MIN(a->end, b->end);

        if (!share_target(s->list[first], s->list[second]))
                return 0;
        if (list_grow(&s->meetings, s->n_meetings, &s->allocated_meetings, sizeof(Meeting)) < 0)
                return -ENOMEM;
        s->meetings[s->n_meetings++] = (Meeting) {
                .first = first, .second = second, .start = start, .end = end, .service = a->service,
        };
        return 0;
}

/* Takes @e in, in place of what has ended or else of what ends first. */
static void keep_open(const Busy *open[static OVERLAP_OPEN], const Busy *e) {
        size_t least = 0;

        for (size_t i = 0; i < OVERLAP_OPEN; i++) {
                if (!open[i] || open[i]->end <= e->start) {
                        open[i] = e;
                        return;
                }
                if (open[i]->end < open[least]->end)
                        least = i;
        }
        if (open[least]->end < e->end)
                open[least] = e;
}

static int sweep_service(Sweep *s, size_t begin, size_t end) {
        const Busy *open[OVERLAP_OPEN] = { NULL };
        int r = 0;

        for (size_t i = begin; i < end && r >= 0; i++) {
                const Busy *e = &s->busy[i];

                for (size_t k = 0; k < OVERLAP_OPEN && r >= 0; k++)
                        if (open[k] && open[k]->end > e->start)
                                r = meet(s, open[k], e);
                keep_open(open, e);
        }
        return r;
}

static int sweep_all(Sweep *s) {
        int r = 0;

        if (s->n > 1)
                qsort(s->busy, s->n, sizeof(*s->busy), busy_order);
        for (size_t i = 0, end; i < s->n && r >= 0; i = end) {
                for (end = i + 1; end < s->n && strcmp(s->busy[end].service, s->busy[i].service) == 0; end++)
                        ;
                r = sweep_service(s, i, end);
        }
        return r;
}

/* ── Telling ── */

static int meeting_order(const void *a, const void *b) {
        const Meeting *x = a, *y = b;

        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        if (x->second != y->second)
                return x->second < y->second ? -1 : 1;
        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        return strcmp(x->service, y->service);
}

/* The services of the meetings that begin when the first does: "api, web". */
static void names_of(const Meeting *list, size_t n, char buf[static NAMES_CHARS]) {
        size_t len = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < n && list[i].start == list[0].start; i++) {
                size_t more = strlen(list[i].service) + (len ? 2 : 0);

                if (i > 0 && strcmp(list[i].service, list[i - 1].service) == 0)
                        continue;
                if (len + more + sizeof(", …") >= NAMES_CHARS) {
                        (void) snprintf(buf + len, NAMES_CHARS - len, "%s…", len ? ", " : "");
                        return;
                }
                len += (size_t) snprintf(buf + len, NAMES_CHARS - len, "%s%s", len ? ", " : "", list[i].service);
        }
}

static size_t times_of(const Meeting *list, size_t n) {
        size_t times = 1;

        for (size_t i = 1; i < n; i++)
                times += list[i].start != list[i - 1].start;
        return times;
}

static int tell(Sweep *s, const Meeting *list, size_t n, uint32_t at, uint32_t other) {
        const Manifest *m = s->list[at], *o = s->list[other];
        size_t times = times_of(list, n);
        Mark mark = m->body.start.mark;
        char start[ZONED_SIZE], end[ZONED_SIZE], names[NAMES_CHARS], more[48] = "";
        const Zone *zone;

        if (s->told[at]++ >= OVERLAP_TOLD || zones_get(s->zones, m->timezone, &zone) < 0)
                return 0;
        names_of(list, n, names);
        if (times > 1)
                (void) snprintf(more, sizeof(more), ", the first of %zu times", times);
        (void) zone_format(zone, list->start, true, false, start);
        (void) zone_format(zone, list->end, true, false, end);
        if (at == other)
                return diagnostics_add(s->diags, SEVERITY_WARNING, "overlap", m->origin.file, mark.line, mark.column,
                                       "two occurrences overlap on %s, from %s to %s%s: move one of them", names, start, end, more);
        return diagnostics_add(s->diags, SEVERITY_WARNING, "overlap", m->origin.file, mark.line, mark.column,
                               "overlaps '%s' (%s:%u) on %s, from %s to %s%s: move one of them, or make them one window", o->id,
                               o->origin.file, o->origin.line, names, start, end, more);
}

static int tell_all(Sweep *s) {
        int r = 0;

        if (s->n_meetings > 1)
                qsort(s->meetings, s->n_meetings, sizeof(*s->meetings), meeting_order);
        for (size_t i = 0, end; i < s->n_meetings && r >= 0; i = end) {
                const Meeting *x = &s->meetings[i];

                for (end = i + 1; end < s->n_meetings && s->meetings[end].first == x->first && s->meetings[end].second == x->second; end++)
                        ;
                r = tell(s, x, end - i, x->first, x->second);
                if (r >= 0 && x->first != x->second)
                        r = tell(s, x, end - i, x->second, x->first);
        }
        return r;
}

int overlap_find(Zones *zones, const Manifest *const *list, size_t n, usec_t now, Diagnostics *diags) {
        Sweep s = { .zones = zones, .list = list, .now = now, .diags = diags };
        int r;

        s.told = calloc(MAX(n, (size_t) 1), sizeof(*s.told));
        r = s.told ? 0 : -ENOMEM;
        for (size_t i = 0; i < n && r >= 0; i++)
                r = add_manifest(&s, (uint32_t) i);
        if (r >= 0)
                r = sweep_all(&s);
        if (r >= 0)
                r = tell_all(&s);
        free(s.told);
        free(s.busy);
        free(s.meetings);
        return r;
}
