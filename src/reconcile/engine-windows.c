/*
 * Engine: what the manifests say
 *
 * A load is told whole and compared by pointer with the one before: what has not changed costs a comparison. A manifest that has
 * gone is withdrawn after a grace, one that has gone while its like appeared has been renamed, and when a rule changes, its old
 * windows become the nearest new ones. Last, the guard counts.
 */
#include <string.h>

#include "reconcile/engine-internal.h"
#include "reconcile/guard.h"
#include "reconcile/pair.h"

#define HISTORY_KEPT (90 * USEC_PER_DAY)

bool window_is_for(const Window *w, const Remote *r) {
        if (!r->target)
                return false;
        for (size_t n = 0; n < w->targets.n; n++)
                if (strcmp(w->targets.items[n], r->target->name) == 0)
                        return true;
        return w->targets.n == 0;
}

bool record_live(const Record *r) {
        return r && !record_unpublished(r) && (r->status == RECORD_LIVE || r->status == RECORD_DIVERGED) && !state_final(r->left);
}

bool item_live(const Item *i) {
        for (unsigned n = 0; n < i->n_parts; n++)
                if (record_live(i->parts[n].record))
                        return true;
        return false;
}

/* ── one manifest's windows meet its items ─────────────────────────────────────────────────────────────────── */

/* What is under way for a record goes on for it: the answer belongs to the object, whatever its window is called now. */
static void flight_move(Part *old, Item *to, Part *new) {
        new->flight = STEAL(old->flight);
        new->reading = STEAL(old->reading);
        if (new->flight)
                new->flight->item = to;
        if (new->reading)
                new->reading->item = to;
}

/* Every record of @from, with all that is known of its object, becomes one of @to. */
static int item_move(Engine *e, Now now, Item *from, Item *to) {
        for (unsigned n = 0; n < from->n_parts; n++) {
                Part *old = &from->parts[n], *new;
                int r;

                if (!old->record)
                        continue;
                new = item_part(to, old->part);
                if (!new)
                        return -ENOMEM;
                flight_move(old, to, new);
                record_free(new->record);
                seen_done(&new->seen);
                new->record = STEAL(old->record);
                record_rehome(new->record, to, new);
                new->seen = old->seen;
                shown_free(new->shown);
                new->shown = STEAL(old->shown);
                old->seen = (Seen) { .remote_id = "", .version = "" };
                new->looked = old->looked;
                new->absent = old->absent;
                new->gone = old->gone;
                new->look_boot = old->look_boot;
                new->listing = old->listing;
                new->uncertain = old->uncertain;
                r = save(e, now, ENTRY_NOTE, to, new->record, ACTION_UPDATE, "goes on under a new name", NULL);
                if (r < 0)
                        return r;
        }
        item_dirty(e, from);
        item_dirty(e, to);
        return 0;
}

static bool item_movable(const Item *i) {
        for (unsigned n = 0; n < i->n_parts; n++)
                if (record_live(i->parts[n].record) && (i->parts[n].record->left != STATE_SCHEDULED || i->parts[n].flight || i->parts[n].record->intent))
                        return false;
        return item_live(i);
}

static int compare_sides(const void *a, const void *b) {
        const PairSide *x = a, *y = b;

        return x->start < y->start ? -1 : x->start > y->start;
}

/* A rule changed: published, not yet started windows that it no longer gives become the nearest of those it gives now. */
static int pair_items(Engine *e, Now now, Source *s, Remote *r) {
        auto_(free) PairSide *old = NULL, *new = NULL;
        size_t n_old = 0, n_new = 0, most_old = 0;
        int q;

        for (Item *i = s->items; i; i = i->next_of_source)
                most_old += i->remote == r && !i->window;
        if (most_old == 0)
                return 0;
        old = calloc(most_old, sizeof(*old));
        new = calloc(MAX(s->set->n_windows, (size_t) 1), sizeof(*new));
        if (!old || !new)
                return -ENOMEM;
        for (Item *i = s->items; i; i = i->next_of_source)
                if (i->remote == r && !i->window && item_movable(i))
                        for (unsigned n = 0; n < i->n_parts; n++)
                                if (record_live(i->parts[n].record)) {
                                        old[n_old++] = (PairSide) { i->key.occurrence, i->parts[n].record->start, 0 };
                                        break;
                                }
        for (size_t n = 0; n < s->set->n_windows; n++) {
                Item *i = item_find(r, s->set->windows[n].key);

                if (i && i->window && !i->known && !item_live(i) && !state_final(i->window->floor) && i->window->end > now.real)
                        new[n_new++] = (PairSide) { i->key.occurrence, i->window->start, 0 };
        }
        qsort(old, n_old, sizeof(*old), compare_sides);
        qsort(new, n_new, sizeof(*new), compare_sides);
        q = pair_windows(old, n_old, new, n_new);
        for (size_t n = 0; n < n_old && q >= 0; n++)
                if (old[n].match != SIZE_MAX) {
                        Item *from = item_find(r, (WindowKey) { s->id, old[n].occurrence });
                        Item *to = item_find(r, (WindowKey) { s->id, new[old[n].match].occurrence });

                        q = item_move(e, now, from, to);
                }
        return q;
}

