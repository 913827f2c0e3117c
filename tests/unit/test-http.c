/*
 * HTTP against a rude server on loopback (http-peer.c), one event loop for both
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "http-peer.h"
#include "io/http.h"

#define CANARY "canary-token-1234"
#define DEADLINE_USEC (20 * USEC_PER_SEC)
#define SHORT (150 * USEC_PER_MSEC)

typedef struct Test {
        sd_event *event;
        Peer *peer;
        HttpClient *client;
        Target target;
        char url[128];
        const char *secret;     /* what the SecretFn gives, NULL: -ENOENT */
        const char *why;        /* … and says, NULL: what a real one would */
        unsigned n_done, n_ok;
        uint64_t serial;        /* of the last answer */
        bool answered, truncated, free_in_callback, again_in_callback;
        HttpFailure failure;
        unsigned status;
        char error[512], body[256], mixed[64], late[64], early[64];
        size_t n_body;
} Test;

static int give_secret(void *userdata, const char *name, char **ret, char **reterr) {
        Test *t = userdata;

        if (!t->secret || t->why) {
                *reterr = t->why ? strdup(t->why) : textf("credential '%s' not found", name);
                return -ENOENT;
        }
        if (strcmp(t->secret, "EMFILE") == 0) {
                *reterr = strdup("no descriptor is left");
                return -EMFILE;
        }
        *ret = strdup(t->secret);
        return 0;
}

static const char *header(const Response *r, const char *name) {
        for (const char *const *h = r->headers; *h; h += 2)
                if (strcmp(h[0], name) == 0)
                        return h[1];
        return "";
}

static void done(void *userdata, uint64_t serial, const HttpResult *r);

static void send_it(Test *t, Request r) {
        static uint64_t serial;

        r.serial = ++serial;
        r.target = &t->target;
        r.timeout = r.timeout ? r.timeout : 5 * USEC_PER_SEC;
        assert_int_equal(http_send(t->client, &r, done, t), 0);
}

static void done(void *userdata, uint64_t serial, const HttpResult *r) {
        Test *t = userdata;

        t->n_done++;
        t->serial = serial;
        t->answered = r->response;
        if (r->response) {
                t->n_ok++;
                t->status = r->response->status;
                t->n_body = r->response->n_body;
                t->truncated = r->response->truncated;
                (void) snprintf(t->body, sizeof(t->body), "%.200s", r->response->body);
                (void) snprintf(t->mixed, sizeof(t->mixed), "%s", header(r->response, "x-mixed-case"));
                (void) snprintf(t->late, sizeof(t->late), "%s", header(r->response, "x-late"));
                (void) snprintf(t->early, sizeof(t->early), "%s", header(r->response, "x-early"));
        } else {
                t->failure = r->failure;
                (void) snprintf(t->error, sizeof(t->error), "%s", r->error);
                assert_null(strstr(r->error, CANARY));
                assert_null(strpbrk(r->error, "\n\r\x1b"));
        }
        if (t->free_in_callback)
                t->client = http_client_free(t->client);
        if (t->again_in_callback) {
                t->again_in_callback = false;
                send_it(t, (Request) { .method = "GET", .path = "/ok" });
        }
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        fail_msg("nothing happened in time");
        return 0;
}

/* Runs the loop until @n callbacks have come in all. */
static void wait_for(Test *t, unsigned n) {
        sd_event_source *deadline = NULL;

        assert_true(sd_event_add_time_relative(t->event, &deadline, CLOCK_MONOTONIC, DEADLINE_USEC, 1, on_deadline, NULL) >= 0);
        while (t->n_done < n)
                assert_true(sd_event_run(t->event, UINT64_MAX) >= 0);
        sd_event_source_disable_unref(deadline);
}

/* Sends and waits. */
static void ask(Test *t, Request r) {
        send_it(t, r);
        wait_for(t, t->n_done + 1);
}

