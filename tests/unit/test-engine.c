/*
 * Engine: what it is told, what it is asked
 *
 * Against targets made of a few structs (engine-fake.h), whose every turn is checked for its promise: no request with an intent
 * without the entry that makes it durable.
 */
#include "engine-fake.h"

#define HOUR USEC_PER_HOUR

static int setup(void **state) {
        Bench *b = malloc(sizeof(*b));

        if (!b)
                return -1;
        bench_init(b);
        *state = b;
        return 0;
}

static int teardown(void **state) {
        Bench *b = *state;

        bench_done(b);
        free(b);
        return 0;
}

static void start(Bench *b, unsigned targets) {
        EngineConfig c = bench_config();

        bench_start(b, &c, NULL, targets);
}

static WindowSet *db(Bench *b) {
        return manifest(b, "db", window("Database", START, START + 2 * HOUR));
}

/* Ten manifests a day apart, w0 … w9. */
static void many(Bench *b, WindowSet **ret, size_t n, int64_t move) {
        static const char *const ids[] = { "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "wa", "wb", "wc", "wd", "we", "wf" };

        for (size_t k = 0; k < n; k++) {
                usec_t at = START + k * USEC_PER_DAY + (usec_t) move;

                ret[k] = manifest(b, ids[k], window(ids[k], at, at + HOUR));
        }
}

static uint64_t digest(Bench *b, unsigned target) {
        auto_(arena_free) Arena *a = arena_new();
        Plan *plans;
        size_t n;

        assert_int_equal(engine_plan(b->e, b->now, a, &plans, &n), 0);
        assert_true(target < n);
        return plans[target].digest;
}

static size_t live(const Fake *f) {
        size_t n = 0;

        for (unsigned k = 0; k < f->n_things; k++)
                n += !state_final(f->things[k].state);
        return n;
}

/* ── the turn ──────────────────────────────────────────────────────────────────────────────────────────────── */

static void lives(void **state) {
        Bench *b = *state;
        Window w = window("Database", START, START + 2 * HOUR);
        Update half = { .at = HOUR, .from_start = true, .message = "half" };
        Thing *t;

        w.updates = &half;
        w.n_updates = 1;
        start(b, 1);
        LOAD(b, manifest(b, "db", w));
        settle(b);
        t = thing(&b->fakes[0], "Database");
        assert_int_equal(t->state, STATE_SCHEDULED);
        assert_int_equal(b->turn.wake_real, START - 10 * USEC_PER_SEC); /* the look ahead */
        pass(b, START - 1);
        assert_int_equal(t->state, STATE_SCHEDULED);
        pass(b, START + 10000);
        assert_int_equal(t->state, STATE_IN_PROGRESS);
        pass(b, START + HOUR + 20000);
        assert_int_equal(t->n_messages, 1);
        pass(b, START + 2 * HOUR + 10000);
        assert_int_equal(t->state, STATE_COMPLETED);
        pass(b, START + USEC_PER_DAY);
        assert_int_equal(t->told, 4);
        assert_int_equal(b->fakes[0].writes, 4);
        assert_int_equal(b->intents, 4);
        assert_int_equal(b->outcomes, 4);
}

static void intent_first(void **state) {
        Bench *b = *state;

        start(b, 1);
        b->commit_error = -ENOSPC;
        LOAD(b, db(b));
        for (unsigned n = 0; n < 20; n++) {
                ask(b);
                assert_int_equal(pending_writes(b, NULL), 0);
                while (b->n_pending)
                        serve(b, 0);
                tick(b, 5 * USEC_PER_SEC);
        }
        assert_true(said(b, "the ledger cannot be written"));
        assert_int_equal(b->fakes[0].n_things, 0);
        assert_false(engine_settled(b->e, b->now));
        b->commit_error = 0;
        tick(b, 2 * USEC_PER_MINUTE);
        settle(b);
        assert_true(said(b, "the ledger can be written again"));
        assert_int_equal(b->fakes[0].n_things, 1);
        assert_int_equal(b->intents, 1);
        assert_int_equal(b->outcomes, 1);
}

/* What has been done cannot be taken back: its outcome waits until it can be saved. */
static void outcomes_wait(void **state) {
        Bench *b = *state;
        size_t create = SIZE_MAX;

        start(b, 1);
        LOAD(b, db(b));
        for (unsigned n = 0; n < 10 && create == SIZE_MAX; n++) {
                ask(b);
                create = find_pending(b, ACTION_CREATE);
                while (b->n_pending && create == SIZE_MAX)
                        serve(b, 0);
                tick(b, 1000);
        }
        assert_int_not_equal(create, SIZE_MAX);
        b->commit_error = -EIO;
        serve(b, create);
        for (unsigned n = 0; n < 5; n++) {
                ask(b);
                while (b->n_pending)
                        serve(b, 0);
                tick(b, 2 * USEC_PER_MINUTE);
        }
        assert_int_equal(b->outcomes, 0);
        b->commit_error = 0;
        settle(b);
        assert_int_equal(b->outcomes, 1);
        assert_int_equal(b->fakes[0].n_things, 1);
}

static void failed_commits_are_tried_with_pauses(void **state) {
        Bench *b = *state;

        start(b, 1);
        b->commit_error = -ENOSPC;
        LOAD(b, db(b));
        ask(b); /* the manifest's row */
        assert_int_not_equal(b->turn.n_entries, 0);
        ask(b);
        assert_int_equal(b->turn.n_entries, 0);
        assert_true(b->turn.wake_boot > b->now.boot);
        assert_true(b->turn.wake_boot <= b->now.boot + 5 * USEC_PER_SEC / 4);
        tick(b, b->turn.wake_boot - b->now.boot);
        ask(b);
        assert_int_not_equal(b->turn.n_entries, 0);
}

static void unknown_serials(void **state) {
        Bench *b = *state;
        Response r = { .status = 200, .body = "x", .n_body = 1 };

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(engine_told_response(b->e, b->now, 999, &r), 0);
        assert_int_equal(engine_told_failure(b->e, b->now, 999, FAILURE_MAYBE_SENT, "x"), 0);
        assert_int_equal(engine_told_committed(b->e, b->now, 999, -EIO), 0);
        ask(b);
        assert_int_equal(b->turn.n_requests, 0);
        assert_int_equal(b->turn.n_entries, 0);
}

/* Requests of a description that was replaced are answered too late. */
static void answers_after_a_reload(void **state) {
        Bench *b = *state;
        Target *list[] = { &b->fakes[0].target };
        size_t k;
        Sent s;

        start(b, 1);
        settle(b);
        LOAD(b, db(b));
        ask(b);
        k = find_pending(b, ACTION_CREATE);
        assert_int_not_equal(k, SIZE_MAX);
        s = take(b, k);
        (void) perform(s.fake, &s.call, &(const char *) { NULL });
        assert_int_equal(engine_told_targets(b->e, b->now, list, 1), 0);
        answer(b, &s, 200, "t1");
        tick(b, 1000);
        settle(b);
        assert_int_equal(b->fakes[0].n_things, 1); /* looked for, and found */
}

static void urgency(void **state) {
        static const ActionKind order[] = { ACTION_COMPLETE, ACTION_START, ACTION_MESSAGE, ACTION_UPDATE, ACTION_CREATE };
        Bench *b = *state;
        Window ending = window("ending", START - HOUR, START), starting = window("starting", START, START + HOUR),
               saying = window("saying", START - HOUR, START + HOUR), edited = window("edited", START + HOUR, START + 2 * HOUR);
        Update said_at = { .at = START, .message = "half" };
        WindowSet *e, *s, *m;

        b->now.real = START - 2 * HOUR;
        saying.updates = &said_at;
        saying.n_updates = 1;
        start(b, 1);
        e = manifest(b, "c-ending", ending);
        s = manifest(b, "d-starting", starting);
        m = manifest(b, "e-saying", saying);
        LOAD(b, manifest(b, "b-edited", edited), e, s, m);
        pass(b, START - 30 * USEC_PER_SEC);
        edited.title = "Edited";
        tick(b, 30 * USEC_PER_SEC);
        LOAD(b, manifest(b, "a-new", window("new", START + HOUR, START + 2 * HOUR)), manifest(b, "b-edited", edited), e, s, m);
        ask(b);
        for (size_t n = 0; n < b->n_pending;)
                if (b->pending[n].call.read)
                        serve(b, n);
                else
                        n++;
        assert_int_equal(b->n_pending, ARRAY_SIZE(order));
        for (size_t n = 0; n < ARRAY_SIZE(order); n++)
                if (b->pending[n].call.kind != order[n])
                        fail_msg("%s is number %zu", action_to_string(b->pending[n].call.kind), n);
}

static void due_has_its_quarter(void **state) {
        Bench *b = *state;
        WindowSet *list[17];

        b->fakes[0].can.writes_per_min = 8;
        b->now.real = START - HOUR;
        start(b, 1);
        LOAD(b, manifest(b, "a", window("a", START, START + HOUR)));
        pass(b, START - 30 * USEC_PER_SEC);
        tick(b, 30 * USEC_PER_SEC - 5000);
        list[0] = manifest(b, "a", window("a", START, START + HOUR));
        many(b, list + 1, 16, 40 * (int64_t) USEC_PER_DAY);
        load(b, list, 17);
        ask(b);
        assert_int_equal(pending_writes(b, NULL), 6);
        while (b->n_pending)
                serve(b, 0);
        tick(b, 5000);
        ask(b);
        assert_int_equal(pending_writes(b, NULL), 1);
        assert_int_not_equal(find_pending(b, ACTION_START), SIZE_MAX);
}

/* ── independence of targets ───────────────────────────────────────────────────────────────────────────────── */

static void one_hangs(void **state) {
        Bench *b = *state;
        Fake *hanging = &b->fakes[0], *fine = &b->fakes[1];

        start(b, 2);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(live(hanging) + live(fine), 2);
        tick(b, START - b->now.real);
        for (unsigned n = 0; n < 10; n++) {
                ask(b);
                tick(b, 1000);
                for (size_t k = 0; k < b->n_pending;)
                        if (b->pending[k].fake == fine)
                                serve(b, k);
                        else
                                k++;
        }
        assert_int_equal(thing(fine, "Database")->state, STATE_IN_PROGRESS);
        assert_int_equal(thing(hanging, "Database")->state, STATE_SCHEDULED);
        tick(b, 2 * HOUR);
        for (unsigned n = 0; n < 10; n++) {
                ask(b);
                tick(b, 1000);
                for (size_t k = 0; k < b->n_pending;)
                        if (b->pending[k].fake == fine)
                                serve(b, k);
                        else
                                k++;
        }
        assert_int_equal(thing(fine, "Database")->state, STATE_COMPLETED);
}

static void one_is(Bench *b, unsigned status) {
        Fake *bad = &b->fakes[0], *fine = &b->fakes[1];

        start(b, 2);
        LOAD(b, db(b));
        settle(b);
        bad->status = status;
        bad->wait = status == 429 ? "600" : NULL;
        tick(b, START - b->now.real);
        for (unsigned n = 0; n < 20; n++) {
                ask(b);
                tick(b, 1000);
                while (b->n_pending)
                        serve(b, 0);
        }
        assert_int_equal(thing(fine, "Database")->state, STATE_IN_PROGRESS);
        assert_int_equal(thing(bad, "Database")->state, STATE_SCHEDULED);
        bad->status = 0;
        bad->wait = NULL;
        tick(b, 11 * USEC_PER_MINUTE);
        settle(b);
        tick(b, 11 * USEC_PER_MINUTE);
        settle(b);
        assert_int_equal(thing(bad, "Database")->state, STATE_IN_PROGRESS);
        assert_int_equal(thing(bad, "Database")->told, 2);
}

static void one_is_limited(void **state) {
        one_is(*state, 429);
        assert_true(said(*state, "limits us: writing goes on in 10min"));
}

static void one_is_denied(void **state) {
        one_is(*state, 403);
        assert_true(said(*state, "access denied"));
}

static void one_fails(void **state) {
        one_is(*state, 503);
}

static void denied_stops_writes(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        start(b, 1);
        f->status = f->read_status = 403;
        LOAD(b, db(b));
        for (unsigned n = 0; n < 50; n++) {
                ask(b);
                assert_int_equal(pending_writes(b, NULL), 0);
                while (b->n_pending)
                        serve(b, 0);
                tick(b, USEC_PER_SEC);
        }
        f->status = f->read_status = 0;
        assert_int_equal(engine_told_secret(b->e, b->now, "one"), 0);
        settle(b);
        assert_int_equal(live(f), 1);
}

static int note_health(void *userdata, const TargetStatus *s) {
        const char **ret = userdata;

        if (strcmp(s->name, "one") == 0)
                *ret = s->health;
        return 0;
}

static const char *health_of_one(Bench *b) {
        const char *health = "?";

        assert_int_equal(engine_each_target(b->e, note_health, &health), 0);
        return health;
}

/* Every request to it fails like that, for @span. */
static void without_credential(Bench *b, usec_t span) {
        for (usec_t until = b->now.boot + span; b->now.boot < until; tick(b, USEC_PER_SEC)) {
                ask(b);
                while (b->n_pending) {
                        Sent s = take(b, 0);

                        assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_NO_CREDENTIAL, "one-token: its mode is 0644"), 0);
                }
        }
}

