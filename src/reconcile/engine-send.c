/*
 * Engine: sending
 *
 * When a target has room, the first of what waits there is decided once more on what is known then, its intent is saved, and the
 * request leaves with the turn.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

/* Of the windows of one recurring manifest published in one pass the first is announced, the others quietly (rule 8). */
static bool announced_in_this_pass(const Item *i) {
        /* The pass began when it could be published first: by the time, or by the load that brought it. */
        usec_t since = MAX(i->window->publish, i->source->set->loaded);

        if (!i->window->recurring)
                return false;
        for (const Item *o = i->source->items; o; o = o->next_of_source)
                for (unsigned n = 0; n < o->n_parts; n++) {
                        const Part *p = &o->parts[n];

                        if (o == i || o->remote != i->remote || !p->record)
                                continue;
                        if (p->record->created > since || (p->flight && p->record->intent_kind == ACTION_CREATE))
                                return true;
                }
        return false;
}

usec_t action_lateness(const Action *a, Now now) {
        return a->due ? usec_sub(now.real, MAX(a->due, a->edited)) : 0;
}

static int intent_record(Engine *e, Item *i, Part *p, Flight *f) {
        Action *a = &f->action;
        Record *rec = p->record;

        if (a->kind == ACTION_CREATE && (!rec || !record_unpublished(rec))) {
                uint64_t approved = rec ? rec->approved : 0, message = message_hash(i->window->message);
                bool said = rec && record_told(rec, message);

                rec = record_new(e, i, p);
                if (!rec || (said && record_tell(rec, message) < 0)) /* a message goes out once, whichever generation it went out with */
                        return -ENOMEM;
                /* What was seen was the generation before. */
                seen_done(&p->seen);
                p->looked = p->absent = p->gone = false;
                rec->approved = approved;
                rec->start = i->window->start;
                rec->end = i->window->end;
                if (set_const(&rec->title, i->window->title) < 0)
                        return -ENOMEM;
        }
        if (a->kind == ACTION_CREATE)
                rec->generation = a->generation;
        rec->intent = e->next_intent++;
        rec->intent_kind = a->kind;
        rec->asked_start = a->kind == ACTION_UPDATE && a->fields & FIELD_START ? a->want->start : 0;
        rec->asked_end = a->kind == ACTION_UPDATE && a->fields & FIELD_END ? a->want->end : 0;
        f->request.intent = rec->intent;
        a->record = rec;
        /* A message whose fate cannot be read back is not repeated: it counts as told before it leaves. */
        if (a->kind == ACTION_MESSAGE && !i->remote->can.messages_readable)
                return record_tell(rec, a->tells);
        return 0;
}

static int give_up(Engine *e, Flight *f, int error) {
        flight_free(e, f);
        return error;
}

static int send_action(Engine *e, Now now, Item *i, PartPlan *best, Flight *f) {
        Remote *r = i->remote;
        Part *p = item_part(i, best->part);
        Unsaved *u;
        int q;

        if (!p)
                return give_up(e, f, -ENOMEM);
        f->action = best->d.action;
        f->action.want = best->want ? &best->d.want : NULL;
        f->action.reason = best->d.reason;
        f->action.remote_id = arena_strdup(f->arena, f->action.remote_id);
        f->action.version = arena_strdup(f->arena, f->action.version);
        f->action.key.manifest = arena_strdup(f->arena, f->action.key.manifest);
        f->action.key.occurrence = arena_strdup(f->arena, f->action.key.occurrence);
        if (!f->action.remote_id || !f->action.version || !f->action.key.manifest || !f->action.key.occurrence)
                return give_up(e, f, -ENOMEM);
        if (f->action.kind == ACTION_CREATE && announced_in_this_pass(i) && f->action.state == STATE_SCHEDULED)
                f->action.quiet = true;
        q = r->target->driver->action_request(r->target, &f->action, f->arena, &f->request);
        if (q == -ENOMEM)
                return give_up(e, f, q);
        if (q < 0) {
                p->failures++;
                p->retry_at = usec_add(now.boot, backoff(p->failures, PAUSE_PART_MAX, PAUSE_PART_MAX, &e->jitter));
                flight_free(e, f);
                item_dirty(e, i);
                return say(e, EVENT_CANNOT, 3, r, i, p, "cannot be asked for here: %s", strerror(-q));
        }
        q = intent_record(e, i, p, f);
        if (q >= 0)
                q = save(e, now, ENTRY_INTENT, i, p->record, f->action.kind, f->action.reason, &u);
        if (q < 0)
                return give_up(e, f, q);
        u->flight = f->serial;
        u->entry.intent = f->request.intent;
        u->entry.due = f->action.due;
        u->entry.late = action_lateness(&f->action, now);
        bucket_take(&r->writes, now.boot);
        q = flight_send(e, f);
        return q < 0 ? give_up(e, f, q) : q;
}

