/*
 * Plan: the decision table of ARCHITECTURE.md, row by row
 *
 * A scene is a window from START to END that a status page has, as it was written: nothing is to be done. Each row changes the
 * scene a little and says in one line what is decided then:
 *
 *      nothing | look | note NOTE STATE | ACTION STATE urgency [fields] [quiet] ["message"], and [: trouble]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "reconcile/plan.h"

#define START (1800000000ull * USEC_PER_SEC)
#define END (START + 2 * USEC_PER_HOUR)
#define LONG_AGO (START - 30 * USEC_PER_DAY)

/* ── the scene ─────────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct Scene {
        PartInput in;
        Capabilities can;
        Window window;
        Update updates[3];
        Object want;
        Record record;
        Seen seen;
        uint64_t shown[2];
        Decision d;
} Scene;

static Capabilities page(void) {
        const uint32_t running = FIELDS_ALL & ~(uint32_t) FIELD_START;

        return (Capabilities) {
                .family = FAMILY_WINDOW, .writes = BIT(STATES) - 1, .readable = FIELDS_ALL, .writable = { FIELDS_ALL, running, 0, 0 },
                .notifies = BIT(ACTIONS) - 1, .quietable = BIT(ACTIONS) - 1, .marker = MARKER_UNIQUE, .create_running = true, .messages = true,
                .messages_readable = true,
        };
}

/* Its own clock starts and ends it; nothing but its end and its comment can be changed while it runs. */
static void clock_target(Scene *s) {
        s->can.moves = BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED);
        s->can.writes = BIT(STATE_COMPLETED) | BIT(STATE_CANCELLED);
        s->can.lag = USEC_PER_SEC;
        s->can.messages = s->can.messages_readable = false;
}

/* What is wanted has changed with the window; what was written has not. */
static void project(Scene *s) {
        s->want = (Object) {
                .part = "", .start = s->window.start, .end = s->window.end, .title = s->window.title, .body = s->window.body,
                .impact = impact_to_string(s->window.impact), .reminders = "", .marker = "maintd:maintd:db#0", .extra = "",
        };
}

static const Notify notify_all = { .scheduled = true, .started = true, .completed = true, .cancelled = true, .updated = true };

static void scene(Scene *s) {
        *s = (Scene) {
                .can = page(),
                .window = {
                        .key = { "db", "" }, .start = START, .end = END, .impact = IMPACT_MAINTENANCE, .auto_start = true, .auto_complete = true,
                        .title = "Database", .body = "moves", .message = "", .timezone = "UTC",
                        .notify = &notify_all,
                },
        };
        project(s);
        s->record = (Record) {
                .id = 1, .target = "page", .key = s->window.key, .part = "", .remote_id = "7", .version = "1", .title = "Database",
                .applied = object_print(&s->want), .echo = object_print(&s->want), .start = START, .end = END,
                .written = { LONG_AGO, 1000 }, .created = LONG_AGO,
        };
        s->seen = (Seen) {
                .present = true, .print = object_print(&s->want), .remote_id = "7", .version = "1", .at = { START - USEC_PER_HOUR, 2000 }, .messages = s->shown,
        };
        s->in = (PartInput) {
                .now = { START - USEC_PER_HOUR, 3000 }, .can = &s->can, .window = &s->window, .withdrawn_why = "", .want = &s->want,
                .record = &s->record, .look = LOOK_PRESENT, .listed = true, .seen = &s->seen,
        };
}

/* It runs, and that was told. */
static void running(Scene *s) {
        s->record.left = s->seen.state = STATE_IN_PROGRESS;
        s->record.started = s->seen.started = START;
        s->in.now.real = START + USEC_PER_HOUR;
}

static void never_there(Scene *s) {
        s->in.record = NULL;
        s->in.look = LOOK_ABSENT;
        s->seen = (Seen) { .remote_id = "", .version = "" };
}

static void ended(Scene *s, State left) {
        s->record.left = left;
        s->record.status = RECORD_FINAL;
        s->record.ended = START - 2 * USEC_PER_HOUR;
        s->in.look = LOOK_ABSENT;
}

/* What ended it is lost there. */
static void came_back(Scene *s, State state) {
        s->in.look = LOOK_PRESENT;
        s->seen.state = state;
}

/* The manifest says other times now. */
static void moved(Scene *s, int64_t start, int64_t end) {
        s->window.start += (usec_t) start;
        s->window.end += (usec_t) end;
        project(s);
}

static void update_at(Scene *s, usec_t at, const char *message) {
        s->updates[s->window.n_updates++] = (Update) { .at = at, .message = message };
        s->window.updates = s->updates;
}

static void shows(Scene *s, const char *message) {
        s->shown[0] = message_hash(message);
        s->seen.n_messages = 1;
}

/* ── what was decided, in words ────────────────────────────────────────────────────────────────────────────── */

static const char *const note_names[] = {
        "none", "adopted", "taken-over", "diverged", "stepped-back", "clock", "gone", "claimed", "dropped", "told", "echo",
};
static const char *const trouble_names[] = {
        "none", "suspended", "already-there", "claimed", "gone", "diverged", "moved-into-past", "missed", "overrunning", "held", "heal-limit", "refused",
};
static const char *const urgency_names[] = { "due-end", "due-start", "due-message", "edit", "announce", "quietly" };
_Static_assert(ARRAY_SIZE(note_names) == NOTE_ECHO + 1 && ARRAY_SIZE(trouble_names) == TROUBLE_REFUSED + 1, "name them all");

static void describe(const Decision *d, char *buf, size_t size) {
        FILE *f = fmemopen(buf, size, "w");
        const Action *a = &d->action;

        if (d->step == STEP_NOTHING)
                (void) fprintf(f, "nothing");
        else if (d->step == STEP_LOOK)
                (void) fprintf(f, "look");
        else if (d->step == STEP_NOTE)
                (void) fprintf(f, "note %s %s", note_names[d->note], state_to_string(d->note_state));
        else
                (void) fprintf(f, "%s %s %s", action_to_string(a->kind), state_to_string(a->state), urgency_names[a->urgency]);
        for (unsigned i = 0; i < FIELDS && d->step == STEP_ACT; i++)
                if (a->fields & BIT(i))
                        (void) fprintf(f, " %s", field_to_string(BIT(i)));
        if (d->step == STEP_ACT && a->quiet)
                (void) fprintf(f, " quiet");
        if (d->step == STEP_ACT && *a->message)
                (void) fprintf(f, " \"%s\"", a->message);
        if (d->trouble != TROUBLE_NONE)
                (void) fprintf(f, ": %s", trouble_names[d->trouble]);
        (void) fclose(f);
}

static void decide(Scene *s) {
        plan_part(&s->in, &s->d);
}

static void expect(Scene *s, const char *want) {
        char is[300];

        decide(s);
        describe(&s->d, is, sizeof(is));
        if (strcmp(is, want) != 0)
                fail_msg("decided: %s (%s), not: %s", is, s->d.step == STEP_ACT ? s->d.reason : "", want);
}

/* ── the rows ──────────────────────────────────────────────────────────────────────────────────────────────── */

