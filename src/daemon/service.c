/*
 * Service: from nothing to a running daemon, and orderly back
 *
 * What can be wrong is found before READY=1: config, ledger, control socket. What may come and go (manifests, network, targets)
 * is no reason not to start: a host that boots into trouble still ends the window that is running.
 *
 * Nothing wakes the process but what is due: the runner's timers, the watchdog, a daily prune.
 */
#include "daemon/service.h"

#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <signal.h>

#include "base/message-ids.h"
#include "base/text.h"
#include "daemon/journal.h"
#include "daemon/manager.h"

#define STOP_PATIENCE (10 * USEC_PER_SEC)       /* changes in flight at the end: what is not answered then is looked up at the next start */
#define STATUS_DELAY (USEC_PER_SEC / 2)

/* ── STATUS= ── */

static const char *next_verb(const char *what) {
        static const char *const verbs[][2] = {
                { "publish", "is published" }, { "start", "starts" },       { "complete", "completes" },
                { "message", "has news" },     { "withdraw", "is withdrawn" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                if (text_equal(what, verbs[i][0]))
                        return verbs[i][1];
        return text_or(what, "is looked at");
}

/* What is wrong, for the status line: ", 1 manifest refused, 2 problems". */
static void status_troubles(const Manager *m, size_t problems, char *ret, size_t size) {
        size_t refused = m->site->last.n_refused, n;

        (void) snprintf(ret, size, "%s", m->site->config_refused ? ", configuration refused" : "");
        n = strlen(ret);
        if (m->site->last_error)
                (void) snprintf(ret + n, size - n, ", manifests cannot be loaded");
        else if (refused)
                (void) snprintf(ret + n, size - n, ", %zu %s refused", refused, refused == 1 ? "manifest" : "manifests");
        n = strlen(ret);
        if (problems)
                (void) snprintf(ret + n, size - n, ", %zu %s", problems, problems == 1 ? "problem" : "problems");
}

/* An absolute time, not "in 2h 5min": nothing wakes us to keep a countdown true. */
static void manager_status(Manager *m) {
        char troubles[128], key[KEY_SIZE], at[ZONED_SIZE];
        const Zone *zone;
        EngineSummary s;

        engine_summary(m->site->engine, &s);
        status_troubles(m, s.problems, troubles, sizeof(troubles));
        if (s.next == USEC_INFINITY || (zones_get(m->site->zones, s.window ? s.window->timezone : "UTC", &zone) < 0 &&
                                        zones_get(m->site->zones, "UTC", &zone) < 0)) {
                (void) sd_notifyf(false, "STATUS=%zu %s%s, nothing due", s.windows, s.windows == 1 ? "window" : "windows", troubles);
                return;
        }
        (void) sd_notifyf(false, "STATUS=%zu %s%s, next: %s %s on %s at %s", s.windows, s.windows == 1 ? "window" : "windows", troubles,
                          key_format(s.key, key), next_verb(s.next_what), s.target, zone_format(zone, s.next, true, false, at));
}

static int on_status(sd_event_source *s, uint64_t usec, void *userdata) {
        manager_status(userdata);
        return 0;
}

void manager_status_soon(Manager *m) {
        int on = 0;

        if (m->stopping || sd_event_source_get_enabled(m->status, &on) < 0 || on != SD_EVENT_OFF)
                return; /* already coming */
        (void) sd_event_source_set_time_relative(m->status, STATUS_DELAY);
        (void) sd_event_source_set_enabled(m->status, SD_EVENT_ONESHOT);
}

/* ── the runner's word ── */

static void on_event(void *userdata, const Event *e) {
        Manager *m = userdata;

        journal_event(e, m->site->zones);
}

static void manager_stop_when_quiet(Manager *m) {
        if (m->stopping && (runner_writing(m->runner) == 0 || now_read().boot >= m->stop_by))
                (void) sd_event_exit(m->event, 0);
}

static void on_turned(void *userdata, bool news) {
        Manager *m = userdata;

        runner_wake_at(m->runner, m->stopping ? USEC_INFINITY : site_next(m->site));
        if (news) {
                manager_status_soon(m);
                manager_followers_look(m);
        }
        manager_stop_when_quiet(m);
}

static void on_woken(void *userdata, usec_t now) {
        Manager *m = userdata;

        if (site_advance(m->site, now_read()) < 0)
                journal_say(LOG_ERR, NULL, "out of memory while looking for further windows: trying again at the next load");
        runner_poke(m->runner);
}

static const RunnerOps runner_ops = { .event = on_event, .turned = on_turned, .woken = on_woken };

/* ── signals, timers ── */

static int on_stop_timeout(sd_event_source *s, uint64_t usec, void *userdata) {
        manager_stop_when_quiet(userdata);
        return 0;
}

/* For `systemctl status` of somebody who wonders what takes so long. */
static void say_stopping(Manager *m) {
        size_t n = runner_writing(m->runner);

        if (n == 0)
                (void) sd_notify(false, "STOPPING=1\nSTATUS=stopping");
        else
                (void) sd_notifyf(false, "STOPPING=1\nSTATUS=stopping: waiting for %zu %s on %s way, at most %u s", n, n == 1 ? "change" : "changes",
                                  n == 1 ? "its" : "their", (unsigned) (STOP_PATIENCE / USEC_PER_SEC));
}

/* No new requests; what is in flight may end, so that its outcome need not be looked up at the next start. */
static int on_stop_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        if (m->stopping) /* asked twice: now */
                return sd_event_exit(m->event, 0);
        m->stopping = true;
        m->stop_by = now_read().boot + STOP_PATIENCE;
        say_stopping(m);
        engine_told_stop(m->site->engine);
        m->watch = watch_free(m->watch);
        manager_refuse_waiters(m, "maintd is stopping");
        manager_refuse_followers(m, "maintd is stopping");
        (void) sd_event_source_set_enabled(m->reload, SD_EVENT_OFF);
        m->quiet = sd_event_source_disable_unref(m->quiet);
        (void) sd_event_add_time(m->event, &m->quiet, CLOCK_BOOTTIME, m->stop_by, 1, on_stop_timeout, m);
        runner_poke(m->runner);
        return 0;
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        manager_reload(userdata, NULL);
        return 0;
}

static int on_prune(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        int64_t n = ledger_prune(m->site->ledger, usec_sub(now_read().real, m->site->config->retention));

        if (n > 0)
                journal_say(LOG_INFO, NULL, "forgot %lld lines of history older than `retention`", (long long) n);
        else if (n < 0)
                journal_say(LOG_WARNING, NULL, "cannot prune the ledger: %s", strerror((int) -n));
        (void) sd_event_source_set_time_relative(s, USEC_PER_DAY);
        (void) sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        return 0;
}

static int manager_sources(Manager *m) {
        int r = sd_event_add_signal(m->event, NULL, SIGTERM, on_stop_signal, m);

        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGINT, on_stop_signal, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGHUP, on_hangup, m);
        if (r >= 0)
                r = sd_event_add_time_relative(m->event, &m->status, CLOCK_BOOTTIME, 0, 0, on_status, m);
        if (r >= 0)
                r = sd_event_add_time_relative(m->event, &m->prune, CLOCK_BOOTTIME, 10 * USEC_PER_SEC, USEC_PER_MINUTE, on_prune, m);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        return r;
}

