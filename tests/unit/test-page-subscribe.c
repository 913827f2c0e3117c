/*
 * Subscribing and unsubscribing: what a visitor may, what a link that is only looked at does not, and what nobody learns
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"
#include "page/subscribe/subscribe.h"
#include "page/subscribe/wish.h"

#define AT ((Now) { T0, 10 * USEC_PER_DAY })

/* The request in hand. */
static const char *site, *origin, *forwarded;

const char *request_header(const Request *q, const char *name) {
        return strcmp(name, "Sec-Fetch-Site") == 0 ? site : strcmp(name, "Origin") == 0 ? origin : strcmp(name, "Host") == 0 ? "status.example.com" : NULL;
}

const char *request_header_all(const Request *q, const char *name) {
        return strcmp(name, "X-Forwarded-For") == 0 ? forwarded : NULL;
}

const char *request_query(const Request *q, const char *name) {
        return NULL;
}

int request_peer(const Request *q, unsigned char ret[static 16]) {
        return address_parse("127.0.0.1", ret);
}

void response_header(Response *a, const char *name, const char *value) {
        a->headers[a->n_headers].name = name;
        a->headers[a->n_headers++].value = value;
}

typedef struct World {
        Depot d;
        Site *site;
        Page page;
        char *body;                     /* of the last answer, owned */
        const char *retry;              /* its Retry-After */
        unsigned visitor;
} World;

static int begin(void **state) {
        World *w = calloc(1, sizeof(*w));

        depot_begin(&w->d);
        assert_int_equal(site_default(&w->site), 0);
        w->site->url = "https://status.example.com";
        w->site->notices.mail_server = "smtp://127.0.0.1";
        w->site->notices.mail_from = "status@example.com";
        assert_int_equal(networks_parse("127.0.0.1", &w->site->notices.proxies), 0);
        w->page = (Page) { .store = w->d.store, .site = w->site, .visitors = visitors_new() };
        site = origin = forwarded = NULL;
        *state = w;
        return 0;
}

static int end(void **state) {
        World *w = *state;

        free(w->body);
        (void) visitors_free(w->page.visitors);
        (void) site_free(w->site);
        depot_end(&w->d);
        free(w);
        return 0;
}

/* @body: NULL for a GET. Each request is of another visitor, unless @forwarded was set. */
static unsigned request(World *w, const char *path, const char *body) {
        auto_(arena_free) Arena *a = arena_new();
        const char *whose = forwarded;
        Request q = { .arena = a, .method = body ? METHOD_POST : METHOD_GET, .method_name = body ? "POST" : "GET", .path = path, .body = body, .now = AT };
        Response answer = { 0 };

        q.body_size = body ? strlen(body) : 0;
        if (!whose)
                forwarded = arena_printf(a, "192.0.2.%u", ++w->visitor);
        assert_true(subscribe_knows(&w->page, path));
        subscribe_answer(&w->page, &q, &answer);
        forwarded = whose;
        free(w->body);
        w->body = strndup(answer.body, answer.size);
        free(answer.body);
        w->retry = NULL;
        for (size_t i = 0; i < answer.n_headers; i++)
                if (strcmp(answer.headers[i].name, "Retry-After") == 0)
                        w->retry = "given";
        return answer.status;
}

static void takes_addresses(void **state) {
        static const struct { const char *body; unsigned status; const char *wish; } rows[] = {
                { "address=Ann%40Example.com", 200, "ann@example.com" },
                { "address=+ann%40example.com", 200, "ann@example.com" },
                { "address=ann%2Bx%40example.com&service=svc_none", 200, "ann+x@example.com" },
                { "address=ann%40example.com&service=svc_none&service=a+b", 200, "ann@example.com" },
                { "address=ann%40example.com&service=a+b", 400, NULL }, /* it wanted something, and not all */
                { "address=ann%40example.com&service=", 400, NULL },
                { "address=ann%40example.com&service=svc_0123456789012345678901234567890123456789", 400, NULL },
                { "address=ann", 400, NULL },
                { "address=", 400, NULL },
                { "", 400, NULL },
                { "other=ann%40example.com", 400, NULL },
                { "address=ann%40example.com%0D%0ABcc%3A+x%40example.com", 400, NULL },
                { "address=ann%40example.com%2Cbob%40example.com", 400, NULL },
                { "address=%3Cscript%3E", 400, NULL },
                { "address=%zz", 400, NULL },
                { "address=%00", 400, NULL },
        };
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                unsigned status = request(w, "/subscribe", rows[i].body);
                auto_(free) char *query = textf("SELECT count(*) FROM wish WHERE endpoint = '%s'", rows[i].wish ? rows[i].wish : "");

                if (status != rows[i].status || ask(&w->d, "SELECT count(*) FROM wish") != (rows[i].wish ? 1 : 0) || (rows[i].wish && ask(&w->d, query) != 1))
                        fail_msg("%s: %u", rows[i].body, status);
                assert_null(strstr(w->body, "<script>"));
                run_sql(&w->d, "DELETE FROM wish");
        }
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
}

static void what_is_wrong_stands_where_it_is(void **state) {
        static const struct { const char *body; bool address; } rows[] = {
                { "address=ann&service=svc_none", true }, { "address=ann&service=a+b", true }, { "address=ann%40example.com&service=a+b", false },
                { "address=Ann%40Example.com&service=", false },
        };
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                (void) request(w, "/subscribe", rows[i].body);
                if (!strstr(w->body, "That is no e-mail address") != !rows[i].address || !strstr(w->body, "aria-invalid") != !rows[i].address ||
                    !strstr(w->body, "The services that were chosen") != rows[i].address)
                        fail_msg("%s: %s", rows[i].body, w->body);
        }
        assert_non_null(strstr(w->body, "value=\"ann@example.com\""));
}

