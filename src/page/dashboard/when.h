#pragma once
/*
 * Times that people enter: a wall clock in a zone
 *
 * Pure. A manifest takes what it can get from a time that is skipped or comes twice, and lint warns; here somebody sits before it, so
 * they are asked.
 */
#include "schedule/zone.h"

typedef enum When {
        WHEN_OK,
        WHEN_MALFORMED,
        WHEN_SKIPPED,                   /* clocks go forward over it */
        WHEN_TWICE,                     /* clocks go back over it, and which one is meant was not said */
} When;

typedef enum Fold { FOLD_UNSAID, FOLD_FIRST, FOLD_SECOND } Fold;

/* "2027-02-01T02:00", with seconds or a blank for the T too, between 1971 and 9998. @ret on WHEN_OK alone. */
When when_parse(const Zone *z, const char *text, Fold fold, usec_t *ret);

#define WHEN_VALUE_SIZE 32u
/* As a browser's field has it, with seconds when there are some. Returns @buf. */
const char *when_value(const Zone *z, usec_t t, char buf[static WHEN_VALUE_SIZE]);
