/*
 * What every ledger must do, run against SQLite and against the simulator's model; then what only a file can suffer
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "ledger/ledger-db.h"
#include "sim/ledger-model.h"

#define MACHINE "0123456789abcdef0123456789abcdef"
#define T0 (UINT64_C(1800000000) * USEC_PER_SEC)

typedef struct World {
        bool real;
        char dir[64];
        Ledger *l;
} World;

/* ── A disk that fails: SQLite's own file layer with the n-th write or sync refused ────────────────────────────────── */

static struct Disk {
        sqlite3_vfs vfs, *below;
        sqlite3_io_methods db, log;     /* SQLite locks the database, not its logs: two sets of methods */
        int (*write)(sqlite3_file *, const void *, int, sqlite3_int64);
        int (*sync)(sqlite3_file *, int);
        int countdown;                  /* writes and syncs until they fail; < 0: never */
        bool once;                      /* and then works again */
        int error;
} disk = { .countdown = -1 };

static bool disk_fails(void) {
        if (disk.countdown > 0)
                disk.countdown--;
        if (disk.countdown != 0)
                return false;
        if (disk.once)
                disk.countdown = -1;
        return true;
}

static int disk_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at) {
        return disk_fails() ? disk.error : disk.write(f, data, n, at);
}

static int disk_sync(sqlite3_file *f, int flags) {
        return disk_fails() ? SQLITE_IOERR_FSYNC : disk.sync(f, flags);
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags) {
        sqlite3_io_methods *mine = flags & SQLITE_OPEN_MAIN_DB ? &disk.db : &disk.log;
        int rc = disk.below->xOpen(disk.below, name, f, flags, ret_flags);

        if (rc != SQLITE_OK || !f->pMethods)
                return rc;
        *mine = *f->pMethods;
        disk.write = mine->xWrite;
        disk.sync = mine->xSync;
        mine->xWrite = disk_write;
        mine->xSync = disk_sync;
        f->pMethods = mine;
        return rc;
}

