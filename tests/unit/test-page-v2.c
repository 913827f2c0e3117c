/*
 * Statuspage's public JSON: which parts each address has, groups, and the words for states
 *
 * Shapes field by field are checked in integration/page/test_page_feeds.py, against v2.schema.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-example.h"
#include "repeat.h"

static json_t *v2(Example *x, V2 what) {
        View v = { .arena = x->arena, .site = x->site, .now = EXAMPLE_NOW };
        json_t *json = v2_json(&v, what, &x->front);

        assert_non_null(json);
        return json;
}

static const char *text_at(const json_t *o, const char *list, size_t i, const char *key) {
        return json_string_value(json_object_get(json_array_get(json_object_get(o, list), i), key));
}

static void each_address_has_its_parts(void **state) {
        static const struct {
                V2 what;
                size_t windows; /* SIZE_MAX: no such list */
                bool components, status, incidents;
        } rows[] = { { V2_SUMMARY, 2, true, true, true },
                     { V2_STATUS, SIZE_MAX, false, true, false },
                     { V2_COMPONENTS, SIZE_MAX, true, false, false },
                     { V2_MAINTENANCE, 3, false, false, false },
                     { V2_UPCOMING, 1, false, false, false },
                     { V2_ACTIVE, 1, false, false, false },
                     { V2_INCIDENTS, SIZE_MAX, false, false, true } };
        Example *x = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                json_t *json = v2(x, rows[i].what), *windows = json_object_get(json, "scheduled_maintenances");

                assert_non_null(json_object_get(json, "page"));
                assert_int_equal(windows ? json_array_size(windows) : SIZE_MAX, rows[i].windows);
                assert_int_equal(json_object_get(json, "components") != NULL, rows[i].components);
                assert_int_equal(json_object_get(json, "status") != NULL, rows[i].status);
                assert_int_equal(json_object_get(json, "incidents") != NULL, rows[i].incidents);
                json_decref(json);
        }
}

static void a_group_is_a_component_with_members(void **state) {
        Example *x = *state;
        json_t *json = v2(x, V2_COMPONENTS), *list = json_object_get(json, "components");

        assert_int_equal(json_array_size(list), 4);
        assert_string_equal(text_at(json, "components", 1, "id"), "grp_2");
        assert_string_equal(text_at(json, "components", 1, "status"), "under_maintenance"); /* the worst of its members */
        assert_int_equal(json_array_size(json_object_get(json_array_get(list, 1), "components")), 2);
        assert_null(text_at(json, "components", 0, "group_id"));
        assert_string_equal(text_at(json, "components", 3, "group_id"), "grp_2");
        json_decref(json);
}

static void a_cancelled_window_is_over(void **state) {
        Example *x = *state;
        json_t *json;

        x->past.m.state = STATE_CANCELLED;
        json = v2(x, V2_MAINTENANCE);
        assert_string_equal(text_at(json, "scheduled_maintenances", 0, "status"), "in_progress");
        assert_string_equal(text_at(json, "scheduled_maintenances", 1, "status"), "scheduled");
        assert_string_equal(text_at(json, "scheduled_maintenances", 2, "status"), "completed");
        json_decref(json);
}

static void services_are_shown_as_they_are_now(void **state) {
        static Service stale;
        Example *x = *state;
        json_t *json;

        stale = x->services[1];
        stale.shown = IMPACT_OPERATIONAL; /* as store_window_services() has it */
        x->running.services = &stale;
        json = v2(x, V2_ACTIVE);
        assert_string_equal(text_at(json_array_get(json_object_get(json, "scheduled_maintenances"), 0), "components", 0, "status"),
                            "under_maintenance");
        json_decref(json);
}

/* Whatever its groups: a window names the very component of the list. */
static void a_window_names_components_of_the_list(void **state) {
        static const int order[] = { 5, 3, 9, 1, 7, 8, 2, 6, 4 };
        static Service many[ARRAY_SIZE(order)], gone = { .seq = 77, .id = "svc_gone", .name = "Gone", .description = "", .created_at = 1, .updated_at = 1 };
        Service own[ARRAY_SIZE(order) + 1];
        Example *x = *state;
        json_t *json, *list, *window;
        size_t found = 0, n;

        for (size_t i = 0; i < ARRAY_SIZE(order); i++)
                many[i] = (Service) { .seq = order[i], .id = arena_printf(x->arena, "svc_%d", order[i]), .name = "S", .description = "",
                                      .group = i < 2 ? NULL : i < 5 ? "A" : "B", .created_at = 1, .updated_at = 1 };
        memcpy(own, many, sizeof(many));
        own[ARRAY_SIZE(order)] = gone;
        x->front.services = many;
        x->front.n_services = ARRAY_SIZE(many);
        x->running.services = own;
        x->running.n_services = ARRAY_SIZE(own);
        json = v2(x, V2_SUMMARY);
        list = json_object_get(json, "components");
        window = json_object_get(json_array_get(json_object_get(json, "scheduled_maintenances"), 0), "components");
        n = json_array_size(window);
        assert_int_equal(n, ARRAY_SIZE(own));
        assert_int_equal(json_array_size(list), ARRAY_SIZE(many) + 2);
        for (size_t k = 0; k < n; k++)
                assert_string_equal(json_string_value(json_object_get(json_array_get(window, k), "id")), own[k].id);
        for (size_t i = 0; i < json_array_size(list); i++) {
                assert_int_equal(json_integer_value(json_object_get(json_array_get(list, i), "position")), i + 1);
                for (size_t k = 0; k < n; k++)
                        found += (size_t) json_equal(json_array_get(list, i), json_array_get(window, k));
        }
        assert_int_equal(found, ARRAY_SIZE(many));
        assert_int_equal(json_integer_value(json_object_get(json_array_get(window, n - 1), "position")), ARRAY_SIZE(many) + 1);
        json_decref(json);
}

static void a_list_ends_where_it_would_be_too_large(void **state) {
        auto_(free) char *words = text_of("", "wordy ", V2_BYTES / 6 / 3, ""), *too_many = text_of("", "wordy ", V2_BYTES / 5, "");
        static Occasion windows[5];
        Example *x = *state;
        json_t *json;

        for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
                windows[i] = x->running;
                windows[i].m.description = words;
        }
        x->front.running = (Occasions) { windows, ARRAY_SIZE(windows) };
        json = v2(x, V2_SUMMARY); /* nor does a small one follow */
        assert_int_equal(json_array_size(json_object_get(json, "scheduled_maintenances")), 2);
        json_decref(json);
        windows[0].m.description = too_many;
        json = v2(x, V2_ACTIVE);
        assert_int_equal(json_array_size(json_object_get(json, "scheduled_maintenances")), 1);
        json_decref(json);
}

static void texts_are_as_they_were_written_and_no_more(void **state) {
        Example *x = *state;
        json_t *json = v2(x, V2_SUMMARY);
        auto_(free) char *text = json_dumps(json, JSON_COMPACT);

        assert_string_equal(text_at(json, "scheduled_maintenances", 0, "name"), "Move " NASTY);
        assert_null(strstr(text, "secret"));
        json_decref(json);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(each_address_has_its_parts, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_group_is_a_component_with_members, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_cancelled_window_is_over, example_begin, example_end),
                cmocka_unit_test_setup_teardown(services_are_shown_as_they_are_now, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_window_names_components_of_the_list, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_list_ends_where_it_would_be_too_large, example_begin, example_end),
                cmocka_unit_test_setup_teardown(texts_are_as_they_were_written_and_no_more, example_begin, example_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
