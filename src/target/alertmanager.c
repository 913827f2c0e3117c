/*
 * Prometheus Alertmanager: one silence per service of a window whose monitors are paused
 *
 * A silence has no states to write: it is pending, active and expired by the server's own clock, and DELETE ends it. It has no
 * fields of its own for us either, so its comment, which only people on call read, ends in the marker and the ledger's id:
 *
 *      Database Migration maintd:maintd:db-migration#0/service:api [1f2e3d4c5b6a7988]
 *
 * Some changes (an earlier start, other matchers) make the server expire the silence and answer with the id of a new one. It
 * does the same to an active silence whose start is written with another second, so the start it showed is sent back to it.
 *
 * A silence that expired is never written again: that would be a new one.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/codec.h"

#define API "/api/v2"
#define CREATED_BY "maintd"
#define PART_PREFIX "service:"
#define SERVICE_IN_PART_MAX 140u /* a longer name goes into the part as a hash */

static int am_capabilities(const Target *t, Capabilities *ret) {
        const uint32_t running = FIELD_TITLE | FIELD_END | FIELD_MARKER | FIELD_EXTRA;

        *ret = (Capabilities) {
                .family = FAMILY_WINDOW,
                .moves = BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED),
                .writes = BIT(STATE_COMPLETED) | BIT(STATE_CANCELLED),
                .readable = FIELD_TITLE | FIELDS_TIMES | FIELD_MARKER | FIELD_EXTRA,
                .writable = { [STATE_SCHEDULED] = running | FIELD_START, [STATE_IN_PROGRESS] = running },
                .cancel = { CANCEL_DELETE, CANCEL_DELETE, CANCEL_DELETE, CANCEL_DELETE },
                .marker = MARKER_PLAIN,
                .create_running = true,
                .update_replaces = true,
                .granularity = USEC_PER_SEC,
                .lag = USEC_PER_SEC,
                .reads_per_min = t->reads_per_min,
                .writes_per_min = t->writes_per_min,
        };
        return 0;
}

/* ── projection ───────────────────────────────────────────────────────────────────────────────────────────────────── */

static usec_t truncate_second(usec_t t) {
        return t - t % USEC_PER_SEC;
}

/* Matchers as canonical text: an array of objects with sorted keys, itself sorted by the text of its items. */
static const char *matchers_canonical(json_t *list, Arena *a) {
        Strv items = { .items = arena_array(a, json_array_size(list) + 1, sizeof(*items.items)) };
        const char *s = "";
        const json_t *m;
        size_t i;

        if (!items.items)
                return NULL;
        json_array_foreach(list, i, m) {
                items.items[items.n] = json_print(m, JSON_SORT_KEYS, a);
                if (!items.items[items.n++])
                        return NULL;
        }
        strv_sort_unique(&items);
        for (i = 0; i < items.n && s; i++)
                s = arena_printf(a, "%s%s%s", s, i ? "," : "", items.items[i]);
        return s ? arena_printf(a, "[%s]", s) : NULL;
}

static json_t *matcher_json(const char *name, const char *value, bool regex, bool equal) {
        return json_pack("{s:s, s:s, s:b, s:b}", "name", name, "value", value, "isRegex", regex, "isEqual", equal);
}

/* From the config: name, op, value, …, NULL. */
static const char *matchers_config(const char *const *m, Arena *a) {
        auto_(json_decref) json_t *list = json_array();

        if (!list)
                return NULL;
        for (; m[0] && m[1] && m[2]; m += 3)
                if (json_array_append_new(list, matcher_json(m[0], m[2], strchr(m[1], '~') != NULL, m[1][0] != '!')) < 0)
                        return NULL;
        return matchers_canonical(list, a);
}

/* "service:api" */
static const char *part_format(const char *service, Arena *a) {
        if (strlen(service) <= SERVICE_IN_PART_MAX)
                return arena_printf(a, PART_PREFIX "%s", service);
        return arena_printf(a, PART_PREFIX "~%016llx", (unsigned long long) hash_text(HASH_SEED, service));
}

