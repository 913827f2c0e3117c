/*
 * World: four steps for ever — commit, send, log, sleep — on a virtual clock
 */
#include "world.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

#define LATENCY (20 * USEC_PER_MSEC)
#define TIMEOUT (10 * USEC_PER_SEC)

usec_t at(const char *rfc3339) {
        usec_t t = 0;

        if (rfc3339_parse(rfc3339, &t) < 0) {
                (void) fprintf(stderr, "not a time: %s\n", rfc3339);
                abort();
        }
        return t;
}

Now world_now(const World *w) {
        return (Now) { w->real, w->boot };
}

uint64_t world_random(World *w, uint64_t below) {
        w->rng = hash_u64(w->rng, 1);
        return below ? w->rng % below : 0;
}

static bool chance(World *w, unsigned per_mille) {
        bool hit = per_mille && world_random(w, 1000) < per_mille;

        w->injected += hit;
        return hit;
}

/* ── manifests in memory ───────────────────────────────────────────────────────────────────────────────────── */

typedef struct MemTree { Tree tree; World *w; } MemTree;

static int compare_files(const void *a, const void *b) {
        return strcmp(((const TreeFile *) a)->path, ((const TreeFile *) b)->path);
}

static int mem_list(Tree *t, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        World *w = ((MemTree *) t)->w;
        TreeFile *files = arena_array(a, ARRAY_SIZE(w->files), sizeof(*files));
        size_t n = 0;

        if (w->tree_broken) {
                *reterr = strdup("the directory is gone");
                return -ENOENT;
        }
        for (size_t k = 0; k < ARRAY_SIZE(w->files); k++)
                if (w->files[k][0])
                        files[n++] = (TreeFile) { .path = arena_strdup(a, w->files[k][0]), .stamp = { hash_text(HASH_SEED, w->files[k][1]) } };
        qsort(files, n, sizeof(*files), compare_files);
        *ret = files;
        *ret_n = n;
        return 0;
}

static int mem_read(Tree *t, const char *path, size_t max, char **ret, size_t *ret_n) {
        World *w = ((MemTree *) t)->w;

        for (size_t k = 0; k < ARRAY_SIZE(w->files); k++)
                if (w->files[k][0] && strcmp(w->files[k][0], path) == 0) {
                        *ret = strdup(w->files[k][1]);
                        *ret_n = strlen(*ret);
                        return *ret_n > max ? -EFBIG : 0;
                }
        return -ENOENT;
}

static const char *mem_commit(Tree *t) {
        return "";
}

static Tree *mem_free(Tree *t) {
        free(t);
        return NULL;
}

static Tree *mem_new(World *w) {
        static const TreeOps ops = { mem_list, mem_read, mem_commit, mem_free };
        MemTree *t = calloc(1, sizeof(*t));

        assert(t);
        t->tree.ops = &ops;
        t->w = w;
        return &t->tree;
}

void world_write(World *w, const char *path, const char *text) {
        size_t free_slot = SIZE_MAX, k;

        for (k = 0; k < ARRAY_SIZE(w->files); k++) {
                if (!w->files[k][0])
                        free_slot = MIN(free_slot, k);
                else if (strcmp(w->files[k][0], path) == 0)
                        break;
        }
        if (k == ARRAY_SIZE(w->files)) {
                if (!text)
                        return;
                k = free_slot;
                assert(k < ARRAY_SIZE(w->files));
                w->files[k][0] = strdup(path);
        }
        free(w->files[k][1]);
        w->files[k][1] = text ? strdup(text) : NULL;
        if (!text) {
                free(w->files[k][0]);
                w->files[k][0] = NULL;
        }
}

void world_writef(World *w, const char *path, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                abort();
        va_end(ap);
        world_write(w, path, text);
}

/* ── history ───────────────────────────────────────────────────────────────────────────────────────────────── */

printf_(2, 3) static void tell(World *w, const char *fmt, ...) {
        char t[RFC3339_SIZE];
        va_list ap;

        (void) fprintf(w->log, "%s ", rfc3339_format(w->real, t));
        va_start(ap, fmt);
        (void) vfprintf(w->log, fmt, ap);
        va_end(ap);
        (void) fputc('\n', w->log);
}

