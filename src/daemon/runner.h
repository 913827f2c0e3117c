#pragma once
/*
 * Runner: binds an engine to the world
 *
 * The four steps for ever: commit, send, log, sleep. maintd runs it until it is told to stop, `maintctl plan` and `apply` until
 * the engine has settled. It owns the timers and the requests in flight; what the engine is told beyond responses, time and the
 * clock (manifests, approvals, …) is its user's matter, who then pokes it.
 */
#include <systemd/sd-event.h>

#include "daemon/secrets.h"
#include "io/http.h"
#include "ledger/ledger.h"
#include "reconcile/engine.h"

typedef struct Runner Runner;

typedef struct RunnerOps {
        void (*event)(void *userdata, const Event *e);  /* log it; borrowed */
        /* After each turn, once everything ready has been done; may poke. @news: something was told, sent or logged. NULL: not needed. */
        void (*turned)(void *userdata, bool news);
        /* The instant of runner_wake_at() has come; NULL when that is not used. */
        void (*woken)(void *userdata, usec_t now);
} RunnerOps;

typedef struct RunnerConfig {
        sd_event *event;        /* all are borrowed and outlive the runner */
        Engine *engine;
        Ledger *ledger;         /* NULL: nothing is kept; entries count as committed (for a read-only engine) */
        Secrets *secrets;
        const RunnerOps *ops;
        void *userdata;
} RunnerConfig;

/* Tells the engine about the clock and schedules the first turn. 0 or -errno. */
int runner_new(const RunnerConfig *c, Runner **ret);
Runner *runner_free(Runner *r); /* requests in flight are dropped */
DEFINE_AUTO(Runner *, runner_free)

void runner_poke(Runner *r);                    /* the engine was told something: take a turn soon */
void runner_wake_at(Runner *r, usec_t real);    /* call `woken` then; USEC_INFINITY: no */
size_t runner_writing(const Runner *r);         /* requests in flight that change something: reads may be dropped at any time */
/* Commits what the engine still has to say; sends nothing. For the very end. */
void runner_flush(Runner *r);