static int project_service(const Target *t, const Window *w, unsigned generation, const ServiceMap *map, Arena *a, Object *o) {
        char marker[MARKER_SIZE];

        *o = (Object) { .part = part_format(map->service, a), .body = "", .impact = "", .reminders = "" };
        if (!o->part)
                return -ENOMEM;
        o->start = truncate_second(w->start);
        o->end = MAX(truncate_second(w->end), o->start + USEC_PER_SEC);
        o->title = arena_strdup(a, w->title);
        o->marker = arena_strdup(a, marker_format(t->instance, w->key, generation, o->part, 0, marker));
        o->extra = matchers_config(map->matchers, a);
        return o->title && o->marker && o->extra ? 0 : -ENOMEM;
}

static int compare_parts(const void *a, const void *b) {
        return strcmp(((const Object *) a)->part, ((const Object *) b)->part);
}

/* Services without matchers have no alerts to mute here, which is no error. */
static int am_project(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n,
                      const char **ret_problem) {
        Object *objects = arena_array(a, w->services.n + 1, sizeof(*objects));
        size_t n = 0;

        if (!objects)
                return -ENOMEM;
        for (size_t i = 0; i < w->services.n && w->mute; i++) {
                const ServiceMap *map = target_service_map(t, w->services.items[i]);
                int r;

                if (!map || !map->matchers || !map->matchers[0])
                        continue;
                r = project_service(t, w, generation, map, a, &objects[n++]);
                if (r < 0)
                        return r;
        }
        qsort(objects, n, sizeof(*objects), compare_parts);
        *ret = objects;
        *ret_n = n;
        return 0;
}

/* Of a silence people know its matchers; the service is the one that has the same. */
static int am_unproject(const Target *t, const Object *o, Arena *a, Window *ret, const char **ret_problem) {
        static const Notify all = { .scheduled = true, .started = true, .completed = true, .cancelled = true, .updated = true };
        Strv services = { .items = arena_array(a, 1, sizeof(*services.items)) };

        if (!services.items)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_services && services.n == 0; i++) {
                const char *const *m = t->services[i].matchers;
                const char *text = m && *m ? matchers_config(m, a) : "";

                if (!text)
                        return -ENOMEM;
                if (strcmp(text, o->extra) == 0)
                        services.items[services.n++] = t->services[i].service;
        }
        if (services.n == 0) {
                *ret_problem = arena_printf(a, "no service of this target's configuration has its matchers, %s", o->extra);
                return *ret_problem ? -ENOKEY : -ENOMEM;
        }
        *ret = (Window) {
                .key = { "", "" }, .start = o->start, .end = o->end, .title = o->title, .body = "", .message = "", .timezone = "UTC", .impact = IMPACT_MAINTENANCE,
                .auto_start = true, .auto_complete = true, .mute = true, .services = services, .notify = &all,
        };
        return 0;
}

/* ── comments ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *comment_format(const Target *t, const Object *o, Arena *a) {
        if (!t->ledger_id)
                return arena_printf(a, "%s %s", o->title, o->marker);
        return arena_printf(a, "%s %s [%s]", o->title, o->marker, t->ledger_id);
}

/* Cuts a trailing " [ID]" off @s; "" when there is none. */
static const char *take_owner(char *s) {
        size_t n = strlen(s);
        char *open = strrchr(s, '[');

        if (!open || open == s || open[-1] != ' ' || s[n - 1] != ']' || n - (size_t) (open - s) - 2 > LEDGER_ID_MAX)
                return "";
        s[n - 1] = '\0';
        open[-1] = '\0';
        return open + 1;
}

/* The last word from which on the text is a marker of ours; NULL: none. */
static char *find_marker(char *s, MarkerParts *ret) {
        char *last = NULL;

        for (char *p = s; (p = strstr(p, "maintd:")); p++)
                if ((p == s || p[-1] == ' ') && marker_parse(p, ret) == 0)
                        last = p;
        return last && marker_parse(last, ret) == 0 ? last : NULL;
}