static void disk_install(void) {
        disk.below = sqlite3_vfs_find(NULL);
        disk.vfs = *disk.below;
        disk.vfs.zName = "failing";
        disk.vfs.xOpen = disk_open;
        assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

/* ── Worlds ────────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void dir_remove(const char *dir) {
        auto_(free) char *cmd = textf("rm -rf '%s'", dir);

        assert_int_equal(system(cmd), 0);
}

static void reopen(World *w) {
        auto_(free) char *error = NULL;
        int r;

        if (!w->real) {
                ledger_model_crash(w->l, 0);
                return;
        }
        w->l = ledger_free(w->l);
        r = ledger_open(w->dir, LEDGER_OWN, MACHINE, &w->l, &error);
        if (r < 0)
                fail_msg("open: %d %s", r, error);
}

static int world_up(void **state, bool real) {
        World *w = calloc(1, sizeof(*w));

        w->real = real;
        strcpy(w->dir, "/tmp/test-ledger-XXXXXX");
        if (!mkdtemp(w->dir))
                return -1;
        if (real)
                reopen(w);
        else
                w->l = ledger_model_new("0011223344556677", MACHINE);
        *state = w;
        return 0;
}

static int sqlite_up(void **state) {
        return world_up(state, true);
}

static int model_up(void **state) {
        return world_up(state, false);
}

static int world_down(void **state) {
        World *w = *state;

        disk.countdown = -1;
        disk.once = false;
        (void) ledger_free(w->l);
        dir_remove(w->dir);
        free(w);
        return 0;
}

static Record record(uint64_t id) {
        return (Record) {
                .id = id, .target = "kodo https://kodo.test/v1", .key = { "db", "" }, .part = "", .remote_id = "r", .version = "",
                .title = "Database", .start = T0, .end = T0 + USEC_PER_HOUR,
        };
}

static Entry note(const Record *r, usec_t at) {
        return (Entry) { .kind = ENTRY_NOTE, .record = r, .at = at, .target = "public", .text = "noted", .file = "", .commit = "" };
}

static Entry manifest_entry(const ManifestRow *m, usec_t at) {
        return (Entry) { .kind = ENTRY_MANIFEST, .manifest = m, .at = at, .text = "loaded", .file = "", .commit = "" };
}

static void commit(World *w, const Entry *e, size_t n) {
        assert_int_equal(ledger_commit(w->l, e, n), 0);
}

static void commit_record(World *w, Record r, usec_t at) {
        Entry e = note(&r, at);

        commit(w, &e, 1);
}

static Snapshot load(World *w) {
        Snapshot s;

        assert_int_equal(ledger_load(w->l, &s), 0);
        return s;
}

/* "1 2 5": which records are there. */
static void assert_records(World *w, const char *expected) {
        Snapshot s = load(w);
        char got[256] = "";

        for (size_t i = 0; i < s.n_records; i++)
                (void) snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u", i ? " " : "", (unsigned) s.records[i].id);
        snapshot_done(&s);
        assert_string_equal(got, expected);
}

/* ── What every ledger does ────────────────────────────────────────────────────────────────────────────────────────── */

static void begins_empty(void **state) {
        World *w = *state;
        Snapshot s = load(w);

        assert_int_equal(s.n_records + s.n_manifests, 0);
        assert_int_equal(strspn(s.ledger_id, "0123456789abcdef"), 16);
        assert_string_equal(s.machine_id, MACHINE);
        assert_int_equal(s.last_intent | s.last_record | s.last_at | s.last_load, 0);
        snapshot_done(&s);
}

static Print print_of(uint64_t n) {
        return (Print) { T0 + n, T0 + n + 1, n + 2, UINT64_MAX - n, n + 4, n + 5, 1ULL << 63 | n, n + 7, n + 8 };
}

static void gives_back_every_field(void **state) {
        World *w = *state;
        uint64_t told[] = { 1, UINT64_MAX, 3 };
        Record in = {
                .id = 7, .target = "t\xc3\xb6 x", .key = { "a/b", "2027-02-07T02:00" }, .generation = UINT_MAX, .part = "host:db1",
                .remote_id = "id'\"\n", .version = "v9", .title = "T", .status = RECORD_DIVERGED, .left = STATE_CANCELLED,
                .applied = print_of(100), .echo = print_of(200), .diverged = FIELDS_ALL, .start = 1, .end = USEC_INFINITY,
                .started = 3, .ended = 4, .written = { 5, 6 }, .intent = 77, .intent_kind = ACTION_FORGET, .held = UINT64_MAX,
                .approved = 9, .refused = 10, .heals = 3, .heal_day = 12, .asked_start = 13, .asked_end = 14, .told = told, .n_told = 3,
        };
        Snapshot s;
        Record *out;

        commit_record(w, in, T0);
        reopen(w);
        s = load(w);
        assert_int_equal(s.n_records, 1);
        out = &s.records[0];
        assert_string_equal(out->target, in.target);
        assert_string_equal(out->key.manifest, in.key.manifest);
        assert_string_equal(out->key.occurrence, in.key.occurrence);
        assert_string_equal(out->part, in.part);
        assert_string_equal(out->remote_id, in.remote_id);
        assert_string_equal(out->version, in.version);
        assert_string_equal(out->title, in.title);
        assert_int_equal(out->n_told, 3);
        assert_memory_equal(out->told, told, sizeof(told));
        /* All that is no pointer, at once: a field that is added and not stored shows up here. */
        in.target = out->target;
        in.key = out->key;
        in.part = out->part;
        in.remote_id = out->remote_id;
        in.version = out->version;
        in.title = out->title;
        in.told = out->told;
        assert_memory_equal(&in.generation, &out->generation, sizeof(in.generation));
        assert_memory_equal(&in.status, &out->status, offsetof(Record, diverged) - offsetof(Record, status));
        assert_int_equal(in.diverged, out->diverged);
        assert_memory_equal(&in.start, &out->start, offsetof(Record, intent_kind) - offsetof(Record, start));
        assert_int_equal(in.intent_kind, out->intent_kind);
        assert_memory_equal(&in.held, &out->held, offsetof(Record, heals) - offsetof(Record, held));
        assert_int_equal(in.heals, out->heals);
        assert_memory_equal(&in.heal_day, &out->heal_day, sizeof(Record) - offsetof(Record, heal_day));
        snapshot_done(&s);
}

static void takes_missing_texts_for_empty(void **state) {
        World *w = *state;
        Snapshot s;

        commit_record(w, (Record) { .id = 1 }, T0);
        reopen(w);
        s = load(w);
        assert_string_equal(s.records[0].target, "");
        assert_string_equal(s.records[0].key.occurrence, "");
        assert_null(s.records[0].told);
        snapshot_done(&s);
}

static void after_image_replaces_the_row(void **state) {
        World *w = *state;
        Record r = record(1);
        Snapshot s;

        commit_record(w, r, T0);
        r.key.manifest = "renamed";
        r.remote_id = "other";
        r.left = STATE_IN_PROGRESS;
        commit_record(w, r, T0 + 1);
        reopen(w);
        s = load(w);
        assert_int_equal(s.n_records, 1);
        assert_string_equal(s.records[0].key.manifest, "renamed");
        assert_string_equal(s.records[0].remote_id, "other");
        assert_int_equal(s.records[0].left, STATE_IN_PROGRESS);
        snapshot_done(&s);
}

static void commits_several_entries_at_once(void **state) {
        World *w = *state;
        Record a = record(2), b = record(1), again = record(2);
        ManifestRow m = { .id = "db", .doc = "{}", .file = "db.yaml", .commit = "" };
        Entry e[] = { note(&a, T0), note(&b, T0), manifest_entry(&m, T0), note(&again, T0) };
        Snapshot s;

        again.title = "last wins";
        commit(w, e, ARRAY_SIZE(e));
        reopen(w);
        s = load(w);
        assert_int_equal(s.n_records, 2);
        assert_int_equal(s.records[0].id, 1);
        assert_string_equal(s.records[1].title, "last wins");
        assert_int_equal(s.n_manifests, 1);
        snapshot_done(&s);
}

static void nothing_is_done_for_no_entries(void **state) {
        World *w = *state;
        Snapshot s;

        commit(w, NULL, 0);
        s = load(w);
        assert_int_equal(s.last_at, 0);
        snapshot_done(&s);
}

static void serials_are_never_taken_back(void **state) {
        World *w = *state;
        Record r = record(9), small = record(3);
        Entry e[] = { note(&r, T0), note(&small, T0 + 5) };
        Snapshot s;

        r.intent = 50;
        e[0].kind = ENTRY_INTENT;
        e[0].intent = 50;
        commit(w, e, 2);
        e[1].intent = 20;
        e[1].at = T0 + 2;
        commit(w, &e[1], 1);
        reopen(w);
        s = load(w);
        assert_int_equal(s.last_record, 9);
        assert_int_equal(s.last_intent, 50);
        assert_int_equal(s.last_at, T0 + 2); /* the one committed last, even after the clock went back */
        snapshot_done(&s);
}

static void remembers_the_last_load(void **state) {
        World *w = *state;
        ManifestRow m = { .id = "db", .doc = "{}", .file = "f", .commit = "c" };
        Entry load_entry = manifest_entry(&m, T0 + 1), quiet = { .kind = ENTRY_MANIFEST, .at = T0 + 4 };
        Snapshot s;

        commit(w, &load_entry, 1);
        commit_record(w, record(1), T0 + 2);
        s = load(w);
        assert_int_equal(s.last_load, T0 + 1);
        snapshot_done(&s);
        commit(w, &quiet, 1);
        reopen(w);
        s = load(w);
        assert_int_equal(s.last_load, T0 + 4);
        assert_int_equal(s.n_manifests, 1);
        snapshot_done(&s);
}

static void loads_the_latest_final_row_of_each_key(void **state) {
        World *w = *state;

        for (unsigned g = 0; g < 3; g++) {
                Record r = record(g + 1);

                r.generation = g;
                r.status = RECORD_FINAL;
                commit_record(w, r, T0);
        }
        assert_records(w, "3");
        for (unsigned i = 0; i < 3; i++) { /* another part, another target, another occurrence: keys of their own */
                Record r = record(10 + i);

                r.part = i == 0 ? "host:a" : "";
                r.target = i == 1 ? "else" : r.target;
                r.key.occurrence = i == 2 ? "2027-02-07T02:00" : "";
                r.status = RECORD_FINAL;
                commit_record(w, r, T0);
        }
        assert_records(w, "3 10 11 12");
        {
                Record r = record(20); /* a live row hides no final one */

                r.generation = 3;
                commit_record(w, r, T0);
        }
        reopen(w);
        assert_records(w, "3 10 11 12 20");
}

static void forgets_final_rows_after_90_days_and_no_others(void **state) {
        World *w = *state;
        const struct { Status status; usec_t end, ended; } rows[] = {
                { RECORD_FINAL, T0, 0 },               { RECORD_FINAL, T0 + 1, 0 }, { RECORD_FINAL, T0 - 1, T0 + 1 },
                { RECORD_LIVE, 1000, 0 },              { RECORD_GONE, 1000, 0 },    { RECORD_DIVERGED, 1000, 0 },
                { RECORD_FINAL, USEC_INFINITY, 0 },
        };

        for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
                Record r = record(i + 1);
                char id[] = { (char) ('a' + (char) i), '\0' };

                r.key.manifest = id;
                r.status = rows[i].status;
                r.end = rows[i].end;
                r.ended = rows[i].ended;
                commit_record(w, r, T0 + 90 * USEC_PER_DAY);
        }
        assert_records(w, "2 3 4 5 6 7");
}

