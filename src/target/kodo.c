/*
 * Kodo: one driver for hosted Kodo and for maintd-page, which speaks its conventions
 *
 * The probe asks the base url who it is. maintd-page says so by name; anything else is hosted Kodo, where the path of the
 * maintenance resource is looked for in the same probe. Of hosted Kodo's resource little is documented, so it is sent only
 * what §5 of its description names, carries no marker, and what it does not show is not compared.
 *
 * A listing is one call per state that is not final, scheduled before in progress: an object that moves between the two calls
 * shows up in both, never in neither.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/kodo.h"

#define LIST_LIMIT 100u

static const char *const paths[] = { "/maintenance", "/maintenances", "/maintenance-windows" };
#define SERVICES_PATH "/services"

static const char *const listed[] = { "scheduled", "in_progress" }; /* in this order, see above */

static const char *maintenance_path(const Target *t) {
        const char *path = target_option(t, "path");

        if (!path)
                path = target_fact(t, "path");
        return path ? path : paths[0];
}

/* ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────────── */

#define FIELDS_TEXTS (FIELD_TITLE | FIELD_BODY)
#define ALL_STATES (BIT(STATES) - 1)
#define STEPS (BIT(ACTION_START) | BIT(ACTION_COMPLETE) | BIT(ACTION_CANCEL))
#define WRITES (BIT(ACTION_CREATE) | BIT(ACTION_UPDATE) | STEPS | BIT(ACTION_MESSAGE))

static const Capabilities page_can = {
        .family = FAMILY_WINDOW,
        .moves = 0, /* we always send auto_transition: false */
        .writes = ALL_STATES,
        .readable = FIELDS_ALL,
        .writable = {
                [STATE_SCHEDULED] = FIELDS_ALL,
                [STATE_IN_PROGRESS] = FIELDS_ALL & ~(unsigned) (FIELD_START | FIELD_REMINDERS),
                [STATE_COMPLETED] = FIELDS_TEXTS,
                [STATE_CANCELLED] = FIELDS_TEXTS,
        },
        .cancel = { CANCEL_STATE, CANCEL_STATE, CANCEL_STATE, CANCEL_STATE },
        .notifies = WRITES,
        .quietable = WRITES,
        .marker = MARKER_UNIQUE,
        .marker_max = KODO_MARKER_MAX,
        .create_repeatable = true,
        .create_running = true,
        .messages = true,
        .messages_readable = true,
        .reminders = true,
        .granularity = USEC_PER_SEC,
        .reads_per_min = 100,
        .writes_per_min = 30,
};

#define HOSTED_FIELDS (FIELDS_TEXTS | FIELDS_TIMES | FIELD_SERVICES)

static const Capabilities hosted_can = {
        .family = FAMILY_WINDOW,
        .moves = 0, /* not documented; an object found ahead is accepted as it is */
        .writes = ALL_STATES,
        .readable = HOSTED_FIELDS,
        .writable = {
                [STATE_SCHEDULED] = HOSTED_FIELDS | FIELD_REMINDERS | FIELD_EXTRA,
                [STATE_IN_PROGRESS] = (HOSTED_FIELDS & ~(unsigned) FIELD_START) | FIELD_EXTRA,
        },
        .cancel = { CANCEL_STATE, CANCEL_STATE, CANCEL_STATE, CANCEL_STATE },
        .notifies = WRITES,
        .quietable = BIT(ACTION_CREATE), /* notify_on_schedule: false; there is no such word for a change */
        .marker = MARKER_NONE,
        .messages = true,
        .reminders = true,
        .granularity = USEC_PER_SEC,
        .reads_per_min = 100,
        .writes_per_min = 30,
};

static int kodo_capabilities(const Target *t, Capabilities *ret) {
        *ret = kodo_is_page(t) ? page_can : hosted_can;
        if (t->reads_per_min)
                ret->reads_per_min = t->reads_per_min;
        if (t->writes_per_min)
                ret->writes_per_min = t->writes_per_min;
        return 0;
}

