/*
 * The YAML tree: places, quotes, and where reading stops
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/limits.h"
#include "manifest/node.h"

static const YamlLimits limits = { MANIFEST_BYTES_MAX, 3 };

static void test_knows_places_and_quotes(void **state) {
        static const char text[] = "\xef\xbb\xbf" "a: b\r\n# x\nc:\n  - 'd'\n  - {ü: \"e\"}\n  - |\n    f\n";
        auto_(arena_free) Arena *a = arena_new();
        const Node *root, *c;
        Yaml y;

        assert_int_equal(yaml_parse(a, "x", text, strlen(text), &limits, NULL, &y), 0);
        assert_true(y.complete);
        assert_int_equal(y.n_documents, 1);
        root = y.documents;
        assert_int_equal(root->n, 2);
        assert_true(node_get(root, "a")->plain);
        assert_int_equal(node_get(root, "a")->mark.line, 1);
        assert_int_equal(node_get(root, "a")->mark.column, 4);
        c = node_get(root, "c");
        assert_int_equal(c->n, 3);
        assert_int_equal(c->first->mark.line, 4);
        assert_int_equal(c->first->mark.column, 5);
        assert_false(c->first->plain);
        assert_string_equal(node_name(c->first), "c");
        assert_int_equal(c->first->next->first->mark.column, 9); /* in characters, not bytes */
        assert_string_equal(c->last->text, "f\n");
        assert_false(c->last->plain);
        assert_null(node_get(root, "d"));
        assert_string_equal(node_name(root), "document");
}

static void test_knows_what_is_empty(void **state) {
        static const char text[] = "a: \nb: ~\nc: null\nd: ''\ne: 'null'\nf: nil\n";
        auto_(arena_free) Arena *a = arena_new();
        unsigned empty = 0;
        Yaml y;

        assert_int_equal(yaml_parse(a, "x", text, strlen(text), &limits, NULL, &y), 0);
        NODE_FOREACH(v, y.documents)
                empty += node_empty(v);
        assert_int_equal(empty, 3);
}

static const struct stop_case { const char *name, *text, *code; unsigned line, column; const char *message; } stop_cases[] = {
        { "an alias", "a: b\nc: *d\n", "alias", 2, 4, "write the value out" },
        { "an anchor", "a: &b c\n", "anchor", 1, 4, "anchors" },
        { "an anchor on a key", "&b a: c\n", "anchor", 1, 1, "anchors" },
        { "a tag", "a: !x c\n", "tag", 1, 4, "tags" },
        { "a tag on a map", "--- !!map\na: c\n", "tag", 1, 5, "tags" },
        { "a key that is a list", "[a]: b\n", "bad-key", 1, 1, "must be text" },
        { "a tab", "a: b\n\tc: d\n", "syntax", 2, 1, "tab" },
        { "a colon", "a: b: c\n", "syntax", 1, 5, "quotes around" },
        { "bad UTF-8", "a: b\nc: d\xff\n", "encoding", 2, 5, "UTF-8" },
        { "bad UTF-8 behind good", "ü: b\n\xc3(", "encoding", 2, 1, "UTF-8" },
        { "UTF-16", "\xff\xfe" "a", "encoding", 1, 1, "UTF-16" },
        { "a control character", "a: \x01\n", "encoding", 1, 4, "control" },
        { "a C1 character", "a: \xc2\x9b\n", "encoding", 1, 4, "control" },
        { "a conflict", "a: b\n<<<<<<< HEAD\n", "conflict-marker", 2, 1, "conflict" },
        { "the end of a conflict", ">>>>>>> x\n", "conflict-marker", 1, 1, "conflict" },
        { "a fourth document", "a\n---\nb\n---\nc\n---\nd\n", "too-many-documents", 6, 1, "split" },
        { "depth 17", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "too-deep", 1, 17, "16" },
};

static void check_stop(void **state) {
        const struct stop_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        Diagnostics d = { 0 };
        Yaml y;

        assert_int_equal(yaml_parse(a, "x", c->text, strlen(c->text), &limits, &d, &y), 0);
        assert_false(y.complete);
        assert_int_equal(d.n, 1);
        assert_string_equal(d.items[0].code, c->code);
        assert_int_equal(d.items[0].line, c->line);
        assert_int_equal(d.items[0].column, c->column);
        assert_non_null(strstr(d.items[0].message, c->message));
        diagnostics_done(&d);
}

static void test_depth_16_is_fine(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Yaml y;

        assert_int_equal(yaml_parse(a, "x", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 32, &limits, NULL, &y), 0);
        assert_true(y.complete);
}

/* Small maps and large ones are looked through in different ways. */
static void test_names_both_lines_of_a_duplicate(void **state) {
        for (unsigned keys = 2; keys < 100; keys += 40) {
                auto_(arena_free) Arena *a = arena_new();
                char text[2000] = "k: 1\n", expected[64];
                Diagnostics d = { 0 };
                const Node *first;
                Yaml y;

                for (unsigned i = 0; i < keys; i++)
                        (void) sprintf(text + strlen(text), "a%u: x\n", i);
                strcat(text, "\"k\": 2\n");
                assert_int_equal(yaml_parse(a, "x", text, strlen(text), &limits, &d, &y), 0);
                assert_true(y.complete && y.documents->broken);
                assert_int_equal(d.n, 1);
                assert_int_equal(d.items[0].line, keys + 2);
                (void) sprintf(expected, "duplicate key 'k', first on line 1");
                assert_int_equal(strncmp(d.items[0].message, expected, strlen(expected)), 0);
                first = node_get(y.documents, "k");
                assert_string_equal(first->text, "1");
                assert_false(first->again);
                assert_true(y.documents->last->again);
                diagnostics_done(&d);
        }
}

static void test_keeps_what_came_before_an_error(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Yaml y;

        assert_int_equal(yaml_parse(a, "x", "id: a\n---\nid: b\nc: {\n", 21, &limits, NULL, &y), 0);
        assert_false(y.complete);
        assert_int_equal(y.n_documents, 1);
        assert_string_equal(node_get(y.partial, "id")->text, "b");
}

int main(void) {
        const struct CMUnitTest plain[] = {
                { "knows places and quotes", test_knows_places_and_quotes, NULL, NULL, NULL },
                { "knows what is empty", test_knows_what_is_empty, NULL, NULL, NULL },
                { "depth 16 is fine", test_depth_16_is_fine, NULL, NULL, NULL },
                { "names both lines of a duplicate key", test_names_both_lines_of_a_duplicate, NULL, NULL, NULL },
                { "keeps what came before an error", test_keeps_what_came_before_an_error, NULL, NULL, NULL },
        };
        struct CMUnitTest tests[ARRAY_SIZE(plain) + ARRAY_SIZE(stop_cases)];
        size_t n = ARRAY_SIZE(plain);

        memcpy(tests, plain, sizeof(plain));
        for (size_t i = 0; i < ARRAY_SIZE(stop_cases); i++)
                tests[n++] = (struct CMUnitTest) { stop_cases[i].name, check_stop, NULL, NULL, (void *) &stop_cases[i] };
        return cmocka_run_group_tests_name("node: stops at", tests, NULL, NULL);
}
