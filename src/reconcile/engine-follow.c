/*
 * Engine: mutes follow people
 *
 * A status page is where people start, extend and end a window by hand. A target that nobody starts by hand, since its own clock
 * moves it, has no such place: there the window runs as long as it runs on a page, or services would be unmuted in the middle of
 * their maintenance and stay muted after it.
 */
#include "reconcile/engine-internal.h"

static bool people_start(const Remote *r) {
        return r->can.writes & BIT(STATE_IN_PROGRESS);
}

static bool clock_starts(const Remote *r) {
        return !people_start(r) && (r->can.moves & BIT(STATE_IN_PROGRESS));
}

static void follow_record(const Window *w, const Record *r, ByHand *h, bool *open) {
        if (!r || record_unpublished(r) || r->status == RECORD_GONE || r->status == RECORD_CLAIMED)
                return;
        if ((r->diverged & FIELD_END) && r->end == w->end)
                h->end = MAX(h->end, r->applied.end); /* also when it has come */
        h->over |= state_final(r->left) && r->status == RECORD_DIVERGED;
        *open |= !state_final(r->left);
        if (r->left == STATE_IN_PROGRESS)
                h->started |= !w->auto_start || (r->started > 0 && r->started < w->start);
}

void by_hand(const Engine *e, const Item *i, ByHand *ret) {
        bool open = false;

        *ret = (ByHand) { 0 };
        if (!i->window || !clock_starts(i->remote))
                return;
        for (const Remote *r = e->remotes; r; r = r->next) {
                const Item *o = r->target && people_start(r) ? item_find(r, i->key) : NULL;

                for (unsigned n = 0; o && n < o->n_parts; n++)
                        follow_record(i->window, o->parts[n].record, ret, &open);
        }
        ret->over &= !open; /* until the last of them */
}

void followers_dirty(Engine *e, const Item *i) {
        for (Remote *r = e->remotes; r && people_start(i->remote); r = r->next) {
                Item *o = r->target && clock_starts(r) ? item_find(r, i->key) : NULL;

                if (o)
                        item_dirty(e, o);
        }
}
