#pragma once
/*
 * A ledger in memory, for the simulator
 *
 * Behaves as ledger-sqlite.c does (tests/unit/test-ledger.c holds both to the same cases) and, beyond that, does on
 * request what disks do: refuse to write, lose what was never synced, come back from last week's backup.
 *
 * A commit is durable when it returns. While the disk is made to lie (ledger_model_lie), commits return as if they were,
 * and a crash keeps only as many of them as it is told. Out of memory ends the test.
 */
#include "ledger/ledger.h"

typedef struct LedgerBackup LedgerBackup;

/* @ledger_id: 16 hex digits, @machine_id: 32; copied. */
Ledger *ledger_model_new(const char *ledger_id, const char *machine_id);

/* The next @n commits return @error (-ENOSPC, -EIO, …) and leave nothing; UINT_MAX: until called with 0. */
void ledger_model_fail(Ledger *l, int error, unsigned n);
/* The next commit returns @error, and yet all of it is found after the next crash: power failed between write and sync. */
void ledger_model_fail_but_keep(Ledger *l, int error);

/* From now on commits stay unsynced until ledger_model_sync(), or are synced at once again. */
void ledger_model_lie(Ledger *l, bool lie);
void ledger_model_sync(Ledger *l);
size_t ledger_model_unsynced(const Ledger *l); /* commits */

/* What a new process finds after a crash: all that was synced, and the first @keep of the unsynced commits. */
void ledger_model_crash(Ledger *l, size_t keep);

LedgerBackup *ledger_model_backup(const Ledger *l);
void ledger_model_restore(Ledger *l, const LedgerBackup *b); /* everything since is forgotten, its id stays the same */
LedgerBackup *ledger_backup_free(LedgerBackup *b);
DEFINE_AUTO(LedgerBackup *, ledger_backup_free)

/* Forgets what ledger_prune() would of what ended before. */
void ledger_model_prune(Ledger *l, usec_t before);
void ledger_model_adopt_machine(Ledger *l, const char *machine_id);
uint64_t ledger_model_commits(const Ledger *l); /* that returned 0 */
