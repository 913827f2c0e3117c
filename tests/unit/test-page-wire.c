/*
 * The wire and its crew: what each answer means, and that nobody who keeps silent holds up anything
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>

#include "base/text.h"
#include "http-peer.h"
#include "page/subscribe/wire.h"
#include "smtp-peer.h"

#define PATIENCE (20 * USEC_PER_SEC)
#define MAIL "Subject: x\r\n\r\n.dot\r\ntext\r\n"

typedef struct World {
        sd_event *event;
        SmtpPeer *smtp;
        Peer *http;
        Wire *wire;
        Notices notices;
        char server[64];
        unsigned told;
        WireResult result;              /* of the last one */
        char why[300];
} World;

static int begin(void **state) {
        World *w = calloc(1, sizeof(*w));

        (void) signal(SIGPIPE, SIG_IGN);
        assert_int_equal(sd_event_new(&w->event), 0);
        w->smtp = smtp_peer_new(w->event);
        w->http = peer_new(w->event, NULL);
        assert_int_equal(wire_new(w->event, &w->wire), 0);
        (void) snprintf(w->server, sizeof(w->server), "smtp://127.0.0.1:%u", smtp_peer_port(w->smtp));
        w->notices = (Notices) { .mail_server = w->server, .mail_from = "status@example.com", .mail_plain = true };
        assert_int_equal(networks_parse("127.0.0.0/8", &w->notices.webhooks), 0);
        *state = w;
        return 0;
}

static int end(void **state) {
        World *w = *state;

        (void) wire_free(w->wire);
        (void) smtp_peer_free(w->smtp);
        (void) peer_free(w->http);
        (void) sd_event_unref(w->event);
        free(w);
        return 0;
}

static void on_done(void *userdata, WireResult result, const char *why) {
        World *w = userdata;

        w->told++;
        w->result = result;
        (void) snprintf(w->why, sizeof(w->why), "%s", why);
}

static void send_mail(World *w, const char *to) {
        Parcel p = { .notices = &w->notices, .hello = "status.example.com", .to = to, .mail = true, .body = strdup(MAIL), .size = strlen(MAIL) };

        assert_int_equal(wire_send(w->wire, &p, on_done, w), 0);
}

static void send_hook(World *w, const char *path) {
        auto_(free) char *url = textf("http://127.0.0.1:%u%s", peer_port(w->http), path);
        Parcel p = { .notices = &w->notices, .to = url, .signature = "0123abcd", .body = strdup("{}"), .size = 2 };

        assert_int_equal(wire_send(w->wire, &p, on_done, w), 0);
}

/* Lets the loop run until @condition, or fails. */
#define UNTIL(w, condition) \
        do { \
                usec_t _end = now_read().boot + PATIENCE; \
                while (!(condition)) { \
                        if (now_read().boot > _end) \
                                fail_msg("never happened: %s", #condition); \
                        assert_true(sd_event_run((w)->event, 50 * USEC_PER_MSEC) >= 0); \
                } \
        } while (0)

static const struct reply {
        const char *name, *verb, *reply;
        WireResult result;
        const char *why;
} replies[] = {
        { "all is well", NULL, NULL, WIRE_TAKEN, "" },
        { "the server is busy", "CONNECT", "421 come again", WIRE_DOWN, "421" },
        { "we are refused", "MAIL", "550 5.7.1 who are you", WIRE_DOWN, "550" },
        { "we are refused for now", "MAIL", "451 4.3.0 no room", WIRE_DOWN, "451" },
        { "the recipient is refused", "RCPT", "550 5.1.1 no such user", WIRE_NEVER, "550" },
        { "the recipient is refused for now", "RCPT", "451 4.7.1 greylisted", WIRE_LATER, "451" },
        { "no data is wanted", "DATA", "554 no", WIRE_NEVER, "554" },
        { "the mail is refused", ".", "554 5.6.0 spam", WIRE_NEVER, "554" },
        { "the mail is refused for now", ".", "451 4.3.0 disk full", WIRE_LATER, "451" },
        { "the mail is refused in two lines", ".", "451-4.3.0 disk\r\n451 4.3.0 full", WIRE_LATER, "451" },
};

static void means(void **state) {
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
                const struct reply *r = &replies[i];

                smtp_peer_answer(w->smtp, r->verb, r->reply);
                send_mail(w, "ann@example.com");
                UNTIL(w, w->told == i + 1);
                if (w->result != r->result || !strstr(w->why, r->why) || (!*r->why && r->result == WIRE_TAKEN && *w->why))
                        fail_msg("%s: %d, %s", r->name, (int) w->result, w->why);
                w->wire = wire_free(w->wire); /* each with a connection of its own */
                assert_int_equal(wire_new(w->event, &w->wire), 0);
        }
}

/* What a failed one left on its connection must not answer for the next one. */
static void a_connection_is_used_again_after_success_alone(void **state) {
        World *w = *state;

        for (unsigned i = 1; i <= 3; i++) {
                send_mail(w, "ann@example.com");
                UNTIL(w, w->told == i);
                assert_int_equal(w->result, WIRE_TAKEN);
        }
        assert_int_equal(smtp_peer_connections(w->smtp), 1);
        smtp_peer_answer(w->smtp, "RCPT", "550 no such user");
        send_mail(w, "gone@example.com");
        UNTIL(w, w->told == 4);
        smtp_peer_answer(w->smtp, NULL, NULL);
        send_mail(w, "ann@example.com");
        UNTIL(w, w->told == 5);
        assert_int_equal(w->result, WIRE_TAKEN);
        assert_int_equal(smtp_peer_connections(w->smtp), 2);
}

