/*
 * Plan: one decision about one part of a window at one target
 *
 * The functions here and in plan-wanted.c are the rows of the decision table in ARCHITECTURE.md, tried from top to bottom; the
 * first that applies decides. Each returns true when it has decided. What a target can do comes as Capabilities, never as a name.
 */
#include <stdarg.h>
#include <string.h>

#include "reconcile/plan-internal.h"

void plan_next_at(Decision *d, usec_t t, const char *what) {
        if (t < d->next) {
                d->next = t;
                d->next_what = what;
        }
}

static void next_never(Decision *d) {
        d->next = USEC_INFINITY;
        d->next_what = "";
}

bool plan_act(Ctx *c, ActionKind kind, State state, Urgency urgency, const char *fmt, ...) {
        Decision *d = c->d;
        const Record *r = c->r;
        va_list ap;

        va_start(ap, fmt);
        (void) vsnprintf(d->reason, sizeof(d->reason), fmt, ap);
        va_end(ap);
        d->step = STEP_ACT;
        d->want = c->o;
        d->action = (Action) {
                .kind = kind, .window = c->in->window, .record = c->in->record, .want = c->in->want ? &d->want : NULL,
                .key = c->in->window ? c->in->window->key : r->key, /* cppcheck-suppress nullPointerRedundantCheck; there is one or the other */
                .remote_id = r ? r->remote_id : "", .version = "", .state = state, .from = r ? r->left : state,
                .generation = r ? r->generation : 0, .message = "", .edited = c->in->edited, .urgency = urgency, .reason = d->reason,
        };
        if (r && c->in->look == LOOK_PRESENT)
                d->action.version = c->in->seen->version;
        else if (r)
                d->action.version = r->version;
        return true;
}

bool plan_note(Ctx *c, Note n, State state) {
        c->d->step = STEP_NOTE;
        c->d->note = n;
        c->d->note_state = state;
        return true;
}

/* ── nothing of ours is there ──────────────────────────────────────────────────────────────────────────────── */

static bool row_marker_ours(Ctx *c) {
        if (c->in->look != LOOK_PRESENT || c->in->twin)
                return false;
        if (c->in->seen->foreign_ledger && !c->in->adopt) {
                c->d->trouble = TROUBLE_CLAIMED;
                return plan_note(c, NOTE_CLAIMED, c->in->seen->state);
        }
        return plan_note(c, NOTE_ADOPTED, c->in->seen->state);
}

static bool row_twin(Ctx *c) {
        const Record *unpublished = c->in->record;
        uint64_t change;

        if (!c->in->twin || state_final(c->wanted))
                return false;
        if (c->in->adopt)
                return plan_note(c, NOTE_ADOPTED, c->in->seen->state);
        change = change_hash("already there", c->w->key, 0, c->w->start, c->w->end);
        if (unpublished && unpublished->approved == change)
                return false;
        c->d->trouble = TROUBLE_ALREADY_THERE;
        return true;
}

static unsigned next_generation(const Ctx *c) {
        const Record *old = c->in->record;

        return !old ? 0 : record_unpublished(old) ? old->generation : old->generation + 1;
}

static bool row_create(Ctx *c) {
        bool running = c->wanted == STATE_IN_PROGRESS, by_clock = can_move(c->can, STATE_IN_PROGRESS);
        const Window *w = c->w;
        Action *a = &c->d->action;

        if (state_final(c->wanted) || c->o.end <= c->in->now.real)
                return true;
        if (!running && w->floor == STATE_SCHEDULED && c->in->now.real < w->publish) {
                plan_next_at(c->d, w->publish, "publish");
                return true;
        }
        if (!c->in->want || c->in->unresolved)
                return true;
        /* Where the clock starts it, a window that waits for a person must not be there before that person has come. */
        if (!running && by_clock && !w->auto_start)
                return true;
        if (c->again ? !c->in->listed : c->in->look != LOOK_ABSENT && c->in->look != LOOK_GONE && !c->in->twin)
                return true; /* not until a complete listing has shown that it is missing */
        if (running && by_clock && c->o.start > c->in->now.real)
                c->o.start = c->in->now.real;

        plan_act(c, ACTION_CREATE, running && c->can->create_running ? STATE_IN_PROGRESS : STATE_SCHEDULED,
            running ? URGENCY_DUE_START : URGENCY_ANNOUNCE, running ? "not there, and its start has come" : "not there yet");
        a->generation = next_generation(c);
        a->due = running && !c->in->by_hand.started ? w->start : 0;
        a->quiet = running && !c->can->create_running; /* told once, as started */
        return true;
}

