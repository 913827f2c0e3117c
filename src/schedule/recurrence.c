/*
 * Recurrence: the local dates and times that a rule means
 *
 * libical reads the rule's text. Its iterator is not used: it walks from DTSTART to today at each load (three quarters of the
 * time that 10,000 manifests take), needs up to a second to find that 30 February never comes, and passes over BYSETPOS in weekly
 * rules. A rule that gives at most one occurrence a day is simple enough to do by arithmetic: a period (day, week, month, year)
 * is found directly from its number, and its days are those that pass every BY… filter. Both libical and python-dateutil are
 * oracles of the tests, over thousands of random rules.
 */
#include "schedule/recurrence.h"

#include <assert.h>
#include <ctype.h>
#include <libical/ical.h>
#include <string.h>

#include "base/limits.h"
#include "schedule/schedule.h"

#define DAY 86400
#define LATEST ((int64_t) (USEC_LATEST / USEC_PER_SEC))

static int64_t floor_div(int64_t a, int64_t b) {
        return a / b - (a % b < 0);
}

static unsigned weekday_of(int64_t day) {
        return (unsigned) (((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static bool leap(int64_t y) {
        return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static unsigned days_of_month(int64_t year, unsigned month) {
        static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return days[month - 1] + (month == 2 && leap(year));
}

/* --- reading --- */

static const char *const parts[] = {
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS",
        "BYHOUR", "BYMINUTE", "BYSECOND",
};

/* What libical would read with atoi() and forgive: unknown, repeated and empty parts, stray characters, numbers of many digits. */
static const char *shape_problem(char *text) {
        unsigned seen = 0;

        for (char *save = NULL, *part = strtok_r(text, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
                size_t name = strcspn(part, "="), i, digits = 0;
                bool until;

                for (i = 0; i < ARRAY_SIZE(parts); i++)
                        if (strlen(parts[i]) == name && memcmp(part, parts[i], name) == 0)
                                break;
                if (i == ARRAY_SIZE(parts))
                        return "it has a part that RFC 5545 does not know";
                if (seen & BIT(i))
                        return "it has a part twice";
                seen |= BIT(i);
                until = strcmp(parts[i], "UNTIL") == 0;
                if (part[name] != '=' || !part[name + 1])
                        return "it has a part without a value";
                for (const char *c = part + name + 1; *c; c++) {
                        digits = isdigit((unsigned char) *c) ? digits + 1 : 0;
                        if (digits > (until ? 8u : i == 2 ? 6u : 4u))
                                return "it has a number that is too large";
                        if (!isupper((unsigned char) *c) && !isdigit((unsigned char) *c) && !strchr("+-,", *c))
                                return "it has a character that does not belong there";
                        if ((*c == ',' || *c == '+' || *c == '-') && (!c[1] || strchr(",+-", c[1])) && !(*c == ',' && c[1] && strchr("+-", c[1])))
                                return "it has an empty value in a list";
                        if ((i == 1 || i == 2) && !isdigit((unsigned char) *c))
                                return "INTERVAL and COUNT are numbers from 1";
                }
        }
        return seen & 1 ? NULL : "it has no FREQ";
}

static bool list_ends(const short *list, unsigned i, unsigned size) {
        return i >= size || list[i] == ICAL_RECURRENCE_ARRAY_MAX;
}

static bool list_single(const short *list, int max, int64_t unit, int64_t *of_day, int64_t modulo) {
        if (list[0] == ICAL_RECURRENCE_ARRAY_MAX)
                return true;
        if (list[1] != ICAL_RECURRENCE_ARRAY_MAX || list[0] < 0 || list[0] > max)
                return false;
        *of_day += (list[0] - *of_day / unit % modulo) * unit;
        return true;
}

/* Sorts values 1 … max and −1 … −max into two tables. */
static bool signed_list(const short *list, unsigned size, int max, bool *forward, bool *back) {
        for (unsigned i = 0; !list_ends(list, i, size); i++) {
                if (list[i] == 0 || list[i] > max || list[i] < -max)
                        return false;
                (list[i] > 0 ? forward : back)[abs(list[i])] = true;
        }
        return true;
}

static const char *months_read(const struct icalrecurrencetype *t, Rule *r) {
        for (unsigned i = 0; !list_ends(t->by_month, i, ICAL_BY_MONTH_SIZE); i++) {
                if (t->by_month[i] < 1 || t->by_month[i] > 12)
                        return "BYMONTH is 1 to 12";
                r->months |= BIT(t->by_month[i]);
        }
        for (unsigned i = 0; !list_ends(t->by_month_day, i, ICAL_BY_MONTHDAY_SIZE); i++) {
                int d = t->by_month_day[i];

                if (d == 0 || d > 31 || d < -31)
                        return "BYMONTHDAY is 1 to 31 or -1 to -31";
                *(d > 0 ? &r->days : &r->days_back) |= BIT(abs(d));
        }
        return NULL;
}

static const char *weekdays_read(const struct icalrecurrencetype *t, Rule *r) {
        for (unsigned i = 0; !list_ends(t->by_day, i, ICAL_BY_DAY_SIZE); i++) {
                int nth = icalrecurrencetype_day_position(t->by_day[i]);
                int weekday = (int) icalrecurrencetype_day_day_of_week(t->by_day[i]) - 1;

                if (weekday < 0 || weekday > 6 || nth > 53 || nth < -53)
                        return "BYDAY is a list of MO TU WE TH FR SA SU, each with an ordinal up to 53 at most";
                if (nth == 0)
                        r->weekdays |= BIT(weekday);
                else
                        r->by_nth = r->nth[weekday][nth + 53] = true;
        }
        return NULL;
}

static const char *lists_read(const struct icalrecurrencetype *t, Rule *r) {
        const char *why = months_read(t, r);

        if (!why)
                why = weekdays_read(t, r);
        if (why)
                return why;
        if (!signed_list(t->by_year_day, ICAL_BY_YEARDAY_SIZE, 366, r->year_day, r->year_day_back))
                return "BYYEARDAY is 1 to 366 or -1 to -366";
        if (!signed_list(t->by_week_no, ICAL_BY_WEEKNO_SIZE, 53, r->week, r->week_back))
                return "BYWEEKNO is 1 to 53 or -1 to -53";
        if (!signed_list(t->by_set_pos, ICAL_BY_SETPOS_SIZE, 366, r->position, r->position_back))
                return "BYSETPOS is 1 to 366 or -1 to -366";
        r->by_year_day = t->by_year_day[0] != ICAL_RECURRENCE_ARRAY_MAX;
        r->by_week = t->by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX;
        r->by_position = t->by_set_pos[0] != ICAL_RECURRENCE_ARRAY_MAX;
        return NULL;
}

/* RFC 5545 §3.3.10: which parts go together. */
static const char *combination_problem(const Rule *r) {
        if (r->by_nth && r->frequency < FREQUENCY_MONTHLY)
                return "an ordinal in BYDAY goes with MONTHLY and YEARLY only";
        if (r->by_nth && r->by_week)
                return "an ordinal in BYDAY does not go with BYWEEKNO";
        if (r->by_week && r->frequency != FREQUENCY_YEARLY)
                return "BYWEEKNO goes with YEARLY only";
        if (r->by_year_day && r->frequency != FREQUENCY_YEARLY)
                return "BYYEARDAY goes with YEARLY only";
        if ((r->days || r->days_back) && r->frequency == FREQUENCY_WEEKLY)
                return "BYMONTHDAY does not go with WEEKLY";
        if (r->by_position && !r->months && !r->days && !r->days_back && !r->weekdays && !r->by_nth && !r->by_year_day && !r->by_week)
                return "BYSETPOS needs another BY… part to choose from";
        return NULL;
}

/* What the rule does not say comes from its start. */
static void defaults_fill(Rule *r) {
        bool any_day = r->days || r->days_back || r->weekdays || r->by_nth || r->by_year_day;
        int64_t day = floor_div(r->start, DAY);
        unsigned month, of_month;
        int year;

        if (any_day || r->frequency == FREQUENCY_DAILY)
                return;
        civil_from_days(day, &year, &month, &of_month);
        if (r->frequency == FREQUENCY_WEEKLY || r->by_week) {
                r->weekdays = BIT(weekday_of(day));
                return;
        }
        if (r->frequency == FREQUENCY_YEARLY && !r->months)
                r->months = BIT(month);
        r->days = BIT(of_month);
}

static int64_t until_wall(struct icaltimetype until, const Zone *zone) {
        Local l = { until.year, (unsigned) until.month, (unsigned) until.day, (unsigned) until.hour, (unsigned) until.minute, (unsigned) until.second };
        int64_t wall;

        if (until.is_date)
                l.hour = l.minute = l.second = 0;
        wall = local_wall(&l);
        if (until.is_date)
                return wall + DAY - 1;
        return icaltime_is_utc(until) ? zone_wall(zone, (usec_t) MAX(wall, (int64_t) 0) * USEC_PER_SEC) : wall;
}

static int rule_convert(const struct icalrecurrencetype *t, Rule *r, const Zone *zone, RuleProblem *ret_problem, const char **ret_why) {
        static const struct { icalrecurrencetype_frequency theirs; Frequency ours; } frequencies[] = {
                { ICAL_DAILY_RECURRENCE, FREQUENCY_DAILY }, { ICAL_WEEKLY_RECURRENCE, FREQUENCY_WEEKLY },
                { ICAL_MONTHLY_RECURRENCE, FREQUENCY_MONTHLY }, { ICAL_YEARLY_RECURRENCE, FREQUENCY_YEARLY },
        };
        size_t i;

        *ret_problem = RULE_TOO_FREQUENT;
        for (i = 0; i < ARRAY_SIZE(frequencies) && frequencies[i].theirs != t->freq; i++)
                ;
        if (i == ARRAY_SIZE(frequencies)) {
                *ret_why = "it repeats more often than once a day: DAILY is the most frequent that is allowed";
                return -EINVAL;
        }
        r->frequency = frequencies[i].ours;
        r->of_day = r->start - floor_div(r->start, DAY) * DAY;
        if (!list_single(t->by_hour, 23, 3600, &r->of_day, 24) || !list_single(t->by_minute, 59, 60, &r->of_day, 60) ||
            !list_single(t->by_second, 59, 1, &r->of_day, 60)) {
                *ret_why = "BYHOUR, BYMINUTE and BYSECOND may have one value each: more would repeat within a day";
                return -EINVAL;
        }
        *ret_problem = RULE_MALFORMED;
        r->interval = (unsigned) MAX(t->interval, (short) 1);
        r->count = t->count > 0 ? (uint64_t) t->count : UINT64_MAX;
        r->week_start = t->week_start == ICAL_NO_WEEKDAY ? 1 : (unsigned) t->week_start - 1;
        r->until = icaltime_is_null_time(t->until) ? INT64_MAX : until_wall(t->until, zone);
        *ret_why = lists_read(t, r);
        if (!*ret_why)
                *ret_why = combination_problem(r);
        if (*ret_why)
                return -EINVAL;
        defaults_fill(r);
        return 0;
}

/* UNTIL=20270301 or 20270301T020000 or 20270301T020000Z, and a real date. */
static bool until_valid(const char *text) {
        const char *u = strstr(text, "UNTIL=");
        struct icaltimetype t;
        size_t n;

        if (!u)
                return true;
        u += strlen("UNTIL=");
        n = strcspn(u, ";");
        if (n != 8 && n != 15 && n != 16)
                return false;
        for (size_t i = 0; i < n; i++)
                if (i == 8 ? u[i] != 'T' : i == 15 ? u[i] != 'Z' : !isdigit((unsigned char) u[i]))
                        return false;
        char copy[17] = { 0 };
        memcpy(copy, u, n);
        t = icaltime_from_string(copy);
        return !icaltime_is_null_time(t) && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= (int) days_of_month(t.year, (unsigned) t.month) &&
               (t.is_date || (t.hour < 24 && t.minute < 60 && t.second < 60));
}

int rule_parse(const char *text, int64_t start, const Zone *zone, Rule *ret, RuleProblem *ret_problem, const char **ret_why) {
        auto_(free) char *copy = strdup(text), *tokens = NULL;
        struct icalrecurrencetype t;
        Rule r = { .start = start };

        if (!copy)
                return -ENOMEM;
        for (char *c = copy; *c; c++)
                *c = (char) toupper((unsigned char) *c);
        tokens = strdup(copy);
        if (!tokens)
                return -ENOMEM;
        *ret_problem = RULE_MALFORMED;
        *ret_why = strlen(text) > RULE_MAX ? "it is too long" : shape_problem(tokens);
        if (!*ret_why && !until_valid(copy))
                *ret_why = "UNTIL is a date (20270301) or a time (20270301T020000, with Z for UTC)";
        if (*ret_why)
                return -EINVAL;
        icalerror_set_errors_are_fatal(false); /* libical's default ends the process; a flag of its own, set each time as nobody owns it */
        t = icalrecurrencetype_from_string(copy);
        if (t.freq == ICAL_NO_RECURRENCE) {
                *ret_why = "it is not an RRULE of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU";
                return -EINVAL;
        }
        free(t.rscale);
        if (rule_convert(&t, &r, zone, ret_problem, ret_why) < 0)
                return -EINVAL;
        *ret = r;
        return 0;
}

/* --- walking --- */

/* The place of one day in its month and year. */
typedef struct Place { int year; unsigned month, day, month_days, year_day, year_days; int64_t first_of_year; } Place;

static bool nth_matches(const Rule *r, const Place *p, unsigned weekday) {
        bool of_month = r->frequency == FREQUENCY_MONTHLY || r->months;
        unsigned index = of_month ? p->day - 1 : p->year_day - 1, length = of_month ? p->month_days : p->year_days;
        unsigned forward = index / 7 + 1, back = (length - 1 - index) / 7 + 1;

        return r->nth[weekday][53 + forward] || r->nth[weekday][53 - back];
}

/* Weeks are numbered within the year that has most of their days; the last days of one year can be in week 1 of the next. */
static bool week_matches(const Rule *r, const Place *p) {
        int64_t day = p->first_of_year + p->year_day - 1;
        unsigned first = (weekday_of(p->first_of_year) + 7 - r->week_start) % 7; /* days of 1 January's week before it */
        int64_t week1 = first <= 3 ? p->first_of_year - first : p->first_of_year + 7 - first;
        int64_t next_new_year = p->first_of_year + p->year_days;
        unsigned next_first = (weekday_of(next_new_year) + 7 - r->week_start) % 7;
        int64_t next_week1 = next_first <= 3 ? next_new_year - next_first : next_new_year + 7 - next_first;
        int64_t weeks = (next_week1 - week1) / 7, number;

        if (day >= next_week1)
                return r->week[1];
        if (day < week1) {
                /* In the last week of the year before. */
                int64_t before = p->first_of_year - (leap(p->year - 1) ? 366 : 365);
                unsigned before_first = (weekday_of(before) + 7 - r->week_start) % 7;
                int64_t before_week1 = before_first <= 3 ? before - before_first : before + 7 - before_first;

                number = (week1 - before_week1) / 7;
                return r->week[number] || r->week_back[1];
        }
        number = (day - week1) / 7 + 1;
        return r->week[number] || r->week_back[weeks - number + 1];
}

static bool day_matches(const Rule *r, const Place *p, unsigned weekday) {
        if (r->months && !(r->months & BIT(p->month)))
                return false;
        if ((r->days || r->days_back) && !(r->days & BIT(p->day)) && !(r->days_back & BIT(p->month_days - p->day + 1)))
                return false;
        if ((r->weekdays || r->by_nth) && !(r->weekdays & BIT(weekday)) && !(r->by_nth && nth_matches(r, p, weekday)))
                return false;
        if (r->by_year_day && !r->year_day[p->year_day] && !r->year_day_back[p->year_days - p->year_day + 1])
                return false;
        return !r->by_week || week_matches(r, p);
}

static Place place_of_month(int year, unsigned month) {
        Place p = { .year = year, .month = month, .month_days = days_of_month(year, month), .year_days = leap(year) ? 366 : 365 };

        p.first_of_year = days_from_civil(year, 1, 1);
        return p;
}

static void add_day(RuleWalk *w, int64_t day) {
        assert(w->n < ARRAY_SIZE(w->days));
        w->days[w->n++] = (int32_t) day;
}

static void month_fill(RuleWalk *w, int year, unsigned month) {
        const Rule *r = w->rule;
        Place p = place_of_month(year, month);
        int64_t first = days_from_civil(year, month, 1);
        unsigned weekday = weekday_of(first);

        w->steps++;
        if (r->months && !(r->months & BIT(month)))
                return;
        w->steps += p.month_days;
        for (p.day = 1; p.day <= p.month_days; p.day++, weekday = weekday == 6 ? 0 : weekday + 1) {
                p.year_day = (unsigned) (first - p.first_of_year) + p.day;
                if (day_matches(r, &p, weekday))
                        add_day(w, first + p.day - 1);
        }
}

/* Days and weeks: without BYMONTH and BYMONTHDAY a day need not know its date. */
static void days_fill(RuleWalk *w, int64_t first, unsigned n) {
        const Rule *r = w->rule;
        bool dated = r->months || r->days || r->days_back;
        unsigned weekday = weekday_of(first);

        w->steps += n;
        for (unsigned i = 0; i < n; i++, weekday = weekday == 6 ? 0 : weekday + 1) {
                Place p = { 0 };

                if (r->weekdays && !(r->weekdays & BIT(weekday)))
                        continue;
                if (dated) {
                        civil_from_days(first + i, &p.year, &p.month, &p.day);
                        p.month_days = days_of_month(p.year, p.month);
                        if (!day_matches(r, &p, weekday))
                                continue;
                }
                add_day(w, first + i);
        }
}

/* BYSETPOS picks some of the days found in one period. */
static void positions_pick(RuleWalk *w) {
        unsigned kept = 0;

        if (!w->rule->by_position)
                return;
        for (unsigned i = 0; i < w->n; i++)
                if (w->rule->position[i + 1] || w->rule->position_back[w->n - i])
                        w->days[kept++] = w->days[i];
        w->n = kept;
}

static int64_t month_index(int64_t wall) {
        unsigned month, day;
        int year;

        civil_from_days(floor_div(wall, DAY), &year, &month, &day);
        return (int64_t) year * 12 + month - 1;
}

/* The first day of the week that holds @day. */
static int64_t week_begin(const Rule *r, int64_t day) {
        return day - (weekday_of(day) + 7 - r->week_start) % 7;
}

/* Number of whole periods, in units of the frequency, between the rule's start and @wall. */
static int64_t periods_between(const Rule *r, int64_t wall) {
        switch (r->frequency) {
        case FREQUENCY_DAILY:
                return floor_div(wall, DAY) - floor_div(r->start, DAY);
        case FREQUENCY_WEEKLY:
                return (week_begin(r, floor_div(wall, DAY)) - week_begin(r, floor_div(r->start, DAY))) / 7;
        case FREQUENCY_MONTHLY:
                return month_index(wall) - month_index(r->start);
        case FREQUENCY_YEARLY:
        default:
                return floor_div(month_index(wall), 12) - floor_div(month_index(r->start), 12);
        }
}

/* Finds the days of the period @w->period. False: it lies after all that can be told. */
static bool period_fill(RuleWalk *w) {
        const Rule *r = w->rule;
        int64_t at = w->period * r->interval, first = floor_div(r->start, DAY);

        w->n = w->next = 0;
        switch (r->frequency) {
        case FREQUENCY_DAILY:
                if (first + at > LATEST / DAY)
                        return false;
                days_fill(w, first + at, 1);
                break;
        case FREQUENCY_WEEKLY:
                if (first + at * 7 > LATEST / DAY)
                        return false;
                days_fill(w, week_begin(r, first) + at * 7, 7);
                break;
        case FREQUENCY_MONTHLY:
                at += month_index(r->start);
                if (at >= 10000 * 12)
                        return false;
                month_fill(w, (int) (at / 12), (unsigned) (at % 12) + 1);
                break;
        case FREQUENCY_YEARLY:
        default:
                at += month_index(r->start) / 12;
                if (at >= 10000)
                        return false;
                for (unsigned month = 1; month <= 12; month++)
                        month_fill(w, (int) at, month);
                break;
        }
        positions_pick(w);
        return true;
}

void rule_walk(const Rule *r, int64_t from, RuleWalk *ret) {
        RuleWalk *w = ret;

        /* The array of days is left as it is: n says how much of it counts. */
        w->rule = r;
        w->from = MAX(from, r->start);
        w->period = 0;
        w->counted = 0;
        w->steps = w->n = w->next = 0;
        w->exhausted = false;
        if (r->count == UINT64_MAX)
                w->period = periods_between(r, MIN(w->from, LATEST)) / r->interval;
}

int rule_next(RuleWalk *w, int64_t *ret) {
        const Rule *r = w->rule;

        for (;;) {
                while (w->next < w->n) {
                        int64_t wall = (int64_t) w->days[w->next++] * DAY + r->of_day;

                        if (wall < r->start)
                                continue;
                        if (wall > r->until || wall > LATEST || w->counted >= r->count) {
                                w->n = w->next = 0;
                                w->period = INT64_MAX / 1000000; /* stays ended */
                                return 0;
                        }
                        w->counted += r->count != UINT64_MAX;
                        if (wall < w->from)
                                continue;
                        *ret = wall;
                        w->steps = 0; /* the budget is for what one answer may cost */
                        return 1;
                }
                if (w->steps > RULE_STEPS_MAX) {
                        w->exhausted = true;
                        return 0;
                }
                if (!period_fill(w))
                        return 0;
                w->period++;
        }
}

bool rule_has(const Rule *r, int64_t wall) {
        int64_t found;
        RuleWalk w;

        rule_walk(r, wall, &w);
        return wall >= r->start && rule_next(&w, &found) > 0 && found == wall;
}
