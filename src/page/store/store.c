/*
 * The page's memory: every statement, and how one is run
 *
 * Statements are prepared at their first use and kept. The journal is a write-ahead log with synchronous=FULL: a commit costs
 * one flush of the disk, and what has been answered with 2xx survives loss of power. `maintd-page key add` may write while the
 * daemon runs; hence the busy timeout, and store_generation(), by which a cache in front of the file knows that it is out of date.
 */
#include "page/store/private.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "page/store/monitor.h"

#define BUSY_TIMEOUT_MS 5000
#define OTHERS_EVERY (100 * USEC_PER_MSEC)

struct Store {
        sqlite3 *db;                    /* owned */
        sqlite3_stmt *stmts[SQLS];      /* owned, each NULL until used */
        uint64_t others;                /* a number that moves when another process has written */
        usec_t others_seen;             /* CLOCK_BOOTTIME; 0: never */
        int64_t aside;                  /* how many rows the statements of unseen[] have changed */
        bool owes;                      /* see store_owed() */
        bool stirred;                   /* see store_monitors_stirred() */
};

#define M_COLUMNS \
        "seq, id, state, scheduled_start, scheduled_end, started_at, finished_at, created_at, updated_at, version, impact, notify," \
        " auto_transition, pause_monitors, external_id, owner, reminders, title, description"
/* When it did, or is to. */
#define M_BEGAN "coalesce(nullif(started_at, 0), scheduled_start)"
#define S_COLUMNS "seq, id, name, grp, manual, display_order, created_at, updated_at, description"
/* The worst impact of the windows that run on it; NULL: none runs. */
#define S_RUNNING \
        "(SELECT max(m.impact) FROM maintenance_service ms JOIN maintenance m ON m.seq = ms.maintenance" \
        " WHERE ms.service = service.seq AND m.state = 1)"

/* Who named no services hears of all; a window (?1) that names none concerns all. */
#define S_CONCERNED \
        "s.confirmed_at > 0 AND (NOT EXISTS (SELECT 1 FROM subscriber_service w WHERE w.subscriber = s.seq)" \
        " OR NOT EXISTS (SELECT 1 FROM maintenance_service m WHERE m.maintenance = ?1)" \
        " OR EXISTS (SELECT 1 FROM subscriber_service w JOIN maintenance_service m ON m.service = w.service" \
        " WHERE w.subscriber = s.seq AND m.maintenance = ?1))"

/* What its monitors make of it, as monitor_impact() has it; NULL: nothing. */
#define S_MEASURED "(SELECT CASE max(state) WHEN 3 THEN 4 ELSE 2 END FROM monitor WHERE monitor.service = service.seq AND state > 1 HAVING count(*) > 0)"
#define MONITOR_COLUMNS \
        "seq, id, name, url, interval, timeout, expected, service, (SELECT service.id FROM service WHERE service.seq = monitor.service), enabled," \
        " service IN (SELECT ms.service FROM maintenance m JOIN maintenance_service ms ON ms.maintenance = m.seq WHERE m.state = 1 AND m.pause_monitors = 1)," \
        " state, last, checked_at, latency, problem, created_at, updated_at"

#define SUBSCRIBER_COLUMNS "subscriber.seq, id, subscriber.kind, endpoint, subscriber.created_at, confirmed_at, secret, leave"
#define WISH_COLUMNS "seq, endpoint, services, created_at, due, failures, trouble"