static int setup(void **state) {
        Test *t = calloc(1, sizeof(*t));

        assert_true(sd_event_new(&t->event) >= 0);
        t->peer = peer_new(t->event, NULL);
        (void) snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u", peer_port(t->peer));
        t->target = (Target) { .name = "public", .url = t->url, .token = "page-token" };
        t->secret = CANARY;
        assert_int_equal(http_client_new(t->event, give_secret, t, &t->client), 0);
        *state = t;
        return 0;
}

static int teardown(void **state) {
        Test *t = *state;

        http_client_free(t->client);
        peer_free(t->peer);
        sd_event_unref(t->event);
        free(t);
        return 0;
}

static const Secret bearer = { SECRET_HEADER, "Authorization", "Bearer " };

static void sends_and_receives(void **state) {
        Test *t = *state;
        const char *headers[] = { "Content-Type: application/json", "Idempotency-Key: k1", NULL };

        ask(t, (Request) { .method = "POST", .path = "/ok", .headers = headers, .body = "{\"a\":1}", .n_body = 7, .secret = bearer,
                           .intent = 7 });
        assert_true(t->answered);
        assert_int_equal(t->status, 200);
        assert_string_equal(t->body, "{\"ok\":true}");
        assert_string_equal(t->mixed, "spaced out");
        assert_true(text_starts(peer_last(t->peer), "POST /ok HTTP/1.1\r\n"));
        assert_non_null(strstr(peer_last(t->peer), "\r\nAuthorization: Bearer " CANARY "\r\n"));
        assert_non_null(strstr(peer_last(t->peer), "\r\nContent-Type: application/json\r\n"));
        assert_non_null(strstr(peer_last(t->peer), "\r\nIdempotency-Key: k1\r\n"));
        assert_non_null(strstr(peer_last(t->peer), "\r\n\r\n{\"a\":1}"));
        assert_null(strcasestr(peer_last(t->peer), "Expect:"));
        assert_null(strcasestr(peer_last(t->peer), "Accept-Encoding:"));
}

static void every_method(void **state) {
        static const struct { const char *method, *body, *expected; } rows[] = {
                { "GET", NULL, "GET /ok HTTP" }, { "DELETE", NULL, "DELETE /ok HTTP" }, { "DELETE", "{}", "DELETE /ok HTTP" },
                { "PATCH", "{}", "PATCH /ok HTTP" }, { "PUT", "{}", "PUT /ok HTTP" }, { "PUT", NULL, "PUT /ok HTTP" },
                { "POST", NULL, "POST /ok HTTP" },
        };
        Test *t = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                ask(t, (Request) { .method = rows[i].method, .path = "/ok", .body = rows[i].body,
                                   .n_body = rows[i].body ? strlen(rows[i].body) : 0 });
                assert_int_equal(t->status, 200);
                assert_true(text_starts(peer_last(t->peer), rows[i].expected));
                assert_string_equal(strstr(peer_last(t->peer), "\r\n\r\n") + 4, rows[i].body ? rows[i].body : "");
                assert_null(strcasestr(peer_last(t->peer), "x-www-form-urlencoded"));
        }
}

static void many_share_few(void **state) {
        Test *t = *state;

        for (unsigned i = 0; i < 1000; i++)
                send_it(t, (Request) { .method = "POST", .path = "/slow", .body = "{}", .n_body = 2, .intent = i + 1 });
        assert_int_equal(http_in_flight(t->client), 1000);
        assert_int_equal(t->n_done, 0);
        wait_for(t, 1000);
        assert_int_equal(t->n_ok, 1000);
        assert_int_equal(http_in_flight(t->client), 0);
        assert_int_equal(peer_requests(t->peer), 1000);
        assert_in_range(peer_connections(t->peer), 2, HTTP_PER_HOST_MAX);
        assert_in_range(peer_most(t->peer), 2, HTTP_PER_HOST_MAX);
}

