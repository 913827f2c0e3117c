/*
 * The ledger in SQLite: rows in, rows out
 *
 * One file in WAL mode with synchronous=FULL: a commit is on disk when it returns (about 0.2 ms on a quiet disk), and it is the
 * only call in the daemon that may block. A commit whose sync failed has told so and leaves nothing in this process; should the
 * machine crash right then, the next process may find it whole. That is harmless: an intent that was never sent is looked after.
 */
#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/ledger-db.h"

/* ── A record as columns ───────────────────────────────────────────────────────────────────────────────────────────── */

typedef enum ColumnType { COLUMN_TEXT, COLUMN_HASH, COLUMN_USEC, COLUMN_UNSIGNED } ColumnType;

#define COLUMN(name, type, field, max) { name, COLUMN_##type, offsetof(Record, field), max }
#define PRINT(p) \
        COLUMN(#p "_start", USEC, p.start, 0), COLUMN(#p "_end", USEC, p.end, 0), COLUMN(#p "_title", HASH, p.title, 0), \
        COLUMN(#p "_body", HASH, p.body, 0), COLUMN(#p "_services", HASH, p.services, 0), \
        COLUMN(#p "_impact", HASH, p.impact, 0), COLUMN(#p "_reminders", HASH, p.reminders, 0), \
        COLUMN(#p "_marker", HASH, p.marker, 0), COLUMN(#p "_extra", HASH, p.extra, 0)

static const struct column {
        const char *name;
        ColumnType type;
        size_t offset;
        unsigned max; /* largest number, longest text in bytes; 0: any */
} record_columns[] = {
        COLUMN("id", HASH, id, 0),
        COLUMN("target", TEXT, target, 0),
        COLUMN("manifest", TEXT, key.manifest, ID_MAX),
        COLUMN("occurrence", TEXT, key.occurrence, OCCURRENCE_MAX),
        COLUMN("generation", UNSIGNED, generation, 0),
        COLUMN("part", TEXT, part, PART_MAX),
        COLUMN("remote_id", TEXT, remote_id, 0),
        COLUMN("version", TEXT, version, 0),
        COLUMN("title", TEXT, title, 0),
        COLUMN("status", UNSIGNED, status, STATUSES - 1),
        COLUMN("left_state", UNSIGNED, left, STATES - 1),
        PRINT(applied),
        PRINT(echo),
        COLUMN("diverged", UNSIGNED, diverged, FIELDS_ALL),
        COLUMN("window_start", USEC, start, 0),
        COLUMN("window_end", USEC, end, 0),
        COLUMN("started", USEC, started, 0),
        COLUMN("ended", USEC, ended, 0),
        COLUMN("written_real", USEC, written.real, 0),
        COLUMN("written_boot", USEC, written.boot, 0),
        COLUMN("intent", HASH, intent, 0),
        COLUMN("intent_kind", UNSIGNED, intent_kind, ACTIONS - 1),
        COLUMN("held", HASH, held, 0),
        COLUMN("approved", HASH, approved, 0),
        COLUMN("refused", HASH, refused, 0),
        COLUMN("heals", UNSIGNED, heals, 0),
        COLUMN("heal_day", USEC, heal_day, 0),
        COLUMN("created", USEC, created, 0),
        COLUMN("moved", USEC, moved, 0),
        COLUMN("asked_start", USEC, asked_start, 0),
        COLUMN("asked_end", USEC, asked_end, 0),
};
#define COLUMNS ((int) ARRAY_SIZE(record_columns))
_Static_assert(sizeof(Status) == sizeof(unsigned) && sizeof(State) == sizeof(unsigned), "enums are read and written as unsigned");

static void bind_text(sqlite3_stmt *s, int i, const char *text) {
        (void) sqlite3_bind_text(s, i, text ? text : "", -1, SQLITE_STATIC);
}

static void bind_usec(sqlite3_stmt *s, int i, usec_t t) {
        (void) sqlite3_bind_int64(s, i, usec_to_sql(t));
}

static void bind_hash(sqlite3_stmt *s, int i, uint64_t v) {
        (void) sqlite3_bind_int64(s, i, (int64_t) v);
}

static void bind_column(sqlite3_stmt *s, int i, const struct column *c, const void *field) {
        switch (c->type) {
        case COLUMN_TEXT:
                bind_text(s, i, *(const char *const *) field);
                break;
        case COLUMN_HASH:
                bind_hash(s, i, *(const uint64_t *) field);
                break;
        case COLUMN_USEC:
                bind_usec(s, i, *(const usec_t *) field);
                break;
        case COLUMN_UNSIGNED:
                (void) sqlite3_bind_int64(s, i, *(const unsigned *) field);
                break;
        }
}

static int read_column(sqlite3_stmt *s, int i, const struct column *c, void *field, Intern *texts) {
        switch (c->type) {
        case COLUMN_TEXT: {
                const char *text = intern(texts, (const char *) sqlite3_column_text(s, i));

                if (!text)
                        return -ENOMEM;
                if (c->max && strlen(text) > c->max)
                        return -EBADMSG;
                *(const char **) field = text;
                break;
        }
        case COLUMN_HASH:
                *(uint64_t *) field = (uint64_t) sqlite3_column_int64(s, i);
                break;
        case COLUMN_USEC:
                *(usec_t *) field = usec_from_sql(sqlite3_column_int64(s, i));
                break;
        case COLUMN_UNSIGNED: {
                int64_t v = sqlite3_column_int64(s, i);

                if (v < 0 || v > (c->max ? c->max : UINT32_MAX))
                        return -EBADMSG;
                *(unsigned *) field = (unsigned) v;
                break;
        }
        }
        return 0;
}

/* "a, b, " of all columns, or with an infix "a = excluded.a, b = excluded.b, ". */
static void put_columns(FILE *f, const char *infix) {
        for (const struct column *c = record_columns; c < record_columns + COLUMNS; c++)
                (void) fprintf(f, "%s%s%s, ", c->name, infix, *infix ? c->name : "");
}

static char *record_upsert_sql(void) {
        char *sql = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&sql, &n);

        if (!f)
                return NULL;
        (void) fputs("INSERT INTO record (", f);
        put_columns(f, "");
        (void) fputs("told) VALUES (", f);
        for (int i = 0; i < COLUMNS; i++)
                (void) fputs("?, ", f);
        (void) fputs("?) ON CONFLICT (id) DO UPDATE SET ", f);
        put_columns(f, " = excluded.");
        (void) fputs("told = excluded.told", f);
        return fclose(f) == 0 ? sql : (free(sql), NULL);
}

/* ── Loading ───────────────────────────────────────────────────────────────────────────────────────────────────────── */

#define WANTED \
        " FROM record r WHERE status != :final OR (max(window_end, ended) > :since AND NOT EXISTS (SELECT 1 FROM record o " \
        "WHERE o.manifest = r.manifest AND o.occurrence = r.occurrence AND o.target = r.target AND o.part = r.part " \
        "AND o.status = :final AND (o.generation, o.id) > (r.generation, r.id)))"

static int prepare_wanted(LedgerDb *l, const char *what, const char *order, usec_t since, sqlite3_stmt **ret) {
        auto_(sqlite3_free) char *sql = sqlite3_mprintf("SELECT %s" WANTED "%s", what, order);
        int rc = sql ? sqlite3_prepare_v2(l->db, sql, -1, ret, NULL) : SQLITE_NOMEM;

        if (rc != SQLITE_OK)
                return db_errno(l->db, rc);
        (void) sqlite3_bind_int(*ret, 1, RECORD_FINAL);
        bind_usec(*ret, 2, since);
        return 0;
}

static int count_wanted(LedgerDb *l, usec_t since, size_t *ret) {
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int r = prepare_wanted(l, "count(*)", "", since, &s), rc;

        if (r < 0)
                return r;
        rc = sqlite3_step(s);
        if (rc != SQLITE_ROW)
                return db_errno(l->db, rc);
        *ret = (size_t) sqlite3_column_int64(s, 0);
        return 0;
}

static int read_told(sqlite3_stmt *s, int i, Arena *arena, Record *r) {
        const void *blob = sqlite3_column_blob(s, i);
        size_t size = (size_t) sqlite3_column_bytes(s, i), n = size / sizeof(uint64_t);

        if (size % sizeof(uint64_t) != 0 || n > TOLD_MAX)
                return -EBADMSG;
        if (n == 0)
                return 0;
        r->told = arena_array(arena, n, sizeof(uint64_t));
        if (!r->told)
                return -ENOMEM;
        memcpy(r->told, blob, size);
        for (size_t k = 0; k < n; k++)
                r->told[k] = le64toh(r->told[k]);
        r->n_told = n;
        return 0;
}

static int read_record(sqlite3_stmt *s, Intern *texts, Record *ret) {
        int r = 0;

        for (int i = 0; r >= 0 && i < COLUMNS; i++)
                r = read_column(s, i, &record_columns[i], (char *) ret + record_columns[i].offset, texts);
        return r < 0 ? r : read_told(s, COLUMNS, texts->arena, ret);
}

static int prepare_records(LedgerDb *l, usec_t since, sqlite3_stmt **ret) {
        auto_(free) char *names = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&names, &n);

        if (!f)
                return -ENOMEM;
        put_columns(f, "");
        (void) fputs("told", f);
        if (fclose(f) != 0)
                return -ENOMEM;
        return prepare_wanted(l, names, " ORDER BY id", since, ret);
}

static int load_records(LedgerDb *l, Intern *texts, Snapshot *s) {
        auto_(sqlite3_finalize) sqlite3_stmt *q = NULL;
        usec_t since = usec_sub(s->last_at, FINAL_KEPT);
        size_t n = 0;
        int r = count_wanted(l, since, &n), rc;

        if (r >= 0)
                r = prepare_records(l, since, &q);
        if (r < 0)
                return r;
        s->records = arena_array(s->arena, MAX(n, (size_t) 1), sizeof(Record));
        if (!s->records)
                return -ENOMEM;
        while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
                assert(s->n_records < n); /* one transaction: the count cannot change */
                r = read_record(q, texts, &s->records[s->n_records++]);
                if (r < 0)
                        return r;
        }
        return db_errno(l->db, rc);
}

static int read_manifest(sqlite3_stmt *q, Intern *texts, ManifestRow *ret) {
        *ret = (ManifestRow) {
                .id = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 0)),
                .doc = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 1)),
                .file = intern(texts, (const char *) sqlite3_column_text(q, 2)),
                .commit = intern(texts, (const char *) sqlite3_column_text(q, 3)),
                .line = (unsigned) sqlite3_column_int64(q, 4),
                .content = (uint64_t) sqlite3_column_int64(q, 5),
                .vanished = usec_from_sql(sqlite3_column_int64(q, 6)),
        };
        return ret->id && ret->doc && ret->file && ret->commit ? 0 : -ENOMEM;
}

