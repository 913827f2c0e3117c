/*
 * Desired: what the manifests say there should be
 *
 * One item per manifest id, sorted by id, with the last version that was fit for use and its windows. A load walks items and
 * what the directory found side by side. The rule of the file: nothing becomes worse by an error. Whatever is broken, unreadable
 * or unknowable leaves an item as it was; only a load that knows every id makes one MISSING.
 */
#include "desired/desired.h"

#include <assert.h>
#include <string.h>

#define HORIZON (30 * USEC_PER_DAY)     /* without a config, as its default */

typedef struct Item {
        char *id;               /* owned */
        Manifest *manifest;     /* owned reference; the version in force; NULL: there was one that we cannot read any more */
        WindowSet *set;         /* owned reference; NULL: to be expanded */
        WindowSet *reported;    /* owned reference: what the last call told */
        uint64_t stored;        /* content that the ledger has been given; 0: none */
        usec_t until;           /* when to expand again */
        usec_t loaded;          /* of this content */
        DesiredStatus status;
} Item;

struct Desired {
        Directory *directory;   /* owned */
        const Config *config;   /* borrowed; may be NULL */
        Zones *zones;           /* borrowed */
        desired_frozen_fn frozen;
        void *frozen_userdata;
        Item *items;            /* owned; sorted by id */
        size_t n, allocated;
        DesiredSet *sets;       /* owned: what DesiredLoad lends */
        size_t n_refused, n_manifests, n_files;
        bool may_withdraw, loaded_once;
        usec_t next;            /* no item is to be expanded again before; asked after every turn */
        const char *commit;
        Arena *docs;            /* owned: the texts of … */
        WindowSet **documented; /* owned references */
        size_t n_documented, allocated_documented;
};

static void item_done(Item *i) {
        free(i->id);
        (void) manifest_free(i->manifest);
        (void) windowset_unref(i->set);
        (void) windowset_unref(i->reported);
}

Desired *desired_free(Desired *d) {
        if (!d)
                return NULL;
        desired_drop_docs(d);
        for (size_t i = 0; i < d->n; i++)
                item_done(&d->items[i]);
        free(d->items);
        free(d->sets);
        (void) directory_free(d->directory);
        free(d);
        return NULL;
}

int desired_new(Tree *consumed, const Config *config, Zones *zones, Desired **ret) {
        auto_(desired_free) Desired *d = calloc(1, sizeof(*d));
        int r;

        if (!d) {
                (void) tree_free(consumed);
                return -ENOMEM;
        }
        d->zones = zones;
        d->commit = "";
        d->next = USEC_INFINITY;
        r = desired_configure(d, consumed, config);
        if (r < 0)
                return r;
        *ret = STEAL(d);
        return 0;
}

int desired_configure(Desired *d, Tree *consumed, const Config *config) {
        Directory *directory;
        int r = directory_new(consumed, &directory);

        if (r < 0)
                return r;
        (void) directory_free(d->directory);
        d->directory = directory;
        d->config = config;
        d->commit = "";
        /* The horizon may have changed. What is not read again is expanded again all the same. */
        for (size_t i = 0; i < d->n; i++)
                d->items[i].set = windowset_unref(d->items[i].set);
        return 0;
}

void desired_set_frozen(Desired *d, desired_frozen_fn fn, void *userdata) {
        d->frozen = fn;
        d->frozen_userdata = userdata;
}

/* --- items --- */

/* Index of @id among the first @n items, or of where it would stand. */
static bool find(const Desired *d, size_t n, const char *id, size_t *ret) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t mid = low + (high - low) / 2;
                int r = strcmp(d->items[mid].id, id);

                if (r == 0) {
                        *ret = mid;
                        return true;
                }
                if (r < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return false;
}

static int reserve(Desired *d, size_t more) {
        size_t want = MAX(d->n + more, d->allocated * 2);
        Item *p;

        if (d->n + more <= d->allocated)
                return 0;
        p = reallocarray(d->items, want, sizeof(*p));
        if (!p)
                return -ENOMEM;
        d->items = p;
        d->allocated = want;
        return 0;
}

static int by_id(const void *a, const void *b) {
        const Item *x = a, *y = b;

        return strcmp(x->id, y->id);
}

/* Only what is new stands out of order, and mostly nothing is. */
static void items_sort(Desired *d) {
        for (size_t i = 1; i < d->n; i++)
                if (by_id(&d->items[i - 1], &d->items[i]) > 0) {
                        qsort(d->items, d->n, sizeof(*d->items), by_id);
                        return;
                }
}

/* Puts an item behind the others: the caller sorts when it has added them all. */
static Item *append(Desired *d, const char *id) {
        Item *i;

        if (reserve(d, 1) < 0)
                return NULL;
        i = &d->items[d->n];
        *i = (Item) { .id = strdup(id), .until = USEC_INFINITY };
        if (!i->id)
                return NULL;
        d->n++;
        return i;
}

