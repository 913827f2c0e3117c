/*
 * /api/v1/subscribers
 *
 * Whoever holds a key may name a webhook, which is told from then on, but not sign up other people's mailboxes: an address is asked first,
 * here as on the form, and stays pending until its owner has said yes.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/network.h"
#include "page/reply.h"
#include "page/rest/api.h"
#include "page/rest/input.h"
#include "page/rest/json.h"
#include "page/subscribe/wish.h"

static int subscriber_json(Call *c, const Subscriber *s, json_t **ret) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_subscriber_services(c->page->store, c->q->arena, s->seq, &services, &n);

        if (r < 0)
                return r;
        *ret = subscriber_to_json(s, services, n);
        return *ret ? 0 : -ENOMEM;
}

static int list_item(Call *c, const void *row, json_t **ret, int64_t *ret_seq, size_t *ret_bytes) {
        const Subscriber *s = row;

        *ret_seq = s->seq;
        return subscriber_json(c, s, ret);
}

int subscriber_list(Call *c, Response *a) {
        Subscriber *rows = NULL;
        unsigned limit;
        int64_t after;
        size_t n = 0;
        int r = paging_take(c, a, &after, &limit);

        if (r <= 0)
                return r;
        r = store_subscriber_list(c->page->store, c->q->arena, after, limit + 1, &rows, &n);
        return r < 0 ? r : reply_list(c, a, &(Listing) { "subscribers", limit, rows, n, sizeof(*rows), list_item });
}

int subscriber_get(Call *c, Response *a) {
        json_t *body = NULL;
        Subscriber s;
        int r = store_subscriber_by_id(c->page->store, c->q->arena, c->id, &s);

        if (r == -ENOENT)
                return reply_not_found(a);
        if (r >= 0)
                r = subscriber_json(c, &s, &body);
        return r < 0 ? r : reply_json(a, 200, body);
}

/* Names are looked at when they are connected to; an address that is written out can be refused at once. */
static bool host_private(Call *c, const char *url) {
        const char *host = webhook_host(c->q->arena, url);
        unsigned char address[ADDRESS_BYTES];

        return host && address_parse(host, address) >= 0 && !address_allowed(address, &c->page->site->notices.webhooks);
}

/* Return: 1 to go on, with @ret when this address is to be asked once more; 0 when answered, -errno. */
static int admit(Call *c, Response *a, const SubscriberDraft *d, Subscriber *ret) {
        Subscriber other;
        size_t n = 0;
        int r;

        if (d->kind == SUBSCRIBER_EMAIL && !c->page->site->notices.mail_server)
                return reply_error(a, 409, "MAIL_OFF", NULL, "This page sends no mail: set mail_server in its settings, see maintd-page(8)");
        if (d->kind == SUBSCRIBER_WEBHOOK && host_private(c, d->endpoint))
                return reply_field_error(a, "endpoint", "Must be a public address; webhook_networks in the page's settings allows others");
        r = store_subscriber_by_endpoint(c->page->store, c->q->arena, d->kind, d->endpoint, &other);
        if (r >= 0 && other.confirmed_at == 0) {
                *ret = other;
                return 1;
        }
        if (r >= 0)
                return reply_error(a, 409, "DUPLICATE_ENDPOINT", json_pack("{s:s}", "id", other.id), "This endpoint is subscribed: see details.id");
        if (r == -ENOENT)
                r = store_subscriber_count(c->page->store, &n);
        if (r < 0)
                return r;
        return n < PAGE_SUBSCRIBERS_MAX ? 1 : reply_error(a, 409, "TOO_MANY_SUBSCRIBERS", NULL, "This page has %u subscribers, which is all it can hold", PAGE_SUBSCRIBERS_MAX);
}

static int ask(Call *c, Response *a, const SubscriberDraft *d) {
        int r = wish_make(c->page->store, c->q->arena, WISH_BY_KEY, d->endpoint, d->service_ids, d->n_services, c->q->now.real);

        if (r != -EUSERS && r != -EDQUOT)
                return r < 0 ? r : 1;
        response_header(a, "Retry-After", WISH_RETRY);
        if (r == -EDQUOT)
                return reply_error(a, 429, "TOO_MANY_WISHES", NULL, "This address has been asked %u times within a day, which is enough: try again later", PAGE_WISHES_OWN_MAX);
        return reply_error(a, 429, "TOO_MANY_WISHES", NULL, "%u addresses have been asked within a day, which is enough: try again later", PAGE_WISHES_MAX);
}

static int reply_made(Call *c, Response *a, unsigned status, const Subscriber *s) {
        json_t *body = NULL;
        int r = subscriber_json(c, s, &body);

        if (r < 0)
                return r;
        if (s->secret && json_object_set_new(body, "secret", json_string(s->secret)) < 0)
                r = -ENOMEM;
        return reply_json(a, status, body) < 0 ? -ENOMEM : r;
}

static int insert(Call *c, Response *a, const SubscriberDraft *d) {
        usec_t now = c->q->now.real;
        bool hook = d->kind == SUBSCRIBER_WEBHOOK;
        char secret[HOOK_SECRET_SIZE] = "whsec_";
        Subscriber s = { .kind = d->kind, .endpoint = d->endpoint, .created_at = now, .confirmed_at = hook ? now : 0, .secret = hook ? secret : NULL };
        Subscriber pending = { 0 };
        int64_t *services = NULL;
        int r = services_resolve(c, a, "services", d->service_ids, d->n_services, &services);

        if (r > 0)
                r = admit(c, a, d, &pending);
        if (r > 0 && !hook)
                r = ask(c, a, d);
        if (r <= 0)
                return r;
        r = hook ? random_text(secret + strlen(secret), HOOK_SECRET_CHARS) : 0;
        if (pending.seq > 0)
                s = pending;
        else if (r >= 0)
                r = store_subscriber_insert(c->page->store, c->q->arena, &s, now);
        if (r >= 0)
                r = store_subscriber_services_set(c->page->store, s.seq, services, d->n_services);
        explicit_bzero(secret, sizeof(secret));
        return r < 0 ? r : reply_made(c, a, pending.seq > 0 ? 200 : 201, &s);
}

int subscriber_post(Call *c, Response *a) {
        bool plain = c->page->site->notices.webhooks.n > 0;
        json_t *errors = json_object();
        SubscriberDraft d;
        int r = subscriber_read(c->q->arena, c->body, plain, &d, errors);

        if (r == -EINVAL)
                return reply_field_errors(a, errors);
        json_decref(errors);
        if (r >= 0)
                r = store_begin(c->page->store);
        return r < 0 ? r : store_end(c->page->store, insert(c, a, &d));
}

int subscriber_delete(Call *c, Response *a) {
        Subscriber s;
        int r = store_subscriber_by_id(c->page->store, c->q->arena, c->id, &s);

        if (r >= 0)
                r = store_subscriber_delete(c->page->store, s.seq);
        if (r == -ENOENT)
                return reply_not_found(a);
        a->status = r < 0 ? 0 : 204;
        return r;
}
