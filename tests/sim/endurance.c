/*
 * Endurance: a hundred thousand transitions, and half as many reloads, leave the heap and the descriptors as they were
 *
 * Years of daily windows at both kinds of target, edited every day, and then one manifest edited again and again. What the world keeps
 * for tests (mails, what was said, what is over) is thrown away every day, so that what grows is the engine's, the parser's or the ledger's.
 * Measured are bytes in use, not pages: a heap may keep what was freed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <malloc.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define MANIFESTS 8u
#define SLACK (64u * 1024) /* bytes: tables that double, and days that are not alike */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t bytes_in_use(void) {
        struct mallinfo2 m;

        if (__sanitizer_get_current_allocated_bytes)
                return __sanitizer_get_current_allocated_bytes();
        m = mallinfo2();
        return m.uordblks + m.hblkhd;
}

static size_t descriptors(void) {
        DIR *d = opendir("/proc/self/fd");
        size_t n = 0;

        assert_non_null(d);
        while (readdir(d))
                n++;
        (void) closedir(d);
        return n;
}

static void forget(RemoteModel *m, usec_t now) {
        json_t *o;
        const char *id;
        void *next;

        json_object_foreach_safe(m->objects, next, id, o) {
                const char *state = remote_model_state(m, o, now);

                if (strcmp(state, "completed") == 0 || strcmp(state, "cancelled") == 0 || strcmp(state, "expired") == 0)
                        remote_model_delete(m, o);
        }
        json_object_clear(m->idempotency);
        m->n_mails = 0;
        free(STEAL(m->mails));
}

static void put(World *w, unsigned n, uint64_t edit) {
        char path[16];

        (void) snprintf(path, sizeof(path), "m%u.yaml", n);
        world_writef(w, path, "title: Window %u, edit %llu\nstart: 2027-01-01T%02u:00\nduration: 30min\nservices: [api, database]\n"
                     "updates: [{at: +10min, message: half way}]\nrecurrence: {rule: FREQ=DAILY}\n", n, (unsigned long long) edit, 2 * n);
}

static void day(World *w) {
        put(w, (unsigned) world_random(w, MANIFESTS), w->steps);
        world_reload(w);
        world_for(w, USEC_PER_DAY);
        for (unsigned n = 0; n < w->n_targets; n++)
                forget(w->models[n], w->real);
        ledger_model_prune(w->ledger, w->real - USEC_PER_DAY);
        world_forget_said(w);
}

typedef struct Held { size_t bytes, descriptors; } Held;

static Held held(void) {
        return (Held) { bytes_in_use(), descriptors() };
}

static void assert_flat(const char *what, uint64_t n, Held before) {
        Held now = held();

        printf("%llu %s: %zu bytes, then %zu\n", (unsigned long long) n, what, before.bytes, now.bytes);
        assert_in_range(now.bytes, 0, before.bytes + SLACK);
        assert_int_equal(now.descriptors, before.descriptors);
}

static World *world_of_windows(void) {
        World *w = world_new(1, at("2027-01-01T00:30:00Z"), true, "horizon: 12h\nresync: 6h\nretention: 1d\n");

        for (unsigned n = 0; n < MANIFESTS; n++)
                put(w, n, 0);
        world_start(w);
        return w;
}

static void transitions_leave_nothing(void **state) {
        auto_(world_free) World *w = world_of_windows();
        uint64_t most = getenv("MAINTD_TEST_LONG") ? 1000000 : 100000;
        Held before = { 0 };

        while (w->writes < most) {
                uint64_t n = w->writes;

                day(w);
                assert_true(w->writes >= n + 4 * MANIFESTS); /* published, started, told, completed */
                if (!before.bytes && w->writes > most / 10)
                        before = held();
        }
        assert_flat("transitions", w->writes, before);
}

/* Each of them finds a file that has changed, and one in a hundred one that is broken. */
static void reloads_leave_nothing(void **state) {
        auto_(world_free) World *w = world_of_windows();
        unsigned most = getenv("MAINTD_TEST_LONG") ? 1000000 : 50000;
        Held before;

        for (unsigned n = 0; n < 100; n++) /* until as much is forgotten every day as comes to pass: FINAL_KEPT */
                day(w);
        before = held();
        for (unsigned n = 1; n <= most; n++) {
                if (n % 100 == 0)
                        world_write(w, "m1.yaml", "title: [\n");
                else
                        put(w, n % MANIFESTS, n);
                world_reload(w);
                if (n % (most / 20) == 0)
                        day(w);
        }
        assert_flat("reloads", most, before);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(transitions_leave_nothing), cmocka_unit_test(reloads_leave_nothing) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
