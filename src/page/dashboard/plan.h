#pragma once
/*
 * What a form says of a window: each field as the text that stands in it
 *
 * A form remembers what each field held when it was made, as a hash of it. So it is known which fields a person has changed, which are the only
 * ones that are sent, and which ones somebody else has changed meanwhile.
 */
#include "page/dashboard/dashboard.h"

typedef enum PlanField {
        PLAN_TITLE, PLAN_DESCRIPTION, PLAN_START, PLAN_END, PLAN_SERVICES, PLAN_IMPACT, PLAN_REMINDERS, PLAN_AUTO, PLAN_PAUSE,
        PLAN_ON_SCHEDULE, PLAN_ON_START, PLAN_ON_UPDATE, PLAN_ON_COMPLETE, PLAN_ON_CANCEL,
} PlanField;
#define PLAN_FIELDS (PLAN_ON_CANCEL + 1)
#define PLAN_ALL (BIT(PLAN_FIELDS) - 1)

typedef struct Plan {
        const char *values[PLAN_FIELDS]; /* boxes: "on" or ""; services: their ids, sorted, with a blank between */
        const char *zone;               /* in which start and end are meant */
        const char *start_fold, *end_fold; /* "first", "second" or "": not said */
} Plan;

/* The API's name of a field, which is also its name in the form. */
const char *plan_name(PlanField f);
Tell plan_label(PlanField f);
/* Which fields may change in that state: bits. */
unsigned plan_editable(State state);

/* A window that is to be, and one as it is stored; @services: its own that still exist. 0 or -ENOMEM. */
int plan_new(const Visit *x, Plan *ret);
int plan_of(const Visit *x, const Maintenance *m, const Service *services, size_t n, Plan *ret);
/* What the form says; fields not in @editable are those of @base. */
int plan_entered(const Visit *x, const Plan *base, unsigned editable, Plan *ret);

/* What the form is to remember. NULL: memory is out. */
const char *plan_digests(const Visit *x, const Plan *p);
/* The fields of @p that are not as remembered: bits. What cannot be read is nothing that is remembered. */
unsigned plan_differs(const Visit *x, const Plan *p, const char *digests);

/**
 * plan_body() - what is to be sent
 * @fields: which ones
 * @base:   the stored window, NULL: a new one
 *
 * What is wrong is added to x->errors. Return: 0 and @ret, owned by the caller; -ENOMEM.
 */
int plan_body(Visit *x, const Plan *p, unsigned fields, const Maintenance *base, json_t **ret);
/* Start and end, where both can be read; else 0. */
void plan_period(const Visit *x, const Plan *p, usec_t *ret_start, usec_t *ret_end);

/* A time that was entered in field @name. What is wrong is added to x->errors. True and @ret, or false. */
bool time_entered(Visit *x, const char *name, const char *text, const char *zone, const char *fold, usec_t *ret);
