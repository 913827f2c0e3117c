/*
 * Plan: one decision about one part of a window at one target
 *
 * The functions below are the rows of the decision table in ARCHITECTURE.md, tried from top to bottom; the first that applies
 * decides. Each returns true when it has decided. What a target can do comes as Capabilities, never as a name.
 */
#include "reconcile/plan.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

typedef struct Ctx {
        const PartInput *in;
        const Capabilities *can;
        const Record *r;        /* NULL: none, or a stub */
        const Window *w;        /* in force; NULL: nothing describes it */
        Window copy;            /* the window without its held cancellation, or as people have it elsewhere */
        Object o;               /* what is wanted there now: the projection with times in force */
        bool again;             /* what is looked at is over: the next generation is to be published */
        State wanted;
        Decision *d;
} Ctx;

static bool can_write(const Capabilities *can, State s) {
        return can->writes & BIT(s);
}

static bool can_move(const Capabilities *can, State s) {
        return can->moves & BIT(s);
}

static void next_at(Decision *d, usec_t t, const char *what) {
        if (t < d->next) {
                d->next = t;
                d->next_what = what;
        }
}

static void next_never(Decision *d) {
        d->next = USEC_INFINITY;
        d->next_what = "";
}

/* The manifest's own word on the times has changed since our last write. */
static bool times_changed(const Record *r, const Window *w) {
        return r->start != w->start || r->end != w->end;
}