#define ROWS(X) \
        X(as_it_was, "what is as it was needs nothing", "nothing", {}) \
        /* open intents, suspend */ \
        X(intent, "rule 5: while an intent is open nothing is done", "nothing", { s->record.intent = 9; s->window.title = "Other"; project(s); }) \
        X(intent_due, "rule 5: while an intent is open nothing is done, however late", "nothing", { s->record.intent = 9; s->in.now.real = END; }) \
        X(suspended, "a suspended window is left as it is when its start has come", "nothing: suspended", { s->window.suspend = true; s->in.now.real = START; }) \
        X(suspended_drift, "a suspended window is not healed", "nothing: suspended", { s->window.suspend = true; s->seen.print.title = 1; }) \
        X(suspended_new, "a suspended window is not published", "nothing: suspended", { never_there(s); s->window.suspend = true; }) \
        X(suspended_withdrawn, "a suspended window that is withdrawn goes", "cancel cancelled edit", { s->window.suspend = true; s->in.withdrawn = true; }) \
        /* no record */ \
        X(none_marker, "none, our marker there: adopted", "note adopted scheduled", { s->in.record = NULL; }) \
        X(none_claimed, "rule 4: none, our marker with another ledger's id: claimed", "note claimed scheduled: claimed", { s->in.record = NULL; s->seen.foreign_ledger = true; }) \
        X(none_claimed_adopt, "none, claimed, and a person says adopt: adopted", "note adopted scheduled", { s->in.record = NULL; s->seen.foreign_ledger = true; s->in.adopt = true; }) \
        X(none_twin, "rule 4: none, an unowned twin there: already there", "nothing: already-there", { never_there(s); s->in.twin = true; s->in.seen = &s->seen; }) \
        X(none_twin_adopt, "none, a twin, and a person says adopt: adopted", "note adopted scheduled", { never_there(s); s->in.twin = true; s->in.adopt = true; }) \
        X(none_twin_approved, "none, a twin, and a person approved another: created", "create scheduled announce", \
          { never_there(s); s->in.twin = true; s->in.record = &s->record; s->record.created = 0; \
            s->record.approved = change_hash("already there", s->window.key, 0, START, END); }) \
        X(none_twin_other, "none, a twin, and approved for other times: already there", "nothing: already-there", \
          { never_there(s); s->in.twin = true; s->in.record = &s->record; s->record.created = 0; \
            s->record.approved = change_hash("already there", s->window.key, 0, START, END + 1); }) \
        X(none_create, "none, nothing there: created", "create scheduled announce", { never_there(s); }) \
        X(none_unlisted, "none, and no complete listing yet: nothing", "nothing", { never_there(s); s->in.look = LOOK_NONE; }) \
        X(none_early, "none, and it is not to be announced yet: nothing", "nothing", { never_there(s); s->window.publish = START - 1; }) \
        X(none_early_word, "none, not to be announced yet, and its manifest starts it: created", "create in_progress due-start", \
          { never_there(s); s->window.publish = START - 1; s->window.floor = STATE_IN_PROGRESS; }) \
        X(none_running, "rule 6: none, first published after its start: told once, as started", "create in_progress due-start", { never_there(s); s->in.now.real = START + 1; }) \
        X(none_running_twice, "rule 6: none, after its start, where none can be made running: quietly, for the start is told", "create scheduled due-start quiet", \
          { never_there(s); s->in.now.real = START + 1; s->can.create_running = false; }) \
        X(none_past, "rule 6: none, and wholly in the past: nothing", "nothing", { never_there(s); s->in.now.real = END; }) \
        X(none_past_waiting, "rule 6: none, wholly in the past, and it waits for a person: nothing", "nothing", \
          { never_there(s); s->in.now.real = END; s->window.auto_start = s->window.auto_complete = false; }) \
        X(none_cancelled, "none, and its manifest cancels it: nothing", "nothing", { never_there(s); s->window.floor = STATE_CANCELLED; }) \
        X(none_withdrawn, "none, and its manifest is gone: nothing", "nothing", { never_there(s); s->in.withdrawn = true; }) \
        X(none_unresolved, "none, and a service does not resolve: nothing", "nothing", { never_there(s); s->in.want = NULL; s->in.unresolved = true; }) \
        X(none_clock_waits, "none, at a target with a clock, and it waits for a person: nothing", "nothing", { never_there(s); clock_target(s); s->window.auto_start = false; }) \
        X(none_message, "a message goes out with the first thing told", "create scheduled announce", { never_there(s); s->window.message = "hello"; }) \
        X(unpublished, "a create that was not done is done", "create scheduled announce", { s->record.created = 0; s->in.look = LOOK_ABSENT; }) \
        X(unpublished_unlisted, "a create that was not done waits for a listing", "nothing", { s->record.created = 0; s->in.look = LOOK_NONE; }) \
        /* claimed, gone, final */ \
        X(claimed, "rule 4: claimed: nothing", "nothing: claimed", { s->record.status = RECORD_CLAIMED; s->in.now.real = START; }) \
        X(claimed_adopt, "claimed, and a person says adopt: adopted", "note adopted scheduled", { s->record.status = RECORD_CLAIMED; s->in.adopt = true; }) \
        X(gone_again, "gone, and there again: adopted", "note adopted scheduled", { s->record.status = RECORD_GONE; }) \
        X(gone, "rule 7: gone: not published again", "nothing: gone", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; }) \
        X(gone_due, "rule 7: gone, and its start has come: not published again", "nothing: gone", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->in.now.real = START; }) \
        X(gone_over, "gone and over: nothing to say", "nothing", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->in.now.real = END; }) \
        X(gone_moved, "gone, and the manifest moves it: published anew", "create scheduled announce", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; moved(s, 3600000000, 3600000000); }) \
        X(gone_word, "gone, and the manifest starts it: published anew", "create in_progress due-start", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->window.floor = STATE_IN_PROGRESS; }) \
        X(gone_approved, "gone, and approved: published anew", "create scheduled announce", \
          { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->record.approved = change_hash("gone", s->window.key, 0, START, END); }) \
        X(gone_approved_else, "gone, and approved for other times: not published again", "nothing: gone", \
          { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->record.approved = change_hash("gone", s->window.key, 0, START, END - 1); }) \
        X(gone_title, "gone, and only its title changes: not published again", "nothing: gone", { s->record.status = RECORD_GONE; s->in.look = LOOK_GONE; s->window.title = "x"; project(s); }) \
        X(final_taken_back, "cancelled by us, taken back while its start lies ahead: published anew", "create scheduled announce", { ended(s, STATE_CANCELLED); }) \
        X(final_early, "cancelled by us, taken back, and not to be announced yet: nothing", "nothing", { ended(s, STATE_CANCELLED); s->window.publish = START - 1; }) \
        X(final_too_late, "cancelled by us, taken back after its start: diverged", "nothing: diverged", { ended(s, STATE_CANCELLED); s->in.now.real = START; }) \
        X(final_unlisted, "a next generation waits for a listing", "nothing", { ended(s, STATE_CANCELLED); s->in.listed = false; }) \
        X(final_by_person, "rule 7: cancelled there by a person: not undone", "nothing: diverged", { ended(s, STATE_CANCELLED); s->record.status = RECORD_DIVERGED; }) \
        X(final_by_person_moved, "cancelled there by a person, and the manifest moves it ahead: published anew", "create scheduled announce", \
          { ended(s, STATE_CANCELLED); s->record.status = RECORD_DIVERGED; moved(s, 3600000000, 3600000000); }) \
        X(final_completed, "rule 7: completed there by a person: not started again", "nothing: diverged", { ended(s, STATE_COMPLETED); s->record.status = RECORD_DIVERGED; s->in.now.real = START + 1; }) \
        X(clock_ended_extended, "its own clock ended it, and it is extended: published anew, running", "create in_progress due-start", \
          { clock_target(s); ended(s, STATE_COMPLETED); s->record.ended = END; moved(s, 0, 7200000000); s->in.now.real = END + USEC_PER_HOUR; }) \
        X(clock_target_ended_early, "ended early by a person where a clock ends it, and extended: stays ended", "nothing: diverged", \
          { clock_target(s); ended(s, STATE_COMPLETED); s->record.ended = END - USEC_PER_HOUR; moved(s, 0, 7200000000); s->in.now.real = END + USEC_PER_HOUR; }) \
        X(final_completed_moved, "completed, and moved ahead: published anew as scheduled", "create scheduled announce", { ended(s, STATE_COMPLETED); s->record.started = 1; moved(s, 3600000000, 3600000000); }) \
        X(final_over, "over, and over in the manifest: nothing", "nothing", { ended(s, STATE_COMPLETED); s->in.now.real = END; }) \
        X(final_came_back, "ended by us, and the same object is announced again: brought to its end again", "note stepped-back scheduled", { ended(s, STATE_CANCELLED); came_back(s, STATE_SCHEDULED); }) \
        X(final_runs_again, "completed by us, and the same object runs again: brought to its end again", "note stepped-back in_progress", { ended(s, STATE_COMPLETED); came_back(s, STATE_IN_PROGRESS); s->in.now.real = END + 1; }) \
        X(final_came_back_unwanted, "ended by us, nothing describes it, and it is there again: brought to its end again", "note stepped-back scheduled", \
          { ended(s, STATE_CANCELLED); came_back(s, STATE_SCHEDULED); s->in.window = NULL; s->in.want = NULL; }) \
        X(final_another, "ended by us, and another object has its name: not touched", "nothing", { ended(s, STATE_CANCELLED); came_back(s, STATE_SCHEDULED); s->seen.remote_id = "8"; s->window.floor = STATE_CANCELLED; }) \
        X(final_person_takes_back, "rule 7: ended there by a person, and taken back by one: not touched", "nothing: diverged", { ended(s, STATE_CANCELLED); came_back(s, STATE_SCHEDULED); s->record.status = RECORD_DIVERGED; }) \
        X(final_lag, "ended by us, and shown live within the lag: nothing", "nothing", \
          { ended(s, STATE_CANCELLED); came_back(s, STATE_SCHEDULED); s->window.floor = STATE_CANCELLED; s->can.lag = USEC_PER_MINUTE; s->record.written.real = s->in.now.real - USEC_PER_MINUTE + 1; }) \
        X(final_clock, "completed, and its own clock has not got there yet: nothing", "nothing", { clock_target(s); ended(s, STATE_COMPLETED); came_back(s, STATE_IN_PROGRESS); s->in.now.real = END; }) \
        X(final_withdrawn, "over, and its manifest is gone: nothing", "nothing", { ended(s, STATE_CANCELLED); s->in.withdrawn = true; }) \
        /* live: what is seen */ \
        X(live_absent, "live, a complete listing lacks it: looked for", "look", { s->in.look = LOOK_ABSENT; }) \
        X(live_gone, "live, not found by its id: gone", "note gone scheduled", { s->in.look = LOOK_GONE; }) \
        X(live_foreign, "rule 4: live, another ledger's id on it: claimed", "note claimed scheduled: claimed", { s->seen.foreign_ledger = true; }) \
        X(live_foreign_adopt, "live, another ledger's id, and a person says adopt: adopted", "note adopted scheduled", { s->seen.foreign_ledger = true; s->in.adopt = true; }) \
        X(behind, "live, its state fallen behind: taken over", "note stepped-back scheduled", { running(s); s->seen.state = STATE_SCHEDULED; }) \
        X(behind_lag, "live, its state behind within the lag: nothing", "nothing", { running(s); s->seen.state = STATE_SCHEDULED; s->can.lag = USEC_PER_MINUTE; s->record.written.real = s->in.now.real - USEC_PER_MINUTE + 1; }) \
        X(behind_clock, "live, a target's clock a little behind: nothing", "nothing", { clock_target(s); running(s); s->seen.state = STATE_SCHEDULED; }) \
        X(ahead_clock, "live, started there as the clock has it: taken over", "note taken-over in_progress", { s->in.now.real = START; s->seen.state = STATE_IN_PROGRESS; }) \
        X(ahead_end, "live, completed there as the clock has it: taken over", "note taken-over completed", { running(s); s->in.now.real = END; s->seen.state = STATE_COMPLETED; }) \
        X(ahead_withdrawn, "live, cancelled there and to be withdrawn: taken over", "note taken-over cancelled", { s->in.withdrawn = true; s->seen.state = STATE_CANCELLED; }) \
        X(ahead_start, "rule 7: started there by a person: diverged, and stays", "note diverged in_progress: diverged", { s->seen.state = STATE_IN_PROGRESS; }) \
        X(ahead_complete, "rule 7: completed there by a person: diverged, and stays", "note diverged completed: diverged", { running(s); s->seen.state = STATE_COMPLETED; }) \
        X(ahead_cancel, "rule 7: cancelled there by a person: diverged, and stays", "note diverged cancelled: diverged", { s->seen.state = STATE_CANCELLED; }) \
        X(ahead_old_start, "rule 7: started by the target's clock, before our move had reached it: no person's step", "note taken-over in_progress", \
          { clock_target(s); moved(s, 7200000000, 7200000000); s->in.now.real = START + USEC_PER_SEC; s->seen.state = STATE_IN_PROGRESS; }) \
        X(ahead_before_start, "rule 7: started there before any time that was given: a person's step", "note diverged in_progress: diverged", \
          { clock_target(s); moved(s, 7200000000, 7200000000); s->in.now.real = START - 1; s->seen.state = STATE_IN_PROGRESS; }) \
        X(no_look, "nothing was looked at since our write: nothing is proved", "nothing", { s->in.look = LOOK_NONE; s->seen.state = STATE_CANCELLED; }) \
        X(echo_unknown, "what a write left there is looked at", "look", { s->record.echo.start = ECHO_UNKNOWN; s->in.look = LOOK_NONE; }) \
        X(echo_due, "what is due does not wait for that look", "start in_progress due-start", { s->record.echo.start = ECHO_UNKNOWN; s->in.look = LOOK_NONE; s->in.now.real = START; }) \
        X(echo_seen, "the first look after a write is the echo", "note echo scheduled", { s->record.echo.start = ECHO_UNKNOWN; s->seen.print.title = 1; }) \
        X(end_by_hand, "rule 7: extended there while it runs: its end stands", "note diverged in_progress: diverged", { running(s); s->seen.print.end += USEC_PER_HOUR; }) \
        X(end_by_hand_kept, "rule 7: … and is not taken back", "nothing", \
          { running(s); s->record.applied.end = s->record.echo.end = s->seen.print.end = END + USEC_PER_HOUR; s->record.diverged = FIELD_END; s->record.status = RECORD_DIVERGED; }) \
        X(end_by_hand_due, "rule 7: … nor completed at the old end", "nothing", \
          { running(s); s->record.applied.end = s->record.echo.end = s->seen.print.end = END + USEC_PER_HOUR; s->record.diverged = FIELD_END; s->in.now.real = END; }) \
        X(end_by_hand_over, "rule 7: … but at the one in force", "complete completed due-end", \
          { running(s); s->record.applied.end = s->record.echo.end = s->seen.print.end = END + USEC_PER_HOUR; s->record.diverged = FIELD_END; s->in.now.real = END + USEC_PER_HOUR; }) \
        X(end_by_hand_word, "rule 7: … until the manifest's own end changes", "update in_progress edit end", \
          { running(s); s->record.applied.end = s->record.echo.end = s->seen.print.end = END + USEC_PER_HOUR; s->record.diverged = FIELD_END; moved(s, 0, 1800000000); }) \
        /* live: withdrawn, cancelled */ \
        X(withdrawn, "withdrawn: cancelled", "cancel cancelled edit", { s->in.withdrawn = true; }) \
        X(withdrawn_running, "withdrawn while it runs: ended before anything starts", "cancel cancelled due-end", { running(s); s->in.withdrawn = true; }) \
        X(withdrawn_undescribed, "described by nothing and withdrawn: cancelled", "cancel cancelled edit", { s->in.window = NULL; s->in.want = NULL; s->in.withdrawn = true; }) \
        X(undescribed, "described by nothing and not withdrawn: nothing", "nothing", { s->in.window = NULL; s->in.want = NULL; s->in.now.real = START; }) \
        X(withdraw_pending, "rule 12: during the grace nothing is withdrawn", "nothing", { s->in.withdraw_at = START; }) \
        X(withdraw_pending_due, "rule 12: during the grace it goes on", "start in_progress due-start", { s->in.withdraw_at = START + 1; s->in.now.real = START; }) \
        X(withdraw_held, "rule 3: a held withdrawal waits", "nothing: held", { s->in.withdrawn = s->in.hold_cancel = true; }) \
        X(cancelled, "cancelled by its manifest: cancelled at once", "cancel cancelled edit", { s->window.floor = STATE_CANCELLED; }) \
        X(cancelled_running, "cancelled by its manifest while it runs: ended first", "cancel cancelled due-end", { running(s); s->window.floor = STATE_CANCELLED; }) \
        X(cancelled_held, "rule 3: a held cancellation waits", "nothing: held", { s->window.floor = STATE_CANCELLED; s->in.hold_cancel = true; }) \
        X(cancelled_held_due, "rule 3: a held window goes on as if its manifest were unchanged", "start in_progress due-start: held", { s->window.floor = STATE_CANCELLED; s->in.hold_cancel = true; s->in.now.real = START; }) \
        X(cancelled_message, "a cancellation carries the message", "cancel cancelled edit \"sorry\"", { s->window.floor = STATE_CANCELLED; s->window.message = "sorry"; }) \
        X(cancel_completes, "where nothing can be cancelled it is completed", "cancel completed edit", { s->window.floor = STATE_CANCELLED; s->can.cancel[STATE_SCHEDULED] = CANCEL_COMPLETE; }) \
        X(postponed, "a running one-off moved ahead of now is cancelled", "cancel cancelled due-end \"later\"", { running(s); moved(s, 86400000000, 86400000000); s->window.message = "later"; }) \
        X(postponed_series, "a running occurrence of a series is not cancelled by a later start", "update in_progress edit end", { running(s); s->window.recurring = true; moved(s, 86400000000, 86400000000); }) \
        X(part_unwanted, "a part no longer wanted is cancelled quietly", "cancel cancelled edit quiet", { s->in.want = NULL; }) \
        X(part_unwanted_over, "a part no longer wanted, once it is over, is as it should be", "nothing", { ended(s, STATE_CANCELLED); s->in.want = NULL; s->in.partly = true; }) \
        X(part_unresolved_over, "a part that is over, while its service does not resolve: diverged", "nothing: diverged", \
          { ended(s, STATE_CANCELLED); s->in.want = NULL; s->in.unresolved = true; s->record.status = RECORD_DIVERGED; }) \
        /* live: due */ \
        X(start, "its start has come: started", "start in_progress due-start", { s->in.now.real = START; }) \
        X(start_before, "rule 6: a microsecond before its start: nothing", "nothing", { s->in.now.real = START - 1; }) \
        X(start_late, "rule 6: late, it is started at once", "start in_progress due-start", { s->in.now.real = END - 1; }) \
        X(start_after_end, "rule 6: start and end have passed: the start is done quietly", "start in_progress due-start quiet", { s->in.now.real = END; }) \
        X(start_word, "its manifest starts it early", "start in_progress due-start", { s->window.floor = STATE_IN_PROGRESS; }) \
        X(start_waits, "it waits for a person to start it", "nothing", { s->window.auto_start = false; s->in.now.real = START + 1; }) \
        X(missed, "nobody started it: missed", "nothing: missed", { s->window.auto_start = false; s->in.now.real = END; }) \
        X(start_again, "rule 8: brought forward without telling again", "start in_progress due-start quiet", \
          { static uint64_t told[1]; running(s); s->record.left = s->seen.state = STATE_SCHEDULED; told[0] = phase_hash(STATE_IN_PROGRESS); s->record.told = told; s->record.n_told = 1; }) \
        X(start_unresolved, "a service that does not resolve keeps no transition waiting", "start in_progress due-start", { s->in.want = NULL; s->in.unresolved = true; s->in.now.real = START; }) \
        X(complete, "its end has come: completed", "complete completed due-end", { running(s); s->in.now.real = END; }) \
        X(complete_before, "rule 6: a microsecond before its end: nothing", "nothing", { running(s); s->in.now.real = END - 1; }) \
        X(complete_word, "its manifest completes it", "complete completed due-end", { running(s); s->window.floor = STATE_COMPLETED; }) \
        X(complete_scheduled, "its manifest completes it before its start: started quietly first", "start in_progress due-start quiet", { s->window.floor = STATE_COMPLETED; }) \
        X(overrunning, "past its end and waiting for a person: overrunning", "nothing: overrunning", { running(s); s->window.auto_complete = false; s->in.now.real = END; }) \
        X(end_before_edit, "an end goes before an edit", "complete completed due-end", { running(s); s->in.now.real = END; s->window.title = "Other"; project(s); }) \
        /* a target with a clock */ \
        X(clock_start, "a target's clock starts it: noted", "note clock in_progress", { clock_target(s); s->in.now.real = START + USEC_PER_SEC; }) \
        X(clock_start_lag, "a target's clock has its lag", "nothing", { clock_target(s); s->in.now.real = START + USEC_PER_SEC - 1; }) \
        X(clock_start_word, "started early where a clock starts it: its start is moved to now", "update in_progress due-start start", { clock_target(s); s->window.floor = STATE_IN_PROGRESS; }) \
        X(clock_end, "a target's clock ends it: noted", "note clock completed", { clock_target(s); running(s); s->in.now.real = END + USEC_PER_SEC; }) \
        X(clock_end_lag, "a target's clock has its lag at the end, too", "nothing", { clock_target(s); running(s); s->in.now.real = END; }) \
        X(clock_word, "its manifest completes it where a clock would later", "complete completed due-end", { clock_target(s); running(s); s->window.floor = STATE_COMPLETED; }) \
        X(clock_word_only, "… and where only the clock can, nothing", "nothing", { clock_target(s); s->can.writes = BIT(STATE_CANCELLED); running(s); s->window.floor = STATE_COMPLETED; }) \
        X(clock_overrun, "auto_complete: false keeps a clock from ending it", "update in_progress edit end quiet: overrunning", { clock_target(s); running(s); s->window.auto_complete = false; s->in.now.real = END; }) \
        X(clock_overrun_ahead, "… five minutes before it would", "update in_progress edit end quiet", { clock_target(s); running(s); s->window.auto_complete = false; s->in.now.real = END - OVERRUN_AHEAD; }) \
        X(clock_overrun_early, "… and not before that", "nothing", { clock_target(s); running(s); s->window.auto_complete = false; s->in.now.real = END - OVERRUN_AHEAD - 1; }) \
        X(clock_overrun_scheduled, "… nor before it runs", "nothing", { clock_target(s); s->window.auto_complete = false; s->in.now.real = START - 1; }) \
        /* windows that overlap */ \
        X(cleared, "rule 11: another window's end cleared its services: set again quietly", "effect in_progress due-end quiet", { running(s); s->in.cleared = 7; }) \
        X(cleared_told, "rule 11: … once", "nothing", { static uint64_t told[1] = { 7 }; running(s); s->in.cleared = 7; s->record.told = told; s->record.n_told = 1; }) \
        X(cleared_end, "rule 11: … and not when it ends itself", "complete completed due-end", { running(s); s->in.cleared = 7; s->in.now.real = END; }) \
        /* live: edits */ \
        X(edit, "an edit of a text is quiet", "update scheduled edit title description quiet", { s->window.title = "Other"; s->window.body = "x"; project(s); }) \
        X(edit_unread, "an edit goes out though nothing was looked at", "update scheduled edit title quiet", { s->window.title = "Other"; project(s); s->in.look = LOOK_NONE; }) \
        X(edit_move, "rule 8: a move is told", "update scheduled edit start end", { moved(s, 3600000000, 3600000000); }) \
        X(edit_extend, "rule 8: an extension while it runs is told", "update in_progress edit end", { running(s); moved(s, 0, 3600000000); }) \
        X(edit_message, "a message goes with a move", "update scheduled edit start end \"sorry\"", { moved(s, 3600000000, 3600000000); s->window.message = "sorry"; }) \
        X(edit_message_quiet, "a quiet edit does not spend the message", "update scheduled edit title quiet", { s->window.message = "sorry"; s->window.title = "Other"; project(s); }) \
        X(edit_marker, "a marker is brought up to date quietly", "update scheduled edit marker quiet", { s->record.applied.marker = 0; }) \
        X(edit_unresolved, "a service that does not resolve holds edits back", "nothing", { s->in.unresolved = true; s->window.title = "Other"; s->in.want = NULL; }) \
        X(edit_frozen, "times that cannot be written: cancelled quietly, for a successor", "cancel cancelled edit quiet", { s->can.writable[STATE_SCHEDULED] &= ~(uint32_t) FIELDS_TIMES; moved(s, 3600000000, 3600000000); }) \
        X(edit_frozen_running, "times that cannot be written while it runs stay", "nothing", { running(s); s->can.writable[STATE_IN_PROGRESS] &= ~(uint32_t) FIELDS_TIMES; moved(s, 0, 3600000000); }) \
        X(edit_frozen_text, "a text that cannot be written stays", "nothing", { s->can.writable[STATE_SCHEDULED] &= ~(uint32_t) FIELD_TITLE; s->window.title = "Other"; project(s); }) \
        X(edit_before_start, "a start moved before now is written before it starts", "update scheduled due-start start", { s->in.now.real = START - 1000000; moved(s, -3600000000, 0); }) \
        /* live: drift */ \
        X(heal, "rule 7: drift of a text is healed quietly", "update scheduled quietly title quiet", { s->seen.print.title = 1; }) \
        X(heal_times, "rule 7: drift of planned times is healed quietly", "update scheduled quietly start end quiet", { s->seen.print.start += 1000000; s->seen.print.end += 1000000; }) \
        X(heal_echo, "rule 7: what the target made of our write is no drift", "nothing", { s->record.echo.body = 4; s->seen.print.body = 4; }) \
        X(heal_unreadable, "rule 7: what cannot be read cannot drift", "nothing", { s->can.readable &= ~(uint32_t) FIELD_TITLE; s->seen.print.title = 1; }) \
        X(heal_diverged, "rule 7: what a person's step has changed is not healed", "nothing", { s->seen.print.impact = 1; s->record.diverged = FIELD_IMPACT; }) \
        X(heal_limit, "rule 7: a field is healed three times a day, then reported", "nothing: heal-limit", { s->seen.print.title = 1; s->record.heals = 3; s->record.heal_day = s->in.now.real / USEC_PER_DAY; }) \
        X(heal_limit_other, "rule 7: … another field still is", "update scheduled quietly description quiet: heal-limit", \
          { s->seen.print.title = s->seen.print.body = 1; s->record.heals = 3 | 2 << 2; s->record.heal_day = s->in.now.real / USEC_PER_DAY; }) \
        X(heal_next_day, "rule 7: … and so is it on the next day", "update scheduled quietly title quiet", { s->seen.print.title = 1; s->record.heals = 3; s->record.heal_day = s->in.now.real / USEC_PER_DAY - 1; }) \
        X(edit_before_heal, "an edit goes before healing", "update scheduled edit description quiet", { s->seen.print.title = 1; s->window.body = "x"; project(s); }) \
        /* live: updates */ \
        X(message, "an update that is due is posted", "message in_progress due-message \"half\"", { running(s); update_at(s, s->in.now.real, "half"); }) \
        X(message_early, "rule 6: no update before its time", "nothing", { running(s); update_at(s, s->in.now.real + 1, "half"); }) \
        X(message_limit, "rule 6: an update fifteen minutes late is posted", "message in_progress due-message \"half\"", { running(s); update_at(s, s->in.now.real - UPDATE_LATE_MAX, "half"); }) \
        X(message_late, "rule 6: an update later than fifteen minutes is dropped", "note dropped in_progress", { running(s); update_at(s, s->in.now.real - UPDATE_LATE_MAX - 1, "half"); }) \
        X(message_edited, "rule 6: lateness counts from the load that brought it", "message in_progress due-message \"half\"", { running(s); s->in.edited = s->in.now.real - 1; update_at(s, START, "half"); }) \
        X(message_shown, "rule 5: an update that is shown already is not repeated", "note told in_progress", { running(s); update_at(s, s->in.now.real, "half"); s->shown[0] = message_hash("half"); s->seen.n_messages = 1; }) \
        X(rode_shown, "rule 5: a message that is shown there has gone out", "note told scheduled", { moved(s, 3600000000, 3600000000); s->window.message = "hello"; shows(s, "hello"); }) \
        X(rode_other, "a message goes out with a move when another is shown", "update scheduled edit start end \"hello\"", \
          { moved(s, 3600000000, 3600000000); s->window.message = "hello"; shows(s, "other"); }) \
        X(rode_over, "rule 5: a message shown where it is over has gone out", "note told cancelled", { ended(s, STATE_CANCELLED); s->in.look = LOOK_PRESENT; s->window.message = "hello"; shows(s, "hello"); }) \
        X(rode_withdrawn, "rule 5: … and does not go out with the withdrawal", "note told scheduled", { s->in.withdrawn = true; s->window.message = "hello"; shows(s, "hello"); }) \
        X(rode_unread, "what was shown before our last write proves nothing", "update scheduled edit start end \"hello\"", \
          { moved(s, 3600000000, 3600000000); s->window.message = "hello"; shows(s, "hello"); s->in.look = LOOK_NONE; }) \
        X(message_scheduled, "no update before it runs", "nothing", { update_at(s, START - USEC_PER_DAY, "half"); }) \
        X(message_after, "no update after its end", "nothing", { running(s); update_at(s, END + 1, "half"); s->window.auto_complete = true; }) \
        X(message_cannot, "no update where none can be posted", "nothing", { running(s); s->can.messages = false; update_at(s, s->in.now.real, "half"); }) \
        X(message_offset, "an offset counts from the actual start", "message in_progress due-message \"half\"", \
          { running(s); s->record.started = START + USEC_PER_MINUTE; s->in.now.real = START + USEC_PER_HOUR; update_at(s, 59 * USEC_PER_MINUTE, "half"); s->updates[0].from_start = true; }) \
        X(message_offset_early, "… and not from the planned one", "nothing", \
          { running(s); s->record.started = START + USEC_PER_MINUTE; s->in.now.real = START + USEC_PER_HOUR; update_at(s, 60 * USEC_PER_MINUTE, "half"); s->updates[0].from_start = true; }) \
        X(message_order, "of two updates the earlier goes first", "message in_progress due-message \"one\"", { running(s); update_at(s, s->in.now.real - 2, "one"); update_at(s, s->in.now.real - 1, "two"); }) \
        /* times in force */ \
        X(held_move, "rule 3: a held move keeps its times", "nothing: held", { moved(s, 3600000000, 3600000000); s->in.hold_move = true; }) \
        X(held_move_due, "rule 3: a held move starts at its old time", "start in_progress due-start: held", { moved(s, 3600000000, 3600000000); s->in.hold_move = true; s->in.now.real = START; }) \
        X(held_move_text, "rule 3: a held move lets texts through", "update scheduled edit title quiet: held", { s->window.title = "Other"; moved(s, 3600000000, 3600000000); s->in.hold_move = true; }) \
        X(into_past, "moved into the past: its last good times stay", "nothing: moved-into-past", { moved(s, -3 * 3600000000, -3 * 3600000000); s->in.now.real = START - 1000000; }) \
        X(into_past_due, "moved into the past: started at its last good time", "start in_progress due-start: moved-into-past", { moved(s, -3 * 3600000000, -3 * 3600000000); s->in.now.real = START; }) \
        X(into_past_word, "moved into the past with a word: the word counts", "start in_progress due-start quiet", \
          { moved(s, -3 * 3600000000, -3 * 3600000000); s->in.now.real = START - 1000000; s->window.floor = STATE_COMPLETED; s->can.writable[STATE_SCHEDULED] &= ~(uint32_t) FIELDS_TIMES; }) \
        X(into_past_running, "moved before it was started: what runs goes on", "nothing: moved-into-past", { running(s); moved(s, -3 * 3600000000, -3 * 3600000000); }) \
        X(running_start, "the start of what runs is not moved", "nothing", { running(s); moved(s, -3600000000, 0); }) \
        X(shortened_to_past, "an end moved before now ends what runs", "complete completed due-end", { running(s); moved(s, 0, -3600000000 - 1); }) \
        /* refusals */ \
        X(refused_else, "another write than the refused one is tried", "update scheduled edit title quiet", { s->record.refused = 1; s->window.title = "Other"; project(s); })

