/*
 * HTTP: requests over libcurl's multi interface on sd-event
 *
 * curl says which sockets to watch and when to be called again; sd-event does both. Requests to one target share a lane: at
 * most HTTP_PER_HOST_MAX of them are with curl, the others wait here, so that a thousand creates neither open a thousand
 * connections nor spend their timeouts queueing, and a slow host holds up nobody but itself. Whatever happens to a request,
 * it ends on the list `finished`, and from there its callback is called from the loop.
 */
#include "io/http.h"

#include <assert.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include "base/text.h"
#include "io/http-transfer.h"

#define POOL_MAX 64u            /* easy handles kept for the next request */
#define CONNECTIONS_MAX 64L     /* idle connections kept, over all hosts */

typedef struct Lane Lane;

typedef struct Call {           /* one http_send() */
        TAILQ_ENTRY(Call) link; /* in exactly one of lane->waiting, client->running, client->finished */
        HttpTransfer transfer;
        Lane *lane;             /* weak; NULL once finished */
        CURL *easy;             /* owned while running, and until the result is taken */
        usec_t queued;          /* CLOCK_MONOTONIC */
        uint64_t serial;
        http_done_fn done;
        void *userdata;
        HttpResult result;
} Call;
typedef TAILQ_HEAD(Calls, Call) Calls;

struct Lane {                   /* exists while it has calls */
        TAILQ_ENTRY(Lane) link;
        char *key;              /* the target's identity; without one its origin, or the socket's path */
        unsigned active;
        Calls waiting;
};

struct HttpClient {
        sd_event *event;        /* borrowed */
        CURLM *multi;
        sd_event_source *timer; /* curl's one timeout */
        sd_event_source *later; /* defer: reaps calls that ended without curl */
        secret_fn secret;
        void *userdata;
        TAILQ_HEAD(, Lane) lanes;
        Calls running, finished;
        CURL *pool[POOL_MAX];
        size_t n_pool, n_open;
        bool calling, closed;   /* closed while calling: the callbacks' loop frees what is left */
};

static Call *call_free(Call *q) {
        if (!q)
                return NULL;
        if (q->easy)
                curl_easy_cleanup(q->easy);
        http_transfer_done(&q->transfer);
        free(q);
        return NULL;
}
DEFINE_AUTO(Call *, call_free)

/* --- handles: a reset handle keeps nothing but its memory; connections and names are cached in the multi handle --- */

static CURL *pool_take(HttpClient *c) {
        return c->n_pool > 0 ? c->pool[--c->n_pool] : curl_easy_init();
}

static void pool_give(HttpClient *c, CURL *easy) {
        curl_easy_reset(easy);
        if (c->n_pool < POOL_MAX)
                c->pool[c->n_pool++] = easy;
        else
                curl_easy_cleanup(easy);
}

/* --- lanes --- */

static Lane *lane_free(HttpClient *c, Lane *l) {
        TAILQ_REMOVE(&c->lanes, l, link);
        free(l->key);
        free(l);
        return NULL;
}

/* Two targets may live at one host, and one of them that hangs is no reason for the other to wait. */
static Lane *lane_of(HttpClient *c, const Target *t, const HttpUrl *u) {
        const char *key = t->identity ? t->identity : u->socket ? u->socket : u->origin;
        Lane *l;

        TAILQ_FOREACH(l, &c->lanes, link)
                if (strcmp(l->key, key) == 0)
                        return l;
        l = calloc(1, sizeof(*l));
        if (!l)
                return NULL;
        l->key = strdup(key);
        if (!l->key) {
                free(l);
                return NULL;
        }
        TAILQ_INIT(&l->waiting);
        TAILQ_INSERT_TAIL(&c->lanes, l, link);
        return l;
}

/* The call has ended without curl's doing. @error: borrowed for ever. */
static void finish_unsent(HttpClient *c, Call *q, HttpFailure failure, const char *error) {
        q->lane = NULL;
        q->result = (HttpResult) { .failure = failure, .error = error };
        TAILQ_INSERT_TAIL(&c->finished, q, link);
        (void) sd_event_source_set_enabled(c->later, SD_EVENT_ONESHOT);
}

