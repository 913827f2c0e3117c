#pragma once
/*
 * Inside the SQLite ledger: what its files share. Nothing outside src/ledger/ includes this but its own test.
 */
#include <sqlite3.h>

#include "ledger/ledger-sqlite.h"

#define LEDGER_APPLICATION 0x6d6e7464 /* "mntd" in the file's header: file(1) and we know a ledger by it */

enum { SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_RECORD, SQL_ENTRY, SQL_MANIFEST, SQL_FORGET, SQL_SERVICE, SQL_SERIALS, SQL_STATEMENTS };

typedef struct LedgerDb {
        Ledger ledger;          /* first: a Ledger * is a LedgerDb * */
        LedgerMode mode;
        int lock;               /* owned; -1 when reading */
        sqlite3 *db;            /* owned */
        sqlite3_stmt *sql[SQL_STATEMENTS]; /* owned; prepared for LEDGER_OWN alone */
} LedgerDb;

extern const LedgerOps sqlite_ops;
int db_prepare(LedgerDb *l); /* the statements of a commit */

static inline void sqlite3_finalizep(sqlite3_stmt **s) {
        (void) sqlite3_finalize(*s);
}

static inline void sqlite3_closep(sqlite3 **db) {
        (void) sqlite3_close(*db);
}

static inline void sqlite3_freep(void *p) {
        sqlite3_free(*(void **) p);
}

/* SQLite's (extended) result code as -errno; 0 for OK, ROW and DONE. @db may be NULL. */
int db_errno(sqlite3 *db, int rc);
int db_exec(sqlite3 *db, const char *sql);
/* Runs a prepared statement that returns no row, and resets it. */
int db_run(sqlite3_stmt *s);
/* The first column of the first row of @sql: a number, or a new string. -ENOENT without a row. */
int db_number(sqlite3 *db, const char *sql, int64_t *ret);
int db_text(sqlite3 *db, const char *sql, char **ret);

/* Writes one line for people to @reterr (may be NULL) and returns @error. */
int db_fail(char **reterr, int error, const char *fmt, ...) printf_(3, 4);

/* µs as SQLite's signed integers, so that SQL can compare them: USEC_INFINITY is the largest. */
static inline int64_t usec_to_sql(usec_t t) {
        return t > INT64_MAX ? INT64_MAX : (int64_t) t;
}

static inline usec_t usec_from_sql(int64_t v) {
        return v == INT64_MAX ? USEC_INFINITY : (usec_t) v;
}

/* Brings @db from its user_version to @n by steps[version], each step in a transaction of its own. */
int schema_migrate(sqlite3 *db, const char *const *steps, unsigned n);
int schema_upgrade(sqlite3 *db);
/* Writes a ledger's schema, identity and machine into an empty database. */
int schema_create(sqlite3 *db, const char *machine_id);
typedef enum Check {
        CHECK_ROWS,             /* what decisions are made from; years of history are not walked at every start */
        CHECK_WHOLE,
        CHECK_AFTER_CRASH,
} Check;
/* Is this a sound ledger that we understand? Never writes. @path is for the message. */
int schema_examine(sqlite3 *db, const char *path, Check check, char **reterr);