static int load_manifests(LedgerDb *l, Intern *texts, Snapshot *s) {
        auto_(sqlite3_finalize) sqlite3_stmt *q = NULL;
        int64_t n;
        int r = db_number(l->db, "SELECT count(*) FROM manifest", &n), rc;

        if (r < 0)
                return r;
        s->manifests = arena_array(s->arena, MAX((size_t) n, (size_t) 1), sizeof(ManifestRow));
        if (!s->manifests)
                return -ENOMEM;
        rc = sqlite3_prepare_v2(l->db, "SELECT id, doc, file, commit_id, line, content, vanished FROM manifest ORDER BY id", -1, &q, NULL);
        if (rc != SQLITE_OK)
                return db_errno(l->db, rc);
        while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
                assert(s->n_manifests < (size_t) n);
                r = read_manifest(q, texts, &s->manifests[s->n_manifests++]);
                if (r < 0)
                        return r;
        }
        return db_errno(l->db, rc);
}

static int read_service(sqlite3_stmt *q, Intern *texts, KnownService *ret) {
        *ret = (KnownService) {
                .target = intern(texts, (const char *) sqlite3_column_text(q, 0)),
                .kind = intern(texts, (const char *) sqlite3_column_text(q, 1)),
                .service = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 2)),
                .asked = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 3)),
                .name = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 4)),
                .id = arena_strdup(texts->arena, (const char *) sqlite3_column_text(q, 5)),
        };
        return ret->target && ret->kind && ret->service && ret->asked && ret->name && ret->id ? 0 : -ENOMEM;
}

