/*
 * Checks: what is said of a manifest that only a calendar can know
 *
 * Expected: "LINE severity code: a part of the message", each on its own line, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/text.h"
#include "schedule/schedule.h"
#include "yaml-manifest.h"

static Zones *zones;

#define BERLIN "timezone: Europe/Berlin\n"
#define RULE(rule) "recurrence: {rule: '" rule "'}\n"

/* Line 1 is the title. */
static const struct check_case { const char *name, *text, *expected; } check_cases[] = {
        { "says nothing of an ordinary window", "start: 2027-02-01T02:00\nduration: 2h\n" BERLIN, "" },
        { "says nothing of an ordinary rule", "start: 2027-06-06T05:00\nduration: 2h\n" BERLIN RULE("FREQ=WEEKLY;BYDAY=SU"), "" },
        { "warns of a window that concerns no service", "start: 2027-02-01T02:00\nduration: 2h\nservices: []\n" BERLIN,
          "1 warning no-services: mutes nothing" },
        { "proposes the zone that was meant", "start: 2027-02-01T02:00\nduration: 2h\ntimezone: Europe/Berlim\n",
          "4 error unknown-zone: 'Europe/Berlim', did you mean 'Europe/Berlin'?" },
        { "refuses a zone that nobody knows", "start: 2027-02-01T02:00\nduration: 2h\ntimezone: Mars/Olympus\n", "4 error unknown-zone: IANA" },
        { "refuses a reversed window", "start: 2027-02-01T02:00\nend: 2027-02-01T01:00\n" BERLIN, "3 error end-before-start: is before the start" },
        { "refuses an empty window", "start: 2027-02-01T02:00\nend: 2027-02-01T02:00\n", "3 error end-before-start: ends when it starts" },
        { "compares instants, not digits", "start: 2027-02-01T02:00+01:00\nend: 2027-02-01T01:30Z\n", "" },
        { "warns of a start in a gap", "start: 2027-03-28T02:30\nduration: 2h\n" BERLIN, "2 warning time-in-gap: it will be 2027-03-28 03:30" },
        { "warns of an end in a fold", "start: 2027-10-31T01:30\nend: 2027-10-31T02:30\n" BERLIN, "3 warning time-in-fold: 2027-10-31T00:30:00Z" },
        { "warns of an update that comes too late", "start: 2027-02-01T02:00\nduration: 2h\nupdates:\n  - {at: +3h, message: m}\n", "5 warning update-outside: 05:00" },
        { "warns of an update before the start", "start: 2027-02-01T02:00\nduration: 2h\nupdates:\n  - {at: 2027-02-01T01:00, message: m}\n", "5 warning update-outside: 01:00" },
        { "takes an update before the start of what was started early",
          "start: 2027-02-01T02:00\nduration: 2h\nstate: in_progress\nupdates:\n  - {at: 2027-02-01T01:00, message: m}\n  - {at: +3h, message: n}\n", "" },
        { "takes a late update of what waits for its end",
          "start: 2027-02-01T02:00\nduration: 2h\nauto_complete: false\nupdates:\n  - {at: +3h, message: m}\n", "" },
        { "warns of a reminder before the announcement", "start: 2027-02-01T02:00\nduration: 2h\nannounce: 1h\nnotify: {reminders: [24h]}\n", "1 warning announce-short: longest reminder" },
        { "names the next date that fits", "start: 2027-02-01T02:00\nduration: 2h\n" RULE("FREQ=WEEKLY;BYDAY=SU"), "2 error start-off-rule: 2027-02-07T02:00" },
        { "says that a rule never happens", "start: 2027-02-01T02:00\nduration: 2h\n" RULE("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "4 warning rule-never: never" },
        { "says that UNTIL is before start", "start: 2027-02-01T02:00\nduration: 2h\n" RULE("FREQ=DAILY;UNTIL=20270101"), "4 warning rule-never: UNTIL is before start" },
        { "refuses hours", "start: 2027-02-01T02:00\nduration: 2min\n" RULE("FREQ=HOURLY"), "4 error rule-too-frequent: once a day" },
        { "refuses two times a day", "start: 2027-02-01T02:00\nduration: 2min\n" RULE("FREQ=DAILY;BYHOUR=2,14"), "4 error rule-too-frequent: BYHOUR" },
        { "refuses what is no rule", "start: 2027-02-01T02:00\nduration: 2h\n" RULE("every sunday"), "4 error rule-syntax: cannot be used" },
        { "refuses a weekly window of eight days", "start: 2027-02-01T02:00\nduration: 8d\n" RULE("FREQ=WEEKLY"), "3 error window-overlaps-next: 7d from 2027-02-01T02:00" },
        { "takes a weekly window of seven days", "start: 2027-02-01T02:00\nduration: 7d\n" RULE("FREQ=WEEKLY"), "" },
        { "finds the one pair that is too near", "start: 2027-02-01T02:00\nduration: 30d\n" RULE("FREQ=MONTHLY"), "3 error window-overlaps-next: 28d" },
        { "says that day 31 skips months", "start: 2027-01-31T02:00\nduration: 2h\n" RULE("FREQ=MONTHLY"), "4 warning short-month: BYMONTHDAY=-1" },
        { "but not of the last day", "start: 2027-01-31T02:00\nduration: 2h\n" RULE("FREQ=MONTHLY;BYMONTHDAY=-1"), "" },
        { "warns of an occurrence in a gap and in a fold", "start: 2027-03-07T02:30\nduration: 1h\n" BERLIN RULE("FREQ=WEEKLY;BYDAY=SU"),
          "2 warning time-in-gap: 2027-03-28T02:30\n2 warning time-in-fold: 2027-10-31T02:30" },
        { "but not where it is excepted", "start: 2027-03-07T02:30\nduration: 1h\n" BERLIN "recurrence: {rule: 'FREQ=WEEKLY;BYDAY=SU;COUNT=10', except: [2027-03-28]}\n", "" },
        { "says that an exception excepts nothing", "start: 2027-02-01T02:00\nduration: 1h\nrecurrence: {rule: FREQ=WEEKLY, except: [2027-02-02, 2027-02-08]}\n",
          "4 warning except-unmatched: on 2027-02-02" },
        { "an exception may name an extra one", "start: 2027-02-01T02:00\nduration: 1h\nrecurrence: {rule: FREQ=WEEKLY, extra: [2027-02-02T05:00], except: [2027-02-02]}\n", "" },
        { "warns of an override that is left over", "start: 2027-02-01T02:00\nduration: 1h\nrecurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-09T02:00, title: X}\n",
          "7 warning override-unmatched: 2027-02-15T02:00" },
        { "refuses an override that reverses its occurrence", "start: 2027-02-01T02:00\nduration: 1h\nrecurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-08T02:00, end: 2027-02-08T01:00}\n",
          "7 error end-before-start: 2027-02-08T02:00" },
};

static void checks(void **state) {
        const struct check_case *c = *state;
        auto_(manifest_free) Manifest *m = manifest_of(c->text);
        auto_(free) char *expected = strdup(c->expected);
        Diagnostics d = { 0 };
        size_t errors = 0, i = 0;
        int r = schedule_check(zones, m, instant("2027-01-01T00:00Z"), &d);

        for (char *save = NULL, *line = strtok_r(expected, "\n", &save); line; line = strtok_r(NULL, "\n", &save), i++) {
                char code[64], severity[16], *part = strstr(line, ": ") + 2;
                unsigned at;

                assert_int_equal(sscanf(line, "%u %15s %63[^:]", &at, severity, code), 3);
                if (i >= d.n)
                        fail_msg("not said: %s", line);
                assert_string_equal(d.items[i].code, code);
                assert_int_equal(d.items[i].line, at);
                assert_int_equal(d.items[i].severity, strcmp(severity, "error") == 0 ? SEVERITY_ERROR : SEVERITY_WARNING);
                if (!strstr(d.items[i].message, part))
                        fail_msg("'%s' is not in '%s'", part, d.items[i].message);
                assert_non_null(diagnostic_find(code));
                errors += d.items[i].severity == SEVERITY_ERROR;
        }
        if (i < d.n)
                fail_msg("said as well: %s", d.items[i].message);
        assert_int_equal(r, errors ? -EINVAL : 0);
        diagnostics_done(&d);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(check_cases)];
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(check_cases); i++)
                tests[i] = (struct CMUnitTest) { check_cases[i].name, checks, NULL, NULL, (void *) &check_cases[i] };
        if (zones_new(NULL, &zones) < 0)
                return 1;
        r = cmocka_run_group_tests(tests, NULL, NULL);
        zones_free(zones);
        return r;
}
