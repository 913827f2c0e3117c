/*
 * The ledger's memory for people: history, pruning, the text of a manifest
 */
#include <fcntl.h>
#include <string.h>

#include "ledger/ledger-db.h"

#define LINE_COLUMNS \
        "seq, at, due, late, kind, intent, manifest, occurrence, target, remote_id, text, file, commit_id, line, action, verdict, state"

/* Lines that were written under an earlier id of a window count as its own: a record keeps its number through a rename. */
static char *history_sql(bool manifest, bool occurrence, bool oldest) {
        const char *order = oldest ? "" : " DESC", *of = !manifest ? "" : occurrence ? "manifest = ?2 AND occurrence = ?3" : "manifest = ?2";

        if (!manifest)
                return sqlite3_mprintf("SELECT * FROM (SELECT " LINE_COLUMNS " FROM entry WHERE seq > ?1%s ORDER BY seq%s LIMIT ?4) "
                                       "ORDER BY seq",
                                       occurrence ? " AND occurrence = ?3" : "", order);
        return sqlite3_mprintf("SELECT * FROM (SELECT " LINE_COLUMNS " FROM entry WHERE seq > ?1 AND ((%s) OR record IN "
                               "(SELECT id FROM record WHERE %s)) ORDER BY seq%s LIMIT ?4) ORDER BY seq",
                               of, of, order);
}

static HistoryLine line_read(sqlite3_stmt *s) {
        return (HistoryLine) {
                .seq = (uint64_t) sqlite3_column_int64(s, 0),
                .at = usec_from_sql(sqlite3_column_int64(s, 1)),
                .due = usec_from_sql(sqlite3_column_int64(s, 2)),
                .late = usec_from_sql(sqlite3_column_int64(s, 3)),
                .kind = (EntryKind) sqlite3_column_int(s, 4),
                .intent = (uint64_t) sqlite3_column_int64(s, 5),
                .manifest = (const char *) sqlite3_column_text(s, 6),
                .occurrence = (const char *) sqlite3_column_text(s, 7),
                .target = (const char *) sqlite3_column_text(s, 8),
                .remote_id = (const char *) sqlite3_column_text(s, 9),
                .text = (const char *) sqlite3_column_text(s, 10),
                .file = (const char *) sqlite3_column_text(s, 11),
                .commit = (const char *) sqlite3_column_text(s, 12),
                .line = (unsigned) sqlite3_column_int64(s, 13),
                .action = (ActionKind) sqlite3_column_int(s, 14),
                .verdict = (Verdict) sqlite3_column_int(s, 15),
                .state = (State) sqlite3_column_int(s, 16),
                .has_state = sqlite3_column_type(s, 16) != SQLITE_NULL,
        };
}

static bool line_sound(const HistoryLine *h) {
        return (unsigned) h->kind < ENTRIES && (unsigned) h->action < ACTIONS && (unsigned) h->verdict < VERDICTS &&
               (unsigned) h->state < STATES && h->manifest && h->occurrence && h->target && h->remote_id && h->text && h->file && h->commit;
}

static int history_run(LedgerDb *l, sqlite3_stmt *s, HistoryRange range, int (*line)(void *userdata, const HistoryLine *h),
                       void *userdata) {
        int rc;

        (void) sqlite3_bind_int64(s, 1, usec_to_sql(range.after));
        (void) sqlite3_bind_int64(s, 4, range.limit ? (int64_t) range.limit : -1);
        while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
                HistoryLine h = line_read(s);
                int r = line_sound(&h) ? line(userdata, &h) : -EBADMSG;

                if (r < 0)
                        return r;
        }
        return db_errno(l->db, rc);
}

int ledger_history(Ledger *ledger, const char *manifest, const char *occurrence, HistoryRange range,
                   int (*line)(void *userdata, const HistoryLine *h), void *userdata) {
        LedgerDb *l = (LedgerDb *) ledger;
        auto_(sqlite3_free) char *sql = history_sql(manifest, occurrence, range.oldest);
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int rc = sql ? sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) : SQLITE_NOMEM;

        if (rc != SQLITE_OK)
                return db_errno(l->db, rc);
        /* Numbers that the statement does not use give SQLITE_RANGE, which is as good. */
        if (manifest)
                (void) sqlite3_bind_text(s, 2, manifest, -1, SQLITE_STATIC);
        if (occurrence)
                (void) sqlite3_bind_text(s, 3, occurrence, -1, SQLITE_STATIC);
        return history_run(l, s, range, line, userdata);
}

