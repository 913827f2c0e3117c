/*
 * Advice: what lint says of manifests that are fit for use, and what it keeps quiet about
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

#include "base/text.h"
#include "desired/advice.h"
#include "yaml-manifest.h"

#define NOW "2027-01-20T12:00Z"
#define TITLE "title: Database moves\n"
#define TEXT "description: Reading works, saving does not.\n"
#define START "start: 2027-02-01T02:00\n"
#define REMIND "notify: {reminders: [1h]}\n"
#define GOOD TITLE TEXT START REMIND /* and a duration; services follow */

static const struct advice_case { const char *name, *text, *expected; } advice_cases[] = { /* LINE:COLUMN CODE, … */
        { "advice: nothing to say of a good one", GOOD "duration: 1h\n", "" },
        { "advice: nor of a long one with updates", GOOD "duration: 2h\nupdates: [{at: +1h, message: Half}]\n", "" },
        { "advice: a vague title", "title: Planned maintenance\n" TEXT START REMIND "duration: 1h\n", "1:8 vague-title" },
        { "advice: no description", TITLE START REMIND "duration: 1h\n", "1:1 no-description" },
        { "advice: an empty description", TITLE "description: ''\n" START REMIND "duration: 1h\n", "2:14 no-description" },
        { "advice: a vague description", TITLE "description: We move the database to new hardware.\n" START REMIND "duration: 1h\n", "2:14 vague-description" },
        { "advice: the title again", TITLE "description: Database moves\n" START REMIND "duration: 1h\n", "2:14 vague-description" },
        { "advice: no reminder", TITLE TEXT START "duration: 1h\n", "3:8 no-reminder" },
        { "advice: no reminder, on purpose", TITLE TEXT START "duration: 1h\nnotify: {reminders: []}\n", "" },
        { "advice: of what nobody is told nobody needs a reminder", TITLE TEXT START "duration: 1h\nnotify: {scheduled: false}\n", "" },
        { "advice: nor of what nobody notices", TITLE TEXT START "duration: 5h\nimpact: operational\n", "" },
        { "advice: an hour needs no updates, a second more does", GOOD "duration: 1h 1s\n", "5:11 no-updates" },
        { "advice: at the end, where that is what is written", GOOD "end: 2027-02-01T04:00\n", "5:6 no-updates" },
        { "advice: no updates, on purpose", GOOD "duration: 2h\nupdates: []\n", "" },
        { "advice: several of one", TITLE START "end: 2027-02-01T03:00\nid: test\n", "1:1 no-description, 2:8 no-reminder" },
        { "advice: long past, and nothing else is said", "title: Maintenance\nstart: 2026-02-01T02:00\nduration: 3h\n", "2:8 start-in-past" },
        { "advice: past and completed", "title: Maintenance\nstart: 2026-02-01T02:00\nduration: 3h\nstate: completed\n", "" },
        { "advice: cancelled", "title: Maintenance\n" START "duration: 3h\nstate: cancelled\n", "" },
        { "advice: past, and waits for a person", TITLE TEXT REMIND "start: 2027-01-20T10:00\nduration: 1h\nauto_complete: false\n", "" },
        { "advice: what runs began in the past", TITLE TEXT REMIND "start: 2027-01-20T11:30\nduration: 1h\n", "" },
        { "advice: what ended a second ago", TITLE TEXT REMIND "start: 2027-01-20T11:00\nend: 2027-01-20T11:59:59\n", "4:8 start-in-past" },
        { "advice: a rule that began in the past", TITLE TEXT REMIND "start: 2026-01-01T02:00\nduration: 1h\nrecurrence: {rule: FREQ=DAILY}\n", "" },
        { "advice: a rule that is over", "title: Maintenance\nstart: 2026-01-01T02:00\nduration: 2h\nrecurrence: {rule: FREQ=DAILY;COUNT=3}\n", "" },
        { "advice: an occurrence that is longer", GOOD "duration: 1h\nrecurrence:\n  rule: FREQ=DAILY\n  overrides:\n    - {occurrence: 2027-02-03T02:00, duration: 3h}\n", "5:11 no-updates" },
        { "advice: an occurrence without updates or reminders, on purpose", GOOD "duration: 3h\nupdates: [{at: +1h, message: Half}]\nrecurrence:\n  rule: FREQ=DAILY\n"
          "  overrides:\n    - {occurrence: 2027-02-03T02:00, updates: [], notify: {reminders: []}}\n", "" },
        { "advice: an occurrence has again what the series goes without", TITLE TEXT START "duration: 3h\nupdates: []\nnotify: {reminders: []}\nrecurrence:\n  rule: FREQ=DAILY\n"
          "  overrides:\n    - {occurrence: 2027-02-03T02:00, updates: [{at: +1h, message: Half}], notify: {reminders: [1h]}}\n", "" },
        { "advice: what one occurrence goes without is said of the others", TITLE TEXT START "duration: 3h\nrecurrence:\n  rule: FREQ=DAILY\n"
          "  overrides:\n    - {occurrence: 2027-02-01T02:00, updates: [], notify: {reminders: []}}\n", "3:8 no-reminder, 4:11 no-updates" },
        { "advice: an occurrence's own texts", GOOD "duration: 1h\nrecurrence:\n  rule: FREQ=DAILY\n  overrides:\n    - occurrence: 2027-02-03T02:00\n      title: Update\n"
          "      description: We update.\n", "10:14 vague-title, 11:20 vague-description" },
};