/* INDEXED BY where the planner would sort all windows of a state: it does not know how few are due. */
static const char *const statements[] = {
        [SQL_BEGIN] = "BEGIN IMMEDIATE",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",

        [SQL_MAINTENANCE_BY_ID] = "SELECT " M_COLUMNS " FROM maintenance WHERE id = ?",
        [SQL_MAINTENANCE_BY_SEQ] = "SELECT " M_COLUMNS " FROM maintenance WHERE seq = ?",
        [SQL_MAINTENANCE_BY_EXTERNAL_ID] = "SELECT " M_COLUMNS " FROM maintenance WHERE external_id = ?",
        [SQL_MAINTENANCE_LIST] = "SELECT " M_COLUMNS " FROM maintenance WHERE seq > ? AND scheduled_end > ? AND scheduled_start < ?"
                                 " ORDER BY seq LIMIT ?",
        [SQL_MAINTENANCE_LIST_STATE] = "SELECT " M_COLUMNS " FROM maintenance WHERE state = ? AND seq > ? AND scheduled_end > ? AND"
                                       " scheduled_start < ? ORDER BY seq LIMIT ?",
        /* State by state, each along an index: those not over are few, and of those that are, what ended since. */
        [SQL_MAINTENANCE_ON] = "SELECT " M_COLUMNS " FROM maintenance WHERE seq IN ("
                               "SELECT seq FROM maintenance WHERE +state = 0 AND state < 2 AND scheduled_start < ?2 AND scheduled_end > ?1"
                               " UNION ALL SELECT seq FROM maintenance WHERE state = 1 AND " M_BEGAN " < ?2 AND max(scheduled_end, ?3) > ?1"
                               " UNION ALL SELECT seq FROM maintenance WHERE +state = 2 AND state >= 2 AND finished_at > ?1 AND " M_BEGAN " < ?2"
                               " UNION ALL SELECT seq FROM maintenance WHERE state = 3 AND " M_BEGAN " < ?2 AND scheduled_end > ?1"
                               ") ORDER BY seq LIMIT ?4",
        [SQL_MAINTENANCE_RUNNING] = "SELECT " M_COLUMNS " FROM maintenance WHERE state = 1 AND state < 2 ORDER BY scheduled_start, seq LIMIT ?",
        [SQL_MAINTENANCE_RUNNING_ALL] = "SELECT count(*), max(scheduled_end) FROM maintenance WHERE state = 1 AND state < 2",
        [SQL_MAINTENANCE_UPCOMING] = "SELECT " M_COLUMNS " FROM maintenance WHERE +state = 0 AND state < 2 AND scheduled_end > ?"
                                     " ORDER BY scheduled_start, seq LIMIT ?",
        [SQL_MAINTENANCE_LATE] = "SELECT " M_COLUMNS " FROM maintenance WHERE +state = 0 AND state < 2 AND scheduled_start <= ?1 AND scheduled_end > ?1"
                                 " ORDER BY scheduled_start DESC, seq DESC LIMIT ?2",
        [SQL_MAINTENANCE_NEXT] = "SELECT " M_COLUMNS " FROM maintenance WHERE +state = 0 AND state < 2 AND scheduled_start > ?"
                                 " ORDER BY scheduled_start, seq LIMIT ?",
        [SQL_MAINTENANCE_UPCOMING_ALL] = "SELECT count(*) FROM maintenance WHERE +state = 0 AND state < 2 AND scheduled_end > ?",
        [SQL_MAINTENANCE_OPEN] = "SELECT " M_COLUMNS " FROM maintenance WHERE state < 2 AND (state = 1 OR scheduled_end > ?)"
                                 " ORDER BY scheduled_start, seq LIMIT ? OFFSET ?",
        [SQL_MAINTENANCE_PAST] = "SELECT " M_COLUMNS " FROM maintenance WHERE state >= 2 AND finished_at >= ?"
                                 " ORDER BY finished_at DESC, seq DESC LIMIT ?",
        [SQL_MAINTENANCE_INSERT] = "INSERT INTO maintenance (" M_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        /* What it is known by stays: ?2 and ?8, its id and when it was made, have no place here. */
        [SQL_MAINTENANCE_UPDATE] = "UPDATE maintenance SET state = ?3, scheduled_start = ?4, scheduled_end = ?5, started_at = ?6, finished_at = ?7,"
                                   " updated_at = ?9, version = ?10, impact = ?11, notify = ?12, auto_transition = ?13, pause_monitors = ?14,"
                                   " external_id = ?15, owner = ?16, reminders = ?17, title = ?18, description = ?19 WHERE seq = ?1",
        [SQL_MAINTENANCE_NEXT_SEQ] = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'maintenance'), 0) + 1",
        [SQL_DUE_END] = "SELECT " M_COLUMNS " FROM maintenance INDEXED BY maintenance_due_end WHERE state = 1 AND auto_transition = 1 AND scheduled_end <= ?"
                        " ORDER BY scheduled_end LIMIT 1",
        [SQL_DUE_START] = "SELECT " M_COLUMNS " FROM maintenance INDEXED BY maintenance_due_start WHERE state = 0 AND auto_transition = 1 AND scheduled_start <= ?"
                          " ORDER BY scheduled_start LIMIT 1",
        [SQL_NEXT_DUE] = "SELECT min(due) FROM (SELECT min(scheduled_start) AS due FROM maintenance INDEXED BY maintenance_due_start"
                         " WHERE state = 0 AND auto_transition = 1 UNION ALL SELECT min(scheduled_end) FROM maintenance"
                         " INDEXED BY maintenance_due_end WHERE state = 1 AND auto_transition = 1"
                         " UNION ALL SELECT min(due) FROM reminder)",

        [SQL_WINDOW_SERVICES] = "SELECT " S_COLUMNS ", NULL, NULL FROM service JOIN maintenance_service ON service = seq WHERE maintenance = ?"
                                " ORDER BY seq",
        [SQL_WINDOW_SERVICES_CLEAR] = "DELETE FROM maintenance_service WHERE maintenance = ?",
        [SQL_WINDOW_SERVICE_ADD] = "INSERT INTO maintenance_service (maintenance, service) VALUES (?, ?)",

        [SQL_UPDATES] = "SELECT seq, state, created_at, message FROM (SELECT * FROM maintenance_update WHERE maintenance = ?"
                        " ORDER BY seq DESC LIMIT ?) ORDER BY seq",
        [SQL_UPDATE_LAST] = "SELECT seq, state, created_at, message FROM maintenance_update WHERE maintenance = ? ORDER BY seq DESC LIMIT 1",
        [SQL_UPDATE_COUNT] = "SELECT count(*) FROM maintenance_update WHERE maintenance = ?",
        [SQL_UPDATE_ADD] = "INSERT INTO maintenance_update (maintenance, state, created_at, message) VALUES (?, ?, ?, ?)",

        [SQL_REMINDERS_CLEAR] = "DELETE FROM reminder WHERE maintenance = ?",
        [SQL_REMINDER_ADD] = "INSERT INTO reminder (maintenance, minutes, due) VALUES (?, ?, ?)",
        [SQL_REMINDER_DUE] = "SELECT maintenance, minutes FROM reminder WHERE due <= ? ORDER BY due DESC LIMIT 1",
        [SQL_REMINDERS_DONE] = "DELETE FROM reminder WHERE maintenance = ? AND due <= ?",
        [SQL_OUTBOX_ADD] = "INSERT INTO outbox (kind, maintenance, maintenance_id, text, message, created_at) VALUES (?, ?, ?, ?, ?, ?)",

        [SQL_SERVICE_BY_ID] = "SELECT " S_COLUMNS ", " S_MEASURED ", " S_RUNNING " FROM service WHERE id = ? AND deleted_at = 0",
        [SQL_SERVICE_BY_NAME] = "SELECT " S_COLUMNS ", " S_MEASURED ", " S_RUNNING " FROM service WHERE name = ? AND deleted_at = 0",
        [SQL_SERVICE_LIST] = "SELECT " S_COLUMNS ", " S_MEASURED ", " S_RUNNING " FROM service WHERE deleted_at = 0"
                             " ORDER BY grp NULLS FIRST, display_order, name",
        [SQL_SERVICE_INSERT] = "INSERT INTO service (id, name, grp, manual, display_order, created_at, updated_at, description)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_SERVICE_UPDATE] = "UPDATE service SET name = ?2, grp = ?3, manual = ?4, display_order = ?5, updated_at = ?6, description = ?7"
                               " WHERE seq = ?1",
        [SQL_SERVICE_IN_USE] = "SELECT 1 FROM maintenance_service ms JOIN maintenance m ON m.seq = ms.maintenance"
                               " WHERE ms.service = ? AND m.state < 2 LIMIT 1",
        [SQL_SERVICE_DELETE] = "UPDATE service SET deleted_at = ?2 WHERE seq = ?1 AND deleted_at = 0",

        [SQL_KEY_BY_ID] = "SELECT seq, hash, scopes, name FROM key WHERE id = ?",
        [SQL_KEY_INSERT] = "INSERT INTO key (id, name, hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)",
        [SQL_KEY_DELETE] = "DELETE FROM key WHERE name = ?",
        [SQL_KEY_LIST] = "SELECT name, scopes, created_at FROM key ORDER BY name",

        [SQL_ANSWER_GET] = "SELECT request, status, resource, body FROM answer WHERE key = ? AND name = ? AND created_at > ?",
        [SQL_ANSWER_PUT] = "INSERT OR REPLACE INTO answer (key, name, created_at, status, request, resource, body)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [SQL_ANSWERS_PRUNE] = "DELETE FROM answer WHERE created_at <= ?",

        /* From the running windows outward, which are few, and not through all that a service ever had. Its own: as service_own() has it. */
        [SQL_STATES_RECORD] = "WITH running AS (SELECT ms.service AS service, max(m.impact) AS impact FROM maintenance m JOIN maintenance_service ms"
                              " ON ms.maintenance = m.seq WHERE m.state = 1 GROUP BY ms.service), trouble AS (SELECT service, CASE max(state) WHEN 3 THEN 4 ELSE 2 END AS impact"
                              " FROM monitor WHERE state > 1 GROUP BY service)"
                              " INSERT INTO service_state (service, at, state) SELECT seq, ?, shown FROM (SELECT s.seq AS seq,"
                              " CASE WHEN r.impact > 0 THEN r.impact WHEN s.manual = 1 THEN 1 ELSE max(s.manual, coalesce(t.impact, 0)) END AS shown, (SELECT h.state FROM service_state h"
                              " WHERE h.service = s.seq ORDER BY h.seq DESC LIMIT 1) AS last FROM service s LEFT JOIN running r ON r.service = s.seq"
                              " LEFT JOIN trouble t ON t.service = s.seq"
                              " WHERE s.deleted_at = 0) WHERE last IS NULL OR last <> shown",
        [SQL_STATES_BEFORE] = "SELECT seq, service, at, state FROM service_state WHERE seq IN"
                              " (SELECT max(seq) FROM service_state WHERE at < ? GROUP BY service)",
        [SQL_STATES_AFTER] = "SELECT seq, service, at, state FROM service_state WHERE seq > ? AND at >= ? ORDER BY seq",
        [SQL_STATES_PRUNE] = "DELETE FROM service_state WHERE at < ?1 AND EXISTS (SELECT 1 FROM service_state later"
                             " WHERE later.service = service_state.service AND later.seq > service_state.seq AND later.at < ?1)",
        [SQL_DATA_VERSION] = "PRAGMA data_version",

        [SQL_MAINTENANCE_CHANGED] = "SELECT " M_COLUMNS " FROM maintenance ORDER BY updated_at DESC, seq DESC LIMIT ?",
        [SQL_MAINTENANCE_MONTH] = "SELECT " M_COLUMNS " FROM maintenance WHERE state >= 2 AND finished_at >= ? AND finished_at < ?"
                                  " ORDER BY finished_at DESC, seq DESC LIMIT ? OFFSET ?",
        [SQL_MAINTENANCE_NEAREST_BEFORE] = "SELECT finished_at FROM maintenance WHERE state >= 2 AND finished_at < ? ORDER BY finished_at DESC LIMIT 1",
        [SQL_MAINTENANCE_NEAREST_AFTER] = "SELECT finished_at FROM maintenance WHERE state >= 2 AND finished_at >= ? ORDER BY finished_at LIMIT 1",

        [SQL_SUBSCRIBER_BY_ID] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE id = ?",
        [SQL_SUBSCRIBER_BY_SEQ] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE seq = ?",
        [SQL_SUBSCRIBER_BY_ENDPOINT] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE kind = ? AND endpoint = ?",
        [SQL_SUBSCRIBER_BY_LEAVE] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE leave = ?",
        [SQL_SUBSCRIBER_LIST] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE seq > ? ORDER BY seq LIMIT ?",
        [SQL_SUBSCRIBER_FIND] = "SELECT " SUBSCRIBER_COLUMNS " FROM subscriber WHERE seq > ? AND instr(lower(endpoint), lower(?)) > 0 ORDER BY seq LIMIT ?",
        [SQL_SUBSCRIBER_COUNT] = "SELECT count(*) FROM subscriber",
        [SQL_SUBSCRIBER_INSERT] = "INSERT INTO subscriber (id, kind, endpoint, created_at, confirmed_at, secret, leave) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [SQL_SUBSCRIBER_CONFIRM] = "UPDATE subscriber SET confirmed_at = ?2 WHERE seq = ?1",
        [SQL_SUBSCRIBER_DELETE] = "DELETE FROM subscriber WHERE seq = ?",
        [SQL_SUBSCRIBER_SERVICES] = "SELECT seq, id, name FROM service JOIN subscriber_service ON service = seq WHERE subscriber = ? ORDER BY seq",
        [SQL_SUBSCRIBER_SERVICES_CLEAR] = "DELETE FROM subscriber_service WHERE subscriber = ?",
        [SQL_SUBSCRIBER_SERVICE_ADD] = "INSERT OR IGNORE INTO subscriber_service (subscriber, service) VALUES (?, ?)",

        [SQL_WISH_COUNT] = "SELECT (SELECT count(*) FROM wish WHERE created_at > ?2 AND counts >> 1 = ?3),"
                           " (SELECT count(*) FROM wish WHERE endpoint = ?1 AND created_at > ?2 AND counts & 1 = 1)",
        [SQL_WISH_ADD] = "INSERT INTO wish (endpoint, services, created_at, due, counts) VALUES (?, ?, ?, ?, ?)",
        [SQL_WISH_TOKEN_ADD] = "INSERT INTO wish_token (hash, wish) VALUES (?, ?)",
        [SQL_WISH_BY_TOKEN] = "SELECT " WISH_COLUMNS " FROM wish WHERE seq = (SELECT wish FROM wish_token WHERE hash = ?) AND created_at > ?",
        [SQL_WISH_NEXT] = "SELECT " WISH_COLUMNS " FROM wish INDEXED BY wish_due WHERE due > 0 AND due <= ? AND seq > ? ORDER BY seq LIMIT 1",
        [SQL_WISH_LATER] = "UPDATE wish SET due = ?2, failures = ?3, trouble = ?4 WHERE seq = ?1",
        [SQL_WISHES_PRUNE] = "DELETE FROM wish WHERE created_at <= ?",
        [SQL_WISHES_ANSWERED] = "DELETE FROM wish WHERE endpoint = ?",

        [SQL_DELIVERIES_ADD] = "INSERT INTO delivery (subscriber, event) SELECT s.seq, ?2 FROM subscriber s WHERE " S_CONCERNED
                               " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.subscriber = s.seq AND d.event = ?3)",
        [SQL_DELIVERIES_STAY] = "DELETE FROM delivery WHERE event = ?2 AND subscriber IN (SELECT s.seq FROM subscriber s WHERE " S_CONCERNED ")",
        [SQL_OUTBOX_DROP] = "DELETE FROM outbox WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = ?1)",
        [SQL_DELIVERIES_DUE] = "UPDATE subscriber SET due = ?1 WHERE due IS NULL AND seq IN (SELECT subscriber FROM delivery WHERE event = ?2)",
        [SQL_DELIVERY_DUE] = "SELECT " SUBSCRIBER_COLUMNS ", failures, o.seq, o.kind, o.maintenance, o.text, o.message, o.created_at"
                             " FROM subscriber JOIN outbox o ON o.seq = (SELECT min(event) FROM delivery WHERE subscriber = subscriber.seq)"
                             " WHERE subscriber.kind = ? AND due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?",
        [SQL_DELIVERY_DONE] = "DELETE FROM delivery WHERE subscriber = ? AND event = ?",
        [SQL_DELIVERY_NEXT] = "UPDATE subscriber SET failures = 0, trouble = NULL, due = CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE subscriber = ?1) THEN ?2 END WHERE seq = ?1",
        [SQL_DELIVERY_LATER] = "UPDATE subscriber SET due = ?2, failures = ?3, trouble = ?4 WHERE seq = ?1"
                               " AND EXISTS (SELECT 1 FROM delivery WHERE subscriber = ?1)",
        [SQL_DELIVERY_WAKE] = "SELECT min(due) FROM (SELECT min(due) AS due FROM subscriber WHERE kind = 0 AND due IS NOT NULL AND due > ?1 UNION ALL"
                              " SELECT min(due) FROM subscriber WHERE kind = 1 AND due IS NOT NULL AND due > ?1 UNION ALL"
                              " SELECT min(due) FROM wish INDEXED BY wish_due WHERE due > 0 AND due > ?1)",

        [SQL_SESSION_ADD] = "INSERT INTO session (hash, key, created_at, seen_at) VALUES (?1, ?2, ?3, ?3)",
        [SQL_SESSION_BY_HASH] = "SELECT key.seq, key.scopes, key.name, session.created_at, session.seen_at FROM session"
                                " JOIN key ON key.seq = session.key WHERE session.hash = ?",
        [SQL_SESSION_SEEN] = "UPDATE session SET seen_at = ?2 WHERE hash = ?1",
        [SQL_SESSION_REMOVE] = "DELETE FROM session WHERE hash = ?",
        [SQL_SESSIONS_TRIM] = "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE key = ? ORDER BY created_at DESC LIMIT -1 OFFSET ?)",
        [SQL_SESSIONS_PRUNE] = "DELETE FROM session WHERE created_at <= ? OR seen_at <= ?",

        [SQL_DELIVERY_NOW] = "UPDATE subscriber SET due = ?2 WHERE seq = ?1 AND due IS NOT NULL",
        [SQL_DELIVERY_DROP] = "DELETE FROM delivery WHERE subscriber = ?",
        [SQL_OWED] = "SELECT " SUBSCRIBER_COLUMNS ", failures, due, trouble, (SELECT count(*) FROM delivery WHERE subscriber = subscriber.seq), o.text, o.created_at"
                     " FROM subscriber JOIN outbox o ON o.seq = (SELECT min(event) FROM delivery WHERE subscriber = subscriber.seq)"
                     " WHERE due IS NOT NULL ORDER BY failures DESC, subscriber.seq LIMIT ? OFFSET ?",
        [SQL_WISHES_WAITING] = "SELECT " WISH_COLUMNS " FROM wish INDEXED BY wish_due WHERE due > 0 ORDER BY due LIMIT ?",
        [SQL_OUTBOX_PRUNE] = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox o WHERE created_at <= ? AND NOT EXISTS"
                             " (SELECT 1 FROM delivery WHERE event = o.seq) ORDER BY created_at LIMIT ?)",
        [SQL_PENDING_PRUNE] = "DELETE FROM subscriber WHERE confirmed_at = 0 AND created_at <= ?1"
                              " AND NOT EXISTS (SELECT 1 FROM wish WHERE endpoint = subscriber.endpoint AND created_at > ?1)",

        [SQL_MONITOR_BY_ID] = "SELECT " MONITOR_COLUMNS " FROM monitor WHERE id = ?",
        [SQL_MONITOR_BY_NAME] = "SELECT " MONITOR_COLUMNS " FROM monitor WHERE name = ?",
        [SQL_MONITOR_LIST] = "SELECT " MONITOR_COLUMNS " FROM monitor WHERE seq > ? ORDER BY seq LIMIT ?",
        [SQL_MONITOR_COUNT] = "SELECT count(*) FROM monitor",
        [SQL_MONITOR_INSERT] = "INSERT INTO monitor (id, name, url, interval, timeout, expected, service, enabled, created_at, updated_at)"
                               " VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?)",
        [SQL_MONITOR_UPDATE] = "UPDATE monitor SET name = ?2, url = ?3, interval = ?4, timeout = ?5, expected = ?6, service = nullif(?7, 0), enabled = ?8,"
                               " state = ?9, last = ?10, checked_at = ?11, latency = ?12, problem = ?13, updated_at = ?14 WHERE seq = ?1",
        [SQL_MONITOR_DELETE] = "DELETE FROM monitor WHERE seq = ?",
        [SQL_MONITOR_SEEN] = "UPDATE monitor SET state = ?2, last = ?3, checked_at = ?4, latency = ?5, problem = ?6 WHERE seq = ?1",
        [SQL_MONITORS_ALONE] = "UPDATE monitor SET service = NULL WHERE service = ?",
        [SQL_TALLY_ADD] = "INSERT INTO monitor_tally (monitor, span, at, up, degraded, down, answers, sum, least, most) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                          " ON CONFLICT DO UPDATE SET up = up + excluded.up, degraded = degraded + excluded.degraded, down = down + excluded.down,"
                          " least = CASE WHEN answers = 0 THEN excluded.least WHEN excluded.answers = 0 THEN least ELSE min(least, excluded.least) END,"
                          " answers = answers + excluded.answers, sum = sum + excluded.sum, most = max(most, excluded.most)",
        [SQL_TALLIES] = "SELECT at, up, degraded, down, answers, sum, least, most FROM monitor_tally WHERE monitor = ? AND span = ? ORDER BY at",
        [SQL_TALLIES_PRUNE] = "DELETE FROM monitor_tally WHERE span = ? AND at < ?",
};
_Static_assert(ARRAY_SIZE(statements) == SQLS, "write every statement");

