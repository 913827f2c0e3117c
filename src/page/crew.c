/*
 * A crew: transfers in threads, for those during which curl stands still
 *
 * One lock for all that is shared: the two lists, and each member's sockets. A member's sockets are known so that whoever wants it back can
 * shut them: curl, wherever it waits, then finds that the other side has gone. That also spares a server that failed us its QUIT, for whose
 * answer curl would wait as well.
 */
#include "page/crew.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define SOCKETS_MAX 8u          /* of a member: one that is kept, and those of an attempt to connect */
#define KEPT_MAX 1L             /* connections */
#define POLL_MS 60000           /* curl has timers of its own, and is woken to stop */

typedef struct Member {
        Crew *crew;
        pthread_t thread;
        CURLM *multi;                   /* owned; replaced under the lock */
        curl_socket_t sockets[SOCKETS_MAX];
        size_t n_sockets;
} Member;

struct Crew {
        sd_event_source *ready;         /* owned */
        int fd;                         /* owned: readable when something has ended */
        pthread_mutex_t lock;           /* of what follows */
        pthread_cond_t work;
        Transfer *waiting, *ended;      /* borrowed, first in first out */
        size_t n_waiting, n_idle;
        Member members[CREW_SIZE];
        size_t n_members;
        bool stop;
};

static void append(Transfer **list, Transfer *t) {
        while (*list)
                list = &(*list)->next;
        t->next = NULL;
        *list = t;
}

static Transfer *take_first(Transfer **list) {
        Transfer *t = *list;

        if (t)
                *list = t->next;
        return t;
}

/* --- a member's sockets --- */

static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *to) {
        Member *m = userdata;
        int fd = CURL_SOCKET_BAD;

        (void) pthread_mutex_lock(&m->crew->lock);
        if (!m->crew->stop && m->n_sockets < SOCKETS_MAX)
                fd = socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
        if (fd >= 0)
                m->sockets[m->n_sockets++] = fd;
        (void) pthread_mutex_unlock(&m->crew->lock);
        return fd;
}

static int on_close(void *userdata, curl_socket_t fd) {
        Member *m = userdata;

        (void) pthread_mutex_lock(&m->crew->lock);
        for (size_t i = 0; i < m->n_sockets; i++)
                if (m->sockets[i] == fd) {
                        m->sockets[i] = m->sockets[--m->n_sockets];
                        break;
                }
        (void) pthread_mutex_unlock(&m->crew->lock);
        return close(fd);
}

/* The caller holds the lock. */
static void sockets_shut(Member *m) {
        for (size_t i = 0; i < m->n_sockets; i++)
                (void) shutdown(m->sockets[i], SHUT_RDWR);
}

static void member_shut(Member *m) {
        (void) pthread_mutex_lock(&m->crew->lock);
        sockets_shut(m);
        (void) pthread_mutex_unlock(&m->crew->lock);
}

/* --- a member's life --- */

static bool stopping(Crew *c) {
        bool stop;

        (void) pthread_mutex_lock(&c->lock);
        stop = c->stop;
        (void) pthread_mutex_unlock(&c->lock);
        return stop;
}

/* After a failure nobody knows which answers are still to come on a connection: none is used again. */
static void member_renew(Member *m) {
        CURLM *old, *fresh = curl_multi_init();

        if (fresh)
                (void) curl_multi_setopt(fresh, CURLMOPT_MAXCONNECTS, KEPT_MAX);
        (void) pthread_mutex_lock(&m->crew->lock);
        old = m->multi;
        m->multi = fresh;
        (void) pthread_mutex_unlock(&m->crew->lock);
        (void) curl_multi_cleanup(old);
}

/* What became of the one transfer that @multi has. */
static CURLcode transfer_wait(Crew *c, CURLM *multi) {
        int running = 1, left;
        CURLMsg *msg;

        while (running > 0 && !stopping(c)) {
                if (curl_multi_perform(multi, &running) != CURLM_OK)
                        return CURLE_FAILED_INIT;
                if (running > 0 && curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
                        return CURLE_FAILED_INIT;
        }
        msg = curl_multi_info_read(multi, &left);
        return msg && msg->msg == CURLMSG_DONE ? msg->data.result : CURLE_ABORTED_BY_CALLBACK;
}

static void member_carry(Member *m, Transfer *t) {
        CURL *e = t->easy;

        if (!m->multi)
                member_renew(m);
        t->code = CURLE_OUT_OF_MEMORY;
        if (m->multi && curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK && curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, m) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK && curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, m) == CURLE_OK &&
            curl_multi_add_handle(m->multi, e) == CURLM_OK) {
                t->code = transfer_wait(m->crew, m->multi);
                if (t->code != CURLE_OK)
                        member_shut(m); /* or curl would end a mail with a dot, and wait */
                (void) curl_multi_remove_handle(m->multi, e);
                if (t->code != CURLE_OK)
                        member_renew(m);
        }
}

