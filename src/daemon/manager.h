#pragma once
/*
 * Manager: the daemon's parts and who owns them. Private to service.c, reload.c and verbs.c.
 */
#include <systemd/sd-event.h>

#include "base/limits.h"
#include "daemon/control.h"
#include "daemon/runner.h"
#include "daemon/service.h"
#include "daemon/site.h"
#include "io/watch.h"

#define WAITERS_MAX CONTROL_CLIENTS_MAX
#define FOLLOWERS_MAX (CONTROL_CLIENTS_MAX / 2) /* others want to be heard, too */

typedef struct Follower {
        ControlCall *call;              /* owned */
        json_t *request;                /* reference: the question, asked again after each turn */
} Follower;

typedef struct Manager {
        sd_event *event;                /* all owned, and released in reverse order */
        Site *site;
        Runner *runner;
        Control *control;
        Watch *watch;                   /* NULL: watch: false, or it could not be set up */
        sd_event_source *reload;        /* deferred: one load for all who have asked by then */
        sd_event_source *quiet;         /* waits for git to finish before a reload, or for requests before the end */
        sd_event_source *status;        /* STATUS= a moment after something has changed */
        sd_event_source *prune;         /* once a day */
        sd_event_source *secret_files;  /* a file beside the config has changed */

        ControlCall *waiters[WAITERS_MAX]; /* owned: those who wait for the outcome of a reload */
        size_t n_waiters;
        Follower followers[FOLLOWERS_MAX]; /* those who wait for a line of history */
        size_t n_followers;
        bool reload_asked;              /* config and secrets too, not only the manifests */
        bool reloading;                 /* RELOADING=1 has been sent */
        usec_t reload_patience;         /* boot time: a reload waits for git no longer than this, 0: it does not wait */
        bool hold;                      /* withdrawals wait: the tree never came to rest */
        bool stopping;
        usec_t stop_by;                 /* boot time */
        uint64_t *said;                 /* hashes of the diagnostics of the last load, sorted: logged once, not each time */
        size_t n_said;
} Manager;

/* reload.c */
int manager_setup_reload(Manager *m);
/* @call: NULL, or who waits for the outcome. Consumed. */
void manager_reload(Manager *m, ControlCall *call);
void manager_tree_changed(Manager *m, bool settled);
int manager_load(Manager *m);           /* manifests alone; logs what is wrong */
int manager_watch(Manager *m);          /* (re)establish the watch as the config wants it */
void manager_refuse_waiters(Manager *m, const char *why);

/* follow.c */
void manager_follow(Manager *m, ControlCall *call, const json_t *request); /* @call consumed: answered when there is something */
void manager_followers_look(Manager *m);        /* there may be */
void manager_refuse_followers(Manager *m, const char *why);

/* verbs.c */
/* What a sound request for history finds: 1: there are lines, *ret new or NULL for lack of memory; 0: there are none. */
int manager_history(Manager *m, const json_t *request, json_t **ret);
/* A control_fn. */
void manager_verb(void *userdata, ControlCall *call, const char *verb, const json_t *request);

/* service.c */
void manager_status_soon(Manager *m);
