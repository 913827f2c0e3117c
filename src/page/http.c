/*
 * HTTP, as far as the page needs it
 *
 * Each listening socket has a daemon of libmicrohttpd, which runs no thread: its epoll descriptor is a source of our loop, and one
 * timer stands for the timeouts of all of them.
 */
#include "page/http.h"

#include <assert.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "page/network.h"

#define CONNECTION_MEMORY (32u * 1024)          /* request line and headers, and buffers */
#define CONNECTION_IDLE_SEC 30u
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
#define DRAIN_TIME (2 * USEC_PER_SEC)

typedef struct Port {
        Http *http;
        struct MHD_Daemon *daemon;      /* owned */
        sd_event_source *source;        /* owned */
        int fd;                         /* owned by the daemon once there is one, -1 then */
        bool full;                      /* it had all its connections after the last run */
} Port;

struct Http {
        sd_event *event;                /* our reference */
        http_answer_fn answer;
        void *userdata;
        Port *ports;                    /* owned */
        size_t n;
        sd_event_source *timer;         /* owned */
        unsigned active;                /* requests begun and not yet answered in full */
        bool draining;
};

/* One request under way; owned by the library's connection until on_completed(). */
typedef struct Exchange {
        Request request;
        char *body;                     /* owned */
        size_t size, capacity;
        bool answered;
} Exchange;

const char *request_header(const Request *q, const char *name) {
        return MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const Request *q, const char *name) {
        return MHD_lookup_connection_value(q->connection, MHD_GET_ARGUMENT_KIND, name);
}

typedef struct Joining {
        Arena *arena;
        const char *name;
        char *text;
} Joining;

static enum MHD_Result join_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
        Joining *j = cls;

        if (strcasecmp(name, j->name) == 0)
                j->text = arena_printf(j->arena, "%s%s%s", j->text ? j->text : "", j->text ? "," : "", value ? value : "");
        return MHD_YES;
}

const char *request_header_all(const Request *q, const char *name) {
        Joining j = { .arena = q->arena, .name = name };

        (void) MHD_get_connection_values(q->connection, MHD_HEADER_KIND, join_header, &j);
        return j.text;
}

int request_peer(const Request *q, unsigned char ret[static 16]) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(q->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

        return info && info->client_addr && address_of(info->client_addr, ret) == 0 ? 0 : 1;
}

void response_header(Response *a, const char *name, const char *value) {
        assert(a->n_headers < RESPONSE_HEADERS_MAX);
        if (!value)
                return;
        a->headers[a->n_headers].name = name;
        a->headers[a->n_headers++].value = value;
}

static Exchange *exchange_free(Exchange *e) {
        if (!e)
                return NULL;
        (void) arena_free(e->request.arena);
        free(e->body);
        free(e);
        return NULL;
}
DEFINE_AUTO(Exchange *, exchange_free)

static Method method_from_string(const char *name) {
        static const struct {
                const char *name;
                Method method;
        } methods[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_GET }, { "POST", METHOD_POST }, { "PATCH", METHOD_PATCH },
                        { "DELETE", METHOD_DELETE } };

        for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
                if (strcmp(methods[i].name, name) == 0)
                        return methods[i].method;
        return METHOD_OTHER;
}

static Exchange *exchange_new(struct MHD_Connection *connection, const char *method, const char *url) {
        auto_(exchange_free) Exchange *e = calloc(1, sizeof(*e));
        Request *q;

        if (!e)
                return NULL;
        q = &e->request;
        q->arena = arena_new();
        if (!q->arena)
                return NULL;
        q->method = method_from_string(method);
        q->method_name = arena_strdup(q->arena, method);
        q->path = arena_strdup(q->arena, url);
        q->connection = connection;
        return q->method_name && q->path ? STEAL(e) : NULL;
}

