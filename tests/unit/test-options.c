/*
 * The command line of maintctl: what is understood, and what is said to the rest
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "ctl/ctl.h"

#define WORDS 8

static const struct parse_case {
        const char *name;
        const char *argv[WORDS];
        int result;
        const char *says;       /* part of what goes to stderr; "" nothing */
        const char *verb;
        int n_args;
} cases[] = {
        { "a verb alone", { "plan" }, 0, "", "plan", 0 },
        { "options before the verb", { "--json", "--config", "x.yaml", "status" }, 0, "", "status", 0 },
        { "options after the verb", { "lint", "--strict", "a.yaml", "b.yaml" }, 0, "", "lint", 2 },
        { "options between arguments", { "lint", "a.yaml", "--json", "b.yaml" }, 0, "", "lint", 2 },
        { "a double dash ends options", { "lint", "--", "--strict" }, 0, "", "lint", 1 },
        { "a misspelt verb", { "stauts" }, -EINVAL, "did you mean \"status\"", NULL, 0 },
        { "a word like no verb", { "frobnicate" }, -EINVAL, "unknown verb \"frobnicate\"", NULL, 0 },
        { "a verb that is an escape", { "a\033[2J" }, -EINVAL, "unknown verb \"a\\x1b[2J\"", NULL, 0 },
        { "an option that is an escape", { "plan", "--a\033[2J" }, -EINVAL, "unknown option \"--a\\x1b[2J\"", NULL, 0 },
        { "a misspelt option that ends in an escape", { "plan", "--jsno=\033[2J" }, -EINVAL, "\"--jsno=\\x1b[2J\", did you mean \"--json\"", NULL, 0 },
        { "a short option that is an escape", { "plan", "-\033" }, -EINVAL, "unknown option \"-\\x1b\"", NULL, 0 },
        { "a short option that is half a character", { "plan", "-\xc3" }, -EINVAL, "unknown option \"-\\xc3\"", NULL, 0 },
        { "a limit that is an escape", { "history", "--limit", "\033[2J" }, -EINVAL, "--limit \\x1b[2J: a number", NULL, 0 },
        { "an empty id", { "status", "" }, -EINVAL, "the id is empty: usage: maintctl status [ID]", NULL, 0 },
        { "an empty id to edit", { "cancel", "" }, -EINVAL, "the id is empty: usage: maintctl cancel ID", NULL, 0 },
        { "an occurrence of nothing", { "show", "@2030-01-01" }, -EINVAL, "the id is empty", NULL, 0 },
        { "an empty path", { "lint", "a.yaml", "" }, -EINVAL, "the argument is empty: usage: maintctl lint [PATH...]", NULL, 0 },
        { "a path that begins with an at", { "lint", "@a.yaml" }, 0, "", "lint", 1 },
        { "a misspelt option", { "plan", "--jsno" }, -EINVAL, "did you mean \"--json\"", NULL, 0 },
        { "a misspelt option with a value", { "plan", "--confgi=x" }, -EINVAL, "did you mean \"--config\"", NULL, 0 },
        { "an unknown short option", { "plan", "-x" }, -EINVAL, "unknown option \"-x\"", NULL, 0 },
        { "an option without its value", { "plan", "--config" }, -EINVAL, "\"--config\" wants a value", NULL, 0 },
        { "another verb's option", { "status", "--strict" }, -EINVAL, "\"status\" takes no option \"--strict\"", NULL, 0 },
        { "too many arguments", { "plan", "x" }, -EINVAL, "usage: maintctl plan", NULL, 0 },
        { "too few arguments", { "show" }, -EINVAL, "usage: maintctl show ID", NULL, 0 },
        { "no verb", { "--json" }, -EINVAL, "which verb?", NULL, 0 },
        { "help needs no arguments", { "show", "--help" }, 0, "", "show", 0 },
        { "help needs no verb", { "--help" }, 0, "", NULL, 0 },
        { "a limit that is none", { "history", "--limit", "-1" }, -EINVAL, "from 1 to 10000", NULL, 0 },
        { "a message with an escape", { "start", "db", "-m", "a\x1b[31mb" }, -EINVAL, "--message: holds the control character U+001B", NULL, 0 },
        { "an empty message", { "cancel", "db", "-m", "" }, -EINVAL, "--message: the message is empty", NULL, 0 },
        { "a message of blanks", { "update", "db", "--message", " \n\t" }, -EINVAL, "--message: the message is empty", NULL, 0 },
        { "a title that is no UTF-8", { "new", "db", "--title", "\xff" }, -EINVAL, "--title: this is not UTF-8", NULL, 0 },
        { "a message of several lines", { "start", "db", "-m", "a\n\tb \xe2\x9c\x93" }, 0, "", "start", 1 },
        { "a limit", { "history", "--limit", "20", "db" }, 0, "", "history", 1 },
        { "labels, short and long", { "status", "-l", "team=db", "-ltier", "--label=a=b" }, 0, "", "status", 0 },
        { "a label of plan and of history's window", { "history", "-l", "team=db", "db" }, 0, "", "history", 1 },
        { "a label without a key", { "plan", "--label", "=db" }, -EINVAL, "--label \"=db\": a label is chosen by KEY=VALUE", NULL, 0 },
        { "a label that is an escape", { "plan", "-l", "a=\033[2J" }, -EINVAL, "--label \"a=\\x1b[2J\": that is no label", NULL, 0 },
        { "labels of a verb that knows none", { "show", "-l", "team=db", "db" }, -EINVAL, "\"show\" takes no option \"--label\"", NULL, 0 },
        { "a misspelt simulate", { "simualte" }, -EINVAL, "did you mean \"simulate\"", NULL, 0 },
        { "a span of simulate", { "simulate", "--from", "2027-02-01T02:00", "--to=+7d" }, 0, "", "simulate", 0 },
        { "another verb's span", { "plan", "--from", "x" }, -EINVAL, "\"plan\" takes no option \"--from\"", NULL, 0 },
        { "a misspelt import", { "improt", "public" }, -EINVAL, "did you mean \"import\"", NULL, 0 },
        { "an import of nothing", { "import" }, -EINVAL, "usage: maintctl import TARGET", NULL, 0 },
        { "a dry import", { "import", "public", "--dry-run", "--into", "hand" }, 0, "", "import", 1 },
        { "all of adopt", { "adopt", "--all" }, 0, "", "adopt", 0 },
};

