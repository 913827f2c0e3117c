/*
 * The watch: looks at what the monitors name, when it is due, and keeps what it has seen
 */
#include "page/monitor/watch.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "page/monitor/check.h"
#include "page/monitor/save.h"

#define AT_ONCE 64u                     /* with all that hang as long as they may, each of 500 is still looked at every four minutes */
#define SAVE_EVERY USEC_PER_MINUTE
#define TURN_AGAIN (10 * USEC_PER_SEC)  /* after the store has failed */
#define PRUNE_EVERY USEC_PER_HOUR
#define ACCURACY (20 * USEC_PER_MSEC)

typedef struct Look {                   /* a check under way; due->userdata */
        Watch *watch;
        Due *due;
        Check *check;                   /* owned, until it says that it is over */
} Look;

struct Watch {
        Page *page;                     /* borrowed */
        Multi *multi;                   /* owned */
        sd_event_source *timer, *post;  /* owned */
        unsigned busy;
        Look *current;                  /* the one that is saying that it is over; NULL: none, or it has just been dropped */
        bool started;                   /* the monitors have been loaded once */
        bool ended;                     /* a check has: there is a place */
        usec_t saved, tried, pruned;    /* CLOCK_BOOTTIME; tried: the last failure of the store, 0: none since */
};

static void store_failed(Watch *w, const char *what, int r, usec_t boot) {
        log_plain(LOG_ERR, "cannot %s, trying again in 10 s: %s (%s)", what, strerror(-r), store_error(w->page->store));
        w->tried = boot;
}

static void watch_save(Watch *w, Now now) {
        int r = monitors_save(w->page->store, w->page->agenda, now.real);

        if (r < 0)
                store_failed(w, "store what monitors have seen", r, now.boot);
        else
                w->saved = now.boot;
}

static void drop(Due *d, void *userdata) {
        Look *l = d->userdata;

        if (!l)
                return;
        if (l->watch->current == l)
                l->watch->current = NULL;
        l->watch->busy--;
        (void) check_free(l->check);
        free(l);
        d->userdata = NULL;
}

static int watch_load(Watch *w, Now now) {
        auto_(arena_free) Arena *a = arena_new();
        Monitor *rows = NULL;
        size_t n = 0;
        int r = a ? store_monitor_list(w->page->store, a, 0, PAGE_MONITORS_MAX, &rows, &n) : -ENOMEM;

        for (size_t i = 0; i < n; i++) /* what was allowed when it was made may not be now */
                rows[i].interval = MAX(rows[i].interval, w->page->site->monitors.interval_min);
        return r < 0 ? r : agenda_load(w->page->agenda, rows, n, !w->started, now.boot, drop, w);
}

/* Takes over what has changed in the store: monitors, and who of them is paused. */
static void watch_sync(Watch *w, Now now) {
        int r;

        if (!store_monitors_stirred(w->page->store))
                return;
        store_monitors_calm(w->page->store);
        watch_save(w, now);     /* first, so that the rows are as new as we are */
        r = watch_load(w, now);
        w->started = w->started || r >= 0;
        if (r >= 0)
                return;
        store_monitors_stir(w->page->store);
        store_failed(w, "read the monitors", r, now.boot);
}

static void on_done(void *userdata, const Seen *seen) {
        Look *l = userdata;
        Watch *w = l->watch;
        Now now = now_read();

        l->check = NULL;        /* it frees itself */
        w->ended = true;
        w->current = l;
        watch_sync(w, now);     /* a window that has just begun may pause this one: then what it saw does not count */
        if (!w->current)
                return;
        w->current = NULL;
        l->due->userdata = NULL;
        (void) agenda_seen(w->page->agenda, l->due, seen, now);
        w->busy--;
        free(l);
}

/* The service is given no network unless the operator says so, and that is no fault of what is watched. */
static bool network_there(void) {
        static const int families[] = { AF_INET, AF_INET6 };

        for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
                int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);

                if (fd < 0)
                        continue;
                (void) close(fd);
                return true;
        }
        return false;
}