static void reuses(void **state) {
        Test *t = *state;

        for (unsigned i = 0; i < 1000; i++)
                ask(t, (Request) { .method = "POST", .path = "/ok", .body = "{}", .n_body = 2, .intent = i + 1 });
        assert_int_equal(t->n_ok, 1000);
        assert_int_equal(peer_connections(t->peer), 1);
}

static void never_twice(void **state) {
        static const struct { const char *method, *body; } rows[] = {
                { "POST", "{}" }, { "POST", NULL }, { "PATCH", "{}" }, { "PUT", "{}" }, { "DELETE", NULL },
        };
        Test *t = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                unsigned before;

                ask(t, (Request) { .method = "GET", .path = "/ok" });
                assert_true(t->answered);
                before = peer_requests(t->peer);
                ask(t, (Request) { .method = rows[i].method, .path = "/shut", .body = rows[i].body,
                                   .n_body = rows[i].body ? 2 : 0, .intent = 1 });
                assert_false(t->answered);
                assert_int_equal(t->failure, HTTP_MAYBE_SENT);
                assert_int_equal(peer_requests(t->peer), before + 1);
                assert_non_null(strstr(t->error, "ended before an answer"));
        }
}

static void read_survives_reuse(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/ok" });
        ask(t, (Request) { .method = "GET", .path = "/die-on-reuse" });
        assert_true(t->answered);
        assert_int_equal(peer_requests(t->peer), 3);
        assert_int_equal(peer_connections(t->peer), 2);
}

static void tells_the_last_failure(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/replaced" });
        ask(t, (Request) { .method = "GET", .path = "/replaced" });
        assert_false(t->answered);
        assert_int_equal(peer_requests(t->peer), 3);
        assert_non_null(strstr(t->error, "Weird server reply"));
}

/* What a failure must be called, and a word its text must hold. */
static const struct failure_case { const char *name, *path; HttpFailure failure; const char *word; } failure_cases[] = {
        { "fails as maybe sent when no answer comes", "/hang", HTTP_MAYBE_SENT, "no complete answer within 150ms" },
        { "fails as maybe sent when the headers stop half way", "/half-headers", HTTP_MAYBE_SENT, "no complete answer" },
        { "fails as maybe sent when the body stops half way", "/half-body", HTTP_MAYBE_SENT, "no complete answer" },
        { "ends a server that drips", "/drip", HTTP_MAYBE_SENT, "no complete answer" },
        { "fails as maybe sent on a reset in the body", "/reset-body", HTTP_MAYBE_SENT, "127.0.0.1" },
        { "fails as maybe sent when closed without an answer", "/shut", HTTP_MAYBE_SENT, "without an answer" },
        { "fails on a body shorter than promised", "/big-length", HTTP_MAYBE_SENT, "ended in the middle" },
        { "refuses endless headers", "/headers-flood", HTTP_MAYBE_SENT, "larger than 64 KiB" },
        { "refuses what is no HTTP", "/nonsense", HTTP_MAYBE_SENT, "does not speak HTTP" },
        { "keeps a mirrored token out of the error", "/mirror", HTTP_MAYBE_SENT, "127.0.0.1" },
};

static void check_failure(void **state) {
        const struct failure_case *row = *state;
        void *inner = NULL;
        Test *t;

        (void) setup(&inner);
        t = inner;
        ask(t, (Request) { .method = "POST", .path = row->path, .body = "{}", .n_body = 2, .secret = bearer, .intent = 1,
                           .timeout = SHORT });
        assert_false(t->answered);
        assert_int_equal(t->failure, row->failure);
        assert_non_null(strstr(t->error, row->word));
        (void) teardown(&inner);
}

static void caps_body(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/flood" });
        assert_true(t->answered);
        assert_true(t->truncated);
        assert_int_equal(t->status, 200);
        assert_int_equal(t->n_body, HTTP_BODY_MAX);
        ask(t, (Request) { .method = "GET", .path = "/ok" }); /* the client goes on */
        assert_true(t->answered);
        assert_false(t->truncated);
}

