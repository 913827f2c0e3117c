#pragma once
/*
 * Maps: uthash with our own hash
 *
 * uthash's default hash falls through its switch without marking it, which our warnings refuse, and is easily made to collide.
 */
#include "base/text.h"

#define HASH_FUNCTION(key, n, ret) ((ret) = (unsigned) hash_bytes(HASH_SEED, (key), (n)))
#include <uthash.h>
