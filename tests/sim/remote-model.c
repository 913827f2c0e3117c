/*
 * Models of remotes: the embedded page and Alertmanager, as far as their drivers can see
 */
#include "remote-model.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

RemoteModel *remote_model_new(ModelKind kind) {
        RemoteModel *m = calloc(1, sizeof(*m));

        assert(m);
        m->kind = kind;
        m->page_size = 3;
        m->objects = json_object();
        m->idempotency = json_object();
        m->services = json_array();
        m->next_id = 1;
        for (size_t n = 0; n < 4; n++) {
                static const char *const names[] = { "API", "Database", "Web", "Mail" };
                char id[16];

                (void) snprintf(id, sizeof(id), "svc_%zu", n + 1);
                json_array_append_new(m->services, json_pack("{s:s, s:s, s:s, s:i}", "id", id, "name", names[n], "status", "operational", "display_order", (int) n));
        }
        return m;
}

RemoteModel *remote_model_free(RemoteModel *m) {
        if (!m)
                return NULL;
        json_decref(m->objects);
        json_decref(m->services);
        json_decref(m->idempotency);
        free(m->mails);
        free(m);
        return NULL;
}

usec_t remote_model_time(const json_t *object, const char *key) {
        const char *s = json_string_value(json_object_get(object, key));
        usec_t t = 0;

        if (s)
                (void) rfc3339_parse(s, &t);
        return t;
}

static void set_time(json_t *object, const char *key, usec_t t) {
        char buf[RFC3339_SIZE];

        json_object_set_new(object, key, json_string(rfc3339_format(t, buf)));
}

void remote_model_set(json_t *object, const char *key, json_t *stolen) {
        json_object_set_new(object, key, stolen);
        json_object_set_new(object, "version", json_integer(json_integer_value(json_object_get(object, "version")) + 1));
}

#define OURS "maintd:maintd:" /* the instance that every world has */

static const char *marker_of(const RemoteModel *m, const json_t *o) {
        const char *comment = json_string_value(json_object_get(o, m->kind == MODEL_PAGE ? "external_id" : "comment"));
        const char *at = comment ? strstr(comment, "maintd:") : NULL;

        return at ? at : "";
}

static bool names(const RemoteModel *m, const json_t *o, const char *key) {
        const char *marker = marker_of(m, o), *name = text_starts(marker, OURS) ? marker + strlen(OURS) - 1 : NULL;
        size_t n = strlen(key);

        return name && strncmp(name + 1, key, n) == 0 && name[1 + n] == '#';
}

const char *remote_model_state(const RemoteModel *m, const json_t *o, usec_t now) {
        if (m->kind == MODEL_PAGE)
                return json_string_value(json_object_get(o, "status"));
        if (now >= remote_model_time(o, "endsAt"))
                return "completed";
        return now >= remote_model_time(o, "startsAt") ? "in_progress" : "scheduled";
}

static bool live(const RemoteModel *m, const json_t *o, usec_t now) {
        const char *s = remote_model_state(m, o, now);

        return strcmp(s, "scheduled") == 0 || strcmp(s, "in_progress") == 0;
}

size_t remote_model_live(const RemoteModel *m, const char *key, usec_t now) {
        const char *id;
        size_t n = 0;
        json_t *o;

        json_object_foreach(m->objects, id, o)
                n += names(m, o, key) && live(m, o, now);
        return n;
}

json_t *remote_model_any(RemoteModel *m, const char *key, const char *state) {
        json_t *o, *found = NULL;
        const char *id;

        json_object_foreach(m->objects, id, o)
                if (names(m, o, key) && (!state || strcmp(remote_model_state(m, o, 0), state) == 0))
                        found = o;
        return found;
}

json_t *remote_model_find(RemoteModel *m, const char *key) {
        json_t *o, *found = NULL;
        const char *id;

        json_object_foreach(m->objects, id, o)
                if (names(m, o, key) && (m->kind != MODEL_PAGE || live(m, o, 0)))
                        found = o;
        return found;
}

