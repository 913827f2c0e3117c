#pragma once
/*
 * Engine: the loop without I/O
 *
 * A state machine that is told things and asked what to do next; it never calls out, reads no clock and no file, and given the
 * same calls makes the same decisions. Whoever binds it to the world does four steps for ever: commit, send, log, sleep.
 *
 *      told: targets, windows, responses, failures, commits, the clock, secrets, approvals
 *      asked: one Turn
 *
 * Everything in a Turn is borrowed until the next engine_ call but engine_told_committed(…, 0). All functions return 0 or -ENOMEM
 * unless they say otherwise.
 */
#include "ledger/ledger.h"
#include "reconcile/plan.h"
#include "target/driver.h"

typedef struct Engine Engine;

typedef struct EngineConfig {
        usec_t resync;                  /* how often targets are listed */
        usec_t withdraw_after;          /* grace for manifests that vanished */
        unsigned max_cancel, max_move;  /* percent, rule 3 */
        usec_t build_date;              /* no transition while the clock is before this */
        bool read_only;                 /* look and plan, but never write: no intents are made */
        bool look_only;                 /* as read_only, but what a person says is kept: adoptions, approvals */
        size_t keep_texts;              /* bytes; so much of what targets show is kept whole, for a plan to show it */
        bool writes_blocked;            /* the ledger belongs to another machine: nothing is written until engine_told_adopt(NULL) */
        uint64_t seed;                  /* jitter, so that a run repeats */
} EngineConfig;

/* @s borrowed during the call. */
int engine_new(const EngineConfig *c, const Snapshot *s, Now now, Engine **ret);
Engine *engine_free(Engine *e);
DEFINE_AUTO(Engine *, engine_free)
/* After a reload of the config; seed and read_only are kept. */
void engine_told_config(Engine *e, const EngineConfig *c);

/* The targets of the config, borrowed until they are replaced by a later call or the engine ends; the caller then frees what they
 * found with target_done(). A target with an identity known before keeps what was observed there. */
int engine_told_targets(Engine *e, Now now, Target *const *targets, size_t n);

typedef enum SetStatus { SET_GOOD, SET_LAST_GOOD, SET_MISSING } SetStatus;
typedef struct LoadedSet {
        WindowSet *set;                 /* the engine takes references of its own */
        SetStatus status;               /* LAST_GOOD: its file is broken now; MISSING: no file has it, this is how it was */
} LoadedSet;
typedef struct Loaded {
        const LoadedSet *sets;          /* sorted by manifest id, unique; all there are, unchanged ones by the same pointer */
        size_t n;
        bool may_withdraw;              /* false: a missing manifest may be in a file that cannot be read: withdraw nothing */
        bool fresh;                     /* a load, as opposed to the horizon having moved: the guard counts */
        bool reload;                    /* not the first load of this process: what it brings is late from now on */
} Loaded;
int engine_told_windows(Engine *e, Now now, const Loaded *l);

typedef enum Failure {
        FAILURE_NOT_SENT,
        FAILURE_MAYBE_SENT,
        FAILURE_NO_CREDENTIAL,          /* not sent, and as good as a 401: only a person can put it right */
} Failure;
/* @r and @error borrowed. Unknown serials (of requests dropped since) are ignored. */
int engine_told_response(Engine *e, Now now, uint64_t request, const Response *r);
int engine_told_failure(Engine *e, Now now, uint64_t request, Failure f, const char *error);
/* The outcome of committing turn->entries: 0 or -errno. Must follow every turn with entries, before its requests are sent. */
int engine_told_committed(Engine *e, Now now, uint64_t turn, int error);
/* The wall clock was stepped by @step µs, or (un)trusted: @synchronised as the kernel says. */
int engine_told_clock(Engine *e, Now now, int64_t step, bool synchronised);
int engine_told_secret(Engine *e, Now now, const char *target); /* read again: try a denied target now; NULL: all */
/* Releases what is held under this digest; -ENOENT nothing is held under it. */
int engine_told_approval(Engine *e, Now now, uint64_t digest);
/* Take over what is found at a target (NULL: all targets, and this machine); -ENOENT no such target. */
int engine_told_adopt(Engine *e, Now now, const char *target);
/* The windows of one manifest alone. -ENOENT no such target, or no such manifest. */
int engine_told_adopt_manifest(Engine *e, Now now, const char *target, const char *manifest);
/* A reload was asked for: list targets soon, try denied and failing ones at once. */
int engine_told_reload(Engine *e, Now now);
/* No new requests that change anything are made any more; what is in flight may end. */
void engine_told_stop(Engine *e);