/* ── cursors: where a query of several requests has come to ───────────────────────────────────────────────────────── */

/* Of a listing "scheduled:3:TEXT": state, number of the page, the server's own cursor. Of a catalogue "3:TEXT". */
typedef struct Cursor {
        size_t state;
        unsigned page;
        const char *text;
} Cursor;

static Cursor cursor_parse(const char *s) {
        Cursor c = { .text = "" };
        char *end;

        if (!s)
                return c;
        for (size_t i = 0; i < ARRAY_SIZE(listed); i++)
                if (text_starts(s, listed[i]) && s[strlen(listed[i])] == ':') {
                        c.state = i;
                        s += strlen(listed[i]) + 1;
                        break;
                }
        c.page = (unsigned) strtoul(s, &end, 10);
        c.text = *end == ':' ? end + 1 : "";
        return c;
}

/* The server's next_cursor; NULL: this was the last page. -EBADMSG: it goes round in circles. */
static int cursor_next(const json_t *document, Cursor c, const char **ret, const char **ret_detail) {
        const char *next = json_text(document, "next_cursor");

        *ret = next && *next ? next : NULL;
        if (!*ret || (strcmp(next, c.text) != 0 && strlen(next) <= CURSOR_MAX && c.page + 1 < KODO_PAGES_MAX))
                return 0;
        *ret_detail = "the listing does not come to an end";
        return -EBADMSG;
}

/* ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const json_headers[] = { "Accept: application/json", NULL };

static void request_init(const Target *t, const char *method, Request *ret) {
        *ret = (Request) { .method = method, .headers = json_headers, .timeout = t->timeout };
        if (t->token)
                ret->secret = (Secret) { SECRET_HEADER, "X-API-Key", "" };
}

/* The candidate that a probe tries in its step "path:N"; NULL: there is no such one. */
static const char *probe_path(const Target *t, const char *cursor, size_t *ret_i) {
        const char *own = target_option(t, "path");
        size_t i = text_starts(cursor, "path:") ? strtoul(cursor + strlen("path:"), NULL, 10) : SIZE_MAX;

        *ret_i = i;
        if (own)
                return i == 0 ? own : NULL;
        return i < ARRAY_SIZE(paths) ? paths[i] : NULL;
}

static char *probe_request(const Target *t, const char *cursor, Arena *a) {
        const char *path;
        size_t i;

        if (!cursor)
                return arena_strdup(a, "");
        path = probe_path(t, cursor, &i);
        return path ? arena_printf(a, "%s?status=%s&limit=1", path, listed[0]) : NULL;
}

static char *list_request(const Target *t, const char *cursor, Arena *a) {
        Cursor c = cursor_parse(cursor);
        char *text = percent_encode(c.text, a);

        if (!text)
                return NULL;
        return arena_printf(a, "%s?status=%s&limit=%u%s%s", maintenance_path(t), listed[c.state], LIST_LIMIT, *text ? "&cursor=" : "",
                            text);
}

static char *catalogue_request(const char *cursor, Arena *a) {
        char *text = percent_encode(cursor_parse(cursor).text, a);

        return text ? arena_printf(a, SERVICES_PATH "%s%s", *text ? "?cursor=" : "", text) : NULL;
}

static char *object_path(const Target *t, const char *id, Arena *a) {
        const char *segment = percent_encode(id, a);

        return segment ? arena_printf(a, "%s/%s", maintenance_path(t), segment) : NULL;
}

static int kodo_query_request(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret) {
        char *path = NULL;

        switch (q) {
        case QUERY_PROBE:
                path = probe_request(t, cursor, a);
                break;
        case QUERY_CATALOGUE:
                path = catalogue_request(cursor, a);
                break;
        case QUERY_LIST:
                path = list_request(t, cursor, a);
                break;
        case QUERY_OBJECT:
                if (!remote_id_valid(remote_id))
                        return -EINVAL;
                path = object_path(t, remote_id, a);
                break;
        }
        if (!path)
                return -ENOMEM;
        request_init(t, "GET", ret);
        ret->path = path;
        return 0;
}

