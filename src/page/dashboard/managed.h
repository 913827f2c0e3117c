#pragma once
/*
 * Windows that are kept by maintd: whose manifest, by the marker in their external id
 *
 * Pure. "maintd:INSTANCE:MANIFEST@OCCURRENCE#GENERATION"; where that would be too long, "~HASH" stands for manifest and occurrence. The page
 * only tells people whom to ask; that it knows the form is all that it knows of maintd.
 */
#include "base/arena.h"

typedef struct Managed {
        const char *instance;           /* in the arena */
        const char *manifest;           /* with its occurrence; NULL: it was too long to be named */
} Managed;

/* True and @ret when @external_id (NULL: none) is such a marker. */
bool managed_by(Arena *a, const char *external_id, Managed *ret);
