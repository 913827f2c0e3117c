/*
 * From an object back to its window: whatever is projected comes back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "target/driver.h"

static const char *const api_matchers[] = { "service", "=", "api", "job", "=~", "a.*", NULL }, *const db_matchers[] = { "service", "=", "db", NULL };
static const ServiceMap services[] = {
        { .service = "api", .title = "API", .matchers = api_matchers }, { .service = "db", .id = "svc_9", .matchers = db_matchers }, { .service = "web", .name = "Group/Web" },
};
static const RemoteService remote[] = { { "service", "svc_1", "API", "" }, { "service", "svc_2", "Web", "Group" }, { "service", "svc_9", "Data", "" }, { "service", "svc_3", "Nobody's", "" } };

static Target target_of(const char *driver, const char *product) {
        const char *facts[] = { "product", product };
        Target t = {
                .name = "public", .type = driver, .url = "http://127.0.0.1:1", .identity = driver, .instance = "maintd", .ledger_id = "0123456789abcdef",
                .services = services, .n_services = ARRAY_SIZE(services), .driver = driver_find(driver),
        };

        assert_non_null(t.driver);
        assert_true(target_found_services(&t, remote, ARRAY_SIZE(remote)) >= 0);
        assert_true(target_found_facts(&t, facts, 1) >= 0);
        return t;
}

static const Notify some = { .scheduled = true, .completed = true, .updated = true, .reminders = { USEC_PER_DAY, USEC_PER_HOUR, 5 * USEC_PER_MINUTE }, .n_reminders = 3 };
static const char *both[] = { "api", "db" }, *third[] = { "web" };

static Window window_of(const char **names, size_t n) {
        return (Window) {
                .key = { "db", "" }, .title = "Title", .body = "Body", .message = "", .timezone = "UTC", .start = 1800000000 * USEC_PER_SEC, .end = 1800003600 * USEC_PER_SEC,
                .impact = IMPACT_PARTIAL, .auto_start = true, .auto_complete = true, .mute = false, .notify = &some, .services = { names, n },
        };
}

/* Projects what came back once more: equal but for the marker, which is not asked of a manifest. */
static void assert_same(const Target *t, const Object *o, const Window *back, Arena *a) {
        Window w = *back;
        const char *problem;
        Object *again;
        size_t n;
        Print p, q;

        w.key = (WindowKey) { "db", "" };
        assert_int_equal(t->driver->project(t, &w, 0, a, &again, &n, &problem), 0);
        assert_int_equal(n, 1);
        p = object_print(o);
        q = object_print(again);
        assert_int_equal(print_diff(&p, &q, FIELDS_ALL & ~(unsigned) FIELD_MARKER), 0);
}

static void round_trip(const char *driver, const char *product, const char **names, size_t n_names, bool mute) {
        auto_(arena_free) Arena *a = arena_new();
        Target t = target_of(driver, product);
        Window w = window_of(names, n_names), back;
        const char *problem;
        Object *o;
        size_t n;

        w.mute = mute;
        assert_int_equal(t.driver->project(&t, &w, 0, a, &o, &n, &problem), 0);
        assert_int_not_equal(n, 0);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(t.driver->unproject(&t, &o[i], a, &back, &problem), 0);
                assert_string_equal(back.title, w.title);
                assert_int_equal(back.services.n, n == 1 ? n_names : 1);
                assert_same(&t, &o[i], &back, a);
        }
        target_done(&t);
}

static void page(void **state) {
        round_trip("kodo", "page", both, 2, false);
        round_trip("kodo", "page", third, 1, true);
        round_trip("kodo", "page", both, 0, true);
}

static void hosted(void **state) {
        round_trip("kodo", "hosted", both, 2, true);
}

static void silences(void **state) {
        round_trip("alertmanager", "", both, 2, true);
        round_trip("alertmanager", "", both, 1, true);
}

static const struct cannot_case { const char *name, *driver; Object object; const char *says; } cannot[] = {
        { "a service nobody has named", "kodo", { .services = { (const char *[]) { "svc_3" }, 1 } }, "no name for its service 'Nobody's' (svc_3)" },
        { "a service that is not there any more", "kodo", { .services = { (const char *[]) { "svc_77" }, 1 } }, "no name for its service 'svc_77' (svc_77)" },
        { "an impact of its own", "kodo", { .impact = "meteor" }, "its impact 'meteor'" },
        { "other matchers", "alertmanager", { .extra = "[{\"isEqual\":true}]" }, "no service of this target's configuration has its matchers" },
};

static void check_cannot(void **state) {
        const struct cannot_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();
        Target t = target_of(c->driver, "page");
        const char *problem = "";
        Window back;
        Object o;

        assert_int_equal(object_copy(a, &c->object, &o), 0);
        assert_int_equal(t.driver->unproject(&t, &o, a, &back, &problem), -ENOKEY);
        if (!strstr(problem, c->says))
                fail_msg("%s", problem);
        target_done(&t);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cannot) + 3] = { cmocka_unit_test(page), cmocka_unit_test(hosted), cmocka_unit_test(silences) };

        for (size_t i = 0; i < ARRAY_SIZE(cannot); i++)
                tests[i + 3] = (struct CMUnitTest) { cannot[i].name, check_cannot, NULL, NULL, (void *) (uintptr_t) &cannot[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