static char *codes_of(Diagnostics *diags) {
        char *said = strdup("");

        diagnostics_sort(diags);
        for (size_t i = 0; i < diags->n; i++) {
                auto_(free) char *before = said;
                const Diagnostic *x = &diags->items[i];

                assert_int_equal(x->severity, SEVERITY_WARNING);
                assert_non_null(diagnostic_find(x->code));
                assert_int_equal(diagnostic_find(x->code)->kind, CODE_ADVICE);
                said = textf("%s%s%u:%u %s", before, *before ? ", " : "", x->line, x->column, x->code);
        }
        return said;
}

static void check_advice(void **state) {
        const struct advice_case *c = *state;
        auto_(manifest_free) Manifest *m = manifest_of(c->text);
        auto_(free) char *said = NULL;
        Zones *zones;
        Diagnostics diags = { 0 };

        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(advice_manifest(zones, m, instant(NOW), &diags), 0);
        said = codes_of(&diags);
        assert_string_equal(said, c->expected);
        diagnostics_done(&diags);
        zones_free(zones);
}

/* ── Windows that meet ── */

#define OVERLAPS 5

static const struct overlap_case {
        const char *name, *texts[OVERLAPS];     /* of m0, m1, …; "@HH:MM+SPAN KEYS" on 2027-02-01 */
        const char *expected;                   /* who meets whom: "0-1 0-2" */
} overlap_cases[] = {
        { "overlap: one service at one time", { "@02:00+2h services: [api]", "@03:00+1h services: [api, web]" }, "0-1" },
        { "overlap: one inside the other", { "@02:00+4h services: [api]", "@03:00+1h services: [api]" }, "0-1" },
        { "overlap: the same time", { "@02:00+1h services: [api]", "@02:00+1h services: [api]" }, "0-1" },
        { "overlap: one after the other is none", { "@02:00+1h services: [api]", "@03:00+1h services: [api]" }, "" },
        { "overlap: other services are none", { "@02:00+1h services: [api]", "@02:00+1h services: [web]" }, "" },
        { "overlap: without services is none", { "@02:00+1h services: []", "@02:00+1h services: []" }, "" },
        { "overlap: all three", { "@02:00+3h services: [api]", "@03:00+1h services: [api]", "@03:30+1h services: [api]" }, "0-1 0-2 1-2" },
        { "overlap: a long one meets what comes behind a short one", { "@02:00+6h services: [api]", "@03:00+1h services: [api]", "@06:00+1h services: [api]" }, "0-1 0-2" },
        { "overlap: cancelled", { "@02:00+1h services: [api]\nstate: cancelled", "@02:00+1h services: [api]" }, "" },
        { "overlap: targets that do not see both", { "@02:00+1h services: [api]\ntargets: [a, b]", "@02:00+1h services: [api]\ntargets: [c]" }, "" },
        { "overlap: a target that sees both", { "@02:00+1h services: [api]\ntargets: [a, b]", "@02:00+1h services: [api]\ntargets: [b, c]" }, "0-1" },
        { "overlap: all targets, and one of them", { "@02:00+1h services: [api]\ntargets: [a]", "@02:00+1h services: [api]" }, "0-1" },
        { "overlap: zones differ, instants count", { "@02:00+1h services: [api]\ntimezone: Europe/Berlin", "@01:00+1h services: [api]", "@02:30+1h services: [api]" }, "0-1" },
        { "overlap: an occurrence a year ahead", { "@02:00+1h services: [api]\nrecurrence: {rule: FREQ=MONTHLY}", "@02:00+1h services: [api]\nrecurrence: {rule: FREQ=YEARLY}" }, "0-1" },
        { "overlap: days that never meet", { "@02:00+1h services: [api]\nrecurrence: {rule: FREQ=WEEKLY}", "@04:00+1h services: [api]\nrecurrence: {rule: FREQ=DAILY}" }, "" },
        { "overlap: an occurrence that was moved onto the next", { "@02:00+1h services: [api]\nrecurrence:\n  rule: FREQ=DAILY\n  overrides: [{occurrence: 2027-02-03T02:00, start: 2027-02-04T02:30}]" }, "0-0" },
        { "overlap: in the past", { "@02:00+1h services: [api]\nstate: completed", "@02:00+1h services: [api]" }, "" },
};

