/*
 * Ask: one question to the running daemon
 *
 * A daemon that hangs still has its socket, and the kernel takes connections for it until its queue is full: each step has its limit.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "daemon/control.h"

#define CONNECT_USEC (5 * USEC_PER_SEC)         /* until a connection and a request are taken */
#define WORD_USEC (2 * USEC_PER_SEC)            /* until the daemon's word is done without */
#define HINT_USEC (5 * USEC_PER_SEC)            /* until a person is told what is waited for */
#define ANSWER_USEC (120 * USEC_PER_SEC)        /* a reload waits 5 s for git, then reads everything */

typedef struct Patience {
        usec_t until;           /* of the clock that runs on; USEC_INFINITY: however long it takes */
        usec_t hint;            /* likewise: when it is told that it takes long */
        int stop;               /* a descriptor that ends the waiting; -1: none */
} Patience;

static Patience patience_of(usec_t limit) {
        usec_t now = now_read().boot;

        return (Patience) { .until = usec_add(now, limit), .hint = limit > HINT_USEC ? usec_add(now, HINT_USEC) : USEC_INFINITY, .stop = -1 };
}

static usec_t left(usec_t until) {
        return until == USEC_INFINITY ? USEC_INFINITY : usec_sub(until, now_read().boot);
}

/* The socket: 0 nobody is there. */
static int ask_connect(const Ctl *ctl, const Patience *p, int *ret) {
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        auto_(free) char *path = control_path(ctl->control, ctl->state);
        auto_(close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        usec_t limit = MAX(MIN(left(p->until), CONNECT_USEC), (usec_t) 1000); /* of none the kernel would make none */
        struct timeval patience = { .tv_sec = (time_t) (limit / USEC_PER_SEC), .tv_usec = (suseconds_t) (limit % USEC_PER_SEC) };

        if (!path || fd < 0)
                return -ENOMEM;
        if (strlen(path) >= sizeof(a.sun_path))
                return 0; /* no socket can be there: the daemon refuses such a path, too */
        (void) strcpy(a.sun_path, path);
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &a, sizeof(a)) < 0) {
                if (errno == EAGAIN)
                        return -ETIMEDOUT; /* as many wait there already as there is room for */
                if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
                        return 0;
                (void) fprintf(stderr, errno == EACCES ? "maintctl: %s: permission denied: run it as root, or as a member of the group " CONTROL_GROUP "\n" :
                               "maintctl: %s: %m\n", path);
                return -EACCES;
        }
        *ret = fd;
        fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): the cleanup reads it */
        return 1;
}

static int ask_send(int fd, json_t *request) {
        char *line = json_dumps(request, JSON_COMPACT);
        size_t n = line ? strlen(line) : 0;
        ssize_t sent;

        if (!line)
                return -ENOMEM;
        line[n++] = '\n'; /* in place of the NUL */
        sent = send(fd, line, n, MSG_NOSIGNAL); /* a short line to an empty socket goes out at once */
        free(line);
        if (sent < 0 && errno == EAGAIN)
                return -ETIMEDOUT;
        return sent == (ssize_t) n || (sent < 0 && errno == EPIPE) ? 0 : -EIO; /* hung up on us: it may have said why */
}

/* Milliseconds for poll(2) until the next of both; -1: none. */
static int poll_msec(const Patience *p) {
        usec_t t = MIN(left(p->until), left(p->hint));

        return t == USEC_INFINITY ? -1 : (int) (t / 1000 + 1);
}

