/*
 * The REST API below /api/v1
 *
 * The order of the questions is the order of the answers' status: 404 and 405 for what does not exist, 401 without a key, 429
 * when it has asked too often, 403 when it may not, 413, 415 and 400 for the body.
 */
#include "page/rest/api.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "page/reply.h"
#include "page/rest/input.h"

typedef struct Route {
        const char *path;       /* of the collection */
        bool item;              /* with an id behind it */
        unsigned read, write;   /* scopes */
        call_fn calls[METHOD_DELETE + 1];
} Route;

static const Route routes[] = {
        { API_BASE "/maintenance", false, SCOPE_MAINTENANCE_READ, SCOPE_MAINTENANCE_WRITE,
          { [METHOD_GET] = maintenance_list, [METHOD_POST] = maintenance_write } },
        { API_BASE "/maintenance", true, SCOPE_MAINTENANCE_READ, SCOPE_MAINTENANCE_WRITE,
          { [METHOD_GET] = maintenance_get, [METHOD_PATCH] = maintenance_write } },
        { API_BASE "/services", false, SCOPE_SERVICES_READ, SCOPE_SERVICES_WRITE, { [METHOD_GET] = service_list, [METHOD_POST] = service_post } },
        { API_BASE "/subscribers", false, SCOPE_SUBSCRIBERS_READ, SCOPE_SUBSCRIBERS_WRITE,
          { [METHOD_GET] = subscriber_list, [METHOD_POST] = subscriber_post } },
        { API_BASE "/subscribers", true, SCOPE_SUBSCRIBERS_READ, SCOPE_SUBSCRIBERS_WRITE,
          { [METHOD_GET] = subscriber_get, [METHOD_DELETE] = subscriber_delete } },
        { API_BASE "/services", true, SCOPE_SERVICES_READ, SCOPE_SERVICES_WRITE,
          { [METHOD_GET] = service_get, [METHOD_PATCH] = service_patch, [METHOD_DELETE] = service_delete } },
        { API_BASE "/uptime-monitors", false, SCOPE_MONITORS_READ, SCOPE_MONITORS_WRITE, { [METHOD_GET] = monitor_list, [METHOD_POST] = monitor_write } },
        { API_BASE "/uptime-monitors", true, SCOPE_MONITORS_READ, SCOPE_MONITORS_WRITE,
          { [METHOD_GET] = monitor_get, [METHOD_PATCH] = monitor_write, [METHOD_DELETE] = monitor_delete } },
};

#define LIST_LIMIT 50u

/* A cursor is "c" and the order number of the last one seen: nothing that is created later can slip in before it. */
static void read_cursor(const char *text, int64_t *ret, json_t *errors) {
        char *end = NULL;

        errno = 0;
        if (text[0] == 'c' && text[1] >= '0' && text[1] <= '9')
                *ret = strtoll(text + 1, &end, 10);
        if (!end || *end || errno != 0)
                field_error(errors, "cursor", "Must be a next_cursor of an earlier answer");
}

static void read_limit(const char *text, unsigned *ret, json_t *errors) {
        char *end = NULL;
        unsigned long n = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;

        if (n < 1 || n > PAGE_LIST_MAX || *end)
                field_error(errors, "limit", "Must be a number from 1 to %u", PAGE_LIST_MAX);
        else
                *ret = (unsigned) n;
}

void paging_read(const Request *q, int64_t *ret_after, unsigned *ret_limit, json_t *errors) {
        const char *limit = request_query(q, "limit"), *cursor = request_query(q, "cursor");

        *ret_after = 0;
        *ret_limit = LIST_LIMIT;
        if (limit)
                read_limit(limit, ret_limit, errors);
        if (cursor)
                read_cursor(cursor, ret_after, errors);
}

int paging_take(Call *c, Response *a, int64_t *ret_after, unsigned *ret_limit) {
        json_t *errors = json_object();

        paging_read(c->q, ret_after, ret_limit, errors);
        if (json_object_size(errors) > 0) {
                int r = reply_field_errors(a, errors);

                return MIN(r, 0);
        }
        json_decref(errors);
        return 1;
}

static int list_fill(Call *c, const Listing *l, json_t *list, char cursor[static 24]) {
        const char *row = l->rows;
        size_t bytes = 0, one = 0;
        int64_t seq = 0;

        for (size_t i = 0; i < l->n; i++, row += l->size) {
                json_t *item = NULL;
                int r;

                if (i == l->limit || bytes > PAGE_LIST_BYTES_MAX) {
                        (void) snprintf(cursor, 24, "c%" PRIi64, seq);
                        return 0;
                }
                r = l->item(c, row, &item, &seq, &one);
                if (r < 0 || json_array_append_new(list, item) < 0)
                        return r < 0 ? r : -ENOMEM;
                bytes += one;
        }
        return 0;
}

