/*
 * Wishes: an address is asked, so often and no more, and whoever can read its mail says yes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"
#include "page/subscribe/wish.h"

static const char token[TOKEN_CHARS + 1] = "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk";

static int make(Depot *d, const char *endpoint, const char *const *services, size_t n, usec_t now) {
        assert_int_equal(store_begin(d->store), 0);
        return store_end(d->store, wish_make(d->store, d->arena, WISH_BY_VISITOR, endpoint, services, n, now));
}

/* The last wish, as its link finds it. */
static Wish sent(Depot *d) {
        unsigned char hash[SHA256_SIZE];
        Wish w;

        sha256(token, TOKEN_CHARS, hash);
        run_sql(d, "DELETE FROM wish_token");
        assert_int_equal(store_wish_token(d->store, ask(d, "SELECT max(seq) FROM wish"), hash), 0);
        assert_int_equal(wish_find(d->store, d->arena, token, T0, &w), 0);
        return w;
}

static int fulfil(Depot *d, const Wish *w, usec_t now, Subscriber *ret) {
        assert_int_equal(store_begin(d->store), 0);
        return store_end(d->store, wish_fulfil(d->store, d->arena, w, now, ret));
}

static void an_address_is_mailed_three_times_a_day(void **state) {
        Depot *d = *state;

        for (unsigned i = 0; i < PAGE_WISHES_OWN_MAX + 2; i++)
                assert_int_equal(make(d, "ann@example.com", NULL, 0, T0 + i), 0);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish"), PAGE_WISHES_OWN_MAX + 2);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish WHERE due > 0"), PAGE_WISHES_OWN_MAX);
        assert_int_equal(wish_make(d->store, d->arena, WISH_BY_KEY, "ann@example.com", NULL, 0, T0 + 8), -EDQUOT); /* who has a key may know */
        assert_int_equal(make(d, "bob@example.com", NULL, 0, T0 + 9), 0);
        assert_int_equal(ask(d, "SELECT due > 0 FROM wish WHERE endpoint = 'bob@example.com'"), 1);
        assert_int_equal(make(d, "ann@example.com", NULL, 0, T0 + WISH_VALID + PAGE_WISHES_OWN_MAX), 0);
        assert_int_equal(ask(d, "SELECT due > 0 FROM wish ORDER BY seq DESC LIMIT 1"), 1);
}

static void so_many_addresses_are_asked_in_a_day(void **state) {
        Depot *d = *state;

        run_sql(d, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) INSERT INTO wish (endpoint, services, created_at, due, counts)"
                   " SELECT 'n' || i, '', 1801447200000000, 0, 1 FROM n");
        assert_int_equal(make(d, "last@example.com", NULL, 0, T0 + 1), 0);
        assert_int_equal(make(d, "more@example.com", NULL, 0, T0 + 2), -EUSERS);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish"), PAGE_WISHES_MAX);
        assert_int_equal(wish_make(d->store, d->arena, WISH_BY_KEY, "more@example.com", NULL, 0, T0 + 2), 0);
        assert_int_equal(make(d, "more@example.com", NULL, 0, T0 + WISH_VALID), 0);
}

static void only_its_link_finds_it_and_for_a_day(void **state) {
        Depot *d = *state;
        Wish w;

        assert_int_equal(make(d, "ann@example.com", NULL, 0, T0), 0);
        assert_int_equal(wish_find(d->store, d->arena, token, T0, &w), -ENOENT);
        w = sent(d);
        assert_string_equal(w.endpoint, "ann@example.com");
        assert_int_equal(wish_find(d->store, d->arena, token, T0 + WISH_VALID - 1, &w), 0);
        assert_int_equal(wish_find(d->store, d->arena, token, T0 + WISH_VALID, &w), -ENOENT);
        assert_int_equal(wish_find(d->store, d->arena, "", T0, &w), -ENOENT);
        assert_int_equal(wish_find(d->store, d->arena, "x", T0, &w), -ENOENT);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish_token WHERE hash = CAST('0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk' AS BLOB)"), 0);
}