/* A reader that is newer than the ledger it looks at finds no such table; only an owner brings it up to date. */
static int load_services(LedgerDb *l, Intern *texts, Snapshot *s) {
        auto_(sqlite3_finalize) sqlite3_stmt *q = NULL;
        int64_t n;
        int r = db_number(l->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'service'", &n), rc;

        if (r < 0 || n == 0)
                return r;
        r = db_number(l->db, "SELECT count(*) FROM service", &n);
        if (r < 0)
                return r;
        s->services = arena_array(s->arena, MAX((size_t) n, (size_t) 1), sizeof(KnownService));
        if (!s->services)
                return -ENOMEM;
        rc = sqlite3_prepare_v2(l->db, "SELECT target, kind, service, asked, name, id FROM service ORDER BY target, kind, service", -1, &q, NULL);
        if (rc != SQLITE_OK)
                return db_errno(l->db, rc);
        while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
                assert(s->n_services < (size_t) n);
                r = read_service(q, texts, &s->services[s->n_services++]);
                if (r < 0)
                        return r;
        }
        return db_errno(l->db, rc);
}

static int load_meta(LedgerDb *l, const char *sql, char *buf, size_t size) {
        auto_(free) char *value = NULL;
        int r = db_text(l->db, sql, &value);

        if (r < 0)
                return r == -ENOENT ? -EBADMSG : r;
        if (strlen(value) >= size)
                return -EBADMSG;
        strcpy(buf, value);
        return 0;
}