size_t world_said_times(const World *w, const char *text) {
        size_t n = 0;

        (void) fflush(w->log);
        for (const char *p = w->history; p && (p = strstr(p, text)); p++)
                n++;
        return n;
}

bool world_said(const World *w, const char *text) {
        return world_said_times(w, text) > 0;
}

void world_forget_said(World *w) {
        (void) fclose(w->log);
        free(w->history);
        w->history = NULL;
        w->log = open_memstream(&w->history, &w->n_history);
}

/* ── config ────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const common =
        "manifests: /manifests\n"
        "services:\n"
        "  api: {title: API}\n"
        "  database: {title: Database}\n"
        "  web: {title: Web}\n"
        "  mail: {title: Mail}\n";
static const char *const page = "  public: {type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t}\n";
static const char *const alerts =
        "  alerts:\n"
        "    type: alertmanager\n"
        "    url: http://127.0.0.1:2\n"
        "    services:\n"
        "      api: {matchers: {service: api}}\n"
        "      database: {matchers: {service: db}}\n";

static void load_config(World *w, bool both, const char *extra) {
        ConfigDriver known[8] = { 0 };
        Diagnostics diags = { 0 };
        const char *tail = strstr(extra, "targets:");

        for (size_t n = 0; drivers[n]; n++)
                known[n] = (ConfigDriver) { drivers[n]->name, drivers[n]->options, drivers[n]->matchers };
        free(w->config_text);
        w->config_text = textf("%s%s%s%s%s", common, extra, tail ? "" : "targets:\n", tail ? "" : page, tail || !both ? "" : alerts);
        w->config = config_free(w->config);
        if (config_parse("maintd.yaml", w->config_text, strlen(w->config_text), known, &diags, &w->config) < 0) {
                for (size_t n = 0; n < diags.n; n++)
                        (void) fprintf(stderr, "%s:%u: %s\n", diags.items[n].file, diags.items[n].line, diags.items[n].message);
                abort();
        }
        diagnostics_done(&diags);
}

static void make_targets(World *w) {
        for (unsigned n = 0; n < w->n_targets; n++)
                target_done(&w->targets[n]);
        w->n_targets = 0;
        for (size_t n = 0; n < w->config->n_targets; n++) {
                const ConfigTarget *c = &w->config->targets[n];
                Target *t = &w->targets[n];

                *t = (Target) {
                        .name = c->name, .type = c->type, .url = c->url, .token = c->token, .page = c->page, .retire = c->retire,
                        .identity = strcmp(c->type, "kodo") == 0 ? "kodo page" : "alertmanager alerts",
                        .instance = w->config->instance, .ledger_id = w->ledger_id, .timeout = TIMEOUT, .driver = driver_find(c->type),
                        .services = w->services[n], .reads_per_min = c->reads_per_min, .writes_per_min = c->writes_per_min,
                };
                for (size_t k = 0; k < w->config->n_services; k++) {
                        const ConfigService *s = &w->config->services[k];
                        ServiceMap *m = &w->services[n][t->n_services++];

                        *m = (ServiceMap) { .service = s->name, .title = s->title };
                        for (size_t j = 0; j < c->n_services; j++)
                                if (strcmp(c->services[j].service, s->name) == 0) {
                                        m->name = c->services[j].name;
                                        m->id = c->services[j].id;
                                        m->matchers = c->services[j].matchers;
                                }
                }
                w->n_targets++;
        }
}

static EngineConfig engine_config(World *w) {
        return (EngineConfig) {
                .resync = w->config->resync, .withdraw_after = w->config->withdraw_after, .max_cancel = w->config->max_cancel,
                .max_move = w->config->max_move, .build_date = MAX(w->build_date, (usec_t) 1), .read_only = w->read_only, .seed = world_random(w, 0) + w->rng,
        };
}

static void tell_targets(World *w) {
        Target *list[WORLD_TARGETS];

        for (unsigned n = 0; n < w->n_targets; n++)
                list[n] = &w->targets[n];
        if (engine_told_targets(w->engine, world_now(w), list, w->n_targets) < 0)
                abort();
}

/* ── the four steps ────────────────────────────────────────────────────────────────────────────────────────── */

static bool point(World *w) {
        if (++w->points == w->crash_at)
                w->crashed = true;
        return w->crashed;
}

