/*
 * Words: what a verb writes into a manifest
 *
 * Of a one-off its own keys, of a recurring manifest the override of one occurrence, which is made when there is none. A value keeps
 * the form it has: an end with an offset keeps that, a duration stays a duration.
 */
#include "ctl/words.h"

#include <string.h>

#include "base/text.h"
#include "manifest/when.h"

#define EDITS_MAX (UPDATES_MAX + 4u)

typedef struct Maker {
        Arena *a;
        const WordInput *in;
        const Picked *w;
        const Manifest *m;
        const Override *o;      /* NULL: none yet, or a one-off */
        Wording *out;
        EditPair pairs[8];      /* to be set in one map */
        size_t n_pairs;
} Maker;

static int refuse(Maker *k, const char *problem) {
        k->out->problem = problem;
        return problem ? 0 : -ENOMEM;
}

static void pair(Maker *k, const char *key, const char *value, bool text, const char *after) {
        k->pairs[k->n_pairs++] = (EditPair) { key, value, text, after };
}

static EditPair *copy_pairs(Maker *k, const EditPair *pairs, size_t n) {
        EditPair *copy = arena_array(k->a, n, sizeof(*copy));

        if (copy)
                memcpy(copy, pairs, n * sizeof(*copy));
        return copy;
}

static int add_edit(Maker *k, Edit e) {
        e.pairs = copy_pairs(k, e.pairs, e.n_pairs);
        if (!e.pairs)
                return -ENOMEM;
        k->out->edits[k->out->n_edits++] = e;
        return 0;
}

static Edit in_override(const Maker *k) {
        size_t at = k->w->override >= 0 ? (size_t) k->w->override : k->m->recurrence->n_overrides;

        return (Edit) { .path = { { "recurrence", 0 }, { "overrides", 0 }, { NULL, (unsigned) at } }, .n_path = 3 };
}

/* What was collected with pair(): into the document, the override there is, or a new one. */
static int set_pairs(Maker *k) {
        EditPair fresh[ARRAY_SIZE(k->pairs) + 1] = { { "occurrence", k->w->occurrence, false, NULL } };
        Edit e = { .pairs = k->pairs, .n_pairs = k->n_pairs };

        if (k->m->recurrence && k->w->override < 0) {
                memcpy(fresh + 1, k->pairs, k->n_pairs * sizeof(*fresh));
                e = (Edit) { .path = { { "recurrence", 0 }, { "overrides", 0 } }, .n_path = 2, .append = true, .pairs = fresh, .n_pairs = k->n_pairs + 1 };
        } else if (k->m->recurrence) {
                e = in_override(k);
                e.pairs = k->pairs;
                e.n_pairs = k->n_pairs;
        }
        return add_edit(k, e);
}

/* ── times ── */

static const char *local_text(Arena *a, const Local *l) {
        const char *minutes = arena_printf(a, "%04d-%02u-%02uT%02u:%02u", l->year, l->month, l->day, l->hour, l->minute);

        return minutes && l->second ? arena_printf(a, "%s:%02u", minutes, l->second) : minutes;
}

static const char *with_offset(Arena *a, usec_t t, int64_t offset) {
        Local l = wall_local((int64_t) (t / USEC_PER_SEC) + offset);
        const char *text = local_text(a, &l);

        if (!text || offset == 0)
                return text ? arena_printf(a, "%sZ", text) : NULL;
        return arena_printf(a, "%s%c%02d:%02d", text, offset < 0 ? '-' : '+', abs((int) offset) / 3600, abs((int) offset) / 60 % 60);
}

const char *words_local(Arena *a, const Zone *zone, usec_t t) {
        int offset;
        Local l;

        zone_local(zone, t, &l, &offset, NULL);
        /* the second of two equal local times is not what it would be read as */
        return zone_utc(zone, &l, NULL) / USEC_PER_SEC == t / USEC_PER_SEC ? local_text(a, &l) : with_offset(a, t, offset);
}

/* @t as @like was written: local, or with its offset. */
static const char *time_like(Maker *k, const When *like, usec_t t) {
        if (like->kind != WHEN_INSTANT)
                return words_local(k->a, k->in->zone, t);
        return with_offset(k->a, t, local_wall(&like->local) - (int64_t) (like->instant / USEC_PER_SEC));
}

static const char *span_text(Maker *k, Span s) {
        char buf[SPAN_TEXT_SIZE];

        return arena_strdup(k->a, span_write(s, buf));
}

