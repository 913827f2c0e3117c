/*
 * Targets: the table of drivers, and names of services
 *
 * A manifest names services of the catalogue; a target knows them by ids of its own. What the config says comes first, then
 * what the target itself listed. A name that could mean two things means nothing: the window is not published there, and
 * the text says which entry in the config settles it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/codec.h"

const Driver *const drivers[] = { &driver_alertmanager, &driver_kodo, NULL };

const Driver *driver_find(const char *name) {
        for (const Driver *const *d = drivers; *d; d++)
                if (strcmp((*d)->name, name) == 0)
                        return *d;
        return NULL;
}

static int map_compare(const void *key, const void *entry) {
        return strcmp(key, ((const ServiceMap *) entry)->service);
}

const ServiceMap *target_service_map(const Target *t, const char *service) {
        return t->n_services ? bsearch(service, t->services, t->n_services, sizeof(*t->services), map_compare) : NULL;
}

typedef bool (*Match)(const RemoteService *r, const char *name);

static bool match_id(const RemoteService *r, const char *name) {
        return strcmp(r->id, name) == 0;
}

static bool match_grouped(const RemoteService *r, const char *name) {
        size_t n = r->group ? strlen(r->group) : 0;

        return n > 0 && strncmp(name, r->group, n) == 0 && name[n] == '/' && strcmp(name + n + 1, r->name) == 0;
}

static bool match_name(const RemoteService *r, const char *name) {
        return strcmp(r->name, name) == 0;
}

/* How many have that name, by the first rule that finds any; *ret is one of them. */
static size_t lookup(const Target *t, const char *kind, const char *name, const RemoteService **ret) {
        static const Match rules[] = { match_id, match_grouped, match_name };
        size_t found = 0;

        for (size_t m = 0; m < ARRAY_SIZE(rules) && found == 0; m++)
                for (size_t i = 0; i < t->n_remote; i++)
                        if (strcmp(t->remote[i].kind, kind) == 0 && rules[m](&t->remote[i], name)) {
                                *ret = &t->remote[i];
                                found++;
                        }
        return found;
}

/* The names under which a service is looked for, best first. */
static size_t names_of(const Target *t, const char *service, const char *names[2]) {
        const ServiceMap *map = target_service_map(t, service);
        size_t n = 0;

        if (map && map->name)
                names[n++] = map->name;
        else {
                if (map && map->title && strcmp(map->title, service) != 0)
                        names[n++] = map->title;
                names[n++] = service;
        }
        return n;
}

/* By name alone, as if it were the first time. */
static const RemoteService *resolve(const Target *t, const char *kind, const char *service) {
        const RemoteService *r = NULL;
        const char *names[2];
        size_t n = names_of(t, service, names);

        for (size_t i = 0; i < n; i++) {
                size_t found = lookup(t, kind, names[i], &r);

                if (found > 0)
                        return found == 1 ? r : NULL;
        }
        return NULL;
}

/* ── names that resolved once ── */

/* Components are renamed by people who do not know of maintd: what a name meant once, it means as long as that is there. */
static const RemoteService *known_remote(const Target *t, const KnownService *k) {
        for (size_t i = 0; i < t->n_remote; i++)
                if (strcmp(t->remote[i].kind, k->kind) == 0 && strcmp(t->remote[i].id, k->id) == 0)
                        return &t->remote[i];
        return NULL;
}

/* "API\napi": when the config asks for something else, what was known is not what it means. */
static bool asked_for(const Target *t, const KnownService *k) {
        const char *names[2], *rest = k->asked;
        size_t n = names_of(t, k->service, names);

        for (size_t i = 0; i < n; i++) {
                size_t len = strlen(names[i]);

                if (strncmp(rest, names[i], len) != 0 || rest[len] != (i + 1 < n ? '\n' : '\0'))
                        return false;
                rest += len + 1;
        }
        return true;
}

static KnownService *known_find(const Target *t, const char *kind, const char *service) {
        for (size_t i = 0; i < t->n_known; i++)
                if (strcmp(t->known[i].kind, kind) == 0 && strcmp(t->known[i].service, service) == 0)
                        return &t->known[i];
        return NULL;
}

static const RemoteService *known_service(const Target *t, const char *kind, const char *service) {
        const KnownService *k = known_find(t, kind, service);

        return k && asked_for(t, k) ? known_remote(t, k) : NULL;
}

const char *target_service(const Target *t, const char *kind, const char *service) {
        const ServiceMap *map = target_service_map(t, service);
        const RemoteService *r;

        if (map && map->id)
                return map->id;
        r = known_service(t, kind, service);
        r = r ? r : resolve(t, kind, service);
        return r ? r->id : NULL;
}

const char *target_service_named(const Target *t, const char *kind, const char *id) {
        for (size_t i = 0; i < t->n_services; i++)
                if (text_equal(target_service(t, kind, t->services[i].service), id))
                        return t->services[i].service;
        return NULL;
}

const char *target_service_there(const Target *t, const char *id) {
        for (size_t i = 0; i < t->n_remote; i++)
                if (strcmp(t->remote[i].id, id) == 0)
                        return t->remote[i].name;
        return id;
}

