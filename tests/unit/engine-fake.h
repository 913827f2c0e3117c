#pragma once
/*
 * A target made of a few structs, and an engine that talks to it
 *
 * What it can do is whatever a test says, so that combinations no real driver has are exercised too. Requests carry a Call as their
 * body; a test decides when each is served, answered, or lost. Every turn is checked for its promise: a request with an intent comes
 * with the entry that makes it durable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "reconcile/engine.h"

#define START (1800000000ull * USEC_PER_SEC)
#define LEDGER_ID "0123456789abcdef"
#define FAKES 2u

typedef struct Thing {          /* one object as the fake keeps it */
        char id[16], part[16], title[64], marker[96], owner[20];
        usec_t start, end;
        State state;
        uint64_t messages[8];
        size_t n_messages;
        unsigned told;          /* what subscribers heard of it */
} Thing;

typedef struct Call {           /* what a request says */
        bool read;
        Query query;
        ActionKind kind;
        State state;
        uint32_t fields;
        bool quiet;
        Thing thing;            /* id: which one */
        char message[64];
        Effect effects[8];
        char services[8][16];   /* what effects name */
        size_t n_effects;
} Call;

typedef struct Fake {
        Target target;          /* first: a Target of this driver is the head of a Fake */
        Capabilities can;
        Thing things[64];
        unsigned n_things, n_parts, writes;
        unsigned page;          /* things in one answer of a listing, 0: all */
        bool catalogue, known;  /* services resolve once its catalogue was read; it was */
        unsigned status;        /* what it answers writes with, 0: it does them */
        unsigned read_status;   /* likewise reads */
        const char *wait;       /* Retry-After */
} Fake;

typedef struct Sent { uint64_t serial, intent; Fake *fake; Call call; } Sent;

typedef struct Bench {
        Engine *e;
        Fake fakes[FAKES];
        Now now;
        Sent pending[64];
        size_t n_pending;
        int commit_error;
        size_t intents, outcomes; /* committed */
        Record saved;           /* by the last intent */
        Turn turn;              /* the last one: numbers alone are still valid */
        char log[32768];
        Arena *arena;
        size_t n_log;
} Bench;

/* ── the driver ────────────────────────────────────────────────────────────────────────────────────────────── */

static inline int fake_capabilities(const Target *t, Capabilities *ret) {
        *ret = ((const Fake *) t)->can;
        return 0;
}

static inline void *dup_in(Arena *a, const void *p, size_t n) {
        void *copy = arena_alloc(a, n);

        assert_non_null(copy);
        return memcpy(copy, p, n);
}

static inline int put_call(Arena *a, const Call *c, Request *ret) {
        Call *copy = arena_alloc(a, sizeof(*c));

        if (!copy)
                return -ENOMEM;
        *copy = *c;
        *ret = (Request) { .method = c->read ? "GET" : "POST", .path = "", .body = (const char *) copy, .n_body = sizeof(*c) };
        return 0;
}

static inline int fake_query_request(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret) {
        Call c = { .read = true, .query = q };

        (void) cursor;
        if (q == QUERY_PROBE || (q == QUERY_CATALOGUE && !((const Fake *) t)->catalogue))
                return -ENOTSUP;
        (void) snprintf(c.thing.id, sizeof(c.thing.id), "%s", text_or(remote_id, ""));
        return put_call(a, &c, ret);
}

static inline Observed observe(const Thing *t) {
        return (Observed) {
                .object = { .part = t->part, .start = t->start, .end = t->end, .title = t->title, .body = "", .impact = "", .reminders = "", .marker = t->marker, .extra = "" },
                .state = t->state, .remote_id = t->id, .version = "", .owner = t->owner, .messages = t->messages, .n_messages = t->n_messages,
        };
}