/* What changes nothing that visitors see: who is told, asked and signed in, and answers kept. A hundred mails leave the page as it was made. */
static const bool unseen[SQLS] = {
        [SQL_OUTBOX_ADD] = true, [SQL_OUTBOX_PRUNE] = true, [SQL_REMINDERS_DONE] = true, [SQL_ANSWER_PUT] = true, [SQL_ANSWERS_PRUNE] = true,
        [SQL_SUBSCRIBER_INSERT] = true, [SQL_SUBSCRIBER_CONFIRM] = true, [SQL_SUBSCRIBER_DELETE] = true, [SQL_PENDING_PRUNE] = true,
        [SQL_SUBSCRIBER_SERVICES_CLEAR] = true, [SQL_SUBSCRIBER_SERVICE_ADD] = true,
        [SQL_WISH_ADD] = true, [SQL_WISH_TOKEN_ADD] = true, [SQL_WISH_LATER] = true, [SQL_WISHES_PRUNE] = true, [SQL_WISHES_ANSWERED] = true,
        [SQL_OUTBOX_DROP] = true, [SQL_DELIVERIES_ADD] = true, [SQL_DELIVERIES_STAY] = true, [SQL_DELIVERIES_DUE] = true, [SQL_DELIVERY_DONE] = true, [SQL_DELIVERY_NEXT] = true, [SQL_DELIVERY_LATER] = true,
        [SQL_SESSION_ADD] = true, [SQL_SESSION_SEEN] = true, [SQL_SESSION_REMOVE] = true, [SQL_SESSIONS_TRIM] = true, [SQL_SESSIONS_PRUNE] = true,
        [SQL_MONITOR_SEEN] = true, [SQL_TALLY_ADD] = true, [SQL_TALLIES_PRUNE] = true,
};

