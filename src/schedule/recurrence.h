#pragma once
/*
 * Recurrence: the local dates and times that a rule means (RFC 5545 §3.3.10)
 *
 * Everything here is floating wall clock, counted in seconds since 1970-01-01T00:00 (zone.h): no zone, so no day is special.
 * Pure; every call is bounded by RULE_STEPS_MAX.
 */
#include "base/instant.h"

typedef struct Zone Zone;

typedef enum Frequency { FREQUENCY_DAILY, FREQUENCY_WEEKLY, FREQUENCY_MONTHLY, FREQUENCY_YEARLY } Frequency;

typedef struct Rule {
        Frequency frequency;
        unsigned interval;              /* ≥ 1 */
        uint64_t count;                 /* UINT64_MAX: endless */
        int64_t start;                  /* wall of DTSTART */
        int64_t until;                  /* last wall, INT64_MAX: endless */
        unsigned week_start;            /* 0 Sunday … 6 Saturday */
        int64_t of_day;                 /* seconds after midnight of every occurrence */
        uint32_t months;                /* bit 1 … 12; 0: all */
        uint32_t days, days_back;       /* of the month: bit 1 … 31, from its end; both 0: all */
        uint32_t weekdays;              /* bit 0 Sunday …, without ordinal */
        bool by_year_day, by_week, by_nth, by_position;
        bool year_day[367], year_day_back[367];
        bool week[54], week_back[54];
        bool nth[7][107];               /* ordinal + 53 of a weekday in the month or the year */
        bool position[367], position_back[367];
} Rule;

typedef enum RuleProblem { RULE_MALFORMED, RULE_TOO_FREQUENT, RULE_UNSUPPORTED } RuleProblem;

/**
 * rule_parse() - read an RRULE
 * @start: wall of the first occurrence, from which the rule takes what it does not say
 * @zone:  into whose wall clock a UNTIL in UTC is turned
 * @ret_problem, @ret_why: on -EINVAL: what is wrong, a static text for people
 *
 * An UNTIL without a time of day includes that whole day. Return: 0; -EINVAL; -ENOMEM.
 */
int rule_parse(const char *text, int64_t start, const Zone *zone, Rule *ret, RuleProblem *ret_problem, const char **ret_why);

/* Walks the occurrences in ascending order. Plain data: copy it to remember a place. Borrows the rule. */
typedef struct RuleWalk {
        const Rule *rule;
        int64_t from;                   /* earlier ones are passed over */
        int64_t period;                 /* index of the next day, week, month or year to look into */
        uint64_t counted;               /* occurrences since DTSTART, when the rule has a count */
        unsigned steps;                 /* spent of RULE_STEPS_MAX */
        unsigned n, next;               /* what the current period holds */
        int32_t days[366];              /* since 1970 */
        bool exhausted;                 /* ended by the budget, not by the rule */
} RuleWalk;

/* At the first occurrence not before @from. A rule with COUNT is walked from its begin; any other skips there. */
void rule_walk(const Rule *r, int64_t from, RuleWalk *ret);
/* 1 and the wall of the next occurrence; 0: there is none more, or the budget is spent. */
int rule_next(RuleWalk *w, int64_t *ret);
/* Does the rule produce @wall? */
bool rule_has(const Rule *r, int64_t wall);
