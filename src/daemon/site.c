/*
 * Site: the order in which an installation comes to life
 *
 * Config first (nothing works without), then the ledger (it knows what was in force), zones, manifests seeded with the last good
 * versions, targets, and the engine that is told of all of them. Loading again is the same few steps, of which each replaces what
 * was there only when the new is complete.
 */
#include "daemon/site.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/git.h"

#define TEXTS_KEPT (4u * 1024 * 1024) /* bytes, of a daemon: some thousands of windows */

/* A clock before this was never set. Moved on with each release. */
#define BUILD_DATE (1793491200 * USEC_PER_SEC) /* 2026-11-01 */

void machine_id_read(char ret[static 33]) {
        sd_id128_t id;

        if (sd_id128_get_machine(&id) < 0)
                id = SD_ID128_NULL;
        (void) sd_id128_to_string(id, ret);
}

/* ── config ── */

/* Hash of a file's text, 0 when it cannot be read: then config_load() says why. */
static uint64_t file_hash(const char *path) {
        auto_(fclose) FILE *f = fopen(path, "re");
        uint64_t h = HASH_SEED;
        char buf[8192];
        size_t n, total = 0;

        if (!f)
                return 0;
        while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
                total += n;
                if (total > CONFIG_BYTES_MAX)
                        return 0;
                h = hash_bytes(h, buf, n);
        }
        return ferror(f) ? 0 : h;
}

static int site_read_config(Site *s, bool optional, Diagnostics *diags, Config **ret) {
        auto_(config_free) Config *c = NULL;
        int r;

        if (optional && access(s->config_path, F_OK) < 0 && errno == ENOENT) {
                *ret = NULL;
                return 0;
        }
        r = config_load(s->config_path, s->drivers, diags, &c);
        if (r < 0)
                return r;
        if (s->manifests_option) {
                c->manifests = s->manifests_option;
                c->git = NULL;
        }
        *ret = STEAL(c);
        return 0;
}

static EngineConfig site_engine_config(const Site *s) {
        EngineConfig e = {
                .resync = s->played ? USEC_PER_DAY : s->config->resync, /* nobody else is at work there */
                .withdraw_after = s->config->withdraw_after,
                .max_cancel = s->config->max_cancel,
                .max_move = s->config->max_move,
                .build_date = s->played ? 0 : BUILD_DATE,
                .read_only = s->read_only,
                .look_only = s->look_only,
                .keep_texts = s->look_only ? SIZE_MAX : TEXTS_KEPT,
                .writes_blocked = s->other_machine,
        };

        if (!s->played && getrandom(&e.seed, sizeof(e.seed), GRND_NONBLOCK) < 0)
                e.seed = (uint64_t) getpid();
        return e;
}

/* ── tree ── */

const char *site_tree_path(const Site *s) {
        if (!s->config)
                return s->manifests_option;
        return s->config->git ? s->config->git : s->config->manifests;
}

static int site_open_tree(const Site *s, const Config *c, Tree **ret) {
        if (c && c->git)
                return tree_git(c->git, c->git_ref, c->git_path, ret);
        return tree_directory(c ? c->manifests : s->manifests_option, ret);
}

/* ── opening ── */

/* systemd gives several directories as one text; ours is the first. */
static char *first_directory(const char *variable) {
        const char *list = getenv(variable);

        return list && *list ? strndup(list, strcspn(list, ":")) : NULL;
}

char *control_path(const char *control, const char *state) {
        auto_(free) char *runtime = NULL;

        if (control)
                return strdup(control);
        if (state)
                return textf("%s/control", state);
        runtime = first_directory("RUNTIME_DIRECTORY");
        return runtime ? textf("%s/control", runtime) : strdup(CONTROL_DEFAULT);
}

char *state_path(const char *state) {
        char *first = state ? strdup(state) : first_directory("STATE_DIRECTORY");

        return first ? first : strdup(state ? state : STATE_DEFAULT);
}

static int copy_path(const char *given, const char *fallback, char **ret) {
        *ret = strdup(text_or(given, fallback));
        return *ret ? 0 : -ENOMEM;
}

static int site_paths(Site *s, const SiteOptions *o) {
        int r = copy_path(o->config, CONFIG_DEFAULT, &s->config_path);

        if (r >= 0 && o->manifests)
                r = copy_path(o->manifests, "", &s->manifests_option);
        s->state_dir = state_path(o->state);
        if (r < 0 || !s->state_dir)
                return -ENOMEM;
        s->arena = arena_new();
        s->drivers = s->arena ? config_drivers(s->arena) : NULL;
        return s->drivers ? 0 : -ENOMEM;
}

static char *config_folder(const char *path) {
        const char *slash = strrchr(path, '/');

        if (!slash)
                return strdup(".");
        return slash == path ? strdup("/") : strndup(path, (size_t) (slash - path));
}

