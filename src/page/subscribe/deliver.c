/*
 * Delivery: what is owed goes out
 *
 * Mails and webhooks each have a lane with so many places. A mail server that cannot be reached closes its lane for a while, and its mails
 * wait without counting that as a failure of theirs; a webhook stands for itself.
 */
#include "page/subscribe/deliver.h"

#include <inttypes.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "page/show/read.h"
#include "page/subscribe/notice.h"
#include "page/subscribe/wire.h"
#include "page/subscribe/wish.h"

#define AT_ONCE 4u                      /* of each kind */
#define PAUSE_MAX USEC_PER_HOUR
#define TURN_AGAIN (10 * USEC_PER_SEC)  /* after the store has failed */
#define PRUNE_EVERY USEC_PER_HOUR
#define PRUNE_AT_ONCE 1000u             /* messages, so that a large heap of them holds up nobody */
#define OUTBOX_KEPT (30 * USEC_PER_DAY)
#define PENDING_KEPT (7 * USEC_PER_DAY)
#define PASSWORD "smtp-password"

typedef struct Task {
        struct Deliver *deliver;
        bool busy;
        SubscriberKind kind;
        int64_t subscriber, event;      /* 0, 0: it is a wish */
        int64_t wish;
        unsigned failures;
        usec_t created_at;
        char name[ID_SIZE];             /* for the journal: whom it goes to */
} Task;

typedef struct Lane {
        Task tasks[AT_ONCE];
        unsigned failures;              /* of the server, in a row */
        Outage *outage;                 /* closed until then; of the page, or … */
        Outage own;                     /* … this one, which nobody sees */
} Lane;

struct Deliver {
        Page *page;                     /* borrowed */
        Wire *wire;                     /* owned */
        char *password;                 /* owned; NULL: none */
        char *hello;                    /* owned */
        sd_event_source *timer, *post;  /* owned */
        Lane lanes[SUBSCRIBER_KINDS];
        usec_t pruned;                  /* CLOCK_BOOTTIME */
        bool stirred;                   /* something has ended: there may be a place */
};

static const Notices *notices(const Deliver *d) {
        return &d->page->site->notices;
}

/* notice_retry, and twice as long after each failure, up to an hour. */
static usec_t pause_after(const Deliver *d, unsigned failures) {
        usec_t pause = notices(d)->retry;

        for (unsigned i = 0; i < failures && pause < PAUSE_MAX; i++)
                pause *= 2;
        return MIN(pause, PAUSE_MAX);
}

static bool too_old(const Deliver *d, usec_t created_at, usec_t now) {
        return now > usec_add(created_at, notices(d)->give_up);
}

static void store_failed(const Deliver *d, const char *what, int r) {
        log_plain(LOG_ERR, "cannot %s: %s (%s)", what, strerror(-r), store_error(d->page->store));
}

/* --- what became of it --- */

static int task_over(Deliver *d, const Task *t, usec_t now) {
        Store *s = d->page->store;
        int r = t->wish > 0 ? store_wish_sent(s, t->wish) : store_begin(s);

        if (t->wish > 0 || r < 0)
                return r;
        r = store_delivery_done(s, t->subscriber, t->event, now);
        return store_end(s, r == -ENOENT ? 0 : r); /* it has unsubscribed meanwhile */
}

static int task_give_up(Deliver *d, const Task *t, const char *why, usec_t now) {
        int r = task_over(d, t, now);

        if (r < 0)
                store_failed(d, "mark a message as given up", r);
        else if (t->wish > 0)
                log_plain(LOG_WARNING, "the question to a new subscriber was given up: %s", why);
        else
                log_plain(LOG_WARNING, "message %" PRIi64 " to %s was given up: %s", t->event, t->name, why);
        return r;
}

static int task_later(Deliver *d, const Task *t, usec_t due, unsigned failures, const char *why) {
        Store *s = d->page->store;

        return t->wish > 0 ? store_wish_later(s, t->wish, due, failures, why) : store_delivery_later(s, t->subscriber, due, failures, why);
}

static void lane_close(Deliver *d, Lane *lane, const char *why, usec_t now) {
        char span[SPAN_SIZE];
        usec_t pause = pause_after(d, lane->failures);

        if (lane->outage->until > now)
                return; /* another one that was under way has said so */
        lane->failures++;
        lane->outage->until = now + pause;
        (void) snprintf(lane->outage->why, OUTAGE_CHARS, "%s", why);
        log_plain(LOG_WARNING, "mail cannot be sent, trying again in %s: %s", span_format(pause, true, span), why);
}

