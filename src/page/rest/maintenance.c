/*
 * /api/v1/maintenance
 *
 * A write is one transaction: the object, what subscribers are owed, and, when the client named its request with an
 * Idempotency-Key, the answer itself. So a repeated request finds either nothing done or everything, with the same answer.
 */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "page/apply.h"
#include "page/reply.h"
#include "page/rest/api.h"
#include "page/rest/input.h"
#include "page/rest/json.h"

/* With its services and updates; @ret_bytes (may be NULL): of its texts. */
static int maintenance_json(Store *s, Arena *a, const Maintenance *m, json_t **ret, size_t *ret_bytes) {
        Service *services = NULL;
        Update *updates = NULL;
        size_t n_services = 0, n_updates = 0;
        int r = store_window_services(s, a, m->seq, &services, &n_services);

        if (r >= 0)
                r = store_updates(s, a, m->seq, PAGE_UPDATES_MAX, &updates, &n_updates);
        if (r < 0)
                return r;
        if (ret_bytes) {
                *ret_bytes = strlen(m->title) + strlen(m->description);
                for (size_t i = 0; i < n_updates; i++)
                        *ret_bytes += strlen(updates[i].message);
        }
        *ret = maintenance_to_json(m, services, n_services, updates, n_updates);
        return *ret ? 0 : -ENOMEM;
}

static void version_header(const Request *q, Response *a, int64_t version) {
        response_header(a, "ETag", arena_printf(q->arena, "\"%" PRIi64 "\"", version));
}

static void list_instant(const Request *q, const char *name, usec_t *ret, FieldErrors *errors) {
        const char *text = request_query(q, name);

        if (text && rfc3339_parse(text, ret) < 0)
                field_error(errors, name, "Must be an RFC 3339 time with an offset, such as 2027-02-01T02:00:00Z (a + is %%2B in a query)");
}

static void list_read(const Request *q, ListQuery *ret, FieldErrors *errors) {
        const char *status = request_query(q, "status");

        *ret = (ListQuery) { .state = -1, .to = USEC_LATEST + USEC_PER_SEC };
        if (status && (ret->state = state_from_string(status)) < 0)
                field_error(errors, "status", "Must be scheduled, in_progress, completed or cancelled");
        paging_read(q, &ret->after, &ret->limit, errors);
        list_instant(q, "from", &ret->from, errors);
        list_instant(q, "to", &ret->to, errors);
}

static int list_item(Call *c, const void *row, json_t **ret, int64_t *ret_seq, size_t *ret_bytes) {
        const Maintenance *m = row;

        *ret_seq = m->seq;
        return maintenance_json(c->page->store, c->q->arena, m, ret, ret_bytes);
}

int maintenance_list(Call *c, Response *a) {
        json_t *errors = json_object();
        Maintenance *rows = NULL;
        ListQuery query;
        size_t n = 0;
        int r;

        list_read(c->q, &query, errors);
        if (json_object_size(errors) > 0)
                return reply_field_errors(a, errors);
        json_decref(errors);
        query.limit++;
        r = store_maintenance_list(c->page->store, c->q->arena, &query, &rows, &n);
        return r < 0 ? r : reply_list(c, a, &(Listing) { "maintenance", query.limit - 1, rows, n, sizeof(*rows), list_item });
}

static int reply_maintenance(Call *c, Response *a, unsigned status, const Maintenance *m) {
        json_t *body = NULL;
        int r = maintenance_json(c->page->store, c->q->arena, m, &body, NULL);

        if (r < 0)
                return r;
        return reply_json(a, status, body);
}

int maintenance_get(Call *c, Response *a) {
        Maintenance m;
        int r = store_maintenance_by_id(c->page->store, c->q->arena, c->id, &m);

        if (r == -ENOENT)
                return reply_not_found(a);
        if (r >= 0)
                r = reply_maintenance(c, a, 200, &m);
        if (r >= 0)
                version_header(c->q, a, m.version);
        return r;
}

/* What makes two requests the same: method, path and every byte of the body. */
static int request_digest(const Request *q, unsigned char ret[static SHA256_SIZE]) {
        size_t head = strlen(q->method_name) + strlen(q->path) + 2;
        char *text = arena_alloc(q->arena, head + q->body_size + 1);

        if (!text)
                return -ENOMEM;
        (void) snprintf(text, head + 1, "%s %s\n", q->method_name, q->path);
        memcpy(text + head, q->body, q->body_size);
        sha256(text, head + q->body_size, ret);
        return 0;
}

