/*
 * A mail server for tests, living on the event loop of the test itself, which answers as it is told
 */
#include "smtp-peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/text.h"

#define CONNS 16u
#define SAID_MAX (256u * 1024)

typedef struct Conn {
        SmtpPeer *peer;
        int fd;
        sd_event_source *io;
        char in[16384];
        size_t n;
        bool data;
} Conn;

static const struct { const char *verb, *reply; } usual[] = {
        { "CONNECT", "220 test ESMTP" }, { "EHLO", "250-test\r\n250 8BITMIME" }, { "MAIL", "250 ok" }, { "RCPT", "250 ok" }, { "DATA", "354 go on" },
        { ".", "250 taken" }, { "QUIT", "221 bye" }, { "RSET", "250 ok" },
};

struct SmtpPeer {
        sd_event *event;
        int fd;
        sd_event_source *io;
        unsigned port, connections, mails, waiting;
        Conn *conns[CONNS];
        const char *verb, *reply;       /* what is answered otherwise; verb NULL: nothing */
        char said[SAID_MAX];
        size_t n_said;
};

static void conn_close(Conn *c) {
        for (size_t i = 0; i < CONNS; i++)
                if (c->peer->conns[i] == c)
                        c->peer->conns[i] = NULL;
        (void) sd_event_source_disable_unref(c->io);
        (void) close(c->fd);
        free(c);
}

static void answer(Conn *c, const char *verb) {
        SmtpPeer *p = c->peer;
        const char *reply = "502 what";
        auto_(free) char *line = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
                if (strcmp(usual[i].verb, verb) == 0)
                        reply = usual[i].reply;
        if (p->verb && strcmp(p->verb, verb) == 0)
                reply = p->reply;
        if (strcmp(verb, "DATA") == 0)
                c->data = reply && *reply == '3';
        if (!reply) {
                p->waiting++;
                return;
        }
        line = textf("%s\r\n", reply); /* at once: two small writes would wait for each other */
        (void) !send(c->fd, line, strlen(line), MSG_NOSIGNAL);
}

/* One line, or a whole mail, from the front of what came. Return: how many bytes; 0: more must come. */
static size_t take(Conn *c) {
        char *end = c->data ? strstr(c->in, "\r\n.\r\n") : strstr(c->in, "\r\n"), verb[8] = "";

        if (!end)
                return 0;
        if (c->data) {
                c->data = false;
                c->peer->mails++;
                answer(c, ".");
                return (size_t) (end - c->in) + 5;
        }
        for (size_t i = 0; i < 4 && c->in[i] > ' '; i++)
                verb[i] = (char) (c->in[i] & ~0x20);
        answer(c, verb);
        return (size_t) (end - c->in) + 2;
}

static int on_io(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        Conn *c = userdata;
        ssize_t k = recv(fd, c->in + c->n, sizeof(c->in) - 1 - c->n, MSG_DONTWAIT);
        size_t used;

        if (k <= 0) {
                conn_close(c);
                return 0;
        }
        if (c->peer->n_said + (size_t) k < SAID_MAX) {
                memcpy(c->peer->said + c->peer->n_said, c->in + c->n, (size_t) k);
                c->peer->n_said += (size_t) k;
        }
        c->n += (size_t) k;
        c->in[c->n] = '\0';
        while ((used = take(c)) > 0) {
                memmove(c->in, c->in + used, c->n - used + 1);
                c->n -= used;
        }
        return 0;
}

static int on_accept(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        SmtpPeer *p = userdata;
        Conn *c = calloc(1, sizeof(*c));
        size_t i = 0;

        while (i < CONNS && p->conns[i])
                i++;
        if (!c || i == CONNS)
                abort();
        *c = (Conn) { .peer = p, .fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC) };
        if (c->fd < 0 || sd_event_add_io(p->event, &c->io, c->fd, EPOLLIN, on_io, c) < 0)
                abort();
        p->conns[i] = c;
        p->connections++;
        answer(c, "CONNECT");
        return 0;
}

SmtpPeer *smtp_peer_new(sd_event *event) {
        SmtpPeer *p = calloc(1, sizeof(*p));
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(at);

        if (!p)
                abort();
        p->event = sd_event_ref(event);
        p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (p->fd < 0 || bind(p->fd, (struct sockaddr *) &at, sizeof(at)) < 0 || listen(p->fd, 16) < 0 || getsockname(p->fd, (struct sockaddr *) &at, &n) < 0 ||
            sd_event_add_io(event, &p->io, p->fd, EPOLLIN, on_accept, p) < 0)
                abort();
        p->port = ntohs(at.sin_port);
        return p;
}

SmtpPeer *smtp_peer_free(SmtpPeer *p) {
        if (!p)
                return NULL;
        for (size_t i = 0; i < CONNS; i++)
                if (p->conns[i])
                        conn_close(p->conns[i]);
        (void) sd_event_source_disable_unref(p->io);
        (void) close(p->fd);
        (void) sd_event_unref(p->event);
        free(p);
        return NULL;
}

void smtp_peer_answer(SmtpPeer *p, const char *verb, const char *reply) {
        p->verb = verb;
        p->reply = reply;
}

unsigned smtp_peer_port(const SmtpPeer *p) {
        return p->port;
}

unsigned smtp_peer_connections(const SmtpPeer *p) {
        return p->connections;
}

unsigned smtp_peer_mails(const SmtpPeer *p) {
        return p->mails;
}

unsigned smtp_peer_waiting(const SmtpPeer *p) {
        return p->waiting;
}

const char *smtp_peer_said(const SmtpPeer *p) {
        return p->said;
}
