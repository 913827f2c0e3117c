#pragma once
/*
 * What the store's statements look at: each that a test prepared is explained, and none may read a table that grows from end to end
 *
 * To be linked with -Wl,--wrap=sqlite3_prepare_v3.
 */
#include "page-store.h"

static char *prepared[256]; /* all statements of the store, once each */
static size_t n_prepared;

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **ret, const char **tail) {
        size_t i = 0;

        while (i < n_prepared && strcmp(prepared[i], sql) != 0)
                i++;
        if (i == n_prepared && n_prepared < ARRAY_SIZE(prepared))
                prepared[n_prepared++] = strdup(sql);
        return __real_sqlite3_prepare_v3(db, sql, n, flags, ret, tail);
}

static inline bool is_scan(const char *step) {
        return strstr(step, "AUTOMATIC") || (text_starts(step, "SCAN") && !strstr(step, "CONSTANT ROW") && !strstr(step, "SCAN (subquery") &&
                                             !strstr(step, "sqlite_sequence"));
}

/* Fails for a scan, but where @may says that it is meant. Return: how many tables were searched. */
static inline unsigned look_for_scans(Depot *d, bool (*may)(const char *sql)) {
        unsigned looked = 0;

        for (size_t i = 0; i < n_prepared; i++) {
                auto_(free) char *explain = textf("EXPLAIN QUERY PLAN %s", prepared[i]);
                sqlite3_stmt *stmt = NULL;

                if (text_starts(prepared[i], "PRAGMA") || may(prepared[i]))
                        continue;
                assert_int_equal(sqlite3_prepare_v2(d->db, explain, -1, &stmt, NULL), SQLITE_OK);
                while (sqlite3_step(stmt) == SQLITE_ROW) {
                        const char *step = (const char *) sqlite3_column_text(stmt, 3);

                        looked += text_starts(step, "SEARCH");
                        if (is_scan(step))
                                fail_msg("%s: %s", step, prepared[i]);
                }
                (void) sqlite3_finalize(stmt);
        }
        return looked;
}

static inline void forget_prepared(void) {
        while (n_prepared > 0)
                free(prepared[--n_prepared]);
}