static int idempotency_key(Call *c, Response *a, const char **ret) {
        if (c->once && line_refused(c->q->arena, c->once, PAGE_IDEMPOTENCY_KEY_MAX))
                return reply_field_error(a, "Idempotency-Key", "Must be 1 to %u characters", PAGE_IDEMPOTENCY_KEY_MAX);
        *ret = c->once;
        return 1;
}

/* The answer as it was, with the version that it names; where it was too large to keep, the object as it is now. */
static int replay(Call *c, Response *a, const Answer *answer) {
        Maintenance m = { 0 };
        json_t *body = NULL;
        int r;

        if (answer->body) {
                body = json_loads(answer->body, 0, NULL);
                m.version = json_integer_value(json_object_get(body, "version"));
                r = body ? reply_json(a, answer->status, body) : -EUCLEAN;
        } else {
                r = store_maintenance_by_id(c->page->store, c->q->arena, answer->resource, &m);
                if (r >= 0)
                        r = reply_maintenance(c, a, answer->status, &m);
        }
        if (r < 0)
                return r;
        version_header(c->q, a, m.version);
        response_header(a, "Idempotency-Replayed", "true");
        return 0;
}

/* Return: 1 when the request is new, 0 when it has been answered (once more, or as a misuse of its key), -errno. */
static int answered_before(Call *c, Response *a, const char *name, unsigned char digest[static SHA256_SIZE]) {
        Answer answer;
        int r = request_digest(c->q, digest);

        if (r >= 0)
                r = store_answer_get(c->page->store, c->q->arena, c->key.seq, name, usec_sub(c->q->now.real, ANSWERS_KEPT), &answer);
        if (r < 0)
                return r == -ENOENT ? 1 : r;
        if (memcmp(answer.request, digest, SHA256_SIZE) != 0)
                return reply_error(a, 409, "IDEMPOTENCY_KEY_REUSED", NULL,
                                   "This Idempotency-Key came with another request within 24 hours; use a new one for a new request");
        return replay(c, a, &answer);
}

/* Within the transaction of the change, so that both are there or neither. */
static int keep_answer(Call *c, const Response *a, const char *name, const unsigned char digest[static SHA256_SIZE], const char *resource) {
        Answer answer = { .status = a->status, .body = a->size <= PAGE_ANSWER_BYTES_MAX ? a->body : NULL, .resource = resource };

        memcpy(answer.request, digest, SHA256_SIZE);
        return store_answer_put(c->page->store, c->key.seq, name, &answer, c->q->now.real);
}

static int reply_duplicate(Call *c, Response *a, const char *external_id) {
        Maintenance other;
        int r = store_maintenance_by_external_id(c->page->store, c->q->arena, external_id, &other);

        if (r < 0)
                return r;
        return reply_error(a, 409, "DUPLICATE_EXTERNAL_ID", json_pack("{s:s}", "id", other.id),
                           "Another maintenance has this external_id: see details.id");
}

/* Is it somebody else's? Asked beforehand, because a failed statement would have to undo the change. */
static int external_id_taken(Call *c, Response *a, const Draft *d, int64_t self) {
        Maintenance other;
        int r;

        if (!(d->set & FIELD_EXTERNAL_ID) || !d->value.external_id)
                return 1;
        r = store_maintenance_by_external_id(c->page->store, c->q->arena, d->value.external_id, &other);
        if (r == -ENOENT || (r >= 0 && other.seq == self))
                return 1;
        return r < 0 ? r : reply_duplicate(c, a, d->value.external_id);
}

/* Return: 1 when done, 0 when refused and answered, -errno. */
static int post_within(Call *c, Response *a, const Draft *d, Change *change) {
        int64_t *services = NULL;
        int r = external_id_taken(c, a, d, 0);

        if (r > 0)
                r = services_resolve(c, a, "service_ids", d->service_ids, d->n_services, &services);
        if (r <= 0)
                return r;
        change_create(d, c->q->now.real, change);
        r = apply_change(c->page->store, c->q->arena, NULL, change, services, d->n_services, c->q->now.real);
        if (r >= 0)
                r = reply_maintenance(c, a, 201, &change->after);
        return r < 0 ? r : 1;
}

static const Update *last_update(Call *c, const Maintenance *m, Update *buf, int *reterr) {
        int r = store_update_last(c->page->store, c->q->arena, m->seq, buf);

        if (r < 0 && r != -ENOENT)
                *reterr = r;
        return r < 0 ? NULL : buf;
}

static bool same_services(const Service *stored, size_t n_stored, const int64_t *wanted, size_t n) {
        for (size_t i = 0; i < n_stored; i++) {
                bool found = false;

                for (size_t k = 0; k < n && !found; k++)
                        found = stored[i].seq == wanted[k];
                if (!found)
                        return false;
        }
        return n == n_stored;
}