static void keeps_the_newest_told_hashes(void **state) {
        World *w = *state;
        uint64_t told[TOLD_MAX + 2];
        Record r = record(1);
        Snapshot s;

        for (size_t i = 0; i < ARRAY_SIZE(told); i++)
                told[i] = i;
        r.told = told;
        r.n_told = ARRAY_SIZE(told);
        commit_record(w, r, T0);
        s = load(w);
        assert_int_equal(s.records[0].n_told, TOLD_MAX);
        assert_int_equal(s.records[0].told[0], 2);
        snapshot_done(&s);
}

static void keeps_manifests(void **state) {
        World *w = *state;
        ManifestRow rows[] = {
                { .id = "zebra", .doc = "z1", .file = "z.yaml", .commit = "c1", .line = 3, .content = UINT64_MAX },
                { .id = "ant", .doc = "a1", .file = "a.yaml", .commit = NULL, .content = 4 },
                { .id = "zebra", .doc = "", .file = "y.yaml", .commit = "c2", .line = 9, .content = 8, .vanished = T0 },
                { .id = "ant", .doc = "a2", .file = "a.yaml", .commit = "" },
                { .id = "gone", .doc = "g" },
                { .id = "gone", .doc = NULL },
                { .id = "never", .doc = NULL },
        };
        Snapshot s;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Entry e = manifest_entry(&rows[i], T0);

                commit(w, &e, 1);
        }
        reopen(w);
        s = load(w);
        assert_int_equal(s.n_manifests, 2);
        assert_string_equal(s.manifests[0].id, "ant");
        assert_string_equal(s.manifests[0].doc, "a2");
        assert_string_equal(s.manifests[0].commit, "");
        assert_string_equal(s.manifests[1].doc, "z1"); /* "" keeps the text */
        assert_string_equal(s.manifests[1].file, "y.yaml");
        assert_string_equal(s.manifests[1].commit, "c2");
        assert_int_equal(s.manifests[1].line, 9);
        assert_int_equal(s.manifests[1].content, 8);
        assert_int_equal(s.manifests[1].vanished, T0);
        snapshot_done(&s);
}

static void keeps_services(void **state) {
        World *w = *state;
        KnownService known[] = {
                { "kodo b", "service", "api", "API", "API", "svc_1" },
                { "kodo a", "service", "web", "Web", "Web's", "svc_2" },
                { "kodo b", "service", "api", "API\napi", "The API", "svc_3" },
                { "kodo b", "group", "api", "API", "API", "grp_1" },
        };
        Snapshot s;

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                Entry e = { .kind = ENTRY_SERVICE, .at = T0, .service = &known[i] };

                commit(w, &e, 1);
        }
        reopen(w);
        s = load(w);
        assert_int_equal(s.n_services, 3);
        assert_string_equal(s.services[0].target, "kodo a");
        assert_string_equal(s.services[0].name, "Web's");
        assert_string_equal(s.services[1].kind, "group");
        assert_string_equal(s.services[2].asked, "API\napi");
        assert_string_equal(s.services[2].id, "svc_3");
        assert_int_equal(s.last_at, T0);
        assert_int_equal(s.last_load, 0);
        snapshot_done(&s);
}

static void break_disk(World *w, int error) {
        if (!w->real) {
                ledger_model_fail(w->l, error, UINT_MAX);
                return;
        }
        disk.error = error == -ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        disk.countdown = 1;
}

static void mend_disk(World *w) {
        disk.countdown = -1;
        if (!w->real)
                ledger_model_fail(w->l, 0, 0);
}

static void failed_commit_leaves_nothing(void **state) {
        World *w = *state;
        static const int errors[] = { -ENOSPC, -EIO };

        commit_record(w, record(1), T0);
        for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
                Record r = record(1), other = record(2);
                ManifestRow m = { .id = "db", .doc = "{}" };
                Entry e[] = { note(&r, T0 + 1), note(&other, T0 + 1), manifest_entry(&m, T0 + 1) };
                Snapshot s;

                r.title = "changed";
                break_disk(w, errors[i]);
                assert_int_equal(ledger_commit(w->l, e, ARRAY_SIZE(e)), errors[i]);
                assert_int_equal(ledger_commit(w->l, e, ARRAY_SIZE(e)), errors[i]);
                mend_disk(w);
                for (int again = 0; again < 2; again++) { /* the same process, and the next */
                        s = load(w);
                        assert_int_equal(s.n_records, 1);
                        assert_string_equal(s.records[0].title, "Database");
                        assert_int_equal(s.n_manifests, 0);
                        assert_int_equal(s.last_at, T0);
                        snapshot_done(&s);
                        reopen(w);
                }
        }
        commit_record(w, record(2), T0 + 2); /* and it goes on when the disk does */
        assert_records(w, "1 2");
}

/* ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

static char *in_dir(World *w, const char *name) {
        return textf("%s/%s", w->dir, name);
}

static uint64_t file_hash(const char *path) {
        char buf[65536];
        uint64_t h = HASH_SEED;
        FILE *f = fopen(path, "re");
        size_t n;

        if (!f)
                return 0;
        while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
                h = hash_bytes(h, buf, n);
        (void) fclose(f);
        return h == HASH_SEED ? 0 : h; /* SQLite may leave an empty log where there was none */
}

/* Opening fails with @error, says @words, and changes no byte. */
static void assert_refused(World *w, int error, const char *words) {
        auto_(free) char *message = NULL, *path = in_dir(w, LEDGER_NAME), *wal = in_dir(w, LEDGER_NAME "-wal");
        static const LedgerMode modes[] = { LEDGER_OWN, LEDGER_READ };

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                uint64_t before = file_hash(path), wal_before = file_hash(wal);
                Ledger *l = NULL;

                free(STEAL(message));
                assert_int_equal(ledger_open(w->dir, modes[i], MACHINE, &l, &message), error);
                assert_null(l);
                assert_non_null(message);
                if (!strstr(message, words))
                        fail_msg("'%s' lacks '%s'", message, words);
                assert_null(strchr(message, '\n'));
                assert_true(file_hash(path) == before);
                assert_true(file_hash(wal) == wal_before);
        }
}

static void is_private(void **state) {
        World *w = *state;
        static const char *const names[] = { LEDGER_NAME, LEDGER_NAME "-wal", "ledger.lock" };

        commit_record(w, record(1), T0);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = in_dir(w, names[i]);
                struct stat st;

                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_mode & 07777, 0600);
        }
}

static void what_root_makes_belongs_to_the_directorys_owner(void **state) {
        World *w = *state;
        static const char *const names[] = { LEDGER_NAME, LEDGER_NAME "-wal", LEDGER_NAME "-shm", "ledger.lock" };

        if (geteuid() != 0)
                skip();
        w->l = ledger_free(w->l);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = in_dir(w, names[i]);

                (void) unlink(path);
        }
        if (chown(w->dir, 4711, 4712) < 0)
                skip();
        reopen(w);
        commit_record(w, record(1), T0);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = in_dir(w, names[i]);
                struct stat st;

                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_uid, 4711);
                assert_int_equal(st.st_gid, 4712);
        }
}

static void second_owner_is_refused_by_name(void **state) {
        World *w = *state;
        auto_(free) char *message = NULL, *pid = textf("process %ld", (long) getpid());
        Ledger *l = NULL;

        assert_int_equal(ledger_open(w->dir, LEDGER_OWN, MACHINE, &l, &message), -EBUSY);
        assert_non_null(strstr(message, pid));
        reopen(w); /* free again once the first has gone */
}

static void can_be_read_beside_its_owner(void **state) {
        World *w = *state;
        World reader = { .real = true };
        auto_(ledger_free) Ledger *l = NULL;
        Record r = record(2);
        Entry e = note(&r, T0);

        commit_record(w, record(1), T0);
        assert_int_equal(ledger_open(w->dir, LEDGER_READ, NULL, &l, NULL), 0);
        reader.l = l;
        assert_records(&reader, "1");
        commit_record(w, r, T0);
        assert_records(&reader, "1 2");
        assert_int_equal(ledger_commit(l, &e, 1), -EROFS);
        assert_int_equal(ledger_prune(l, T0), -EROFS);
        assert_int_equal(ledger_adopt_machine(l, MACHINE), -EROFS);
}

static void reading_makes_nothing(void **state) {
        World *w = *state;
        auto_(free) char *message = NULL, *path = in_dir(w, LEDGER_NAME);
        Ledger *l = NULL;

        w->l = ledger_free(w->l);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(ledger_open(w->dir, LEDGER_READ, NULL, &l, &message), -ENOENT);
        assert_int_equal(access(path, F_OK), -1);
}

static void overwrite(const char *path, off_t at, const void *data, size_t n) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, data, n, at), n);
        (void) close(fd);
}

static void fill(World *w, unsigned n) {
        auto_(free) Record *rows = calloc(n, sizeof(Record));
        auto_(free) Entry *e = calloc(n, sizeof(Entry));

        for (unsigned i = 0; i < n; i++) {
                rows[i] = record(i + 1);
                e[i] = note(&rows[i], T0);
        }
        commit(w, e, n);
}

static void refuses_garbage(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME), *junk = malloc(20000);

        w->l = ledger_free(w->l);
        memset(junk, 'x', 20000);
        overwrite(path, 0, junk, 20000);
        assert_refused(w, -EBADMSG, "maintctl adopt --all");
}

static void refuses_a_truncated_file(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME);
        struct stat st;

        fill(w, 500);
        w->l = ledger_free(w->l);
        assert_int_equal(stat(path, &st), 0);
        static const unsigned parts[] = { 99, 50, 5 };
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
                assert_int_equal(truncate(path, st.st_size * parts[i] / 100), 0);
                assert_refused(w, -EBADMSG, "damaged");
        }
        assert_int_equal(truncate(path, 0), 0);
        assert_refused(w, -EBADMSG, "empty");
}

