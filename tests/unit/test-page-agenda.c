/*
 * Which monitor is looked at when, on a clock that only moves when told
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/monitor/agenda.h"

#define T0 (1000 * USEC_PER_SEC)
#define EVERY USEC_PER_MINUTE

typedef struct World {
        Agenda *agenda;
        Monitor rows[8];
        size_t n;
        unsigned dropped;
} World;

static int world_new(void **state) {
        static World w;

        w = (World) { .agenda = agenda_new() };
        *state = &w;
        return w.agenda ? 0 : -1;
}

static int world_free(void **state) {
        World *w = *state;

        (void) agenda_free(w->agenda);
        return 0;
}

static Monitor *add(World *w) {
        Monitor *m = &w->rows[w->n++];

        *m = (Monitor) { .seq = (int64_t) w->n, .id = "mon", .name = "n", .url = "https://example.com/", .interval = EVERY, .timeout = USEC_PER_SEC, .enabled = true, .problem = "" };
        return m;
}

static void drop(Due *d, void *userdata) {
        World *w = userdata;

        assert_ptr_equal(d->userdata, w);
        w->dropped++;
}

static void load(World *w, bool start, usec_t boot) {
        assert_int_equal(agenda_load(w->agenda, w->rows, w->n, start, boot, drop, w), 0);
}

static Due *begin(World *w, usec_t boot) {
        Due *d = agenda_take(w->agenda, boot);

        if (d)
                d->userdata = w;
        return d;
}

static void end(World *w, Due *d, MonitorState seen, usec_t latency, usec_t boot) {
        Seen s = { seen, latency, seen == MONITOR_UP ? "" : "bad" };

        assert_int_equal(agenda_seen(w->agenda, d, &s, (Now) { .real = boot + USEC_PER_DAY, .boot = boot }), 0);
}

static void a_new_one_is_due_at_once_and_then_at_its_instants(void **state) {
        World *w = *state;
        Due *d;

        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        (void) add(w);
        load(w, false, T0);
        assert_int_equal(agenda_next(w->agenda), T0);
        d = begin(w, T0);
        assert_non_null(d);
        assert_null(begin(w, T0));      /* it is under way */
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        end(w, d, MONITOR_UP, 5, T0 + 5);
        assert_int_equal(agenda_next(w->agenda), monitor_next(&d->m, T0));
        assert_null(begin(w, agenda_next(w->agenda) - 1));
        assert_ptr_equal(begin(w, agenda_next(w->agenda)), d);
}

static void a_start_does_not_look_at_all_at_once(void **state) {
        World *w = *state;

        for (size_t i = 0; i < 4; i++)
                add(w)->checked_at = 1;
        w->rows[3].checked_at = 0;      /* never looked at */
        load(w, true, T0);
        assert_int_equal(begin(w, T0)->m.seq, 4);
        assert_null(begin(w, T0));
        for (size_t i = 0; i < 3; i++)
                assert_non_null(begin(w, T0 + EVERY));
}

static void the_one_that_waits_longest_goes_first(void **state) {
        World *w = *state;
        usec_t before = 0;

        for (size_t i = 0; i < 8; i++)
                add(w)->checked_at = 1;
        load(w, true, T0);
        for (size_t i = 0; i < 8; i++) {
                usec_t due = agenda_next(w->agenda);

                assert_true(due >= before);
                before = due;
                assert_non_null(begin(w, T0 + EVERY));
        }
}

static void a_paused_one_rests_and_is_looked_at_at_once_when_it_goes_on(void **state) {
        World *w = *state;
        Monitor *m = add(w);
        Due *d;

        load(w, false, T0);
        d = begin(w, T0);
        end(w, d, MONITOR_DOWN, 0, T0 + 1);
        d = begin(w, T0 + 2 * EVERY);
        m->held = true;
        m->state = d->m.state;
        load(w, false, T0 + 2 * EVERY);
        assert_int_equal(w->dropped, 1);
        assert_false(d->busy);
        assert_int_equal(d->m.last, MONITOR_UNKNOWN);   /* what it saw last does not count any more */
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        load(w, false, T0 + 3 * EVERY);
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        m->held = false;
        load(w, false, T0 + 4 * EVERY);
        assert_int_equal(agenda_next(w->agenda), T0 + 4 * EVERY);
        m->enabled = false;
        load(w, false, T0 + 4 * EVERY);
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
}

static void one_that_began_paused_is_looked_at_when_it_goes_on(void **state) {
        World *w = *state;
        Monitor *m = add(w);

        m->held = true;
        m->checked_at = 1;
        m->last = MONITOR_DOWN;
        load(w, true, T0);
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        m->held = false;
        load(w, false, T0 + 7);
        assert_int_equal(agenda_next(w->agenda), T0 + 7);
}

static void a_changed_one_is_looked_at_at_once_others_are_left_alone(void **state) {
        World *w = *state;
        Monitor *m;
        usec_t next;

        (void) add(w);
        m = add(w);
        load(w, false, T0);
        end(w, begin(w, T0), MONITOR_UP, 1, T0);
        end(w, begin(w, T0), MONITOR_UP, 1, T0);
        next = agenda_next(w->agenda);
        m->name = "other";
        load(w, false, T0 + 1);
        assert_int_equal(agenda_next(w->agenda), next);
        m->url = "https://example.com/other";
        load(w, false, T0 + 1);
        assert_int_equal(agenda_next(w->agenda), T0 + 1);
        assert_string_equal(begin(w, T0 + 1)->m.url, "https://example.com/other");
        m->timeout++;
        load(w, false, T0 + 2);
        assert_int_equal(w->dropped, 1);
        assert_int_equal(agenda_next(w->agenda), T0 + 2);
}