static int source_attach_remote(Engine *e, Now now, Source *s, Remote *r, bool changed) {
        bool recurring = false;

        for (Item *i = s->items; i; i = i->next_of_source)
                if (i->remote == r) {
                        i->known = i->window;
                        i->window = NULL;
                }
        for (size_t n = 0; s->set && n < s->set->n_windows; n++) {
                const Window *w = &s->set->windows[n];
                Item *i;

                recurring |= w->recurring;
                if (!window_is_for(w, r) && !item_find(r, w->key))
                        continue;
                i = item_get(e, r, w->key);
                if (!i)
                        return -ENOMEM;
                if (window_is_for(w, r))
                        i->window = w;
        }
        return changed && recurring && s->status == SET_GOOD ? pair_items(e, now, s, r) : 0;
}

/* Over, described by nothing, and so long ago that nobody will ask for its next generation. */
static bool item_history(const Item *i, Now now) {
        if (i->window)
                return false;
        for (unsigned n = 0; n < i->n_parts; n++)
                if (i->parts[n].flight || i->parts[n].reading ||
                    (i->parts[n].record && (!state_final(i->parts[n].record->left) || usec_add(i->parts[n].record->end, HISTORY_KEPT) > now.real)))
                        return false;
        return true;
}

/* The set or the status of a manifest is new. @changed: its content may differ, as opposed to the horizon alone. */
static int source_attach(Engine *e, Now now, Source *s, bool changed) {
        Item *next;

        for (Remote *r = e->remotes; r; r = r->next) {
                int q = source_attach_remote(e, now, s, r, changed);

                if (q < 0)
                        return q;
        }
        for (Item *i = s->items; i; i = next) {
                next = i->next_of_source;
                if (item_unused(i) || item_history(i, now))
                        item_free(e, i);
                else
                        item_dirty(e, i);
        }
        return 0;
}

/* ── coming, going, renaming ───────────────────────────────────────────────────────────────────────────────── */

static bool source_live(const Source *s) {
        for (Item *i = s->items; i; i = i->next_of_source)
                if (item_live(i))
                        return true;
        return false;
}

static int source_renamed(Engine *e, Now now, Source *from, Source *to) {
        Item *next;
        int r;

        for (Item *i = from->items; i; i = next) {
                Item *other;

                next = i->next_of_source;
                other = item_get(e, i->remote, (WindowKey) { to->id, i->key.occurrence });
                if (!other)
                        return -ENOMEM;
                r = item_move(e, now, i, other);
                if (r < 0)
                        return r;
                i->window = NULL;
        }
        from->vanished = 0;
        (void) windowset_unref(from->set);
        from->set = NULL;
        r = save_source(e, now, from, true, "renamed");
        if (r < 0)
                return r;
        r = say(e, EVENT_RENAMED, 5, NULL, to->items, NULL, "renamed from %s: its windows go on", from->id);
        for (Item *i = to->items; i; i = i->next_of_source)
                i->window = NULL; /* none of its windows was known before this load */
        return r < 0 ? r : source_attach(e, now, to, true);
}

/* A manifest that is new in this load, with the content of one that vanished in it, or with its id under `formerly`. */
static Source *renamed_to(Engine *e, const Source *gone) {
        Source *found = NULL;

        for (Source *s = e->sources; s; s = s->hh.next) {
                if (!s->fresh || !s->set || s->status != SET_GOOD)
                        continue;
                if (s->set->formerly && strcmp(s->set->formerly, gone->id) == 0)
                        return s;
                if (s->set->content == (gone->set ? gone->set->content : gone->row_content))
                        found = s;
        }
        return found;
}