int reply_list(Call *c, Response *a, const Listing *l) {
        json_t *list = json_array();
        char cursor[24] = "";
        int r = list_fill(c, l, list, cursor);

        if (r < 0) {
                json_decref(list);
                return r;
        }
        return reply_json(a, 200, json_pack("{s:o, s:s?}", l->name, list, "next_cursor", cursor[0] ? cursor : NULL));
}

static const Route *route_find(const char *path, const char **ret_id) {
        for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
                size_t n = strlen(routes[i].path);

                if (strncmp(path, routes[i].path, n) != 0)
                        continue;
                if (!routes[i].item && path[n] == '\0')
                        return &routes[i];
                if (routes[i].item && path[n] == '/' && path[n + 1] && !strchr(path + n + 1, '/')) {
                        *ret_id = path + n + 1;
                        return &routes[i];
                }
        }
        return NULL;
}

static bool is_write(const Request *q) {
        return q->method != METHOD_GET;
}

static void limit_headers(const Request *q, Response *a, const LimitState *limit) {
        if (limit->limit == 0)
                return; /* switched off: there is nothing to tell */
        response_header(a, "X-RateLimit-Limit", arena_printf(q->arena, "%u", limit->limit));
        response_header(a, "X-RateLimit-Remaining", arena_printf(q->arena, "%u", limit->remaining));
        response_header(a, "X-RateLimit-Reset",
                        arena_printf(q->arena, "%" PRIu64, (limit->reset + USEC_PER_SEC - 1) / USEC_PER_SEC));
}

/* Answers that come before a key is known show an allowance that nobody has touched. */
static void limit_untouched(Page *page, const Request *q, Response *a) {
        LimitState limit;

        (void) limiter_take(page->limiter, 0, is_write(q) ? LIMIT_WRITE : LIMIT_READ, q->now, &limit);
        limit_headers(q, a, &limit);
}

static int probe(Request *q, Response *a) {
        static const char *const capabilities[] = {
                "maintenance", "services", "impact", "external_id", "owner", "idempotency_key", "if_match", "quiet_changes", "messages",
                "reminders", "notify_on_cancel", "notify_on_update", "auto_transition", "pause_monitors", "cursor",
                "subscribers", "uptime_monitors",
        };
        json_t *list = json_array();

        for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
                (void) json_array_append_new(list, json_string(capabilities[i]));
        return reply_json(a, 200, json_pack("{s:s, s:s, s:o}", "product", "maintd-page", "version", PROJECT_VERSION, "capabilities", list));
}

