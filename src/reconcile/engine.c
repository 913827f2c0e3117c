/*
 * Engine: life, targets, the clock, and the turn
 *
 * Everything that happens between two calls of engine_ask() is collected: entries to commit, lines to log, flights to hand out.
 * A flight with an intent leaves only with a turn whose commit holds; when the commit fails, the intent is taken back and the
 * window is planned anew.
 */
#include "reconcile/engine-internal.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

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
                o->indexed = true;
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
        char *name = *part ? strdup(part) : no_part;

        if (p || !name) {
                if (name && *name)
                        free(name);
                return p;
        }
        parts = reallocarray(i->parts, i->n_parts + 1, sizeof(*parts));
        if (!parts) {
                if (*name)
                        free(name);
                return NULL;
        }
        i->parts = parts;
        p = &parts[i->n_parts++];
        *p = (Part) { .part = name, .seen = { .remote_id = "", .version = "" } };
        /* Records point to their part's name. */
        for (unsigned n = 0; n < i->n_parts; n++)
                if (parts[n].record)
                        parts[n].record->part = parts[n].part;
        return p;
}

Item *item_find(const Remote *r, WindowKey key) {
        char name[KEY_SIZE];
        size_t m = strlen(key.manifest), o = strlen(key.occurrence);
        Item *i = NULL;

        if (m > ID_MAX || o > OCCURRENCE_MAX)
                return NULL;
        memcpy(name, key.manifest, m + 1);
        memcpy(name + m + 1, key.occurrence, o + 1);
        HASH_FIND(hh, r->items, name, m + o + 2, i);
        return i;
}

Item *item_get(Engine *e, Remote *r, WindowKey key) {
        size_t m = strlen(key.manifest), o = strlen(key.occurrence);
        Item *i = item_find(r, key);
        char *name;

        if (i)
                return i;
        if (m > ID_MAX || o > OCCURRENCE_MAX)
                return NULL;
        i = calloc(1, sizeof(*i) + m + o + 2);
        if (!i)
                return NULL;
        name = (char *) (i + 1);
        memcpy(name, key.manifest, m + 1);
        memcpy(name + m + 1, key.occurrence, o + 1);
        i->key = (WindowKey) { name, name + m + 1 };
        i->remote = r;
        i->next = USEC_INFINITY;
        i->wait_boot = USEC_INFINITY;
        i->next_what = "";
        i->source = source_get(e, key.manifest);
        if (!i->source) {
                free(i);
                return NULL;
        }
        i->next_of_source = i->source->items;
        if (i->next_of_source)
                i->next_of_source->prev_of_source = i;
        i->source->items = i;
        HASH_ADD_KEYPTR(hh, r->items, name, m + o + 2, i);
        return i;
}

static void item_clean(Engine *e, Item *i) {
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

        item_clean(e, i);
        heap_remove(&e->due, i);
        heap_remove(&e->waiting, i);
        heap_remove(&r->ready, i);
        heap_remove(&r->looks, i);
        HASH_DELETE(hh, r->items, i);
        if (i->next_of_source)
                i->next_of_source->prev_of_source = i->prev_of_source;
        if (i->prev_of_source)
                i->prev_of_source->next_of_source = i->next_of_source;
        else
                i->source->items = i->next_of_source;
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
        s = calloc(1, sizeof(*s));
        if (s)
                s->id = strdup(id);
        if (!s || !s->id) {
                free(s);
                return NULL;
        }
        s->status = SET_MISSING;
        HASH_ADD_KEYPTR(hh, e->sources, s->id, strlen(s->id), s);
        return s;
}

static void source_free(Engine *e, Source *s) {
        HASH_DELETE(hh, e->sources, s);
        (void) windowset_unref(s->set);
        free(s->id);
        free(s);
}

void source_drop_if_unused(Engine *e, Source *s) {
        if (!s->items && !s->set && !s->row_known)
                source_free(e, s);
}

