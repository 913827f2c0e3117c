/*
 * Reload: new words from people, at most one reading at a time
 *
 * Two things lead here. The watch has seen the tree change and come to rest: the manifests are read. Somebody asked (SIGHUP,
 * `maintctl reload`): config, secrets and manifests are read, and systemd is told.
 *
 * Requests are gathered by a deferred source that runs after everything else that is ready, so twenty reloads in a second cost
 * one or two readings, and each of those who wait hears of one that began after it had asked. A reload that comes while git
 * rewrites the tree waits for it, five seconds at most; then it reads what is there and withdraws nothing because of it.
 */
#include <assert.h>
#include <string.h>
#include <sys/inotify.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/message-ids.h"
#include "base/text.h"
#include "daemon/journal.h"
#include "daemon/manager.h"
#include "daemon/report.h"

#define RELOAD_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50) /* after all clients, before the turn it leads to */
#define GIT_POLL (100 * USEC_PER_MSEC)

/* ── diagnostics, each said once ── */

static uint64_t diagnostic_hash(const Diagnostic *d) {
        uint64_t h = hash_text(HASH_SEED, d->file);

        return hash_text(hash_u64(hash_u64(h, d->line), (uint64_t) d->severity), d->message);
}

static int compare_hash(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

/* Logs what was not said after the load before, and remembers what holds now. */
static void say_diagnostics(Manager *m, const Diagnostics *d) {
        uint64_t *now = calloc(d->n + 1, sizeof(uint64_t));

        for (size_t i = 0; i < d->n; i++) {
                uint64_t h = diagnostic_hash(&d->items[i]);

                if (!m->said || !bsearch(&h, m->said, m->n_said, sizeof(h), compare_hash))
                        journal_diagnostic(&d->items[i]);
                if (now)
                        now[i] = h;
        }
        if (!now)
                return; /* then some are said twice */
        qsort(now, d->n, sizeof(*now), compare_hash);
        free(m->said);
        m->said = now;
        m->n_said = d->n;
}

/* ── manifests ── */

static void say_load(const Manager *m) {
        const DesiredLoad *l = &m->site->last;

        if (l->n_refused)
                journal_say(LOG_WARNING, MESSAGE_LOADED, "%zu of %zu manifests refused, %zu in force, %zu changed", l->n_refused, l->n_manifests,
                         l->n_in_force, l->n_changed);
        else
                journal_say(LOG_INFO, MESSAGE_LOADED, "%zu manifest%s in force, %zu changed", l->n_in_force, l->n_in_force == 1 ? "" : "s", l->n_changed);
}

int manager_load(Manager *m) {
        auto_(free) char *before = m->site->last_error ? strdup(m->site->last_error) : NULL;
        bool first = !m->site->loaded;
        size_t refused = m->site->last.n_refused;
        int r;

        r = site_load(m->site, now_read(), m->hold);
        if (r < 0) {
                journal_say(LOG_ERR, NULL, "cannot read the manifests: %s", strerror(-r));
                return r;
        }
        diagnostics_sort(&m->site->diags);
        say_diagnostics(m, &m->site->diags);
        if (m->site->last_error && !text_equal(m->site->last_error, before))
                journal_say(LOG_ERR, MESSAGE_TREE_BROKEN, "%s", m->site->last_error);
        else if (!m->site->last_error && before)
                journal_say(LOG_NOTICE, MESSAGE_LOADED, "%s: can be read again", text_or(site_tree_path(m->site), "manifests"));
        if (first || m->site->last.n_changed || m->site->last.n_refused != refused)
                say_load(m);
        if (m->hold)
                journal_say(LOG_WARNING, MESSAGE_LOADED, "the manifests were still being changed after 5 s (is a git operation under way?): "
                         "what is missing is not withdrawn before the next load");
        if (m->runner)
                runner_poke(m->runner);
        manager_status_soon(m);
        return 0;
}

static void on_tree(void *userdata, bool settled) {
        manager_tree_changed(userdata, settled);
}

void manager_tree_changed(Manager *m, bool settled) {
        if (m->stopping)
                return;
        m->hold = !settled;
        (void) sd_event_source_set_enabled(m->reload, SD_EVENT_ONESHOT);
}

int manager_watch(Manager *m) {
        const char *path = site_tree_path(m->site);
        int r;

        m->watch = watch_free(m->watch);
        if (!m->site->config->watch)
                return 0;
        r = (m->site->config->git ? watch_new_git : watch_new)(m->event, path, on_tree, m, &m->watch);
        if (r == -ENOMEM)
                return r;
        if (r < 0) /* a reload still works */
                journal_say(LOG_WARNING, NULL, "%s: changes are not noticed, only read at a reload: %s", path, strerror(-r));
        else if (watch_problem(m->watch))
                journal_say(LOG_WARNING, NULL, "%s: looked at every %u s instead of watched: %s", path, WATCH_POLL_USEC / 1000000, watch_problem(m->watch));
        return 0;
}

/* ── a reload ── */

void manager_refuse_waiters(Manager *m, const char *why) {
        while (m->n_waiters)
                control_refuse(m->waiters[--m->n_waiters], "%s", why);
}

/* A commit is always one consistent view; a directory is not. */
static bool tree_busy(const Manager *m) {
        if (m->site->config->git)
                return false;
        return m->watch ? watch_busy(m->watch) : git_locked(site_tree_path(m->site));
}

/* Config, targets and secrets. Returns whether the config is in force as it now stands; its diagnostics are in @diags. */
static bool reload_config(Manager *m, Diagnostics *diags) {
        int r = site_reconfigure(m->site, now_read(), diags);

        m->site->config_refused = r < 0;
        diagnostics_sort(diags);
        for (size_t i = 0; i < diags->n; i++)
                journal_diagnostic(&diags->items[i]);
        if (r < 0)
                journal_say(LOG_ERR, MESSAGE_CONFIG_REFUSED, "%s was refused, the one read before stays in force%s%s", m->site->config_path,
                         r == -EINVAL ? "" : ": ", r == -EINVAL ? "" : strerror(-r));
        else if (r > 0) {
                journal_say(LOG_NOTICE, MESSAGE_RELOADING, "%s: new config in force, %zu targets", m->site->config_path, m->site->targets->n);
                (void) manager_watch(m);
        }
        secrets_forget(m->site->secrets);
        return r >= 0;
}

/* What each of those who wait is told: the load, and what was wrong with the config before it. */
static json_t *reload_outcome(const Manager *m, bool config_ok, const Diagnostics *config) {
        json_t *o = report_load(m->site), *all = report_diagnostics(config);

        (void) json_array_extend(all, json_object_get(o, "diagnostics"));
        (void) json_object_set_new(o, "diagnostics", all);
        (void) json_object_set_new(o, "config_refused", json_boolean(!config_ok));
        return o;
}

static void reload_all(Manager *m) {
        Diagnostics config = { 0 };
        bool ok = reload_config(m, &config);
        json_t *outcome;
        int r;

        (void) engine_told_reload(m->site->engine, now_read());
        r = manager_load(m);
        outcome = r >= 0 ? reload_outcome(m, ok, &config) : NULL;
        while (m->n_waiters)
                control_answer(m->waiters[--m->n_waiters], json_incref(outcome));
        json_decref(outcome);
        diagnostics_done(&config);
        (void) sd_notify(false, "READY=1");
        m->reloading = false;
}

static void reload_begin(Manager *m) {
        struct timespec t = { 0 };

        if (m->reloading)
                return;
        m->reloading = true;
        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        (void) sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu",
                          (unsigned long long) t.tv_sec * USEC_PER_SEC + (unsigned long long) t.tv_nsec / 1000);
        m->reload_patience = now_read().boot + WATCH_PATIENCE_USEC;
}

