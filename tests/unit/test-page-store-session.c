/*
 * Sessions of the dashboard: how long they live, and what ends them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/limits.h"
#include "page-store.h"
#include "page/store/session.h"

static const struct alive_case { const char *name; usec_t created, seen, now; bool alive; } alive_cases[] = {
        { "a new one", T0, T0, T0, true },
        { "used all the time, just before twelve hours", T0, T0 + SESSION_LIFE - 2, T0 + SESSION_LIFE - 1, true },
        { "ends after twelve hours, however it was used", T0, T0 + SESSION_LIFE - 1, T0 + SESSION_LIFE, false },
        { "unused for nearly an hour", T0, T0, T0 + SESSION_IDLE - 1, true },
        { "ends after an hour without use", T0, T0, T0 + SESSION_IDLE, false },
        { "a clock that went back a little", T0, T0, T0 - 10 * USEC_PER_SEC, true },
        { "a clock that went back far", T0, T0, T0 - USEC_PER_HOUR, false },
};

static void lives_as_long_as_it_may(void **state) {
        const struct alive_case *c = *state;

        assert_int_equal(session_alive(&(Session) { .created_at = c->created, .seen_at = c->seen }, c->now), c->alive);
}

typedef struct Fixture {
        Depot d;
        Key key;
} Fixture;

static int begin(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        char text[KEY_SIZE];

        depot_begin(&f->d);
        *state = f;
        if (key_make(text, &f->key) < 0)
                return -1;
        f->key.scopes = SCOPE_MAINTENANCE_READ;
        if (store_key_insert(f->d.store, &f->key, "ann", T0) < 0)
                return -1;
        return store_key_by_id(f->d.store, f->key.id, &f->key);
}

static int end(void **state) {
        Fixture *f = *state;

        depot_end(&f->d);
        free(f);
        return 0;
}

static const unsigned char *hash_of(unsigned n) {
        static unsigned char hash[SHA256_SIZE];

        sha256(&n, sizeof(n), hash);
        return hash;
}

static bool there(Fixture *f, unsigned n) {
        Session s;
        int r = store_session_get(f->d.store, f->d.arena, hash_of(n), &s);

        assert_true(r == 0 || r == -ENOENT);
        return r == 0;
}

static void is_its_keys(void **state) {
        Fixture *f = *state;
        Session s;

        assert_int_equal(store_session_get(f->d.store, f->d.arena, hash_of(1), &s), -ENOENT);
        assert_int_equal(store_session_add(f->d.store, hash_of(1), f->key.seq, T0), 0);
        assert_int_equal(store_session_seen(f->d.store, hash_of(1), T0 + 5), 0);
        assert_int_equal(store_session_get(f->d.store, f->d.arena, hash_of(1), &s), 0);
        assert_int_equal(s.key, f->key.seq);
        assert_int_equal(s.scopes, SCOPE_MAINTENANCE_READ);
        assert_string_equal(s.name, "ann");
        assert_true(s.created_at == T0 && s.seen_at == T0 + 5);
}

static void ends_by_itself_or_with_its_key(void **state) {
        Fixture *f = *state;

        for (unsigned i = 1; i <= 3; i++)
                assert_int_equal(store_session_add(f->d.store, hash_of(i), f->key.seq, T0), 0);
        assert_int_equal(store_session_remove(f->d.store, hash_of(2)), 0);
        assert_true(there(f, 1) && !there(f, 2) && there(f, 3));
        assert_int_equal(store_key_delete(f->d.store, "ann"), 0);
        assert_false(there(f, 1) || there(f, 3));
}

static void what_is_over_is_forgotten(void **state) {
        Fixture *f = *state;

        assert_int_equal(store_session_add(f->d.store, hash_of(1), f->key.seq, T0), 0);
        assert_int_equal(store_session_add(f->d.store, hash_of(2), f->key.seq, T0 + SESSION_IDLE), 0);
        assert_int_equal(store_sessions_prune(f->d.store, T0 + SESSION_IDLE), 0);
        assert_true(!there(f, 1) && there(f, 2));
}

static void the_oldest_gives_way(void **state) { /* PAGE_SESSIONS_MAX */
        Fixture *f = *state;

        for (unsigned i = 0; i < PAGE_SESSIONS_MAX; i++)
                assert_int_equal(store_session_add(f->d.store, hash_of(i), f->key.seq, T0 + i), 0);
        assert_true(there(f, 0));
        assert_int_equal(store_session_add(f->d.store, hash_of(PAGE_SESSIONS_MAX), f->key.seq, T0 + PAGE_SESSIONS_MAX), 0);
        assert_true(!there(f, 0) && there(f, 1) && there(f, PAGE_SESSIONS_MAX));
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(alive_cases) + 4] = {
                cmocka_unit_test_setup_teardown(is_its_keys, begin, end),
                cmocka_unit_test_setup_teardown(ends_by_itself_or_with_its_key, begin, end),
                cmocka_unit_test_setup_teardown(what_is_over_is_forgotten, begin, end),
                cmocka_unit_test_setup_teardown(the_oldest_gives_way, begin, end),
        };

        for (size_t i = 0; i < ARRAY_SIZE(alive_cases); i++)
                tests[4 + i] = (struct CMUnitTest) { alive_cases[i].name, lives_as_long_as_it_may, NULL, NULL, (void *) &alive_cases[i] };
        return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