#define FUNCTION(name, text, want, ...) \
        static void set_##name(Scene *s) { (void) s; __VA_ARGS__ }
ROWS(FUNCTION)
#undef FUNCTION

typedef struct Row { const char *name, *want; void (*set)(Scene *s); } Row;
static Row rows[] = {
#define ENTRY(name, text, want, ...) { text, want, set_##name },
        ROWS(ENTRY)
#undef ENTRY
};

static void row(void **state) {
        const Row *r = *state;
        Scene s;

        scene(&s);
        r->set(&s);
        expect(&s, r->want);
}

/* ── what a row does not show ──────────────────────────────────────────────────────────────────────────────── */

static void time_alone_changes_it_next(void **state) {
        static const struct { const char *name, *what; usec_t next; void (*set)(Scene *s); } cases[] = {
                { "a window that is there waits for its start", "start", START, set_as_it_was },
                { "one that is to be announced later", "publish", START - 1, set_none_early },
                { "one that runs waits for its end", "complete", END, set_complete_before },
                { "one whose manifest has vanished", "withdraw", START - 1, NULL },
                { "an update that is not due yet", "message", START + USEC_PER_HOUR + 1, set_message_early },
                { "a clock that has its lag", "start", START + USEC_PER_SEC, set_clock_start_lag },
                { "a clock that is kept from ending it", "extend", END - OVERRUN_AHEAD, set_clock_overrun_early },
                { "a next generation that is to be announced later", "publish", START - 1, set_final_early },
                { "what was deleted there, as long as its time is not over", "", START, set_gone },
                { "what is over", "", USEC_INFINITY, set_final_over },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Scene s;

                scene(&s);
                if (cases[i].set)
                        cases[i].set(&s);
                else
                        s.in.withdraw_at = START - 1;
                decide(&s);
                if (s.d.next != cases[i].next || strcmp(s.d.next_what, cases[i].what) != 0)
                        fail_msg("%s: %s, %lld s after its start", cases[i].name, s.d.next_what, (long long) (s.d.next - START) / 1000000);
        }
}