static void no_credential(void **state) {
        Bench *b = *state;
        size_t n;

        start(b, 1);
        LOAD(b, db(b));
        without_credential(b, 10 * USEC_PER_MINUTE);
        assert_string_equal(health_of_one(b), "denied");
        assert_true(said(b, "access denied: one-token: its mode is 0644"));
        n = b->n_log;
        without_credential(b, 10 * USEC_PER_MINUTE);
        assert_int_equal(b->n_log, n); /* one line */
        assert_int_equal(engine_told_reload(b->e, b->now), 0);
        settle(b);
        assert_string_equal(health_of_one(b), "ok");
        assert_int_equal(live(&b->fakes[0]), 1);
}

/* It was there for the look and is gone for the write: nothing was sent, nothing is in doubt. */
static void credential_lost_before_a_write(void **state) {
        Bench *b = *state;
        Sent s;

        start(b, 1);
        settle(b);
        LOAD(b, db(b));
        ask(b);
        s = take(b, find_pending(b, ACTION_CREATE));
        assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_NO_CREDENTIAL, "gone"), 0);
        ask(b);
        assert_string_equal(health_of_one(b), "denied");
        assert_false(said(b, "no clear answer"));
        assert_int_equal(pending_writes(b, NULL), 0);
        assert_int_equal(engine_told_secret(b->e, b->now, "one"), 0);
        settle(b);
        assert_int_equal(b->fakes[0].n_things, 1);
        assert_int_equal(b->intents, b->outcomes);
}

/* ── stop, settle, the clock ───────────────────────────────────────────────────────────────────────────────── */

static void stop(void **state) {
        Bench *b = *state;
        size_t k;

        start(b, 1);
        settle(b);
        LOAD(b, db(b), manifest(b, "later", window("later", START + HOUR, START + 2 * HOUR)));
        ask(b);
        k = find_pending(b, ACTION_CREATE);
        assert_int_not_equal(k, SIZE_MAX);
        engine_told_stop(b->e);
        while (b->n_pending)
                serve(b, 0);
        tick(b, 1000);
        ask(b);
        assert_int_equal(b->outcomes, 2); /* what was in flight is settled */
        tick(b, START - b->now.real + USEC_PER_SEC);
        for (unsigned n = 0; n < 5; n++) {
                ask(b);
                assert_int_equal(b->turn.n_requests, 0);
                tick(b, USEC_PER_MINUTE);
        }
}

static void settled(void **state) {
        Bench *b = *state;

        start(b, 1);
        assert_false(engine_settled(b->e, b->now)); /* nothing loaded */
        LOAD(b, db(b));
        assert_false(engine_settled(b->e, b->now));
        ask(b);
        assert_false(engine_settled(b->e, b->now)); /* not listed */
        settle(b);
        assert_true(engine_settled(b->e, b->now));
        tick(b, START - b->now.real);
        ask(b);
        assert_false(engine_settled(b->e, b->now)); /* in flight */
        settle(b);
        assert_true(engine_settled(b->e, b->now));
        /* A target that is away keeps nobody waiting. */
        b->fakes[0].status = b->fakes[0].read_status = 500;
        tick(b, 3 * HOUR);
        for (unsigned n = 0; n < 10; n++) {
                ask(b);
                while (b->n_pending)
                        serve(b, 0);
                tick(b, 1000);
        }
        ask(b);
        assert_true(engine_settled(b->e, b->now));
}

static void settled_but_held(void **state) {
        Bench *b = *state;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(engine_told_clock(b->e, b->now, 2 * (int64_t) USEC_PER_DAY, false), 0);
        tick(b, START - b->now.real);
        settle(b);
        assert_true(engine_settled(b->e, b->now));
}

static void clock_step(void **state) {
        Bench *b = *state;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        b->now.real += 3 * USEC_PER_DAY;
        assert_int_equal(engine_told_clock(b->e, b->now, 3 * (int64_t) USEC_PER_DAY, false), 0);
        settle(b);
        assert_int_equal(b->fakes[0].writes, 1);
        assert_true(said(b, "nothing is written until it is synchronised or approved"));
        assert_int_equal(engine_told_clock(b->e, b->now, 0, true), 0);
        settle(b);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_COMPLETED);
}

static void clock_step_back(void **state) {
        Bench *b = *state;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        b->now.real += 3 * USEC_PER_DAY;
        assert_int_equal(engine_told_clock(b->e, b->now, 3 * (int64_t) USEC_PER_DAY, false), 0);
        settle(b);
        b->now.real -= 3 * USEC_PER_DAY;
        assert_int_equal(engine_told_clock(b->e, b->now, -3 * (int64_t) USEC_PER_DAY, false), 0);
        pass(b, START + 1000);
        assert_true(said(b, "the clock is trusted again"));
        settle(b);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_IN_PROGRESS);
}

static void limit_after_a_step_back(void **state) {
        Bench *b = *state;
        WindowSet *list[10];
        usec_t until;

        b->fakes[0].target.writes_per_min = 6;
        start(b, 1);
        many(b, list, 10, 0);
        load(b, list, 10);
        settle(b);
        assert_true(live(&b->fakes[0]) < 10); /* the others wait for their turn */
        b->now.real -= HOUR / 2;
        assert_int_equal(engine_told_clock(b->e, b->now, -(int64_t) HOUR / 2, true), 0);
        until = b->now.real + 2 * USEC_PER_MINUTE;
        pass(b, until);
        assert_int_equal(live(&b->fakes[0]), 10);
}