static void nobody_learns_who_is_subscribed(void **state) {
        World *w = *state;
        auto_(free) char *unknown = NULL;

        (void) a_subscriber(&w->d, SUBSCRIBER_EMAIL, "ann@example.com", T0, NULL, 0);
        assert_int_equal(request(w, "/subscribe", "address=bob%40example.com"), 200);
        unknown = strdup(w->body);
        assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 200);
        assert_string_equal(w->body, unknown);
        for (unsigned i = 0; i < PAGE_WISHES_OWN_MAX + 1; i++) {
                assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 200); /* asked often enough: the same again */
                assert_string_equal(w->body, unknown);
        }
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM wish WHERE due > 0 AND endpoint = 'ann@example.com'"), PAGE_WISHES_OWN_MAX);
        assert_int_equal(request(w, "/unsubscribe/0123", ""), 200);
        free(unknown);
        unknown = strdup(w->body);
        run_sql(&w->d, "UPDATE subscriber SET leave = '0123456789abcdefghjkmnpqrstvwxyz01234567'");
        assert_int_equal(request(w, "/unsubscribe/0123456789abcdefghjkmnpqrstvwxyz01234567", ""), 200);
        assert_string_equal(w->body, unknown);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
}

static void a_visitor_sends_so_many_forms(void **state) {
        World *w = *state;

        forwarded = "192.0.2.1";
        for (unsigned i = 0; i < PAGE_FORM_POSTS_MAX; i++)
                assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 200);
        assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 429);
        assert_non_null(w->retry);
        forwarded = "192.0.2.9, 192.0.2.1"; /* what stands before it anybody can write */
        assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 429);
        forwarded = "192.0.2.2";
        assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 200);
}

static void forms_of_other_pages_are_refused(void **state) {
        static const struct { const char *site, *origin; unsigned status; } rows[] = {
                { NULL, NULL, 200 }, { "same-origin", NULL, 200 }, { "none", NULL, 200 }, { "cross-site", NULL, 403 }, { "same-site", NULL, 403 },
                { NULL, "https://status.example.com", 200 }, { NULL, "https://evil.example", 403 }, { NULL, "https://status.example.com.evil.example", 403 },
                { "cross-site", "https://status.example.com", 403 },
        };
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                site = rows[i].site;
                origin = rows[i].origin;
                if (request(w, "/subscribe", "address=ann%40example.com") != rows[i].status)
                        fail_msg("row %zu", i);
        }
}

static void a_link_that_is_looked_at_changes_nothing(void **state) {
        static const char token[TOKEN_CHARS + 1] = "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk";
        World *w = *state;
        auto_(free) char *confirm = textf("/subscribe/confirm/%s", token), *leave = NULL;
        unsigned char hash[SHA256_SIZE];
        Subscriber s;

        assert_int_equal(request(w, "/subscribe", "address=ann%40example.com"), 200);
        sha256(token, TOKEN_CHARS, hash);
        assert_int_equal(store_wish_token(w->d.store, 1, hash), 0);
        assert_int_equal(request(w, confirm, NULL), 200);
        assert_non_null(strstr(w->body, "ann@example.com"));
        assert_non_null(strstr(w->body, "method=\"post\""));
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
        site = "cross-site";
        assert_int_equal(request(w, confirm, ""), 403);
        site = NULL;
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
        assert_int_equal(request(w, confirm, ""), 200);
        assert_int_equal(store_subscriber_by_endpoint(w->d.store, w->d.arena, SUBSCRIBER_EMAIL, "ann@example.com", &s), 0);
        assert_int_equal(s.confirmed_at, T0);
        assert_int_equal(request(w, confirm, ""), 404); /* it works once */

        leave = textf("/unsubscribe/%s", s.leave);
        assert_int_equal(request(w, leave, NULL), 200);
        assert_null(strstr(w->body, "ann@example.com")); /* whoever has a forwarded mail learns no address */
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 1);
        site = "cross-site"; /* RFC 8058: a mail program posts from elsewhere */
        assert_int_equal(request(w, leave, "List-Unsubscribe=One-Click"), 200);
        assert_int_equal(ask(&w->d, "SELECT count(*) FROM subscriber"), 0);
}

static void without_a_mail_server_there_is_only_the_way_out(void **state) {
        World *w = *state;

        w->site->notices.mail_server = NULL;
        assert_false(subscribe_knows(&w->page, "/subscribe"));
        assert_false(subscribe_knows(&w->page, "/subscribe/confirm/x"));
        assert_true(subscribe_knows(&w->page, "/unsubscribe/x"));
        assert_false(subscribe_knows(&w->page, "/subscribed"));
        assert_int_equal(request(w, "/unsubscribe/x", ""), 200);
}

#define TEST(name, function) { name, function, begin, end, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("takes addresses, and stores nothing else", takes_addresses),
                TEST("what is wrong is said where it stands", what_is_wrong_stands_where_it_is),
                TEST("nobody learns who is subscribed, or was", nobody_learns_who_is_subscribed),
                TEST("a visitor sends so many forms, whatever a header says", a_visitor_sends_so_many_forms),
                TEST("forms of other pages are refused", forms_of_other_pages_are_refused),
                TEST("a link that is looked at changes nothing; one that is pressed works once", a_link_that_is_looked_at_changes_nothing),
                TEST("without a mail server there is only the way out", without_a_mail_server_there_is_only_the_way_out),
        };

        return cmocka_run_group_tests_name("subscribing", tests, NULL, NULL);
}