static inline int fake_query_response(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink, const char **ret_cursor,
                                      const char **ret_detail) {
        const Fake *f = (const Fake *) t;
        unsigned live = 0, from = (unsigned) strtoul(text_or(cursor, "0"), NULL, 10);

        *ret_cursor = NULL;
        *ret_detail = NULL;
        if (r->status != 200)
                return r->status == 403 ? -EACCES : r->status == 404 ? -ENOENT : r->status == 429 ? -EBUSY : -EAGAIN;
        if (q == QUERY_CATALOGUE)
                ((Fake *) (uintptr_t) t)->known = true;
        for (unsigned n = 0; n < f->n_things; n++) {
                Observed o = observe(&f->things[n]);
                int s = 0;

                if (q == QUERY_CATALOGUE)
                        break;
                if (q == QUERY_OBJECT) {
                        if (strcmp(r->body, o.remote_id) == 0)
                                s = sink->observed(sink, &o);
                } else if (!state_final(o.state) && live++ >= from) {
                        if (f->page && live > from + f->page) {
                                *ret_cursor = arena_printf(a, "%u", from + f->page);
                                return 0;
                        }
                        s = sink->observed(sink, &o);
                }
                if (s < 0)
                        return s;
        }
        return 0;
}

static inline int fake_project(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n, const char **ret_problem) {
        static const char *const parts[] = { "a", "b" };
        const Fake *f = (const Fake *) t;
        unsigned n = MAX(f->n_parts, 1u);
        Object *o = arena_array(a, n, sizeof(*o));
        char marker[MARKER_SIZE];

        *ret_problem = NULL;
        if (f->catalogue && !f->known)
                return -ENOKEY;
        for (unsigned k = 0; k < n; k++) {
                const char *part = f->n_parts ? parts[k] : "";

                if (!o)
                        return -ENOMEM;
                o[k] = (Object) {
                        .part = part, .start = w->start, .end = w->end, .title = w->title, .body = "", .impact = "", .reminders = "", .extra = "", .services = w->services,
                        .marker = f->can.marker == MARKER_NONE ? "" : arena_strdup(a, marker_format(t->instance, w->key, generation, part, 0, marker)),
                };
                if (!o[k].marker)
                        return -ENOMEM;
        }
        *ret = o;
        *ret_n = n;
        return 0;
}

static inline int fake_action_request(const Target *t, const Action *a, Arena *arena, Request *ret) {
        Call c = { .kind = a->kind, .state = a->state, .fields = a->fields, .quiet = a->quiet, .n_effects = a->n_effects };

        (void) snprintf(c.thing.id, sizeof(c.thing.id), "%s", a->remote_id);
        (void) snprintf(c.thing.owner, sizeof(c.thing.owner), "%s", text_or(t->ledger_id, ""));
        (void) snprintf(c.message, sizeof(c.message), "%s", a->message);
        if (a->want) {
                (void) snprintf(c.thing.part, sizeof(c.thing.part), "%s", a->want->part);
                (void) snprintf(c.thing.title, sizeof(c.thing.title), "%s", a->want->title);
                (void) snprintf(c.thing.marker, sizeof(c.thing.marker), "%s", text_or(a->want->marker, ""));
                c.thing.start = a->want->start;
                c.thing.end = a->want->end;
        }
        assert_true(a->n_effects <= ARRAY_SIZE(c.effects));
        for (size_t n = 0; n < a->n_effects; n++) {
                c.effects[n] = a->effects[n];
                (void) snprintf(c.services[n], sizeof(c.services[n]), "%s", a->effects[n].service_id);
        }
        return put_call(arena, &c, ret);
}

static inline int fake_action_response(const Target *t, const Action *a, const Response *r, Arena *arena, Outcome *ret) {
        static const struct { unsigned status; Verdict verdict; } verdicts[] = {
                { 200, VERDICT_DONE }, { 403, VERDICT_DENIED }, { 404, VERDICT_GONE }, { 409, VERDICT_CONFLICT }, { 422, VERDICT_REFUSED },
                { 429, VERDICT_LIMITED }, { 503, VERDICT_RETRY }, { 500, VERDICT_UNKNOWN },
        };

        (void) t;
        *ret = (Outcome) { .verdict = VERDICT_UNKNOWN, .detail = "", .wait = response_wait(r) };
        for (size_t n = 0; n < ARRAY_SIZE(verdicts); n++)
                if (verdicts[n].status == r->status)
                        ret->verdict = verdicts[n].verdict;
        if (a->kind != ACTION_CREATE || (r->status != 200 && (r->status != 409 || r->n_body == 0)))
                return 0;
        ret->remote_id = arena_strdup(arena, r->body); /* what it made, or what is in the way */
        return ret->remote_id ? 0 : -ENOMEM;
}

static const Driver fake_driver = {
        .name = "fake", .capabilities = fake_capabilities, .query_request = fake_query_request, .query_response = fake_query_response,
        .project = fake_project, .action_request = fake_action_request, .action_response = fake_action_response,
};