static void remove_at(Desired *d, size_t at) {
        item_done(&d->items[at]);
        memmove(d->items + at, d->items + at + 1, (d->n - at - 1) * sizeof(*d->items));
        d->n--;
}

/* Reads one row; without a manifest when its text is of another time. */
static int seed(Desired *d, const ManifestRow *row, Diagnostics *diags) {
        auto_(manifest_free) Manifest *m = NULL;
        int r = manifest_from_doc(row->doc, &m);
        Item *item;

        if (r == -ENOMEM)
                return r;
        if (r >= 0 && strcmp(m->id, row->id) != 0)
                m = manifest_free(m);
        if (m) {
                m->origin.file = arena_strdup(m->arena, row->file ? row->file : "");
                m->origin.commit = arena_strdup(m->arena, row->commit ? row->commit : "");
                m->origin.line = row->line;
                if (!m->origin.file || !m->origin.commit)
                        return -ENOMEM;
        } else {
                r = diagnostics_add(diags, SEVERITY_WARNING, "ledger-doc", row->file ? row->file : "", row->line, 1,
                                    "the ledger's copy of '%s' cannot be read any more: nothing is withdrawn while its file is broken", row->id);
                if (r < 0)
                        return r;
        }
        item = append(d, row->id);
        if (!item)
                return -ENOMEM;
        item->stored = m ? row->content : 0;
        item->manifest = STEAL(m);
        item->status = row->vanished ? DESIRED_MISSING : DESIRED_LAST_GOOD;
        return 0;
}

int desired_seed(Desired *d, const ManifestRow *rows, size_t n, Diagnostics *diags) {
        int r = reserve(d, n);

        assert(d->n == 0);
        for (size_t i = 0; i < n && r >= 0; i++)
                if (rows[i].doc && *rows[i].doc)
                        r = seed(d, &rows[i], diags);
        items_sort(d);
        desired_silence(d, diags);
        return r < 0 ? r : 0;
}

/* --- windows --- */

static void release_manifest(void *owner) {
        (void) manifest_free(owner);
}

/* Adds the text that the ledger does not have yet. Texts are many and short-lived: they share memory and go together. */
static int document(Desired *d, WindowSet *set, const Manifest *m) {
        auto_(free) char *text = NULL;
        int r;

        if (!d->docs && !(d->docs = arena_new()))
                return -ENOMEM;
        if (list_grow(&d->documented, d->n_documented, &d->allocated_documented, sizeof(WindowSet *)) < 0)
                return -ENOMEM;
        r = manifest_to_doc(m, &text);
        if (r < 0)
                return r;
        set->doc = arena_strdup(d->docs, text);
        if (!set->doc)
                return -ENOMEM;
        d->documented[d->n_documented++] = windowset_ref(set);
        return 0;
}

void desired_drop_docs(Desired *d) {
        for (size_t i = 0; i < d->n_documented; i++) {
                d->documented[i]->doc = NULL;
                (void) windowset_unref(d->documented[i]);
        }
        free(d->documented);
        d->documented = NULL;
        d->n_documented = d->allocated_documented = 0;
        d->docs = arena_free(d->docs);
}

static int expand(Desired *d, Item *item, usec_t now) {
        auto_(arena_free) Arena *a = arena_new();
        ExpandInput in = { .now = now, .horizon = d->config ? d->config->horizon : HORIZON, .from = usec_sub(now, DESIRED_HISTORY), .loaded = item->loaded };
        auto_(windowset_unref) WindowSet *set = NULL;
        usec_t since = USEC_INFINITY;
        Frozen *frozen = NULL;
        int r;

        if (!a)
                return -ENOMEM;
        if (d->frozen && item->manifest->recurrence) {
                r = d->frozen(d->frozen_userdata, item->id, a, &frozen, &in.n_frozen, &since);
                if (r < 0)
                        return r;
                in.frozen = frozen;
                in.from = MIN(in.from, since);
        }
        r = schedule_expand(d->zones, item->manifest, &in, manifest_ref(item->manifest), release_manifest, &set);
        if (r < 0) {
                (void) manifest_free(item->manifest);
                return r;
        }
        if (item->stored != item->manifest->content) {
                r = document(d, set, item->manifest);
                if (r < 0)
                        return r;
        }
        (void) windowset_unref(item->set);
        item->set = STEAL(set);
        item->until = item->set->until;
        d->next = MIN(d->next, item->until);
        return 0;
}

/* --- loading --- */

static void check_zone(void *userdata, const Manifest *m, Diagnostics *diags) {
        (void) schedule_check_zone(userdata, m, diags);
}