/* "TITLE MARKER [LEDGER]", from the end; a comment of other people's is all title. */
static int comment_parse(const char *comment, Arena *a, Observed *ret) {
        char *s = arena_strdup(a, comment), *marker;
        MarkerParts parts;
        const char *owner;

        ret->object.title = arena_strdup(a, comment);
        ret->object.marker = ret->object.part = ret->owner = "";
        if (!s || !ret->object.title)
                return -ENOMEM;
        owner = take_owner(s);
        marker = find_marker(s, &parts);
        if (!marker)
                return 0;
        ret->object.marker = marker;
        ret->object.part = arena_strdup(a, parts.part);
        if (!ret->object.part)
                return -ENOMEM;
        ret->owner = owner;
        ret->object.title = marker == s ? "" : s;
        if (marker > s)
                marker[-1] = '\0';
        return 0;
}

/* ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* The url may or may not name the API already. */
static const char *api(const Target *t) {
        size_t n = strlen(t->url);

        return n >= strlen(API) && strcmp(t->url + n - strlen(API), API) == 0 ? "" : API;
}

static const char *const read_headers[] = { "Accept: application/json", NULL };
static const char *const write_headers[] = { "Accept: application/json", "Content-Type: application/json", NULL };

static void request_init(const Target *t, const char *method, Request *ret) {
        *ret = (Request) { .method = method, .headers = read_headers, .timeout = t->timeout };
        if (t->token)
                ret->secret = (Secret) { SECRET_HEADER, "Authorization", "Bearer " };
}

static const char *silence_path(const Target *t, const char *id, Arena *a) {
        const char *segment = percent_encode(id, a);

        return segment ? arena_printf(a, "%s/silence/%s", api(t), segment) : NULL;
}

static int am_query_request(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret) {
        const char *path = NULL;

        switch (q) {
        case QUERY_PROBE:
                path = arena_printf(a, "%s/status", api(t));
                break;
        case QUERY_CATALOGUE:
                return -ENOTSUP;
        case QUERY_LIST:
                path = arena_printf(a, "%s/silences", api(t));
                break;
        case QUERY_OBJECT:
                if (!remote_id_valid(remote_id))
                        return -EINVAL;
                path = silence_path(t, remote_id, a);
                break;
        }
        if (!path)
                return -ENOMEM;
        request_init(t, "GET", ret);
        ret->path = path;
        return 0;
}

/* A matcher as it is meant: isEqual is missing in answers of old servers, and there it is true. */
static int read_matchers(const json_t *list, Arena *a, const char **ret) {
        auto_(json_decref) json_t *clean = json_array();
        const json_t *m;
        size_t i;

        if (!clean)
                return -ENOMEM;
        if (!json_is_array(list))
                return -EBADMSG;
        json_array_foreach(list, i, m) {
                const char *name = json_text(m, "name"), *value = json_text(m, "value");

                if (!name || !value)
                        return -EBADMSG;
                if (json_array_append_new(clean, matcher_json(name, value, json_is_true(json_object_get(m, "isRegex")),
                                                              !json_is_false(json_object_get(m, "isEqual")))) < 0)
                        return -ENOMEM;
        }
        *ret = matchers_canonical(clean, a);
        return *ret ? 0 : -ENOMEM;
}

/* One that expired before it began never ran: ending a pending silence puts both its times to that moment. */
static int read_state(const json_t *o, usec_t start, usec_t end, State *ret) {
        const char *s = json_text(json_object_get(o, "status"), "state");

        if (text_equal(s, "pending"))
                *ret = STATE_SCHEDULED;
        else if (text_equal(s, "active"))
                *ret = STATE_IN_PROGRESS;
        else if (text_equal(s, "expired"))
                *ret = end <= start ? STATE_CANCELLED : STATE_COMPLETED;
        else
                return -EBADMSG;
        return 0;
}

