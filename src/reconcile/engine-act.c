/*
 * Engine: deciding and acting
 *
 * A window that is dirty is planned; what it wants done waits in its target's queue in the order of the plan. When there is room,
 * it is decided once more on what is known then, its intent is saved, and the request leaves with the turn.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

/* ── deciding ──────────────────────────────────────────────────────────────────────────────────────────────── */

/* The generation that this window has, or would have if it were published now. */
static unsigned item_generation(const Item *i) {
        unsigned generation = 0;

        for (unsigned n = 0; n < i->n_parts; n++) {
                const Part *p = &i->parts[n];
                const Record *r = p->record;
                unsigned g = 0;

                if (r && (record_is_stub(r) || (!state_final(r->left) && r->status != RECORD_GONE)))
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
                if ((!in.record || record_is_stub(in.record)) && in.look != LOOK_PRESENT && pp->want)
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

/* ── notes: changes of the record alone ────────────────────────────────────────────────────────────────────── */

static const struct { EventKind event; int priority; ActionKind action; const char *text; } notes[] = {
        [NOTE_NONE] = { EVENT_TAKEN_OVER, 6, ACTION_ADOPT, "noted" },
        [NOTE_ADOPTED] = { EVENT_ADOPTED, 5, ACTION_ADOPT, "taken over: it carries our marker" },
        [NOTE_TAKEN_OVER] = { EVENT_TAKEN_OVER, 6, ACTION_ADOPT, "is there already, as manifest and clock have it" },
        [NOTE_DIVERGED] = { EVENT_DIVERGED, 4, ACTION_ADOPT, "changed there by someone: taken over as it is" },
        [NOTE_STEPPED_BACK] = { EVENT_DIVERGED, 4, ACTION_ADOPT, "has fallen back there: brought forward again" },
        [NOTE_CLOCK] = { EVENT_TAKEN_OVER, 5, ACTION_ADOPT, "moved by the target's own clock" },
        [NOTE_GONE] = { EVENT_GONE, 4, ACTION_FORGET, "deleted there by someone: not published again until its times or state change, or `maintctl approve`" },
        [NOTE_CLAIMED] = { EVENT_CLAIMED, 4, ACTION_FORGET, "carries our name and another ledger's id: not written until `maintctl adopt`" },
        [NOTE_DROPPED] = { EVENT_DROPPED, 5, ACTION_MESSAGE, "update dropped: more than 15 minutes late" },
        [NOTE_TOLD] = { EVENT_POSTED, 6, ACTION_MESSAGE, "update is there already" },
        [NOTE_ECHO] = { EVENT_TAKEN_OVER, 7, ACTION_ADOPT, "looked at" },
};

static const char *note_text(const Decision *d, const PartInput *in) {
        if (d->note == NOTE_TAKEN_OVER && d->note_fields)
                return "is there already, as the manifest has it";
        if (d->note == NOTE_CLOCK || d->note == NOTE_TAKEN_OVER)
                return d->note_state == STATE_IN_PROGRESS  ? "started there by itself"
                       : d->note_state == STATE_COMPLETED ? "completed there by itself"
                                                          : notes[d->note].text;
        if (d->note == NOTE_DIVERGED && d->note_fields)
                return in->seen->print.end > in->record->echo.end ? "extended there by someone: its end stands" : "shortened there by someone: its end stands";
        if (d->note == NOTE_DIVERGED)
                return d->note_state == STATE_IN_PROGRESS  ? "started there by someone"
                       : d->note_state == STATE_COMPLETED ? "completed there by someone"
                                                          : "cancelled there by someone";
        if (d->note == NOTE_ADOPTED && in->twin)
                return "taken over, as told";
        return notes[d->note].text;
}

static EventKind note_event(const Decision *d) {
        if ((d->note != NOTE_CLOCK && d->note != NOTE_TAKEN_OVER) || d->note_fields)
                return notes[d->note].event;
        return d->note_state == STATE_IN_PROGRESS ? EVENT_STARTED : d->note_state == STATE_COMPLETED ? EVENT_COMPLETED : EVENT_CANCELLED;
}

static int lost_data(Engine *e, Remote *r) {
        size_t gone = 0, live = 0;

        for (Item *i = r->items; i; i = i->next_of_remote)
                for (unsigned n = 0; n < i->n_parts; n++) {
                        const Record *rec = i->parts[n].record;

                        gone += rec && rec->status == RECORD_GONE && i->window;
                        live += rec && !record_is_stub(rec) && rec->status == RECORD_LIVE;
                }
        if (gone < 2 || gone * 100 <= (gone + live) * e->config.max_cancel || gone <= r->gone_reported)
                return 0;
        r->gone_reported = gone;
        return say(e, EVENT_LOST_DATA, 3, r, NULL, NULL, "seems to have lost its data: %zu of %zu windows are gone; `maintctl approve` publishes them again",
                   gone, gone + live);
}

int part_note(Engine *e, Now now, Item *i, PartPlan *pp) {
        Part *p = item_part(i, pp->part);
        const char *id, *version, *text;
        PartInput in;
        Record *rec;
        bool fresh;
        int r;

        if (!p)
                return -ENOMEM;
        part_input(e, now, i, p, pp->want, &in);
        if (pp->twin_seen.present) {
                in.twin = true;
                in.seen = &pp->twin_seen;
        }
        text = note_text(&pp->d, &in);
        fresh = !in.record || (record_is_stub(in.record) && pp->d.note != NOTE_CLAIMED);
        if (!in.record) {
                rec = record_new(e, i, p);
                if (!rec)
                        return -ENOMEM;
                rec->generation = p->seen_generation;
        }
        rec = p->record;
        id = in.seen && in.seen->present && *in.seen->remote_id ? in.seen->remote_id : rec->remote_id;
        version = in.seen && in.seen->present ? in.seen->version : rec->version;
        r = record_note(rec, &pp->d, &in);
        if (r >= 0 && strcmp(id, rec->remote_id) != 0)
                r = record_set_remote_id(rec, id);
        if (r >= 0)
                r = set_const(&rec->version, version);
        if (r >= 0 && fresh && i->window)
                r = set_const(&rec->title, i->window->title);
        if (r >= 0 && pp->d.note == NOTE_ADOPTED && !pp->twin_seen.present)
                r = set_const(&p->seen.remote_id, "");
        if (pp->d.note == NOTE_ADOPTED) {
                /* What was looked at is the object adopted; nothing was written since. */
                rec->written.boot = MIN(rec->written.boot, p->look_boot);
                p->failures = 0;
                p->retry_at = 0;
        }
        if (r >= 0)
                r = save(e, now, ENTRY_NOTE, i, rec, notes[pp->d.note].action, text, NULL);
        if (r >= 0 && pp->d.note != NOTE_ECHO)
                r = say_event(e, note_event(&pp->d), notes[pp->d.note].priority, i->remote, i, p, text) ? 0 : -ENOMEM;
        if (r >= 0 && pp->d.note == NOTE_GONE)
                r = lost_data(e, i->remote);
        if (state_final(rec->left))
                item_ended(e, i);
        followers_dirty(e, i);
        item_dirty(e, i);
        return r;
}

/* ── troubles ──────────────────────────────────────────────────────────────────────────────────────────────── */

static const struct { EventKind event; int priority; bool daily; const char *text; } troubles[] = {
        [TROUBLE_SUSPENDED] = { EVENT_SUSPENDED, 5, false, "suspended: left exactly as it is" },
        [TROUBLE_ALREADY_THERE] = { EVENT_ALREADY_THERE, 4, false, "already there: an object of someone else has its title and times; `maintctl adopt` takes it over, `maintctl approve` publishes another" },
        [TROUBLE_CLAIMED] = { EVENT_CLAIMED, 4, false, NULL },
        [TROUBLE_GONE] = { EVENT_GONE, 4, false, NULL },
        [TROUBLE_DIVERGED] = { EVENT_DIVERGED, 4, false, NULL },
        [TROUBLE_MOVED_INTO_PAST] = { EVENT_MOVED_INTO_PAST, 4, false, "moved into the past: its last good times stay in force; say `state: completed` or `state: cancelled` instead" },
        [TROUBLE_MISSED] = { EVENT_MISSED, 4, true, "missed: nobody has started it and its end has passed; complete, cancel or move it" },
        [TROUBLE_OVERRUNNING] = { EVENT_OVERRUNNING, 4, true, "overrunning: its end has passed and it waits for a person to complete it" },
        [TROUBLE_HELD] = { EVENT_HELD, 4, false, NULL },
        [TROUBLE_HEAL_LIMIT] = { EVENT_HEAL_LIMIT, 4, false, "keeps being changed there: not healed again today" },
        [TROUBLE_REFUSED] = { EVENT_REFUSED, 3, false, NULL },
};

static int trouble_report(Engine *e, Now now, Item *i, Trouble t, State wanted) {
        bool again = t != TROUBLE_NONE && troubles[t].daily && now.real >= usec_add(i->trouble_at, USEC_PER_DAY);
        bool news = t != i->trouble || again;
        int r = 0;

        if (t == TROUBLE_SUSPENDED && i->trouble == t && i->last_wanted != wanted)
                r = say(e, EVENT_SUSPENDED, 5, i->remote, i, NULL, "suspended: not %s, though it is due",
                        wanted == STATE_IN_PROGRESS ? "started" : state_final(wanted) ? "ended" : "moved");
        i->last_wanted = wanted;
        if (!news)
                return r;
        i->trouble = t;
        i->trouble_at = now.real;
        if (t != TROUBLE_NONE && troubles[t].text && r >= 0)
                r = say_event(e, troubles[t].event, troubles[t].priority, i->remote, i, i->n_parts ? &i->parts[0] : NULL, troubles[t].text) ? 0 : -ENOMEM;
        return r;
}

static int unresolved_report(Engine *e, Item *i, const char *problem) {
        if (i->remote->phase < PHASE_LIST)
                problem = NULL; /* its services have not been read yet */
        if (text_equal(problem, i->problem))
                return 0;
        if (set_text(&i->problem, problem) < 0)
                return -ENOMEM;
        return problem ? say(e, EVENT_UNRESOLVED, 4, i->remote, i, NULL, "%s", problem) : 0;
}

/* ── planning one window ───────────────────────────────────────────────────────────────────────────────────── */

static bool better(const PartPlan *a, const PartPlan *b) {
        return !b || action_compare(&a->d.action, &b->d.action) < 0;
}

static bool acts(const PartPlan *pp, Now now) {
        return pp->d.step == STEP_ACT && (!pp->p || (!pp->p->flight && pp->p->retry_at <= now.boot));
}

static PartPlan *choose(PartPlan *plans, size_t n, Now now) {
        PartPlan *best = NULL;

        for (size_t k = 0; k < n; k++)
                if (acts(&plans[k], now) && better(&plans[k], best))
                        best = &plans[k];
        return best;
}

static bool duplicate_waits(const Item *i) {
        for (unsigned n = 0; n < i->n_parts; n++)
                if (i->parts[n].duplicate && !i->parts[n].flight && part_look(i->remote, &i->parts[n]) == LOOK_PRESENT)
                        return true;
        return false;
}

static int queue(Engine *e, Now now, Item *i, const PartPlan *best) {
        Remote *r = i->remote;

        if (!best && !duplicate_waits(i)) {
                heap_remove(&r->ready, i);
                return 0;
        }
        i->urgency = best ? best->d.action.urgency : URGENCY_QUIET;
        i->due = best ? best->d.action.due : 0;
        i->start = i->window ? i->window->start : 0;
        return heap_put(&r->ready, i);
}

/* Arms what comes by time alone: the next due instant, the look ahead of it, a retry. */
static int arm(Engine *e, Now now, Item *i, const PartPlan *plans, size_t n) {
        usec_t next = USEC_INFINITY, wait = USEC_INFINITY;
        bool transition, old = false;
        int r = 0;

        i->next_what = "";
        for (size_t k = 0; k < n; k++) {
                const PartPlan *pp = &plans[k];

                if (pp->d.next < next) {
                        next = pp->d.next;
                        i->next_what = pp->d.next_what;
                }
                if (pp->p && pp->p->retry_at > now.boot && pp->d.step != STEP_NOTHING)
                        wait = MIN(wait, pp->p->retry_at);
                if (pp->p && pp->p->look_wanted && pp->p->look_at > now.boot)
                        wait = MIN(wait, pp->p->look_at);
                if (pp->d.look_first)
                        wait = MIN(wait, i->remote->look_first_until);
                if (pp->p && pp->p->record && !record_is_stub(pp->p->record))
                        old |= pp->p->seen.at.real == 0 || usec_add(pp->p->seen.at.real, LOOK_OLD) < usec_sub(next, LOOK_AHEAD);
        }
        if (i->trouble != TROUBLE_NONE && troubles[i->trouble].daily)
                next = MIN(next, usec_add(i->trouble_at, USEC_PER_DAY));
        i->next = next;
        transition = strcmp(i->next_what, "start") == 0 || strcmp(i->next_what, "complete") == 0;
        i->look_ahead = transition && old && next != USEC_INFINITY && next > usec_add(now.real, LOOK_AHEAD);
        if (i->look_ahead)
                i->next = next - LOOK_AHEAD;
        else if (transition && old && next > now.real && next != USEC_INFINITY)
                for (unsigned k = 0; k < i->n_parts && r >= 0; k++)
                        if (i->parts[k].record && !i->parts[k].reading && !record_is_stub(i->parts[k].record) &&
                            usec_add(i->parts[k].seen.at.real, LOOK_OLD) < now.real)
                                r = want_look(e, i, &i->parts[k]);
        i->wait_boot = wait;
        if (r >= 0) {
                if (wait == USEC_INFINITY)
                        heap_remove(&e->waiting, i);
                else
                        r = heap_put(&e->waiting, i);
        }
        if (i->next == USEC_INFINITY) {
                heap_remove(&e->due, i);
                return r;
        }
        return r < 0 ? r : heap_put(&e->due, i);
}

int item_plan(Engine *e, Now now, Item *i) {
        const char *problem;
        Trouble trouble = TROUBLE_NONE;
        State wanted = STATE_SCHEDULED;
        PartPlan *plans;
        size_t n;
        int r;

        if (!i->remote->target || !e->loaded)
                return 0;
        if (i->n_parts == 0 && !i->remote->listed)
                return 0; /* nothing of it is known to be there, or not to be there: planned once there is a listing */
        if (!e->scratch && !(e->scratch = arena_new()))
                return -ENOMEM;
        arena_reset(e->scratch);
        for (unsigned k = 0; k < i->n_parts; k++)
                if (i->parts[k].record && i->parts[k].record->intent && !i->parts[k].flight) {
                        r = part_resolve(e, now, i, &i->parts[k]);
                        if (r < 0)
                                return r;
                }
        r = item_decide(e, now, i, e->scratch, &plans, &n, &problem);
        if (r >= 0)
                r = unresolved_report(e, i, problem);
        for (size_t k = 0; k < n && r >= 0; k++) {
                PartPlan *pp = &plans[k];

                if (pp->p && pp->p->flight)
                        continue;
                wanted = pp->d.wanted;
                if (pp->d.trouble != TROUBLE_NONE)
                        trouble = pp->d.trouble;
                if (pp->d.step == STEP_NOTE && !e->read_only && !e->clock_held)
                        return part_note(e, now, i, pp); /* and then planned anew */
                if (pp->d.step == STEP_LOOK && pp->p)
                        r = want_look(e, i, pp->p);
        }
        if (r >= 0)
                r = trouble_report(e, now, i, trouble, wanted);
        if (r >= 0)
                r = queue(e, now, i, choose(plans, n, now));
        return r < 0 ? r : arm(e, now, i, plans, n);
}

/* ── sending ───────────────────────────────────────────────────────────────────────────────────────────────── */

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

        if (a->kind == ACTION_CREATE && (!rec || !record_is_stub(rec))) {
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
        best = choose(plans, n, now);
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
