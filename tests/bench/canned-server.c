/*
 * Stub: a page that answers at once
 *
 * What a client can reach at best: it keeps bodies in memory and gives each back as it came, with id, state and version added. Of
 * three bases the first does as it is told, at the second a change of state is never answered, at the third it is answered 429:
 *
 *      http://127.0.0.1:PORT/ok     http://127.0.0.1:PORT/hang     http://127.0.0.1:PORT/limit
 *
 * Every change of state is written to LOG as it arrives: base, arrival and due time in µs since the epoch, id, state.
 *
 * Creates go to the file CREATES, if there is one, as lines of Idempotency-Key and body: for others to send again.
 *
 * usage: canned-server LOG [CREATES]       prints `listening on PORT` and serves until it is killed
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536u
#define BASES 3
#define PAGE_SIZE 100u
#define OBJECTS_MAX 200000u

typedef struct Stored { char *body; const char *state; unsigned version; } Stored; /* body: from `{` on, without the last `}` */
typedef struct Base { const char *name; Stored *items; unsigned n; } Base;
typedef struct Connection { int fd; size_t n; char in[BUFFER + 1]; } Connection;
typedef struct Request { const char *method, *path, *head, *body; size_t n_body; } Request;

static Base bases[BASES] = { { .name = "/ok" }, { .name = "/hang" }, { .name = "/limit" } };
static FILE *arrivals, *creates;

static const char *const states[] = { "scheduled", "in_progress", "completed", "cancelled" };

static int64_t now_usec(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what) {
        perror(what);
        exit(1);
}

/* A member's text up to its end, as it stands in compact JSON; "" when it is not there. */
static const char *member(const char *body, const char *name, char buf[static 64]) {
        const char *at = strstr(body, name);
        size_t n;

        *buf = '\0';
        if (!at)
                return buf;
        at += strlen(name);
        n = strcspn(at, "\"");
        if (n < 64) {
                memcpy(buf, at, n);
                buf[n] = '\0';
        }
        return buf;
}

static int64_t instant(const char *body, const char *name) {
        struct tm tm = { 0 };
        char text[64];

        if (!strptime(member(body, name, text), "%Y-%m-%dT%H:%M:%SZ", &tm))
                return 0;
        return (int64_t) timegm(&tm) * 1000000;
}

static const char *state_of(const char *body) {
        char text[64];

        (void) member(body, "\"status\":\"", text);
        for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
                if (strcmp(states[i], text) == 0)
                        return states[i];
        return NULL;
}

/* ── answers ── */

static void put_object(FILE *f, const Base *b, unsigned i) {
        const Stored *o = &b->items[i];

        (void) fprintf(f, "%s,\"id\":\"m%u\",\"version\":%u,\"status\":\"%s\"}", o->body, i, o->version, o->state);
}

static void put_services(FILE *f) {
        (void) fputs("{\"services\":[", f);
        for (unsigned i = 0; i < 20; i++)
                (void) fprintf(f, "%s{\"id\":\"s%02u\",\"name\":\"service-%02u\"}", i ? "," : "", i, i);
        (void) fputs("],\"next_cursor\":null}", f);
}

static void put_listing(FILE *f, const Base *b, const char *query) {
        const char *cursor = strstr(query, "cursor="), *state = strstr(query, "in_progress") ? states[1] : states[0];
        unsigned i = cursor ? (unsigned) atoi(cursor + strlen("cursor=")) : 0, n = 0;

        (void) fputs("{\"maintenance\":[", f);
        for (; i < b->n && n < PAGE_SIZE; i++)
                if (b->items[i].state == state) {
                        (void) fputs(n++ ? "," : "", f);
                        put_object(f, b, i);
                }
        if (n == PAGE_SIZE)
                (void) fprintf(f, "],\"next_cursor\":\"%u\"}", i);
        else
                (void) fputs("],\"next_cursor\":null}", f);
}

static unsigned create(FILE *f, Base *b, const Request *q) {
        const char *state = state_of(q->body);
        char *body = strndup(q->body, q->n_body);

        if (!body || b->n == OBJECTS_MAX || q->n_body < 2)
                return 500;
        if (creates) {
                const char *key = strcasestr(q->head, "\nIdempotency-Key: ");
                size_t skip = strlen("\nIdempotency-Key: ");

                (void) fprintf(creates, "%.*s\t%s\n", key ? (int) strcspn(key + skip, "\r") : 0, key ? key + skip : "", body);
                (void) fflush(creates);
        }
        body[q->n_body - 1] = '\0';
        b->items[b->n] = (Stored) { body, state ? state : states[0], 1 };
        put_object(f, b, b->n++);
        return 201;
}

/* 0: no answer. */
static unsigned change(FILE *f, Base *b, unsigned i, const Request *q) {
        const char *state = state_of(q->body);

        if (state) {
                (void) fprintf(arrivals, "%s\t%lld\t%lld\tm%u\t%s\n", b->name, (long long) now_usec(),
                               (long long) instant(b->items[i].body, state == states[1] ? "\"scheduled_start\":\"" : "\"scheduled_end\":\""), i, state);
                (void) fflush(arrivals);
                if (b == &bases[1])
                        return 0;
                if (b == &bases[2])
                        return 429;
                b->items[i].state = state;
        }
        b->items[i].version++;
        put_object(f, b, i);
        return 200;
}

