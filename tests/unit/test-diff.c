/*
 * What an action would change, told field by field
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "reconcile/engine-internal.h"

#define START (1800000000ull * USEC_PER_SEC) /* 2027-01-15T08:00:00Z */

static RemoteService services[] = { { "service", "svc_1", "API", NULL }, { "service", "svc_2", "Database", NULL } };
static Target target = { .name = "public", .remote = services, .n_remote = ARRAY_SIZE(services) };
static const char *const ids[] = { "svc_1", "svc_9" };
static const Object wanted = {
        .part = "", .start = START, .end = START + USEC_PER_HOUR, .title = "Database moves", .body = "It is slow meanwhile.", .impact = "major_outage",
        .reminders = "60,1440", .marker = "maintd:maintd:db#0", .extra = "notify_on_start", .services = { (const char **) ids, 2 },
};

/* "FIELD: FROM -> TO" a line; FROM is - where it is not known. */
static void differs(Action action, const char *expected) {
        auto_(arena_free) Arena *a = arena_new();
        Remote r = { .target = &target };
        PlannedAction p = { .action = action };
        char lines[1024] = "";

        p.action.message = text_or(action.message, "");
        assert_int_equal(action_diff(a, &r, NULL, &p), 0);
        for (size_t n = 0; n < p.n_diff; n++)
                (void) snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s: %s -> %s\n", p.diff[n].field, text_or(p.diff[n].from, "-"), p.diff[n].to);
        assert_string_equal(lines, expected);
}

static void create_tells_all_but_the_marker(void **state) {
        differs((Action) { .kind = ACTION_CREATE, .want = &wanted },
                "title: - -> Database moves\n"
                "description: - -> It is slow meanwhile.\n"
                "start: - -> 2027-01-15T08:00:00Z\n"
                "end: - -> 2027-01-15T09:00:00Z\n"
                "services: - -> API, svc_9\n"
                "impact: - -> major_outage\n"
                "reminders: - -> 1h, 1d\n"
                "options: - -> notify_on_start\n");
}

static void create_is_silent_about_what_is_empty(void **state) {
        const Object bare = { .part = "", .start = START, .end = START + USEC_PER_HOUR, .title = "Bare" };

        differs((Action) { .kind = ACTION_CREATE, .want = &bare, .message = "Soon." },
                "title: - -> Bare\n"
                "start: - -> 2027-01-15T08:00:00Z\n"
                "end: - -> 2027-01-15T09:00:00Z\n"
                "message: - -> Soon.\n");
}

/* Nothing has been seen of the object: what was written is what the record has of it. */
static void update_tells_what_the_record_has(void **state) {
        Record record = { .title = "Old", .applied = { .start = START - USEC_PER_HOUR, .end = START } };

        differs((Action) { .kind = ACTION_UPDATE, .want = &wanted, .record = &record, .fields = FIELD_TITLE | FIELDS_TIMES | FIELD_BODY | FIELD_MARKER },
                "title: Old -> Database moves\n"
                "description: - -> It is slow meanwhile.\n"
                "start: 2027-01-15T07:00:00Z -> 2027-01-15T08:00:00Z\n"
                "end: 2027-01-15T08:00:00Z -> 2027-01-15T09:00:00Z\n"
                "marker: - -> maintd:maintd:db#0\n");
}

static void step_tells_both_states(void **state) {
        differs((Action) { .kind = ACTION_COMPLETE, .from = STATE_IN_PROGRESS, .state = STATE_COMPLETED }, "state: in_progress -> completed\n");
}

static void message_is_told(void **state) {
        differs((Action) { .kind = ACTION_MESSAGE, .message = "Half of it." }, "message: - -> Half of it.\n");
        differs((Action) { .kind = ACTION_FORGET }, "");
}

static void reminders_are_spans(void **state) {
        static const struct { const char *minutes, *expected; } cases[] = { { "", "" }, { "60", "1h" }, { "90,5", "1h 30min, 5min" }, { "10080,x", "7d" } };
        auto_(arena_free) Arena *a = arena_new();

        for (size_t n = 0; n < ARRAY_SIZE(cases); n++)
                assert_string_equal(reminders_text(a, cases[n].minutes), cases[n].expected);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(create_tells_all_but_the_marker),
                cmocka_unit_test(create_is_silent_about_what_is_empty),
                cmocka_unit_test(update_tells_what_the_record_has),
                cmocka_unit_test(step_tells_both_states),
                cmocka_unit_test(message_is_told),
                cmocka_unit_test(reminders_are_spans),
        };

        return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
