/*
 * Kodo: one driver for hosted Kodo and for maintd-page, which speaks its conventions
 *
 * The probe asks the base url who it is. maintd-page says so by name; anything else is hosted Kodo, where the path of the
 * maintenance resource is looked for in the same probe; then, unless the host is Kodo's own, the base url is asked once more.
 * Of hosted Kodo's resource little is documented, so it is sent only what §5 of its description names, carries no marker, and
 * what it does not show is not compared.
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

const char *kodo_maintenance_path(const Target *t) {
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

void kodo_request_init(const Target *t, const char *method, Request *ret) {
        *ret = (Request) { .method = method, .headers = json_headers, .timeout = t->timeout };
        if (t->token)
                ret->secret = (Secret) { SECRET_HEADER, "X-API-Key", "" };
}

#define AGAIN "again:"  /* before the step "path:N" that found a list */

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

        if (!cursor || text_starts(cursor, AGAIN))
                return arena_strdup(a, "");
        path = probe_path(t, cursor, &i);
        return path ? arena_printf(a, "%s?status=%s&limit=1", path, listed[0]) : NULL;
}

static char *list_request(const Target *t, const char *cursor, Arena *a) {
        Cursor c = cursor_parse(cursor);
        char *text = percent_encode(c.text, a);

        if (!text)
                return NULL;
        return arena_printf(a, "%s?status=%s&limit=%u%s%s", kodo_maintenance_path(t), listed[c.state], LIST_LIMIT, *text ? "&cursor=" : "",
                            text);
}

static char *catalogue_request(const char *cursor, Arena *a) {
        char *text = percent_encode(cursor_parse(cursor).text, a);

        return text ? arena_printf(a, SERVICES_PATH "%s%s", *text ? "?cursor=" : "", text) : NULL;
}

char *kodo_object_path(const Target *t, const char *id, Arena *a) {
        const char *segment = percent_encode(id, a);

        return segment ? arena_printf(a, "%s/%s", kodo_maintenance_path(t), segment) : NULL;
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
                path = kodo_object_path(t, remote_id, a);
                break;
        }
        if (!path)
                return -ENOMEM;
        kodo_request_init(t, "GET", ret);
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

/* 1: maintd-page says that it is maintd-page, 0: another product does; < 0: trouble, which says nothing. */
static int read_product(const Response *r, Arena *a, Sink *sink, const char **ret_detail, int *ret_refused) {
        auto_(json_decref) json_t *j = NULL;
        const char *version;
        int e = response_error(r, a, ret_detail);

        *ret_refused = 0;
        if (e == -ENOMEM || e == -EBUSY || e == -EAGAIN || r->truncated || (r->status >= 300 && r->status < 400))
                return e;
        if (e < 0 || web_page(r)) {
                *ret_refused = e;
                return 0;
        }
        if (json_body(r, &j) < 0 || !json_is_object(j)) {
                *ret_detail = "the answer to the probe is not understood";
                return -EBADMSG;
        }
        if (!text_equal(json_text(j, "product"), KODO_PAGE))
                return 0;
        version = json_text(j, "version");
        e = sink->fact(sink, "product", "page");
        if (e >= 0 && version)
                e = sink->fact(sink, "version", version);
        return e < 0 ? e : 1;
}

static int probe_product(const Target *t, const Response *r, Arena *a, Sink *sink, const char **ret_cursor, const char **ret_detail) {
        int refused, e = read_product(r, a, sink, ret_detail, &refused);

        return e == 0 ? other_product(t, refused, ret_cursor, ret_detail) : MIN(e, 0);
}

static int found_hosted(Sink *sink, const char *path) {
        int e = sink->fact(sink, "product", "hosted");

        return e < 0 ? e : sink->fact(sink, "path", path);
}

/* A proxy's web page in the place of the first answer, gone before the second, is no word of another product: it is asked once more. */
static int probe_again(const Target *t, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_detail) {
        size_t i;
        const char *path = probe_path(t, cursor + strlen(AGAIN), &i);
        int refused, e = path ? read_product(r, a, sink, ret_detail, &refused) : -EBADMSG;

        return e == 0 ? found_hosted(sink, path) : MIN(e, 0);
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
        if (text_equal(kodo_assumed(t)[1], "hosted"))
                return found_hosted(sink, path);
        *ret_cursor = arena_printf(a, AGAIN "%s", cursor);
        return *ret_cursor ? 0 : -ENOMEM;
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
                return !cursor ? probe_product(t, r, a, sink, ret_cursor, ret_detail) :
                       text_starts(cursor, AGAIN) ? probe_again(t, cursor, r, a, sink, ret_detail) :
                                                    probe_hosted(t, cursor, r, a, sink, ret_cursor, ret_detail);
        e = response_error(r, a, ret_detail);
        if (e < 0)
                return e;
        if (q == QUERY_LIST)
                return list_response(t, cursor, r, a, sink, ret_cursor, ret_detail);
        if (q == QUERY_CATALOGUE)
                return catalogue_response(cursor, r, a, sink, ret_cursor, ret_detail);
        return object_response(t, r, a, sink, ret_detail);
}

static const char *const options[] = { "path", NULL };

const Driver driver_kodo = {
        .name = "kodo",
        .options = options,
        .capabilities = kodo_capabilities,
        .assumed = kodo_assumed,
        .query_request = kodo_query_request,
        .query_response = kodo_query_response,
        .project = kodo_project,
        .unproject = kodo_unproject,
        .action_request = kodo_action_request,
        .action_response = kodo_action_response,
};