/* ── heaps ─────────────────────────────────────────────────────────────────────────────────────────────────── */

static bool due_before(const void *a, const void *b) {
        return ((const Item *) a)->next < ((const Item *) b)->next;
}

static size_t *due_place(void *i) {
        return &((Item *) i)->due_place;
}

static bool wait_before(const void *a, const void *b) {
        return ((const Item *) a)->wait_boot < ((const Item *) b)->wait_boot;
}

static size_t *wait_place(void *i) {
        return &((Item *) i)->wait_place;
}

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

static size_t *ready_place(void *i) {
        return &((Item *) i)->ready_place;
}

static bool look_before(const void *x, const void *y) {
        const Item *a = x, *b = y;

        return a->next != b->next ? a->next < b->next : key_compare(a->key, b->key) < 0;
}

static size_t *look_place(void *i) {
        return &((Item *) i)->look_place;
}

/* ── remotes ───────────────────────────────────────────────────────────────────────────────────────────────── */

Remote *remote_find(const Engine *e, const char *identity) {
        for (Remote *r = e->remotes; r; r = r->next)
                if (strcmp(r->identity, identity) == 0)
                        return r;
        return NULL;
}

Remote *remote_by_name(const Engine *e, const char *name) {
        for (Remote *r = e->remotes; r; r = r->next)
                if (r->target && strcmp(r->target->name, name) == 0)
                        return r;
        return NULL;
}

