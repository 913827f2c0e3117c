#pragma once
/*
 * Found: what is at a target, in full
 *
 * The engine keeps what it sees as hashes. Who wants to read it listens: between a target and its driver, to what listings bring.
 */
#include "target/driver.h"

typedef struct Found {
        Object object;
        State state;
        const char *remote_id;
        size_t seen;            /* as the how manieth */
} Found;

typedef struct Finder Finder;

/* Listens to @t until it is freed, which must be before the target is. 0 or -ENOMEM. */
int finder_new(Target *t, Finder **ret);
Finder *finder_free(Finder *f);
DEFINE_AUTO(Finder *, finder_free)
/* Of the last listing: each object once, sorted by start, title and id. It does not listen any more. */
const Found *finder_objects(Finder *f, size_t *ret_n);