/* Return: 0; -EBADMSG when anything that makes a silence is missing; -ENOMEM. */
static int silence_read(const json_t *o, Arena *a, Observed *ret) {
        const char *id = json_text(o, "id"), *comment = json_text(o, "comment");
        Observed x = { .object = { .body = "", .impact = "", .reminders = "" }, .version = "" };
        usec_t start, end;
        int r;

        if (!id || !remote_id_valid(id) || !comment || json_instant(json_object_get(o, "startsAt"), &start) < 0 ||
            json_instant(json_object_get(o, "endsAt"), &end) < 0)
                return -EBADMSG;
        r = read_state(o, start, end, &x.state);
        if (r >= 0)
                r = read_matchers(json_object_get(o, "matchers"), a, &x.object.extra);
        if (r >= 0)
                r = comment_parse(comment, a, &x);
        if (r < 0)
                return r;
        x.object.start = truncate_second(start);
        x.object.end = truncate_second(end);
        x.started = x.state == STATE_IN_PROGRESS || x.state == STATE_COMPLETED ? x.object.start : 0;
        x.ended = state_final(x.state) ? x.object.end : 0;
        x.remote_id = arena_strdup(a, id);
        if (!x.remote_id)
                return -ENOMEM;
        *ret = x;
        return 0;
}

static int probe_response(const json_t *j, Sink *sink, const char **ret_detail) {
        const char *version = json_text(json_object_get(j, "versionInfo"), "version");

        if (version)
                return sink->fact(sink, "version", version);
        *ret_detail = "the answer is not an Alertmanager's status; check the target's url";
        return -EBADMSG;
}

/* Expired silences stay in the listing for days; they are history. */
static int list_response(const json_t *list, Arena *a, Sink *sink, const char **ret_detail) {
        size_t i, understood = 0;
        const json_t *item;

        *ret_detail = "the answer is not a list of silences";
        if (!json_is_array(list))
                return -EBADMSG;
        json_array_foreach(list, i, item) {
                Observed o;
                int r = silence_read(item, a, &o);

                if (r == -EBADMSG)
                        continue;
                if (r >= 0 && !state_final(o.state))
                        r = sink->observed(sink, &o);
                if (r < 0)
                        return r;
                understood++;
        }
        if (understood == 0 && json_array_size(list) > 0)
                return -EBADMSG;
        *ret_detail = NULL;
        return 0;
}

static int object_response(const json_t *j, Arena *a, Sink *sink, const char **ret_detail) {
        Observed o;
        int r = silence_read(j, a, &o);

        if (r == -EBADMSG)
                *ret_detail = "the answer is not a silence";
        return r < 0 ? r : sink->observed(sink, &o);
}

static int am_query_response(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink,
                             const char **ret_cursor, const char **ret_detail) {
        auto_(json_decref) json_t *j = NULL;
        int e;

        *ret_cursor = *ret_detail = NULL;
        e = response_error(r, a, ret_detail);
        if (e < 0)
                return e;
        e = json_body(r, &j);
        if (e < 0) {
                *ret_detail = "the answer is not JSON; check the target's url";
                return e;
        }
        if (q == QUERY_PROBE)
                return probe_response(j, sink, ret_detail);
        return q == QUERY_LIST ? list_response(j, a, sink, ret_detail) : object_response(j, a, sink, ret_detail);
}

/* ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* The whole silence is sent. A time that is not meant to change is the one the server showed last: a start made late is not ours,
 * and an end that a person moved stays. */
static usec_t time_to_send(const Action *act, uint32_t field, usec_t want, usec_t shown) {
        return act->kind == ACTION_CREATE || act->fields & field || !shown || shown > USEC_LATEST ? want : shown;
}

static json_t *instant_json(usec_t t) {
        char buf[RFC3339_SIZE];

        return json_string(rfc3339_format(t, buf));
}

