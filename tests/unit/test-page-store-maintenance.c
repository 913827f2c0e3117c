/*
 * Windows in the store: what a change leaves alone, which of them were on at a time, and what looking for some costs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-plans.h"

static Depot depot;

static int begin(void **state) {
        depot_begin(&depot);
        return 0;
}

static int end(void **state) {
        depot_end(&depot);
        return 0;
}

/* As a caller would that filled in by hand what it wants changed. */
static void a_change_leaves_who_it_is_alone(void **state) {
        Maintenance m = a_window(&depot, NULL, 0), changed = m, found;

        changed.id = "maint_another";
        changed.created_at = 0;
        changed.state = STATE_COMPLETED;
        changed.start = T0 + 1;
        changed.end = T0 + 2;
        changed.started_at = T0 + 3;
        changed.finished_at = T0 + 4;
        changed.updated_at = T0 + 5;
        changed.version = 2;
        changed.impact = IMPACT_MAJOR;
        changed.notify = NOTIFY_SCHEDULE;
        changed.auto_transition = true;
        changed.pause_monitors = true;
        changed.external_id = "maintd:x";
        changed.owner = "o";
        changed.n_reminders = 1;
        changed.reminders[0] = 60;
        changed.title = "T";
        changed.description = "D";
        assert_int_equal(store_maintenance_update(depot.store, &changed), 0);
        assert_int_equal(store_maintenance_by_seq(depot.store, depot.arena, m.seq, &found), 0);
        assert_string_equal(found.id, m.id);
        assert_int_equal(found.created_at, m.created_at);
        assert_true(found.state == STATE_COMPLETED && found.start == T0 + 1 && found.end == T0 + 2 && found.started_at == T0 + 3 && found.finished_at == T0 + 4);
        assert_true(found.updated_at == T0 + 5 && found.version == 2 && found.impact == IMPACT_MAJOR && found.notify == NOTIFY_SCHEDULE);
        assert_true(found.auto_transition && found.pause_monitors && found.n_reminders == 1 && found.reminders[0] == 60);
        assert_string_equal(found.external_id, "maintd:x");
        assert_string_equal(found.owner, "o");
        assert_string_equal(found.title, "T");
        assert_string_equal(found.description, "D");
}

static void what_is_not_there_is_not_changed(void **state) {
        Maintenance m = a_window(&depot, NULL, 0);

        m.seq++;
        assert_int_equal(store_maintenance_update(depot.store, &m), -ENOENT);
}

/* All in hours from T0; no time: -1. */
static void add(Depot *d, State state, int start, int end, int started, int finished) {
        Maintenance m = { .title = "W", .description = "", .state = state, .start = T0 + (usec_t) start * USEC_PER_HOUR, .end = T0 + (usec_t) end * USEC_PER_HOUR,
                          .started_at = started < 0 ? 0 : T0 + (usec_t) started * USEC_PER_HOUR, .finished_at = finished < 0 ? 0 : T0 + (usec_t) finished * USEC_PER_HOUR,
                          .created_at = T0, .updated_at = T0, .version = 1 };

        assert_int_equal(store_maintenance_insert(d->store, d->arena, &m), 0);
}