/* Until there is something to read; -ETIMEDOUT: there is not; -ECANCELED: @stop can be read, or nobody reads what we print. */
static int ask_wait(int fd, Patience *p) {
        struct pollfd polled[] = { { .fd = fd, .events = POLLIN }, { .fd = p->stop, .events = POLLIN }, { .fd = p->stop >= 0 ? STDOUT_FILENO : -1 } };

        while (left(p->until) > 0) {
                if (poll(polled, ARRAY_SIZE(polled), poll_msec(p)) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (polled[1].revents || polled[2].revents & (POLLERR | POLLHUP))
                        return -ECANCELED;
                if (polled[0].revents)
                        return 0;
                if (left(p->hint) == 0) {
                        (void) fprintf(stderr, "maintctl: waiting for maintd to answer\n");
                        p->hint = USEC_INFINITY;
                }
        }
        return -ETIMEDOUT;
}

static int ask_receive(int fd, Patience *p, json_t **ret) {
        auto_(free) char *text = NULL;
        size_t n = 0, allocated = 0;
        json_error_t e;

        for (;;) {
                int r = ask_wait(fd, p);
                ssize_t k;

                if (r < 0)
                        return r;
                if (n + 1 >= allocated) {
                        char *more = realloc(text, allocated = allocated ? 2 * allocated : 64u * 1024);

                        if (!more)
                                return -ENOMEM;
                        text = more;
                }
                k = recv(fd, text + n, allocated - n - 1, 0);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0 && errno != ECONNRESET)
                        return -errno;
                if (k <= 0)
                        break;
                n += (size_t) k;
                if (text[n - 1] == '\n')
                        break;
        }
        if (n == 0)
                return -ECONNRESET; /* it ended meanwhile */
        *ret = json_loadb(text, n, 0, &e);
        return *ret ? 0 : -EBADMSG;
}

/* What the answer says, or that it is a refusal, said. */
static int ask_result(json_t *answer, json_t **ret) {
        json_t *result = json_object_get(answer, "result");
        auto_(free) char *why = NULL;

        if (json_is_true(json_object_get(answer, "ok")) && result) {
                *ret = json_incref(result);
                return 1;
        }
        why = text_printable(text_or(json_string_value(json_object_get(answer, "error")), "refused"), 0);
        (void) fprintf(stderr, "maintctl: %s\n", text_or(why, "refused"));
        return -EPROTO;
}

static int ask(const Ctl *ctl, json_t *request, Patience p, json_t **ret) {
        auto_(close) int fd = -1;
        json_t *answer = NULL;
        int r = ask_connect(ctl, &p, &fd);
        bool there = r > 0;

        if (r > 0)
                r = ask_send(fd, request);
        if (there && r >= 0)
                r = ask_receive(fd, &p, &answer);
        json_decref(request);
        if (there && r < 0 && r != -ECANCELED && r != -ETIMEDOUT)
                (void) fprintf(stderr, "maintctl: maintd did not answer: %s\n", strerror(-r));
        if (!there || r < 0)
                return r;
        r = ask_result(answer, ret);
        json_decref(answer);
        return r;
}

static void say_silent(void) {
        (void) fprintf(stderr, "maintctl: maintd does not answer\n");
}

int ctl_ask(const Ctl *ctl, json_t *request, json_t **ret) {
        int r = ask(ctl, request, patience_of(ANSWER_USEC), ret);

        if (r == -ETIMEDOUT)
                say_silent();
        return r;
}

int ctl_ask_within(const Ctl *ctl, json_t *request, usec_t limit, json_t **ret) {
        return ask(ctl, request, patience_of(MIN(limit, ANSWER_USEC)), ret);
}

int ctl_ask_word(const Ctl *ctl, json_t *request, json_t **ret) {
        int r = ask(ctl, request, patience_of(WORD_USEC), ret);

        if (r == -ETIMEDOUT)
                say_silent();
        return r == -ETIMEDOUT ? 0 : r;
}

int ctl_ask_until(const Ctl *ctl, json_t *request, int stop, json_t **ret) {
        int r = ask(ctl, request, (Patience) { .until = USEC_INFINITY, .hint = USEC_INFINITY, .stop = stop }, ret);

        if (r == -ETIMEDOUT)
                say_silent();
        return r;
}