static Remote *remote_new(Engine *e, const char *identity) {
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

static void remote_free(Engine *e, Remote *r) {
        Item *i, *tmp;

        HASH_ITER(hh, r->items, i, tmp)
                item_free(e, i);
        heap_done(&r->ready);
        heap_done(&r->looks);
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
        return !e->read_only && !e->stopping && !e->clock_held && !e->config.writes_blocked && r->target && !r->denied;
}

/* ── flights ───────────────────────────────────────────────────────────────────────────────────────────────── */

Flight *flight_new(Engine *e, Now now, Remote *r, Item *i, const char *part) {
        Flight *f = calloc(1, sizeof(*f));

        if (f) {
                f->arena = arena_new();
                f->part = part ? strdup(part) : NULL;
        }
        if (!f || !f->arena || (part && !f->part)) {
                if (f)
                        (void) arena_free(f->arena);
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
        if (e->n_outbox == e->allocated_outbox) {
                size_t wanted = MAX(e->allocated_outbox * 2, (size_t) 16);
                Flight **outbox = reallocarray(e->outbox, wanted, sizeof(*outbox));

                if (!outbox)
                        return -ENOMEM;
                e->outbox = outbox;
                e->allocated_outbox = wanted;
        }
        f->request.serial = f->serial;
        f->request.target = f->remote->target;
        if (f->request.timeout == 0)
                f->request.timeout = f->remote->target->timeout;
        e->outbox[e->n_outbox++] = f;
        HASH_ADD(hh, e->flights, serial, sizeof(f->serial), f);
        f->remote->in_flight++;
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
                HASH_DELETE(hh, e->flights, f);
                f->remote->in_flight--;
        }
        if (f->item) {
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

/* ── saying and saving ─────────────────────────────────────────────────────────────────────────────────────── */

Event *say_event(Engine *e, EventKind kind, int priority, const Remote *r, const Item *i, const Part *p, const char *text) {
        Line *l;

        if (!e->line_arena && !(e->line_arena = arena_new()))
                return NULL;
        l = arena_new0(e->line_arena, Line);
        if (!l)
                return NULL;
        l->event = (Event) {
                .kind = kind, .priority = priority, .target = r && r->target ? arena_strdup(e->line_arena, r->target->name) : "",
                .key = { "", "" }, .remote_id = "", .text = arena_strdup(e->line_arena, text),
        };
        if (i) {
                l->event.key.manifest = arena_strdup(e->line_arena, i->key.manifest);
                /* Without a target the line is about the manifest as a whole. */
                l->event.key.occurrence = arena_strdup(e->line_arena, r ? i->key.occurrence : "");
                l->event.window = i->window;
                if (i->window)
                        l->set = windowset_ref(i->source->set);
        }
        if (p && p->record) {
                l->event.remote_id = arena_strdup(e->line_arena, p->record->remote_id);
                l->event.has_state = true;
                l->event.state = p->record->left;
        }
        if (!l->event.target || !l->event.key.manifest || !l->event.key.occurrence || !l->event.remote_id || !l->event.text) {
                (void) windowset_unref(l->set);
                return NULL;
        }
        *e->lines_end = l;
        e->lines_end = &l->next;
        e->n_lines++;
        return &l->event;
}

int say(Engine *e, EventKind kind, int priority, const Remote *r, const Item *i, const Part *p, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return say_event(e, kind, priority, r, i, p, text) ? 0 : -ENOMEM;
}

static void lines_release(Line **lines, Arena **arena) {
        for (Line *l = *lines; l; l = l->next)
                (void) windowset_unref(l->set);
        *lines = NULL;
        *arena = arena_free(*arena);
}

static Record *record_copy(Arena *a, const Record *r) {
        Record *c = arena_new0(a, Record);

        if (!c)
                return NULL;
        *c = *r;
        c->target = arena_strdup(a, r->target);
        c->key.manifest = arena_strdup(a, r->key.manifest);
        c->key.occurrence = arena_strdup(a, r->key.occurrence);
        c->part = arena_strdup(a, r->part);
        c->remote_id = arena_strdup(a, r->remote_id);
        c->version = arena_strdup(a, r->version);
        c->title = arena_strdup(a, r->title);
        c->told = arena_array(a, MAX(r->n_told, (size_t) 1), sizeof(*r->told));
        if (!c->target || !c->key.manifest || !c->key.occurrence || !c->part || !c->remote_id || !c->version || !c->title || !c->told)
                return NULL;
        if (r->n_told)
                memcpy(c->told, r->told, r->n_told * sizeof(*r->told));
        return c;
}

static Unsaved *unsaved_new(Engine *e) {
        auto_(arena_free) Arena *a = arena_new();
        Unsaved *u = a ? arena_new0(a, Unsaved) : NULL;

        if (!u)
                return NULL;
        u->arena = STEAL(a);
        *e->unsaved_end = u;
        e->unsaved_end = &u->next;
        return u;
}

int save(Engine *e, Now now, EntryKind kind, const Item *i, const Record *record, ActionKind action, const char *text, Unsaved **ret) {
        Unsaved *u = unsaved_new(e);
        const Origin *o = i && i->window ? i->window->origin : NULL;

        if (!u)
                return -ENOMEM;
        u->entry = (Entry) {
                .kind = kind, .at = now.real, .action = action, .text = arena_strdup(u->arena, text),
                .record = record ? record_copy(u->arena, record) : NULL,
                .key = { i ? arena_strdup(u->arena, i->key.manifest) : "", i ? arena_strdup(u->arena, i->key.occurrence) : "" },
                .target = i && i->remote->target ? arena_strdup(u->arena, i->remote->target->name) : "",
                .file = o ? arena_strdup(u->arena, o->file) : "", .commit = o ? arena_strdup(u->arena, o->commit) : "",
                .line = o ? o->line : 0,
        };
        if (ret)
                *ret = u;
        e->last_at = MAX(e->last_at, now.real);
        return u->entry.text && u->entry.target && u->entry.key.manifest && (!record || u->entry.record) ? 0 : -ENOMEM;
}

int save_source(Engine *e, Now now, Source *s, bool forget, const char *text) {
        const Origin *o = s->set ? s->set->origin : NULL;
        Unsaved *u = unsaved_new(e);

        if (!u)
                return -ENOMEM;
        u->manifest = (ManifestRow) {
                .id = arena_strdup(u->arena, s->id), .doc = forget ? NULL : s->set && s->set->doc ? arena_strdup(u->arena, s->set->doc) : "",
                .file = arena_strdup(u->arena, o ? o->file : ""), .commit = arena_strdup(u->arena, o ? o->commit : ""),
                .line = o ? o->line : 0, .content = s->set ? s->set->content : s->row_content, .vanished = s->vanished,
        };
        u->entry = (Entry) {
                .kind = ENTRY_MANIFEST, .at = now.real, .manifest = &u->manifest, .key = { u->manifest.id, "" }, .target = "",
                .text = arena_strdup(u->arena, text), .file = u->manifest.file, .commit = u->manifest.commit, .line = u->manifest.line,
        };
        s->row_known = !forget;
        s->row_content = u->manifest.content;
        return u->manifest.id && u->entry.text ? 0 : -ENOMEM;
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static int restore_record(Engine *e, Now now, const Record *saved) {
        Remote *r = remote_find(e, saved->target);
        Record *copy;
        Item *i;
        Part *p;

        if (!r && !(r = remote_new(e, saved->target)))
                return -ENOMEM;
        i = item_get(e, r, saved->key);
        p = i ? item_part(i, saved->part) : NULL;
        if (!p)
                return -ENOMEM;
        if (p->record && p->record->generation > saved->generation)
                return 0;
        copy = record_new(e, i, p);
        if (!copy)
                return -ENOMEM;
        e->next_record--; /* it has an id already */
        *copy = *saved;
        copy->target = r->identity;
        copy->key = i->key;
        copy->part = p->part;
        copy->remote_id = copy->version = copy->title = "";
        copy->told = NULL;
        copy->n_told = 0;
        if (record_set_remote_id(copy, saved->remote_id) < 0 || set_const(&copy->version, saved->version) < 0 ||
            set_const(&copy->title, saved->title) < 0)
                return -ENOMEM;
        for (size_t n = 0; n < saved->n_told; n++)
                if (record_tell(copy, saved->told[n]) < 0)
                        return -ENOMEM;
        /* What was seen before this start proves nothing, and boot times of another boot are meaningless. */
        copy->written.boot = 0;
        p->uncertain = now.boot;
        return 0;
}

static void clock_check(Engine *e, Now now) {
        bool implausible = now.real < e->config.build_date || usec_add(now.real, CLOCK_BACK_MAX) < e->last_at;

        if (e->clock_approved)
                return;
        if (implausible && !e->clock_held) {
                char t[RFC3339_SIZE];

                e->clock_held = true;
                (void) set_text(&e->clock_problem, "the clock is implausible");
                (void) say(e, EVENT_CLOCK_UNTRUSTED, 4, NULL, NULL, NULL,
                           "the clock says %s, which is before %s: nothing is written until it is set", rfc3339_format(now.real, t),
                           now.real < e->config.build_date ? "this program was built" : "the ledger's last entry");
        }
}

int engine_new(const EngineConfig *c, const Snapshot *s, Now now, Engine **ret) {
        auto_(engine_free) Engine *e = calloc(1, sizeof(*e));

        if (!e)
                return -ENOMEM;
        e->config = *c;
        e->read_only = c->read_only;
        e->jitter = c->seed;
        e->unsaved_end = &e->unsaved;
        e->lines_end = &e->lines;
        e->due = (Heap) { .before = due_before, .place = due_place };
        e->waiting = (Heap) { .before = wait_before, .place = wait_place };
        e->next_intent = s->last_intent + 1;
        e->next_record = s->last_record + 1;
        e->next_serial = 1;
        e->last_at = s->last_at;
        memcpy(e->ledger_id, s->ledger_id, sizeof(e->ledger_id));
        for (size_t n = 0; n < s->n_manifests; n++) {
                Source *src = source_get(e, s->manifests[n].id);

                if (!src)
                        return -ENOMEM;
                src->row_known = true;
                src->row_content = s->manifests[n].content;
                src->vanished = s->manifests[n].vanished;
        }
        for (size_t n = 0; n < s->n_records; n++)
                if (restore_record(e, now, &s->records[n]) < 0)
                        return -ENOMEM;
        if (c->writes_blocked)
                (void) say(e, EVENT_MACHINE_CHANGED, 3, NULL, NULL, NULL,
                           "the ledger belongs to another machine: nothing is written until `maintctl adopt --all`");
        clock_check(e, now);
        *ret = STEAL(e);
        return 0;
}

Engine *engine_free(Engine *e) {
        Flight *f, *ftmp;
        Source *s, *stmp;

        if (!e)
                return NULL;
        HASH_ITER(hh, e->flights, f, ftmp)
                flight_free(e, f);
        for (Remote *r; (r = e->remotes);) {
                e->remotes = r->next;
                remote_free(e, r);
        }
        HASH_ITER(hh, e->sources, s, stmp)
                source_free(e, s);
        for (Unsaved *u; (u = e->unsaved);) {
                e->unsaved = u->next;
                (void) arena_free(u->arena);
        }
        lines_release(&e->lines, &e->line_arena);
        lines_release(&e->lines_out, &e->line_arena_out);
        heap_done(&e->due);
        heap_done(&e->waiting);
        (void) arena_free(e->turn_arena);
        free(e->outbox);
        free(e->clock_problem);
        free(e);
        return NULL;
}

void engine_told_config(Engine *e, const EngineConfig *c) {
        uint64_t seed = e->config.seed;
        bool blocked = e->config.writes_blocked;

        e->config = *c;
        e->config.seed = seed;
        e->config.writes_blocked = blocked;
}

static void remote_attach(Engine *e, Now now, Remote *r, Target *t) {
        unsigned reads, writes;

        r->target = t;
        if (t->driver->capabilities(t, &r->can) < 0)
                r->can = (Capabilities) { 0 };
        reads = t->reads_per_min ? t->reads_per_min : r->can.reads_per_min;
        writes = t->writes_per_min ? t->writes_per_min : r->can.writes_per_min;
        if (r->reads.at == 0 || r->reads.per_min != reads)
                bucket_init(&r->reads, reads, now.boot);
        if (r->writes.at == 0 || r->writes.per_min != writes)
                bucket_init(&r->writes, writes, now.boot);
        r->phase = PHASE_PROBE;
        r->list_wanted = true;
        r->orphan_reported = r->retired_reported = false;
        for (Item *i = r->items; i; i = i->hh.next)
                item_dirty(e, i);
}

/* What was in flight for a target belongs to its old description; its answers will not be understood any more. */
static void remote_drop_flights(Engine *e, Now now, Remote *r) {
        Flight *f, *tmp;

        HASH_ITER(hh, e->flights, f, tmp) {
                Part *p = f->item ? item_part_find(f->item, f->part) : NULL;

                if (f->remote != r)
                        continue;
                if (p)
                        p->uncertain = now.boot;
                flight_free(e, f);
        }
        r->listing.running = false;
}

int engine_told_targets(Engine *e, Now now, Target *const *targets, size_t n) {
        for (Remote *r = e->remotes; r; r = r->next) {
                remote_drop_flights(e, now, r);
                r->target = NULL;
        }
        for (size_t k = n; k-- > 0;) {
                Remote *r = remote_find(e, targets[k]->identity), **p;

                if (!r && !(r = remote_new(e, targets[k]->identity)))
                        return -ENOMEM;
                /* keep the order they are told in */
                for (p = &e->remotes; *p != r; p = &(*p)->next)
                        ;
                *p = r->next;
                r->next = e->remotes;
                e->remotes = r;
                remote_attach(e, now, r, targets[k]);
        }
        e->targets_changed = true;
        return 0;
}

/* ── told ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static void dirty_all(Engine *e) {
        for (Remote *r = e->remotes; r; r = r->next)
                for (Item *i = r->items; i; i = i->hh.next)
                        item_dirty(e, i);
}

int engine_told_clock(Engine *e, Now now, int64_t step, bool synchronised) {
        bool plausible = now.real >= e->config.build_date && usec_add(now.real, CLOCK_BACK_MAX) >= e->last_at;

        if (step > (int64_t) CLOCK_STEP_MAX && !synchronised && !e->clock_held) {
                char t[SPAN_SIZE];

                e->clock_held = true;
                e->clock_approved = false;
                (void) set_text(&e->clock_problem, "the clock was stepped forward by more than a day");
                (void) say(e, EVENT_CLOCK_UNTRUSTED, 4, NULL, NULL, NULL,
                           "the clock was stepped forward by %s: nothing is written until it is synchronised or approved",
                           span_format((usec_t) step, true, t));
        } else if (e->clock_held && plausible && (synchronised || step <= -(int64_t) CLOCK_STEP_MAX)) {
                e->clock_held = false;
                (void) set_text(&e->clock_problem, NULL);
                (void) say(e, EVENT_CLOCK_TRUSTED, 5, NULL, NULL, NULL, "the clock is trusted again");
        }
        if (!plausible)
                clock_check(e, now);
        dirty_all(e);
        return 0;
}

int engine_told_secret(Engine *e, Now now, const char *target) {
        for (Remote *r = e->remotes; r; r = r->next) {
                if (!r->target || (target && strcmp(r->target->name, target) != 0))
                        continue;
                r->denied_until = now.boot;
                if (r->denied)
                        r->list_wanted = true;
        }
        return 0;
}

int engine_told_reload(Engine *e, Now now) {
        for (Remote *r = e->remotes; r; r = r->next) {
                r->retry_at = 0;
                r->denied_until = now.boot;
                r->list_wanted = r->catalogue_wanted = true;
                for (Item *i = r->items; i; i = i->hh.next) {
                        for (unsigned n = 0; n < i->n_parts; n++) {
                                Part *p = &i->parts[n];

                                p->retry_at = 0;
                                /* A person may have mended at the target what it refused. */
                                if (p->record && p->record->refused) {
                                        p->record->refused = 0;
                                        item_dirty(e, i);
                                }
                        }
                }
        }
        return 0;
}