/* What the plan says stands there in the first field that it would change; NULL: it does not know. */
static const char *there(Bench *b, Arena *a, const char **ret_to) {
        Plan *plans;
        size_t n;

        assert_int_equal(engine_plan(b->e, b->now, a, &plans, &n), 0);
        assert_int_equal(plans[0].n_actions, 1);
        assert_int_equal(plans[0].actions[0].n_diff, 1);
        assert_string_equal(plans[0].actions[0].diff[0].field, "title");
        *ret_to = plans[0].actions[0].diff[0].to;
        return plans[0].actions[0].diff[0].from;
}

/* Writes fail from now on, so that the change stays planned; @kept bytes of texts. */
static void plan_tells(Bench *b, size_t kept, bool drift, const char *expected) {
        auto_(arena_free) Arena *a = arena_new();
        EngineConfig c = bench_config();
        Fake *f = &b->fakes[0];
        const char *from, *to;

        c.keep_texts = kept;
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        settle(b);
        f->status = 503;
        if (drift)
                (void) snprintf(f->things[0].title, sizeof(f->things[0].title), "Call the office");
        else
                LOAD(b, manifest(b, "db", window("Another", START, START + 2 * HOUR)));
        assert_int_equal(engine_told_reload(b->e, b->now), 0);
        settle(b);
        from = there(b, a, &to);
        assert_string_equal(to, drift ? "Database" : "Another");
        if (expected)
                assert_string_equal(from, expected);
        else
                assert_null(from);
}

static void plan_tells_an_edit(void **state) {
        plan_tells(*state, 1u << 20, false, "Database");
}

static void plan_tells_drift(void **state) {
        plan_tells(*state, 1u << 20, true, "Call the office");
}

static void plan_tells_an_edit_without_texts(void **state) {
        plan_tells(*state, 0, false, "Database");
}

static void plan_does_not_guess(void **state) {
        plan_tells(*state, 0, true, NULL);
}

static void clock_before_build(void **state) {
        Bench *b = *state;
        EngineConfig c = bench_config();

        c.build_date = START + 1;
        b->now.real = START;
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(b->fakes[0].writes, 0);
        assert_true(said(b, "before this program was built"));
        b->now.real = START + HOUR;
        assert_int_equal(engine_told_clock(b->e, b->now, (int64_t) HOUR, true), 0);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 1);
}

static void clock_before_ledger(void **state) {
        Bench *b = *state;
        EngineConfig c = bench_config();
        Snapshot s = { .ledger_id = LEDGER_ID, .machine_id = "", .last_at = START };

        b->now.real = START - HOUR - 1;
        bench_start(b, &c, &s, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(b->fakes[0].writes, 0);
        b->now.real = START - HOUR;
        assert_int_equal(engine_told_clock(b->e, b->now, 1, true), 0);
        settle(b);
        assert_int_equal(b->fakes[0].writes, 1);
}

/* ── the guard and approvals ───────────────────────────────────────────────────────────────────────────────── */

static void mass_cancel(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];
        WindowSet *list[10];
        uint64_t d;

        start(b, 1);
        many(b, list, 10, 0);
        load(b, list, 10);
        settle(b);
        assert_int_equal(live(f), 10);
        load(b, list, 6); /* four of ten vanish */
        settle(b);
        tick(b, 6 * USEC_PER_MINUTE);
        settle(b);
        assert_int_equal(live(f), 10);
        assert_true(said(b, "4 of 10 live windows would be cancelled: held"));
        d = digest(b, 0);
        assert_int_not_equal(d, 0);
        tick(b, HOUR);
        settle(b);
        assert_int_equal(digest(b, 0), d); /* names what is held, not when it is asked */
        assert_int_equal(engine_told_approval(b->e, b->now, d + 1), -ENOENT);
        assert_int_equal(live(f), 10);
        /* One more is held: what was shown is not what would be released. */
        load(b, list, 5);
        settle(b);
        tick(b, 6 * USEC_PER_MINUTE);
        settle(b);
        assert_int_not_equal(digest(b, 0), d);
        assert_int_equal(engine_told_approval(b->e, b->now, d), -ENOENT);
        assert_int_equal(live(f), 10);
        assert_int_equal(engine_told_approval(b->e, b->now, digest(b, 0)), 0);
        settle(b);
        assert_int_equal(live(f), 5);
        assert_int_equal(digest(b, 0), 0);
}

static void three_may_go(void **state) {
        Bench *b = *state;
        WindowSet *list[10];

        start(b, 1);
        many(b, list, 10, 0);
        load(b, list, 10);
        settle(b);
        load(b, list, 7);
        settle(b);
        tick(b, 6 * USEC_PER_MINUTE);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 7);
        assert_int_equal(digest(b, 0), 0);
}

static void twice_two_may_not(void **state) {
        Bench *b = *state;
        WindowSet *list[10];

        start(b, 1);
        many(b, list, 10, 0);
        load(b, list, 10);
        settle(b);
        for (size_t n = 8; n >= 6; n -= 2) {
                load(b, list, n);
                settle(b);
                tick(b, 6 * USEC_PER_MINUTE);
                settle(b);
        }
        assert_int_equal(live(&b->fakes[0]), 8);
        assert_true(said(b, "held"));
        load(b, list, 8);
        settle(b);
        tick(b, HOUR);
        load(b, list, 6); /* the hour of the first two is over */
        settle(b);
        tick(b, 6 * USEC_PER_MINUTE);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 6);
}

static void mass_move(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];
        WindowSet *list[16];

        start(b, 1);
        many(b, list, 16, 0);
        load(b, list, 16);
        settle(b);
        many(b, list, 16, (int64_t) HOUR);
        load(b, list, 16);
        settle(b);
        assert_int_equal(thing(f, "w3")->start, START + 3 * USEC_PER_DAY);
        assert_int_equal(f->writes, 16);
        assert_int_equal(engine_told_approval(b->e, b->now, digest(b, 0)), 0);
        settle(b);
        assert_int_equal(thing(f, "w3")->start, START + 3 * USEC_PER_DAY + HOUR);
        assert_int_equal(f->writes, 32);
}

static void approval_of_one_target(void **state) {
        Bench *b = *state;
        WindowSet *list[4];

        start(b, 2);
        many(b, list, 4, 0);
        load(b, list, 4);
        settle(b);
        load(b, list, 0);
        settle(b);
        tick(b, 6 * USEC_PER_MINUTE);
        settle(b);
        assert_int_not_equal(digest(b, 0), digest(b, 1));
        assert_int_equal(engine_told_approval(b->e, b->now, digest(b, 1)), 0);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 4);
        assert_int_equal(live(&b->fakes[1]), 0);
}

/* ── manifests that go ─────────────────────────────────────────────────────────────────────────────────────── */

static void broken_manifest(void **state) {
        Bench *b = *state;
        WindowSet *s = db(b);
        LoadedSet broken = { s, SET_LAST_GOOD };

        start(b, 1);
        LOAD(b, s);
        settle(b);
        load_with(b, (Loaded) { .may_withdraw = true, .fresh = true, .reload = true }, &broken, 1);
        tick(b, HOUR);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 1);
        assert_int_equal(b->fakes[0].writes, 1);
        pass(b, START + 1000000);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_IN_PROGRESS); /* its last good version goes on */
}

static void doubtful_load(void **state) {
        Bench *b = *state;
        WindowSet *s = db(b);
        LoadedSet missing = { s, SET_MISSING };

        start(b, 1);
        LOAD(b, s);
        settle(b);
        load_with(b, (Loaded) { .may_withdraw = false, .fresh = true, .reload = true }, &missing, 1);
        tick(b, HOUR);
        settle(b);
        load_with(b, (Loaded) { .may_withdraw = false, .fresh = true, .reload = true }, NULL, 0);
        tick(b, HOUR);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 1);
        assert_false(said(b, "withdrawn"));
}

static void vanished(void **state) {
        Bench *b = *state;
        WindowSet *s = db(b), *other = manifest(b, "other", window("other", START + USEC_PER_DAY, START + USEC_PER_DAY + HOUR));
        usec_t gone;

        start(b, 1);
        LOAD(b, s, other);
        settle(b);
        gone = b->now.real;
        LOAD(b, other);
        assert_true(engine_needs(b->e, "db"));
        pass(b, gone + 5 * USEC_PER_MINUTE - 1000);
        assert_int_equal(live(&b->fakes[0]), 2);
        assert_true(said(b, "its manifest has vanished: its windows are withdrawn in 5min"));
        pass(b, gone + 5 * USEC_PER_MINUTE + 10000);
        assert_int_equal(live(&b->fakes[0]), 1);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_CANCELLED);
        assert_false(engine_needs(b->e, "db"));
}

static void vanished_and_back(void **state) {
        Bench *b = *state;
        WindowSet *s = db(b), *other = manifest(b, "other", window("other", START + USEC_PER_DAY, START + USEC_PER_DAY + HOUR));

        start(b, 1);
        LOAD(b, s, other);
        settle(b);
        LOAD(b, other);
        tick(b, 4 * USEC_PER_MINUTE);
        settle(b);
        LOAD(b, s, other);
        pass(b, b->now.real + HOUR);
        assert_int_equal(b->fakes[0].writes, 2);
        assert_true(said(b, "its manifest is back: nothing is withdrawn"));
}

