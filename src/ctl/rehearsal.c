/*
 * Rehearsal: commit, send, log, sleep — the daemon's four steps, with nobody at the other end
 */
#include "ctl/rehearsal.h"

#include <string.h>

#include "base/text.h"
#include "ledger/ledger-sqlite.h"

#define ANSWERS_TAKE (20 * USEC_PER_MSEC)
#define BOOT_FIRST USEC_PER_DAY         /* the machine has been up for a while */
#define SPINS_MAX 10000u                /* turns at one instant */

typedef struct Waiting {                /* a request that is not answered yet */
        uint64_t serial;
        char *path;                     /* owned */
} Waiting;

struct Rehearsal {
        const RehearsalPlan *plan;      /* borrowed */
        Stage *stage;                   /* owned */
        Ledger *ledger;                 /* owned */
        Site *site;                     /* owned */
        Now now;
        Waiting *waiting;               /* owned; all were sent at `now` or one answer's time before */
        size_t n_waiting, allocated;
        usec_t answers;                 /* when they are answered */
        usec_t wake_real, wake_boot;
        usec_t settled;                 /* when what was to be done at once had been done; 0: not yet */
        size_t restarted;               /* of plan->restarts, so many are over */
};

static int cast(void *userdata, Target *t) {
        return stage_cast(userdata, t);
}

/* A process begins: it knows what the ledger knows. */
static int start(Rehearsal *r, Diagnostics *diags, char **reterr) {
        SiteOptions o = r->plan->site;
        Snapshot known = { 0 };
        SiteStage stage = { .known = &known, .now = r->now, .cast = cast, .userdata = r->stage };
        int q = ledger_load(r->ledger, &known);

        if (q < 0)
                return q;
        o.ledger = SITE_LEDGER_NONE;
        o.stage = &stage;
        q = site_open(&o, diags, &r->site, reterr);
        snapshot_done(&known);
        if (q >= 0)
                q = engine_told_clock(r->site->engine, r->now, 0, true);
        if (q >= 0)
                q = site_load(r->site, r->now, false);
        r->wake_real = r->wake_boot = 0;
        return q;
}

static void forget_waiting(Rehearsal *r) {
        for (size_t i = 0; i < r->n_waiting; i++)
                free(r->waiting[i].path);
        r->n_waiting = 0;
}

int rehearsal_new(const RehearsalPlan *plan, Diagnostics *diags, Rehearsal **ret, char **reterr) {
        auto_(rehearsal_free) Rehearsal *r = calloc(1, sizeof(Rehearsal));
        char machine[33];
        int q;

        *reterr = NULL;
        if (!r)
                return -ENOMEM;
        r->plan = plan;
        r->now = (Now) { .real = plan->from, .boot = BOOT_FIRST };
        r->stage = stage_new(plan->deeds_max);
        if (!r->stage)
                return -ENOMEM;
        machine_id_read(machine);
        q = ledger_open_memory(machine, &r->ledger);
        if (q >= 0)
                q = stage_until(r->stage, r->now.real);
        if (q >= 0)
                q = start(r, diags, reterr);
        if (q < 0)
                return q;
        *ret = STEAL(r);
        return 0;
}

Rehearsal *rehearsal_free(Rehearsal *r) {
        if (!r)
                return NULL;
        forget_waiting(r);
        free(r->waiting);
        (void) site_free(r->site);
        (void) ledger_free(r->ledger);
        (void) stage_free(r->stage);
        free(r);
        return NULL;
}

const Site *rehearsal_site(const Rehearsal *r) {
        return r->site;
}

Stage *rehearsal_stage(Rehearsal *r) {
        return r->stage;
}

usec_t rehearsal_until(const Rehearsal *r) {
        return r->now.real;
}

usec_t rehearsal_settled(const Rehearsal *r) {
        return r->settled;
}

/* ── one turn ── */

