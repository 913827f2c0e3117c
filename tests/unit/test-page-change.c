/*
 * What a request, or the passing of time, makes of a maintenance
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "page/change.h"

#define T(minutes) ((usec_t) (100000 + (minutes)) * USEC_PER_MINUTE)

/* A window from minute 60 to 180, seen at minute 0. */
static Maintenance window(State state) {
        return (Maintenance) {
                .seq = 1, .id = "maint_1", .title = "Work", .description = "", .state = state, .impact = IMPACT_MAINTENANCE, .start = T(60),
                .end = T(180), .started_at = state == STATE_SCHEDULED ? 0 : T(60), .finished_at = state >= STATE_COMPLETED ? T(180) : 0,
                .created_at = T(-60), .updated_at = T(-60), .version = 1, .notify = NOTIFY_ALL,
        };
}

/* Kinds as "in_progress updated". */
static const char *told(const Change *c, char *buf, size_t size) {
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < c->n_events; i++)
                n += (size_t) snprintf(buf + n, size - n, "%s%s", i > 0 ? " " : "", event_to_string(c->events[i]));
        return buf;
}

typedef struct PatchCase {
        const char *name;
        State state;
        bool automatic;
        Draft draft;
        const char *code;       /* NULL: allowed */
        State after;
        const char *events;
        bool unchanged;
} PatchCase;

#define MOVE(to) { .set = FIELD_STATUS, .value.state = (to) }
#define TIMES(from, until) { .set = FIELD_START | FIELD_END, .value.start = (from), .value.end = (until) }

static const PatchCase patch_cases[] = {
        { "starts early", STATE_SCHEDULED, true, MOVE(STATE_IN_PROGRESS), NULL, STATE_IN_PROGRESS, "in_progress", false },
        { "cancels before the start", STATE_SCHEDULED, true, MOVE(STATE_CANCELLED), NULL, STATE_CANCELLED, "cancelled", false },
        { "completes", STATE_IN_PROGRESS, true, MOVE(STATE_COMPLETED), NULL, STATE_COMPLETED, "completed", false },
        { "cancels while it runs", STATE_IN_PROGRESS, true, MOVE(STATE_CANCELLED), NULL, STATE_CANCELLED, "cancelled", false },
        { "does not complete what never began", STATE_SCHEDULED, true, MOVE(STATE_COMPLETED), "INVALID_TRANSITION", 0, "", false },
        { "does not go back", STATE_IN_PROGRESS, true, MOVE(STATE_SCHEDULED), "INVALID_TRANSITION", 0, "", false },
        { "does not leave completed", STATE_COMPLETED, true, MOVE(STATE_CANCELLED), "INVALID_TRANSITION", 0, "", false },
        { "does not leave cancelled", STATE_CANCELLED, true, MOVE(STATE_SCHEDULED), "INVALID_TRANSITION", 0, "", false },
        { "a state that is reached is no change", STATE_COMPLETED, true, MOVE(STATE_COMPLETED), NULL, STATE_COMPLETED, "", true },
        { "a later end is told", STATE_IN_PROGRESS, true, TIMES(T(60), T(240)), NULL, STATE_IN_PROGRESS, "updated", false },
        { "another start is told with its end at once", STATE_SCHEDULED, true, TIMES(T(90), T(240)), NULL, STATE_SCHEDULED, "rescheduled", false },
        { "the same times are no change", STATE_COMPLETED, true, TIMES(T(60), T(180)), NULL, STATE_COMPLETED, "", true },
        { "a started one keeps its start", STATE_IN_PROGRESS, true, TIMES(T(61), T(180)), "INVALID_TRANSITION", 0, "", false },
        { "a finished one keeps its end", STATE_COMPLETED, true, TIMES(T(60), T(181)), "INVALID_TRANSITION", 0, "", false },
        { "a start moved into the past begins it", STATE_SCHEDULED, true, TIMES(T(-1), T(180)), NULL, STATE_IN_PROGRESS, "in_progress", false },
        { "and not where a client moves it", STATE_SCHEDULED, false, TIMES(T(-1), T(180)), NULL, STATE_SCHEDULED, "rescheduled", false },
        { "an end moved into the past ends it", STATE_IN_PROGRESS, true, TIMES(T(60), T(-1)), NULL, STATE_COMPLETED, "completed", false },
        { "started and extended at once are two messages", STATE_SCHEDULED, true,
          { .set = FIELD_STATUS | FIELD_END, .value.state = STATE_IN_PROGRESS, .value.end = T(300) }, NULL, STATE_IN_PROGRESS, "in_progress updated", false },
        { "ended with another end is one", STATE_IN_PROGRESS, true,
          { .set = FIELD_STATUS | FIELD_END, .value.state = STATE_COMPLETED, .value.end = T(170) }, NULL, STATE_COMPLETED, "completed", false },
        { "a message of its own is told", STATE_IN_PROGRESS, true, { .set = FIELD_MESSAGE, .message = "half" }, NULL, STATE_IN_PROGRESS, "update", false },
        { "a message rides on the step it comes with", STATE_IN_PROGRESS, true,
          { .set = FIELD_MESSAGE | FIELD_STATUS, .value.state = STATE_COMPLETED, .message = "done" }, NULL, STATE_COMPLETED, "completed", false },
        { "quiet is quiet", STATE_IN_PROGRESS, true,
          { .set = FIELD_MESSAGE | FIELD_STATUS, .value.state = STATE_COMPLETED, .message = "done", .quiet = true }, NULL, STATE_COMPLETED, "", false },
        { "a step whose flag is off lets its message through", STATE_IN_PROGRESS, true,
          { .set = FIELD_MESSAGE | FIELD_STATUS, .notify_set = NOTIFY_COMPLETE, .value.state = STATE_COMPLETED, .message = "done" }, NULL,
          STATE_COMPLETED, "update", false },
        { "texts change in every state, untold", STATE_CANCELLED, true, { .set = FIELD_TITLE, .value.title = "Other" }, NULL, STATE_CANCELLED, "", false },
        { "the impact of what is over stays", STATE_COMPLETED, true, { .set = FIELD_IMPACT, .value.impact = IMPACT_MAJOR }, "INVALID_TRANSITION", 0, "", false },
        { "the services of what is over stay", STATE_COMPLETED, true, { .set = FIELD_SERVICES }, "INVALID_TRANSITION", 0, "", false },
        { "handing it to the clock takes the step that is due", STATE_IN_PROGRESS, false,
          { .set = FIELD_AUTO | FIELD_END, .value.auto_transition = true, .value.end = T(-1) }, NULL, STATE_COMPLETED, "completed", false },
};

