/*
 * Subscribing and unsubscribing, for people: the form, the link that confirms, the link that leaves
 *
 * A GET changes nothing, for programs that look into mails follow every link; what changes something is a POST. There is no session
 * that a foreign page could borrow, so all that a forged form could do is have an address asked; a browser that says that the form came
 * from elsewhere is refused even that. Unsubscribing is open to mail programs (RFC 8058): whoever has the link may.
 *
 * Whether an address is subscribed cannot be found out: it is not looked up here.
 */
#include "page/subscribe/subscribe.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/form.h"
#include "page/show/subscribe.h"
#include "page/subscribe/visitor.h"
#include "page/subscribe/wish.h"
#include "page/whence.h"

#define SUBSCRIBE "/subscribe"
#define CONFIRM "/subscribe/confirm/"
#define LEAVE "/unsubscribe/"

typedef struct Visit {
        Page *page;
        Request *q;
        Response *a;
        View v;
} Visit;

static int message(Visit *x, unsigned status, Word title, Word text) {
        x->a->status = status;
        return show_message(&x->v, title, text);
}

/* Return: 1 to go on; 0 when refused; -errno. */
static int admit(Visit *x) {
        unsigned char peer[ADDRESS_BYTES], address[ADDRESS_BYTES];
        const char *forwarded = request_header_all(x->q, "X-Forwarded-For");
        bool local = request_peer(x->q, peer) != 0;
        usec_t wait;
        int r;

        if (request_from_elsewhere(x->q)) {
                r = message(x, 403, WORD_FOREIGN, WORD_FOREIGN_LONG);
                return r < 0 ? r : 0;
        }
        visitor_address(&x->page->site->notices.proxies, local ? NULL : peer, forwarded, address);
        if (visitors_take(x->page->visitors, address, x->q->now.boot, &wait))
                return 1;
        response_header(x->a, "Retry-After", arena_printf(x->q->arena, "%" PRIu64, wait / USEC_PER_SEC + 1));
        r = message(x, 429, WORD_TOO_OFTEN, WORD_TOO_OFTEN_LONG);
        return r < 0 ? r : 0;
}

/* The ids that were ticked; what is no id of ours is dropped later. -EINVAL: something was ticked, but none would mean all. */
static int ticked(const Form *f, const char *ret[static PAGE_WINDOW_SERVICES_MAX], size_t *ret_n) {
        bool any = false;
        size_t n = 0;

        for (size_t i = 0; i < f->n && n < PAGE_WINDOW_SERVICES_MAX; i++) {
                const char *id = f->fields[i].value;

                if (strcmp(f->fields[i].name, "service") != 0)
                        continue;
                any = true;
                if (*id && strlen(id) < ID_SIZE && !strpbrk(id, " \t\r\n"))
                        ret[n++] = id;
        }
        *ret_n = n;
        return any && n == 0 ? -EINVAL : 0;
}

static int show_form(Visit *x, unsigned status, const Refused *back) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_service_list(x->page->store, x->q->arena, &services, &n);

        x->a->status = status;
        x->a->forms = true;
        return r < 0 ? r : show_subscribe(&x->v, services, MIN(n, (size_t) PAGE_WINDOW_SERVICES_MAX), back);
}

/* With what it held, but for what cannot be read. */
static int refuse_form(Visit *x, Word why, const char *address, const Form *f) {
        const char *chosen[PAGE_WINDOW_SERVICES_MAX];
        Refused back = { .why = why, .address = address, .ticked = chosen };

        (void) ticked(f, chosen, &back.n_ticked);
        return show_form(x, 400, &back);
}

static int wish(Visit *x, const Form *f, const char *endpoint) {
        const char *services[PAGE_WINDOW_SERVICES_MAX];
        size_t n = 0;
        int r = ticked(f, services, &n);

        if (r >= 0)
                r = store_begin(x->page->store);
        return r < 0 ? r : store_end(x->page->store, wish_make(x->page->store, x->q->arena, WISH_BY_VISITOR, endpoint, services, n, x->q->now.real));
}

static int post_subscribe(Visit *x) {
        const char *wrong, *address, *endpoint;
        Form f;
        int r = x->q->too_large ? -E2BIG : form_parse(x->q->arena, x->q->body ? x->q->body : "", x->q->body_size, &f);

        if (r == -EINVAL || r == -E2BIG)
                return refuse_form(x, WORD_ADDRESS_WRONG, "", &(Form) { 0 });
        if (r >= 0)
                r = admit(x);
        if (r <= 0)
                return r;
        address = text_or(form_value(&f, "address"), "");
        endpoint = mailbox_take(x->q->arena, address + strspn(address, " "), &wrong);
        if (!endpoint)
                return refuse_form(x, WORD_ADDRESS_WRONG, utf8_length(address, strlen(address)) < PAGE_MAILBOX_MAX ? address : "", &f);
        r = wish(x, &f, endpoint);
        if (r == -EINVAL)
                return refuse_form(x, WORD_SERVICES_WRONG, endpoint, &f);
        if (r == -EUSERS) {
                response_header(x->a, "Retry-After", WISH_RETRY);
                return message(x, 503, WORD_TOO_OFTEN, WORD_TOO_OFTEN_LONG);
        }
        return r < 0 ? r : message(x, 200, WORD_ASKED, WORD_ASKED_LONG);
}

