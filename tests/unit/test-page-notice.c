/*
 * Notices: what a mail and a webhook say of a window, and what they never say
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page-example.h"
#include "page/subscribe/notice.h"

#define ADDRESS "ann+x@example.com"

static Subscriber ann(void) {
        return (Subscriber) { .seq = 1, .id = "sub_1", .endpoint = ADDRESS, .kind = SUBSCRIBER_EMAIL, .created_at = 1, .confirmed_at = 1, .leave = "0123leave" };
}

static Notice about(Example *x, const Subscriber *to, const Occasion *o) {
        x->site->title = "Status " NASTY;
        x->site->url = "https://status.example.com";
        x->site->notices.mail_from = "status@example.org";
        return (Notice) { .site = x->site, .arena = x->arena, .to = to, .event = 7, .kind = "scheduled", .text = "Scheduled: " NASTY, .about = o, .at = EXAMPLE_NOW };
}

static char *mail_of(const Notice *n) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_int_equal(notice_mail(f, n), 0);
        assert_int_equal(fclose(f), 0);
        return text;
}

/* Quoted-printable undone, so that a piece is found wherever a line was broken. */
static char *plain(const char *mail) {
        char *text = strdup(mail), *to = text;

        for (const char *p = mail; *p; p++)
                if (text_starts(p, "=\r\n"))
                        p += 2;
                else if (*p == '=' && p[1] && p[2] && strspn(p + 1, "0123456789ABCDEF") >= 2) {
                        *to++ = (char) strtoul((char[]) { p[1], p[2], '\0' }, NULL, 16);
                        p += 2;
                } else
                        *to++ = *p;
        *to = '\0';
        return text;
}

static void a_mail_says(void **state) {
        static const char *const pieces[] = {
                "Message-ID: <event-7.sub_1@example.org>\r\n", "List-Unsubscribe:\r\n <https://status.example.com/unsubscribe/0123leave>\r\n", "To: <" ADDRESS ">\r\n",
                "From: =?UTF-8?B?",
                /* as text, and as HTML */
                "Move " NASTY, "Move " NASTY_HTML, "**Why** " NASTY, "<strong>Why</strong> " NASTY_HTML, "API " NASTY, "API " NASTY_HTML,
                "https://status.example.com/maintenance/maint_run", "href=\"https://status.example.com/maintenance/maint_run\"",
                "href=\"https://status.example.com/unsubscribe/0123leave\"", "because " ADDRESS " is subscribed",
        };
        Example *x = *state;
        Subscriber to = ann();
        Notice n = about(x, &to, &x->running);
        auto_(free) char *mail = mail_of(&n), *text = plain(mail);

        for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
                if (!strstr(text, pieces[i]))
                        fail_msg("it does not say: %s\n%s", pieces[i], text);
        assert_null(strstr(text, "secret"));
        assert_null(strstr(strstr(text, "text/html"), "<b>"));
        assert_int_equal(count(mail, "Message-ID:"), 1);
}

static void a_message_stands_above_the_rest(void **state) {
        Example *x = *state;
        Subscriber to = ann();
        Notice n = about(x, &to, &x->upcoming);
        auto_(free) char *mail = NULL, *text = NULL;

        n.message = "It *takes* longer";
        mail = mail_of(&n);
        text = plain(mail);
        assert_non_null(strstr(text, "It *takes* longer"));
        assert_non_null(strstr(text, "It <em>takes</em> longer"));
        assert_true(strstr(text, "It *takes*") < strstr(text, "Move "));
}

static void what_is_sent_twice_is_equal(void **state) {
        Example *x = *state;
        Subscriber to = ann();
        Notice n = about(x, &to, &x->running);
        auto_(free) char *first = mail_of(&n), *second = mail_of(&n);

        assert_string_equal(first, second);
}

