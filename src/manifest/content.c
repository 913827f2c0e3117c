/*
 * Content: what a manifest says, as one number
 *
 * Two manifests with equal content differ at most in their names: one has been renamed into the other. Where it stands in which
 * file, and how it was laid out, is no content.
 */
#include "base/text.h"
#include "manifest/body.h"

static uint64_t hash_when(uint64_t h, const When *w) {
        const Local *l = &w->local;

        h = hash_u64(h, w->kind);
        h = hash_u64(h, (uint64_t) l->year << 9 | l->month << 5 | l->day);
        h = hash_u64(h, (uint64_t) l->hour * 3600 + l->minute * 60 + l->second);
        return hash_u64(h, w->instant);
}

static uint64_t hash_span(uint64_t h, Span s) {
        return hash_u64(hash_u64(h, s.days), s.exact);
}

static uint64_t hash_strv(uint64_t h, const Strv *v) {
        h = hash_u64(h, v->n);
        for (size_t i = 0; i < v->n; i++)
                h = hash_text(h, v->items[i]);
        return h;
}

static uint64_t hash_notify(uint64_t h, const Notify *n) {
        h = hash_u64(h, (uint64_t) n->scheduled | (uint64_t) n->started << 1 | (uint64_t) n->completed << 2 |
                        (uint64_t) n->cancelled << 3 | (uint64_t) n->updated << 4 | (uint64_t) n->n_reminders << 8);
        for (size_t i = 0; i < n->n_reminders; i++)
                h = hash_u64(h, n->reminders[i]);
        return h;
}

static uint64_t hash_updates(uint64_t h, const Body *b) {
        h = hash_u64(h, b->n_updates);
        for (size_t i = 0; i < b->n_updates; i++) {
                const UpdateSpec *u = &b->updates[i];

                h = u->from_start ? hash_span(hash_u64(h, 1), u->offset) : hash_when(h, &u->when);
                h = hash_text(h, u->message);
        }
        return h;
}

static uint64_t hash_body(uint64_t h, const Body *b) {
        h = hash_u64(h, b->has);
        h = hash_when(hash_when(h, &b->start), &b->end);
        h = hash_span(h, b->duration);
        h = hash_text(hash_text(hash_text(h, b->title), b->description), b->message);
        h = hash_strv(h, &b->services);
        h = hash_u64(h, (uint64_t) b->impact << 8 | b->state);
        return hash_updates(hash_notify(h, &b->notify), b);
}

static uint64_t hash_recurrence(uint64_t h, const Recurrence *r) {
        if (!r)
                return hash_u64(h, 0);
        h = hash_text(h, r->rule);
        h = hash_u64(hash_u64(hash_u64(h, r->n_except), r->n_extra), r->n_overrides);
        for (size_t i = 0; i < r->n_except; i++)
                h = hash_when(hash_u64(h, r->except[i].whole_day), &r->except[i].when);
        for (size_t i = 0; i < r->n_extra; i++)
                h = hash_when(h, &r->extra[i]);
        for (size_t i = 0; i < r->n_overrides; i++)
                h = hash_body(hash_when(h, &r->overrides[i].occurrence), &r->overrides[i].body);
        return h;
}

uint64_t manifest_shared_content(const Manifest *m) {
        uint64_t h = hash_text(HASH_SEED, m->timezone);

        h = hash_strv(hash_strv(h, &m->body.services), &m->targets);
        h = hash_notify(h, &m->body.notify);
        h = hash_u64(h, (uint64_t) m->mute | (uint64_t) m->has_announce << 1);
        h = hash_span(h, m->announce);
        for (const char *const *l = m->labels; l && *l; l++)
                h = hash_text(h, *l);
        return h;
}

uint64_t manifest_content(const Manifest *m) {
        uint64_t h = manifest_shared_content(m);

        h = hash_u64(h, (uint64_t) m->auto_start | (uint64_t) m->auto_complete << 1 | (uint64_t) m->suspend << 2);
        return hash_recurrence(hash_body(h, &m->body), m->recurrence);
}
