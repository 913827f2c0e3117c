/*
 * Lenders: the _defaults.yaml files of a tree
 *
 * They are read from the root downwards, each over the one above it. One that is broken makes everything below it unusable, which is
 * why what it said last is kept: the ids below it must still be known.
 */
#include "manifest/lender.h"

#include <string.h>

#include "base/text.h"

static size_t folder_length(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? (size_t) (slash - path) + 1 : 0;
}

bool is_defaults(const char *path) {
        return strcmp(path + folder_length(path), DEFAULTS_NAME) == 0;
}

/* A folder sorts behind all that are above it. */
static int folder_compare(const char *a, size_t n, const char *b, size_t m) {
        int r = memcmp(a, b, MIN(n, m));

        return r ? r : n < m ? -1 : n > m;
}

static const Lender *find_folder(const Lenders *l, const char *path, size_t n) {
        size_t low = 0, high = l->n;

        while (low < high) {
                size_t mid = (low + high) / 2;
                int r = folder_compare(l->items[mid].path, l->items[mid].n_folder, path, n);

                if (r == 0)
                        return &l->items[mid];
                if (r < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return NULL;
}

/* path[0..n) is a folder with its slash; one up. */
static size_t folder_above(const char *path, size_t n) {
        for (n--; n > 0 && path[n - 1] != '/'; n--)
                ;
        return n;
}

static const Lender *find_upwards(const Lenders *l, const char *path, size_t n) {
        for (;; n = folder_above(path, n)) {
                const Lender *x = find_folder(l, path, n);

                if (x || n == 0)
                        return x;
        }
}

const Lender *lenders_find(const Lenders *l, const char *path) {
        return l->n == 0 ? NULL : find_upwards(l, path, folder_length(path));
}

bool lenders_waive(const Lenders *l, const char *path, const char *code) {
        const Lender *x = lenders_find(l, path);

        while (x && !defaults_waives(x->defaults, code))
                x = x->n_folder ? find_upwards(l, path, folder_above(path, x->n_folder)) : NULL;
        return x;
}

static void lender_done(Lender *x) {
        free(x->path);
        (void) defaults_unref(x->defaults);
        diagnostics_done(&x->diags);
}

void lenders_done(Lenders *l) {
        for (size_t i = 0; i < l->n; i++)
                if (!l->items[i].taken)
                        lender_done(&l->items[i]);
        free(l->items);
        *l = (Lenders) { 0 };
}

void lenders_undo(Lenders *l, Lenders *old) {
        for (size_t i = 0; i < l->n; i++) {
                Lender *x = (Lender *) find_folder(old, l->items[i].path, l->items[i].n_folder);

                if (x && x->taken) {
                        x->taken = false;
                        l->items[i].taken = true; /* not ours to free */
                }
        }
        lenders_done(l);
}

static void take(Lender *to, Lender *from, const TreeFile *f) {
        *to = *from;
        from->taken = true;
        memcpy(to->stamp, f->stamp, sizeof(to->stamp));
}

typedef struct Loading {
        Tree *tree;
        const Vocabulary *voc;
        uint64_t voc_hash;
        Lenders *old;
        Lenders next;
} Loading;

/* Reads a file into @x, whose path, stamp and below are set; or takes @before over when its text is the same. */
static int lender_read(Loading *l, const TreeFile *f, Lender *before, const Lender *above, Lender *x) {
        const Defaults *parent = above ? above->defaults : NULL;
        auto_(free) char *text = NULL;
        size_t n = 0;
        int r;

        r = tree_fetch(l->tree, f, &x->diags, &text, &n);
        if (r < 0)
                return r;
        if (r == 0 && !f->problem)
                memset(x->stamp, 0, sizeof(x->stamp)); /* try again at the next load */
        x->text = r ? hash_bytes(HASH_SEED, text, n) : 0;
        if (r && before && before->text == x->text && before->below == x->below) {
                free(x->path);
                take(x, before, f);
                return 0;
        }
        l->next.n_read++;
        l->next.changed = true;
        r = r == 0 ? -EINVAL : defaults_parse(f->path, text, n, l->voc, parent, &x->diags, &x->defaults);
        if (r == -ENOMEM)
                return r;
        x->broken = r < 0;
        if (x->broken)
                x->defaults = defaults_ref(before && before->defaults ? before->defaults : (Defaults *) parent);
        return 0;
}

static int lender_load(Loading *l, const TreeFile *f) {
        size_t n = folder_length(f->path);
        const Lender *above = n ? find_upwards(&l->next, f->path, folder_above(f->path, n)) : NULL;
        Lender *before = (Lender *) find_folder(l->old, f->path, n), *x = &l->next.items[l->next.n];
        uint64_t below = hash_u64(l->voc_hash, above ? defaults_hash(above->defaults) : 0);
        int r = 0;

        if (before && stamp_equal(before->stamp, f->stamp) && before->below == below)
                take(x, before, f);
        else {
                *x = (Lender) { .path = strdup(f->path), .n_folder = n, .below = below };
                memcpy(x->stamp, f->stamp, sizeof(x->stamp));
                r = x->path ? lender_read(l, f, before, above, x) : -ENOMEM;
        }
        x->unusable = x->broken || (above && above->unusable);
        if (r < 0) {
                lender_done(x);
                return r;
        }
        l->next.n++;
        return 0;
}

static int file_order(const void *a, const void *b) {
        const char *x = (*(const TreeFile *const *) a)->path, *y = (*(const TreeFile *const *) b)->path;

        return folder_compare(x, folder_length(x), y, folder_length(y));
}

int lenders_load(Lenders *old, Tree *t, const TreeFile *files, size_t n_files, const Vocabulary *voc, uint64_t voc_hash, Lenders *ret) {
        auto_(free) const TreeFile **sorted = NULL;
        Loading l = { .tree = t, .voc = voc, .voc_hash = voc_hash, .old = old };
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < n_files; i++)
                n += is_defaults(files[i].path);
        l.next.changed = n != old->n;
        if (n > 0) {
                sorted = calloc(n, sizeof(*sorted));
                l.next.items = calloc(n, sizeof(*l.next.items));
                if (!sorted || !l.next.items) {
                        free(l.next.items);
                        return -ENOMEM;
                }
        }
        n = 0;
        for (size_t i = 0; i < n_files; i++)
                if (is_defaults(files[i].path))
                        sorted[n++] = &files[i]; /* NOLINT(clang-analyzer-core.NullDereference): there are as many as were counted */
        if (n > 1)
                qsort(sorted, n, sizeof(*sorted), file_order);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = lender_load(&l, sorted[i]);
        if (r < 0) {
                lenders_undo(&l.next, old);
                return r;
        }
        *ret = l.next;
        return 0;
}