static int confirm(Visit *x, const char *token) {
        Store *s = x->page->store;
        Subscriber subscriber;
        Wish w;
        int r = wish_find(s, x->q->arena, token, x->q->now.real, &w);

        if (r == -ENOENT)
                return message(x, 404, WORD_EXPIRED, WORD_EXPIRED_LONG);
        if (r < 0)
                return r;
        if (x->q->method == METHOD_GET) {
                x->a->status = 200;
                x->a->forms = true;
                return show_question(&x->v, WORD_SUBSCRIBE, word_fill(x->q->arena, x->page->site->voice.language, WORD_CONFIRM_LONG, w.endpoint), WORD_MAIL_CONFIRM);
        }
        if (request_from_elsewhere(x->q))
                return message(x, 403, WORD_FOREIGN, WORD_FOREIGN_LONG);
        r = store_begin(s);
        if (r >= 0)
                r = store_end(s, wish_fulfil(s, x->q->arena, &w, x->q->now.real, &subscriber));
        if (r == -EUSERS)
                return message(x, 503, WORD_TOO_OFTEN, WORD_TOO_OFTEN_LONG);
        if (r == -ENOENT)
                return message(x, 404, WORD_EXPIRED, WORD_EXPIRED_LONG);
        if (r < 0)
                return r;
        log_plain(LOG_INFO, "%s is subscribed", subscriber.id);
        return message(x, 200, WORD_CONFIRMED, WORD_CONFIRMED_LONG);
}

/* One that is not known has been here before, and is what it wants to be: the answer is the same. */
static int leave(Visit *x, const char *token) {
        Subscriber subscriber;
        int r;

        if (x->q->method == METHOD_GET) {
                x->a->status = 200;
                x->a->forms = true;
                return show_question(&x->v, WORD_UNSUBSCRIBE, word(x->page->site->voice.language, WORD_UNSUBSCRIBE_LONG), WORD_UNSUBSCRIBE);
        }
        r = strlen(token) == LEAVE_CHARS ? store_subscriber_by_leave(x->page->store, x->q->arena, token, &subscriber) : -ENOENT;
        if (r >= 0)
                r = store_subscriber_delete(x->page->store, subscriber.seq);
        if (r >= 0)
                log_plain(LOG_INFO, "%s has unsubscribed", subscriber.id);
        return r < 0 && r != -ENOENT ? r : message(x, 200, WORD_UNSUBSCRIBED, WORD_UNSUBSCRIBED_LONG);
}

bool subscribe_knows(const Page *page, const char *path) {
        return text_starts(path, LEAVE) || (page->site->notices.mail_server && (strcmp(path, SUBSCRIBE) == 0 || text_starts(path, CONFIRM)));
}

static int visit(Visit *x) {
        const char *path = x->q->path;

        if (x->q->method != METHOD_GET && x->q->method != METHOD_POST) {
                response_header(x->a, "Allow", "GET, HEAD, POST");
                return message(x, 405, WORD_NOT_ALLOWED, WORD_NOT_ALLOWED_LONG);
        }
        if (text_starts(path, LEAVE))
                return leave(x, path + strlen(LEAVE));
        if (text_starts(path, CONFIRM))
                return confirm(x, path + strlen(CONFIRM));
        return x->q->method == METHOD_GET ? show_form(x, 200, NULL) : post_subscribe(x);
}

void subscribe_answer(Page *page, Request *q, Response *a) {
        static const char sorry[] = "This cannot be done at the moment.\n";
        Visit x = { .page = page, .q = q, .a = a, .v = { .arena = q->arena, .site = page->site, .assets = page->version, .now = q->now.real, .forms = true } };
        int r;

        a->type = "text/html; charset=utf-8";
        response_header(a, "Cache-Control", "no-store");
        x.v.f = open_memstream(&a->body, &a->size);
        r = x.v.f ? visit(&x) : -ENOMEM;
        if (x.v.f && fclose(x.v.f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0)
                return;
        log_plain(LOG_ERR, "cannot answer a subscriber: %s (%s)", strerror(-r), store_error(page->store));
        free(a->body);
        *a = (Response) { .status = 500, .type = "text/plain; charset=utf-8", .body = strdup(sorry) };
        a->size = a->body ? strlen(sorry) : 0;
}
