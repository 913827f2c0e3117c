#pragma once
/*
 * From the store to what is shown: the rows that a public page needs, all of one moment
 */
#include "page/page.h"
#include "page/show/show.h"

#define PAST_SHOWN 15u          /* on the front page; the archive has all */
#define PAST_AGE (30 * USEC_PER_DAY)
#define LIST_PART 100u          /* windows on one page of a month, and of what is not over */

/* How much is read of the windows of a list. A text may have 16 KiB, and a window 500 of them and 200 services. */
typedef struct Depth {
        size_t windows;         /* the first so many with services and updates, others without */
        unsigned updates;       /* of each, the last so many, … */
        size_t update_bytes;    /* … of them as many as are no longer than this together, but always the last */
        size_t bytes;           /* where the texts of these exceed this, the list ends */
} Depth;
extern const Depth depth_bare;  /* neither services nor updates */
extern const Depth depth_services; /* no updates */
extern const Depth depth_told;  /* what programs are told of a window */

/* How many windows the front page has, … */
typedef struct Extent {
        unsigned running, late, next, past; /* late: the last that should have begun, and did not; they stand before the next */
        Depth depth, depth_past;
} Extent;
extern const Extent extent_front; /* … and what programs are told: with services and updates, … */
extern const Extent extent_told;
extern const Extent extent_bare; /* … and without */

/* All of these: 0, -errno of the store, or -ENOMEM; what comes back lives in @a. */
int read_front(Page *page, Arena *a, usec_t now, const Extent *extent, Front *ret);
/* With as many updates as its page shows. -ENOENT: no such window. */
int read_occasion(Page *page, Arena *a, const char *id, Occasion *ret);
int read_occasion_by_seq(Page *page, Arena *a, int64_t seq, const Depth *depth, Occasion *ret);
/* @ret: year, month and part are filled in. Neither services nor updates. */
int read_month(Page *page, Arena *a, Month *ret);
/* @ret: part is filled in. Neither services nor updates. */
int read_open(Page *page, Arena *a, usec_t now, Open *ret);
/* Those that are not over, and those that have been since @since: at most @most of each. Without updates. */
int read_calendar(Page *page, Arena *a, usec_t since, unsigned most, Occasions *ret);
/* The @most that changed last. */
int read_changed(Page *page, Arena *a, unsigned most, unsigned updates, Occasions *ret);