int source_vanished(Engine *e, Now now, Source *s) {
        char span[SPAN_SIZE];
        Source *to = renamed_to(e, s);
        int r;

        if (to) {
                to->fresh = false;
                return source_renamed(e, now, s, to);
        }
        s->vanished = now.real;
        for (Item *i = s->items; i; i = i->next_of_source)
                item_dirty(e, i); /* it may have been missing for some loads that were not allowed to withdraw */
        if (!source_live(s))
                return 0;
        r = save_source(e, now, s, false, "its manifest has vanished");
        if (r >= 0 && e->config.withdraw_after > 0)
                r = say(e, EVENT_WITHDRAW_PENDING, 4, NULL, s->items, NULL, "its manifest has vanished: its windows are withdrawn in %s",
                        span_format(e->config.withdraw_after, true, span));
        return r;
}

/* Mostly the one made after @last, for loads are told in one order; NULL: no memory. */
static Source *source_after(Engine *e, const Source *last, const char *id) {
        Source *next = last ? last->hh.next : e->sources;

        return next && strcmp(next->id, id) == 0 ? next : source_get(e, id);
}

static int source_told(Engine *e, Now now, Source *s, const LoadedSet *l, bool fresh) {
        bool same, back;
        int r = 0;

        s->seen_load = e->loads;
        if (l->status == SET_MISSING && !s->set && !source_live(s))
                return 0; /* long gone, and nothing of it is left: it must not come back to life */
        same = s->set == l->set && s->status == l->status;
        if (same && !e->targets_changed)
                return 0;
        s->fresh = !s->row_known && !s->set;
        if (s->set != l->set) {
                (void) windowset_unref(s->set);
                s->set = windowset_ref(l->set);
        }
        s->status = l->status;
        back = s->vanished && l->status != SET_MISSING;
        if (back)
                s->vanished = 0;
        if (back || (l->status == SET_GOOD && (!s->row_known || s->row_content != l->set->content) && l->set->doc))
                r = save_source(e, now, s, false, back ? "its manifest is back" : s->row_known ? "edited" : "loaded");
        /* From here on the items point into the new set, and no line can carry a window of the old one. */
        if (r >= 0)
                r = source_attach(e, now, s, fresh || e->targets_changed);
        if (r >= 0 && back && source_live(s))
                r = say(e, EVENT_WITHDRAW_UNDONE, 5, NULL, s->items, NULL, "its manifest is back: nothing is withdrawn");
        return r;
}

static int sources_vanished(Engine *e, Now now) {
        for (Source *s = e->sources, *next; s; s = next) {
                int r = 0;

                next = s->hh.next;
                if (s->seen_load != e->loads && s->status != SET_MISSING) {
                        s->status = SET_MISSING;
                        s->seen_load = e->loads;
                }
                if (s->status == SET_MISSING && !s->vanished && e->may_withdraw && (s->row_known || s->items))
                        r = source_vanished(e, now, s);
                if (r < 0)
                        return r;
        }
        for (Source *s = e->sources, *next; s; s = next) {
                next = s->hh.next;
                s->fresh = false;
                if (s->status == SET_MISSING && !source_live(s) && e->may_withdraw) {
                        s->vanished = 0;
                        if (s->row_known && save_source(e, now, s, true, "nothing of it is left") < 0)
                                return -ENOMEM;
                        (void) windowset_unref(s->set);
                        s->set = NULL;
                        if (source_attach(e, now, s, false) < 0)
                                return -ENOMEM;
                }
                source_drop_if_unused(e, s);
        }
        return 0;
}

/* ── the guard ─────────────────────────────────────────────────────────────────────────────────────────────── */

/*
 * Why an item's objects are to be withdrawn now, or will be at *ret_at: its manifest has gone, the rule or the list of targets
 * lacks it, or the target retires. The manifest's own `state: cancelled` is not this.
 */