static int load_serials(LedgerDb *l, Snapshot *s) {
        auto_(sqlite3_finalize) sqlite3_stmt *q = NULL;
        int rc = sqlite3_prepare_v2(l->db, "SELECT last_intent, last_record, last_at, last_load FROM serials", -1, &q, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(q);
        if (rc != SQLITE_ROW)
                return rc == SQLITE_DONE ? -EBADMSG : db_errno(l->db, rc);
        s->last_intent = (uint64_t) sqlite3_column_int64(q, 0);
        s->last_record = (uint64_t) sqlite3_column_int64(q, 1);
        s->last_at = usec_from_sql(sqlite3_column_int64(q, 2));
        s->last_load = usec_from_sql(sqlite3_column_int64(q, 3));
        return 0;
}

static int load_all(LedgerDb *l, Snapshot *s) {
        auto_(free) Intern *texts = calloc(1, sizeof(*texts));
        int r;

        s->arena = arena_new();
        if (!texts || !s->arena)
                return -ENOMEM;
        texts->arena = s->arena;
        r = load_meta(l, "SELECT value FROM meta WHERE name = 'ledger_id'", s->ledger_id, sizeof(s->ledger_id));
        if (r >= 0)
                r = load_meta(l, "SELECT value FROM meta WHERE name = 'machine_id'", s->machine_id, sizeof(s->machine_id));
        if (r >= 0)
                r = load_serials(l, s);
        if (r >= 0)
                r = load_records(l, texts, s);
        if (r >= 0)
                r = load_manifests(l, texts, s);
        if (r >= 0)
                r = load_services(l, texts, s);
        return r;
}

static int sqlite_load(Ledger *ledger, Snapshot *ret) {
        LedgerDb *l = (LedgerDb *) ledger;
        Snapshot s = { 0 };
        int r = db_exec(l->db, "BEGIN"); /* one view, even beside a daemon that writes */

        if (r < 0)
                return r;
        r = load_all(l, &s);
        (void) db_exec(l->db, "COMMIT");
        if (r < 0) {
                snapshot_done(&s);
                return r;
        }
        *ret = s;
        return 0;
}

/* ── Committing ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const statements[SQL_STATEMENTS] = {
        [SQL_BEGIN] = "BEGIN IMMEDIATE",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",
        [SQL_RECORD] = NULL, /* built from record_columns */
        [SQL_ENTRY] = "INSERT INTO entry (at, kind, intent, record, manifest, occurrence, target, remote_id, action, verdict, state, "
                      "due, late, text, file, commit_id, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_MANIFEST] = "INSERT INTO manifest (id, doc, file, commit_id, line, content, vanished) VALUES (?, ?, ?, ?, ?, ?, ?) "
                         "ON CONFLICT (id) DO UPDATE SET doc = CASE excluded.doc WHEN '' THEN doc ELSE excluded.doc END, "
                         "file = excluded.file, commit_id = excluded.commit_id, line = excluded.line, content = excluded.content, "
                         "vanished = excluded.vanished",
        [SQL_FORGET] = "DELETE FROM manifest WHERE id = ?",
        [SQL_SERVICE] = "INSERT OR REPLACE INTO service (target, kind, service, asked, name, id) VALUES (?, ?, ?, ?, ?, ?)",
        [SQL_SERIALS] = "UPDATE serials SET last_intent = max(last_intent, ?), last_record = max(last_record, ?), "
                        "last_at = ifnull(nullif(?, 0), last_at), last_load = ifnull(nullif(?, 0), last_load)",
};

