/*
 * Kit: what rows of situations say again and again
 */
#include "situations-kit.h"

#include "base/text.h"

void window(World *w, const char *id, const char *from, const char *to, const char *more) {
        auto_(free) char *path = textf("%s.yaml", id);

        world_writef(w, path, "title: Work on %s\nstart: %s\nend: %s\ntimezone: Europe/Berlin\nservices: [api, database]\n%s", id, from, to, more);
}

/* SHOW=1: what has happened since the last time. */
static void show(World *w) {
        static const World *of;
        static size_t shown;

        if (!getenv("SHOW"))
                return;
        (void) fflush(w->log);
        shown = of == w && shown <= w->n_history ? shown : 0;
        of = w;
        (void) fputs(w->history + shown, stderr);
        shown = w->n_history;
}

void reload(World *w) {
        show(w);
        world_reload(w);
        assert_true(world_settle(w, MINUTES(2)));
}

void start(World *w) {
        show(w);
        world_start(w);
        assert_true(world_settle(w, MINUTES(2)));
}

typedef struct Digest { const char *target; uint64_t digest; } Digest;

static int take_digest(void *userdata, const TargetStatus *s) {
        Digest *d = userdata;

        if (strcmp(s->name, d->target) == 0)
                d->digest = s->digest;
        return 0;
}

uint64_t digest_of(World *w, const char *target) {
        Digest d = { target, 0 };

        assert_return_code(engine_each_target(w->engine, take_digest, &d), 0);
        return d.digest;
}

typedef struct Search { const char *text; size_t n; } Search;

static int search(void *userdata, const char *target, const char *text) {
        Search *s = userdata;

        s->n += strstr(text, s->text) != NULL;
        return 0;
}

size_t problems(World *w, const char *text) {
        Search s = { text, 0 };

        assert_return_code(engine_each_problem(w->engine, search, &s), 0);
        return s.n;
}

const Plan *plan_of(World *w, const char *target, Arena *a) {
        Plan *plans;
        size_t n;

        assert_return_code(engine_plan(w->engine, world_now(w), a, &plans, &n), 0);
        for (size_t k = 0; k < n; k++)
                if (strcmp(plans[k].target, target) == 0)
                        return &plans[k];
        fail_msg("no plan for %s", target);
        return NULL;
}

bool plan_says(const Plan *p, const char *text) {
        for (size_t k = 0; k < p->n_problems; k++)
                if (strstr(p->problems[k].text, text))
                        return true;
        for (size_t k = 0; k < p->n_remarks; k++)
                if (strstr(p->remarks[k].text, text))
                        return true;
        return false;
}

void expect_page_at(World *w, const char *key, const char *state, const char *file, int line) {
        json_t *o = remote_model_any(PAGE(w), key, NULL);

        show(w);
        _assert_string_equal(o ? remote_model_state(PAGE(w), o, w->real) : "not there", state, file, line);
}

void expect_generation_at(World *w, const char *key, unsigned generation, const char *file, int line) {
        const char *marker = json_string_value(json_object_get(remote_model_any(PAGE(w), key, NULL), "external_id"));

        assert_non_null(marker);
        _assert_int_equal(cast_to_largest_integral_type(strtoul(strchr(marker, '#') + 1, NULL, 10)), cast_to_largest_integral_type(generation), file, line);
}

void expect_sync_at(World *w, const char *key, const char *target, Sync sync, const char *file, int line) {
        WindowStatus s;

        show(w);
        _assert_true(world_status(w, key, target, &s), "known", file, line);
        _assert_string_equal(sync_to_string(s.sync), sync_to_string(sync), file, line);
}

void expect_mails_at(World *w, const char *key, size_t scheduled, size_t started, size_t completed, size_t cancelled, size_t others, const char *file, int line) {
        size_t known = scheduled + started + completed + cancelled;

        show(w);
        _assert_int_equal(cast_to_largest_integral_type(remote_model_mails(PAGE(w), key, "scheduled")), cast_to_largest_integral_type(scheduled), file, line);
        _assert_int_equal(cast_to_largest_integral_type(remote_model_mails(PAGE(w), key, "in_progress")), cast_to_largest_integral_type(started), file, line);
        _assert_int_equal(cast_to_largest_integral_type(remote_model_mails(PAGE(w), key, "completed")), cast_to_largest_integral_type(completed), file, line);
        _assert_int_equal(cast_to_largest_integral_type(remote_model_mails(PAGE(w), key, "cancelled")), cast_to_largest_integral_type(cancelled), file, line);
        _assert_int_equal(cast_to_largest_integral_type(remote_model_mails(PAGE(w), key, NULL) - known), cast_to_largest_integral_type(others), file, line);
}

void expect_rest_at(World *w, usec_t span, const char *file, int line) {
        uint64_t writes;

        show(w);
        _assert_true(world_settle(w, MINUTES(2)), "settled", file, line);
        writes = w->writes;
        world_for(w, span);
        show(w);
        _assert_int_equal(cast_to_largest_integral_type(w->writes), cast_to_largest_integral_type(writes), file, line);
        _assert_int_equal(cast_to_largest_integral_type(PAGE(w)->useless), cast_to_largest_integral_type(0), file, line);
        _assert_int_equal(cast_to_largest_integral_type(ALERTS(w)->useless), cast_to_largest_integral_type(0), file, line);
}

usec_t page_time(World *w, const char *key, const char *member) {
        json_t *o = remote_model_any(PAGE(w), key, NULL);

        show(w);
        assert_non_null(o);
        return remote_model_time(o, member);
}
