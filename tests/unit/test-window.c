/*
 * Windows: what a manifest becomes, row by row
 *
 * Expected windows are written "NAME START/END", in UTC; a one-off has no name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"
#include "schedule/schedule.h"
#include "yaml-manifest.h"

static Zones *zones;

#define BERLIN "timezone: Europe/Berlin\n"
#define NEW_YORK "timezone: America/New_York\n"
#define RULE(rule) "recurrence: {rule: '" rule "'}\n"

static char *windows_text(const WindowSet *s) {
        char *out = NULL, a[RFC3339_SIZE], b[RFC3339_SIZE];
        size_t size = 0;
        FILE *f = open_memstream(&out, &size);

        for (size_t i = 0; i < s->n_windows; i++) {
                const Window *w = &s->windows[i];

                (void) rfc3339_format(w->start, a);
                (void) rfc3339_format(w->end, b);
                fprintf(f, "%s%s%s%.16s/%.16s", i ? " | " : "", w->key.occurrence, *w->key.occurrence ? " " : "", a, b);
        }
        fclose(f);
        return out;
}

/* The next windows from the start on, published or not. */
static const struct preview_case { const char *name, *text, *from; unsigned n; const char *expected; } preview_cases[] = {
        { "a one-off has one window", "start: 2027-02-01T02:00\nduration: 2h\n" BERLIN, "2027-01-01T00:00Z", 3, "2027-02-01T01:00/2027-02-01T03:00" },
        { "a start with an offset needs no zone", "start: 2027-02-01T02:00-08:00\nend: 2027-02-01T12:00Z\n", "2027-01-01T00:00Z", 3,
          "2027-02-01T10:00/2027-02-01T12:00" },
        { "days of a duration are calendar days", "start: 2027-03-27T12:00\nduration: 1d\n" BERLIN, "2027-01-01T00:00Z", 3, "2027-03-27T11:00/2027-03-28T10:00" },
        { "hours of a duration are exact", "start: 2027-03-27T12:00\nduration: 24h\n" BERLIN, "2027-01-01T00:00Z", 3, "2027-03-27T11:00/2027-03-28T11:00" },
        { "days come before hours", "start: 2027-03-26T23:00\nduration: 1d 4h\n" BERLIN, "2027-01-01T00:00Z", 3, "2027-03-26T22:00/2027-03-28T02:00" },
        { "a start in a gap takes the offset before it", "start: 2027-03-28T02:30\nduration: 1h\n" BERLIN, "2027-01-01T00:00Z", 3, "2027-03-28T01:30/2027-03-28T02:30" },
        { "a weekly 02:30 is shifted once and back at 02:30 the week after", "start: 2027-03-21T02:30\nduration: 1h\n" BERLIN RULE("FREQ=WEEKLY"), "2027-03-20T00:00Z", 3,
          "2027-03-21T02:30 2027-03-21T01:30/2027-03-21T02:30 | 2027-03-28T02:30 2027-03-28T01:30/2027-03-28T02:30 | "
          "2027-04-04T02:30 2027-04-04T00:30/2027-04-04T01:30" },
        { "so it is in New York", "start: 2027-03-07T02:30\nduration: 1h\n" NEW_YORK RULE("FREQ=WEEKLY"), "2027-03-07T00:00Z", 3,
          "2027-03-07T02:30 2027-03-07T07:30/2027-03-07T08:30 | 2027-03-14T02:30 2027-03-14T07:30/2027-03-14T08:30 | "
          "2027-03-21T02:30 2027-03-21T06:30/2027-03-21T07:30" },
        { "across the autumn fold it happens once, at the first", "start: 2027-10-24T02:30\nduration: 1h\n" BERLIN RULE("FREQ=WEEKLY"), "2027-10-24T00:00Z", 3,
          "2027-10-24T02:30 2027-10-24T00:30/2027-10-24T01:30 | 2027-10-31T02:30 2027-10-31T00:30/2027-10-31T01:30 | "
          "2027-11-07T02:30 2027-11-07T01:30/2027-11-07T02:30" },
        { "the last Wednesday of March is at 02:00 (libical says 03:00)", "start: 2025-10-29T02:00\nduration: 1h\n" BERLIN RULE("FREQ=MONTHLY;BYDAY=-1WE"), "2026-03-01T00:00Z", 2,
          "2026-03-25T02:00 2026-03-25T01:00/2026-03-25T02:00 | 2026-04-29T02:00 2026-04-29T00:00/2026-04-29T01:00" },
        { "an end repeats at the same time of day", "start: 2027-03-20T23:00\nend: 2027-03-21T05:00\n" BERLIN RULE("FREQ=WEEKLY"), "2027-03-20T00:00Z", 2,
          "2027-03-20T23:00 2027-03-20T22:00/2027-03-21T04:00 | 2027-03-27T23:00 2027-03-27T22:00/2027-03-28T03:00" },
        { "an end that the clock would put before the start keeps its length", "start: 2027-03-21T02:30\nend: 2027-03-21T03:15\n" BERLIN RULE("FREQ=WEEKLY"), "2027-03-28T00:00Z", 1,
          "2027-03-28T02:30 2027-03-28T01:30/2027-03-28T02:15" },
        { "leap days come every four years", "start: 2028-02-29T02:00\nduration: 1h\n" RULE("FREQ=YEARLY"), "2028-01-01T00:00Z", 2,
          "2028-02-29T02:00 2028-02-29T02:00/2028-02-29T03:00 | 2032-02-29T02:00 2032-02-29T02:00/2032-02-29T03:00" },
        { "a date in except takes out that local day; COUNT counts on", "start: 2027-02-01T23:30\nduration: 1h\n" BERLIN
          "recurrence: {rule: 'FREQ=DAILY;COUNT=3', except: [2027-02-02]}\n", "2027-02-01T00:00Z", 9,
          "2027-02-01T23:30 2027-02-01T22:30/2027-02-01T23:30 | 2027-02-03T23:30 2027-02-03T22:30/2027-02-03T23:30" },
        { "a time in except takes out that occurrence alone", "start: 2027-02-01T02:00\nduration: 1h\n"
          "recurrence: {rule: 'FREQ=DAILY;COUNT=3', except: [2027-02-02T02:00, 2027-02-03T03:00]}\n", "2027-02-01T00:00Z", 9,
          "2027-02-01T02:00 2027-02-01T02:00/2027-02-01T03:00 | 2027-02-03T02:00 2027-02-03T02:00/2027-02-03T03:00" },
        { "extra adds occurrences under their own names, once each", "start: 2027-02-01T02:00\nduration: 1h\n"
          "recurrence: {rule: 'FREQ=WEEKLY;COUNT=2', extra: [2027-02-03T05:00:30, 2027-02-08T02:00]}\n", "2027-02-01T00:00Z", 9,
          "2027-02-01T02:00 2027-02-01T02:00/2027-02-01T03:00 | 2027-02-03T05:00:30 2027-02-03T05:00/2027-02-03T06:00 | "
          "2027-02-08T02:00 2027-02-08T02:00/2027-02-08T03:00" },
        { "an override moves its occurrence and keeps the name", "start: 2027-02-01T02:00\nduration: 1h\n"
          "recurrence:\n  rule: FREQ=WEEKLY;COUNT=3\n  overrides:\n    - {occurrence: 2027-02-08T02:00, start: 2027-02-20T04:00}\n", "2027-02-01T00:00Z", 9,
          "2027-02-01T02:00 2027-02-01T02:00/2027-02-01T03:00 | 2027-02-15T02:00 2027-02-15T02:00/2027-02-15T03:00 | "
          "2027-02-08T02:00 2027-02-20T04:00/2027-02-20T05:00" },
        { "an occurrence moved far ahead is found from there", "start: 2027-02-01T02:00\nduration: 1h\n"
          "recurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-08T02:00, start: 2027-06-01T04:00}\n", "2027-05-31T04:00Z", 2,
          "2027-02-08T02:00 2027-06-01T04:00/2027-06-01T05:00 | 2027-06-07T02:00 2027-06-07T02:00/2027-06-07T03:00" },
        { "an override of the duration alone", "start: 2027-02-01T02:00\nduration: 1h\n"
          "recurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-08T02:00, duration: 3h}\n", "2027-02-08T00:00Z", 1,
          "2027-02-08T02:00 2027-02-08T02:00/2027-02-08T05:00" },
};

