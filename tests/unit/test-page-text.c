/*
 * The sentences that subscribers read
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page/text.h"

static usec_t at(const char *text) {
        usec_t t = 0;

        assert_int_equal(rfc3339_parse(text, &t), 0);
        return t;
}

static const char now_text[] = "2027-01-15T12:00:00Z";

static const struct text_case {
        const char *name;
        EventKind kind;
        const char *start, *end, *was_start, *was_end;
        usec_t left;
        const char *expected;
} text_cases[] = {
        { "scheduled", EVENT_SCHEDULED, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 0,
          "Scheduled maintenance: Database Migration on Feb 1, 2:00 AM UTC" },
        { "midnight and noon are 12", EVENT_SCHEDULED, "2027-02-01T00:00:00Z", "2027-02-01T12:00:00Z", NULL, NULL, 0,
          "Scheduled maintenance: Database Migration on Feb 1, 12:00 AM UTC" },
        { "the afternoon is PM", EVENT_UPDATED, "2027-02-01T00:00:00Z", "2027-02-01T12:30:00Z", NULL, NULL, 0,
          "Maintenance updated: Database Migration now ends Feb 1, 12:30 PM UTC" },
        { "a day that could be another year's has its year", EVENT_SCHEDULED, "2028-02-01T02:00:00Z", "2028-02-01T04:00:00Z", NULL, NULL, 0,
          "Scheduled maintenance: Database Migration on Feb 1, 2028, 2:00 AM UTC" },
        { "in progress", EVENT_IN_PROGRESS, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 0, "Maintenance in progress: Database Migration" },
        { "updated", EVENT_UPDATED, "2027-02-01T02:00:00Z", "2027-02-01T05:00:00Z", NULL, NULL, 0,
          "Maintenance updated: Database Migration now ends Feb 1, 5:00 AM UTC" },
        { "rescheduled", EVENT_RESCHEDULED, "2027-02-01T03:00:00Z", "2027-02-01T05:00:00Z", "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", 0,
          "Maintenance rescheduled: Database Migration now Feb 1, 3:00 AM to 5:00 AM UTC (was 2:00 AM to 4:00 AM UTC)" },
        { "rescheduled to another day", EVENT_RESCHEDULED, "2027-02-02T02:00:00Z", "2027-02-02T04:00:00Z", "2027-02-01T23:00:00Z",
          "2027-02-02T01:00:00Z", 0,
          "Maintenance rescheduled: Database Migration now Feb 2, 2:00 AM to 4:00 AM UTC (was Feb 1, 11:00 PM to Feb 2, 1:00 AM UTC)" },
        { "completed", EVENT_COMPLETED, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 0, "Maintenance completed: Database Migration" },
        { "cancelled", EVENT_CANCELLED, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 0, "Maintenance cancelled: Database Migration" },
        { "update", EVENT_UPDATE, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 0, "Maintenance update: Database Migration" },
        { "reminder of an hour", EVENT_REMINDER, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, USEC_PER_HOUR,
          "Reminder: Maintenance begins in 1 hour" },
        { "reminder of a day", EVENT_REMINDER, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, 24 * USEC_PER_HOUR,
          "Reminder: Maintenance begins in 1 day" },
        { "reminder of odd times", EVENT_REMINDER, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL,
          2 * USEC_PER_DAY + 90 * USEC_PER_MINUTE + USEC_PER_SEC, "Reminder: Maintenance begins in 2 days 1 hour 30 minutes" },
        { "reminder at the last moment", EVENT_REMINDER, "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z", NULL, NULL, USEC_PER_SEC,
          "Reminder: Maintenance begins in less than a minute" },
};

static void check_text(void **state) {
        const struct text_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        Maintenance m = { .title = "Database Migration", .start = at(c->start), .end = at(c->end) }, before = m;

        if (c->was_start) {
                before.start = at(c->was_start);
                before.end = at(c->was_end);
        }
        assert_string_equal(event_text(a, c->kind, &m, &before, c->left, at(now_text)), c->expected);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(text_cases)];

        for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
                tests[i] = (struct CMUnitTest) { text_cases[i].name, check_text, NULL, NULL, (void *) &text_cases[i] };
        return cmocka_run_group_tests_name("page-text", tests, NULL, NULL);
}
