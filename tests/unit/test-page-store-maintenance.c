/*
 * Windows in the store: what a change leaves alone
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"

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

#define TEST(name, function) { name, function, begin, end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("a change leaves id and time of creation alone, and changes all else", a_change_leaves_who_it_is_alone),
                TEST("what is not there is not changed", what_is_not_there_is_not_changed),
        };

        return cmocka_run_group_tests_name("windows in the store", tests, NULL, NULL);
}