/* The ledger and what it knows; a missing one is an empty one where only reading is wanted. */
static int site_open_ledger(Site *s, SiteLedger mode, Snapshot *ret, char **reterr) {
        LedgerMode m = mode == SITE_LEDGER_OWN ? LEDGER_OWN : LEDGER_READ;
        int r = ledger_open(s->state_dir, m, s->machine_id, &s->ledger, reterr);

        if (r == -ENOENT && m == LEDGER_READ) {
                free(*reterr);
                *reterr = NULL;
                return 0;
        }
        if (r < 0)
                return r;
        r = ledger_load(s->ledger, ret);
        if (r < 0) {
                *reterr = textf("%s: the ledger cannot be read: %s", s->state_dir, strerror(-r));
                return r;
        }
        memcpy(s->ledger_id, ret->ledger_id, sizeof(s->ledger_id));
        s->other_machine = *ret->machine_id && strcmp(ret->machine_id, s->machine_id) != 0;
        return 0;
}

/* The same plain data under two names: reconcile/ and schedule/ do not know each other. */
static int frozen_of(void *userdata, const char *manifest, Arena *a, Frozen **ret, size_t *ret_n, usec_t *ret_since) {
        const Site *s = userdata;
        EngineFrozen *from;
        Frozen *to;
        size_t n;
        int r = engine_frozen(s->engine, manifest, a, &from, &n, ret_since);

        if (r < 0)
                return r;
        to = arena_array(a, n + 1, sizeof(Frozen));
        if (!to)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                to[i] = (Frozen) { .occurrence = from[i].occurrence, .start = from[i].start, .end = from[i].end };
        *ret = to;
        *ret_n = n;
        return 0;
}

static int site_open_engine(Site *s, const Snapshot *snapshot, const SiteStage *stage) {
        EngineConfig e = site_engine_config(s);
        Now now = stage ? stage->now : now_read();
        int r = targetset_new(s->config, s->ledger_id, &s->targets);

        for (size_t i = 0; stage && r >= 0 && i < s->targets->n; i++)
                r = stage->cast(stage->userdata, s->targets->items[i]);
        if (r >= 0)
                r = engine_new(&e, snapshot, now, &s->engine);
        if (r < 0)
                return r;
        desired_set_frozen(s->desired, frozen_of, s);
        return engine_told_targets(s->engine, now, s->targets->items, s->targets->n);
}

static int site_open_manifests(Site *s, const Snapshot *snapshot, char **reterr) {
        auto_(tree_free) Tree *tree = NULL;
        int r = zones_new(NULL, &s->zones);

        if (r < 0) {
                *reterr = textf("the time zone database cannot be read (package tzdata): %s", strerror(-r));
                return r;
        }
        r = site_open_tree(s, s->config, &tree);
        if (r < 0) {
                *reterr = textf("%s: %s", text_or(site_tree_path(s), "no manifest directory: give --manifests DIR or a config"),
                                r == -EOPNOTSUPP ? "this maintd was built without libgit2 and reads directories alone" : strerror(-r));
                return r;
        }
        r = desired_new(STEAL(tree), s->config, s->zones, &s->desired);
        if (r < 0)
                return r;
        return desired_seed(s->desired, snapshot->manifests, snapshot->n_manifests, &s->config_diags);
}

static int site_open_all(Site *s, const SiteOptions *o, Snapshot *opened, Diagnostics *diags, char **reterr) {
        const Snapshot *snapshot = o->stage ? o->stage->known : opened;
        auto_(free) char *folder = NULL;
        int r = site_paths(s, o);

        if (r < 0)
                return r;
        machine_id_read(s->machine_id);
        s->config_hash = file_hash(s->config_path);
        r = site_read_config(s, o->config_optional, diags, &s->config);
        if (r < 0)
                return r;
        if (!s->config && (o->ledger != SITE_LEDGER_NONE || o->stage))
                return -EINVAL;
        if (!s->config && !s->manifests_option) {
                *reterr = textf("there is no %s: give --manifests DIR, or --config FILE", s->config_path);
                return -ENOENT;
        }
        folder = config_folder(s->config_path);
        r = folder ? secrets_new(folder, &s->secrets) : -ENOMEM;
        if (r >= 0 && o->ledger != SITE_LEDGER_NONE)
                r = site_open_ledger(s, o->ledger, opened, reterr);
        else if (r >= 0 && o->stage)
                memcpy(s->ledger_id, snapshot->ledger_id, sizeof(s->ledger_id));
        if (r >= 0)
                r = site_open_manifests(s, snapshot, reterr);
        if (r >= 0 && (o->ledger != SITE_LEDGER_NONE || o->stage))
                r = site_open_engine(s, snapshot, o->stage);
        return r;
}

int site_open(const SiteOptions *o, Diagnostics *diags, Site **ret, char **reterr) {
        auto_(site_free) Site *s = calloc(1, sizeof(Site));
        Snapshot snapshot = { 0 };
        int r;

        *reterr = NULL;
        if (!s)
                return -ENOMEM;
        s->writable = o->ledger == SITE_LEDGER_OWN;
        s->played = o->stage;
        s->read_only = !s->writable && !s->played;
        s->look_only = o->look_only;
        r = site_open_all(s, o, &snapshot, diags, reterr);
        snapshot_done(&snapshot);
        if (r < 0)
                return r;
        *ret = STEAL(s);
        return 0;
}

