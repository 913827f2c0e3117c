/*
 * Local: the same engine without the daemon
 *
 * `plan`, `apply` and the rest run it here when nobody answers on the control socket: against the ledger in the state directory,
 * on an event loop of our own, until it has settled.
 */
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"
#include "daemon/journal.h"

#define EXAMPLE "/usr/share/maintd/examples/maintd.yaml"

static void print_diagnostics(const Diagnostics *d) {
        for (size_t i = 0; i < d->n; i++) {
                auto_(free) char *line = diagnostic_format(&d->items[i]);

                (void) fprintf(stderr, "%s\n", text_or(line, d->items[i].message));
        }
}

void local_say(const char *why) {
        auto_(free) char *safe = text_printable(why, 0);

        (void) fprintf(stderr, "maintctl: %s\n", text_or(safe, "?"));
}

int local_open(const Ctl *ctl, SiteLedger ledger, bool look_only, Site **ret) {
        SiteOptions o = {
                .config = ctl->config, .manifests = ctl->manifests, .state = ctl->state, .ledger = ledger,
                .config_optional = ledger == SITE_LEDGER_NONE, .look_only = look_only,
        };
        auto_(site_free) Site *s = NULL;
        auto_(free) char *why = NULL;
        Diagnostics diags = { 0 };
        int r = site_open(&o, &diags, &s, &why);

        diagnostics_sort(&diags);
        if (r == -EBUSY)
                (void) fprintf(stderr, "maintctl: %s: maintd is running and does this by itself; `maintctl plan` shows what, `maintctl reload` "
                               "makes it read the manifests\n", text_or(ctl->state, STATE_DEFAULT));
        else if (r < 0 && why)
                local_say(why);
        else if (r < 0 && diags.n_errors == 0)
                (void) fprintf(stderr, "maintctl: %s\n", strerror(-r));
        if (r < 0) {
                print_diagnostics(&diags);
                if (!ctl->config && access(CONFIG_DEFAULT, F_OK) < 0 && errno == ENOENT)
                        (void) fprintf(stderr, "maintctl: give --config FILE, or begin with a copy of " EXAMPLE "\n");
        }
        diagnostics_done(&diags);
        if (r < 0)
                return r;
        r = site_load(s, (Now) { .real = ctl->now, .boot = now_read().boot }, false);
        if (r < 0) {
                (void) fprintf(stderr, "maintctl: %s\n", strerror(-r));
                return r;
        }
        diagnostics_sort(&s->diags);
        if (s->last_error)
                local_say(s->last_error);
        *ret = STEAL(s);
        return 0;
}

typedef struct Settle {
        Site *site;
        Runner *runner;
        sd_event *event;
        bool progress;
} Settle;

static void on_event(void *userdata, const Event *e) {
        Settle *s = userdata;
        auto_(free) char *line = s->progress ? journal_line(e, s->site->zones) : NULL;
        auto_(free) char *safe = line ? text_printable(line, 0) : NULL;

        if (safe)
                (void) fprintf(stderr, "%s\n", safe);
}

static void on_turned(void *userdata, bool news) {
        Settle *s = userdata;

        if (engine_settled(s->site->engine, now_read()))
                (void) sd_event_exit(s->event, 0);
}

/* Interrupted: what is in flight is an intent without outcome, and looked up the next time. */
static int on_interrupt(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Settle *s = userdata;

        return sd_event_exit(s->event, -EINTR);
}

static int settle_loop(Settle *s) {
        static const RunnerOps ops = { .event = on_event, .turned = on_turned };
        RunnerConfig c = {
                .event = s->event, .engine = s->site->engine, .ledger = s->site->writable ? s->site->ledger : NULL,
                .secrets = s->site->secrets, .ops = &ops, .userdata = s,
        };
        auto_(runner_free) Runner *runner = NULL;
        sigset_t set;
        int r;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        r = sd_event_add_signal(s->event, NULL, SIGINT, on_interrupt, s);
        if (r >= 0)
                r = sd_event_add_signal(s->event, NULL, SIGTERM, on_interrupt, s);
        if (r >= 0)
                r = runner_new(&c, &runner);
        return r < 0 ? r : sd_event_loop(s->event);
}

int local_settle(Site *site, bool progress) {
        Settle s = { .site = site, .progress = progress };
        int r = sd_event_new(&s.event);

        if (r >= 0)
                r = settle_loop(&s);
        sd_event_unref(s.event);
        if (r < 0)
                (void) fprintf(stderr, "maintctl: %s\n", r == -EINTR ? "interrupted: what is open is looked up the next time" : strerror(-r));
        return r;
}
