#pragma once
/*
 * One window, between the pages that show and change it
 */
#include "page/dashboard/dashboard.h"
#include "page/dashboard/managed.h"
#include "page/dashboard/plan.h"

typedef struct Window {
        Maintenance m;
        Service *services;              /* its own */
        size_t n_services;
        bool managed;
        Managed by;                     /* whose manifest, if managed */
} Window;

/* The window of x->id. -ENOENT: there is none. */
int window_read(const Visit *x, Window *ret);
/* "/dashboard/windows/ID", and something behind it. NULL: memory is out. */
const char *window_path(const Visit *x, const Window *w, const char *rest);
/* A panel that says whose it is, and what becomes of a change that is made here: an edit, or a step. Nothing for others. */
void window_managed(const Visit *x, const Window *w, Tell consequence);
/* Where a change wants to be confirmed: the box, and whether it was ticked; what is missing is added to x->errors. */
void window_aware(Visit *x, const Window *w);
bool window_aware_given(Visit *x, const Window *w);
/* The form's version of it; "0" when it has none, which is no version. */
const char *version_entered(const Visit *x);
const char *version_of(const Visit *x, const Window *w);
/* The answer was that it is not what the form was made from. */
bool is_conflict(const json_t *answer);
/* title, pill, when: what is meant. */
void window_brief(Visit *x, const Window *w);

/* --- steps.c: what can be done with it now, as links --- */
void window_steps(Visit *x, const Window *w);

/* --- plan-form.c --- */
typedef struct Editing {
        const Window *w;                /* NULL: a new one */
        Plan plan;                      /* what the fields show */
        const char *version, *digests;  /* what the form is made from */
        const Plan *stored;             /* set when there is a conflict: what is stored now */
        unsigned theirs;                /* then: what somebody else has changed */
        bool preview, quiet;
} Editing;
int editing_show(Visit *x, const Editing *e);
