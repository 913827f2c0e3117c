/*
 * Runner: commit, send, log, sleep
 *
 * A turn is taken from a deferred source of low priority: whatever responses, timers and commands are ready are handed to the
 * engine first, and all they lead to goes into one transaction. So a thousand windows that start in the same second cost a few
 * syncs, not a thousand. What is due does not wait for that: its timer comes before everything else and takes a turn at once.
 *
 * Three sources tell the time: one timer on CLOCK_REALTIME for what is due, one on CLOCK_BOOTTIME for retries and deadlines,
 * and a timerfd that only ever fires when somebody sets the clock (TFD_TIMER_CANCEL_ON_SET), which sd-event does not do.
 * Timers are re-armed, never re-created, with an accuracy of 1 µs (0 would mean 250 ms).
 */
#include "daemon/runner.h"

#include <assert.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

#include "base/text.h"

#define TURN_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 100)
#define DUE_PRIORITY (SD_EVENT_PRIORITY_NORMAL - 50) /* a listing's pages can wait */
#define DUE_REST (USEC_PER_MSEC)                /* … and do get their time when what is due cannot go */
#define CLOCK_POLL (5 * USEC_PER_SEC)           /* while the clock is not trusted: has the kernel been told it is right? */
#define COMMIT_PAUSE (USEC_PER_SEC)             /* between attempts when the ledger cannot be written */
#define STEP_NOISE (USEC_PER_SEC / 2)           /* what slewing may amount to between two turns */

typedef struct Flight {                         /* a request on its way */
        LIST_ENTRY(Flight) entry;
        Runner *runner;
        char *target, *token;                   /* copies: a reload may replace targets meanwhile; token "" none */
        bool writes;                            /* it has an intent: what becomes of it matters */
} Flight;

struct Runner {
        RunnerConfig c;
        HttpClient *http;
        LIST_HEAD(, Flight) flights;
        sd_event_source *turn, *real, *boot, *user, *jump;
        int jump_fd;
        int64_t offset;                         /* real - boot as last seen: a difference is a step of the clock */
        bool synchronised, untrusted;
        unsigned failed_commits;                /* in a row */
        bool news;
};

