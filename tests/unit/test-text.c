/*
 * Text from outside: what reaches a terminal, and what is near enough to be what was meant
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/text.h"

static void decodes_utf8_strictly(void **state) {
        static const struct { const char *bytes; size_t n, length; } rows[] = {
                { "", 0, 0 }, { "a", 1, 1 }, { "\xc3\xa9", 2, 1 }, { "\xe2\x82\xac", 3, 1 }, { "\xf0\x9f\x98\x80", 4, 1 }, { "\xf4\x8f\xbf\xbf", 4, 1 },
                { "\x80", 1, SIZE_MAX }, { "\xc3", 1, SIZE_MAX }, { "\xc0\x80", 2, SIZE_MAX }, { "\xc1\xbf", 2, SIZE_MAX }, { "\xe0\x80\x80", 3, SIZE_MAX },
                { "\xed\xa0\x80", 3, SIZE_MAX }, { "\xf0\x80\x80\x80", 4, SIZE_MAX }, { "\xf4\x90\x80\x80", 4, SIZE_MAX }, { "\xf8\x88\x80\x80\x80", 5, SIZE_MAX },
                { "\xff", 1, SIZE_MAX }, { "a\xe2\x82", 3, SIZE_MAX }, { "\xe2\x28\xa1", 3, SIZE_MAX },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (utf8_length(rows[i].bytes, rows[i].n) != rows[i].length)
                        fail_msg("row %zu", i);
}

static void makes_text_printable(void **state) {
        static const struct { const char *text; size_t max; const char *expected; } rows[] = {
                { "plain", 0, "plain" }, { "Grüße", 0, "Grüße" }, { "a\nb\tc\rd", 0, "a\\nb\\tc\\rd" }, { "\x1b[31mred", 0, "\\x1b[31mred" },
                { "\x7f", 0, "\\x7f" }, { "\xc2\x85", 0, "\\u{0085}" }, { "\xe2\x80\xae" "abc", 0, "\\u{202e}abc" }, { "\xff\xfe", 0, "\\xff\\xfe" },
                { "\xef\xbb\xbf" "x", 0, "\\u{feff}x" }, { "abcdef", 6, "abcdef" }, { "abcdef", 5, "abcd…" }, { "äöüß", 3, "äö…" }, { "ab\xff", 6, "ab\\xff" },
                { "ab\xff", 5, "ab…" }, { "ab\xff\xff", 6, "ab…" }, { "\x1b", 1, "…" }, { "\xe2\x80\xae", 8, "\\u{202e}" }, { "\xe2\x80\xae", 7, "…" },
                { "a\nb", 4, "a\\nb" }, { "a\nb", 3, "a…" }, { "", 3, "" }, { "abc", 1, "…" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(free) char *got = text_printable(rows[i].text, rows[i].max);

                assert_string_equal(got, rows[i].expected);
        }
}

/* No limit makes a result longer than it, whatever must be escaped, or splits a character or an escape. */
static void shows_within_every_limit(void **state) {
        const char *text = "Die primäre Datenbank\nzieht um;\x1b[31m \xff\xe2\x80\xaeSchreibzugriffe antworten mit 503 — bitte später erneut versuchen.";

        for (size_t max = 1; max < 130; max++) {
                auto_(free) char *shown = text_printable(text, max), *again = text_printable(shown, max);

                assert_true(utf8_length(shown, strlen(shown)) <= max);
                assert_string_equal(again, shown);
        }
}

static void measures_distance(void **state) {
        assert_int_equal(text_distance("", ""), 0);
        assert_int_equal(text_distance("abc", ""), 3);
        assert_int_equal(text_distance("kitten", "sitting"), 3);
        assert_int_equal(text_distance("start", "strat"), 1);
        assert_int_equal(text_distance("Title", "title"), 0);
        assert_int_equal(text_distance("durration", "duration"), 1);
}

static void proposes_only_what_is_near(void **state) {
        static const char *const keys[] = { "title", "start", "duration", "description" };

        assert_string_equal(text_nearest("tilte", keys, ARRAY_SIZE(keys)), "title");
        assert_string_equal(text_nearest("durration", keys, ARRAY_SIZE(keys)), "duration");
        assert_string_equal(text_nearest("descripton", keys, ARRAY_SIZE(keys)), "description");
        assert_null(text_nearest("services", keys, ARRAY_SIZE(keys)));
        assert_null(text_nearest("x", keys, ARRAY_SIZE(keys)));
        assert_null(text_nearest("title", keys, 0));
}

static void hashes_tell_apart(void **state) {
        assert_int_not_equal(hash_text(HASH_SEED, NULL), hash_text(HASH_SEED, ""));
        assert_int_not_equal(hash_text(HASH_SEED, "a"), hash_text(HASH_SEED, "b"));
        assert_int_not_equal(hash_bytes(HASH_SEED, "a\0", 2), hash_bytes(HASH_SEED, "a", 1));
        assert_int_not_equal(hash_text(hash_text(HASH_SEED, "ab"), "c"), hash_text(hash_text(HASH_SEED, "a"), "bc"));
        assert_int_equal(hash_text(HASH_SEED, "same"), hash_text(HASH_SEED, "same"));
}

static void compares(void **state) {
        assert_true(text_equal(NULL, "") && text_equal("a", "a") && !text_equal("a", NULL));
        assert_true(text_starts("maintd:x", "maintd:") && !text_starts("main", "maintd:") && text_starts("x", ""));
        assert_string_equal(text_or(NULL, "f"), "f");
        assert_string_equal(text_or("", "f"), "f");
        assert_string_equal(text_or("v", "f"), "v");
}

static void reads_hex_digits(void **state) {
        for (int c = -128; c < 128; c++) {
                const char *upper = "0123456789ABCDEF", *lower = "0123456789abcdef", *u = c ? strchr(upper, c) : NULL, *l = c ? strchr(lower, c) : NULL;

                assert_int_equal(hex_digit((char) c), u ? u - upper : l ? l - lower : -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_utf8_strictly), cmocka_unit_test(makes_text_printable), cmocka_unit_test(shows_within_every_limit),
                cmocka_unit_test(measures_distance), cmocka_unit_test(proposes_only_what_is_near),
                cmocka_unit_test(hashes_tell_apart), cmocka_unit_test(compares), cmocka_unit_test(reads_hex_digits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
