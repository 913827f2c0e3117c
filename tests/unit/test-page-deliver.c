/*
 * Delivery: what goes out when, and what becomes of it
 *
 * The wire is this test's: what is handed to it is kept, and a test says what came of it. The clock is the real one, with pauses of hours, so
 * that what is put off stays put off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <inttypes.h>

#include "base/limits.h"
#include "page-store.h"
#include "page/page.h"
#include "page/subscribe/deliver.h"
#include "page/subscribe/wire.h"
#include "repeat.h"

#define HANDED_MAX 64u

typedef struct Handed {
        char *to, *body;
        bool mail, told;
        wire_done_fn done;
        void *userdata;
} Handed;

static Handed handed[HANDED_MAX];
static size_t n_handed;

int wire_new(sd_event *event, Wire **ret) {
        *ret = (Wire *) (void *) handed;
        return 0;
}

Wire *wire_free(Wire *w) {
        return NULL;
}

int wire_send(Wire *w, const Parcel *p, wire_done_fn done, void *userdata) {
        assert_true(n_handed < HANDED_MAX);
        assert_int_equal(strlen(p->body), p->size);
        assert_true(p->mail || strlen(p->signature) == 64);
        handed[n_handed++] = (Handed) { strdup(p->to), p->body, p->mail, false, done, userdata };
        return 0;
}

typedef struct World {
        Depot d;
        Page page;
        Site *site;
        Deliver *deliver;
} World;

static int begin(void **state) {
        World *w = calloc(1, sizeof(*w));

        depot_begin(&w->d);
        assert_int_equal(site_default(&w->site), 0);
        w->site->url = "https://status.example.com";
        w->site->notices = (Notices) { .mail_server = "smtp://127.0.0.1", .mail_from = "status@example.com", .mail_plain = true, .retry = USEC_PER_HOUR, .give_up = USEC_PER_DAY };
        w->page.store = w->d.store;
        w->page.site = w->site;
        assert_int_equal(sd_event_new(&w->page.event), 0);
        *state = w;
        return 0;
}

static int end(void **state) {
        World *w = *state;

        (void) deliver_free(w->deliver);
        while (n_handed > 0) {
                free(handed[--n_handed].to);
                free(handed[n_handed].body);
        }
        (void) sd_event_unref(w->page.event);
        (void) site_free(w->site);
        depot_end(&w->d);
        free(w);
        return 0;
}

static void start(World *w) {
        char *error = NULL;

        assert_int_equal(deliver_new(&w->page, "/nowhere", &w->deliver, &error), 0);
}

static int nothing(sd_event_source *src, void *userdata) {
        return 0;
}

/* As after a request: until the loop has nothing to do at once. */
static void settle(World *w) {
        assert_int_equal(sd_event_add_defer(w->page.event, NULL, nothing, NULL), 0);
        for (unsigned i = 0; sd_event_run(w->page.event, 0) > 0; i++)
                assert_true(i < 1000);
}

static void came_of(World *w, size_t i, WireResult result, const char *why) {
        assert_true(i < n_handed && !handed[i].told);
        handed[i].told = true;
        handed[i].done(handed[i].userdata, result, why);
        settle(w);
}

static usec_t now(void) {
        return now_read().real;
}

static const struct result {
        const char *name;
        WireResult result;
        bool gone;                      /* it is not owed any more */
        unsigned failures;
        bool outage;                    /* nobody's mail goes out for now */
} results[] = {
        { "taken: it is not owed any more", WIRE_TAKEN, true, 0, false },
        { "later: it is tried again after a pause, and why is kept", WIRE_LATER, false, 1, false },
        { "never: it is given up", WIRE_NEVER, true, 0, false },
        { "slow: it is put off, and so is all mail", WIRE_SLOW, false, 1, true },
        { "down: it is no failure of its own, and all mail waits", WIRE_DOWN, false, 0, true },
};

