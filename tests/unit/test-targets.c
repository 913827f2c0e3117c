/*
 * What the config says of a target reaches its driver
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/targets.h"

static const char text[] =
        "manifests: /tmp\n"
        "instance: staging\n"
        "services:\n"
        "  api: {title: API}\n"
        "  database: {}\n"
        "targets:\n"
        "  public:\n"
        "    type: kodo\n"
        "    url: https://status.example/api/v1\n"
        "    token: page-key\n"
        "    services: {api: API Gateway, database: {id: svc_1}}\n"
        "  other:\n"
        "    type: kodo\n"
        "    url: https://other.example/api/v1\n"
        "    token: page-key\n"
        "    retire: true\n";

static Config *parse(Arena *a) {
        Diagnostics diags = { 0 };
        Config *c = NULL;
        int r = config_parse("maintd.yaml", text, strlen(text), config_drivers(a), &diags, &c);

        for (size_t i = 0; i < diags.n; i++)
                print_message("%s\n", diags.items[i].message);
        diagnostics_done(&diags);
        assert_int_equal(r, 0);
        return c;
}

static void a_target_is_its_type_and_url_not_its_name(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(config_free) Config *c = parse(a);
        auto_(targetset_free) TargetSet *s = NULL;
        const Target *t;

        assert_int_equal(targetset_new(c, "0123456789abcdef", &s), 0);
        assert_int_equal(s->n, 2);
        t = targetset_find(s, "public");
        assert_non_null(t);
        assert_string_equal(t->identity, "kodo https://status.example/api/v1");
        assert_string_equal(t->instance, "staging");
        assert_string_equal(t->ledger_id, "0123456789abcdef");
        assert_string_equal(t->token, "page-key");
        assert_false(t->retire);
        assert_true(targetset_find(s, "other")->retire);
        assert_null(targetset_find(s, "nowhere"));
}

static void every_service_of_the_catalogue_is_mapped(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(config_free) Config *c = parse(a);
        auto_(targetset_free) TargetSet *s = NULL;
        const ServiceMap *map, *plain;

        assert_int_equal(targetset_new(c, "", &s), 0);
        map = targetset_find(s, "public")->services;
        assert_int_equal(targetset_find(s, "public")->n_services, 2);
        assert_string_equal(map[0].service, "api");
        assert_string_equal(map[0].name, "API Gateway");
        assert_string_equal(map[0].title, "API");
        assert_string_equal(map[1].id, "svc_1");
        plain = targetset_find(s, "other")->services;
        assert_string_equal(plain[0].title, "API");
        assert_null(plain[0].name);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_target_is_its_type_and_url_not_its_name),
                cmocka_unit_test(every_service_of_the_catalogue_is_mapped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