Site *site_free(Site *s) {
        if (!s)
                return NULL;
        engine_free(s->engine);
        targetset_free(s->targets);
        desired_free(s->desired);
        zones_free(s->zones);
        ledger_free(s->ledger);
        secrets_free(s->secrets);
        config_free(s->config);
        diagnostics_done(&s->diags);
        diagnostics_done(&s->config_diags);
        arena_free(s->arena);
        free(s->config_path);
        free(s->manifests_option);
        free(s->state_dir);
        free(s->last_error);
        free(s);
        return NULL;
}

/* ── reload ── */

int site_reconfigure(Site *s, Now now, Diagnostics *diags) {
        auto_(config_free) Config *c = NULL;
        auto_(targetset_free) TargetSet *targets = NULL;
        auto_(tree_free) Tree *tree = NULL;
        uint64_t hash = file_hash(s->config_path);
        EngineConfig e;
        int r;

        if (hash != 0 && hash == s->config_hash)
                return 0;
        r = site_read_config(s, false, diags, &c);
        if (r >= 0)
                r = targetset_new(c, s->ledger_id, &targets);
        if (r >= 0)
                r = site_open_tree(s, c, &tree);
        if (r >= 0)
                r = desired_configure(s->desired, STEAL(tree), c);
        if (r < 0)
                return r;
        /* From here on the new config is in force; the old one lives until nothing borrows from it. */
        { Config *old = s->config; s->config = STEAL(c); c = old; }
        s->config_hash = hash;
        e = site_engine_config(s);
        engine_told_config(s->engine, &e);
        r = engine_told_targets(s->engine, now, targets->items, targets->n);
        { TargetSet *old = s->targets; s->targets = STEAL(targets); targets = old; }
        return r < 0 ? r : 1;
}

/* ── loading ── */

static SetStatus set_status(DesiredStatus d) {
        switch (d) {
        case DESIRED_LAST_GOOD:
                return SET_LAST_GOOD;
        case DESIRED_MISSING:
                return SET_MISSING;
        case DESIRED_GOOD:
        default:
                return SET_GOOD;
        }
}

/* Tell the engine, then let go of what is gone for good: in this order, so that a deletion is always seen as one. */
static int site_tell(Site *s, Now now, const DesiredLoad *l, bool fresh) {
        auto_(arena_free) Arena *a = arena_new();
        LoadedSet *sets = a ? arena_array(a, l->n_sets + 1, sizeof(LoadedSet)) : NULL;
        const char **gone = a ? arena_array(a, l->n_sets + 1, sizeof(char *)) : NULL;
        size_t n = 0, n_gone = 0;
        Loaded loaded;
        int r;

        if (!sets || !gone)
                return -ENOMEM;
        for (size_t i = 0; i < l->n_sets; i++) {
                const DesiredSet *d = &l->sets[i];

                if (d->status == DESIRED_MISSING && !engine_needs(s->engine, d->set->manifest)) {
                        gone[n_gone] = arena_strdup(a, d->set->manifest);
                        if (!gone[n_gone++])
                                return -ENOMEM;
                        if (!fresh)
                                continue;
                }
                sets[n++] = (LoadedSet) { .set = d->set, .status = set_status(d->status) };
        }
        loaded = (Loaded) {
                .sets = sets, .n = n, .may_withdraw = l->may_withdraw && !s->hold, .fresh = fresh, .reload = s->loaded,
        };
        r = engine_told_windows(s->engine, now, &loaded);
        if (r >= 0)
                desired_drop_docs(s->desired);
        for (size_t i = 0; loaded.may_withdraw && i < n_gone; i++)
                desired_forget(s->desired, gone[i]);
        return r;
}

int site_load(Site *s, Now now, bool hold) {
        DesiredLoad l;
        int r;

        diagnostics_done(&s->diags);
        s->diags = (Diagnostics) { 0 };
        free(s->last_error);
        s->last_error = NULL;
        s->hold = hold;
        r = desired_load(s->desired, now.real, &s->diags, &l);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                s->last_error = r == -ENODATA
                        ? textf("%s: no manifest where there were some: nothing is withdrawn; delete the last one with `state: cancelled`",
                                text_or(site_tree_path(s), "?"))
                        : textf("%s: cannot be read, so nothing changes: %s", text_or(site_tree_path(s), "?"), strerror(-r));
                if (!s->last_error)
                        return -ENOMEM;
                diagnostics_drop(&s->diags, ""); /* the same, without the path */
        }
        if (s->engine) {
                int k = site_tell(s, now, &l, true);

                if (k < 0)
                        return k;
        }
        s->loaded |= r >= 0;
        s->last = l;
        (void) malloc_trim(0); /* what parsing took for a moment is not needed until the next load */
        return 0;
}

int site_advance(Site *s, Now now) {
        DesiredLoad l;
        int r = desired_advance(s->desired, now.real, &l);

        return r < 0 ? r : site_tell(s, now, &l, false);
}

usec_t site_next(const Site *s) {
        return desired_next(s->desired);
}
