/*
 * Who subscribers are, as the store has them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"

static void is_found_by_all_its_names(void **state) {
        Depot *d = *state;
        Subscriber made = a_subscriber(d, SUBSCRIBER_WEBHOOK, "https://h/", T0 + 1, NULL, 0), s;

        assert_true(text_starts(made.id, "sub_"));
        assert_int_equal(strlen(made.leave), LEAVE_CHARS);
        assert_int_equal(store_subscriber_by_id(d->store, d->arena, made.id, &s), 0);
        assert_true(s.seq == made.seq && s.kind == SUBSCRIBER_WEBHOOK && s.created_at == T0 && s.confirmed_at == T0 + 1);
        assert_string_equal(s.endpoint, "https://h/");
        assert_string_equal(s.secret, "whsec_test");
        assert_int_equal(store_subscriber_by_seq(d->store, d->arena, made.seq, &s), 0);
        assert_int_equal(store_subscriber_by_leave(d->store, d->arena, made.leave, &s), 0);
        assert_int_equal(store_subscriber_by_endpoint(d->store, d->arena, SUBSCRIBER_WEBHOOK, "https://h/", &s), 0);
        assert_int_equal(store_subscriber_by_endpoint(d->store, d->arena, SUBSCRIBER_EMAIL, "https://h/", &s), -ENOENT);
        assert_int_equal(store_subscriber_by_leave(d->store, d->arena, "0", &s), -ENOENT);
        assert_int_equal(store_subscriber_by_id(d->store, d->arena, "sub_", &s), -ENOENT);
        assert_int_equal(store_subscriber_by_seq(d->store, d->arena, 99, &s), -ENOENT);
}

static void one_endpoint_is_one(void **state) {
        Depot *d = *state;
        Subscriber again = { .kind = SUBSCRIBER_EMAIL, .endpoint = "ann@example.com", .created_at = T0 };
        size_t n;

        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        assert_int_equal(store_subscriber_insert(d->store, d->arena, &again, T0), -EEXIST);
        assert_int_equal(store_subscriber_count(d->store, &n), 0);
        assert_int_equal(n, 1);
}

static void is_listed_and_found_in_order(void **state) {
        static const struct { const char *piece; int64_t after; unsigned limit; const char *found; } rows[] = {
                { "", 0, 10, "a@example.com b@example.org C https://h/Path " }, { "", 2, 10, "C https://h/Path " }, { "", 0, 2, "a@example.com b@example.org " },
                { "EXAMPLE", 0, 10, "a@example.com b@example.org " }, { "path", 0, 10, "https://h/Path " }, { "@example.org", 0, 10, "b@example.org " },
                { "%", 0, 10, "" }, { "_", 0, 10, "" }, { "'", 0, 10, "" }, { "example", 1, 10, "b@example.org " },
        };
        Depot *d = *state;

        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "a@example.com", T0, NULL, 0);
        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "b@example.org", 0, NULL, 0);
        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "C", T0, NULL, 0);
        (void) a_subscriber(d, SUBSCRIBER_WEBHOOK, "https://h/Path", T0, NULL, 0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                char found[200] = "";
                Subscriber *list = NULL;
                size_t n = 0;

                assert_int_equal(store_subscriber_find(d->store, d->arena, rows[i].piece, rows[i].after, rows[i].limit, &list, &n), 0);
                for (size_t k = 0; k < n; k++)
                        (void) snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s ", list[k].endpoint);
                if (strcmp(found, rows[i].found) != 0)
                        fail_msg("'%s' behind %d found %s", rows[i].piece, (int) rows[i].after, found);
                if (*rows[i].piece)
                        continue;
                assert_int_equal(store_subscriber_list(d->store, d->arena, rows[i].after, rows[i].limit, &list, &n), 0);
                assert_int_equal(n, rows[i].after ? 2 : rows[i].limit == 2 ? 2 : 4);
        }
}

static void its_services_are_replaced_as_a_whole(void **state) {
        Depot *d = *state;
        int64_t services[2] = { a_service(d, "One").seq, a_service(d, "Two").seq };
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, services, 2);
        Service *rows = NULL;
        size_t n;

        assert_int_equal(store_subscriber_services(d->store, d->arena, s.seq, &rows, &n), 0);
        assert_int_equal(n, 2);
        assert_string_equal(rows[1].name, "Two");
        assert_int_equal(store_subscriber_services_set(d->store, s.seq, (int64_t[]) { services[1], services[1] }, 2), 0);
        assert_int_equal(store_subscriber_services(d->store, d->arena, s.seq, &rows, &n), 0);
        assert_int_equal(n, 1);
        assert_string_equal(rows[0].name, "Two");
        assert_int_equal(store_subscriber_delete(d->store, s.seq), 0);
        assert_int_equal(ask(d, "SELECT count(*) FROM subscriber_service"), 0);
        assert_int_equal(store_subscriber_delete(d->store, s.seq), -ENOENT);
}

static void says_yes_once(void **state) {
        Depot *d = *state;
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", 0, NULL, 0);

        assert_int_equal(store_subscriber_confirm(d->store, s.seq, T0 + 7), 0);
        assert_int_equal(store_subscriber_by_seq(d->store, d->arena, s.seq, &s), 0);
        assert_int_equal(s.confirmed_at, T0 + 7);
        assert_int_equal(store_subscriber_confirm(d->store, 99, T0), -ENOENT);
}

/* A file that somebody wrote to is refused, not believed. */
static void refuses_rows_that_cannot_be(void **state) {
        static const char *const rows[] = { "UPDATE subscriber SET kind = 2", "UPDATE subscriber SET kind = -1", "UPDATE subscriber SET kind = 1, secret = NULL" };
        Depot *d = *state;
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0), found;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                run_sql(d, rows[i]);
                assert_int_equal(store_subscriber_by_seq(d->store, d->arena, s.seq, &found), -EUCLEAN);
        }
}