/* ── ours, and over ────────────────────────────────────────────────────────────────────────────────────────── */

/* What the target's own clock has ended, at the end it knew of: no person did. */
static bool ended_by_its_clock(const Ctx *c) {
        const Record *r = c->r;

        return r->status == RECORD_FINAL && r->left == STATE_COMPLETED && can_move(c->can, STATE_COMPLETED) && r->applied.end <= usec_add(r->ended, USEC_PER_SEC);
}

/* Whether something that is over at the target is to be published anew: the manifest must have said something new. */
static bool publish_again(const Ctx *c) {
        const Record *r = c->r;
        bool ahead = c->w->start > c->in->now.real;

        if (state_final(c->wanted) || !c->in->want)
                return false;
        if (r->approved == change_hash("gone", r->key, r->generation, c->w->start, c->w->end))
                return true;
        if (r->status == RECORD_GONE)
                return times_changed(r, c->w) || (c->w->floor != STATE_SCHEDULED && r->left < c->w->floor);
        if (c->in->partly && r->status == RECORD_FINAL && r->left == STATE_CANCELLED)
                return true; /* this part was not wanted for a while */
        if (!ahead) /* an extension that comes too late there is still one */
                return times_changed(r, c->w) && c->w->end > c->in->now.real && ended_by_its_clock(c);
        return times_changed(r, c->w) || (r->status == RECORD_FINAL && r->left == STATE_CANCELLED);
}

bool plan_shown(const Seen *s, const char *text) {
        uint64_t h = message_hash(text);

        for (size_t i = 0; i < s->n_messages; i++)
                if (s->messages[i] == h)
                        return true;
        return false;
}

/* The message has gone out with something whose answer did not say so: the look does. */
static bool row_message_rode(Ctx *c) {
        const char *text = c->in->window ? c->in->window->message : "";

        if (!*text || !c->can->messages || c->in->look != LOOK_PRESENT || c->in->seen->foreign_ledger || c->r->status == RECORD_CLAIMED ||
            c->r->status == RECORD_GONE || record_told(c->r, message_hash(text)) || !plan_shown(c->in->seen, text))
                return false;
        c->d->note_told = message_hash(text);
        return plan_note(c, NOTE_TOLD, c->r->left);
}

/* The very object that we had ended is announced or runs again: what ended it was lost there, by a crash or an old backup. */
static bool came_back(Ctx *c) {
        const Seen *s = c->in->seen;
        usec_t since = usec_add(c->r->written.real, c->can->lag);

        if (c->r->status != RECORD_FINAL || c->in->look != LOOK_PRESENT || state_final(s->state) || s->foreign_ledger ||
            (*s->remote_id && strcmp(s->remote_id, c->r->remote_id) != 0))
                return false;
        if (can_move(c->can, STATE_COMPLETED) && s->print.end <= c->in->now.real)
                return false; /* its clock ends it */
        if (c->in->now.real >= since)
                return true;
        plan_next_at(c->d, since, "look");
        return false;
}