static void previews(void **state) {
        const struct preview_case *c = *state;
        auto_(manifest_free) Manifest *m = manifest_of(c->text);
        auto_(windowset_unref) WindowSet *s = NULL;
        auto_(free) char *got = NULL;

        assert_int_equal(schedule_preview(zones, m, instant(c->from), c->n, NULL, NULL, &s), 0);
        got = windows_text(s);
        assert_string_equal(got, c->expected);
}

#define DAILY "start: 2027-02-01T02:00\nduration: 1h\n" RULE("FREQ=DAILY")

static WindowSet *expand(Manifest *m, const char *now, usec_t horizon, const Frozen *frozen, size_t n_frozen) {
        ExpandInput in = { .now = instant(now), .horizon = horizon, .from = instant(now) - 36 * USEC_PER_HOUR, .frozen = frozen, .n_frozen = n_frozen, .loaded = 7 };
        WindowSet *s = NULL;

        assert_int_equal(schedule_expand(zones, m, &in, NULL, NULL, &s), 0);
        return s;
}

static void knows_the_published_and_the_next(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of(DAILY);
        auto_(windowset_unref) WindowSet *s = expand(m, "2027-03-01T12:00Z", 3 * USEC_PER_DAY, NULL, 0);

        /* Ended within 36 h: Feb 28 and Mar 1. Published: until Mar 4. The next: Mar 5, published on Mar 2 at 02:00. */
        assert_int_equal(s->n_windows, 6);
        assert_string_equal(s->windows[0].key.occurrence, "2027-02-28T02:00");
        assert_string_equal(s->windows[5].key.occurrence, "2027-03-05T02:00");
        assert_int_equal(s->windows[5].publish, instant("2027-03-02T02:00Z"));
        assert_int_equal(s->until, instant("2027-03-02T02:00Z"));
        assert_int_equal(s->loaded, 7);
        assert_true(s->windows[0].recurring && !s->windows[0].own_start);
}