static int known_copy(Arena *a, const KnownService *from, KnownService *ret) {
        *ret = (KnownService) {
                arena_strdup(a, from->target), arena_strdup(a, from->kind), arena_strdup(a, from->service),
                arena_strdup(a, from->asked), arena_strdup(a, from->name), arena_strdup(a, from->id),
        };
        return ret->target && ret->kind && ret->service && ret->asked && ret->name && ret->id ? 0 : -ENOMEM;
}

int target_recall(Target *t, const KnownService *known, size_t n) {
        auto_(arena_free) Arena *a = arena_new();
        KnownService *copy = a ? arena_array(a, n + 1, sizeof(*copy)) : NULL;

        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (known_copy(a, &known[i], &copy[i]) < 0)
                        return -ENOMEM;
        (void) arena_free(t->memory);
        t->memory = STEAL(a);
        t->known = copy;
        t->n_known = n;
        return 0;
}

/* What a service resolves to now, when that is not what is known already. */
static int learn_service(Target *t, const char *kind, const ServiceMap *map, Arena *a, KnownService *ret) {
        const RemoteService *r = map->id || known_service(t, kind, map->service) ? NULL : resolve(t, kind, map->service);
        const char *names[2];
        size_t n;

        if (!r)
                return 0;
        n = names_of(t, map->service, names);
        *ret = (KnownService) {
                t->identity ? t->identity : "", kind, map->service, n == 1 ? names[0] : arena_printf(a, "%s\n%s", names[0], names[1]), r->name, r->id,
        };
        return ret->asked ? 1 : -ENOMEM;
}

static int learn_kind(Target *t, const char *kind) {
        auto_(arena_free) Arena *a = arena_new();
        KnownService *all = a ? arena_array(a, t->n_known + t->n_services + 1, sizeof(*all)) : NULL;
        size_t n = t->n_known;
        bool news = false;

        if (!all)
                return -ENOMEM;
        if (n)
                memcpy(all, t->known, n * sizeof(*all));
        for (size_t i = 0; i < t->n_services; i++) {
                const KnownService *old = known_find(t, kind, t->services[i].service);
                KnownService k;
                int r = learn_service(t, kind, &t->services[i], a, &k);

                if (r < 0)
                        return r;
                if (r > 0)
                        all[old ? (size_t) (old - t->known) : n++] = k;
                news |= r > 0;
        }
        return news ? target_recall(t, all, n) : 0;
}

static int learn(Target *t) {
        int r = 0;

        for (size_t i = 0; i < t->n_remote && r >= 0; i++) {
                bool first = true;

                for (size_t k = 0; k < i && first; k++)
                        first = strcmp(t->remote[k].kind, t->remote[i].kind) != 0;
                if (first)
                        r = learn_kind(t, t->remote[i].kind);
        }
        return r;
}

#define NAMES_SHOWN 10u

static void put_known(FILE *f, const Target *t, const char *kind) {
        size_t shown = 0, all = 0;

        for (size_t i = 0; i < t->n_remote; i++)
                if (strcmp(t->remote[i].kind, kind) == 0 && all++ < NAMES_SHOWN)
                        (void) fprintf(f, "%s%s", shown++ ? ", " : "; there are ", t->remote[i].name);
        if (all > shown)
                (void) fprintf(f, " and %zu more", all - shown);
        if (all == 0)
                (void) fputs("; it has shown no service at all", f);
}

static void put_suggestion(FILE *f, const Target *t, const char *kind, const char *name) {
        auto_(free) const char **names = calloc(t->n_remote + 1, sizeof(*names));
        const char *nearest;
        size_t n = 0;

        for (size_t i = 0; names && i < t->n_remote; i++)
                if (strcmp(t->remote[i].kind, kind) == 0)
                        names[n++] = t->remote[i].name;
        nearest = names ? text_nearest(name, names, n) : NULL;
        if (nearest)
                (void) fprintf(f, "; did you mean '%s'?", nearest);
}

static void put_problem(FILE *f, const Target *t, const char *kind, const char *service) {
        const RemoteService *r = NULL;
        const char *names[2];
        size_t n = names_of(t, service, names), found = 0;

        for (size_t i = 0; i < n && found == 0; i++)
                found = lookup(t, kind, names[i], &r);
        if (found > 1) {
                (void) fprintf(f, "service '%s': %zu have the name '%s' there; say which in the target's services: {%s: {id: %s}}", service,
                               found, r->name, service, r->id);
                return;
        }
        (void) fprintf(f, "service '%s'", service);
        if (strcmp(names[0], service) != 0)
                (void) fprintf(f, " ('%s' there)", names[0]);
        (void) fputs(" is not known there", f);
        put_known(f, t, kind);
        put_suggestion(f, t, kind, names[0]);
}

const char *target_service_problem(const Target *t, const char *kind, const char *service, Arena *a) {
        auto_(free) char *raw = NULL, *printable = NULL;
        size_t size;
        FILE *f = open_memstream(&raw, &size);

        if (!f)
                return NULL;
        put_problem(f, t, kind, service);
        if (fclose(f) != 0)
                return NULL;
        printable = text_printable(raw, PROBLEM_CHARS_MAX);
        return arena_strdup(a, printable);
}

