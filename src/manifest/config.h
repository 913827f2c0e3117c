#pragma once
/*
 * Config: /etc/maintd/maintd.yaml, typed
 */
#include "manifest/manifest.h"

typedef struct ConfigService { const char *name, *title; } ConfigService; /* title: NULL when absent */

typedef struct ConfigTargetService {
        const char *service;    /* catalogue name */
        const char *name, *id;  /* the target's own name, or {id: …} */
        const char *const *matchers; /* name, op, value, …, NULL; NULL: none */
} ConfigTargetService;

typedef struct ConfigTarget {
        const char *name, *type, *url; /* url without trailing slash */
        const char *token;      /* name of a credential, NULL: none */
        const char *page;       /* NULL: the default one */
        bool insecure_http, retire;
        unsigned reads_per_min, writes_per_min; /* rate_limit: {reads: …, writes: …}; 0: the driver's own */
        usec_t timeout;
        ConfigTargetService *services;
        size_t n_services;
        const char *const *options; /* keys of the driver, checked against its list: key, value, …, NULL */
        Mark mark;
} ConfigTarget;

/* What drivers exist and which keys they take: given by the caller, for manifest/ does not know target/. */
typedef struct ConfigDriver { const char *name; const char *const *options; bool matchers; } ConfigDriver;

typedef struct Config {
        Arena *arena;           /* owned */
        const char *file;
        const char *manifests;  /* directory, absolute or relative to the config's folder already resolved; NULL with git */
        const char *git, *git_ref, *git_path; /* a repository, "main", "manifests"; NULL without */
        const char *timezone, *instance;
        usec_t horizon, resync, withdraw_after, retention;
        unsigned max_cancel, max_move; /* percent */
        bool watch;
        Strv quiet;             /* codes of warnings that are switched off everywhere: lint: {disable: […]}; static, sorted */
        ConfigService *services; /* sorted by name */
        size_t n_services;
        Strv service_names, target_names; /* sorted: for Vocabulary */
        ConfigTarget *targets;  /* sorted by name */
        size_t n_targets;
} Config;

Config *config_free(Config *c);
DEFINE_AUTO(Config *, config_free)

/* Return: 0; -EINVAL with errors in @diags; -ENOMEM. @drivers ends with an entry whose name is NULL. */
int config_parse(const char *file, const char *text, size_t n, const ConfigDriver *drivers, Diagnostics *diags, Config **ret);
/* Reads and parses the file; what cannot be read is a diagnostic too. */
int config_load(const char *file, const ConfigDriver *drivers, Diagnostics *diags, Config **ret);
