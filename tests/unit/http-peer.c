/*
 * A rude HTTP server for tests, living on the event loop of the test itself
 */
#include "http-peer.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"

#define REQUEST_MAX (256u * 1024)
#define DRIP_USEC 20000u
#define FLOOD_BYTES (64u * 1024 * 1024)
#define SLOW_USEC 2000u

typedef struct Conn {
        TAILQ_ENTRY(Conn) link;
        Peer *peer;
        int fd;
        sd_event_source *io, *timer;
        char in[REQUEST_MAX + 1];
        size_t n_in;
        unsigned served;        /* requests read on this connection */
        char *out;              /* still to be written */
        size_t n_out, at;
        size_t flood;           /* chunked bytes still to come after out */
        bool reset_after;
} Conn;

struct Peer {
        sd_event *event;
        int fd;
        unsigned port, connections, requests, open, most;
        sd_event_source *io;
        TAILQ_HEAD(, Conn) conns;
        char last[REQUEST_MAX + 1];
};

static void conn_close(Conn *c, bool reset) {
        struct linger now = { .l_onoff = 1, .l_linger = 0 };

        if (reset)
                (void) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        TAILQ_REMOVE(&c->peer->conns, c, link);
        (void) sd_event_source_disable_unref(c->io);
        (void) sd_event_source_disable_unref(c->timer);
        (void) close(c->fd);
        free(c->out);
        free(c);
}

/* Returns false when the connection has gone. */
static bool conn_write(Conn *c) {
        while (c->at < c->n_out || c->flood > 0) {
                ssize_t k;

                if (c->at == c->n_out) { /* one more chunk of a flood */
                        c->n_out = (size_t) sprintf(c->out, "4000\r\n");
                        memset(c->out + c->n_out, 'x', 0x4000);
                        c->n_out += 0x4000;
                        c->n_out += (size_t) sprintf(c->out + c->n_out, "\r\n");
                        c->at = 0;
                        c->flood -= MIN(c->flood, (size_t) 0x4000);
                }
                k = send(c->fd, c->out + c->at, c->n_out - c->at, MSG_NOSIGNAL);
                if (k < 0 && errno == EAGAIN) {
                        (void) sd_event_source_set_io_events(c->io, EPOLLIN | EPOLLOUT);
                        return true;
                }
                if (k < 0) {
                        conn_close(c, false);
                        return false;
                }
                c->at += (size_t) k;
        }
        (void) sd_event_source_set_io_events(c->io, EPOLLIN);
        if (c->reset_after) {
                conn_close(c, true);
                return false;
        }
        return true;
}

static bool answer_bytes(Conn *c, char *text, size_t n) {
        free(c->out);
        c->out = text;
        c->n_out = n;
        c->at = 0;
        return conn_write(c);
}

static bool answer(Conn *c, const char *text) {
        return answer_bytes(c, strdup(text), strlen(text));
}

static bool ok(Conn *c) {
        return answer(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Mixed-Case:  spaced out \r\nContent-Length: 11\r\n\r\n"
                         "{\"ok\":true}");
}

static bool hang(Conn *c) {
        return true;
}

static bool half_headers(Conn *c) {
        return answer(c, "HTTP/1.1 200 OK\r\nContent-");
}

