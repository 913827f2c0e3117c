/*
 * Engine: what it is made of
 *
 * Manifests, targets, windows at targets, their parts and records, requests on their way: made, found and freed here, and nothing
 * decided. Plain data that others see as const owns its texts here; "" is static and never freed.
 */
#include <string.h>

#include "base/limits.h"
#include "reconcile/engine-internal.h"

/* ── small things ──────────────────────────────────────────────────────────────────────────────────────────── */

int set_text(char **p, const char *s) {
        char *copy = s ? strdup(s) : NULL;

        if (s && !copy)
                return -ENOMEM;
        free(*p);
        *p = copy;
        return 0;
}

/* Owned texts in plain data are const to everybody else; "" is static. */
int set_const(const char **p, const char *s) {
        char *copy = NULL;

        if (*p && strcmp(*p, s) == 0)
                return 0;
        if (*s) {
                copy = strdup(s);
                if (!copy)
                        return -ENOMEM;
        }
        if (*p && **p)
                free((char *) *p);
        *p = copy ? copy : "";
        return 0;
}

static void const_free(const char *s) {
        if (s && *s)
                free((char *) s);
}

const char *remote_name(const Remote *r) {
        return r->target ? r->target->name : r->identity;
}

/* ── records, parts, items ─────────────────────────────────────────────────────────────────────────────────── */

static void unindex(Owned *o) {
        if (o->indexed)
                HASH_DELETE(hh, o->item->remote->by_id, o);
        o->indexed = false;
}

/* Key, part and target are borrowed from item and remote; the rest is the record's own. */
void record_free(Record *r) {
        if (!r)
                return;
        unindex((Owned *) r);
        const_free(r->remote_id);
        const_free(r->version);
        const_free(r->title);
        free(r->told);
        free(r);
}

Record *record_new(Engine *e, Item *i, Part *p) {
        Owned *o = calloc(1, sizeof(*o));

        if (!o)
                return NULL;
        o->item = i;
        o->record = (Record) {
                .id = e->next_record++, .target = i->remote->identity, .key = i->key, .part = p->part,
                .remote_id = "", .version = "", .title = "", .echo.start = ECHO_UNKNOWN,
        };
        record_free(p->record);
        p->record = &o->record;
        return p->record;
}

Owned *owned_find(const Remote *r, const char *remote_id) {
        Owned *o = NULL;

        HASH_FIND_STR(r->by_id, remote_id, o);
        return o;
}

int record_set_remote_id(Record *r, const char *id) {
        Owned *o = (Owned *) r;
        int q;

        unindex(o);
        q = set_const(&r->remote_id, id);
        if (q >= 0 && *r->remote_id) {
                HASH_ADD_KEYPTR(hh, o->item->remote->by_id, r->remote_id, strlen(r->remote_id), o);
                o->indexed = map_has(o);
                q = o->indexed ? q : -ENOMEM;
        }
        return q;
}

void record_rehome(Record *r, Item *i, Part *p) {
        ((Owned *) r)->item = i;
        r->key = i->key;
        r->part = p->part;
}

void seen_done(Seen *s) {
        const_free(s->remote_id);
        const_free(s->version);
        free((void *) s->messages);
        *s = (Seen) { .remote_id = "", .version = "" };
}

static void part_done(Part *p) {
        seen_done(&p->seen);
        shown_free(p->shown);
        record_free(p->record);
        free(p->duplicate);
        if (*p->part)
                free(p->part);
}

Part *item_part_find(const Item *i, const char *part) {
        for (unsigned n = 0; n < i->n_parts; n++)
                if (strcmp(i->parts[n].part, part) == 0)
                        return &i->parts[n];
        return NULL;
}

static char no_part[] = "";

Part *item_part(Item *i, const char *part) {
        Part *p = item_part_find(i, part), *parts;
        char *name;

        if (p)
                return p;
        parts = reallocarray(i->parts, i->n_parts + 1, sizeof(*parts));
        if (!parts)
                return NULL;
        i->parts = parts;
        name = *part ? strdup(part) : no_part;
        if (!name)
                return NULL;
        p = &parts[i->n_parts++];
        *p = (Part) { .part = name, .seen = { .remote_id = "", .version = "" } };
        /* Records point to their part's name. */
        for (unsigned n = 0; n < i->n_parts; n++)
                if (parts[n].record)
                        parts[n].record->part = parts[n].part;
        return p;
}

/* Where the items of a target are found by key. The table grows with them and is never more than one to a bucket on average. */
static Item **bucket_of(const Remote *r, WindowKey key) {
        uint64_t hash = hash_text(hash_text(HASH_SEED, key.manifest), key.occurrence);

        return &r->buckets[hash & (r->n_buckets - 1)];
}

static void bucket_add(Remote *r, Item *i) {
        Item **bucket = bucket_of(r, i->key);

        i->next_of_bucket = *bucket;
        *bucket = i;
}

