/*
 * Forms as browsers send them, and as others do
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "repeat.h"

#include "base/text.h"
#include "page/form.h"

static void reads_fields(void **state) {
        static const struct { const char *text; int r; const char *value; } rows[] = {
                { "a=1", 0, "1" }, { "b=2&a=1&a=3", 0, "1" }, { "a=x+y%20z", 0, "x y z" }, { "a=%C3%A9%e2%82%ac", 0, "é€" }, { "%61=1", 0, "1" }, { "a", 0, "" }, { "a=", 0, "" },
                { "a=b=c", 0, "b=c" }, { "", 0, NULL }, { "&&&", 0, NULL }, { "A=1", 0, NULL }, { "a=%0d%0aBcc:", 0, "\r\nBcc:" }, { "a=%25", 0, "%" },
                { "a=%", -EINVAL, NULL }, { "a=%4", -EINVAL, NULL }, { "a=%zz", -EINVAL, NULL }, { "a=%00", -EINVAL, NULL }, { "%g1=1", -EINVAL, NULL },
                { "a=%ff", -EINVAL, NULL }, { "a=\xc3", -EINVAL, NULL }, { "a=%ed%a0%80", -EINVAL, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(arena_free) Arena *a = arena_new();
                Form f;

                assert_int_equal(form_parse(a, rows[i].text, strlen(rows[i].text), &f), rows[i].r);
                if (rows[i].r == 0 && !text_equal(form_value(&f, "a"), rows[i].value))
                        fail_msg("%s", rows[i].text);
        }
}

static void ends_where_it_ends(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Form f;

        assert_int_equal(form_parse(a, "a=1&b=2", 3, &f), 0);
        assert_int_equal(f.n, 1);
        assert_int_equal(form_parse(a, "a=1\0b", 5, &f), -EINVAL);
        assert_int_equal(form_parse(a, NULL, 0, &f), 0);
        assert_int_equal(f.n, 0);
}

static void fields_are_counted(void **state) { /* PAGE_FORM_FIELDS_MAX */
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *most = text_of("", "a=#&", PAGE_FORM_FIELDS_MAX, ""), *more = text_of("", "a=#&", PAGE_FORM_FIELDS_MAX + 1, "");
        Form f;

        assert_int_equal(form_parse(a, most, strlen(most), &f), 0);
        assert_int_equal(f.n, PAGE_FORM_FIELDS_MAX);
        assert_int_equal(form_parse(a, more, strlen(more), &f), -E2BIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "reads fields, and refuses what is no form", reads_fields, NULL, NULL, NULL },
                { "reads no further than the body", ends_where_it_ends, NULL, NULL, NULL },
                { "counts the fields", fields_are_counted, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