void engine_told_stop(Engine *e) {
        e->stopping = true;
}

/* ── the turn ──────────────────────────────────────────────────────────────────────────────────────────────── */

static void intents_take_back(Engine *e, Now now) {
        Unsaved **p = &e->unsaved;

        for (Unsaved *u; (u = *p);) {
                Flight *f = NULL;
                Part *part;

                if (!u->flight) {
                        p = &u->next;
                        continue;
                }
                HASH_FIND(hh, e->flights, &u->flight, sizeof(u->flight), f);
                if (f) {
                        part = f->item ? item_part_find(f->item, f->part) : NULL;
                        if (part && part->record) {
                                part->record->intent = 0;
                                if (record_is_stub(part->record) && part->record->approved == 0 && part->record->refused == 0) {
                                        record_free(part->record);
                                        part->record = NULL;
                                }
                        }
                        if (f->item)
                                item_dirty(e, f->item);
                        flight_free(e, f);
                }
                *p = u->next;
                (void) arena_free(u->arena);
        }
        e->unsaved_end = p;
        e->commit_retry = usec_add(now.boot, backoff(++e->commit_failures, PAUSE_FIRST, PAUSE_MAX, &e->jitter));
}

int engine_told_committed(Engine *e, Now now, uint64_t turn, int error) {
        if (!e->committing || turn != e->turn)
                return 0;
        e->committing = false;
        if (error < 0) {
                bool first = e->commit_failures == 0;

                intents_take_back(e, now);
                if (first)
                        return say(e, EVENT_LEDGER_UNWRITABLE, 2, NULL, NULL, NULL,
                                   "the ledger cannot be written (%s): nothing is sent until it can", strerror(-error));
                return 0;
        }
        for (Unsaved *u; (u = e->unsaved);) {
                Flight *f = NULL;

                if (u->flight)
                        HASH_FIND(hh, e->flights, &u->flight, sizeof(u->flight), f);
                if (f)
                        f->committed = true;
                e->unsaved = u->next;
                (void) arena_free(u->arena);
        }
        e->unsaved_end = &e->unsaved;
        if (e->commit_failures > 0) {
                e->commit_failures = 0;
                return say(e, EVENT_LEDGER_WRITABLE, 5, NULL, NULL, NULL, "the ledger can be written again");
        }
        return 0;
}

