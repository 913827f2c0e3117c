/*
 * Engine: planning
 *
 * A window that is dirty is planned: what is only to be noted is noted, a trouble is told once, and what it wants done waits in its
 * target's queue in the order of the plan.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

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
                        live += rec && !record_unpublished(rec) && rec->status == RECORD_LIVE;
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
        fresh = !in.record || (record_unpublished(in.record) && pp->d.note != NOTE_CLAIMED);
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
        if (r >= 0 && pp->d.note == NOTE_STEPPED_BACK && i->source->status == SET_MISSING && !i->source->vanished && e->may_withdraw)
                r = source_vanished(e, now, i->source); /* it had been forgotten, for nothing of it was left */
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
                if (pp->p && pp->p->record && !record_unpublished(pp->p->record))
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
                        if (i->parts[k].record && !i->parts[k].reading && !record_unpublished(i->parts[k].record) &&
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
                r = queue(e, now, i, item_choose(plans, n, now));
        return r < 0 ? r : arm(e, now, i, plans, n);
}
