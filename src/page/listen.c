/*
 * Where the page listens
 */
#include "page/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "base/text.h"

#define BACKLOG SOMAXCONN

typedef union Address {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
} Address;

void listen_done(Listen *l) {
        closep(&l->fd);
        free(l->shown);
        *l = (Listen) { .fd = -1 };
}

static socklen_t address_size(const Address *a) {
        return a->any.sa_family == AF_INET ? sizeof(a->in) : a->any.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->un);
}

static bool address_loopback(const Address *a) {
        if (a->any.sa_family == AF_INET)
                return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
        return a->any.sa_family == AF_UNIX || IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

static int port_parse(const char *text, in_port_t *ret) {
        char *end;
        unsigned long n;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        n = strtoul(text, &end, 10);
        if (*end || n > UINT16_MAX)
                return -EINVAL;
        *ret = htons((in_port_t) n);
        return 0;
}

static int address_parse(const char *where, Address *ret) {
        const char *colon = strrchr(where, ':');
        char host[INET6_ADDRSTRLEN];
        size_t n = colon ? (size_t) (colon - where) : 0;
        Address a = { 0 };

        if (where[0] == '/') {
                a.un.sun_family = AF_UNIX;
                if (strlen(where) >= sizeof(a.un.sun_path))
                        return -ENAMETOOLONG;
                strcpy(a.un.sun_path, where);
                *ret = a;
                return 0;
        }
        if (n == 0 || n >= sizeof(host))
                return -EINVAL;
        if (where[0] == '[' && where[n - 1] == ']') {
                (void) snprintf(host, sizeof(host), "%.*s", (int) n - 2, where + 1);
                a.in6.sin6_family = AF_INET6;
                if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) != 1 || port_parse(colon + 1, &a.in6.sin6_port) < 0)
                        return -EINVAL;
        } else {
                (void) snprintf(host, sizeof(host), "%.*s", (int) n, where);
                a.in.sin_family = AF_INET;
                if (inet_pton(AF_INET, host, &a.in.sin_addr) != 1 || port_parse(colon + 1, &a.in.sin_port) < 0)
                        return -EINVAL;
        }
        *ret = a;
        return 0;
}

/* As the kernel has it, so with the port it chose. */
static char *address_show(int fd) {
        Address a = { 0 };
        socklen_t size = sizeof(a) - 1;
        char host[INET6_ADDRSTRLEN];

        if (getsockname(fd, &a.any, &size) < 0)
                return NULL;
        if (a.any.sa_family == AF_UNIX)
                return textf("unix:%s", a.un.sun_path);
        if (a.any.sa_family == AF_INET6)
                return textf("http://[%s]:%u", inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host)), ntohs(a.in6.sin6_port));
        return textf("http://%s:%u", inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host)), ntohs(a.in.sin_port));
}

/* A socket file stays behind when its server was killed. It is removed when nobody answers there, and only then. */
static void remove_stale(const Address *a) {
        auto_(close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct stat st;

        if (fd >= 0 && lstat(a->un.sun_path, &st) >= 0 && S_ISSOCK(st.st_mode) && connect(fd, &a->any, address_size(a)) < 0 &&
            errno == ECONNREFUSED)
                (void) unlink(a->un.sun_path);
}

int listen_open(const char *where, bool public, Listen *ret) {
        auto_(close) int fd = -1;
        Address a;
        char *shown;
        int r = address_parse(where, &a);

        if (r < 0)
                return r;
        if (!public && !address_loopback(&a))
                return -EPERM;
        fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (a.any.sa_family == AF_UNIX)
                remove_stale(&a);
        else
                (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int));
        if (bind(fd, &a.any, address_size(&a)) < 0 || listen(fd, BACKLOG) < 0)
                return -errno;
        if (a.any.sa_family == AF_UNIX)
                (void) chmod(a.un.sun_path, 0660);
        shown = address_show(fd);
        if (!shown)
                return -ENOMEM;
        *ret = (Listen) { fd, shown };
        fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): it would be closed */
        return 0;
}

int listen_inherit(Listen ret[static LISTEN_MAX]) {
        int n = sd_listen_fds(1);

        if (n <= 0)
                return n;
        if (n > (int) LISTEN_MAX)
                return -E2BIG;
        for (int i = 0; i < n; i++) {
                int fd = SD_LISTEN_FDS_START + i;

                if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
                        return -EPROTOTYPE;
                (void) fcntl(fd, F_SETFL, O_NONBLOCK);
                ret[i] = (Listen) { fd, address_show(fd) };
        }
        return n;
}
