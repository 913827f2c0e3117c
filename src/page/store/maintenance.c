/*
 * The page's memory: maintenance, its services and updates, what falls due, what is owed
 */
#include "base/limits.h"
#include "page/store/private.h"

#include <string.h>

/* "1440,60": longest first */
static void reminders_format(const Maintenance *m, char *buf, size_t size) {
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < m->n_reminders; i++)
                n += (size_t) snprintf(buf + n, size - n, "%s%u", i > 0 ? "," : "", m->reminders[i]);
}

static void reminders_read(Maintenance *m, const char *text) {
        for (char *end; text && *text && m->n_reminders < PAGE_REMINDERS_MAX; text = *end == ',' ? end + 1 : end)
                m->reminders[m->n_reminders++] = (unsigned) strtoul(text, &end, 10);
}

static int maintenance_row(Row *row, void *data) {
        Maintenance *ret = data;

        *ret = (Maintenance) { .seq = row_int(row) };
        ret->id = row_text(row);
        ret->state = (State) row_int(row);
        ret->start = (usec_t) row_int(row);
        ret->end = (usec_t) row_int(row);
        ret->started_at = (usec_t) row_int(row);
        ret->finished_at = (usec_t) row_int(row);
        ret->created_at = (usec_t) row_int(row);
        ret->updated_at = (usec_t) row_int(row);
        ret->version = row_int(row);
        ret->impact = (Impact) row_int(row);
        ret->notify = (unsigned) row_int(row);
        ret->auto_transition = row_int(row);
        ret->pause_monitors = row_int(row);
        ret->external_id = row_text(row);
        ret->owner = row_text(row);
        reminders_read(ret, row_text(row));
        ret->title = row_text(row);
        ret->description = row_text(row);
        if (row->failed)
                return -ENOMEM;
        /* These index tables. */
        return ret->state < STATES && ret->impact < IMPACTS ? 0 : -EUCLEAN;
}

int store_maintenance_by_id(Store *s, Arena *a, const char *id, Maintenance *ret) {
        return store_one(s, a, maintenance_row, ret, SQL_MAINTENANCE_BY_ID, "t", id);
}

int store_maintenance_by_seq(Store *s, Arena *a, int64_t seq, Maintenance *ret) {
        return store_one(s, a, maintenance_row, ret, SQL_MAINTENANCE_BY_SEQ, "i", seq);
}

int store_maintenance_by_external_id(Store *s, Arena *a, const char *external_id, Maintenance *ret) {
        return store_one(s, a, maintenance_row, ret, SQL_MAINTENANCE_BY_EXTERNAL_ID, "t", external_id);
}

int store_maintenance_list(Store *s, Arena *a, const ListQuery *q, Maintenance **ret, size_t *ret_n) {
        if (q->state < 0)
                return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_LIST, "iuui", q->after,
                                  q->from, q->to, (int64_t) q->limit);
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_LIST_STATE, "iiuui",
                          (int64_t) q->state, q->after, q->from, q->to, (int64_t) q->limit);
}

int store_maintenance_shelf(Store *s, Arena *a, Shelf shelf, usec_t since, unsigned limit, Maintenance **ret, size_t *ret_n) {
        static const Sql shelves[] = {
                [SHELF_UPCOMING] = SQL_MAINTENANCE_UPCOMING,
                [SHELF_LATE] = SQL_MAINTENANCE_LATE,
                [SHELF_NEXT] = SQL_MAINTENANCE_NEXT,
                [SHELF_PAST] = SQL_MAINTENANCE_PAST,
        };

        if (shelf == SHELF_RUNNING)
                return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_RUNNING, "i",
                                  (int64_t) limit);
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, shelves[shelf], "ui", since, (int64_t) limit);
}

int store_maintenance_running(Store *s, size_t *ret_n, usec_t *ret_last_end) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_MAINTENANCE_RUNNING_ALL, &stmt, "");

        if (r >= 0)
                r = store_next(s, stmt);
        if (r < 0)
                return r;
        *ret_n = (size_t) sqlite3_column_int64(stmt, 0);
        *ret_last_end = (usec_t) sqlite3_column_int64(stmt, 1);
        return 0;
}

int store_maintenance_upcoming(Store *s, usec_t since, size_t *ret) {
        return store_count(s, ret, SQL_MAINTENANCE_UPCOMING_ALL, "u", since);
}

int store_maintenance_open(Store *s, Arena *a, usec_t since, unsigned limit, unsigned skip, Maintenance **ret, size_t *ret_n) {
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_OPEN, "uii", since, (int64_t) limit,
                          (int64_t) skip);
}

int store_maintenance_changed(Store *s, Arena *a, unsigned limit, Maintenance **ret, size_t *ret_n) {
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_CHANGED, "i", (int64_t) limit);
}

int store_maintenance_between(Store *s, Arena *a, usec_t from, usec_t to, unsigned limit, unsigned skip, Maintenance **ret, size_t *ret_n) {
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_MONTH, "uuii", from, to,
                          (int64_t) limit, (int64_t) skip);
}

int store_maintenance_on(Store *s, Arena *a, usec_t from, usec_t to, usec_t now, unsigned limit, Maintenance **ret, size_t *ret_n) {
        return store_many(s, a, maintenance_row, sizeof(**ret), (void **) ret, ret_n, SQL_MAINTENANCE_ON, "uuui", from, to, now,
                          (int64_t) limit);
}

