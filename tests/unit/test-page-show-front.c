/*
 * The front page, one maintenance, one month: what stands where, and what is left for another page
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-example.h"
#include "repeat.h"

static char *front(Example *x) {
        return example_text(x, assert_int_equal(show_front(&v, &x->front), 0));
}

static void the_whole_is_as_bad_as_its_worst_service(void **state) {
        Service services[2] = { { .shown = IMPACT_OPERATIONAL }, { .shown = IMPACT_OPERATIONAL } };

        assert_int_equal(overall_impact(services, 2, 0), IMPACT_OPERATIONAL);
        assert_int_equal(overall_impact(services, 2, 1), IMPACT_MAINTENANCE);
        services[1].shown = IMPACT_PARTIAL;
        assert_int_equal(overall_impact(services, 2, 1), IMPACT_PARTIAL);
        assert_int_equal(overall_impact(NULL, 0, 0), IMPACT_OPERATIONAL);
}

static void the_first_sentence_says_what_goes_on_and_when_it_ends(void **state) {
        Example *x = *state;
        auto_(free) char *text = front(x);
        Occasion two[2] = { x->running, x->running };

        assert_non_null(strstr(text, "<h1>Maintenance in progress</h1>\n<p>Move " NASTY_HTML
                                     " · Expected to end <span data-until><time datetime=\"2027-02-01T03:30:00Z\">"
                                     "Mon, Feb 1, 3:30\u00a0AM</time> UTC</span></p>"));
        free(STEAL(text));
        two[1].m.end += USEC_PER_HOUR;
        x->front.running = (Occasions) { two, 2 };
        x->front.n_running = 2;
        x->front.last_end = two[1].m.end;
        text = front(x);
        assert_non_null(
                strstr(text, "<p>2 running; the last is expected to end <span data-until><time datetime=\"2027-02-01T04:30:00Z\">"));
        free(STEAL(text));
        x->front.last_end = EXAMPLE_NOW - 1;
        x->front.n_running = 120; /* of which not all are shown */
        text = front(x);
        assert_non_null(strstr(text, "<p class=\"more counted\"><a href=\"/upcoming\">118 more in progress</a></p>"));
        x->site->voice.language = LANGUAGE_DE;
        free(STEAL(text));
        text = front(x);
        assert_non_null(strstr(text, "<a href=\"/upcoming\">118 weitere laufen</a>"));
        x->site->voice.language = LANGUAGE_EN;
        free(STEAL(text));
        text = front(x);
        assert_non_null(strstr(text, "<p>120 running; they take longer than planned.</p>"));
        free(STEAL(text));
        x->front.running = (Occasions) { &x->running, 1 };
        x->front.n_running = 1;
        text = front(x);
        assert_non_null(strstr(text, " · It takes longer than planned.</p>"));
}

static void without_maintenance_it_says_what_is_next(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->front.running.n = 0;
        x->services[1].shown = IMPACT_OPERATIONAL;
        text = front(x);
        assert_non_null(strstr(text,
                               "<h1>All systems operational</h1>\n<p>Next maintenance: <a href=\"/maintenance/maint_next\">Move " NASTY_HTML
                               "</a>"));
        assert_null(strstr(text, "class=\"unseen\""));
        free(STEAL(text));
        x->front.upcoming.n = x->front.past.n = 0;
        text = front(x);
        assert_non_null(strstr(text, "<p>No maintenance is planned.</p>"));
        assert_non_null(strstr(text, "<p class=\"none\">No maintenance in the past 30 days.</p>"));
        assert_null(strstr(text, "Upcoming"));
}