static void publishes_one_offs_at_once_unless_announced(void **state) {
        auto_(manifest_free) Manifest *plain = manifest_of("start: 2027-08-01T02:00\nduration: 1h\n");
        auto_(manifest_free) Manifest *announced = manifest_of("start: 2027-04-01T12:00\nduration: 1h\nannounce: 7d\n" BERLIN);
        auto_(windowset_unref) WindowSet *a = expand(plain, "2027-02-01T00:00Z", USEC_PER_DAY, NULL, 0);
        auto_(windowset_unref) WindowSet *b = expand(announced, "2027-02-01T00:00Z", USEC_PER_DAY, NULL, 0);

        assert_int_equal(a->windows[0].publish, 0);
        assert_int_equal(a->until, USEC_INFINITY);
        assert_string_equal(a->windows[0].key.occurrence, "");
        assert_false(a->windows[0].recurring);
        /* Seven calendar days before, across a change of the clock. */
        assert_int_equal(b->windows[0].publish, instant("2027-03-25T11:00Z"));
}

static void keeps_the_times_of_what_runs(void **state) {
        /* The rule has moved to 05:00; the occurrence of 02:00 runs, an excepted one too. */
        auto_(manifest_free) Manifest *m = manifest_of("start: 2027-02-01T05:00\nduration: 1h\n"
                "recurrence:\n  rule: FREQ=DAILY\n  except: [2027-03-01]\n  overrides:\n    - {occurrence: 2027-03-01T02:00, title: Running, end: 2027-03-01T09:00}\n");
        const Frozen frozen[] = {
                { "2027-02-28T02:00", instant("2027-02-28T02:00Z"), instant("2027-03-02T03:00Z") },
                { "2027-03-01T02:00", instant("2027-03-01T02:00Z"), instant("2027-03-01T03:00Z") },
        };
        auto_(windowset_unref) WindowSet *s = expand(m, "2027-03-01T02:30Z", USEC_PER_DAY, frozen, 2);
        auto_(free) char *got = windows_text(s);

        assert_string_equal(got, "2027-02-28T02:00 2027-02-28T02:00/2027-03-02T03:00 | 2027-02-28T05:00 2027-02-28T05:00/2027-02-28T06:00 | "
                                 "2027-03-01T02:00 2027-03-01T02:00/2027-03-01T09:00 | 2027-03-02T05:00 2027-03-02T05:00/2027-03-02T06:00");
        assert_string_equal(s->windows[2].title, "Running");
        assert_true(s->windows[2].own_end && !s->windows[2].own_start);
}

static void gives_an_occurrence_its_own_words(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of("title: Base\ndescription: all\nstart: 2027-02-01T02:00\nduration: 2h\nservices: [api]\nmessage: m\n"
                "notify: {reminders: [1h, 24h]}\nupdates:\n  - {at: +90min, message: later}\n  - {at: +1h, message: sooner}\n"
                "recurrence:\n  rule: FREQ=DAILY\n  overrides:\n    - occurrence: 2027-02-02T02:00\n      title: Own\n      impact: degraded\n"
                "      state: cancelled\n      updates:\n        - {at: 2027-02-02T02:30, message: at half}\n");
        auto_(windowset_unref) WindowSet *s = expand(m, "2027-02-01T00:00Z", 2 * USEC_PER_DAY, NULL, 0);
        const Window *base = &s->windows[0], *own = &s->windows[1];

        assert_string_equal(base->title, "Base");
        assert_string_equal(base->body, "all");
        assert_string_equal(base->message, "m");
        assert_int_equal(base->n_updates, 2);
        assert_true(base->updates[0].from_start && base->updates[0].at == USEC_PER_HOUR);
        assert_string_equal(base->updates[1].message, "later");
        assert_int_equal(base->notify->reminders[0], 24 * USEC_PER_HOUR);
        assert_int_equal(base->floor, STATE_SCHEDULED);
        assert_string_equal(own->title, "Own");
        assert_string_equal(own->body, "all");
        assert_int_equal(own->impact, IMPACT_DEGRADED);
        assert_int_equal(own->floor, STATE_CANCELLED);
        assert_int_equal(own->n_updates, 1);
        assert_int_equal(own->updates[0].at, instant("2027-02-02T02:30Z"));
        assert_int_equal(s->windows[2].n_updates, 2);
        assert_ptr_equal(s->windows[2].updates, base->updates);
        assert_int_equal(s->windows[2].floor, STATE_SCHEDULED);
}

