/*
 * Engine: saying and saving
 *
 * What is said is a line for the journal, what is saved an entry for the ledger. Both wait here for the turn that hands them out,
 * and both are copies: what they tell of may have changed by then.
 */
#include <stdarg.h>
#include <string.h>

#include "reconcile/engine-internal.h"

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
                if (i->source->set) {
                        l->set = windowset_ref(i->source->set);
                        l->event.labels = l->set->labels;
                }
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

void lines_release(Line **lines, Arena **arena) {
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

/* An intent may be taken back and has memory of its own; all others last until a commit holds, and share theirs. */
static Unsaved *unsaved_new(Engine *e, bool intent, Arena **ret) {
        auto_(arena_free) Arena *own = intent ? arena_new() : NULL;
        Arena *a = own;
        Unsaved *u;

        if (!intent) {
                if (!e->unsaved_arena)
                        e->unsaved_arena = arena_new();
                a = e->unsaved_arena;
        }
        u = a ? arena_new0(a, Unsaved) : NULL;
        if (!u)
                return NULL;
        u->arena = STEAL(own);
        *ret = a;
        *e->unsaved_end = u;
        e->unsaved_end = &u->next;
        return u;
}

/* A clock that is not believed does not get into the ledger: it would make the true one look wrong later. */
static usec_t entry_time(const Engine *e, Now now) {
        return e->clock_held && e->last_at ? e->last_at : now.real;
}

int save(Engine *e, Now now, EntryKind kind, const Item *i, const Record *record, ActionKind action, const char *text, Unsaved **ret) {
        Arena *a;
        Unsaved *u = unsaved_new(e, kind == ENTRY_INTENT, &a);
        const Origin *o = i && i->window ? i->window->origin : NULL;

        if (!u)
                return -ENOMEM;
        u->entry = (Entry) {
                .kind = kind, .at = entry_time(e, now), .action = action, .text = arena_strdup(a, text),
                .record = record ? record_copy(a, record) : NULL,
                .key = { i ? arena_strdup(a, i->key.manifest) : "", i ? arena_strdup(a, i->key.occurrence) : "" },
                .target = i && i->remote->target ? arena_strdup(a, i->remote->target->name) : "",
                .file = o ? arena_strdup(a, o->file) : "", .commit = o ? arena_strdup(a, o->commit) : "",
                .line = o ? o->line : 0,
        };
        if (ret)
                *ret = u;
        e->last_at = MAX(e->last_at, u->entry.at);
        return u->entry.text && u->entry.target && u->entry.key.manifest && (!record || u->entry.record) ? 0 : -ENOMEM;
}

int save_service(Engine *e, Now now, const KnownService *k) {
        Arena *a;
        Unsaved *u = unsaved_new(e, false, &a);
        KnownService *copy = u ? arena_new0(a, KnownService) : NULL;

        if (!copy)
                return -ENOMEM;
        *copy = (KnownService) {
                arena_strdup(a, k->target), arena_strdup(a, k->kind), arena_strdup(a, k->service),
                arena_strdup(a, k->asked), arena_strdup(a, k->name), arena_strdup(a, k->id),
        };
        u->entry = (Entry) { .kind = ENTRY_SERVICE, .at = entry_time(e, now), .service = copy, .key = { "", "" }, .target = "", .text = "", .file = "", .commit = "" };
        e->last_at = MAX(e->last_at, u->entry.at);
        return copy->target && copy->kind && copy->service && copy->asked && copy->name && copy->id ? 0 : -ENOMEM;
}

int save_source(Engine *e, Now now, Source *s, bool forget, const char *text) {
        const Origin *o = s->set ? s->set->origin : NULL;
        Arena *a;
        Unsaved *u = unsaved_new(e, false, &a);

        if (!u)
                return -ENOMEM;
        u->manifest = (ManifestRow) {
                .id = arena_strdup(a, s->id), .doc = forget ? NULL : s->set && s->set->doc ? arena_strdup(a, s->set->doc) : "",
                .file = arena_strdup(a, o ? o->file : ""), .commit = arena_strdup(a, o ? o->commit : ""),
                .line = o ? o->line : 0, .content = s->set ? s->set->content : s->row_content, .vanished = s->vanished,
        };
        u->entry = (Entry) {
                .kind = ENTRY_MANIFEST, .at = entry_time(e, now), .manifest = &u->manifest, .key = { u->manifest.id, "" }, .target = "",
                .text = arena_strdup(a, text), .file = u->manifest.file, .commit = u->manifest.commit, .line = u->manifest.line,
        };
        s->row_known = !forget;
        s->row_content = u->manifest.content;
        return u->manifest.id && u->entry.text ? 0 : -ENOMEM;
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
