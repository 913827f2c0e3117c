/*
 * Watch: tells when a tree has changed and has come to rest
 *
 * Events only move two instants, that of the first change since the last report and that of the latest; one timer asks them
 * whether it is time to report. What has to be watched is found by walking the tree (watch-scan.c), again whenever a
 * directory moved, at most every 50 ms while a checkout rages, and always before a report, so that nothing which happens after
 * the caller has read the tree can go unseen. The clock is CLOCK_MONOTONIC; when nothing happens, nothing wakes up.
 */
#include "io/watch.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "base/instant.h"
#include "base/text.h"
#include "io/watch-scan.h"

#define RESCAN_USEC (50 * USEC_PER_MSEC)
#define EVENTS_BYTES (64u * 1024)

struct Watch {
        sd_event *event;        /* borrowed */
        char *path;
        int inotify, mounts;    /* mounts: /proc/self/mountinfo, -1: not to be had */
        sd_event_source *events, *mounted, *timer, *poll;
        watch_fn changed;
        void *userdata;
        Scan scan;
        usec_t first, last;     /* of the changes not reported yet; valid when pending */
        usec_t scanned;
        bool pending;
        bool stale;             /* directories came or went: walk again */
        bool owed;              /* the last report was made while git held its lock: report again once it lets go */
        unsigned overflows;
};

static usec_t now(const Watch *w) {
        uint64_t t = 0;

        (void) sd_event_now(w->event, CLOCK_MONOTONIC, &t);
        return t;
}

static bool locked(const Watch *w) {
        return w->scan.lock && access(w->scan.lock, F_OK) == 0;
}

static void note_change(Watch *w) {
        w->last = now(w);
        if (!w->pending)
                w->first = w->last;
        w->pending = true;
}

/* The instant at which the timer has something to do. A lock that is let go of is a change, so it needs no instant of its own. */
static usec_t next_due(const Watch *w) {
        usec_t due = USEC_INFINITY;

        if (w->pending) {
                due = w->first + WATCH_PATIENCE_USEC;
                if (!locked(w))
                        due = MIN(due, w->last + WATCH_SETTLE_USEC);
        }
        return w->stale ? MIN(due, w->scanned + RESCAN_USEC) : due;
}

