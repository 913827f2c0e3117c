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

static int service_row(Row *row, void *data) {
        Service *ret = data;

        *ret = (Service) { .seq = row_int(row) };
        ret->id = row_text(row);
        ret->name = row_text(row);
        ret->group = row_text(row);
        ret->manual = (Impact) row_int(row);
        ret->display_order = row_int(row);
        ret->created_at = (usec_t) row_int(row);
        ret->updated_at = (usec_t) row_int(row);
        ret->description = row_text(row);
        service_shown(ret, row->stmt, row->column);
        if (row->failed)
                return -ENOMEM;
        return ret->manual < IMPACTS && ret->shown < IMPACTS ? 0 : -EUCLEAN;
}

int store_window_services(Store *s, Arena *a, int64_t maintenance, Service **ret, size_t *ret_n) {
        return store_many(s, a, service_row, sizeof(**ret), (void **) ret, ret_n, SQL_WINDOW_SERVICES, "i", maintenance);
}

int store_service_by_id(Store *s, Arena *a, const char *id, Service *ret) {
        return store_one(s, a, service_row, ret, SQL_SERVICE_BY_ID, "t", id);
}

int store_service_by_name(Store *s, Arena *a, const char *name, Service *ret) {
        return store_one(s, a, service_row, ret, SQL_SERVICE_BY_NAME, "t", name);
}

int store_service_list(Store *s, Arena *a, Service **ret, size_t *ret_n) {
        return store_many(s, a, service_row, sizeof(**ret), (void **) ret, ret_n, SQL_SERVICE_LIST, "");
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

static int key_row(Row *row, void *data) {
        KeyRow *ret = data;

        ret->name = row_text(row);
        ret->scopes = (unsigned) row_int(row);
        ret->created_at = (usec_t) row_int(row);
        return row->failed ? -ENOMEM : 0;
}

int store_key_list(Store *s, Arena *a, KeyRow **ret, size_t *ret_n) {
        return store_many(s, a, key_row, sizeof(**ret), (void **) ret, ret_n, SQL_KEY_LIST, "");
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