static Vocabulary vocabulary(const Desired *d) {
        Vocabulary v = { .check_zone = check_zone, .userdata = d->zones };

        if (d->config) {
                v.services = &d->config->service_names;
                v.targets = &d->config->target_names;
                v.timezone = d->config->timezone;
        }
        return v;
}

static bool same_version(const Manifest *a, const Manifest *b) {
        return a->content == b->content && strcmp(a->origin.file, b->origin.file) == 0 && a->origin.line == b->origin.line &&
               strcmp(a->formerly ? a->formerly : "", b->formerly ? b->formerly : "") == 0;
}

typedef struct Loading {
        Desired *d;
        usec_t now;
        Diagnostics *diags;
        size_t known;           /* items before this load; later ones are new and not sorted in yet */
        size_t next;            /* of the known: where the next id is likely to be, for both are sorted */
        size_t n_refused;       /* by schedule_check() */
        bool *seen;             /* of the known: named by this load, good or broken */
} Loading;

/* A version that is fit for use takes the item over. */
static void adopt(Loading *l, Item *item, Manifest *m) {
        bool news = !item->manifest || item->manifest->content != m->content;

        item->status = DESIRED_GOOD;
        if (item->manifest == m)
                return;
        if (news)
                item->loaded = l->d->loaded_once ? l->now : 0;
        /* A file that was touched, or says the same in other words, moves nothing: its windows stay the very same. */
        if (!item->manifest || !same_version(item->manifest, m))
                item->set = windowset_unref(item->set);
        (void) manifest_free(item->manifest);
        item->manifest = manifest_ref(m);
}

static bool find_known(Loading *l, const char *id, size_t *ret) {
        if (l->next < l->known && strcmp(l->d->items[l->next].id, id) == 0)
                *ret = l->next;
        else if (!find(l->d, l->known, id, ret))
                return false;
        l->next = *ret + 1;
        return true;
}

static int take(Loading *l, Manifest *m) {
        Desired *d = l->d;
        Item *item = NULL;
        size_t at;
        int r;

        if (find_known(l, m->id, &at)) {
                l->seen[at] = true;
                item = &d->items[at];
                if (item->manifest == m && item->set) {
                        item->status = DESIRED_GOOD;
                        return 0;
                }
        }
        r = schedule_check(d->zones, m, l->now, l->diags);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                l->n_refused++;
                if (item)
                        item->status = DESIRED_LAST_GOOD;
                return 0;
        }
        if (!item)
                item = append(d, m->id);
        if (!item)
                return -ENOMEM;
        adopt(l, item, m);
        return 0;
}

static void mark_broken(Loading *l, const char *id) {
        size_t at;

        if (find(l->d, l->known, id, &at)) {
                l->seen[at] = true;
                l->d->items[at].status = DESIRED_LAST_GOOD;
        }
}

/* A load that cannot know every id leaves what was missed before as missed as it was. */
static void mark_unknown(Item *i) {
        if (i->status != DESIRED_MISSING)
                i->status = DESIRED_LAST_GOOD;
}

static void mark_unseen(Loading *l, bool may_withdraw) {
        for (size_t i = 0; i < l->known; i++)
                if (!l->seen[i] && may_withdraw)
                        l->d->items[i].status = DESIRED_MISSING;
                else if (!l->seen[i])
                        mark_unknown(&l->d->items[i]);
}

static int expand_all(Desired *d, usec_t now) {
        for (size_t i = 0; i < d->n; i++) {
                Item *item = &d->items[i];
                int r = item->set || !item->manifest ? 0 : expand(d, item, now);

                if (r == -ENOMEM)
                        return r;
                /* A last good version whose zone tzdata has dropped, or that we understand no longer: as it was told last. */
                if (r < 0 && item->reported)
                        item->set = windowset_ref(item->reported);
                item->until = item->set ? item->set->until : USEC_INFINITY;
        }
        return 0;
}

/* Who is not in the list counts as gone: as long as something that is there cannot be expressed, nothing may be withdrawn. */
static bool all_known(const Desired *d) {
        for (size_t i = 0; i < d->n; i++)
                if (!d->items[i].set && d->items[i].status != DESIRED_MISSING)
                        return false;
        return true;
}