static RemoteModel *model_of(World *w, const Request *r, unsigned *ret) {
        *ret = strcmp(r->target->type, "kodo") == 0 ? 0 : 1;
        return w->models[*ret];
}

static Fate choose_fate(World *w, bool write) {
        if (chance(w, w->faults.not_sent))
                return FATE_NOT_SENT;
        if (chance(w, w->faults.lost))
                return FATE_LOST;
        if (chance(w, w->faults.answer_lost))
                return FATE_ANSWER_LOST;
        if (write && chance(w, w->faults.twice))
                return FATE_TWICE;
        return chance(w, w->faults.slow) ? FATE_SLOW : FATE_FINE;
}

static const char *const *copy_headers(Arena *a, const char *const *headers) {
        const char **copy;
        size_t n = 0;

        while (headers && headers[n])
                n++;
        copy = arena_array(a, n + 1, sizeof(*copy));
        for (size_t k = 0; k < n; k++)
                copy[k] = arena_strdup(a, headers[k]);
        return copy;
}

static void send_request(World *w, const Request *r) {
        Pending *p = calloc(1, sizeof(*p)), **end;

        assert(p);
        p->arena = arena_new();
        p->serial = r->serial;
        p->request = *r;
        p->request.method = arena_strdup(p->arena, r->method);
        p->request.path = arena_strdup(p->arena, r->path);
        p->request.headers = copy_headers(p->arena, r->headers);
        p->request.body = r->body ? arena_strndup(p->arena, r->body, r->n_body) : NULL;
        (void) model_of(w, r, &p->target);
        p->sent = w->real;
        p->fate = w->down[p->target] ? FATE_NOT_SENT : choose_fate(w, r->intent != 0);
        p->effect = p->fate == FATE_NOT_SENT || p->fate == FATE_LOST ? 0 : w->boot + LATENCY + world_random(w, LATENCY);
        if (p->fate == FATE_SLOW)
                p->effect += world_random(w, 2 * TIMEOUT);
        p->answer = p->fate == FATE_NOT_SENT ? w->boot + LATENCY : p->fate == FATE_FINE || p->fate == FATE_TWICE ? p->effect + LATENCY : w->boot + TIMEOUT;
        if (p->fate == FATE_SLOW)
                p->answer = MIN(p->effect + LATENCY, w->boot + TIMEOUT);
        for (end = &w->pending; *end; end = &(*end)->next)
                ;
        *end = p;
        w->requests++;
        w->writes += r->intent != 0;
        if (r->intent)
                tell(w, "  → %s %s%s %s", r->method, r->target->name, r->path, p->fate == FATE_FINE ? "" : p->fate == FATE_NOT_SENT ? "(not sent)" : p->fate == FATE_LOST ? "(lost)" : p->fate == FATE_ANSWER_LOST ? "(answer lost)" : p->fate == FATE_TWICE ? "(twice)" : "(slow)");
}

static void log_events(World *w, const Turn *t) {
        char key[KEY_SIZE];

        for (size_t n = 0; n < t->n_events; n++) {
                const Event *e = &t->events[n];

                tell(w, "%s%s%s%s: %s%s", e->target, *e->target ? " " : "", key_format(e->key, key), "", e->text,
                     e->late > USEC_PER_SEC ? " (late)" : "");
                /* As the journal does: a window that is gone by now is found by the sanitizer. */
                assert(!e->window || (*e->window->title && e->window->start < e->window->end));
        }
}

/* Returns false when the process has crashed. */
static bool turn(World *w) {
        bool committed = true;
        Turn t;
        int r = engine_ask(w->engine, world_now(w), &t);

        assert(r >= 0);
        w->steps++;
        if (t.n_entries > 0) {
                int error = 0;

                if (point(w))
                        return false;
                if (chance(w, w->faults.commit))
                        ledger_model_fail(w->ledger, -ENOSPC, 1);
                error = ledger_commit(w->ledger, t.entries, t.n_entries);
                if (point(w))
                        return false;
                log_events(w, &t);
                committed = error >= 0;
                if (committed && w->committed)
                        w->committed(w->userdata, t.entries, t.n_entries);
                for (size_t n = 0; n < t.n_requests; n++)
                        if (t.requests[n].intent == 0 || committed) {
                                send_request(w, &t.requests[n]);
                                if (point(w))
                                        return false;
                        }
                w->wake_real = t.wake_real;
                w->wake_boot = t.wake_boot;
                r = engine_told_committed(w->engine, world_now(w), t.serial, error);
                assert(r >= 0);
                if (!committed)
                        w->wake_boot = w->boot; /* ask again for its own retry time */
                return true;
        }
        log_events(w, &t);
        for (size_t n = 0; n < t.n_requests; n++)
                send_request(w, &t.requests[n]);
        w->wake_real = t.wake_real;
        w->wake_boot = t.wake_boot;
        return true;
}