static void generations_count_publications(void **state) {
        Scene s;

        scene(&s);
        set_none_create(&s);
        decide(&s);
        assert_int_equal(s.d.action.generation, 0);

        scene(&s);
        s.record.generation = 4;
        set_unpublished(&s);
        decide(&s);
        assert_int_equal(s.d.action.generation, 4);

        scene(&s);
        s.record.generation = 4;
        set_final_taken_back(&s);
        decide(&s);
        assert_int_equal(s.d.action.generation, 5);

        scene(&s);
        s.record.generation = 4;
        set_gone_moved(&s);
        decide(&s);
        assert_int_equal(s.d.action.generation, 5);
}

static void due_and_lateness(void **state) {
        Scene s;

        scene(&s);
        set_start_late(&s);
        decide(&s);
        assert_int_equal(s.d.action.due, START);

        /* A person's word has no due time. */
        scene(&s);
        set_start_word(&s);
        decide(&s);
        assert_int_equal(s.d.action.due, 0);
        scene(&s);
        set_complete_word(&s);
        decide(&s);
        assert_int_equal(s.d.action.due, 0);

        scene(&s);
        set_none_running(&s);
        s.in.edited = START - 5;
        decide(&s);
        assert_int_equal(s.d.action.due, START);
        assert_int_equal(s.d.action.edited, START - 5);
}

