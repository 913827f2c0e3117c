#pragma once
/*
 * Advice: what is allowed, and would have been better otherwise
 *
 * Warnings of the kind CODE_ADVICE (manifest/diagnostic.h): how well people are told, and windows that meet. The daemon has no use for
 * them; `maintctl lint` adds them to what a load says. Pure: it is told what time it is.
 */
#include "desired/desired.h"

/* What can be said of one manifest by itself. 0 or -ENOMEM. */
int advice_manifest(Zones *zones, const Manifest *m, usec_t now, Diagnostics *diags);

/* Of all manifests in force, each by itself and each beside the others, less what is switched off. 0 or -ENOMEM. */
int advice_all(const Desired *d, Zones *zones, usec_t now, Diagnostics *diags);

/**
 * overlap_find() - windows that touch one service at the same time
 * @list: manifests, whose windows are compared where they have not ended at @now: of a recurring one so many as OVERLAP_OCCURRENCES
 *
 * For each two manifests that meet (or one that meets itself) the first place is reported at both. Sorted by service and start and
 * compared with the windows that last longest before: n log n. Where more than OVERLAP_OPEN run on one service at once, not every pair
 * of them is found, and at each manifest OVERLAP_TOLD others are named. 0 or -ENOMEM.
 */
#define OVERLAP_OCCURRENCES 64u
#define OVERLAP_OPEN 8u
#define OVERLAP_TOLD 5u
int overlap_find(Zones *zones, const Manifest *const *list, size_t n, usec_t now, Diagnostics *diags);
