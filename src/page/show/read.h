#pragma once
/*
 * From the store to what is shown: the rows that a public page needs, all of one moment
 */
#include "page/page.h"
#include "page/show/show.h"

#define RUNNING_SHOWN 100u
#define UPCOMING_SHOWN 50u
#define LATE_SHOWN 10u          /* before those: the last that should have begun, and did not */
#define PAST_SHOWN 15u          /* on the front page; the archive has all */
#define PAST_AGE (30 * USEC_PER_DAY)
#define LIST_PART 100u          /* windows on one page of a month, and of what is not over */

/* All of these: 0, -errno of the store, or -ENOMEM; what comes back lives in @a. @updates: of each window, so many at most. */
int read_front(Page *page, Arena *a, usec_t now, unsigned updates, Front *ret);
/* -ENOENT: no such window. */
int read_occasion(Page *page, Arena *a, const char *id, Occasion *ret);
int read_occasion_by_seq(Page *page, Arena *a, int64_t seq, unsigned updates, Occasion *ret);
/* @ret: year, month and part are filled in. Without updates. */
int read_month(Page *page, Arena *a, Month *ret);
/* @ret: part is filled in. Without updates. */
int read_open(Page *page, Arena *a, usec_t now, Open *ret);
/* Those that are not over, and those that have been since @since: at most @most of each. Without updates. */
int read_calendar(Page *page, Arena *a, usec_t since, unsigned most, Occasions *ret);
/* The @most that changed last. */
int read_changed(Page *page, Arena *a, unsigned most, unsigned updates, Occasions *ret);
