/*
 * Opening the ledger: one owner, nothing overwritten
 *
 * An flock on a file beside the database keeps a second daemon out; SQLite's own locks let maintctl read beside the daemon.
 * A ledger is made under another name and renamed when it is whole, so an empty or half-made file under the real name is
 * always damage and never a beginning. What is there is examined through a read-only connection before anything may write.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ledger/ledger-db.h"

#define LOCK_NAME "ledger.lock"
#define FRESH_NAME LEDGER_NAME ".new"
#define WHOLE_MAX (32 << 20) /* bytes: walked in about 0.1 s */
#define BUSY_MSEC 2000 /* a reader beside us holds a lock for moments only */

/* What root makes here (sudo maintctl apply) belongs to the owner of the directory, or the daemon could not open it. SQLite does
 * the same for its -wal and -shm. */
static int give_to_owner(const char *dir, int fd) {
        struct stat st;

        if (geteuid() != 0)
                return 0;
        return stat(dir, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

/* The lock file stays when we go: unlinking it would let two processes lock two files of one name. */
static int take_lock(const char *dir, char **reterr) {
        auto_(free) char *path = textf("%s/" LOCK_NAME, dir);
        char pid[24] = "";
        int fd, r;

        if (!path)
                return db_fail(reterr, -ENOMEM, "out of memory");
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
                r = -errno;
                return db_fail(reterr, r, "cannot open %s: %s", path, strerror(-r));
        }
        (void) give_to_owner(dir, fd); /* where that is not allowed, the daemon says so when it is its turn */
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                r = errno == EWOULDBLOCK ? -EBUSY : -errno;
                if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
                        pid[0] = '\0';
                pid[strspn(pid, "0123456789")] = '\0';
                (void) close(fd);
                return r != -EBUSY ? db_fail(reterr, r, "cannot lock %s: %s", path, strerror(-r))
                                   : db_fail(reterr, r, "the ledger in %s is in use by process %s: stop it first (is maintd running?)", dir,
                                             text_or(pid, "(unknown)"));
        }
        (void) snprintf(pid, sizeof(pid), "%ld\n", (long) getpid());
        if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, strlen(pid), 0) < 0)
                (void) !ftruncate(fd, 0); /* a full disk: the lock holds without a name */
        return fd;
}

static int connect_db(const char *path, int flags, sqlite3 **ret) {
        sqlite3 *db = NULL;
        int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL), r = db_errno(db, rc);

        if (r >= 0) {
                (void) sqlite3_busy_timeout(db, BUSY_MSEC);
                (void) sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
                (void) sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        }
        if (r < 0) {
                (void) sqlite3_close(db);
                return r;
        }
        *ret = db;
        return 0;
}

static int sync_dir(const char *dir) {
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (fd < 0)
                return -errno;
        r = fsync(fd) < 0 ? -errno : 0;
        (void) close(fd);
        return r;
}

static int fill_fresh(const char *dir, const char *fresh, const char *machine_id) {
        auto_(sqlite3_close) sqlite3 *db = NULL;
        int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), r;

        if (fd < 0)
                return -errno;
        (void) give_to_owner(dir, fd);
        (void) close(fd); /* SQLite gives its -wal and -shm files the mode of the database */
        r = connect_db(fresh, SQLITE_OPEN_READWRITE, &db);
        if (r >= 0)
                r = db_exec(db, "PRAGMA synchronous = FULL");
        return r < 0 ? r : schema_create(db, machine_id);
}

static void remove_fresh(const char *fresh) {
        static const char *const tails[] = { "", "-journal", "-wal", "-shm" };

        for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
                auto_(free) char *path = textf("%s%s", fresh, tails[i]);

                if (path)
                        (void) unlink(path);
        }
}

