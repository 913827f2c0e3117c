/*
 * A copy of the database, of one instant
 *
 * SQLite's backup reads all pages in one transaction of reading, which in this journal mode holds nobody up. The copy is made in memory:
 * so it is checked before a byte of it is written, and whoever writes the file need not be allowed to read the original.
 */
#include <string.h>

#include "page/store/private.h"

static void close_copy(sqlite3 **db) {
        (void) sqlite3_close(*db);
}

static void free_copy(unsigned char **data) {
        sqlite3_free(*data);
}

static int copy_pages(sqlite3 *from, sqlite3 *to) {
        sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
        int rc;

        if (!b)
                return sql_errno(sqlite3_errcode(to));
        rc = sqlite3_backup_step(b, -1);
        (void) sqlite3_backup_finish(b);
        return rc == SQLITE_DONE ? 0 : sql_errno(rc);
}

static int check_copy(sqlite3 *db) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
        bool fine = false;

        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
                fine = strcmp((const char *) sqlite3_column_text(stmt, 0), "ok") == 0;
        (void) sqlite3_finalize(stmt);
        return rc != SQLITE_ROW ? sql_errno(rc) : fine ? 0 : -EUCLEAN;
}

static int write_all(int fd, const unsigned char *data, size_t n) {
        for (size_t done = 0; done < n;) {
                ssize_t k = write(fd, data + done, n - done);

                if (k < 0 && errno != EINTR)
                        return -errno;
                done += k > 0 ? (size_t) k : 0;
        }
        return 0;
}

int store_backup(Store *s, int to, size_t *ret) {
        __attribute__((cleanup(close_copy))) sqlite3 *copy = NULL;
        __attribute__((cleanup(free_copy))) unsigned char *data = NULL;
        sqlite3_int64 size = 0;
        int r = sql_errno(sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));

        if (r >= 0)
                r = copy_pages(store_connection(s), copy);
        if (r >= 0)
                r = check_copy(copy);
        if (r < 0)
                return r;
        data = sqlite3_serialize(copy, "main", &size, 0);
        if (!data || size <= 0)
                return -ENOMEM;
        r = write_all(to, data, (size_t) size);
        if (r >= 0)
                *ret = (size_t) size;
        return r;
}
