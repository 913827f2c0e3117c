/*
 * Overlay: a tree that asks another one for what it does not have
 */
#include "ctl/overlay.h"

#include <string.h>

typedef struct Overlay {
        Tree tree;
        Tree *below;            /* owned */
        size_t n;
        OverlayFile files[];
} Overlay;

static int path_order(const void *x, const void *y) {
        return strcmp(((const TreeFile *) x)->path, ((const TreeFile *) y)->path);
}

static int overlay_list(Tree *t, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        Overlay *o = (Overlay *) t;
        TreeFile *files, *all;
        size_t n;
        int r = o->below->ops->list(o->below, a, &files, &n, reterr);

        if (r < 0)
                return r;
        all = arena_array(a, n + o->n + 1, sizeof(*all));
        if (!all)
                return -ENOMEM;
        if (n)
                memcpy(all, files, n * sizeof(*all));
        for (size_t i = 0; i < o->n; i++)
                if (o->files[i].fresh)
                        all[n++] = (TreeFile) { .path = o->files[i].path, .stamp = { 1 } };
        if (n)
                qsort(all, n, sizeof(*all), path_order);
        *ret = all;
        *ret_n = n;
        return 0;
}

static int overlay_read(Tree *t, const char *path, size_t max, char **ret, size_t *ret_n) {
        Overlay *o = (Overlay *) t;
        const OverlayFile *f = NULL;

        for (size_t i = 0; i < o->n && !f; i++)
                if (strcmp(path, o->files[i].path) == 0)
                        f = &o->files[i];
        if (!f)
                return o->below->ops->read(o->below, path, max, ret, ret_n);
        if (f->n > max)
                return -EFBIG;
        *ret = strndup(f->text, f->n);
        *ret_n = f->n;
        return *ret ? 0 : -ENOMEM;
}

static const char *overlay_commit(Tree *t) {
        return "";
}

static Tree *overlay_free(Tree *t) {
        Overlay *o = (Overlay *) t;

        o->below = tree_free(o->below);
        free(o);
        return NULL;
}

int overlay_new(const char *directory, const OverlayFile *files, size_t n, Tree **ret) {
        static const TreeOps ops = { overlay_list, overlay_read, overlay_commit, overlay_free };
        Overlay *o = calloc(1, sizeof(*o) + n * sizeof(*files));
        int r = o ? tree_directory(directory, &o->below) : -ENOMEM;

        if (r < 0) {
                free(o);
                return r;
        }
        o->tree.ops = &ops;
        if (n)
                memcpy(o->files, files, n * sizeof(*files));
        o->n = n;
        *ret = &o->tree;
        return 0;
}
