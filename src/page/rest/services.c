/*
 * /api/v1/services
 */
#include "base/limits.h"
#include "base/text.h"
#include "page/reply.h"
#include "page/rest/api.h"
#include "page/rest/input.h"
#include "page/rest/json.h"

static int reply_service(Response *a, unsigned status, const Service *service) {
        return reply_json(a, status, service_to_json(service));
}

int services_resolve(Call *c, Response *a, const char *field, const char *const *ids, size_t n, int64_t **ret) {
        int64_t *seqs = arena_array(c->q->arena, n + 1, sizeof(*seqs));
        json_t *errors = NULL;

        if (!seqs)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                Service service;
                int r = store_service_by_id(c->page->store, c->q->arena, ids[i], &service);

                if (r == -ENOENT) {
                        auto_(free) char *shown = text_printable(ids[i], 60);

                        errors = errors ? errors : json_object();
                        field_error(errors, field, "There is no service '%s': GET " API_BASE "/services lists them", shown ? shown : "");
                        continue;
                }
                if (r < 0) {
                        json_decref(errors);
                        return r;
                }
                seqs[i] = service.seq;
        }
        if (errors)
                return reply_field_errors(a, errors);
        *ret = seqs;
        return 1;
}

int service_list(Call *c, Response *a) {
        Service *services = NULL;
        json_t *list;
        size_t n = 0;
        int r = store_service_list(c->page->store, c->q->arena, &services, &n);

        if (r < 0)
                return r;
        list = json_array();
        for (size_t i = 0; i < n; i++)
                if (json_array_append_new(list, service_to_json(&services[i])) < 0) {
                        json_decref(list);
                        return -ENOMEM;
                }
        return reply_json(a, 200, json_pack("{s:o, s:n}", "services", list, "next_cursor"));
}

int service_get(Call *c, Response *a) {
        Service service;
        int r = store_service_by_id(c->page->store, c->q->arena, c->id, &service);

        if (r == -ENOENT)
                return reply_not_found(a);
        return r < 0 ? r : reply_service(a, 200, &service);
}

/* Return: 1 when the name is free or our own, 0 when answered, -errno. */
static int name_free(Call *c, Response *a, const ServiceDraft *d, int64_t self) {
        Service other;
        int r;

        if (!(d->set & SERVICE_NAME))
                return 1;
        r = store_service_by_name(c->page->store, c->q->arena, d->value.name, &other);
        if (r == -ENOENT || (r >= 0 && other.seq == self))
                return 1;
        return r < 0 ? r : reply_error(a, 409, "DUPLICATE_NAME", json_pack("{s:s}", "id", other.id), "Another service has this name");
}

static int room_for_service(Call *c, Response *a) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_service_list(c->page->store, c->q->arena, &services, &n);

        if (r < 0)
                return r;
        return n < PAGE_SERVICES_MAX ? 1 : reply_error(a, 409, "TOO_MANY_SERVICES", NULL, "This page has %u services, which is all it can hold", PAGE_SERVICES_MAX);
}

static int post_service(Call *c, Response *a, const ServiceDraft *d) {
        Service service = d->value;
        int r = name_free(c, a, d, 0);

        if (r > 0)
                r = room_for_service(c, a);
        if (r <= 0)
                return r;
        service.created_at = service.updated_at = c->q->now.real;
        service.shown = service.manual;
        r = store_service_insert(c->page->store, c->q->arena, &service);
        return r < 0 ? r : reply_service(a, 201, &service);
}

static int patch_service(Call *c, Response *a, const ServiceDraft *d) {
        Service service;
        int r = store_service_by_id(c->page->store, c->q->arena, c->id, &service);

        if (r == -ENOENT)
                return reply_not_found(a);
        if (r >= 0)
                r = name_free(c, a, d, service.seq);
        if (r <= 0)
                return r;
        if (d->set & SERVICE_NAME)
                service.name = d->value.name;
        if (d->set & SERVICE_DESCRIPTION)
                service.description = d->value.description;
        if (d->set & SERVICE_GROUP)
                service.group = d->value.group;
        if (d->set & SERVICE_STATUS)
                service.manual = d->value.manual;
        if (d->set & SERVICE_ORDER)
                service.display_order = d->value.display_order;
        service.updated_at = c->q->now.real;
        r = store_service_update(c->page->store, &service);
        if (r >= 0)     /* once more, for what it shows now */
                r = store_service_by_id(c->page->store, c->q->arena, c->id, &service);
        return r < 0 ? r : reply_service(a, 200, &service);
}

static int service_write(Call *c, Response *a, int (*write)(Call *c, Response *a, const ServiceDraft *d)) {
        json_t *errors = json_object();
        ServiceDraft d;
        int r = service_read(c->q->arena, c->body, !c->id, &d, errors);

        if (r == -EINVAL)
                return reply_field_errors(a, errors);
        json_decref(errors);
        if (r >= 0)
                r = store_begin(c->page->store);
        return r < 0 ? r : store_end(c->page->store, write(c, a, &d));
}

int service_post(Call *c, Response *a) {
        return service_write(c, a, post_service);
}

int service_patch(Call *c, Response *a) {
        return service_write(c, a, patch_service);
}

static int delete_service(Call *c, Response *a) {
        Service service;
        int r = store_service_by_id(c->page->store, c->q->arena, c->id, &service);

        if (r >= 0)
                r = store_service_delete(c->page->store, service.seq, c->q->now.real);
        if (r == -ENOENT)
                return reply_not_found(a);
        if (r == -EBUSY)
                return reply_error(a, 409, "SERVICE_IN_USE", NULL, "A scheduled or running maintenance names this service");
        a->status = r < 0 ? 0 : 204;
        return r;
}

int service_delete(Call *c, Response *a) {
        int r = store_begin(c->page->store);

        return r < 0 ? r : store_end(c->page->store, delete_service(c, a));
}
