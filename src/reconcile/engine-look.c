/*
 * Engine: looking at targets
 *
 * What a target answers when it is asked for itself, its services and its objects (engine-query.c asks). Single objects are read
 * where a listing leaves a question, and shortly before a transition. What is seen is folded small and compared with what was
 * seen before, so that a resync in which nothing changed plans nothing.
 */
#include <string.h>

#include "base/limits.h"
#include "reconcile/engine-internal.h"

void unowned_free(Unowned *u, size_t n) {
        for (size_t k = 0; k < n; k++)
                free(u[k].remote_id);
        free(u);
}

static int compare_unowned(const void *a, const void *b) {
        const Unowned *x = a, *y = b;

        return x->print.start < y->print.start ? -1 : x->print.start > y->print.start;
}

/* An object that nobody owns and that says the same: title, start and end. Of several the one most alike: of a window that is several
 * objects there, each part finds its own. */
const Unowned *twin_of(const Remote *r, const Object *want) {
        Print p = object_print(want);
        const Unowned *best = NULL;
        int least = FIELDS + 1;
        size_t lo = 0, hi = r->n_unowned;

        while (lo < hi) {
                size_t mid = (lo + hi) / 2;

                if (r->unowned[mid].print.start < p.start)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        for (; lo < r->n_unowned && r->unowned[lo].print.start == p.start; lo++) {
                uint32_t diff = print_diff(&r->unowned[lo].print, &p, FIELDS_ALL);
                int n = __builtin_popcount(diff);

                if (diff & (FIELD_TITLE | FIELDS_TIMES) || n >= least || owned_find(r, r->unowned[lo].remote_id))
                        continue;
                best = &r->unowned[lo];
                least = n;
        }
        return best;
}

Look part_look(const Remote *r, const Part *p) {
        const Record *rec = p->record;

        if (!rec || record_unpublished(rec)) {
                if (p->looked && !p->absent && p->listing >= r->listed)
                        return LOOK_PRESENT;
                return r->listed ? LOOK_ABSENT : LOOK_NONE;
        }
        if (!p->looked || p->look_boot < rec->written.boot)
                return LOOK_NONE;
        return p->gone ? LOOK_GONE : p->absent ? LOOK_ABSENT : LOOK_PRESENT;
}

int want_look(Engine *e, Item *i, Part *p) {
        p->look_wanted = true;
        return heap_put(&i->remote->looks, i);
}

/* ── what was seen ─────────────────────────────────────────────────────────────────────────────────────────── */

static int copy_messages(Seen *s, const Observed *o) {
        uint64_t *m = NULL;

        if (o->n_messages) {
                m = reallocarray(NULL, o->n_messages, sizeof(*m));
                if (!m)
                        return -ENOMEM;
                memcpy(m, o->messages, o->n_messages * sizeof(*m));
        }
        free((void *) s->messages);
        s->messages = m;
        s->n_messages = o->n_messages;
        return 0;
}

/* Folds @o into @p; plans anew only when it differs from what was seen before, or somebody waits for it. */
static int part_saw(Engine *e, Item *i, Part *p, const Observed *o, Now began, uint64_t listing) {
        const Record *rec = p->record;
        Seen *s = &p->seen;
        Print print = object_print(&o->object);
        bool foreign = *o->owner && strcmp(o->owner, e->ledger_id) != 0;
        bool news = !p->looked || p->absent || p->gone || s->state != o->state || s->foreign_ledger != foreign ||
                    s->n_messages != o->n_messages || print_diff(&s->print, &print, FIELDS_ALL) ||
                    (rec && (rec->intent || rec->echo.start == ECHO_UNKNOWN || p->look_boot < rec->written.boot));
        int r;

        if (listing)
                p->listing = listing;
        if (p->looked && p->look_boot > began.boot) {
                /* A page that took its time shows less than is known. Where a listing overtook the answer that an open intent
                 * waits for, it is asked for again: nothing else would before the next listing. */
                if (rec && rec->intent)
                        item_dirty(e, i);
                return 0;
        }
        if (rec && rec->intent && i->remote->can.update_replaces && state_final(o->state) && s->present && *s->remote_id && !state_final(s->state))
                return 0; /* what our update has left behind; what it has put in its place has been seen */
        s->present = true;
        s->state = o->state;
        s->print = print;
        s->started = o->started;
        s->ended = o->ended;
        s->at = began;
        s->foreign_ledger = foreign;
        r = copy_messages(s, o);
        if (r >= 0)
                r = shown_set(e, p, &o->object);
        if (r >= 0)
                r = set_const(&s->version, o->version);
        if (r >= 0)
                r = set_const(&s->remote_id, rec && strcmp(rec->remote_id, o->remote_id) == 0 ? "" : o->remote_id);
        p->looked = true;
        p->absent = p->gone = false;
        p->look_boot = began.boot;
        if (news)
                item_dirty(e, i);
        return r;
}

/* A marker too long for its target carries a hash of the key: found by writing every item's own. */
static Item *item_by_hashed_marker(const Remote *r, const char *marker, unsigned generation) {
        char buf[MARKER_SIZE];

        for (Item *i = r->items; i; i = i->next_of_remote)
                if (strcmp(marker_format(r->target->instance, i->key, generation, "", r->can.marker_max, buf), marker) == 0)
                        return i;
        return NULL;
}

static int saw_unowned(Remote *r, const Observed *o) {
        Unowned *u;

        if (r->n_unowned_next >= UNOWNED_MAX)
                return 0;
        if (list_grow(&r->unowned_next, r->n_unowned_next, &r->allocated_unowned, sizeof(Unowned)) < 0)
                return -ENOMEM;
        u = &r->unowned_next[r->n_unowned_next];
        *u = (Unowned) { object_print(&o->object), strdup(o->remote_id), o->state };
        if (!u->remote_id)
                return -ENOMEM;
        r->n_unowned_next++;
        return 0;
}

/* An object that carries our name and is in no record. */
static int saw_marked(Engine *e, Remote *r, const Observed *o, const MarkerParts *m, Now began, uint64_t listing) {
        Item *i = m->hashed ? item_by_hashed_marker(r, o->object.marker, m->generation) : item_find(r, (WindowKey) { m->manifest, m->occurrence });
        Part *p = i ? item_part(i, m->part) : NULL;
        const Record *rec = p ? p->record : NULL;
        bool ours = !*o->owner || strcmp(o->owner, e->ledger_id) == 0;

        if (!i) {
                r->strays++;
                return 0;
        }
        if (!p)
                return -ENOMEM;
        if (rec && !record_unpublished(rec) && !rec->intent && m->generation <= rec->generation) {
                /* A request that took its time made a second one, or a first one that had been given up. */
                if (ours && *rec->remote_id && !p->duplicate) {
                        item_dirty(e, i);
                        return set_text(&p->duplicate, o->remote_id);
                }
                if (!ours && rec->status == RECORD_CLAIMED)
                        return part_saw(e, i, p, o, began, listing);
                return 0;
        }
        p->seen_generation = m->generation;
        return part_saw(e, i, p, o, began, listing);
}

static int saw(Engine *e, Remote *r, const Observed *o, Now began, uint64_t listing) {
        Owned *owned = owned_find(r, o->remote_id);
        MarkerParts m;

        if (owned) {
                Part *p = item_part_find(owned->item, owned->record.part);

                if (p && p->record == &owned->record)
                        return part_saw(e, owned->item, p, o, began, listing);
        }
        if (o->object.marker && marker_parse(o->object.marker, &m) == 0 && strcmp(m.instance, r->target->instance) == 0)
                return saw_marked(e, r, o, &m, began, listing);
        return listing ? saw_unowned(r, o) : 0;
}

/* ── sinks ─────────────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct Collector {
        Sink sink;
        Engine *e;
        Flight *f;
        Now now;
        size_t n;
} Collector;

static int collect_observed(Sink *s, const Observed *o) {
        Collector *c = (Collector *) s;
        Flight *f = c->f;

        c->n++;
        if (f->query == QUERY_LIST)
                return saw(c->e, f->remote, o, f->remote->listing.began, f->listing);
        if (f->item) {
                Part *p = item_part_find(f->item, f->part);

                if (!p)
                        return 0;
                if (!p->record || record_unpublished(p->record) || *p->record->remote_id == '\0') {
                        MarkerParts m;

                        if (o->object.marker && marker_parse(o->object.marker, &m) == 0)
                                p->seen_generation = m.generation;
                        else if (p->record)
                                p->seen_generation = p->record->generation;
                }
                p->look_failures = 0;
                return part_saw(c->e, f->item, p, o, f->sent, f->remote->listed);
        }
        return 0;
}

static int collect_service(Sink *s, const char *kind, const char *id, const char *name, const char *group) {
        Collector *c = (Collector *) s;
        Remote *r = c->f->remote;

        if (r->n_catalogue >= REMOTE_CATALOGUE_MAX)
                return -E2BIG;
        if (list_grow(&r->catalogue, r->n_catalogue, &r->allocated_catalogue, sizeof(RemoteService)) < 0)
                return -ENOMEM;
        r->catalogue[r->n_catalogue++] = (RemoteService) {
                arena_strdup(r->catalogue_arena, kind), arena_strdup(r->catalogue_arena, id),
                arena_strdup(r->catalogue_arena, name), arena_strdup(r->catalogue_arena, group ? group : ""),
        };
        return 0;
}

static int collect_fact(Sink *s, const char *name, const char *value) {
        Collector *c = (Collector *) s;
        Remote *r = c->f->remote;

        if (r->n_facts >= FACTS_MAX * 2)
                return -E2BIG;
        if (!r->facts_arena && !(r->facts_arena = arena_new()))
                return -ENOMEM;
        if (list_grow(&r->facts, r->n_facts + 2, &r->allocated_facts, sizeof(char *)) < 0)
                return -ENOMEM;
        r->facts[r->n_facts++] = arena_strdup(r->facts_arena, name);
        r->facts[r->n_facts++] = arena_strdup(r->facts_arena, value);
        r->facts[r->n_facts] = NULL;
        return 0;
}

/* ── a query answered ──────────────────────────────────────────────────────────────────────────────────────── */

static int found_facts(Engine *e, Remote *r) {
        int q = r->n_facts ? target_found_facts(r->target, r->facts, r->n_facts / 2) : 0;

        if (q > 0 && r->target->driver->capabilities(r->target, &r->can) >= 0)
                for (Item *i = r->items; i; i = i->next_of_remote)
                        item_dirty(e, i);
        free(r->facts);
        r->facts = NULL;
        r->n_facts = r->allocated_facts = 0;
        r->facts_arena = arena_free(r->facts_arena);
        return q < 0 ? q : 0;
}

static bool remembered(const Target *memory, const KnownService *k) {
        for (size_t n = 0; n < memory->n_known; n++) {
                const KnownService *m = &memory->known[n];

                if (text_equal(m->kind, k->kind) && text_equal(m->service, k->service))
                        return text_equal(m->asked, k->asked) && text_equal(m->id, k->id);
        }
        return false;
}

/* What names have resolved to for the first time outlives this process. */
static int remember_services(Engine *e, Now now, Remote *r) {
        const Target *t = r->target;
        bool news = false;

        if (e->read_only || e->clock_held)
                return 0;
        for (size_t n = 0; n < t->n_known; n++)
                if (!remembered(&r->memory, &t->known[n])) {
                        int q = save_service(e, now, &t->known[n]);

                        if (q < 0)
                                return q;
                        news = true;
                }
        return news ? target_recall(&r->memory, t->known, t->n_known) : 0;
}

/* Also where a target has none to ask for. */
int catalogue_complete(Engine *e, Now now, Remote *r) {
        int q = target_found_services(r->target, r->catalogue, r->n_catalogue);

        if (q >= 0 && remember_services(e, now, r) < 0)
                q = -ENOMEM;

        r->reread.met = r->listing.meets;
        r->since_catalogue = 0;
        if (r->phase == PHASE_CATALOGUE)
                r->phase = PHASE_LIST;
        for (Item *i = r->items; i && q > 0; i = i->next_of_remote)
                item_dirty(e, i);
        return q < 0 ? q : 0;
}

static int listing_complete(Engine *e, Now now, Remote *r) {
        Listing *l = &r->listing;
        bool first = r->phase != PHASE_READY;

        l->running = false;
        r->list.met = l->meets;
        r->listed = l->number;
        r->listed_boot = l->began.boot;
        r->listed_real = l->began.real;
        r->since_catalogue++;
        r->phase = PHASE_READY;
        unowned_free(r->unowned, r->n_unowned);
        r->unowned = STEAL(r->unowned_next);
        r->n_unowned = r->n_unowned_next;
        r->n_unowned_next = r->allocated_unowned = 0;
        if (r->n_unowned)
                qsort(r->unowned, r->n_unowned, sizeof(*r->unowned), compare_unowned);

        for (Item *i = r->items; i; i = i->next_of_remote) {
                bool adopt = r->adopting || i->adopt_next, news = first || i->adopt != adopt || i->trouble == TROUBLE_ALREADY_THERE;

                i->adopt = adopt;
                i->adopt_next &= wished(&r->list);
                for (unsigned n = 0; n < i->n_parts; n++) {
                        Part *p = &i->parts[n];
                        bool ours = p->record && !record_unpublished(p->record);

                        if (p->record && p->record->intent)
                                news = true;
                        if (p->listing == l->number || (ours && (state_final(p->record->left) || p->record->status == RECORD_GONE)))
                                continue;
                        if (ours && p->record->written.boot > l->began.boot)
                                continue; /* written after this listing began: it proves nothing */
                        if (p->looked && p->look_boot > l->began.boot)
                                continue; /* read since */
                        news |= !p->absent;
                        p->looked = p->absent = true;
                        p->look_boot = l->began.boot;
                        p->seen.present = false;
                }
                if (news)
                        item_dirty(e, i);
        }
        r->adopting &= wished(&r->list);
        return 0;
}

static int query_complete(Engine *e, Now now, Flight *f, size_t n) {
        Remote *r = f->remote;
        Part *p;

        switch (f->query) {
        case QUERY_PROBE:
                r->probe_wanted = false;
                if (r->phase == PHASE_PROBE)
                        r->phase = PHASE_CATALOGUE;
                return 0;
        case QUERY_CATALOGUE:
                return catalogue_complete(e, now, r);
        case QUERY_LIST:
                return listing_complete(e, now, r);
        case QUERY_OBJECT:
                p = f->item ? item_part_find(f->item, f->part) : NULL;
                if (p && n == 0)
                        return -EBADMSG;
                return 0;
        }
        return 0;
}

static int object_gone(Engine *e, Flight *f) {
        Part *p = f->item ? item_part_find(f->item, f->part) : NULL;

        if (!p)
                return 0;
        item_dirty(e, f->item);
        if (p->looked && p->look_boot > f->sent.boot)
                return 0; /* older than what is known: asked again where it matters */
        p->looked = p->absent = p->gone = true;
        p->look_failures = 0;
        p->seen.present = false;
        p->look_boot = f->sent.boot;
        return 0;
}

/* A read of one object that gave nothing is repeated, with pauses of its own: the object may be the only one that cannot be read. */
static int look_later(Engine *e, Now now, Flight *f) {
        Part *p = f->item ? item_part_find(f->item, f->part) : NULL;

        if (!p)
                return 0;
        p->look_at = usec_add(now.boot, backoff(++p->look_failures, PAUSE_FIRST, PAUSE_PART_MAX, &e->jitter));
        item_dirty(e, f->item);
        return want_look(e, f->item, p);
}

/* What failed before, and the target has answered other things since, is this object's trouble. */
static bool object_alone(const Flight *f) {
        const Part *p = f->query == QUERY_OBJECT && f->item ? item_part_find(f->item, f->part) : NULL;

        return p && p->look_failures > 1;
}

/* The next page, with the same beginning. */
static int query_continues(Engine *e, Remote *r, const char *cursor) {
        if (++r->listing.pages >= LIST_PAGES_MAX)
                return -E2BIG;
        return set_text(&r->listing.cursor, cursor);
}

int look_response(Engine *e, Now now, Flight *f, const Response *resp) {
        Remote *r = f->remote;
        Collector c = { .sink = { collect_observed, collect_service, collect_fact }, .e = e, .f = f, .now = now };
        const char *cursor = NULL, *detail = NULL;
        int q, h;

        q = resp->truncated ? -EBADMSG
                            : r->target->driver->query_response(r->target, f->query, f->query == QUERY_OBJECT ? NULL : r->listing.cursor, resp,
                                                                f->arena, &c.sink, &cursor, &detail);
        if (q == -ENOMEM)
                return q;
        if (resp->truncated)
                detail = "the answer is too large";
        if (q == -E2BIG)
                detail = "it tells more than is believed";
        h = found_facts(e, r);
        if (h < 0)
                return h;
        if (q >= 0 && cursor && f->query != QUERY_OBJECT) {
                q = query_continues(e, r, cursor);
                detail = "the listing does not end";
        } else if (q >= 0) {
                if (f->query != QUERY_OBJECT) {
                        r->listing.running = false;
                        (void) set_text(&r->listing.cursor, NULL);
                }
                q = query_complete(e, now, f, c.n);
        }
        if (q == -ENOMEM)
                return q;
        if (q >= 0 || q == -ENOENT) {
                h = remote_answers(e, now, r);
                if (h >= 0 && q >= 0 && f->query >= QUERY_LIST)
                        h = remote_admits(e, r);
                if (h < 0 || q >= 0)
                        return h;
                if (f->query == QUERY_OBJECT)
                        return object_gone(e, f);
        }
        if (f->query != QUERY_OBJECT) {
                r->listing.running = false;
                (void) set_text(&r->listing.cursor, NULL);
        }
        h = f->query == QUERY_OBJECT ? look_later(e, now, f) : 0;
        if (h < 0)
                return h;
        if (q == -EACCES)
                return remote_denied(e, now, r, text_or(detail, "401 or 403"));
        if (q == -EBUSY) {
                usec_t wait = response_wait(resp);

                if (remote_failed_anew(now, f) || wait)
                        bucket_wait(&r->reads, wait ? wait : backoff(r->failures, 2 * USEC_PER_SEC, PAUSE_MAX, &e->jitter), now.boot);
                return 0;
        }
        if (object_alone(f))
                return 0;
        return remote_failed(e, now, f, text_or(detail, "the answer is not understood"));
}

void look_failed(Engine *e, Now now, Flight *f, const char *error) {
        if (f->query != QUERY_OBJECT) {
                f->remote->listing.running = false;
                (void) set_text(&f->remote->listing.cursor, NULL);
        }
        if (f->item) {
                Part *p = item_part_find(f->item, f->part);

                if (p)
                        (void) want_look(e, f->item, p);
        }
}
