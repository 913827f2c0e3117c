/*
 * Arenas: aligned, zeroed, and gone at once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static void hands_out_zeroed_aligned_memory(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        for (size_t size = 0; size < 3000; size += 37) {
                unsigned char *p = arena_alloc(a, size);

                assert_non_null(p);
                assert_int_equal((uintptr_t) p % _Alignof(max_align_t), 0);
                for (size_t i = 0; i < size; i++)
                        assert_int_equal(p[i], 0);
                memset(p, 0xff, size);
        }
}

static void keeps_large_and_small_apart(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        char *small[100], *large = NULL;

        for (unsigned i = 0; i < 100; i++) {
                small[i] = arena_printf(a, "text %u", i);
                if (i % 10 == 0)
                        large = memset(arena_alloc(a, 100000), 'x', 100000);
        }
        assert_int_equal(large[99999], 'x');
        for (unsigned i = 0; i < 100; i++) {
                char expected[16];

                (void) snprintf(expected, sizeof(expected), "text %u", i);
                assert_string_equal(small[i], expected);
        }
}

/* Texts need no alignment; what follows them does. */
static void aligns_what_follows_a_text(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const char *first = arena_strdup(a, "abc"), *second = arena_strdup(a, "");
        void *p = arena_alloc(a, 8);

        assert_int_equal((second - first) % 16, 4); /* close together, but for the gap of 16 under AddressSanitizer */
        assert_int_equal((uintptr_t) p % _Alignof(max_align_t), 0);
        assert_string_equal(first, "abc");
        assert_string_equal(second, "");
}

static void a_sized_one_grows_when_the_size_was_too_small(void **state) {
        auto_(arena_free) Arena *a = arena_new_sized(64);
        char *texts[100];

        assert_null(arena_new_sized(SIZE_MAX));
        for (unsigned i = 0; i < 100; i++)
                texts[i] = arena_printf(a, "text %u", i);
        for (unsigned i = 0; i < 100; i++) {
                char expected[16];

                (void) snprintf(expected, sizeof(expected), "text %u", i);
                assert_string_equal(texts[i], expected);
        }
}

static void refuses_sizes_that_wrap(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        assert_null(arena_array(a, SIZE_MAX / 2, 3));
        assert_null(arena_alloc(a, SIZE_MAX));
        assert_null(arena_alloc(a, SIZE_MAX - 64));
        assert_non_null(arena_alloc(a, 8)); /* and is none the worse for it */
}

static void copies_text(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        assert_null(arena_strdup(a, NULL));
        assert_string_equal(arena_strdup(a, ""), "");
        assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
        assert_string_equal(arena_strndup(a, "ab\0cd", 5), "ab");
        assert_null(arena_free(NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hands_out_zeroed_aligned_memory), cmocka_unit_test(keeps_large_and_small_apart),
                cmocka_unit_test(aligns_what_follows_a_text),
                cmocka_unit_test(a_sized_one_grows_when_the_size_was_too_small),
                cmocka_unit_test(refuses_sizes_that_wrap), cmocka_unit_test(copies_text),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