static void check_parse(void **state) {
        const struct parse_case *c = *state;
        char *argv[WORDS + 2] = { (char *) (uintptr_t) "maintctl" }, *said = NULL;
        int argc = 1, r;
        Ctl ctl = { 0 };
        size_t n;
        FILE *err = open_memstream(&said, &n);

        for (; argc <= WORDS && c->argv[argc - 1]; argc++)
                argv[argc] = (char *) (uintptr_t) c->argv[argc - 1];
        r = ctl_parse(argc, argv, &ctl, err);
        assert_int_equal(fclose(err), 0);
        assert_int_equal(r, c->result);
        if (*c->says)
                assert_non_null(strstr(said, c->says));
        else
                assert_string_equal(said, "");
        free(said);
        if (r < 0)
                return;
        assert_true(text_equal(ctl.verb ? ctl.verb->name : NULL, c->verb));
        assert_int_equal(ctl.n_args, c->n_args);
}

static void more_labels_than_anybody_needs(void **state) {
        char *argv[2 + 2 * (LABEL_FILTERS_MAX + 1) + 1] = { (char *) (uintptr_t) "maintctl", (char *) (uintptr_t) "plan" }, *said = NULL;
        size_t n;
        FILE *err = open_memstream(&said, &n);
        Ctl ctl;

        for (size_t i = 2; i < ARRAY_SIZE(argv) - 1; i += 2) {
                argv[i] = (char *) (uintptr_t) "-l";
                argv[i + 1] = (char *) (uintptr_t) "a=b";
        }
        assert_int_equal(ctl_parse(2 + 2 * LABEL_FILTERS_MAX, argv, &ctl, err), 0);
        assert_int_equal(ctl.n_labels, LABEL_FILTERS_MAX);
        assert_int_equal(ctl_parse(ARRAY_SIZE(argv) - 1, argv, &ctl, err), -EINVAL);
        assert_int_equal(fclose(err), 0);
        assert_non_null(strstr(said, "too many labels"));
        free(said);
}