static void gone_for_good(void **state) {
        Bench *b = *state;
        WindowSet *s = db(b), *other = manifest(b, "other", window("other", START + USEC_PER_DAY, START + USEC_PER_DAY + HOUR));
        LoadedSet both[] = { { s, SET_MISSING }, { other, SET_GOOD } };

        start(b, 1);
        LOAD(b, s, other);
        settle(b);
        load_with(b, (Loaded) { .may_withdraw = true, .fresh = true, .reload = true }, both, 2);
        pass(b, b->now.real + HOUR);
        assert_int_equal(live(&b->fakes[0]), 1);
        /* Told as missing again, by a load and by the horizon. */
        load_with(b, (Loaded) { .may_withdraw = true, .fresh = true, .reload = true }, both, 2);
        settle(b);
        load_with(b, (Loaded) { .may_withdraw = true, .reload = true }, both, 2);
        pass(b, START - HOUR);
        assert_int_equal(live(&b->fakes[0]), 1);
        assert_int_equal(b->fakes[0].writes, 3);
        /* Until a file has it again. */
        LOAD(b, s, other);
        settle(b);
        assert_int_equal(live(&b->fakes[0]), 2);
        assert_non_null(strstr(thing(&b->fakes[0], "Database")->marker, "db#1"));
}

static void renamed(void **state) {
        Bench *b = *state;
        Window w = window("Database", START, START + 2 * HOUR);

        start(b, 1);
        LOAD(b, manifest(b, "db", w));
        settle(b);
        LOAD(b, manifest(b, "database", w));
        pass(b, START + 10000);
        assert_int_equal(b->fakes[0].n_things, 1);
        assert_true(said(b, "renamed from db"));
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_IN_PROGRESS);
        assert_non_null(strstr(thing(&b->fakes[0], "Database")->marker, "database#0"));
        assert_int_equal(thing(&b->fakes[0], "Database")->told, 2);
}

/* ── what is not ours ──────────────────────────────────────────────────────────────────────────────────────── */

static void not_ours(void **state) {
        static const Thing strangers[] = {
                { .title = "no marker", .start = START, .end = START + HOUR, .marker = "" },
                { .title = "another instance", .start = START, .end = START + HOUR, .marker = "maintd:elsewhere:db#0" },
                { .title = "another ledger", .start = START, .end = START + HOUR, .marker = "maintd:maintd:db#0", .owner = "fedcba9876543210" },
                { .title = "ours by name, described by nothing", .start = START, .end = START + HOUR, .marker = "maintd:maintd:unheard-of#0", .owner = LEDGER_ID },
                { .title = "Twin", .start = START, .end = START + HOUR, .marker = "" },
        };
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        for (size_t n = 0; n < ARRAY_SIZE(strangers); n++)
                (void) put_thing(f, &strangers[n]);
        start(b, 1);
        LOAD(b, db(b), manifest(b, "twin", window("Twin", START, START + HOUR)));
        pass(b, START + 3 * HOUR);
        assert_int_equal(f->writes, 0);
        for (size_t n = 0; n < ARRAY_SIZE(strangers); n++)
                assert_int_equal(f->things[n].state, STATE_SCHEDULED);
        assert_true(said(b, "already there"));
}

static void adopted(void **state) {
        static const Thing strangers[] = {
                { .title = "Database", .start = START, .end = START + 2 * HOUR, .marker = "maintd:maintd:db#0", .owner = "fedcba9876543210" },
                { .title = "Twin", .start = START, .end = START + HOUR, .marker = "" },
        };
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        for (size_t n = 0; n < ARRAY_SIZE(strangers); n++)
                (void) put_thing(f, &strangers[n]);
        start(b, 1);
        LOAD(b, db(b), manifest(b, "twin", window("Twin", START, START + HOUR)));
        settle(b);
        assert_int_equal(f->writes, 0);
        assert_int_equal(engine_told_adopt(b->e, b->now, "no such"), -ENOENT);
        assert_int_equal(engine_told_adopt(b->e, b->now, "one"), 0);
        pass(b, START + 10000);
        assert_int_equal(f->n_things, 2);
        assert_int_equal(f->things[0].state, STATE_IN_PROGRESS);
        assert_int_equal(f->things[1].state, STATE_IN_PROGRESS);
        assert_non_null(strstr(f->things[1].marker, "twin#0"));
}

/* Two are there of which one alone was asked for. */
static void adopted_alone(void **state) {
        static const Thing strangers[] = {
                { .title = "Database", .start = START, .end = START + 2 * HOUR, .marker = "" },
                { .title = "Twin", .start = START, .end = START + HOUR, .marker = "" },
        };
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        for (size_t n = 0; n < ARRAY_SIZE(strangers); n++)
                (void) put_thing(f, &strangers[n]);
        start(b, 1);
        LOAD(b, db(b), manifest(b, "twin", window("Twin", START, START + HOUR)));
        settle(b);
        assert_int_equal(engine_told_adopt_manifest(b->e, b->now, "one", "no such"), -ENOENT);
        assert_int_equal(engine_told_adopt_manifest(b->e, b->now, "no such", "twin"), -ENOENT);
        assert_int_equal(engine_told_adopt_manifest(b->e, b->now, "one", "twin"), 0);
        settle(b);
        assert_int_equal(f->n_things, 2);
        assert_string_equal(f->things[0].marker, "");
        assert_non_null(strstr(f->things[1].marker, "twin#0"));
}

/* An earlier create of ours has arrived after all. @body: the target says which one is in the way, or does not. */
static void already_made(Bench *b, const char *body) {
        Fake *f = &b->fakes[0];
        Sent s;

        start(b, 1);
        settle(b);
        LOAD(b, db(b));
        ask(b);
        s = take(b, find_pending(b, ACTION_CREATE));
        (void) put_thing(f, &s.call.thing);
        tick(b, 1000);
        answer(b, &s, 409, body);
        pass(b, START + 10000);
        assert_int_equal(f->n_things, 1);
        assert_int_equal(f->things[0].state, STATE_IN_PROGRESS);
}

static void already_made_says_which(void **state) {
        already_made(*state, "t1");
}

static void already_made_says_nothing(void **state) {
        already_made(*state, "");
}

static void another_machine(void **state) {
        Bench *b = *state;
        EngineConfig c = bench_config();

        c.writes_blocked = true;
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(b->fakes[0].writes, 0);
        assert_int_equal(b->intents, 0);
        engine_told_config(b->e, &(EngineConfig) { .resync = HOUR, .max_cancel = 30, .max_move = 50 }); /* a reload does not unlock it */
        settle(b);
        assert_int_equal(b->fakes[0].writes, 0);
        assert_int_equal(engine_told_adopt(b->e, b->now, NULL), 0);
        settle(b);
        assert_int_equal(b->fakes[0].writes, 1);
}

static void read_only(void **state) {
        Bench *b = *state;
        EngineConfig c = bench_config();

        c.read_only = true;
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(b->fakes[0].writes, 0);
        assert_int_equal(b->intents, 0);
}

/* ── abilities no real driver has, or not together ─────────────────────────────────────────────────────────── */

/* Up to the first write of that kind, which is taken out. */
static Sent caught(Bench *b, ActionKind kind) {
        for (unsigned n = 0; n < 100; n++) {
                size_t k;

                ask(b);
                k = find_pending(b, kind);
                if (k != SIZE_MAX)
                        return take(b, k);
                tick(b, 1000);
                while (b->n_pending)
                        serve(b, 0);
        }
        fail_msg("never sent: %s\n%s", action_to_string(kind), b->log);
        return (Sent) { 0 };
}

static void lose(Bench *b, const Sent *s, bool done) {
        const char *id;

        if (done)
                (void) perform(s->fake, &s->call, &id);
        tick(b, USEC_PER_SEC);
        assert_int_equal(engine_told_failure(b->e, b->now, s->serial, FAILURE_MAYBE_SENT, "connection reset"), 0);
}

static void lost_create(void **state) {
        static const Marker markers[] = { MARKER_NONE, MARKER_PLAIN, MARKER_UNIQUE };

        for (size_t n = 0; n < 2 * ARRAY_SIZE(markers); n++) {
                Bench b;
                Sent s;

                bench_init(&b);
                b.fakes[0].can.marker = markers[n / 2];
                start(&b, 1);
                LOAD(&b, db(&b));
                s = caught(&b, ACTION_CREATE);
                lose(&b, &s, n % 2);
                settle(&b);
                tick(&b, USEC_PER_MINUTE);
                settle(&b);
                assert_int_equal(b.fakes[0].n_things, 1);
                assert_int_equal(thing(&b.fakes[0], "Database")->told, 1);
                pass(&b, START + 10000);
                assert_int_equal(thing(&b.fakes[0], "Database")->state, STATE_IN_PROGRESS);
                bench_done(&b);
        }
}

static void lost_start(void **state) {
        Bench *b = *state;
        Sent s;

        for (unsigned done = 0; done < 2; done++) {
                bench_done(b);
                bench_init(b);
                start(b, 1);
                LOAD(b, db(b));
                pass(b, START - 1);
                tick(b, 1);
                s = caught(b, ACTION_START);
                lose(b, &s, done);
                pass(b, START + USEC_PER_MINUTE);
                assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_IN_PROGRESS);
                assert_int_equal(thing(&b->fakes[0], "Database")->told, 2);
        }
}

