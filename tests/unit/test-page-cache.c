/*
 * Cache: what is kept how long, and when a client is told that it has it already
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/show/cache.h"

#define AT ((Now) { UINT64_C(1801447200000000), 10 * USEC_PER_DAY }) /* 2027-02-01T02:00:00Z */

static Now later(usec_t by) {
        return (Now) { AT.real + by, AT.boot + by };
}

static const Kept *put(Cache *c, const char *key, uint64_t generation, const char *body, Now now) {
        return cache_put(c, key, generation, "text/html", strdup(body), strlen(body), now);
}

static void an_answer_is_kept_for_its_generation_and_a_minute(void **state) {
        auto_(cache_free) Cache *c = cache_new();

        assert_null(cache_find(c, "/", 1, AT));
        assert_string_equal(put(c, "/", 1, "one", AT)->body, "one");
        assert_string_equal(cache_find(c, "/", 1, later(CACHE_FRESH - 1))->body, "one");
        assert_null(cache_find(c, "/", 2, AT));
        assert_null(cache_find(c, "/x", 1, AT));
        assert_null(cache_find(c, "/", 1, later(CACHE_FRESH)));
}

static void what_did_not_change_keeps_its_tag_and_time(void **state) {
        auto_(cache_free) Cache *c = cache_new();
        char tag[24];

        (void) memcpy(tag, put(c, "/", 1, "one", AT)->tag, sizeof(tag));
        assert_int_equal(put(c, "/", 2, "one", later(USEC_PER_HOUR))->modified, AT.real);
        assert_string_equal(cache_find(c, "/", 2, later(USEC_PER_HOUR))->tag, tag);
        assert_int_equal(put(c, "/", 3, "two", later(2 * USEC_PER_HOUR))->modified, later(2 * USEC_PER_HOUR).real);
        assert_string_not_equal(cache_find(c, "/", 3, later(2 * USEC_PER_HOUR))->tag, tag);
}

/* Whoever has only the date of the first must not take it for the second. */
static void two_bodies_of_one_second_are_told_apart_by_date(void **state) {
        static const char since[] = "Mon, 01 Feb 2027 02:00:00 GMT";
        auto_(cache_free) Cache *c = cache_new();

        assert_true(kept_is_known(put(c, "/", 1, "one", AT), NULL, since));
        assert_false(kept_is_known(put(c, "/", 2, "two", later(USEC_PER_MSEC)), NULL, since));
        assert_int_equal(put(c, "/", 2, "two", later(USEC_PER_MINUTE))->modified, AT.real + USEC_PER_SEC);
        /* and where the clock was set back */
        assert_true(put(c, "/", 3, "three", (Now) { AT.real - USEC_PER_HOUR, AT.boot + USEC_PER_MINUTE })->modified > AT.real + USEC_PER_SEC);
}

static void what_was_not_asked_for_longest_makes_room(void **state) {
        auto_(cache_free) Cache *c = cache_new();
        char key[16];

        for (unsigned i = 0; i < CACHE_ENTRIES; i++) {
                (void) snprintf(key, sizeof(key), "/%u", i);
                assert_non_null(put(c, key, 1, key, later(i)));
        }
        assert_non_null(cache_find(c, "/0", 1, later(100)));
        assert_non_null(put(c, "/new", 1, "new", later(101)));
        assert_non_null(cache_find(c, "/0", 1, later(102)));
        assert_null(cache_find(c, "/1", 1, later(102)));
        assert_non_null(cache_find(c, "/2", 1, later(102)));
}

/* Among them one that is larger than all may be together. */
static void large_answers_do_not_fill_the_memory(void **state) {
        auto_(cache_free) Cache *c = cache_new();
        auto_(free) char *large = calloc(1, CACHE_BYTES / 4 + 1);
        char key[16];

        memset(large, 'x', CACHE_BYTES / 4);
        for (unsigned i = 0; i < 6; i++) {
                (void) snprintf(key, sizeof(key), "/%u", i);
                assert_non_null(put(c, key, 1, large, later(i)));
        }
        assert_null(cache_find(c, "/1", 1, later(6)));
        assert_non_null(cache_find(c, "/2", 1, later(6)));
        assert_non_null(cache_put(c, "/all", 1, "text/html", calloc(1, 2 * CACHE_BYTES), 2 * CACHE_BYTES, later(7)));
        assert_null(cache_find(c, "/5", 1, later(8)));
        assert_non_null(cache_find(c, "/all", 1, later(8)));
}