int store_maintenance_around(Store *s, usec_t before, usec_t from, usec_t *ret_before, usec_t *ret_after) {
        int64_t earlier = 0, later = 0;
        int r = store_number(s, 0, &earlier, SQL_MAINTENANCE_NEAREST_BEFORE, "u", before);

        if (r >= 0)
                r = store_number(s, 0, &later, SQL_MAINTENANCE_NEAREST_AFTER, "u", from);
        if (r < 0)
                return r;
        *ret_before = (usec_t) earlier;
        *ret_after = (usec_t) later;
        return 0;
}

/* The same values make a row, and change it. Return: the number of rows, or -errno. */
static int maintenance_put(Store *s, Sql how, const Maintenance *m) {
        char reminders[PAGE_REMINDERS_MAX * 12];

        reminders_format(m, reminders, sizeof(reminders));
        return store_run(s, how, "itiuuuuuuiiiiittttt", m->seq, m->id, (int64_t) m->state, m->start, m->end, m->started_at, m->finished_at,
                         m->created_at, m->updated_at, m->version, (int64_t) m->impact, (int64_t) m->notify, (int64_t) m->auto_transition,
                         (int64_t) m->pause_monitors, m->external_id, m->owner, reminders, m->title, m->description);
}

int store_maintenance_insert(Store *s, Arena *a, Maintenance *m) {
        Maintenance made = *m;
        char id[ID_SIZE];
        int r = store_number(s, 0, &made.seq, SQL_MAINTENANCE_NEXT_SEQ, "");

        if (r >= 0)
                r = store_new_id("maint", (uint64_t) made.seq, id, m->created_at);
        if (r < 0)
                return r;
        made.id = arena_strdup(a, id);
        r = made.id ? maintenance_put(s, SQL_MAINTENANCE_INSERT, &made) : -ENOMEM;
        if (r < 0)
                return r;
        *m = made;
        return 0;
}

int store_maintenance_update(Store *s, const Maintenance *m) {
        int r = maintenance_put(s, SQL_MAINTENANCE_UPDATE, m);

        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int store_window_services_set(Store *s, int64_t maintenance, const int64_t *services, size_t n) {
        int r = store_run(s, SQL_WINDOW_SERVICES_CLEAR, "i", maintenance);

        for (size_t i = 0; i < n && r >= 0; i++)
                r = store_run(s, SQL_WINDOW_SERVICE_ADD, "ii", maintenance, services[i]);
        return r < 0 ? r : 0;
}

static int update_row(Row *row, void *data) {
        Update *ret = data;

        *ret = (Update) { .seq = row_int(row) };
        ret->state = (State) row_int(row);
        ret->created_at = (usec_t) row_int(row);
        ret->message = row_text(row);
        return row->failed ? -ENOMEM : ret->state < STATES ? 0 : -EUCLEAN;
}

int store_updates(Store *s, Arena *a, int64_t maintenance, unsigned most, Update **ret, size_t *ret_n) {
        return store_many(s, a, update_row, sizeof(**ret), (void **) ret, ret_n, SQL_UPDATES, "ii", maintenance, (int64_t) most);
}

int store_update_last(Store *s, Arena *a, int64_t maintenance, Update *ret) {
        return store_one(s, a, update_row, ret, SQL_UPDATE_LAST, "i", maintenance);
}

int store_update_count(Store *s, int64_t maintenance, size_t *ret) {
        return store_count(s, ret, SQL_UPDATE_COUNT, "i", maintenance);
}

int store_update_add(Store *s, int64_t maintenance, State state, const char *message, usec_t now) {
        int r = store_run(s, SQL_UPDATE_ADD, "iiut", maintenance, (int64_t) state, now, message);

        return r < 0 ? r : 0;
}

int store_reminders_set(Store *s, int64_t maintenance, const Reminder *reminders, size_t n) {
        int r = store_run(s, SQL_REMINDERS_CLEAR, "i", maintenance);

        for (size_t i = 0; i < n && r >= 0; i++)
                r = store_run(s, SQL_REMINDER_ADD, "iiu", maintenance, (int64_t) reminders[i].minutes, reminders[i].due);
        return r < 0 ? r : 0;
}

/* The latest due one is found first; it is the shortest of its window, since all of them count from one start. */
int store_reminder_due(Store *s, usec_t now, int64_t *ret_maintenance, unsigned *ret_minutes) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_REMINDER_DUE, &stmt, "u", now);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        *ret_maintenance = sqlite3_column_int64(stmt, 0);
        *ret_minutes = (unsigned) sqlite3_column_int64(stmt, 1);
        return 0;
}

int store_reminders_done(Store *s, int64_t maintenance, usec_t now) {
        int r = store_run(s, SQL_REMINDERS_DONE, "iu", maintenance, now);

        return r < 0 ? r : 0;
}

int store_due(Store *s, Arena *a, usec_t now, Maintenance *ret) {
        static const Sql order[] = { SQL_DUE_END, SQL_DUE_START };
        int r = -ENOENT;

        for (size_t i = 0; i < ARRAY_SIZE(order) && r == -ENOENT; i++)
                r = store_one(s, a, maintenance_row, ret, order[i], "u", now);
        return r;
}

int store_next_due(Store *s, usec_t *ret) {
        return store_instant(s, ret, SQL_NEXT_DUE, "");
}
