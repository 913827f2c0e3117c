#pragma once
/*
 * Since: a point in the past, as people give it
 */
#include "schedule/zone.h"

/**
 * since_parse() - read a time
 * @zone: of times without an offset
 *
 * "2027-02-01T02:00" as in a manifest, "2027-02-01" the day's beginning, "02:00" the last time it was that, "2h" or "-2h" so long ago.
 * Return: 0; -EINVAL none of these.
 */
int since_parse(const char *text, const Zone *zone, usec_t now, usec_t *ret);