static void ask_of(Test *t, const char *what, size_t n) {
        auto_(free) char *path = textf("/%s?n=%zu", what, n);

        ask(t, (Request) { .method = "GET", .path = path });
}

static void keeps_its_limits(void **state) {
        char why[HTTP_ERROR_CHARS + 2];
        Test *t = *state;

        for (size_t more = 0; more < 2; more++) {
                ask_of(t, "body", HTTP_BODY_MAX + more);
                assert_true(t->answered && t->truncated == (more > 0));
                assert_int_equal(t->n_body, HTTP_BODY_MAX);
                ask_of(t, "headers", HTTP_HEADERS_MAX + more);
                assert_true(t->answered == (more == 0));

                memset(why, 'w', sizeof(why));
                why[HTTP_ERROR_CHARS + more] = '\0';
                t->why = why;
                ask(t, (Request) { .method = "GET", .path = "/ok", .secret = bearer });
                assert_false(t->answered);
                assert_true((strcmp(t->error, why) == 0) == (more == 0));
        }
}

static void leaves_gzip(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/gzip" });
        assert_true(t->answered);
        assert_int_equal(t->n_body, 10);
        assert_memory_equal(t->body, "\x1f\x8bnot real", 10);
}

static void blots_out_the_secret(void **state) {
        static const char expected[] = "{\"error\":\"no such key: *****************, ******************\",\"title\":\"*****************canary-token-123\"}";
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/repeat", .secret = bearer });
        assert_int_equal(t->status, 401);
        assert_string_equal(t->body, expected);
        assert_string_equal(t->mixed, "*****************");
        t->secret = "error"; /* no credential, and a word that answers are made of */
        ask(t, (Request) { .method = "GET", .path = "/repeat", .secret = bearer });
        assert_true(text_starts(t->body, "{\"error\":\"no such key: error,"));
}

static void stays_put(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/redirect", .secret = bearer });
        assert_true(t->answered);
        assert_int_equal(t->status, 302);
        assert_int_equal(peer_requests(t->peer), 1);
}

static void skips_interim(void **state) {
        Test *t = *state;

        ask(t, (Request) { .method = "GET", .path = "/interim" });
        assert_int_equal(t->status, 204);
        assert_string_equal(t->late, "yes");
        assert_string_equal(t->early, "");
        assert_string_equal(t->body, "");
}

/* A port on which nobody listens: bound, not listening, held until the test ends. */
static int deaf_port(unsigned *ret) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(in);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0 && bind(fd, (void *) &in, sizeof(in)) == 0 && getsockname(fd, (void *) &in, &n) == 0);
        *ret = ntohs(in.sin_port);
        return fd;
}

static void refused_is_not_sent(void **state) {
        Test *t = *state;
        unsigned port;
        auto_(close) int fd = -1;

        fd = deaf_port(&port);
        (void) snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u", port);
        ask(t, (Request) { .method = "POST", .path = "/ok", .body = "{}", .n_body = 2, .secret = bearer, .intent = 1 });
        assert_false(t->answered);
        assert_int_equal(t->failure, HTTP_NOT_SENT);
        assert_non_null(strstr(t->error, "127.0.0.1"));
        assert_non_null(strstr(t->error, "Connection refused"));
}

static void tls_failure_is_not_sent(void **state) {
        Test *t = *state;

        (void) snprintf(t->url, sizeof(t->url), "https://127.0.0.1:%u", peer_port(t->peer));
        ask(t, (Request) { .method = "POST", .path = "/ok", .secret = bearer, .intent = 1, .timeout = SHORT });
        assert_false(t->answered);
        assert_int_equal(t->failure, HTTP_NOT_SENT);
        assert_int_equal(peer_requests(t->peer), 0);
}

