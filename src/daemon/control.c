/*
 * Control: bounded conversations with local clients
 *
 * A client reads or writes, never both: while an answer waits to be read, nothing more is read from it, so a client can cost at
 * most one line in and one answer out. Answers of all clients together are bounded as well.
 */
#include "daemon/control.h"

#include <assert.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/instant.h"
#include "base/limits.h"

#define GROUPS_MAX 1024u        /* of a peer; whoever is in more is nobody to us */

typedef struct Client {
        LIST_ENTRY(Client) entry;
        Control *control;       /* borrowed: it owns us */
        int fd;
        sd_event_source *io, *idle;
        char *in;               /* CONTROL_LINE_MAX bytes, made with the first */
        size_t n_in;
        char *out;              /* an answer on its way, NULL: none */
        size_t n_out, sent;
        ControlCall *call;      /* a question not answered yet: weak, it lives until it is */
} Client;

struct ControlCall {
        Client *client;         /* weak: NULL once the client has gone */
};

struct Control {
        sd_event *event;        /* our reference */
        sd_event_source *listen;
        int fd;
        struct sockaddr_un address;
        gid_t group;
        control_fn fn;
        void *userdata;
        LIST_HEAD(, Client) clients;
        size_t n_clients, n_out;
};

/* ── clients ── */

static void client_free(Client *c) {
        LIST_REMOVE(c, entry);
        c->control->n_clients--;
        c->control->n_out -= c->n_out;
        if (c->call)
                c->call->client = NULL;
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->idle);
        (void) close(c->fd);
        free(c->in);
        free(c->out);
        free(c);
}

