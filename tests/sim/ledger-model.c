/*
 * A ledger in memory, for the simulator
 *
 * `now` is what load() shows, `synced` what a crash leaves, `unsynced` the commits between the two. As long as the disk does
 * not lie both are one and the same, and `synced` is not kept.
 */
#include "sim/ledger-model.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct Row {            /* a record or a manifest with the memory it lives in */
        Arena *arena;
        union {
                Record record;
                ManifestRow manifest;
                KnownService service;
        };
} Row;

typedef struct Rows {           /* sorted by id */
        Row *items;
        size_t n, room;
} Rows;

struct LedgerBackup {
        Rows records, manifests, services;
        uint64_t last_intent, last_record;
        usec_t last_at, last_load;
};
typedef LedgerBackup Books;

typedef struct Commit {
        Arena *arena;
        Entry *entries;
        size_t n;
} Commit;

typedef struct Model {
        Ledger ledger;          /* first: a Ledger * is a Model * */
        char ledger_id[17], machine_id[33];
        Books now;
        Books *synced;          /* owned; NULL: as `now` */
        Commit *unsynced;
        size_t n_unsynced, room;
        bool lie, keep_failed;
        int error;
        unsigned failures;
        uint64_t commits;
} Model;

#define NEED(p) ({ __typeof__(p) _p = (p); if (!_p) abort(); _p; })

static char *text_copy(Arena *a, const char *s) {
        return NEED(arena_strdup(a, s ? s : ""));
}

static Record record_copy(Arena *a, const Record *r) {
        size_t n = MIN(r->n_told, (size_t) TOLD_MAX);
        Record c = *r;

        c.target = text_copy(a, r->target);
        c.key = (WindowKey) { text_copy(a, r->key.manifest), text_copy(a, r->key.occurrence) };
        c.part = text_copy(a, r->part);
        c.remote_id = text_copy(a, r->remote_id);
        c.version = text_copy(a, r->version);
        c.title = text_copy(a, r->title);
        c.told = n ? NEED(arena_array(a, n, sizeof(*c.told))) : NULL;
        if (n)
                memcpy(c.told, r->told + r->n_told - n, n * sizeof(*c.told));
        c.n_told = n;
        return c;
}

static ManifestRow manifest_copy(Arena *a, const ManifestRow *m) {
        ManifestRow c = *m;

        c.id = text_copy(a, m->id);
        c.doc = m->doc ? text_copy(a, m->doc) : NULL;
        c.file = text_copy(a, m->file);
        c.commit = text_copy(a, m->commit);
        return c;
}

static KnownService service_copy(Arena *a, const KnownService *k) {
        return (KnownService) { text_copy(a, k->target), text_copy(a, k->kind), text_copy(a, k->service), text_copy(a, k->asked), text_copy(a, k->name), text_copy(a, k->id) };
}

static Row service_row(const KnownService *k) {
        Arena *a = NEED(arena_new());

        return (Row) { .arena = a, .service = service_copy(a, k) };
}

static Row record_row(const Record *r) {
        Arena *a = NEED(arena_new());

        return (Row) { .arena = a, .record = record_copy(a, r) };
}

static Row manifest_row(const ManifestRow *m) {
        Arena *a = NEED(arena_new());

        return (Row) { .arena = a, .manifest = manifest_copy(a, m) };
}

