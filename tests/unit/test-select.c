/*
 * Label filters: which are none, and which labels they mean
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/select.h"

static const char *const labels[] = { "a", "b=c", "a=b", "d", "change ticket", "CHG-1", "empty", "", "team", "db", NULL };

static const struct match_case { const char *name, *filter; bool matches; } matches[] = {
        { "a key and its value match", "team=db", true },
        { "a key alone matches any value", "team", true },
        { "another value does not", "team=web", false },
        { "the beginning of a value does not", "team=d", false },
        { "more than a value does not", "team=dbx", false },
        { "the beginning of a key does not", "tea", false },
        { "more than a key does not", "teams", false },
        { "a value alone does not", "db", false },
        { "case counts", "Team=db", false },
        { "an empty value matches itself", "empty=", true },
        { "and nothing else does", "team=", false },
        { "blanks are part of a key", "change ticket=CHG-1", true },
        { "an equals sign in a value", "a=b=c", true },
        { "an equals sign in a key", "a=b=d", true },
        { "a key with an equals sign alone", "a=b", true },
        { "no label is made of two", "a=d", false },
};

static void check_match(void **state) {
        const struct match_case *c = *state;

        assert_int_equal(label_matches(labels, c->filter), c->matches);
        assert_false(label_matches(NULL, c->filter));
        assert_null(label_filter_problem(c->filter));
}

static const struct problem_case { const char *name, *filter, *problem; } problems[] = {
        { "refuses nothing at all", "", "KEY=VALUE" },
        { "refuses a value without a key", "=db", "KEY=VALUE" },
        { "refuses the negation of other tools", "team!=db", "no way to ask for those without it" },
        { "refuses a line break", "team=d\nb", "control character" },
        { "refuses an escape", "team=\033[2J", "control character" },
        { "refuses what turns text around", "team=\xe2\x80\xae", "control character" },
        { "refuses what is no UTF-8", "team=\xff", "UTF-8" },
};

static void check_problem(void **state) {
        const struct problem_case *c = *state;

        assert_non_null(label_filter_problem(c->filter));
        assert_non_null(strstr(label_filter_problem(c->filter), c->problem));
}

static void refuses_what_is_longer_than_any_label(void **state) {
        char text[1200];

        memset(text, 'x', sizeof(text));
        text[64] = '=';
        text[64 + 1 + 1024] = '\0';
        assert_null(label_filter_problem(text));
        text[64 + 1 + 1024] = 'x';
        text[64 + 1 + 1025] = '\0';
        assert_non_null(label_filter_problem(text));
}

static void all_filters_must_match(void **state) {
        static const char *const both[] = { "team=db", "empty" }, *const one[] = { "team=db", "tier" };

        assert_true(selection_has(&(Selection) { 0 }, NULL));
        assert_true(selection_has(&(Selection) { .labels = both, .n_labels = 2 }, labels));
        assert_false(selection_has(&(Selection) { .labels = one, .n_labels = 2 }, labels));
        assert_false(selection_has(&(Selection) { .labels = both, .n_labels = 2 }, NULL));
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(matches) + ARRAY_SIZE(problems) + 2];
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
                tests[n++] = (struct CMUnitTest) { matches[i].name, check_match, NULL, NULL, (void *) (uintptr_t) &matches[i] };
        for (size_t i = 0; i < ARRAY_SIZE(problems); i++)
                tests[n++] = (struct CMUnitTest) { problems[i].name, check_problem, NULL, NULL, (void *) (uintptr_t) &problems[i] };
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(refuses_what_is_longer_than_any_label);
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(all_filters_must_match);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