static bool is_stale(World *w, unsigned n) {
        if (w->stale[n] && w->boot >= w->stale_until[n]) {
                json_decref(w->stale[n]);
                w->stale[n] = NULL;
        }
        return w->stale[n];
}

static Response serve_as_of(World *w, Pending *p) {
        RemoteModel *m = w->models[p->target];
        json_t *now = m->objects;
        Response r;

        if (is_stale(w, p->target) && strcmp(p->request.method, "GET") == 0)
                m->objects = w->stale[p->target];
        r = remote_model_serve(m, &p->request, w->real, p->arena);
        m->objects = now;
        return r;
}

/* What was done is done; what is said about it is of no use. */
static void mangle(World *w, Pending *p) {
        static const char *const absurd[] = { "", "{}", "[]", "null", "{\"maintenance\":{}}", "{\"id\":7,\"status\":[]}", "[[[[[[[[[[", "<html>", "\xff\xfe" };
        unsigned n = (unsigned) world_random(w, ARRAY_SIZE(absurd) + 3);

        if (n < ARRAY_SIZE(absurd)) {
                p->response.body = absurd[n];
                p->response.n_body = strlen(absurd[n]);
        } else if (p->response.n_body)
                p->response.n_body = (size_t) world_random(w, p->response.n_body);
}

static void serve(World *w, Pending *p) {
        static const unsigned refusals[] = { 400, 401, 403, 404, 409, 413, 422 };
        RemoteModel *m = w->models[p->target];

        p->effect = 0;
        m->sent = p->sent;
        if (w->down[p->target]) {
                p->fate = FATE_LOST;
                return;
        }
        if (chance(w, w->faults.error500))
                m->broken = 1;
        else if (chance(w, w->faults.limited))
                m->limit = 1;
        else if (chance(w, w->faults.garbage))
                m->garbage = 1;
        else if (chance(w, w->faults.refused))
                m->refuse = refusals[world_random(w, ARRAY_SIZE(refusals))];
        p->response = serve_as_of(w, p);
        if (p->fate == FATE_TWICE)
                (void) serve_as_of(w, p);
        /* Hosted Kodo is known by not being maintd-page: what the very first question brings is believed. */
        if (*p->request.path && chance(w, w->faults.mangled))
                mangle(w, p);
        m->broken = m->limit = m->garbage = m->refuse = 0;
        m->sent = 0;
}

static void pending_free(World *w, Pending *p) {
        Pending **q = &w->pending;

        while (*q != p)
                q = &(*q)->next;
        *q = p->next;
        (void) arena_free(p->arena);
        free(p);
}

static bool answer_now(World *w, Pending *p) {
        int r = 0;

        if (!p->dropped && w->engine) {
                bool answered = p->effect == 0 && p->response.status && (p->fate == FATE_FINE || p->fate == FATE_TWICE || p->fate == FATE_SLOW);

                if (answered)
                        r = engine_told_response(w->engine, world_now(w), p->serial, &p->response);
                else
                        r = engine_told_failure(w->engine, world_now(w), p->serial, p->fate == FATE_NOT_SENT ? FAILURE_NOT_SENT : FAILURE_MAYBE_SENT,
                                                p->fate == FATE_NOT_SENT ? "connection refused" : "timed out");
                assert(r >= 0);
        }
        p->answer = 0;
        if (p->effect == 0)
                pending_free(w, p);
        else
                p->dropped = true; /* the server will still act */
        return point(w);
}

