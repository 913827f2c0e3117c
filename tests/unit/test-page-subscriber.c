/*
 * What may be an endpoint, and what a body makes of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "page/subscribe/subscriber.h"

static void takes_addresses(void **state) {
        static const struct { const char *text, *taken; } rows[] = {
                { "ann@example.com", "ann@example.com" }, { "Ann.B+tag@Example.COM", "ann.b+tag@example.com" }, { "a@b.c", "a@b.c" },
                { "o'neil@sub.example.org", "o'neil@sub.example.org" }, { "x_y-z=1@xn--bcher-kva.example", "x_y-z=1@xn--bcher-kva.example" },
                { "", NULL }, { "ann", NULL }, { "@example.com", NULL }, { "ann@", NULL }, { "ann@localhost", NULL }, { ".a@example.com", NULL },
                { "a.@example.com", NULL }, { "a..b@example.com", NULL }, { "a b@example.com", NULL }, { "\"a b\"@example.com", NULL },
                { "a@b@example.com", NULL }, { "a@exa mple.com", NULL }, { "a@-example.com", NULL }, { "a@example-.com", NULL }, { "a@example..com", NULL },
                { "a@example.com.", NULL }, { "a@[127.0.0.1]", NULL }, { "a@example.com\r\nBcc: x@y.z", NULL }, { "a\r\n@example.com", NULL }, { "a@example.com\n", NULL },
                { "a@example.com>", NULL }, { "<a@example.com>", NULL }, { "a,b@example.com", NULL }, { "a;b@example.com", NULL }, { "é@example.com", NULL },
                { "a@é.com", NULL }, { "a\x7f@example.com", NULL }, { "a@ex_ample.com", NULL }, { "(x)a@example.com", NULL }, { "a\\b@example.com", NULL },
        };
        auto_(arena_free) Arena *a = arena_new();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                const char *wrong, *taken = mailbox_take(a, rows[i].text, &wrong);

                if (!text_equal(taken, rows[i].taken) || !taken != !!wrong)
                        fail_msg("%s became %s", rows[i].text, taken ? taken : "nothing");
        }
}

static void takes_hooks(void **state) {
        static const struct { const char *url; bool plain, fit; } rows[] = {
                { "https://hooks.example.com/a?b=c", false, true }, { "https://h/", false, true }, { "https://h", false, true }, { "https://h:8443/x", false, true },
                { "https://[2a00::1]:443/x", false, true }, { "https://192.0.2.1?x", false, true }, { "http://h/", true, true },
                { "http://h/", false, false }, { "ftp://h/", true, false }, { "https://", false, false }, { "https:///x", false, false }, { "h/", true, false },
                { "https://u@h/", false, false }, { "https://u:p@h/", false, false }, { "https://h/#f", false, false }, { "https://h/ x", false, false },
                { "https://h/\r\nX: y", false, false }, { "https://h:0/", false, false }, { "https://h:65536/", false, false }, { "https://h:/", false, false },
                { "https://h:80x/", false, false }, { "https://[::1/", false, false }, { "https://[x]/", false, false }, { "https://[]/", false, false },
                { "https://h\\@x/", false, false }, { "https://-h/", false, false }, { "https://h../", false, false }, { "HTTPS://h/", false, false },
                { "https://é/", false, false }, { "https://[::1]x/", false, false }, { "file:///etc/passwd", true, false }, { "https://h;x/", false, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (!webhook_refused(rows[i].url, rows[i].plain) != rows[i].fit)
                        fail_msg("%s: %s", rows[i].url, text_or(webhook_refused(rows[i].url, rows[i].plain), "was taken"));
}

static void finds_hosts(void **state) {
        static const struct { const char *url, *host; } rows[] = {
                { "https://h", "h" }, { "https://h:1/x", "h" }, { "https://[::1]:1/x", "::1" }, { "https://127.0.0.1?x:y", "127.0.0.1" },
        };
        auto_(arena_free) Arena *a = arena_new();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_string_equal(webhook_host(a, rows[i].url), rows[i].host);
}

static void reads_bodies(void **state) {
        static const struct { const char *body, *wrong; } rows[] = {
                { "{'type': 'email', 'endpoint': 'Ann@example.com'}", NULL },
                { "{'type': 'email', 'endpoint': 'ann@example.com', 'services': null}", NULL },
                { "{'type': 'webhook', 'endpoint': 'https://h/x', 'services': ['svc_1', 'svc_2', 'svc_1']}", NULL },
                { "{}", "type" }, { "{'type': 'email'}", "endpoint" }, { "{'type': 'pager', 'endpoint': 'x'}", "type" }, { "{'type': 7, 'endpoint': 'x'}", "type" },
                { "{'type': 'email', 'endpoint': 'https://h/x'}", "endpoint" }, { "{'type': 'webhook', 'endpoint': 'ann@example.com'}", "endpoint" },
                { "{'type': 'email', 'endpoint': 7}", "endpoint" }, { "{'type': 'email', 'endpoint': 'ann@example.com', 'services': 'svc_1'}", "services" },
                { "{'type': 'email', 'endpoint': 'ann@example.com', 'services': [1]}", "services" }, { "{'type': 'email', 'endpoint': 'ann@example.com', 'id': 'x'}", "id" },
                { "{'type': 'webhook', 'endpoint': 'http://h/x'}", "endpoint" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(arena_free) Arena *a = arena_new();
                auto_(free) char *text = strdup(rows[i].body);
                json_t *body, *errors = json_object();
                SubscriberDraft d;
                int r;

                for (char *p = text; (p = strchr(p, '\'')); p++)
                        *p = '"';
                body = json_loads(text, 0, NULL);
                assert_non_null(body);
                r = subscriber_read(a, body, false, &d, errors);
                assert_int_equal(r, rows[i].wrong ? -EINVAL : 0);
                if (rows[i].wrong)
                        assert_non_null(json_object_get(errors, rows[i].wrong));
                else if (d.kind == SUBSCRIBER_WEBHOOK)
                        assert_int_equal(d.n_services, 2);
                else
                        assert_string_equal(d.endpoint, "ann@example.com");
                json_decref(body);
                json_decref(errors);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "takes addresses that need no quoting, and no others", takes_addresses, NULL, NULL, NULL },
                { "takes URLs of webhooks, and no others", takes_hooks, NULL, NULL, NULL },
                { "finds the host of a URL", finds_hosts, NULL, NULL, NULL },
                { "reads bodies of requests", reads_bodies, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("subscribers", tests, NULL, NULL);
}
