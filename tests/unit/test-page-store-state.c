/*
 * What services have shown: a row for a change and for nothing else, and what is forgotten
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"
#include "page/apply.h"

typedef struct Fixture {
        Depot d;
        StateRow rows[32];
        size_t n;
} Fixture;

static int begin(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        depot_begin(&f->d);
        *state = f;
        return 0;
}

static int end(void **state) {
        Fixture *f = *state;

        depot_end(&f->d);
        free(f);
        return 0;
}

static void take(const StateRow *row, void *userdata) {
        Fixture *f = userdata;

        assert_true(f->n < ARRAY_SIZE(f->rows));
        f->rows[f->n++] = *row;
}

static void walk(Fixture *f, int64_t after, usec_t from) {
        f->n = 0;
        assert_int_equal(store_states_walk(f->d.store, after, from, take, f), 0);
}

static Service service(Fixture *f, const char *name, usec_t now) {
        Service s = { .name = name, .description = "", .created_at = now, .updated_at = now };

        assert_int_equal(store_service_insert(f->d.store, f->d.arena, &s), 0);
        assert_int_equal(store_service_by_name(f->d.store, f->d.arena, name, &s), 0);
        return s;
}

static void set_status(Fixture *f, Service *s, Impact status, usec_t now) {
        s->manual = status;
        s->updated_at = now;
        assert_int_equal(store_service_update(f->d.store, s), 0);
}

static Maintenance window(Fixture *f, const Service *s, State state, Impact impact, usec_t now) {
        Change c = { .after = { .title = "W",
                                .description = "",
                                .state = state,
                                .impact = impact,
                                .start = now,
                                .end = now + USEC_PER_HOUR,
                                .created_at = now,
                                .updated_at = now,
                                .version = 1 },
                     .changed = true,
                     .services_set = true };

        assert_int_equal(apply_change(f->d.store, f->d.arena, NULL, &c, &s->seq, 1, now), 0);
        return c.after;
}

static void become(Fixture *f, Maintenance *m, State state, Impact impact, usec_t now) {
        Change c = { .after = *m, .changed = true };

        c.after.state = state;
        c.after.impact = impact;
        c.after.finished_at = state_final(state) ? now : 0;
        assert_int_equal(apply_change(f->d.store, f->d.arena, m, &c, NULL, 0, now), 0);
        *m = c.after;
}

static void assert_rows(Fixture *f, const Impact *states, size_t n) {
        walk(f, 0, 0);
        assert_int_equal(f->n, n);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(f->rows[i].state, states[i]);
}

static void a_row_is_a_change(void **state) {
        Fixture *f = *state;
        Service s = service(f, "API", T0);

        set_status(f, &s, IMPACT_OPERATIONAL, T0 + 1);
        set_status(f, &s, IMPACT_DEGRADED, T0 + 2);
        s.description = "another text";
        set_status(f, &s, IMPACT_DEGRADED, T0 + 3);
        set_status(f, &s, IMPACT_OPERATIONAL, T0 + 4);
        assert_rows(f, (Impact[]) { IMPACT_OPERATIONAL, IMPACT_DEGRADED, IMPACT_OPERATIONAL }, 3);
        assert_true(f->rows[0].at == T0 && f->rows[1].at == T0 + 2 && f->rows[2].at == T0 + 4);
}

/* Until the last that names it ends, and of several impacts the worst. */
static void windows_count_while_they_run(void **state) {
        Fixture *f = *state;
        Service s = service(f, "API", T0);
        Maintenance a = window(f, &s, STATE_SCHEDULED, IMPACT_MAINTENANCE, T0 + 1), b;

        assert_rows(f, (Impact[]) { IMPACT_OPERATIONAL }, 1);
        become(f, &a, STATE_IN_PROGRESS, IMPACT_MAINTENANCE, T0 + 2);
        b = window(f, &s, STATE_IN_PROGRESS, IMPACT_PARTIAL, T0 + 3);
        become(f, &a, STATE_COMPLETED, IMPACT_MAINTENANCE, T0 + 4);
        become(f, &b, STATE_IN_PROGRESS, IMPACT_OPERATIONAL, T0 + 5); /* nothing will be noticed */
        become(f, &b, STATE_CANCELLED, IMPACT_OPERATIONAL, T0 + 6);
        assert_rows(f, (Impact[]) { IMPACT_OPERATIONAL, IMPACT_MAINTENANCE, IMPACT_PARTIAL, IMPACT_OPERATIONAL }, 4);
}

static void a_walk_begins_with_what_was_shown_before(void **state) {
        Fixture *f = *state;
        Service a = service(f, "A", T0), b = service(f, "B", T0 + 10);
        int64_t last;

        set_status(f, &a, IMPACT_MAJOR, T0 + 20);
        set_status(f, &a, IMPACT_DEGRADED, T0 + 30);
        walk(f, 0, T0 + 25);
        assert_int_equal(f->n, 3);
        for (size_t i = 0; i < 2; i++)
                assert_int_equal(f->rows[i].state, f->rows[i].service == a.seq ? IMPACT_MAJOR : IMPACT_OPERATIONAL);
        assert_true(f->rows[2].service == a.seq && f->rows[2].state == IMPACT_DEGRADED);
        last = f->rows[2].seq;
        walk(f, last, T0 + 25);
        assert_int_equal(f->n, 0);
        set_status(f, &b, IMPACT_MAJOR, T0 + 1); /* by a clock that was set back: still the next change */
        walk(f, last, T0 + 25);
        assert_int_equal(f->n, 1);
        assert_true(f->rows[0].service == b.seq && f->rows[0].state == IMPACT_MAJOR);
}

static void what_is_forgotten_is_not_missed(void **state) {
        Fixture *f = *state;
        Service a = service(f, "A", T0), b = service(f, "B", T0 + 1);

        set_status(f, &a, IMPACT_MAJOR, T0 + 20);
        set_status(f, &a, IMPACT_DEGRADED, T0 + 30);
        set_status(f, &a, IMPACT_OPERATIONAL, T0 + 40);
        assert_int_equal(store_states_prune(f->d.store, T0 + 35), 0);
        walk(f, 0, 0);
        assert_int_equal(f->n, 3); /* of A what was shown at that instant, and since; of B what it still shows */
        assert_true(f->rows[0].service == b.seq && f->rows[1].state == IMPACT_DEGRADED && f->rows[2].state == IMPACT_OPERATIONAL);
}

static void a_service_that_is_gone_is_not_recorded(void **state) {
        Fixture *f = *state;
        Service a = service(f, "A", T0);

        assert_int_equal(store_service_delete(f->d.store, a.seq, T0 + 1), 0);
        (void) service(f, "A", T0 + 2);
        assert_rows(f, (Impact[]) { IMPACT_OPERATIONAL, IMPACT_OPERATIONAL }, 2);
        assert_true(f->rows[0].service != f->rows[1].service);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_row_is_a_change, begin, end),
                cmocka_unit_test_setup_teardown(windows_count_while_they_run, begin, end),
                cmocka_unit_test_setup_teardown(a_walk_begins_with_what_was_shown_before, begin, end),
                cmocka_unit_test_setup_teardown(what_is_forgotten_is_not_missed, begin, end),
                cmocka_unit_test_setup_teardown(a_service_that_is_gone_is_not_recorded, begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