static void check_patch(void **state) {
        const PatchCase *p = *state;
        Maintenance m = window(p->state);
        Before before = { .m = &m };
        Refusal refusal;
        Change change;
        char kinds[128];
        int r;

        m.auto_transition = p->automatic;
        r = change_patch(&before, &p->draft, T(0), &change, &refusal);
        if (p->code) {
                assert_int_equal(r, -EPERM);
                assert_string_equal(refusal.code, p->code);
                return;
        }
        assert_int_equal(r, 0);
        assert_string_equal(state_to_string(change.after.state), state_to_string(p->after));
        assert_string_equal(told(&change, kinds, sizeof(kinds)), p->events);
        assert_int_equal(change.changed, !p->unchanged);
        assert_int_equal(change.after.version, p->unchanged ? 1 : 2);
}

static void repeated_message(void **state) {
        Maintenance m = window(STATE_COMPLETED);
        Update last = { .state = STATE_COMPLETED, .message = "done" };
        Before before = { .m = &m, .last = &last, .n_updates = 1 };
        Draft again = { .set = FIELD_STATUS | FIELD_MESSAGE, .value.state = STATE_COMPLETED, .message = "done" };
        Draft other = { .set = FIELD_STATUS | FIELD_MESSAGE, .value.state = STATE_COMPLETED, .message = "really" };
        Draft plain = { .set = FIELD_MESSAGE, .message = "done" };
        Refusal refusal;
        Change change;

        assert_int_equal(change_patch(&before, &again, T(0), &change, &refusal), 0);
        assert_false(change.changed);
        assert_int_equal(change_patch(&before, &other, T(0), &change, &refusal), 0);
        assert_string_equal(change.message, "really");
        assert_int_equal(change_patch(&before, &plain, T(0), &change, &refusal), 0);
        assert_string_equal(change.message, "done");    /* without a state it is a new message */
}

