/*
 * Tables fit the terminal they are printed on
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/table.h"

static const char *const headers[] = { "WINDOW", "NEXT", "TARGETS" };

static char *print(const Table *t, unsigned indent, unsigned width, bool color) {
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        assert_non_null(f);
        table_print(t, f, indent, width, color);
        assert_int_equal(fclose(f), 0);
        return text;
}

static unsigned lines(const char *text) {
        unsigned n = 0;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static size_t widest(const char *text) {
        size_t most = 0;

        for (const char *end; *text; text = end + 1) {
                auto_(free) char *line = NULL;

                end = strchr(text, '\n');
                assert_non_null(end);
                line = strndup(text, (size_t) (end - text));
                most = MAX(most, text_columns(line));
        }
        return most;
}

static void aligns_columns_and_ends_lines_without_blanks(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0) | BIT(2));
        auto_(free) char *text = NULL;

        table_add(t, NULL, "db");
        table_add(t, NULL, "starts in 5s");
        table_add(t, NULL, "public ok");
        text = print(t, 2, 80, false);
        assert_string_equal(text, "  WINDOW  NEXT          TARGETS\n"
                                  "  db      starts in 5s  public ok\n");
}

static void cuts_the_widest_flexible_column_to_80(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0) | BIT(2));
        auto_(free) char *text = NULL;
        char id[121];

        memset(id, 'x', 120);
        id[120] = '\0';
        for (int i = 0; i < 3; i++) {
                table_add(t, NULL, id);
                table_add(t, NULL, "completes in 1h 30min");
                table_add(t, NULL, "public pending, internal-status-page unreachable");
        }
        text = print(t, 2, 80, false);
        assert_int_equal(widest(text), 80);
        assert_non_null(strstr(text, "completes in 1h 30min"));
        assert_non_null(strstr(text, "x…"));
}

static void stacks_what_does_not_fit_instead_of_cutting_it(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0));
        auto_(free) char *text = NULL;

        table_stack(t, 1);
        table_add(t, NULL, "database/replica-failover@2026-12-15T06:00");
        table_add(t, NULL, "starts in 21d 20h");
        table_add(t, NULL, "public ok, alerts pending");
        text = print(t, 2, 80, false);
        assert_string_equal(text, "  database/replica-failover@2026-12-15T06:00\n"
                                  "      starts in 21d 20h  public ok, alerts pending\n");
}

static void stacks_with_more_than_one_head(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0));
        auto_(free) char *text = NULL;

        table_stack(t, 2);
        table_add(t, NULL, "2026-12-15 06:00:00 UTC");
        table_add(t, NULL, "db");
        table_add(t, NULL, "refused: the page says that this service is not one of those that may be named here, twice");
        text = print(t, 0, 80, false);
        assert_string_equal(text, "2026-12-15 06:00:00 UTC  db\n"
                                  "    refused: the page says that this service is not one of those that may be\n"
                                  "    named here, twice\n");
}

static void wraps_between_words_and_breaks_what_is_wider_than_a_line(void **state) {
        auto_(free) char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        text_wrap(f, "  alpha beta gamma", 0, 4, 12);
        (void) fputc('|', f);
        text_wrap(f, "unbreakablyLong word", 0, 2, 8);
        (void) fputc('|', f);
        text_wrap(f, "no limit at all", 0, 2, 0);
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, "  alpha beta\n    gamma|unbreaka\n  blyLong\n  word|no limit at all");
}

static void is_not_cut_without_a_terminal(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0));
        auto_(free) char *text = NULL;
        char id[200];

        memset(id, 'x', sizeof(id) - 1);
        id[sizeof(id) - 1] = '\0';
        table_add(t, NULL, id);
        table_add(t, NULL, "");
        table_add(t, NULL, "");
        text = print(t, 0, 0, false);
        assert_non_null(strstr(text, id));
}

static void neutralises_control_characters(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, 0);
        auto_(free) char *text = NULL;

        table_add(t, NULL, "a\x1b[31m");
        table_add(t, NULL, "b\nc");
        table_add(t, NULL, "d");
        text = print(t, 0, 80, false);
        assert_null(strchr(text, '\x1b'));
        assert_int_equal(lines(text), 2); /* the headers, and one line for the row */
}

static void counts_wide_characters_as_two(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, BIT(0));
        auto_(free) char *text = NULL;

        table_add(t, NULL, "数据库迁移数据库迁移数据库迁移数据库迁移");
        table_add(t, NULL, "x");
        table_add(t, NULL, "y");
        text = print(t, 0, 30, false);
        assert_in_range(widest(text), 28, 30);
}

static void colours_only_when_asked(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, 0);
        auto_(free) char *plain = NULL, *coloured = NULL;

        table_add(t, "\x1b[31m", "a");
        table_add(t, NULL, "b");
        table_add(t, NULL, "c");
        plain = print(t, 0, 80, false);
        coloured = print(t, 0, 80, true);
        assert_null(strchr(plain, '\x1b'));
        assert_non_null(strstr(coloured, "\x1b[31ma\x1b[0m"));
}

static void prints_nothing_without_rows(void **state) {
        auto_(table_free) Table *t = table_new(headers, 3, 0);
        auto_(free) char *text = print(t, 0, 80, false);

        assert_string_equal(text, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(aligns_columns_and_ends_lines_without_blanks),
                cmocka_unit_test(cuts_the_widest_flexible_column_to_80),
                cmocka_unit_test(stacks_what_does_not_fit_instead_of_cutting_it), cmocka_unit_test(stacks_with_more_than_one_head),
                cmocka_unit_test(wraps_between_words_and_breaks_what_is_wider_than_a_line), cmocka_unit_test(is_not_cut_without_a_terminal),
                cmocka_unit_test(neutralises_control_characters),
                cmocka_unit_test(counts_wide_characters_as_two),
                cmocka_unit_test(colours_only_when_asked),
                cmocka_unit_test(prints_nothing_without_rows),
        };

        (void) setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
