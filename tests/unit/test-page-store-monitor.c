/*
 * Monitors in the store: what services show by them, who is paused, what is counted, and what of it visitors are not woken for
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/log.h"
#include "page-store.h"
#include "page/apply.h"
#include "page/monitor/save.h"

typedef struct Fixture {
        Depot d;
        Service service;
        Impact states[32];
        size_t n;
} Fixture;

static int begin(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        depot_begin(&f->d);
        f->service = a_service(&f->d, "API");
        *state = f;
        return 0;
}

static int end(void **state) {
        Fixture *f = *state;

        depot_end(&f->d);
        free(f);
        return 0;
}

static Monitor monitor(Fixture *f, const char *name) {
        Monitor m = { .name = name, .url = "https://example.com/", .interval = USEC_PER_MINUTE, .timeout = USEC_PER_SEC, .service = f->service.seq, .enabled = true, .problem = "",
                      .created_at = T0, .updated_at = T0 };

        assert_int_equal(store_monitor_insert(f->d.store, f->d.arena, &m), 0);
        assert_string_equal(m.service_id, f->service.id);
        return m;
}

static Impact shown(Fixture *f) {
        Service s;

        assert_int_equal(store_service_by_id(f->d.store, f->d.arena, f->service.id, &s), 0);
        return s.shown;
}

static Monitor read_back(Fixture *f, const Monitor *m) {
        Monitor r;

        assert_int_equal(store_monitor_by_id(f->d.store, f->d.arena, m->id, &r), 0);
        return r;
}

static void set(Fixture *f, Monitor *m, MonitorState s) {
        m->state = m->last = s;
        m->updated_at += 1;
        assert_int_equal(store_monitor_update(f->d.store, m), 0);
}

static Maintenance window(Fixture *f, Impact impact, bool pause) {
        Change c = { .after = { .title = "W", .description = "", .state = STATE_IN_PROGRESS, .impact = impact, .start = T0, .end = T0 + USEC_PER_HOUR, .created_at = T0, .updated_at = T0,
                                .version = 1, .pause_monitors = pause },
                     .changed = true,
                     .services_set = true };

        assert_int_equal(apply_change(f->d.store, f->d.arena, NULL, &c, &f->service.seq, 1, T0), 0);
        return c.after;
}

static void finish(Fixture *f, Maintenance *m) {
        Change c = { .after = *m, .changed = true };

        c.after.state = STATE_COMPLETED;
        c.after.finished_at = T0 + 1;
        assert_int_equal(apply_change(f->d.store, f->d.arena, m, &c, NULL, 0, T0 + 1), 0);
}

static void take(const StateRow *row, void *userdata) {
        Fixture *f = userdata;

        f->states[f->n++] = row->state;
}

/* What the service has shown, one after the other, is what is read of it as well. */
static void services_show_the_worst_of_their_monitors(void **state) {
        static const Impact expected[] = { IMPACT_OPERATIONAL, IMPACT_DEGRADED, IMPACT_MAJOR, IMPACT_DEGRADED, IMPACT_OPERATIONAL, IMPACT_MAJOR, IMPACT_MAINTENANCE, IMPACT_MAJOR,
                                           IMPACT_PARTIAL, IMPACT_MAJOR, IMPACT_MAINTENANCE, IMPACT_OPERATIONAL };
        Fixture *f = *state;
        Monitor a = monitor(f, "a"), b = monitor(f, "b");
        Maintenance m;

        set(f, &a, MONITOR_UP);
        set(f, &a, MONITOR_DEGRADED);
        assert_int_equal(shown(f), IMPACT_DEGRADED);
        set(f, &b, MONITOR_DOWN);
        assert_int_equal(shown(f), IMPACT_MAJOR);
        assert_int_equal(store_monitor_delete(f->d.store, b.seq, T0), 0);
        assert_int_equal(shown(f), IMPACT_DEGRADED);
        set(f, &a, MONITOR_UNKNOWN);
        assert_int_equal(shown(f), IMPACT_OPERATIONAL);
        set(f, &a, MONITOR_DOWN);
        m = window(f, IMPACT_MAINTENANCE, true);
        assert_int_equal(shown(f), IMPACT_MAINTENANCE);
        finish(f, &m);
        m = window(f, IMPACT_PARTIAL, false);
        assert_int_equal(shown(f), IMPACT_PARTIAL);
        finish(f, &m);
        f->service.manual = IMPACT_MAINTENANCE;
        assert_int_equal(store_service_update(f->d.store, &f->service), 0);
        assert_int_equal(shown(f), IMPACT_MAINTENANCE);
        f->service.manual = IMPACT_OPERATIONAL;
        a.service = 0;
        assert_int_equal(store_monitor_update(f->d.store, &a), 0);
        assert_int_equal(store_service_update(f->d.store, &f->service), 0);
        assert_int_equal(shown(f), IMPACT_OPERATIONAL);
        assert_int_equal(store_states_walk(f->d.store, 0, 0, take, f), 0);
        assert_int_equal(f->n, ARRAY_SIZE(expected));
        for (size_t i = 0; i < f->n; i++)
                if (f->states[i] != expected[i])
                        fail_msg("row %zu is %s", i, status_to_string(f->states[i]));
}