static void knows_what_was_on(void **state) {
        static const struct { State state; int start, end, started, finished; bool on; } rows[] = { /* from 10 to 20, at 15 */
                { STATE_SCHEDULED, 12, 13, -1, -1, true },     { STATE_SCHEDULED, 9, 11, -1, -1, true },      { STATE_SCHEDULED, 19, 21, -1, -1, true },
                { STATE_SCHEDULED, 9, 10, -1, -1, false },     { STATE_SCHEDULED, 20, 21, -1, -1, false },    { STATE_IN_PROGRESS, 12, 13, 12, -1, true },
                { STATE_IN_PROGRESS, 5, 6, 5, -1, true },      { STATE_IN_PROGRESS, 30, 31, 14, -1, true },   { STATE_IN_PROGRESS, 12, 13, 21, -1, false },
                { STATE_COMPLETED, 5, 6, 5, 11, true },        { STATE_COMPLETED, 5, 12, 5, 10, false },      { STATE_COMPLETED, 12, 13, 21, 22, false },
                { STATE_COMPLETED, 22, 30, 19, 25, true },     { STATE_COMPLETED, 12, 13, -1, 14, true },     { STATE_CANCELLED, 12, 13, -1, 1, true },
                { STATE_CANCELLED, 9, 10, -1, 30, false },     { STATE_CANCELLED, 20, 21, -1, 1, false },     { STATE_CANCELLED, 30, 31, 19, 19, true },
        };
        Depot *d = &depot;
        Maintenance *found = NULL;
        size_t n = 0, k = 0;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                add(d, rows[i].state, rows[i].start, rows[i].end, rows[i].started, rows[i].finished);
        assert_int_equal(store_maintenance_on(d->store, d->arena, T0 + 10 * USEC_PER_HOUR, T0 + 20 * USEC_PER_HOUR, T0 + 15 * USEC_PER_HOUR, 100, &found, &n), 0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (rows[i].on && (k >= n || found[k++].seq != (int64_t) i + 1))
                        fail_msg("row %zu is not there, or comes too late", i);
        assert_int_equal(k, n);
        assert_int_equal(store_maintenance_on(d->store, d->arena, T0 + 10 * USEC_PER_HOUR, T0 + 20 * USEC_PER_HOUR, T0 + 15 * USEC_PER_HOUR, 3, &found, &n), 0);
        assert_int_equal(n, 3);
        assert_int_equal(found[2].seq, 3);
}

/* A count counts; what is not over is walked by its start, and all by their last change, up to a limit. */
static bool may_scan(const char *sql) {
        return strstr(sql, "count(*)") || strstr(sql, "ORDER BY updated_at DESC, seq DESC LIMIT ?") || (strstr(sql, "WHERE +state = 0") && !strstr(sql, "UNION")) ||
               strstr(sql, "(state = 1 OR scheduled_end > ?)");
}

static void nothing_scans(void **state) {
        static const Shelf shelves[] = { SHELF_RUNNING, SHELF_UPCOMING, SHELF_LATE, SHELF_NEXT, SHELF_PAST };
        Depot *d = &depot;
        Maintenance m, *rows = NULL;
        usec_t before = 0, after = 0;
        size_t n = 0;

        add(d, STATE_SCHEDULED, 1, 2, -1, -1);
        for (int i = -1; i < (int) STATES; i++)
                assert_int_equal(store_maintenance_list(d->store, d->arena, &(ListQuery) { .state = i, .to = USEC_LATEST, .limit = 1 }, &rows, &n), 0);
        for (size_t i = 0; i < ARRAY_SIZE(shelves); i++)
                assert_int_equal(store_maintenance_shelf(d->store, d->arena, shelves[i], T0, 1, &rows, &n), 0);
        assert_int_equal(store_maintenance_open(d->store, d->arena, T0, 1, 0, &rows, &n), 0);
        assert_int_equal(store_maintenance_changed(d->store, d->arena, 1, &rows, &n), 0);
        assert_int_equal(store_maintenance_between(d->store, d->arena, T0, T0 + 1, 1, 0, &rows, &n), 0);
        assert_int_equal(store_maintenance_on(d->store, d->arena, T0, T0 + 1, T0, 1, &rows, &n), 0);
        assert_int_equal(store_maintenance_around(d->store, T0, T0, &before, &after), 0);
        assert_int_equal(store_maintenance_by_external_id(d->store, d->arena, "x", &m), -ENOENT);
        assert_int_equal(store_maintenance_by_seq(d->store, d->arena, 1, &m), 0);
        assert_int_equal(store_maintenance_by_id(d->store, d->arena, m.id, &m), 0);
        assert_int_equal(store_maintenance_update(d->store, &m), 0);
        assert_int_equal(store_due(d->store, d->arena, T0, &m), -ENOENT);
        assert_int_equal(store_next_due(d->store, &after), 0);
        assert_true(look_for_scans(d, may_scan) > 15);
}

#define TEST(name, function) { name, function, begin, end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("a change leaves id and time of creation alone, and changes all else", a_change_leaves_who_it_is_alone),
                TEST("what is not there is not changed", what_is_not_there_is_not_changed),
                TEST("knows what was on at a time, by the real times where there are some", knows_what_was_on),
                TEST("nothing walks all windows there ever were", nothing_scans),
        };
        int r = cmocka_run_group_tests_name("windows in the store", tests, NULL, NULL);

        forget_prepared();
        return r;
}
