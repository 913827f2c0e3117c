/*
 * Edit: nothing changes but what was asked for
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/text.h"
#include "manifest/edit.h"

static const EditPair started[] = { { "state", "in_progress", false, "end" } };
static const EditPair ended[] = { { "state", "completed", false, NULL }, { "message", "All done: it's fine", true, NULL } };
static const EditPair longer[] = { { "end", "2027-02-01T05:00", false, NULL } };
static const EditPair note[] = { { "at", "+1h", false, NULL }, { "message", "50% done", true, NULL } };
static const EditPair lines[] = { { "message", "First.\n\nSecond.", true, NULL } };
static const EditPair cancelled[] = { { "occurrence", "2027-02-14T02:00", false, NULL }, { "state", "cancelled", false, NULL } };

static const EditPair resting[] = { { "suspend", "true", false, NULL } };

static const Edit suspend = { .pairs = resting, .n_pairs = 1 };
static const Edit start = { .pairs = started, .n_pairs = 1 };
static const Edit complete = { .pairs = ended, .n_pairs = 2 };
static const Edit extend = { .pairs = longer, .n_pairs = 1 };
static const Edit update = { .path = { { "updates", 0 } }, .n_path = 1, .append = true, .pairs = note, .n_pairs = 2 };
static const Edit say = { .pairs = lines, .n_pairs = 1 };
static const Edit override = { .path = { { "recurrence", 0 }, { "overrides", 0 } }, .n_path = 2, .append = true, .pairs = cancelled, .n_pairs = 2 };
static const Edit second = { .path = { { "recurrence", 0 }, { "overrides", 0 }, { NULL, 1 } }, .n_path = 3, .pairs = ended, .n_pairs = 2 };
static const Edit second_update = {
        .path = { { "recurrence", 0 }, { "overrides", 0 }, { NULL, 1 }, { "updates", 0 } }, .n_path = 4, .append = true, .pairs = note, .n_pairs = 2,
};

static const struct Case { const char *what; const Edit *edit; unsigned line; const char *before, *after; } cases[] = {
        /* a value where it stands */
        { "plain", &extend, 1, "title: A\nend: 2027-02-01T04:00 # 4 AM\nservices: []\n", "title: A\nend: 2027-02-01T05:00 # 4 AM\nservices: []\n" },
        { "double quotes", &extend, 1, "end: \"2027-02-01T04:00\"   # 4\n", "end: \"2027-02-01T05:00\"   # 4\n" },
        { "single quotes", &extend, 1, "end: '2027-02-01T04:00'\n", "end: '2027-02-01T05:00'\n" },
        { "brackets", &extend, 1, "{title: A, end: 2027-02-01T04:00, services: [a]}\n", "{title: A, end: 2027-02-01T05:00, services: [a]}\n" },
        { "no value", &extend, 1, "title: A\nend:   # when?\nid: x\n", "title: A\nend: 2027-02-01T05:00   # when?\nid: x\n" },
        { "null", &extend, 1, "end: ~\n", "end: 2027-02-01T05:00\n" },
        { "an explicit key", &extend, 1, "? end\n: 2027-02-01T04:00\n", "? end\n: 2027-02-01T05:00\n" },
        { "no line end", &extend, 1, "end: 2027-02-01T04:00", "end: 2027-02-01T05:00" },
        { "letters before it", &extend, 1, "title: Ünïcödé — ✓\nend: 2027-02-01T04:00 # ✓\n", "title: Ünïcödé — ✓\nend: 2027-02-01T05:00 # ✓\n" },
        { "a byte order mark", &extend, 1, "\xef\xbb\xbf" "end: 2027-02-01T04:00\n", "\xef\xbb\xbf" "end: 2027-02-01T05:00\n" },
        { "CRLF", &extend, 1, "title: A\r\nend: 2027-02-01T04:00\r\nid: x\r\n", "title: A\r\nend: 2027-02-01T05:00\r\nid: x\r\n" },
        { "a literal", &say, 1, "message: | # old\n  Old\n  text\n\nend: x\n", "message: |- # old\n  First.\n\n  Second.\n\nend: x\n" },
        { "a plain text of several lines", &say, 1, "message: old\n  text # why\nend: x\n", "message: |- # why\n  First.\n\n  Second.\nend: x\n" },
        { "a literal with blanks behind it", &say, 1, "message: |\n  Old  \nend: x\n", "message: |-\n  First.\n\n  Second.\nend: x\n" },
        { "a folded one by a short one", &complete, 1, "message: >-\n    Old\n    text\n# end\nstate: scheduled\n", "message: \"All done: it's fine\"\n# end\nstate: completed\n" },
        /* a new key */
        { "behind its neighbour", &start, 1, "title: A\nend: 2027 # why\n# services\nservices: [a]\n", "title: A\nend: 2027 # why\nstate: in_progress\n# services\nservices: [a]\n" },
        { "at the end", &start, 1, "title: A\nservices:\n  - a # a\n# bye\n", "title: A\nservices:\n  - a # a\nstate: in_progress\n# bye\n" },
        { "no line end there", &start, 1, "title: A\nend: x", "title: A\nend: x\nstate: in_progress" },
        { "CRLF at the end", &start, 1, "title: A\r\nend: x\r\n", "title: A\r\nend: x\r\nstate: in_progress\r\n" },
        { "behind a literal", &start, 1, "title: A\ndescription: |\n  a\n\n  b\n\n# c\n", "title: A\ndescription: |\n  a\n\n  b\nstate: in_progress\n\n# c\n" },
        { "behind a literal that keeps its lines", &start, 1, "description: |+\n  a\n\n\n# c\n", "description: |+\n  a\n\n\nstate: in_progress\n# c\n" },
        { "indented as all others", &start, 2, "# c\n   title: A\n   id: b\n", "# c\n   title: A\n   id: b\n   state: in_progress\n" },
        { "in brackets", &start, 1, "{title: A, end: x}\n", "{title: A, end: x, state: in_progress}\n" },
        { "in brackets over lines", &start, 2, "{\n  title: A, # a\n  end: x # b\n}\n", "{\n  title: A, # a\n  end: x, # b\n  state: in_progress\n}\n" },
        { "in brackets with a last comma", &start, 2, "{\n  title: A,\n  end: x, # b\n}\n", "{\n  title: A,\n  end: x, # b\n  state: in_progress,\n}\n" },
        { "in JSON", &start, 2, "{\n  \"title\": \"A\",\n  \"end\": \"x\"\n}\n", "{\n  \"title\": \"A\",\n  \"end\": \"x\",\n  \"state\": \"in_progress\"\n}\n" },
        { "a truth value in JSON", &suspend, 1, "{\"title\": \"A\"}\n", "{\"title\": \"A\", \"suspend\": true}\n" },
        { "behind comments that stand further in", &start, 1, "end: x\n  # why\n   # and how\n# c\ntitle: A\n",
          "end: x\n  # why\n   # and how\nstate: in_progress\n# c\ntitle: A\n" },
        { "among explicit keys", &start, 1, "? title\n: A\n? id\n: x\n", "? title\n: A\n? id\n: x\nstate: in_progress\n" },
        { "in the right document", &start, 4, "id: a\nend: x\n---\nid: b\nend: y\n---\nid: c\nend: z\n", "id: a\nend: x\n---\nid: b\nend: y\nstate: in_progress\n---\nid: c\nend: z\n" },
        { "before the end of a document", &start, 1, "id: a\nend: x\n...\n---\nid: b\n", "id: a\nend: x\nstate: in_progress\n...\n---\nid: b\n" },
        { "two keys", &complete, 1, "title: A\n", "title: A\nstate: completed\nmessage: \"All done: it's fine\"\n" },
        { "several lines", &say, 1, "title: A\n", "title: A\nmessage: |-\n  First.\n\n  Second.\n" },
        { "several lines in brackets", &say, 1, "{title: A}\n", "{title: A, message: \"First.\\n\\nSecond.\"}\n" },
        /* a new item */
        { "a first update", &update, 1, "title: A\nid: x\n", "title: A\nid: x\nupdates:\n  - at: +1h\n    message: 50% done\n" },
        { "in the file's own form", &update, 1, "services:\n- a\nid: x\n", "services:\n- a\nid: x\nupdates:\n- at: +1h\n  message: 50% done\n" },
        { "one more", &update, 1, "updates:\n    -   at: +30min # half\n        message: x\n# c\nid: a\n", "updates:\n    -   at: +30min # half\n        message: x\n    -   at: +1h\n        message: 50% done\n# c\nid: a\n" },
        { "one more behind the comments of the last", &update, 1, "updates:\n  - at: +30min\n    # so far\n  # c\nid: a\n",
          "updates:\n  - at: +30min\n    # so far\n  - at: +1h\n    message: 50% done\n  # c\nid: a\n" },
        { "one more with explicit keys", &update, 1, "updates:\n- ? at\n  : +30min\n", "updates:\n- ? at\n  : +30min\n- at: +1h\n  message: 50% done\n" },
        { "one more in brackets", &update, 1, "updates:\n  - {at: +30min, message: x}\nid: a\n", "updates:\n  - {at: +30min, message: x}\n  - {at: +1h, message: 50% done}\nid: a\n" },
        { "a list in brackets", &update, 1, "updates: [{at: +30min, message: x}] # c\n", "updates: [{at: +30min, message: x}, {at: +1h, message: 50% done}] # c\n" },
        { "an empty list", &update, 1, "updates: []\n", "updates: [{at: +1h, message: 50% done}]\n" },
        { "a key without a list", &update, 1, "updates: # none\nid: x\n", "updates: # none\n  - at: +1h\n    message: 50% done\nid: x\n" },
        { "all in brackets", &update, 1, "{id: x}\n", "{id: x, updates: [{at: +1h, message: 50% done}]}\n" },
        { "a list over lines", &update, 1, "updates: [\n  {at: +30min, message: x}, # c\n]\n", "updates: [\n  {at: +30min, message: x}, # c\n  {at: +1h, message: 50% done},\n]\n" },
        /* one occurrence */
        { "a first override", &override, 1, "recurrence:\n  rule: FREQ=DAILY # daily\ntitle: A\n",
          "recurrence:\n  rule: FREQ=DAILY # daily\n  overrides:\n    - occurrence: 2027-02-14T02:00\n      state: cancelled\ntitle: A\n" },
        { "a first override in brackets", &override, 1, "recurrence: {rule: FREQ=DAILY}\n", "recurrence: {rule: FREQ=DAILY, overrides: [{occurrence: 2027-02-14T02:00, state: cancelled}]}\n" },
        { "an override of its own", &second, 1, "recurrence:\n  overrides:\n  - occurrence: a\n    state: x\n  - occurrence: b # b\n  - occurrence: c\n",
          "recurrence:\n  overrides:\n  - occurrence: a\n    state: x\n  - occurrence: b # b\n    state: completed\n    message: \"All done: it's fine\"\n  - occurrence: c\n" },
        { "updates of an override", &second_update, 1, "recurrence:\n  overrides:\n  - occurrence: a\n  - occurrence: b\n",
          "recurrence:\n  overrides:\n  - occurrence: a\n  - occurrence: b\n    updates:\n    - at: +1h\n      message: 50% done\n" },
};