static void came(void **state) {
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
                const struct result *r = &results[i];
                Maintenance m;

                run_sql(&w->d, "DELETE FROM delivery; DELETE FROM subscriber");
                w->page.mail = (Outage) { 0 };
                (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
                m = a_window(&w->d, NULL, 0);
                start(w);
                an_event(&w->d, &m, "text", now());
                settle(w);
                assert_int_equal(n_handed, i + 1);
                came_of(w, i, r->result, "451 why");
                if (r->gone != (ask(&w->d, "SELECT count(*) FROM delivery") == 0) || ask(&w->d, "SELECT failures FROM subscriber") != r->failures ||
                    (ask(&w->d, "SELECT trouble = '451 why' FROM subscriber") == 1) != (r->failures > 0) || (w->page.mail.until > now()) != r->outage)
                        fail_msg("%s", r->name);
                if (r->failures > 0)
                        assert_true(ask(&w->d, "SELECT due FROM subscriber") > (int64_t) (now() + 59 * USEC_PER_MINUTE));
                assert_int_equal(n_handed, i + 1); /* nothing is sent again at once */
                w->deliver = deliver_free(w->deliver);
        }
}

/* A window has up to 500, of up to 16 KiB; its page has them. */
static void a_mail_reads_no_updates(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        start(w);
        run_sql(&w->d, "DROP TABLE maintenance_update");
        an_event(&w->d, &m, "text", now());
        settle(w);
        assert_int_equal(n_handed, 1);
}

static void goes_in_order_and_not_at_once(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        (void) a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);
        start(w);
        an_event(&w->d, &m, "first", now());
        an_event(&w->d, &m, "second", now());
        settle(w);
        assert_int_equal(n_handed, 1);
        assert_string_equal(handed[0].to, "https://h/");
        assert_non_null(strstr(handed[0].body, "\"text\":\"first\""));
        came_of(w, 0, WIRE_TAKEN, "");
        assert_int_equal(n_handed, 2);
        assert_non_null(strstr(handed[1].body, "\"text\":\"second\""));
        came_of(w, 1, WIRE_TAKEN, "");
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery"), 0);
}

static void a_lane_has_four_places_and_holds_up_no_other(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);
        size_t hooks = 0;

        for (unsigned i = 0; i < 8; i++) {
                auto_(free) char *mailbox = textf("ann%u@example.com", i), *url = textf("https://h/%u", i);

                (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, mailbox, T0, NULL, 0);
                (void) a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, url, T0, NULL, 0);
        }
        start(w);
        an_event(&w->d, &m, "text", now());
        settle(w);
        assert_int_equal(n_handed, 8); /* four of each */
        for (size_t i = 0; i < 8; i++)
                hooks += !handed[i].mail;
        assert_int_equal(hooks, 4);
        for (size_t i = 0; i < n_handed; i++)
                if (!handed[i].mail)
                        came_of(w, i, WIRE_TAKEN, "");
        assert_int_equal(n_handed, 12); /* all hooks, no further mail */
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery JOIN subscriber ON seq = subscriber WHERE kind = 1"), 0);
}

static void after_an_outage_one_goes_ahead(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        for (unsigned i = 0; i < 6; i++) {
                auto_(free) char *mailbox = textf("ann%u@example.com", i);

                (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, mailbox, T0, NULL, 0);
        }
        start(w);
        an_event(&w->d, &m, "text", now());
        settle(w);
        assert_int_equal(n_handed, 4);
        for (size_t i = 0; i < 4; i++)
                came_of(w, i, WIRE_DOWN, "nobody is there");
        assert_int_equal(n_handed, 4);
        assert_string_equal(w->page.mail.why, "nobody is there");
        w->page.mail.until = 0; /* as the dashboard does */
        assert_int_equal(store_delivery_now(w->d.store, 1, now()), 0);
        settle(w);
        assert_int_equal(n_handed, 5);
        came_of(w, 4, WIRE_TAKEN, "");
        assert_int_equal(n_handed, 9); /* and then the others */
}

static void what_is_too_old_is_not_sent(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        (void) a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);
        an_event(&w->d, &m, "old", now() - USEC_PER_DAY - USEC_PER_SEC);
        an_event(&w->d, &m, "young", now() - USEC_PER_DAY + USEC_PER_HOUR);
        run_sql(&w->d, "UPDATE subscriber SET due = 1");
        start(w);
        settle(w);
        assert_int_equal(n_handed, 1);
        assert_non_null(strstr(handed[0].body, "young"));
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery"), 1);
}

