/*
 * The line format of product.md, row by row: people and their scripts read it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/journal.h"

#define DUE (UINT64_C(1801443600) * USEC_PER_SEC) /* 2027-02-01T01:00:00Z, 02:00 in Berlin */

static const char *services[] = { "api", "database" };
static const char *many[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
static const Window berlin = { .timezone = "Europe/Berlin", .services = { services, 2 } };
static const Window moved = { .timezone = "Europe/Berlin", .start = DUE, .end = DUE + 3 * USEC_PER_HOUR };
static const Window nowhere = { .timezone = "Atlantis/Capital", .services = { services, 1 } };
static const Window crowded = { .timezone = "UTC", .services = { many, 10 } };

static const struct line_case { const char *name; Event event; const char *expected; } cases[] = {
        { "a deed names target, due time, lateness, state and services",
          { .kind = EVENT_STARTED, .key = { "db-migration", "" }, .target = "public", .window = &berlin, .has_state = true, .state = STATE_IN_PROGRESS,
            .due = DUE, .late = 3 * USEC_PER_MSEC, .text = "started" },
          "db-migration: started on public, due 02:00:00 Europe/Berlin, 3 ms late (in_progress, services api, database)" },
        { "less than a millisecond is on time",
          { .kind = EVENT_COMPLETED, .key = { "db", "" }, .target = "public", .window = &berlin, .due = DUE, .late = 999, .text = "completed" },
          "db: completed on public, due 02:00:00 Europe/Berlin, on time" },
        { "long lateness is told in words, and with its date",
          { .kind = EVENT_COMPLETED, .key = { "db", "" }, .target = "public", .window = &berlin, .due = DUE,
            .late = 26 * USEC_PER_HOUR + 3 * USEC_PER_MSEC, .text = "completed" },
          "db: completed on public, due 2027-02-01 02:00:00 Europe/Berlin, 1d 2h late" },
        { "an occurrence is named by its local start",
          { .kind = EVENT_PUBLISHED, .key = { "vacuum", "2027-02-07T02:00" }, .target = "public", .text = "published" },
          "vacuum@2027-02-07T02:00: published on public" },
        { "a move says where to",
          { .kind = EVENT_MOVED, .key = { "db", "" }, .target = "public", .window = &moved, .text = "end moved" },
          "db: end moved on public, now 2027-02-01 02:00 to 2027-02-01 05:00 Europe/Berlin" },
        { "where it was done comes before why",
          { .kind = EVENT_UPDATED, .key = { "db", "" }, .target = "public", .text = "updated: title: A" },
          "db: updated on public: title: A" },
        { "what is no deed names the target first",
          { .kind = EVENT_REFUSED, .key = { "db", "" }, .target = "public", .has_state = true, .text = "create refused: too long" },
          "db on public: create refused: too long" },
        { "a manifest alone", { .kind = EVENT_WITHDRAW_PENDING, .key = { "db", "" }, .target = "", .text = "its manifest has vanished" },
          "db: its manifest has vanished" },
        { "a target alone", { .kind = EVENT_DENIED, .key = { "", "" }, .target = "public", .text = "access denied" }, "public: access denied" },
        { "neither", { .kind = EVENT_CLOCK_UNTRUSTED, .key = { "", "" }, .target = "", .text = "the clock cannot be right" }, "the clock cannot be right" },
        { "an unknown zone falls back to UTC",
          { .kind = EVENT_STARTED, .key = { "db", "" }, .target = "p", .window = &nowhere, .due = DUE, .late = 0, .text = "started" },
          "db: started on p, due 01:00:00 UTC, on time" },
        { "many services are counted, not listed",
          { .kind = EVENT_STARTED, .key = { "db", "" }, .target = "p", .window = &crowded, .has_state = true, .state = STATE_IN_PROGRESS, .text = "started" },
          "db: started on p (in_progress, services a, b, c, d, e, f, g, h and 2 more)" },
};

static void check_line(void **state) {
        const struct line_case *c = *state;
        auto_(zones_free) Zones *zones = NULL;
        auto_(free) char *line = NULL;

        assert_true(zones_new(NULL, &zones) >= 0);
        line = journal_line(&c->event, zones);
        assert_string_equal(line, c->expected);
}

static void every_kind_has_its_own_message_id(void **state) {
        for (unsigned i = 0; i < EVENTS; i++) {
                assert_int_equal(strlen(journal_message_id((EventKind) i)), 32);
                for (unsigned k = 0; k < i; k++)
                        assert_string_not_equal(journal_message_id((EventKind) i), journal_message_id((EventKind) k));
        }
}

static void fields_carry_what_the_event_knows(void **state) {
        static const char *const labels[] = { "team", "db", NULL };
        static const Origin origin = { "db.yaml", "abc", 7 };
        const Window w = { .origin = &origin };
        const Event e = { .kind = EVENT_STARTED, .priority = 5, .key = { "db", "2027-02-07T02:00" }, .target = "public", .window = &w, .labels = labels, .due = DUE, .late = 3, .text = "started" };
        char key[KEY_SIZE];
        LogEvent f = journal_fields(&e, "the line", key);

        assert_string_equal(f.message, "the line");
        assert_string_equal(f.message_id, journal_message_id(EVENT_STARTED));
        assert_string_equal(f.manifest, "db");
        assert_string_equal(f.window, "db@2027-02-07T02:00");
        assert_string_equal(f.file, "db.yaml");
        assert_string_equal(f.commit, "abc");
        assert_int_equal(f.line, 7);
        assert_ptr_equal(f.labels, labels);
        assert_int_equal(f.due, DUE);
        assert_int_equal(f.late, 3);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, check_line, NULL, NULL, (void *) (uintptr_t) &cases[i] };
        tests[ARRAY_SIZE(cases)] = (struct CMUnitTest) cmocka_unit_test(every_kind_has_its_own_message_id);
        tests[ARRAY_SIZE(cases) + 1] = (struct CMUnitTest) cmocka_unit_test(fields_carry_what_the_event_knows);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