static void refuses_damage_in_the_middle(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME);
        char junk[4096];
        struct stat st;

        fill(w, 500);
        w->l = ledger_free(w->l);
        memset(junk, 0xa5, sizeof(junk));
        assert_int_equal(stat(path, &st), 0);
        overwrite(path, st.st_size / 2 / 4096 * 4096, junk, sizeof(junk));
        assert_refused(w, -EBADMSG, "damaged");
}

/* However little of the file is walked: the rows that decisions are made from are. */
static void every_check_finds_damage_in_the_rows(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME);
        char junk[4096];
        int64_t root;

        fill(w, 500);
        assert_int_equal(db_number(((LedgerDb *) w->l)->db, "SELECT rootpage FROM sqlite_schema WHERE name = 'record'", &root), 0);
        w->l = ledger_free(w->l);
        for (Check c = CHECK_ROWS; c <= CHECK_AFTER_CRASH; c++) {
                auto_(free) char *message = NULL;
                auto_(sqlite3_close) sqlite3 *db = NULL;

                if (c == CHECK_ROWS)
                        memset(junk, 0xa5, sizeof(junk));
                overwrite(path, (root - 1) * 4096, junk, sizeof(junk));
                assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
                assert_int_equal(schema_examine(db, path, c, &message), -EBADMSG);
                assert_non_null(strstr(message, "damaged"));
        }
}

/* A real full disk: in a mount namespace, so as root only. */
static int fill_disk(const char *dir) {
        Ledger *l = NULL;
        Snapshot s;
        unsigned n = 0;
        int r = 0;

        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", dir, "tmpfs", 0, "size=1m") < 0)
                return 77;
        if (ledger_open(dir, LEDGER_OWN, MACHINE, &l, NULL) < 0)
                return 1;
        for (; r >= 0 && n < 10000; n++) {
                Record row = record(n + 1);
                Entry e = note(&row, T0);

                r = ledger_commit(l, &e, 1);
        }
        if (r != -ENOSPC)
                return 2;
        (void) ledger_free(l);
        if (ledger_open(dir, LEDGER_OWN, MACHINE, &l, NULL) < 0 || ledger_load(l, &s) < 0)
                return 3;
        r = s.n_records == n - 1 && n > 10 ? 0 : 4;
        snapshot_done(&s);
        (void) ledger_free(l);
        return r;
}

static void a_full_disk_loses_nothing_that_was_committed(void **state) {
        World *w = *state;
        pid_t child;
        int status;

        if (geteuid() != 0)
                skip();
        w->l = ledger_free(w->l);
        child = fork();
        if (child == 0)
                _exit(fill_disk(w->dir));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                skip();
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void sql(World *w, const char *text) {
        auto_(free) char *path = in_dir(w, LEDGER_NAME);
        auto_(sqlite3_close) sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
}

static void refuses_another_programs_database(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME);

        w->l = ledger_free(w->l);
        assert_int_equal(unlink(path), 0);
        sql(w, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
        assert_refused(w, -EBADMSG, "not a ledger of maintd");
}

static void refuses_a_newer_schema(void **state) {
        World *w = *state;

        w->l = ledger_free(w->l);
        sql(w, "PRAGMA user_version = 99");
        assert_refused(w, -EPROTO, "newer maintd (schema 99");
}

static void refuses_values_out_of_range(void **state) {
        World *w = *state;
        Snapshot s;

        commit_record(w, record(1), T0);
        w->l = ledger_free(w->l);
        sql(w, "UPDATE record SET status = 77");
        reopen(w);
        assert_int_equal(ledger_load(w->l, &s), -EBADMSG);
}

static void refuses_a_missing_file_with_a_log(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME), *wal = in_dir(w, LEDGER_NAME "-wal"), *message = NULL;
        Ledger *l = NULL;

        w->l = ledger_free(w->l);
        assert_int_equal(unlink(path), 0);
        overwrite(wal, 0, "something", 9);
        assert_int_equal(ledger_open(w->dir, LEDGER_OWN, MACHINE, &l, &message), -EBADMSG);
        assert_non_null(strstr(message, "-wal"));
}

static void begins_anew_after_a_crash_while_being_made(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME), *fresh = in_dir(w, LEDGER_NAME ".new");

        w->l = ledger_free(w->l);
        assert_int_equal(unlink(path), 0);
        overwrite(fresh, 0, "half", 4);
        reopen(w);
        assert_int_equal(access(fresh, F_OK), -1);
        commit_record(w, record(1), T0);
        reopen(w);
        assert_records(w, "1");
}