printf_(5, 6)
static bool act(Ctx *c, ActionKind kind, State state, Urgency urgency, const char *fmt, ...) {
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

static bool note(Ctx *c, Note n, State state) {
        c->d->step = STEP_NOTE;
        c->d->note = n;
        c->d->note_state = state;
        return true;
}

/* A message goes out once, with the first thing that is told after its text was loaded. */
static void attach_message(Ctx *c) {
        Action *a = &c->d->action;

        if (a->quiet || !c->can->messages || !c->in->window || !*c->in->window->message)
                return;
        if (!c->in->record || !record_told(c->in->record, message_hash(c->in->window->message)))
                a->message = c->in->window->message;
}

static uint64_t update_hash(const Update *u) {
        return hash_u64(hash_u64(hash_text(HASH_SEED, "update"), u->from_start), u->at);
}

/* ── nothing of ours is there ──────────────────────────────────────────────────────────────────────────────── */

static bool row_marker_ours(Ctx *c) {
        if (c->in->look != LOOK_PRESENT || c->in->twin)
                return false;
        if (c->in->seen->foreign_ledger && !c->in->adopt) {
                c->d->trouble = TROUBLE_CLAIMED;
                return note(c, NOTE_CLAIMED, c->in->seen->state);
        }
        return note(c, NOTE_ADOPTED, c->in->seen->state);
}

static bool row_twin(Ctx *c) {
        const Record *stub = c->in->record;
        uint64_t change;

        if (!c->in->twin || state_final(c->wanted))
                return false;
        if (c->in->adopt)
                return note(c, NOTE_ADOPTED, c->in->seen->state);
        change = change_hash("already there", c->w->key, 0, c->w->start, c->w->end);
        if (stub && stub->approved == change)
                return false;
        c->d->trouble = TROUBLE_ALREADY_THERE;
        return true;
}

static unsigned next_generation(const Ctx *c) {
        const Record *old = c->in->record;

        return !old ? 0 : record_is_stub(old) ? old->generation : old->generation + 1;
}

static bool row_create(Ctx *c) {
        bool running = c->wanted == STATE_IN_PROGRESS, by_clock = can_move(c->can, STATE_IN_PROGRESS);
        const Window *w = c->w;
        Action *a = &c->d->action;

        if (state_final(c->wanted) || c->o.end <= c->in->now.real)
                return true;
        if (!running && w->floor == STATE_SCHEDULED && c->in->now.real < w->publish) {
                next_at(c->d, w->publish, "publish");
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

        act(c, ACTION_CREATE, running && c->can->create_running ? STATE_IN_PROGRESS : STATE_SCHEDULED,
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

static bool shown(const Seen *s, const char *text) {
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
            c->r->status == RECORD_GONE || record_told(c->r, message_hash(text)) || !shown(c->in->seen, text))
                return false;
        c->d->note_told = message_hash(text);
        return note(c, NOTE_TOLD, c->r->left);
}

static bool row_over(Ctx *c) {
        const Record *r = c->r;

        if (r->status == RECORD_CLAIMED) {
                if (c->in->adopt && c->in->look == LOOK_PRESENT)
                        return note(c, NOTE_ADOPTED, c->in->seen->state);
                c->d->trouble = TROUBLE_CLAIMED;
                return true;
        }
        if (r->status != RECORD_GONE && !state_final(r->left))
                return false;
        /* It is there again: somebody has restored it. */
        if (r->status == RECORD_GONE && c->in->look == LOOK_PRESENT && !state_final(r->left))
                return note(c, NOTE_ADOPTED, c->in->seen->state);
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
                return note(c, NOTE_TAKEN_OVER, STATE_COMPLETED);
        if (c->in->look == LOOK_GONE)
                return note(c, NOTE_GONE, c->r->left);
        if (c->in->look != LOOK_ABSENT)
                return false;
        c->d->step = STEP_LOOK;
        return true;
}

static bool row_claimed(Ctx *c) {
        if (c->in->look != LOOK_PRESENT || !c->in->seen->foreign_ledger || c->r->applied.marker == MARKER_TO_BE_WRITTEN)
                return false;
        if (c->in->adopt)
                return note(c, NOTE_ADOPTED, c->in->seen->state);
        c->d->trouble = TROUBLE_CLAIMED;
        return note(c, NOTE_CLAIMED, c->in->seen->state);
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
                        next_at(c->d, since, "look");
                        return false;
                }
                if (can_move(c->can, left) && !can_write(c->can, left))
                        return false; /* its own clock is a little behind ours */
                return note(c, NOTE_STEPPED_BACK, s->state);
        }
        if (s->state <= c->wanted || state_final(c->wanted) || c->in->withdrawn || clock_was_faster(c, s->state))
                return note(c, NOTE_TAKEN_OVER, s->state);
        c->d->trouble = TROUBLE_DIVERGED;
        return note(c, NOTE_DIVERGED, s->state);
}

static bool row_echo(Ctx *c) {
        if (c->r->echo.start != ECHO_UNKNOWN)
                return false;
        if (c->in->look == LOOK_PRESENT)
                return note(c, NOTE_ECHO, c->in->seen->state);
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
        return note(c, NOTE_DIVERGED, c->r->left);
}

/* ── ours and live: what is wanted ─────────────────────────────────────────────────────────────────────────── */

static bool cancel(Ctx *c, Urgency urgency, bool quiet, const char *why) {
        State left = c->r->left;

        if (c->in->hold_cancel) {
                c->d->trouble = TROUBLE_HELD;
                return false;
        }
        act(c, ACTION_CANCEL, STATE_CANCELLED, urgency, "%s", why);
        c->d->action.quiet = quiet;
        if (c->can->cancel[left] == CANCEL_COMPLETE)
                c->d->action.state = STATE_COMPLETED;
        attach_message(c);
        return true;
}

static bool row_withdrawn(Ctx *c) {
        if (c->in->withdrawn)
                return cancel(c, c->r->left == STATE_IN_PROGRESS ? URGENCY_DUE_END : URGENCY_EDIT, false,
                              text_or(c->in->withdrawn_why, "nothing describes it any more")) ||
                       !c->w;
        if (c->in->withdraw_at)
                next_at(c->d, c->in->withdraw_at, "withdraw");
        return !c->w;
}

static bool start_by_clock(Ctx *c) {
        usec_t at = c->r->applied.start;

        if (at > c->in->now.real && c->w->floor >= STATE_IN_PROGRESS) {
                c->o.start = c->in->now.real / USEC_PER_SEC * USEC_PER_SEC;
                act(c, ACTION_UPDATE, STATE_IN_PROGRESS, URGENCY_DUE_START, "%s", c->in->by_hand.started ? "started elsewhere by someone" : "started early by the manifest");
                c->d->action.fields = FIELD_START;
                return true;
        }
        at = usec_add(at, c->can->lag);
        if (at > c->in->now.real) {
                next_at(c->d, at, "start");
                return false;
        }
        return note(c, NOTE_CLOCK, STATE_IN_PROGRESS);
}

/* Times that cannot be written any more once it runs are written before it starts. */
static bool row_times_first(Ctx *c) {
        uint32_t last = c->can->writable[STATE_SCHEDULED] & ~c->can->writable[STATE_IN_PROGRESS] & FIELDS_TIMES, fields;
        Print want = object_print(&c->o);

        if (c->r->left != STATE_SCHEDULED || c->wanted == STATE_SCHEDULED || c->wanted == STATE_CANCELLED || c->in->unresolved)
                return false;
        fields = print_diff(&want, &c->r->applied, FIELDS_TIMES) & c->can->writable[STATE_SCHEDULED];
        if (!(fields & last))
                return false;
        act(c, ACTION_UPDATE, STATE_SCHEDULED, URGENCY_DUE_START, "start moved before now");
        c->d->action.fields = fields;
        c->d->action.quiet = c->wanted == STATE_COMPLETED; /* only the end is told */
        if (c->r->refused != refusal_hash(&c->d->action))
                return true;
        c->d->step = STEP_NOTHING; /* then it starts with the times it has there */
        return false;
}

static bool row_start(Ctx *c) {
        const Window *w = c->w;
        bool early;

        if (c->r->left != STATE_SCHEDULED || c->wanted == STATE_SCHEDULED || c->wanted == STATE_CANCELLED)
                return false;
        if (!can_write(c->can, STATE_IN_PROGRESS))
                return can_move(c->can, STATE_IN_PROGRESS) && start_by_clock(c);
        early = c->in->now.real < c->o.start;
        act(c, ACTION_START, STATE_IN_PROGRESS, URGENCY_DUE_START, "%s",
            early ? "started early by the manifest" : c->wanted == STATE_COMPLETED ? "its start has passed" : "its start has come");
        c->d->action.due = early ? 0 : w->floor == STATE_IN_PROGRESS && !w->auto_start ? 0 : c->o.start;
        /* Start and end both passed: only the end is told. Said before: not said again. */
        c->d->action.quiet = c->wanted == STATE_COMPLETED || record_told(c->r, phase_hash(STATE_IN_PROGRESS));
        attach_message(c);
        return true;
}

static bool row_complete(Ctx *c) {
        bool by_word = c->w->floor == STATE_COMPLETED;
        usec_t at;

        if (c->r->left != STATE_IN_PROGRESS || c->wanted != STATE_COMPLETED)
                return false;
        at = usec_add(c->r->applied.end, c->can->lag);
        if (can_move(c->can, STATE_COMPLETED) && (!by_word || !can_write(c->can, STATE_COMPLETED) || at <= c->in->now.real)) {
                if (at <= c->in->now.real)
                        return note(c, NOTE_CLOCK, STATE_COMPLETED);
                /* The end lies elsewhere there (an edit is due below), or its clock needs a moment. */
                next_at(c->d, at, "complete");
                return false;
        }
        if (!can_write(c->can, STATE_COMPLETED))
                return false;
        act(c, ACTION_COMPLETE, STATE_COMPLETED, URGENCY_DUE_END, c->in->by_hand.over ? "completed elsewhere by someone" : by_word ? "completed by the manifest" : "its end has come");
        c->d->action.due = c->in->now.real >= c->o.end ? c->o.end : 0;
        c->d->action.quiet = record_told(c->r, phase_hash(STATE_COMPLETED));
        attach_message(c);
        return true;
}

/* Another window that ended there took their status from services that this one still works on. */
static bool row_effect(Ctx *c) {
        if (!c->in->cleared || c->r->left != STATE_IN_PROGRESS || record_told(c->r, c->in->cleared))
                return false;
        act(c, ACTION_EFFECT, STATE_IN_PROGRESS, URGENCY_DUE_END, "another window that ended has cleared its services");
        c->d->action.quiet = true;
        c->d->action.tells = c->in->cleared;
        return true;
}

static bool row_cancel(Ctx *c) {
        const Window *w = c->w;

        if (c->wanted == STATE_CANCELLED)
                return cancel(c, c->r->left == STATE_IN_PROGRESS ? URGENCY_DUE_END : URGENCY_EDIT, false,
                              c->in->by_hand.over ? "ended elsewhere by someone" : "cancelled by the manifest");
        /* A running one-off does not go back: this one ends, the next generation is published. */
        if (c->r->left == STATE_IN_PROGRESS && !w->recurring && w->floor == STATE_SCHEDULED && w->start > c->in->now.real &&
            c->r->start != w->start && c->r->start <= c->in->now.real)
                return cancel(c, URGENCY_DUE_END, false, "postponed after it began");
        return false;
}

static bool row_edit(Ctx *c) {
        Print want = object_print(&c->o);
        uint32_t fields = c->in->unresolved ? 0 : print_diff(&want, &c->r->applied, FIELDS_ALL), may = c->can->writable[c->r->left];
        uint32_t there = c->in->look == LOOK_PRESENT ? fields & c->can->readable & ~print_diff(&want, &c->in->seen->print, FIELDS_ALL) : 0;
        char list[96] = "";

        if (c->r->applied.marker == MARKER_TO_BE_WRITTEN)
                there &= ~(uint32_t) FIELD_MARKER; /* whose it is does not show in it */
        if (there) {
                c->d->note_fields = there;
                return note(c, NOTE_TAKEN_OVER, c->r->left);
        }
        if ((fields & FIELDS_TIMES & ~may) && c->r->left == STATE_SCHEDULED)
                return cancel(c, URGENCY_EDIT, true, "replaced by a successor: its times cannot be changed there");
        fields &= may;
        if (!fields)
                return false;
        for (unsigned i = 0; i < FIELDS; i++)
                if (fields & BIT(i))
                        (void) snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? ", " : "", field_to_string(BIT(i)));
        act(c, ACTION_UPDATE, c->r->left, URGENCY_EDIT, "%s changed", list);
        c->d->action.fields = fields;
        c->d->action.quiet = !(fields & FIELDS_TIMES) || (c->in->window && !c->in->window->auto_complete && !times_changed(c->r, c->w));
        if (fields == FIELD_MARKER)
                (void) snprintf(c->d->reason, sizeof(c->d->reason), "marker brought up to date");
        attach_message(c);
        return true;
}