static void version_is_what_was_seen_last(void **state) {
        Scene s;

        scene(&s);
        set_edit(&s);
        s.seen.version = "2";
        decide(&s);
        assert_string_equal(s.d.action.version, "2");
        scene(&s);
        set_edit_unread(&s);
        s.seen.version = "2";
        decide(&s);
        assert_string_equal(s.d.action.version, "1");
        assert_string_equal(s.d.action.remote_id, "7");
}

static void clock_targets_start_now(void **state) {
        Scene s;

        scene(&s);
        clock_target(&s);
        never_there(&s);
        s.window.floor = STATE_IN_PROGRESS;
        expect(&s, "create in_progress due-start");
        assert_int_equal(s.d.action.want->start, s.in.now.real);

        scene(&s);
        set_clock_start_word(&s);
        decide(&s);
        assert_int_equal(s.d.action.want->start, s.in.now.real);
        assert_int_equal(s.d.action.want->end, END);
}

/* Half an hour at a time, however long the daemon was away. */
static void overrun_is_extended_past_now(void **state) {
        static const struct { usec_t now, end; } cases[] = {
                { END - OVERRUN_AHEAD, END + OVERRUN_STEP }, { END, END + OVERRUN_STEP }, { END + 25 * USEC_PER_MINUTE - 1, END + OVERRUN_STEP },
                { END + 25 * USEC_PER_MINUTE, END + 2 * OVERRUN_STEP }, { END + USEC_PER_DAY, END + USEC_PER_DAY + OVERRUN_STEP },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Scene s;

                scene(&s);
                set_clock_overrun(&s);
                s.in.now.real = cases[i].now;
                decide(&s);
                if (s.d.action.kind != ACTION_UPDATE || s.d.action.want->end != cases[i].end)
                        fail_msg("case %zu: extended by %lld s", i, (long long) (s.d.action.want->end - END) / 1000000);
        }
}