/* ── the target itself ─────────────────────────────────────────────────────────────────────────────────────── */

static inline Thing *thing_by_id(Fake *f, const char *id) {
        for (unsigned n = 0; n < f->n_things; n++)
                if (strcmp(f->things[n].id, id) == 0)
                        return &f->things[n];
        return NULL;
}

/* The last one of that title. */
static inline Thing *thing(Fake *f, const char *title) {
        for (unsigned n = f->n_things; n-- > 0;)
                if (strcmp(f->things[n].title, title) == 0)
                        return &f->things[n];
        fail_msg("there is no %s", title);
        return NULL;
}

static inline Thing *put_thing(Fake *f, const Thing *t) {
        Thing *new = &f->things[f->n_things++];

        assert_true(f->n_things <= ARRAY_SIZE(f->things));
        *new = *t;
        (void) snprintf(new->id, sizeof(new->id), "t%u", f->n_things);
        return new;
}

/* Does it, and says how that went: an id or "". */
static inline unsigned perform(Fake *f, const Call *c, const char **ret_id) {
        Thing *t = thing_by_id(f, c->thing.id);

        *ret_id = c->thing.id;
        if (c->read)
                return f->read_status ? f->read_status : c->query == QUERY_OBJECT && !t ? 404 : 200;
        if (f->status)
                return f->status;
        f->writes++;
        if (c->kind == ACTION_EFFECT)
                return 200;
        if (c->kind == ACTION_CREATE) {
                t = put_thing(f, &c->thing);
                *ret_id = t->id;
        }
        if (!t)
                return 404;
        if (c->kind == ACTION_UPDATE) {
                if (c->fields & FIELD_TITLE)
                        memcpy(t->title, c->thing.title, sizeof(t->title));
                if (c->fields & FIELD_START)
                        t->start = c->thing.start;
                if (c->fields & FIELD_END)
                        t->end = c->thing.end;
                if (c->fields & FIELD_MARKER) {
                        memcpy(t->marker, c->thing.marker, sizeof(t->marker));
                        memcpy(t->owner, c->thing.owner, sizeof(t->owner));
                }
        } else if (c->kind == ACTION_MESSAGE) {
                t->messages[t->n_messages++] = message_hash(c->message);
        } else {
                t->state = c->state;
        }
        if (*c->message && c->kind != ACTION_MESSAGE) /* it rode with a step or an edit */
                t->messages[t->n_messages++] = message_hash(c->message);
        t->told += !c->quiet;
        return 200;
}

/* ── the bench ─────────────────────────────────────────────────────────────────────────────────────────────── */

static inline Capabilities able(void) {
        return (Capabilities) {
                .family = FAMILY_WINDOW, .writes = BIT(STATES) - 1, .readable = FIELD_TITLE | FIELDS_TIMES | FIELD_MARKER,
                .writable = { FIELD_TITLE | FIELDS_TIMES | FIELD_MARKER, FIELD_TITLE | FIELD_END | FIELD_MARKER, 0, 0 },
                .notifies = BIT(ACTIONS) - 1, .quietable = BIT(ACTIONS) - 1, .marker = MARKER_PLAIN, .create_running = true, .messages = true,
                .messages_readable = true, .granularity = USEC_PER_SEC,
        };
}

static inline EngineConfig bench_config(void) {
        return (EngineConfig) { .resync = USEC_PER_HOUR, .withdraw_after = 5 * USEC_PER_MINUTE, .max_cancel = 30, .max_move = 50, .build_date = 1, .keep_texts = 1u << 20, .seed = 7 };
}

static inline void bench_init(Bench *b) {
        *b = (Bench) { .now = { START - USEC_PER_DAY, 1000 * USEC_PER_SEC }, .arena = arena_new() };
        for (unsigned n = 0; n < FAKES; n++)
                b->fakes[n] = (Fake) {
                        .target = {
                                .name = n ? "two" : "one", .identity = n ? "fake two" : "fake one", .type = "fake", .url = "", .instance = "maintd", .ledger_id = LEDGER_ID,
                                .timeout = USEC_PER_SEC, .driver = &fake_driver,
                        },
                        .can = able(),
                };
}