static void unresolved_is_not_sent(void **state) {
        Test *t = *state;

        (void) snprintf(t->url, sizeof(t->url), "https://status.invalid");
        ask(t, (Request) { .method = "POST", .path = "/ok", .intent = 1, .timeout = 2 * USEC_PER_SEC });
        assert_false(t->answered);
        assert_int_equal(t->failure, HTTP_NOT_SENT);
        assert_true(text_starts(t->error, "status.invalid: "));
}

static void hopeless_is_told_from_the_loop(void **state) {
        static const struct { const char *url, *path, *method, *header, *secret, *word; HttpFailure failure; } rows[] = {
                { NULL, "/ok", "GET", NULL, NULL, "page-token", HTTP_NO_CREDENTIAL },
                { NULL, "/ok", "GET", NULL, CANARY "\r\nX-Forged: 1", "control characters", HTTP_NO_CREDENTIAL },
                { NULL, "/ok", "GET", NULL, "", "empty", HTTP_NO_CREDENTIAL },
                { NULL, "/ok", "GET", NULL, "EMFILE", "no descriptor", HTTP_NOT_SENT },
                { NULL, "/ok", "GET", "X-Title: a\r\nX-Forged: 1", CANARY, "control character" },
                { NULL, "/ok", "GET", ": no name", CANARY, "no name" },
                { NULL, "/ok\r\nX-Forged: 1", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "/a b", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "/things/../other", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "/things/.%2E/other", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "/things#1", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "@elsewhere", "GET", NULL, CANARY, "cannot stand in a url" },
                { NULL, "/ok", "GE T", NULL, CANARY, "method" },
                { "http://example.org", "/ok", "GET", NULL, CANARY, "plain http" },
                { "https://u:" CANARY "@example.org", "/ok", "GET", NULL, CANARY, "user name or password" },
                { "file:///etc/passwd", "", "GET", NULL, CANARY, "only https://" },
        };
        Test *t = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                const char *headers[] = { rows[i].header, NULL };
                unsigned before = t->n_done;

                t->target.url = rows[i].url ? rows[i].url : t->url;
                t->secret = rows[i].secret;
                send_it(t, (Request) { .method = rows[i].method, .path = rows[i].path, .headers = headers, .secret = bearer, .intent = 1 });
                assert_int_equal(t->n_done, before); /* not from within http_send() */
                wait_for(t, before + 1);
                assert_false(t->answered);
                assert_int_equal(t->failure, rows[i].failure);
                if (!strstr(t->error, rows[i].word))
                        fail_msg("row %zu: '%s' lacks '%s'", i, t->error, rows[i].word);
        }
        assert_int_equal(peer_requests(t->peer), 0);
}

static void joins_paths(void **state) {
        Test *t = *state;

        (void) snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u/base", peer_port(t->peer));
        ask(t, (Request) { .method = "GET", .path = "/ok" });
        assert_true(text_starts(peer_last(t->peer), "GET /base/ok HTTP"));
        ask(t, (Request) { .method = "GET", .path = "/other?x=%20", .absolute = true });
        assert_true(text_starts(peer_last(t->peer), "GET /other?x=%20 HTTP"));
        ask(t, (Request) { .method = "GET", .path = "?page=2" });
        assert_true(text_starts(peer_last(t->peer), "GET /base?page=2 HTTP"));
}

