#pragma once
/*
 * Pairing: which old window became which new one when a rule changed
 *
 * Equal keys are the same window and never come here. Of what is left: equal local date first, then by the smallest distance of
 * start, at most seven days, earlier first.
 */
#include "model/model.h"

#define PAIR_DISTANCE_MAX (7 * USEC_PER_DAY)

typedef struct PairSide {
        const char *occurrence; /* 2027-02-07T02:00 */
        usec_t start;
        size_t match;           /* out: index on the other side, SIZE_MAX: none */
} PairSide;

/* Both sides sorted by start. Return: 0 or -ENOMEM. */
int pair_windows(PairSide *old, size_t n_old, PairSide *new, size_t n_new);
