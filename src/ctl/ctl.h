#pragma once
/*
 * maintctl: a table of verbs, one file each
 *
 * A verb gets the parsed command line and returns the exit status. What it knows comes as a JSON document (daemon/report.h), from
 * the running daemon or from the state directory, so that `--json` and what people see can never differ.
 */
#include <jansson.h>

#include "base/limits.h"
#include "daemon/runner.h"
#include "daemon/select.h"
#include "daemon/site.h"

enum {                          /* exit statuses, product.md */
        EXIT_FINE = 0,
        EXIT_FAILED = 1,
        EXIT_CHANGES = 2,       /* from plan alone */
};

typedef struct Ctl Ctl;

enum {                          /* options of single verbs */
        OPTION_STRICT = 1 << 0,
        OPTION_ALL = 1 << 1,
        OPTION_LIMIT = 1 << 2,
        OPTION_LABEL = 1 << 3,
        OPTION_MESSAGE = 1 << 4,
        OPTION_BY = 1 << 5,
        OPTION_END = 1 << 6,
        OPTION_COMMIT = 1 << 7,
        OPTION_WAIT = 1 << 8,
        OPTION_NEW = 1 << 9,    /* what a new manifest says */
        OPTION_DAYS = 1 << 10,
        OPTION_SVG = 1 << 11,
        OPTION_FORMAT = 1 << 12,
        OPTION_TIMEOUT = 1 << 13,
        OPTION_DIFF = 1 << 14,
        OPTION_MARKDOWN = 1 << 15,
        OPTION_SINCE = 1 << 16,
        OPTION_FOLLOW = 1 << 17,
        OPTION_FROM = 1 << 20,  /* and --to, --restart-at */
        OPTION_INTO = 1 << 21,
        OPTION_DRY_RUN = 1 << 22,
};

typedef struct Verb {
        const char *name, *args, *summary;
        const char *help;       /* more lines for `maintctl VERB --help`; "" none */
        int min_args, max_args; /* -1: any number */
        unsigned options;       /* OPTION_* it takes */
        int (*run)(Ctl *ctl);
} Verb;

struct Ctl {
        const char *config, *manifests, *state, *control; /* NULL: not given */
        bool json, no_color, no_pager, help, version;
        unsigned options;       /* OPTION_* given */
        unsigned limit;
        const char *labels[LABEL_FILTERS_MAX]; /* as given, each a filter (daemon/select.h) */
        size_t n_labels;
        const char *message, *by, *end, *timeout, *since; /* NULL: not given; UTF-8 without control characters but line ends and tabs */
        const char *svg, *format; /* a file; of lint; likewise */
        unsigned days;          /* 0: not given */
        const char *title, *start, *duration, *services, *timezone, *description; /* of OPTION_NEW, likewise */
        const char *from, *to, *restarts[SIMULATE_RESTARTS_MAX]; /* of OPTION_FROM, likewise */
        size_t n_restarts;
        const char *into;       /* of OPTION_INTO, likewise */
        const Verb *verb;
        char **args;            /* what follows the verb */
        int n_args;

        bool color;             /* of stdout, decided at start */
        unsigned width;         /* columns of stdout, 0: no limit */
        usec_t now;
        Zones *zones;           /* owned; for people's times; NULL: UTC alone */
};

extern const Verb verbs[];      /* ends with a NULL name */
const Verb *verb_find(const char *name);

/**
 * ctl_parse() - read the command line
 * @err: where wrong usage is explained
 *
 * Return: 0; -EINVAL wrong usage, said.
 */
int ctl_parse(int argc, char **argv, Ctl *ret, FILE *err);
void ctl_usage(FILE *f);
void ctl_verb_usage(const Verb *v, FILE *f);

/* What the command line selects. @id: ID or ID@OCCURRENCE, NULL: any; copied into @buf. False: it is too long to be an id, said. */
bool ctl_selection(const Ctl *ctl, const char *id, char buf[static KEY_SIZE], Selection *ret);
/* The labels as a request has them: a new array, NULL: none were given. */
json_t *ctl_labels(const Ctl *ctl);
/* Says on stderr that @doc is empty because no manifest has the labels that were given, and which were meant. */
void ctl_unknown_labels(const Ctl *ctl, const json_t *doc);
/* As above of the manifests of @s, without asking the daemon: says nothing when one of them is selected. */
void ctl_unknown_labels_in(const Ctl *ctl, const Site *s);

/**
 * ctl_ask() - ask the running daemon
 * @request: consumed
 *
 * Return: 1 and its answer in *ret; 0 no daemon runs there; -errno failed, said on stderr.
 */
int ctl_ask(const Ctl *ctl, json_t *request, json_t **ret);
/* As above, for no longer than @limit; -ETIMEDOUT, not said: there is no answer. */
int ctl_ask_within(const Ctl *ctl, json_t *request, usec_t limit, json_t **ret);
/* As above, for those who can go on without: 0 after a moment, too, said. */
int ctl_ask_word(const Ctl *ctl, json_t *request, json_t **ret);
/* As ctl_ask(), however long the answer takes; -ECANCELED, not said: @stop (a descriptor; -1: none) can be read, or nobody reads stdout. */
int ctl_ask_until(const Ctl *ctl, json_t *request, int stop, json_t **ret);

/* local.c: without a daemon. All say on stderr what is wrong. */
int local_open(const Ctl *ctl, SiteLedger ledger, bool look_only, Site **ret);
/* Why it could not be, which may hold paths as they were given. */
void local_say(const char *why);
/* Runs the engine until it has settled. @progress: one line for each event. -EINTR: a person stopped it. */
int local_settle(Site *s, bool progress);

/* render.c: prints @doc when --json asks for it and returns true; consumed then. */
bool ctl_json(const Ctl *ctl, json_t *doc);

/* The state of things (report.h), as above. @labels: only what the command line's labels select. @quiet: asked not for the first time. */
int status_document(const Ctl *ctl, const char *id, bool labels, bool quiet, json_t **ret);
#define HISTORY_SHOWN 1000u             /* lines, when nobody says how many */
/* The audit log (report.h), as above; the newest @limit lines. */
int history_document(const Ctl *ctl, const char *id, bool labels, unsigned limit, json_t **ret);
/* The plan (report.h), of what the labels select, from the daemon or made here. 0 and above: it is in *ret; negative: failed, said. */
int plan_document(const Ctl *ctl, json_t **ret);

int verb_lint(Ctl *ctl);
void lint_usage(FILE *f);       /* what `maintctl lint --help` says of its warnings */
int verb_plan(Ctl *ctl);
int verb_apply(Ctl *ctl);
int verb_status(Ctl *ctl);
int verb_show(Ctl *ctl);
int verb_history(Ctl *ctl);
int verb_approve(Ctl *ctl);
int verb_adopt(Ctl *ctl);
int verb_reload(Ctl *ctl);
int verb_import(Ctl *ctl);
int verb_simulate(Ctl *ctl);
int verb_timeline(Ctl *ctl);
int verb_next(Ctl *ctl);
int verb_list(Ctl *ctl);
int verb_why(Ctl *ctl);
int verb_calendar(Ctl *ctl);
int verb_new(Ctl *ctl);
int verb_edit(Ctl *ctl);        /* start, complete, cancel, extend, update, suspend, resume */
