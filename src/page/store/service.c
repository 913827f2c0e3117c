/*
 * The page's memory: services, keys, and the answers kept for repeated requests
 */
#include "page/store/monitor.h"
#include "page/store/private.h"

#include <string.h>

/* A window whose impact is "operational" says that nothing will be noticed: the service shows its own status. */
static void service_shown(Service *service, sqlite3_stmt *stmt, int column) {
        Impact worst = (Impact) sqlite3_column_int64(stmt, column + 1);

        service->measured = (Impact) sqlite3_column_int64(stmt, column);
        service->under = sqlite3_column_type(stmt, column + 1) != SQLITE_NULL;
        service->shown = service->under && worst != IMPACT_OPERATIONAL ? worst : service_own(service->manual, service->measured);
}

static int service_row(Arena *a, sqlite3_stmt *stmt, Service *ret) {
        Row row = { stmt, a };

        *ret = (Service) { .seq = row_int(&row) };
        ret->id = row_text(&row);
        ret->name = row_text(&row);
        ret->group = row_text(&row);
        ret->manual = (Impact) row_int(&row);
        ret->display_order = row_int(&row);
        ret->created_at = (usec_t) row_int(&row);
        ret->updated_at = (usec_t) row_int(&row);
        ret->description = row_text(&row);
        service_shown(ret, stmt, row.column);
        if (row.failed)
                return -ENOMEM;
        return ret->manual < IMPACTS && ret->shown < IMPACTS ? 0 : -EUCLEAN;
}

static int service_one(Store *s, Arena *a, Sql q, const char *text, Service *ret) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, q, &stmt, "t", text);

        if (r >= 0)
                r = store_next(s, stmt);
        return r < 0 ? r : r == 0 ? -ENOENT : service_row(a, stmt, ret);
}

static int service_many(Store *s, Arena *a, sqlite3_stmt *bound, Service **ret, size_t *ret_n) {
        auto_(stmt_done) sqlite3_stmt *stmt = bound;
        Service *rows = NULL;
        size_t n = 0, capacity = 0;
        int r;

        while ((r = store_next(s, stmt)) > 0) {
                rows = rows_grow(a, rows, n, &capacity, sizeof(*rows));
                r = rows ? service_row(a, stmt, &rows[n++]) : -ENOMEM;
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = rows;
        *ret_n = n;
        return 0;
}

int store_window_services(Store *s, Arena *a, int64_t maintenance, Service **ret, size_t *ret_n) {
        sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_WINDOW_SERVICES, &stmt, "i", maintenance);

        return r < 0 ? r : service_many(s, a, stmt, ret, ret_n);
}

int store_service_by_id(Store *s, Arena *a, const char *id, Service *ret) {
        return service_one(s, a, SQL_SERVICE_BY_ID, id, ret);
}

int store_service_by_name(Store *s, Arena *a, const char *name, Service *ret) {
        return service_one(s, a, SQL_SERVICE_BY_NAME, name, ret);
}

int store_service_list(Store *s, Arena *a, Service **ret, size_t *ret_n) {
        sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_SERVICE_LIST, &stmt, "");

        return r < 0 ? r : service_many(s, a, stmt, ret, ret_n);
}

int store_service_insert(Store *s, Arena *a, Service *service) {
        char id[ID_SIZE];
        int r = store_new_id("svc", service->created_at, id, service->created_at);

        if (r >= 0)
                r = store_run(s, SQL_SERVICE_INSERT, "tttiiuut", id, service->name, service->group, (int64_t) service->manual,
                              service->display_order, service->created_at, service->updated_at, service->description);
        if (r >= 0)
                r = store_states_record(s, service->created_at);
        if (r < 0)
                return r;
        service->id = arena_strdup(a, id);
        return service->id ? 0 : -ENOMEM;
}

int store_service_update(Store *s, const Service *service) {
        int r = store_run(s, SQL_SERVICE_UPDATE, "ittiiut", service->seq, service->name, service->group, (int64_t) service->manual,
                          service->display_order, service->updated_at, service->description);

        return r < 0 ? r : r == 0 ? -ENOENT : store_states_record(s, service->updated_at);
}

int store_service_delete(Store *s, int64_t seq, usec_t now) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_SERVICE_IN_USE, &stmt, "i", seq);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r != 0)
                return r < 0 ? r : -EBUSY;
        r = store_run(s, SQL_SERVICE_DELETE, "iu", seq, now);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        store_monitors_stir(s);
        r = store_run(s, SQL_MONITORS_ALONE, "i", seq);
        return r < 0 ? r : 0;
}

int store_key_by_id(Store *s, const char *id, Key *ret) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_KEY_BY_ID, &stmt, "t", id);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        if (sqlite3_column_bytes(stmt, 1) != KEY_HASH_SIZE)
                return -EUCLEAN;
        *ret = (Key) { .seq = sqlite3_column_int64(stmt, 0), .scopes = (unsigned) sqlite3_column_int64(stmt, 2) };
        memcpy(ret->hash, sqlite3_column_blob(stmt, 1), KEY_HASH_SIZE);
        (void) snprintf(ret->id, sizeof(ret->id), "%s", id);
        (void) snprintf(ret->name, sizeof(ret->name), "%s", (const char *) sqlite3_column_text(stmt, 3));
        return 0;
}

int store_key_insert(Store *s, const Key *key, const char *name, usec_t now) {
        int r = store_run(s, SQL_KEY_INSERT, "ttbiu", key->id, name, key->hash, (int64_t) key->scopes, now);

        return r < 0 ? r : 0;
}

int store_key_delete(Store *s, const char *name) {
        int r = store_run(s, SQL_KEY_DELETE, "t", name);

        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int store_key_list(Store *s, Arena *a, KeyRow **ret, size_t *ret_n) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        KeyRow *rows = NULL;
        size_t n = 0, capacity = 0;
        int r = store_query(s, SQL_KEY_LIST, &stmt, "");

        while (r >= 0 && (r = store_next(s, stmt)) > 0) {
                Row row = { stmt, a };

                rows = rows_grow(a, rows, n, &capacity, sizeof(*rows));
                if (!rows)
                        return -ENOMEM;
                rows[n].name = row_text(&row);
                rows[n].scopes = (unsigned) row_int(&row);
                rows[n++].created_at = (usec_t) row_int(&row);
                r = row.failed ? -ENOMEM : 0;
        }
        if (r < 0)
                return r;
        *ret = rows;
        *ret_n = n;
        return 0;
}

int store_answer_get(Store *s, Arena *a, int64_t key, const char *name, usec_t since, Answer *ret) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        Row row = { NULL, a, 1 };
        int r = store_query(s, SQL_ANSWER_GET, &stmt, "itu", key, name, since);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        if (sqlite3_column_bytes(stmt, 0) != SHA256_SIZE)
                return -EUCLEAN;
        memcpy(ret->request, sqlite3_column_blob(stmt, 0), SHA256_SIZE);
        row.stmt = stmt;
        ret->status = (unsigned) row_int(&row);
        ret->resource = row_text(&row);
        ret->body = row_text(&row);
        return row.failed ? -ENOMEM : 0;
}

int store_answer_put(Store *s, int64_t key, const char *name, const Answer *answer, usec_t now) {
        int r = store_run(s, SQL_ANSWER_PUT, "ituibtt", key, name, now, (int64_t) answer->status, answer->request, answer->resource,
                          answer->body);

        return r < 0 ? r : 0;
}

int store_answers_prune(Store *s, usec_t before) {
        int r = store_run(s, SQL_ANSWERS_PRUNE, "u", before);

        return r < 0 ? r : 0;
}