static size_t find_read(const Bench *b, Query query) {
        for (size_t n = 0; n < b->n_pending; n++)
                if (b->pending[n].call.read && b->pending[n].call.query == query)
                        return n;
        fail_msg("is not asked");
        return 0;
}

/* Until a look and a listing are both under way, the look as the elder. Returns it, still unanswered, when the listing was answered. */
static Sent overtake(Bench *b) {
        Sent look;

        for (unsigned n = 0; b->n_pending < 2 && n < 600; n++, tick(b, USEC_PER_SEC))
                ask(b);
        look = take(b, find_read(b, QUERY_OBJECT));
        serve(b, find_read(b, QUERY_LIST));
        ask(b);
        return look;
}

/* A listing leaves out what is over: it settles nothing, and hides the answer that would. */
static void look_overtaken(void **state) {
        EngineConfig c = bench_config();
        Bench *b = *state;
        const char *id;
        Sent s;

        c.resync = 7 * USEC_PER_MINUTE; /* not due when the end is, but soon after */
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        pass(b, START + 2 * HOUR - 1);
        tick(b, 1);
        s = caught(b, ACTION_COMPLETE);
        (void) perform(s.fake, &s.call, &id);
        answer(b, &s, 500, "");
        s = overtake(b);
        answer(b, &s, 200, s.call.thing.id);
        settle(b);
        assert_int_equal(b->outcomes, b->intents);
        assert_int_equal(b->fakes[0].writes, 3);
}

static void absence_overtaken(void **state) {
        EngineConfig c = bench_config();
        Bench *b = *state;
        Sent look;

        c.resync = USEC_PER_DAY - 5 * USEC_PER_SEC; /* after the look ahead of the start */
        bench_start(b, &c, NULL, 1);
        LOAD(b, db(b));
        pass(b, START - 11 * USEC_PER_SEC);
        look = overtake(b);
        answer(b, &look, 404, "");
        pass(b, START + 2 * HOUR + 1000);
        assert_int_equal(b->fakes[0].n_things, 1);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_COMPLETED);
}

static void lost_message(void **state) {
        Bench *b = *state;
        Window w = window("Database", START, START + 2 * HOUR);
        Update half = { .at = HOUR, .from_start = true, .message = "half" };

        w.updates = &half;
        w.n_updates = 1;
        for (unsigned n = 0; n < 4; n++) {
                bool readable = n & 1, done = n & 2;
                Sent s;

                bench_done(b);
                bench_init(b);
                b->fakes[0].can.messages_readable = readable;
                start(b, 1);
                LOAD(b, manifest(b, "db", w));
                pass(b, START + HOUR - USEC_PER_MINUTE);
                tick(b, USEC_PER_MINUTE + 100000);
                s = caught(b, ACTION_MESSAGE);
                lose(b, &s, done);
                pass(b, START + HOUR + 10 * USEC_PER_MINUTE);
                /* Once where it can be seen; where it cannot, never a second time. */
                assert_int_equal(thing(&b->fakes[0], "Database")->n_messages, done || readable);
        }
}

/* Killed with a create on its way: what the ledger says is all that is known. */
static void create_of_a_life_before(void **state) {
        static const Marker markers[] = { MARKER_NONE, MARKER_PLAIN, MARKER_UNIQUE };

        for (size_t n = 0; n < 2 * ARRAY_SIZE(markers); n++) {
                EngineConfig c = bench_config();
                Snapshot s = { .ledger_id = LEDGER_ID, .machine_id = "", .n_records = 1 };
                const char *id;
                Sent lost;
                Bench b;

                bench_init(&b);
                b.fakes[0].can.marker = markers[n / 2];
                start(&b, 1);
                LOAD(&b, db(&b));
                lost = caught(&b, ACTION_CREATE);
                if (n % 2)
                        (void) perform(lost.fake, &lost.call, &id);
                b.e = engine_free(b.e);
                b.n_pending = 0;
                s.records = &b.saved;
                s.last_intent = lost.intent;
                s.last_record = b.saved.id;
                bench_start(&b, &c, &s, 1);
                LOAD(&b, db(&b));
                pass(&b, START + 10000);
                assert_int_equal(b.fakes[0].n_things, 1);
                assert_int_equal(thing(&b.fakes[0], "Database")->state, STATE_IN_PROGRESS);
                bench_done(&b);
        }
}

static Window with_message(usec_t start) {
        Window w = window("Database", start, start + 2 * HOUR);

        w.message = "sorry";
        return w;
}

/* A move that carries a message, and whose answer does not say that it was done, although it was; then another move. */
static void message_of_a_doubtful_move(void **state) {
        static const unsigned statuses[] = { 0, 500, 409 };
        Bench *b = *state;

        for (size_t n = 0; n < 4 * ARRAY_SIZE(statuses) - 2; n++) {
                const char *id;
                Sent s;

                bench_done(b);
                bench_init(b);
                b->fakes[0].can.messages_readable = n < 2 * ARRAY_SIZE(statuses); /* else what has moved there tells, and a conflict does not */
                start(b, 1);
                LOAD(b, db(b));
                settle(b);
                LOAD(b, manifest(b, "db", with_message(START + HOUR)));
                s = caught(b, ACTION_UPDATE);
                if (n % 2) /* the second word comes before the first has been cleared up */
                        LOAD(b, manifest(b, "db", with_message(START + 2 * HOUR)));
                (void) perform(s.fake, &s.call, &id);
                tick(b, USEC_PER_SEC);
                if (statuses[n / 2 % ARRAY_SIZE(statuses)])
                        answer(b, &s, statuses[n / 2 % ARRAY_SIZE(statuses)], "");
                else
                        assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_MAYBE_SENT, "connection reset"), 0);
                pass(b, b->now.real + USEC_PER_MINUTE);
                LOAD(b, manifest(b, "db", with_message(START + 2 * HOUR)));
                pass(b, b->now.real + USEC_PER_MINUTE);
                assert_int_equal(thing(&b->fakes[0], "Database")->start, START + 2 * HOUR);
                assert_int_equal(thing(&b->fakes[0], "Database")->n_messages, 1);
        }
}

/* Extended, and before it is known that this was done, extended once more. */
static void extension_of_lost_fate_and_another(void **state) {
        static const unsigned statuses[] = { 0, 409, 500 };
        Bench *b = *state;

        for (size_t n = 0; n < ARRAY_SIZE(statuses); n++) {
                const char *id;
                Sent s;

                bench_done(b);
                bench_init(b);
                start(b, 1);
                LOAD(b, db(b));
                pass(b, START + USEC_PER_MINUTE);
                LOAD(b, manifest(b, "db", window("Database", START, START + 3 * HOUR)));
                s = caught(b, ACTION_UPDATE);
                LOAD(b, manifest(b, "db", window("Database", START, START + 4 * HOUR)));
                (void) perform(s.fake, &s.call, &id);
                if (statuses[n])
                        answer(b, &s, statuses[n], "");
                else
                        assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_MAYBE_SENT, "connection reset"), 0);
                pass(b, START + 10 * USEC_PER_MINUTE);
                assert_false(said(b, "by someone"));
                assert_false(said(b, "not done"));
                assert_int_equal(b->outcomes, b->intents);
                assert_int_equal(thing(&b->fakes[0], "Database")->end, START + 4 * HOUR);
                pass(b, START + 4 * HOUR);
                assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_COMPLETED);
                assert_int_equal(thing(&b->fakes[0], "Database")->told, 5);
        }
}

/* A load balancer that tries again: the request is carried out, and the answer is the conflict that its own first copy has made. */
static void extension_arrives_twice(void **state) {
        Bench *b = *state;
        const char *id;
        Sent s;

        start(b, 1);
        LOAD(b, db(b));
        pass(b, START + USEC_PER_MINUTE);
        LOAD(b, manifest(b, "db", window("Database", START, START + 3 * HOUR)));
        s = caught(b, ACTION_UPDATE);
        (void) perform(s.fake, &s.call, &id);
        answer(b, &s, 409, "");
        settle(b);
        assert_false(said(b, "by someone"));
        assert_int_equal(b->outcomes, b->intents);
        pass(b, START + 3 * HOUR);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_COMPLETED);
        assert_int_equal(thing(&b->fakes[0], "Database")->told, 4);
}

/* Killed with a move on its way that was done; what is seen is read before the catalogue is. */
static void move_of_a_life_before(void **state) {
        EngineConfig c = bench_config();
        Snapshot s = { .ledger_id = LEDGER_ID, .machine_id = "", .n_records = 1 };
        Bench *b = *state;
        const char *id;
        Sent lost;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        LOAD(b, manifest(b, "db", with_message(START + HOUR)));
        lost = caught(b, ACTION_UPDATE);
        (void) perform(lost.fake, &lost.call, &id);
        b->e = engine_free(b->e);
        b->n_pending = 0;
        s.records = &b->saved;
        s.last_intent = lost.intent;
        s.last_record = b->saved.id;
        b->fakes[0].catalogue = true;
        bench_start(b, &c, &s, 1);
        LOAD(b, manifest(b, "db", with_message(START + HOUR)));
        ask(b);
        serve(b, find_read(b, QUERY_OBJECT));
        pass(b, b->now.real + USEC_PER_MINUTE);
        assert_int_equal(b->outcomes, b->intents);
        assert_false(said(b, "is there already"));
        assert_int_equal(thing(&b->fakes[0], "Database")->n_messages, 1);
        assert_int_equal(thing(&b->fakes[0], "Database")->told, 2);
}

