#pragma once
/*
 * The ledger in SQLite: $STATE_DIRECTORY/ledger.db
 *
 * Beside it: ledger.lock (held by the owner, holds its pid) and SQLite's -wal and -shm. All are for the owner alone (0600).
 */
#include "ledger/ledger.h"

#define LEDGER_NAME "ledger.db"
#define LEDGER_SCHEMA 3

typedef enum LedgerMode {
        LEDGER_OWN,             /* read and write, locked against a second process; made when missing */
        LEDGER_READ,            /* for maintctl beside or without a daemon: never writes, -ENOENT when missing */
} LedgerMode;

/**
 * ledger_open() - open the ledger of a state directory
 * @dir:        exists
 * @machine_id: this machine's, 32 hex digits; noted when the ledger is made. LEDGER_READ: may be NULL
 * @reterr:     one line for people that says the way out, owned by the caller, NULL when memory is out; set on failure only
 *
 * Checks its integrity and brings an older schema up to date. Return: 0; -EBUSY another process owns it; -EBADMSG corrupt;
 * -EPROTO newer than we know; -EACCES, -ENOSPC, -EROFS, -EIO. Nothing is ever overwritten: a corrupt ledger stays as it is.
 */
int ledger_open(const char *dir, LedgerMode mode, const char *machine_id, Ledger **ret, char **reterr);

/* One that is in no file and gone when it is freed, for what is only played. 0 or -errno. */
int ledger_open_memory(const char *machine_id, Ledger **ret);

/* The ledger now belongs to this machine. */
int ledger_adopt_machine(Ledger *l, const char *machine_id);

/* Deletes finished windows that ended before @before, and lines of history older than that whose window is gone. Return: rows
 * deleted, or -errno. */
int64_t ledger_prune(Ledger *l, usec_t before);

typedef struct HistoryLine {    /* borrowed during the callback */
        uint64_t seq;
        usec_t at, due, late;
        EntryKind kind;
        uint64_t intent;
        const char *manifest, *occurrence, *target, *remote_id, *text, *file, *commit;
        unsigned line;
        ActionKind action;
        Verdict verdict;
        State state;            /* of the row afterwards */
        bool has_state;
} HistoryLine;
/* Which of the lines that are asked for. */
typedef struct HistoryRange {
        uint64_t after;         /* those with a higher seq */
        unsigned limit;         /* so many at most, 0: all */
        bool oldest;            /* of more the oldest, so that who goes on from there misses none; else the newest */
} HistoryRange;
/* Oldest first, of @manifest (NULL: all) and @occurrence (NULL: all). A renamed window's lines from before are among those of its
 * new id. A negative return of @line stops and is passed up. */
int ledger_history(Ledger *l, const char *manifest, const char *occurrence, HistoryRange range,
                   int (*line)(void *userdata, const HistoryLine *h), void *userdata);
/* Likewise of all manifests that @of, called with their ids, wants. It must not touch the ledger. */
int ledger_history_of(Ledger *l, bool (*of)(void *of_userdata, const char *manifest), void *of_userdata, HistoryRange range,
                      int (*line)(void *userdata, const HistoryLine *h), void *userdata);

/* The doc of one manifest row: a new string owned by the caller; -ENOENT. */
int ledger_manifest_doc(Ledger *l, const char *id, char **ret);
