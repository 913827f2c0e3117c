/*
 * What is owed to whom, in which order, and what is forgotten; and what that costs when there is much of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-plans.h"

static void owes_to_those_who_want_it(void **state) {
        static const struct { const char *endpoint; unsigned services; bool agreed; } subscribers[] = { /* services: a bit each; 0: all */
                { "all@example.com", 0, true }, { "one@example.com", 1, true }, { "two@example.com", 2, true }, { "both@example.com", 3, true },
                { "asked@example.com", 0, false }, { "asked-one@example.com", 1, false },
        };
        static const struct { unsigned services; const char *told; } windows[] = {
                { 0, "all both one two" }, { 1, "all both one" }, { 2, "all both two" }, { 3, "all both one two" }, { 4, "all" },
        };
        Depot *d = *state;
        int64_t services[3], some[3];
        size_t n;

        for (size_t i = 0; i < 3; i++)
                services[i] = a_service(d, (const char *[]) { "One", "Two", "Three" }[i]).seq;
        for (size_t i = 0; i < ARRAY_SIZE(subscribers); i++) {
                n = 0;
                for (size_t k = 0; k < 3; k++)
                        if (subscribers[i].services & BIT(k))
                                some[n++] = services[k];
                (void) a_subscriber(d, SUBSCRIBER_EMAIL, subscribers[i].endpoint, subscribers[i].agreed ? T0 : 0, some, n);
        }
        for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
                auto_(free) char *query = NULL;
                Maintenance m;

                n = 0;
                for (size_t k = 0; k < 3; k++)
                        if (windows[i].services & BIT(k))
                                some[n++] = services[k];
                m = a_window(d, some, n);
                run_sql(d, "DELETE FROM delivery");
                an_event(d, &m, "text", T0);
                query = textf("SELECT group_concat(replace(endpoint, '@example.com', ''), ' ') = '%s' FROM (SELECT endpoint FROM delivery"
                              " JOIN subscriber ON seq = subscriber ORDER BY endpoint)", windows[i].told);
                if (ask(d, query) != 1)
                        fail_msg("window %zu is not told to %s", i, windows[i].told);
        }
}

static const char *due(Depot *d, SubscriberKind kind, usec_t now, int64_t *ret_event) {
        Delivery *rows = NULL;
        size_t n = 0;

        assert_int_equal(store_delivery_due(d->store, d->arena, kind, now, 10, &rows, &n), 0);
        if (n == 0)
                return "";
        *ret_event = rows[0].event;
        return rows[0].text;
}

static void goes_in_order(void **state) {
        Depot *d = *state;
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        Maintenance m = a_window(d, NULL, 0);
        int64_t first = 0, second = 0;
        usec_t wake;

        assert_false(store_owed(d->store));
        an_event(d, &m, "first", T0 + 5);
        assert_true(store_owed(d->store));
        assert_false(store_owed(d->store));
        an_event(d, &m, "second", T0 + 6);
        assert_string_equal(due(d, SUBSCRIBER_WEBHOOK, T0 + 9, &first), "");
        assert_string_equal(due(d, SUBSCRIBER_EMAIL, T0 + 4, &first), "");
        assert_string_equal(due(d, SUBSCRIBER_EMAIL, T0 + 5, &first), "first");
        assert_int_equal(store_delivery_done(d->store, s.seq, first, T0 + 7), 0);
        assert_string_equal(due(d, SUBSCRIBER_EMAIL, T0 + 7, &second), "second");
        assert_int_equal(store_delivery_done(d->store, s.seq, first, T0 + 7), -ENOENT);
        assert_int_equal(store_delivery_done(d->store, s.seq, second, T0 + 8), 0);
        assert_string_equal(due(d, SUBSCRIBER_EMAIL, T0 + 9, &first), "");
        assert_int_equal(store_delivery_wake(d->store, T0, &wake), 0);
        assert_true(wake == USEC_INFINITY);
}