/* What was under way together when a target failed for a moment. */
static void failed_together(void **state) {
        EngineConfig c = bench_config();
        WindowSet *list[16];
        Bench *b = *state;
        size_t n;

        bench_start(b, &c, NULL, 1);
        settle(b);
        many(b, list, ARRAY_SIZE(list), 0);
        load(b, list, ARRAY_SIZE(list));
        ask(b);
        n = b->n_pending;
        assert_in_range(n, 8, 16);
        for (size_t k = 0; k < n; k++) {
                Sent s = take(b, 0);

                tick(b, 50 * USEC_PER_MSEC);
                assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_MAYBE_SENT, "connection reset"), 0);
        }
        tick(b, 5 * USEC_PER_SEC / 4);
        ask(b);
        (void) find_read(b, QUERY_LIST);
        for (unsigned failures = 2; failures <= 4; failures++) { /* those that come after one another are several */
                Sent s = take(b, find_read(b, QUERY_LIST));

                assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_NOT_SENT, "connection refused"), 0);
                tick(b, (3 * (USEC_PER_SEC << (failures - 1))) / 4 - 1);
                ask(b);
                assert_int_equal(b->n_pending, 0);
                tick(b, (USEC_PER_SEC << (failures - 1)) / 2 + 1);
                ask(b);
        }
}

/* More objects like the first, of which nobody was told. */
static void copy_first(Fake *f, unsigned n) {
        Thing copy = f->things[0];

        (void) snprintf(copy.owner, sizeof(copy.owner), "%s", LEDGER_ID);
        copy.told = 0;
        while (n-- > 0)
                (void) put_thing(f, &copy);
}

/* As when its sender was started anew twice, and each time looked before the request had arrived. */
static void several_duplicates(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        copy_first(f, 3);
        pass(b, b->now.real + HOUR + 10 * USEC_PER_SEC); /* one listing that nobody asked for */
        for (unsigned n = 1; n < f->n_things; n++)
                assert_int_equal(f->things[n].state, STATE_CANCELLED);
        assert_int_equal(f->things[0].state, STATE_SCHEDULED);
        assert_int_equal(b->outcomes, b->intents);
}

/* Killed while an extension was on its way, and the manifest says another end when it starts anew. */
static void extension_of_a_life_before(void **state) {
        EngineConfig c = bench_config();
        Bench *b = *state;
        Snapshot s = { .ledger_id = LEDGER_ID, .machine_id = "", .records = &b->saved, .n_records = 1 };
        const char *id;
        Sent lost;

        start(b, 1);
        LOAD(b, db(b));
        pass(b, START + HOUR);
        LOAD(b, manifest(b, "db", window("Database", START, START + 3 * HOUR)));
        lost = caught(b, ACTION_UPDATE);
        (void) perform(lost.fake, &lost.call, &id);
        b->e = engine_free(b->e);
        b->n_pending = 0;
        s.last_intent = lost.intent;
        s.last_record = b->saved.id;
        bench_start(b, &c, &s, 1);
        LOAD(b, manifest(b, "db", window("Database", START, START + 4 * HOUR)));
        pass(b, START + HOUR + USEC_PER_MINUTE);
        assert_int_equal(thing(&b->fakes[0], "Database")->end, START + 4 * HOUR);
        assert_false(said(b, "by someone"));
}

/* An alert manager shows a silence that is ended while it runs as one that has come to its end. */
static void lost_cancel_of_a_clock_target(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];
        Window off = window("Database", START, START + 2 * HOUR);
        const char *id;
        Sent s;

        f->can.moves = BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED);
        start(b, 1);
        LOAD(b, db(b));
        pass(b, START - 1);
        f->things[0].state = STATE_IN_PROGRESS;
        pass(b, START + HOUR);
        off.floor = STATE_CANCELLED;
        LOAD(b, manifest(b, "db", off));
        s = caught(b, ACTION_CANCEL);
        (void) perform(s.fake, &s.call, &id);
        f->things[0].state = STATE_COMPLETED;
        answer(b, &s, 504, "");
        settle(b);
        assert_int_equal(b->outcomes, b->intents);
        assert_false(said(b, "by someone"));
        assert_true(said(b, "cancelled: found so after the answer was lost"));
}

/* A target that crashes may lose what it has confirmed: Alertmanager writes its silences down every quarter of an hour. */
static void ended_again_when_the_target_has_forgotten(void **state) {
        Window off = window("Database", START, START + 2 * HOUR);
        Bench *b = *state;
        Fake *f = &b->fakes[0];
        unsigned told;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        off.floor = STATE_CANCELLED;
        LOAD(b, manifest(b, "db", off));
        settle(b);
        assert_int_equal(f->things[0].state, STATE_CANCELLED);
        told = f->things[0].told;
        f->things[0].state = STATE_SCHEDULED;
        pass(b, b->now.real + 2 * HOUR);
        assert_int_equal(f->things[0].state, STATE_CANCELLED);
        assert_int_equal(f->things[0].told, told);
        assert_true(said(b, "has fallen back there"));
        LOAD(b, manifest(b, "web", window("Web", START + 40 * HOUR, START + 41 * HOUR)));
        pass(b, b->now.real + 2 * HOUR);
        f->things[0].state = STATE_SCHEDULED;
        pass(b, b->now.real + 2 * HOUR);
        assert_int_equal(f->things[0].state, STATE_CANCELLED);
        assert_int_equal(f->things[0].told, told);
        assert_int_equal(f->n_things, 2);
}

/* Not sent for certain is another thing than lost. */
static void unsent_message(void **state) {
        Bench *b = *state;
        Window w = window("Database", START, START + 2 * HOUR);
        Update half = { .at = HOUR, .from_start = true, .message = "half" };
        Sent s;

        w.updates = &half;
        w.n_updates = 1;
        b->fakes[0].can.messages_readable = false;
        start(b, 1);
        LOAD(b, manifest(b, "db", w));
        pass(b, START + HOUR - USEC_PER_MINUTE);
        tick(b, USEC_PER_MINUTE + 100000);
        s = caught(b, ACTION_MESSAGE);
        assert_int_equal(engine_told_failure(b->e, b->now, s.serial, FAILURE_NOT_SENT, "connection refused"), 0);
        pass(b, START + HOUR + 10 * USEC_PER_MINUTE);
        assert_int_equal(thing(&b->fakes[0], "Database")->n_messages, 1);
}

static void not_created_running(void **state) {
        Bench *b = *state;

        b->fakes[0].can.create_running = false;
        b->now.real = START + HOUR / 2;
        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(thing(&b->fakes[0], "Database")->state, STATE_IN_PROGRESS);
        assert_int_equal(b->fakes[0].writes, 2);
        assert_int_equal(thing(&b->fakes[0], "Database")->told, 1); /* as started */
}

static void times_frozen(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        f->can.writable[STATE_SCHEDULED] = FIELD_TITLE | FIELD_MARKER;
        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        LOAD(b, manifest(b, "db", window("Database", START + HOUR, START + 3 * HOUR)));
        settle(b);
        assert_int_equal(f->n_things, 2);
        assert_int_equal(f->things[0].state, STATE_CANCELLED);
        assert_int_equal(f->things[0].told, 1);
        assert_int_equal(f->things[1].start, START + HOUR);
        assert_non_null(strstr(f->things[1].marker, "db#1"));
        assert_int_equal(f->things[1].told, 1);
}

/* While a target cannot be written to, what runs there is extended, or moved to later; its own clock ends it meanwhile. */
static void own_clock_was_faster(void **state) {
        static const struct { usec_t start, end; } later[] = { { START, START + 4 * HOUR }, { START + 3 * HOUR, START + 5 * HOUR } };

        for (size_t n = 0; n < ARRAY_SIZE(later); n++) {
                Bench b;
                Fake *f;

                bench_init(&b);
                f = &b.fakes[0];
                f->can.moves = BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED);
                f->can.writes = BIT(STATE_IN_PROGRESS) | BIT(STATE_CANCELLED);
                start(&b, 1);
                LOAD(&b, db(&b));
                pass(&b, START - 1);
                f->things[0].state = STATE_IN_PROGRESS;
                pass(&b, START + HOUR);
                f->status = 503;
                LOAD(&b, manifest(&b, "db", window("Database", later[n].start, later[n].end)));
                pass(&b, START + 2 * HOUR);
                f->things[0].state = STATE_COMPLETED;
                pass(&b, START + 3 * HOUR + HOUR / 2);
                f->status = 0;
                pass(&b, START + 4 * HOUR - USEC_PER_MINUTE);
                assert_int_equal(f->n_things, 2);
                assert_int_equal(f->things[1].end, later[n].end);
                bench_done(&b);
        }
}

