#pragma once
/*
 * Crowd: how late a target's limit makes what falls due together
 *
 * A bucket holds a minute's worth of writes. Of a hundred windows that start at 02:00 at a target that takes thirty a minute, the
 * first thirty start on the second and the last more than two minutes later. That can be known long before, and should be.
 */
#include "base/instant.h"

#define CROWD_LATE_MIN (5 * USEC_PER_SEC) /* less is not worth a word */

typedef struct Crowd {
        usec_t due;             /* of its first */
        size_t n;               /* due then, or while others still waited */
        usec_t late;            /* of the one that waits longest */
} Crowd;

/* @due sorted; @per_min 0: no limit. Stores the first @max crowds in order of time. Return: how many there are. */
size_t crowds_find(const usec_t *due, size_t n, unsigned per_min, Crowd *ret, size_t max);