static void refusals_are_not_repeated(void **state) {
        Scene s;

        scene(&s);
        set_edit(&s);
        decide(&s);
        s.record.refused = refusal_hash(&s.d.action);
        expect(&s, "nothing: refused");
        /* Until something about it changes. */
        s.window.title = "A third one";
        project(&s);
        expect(&s, "update scheduled edit title description quiet");

        scene(&s);
        set_none_create(&s);
        decide(&s);
        s.in.record = &s.record;
        s.record.created = 0;
        s.record.refused = refusal_hash(&s.d.action);
        expect(&s, "nothing: refused");
        moved(&s, 1000000, 1000000);
        expect(&s, "create scheduled announce");

        /* A start that cannot be moved is started with the times it has there. */
        scene(&s);
        set_edit_before_start(&s);
        decide(&s);
        s.record.refused = refusal_hash(&s.d.action);
        expect(&s, "start in_progress due-start");
}

/* ── a record after the fact ───────────────────────────────────────────────────────────────────────────────── */

static void accept(Scene *s) {
        Outcome o = { .verdict = VERDICT_DONE, .detail = "" };

        assert_int_equal(s->d.step, STEP_ACT);
        assert_int_equal(record_apply(&s->record, &s->d.action, &o, s->in.now), 0);
        s->record.echo = s->record.applied;
        s->seen.print = s->record.applied;
        s->seen.state = s->record.left;
        s->in.record = &s->record;
        s->in.look = LOOK_PRESENT;
}