/* The first row at or after an id: of manifests by @name, of records (NULL) by @id. */
static size_t rows_find(const Rows *rows, uint64_t id, const char *name, bool *ret_found) {
        size_t low = 0, high = rows->n;
        int d = 1;

        *ret_found = false;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const Row *row = &rows->items[middle];

                d = name ? strcmp(row->manifest.id, name) : row->record.id < id ? -1 : row->record.id > id;
                *ret_found = *ret_found || d == 0;
                if (d < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void rows_put(Rows *rows, size_t at, bool replace, Row row) {
        if (replace) {
                (void) arena_free(rows->items[at].arena);
                rows->items[at] = row;
                return;
        }
        if (rows->n == rows->room) {
                rows->room = MAX(rows->room * 2, (size_t) 16);
                rows->items = NEED(reallocarray(rows->items, rows->room, sizeof(Row)));
        }
        memmove(rows->items + at + 1, rows->items + at, (rows->n - at) * sizeof(Row));
        rows->items[at] = row;
        rows->n++;
}

static void rows_remove(Rows *rows, size_t at) {
        (void) arena_free(rows->items[at].arena);
        rows->n--;
        memmove(rows->items + at, rows->items + at + 1, (rows->n - at) * sizeof(Row));
}

static void rows_done(Rows *rows) {
        for (size_t i = 0; i < rows->n; i++)
                (void) arena_free(rows->items[i].arena);
        free(rows->items);
}

static void books_done(Books *b) {
        rows_done(&b->records);
        rows_done(&b->manifests);
        rows_done(&b->services);
}

static Books books_copy(const Books *b) {
        Books c = *b;

        c.records = c.manifests = c.services = (Rows) { 0 };
        for (size_t i = 0; i < b->records.n; i++)
                rows_put(&c.records, i, false, record_row(&b->records.items[i].record));
        for (size_t i = 0; i < b->manifests.n; i++)
                rows_put(&c.manifests, i, false, manifest_row(&b->manifests.items[i].manifest));
        for (size_t i = 0; i < b->services.n; i++)
                rows_put(&c.services, i, false, service_row(&b->services.items[i].service));
        return c;
}

static void apply_manifest(Books *b, const ManifestRow *m) {
        bool found;
        size_t at = rows_find(&b->manifests, 0, m->id, &found);
        ManifestRow merged = *m;

        if (m->doc) {
                if (found && !*m->doc)
                        merged.doc = b->manifests.items[at].manifest.doc;
                rows_put(&b->manifests, at, found, manifest_row(&merged));
        } else if (found)
                rows_remove(&b->manifests, at);
}

static int compare_services(const KnownService *a, const KnownService *b) {
        int r = strcmp(a->target, b->target);

        r = r ? r : strcmp(a->kind, b->kind);
        return r ? r : strcmp(a->service, b->service);
}

static void apply_service(Books *b, const KnownService *k) {
        size_t at = 0;

        while (at < b->services.n && compare_services(&b->services.items[at].service, k) < 0)
                at++;
        rows_put(&b->services, at, at < b->services.n && compare_services(&b->services.items[at].service, k) == 0, service_row(k));
}

static void apply(Books *b, const Entry *entries, size_t n) {
        for (const Entry *e = entries; e < entries + n; e++) {
                assert(e->kind < ENTRIES);
                if (e->record) {
                        bool found;
                        size_t at = rows_find(&b->records, e->record->id, NULL, &found);

                        assert(e->record->id > 0);
                        rows_put(&b->records, at, found, record_row(e->record));
                        b->last_record = MAX(b->last_record, e->record->id);
                        b->last_intent = MAX(b->last_intent, e->record->intent);
                }
                if (e->manifest)
                        apply_manifest(b, e->manifest);
                if (e->service)
                        apply_service(b, e->service);
                b->last_intent = MAX(b->last_intent, e->intent);
                b->last_at = e->at ? e->at : b->last_at;
                b->last_load = e->kind == ENTRY_MANIFEST && e->at ? e->at : b->last_load;
        }
}

static void remember(Model *m, const Entry *entries, size_t n) {
        Arena *a = NEED(arena_new());
        Entry *copy = NEED(arena_array(a, n, sizeof(Entry)));

        for (size_t i = 0; i < n; i++) {
                copy[i] = (Entry) { .kind = entries[i].kind, .intent = entries[i].intent, .at = entries[i].at };
                if (entries[i].record) {
                        Record *r = NEED(arena_new0(a, Record));

                        *r = record_copy(a, entries[i].record);
                        copy[i].record = r;
                }
                if (entries[i].manifest) {
                        ManifestRow *row = NEED(arena_new0(a, ManifestRow));

                        *row = manifest_copy(a, entries[i].manifest);
                        copy[i].manifest = row;
                }
                if (entries[i].service) {
                        KnownService *k = NEED(arena_new0(a, KnownService));

                        *k = service_copy(a, entries[i].service);
                        copy[i].service = k;
                }
        }
        if (m->n_unsynced == m->room) {
                m->room = MAX(m->room * 2, (size_t) 16);
                m->unsynced = NEED(reallocarray(m->unsynced, m->room, sizeof(Commit)));
        }
        m->unsynced[m->n_unsynced++] = (Commit) { a, copy, n };
}

static void part_from_synced(Model *m) {
        if (m->synced)
                return;
        m->synced = NEED(malloc(sizeof(Books)));
        *m->synced = books_copy(&m->now);
}

static int model_commit(Ledger *l, const Entry *entries, size_t n) {
        Model *m = (Model *) l;

        if (n == 0)
                return 0;
        if (m->failures > 0) {
                if (m->failures != UINT_MAX)
                        m->failures--;
                if (m->keep_failed) {
                        part_from_synced(m);
                        apply(m->synced, entries, n);
                        m->keep_failed = false;
                }
                return m->error;
        }
        if (m->lie) {
                part_from_synced(m);
                remember(m, entries, n);
        } else
                ledger_model_sync(l); /* a later commit that is on disk has overwritten what a failed one left */
        apply(&m->now, entries, n);
        m->commits++;
        return 0;
}

static bool same_object(const Record *a, const Record *b) {
        return key_equal(a->key, b->key) && text_equal(a->target, b->target) && text_equal(a->part, b->part);
}

static bool wanted(const Books *b, const Record *r) {
        if (r->status != RECORD_FINAL)
                return true;
        if (MAX(r->end, r->ended) <= usec_sub(b->last_at, FINAL_KEPT))
                return false;
        for (size_t i = 0; i < b->records.n; i++) {
                const Record *o = &b->records.items[i].record;

                if (o->status == RECORD_FINAL && same_object(o, r) &&
                    (o->generation > r->generation || (o->generation == r->generation && o->id > r->id)))
                        return false;
        }
        return true;
}

void ledger_model_prune(Ledger *l, usec_t before) {
        Rows *rows = &((Model *) l)->now.records;

        for (size_t i = rows->n; i-- > 0;) {
                const Record *r = &rows->items[i].record;

                if ((r->status == RECORD_FINAL || r->status == RECORD_GONE) && MAX(r->end, r->ended) < before)
                        rows_remove(rows, i);
        }
}

static int model_load(Ledger *l, Snapshot *ret) {
        Model *m = (Model *) l;
        Books *b = &m->now;
        Snapshot s = {
                .arena = NEED(arena_new()),
                .last_intent = b->last_intent,
                .last_record = b->last_record,
                .last_at = b->last_at,
                .last_load = b->last_load,
        };

        strcpy(s.ledger_id, m->ledger_id);
        strcpy(s.machine_id, m->machine_id);
        s.records = NEED(arena_array(s.arena, b->records.n + 1, sizeof(Record)));
        s.manifests = NEED(arena_array(s.arena, b->manifests.n + 1, sizeof(ManifestRow)));
        for (size_t i = 0; i < b->records.n; i++)
                if (wanted(b, &b->records.items[i].record))
                        s.records[s.n_records++] = record_copy(s.arena, &b->records.items[i].record);
        for (size_t i = 0; i < b->manifests.n; i++)
                s.manifests[s.n_manifests++] = manifest_copy(s.arena, &b->manifests.items[i].manifest);
        s.services = NEED(arena_array(s.arena, b->services.n + 1, sizeof(KnownService)));
        for (size_t i = 0; i < b->services.n; i++)
                s.services[s.n_services++] = service_copy(s.arena, &b->services.items[i].service);
        *ret = s;
        return 0;
}

/* Forgets what a crash would have brought back or lost: `now` is the truth. */
static void drop_unsynced(Model *m) {
        for (size_t i = 0; i < m->n_unsynced; i++)
                (void) arena_free(m->unsynced[i].arena);
        m->n_unsynced = 0;
        if (m->synced)
                books_done(m->synced);
        free(m->synced);
        m->synced = NULL;
}

static Ledger *model_free(Ledger *l) {
        Model *m = (Model *) l;

        drop_unsynced(m);
        free(m->unsynced);
        books_done(&m->now);
        free(m);
        return NULL;
}

static const LedgerOps model_ops = { .load = model_load, .commit = model_commit, .free = model_free };

Ledger *ledger_model_new(const char *ledger_id, const char *machine_id) {
        Model *m = NEED(calloc(1, sizeof(Model)));

        m->ledger.ops = &model_ops;
        (void) snprintf(m->ledger_id, sizeof(m->ledger_id), "%s", ledger_id);
        ledger_model_adopt_machine(&m->ledger, machine_id);
        return &m->ledger;
}

void ledger_model_adopt_machine(Ledger *l, const char *machine_id) {
        Model *m = (Model *) l;

        (void) snprintf(m->machine_id, sizeof(m->machine_id), "%s", machine_id);
}

void ledger_model_fail(Ledger *l, int error, unsigned n) {
        Model *m = (Model *) l;

        assert(error < 0 || n == 0);
        m->error = error;
        m->failures = n;
        m->keep_failed = false;
}

void ledger_model_fail_but_keep(Ledger *l, int error) {
        ledger_model_fail(l, error, 1);
        ((Model *) l)->keep_failed = true;
}

void ledger_model_lie(Ledger *l, bool lie) {
        Model *m = (Model *) l;

        m->lie = lie;
        if (!lie)
                ledger_model_sync(l);
}

void ledger_model_sync(Ledger *l) {
        drop_unsynced((Model *) l);
}

size_t ledger_model_unsynced(const Ledger *l) {
        return ((const Model *) l)->n_unsynced;
}

void ledger_model_crash(Ledger *l, size_t keep) {
        Model *m = (Model *) l;

        if (m->synced) {
                for (size_t i = 0; i < MIN(keep, m->n_unsynced); i++)
                        apply(m->synced, m->unsynced[i].entries, m->unsynced[i].n);
                books_done(&m->now);
                m->now = *m->synced;
                *m->synced = (Books) { 0 };
        }
        drop_unsynced(m);
}

LedgerBackup *ledger_model_backup(const Ledger *l) {
        LedgerBackup *b = NEED(malloc(sizeof(*b)));

        *b = books_copy(&((const Model *) l)->now);
        return b;
}

void ledger_model_restore(Ledger *l, const LedgerBackup *b) {
        Model *m = (Model *) l;

        drop_unsynced(m);
        books_done(&m->now);
        m->now = books_copy(b);
}

LedgerBackup *ledger_backup_free(LedgerBackup *b) {
        if (b)
                books_done(b);
        free(b);
        return NULL;
}

uint64_t ledger_model_commits(const Ledger *l) {
        return ((const Model *) l)->commits;
}
