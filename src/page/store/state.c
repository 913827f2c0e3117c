/*
 * The page's memory: what each service has shown, and since when
 *
 * One row for each change, never one for a day: days are a matter of the zone in which they are looked at (show/days.c), and a service
 * that is well for a year costs one row.
 */
#include "page/store/private.h"

int store_states_record(Store *s, usec_t now) {
        int r = store_run(s, SQL_STATES_RECORD, "u", now);

        return r < 0 ? r : 0;
}

static int walk(Store *s, sqlite3_stmt *bound, void (*row)(const StateRow *row, void *userdata), void *userdata) {
        auto_(stmt_done) sqlite3_stmt *stmt = bound;
        int r;

        while ((r = store_next(s, stmt)) > 0) {
                StateRow read = { .seq = sqlite3_column_int64(stmt, 0), .service = sqlite3_column_int64(stmt, 1),
                                  .at = (usec_t) sqlite3_column_int64(stmt, 2), .state = (Impact) sqlite3_column_int64(stmt, 3) };

                if (read.state >= IMPACTS) /* it indexes tables */
                        return -EUCLEAN;
                row(&read, userdata);
        }
        return r;
}

int store_states_walk(Store *s, int64_t after, usec_t from, void (*row)(const StateRow *row, void *userdata), void *userdata) {
        sqlite3_stmt *stmt = NULL;
        int r = 0;

        if (after == 0) {
                r = store_query(s, SQL_STATES_BEFORE, &stmt, "u", from);
                if (r >= 0)
                        r = walk(s, stmt, row, userdata);
        }
        if (r >= 0)
                r = store_query(s, SQL_STATES_AFTER, &stmt, "iu", after, after == 0 ? from : (usec_t) 0);
        return r < 0 ? r : walk(s, stmt, row, userdata);
}

int store_states_prune(Store *s, usec_t before) {
        int r = store_run(s, SQL_STATES_PRUNE, "u", before);

        return r < 0 ? r : 0;
}
