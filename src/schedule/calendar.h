#pragma once
/*
 * Calendar: one manifest with its zone and rule, ready to be asked for occurrences
 *
 * Internal to schedule/: what checking and expanding have in common.
 */
#include "base/limits.h"
#include "schedule/recurrence.h"
#include "schedule/schedule.h"

#define OCCURRENCE_SIZE (OCCURRENCE_MAX + 1)

typedef struct Length { int64_t days, nominal; usec_t exact; bool to_wall; } Length; /* to_wall: days + nominal seconds on the wall clock */

typedef struct Calendar {
        const Manifest *m;
        const Zone *zone;
        int64_t start;                  /* wall of `start` */
        Length length;
        Rule rule;                      /* when m->recurrence */
        struct OverrideAt { int64_t wall; const Override *o; } *overrides; /* owned; sorted by wall */
        size_t n_overrides;
} Calendar;

typedef struct CalendarProblem { RuleProblem problem; const char *why; } CalendarProblem;

/* 0; what zones_get() says; -ENOEXEC the rule cannot be used, see *ret_problem (may be NULL); -ENOMEM. Borrows @m and @zones. */
int calendar_init(Calendar *c, Zones *zones, const Manifest *m, CalendarProblem *ret_problem);
void calendar_done(Calendar *c);

int64_t when_wall(const Zone *z, const When *w);
usec_t when_utc(const Zone *z, const When *w, Clash *ret_clash);
const char *occurrence_format(int64_t wall, char buf[static OCCURRENCE_SIZE]);
/* 0 or -EINVAL. */
int occurrence_parse(const char *text, int64_t *ret);

const Override *calendar_override(const Calendar *c, int64_t wall);
/* Does `except` take the occurrence at @wall out? */
bool calendar_excepted(const Calendar *c, int64_t wall);
bool calendar_is_extra(const Calendar *c, int64_t wall);

typedef struct Times { usec_t start, end, publish; bool own_start, own_end; } Times;
/* The times of the occurrence whose original start is @wall; @f (may be NULL): it runs with these. */
Times calendar_times(const Calendar *c, int64_t wall, const Override *o, const Frozen *f, usec_t horizon);