int sql_errno(int rc) {
        if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
                return -EEXIST;
        switch (rc & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
                return -EACCES;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EUCLEAN;
        default:
                return -EIO;
        }
}

static int store_pragma(Store *s, const char *sql) {
        return sql_errno(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static int store_version(Store *s, int *ret) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
                *ret = sqlite3_column_int(stmt, 0);
        (void) sqlite3_finalize(stmt);
        return sql_errno(rc);
}

/* Two processes may come here at once (the daemon, and the first `key add`): who holds the lock second finds it done. */
static int store_migrate(Store *s) {
        char pragma[64];
        int version = 0, r = store_begin(s);

        if (r < 0)
                return r;
        r = store_version(s, &version);
        if (r >= 0 && version > STORE_VERSION)
                r = -EPROTO;
        if (r >= 0 && version < 0)
                r = -EUCLEAN;
        for (int v = version; v < STORE_VERSION && r >= 0; v++)
                r = store_pragma(s, store_schemas[v]);
        if (r >= 0 && version == 1)
                r = store_states_record(s, now_read().real);
        if (r >= 0 && version < STORE_VERSION) {
                (void) snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", STORE_VERSION);
                r = store_pragma(s, pragma);
        }
        return store_end(s, r);
}

static int store_connect(const char *dir, int flags, Store **ret) {
        auto_(store_close) Store *s = calloc(1, sizeof(*s));
        auto_(free) char *path = textf("%s/page.sqlite", dir);
        int r;

        if (!s || !path)
                return -ENOMEM;
        if (!(flags & SQLITE_OPEN_CREATE) && access(path, F_OK) < 0)
                return errno == ENOENT ? -ENOENT : -EACCES;
        r = sql_errno(sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL));
        if (r < 0)
                return r;
        (void) sqlite3_extended_result_codes(s->db, 1);
        (void) sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
        *ret = STEAL(s);
        return 0;
}

