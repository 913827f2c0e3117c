/*
 * Ask: one question to the running daemon
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "daemon/control.h"

#define ANSWER_SEC 120  /* a reload waits 5 s for git, then reads everything */

/* The socket: 0 nobody is there. */
static int ask_connect(const Ctl *ctl, int *ret) {
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        auto_(free) char *path = control_path(ctl->control, ctl->state);
        auto_(close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct timeval patience = { .tv_sec = ANSWER_SEC };

        if (!path || fd < 0)
                return -ENOMEM;
        if (strlen(path) >= sizeof(a.sun_path))
                return 0; /* no socket can be there: the daemon refuses such a path, too */
        (void) strcpy(a.sun_path, path);
        if (connect(fd, (const struct sockaddr *) &a, sizeof(a)) < 0) {
                if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
                        return 0;
                (void) fprintf(stderr, errno == EACCES ? "maintctl: %s: permission denied: run it as root, or as a member of the group " CONTROL_GROUP "\n" :
                               "maintctl: %s: %m\n", path);
                return -EACCES;
        }
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
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
        return sent == (ssize_t) n || (sent < 0 && errno == EPIPE) ? 0 : -EIO; /* hung up on us: it may have said why */
}

/* Until there is something to read; -ECANCELED: @stop can be read, or nobody reads what we print. */
static int ask_wait(int fd, int stop) {
        struct pollfd p[] = { { .fd = fd, .events = POLLIN }, { .fd = stop, .events = POLLIN }, { .fd = STDOUT_FILENO } };

        while (stop >= 0) {
                if (poll(p, ARRAY_SIZE(p), -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (p[1].revents || p[2].revents & (POLLERR | POLLHUP))
                        return -ECANCELED;
                if (p[0].revents)
                        break;
        }
        return 0;
}

static int ask_receive(int fd, int stop, json_t **ret) {
        auto_(free) char *text = NULL;
        size_t n = 0, allocated = 0;
        json_error_t e;

        for (;;) {
                int r = ask_wait(fd, stop);
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
                        return errno == EAGAIN ? -ETIMEDOUT : -errno;
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

int ctl_ask(const Ctl *ctl, json_t *request, json_t **ret) {
        return ctl_ask_until(ctl, request, -1, ret);
}

int ctl_ask_until(const Ctl *ctl, json_t *request, int stop, json_t **ret) {
        auto_(close) int fd = -1;
        json_t *answer = NULL, *result;
        int r = ask_connect(ctl, &fd);

        if (r > 0) {
                r = ask_send(fd, request);
                if (r >= 0)
                        r = ask_receive(fd, stop, &answer);
                if (r < 0 && r != -ECANCELED)
                        (void) fprintf(stderr, "maintctl: maintd did not answer: %s\n", strerror(-r));
                else if (r >= 0)
                        r = 1;
        }
        json_decref(request);
        if (r <= 0)
                return r;
        result = json_object_get(answer, "result");
        if (!json_is_true(json_object_get(answer, "ok")) || !result) {
                auto_(free) char *why = text_printable(text_or(json_string_value(json_object_get(answer, "error")), "refused"), 0);

                (void) fprintf(stderr, "maintctl: %s\n", text_or(why, "refused"));
                json_decref(answer);
                return -EPROTO;
        }
        *ret = json_incref(result);
        json_decref(answer);
        return 1;
}