static bool call_start(HttpClient *c, Call *q) {
        q->easy = pool_take(c);
        if (!q->easy || http_transfer_setup(&q->transfer, q->easy) < 0 ||
            curl_easy_setopt(q->easy, CURLOPT_PRIVATE, q) != CURLE_OK || curl_multi_add_handle(c->multi, q->easy) != CURLM_OK)
                return false;
        TAILQ_INSERT_TAIL(&c->running, q, link);
        q->lane->active++;
        return true;
}

/* Gives curl as many waiting calls as may run; the lane may be gone afterwards. */
static void lane_run(HttpClient *c, Lane *l) {
        for (Call *q; l->active < HTTP_PER_HOST_MAX && (q = TAILQ_FIRST(&l->waiting));) {
                TAILQ_REMOVE(&l->waiting, q, link);
                if (!call_start(c, q))
                        finish_unsent(c, q, HTTP_NOT_SENT, "out of memory");
        }
        if (l->active == 0 && TAILQ_EMPTY(&l->waiting))
                lane_free(c, l);
}

/* The host does not answer: those that have queued for longer than they would have waited for an answer are let go. */
static void lane_expire(HttpClient *c, Lane *l) {
        uint64_t now = 0;
        Call *next;

        (void) sd_event_now(c->event, CLOCK_MONOTONIC, &now);
        for (Call *q = TAILQ_FIRST(&l->waiting); q; q = next) {
                next = TAILQ_NEXT(q, link);
                if (usec_sub(now, q->queued) < q->transfer.timeout)
                        continue;
                TAILQ_REMOVE(&l->waiting, q, link);
                finish_unsent(c, q, HTTP_NOT_SENT, "the host does not answer; given up before it was sent");
        }
}

/* --- curl and the loop --- */

/* curl has ended a call: take the result, free the place in the lane, call back later. */
static void call_ended(HttpClient *c, Call *q, CURLcode code) {
        Lane *l = q->lane;

        http_transfer_result(&q->transfer, q->easy, code, &q->result);
        (void) curl_multi_remove_handle(c->multi, q->easy);
        pool_give(c, STEAL(q->easy));
        TAILQ_REMOVE(&c->running, q, link);
        TAILQ_INSERT_TAIL(&c->finished, q, link);
        q->lane = NULL;
        l->active--;
        if (!q->result.response)
                lane_expire(c, l);
        lane_run(c, l);
}

/* Empties curl's queue first and calls back second: a callback may send again, or free the client. */
static void reap(HttpClient *c) {
        int left;

        for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
                CURLcode code = m->data.result; /* m dies with curl_multi_remove_handle() */
                char *q = NULL;

                if (curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &q) == CURLE_OK && q)
                        call_ended(c, (Call *) (void *) q, code);
        }

        c->calling = true;
        for (Call *q; (q = TAILQ_FIRST(&c->finished));) {
                TAILQ_REMOVE(&c->finished, q, link);
                c->n_open--;
                q->done(q->userdata, q->serial, &q->result);
                call_free(q);
        }
        c->calling = false;
        if (c->closed)
                free(c);
}

static int on_socket(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        HttpClient *c = userdata;
        int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0), running;

        (void) curl_multi_socket_action(c->multi, fd, what, &running);
        reap(c);
        return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        HttpClient *c = userdata;
        int running;

        (void) curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        reap(c);
        return 0;
}

static int on_later(sd_event_source *s, void *userdata) {
        reap(userdata);
        return 0;
}

/* curl wants a socket watched. The source lives in curl's slot for that socket, so both go away together. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *slot) {
        HttpClient *c = userdata;
        sd_event_source *source = slot;
        uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

        if (what == CURL_POLL_REMOVE) {
                (void) sd_event_source_disable_unref(source);
                return 0;
        }
        if (source)
                return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
        if (sd_event_add_io(c->event, &source, fd, events, on_socket, c) < 0)
                return -1;
        (void) sd_event_source_set_description(source, "http-socket");
        (void) curl_multi_assign(c->multi, fd, source); /* fails only for a socket curl does not know */
        return 0;
}

