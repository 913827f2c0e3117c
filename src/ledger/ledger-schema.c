/*
 * The ledger's tables, how they change with time, and how a file is known to be a sound ledger
 *
 * A schema version is a step of SQL; a step that has been released is never edited, the next version adds another. The
 * steps run in order and each in one transaction together with its version number, so a crash between two leaves a ledger
 * that the next start continues from.
 *
 *   meta      who it is: the ledger's random id, the machine it belongs to
 *   serials   one row: the highest numbers ever given, which pruning must not take back
 *   record    one row per remote object, all fields of Record; prints are hashes, `told` is an array of 64 bit, little endian
 *   manifest  the last good version of each manifest
 *   service   what the names of services resolved to, target by target
 *   entry     the audit: every intent, outcome and note with the state afterwards
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ledger/ledger-db.h"

#define PRINT_COLUMNS(p) \
        p "_start INTEGER NOT NULL, " p "_end INTEGER NOT NULL, " p "_title INTEGER NOT NULL, " p "_body INTEGER NOT NULL, " \
        p "_services INTEGER NOT NULL, " p "_impact INTEGER NOT NULL, " p "_reminders INTEGER NOT NULL, " \
        p "_marker INTEGER NOT NULL, " p "_extra INTEGER NOT NULL, "

static const char *const schema_steps[] = {
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE serials (id INTEGER PRIMARY KEY CHECK (id = 1), last_intent INTEGER NOT NULL, last_record INTEGER NOT NULL, "
        "last_at INTEGER NOT NULL, last_load INTEGER NOT NULL);"
        "INSERT INTO serials VALUES (1, 0, 0, 0, 0);"
        "CREATE TABLE record (id INTEGER PRIMARY KEY, target TEXT NOT NULL, manifest TEXT NOT NULL, occurrence TEXT NOT NULL, "
        "generation INTEGER NOT NULL, part TEXT NOT NULL, remote_id TEXT NOT NULL, version TEXT NOT NULL, title TEXT NOT NULL, "
        "status INTEGER NOT NULL, left_state INTEGER NOT NULL, " PRINT_COLUMNS("applied") PRINT_COLUMNS("echo")
        "diverged INTEGER NOT NULL, window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, started INTEGER NOT NULL, "
        "ended INTEGER NOT NULL, written_real INTEGER NOT NULL, written_boot INTEGER NOT NULL, intent INTEGER NOT NULL, "
        "intent_kind INTEGER NOT NULL, held INTEGER NOT NULL, approved INTEGER NOT NULL, refused INTEGER NOT NULL, "
        "heals INTEGER NOT NULL, heal_day INTEGER NOT NULL, created INTEGER NOT NULL, moved INTEGER NOT NULL, told BLOB);"
        "CREATE INDEX record_by_key ON record (manifest, occurrence);"
        "CREATE TABLE manifest (id TEXT PRIMARY KEY, doc TEXT NOT NULL, file TEXT NOT NULL, commit_id TEXT NOT NULL, "
        "line INTEGER NOT NULL, content INTEGER NOT NULL, vanished INTEGER NOT NULL);"
        "CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind INTEGER NOT NULL, "
        "intent INTEGER NOT NULL, record INTEGER NOT NULL, manifest TEXT NOT NULL, occurrence TEXT NOT NULL, "
        "target TEXT NOT NULL, remote_id TEXT NOT NULL, action INTEGER NOT NULL, verdict INTEGER NOT NULL, state INTEGER, "
        "due INTEGER NOT NULL, late INTEGER NOT NULL, text TEXT NOT NULL, file TEXT NOT NULL, commit_id TEXT NOT NULL, "
        "line INTEGER NOT NULL);"
        "CREATE INDEX entry_by_manifest ON entry (manifest, occurrence);"
        "CREATE INDEX entry_by_record ON entry (record);"
        "CREATE INDEX entry_by_time ON entry (at);",
        "CREATE TABLE service (target TEXT NOT NULL, kind TEXT NOT NULL, service TEXT NOT NULL, asked TEXT NOT NULL, name TEXT NOT NULL, "
        "id TEXT NOT NULL, PRIMARY KEY (target, kind, service)) WITHOUT ROWID;",
        "ALTER TABLE record ADD COLUMN asked_start INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE record ADD COLUMN asked_end INTEGER NOT NULL DEFAULT 0;",
};
_Static_assert(ARRAY_SIZE(schema_steps) == LEDGER_SCHEMA, "one step a version");

int db_errno(sqlite3 *db, int rc) {
        int sys = db ? sqlite3_system_errno(db) : 0;

        switch (rc & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
                return -EBUSY;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_CANTOPEN:
                return sys > 0 ? -sys : -EACCES;
        case SQLITE_IOERR:
                if (rc == SQLITE_IOERR_NOMEM)
                        return -ENOMEM;
                return sys == ENOSPC || sys == EDQUOT || sys == EFBIG || sys == EROFS ? -sys : -EIO;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_ERROR: /* all SQL is ours: a statement that does not fit means tables that do not */
        case SQLITE_SCHEMA:
        case SQLITE_MISMATCH:
                return -EBADMSG;
        default:
                return -EIO;
        }
}