typedef struct Wanted { bool (*of)(void *userdata, const char *manifest); void *userdata; } Wanted;

static void wanted_call(sqlite3_context *c, int n, sqlite3_value **values) {
        const Wanted *w = sqlite3_user_data(c);
        const char *manifest = (const char *) sqlite3_value_text(values[0]);

        sqlite3_result_int(c, manifest && w->of(w->userdata, manifest));
}

int ledger_history_of(Ledger *ledger, bool (*of)(void *of_userdata, const char *manifest), void *of_userdata, HistoryRange range,
                      int (*line)(void *userdata, const HistoryLine *h), void *userdata) {
#define WANTED_SQL(order) "SELECT * FROM (SELECT " LINE_COLUMNS " FROM entry WHERE seq > ?1 AND (wanted(manifest) OR record IN " \
                          "(SELECT id FROM record WHERE wanted(manifest))) ORDER BY seq" order " LIMIT ?4) ORDER BY seq"
        const char *sql = range.oldest ? WANTED_SQL("") : WANTED_SQL(" DESC");
        LedgerDb *l = (LedgerDb *) ledger;
        Wanted w = { of, of_userdata };
        sqlite3_stmt *s = NULL;
        int r, rc = sqlite3_create_function_v2(l->db, "wanted", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, &w, wanted_call, NULL, NULL, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL);
        r = rc == SQLITE_OK ? history_run(l, s, range, line, userdata) : db_errno(l->db, rc);
        (void) sqlite3_finalize(s);
        (void) sqlite3_create_function_v2(l->db, "wanted", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL); /* @w goes */
        return r;
}

/* A window is over when it is final in whatever way, or no longer ours; one that still runs stays, however old it is. */
static const char *const prune_sql[] = {
        "DELETE FROM record WHERE intent = 0 AND max(window_end, ended) < ?1 AND (status IN (?2, ?3, ?4) OR left_state >= ?5)",
        "DELETE FROM entry WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM record r WHERE r.id = entry.record) AND NOT EXISTS "
        "(SELECT 1 FROM record r WHERE r.manifest = entry.manifest AND r.occurrence = entry.occurrence)",
};

static int prune(sqlite3 *db, const char *sql, usec_t before, int64_t *deleted) {
        auto_(sqlite3_finalize) sqlite3_stmt *s = NULL;
        int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL), r;

        if (rc != SQLITE_OK)
                return db_errno(db, rc);
        (void) sqlite3_bind_int64(s, 1, usec_to_sql(before));
        (void) sqlite3_bind_int(s, 2, RECORD_FINAL);
        (void) sqlite3_bind_int(s, 3, RECORD_GONE);
        (void) sqlite3_bind_int(s, 4, RECORD_CLAIMED);
        (void) sqlite3_bind_int(s, 5, STATE_COMPLETED);
        r = db_run(s);
        if (r >= 0)
                *deleted += sqlite3_changes(db);
        return r;
}

int64_t ledger_prune(Ledger *ledger, usec_t before) {
        LedgerDb *l = (LedgerDb *) ledger;
        int64_t deleted = 0;
        int r;

        if (l->mode != LEDGER_OWN)
                return -EROFS;
        r = db_run(l->sql[SQL_BEGIN]);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(prune_sql); i++)
                r = prune(l->db, prune_sql[i], before, &deleted);
        if (r >= 0)
                r = db_run(l->sql[SQL_COMMIT]);
        if (r < 0 && !sqlite3_get_autocommit(l->db))
                (void) db_run(l->sql[SQL_ROLLBACK]);
        return r < 0 ? r : deleted;
}

int ledger_manifest_doc(Ledger *ledger, const char *id, char **ret) {
        LedgerDb *l = (LedgerDb *) ledger;
        auto_(sqlite3_free) char *sql = sqlite3_mprintf("SELECT doc FROM manifest WHERE id = %Q", id);

        return sql ? db_text(l->db, sql, ret) : -ENOMEM;
}