static bool row_over(Ctx *c) {
        const Record *r = c->r;

        if (r->status == RECORD_CLAIMED) {
                if (c->in->adopt && c->in->look == LOOK_PRESENT)
                        return plan_note(c, NOTE_ADOPTED, c->in->seen->state);
                c->d->trouble = TROUBLE_CLAIMED;
                return true;
        }
        if (r->status != RECORD_GONE && !state_final(r->left))
                return false;
        /* It is there again: somebody has restored it. */
        if (r->status == RECORD_GONE && c->in->look == LOOK_PRESENT && !state_final(r->left))
                return plan_note(c, NOTE_ADOPTED, c->in->seen->state);
        if (came_back(c))
                return plan_note(c, NOTE_STEPPED_BACK, c->in->seen->state);
        if (!c->w || c->in->withdrawn || (!c->in->want && !c->in->unresolved)) /* not wanted, or this part of it is not */
                return true;
        if (publish_again(c)) {
                usec_t next;

                c->r = NULL;
                c->again = true;
                next_never(c->d);
                /* That the last generation was started says nothing about one whose start lies ahead. */
                if (c->w->start > c->in->now.real)
                        c->d->wanted = c->wanted = state_at(c->w, c->o.start, c->o.end, NULL, c->in->now.real, &next);
                return row_create(c);
        }
        if (r->status == RECORD_GONE && !state_final(c->wanted))
                c->d->trouble = TROUBLE_GONE;
        else if (!state_final(c->wanted))
                c->d->trouble = TROUBLE_DIVERGED;
        return true;
}

/* ── ours and live: what the target shows ──────────────────────────────────────────────────────────────────── */

static bool row_absent(Ctx *c) {
        /* What a target's own clock ends, it may forget some time after (Alertmanager keeps silences for five days). */
        if (c->in->look == LOOK_GONE && can_move(c->can, STATE_COMPLETED) && c->in->now.real >= c->r->end)
                return plan_note(c, NOTE_TAKEN_OVER, STATE_COMPLETED);
        if (c->in->look == LOOK_GONE)
                return plan_note(c, NOTE_GONE, c->r->left);
        if (c->in->look != LOOK_ABSENT)
                return false;
        c->d->step = STEP_LOOK;
        return true;
}

static bool row_claimed(Ctx *c) {
        if (c->in->look != LOOK_PRESENT || !c->in->seen->foreign_ledger || c->r->applied.marker == MARKER_TO_BE_WRITTEN)
                return false;
        if (c->in->adopt)
                return plan_note(c, NOTE_ADOPTED, c->in->seen->state);
        c->d->trouble = TROUBLE_CLAIMED;
        return plan_note(c, NOTE_CLAIMED, c->in->seen->state);
}

/* The manifest names other times now, and the target's clock has done at the old ones what it was told: that is no person's step. */
static bool clock_was_faster(const Ctx *c, State s) {
        usec_t due = s == STATE_IN_PROGRESS ? c->r->applied.start : s == STATE_COMPLETED ? c->r->applied.end : USEC_INFINITY;

        return can_move(c->can, s) && times_changed(c->r, c->w) && due <= c->in->now.real;
}

static bool row_state_ahead(Ctx *c) {
        const Seen *s = c->in->seen;
        State left = c->r->left;

        if (c->in->look != LOOK_PRESENT || s->state == left)
                return false;
        if (s->state < left) {
                usec_t since = c->r->written.real + c->can->lag;

                if (c->in->now.real < since) {
                        plan_next_at(c->d, since, "look");
                        return false;
                }
                if (can_move(c->can, left) && !can_write(c->can, left))
                        return false; /* its own clock is a little behind ours */
                return plan_note(c, NOTE_STEPPED_BACK, s->state);
        }
        if (s->state <= c->wanted || state_final(c->wanted) || c->in->withdrawn || clock_was_faster(c, s->state))
                return plan_note(c, NOTE_TAKEN_OVER, s->state);
        c->d->trouble = TROUBLE_DIVERGED;
        return plan_note(c, NOTE_DIVERGED, s->state);
}