static void what_should_have_begun_is_not_what_is_next(void **state) {
        Example *x = *state;
        Occasion two[2] = { example_occasion(STATE_SCHEDULED, "maint_late", -1, 1), x->upcoming };
        auto_(free) char *text = NULL;

        x->front.running.n = 0;
        x->services[1].shown = IMPACT_OPERATIONAL;
        x->front.upcoming = (Occasions) { two, 2 };
        text = front(x);
        assert_non_null(strstr(text, "<p>Next maintenance: <a href=\"/maintenance/maint_next\">"));
        free(STEAL(text));
        x->front.upcoming.n = 1;
        text = front(x);
        assert_non_null(strstr(text, "<p>Not begun yet: <a href=\"/maintenance/maint_late\">"));
}

static void an_outage_names_its_services(void **state) {
        Example *x = *state;
        Service many[7];
        auto_(free) char *text = NULL;

        x->front.running.n = 0;
        x->services[1].shown = IMPACT_MAJOR;
        text = front(x);
        assert_non_null(strstr(text, "<h1>Major outage</h1>\n<p>Affected: API " NASTY_HTML "</p>"));
        free(STEAL(text));
        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                many[i] = (Service) { .seq = 1, .id = "svc_1", .name = "S", .description = "", .shown = IMPACT_DEGRADED };
        x->front.services = many;
        x->front.n_services = ARRAY_SIZE(many);
        text = front(x);
        assert_non_null(strstr(text, "<p>Affected: S, S, S, S, S and 2 more</p>"));
}

static void each_window_stands_on_its_shelf(void **state) {
        Example *x = *state;
        auto_(free) char *text = front(x);
        const char *running = strstr(text, "class=\"panel card in_progress\""), *upcoming = strstr(text, "<h2>Upcoming maintenance</h2>"),
                   *services = strstr(text, "<h2>Services</h2>"), *past = strstr(text, "<h2>Past 30 days</h2>");

        assert_true(running && running < upcoming && upcoming < services && services < past);
        assert_true(strstr(past, "/maintenance/maint_done") && strstr(upcoming, "/maintenance/maint_next") < services);
        assert_int_equal(count(text, "<strong>Why</strong>"), 2); /* of what is over, the text stands on its page */
        assert_null(strstr(text, "secret"));
        assert_null(strstr(text, "<b>"));
}

static void only_three_of_each_are_shown_in_full(void **state) {
        Example *x = *state;
        Occasion coming[5], running[20];
        auto_(free) char *text = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(coming); i++)
                coming[i] = x->upcoming;
        for (size_t i = 0; i < ARRAY_SIZE(running); i++)
                running[i] = x->running;
        x->front.upcoming = (Occasions) { coming, ARRAY_SIZE(coming) };
        x->front.running = (Occasions) { running, ARRAY_SIZE(running) };
        x->front.n_upcoming = ARRAY_SIZE(coming);
        x->front.n_running = ARRAY_SIZE(running);
        text = front(x);
        assert_int_equal(count(text, "class=\"panel card scheduled\""), 3);
        assert_int_equal(count(text, "class=\"panel card in_progress\""), 3);
        assert_int_equal(count(text, "class=\"line\""), 2 + 5 + 1);
        assert_non_null(strstr(text, "12 more in progress"));
        assert_null(strstr(text, "more to come"));
}