static void unix_sockets(void **state) {
        char dir[] = "/tmp/maintd-test-XXXXXX";
        Test *t = *state;
        auto_(free) char *path = NULL, *escaped = NULL, *url = NULL;
        auto_(peer_free) Peer *p = NULL;

        assert_non_null(mkdtemp(dir));
        path = textf("%s/s", dir);
        p = peer_new(t->event, path);
        url = textf("unix:%s:/base", path);
        t->target.url = url;
        ask(t, (Request) { .method = "GET", .path = "/ok", .secret = bearer });
        assert_int_equal(t->status, 200);
        assert_true(text_starts(peer_last(p), "GET /base/ok HTTP/1.1\r\nHost: localhost\r\n"));
        ask(t, (Request) { .method = "GET", .path = "/ok", .absolute = true });
        assert_true(text_starts(peer_last(p), "GET /ok HTTP/1.1"));
        assert_int_equal(peer_connections(p), 1);

        escaped = textf("http+unix://%%2Ftmp%%2F%s%%2Fs/base", dir + strlen("/tmp/"));
        t->target.url = escaped;
        ask(t, (Request) { .method = "GET", .path = "/ok" });
        assert_true(text_starts(peer_last(p), "GET /base/ok HTTP"));
        assert_int_equal(peer_connections(p), 1);
        (void) unlink(path);
        t->target.url = "unix:/nonexistent/s";
        ask(t, (Request) { .method = "POST", .path = "/ok", .intent = 1 });
        assert_int_equal(t->failure, HTTP_NOT_SENT);
        assert_non_null(strstr(t->error, "/nonexistent/s"));
        (void) rmdir(dir);
}

static void ignores_proxy_environment(void **state) {
        Test *t = *state;

        assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
        assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
        ask(t, (Request) { .method = "GET", .path = "/ok" });
        (void) unsetenv("http_proxy");
        (void) unsetenv("ALL_PROXY");
        assert_true(t->answered);
}

static void free_drops_open(void **state) {
        Test *t = *state;

        for (unsigned i = 0; i < 100; i++)
                send_it(t, (Request) { .method = "GET", .path = i % 2 ? "/hang" : "/half-body" });
        send_it(t, (Request) { .method = "GET", .path = "/unfit\n" });
        while (peer_requests(t->peer) < HTTP_PER_HOST_MAX)
                assert_true(sd_event_run(t->event, DEADLINE_USEC) > 0);
        t->client = http_client_free(t->client);
        assert_int_equal(t->n_done, 1); /* the unfit one */
        while (sd_event_run(t->event, 0) > 0)
                ;
        assert_int_equal(t->n_done, 1);
}

static void free_in_callback(void **state) {
        Test *t = *state;

        t->free_in_callback = true;
        for (unsigned i = 0; i < 20; i++)
                send_it(t, (Request) { .method = "GET", .path = "/ok" });
        wait_for(t, 1);
        while (sd_event_run(t->event, 0) > 0)
                ;
        assert_int_equal(t->n_done, 1);
        assert_null(t->client);
}

static void send_in_callback(void **state) {
        Test *t = *state;

        t->again_in_callback = true;
        ask(t, (Request) { .method = "GET", .path = "/ok" });
        wait_for(t, 2);
        assert_int_equal(t->n_ok, 2);
}

/* A host that hangs lets go of those that have queued for longer than their own timeout; another host is not held up. */
static void hanging_host_lets_go(void **state) {
        Test *t = *state;
        auto_(peer_free) Peer *other = peer_new(t->event, NULL);
        auto_(free) char *url = textf("http://127.0.0.1:%u", peer_port(other));
        Target second = { .name = "other", .url = url };

        for (unsigned i = 0; i < 3 * HTTP_PER_HOST_MAX; i++)
                send_it(t, (Request) { .method = "GET", .path = "/hang", .timeout = SHORT });
        assert_int_equal(http_send(t->client, &(Request) { .serial = 1000000, .target = &second, .method = "GET", .path = "/ok" }, done, t), 0);
        wait_for(t, 1);
        assert_int_equal(t->serial, 1000000);
        wait_for(t, 3 * HTTP_PER_HOST_MAX + 1);
        assert_int_equal(t->n_ok, 1);
        assert_in_range(peer_requests(t->peer), HTTP_PER_HOST_MAX, 2 * HTTP_PER_HOST_MAX);
        assert_int_equal(http_in_flight(t->client), 0);
}