static bool web_page(const Response *r) {
        size_t n = 0;

        while (n < r->n_body && strchr(" \t\r\n", r->body[n]))
                n++;
        return n < r->n_body && r->body[n] == '<';
}

/* A refusal, a web page or another product's word means: this is not maintd-page. Trouble and nonsense mean nothing: to take a page
 * for hosted Kodo would cost the markers. For the same reason what has once said that it is maintd-page is that until we start anew. */
static int other_product(const Target *t, int e, const char **ret_cursor, const char **ret_detail) {
        if (!text_equal(target_fact(t, "product"), "page")) {
                *ret_cursor = "path:0";
                return 0;
        }
        if (e == -EACCES)
                return e;
        *ret_detail = "this was maintd-page and no longer says so; if the server was replaced, restart maintd";
        return -EBADMSG;
}

static int probe_product(const Target *t, const Response *r, Arena *a, Sink *sink, const char **ret_cursor, const char **ret_detail) {
        auto_(json_decref) json_t *j = NULL;
        const char *version;
        int e;

        e = response_error(r, a, ret_detail);
        if (e == -ENOMEM || e == -EBUSY || e == -EAGAIN || r->truncated || (r->status >= 300 && r->status < 400))
                return e;
        if (e < 0 || web_page(r))
                return other_product(t, e, ret_cursor, ret_detail);
        if (json_body(r, &j) < 0 || !json_is_object(j)) {
                *ret_detail = "the answer to the probe is not understood";
                return -EBADMSG;
        }
        if (!text_equal(json_text(j, "product"), KODO_PAGE))
                return other_product(t, 0, ret_cursor, ret_detail);
        version = json_text(j, "version");
        e = sink->fact(sink, "product", "page");
        return e >= 0 && version ? sink->fact(sink, "version", version) : e;
}

static int probe_hosted(const Target *t, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor,
                        const char **ret_detail) {
        auto_(json_decref) json_t *j = NULL;
        const char *path, *next;
        size_t i;
        int e;

        path = probe_path(t, cursor, &i);
        if (!path)
                return -EBADMSG;
        e = r->status == 405 ? -ENOENT : response_error(r, a, ret_detail);
        if (e == 0 && (json_body(r, &j) < 0 || !kodo_list(j)))
                e = -ENOENT; /* a web page, as likely as not */
        if (e == -ENOENT) {
                next = arena_printf(a, "path:%zu", i + 1);
                if (!next)
                        return -ENOMEM;
                if (probe_path(t, next, &i)) {
                        *ret_cursor = next;
                        return 0;
                }
                *ret_detail = "no maintenance resource there; check the target's url, or set its path";
        }
        if (e < 0)
                return e;
        e = sink->fact(sink, "product", "hosted");
        return e < 0 ? e : sink->fact(sink, "path", path);
}

/* Objects that are not understood are passed over, unless that is all of them. */
static int read_list(const Target *t, const json_t *list, Arena *a, Sink *sink) {
        size_t i, understood = 0;
        const json_t *item;

        json_array_foreach(list, i, item) {
                Observed o;
                int r = kodo_read(t, item, a, &o);

                if (r == -EBADMSG)
                        continue;
                if (r >= 0)
                        r = sink->observed(sink, &o);
                if (r < 0)
                        return r;
                understood++;
        }
        return understood > 0 || json_array_size(list) == 0 ? 0 : -EBADMSG;
}