static int look_begin(Watch *w, Due *d) {
        Look *l = calloc(1, sizeof(*l));
        int r = l ? check_begin(w->multi, &w->page->site->monitors, &d->m, on_done, l, &l->check) : -ENOMEM;

        if (r < 0) {
                free(l);
                return r;
        }
        l->watch = w;
        l->due = d;
        d->userdata = l;
        w->busy++;
        return 0;
}

static void watch_begin(Watch *w, Now now) {
        static const Seen nothing = { .problem = "the page's service has been given no network: see maintd-page(8)" };
        Due *d;

        while (w->busy < AT_ONCE && (d = agenda_take(w->page->agenda, now.boot)))
                if (!network_there())
                        (void) agenda_seen(w->page->agenda, d, &nothing, now);
                else if (look_begin(w, d) < 0)
                        agenda_again(w->page->agenda, d, now.boot + TURN_AGAIN);
}

static void watch_prune(Watch *w, Now now) {
        int r;

        if (w->pruned != 0 && now.boot < w->pruned + PRUNE_EVERY)
                return;
        w->pruned = now.boot;
        r = store_tallies_prune(w->page->store, now.real);
        if (r < 0)
                log_plain(LOG_WARNING, "cannot forget checks of long ago: %s", store_error(w->page->store));
}

/* After a failure the store is left alone for a while. */
static usec_t save_due(const Watch *w) {
        const Agenda *a = w->page->agenda;
        usec_t due = agenda_urgent(a) || store_monitors_stirred(w->page->store) ? 0 : agenda_unsaved(a) ? w->saved + SAVE_EVERY : USEC_INFINITY;

        return w->tried != 0 && due != USEC_INFINITY ? MAX(due, w->tried + TURN_AGAIN) : due;
}

static void watch_turn(Watch *w) {
        Now now = now_read();
        usec_t wake;
        int r;

        w->ended = false;
        if (w->tried == 0 || now.boot >= w->tried + TURN_AGAIN) {
                w->tried = 0;
                watch_sync(w, now);
        }
        if (save_due(w) <= now.boot)
                watch_save(w, now);
        watch_begin(w, now);
        if (save_due(w) <= now.boot) /* of what could not be looked at */
                watch_save(w, now);
        watch_prune(w, now);
        wake = MIN(save_due(w), w->busy < AT_ONCE ? agenda_next(w->page->agenda) : USEC_INFINITY);
        r = sd_event_source_set_time(w->timer, wake);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->timer, wake == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        if (r < 0)
                log_plain(LOG_ERR, "cannot set the timer of monitors: %s", strerror(-r));
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata) {
        watch_turn(userdata);
        return 0;
}

static int on_post(sd_event_source *src, void *userdata) {
        Watch *w = userdata;

        if (store_monitors_stirred(w->page->store) || w->ended)
                watch_turn(w);
        return 0;
}

int watch_new(Page *page, Watch **ret) {
        auto_(watch_free) Watch *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->page = page;
        store_monitors_stir(page->store);       /* load them, whatever has happened */
        w->saved = now_read().boot;
        r = multi_new(page->event, "monitors", &w->multi);
        if (r >= 0)
                r = sd_event_add_time(page->event, &w->timer, CLOCK_BOOTTIME, 0, ACCURACY, on_timer, w);
        if (r >= 0)
                r = sd_event_add_post(page->event, &w->post, on_post, w);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(w->timer, "monitors");
        *ret = STEAL(w);
        return 0;
}

Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        (void) sd_event_source_disable_unref(w->timer);
        (void) sd_event_source_disable_unref(w->post);
        for (size_t i = 0; w->busy > 0 && agenda_each(w->page->agenda, i); i++)
                drop(agenda_each(w->page->agenda, i), w);
        if (w->multi)
                watch_save(w, now_read());
        (void) multi_free(w->multi);
        free(w);
        return NULL;
}