/* The next thing that happens by itself: *ret_p with its effect or answer, or NULL for a wake-up of the engine. */
static usec_t next_event(World *w, Pending **ret_p) {
        usec_t next = USEC_INFINITY;

        *ret_p = NULL;
        for (Pending *p = w->pending; p; p = p->next) {
                usec_t t = p->effect ? p->effect : p->answer;

                if (p->answer && p->effect)
                        t = MIN(p->effect, p->answer);
                if (t < next) {
                        next = t;
                        *ret_p = p;
                }
        }
        if (w->engine) {
                usec_t wake = w->wake_boot;

                if (w->wake_real != USEC_INFINITY)
                        wake = MIN(wake, w->wake_real > w->real ? w->boot + (w->wake_real - w->real) : w->boot);
                if (wake < next) {
                        next = MAX(wake, w->boot);
                        *ret_p = NULL;
                }
        }
        return next;
}

static void restart_after_crash(World *w) {
        w->crash_at = 0;
        world_crash(w);
        w->real += USEC_PER_SEC;
        w->boot += USEC_PER_SEC;
        world_start(w);
}

static void advance(World *w) {
        DesiredLoad d;

        if (!w->engine || desired_next(w->desired) > w->real)
                return;
        if (desired_advance(w->desired, w->real, &d) >= 0) {
                LoadedSet *sets = calloc(MAX(d.n_sets, (size_t) 1), sizeof(*sets));
                Loaded l = { .sets = sets, .n = d.n_sets, .may_withdraw = d.may_withdraw && !w->unsettled, .reload = true };

                for (size_t n = 0; n < d.n_sets; n++)
                        sets[n] = (LoadedSet) { d.sets[n].set, (SetStatus) d.sets[n].status };
                if (engine_told_windows(w->engine, world_now(w), &l) < 0)
                        abort();
                free(sets);
        }
}

/* One event, not later than @until (boot). False: there is none. */
static bool step(World *w, usec_t until) {
        usec_t expand = w->engine ? desired_next(w->desired) : USEC_INFINITY;
        Pending *p;
        usec_t t = next_event(w, &p);

        if (expand != USEC_INFINITY) {
                usec_t e = expand > w->real ? w->boot + (expand - w->real) : w->boot;

                if (e < t) {
                        t = e;
                        p = NULL;
                }
        }
        if (t > until || t == USEC_INFINITY)
                return false;
        if (t > w->boot) {
                w->real += t - w->boot;
                w->boot = t;
        }
        if (p && p->effect && (!p->answer || p->effect <= p->answer)) {
                serve(w, p);
                w->crashed |= point(w);
                if (p->answer == 0)
                        pending_free(w, p);
        } else if (p) {
                (void) answer_now(w, p);
        }
        advance(w);
        if (w->engine && !w->crashed && !turn(w))
                w->crashed = true;
        if (w->crashed) {
                w->crashed = false;
                restart_after_crash(w);
        }
        return true;
}

void world_until(World *w, usec_t t) {
        usec_t until = t > w->real ? w->boot + (t - w->real) : w->boot;
        unsigned spins = 0;
        usec_t last = 0;

        while (step(w, until)) {
                spins = w->boot == last ? spins + 1 : 0;
                last = w->boot;
                if (spins > 100000) {
                        (void) fflush(w->log);
                        (void) fprintf(stderr, "%s\nspinning\n", w->history);
                        abort();
                }
        }
        if (w->boot < until) {
                w->real += until - w->boot;
                w->boot = until;
        }
        if (!w->down[0])
                remote_model_tick(w->models[0], w->real);
}

void world_for(World *w, usec_t span) {
        world_until(w, w->real + span);
}

