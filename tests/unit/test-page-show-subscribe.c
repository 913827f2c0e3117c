/*
 * The pages of subscribing: forms that can be filled in by anybody, and texts that stay texts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page-example.h"
#include "page/show/subscribe.h"

static void offers_each_service(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(show_subscribe(&v, x->services, 3, NULL), 0));

        assert_int_equal(count(text, "type=\"checkbox\""), 3);
        assert_non_null(strstr(text, "value=\"svc_2\"> API " NASTY_HTML "</label>"));
        assert_non_null(strstr(text, "<form class=\"form\" method=\"post\" action=\"/subscribe\">"));
        assert_non_null(strstr(text, "<label for=\"address\">"));
        assert_non_null(strstr(text, "id=\"address\""));
        assert_non_null(strstr(text, "maxlength=\"254\""));
        assert_non_null(strstr(text, "value=\"\""));
        assert_null(strstr(text, "aria-invalid"));
        assert_null(strstr(text, "<script>"));
}

static void asks_for_no_service_where_there_is_none(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(show_subscribe(&v, NULL, 0, NULL), 0));

        assert_null(strstr(text, "fieldset"));
}

static void gives_back_what_was_refused(void **state) {
        Example *x = *state;
        const char *ticked[] = { "svc_2", "\"><script>alert(2)</script>" };
        Refused back = { WORD_ADDRESS_WRONG, "\"><script>alert(1)</script>", ticked, 2 };
        auto_(free) char *text = example_text(x, assert_int_equal(show_subscribe(&v, x->services, 3, &back), 0));

        assert_int_equal(count(text, " checked"), 1);
        assert_non_null(strstr(text, "value=\"svc_2\" checked> API "));
        assert_non_null(strstr(text, "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""));
        assert_non_null(strstr(text, "aria-invalid=\"true\" aria-describedby=\"wrong\""));
        assert_int_equal(count(text, "id=\"wrong\" role=\"alert\">That is no e-mail address.<"), 1);
        assert_int_equal(count(text, "id=\"wrong\""), 1);
        assert_non_null(strstr(text, "<fieldset>"));
        assert_null(strstr(text, "<script>alert"));
}

static void says_of_services_that_they_are_wrong(void **state) {
        Example *x = *state;
        Refused back = { WORD_SERVICES_WRONG, "ann@example.com", NULL, 0 };
        auto_(free) char *text = example_text(x, assert_int_equal(show_subscribe(&v, x->services, 3, &back), 0));
        auto_(free) char *none = example_text(x, assert_int_equal(show_subscribe(&v, NULL, 0, &back), 0));

        assert_non_null(strstr(text, "maxlength=\"254\" value=\"ann@example.com\""));
        assert_non_null(strstr(text, "<fieldset aria-describedby=\"wrong\">\n<legend>Only for these services (none: all)</legend>\n"
                                     "<p class=\"wrong\" id=\"wrong\" role=\"alert\">The services that were chosen"));
        assert_null(strstr(text, "no e-mail address"));
        assert_int_equal(count(none, "id=\"wrong\" role=\"alert\">The services that were chosen"), 1);
        assert_null(strstr(none, "fieldset"));
}

static void asks_by_one_button(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(show_question(&v, WORD_SUBSCRIBE, "Shall " NASTY " be told?", WORD_MAIL_CONFIRM), 0));

        assert_non_null(strstr(text, "<p>Shall " NASTY_HTML " be told?</p>"));
        assert_int_equal(count(text, "<button"), 1);
        assert_non_null(strstr(text, "<form class=\"form\" method=\"post\">"));
        assert_null(strstr(text, "<input"));
}

static void says_when_memory_was_out(void **state) {
        Example *x = *state;
        auto_(free) char *text = example_text(x, assert_int_equal(show_question(&v, WORD_SUBSCRIBE, NULL, WORD_MAIL_CONFIRM), -ENOMEM));

        assert_string_equal(text, "");
}

static void speaks_german(void **state) {
        Example *x = *state;
        auto_(free) char *text = NULL;

        x->site->voice.language = LANGUAGE_DE;
        text = example_text(x, assert_int_equal(show_question(&v, WORD_UNSUBSCRIBE, "x", WORD_UNSUBSCRIBE), 0));
        assert_int_equal(count(text, "Abbestellen"), 3); /* title, heading, button */
}

#define TEST(name, function) { name, function, example_begin, example_end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("the form offers each service by a label", offers_each_service),
                TEST("asks for no service where there is none", asks_for_no_service_where_there_is_none),
                TEST("what was refused comes back escaped, and marked", gives_back_what_was_refused),
                TEST("of services that are wrong it says so, and not of the address", says_of_services_that_they_are_wrong),
                TEST("a question has one button, and nothing to fill in", asks_by_one_button),
                TEST("a text that memory was out for is an error", says_when_memory_was_out),
                TEST("speaks German", speaks_german),
        };

        return cmocka_run_group_tests_name("pages of subscribing", tests, NULL, NULL);
}