static unsigned answer(FILE *f, const Request *q) {
        static const char resource[] = "/maintenance";
        unsigned i;

        for (Base *b = bases; b < bases + BASES; b++) {
                size_t n = strlen(b->name);
                const char *rest = q->path + n;

                if (strncmp(q->path, b->name, n) != 0)
                        continue;
                if (!*rest) {
                        (void) fputs("{\"product\":\"maintd-page\",\"version\":\"0\"}", f);
                        return 200;
                }
                if (strncmp(rest, "/services", strlen("/services")) == 0) {
                        put_services(f);
                        return 200;
                }
                if (strncmp(rest, resource, sizeof(resource) - 1) != 0)
                        return 404;
                rest += sizeof(resource) - 1;
                if (*rest != '/' && strcmp(q->method, "POST") == 0)
                        return create(f, b, q);
                if (*rest != '/') {
                        put_listing(f, b, rest);
                        return 200;
                }
                if (sscanf(rest, "/m%u", &i) != 1 || i >= b->n)
                        return 404;
                if (strcmp(q->method, "PATCH") == 0)
                        return change(f, b, i, q);
                put_object(f, b, i);
                return 200;
        }
        return 404;
}

static bool send_all(int fd, const char *s, size_t n) {
        while (n > 0) {
                ssize_t k = send(fd, s, n, MSG_NOSIGNAL);

                if (k < 0)
                        return false;
                s += k;
                n -= (size_t) k;
        }
        return true;
}

static bool respond(int fd, const Request *q) {
        char *body = NULL, *all = NULL;
        size_t n = 0, n_all = 0;
        FILE *f = open_memstream(&body, &n), *to;
        unsigned status;
        bool sent;

        if (!f)
                die("memory");
        status = answer(f, q);
        (void) fclose(f);
        to = open_memstream(&all, &n_all);
        if (!to)
                die("memory");
        (void) fprintf(to, "HTTP/1.1 %u Answer\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n", status,
                       status == 429 ? "Retry-After: 1\r\n" : "", n);
        (void) fwrite(body, 1, n, to);
        (void) fclose(to);
        sent = status == 0 || send_all(fd, all, n_all);
        free(body);
        free(all);
        return sent;
}

/* ── connections ── */

/* Takes one request off the buffer. 1: done; 0: not all of it is here; -1: no sense in it. */
static int take_request(Connection *c, Request *q, size_t *ret_used) {
        char *end, *length, *path, *space;

        c->in[c->n] = '\0';
        end = strstr(c->in, "\r\n\r\n");
        if (!end)
                return c->n == BUFFER ? -1 : 0;
        length = strcasestr(c->in, "\r\nContent-Length:");
        q->n_body = length && length < end ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
        q->body = end + 4;
        *ret_used = (size_t) (q->body - c->in) + q->n_body;
        if (*ret_used > BUFFER)
                return -1;
        if (*ret_used > c->n)
                return 0;
        path = strchr(c->in, ' ');
        space = path ? strchr(path + 1, ' ') : NULL;
        if (!space || space > end)
                return -1;
        *path = *space = '\0';
        q->method = c->in;
        q->path = path + 1;
        q->head = space + 1;
        return 1;
}

static bool serve(Connection *c) {
        ssize_t k = recv(c->fd, c->in + c->n, BUFFER - c->n, 0);
        Request q;
        size_t used;
        int r;

        if (k <= 0)
                return false;
        c->n += (size_t) k;
        while ((r = take_request(c, &q, &used)) > 0) {
                char kept = c->in[used];

                c->in[used] = '\0'; /* the body ends there */
                if (!respond(c->fd, &q))
                        return false;
                c->in[used] = kept;
                memmove(c->in, c->in + used, c->n - used);
                c->n -= used;
        }
        return r == 0;
}

static void welcome(int epoll, int listener) {
        Connection *c = malloc(sizeof(*c));
        int one = 1;

        if (!c)
                die("memory");
        c->n = 0;
        c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (c->fd < 0) {
                free(c);
                return;
        }
        (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &(struct epoll_event) { .events = EPOLLIN, .data.ptr = c }) < 0)
                die("epoll");
}

int main(int argc, char **argv) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        int listener, epoll;

        arrivals = argc == 2 || argc == 3 ? fopen(argv[1], "we") : NULL;
        creates = argc == 3 ? fopen(argv[2], "we") : NULL;
        if (!arrivals || (argc == 3 && !creates)) {
                (void) fprintf(stderr, "usage: canned-server LOG [CREATES]\n");
                return 1;
        }
        for (unsigned i = 0; i < BASES; i++)
                if (!(bases[i].items = calloc(OBJECTS_MAX, sizeof(Stored))))
                        die("memory");
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        epoll = epoll_create1(EPOLL_CLOEXEC);
        if (listener < 0 || epoll < 0 || bind(listener, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(listener, 128) < 0 ||
            getsockname(listener, (struct sockaddr *) &address, &length) < 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event) { .events = EPOLLIN, .data.ptr = NULL }) < 0)
                die("listen");
        (void) printf("listening on %u\n", ntohs(address.sin_port));
        (void) fflush(stdout);
        for (;;) {
                struct epoll_event events[64];
                int n = epoll_wait(epoll, events, 64, -1);

                for (int i = 0; i < n; i++) {
                        Connection *c = events[i].data.ptr;

                        if (!c)
                                welcome(epoll, listener);
                        else if (!serve(c)) {
                                (void) close(c->fd);
                                free(c);
                        }
                }
        }
}
