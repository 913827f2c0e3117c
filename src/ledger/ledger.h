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
        ENTRY_SERVICE,          /* what a service's name resolved to */
} EntryKind;
#define ENTRIES (ENTRY_SERVICE + 1)

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
        const ManifestRow *manifest; /* of ENTRY_MANIFEST; NULL: a load that changed no row, noted as last_load */
        const KnownService *service; /* of ENTRY_SERVICE: replaces that of the same target, kind and service */
        WindowKey key;          /* for the history; manifest "": that of the record or manifest, if there is one */
        const char *target;     /* the target's name in the config, "" none */
        ActionKind action;
        Verdict verdict;        /* of ENTRY_OUTCOME */
        usec_t due;             /* 0: none */
        usec_t late;            /* µs */
        const char *text;       /* the reason or the note: one line, no secrets; an ENTRY_MANIFEST or ENTRY_SERVICE without is no line of history */
        const char *file, *commit; /* "" unknown */
        unsigned line;
} Entry;

#define FINAL_KEPT (90 * USEC_PER_DAY)

typedef struct Snapshot {
        Record *records;        /* by id: all that are not FINAL, and the latest FINAL of each (target, key, part) whose end
                                 * lies less than FINAL_KEPT before last_at */
        size_t n_records;
        ManifestRow *manifests; /* by id */
        size_t n_manifests;
        KnownService *services; /* by target, kind, service */
        size_t n_services;
        char ledger_id[17];     /* 16 random hex digits, made with the ledger */
        char machine_id[33];    /* of the machine it belongs to */
        uint64_t last_intent, last_record; /* highest serials ever given */
        usec_t last_at;         /* time of the entry committed last, 0: none */
        usec_t last_load;       /* time of the ENTRY_MANIFEST committed last, 0: none */
        Arena *arena;           /* owns all of it */
} Snapshot;

void snapshot_done(Snapshot *s); /* an empty one is fine */

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

/* For implementations. */
bool entry_speaks(const Entry *e);      /* is it a line of history? */
WindowKey entry_key(const Entry *e);    /* what it concerns; members never NULL */
/* Keeps one copy of texts that come again and again; "" for NULL and "", NULL when memory is out. */
typedef struct Intern {
        Arena *arena;           /* borrowed */
        const char *slots[512];
} Intern;
const char *intern(Intern *in, const char *s);