/* All there may be of everything, each as long as it may be, but texts of words and not of markup alone. */
static void the_whole_page_stays_small(void **state) {
        static const size_t n_services[] = { 20, 60 };
        auto_(free) char *description = text_of("", "Some more words of this text.\n\n", 500, ""), *message = text_of("", "wordy ", 2700, "");
        Example *x = *state;
        Occasion coming[60], running[100], past[15];
        Service services[60];
        Update updates[CARD_UPDATES];

        for (size_t i = 0; i < ARRAY_SIZE(updates); i++)
                updates[i] = (Update) { (int64_t) i, STATE_IN_PROGRESS, message, EXAMPLE_NOW };
        for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
                services[i] = (Service) { .seq = 100 + (int64_t) i, .id = "svc_01kexample00000", .name = "A service with a name", .shown = i % 3 ? IMPACT_OPERATIONAL : IMPACT_PARTIAL,
                                          .description = "What it is good for, in a few words", .group = i < 30 ? "One group" : "Another" };
                assert_int_equal(days_note(x->days, services[i].seq, EXAMPLE_NOW - 100 * USEC_PER_DAY, IMPACT_OPERATIONAL), 0);
                for (usec_t k = 4; k > 0; k--) {
                        assert_int_equal(days_note(x->days, services[i].seq, EXAMPLE_NOW - k * 20 * USEC_PER_DAY, IMPACT_MAINTENANCE), 0);
                        assert_int_equal(days_note(x->days, services[i].seq, EXAMPLE_NOW - k * 20 * USEC_PER_DAY + USEC_PER_HOUR, IMPACT_OPERATIONAL), 0);
                }
        }
        x->running.updates = updates;
        x->running.n_updates = ARRAY_SIZE(updates);
        x->running.n_all_updates = 500;
        x->running.services = x->upcoming.services = services;
        x->running.n_services = x->upcoming.n_services = 8;
        x->running.m.description = x->upcoming.m.description = description;
        for (size_t i = 0; i < ARRAY_SIZE(running); i++)
                running[i] = x->running;
        for (size_t i = 0; i < ARRAY_SIZE(coming); i++)
                coming[i] = x->upcoming;
        for (size_t i = 0; i < ARRAY_SIZE(past); i++)
                past[i] = x->past;
        for (size_t i = 0; i < ARRAY_SIZE(n_services); i++) {
                auto_(free) char *text = NULL;

                x->front = (Front) { services, n_services[i], x->days, { running, ARRAY_SIZE(running) }, { coming, ARRAY_SIZE(coming) }, { past, ARRAY_SIZE(past) },
                                     500, 500, EXAMPLE_NOW + USEC_PER_HOUR };
                text = front(x);
                assert_int_equal(count(text, "class=\"service\""), n_services[i]);
                if (strlen(text) >= 50000)
                        fail_msg("with %zu services: %zu bytes", n_services[i], strlen(text));
        }
}

/* Up to a paragraph's end, else a word's, never inside a character. */
static void a_long_text_is_cut_where_it_reads_well(void **state) {
        static const struct {
                const char *unit;
                size_t n;
                const char *last;
        } rows[] = { { "wordy ", 400, "wordy</p>" }, { "A paragraph of some words.\n\n", 100, "words.</p>" }, { "€", 2000, "€</p>" } };
        Example *x = *state;

        x->front.upcoming.n = x->front.past.n = 0;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(free) char *description = text_of("", rows[i].unit, rows[i].n, ""), *text = NULL;
                const char *more;

                x->running.m.description = description;
                text = front(x);
                more = strstr(text, "<p><a href=\"/maintenance/maint_run\">Read on</a></p>");
                assert_non_null(more);
                assert_true(more - strstr(text, "<div class=\"text\">") < 1700);
                assert_memory_equal(more - 1 - strlen(rows[i].last), rows[i].last, strlen(rows[i].last));
                assert_true(utf8_length(text, strlen(text)) != SIZE_MAX);
        }
}

static void an_update_is_cut_on_the_front_page_alone(void **state) {
        auto_(free) char *message = text_of("", "wordy ", 2700, ""), *text = NULL;
        Example *x = *state;

        x->front.upcoming.n = x->front.past.n = 0;
        x->running.m.description = "";
        x->running.updates[0].message = message;
        text = front(x);
        assert_non_null(strstr(text, "wordy</p>\n<p><a href=\"/maintenance/maint_run\">Read on</a></p>"));
        assert_in_range(count(text, "wordy"), 45, 50);
        free(STEAL(text));
        text = example_text(x, assert_int_equal(show_occasion(&v, &x->running), 0));
        assert_int_equal(count(text, "wordy"), 2700);
        assert_null(strstr(text, "Read on"));
}

