/*
 * JSON from outside, checked field by field
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page/rest/input.h"

#define TIMES "\"scheduled_start\": \"2027-02-01T02:00:00Z\", \"scheduled_end\": \"2027-02-01T04:00:00Z\""

static json_t *load(const char *text) {
        json_t *body = json_loads(text, 0, NULL);

        assert_non_null(body);
        return body;
}

static const struct wrong_case {
        const char *name, *body, *field, *text; /* text: NULL for any */
        bool patch;
} wrong_cases[] = {
        { "refuses a body without a title", "{" TIMES "}", "title", "Required", false },
        { "refuses a body without a start", "{\"title\": \"x\", \"scheduled_end\": \"2027-02-01T04:00:00Z\"}", "scheduled_start", "Required", false },
        { "refuses a reversed window", "{\"title\": \"x\", \"scheduled_start\": \"2027-02-01T04:00:00Z\", \"scheduled_end\": \"2027-02-01T02:00:00Z\"}",
          "scheduled_end", "The end must be later than the start", false },
        { "refuses an empty window", "{\"title\": \"x\", \"scheduled_start\": \"2027-02-01T04:00:00Z\", \"scheduled_end\": \"2027-02-01T04:00:00Z\"}",
          "scheduled_end", NULL, false },
        { "refuses a time without an offset", "{\"title\": \"x\", \"scheduled_start\": \"2027-02-01T02:00:00\", \"scheduled_end\": \"2027-02-01T04:00:00Z\"}",
          "scheduled_start", NULL, false },
        { "refuses a start behind the stored end", "{\"scheduled_start\": \"2027-02-01T05:00:00Z\"}", "scheduled_start",
          "The end must be later than the start", true },
        { "refuses an end before the stored start", "{\"scheduled_end\": \"2027-02-01T01:00:00Z\"}", "scheduled_end", NULL, true },
        { "refuses a line break in a title", "{\"title\": \"a\\nb\"}", "title", "Must be one line without control or direction characters", true },
        { "refuses a direction override in a title", "{\"title\": \"a\\u202eb\"}", "title", NULL, true },
        { "refuses a control character in a description", "{\"description\": \"a\\u001bb\"}", "description", NULL, true },
        { "refuses a title of blanks", "{\"title\": \" \\u00a0 \"}", "title", "Must not be empty", true },
        { "refuses a new one that is over", "{\"title\": \"x\", \"status\": \"completed\", " TIMES "}", "status", NULL, false },
        { "refuses a misspelt field", "{\"titel\": \"x\"}", "titel", "Unknown field", true },
        { "refuses a field of the page's own", "{\"version\": 5}", "version", "Cannot be set", true },
        { "refuses a misspelt field that would write to a terminal", "{\"\\u001b[2J\": \"x\"}", "\\x1b[2J", "Unknown field", true },
        { "refuses nine reminders", "{\"reminder_minutes\": [1,2,3,4,5,6,7,8,9]}", "reminder_minutes", NULL, true },
        { "refuses a negative reminder", "{\"reminder_minutes\": -5}", "reminder_minutes", NULL, true },
        { "refuses a fraction of a reminder", "{\"reminder_minutes\": 1.5}", "reminder_minutes", NULL, true },
        { "refuses a number for a flag", "{\"auto_transition\": 1}", "auto_transition", "Must be true or false", true },
        { "refuses an empty external id", "{\"external_id\": \"\"}", "external_id", NULL, true },
        { "refuses ids that are none", "{\"service_ids\": [\"a\", 5]}", "service_ids", NULL, true },
};

static void check_wrong(void **state) {
        const struct wrong_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = load(c->body), *errors = json_object();
        Maintenance base = { .start = 0 };
        Draft d;
        const char *said;

        assert_int_equal(rfc3339_parse("2027-02-01T02:00:00Z", &base.start), 0);
        assert_int_equal(rfc3339_parse("2027-02-01T04:00:00Z", &base.end), 0);
        assert_int_equal(maintenance_read(a, body, c->patch ? &base : NULL, &d, errors), -EINVAL);
        assert_int_equal(json_object_size(errors), 1);
        said = json_string_value(json_array_get(json_object_get(errors, c->field), 0));
        assert_non_null(said);
        if (c->text)
                assert_string_equal(said, c->text);
        json_decref(body);
        json_decref(errors);
}

static void defaults(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = load("{\"title\": \"x\", " TIMES "}"), *errors = json_object();
        Draft d;

        assert_int_equal(maintenance_read(a, body, NULL, &d, errors), 0);
        assert_int_equal(d.value.notify, NOTIFY_ALL);
        assert_int_equal(d.value.impact, IMPACT_MAINTENANCE);
        assert_true(d.value.auto_transition && d.value.pause_monitors && !d.quiet && !d.message);
        assert_int_equal(d.value.n_reminders, 0);
        assert_null(d.value.external_id);
        json_decref(body);
        json_decref(errors);
}

static void sorted_sets(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = load("{\"reminder_minutes\": [5, 1440, 60, 5], \"service_ids\": [\"b\", \"a\", \"b\"], \"notify_on_start\": false, \"notify\": false}");
        json_t *errors = json_object();
        Maintenance base = { .start = 1, .end = 2 };
        Draft d;

        assert_int_equal(maintenance_read(a, body, &base, &d, errors), 0);
        assert_int_equal(d.value.n_reminders, 3);
        assert_int_equal(d.value.reminders[0], 1440);
        assert_int_equal(d.value.reminders[2], 5);
        assert_int_equal(d.n_services, 2);
        assert_int_equal(d.notify_set, NOTIFY_START);
        assert_false(d.value.notify & NOTIFY_START);
        assert_true(d.quiet);
        json_decref(body);
        json_decref(errors);
}

static void all_errors_at_once(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = load("{\"impact\": 5, \"x\": 1, \"status\": \"?\"}"), *errors = json_object();
        Draft d;

        assert_int_equal(maintenance_read(a, body, NULL, &d, errors), -EINVAL);
        assert_int_equal(json_object_size(errors), 6);
        json_decref(body);
        json_decref(errors);
}

static void services(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = load("{\"name\": \"API\", \"group\": null, \"status\": \"degraded\", \"display_order\": 3}"), *errors = json_object();
        json_t *wrong = load("{\"status\": \"under_maintenance\", \"display_order\": 1000001, \"name\": \"\"}");
        ServiceDraft d;

        assert_int_equal(service_read(a, body, true, &d, errors), 0);
        assert_string_equal(d.value.name, "API");
        assert_null(d.value.group);
        assert_int_equal(d.value.manual, IMPACT_DEGRADED);
        assert_int_equal(d.value.display_order, 3);
        assert_int_equal(service_read(a, wrong, false, &d, errors), -EINVAL);
        assert_int_equal(json_object_size(errors), 3);
        json_decref(body);
        json_decref(wrong);
        json_decref(errors);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(wrong_cases) + 4];
        size_t n = 0;

        for (; n < ARRAY_SIZE(wrong_cases); n++)
                tests[n] = (struct CMUnitTest) { wrong_cases[n].name, check_wrong, NULL, NULL, (void *) &wrong_cases[n] };
        tests[n++] = (struct CMUnitTest) { "a new one has the defaults", defaults, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "sets are sorted and without repetition", sorted_sets, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "all errors are told at once", all_errors_at_once, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "reads services", services, NULL, NULL, NULL };
        return cmocka_run_group_tests_name("page-input", tests, NULL, NULL);
}