static void without_a_server_mail_waits(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        w->site->notices.mail_server = NULL;
        (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        start(w);
        an_event(&w->d, &m, "text", now());
        settle(w);
        assert_int_equal(n_handed, 0);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery"), 1);
}

/* The dashboard drops it while it is under way; that it then fails must not hold up what comes next. */
static void one_that_was_dropped_under_way_holds_up_no_other(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);
        Subscriber s = a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);

        start(w);
        an_event(&w->d, &m, "dropped", now());
        settle(w);
        assert_int_equal(store_delivery_drop(w->d.store, s.seq), 0);
        came_of(w, 0, WIRE_LATER, "it answered 503");
        assert_int_equal(ask(&w->d, "SELECT due IS NULL AND failures = 0 FROM subscriber"), 1);
        an_event(&w->d, &m, "next", now());
        settle(w);
        assert_int_equal(n_handed, 2);
        assert_non_null(strstr(handed[1].body, "next"));
}

/* What cannot be marked as put off or as given up would go out again at once, for ever. */
static void a_store_that_cannot_be_written_slows_down(void **state) {
        static const struct { WireResult result; bool mail; } cases[] = {
                { WIRE_LATER, false }, { WIRE_LATER, true }, { WIRE_NEVER, false }, { WIRE_NEVER, true }, { WIRE_TAKEN, false }, { WIRE_TAKEN, true }, { WIRE_SLOW, true },
        };
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        w->site->notices.retry = USEC_PER_SEC; /* so that it is the store's pause that holds */
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                bool mail = cases[i].mail;

                run_sql(&w->d, "DELETE FROM delivery; DELETE FROM subscriber");
                w->page.mail = (Outage) { .until = now() - 1, .why = "long ago" };
                (void) a_subscriber(&w->d, mail ? SUBSCRIBER_EMAIL : SUBSCRIBER_WEBHOOK, mail ? "ann@example.com" : "https://h/", T0, NULL, 0);
                start(w);
                an_event(&w->d, &m, "text", now());
                settle(w);
                assert_int_equal(n_handed, i + 1);
                run_sql(&w->d, "CREATE TRIGGER no_change BEFORE UPDATE ON subscriber BEGIN SELECT RAISE(FAIL, 'the disk is full'); END;"
                               "CREATE TRIGGER no_end BEFORE DELETE ON delivery BEGIN SELECT RAISE(FAIL, 'the disk is full'); END");
                came_of(w, i, cases[i].result, "451 why");
                assert_int_equal(n_handed, i + 1);
                assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery"), 1);
                if (mail) {
                        assert_true(w->page.mail.until > now() + 5 * USEC_PER_SEC);
                        assert_string_equal(w->page.mail.why, cases[i].result == WIRE_SLOW ? "451 why" : "");
                }
                run_sql(&w->d, "DROP TRIGGER no_change; DROP TRIGGER no_end");
                w->deliver = deliver_free(w->deliver);
        }
}

static void what_cannot_be_given_up_is_tried_again_slowly(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        (void) a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);
        an_event(&w->d, &m, "old", now() - USEC_PER_DAY - USEC_PER_SEC);
        run_sql(&w->d, "CREATE TRIGGER no_end BEFORE DELETE ON delivery BEGIN SELECT RAISE(FAIL, 'the disk is full'); END");
        start(w);
        settle(w); /* which asserts that it comes to an end */
        assert_int_equal(n_handed, 0);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM delivery"), 1);
}