static unsigned heals_of(const Record *r, unsigned field, usec_t now) {
        return r->heal_day == now / USEC_PER_DAY ? r->heals >> (2 * field) & 3 : 0;
}

static bool row_heal(Ctx *c) {
        uint32_t fields, limit = 0;
        char list[96] = "";

        if (c->in->look != LOOK_PRESENT || c->r->echo.start == ECHO_UNKNOWN || c->in->unresolved)
                return false;
        fields = print_diff(&c->in->seen->print, &c->r->echo, c->can->readable & c->can->writable[c->r->left] & ~c->r->diverged);
        for (unsigned i = 0; i < FIELDS; i++) {
                if (!(fields & BIT(i)))
                        continue;
                if (heals_of(c->r, i, c->in->now.real) >= HEALS_MAX)
                        limit |= BIT(i);
                else
                        (void) snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? ", " : "", field_to_string(BIT(i)));
        }
        if (limit) {
                c->d->trouble = TROUBLE_HEAL_LIMIT;
                next_at(c->d, (c->in->now.real / USEC_PER_DAY + 1) * USEC_PER_DAY, "heal");
        }
        fields &= ~limit;
        if (!fields)
                return false;
        act(c, ACTION_UPDATE, c->r->left, URGENCY_QUIET, "%s changed there by someone else", list);
        c->d->action.fields = fields;
        c->d->action.quiet = true;
        return true;
}

