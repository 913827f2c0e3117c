/*
 * Engine: how things stand
 *
 * Everything here is computed when it is asked for, from the same decisions that the engine acts on.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

static const char *const sync_names[] = {
        [SYNC_OK] = "ok", [SYNC_NOT_YET] = "not-yet", [SYNC_PENDING] = "pending", [SYNC_UNKNOWN] = "unknown", [SYNC_HELD] = "held",
        [SYNC_DIVERGED] = "diverged", [SYNC_GONE] = "gone", [SYNC_CLAIMED] = "claimed", [SYNC_ALREADY_THERE] = "already-there",
        [SYNC_REFUSED] = "refused", [SYNC_DENIED] = "denied", [SYNC_UNREACHABLE] = "unreachable", [SYNC_UNRESOLVED] = "unresolved",
        [SYNC_MISSED] = "missed", [SYNC_OVERRUNNING] = "overrunning", [SYNC_SUSPENDED] = "suspended", [SYNC_NOT_THERE] = "none",
};
_Static_assert(ARRAY_SIZE(sync_names) == SYNCS, "name every sync state");

const char *sync_to_string(Sync s) {
        return (unsigned) s < SYNCS ? sync_names[s] : "?";
}

bool sync_is_problem(Sync s) {
        return s >= SYNC_UNKNOWN && s <= SYNC_OVERRUNNING;
}

static Sync sync_of_trouble(Trouble t) {
        static const Sync syncs[] = {
                [TROUBLE_NONE] = SYNC_OK, [TROUBLE_SUSPENDED] = SYNC_SUSPENDED, [TROUBLE_ALREADY_THERE] = SYNC_ALREADY_THERE,
                [TROUBLE_CLAIMED] = SYNC_CLAIMED, [TROUBLE_GONE] = SYNC_GONE, [TROUBLE_DIVERGED] = SYNC_DIVERGED,
                [TROUBLE_MOVED_INTO_PAST] = SYNC_HELD, [TROUBLE_MISSED] = SYNC_MISSED, [TROUBLE_OVERRUNNING] = SYNC_OVERRUNNING,
                [TROUBLE_HELD] = SYNC_HELD, [TROUBLE_HEAL_LIMIT] = SYNC_DIVERGED, [TROUBLE_REFUSED] = SYNC_REFUSED,
        };

        return syncs[t];
}

/* Of a window whose objects cannot be known. */
static Sync unresolved_sync(const Remote *r) {
        return r->phase >= PHASE_LIST ? SYNC_UNRESOLVED : r->denied ? SYNC_DENIED : r->unreachable ? SYNC_UNREACHABLE : SYNC_PENDING;
}

static Sync part_sync(const Engine *e, const Item *i, const PartPlan *pp, const char *problem) {
        const Remote *r = i->remote;
        const Record *rec = pp->p ? pp->p->record : NULL;
        bool pending = pp->d.step == STEP_ACT || pp->d.step == STEP_NOTE || (pp->p && pp->p->flight && !pp->p->flight->is_query);

        if (pp->d.trouble != TROUBLE_NONE)
                return sync_of_trouble(pp->d.trouble);
        if (problem && r->phase >= PHASE_LIST)
                return SYNC_UNRESOLVED;
        if (rec && rec->intent && !pp->p->flight)
                return SYNC_UNKNOWN;
        if (r->denied && (pending || !r->listed))
                return SYNC_DENIED;
        if (r->unreachable && (pending || !r->listed))
                return SYNC_UNREACHABLE;
        if (pending || (rec && rec->intent))
                return SYNC_PENDING;
        if (rec && rec->status == RECORD_DIVERGED)
                return SYNC_DIVERGED;
        if (rec && !record_unpublished(rec))
                return SYNC_OK;
        if (strcmp(pp->d.next_what, "publish") == 0)
                return SYNC_NOT_YET;
        if (!r->listed && i->window && !pp->d.action.record && !rec && !state_final(pp->d.wanted) && e->loaded)
                return SYNC_PENDING;
        return SYNC_NOT_THERE;
}