/* Doubles up to the limit; beyond, what has come is thrown away and the rest only counted. */
static int exchange_append(Exchange *e, const char *data, size_t n) {
        size_t total = e->size + n;

        if (total > PAGE_BODY_BYTES_MAX || e->request.too_large) {
                e->request.too_large = true;
                free(STEAL(e->body));
                e->size = total;
                return total > PAGE_DRAIN_BYTES_MAX ? -EFBIG : 0;
        }
        if (total > e->capacity) {
                size_t capacity = MAX(total, MIN(e->capacity * 2, (size_t) PAGE_BODY_BYTES_MAX));
                char *grown = realloc(e->body, capacity);

                if (!grown)
                        return -ENOMEM;
                e->body = grown;
                e->capacity = capacity;
        }
        memcpy(e->body + e->size, data, n);
        e->size = total;
        return 0;
}

/* Hostile bytes of a header value would be a second header: the library refuses line breaks, we never send client text. */
static void response_decorate(struct MHD_Response *reply, const Response *a) {
        static const struct {
                const char *name, *value;
        } always[] = {
                { "X-Content-Type-Options", "nosniff" },
                { "Referrer-Policy", "no-referrer" },
        };

        (void) MHD_add_response_header(reply, "Content-Security-Policy", a->forms ? POLICY "form-action 'self'" : POLICY "form-action 'none'");
        for (size_t i = 0; i < ARRAY_SIZE(always); i++)
                (void) MHD_add_response_header(reply, always[i].name, always[i].value);
        if (a->type)
                (void) MHD_add_response_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
        for (size_t i = 0; i < a->n_headers; i++)
                (void) MHD_add_response_header(reply, a->headers[i].name, a->headers[i].value);
}

static enum MHD_Result exchange_reply(Http *h, Exchange *e) {
        Response a = { 0 };
        struct MHD_Response *reply;
        enum MHD_Result queued;

        e->answered = true;
        e->request.body = e->request.too_large ? NULL : e->body;
        e->request.body_size = e->request.too_large ? 0 : e->size;
        e->request.now = now_read();
        h->answer(&e->request, &a, h->userdata);
        reply = MHD_create_response_from_buffer(a.body ? a.size : 0, a.body ? a.body : NULL,
                                                a.body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
        if (!reply) {
                free(a.body);
                return MHD_NO;
        }
        response_decorate(reply, &a);
        if (h->draining || (e->request.too_large && !e->size))
                (void) MHD_add_response_header(reply, MHD_HTTP_HEADER_CONNECTION, "close");
        queued = MHD_queue_response(e->request.connection, a.status > 0 ? a.status : MHD_HTTP_INTERNAL_SERVER_ERROR, reply);
        MHD_destroy_response(reply);
        return queued;
}

static bool announces_too_much(const Request *q) {
        const char *length = request_header(q, MHD_HTTP_HEADER_CONTENT_LENGTH);

        return length && strtoull(length, NULL, 10) > PAGE_DRAIN_BYTES_MAX;
}

/* Called by the library: once when the headers are there, for each piece of the body, and once when it is complete. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **slot) {
        Http *h = cls;
        Exchange *e = *slot;

        if (!e) {
                *slot = e = exchange_new(connection, method, url);
                if (!e)
                        return MHD_NO;
                h->active++;
                if (!announces_too_much(&e->request))
                        return MHD_YES;
                e->request.too_large = true;
                return exchange_reply(h, e);
        }
        if (*size > 0) {
                int r = e->answered ? 0 : exchange_append(e, data, *size);

                *size = 0;
                return r < 0 ? MHD_NO : MHD_YES;
        }
        return e->answered ? MHD_YES : exchange_reply(h, e);
}

static void http_drained(Http *h) {
        if (h->draining && h->active == 0)
                (void) sd_event_exit(h->event, 0);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode why) {
        Http *h = cls;

        if (!*slot)
                return;
        (void) exchange_free(STEAL(*(Exchange **) slot));
        h->active--;
        http_drained(h);
}

static void on_log(void *cls, const char *fmt, va_list ap) printf_(2, 0);
static void on_log(void *cls, const char *fmt, va_list ap) {
        auto_(free) char *text = NULL;

        if (vasprintf(&text, fmt, ap) < 0) {
                text = NULL;
                return;
        }
        text[strcspn(text, "\n")] = '\0';
        log_plain(LOG_DEBUG, "http: %s", text);
}

static void http_arm(Http *h) {
        usec_t wait = USEC_INFINITY;
        int r;

        for (size_t i = 0; i < h->n; i++) {
                unsigned long long ms;

                if (h->ports[i].daemon && MHD_get_timeout(h->ports[i].daemon, &ms) == MHD_YES)
                        wait = MIN(wait, (usec_t) ms * USEC_PER_MSEC);
        }
        r = wait == USEC_INFINITY ? 0 : sd_event_source_set_time_relative(h->timer, wait);
        if (r >= 0)
                r = sd_event_source_set_enabled(h->timer, wait == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        if (r < 0)
                log_plain(LOG_ERR, "http: cannot set the timer: %s", strerror(-r));
}

/* A port with all its connections does not listen, and finds out only at the begin of a run that it may again. */
static void port_run(Port *p) {
        const union MHD_DaemonInfo *now;

        (void) MHD_run(p->daemon);
        now = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        if (p->full && now && now->num_connections < PAGE_CONNECTIONS_MAX)
                (void) MHD_run(p->daemon);
        p->full = now && now->num_connections >= PAGE_CONNECTIONS_MAX;
}

static int on_ready(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        Port *p = userdata;

        port_run(p);
        http_arm(p->http);
        return 0;
}

static int on_timeout(sd_event_source *src, uint64_t usec, void *userdata) {
        Http *h = userdata;

        for (size_t i = 0; i < h->n; i++)
                port_run(&h->ports[i]);
        http_arm(h);
        return 0;
}

static int port_open(Http *h, Port *p) {
        const union MHD_DaemonInfo *info;
        int r;

        p->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                                     MHD_OPTION_LISTEN_SOCKET, p->fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
                                     MHD_OPTION_CONNECTION_LIMIT, PAGE_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_IDLE_SEC,
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                                     MHD_OPTION_END);
        if (!p->daemon)
                return -EIO;
        p->fd = -1;
        info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (!info)
                return -EIO;
        r = sd_event_add_io(h->event, &p->source, info->epoll_fd, EPOLLIN, on_ready, p);
        if (r >= 0)
                (void) sd_event_source_set_description(p->source, "http");
        return r;
}

