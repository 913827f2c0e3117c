/*
 * Limits of what a target may tell the engine: at them all of it is kept, one more is dropped or refused, as base/limits.h says
 *
 * The engine takes from a driver without counting what it parsed, so a driver that never ends is the fake's with other answers.
 */
#include "engine-fake.h"

#include "base/limits.h"
#include "reconcile/engine-internal.h"

static struct { Query of; size_t n, pages; } arg_tells; /* what is answered how often */

static int tell_request(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret) {
        return put_call(a, &(Call) { .read = true, .query = q }, ret);
}

static int tell(Query q, size_t k, Sink *sink) {
        char name[32];
        Observed o = { .object = { .part = "", .title = "not ours", .body = "", .impact = "", .reminders = "", .marker = "", .extra = "" },
                       .state = STATE_SCHEDULED, .remote_id = name, .version = "", .owner = "" };

        (void) snprintf(name, sizeof(name), "n%zu", k);
        return q == QUERY_PROBE ? sink->fact(sink, name, "x") : q == QUERY_CATALOGUE ? sink->service(sink, "service", name, name, NULL) : sink->observed(sink, &o);
}

static int tell_response(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor, const char **ret_detail) {
        size_t page = cursor ? strtoul(cursor, NULL, 10) : 1;
        int s = 0;

        *ret_cursor = q == arg_tells.of && page < arg_tells.pages ? arena_printf(a, "%zu", page + 1) : NULL;
        *ret_detail = NULL;
        for (size_t k = 0; k < arg_tells.n && q == arg_tells.of && s >= 0; k++)
                s = tell(q, k, sink);
        return s;
}

/* Until it has read all it wants, or has found that it cannot; its target. */
static const Remote *read_all(Bench *b, Query of, size_t n, size_t pages) {
        static Driver driver;
        EngineConfig c = bench_config();

        arg_tells.of = of;
        arg_tells.n = n;
        arg_tells.pages = pages;
        driver = fake_driver;
        driver.query_request = tell_request;
        driver.query_response = tell_response;
        bench_init(b);
        b->fakes[0].target.driver = &driver;
        b->fakes[0].target.reads_per_min = 1000000;
        bench_start(b, &c, NULL, 1);
        for (size_t k = 0; k < 4 * (pages + 10) && !b->e->remotes->problem && b->e->remotes->phase != PHASE_READY; k++) {
                ask(b);
                tick(b, USEC_PER_SEC);
                while (b->n_pending)
                        serve(b, 0);
        }
        return b->e->remotes;
}

static bool ready(const Remote *r) {
        assert_true((r->phase == PHASE_READY) == !r->problem);
        return r->phase == PHASE_READY;
}

static bool facts(Bench *b, size_t n) {
        const Remote *r = read_all(b, QUERY_PROBE, n, 1);

        return ready(r) && r->target->n_facts == n;
}

static bool catalogue(Bench *b, size_t n) {
        const Remote *r = read_all(b, QUERY_CATALOGUE, n, 1);

        return ready(r) && r->target->n_remote == n;
}

static bool pages(Bench *b, size_t n) {
        return ready(read_all(b, QUERY_LIST, 0, n));
}

/* No error: those beyond are nobody's business. */
static bool unowned(Bench *b, size_t n) {
        const Remote *r = read_all(b, QUERY_LIST, n, 1);

        assert_true(ready(r));
        return r->n_unowned == n;
}

typedef struct Limit {
        const char *limit;
        size_t max;
        bool (*fits)(Bench *b, size_t n);
        const char *problem;    /* NULL: none */
} Limit;

static const Limit limits[] = {
        { "FACTS_MAX", FACTS_MAX, facts, "it tells more than is believed" }, { "REMOTE_CATALOGUE_MAX", REMOTE_CATALOGUE_MAX, catalogue, "it tells more than is believed" },
        { "LIST_PAGES_MAX", LIST_PAGES_MAX, pages, "the listing does not end" }, { "UNOWNED_MAX", UNOWNED_MAX, unowned, NULL },
};

static void takes_no_more(void **state) {
        const Limit *l = *state;
        Bench *b = malloc(sizeof(*b));

        assert_true(l->fits(b, l->max));
        bench_done(b);
        assert_false(l->fits(b, l->max + 1));
        if (l->problem)
                assert_non_null(strstr(b->e->remotes->problem, l->problem));
        bench_done(b);
        free(b);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(limits)];

        for (size_t k = 0; k < ARRAY_SIZE(limits); k++)
                tests[k] = (struct CMUnitTest) { limits[k].limit, takes_no_more, NULL, NULL, (void *) &limits[k] };
        return cmocka_run_group_tests_name("limits of the engine", tests, NULL, NULL);
}