static int make(const char *dir, const char *path, const char *machine_id, char **reterr) {
        auto_(free) char *fresh = textf("%s/" FRESH_NAME, dir);
        int r;

        if (!fresh)
                return db_fail(reterr, -ENOMEM, "out of memory");
        remove_fresh(fresh); /* of a crash while making one */
        r = fill_fresh(dir, fresh, machine_id);
        if (r >= 0 && renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
                r = -errno;
        if (r >= 0)
                r = sync_dir(dir);
        if (r < 0) {
                remove_fresh(fresh);
                return db_fail(reterr, r, "cannot make the ledger %s: %s", path, strerror(-r));
        }
        return 0;
}

static int examine(const char *path, Check check, char **reterr) {
        auto_(sqlite3_close) sqlite3 *db = NULL;
        int r = connect_db(path, SQLITE_OPEN_READONLY, &db);

        if (r < 0)
                return db_fail(reterr, r, "cannot open the ledger %s: %s", path, strerror(-r));
        return schema_examine(db, path, check, reterr);
}

/* What lies there under our name, before SQLite touches it. Return: 1 a file, 0 nothing. */
static int look(const char *path, Check *ret, char **reterr) {
        auto_(free) char *wal = textf("%s-wal", path);
        struct stat st, wal_st;
        bool left;

        if (!wal)
                return db_fail(reterr, -ENOMEM, "out of memory");
        left = lstat(wal, &wal_st) == 0 && wal_st.st_size > 0;
        if (lstat(path, &st) < 0) {
                if (errno != ENOENT)
                        return db_fail(reterr, -errno, "cannot open the ledger %s: %m", path);
                if (left)
                        return db_fail(reterr, -EBADMSG,
                                       "the ledger %s is missing, but its -wal file is there. Put back the ledger that belongs to it, or "
                                       "move the -wal file away and run 'maintctl adopt --all'",
                                       path);
                return 0;
        }
        if (!S_ISREG(st.st_mode) || st.st_size == 0)
                return db_fail(reterr, -EBADMSG,
                               "the ledger %s is %s. Nothing was changed. Move it away, then restore a backup, or start without and run "
                               "'maintctl adopt --all'",
                               path, S_ISREG(st.st_mode) ? "empty" : "no regular file");
        *ret = left ? CHECK_AFTER_CRASH : st.st_size <= WHOLE_MAX ? CHECK_WHOLE : CHECK_ROWS;
        return 1;
}

/* The request of an intent that has no record (a second object is withdrawn) is not looked after: what it left is found and withdrawn
 * anew. So that no line of history stays without an end, it is said. Its last word is not worth a failed start: the next one says it. */
static void close_what_was_cut_off(sqlite3 *db) {
        auto_(sqlite3_free) char *sql = sqlite3_mprintf(
                "INSERT INTO entry (at, kind, intent, record, manifest, occurrence, target, remote_id, action, verdict, state, due, late, text, file, "
                "commit_id, line) SELECT (SELECT last_at FROM serials), %d, intent, 0, manifest, occurrence, target, remote_id, action, %d, NULL, 0, 0, "
                "'cut off before an answer: if it is still there it is found anew', '', '', 0 FROM entry i WHERE record = 0 AND kind = %d "
                "AND NOT EXISTS (SELECT 1 FROM entry o WHERE o.seq > i.seq AND o.kind = %d AND o.intent = i.intent)",
                ENTRY_OUTCOME, VERDICT_UNKNOWN, ENTRY_INTENT, ENTRY_OUTCOME);

        if (sql)
                (void) db_exec(db, sql);
}

static int start(LedgerDb *l, const char *path) {
        int r;

        if (l->mode == LEDGER_READ)
                return connect_db(path, SQLITE_OPEN_READONLY, &l->db);
        r = connect_db(path, SQLITE_OPEN_READWRITE, &l->db);
        if (r >= 0)
                r = db_exec(l->db, "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; "
                                   "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 8388608");
        if (r >= 0)
                r = schema_upgrade(l->db);
        if (r >= 0)
                r = db_prepare(l);
        if (r >= 0)
                close_what_was_cut_off(l->db);
        return r;
}

int ledger_open(const char *dir, LedgerMode mode, const char *machine_id, Ledger **ret, char **reterr) {
        auto_(free) char *path = textf("%s/" LEDGER_NAME, dir);
        auto_(ledger_free) Ledger *ledger = NULL;
        LedgerDb *l = calloc(1, sizeof(*l));
        Check check = CHECK_WHOLE;
        int r;

        if (!path || !l) {
                free(l);
                return db_fail(reterr, -ENOMEM, "out of memory");
        }
        *l = (LedgerDb) { .ledger.ops = &sqlite_ops, .mode = mode, .lock = -1 };
        ledger = &l->ledger;
        if (mode == LEDGER_OWN) {
                r = take_lock(dir, reterr);
                if (r < 0)
                        return r;
                l->lock = r;
        }
        r = look(path, &check, reterr);
        if (r == 0 && mode == LEDGER_READ)
                return db_fail(reterr, -ENOENT, "there is no ledger in %s: nothing has been done yet, or it is another directory", dir);
        if (r == 0)
                r = make(dir, path, machine_id, reterr);
        else if (r > 0)
                r = examine(path, check, reterr);
        if (r < 0)
                return r;
        r = start(l, path);
        if (r < 0)
                return db_fail(reterr, r, "cannot open the ledger %s: %s", path, strerror(-r));
        *ret = STEAL(ledger);
        return 0;
}

int ledger_open_memory(const char *machine_id, Ledger **ret) {
        auto_(ledger_free) Ledger *ledger = NULL;
        LedgerDb *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        *l = (LedgerDb) { .ledger.ops = &sqlite_ops, .mode = LEDGER_OWN, .lock = -1 };
        ledger = &l->ledger;
        r = connect_db(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, &l->db);
        if (r >= 0)
                r = schema_create(l->db, machine_id);
        if (r >= 0)
                r = db_prepare(l);
        if (r < 0)
                return r;
        *ret = STEAL(ledger);
        return 0;
}