static int not_allowed(const Request *q, const Route *route, Response *a) {
        static const char *const names[] = { [METHOD_GET] = "GET, HEAD", [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH",
                                             [METHOD_DELETE] = "DELETE" };
        const char *allow = route ? "" : "GET, HEAD";

        for (size_t i = 0; route && i < ARRAY_SIZE(names) && allow; i++)
                if (route->calls[i])
                        allow = arena_printf(q->arena, "%s%s%s", allow, *allow ? ", " : "", names[i]);
        response_header(a, "Allow", allow);
        return reply_error(a, 405, "METHOD_NOT_ALLOWED", NULL, "This resource does not know that method: see the Allow header");
}

static const char *presented_key(const Request *q) {
        const char *key = request_header(q, "X-API-Key"), *bearer = request_header(q, "Authorization");

        if (key)
                return key;
        return bearer && strncasecmp(bearer, "Bearer ", 7) == 0 ? bearer + 7 + strspn(bearer + 7, " ") : NULL;
}

int key_known(Page *page, const char *text, Key *ret) {
        char id[KEY_ID_SIZE];
        int r;

        if (key_id(text, id) < 0)
                return 0;
        r = store_key_by_id(page->store, id, ret);
        if (r == -ENOENT)
                return 0;
        return r < 0 ? r : key_matches(ret, text);
}

static int authenticate(Page *page, const Request *q, Key *ret) {
        const char *text = presented_key(q);

        return text ? key_known(page, text, ret) : 0;
}

static int unauthorized(const Request *q, Response *a) {
        response_header(a, "WWW-Authenticate", "Bearer realm=\"maintd-page\"");
        if (presented_key(q))
                return reply_error(a, 401, "UNAUTHORIZED", NULL, "This API key is not known here; `maintd-page key list` shows those that are");
        return reply_error(a, 401, "UNAUTHORIZED", NULL, "Send an API key as X-API-Key or Authorization: Bearer; `maintd-page key add` makes one");
}

static int too_many_requests(const Request *q, Response *a, const LimitState *limit) {
        uint64_t seconds = MAX((limit->wait + USEC_PER_SEC - 1) / USEC_PER_SEC, (usec_t) 1);

        response_header(a, "Retry-After", arena_printf(q->arena, "%" PRIu64, seconds));
        return reply_error(a, 429, "RATE_LIMITED", NULL, "Too many requests: try again in %" PRIu64 " s", seconds);
}

static bool content_type_json(const Request *q) {
        const char *type = request_header(q, "Content-Type");
        size_t n = type ? strcspn(type, "; \t") : 0;

        return n == strlen("application/json") && strncasecmp(type, "application/json", n) == 0;
}

/* Return: 1 and @ret; 0 when an error has been answered; -errno. */
static int read_body(const Request *q, Response *a, json_t **ret) {
        json_error_t error;
        json_t *body;

        if (q->too_large)
                return reply_error(a, 413, "BODY_TOO_LARGE", NULL, "The body must not be larger than %u KiB", PAGE_BODY_BYTES_MAX / 1024);
        if (!content_type_json(q))
                return reply_error(a, 415, "UNSUPPORTED_MEDIA_TYPE", NULL, "Send the body as Content-Type: application/json");
        body = json_loadb(q->body ? q->body : "", q->body_size, JSON_REJECT_DUPLICATES, &error);
        if (!body) {
                /* The library's text can quote the input. */
                auto_(free) char *text = text_printable(error.text, 160);

                return reply_error(a, 400, "INVALID_JSON", NULL, "The body is not valid JSON: line %d column %d: %s", error.line, error.column,
                                   text ? text : "?");
        }
        if (!json_is_object(body)) {
                json_decref(body);
                return reply_error(a, 400, "INVALID_JSON", NULL, "The body must be a JSON object");
        }
        *ret = body;
        return 1;
}

/* With key, scope and allowance settled. */
static int call_run(Call *c, const Route *route, Response *a) {
        json_t *body = NULL;
        int r = 1;

        if (c->q->method == METHOD_POST || c->q->method == METHOD_PATCH)
                r = read_body(c->q, a, &body);
        else if (c->q->too_large)
                r = reply_error(a, 413, "BODY_TOO_LARGE", NULL, "This call takes no body");
        if (r > 0) {
                c->body = body;
                r = route->calls[c->q->method](c, a);
        }
        json_decref(body);
        return r;
}

static int call_admit(Call *c, const Route *route, Response *a) {
        LimitState limit;
        unsigned scope;
        bool granted;
        int r = authenticate(c->page, c->q, &c->key);

        if (r <= 0) {
                limit_untouched(c->page, c->q, a);
                return r < 0 ? r : unauthorized(c->q, a);
        }
        c->q->who = arena_strdup(c->q->arena, c->key.name);
        granted = limiter_take(c->page->limiter, c->key.seq, is_write(c->q) ? LIMIT_WRITE : LIMIT_READ, c->q->now, &limit);
        limit_headers(c->q, a, &limit);
        if (!granted)
                return too_many_requests(c->q, a, &limit);
        scope = is_write(c->q) ? route->write : route->read;
        if (!scopes_include(c->key.scopes, scope))
                return reply_error(a, 403, "INSUFFICIENT_SCOPE", NULL, "Insufficient scope: %s required", scope_name(scope));
        page_clock_catch_up(c->page, c->q->now);
        return call_run(c, route, a);
}

static int api_route(Page *page, Request *q, Response *a) {
        bool root = strcmp(q->path, API_BASE) == 0 || strcmp(q->path, API_BASE "/") == 0;
        Call c = { .page = page, .q = q, .once = request_header(q, "Idempotency-Key"), .match = request_header(q, "If-Match") };
        const Route *route = route_find(q->path, &c.id);

        if (route && q->method != METHOD_OTHER && route->calls[q->method])
                return call_admit(&c, route, a);
        limit_untouched(page, q, a);
        if (!route && !root)
                return reply_not_found(a);
        return root && q->method == METHOD_GET ? probe(q, a) : not_allowed(q, route, a);
}

void api_answer(Page *page, Request *q, Response *a) {
        int r = api_route(page, q, a);

        response_header(a, "Cache-Control", "no-store");
        if (r < 0) {
                auto_(free) char *path = text_printable(q->path, 100);
                auto_(free) char *what = textf("%s %s", q->method_name, path ? path : "");

                (void) reply_failure(a, r, what ? what : "request", store_error(page->store));
        }
}
