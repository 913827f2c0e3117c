/*
 * From rows to structs
 *
 * Each kind of row has one function that reads it (row_fn); here is what is the same for all: the first one, all of them, a number.
 */
#include "page/store/private.h"

#include <string.h>

int64_t row_int(Row *row) {
        return sqlite3_column_int64(row->stmt, row->column++);
}

const char *row_text(Row *row) {
        const char *text = (const char *) sqlite3_column_text(row->stmt, row->column++), *copy;

        if (!text)
                return NULL;
        copy = arena_strdup(row->arena, text);
        row->failed = row->failed || !copy;
        return copy;
}

/* An array that doubles as it fills. NULL: memory is out. */
static void *rows_grow(Arena *a, void *rows, size_t n, size_t *capacity, size_t size) {
        void *grown;

        if (n < *capacity)
                return rows;
        *capacity = MAX(*capacity * 2, (size_t) 8);
        grown = arena_array(a, *capacity, size);
        if (grown && n > 0)
                memcpy(grown, rows, n * size);
        return grown;
}

int store_one(Store *s, Arena *a, row_fn read, void *ret, Sql q, const char *types, ...) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vquery(s, q, &stmt, types, ap);
        va_end(ap);
        if (r >= 0)
                r = store_next(s, stmt);
        return r < 0 ? r : r == 0 ? -ENOENT : read(&(Row) { stmt, a }, ret);
}

int store_many(Store *s, Arena *a, row_fn read, size_t size, void **ret, size_t *ret_n, Sql q, const char *types, ...) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        size_t n = 0, capacity = 0;
        char *rows = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vquery(s, q, &stmt, types, ap);
        va_end(ap);
        while (r >= 0 && (r = store_next(s, stmt)) > 0) {
                rows = rows_grow(a, rows, n, &capacity, size);
                r = rows ? read(&(Row) { stmt, a }, rows + n++ * size) : -ENOMEM;
        }
        if (r < 0)
                return r;
        *ret = rows;
        *ret_n = n;
        return 0;
}

static int store_vnumber(Store *s, int64_t missing, int64_t *ret, Sql q, const char *types, va_list ap) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_vquery(s, q, &stmt, types, ap);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r < 0)
                return r;
        *ret = r == 0 || sqlite3_column_type(stmt, 0) == SQLITE_NULL ? missing : sqlite3_column_int64(stmt, 0);
        return 0;
}

int store_number(Store *s, int64_t missing, int64_t *ret, Sql q, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vnumber(s, missing, ret, q, types, ap);
        va_end(ap);
        return r;
}

int store_count(Store *s, size_t *ret, Sql q, const char *types, ...) {
        int64_t n = 0;
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vnumber(s, 0, &n, q, types, ap);
        va_end(ap);
        if (r >= 0)
                *ret = (size_t) n;
        return r;
}

int store_instant(Store *s, usec_t *ret, Sql q, const char *types, ...) {
        int64_t t = 0;
        va_list ap;
        int r;

        va_start(ap, types);
        r = store_vnumber(s, -1, &t, q, types, ap);
        va_end(ap);
        if (r >= 0)
                *ret = t < 0 ? USEC_INFINITY : (usec_t) t;
        return r;
}
