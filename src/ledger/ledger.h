#pragma once
/*
 * The ledger's interface
 *
 * The durable memory of maintd behind two calls, load and commit, so that the simulator can bind the engine to a model
 * that loses unsynced writes. ledger-sqlite.c is the real one. One conformance test (tests/unit/test-ledger.c) holds both
 * to the same behaviour.
 */
#include "base/arena.h"
#include "model/model.h"

typedef enum EntryKind {
        ENTRY_INTENT,           /* a request is about to be sent: record carries the open intent */
        ENTRY_OUTCOME,          /* what became of it */
        ENTRY_NOTE,             /* a change of the row without a request: taken over, diverged, held, … */
        ENTRY_MANIFEST,         /* a manifest's version in force, or its end (doc NULL) */
        ENTRY_APPROVAL,
} EntryKind;
#define ENTRIES (ENTRY_APPROVAL + 1)

/* The row of a manifest: its last good version, and when a load first missed it. */
typedef struct ManifestRow {
        const char *id;
        const char *doc;        /* canonical text; NULL in an entry: forget the row; "" in an entry: keep the text as it is */
        const char *file, *commit; /* where it was read last; "" unknown */
        unsigned line;
        uint64_t content;       /* WindowSet.content */
        usec_t vanished;        /* 0: it is there */
} ManifestRow;

/* One line of history, with the row as it is afterwards. */
typedef struct Entry {
        EntryKind kind;
        uint64_t intent;        /* of ENTRY_INTENT and ENTRY_OUTCOME */
        usec_t at;
        const Record *record;   /* after-image to store by Record.id; NULL: none. status FINAL rows are kept for `retention` */
        const ManifestRow *manifest; /* of ENTRY_MANIFEST */
        WindowKey key;          /* for the history; manifest "" when it concerns none */
        const char *target;     /* the target's name in the config, "" none */
        ActionKind action;
        Verdict verdict;        /* of ENTRY_OUTCOME */
        usec_t due;             /* 0: none */
        usec_t late;            /* µs */
        const char *text;       /* the reason or the note: one line, no secrets */
        const char *file, *commit; /* "" unknown */
        unsigned line;
} Entry;

typedef struct Snapshot {
        Record *records;        /* all that are not FINAL, and the latest FINAL of each key whose end lies less than 90 d back */
        size_t n_records;
        ManifestRow *manifests;
        size_t n_manifests;
        char ledger_id[17];     /* 16 random hex digits, made with the ledger */
        char machine_id[33];    /* of the machine it belongs to */
        uint64_t last_intent, last_record; /* highest serials ever given */
        usec_t last_at;         /* the newest entry's time */
        usec_t last_load;       /* when manifests were last loaded, 0: never */
        Arena *arena;           /* owns all of it */
} Snapshot;

void snapshot_done(Snapshot *s);

typedef struct Ledger Ledger;
typedef struct LedgerOps {
        int (*load)(Ledger *l, Snapshot *ret);
        /* One transaction; durable on return. -ENOSPC, -EIO, -EROFS …: nothing of it holds. n = 0: nothing is done. */
        int (*commit)(Ledger *l, const Entry *entries, size_t n);
        Ledger *(*free)(Ledger *l);
} LedgerOps;
/* Every implementation begins with this. */
struct Ledger {
        const LedgerOps *ops;
};
static inline int ledger_load(Ledger *l, Snapshot *ret) { return l->ops->load(l, ret); }
static inline int ledger_commit(Ledger *l, const Entry *e, size_t n) { return l->ops->commit(l, e, n); }
static inline Ledger *ledger_free(Ledger *l) { return l ? l->ops->free(l) : NULL; }
DEFINE_AUTO(Ledger *, ledger_free)