static int post_body(const Target *t, const Action *act, Arena *a, Request *ret) {
        const char *comment = comment_format(t, act->want, a);
        /* USEC_INFINITY: nobody has looked since the last write, and what was shown before that says nothing. */
        const Print shown = act->record && act->record->echo.start != USEC_INFINITY ? act->record->echo : (Print) { 0 };
        usec_t start = time_to_send(act, FIELD_START, act->want->start, shown.start);
        usec_t end = time_to_send(act, FIELD_END, act->want->end, shown.end);
        auto_(json_decref) json_t *j = NULL;
        json_t *matchers;

        if (!comment)
                return -ENOMEM;
        matchers = json_loads(text_or(act->want->extra, "[]"), 0, NULL);
        if (!matchers)
                return -EINVAL;
        j = json_pack("{s:o, s:o, s:o, s:s, s:s}", "matchers", matchers, "startsAt", instant_json(start), "endsAt",
                      instant_json(end), "createdBy", CREATED_BY, "comment", comment);
        if (!j || (act->kind == ACTION_UPDATE && json_object_set_new(j, "id", json_string(act->remote_id)) < 0))
                return -ENOMEM;
        ret->body = json_print(j, 0, a);
        if (!ret->body)
                return -ENOMEM;
        ret->n_body = strlen(ret->body);
        return 0;
}

static int am_action_request(const Target *t, const Action *act, Arena *a, Request *ret) {
        bool create = act->kind == ACTION_CREATE, update = act->kind == ACTION_UPDATE;

        if (!create && !update && act->kind != ACTION_COMPLETE && act->kind != ACTION_CANCEL)
                return -ENOTSUP;
        if ((create || update) && !act->want)
                return -EINVAL;
        if (!create && (!remote_id_valid(text_or(act->remote_id, "")) || (update && state_final(act->from))))
                return -EINVAL;
        request_init(t, create || update ? "POST" : "DELETE", ret);
        ret->path = create || update ? arena_printf(a, "%s/silences", api(t)) : silence_path(t, act->remote_id, a);
        if (!ret->path)
                return -ENOMEM;
        if (!create && !update)
                return 0;
        ret->headers = write_headers;
        return post_body(t, act, a, ret);
}

static int post_success(const Response *r, Arena *a, Outcome *o) {
        auto_(json_decref) json_t *j = NULL;
        const char *id = json_body(r, &j) == 0 ? json_text(j, "silenceID") : NULL;

        if (!id || !remote_id_valid(id)) {
                *o = (Outcome) { .verdict = VERDICT_UNKNOWN, .detail = "Alertmanager accepted the silence and its answer cannot be read" };
                return 0;
        }
        o->remote_id = arena_strdup(a, id);
        return o->remote_id ? 0 : -ENOMEM;
}

/* It has nothing to say to this; words that are not its own are those of a login page or of another server on the way. */
static void delete_success(const Response *r, Outcome *o) {
        auto_(json_decref) json_t *j = NULL;

        if (r->n_body > 0 && json_body(r, &j) < 0)
                *o = (Outcome) { .verdict = VERDICT_UNKNOWN, .detail = "the silence was said to be ended, but not in Alertmanager's words" };
}

/* 0.25 reports a missing silence as a 500, and one that has ended already in words alone. */
static void failure(const Action *act, Outcome *o) {
        if (act->kind == ACTION_CREATE)
                o->verdict = o->verdict == VERDICT_GONE ? VERDICT_REFUSED : o->verdict;
        else if (strstr(o->detail, "silence not found"))
                o->verdict = VERDICT_GONE;
        else if (act->kind != ACTION_UPDATE && strstr(o->detail, "already expired"))
                o->verdict = VERDICT_ALREADY;
}

static int am_action_response(const Target *t, const Action *act, const Response *r, Arena *a, Outcome *ret) {
        Outcome o;
        int e;

        e = response_outcome(r, a, &o);
        if (e < 0)
                return e;
        if (o.verdict != VERDICT_DONE)
                failure(act, &o);
        else if (act->kind == ACTION_CREATE || act->kind == ACTION_UPDATE)
                e = post_success(r, a, &o);
        else
                delete_success(r, &o);
        if (e < 0)
                return e;
        *ret = o;
        return 0;
}

const Driver driver_alertmanager = {
        .name = "alertmanager",
        .matchers = true,
        .capabilities = am_capabilities,
        .query_request = am_query_request,
        .query_response = am_query_response,
        .project = am_project,
        .unproject = am_unproject,
        .action_request = am_action_request,
        .action_response = am_action_response,
};