static void waits_as_long_as_it_was_put_off(void **state) {
        Depot *d = *state;
        Subscriber mail = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0), hook = a_subscriber(d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);
        Maintenance m = a_window(d, NULL, 0);
        Delivery *rows;
        int64_t event;
        usec_t wake;
        size_t n;

        an_event(d, &m, "first", T0);
        assert_int_equal(store_delivery_later(d->store, mail.seq, T0 + 50, 3, "451 come again"), 0);
        assert_int_equal(store_delivery_later(d->store, hook.seq, T0 + 40, 1, "it answered 503"), 0);
        an_event(d, &m, "second", T0 + 1); /* does not bring it forward */
        assert_string_equal(due(d, SUBSCRIBER_EMAIL, T0 + 49, &event), "");
        assert_int_equal(store_delivery_wake(d->store, T0, &wake), 0);
        assert_int_equal(wake, T0 + 40);
        assert_int_equal(store_delivery_wake(d->store, T0 + 40, &wake), 0);
        assert_int_equal(wake, T0 + 50);
        assert_int_equal(store_delivery_due(d->store, d->arena, SUBSCRIBER_EMAIL, T0 + 50, 10, &rows, &n), 0);
        assert_int_equal(n, 1);
        assert_string_equal(rows[0].text, "first");
        assert_int_equal(rows[0].failures, 3);
        assert_int_equal(ask(d, "SELECT trouble = '451 come again' FROM subscriber WHERE kind = 0"), 1);
        assert_int_equal(store_delivery_done(d->store, mail.seq, rows[0].event, T0 + 60), 0);
        assert_int_equal(ask(d, "SELECT failures = 0 AND trouble IS NULL FROM subscriber WHERE kind = 0"), 1);
}

static void who_leaves_is_owed_nothing(void **state) {
        Depot *d = *state;
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        Maintenance m = a_window(d, NULL, 0);
        int64_t event = 0;

        an_event(d, &m, "text", T0);
        (void) due(d, SUBSCRIBER_EMAIL, T0, &event);
        assert_int_equal(store_subscriber_delete(d->store, s.seq), 0);
        assert_int_equal(ask(d, "SELECT count(*) FROM delivery"), 0);
        assert_int_equal(store_delivery_done(d->store, s.seq, event, T0), -ENOENT);
}

#define MANY 20000
#define STRING_(n) #n
#define STRING(n) STRING_(n)

/* Rows 1 … MANY, of which every tenth is still owed; the row n is n µs after T0. */
static void a_heap_of_messages(Depot *d) {
        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        (void) a_window(d, NULL, 0);
        run_sql(d, "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " STRING(MANY) ") INSERT INTO outbox (kind, maintenance, maintenance_id, text, created_at)"
                " SELECT 'scheduled', 1, 'maint_1', 'text', " STRING(1801447200000000) " + i FROM n;"
                "INSERT INTO delivery (subscriber, event) SELECT 1, seq FROM outbox WHERE seq % 10 = 0; COMMIT");
}

static void forgets_what_nobody_is_owed(void **state) {
        Depot *d = *state;
        unsigned turns = 0;
        int r;

        a_heap_of_messages(d);
        assert_int_equal(store_outbox_prune(d->store, T0, 1000), 0);
        assert_int_equal(store_outbox_prune(d->store, T0 + 5, 1000), 5);
        do {
                r = store_outbox_prune(d->store, T0 + MANY / 2, 1000);
                assert_in_range(r, 0, 1000);
                turns++;
        } while (r == 1000);
        assert_int_equal(turns, 9);
        assert_int_equal(ask(d, "SELECT count(*) FROM outbox WHERE seq <= 10000"), 1000);
        assert_int_equal(ask(d, "SELECT count(*) FROM outbox WHERE seq > 10000"), 10000);
        assert_int_equal(ask(d, "SELECT count(*) FROM delivery WHERE event NOT IN (SELECT seq FROM outbox)"), 0);
        run_sql(d, "DELETE FROM delivery WHERE event <= 10000");
        assert_int_equal(store_outbox_prune(d->store, T0 + MANY / 2, 2000), 1000);
        assert_int_equal(ask(d, "SELECT min(seq) FROM outbox"), 10001);
}