static void one_that_is_gone_is_dropped(void **state) {
        World *w = *state;

        (void) add(w);
        (void) add(w);
        load(w, false, T0);
        end(w, begin(w, T0), MONITOR_UP, 1, T0);
        (void) begin(w, T0);
        w->n = 0;
        load(w, false, T0);
        assert_int_equal(w->dropped, 1);
        assert_true(agenda_next(w->agenda) == USEC_INFINITY);
        assert_false(agenda_unsaved(w->agenda) || agenda_urgent(w->agenda));
        assert_null(agenda_each(w->agenda, 0));
}

static void only_what_changes_is_urgent(void **state) {
        static const struct { MonitorState seen; bool urgent, settled; } rows[] = {
                { MONITOR_UP, true, true }, { MONITOR_UP, false, false }, { MONITOR_DOWN, true, false }, { MONITOR_UP, true, false }, { MONITOR_UP, false, false },
                { MONITOR_DOWN, true, false }, { MONITOR_DOWN, true, true }, { MONITOR_DOWN, false, false }, { MONITOR_UP, true, true },
        };
        World *w = *state;
        usec_t now = T0;

        (void) add(w);
        load(w, false, T0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Due *d = begin(w, now);

                assert_non_null(d);
                end(w, d, rows[i].seen, 1, now);
                assert_true(agenda_unsaved(w->agenda));
                if (agenda_urgent(w->agenda) != rows[i].urgent || d->settled != rows[i].settled)
                        fail_msg("row %zu", i);
                assert_ptr_equal(agenda_unsaved_after(w->agenda, NULL), d);
                assert_null(agenda_unsaved_after(w->agenda, d));
                agenda_saved(w->agenda);
                assert_false(agenda_unsaved(w->agenda) || agenda_urgent(w->agenda) || d->settled);
                now = agenda_next(w->agenda);
        }
}

static void counts_what_it_saw(void **state) {
        static const struct { MonitorState seen; usec_t latency; } rows[] = {
                { MONITOR_DOWN, 0 }, { MONITOR_UP, 30 }, { MONITOR_DEGRADED, 50 }, { MONITOR_UP, 10 }, { MONITOR_DOWN, 70 }, { MONITOR_UNKNOWN, 0 },
        };
        World *w = *state;
        Due *d = NULL;

        (void) add(w);
        load(w, false, T0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                d = begin(w, T0 + i * 2 * EVERY);
                end(w, d, rows[i].seen, rows[i].latency, T0 + i * 2 * EVERY);
        }
        assert_int_equal(d->tally.up, 2);
        assert_int_equal(d->tally.degraded, 1);
        assert_int_equal(d->tally.down, 2);
        assert_int_equal(d->tally.answers, 4);
        assert_int_equal(d->tally.sum, 160);
        assert_int_equal(d->tally.least, 10);
        assert_int_equal(d->tally.most, 70);
        agenda_saved(w->agenda);
        assert_true(tally_empty(&d->tally));
}

static void what_is_not_stored_is_newer_than_the_row(void **state) {
        World *w = *state;
        Due *d;

        (void) add(w);
        load(w, false, T0);
        d = begin(w, T0);
        end(w, d, MONITOR_UP, 3, T0);
        load(w, false, T0);             /* the row still says unknown */
        assert_int_equal(d->m.state, MONITOR_UP);
        assert_int_equal(d->m.latency, 3);
        agenda_saved(w->agenda);
        load(w, false, T0);
        assert_int_equal(d->m.state, MONITOR_UNKNOWN);
}

static void one_that_could_not_begin_is_tried_again(void **state) {
        World *w = *state;
        Due *d;

        (void) add(w);
        load(w, false, T0);
        d = begin(w, T0);
        agenda_again(w->agenda, d, T0 + 10);
        assert_false(agenda_unsaved(w->agenda));
        assert_null(begin(w, T0 + 9));
        assert_ptr_equal(begin(w, T0 + 10), d);
}

#define TEST(name, f) { name, f, world_new, world_free, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("a new one is due at once, and then at its instants", a_new_one_is_due_at_once_and_then_at_its_instants),
                TEST("a start does not look at all at once", a_start_does_not_look_at_all_at_once),
                TEST("the one that waits longest goes first", the_one_that_waits_longest_goes_first),
                TEST("a paused one rests, and is looked at at once when it goes on", a_paused_one_rests_and_is_looked_at_at_once_when_it_goes_on),
                TEST("one that began paused is looked at when it goes on", one_that_began_paused_is_looked_at_when_it_goes_on),
                TEST("a changed one is looked at at once, others are left alone", a_changed_one_is_looked_at_at_once_others_are_left_alone),
                TEST("one that is gone is dropped", one_that_is_gone_is_dropped),
                TEST("only what changes is urgent", only_what_changes_is_urgent),
                TEST("counts what it saw", counts_what_it_saw),
                TEST("what is not stored is newer than the row", what_is_not_stored_is_newer_than_the_row),
                TEST("one that could not begin is tried again", one_that_could_not_begin_is_tried_again),
        };

        return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
