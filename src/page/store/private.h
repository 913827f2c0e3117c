#pragma once
/*
 * Between the files of store/: statements by name, values bound by a format
 */
#include <sqlite3.h>
#include <stdarg.h>

#include "page/store/store.h"
#include "page/subscribe/subscriber.h"

typedef enum Sql {
        SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK,
        SQL_MAINTENANCE_BY_ID, SQL_MAINTENANCE_BY_SEQ, SQL_MAINTENANCE_BY_EXTERNAL_ID, SQL_MAINTENANCE_LIST, SQL_MAINTENANCE_LIST_STATE, SQL_MAINTENANCE_ON,
        SQL_MAINTENANCE_RUNNING, SQL_MAINTENANCE_RUNNING_ALL, SQL_MAINTENANCE_UPCOMING, SQL_MAINTENANCE_LATE, SQL_MAINTENANCE_NEXT, SQL_MAINTENANCE_UPCOMING_ALL, SQL_MAINTENANCE_OPEN,
        SQL_MAINTENANCE_PAST, SQL_MAINTENANCE_INSERT, SQL_MAINTENANCE_UPDATE,
        SQL_MAINTENANCE_NEXT_SEQ, SQL_DUE_END, SQL_DUE_START, SQL_NEXT_DUE,
        SQL_WINDOW_SERVICES, SQL_WINDOW_SERVICES_CLEAR, SQL_WINDOW_SERVICE_ADD,
        SQL_UPDATES, SQL_UPDATE_LAST, SQL_UPDATE_COUNT, SQL_UPDATE_ADD,
        SQL_REMINDERS_CLEAR, SQL_REMINDER_ADD, SQL_REMINDER_DUE, SQL_REMINDERS_DONE, SQL_OUTBOX_ADD,
        SQL_SERVICE_BY_ID, SQL_SERVICE_BY_NAME, SQL_SERVICE_LIST, SQL_SERVICE_INSERT, SQL_SERVICE_UPDATE, SQL_SERVICE_IN_USE, SQL_SERVICE_DELETE,
        SQL_KEY_BY_ID, SQL_KEY_INSERT, SQL_KEY_DELETE, SQL_KEY_LIST,
        SQL_ANSWER_GET, SQL_ANSWER_PUT, SQL_ANSWERS_PRUNE,
        SQL_STATES_RECORD, SQL_STATES_BEFORE, SQL_STATES_AFTER, SQL_STATES_PRUNE, SQL_DATA_VERSION,
        SQL_MAINTENANCE_CHANGED, SQL_MAINTENANCE_MONTH, SQL_MAINTENANCE_NEAREST_BEFORE, SQL_MAINTENANCE_NEAREST_AFTER,
        SQL_SUBSCRIBER_BY_ID, SQL_SUBSCRIBER_BY_SEQ, SQL_SUBSCRIBER_BY_ENDPOINT, SQL_SUBSCRIBER_BY_LEAVE, SQL_SUBSCRIBER_LIST, SQL_SUBSCRIBER_COUNT,
        SQL_SUBSCRIBER_INSERT, SQL_SUBSCRIBER_CONFIRM, SQL_SUBSCRIBER_DELETE,
        SQL_SUBSCRIBER_SERVICES, SQL_SUBSCRIBER_SERVICES_CLEAR, SQL_SUBSCRIBER_SERVICE_ADD,
        SQL_WISH_COUNT, SQL_WISH_ADD, SQL_WISH_TOKEN_ADD, SQL_WISH_BY_TOKEN, SQL_WISH_NEXT, SQL_WISH_LATER, SQL_WISHES_PRUNE, SQL_WISHES_ANSWERED,
        SQL_DELIVERIES_ADD, SQL_DELIVERIES_STAY, SQL_OUTBOX_DROP, SQL_DELIVERIES_DUE, SQL_DELIVERY_DUE, SQL_DELIVERY_DONE, SQL_DELIVERY_NEXT, SQL_DELIVERY_LATER, SQL_DELIVERY_WAKE,
        SQL_SESSION_ADD, SQL_SESSION_BY_HASH, SQL_SESSION_SEEN, SQL_SESSION_REMOVE, SQL_SESSIONS_TRIM, SQL_SESSIONS_PRUNE,
        SQL_SUBSCRIBER_FIND, SQL_DELIVERY_NOW, SQL_DELIVERY_DROP, SQL_OWED, SQL_WISHES_WAITING, SQL_OUTBOX_PRUNE, SQL_PENDING_PRUNE,
        SQL_MONITOR_BY_ID, SQL_MONITOR_BY_NAME, SQL_MONITOR_LIST, SQL_MONITOR_COUNT, SQL_MONITOR_INSERT, SQL_MONITOR_UPDATE, SQL_MONITOR_DELETE, SQL_MONITOR_SEEN,
        SQL_MONITORS_ALONE, SQL_TALLY_ADD, SQL_TALLIES, SQL_TALLIES_PRUNE,
} Sql;
#define SQLS (SQL_TALLIES_PRUNE + 1)

/* The texts that lead from each version to the next, from an empty file on. */
#define STORE_VERSION 6
extern const char *const store_schemas[STORE_VERSION];

/* Binds by @types, one letter a value: i int64_t, u usec_t, t const char * (NULL allowed), b 32 bytes. */
int store_query(Store *s, Sql q, sqlite3_stmt **ret, const char *types, ...);
int store_vquery(Store *s, Sql q, sqlite3_stmt **ret, const char *types, va_list ap);
/* 1: a row is there, 0: no more, the statement is reset; or -errno. */
int store_next(Store *s, sqlite3_stmt *stmt);
/* A statement without rows. Return: the number of rows it changed, or -errno. */
int store_run(Store *s, Sql q, const char *types, ...);

int sql_errno(int rc);                          /* of SQLite's result codes: see store.h */
sqlite3 *store_connection(Store *s);
int64_t store_last_row(const Store *s);         /* the seq that was given last */

/* Ends reading early: auto_(stmt_done) sqlite3_stmt *stmt = NULL; */
static inline void stmt_donep(sqlite3_stmt **stmt) {
        if (*stmt)
                (void) sqlite3_reset(*stmt);
}

/* Reads one row's columns from left to right. @failed sticks: memory was out. */
typedef struct Row {
        sqlite3_stmt *stmt;
        Arena *arena;
        int column;
        bool failed;
} Row;
int64_t row_int(Row *row);
const char *row_text(Row *row);         /* NULL stays NULL */

/* Makes one @ret of a row, from its column on. 0, -ENOMEM, or -EUCLEAN where it holds what cannot be. */
typedef int (*row_fn)(Row *row, void *ret);
/* The first row. -ENOENT: there is none. */
int store_one(Store *s, Arena *a, row_fn read, void *ret, Sql q, const char *types, ...);
/* All of them, as an array in @a of elements of @size. */
int store_many(Store *s, Arena *a, row_fn read, size_t size, void **ret, size_t *ret_n, Sql q, const char *types, ...);
/* The first column of the first row; @missing where there is none, or NULL. */
int store_number(Store *s, int64_t missing, int64_t *ret, Sql q, const char *types, ...);
int store_count(Store *s, size_t *ret, Sql q, const char *types, ...);
int store_instant(Store *s, usec_t *ret, Sql q, const char *types, ...);        /* USEC_INFINITY where there is none */

int store_new_id(const char *prefix, uint64_t sortable, char ret[static ID_SIZE], usec_t now);

/* One of SUBSCRIBER_COLUMNS, from the row's column on. */
int subscriber_row(Row *row, void *ret);
/* Something is owed that was not: store_owed() will say so. */
void store_owes(Store *s);