static void client_not_idle(Client *c, bool waiting_for_us) {
        (void) sd_event_source_set_time_relative(c->idle, CONTROL_IDLE_SEC * USEC_PER_SEC);
        (void) sd_event_source_set_enabled(c->idle, waiting_for_us ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* 1: all is out; 0: the socket is full; negative: the client is to go. */
static int client_write(Client *c) {
        while (c->sent < c->n_out) {
                ssize_t n = send(c->fd, c->out + c->sent, c->n_out - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                c->sent += (size_t) n;
                client_not_idle(c, false);
        }
        c->control->n_out -= c->n_out;
        free(c->out);
        c->out = NULL;
        c->n_out = c->sent = 0;
        return 1;
}

static int on_idle(sd_event_source *s, uint64_t usec, void *userdata) {
        client_free(userdata);
        return 0;
}

static void client_listen(Client *c) {
        (void) sd_event_source_set_io_events(c->io, c->out ? EPOLLOUT : c->call ? 0 : EPOLLIN);
}

/* ── answers ── */

static void client_send(Client *c, json_t *answer) {
        char *line = json_dumps(answer, JSON_COMPACT);
        size_t n = line ? strlen(line) : 0;

        if (!line || c->control->n_out + n + 1 > CONTROL_OUT_MAX) { /* too much is waiting: come again */
                free(line);
                (void) sd_event_source_set_time_relative(c->idle, 0); /* our caller still holds it: it goes a moment later */
                (void) sd_event_source_set_enabled(c->idle, SD_EVENT_ONESHOT);
                return;
        }
        line[n++] = '\n'; /* takes the place of the NUL: from here on it is counted bytes */
        c->out = line;
        c->n_out = n;
        c->sent = 0;
        c->control->n_out += n;
        client_not_idle(c, false);
        client_listen(c); /* written from the event loop, also when it would fit now: callers need not expect us to vanish */
}

static void call_finish(ControlCall *call, json_t *answer) {
        if (call->client) {
                call->client->call = NULL;
                client_send(call->client, answer);
        }
        json_decref(answer);
        free(call);
}

bool control_gone(const ControlCall *call) {
        return !call->client;
}

void control_refuse(ControlCall *call, const char *fmt, ...) {
        char text[512];
        json_t *message;
        va_list ap;

        va_start(ap, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        message = json_string(text); /* NULL when it was cut inside a character */
        call_finish(call, json_pack("{s:b, s:o}", "ok", 0, "error", message ? message : json_string("refused")));
}

void control_answer(ControlCall *call, json_t *result) {
        if (!result) {
                control_refuse(call, "out of memory");
                return;
        }
        call_finish(call, json_pack("{s:b, s:o}", "ok", 1, "result", result));
}

/* ── questions ── */

static int client_ask(Client *c, json_t *request) {
        ControlCall *call = calloc(1, sizeof(ControlCall));
        const char *verb;

        if (!call) {
                json_decref(request);
                return -ENOMEM;
        }
        call->client = c;
        c->call = call;
        client_not_idle(c, true);
        verb = json_string_value(json_object_get(request, "verb"));
        if (!verb)
                control_refuse(call, "a request is one JSON object on a line, with a \"verb\"");
        else
                c->control->fn(c->control->userdata, call, verb, request);
        json_decref(request);
        return 0;
}

/* Takes the next complete line, if there is one and nothing is under way. */
static int client_next(Client *c) {
        char *end = c->n_in ? memchr(c->in, '\n', c->n_in) : NULL;
        json_t *request;
        json_error_t e;
        size_t n;

        if (!end)
                return c->n_in == CONTROL_LINE_MAX ? -EMSGSIZE : 0;
        n = (size_t) (end - c->in);
        request = json_loadb(c->in, n, JSON_REJECT_DUPLICATES, &e);
        c->n_in -= n + 1;
        memmove(c->in, end + 1, c->n_in);
        return client_ask(c, request);
}

static int client_read(Client *c) {
        ssize_t n;

        if (!c->in)
                c->in = malloc(CONTROL_LINE_MAX);
        if (!c->in)
                return -ENOMEM;
        n = recv(c->fd, c->in + c->n_in, CONTROL_LINE_MAX - c->n_in, MSG_DONTWAIT);
        if (n == 0)
                return -ECONNRESET;
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        c->n_in += (size_t) n;
        client_not_idle(c, false);
        return client_next(c);
}

/* One step a call, so that a chatty client gets its turn among the others'. */
static int on_client(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Client *c = userdata;
        int r;

        if (c->out) {
                r = client_write(c);
                if (r > 0)
                        r = client_next(c);
        } else if (c->call)
                r = revents & (EPOLLHUP | EPOLLERR) ? -ECONNRESET : 0;
        else
                r = client_read(c);
        if (r < 0)
                client_free(c);
        else
                client_listen(c);
        return 0;
}

/* ── who may ask ── */

bool control_allowed(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups, uid_t own, gid_t maintd) {
        if (uid == 0 || uid == own)
                return true;
        if (maintd == (gid_t) -1)
                return false;
        if (gid == maintd)
                return true;
        for (size_t i = 0; i < n_groups; i++)
                if (groups[i] == maintd)
                        return true;
        return false;
}

static bool peer_allowed(const Control *c, int fd) {
        struct ucred peer;
        gid_t groups[GROUPS_MAX];
        socklen_t n = sizeof(peer), n_groups = sizeof(groups);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
                return false;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n_groups) < 0)
                n_groups = 0; /* in more groups than we look at: its primary one still counts */
        return control_allowed(peer.uid, peer.gid, groups, n_groups / sizeof(gid_t), geteuid(), c->group);
}

static int client_new(Control *control, int fd) {
        Client *c = calloc(1, sizeof(Client));
        int r;

        if (!c) {
                (void) close(fd);
                return -ENOMEM;
        }
        c->control = control;
        c->fd = fd;
        LIST_INSERT_HEAD(&control->clients, c, entry);
        control->n_clients++;
        r = sd_event_add_io(control->event, &c->io, fd, EPOLLIN, on_client, c);
        if (r >= 0)
                r = sd_event_add_time_relative(control->event, &c->idle, CLOCK_BOOTTIME, CONTROL_IDLE_SEC * USEC_PER_SEC, 0, on_idle, c);
        if (r < 0)
                client_free(c);
        else
                (void) sd_event_source_set_description(c->io, "control client");
        return r;
}

static int on_connection(sd_event_source *s, int listen_fd, uint32_t revents, void *userdata) {
        static const char refused[] = "{\"ok\":false,\"error\":\"permission denied: ask as root, or as a member of the group maintd\"}\n";
        static const char busy[] = "{\"ok\":false,\"error\":\"too many clients at once: try again\"}\n";
        Control *c = userdata;
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); /* cppcheck-suppress nullPointer; accept(2) allows it */

        if (fd < 0)
                return 0;
        if (!peer_allowed(c, fd)) {
                (void) send(fd, refused, sizeof(refused) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
                (void) close(fd);
        } else if (c->n_clients >= CONTROL_CLIENTS_MAX) {
                (void) send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
                (void) close(fd);
        } else
                (void) client_new(c, fd);
        return 0;
}

/* ── the socket ── */

/* A socket nobody listens on is left from a crash. One that answers belongs to somebody. */
static int remove_stale(const struct sockaddr_un *a) {
        struct stat st;
        int fd, r;

        if (lstat(a->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = connect(fd, (const struct sockaddr *) a, sizeof(*a)) < 0 ? -errno : -EADDRINUSE;
        (void) close(fd);
        if (r != -ECONNREFUSED)
                return r == -EAGAIN ? -EADDRINUSE : r;
        return unlink(a->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static gid_t group_find(const char *name) {
        struct group *g = getgrnam(name);

        return g ? g->gr_gid : (gid_t) -1;
}

static int control_bind(Control *c) {
        mode_t mask;
        int r = remove_stale(&c->address);

        if (r < 0)
                return r;
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (c->fd < 0)
                return -errno;
        mask = umask(0117); /* there is no moment in which others could connect */
        r = bind(c->fd, (const struct sockaddr *) &c->address, sizeof(c->address)) < 0 ? -errno : 0;
        (void) umask(mask);
        if (r < 0)
                return r;
        if (c->group != (gid_t) -1)
                (void) chown(c->address.sun_path, (uid_t) -1, c->group); /* not ours to give: then it stays with our own group */
        return listen(c->fd, (int) CONTROL_CLIENTS_MAX) < 0 ? -errno : 0;
}

Control *control_free(Control *c) {
        if (!c)
                return NULL;
        while (!LIST_EMPTY(&c->clients))
                client_free(LIST_FIRST(&c->clients));
        sd_event_source_disable_unref(c->listen);
        sd_event_unref(c->event);
        if (c->fd >= 0) {
                if (c->listen)
                        (void) unlink(c->address.sun_path);
                (void) close(c->fd);
        }
        free(c);
        return NULL;
}

int control_new(sd_event *event, const char *path, control_fn fn, void *userdata, Control **ret) {
        auto_(control_free) Control *c = calloc(1, sizeof(Control));
        int r;

        assert(path && fn);
        if (!c)
                return -ENOMEM;
        c->fd = -1;
        c->event = sd_event_ref(event);
        c->fn = fn;
        c->userdata = userdata;
        LIST_INIT(&c->clients);
        c->address.sun_family = AF_UNIX;
        if (strlen(path) >= sizeof(c->address.sun_path))
                return -ENAMETOOLONG;
        (void) strcpy(c->address.sun_path, path);
        c->group = group_find(CONTROL_GROUP);
        r = control_bind(c);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &c->listen, c->fd, EPOLLIN, on_connection, c);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->listen, "control socket");
        *ret = STEAL(c);
        return 0;
}
