/*
 * Body: the keys that a manifest, its overrides and _defaults.yaml have in common
 */
#include "manifest/body.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/when.h"

void manifest_plain(Manifest *m) {
        m->body.impact = IMPACT_MAINTENANCE;
        m->body.notify = (Notify) { .scheduled = true, .started = true, .completed = true, .cancelled = true, .updated = true };
        m->mute = m->auto_start = m->auto_complete = true;
}

/* ── Texts ── */

void read_title(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_TITLE;
        c->body->title_mark = v->mark;
        c->body->title = reader_text(c->r, v, TITLE_MAX, 0);
}

void read_description(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_DESCRIPTION;
        c->body->description_mark = v->mark;
        c->body->description = reader_text(c->r, v, DESCRIPTION_MAX, TEXT_LINES | TEXT_EMPTY | TEXT_BYTES);
}

void read_message(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_MESSAGE;
        c->body->message = reader_text(c->r, v, DESCRIPTION_MAX, TEXT_LINES | TEXT_BYTES);
}

/* ── Times ── */

void read_start(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_START;
        (void) reader_when(c->r, v, &c->body->start);
}

void read_end(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_END;
        c->body->end.mark = v->mark;
        (void) reader_when(c->r, v, &c->body->end);
}

void read_duration(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_DURATION;
        c->body->duration_mark = v->mark;
        (void) reader_span(c->r, v, false, &c->body->duration);
}

void body_check(BodyReader *c) {
        const Body *b = c->body;
        bool late = b->end.mark.line < b->duration_mark.line; /* the second of the two is the one to point at */

        if ((b->has & HAS_END) && (b->has & HAS_DURATION))
                reader_error(c->r, late ? b->duration_mark : b->end.mark, "exclusive-keys",
                             "'end' and 'duration' are both given: keep one of them");
}

void read_announce(void *context, const Node *v) {
        BodyReader *c = context;

        c->m->has_announce = reader_span(c->r, v, true, &c->m->announce);
}

void read_timezone(void *context, const Node *v) {
        BodyReader *c = context;

        c->has_timezone = true;
        c->m->timezone = reader_timezone(c->r, v);
        c->m->timezone_mark = v->mark;
}

/* ── Names ── */

void read_services(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_SERVICES;
        (void) reader_names(c->r, v, SERVICES_MAX, c->voc->services, "unknown-service", "service", &c->body->services);
}

void read_targets(void *context, const Node *v) {
        BodyReader *c = context;

        c->has_targets = true;
        if (v->kind == NODE_LIST && v->n == 0)
                reader_error(c->r, v->mark, "empty-value", "'targets' names none: remove the key for all targets");
        else
                (void) reader_names(c->r, v, TARGETS_MAX, c->voc->targets, "unknown-target", "target", &c->m->targets);
}

void read_impact(void *context, const Node *v) {
        static const char *const names[] = { "operational", "under_maintenance", "degraded", "partial_outage", "major_outage" };
        BodyReader *c = context;
        int impact;

        _Static_assert(ARRAY_SIZE(names) == IMPACTS, "name every impact");
        c->body->has |= HAS_IMPACT;
        if (reader_word(c->r, v, "impact", names, ARRAY_SIZE(names), &impact))
                c->body->impact = (Impact) impact;
}

void read_state(void *context, const Node *v) {
        static const char *const names[] = { "scheduled", "in_progress", "completed", "cancelled" };
        BodyReader *c = context;
        int state;

        _Static_assert(ARRAY_SIZE(names) == STATES, "name every state");
        c->body->has |= HAS_STATE;
        c->body->state_mark = v->mark;
        if (reader_word(c->r, v, "state", names, ARRAY_SIZE(names), &state))
                c->body->state = (State) state;
}

void read_monitors(void *context, const Node *v) {
        static const char *const names[] = { "keep", "pause" };
        BodyReader *c = context;
        int mute;

        if (reader_word(c->r, v, "value of 'monitors'", names, ARRAY_SIZE(names), &mute))
                c->m->mute = mute;
}

/* ── notify ── */

static void read_scheduled(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->body->notify.scheduled);
}

static void read_started(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->body->notify.started);
}

static void read_completed(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->body->notify.completed);
}

static void read_cancelled(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->body->notify.cancelled);
}

static void read_updated(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->body->notify.updated);
}

/* Longest first, each once. */
static bool insert_reminder(Notify *n, usec_t t) {
        size_t i = 0;

        while (i < n->n_reminders && n->reminders[i] > t)
                i++;
        if (i < n->n_reminders && n->reminders[i] == t)
                return false;
        memmove(n->reminders + i + 1, n->reminders + i, (n->n_reminders - i) * sizeof(*n->reminders));
        n->reminders[i] = t;
        n->n_reminders++;
        return true;
}

static void read_reminders(void *context, const Node *v) {
        BodyReader *c = context;
        Notify *n = &c->body->notify;

        if (!reader_list(c->r, v, REMINDERS_MAX, "[24h, 1h]"))
                return;
        c->body->no_reminders = v->n == 0;
        n->n_reminders = 0;
        memset(n->reminders, 0, sizeof(n->reminders));
        NODE_FOREACH(item, v) {
                Span span;

                if (reader_span(c->r, item, false, &span) && !insert_reminder(n, span_usec(span)))
                        reader_warning(c->r, item->mark, "duplicate-item", "'reminders' names this time twice");
        }
}