/* Two pages of one provider are two targets: one of them that hangs takes no place from the other. */
static void hanging_target_at_same_host(void **state) {
        Test *t = *state;
        Target second = { .name = "other", .identity = "kodo other", .url = t->url };

        for (unsigned i = 0; i < 2 * HTTP_PER_HOST_MAX; i++)
                send_it(t, (Request) { .method = "GET", .path = "/hang" });
        assert_int_equal(http_send(t->client, &(Request) { .serial = 1000000, .target = &second, .method = "GET", .path = "/ok" }, done, t), 0);
        wait_for(t, 1);
        assert_int_equal(t->serial, 1000000);
        assert_int_equal(t->n_ok, 1);
}

static const struct url_case { const char *name, *url; bool insecure; const char *word; } url_cases[] = { /* word NULL: fit */
        { "url: takes https", "https://kodostatus.com/api/v1", false, NULL },
        { "url: takes https on a port", "https://kodostatus.com:8443", false, NULL },
        { "url: takes http to 127.0.0.1", "http://127.0.0.1:8080/x", false, NULL },
        { "url: takes http to 127.1.2.3", "http://127.1.2.3", false, NULL },
        { "url: takes http to ::1", "http://[::1]:80/", false, NULL },
        { "url: takes http to localhost", "http://localhost:9093", false, NULL },
        { "url: takes a unix socket", "unix:/run/maintd-page/api.sock:/api/v1", false, NULL },
        { "url: takes a unix socket alone", "unix:/run/x.sock", false, NULL },
        { "url: takes http+unix", "http+unix://%2Frun%2Fx.sock/base", false, NULL },
        { "url: takes far http when insecure", "http://example.org/", true, NULL },
        { "url: refuses far http", "http://example.org/", false, "plain http" },
        { "url: refuses http to a name that looks local", "http://localhost.example.org/", false, "plain http" },
        { "url: refuses http to 0.0.0.0", "http://0.0.0.0/", false, "plain http" },
        { "url: refuses http to 10.0.0.1", "http://10.0.0.1/", false, "plain http" },
        { "url: refuses the metadata address", "http://169.254.169.254/latest", false, "link-local" },
        { "url: refuses the metadata address over https", "https://169.254.169.254/", false, "link-local" },
        { "url: refuses the metadata address as a number", "https://2852039166/", false, "link-local" },
        { "url: refuses the metadata address in IPv6 clothes", "https://[::ffff:169.254.169.254]/", false, "link-local" },
        { "url: refuses IPv6 link-local", "https://[fe80::1]/", false, "link-local" },
        { "url: refuses user and password", "https://user:" CANARY "@example.org/", false, "user name or password" },
        { "url: refuses a user", "https://" CANARY "@example.org/", false, "user name or password" },
        { "url: refuses a fragment", "https://example.org/#a", false, "fragment" },
        { "url: refuses ftp", "ftp://example.org/", false, "only https://" },
        { "url: refuses file even when insecure", "file:///etc/passwd", true, "only https://" },
        { "url: refuses no scheme", "example.org/api", false, "no scheme" },
        { "url: refuses nothing", "", false, "empty" },
        { "url: refuses spaces", "https://example.org/a b", false, "percent-encoded" },
        { "url: refuses line breaks", "https://example.org/\r\nX: 1", false, "percent-encoded" },
        { "url: refuses a backslash", "https://example.org\\@127.0.0.1/", false, "percent-encoded" },
        { "url: refuses no host", "https:///api", false, "cannot be read" },
        { "url: refuses a single slash", "https:/example.org/", false, "no scheme" },
        { "url: refuses another host behind a single slash", "https:/evil.example/://example.org/", false, "cannot be read" },
        { "url: takes a scheme in capitals", "HTTPS://example.org/", false, NULL },
        { "url: refuses an encoded host", "https://exam%41ple.org/", false, "percent-encoding" },
        { "url: refuses a host that turns the line around", "https://%E2%80%AEgro.example/", false, "percent-encoding" },
        { "url: refuses an encoded zone id", "https://[fe80::1%25eth0]/", true, "percent-encoding" },
        { "url: refuses a relative socket", "unix:run/x.sock", false, "begins with /" },
        { "url: refuses an abstract socket", "unix:@x", false, "begins with /" },
        { "url: refuses an encoded NUL", "http+unix://%2Frun%00/x", false, "begins with /" },
        { "url: refuses an odd base after the socket", "unix:/run/x.sock:api", false, "begins with /" },
        { "url: refuses a long socket path",
          "unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678", false,
          "107 bytes" },
};