static void caps_what_one_manifest_publishes(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of("start: 2027-02-01T02:00\nduration: 1h\nannounce: 36500d\n" RULE("FREQ=DAILY"));
        auto_(windowset_unref) WindowSet *s = expand(m, "2027-02-01T00:00Z", USEC_PER_DAY, NULL, 0);

        assert_int_equal(s->n_windows, WINDOWS_PER_MANIFEST_MAX);
        assert_true(s->until > instant("2027-02-01T00:00Z") && s->until < USEC_INFINITY);
}

static void ends_with_its_rule(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of("start: 2027-02-01T02:00\nduration: 1h\n" RULE("FREQ=DAILY;COUNT=3"));
        auto_(windowset_unref) WindowSet *s = expand(m, "2027-02-01T00:00Z", 30 * USEC_PER_DAY, NULL, 0);
        auto_(windowset_unref) WindowSet *late = expand(m, "2028-02-01T00:00Z", 30 * USEC_PER_DAY, NULL, 0);

        assert_int_equal(s->n_windows, 3);
        assert_int_equal(s->until, USEC_INFINITY);
        assert_int_equal(late->n_windows, 0);
        assert_int_equal(late->until, USEC_INFINITY);
}

static int released;
static void count_release(void *owner) {
        released += *(int *) owner;
}

static void releases_its_owner_once(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of(DAILY);
        ExpandInput in = { .now = instant("2027-03-01T00:00Z"), .horizon = USEC_PER_DAY, .from = instant("2027-03-01T00:00Z") };
        WindowSet *s, *second;
        int one = 1;

        assert_int_equal(schedule_expand(zones, m, &in, &one, count_release, &s), 0);
        second = windowset_ref(s);
        windowset_unref(s);
        assert_int_equal(released, 0);
        windowset_unref(second);
        assert_int_equal(released, 1);
}

/* 10,000 manifests of which 3,400 recur have 0.15 s in all; here the recurring ones, 90 days, a year after their start. */
static void is_quick(void **state) {
        static const char *const rules[] = { "FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYMONTHDAY=1" };
        Manifest *m[ARRAY_SIZE(rules)];
        struct timespec a, b;
        char text[256];
        double ms;

        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
                (void) snprintf(text, sizeof(text), "start: 2027-02-01T02:00\nduration: 1h\n" BERLIN "recurrence: {rule: '%s'}\n", rules[i]);
                m[i] = manifest_of(text);
        }
        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        for (unsigned i = 0; i < 3400; i++) {
                WindowSet *s = expand(m[i % ARRAY_SIZE(rules)], "2028-02-01T00:00Z", 90 * USEC_PER_DAY, NULL, 0);

                windowset_unref(s);
        }
        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        ms = (double) (b.tv_sec - a.tv_sec) * 1e3 + (double) (b.tv_nsec - a.tv_nsec) / 1e6;
        print_message("3400 expansions: %.1f ms\n", ms);
        assert_true(ms < 1500); /* ten times the target: this machine may be slow, or a sanitizer watch */
        for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
                manifest_free(m[i]);
}

int main(void) {
        const struct CMUnitTest fixed[] = {
                cmocka_unit_test(knows_the_published_and_the_next), cmocka_unit_test(publishes_one_offs_at_once_unless_announced),
                cmocka_unit_test(keeps_the_times_of_what_runs), cmocka_unit_test(gives_an_occurrence_its_own_words),
                cmocka_unit_test(caps_what_one_manifest_publishes), cmocka_unit_test(ends_with_its_rule),
                cmocka_unit_test(releases_its_owner_once), cmocka_unit_test(is_quick),
        };
        struct CMUnitTest tests[ARRAY_SIZE(preview_cases) + ARRAY_SIZE(fixed)];
        int r;

        memcpy(tests, fixed, sizeof(fixed));
        for (size_t i = 0; i < ARRAY_SIZE(preview_cases); i++)
                tests[i + ARRAY_SIZE(fixed)] = (struct CMUnitTest) { preview_cases[i].name, previews, NULL, NULL, (void *) &preview_cases[i] };
        if (zones_new(NULL, &zones) < 0)
                return 1;
        r = cmocka_run_group_tests(tests, NULL, NULL);
        zones_free(zones);
        return r;
}