static void take_note(Scene *s) {
        assert_int_equal(s->d.step, STEP_NOTE);
        assert_int_equal(record_note(&s->record, &s->d, &s->in), 0);
        s->in.record = &s->record;
}

static void a_whole_life(void **state) {
        Scene s;

        scene(&s);
        never_there(&s);
        update_at(&s, START + USEC_PER_HOUR, "half");
        expect(&s, "create scheduled announce");
        free(s.record.told);
        s.record = (Record) { .id = 1, .remote_id = "7", .version = "", .part = "", .title = "", .key = s.window.key };
        accept(&s);
        assert_int_equal(s.record.created, s.in.now.real);
        expect(&s, "nothing");
        s.window.title = "Other";
        project(&s);
        expect(&s, "update scheduled edit title quiet");
        accept(&s);
        expect(&s, "nothing");
        s.in.now.real = START;
        expect(&s, "start in_progress due-start");
        accept(&s);
        assert_int_equal(s.record.started, START);
        expect(&s, "nothing");
        s.in.now.real = START + USEC_PER_HOUR;
        expect(&s, "message in_progress due-message \"half\"");
        accept(&s);
        expect(&s, "nothing");
        s.in.now.real = END;
        expect(&s, "complete completed due-end");
        accept(&s);
        assert_int_equal(s.record.status, RECORD_FINAL);
        assert_int_equal(s.record.ended, END);
        s.in.look = LOOK_ABSENT;
        expect(&s, "nothing");
        free(s.record.told);
}

/* Restored from a backup: everything is brought forward again, and nobody hears of it twice. */
static void phases_are_told_once(void **state) {
        Scene s;

        scene(&s);
        set_start(&s);
        expect(&s, "start in_progress due-start");
        accept(&s);
        s.in.now.real = END;
        expect(&s, "complete completed due-end");
        accept(&s);
        assert_int_equal(s.record.n_told, 2);

        s.record.status = RECORD_LIVE;
        s.record.left = s.seen.state = STATE_SCHEDULED;
        s.record.ended = 0;
        expect(&s, "start in_progress due-start quiet");
        accept(&s);
        expect(&s, "complete completed due-end quiet");
        free(s.record.told);
}

/* What was kept quiet was not told. */
static void a_quiet_start_is_not_counted_as_told(void **state) {
        Scene s;

        scene(&s);
        set_start_after_end(&s);
        expect(&s, "start in_progress due-start quiet");
        accept(&s);
        assert_int_equal(s.record.n_told, 0);
        expect(&s, "complete completed due-end");
        accept(&s);
        free(s.record.told);
}

static void the_message_is_attached_once(void **state) {
        Scene s;

        scene(&s);
        s.window.message = "sorry";
        moved(&s, 3600000000, 3600000000);
        expect(&s, "update scheduled edit start end \"sorry\"");
        accept(&s);
        moved(&s, 3600000000, 3600000000);
        expect(&s, "update scheduled edit start end");
        accept(&s);
        s.window.floor = STATE_CANCELLED;
        expect(&s, "cancel cancelled edit");
        s.window.message = "called off";
        expect(&s, "cancel cancelled edit \"called off\"");
        free(s.record.told);
}

static void heals_are_counted_by_field_and_day(void **state) {
        Scene s;

        scene(&s);
        moved(&s, 2 * (int64_t) USEC_PER_DAY, 2 * (int64_t) USEC_PER_DAY);
        decide(&s);
        accept(&s);
        for (unsigned n = 0; n < HEALS_MAX; n++) {
                s.seen.print.title = 1;
                expect(&s, "update scheduled quietly title quiet");
                accept(&s);
        }
        s.seen.print.title = 1;
        expect(&s, "nothing: heal-limit");
        assert_string_equal(s.d.next_what, "heal");
        assert_int_equal(s.d.next, (s.in.now.real / USEC_PER_DAY + 1) * USEC_PER_DAY);
        s.seen.print.body = 1;
        expect(&s, "update scheduled quietly description quiet: heal-limit");
        s.seen.print.body = s.record.echo.body;
        s.in.now.real = (s.in.now.real / USEC_PER_DAY + 1) * USEC_PER_DAY;
        s.seen.print.title = 1;
        expect(&s, "update scheduled quietly title quiet");
}

static void an_end_by_hand_stands_until_the_manifests_changes(void **state) {
        Scene s;

        scene(&s);
        running(&s);
        s.seen.print.end = END + USEC_PER_HOUR;
        expect(&s, "note diverged in_progress: diverged");
        take_note(&s);
        expect(&s, "nothing");
        s.in.now.real = END;
        expect(&s, "nothing");
        moved(&s, 0, 1800000000);
        expect(&s, "update in_progress edit end");
        accept(&s);
        assert_int_equal(s.record.diverged, 0);
        s.in.now.real = END + 1800000000;
        expect(&s, "complete completed due-end");
        free(s.record.told);
}

static void what_is_adopted_is_compared(void **state) {
        Scene s;

        scene(&s);
        s.in.record = NULL;
        s.seen.print.title = 1;
        expect(&s, "note adopted scheduled");
        take_note(&s);
        expect(&s, "update scheduled edit title quiet");

        /* A twin gets our marker, another ledger's object this ledger's id. */
        scene(&s);
        set_none_twin_adopt(&s);
        s.seen = (Seen) { .present = true, .print = object_print(&s.want), .remote_id = "8", .version = "" };
        expect(&s, "note adopted scheduled");
        take_note(&s);
        s.in.twin = false;
        s.in.look = LOOK_PRESENT;
        expect(&s, "update scheduled edit marker quiet");

        scene(&s);
        set_none_claimed_adopt(&s);
        expect(&s, "note adopted scheduled");
        take_note(&s);
        expect(&s, "update scheduled edit marker quiet"); /* and not adopted once more */
        s.in.adopt = false;
        expect(&s, "update scheduled edit marker quiet");
}

/* Where the start is sent again with each edit, the one that it had before would put it back to pending. */
static void the_start_of_what_runs_is_the_one_that_is_shown(void **state) {
        for (unsigned early = 0; early < 2; early++) { /* by a person; by us, and nobody remembers */
                Scene s;

                scene(&s);
                clock_target(&s);
                s.seen.state = STATE_IN_PROGRESS;
                s.seen.print.start = s.in.now.real - USEC_PER_SEC;
                if (early)
                        s.window.floor = STATE_IN_PROGRESS;
                expect(&s, early ? "note taken-over in_progress" : "note diverged in_progress: diverged");
                take_note(&s);
                assert_int_equal(s.record.echo.start, s.seen.print.start);
                assert_int_equal(s.record.applied.start, s.seen.print.start);
                moved(&s, 0, 3600000000);
                expect(&s, "update in_progress edit end");
                free(s.record.told);
        }
}