static bool row_echo(Ctx *c) {
        if (c->r->echo.start != ECHO_UNKNOWN)
                return false;
        if (c->in->look == LOOK_PRESENT)
                return plan_note(c, NOTE_ECHO, c->in->seen->state);
        if (c->in->look == LOOK_NONE)
                c->d->step = STEP_LOOK; /* the rows below may still find something more urgent */
        return false;
}

/* Extended or shortened by a person while it runs: that stands. */
static bool row_times_by_hand(Ctx *c) {
        uint32_t moved;

        if (c->in->look != LOOK_PRESENT || c->r->left != STATE_IN_PROGRESS || c->r->echo.start == ECHO_UNKNOWN)
                return false;
        moved = print_diff(&c->in->seen->print, &c->r->echo, FIELD_END & c->can->readable);
        if (!moved)
                return false;
        c->d->note_fields = moved;
        c->d->trouble = TROUBLE_DIVERGED;
        return plan_note(c, NOTE_DIVERGED, c->r->left);
}

/* ── times in force ────────────────────────────────────────────────────────────────────────────────────────── */

static void prolong(Ctx *c) {
        usec_t ahead = usec_add(c->in->now.real, OVERRUN_AHEAD);

        if (c->w->auto_complete || !can_move(c->can, STATE_COMPLETED) || state_final(c->w->floor) || (c->r && state_final(c->r->left)))
                return;
        if (!c->r || c->r->left != STATE_IN_PROGRESS)
                return; /* planned anew when it starts */
        if (c->o.end <= ahead)
                c->o.end += ((ahead - c->o.end) / OVERRUN_STEP + 1) * OVERRUN_STEP;
        if (c->o.end > ahead) /* else there is nothing left to keep open */
                plan_next_at(c->d, c->o.end - OVERRUN_AHEAD, "extend");
}

/* Before its start, or, once it runs, since then: an end that lies before the start cannot have been meant for what runs. */
static bool moved_into_past(const Record *r, const Window *w, usec_t now) {
        if (r->left == STATE_IN_PROGRESS)
                return w->end <= r->start && w->end <= r->started;
        return r->left == STATE_SCHEDULED && w->end <= now;
}

static void times_in_force(Ctx *c) {
        const Record *r = c->r;
        const Window *w = c->w;

        c->o = c->in->want ? *c->in->want : (Object) { .part = "", .start = r ? r->applied.start : w->start, .end = r ? r->applied.end : w->end };
        if (r && !state_final(r->left) && r->status != RECORD_GONE) {
                bool into_past = w->floor == STATE_SCHEDULED && times_changed(r, w) && moved_into_past(r, w, c->in->now.real);

                if (c->in->hold_move || into_past) {
                        c->o.start = r->applied.start;
                        c->o.end = r->applied.end;
                        c->d->trouble = into_past ? TROUBLE_MOVED_INTO_PAST : TROUBLE_HELD;
                }
                if (r->left == STATE_IN_PROGRESS && !(c->can->writable[STATE_IN_PROGRESS] & FIELD_START))
                        c->o.start = r->applied.start;
                if ((r->diverged & FIELD_END) && r->end == w->end)
                        c->o.end = r->applied.end;
        }
        if (c->in->by_hand.end && !(r && r->diverged & FIELD_END))
                c->o.end = c->in->by_hand.end;
        prolong(c);
}

static void waiting_for_a_person(Ctx *c) {
        const Window *w = c->w;
        State left = c->r ? c->r->left : STATE_SCHEDULED;

        if (c->in->now.real < w->end || state_final(c->wanted))
                return;
        if (c->r && !w->auto_start && left == STATE_SCHEDULED && c->wanted == STATE_SCHEDULED)
                c->d->trouble = TROUBLE_MISSED;
        else if (c->r && !w->auto_complete && left == STATE_IN_PROGRESS)
                c->d->trouble = TROUBLE_OVERRUNNING;
}

