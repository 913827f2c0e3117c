/*
 * Directory: a tree of manifests, read again cheaply
 *
 * A load walks the listing and what was kept of the last one side by side, both sorted by path. A file whose stamp, defaults and
 * vocabulary are as they were is taken over as it is; only others are read. What is broken is remembered with its errors, so that
 * every load can repeat them. Until a load has succeeded, the last one stays whole.
 */
#include "manifest/directory.h"

#include <string.h>

#include "base/text.h"
#include "manifest/lender.h"

typedef struct File {
        char *path;             /* owned */
        uint64_t stamp[4];
        uint64_t text;          /* hash of its bytes: touched is not changed; 0: it was not read */
        uint64_t below;         /* of the defaults and the vocabulary it was read with */
        ParsedFile parsed;      /* owned */
        Diagnostics diags;      /* owned */
        bool suspended;         /* its defaults are broken: what it says now is not to be used */
        bool taken;             /* its members belong to the next list */
} File;

typedef struct Files { File *items; size_t n; } Files; /* sorted by path */

/* Every id of a load. */
typedef struct Named { const char *id; Manifest *manifest; const File *file; } Named; /* manifest NULL: broken */

/* What a load is made of; replaced as a whole. */
typedef struct Content {
        Files files;
        Lenders lenders;
        Manifest **manifests;   /* owned array */
        const char **broken;    /* owned array */
        Diagnostics across;     /* what no file alone is to blame for */
        Load load;
} Content;

struct Directory {
        Tree *tree;             /* owned */
        Content content;
        bool had;               /* there have been manifests */
};

static void files_done(Files *files) {
        for (size_t i = 0; i < files->n; i++) {
                File *f = &files->items[i];

                if (f->taken)
                        continue;
                free(f->path);
                parsed_file_done(&f->parsed);
                diagnostics_done(&f->diags);
        }
        free(files->items);
        *files = (Files) { 0 };
}

static void content_done(Content *c) {
        files_done(&c->files);
        lenders_done(&c->lenders);
        free(c->manifests);
        free(c->broken);
        diagnostics_done(&c->across);
        *c = (Content) { 0 };
}

Directory *directory_free(Directory *d) {
        if (!d)
                return NULL;
        content_done(&d->content);
        (void) tree_free(d->tree);
        free(d);
        return NULL;
}

int directory_new(Tree *consumed, Directory **ret) {
        Directory *d = calloc(1, sizeof(*d));

        if (!d) {
                (void) tree_free(consumed);
                return -ENOMEM;
        }
        d->tree = consumed;
        d->content.load.commit = "";
        *ret = d;
        return 0;
}

/* ── Files ── */

typedef struct Loading {
        Tree *tree;
        const Vocabulary *voc;
        uint64_t voc_hash;
        const char *commit;
        Files *old;
        size_t at;              /* in old: all before it sort before the file that is looked at */
        Content next;
        bool changed;           /* something differs from the last load */
} Loading;

static uint64_t hash_names(uint64_t h, const Strv *v) {
        h = hash_u64(h, v ? v->n : UINT64_MAX);
        for (size_t i = 0; v && i < v->n; i++)
                h = hash_text(h, v->items[i]);
        return h;
}

static uint64_t vocabulary_hash(const Vocabulary *v) {
        return v ? hash_text(hash_names(hash_names(HASH_SEED, v->services), v->targets), v->timezone) : 0;
}

static File *file_before(Loading *l, const char *path) {
        int r = -1;

        while (l->at < l->old->n && (r = strcmp(l->old->items[l->at].path, path)) < 0)
                l->at++;
        return l->at < l->old->n && r == 0 ? &l->old->items[l->at] : NULL;
}

static int sign_commit(const Loading *l, ParsedFile *p) {
        for (size_t i = 0; i < p->n; i++) {
                Manifest *m = p->manifests[i];

                m->origin.commit = *l->commit ? arena_strdup(m->arena, l->commit) : "";
                if (!m->origin.commit)
                        return -ENOMEM;
        }
        return 0;
}

static void take(File *to, File *from, const TreeFile *f) {
        *to = *from;
        from->taken = true;
        memcpy(to->stamp, f->stamp, sizeof(to->stamp));
}

/* Reads a file into @x, whose path, stamp and below are set; or takes @before over when its text is the same. */
static int file_read(Loading *l, const TreeFile *f, const Defaults *defaults, File *before, File *x) {
        auto_(free) char *text = NULL;
        size_t n = 0;
        int r;

        r = tree_fetch(l->tree, f, &x->diags, &text, &n);
        if (r < 0)
                return r;
        if (r == 0) {
                x->parsed.unattributable = true;
                if (!f->problem)
                        memset(x->stamp, 0, sizeof(x->stamp)); /* try again at the next load */
                return 0;
        }
        x->text = hash_bytes(HASH_SEED, text, n);
        if (before && before->text == x->text && before->below == x->below) {
                free(x->path);
                take(x, before, f);
                return 0;
        }
        l->next.load.n_read++;
        r = manifest_parse(f->path, text, n, l->voc, defaults, &x->diags, &x->parsed);
        return r < 0 ? r : sign_commit(l, &x->parsed);
}