static int list_response(const Target *t, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor,
                         const char **ret_detail) {
        auto_(json_decref) json_t *j = NULL;
        Cursor c = cursor_parse(cursor);
        const json_t *list;
        const char *next;
        int e;

        e = json_body(r, &j);
        list = e < 0 ? NULL : kodo_list(j);
        *ret_detail = "the answer is not a list of maintenance windows";
        if (!list)
                return e < 0 ? e : -EBADMSG;
        e = read_list(t, list, a, sink);
        if (e < 0)
                return e;
        if (cursor_next(j, c, &next, ret_detail) < 0)
                return -EBADMSG;
        *ret_detail = "the listing may be cut off: as many windows as were asked for, and no next_cursor";
        if (!next && json_array_size(list) >= LIST_LIMIT && !json_object_get(j, "next_cursor"))
                return -EBADMSG;
        *ret_detail = NULL;
        if (next)
                *ret_cursor = arena_printf(a, "%s:%u:%s", listed[c.state], c.page + 1, next);
        else if (c.state + 1 < ARRAY_SIZE(listed))
                *ret_cursor = arena_printf(a, "%s:0:", listed[c.state + 1]);
        else
                return 0;
        return *ret_cursor ? 0 : -ENOMEM;
}

/* A group is a name, or an object that has one. */
static const char *group_of(const json_t *service) {
        const json_t *g = json_object_get(service, "group");

        return json_is_object(g) ? json_text(g, "name") : json_string_value(g);
}

static int catalogue_response(const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor,
                              const char **ret_detail) {
        static const char *const names[] = { "services", "data", NULL };
        auto_(json_decref) json_t *j = NULL;
        Cursor c = cursor_parse(cursor);
        const json_t *list, *s;
        const char *next;
        size_t i;
        int e;

        e = json_body(r, &j);
        list = e < 0 ? NULL : json_is_array(j) ? j : json_member(j, names);
        *ret_detail = "the answer is not a list of services";
        if (!json_is_array(list))
                return e < 0 ? e : -EBADMSG;
        json_array_foreach(list, i, s) {
                const char *id = json_text(s, "id"), *name = json_text(s, "name");

                if (!id || !name || !remote_id_valid(id))
                        continue;
                e = sink->service(sink, KODO_SERVICE, id, name, group_of(s));
                if (e < 0)
                        return e;
        }
        *ret_detail = NULL;
        if (cursor_next(j, c, &next, ret_detail) < 0)
                return -EBADMSG;
        if (next)
                *ret_cursor = arena_printf(a, "%u:%s", c.page + 1, next);
        return next && !*ret_cursor ? -ENOMEM : 0;
}

static int object_response(const Target *t, const Response *r, Arena *a, Sink *sink, const char **ret_detail) {
        auto_(json_decref) json_t *j = NULL;
        Observed o;
        int e;

        e = json_body(r, &j);
        if (e >= 0)
                e = kodo_read(t, kodo_unwrap(j), a, &o);
        if (e == -EBADMSG)
                *ret_detail = "the answer is not a maintenance window";
        return e < 0 ? e : sink->observed(sink, &o);
}

static int kodo_query_response(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink,
                               const char **ret_cursor, const char **ret_detail) {
        int e;

        *ret_cursor = *ret_detail = NULL;
        if (q == QUERY_PROBE)
                return cursor ? probe_hosted(t, cursor, r, a, sink, ret_cursor, ret_detail)
                              : probe_product(t, r, a, sink, ret_cursor, ret_detail);
        e = response_error(r, a, ret_detail);
        if (e < 0)
                return e;
        if (q == QUERY_LIST)
                return list_response(t, cursor, r, a, sink, ret_cursor, ret_detail);
        if (q == QUERY_CATALOGUE)
                return catalogue_response(cursor, r, a, sink, ret_cursor, ret_detail);
        return object_response(t, r, a, sink, ret_detail);
}

/* ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

static int put(json_t *to, const char *name, json_t *value) {
        return json_object_set_new(to, name, value) == 0 ? 0 : -ENOMEM;
}

/* A quiet create says so by the flags it is created with; they are projected, compared and written like any other afterwards. */
static int put_quiet_create(const Action *act, json_t *to) {
        int r = put(to, "notify_on_schedule", json_false());

        return r >= 0 && act->state == STATE_IN_PROGRESS ? put(to, "notify_on_start", json_false()) : r;
}