/* "05:00" */
bool words_time_of_day(const char *text, unsigned *ret_minutes) {
        unsigned hour, minute;
        char end;

        if (strspn(text, "0123456789:") != 5 || sscanf(text, "%2u:%2u%c", &hour, &minute, &end) != 2 || hour > 23 || minute > 59)
                return false;
        *ret_minutes = hour * 60 + minute;
        return true;
}

/* The first such time of day after the start; where that is long ago, around the end that there is. */
static usec_t next_time_of_day(const Maker *k, unsigned minutes) {
        usec_t from = MAX(k->w->start, usec_sub(k->w->end, 12 * USEC_PER_HOUR)), t;
        int64_t day = zone_wall(k->in->zone, from) / 86400 * 86400;

        t = zone_wall_utc(k->in->zone, day + minutes * 60, NULL);
        return t > from ? t : zone_wall_utc(k->in->zone, day + 86400 + minutes * 60, NULL);
}

/* --end: a time as in a manifest, or a time of day. */
static bool end_given(const Maker *k, usec_t *ret) {
        const char *text = k->in->end;
        unsigned minutes;
        When w;

        if (words_time_of_day(text, &minutes)) {
                *ret = next_time_of_day(k, minutes);
                return true;
        }
        if (when_parse(text, &w) < 0)
                return false;
        *ret = w.kind == WHEN_INSTANT ? w.instant : zone_utc(k->in->zone, &w.local, NULL);
        return true;
}

/* ── verbs ── */

static bool is(const Maker *k, State s) {
        return strcmp(k->w->state, state_to_string(s)) == 0;
}

static int set_state(Maker *k, State s) {
        const Body *b = k->o ? &k->o->body : &k->m->body;

        pair(k, "state", state_to_string(s), false, b->has & HAS_END ? "end" : b->has & HAS_DURATION ? "duration" : k->o ? "occurrence" : NULL);
        if (k->in->message)
                pair(k, "message", k->in->message, true, "state");
        return set_pairs(k);
}

static int step(Maker *k) {
        static const State reached[] = { [WORD_START] = STATE_IN_PROGRESS, [WORD_COMPLETE] = STATE_COMPLETED, [WORD_CANCEL] = STATE_CANCELLED };

        if (is(k, STATE_COMPLETED) || is(k, STATE_CANCELLED))
                return refuse(k, arena_printf(k->a, "it is %s already", k->w->state));
        if (k->in->word == WORD_START && !is(k, STATE_SCHEDULED))
                return refuse(k, "it has started already");
        if (k->in->word == WORD_COMPLETE && is(k, STATE_SCHEDULED))
                return refuse(k, "it has not started: `maintctl cancel` calls it off, `maintctl start` starts it now");
        k->out->summary = arena_printf(k->a, "%s %s", k->in->word == WORD_START ? "start" : k->in->word == WORD_COMPLETE ? "complete" : "cancel", k->w->key);
        return set_state(k, reached[k->in->word]);
}

static int extend_duration(Maker *k, const Span *was, usec_t end, const Span *by) {
        Span span = by ? (Span) { was->days + by->days, was->exact + by->exact } : (Span) { 0, end - k->w->start };
        const char *text = span_text(k, span);

        if (!text)
                return -ENOMEM;
        pair(k, "duration", text, false, NULL);
        return set_pairs(k);
}

static int extend(Maker *k) {
        const Body *b = k->o && (k->o->body.has & (HAS_END | HAS_DURATION)) ? &k->o->body : &k->m->body;
        char until[ZONED_SIZE];
        const char *text;
        Span by = { 0 };
        usec_t end;

        if (is(k, STATE_COMPLETED) || is(k, STATE_CANCELLED))
                return refuse(k, arena_printf(k->a, "it is %s: publish a new window", k->w->state));
        if (k->in->by && (span_parse(k->in->by, &by) < 0 || span_usec(by) == 0))
                return refuse(k, arena_printf(k->a, "--by %s: a time span is wanted, as 1h or 90min", k->in->by));
        if (!k->in->by && !end_given(k, &end))
                return refuse(k, arena_printf(k->a, "--end %s: a time is wanted, as 2027-02-01T05:00 or 05:00", k->in->end));
        if (k->in->by) { /* days are the zone's, hours are exact */
                end = zone_wall_utc(k->in->zone, zone_wall(k->in->zone, k->w->end) + (int64_t) by.days * 24 * 3600, NULL);
                end = usec_add(by.days ? end : k->w->end, by.exact);
        }
        (void) zone_format(k->in->zone, k->w->end, true, false, until);
        if (end <= k->w->end)
                return refuse(k, arena_printf(k->a, "it ends at %s: that is no later; edit the file to shorten it", until));
        (void) zone_format(k->in->zone, end, true, false, until);
        k->out->summary = arena_printf(k->a, "extend %s until %s", k->w->key, until);
        if ((b->has & HAS_DURATION) && (!k->m->recurrence || b != &k->m->body))
                return extend_duration(k, &b->duration, end, k->in->by ? &by : NULL);
        text = time_like(k, &b->end, end);
        if (!text)
                return -ENOMEM;
        pair(k, "end", text, false, k->m->recurrence ? "occurrence" : "start");
        return set_pairs(k);
}

