/*
 * Settings of notices: each alone, and what they are together
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "page/subscribe/notices.h"
#include "page/subscribe/subscriber.h"

static const struct row {
        const char *key, *text;
        bool fits;
} rows[] = {
        { "mail_server", "smtp://mail.example.com:587", true },
        { "mail_server", "smtps://mail.example.com", true },
        { "mail_server", "smtp://127.0.0.1:25", true },
        { "mail_server", "smtp://[::1]:25", true },
        { "mail_server", "mail.example.com", false },
        { "mail_server", "http://mail.example.com", false },
        { "mail_server", "smtp://", false },
        { "mail_server", "smtp://mail.example.com/path", false },
        { "mail_server", "smtp://mail.example.com?x", false },
        { "mail_server", "smtp://user:password@mail.example.com", false },
        { "mail_server", "smtp://mail.example.com:0", false },
        { "mail_server", "smtp://mail.example.com\r\nRCPT", false },
        { "mail_from", "status@example.com", true },
        { "mail_from", "status", false },
        { "mail_from", "Status <status@example.com>", false },
        { "mail_from", "status@example.com\r\nBcc: x@example.com", false },
        { "mail_user", "page", true },
        { "mail_user", "page@example.com", true },
        { "mail_user", "", false },
        { "mail_user", "a b", false },
        { "mail_user", "a\r\nb", false },
        { "mail_user", "é", false },
        { "mail_ca", "/etc/ssl/own.pem", true },
        { "mail_ca", "own.pem", false },
        { "mail_ca", "", false },
        { "mail_tls", "none", true },
        { "mail_tls", "required", true },
        { "mail_tls", "maybe", false },
        { "webhook_networks", "10.0.0.0/8 fd00::/8", true },
        { "webhook_networks", "10.0.0.1/8", false },
        { "webhook_networks", "1.0.0.0/8 2.0.0.0/8 3.0.0.0/8 4.0.0.0/8 5.0.0.0/8 6.0.0.0/8 7.0.0.0/8 8.0.0.0/8 9.0.0.0/8 10.0.0.0/8 11.0.0.0/8 12.0.0.0/8 13.0.0.0/8 14.0.0.0/8"
                              " 15.0.0.0/8 16.0.0.0/8 17.0.0.0/8", false },
        { "trusted_proxies", "unix 127.0.0.1", true },
        { "trusted_proxies", "proxy.example.com", false },
        { "notice_retry", "1min", true },
        { "notice_retry", "1h", true },
        { "notice_retry", "61min", false },
        { "notice_retry", "0s", false },
        { "notice_retry", "soon", false },
        { "notice_give_up", "7d", true },
        { "notice_give_up", "8d", false },
        { "notice", "1", false },
};

static void takes_what_it_means(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(site_free) Site *s = NULL;
                const char *wrong;

                assert_int_equal(site_default(&s), 0);
                wrong = notices_take(s, rows[i].key, rows[i].text);
                if (!wrong != rows[i].fits)
                        fail_msg("%s: %s: %s", rows[i].key, rows[i].text, wrong ? wrong : "was taken");
        }
}

static const struct whole {
        const char *server, *from, *user, *tls, *url;
        const char *wrong;              /* a piece of what is said; NULL: it is complete */
} wholes[] = {
        { NULL, NULL, NULL, NULL, NULL, NULL },
        { NULL, NULL, NULL, NULL, "https://status.example.com", NULL },
        { NULL, "status@example.com", NULL, NULL, NULL, "there is no mail_server" },
        { NULL, NULL, "page", NULL, NULL, "there is no mail_server" },
        { NULL, NULL, NULL, "none", NULL, "there is no mail_server" },
        { "smtp://mail.example.com", NULL, NULL, NULL, "https://status.example.com", "needs mail_from" },
        { "smtp://mail.example.com", "status@example.com", NULL, NULL, NULL, "needs url" },
        { "smtp://mail.example.com", "status@example.com", NULL, NULL, "https://status.example.com", NULL },
        { "smtp://mail.example.com", "status@example.com", NULL, "none", "https://status.example.com", "loopback alone" },
        { "smtp://127.0.0.1.example.com", "status@example.com", NULL, "none", "https://status.example.com", "loopback alone" },
        { "smtp://127.0.0.1", "status@example.com", NULL, "none", "https://status.example.com", NULL },
        { "smtp://[::1]:25", "status@example.com", NULL, "none", "https://status.example.com", NULL },
        { "smtp://localhost:25", "status@example.com", NULL, "none", "https://status.example.com", NULL },
};

static void is_complete_or_says_what_is_missing(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
                const struct whole *w = &wholes[i];
                auto_(site_free) Site *s = NULL;
                const char *wrong;

                assert_int_equal(site_default(&s), 0);
                s->url = w->url;
                if (w->server)
                        assert_null(notices_take(s, "mail_server", w->server));
                if (w->from)
                        assert_null(notices_take(s, "mail_from", w->from));
                if (w->user)
                        assert_null(notices_take(s, "mail_user", w->user));
                if (w->tls)
                        assert_null(notices_take(s, "mail_tls", w->tls));
                wrong = notices_complete(s);
                if (!wrong != !w->wrong || (wrong && !strstr(wrong, w->wrong)))
                        fail_msg("whole %zu: %s", i, wrong ? wrong : "was taken");
        }
}

/* As long as a line of a mail may be, and one more. */
static void its_links_fit_into_mails(void **state) {
        for (size_t more = 0; more < 2; more++) {
                auto_(site_free) Site *s = NULL;
                auto_(free) char *url = calloc(1, 1024);
                size_t n = 998 - strlen(" </unsubscribe/>") - LEAVE_CHARS + more;

                assert_int_equal(site_default(&s), 0);
                memset(url, 'x', n);
                memcpy(url, "https://h/", strlen("https://h/"));
                s->url = url;
                assert_null(notices_take(s, "mail_server", "smtp://mail.example.com"));
                assert_null(notices_take(s, "mail_from", "status@example.com"));
                assert_int_equal(notices_complete(s) == NULL, more == 0);
        }
}

static void has_pauses_when_none_are_said(void **state) {
        auto_(site_free) Site *s = NULL;

        assert_int_equal(site_default(&s), 0);
        assert_int_equal(s->notices.retry, NOTICES_RETRY);
        assert_int_equal(s->notices.give_up, NOTICES_GIVE_UP);
        assert_null(notices_take(s, "notice_retry", "5s"));
        assert_null(notices_complete(s));
        assert_int_equal(s->notices.retry, 5 * USEC_PER_SEC);
        assert_false(s->notices.mail_plain);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "each setting takes what it means and refuses the rest", takes_what_it_means, NULL, NULL, NULL },
                { "together they are complete, or what is missing is said", is_complete_or_says_what_is_missing, NULL, NULL, NULL },
                { "a link that would not fit into a line of a mail is refused", its_links_fit_into_mails, NULL, NULL, NULL },
                { "has pauses when none are said, and wants TLS", has_pauses_when_none_are_said, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("settings of notices", tests, NULL, NULL);
}
