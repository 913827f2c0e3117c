/*
 * Mails: what hostile texts become
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "page/subscribe/mail.h"

static char *written(const Mail *m) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        mail_write(f, m);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(strlen(text), size);
        return text;
}

static Mail plain_mail(void) {
        return (Mail) { .from_name = "Status", .from = "status@example.com", .to = "ann@example.com", .subject = "Hello", .message_id = "1@example.com",
                        .date = UINT64_C(1801447200) * USEC_PER_SEC, .text = "Text\n", .html = "<p>Text</p>\n" };
}

/* Every line ends in CRLF, is ASCII and short, and no header is there that should not be. */
static void check_wire(const char *text) {
        static const char *const names[] = { "From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "Auto-Submitted: ", "X-Auto-Response-Suppress: ", "Precedence: ",
                                             "List-Unsubscribe:", "List-Unsubscribe-Post: ", "MIME-Version: ", "Content-Type: " };
        bool body = false;
        unsigned boundaries = 0;

        for (const char *line = text; *line;) {
                const char *end = strstr(line, "\r\n");
                bool known = *line == ' ';

                assert_non_null(end);
                assert_true(end - line <= 78);
                for (const char *p = line; p < end; p++)
                        assert_true(*p >= ' ' && *p <= '~');
                for (size_t i = 0; i < ARRAY_SIZE(names) && !known; i++)
                        known = strncmp(line, names[i], strlen(names[i])) == 0;
                body = body || end == line;
                if (!body && !known)
                        fail_msg("a header that is not ours: %.*s", (int) (end - line), line);
                boundaries += strncmp(line, "--=_", 4) == 0;
                line = end + 2;
        }
        assert_true(body);
        assert_int_equal(boundaries, 3);
}

static const struct { const char *text, *line; } subjects[] = {
        { "Hello", "Subject: Hello\r\n" },
        { "two words", "Subject: two words\r\n" },
        { "é", "Subject: =?UTF-8?B?w6k=?=\r\n" },
        { "a\r\nBcc: x@example.com", "Subject: =?UTF-8?B?YSAgQmNjOiB4QGV4YW1wbGUuY29t?=\r\n" },
        { "a\nb", "Subject: =?UTF-8?B?YSBi?=\r\n" },
        { "=?UTF-8?B?w6k=?=", "Subject: =?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?=\r\n" },
        { " edge", "Subject: =?UTF-8?B?IGVkZ2U=?=\r\n" },
        { "a\xff" "b", "Subject: =?UTF-8?B?YT9i?=\r\n" },
        { "a\u202e" "b", "Subject: =?UTF-8?B?YSBi?=\r\n" },
        { "a\x7f", "Subject: =?UTF-8?B?YSA=?=\r\n" },
        { "", "Subject: \r\n" },
        { "aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc dddddddddddddddddddd", "Subject: aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc\r\n ddd" },
        { "漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢", "\r\n =?UTF-8?B?" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\r\n =?UTF-8?B?" },
};

static void writes_subjects(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
                Mail m = plain_mail();
                auto_(free) char *text = NULL;

                m.subject = subjects[i].text;
                text = written(&m);
                check_wire(text);
                if (!strstr(text, subjects[i].line))
                        fail_msg("%s became %s", subjects[i].text, text);
        }
}

static void writes_names(void **state) {
        static const struct { const char *name, *line; } rows[] = {
                { "Acme Status", "From: Acme Status\r\n <status@example.com>\r\n" }, { "Ünïcode", "From: =?UTF-8?B?w5xuw69jb2Rl?=\r\n <status@example.com>\r\n" },
                { "a <b@c>", "From: =?UTF-8?B?" }, { "a, b", "From: =?UTF-8?B?" }, { "\"x\"", "From: =?UTF-8?B?" }, { "a\r\nTo: y@z", "From: =?UTF-8?B?" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Mail m = plain_mail();
                auto_(free) char *text = NULL;

                m.from_name = rows[i].name;
                text = written(&m);
                check_wire(text);
                assert_true(text_starts(text, rows[i].line));
        }
}

static void writes_bodies(void **state) {
        static const struct { const char *body, *wire; } rows[] = {
                { "plain\n", "\r\n\r\nplain\r\n" }, { "no end", "\r\n\r\nno end\r\n" }, { "é = x\n", "=C3=A9 =3D x\r\n" }, { ".\n", "\r\n=2E\r\n" }, { "a\n.b\n", "\r\n=2Eb\r\n" },
                { "From me\n", "\r\n=46rom me\r\n" }, { "blank \nx\n", "blank=20\r\nx\r\n" }, { "tab\t\n", "tab=09\r\n" }, { "a\r\nb\r\n", "\r\na\r\nb\r\n" },
                { "--=_maintd_page_--\n", "--=3D_maintd_page_--\r\n" }, { "\x01\x7f\xff\n", "=01=7F=FF\r\n" },
                { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "xxx=\r\nxxx" },
                { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\n", "=\r\n=2E\r\n" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Mail m = plain_mail();
                auto_(free) char *text = NULL;

                m.text = rows[i].body;
                text = written(&m);
                check_wire(text);
                if (!strstr(text, rows[i].wire))
                        fail_msg("%s became %s", rows[i].body, text);
        }
}

static void names_what_a_list_does(void **state) {
        Mail m = plain_mail();
        auto_(free) char *without = written(&m), *with = NULL;

        m.leave = "https://status.example.com/unsubscribe/0123";
        with = written(&m);
        check_wire(with);
        assert_null(strstr(without, "List-"));
        assert_non_null(strstr(with, "List-Unsubscribe:\r\n <https://status.example.com/unsubscribe/0123>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert_non_null(strstr(with, "\r\nDate: Mon, 01 Feb 2027 02:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nAuto-Submitted: auto-generated\r\n"));
}

static void writes_dates(void **state) {
        static const struct { usec_t seconds; const char *text; } rows[] = {
                { 0, "Thu, 01 Jan 1970 00:00:00 +0000" }, { 1709251199, "Thu, 29 Feb 2024 23:59:59 +0000" }, { 1801447200, "Mon, 01 Feb 2027 02:00:00 +0000" },
                { 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000" },
        };
        char buf[MAIL_DATE_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_string_equal(mail_date_format(rows[i].seconds * USEC_PER_SEC, buf), rows[i].text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "no subject becomes a header or a long line", writes_subjects, NULL, NULL, NULL },
                { "no name becomes an address", writes_names, NULL, NULL, NULL },
                { "no body ends the mail or the part", writes_bodies, NULL, NULL, NULL },
                { "has the headers of a list's mail", names_what_a_list_does, NULL, NULL, NULL },
                { "writes dates as RFC 5322 has them", writes_dates, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("mails", tests, NULL, NULL);
}
