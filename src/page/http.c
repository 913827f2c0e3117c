/*
 * HTTP, as far as the page needs it
 *
 * Each listening socket has a daemon of libmicrohttpd, which runs no thread: its epoll descriptor is a source of our loop, and one
 * timer stands for the timeouts of all of them.
 */
#include "page/http.h"

#include <assert.h>
#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "page/client.h"
#include "page/form.h"
#include "page/shape.h"

#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
#define DRAIN_LOOK (20 * USEC_PER_MSEC)
#define ROOM_LOOK (250 * USEC_PER_MSEC)

typedef struct Port {
        Http *http;
        struct MHD_Daemon *daemon;      /* owned */
        sd_event_source *source;        /* owned */
        int fd;                         /* owned by the daemon once there is one */
        bool full;                      /* it had all its connections after the last run */
} Port;

struct Http {
        sd_event *event;                /* our reference */
        HttpSettings settings;
        Clients *clients;               /* owned */
        Port *ports;                    /* owned */
        size_t n;
        unsigned share;                 /* connections of a port */
        sd_event_source *timer;         /* owned */
        sd_event_source *drain;         /* owned; NULL until http_drain() */
        unsigned active;                /* requests begun and not yet answered in full */
        usec_t drain_end;               /* CLOCK_BOOTTIME; 0: not draining */
};

/* What we know of a connection from its first to its last moment. */
typedef struct Caller {
        Client *client;                 /* owned */
        unsigned wrong;                 /* what the target of its request is refused with; 0: nothing */
} Caller;