static void test_cases(void **state) {
        const struct Case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        const char *out, *why = NULL;
        size_t n;

        assert_int_equal(edit_apply(a, c->before, strlen(c->before), c->line, c->edit, 1, &out, &n, &why), 0);
        assert_int_equal(strlen(out), n);
        assert_string_equal(out, c->after);
}

static void refuses(void **state) {
        static const struct { const char *text, *why; unsigned line; const Edit *edit; } bad[] = {
                { "end: [\n", "the file has syntax errors", 1, &extend }, { "end: x\n", "the file has changed: there is no document on this line", 2, &extend },
                { "end: [x]\n", "'end' is a list or a map", 1, &extend }, { "title: A\n", "there is no such map", 1, &second },
                { "updates: ~\n", "'updates' is empty", 1, &update }, { "updates: x\n", "it is no list", 1, &update },
                { "title: A\rend: x\r", "lines that end in CR alone: save the file with LF", 1, &extend },
                { "description: |\n  A", "the last line lacks its end: add a newline", 1, &suspend },
        };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                auto_(arena_free) Arena *a = arena_new();
                const char *out, *why = NULL;
                size_t n;

                assert_int_equal(edit_apply(a, bad[i].text, strlen(bad[i].text), bad[i].line, bad[i].edit, 1, &out, &n, &why), -ENOTSUP);
                assert_string_equal(why, bad[i].why);
        }
}

