/*
 * Words: every language says everything, and dates, lengths and shares as its readers write them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/show/words.h"

static usec_t at(const char *text) {
        usec_t t;

        assert_int_equal(rfc3339_parse(text, &t), 0);
        return t;
}

static size_t places(const char *text) {
        size_t n = 0;

        for (const char *p = text; (p = strchr(p, '%')); p++, n++)
                assert_int_equal(p[1], 's');
        return n;
}

static void every_language_says_everything(void **state) {
        for (size_t w = 0; w < WORDS; w++)
                for (size_t l = 0; l < LANGUAGES; l++) {
                        const char *text = word((Language) l, (Word) w);

                        assert_true(*text && !strpbrk(text, "<>&\"\n"));
                        assert_int_equal(places(text), places(word(LANGUAGE_EN, (Word) w)));
                        assert_true(places(text) <= 1);
                }
}

static void states_and_impacts_have_their_words(void **state) {
        assert_string_equal(word_overall(LANGUAGE_EN, IMPACT_MAJOR), "Major outage");
        assert_string_equal(word_impact(LANGUAGE_EN, IMPACT_OPERATIONAL), "Operational");
        assert_string_equal(word_impact(LANGUAGE_DE, IMPACT_MAJOR), "Schwerer Ausfall");
        assert_string_equal(word_state(LANGUAGE_EN, STATE_SCHEDULED), "Scheduled");
        assert_string_equal(word_state(LANGUAGE_DE, STATE_CANCELLED), "Abgesagt");
}

static void a_value_stands_in_its_place(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        assert_string_equal(word_fill(a, LANGUAGE_EN, WORD_UPTIME, "99.9%"), "99.9% uptime");
        assert_string_equal(word_fill(a, LANGUAGE_DE, WORD_DAYS_AGO, "90"), "vor 90 Tagen");
}

static void languages_have_codes(void **state) {
        assert_int_equal(language_from_code("de"), LANGUAGE_DE);
        assert_string_equal(language_code(LANGUAGE_EN), "en");
        assert_int_equal(language_from_code("tlh"), -EINVAL);
}

static void moments_are_written_as_readers_expect(void **state) {
        static const struct {
                Language language;
                const char *zone, *t, *now, *moment, *offset;
        } rows[] = {
                { LANGUAGE_EN, "UTC", "2027-02-01T02:00:00Z", "2027-01-20T00:00:00Z", "Mon, Feb 1, 2:00\u00a0AM", "UTC" },
                { LANGUAGE_EN, "UTC", "2027-02-01T00:05:00Z", "2026-01-20T00:00:00Z", "Mon, Feb 1, 2027, 12:05\u00a0AM", "UTC" },
                { LANGUAGE_EN, "America/New_York", "2027-02-01T02:00:00Z", "2027-01-20T00:00:00Z", "Sun, Jan 31, 9:00\u00a0PM", "EST" },
                { LANGUAGE_DE, "Europe/Berlin", "2027-07-01T12:00:00Z", "2027-06-20T00:00:00Z", "Do., 1. Juli, 14:00\u00a0Uhr", "CEST" },
                { LANGUAGE_DE, "Europe/Berlin", "2029-07-01T12:00:00Z", "2027-06-20T00:00:00Z", "So., 1. Juli 2029, 14:00\u00a0Uhr",
                  "CEST" },
                { LANGUAGE_EN, "America/Sao_Paulo", "2027-02-01T02:00:00Z", "2027-02-01T00:00:00Z", "Sun, Jan 31, 11:00\u00a0PM", "UTC−3" },
                { LANGUAGE_EN, "Asia/Kathmandu", "2027-02-01T02:00:00Z", "2027-02-01T00:00:00Z", "Mon, Feb 1, 7:45\u00a0AM", "UTC+5:45" },
        };
        auto_(zones_free) Zones *zones = NULL;
        char buf[PHRASE_SIZE];

        assert_int_equal(zones_new(NULL, &zones), 0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Voice v = { .language = rows[i].language };

                assert_int_equal(zones_get(zones, rows[i].zone, &v.zone), 0);
                assert_string_equal(phrase_moment(&v, at(rows[i].t), at(rows[i].now), buf), rows[i].moment);
                assert_string_equal(phrase_offset(&v, at(rows[i].t), buf), rows[i].offset);
        }
}

static void an_end_names_its_day_when_it_is_another(void **state) {
        usec_t now = at("2027-01-20T00:00:00Z"), start = at("2027-02-01T22:00:00Z");
        auto_(zones_free) Zones *zones = NULL;
        Voice v = { .language = LANGUAGE_EN };
        char buf[PHRASE_SIZE];

        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(zones_get(zones, "UTC", &v.zone), 0);
        assert_string_equal(phrase_until(&v, start, start + USEC_PER_HOUR, now, buf), "11:00\u00a0PM");
        assert_string_equal(phrase_until(&v, start, start + 3 * USEC_PER_HOUR, now, buf), "Tue, Feb 2, 1:00\u00a0AM");
        assert_int_equal(zones_get(zones, "Europe/Berlin", &v.zone), 0);
        assert_string_equal(phrase_until(&v, start, start + USEC_PER_HOUR, now, buf), "Tue, Feb 2, 12:00\u00a0AM");
        assert_string_equal(phrase_day(&v, start + USEC_PER_HOUR, buf), "Feb 2");
        v.language = LANGUAGE_DE;
        assert_string_equal(phrase_day(&v, start + USEC_PER_HOUR, buf), "2. Feb.");
        assert_string_equal(phrase_month(LANGUAGE_DE, 2027, 3, buf), "März 2027");
}

static void lengths_have_two_units_at_most(void **state) {
        static const struct {
                usec_t length;
                const char *en, *de;
        } rows[] = {
                { 0, "< 1 min", "< 1 min" },
                { 59 * USEC_PER_SEC, "< 1 min", "< 1 min" },
                { 90 * USEC_PER_MINUTE, "1 h 30 min", "1 h 30 min" },
                { 2 * USEC_PER_HOUR, "2 h", "2 h" },
                { USEC_PER_DAY + 61 * USEC_PER_MINUTE, "1 day 1 h", "1 Tag 1 h" },
                { 3 * USEC_PER_DAY + USEC_PER_MINUTE, "3 days", "3 Tage" },
        };
        char buf[PHRASE_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                assert_string_equal(phrase_length(LANGUAGE_EN, rows[i].length, buf), rows[i].en);
                assert_string_equal(phrase_length(LANGUAGE_DE, rows[i].length, buf), rows[i].de);
        }
}

static void a_hundred_percent_is_everything(void **state) {
        char buf[PHRASE_SIZE];

        assert_string_equal(phrase_percent(LANGUAGE_EN, 100, 100, buf), "100%");
        assert_string_equal(phrase_percent(LANGUAGE_EN, 999999, 1000000, buf), "99.99%");
        assert_string_equal(phrase_percent(LANGUAGE_EN, 1, 2, buf), "50%");
        assert_string_equal(phrase_percent(LANGUAGE_DE, 9905, 10000, buf), "99,05\u00a0%");
        assert_string_equal(phrase_percent(LANGUAGE_EN, 0, 0, buf), "0%");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_language_says_everything),
                cmocka_unit_test(states_and_impacts_have_their_words),
                cmocka_unit_test(a_value_stands_in_its_place),
                cmocka_unit_test(languages_have_codes),
                cmocka_unit_test(moments_are_written_as_readers_expect),
                cmocka_unit_test(an_end_names_its_day_when_it_is_another),
                cmocka_unit_test(lengths_have_two_units_at_most),
                cmocka_unit_test(a_hundred_percent_is_everything),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