static int item_status(const Engine *e, Now now, const Item *i, int (*fn)(void *, const WindowStatus *), void *userdata) {
        auto_(arena_free) Arena *a = arena_new();
        const char *why, *problem = NULL;
        WindowStatus s = { .key = i->key, .window = i->window, .target = remote_name(i->remote), .remote_id = "", .problem = "", .next_what = "", .next = USEC_INFINITY, .source = i->source->status };
        PartPlan *plans;
        size_t n = 0;
        usec_t at;
        int r;

        if (!a)
                return -ENOMEM;
        r = i->remote->target ? item_decide(e, now, i, a, &plans, &n, &problem) : 0;
        if (r < 0)
                return r;
        s.sync = !i->remote->target ? SYNC_DIVERGED : problem ? unresolved_sync(i->remote) : SYNC_NOT_THERE;
        s.start = i->window ? i->window->start : 0;
        s.end = i->window ? i->window->end : 0;
        for (size_t k = 0; k < n; k++) {
                const Record *rec = plans[k].p ? plans[k].p->record : NULL;
                Sync sync = part_sync(e, i, &plans[k], problem);

                s.wanted = plans[k].d.wanted;
                /* Wanted parts come first; one that is over because it is not wanted any more says nothing of the window. */
                if (rec && !record_unpublished(rec) && (!s.has_record || plans[k].want || record_live(rec))) {
                        s.has_record = true;
                        s.state = rec->left;
                        s.start = rec->applied.start;
                        s.end = rec->applied.end;
                        s.started = rec->started;
                        s.ended = rec->ended;
                        s.generation = rec->generation;
                        s.remote_id = rec->remote_id;
                }
                if (k == 0 || (sync_is_problem(sync) && !sync_is_problem(s.sync)) || (s.sync == SYNC_NOT_THERE || (s.sync == SYNC_OK && sync == SYNC_PENDING)))
                        s.sync = sync;
                if (plans[k].d.trouble != TROUBLE_NONE)
                        s.problem = trouble_text(plans[k].d.trouble);
                if (plans[k].d.next < s.next) {
                        s.next = plans[k].d.next;
                        s.next_what = plans[k].d.next_what;
                }
        }
        if (i->window && !i->window->auto_start && !s.started && s.wanted == STATE_SCHEDULED && strcmp(s.next_what, "start") == 0) {
                s.next = i->window->start; /* a person starts it; the clock only knows from when on it is expected */
                s.next_what = "wait";
        }
        if (s.sync == SYNC_UNRESOLVED)
                s.problem = problem;
        else if (s.sync == SYNC_DENIED || s.sync == SYNC_UNREACHABLE)
                s.problem = text_or(i->remote->problem, sync_to_string(s.sync));
        else if (s.sync == SYNC_UNKNOWN)
                s.problem = "an answer was lost: looking";
        else if (s.sync == SYNC_DIVERGED && !*s.problem)
                s.problem = trouble_text(TROUBLE_DIVERGED);
        if (!s.has_record)
                s.state = s.wanted;
        (void) item_withdrawn(e, i, now, &why, &at);
        s.withdraw_at = at;
        return fn(userdata, &s);
}

static int compare_items(const void *a, const void *b) {
        const Item *x = *(Item *const *) a, *y = *(Item *const *) b;
        usec_t sx = x->window ? x->window->start : 0, sy = y->window ? y->window->start : 0;
        int r;

        for (unsigned n = 0; n < x->n_parts && sx == 0; n++)
                sx = x->parts[n].record ? x->parts[n].record->start : 0;
        for (unsigned n = 0; n < y->n_parts && sy == 0; n++)
                sy = y->parts[n].record ? y->parts[n].record->start : 0;
        if (sx != sy)
                return sx < sy ? -1 : 1;
        r = key_compare(x->key, y->key);
        return r ? r : strcmp(remote_name(x->remote), remote_name(y->remote));
}

int engine_each(const Engine *e, Now now, int (*fn)(void *userdata, const WindowStatus *s), void *userdata) {
        auto_(free) Item **items = NULL;
        size_t n = 0, k = 0;
        int r = 0;

        for (const Remote *m = e->remotes; m; m = m->next)
                n += m->n_items;
        items = calloc(MAX(n, (size_t) 1), sizeof(Item *));
        if (!items)
                return -ENOMEM;
        for (const Remote *m = e->remotes; m; m = m->next)
                for (Item *i = m->items; i; i = i->next_of_remote)
                        if (m->target || engine_needs(e, i->key.manifest))
                                items[k++] = i;
        if (k)
                qsort(items, k, sizeof(Item *), compare_items);
        for (size_t j = 0; j < k && r >= 0; j++)
                r = item_status(e, now, items[j], fn, userdata);
        return r;
}

size_t remote_live(const Remote *r) {
        size_t live = 0;

        for (const Item *i = r->items; i; i = i->next_of_remote)
                for (unsigned n = 0; n < i->n_parts; n++)
                        live += record_live(i->parts[n].record);
        return live;
}

static int compare_keys(const void *a, const void *b) {
        return key_compare((*(Item *const *) a)->key, (*(Item *const *) b)->key);
}