typedef enum EventKind {
        EVENT_PUBLISHED, EVENT_UPDATED, EVENT_MOVED, EVENT_STARTED, EVENT_COMPLETED, EVENT_CANCELLED, EVENT_WITHDRAWN, EVENT_POSTED,
        EVENT_ADOPTED, EVENT_TAKEN_OVER, EVENT_DIVERGED, EVENT_GONE, EVENT_CLAIMED, EVENT_ALREADY_THERE, EVENT_MISSED, EVENT_OVERRUNNING,
        EVENT_SUSPENDED, EVENT_DROPPED, EVENT_REFUSED, EVENT_HEALED, EVENT_HEAL_LIMIT, EVENT_DUPLICATE, EVENT_UNKNOWN, EVENT_MOVED_INTO_PAST,
        EVENT_DENIED, EVENT_UNREACHABLE, EVENT_RECOVERED, EVENT_LIMITED, EVENT_LOST_DATA, EVENT_CANNOT, EVENT_RETIRED, EVENT_ORPHANED, EVENT_UNRESOLVED,
        EVENT_WITHDRAW_PENDING, EVENT_WITHDRAW_UNDONE, EVENT_HELD, EVENT_APPROVED, EVENT_RENAMED,
        EVENT_CLOCK_UNTRUSTED, EVENT_CLOCK_TRUSTED, EVENT_LEDGER_UNWRITABLE, EVENT_LEDGER_WRITABLE, EVENT_MACHINE_CHANGED,
} EventKind;
#define EVENTS (EVENT_MACHINE_CHANGED + 1)
const char *event_to_string(EventKind k);       /* "published", "clock-untrusted", … */

typedef struct Event {                  /* one line for the journal */
        EventKind kind;
        int priority;                   /* syslog: 3 err, 4 warning, 5 notice, 6 info */
        WindowKey key;                  /* manifest "" when it concerns no window */
        const char *target;             /* name in the config, "" none */
        const Window *window;           /* NULL: unknown */
        const char *const *labels;      /* of its manifest: key, value, …, NULL; NULL: none, or no manifest is known any more */
        const char *remote_id;          /* "" unknown */
        bool has_state;
        State state;
        bool has_action;
        ActionKind action;
        usec_t due, late;               /* due 0: none */
        const char *text;               /* what happened: "started", "moved to …" or the whole sentence; never the key or target */
} Event;

typedef struct Turn {
        uint64_t serial;
        const Entry *entries;           /* 1. commit these and say so */
        size_t n_entries;
        const Request *requests;        /* 2. send these; those with an intent only when the commit held */
        size_t n_requests;
        const Event *events;            /* 3. log these */
        size_t n_events;
        usec_t wake_real, wake_boot;    /* 4. sleep until either; USEC_INFINITY: no */
} Turn;
int engine_ask(Engine *e, Now now, Turn *ret);

/* True when every target has been looked at (or has failed), nothing is in flight, and nothing is to be done now. */
bool engine_settled(const Engine *e, Now now);

/* For the expansion: which occurrences of @manifest run (frozen, sorted by occurrence), and the earliest start among its live
 * records (USEC_INFINITY: none). Memory from @a. The types are schedule's, repeated here as plain data. */