static int file_load(Loading *l, const TreeFile *f) {
        const Lender *lender = lenders_find(&l->next.lenders, f->path);
        const Defaults *defaults = lender ? lender->defaults : NULL;
        uint64_t below = hash_u64(l->voc_hash, defaults_hash(defaults));
        File *before = file_before(l, f->path), *x = &l->next.files.items[l->next.files.n];
        bool suspended = lender && lender->unusable;
        int r = 0;

        if (before && stamp_equal(before->stamp, f->stamp) && before->below == below)
                take(x, before, f);
        else {
                *x = (File) { .path = strdup(f->path), .below = below };
                memcpy(x->stamp, f->stamp, sizeof(x->stamp));
                r = x->path ? file_read(l, f, defaults, before, x) : -ENOMEM;
        }
        l->next.files.n++;
        l->changed = l->changed || !before || !before->taken || before->suspended != suspended;
        x->suspended = suspended;
        return r;
}

static int files_load(Loading *l, const TreeFile *files, size_t n) {
        int r = 0;

        l->next.files.items = calloc(n ? n : 1, sizeof(File));
        if (!l->next.files.items)
                return -ENOMEM;
        for (size_t i = 0; i < n && r >= 0; i++)
                if (!is_defaults(files[i].path))
                        r = file_load(l, &files[i]);
        l->changed = l->changed || l->next.files.n != l->old->n;
        return r;
}

/* ── Ids ── */

static int id_order(const void *a, const void *b) {
        const Named *x = a, *y = b;
        int r = strcmp(x->id, y->id);

        return r ? r : x->file < y->file ? -1 : x->file > y->file;
}

static size_t collect(const Content *c, Named *out) {
        size_t n = 0;

        for (size_t i = 0; i < c->files.n; i++) {
                const File *f = &c->files.items[i];

                for (size_t k = 0; k < f->parsed.n; k++) {
                        if (out)
                                out[n] = (Named) { f->parsed.manifests[k]->id, f->suspended ? NULL : f->parsed.manifests[k], f };
                        n++;
                }
                for (size_t k = 0; k < f->parsed.n_broken; k++) {
                        if (out)
                                out[n] = (Named) { f->parsed.broken[k], NULL, f };
                        n++;
                }
        }
        return n;
}

/* Files in two places claim one id: it is said at each of them, and neither is applied. */
static int refuse_group(Content *c, const Named *group, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                const File *other = group[i == 0 ? 1 : 0].file;
                const Manifest *m = group[i].manifest;

                r = diagnostics_add(&c->across, SEVERITY_ERROR, "duplicate-id", group[i].file->path, m ? m->origin.line : 0, m ? 1 : 0,
                                    "the id '%s' stands in %s too: neither is applied, give each its own", group[i].id, other->path);
        }
        return r;
}

static int name_all(Content *c, const Named *named, size_t n) {
        Load *load = &c->load;

        c->manifests = calloc(n ? n : 1, sizeof(*c->manifests));
        c->broken = calloc(n ? n : 1, sizeof(*c->broken));
        if (!c->manifests || !c->broken)
                return -ENOMEM;
        for (size_t i = 0, end; i < n; i = end) {
                for (end = i + 1; end < n && strcmp(named[end].id, named[i].id) == 0; end++)
                        ;
                if (end == i + 1 && named[i].manifest)
                        c->manifests[load->n_manifests++] = named[i].manifest;
                else
                        c->broken[load->n_broken++] = named[i].id;
                if (end > i + 1 && refuse_group(c, named + i, end - i) < 0)
                        return -ENOMEM;
        }
        load->manifests = c->manifests;
        load->broken = c->broken;
        return 0;
}

static int ids_load(Content *c) {
        auto_(free) Named *named = NULL;
        size_t n = collect(c, NULL);

        named = calloc(n ? n : 1, sizeof(*named));
        if (!named)
                return -ENOMEM;
        (void) collect(c, named);
        for (size_t i = 1; i < n; i++)
                if (id_order(&named[i - 1], &named[i]) > 0) { /* mostly they are sorted, for so are the paths */
                        qsort(named, n, sizeof(*named), id_order);
                        break;
                }
        c->load.may_withdraw = true;
        for (size_t i = 0; i < c->files.n; i++) {
                const ParsedFile *p = &c->files.items[i].parsed;

                c->load.may_withdraw = c->load.may_withdraw && !p->unattributable;
                c->load.n_nameless += p->unattributable && p->n + p->n_broken == 0;
        }
        return name_all(c, named, n);
}

/* ── The whole ── */

