#pragma once
/*
 * TZif: the offsets of one time zone, as tzdata stores them (RFC 9636)
 *
 * Pure: from bytes to a table, and from an instant to the stretch of time around it in which the offset stays the same.
 */
#include "base/base.h"

typedef struct Tzif Tzif;

/* -EBADMSG: malformed, or counts leap seconds ("right/…"), which no clock here does; -ENOMEM. */
int tzif_parse(const void *data, size_t n, Tzif **ret);
Tzif *tzif_free(Tzif *z);
DEFINE_AUTO(Tzif *, tzif_free)

/* [start, end) in seconds since the epoch; INT64_MIN and INT64_MAX where there is no bound. */
typedef struct Stretch {
        int64_t start, end;
        int32_t offset;         /* seconds east of Greenwich */
        const char *abbreviation; /* borrowed */
} Stretch;
Stretch tzif_stretch(const Tzif *z, int64_t t);
