/*
 * Recurrence: rules that oracle/rules.py cannot ask for, rules that are refused, and what a hostile one may cost
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "schedule/recurrence.h"
#include "schedule/schedule.h"

static Zones *zones;

static int64_t wall(const char *text) {
        Local l = { 0 };

        assert_int_equal(sscanf(text, "%4d-%2u-%2uT%2u:%2u", &l.year, &l.month, &l.day, &l.hour, &l.minute), 5);
        return local_wall(&l);
}

static int parse_in(const char *zone, const char *start, const char *rule, Rule *ret, RuleProblem *ret_problem) {
        const char *why = NULL;
        const Zone *z;
        int r;

        assert_int_equal(zones_get(zones, zone, &z), 0);
        r = rule_parse(rule, wall(start), z, ret, ret_problem, &why);
        assert_true(r == 0 || (r == -EINVAL && why && *why));
        return r;
}

/* The first occurrences, dates alone, joined by spaces. */
static const struct rule_case { const char *name, *start, *rule, *expected; } rule_cases[] = {
        { "weekly BYSETPOS chooses within each week", "2027-02-01T02:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1,-1", "02-01 02-05 02-08 02-12 02-15" },
        { "BYSETPOS counts the days of the first week before its start too", "2027-02-05T02:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "02-05 02-12 02-19 02-26 03-05" },
        { "an ordinal beside a plain weekday adds to it", "2027-02-01T02:00", "FREQ=MONTHLY;BYDAY=1MO,SU", "02-01 02-07 02-14 02-21 02-28" },
        { "BYWEEKNO without BYDAY takes the start's weekday", "2027-01-04T02:00", "FREQ=YEARLY;BYWEEKNO=1,2,3", "01-04 01-11 01-18 01-03 01-10" },
        { "week 1 can begin in the year before", "2024-12-30T02:00", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "12-30 12-29 01-04 01-03 01-01" },
        { "day 31 passes short months over", "2027-01-31T02:00", "FREQ=MONTHLY", "01-31 03-31 05-31 07-31 08-31" },
        { "leap day comes every four years", "2028-02-29T02:00", "FREQ=YEARLY", "02-29 02-29 02-29 02-29 02-29" },
        { "yearly BYMONTHDAY means every month", "2027-01-13T02:00", "FREQ=YEARLY;BYMONTHDAY=13", "01-13 02-13 03-13 04-13 05-13" },
        { "the last workday of the month", "2027-01-29T02:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "01-29 02-26 03-31 04-30 05-31" },
        { "COUNT counts from the start", "2027-02-01T02:00", "FREQ=DAILY;COUNT=3", "02-01 02-02 02-03" },
        { "UNTIL as a date includes that day", "2027-02-01T22:00", "FREQ=DAILY;UNTIL=20270203", "02-01 02-02 02-03" },
        { "UNTIL as local time includes its second", "2027-02-01T22:00", "FREQ=DAILY;UNTIL=20270203T220000", "02-01 02-02 02-03" },
        { "UNTIL in UTC is turned into the zone's wall clock", "2027-02-01T00:30", "FREQ=DAILY;UNTIL=20270203T233000Z", "02-01 02-02 02-03 02-04" },
        { "small letters do", "2027-02-01T02:00", "freq=weekly;byday=mo;count=2", "02-01 02-08" },
        { "BYHOUR of one value sets the time", "2027-02-01T02:00", "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;COUNT=2", "02-01 02-02" },
        { "the week's first day decides which weeks INTERVAL=2 means", "1997-08-05T09:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "08-05 08-17 08-19 08-31" },
        { "UNTIL before the start leaves nothing", "2027-02-01T02:00", "FREQ=DAILY;UNTIL=20270101", "" },
        { "30 February never comes", "2027-02-01T02:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "" },
};

static void walks(void **state) {
        const struct rule_case *c = *state;
        char got[128] = "";
        RuleProblem problem;
        int64_t w;
        RuleWalk walk;
        Rule rule;

        assert_int_equal(parse_in("Europe/Berlin", c->start, c->rule, &rule, &problem), 0);
        rule_walk(&rule, rule.start, &walk);
        for (unsigned i = 0; i < 5 && rule_next(&walk, &w) > 0; i++) {
                Local l = wall_local(w);
                size_t n = strlen(got);

                (void) snprintf(got + n, sizeof(got) - n, "%s%02u-%02u", n ? " " : "", l.month, l.day);
                assert_true(rule_has(&rule, w) && !rule_has(&rule, w + 60));
        }
        assert_string_equal(got, c->expected);
}

static void refuses(void **state) {
        static const struct { const char *rule; RuleProblem problem; } rows[] = {
                { "", RULE_MALFORMED }, { "FREQ=", RULE_MALFORMED }, { "FREQ", RULE_MALFORMED }, { "INTERVAL=2", RULE_MALFORMED },
                { "RRULE:FREQ=DAILY", RULE_MALFORMED }, { "FREQ=DAILY;FREQ=DAILY", RULE_MALFORMED }, { "FREQ=OFTEN", RULE_MALFORMED },
                { "FREQ=DAILY;INTERVAL=0", RULE_MALFORMED }, { "FREQ=DAILY;INTERVAL=-1", RULE_MALFORMED }, { "FREQ=DAILY;INTERVAL=2x", RULE_MALFORMED },
                { "FREQ=DAILY;INTERVAL=99999", RULE_MALFORMED }, { "FREQ=DAILY;COUNT=0", RULE_MALFORMED }, { "FREQ=DAILY;COUNT=9999999", RULE_MALFORMED },
                { "FREQ=DAILY;COUNT=2;UNTIL=20270101", RULE_MALFORMED }, { "FREQ=DAILY;UNTIL=2027", RULE_MALFORMED }, { "FREQ=DAILY;UNTIL=20270231", RULE_MALFORMED },
                { "FREQ=DAILY;UNTIL=20270201T250000", RULE_MALFORMED }, { "FREQ=WEEKLY;BYDAY=XX", RULE_MALFORMED }, { "FREQ=WEEKLY;BYDAY=MO,,TU", RULE_MALFORMED },
                { "FREQ=WEEKLY;BYDAY=1MO", RULE_MALFORMED }, { "FREQ=MONTHLY;BYMONTHDAY=32", RULE_MALFORMED }, { "FREQ=MONTHLY;BYMONTHDAY=0", RULE_MALFORMED },
                { "FREQ=YEARLY;BYMONTH=13", RULE_MALFORMED }, { "FREQ=YEARLY;BYYEARDAY=367", RULE_MALFORMED }, { "FREQ=YEARLY;BYWEEKNO=54", RULE_MALFORMED },
                { "FREQ=MONTHLY;BYWEEKNO=5", RULE_MALFORMED }, { "FREQ=WEEKLY;BYMONTHDAY=5", RULE_MALFORMED }, { "FREQ=DAILY;BYSETPOS=1", RULE_MALFORMED },
                { "FREQ=YEARLY;BYWEEKNO=5;BYDAY=1MO", RULE_MALFORMED }, { "FREQ=YEARLY;RSCALE=CHINESE", RULE_MALFORMED }, { "FREQ=DAILY;SKIP=OMIT", RULE_MALFORMED },
                { "FREQ=DAILY;X-MINE=1", RULE_MALFORMED }, { "FREQ=DAILY;\nINTERVAL=2", RULE_MALFORMED },
                { "FREQ=SECONDLY", RULE_TOO_FREQUENT }, { "FREQ=MINUTELY;INTERVAL=5", RULE_TOO_FREQUENT }, { "FREQ=HOURLY;INTERVAL=48", RULE_TOO_FREQUENT },
                { "FREQ=DAILY;BYHOUR=2,14", RULE_TOO_FREQUENT }, { "FREQ=WEEKLY;BYMINUTE=0,30", RULE_TOO_FREQUENT }, { "FREQ=DAILY;BYSECOND=0,1", RULE_TOO_FREQUENT },
                { "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", RULE_TOO_FREQUENT },
        };
        RuleProblem problem;
        Rule rule;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                if (parse_in("UTC", "2027-02-01T02:00", rows[i].rule, &rule, &problem) != -EINVAL)
                        fail_msg("'%s' was taken", rows[i].rule);
                if (problem != rows[i].problem)
                        fail_msg("'%s' was refused for the wrong reason", rows[i].rule);
        }
}

static double cpu(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void ends_within_its_budget(void **state) {
        static const char *const rules[] = {
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
                "FREQ=MONTHLY;BYDAY=6MO", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=300", "FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1", "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=200",
                "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=7", "FREQ=YEARLY;INTERVAL=9999;BYMONTH=2;BYMONTHDAY=30",
        };
        RuleProblem problem;
        double begin = cpu();
        RuleWalk walk;
        int64_t w;
        Rule rule;

        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
                assert_int_equal(parse_in("UTC", "2027-02-01T02:00", rules[i], &rule, &problem), 0);
                rule_walk(&rule, rule.start, &walk);
                assert_int_equal(rule_next(&walk, &w), 0);
        }
        assert_true(cpu() - begin < 0.5); /* 4 ms each; a slow machine under a sanitizer may take ten times that */
}

/* From a late date as from the start: skipping must not change which days are meant. */
static void skipping_agrees_with_walking(void **state) {
        static const char *const rules[] = {
                "FREQ=DAILY;INTERVAL=7", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU", "FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR", "FREQ=YEARLY;INTERVAL=3;BYMONTH=3,11",
                "FREQ=MONTHLY;BYMONTHDAY=-1,31;INTERVAL=2", "FREQ=DAILY;COUNT=500;INTERVAL=3",
        };

        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
                RuleProblem problem;
                RuleWalk walk, skip;
                int64_t w, s;
                Rule rule;

                assert_int_equal(parse_in("UTC", "2020-02-26T02:00", rules[i], &rule, &problem), 0);
                rule_walk(&rule, rule.start, &walk);
                for (unsigned n = 0; n < 200 && rule_next(&walk, &w) > 0; n++)
                        for (int64_t from = w - 86400; from <= w; from += 43200) {
                                rule_walk(&rule, from, &skip);
                                assert_int_equal(rule_next(&skip, &s), 1);
                                assert_true(s == w || s < w);
                                while (s < w)
                                        assert_int_equal(rule_next(&skip, &s), 1);
                                assert_int_equal(s, w);
                        }
        }
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(rule_cases) + 3] = {
                cmocka_unit_test(refuses), cmocka_unit_test(ends_within_its_budget), cmocka_unit_test(skipping_agrees_with_walking),
        };
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(rule_cases); i++)
                tests[i + 3] = (struct CMUnitTest) { rule_cases[i].name, walks, NULL, NULL, (void *) &rule_cases[i] };
        if (zones_new(NULL, &zones) < 0)
                return 1;
        r = cmocka_run_group_tests(tests, NULL, NULL);
        zones_free(zones);
        return r;
}