/* A question's link is in its mail alone: what is stored is the hash of it, another one at each attempt. */
static void a_question_has_a_token_of_its_own(void **state) {
        static const char link[] = "/subscribe/confirm/";
        World *w = *state;
        unsigned char hash[SHA256_SIZE];
        Wish found;
        char *token;

        start(w);
        assert_int_equal(store_wish_add(w->d.store, WISH_BY_VISITOR, "ann@example.com", "", true, now()), 0);
        settle(w);
        assert_int_equal(n_handed, 1);
        assert_true(handed[0].mail);
        assert_string_equal(handed[0].to, "ann@example.com");
        for (char *soft; (soft = strstr(handed[0].body, "=\r\n"));)
                memmove(soft, soft + 3, strlen(soft + 3) + 1);
        token = strstr(handed[0].body, link);
        assert_non_null(token);
        sha256(token + strlen(link), TOKEN_CHARS, hash);
        assert_int_equal(store_wish_by_token(w->d.store, w->d.arena, hash, 0, &found), 0);
        came_of(w, 0, WIRE_LATER, "451 come again");
        assert_int_equal(ask(&w->d, "SELECT failures FROM wish"), 1);
        run_sql(&w->d, "UPDATE wish SET due = 1");
        assert_int_equal(store_wish_add(w->d.store, WISH_BY_VISITOR, "bob@example.com", "", false, now()), 0); /* stirs */
        settle(w);
        assert_int_equal(n_handed, 2);
        came_of(w, 1, WIRE_TAKEN, "");
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM wish_token"), 2);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM wish WHERE due > 0"), 0);
}

static void what_went_out_is_forgotten(void **state) {
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);
        auto_(free) char *many = textf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO outbox (kind, maintenance, maintenance_id, text,"
                                       " created_at) SELECT 'scheduled', 1, 'm', 't', %" PRIu64 " FROM n", now() - 31 * USEC_PER_DAY);

        run_sql(&w->d, many);
        an_event(&w->d, &m, "young", now() - 29 * USEC_PER_DAY);
        (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, "asked@example.com", 0, NULL, 0);
        run_sql(&w->d, "UPDATE subscriber SET created_at = 1");
        start(w);
        settle(w);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM outbox"), 1);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
}

static void wants_the_password_of_its_user(void **state) {
        World *w = *state;
        auto_(free) char *error = NULL;

        w->site->notices.mail_user = "page";
        assert_true(deliver_new(&w->page, "/nowhere", &w->deliver, &error) < 0);
        assert_non_null(error);
        assert_non_null(strstr(error, "smtp-password"));
}

/* As a window may have 500, and four webhooks are under way at once. */
static void a_webhook_has_the_last_updates(void **state) {
        auto_(free) char *words = text_of("", "wordy ", PAGE_MESSAGE_BYTES_MAX / 6, "");
        World *w = *state;
        Maintenance m = a_window(&w->d, NULL, 0);

        (void) a_subscriber(&w->d, SUBSCRIBER_WEBHOOK, "https://h/", T0, NULL, 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(store_update_add(w->d.store, m.seq, m.state, i < 90 ? "before" : i < 99 ? words : "the last", T0), 0);
        start(w);
        an_event(&w->d, &m, "text", now());
        settle(w);
        assert_int_equal(n_handed, 1);
        assert_non_null(strstr(handed[0].body, "\"the last\""));
        assert_null(strstr(handed[0].body, "before"));
        assert_in_range(strlen(handed[0].body), 3 * PAGE_MESSAGE_BYTES_MAX, 5 * PAGE_MESSAGE_BYTES_MAX);
        came_of(w, 0, WIRE_TAKEN, NULL);
}

#define TEST(name, function) { name, function, begin, end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("what came of a message decides when it goes again", came),
                TEST("a mail reads no updates", a_mail_reads_no_updates),
                TEST("a webhook has the last updates, up to 64 KiB", a_webhook_has_the_last_updates),
                TEST("to one subscriber messages go in order, one after the other", goes_in_order_and_not_at_once),
                TEST("mail and webhooks have four places each", a_lane_has_four_places_and_holds_up_no_other),
                TEST("after an outage one goes ahead of the others", after_an_outage_one_goes_ahead),
                TEST("what is too old is not sent", what_is_too_old_is_not_sent),
                TEST("without a server mail waits", without_a_server_mail_waits),
                TEST("one that was dropped under way holds up no other", one_that_was_dropped_under_way_holds_up_no_other),
                TEST("a store that cannot be written slows delivery down", a_store_that_cannot_be_written_slows_down),
                TEST("what cannot be given up is tried again slowly", what_cannot_be_given_up_is_tried_again_slowly),
                TEST("a question has a token of its own, which is not stored", a_question_has_a_token_of_its_own),
                TEST("what went out, and who never answered, is forgotten", what_went_out_is_forgotten),
                TEST("wants the password of its user", wants_the_password_of_its_user),
        };

        return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
