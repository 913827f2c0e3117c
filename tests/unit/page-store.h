#pragma once
/*
 * A store in a directory of its own, with a second connection for what a test wants to look at or make up
 */
#include <sqlite3.h>
#include <string.h>

#include "base/text.h"
#include "page/store/subscriber.h"

#define T0 UINT64_C(1801447200000000) /* 2027-02-01T02:00:00Z */

typedef struct Depot {
        char dir[40];
        Store *store;
        Arena *arena;
        sqlite3 *db;
} Depot;

static inline void depot_begin(Depot *d) {
        auto_(free) char *path = NULL;

        (void) strcpy(d->dir, "/tmp/maintd-depot-XXXXXX");
        if (!mkdtemp(d->dir) || !(d->arena = arena_new()) || store_open(d->dir, &d->store) < 0)
                abort();
        path = textf("%s/page.sqlite", d->dir);
        if (sqlite3_open(path, &d->db) != SQLITE_OK || sqlite3_busy_timeout(d->db, 5000) != SQLITE_OK)
                abort();
}

static inline void depot_end(Depot *d) {
        static const char *const names[] = { "page.sqlite", "page.sqlite-wal", "page.sqlite-shm" };

        (void) sqlite3_close(d->db);
        (void) store_close(d->store);
        (void) arena_free(d->arena);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = textf("%s/%s", d->dir, names[i]);

                (void) unlink(path);
        }
        (void) rmdir(d->dir);
}

/* For tests that need no more than that: it is their state. */
static inline int depot_setup(void **state) {
        Depot *d = calloc(1, sizeof(*d));

        if (!d)
                return -1;
        depot_begin(d);
        *state = d;
        return 0;
}

static inline int depot_teardown(void **state) {
        depot_end(*state);
        free(*state);
        return 0;
}

/* The first value of the first row; -1: there is none, or it is NULL. */
static inline int64_t ask(Depot *d, const char *sql) {
        sqlite3_stmt *stmt = NULL;
        int64_t value = -1;

        if (sqlite3_prepare_v2(d->db, sql, -1, &stmt, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(d->db));
        if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
                value = sqlite3_column_int64(stmt, 0);
        (void) sqlite3_finalize(stmt);
        return value;
}

static inline void run_sql(Depot *d, const char *sql) {
        char *error = NULL;

        if (sqlite3_exec(d->db, sql, NULL, NULL, &error) != SQLITE_OK)
                fail_msg("%s: %s", sql, error);
}

static inline Service a_service(Depot *d, const char *name) {
        Service s = { .name = name, .description = "", .created_at = T0, .updated_at = T0 };

        assert_int_equal(store_service_insert(d->store, d->arena, &s), 0);
        assert_int_equal(store_service_by_name(d->store, d->arena, name, &s), 0);
        return s;
}

static inline Maintenance a_window(Depot *d, const int64_t *services, size_t n) {
        Maintenance m = { .title = "W", .description = "", .state = STATE_SCHEDULED, .impact = IMPACT_MAINTENANCE, .start = T0 + USEC_PER_DAY,
                          .end = T0 + USEC_PER_DAY + USEC_PER_HOUR, .created_at = T0, .updated_at = T0, .version = 1 };

        assert_int_equal(store_maintenance_insert(d->store, d->arena, &m), 0);
        assert_int_equal(store_window_services_set(d->store, m.seq, services, n), 0);
        return m;
}

/* @confirmed: 0 for one that has not said yes. */
static inline Subscriber a_subscriber(Depot *d, SubscriberKind kind, const char *endpoint, usec_t confirmed, const int64_t *services, size_t n) {
        Subscriber s = { .kind = kind, .endpoint = endpoint, .created_at = T0, .confirmed_at = confirmed, .secret = kind == SUBSCRIBER_WEBHOOK ? "whsec_test" : NULL };

        assert_int_equal(store_subscriber_insert(d->store, d->arena, &s, T0), 0);
        assert_int_equal(store_subscriber_services_set(d->store, s.seq, services, n), 0);
        return s;
}

static inline void an_event(Depot *d, const Maintenance *m, const char *text, usec_t now) {
        assert_int_equal(store_begin(d->store), 0);
        assert_int_equal(store_end(d->store, store_outbox_add(d->store, EVENT_SCHEDULED, m, text, NULL, now)), 0);
}