/* With the first @targets of its targets. */
static inline void bench_start(Bench *b, const EngineConfig *c, const Snapshot *s, unsigned targets) {
        Target *list[FAKES] = { &b->fakes[0].target, &b->fakes[1].target };
        Snapshot empty = { .ledger_id = LEDGER_ID, .machine_id = "" };

        assert_int_equal(engine_new(c, s ? s : &empty, b->now, &b->e), 0);
        assert_int_equal(engine_told_targets(b->e, b->now, list, targets), 0);
}

static inline void bench_done(Bench *b) {
        b->e = engine_free(b->e);
        for (unsigned n = 0; n < FAKES; n++)
                target_done(&b->fakes[n].target);
        b->arena = arena_free(b->arena);
}

static inline void note_event(Bench *b, const Event *e) {
        int n = snprintf(b->log + b->n_log, sizeof(b->log) - b->n_log, "%s%s%s%s%s: %s%s%s%s%s\n", e->target, *e->target ? " " : "", e->key.manifest,
                         *e->key.occurrence ? "@" : "", e->key.occurrence, e->text, e->labels ? " #" : "", e->labels ? e->labels[0] : "",
                         e->labels ? "=" : "", e->labels ? e->labels[1] : "");

        b->n_log = MIN(b->n_log + (size_t) n, sizeof(b->log) - 1);
}

/* What a ledger would have of @rec, for an engine that starts anew. */
static inline void keep(Bench *b, const Record *rec) {
        Record *c = &b->saved;

        if (!rec)
                return; /* a duplicate has none */
        *c = *rec;
        c->target = arena_strdup(b->arena, rec->target);
        c->key = (WindowKey) { arena_strdup(b->arena, rec->key.manifest), arena_strdup(b->arena, rec->key.occurrence) };
        c->part = arena_strdup(b->arena, rec->part);
        c->remote_id = arena_strdup(b->arena, rec->remote_id);
        c->version = arena_strdup(b->arena, rec->version);
        c->title = arena_strdup(b->arena, rec->title);
        c->told = rec->n_told ? dup_in(b->arena, rec->told, rec->n_told * sizeof(*rec->told)) : NULL;
}

/* One turn: checked, committed, its requests put among the pending ones when the commit held. */
static inline void ask(Bench *b) {
        size_t first = b->n_pending;
        Turn t;

        assert_int_equal(engine_ask(b->e, b->now, &t), 0);
        for (size_t n = 0; n < t.n_events; n++)
                note_event(b, &t.events[n]);
        for (size_t n = 0; n < t.n_requests; n++) {
                const Request *r = &t.requests[n];
                Sent s = { r->serial, r->intent, (Fake *) r->target, { 0 } };
                bool durable = r->intent == 0;

                memcpy(&s.call, r->body, sizeof(s.call));
                for (size_t k = 0; k < t.n_entries && !durable; k++)
                        durable = t.entries[k].kind == ENTRY_INTENT && t.entries[k].intent == r->intent;
                if (!durable)
                        fail_msg("a request leaves before its intent is durable");
                assert_true(b->n_pending < ARRAY_SIZE(b->pending));
                assert_true(s.call.read == (r->intent == 0));
                b->pending[b->n_pending++] = s;
        }
        if (t.n_entries == 0) {
                b->turn = t;
                return;
        }
        for (size_t n = 0; n < t.n_entries && b->commit_error == 0; n++) {
                if (t.entries[n].kind == ENTRY_INTENT) {
                        b->intents++;
                        keep(b, t.entries[n].record);
                }
                b->outcomes += t.entries[n].kind == ENTRY_OUTCOME;
        }
        if (b->commit_error < 0) { /* what was to be durable is not: those requests are not sent */
                size_t kept = first;

                for (size_t n = first; n < b->n_pending; n++)
                        if (b->pending[n].intent == 0)
                                b->pending[kept++] = b->pending[n];
                b->n_pending = kept;
        }
        assert_int_equal(engine_told_committed(b->e, b->now, t.serial, b->commit_error), 0);
        b->turn = t;
}

static inline Sent take(Bench *b, size_t k) {
        Sent s = b->pending[k];

        memmove(&b->pending[k], &b->pending[k + 1], (--b->n_pending - k) * sizeof(s));
        return s;
}

static inline void answer(Bench *b, const Sent *s, unsigned status, const char *body) {
        const char *const headers[] = { "retry-after", s->fake->wait, NULL };
        Response r = { .status = status, .headers = s->fake->wait ? headers : NULL, .body = body, .n_body = strlen(body) };

        assert_int_equal(engine_told_response(b->e, b->now, s->serial, &r), 0);
}