bool world_settle(World *w, usec_t span) {
        usec_t until = w->boot + span;

        do {
                if (w->engine && engine_settled(w->engine, world_now(w)) && !w->pending)
                        return true;
        } while (step(w, until));
        return w->engine && engine_settled(w->engine, world_now(w));
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────────────────── */

World *world_new(uint64_t seed, usec_t start, bool both, const char *extra) {
        World *w = calloc(1, sizeof(*w));

        assert(w);
        w->rng = hash_u64(seed, 0x5eed);
        w->real = start;
        w->boot = 1000 * USEC_PER_SEC;
        w->log = open_memstream(&w->history, &w->n_history);
        w->machine = "0123456789abcdef0123456789abcdef";
        if (zones_new(NULL, &w->zones) < 0)
                abort();
        w->ledger_id = "00112233445566aa";
        w->ledger = ledger_model_new(w->ledger_id, w->machine);
        w->models[0] = remote_model_new(MODEL_PAGE);
        w->models[1] = remote_model_new(MODEL_ALERTMANAGER);
        load_config(w, both, extra);
        return w;
}

static int frozen(void *userdata, const char *manifest, Arena *a, Frozen **ret, size_t *ret_n, usec_t *ret_since) {
        World *w = userdata;
        EngineFrozen *f;
        int r = engine_frozen(w->engine, manifest, a, &f, ret_n, ret_since);

        if (r < 0)
                return r;
        *ret = arena_array(a, *ret_n + 1, sizeof(**ret));
        for (size_t n = 0; n < *ret_n; n++)
                (*ret)[n] = (Frozen) { f[n].occurrence, f[n].start, f[n].end };
        return 0;
}

static void load(World *w) {
        DesiredLoad d;
        int r;

        diagnostics_done(&w->diags);
        w->diags = (Diagnostics) { 0 };
        r = desired_load(w->desired, w->real, &w->diags, &d);
        for (size_t n = 0; n < w->diags.n; n++)
                tell(w, "%s:%u:%u: %s: %s", w->diags.items[n].file, w->diags.items[n].line, w->diags.items[n].column,
                     w->diags.items[n].severity == SEVERITY_ERROR ? "error" : "warning", w->diags.items[n].message);
        if (r < 0)
                tell(w, "load failed: %s", strerror(-r));
        LoadedSet *sets = calloc(MAX(d.n_sets, (size_t) 1), sizeof(*sets));
        Loaded l = { .sets = sets, .n = d.n_sets, .may_withdraw = d.may_withdraw && !w->unsettled, .fresh = true, .reload = w->first_load_done };

        for (size_t n = 0; n < d.n_sets; n++)
                sets[n] = (LoadedSet) { d.sets[n].set, (SetStatus) d.sets[n].status };
        if (engine_told_windows(w->engine, world_now(w), &l) < 0)
                abort();
        free(sets);
        d.sets = NULL;
        w->loaded = d;
        w->first_load_done = true;
        w->wake_boot = w->boot;
}

void world_start(World *w) {
        Snapshot s = { 0 };
        EngineConfig c = engine_config(w);

        tell(w, "-- start");
        if (ledger_load(w->ledger, &s) < 0)
                abort();
        c.writes_blocked = strcmp(s.machine_id, w->machine) != 0;
        if (engine_new(&c, &s, world_now(w), &w->engine) < 0 || desired_new(mem_new(w), w->config, w->zones, &w->desired) < 0)
                abort();
        desired_set_frozen(w->desired, frozen, w);
        if (desired_seed(w->desired, s.manifests, s.n_manifests, NULL) < 0)
                abort();
        make_targets(w);
        tell_targets(w);
        w->first_load_done = false;
        load(w);
        snapshot_done(&s);
}

static void drop_process(World *w) {
        Pending *next;

        w->engine = engine_free(w->engine);
        w->desired = desired_free(w->desired);
        for (Pending *p = w->pending; p; p = next) {
                next = p->next;
                p->dropped = true;
                p->answer = 0;
                if (p->effect == 0)
                        pending_free(w, p);
        }
}

void world_crash(World *w) {
        tell(w, "-- crash");
        w->crashes++;
        drop_process(w);
        ledger_model_crash(w->ledger, world_random(w, ledger_model_unsynced(w->ledger) + 1));
}

void world_new_ledger(World *w, const char *ledger_id) {
        tell(w, "-- a new ledger");
        w->ledger = ledger_free(w->ledger);
        w->ledger_id = ledger_id;
        w->ledger = ledger_model_new(ledger_id, w->machine);
}

void world_stop(World *w) {
        engine_told_stop(w->engine);
        world_for(w, TIMEOUT);
        tell(w, "-- stop");
        drop_process(w);
}

void world_reload(World *w) {
        tell(w, "-- reload");
        if (engine_told_reload(w->engine, world_now(w)) < 0)
                abort();
        load(w);
}

void world_config(World *w, const char *extra) {
        EngineConfig c;
        Config *old = STEAL(w->config);

        load_config(w, w->n_targets > 1, extra);
        tell(w, "-- config");
        if (desired_configure(w->desired, mem_new(w), w->config) < 0)
                abort();
        config_free(old);
        c = engine_config(w);
        engine_told_config(w->engine, &c);
        /* The engine lets go of the old descriptions before they are freed. */
        if (engine_told_targets(w->engine, world_now(w), NULL, 0) < 0)
                abort();
        make_targets(w);
        tell_targets(w);
        world_reload(w);
}

World *world_free(World *w) {
        if (!w)
                return NULL;
        drop_process(w);
        while (w->pending)
                pending_free(w, w->pending);
        for (unsigned n = 0; n < w->n_targets; n++)
                target_done(&w->targets[n]);
        for (size_t n = 0; n < WORLD_TARGETS; n++) {
                w->models[n] = remote_model_free(w->models[n]);
                json_decref(w->stale[n]);
        }
        for (size_t k = 0; k < ARRAY_SIZE(w->files); k++) {
                free(w->files[k][0]);
                free(w->files[k][1]);
        }
        w->config = config_free(w->config);
        free(w->config_text);
        w->ledger = ledger_free(w->ledger);
        w->zones = zones_free(w->zones);
        diagnostics_done(&w->diags);
        (void) fclose(w->log);
        free(w->history);
        free(w);
        return NULL;
}

void world_sleep(World *w, usec_t span) {
        tell(w, "-- asleep");
        w->real += span;
        w->boot += span;
        tell(w, "-- awake");
}

void world_stale(World *w, unsigned n, usec_t span) {
        tell(w, "-- target %u reads from a replica", n);
        json_decref(w->stale[n]);
        w->stale[n] = remote_model_backup(w->models[n]);
        w->stale_until[n] = w->boot + span;
}

void world_step_clock(World *w, int64_t by, bool synchronised) {
        w->real = by < 0 ? w->real - (usec_t) -by : w->real + (usec_t) by;
        tell(w, "-- clock stepped");
        if (w->engine && engine_told_clock(w->engine, world_now(w), by, synchronised) < 0)
                abort();
        w->wake_boot = w->boot;
}

void world_adopt(World *w, const char *target) {
        tell(w, "-- adopt %s", target ? target : "--all");
        if (engine_told_adopt(w->engine, world_now(w), target) < 0)
                abort();
        if (!target)
                ledger_model_adopt_machine(w->ledger, w->machine);
        w->wake_boot = w->boot;
}

typedef struct DigestOf { const char *target; uint64_t digest; } DigestOf;

static int find_digest(void *userdata, const TargetStatus *s) {
        DigestOf *d = userdata;

        if (strcmp(s->name, d->target) == 0)
                d->digest = s->digest;
        return 0;
}

int world_approve(World *w, const char *target) {
        DigestOf d = { target, 0 };

        tell(w, "-- approve %s", target);
        if (engine_each_target(w->engine, find_digest, &d) < 0)
                abort();
        w->wake_boot = w->boot;
        return d.digest ? engine_told_approval(w->engine, world_now(w), d.digest) : -ENOENT;
}

typedef struct StatusOf { const char *window, *target; WindowStatus *ret; bool found; char problem[512], id[64], what[32]; } StatusOf;
static StatusOf status_of;

static int find_status(void *userdata, const WindowStatus *s) {
        StatusOf *q = userdata;
        char key[KEY_SIZE];

        if (strcmp(key_format(s->key, key), q->window) != 0 || strcmp(s->target, q->target) != 0)
                return 0;
        q->found = true;
        *q->ret = *s;
        (void) snprintf(q->problem, sizeof(q->problem), "%s", s->problem);
        (void) snprintf(q->id, sizeof(q->id), "%s", s->remote_id);
        (void) snprintf(q->what, sizeof(q->what), "%s", s->next_what);
        q->ret->problem = q->problem;
        q->ret->remote_id = q->id;
        q->ret->next_what = q->what;
        return 0;
}

bool world_status(World *w, const char *window, const char *target, WindowStatus *ret) {
        status_of = (StatusOf) { .window = window, .target = target, .ret = ret };
        if (engine_each(w->engine, world_now(w), find_status, &status_of) < 0)
                abort();
        return status_of.found;
}