static int task_retry(Deliver *d, const Task *t, const char *why, usec_t now) {
        usec_t pause = pause_after(d, t->failures);
        char span[SPAN_SIZE];
        int r = task_later(d, t, now + pause, t->failures + 1, why);

        if (r < 0)
                store_failed(d, "put a message off", r);
        else if (t->wish > 0)
                log_plain(LOG_INFO, "the question to a new subscriber was not taken, trying again in %s: %s", span_format(pause, true, span), why);
        else
                log_plain(LOG_INFO, "message %" PRIi64 " to %s was not taken, trying again in %s: %s", t->event, t->name, span_format(pause, true, span), why);
        return r;
}

static void on_done(void *userdata, WireResult result, const char *why) {
        Task *t = userdata;
        Deliver *d = t->deliver;
        Lane *lane = &d->lanes[t->kind];
        usec_t now = now_read().real;
        int r = 0;

        t->busy = false;
        d->stirred = true;
        if (result != WIRE_DOWN && result != WIRE_SLOW) {
                lane->failures = 0;
                *lane->outage = (Outage) { 0 };
        }
        switch (result) {
        case WIRE_TAKEN:
                r = task_over(d, t, now);
                if (r < 0)
                        store_failed(d, "mark a message as sent", r);
                break;
        case WIRE_LATER:
                r = task_retry(d, t, why, now);
                break;
        case WIRE_NEVER:
                r = task_give_up(d, t, why, now);
                break;
        case WIRE_SLOW: /* put off, so that another one goes ahead next time */
                r = task_retry(d, t, why, now);
                lane_close(d, lane, why, now);
                break;
        case WIRE_DOWN:
                lane_close(d, lane, why, now);
                break;
        }
        /* It would go out again at once; at least slowly, then. */
        if (r < 0 && lane->outage->until < now + TURN_AGAIN)
                lane->outage->until = now + TURN_AGAIN;         /* the mail server may be away, too: why stays */
}

/* --- what is to be done --- */

/* A free place while fewer than @most are taken, or NULL. After the server was down, one goes ahead of the others. */
static Task *lane_place(Lane *lane, size_t most) {
        Task *place = NULL;
        size_t busy = 0;

        for (size_t i = 0; i < AT_ONCE; i++)
                if (lane->tasks[i].busy)
                        busy++;
                else
                        place = &lane->tasks[i];
        return busy < (lane->failures > 0 ? 1 : most) ? place : NULL;
}

static bool lane_has(const Lane *lane, int64_t subscriber) {
        for (size_t i = 0; i < AT_ONCE; i++)
                if (lane->tasks[i].busy && lane->tasks[i].subscriber == subscriber)
                        return true;
        return false;
}

static int task_send(Deliver *d, Task *t, const char *to, char *body, size_t size, const char *signature) {
        Parcel p = { .notices = notices(d), .password = d->password, .hello = d->hello, .to = to, .mail = t->kind == SUBSCRIBER_EMAIL, .signature = signature,
                     .body = body, .size = size };
        int r = wire_send(d->wire, &p, on_done, t);

        if (r >= 0)
                t->busy = true;
        return r;
}

/* Return: 1 to go on with @t; 0 when it is not to be sent; -errno. */
static int task_admit(Deliver *d, const Task *t, usec_t now) {
        if (too_old(d, t->created_at, now)) {
                int r = task_give_up(d, t, "it is too old by now", now);

                return MIN(r, 0);
        }
        if (t->kind == SUBSCRIBER_EMAIL && !notices(d)->mail_server)
                return task_later(d, t, usec_add(t->created_at, notices(d)->give_up) + 1, 0, "there is no mail_server");
        return 1;
}

static int delivery_write(const Deliver *d, Arena *a, const Delivery *v, FILE *f) {
        Notice n = { .site = d->page->site, .arena = a, .to = &v->to, .event = v->event, .kind = v->kind, .text = v->text, .message = v->message, .at = v->created_at };
        Occasion o;
        bool mail = v->to.kind == SUBSCRIBER_EMAIL;
        int r = read_occasion_by_seq(d->page, a, v->maintenance, mail ? &depth_services : &depth_told, &o);

        n.about = &o;
        if (r < 0)
                return r;
        return mail ? notice_mail(f, &n) : notice_json(f, &n);
}

