#pragma once
/*
 * Slug: what a title is called where only a-z, 0-9 and dashes may stand
 */
#include "base/arena.h"

#define SLUG_MAX 60u                    /* bytes */

/* What file names are made of, "database-migration"; "window" when nothing of the title is left. From @a. NULL: out of memory. */
const char *slug_of(Arena *a, const char *title);