static inline void serve(Bench *b, size_t k) {
        Sent s = take(b, k);
        const char *id;
        unsigned status = perform(s.fake, &s.call, &id);

        answer(b, &s, status, id);
}

/* A millisecond goes by between a turn and its answers, so that looks are newer than writes. */
static inline void tick(Bench *b, usec_t span) {
        b->now.real += span;
        b->now.boot += span;
}

static inline void settle(Bench *b) {
        for (unsigned n = 0; n < 200; n++) {
                ask(b);
                if (b->n_pending == 0 && b->turn.n_entries == 0 && b->turn.wake_boot > b->now.boot)
                        return;
                tick(b, 1000);
                while (b->n_pending)
                        serve(b, 0);
        }
        fail_msg("does not come to rest:\n%s", b->log);
}

/* Time passes, and everything that comes due in it happens. */
static inline void pass(Bench *b, usec_t until) {
        settle(b);
        while (b->now.real < until) {
                usec_t boot = usec_sub(b->turn.wake_boot, b->now.boot), real = usec_sub(b->turn.wake_real, b->now.real);

                tick(b, MAX(MIN(MIN(boot, real), until - b->now.real), (usec_t) 1));
                settle(b);
        }
}

static inline bool said(const Bench *b, const char *text) {
        return strstr(b->log, text) != NULL;
}

static inline size_t find_pending(const Bench *b, ActionKind kind) {
        for (size_t n = 0; n < b->n_pending; n++)
                if (!b->pending[n].call.read && b->pending[n].call.kind == kind)
                        return n;
        return SIZE_MAX;
}

static inline size_t pending_writes(const Bench *b, const Fake *f) {
        size_t writes = 0;

        for (size_t n = 0; n < b->n_pending; n++)
                writes += !b->pending[n].call.read && (!f || b->pending[n].fake == f);
        return writes;
}

/* ── manifests ─────────────────────────────────────────────────────────────────────────────────────────────── */

static inline void release_nothing(void *owner) {
        (void) owner;
}

static const Notify notify_all = { .scheduled = true, .started = true, .completed = true, .cancelled = true, .updated = true };

static inline Window window(const char *title, usec_t start, usec_t end) {
        return (Window) {
                .start = start, .end = end, .impact = IMPACT_MAINTENANCE, .auto_start = true, .auto_complete = true, .title = title, .body = "", .message = "",
                .timezone = "UTC", .notify = &notify_all,
        };
}

/* A manifest of the windows given; their keys are filled in. Lives as long as the bench. */
static inline WindowSet *set_of(Bench *b, const char *id, const Window *windows, size_t n) {
        WindowSet *s = arena_new0(b->arena, WindowSet);
        Window *copy = dup_in(b->arena, windows, n * sizeof(*windows));
        uint64_t content = HASH_SEED;

        for (size_t k = 0; k < n; k++) {
                copy[k].key = (WindowKey) { id, text_or(windows[k].key.occurrence, "") };
                content = hash_u64(hash_u64(hash_text(content, copy[k].title), copy[k].start), copy[k].end);
                content = hash_u64(content, copy[k].floor);
        }
        *s = (WindowSet) { .refs = 1, .manifest = id, .content = content, .doc = "", .windows = copy, .n_windows = n, .until = USEC_INFINITY, .release = release_nothing };
        return s;
}

static inline WindowSet *manifest(Bench *b, const char *id, Window w) {
        return set_of(b, id, &w, 1);
}

static inline void load_with(Bench *b, Loaded l, const LoadedSet *sets, size_t n) {
        l.sets = sets;
        l.n = n;
        assert_int_equal(engine_told_windows(b->e, b->now, &l), 0);
}

/* Loads good manifests, in order of their ids; those not given have vanished. */
static inline void load(Bench *b, WindowSet *const *list, size_t n) {
        LoadedSet sets[64];

        for (size_t k = 0; k < n; k++)
                sets[k] = (LoadedSet) { list[k], SET_GOOD };
        load_with(b, (Loaded) { .may_withdraw = true, .fresh = true, .reload = true }, sets, n);
}

#define LOAD(b, ...) load(b, (WindowSet *[]) { __VA_ARGS__ }, sizeof((WindowSet *[]) { __VA_ARGS__ }) / sizeof(WindowSet *))