static int on_reload(sd_event_source *s, void *userdata) {
        Manager *m = userdata;

        if (m->stopping)
                return 0;
        if (!m->reload_asked) {
                (void) manager_load(m);
                return 0;
        }
        if (tree_busy(m) && now_read().boot < m->reload_patience) {
                (void) sd_event_source_set_time_relative(m->quiet, GIT_POLL);
                (void) sd_event_source_set_enabled(m->quiet, SD_EVENT_ONESHOT);
                return 0;
        }
        m->hold = tree_busy(m);
        m->reload_asked = false;
        reload_all(m);
        return 0;
}

static int on_quiet(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        return sd_event_source_set_enabled(m->reload, SD_EVENT_ONESHOT);
}

void manager_reload(Manager *m, ControlCall *call) {
        if (m->stopping || (call && m->n_waiters == WAITERS_MAX)) {
                if (call)
                        control_refuse(call, m->stopping ? "maintd is stopping" : "too many wait for a reload already");
                return;
        }
        if (call)
                m->waiters[m->n_waiters++] = call;
        m->reload_asked = true;
        reload_begin(m);
        (void) sd_event_source_set_enabled(m->reload, SD_EVENT_ONESHOT);
}

/* ── secrets beside the config ── */

/* A file with the name of some target's token was written: whoever was denied is tried again with it at once. */
static int on_secret_file(sd_event_source *s, const struct inotify_event *e, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->site->targets->n; i++) {
                const Target *t = m->site->targets->items[i];

                if (!t->token || e->len == 0 || strcmp(t->token, e->name) != 0)
                        continue;
                if (secrets_refresh(m->site->secrets, t->token) > 0) {
                        (void) engine_told_secret(m->site->engine, now_read(), t->name);
                        runner_poke(m->runner);
                }
        }
        return 0;
}

static void watch_secrets(Manager *m) {
        const char *slash = strrchr(m->site->config_path, '/');
        auto_(free) char *folder = !slash ? strdup(".") : slash == m->site->config_path ? strdup("/") :
                strndup(m->site->config_path, (size_t) (slash - m->site->config_path));

        if (folder) /* a convenience: without it a reload or the next probe finds the new secret */
                (void) sd_event_add_inotify(m->event, &m->secret_files, folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB, on_secret_file, m);
}

int manager_setup_reload(Manager *m) {
        int r = sd_event_add_defer(m->event, &m->reload, on_reload, m);

        if (r >= 0)
                r = sd_event_source_set_enabled(m->reload, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(m->reload, RELOAD_PRIORITY);
        if (r >= 0)
                r = sd_event_add_time_relative(m->event, &m->quiet, CLOCK_BOOTTIME, 0, USEC_PER_MSEC, on_quiet, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->quiet, SD_EVENT_OFF);
        if (r >= 0)
                watch_secrets(m);
        return r;
}
