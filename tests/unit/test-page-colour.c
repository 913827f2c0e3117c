/*
 * Colours: WCAG's own examples of contrast, and what is proposed for one that cannot be read
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/show/colour.h"

static Colour colour(const char *text) {
        Colour c;

        assert_int_equal(colour_parse(text, &c), 0);
        return c;
}

static void reads_both_ways_of_writing(void **state) {
        char buf[COLOUR_SIZE];

        assert_string_equal(colour_format(colour("#0550Ae"), buf), "#0550ae");
        assert_string_equal(colour_format(colour("#f0C"), buf), "#ff00cc");
}

static void refuses_what_is_no_colour(void **state) {
        static const char *const wrong[] = { "", "#", "red", "0550ae", "#0550a", "#0550aeff", "#0550ag", "#+1234", "#ff ", "#;}*{" };
        Colour c;

        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                assert_int_equal(colour_parse(wrong[i], &c), -EINVAL);
}

static void contrast_is_that_of_wcag(void **state) {
        static const struct {
                const char *a, *b;
                double contrast;
        } rows[] = { { "#000", "#fff", 21 },      { "#fff", "#fff", 1 },   { "#777", "#fff", 4.48 },
                     { "#fff", "#767676", 4.54 }, { "#f00", "#fff", 4.0 }, { "#00f", "#fff", 8.59 } };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_true(fabs(colour_contrast(colour(rows[i].a), colour(rows[i].b)) - rows[i].contrast) < 0.01);
}

static void what_is_proposed_can_be_read_and_is_near(void **state) {
        static const char *const colours[] = { "#ffcc00", "#00ff00", "#000", "#fff", "#0550ae", "#7f7f7f" }, *const grounds[] = {
                "#fff", "#0d1117"
        };

        for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
                for (size_t k = 0; k < ARRAY_SIZE(grounds); k++) {
                        Colour own = colour(colours[i]), ground = colour(grounds[k]), better = colour_readable(own, ground, CONTRAST_TEXT);

                        assert_true(colour_contrast(better, ground) >= CONTRAST_TEXT);
                        if (colour_contrast(own, ground) >= CONTRAST_TEXT)
                                assert_memory_equal(&better, &own, sizeof(own));
                        else
                                assert_true(colour_contrast(better, ground) < CONTRAST_TEXT + 0.5);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_both_ways_of_writing),
                cmocka_unit_test(refuses_what_is_no_colour),
                cmocka_unit_test(contrast_is_that_of_wcag),
                cmocka_unit_test(what_is_proposed_can_be_read_and_is_near),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