int store_open(const char *dir, Store **ret) {
        auto_(store_close) Store *s = NULL;
        int r = store_connect(dir, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &s);

        if (r >= 0)
                r = store_pragma(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
        if (r >= 0)
                r = store_migrate(s);
        if (r < 0)
                return r;
        *ret = STEAL(s);
        return 0;
}

/*
 * Reading lays a log and its index beside the file, and only a connection that might write takes them away again. Where there is a log
 * already, a page runs or was killed: then it is theirs, and is neither written back into the file nor taken away.
 */
int store_open_to_read(const char *dir, Store **ret) {
        auto_(store_close) Store *s = NULL;
        auto_(free) char *log = textf("%s/page.sqlite-wal", dir);
        int version = 0, r = log ? store_connect(dir, access(log, F_OK) == 0 ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, &s) : -ENOMEM;

        if (r >= 0)
                r = store_pragma(s, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF");
        if (r >= 0)
                r = store_version(s, &version);
        if (r < 0)
                return r;
        if (version < 1)
                return -EUCLEAN;
        *ret = STEAL(s);
        return 0;
}

Store *store_close(Store *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < SQLS; i++)
                (void) sqlite3_finalize(s->stmts[i]);
        (void) sqlite3_close(s->db);
        free(s);
        return NULL;
}

/* Changes of our own are counted by SQLite, and what nobody sees is taken off; those of others are looked for now and then, for looking costs a few locks. */
int store_generation(Store *s, usec_t boot, uint64_t *ret) {
        if (s->others_seen == 0 || boot >= s->others_seen + OTHERS_EVERY) {
                auto_(stmt_done) sqlite3_stmt *stmt = NULL;
                int r = store_query(s, SQL_DATA_VERSION, &stmt, "");

                if (r >= 0)
                        r = store_next(s, stmt);
                if (r < 0)
                        return r;
                s->others = (uint64_t) sqlite3_column_int64(stmt, 0);
                s->others_seen = boot;
        }
        *ret = (uint64_t) (sqlite3_total_changes64(s->db) - s->aside) + (s->others << 40);
        return 0;
}

sqlite3 *store_connection(Store *s) {
        return s->db;
}

void store_monitors_stir(Store *s) {
        s->stirred = true;
}

bool store_monitors_stirred(const Store *s) {
        return s->stirred;
}

void store_monitors_calm(Store *s) {
        s->stirred = false;
}

void store_owes(Store *s) {
        s->owes = true;
}

bool store_owed(Store *s) {
        bool owes = s->owes;

        s->owes = false;
        return owes;
}

const char *store_error(const Store *s) {
        return sqlite3_errmsg(s->db);
}

static int store_bind(Store *s, sqlite3_stmt *stmt, const char *types, va_list ap) {
        int rc = SQLITE_OK;

        for (int i = 0; types[i] && rc == SQLITE_OK; i++)
                switch (types[i]) {
                case 'i':
                        rc = sqlite3_bind_int64(stmt, i + 1, va_arg(ap, int64_t));
                        break;
                case 'u':
                        rc = sqlite3_bind_int64(stmt, i + 1, (int64_t) MIN(va_arg(ap, usec_t), (usec_t) INT64_MAX));
                        break;
                case 't':
                        rc = sqlite3_bind_text(stmt, i + 1, va_arg(ap, const char *), -1, SQLITE_STATIC);
                        break;
                case 'b':
                        rc = sqlite3_bind_blob(stmt, i + 1, va_arg(ap, const void *), 32, SQLITE_STATIC);
                        break;
                default:
                        assert(!"a letter of store_query()");
                }
        return sql_errno(rc);
}

int store_vquery(Store *s, Sql q, sqlite3_stmt **ret, const char *types, va_list ap) {
        int r = 0;

        if (!s->stmts[q])
                r = sql_errno(sqlite3_prepare_v3(s->db, statements[q], -1, SQLITE_PREPARE_PERSISTENT, &s->stmts[q], NULL));
        if (r >= 0) {
                (void) sqlite3_reset(s->stmts[q]);      /* its last failure has been told */
                r = store_bind(s, s->stmts[q], types, ap);
        }
        if (r >= 0)
                *ret = s->stmts[q];
        return r;
}

int store_query(Store *s, Sql q, sqlite3_stmt **ret, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vquery(s, q, ret, types, ap);
        va_end(ap);
        return r;
}

int store_next(Store *s, sqlite3_stmt *stmt) {
        int rc = sqlite3_step(stmt);

        if (rc == SQLITE_ROW)
                return 1;
        (void) sqlite3_reset(stmt);
        return sql_errno(rc);
}

int store_run(Store *s, Sql q, const char *types, ...) {
        int64_t changes = sqlite3_total_changes64(s->db);
        sqlite3_stmt *stmt = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vquery(s, q, &stmt, types, ap);
        va_end(ap);
        if (r >= 0)
                r = store_next(s, stmt);
        assert(r <= 0);
        if (unseen[q])
                s->aside += sqlite3_total_changes64(s->db) - changes;
        return r < 0 ? r : sqlite3_changes(s->db);
}

int64_t store_last_row(const Store *s) {
        return sqlite3_last_insert_rowid(s->db);
}

int store_begin(Store *s) {
        int r = store_run(s, SQL_BEGIN, "");

        return r < 0 ? r : 0;
}

int store_end(Store *s, int r) {
        int failed = r < 0 ? r : store_run(s, SQL_COMMIT, "");

        if (failed >= 0)
                return r;
        if (!sqlite3_get_autocommit(s->db))
                (void) store_run(s, SQL_ROLLBACK, "");
        return failed;
}

/* PREFIX, the millisecond, @sortable's low 20 bits, 30 random bits: ids sort as their objects were created, and none is guessed. */
int store_new_id(const char *prefix, uint64_t sortable, char ret[static ID_SIZE], usec_t now) {
        char when[11], order[5], random[7];
        int r = random_text(random, 6);

        if (r < 0)
                return r;
        sortable_text(when, 10, now / USEC_PER_MSEC);
        sortable_text(order, 4, sortable);
        (void) snprintf(ret, ID_SIZE, "%s_%s%s%s", prefix, when, order, random);
        return 0;
}