static void an_update_dropped_or_shown_is_done_with(void **state) {
        Scene s;

        scene(&s);
        set_message_late(&s);
        expect(&s, "note dropped in_progress");
        take_note(&s);
        expect(&s, "nothing");
        free(s.record.told);

        scene(&s);
        set_message_shown(&s);
        expect(&s, "note told in_progress");
        take_note(&s);
        expect(&s, "nothing");
        /* Its text corrected afterwards: at and kind are what it is known by. */
        s.updates[0].message = "corrected";
        expect(&s, "nothing");
        free(s.record.told);
}

static void a_stepped_back_object_is_brought_forward(void **state) {
        Scene s;

        scene(&s);
        set_behind(&s);
        expect(&s, "note stepped-back scheduled");
        take_note(&s);
        expect(&s, "start in_progress due-start");
        accept(&s);
        assert_int_equal(s.record.started, START); /* the first time it started */
        free(s.record.told);
}

static void told_forgets_the_oldest(void **state) {
        Record r = { .id = 1 };

        for (uint64_t n = 1; n <= TOLD_MAX + 5; n++)
                assert_int_equal(record_tell(&r, n), 0);
        assert_int_equal(record_tell(&r, TOLD_MAX), 0); /* known */
        assert_int_equal(record_tell(&r, 0), 0);
        assert_int_equal(r.n_told, TOLD_MAX);
        assert_false(record_told(&r, 5));
        assert_true(record_told(&r, 6));
        assert_true(record_told(&r, TOLD_MAX + 5));
        free(r.told);
}

/* ── orders and names ──────────────────────────────────────────────────────────────────────────────────────── */

static void actions_have_a_total_order(void **state) {
        static const Object part_a = { .part = "a" }, part_b = { .part = "b" };
        static const Window early = { .start = 1 }, late = { .start = 2 };
        static const Action sorted[] = {
                { .urgency = URGENCY_DUE_END, .due = 5, .key = { "z", "" } },
                { .urgency = URGENCY_DUE_START, .due = 1, .key = { "a", "" } },
                { .urgency = URGENCY_DUE_START, .due = 4, .key = { "a", "" } },
                { .urgency = URGENCY_DUE_MESSAGE, .due = 1, .key = { "a", "" } },
                { .urgency = URGENCY_EDIT, .key = { "a", "" }, .window = &early },
                { .urgency = URGENCY_EDIT, .key = { "a", "" }, .window = &late },
                { .urgency = URGENCY_ANNOUNCE, .key = { "a", "2027-01-01T00:00" } },
                { .urgency = URGENCY_ANNOUNCE, .key = { "a", "2027-01-02T00:00" }, .want = &part_a },
                { .urgency = URGENCY_ANNOUNCE, .key = { "a", "2027-01-02T00:00" }, .want = &part_b },
                { .urgency = URGENCY_ANNOUNCE, .key = { "a", "2027-01-02T00:00" }, .want = &part_b, .kind = ACTION_UPDATE },
                { .urgency = URGENCY_ANNOUNCE, .key = { "b", "" } },
                { .urgency = URGENCY_QUIET, .key = { "a", "" } },
        };

        for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
                for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
                        int r = action_compare(&sorted[i], &sorted[k]);

                        if ((r < 0) != (i < k) || (r > 0) != (i > k))
                                fail_msg("%zu and %zu", i, k);
                }
}

static void approvals_name_exactly_one_change(void **state) {
        const WindowKey key = { "db", "2027-02-07T02:00" };
        uint64_t h = change_hash("move", key, 1, START, END);

        assert_int_equal(h, change_hash("move", key, 1, START, END));
        assert_int_not_equal(h, change_hash("cancel", key, 1, START, END));
        assert_int_not_equal(h, change_hash("move", (WindowKey) { "db", "2027-02-14T02:00" }, 1, START, END));
        assert_int_not_equal(h, change_hash("move", (WindowKey) { "dc", "2027-02-07T02:00" }, 1, START, END));
        assert_int_not_equal(h, change_hash("move", key, 2, START, END));
        assert_int_not_equal(h, change_hash("move", key, 1, START + 1, END));
        assert_int_not_equal(h, change_hash("move", key, 1, START, END + 1));
}

/* Deciding changes nothing: the same scene gives the same decision, and its parts are as they were. */
static void deciding_is_pure(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                char one[300], two[300];
                Record before;
                Scene s;

                scene(&s);
                rows[i].set(&s);
                before = s.record;
                decide(&s);
                describe(&s.d, one, sizeof(one));
                assert_memory_equal(&before, &s.record, sizeof(before));
                decide(&s);
                describe(&s.d, two, sizeof(two));
                assert_string_equal(one, two);
        }
}

int main(void) {
        static const struct CMUnitTest others[] = {
                { "a decision says when time alone changes it", time_alone_changes_it_next, NULL, NULL, NULL },
                { "generations count publications", generations_count_publications, NULL, NULL, NULL },
                { "rule 6: what is late says since when, a person's word is never late", due_and_lateness, NULL, NULL, NULL },
                { "a write names the version that was seen last", version_is_what_was_seen_last, NULL, NULL, NULL },
                { "a target with a clock is told now as the start of what starts early", clock_targets_start_now, NULL, NULL, NULL },
                { "an overrunning window is extended past now in steps of half an hour", overrun_is_extended_past_now, NULL, NULL, NULL },
                { "a refused write is not repeated until it changes", refusals_are_not_repeated, NULL, NULL, NULL },
                { "a window lives from its announcement to its end", a_whole_life, NULL, NULL, NULL },
                { "rule 8: start and completion are told once each", phases_are_told_once, NULL, NULL, NULL },
                { "rule 8: a start done quietly does not silence the end", a_quiet_start_is_not_counted_as_told, NULL, NULL, NULL },
                { "a message goes out once, and another text once more", the_message_is_attached_once, NULL, NULL, NULL },
                { "rule 7: heals are counted by field and day", heals_are_counted_by_field_and_day, NULL, NULL, NULL },
                { "rule 7: an end set by hand stands until the manifest's own end changes", an_end_by_hand_stands_until_the_manifests_changes, NULL, NULL, NULL },
                { "what is adopted is compared with the manifest", what_is_adopted_is_compared, NULL, NULL, NULL },
                { "an edit of what runs keeps the start that is shown", the_start_of_what_runs_is_the_one_that_is_shown, NULL, NULL, NULL },
                { "an update dropped, shown or corrected is done with", an_update_dropped_or_shown_is_done_with, NULL, NULL, NULL },
                { "what has fallen back is brought forward and keeps its first start", a_stepped_back_object_is_brought_forward, NULL, NULL, NULL },
                { "what was told is remembered up to its bound", told_forgets_the_oldest, NULL, NULL, NULL },
                { "rule 6: actions have one order, ends before starts before messages before edits", actions_have_a_total_order, NULL, NULL, NULL },
                { "rule 3: an approval names exactly one change", approvals_name_exactly_one_change, NULL, NULL, NULL },
                { "deciding changes nothing", deciding_is_pure, NULL, NULL, NULL },
        };
        struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others)];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                tests[i] = (struct CMUnitTest) { rows[i].name, row, NULL, NULL, &rows[i] };
        memcpy(&tests[ARRAY_SIZE(rows)], others, sizeof(others));
        return cmocka_run_group_tests(tests, NULL, NULL);
}
