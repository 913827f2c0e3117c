/*
 * Markdown: hostile texts stay texts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ctl/plan-markdown.h"

static const char *const hostile[] = {
        "a | b", "</code></td></table><script>alert(1)</script>", "<!-- ", "`a` ``` ````", "[x](javascript:alert(1))", "![x](http://a.example/x.png)",
        "@root #1 !2 ~label", "**bold** _it_ ~~no~~", "http://a.example www.a.example a@b.example", "line\nbreak\r\n\n# heading\n- list", "&lt;b&gt; &#124;",
        "\\| \\", "\x1b[31mred\x1b[0m", "\xe2\x80\xae reversed", "\xff\xfe", "```\n</details>\n| a | b |", "$x$ :smile: {{x}}",
};

/* A plan in which @text stands wherever text of others can. */
static json_t *plan_of(const char *text) {
        json_t *shown = json_string(utf8_length(text, strlen(text)) == SIZE_MAX ? "?" : text); /* as report.c: never invalid */
        json_t *diff = json_pack("[{s:s, s:O, s:O}, {s:s, s:s, s:O}]", "field", "title", "from", shown, "to", shown, "field", "description", "from", "a\nb\n", "to", shown);
        json_t *action = json_pack("{s:s, s:O, s:O, s:O, s:b, s:o}", "action", "update", "window", shown, "part", shown, "reason", shown, "notifies", 1, "diff", diff);
        json_t *said = json_pack("{s:O, s:O, s:O}", "window", shown, "what", shown, "text", shown);
        json_t *target = json_pack("{s:O, s:[o], s:[O], s:[O], s:[O], s:i, s:s}", "target", shown, "actions", action, "held", said, "problems", said, "remarks", said,
                                   "notices", 1, "health", "ok");
        json_t *bad = json_pack("{s:O, s:s, s:O, s:s}", "target", shown, "health", "unreachable", "problem", shown, "listed", "x");
        json_t *load = json_pack("{s:[{s:O, s:i, s:i, s:s, s:O}]}", "diagnostics", "file", shown, "line", 1, "column", 2, "severity", "error", "message", shown);

        json_decref(said);
        json_decref(shown);
        return json_pack("{s:[o, o], s:i, s:o}", "targets", target, bad, "notices", 1, "load", load);
}

static char *markdown_of(const char *text) {
        auto_(json_decref) json_t *plan = plan_of(text);
        char *out = NULL;
        size_t size;
        FILE *f = open_memstream(&out, &size);

        assert_non_null(plan);
        assert_non_null(f);
        plan_markdown(f, plan);
        assert_int_equal(fclose(f), 0);
        return out;
}

/* Of a line outside of fences: tags are ours, and no sign of Markdown is left but those of the layout at its beginning. */
static void check_line(const char *line) {
        static const char *const tags[] = { "<code>", "</code>", "<details><summary>Field by field</summary>", "</details>" };
        bool code = false, row = *line == '|';
        unsigned pipes = 0;

        for (const char *s = line; *s; s++) {
                size_t n = 0;

                for (size_t i = 0; i < ARRAY_SIZE(tags) && !n; i++)
                        if (text_starts(s, tags[i]))
                                n = strlen(tags[i]);
                if (n > 1) {
                        code = text_starts(s, "<code>");
                        s += n - 1;
                        continue;
                }
                if (*s == '<' || *s == '>')
                        fail_msg("a tag of someone else: %s", line);
                if (code && strchr("|`[]()*_~!@:.\\\"'{}$", *s))
                        fail_msg("'%c' as it stands in: %s", *s, line);
                if ((unsigned char) *s < ' ')
                        fail_msg("a control character in: %s", line);
                pipes += *s == '|';
        }
        assert_false(code);
        if (row)
                assert_int_equal(pipes, 5);
}

static void other_peoples_texts_stay_texts(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
                auto_(free) char *out = markdown_of(hostile[i]);
                size_t fence = 0;

                for (char *at = out, *line; (line = strsep(&at, "\n"));) {
                        size_t ticks = strspn(line, "`");

                        if (!fence && ticks >= 3)
                                fence = ticks;
                        else if (fence && ticks >= fence)
                                fence = 0;
                        else if (fence)
                                assert_true(*line == '+' || *line == '-' || *line == ' ' || text_starts(line, "@@ "));
                        else
                                check_line(line);
                }
                assert_int_equal(fence, 0);
        }
}

