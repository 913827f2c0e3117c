#pragma once
/*
 * Site: one installation of maintd, opened
 *
 * Config, time zones, ledger, manifests, targets and the engine between them: what the daemon and maintctl both need, set up in
 * the one right order and told of each other. A Site does no network I/O and has no event loop: a Runner gives it those.
 *
 *      site_open → site_load … site_load (each reload) → site_advance (when site_next() has come)
 */
#include "daemon/secrets.h"
#include "daemon/targets.h"
#include "desired/desired.h"
#include "ledger/ledger-sqlite.h"
#include "reconcile/engine.h"

#define CONFIG_DEFAULT "/etc/maintd/maintd.yaml"
#define STATE_DEFAULT "/var/lib/maintd"
#define CONTROL_DEFAULT "/run/maintd/control"

typedef enum SiteLedger {
        SITE_LEDGER_OWN,        /* opened for writing, made when missing */
        SITE_LEDGER_READ,       /* read when it is there, never made; the engine never writes */
        SITE_LEDGER_NONE,       /* not touched; no engine either, but on a stage: lint, show; simulate */
} SiteLedger;

/* A life that is only played: an engine that writes, although no ledger is opened. */
typedef struct SiteStage {
        const Snapshot *known;  /* what it knows when it starts; borrowed during site_open() */
        Now now;                /* when it starts */
        int (*cast)(void *userdata, Target *t); /* called for every target before the engine hears of it; 0 or -errno */
        void *userdata;
} SiteStage;

typedef struct SiteOptions {
        const char *config;     /* NULL: CONFIG_DEFAULT; it may be missing only when config_optional */
        const char *manifests;  /* NULL: as the config says */
        const char *state;      /* NULL: $STATE_DIRECTORY, then STATE_DEFAULT */
        bool config_optional;   /* without it: names are not checked, no targets */
        SiteLedger ledger;
        bool look_only;         /* the engine sends no request that changes anything, also with a ledger of our own */
        const SiteStage *stage; /* with SITE_LEDGER_NONE; NULL: none */
} SiteOptions;

typedef struct Site {
        char *config_path, *manifests_option, *state_dir; /* owned */
        Arena *arena;           /* owned: the drivers' table */
        const ConfigDriver *drivers;
        Config *config;         /* owned; NULL: none (config_optional) */
        uint64_t config_hash;   /* of its text: the same text is not read again */
        Zones *zones;           /* owned */
        Ledger *ledger;         /* owned; NULL: none */
        char machine_id[33], ledger_id[17];
        bool other_machine;     /* the ledger is another machine's: nothing is written until adopted */
        Secrets *secrets;       /* owned */
        TargetSet *targets;     /* owned; NULL without an engine */
        Desired *desired;       /* owned */
        Engine *engine;         /* owned; NULL with SITE_LEDGER_NONE and no stage */
        bool writable;          /* the ledger is */
        bool read_only;         /* the engine is */
        bool look_only;         /* nothing is sent that changes anything */
        bool played;            /* see SiteStage */
        bool hold;              /* withdrawals wait for the next load */
        bool loaded;            /* some load has succeeded: the next one is a reload */
        DesiredLoad last;       /* what the last load found; its sets are borrowed from `desired` and gone with the next load or advance */
        char *last_error;       /* owned; NULL: it went well; else why the tree could not be read */
        Diagnostics diags;      /* of config (warnings), seed and the last load */
        Diagnostics config_diags;
        bool config_refused;    /* what the file says now; an older one is in force */
} Site;

/**
 * site_open() - set everything up
 * @diags:  what is wrong with the config; also its warnings
 * @reterr: one line for people, owned by the caller, when something else than the config failed
 *
 * Return: 0; -EINVAL with errors in @diags; what ledger_open() returns with *reterr; -ENOMEM.
 */
int site_open(const SiteOptions *o, Diagnostics *diags, Site **ret, char **reterr);
Site *site_free(Site *s);
DEFINE_AUTO(Site *, site_free)

/* The directory whose changes matter; NULL: none (no config). The Git repository where that is the source. */
const char *site_tree_path(const Site *s);

/**
 * site_reconfigure() - read the config again, replace targets and settings
 *
 * Return: 1 replaced; 0 it has not changed; -EINVAL with errors in @diags, and what was in force stays; -ENOMEM.
 */
int site_reconfigure(Site *s, Now now, Diagnostics *diags);

/**
 * site_load() - read the manifests and tell the engine
 * @hold: withdraw nothing because of this load: the tree may be half written
 *
 * Diagnostics replace those in s->diags. Return: 0 (see s->last and s->last_error: a tree that cannot be read is no failure
 * here); -ENOMEM.
 */
int site_load(Site *s, Now now, bool hold);
/* Further occurrences come into sight, withdrawn manifests are let go of. */
int site_advance(Site *s, Now now);
usec_t site_next(const Site *s); /* when site_advance() is due; USEC_INFINITY: never */

/* Reads a machine-id (5); all zeros where there is none. */
void machine_id_read(char ret[static 33]);

/* The control socket: @control, else `control` in @state, else in the first of $RUNTIME_DIRECTORY, else CONTROL_DEFAULT; both may
 * be NULL. A new string, NULL: out of memory. */
char *control_path(const char *control, const char *state);
/* The state directory: @state, else the first of $STATE_DIRECTORY, else STATE_DEFAULT. As above. */
char *state_path(const char *state);
