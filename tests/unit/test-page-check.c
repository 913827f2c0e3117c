/*
 * One check against a socket of ours: what is read of an answer, where it may lead, and what each end of it means
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "repeat.h"

#include "base/text.h"
#include "page/monitor/check.h"

#define PATIENCE (20 * USEC_PER_SEC)

typedef struct World {
        sd_event *event;
        Multi *multi;
        MonitorRules rules;
        int listener;
        char url[64];
        unsigned told;
        Seen seen;
        char problem[256];
} World;

static int world_new(void **state) {
        static World w;
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(to);

        w = (World) { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
        assert_int_equal(bind(w.listener, (struct sockaddr *) &to, sizeof(to)), 0);
        assert_int_equal(listen(w.listener, 16), 0);
        assert_int_equal(getsockname(w.listener, (struct sockaddr *) &to, &n), 0);
        (void) snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/", ntohs(to.sin_port));
        assert_int_equal(networks_parse("127.0.0.0/8", &w.rules.networks), 0);
        assert_int_equal(sd_event_new(&w.event), 0);
        assert_int_equal(multi_new(w.event, "test", &w.multi), 0);
        *state = &w;
        return 0;
}

static int world_free(void **state) {
        World *w = *state;

        (void) multi_free(w->multi);
        (void) sd_event_unref(w->event);
        (void) close(w->listener);
        return 0;
}

static void on_done(void *userdata, const Seen *seen) {
        World *w = userdata;

        w->told++;
        w->seen = *seen;
        (void) snprintf(w->problem, sizeof(w->problem), "%s", seen->problem);
        w->seen.problem = w->problem;
}

static Check *begin(World *w, const char *url, usec_t timeout) {
        Monitor m = { .url = url, .timeout = timeout };
        Check *c = NULL;

        w->told = 0;
        assert_int_equal(check_begin(w->multi, &w->rules, &m, on_done, w, &c), 0);
        assert_int_equal(w->told, 0);
        return c;
}

static void turn(World *w, usec_t wait) {
        assert_true(sd_event_run(w->event, wait) >= 0);
}

/* Answers the next who comes with @text, as far as it is wanted, and closes. */
static void serve(World *w, const char *text) {
        size_t left = strlen(text);
        char request[4096];
        int fd;

        while ((fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
                turn(w, PATIENCE);
        while (recv(fd, request, sizeof(request), MSG_DONTWAIT) < 0)
                turn(w, PATIENCE);
        while (left > 0 && w->told == 0) {
                ssize_t n = send(fd, text, left, MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n > 0) {
                        text += n;
                        left -= (size_t) n;
                } else {
                        turn(w, USEC_PER_MSEC);
                }
        }
        (void) shutdown(fd, SHUT_WR);
        while (w->told == 0)
                turn(w, PATIENCE);
        (void) close(fd);
}

static MonitorState seen_of(World *w, const char *text) {
        (void) begin(w, w->url, PATIENCE);
        serve(w, text);
        return w->seen.state;
}

static void says_what_an_answer_means(void **state) {
        static const struct { const char *text; MonitorState state; const char *problem; } rows[] = {
                { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", MONITOR_UP, "" },
                { "HTTP/1.0 200 OK\r\n\r\nuntil the end", MONITOR_UP, "" },
                { "HTTP/1.1 204 No Content\r\n\r\n", MONITOR_UP, "" },
                { "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", MONITOR_DEGRADED, "it answered 301, not 2xx" },
                { "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", MONITOR_DOWN, "it answered 502, not 2xx" },
                { "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nless", MONITOR_DOWN, "transfer closed" },
                { "", MONITOR_DOWN, "Empty reply" },
                { "SSH-2.0-server\r\n", MONITOR_DOWN, "" },
        };
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                if (seen_of(w, rows[i].text) != rows[i].state || !strstr(w->problem, rows[i].problem))
                        fail_msg("%s: %s, %s", rows[i].text, monitor_state_to_string(w->seen.state), w->problem);
                assert_int_equal(w->told, 1);
                assert_int_equal(w->seen.latency > 0, strncmp(w->problem, "it answered", 11) == 0 || w->seen.state == MONITOR_UP);
        }
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"

/* PAGE_CHECK_HEADER_BYTES_MAX: all lines, the empty one too. */
static MonitorState with_header(World *w, size_t n) {
        auto_(free) char *text = NULL;
        size_t fixed = strlen(HEAD) + 2, lines = (n - fixed) / 64, rest = (n - fixed) % 64;
        auto_(free) char *first = text_of(HEAD, "X: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789a\r\n", lines - 1, "X: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789a");

        text = text_of(first, "+", rest, "\r\n\r\n");
        assert_int_equal(strlen(text), n);
        return seen_of(w, text);
}

static void a_header_is_read_up_to_its_limit(void **state) {
        World *w = *state;

        assert_int_equal(with_header(w, PAGE_CHECK_HEADER_BYTES_MAX), MONITOR_UP);
        assert_int_equal(with_header(w, PAGE_CHECK_HEADER_BYTES_MAX + 1), MONITOR_DOWN);
        assert_string_equal(w->problem, "its header is longer than 64 KiB");
}

/* PAGE_CHECK_BODY_BYTES_MAX: one byte more is not waited for, and what was promised does not count. */
static void a_body_is_read_up_to_its_limit(void **state) {
        static const char promise[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
        World *w = *state;
        auto_(free) char *at = text_of(promise, "b", PAGE_CHECK_BODY_BYTES_MAX, ""), *over = text_of(promise, "b", PAGE_CHECK_BODY_BYTES_MAX + 1, "");

        assert_int_equal(seen_of(w, at), MONITOR_DOWN); /* and then it was closed */
        assert_int_equal(seen_of(w, over), MONITOR_UP);
}

static void waits_no_longer_than_it_may(void **state) {
        World *w = *state;
        usec_t before = now_read().boot;

        (void) begin(w, w->url, 100 * USEC_PER_MSEC);
        while (w->told == 0)
                turn(w, PATIENCE);
        assert_true(now_read().boot - before >= 90 * USEC_PER_MSEC);
        assert_int_equal(w->seen.state, MONITOR_DOWN);
        assert_string_equal(w->problem, "no whole answer within 100ms");
        assert_int_equal(w->seen.latency, 0);
}

/* An answer that comes in the second half of its time. */
static void slow_is_degraded(void **state) {
        World *w = *state;
        usec_t before = now_read().boot;
        char request[4096];
        int fd;

        (void) begin(w, w->url, 2 * USEC_PER_SEC);
        while ((fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
                turn(w, PATIENCE);
        while (recv(fd, request, sizeof(request), MSG_DONTWAIT) < 0 || now_read().boot < before + 1100 * USEC_PER_MSEC)
                turn(w, 10 * USEC_PER_MSEC);
        assert_int_equal(send(fd, HEAD "\r\n", strlen(HEAD) + 2, 0), (int) strlen(HEAD) + 2);
        while (w->told == 0)
                turn(w, PATIENCE);
        (void) close(fd);
        if (w->seen.state == MONITOR_DEGRADED)
                assert_non_null(strstr(w->problem, "of the 2s that it may"));
        else    /* on a machine that stood still for a second */
                assert_string_equal(w->problem, "no whole answer within 2s");
}

static void connects_to_no_address_that_is_not_for_it(void **state) {
        static const char *const urls[] = { "http://127.0.0.1:1/", "http://localhost:1/", "http://10.0.0.1/", "http://[::1]:1/", "http://169.254.169.254/latest/" };
        World *w = *state;

        assert_int_equal(networks_parse("192.0.2.0/24", &w->rules.networks), 0);
        for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
                (void) begin(w, urls[i], PATIENCE);
                while (w->told == 0)
                        turn(w, PATIENCE);
                assert_int_equal(w->seen.state, MONITOR_UNKNOWN);
                assert_string_equal(w->problem, "it leads to an address that is not public; monitor_networks allows others");
        }
}

static void speaks_nothing_but_http(void **state) {
        static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "smtp://127.0.0.1/" };
        World *w = *state;

        for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
                (void) begin(w, urls[i], PATIENCE);
                while (w->told == 0)
                        turn(w, PATIENCE);
                assert_int_equal(w->seen.state, MONITOR_DOWN);
        }
}

static void no_proxy_of_the_environment_is_asked(void **state) {
        World *w = *state;

        (void) setenv("http_proxy", "http://127.0.0.1:1", 1);
        (void) setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
        assert_int_equal(seen_of(w, HEAD "\r\n"), MONITOR_UP);
        (void) unsetenv("http_proxy");
        (void) unsetenv("ALL_PROXY");
}

static void one_that_is_dropped_says_nothing(void **state) {
        World *w = *state;
        Check *c = begin(w, w->url, PATIENCE);
        int fd;

        while ((fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
                turn(w, PATIENCE);
        (void) check_free(c);
        (void) close(fd);
        (void) begin(w, w->url, PATIENCE);
        serve(w, HEAD "\r\n");
        assert_int_equal(w->told, 1);
}

#define TEST(name, f) { name, f, world_new, world_free, NULL }

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST("says what an answer means", says_what_an_answer_means),
                TEST("a header is read up to its limit", a_header_is_read_up_to_its_limit),
                TEST("a body is read up to its limit", a_body_is_read_up_to_its_limit),
                TEST("waits no longer than it may", waits_no_longer_than_it_may),
                TEST("slow is degraded", slow_is_degraded),
                TEST("connects to no address that is not for it, whatever its name", connects_to_no_address_that_is_not_for_it),
                TEST("speaks nothing but HTTP", speaks_nothing_but_http),
                TEST("no proxy of the environment is asked", no_proxy_of_the_environment_is_asked),
                TEST("one that is dropped says nothing", one_that_is_dropped_says_nothing),
        };

        (void) signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
