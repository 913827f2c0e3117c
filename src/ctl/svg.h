#pragma once
/*
 * Svg: the timeline as a picture
 */
#include "ctl/ahead.h"

/* A lane for each service, to scale. Writes @path in one step; "-": standard output. 0 or -errno. */
int svg_write(const char *path, const Ahead *a, const Zone *zone, usec_t from, usec_t until);
