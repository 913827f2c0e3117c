/*
 * Kodo, writing: the requests of actions, and what their answers say
 */
#include <string.h>

#include "base/text.h"
#include "target/kodo.h"

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

int kodo_action_request(const Target *t, const Action *act, Arena *a, Request *ret) {
        auto_(json_decref) json_t *j = json_object();
        bool create = act->kind == ACTION_CREATE;
        int r;

        if (act->kind > ACTION_MESSAGE)
                return -ENOTSUP;
        if ((create || act->kind == ACTION_UPDATE) && !act->want)
                return -EINVAL;
        if (!create && !remote_id_valid(text_or(act->remote_id, "")))
                return -EINVAL;
        kodo_request_init(t, create ? "POST" : "PATCH", ret);
        r = create ? create_body(t, act, j) : change_body(t, act, j);
        if (r < 0)
                return r;
        ret->body = json_print(j, 0, a);
        ret->path = create ? kodo_maintenance_path(t) : kodo_object_path(t, act->remote_id, a);
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

int kodo_action_response(const Target *t, const Action *act, const Response *r, Arena *a, Outcome *ret) {
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
