/*
 * Recurrence: the rule, its exceptions, and what is said of single occurrences
 *
 * Only the shape is checked here. What the rule means, and whether an exception or override hits an occurrence, is schedule/'s.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/body.h"
#include "manifest/when.h"

typedef struct RecurrenceReader {
        BodyReader *b;
        Recurrence *rec;
        bool has_rule;
} RecurrenceReader;

static void read_rule(void *context, const Node *v) {
        RecurrenceReader *c = context;
        const char *rule;

        c->has_rule = true;
        c->rec->rule_mark = v->mark;
        rule = reader_text(c->b->r, v, RULE_MAX, TEXT_BYTES);
        if (rule && text_starts(rule, "RRULE:"))
                rule += strlen("RRULE:");
        c->rec->rule = rule;
}

static bool read_except_item(Reader *r, const Node *v, Except *ret) {
        const char *s = reader_scalar(r, v);
        When w = { .mark = v->mark };
        int k;

        if (!s)
                return false;
        k = when_parse(s, &w);
        if (k < 0 && k != -ENODATA) {
                reader_error(r, v->mark, "bad-date", "'except' is no date or time: write it as 2027-02-07 or 2027-02-07T02:00");
                return false;
        }
        if (k == -ENODATA)
                w.kind = WHEN_LOCAL;
        *ret = (Except) { .whole_day = k == -ENODATA, .when = w };
        return true;
}

static void read_except(void *context, const Node *v) {
        RecurrenceReader *c = context;
        Reader *r = c->b->r;

        if (!reader_list(r, v, DATES_MAX, "[2027-02-07]"))
                return;
        c->rec->except = reader_got(r, arena_array(r->arena, v->n, sizeof(Except)));
        NODE_FOREACH(item, v)
                if (c->rec->except && read_except_item(r, item, &c->rec->except[c->rec->n_except]))
                        c->rec->n_except++;
}

static void read_extra(void *context, const Node *v) {
        RecurrenceReader *c = context;
        Reader *r = c->b->r;

        if (!reader_list(r, v, DATES_MAX, "[2027-02-07T02:00]"))
                return;
        c->rec->extra = reader_got(r, arena_array(r->arena, v->n, sizeof(When)));
        NODE_FOREACH(item, v)
                if (c->rec->extra && reader_when(r, item, &c->rec->extra[c->rec->n_extra]))
                        c->rec->n_extra++;
}

static void read_occurrence(void *context, const Node *v) {
        BodyReader *c = context;
        When *w = &c->override->occurrence;

        if (!reader_when(c->r, v, w) || w->kind == WHEN_LOCAL)
                return;
        reader_error(c->r, v->mark, "bad-time", "'occurrence' is a local time of the manifest's zone: leave out the offset");
}

static const Key override_keys[] = {
        { "occurrence", read_occurrence }, { "start", read_start }, { "end", read_end }, { "duration", read_duration },
        { "title", read_title }, { "description", read_description }, { "services", read_services }, { "impact", read_impact },
        { "notify", read_notify }, { "updates", read_updates }, { "state", read_state }, { "message", read_message },
};

static void read_override(RecurrenceReader *rec, const Node *v) {
        Override *o = &rec->rec->overrides[rec->rec->n_overrides];
        const Body *b = rec->b->body;
        BodyReader c = { .r = rec->b->r, .voc = rec->b->voc, .body = &o->body, .override = o };
        unsigned errors = c.r->n_errors;

        /* Perhaps where a refused one stood. */
        *o = (Override) { .mark = v->mark, .body = { .notify = b->notify, .no_reminders = b->no_reminders, .no_updates = b->no_updates } };
        if (!reader_map(c.r, v, override_keys, ARRAY_SIZE(override_keys), &c))
                return;
        body_check(&c);
        if (!node_get(v, "occurrence"))
                reader_error(c.r, v->mark, "missing-key", "missing key 'occurrence': the local start that the rule gives, as 2027-02-07T02:00");
        else if (o->body.has == 0 && v->n == 1)
                reader_warning(c.r, v->mark, "empty-override", "this override changes nothing: give it a key, or write its date into 'except'");
        if (c.r->n_errors == errors)
                rec->rec->n_overrides++;
}