static int create_body(const Target *t, const Action *act, json_t *to) {
        bool page = kodo_is_page(t);
        uint32_t fields = FIELDS_ALL;
        int r;

        if (!*text_or(act->want->body, ""))
                fields &= ~(uint32_t) FIELD_BODY;
        if (!*text_or(act->want->reminders, ""))
                fields &= ~(uint32_t) FIELD_REMINDERS;
        r = kodo_write(t, act->want, fields, to);
        if (r >= 0 && act->quiet)
                r = put_quiet_create(act, to);
        if (r >= 0 && page)
                r = put(to, "auto_transition", json_false());
        if (r >= 0 && page && act->state == STATE_IN_PROGRESS)
                r = put(to, "status", json_string(state_to_string(act->state)));
        if (r >= 0 && page && *text_or(act->message, ""))
                r = put(to, "message", json_string(act->message));
        return r;
}

static int change_body(const Target *t, const Action *act, json_t *to) {
        int r = 0;

        if (act->kind == ACTION_UPDATE)
                r = kodo_write(t, act->want, act->fields, to);
        else if (act->kind != ACTION_MESSAGE)
                r = put(to, "status", json_string(state_to_string(act->state)));
        if (r >= 0 && *text_or(act->message, ""))
                r = put(to, "message", json_string(act->message));
        if (r >= 0 && act->quiet && kodo_is_page(t))
                r = put(to, "notify", json_false());
        return r;
}

/* Repeating a create, a step or a message within a day is meant to have one effect; repeating an edit is harmless, and an edit
 * taken back and made again is two. The body is part of the key, so that a corrected create is not answered with the refusal of
 * the first one. */
static const char *idempotency_header(const Target *t, const Action *act, const char *body, Arena *a) {
        char key[KEY_SIZE];
        uint64_t h = hash_text(HASH_SEED, t->identity);

        h = hash_text(h, key_format(act->key, key));
        h = hash_u64(h, act->generation);
        h = hash_text(h, text_or(act->remote_id, ""));
        h = hash_u64(h, act->kind);
        h = hash_u64(h, act->tells);
        return arena_printf(a, "Idempotency-Key: maintd-%s-%016llx", action_to_string(act->kind), (unsigned long long) hash_text(h, body));
}

/* What the remote called a version goes back into a header only if it looks like one. */
static bool version_valid(const char *v) {
        size_t n = v ? strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") : 0;

        return n > 0 && n <= 64 && v[n] == '\0';
}

static int action_headers(const Target *t, const Action *act, const char *body, Arena *a, const char *const **ret) {
        const char **h = arena_array(a, 4, sizeof(*h));

        if (!h)
                return -ENOMEM;
        h[0] = "Accept: application/json";
        h[1] = "Content-Type: application/json";
        *ret = h;
        if (!kodo_is_page(t) || (act->kind == ACTION_UPDATE && !version_valid(act->version)))
                return 0;
        h[2] = act->kind == ACTION_UPDATE ? arena_printf(a, "If-Match: \"%s\"", act->version) : idempotency_header(t, act, body, a);
        return h[2] ? 0 : -ENOMEM;
}

static int kodo_action_request(const Target *t, const Action *act, Arena *a, Request *ret) {
        auto_(json_decref) json_t *j = json_object();
        bool create = act->kind == ACTION_CREATE;
        int r;

        if (act->kind > ACTION_MESSAGE)
                return -ENOTSUP;
        if ((create || act->kind == ACTION_UPDATE) && !act->want)
                return -EINVAL;
        if (!create && !remote_id_valid(text_or(act->remote_id, "")))
                return -EINVAL;
        request_init(t, create ? "POST" : "PATCH", ret);
        r = create ? create_body(t, act, j) : change_body(t, act, j);
        if (r < 0)
                return r;
        ret->body = json_print(j, 0, a);
        ret->path = create ? maintenance_path(t) : object_path(t, act->remote_id, a);
        if (!ret->body || !ret->path)
                return -ENOMEM;
        ret->n_body = strlen(ret->body);
        return action_headers(t, act, ret->body, a, &ret->headers);
}