json_t *remote_model_enter(RemoteModel *m, const char *title, const char *start, const char *end) {
        char name[32];
        json_t *o;

        assert(m->kind == MODEL_PAGE);
        (void) snprintf(name, sizeof(name), "maint_%u", m->next_id++);
        o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:i, s:b}", "id", name, "status", "scheduled", "title", title, "scheduled_start", start,
                      "scheduled_end", end, "updates", "services", "version", 1, "auto_transition", 1);
        assert(o);
        json_object_set_new(m->objects, name, o);
        return o;
}

void remote_model_delete(RemoteModel *m, json_t *object) {
        const char *id = json_string_value(json_object_get(object, "id"));

        json_object_del(m->objects, id);
}

json_t *remote_model_backup(const RemoteModel *m) {
        return json_deep_copy(m->objects);
}

void remote_model_restore(RemoteModel *m, const json_t *backup) {
        json_decref(m->objects);
        m->objects = json_deep_copy(backup);
        json_object_clear(m->idempotency);
}

size_t remote_model_mails(const RemoteModel *m, const char *key, const char *event) {
        size_t n = 0;

        for (size_t k = 0; k < m->n_mails; k++) {
                const char *name = *m->mails[k].marker ? strchr(m->mails[k].marker + strlen("maintd:"), ':') : NULL;
                size_t len = strlen(key);

                if (name && strncmp(name + 1, key, len) == 0 && name[1 + len] == '#' && (!event || strcmp(m->mails[k].event, event) == 0))
                        n++;
        }
        return n;
}

/* ── answers ───────────────────────────────────────────────────────────────────────────────────────────────── */