static const char *pair_get(const char *const *pairs, const char *key) {
        for (; pairs && pairs[0] && pairs[1]; pairs += 2)
                if (strcmp(pairs[0], key) == 0)
                        return pairs[1];
        return NULL;
}

const char *target_option(const Target *t, const char *key) {
        return pair_get(t->options, key);
}

const char *target_fact(const Target *t, const char *name) {
        return pair_get((const char *const *) t->facts, name);
}

static int copy_services(Arena *a, const RemoteService *from, size_t n, RemoteService **ret) {
        RemoteService *to = arena_array(a, n, sizeof(*to));

        if (!to)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                to[i] = (RemoteService) {
                        arena_strdup(a, from[i].kind), arena_strdup(a, from[i].id),
                        arena_strdup(a, from[i].name), arena_strdup(a, from[i].group),
                };
                if (!to[i].kind || !to[i].id || !to[i].name || (from[i].group && !to[i].group))
                        return -ENOMEM;
        }
        *ret = to;
        return 0;
}

static int copy_facts(Arena *a, const char *const *from, size_t n, char ***ret) {
        char **to = arena_array(a, 2 * n + 1, sizeof(*to));

        if (!to)
                return -ENOMEM;
        for (size_t i = 0; i < 2 * n; i++) {
                to[i] = arena_strdup(a, from[i]);
                if (!to[i])
                        return -ENOMEM;
        }
        *ret = to;
        return 0;
}

/* Both found parts move into one new arena, so that what is replaced does not pile up. */
static int found_replace(Target *t, const RemoteService *services, size_t n_services, const char *const *facts, size_t n_facts) {
        auto_(arena_free) Arena *a = arena_new();
        RemoteService *remote;
        char **pairs;
        int r;

        if (!a)
                return -ENOMEM;
        r = copy_services(a, services, n_services, &remote);
        if (r >= 0)
                r = copy_facts(a, facts, n_facts, &pairs);
        if (r < 0)
                return r;
        (void) arena_free(t->found);
        t->found = STEAL(a);
        t->remote = remote;
        t->n_remote = n_services;
        t->facts = pairs;
        t->n_facts = n_facts;
        return 1;
}

int target_found_services(Target *t, const RemoteService *services, size_t n) {
        bool same = n == t->n_remote;

        for (size_t i = 0; same && i < n; i++)
                same = text_equal(services[i].kind, t->remote[i].kind) && text_equal(services[i].id, t->remote[i].id) &&
                       text_equal(services[i].name, t->remote[i].name) && text_equal(services[i].group, t->remote[i].group);
        int r = 0;

        if (!same)
                r = found_replace(t, services, n, (const char *const *) t->facts, t->n_facts);
        if (r > 0 && learn(t) < 0)
                return -ENOMEM;
        return r;
}

int target_found_facts(Target *t, const char *const *facts, size_t n) {
        size_t pairs = 0;
        bool same;

        while (pairs < n && facts[2 * pairs] && facts[2 * pairs + 1])
                pairs++;
        same = pairs == t->n_facts;
        for (size_t i = 0; same && i < 2 * pairs; i++)
                same = text_equal(facts[i], t->facts[i]);
        return same ? 0 : found_replace(t, t->remote, t->n_remote, facts, pairs);
}

const char *target_known_remark(const Target *t, const KnownService *k, Arena *a) {
        const RemoteService *now = asked_for(t, k) ? known_remote(t, k) : NULL;
        auto_(free) char *then = NULL, *called = NULL;

        if (!now || resolve(t, k->kind, k->service) == now)
                return NULL;
        then = text_printable(k->name, KNOWN_NAME_CHARS_MAX);
        called = text_printable(now->name, KNOWN_NAME_CHARS_MAX);
        if (!then || !called)
                return NULL;
        if (strcmp(now->name, k->name) == 0)
                return arena_printf(a, "service '%s': '%s' alone no longer says which one there; %s is still meant, {%s: {id: %s}} in the target's services says so",
                                    k->service, then, k->id, k->service, k->id);
        return arena_printf(a, "service '%s': '%s' is called '%s' there now; it is still meant, {%s: {id: %s}} in the target's services says so", k->service,
                            then, called, k->service, k->id);
}

void target_done(Target *t) {
        t->memory = arena_free(t->memory);
        t->known = NULL;
        t->n_known = 0;
        t->found = arena_free(t->found);
        t->remote = NULL;
        t->facts = NULL;
        t->n_remote = t->n_facts = 0;
}

static int compare_text(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

void strv_sort_unique(Strv *v) {
        size_t n = 0;

        if (v->n == 0)
                return;
        qsort(v->items, v->n, sizeof(*v->items), compare_text);
        for (size_t i = 0; i < v->n; i++)
                if (n == 0 || strcmp(v->items[n - 1], v->items[i]) != 0)
                        v->items[n++] = v->items[i];
        v->n = n;
}