static int delivery_start(Deliver *d, Arena *a, Task *t, const Delivery *v, usec_t now) {
        char signature[SIGNATURE_SIZE] = "", *body = NULL;
        size_t size = 0;
        FILE *f;
        int r;

        *t = (Task) { .deliver = d, .kind = v->to.kind, .subscriber = v->to.seq, .event = v->event, .failures = v->failures, .created_at = v->created_at };
        (void) snprintf(t->name, sizeof(t->name), "%s", v->to.id);
        r = task_admit(d, t, now);
        if (r <= 0)
                return r;
        f = open_memstream(&body, &size);
        r = f ? delivery_write(d, a, v, f) : -ENOMEM;
        if (f && fclose(f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0) {
                free(body);
                return r;
        }
        if (v->to.secret)
                (void) notice_sign(v->to.secret, body, size, signature);
        return task_send(d, t, v->to.endpoint, body, size, signature);
}

/* Each attempt has a token of its own, which is known by its hash alone from then on. */
static int wish_start(Deliver *d, Arena *a, Task *t, const Wish *w, usec_t now) {
        char token[TOKEN_SIZE], *body = NULL;
        unsigned char hash[SHA256_SIZE];
        size_t size = 0;
        FILE *f;
        int r;

        *t = (Task) { .deliver = d, .kind = SUBSCRIBER_EMAIL, .wish = w->seq, .failures = w->failures, .created_at = w->created_at };
        r = task_admit(d, t, now);
        if (r <= 0)
                return r;
        r = random_text(token, TOKEN_CHARS);
        if (r < 0)
                return r;
        sha256(token, TOKEN_CHARS, hash);
        r = store_wish_token(d->page->store, w->seq, hash);
        f = r >= 0 ? open_memstream(&body, &size) : NULL;
        if (!f)
                return r < 0 ? r : -ENOMEM;
        r = notice_question(f, a, d->page->site, w->endpoint, token, w->seq, w->created_at);
        explicit_bzero(token, sizeof(token));
        if (fclose(f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0)
                return task_send(d, t, w->endpoint, body, size, "");
        free(body);
        return r;
}

static bool lane_asks(const Lane *lane) {
        for (size_t i = 0; i < AT_ONCE; i++)
                if (lane->tasks[i].busy && lane->tasks[i].wish > 0)
                        return true;
        return false;
}

/* One at a time: anybody can have as many asked as there are addresses. */
static int lane_wish(Deliver *d, Arena *a, Lane *lane, usec_t now) {
        int64_t after = 0;
        Task *t;

        while (!lane_asks(lane) && (t = lane_place(lane, AT_ONCE))) {
                Wish w;
                int r = store_wish_next(d->page->store, a, now, after, &w);

                if (r < 0)
                        return r == -ENOENT ? 0 : r;
                after = w.seq;
                r = wish_start(d, a, t, &w, now);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int lane_deliveries(Deliver *d, Arena *a, SubscriberKind kind, size_t most, usec_t now) {
        Lane *lane = &d->lanes[kind];
        Delivery *due = NULL;
        size_t n = 0;
        int r = lane_place(lane, most) ? store_delivery_due(d->page->store, a, kind, now, 2 * AT_ONCE, &due, &n) : 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                Task *t = lane_place(lane, most);

                if (!t)
                        return 0;
                if (lane_has(lane, due[i].to.seq))
                        continue;
                r = delivery_start(d, a, t, &due[i], now);
                d->stirred = d->stirred || (r >= 0 && !t->busy); /* it is not to be sent, and so there is another one */
        }
        return r;
}

static int lane_run(Deliver *d, SubscriberKind kind, usec_t now) {
        auto_(arena_free) Arena *a = arena_new();
        Lane *lane = &d->lanes[kind];
        int r = a ? 0 : -ENOMEM;

        if (lane->outage->until > now && lane->outage->until <= now + PAUSE_MAX)
                return r;
        if (r >= 0 && kind == SUBSCRIBER_EMAIL) {
                r = lane_deliveries(d, a, kind, AT_ONCE - 1, now);      /* first, but one place is left to a question, if there is one */
                if (r >= 0)
                        r = lane_wish(d, a, lane, now);
        }
        return r < 0 ? r : lane_deliveries(d, a, kind, AT_ONCE, now);
}

static void deliver_prune(Deliver *d, Now now) {
        int r;

        if (d->pruned != 0 && now.boot < d->pruned + PRUNE_EVERY)
                return;
        d->pruned = now.boot;
        r = store_wishes_prune(d->page->store, usec_sub(now.real, WISH_VALID));
        if (r >= 0)
                r = store_subscribers_prune(d->page->store, usec_sub(now.real, PENDING_KEPT));
        if (r < 0)
                store_failed(d, "forget questions without an answer", r);
        r = store_outbox_prune(d->page->store, usec_sub(now.real, OUTBOX_KEPT), PRUNE_AT_ONCE);
        if (r < 0)
                store_failed(d, "forget messages that went out", r);
        if (r == (int) PRUNE_AT_ONCE) {
                d->pruned = 0;
                d->stirred = true;
        }
}

static void deliver_turn(Deliver *d) {
        Now now = now_read();
        usec_t wake = USEC_INFINITY;
        int r = 0;

        d->stirred = false;
        deliver_prune(d, now);
        for (SubscriberKind kind = 0; kind < SUBSCRIBER_KINDS && r >= 0; kind++)
                r = lane_run(d, kind, now.real);
        if (r >= 0)
                r = store_delivery_wake(d->page->store, now.real, &wake);
        for (SubscriberKind kind = 0; kind < SUBSCRIBER_KINDS; kind++)
                if (d->lanes[kind].outage->until > now.real)
                        wake = MIN(wake, d->lanes[kind].outage->until);
        if (r < 0) {
                store_failed(d, "send what subscribers are owed, trying again in 10 s", r);
                wake = now.real + TURN_AGAIN;
                d->stirred = false; /* or it would be tried again at once */
        }
        if (d->stirred)
                wake = now.real;
        wake = MIN(wake, now.real + PAUSE_MAX); /* and whatever the clock does, a look once in a while */
        r = sd_event_source_set_time(d->timer, wake);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                log_plain(LOG_ERR, "cannot set the timer of messages: %s", strerror(-r));
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata) {
        deliver_turn(userdata);
        return 0;
}

static int on_post(sd_event_source *src, void *userdata) {
        Deliver *d = userdata;

        if (store_owed(d->page->store) || d->stirred)
                deliver_turn(d);
        return 0;
}

static int deliver_password(Deliver *d, const char *config_dir, char **reterr) {
        if (!notices(d)->mail_user)
                return 0;
        (void) prctl(PR_SET_DUMPABLE, 0);
        return secret_read(config_dir, PASSWORD, &d->password, reterr);
}

int deliver_new(Page *page, const char *config_dir, Deliver **ret, char **reterr) {
        auto_(deliver_free) Deliver *d = calloc(1, sizeof(*d));
        auto_(arena_free) Arena *a = arena_new();
        const char *host;
        int r;

        if (!d || !a)
                return -ENOMEM;
        d->page = page;
        d->lanes[SUBSCRIBER_EMAIL].outage = &page->mail;
        d->lanes[SUBSCRIBER_WEBHOOK].outage = &d->lanes[SUBSCRIBER_WEBHOOK].own;
        host = page->site->url ? webhook_host(a, page->site->url) : "localhost";
        d->hello = host ? strdup(strchr(host, ':') ? "localhost" : host) : NULL;
        r = d->hello ? deliver_password(d, config_dir, reterr) : -ENOMEM;
        if (r >= 0)
                r = wire_new(page->event, &d->wire);
        if (r >= 0)
                r = sd_event_add_time(page->event, &d->timer, CLOCK_REALTIME, 0, USEC_PER_MSEC, on_timer, d);
        if (r >= 0)
                r = sd_event_add_post(page->event, &d->post, on_post, d);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(d->timer, "deliver");
        *ret = STEAL(d);
        return 0;
}

Deliver *deliver_free(Deliver *d) {
        if (!d)
                return NULL;
        (void) wire_free(d->wire);
        (void) sd_event_source_disable_unref(d->timer);
        (void) sd_event_source_disable_unref(d->post);
        secret_free(d->password);
        free(d->hello);
        free(d);
        return NULL;
}