typedef struct Sorted { const Override *o; } Sorted;

static int occurrence_order(const void *x, const void *y) {
        const Local *a = &((const Sorted *) x)->o->occurrence.local, *b = &((const Sorted *) y)->o->occurrence.local;
        const int64_t left[] = { a->year, a->month, a->day, a->hour, a->minute, a->second };
        const int64_t right[] = { b->year, b->month, b->day, b->hour, b->minute, b->second };

        for (size_t i = 0; i < ARRAY_SIZE(left); i++)
                if (left[i] != right[i])
                        return left[i] < right[i] ? -1 : 1;
        return 0;
}

static void check_overrides(RecurrenceReader *c) {
        Sorted sorted[OVERRIDES_MAX];
        size_t n = c->rec->n_overrides;

        for (size_t i = 0; i < n; i++)
                sorted[i].o = &c->rec->overrides[i];
        if (n > 1)
                qsort(sorted, n, sizeof(*sorted), occurrence_order);
        for (size_t i = 1; i < n; i++) {
                const Override *a = sorted[i - 1].o, *b = sorted[i].o;

                if (when_equal(&a->occurrence, &b->occurrence))
                        reader_error(c->b->r, MAX(a, b)->mark, "duplicate-override", "another override of this occurrence stands on line %u: merge them",
                                     MIN(a, b)->mark.line);
        }
}

static void read_overrides(void *context, const Node *v) {
        RecurrenceReader *c = context;
        Reader *r = c->b->r;

        if (!reader_list(r, v, OVERRIDES_MAX, "[{occurrence: 2027-02-07T02:00, state: cancelled}]"))
                return;
        c->rec->overrides = reader_got(r, arena_array(r->arena, v->n, sizeof(Override)));
        if (!c->rec->overrides)
                return;
        NODE_FOREACH(item, v)
                read_override(c, item);
        check_overrides(c);
}

/* What only a one-off may say of itself. */
static void check_series(BodyReader *c) {
        const Body *b = c->body;
        char when[WHEN_SIZE] = "…";

        if (b->start.kind != WHEN_NONE) {
                When local = b->start;

                local.kind = WHEN_LOCAL;
                (void) when_format(&local, when);
        }
        if ((b->has & HAS_STATE) && b->state != STATE_CANCELLED)
                reader_error(c->r, b->state_mark, "series-state",
                             "with 'recurrence' 'state' can only be 'cancelled', for the whole series; of one occurrence write under 'recurrence': "
                             "overrides: [{occurrence: %s, state: %s}]", when, state_to_string(b->state));
        for (size_t i = 0; i < b->n_updates; i++)
                if (!b->updates[i].from_start)
                        reader_error(c->r, b->updates[i].mark, "absolute-update",
                                     "with 'recurrence' an update's 'at' must be an offset such as +1h; an absolute time belongs into an override");
}

const Override *manifest_override(const Manifest *m, const char *occurrence) {
        When w;

        if (!m->recurrence || when_parse(occurrence, &w) < 0)
                return NULL;
        for (size_t i = 0; i < m->recurrence->n_overrides; i++)
                if (when_equal(&m->recurrence->overrides[i].occurrence, &w))
                        return &m->recurrence->overrides[i];
        return NULL;
}

void read_recurrence(BodyReader *b, const Node *v) {
        static const Key keys[] = {
                { "rule", read_rule }, { "except", read_except }, { "extra", read_extra }, { "overrides", read_overrides },
        };
        RecurrenceReader c = { .b = b, .rec = reader_got(b->r, arena_new0(b->r->arena, Recurrence)) };

        if (!c.rec)
                return;
        c.rec->mark = v->mark;
        if (!reader_map(b->r, v, keys, ARRAY_SIZE(keys), &c))
                return;
        if (!c.has_rule)
                reader_error(b->r, v->mark, "missing-key", "missing key 'rule', such as FREQ=WEEKLY;BYDAY=SU");
        check_series(b);
        b->m->recurrence = c.rec;
}
