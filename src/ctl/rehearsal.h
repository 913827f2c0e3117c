#pragma once
/*
 * Rehearsal: the real engine on a clock that only moves when told
 *
 * Manifests and configuration are those of the site, the targets are played (stage.h), the ledger is empty and in memory: what comes of it
 * is what maintd would do, with nothing sent. Time jumps from one thing that happens to the next.
 */
#include "ctl/stage.h"
#include "daemon/site.h"

typedef struct RehearsalPlan {
        SiteOptions site;       /* as site_open() wants it; ledger and stage are filled in */
        usec_t from, to;        /* from < to; what falls due at `to` is no longer done */
        const usec_t *restarts; /* ascending; maintd is killed and started again then */
        size_t n_restarts;
        size_t deeds_max;
} RehearsalPlan;

typedef struct Rehearsal Rehearsal;

/**
 * rehearsal_new() - maintd starts at plan->from
 * @plan: borrowed
 *
 * Return: as site_open(), with @diags and *reterr.
 */
int rehearsal_new(const RehearsalPlan *plan, Diagnostics *diags, Rehearsal **ret, char **reterr);
Rehearsal *rehearsal_free(Rehearsal *r);
DEFINE_AUTO(Rehearsal *, rehearsal_free)

/* The site as it stands; replaced by a restart. */
const Site *rehearsal_site(const Rehearsal *r);

/**
 * rehearsal_run() - to the end
 *
 * Return: 0; -ELOOP time stood still for too long, a bug; -errno of a restart, with *reterr; -ENOMEM.
 */
int rehearsal_run(Rehearsal *r, char **reterr);
/* How far it came: plan->to, or the instant at which there were too many deeds. */
usec_t rehearsal_until(const Rehearsal *r);
/* When what was to be done at once had been done: to a ledger that knows nothing, nothing is published yet. 0: never. */
usec_t rehearsal_settled(const Rehearsal *r);
Stage *rehearsal_stage(Rehearsal *r);