static void too_many_updates(void **state) {
        Maintenance m = window(STATE_IN_PROGRESS);
        Before before = { .m = &m, .n_updates = PAGE_UPDATES_MAX - 1 };
        Draft d = { .set = FIELD_MESSAGE, .message = "x" };
        Refusal refusal;
        Change change;

        assert_int_equal(change_patch(&before, &d, T(0), &change, &refusal), 0);
        before.n_updates++;
        assert_int_equal(change_patch(&before, &d, T(0), &change, &refusal), -EPERM);
        assert_string_equal(refusal.code, "TOO_MANY_UPDATES");
}

static void creation(void **state) {
        static const struct {
                const char *name;
                usec_t start, end;
                bool automatic, running, quiet;
                unsigned notify;
                State after;
                const char *events;
        } rows[] = {
                { "ahead", T(60), T(120), true, false, false, NOTIFY_ALL, STATE_SCHEDULED, "scheduled" },
                { "ahead, born running", T(60), T(120), true, true, false, NOTIFY_ALL, STATE_IN_PROGRESS, "in_progress" },
                { "begun", T(-60), T(120), true, false, false, NOTIFY_ALL, STATE_IN_PROGRESS, "in_progress" },
                { "begun, waits for its client", T(-60), T(120), false, false, false, NOTIFY_ALL, STATE_SCHEDULED, "" },
                { "over", T(-60), T(-30), true, false, false, NOTIFY_ALL, STATE_COMPLETED, "completed" },
                { "over, born running, waits", T(-60), T(-30), false, true, false, NOTIFY_ALL, STATE_IN_PROGRESS, "in_progress" },
                { "quiet", T(60), T(120), true, false, true, NOTIFY_ALL, STATE_SCHEDULED, "" },
                { "begun, start not told", T(-60), T(120), true, false, false, NOTIFY_ALL & ~NOTIFY_START, STATE_IN_PROGRESS, "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Draft d = { .set = rows[i].running ? FIELD_STATUS : 0, .quiet = rows[i].quiet, .value = window(STATE_SCHEDULED) };
                Change change;
                char kinds[128];

                d.value.start = rows[i].start;
                d.value.end = rows[i].end;
                d.value.auto_transition = rows[i].automatic;
                d.value.notify = rows[i].notify;
                d.value.state = rows[i].running ? STATE_IN_PROGRESS : STATE_SCHEDULED;
                change_create(&d, T(0), &change);
                if (change.after.state != rows[i].after || strcmp(told(&change, kinds, sizeof(kinds)), rows[i].events) != 0)
                        fail_msg("%s: %s, told '%s'", rows[i].name, state_to_string(change.after.state), kinds);
                assert_int_equal(change.after.version, 1);
        }
}

static void changed_services(void **state) {
        static const struct {
                const char *name;
                State from;
                Draft d;
                unsigned notify;
                bool same, left, come;
        } rows[] = {
                { "other services", STATE_SCHEDULED, { .set = FIELD_SERVICES }, NOTIFY_ALL, false, true, true },
                { "other services while it runs", STATE_IN_PROGRESS, { .set = FIELD_SERVICES }, NOTIFY_ALL, false, true, true },
                { "the same", STATE_SCHEDULED, { .set = FIELD_SERVICES }, NOTIFY_ALL, true, false, false },
                { "quiet", STATE_SCHEDULED, { .set = FIELD_SERVICES, .quiet = true }, NOTIFY_ALL, false, false, false },
                { "updates are not told", STATE_SCHEDULED, { .set = FIELD_SERVICES }, NOTIFY_ALL & ~NOTIFY_UPDATE, false, false, false },
                { "the schedule is not told", STATE_SCHEDULED, { .set = FIELD_SERVICES }, NOTIFY_ALL & ~NOTIFY_SCHEDULE, false, true, false },
                { "a message tells the new ones, too", STATE_SCHEDULED, { .set = FIELD_SERVICES, .message = "m" }, NOTIFY_ALL, false, true, false },
                { "cancelled with it", STATE_SCHEDULED, { .set = FIELD_SERVICES | FIELD_STATUS, .value.state = STATE_CANCELLED }, NOTIFY_ALL, false, false, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Maintenance m = window(rows[i].from);
                Before before = { .m = &m, .same_services = rows[i].same };
                Refusal refusal;
                Change c;

                m.notify = rows[i].notify;
                assert_int_equal(change_patch(&before, &rows[i].d, T(0), &c, &refusal), 0);
                if (c.tells_left != rows[i].left || c.tells_come != rows[i].come)
                        fail_msg("%s: %d %d", rows[i].name, c.tells_left, c.tells_come);
        }
}

static void clock_steps(void **state) {
        Maintenance m = window(STATE_SCHEDULED);
        Change change;
        char kinds[128];

        assert_false(change_clock(&m, T(60), &change));         /* a client moves it */
        m.auto_transition = true;
        assert_int_equal(maintenance_next_due(&m), T(60));
        assert_false(change_clock(&m, T(60) - 1, &change));
        assert_true(change_clock(&m, T(60), &change));
        assert_string_equal(told(&change, kinds, sizeof(kinds)), "in_progress");
        assert_int_equal(change.after.started_at, T(60));
        assert_int_equal(maintenance_next_due(&change.after), T(180));

        /* After an absence over both, only the end is told. */
        assert_true(change_clock(&m, T(500), &change));
        assert_int_equal(change.after.state, STATE_COMPLETED);
        assert_string_equal(told(&change, kinds, sizeof(kinds)), "completed");
        assert_int_equal(maintenance_next_due(&change.after), USEC_INFINITY);
        assert_int_equal(change.after.version, 2);
}

static void reminders(void **state) {
        Maintenance m = window(STATE_SCHEDULED);
        Reminder due[PAGE_REMINDERS_MAX];

        m.reminders[0] = 90;    /* before it was published */
        m.reminders[1] = 30;
        m.n_reminders = 2;
        assert_int_equal(maintenance_reminders(&m, T(0), due), 1);
        assert_int_equal(due[0].minutes, 30);
        assert_int_equal(due[0].due, T(30));
        m.start = T(120);       /* moved: both lie ahead now */
        assert_int_equal(maintenance_reminders(&m, T(0), due), 2);
        m.state = STATE_CANCELLED;
        assert_int_equal(maintenance_reminders(&m, T(0), due), 0);
}

static void late_reminders(void **state) {
        Maintenance m = window(STATE_SCHEDULED);

        assert_int_equal(reminder_left(&m, 30, T(30)), 30 * USEC_PER_MINUTE);
        assert_int_equal(reminder_left(&m, 30, T(35)), 30 * USEC_PER_MINUTE);           /* as written */
        assert_int_equal(reminder_left(&m, 30, T(36)), 24 * USEC_PER_MINUTE);           /* what is really left */
        assert_int_equal(reminder_left(&m, 30, T(60)), 0);                              /* started */
        assert_int_equal(reminder_left(&m, 2, T(60) - 1), 2 * USEC_PER_MINUTE);
        m.state = STATE_IN_PROGRESS;                                                    /* early */
        assert_int_equal(reminder_left(&m, 30, T(30)), 0);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(patch_cases) + 7];
        size_t n = 0;

        for (; n < ARRAY_SIZE(patch_cases); n++)
                tests[n] = (struct CMUnitTest) { patch_cases[n].name, check_patch, NULL, NULL, (void *) &patch_cases[n] };
        tests[n++] = (struct CMUnitTest) { "a message sent again with its state is not repeated", repeated_message, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "holds 500 updates", too_many_updates, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "a new one is told by where it stands", creation, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "a change of services is told to those it comes to and those it leaves", changed_services, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "the clock takes the steps that are due", clock_steps, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "a reminder belongs to one offset and one start", reminders, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "a late reminder names the time that is left", late_reminders, NULL, NULL, NULL };
        return cmocka_run_group_tests_name("page-change", tests, NULL, NULL);
}
