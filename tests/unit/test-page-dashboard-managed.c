/*
 * Windows that are kept by maintd: whose manifest, by the marker in their external id
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/dashboard/managed.h"

static const struct managed_case { const char *name, *external_id, *instance, *manifest; } cases[] = {
        { "a one-off", "maintd:maintd:db-migration#0", "maintd", "db-migration" },
        { "an occurrence, moved twice", "maintd:prod:network/core@2027-02-07T02:00#2", "prod", "network/core@2027-02-07T02:00" },
        { "too long to be named", "maintd:prod:~0123456789abcdef#0", "prod", NULL },
        { "none", NULL, NULL, NULL },
        { "somebody else's", "ticket-4711", NULL, NULL },
        { "that begins like it", "maintd", NULL, NULL },
        { "without a generation", "maintd:prod:a", NULL, NULL },
        { "with no number for one", "maintd:prod:a#x", NULL, NULL },
        { "without a manifest", "maintd:prod:#0", NULL, NULL },
        { "without an instance", "maintd::a#0", NULL, NULL },
        { "without either", "maintd:#0", NULL, NULL },
};

static void finds_the_manifest(void **state) {
        const struct managed_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        Managed m;

        assert_int_equal(managed_by(a, c->external_id, &m), c->instance != NULL);
        if (!c->instance)
                return;
        assert_string_equal(m.instance, c->instance);
        if (c->manifest)
                assert_string_equal(m.manifest, c->manifest);
        else
                assert_null(m.manifest);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, finds_the_manifest, NULL, NULL, (void *) &cases[i] };
        return cmocka_run_group_tests_name("managed by maintd", tests, NULL, NULL);
}