/* ── start ── */

static int manager_open_site(Manager *m, const ServiceOptions *o) {
        SiteOptions options = { .config = o->config, .manifests = o->manifests, .state = o->state, .ledger = SITE_LEDGER_OWN };
        auto_(free) char *why = NULL;
        Diagnostics diags = { 0 };
        int r = site_open(&options, &diags, &m->site, &why);

        diagnostics_sort(&diags);
        for (size_t i = 0; i < diags.n; i++)
                journal_diagnostic(&diags.items[i]);
        if (r < 0 && why)
                journal_say(LOG_ERR, NULL, "%s", why);
        else if (r < 0 && diags.n_errors == 0)
                journal_say(LOG_ERR, NULL, "cannot start: %s", strerror(-r));
        diagnostics_done(&diags);
        return r;
}

static int manager_open_control(Manager *m, const ServiceOptions *o) {
        auto_(free) char *path = control_path(o->control, o->state);
        int r = path ? control_new(m->event, path, manager_verb, m, &m->control) : -ENOMEM;

        if (r == -EADDRINUSE)
                journal_say(LOG_ERR, NULL, "%s: another maintd answers there: give this one a --control of its own", path);
        else if (r < 0)
                journal_say(LOG_ERR, NULL, "%s: cannot listen: %s", text_or(path, "control socket"), strerror(-r));
        return r;
}

static int manager_start(Manager *m, const ServiceOptions *o) {
        RunnerConfig c;
        int r = manager_open_site(m, o);

        if (r < 0)
                return r;
        r = sd_event_default(&m->event);
        if (r >= 0)
                r = manager_sources(m);
        if (r >= 0)
                r = manager_setup_reload(m);
        if (r < 0)
                return r;
        r = manager_load(m);
        if (r < 0)
                return r;
        c = (RunnerConfig) {
                .event = m->event, .engine = m->site->engine, .ledger = m->site->ledger, .secrets = m->site->secrets,
                .ops = &runner_ops, .userdata = m,
        };
        r = runner_new(&c, &m->runner);
        if (r < 0)
                return r;
        r = manager_watch(m);
        if (r < 0)
                return r;
        return manager_open_control(m, o);
}

static void manager_done(Manager *m) {
        manager_refuse_waiters(m, "maintd is stopping");
        manager_refuse_followers(m, "maintd is stopping");
        control_free(m->control);
        watch_free(m->watch);
        runner_free(m->runner);
        sd_event_source_disable_unref(m->reload);
        sd_event_source_disable_unref(m->quiet);
        sd_event_source_disable_unref(m->status);
        sd_event_source_disable_unref(m->prune);
        sd_event_source_disable_unref(m->secret_files);
        site_free(m->site);
        sd_event_unref(m->event);
        free(m->said);
}

int service_run(const ServiceOptions *o) {
        Manager m = { 0 };
        int r;

        r = manager_start(&m, o);
        if (r >= 0) {
                journal_say(LOG_INFO, MESSAGE_READY, "maintd " PROJECT_VERSION " is ready: %zu in force of %zu manifests, targets: %zu",
                         m.site->last.n_in_force, m.site->last.n_manifests, m.site->targets->n);
                (void) sd_notify(false, "READY=1");
                r = sd_event_loop(m.event);
                runner_flush(m.runner);
                journal_say(LOG_INFO, MESSAGE_STOPPING, "maintd has stopped%s",
                         runner_writing(m.runner) ? ": what became of the changes still in flight is looked up at the next start" : "");
        }
        manager_done(&m);
        return r;
}
