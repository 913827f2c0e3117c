/*
 * The agenda: which monitor is to be looked at when, and what has been seen and not yet been stored
 */
#include "page/monitor/agenda.h"

#include <assert.h>
#include <string.h>

struct Agenda {
        Due **all;                      /* owned, in order of seq */
        size_t n;
        Heap heap;                      /* those that are due some time: neither paused nor busy */
        size_t n_unsaved, n_urgent;
};

static bool due_before(const void *a, const void *b) {
        const Due *x = a, *y = b;

        return x->due != y->due ? x->due < y->due : x->m.seq < y->m.seq;
}

static uint32_t *due_place(void *item) {
        return &((Due *) item)->place;
}

static void strings_free(Monitor *m) {
        free((char *) m->id);
        free((char *) m->name);
        free((char *) m->url);
        free((char *) m->service_id);
        free((char *) m->problem);
}

/* A copy whose strings are owned. */
static int monitor_copy(const Monitor *m, Monitor *ret) {
        Monitor copy = *m;

        copy.id = strdup(m->id);
        copy.name = strdup(m->name);
        copy.url = strdup(m->url);
        copy.service_id = m->service_id ? strdup(m->service_id) : NULL;
        copy.problem = strdup(m->problem);
        if (!copy.id || !copy.name || !copy.url || (m->service_id && !copy.service_id) || !copy.problem) {
                strings_free(&copy);
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

static Due *due_free(Due *d) {
        if (!d)
                return NULL;
        strings_free(&d->m);
        free(d);
        return NULL;
}

Agenda *agenda_new(void) {
        Agenda *a = calloc(1, sizeof(*a));

        if (a)
                a->heap = (Heap) { .before = due_before, .place = due_place };
        return a;
}

Agenda *agenda_free(Agenda *a) {
        if (!a)
                return NULL;
        for (size_t i = 0; i < a->n; i++)
                (void) due_free(a->all[i]);
        free(a->all);
        heap_done(&a->heap);
        free(a);
        return NULL;
}

static void set_unsaved(Agenda *a, Due *d, bool unsaved, bool urgent) {
        a->n_unsaved += unsaved - d->unsaved;
        a->n_urgent += urgent - d->urgent;
        d->unsaved = unsaved;
        d->urgent = urgent;
}

static int arm(Agenda *a, Due *d, usec_t due) {
        d->due = due;
        return heap_put(&a->heap, d);
}

static void stop(Agenda *a, Due *d, agenda_drop_fn drop, void *userdata) {
        heap_remove(&a->heap, d);
        if (d->busy)
                drop(d, userdata);
        d->busy = false;
        d->userdata = NULL;
}

/* Asks of another thing, or in another way. */
static bool changed(const Monitor *a, const Monitor *b) {
        return strcmp(a->url, b->url) != 0 || a->interval != b->interval || a->timeout != b->timeout || a->expected != b->expected;
}

static int replace(Due *d, const Monitor *row) {
        Monitor fresh;
        int r = monitor_copy(row, &fresh);

        if (r < 0)
                return r;
        if (d->unsaved) { /* the row is older than what has been seen since */
                char *problem = strdup(d->m.problem);

                if (problem) {
                        free((char *) fresh.problem);
                        fresh.problem = problem;
                }
                fresh.state = d->m.state;
                fresh.last = d->m.last;
                fresh.checked_at = d->m.checked_at;
                fresh.latency = d->m.latency;
        }
        if (monitor_paused(&fresh))
                fresh.last = MONITOR_UNKNOWN;
        strings_free(&d->m);
        d->m = fresh;
        return 0;
}

static int load_known(Agenda *a, Due *d, const Monitor *row, usec_t boot, agenda_drop_fn drop, void *userdata) {
        bool other = changed(&d->m, row), paused = monitor_paused(&d->m);
        int r = replace(d, row);

        if (r < 0)
                return r;
        if (other || monitor_paused(row))
                stop(a, d, drop, userdata);
        if (monitor_paused(row))
                return 0;
        return other || paused ? arm(a, d, boot) : 0;
}

static int load_new(Agenda *a, const Monitor *row, bool start, usec_t boot, Due **ret) {
        Due *d = calloc(1, sizeof(*d));
        int r = d ? monitor_copy(row, &d->m) : -ENOMEM;

        if (r >= 0 && monitor_paused(row))
                d->m.last = MONITOR_UNKNOWN;
        else if (r >= 0)
                r = arm(a, d, start && row->checked_at > 0 ? monitor_first(row, boot) : boot);
        if (r < 0) {
                (void) due_free(d);
                return r;
        }
        *ret = d;
        return 0;
}

static void forget(Agenda *a, Due *d, agenda_drop_fn drop, void *userdata) {
        stop(a, d, drop, userdata);
        set_unsaved(a, d, false, false);
        (void) due_free(d);
}

int agenda_load(Agenda *a, const Monitor *rows, size_t n, bool start, usec_t boot, agenda_drop_fn drop, void *userdata) {
        Due **all = calloc(n + a->n + 1, sizeof(*all));
        size_t i = 0, k = 0, n_all = 0;
        int r = all ? 0 : -ENOMEM;

        /* Two lists in one order; when memory is out half way, the rest stays as it was. */
        while (r >= 0 && (i < n || k < a->n)) {
                if (k < a->n && (i == n || a->all[k]->m.seq < rows[i].seq)) {
                        forget(a, a->all[k++], drop, userdata);
                } else if (k < a->n && a->all[k]->m.seq == rows[i].seq) {
                        r = load_known(a, a->all[k], &rows[i++], boot, drop, userdata);
                        all[n_all++] = a->all[k++];
                } else {
                        r = load_new(a, &rows[i++], start, boot, &all[n_all]);
                        n_all += r >= 0;
                }
        }
        if (!all)
                return r;
        while (k < a->n)
                all[n_all++] = a->all[k++];
        free(a->all);
        a->all = all;
        a->n = n_all;
        return r;
}

usec_t agenda_next(const Agenda *a) {
        const Due *d = heap_first(&a->heap);

        return d ? d->due : USEC_INFINITY;
}

Due *agenda_take(Agenda *a, usec_t boot) {
        Due *d = heap_first(&a->heap);

        if (!d || d->due > boot)
                return NULL;
        heap_remove(&a->heap, d);
        d->busy = true;
        d->began = boot;
        return d;
}

static void count(Tally *t, const Seen *seen) {
        t->up += seen->state == MONITOR_UP;
        t->degraded += seen->state == MONITOR_DEGRADED;
        t->down += seen->state == MONITOR_DOWN;
        if (seen->latency == 0)
                return;
        t->least = t->answers > 0 ? MIN(t->least, seen->latency) : seen->latency;
        t->most = MAX(t->most, seen->latency);
        t->sum += seen->latency;
        t->answers++;
}

void agenda_again(Agenda *a, Due *d, usec_t boot) {
        assert(d->busy);
        d->busy = false;
        d->userdata = NULL;
        (void) arm(a, d, boot); /* it has just been in: there is room */
}

int agenda_seen(Agenda *a, Due *d, const Seen *seen, Now now) {
        MonitorState state = monitor_settle(d->m.state, d->m.last, seen->state);
        char *problem = strdup(seen->problem);

        set_unsaved(a, d, true, d->urgent || state != d->m.state || seen->state != d->m.last);
        d->settled = d->settled || state != d->m.state;
        d->m.state = state;
        d->m.last = seen->state;
        d->m.checked_at = now.real;
        d->m.latency = seen->latency;
        if (problem) {
                free((char *) d->m.problem);
                d->m.problem = problem;
        }
        count(&d->tally, seen);
        agenda_again(a, d, monitor_next(&d->m, d->began));
        return problem ? 0 : -ENOMEM;
}

bool agenda_urgent(const Agenda *a) {
        return a->n_urgent > 0;
}

bool agenda_unsaved(const Agenda *a) {
        return a->n_unsaved > 0;
}

/* Where those behind @seq begin. */
static size_t behind(const Agenda *a, int64_t seq) {
        size_t low = 0, high = a->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (a->all[middle]->m.seq <= seq)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

Due *agenda_unsaved_after(const Agenda *a, const Due *d) {
        for (size_t i = d ? behind(a, d->m.seq) : 0; i < a->n; i++)
                if (a->all[i]->unsaved)
                        return a->all[i];
        return NULL;
}

void agenda_saved(Agenda *a) {
        for (size_t i = 0; i < a->n; i++) {
                a->all[i]->settled = false;
                a->all[i]->tally = (Tally) { 0 };
                set_unsaved(a, a->all[i], false, false);
        }
}

Due *agenda_each(const Agenda *a, size_t i) {
        return i < a->n ? a->all[i] : NULL;
}
