/*
 * The dashboard's words: every language says everything, also what the API says of a field
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/dashboard/words.h"
#include "page/rest/input.h"

static size_t places(const char *text) {
        size_t n = 0;

        for (const char *p = text; (p = strchr(p, '%')); p++, n++)
                assert_int_equal(p[1], 's');
        return n;
}

static void every_language_says_everything(void **state) {
        for (size_t w = 0; w < TELLS; w++)
                for (size_t l = 0; l < LANGUAGES; l++) {
                        const char *text = tell_in((Language) l, (Tell) w);

                        assert_true(*text && !strpbrk(text, "<>&\"\n"));
                        assert_int_equal(places(text), places(tell_in(LANGUAGE_EN, (Tell) w)));
                        assert_true(places(text) <= 1);
                }
}

static void what_the_api_says_of_a_field_is_translated(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        assert_string_equal(tell_problem(a, LANGUAGE_EN, "Required"), "Required");
        assert_string_equal(tell_problem(a, LANGUAGE_DE, "Required"), "Pflichtfeld");
        assert_string_equal(tell_problem(a, LANGUAGE_DE, line_refused(a, "", 5)), "Darf nicht leer sein");
        assert_string_equal(tell_problem(a, LANGUAGE_DE, line_refused(a, "123456", 5)), "Darf höchstens 5 Zeichen lang sein");
        assert_string_equal(tell_problem(a, LANGUAGE_DE, "Nobody knows"), "Nobody knows");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_language_says_everything),
                cmocka_unit_test(what_the_api_says_of_a_field_is_translated),
        };

        return cmocka_run_group_tests_name("words of the dashboard", tests, NULL, NULL);
}