static void yes_subscribes_and_ends_all_wishes_of_the_address(void **state) {
        Depot *d = *state;
        Service one = a_service(d, "One");
        Subscriber s;
        Wish w;

        assert_int_equal(make(d, "ann@example.com", NULL, 0, T0), 0);
        assert_int_equal(make(d, "bob@example.com", NULL, 0, T0), 0);
        assert_int_equal(make(d, "ann@example.com", (const char *const[]) { one.id, "svc_none" }, 2, T0), 0);
        w = sent(d);
        assert_int_equal(fulfil(d, &w, T0 + 5, &s), 0);
        assert_int_equal(ask(d, "SELECT confirmed_at - 1801447200000000 FROM subscriber WHERE endpoint = 'ann@example.com'"), 5);
        assert_int_equal(ask(d, "SELECT count(*) FROM subscriber_service"), 1); /* the one that exists */
        assert_int_equal(ask(d, "SELECT count(*) FROM wish"), 1);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish_token"), 0);
        assert_int_equal(wish_find(d->store, d->arena, token, T0 + 5, &w), -ENOENT);
}

static void yes_of_one_that_is_known_changes_what_it_wants(void **state) {
        Depot *d = *state;
        Service one = a_service(d, "One"), two = a_service(d, "Two");
        Subscriber old = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0 - 9, &one.seq, 1), pending = a_subscriber(d, SUBSCRIBER_EMAIL, "bob@example.com", 0, NULL, 0), s;
        Wish w;

        assert_int_equal(make(d, "ann@example.com", (const char *const[]) { two.id }, 1, T0), 0);
        w = sent(d);
        assert_int_equal(fulfil(d, &w, T0 + 5, &s), 0);
        assert_true(s.seq == old.seq);
        assert_int_equal(ask(d, "SELECT confirmed_at - 1801447200000000 FROM subscriber WHERE endpoint = 'ann@example.com'"), -9);
        assert_true(ask(d, "SELECT service FROM subscriber_service") == two.seq);

        assert_int_equal(make(d, "bob@example.com", NULL, 0, T0), 0);
        w = sent(d);
        assert_int_equal(fulfil(d, &w, T0 + 6, &s), 0);
        assert_true(s.seq == pending.seq);
        assert_int_equal(ask(d, "SELECT confirmed_at - 1801447200000000 FROM subscriber WHERE endpoint = 'bob@example.com'"), 6);
}

static void a_full_page_says_so_and_keeps_the_wish(void **state) {
        Depot *d = *state;
        Subscriber s;
        Wish w;

        assert_int_equal(make(d, "ann@example.com", NULL, 0, T0), 0);
        w = sent(d);
        run_sql(d, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO subscriber (id, kind, endpoint, created_at, confirmed_at, leave)"
                   " SELECT i, 0, i, 1, 1, i FROM n");
        assert_int_equal(fulfil(d, &w, T0, &s), -EUSERS);
        assert_int_equal(ask(d, "SELECT count(*) FROM wish"), 1);
        run_sql(d, "DELETE FROM subscriber WHERE seq = 1");
        assert_int_equal(fulfil(d, &w, T0, &s), 0);
}

#define TEST(name, function) { name, function, depot_setup, depot_teardown, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("an address is mailed three times a day", an_address_is_mailed_three_times_a_day),
                TEST("so many addresses are asked in a day", so_many_addresses_are_asked_in_a_day),
                TEST("only its link finds it, for a day, and the link is not stored", only_its_link_finds_it_and_for_a_day),
                TEST("a yes subscribes, and ends all wishes of the address", yes_subscribes_and_ends_all_wishes_of_the_address),
                TEST("a yes of one that is known changes what it wants to hear of", yes_of_one_that_is_known_changes_what_it_wants),
                TEST("a page that is full says so, and the link works later", a_full_page_says_so_and_keeps_the_wish),
        };

        return cmocka_run_group_tests_name("wishes", tests, NULL, NULL);
}