static int store_record(LedgerDb *l, const Record *r) {
        sqlite3_stmt *s = l->sql[SQL_RECORD];
        size_t n = MIN(r->n_told, (size_t) TOLD_MAX);
        uint64_t told[TOLD_MAX];

        assert(r->id > 0);
        for (int i = 0; i < COLUMNS; i++)
                bind_column(s, i + 1, &record_columns[i], (const char *) r + record_columns[i].offset);
        for (size_t i = 0; i < n; i++)
                told[i] = htole64(r->told[r->n_told - n + i]); /* the oldest are forgotten */
        if (n > 0)
                (void) sqlite3_bind_blob(s, COLUMNS + 1, told, (int) (n * sizeof(told[0])), SQLITE_STATIC);
        else
                (void) sqlite3_bind_null(s, COLUMNS + 1);
        return db_run(s);
}

static int store_manifest(LedgerDb *l, const ManifestRow *m) {
        sqlite3_stmt *s = l->sql[m->doc ? SQL_MANIFEST : SQL_FORGET];

        bind_text(s, 1, m->id);
        if (m->doc) {
                bind_text(s, 2, m->doc);
                bind_text(s, 3, m->file);
                bind_text(s, 4, m->commit);
                (void) sqlite3_bind_int64(s, 5, m->line);
                bind_hash(s, 6, m->content);
                bind_usec(s, 7, m->vanished);
        }
        return db_run(s);
}

static int store_service(LedgerDb *l, const KnownService *k) {
        sqlite3_stmt *s = l->sql[SQL_SERVICE];

        bind_text(s, 1, k->target);
        bind_text(s, 2, k->kind);
        bind_text(s, 3, k->service);
        bind_text(s, 4, k->asked);
        bind_text(s, 5, k->name);
        bind_text(s, 6, k->id);
        return db_run(s);
}

static int store_line(LedgerDb *l, const Entry *e) {
        sqlite3_stmt *s = l->sql[SQL_ENTRY];
        WindowKey key = entry_key(e);

        bind_usec(s, 1, e->at);
        (void) sqlite3_bind_int(s, 2, (int) e->kind);
        bind_hash(s, 3, e->intent);
        bind_hash(s, 4, e->record ? e->record->id : 0);
        bind_text(s, 5, key.manifest);
        bind_text(s, 6, key.occurrence);
        bind_text(s, 7, e->target);
        bind_text(s, 8, e->record ? e->record->remote_id : NULL);
        (void) sqlite3_bind_int(s, 9, (int) e->action);
        (void) sqlite3_bind_int(s, 10, (int) e->verdict);
        if (e->record)
                (void) sqlite3_bind_int(s, 11, (int) e->record->left);
        else
                (void) sqlite3_bind_null(s, 11);
        bind_usec(s, 12, e->due);
        bind_usec(s, 13, e->late);
        bind_text(s, 14, e->text);
        bind_text(s, 15, e->file);
        bind_text(s, 16, e->commit);
        (void) sqlite3_bind_int64(s, 17, e->line);
        return db_run(s);
}

