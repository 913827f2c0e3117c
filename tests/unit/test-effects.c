/*
 * Effects: the last one out, and the worst of what runs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "reconcile/effects.h"

static const Strv none = { NULL, 0 };
static const Strv api = { (const char *[]) { "api" }, 1 };
static const Strv db = { (const char *[]) { "db" }, 1 };
static const Strv api_db = { (const char *[]) { "api", "db" }, 2 };

static void effects(void **state) {
        static const struct {
                const char *what;
                const Strv *services;
                Running running[3];
                size_t n;
                Effect want[2];
        } rows[] = {
                { "nothing runs", &api_db, { { 0 } }, 0, { { "api", IMPACT_OPERATIONAL, false }, { "db", IMPACT_OPERATIONAL, false } } },
                { "one runs on one of two", &api_db, { { IMPACT_MAINTENANCE, &api } }, 1, { { "api", IMPACT_MAINTENANCE, true }, { "db", IMPACT_OPERATIONAL, false } } },
                { "the worst of two", &api, { { IMPACT_MAJOR, &api_db }, { IMPACT_DEGRADED, &api } }, 2, { { "api", IMPACT_MAJOR, true } } },
                { "the worst of two, the other way round", &api, { { IMPACT_DEGRADED, &api }, { IMPACT_MAJOR, &api_db } }, 2, { { "api", IMPACT_MAJOR, true } } },
                { "one that runs without any impact", &db, { { IMPACT_OPERATIONAL, &db } }, 1, { { "db", IMPACT_OPERATIONAL, true } } },
                { "one that runs on nothing", &db, { { IMPACT_MAJOR, &none } }, 1, { { "db", IMPACT_OPERATIONAL, false } } },
                { "each by itself", &api_db, { { IMPACT_PARTIAL, &db }, { IMPACT_MAINTENANCE, &api }, { IMPACT_MAINTENANCE, &db } }, 3,
                  { { "api", IMPACT_MAINTENANCE, true }, { "db", IMPACT_PARTIAL, true } } },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(arena_free) Arena *a = arena_new();
                Effect *is;

                assert_int_equal(effects_of(rows[i].services, rows[i].running, rows[i].n, a, &is), 0);
                for (size_t k = 0; k < rows[i].services->n; k++)
                        if (strcmp(is[k].service_id, rows[i].want[k].service_id) != 0 || is[k].impact != rows[i].want[k].impact || is[k].under != rows[i].want[k].under)
                                fail_msg("%s: %s shows %s", rows[i].what, is[k].service_id, impact_to_string(is[k].impact));
        }
}

static void meeting(void **state) {
        assert_true(services_meet(&api, &api_db));
        assert_true(services_meet(&api_db, &db));
        assert_false(services_meet(&api, &db));
        assert_false(services_meet(&api, &none));
        assert_false(services_meet(&none, &none));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "rule 11: a service is under maintenance until the last window that names it ends, and shows the worst", effects, NULL, NULL, NULL },
                { "windows meet where they name one service", meeting, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