/* A second object with our marker is withdrawn without a word. */
static int send_duplicate(Engine *e, Now now, Item *i, Flight *f) {
        Remote *r = i->remote;
        Unsaved *u;
        Part *p = NULL;
        int q;

        for (unsigned n = 0; n < i->n_parts && !p; n++)
                if (i->parts[n].duplicate && !i->parts[n].flight)
                        p = &i->parts[n];
        if (!p) {
                flight_free(e, f);
                item_dirty(e, i); /* while it waited for its turn it has become something else */
                return 0;
        }
        free(f->part);
        f->part = strdup(p->part);
        f->duplicate_id = STEAL(p->duplicate);
        f->action = (Action) {
                .kind = ACTION_CANCEL, .window = i->window, .key = i->key, .remote_id = f->duplicate_id, .version = "", .state = STATE_CANCELLED,
                .from = STATE_SCHEDULED, .message = "", .quiet = true, .urgency = URGENCY_QUIET, .reason = "a second object with the same marker",
        };
        q = f->part ? r->target->driver->action_request(r->target, &f->action, f->arena, &f->request) : -ENOMEM;
        if (q < 0) {
                flight_free(e, f);
                return q == -ENOMEM ? q : 0;
        }
        f->request.intent = e->next_intent++;
        q = save(e, now, ENTRY_INTENT, i, NULL, ACTION_CANCEL, f->action.reason, &u);
        if (q < 0)
                return give_up(e, f, q);
        u->flight = f->serial;
        u->entry.intent = f->request.intent;
        bucket_take(&r->writes, now.boot);
        q = say(e, EVENT_DUPLICATE, 4, r, i, p, "found twice: the second one (%s) is withdrawn", f->duplicate_id);
        if (q >= 0)
                q = flight_send(e, f);
        return q < 0 ? give_up(e, f, q) : q;
}

static int dispatch_item(Engine *e, Now now, Item *i) {
        Flight *f = flight_new(e, now, i->remote, i, "");
        const char *problem;
        PartPlan *plans, *best;
        size_t n;
        int r;

        if (!f)
                return -ENOMEM;
        r = item_decide(e, now, i, f->arena, &plans, &n, &problem);
        if (r < 0)
                return give_up(e, f, r);
        best = item_choose(plans, n, now);
        if (!best)
                return send_duplicate(e, now, i, f);
        free(f->part);
        f->part = strdup(best->part);
        return f->part ? send_action(e, now, i, best, f) : give_up(e, f, -ENOMEM);
}

int act_dispatch(Engine *e, Now now, Remote *r, usec_t *wake) {
        if (!engine_may_write(e, r) || r->unreachable || r->phase == PHASE_PROBE)
                return 0;
        if (e->commit_failures > 0 && now.boot < e->commit_retry) {
                *wake = MIN(*wake, e->commit_retry);
                return 0;
        }
        for (Item *i; (i = heap_first(&r->ready)) && r->in_flight < (r->writes_denied ? 1 : IN_FLIGHT_MAX);) {
                bool due = i->urgency <= URGENCY_DUE_MESSAGE;
                usec_t when;
                int q;

                if (r->limited && r->writing > 0)
                        return 0; /* one asks whether it may; with its answer the others go, or wait on */

                if (!due && r->phase != PHASE_READY)
                        return 0;
                if (!bucket_ready(&r->writes, due, now.boot, &when)) {
                        *wake = MIN(*wake, when);
                        return 0;
                }
                heap_remove(&r->ready, i);
                q = dispatch_item(e, now, i);
                if (q < 0)
                        return q;
                /* Another of its parts may go at once. */
                if (i->n_parts > 1)
                        item_dirty(e, i);
        }
        return 0;
}