static void check_url(void **state) {
        const struct url_case *row = *state;
        auto_(free) char *why = NULL;
        int r = http_url_check(row->url, row->insecure, &why);

        assert_int_equal(r, row->word ? -EINVAL : 0);
        if (!row->word)
                return;
        assert_non_null(why);
        assert_null(strstr(why, CANARY));
        if (!strstr(why, row->word))
                fail_msg("'%s' lacks '%s'", why, row->word);
}

#define WITH_PEER(text, fn) { text, fn, setup, teardown, NULL }

int main(void) {
        static const struct CMUnitTest plain[] = {
                WITH_PEER("sends method, headers, body and credential, and hands back the answer", sends_and_receives),
                WITH_PEER("sends every method with and without a body", every_method),
                WITH_PEER("sends 1,000 at once over few connections", many_share_few),
                WITH_PEER("sends 1,000 changes in a row over one connection", reuses),
                WITH_PEER("never sends a change twice when a reused connection dies", never_twice),
                WITH_PEER("repeats a read when a reused connection dies", read_survives_reuse),
                WITH_PEER("tells why the repeated read failed, not the first", tells_the_last_failure),
                WITH_PEER("cuts a 64 MiB chunked body", caps_body),
                WITH_PEER("takes no more than its limits", keeps_its_limits),
                WITH_PEER("does not unpack gzip", leaves_gzip),
                WITH_PEER("blots its credential out of an answer that repeats it", blots_out_the_secret),
                WITH_PEER("does not follow a redirect", stays_put),
                WITH_PEER("takes the headers of the final answer alone", skips_interim),
                WITH_PEER("calls a refused connection not sent", refused_is_not_sent),
                WITH_PEER("calls a failed handshake not sent", tls_failure_is_not_sent),
                WITH_PEER("calls an unknown host not sent", unresolved_is_not_sent),
                WITH_PEER("refuses what can never be sent, from the loop", hopeless_is_told_from_the_loop),
                WITH_PEER("joins base and path", joins_paths),
                WITH_PEER("speaks over unix sockets", unix_sockets),
                WITH_PEER("ignores the environment's proxies", ignores_proxy_environment),
                WITH_PEER("drops open requests when freed", free_drops_open),
                WITH_PEER("may be freed from a callback", free_in_callback),
                WITH_PEER("may send from a callback", send_in_callback),
                WITH_PEER("lets go of a queue before a host that hangs", hanging_host_lets_go),
                WITH_PEER("keeps a target that hangs from holding up another at its host", hanging_target_at_same_host),
        };
        struct CMUnitTest tests[ARRAY_SIZE(plain) + ARRAY_SIZE(failure_cases) + ARRAY_SIZE(url_cases)];
        size_t n = ARRAY_SIZE(plain);

        (void) signal(SIGPIPE, SIG_IGN);
        memcpy(tests, plain, sizeof(plain));
        for (size_t i = 0; i < ARRAY_SIZE(failure_cases); i++)
                tests[n++] = (struct CMUnitTest) { failure_cases[i].name, check_failure, NULL, NULL, (void *) &failure_cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(url_cases); i++)
                tests[n++] = (struct CMUnitTest) { url_cases[i].name, check_url, NULL, NULL, (void *) &url_cases[i] };
        return _cmocka_run_group_tests("http", tests, n, NULL, NULL);
}
