/*
 * Plan: what is wanted of something that is ours, live, and as we left it
 *
 * The lower half of the decision table in ARCHITECTURE.md.
 */
#include <string.h>

#include "reconcile/plan-internal.h"

/* A message goes out once, with the first thing that is told after its text was loaded. */
static void attach_message(Ctx *c) {
        Action *a = &c->d->action;

        if (a->quiet || !c->can->messages || !c->in->window || !*c->in->window->message)
                return;
        if (!c->in->record || !record_told(c->in->record, message_hash(c->in->window->message)))
                a->message = c->in->window->message;
}

static bool cancel(Ctx *c, Urgency urgency, bool quiet, const char *why) {
        State left = c->r->left;

        if (c->in->hold_cancel) {
                c->d->trouble = TROUBLE_HELD;
                return false;
        }
        plan_act(c, ACTION_CANCEL, STATE_CANCELLED, urgency, "%s", why);
        if (c->can->cancel[left] == CANCEL_COMPLETE)
                c->d->action.state = STATE_COMPLETED;
        c->d->action.quiet = quiet || record_told(c->r, phase_hash(c->d->action.state));
        attach_message(c);
        return true;
}

static bool row_withdrawn(Ctx *c) {
        if (c->in->withdrawn)
                return cancel(c, c->r->left == STATE_IN_PROGRESS ? URGENCY_DUE_END : URGENCY_EDIT, false,
                              text_or(c->in->withdrawn_why, "nothing describes it any more")) ||
                       !c->w;
        if (c->in->withdraw_at)
                plan_next_at(c->d, c->in->withdraw_at, "withdraw");
        return !c->w;
}

static bool start_by_clock(Ctx *c) {
        usec_t at = c->r->applied.start;

        if (at > c->in->now.real && c->w->floor >= STATE_IN_PROGRESS) {
                c->o.start = c->in->now.real / USEC_PER_SEC * USEC_PER_SEC;
                plan_act(c, ACTION_UPDATE, STATE_IN_PROGRESS, URGENCY_DUE_START, "%s", c->in->by_hand.started ? "started elsewhere by someone" : "started early by the manifest");
                c->d->action.fields = FIELD_START;
                return true;
        }
        at = usec_add(at, c->can->lag);
        if (at > c->in->now.real) {
                plan_next_at(c->d, at, "start");
                return false;
        }
        return plan_note(c, NOTE_CLOCK, STATE_IN_PROGRESS);
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
        plan_act(c, ACTION_UPDATE, STATE_SCHEDULED, URGENCY_DUE_START, "start moved before now");
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
        plan_act(c, ACTION_START, STATE_IN_PROGRESS, URGENCY_DUE_START, "%s",
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
                        return plan_note(c, NOTE_CLOCK, STATE_COMPLETED);
                /* The end lies elsewhere there (an edit is due below), or its clock needs a moment. */
                plan_next_at(c->d, at, "complete");
                return false;
        }
        if (!can_write(c->can, STATE_COMPLETED))
                return false;
        plan_act(c, ACTION_COMPLETE, STATE_COMPLETED, URGENCY_DUE_END, c->in->by_hand.over ? "completed elsewhere by someone" : by_word ? "completed by the manifest" : "its end has come");
        c->d->action.due = c->in->now.real >= c->o.end ? c->o.end : 0;
        c->d->action.quiet = record_told(c->r, phase_hash(STATE_COMPLETED));
        attach_message(c);
        return true;
}

/* Another window that ended there took their status from services that this one still works on. */
static bool row_effect(Ctx *c) {
        if (!c->in->cleared || c->r->left != STATE_IN_PROGRESS || record_told(c->r, c->in->cleared))
                return false;
        plan_act(c, ACTION_EFFECT, STATE_IN_PROGRESS, URGENCY_DUE_END, "another window that ended has cleared its services");
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
                return plan_note(c, NOTE_TAKEN_OVER, c->r->left);
        }
        if ((fields & FIELDS_TIMES & ~may) && c->r->left == STATE_SCHEDULED)
                return cancel(c, URGENCY_EDIT, true, "replaced by a successor: its times cannot be changed there");
        fields &= may;
        if (!fields)
                return false;
        for (unsigned i = 0; i < FIELDS; i++)
                if (fields & BIT(i))
                        (void) snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? ", " : "", field_to_string(BIT(i)));
        plan_act(c, ACTION_UPDATE, c->r->left, URGENCY_EDIT, "%s changed", list);
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
                plan_next_at(c->d, (c->in->now.real / USEC_PER_DAY + 1) * USEC_PER_DAY, "heal");
        }
        fields &= ~limit;
        if (!fields)
                return false;
        plan_act(c, ACTION_UPDATE, c->r->left, URGENCY_QUIET, "%s changed there by someone else", list);
        c->d->action.fields = fields;
        c->d->action.quiet = true;
        return true;
}

static uint64_t update_hash(const Update *u) {
        return hash_u64(hash_u64(hash_text(HASH_SEED, "update"), u->from_start), u->at);
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
                        plan_next_at(c->d, due, "message");
                        continue;
                }
                c->d->note_told = told;
                if (c->in->look == LOOK_PRESENT && plan_shown(c->in->seen, u->message))
                        return plan_note(c, NOTE_TOLD, c->r->left);
                if (now - MIN(now, MAX(due, c->in->edited)) > UPDATE_LATE_MAX)
                        return plan_note(c, NOTE_DROPPED, c->r->left);
                plan_act(c, ACTION_MESSAGE, c->r->left, URGENCY_DUE_MESSAGE, "update %zu of %u is due", i + 1, c->w->n_updates);
                c->d->action.message = u->message;
                c->d->action.tells = told;
                c->d->action.due = due;
                return true;
        }
        return false;
}

bool plan_wanted(Ctx *c) {
        static bool (*const rows[])(Ctx *) = { row_cancel, row_times_first, row_start, row_complete, row_effect, row_edit, row_heal, row_message };

        if (row_withdrawn(c))
                return true;
        if (!c->in->want && !c->in->unresolved) { /* the window is wanted, this part of it no longer */
                (void) cancel(c, URGENCY_EDIT, true, "this part is no longer wanted");
                return true;
        }
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (rows[i](c))
                        return true;
        return false;
}
