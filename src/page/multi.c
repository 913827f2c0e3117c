/*
 * Transfers: curl's multi interface on sd-event
 */
#include "page/multi.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/instant.h"

#define NAME_SIZE 32u

struct Multi {
        sd_event *event;                /* our reference */
        CURLM *multi;                   /* owned */
        sd_event_source *timer;         /* owned */
        Transfer *all, *ended;          /* borrowed; ended: out of curl's hands, to be told */
        char name[NAME_SIZE];
};

static Transfer *transfer_of(CURL *easy) {
        char *t = NULL;

        (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
        return (Transfer *) (void *) t;
}

/* Return: true when @t was in the list. */
static bool take_out(Transfer **list, const Transfer *t) {
        for (Transfer **at = list; *at; at = &(*at)->next)
                if (*at == t) {
                        *at = t->next;
                        return true;
                }
        return false;
}

/* Empty curl's queue first, call back second. */
static void multi_reap(Multi *m) {
        Transfer **last = &m->ended;
        int left;

        while (*last)
                last = &(*last)->next;
        for (CURLMsg *msg; (msg = curl_multi_info_read(m->multi, &left));) {
                Transfer *t = transfer_of(msg->easy_handle);

                t->code = msg->data.result; /* msg dies with curl_multi_remove_handle() */
                (void) curl_multi_remove_handle(m->multi, t->easy);
                (void) take_out(&m->all, t);
                t->next = NULL;
                *last = t;
                last = &t->next;
        }
        for (Transfer *t; (t = m->ended);) {
                m->ended = t->next;
                t->multi = NULL;
                t->done(t);
        }
}

static int on_socket(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        Multi *m = userdata;
        int running, what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

        what |= events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
        (void) curl_multi_socket_action(m->multi, fd, what, &running);
        multi_reap(m);
        return 0;
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata) {
        Multi *m = userdata;
        int running;

        (void) curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        multi_reap(m);
        return 0;
}

/* The source lives in curl's slot for that socket, so both go away together. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *slot) {
        Multi *m = userdata;
        sd_event_source *src = slot;
        uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

        if (what == CURL_POLL_REMOVE) {
                (void) sd_event_source_disable_unref(src);
                return 0;
        }
        if (src)
                return sd_event_source_set_io_events(src, events) < 0 ? -1 : 0;
        if (sd_event_add_io(m->event, &src, fd, events, on_socket, m) < 0)
                return -1;
        (void) sd_event_source_set_description(src, m->name);
        (void) curl_multi_assign(m->multi, fd, src); /* fails only for a socket curl does not know */
        return 0;
}

static int watch_timer(CURLM *multi, long ms, void *userdata) {
        Multi *m = userdata;

        if (ms < 0)
                return sd_event_source_set_enabled(m->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
        if (sd_event_source_set_time_relative(m->timer, (usec_t) ms * USEC_PER_MSEC) < 0)
                return -1;
        return sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

int multi_add(Multi *m, Transfer *t) {
        if (curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t) != CURLE_OK || curl_multi_add_handle(m->multi, t->easy) != CURLM_OK)
                return -ENOMEM;
        t->multi = m;
        t->next = m->all;
        m->all = t;
        return 0;
}

void multi_drop(Transfer *t) {
        Multi *m = t->multi;

        if (!m)
                return;
        t->multi = NULL;
        if (take_out(&m->ended, t) || !take_out(&m->all, t))
                return;
        (void) curl_multi_remove_handle(m->multi, t->easy);
}

int multi_socket(const Networks *allowed, const struct curl_sockaddr *to) {
        unsigned char address[ADDRESS_BYTES];
        int fd;

        if (address_of(&to->addr, address) != 0 || !address_allowed(address, allowed))
                return -EADDRNOTAVAIL;
        fd = socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
        return fd < 0 ? -errno : fd;
}

int multi_new(sd_event *event, const char *name, Multi **ret) {
        auto_(multi_free) Multi *m = calloc(1, sizeof(*m));
        int r;

        if (!m || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ENOMEM;
        (void) snprintf(m->name, sizeof(m->name), "%s", name);
        m->event = sd_event_ref(event);
        m->multi = curl_multi_init();
        if (!m->multi)
                return -ENOMEM;
        r = sd_event_add_time(event, &m->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_timer, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(m->timer, m->name);
        if (curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK || curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m) != CURLM_OK ||
            curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, watch_timer) != CURLM_OK || curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m) != CURLM_OK)
                return -ENOMEM;
        *ret = STEAL(m);
        return 0;
}

Multi *multi_free(Multi *m) {
        if (!m)
                return NULL;
        while (m->all || m->ended)
                multi_drop(m->all ? m->all : m->ended);
        (void) curl_multi_cleanup(m->multi);
        (void) sd_event_source_disable_unref(m->timer);
        (void) sd_event_unref(m->event);
        free(m);
        return NULL;
}