/* The rows for something that is ours and live, in the order of the table. */
static void plan_live(Ctx *c) {
        static bool (*const rows[])(Ctx *) = { row_absent, row_claimed, row_state_ahead, row_echo, row_times_by_hand, plan_wanted };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (rows[i](c))
                        return;
}

/* Started or ended by a person where that can be done. */
static void follow_people(Ctx *c) {
        bool runs = c->r && c->r->left == STATE_IN_PROGRESS;
        State floor = c->in->by_hand.over ? (runs ? STATE_COMPLETED : STATE_CANCELLED) : c->in->by_hand.started ? STATE_IN_PROGRESS : STATE_SCHEDULED;

        if (floor <= c->w->floor)
                return;
        c->copy = *c->w;
        c->copy.floor = floor;
        c->w = &c->copy;
}

static void decide(const PartInput *in, Decision *d) {
        Ctx c = { .in = in, .can = in->can, .r = in->record, .w = in->window, .d = d };

        *d = (Decision) { .next = USEC_INFINITY, .next_what = "" };
        if (c.r && record_unpublished(c.r))
                c.r = NULL;
        if (c.w && in->hold_cancel && c.w->floor == STATE_CANCELLED) {
                c.copy = *c.w;
                c.copy.floor = STATE_SCHEDULED;
                c.w = &c.copy;
                d->trouble = TROUBLE_HELD;
        }
        if (c.w) {
                usec_t next;

                follow_people(&c);
                times_in_force(&c);
                c.wanted = state_at(c.w, c.o.start, c.o.end, c.r, in->now.real, &next);
                plan_next_at(d, next, c.wanted == STATE_SCHEDULED ? "start" : "complete");
        } else {
                c.wanted = STATE_CANCELLED;
        }
        d->wanted = c.wanted;

        if (in->record && in->record->intent)
                return; /* its fate is being found out */
        if (c.w && c.w->suspend && !in->withdrawn) {
                d->trouble = TROUBLE_SUSPENDED;
                if (in->withdraw_at)
                        plan_next_at(d, in->withdraw_at, "withdraw"); /* deletion ends the suspension */
                return;
        }
        if (!c.r) {
                next_never(d);
                if (!c.w || in->withdrawn || row_marker_ours(&c) || row_twin(&c))
                        return;
                (void) row_create(&c);
                if (d->step == STEP_NOTHING && c.w->auto_start && c.wanted == STATE_SCHEDULED)
                        plan_next_at(d, c.w->start, "start");
                return;
        }
        if (row_message_rode(&c))
                return;
        if (row_over(&c)) {
                /* What is wrong with it is wrong until its time is over. */
                if (d->step == STEP_NOTHING && !c.again && d->trouble == TROUBLE_NONE)
                        next_never(d);
                else if (d->step == STEP_NOTHING && !c.again)
                        d->next_what = "";
                return;
        }
        if (c.w)
                waiting_for_a_person(&c);
        plan_live(&c);
}

/* What time alone asks for, of something that has not been looked at in this process: it may be there already. */
static bool is_due(const Decision *d) {
        if (d->step == STEP_NOTE)
                return d->note == NOTE_CLOCK || d->note == NOTE_DROPPED;
        return d->step == STEP_ACT && d->action.kind != ACTION_CREATE && d->action.urgency <= URGENCY_DUE_MESSAGE;
}

void plan_part(const PartInput *in, Decision *d) {
        decide(in, d);
        d->look_first = in->look_first && is_due(d);
        if (d->look_first)
                d->step = STEP_NOTHING;
        /* A write that the target refused for good is not tried again until something about it changes. */
        if (d->step == STEP_ACT && in->record && in->record->refused && in->record->refused == refusal_hash(&d->action)) {
                d->step = STEP_NOTHING;
                d->trouble = TROUBLE_REFUSED;
        }
}
