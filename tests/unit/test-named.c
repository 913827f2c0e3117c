/*
 * Named: which window an id means
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/named.h"

static const char *const known[] = {
        "db", "db-move", "net/core", "weekly@2030-01-06T02:00", "weekly@2030-01-13T02:00", "weekly@2030-01-06T02:00", "weekly-db@2030-02-01T02:00", "we@2030-01-01T00:00", "one@2030-01-01T00:00",
        "one@2030-01-01T00:00",
};

static const struct named_case { const char *name, *id; int r; const char *expected; } cases[] = {
        { "takes a whole id, although another begins with it", "db", 1, "db" },
        { "takes the beginning that only one has", "db-", 1, "db-move" },
        { "takes folders as part of the id", "net", 1, "net/core" },
        { "a series is one, however many windows it has", "weekly", 1, "weekly" },
        { "refuses the beginning of two", "d", -ENOTUNIQ, NULL },
        { "refuses the beginning of two series", "wee", -ENOTUNIQ, NULL },
        { "takes a whole occurrence", "weekly@2030-01-13T02:00", 1, "weekly@2030-01-13T02:00" },
        { "takes the beginning of an occurrence", "weekly@2030-01-1", 1, "weekly@2030-01-13T02:00" },
        { "takes the beginnings of both", "weekly-@2030", 1, "weekly-db@2030-02-01T02:00" },
        { "the same window twice is one", "weekly@2030-01-06", 1, "weekly@2030-01-06T02:00" },
        { "refuses the beginning of two occurrences", "weekly@2030", -ENOTUNIQ, NULL },
        { "the only occurrence needs no more than the sign", "one@", 1, "one@2030-01-01T00:00" },
        { "knows no occurrence of a one-off", "db@2030", 0, NULL },
        { "knows no id that is not there", "xyz", 0, NULL },
        { "knows none that is longer", "db-moved", 0, NULL },
        { "nothing means nothing", "", 0, NULL },
        { "an occurrence alone means nothing", "@2030", 0, NULL },
};

static void check(void **state) {
        const struct named_case *c = *state;
        char name[KEY_SIZE] = "untouched";

        assert_int_equal(named_find(c->id, known, ARRAY_SIZE(known), name), c->r);
        assert_string_equal(name, c->expected ? c->expected : "untouched");
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, check, NULL, NULL, (void *) &cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