bool item_withdrawn(const Engine *e, const Item *i, Now now, const char **ret_why, usec_t *ret_at) {
        const Source *s = i->source;
        usec_t at;

        *ret_at = 0;
        if (i->remote->target && i->remote->target->retire) {
                *ret_why = "the target retires";
                return true;
        }
        /* What a manifest that has vanished would publish, next or again, it does not, whether or not the rest may be withdrawn yet. */
        if (s->vanished && !item_live(i)) {
                *ret_why = "its manifest was deleted";
                return true;
        }
        if (!e->loaded || !e->may_withdraw)
                return false;
        if (s->status == SET_MISSING) {
                *ret_why = "its manifest was deleted";
                if (!s->vanished)
                        return false;
                at = usec_add(s->vanished, e->config.withdraw_after);
                if (now.real >= at)
                        return true;
                *ret_at = at;
                return false;
        }
        *ret_why = "its manifest no longer gives it";
        return s->status == SET_GOOD && !i->window;
}

uint64_t item_cancel_hash(const Item *i, const Record *r) {
        return change_hash("cancel", i->key, r->generation, 0, 0);
}

uint64_t item_move_hash(const Item *i, const Record *r) {
        return change_hash("move", i->key, r->generation, i->window->start, i->window->end);
}

/* What the manifests want of a live record that the guard would count: the hash of the change, 0: nothing. */
static uint64_t guarded_cancel(const Engine *e, const Item *i, const Record *r) {
        const Source *s = i->source;

        if (i->remote->target && i->remote->target->retire)
                return 0; /* asked for in the config, by name */
        if (s->status == SET_MISSING)
                return e->may_withdraw || s->vanished ? item_cancel_hash(i, r) : 0;
        if (s->status == SET_GOOD && !i->window)
                return item_cancel_hash(i, r);
        return i->window && i->window->floor == STATE_CANCELLED ? item_cancel_hash(i, r) : 0;
}

static uint64_t guarded_move(const Item *i, const Record *r) {
        if (!i->window || r->left != STATE_SCHEDULED || (r->start == i->window->start && r->end == i->window->end))
                return 0;
        return item_move_hash(i, r);
}

static bool within_the_hour(usec_t t, Now now) {
        return t > 0 && usec_add(t, GUARD_HOUR) > now.real;
}

/* A window counts once, however many objects it has there. */
static void guard_count(const Engine *e, Now now, const Item *i, Guard *g) {
        bool live = false, cancelled = false, cancels = false, moved = false, moves = false;

        for (unsigned n = 0; n < i->n_parts; n++) {
                const Record *r = i->parts[n].record;
                uint64_t change;

                if (!r || record_unpublished(r))
                        continue;
                cancelled |= r->status == RECORD_FINAL && r->left == STATE_CANCELLED && !r->approved && within_the_hour(r->ended, now);
                if (!record_live(r))
                        continue;
                live = true;
                change = guarded_cancel(e, i, r);
                if (change) {
                        cancels |= r->approved != change;
                        continue;
                }
                change = guarded_move(i, r);
                if (change)
                        moves |= r->approved != change;
                else
                        moved |= within_the_hour(r->moved, now) && !r->approved;
        }
        g->live += live;
        g->cancelled += cancelled && !live;
        g->cancels += cancels;
        g->moves += moves;
        g->moved += moved && !moves;
}

static int guard_set(Engine *e, Now now, Item *i, Record *r, uint64_t hold) {
        const char *what = hold == 0 ? "no longer held" : hold == item_cancel_hash(i, r) ? "cancellation held by the guard" : "move held by the guard";

        if (r->held == hold)
                return 0;
        r->held = hold;
        item_dirty(e, i);
        return save(e, now, ENTRY_NOTE, i, r, hold == 0 || hold != item_cancel_hash(i, r) ? ACTION_UPDATE : ACTION_CANCEL, what, NULL);
}

/* One item's share; *ret_held: whether something of it is held that was not before. */
static int guard_item(Engine *e, Now now, Item *i, bool hold_cancels, bool hold_moves, bool *ret_held) {
        *ret_held = false;
        for (unsigned n = 0; n < i->n_parts; n++) {
                Record *rec = i->parts[n].record;
                uint64_t cancel, move, hold = 0;
                int q;

                if (!record_live(rec))
                        continue;
                cancel = guarded_cancel(e, i, rec);
                move = cancel ? 0 : guarded_move(i, rec);
                if (cancel && rec->approved != cancel && (hold_cancels || rec->held == cancel))
                        hold = cancel;
                else if (move && rec->approved != move && (hold_moves || rec->held == move))
                        hold = move;
                *ret_held |= hold && hold != rec->held;
                q = guard_set(e, now, i, rec, hold);
                if (q < 0)
                        return q;
        }
        return 0;
}

