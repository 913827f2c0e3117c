/*
 * Memory that runs out within the engine: the call says so, and what there is can be freed; no crash, nothing leaked
 *
 * A life with edits, a hand edit at the target, a deletion that is held, an approval and an adoption is lived again and again, each time
 * until another allocation fails. The daemon ends then and starts anew from its ledger, so nothing more is asked of the engine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "out-of-memory.h"

#include "reconcile/engine.h"

static jmp_buf out; /* of a life, when memory is */
static bool living;

static int told(int r) {
        memory.armed = false;
        if (r == -ENOMEM && living)
                longjmp(out, 1);
        return r;
}

/* The engine's own allocations fail, not those of the bench. */
#define ARMED(call) (memory.armed = living, told(call))
#define engine_new(c, s, now, ret) ARMED(engine_new(c, s, now, ret))
#define engine_told_targets(e, now, t, n) ARMED(engine_told_targets(e, now, t, n))
#define engine_told_windows(e, now, l) ARMED(engine_told_windows(e, now, l))
#define engine_told_response(e, now, s, r) ARMED(engine_told_response(e, now, s, r))
#define engine_told_failure(e, now, s, f, why) ARMED(engine_told_failure(e, now, s, f, why))
#define engine_told_committed(e, now, t, r) ARMED(engine_told_committed(e, now, t, r))
#define engine_told_approval(e, now, d) ARMED(engine_told_approval(e, now, d))
#define engine_told_adopt(e, now, t) ARMED(engine_told_adopt(e, now, t))
#define engine_told_reload(e, now) ARMED(engine_told_reload(e, now))
#define engine_ask(e, now, t) ARMED(engine_ask(e, now, t))
#define engine_plan(e, now, a, p, n) ARMED(engine_plan(e, now, a, p, n))
#define engine_each(e, now, fn, u) ARMED(engine_each(e, now, fn, u))
#define engine_each_target(e, fn, u) ARMED(engine_each_target(e, fn, u))
#define engine_each_problem(e, fn, u) ARMED(engine_each_problem(e, fn, u))

#include "engine-fake.h"

#define HOUR USEC_PER_HOUR

static int seen(void *userdata, const WindowStatus *s) { return 0; }
static int seen_target(void *userdata, const TargetStatus *s) { return 0; }
static int seen_problem(void *userdata, const char *target, const char *text) { return 0; }

static uint64_t look(Bench *b) {
        uint64_t digest = 0;
        Plan *plans;
        size_t n;

        if (engine_plan(b->e, b->now, b->arena, &plans, &n) >= 0 && n > 0)
                digest = plans[0].digest;
        (void) engine_each(b->e, b->now, seen, NULL);
        (void) engine_each_target(b->e, seen_target, NULL);
        (void) engine_each_problem(b->e, seen_problem, NULL);
        return digest;
}

static Window worded(const char *title, usec_t start) {
        static const char *const services[] = { "api", "db" };
        Window w = window(title, start, start + 2 * HOUR);

        w.services = (Strv) { (const char **) services, 2 };
        w.message = "begins";
        return w;
}

static void live(Bench *b) {
        EngineConfig c = bench_config();
        WindowSet *more[6];

        b->fakes[0].can.writes_effects = true;
        b->fakes[1].n_parts = 2;
        bench_start(b, &c, NULL, 2);
        LOAD(b, manifest(b, "db", worded("Database", START)));
        settle(b);
        (void) look(b);
        LOAD(b, manifest(b, "db", worded("Database, really", START + HOUR)));
        settle(b);
        snprintf(b->fakes[0].things[0].title, sizeof(b->fakes[0].things[0].title), "by hand");
        pass(b, b->now.real + 2 * HOUR); /* healed at the next resync */
        for (size_t k = 0; k < ARRAY_SIZE(more); k++) {
                char id[] = { 'm', (char) ('0' + k), 0 };

                more[k] = manifest(b, arena_strdup(b->arena, id), worded(arena_strdup(b->arena, id), START + k * HOUR));
        }
        load(b, more, ARRAY_SIZE(more)); /* and "db" has gone */
        pass(b, b->now.real + HOUR);
        LOAD(b, more[0]);               /* a mass deletion: held */
        pass(b, b->now.real + HOUR);
        (void) engine_told_approval(b->e, b->now, look(b));
        settle(b);
        b->fakes[0].status = 503;
        LOAD(b, manifest(b, "m0", worded("fails for a while", START)));
        tick(b, USEC_PER_SEC);
        ask(b);
        while (b->n_pending)
                serve(b, 0);
        b->fakes[0].status = 0;
        b->fakes[1].read_status = 403;
        pass(b, b->now.real + 2 * HOUR);
        b->fakes[1].read_status = 0;
        (void) engine_told_adopt(b->e, b->now, NULL);
        (void) engine_told_reload(b->e, b->now);
        pass(b, START + 3 * HOUR); /* it runs, says its message, and ends */
        (void) look(b);
}

static void ends_when_memory_does(void **state) {
        static Bench *volatile b;
        unsigned long stride = getenv("MAINTD_TEST_LONG") ? 1 : 3;
        volatile unsigned long n = 0;
        volatile bool whole = false;

        for (; !whole; n += stride) {
                b = malloc(sizeof(*b));
                bench_init(b);
                memory.left = n;
                memory.failed = false;
                living = true;
                if (setjmp(out) == 0)
                        live(b);
                living = memory.armed = false;
                whole = !memory.failed;
                bench_done(b);
                free(b);
        }
        print_message("%lu allocations\n", n);
        assert_true(n > 500);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(ends_when_memory_does) };

        return cmocka_run_group_tests_name("memory that runs out of the engine", tests, NULL, NULL);
}