static void scalars(void **state) {
        static const struct { const char *value; bool text; char like; bool flow; const char *expected; } values[] = {
                { "2027-02-01T02:00", false, 0, false, "2027-02-01T02:00" }, { "true", false, 0, false, "true" }, { "true", true, 0, false, "'true'" },
                { "+1h", false, 0, false, "+1h" }, { "1h 30min", false, 0, true, "1h 30min" }, { "2027", true, 0, false, "'2027'" },
                { "50% done, on track", true, 0, false, "50% done, on track" }, { "50% done, on track", true, 0, true, "'50% done, on track'" },
                { "a: b", true, 0, false, "'a: b'" }, { "it's", true, 0, false, "it's" }, { "it's: so", true, 0, false, "\"it's: so\"" },
                { "it's", true, '\'', false, "'it''s'" }, { "say \"x\" \\", true, '"', false, "\"say \\\"x\\\" \\\\\"" }, { "a\tb", true, 0, false, "\"a\\tb\"" },
                { " x", true, 0, false, "' x'" }, { "", true, 0, false, "''" }, { "- x", true, 0, false, "'- x'" }, { "x #y", true, 0, false, "'x #y'" },
                { "a:", true, 0, false, "'a:'" }, { "Zürich ✓", true, 0, false, "Zürich ✓" }, { "a\nb", true, '\'', false, "\"a\\nb\"" },
                { ".inf", true, 0, false, "'.inf'" }, { "2027-02-01 02:00", true, 0, false, "'2027-02-01 02:00'" }, { "a\x1b[1m", true, 0, false, "\"a\\x1b[1m\"" },
                { "a\xc2\x85" "b", true, 0, false, "\"a\\x85b\"" }, { "a\xe2\x80\xa8\"", true, '\'', false, "\"a\\u2028\\\"\"" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
                auto_(arena_free) Arena *a = arena_new();

                assert_string_equal(edit_scalar(a, values[i].value, values[i].text, values[i].like, values[i].flow), values[i].expected);
        }
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];
        size_t n = 0;

        for (; n < ARRAY_SIZE(cases); n++)
                tests[n] = (struct CMUnitTest) { cases[n].what, test_cases, NULL, NULL, (void *) &cases[n] };
        tests[n++] = (struct CMUnitTest) { "refuses what it does not understand, and says why", refuses, NULL, NULL, NULL };
        tests[n] = (struct CMUnitTest) { "a value is quoted as far as it needs to be", scalars, NULL, NULL, NULL };
        return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