void read_notify(void *context, const Node *v) {
        static const Key keys[] = {
                { "scheduled", read_scheduled }, { "reminders", read_reminders }, { "started", read_started },
                { "completed", read_completed }, { "cancelled", read_cancelled }, { "updated", read_updated },
        };
        BodyReader *c = context;

        c->body->has |= HAS_NOTIFY;
        (void) reader_map(c->r, v, keys, ARRAY_SIZE(keys), c);
}

/* ── updates ── */

typedef struct UpdateReader {
        Reader *r;
        UpdateSpec *u;
        bool has_at, has_message;
} UpdateReader;

static void read_at(void *context, const Node *v) {
        UpdateReader *c = context;
        const char *s = reader_scalar(c->r, v);

        c->has_at = true;
        if (!s)
                return;
        c->u->from_start = s[0] == '+';
        if (!c->u->from_start)
                (void) reader_when(c->r, v, &c->u->when);
        else if (s[1] == ' ' || span_parse(s + 1, &c->u->offset) < 0)
                reader_error(c->r, v->mark, "bad-span", "'at' is no offset: write it as +90min or +1h 30min");
}

static void read_update_message(void *context, const Node *v) {
        UpdateReader *c = context;

        c->has_message = true;
        c->u->message = reader_text(c->r, v, DESCRIPTION_MAX, TEXT_LINES | TEXT_BYTES);
}

static bool same_at(const UpdateSpec *a, const UpdateSpec *b) {
        if (a->from_start != b->from_start)
                return false;
        return a->from_start ? span_usec(a->offset) == span_usec(b->offset) : when_equal(&a->when, &b->when);
}

static void read_update(BodyReader *b, const Node *v) {
        static const Key keys[] = { { "at", read_at }, { "message", read_update_message } };
        UpdateSpec *u = &b->body->updates[b->body->n_updates];
        UpdateReader c = { .r = b->r, .u = u };
        unsigned errors = b->r->n_errors;

        *u = (UpdateSpec) { .mark = v->mark }; /* perhaps where a refused one stood */
        if (reader_map(b->r, v, keys, ARRAY_SIZE(keys), &c) && (!c.has_at || !c.has_message))
                reader_error(b->r, v->mark, "missing-key", "missing key '%s': an update has 'at' and 'message'", c.has_at ? "message" : "at");
        if (b->r->n_errors > errors)
                return;
        for (size_t i = 0; i < b->body->n_updates; i++)
                if (same_at(&b->body->updates[i], u)) {
                        reader_error(b->r, v->mark, "duplicate-update", "an update with the same 'at' stands on line %u: give each its own time",
                                     b->body->updates[i].mark.line);
                        return;
                }
        b->body->n_updates++;
}

void read_updates(void *context, const Node *v) {
        BodyReader *c = context;

        c->body->has |= HAS_UPDATES;
        if (!reader_list(c->r, v, UPDATES_MAX, "[{at: +1h, message: …}]"))
                return;
        c->body->no_updates = v->n == 0;
        c->body->updates = reader_got(c->r, arena_array(c->r->arena, v->n, sizeof(*c->body->updates)));
        if (!c->body->updates)
                return;
        NODE_FOREACH(item, v)
                read_update(c, item);
}

/* ── labels ── */

static int pair_order(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static size_t pairs_count(const char *const *pairs) {
        size_t n = 0;

        while (pairs && pairs[2 * n])
                n++;
        return n;
}

static void put_label(const char **pairs, size_t *n, const char *key, const char *value) {
        for (size_t i = 0; i < *n; i++)
                if (strcmp(pairs[2 * i], key) == 0) {
                        pairs[2 * i + 1] = value;
                        return;
                }
        pairs[2 * *n] = key;
        pairs[2 * (*n)++ + 1] = value;
}

/* Over those of _defaults.yaml, key by key. */
void read_labels(void *context, const Node *v) {
        BodyReader *c = context;
        size_t n = 0, n_below = pairs_count(c->m->labels);
        const char **pairs;

        if (v->kind != NODE_MAP) {
                reader_error(c->r, v->mark, node_empty(v) ? "empty-value" : "wrong-type", "'labels' must be a map, such as {team: storage}");
                return;
        }
        if (v->n + n_below > LABELS_MAX) {
                reader_error(c->r, v->mark, "too-many", "'labels' has %zu entries, those of _defaults.yaml counted: at most %u are allowed",
                             v->n + n_below, LABELS_MAX);
                return;
        }
        pairs = reader_got(c->r, arena_array(c->r->arena, 2 * (n_below + v->n) + 1, sizeof(*pairs)));
        if (!pairs)
                return;
        for (; n < n_below; n++) {
                pairs[2 * n] = reader_got(c->r, arena_strdup(c->r->arena, c->m->labels[2 * n]));
                pairs[2 * n + 1] = reader_got(c->r, arena_strdup(c->r->arena, c->m->labels[2 * n + 1]));
        }
        if (c->r->error < 0)
                return;
        NODE_FOREACH(item, v) {
                const char *key = reader_text(c->r, item->key, LABEL_KEY_MAX, 0);
                const char *value = reader_text(c->r, item, LABEL_VALUE_MAX, TEXT_EMPTY);

                if (key && value)
                        put_label(pairs, &n, key, value);
        }
        if (c->r->error < 0)
                return;
        qsort(pairs, n, 2 * sizeof(*pairs), pair_order);
        c->m->labels = pairs;
        c->has_labels = true;
}
