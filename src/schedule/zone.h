#pragma once
/*
 * Zone: wall clock ⇄ UTC, from the system's tzdata
 *
 * Reads TZif (RFC 9636) files below the tz folder itself; rules beyond the last transition come from the footer's POSIX TZ string.
 */
#include "base/instant.h"

typedef struct Zone Zone;
typedef struct Zones Zones;     /* a cache, and the one place that opens tz files */

int zones_new(const char *tzdir, Zones **ret); /* NULL: $TZDIR, then /usr/share/zoneinfo */
Zones *zones_free(Zones *z);
DEFINE_AUTO(Zones *, zones_free)
/* Forget what is cached when tzdata has changed on disk; 1 when it had. */
int zones_refresh(Zones *z);
/* An IANA name; -EINVAL not shaped like one (no file is opened), -ENOENT no such zone, -EBADMSG not TZif. Borrowed from @z. */
int zones_get(Zones *z, const char *name, const Zone **ret);
/* The known name nearest to a misspelt one; NULL: none. Borrowed until the next call. */
const char *zones_suggest(Zones *z, const char *name);

/* A wall clock as one number: seconds since 1970-01-01T00:00 as if local were UTC. What rules are walked on. */
int64_t local_wall(const Local *l);
Local wall_local(int64_t wall);

typedef enum Clash { CLASH_NONE, CLASH_GAP, CLASH_FOLD } Clash;
/* RFC 5545 §3.3.5: in a gap the offset before it is used, in a fold the first of the two. *ret_clash may be NULL. */
usec_t zone_utc(const Zone *z, const Local *l, Clash *ret_clash);
void zone_local(const Zone *z, usec_t t, Local *ret, int *ret_offset_s, const char **ret_abbreviation); /* last two may be NULL */
usec_t zone_wall_utc(const Zone *z, int64_t wall, Clash *ret_clash);
int64_t zone_wall(const Zone *z, usec_t t);
/* The first skipped or repeated stretch of wall clock [begin, end) whose change comes after @t: 1; 0: there is none more. */
int zone_next_clash(const Zone *z, usec_t t, usec_t *ret_at, Clash *ret, int64_t *ret_begin, int64_t *ret_end);
const char *zone_name(const Zone *z);
/* "02:00:00 Europe/Berlin" or with date "2027-02-01 02:00 Europe/Berlin", for people. */
#define ZONED_SIZE 96
const char *zone_format(const Zone *z, usec_t t, bool date, bool seconds, char buf[static ZONED_SIZE]);