static void *member_run(void *userdata) {
        static const uint64_t one = 1;
        Member *m = userdata;
        Crew *c = m->crew;

        (void) pthread_mutex_lock(&c->lock);
        while (!c->stop) {
                Transfer *t = take_first(&c->waiting);

                if (!t) {
                        c->n_idle++;
                        (void) pthread_cond_wait(&c->work, &c->lock);
                        c->n_idle--;
                        continue;
                }
                c->n_waiting--;
                (void) pthread_mutex_unlock(&c->lock);
                member_carry(m, t);
                (void) pthread_mutex_lock(&c->lock);
                append(&c->ended, t);
                (void) !write(c->fd, &one, sizeof(one)); /* it can only be full, and then it is readable */
        }
        (void) pthread_mutex_unlock(&c->lock);
        member_shut(m);
        (void) curl_multi_cleanup(m->multi);
        return NULL;
}

/* The caller holds the lock. Signals are the event loop's. */
static int crew_grow(Crew *c) {
        Member *m = &c->members[c->n_members];
        sigset_t all, before;
        int r;

        *m = (Member) { .crew = c };
        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&m->thread, NULL, member_run, m);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r == 0)
                c->n_members++;
        return -r;
}

/* --- the event loop's side --- */

int crew_add(Crew *c, Transfer *t) {
        int r = 0;

        (void) pthread_mutex_lock(&c->lock);
        if (c->n_waiting >= CREW_WAITING_MAX)
                r = -EAGAIN;
        else if (c->n_idle <= c->n_waiting && c->n_members < CREW_SIZE)
                r = crew_grow(c);
        if (r != 0 && c->n_waiting < CREW_WAITING_MAX && c->n_members > 0)
                r = 0; /* it waits for those that there are */
        if (r == 0) {
                append(&c->waiting, t);
                c->n_waiting++;
                (void) pthread_cond_signal(&c->work);
        }
        (void) pthread_mutex_unlock(&c->lock);
        return r;
}

static int on_ready(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        Crew *c = userdata;
        uint64_t n;

        (void) !read(fd, &n, sizeof(n));
        for (;;) {
                Transfer *t;

                (void) pthread_mutex_lock(&c->lock);
                t = take_first(&c->ended);
                (void) pthread_mutex_unlock(&c->lock);
                if (!t)
                        return 0;
                t->done(t);
        }
}

int crew_new(sd_event *event, const char *name, Crew **ret) {
        auto_(crew_free) Crew *c = calloc(1, sizeof(*c));
        int r;

        if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || pthread_mutex_init(&c->lock, NULL) != 0 || pthread_cond_init(&c->work, NULL) != 0) {
                free(STEAL(c));
                return -ENOMEM;
        }
        c->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (c->fd < 0)
                return -errno;
        r = sd_event_add_io(event, &c->ready, c->fd, EPOLLIN, on_ready, c);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->ready, name);
        *ret = STEAL(c);
        return 0;
}

Crew *crew_free(Crew *c) {
        if (!c)
                return NULL;
        (void) pthread_mutex_lock(&c->lock);
        c->stop = true;
        for (size_t i = 0; i < c->n_members; i++) {
                sockets_shut(&c->members[i]);
                if (c->members[i].multi)
                        (void) curl_multi_wakeup(c->members[i].multi);
        }
        (void) pthread_cond_broadcast(&c->work);
        (void) pthread_mutex_unlock(&c->lock);
        for (size_t i = 0; i < c->n_members; i++)
                (void) pthread_join(c->members[i].thread, NULL);
        (void) sd_event_source_disable_unref(c->ready);
        if (c->fd >= 0)
                (void) close(c->fd);
        (void) pthread_cond_destroy(&c->work);
        (void) pthread_mutex_destroy(&c->lock);
        free(c);
        return NULL;
}
