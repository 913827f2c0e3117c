#pragma once
/*
 * How often a key may ask
 *
 * Each key has two allowances, for reads and for writes, that are full again a minute after the first request of a round. Kept
 * in memory alone: a restart forgives. Pure but for its own table: time is passed in.
 */
#include "base/instant.h"

#define LIMIT_ROUND USEC_PER_MINUTE

typedef enum LimitClass { LIMIT_READ, LIMIT_WRITE } LimitClass;
#define LIMIT_CLASSES (LIMIT_WRITE + 1)

typedef struct Limiter Limiter;

/* An allowance of 0 means that there is no limit. NULL: memory is out. */
Limiter *limiter_new(unsigned reads, unsigned writes);
Limiter *limiter_free(Limiter *l);
DEFINE_AUTO(Limiter *, limiter_free)

typedef struct LimitState {
        unsigned limit, remaining;
        usec_t reset;           /* wall clock: when it is full again */
        usec_t wait;            /* until then */
} LimitState;

/**
 * limiter_take() - one request of a key
 * @key: 0: nobody's, which is described but never counted
 *
 * Return: true and @ret; false when the allowance is used up, and @ret->wait says how long. @ret->limit is 0 without limit.
 */
bool limiter_take(Limiter *l, int64_t key, LimitClass class, Now now, LimitState *ret);

/* "100/30" → both; "off" → 0 and 0. -EINVAL. */
int limits_parse(const char *text, unsigned *ret_reads, unsigned *ret_writes);