static void a_mail_goes_as_it_is(void **state) {
        World *w = *state;
        const char *said;

        send_mail(w, "ann@example.com");
        UNTIL(w, w->told == 1);
        said = smtp_peer_said(w->smtp);
        assert_non_null(strstr(said, "EHLO status.example.com\r\n"));
        assert_non_null(strstr(said, "MAIL FROM:<status@example.com>"));
        assert_non_null(strstr(said, "RCPT TO:<ann@example.com>\r\n"));
        assert_non_null(strstr(said, "\r\nSubject: x\r\n\r\n..dot\r\ntext\r\n.\r\n"));
}

/* The loop is this one's, so a wire that stood still would keep the mail server from ever being silent. */
static void who_keeps_silent_holds_up_nobody(void **state) {
        World *w = *state;

        smtp_peer_answer(w->smtp, ".", NULL);
        send_mail(w, "slow@example.com");
        UNTIL(w, smtp_peer_waiting(w->smtp) == 1);
        smtp_peer_answer(w->smtp, NULL, NULL);
        send_mail(w, "ann@example.com");
        UNTIL(w, w->told == 1);
        assert_int_equal(w->result, WIRE_TAKEN);
        send_hook(w, "/ok");
        UNTIL(w, w->told == 2);
        assert_int_equal(w->result, WIRE_TAKEN);
}

static void ends_at_once_whoever_keeps_silent(void **state) {
        static const char *const verbs[] = { "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "." };
        World *w = *state;
        usec_t begun = now_read().boot;

        for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++) {
                smtp_peer_answer(w->smtp, verbs[i], NULL);
                for (unsigned k = 0; k < 6; k++) /* more than there are threads: some have not begun */
                        send_mail(w, "ann@example.com");
                UNTIL(w, smtp_peer_waiting(w->smtp) >= 4 * (i + 1));
                w->wire = wire_free(w->wire);
                assert_int_equal(wire_new(w->event, &w->wire), 0);
        }
        assert_int_equal(w->told, 0);
        assert_true(now_read().boot - begun < PATIENCE);
        smtp_peer_answer(w->smtp, "QUIT", NULL);
        send_mail(w, "ann@example.com");
        UNTIL(w, w->told == 1);
        begun = now_read().boot;
        w->wire = wire_free(w->wire); /* its connection is open, and nobody would answer a QUIT */
        assert_true(now_read().boot - begun < PATIENCE);
}

static void so_many_wait_and_no_more(void **state) {
        World *w = *state;
        Parcel p = { .notices = &w->notices, .hello = "h", .to = "ann@example.com", .mail = true };
        unsigned sent = 0;
        int r;

        smtp_peer_answer(w->smtp, "CONNECT", NULL);
        do {
                p.body = strdup(MAIL);
                p.size = strlen(MAIL);
                r = wire_send(w->wire, &p, on_done, w);
                sent += r == 0;
        } while (r == 0 && sent < 1000);
        assert_int_equal(r, -EAGAIN);
        assert_in_range(sent, 64, 68);
}

static void tls_is_not_given_up(void **state) {
        World *w = *state;

        w->notices.mail_plain = false;
        send_mail(w, "ann@example.com");
        UNTIL(w, w->told == 1);
        assert_int_equal(w->result, WIRE_DOWN);
        assert_null(strstr(smtp_peer_said(w->smtp), "MAIL"));
}

static void a_hook_is_told(void **state) {
        static const struct { const char *path; WireResult result; const char *why; } rows[] = {
                { "/ok", WIRE_TAKEN, "" }, { "/redirect", WIRE_LATER, "it answered 302" }, { "/nonsense", WIRE_LATER, "" }, { "/shut", WIRE_LATER, "" },
                { "/flood", WIRE_TAKEN, "" },
        };
        World *w = *state;

        for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
                send_hook(w, rows[i].path);
                UNTIL(w, w->told == i + 1);
                if (w->result != rows[i].result || !strstr(w->why, rows[i].why))
                        fail_msg("%s: %d, %s", rows[i].path, (int) w->result, w->why);
                if (i > 0)
                        continue;
                assert_non_null(strstr(peer_last(w->http), "X-Kodo-Signature: 0123abcd\r\n"));
                assert_non_null(strstr(peer_last(w->http), "Content-Type: application/json\r\n"));
                assert_non_null(strstr(peer_last(w->http), "\r\n\r\n{}"));
        }
}

static void a_hook_leads_to_no_private_address(void **state) {
        World *w = *state;

        w->notices.webhooks.n = 0;
        send_hook(w, "/ok");
        UNTIL(w, w->told == 1);
        assert_int_equal(w->result, WIRE_LATER);
        assert_non_null(strstr(w->why, "not public"));
        assert_int_equal(peer_connections(w->http), 0);
}

#define TEST(name, function) { name, function, begin, end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("what a mail server says is taken for what it means", means),
                TEST("a connection is used again after success alone", a_connection_is_used_again_after_success_alone),
                TEST("a mail goes as it is, its dots doubled", a_mail_goes_as_it_is),
                TEST("a mail server that keeps silent holds up nobody", who_keeps_silent_holds_up_nobody),
                TEST("ends at once, wherever the mail server keeps silent", ends_at_once_whoever_keeps_silent),
                TEST("so many mails wait and no more", so_many_wait_and_no_more),
                TEST("nothing is sent to a mail server without TLS", tls_is_not_given_up),
                TEST("what a webhook answers is taken for what it means", a_hook_is_told),
                TEST("a webhook leads to no private address", a_hook_leads_to_no_private_address),
        };

        return cmocka_run_group_tests_name("the wire", tests, NULL, NULL);
}