static Manifest *window_of(const char *text) {
        auto_(free) char *yaml = NULL;
        int n = 0;
        char from[8], span[8];

        assert_int_equal(sscanf(text, "@%5s+%7s %n", from, span, &n), 2);
        yaml = textf("start: 2027-02-01T%s\nduration: %s\n%s\n", from, span, text + n);
        return manifest_of(yaml);
}

static void check_overlap(void **state) {
        const struct overlap_case *c = *state;
        Manifest *list[OVERLAPS] = { NULL };
        auto_(free) char *met = strdup("");
        Diagnostics diags = { 0 };
        Zones *zones;
        size_t n = 0;

        for (; n < OVERLAPS && c->texts[n]; n++) {
                list[n] = window_of(c->texts[n]);
                list[n]->origin.file = arena_printf(list[n]->arena, "%zu", n);
                list[n]->id = list[n]->origin.file;
        }
        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(overlap_find(zones, (const Manifest *const *) list, n, instant(NOW), &diags), 0);
        for (size_t i = 0; i < diags.n; i++) {
                const char *other = strstr(diags.items[i].message, "overlaps '");
                auto_(free) char *before = met;

                assert_string_equal(diags.items[i].code, "overlap");
                assert_int_equal(diags.items[i].line, list[0]->body.start.mark.line);
                met = other && strtoul(diags.items[i].file, NULL, 10) > strtoul(other + strlen("overlaps '"), NULL, 10) ? strdup(before)
                        : textf("%s%s%s-%c", before, *before ? " " : "", diags.items[i].file, other ? other[strlen("overlaps '")] : *diags.items[i].file);
        }
        assert_string_equal(met, c->expected);
        diagnostics_done(&diags);
        for (size_t i = 0; i < n; i++)
                manifest_free(list[i]);
        zones_free(zones);
}

static void says_where_when_and_how_often(void **state) {
        static const char *const texts[] = { "@02:00+2h timezone: Europe/Berlin\nservices: [api, web, db]\nrecurrence: {rule: FREQ=WEEKLY;COUNT=3}",
                                             "@03:00+2h timezone: Europe/Berlin\nservices: [api, web]\nrecurrence: {rule: FREQ=DAILY;COUNT=15}" };
        Manifest *list[2];
        Diagnostics diags = { 0 };
        Zones *zones;

        for (size_t i = 0; i < 2; i++) {
                list[i] = window_of(texts[i]);
                list[i]->id = i ? "two" : "one";
        }
        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(overlap_find(zones, (const Manifest *const *) list, 2, instant(NOW), &diags), 0);
        assert_int_equal(diags.n, 2);
        assert_string_equal(diags.items[0].message,
                            "overlaps 'two' (test.yaml:1) on api, web, from 2027-02-01 03:00 Europe/Berlin to 2027-02-01 04:00 Europe/Berlin, "
                            "the first of 3 times: move one of them, or make them one window");
        assert_memory_equal(diags.items[1].message, "overlaps 'one' ", 15);
        diagnostics_done(&diags);
        for (size_t i = 0; i < 2; i++)
                manifest_free(list[i]);
        zones_free(zones);
}

/* Ten thousand windows that all meet on one service: each with each would be fifty million pairs. */
static void ten_thousand_windows_cost_a_sort(void **state) {
        enum { MANY = 10000 };
        Manifest **list = calloc(MANY, sizeof(*list));
        Diagnostics diags = { 0 };
        Zones *zones;
        clock_t begun;
        double took;

        for (unsigned i = 0; i < MANY; i++) {
                char text[64];

                (void) snprintf(text, sizeof(text), "@%02u:%02u+9h services: [api]", i % 3, i % 60);
                list[i] = window_of(text);
                list[i]->origin.file = arena_printf(list[i]->arena, "%u", i);
        }
        assert_int_equal(zones_new(NULL, &zones), 0);
        begun = clock();
        assert_int_equal(overlap_find(zones, (const Manifest *const *) list, MANY, instant(NOW), &diags), 0);
        took = (double) (clock() - begun) / CLOCKS_PER_SEC;
        assert_true(diags.n >= MANY);           /* each is told at least once … */
        assert_true(diags.n <= MANY * OVERLAP_TOLD); /* … and not with every other */
        if (took > (getenv("MAINTD_SLOW_TESTS") ? 30 : 5))
                fail_msg("%.1f s", took);
        diagnostics_done(&diags);
        for (unsigned i = 0; i < MANY; i++)
                manifest_free(list[i]);
        free(list);
        zones_free(zones);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(advice_cases) + ARRAY_SIZE(overlap_cases) + 2];
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(advice_cases); i++)
                tests[n++] = (struct CMUnitTest) { advice_cases[i].name, check_advice, NULL, NULL, (void *) &advice_cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(overlap_cases); i++)
                tests[n++] = (struct CMUnitTest) { overlap_cases[i].name, check_overlap, NULL, NULL, (void *) &overlap_cases[i] };
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(says_where_when_and_how_often);
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(ten_thousand_windows_cost_a_sort);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
