#pragma once
/*
 * Maps: uthash with our own hash
 *
 * uthash's default hash falls through its switch without marking it, which our warnings refuse, and is easily made to collide; and
 * left alone it ends the process when memory is out. So whoever adds asks map_has() afterwards.
 */
#include "base/text.h"

#define HASH_FUNCTION(key, n, ret) ((ret) = (unsigned) hash_bytes(HASH_SEED, (key), (n)))
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* After HASH_ADD…: is it in there, or was memory out? */
#define map_has(element) ((element)->hh.tbl != NULL)