static void own_clock(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        f->can.moves = BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED);
        f->can.writes = BIT(STATE_CANCELLED);
        f->can.lag = USEC_PER_SEC;
        start(b, 1);
        LOAD(b, db(b));
        pass(b, START - 1);
        f->things[0].state = STATE_IN_PROGRESS;
        pass(b, START + 2 * HOUR);
        f->things[0].state = STATE_COMPLETED;
        pass(b, START + 3 * HOUR);
        assert_int_equal(f->writes, 1);
        assert_true(said(b, "started there by itself"));
        assert_true(said(b, "completed there by itself"));
}

static void parts(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        f->n_parts = 2;
        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        assert_int_equal(f->n_things, 2);
        assert_string_equal(f->things[0].part, "a");
        assert_string_equal(f->things[1].part, "b");
        pass(b, START + 10000);
        assert_int_equal(f->things[0].state, STATE_IN_PROGRESS);
        assert_int_equal(f->things[1].state, STATE_IN_PROGRESS);
        f->n_parts = 0; /* now one object stands for all: the others go quietly */
        assert_int_equal(engine_told_targets(b->e, b->now, &(Target *) { &f->target }, 1), 0);
        LOAD(b, manifest(b, "db", window("Database", START, START + 2 * HOUR + 1000000)));
        settle(b);
        assert_int_equal(live(f), 1);
        assert_int_equal(f->things[0].told, 2);
}

static void duplicates(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        copy_first(f, 1);
        pass(b, b->now.real + 2 * HOUR);
        assert_int_equal(live(f), 1);
        assert_int_equal(f->things[0].state, STATE_SCHEDULED);
        assert_int_equal(f->things[1].told, 0);
        assert_true(said(b, "found twice"));
}

static void refused(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];

        start(b, 1);
        f->status = 422;
        LOAD(b, db(b));
        pass(b, START - 2 * HOUR);
        assert_int_equal(b->intents, 1);
        assert_true(said(b, "create refused"));
        f->status = 0;
        LOAD(b, manifest(b, "db", window("Another", START, START + 2 * HOUR)));
        settle(b);
        assert_int_equal(live(f), 1);
}

/* ── windows that overlap ──────────────────────────────────────────────────────────────────────────────────── */

static const char *const api_db[] = { "api", "db" };

static WindowSet *on(Bench *b, const char *id, usec_t from, usec_t to, Impact impact, size_t first, size_t n) {
        Window w = window(id, from, to);

        w.impact = impact;
        w.services = (Strv) { (const char **) api_db + first, n };
        return manifest(b, id, w);
}

static void effect_is(const Call *c, size_t n, const char *service, Impact impact, bool under) {
        assert_true(n < c->n_effects);
        assert_string_equal(c->services[n], service);
        assert_string_equal(impact_to_string(c->effects[n].impact), impact_to_string(impact));
        assert_int_equal(c->effects[n].under, under);
}

static void let_happen(Bench *b, const Sent *s) {
        const char *id;
        unsigned status;

        tick(b, 1000);
        status = perform(s->fake, &s->call, &id);
        answer(b, s, status, id);
}

static void overlaps(void **state) {
        Bench *b = *state;
        Sent s;

        b->fakes[0].can.writes_effects = true;
        start(b, 1);
        LOAD(b, on(b, "long", START, START + 4 * HOUR, IMPACT_DEGRADED, 0, 1), on(b, "short", START + HOUR, START + 2 * HOUR, IMPACT_MAJOR, 0, 2));
        s = caught(b, ACTION_CREATE);
        assert_int_equal(s.call.n_effects, 0); /* nothing runs yet */
        let_happen(b, &s);
        pass(b, START - USEC_PER_SEC);
        tick(b, USEC_PER_SEC);
        s = caught(b, ACTION_START);
        assert_int_equal(s.call.n_effects, 1);
        effect_is(&s.call, 0, "api", IMPACT_DEGRADED, true);
        let_happen(b, &s);
        pass(b, START + HOUR - USEC_PER_SEC);
        tick(b, USEC_PER_SEC);
        s = caught(b, ACTION_START);
        effect_is(&s.call, 0, "api", IMPACT_MAJOR, true);
        effect_is(&s.call, 1, "db", IMPACT_MAJOR, true);
        let_happen(b, &s);
        pass(b, START + 2 * HOUR - USEC_PER_SEC);
        tick(b, USEC_PER_SEC);
        s = caught(b, ACTION_COMPLETE);
        effect_is(&s.call, 0, "api", IMPACT_DEGRADED, true); /* the other still runs on it */
        effect_is(&s.call, 1, "db", IMPACT_OPERATIONAL, false);
        let_happen(b, &s);
        pass(b, START + 4 * HOUR - USEC_PER_SEC);
        assert_int_equal(find_pending(b, ACTION_EFFECT), SIZE_MAX);
        tick(b, USEC_PER_SEC);
        s = caught(b, ACTION_COMPLETE);
        effect_is(&s.call, 0, "api", IMPACT_OPERATIONAL, false);
}

/* The end of one takes the status from services the other still works on: it is set once more, and once only. */
static void cleared(void **state) {
        Bench *b = *state;
        Fake *f = &b->fakes[0];
        unsigned writes;
        Sent s;

        f->can.writes_effects = f->can.complete_clears_effects = true;
        start(b, 1);
        LOAD(b, on(b, "apart", START, START + 4 * HOUR, IMPACT_MAJOR, 1, 1), on(b, "long", START, START + 4 * HOUR, IMPACT_DEGRADED, 0, 1),
             on(b, "short", START, START + 2 * HOUR, IMPACT_MAJOR, 0, 1));
        pass(b, START + 2 * HOUR - USEC_PER_SEC);
        tick(b, USEC_PER_SEC);
        s = caught(b, ACTION_EFFECT);
        assert_string_equal(s.call.thing.id, thing(f, "long")->id);
        assert_int_equal(s.call.n_effects, 1);
        effect_is(&s.call, 0, "api", IMPACT_DEGRADED, true);
        assert_true(s.call.quiet);
        writes = f->writes;
        lose(b, &s, false); /* what was lost is done again */
        pass(b, START + 2 * HOUR + USEC_PER_MINUTE);
        assert_int_equal(f->writes, writes + 1);
        pass(b, START + 4 * HOUR - USEC_PER_SEC);
        assert_int_equal(f->writes, writes + 1);
        pass(b, START + 5 * HOUR);
        assert_int_equal(f->writes, writes + 3);
        assert_true(said(b, "status of its services set again"));
}

/* ── who hears what ────────────────────────────────────────────────────────────────────────────────────────── */

static void series(void **state) {
        Bench *b = *state;
        Window list[] = { window("Backup", START, START + HOUR), window("Backup", START + USEC_PER_DAY, START + USEC_PER_DAY + HOUR),
                          window("Backup", START + 2 * USEC_PER_DAY, START + 2 * USEC_PER_DAY + HOUR) };
        static const char *const occurrences[] = { "2027-01-15T08:00", "2027-01-16T08:00", "2027-01-17T08:00" };
        unsigned told = 0;

        for (size_t n = 0; n < ARRAY_SIZE(list); n++) {
                list[n].recurring = true;
                list[n].key.occurrence = occurrences[n];
        }
        start(b, 1);
        LOAD(b, set_of(b, "backup", list, ARRAY_SIZE(list)));
        settle(b);
        assert_int_equal(b->fakes[0].n_things, 3);
        for (size_t n = 0; n < ARRAY_SIZE(list); n++)
                told += b->fakes[0].things[n].told;
        assert_int_equal(told, 1);
}

static void absence(void **state) {
        Bench *b = *state;
        Thing *t;

        start(b, 1);
        LOAD(b, db(b));
        settle(b);
        t = thing(&b->fakes[0], "Database");
        tick(b, START + 3 * HOUR - b->now.real); /* asleep over start and end */
        settle(b);
        assert_int_equal(t->state, STATE_COMPLETED);
        assert_int_equal(t->told, 2); /* published, completed */
}

static void pages(void **state) {
        EngineConfig c = bench_config();
        Bench *b = *state;
        WindowSet *list[5];
        unsigned writes;

        c.resync = 10 * USEC_PER_MINUTE;
        b->fakes[0].page = 2;
        bench_start(b, &c, NULL, 1);
        many(b, list, 5, 0);
        load(b, list, 5);
        settle(b);
        writes = b->fakes[0].writes;
        pass(b, b->now.real + HOUR);
        assert_int_equal(live(&b->fakes[0]), 5);
        assert_int_equal(b->fakes[0].writes, writes);
        assert_false(said(b, "gone"));
}

/* Of a listing of two pages the first has been read, with nothing wrong on it. */
static void between_two_pages(Bench *b) {
        b->fakes[0].page = 2;
        settle(b);
        assert_int_equal(engine_told_reload(b->e, b->now), 0);
        ask(b);
        tick(b, 1000);
        assert_int_equal(b->n_pending, 1);
        assert_int_equal(b->pending[0].call.query, QUERY_LIST);
        serve(b, 0);
}

static void a_wish_between_two_pages(void **state) {
        WindowSet *list[3];
        Bench *b = *state;

        start(b, 1);
        many(b, list, 3, 0);
        load(b, list, 3);
        between_two_pages(b);
        (void) strcpy(thing(&b->fakes[0], "w0")->title, "by hand");
        assert_int_equal(engine_told_reload(b->e, b->now), 0);
        settle(b);
        assert_non_null(thing(&b->fakes[0], "w0"));
}