/* Holds what must be held at one target, lets go what is no longer wanted. What was held stays so until it is approved. */
int guard_evaluate(Engine *e, Now now, Remote *r) {
        bool hold_cancels, hold_moves;
        size_t held = 0;
        Guard g = { 0 };

        for (Item *i = r->items; i; i = i->next_of_remote)
                guard_count(e, now, i, &g);
        hold_cancels = guard_holds_cancels(&g, e->config.max_cancel);
        hold_moves = guard_holds_moves(&g, e->config.max_move);
        for (Item *i = r->items; i; i = i->next_of_remote) {
                bool news;
                int q = guard_item(e, now, i, hold_cancels, hold_moves, &news);

                if (q < 0)
                        return q;
                held += news;
        }
        if (held == 0)
                return 0;
        return say(e, EVENT_HELD, 4, r, NULL, NULL, "%zu of %zu live windows would be %s: held, see `maintctl approve`", held,
                   g.live, hold_cancels && hold_moves ? "cancelled or moved" : hold_cancels ? "cancelled" : "moved");
}

/* A target that the config has lost while windows of ours are live there: said once, nothing else happens. */
static int orphan_report(Engine *e, Remote *r) {
        auto_(free) char *which = NULL;
        size_t live = r->orphan_reported ? 0 : remote_live(r);

        if (live == 0)
                return 0;
        which = remote_live_text(r);
        r->orphan_reported = true;
        return say(e, EVENT_ORPHANED, 3, NULL, NULL, NULL, "%s " ORPHANED_TEXT, r->identity, live, text_or(which, "?"));
}

/* ── a load ────────────────────────────────────────────────────────────────────────────────────────────────── */

int engine_told_windows(Engine *e, Now now, const Loaded *l) {
        Source *s = NULL;
        int r = 0;

        e->loads++;
        /* What an earlier load was not allowed to withdraw has not changed since: nothing else would plan it again. */
        if (e->loaded && l->may_withdraw && !e->may_withdraw)
                dirty_all(e);
        e->may_withdraw = l->may_withdraw;
        for (size_t n = 0; n < l->n && r >= 0; n++) {
                s = source_after(e, s, l->sets[n].set->manifest);
                r = s ? source_told(e, now, s, &l->sets[n], l->fresh) : -ENOMEM;
        }
        e->targets_changed = false;
        if (r < 0)
                return r;
        e->loaded = true;
        if (l->fresh) {
                r = sources_vanished(e, now);
                for (Remote *m = e->remotes; m && r >= 0; m = m->next)
                        r = m->target ? guard_evaluate(e, now, m) : orphan_report(e, m);
        }
        return r;
}

int engine_frozen(const Engine *e, const char *manifest, Arena *a, EngineFrozen **ret, size_t *ret_n, usec_t *ret_since) {
        const Source *s = source_find(e, manifest);
        EngineFrozen *frozen;
        size_t n = 0, most = 0;
        usec_t since = USEC_INFINITY;

        for (const Item *i = s ? s->items : NULL; i; i = i->next_of_source)
                most += i->n_parts;
        frozen = arena_array(a, MAX(most, (size_t) 1), sizeof(*frozen));
        if (!frozen)
                return -ENOMEM;
        for (const Item *i = s ? s->items : NULL; i; i = i->next_of_source)
                for (unsigned k = 0; k < i->n_parts; k++) {
                        const Record *r = i->parts[k].record;
                        size_t at = 0;

                        if (!record_live(r))
                                continue;
                        since = MIN(since, r->start);
                        if (r->left != STATE_IN_PROGRESS || !*i->key.occurrence)
                                continue;
                        while (at < n && strcmp(frozen[at].occurrence, i->key.occurrence) < 0)
                                at++;
                        if (at < n && strcmp(frozen[at].occurrence, i->key.occurrence) == 0)
                                continue;
                        memmove(&frozen[at + 1], &frozen[at], (n - at) * sizeof(*frozen));
                        frozen[at] = (EngineFrozen) { arena_strdup(a, i->key.occurrence), r->start, r->end };
                        if (!frozen[at].occurrence)
                                return -ENOMEM;
                        n++;
                }
        *ret = frozen;
        *ret_n = n;
        *ret_since = since;
        return 0;
}

bool engine_needs(const Engine *e, const char *manifest) {
        const Source *s = source_find(e, manifest);

        return s && source_live(s);
}