static void survives_kill_9(void **state) {
        World *w = *state;
        pid_t child;
        int status;

        w->l = ledger_free(w->l);
        child = fork();
        if (child == 0) {
                World own = *w;

                if (ledger_open(own.dir, LEDGER_OWN, MACHINE, &own.l, NULL) < 0)
                        _exit(1);
                for (unsigned i = 1; i <= 20; i++) {
                        Record r = record(i);
                        Entry e = note(&r, T0);

                        if (ledger_commit(own.l, &e, 1) < 0)
                                _exit(2);
                }
                (void) kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        reopen(w);
        assert_records(w, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
}

/* Fails the first, second, third … write or sync of a commit until one goes through: all of it holds, or nothing. */
static void fail_every_write(World *w, bool once) {
        int r = -1;

        disk.once = once;
        commit_record(w, record(1), T0);
        for (int n = 1; r < 0; n++) {
                Record a = record(2), b = record(3);
                Entry e[] = { note(&a, T0 + 1), note(&b, T0 + 1) };

                assert_true(n < 100);
                disk.error = SQLITE_IOERR_WRITE;
                disk.countdown = n;
                r = ledger_commit(w->l, e, 2);
                disk.countdown = -1;
                assert_records(w, r < 0 ? "1" : "1 2 3");
        }
        reopen(w);
        assert_records(w, "1 2 3");
        disk.once = false;
}

static void every_failing_write_leaves_all_or_nothing(void **state) {
        fail_every_write(*state, false);
}

static void a_disk_that_fails_for_a_moment_leaves_all_or_nothing(void **state) {
        fail_every_write(*state, true);
}

/* Unlike a failing disk, a failing statement does not end the transaction by itself. */
static void a_commit_that_breaks_in_the_middle_leaves_nothing(void **state) {
        World *w = *state;
        Record a = record(1), b = record(2);
        Entry e[] = { note(&a, T0), note(&b, T0) };

        assert_int_equal(db_exec(((LedgerDb *) w->l)->db, "CREATE TRIGGER t BEFORE INSERT ON entry WHEN NEW.text = 'boom' "
                                                          "BEGIN SELECT raise(ABORT, 'boom'); END"), 0);
        e[1].text = "boom";
        assert_true(ledger_commit(w->l, e, 2) < 0);
        assert_records(w, "");
        commit(w, e, 1);
        assert_records(w, "1");
}

static void every_failing_write_while_being_made_is_reported(void **state) {
        World *w = *state;
        auto_(free) char *path = in_dir(w, LEDGER_NAME);
        int r = -1;

        w->l = ledger_free(w->l);
        for (int n = 1; r < 0; n++) {
                auto_(free) char *message = NULL;

                assert_true(n < 500);
                (void) unlink(path);
                disk.error = SQLITE_FULL;
                disk.countdown = n;
                r = ledger_open(w->dir, LEDGER_OWN, MACHINE, &w->l, &message);
                disk.countdown = -1;
                if (r < 0)
                        assert_non_null(message);
        }
        begins_empty(state);
}

static void migrates_step_by_step(void **state) {
        World *w = *state;
        static const char *const steps[LEDGER_SCHEMA + 3] = { [LEDGER_SCHEMA] = "ALTER TABLE record ADD COLUMN phase TEXT NOT NULL DEFAULT 'one'",
                                             "CREATE TABLE calendar (id TEXT); UPDATE record SET phase = 'two'",
                                             "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1)" };
        sqlite3 *db = ((LedgerDb *) w->l)->db;
        auto_(free) char *phase = NULL;
        int64_t v;

        commit_record(w, record(1), T0);
        assert_int_equal(schema_migrate(db, steps, LEDGER_SCHEMA + 2), 0);
        assert_int_equal(db_number(db, "PRAGMA user_version", &v), 0);
        assert_int_equal(v, LEDGER_SCHEMA + 2);
        assert_int_equal(db_text(db, "SELECT phase FROM record", &phase), 0);
        assert_string_equal(phase, "two");
        assert_int_equal(schema_migrate(db, steps, LEDGER_SCHEMA + 3), -EBADMSG); /* a step that fails leaves the version before it, whole */
        assert_int_equal(db_number(db, "PRAGMA user_version", &v), 0);
        assert_int_equal(v, LEDGER_SCHEMA + 2);
        assert_int_equal(db_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'", &v), 0);
        assert_int_equal(v, 0);
        assert_int_equal(schema_migrate(db, steps, 2), -EPROTO);
}

static void belongs_to_the_machine_that_adopts_it(void **state) {
        World *w = *state;
        Snapshot s;

        assert_int_equal(ledger_adopt_machine(w->l, "ffffffffffffffffffffffffffffffff"), 0);
        reopen(w);
        s = load(w);
        assert_string_equal(s.machine_id, "ffffffffffffffffffffffffffffffff");
        snapshot_done(&s);
}

/* ── History ───────────────────────────────────────────────────────────────────────────────────────────────────────── */

static int collect(void *userdata, const HistoryLine *h) {
        char *out = userdata;

        (void) snprintf(out + strlen(out), 512 - strlen(out), "%s%s", *out ? " " : "", h->text);
        return strcmp(h->text, "stop") == 0 ? -ECANCELED : 0;
}

static void assert_history(World *w, const char *manifest, const char *occurrence, uint64_t after, unsigned limit, const char *expected) {
        char out[512] = "";

        assert_int_equal(ledger_history(w->l, manifest, occurrence, (HistoryRange) { .after = after, .limit = limit }, collect, out), 0);
        assert_string_equal(out, expected);
}

static void say(World *w, Record *r, const char *manifest, const char *occurrence, usec_t at, const char *text) {
        Entry e = note(r, at);

        if (r)
                r->key = (WindowKey) { manifest, occurrence };
        e.key = (WindowKey) { manifest, occurrence };
        e.text = text;
        commit(w, &e, 1);
}

static int check_line(void *userdata, const HistoryLine *h) {
        bool *seen = userdata;

        *seen = true;
        assert_int_equal(h->at, T0);
        assert_int_equal(h->due, T0 - 5);
        assert_int_equal(h->late, 5);
        assert_int_equal(h->kind, ENTRY_OUTCOME);
        assert_int_equal(h->intent, 12);
        assert_string_equal(h->manifest, "db");
        assert_string_equal(h->target, "public");
        assert_string_equal(h->remote_id, "r");
        assert_string_equal(h->file, "db.yaml");
        assert_string_equal(h->commit, "abc");
        assert_int_equal(h->line, 3);
        assert_int_equal(h->action, ACTION_START);
        assert_int_equal(h->verdict, VERDICT_ALREADY);
        assert_true(h->has_state);
        assert_int_equal(h->state, STATE_IN_PROGRESS);
        return 0;
}

static void history_tells_all_of_a_line(void **state) {
        World *w = *state;
        Record r = record(1);
        Entry e = {
                .kind = ENTRY_OUTCOME, .intent = 12, .at = T0, .record = &r, .target = "public", .action = ACTION_START,
                .verdict = VERDICT_ALREADY, .due = T0 - 5, .late = 5, .text = "x", .file = "db.yaml", .commit = "abc", .line = 3,
        };
        bool seen = false;

        r.left = STATE_IN_PROGRESS;
        commit(w, &e, 1);
        assert_int_equal(ledger_history(w->l, NULL, NULL, (HistoryRange) { 0 }, check_line, &seen), 0);
        assert_true(seen);
}

static void what_a_kill_cut_off_gets_an_end_at_the_next_start(void **state) {
        World *w = *state;
        Record r = record(1);
        Entry duplicate = { .kind = ENTRY_INTENT, .intent = 7, .at = T0, .key = { "db", "" }, .target = "public", .action = ACTION_CANCEL, .text = "cut" };
        Entry answered = { .kind = ENTRY_INTENT, .intent = 8, .at = T0, .key = { "db", "" }, .target = "public", .action = ACTION_CANCEL, .text = "asked" };
        Entry answer = { .kind = ENTRY_OUTCOME, .intent = 8, .at = T0, .record = &r, .target = "public", .action = ACTION_CANCEL, .text = "answered" };
        Entry looked_after = { .kind = ENTRY_INTENT, .intent = 9, .at = T0, .record = &r, .target = "public", .action = ACTION_START, .text = "open" };

        commit(w, (Entry[]) { duplicate, answered, answer, looked_after }, 4);
        assert_history(w, "db", NULL, 0, 0, "cut asked answered open");
        reopen(w);
        assert_history(w, "db", NULL, 0, 0, "cut asked answered open cut off before an answer: if it is still there it is found anew");
        reopen(w);
        assert_history(w, "db", NULL, 0, 0, "cut asked answered open cut off before an answer: if it is still there it is found anew");
}

static void history_is_chosen_by_window(void **state) {
        World *w = *state;
        ManifestRow m = { .id = "b", .doc = "{}" };
        Entry quiet = { .kind = ENTRY_MANIFEST, .manifest = &m, .at = T0 };

        say(w, NULL, "a", "", T0, "1");
        say(w, NULL, "b", "o1", T0, "2");
        say(w, NULL, "b", "o2", T0, "3");
        say(w, NULL, "", "", T0, "4");
        commit(w, &quiet, 1);
        assert_history(w, NULL, NULL, 0, 0, "1 2 3 4");
        assert_history(w, NULL, NULL, 0, 2, "3 4");
        assert_history(w, NULL, NULL, 2, 0, "3 4");
        assert_history(w, "b", NULL, 0, 0, "2 3");
        assert_history(w, "b", "o2", 0, 0, "3");
        assert_history(w, "c", NULL, 0, 0, "");
}

static void history_follows_a_rename(void **state) {
        World *w = *state;
        Record r = record(1);

        say(w, &r, "old", "", T0, "before");
        say(w, &r, "new", "", T0, "after");
        assert_history(w, "new", NULL, 0, 0, "before after");
        assert_history(w, "new", "", 0, 0, "before after");
        assert_history(w, "old", NULL, 0, 0, "before");
}

static bool is_one_of(void *userdata, const char *manifest) {
        return *manifest && strchr(userdata, *manifest);
}

static void assert_history_of(World *w, const char *ids, uint64_t after, unsigned limit, const char *expected) {
        char out[512] = "", letters[8];

        (void) snprintf(letters, sizeof(letters), "%s", ids);
        assert_int_equal(ledger_history_of(w->l, is_one_of, letters, (HistoryRange) { .after = after, .limit = limit }, collect, out), 0);
        assert_string_equal(out, expected);
}

static void history_is_chosen_by_many_manifests(void **state) {
        World *w = *state;
        Record r = record(1);

        say(w, NULL, "a", "", T0, "1");
        say(w, NULL, "b", "o1", T0, "2");
        say(w, &r, "x", "", T0, "3");
        say(w, NULL, "", "", T0, "4");
        say(w, NULL, "a", "", T0, "5");
        assert_history_of(w, "ab", 0, 0, "1 2 5");
        assert_history_of(w, "ab", 0, 2, "2 5");
        assert_history_of(w, "ab", 1, 0, "2 5");
        assert_history_of(w, "c", 0, 0, "");
        say(w, &r, "n", "", T0, "6"); /* x renamed */
        assert_history_of(w, "n", 0, 0, "3 6");
        assert_history(w, NULL, NULL, 0, 0, "1 2 3 4 5 6");
}

static void who_follows_misses_no_line(void **state) {
        static const HistoryRange next = { .after = 1, .limit = 2, .oldest = true };
        World *w = *state;
        char all[512] = "", named[512] = "", chosen[512] = "", letters[] = "a";

        for (unsigned i = 1; i <= 5; i++)
                say(w, NULL, "a", "", T0, (const char *const[]) { "", "1", "2", "3", "4", "5" }[i]);
        assert_int_equal(ledger_history(w->l, NULL, NULL, next, collect, all), 0);
        assert_string_equal(all, "2 3");
        assert_int_equal(ledger_history(w->l, "a", "", next, collect, named), 0);
        assert_string_equal(named, "2 3");
        assert_int_equal(ledger_history_of(w->l, is_one_of, letters, next, collect, chosen), 0);
        assert_string_equal(chosen, "2 3");
}

static void history_stops_when_told(void **state) {
        World *w = *state;
        char out[512] = "";

        say(w, NULL, "a", "", T0, "1");
        say(w, NULL, "a", "", T0, "stop");
        say(w, NULL, "a", "", T0, "3");
        assert_int_equal(ledger_history(w->l, NULL, NULL, (HistoryRange) { 0 }, collect, out), -ECANCELED);
        assert_string_equal(out, "1 stop");
}

static void pruning_leaves_what_is_not_over(void **state) {
        World *w = *state;
        const struct { const char *id; Status status; State left; usec_t end; uint64_t intent; } rows[] = {
                { "over", RECORD_FINAL, STATE_COMPLETED, T0, 0 },       { "runs", RECORD_LIVE, STATE_IN_PROGRESS, T0, 0 },
                { "diverged", RECORD_DIVERGED, STATE_COMPLETED, T0, 0 }, { "open", RECORD_FINAL, STATE_COMPLETED, T0, 5 },
                { "recent", RECORD_FINAL, STATE_COMPLETED, T0 + 10, 0 },
        };

        for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
                Record r = record(i + 1);

                r.status = rows[i].status;
                r.left = rows[i].left;
                r.end = rows[i].end;
                r.intent = rows[i].intent;
                say(w, &r, rows[i].id, "", T0, rows[i].id);
        }
        say(w, NULL, "", "", T0 + 20, "young");
        assert_int_equal(ledger_prune(w->l, T0 + 10), 4); /* two windows with a line each */
        assert_records(w, "2 4 5");
        assert_history(w, NULL, NULL, 0, 0, "runs open recent young");
        Snapshot s = load(w);
        assert_int_equal(s.last_record, 5);
        snapshot_done(&s);
}

static void manifests_can_be_read_alone(void **state) {
        World *w = *state;
        ManifestRow m = { .id = "it's", .doc = "text" };
        Entry e = manifest_entry(&m, T0);
        auto_(free) char *doc = NULL;

        commit(w, &e, 1);
        assert_int_equal(ledger_manifest_doc(w->l, "it's", &doc), 0);
        assert_string_equal(doc, "text");
        assert_int_equal(ledger_manifest_doc(w->l, "other", &doc), -ENOENT);
}

/* ── What only the model does ──────────────────────────────────────────────────────────────────────────────────────── */

static void model_loses_what_was_never_synced(void **state) {
        World *w = *state;

        commit_record(w, record(1), T0);
        ledger_model_lie(w->l, true);
        for (unsigned i = 2; i <= 5; i++)
                commit_record(w, record(i), T0 + i);
        assert_int_equal(ledger_model_unsynced(w->l), 4);
        assert_records(w, "1 2 3 4 5");
        ledger_model_crash(w->l, 2);
        assert_records(w, "1 2 3");
        commit_record(w, record(6), T0);
        ledger_model_sync(w->l);
        ledger_model_crash(w->l, 0);
        assert_records(w, "1 2 3 6");
}

static void model_finds_a_failed_commit_after_a_crash(void **state) {
        World *w = *state;
        Record r = record(1);
        Entry e = note(&r, T0);

        ledger_model_fail_but_keep(w->l, -EIO);
        assert_int_equal(ledger_commit(w->l, &e, 1), -EIO);
        assert_records(w, "");
        ledger_model_crash(w->l, 0);
        assert_records(w, "1");
        assert_int_equal(ledger_model_commits(w->l), 0);
}

static void model_comes_back_from_a_backup(void **state) {
        World *w = *state;
        auto_(ledger_backup_free) LedgerBackup *b = NULL;

        commit_record(w, record(1), T0);
        b = ledger_model_backup(w->l);
        commit_record(w, record(2), T0 + 1);
        ledger_model_restore(w->l, b);
        assert_records(w, "1");
        commit_record(w, record(2), T0 + 1);
        assert_records(w, "1 2");
}

#define BOTH(f) \
        { #f " (sqlite)", f, sqlite_up, world_down, NULL }, { #f " (model)", f, model_up, world_down, NULL }
#define FILE_ONLY(f) { #f, f, sqlite_up, world_down, NULL }
#define MODEL_ONLY(f) { #f, f, model_up, world_down, NULL }

int main(void) {
        static const struct CMUnitTest tests[] = {
                BOTH(begins_empty),
                BOTH(gives_back_every_field),
                BOTH(takes_missing_texts_for_empty),
                BOTH(after_image_replaces_the_row),
                BOTH(commits_several_entries_at_once),
                BOTH(nothing_is_done_for_no_entries),
                BOTH(serials_are_never_taken_back),
                BOTH(remembers_the_last_load),
                BOTH(loads_the_latest_final_row_of_each_key),
                BOTH(forgets_final_rows_after_90_days_and_no_others),
                BOTH(keeps_the_newest_told_hashes),
                BOTH(keeps_manifests),
                BOTH(keeps_services),
                BOTH(failed_commit_leaves_nothing),
                FILE_ONLY(is_private),
                FILE_ONLY(what_root_makes_belongs_to_the_directorys_owner),
                FILE_ONLY(second_owner_is_refused_by_name),
                FILE_ONLY(can_be_read_beside_its_owner),
                FILE_ONLY(reading_makes_nothing),
                FILE_ONLY(refuses_garbage),
                FILE_ONLY(refuses_a_truncated_file),
                FILE_ONLY(refuses_damage_in_the_middle),
                FILE_ONLY(every_check_finds_damage_in_the_rows),
                FILE_ONLY(a_full_disk_loses_nothing_that_was_committed),
                FILE_ONLY(refuses_another_programs_database),
                FILE_ONLY(refuses_a_newer_schema),
                FILE_ONLY(refuses_values_out_of_range),
                FILE_ONLY(refuses_a_missing_file_with_a_log),
                FILE_ONLY(begins_anew_after_a_crash_while_being_made),
                FILE_ONLY(survives_kill_9),
                FILE_ONLY(every_failing_write_leaves_all_or_nothing),
                FILE_ONLY(a_disk_that_fails_for_a_moment_leaves_all_or_nothing),
                FILE_ONLY(a_commit_that_breaks_in_the_middle_leaves_nothing),
                FILE_ONLY(every_failing_write_while_being_made_is_reported),
                FILE_ONLY(migrates_step_by_step),
                FILE_ONLY(belongs_to_the_machine_that_adopts_it),
                FILE_ONLY(history_tells_all_of_a_line),
                FILE_ONLY(what_a_kill_cut_off_gets_an_end_at_the_next_start),
                FILE_ONLY(history_is_chosen_by_window),
                FILE_ONLY(history_is_chosen_by_many_manifests),
                FILE_ONLY(history_follows_a_rename),
                FILE_ONLY(who_follows_misses_no_line), FILE_ONLY(history_stops_when_told),
                FILE_ONLY(pruning_leaves_what_is_not_over),
                FILE_ONLY(manifests_can_be_read_alone),
                MODEL_ONLY(model_loses_what_was_never_synced),
                MODEL_ONLY(model_finds_a_failed_commit_after_a_crash),
                MODEL_ONLY(model_comes_back_from_a_backup),
        };

        disk_install();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