static void arm(Watch *w) {
        usec_t due = next_due(w);

        if (due != USEC_INFINITY)
                (void) sd_event_source_set_time(w->timer, due);
        (void) sd_event_source_set_enabled(w->timer, due == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* --- walking --- */

/* Polls while the tree cannot be watched as a whole, and stops when it can. */
static int set_polling(Watch *w) {
        int r;

        if (!w->scan.problem) {
                w->scan.prints = w->scan.printed = false;
                return sd_event_source_set_enabled(w->poll, SD_EVENT_OFF);
        }
        if (!w->scan.prints) {
                w->scan.prints = true;
                r = scan_walk(&w->scan);
                if (r < 0)
                        return r;
        }
        r = sd_event_source_set_time_relative(w->poll, WATCH_POLL_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(w->poll, SD_EVENT_ONESHOT);
}

static int rescan(Watch *w) {
        int r = scan_walk(&w->scan), q;

        w->stale = r < 0; /* out of memory: later */
        w->scanned = now(w);
        q = r < 0 ? r : set_polling(w);
        return q < 0 ? q : r;
}

static void rescan_and_note(Watch *w) {
        if (rescan(w) > 0)
                note_change(w);
}

/* --- what the kernel tells --- */

static Interest name_interest(const Watch *w, const struct inotify_event *e, bool *ret_found) {
        *ret_found = true;
        for (size_t i = 0; e->len > 0 && i < w->scan.n_names; i++)
                if (w->scan.names[i].wd == e->wd && strcmp(w->scan.names[i].name, e->name) == 0)
                        return w->scan.names[i].interest;
        *ret_found = false;
        return INTEREST_CONTENT;
}

static void on_lock(Watch *w, const struct inotify_event *e) {
        if (e->mask & (IN_DELETE | IN_MOVED_FROM) && (w->pending || w->owed))
                note_change(w);
}

static void forget(Watch *w, WatchedDir *d) {
        HASH_DEL(w->scan.dirs, d);
        free(d);
        w->stale = true;
}

static void on_event(Watch *w, const struct inotify_event *e) {
        WatchedDir *d;
        Interest interest;
        bool found;

        if (e->mask & IN_Q_OVERFLOW) {
                w->overflows++;
                w->stale = true;
                note_change(w);
                return;
        }
        HASH_FIND_INT(w->scan.dirs, &e->wd, d);
        if (!d)
                return;
        if (e->mask & IN_IGNORED) {
                forget(w, d);
                return;
        }
        if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
                w->stale = true;
        interest = name_interest(w, e, &found);
        if (found && interest == INTEREST_LOCK) {
                on_lock(w, e);
                return;
        }
        if (found && interest == INTEREST_PATH)
                w->stale = true; /* whether that changed the tree, the walk will say */
        if (d->tree && e->len > 0 && strcmp(e->name, ".git") == 0)
                w->stale = true;
        if (d->tree && e->len > 0 && e->mask & IN_ISDIR && e->mask & (IN_CREATE | IN_DELETE | IN_MOVE) && e->name[0] != '.')
                w->stale = true;
        if (found ? interest == INTEREST_CONTENT || e->mask & IN_ATTRIB
                  : d->tree && (e->len == 0 || scan_wants(&w->scan, e->name, e->mask & IN_ISDIR)))
                note_change(w);
}

static int on_inotify(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        _Alignas(struct inotify_event) char buf[EVENTS_BYTES];
        Watch *w = userdata;
        ssize_t n = read(fd, buf, sizeof(buf));

        for (char *p = buf; n > 0 && p < buf + n;) {
                const struct inotify_event *e = (const void *) p;

                on_event(w, e);
                p += sizeof(*e) + e->len;
        }
        arm(w);
        return 0;
}

/* Mounts: a tree can be covered or uncovered without any event inside it. */
static int on_mounts(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Watch *w = userdata;

        w->stale = true;
        arm(w);
        return 0;
}

static int on_poll(sd_event_source *s, uint64_t usec, void *userdata) {
        Watch *w = userdata;

        rescan_and_note(w);
        if (w->owed && !locked(w))
                note_change(w);
        arm(w);
        return 0;
}

/* --- reports --- */

static bool report_due(Watch *w, bool *ret_settled) {
        usec_t t = now(w);
        bool held = locked(w), calm = t >= w->last + WATCH_SETTLE_USEC;

        *ret_settled = calm && !held;
        return w->pending && (*ret_settled || t >= w->first + WATCH_PATIENCE_USEC);
}

/* What moved until a moment ago may have moved for the last time: then a settled report still has to follow. */
static void after_report(Watch *w, bool settled) {
        bool held = locked(w);

        w->owed = !settled && held;
        w->pending = !settled && !held;
        w->first = now(w);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Watch *w = userdata;
        bool settled;

        if (w->stale)
                rescan_and_note(w);
        if (report_due(w, &settled))
                rescan_and_note(w); /* what is read now must be watched already */
        if (!report_due(w, &settled)) {
                arm(w);
                return 0;
        }
        after_report(w, settled);
        arm(w);
        w->changed(w->userdata, settled); /* may free w */
        return 0;
}

/* --- life --- */

Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        (void) sd_event_source_disable_unref(w->events);
        (void) sd_event_source_disable_unref(w->mounted);
        (void) sd_event_source_disable_unref(w->timer);
        (void) sd_event_source_disable_unref(w->poll);
        scan_done(&w->scan);
        if (w->inotify >= 0)
                (void) close(w->inotify);
        if (w->mounts >= 0)
                (void) close(w->mounts);
        free(w->path);
        free(w);
        return NULL;
}

static char *absolute(const char *path) {
        char cwd[PATH_MAX];

        if (*path == '/' || !getcwd(cwd, sizeof(cwd)))
                return strdup(path);
        return textf("%s/%s", cwd, path);
}

/* Both may be refused (fs.inotify.max_user_instances, no /proc): then there is polling, or mounts go unseen. */
static void open_sources(Watch *w) {
        w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
        w->scan.inotify = w->inotify;
}

static int add_sources(Watch *w) {
        int r = 0;

        if (w->inotify >= 0)
                r = sd_event_add_io(w->event, &w->events, w->inotify, EPOLLIN, on_inotify, w);
        if (r >= 0 && w->mounts >= 0)
                r = sd_event_add_io(w->event, &w->mounted, w->mounts, EPOLLPRI, on_mounts, w);
        if (r >= 0)
                r = sd_event_add_time(w->event, &w->timer, CLOCK_MONOTONIC, 0, 1, on_timer, w);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(w->event, &w->poll, CLOCK_MONOTONIC, 0, 0, on_poll, w);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->poll, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(w->events, "watch-inotify");
        (void) sd_event_source_set_description(w->mounted, "watch-mounts");
        (void) sd_event_source_set_description(w->timer, "watch-settle");
        (void) sd_event_source_set_description(w->poll, "watch-poll");
        return 0;
}

static int watch_make(sd_event *event, const char *path, bool refs, watch_fn changed, void *userdata, Watch **ret) {
        auto_(watch_free) Watch *w = calloc(1, sizeof(*w));
        int r;

        assert(event && path && changed && ret);
        if (!w)
                return -ENOMEM;
        w->inotify = w->mounts = -1;
        w->event = event;
        w->changed = changed;
        w->userdata = userdata;
        w->path = absolute(path);
        if (!w->path)
                return -ENOMEM;
        open_sources(w);
        w->scan.path = w->path;
        w->scan.refs = refs;
        r = add_sources(w);
        if (r >= 0)
                r = rescan(w);
        if (r < 0)
                return r;
        *ret = STEAL(w);
        return 0;
}

int watch_new(sd_event *event, const char *path, watch_fn changed, void *userdata, Watch **ret) {
        return watch_make(event, path, false, changed, userdata, ret);
}

int watch_new_git(sd_event *event, const char *repo, watch_fn changed, void *userdata, Watch **ret) {
        return watch_make(event, repo, true, changed, userdata, ret);
}

bool watch_busy(const Watch *w) {
        return w->pending || locked(w);
}

const char *watch_problem(const Watch *w) {
        return w->scan.problem;
}

unsigned watch_overflows(const Watch *w) {
        return w->overflows;
}