static void a_client_that_has_it_is_told_so(void **state) {
        static const struct {
                const char *tags, *since;
                bool known;
        } rows[] = {
                { NULL, NULL, false },
                { "\"TAG\"", NULL, true },
                { "W/\"TAG\"", NULL, true },
                { "\"x\", W/\"y\",\"TAG\"", NULL, true },
                { "\"x\" , \"TAG\" , \"z\"", NULL, true },
                { "*", NULL, true },
                { "\"TAG", NULL, false },
                { "TAG", NULL, false },
                { "\"TAG\"x", NULL, false },
                { "\"x\"", NULL, false },
                { "", NULL, false },
                { ", ,", NULL, false },
                { NULL, "Mon, 01 Feb 2027 02:00:00 GMT", true },
                { NULL, "Mon, 01 Feb 2027 02:00:01 GMT", true },
                { NULL, "Mon, 01 Feb 2027 01:59:59 GMT", false },
                { NULL, "tomorrow", false },
                { "\"x\"", "Mon, 01 Feb 2027 02:00:01 GMT", false }, /* the tag outweighs the date */
        };
        auto_(cache_free) Cache *c = cache_new();
        const Kept *k = put(c, "/", 1, "body", AT);

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                char tags[128] = "", *to = tags;

                for (const char *p = rows[i].tags ? rows[i].tags : ""; *p;)
                        if (strncmp(p, "TAG", 3) == 0) {
                                to += snprintf(to, 64, "%.16s", k->tag + 1);
                                p += 3;
                        } else
                                *to++ = *p++;
                if (kept_is_known(k, rows[i].tags ? tags : NULL, rows[i].since) != rows[i].known)
                        fail_msg("row %zu: %s, %s", i, tags, rows[i].since);
        }
}

static void dates_are_those_of_http(void **state) {
        static const char *const wrong[] = { "",
                                             "Tue, 01 Feb 2027 02:00:00 GMT",
                                             "Mon, 1 Feb 2027 02:00:00 GMT",
                                             "Mon, 01 Feb 2027 02:00:00",
                                             "Mon, 01 feb 2027 02:00:00 GMT",
                                             "Mon, 30 Feb 2027 02:00:00 GMT",
                                             "Mon, 01 Feb 2027 24:00:00 GMT",
                                             "Monday, 01-Feb-27 02:00:00 GMT",
                                             "Mon, 01 Feb 2027 02:00:00 GMT ",
                                             "Mon, 01 Feb 0000 02:00:00 GMT",
                                             "Mon, 99 Feb 9999 99:99:99 GMT" };
        char buf[HTTP_DATE_SIZE];
        usec_t t;

        assert_string_equal(http_date_format(AT.real + 999999, buf), "Mon, 01 Feb 2027 02:00:00 GMT");
        assert_string_equal(http_date_format(0, buf), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_string_equal(http_date_format(USEC_LATEST, buf), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_int_equal(http_date_parse("Mon, 01 Feb 2027 02:00:00 GMT", &t), 0);
        assert_int_equal(t, AT.real);
        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                assert_int_equal(http_date_parse(wrong[i], &t), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_answer_is_kept_for_its_generation_and_a_minute),
                cmocka_unit_test(what_did_not_change_keeps_its_tag_and_time),
                cmocka_unit_test(two_bodies_of_one_second_are_told_apart_by_date),
                cmocka_unit_test(what_was_not_asked_for_longest_makes_room),
                cmocka_unit_test(large_answers_do_not_fill_the_memory),
                cmocka_unit_test(a_client_that_has_it_is_told_so),
                cmocka_unit_test(dates_are_those_of_http),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
