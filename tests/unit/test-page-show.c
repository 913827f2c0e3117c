/*
 * The frame of a page: head, top, foot, times, texts from outside
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-example.h"

static void a_page_has_a_frame_in_its_language(void **state) {
        Example *x = *state;
        auto_(free) char *en = example_text(x, assert_int_equal(show_message(&v, WORD_NOT_FOUND, WORD_NOT_FOUND_LONG), 0));

        assert_ptr_equal(strstr(en, "<!DOCTYPE html>\n<html lang=\"en\">"), en);
        assert_non_null(strstr(en, "<title>Not found – Status</title>"));
        assert_non_null(strstr(en, "<p>All times are UTC.</p>\n</footer>\n</body>\n</html>\n"));
        x->site->voice.language = LANGUAGE_DE;
        assert_int_equal(zones_get(x->site->zones, "Europe/Berlin", &x->site->voice.zone), 0);
        free(STEAL(en));
        en = example_text(x, assert_int_equal(show_message(&v, WORD_NOT_FOUND, WORD_NOT_FOUND_LONG), 0));
        assert_non_null(strstr(en, "<html lang=\"de\">"));
        assert_non_null(strstr(en, "Alle Zeiten: Europe/Berlin (CET)."));
        assert_non_null(strstr(en, "data-zone=\"Europe/Berlin\""));
}

static void settings_are_texts_from_outside_too(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->site->title = "T" NASTY;
        x->site->footer = "[x](javascript:alert(1)) " NASTY;
        x->site->home = "https://example.com/?a&b";
        x->site->support = "mailto:a&b@example.com";
        x->site->logo = (Logo) { strdup("x"), 1, "image/png" };
        text = example_text(x, assert_int_equal(show_message(&v, WORD_NOT_FOUND, WORD_NOT_FOUND_LONG), 0));
        assert_null(strstr(text, "<b>"));
        assert_null(strstr(text, "javascript:"));
        assert_non_null(strstr(text, "<title>Not found – T" NASTY_HTML "</title>"));
        assert_non_null(strstr(text, "<img class=\"logo\" src=\"/logo?v=0123456789\" alt=\"T" NASTY_HTML "\">"));
        assert_non_null(strstr(text, "<a href=\"https://example.com/?a&amp;b\">example.com/?a&amp;b</a>"));
        assert_non_null(strstr(text, "<a href=\"mailto:a&amp;b@example.com\">Support</a>"));
        assert_null(strstr(text, "<source"));
}

static void a_title_that_is_the_sites_is_said_once(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, show_head(&v, "Status", IMPACT_MAJOR));

        assert_non_null(strstr(text, "<title>Status</title>"));
        assert_non_null(strstr(text, "href=\"/icon-major_outage.svg?v=0123456789\""));
}

static void a_period_names_its_days_zone_and_length(void **state) {
        static const struct {
                usec_t length;
                const char *text;
        } rows[] = {
                { 90 * USEC_PER_MINUTE,
                  "<p class=\"when\" data-over><time datetime=\"2027-02-01T02:30:00Z\">Mon, Feb 1, 2:30\u00a0AM</time> – "
                  "<time datetime=\"2027-02-01T04:00:00Z\">4:00\u00a0AM</time> <span class=\"zone\">UTC</span> "
                  "<span class=\"length\">1 h 30 min</span></p>\n" },
                { 2 * USEC_PER_DAY, "<time datetime=\"2027-02-03T02:30:00Z\">Wed, Feb 3, 2:30\u00a0AM</time> <span "
                                    "class=\"zone\">UTC</span> <span class=\"length\">2 days</span>" },
                { 59 * USEC_PER_MINUTE + 40 * USEC_PER_SEC, "<span class=\"length\">1 h</span>" }, /* a start some seconds late is none */
                { 0, "<span class=\"length\">&lt; 1 min</span>" },
        };
        Example *x = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(free) char *text = example_text(x, show_period(&v, EXAMPLE_NOW, EXAMPLE_NOW + rows[i].length, "over"));

                if (!strstr(text, rows[i].text))
                        fail_msg("%s\nlacks %s", text, rows[i].text);
        }
}

/* 02:30 in Berlin comes twice in that night. */
static void over_a_change_of_the_clocks_each_time_has_its_zone(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;
        usec_t first = UINT64_C(1792888200000000); /* 2026-10-25T00:30:00Z */

        assert_int_equal(zones_get(x->site->zones, "Europe/Berlin", &x->site->voice.zone), 0);
        text = example_text(x, show_period(&v, first, first + USEC_PER_HOUR, "over"));
        assert_string_equal(text, "<p class=\"when\" data-over><time datetime=\"2026-10-25T00:30:00Z\">Sun, Oct 25, 2:30\u00a0AM</time> <span class=\"zone\">"
                                  "CEST</span> – <time datetime=\"2026-10-25T01:30:00Z\">2:30\u00a0AM</time> <span class=\"zone\">CET</span> "
                                  "<span class=\"length\">1 h</span></p>\n");
}

static void a_window_runs_from_its_start_to_its_end(void **state) {
        Maintenance m = { .state = STATE_SCHEDULED, .start = 100, .end = 200 };

        assert_true(occasion_start(&m) == 100 && occasion_end(&m) == 200);
        m.state = STATE_IN_PROGRESS;
        m.started_at = 120;
        assert_true(occasion_start(&m) == 120 && occasion_end(&m) == 200);
        m.started_at = 250; /* begun late, by hand */
        assert_true(occasion_start(&m) == 250 && occasion_end(&m) == 250);
        m.state = STATE_COMPLETED;
        m.finished_at = 300;
        assert_true(occasion_end(&m) == 300);
        m = (Maintenance) { .state = STATE_CANCELLED, .start = 100, .end = 200, .finished_at = 50 };
        assert_true(occasion_start(&m) == 100 && occasion_end(&m) == 200);
}

static void updates_are_told_latest_first(void **state) {
        Example *x = *state;
        auto_(free) char *all = example_text(x, assert_int_equal(show_updates(&v, &x->running, SIZE_MAX), 0)),
                         *one = example_text(x, assert_int_equal(show_updates(&v, &x->running, 1), 0));
        auto_(free) char *none = example_text(x, assert_int_equal(show_updates(&v, &x->past, 3), 0));

        assert_true(strstr(all, "<em>Half</em>") < strstr(all, "Begun " NASTY_HTML));
        assert_int_equal(count(one, "<li>"), 1);
        assert_non_null(strstr(one, "<em>Half</em>"));
        assert_string_equal(none, "");
}

static void services_are_a_list_that_can_be_heard(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->running.services = x->services;
        x->running.n_services = 2;
        text = example_text(x, show_affected(&v, &x->running));
        assert_string_equal(
                text,
                "<p class=\"affected\"><span class=\"label\">Affected</span> <span class=\"chip\">Web</span><span class=\"comma\">, </span>"
                "<span class=\"chip\">API " NASTY_HTML "</span></p>\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_page_has_a_frame_in_its_language, example_begin, example_end),
                cmocka_unit_test_setup_teardown(settings_are_texts_from_outside_too, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_title_that_is_the_sites_is_said_once, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_period_names_its_days_zone_and_length, example_begin, example_end),
                cmocka_unit_test_setup_teardown(over_a_change_of_the_clocks_each_time_has_its_zone, example_begin, example_end),
                cmocka_unit_test(a_window_runs_from_its_start_to_its_end),
                cmocka_unit_test_setup_teardown(updates_are_told_latest_first, example_begin, example_end),
                cmocka_unit_test_setup_teardown(services_are_a_list_that_can_be_heard, example_begin, example_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