static int buckets_grow(Remote *r) {
        size_t n = MAX(r->n_buckets * 2, (size_t) 16);
        Item **buckets = calloc(n, sizeof(*buckets));

        if (!buckets)
                return -ENOMEM;
        free(r->buckets);
        r->buckets = buckets;
        r->n_buckets = n;
        for (Item *i = r->items; i; i = i->next_of_remote)
                bucket_add(r, i);
        return 0;
}

static void remote_link(Remote *r, Item *i) {
        i->prev_of_remote = r->last_item;
        if (r->last_item)
                r->last_item->next_of_remote = i;
        else
                r->items = i;
        r->last_item = i;
        r->n_items++;
        bucket_add(r, i);
}

static void remote_unlink(Remote *r, Item *i) {
        Item **at = bucket_of(r, i->key);

        while (*at != i)
                at = &(*at)->next_of_bucket;
        *at = i->next_of_bucket;
        if (i->prev_of_remote)
                i->prev_of_remote->next_of_remote = i->next_of_remote;
        else
                r->items = i->next_of_remote;
        if (i->next_of_remote)
                i->next_of_remote->prev_of_remote = i->prev_of_remote;
        else
                r->last_item = i->prev_of_remote;
        r->n_items--;
}

Item *item_find(const Remote *r, WindowKey key) {
        Item *i = r->n_buckets ? *bucket_of(r, key) : NULL;

        while (i && !key_equal(i->key, key))
                i = i->next_of_bucket;
        return i;
}

Item *item_get(Engine *e, Remote *r, WindowKey key) {
        size_t n = strlen(key.occurrence) + 1;
        Item *i = item_find(r, key);
        Source *s;

        if (i)
                return i;
        if (strlen(key.manifest) > ID_MAX || n > OCCURRENCE_MAX + 1)
                return NULL;
        if (r->n_items == r->n_buckets && buckets_grow(r) < 0)
                return NULL;
        s = source_get(e, key.manifest);
        i = s ? calloc(1, sizeof(*i) + n) : NULL;
        if (!i)
                return NULL;
        i->key = (WindowKey) { s->id, memcpy(i + 1, key.occurrence, n) };
        i->remote = r;
        i->next = USEC_INFINITY;
        i->wait_boot = USEC_INFINITY;
        i->next_what = "";
        i->source = s;
        i->next_of_source = s->items;
        s->items = i;
        remote_link(r, i);
        return i;
}

void item_clean(Engine *e, Item *i) {
        if (!i->dirty)
                return;
        i->dirty = false;
        if (i->next_dirty)
                i->next_dirty->prev_dirty = i->prev_dirty;
        if (i->prev_dirty)
                i->prev_dirty->next_dirty = i->next_dirty;
        else
                e->dirty = i->next_dirty;
        i->next_dirty = i->prev_dirty = NULL;
}

void item_dirty(Engine *e, Item *i) {
        if (i->dirty)
                return;
        i->dirty = true;
        i->prev_dirty = NULL;
        i->next_dirty = e->dirty;
        if (e->dirty)
                e->dirty->prev_dirty = i;
        e->dirty = i;
}

bool item_unused(const Item *i) {
        for (unsigned n = 0; n < i->n_parts; n++)
                if (i->parts[n].record || i->parts[n].flight || i->parts[n].reading)
                        return false;
        return !i->window;
}

void item_free(Engine *e, Item *i) {
        Remote *r = i->remote;
        Item **at = &i->source->items;

        item_clean(e, i);
        heap_remove(&e->due, i);
        heap_remove(&e->waiting, i);
        heap_remove(&r->ready, i);
        heap_remove(&r->looks, i);
        remote_unlink(r, i);
        while (*at != i)
                at = &(*at)->next_of_source;
        *at = i->next_of_source;
        for (unsigned n = 0; n < i->n_parts; n++)
                part_done(&i->parts[n]);
        free(i->parts);
        free(i->problem);
        free(i);
}

Source *source_find(const Engine *e, const char *id) {
        Source *s = NULL;

        HASH_FIND_STR(e->sources, id, s);
        return s;
}

Source *source_get(Engine *e, const char *id) {
        Source *s = source_find(e, id);

        if (s)
                return s;
        s = calloc(1, sizeof(*s) + strlen(id) + 1);
        if (!s)
                return NULL;
        memcpy(s->id, id, strlen(id) + 1);
        s->status = SET_MISSING;
        HASH_ADD_KEYPTR(hh, e->sources, s->id, strlen(s->id), s);
        if (map_has(s))
                return s;
        free(s);
        return NULL;
}

void source_free(Engine *e, Source *s) {
        HASH_DELETE(hh, e->sources, s);
        (void) windowset_unref(s->set);
        free(s);
}