/* "db, web@2027-02-07T02:00 and 3 more" */
char *remote_live_text(const Remote *r) {
        auto_(free) const Item **items = calloc(r->n_items + 1, sizeof(Item *));
        char key[KEY_SIZE], *text = NULL;
        size_t n = 0, size;
        FILE *f;

        for (const Item *i = r->items; items && i; i = i->next_of_remote)
                if (item_live(i))
                        items[n++] = i;
        f = items ? open_memstream(&text, &size) : NULL;
        if (!f)
                return NULL;
        qsort(items, n, sizeof(Item *), compare_keys);
        for (size_t k = 0; k < MIN(n, (size_t) LIVE_SHOWN); k++)
                (void) fprintf(f, "%s%s", k ? ", " : "", key_format(items[k]->key, key));
        if (n > LIVE_SHOWN)
                (void) fprintf(f, " and %zu more", n - LIVE_SHOWN);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

int engine_each_target(const Engine *e, int (*fn)(void *userdata, const TargetStatus *s), void *userdata) {
        int q = 0;

        for (const Remote *r = e->remotes; r && q >= 0; r = r->next) {
                auto_(arena_free) Arena *a = arena_new();
                HeldList held = { .arena = a };
                TargetStatus s = {
                        .name = remote_name(r), .identity = r->identity, .problem = text_or(r->problem, ""), .live = remote_live(r), .listed = r->listed_real,
                        .health = r->denied ? "denied" : r->unreachable ? "unreachable" : r->limited ? "limited" : r->phase == PHASE_READY ? "ok" : "new",
                };

                if (!r->target)
                        continue;
                if (!a)
                        return -ENOMEM;
                q = remote_held(r, &held, &s.digest);
                s.held = held.items;
                s.n_held = held.n;
                s.retired = r->target->retire && r->phase == PHASE_READY && s.live == 0;
                if (q >= 0)
                        q = fn(userdata, &s);
        }
        return q;
}

static bool item_to_come(const Item *i) {
        bool recorded = false;

        for (unsigned n = 0; n < i->n_parts; n++) {
                const Record *r = i->parts[n].record;

                if (r && !record_unpublished(r) && !state_final(r->left) && r->status != RECORD_GONE)
                        return true;
                recorded |= r && !record_unpublished(r);
        }
        return !recorded && i->window && !state_final(i->window->floor) && i->next != USEC_INFINITY;
}

void engine_summary(const Engine *e, EngineSummary *ret) {
        const Item *first = heap_first(&e->due);

        *ret = (EngineSummary) { .key = { "", "" }, .target = "", .next = USEC_INFINITY, .next_what = "" };
        for (const Remote *r = e->remotes; r; r = r->next) {
                size_t n = 0;

                for (const Item *i = r->items; i && r->target; i = i->next_of_remote) {
                        n += item_to_come(i);
                        ret->problems += i->problem || (i->trouble != TROUBLE_NONE && i->trouble != TROUBLE_SUSPENDED);
                }
                ret->windows = MAX(ret->windows, n);
                ret->problems += r->target && (r->denied || r->unreachable);
        }
        if (!first)
                return;
        ret->key = first->key;
        ret->target = remote_name(first->remote);
        ret->window = first->window;
        ret->next = first->look_ahead ? first->next + LOOK_AHEAD : first->next;
        ret->next_what = first->next_what;
}

int engine_each_problem(const Engine *e, int (*fn)(void *userdata, const char *target, const char *text), void *userdata) {
        char text[LIVE_SHOWN * (KEY_SIZE + 2) + 256];
        int q = 0;

        if (e->config.writes_blocked)
                q = fn(userdata, "", "the ledger belongs to another machine: nothing is written until `maintctl adopt --all`");
        if (q >= 0 && e->clock_held) {
                (void) snprintf(text, sizeof(text), "%s: nothing is written until it is synchronised, or `maintctl approve %016llx`",
                                text_or(e->clock_problem, "the clock is not trusted"), (unsigned long long) clock_digest(e));
                q = fn(userdata, "", text);
        }
        if (q >= 0 && e->commit_failures > 0)
                q = fn(userdata, "", "the ledger cannot be written: nothing is sent until it can");
        for (const Remote *r = e->remotes; r && q >= 0; r = r->next) {
                size_t live = remote_live(r);

                if (!r->target && live > 0) {
                        auto_(free) char *which = remote_live_text(r);

                        (void) snprintf(text, sizeof(text), ORPHANED_TEXT, live, text_or(which, "?"));
                        q = fn(userdata, r->identity, text);
                } else if (r->target && r->strays > 0) {
                        (void) snprintf(text, sizeof(text), "has %u objects with our name that no manifest describes: not touched", r->strays);
                        q = fn(userdata, r->target->name, text);
                } else if (r->target && r->target->retire && r->phase == PHASE_READY && live == 0) {
                        q = fn(userdata, r->target->name, RETIRED_TEXT);
                }
        }
        return q;
}

bool engine_settled(const Engine *e, Now now) {
        if (e->flights || e->dirty || !e->loaded || e->unsaved)
                return false;
        for (const Remote *r = e->remotes; r; r = r->next) {
                bool away = r->unreachable || r->denied;

                if (!r->target || away)
                        continue;
                if (r->can.family == FAMILY_WINDOW && (r->phase != PHASE_READY || wished(&r->list) || r->looks.n > 0))
                        return false;
                if (r->ready.n > 0 && engine_may_write(e, r))
                        return false;
        }
        (void) now;
        return true;
}
