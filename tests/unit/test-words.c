/*
 * Words: what a verb writes, in the form that is there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/text.h"
#include "ctl/words.h"
#include "yaml-manifest.h"

#define BERLIN "timezone: Europe/Berlin\n"
#define WEEKLY "start: 2030-02-03T02:00\nduration: 1h\nupdates: [{at: +30min, message: half}]\nrecurrence: {rule: FREQ=WEEKLY, overrides: [{occurrence: 2030-02-03T02:00}]}\n"

/* @start, @end: the window's, in UTC; @now too, "": before its start. @expected: the edits, "!" and the problem. */
static const struct Case { const char *what, *text; Word word; const char *state, *start, *end, *now, *message, *by, *until, *expected; } cases[] = {
        { "an end keeps its offset", "start: 2030-02-01T02:00Z\nend: 2030-02-01T09:30+05:30\n", WORD_EXTEND, "scheduled", "2030-02-01T02:00:00Z",
          "2030-02-01T04:00:00Z", "", NULL, "1h", NULL, "{end=2030-02-01T10:30+05:30}" },
        { "a duration stays one", "start: 2030-02-01T02:00\nduration: 1d\n", WORD_EXTEND, "scheduled", "2030-02-01T02:00:00Z", "2030-02-02T02:00:00Z", "",
          NULL, "90min", NULL, "{duration=1d 1h 30min}" },
        { "a second time of two equal ones has its offset", "start: 2030-10-27T00:30\nend: 2030-10-27T02:30\n" BERLIN, WORD_EXTEND, "scheduled",
          "2030-10-26T22:30:00Z", "2030-10-27T00:30:00Z", "", NULL, "1h", NULL, "{end=2030-10-27T02:30+01:00}" },
        { "a time of day is the next one", "start: 2030-02-01T22:00\nend: 2030-02-01T23:30\n", WORD_EXTEND, "scheduled", "2030-02-01T22:00:00Z",
          "2030-02-01T23:30:00Z", "", NULL, NULL, "00:30", "{end=2030-02-02T00:30}" },
        { "no later is refused", "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\n", WORD_EXTEND, "scheduled", "2030-02-01T02:00:00Z", "2030-02-01T04:00:00Z",
          "", NULL, NULL, "03:00", "!it ends at 2030-02-01 04:00 UTC: that is no later; edit the file to shorten it" },
        { "what is over is not extended", "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\n", WORD_EXTEND, "cancelled", "2030-02-01T02:00:00Z",
          "2030-02-01T04:00:00Z", "", NULL, "1h", NULL, "!it is cancelled: publish a new window" },
        { "a start with a message", "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\n", WORD_START, "scheduled", "2030-02-01T02:00:00Z", "2030-02-01T04:00:00Z",
          "", "Now", NULL, NULL, "{state=in_progress message=Now}" },
        { "what has not started is not completed", "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\n", WORD_COMPLETE, "scheduled", "2030-02-01T02:00:00Z",
          "2030-02-01T04:00:00Z", "", NULL, NULL, NULL, "!it has not started: `maintctl cancel` calls it off, `maintctl start` starts it now" },
        { "an update takes the next free second",
          "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\nupdates: [{at: 2030-02-01T03:00, message: x}, {at: 2030-02-01T03:00:01, message: y}]\n", WORD_UPDATE,
          "in_progress", "2030-02-01T02:00:00Z", "2030-02-01T04:00:00Z", "2030-02-01T03:00:00Z", "Half", NULL, NULL,
          "updates+{at=2030-02-01T03:00:02 message=Half}" },
        { "an occurrence gets the updates of all", WEEKLY, WORD_UPDATE, "in_progress", "2030-02-03T02:00:00Z", "2030-02-03T03:00:00Z", "2030-02-03T02:20:00Z",
          "Soon", NULL, NULL,
          "recurrence overrides 0 updates+{at=+30min message=half};recurrence overrides 0 updates+{at=+20min message=Soon}" },
        { "an occurrence ends where it says", WEEKLY, WORD_EXTEND, "scheduled", "2030-02-03T02:00:00Z", "2030-02-03T03:00:00Z", "", NULL, "1h", NULL,
          "recurrence overrides 0{end=2030-02-03T04:00}" },
        { "a manifest is suspended once", "start: 2030-02-01T02:00\nend: 2030-02-01T04:00\nsuspend: true\n", WORD_SUSPEND, "", "2030-02-01T02:00:00Z",
          "2030-02-01T04:00:00Z", "", NULL, NULL, NULL, "!it is suspended already" },
};

static const char *edits_text(Arena *a, const Wording *w) {
        const char *text = "";

        if (w->problem)
                return arena_printf(a, "!%s", w->problem);
        for (size_t i = 0; i < w->n_edits; i++) {
                const Edit *e = &w->edits[i];

                text = arena_printf(a, "%s%s", text, i ? ";" : "");
                for (unsigned k = 0; k < e->n_path; k++)
                        text = e->path[k].key ? arena_printf(a, "%s%s%s", text, k ? " " : "", e->path[k].key) : arena_printf(a, "%s %u", text, e->path[k].item);
                text = arena_printf(a, "%s%s{", text, e->append ? "+" : "");
                for (size_t k = 0; k < e->n_pairs; k++)
                        text = arena_printf(a, "%s%s%s=%s", text, k ? " " : "", e->pairs[k].key, e->pairs[k].value);
                text = arena_printf(a, "%s}", text);
        }
        return text;
}

static void test_cases(void **state) {
        const struct Case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        auto_(manifest_free) Manifest *m = manifest_of(c->text);
        auto_(zones_free) Zones *zones = NULL;
        Picked p = { .m = m, .override = m->recurrence ? 0 : -1, .start = instant(c->start), .end = instant(c->end), .started = instant(c->start) };
        WordInput in = { .word = c->word, .window = &p, .now = *c->now ? instant(c->now) : 0, .message = c->message, .by = c->by, .end = c->until };
        Wording out;

        (void) snprintf(p.state, sizeof(p.state), "%s", c->state);
        (void) snprintf(p.key, sizeof(p.key), "test");
        (void) snprintf(p.occurrence, sizeof(p.occurrence), "%s", m->recurrence ? "2030-02-03T02:00" : "");
        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(zones_get(zones, m->timezone, &in.zone), 0);
        assert_int_equal(words_make(a, &in, &out), 0);
        assert_string_equal(edits_text(a, &out), c->expected);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].what, test_cases, NULL, NULL, (void *) &cases[i] };
        return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