void source_drop_if_unused(Engine *e, Source *s) {
        if (!s->items && !s->set && !s->row_known)
                source_free(e, s);
}

/* ── remotes ───────────────────────────────────────────────────────────────────────────────────────────────── */

/* The order of action_compare(), on what the item remembers of its action. */
static bool ready_before(const void *x, const void *y) {
        const Item *a = x, *b = y;

        if (a->urgency != b->urgency)
                return a->urgency < b->urgency;
        if (a->due != b->due)
                return a->due < b->due;
        if (a->start != b->start)
                return a->start < b->start;
        return key_compare(a->key, b->key) < 0;
}

static uint32_t *ready_place(void *i) {
        return &((Item *) i)->ready_place;
}

static bool look_before(const void *x, const void *y) {
        const Item *a = x, *b = y;

        return a->next != b->next ? a->next < b->next : key_compare(a->key, b->key) < 0;
}

static uint32_t *look_place(void *i) {
        return &((Item *) i)->look_place;
}

Remote *remote_find(const Engine *e, const char *identity) {
        for (Remote *r = e->remotes; r; r = r->next)
                if (strcmp(r->identity, identity) == 0)
                        return r;
        return NULL;
}

Remote *remote_new(Engine *e, const char *identity) {
        Remote *r = calloc(1, sizeof(*r)), **end;

        if (r)
                r->identity = strdup(identity);
        if (!r || !r->identity) {
                free(r);
                return NULL;
        }
        r->ready = (Heap) { .before = ready_before, .place = ready_place };
        r->looks = (Heap) { .before = look_before, .place = look_place };
        for (end = &e->remotes; *end; end = &(*end)->next)
                ;
        *end = r;
        return r;
}

void remote_free(Engine *e, Remote *r) {
        while (r->items)
                item_free(e, r->items);
        free(r->buckets);
        heap_done(&r->ready);
        heap_done(&r->looks);
        target_done(&r->memory);
        unowned_free(r->unowned, r->n_unowned);
        unowned_free(r->unowned_next, r->n_unowned_next);
        (void) arena_free(r->catalogue_arena);
        (void) arena_free(r->facts_arena);
        free(r->catalogue);
        free(r->facts);
        free(r->listing.cursor);
        free(r->problem);
        free(r->identity);
        free(r);
}

bool engine_may_write(const Engine *e, const Remote *r) {
        bool held = e->read_only || e->config.look_only || e->config.writes_blocked || e->clock_held || e->stopping;

        return !held && r->target && !r->denied;
}

/* ── flights ───────────────────────────────────────────────────────────────────────────────────────────────── */

Flight *flight_new(Engine *e, Now now, Remote *r, Item *i, const char *part) {
        Flight *f = calloc(1, sizeof(*f));

        if (f) {
                f->arena = arena_new();
                f->part = part ? strdup(part) : NULL;
        }
        if (!f || !f->arena || (part && !f->part)) {
                if (f) {
                        (void) arena_free(f->arena);
                        free(f->part);
                }
                free(f);
                return NULL;
        }
        f->serial = e->next_serial++;
        f->remote = r;
        f->item = i;
        f->sent = now;
        if (i && i->source->set)
                f->set = windowset_ref(i->source->set);
        return f;
}

int flight_send(Engine *e, Flight *f) {
        if (list_grow(&e->outbox, e->n_outbox, &e->allocated_outbox, sizeof(Flight *)) < 0)
                return -ENOMEM;
        f->request.serial = f->serial;
        f->request.target = f->remote->target;
        if (f->request.timeout == 0)
                f->request.timeout = f->remote->target->timeout;
        HASH_ADD(hh, e->flights, serial, sizeof(f->serial), f);
        if (!map_has(f))
                return -ENOMEM;
        e->outbox[e->n_outbox++] = f;
        f->remote->in_flight++;
        f->remote->writing += !f->is_query;
        if (f->item) {
                Part *p = item_part_find(f->item, f->part);

                if (p && f->is_query)
                        p->reading = f;
                else if (p)
                        p->flight = f;
        }
        return 0;
}

void flight_free(Engine *e, Flight *f) {
        Flight *known = NULL;

        HASH_FIND(hh, e->flights, &f->serial, sizeof(f->serial), known);
        if (known == f) {
                HASH_DELETE(hh, e->flights, f); /* NOLINT(clang-analyzer-core.NullDereference): it has just been found there */
                f->remote->in_flight--;
                f->remote->writing -= !f->is_query;
        }
        if (f->item && f->part) {
                Part *p = item_part_find(f->item, f->part);

                if (p && p->flight == f)
                        p->flight = NULL;
                if (p && p->reading == f)
                        p->reading = NULL;
        }
        (void) windowset_unref(f->set);
        (void) arena_free(f->arena);
        free(f->duplicate_id);
        free(f->part);
        free(f);
}
