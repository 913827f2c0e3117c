/*
 * The ledger's rows, as a damaged disk or a curious person with sqlite3 would leave them
 *
 * Each line of the input is a column's new value: a letter for the table (r m s e S M), the number of the column, "=", the value. Whatever is
 * loaded can be used without another look: states and kinds exist, ids have a length, texts are there.
 */
#include "fuzz.h"

#include <sqlite3.h>

#include "base/limits.h"
#include "ledger/ledger-sqlite.h"

#define MACHINE "0123456789abcdef0123456789abcdef"

static const char reset[] =
        "DELETE FROM meta; INSERT INTO meta VALUES ('ledger_id', '0123456789abcdef'), ('machine_id', '" MACHINE "');"
        "DELETE FROM record; DELETE FROM manifest; DELETE FROM service; DELETE FROM entry; UPDATE serials SET last_intent = 1, last_record = 1,"
        " last_at = 1800000000000000, last_load = 0;"
        "INSERT INTO record VALUES (1, 'page http://127.0.0.1', 'db', '', 1, '', 'mnt_1', '1', 'Database', 0, 0, 1,2,3,4,5,6,7,8,9, 1,2,3,4,5,6,7,8,9,"
        " 0, 1800000000000000, 1800003600000000, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, x'0102030405060708', 0, 1800003600000000);"
        "INSERT INTO manifest VALUES ('db', 'id: db', 'db.yaml', '', 1, 2, 0);"
        "INSERT INTO service VALUES ('page http://127.0.0.1', 'service', 'api', 'api', 'API', 'svc_1');"
        "INSERT INTO entry VALUES (1, 1, 0, 1, 1, 'db', '', 'page', 'mnt_1', 0, 0, 0, 0, 0, 'text', 'db.yaml', '', 1);";

static void run(sqlite3 *db, const char *sql) {
        assert_always(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

/* The name of a table's column, NULL: it has none of that number. */
static char *column_name(sqlite3 *db, const char *table, unsigned column) {
        auto_(free) char *sql = textf("SELECT name FROM pragma_table_info('%s') WHERE cid = %u", table, column);
        sqlite3_stmt *s = NULL;
        char *name = NULL;

        assert_always(sql && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
        if (sqlite3_step(s) == SQLITE_ROW)
                name = strdup((const char *) sqlite3_column_text(s, 0));
        (void) sqlite3_finalize(s);
        return name;
}

/* "r17=x…": column 17 of the records becomes a blob; i…: a number; else a text. What the schema refuses is left as it is. */
static void change(sqlite3 *db, const char *line) {
        static const char *const tables[] = { "record", "manifest", "service", "entry", "Serials", "Meta" };
        auto_(free) char *name = NULL, *sql = NULL;
        const char *table = NULL, *value;
        sqlite3_stmt *s = NULL;
        char *end;

        for (size_t i = 0; i < ARRAY_SIZE(tables) && !table; i++)
                if (tables[i][0] == line[0])
                        table = tables[i];
        if (table)
                name = column_name(db, table, (unsigned) strtoul(line + 1, &end, 10));
        if (!name || *end != '=')
                return;
        value = end + 1;
        sql = textf("UPDATE OR IGNORE %s SET %s = ?", table, name);
        assert_always(sql && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
        if (value[0] == 'x')
                (void) sqlite3_bind_blob(s, 1, value + 1, (int) strlen(value + 1), SQLITE_STATIC);
        else if (value[0] == 'i')
                (void) sqlite3_bind_int64(s, 1, strtoll(value + 1, NULL, 10));
        else
                (void) sqlite3_bind_text(s, 1, value, -1, SQLITE_STATIC);
        (void) sqlite3_step(s);
        (void) sqlite3_finalize(s);
}

static void check_record(const Record *r) {
        assert_always(r->target && r->part && r->remote_id && r->version && r->title && r->key.manifest && r->key.occurrence);
        assert_always((unsigned) r->status < STATUSES && (unsigned) r->left < STATES && r->intent_kind < ACTIONS);
        assert_always(strlen(r->key.manifest) <= ID_MAX && strlen(r->key.occurrence) <= OCCURRENCE_MAX && strlen(r->part) <= PART_MAX);
        assert_always((r->diverged & ~FIELDS_ALL) == 0 && r->n_told <= TOLD_MAX && (r->n_told == 0 || r->told));
}

static int on_line(void *userdata, const HistoryLine *h) {
        assert_always(strcmp(action_to_string(h->action), "?") != 0 && strcmp(verdict_to_string(h->verdict), "?") != 0);
        assert_always(h->manifest && h->text && h->file && (!h->has_state || strcmp(state_to_string(h->state), "?") != 0));
        return 0;
}

static bool known_failure(int r) {
        return r == 0 || r == -EBADMSG || r == -EIO;
}

static void check_ledger(Ledger *l) {
        auto_(free) char *doc = NULL;
        Snapshot s = { 0 };
        int r = ledger_load(l, &s);

        assert_always(known_failure(r));
        for (size_t i = 0; r == 0 && i < s.n_records; i++)
                check_record(&s.records[i]);
        for (size_t i = 0; r == 0 && i < s.n_manifests; i++)
                assert_always(s.manifests[i].id && s.manifests[i].doc && s.manifests[i].file && s.manifests[i].commit);
        for (size_t i = 0; r == 0 && i < s.n_services; i++)
                assert_always(s.services[i].target && s.services[i].name && s.services[i].id);
        assert_always(r < 0 || (strlen(s.ledger_id) <= 16 && strlen(s.machine_id) <= 32));
        snapshot_done(&s);
        assert_always(known_failure(ledger_history(l, NULL, NULL, (HistoryRange) { 0 }, on_line, NULL)));
        assert_always(known_failure(ledger_history(l, "db", "", (HistoryRange) { .limit = 5, .oldest = true }, on_line, NULL)));
        r = ledger_manifest_doc(l, "db", &doc);
        assert_always(known_failure(r) || r == -ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Ledger *ledger;
        static sqlite3 *db;
        Input in = { data, size };

        if (!ledger) {
                auto_(free) char *path = textf("%s/" LEDGER_NAME, fuzz_folder()), *error = NULL;

                assert_always(ledger_open(fuzz_folder(), LEDGER_OWN, MACHINE, &ledger, &error) == 0);
                assert_always(path && sqlite3_open(path, &db) == SQLITE_OK);
                run(db, "PRAGMA synchronous = OFF");
        }
        run(db, "BEGIN");
        run(db, reset);
        for (unsigned i = 0; in.n > 0 && i < 16; i++) {
                auto_(free) char *line = input_line(&in);

                change(db, line);
        }
        run(db, "COMMIT");
        check_ledger(ledger);
        return 0;
}
