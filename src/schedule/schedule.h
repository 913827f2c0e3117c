#pragma once
/*
 * Schedule: from a manifest to its windows
 *
 * Local time is understood here and nowhere else. Recurrences are iterated on the floating wall clock by libical; turning
 * wall clock into UTC is our own conversion (zone.h).
 */
#include "manifest/manifest.h"
#include "schedule/zone.h"

/* An occurrence that runs: its times are the ledger's, whatever the rule says now. */
typedef struct Frozen { const char *occurrence; usec_t start, end; } Frozen;

typedef struct ExpandInput {
        usec_t now;
        usec_t horizon;         /* for manifests without `announce` */
        usec_t from;            /* include occurrences that end after this (≤ now) */
        const Frozen *frozen;   /* sorted by occurrence */
        size_t n_frozen;
        usec_t loaded;          /* goes to WindowSet.loaded */
} ExpandInput;

/**
 * schedule_check() - what only a calendar can tell about a manifest
 *
 * Zone exists, end after start, rule parses and is no more frequent than daily, start fits the rule (else the next date that
 * does), no window longer than the distance to the next, override and except match, DST gaps and folds (warnings), updates
 * inside the window, … Return: 0 fit for use (warnings possible); -EINVAL with errors in @diags; -ENOMEM.
 */
int schedule_check(Zones *zones, const Manifest *m, usec_t now, Diagnostics *diags);

/* Of a manifest that is refused for something else: is its zone known? Needs timezone and origin alone. 0, or negative with the error in @diags. */
int schedule_check_zone(Zones *zones, const Manifest *m, Diagnostics *diags);

/**
 * schedule_expand() - the windows of a manifest that are to be known now
 *
 * One-off: its one window. Recurring: every occurrence with end > from and publish ≤ now, every frozen one, and the first that
 * is still to be published (its publish > now). The set keeps a reference to @m through @owner/@release of the caller's choosing:
 * strings are borrowed from it. set->doc is NULL. Return: 0; -EINVAL when schedule_check() would refuse it; -ENOMEM.
 */
int schedule_expand(Zones *zones, const Manifest *m, const ExpandInput *in, void *owner, void (*release)(void *), WindowSet **ret);

/* The next @n windows that end after @from, published or not: for show, calendar, lint. Same ownership as above. */
int schedule_preview(Zones *zones, const Manifest *m, usec_t from, size_t n, void *owner, void (*release)(void *), WindowSet **ret);
