#pragma once
/*
 * Dispatch: how much may go to a target, and when
 *
 * A token bucket for each class of request, corrected by what the target says, and pauses that grow while it fails. All on
 * CLOCK_BOOTTIME: a stepped wall clock neither floods a target nor starves it.
 */
#include "target/driver.h"

typedef struct Bucket {
        unsigned per_min;       /* 0: no limit */
        uint64_t credit;        /* millionths of a request */
        usec_t at;              /* when credit was last counted, boot */
        usec_t not_before;      /* the target said: not before, boot */
} Bucket;

void bucket_init(Bucket *b, unsigned per_min, usec_t boot);
/* Whether a request may go now; a quarter is kept for @due ones. *ret_when: else, when it may. */
bool bucket_ready(Bucket *b, bool due, usec_t boot, usec_t *ret_when);
void bucket_take(Bucket *b, usec_t boot);
/* Reads X-RateLimit-Limit/-Remaining/-Reset. */
void bucket_told(Bucket *b, const Response *r, Now now);
void bucket_wait(Bucket *b, usec_t wait, usec_t boot);

#define PAUSE_FIRST USEC_PER_SEC
#define PAUSE_MAX (60 * USEC_PER_SEC)           /* between tries of a target that fails */
#define PAUSE_PART_MAX (5 * USEC_PER_MINUTE)    /* between tries of one action that fails */
#define DENIED_FIRST USEC_PER_MINUTE

/* The pause before try number @failures + 1: doubles from @first to @max, a quarter up or down by *@seed. */
usec_t backoff(unsigned failures, usec_t first, usec_t max, uint64_t *seed);
