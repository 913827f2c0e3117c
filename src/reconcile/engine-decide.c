/*
 * Engine: deciding about one window
 *
 * What is known of each of its parts becomes the plain input of plan_part(): once when it is planned, and once more when there is
 * room to send what it wants done.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

/* The generation that this window has, or would have if it were published now. */
static unsigned item_generation(const Item *i) {
        unsigned generation = 0;

        for (unsigned n = 0; n < i->n_parts; n++) {
                const Part *p = &i->parts[n];
                const Record *r = p->record;
                unsigned g = 0;

                if (r && (record_unpublished(r) || (!state_final(r->left) && r->status != RECORD_GONE)))
                        g = r->generation;
                else if (r)
                        g = r->generation + 1;
                if (p->seen.present && (!r || p->seen_generation > r->generation))
                        g = MAX(g, p->seen_generation);
                generation = MAX(generation, g);
        }
        return generation;
}

static const Record no_record;

void part_input(const Engine *e, Now now, const Item *i, const Part *p, const Object *want, PartInput *ret) {
        const Remote *r = i->remote;
        const Record *rec = p->record;

        *ret = (PartInput) {
                .now = now, .can = &r->can, .window = i->window, .want = want, .record = rec, .seen = &p->seen, .look = part_look(r, p), .listed = r->listed,
                .look_first = !p->looked && now.boot < r->look_first_until,
                .edited = i->source->set ? i->source->set->loaded : 0, .adopt = i->adopt, .withdrawn_why = "", .partly = i->n_parts > 1 && item_live(i),
        };
        /* Published once more by us, then the ledger lost that: what is there is newer than what we know. */
        if (rec && !rec->intent && p->seen.present && !p->absent && *p->seen.remote_id && p->seen_generation > rec->generation) {
                ret->record = rec = NULL;
                ret->look = LOOK_PRESENT;
        }
        if (!i->window && i->source->status != SET_GOOD && !i->source->set)
                rec = rec ? rec : &no_record;
        by_hand(e, i, &ret->by_hand);
        ret->withdrawn = item_withdrawn(e, i, now, &ret->withdrawn_why, &ret->withdraw_at);
        if (rec && rec->held && record_live(rec)) {
                ret->hold_cancel = rec->held == item_cancel_hash(i, rec);
                ret->hold_move = i->window && rec->held == item_move_hash(i, rec);
        }
}

int item_project(const Item *i, Arena *a, Object **ret, size_t *ret_n, const char **ret_problem) {
        const Target *t = i->remote->target;
        int r;

        *ret = NULL;
        *ret_n = 0;
        *ret_problem = NULL;
        if (!i->window)
                return 0;
        r = t->driver->project(t, i->window, item_generation(i), a, ret, ret_n, ret_problem);
        if (r == -ENOKEY) {
                *ret_n = 0;
                *ret_problem = text_or(*ret_problem, "a service does not resolve");
                return 0;
        }
        return r;
}

int item_decide(const Engine *e, Now now, const Item *i, Arena *a, PartPlan **ret, size_t *ret_n, const char **ret_problem) {
        Object *objects;
        size_t n_objects, n = 0;
        PartPlan *plans;
        int r = item_project(i, a, &objects, &n_objects, ret_problem);

        if (r < 0)
                return r;
        plans = arena_array(a, n_objects + i->n_parts + 1, sizeof(*plans));
        if (!plans)
                return -ENOMEM;
        for (size_t k = 0; k < n_objects; k++)
                plans[n++] = (PartPlan) { .part = text_or(objects[k].part, ""), .want = &objects[k] };
        for (unsigned k = 0; k < i->n_parts; k++) {
                bool wanted = false;

                for (size_t m = 0; m < n_objects && !wanted; m++)
                        wanted = strcmp(plans[m].part, i->parts[k].part) == 0;
                if (!wanted)
                        plans[n++] = (PartPlan) { .part = i->parts[k].part };
        }
        if (n == 0 && *ret_problem && i->window)
                plans[n++] = (PartPlan) { .part = "" }; /* what it consists of is not known: its times still are */
        for (size_t k = 0; k < n; k++) {
                PartPlan *pp = &plans[k];
                const Unowned *twin = NULL;
                PartInput in;

                pp->p = item_part_find(i, pp->part);
                pp->none = (Part) { .part = (char *) pp->part, .seen = { .remote_id = "", .version = "" } };
                part_input(e, now, i, pp->p ? pp->p : &pp->none, pp->want, &in);
                /* Before probe and catalogue have been read, the projection means nothing. */
                in.unresolved = *ret_problem != NULL || i->remote->phase < PHASE_LIST;
                if ((!in.record || record_unpublished(in.record)) && in.look != LOOK_PRESENT && pp->want)
                        twin = twin_of(i->remote, pp->want);
                if (twin) {
                        pp->twin_seen = (Seen) { .present = true, .state = twin->state, .print = twin->print, .remote_id = twin->remote_id, .version = "" };
                        in.twin = true;
                        in.seen = &pp->twin_seen;
                }
                r = item_cleared(i, in.record, a, pp->want, &in.cleared);
                if (r < 0)
                        return r;
                plan_part(&in, &pp->d);
                r = pp->d.step == STEP_ACT ? item_effects(i, a, pp->want, &pp->d.action) : 0;
                if (r < 0)
                        return r;
        }
        *ret = plans;
        *ret_n = n;
        return 0;
}

static bool better(const PartPlan *a, const PartPlan *b) {
        return !b || action_compare(&a->d.action, &b->d.action) < 0;
}

static bool acts(const PartPlan *pp, Now now) {
        return pp->d.step == STEP_ACT && (!pp->p || (!pp->p->flight && pp->p->retry_at <= now.boot));
}

PartPlan *item_choose(PartPlan *plans, size_t n, Now now) {
        PartPlan *best = NULL;

        for (size_t k = 0; k < n; k++)
                if (acts(&plans[k], now) && better(&plans[k], best))
                        best = &plans[k];
        return best;
}
