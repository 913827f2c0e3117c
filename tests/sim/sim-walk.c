/*
 * The life of a window, step by step, at both targets, without faults
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static const char *const one =
        "title: Database Migration\n"
        "description: The primary database moves.\n"
        "start: 2027-02-01T02:00\n"
        "end: 2027-02-01T04:00\n"
        "timezone: Europe/Berlin\n"
        "services: [api, database]\n"
        "updates:\n"
        "  - {at: +1h, message: half way}\n";

static void walks(void **state) {
        auto_(world_free) World *w = world_new(1, at("2027-01-20T00:00:00Z"), true, "");
        const char *s;

        world_write(w, "db.yaml", one);
        world_start(w);
        world_until(w, at("2027-02-01T00:30:00Z"));
        (void) fflush(w->log);
        if (getenv("SHOW"))
                printf("%s", w->history);
        assert_int_equal(remote_model_live(w->models[0], "db", w->real), 1);
        assert_int_equal(remote_model_live(w->models[1], "db", w->real), 2);
        assert_int_equal(remote_model_mails(w->models[0], "db", "scheduled"), 1);
        world_until(w, at("2027-02-01T01:00:01Z"));
        s = remote_model_state(w->models[0], remote_model_any(w->models[0], "db", NULL), w->real);
        assert_string_equal(s, "in_progress");
        world_until(w, at("2027-02-01T02:00:02Z"));
        assert_int_equal(remote_model_mails(w->models[0], "db", "update"), 1);
        world_until(w, at("2027-02-01T03:00:02Z"));
        if (getenv("SHOW"))
                (fflush(w->log), printf("%s", w->history));
        s = remote_model_state(w->models[0], remote_model_any(w->models[0], "db", NULL), w->real);
        assert_string_equal(s, "completed");
        assert_int_equal(remote_model_live(w->models[1], "db", w->real), 0);
        assert_int_equal(remote_model_mails(w->models[0], "db", NULL), 4);
        assert_int_equal(w->models[0]->useless, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(walks) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