typedef struct EngineFrozen { const char *occurrence; usec_t start, end; } EngineFrozen;
int engine_frozen(const Engine *e, const char *manifest, Arena *a, EngineFrozen **ret, size_t *ret_n, usec_t *ret_since);
/* False: a MISSING manifest of which nothing is live any more: need not be told again. */
bool engine_needs(const Engine *e, const char *manifest);

/* The plan of every target as of now, in the order targets were told; from @a. Changes nothing. */
int engine_plan(const Engine *e, Now now, Arena *a, Plan **ret, size_t *ret_n);

typedef enum Sync {                     /* how a window and a target stand */
        SYNC_OK,                        /* as wanted */
        SYNC_NOT_YET,                   /* to be published later */
        SYNC_PENDING,                   /* something is to be done, or in flight */
        SYNC_UNKNOWN,                   /* an answer was lost; looking */
        SYNC_HELD, SYNC_DIVERGED, SYNC_GONE, SYNC_CLAIMED, SYNC_ALREADY_THERE, SYNC_REFUSED, SYNC_DENIED, SYNC_UNREACHABLE,
        SYNC_UNRESOLVED, SYNC_MISSED, SYNC_OVERRUNNING, SYNC_SUSPENDED, SYNC_NOT_THERE, /* last: finished, or never to be published */
} Sync;
#define SYNCS (SYNC_NOT_THERE + 1)
const char *sync_to_string(Sync s);     /* "ok", "not-yet", … */
bool sync_is_problem(Sync s);

typedef struct WindowStatus {           /* one window at one target; borrowed during the callback */
        WindowKey key;
        const Window *window;           /* NULL: only the ledger knows it */
        const char *target;             /* NULL: at no target */
        bool has_record;
        State state;                    /* as confirmed there; without a record as wanted now */
        State wanted;
        usec_t start, end;
        usec_t started, ended;          /* actual, 0: not (yet) */
        unsigned generation;
        const char *remote_id;          /* "" none */
        Sync sync;
        const char *problem;            /* "" none: one line */
        usec_t next;                    /* when something is next due here, USEC_INFINITY: nothing */
        const char *next_what;          /* "publish", "start", "wait" (for a person to start it), "complete", "message", "withdraw", "" */
        SetStatus source;               /* of its manifest */
        usec_t withdraw_at;             /* 0: not vanished */
} WindowStatus;
/* Windows in order of (start, key), each target in turn; a negative return stops and is passed up. */
int engine_each(const Engine *e, Now now, int (*fn)(void *userdata, const WindowStatus *s), void *userdata);

typedef struct TargetStatus {
        const char *name, *identity;
        const char *health;             /* "ok", "new", "unreachable", "denied", "limited" */
        const char *problem;            /* "" none */
        size_t live;                    /* objects that are ours and not final */
        usec_t listed;                  /* instant of the last complete listing, 0: never */
        uint64_t digest;                /* of what is held here, 0: nothing */
        const HeldChange *held;         /* that; borrowed during the callback */
        size_t n_held;
        bool retired;                   /* retire: and nothing is left there */
} TargetStatus;
int engine_each_target(const Engine *e, int (*fn)(void *userdata, const TargetStatus *s), void *userdata);
typedef struct EngineSummary {          /* for a status line; borrowed until the next call */
        size_t windows;                 /* live or to come, at the target that has most of them */
        size_t problems;                /* windows at targets that are not as they should be */
        WindowKey key;                  /* whose turn it is next; manifest "" when nothing is due by time */
        const char *target;
        const Window *window;           /* NULL: unknown */
        usec_t next;
        const char *next_what;
} EngineSummary;
/* Cheap: decides nothing, so it may be asked after every turn. */
void engine_summary(const Engine *e, EngineSummary *ret);
/* One line each: what concerns no single window (orphaned records, untrusted clock, another machine). */
int engine_each_problem(const Engine *e, int (*fn)(void *userdata, const char *target, const char *text), void *userdata);
