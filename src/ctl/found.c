/*
 * Found: a driver that passes everything on, and takes note of the objects
 */
#include "ctl/found.h"

#include <string.h>

struct Finder {
        Driver driver;                  /* first: what Target.driver points to is a Finder */
        const Driver *real;
        Target *target;
        Arena *arena;                   /* owned: what was found */
        Found *items;                   /* owned */
        size_t n, allocated;
        bool closed;                    /* somebody reads it: it stays as it is */
};

typedef struct Ear {
        Sink sink;                      /* first */
        Sink *to;
        Finder *finder;
} Ear;

static int keep(Finder *f, const Observed *o) {
        Found *x;

        if (list_grow(&f->items, f->n, &f->allocated, sizeof(*f->items)) < 0)
                return -ENOMEM;
        x = &f->items[f->n];
        *x = (Found) { .state = o->state, .remote_id = arena_strdup(f->arena, o->remote_id) };
        if (!x->remote_id || object_copy(f->arena, &o->object, &x->object) < 0)
                return -ENOMEM;
        x->seen = f->n++;
        return 0;
}

static int on_observed(Sink *s, const Observed *o) {
        Ear *e = (Ear *) s;
        int r = e->to->observed(e->to, o);

        return r < 0 ? r : keep(e->finder, o);
}

static int on_service(Sink *s, const char *kind, const char *id, const char *name, const char *group) {
        Ear *e = (Ear *) s;

        return e->to->service(e->to, kind, id, name, group);
}

static int on_fact(Sink *s, const char *name, const char *value) {
        Ear *e = (Ear *) s;

        return e->to->fact(e->to, name, value);
}

static int listen_in(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor,
                     const char **ret_detail) {
        Finder *f = (Finder *) t->driver;
        Ear ear = { { on_observed, on_service, on_fact }, sink, f };

        if (q != QUERY_LIST || f->closed)
                return f->real->query_response(t, q, cursor, r, a, sink, ret_cursor, ret_detail);
        if (!cursor) { /* the first page of a new one */
                f->n = 0;
                arena_reset(f->arena);
        }
        return f->real->query_response(t, q, cursor, r, a, &ear.sink, ret_cursor, ret_detail);
}

int finder_new(Target *t, Finder **ret) {
        Finder *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        f->arena = arena_new();
        if (!f->arena) {
                free(f);
                return -ENOMEM;
        }
        f->real = t->driver;
        f->target = t;
        f->driver = *t->driver;
        f->driver.query_response = listen_in;
        t->driver = &f->driver;
        *ret = f;
        return 0;
}

Finder *finder_free(Finder *f) {
        if (!f)
                return NULL;
        f->target->driver = f->real;
        (void) arena_free(f->arena);
        free(f->items);
        free(f);
        return NULL;
}

static int order(const void *a, const void *b) {
        const Found *x = a, *y = b;
        int r;

        if (x->object.start != y->object.start)
                return x->object.start < y->object.start ? -1 : 1;
        r = strcmp(x->object.title, y->object.title);
        return r ? r : strcmp(x->remote_id, y->remote_id);
}

static int by_id(const void *a, const void *b) {
        const Found *x = a, *y = b;
        int r = strcmp(x->remote_id, y->remote_id);

        return r ? r : x->seen > y->seen ? -1 : x->seen < y->seen;
}

const Found *finder_objects(Finder *f, size_t *ret_n) {
        size_t n = 0;

        f->closed = true;
        if (f->n)
                qsort(f->items, f->n, sizeof(*f->items), by_id);
        for (size_t i = 0; i < f->n; i++) /* what moved on while the listing was made is there twice: the newer one comes first */
                if (n == 0 || strcmp(f->items[n - 1].remote_id, f->items[i].remote_id) != 0)
                        f->items[n++] = f->items[i];
        f->n = n;
        if (f->n)
                qsort(f->items, f->n, sizeof(*f->items), order);
        *ret_n = f->n;
        return f->items;
}
