/*
 * Feed and calendar: escaped twice where that is the format, ids that never change, nothing that is not public
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-example.h"

static char *feed(Example *x, Occasion *o) {
        return example_text(x, assert_int_equal(feed_write(&v, &(Occasions) { o, 1 }), 0));
}

static char *calendar(Example *x, Occasion *o) {
        return example_text(x, calendar_write(&v, &(Occasions) { o, 1 }));
}

static void an_entry_holds_escaped_html(void **state) {
        Example *x = *state;
        auto_(free) char *text = feed(x, &x->running);

        assert_non_null(strstr(text, "<title>In progress: Move " NASTY_HTML "</title>"));
        assert_non_null(strstr(text, "&lt;strong&gt;Why&lt;/strong&gt; &amp;lt;b&amp;gt;&amp;amp;&amp;quot;&amp;#39;"));
        assert_non_null(strstr(text, "<updated>2027-02-01T01:30:00Z</updated>\n<generator>"));
        assert_null(strstr(text, "secret"));
        assert_null(strstr(text, "<b>"));
}

static void an_entry_keeps_its_id_whatever_changes(void **state) {
        Example *x = *state;
        auto_(free) char *before = feed(x, &x->running), *after = NULL;
        const char *id = strstr(strstr(before, "<entry>"), "<id>urn:uuid:");

        assert_non_null(id);
        x->running.m.title = "Else";
        x->running.m.state = STATE_COMPLETED;
        x->site->title = "Else";
        x->site->url = "https://status.example.com";
        after = feed(x, &x->running);
        assert_memory_equal(strstr(strstr(after, "<entry>"), "<id>"), id, strlen("<id>urn:uuid:00000000-0000-8000-8000-000000000000</id>"));
        assert_non_null(strstr(after, "href=\"https://status.example.com/maintenance/maint_run\""));
        assert_non_null(strstr(before, "href=\"/maintenance/maint_run\""));
}

static void what_xml_cannot_hold_does_not_spoil_the_feed(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->running.m.title = "a\x0b" "b\xef\xbf\xbf" "c\xff" "d";
        text = feed(x, &x->running);
        assert_non_null(strstr(text, "a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xef\xbf\xbd" "d</title>"));
}

static void an_empty_feed_is_a_feed(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(feed_write(&v, &(Occasions) { 0 }), 0));

        assert_null(strstr(text, "<entry>"));
        assert_non_null(strstr(text, "<updated>2027-02-01T00:00:00Z</updated>"));
}

static void events_say_what_they_are_and_which_version(void **state) {
        static const struct {
                State state;
                const char *status, *end;
        } rows[] = { { STATE_SCHEDULED, "CONFIRMED", "20270201T033000Z" }, { STATE_IN_PROGRESS, "CONFIRMED", "20270201T033000Z" },
                     { STATE_COMPLETED, "CONFIRMED", "20270201T020000Z" }, { STATE_CANCELLED, "CANCELLED", "20270201T033000Z" } };
        Example *x = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(free) char *text = NULL, *status = NULL, *dtend = NULL;

                x->running.m.state = rows[i].state;
                x->running.m.finished_at = EXAMPLE_NOW - 30 * USEC_PER_MINUTE;
                text = calendar(x, &x->running);
                assert_true(asprintf(&status, "\r\nSTATUS:%s\r\n", rows[i].status) > 0 &&
                            asprintf(&dtend, "\r\nDTEND:%s\r\n", rows[i].end) > 0);
                assert_non_null(strstr(text, status));
                assert_non_null(strstr(text, dtend));
                assert_non_null(strstr(text, "\r\nUID:maint_run@maintd-page\r\nDTSTAMP:20270201T013000Z\r\nCREATED:20270131T023000Z\r\n"));
                assert_non_null(strstr(text, "\r\nSEQUENCE:2\r\nDTSTART:20270201T013000Z\r\n"));
                assert_non_null(strstr(text, "\r\nLOCATION:API " NASTY "\r\n"));
                assert_null(strstr(text, "\r\nURL:"));
                assert_null(strstr(text, "secret"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(an_entry_holds_escaped_html, example_begin, example_end),
                cmocka_unit_test_setup_teardown(an_entry_keeps_its_id_whatever_changes, example_begin, example_end),
                cmocka_unit_test_setup_teardown(what_xml_cannot_hold_does_not_spoil_the_feed, example_begin, example_end),
                cmocka_unit_test_setup_teardown(an_empty_feed_is_a_feed, example_begin, example_end),
                cmocka_unit_test_setup_teardown(events_say_what_they_are_and_which_version, example_begin, example_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