/* The kernel's word, where the sandbox lets us ask for it; else systemd-timesyncd's. */
static bool clock_synchronised(void) {
        struct timex t = { 0 };

        if (adjtimex(&t) >= 0)
                return !(t.status & STA_UNSYNC);
        return access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

static int64_t clock_offset(Now now) {
        return (int64_t) now.real - (int64_t) now.boot;
}

void runner_poke(Runner *r) {
        r->news = true;
        (void) sd_event_source_set_enabled(r->turn, SD_EVENT_ONESHOT);
}

static void arm(sd_event_source *s, usec_t at) {
        if (at == USEC_INFINITY) {
                (void) sd_event_source_set_enabled(s, SD_EVENT_OFF);
                return;
        }
        (void) sd_event_source_set_time(s, at);
        (void) sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void runner_wake_at(Runner *r, usec_t real) {
        arm(r->user, real);
}

size_t runner_writing(const Runner *r) {
        const Flight *f;
        size_t n = 0;

        LIST_FOREACH(f, &r->flights, entry)
                n += f->writes;
        return n;
}

/* ── requests ── */

static void flight_free(Flight *f) {
        LIST_REMOVE(f, entry);
        free(f->target);
        free(f->token);
        free(f);
}

/* The target refused the credential. If another lies there now, it is tried at once instead of after the engine's pause. */
static void reread_secret(Runner *r, const Flight *f, Now now) {
        if (*f->token && secrets_refresh(r->c.secrets, f->token) > 0)
                (void) engine_told_secret(r->c.engine, now, f->target);
}

static Failure failure_of(HttpFailure f) {
        return f == HTTP_NO_CREDENTIAL ? FAILURE_NO_CREDENTIAL : f == HTTP_NOT_SENT ? FAILURE_NOT_SENT : FAILURE_MAYBE_SENT;
}

static void on_done(void *userdata, uint64_t serial, const HttpResult *result) {
        Flight *f = userdata;
        Runner *r = f->runner;
        Now now = now_read();

        if (result->response) {
                unsigned status = result->response->status;

                (void) engine_told_response(r->c.engine, now, serial, result->response);
                if (status == 401 || status == 403)
                        reread_secret(r, f, now);
        } else
                (void) engine_told_failure(r->c.engine, now, serial, failure_of(result->failure), result->error);
        flight_free(f);
        runner_poke(r);
}

static int send_request(Runner *r, const Request *q) {
        Flight *f = calloc(1, sizeof(Flight));
        int k;

        if (!f)
                return -ENOMEM;
        LIST_INSERT_HEAD(&r->flights, f, entry);
        f->runner = r;
        f->writes = q->intent != 0;
        f->target = strdup(q->target->name);
        f->token = strdup(text_or(q->target->token, ""));
        k = f->target && f->token ? http_send(r->http, q, on_done, f) : -ENOMEM;
        if (k < 0)
                flight_free(f);
        return k;
}

/* ── a turn ── */

/* Was the clock set since the last look? Small differences are slewing and become part of the new base line. */
static void look_at_clock(Runner *r, Now now, bool was_set) {
        int64_t offset = clock_offset(now), step = offset - r->offset;
        bool synchronised = clock_synchronised(), stepped = step > (int64_t) STEP_NOISE || step < -(int64_t) STEP_NOISE;

        r->offset = offset;
        if (!stepped && !was_set && synchronised == r->synchronised)
                return;
        r->synchronised = synchronised;
        (void) engine_told_clock(r->c.engine, now, stepped || was_set ? step : 0, synchronised);
        runner_poke(r);
}

/* The ledger's word on a turn, passed on; true when its requests with an intent may go. */
static bool commit(Runner *r, const Turn *t) {
        int k;

        if (t->n_entries == 0)
                return true;
        k = r->c.ledger ? ledger_commit(r->c.ledger, t->entries, t->n_entries) : 0;
        r->failed_commits = k < 0 ? r->failed_commits + 1 : 0;
        (void) engine_told_committed(r->c.engine, now_read(), t->serial, k);
        return k >= 0;
}

static void send_all(Runner *r, const Turn *t, bool committed) {
        for (size_t i = 0; i < t->n_requests; i++) {
                const Request *q = &t->requests[i];

                if (q->intent != 0 && !committed)
                        continue; /* the engine has been told, and will ask again */
                if (send_request(r, q) < 0) {
                        (void) engine_told_failure(r->c.engine, now_read(), q->serial, FAILURE_NOT_SENT, "out of memory");
                        runner_poke(r);
                }
        }
}

static void log_all(Runner *r, const Turn *t) {
        for (size_t i = 0; i < t->n_events; i++) {
                if (t->events[i].kind == EVENT_CLOCK_UNTRUSTED)
                        r->untrusted = true;
                else if (t->events[i].kind == EVENT_CLOCK_TRUSTED)
                        r->untrusted = false;
                r->c.ops->event(r->c.userdata, &t->events[i]);
        }
}

static void sleep_until(Runner *r, const Turn *t, Now asked) {
        Now now = now_read();
        usec_t boot = t->wake_boot;

        if (r->untrusted) /* nobody tells us when the kernel calls its clock synchronised */
                boot = MIN(boot, now.boot + CLOCK_POLL);
        if (r->failed_commits > 1) /* asked again at once the first time; from then on with a pause */
                boot = MIN(boot, now.boot + COMMIT_PAUSE);
        arm(r->real, t->wake_real > asked.real ? t->wake_real : now.real + DUE_REST);
        arm(r->boot, boot);
}

static int on_turn(sd_event_source *s, void *userdata) {
        Runner *r = userdata;
        Turn t = { .wake_real = USEC_INFINITY, .wake_boot = USEC_INFINITY };
        Now now = now_read();
        bool committed, news;

        look_at_clock(r, now, false);
        news = r->news;
        r->news = false;
        if (engine_ask(r->c.engine, now, &t) < 0) { /* no memory: what was told is not lost, try again shortly */
                arm(r->boot, now.boot + COMMIT_PAUSE);
                return 0;
        }
        news |= t.n_entries || t.n_requests || t.n_events;
        /* The turn is borrowed until the engine is asked again; being told of commit and failures leaves it alone. */
        committed = commit(r, &t);
        send_all(r, &t, committed);
        log_all(r, &t);
        sleep_until(r, &t, now);
        if (t.n_entries && (committed || r->failed_commits == 1))
                runner_poke(r); /* the commit itself may have made more possible */
        if (r->c.ops->turned)
                r->c.ops->turned(r->c.userdata, news);
        return 0;
}

void runner_flush(Runner *r) {
        Turn t;

        if (engine_ask(r->c.engine, now_read(), &t) < 0)
                return;
        (void) commit(r, &t);
        log_all(r, &t);
}

/* ── time ── */

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Runner *r = userdata;

        (void) sd_event_source_set_enabled(r->turn, SD_EVENT_ONESHOT);
        return 0;
}

static int on_due(sd_event_source *s, uint64_t usec, void *userdata) {
        return on_turn(s, userdata);
}

static int on_user(sd_event_source *s, uint64_t usec, void *userdata) {
        Runner *r = userdata;

        r->c.ops->woken(r->c.userdata, now_read().real);
        return 0;
}

/* As far ahead as it goes: it never expires, it is only ever cancelled. */
static int jump_arm(int fd) {
        struct itimerspec never = { .it_value.tv_sec = (time_t) (INT64_MAX / 1000000000) };

        return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno : 0;
}

static int on_jump(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Runner *r = userdata;
        uint64_t n;

        if (read(fd, &n, sizeof(n)) < 0 && errno != ECANCELED)
                return 0;
        (void) jump_arm(fd);
        look_at_clock(r, now_read(), true);
        return 0;
}

static int add_timer(Runner *r, clockid_t clock, sd_event_time_handler_t fn, const char *name, sd_event_source **ret) {
        int k = sd_event_add_time(r->c.event, ret, clock, 0, 1, fn, r);

        if (k < 0)
                return k;
        (void) sd_event_source_set_description(*ret, name);
        return sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}


static int runner_sources(Runner *r) {
        int k = sd_event_add_defer(r->c.event, &r->turn, on_turn, r);

        if (k < 0)
                return k;
        (void) sd_event_source_set_description(r->turn, "turn");
        k = sd_event_source_set_priority(r->turn, TURN_PRIORITY);
        if (k >= 0)
                k = add_timer(r, CLOCK_REALTIME, on_due, "due", &r->real);
        if (k >= 0)
                k = sd_event_source_set_priority(r->real, DUE_PRIORITY);
        if (k >= 0)
                k = add_timer(r, CLOCK_BOOTTIME, on_timer, "retry", &r->boot);
        if (k >= 0)
                k = add_timer(r, CLOCK_REALTIME, on_user, "horizon", &r->user);
        if (k < 0)
                return k;
        r->jump_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (r->jump_fd < 0)
                return -errno;
        k = jump_arm(r->jump_fd);
        if (k < 0)
                return k;
        k = sd_event_add_io(r->c.event, &r->jump, r->jump_fd, EPOLLIN, on_jump, r);
        if (k >= 0)
                (void) sd_event_source_set_description(r->jump, "clock set");
        return k;
}

Runner *runner_free(Runner *r) {
        if (!r)
                return NULL;
        http_client_free(r->http);
        while (!LIST_EMPTY(&r->flights))
                flight_free(LIST_FIRST(&r->flights));
        sd_event_source_disable_unref(r->turn);
        sd_event_source_disable_unref(r->real);
        sd_event_source_disable_unref(r->boot);
        sd_event_source_disable_unref(r->user);
        sd_event_source_disable_unref(r->jump);
        if (r->jump_fd >= 0)
                (void) close(r->jump_fd);
        free(r);
        return NULL;
}

int runner_new(const RunnerConfig *c, Runner **ret) {
        auto_(runner_free) Runner *r = calloc(1, sizeof(Runner));
        Now now = now_read();
        int k;

        assert(c->event && c->engine && c->secrets && c->ops && c->ops->event);
        if (!r)
                return -ENOMEM;
        r->c = *c;
        r->jump_fd = -1;
        LIST_INIT(&r->flights);
        k = http_client_new(c->event, secrets_get, c->secrets, &r->http);
        if (k < 0)
                return k;
        k = runner_sources(r);
        if (k < 0)
                return k;
        r->offset = clock_offset(now);
        r->synchronised = clock_synchronised();
        k = engine_told_clock(c->engine, now, 0, r->synchronised);
        if (k < 0)
                return k;
        runner_poke(r);
        *ret = STEAL(r);
        return 0;
}