/* Arms or disarms, and never enters curl again. */
static int set_timer(CURLM *multi, long ms, void *userdata) {
        HttpClient *c = userdata;

        if (ms < 0)
                return sd_event_source_set_enabled(c->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
        if (sd_event_source_set_time_relative(c->timer, (uint64_t) ms * USEC_PER_MSEC) < 0)
                return -1;
        return sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* --- the client --- */

static int client_sources(HttpClient *c) {
        int r = sd_event_add_time_relative(c->event, &c->timer, CLOCK_MONOTONIC, 0, 1, on_timer, c);

        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(c->event, &c->later, on_later, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->later, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->timer, "http-timer");
        (void) sd_event_source_set_description(c->later, "http-later");
        return 0;
}

static int client_multi(HttpClient *c) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ENOMEM;
        c->multi = curl_multi_init();
        if (!c->multi)
                return -ENOMEM;
        if (curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
            curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) != CURLM_OK ||
            curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer) != CURLM_OK ||
            curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) != CURLM_OK ||
            curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX) != CURLM_OK)
                return -ENOMEM;
        return 0;
}

int http_client_new(sd_event *event, secret_fn secret, void *userdata, HttpClient **ret) {
        auto_(http_client_free) HttpClient *c = calloc(1, sizeof(*c));
        int r;

        assert(event && secret && ret);
        if (!c)
                return -ENOMEM;
        c->event = event;
        c->secret = secret;
        c->userdata = userdata;
        TAILQ_INIT(&c->lanes);
        TAILQ_INIT(&c->running);
        TAILQ_INIT(&c->finished);
        r = client_sources(c);
        if (r >= 0)
                r = client_multi(c);
        if (r < 0)
                return r;
        *ret = STEAL(c);
        return 0;
}

static void calls_drop(Calls *calls) {
        for (Call *q; (q = TAILQ_FIRST(calls));) {
                TAILQ_REMOVE(calls, q, link);
                call_free(q);
        }
}

HttpClient *http_client_free(HttpClient *c) {
        Call *q;

        if (!c)
                return NULL;
        TAILQ_FOREACH(q, &c->running, link)
                (void) curl_multi_remove_handle(c->multi, q->easy);
        calls_drop(&c->running);
        calls_drop(&c->finished);
        for (Lane *l; (l = TAILQ_FIRST(&c->lanes));) {
                calls_drop(&l->waiting);
                lane_free(c, l);
        }
        while (c->n_pool > 0)
                curl_easy_cleanup(c->pool[--c->n_pool]);
        (void) curl_multi_cleanup(c->multi);
        (void) sd_event_source_disable_unref(c->timer);
        (void) sd_event_source_disable_unref(c->later);
        if (c->calling)
                c->closed = true;
        else
                free(c);
        return NULL;
}

/* curl would wait for the loop to come round; what is due goes out now. What ends at once is called back from the loop all the same. */
static void push(HttpClient *c) {
        int running;

        (void) curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        (void) sd_event_source_set_enabled(c->later, SD_EVENT_ONESHOT);
}

int http_send(HttpClient *c, const Request *r, http_done_fn done, void *userdata) {
        auto_(call_free) Call *q = calloc(1, sizeof(*q));
        Lane *l;
        int k;

        assert(c && r && r->target && r->target->url && r->method && done);
        if (!q)
                return -ENOMEM;
        q->serial = r->serial;
        q->done = done;
        q->userdata = userdata;
        k = http_transfer_init(&q->transfer, r, c->secret, c->userdata);
        if (k == -EINVAL || k == -EACCES) {
                c->n_open++;
                finish_unsent(c, q, k == -EACCES ? HTTP_NO_CREDENTIAL : HTTP_NOT_SENT, q->transfer.error);
                STEAL(q);
                return 0;
        }
        l = k < 0 ? NULL : lane_of(c, r->target, &q->transfer.url);
        if (!l)
                return -ENOMEM;

        c->n_open++;
        q->lane = l;
        (void) sd_event_now(c->event, CLOCK_MONOTONIC, &q->queued);
        TAILQ_INSERT_TAIL(&l->waiting, q, link);
        STEAL(q);
        lane_run(c, l);
        push(c);
        return 0;
}

size_t http_in_flight(const HttpClient *c) {
        return c->n_open;
}
