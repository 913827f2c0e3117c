/*
 * Defaults: what _defaults.yaml files lend to the manifests below them
 *
 * Each file is read over what the folders above it say, so that one object holds all a manifest needs to begin with: maps are
 * merged key by key, lists replaced, the nearest folder wins.
 */
#include <string.h>

#include "base/limits.h"
#include "manifest/body.h"

struct Defaults {
        unsigned refs;
        Arena *arena;           /* owned */
        Manifest m;             /* its shared keys alone; timezone NULL: not said */
        uint64_t hash;
        Waivers waivers;        /* owned: what comments in this file switch off, not in those above */
};

Defaults *defaults_ref(Defaults *d) {
        if (d)
                d->refs++;
        return d;
}

Defaults *defaults_unref(Defaults *d) {
        if (d && --d->refs == 0) {
                waivers_done(&d->waivers);
                (void) arena_free(d->arena);
                free(d);
        }
        return NULL;
}

DEFINE_AUTO(Defaults *, defaults_unref)

uint64_t defaults_hash(const Defaults *d) {
        return d ? d->hash : 0;
}

bool defaults_waives(const Defaults *d, const char *code) {
        return d && waivers_have(&d->waivers, WAIVER_LAST, code);
}

void defaults_begin(Manifest *m, const Defaults *d) {
        manifest_plain(m);
        if (!d)
                return;
        m->timezone = d->m.timezone;
        m->body.services = d->m.body.services;
        m->body.notify = d->m.body.notify;
        m->body.no_reminders = d->m.body.no_reminders;
        m->mute = d->m.mute;
        m->targets = d->m.targets;
        m->has_announce = d->m.has_announce;
        m->announce = d->m.announce;
        m->labels = d->m.labels;
}

/* Copies what is still lent: a manifest may outlive its defaults. */
static int own_strv(Arena *a, Strv *v) {
        const char **items = v->n ? arena_array(a, v->n, sizeof(*items)) : NULL;

        if (v->n && !items)
                return -ENOMEM;
        for (size_t i = 0; i < v->n; i++) {
                items[i] = arena_strdup(a, v->items[i]);
                if (!items[i])
                        return -ENOMEM;
        }
        v->items = items;
        return 0;
}

static int own_labels(Arena *a, const char *const **labels) {
        Strv v = { 0 };
        const char **copy;

        if (!*labels)
                return 0;
        while ((*labels)[v.n])
                v.n++;
        copy = arena_array(a, v.n + 1, sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < v.n; i++) {
                copy[i] = arena_strdup(a, (*labels)[i]);
                if (!copy[i])
                        return -ENOMEM;
        }
        *labels = copy;
        return 0;
}

int defaults_end(const BodyReader *c) {
        Arena *a = c->r->arena;
        Manifest *m = c->m;

        if (!c->has_timezone && m->timezone) {
                m->timezone = arena_strdup(a, m->timezone);
                if (!m->timezone)
                        return -ENOMEM;
        }
        if (!(c->body->has & HAS_SERVICES) && own_strv(a, &m->body.services) < 0)
                return -ENOMEM;
        if (!c->has_targets && own_strv(a, &m->targets) < 0)
                return -ENOMEM;
        return c->has_labels ? 0 : own_labels(a, &m->labels);
}

static const Key keys[] = {
        { "timezone", read_timezone }, { "services", read_services }, { "notify", read_notify }, { "monitors", read_monitors },
        { "targets", read_targets }, { "announce", read_announce }, { "labels", read_labels },
};

static Defaults *defaults_new(void) {
        Defaults *d = calloc(1, sizeof(*d));

        if (!d)
                return NULL;
        d->refs = 1;
        d->arena = arena_new();
        return d->arena ? d : defaults_unref(d);
}

/* 1: fit for use, 0: refused. */
static int defaults_read(const char *file, const Yaml *y, const Vocabulary *voc, const Defaults *parent, Diagnostics *diags, Defaults *d) {
        Reader r = { .file = file, .diags = diags, .arena = d->arena, .n_errors = y->n_errors };
        BodyReader c = { .r = &r, .voc = voc, .body = &d->m.body, .m = &d->m };

        defaults_begin(&d->m, parent);
        (void) reader_map(&r, y->documents, keys, ARRAY_SIZE(keys), &c);
        if (r.error < 0)
                return r.error;
        if (r.n_errors > 0)
                return 0;
        d->hash = manifest_shared_content(&d->m);
        return defaults_end(&c) < 0 ? -ENOMEM : 1;
}

int defaults_parse(const char *file, const char *text, size_t n, const Vocabulary *voc, const Defaults *parent, Diagnostics *diags,
                   Defaults **ret) {
        static const YamlLimits limits = { MANIFEST_BYTES_MAX, 1 };
        static const Vocabulary none = { 0 };
        auto_(defaults_unref) Defaults *d = defaults_new();
        auto_(arena_free) Arena *scratch = arena_new();
        Yaml y;
        int r;

        if (!d || !scratch)
                return -ENOMEM;
        r = yaml_parse(scratch, file, text, n, &limits, diags, &y);
        if (r < 0)
                return r;
        if (!y.complete)
                return -EINVAL;
        if (!y.documents) {
                r = diagnostics_add(diags, SEVERITY_ERROR, "empty-file", file, 0, 0, "the file is empty: give it defaults, or remove it");
                return r < 0 ? r : -EINVAL;
        }
        r = defaults_read(file, &y, voc ? voc : &none, parent, diags, d);
        if (r > 0 && waivers_read(file, text, n, &y, diags, &d->waivers) < 0)
                return -ENOMEM;
        if (r <= 0)
                return r < 0 ? r : -EINVAL;
        *ret = STEAL(d);
        return 0;
}