static bool row_message(Ctx *c) {
        usec_t now = c->in->now.real;

        if (!c->can->messages || c->r->left != STATE_IN_PROGRESS)
                return false;
        for (size_t i = 0; i < c->w->n_updates; i++) {
                const Update *u = &c->w->updates[i];
                usec_t due = u->from_start ? usec_add(c->r->started, u->at) : u->at;
                uint64_t told = update_hash(u);

                if (record_told(c->r, told) || (due > c->o.end && c->w->auto_complete))
                        continue;
                if (due > now) {
                        next_at(c->d, due, "message");
                        continue;
                }
                c->d->note_told = told;
                if (c->in->look == LOOK_PRESENT && shown(c->in->seen, u->message))
                        return note(c, NOTE_TOLD, c->r->left);
                if (now - MIN(now, MAX(due, c->in->edited)) > UPDATE_LATE_MAX)
                        return note(c, NOTE_DROPPED, c->r->left);
                act(c, ACTION_MESSAGE, c->r->left, URGENCY_DUE_MESSAGE, "update %zu of %u is due", i + 1, c->w->n_updates);
                c->d->action.message = u->message;
                c->d->action.tells = told;
                c->d->action.due = due;
                return true;
        }
        return false;
}

/* ── times in force ────────────────────────────────────────────────────────────────────────────────────────── */