static void three_updates_and_a_way_to_the_others(void **state) {
        Example *x = *state;
        Update many[5];
        auto_(free) char *text = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                many[i] = (Update) { 1, STATE_IN_PROGRESS, "u", EXAMPLE_NOW };
        x->running.updates = many;
        x->running.n_updates = CARD_UPDATES; /* of which no more are read */
        x->running.n_all_updates = ARRAY_SIZE(many);
        text = front(x);
        assert_int_equal(count(text, "<p class=\"meta\">"), 3);
        assert_non_null(strstr(text, "<a href=\"/maintenance/maint_run\">All updates (5)</a>"));
}

static void one_maintenance_says_all_of_it(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(show_occasion(&v, &x->running), 0));

        assert_non_null(strstr(text, "<title>Move " NASTY_HTML " – Status</title>"));
        assert_non_null(strstr(text, "<dt>Planned</dt><dd><p class=\"when\" data-running>"));
        assert_non_null(strstr(text, "<dt>Started</dt>"));
        assert_null(strstr(text, "<dt>Ended</dt>"));
        assert_non_null(strstr(text, "<h2>Updates</h2>"));
        assert_non_null(strstr(text, "<a href=\"/maintenance/maint_run.ics\">Add to calendar</a>"));
        assert_null(strstr(text, "secret"));
        free(STEAL(text));
        x->past.m.state = STATE_CANCELLED;
        text = example_text(x, assert_int_equal(show_occasion(&v, &x->past), 0));
        assert_non_null(strstr(text, "<dt>Cancelled</dt>"));
        assert_null(strstr(text, "Add to calendar"));
        assert_null(strstr(text, "<h2>Updates</h2>"));
}

static void a_month_leads_to_its_neighbours(void **state) {
        Example *x = *state;
        Month month = {
                .year = 2027, .month = 1, .part = 1, .more = true, .over = { &x->past, 1 }, .before_year = 2026, .before_month = 11
        };
        auto_(free) char *text = example_text(x, assert_int_equal(show_month(&v, &month), 0));

        assert_non_null(strstr(text, "<h1>Maintenance in January 2027</h1>"));
        assert_non_null(strstr(text, "<h2><a href=\"/maintenance/maint_done\">Move " NASTY_HTML "</a></h2>"));
        assert_non_null(strstr(text, "<a href=\"/history/2027-01/2\">More of this month</a>"));
        assert_non_null(strstr(text, "<a rel=\"prev\" href=\"/history/2026-11\"><span>Earlier</span> November 2026</a>"));
        assert_null(strstr(text, "rel=\"next\""));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_whole_is_as_bad_as_its_worst_service),
                cmocka_unit_test_setup_teardown(the_first_sentence_says_what_goes_on_and_when_it_ends, example_begin, example_end),
                cmocka_unit_test_setup_teardown(without_maintenance_it_says_what_is_next, example_begin, example_end),
                cmocka_unit_test_setup_teardown(what_should_have_begun_is_not_what_is_next, example_begin, example_end),
                cmocka_unit_test_setup_teardown(an_outage_names_its_services, example_begin, example_end),
                cmocka_unit_test_setup_teardown(each_window_stands_on_its_shelf, example_begin, example_end),
                cmocka_unit_test_setup_teardown(only_three_of_each_are_shown_in_full, example_begin, example_end),
                cmocka_unit_test_setup_teardown(the_whole_page_stays_small, example_begin, example_end),
                cmocka_unit_test_setup_teardown(an_update_is_cut_on_the_front_page_alone, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_long_text_is_cut_where_it_reads_well, example_begin, example_end),
                cmocka_unit_test_setup_teardown(three_updates_and_a_way_to_the_others, example_begin, example_end),
                cmocka_unit_test_setup_teardown(one_maintenance_says_all_of_it, example_begin, example_end),
                cmocka_unit_test_setup_teardown(a_month_leads_to_its_neighbours, example_begin, example_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
