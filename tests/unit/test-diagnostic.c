/*
 * Diagnostics: printable, bounded, sorted, and from one closed list
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/text.h"
#include "manifest/diagnostic.h"

static void test_formats(void **state) {
        static const struct { const char *file; unsigned line; Severity severity; const char *message, *expected; } cases[] = {
                { "a.yaml", 3, SEVERITY_ERROR, "x", "a.yaml:3:7: error: x" }, { "a.yaml", 0, SEVERITY_WARNING, "x", "a.yaml: warning: x" },
                { "", 0, SEVERITY_ERROR, "x", "error: x" }, { "a\nb", 1, SEVERITY_ERROR, "x\033[1my\n", "a\\nb:1:7: error: x\\x1b[1my\\n" },
                { "\xff", 1, SEVERITY_ERROR, "\xff", "\\xff:1:7: error: \\xff" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Diagnostics d = { 0 };
                auto_(free) char *line = NULL;

                assert_int_equal(diagnostics_add(&d, cases[i].severity, "syntax", cases[i].file, cases[i].line, 7, "%s", cases[i].message), 0);
                line = diagnostic_format(&d.items[0]);
                assert_string_equal(line, cases[i].expected);
                assert_int_equal(d.n_errors, cases[i].severity == SEVERITY_ERROR);
                diagnostics_done(&d);
        }
}

static void test_is_bounded(void **state) {
        static char text[100000];
        Diagnostics d = { 0 };

        memset(text, 'x', sizeof(text) - 1);
        for (unsigned i = 0; i < 250; i++)
                assert_int_equal(diagnostics_add(&d, SEVERITY_ERROR, "syntax", "a", 1, i, "%s", text), 0);
        assert_int_equal(diagnostics_add(&d, SEVERITY_ERROR, "syntax", "b", 1, 1, "y"), 0);
        assert_int_equal(d.n, 102);
        assert_int_equal(d.n_errors, 251);
        diagnostics_sort(&d);
        assert_string_equal(d.items[100].message, "150 more problems in this file");
        assert_true(strlen(d.items[0].message) < 1000);
        diagnostics_done(&d);
}

static void test_drops_those_of_a_file(void **state) {
        Diagnostics d = { 0 };

        (void) diagnostics_add(&d, SEVERITY_ERROR, "no-manifests", "", 0, 0, "empty");
        (void) diagnostics_add(&d, SEVERITY_WARNING, "syntax", "a", 1, 1, "1");
        (void) diagnostics_add(&d, SEVERITY_ERROR, "syntax", "a", 2, 1, "2");
        (void) diagnostics_add(&d, SEVERITY_ERROR, "tree", "", 0, 0, "gone");
        diagnostics_drop(&d, "");
        assert_int_equal(d.n, 2);
        assert_int_equal(d.n_errors, 1);
        assert_string_equal(d.items[1].message, "2");
        diagnostics_done(&d);
}

static void test_sorts(void **state) {
        Diagnostics d = { 0 }, copy = { 0 };

        (void) diagnostics_add(&d, SEVERITY_ERROR, "syntax", "b", 1, 1, "4");
        (void) diagnostics_add(&d, SEVERITY_ERROR, "syntax", "a", 2, 1, "3");
        (void) diagnostics_add(&d, SEVERITY_ERROR, "syntax", "a", 1, 2, "2");
        (void) diagnostics_add(&d, SEVERITY_ERROR, "syntax", "a", 1, 1, "1");
        diagnostics_sort(&d);
        assert_int_equal(diagnostics_append(&copy, &d), 0);
        diagnostics_done(&d);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(copy.items[i].message[0], (char) ('1' + i));
        assert_int_equal(copy.n_errors, 4);
        diagnostics_done(&copy);
}

static void test_may_be_dropped(void **state) {
        assert_int_equal(diagnostics_add(NULL, SEVERITY_ERROR, "syntax", "a", 1, 1, "x"), 0);
        assert_int_equal(diagnostics_append(NULL, &(Diagnostics) { 0 }), 0);
}

static void test_codes_are_sorted_and_explained(void **state) {
        for (const DiagnosticCode *c = diagnostic_codes; c->code; c++) {
                assert_true(strlen(c->explanation) > 10);
                assert_int_equal(c->explanation[strlen(c->explanation) - 1], '.');
                if (c > diagnostic_codes)
                        assert_true(strcmp(c[-1].code, c->code) < 0);
                assert_ptr_equal(diagnostic_find(c->code), c);
        }
        assert_null(diagnostic_find("no-such-code"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "formats one printable line", test_formats, NULL, NULL, NULL },
                { "is bounded, and says how many are missing", test_is_bounded, NULL, NULL, NULL },
                { "those of one file can be dropped", test_drops_those_of_a_file, NULL, NULL, NULL },
                { "sorts by place", test_sorts, NULL, NULL, NULL },
                { "may be dropped", test_may_be_dropped, NULL, NULL, NULL },
                { "codes are sorted and explained", test_codes_are_sorted_and_explained, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("diagnostic", tests, NULL, NULL);
}