static int read_before(Call *c, const Maintenance *m, const Draft *d, const int64_t *wanted, Update *update, Before *ret) {
        Service *services = NULL;
        size_t n = 0;
        int r = 0;

        *ret = (Before) { .m = m };
        if (d->message) {
                ret->last = last_update(c, m, update, &r);
                if (r >= 0)
                        r = store_update_count(c->page->store, m->seq, &ret->n_updates);
        }
        if (r >= 0 && d->set & FIELD_SERVICES) {
                r = store_window_services(c->page->store, c->q->arena, m->seq, &services, &n);
                ret->same_services = r >= 0 && same_services(services, n, wanted, d->n_services);
        }
        return r;
}

static int reply_refused(Response *a, const Refusal *refusal) {
        json_t *details = NULL, *errors;

        if (refusal->field) {
                errors = json_object();
                field_error(errors, refusal->field, "%s", refusal->error);
                details = json_pack("{s:o}", "fieldErrors", errors);
        }
        return reply_error(a, 409, refusal->code, details, "%s", refusal->error);
}

/* If-Match: "7", or * for any. Return: 1 when it holds. */
static int version_matches(Call *c, Response *a, const Maintenance *m) {
        const char *match = c->match, *digits = match;
        char *end = NULL;

        if (!match || strcmp(match, "*") == 0)
                return 1;
        digits += *digits == '"';
        if (*digits >= '0' && *digits <= '9' && strtoll(digits, &end, 10) == m->version && strcmp(end, digits > match ? "\"" : "") == 0)
                return 1;
        return reply_error(a, 409, "VERSION_MISMATCH", json_pack("{s:I}", "version", (json_int_t) m->version),
                           "This maintenance has changed since: read it again, its version is now %" PRIi64, m->version);
}

/* As post_within(). */
static int patch_within(Call *c, Response *a, const Maintenance *m, const Draft *d, Change *change) {
        int64_t *services = NULL;
        Refusal refusal;
        Before before;
        Update update;
        int r = external_id_taken(c, a, d, m->seq);

        if (r > 0)
                r = services_resolve(c, a, "service_ids", d->service_ids, d->n_services, &services);
        if (r <= 0)
                return r;
        r = read_before(c, m, d, services, &update, &before);
        if (r < 0)
                return r;
        if (change_patch(&before, d, c->q->now.real, change, &refusal) < 0)
                return reply_refused(a, &refusal);
        if (change->changed)
                r = apply_change(c->page->store, c->q->arena, m, change, services, d->n_services, c->q->now.real);
        if (r >= 0)
                r = reply_maintenance(c, a, 200, &change->after);
        return r < 0 ? r : 1;
}

/* Reads and checks the fields, then makes the change. */
static int write_within(Call *c, Response *a, Change *change) {
        json_t *errors = json_object();
        Maintenance m;
        Draft d;
        int r = c->id ? store_maintenance_by_id(c->page->store, c->q->arena, c->id, &m) : 0;

        if (r == -ENOENT)
                r = reply_not_found(a);
        else if (r >= 0 && (r = c->id ? version_matches(c, a, &m) : 1) > 0) {
                r = maintenance_read(c->q->arena, c->body, c->id ? &m : NULL, &d, errors);
                if (r == -EINVAL)
                        return reply_field_errors(a, errors);
                if (r >= 0)
                        r = c->id ? patch_within(c, a, &m, &d, change) : post_within(c, a, &d, change);
        }
        json_decref(errors);
        return r;
}

static int write_transaction(Call *c, Response *a, Change *change, const char *name, const unsigned char digest[static SHA256_SIZE]) {
        int r = store_begin(c->page->store), done;

        if (r < 0)
                return r;
        done = write_within(c, a, change);
        if (done > 0 && name)
                r = keep_answer(c, a, name, digest, change->after.id);
        return store_end(c->page->store, r < 0 ? r : done);
}

int maintenance_write(Call *c, Response *a) {
        unsigned char digest[SHA256_SIZE];
        const char *name = NULL;
        Change change = { 0 };
        int r = idempotency_key(c, a, &name);

        if (r > 0 && name)
                r = answered_before(c, a, name, digest);
        if (r > 0)
                r = write_transaction(c, a, &change, name, digest);
        if (r <= 0)
                return r;
        version_header(c->q, a, change.after.version);  /* now that it is stored */
        page_clock_note(c->page, maintenance_next_due(&change.after));
        if (change.after.n_reminders > 0) {
                Reminder reminders[PAGE_REMINDERS_MAX];
                size_t n = maintenance_reminders(&change.after, c->q->now.real, reminders);

                for (size_t i = 0; i < n; i++)
                        page_clock_note(c->page, reminders[i].due);
        }
        return 0;
}