/* Subject and headline too, and no time but the page's own; a webhook is told the same in any language. */
static void a_mail_speaks_the_language_of_its_page(void **state) {
        static const struct { EventKind kind; const char *message, *says; } rows[] = {
                { EVENT_SCHEDULED, NULL, "Geplante Wartung: Plattentausch · Di., 2. Feb., 03:30\u00a0Uhr – 05:30\u00a0Uhr CET (Europe/Berlin)\n" },
                { EVENT_REMINDER, NULL, "Bald beginnt die Wartung: Plattentausch · Di., 2. Feb., 03:30\u00a0Uhr" },
                { EVENT_IN_PROGRESS, "Los", "Wartung läuft: Plattentausch\n" },
                { EVENT_UPDATED, NULL, "Neues Ende der Wartung: Plattentausch · Di., 2. Feb., 03:30\u00a0Uhr" },
                { EVENT_RESCHEDULED, NULL, "Wartung verschoben: Plattentausch · Di., 2. Feb., 03:30\u00a0Uhr" },
                { EVENT_COMPLETED, NULL, "Wartung abgeschlossen: Plattentausch\n" },
                { EVENT_CANCELLED, NULL, "Wartung abgesagt: Plattentausch\n" },
                { EVENT_UPDATE, "Halb fertig", "Neues zur Wartung: Plattentausch\n" },
                { EVENT_UPDATE, NULL, "Betrifft Ihre Dienste nicht mehr: Plattentausch\n" },
        };
        auto_(zones_free) Zones *zones = NULL;
        Example *x = *state;
        Subscriber to = ann();

        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(zones_get(zones, "Europe/Berlin", &x->site->voice.zone), 0);
        x->site->voice.language = LANGUAGE_DE;
        x->upcoming.m.title = "Plattentausch";
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Notice n = about(x, &to, &x->upcoming);
                auto_(free) char *mail = NULL, *text = NULL;

                x->site->title = "Beispiel";
                n.kind = event_to_string(rows[i].kind);
                n.message = rows[i].message;
                mail = mail_of(&n);
                text = plain(mail);
                for (char *cr; (cr = strchr(text, '\r'));)
                        memmove(cr, cr + 1, strlen(cr + 1) + 1);
                if (!strstr(text, rows[i].says) || strstr(text, "Scheduled: ") || strstr(text, "UTC"))
                        fail_msg("it does not say: %s\n%s", rows[i].says, text);
        }
}

static void a_webhook_says(void **state) {
        Example *x = *state;
        Subscriber to = { .seq = 2, .id = "sub_2", .endpoint = "https://h/", .kind = SUBSCRIBER_WEBHOOK, .secret = "whsec_x", .leave = "l" };
        Notice n = about(x, &to, &x->running);
        auto_(free) char *text = NULL;
        const json_t *m;
        json_t *body;
        size_t size;
        FILE *f;

        n.message = "said";
        f = open_memstream(&text, &size);
        assert_int_equal(notice_json(f, &n), 0);
        assert_int_equal(fclose(f), 0);
        body = json_loads(text, 0, NULL);
        assert_non_null(body);
        assert_string_equal(json_string_value(json_object_get(body, "event")), "maintenance.scheduled");
        assert_string_equal(json_string_value(json_object_get(body, "id")), "evt_7");
        assert_string_equal(json_string_value(json_object_get(body, "timestamp")), "2027-02-01T02:30:00.000Z");
        assert_string_equal(json_string_value(json_object_get(body, "text")), "Scheduled: " NASTY);
        assert_string_equal(json_string_value(json_object_get(body, "message")), "said");
        assert_string_equal(json_string_value(json_object_get(body, "url")), "https://status.example.com/maintenance/maint_run");
        m = json_object_get(json_object_get(body, "data"), "maintenance");
        assert_string_equal(json_string_value(json_object_get(m, "id")), "maint_run");
        assert_null(json_object_get(m, "external_id"));
        assert_null(json_object_get(m, "owner"));
        assert_null(strstr(text, "secret"));
        assert_null(strstr(text, "whsec"));
        json_decref(body);
}

static void a_question_asks(void **state) {
        Example *x = *state;
        Subscriber to = ann();
        Notice n = about(x, &to, &x->running);
        auto_(free) char *mail = NULL, *text = NULL;
        size_t size;
        FILE *f = open_memstream(&mail, &size);

        assert_int_equal(notice_question(f, x->arena, n.site, ADDRESS, "0123token", 5, EXAMPLE_NOW), 0);
        assert_int_equal(fclose(f), 0);
        text = plain(mail);
        assert_non_null(strstr(text, "Confirm: https://status.example.com/subscribe/confirm/0123token"));
        assert_non_null(strstr(text, "href=\"https://status.example.com/subscribe/confirm/0123token\""));
        assert_non_null(strstr(text, "that " ADDRESS " be told"));
        assert_non_null(strstr(text, "Message-ID: <wish-5."));
        assert_null(strstr(text, "List-Unsubscribe"));
}

/* RFC 4231, test cases 1 and 2. */
static void signs_as_everybody_does(void **state) {
        static const struct { const char *key, *body, *signature; } rows[] = {
                { "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
                { "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        };
        char signature[SIGNATURE_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_string_equal(notice_sign(rows[i].key, rows[i].body, strlen(rows[i].body), signature), rows[i].signature);
}

#define TEST(name, function) { name, function, example_begin, example_end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("a mail says when, what and why, escaped where it is HTML, and how to leave", a_mail_says),
                TEST("a message stands above the rest", a_message_stands_above_the_rest),
                TEST("what is sent twice is equal to the byte", what_is_sent_twice_is_equal),
                TEST("a mail speaks the language of its page", a_mail_speaks_the_language_of_its_page),
                TEST("a webhook says what the API does, without what is nobody's business", a_webhook_says),
                TEST("a question has the link that agrees, and none that leaves", a_question_asks),
                TEST("signs as everybody does", signs_as_everybody_does),
        };

        return cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}