static int store_serials(LedgerDb *l, const Entry *entries, size_t n) {
        uint64_t intent = 0, record = 0;
        usec_t at = 0, load = 0;
        sqlite3_stmt *s = l->sql[SQL_SERIALS];

        for (const Entry *e = entries; e < entries + n; e++) {
                intent = MAX(intent, MAX(e->intent, e->record ? e->record->intent : 0));
                record = MAX(record, e->record ? e->record->id : 0);
                at = e->at ? e->at : at;
                load = e->kind == ENTRY_MANIFEST && e->at ? e->at : load;
        }
        bind_hash(s, 1, intent);
        bind_hash(s, 2, record);
        bind_usec(s, 3, at);
        bind_usec(s, 4, load);
        return db_run(s);
}

static int store_entry(LedgerDb *l, const Entry *e) {
        int r = 0;

        assert(e->kind < ENTRIES);
        if (e->record)
                r = store_record(l, e->record);
        if (r >= 0 && e->manifest)
                r = store_manifest(l, e->manifest);
        if (r >= 0 && e->service)
                r = store_service(l, e->service);
        if (r >= 0 && entry_speaks(e))
                r = store_line(l, e);
        return r;
}

static int sqlite_commit(Ledger *ledger, const Entry *entries, size_t n) {
        LedgerDb *l = (LedgerDb *) ledger;
        int r;

        if (n == 0)
                return 0;
        if (l->mode != LEDGER_OWN)
                return -EROFS;
        r = db_run(l->sql[SQL_BEGIN]);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = store_entry(l, &entries[i]);
        if (r >= 0)
                r = store_serials(l, entries, n);
        if (r >= 0)
                r = db_run(l->sql[SQL_COMMIT]);
        if (r < 0 && !sqlite3_get_autocommit(l->db))
                (void) db_run(l->sql[SQL_ROLLBACK]); /* a full disk has rolled back already */
        return r;
}

int ledger_adopt_machine(Ledger *ledger, const char *machine_id) {
        LedgerDb *l = (LedgerDb *) ledger;
        auto_(sqlite3_free) char *sql = sqlite3_mprintf("UPDATE meta SET value = %Q WHERE name = 'machine_id'", machine_id);

        if (strlen(machine_id) > 32)
                return -EINVAL;
        if (l->mode != LEDGER_OWN)
                return -EROFS;
        return sql ? db_exec(l->db, sql) : -ENOMEM;
}

int db_prepare(LedgerDb *l) {
        auto_(free) char *upsert = record_upsert_sql();

        if (!upsert)
                return -ENOMEM;
        for (size_t i = 0; i < SQL_STATEMENTS; i++) {
                const char *sql = i == SQL_RECORD ? upsert : statements[i];
                int rc = sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &l->sql[i], NULL);

                if (rc != SQLITE_OK)
                        return db_errno(l->db, rc);
        }
        return 0;
}

static Ledger *sqlite_free(Ledger *ledger) {
        LedgerDb *l = (LedgerDb *) ledger;

        for (size_t i = 0; i < SQL_STATEMENTS; i++)
                (void) sqlite3_finalize(l->sql[i]);
        (void) sqlite3_close(l->db); /* folds the WAL into the database and removes it: what is left of one tells of a crash */
        if (l->lock >= 0) {
                (void) !ftruncate(l->lock, 0);
                (void) close(l->lock);
        }
        free(l);
        return NULL;
}

const LedgerOps sqlite_ops = { .load = sqlite_load, .commit = sqlite_commit, .free = sqlite_free };