static int replay(const Content *c, Diagnostics *diags) {
        int r = diagnostics_append(diags, &c->across);

        for (size_t i = 0; i < c->lenders.n && r >= 0; i++)
                r = diagnostics_append(diags, &c->lenders.items[i].diags);
        for (size_t i = 0; i < c->files.n && r >= 0; i++)
                if (c->files.items[i].diags.n)
                        r = diagnostics_append(diags, &c->files.items[i].diags);
        return r;
}

/* Nothing was loaded: what was there stays, and nothing may be withdrawn. */
static int keep_last(Directory *d, int error, const char *code, const char *message, Diagnostics *diags, Load *ret) {
        if (diagnostics_add(diags, SEVERITY_ERROR, code, "", 0, 0, "%s", message) < 0 || replay(&d->content, diags) < 0)
                return -ENOMEM;
        *ret = d->content.load;
        ret->n_read = 0;
        ret->may_withdraw = false;
        return error;
}

/* Gives up a load that failed half-way: what it took goes back. */
static void undo(Loading *l, Content *old) {
        for (size_t i = 0, k = 0; i < l->next.files.n; i++) {
                File *x = &l->next.files.items[i];

                while (x->path && k < old->files.n && strcmp(old->files.items[k].path, x->path) < 0)
                        k++;
                if (!x->path || k == old->files.n || old->files.items[k].path != x->path)
                        continue;
                old->files.items[k].taken = false;
                x->taken = true; /* not ours to free */
        }
        lenders_undo(&l->next.lenders, &old->lenders);
        content_done(&l->next);
}

static int load_files(Directory *d, const TreeFile *files, size_t n, const Vocabulary *voc) {
        Loading l = {
                .tree = d->tree, .voc = voc, .voc_hash = vocabulary_hash(voc), .commit = d->tree->ops->commit(d->tree), .old = &d->content.files,
        };
        int r;

        l.next.load.commit = l.commit;
        r = lenders_load(&d->content.lenders, l.tree, files, n, voc, l.voc_hash, &l.next.lenders);
        if (r < 0)
                return r;
        l.changed = l.next.lenders.changed || !d->content.manifests;
        l.next.load.n_read = l.next.lenders.n_read;
        r = files_load(&l, files, n);
        if (r >= 0 && l.changed)
                r = ids_load(&l.next);
        if (r < 0) {
                undo(&l, &d->content);
                return r;
        }
        if (!l.changed) { /* the lists of the last load are those of this one */
                size_t n_read = l.next.load.n_read;

                l.next.load = d->content.load;
                l.next.load.n_read = n_read;
                l.next.load.commit = l.commit;
                l.next.manifests = STEAL(d->content.manifests);
                l.next.broken = STEAL(d->content.broken);
                l.next.across = d->content.across;
                d->content.across = (Diagnostics) { 0 };
        }
        l.next.load.n_files = l.next.files.n;
        content_done(&d->content);
        d->content = l.next;
        d->had = d->had || d->content.load.n_manifests + d->content.load.n_broken > 0;
        return 0;
}

static bool any_manifest(const TreeFile *files, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!is_defaults(files[i].path))
                        return true;
        return false;
}

int directory_load(Directory *d, const Vocabulary *voc, bool had, Diagnostics *diags, Load *ret) {
        auto_(arena_free) Arena *listing = arena_new();
        auto_(free) char *error = NULL;
        TreeFile *files = NULL;
        size_t n = 0;
        int r;

        if (!listing)
                return -ENOMEM;
        r = d->tree->ops->list(d->tree, listing, &files, &n, &error);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return keep_last(d, r, "tree", error ? error : "cannot read the manifest directory", diags, ret);
        if ((had || d->had) && !any_manifest(files, n))
                return keep_last(d, -ENODATA, "no-manifests",
                                 "the manifest directory holds no manifest where there were some: nothing is withdrawn; cancel windows with state: cancelled",
                                 diags, ret);
        r = load_files(d, files, n, voc);
        if (r < 0)
                return r;
        if (replay(&d->content, diags) < 0)
                return -ENOMEM;
        *ret = d->content.load;
        return 0;
}

static const File *file_find(const Files *files, const char *path) {
        size_t low = 0, high = files->n;

        while (low < high) {
                size_t mid = low + (high - low) / 2;
                int r = strcmp(files->items[mid].path, path);

                if (r == 0)
                        return &files->items[mid];
                if (r < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return NULL;
}

/* By a name that had to be made printable. There are few of those. */
static const File *file_find_shown(const Files *files, const char *shown) {
        for (size_t i = 0; strchr(shown, '\\') && i < files->n; i++)
                if (files->items[i].parsed.waivers.n) {
                        auto_(free) char *name = text_printable(files->items[i].path, 0);

                        if (name && strcmp(name, shown) == 0)
                                return &files->items[i];
                }
        return NULL;
}

bool directory_waives(const Directory *d, const char *file, unsigned line, const char *code) {
        const File *f = file_find(&d->content.files, file);

        if (!f)
                f = file_find_shown(&d->content.files, file);
        return (f && waivers_have(&f->parsed.waivers, line, code)) || lenders_waive(&d->content.lenders, f ? f->path : file, code);
}