static bool half_body(Conn *c) {
        return answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static bool reset_body(Conn *c) {
        c->reset_after = true;
        return half_body(c);
}

static bool shut(Conn *c) {
        conn_close(c, false);
        return false;
}

/* Answers the first request of each connection and closes on the second: what losing a keep-alive race looks like. */
static bool die_on_reuse(Conn *c) {
        return c->served > 1 ? shut(c) : ok(c);
}

/* Resets a connection in use, and on the next answers with a header that is none: the port has been given to another. */
static bool replaced(Conn *c) {
        if (c->served > 1) {
                conn_close(c, true);
                return false;
        }
        return c->peer->connections > 1 ? answer(c, "HTTP/1.1 200 OK\r\nwelcome to mail.example\r\n\r\n") : ok(c);
}

static bool redirect(Conn *c) {
        return answer_bytes(c, textf("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/stolen\r\nContent-Length: 0\r\n\r\n", c->peer->port),
                            strlen("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:/stolen\r\nContent-Length: 0\r\n\r\n") +
                                    (c->peer->port > 9999 ? 5 : 4));
}

static bool flood(Conn *c) {
        const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        char *out = malloc(0x5000);

        c->flood = FLOOD_BYTES;
        memcpy(out, head, strlen(head));
        return answer_bytes(c, out, strlen(head));
}

static bool big_length(Conn *c) {
        return answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\nfirst bytes") && (conn_close(c, false), false);
}

static bool gzip(Conn *c) {
        return answer(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8bnot real");
}

static bool interim(Conn *c) {
        return answer(c, "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\nHTTP/1.1 204 No Content\r\nX-Late: yes\r\n\r\n");
}

static bool headers_flood(Conn *c) {
        size_t n = 0, size = 200 * 1024;
        char *out = malloc(size + 64);

        n += (size_t) sprintf(out, "HTTP/1.1 200 OK\r\n");
        while (n < size - 1100)
                n += (size_t) sprintf(out + n, "X-Filler: %01024d\r\n", 7);
        n += (size_t) sprintf(out + n, "Content-Length: 0\r\n\r\n");
        return answer_bytes(c, out, n);
}

static bool nonsense(Conn *c) {
        return answer(c, "\x16\x03 canary-token-1234 SSH-2.0 \x1b[31m what?\r\n\r\n");
}

/* Sends back what it got, as a header that breaks the protocol: a server that repeats the credential. */
static bool mirror(Conn *c) {
        char *copy = textf("HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", strstr(c->in, "Bearer ") + 7);

        return answer_bytes(c, copy, strlen(copy));
}

/* Repeats the credential where a reader would log or keep it: in a header and in the text, also as JSON may write it. */
static bool repeat(Conn *c) {
        char *key = strstr(c->in, "Bearer ") + 7, *end = strstr(key, "\r\n"), *body, *out;
        int n = (int) (end - key);

        body = textf("{\"error\":\"no such key: %.*s, %.5s\\%.*s\",\"title\":\"%.*s%.*s\"}", n, key, key, n - 5, key + 5, n, key, n - 1, key);
        out = textf("HTTP/1.1 401 Unauthorized\r\nX-Mixed-Case: %.*s\r\nContent-Length: %zu\r\n\r\n%s", n, key, strlen(body), body);
        free(body);
        return answer_bytes(c, out, strlen(out));
}

static int on_slow(sd_event_source *s, uint64_t usec, void *userdata) {
        Conn *c = userdata;

        c->peer->open--;
        (void) ok(c);
        return 0;
}

static void arm(Conn *c, uint64_t in, sd_event_time_handler_t fn) {
        c->timer = sd_event_source_disable_unref(c->timer);
        (void) sd_event_add_time_relative(c->peer->event, &c->timer, CLOCK_MONOTONIC, in, 1, fn, c);
}

static bool slow(Conn *c) {
        c->peer->open++;
        c->peer->most = MAX(c->peer->most, c->peer->open);
        arm(c, SLOW_USEC, on_slow);
        return true;
}

static int on_drip(sd_event_source *s, uint64_t usec, void *userdata) {
        Conn *c = userdata;

        if (answer(c, "."))
                arm(c, DRIP_USEC, on_drip);
        return 0;
}

static bool drip(Conn *c) {
        arm(c, DRIP_USEC, on_drip);
        return answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
}

/* The number behind the path. */
static size_t number(const Conn *c) {
        return strtoul(strchr(strchr(c->in, ' '), '=') + 1, NULL, 10);
}

static bool body_of(Conn *c) {
        size_t n = number(c), head;
        char *out = malloc(n + 64);

        head = (size_t) sprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
        memset(out + head, 'x', n);
        return answer_bytes(c, out, head + n);
}

/* With the status line and the empty one at their end. */
static bool headers_of(Conn *c) {
        static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", tail[] = "\r\n\r\n";
        size_t n = number(c);
        char *out = malloc(n + 1);

        memset(out, 'x', n);
        memcpy(out, head, strlen(head));
        memcpy(out + n - strlen(tail), tail, sizeof(tail));
        return answer_bytes(c, out, n);
}

static const struct { const char *path; bool (*act)(Conn *c); } behaviours[] = {
        { "/base/ok", ok }, { "/ok", ok }, { "/hang", hang }, { "/half-headers", half_headers }, { "/half-body", half_body },
        { "/reset-body", reset_body }, { "/shut", shut }, { "/die-on-reuse", die_on_reuse }, { "/replaced", replaced }, { "/redirect", redirect },
        { "/flood", flood }, { "/big-length", big_length }, { "/gzip", gzip }, { "/interim", interim },
        { "/headers-flood", headers_flood }, { "/nonsense", nonsense }, { "/mirror", mirror }, { "/repeat", repeat }, { "/slow", slow }, { "/drip", drip },
        { "/body?n=", body_of }, { "/headers?n=", headers_of },
};

/* Whole requests in c->in are answered one after the other; returns false when the connection has gone. */
static bool conn_serve(Conn *c) {
        char *end = strstr(c->in, "\r\n\r\n"), *length, *path;
        size_t n;

        if (!end)
                return true;
        length = strcasestr(c->in, "\r\nContent-Length:");
        n = (size_t) (end - c->in) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        if (c->n_in < n)
                return true;
        memcpy(c->peer->last, c->in, n);
        c->peer->last[n] = 0;
        c->peer->requests++;
        c->served++;
        c->n_in = 0;
        path = strchr(c->in, ' ') + 1;
        for (size_t i = 0; i < ARRAY_SIZE(behaviours); i++)
                if (strncmp(path, behaviours[i].path, strlen(behaviours[i].path)) == 0 &&
                    (path[strlen(behaviours[i].path)] == ' ' || path[strlen(behaviours[i].path) - 1] == '='))
                        return behaviours[i].act(c);
        return answer(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static int on_conn(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        Conn *c = userdata;
        ssize_t k;

        if (events & EPOLLOUT && !conn_write(c))
                return 0;
        if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                return 0;
        k = recv(fd, c->in + c->n_in, REQUEST_MAX - c->n_in, MSG_DONTWAIT);
        if (k < 0 && errno == EAGAIN)
                return 0;
        if (k <= 0) {
                conn_close(c, false);
                return 0;
        }
        c->n_in += (size_t) k;
        c->in[c->n_in] = 0;
        (void) conn_serve(c);
        return 0;
}

static int on_accept(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        Peer *p = userdata;
        int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        Conn *c;

        if (got < 0)
                return 0;
        c = calloc(1, sizeof(*c));
        c->peer = p;
        c->fd = got;
        p->connections++;
        TAILQ_INSERT_TAIL(&p->conns, c, link);
        assert(sd_event_add_io(p->event, &c->io, got, EPOLLIN, on_conn, c) >= 0);
        return 0;
}

static int listen_on(Peer *p, const char *path) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct sockaddr_un un = { .sun_family = AF_UNIX };
        socklen_t n = sizeof(in);
        int fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (path)
                (void) snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
        if (fd < 0 || bind(fd, path ? (void *) &un : (void *) &in, path ? sizeof(un) : sizeof(in)) < 0 || listen(fd, 128) < 0)
                abort();
        if (!path && getsockname(fd, (struct sockaddr *) &in, &n) == 0)
                p->port = ntohs(in.sin_port);
        return fd;
}

Peer *peer_new(sd_event *event, const char *socket) {
        Peer *p = calloc(1, sizeof(*p));

        p->event = event;
        TAILQ_INIT(&p->conns);
        p->fd = listen_on(p, socket);
        if (sd_event_add_io(event, &p->io, p->fd, EPOLLIN, on_accept, p) < 0)
                abort();
        return p;
}

Peer *peer_free(Peer *p) {
        for (Conn *c; (c = TAILQ_FIRST(&p->conns));)
                conn_close(c, false);
        (void) sd_event_source_disable_unref(p->io);
        (void) close(p->fd);
        free(p);
        return NULL;
}

unsigned peer_port(const Peer *p) {
        return p->port;
}

unsigned peer_connections(const Peer *p) {
        return p->connections;
}

unsigned peer_most(const Peer *p) {
        return p->most;
}

unsigned peer_requests(const Peer *p) {
        return p->requests;
}

const char *peer_last(const Peer *p) {
        return p->last;
}
