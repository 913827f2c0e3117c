#pragma once
/*
 * World: the real engine, drivers, parser and schedule, bound to a clock that only moves when told
 *
 * Manifests are files in memory, remotes are models, the ledger is a model. Time jumps from event to event, so weeks pass in
 * milliseconds. Faults happen where the world says so; the same seed makes the same faults.
 */
#include "desired/desired.h"
#include "ledger-model.h"
#include "reconcile/engine.h"
#include "remote-model.h"

#define WORLD_TARGETS 2u

typedef enum Fate { FATE_FINE, FATE_NOT_SENT, FATE_LOST, FATE_ANSWER_LOST, FATE_TWICE, FATE_SLOW } Fate;

typedef struct Faults {         /* per 1000 requests, or commits */
        unsigned not_sent, lost, answer_lost, twice, slow, error500, limited, garbage;
        unsigned refused;       /* a 4xx that means this request, for no good reason */
        unsigned mangled;       /* done, and answered with something cut off or absurd */
        unsigned commit;
} Faults;

typedef struct Pending {
        uint64_t serial;
        unsigned target;
        Request request;        /* copied into arena */
        Arena *arena;
        Response response;
        usec_t sent;            /* by maintd's clock when it left, whatever the clock says later */
        usec_t effect, answer;  /* real: when the server acts, when we hear of it; effect 0: never or done */
        Fate fate;
        bool dropped;           /* the process that asked is gone */
        struct Pending *next;
} Pending;

typedef struct World {
        usec_t real, boot;
        uint64_t rng;
        Faults faults;

        char *files[64][2];     /* path, text; NULL: free */
        bool tree_broken;       /* the directory cannot be read */
        bool unsettled;         /* the next load reads a tree that would not come to rest: withdrawals are held */
        bool read_only;         /* from the next start on: look and plan, never write */
        usec_t build_date;      /* of the program, from the next start on */
        DesiredLoad loaded;     /* counts of the last load */
        Config *config;
        char *config_text;
        Zones *zones;
        Desired *desired;
        Ledger *ledger;
        Engine *engine;
        Target targets[WORLD_TARGETS];
        ServiceMap services[WORLD_TARGETS][8];
        const char *options[WORLD_TARGETS][2];
        unsigned n_targets;
        RemoteModel *models[WORLD_TARGETS];
        bool down[WORLD_TARGETS];
        json_t *stale[WORLD_TARGETS];   /* owned; what reads show until … ; NULL: as things are */
        usec_t stale_until[WORLD_TARGETS]; /* boot */
        Pending *pending;
        bool first_load_done;
        usec_t wake_real, wake_boot;
        const char *machine;
        const char *ledger_id;  /* 16 hex digits; set before world_start() */

        uint64_t points, crash_at; /* fault points passed; where to crash, 0: nowhere */
        bool crashed;
        uint64_t steps, requests, writes, injected, crashes;
        FILE *log;              /* history, owned */
        char *history;
        size_t n_history;
        Diagnostics diags;
        void (*committed)(void *userdata, const Entry *entries, size_t n); /* called with what the ledger has taken; NULL: not */
        void *userdata;
} World;

/* @extra: lines added to the config, may be "". Targets: "public" (page) and, when @both, "alerts" (alertmanager). */
World *world_new(uint64_t seed, usec_t start, bool both, const char *extra);
World *world_free(World *w);
DEFINE_AUTO(World *, world_free)

void world_start(World *w);     /* the process starts: ledger, manifests, engine */
void world_stop(World *w);      /* gracefully */
void world_crash(World *w);     /* kill -9; world_start() afterwards */
void world_new_ledger(World *w, const char *ledger_id); /* the state directory was lost; between a stop and a start; borrowed */
void world_write(World *w, const char *path, const char *text); /* NULL: deletes it */
printf_(3, 4) void world_writef(World *w, const char *path, const char *fmt, ...);
void world_reload(World *w);
void world_config(World *w, const char *extra);  /* and reload */
/* Lets time pass until @t, events in order. */
void world_until(World *w, usec_t t);
void world_for(World *w, usec_t span);
/* Until nothing is to be done now, at most @span. Returns whether it settled. */
bool world_settle(World *w, usec_t span);
/* The host sleeps: both clocks go on, and nothing else does. */
void world_sleep(World *w, usec_t span);
/* Target @n answers reads for @span as it would have now: a replica that lags behind after a restart. */
void world_stale(World *w, unsigned n, usec_t span);
void world_step_clock(World *w, int64_t by, bool synchronised);
void world_adopt(World *w, const char *target);
int world_approve(World *w, const char *target); /* whatever is held there; -ENOENT: nothing */
usec_t at(const char *rfc3339);
Now world_now(const World *w);
bool world_said(const World *w, const char *text); /* in the journal since the beginning */
size_t world_said_times(const World *w, const char *text);
void world_forget_said(World *w);
uint64_t world_random(World *w, uint64_t below);
/* One window as engine_each() shows it at "public" (or alerts); false: unknown. Texts are valid until the next call. */
bool world_status(World *w, const char *window, const char *target, WindowStatus *ret);
