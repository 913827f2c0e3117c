/*
 * Engine: windows that overlap at one target
 *
 * Where we write what services show, each step of a window carries what they will show after it, with the other running windows
 * counted in. Where the end of one window clears the services of another that still runs, that one writes them again: it remembers
 * by hash the last end it has made up for.
 */
#include <string.h>

#include "reconcile/effects.h"
#include "reconcile/engine-internal.h"

static bool runs(const Item *i) {
        for (unsigned n = 0; n < i->n_parts; n++) {
                const Record *r = i->parts[n].record;

                if (r && !record_unpublished(r) && r->left == STATE_IN_PROGRESS && (r->status == RECORD_LIVE || r->status == RECORD_DIVERGED))
                        return true;
        }
        return false;
}

/* The services of all its objects there; a window that does not project has none that are known. */
static int item_services(const Item *i, Arena *a, const Strv **ret, size_t *ret_n) {
        const char *problem;
        Object *objects;
        size_t n;
        Strv *copy;
        int r = item_project(i, a, &objects, &n, &problem);

        if (r < 0)
                return r;
        copy = arena_array(a, MAX(n, (size_t) 1), sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        for (size_t k = 0; k < n; k++)
                copy[k] = objects[k].services;
        *ret = copy;
        *ret_n = n;
        return 0;
}

/* What runs there beside @but, an entry for each object. */
static int running_beside(const Item *but, Arena *a, Running **ret, size_t *ret_n) {
        Running *running = NULL;
        size_t n = 0, allocated = 0;

        for (const Item *i = but->remote->items; i; i = i->next_of_remote) {
                const Strv *services;
                size_t count;
                int r;

                if (i == but || !i->window || !runs(i))
                        continue;
                r = item_services(i, a, &services, &count);
                if (r < 0)
                        return r;
                for (size_t k = 0; k < count; k++) {
                        if (n + 1 >= allocated) { /* one more is left for the window itself */
                                Running *more = arena_array(a, allocated = MAX(allocated * 2, (size_t) 8), sizeof(*more));

                                if (!more)
                                        return -ENOMEM;
                                if (n)
                                        memcpy(more, running, n * sizeof(*more));
                                running = more;
                        }
                        running[n++] = (Running) { i->window->impact, &services[k] };
                }
        }
        if (!running && !(running = arena_array(a, 1, sizeof(*running))))
                return -ENOMEM;
        *ret = running;
        *ret_n = n;
        return 0;
}

int item_effects(const Item *i, Arena *a, const Object *want, Action *action) {
        const Capabilities *can = &i->remote->can;
        bool after = action->state == STATE_IN_PROGRESS, before = action->from == STATE_IN_PROGRESS && action->kind != ACTION_CREATE;
        Running *running;
        Effect *effects;
        size_t n;
        int r;

        if (!(can->writes_effects || action->kind == ACTION_EFFECT) || !want || !i->window || action->kind == ACTION_MESSAGE || !(before || after))
                return 0;
        r = running_beside(i, a, &running, &n);
        if (r < 0)
                return r;
        if (after)
                running[n++] = (Running) { i->window->impact, &want->services };
        r = effects_of(&want->services, running, n, a, &effects);
        if (r < 0)
                return r;
        action->effects = effects;
        action->n_effects = want->services.n;
        return 0;
}

/* When @i ended there after it had run; 0: it has not. */
static usec_t ended_running(const Item *i, unsigned *ret_generation) {
        usec_t ended = 0;

        for (unsigned n = 0; n < i->n_parts; n++) {
                const Record *r = i->parts[n].record;

                if (r && r->started && state_final(r->left) && r->ended > ended) {
                        ended = r->ended;
                        *ret_generation = r->generation;
                }
        }
        return ended;
}

int item_cleared(const Item *i, const Record *record, Arena *a, const Object *want, uint64_t *ret) {
        const Item *last = NULL;
        unsigned generation = 0;
        usec_t when = record ? record->started : 0;

        *ret = 0;
        if (!i->remote->can.complete_clears_effects || !want || !record || record->left != STATE_IN_PROGRESS)
                return 0;
        for (const Item *o = i->remote->items; o; o = o->next_of_remote) {
                unsigned g = 0;
                usec_t ended = o != i ? ended_running(o, &g) : 0;
                bool meet = !o->window; /* what it named is not known any more */
                const Strv *services;
                size_t n;
                int r;

                if (ended <= when)
                        continue;
                r = item_services(o, a, &services, &n);
                if (r < 0)
                        return r;
                for (size_t k = 0; k < n; k++)
                        meet |= services_meet(&want->services, &services[k]);
                if (!meet)
                        continue;
                last = o;
                when = ended;
                generation = g;
        }
        *ret = last ? change_hash("effect", last->key, generation, when, 0) : 0;
        return 0;
}

void item_ended(Engine *e, const Item *i) {
        if (!i->remote->can.complete_clears_effects)
                return;
        for (Item *o = i->remote->items; o; o = o->next_of_remote)
                if (o != i && runs(o))
                        item_dirty(e, o);
}