/* Asked again on the seventh day, its owner may still say yes on the eighth. */
static void keeps_who_has_been_asked_again(void **state) {
        Depot *d = *state;
        size_t n = 0;

        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "asked@example.com", 0, NULL, 0);
        assert_int_equal(store_wish_add(d->store, WISH_BY_KEY, "asked@example.com", "", true, T0 + USEC_PER_DAY), 0);
        assert_int_equal(store_subscribers_prune(d->store, T0 + USEC_PER_HOUR), 0);
        assert_int_equal(store_subscriber_count(d->store, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(store_subscribers_prune(d->store, T0 + USEC_PER_DAY), 0);
        assert_int_equal(store_subscriber_count(d->store, &n), 0);
        assert_int_equal(n, 0);
}

static void forgets_who_never_answered(void **state) {
        Depot *d = *state;
        Answer answer = { .status = 200, .resource = "maint_1" };
        size_t n = 0, own = 0;

        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        (void) a_subscriber(d, SUBSCRIBER_EMAIL, "asked@example.com", 0, NULL, 0);
        assert_int_equal(store_subscribers_prune(d->store, T0 - 1), 0);
        assert_int_equal(store_subscriber_count(d->store, &n), 0);
        assert_int_equal(n, 2);
        assert_int_equal(store_subscribers_prune(d->store, T0), 0);
        assert_int_equal(ask(d, "SELECT count(*) = 1 AND min(endpoint) = 'ann@example.com' FROM subscriber"), 1);

        assert_int_equal(store_wish_add(d->store, WISH_BY_VISITOR, "new@example.com", "", true, T0), 0);
        assert_int_equal(store_wish_token(d->store, 1, (const unsigned char[SHA256_SIZE]) { 1 }), 0);
        assert_int_equal(store_wishes_prune(d->store, T0 - 1), 0);
        assert_int_equal(store_wish_count(d->store, WISH_BY_VISITOR, "new@example.com", 0, &n, &own), 0);
        assert_int_equal(own, 1);
        assert_int_equal(store_wishes_prune(d->store, T0), 0);
        assert_int_equal(ask(d, "SELECT (SELECT count(*) FROM wish) + (SELECT count(*) FROM wish_token)"), 0);

        assert_int_equal(store_answer_put(d->store, 1, "key", &answer, T0), 0);
        assert_int_equal(store_answers_prune(d->store, T0 - 1), 0);
        assert_int_equal(store_answer_get(d->store, d->arena, 1, "key", T0 - 1, &answer), 0);
        assert_int_equal(store_answers_prune(d->store, T0), 0);
        assert_int_equal(ask(d, "SELECT count(*) FROM answer"), 0);
}

/* Who is told must look at each subscriber, a count counts, and services are few; nothing else may cost the more the more there is. */
static bool may_scan(const char *sql) {
        return strstr(sql, "INSERT INTO delivery") || strstr(sql, "count(*)") || strstr(sql, "INSERT INTO service_state");
}

static void nothing_scans(void **state) {
        Depot *d = *state;
        Subscriber s = a_subscriber(d, SUBSCRIBER_EMAIL, "bob@example.com", T0, NULL, 0);
        Delivery *rows;
        int64_t event;
        size_t n;
        Wish w;

        /* Those that the tests before did not come to. */
        assert_int_equal(store_subscriber_by_endpoint(d->store, d->arena, SUBSCRIBER_EMAIL, "bob@example.com", &s), 0);
        assert_int_equal(store_subscriber_by_leave(d->store, d->arena, s.leave, &s), 0);
        assert_int_equal(store_subscriber_by_seq(d->store, d->arena, s.seq, &s), 0);
        assert_int_equal(store_subscriber_confirm(d->store, s.seq, T0), 0);
        assert_int_equal(store_delivery_due(d->store, d->arena, SUBSCRIBER_EMAIL, T0, 1, &rows, &n), 0);
        assert_int_equal(store_wish_next(d->store, d->arena, T0, 0, &w), -ENOENT);
        assert_int_equal(store_wish_by_token(d->store, d->arena, (const unsigned char[SHA256_SIZE]) { 1 }, 0, &w), -ENOENT);
        assert_int_equal(store_wishes_answered(d->store, "bob@example.com"), 0);
        assert_int_equal(store_wish_sent(d->store, 1), 0);
        a_heap_of_messages(d);
        (void) due(d, SUBSCRIBER_EMAIL, T0, &event);
        assert_true(look_for_scans(d, may_scan) > 20);
}

#define TEST(name, function) { name, function, depot_setup, depot_teardown, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("an event is owed to those who agreed and want to hear of a service of it", owes_to_those_who_want_it),
                TEST("messages to one subscriber go in order", goes_in_order),
                TEST("what is put off waits so long, and the next event does not bring it forward", waits_as_long_as_it_was_put_off),
                TEST("who leaves is owed nothing", who_leaves_is_owed_nothing),
                TEST("messages that nobody is owed are forgotten, a bounded number at once", forgets_what_nobody_is_owed),
                TEST("who never answered, and answers to repeated requests, are forgotten", forgets_who_never_answered),
                TEST("keeps who has been asked again", keeps_who_has_been_asked_again),
                TEST("nothing scans a table that grows", nothing_scans),
        };
        int r = cmocka_run_group_tests_name("deliveries", tests, NULL, NULL);

        forget_prepared();
        return r;
}