static int report(Desired *d, DesiredLoad *ret) {
        DesiredSet *sets = reallocarray(d->sets, MAX(d->n, (size_t) 1), sizeof(*sets));
        size_t n = 0, in_force = 0, changed = 0;

        if (!sets)
                return -ENOMEM;
        d->sets = sets;
        d->next = USEC_INFINITY;
        for (size_t i = 0; i < d->n; i++) {
                Item *item = &d->items[i];

                d->next = MIN(d->next, item->until);
                if (!item->set)
                        continue;
                sets[n] = (DesiredSet) { item->set, item->status, item->set != item->reported };
                /* After a restart, what the ledger has already is told, but is no news. */
                changed += sets[n].changed && (item->reported || item->stored != item->set->content);
                in_force += item->status == DESIRED_GOOD || (item->status == DESIRED_LAST_GOOD && d->n_refused == 0);
                if (sets[n].changed) {
                        (void) windowset_unref(item->reported);
                        item->reported = windowset_ref(item->set);
                        item->stored = item->set->content;
                }
                n++;
        }
        *ret = (DesiredLoad) {
                .sets = sets, .n_sets = n, .may_withdraw = d->may_withdraw && all_known(d), .n_files = d->n_files,
                .n_manifests = d->n_manifests, .n_refused = d->n_refused, .n_in_force = in_force, .n_changed = changed, .commit = d->commit,
        };
        return 0;
}

static int load_taken(Desired *d, const Load *found, usec_t now, Diagnostics *diags) {
        auto_(free) bool *seen = calloc(MAX(d->n, (size_t) 1), sizeof(*seen));
        Loading l = { .d = d, .now = now, .diags = diags, .known = d->n, .seen = seen };

        if (!seen)
                return -ENOMEM;
        for (size_t i = 0; i < found->n_manifests; i++) {
                int r = take(&l, found->manifests[i]);

                if (r < 0) {
                        items_sort(d);
                        return r;
                }
        }
        for (size_t i = 0; i < found->n_broken; i++)
                mark_broken(&l, found->broken[i]);
        mark_unseen(&l, found->may_withdraw);
        items_sort(d);
        d->n_files = found->n_files;
        d->n_manifests = found->n_manifests + found->n_broken + found->n_nameless;
        d->n_refused = found->n_broken + found->n_nameless + l.n_refused;
        d->may_withdraw = found->may_withdraw;
        return 0;
}

int desired_load(Desired *d, usec_t now, Diagnostics *diags, DesiredLoad *ret) {
        Vocabulary voc = vocabulary(d);
        Load found = { 0 };
        int tree, r;

        desired_drop_docs(d);
        if (zones_refresh(d->zones) > 0)
                for (size_t i = 0; i < d->n; i++)
                        d->items[i].set = windowset_unref(d->items[i].set);
        tree = directory_load(d->directory, &voc, d->n > 0, diags, &found);
        if (tree == -ENOMEM)
                return tree;
        d->commit = found.commit ? found.commit : "";
        if (tree < 0) {
                d->may_withdraw = false;
                for (size_t i = 0; i < d->n; i++)
                        mark_unknown(&d->items[i]);
        } else {
                r = load_taken(d, &found, now, diags);
                if (r < 0)
                        return r;
        }
        desired_silence(d, diags);
        r = expand_all(d, now);
        if (r >= 0)
                r = report(d, ret);
        if (r < 0)
                return r;
        d->loaded_once |= tree >= 0;
        return MIN(tree, 0);
}

int desired_advance(Desired *d, usec_t now, DesiredLoad *ret) {
        desired_drop_docs(d);
        for (size_t i = 0; i < d->n; i++) {
                Item *item = &d->items[i];
                int r;

                if (!item->manifest || item->until > now)
                        continue;
                r = expand(d, item, now);
                if (r == -ENOMEM)
                        return r;
                if (r < 0) /* its zone has gone meanwhile; the next load says so */
                        item->until = usec_add(now, USEC_PER_HOUR);
        }
        return report(d, ret);
}

usec_t desired_next(const Desired *d) {
        return d->next;
}

void desired_forget(Desired *d, const char *id) {
        size_t at;

        if (find(d, d->n, id, &at) && d->items[at].status == DESIRED_MISSING)
                remove_at(d, at);
}

const Manifest *desired_manifest(const Desired *d, const char *id) {
        size_t at;

        return find(d, d->n, id, &at) ? d->items[at].manifest : NULL;
}

const Manifest *desired_nth(const Desired *d, size_t i) {
        return i < d->n ? d->items[i].manifest : NULL;
}

int desired_doc(const Desired *d, const char *id, char **ret) {
        const Manifest *m = desired_manifest(d, id);

        return m ? manifest_to_doc(m, ret) : -ENOENT;
}

static bool switched_off(const Config *c, const char *code) {
        for (size_t i = 0; c && i < c->quiet.n; i++)
                if (strcmp(c->quiet.items[i], code) == 0)
                        return true;
        return false;
}

bool desired_waives(const Desired *d, const char *file, unsigned line, const char *code) {
        return switched_off(d->config, code) || directory_waives(d->directory, file, line, code);
}

static bool is_waived(void *userdata, const Diagnostic *x) {
        return x->severity == SEVERITY_WARNING && desired_waives(userdata, x->file, x->line, x->code);
}

void desired_silence(const Desired *d, Diagnostics *diags) {
        if (diags)
                diagnostics_drop_if(diags, is_waived, (void *) d);
}