static void ordinary_words_are_readable(void **state) {
        auto_(free) char *out = markdown_of("Database Migration");

        assert_non_null(strstr(out, "<code>Database Migration</code>"));
        assert_non_null(strstr(out, "### Maintenance plan: 1 change, 1 notice\n"));
        assert_non_null(strstr(out, "\n+ title: Database Migration\n"));
        assert_non_null(strstr(out, "\n- a\n- b\n+ Database Migration\n"));
}

/* A comment has a limit, and what is left out is counted. */
static void the_comment_is_bounded(void **state) {
        auto_(json_decref) json_t *plan = plan_of("x");
        json_t *actions = json_object_get(json_array_get(json_object_get(plan, "targets"), 0), "actions"), *first = json_array_get(actions, 0);
        auto_(free) char *out = NULL, *longest = calloc(3001, 1);
        size_t size;
        FILE *f;

        memset(longest, 'y', 3000);
        (void) json_object_set_new(json_array_get(json_object_get(first, "diff"), 0), "to", json_string(longest));
        for (int i = 0; i < 150; i++)
                (void) json_array_append(actions, first);
        f = open_memstream(&out, &size);
        plan_markdown(f, plan);
        (void) fclose(f);
        assert_true(size < 65536);
        assert_non_null(strstr(out, "and 51 more"));
        assert_non_null(strstr(out, "more: `maintctl plan --diff`"));
        assert_non_null(strstr(out, "</details>"));
}

static char *written(const json_t *plan) {
        char *out = NULL;
        size_t size;
        FILE *f = open_memstream(&out, &size);

        assert_non_null(f);
        plan_markdown(f, plan);
        assert_int_equal(fclose(f), 0);
        return out;
}

/* Every text as long as it can be, in every list of several targets. */
static void all_of_it_is_bounded(void **state) {
        static const unsigned targets[] = { 1, 2, 7, 40, 150 };
        auto_(free) char *text = calloc(4001, 1);

        for (size_t k = 0; k < 2 * ARRAY_SIZE(targets); k++) {
                unsigned n = targets[k / 2];
                auto_(json_decref) json_t *plan = NULL;
                auto_(free) char *out = NULL;
                json_t *list, *t;

                memset(text, k % 2 ? '`' : '\0', 4000);
                plan = plan_of(k % 2 ? text : "x");
                list = json_object_get(plan, "targets");
                t = json_array_get(list, 0);
                for (int i = 0; i < 120; i++) {
                        (void) json_array_append(json_object_get(t, "actions"), json_array_get(json_object_get(t, "actions"), 0));
                        (void) json_array_append(json_object_get(t, "held"), json_array_get(json_object_get(t, "held"), 0));
                        (void) json_array_append(json_object_get(t, "problems"), json_array_get(json_object_get(t, "problems"), 0));
                        (void) json_array_append(json_object_get(t, "remarks"), json_array_get(json_object_get(t, "remarks"), 0));
                        (void) json_array_append(json_object_get(json_object_get(plan, "load"), "diagnostics"),
                                                 json_array_get(json_object_get(json_object_get(plan, "load"), "diagnostics"), 0));
                }
                for (unsigned i = 1; i < n; i++)
                        (void) json_array_append(list, t);
                out = written(plan);
                assert_in_range(strlen(out), 10000, 65536);
                assert_non_null(strstr(out, "#### Manifests\n\n- **error**"));
                assert_non_null(strstr(out, "- and "));
                if (n == 150)
                        assert_non_null(strstr(out, " more targets: `maintctl plan`\n"));
        }
}

/* One that finds no room keeps no other away. */
static void a_huge_change_hides_no_small_one(void **state) {
        auto_(json_decref) json_t *plan = plan_of("x");
        json_t *actions = json_object_get(json_array_get(json_object_get(plan, "targets"), 0), "actions");
        json_t *huge = json_deep_copy(json_array_get(actions, 0));
        auto_(free) char *out = NULL, *text = calloc(80001, 1);

        memset(text, 'y', 80000);
        (void) json_object_set_new(json_array_get(json_object_get(huge, "diff"), 0), "to", json_string(text));
        (void) json_array_insert_new(actions, 0, huge);
        out = written(plan);
        assert_true(strlen(out) < 65536);
        assert_non_null(strstr(out, "\n- title: x\n+ title: x\n"));
        assert_non_null(strstr(out, "and of 1 more: `maintctl plan --diff`"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(other_peoples_texts_stay_texts),
                cmocka_unit_test(ordinary_words_are_readable),
                cmocka_unit_test(the_comment_is_bounded),
                cmocka_unit_test(all_of_it_is_bounded),
                cmocka_unit_test(a_huge_change_hides_no_small_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
