#pragma once
/*
 * Desired: what the manifests say there should be
 *
 * Joins the directory (files → manifests) with the schedule (manifest → windows) and keeps for every manifest id the last
 * version that was fit for use. The daemon and maintctl use the same object, so that `plan` shows what the daemon will do.
 *
 *     desired_new → desired_seed (rows of the ledger) → desired_load … desired_load (each reload)
 *                                                     → desired_advance (when desired_next() has come)
 *
 * Reads files through its Tree and tzdata through Zones; no clock (the caller says what time it is), no logging.
 */
#include "ledger/ledger.h" /* ManifestRow: a plain struct, nothing of it is linked */
#include "manifest/config.h"
#include "manifest/directory.h"
#include "schedule/schedule.h"

#define DESIRED_HISTORY (36 * USEC_PER_HOUR) /* occurrences that ended longer ago are not expanded, unless they run */

typedef enum DesiredStatus {
        DESIRED_GOOD,           /* as the file says now */
        DESIRED_LAST_GOOD,      /* the file is broken now, or could not be read, or its ids cannot be known: the last good version */
        DESIRED_MISSING,        /* no file describes it any more: to be withdrawn, then desired_forget() */
} DesiredStatus;

typedef struct DesiredSet {
        WindowSet *set;         /* borrowed; windowset_ref() keeps it as long as you like, whatever becomes of the file */
        DesiredStatus status;
        bool changed;           /* another set than the last call reported under this id, or a new one */
} DesiredSet;

/* Borrowed from the Desired until the next call that takes it. */
typedef struct DesiredLoad {
        const DesiredSet *sets; /* sorted by id */
        size_t n_sets;
        bool may_withdraw;      /* false: nothing is MISSING, whatever is gone */
        size_t n_files;         /* seen in the tree */
        size_t n_manifests;     /* documents that name an id, good or not, and files whose ids cannot be known */
        size_t n_refused;       /* of them: broken now */
        size_t n_in_force;      /* as their files say; of refused ones the last good version holds, which is not counted. A tree that
                                 * cannot be read refuses none: then all that are in force */
        size_t n_changed;       /* since the last report; in the first: since what the ledger has */
        const char *commit;     /* "" unknown */
} DesiredLoad;

typedef struct Desired Desired;

/* @config and @zones are borrowed and outlive it; @config NULL: names are not checked, UTC, horizon 30 d. -ENOMEM. */
int desired_new(Tree *consumed, const Config *config, Zones *zones, Desired **ret);
Desired *desired_free(Desired *d);
DEFINE_AUTO(Desired *, desired_free)

/* The config was read anew: everything is parsed again at the next load; last good versions stay. @consumed also on failure. */
int desired_configure(Desired *d, Tree *consumed, const Config *config);

/**
 * The engine's word on what runs: occurrences of @manifest whose times are the ledger's (sorted by occurrence, allocated in
 * @a), and @ret_since, the start of the earliest one not yet final (USEC_INFINITY: none). 0 or -errno.
 */
typedef int (*desired_frozen_fn)(void *userdata, const char *manifest, Arena *a, Frozen **ret, size_t *ret_n, usec_t *ret_since);
void desired_set_frozen(Desired *d, desired_frozen_fn fn, void *userdata);

/**
 * desired_seed() - last good versions out of the ledger, once, before the first load
 *
 * They are in force for files that are broken or gone at that load. A row whose doc cannot be read any more is a warning in
 * @diags; while its file is broken too, may_withdraw is false. Strings are copied. Return: 0; -ENOMEM.
 */
int desired_seed(Desired *d, const ManifestRow *rows, size_t n, Diagnostics *diags);

/**
 * desired_load() - read the manifests again
 *
 * Parses, checks and expands what has changed; an unchanged manifest keeps its very WindowSet. A manifest that schedule_check()
 * refuses counts as broken. @diags: the errors of everything that is broken, the warnings of what was read anew (a set's pointer
 * also stays when a file only looks different). When tzdata has changed on disk, all sets are expanded again.
 *
 * WindowSet.loaded is 0 in the first load that succeeds, later @now for versions whose content is new. WindowSet.doc is there
 * when the content differs from what was seeded or loaded before under this id, else NULL (see desired_doc()); it goes with the next
 * load, or with desired_drop_docs().
 *
 * Return: 0; -ENOMEM; -ENODATA (no manifest where there were some) or why the tree cannot be read: *ret is filled then too, with
 * everything last known in force and may_withdraw false.
 */
int desired_load(Desired *d, usec_t now, Diagnostics *diags, DesiredLoad *ret);

/* The WindowSet.doc of the last load have been taken over: frees them and sets them to NULL. */
void desired_drop_docs(Desired *d);

/* Expands again the sets whose WindowSet.until has come: further occurrences are to be published. Files are not read. */
int desired_advance(Desired *d, usec_t now, DesiredLoad *ret);
/* The earliest WindowSet.until, or earlier when that manifest has been dropped since; USEC_INFINITY: none. */
usec_t desired_next(const Desired *d);

/* A MISSING manifest has been withdrawn: drop it. Others stay. */
void desired_forget(Desired *d, const char *id);

/* The version in force; NULL: unknown. Borrowed until the next call that changes @d. */
const Manifest *desired_manifest(const Desired *d, const char *id);
/* The @i-th version in force, in order of ids, as above; NULL: there are no more. */
const Manifest *desired_nth(const Desired *d, size_t i);
/* Its canonical text, made on demand: a new string owned by the caller; -ENOENT. */
int desired_doc(const Desired *d, const char *id, char **ret);

/* Is the warning @code switched off there, by the config or by a comment? @file: as diagnostics and origins have it. */
bool desired_waives(const Desired *d, const char *file, unsigned line, const char *code);
/* Drops the warnings that are. desired_load() has done so for its own. */
void desired_silence(const Desired *d, Diagnostics *diags);