static void questions_wait_in_order(void **state) {
        Depot *d = *state;
        Wish *rows = NULL, w;
        size_t n;

        assert_int_equal(store_wish_add(d->store, WISH_BY_VISITOR, "a@example.com", "", true, T0), 0);
        assert_int_equal(store_wish_add(d->store, WISH_BY_VISITOR, "b@example.com", "svc_1 svc_2", true, T0 + 1), 0);
        assert_int_equal(store_wish_add(d->store, WISH_BY_VISITOR, "c@example.com", "", false, T0 + 2), 0); /* asked often enough */
        assert_true(store_owed(d->store));
        assert_int_equal(store_wish_next(d->store, d->arena, T0 + 9, 0, &w), 0);
        assert_string_equal(w.endpoint, "a@example.com");
        assert_int_equal(store_wish_later(d->store, w.seq, T0 + 20, 2, "451 come again"), 0);
        assert_int_equal(store_wish_next(d->store, d->arena, T0 + 9, 0, &w), 0);
        assert_string_equal(w.services, "svc_1 svc_2");
        assert_int_equal(store_wish_next(d->store, d->arena, T0 + 9, w.seq, &w), -ENOENT);
        assert_int_equal(store_wishes_waiting(d->store, d->arena, 10, &rows, &n), 0);
        assert_int_equal(n, 2);
        assert_string_equal(rows[0].endpoint, "b@example.com");
        assert_string_equal(rows[1].trouble, "451 come again");
        assert_int_equal(rows[1].failures, 2);
        assert_int_equal(store_wish_sent(d->store, rows[0].seq), 0);
        assert_int_equal(store_wishes_waiting(d->store, d->arena, 10, &rows, &n), 0);
        assert_int_equal(n, 1);
}

#define TEST(name, function) { name, function, depot_setup, depot_teardown, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("is found by id, row, endpoint and the token that leaves", is_found_by_all_its_names),
                TEST("one endpoint is one subscriber", one_endpoint_is_one),
                TEST("is listed and found in order, and no piece is a pattern", is_listed_and_found_in_order),
                TEST("its services are replaced as a whole, and go with it", its_services_are_replaced_as_a_whole),
                TEST("keeps when it said yes", says_yes_once),
                TEST("refuses rows that cannot be", refuses_rows_that_cannot_be),
                TEST("questions wait in order", questions_wait_in_order),
        };

        return cmocka_run_group_tests_name("subscribers in the store", tests, NULL, NULL);
}