static int hand_out(Rehearsal *r, const Turn *t) {
        if (r->n_waiting + t->n_requests > r->allocated) {
                size_t wanted = MAX(2 * r->allocated, r->n_waiting + t->n_requests);
                Waiting *more = reallocarray(r->waiting, wanted, sizeof(Waiting));

                if (!more)
                        return -ENOMEM;
                r->waiting = more;
                r->allocated = wanted;
        }
        if (r->n_waiting == 0)
                r->answers = r->now.boot + ANSWERS_TAKE;
        for (size_t i = 0; i < t->n_requests; i++) {
                Waiting *w = &r->waiting[r->n_waiting];

                *w = (Waiting) { .serial = t->requests[i].serial, .path = strdup(t->requests[i].path) };
                if (!w->path)
                        return -ENOMEM;
                r->n_waiting++;
        }
        return 0;
}

static int turn(Rehearsal *r) {
        Turn t;
        int q = engine_ask(r->site->engine, r->now, &t);

        if (q < 0)
                return q;
        for (size_t i = 0; i < t.n_events && q >= 0; i++)
                q = stage_note(r->stage, &t.events[i]);
        if (q >= 0)
                q = hand_out(r, &t);
        r->wake_real = t.wake_real;
        r->wake_boot = t.wake_boot;
        if (q >= 0 && t.n_entries) {
                q = ledger_commit(r->ledger, t.entries, t.n_entries);
                if (q >= 0)
                        q = engine_told_committed(r->site->engine, r->now, t.serial, 0);
                r->wake_boot = r->now.boot; /* the commit may have made more possible */
        }
        return q;
}

/* What was sent takes effect when its answer is read, a moment later. */
static int answer(Rehearsal *r) {
        size_t n = r->n_waiting;
        int q = 0;

        for (size_t i = 0; i < n && q >= 0; i++) {
                Response resp = stage_answer(r->waiting[i].path);

                q = engine_told_response(r->site->engine, r->now, r->waiting[i].serial, &resp);
        }
        forget_waiting(r);
        return q;
}

static int restart(Rehearsal *r, char **reterr) {
        Diagnostics diags = { 0 };
        int q = stage_restarted(r->stage);

        r->restarted++;
        forget_waiting(r);
        r->site = site_free(r->site);
        if (q >= 0)
                q = start(r, &diags, reterr);
        diagnostics_done(&diags);
        return q;
}

/* ── time ── */

static usec_t next_restart(const Rehearsal *r) {
        return r->restarted < r->plan->n_restarts ? r->plan->restarts[r->restarted] : USEC_INFINITY;
}

/* The next instant at which anything happens, on the wall clock; not before now. */
static usec_t next_instant(const Rehearsal *r) {
        usec_t boot = r->n_waiting ? MIN(r->answers, r->wake_boot) : r->wake_boot, next = r->wake_real;

        if (boot != USEC_INFINITY)
                next = MIN(next, r->now.real + usec_sub(boot, r->now.boot));
        next = MIN(next, site_next(r->site));
        next = MIN(next, stage_next(r->stage));
        next = MIN(next, next_restart(r));
        return MAX(next, r->now.real);
}

static int step(Rehearsal *r, usec_t t, char **reterr) {
        int q;

        r->now.boot += t - r->now.real;
        r->now.real = t;
        q = r->n_waiting && r->answers <= r->now.boot ? answer(r) : 0;
        if (q >= 0)
                q = stage_until(r->stage, t);
        if (q >= 0 && next_restart(r) <= t)
                q = restart(r, reterr);
        if (q >= 0 && site_next(r->site) <= t)
                q = site_advance(r->site, r->now);
        if (q >= 0)
                q = turn(r);
        if (q >= 0 && !r->settled && engine_settled(r->site->engine, r->now))
                r->settled = t;
        return q;
}

int rehearsal_run(Rehearsal *r, char **reterr) {
        unsigned spins = 0;
        int q = 0;

        *reterr = NULL;
        while (q >= 0 && !stage_full(r->stage)) {
                usec_t t = next_instant(r);

                if (t >= r->plan->to) {
                        q = answer(r); /* of what was sent in time */
                        r->now.real = r->plan->to;
                        return q < 0 ? q : stage_until(r->stage, r->plan->to - 1);
                }
                spins = t > r->now.real ? 0 : spins + 1;
                q = spins > SPINS_MAX ? -ELOOP : step(r, t, reterr);
        }
        return q;
}