static void keep_open(Ctx *c) {
        usec_t ahead = usec_add(c->in->now.real, OVERRUN_AHEAD);

        if (c->w->auto_complete || !can_move(c->can, STATE_COMPLETED) || state_final(c->w->floor) || (c->r && state_final(c->r->left)))
                return;
        if (!c->r || c->r->left != STATE_IN_PROGRESS)
                return; /* planned anew when it starts */
        if (c->o.end <= ahead)
                c->o.end += ((ahead - c->o.end) / OVERRUN_STEP + 1) * OVERRUN_STEP;
        if (c->o.end > ahead) /* else there is nothing left to keep open */
                next_at(c->d, c->o.end - OVERRUN_AHEAD, "extend");
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
        keep_open(c);
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
        static bool (*const looks[])(Ctx *) = { row_absent, row_claimed, row_state_ahead, row_echo, row_times_by_hand, row_withdrawn };
        static bool (*const wants[])(Ctx *) = { row_cancel, row_times_first, row_start, row_complete, row_effect, row_edit, row_heal, row_message };

        for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
                if (looks[i](c))
                        return;
        if (!c->in->want && !c->in->unresolved) { /* the window is wanted, this part of it no longer */
                (void) cancel(c, URGENCY_EDIT, true, "this part is no longer wanted");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(wants); i++)
                if (wants[i](c))
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
        if (c.r && record_is_stub(c.r))
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
                next_at(d, next, c.wanted == STATE_SCHEDULED ? "start" : "complete");
        } else {
                c.wanted = STATE_CANCELLED;
        }
        d->wanted = c.wanted;

        if (in->record && in->record->intent)
                return; /* its fate is being found out */
        if (c.w && c.w->suspend && !in->withdrawn) {
                d->trouble = TROUBLE_SUSPENDED;
                if (in->withdraw_at)
                        next_at(d, in->withdraw_at, "withdraw"); /* deletion ends the suspension */
                return;
        }
        if (!c.r) {
                next_never(d);
                if (!c.w || in->withdrawn || row_marker_ours(&c) || row_twin(&c))
                        return;
                (void) row_create(&c);
                if (d->step == STEP_NOTHING && c.w->auto_start && c.wanted == STATE_SCHEDULED)
                        next_at(d, c.w->start, "start");
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

/* ── names of changes, order of actions ───────────────────────────────────────────────────────────────────────── */

uint64_t change_hash(const char *what, WindowKey key, unsigned generation, usec_t start, usec_t end) {
        uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, what), key.manifest), key.occurrence);

        h = hash_u64(hash_u64(hash_u64(h, generation), start), end);
        return h ? h : 1;
}

uint64_t refusal_hash(const Action *a) {
        uint64_t h = hash_u64(hash_u64(hash_u64(HASH_SEED, a->kind), a->fields), a->state);

        if (a->want) {
                Print p = object_print(a->want);

                h = hash_bytes(h, &p, sizeof(p));
        }
        h = hash_text(h, a->message);
        return h ? h : 1;
}

int action_compare(const Action *a, const Action *b) {
        int r;

        if (a->urgency != b->urgency)
                return a->urgency < b->urgency ? -1 : 1;
        if (a->due != b->due)
                return a->due < b->due ? -1 : 1;
        if (a->window && b->window && a->window->start != b->window->start)
                return a->window->start < b->window->start ? -1 : 1;
        r = key_compare(a->key, b->key);
        if (r == 0)
                r = strcmp(a->want && a->want->part ? a->want->part : "", b->want && b->want->part ? b->want->part : "");
        return r ? r : (int) a->kind - (int) b->kind;
}