static int add_update(Maker *k, const char *at, const char *message, const Edit *where) {
        const EditPair item[] = { { "at", at, false, NULL }, { "message", message, true, NULL } };
        Edit e = *where;

        e.path[e.n_path++] = (EditStep) { "updates", 0 };
        e.append = true;
        e.pairs = item;
        e.n_pairs = ARRAY_SIZE(item);
        return at && message ? add_edit(k, e) : -ENOMEM;
}

static const char *offset_text(Maker *k, Span s) {
        const char *text = span_text(k, s);

        return text ? arena_printf(k->a, "+%s", text) : NULL;
}

static bool is_taken(const Maker *k, const Body *b, bool from_start, usec_t at) {
        for (size_t i = 0; i < b->n_updates; i++) {
                const UpdateSpec *u = &b->updates[i];

                if (u->from_start == from_start && at == (from_start ? span_usec(u->offset) : u->when.kind == WHEN_INSTANT ? u->when.instant
                                                                                              : zone_utc(k->in->zone, &u->when.local, NULL)))
                        return true;
        }
        return false;
}

/* Now, as a time or since the start, or the first second after it that no update has: its time is an update's name. */
static usec_t free_second(const Maker *k, bool from_start) {
        const Body *b = k->o && k->o->body.has & HAS_UPDATES ? &k->o->body : &k->m->body;
        usec_t at = (from_start ? usec_sub(k->in->now, k->w->started) : k->in->now) / USEC_PER_SEC * USEC_PER_SEC;

        for (at = MAX(at, USEC_PER_SEC); is_taken(k, b, from_start, at);)
                at += USEC_PER_SEC;
        return at;
}

static int update(Maker *k) {
        Edit where = { 0 };
        int r = 0;

        if (!k->in->message)
                return refuse(k, "what is to be said? -m MESSAGE");
        if (!is(k, STATE_IN_PROGRESS))
                return refuse(k, is(k, STATE_SCHEDULED) ? "it has not started: updates are posted while it runs" : "it is over: updates are posted while it runs");
        k->out->summary = arena_printf(k->a, "update %s", k->w->key);
        if (!k->m->recurrence)
                return add_update(k, words_local(k->a, k->in->zone, free_second(k, false)), k->in->message, &where);
        where = in_override(k);
        if (!k->o)
                r = set_pairs(k);
        /* Its own updates replace those of all occurrences, so they come along. */
        for (size_t i = 0; r >= 0 && !(k->o && k->o->body.has & HAS_UPDATES) && i < k->m->body.n_updates; i++)
                r = add_update(k, offset_text(k, k->m->body.updates[i].offset), k->m->body.updates[i].message, &where);
        return r < 0 ? r : add_update(k, offset_text(k, (Span) { 0, free_second(k, true) }), k->in->message, &where);
}

static int suspend(Maker *k, bool on) {
        if (k->m->suspend == on)
                return refuse(k, on ? "it is suspended already" : "it is not suspended");
        k->out->summary = arena_printf(k->a, "%s %s", on ? "suspend" : "resume", k->m->id);
        pair(k, "suspend", on ? "true" : "false", false, NULL);
        return add_edit(k, (Edit) { .pairs = k->pairs, .n_pairs = k->n_pairs });
}

int words_make(Arena *a, const WordInput *in, Wording *ret) {
        Maker k = { .a = a, .in = in, .w = in->window, .m = in->window->m, .out = ret };

        *ret = (Wording) { .edits = arena_array(a, EDITS_MAX, sizeof(Edit)) };
        if (!ret->edits)
                return -ENOMEM;
        if (k.w->override >= 0)
                k.o = &k.m->recurrence->overrides[k.w->override];
        switch (in->word) {
        case WORD_START:
        case WORD_COMPLETE:
        case WORD_CANCEL:
                return step(&k);
        case WORD_EXTEND:
                return extend(&k);
        case WORD_UPDATE:
                return update(&k);
        case WORD_SUSPEND:
        case WORD_RESUME:
                return suspend(&k, in->word == WORD_SUSPEND);
        }
        return 0;
}