int http_new(sd_event *event, const int *fds, size_t n, http_answer_fn answer, void *userdata, Http **ret) {
        auto_(http_free) Http *h = calloc(1, sizeof(*h));
        int r = 0;

        if (h)
                h->ports = calloc(n, sizeof(*h->ports));
        if (!h || !h->ports) {
                for (size_t i = 0; i < n; i++)
                        (void) close(fds[i]);
                return -ENOMEM;
        }
        h->event = sd_event_ref(event);
        h->answer = answer;
        h->userdata = userdata;
        h->n = n;
        for (size_t i = 0; i < n; i++)
                h->ports[i] = (Port) { .http = h, .fd = fds[i] };
        for (size_t i = 0; i < n && r >= 0; i++)
                r = port_open(h, &h->ports[i]);
        if (r >= 0)
                r = sd_event_add_time(event, &h->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_timeout, h);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(h->timer, "http-timeout");
        http_arm(h);
        *ret = STEAL(h);
        return 0;
}

Http *http_free(Http *h) {
        if (!h)
                return NULL;
        for (size_t i = 0; i < h->n; i++) {
                Port *p = &h->ports[i];

                (void) sd_event_source_disable_unref(p->source);
                if (p->daemon)
                        MHD_stop_daemon(p->daemon);
                closep(&p->fd);
        }
        (void) sd_event_source_disable_unref(h->timer);
        (void) sd_event_unref(h->event);
        free(h->ports);
        free(h);
        return NULL;
}

static int on_drain_timeout(sd_event_source *src, uint64_t usec, void *userdata) {
        return sd_event_exit(sd_event_source_get_event(src), 0);
}

int http_drain(Http *h) {
        if (h->draining)
                return 0;
        h->draining = true;
        for (size_t i = 0; i < h->n; i++) {
                int fd = MHD_quiesce_daemon(h->ports[i].daemon);

                closep(&fd);
        }
        if (h->active == 0)
                return sd_event_exit(h->event, 0);
        return sd_event_add_time_relative(h->event, NULL, CLOCK_BOOTTIME, DRAIN_TIME, 0, on_drain_timeout, NULL);
}