int db_exec(sqlite3 *db, const char *sql) {
        return db_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int db_run(sqlite3_stmt *s) {
        int rc = sqlite3_step(s), r = rc == SQLITE_ROW ? -EINVAL : db_errno(sqlite3_db_handle(s), rc);

        (void) sqlite3_reset(s);
        return r;
}

static int first_row(sqlite3 *db, const char *sql, sqlite3_stmt **ret) {
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(s);
        if (rc == SQLITE_DONE)
                return -ENOENT;
        if (rc != SQLITE_ROW)
                return db_errno(db, rc);
        *ret = STEAL(s);
        return 0;
}

int db_number(sqlite3 *db, const char *sql, int64_t *ret) {
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int r = first_row(db, sql, &s);

        if (r >= 0)
                *ret = sqlite3_column_int64(s, 0);
        return r;
}

int db_text(sqlite3 *db, const char *sql, char **ret) {
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int r = first_row(db, sql, &s);
        const char *text = r < 0 ? NULL : (const char *) sqlite3_column_text(s, 0);
        char *copy;

        if (r < 0)
                return r;
        copy = strdup(text ? text : "");
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

int db_fail(char **reterr, int error, const char *fmt, ...) {
        va_list ap;

        if (!reterr)
                return error;
        va_start(ap, fmt);
        if (vasprintf(reterr, fmt, ap) < 0)
                *reterr = NULL;
        va_end(ap);
        return error;
}

static int migrate_step(sqlite3 *db, const char *sql, unsigned version) {
        char pragma[64];
        int r = db_exec(db, "BEGIN IMMEDIATE");

        if (r < 0)
                return r;
        (void) snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %u", version);
        r = db_exec(db, sql);
        if (r >= 0)
                r = db_exec(db, pragma);
        if (r >= 0)
                r = db_exec(db, "COMMIT");
        if (r < 0 && !sqlite3_get_autocommit(db))
                (void) db_exec(db, "ROLLBACK");
        return r;
}

int schema_migrate(sqlite3 *db, const char *const *steps, unsigned n) {
        int64_t version;
        int r = db_number(db, "PRAGMA user_version", &version);

        if (r < 0)
                return r;
        if (version < 0 || version > n)
                return -EPROTO;
        for (unsigned v = (unsigned) version; v < n; v++) {
                r = migrate_step(db, steps[v], v + 1);
                if (r < 0)
                        return r;
        }
        return 0;
}

int schema_upgrade(sqlite3 *db) {
        return schema_migrate(db, schema_steps, LEDGER_SCHEMA);
}

int schema_create(sqlite3 *db, const char *machine_id) {
        auto_(sqlite3_free) char *sql = NULL;
        uint64_t id;
        int r;

        if (getrandom(&id, sizeof(id), 0) != sizeof(id))
                return -EIO;
        sql = sqlite3_mprintf("PRAGMA application_id = %d; INSERT INTO meta VALUES ('ledger_id', '%016llx'), ('machine_id', %Q), "
                              "('created', '%lld');",
                              LEDGER_APPLICATION, (unsigned long long) id, machine_id, (long long) time(NULL));
        if (!sql)
                return -ENOMEM;
        r = schema_upgrade(db);
        if (r >= 0)
                r = db_exec(db, sql);
        if (r >= 0)
                r = db_exec(db, "PRAGMA journal_mode = WAL");
        return r;
}

/* SQLite tells of damage in several lines, the first of them a heading. */
static const char *first_finding(char *verdict) {
        char *finding = strstr(verdict, "***\n");

        finding = finding ? finding + strlen("***\n") : verdict;
        finding[strcspn(finding, "\n")] = '\0';
        return finding;
}

/* quick_check walks every page; integrity_check compares the indices with their tables as well. */
static const struct { const char *sql; unsigned when; } checks[] = {
        { "PRAGMA quick_check(1)", BIT(CHECK_WHOLE) | BIT(CHECK_AFTER_CRASH) },
        { "PRAGMA integrity_check(record)", BIT(CHECK_AFTER_CRASH) },
        { "PRAGMA quick_check(record)", BIT(CHECK_ROWS) },
        { "PRAGMA quick_check(manifest)", BIT(CHECK_ROWS) },
        { "PRAGMA quick_check(serials)", BIT(CHECK_ROWS) },
        { "PRAGMA quick_check(meta)", BIT(CHECK_ROWS) },
};

#define WAY_OUT \
        "Nothing was changed. Move it and its -wal file away, then restore a backup, or start without and run 'maintctl adopt --all'"

int schema_examine(sqlite3 *db, const char *path, Check check, char **reterr) {
        int64_t application, version;
        int r = db_number(db, "PRAGMA application_id", &application);

        if (r >= 0)
                r = db_number(db, "PRAGMA user_version", &version);
        if (r == -EBADMSG)
                return db_fail(reterr, r, "the ledger %s is damaged or no database at all (%s). " WAY_OUT, path, sqlite3_errmsg(db));
        if (r < 0)
                return db_fail(reterr, r, "cannot read the ledger %s: %s", path, strerror(-r));
        if (application != LEDGER_APPLICATION)
                return db_fail(reterr, -EBADMSG, "%s is a database, but not a ledger of maintd. " WAY_OUT, path);
        if (version > LEDGER_SCHEMA)
                return db_fail(reterr, -EPROTO,
                               "the ledger %s was written by a newer maintd (schema %" PRId64 ", this one knows %d). "
                               "Install that version again. " WAY_OUT,
                               path, version, LEDGER_SCHEMA);
        if (version < 1)
                return db_fail(reterr, -EBADMSG, "the ledger %s is damaged (no schema). " WAY_OUT, path);
        for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
                auto_(free) char *verdict = NULL;

                if (!(checks[i].when & BIT(check)))
                        continue;
                r = db_text(db, checks[i].sql, &verdict);
                if (r < 0 && r != -EBADMSG)
                        return db_fail(reterr, r, "cannot check the ledger %s: %s", path, strerror(-r));
                if (r < 0 || strcmp(verdict, "ok") != 0)
                        return db_fail(reterr, -EBADMSG, "the ledger %s is damaged (%s). " WAY_OUT, path,
                                       r < 0 ? sqlite3_errmsg(db) : first_finding(verdict));
        }
        return 0;
}