/* After a conflict the engine looks; a duplicate is named by its id, and a full timeline stays full. */
static int conflict(const Response *r, Arena *a, Outcome *o) {
        auto_(json_decref) json_t *j = NULL;
        const char *code, *id;

        if (json_body(r, &j) < 0)
                return 0;
        code = json_text(j, "code");
        if (text_equal(code, "TOO_MANY_UPDATES"))
                o->verdict = VERDICT_REFUSED;
        id = text_equal(code, "DUPLICATE_EXTERNAL_ID") ? json_text(json_object_get(j, "details"), "id") : NULL;
        if (!id || !remote_id_valid(id))
                return 0;
        o->remote_id = arena_strdup(a, id);
        return o->remote_id ? 0 : -ENOMEM;
}

static void unknown(Outcome *o, const char *detail) {
        *o = (Outcome) { .verdict = VERDICT_UNKNOWN, .detail = detail };
}

/* Whether the state shown after the write is the one that was asked for. */
static void check_state(const Action *act, const Observed *seen, Outcome *o) {
        if (act->kind != ACTION_START && act->kind != ACTION_COMPLETE && act->kind != ACTION_CANCEL)
                return;
        if (seen->state == act->state)
                return;
        *o = (Outcome) {
                .verdict = seen->state > act->state ? VERDICT_CONFLICT : VERDICT_UNKNOWN,
                .detail = "the target accepted the step and shows another state",
        };
}

static int success(const Target *t, const Action *act, const Response *r, Arena *a, Outcome *o) {
        auto_(json_decref) json_t *j = NULL;
        Observed *seen;
        int e;

        if (act->kind != ACTION_CREATE && r->n_body == 0 && !r->truncated)
                return 0;
        seen = arena_new0(a, Observed);
        e = seen ? json_body(r, &j) : -ENOMEM;
        if (e >= 0)
                e = kodo_read(t, kodo_unwrap(j), a, seen);
        if (e == -ENOMEM)
                return e;
        if (e < 0) {
                unknown(o, "the target accepted the request and its answer cannot be read");
                return 0;
        }
        if (act->kind != ACTION_CREATE && strcmp(seen->remote_id, act->remote_id) != 0) {
                unknown(o, "the target accepted the request and answered with another window");
                return 0;
        }
        o->echo = seen;
        if (act->kind == ACTION_CREATE)
                o->remote_id = seen->remote_id;
        check_state(act, seen, o);
        return 0;
}

static int kodo_action_response(const Target *t, const Action *act, const Response *r, Arena *a, Outcome *ret) {
        Outcome o;
        int e;

        e = response_outcome(r, a, &o);
        if (e >= 0 && o.verdict == VERDICT_CONFLICT)
                e = conflict(r, a, &o);
        /* A path that is not there is no object that is gone. */
        if (e >= 0 && o.verdict == VERDICT_GONE && act->kind == ACTION_CREATE)
                o.verdict = VERDICT_REFUSED;
        if (e >= 0 && o.verdict == VERDICT_DONE)
                e = success(t, act, r, a, &o);
        if (e < 0)
                return e;
        *ret = o;
        return 0;
}

static const char *const options[] = { "path", NULL };

const Driver driver_kodo = {
        .name = "kodo",
        .options = options,
        .capabilities = kodo_capabilities,
        .query_request = kodo_query_request,
        .query_response = kodo_query_response,
        .project = kodo_project,
        .action_request = kodo_action_request,
        .action_response = kodo_action_response,
};