static Response answer(Arena *a, unsigned status, json_t *stolen) {
        auto_(free) char *text = stolen ? json_dumps(stolen, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("");
        static const char *const headers[] = { "content-type", "application/json", NULL };
        Response r = { .status = status, .headers = headers };

        assert(text);
        r.n_body = strlen(text);
        r.body = arena_strdup(a, text);
        json_decref(stolen);
        return r;
}

static Response problem(Arena *a, unsigned status, const char *code, json_t *details) {
        return answer(a, status, json_pack("{s:s, s:s, s:o}", "error", code, "code", code, "details", details ? details : json_object()));
}

static const char *header(const Request *r, const char *name) {
        size_t n = strlen(name);

        for (const char *const *h = r->headers; h && *h; h++)
                if (strncasecmp(*h, name, n) == 0 && (*h)[n] == ':')
                        return *h + n + 1 + strspn(*h + n + 1, " ");
        return NULL;
}

static void mail(RemoteModel *m, const json_t *o, const char *event, usec_t now) {
        Mail *mails = reallocarray(m->mails, m->n_mails + 1, sizeof(*mails));

        assert(mails);
        m->mails = mails;
        m->mails[m->n_mails] = (Mail) { .at = now, .sent = m->sent };
        (void) snprintf(m->mails[m->n_mails].event, sizeof(mails->event), "%s", event);
        (void) snprintf(m->mails[m->n_mails].object, sizeof(mails->object), "%s", json_string_value(json_object_get(o, "id")));
        (void) snprintf(m->mails[m->n_mails].marker, sizeof(mails->marker), "%s", marker_of(m, o));
        m->n_mails++;
}

/* Of one window: an offset is due once for each start it belongs to. */
static void remind(RemoteModel *m, const json_t *o, usec_t now) {
        const json_t *list = json_object_get(o, "reminder_minutes"), *minutes;
        usec_t start = remote_model_time(o, "scheduled_start");
        size_t i, due = 0;

        if (start <= now || strcmp(remote_model_state(m, o, now), "scheduled") != 0)
                return;
        json_array_foreach(list, i, minutes) {
                usec_t t = start - (usec_t) json_integer_value(minutes) * USEC_PER_MINUTE;

                due += t > m->ticked && t <= now;
        }
        if (due)
                mail(m, o, "reminder", now);
}

void remote_model_tick(RemoteModel *m, usec_t now) {
        const char *id;
        json_t *o;

        if (m->kind == MODEL_PAGE)
                json_object_foreach(m->objects, id, o)
                        remind(m, o, now);
        m->ticked = MAX(m->ticked, now);
}

static bool flag(const json_t *o, const char *key) {
        const json_t *v = json_object_get(o, key);

        return !v || !json_is_false(v);
}

static void services_of(RemoteModel *m, json_t *o, const json_t *ids) {
        json_t *list = json_array(), *id, *s;
        size_t i, j;

        json_array_foreach(ids, i, id)
                json_array_foreach(m->services, j, s)
                        if (json_equal(id, json_object_get(s, "id")))
                                json_array_append_new(list, json_pack("{s:O, s:O}", "id", id, "name", json_object_get(s, "name")));
        json_object_set_new(o, "services", list);
}

static const char *const copied[] = {
        "title", "description", "scheduled_start", "scheduled_end", "impact", "notify_on_schedule", "notify_on_start", "notify_on_complete",
        "notify_on_cancel", "notify_on_update", "reminder_minutes", "auto_transition", "pause_monitors", "external_id", "owner",
};

static void copy_fields(RemoteModel *m, json_t *o, const json_t *body) {
        for (size_t n = 0; n < ARRAY_SIZE(copied); n++) {
                json_t *v = json_object_get(body, copied[n]);

                if (v)
                        json_object_set(o, copied[n], v);
        }
        if (json_object_get(body, "service_ids"))
                services_of(m, o, json_object_get(body, "service_ids"));
}

static void reach(json_t *o, const char *status, usec_t now) {
        json_object_set_new(o, "status", json_string(status));
        set_time(o, strcmp(status, "in_progress") == 0 ? "started_at" : strcmp(status, "completed") == 0 ? "completed_at" : "cancelled_at", now);
}

static void rewrite(json_t *o);

static Response page_create(RemoteModel *m, const Request *r, const json_t *body, usec_t now, Arena *a) {
        const char *key = m->forgets_keys ? NULL : header(r, "Idempotency-Key"), *status = json_string_value(json_object_get(body, "status")), *id;
        json_t *before = key ? json_object_get(m->idempotency, key) : NULL, *o;
        char name[32];

        if (before)
                return answer(a, 201, json_incref(before));
        json_object_foreach(m->objects, id, o)
                if (!m->forgets_keys && json_object_get(body, "external_id") && json_equal(json_object_get(o, "external_id"), json_object_get(body, "external_id")))
                        return problem(a, 409, "DUPLICATE_EXTERNAL_ID", json_pack("{s:s}", "id", id));
        if (remote_model_time(body, "scheduled_end") <= remote_model_time(body, "scheduled_start"))
                return problem(a, 400, "INVALID_SCHEMA", json_pack("{s:{s:[s]}}", "fieldErrors", "scheduled_end", "must be after scheduled_start"));
        (void) snprintf(name, sizeof(name), "maint_%u", m->next_id++);
        o = json_pack("{s:s, s:s, s:[], s:[], s:i, s:b}", "id", name, "status", "scheduled", "updates", "services", "version", 1, "auto_transition", 1);
        copy_fields(m, o, body);
        if (m->rewrites)
                rewrite(o);
        set_time(o, "created_at", now);
        json_object_set_new(m->objects, name, o);
        if (status && strcmp(status, "in_progress") == 0) {
                reach(o, "in_progress", now);
                if (flag(o, "notify_on_start"))
                        mail(m, o, "in_progress", now);
        } else if (flag(o, "notify_on_schedule") && remote_model_time(o, "scheduled_start") > now) {
                mail(m, o, "scheduled", now);
        }
        if (key)
                json_object_set_new(m->idempotency, key, json_deep_copy(o));
        return answer(a, 201, json_incref(o));
}

static bool may_move(const char *from, const char *to) {
        if (strcmp(from, "scheduled") == 0)
                return strcmp(to, "in_progress") == 0 || strcmp(to, "cancelled") == 0;
        return strcmp(from, "in_progress") == 0 && (strcmp(to, "completed") == 0 || strcmp(to, "cancelled") == 0);
}

/* One event a change: a message rides with it, and is one of its own only where there is no other. */
static void page_notify(RemoteModel *m, const json_t *o, const json_t *body, const json_t *before, const char *status, bool moved, usec_t now) {
        size_t told = m->n_mails;
        bool start = !json_equal(json_object_get(o, "scheduled_start"), json_object_get(before, "scheduled_start"));
        bool end = !json_equal(json_object_get(o, "scheduled_end"), json_object_get(before, "scheduled_end"));

        if (!flag(body, "notify"))
                return;
        if (moved) {
                const char *f = strcmp(status, "in_progress") == 0 ? "notify_on_start" : strcmp(status, "completed") == 0 ? "notify_on_complete" : "notify_on_cancel";

                if (flag(o, f))
                        mail(m, o, status, now);
        }
        if ((start || end) && flag(o, "notify_on_update"))
                mail(m, o, start ? "rescheduled" : "updated", now);
        if (json_object_get(body, "message") && told == m->n_mails)
                mail(m, o, "update", now);
}

/* A server that keeps what it is sent in its own way. */
static void rewrite(json_t *o) {
        static const char *const texts[] = { "title", "description" }, *const times[] = { "scheduled_start", "scheduled_end" };

        for (size_t n = 0; n < ARRAY_SIZE(texts); n++) {
                const char *s = json_string_value(json_object_get(o, texts[n]));

                if (s)
                        json_object_set_new(o, texts[n], json_sprintf("%.*s", (int) MIN(strcspn(s, "\n*"), (size_t) 12), s));
        }
        for (size_t n = 0; n < ARRAY_SIZE(times); n++)
                set_time(o, times[n], remote_model_time(o, times[n]) / USEC_PER_MINUTE * USEC_PER_MINUTE);
}

static Response page_patch(RemoteModel *m, const Request *r, json_t *o, const json_t *body, usec_t now, Arena *a) {
        const char *key = m->forgets_keys ? NULL : header(r, "Idempotency-Key"), *match = header(r, "If-Match"), *to = json_string_value(json_object_get(body, "status"));
        const char *from = json_string_value(json_object_get(o, "status"));
        json_t *before = key ? json_object_get(m->idempotency, key) : NULL;
        auto_(free) char *was = NULL, *is = NULL;
        bool moved = to && strcmp(to, from) != 0;
        json_t *old;

        if (before)
                return answer(a, 200, json_incref(before));
        if (match && (unsigned long long) json_integer_value(json_object_get(o, "version")) != strtoull(match + (*match == '"'), NULL, 10))
                return problem(a, 409, "VERSION_MISMATCH", NULL);
        if (moved && !may_move(from, to))
                return problem(a, 409, "INVALID_TRANSITION", NULL);
        if (json_object_get(body, "scheduled_start") && strcmp(from, "scheduled") != 0 &&
            !json_equal(json_object_get(body, "scheduled_start"), json_object_get(o, "scheduled_start")))
                return problem(a, 409, "INVALID_TRANSITION", NULL);
        old = json_deep_copy(o);
        was = json_dumps(o, JSON_SORT_KEYS);
        copy_fields(m, o, body);
        if (m->rewrites)
                rewrite(o);
        if (remote_model_time(o, "scheduled_end") <= remote_model_time(o, "scheduled_start")) {
                json_object_update(o, old);
                json_decref(old);
                return problem(a, 400, "INVALID_SCHEMA", json_pack("{s:{s:[s]}}", "fieldErrors", "scheduled_end", "must be later than the start"));
        }
        if (moved)
                reach(o, to, now);
        if (json_object_get(body, "message"))
                json_array_append_new(json_object_get(o, "updates"), json_pack("{s:O}", "message", json_object_get(body, "message")));
        page_notify(m, o, body, old, to, moved, now);
        json_decref(old);
        is = json_dumps(o, JSON_SORT_KEYS);
        if (strcmp(was, is) == 0)
                m->useless++;
        else
                json_object_set_new(o, "version", json_integer(json_integer_value(json_object_get(o, "version")) + 1));
        if (key)
                json_object_set_new(m->idempotency, key, json_deep_copy(o));
        return answer(a, 200, json_incref(o));
}

static Response page_list(RemoteModel *m, const char *query, Arena *a) {
        const char *s = strstr(query, "status="), *c = strstr(query, "cursor=");
        unsigned after = c ? (unsigned) strtoul(c + strlen("cursor="), NULL, 10) : 0, n = 0;
        json_t *list = json_array(), *o;
        char next[16] = "";
        const char *id;

        json_object_foreach(m->objects, id, o) {
                const char *status = json_string_value(json_object_get(o, "status"));
                unsigned k = (unsigned) strtoul(id + strlen("maint_"), NULL, 10);

                if (k <= after || (s && strncmp(s + strlen("status="), status, strlen(status)) != 0))
                        continue;
                if (n == m->page_size) {
                        (void) snprintf(next, sizeof(next), "%u", after);
                        break;
                }
                json_array_append(list, o);
                after = k;
                n++;
        }
        return answer(a, 200, json_pack("{s:o, s:o}", "maintenance", list, "next_cursor", *next ? json_string(next) : json_null()));
}

static Response serve_page(RemoteModel *m, const Request *r, const json_t *body, usec_t now, Arena *a) {
        const char *path = r->path;
        json_t *o;

        if (*path == '\0')
                return answer(a, 200, json_pack("{s:s, s:s, s:[]}", "product", "maintd-page", "version", "1", "capabilities"));
        if (text_starts(path, "/services"))
                return answer(a, 200, json_pack("{s:O, s:n}", "services", m->services, "next_cursor"));
        if (strcmp(path, "/maintenance") == 0 && strcmp(r->method, "POST") == 0)
                return page_create(m, r, body, now, a);
        if (text_starts(path, "/maintenance?"))
                return page_list(m, path, a);
        o = text_starts(path, "/maintenance/") ? json_object_get(m->objects, path + strlen("/maintenance/")) : NULL;
        if (!o)
                return problem(a, 404, "NOT_FOUND", NULL);
        if (strcmp(r->method, "PATCH") == 0)
                return page_patch(m, r, o, body, now, a);
        return answer(a, 200, json_incref(o));
}

/* ── Alertmanager ──────────────────────────────────────────────────────────────────────────────────────────── */

static json_t *silence(const RemoteModel *m, const json_t *o, usec_t now) {
        const char *s = remote_model_state(m, o, now);
        json_t *copy = json_deep_copy(o);

        json_object_set_new(copy, "status", json_pack("{s:s}", "state", strcmp(s, "scheduled") == 0 ? "pending" : strcmp(s, "in_progress") == 0 ? "active" : "expired"));
        return copy;
}

static Response silence_post(RemoteModel *m, const json_t *body, usec_t now, Arena *a) {
        const char *id = json_string_value(json_object_get(body, "id"));
        json_t *old = id ? json_object_get(m->objects, id) : NULL, *o;
        usec_t start = remote_model_time(body, "startsAt"), end = remote_model_time(body, "endsAt");
        char name[48];

        if (id && !old)
                return answer(a, 404, json_string("silence not found"));
        if (end <= now)
                return answer(a, 400, json_string("Failed to create silence: end time can't be in the past"));
        if (start >= end)
                return answer(a, 400, json_string("Failed to create silence: start time must be before end time"));
        if (old && live(m, old, now) && json_equal(json_object_get(old, "matchers"), json_object_get(body, "matchers")) &&
            (start == remote_model_time(old, "startsAt") || (start > now && remote_model_time(old, "startsAt") > now))) {
                o = json_deep_copy(old);
                json_object_update(old, (json_t *) body);
                m->useless += json_equal(o, old);
                json_decref(o);
                return answer(a, 200, json_pack("{s:s}", "silenceID", id));
        }
        if (old && live(m, old, now))
                set_time(old, "endsAt", now);
        (void) snprintf(name, sizeof(name), "00000000-0000-4000-8000-%012u", m->next_id++);
        o = json_deep_copy(body);
        json_object_set_new(o, "id", json_string(name));
        if (start < now)
                set_time(o, "startsAt", now / USEC_PER_MSEC * USEC_PER_MSEC);
        json_object_set_new(m->objects, name, o);
        return answer(a, 200, json_pack("{s:s}", "silenceID", name));
}

#define RETENTION (5 * USEC_PER_DAY) /* --data.retention */

static void forget_expired(RemoteModel *m, usec_t now) {
        const char *id;
        json_t *o;
        void *next;

        json_object_foreach_safe(m->objects, next, id, o)
                if (remote_model_time(o, "endsAt") + RETENTION < now)
                        json_object_del(m->objects, id);
}

static Response serve_alertmanager(RemoteModel *m, const Request *r, const json_t *body, usec_t now, Arena *a) {
        const char *at = strstr(r->path, "/silence/"), *id;
        json_t *o, *list;

        if (strcmp(r->method, "POST") == 0)
                return silence_post(m, body, now, a);
        if (at) {
                o = json_object_get(m->objects, at + strlen("/silence/"));
                if (!o)
                        return answer(a, 404, NULL);
                if (strcmp(r->method, "DELETE") != 0)
                        return answer(a, 200, silence(m, o, now));
                if (live(m, o, now))
                        set_time(o, "endsAt", now);
                if (remote_model_time(o, "startsAt") > now)
                        set_time(o, "startsAt", now);
                return answer(a, 200, NULL);
        }
        if (!strstr(r->path, "/silences"))
                return answer(a, 200, json_pack("{s:{s:s}}", "versionInfo", "version", "0.25.0"));
        forget_expired(m, now);
        list = json_array();
        json_object_foreach(m->objects, id, o)
                json_array_append_new(list, silence(m, o, now));
        return answer(a, 200, list);
}

/* Of a fixed minute, as the page counts. */
static bool over_limit(RemoteModel *m, usec_t now) {
        if (now >= m->minute + USEC_PER_MINUTE) {
                m->minute = now;
                m->in_minute = 0;
        }
        if (m->in_minute < m->writes_per_min) {
                m->in_minute++;
                return false;
        }
        m->refused++;
        return true;
}

static const char *const *limit_headers(const RemoteModel *m, Arena *a) {
        const char **h = arena_array(a, 7, sizeof(*h));

        h[0] = "x-ratelimit-limit";
        h[1] = arena_printf(a, "%u", m->writes_per_min);
        h[2] = "x-ratelimit-remaining";
        h[3] = arena_printf(a, "%u", m->writes_per_min - m->in_minute);
        h[4] = "x-ratelimit-reset";
        h[5] = arena_printf(a, "%llu", (unsigned long long) ((m->minute + USEC_PER_MINUTE) / USEC_PER_SEC + 1));
        return h;
}

static const char *const *retry_headers(const RemoteModel *m, Arena *a) {
        const char **h = arena_array(a, 3, sizeof(*h));

        h[0] = "retry-after";
        h[1] = arena_printf(a, "%u", m->retry_after);
        return h;
}

static bool one_object(const Request *r) {
        return strcmp(r->method, "GET") == 0 && (strstr(r->path, "/maintenance/") || strstr(r->path, "/silence/"));
}

Response remote_model_serve(RemoteModel *m, const Request *r, usec_t now, Arena *a) {
        bool write = strcmp(r->method, "GET") != 0;
        json_t *body = r->body ? json_loadb(r->body, r->n_body, 0, NULL) : NULL;
        Response resp;

        remote_model_tick(m, now);
        if (write)
                m->writes++;
        else
                m->reads++;
        if (m->deny && *r->path) {
                m->denied++;
                resp = problem(a, 401, "UNAUTHORIZED", NULL);
        } else if (write && m->writes_per_min && over_limit(m, now))
                resp = problem(a, 429, "RATE_LIMITED", NULL);
        else if (write && m->write_status)
                resp = problem(a, m->write_status, "TROUBLE", NULL);
        else if (m->object_status && one_object(r))
                resp = problem(a, m->object_status, "TROUBLE", NULL);
        else if (m->garbage > 0 && m->garbage--)
                resp = answer(a, 200, json_string("\x01 nonsense"));
        else if (write && m->limit > 0 && m->limit--)
                resp = problem(a, 429, "RATE_LIMITED", NULL);
        else if (write && m->refuse)
                resp = problem(a, m->refuse, "NO", NULL);
        else if (m->broken > 0 && m->broken--)
                resp = problem(a, 500, "INTERNAL", NULL);
        else
                resp = m->kind == MODEL_PAGE ? serve_page(m, r, body, now, a) : serve_alertmanager(m, r, body, now, a);
        json_decref(body);
        if (m->retry_after && (resp.status == 429 || resp.status >= 500))
                resp.headers = retry_headers(m, a);
        if (write && m->writes_per_min)
                resp.headers = limit_headers(m, a);
        return resp;
}
