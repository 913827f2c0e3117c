#pragma once
/*
 * Kit: what rows of situations say again and again
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "situations.h"

#define MINUTES(n) ((n) * USEC_PER_MINUTE)
#define HOURS(n) ((n) * USEC_PER_HOUR)
#define DAYS(n) ((n) * USEC_PER_DAY)
#define PAGE(w) ((w)->models[0])
#define ALERTS(w) ((w)->models[1])

/* "ID.yaml": Berlin time, services api and database; @more: further lines. */
void window(World *w, const char *id, const char *start, const char *end, const char *more);
/* Reloads and lets it come to rest. */
void reload(World *w);
void start(World *w);
uint64_t digest_of(World *w, const char *target);
size_t problems(World *w, const char *text);    /* of engine_each_problem() that contain @text */
/* The plan of a target as of now; memory from @a. */
const Plan *plan_of(World *w, const char *target, Arena *a);
bool plan_says(const Plan *p, const char *text); /* among its problems and remarks */

/* Of the newest object of a window at the page. */
void expect_page_at(World *w, const char *key, const char *state, const char *file, int line);
#define expect_page(w, k, s) expect_page_at(w, k, s, __FILE__, __LINE__)
void expect_generation_at(World *w, const char *key, unsigned generation, const char *file, int line);
#define expect_generation(w, k, g) expect_generation_at(w, k, g, __FILE__, __LINE__)
void expect_sync_at(World *w, const char *key, const char *target, Sync sync, const char *file, int line);
#define expect_sync(w, k, t, s) expect_sync_at(w, k, t, s, __FILE__, __LINE__)
void expect_mails_at(World *w, const char *key, size_t scheduled, size_t started, size_t completed, size_t cancelled, size_t others, const char *file, int line);
#define expect_mails(w, k, s, st, co, ca, o) expect_mails_at(w, k, s, st, co, ca, o, __FILE__, __LINE__)
/* Nothing is written for @span, nothing useless was ever. */
void expect_rest_at(World *w, usec_t span, const char *file, int line);
#define expect_rest(w, t) expect_rest_at(w, t, __FILE__, __LINE__)
usec_t page_time(World *w, const char *key, const char *member);