/* One request under way; owned by the library's connection until on_completed(). */
typedef struct Exchange {
        Request request;
        Client *client;                 /* borrowed from the connection */
        char *body;                     /* owned */
        size_t size, capacity;
        bool answered;
        unsigned status;                /* of the answer */
        size_t sent;                    /* bytes of its body */
        usec_t begun;                   /* CLOCK_BOOTTIME */
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

static Caller *caller_of(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

        return info ? info->socket_context : NULL;
}

static Exchange *exchange_new(struct MHD_Connection *connection, const char *method, const char *url) {
        auto_(exchange_free) Exchange *e = calloc(1, sizeof(*e));
        const Caller *caller = caller_of(connection);
        const char *path = target_path(url);
        Request *q;

        if (!e || !caller)
                return NULL;
        q = &e->request;
        q->arena = arena_new();
        if (!q->arena)
                return NULL;
        e->client = caller->client;
        q->method = method_from_string(method);
        q->method_name = arena_strdup(q->arena, method);
        q->path = arena_strdup(q->arena, path ? path : url);
        q->connection = connection;
        e->begun = now_read().boot;
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

static bool is_draining(const Http *h) {
        return h->drain_end > 0;
}

/* Takes the body of @a. */
static enum MHD_Result exchange_send(Http *h, Exchange *e, Response *a, bool close_after) {
        struct MHD_Response *reply = MHD_create_response_from_buffer(a->body ? a->size : 0, a->body ? a->body : NULL,
                                                                     a->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
        enum MHD_Result queued;

        if (!reply) {
                free(a->body);
                return MHD_NO;
        }
        response_decorate(reply, a);
        if (close_after || is_draining(h))
                (void) MHD_add_response_header(reply, MHD_HTTP_HEADER_CONNECTION, "close");
        e->answered = true;
        e->status = a->status > 0 ? a->status : MHD_HTTP_INTERNAL_SERVER_ERROR;
        e->sent = a->body ? a->size : 0;
        client_enter(e->client, CLIENT_READING);
        queued = MHD_queue_response(e->request.connection, e->status, reply);
        MHD_destroy_response(reply);
        return queued;
}

static bool asks_for_options(const Request *q) {
        return q->method == METHOD_OTHER && strcmp(q->method_name, MHD_HTTP_METHOD_OPTIONS) == 0;
}

/* What may be done here is what the refusal of another method says. */
static void answer_options(Response *a) {
        if (a->status != MHD_HTTP_METHOD_NOT_ALLOWED)
                return;
        free(STEAL(a->body));
        a->size = 0;
        a->type = NULL;
        a->status = MHD_HTTP_NO_CONTENT;
}

static enum MHD_Result exchange_reply(Http *h, Exchange *e) {
        Request *q = &e->request;
        Response a = { 0 };

        q->body = q->too_large ? NULL : e->body;
        q->body_size = q->too_large ? 0 : e->size;
        q->now = now_read();
        if (q->path[0] == '*')
                a.status = MHD_HTTP_NO_CONTENT;
        else
                h->settings.answer(q, &a, h->settings.userdata);
        if (asks_for_options(q))
                answer_options(&a);
        return exchange_send(h, e, &a, q->too_large && !e->size);
}

/* What nobody but us should have an opinion of; the connection ends with it, for where the next request begins is not certain. */
static enum MHD_Result exchange_refuse(Http *h, Exchange *e, unsigned status) {
        static const struct {
                unsigned status;
                const char *text;
        } texts[] = { { MHD_HTTP_BAD_REQUEST, "This request is malformed.\n" },
                      { MHD_HTTP_URI_TOO_LONG, "There are too many fields in the query.\n" },
                      { MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "There are too many header fields.\n" },
                      { MHD_HTTP_NOT_IMPLEMENTED, "The only transfer coding known here is chunked.\n" } };
        Response a = { .status = status, .type = "text/plain; charset=utf-8" };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (texts[i].status == status)
                        a.body = strdup(texts[i].text);
        a.size = a.body ? strlen(a.body) : 0;
        return exchange_send(h, e, &a, true);
}

/* A client that waits to be told to go on need not send what is thrown away. */
static bool announces_too_much(const Request *q) {
        const char *length = request_header(q, MHD_HTTP_HEADER_CONTENT_LENGTH);
        unsigned most = request_header(q, MHD_HTTP_HEADER_EXPECT) ? PAGE_BODY_BYTES_MAX : PAGE_DRAIN_BYTES_MAX;

        return length && strtoull(length, NULL, 10) > most;
}

static enum MHD_Result look_at_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
        shape_add(cls, name, value);
        return MHD_YES;
}

/* 0, or the status that a request is refused with before anybody looks at it. */
static unsigned exchange_misshapen(const Exchange *e, const char *url, const char *version) {
        const Caller *caller = caller_of(e->request.connection);
        const char *path = target_path(url);
        Shape shape = { 0 };

        if (caller->wrong)
                return caller->wrong;
        if (!path || (path[0] == '*' && !asks_for_options(&e->request)))
                return MHD_HTTP_BAD_REQUEST;
        (void) MHD_get_connection_values(e->request.connection, MHD_HEADER_KIND, look_at_header, &shape);
        return shape_refused(&shape, strcmp(version, MHD_HTTP_VERSION_1_0) == 0);
}

static enum MHD_Result exchange_begin(Http *h, Exchange *e, const char *url, const char *version) {
        unsigned wrong = exchange_misshapen(e, url, version);

        h->active++;
        client_enter(e->client, CLIENT_SENDING_TO_US);
        if (wrong)
                return exchange_refuse(h, e, wrong);
        if (!announces_too_much(&e->request))
                return MHD_YES;
        e->request.too_large = true;
        return exchange_reply(h, e);
}

/* Called by the library: once when the headers are there, for each piece of the body, and once when it is complete. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **slot) {
        Http *h = cls;
        Exchange *e = *slot;

        if (!e) {
                *slot = e = exchange_new(connection, method, url);
                return e ? exchange_begin(h, e, url, version) : MHD_NO;
        }
        if (*size > 0) {
                int r = e->answered ? 0 : exchange_append(e, data, *size);

                *size = 0;
                return r < 0 ? MHD_NO : MHD_YES;
        }
        return e->answered ? MHD_YES : exchange_reply(h, e);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode why) {
        auto_(exchange_free) Exchange *e = STEAL(*(Exchange **) slot);
        Caller *caller = caller_of(connection);
        Http *h = cls;

        if (caller) {
                caller->wrong = 0;
                client_enter(caller->client, CLIENT_WAITING);
        }
        if (!e)
                return;
        h->active--;
        if (h->settings.served && e->answered)
                h->settings.served(&(Outcome) { .request = &e->request, .status = e->status, .size = e->sent,
                                                .took = usec_sub(now_read().boot, e->begun) }, h->settings.userdata);
}

/* The library comes and goes with each connection. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **slot, enum MHD_ConnectionNotificationCode what) {
        const union MHD_ConnectionInfo *fd, *from;
        Http *h = cls;
        Caller *caller = *slot;

        if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
                *slot = NULL;
                if (caller)
                        (void) client_free(caller->client);
                free(caller);
                return;
        }
        fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        caller = fd ? calloc(1, sizeof(*caller)) : NULL;
        if (caller)
                caller->client = client_new(h->clients, fd->connect_fd, from ? from->client_addr : NULL);
        if (caller && !caller->client)
                free(STEAL(caller));
        *slot = caller;                 /* NULL: memory is out, and its first request will not be answered */
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *from, socklen_t size) {
        const Http *h = cls;

        return clients_admit(h->clients, from) ? MHD_YES : MHD_NO;
}

/* The library splits the query before it decodes, and forgets to answer when it has no room for all of it. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection) {
        Caller *caller = caller_of(connection);
        unsigned fields = 1;

        for (const char *p = target; *p; p++)
                fields += *p == '&';
        if (caller && fields > PAGE_QUERY_FIELDS_MAX) {
                caller->wrong = MHD_HTTP_URI_TOO_LONG;
                client_refuse(caller->client);
        }
        return NULL;
}

static size_t on_decode(void *cls, struct MHD_Connection *connection, char *text) {
        Caller *caller = caller_of(connection);

        if (caller && percent_decode(text, false) < 0) {
                caller->wrong = MHD_HTTP_BAD_REQUEST;
                text[0] = '\0';
        }
        return strlen(text);
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

/* Whoever was too slow, or has too many connections, is told of as a request that there was not. */
static void on_fault(ClientFault what, const unsigned char *address, void *userdata) {
        const Http *h = userdata;
        unsigned status = what == CLIENT_SLOW ? MHD_HTTP_REQUEST_TIMEOUT : MHD_HTTP_SERVICE_UNAVAILABLE;

        if (h->settings.served)
                h->settings.served(&(Outcome) { .address = address, .status = status }, h->settings.userdata);
}

/* The library's clock is not used (client.c has one), but it may have more to do at once; and a full port is to be looked at again. */
static void http_arm(Http *h) {
        usec_t wait = USEC_INFINITY;
        int r;

        for (size_t i = 0; i < h->n; i++) {
                unsigned long long ms;

                if (MHD_get_timeout(h->ports[i].daemon, &ms) == MHD_YES)
                        wait = MIN(wait, (usec_t) ms * USEC_PER_MSEC);
                if (h->ports[i].full)
                        wait = MIN(wait, ROOM_LOOK);
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
        if (p->full && now && now->num_connections < p->http->share)
                (void) MHD_run(p->daemon);
        p->full = now && now->num_connections >= p->http->share;
        if (p->full && !is_draining(p->http) && poll(&(struct pollfd) { .fd = p->fd, .events = POLLIN }, 1, 0) > 0)
                clients_make_room(p->http->clients);
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
        size_t memory = MIN((size_t) PAGE_HEAD_BYTES_MAX, PAGE_HEADS_BYTES_MAX / h->settings.connections);
        const union MHD_DaemonInfo *info;
        int r;

        p->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, on_accept, h, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                                     MHD_OPTION_LISTEN_SOCKET, p->fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
                                     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
                                     MHD_OPTION_UNESCAPE_CALLBACK, on_decode, h, MHD_OPTION_CONNECTION_LIMIT, h->share,
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
        if (!p->daemon)
                return -EIO;
        info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (!info)
                return -EIO;
        r = sd_event_add_io(h->event, &p->source, info->epoll_fd, EPOLLIN, on_ready, p);
        if (r >= 0)
                (void) sd_event_source_set_description(p->source, "http");
        return r;
}

int http_new(sd_event *event, const int *fds, size_t n, const HttpSettings *settings, Http **ret) {
        auto_(http_free) Http *h = calloc(1, sizeof(*h));
        ClientLimits limits = { .patience = settings->patience, .proxies = settings->proxies };
        int r;

        if (h)
                h->ports = calloc(n, sizeof(*h->ports));
        if (!h || !h->ports) {
                for (size_t i = 0; i < n; i++)
                        (void) close(fds[i]);
                return -ENOMEM;
        }
        h->event = sd_event_ref(event);
        h->settings = *settings;
        h->n = n;
        h->share = MAX(settings->connections / (unsigned) n, 1u);
        for (size_t i = 0; i < n; i++)
                h->ports[i] = (Port) { .http = h, .fd = fds[i] };
        r = clients_new(event, &limits, on_fault, h, &h->clients);
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
                else
                        closep(&p->fd);
        }
        (void) sd_event_source_disable_unref(h->timer);
        (void) sd_event_source_disable_unref(h->drain);
        (void) clients_free(h->clients);
        (void) sd_event_unref(h->event);
        free(h->ports);
        free(h);
        return NULL;
}

static int on_drain(sd_event_source *src, uint64_t usec, void *userdata) {
        Http *h = userdata;
        uint64_t now = 0;

        for (size_t i = 0; i < h->n; i++)
                port_run(&h->ports[i]);
        (void) sd_event_now(h->event, CLOCK_BOOTTIME, &now);
        if (now >= h->drain_end || (h->active == 0 && !clients_expected(h->clients)))
                return sd_event_exit(h->event, 0);
        (void) sd_event_source_set_time_relative(src, DRAIN_LOOK);
        return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* Who has been accepted is answered; who waits at the socket is, too, or waits there for whoever listens next. */
int http_drain(Http *h) {
        uint64_t now = 0;

        if (is_draining(h))
                return 0;
        (void) sd_event_now(h->event, CLOCK_BOOTTIME, &now);
        h->drain_end = usec_add(now, PAGE_DRAIN_SEC * USEC_PER_SEC);
        for (size_t i = 0; i < h->n; i++) {
                port_run(&h->ports[i]);
                closep(&(int) { MHD_quiesce_daemon(h->ports[i].daemon) });
        }
        return sd_event_add_time_relative(h->event, &h->drain, CLOCK_BOOTTIME, 0, 0, on_drain, h);
}