static void more_restarts_than_anybody_needs(void **state) {
        char *argv[2 + 2 * (SIMULATE_RESTARTS_MAX + 1) + 1] = { (char *) (uintptr_t) "maintctl", (char *) (uintptr_t) "simulate" }, *said = NULL;
        size_t n;
        FILE *err = open_memstream(&said, &n);
        Ctl ctl;

        for (size_t i = 2; i < ARRAY_SIZE(argv) - 1; i += 2) {
                argv[i] = (char *) (uintptr_t) "--restart-at";
                argv[i + 1] = (char *) (uintptr_t) "2027-02-01T02:00";
        }
        assert_int_equal(ctl_parse(2 + 2 * SIMULATE_RESTARTS_MAX, argv, &ctl, err), 0);
        assert_int_equal(ctl.n_restarts, SIMULATE_RESTARTS_MAX);
        assert_int_equal(ctl_parse(ARRAY_SIZE(argv) - 1, argv, &ctl, err), -EINVAL);
        assert_int_equal(fclose(err), 0);
        assert_non_null(strstr(said, "--restart-at: at most 16"));
        free(said);
}

static void a_message_as_long_as_a_manifest_may_have(void **state) {
        static char text[DESCRIPTION_MAX + 3];
        char *argv[] = { (char *) (uintptr_t) "maintctl", (char *) (uintptr_t) "cancel", (char *) (uintptr_t) "db", (char *) (uintptr_t) "-m", text, NULL }, *said = NULL;
        size_t n;
        FILE *err = open_memstream(&said, &n);
        Ctl ctl;

        memset(text, 'x', DESCRIPTION_MAX);
        text[DESCRIPTION_MAX] = '\n'; /* which a manifest does not count */
        assert_int_equal(ctl_parse(5, argv, &ctl, err), 0);
        text[DESCRIPTION_MAX] = 'x';
        assert_int_equal(ctl_parse(5, argv, &ctl, err), -EINVAL);
        assert_int_equal(fclose(err), 0);
        assert_non_null(strstr(said, "--message: the message is too long: at most 16384 bytes"));
        free(said);
}

static void every_verb_explains_itself(void **state) {
        for (const Verb *v = verbs; v->name; v++) {
                char *text = NULL;
                size_t n;
                FILE *f = open_memstream(&text, &n);

                ctl_verb_usage(v, f);
                assert_int_equal(fclose(f), 0);
                assert_non_null(strstr(text, v->summary));
                assert_non_null(v->run);
                free(text);
        }
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + 4];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, check_parse, NULL, NULL, (void *) (uintptr_t) &cases[i] };
        tests[ARRAY_SIZE(cases)] = (struct CMUnitTest) cmocka_unit_test(every_verb_explains_itself);
        tests[ARRAY_SIZE(cases) + 1] = (struct CMUnitTest) cmocka_unit_test(more_labels_than_anybody_needs);
        tests[ARRAY_SIZE(cases) + 2] = (struct CMUnitTest) cmocka_unit_test(more_restarts_than_anybody_needs);
        tests[ARRAY_SIZE(cases) + 3] = (struct CMUnitTest) cmocka_unit_test(a_message_as_long_as_a_manifest_may_have);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
