/*
 * Transfers on the event loop, against a socket that accepts and says what a test tells it to
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/instant.h"
#include "page/multi.h"

#define PATIENCE (20 * USEC_PER_SEC)

typedef struct Fetch {
        Transfer transfer;
        unsigned told;
        struct Fetch *drops;            /* when this one ends */
        struct Fetch *begins;
        struct World *world;
} Fetch;

typedef struct World {
        sd_event *event;
        Multi *multi;
        int listener;
        char url[64];
        unsigned told;
} World;

static size_t nothing(char *data, size_t size, size_t n, void *userdata) {
        return size * n;
}

static void fetch_begin(Fetch *f);

static void on_done(Transfer *t) {
        Fetch *f = (Fetch *) (void *) t;

        f->told++;
        f->world->told++;
        if (f->drops)
                multi_drop(&f->drops->transfer);
        if (f->begins)
                fetch_begin(f->begins);
        curl_easy_cleanup(t->easy);
        t->easy = NULL;
}

static void fetch_begin(Fetch *f) {
        f->transfer = (Transfer) { .easy = curl_easy_init(), .done = on_done };
        assert_non_null(f->transfer.easy);
        assert_int_equal(curl_easy_setopt(f->transfer.easy, CURLOPT_URL, f->world->url), CURLE_OK);
        assert_int_equal(curl_easy_setopt(f->transfer.easy, CURLOPT_PROXY, ""), CURLE_OK);
        assert_int_equal(curl_easy_setopt(f->transfer.easy, CURLOPT_WRITEFUNCTION, nothing), CURLE_OK);
        assert_int_equal(multi_add(f->world->multi, &f->transfer), 0);
}

static int world_new(void **state) {
        static World world;
        World *w = &world;
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(to);

        *w = (World) { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
        assert_true(w->listener >= 0);
        assert_int_equal(bind(w->listener, (struct sockaddr *) &to, sizeof(to)), 0);
        assert_int_equal(listen(w->listener, 16), 0);
        assert_int_equal(getsockname(w->listener, (struct sockaddr *) &to, &n), 0);
        (void) snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/", ntohs(to.sin_port));
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(multi_new(w->event, "test", &w->multi), 0);
        *state = w;
        return 0;
}

static int world_free(void **state) {
        World *w = *state;

        (void) multi_free(w->multi);
        (void) sd_event_unref(w->event);
        (void) close(w->listener);
        return 0;
}

/* Lets the loop run until somebody has connected. */
static int accept_one(World *w) {
        for (;;) {
                int fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd >= 0)
                        return fd;
                assert_true(sd_event_run(w->event, PATIENCE) >= 0);
        }
}

static void answer(int fd) {
        static const char text[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

        assert_int_equal(write(fd, text, sizeof(text) - 1), (ssize_t) sizeof(text) - 1);
        (void) close(fd);
}

static void run_until_told(World *w, unsigned told) {
        while (w->told < told)
                assert_true(sd_event_run(w->event, PATIENCE) > 0);
}

static void tells_of_each_end_once(void **state) {
        World *w = *state;
        Fetch f[3] = { { .world = w }, { .world = w }, { .world = w } };

        for (size_t i = 0; i < 3; i++)
                fetch_begin(&f[i]);
        assert_int_equal(w->told, 0); /* not from within */
        for (size_t i = 0; i < 3; i++)
                answer(accept_one(w));
        run_until_told(w, 3);
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(f[i].told, 1);
                assert_int_equal(f[i].transfer.code, CURLE_OK);
                multi_drop(&f[i].transfer); /* nothing is under way any more */
        }
}

static void tells_what_went_wrong(void **state) {
        World *w = *state;
        Fetch f = { .world = w };

        fetch_begin(&f);
        (void) close(accept_one(w));
        run_until_told(w, 1);
        assert_int_equal(f.transfer.code, CURLE_GOT_NOTHING);
}

static void what_is_dropped_is_not_told(void **state) {
        World *w = *state;
        Fetch f = { .world = w }, other = { .world = w };
        struct pollfd peer;
        char byte;

        fetch_begin(&f);
        peer = (struct pollfd) { .fd = accept_one(w), .events = POLLIN };
        multi_drop(&f.transfer);
        curl_easy_cleanup(f.transfer.easy);
        fetch_begin(&other);
        answer(accept_one(w));
        run_until_told(w, 1);
        assert_int_equal(f.told, 0);
        assert_int_equal(other.told, 1);
        assert_int_equal(poll(&peer, 1, 20000), 1);     /* and the other side hears of it */
        while (read(peer.fd, &byte, 1) > 0)
                ;
        (void) close(peer.fd);
}

/* Both have ended when the loop looks: the second is dropped by the first, whichever that is. */
static void one_that_has_ended_may_drop_another_and_begin_a_new_one(void **state) {
        World *w = *state;
        Fetch f[2] = { { .world = w }, { .world = w } }, later = { .world = w };

        for (size_t i = 0; i < 2; i++) {
                f[i].drops = &f[1 - i];
                f[i].begins = &later;
                fetch_begin(&f[i]);
        }
        for (size_t i = 0; i < 2; i++)
                answer(accept_one(w));
        run_until_told(w, 1);
        answer(accept_one(w));
        run_until_told(w, 2);
        assert_int_equal(f[0].told + f[1].told, 1);
        assert_int_equal(later.told, 1);
        for (size_t i = 0; i < 2; i++)
                curl_easy_cleanup(f[i].transfer.easy);
}

static void what_is_under_way_is_dropped_with_the_loop(void **state) {
        World *w = *state;
        Fetch f = { .world = w };
        int fd;

        fetch_begin(&f);
        fd = accept_one(w);
        w->multi = multi_free(w->multi);
        assert_int_equal(f.told, 0);
        curl_easy_cleanup(f.transfer.easy);
        (void) close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_new, world_free)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(tells_of_each_end_once),
                TEST(tells_what_went_wrong),
                TEST(what_is_dropped_is_not_told),
                TEST(one_that_has_ended_may_drop_another_and_begin_a_new_one),
                TEST(what_is_under_way_is_dropped_with_the_loop),
        };

        (void) signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