static int plan_due(Engine *e, Now now) {
        for (Item *i; (i = heap_first(&e->due)) && i->next <= now.real;) {
                heap_remove(&e->due, i);
                item_dirty(e, i);
        }
        for (Item *i; (i = heap_first(&e->waiting)) && i->wait_boot <= now.boot;) {
                heap_remove(&e->waiting, i);
                i->wait_boot = USEC_INFINITY;
                item_dirty(e, i);
        }
        for (Item *i; (i = e->dirty);) {
                int r;

                item_clean(e, i);
                r = item_plan(e, now, i);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int turn_entries(Engine *e, Now now, Turn *t) {
        size_t n = 0;
        Entry *entries;

        if (e->commit_failures > 0 && now.boot < e->commit_retry) {
                t->wake_boot = MIN(t->wake_boot, e->commit_retry);
                return 0;
        }
        for (Unsaved *u = e->unsaved; u; u = u->next)
                n++;
        if (n == 0)
                return 0;
        entries = arena_array(e->turn_arena, n, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        for (Unsaved *u = e->unsaved; u; u = u->next)
                entries[t->n_entries++] = u->entry;
        t->entries = entries;
        e->committing = true;
        return 0;
}

static int turn_requests(Engine *e, Turn *t) {
        Request *requests = arena_array(e->turn_arena, MAX(e->n_outbox, (size_t) 1), sizeof(*requests));

        if (!requests)
                return -ENOMEM;
        for (size_t k = 0; k < e->n_outbox; k++)
                requests[t->n_requests++] = e->outbox[k]->request;
        e->n_outbox = 0;
        t->requests = requests;
        return 0;
}

static int turn_events(Engine *e, Turn *t) {
        Event *events = arena_array(e->turn_arena, MAX(e->n_lines, (size_t) 1), sizeof(*events));

        if (!events)
                return -ENOMEM;
        for (Line *l = e->lines; l; l = l->next)
                events[t->n_events++] = l->event;
        t->events = events;
        e->lines_out = e->lines;
        e->line_arena_out = e->line_arena;
        e->lines = NULL;
        e->lines_end = &e->lines;
        e->line_arena = NULL;
        e->n_lines = 0;
        return 0;
}

int engine_ask(Engine *e, Now now, Turn *ret) {
        Turn t = { .serial = ++e->turn, .wake_real = USEC_INFINITY, .wake_boot = USEC_INFINITY };
        Arena *a = arena_new();
        Item *i;
        int r;

        if (!a)
                return -ENOMEM;
        assert(!e->committing); /* each turn's commit must have been reported */
        (void) arena_free(e->turn_arena);
        e->turn_arena = a;
        lines_release(&e->lines_out, &e->line_arena_out);

        r = plan_due(e, now);
        for (Remote *m = e->remotes; m && r >= 0; m = m->next) {
                if (!m->target)
                        continue;
                /* Transitions first: a listing under way must not make them wait for a place. */
                r = act_dispatch(e, now, m, &t.wake_boot);
                if (r >= 0)
                        r = look_dispatch(e, now, m, &t.wake_boot);
        }
        if (r >= 0)
                r = turn_entries(e, now, &t);
        if (r >= 0)
                r = turn_requests(e, &t);
        if (r >= 0)
                r = turn_events(e, &t);
        if (r < 0)
                return r;

        i = heap_first(&e->due);
        if (i)
                t.wake_real = i->next;
        i = heap_first(&e->waiting);
        if (i)
                t.wake_boot = MIN(t.wake_boot, i->wait_boot);
        if (e->dirty)
                t.wake_boot = now.boot;
        *ret = t;
        return 0;
}

/* ── answers ───────────────────────────────────────────────────────────────────────────────────────────────── */

int engine_told_response(Engine *e, Now now, uint64_t request, const Response *resp) {
        Flight *f = NULL;
        int r;

        HASH_FIND(hh, e->flights, &request, sizeof(request), f);
        if (!f)
                return 0;
        bucket_told(f->is_query ? &f->remote->reads : &f->remote->writes, resp, now);
        r = f->is_query ? look_response(e, now, f, resp) : act_response(e, now, f, resp);
        flight_free(e, f);
        return r;
}

int engine_told_failure(Engine *e, Now now, uint64_t request, Failure failure, const char *error) {
        Flight *f = NULL;
        int r = 0;

        HASH_FIND(hh, e->flights, &request, sizeof(request), f);
        if (!f)
                return 0;
        if (f->is_query)
                look_failed(e, now, f, error);
        else
                r = act_failed(e, now, f, failure, error);
        if (r >= 0)
                r = remote_failed(e, now, f->remote, error);
        flight_free(e, f);
        return r;
}

static const char *const event_names[] = {
        [EVENT_PUBLISHED] = "published", [EVENT_UPDATED] = "updated", [EVENT_MOVED] = "moved", [EVENT_STARTED] = "started",
        [EVENT_COMPLETED] = "completed", [EVENT_CANCELLED] = "cancelled", [EVENT_WITHDRAWN] = "withdrawn", [EVENT_POSTED] = "posted",
        [EVENT_ADOPTED] = "adopted", [EVENT_TAKEN_OVER] = "taken-over", [EVENT_DIVERGED] = "diverged", [EVENT_GONE] = "gone",
        [EVENT_CLAIMED] = "claimed", [EVENT_ALREADY_THERE] = "already-there", [EVENT_MISSED] = "missed", [EVENT_OVERRUNNING] = "overrunning",
        [EVENT_SUSPENDED] = "suspended", [EVENT_DROPPED] = "dropped", [EVENT_REFUSED] = "refused", [EVENT_HEALED] = "healed",
        [EVENT_HEAL_LIMIT] = "heal-limit", [EVENT_DUPLICATE] = "duplicate", [EVENT_UNKNOWN] = "unknown", [EVENT_MOVED_INTO_PAST] = "moved-into-past",
        [EVENT_DENIED] = "denied", [EVENT_UNREACHABLE] = "unreachable", [EVENT_RECOVERED] = "recovered", [EVENT_LIMITED] = "limited",
        [EVENT_LOST_DATA] = "lost-data", [EVENT_CANNOT] = "cannot", [EVENT_RETIRED] = "retired", [EVENT_ORPHANED] = "orphaned",
        [EVENT_UNRESOLVED] = "unresolved", [EVENT_WITHDRAW_PENDING] = "withdraw-pending", [EVENT_WITHDRAW_UNDONE] = "withdraw-undone",
        [EVENT_HELD] = "held", [EVENT_APPROVED] = "approved", [EVENT_RENAMED] = "renamed", [EVENT_CLOCK_UNTRUSTED] = "clock-untrusted",
        [EVENT_CLOCK_TRUSTED] = "clock-trusted", [EVENT_LEDGER_UNWRITABLE] = "ledger-unwritable", [EVENT_LEDGER_WRITABLE] = "ledger-writable",
        [EVENT_MACHINE_CHANGED] = "machine-changed",
};
_Static_assert(ARRAY_SIZE(event_names) == EVENTS, "name every event");

const char *event_to_string(EventKind k) {
        return (unsigned) k < EVENTS ? event_names[k] : "?";
}
