/*
 * Record: what the ledger knows of an object after the fact
 *
 * A write that was accepted, or a note of what was found, becomes a change of the row and of nothing else. What was told is kept
 * by hash, so that nothing is told twice.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "reconcile/plan.h"

uint64_t phase_hash(State s) {
        return hash_text(HASH_SEED, state_to_string(s));
}

bool record_told(const Record *r, uint64_t hash) {
        for (size_t i = 0; i < r->n_told; i++)
                if (r->told[i] == hash)
                        return true;
        return false;
}

int record_tell(Record *r, uint64_t hash) {
        uint64_t *told;

        if (hash == 0 || record_told(r, hash))
                return 0;
        if (r->n_told == TOLD_MAX)
                memmove(r->told, r->told + 1, --r->n_told * sizeof(*r->told));
        told = reallocarray(r->told, r->n_told + 1, sizeof(*told));
        if (!told)
                return -ENOMEM;
        told[r->n_told++] = hash;
        r->told = told;
        return 0;
}

static void count_heals(Record *r, uint32_t fields, usec_t now) {
        if (r->heal_day != now / USEC_PER_DAY) {
                r->heal_day = now / USEC_PER_DAY;
                r->heals = 0;
        }
        for (unsigned i = 0; i < FIELDS; i++)
                if ((fields & BIT(i)) && (r->heals >> (2 * i) & 3) < HEALS_MAX)
                        r->heals += 1u << (2 * i);
}

/* A state has been reached at the target, by whatever hand, at @at. */
static void record_reach(Record *r, State s, usec_t at) {
        r->left = s;
        if (s == STATE_IN_PROGRESS && !r->started)
                r->started = at;
        if (state_final(s)) {
                r->status = RECORD_FINAL;
                r->ended = at;
        }
}

static void apply_update(Record *r, const Action *a, const Print *want, Now now) {
        print_copy(&r->applied, want, a->fields);
        r->diverged &= ~a->fields;
        if (a->urgency == URGENCY_QUIET)
                count_heals(r, a->fields, now.real);
        else if (a->fields & FIELDS_TIMES)
                r->moved = now.real;
}

/* Only what was written is ours: what else differs in the answer was changed by someone, and is found by the next look. */
static void record_echo(Record *r, const Action *a, const Object *shown) {
        Print p = object_print(shown);

        if (a->kind == ACTION_CREATE || r->echo.start == ECHO_UNKNOWN)
                r->echo = p;
        else if (a->kind == ACTION_UPDATE)
                print_copy(&r->echo, &p, a->fields);
}

int record_apply(Record *r, const Action *a, const Outcome *o, Now now) {
        Print want = a->want ? object_print(a->want) : r->applied;
        int q;

        r->intent = 0;
        r->refused = 0;
        r->written = now;
        if (a->kind == ACTION_CREATE) {
                r->applied = want;
                r->created = now.real;
                r->status = RECORD_LIVE;
                r->approved = 0;
        } else if (a->kind == ACTION_UPDATE) {
                apply_update(r, a, &want, now);
        }
        if (a->window && (a->kind == ACTION_CREATE || (a->fields & FIELDS_TIMES))) {
                r->start = a->window->start;
                r->end = a->window->end;
        }
        if (o->echo)
                record_echo(r, a, &o->echo->object);
        else if (a->kind == ACTION_CREATE || a->kind == ACTION_UPDATE)
                r->echo.start = ECHO_UNKNOWN;
        if (a->state != r->left || a->kind == ACTION_CREATE)
                record_reach(r, a->state,
                             a->state == STATE_IN_PROGRESS && o->echo && o->echo->started ? o->echo->started : now.real);
        q = record_tell(r, a->tells);
        if (q == 0 && !a->quiet && a->state != STATE_SCHEDULED && a->kind != ACTION_UPDATE && a->kind != ACTION_MESSAGE)
                q = record_tell(r, phase_hash(a->state));
        if (q == 0 && *a->message && a->kind != ACTION_MESSAGE)
                q = record_tell(r, message_hash(a->message));
        return q;
}

static void note_adopted(Record *r, const PartInput *in, State state) {
        const Seen *s = in->seen;

        r->status = RECORD_LIVE;
        r->applied = r->echo = s->print;
        /* Whatever is not readable there cannot differ; the marker is written anew when it names another ledger. */
        if (in->want) {
                Print want = object_print(in->want);

                print_copy(&r->applied, &want, ~in->can->readable);
        }
        if (s->foreign_ledger || in->twin)
                r->applied.marker = MARKER_TO_BE_WRITTEN;
        if (in->window) {
                r->start = in->window->start;
                r->end = in->window->end;
        }
        r->created = in->now.real;
        r->intent = 0;
        r->diverged = 0;
        record_reach(r, state, s->started ? s->started : MIN(in->now.real, in->window ? in->window->start : in->now.real));
}

/* A step that was seen. What runs has the start that is shown: where each edit sends it again, another would end it or put it back. */
static void note_step(Record *r, State state, const Seen *s, usec_t now) {
        usec_t at = state == STATE_IN_PROGRESS ? s->started : s->ended;

        if (state == STATE_IN_PROGRESS) {
                print_copy(&r->applied, &s->print, FIELD_START);
                if (r->echo.start != ECHO_UNKNOWN)
                        print_copy(&r->echo, &s->print, FIELD_START);
        }
        record_reach(r, state, at ? at : now);
}

int record_note(Record *r, const Decision *d, const PartInput *in) {
        const Seen *s = in->seen;
        usec_t at = in->now.real;

        switch (d->note) {
        case NOTE_ADOPTED:
                note_adopted(r, in, d->note_state);
                break;
        case NOTE_TAKEN_OVER:
                if (d->note_fields) {
                        print_copy(&r->applied, &s->print, d->note_fields);
                        print_copy(&r->echo, &s->print, d->note_fields);
                        r->diverged &= ~d->note_fields;
                        if (in->window && (d->note_fields & FIELDS_TIMES)) {
                                r->start = in->window->start;
                                r->end = in->window->end;
                        }
                        break;
                }
                note_step(r, d->note_state, s, at);
                break;
        case NOTE_DIVERGED:
                if (d->note_fields) {
                        print_copy(&r->applied, &s->print, d->note_fields);
                        print_copy(&r->echo, &s->print, d->note_fields);
                        r->diverged |= d->note_fields;
                } else {
                        note_step(r, d->note_state, s, at);
                }
                r->status = RECORD_DIVERGED;
                break;
        case NOTE_STEPPED_BACK:
                r->left = d->note_state;
                if (r->status == RECORD_FINAL) {
                        r->status = RECORD_LIVE;
                        r->ended = 0;
                }
                break;
        case NOTE_CLOCK:
                record_reach(r, d->note_state, d->note_state == STATE_IN_PROGRESS ? r->applied.start : r->applied.end);
                break;
        case NOTE_GONE:
                r->status = RECORD_GONE;
                r->ended = at;
                break;
        case NOTE_CLAIMED:
                r->status = RECORD_CLAIMED;
                r->intent = 0;
                break;
        case NOTE_ECHO:
                r->echo = s->print;
                break;
        case NOTE_DROPPED:
        case NOTE_TOLD:
        case NOTE_NONE:
                break;
        }
        return record_tell(r, d->note_told);
}