static void windows_that_pause_hold_monitors_until_the_last_ends(void **state) {
        Fixture *f = *state;
        Monitor a = monitor(f, "a"), free_one = a;
        Maintenance one, two, lenient;

        free_one.name = "free";
        free_one.service = 0;
        assert_int_equal(store_monitor_insert(f->d.store, f->d.arena, &free_one), 0);
        lenient = window(f, IMPACT_MAINTENANCE, false);
        assert_false(read_back(f, &a).held);
        one = window(f, IMPACT_OPERATIONAL, true);
        two = window(f, IMPACT_MAINTENANCE, true);
        assert_true(read_back(f, &a).held);
        assert_false(read_back(f, &free_one).held);
        finish(f, &two);
        assert_true(read_back(f, &a).held);
        store_monitors_calm(f->d.store);
        finish(f, &one);
        assert_true(store_monitors_stirred(f->d.store));
        assert_false(read_back(f, &a).held);
        finish(f, &lenient);
}

static void names_are_taken_once_and_services_leave_theirs_behind(void **state) {
        Fixture *f = *state;
        Monitor a = monitor(f, "a"), again = a;
        size_t n = 0;

        assert_int_equal(store_monitor_insert(f->d.store, f->d.arena, &again), -EEXIST);
        set(f, &a, MONITOR_DOWN);
        store_monitors_calm(f->d.store);
        assert_int_equal(store_service_delete(f->d.store, f->service.seq, T0), 0);
        assert_true(store_monitors_stirred(f->d.store));
        again = read_back(f, &a);
        assert_true(again.service == 0 && !again.service_id);
        assert_int_equal(store_monitor_count(f->d.store, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(store_monitor_delete(f->d.store, a.seq, T0), 0);
        assert_int_equal(store_monitor_delete(f->d.store, a.seq, T0), -ENOENT);
        assert_int_equal(store_monitor_update(f->d.store, &a), -ENOENT);
}

static void assert_tally(Fixture *f, int64_t seq, TallySpan span, size_t i, size_t n, usec_t at, const Tally *t) {
        TallyRow *rows = NULL;
        size_t n_rows = 0;

        assert_int_equal(store_tallies(f->d.store, f->d.arena, seq, span, &rows, &n_rows), 0);
        assert_int_equal(n_rows, n);
        if (n == 0)
                return;
        assert_int_equal(rows[i].at, at);
        assert_memory_equal(&rows[i].tally, t, sizeof(*t));
}

static void counts_by_hour_and_day_and_forgets(void **state) {
        Fixture *f = *state;
        Monitor a = monitor(f, "a");
        const Tally one = { .up = 2, .sum = 30, .least = 10, .most = 20, .answers = 2 }, none = { .down = 3 }, other = { .degraded = 1, .sum = 5, .least = 5, .most = 5, .answers = 1 };
        usec_t hour = T0 - T0 % USEC_PER_HOUR, day = T0 - T0 % USEC_PER_DAY;

        a.checked_at = hour + 1;
        assert_int_equal(store_monitor_seen(f->d.store, &a, &none), 0);
        assert_int_equal(store_monitor_seen(f->d.store, &a, &one), 0);
        assert_int_equal(store_monitor_seen(f->d.store, &a, &none), 0);
        assert_tally(f, a.seq, TALLY_HOURS, 0, 1, hour, &(Tally) { 2, 0, 6, 2, 30, 10, 20 });
        a.checked_at = hour + USEC_PER_HOUR;
        assert_int_equal(store_monitor_seen(f->d.store, &a, &other), 0);
        assert_tally(f, a.seq, TALLY_HOURS, 1, 2, hour + USEC_PER_HOUR, &other);
        assert_tally(f, a.seq, TALLY_DAYS, 0, 1, day, &(Tally) { 2, 1, 6, 3, 35, 5, 20 });
        assert_int_equal(store_tallies_prune(f->d.store, hour + 7 * USEC_PER_DAY + 1), 0);
        assert_tally(f, a.seq, TALLY_HOURS, 0, 1, hour + USEC_PER_HOUR, &other);
        assert_tally(f, a.seq, TALLY_DAYS, 0, 1, day, &(Tally) { 2, 1, 6, 3, 35, 5, 20 });
        assert_int_equal(store_tallies_prune(f->d.store, day + 100 * USEC_PER_DAY + 1), 0);
        assert_tally(f, a.seq, TALLY_DAYS, 0, 0, 0, NULL);
        assert_int_equal(store_monitor_seen(f->d.store, &a, &one), 0);
        assert_int_equal(store_monitor_delete(f->d.store, a.seq, T0), 0);
        assert_tally(f, a.seq, TALLY_DAYS, 0, 0, 0, NULL);
        assert_int_equal(store_monitor_seen(f->d.store, &a, &one), 0); /* of one that is gone: nothing */
        assert_tally(f, a.seq, TALLY_DAYS, 0, 0, 0, NULL);
}

static void never(Due *d, void *userdata) {
        fail();
}

static uint64_t generation(Fixture *f, usec_t boot) {
        uint64_t g = 0;

        assert_int_equal(store_generation(f->d.store, boot, &g), 0);
        return g;
}

/* One check of all that are due, which sees @seen, and what is stored by it. */
static void check(Fixture *f, Agenda *agenda, usec_t boot, MonitorState seen) {
        const Seen s = { seen, USEC_PER_MSEC, seen == MONITOR_UP ? "" : "it answered 500, not 2xx" };

        for (Due *d; (d = agenda_take(agenda, boot));)
                assert_int_equal(agenda_seen(agenda, d, &s, (Now) { .real = T0 + boot, .boot = boot }), 0);
        assert_int_equal(monitors_save(f->d.store, agenda, T0 + boot), 0);
        assert_false(agenda_unsaved(agenda));
}

static void what_is_seen_is_stored_and_only_a_change_makes_a_new_generation(void **state) {
        Fixture *f = *state;
        auto_(agenda_free) Agenda *agenda = agenda_new();
        Monitor a = monitor(f, "a"), *rows = NULL;
        usec_t boot = USEC_PER_DAY;
        uint64_t before;
        size_t n = 0;

        assert_int_equal(store_monitor_list(f->d.store, f->d.arena, 0, 10, &rows, &n), 0);
        assert_int_equal(agenda_load(agenda, rows, n, true, boot, never, NULL), 0);
        before = generation(f, boot);
        check(f, agenda, boot, MONITOR_UP);
        assert_int_equal(read_back(f, &a).state, MONITOR_UP);
        check(f, agenda, boot += 2 * USEC_PER_MINUTE, MONITOR_DOWN);
        assert_int_equal(read_back(f, &a).last, MONITOR_DOWN);
        assert_true(generation(f, boot) == before);
        assert_int_equal(shown(f), IMPACT_OPERATIONAL);
        check(f, agenda, boot += 2 * USEC_PER_MINUTE, MONITOR_DOWN);
        assert_true(generation(f, boot) != before);
        assert_int_equal(shown(f), IMPACT_MAJOR);
        assert_string_equal(read_back(f, &a).problem, "it answered 500, not 2xx");
        check(f, agenda, boot += 2 * USEC_PER_MINUTE, MONITOR_UP);
        assert_int_equal(shown(f), IMPACT_OPERATIONAL);
        assert_tally(f, a.seq, TALLY_DAYS, 0, 1, T0 + boot - (T0 + boot) % USEC_PER_DAY, &(Tally) { 2, 0, 2, 4, 4 * USEC_PER_MSEC, USEC_PER_MSEC, USEC_PER_MSEC });
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "services show the worst of their monitors, and what was said by hand", services_show_the_worst_of_their_monitors, begin, end, NULL },
                { "windows that pause hold monitors until the last ends", windows_that_pause_hold_monitors_until_the_last_ends, begin, end, NULL },
                { "a name is taken once, and a service that goes leaves its monitors behind", names_are_taken_once_and_services_leave_theirs_behind, begin, end, NULL },
                { "counts by hour and day, and forgets", counts_by_hour_and_day_and_forgets, begin, end, NULL },
                { "what is seen is stored, and only a change makes a new generation", what_is_seen_is_stored_and_only_a_change_makes_a_new_generation, begin, end, NULL },
        };

        log_set_max(LOG_ERR);
        return cmocka_run_group_tests_name("monitors in the store", tests, NULL, NULL);
}
