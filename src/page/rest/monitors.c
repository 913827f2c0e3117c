/*
 * /api/v1/uptime-monitors
 */
#include <inttypes.h>
#include <string.h>

#include "page/monitor/save.h"
#include "page/reply.h"
#include "page/rest/api.h"
#include "page/rest/input.h"
#include "page/rest/json.h"

/* What has been seen shall be seen here, too. */
static int monitors_current(Call *c) {
        return monitors_save(c->page->store, c->page->agenda, c->q->now.real);
}

static int reply_monitor(Response *a, unsigned status, const Monitor *m) {
        return reply_json(a, status, monitor_to_json(m));
}

static int list_item(Call *c, const void *row, json_t **ret, int64_t *ret_seq, size_t *ret_bytes) {
        const Monitor *m = row;

        *ret_seq = m->seq;
        *ret = monitor_to_json(m);
        return *ret ? 0 : -ENOMEM;
}

int monitor_list(Call *c, Response *a) {
        Monitor *rows = NULL;
        unsigned limit;
        int64_t after;
        size_t n = 0;
        int r = paging_take(c, a, &after, &limit);

        if (r <= 0)
                return r;
        (void) monitors_current(c);     /* on a disk that is full, they can still be read */
        r = store_monitor_list(c->page->store, c->q->arena, after, limit + 1, &rows, &n);
        return r < 0 ? r : reply_list(c, a, &(Listing) { "monitors", limit, rows, n, sizeof(*rows), list_item });
}

static int reply_with_history(Call *c, Response *a, const Monitor *m, TallySpan span) {
        TallyRow *rows = NULL;
        size_t n = 0;
        json_t *body;
        int r = store_tallies(c->page->store, c->q->arena, m->seq, span, &rows, &n);

        if (r < 0)
                return r;
        body = monitor_to_json(m);
        if (body && json_object_set_new(body, "history", tallies_to_json(rows, n)) < 0) {
                json_decref(body);
                body = NULL;
        }
        return reply_json(a, 200, body);
}

int monitor_get(Call *c, Response *a) {
        const char *history = request_query(c->q, "history");
        bool hours = history && strcmp(history, "hours") == 0;
        Monitor m;
        int r;

        if (history && !hours && strcmp(history, "days") != 0)
                return reply_field_error(a, "history", "Must be hours or days");
        (void) monitors_current(c);
        r = store_monitor_by_id(c->page->store, c->q->arena, c->id, &m);
        if (r == -ENOENT)
                return reply_not_found(a);
        if (r < 0)
                return r;
        return history ? reply_with_history(c, a, &m, hours ? TALLY_HOURS : TALLY_DAYS) : reply_monitor(a, 200, &m);
}

/* Return: 1 when nobody else has the name, 0 when answered, -errno. */
static int name_free(Call *c, Response *a, const MonitorDraft *d) {
        Monitor other;
        int r;

        if (!(d->set & MONITOR_NAME))
                return 1;
        r = store_monitor_by_name(c->page->store, c->q->arena, d->value.name, &other);
        if (r == -ENOENT || (r >= 0 && other.seq == d->value.seq))
                return 1;
        return r < 0 ? r : reply_error(a, 409, "DUPLICATE_NAME", json_pack("{s:s}", "id", other.id), "Another monitor has this name: see details.id");
}

static int room_for_monitor(Call *c, Response *a) {
        size_t n = 0;
        int r = store_monitor_count(c->page->store, &n);

        if (r < 0)
                return r;
        return n < PAGE_MONITORS_MAX ? 1 : reply_error(a, 409, "TOO_MANY_MONITORS", NULL, "This page has %u monitors, which is all it can hold", PAGE_MONITORS_MAX);
}

/* As name_free(). */
static int find_service(Call *c, Response *a, MonitorDraft *d) {
        int64_t *seqs = NULL;
        int r;

        if (!(d->set & MONITOR_SERVICE))
                return 1;
        d->value.service = 0;
        if (!d->value.service_id)
                return 1;
        r = services_resolve(c, a, "service_id", &d->value.service_id, 1, &seqs);
        if (r > 0)
                d->value.service = seqs[0];
        return r;
}

static int post_within(Call *c, Response *a, MonitorDraft *d) {
        Monitor m;
        int r = name_free(c, a, d);

        if (r > 0)
                r = room_for_monitor(c, a);
        if (r > 0)
                r = find_service(c, a, d);
        if (r <= 0)
                return r;
        m = d->value;
        m.created_at = m.updated_at = c->q->now.real;
        r = store_monitor_insert(c->page->store, c->q->arena, &m);
        return r < 0 ? r : reply_monitor(a, 201, &m);
}

/* What it showed was of another thing, or is not looked after any more. */
static void forget_seen(Monitor *m, const Monitor *before) {
        bool other = strcmp(m->url, before->url) != 0 || m->expected != before->expected;

        if (!other && m->enabled)
                return;
        m->state = m->last = MONITOR_UNKNOWN;
        if (!other)
                return;
        m->checked_at = m->latency = 0;
        m->problem = "";
}

static int patch_within(Call *c, Response *a, const Monitor *before, MonitorDraft *d) {
        int r = name_free(c, a, d);

        if (r > 0)
                r = find_service(c, a, d);
        if (r <= 0)
                return r;
        forget_seen(&d->value, before);
        d->value.updated_at = c->q->now.real;
        r = store_monitor_update(c->page->store, &d->value);
        if (r >= 0)     /* once more, for what it shows now */
                r = store_monitor_by_id(c->page->store, c->q->arena, before->id, &d->value);
        return r < 0 ? r : reply_monitor(a, 200, &d->value);
}

static int write_within(Call *c, Response *a) {
        json_t *errors = json_object();
        Monitor before;
        MonitorDraft d;
        int r = c->id ? store_monitor_by_id(c->page->store, c->q->arena, c->id, &before) : 0;

        if (r >= 0)
                r = monitor_read(c->q->arena, c->body, &c->page->site->monitors, c->id ? &before : NULL, &d, errors);
        if (r == -EINVAL)
                return reply_field_errors(a, errors);
        json_decref(errors);
        if (r == -ENOENT)
                return reply_not_found(a);
        return r < 0 ? r : c->id ? patch_within(c, a, &before, &d) : post_within(c, a, &d);
}

int monitor_write(Call *c, Response *a) {
        int r = monitors_current(c);

        if (r >= 0)
                r = store_begin(c->page->store);
        return r < 0 ? r : store_end(c->page->store, write_within(c, a));
}

static int delete_within(Call *c, Response *a) {
        Monitor m;
        int r = store_monitor_by_id(c->page->store, c->q->arena, c->id, &m);

        if (r >= 0)
                r = store_monitor_delete(c->page->store, m.seq, c->q->now.real);
        if (r == -ENOENT)
                return reply_not_found(a);
        a->status = r < 0 ? 0 : 204;
        return r;
}

int monitor_delete(Call *c, Response *a) {
        int r = store_begin(c->page->store);

        return r < 0 ? r : store_end(c->page->store, delete_within(c, a));
}
