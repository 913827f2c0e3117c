/*
 * Services with their days: what is drawn, what is said to those who do not see it, and how little it takes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-example.h"

static char *services(Example *x) {
        return example_text(x, show_services(&v, &x->front));
}

static void groups_have_headings_and_services_their_state(void **state) {
        Example *x = *state;
        auto_(free) char *text = services(x);

        assert_int_equal(count(text, "<h3 class=\"group\">"), 1);
        assert_non_null(strstr(text, "<h3 class=\"group\">Core " NASTY_HTML "</h3>"));
        assert_int_equal(count(text, "<ul class=\"panel services\">"), 2);
        assert_non_null(strstr(text, "<span class=\"name\">API " NASTY_HTML "</span> <span class=\"status maintenance\">"));
        assert_non_null(strstr(text, "Under maintenance</span>"));
        assert_non_null(strstr(text, "<p class=\"note\">note " NASTY_HTML "</p>"));
        assert_null(strstr(text, "<b>"));
}

static void trouble_is_drawn_over_the_day_and_said(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        assert_int_equal(days_note(x->days, 1, EXAMPLE_NOW - 3 * USEC_PER_DAY, IMPACT_PARTIAL), 0);
        assert_int_equal(days_note(x->days, 1, EXAMPLE_NOW - 3 * USEC_PER_DAY + 25 * USEC_PER_MINUTE, IMPACT_MAINTENANCE), 0);
        assert_int_equal(days_note(x->days, 1, EXAMPLE_NOW - 3 * USEC_PER_DAY + 55 * USEC_PER_MINUTE, IMPACT_OPERATIONAL), 0);
        x->front.n_services = 1;
        text = services(x);
        assert_non_null(strstr(text, "<path class=\"partial_outage\" d=\"M432 0v30\"><title>Jan 29: Partial outage 25 min, Under "
                                     "maintenance 30 min</title></path></svg>"));
        assert_non_null(
                strstr(text, "aria-label=\"Last 90 days. 99.98% uptime. Jan 29: Partial outage 25 min, Under maintenance 30 min\""));
        assert_int_equal(count(text, "<title>"), 1);
        assert_non_null(strstr(text, "<span class=\"wide\">90 days ago</span><span class=\"wide\">99.98% uptime</span>"));
        assert_non_null(
                strstr(text, "<span class=\"narrow\">45 days ago</span><span class=\"narrow\">99.96% uptime</span><span>Today</span>"));
}

static void a_quiet_service_takes_little(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->front.n_services = 1;
        text = services(x);
        assert_non_null(strstr(text, "aria-label=\"Last 90 days. 100% uptime. Operational every day\"><use href=\"#days\"/></svg>"));
        assert_true(strlen(strstr(text, "<li class=\"service\">")) < 800);
}

static void what_is_not_known_is_grey_and_counts_for_nothing(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->services[0].seq = 9;
        assert_int_equal(days_note(x->days, 9, EXAMPLE_NOW - 2 * USEC_PER_DAY, IMPACT_OPERATIONAL), 0);
        x->front.n_services = 1;
        text = services(x);
        assert_non_null(strstr(text, "<path class=\"unknown\" d=\"M2 0v30m5-30v30"));
        assert_int_equal(count(text, "v30"), 90 + 87);
        assert_non_null(strstr(text, "<title>No data</title>"));
        free(STEAL(text));
        x->services[0].seq = 10; /* of which nothing was ever told */
        text = services(x);
        assert_null(strstr(text, "uptime"));
}

static void very_many_troubled_days_are_not_all_said(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        for (usec_t i = 80; i > 0; i--) {
                assert_int_equal(days_note(x->days, 1, EXAMPLE_NOW - i * USEC_PER_DAY, IMPACT_DEGRADED), 0);
                assert_int_equal(days_note(x->days, 1, EXAMPLE_NOW - i * USEC_PER_DAY + USEC_PER_MINUTE, IMPACT_OPERATIONAL), 0);
        }
        x->front.n_services = 1;
        text = services(x);
        assert_int_equal(count(text, "<title>"), 80);
        assert_int_equal(count(text, "Degraded performance 1 min"), 80 + 12);
        assert_non_null(strstr(text, "Jan 20: Degraded performance 1 min. …\""));
}

static void very_many_services_are_shown_without_days(void **state) {
        static Service many[21];
        Example *x = *state;
        auto_(free) char *text = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                many[i] = (Service) { .seq = 1, .id = "svc_1", .name = "S", .description = "" };
        x->front.services = many;
        x->front.n_services = ARRAY_SIZE(many) - 1;
        text = services(x);
        assert_int_equal(count(text, "class=\"days\""), 20);
        assert_true(strlen(text) < 25000);
        free(STEAL(text));
        x->front.n_services = ARRAY_SIZE(many);
        text = services(x);
        assert_int_equal(count(text, "class=\"days\""), 0);
        assert_int_equal(count(text, "<ul class=\"panel services dense\">"), 1);
        free(STEAL(text));
        x->front.n_services = 0;
        text = services(x);
        assert_string_equal(text, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(groups_have_headings_and_services_their_state, example_begin, example_end),
                cmocka_unit_test_setup_teardown(trouble_is_drawn_over_the_day_and_said, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_quiet_service_takes_little, example_begin, example_end),
                cmocka_unit_test_setup_teardown(what_is_not_known_is_grey_and_counts_for_nothing, example_begin, example_end),
                cmocka_unit_test_setup_teardown(very_many_troubled_days_are_not_all_said, example_begin, example_end),
                cmocka_unit_test_setup_teardown(very_many_services_are_shown_without_days, example_begin, example_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