/* ── labels ────────────────────────────────────────────────────────────────────────────────────────────────── */

static WindowSet *labelled(Bench *b, const char *const *labels) {
        WindowSet *s = manifest(b, "db", window("Database", START, START + 2 * HOUR));

        s->labels = labels;
        return s;
}

static void lines_carry_labels(void **state) {
        static const char *const before[] = { "team", "db", NULL }, *const after[] = { "team", "storage", NULL };
        Bench *b = *state;

        start(b, 1);
        LOAD(b, labelled(b, before));
        settle(b);
        assert_true(said(b, "one db: published #team=db\n"));
        LOAD(b, labelled(b, after));
        pass(b, START + 10000);
        assert_true(said(b, "one db: started #team=storage\n"));
        assert_int_equal(thing(&b->fakes[0], "Database")->told, 2); /* published, started: labels are no news */
        load(b, NULL, 0);
        settle(b);
        assert_true(said(b, "db: its manifest has vanished: its windows are withdrawn in 5min #team=storage\n"));
        pass(b, START + HOUR);
        assert_true(said(b, "one db: withdrawn: its manifest was deleted #team=storage\n"));
}

typedef struct SeenTarget { char health[16]; usec_t listed; unsigned n; } SeenTarget;

static int see_target(void *userdata, const TargetStatus *t) {
        SeenTarget *seen = userdata;

        (void) snprintf(seen->health, sizeof(seen->health), "%s", t->health);
        seen->listed = t->listed;
        seen->n++;
        return 0;
}

static void sums_up_what_is_to_come(void **state) {
        Bench *b = *state;
        EngineSummary s;
        SeenTarget seen = { 0 };

        start(b, 1);
        assert_int_equal(engine_each_target(b->e, see_target, &seen), 0);
        assert_string_equal(seen.health, "new");
        engine_summary(b->e, &s);
        assert_int_equal(s.windows, 0);
        assert_int_equal(s.next, USEC_INFINITY);

        LOAD(b, db(b));
        settle(b);
        engine_summary(b->e, &s);
        assert_int_equal(s.windows, 1);
        assert_int_equal(s.problems, 0);
        assert_int_equal(s.next, START);
        assert_string_equal(s.key.manifest, "db");
        assert_string_equal(s.target, "one");
        assert_int_equal(engine_each_target(b->e, see_target, &seen), 0);
        assert_string_equal(seen.health, "ok");
        assert_int_equal(seen.n, 2);

        b->fakes[0].read_status = 403;
        pass(b, b->now.real + 2 * HOUR);
        engine_summary(b->e, &s);
        assert_int_equal(s.problems, 1);
        assert_int_equal(engine_each_target(b->e, see_target, &seen), 0);
        assert_string_equal(seen.health, "denied");
        b->fakes[0].read_status = 0;
        pass(b, START + 3 * HOUR);
        engine_summary(b->e, &s);
        assert_int_equal(s.windows, 0);
        assert_int_equal(s.problems, 0);
}

int main(void) {
#define TEST(name, fn) { name, fn, setup, teardown, NULL }
        const struct CMUnitTest tests[] = {
                TEST("a window is published, started, updated and completed, each with an intent and an outcome", lives),
                TEST("rule 5: a request leaves only after its intent is durable", intent_first),
                TEST("rule 5: an outcome that cannot be saved waits until it can", outcomes_wait),
                TEST("a failed commit is tried again with pauses", failed_commits_are_tried_with_pauses),
                TEST("serials nobody knows are ignored", unknown_serials),
                TEST("rule 5: what was in flight when targets were replaced is looked for", answers_after_a_reload),
                TEST("rule 6: ends before starts, due before edits, edits before announcements", urgency),
                TEST("rule 6: within a target's limit due transitions go first", due_has_its_quarter),
                TEST("rule 10: a target that hangs delays no other", one_hangs),
                TEST("rule 10: a target that limits us delays no other", one_is_limited),
                TEST("rule 10: a target that denies us delays no other", one_is_denied),
                TEST("rule 10: a target that fails delays no other", one_fails),
                TEST("nothing is written to a target that denies reading, and a new secret is tried at once", denied_stops_writes),
                TEST("a target without a fit credential is denied, said once, and tried at once after a reload", no_credential),
                TEST("a write that lacks its credential was not sent: the next one creates it, once", credential_lost_before_a_write),
                TEST("after a stop what is in flight ends, and nothing new leaves", stop),
                TEST("settled: everything looked at, nothing in flight, nothing due", settled),
                TEST("settled: what waits for a person is not waited for", settled_but_held),
                TEST("rule 6: after a step of more than a day nothing is written until the clock is trusted", clock_step),
                TEST("a step that is taken back is trusted", clock_step_back),
                TEST("a clock set back leaves a target's limit alone", limit_after_a_step_back),
                TEST("a plan tells what stands there and what is wanted", plan_tells_an_edit),
                TEST("a plan tells what somebody has written there", plan_tells_drift),
                TEST("a plan knows our own last title without any text", plan_tells_an_edit_without_texts),
                TEST("a plan does not guess what somebody has written there", plan_does_not_guess),
                TEST("nothing is written before the build date", clock_before_build),
                TEST("nothing is written well before the ledger's last entry", clock_before_ledger),
                TEST("rule 3: mass cancellation is held and released by exactly its digest", mass_cancel),
                TEST("rule 3: three of ten may go", three_may_go),
                TEST("rule 3: what was cancelled within the hour counts", twice_two_may_not),
                TEST("rule 3: mass moves are held", mass_move),
                TEST("rule 3: an approval is for one target", approval_of_one_target),
                TEST("rule 1: a manifest that is broken changes nothing and goes on as it was", broken_manifest),
                TEST("rule 2: a load that may not withdraw withdraws nothing", doubtful_load),
                TEST("rule 12: a manifest that vanishes is withdrawn after the grace, not before", vanished),
                TEST("rule 12: one that returns within the grace costs nothing", vanished_and_back),
                TEST("rule 12: one that went for good is published anew by a file alone", gone_for_good),
                TEST("rule 12: a renamed manifest goes on with its objects", renamed),
                TEST("rule 4: what is not ours is never touched", not_ours),
                TEST("rule 4: what a person adopts is ours", adopted),
                TEST("rule 4: what is adopted for one manifest is taken for that one alone", adopted_alone),
                TEST("rule 5: a create that is refused as a duplicate takes the object that the target names", already_made_says_which),
                TEST("rule 5: or looks for it where it names none", already_made_says_nothing),
                TEST("rule 4: on another machine nothing is written until adopted", another_machine),
                TEST("read only: it looks and never writes", read_only),
                TEST("rule 5: after a lost create the object is looked for, with and without a marker", lost_create),
                TEST("rule 5: after a lost start the state is looked at", lost_start),
                TEST("rule 5: a look that a listing overtakes is made again", look_overtaken),
                TEST("an absence that is older than what was listed since is not believed", absence_overtaken),
                TEST("rule 5: a message that rode with a move is not sent again when the answer does not say that it was done", message_of_a_doubtful_move),
                TEST("rule 7: an extension of lost fate is not taken for a person's when the manifest has been edited since", extension_of_lost_fate_and_another),
                TEST("rule 7: an extension that arrives twice is not taken for a person's", extension_arrives_twice),
                TEST("rule 5: what a move of a life before has changed is judged when services resolve", move_of_a_life_before),
                TEST("rule 5: a lost message is repeated only where it can be seen to be missing", lost_message),
                TEST("rule 5: a create on its way when the process died is looked for", create_of_a_life_before),
                TEST("an extension on its way when the process died is not taken for a person's", extension_of_a_life_before),
                TEST("rule 7: what the target has forgotten to have ended is ended again, and nobody is told", ended_again_when_the_target_has_forgotten),
                TEST("rule 5: a lost cancel is found done where a clock shows it as completed", lost_cancel_of_a_clock_target),
                TEST("a message that was certainly not sent is sent", unsent_message),
                TEST("rule 6: where nothing can be created running, the create is quiet and the start told", not_created_running),
                TEST("where times cannot be written a successor is published and the old one goes quietly", times_frozen),
                TEST("where a target's own clock moves it, nothing is written", own_clock),
                TEST("an extension that comes after the target's own clock has ended it is published anew", own_clock_was_faster),
                TEST("parts of a window live on their own, and go quietly when they are not wanted", parts),
                TEST("rule 10: requests that fail together are one failure: the pause after it is short", failed_together),
                TEST("rule 5: a duplicate is withdrawn quietly", duplicates),
                TEST("rule 5: of several duplicates each is, as soon as the one before is gone", several_duplicates),
                TEST("what a target refuses is not repeated until it changes", refused),
                TEST("rule 11: each step says what services show after it, other running windows counted in", overlaps),
                TEST("rule 11: what the end of another window has cleared is set again, once", cleared),
                TEST("rule 8: of a series published in one pass the first is announced", series),
                TEST("rule 8: an absence over start and end is told once, by the end", absence),
                TEST("what the first page of a listing lacks is not gone", pages),
                TEST("who reloads while a listing runs sees what has changed on its first page", a_wish_between_two_pages),
                TEST("lines about a window carry the labels its manifest has now, or had last", lines_carry_labels),
                TEST("sums up what is to come and what is wrong", sums_up_what_is_to_come),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
