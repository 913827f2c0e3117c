/*
 * Stage: a driver that answers itself
 *
 * Reads carry what is asked in their path, and their answer is that path: query_response() looks into the model. A write is the
 * real driver's request, so that what cannot be asked for is found here too, and takes effect when its answer is read.
 */
#include "ctl/stage.h"

#include <assert.h>
#include <string.h>

#include "base/heap.h"
#include "base/text.h"

typedef struct Role Role;

typedef struct Played {                 /* one object there */
        Observed shown;
        WindowKey key;
        const char *title, *timezone;
        Arena *arena;                   /* owned: all strings above */
        Role *role;
        usec_t next;                    /* when it does something by itself */
        uint32_t place;
} Played;

struct Role {                           /* one played target */
        Driver driver;                  /* first: what Target.driver points to is a Role */
        const Driver *real;
        Stage *stage;
        char *identity, *name;          /* owned */
        Capabilities can;
        Played **objects;               /* owned; the remote id is the place in it */
        size_t n, allocated;
        size_t *live;                   /* owned; places of those that are not final */
        size_t n_live;
        Role *next;
};

struct Stage {
        Arena *arena;
        Role *roles;
        Deed *deeds;
        size_t n, allocated, max;
        bool full;
        usec_t now;
        Heap clock;                     /* of what the targets do by themselves */
};

const char *deed_to_string(DeedKind k) {
        static const char *const names[] = {
                [DEED_REQUEST] = "request", [DEED_CLOCK] = "clock", [DEED_REMINDER] = "reminder", [DEED_NOTE] = "note", [DEED_RESTART] = "restart",
        };
        _Static_assert(ARRAY_SIZE(names) == DEEDS, "name every kind");

        return names[k];
}

/* ── deeds ── */

/* @d's strings are copied; its time is now unless it says another. */
static int deed_add(Stage *s, Deed d) {
        if (s->n == s->max) {
                s->full = true;
                return 0;
        }
        if (list_grow(&s->deeds, s->n, &s->allocated, sizeof(Deed)) < 0)
                return -ENOMEM;
        d.at = d.at ? d.at : s->now;
        d.order = s->n;
        d.target = arena_strdup(s->arena, text_or(d.target, ""));
        d.key.manifest = arena_strdup(s->arena, text_or(d.key.manifest, ""));
        d.key.occurrence = arena_strdup(s->arena, text_or(d.key.occurrence, ""));
        d.part = arena_strdup(s->arena, text_or(d.part, ""));
        d.title = arena_strdup(s->arena, text_or(d.title, ""));
        d.timezone = arena_strdup(s->arena, text_or(d.timezone, ""));
        d.text = arena_strdup(s->arena, text_or(d.text, ""));
        if (!d.target || !d.key.manifest || !d.key.occurrence || !d.part || !d.title || !d.timezone || !d.text)
                return -ENOMEM;
        s->deeds[s->n++] = d;
        return 0;
}

static int compare_deeds(const void *a, const void *b) {
        const Deed *x = a, *y = b;

        if (x->at != y->at)
                return x->at < y->at ? -1 : 1;
        return x->order < y->order ? -1 : 1;
}

const Deed *stage_deeds(Stage *s, size_t *ret_n) {
        if (s->n)
                qsort(s->deeds, s->n, sizeof(Deed), compare_deeds);
        *ret_n = s->n;
        return s->deeds;
}

bool stage_full(const Stage *s) {
        return s->full;
}

int stage_note(Stage *s, const Event *e) {
        /* Warnings, and what is passed over in silence at the targets. */
        if (e->priority > 4 && e->kind != EVENT_SUSPENDED && e->kind != EVENT_DROPPED)
                return 0;
        return deed_add(s, (Deed) {
                .kind = DEED_NOTE, .target = e->target, .key = e->key, .title = e->window ? e->window->title : "",
                .timezone = e->window ? e->window->timezone : "", .text = e->text,
        });
}

int stage_restarted(Stage *s) {
        return deed_add(s, (Deed) { .kind = DEED_RESTART, .text = "maintd is started again" });
}

/* ── objects ── */

static const char *copy(Arena *a, const char *s) {
        return arena_strdup(a, text_or(s, ""));
}

/* What is shown once the @fields of @want are written. Borrows from both. */
static Object object_with(const Object *shown, const Object *want, uint32_t fields) {
        Object o = *shown;

        o.title = fields & FIELD_TITLE ? want->title : o.title;
        o.body = fields & FIELD_BODY ? want->body : o.body;
        o.start = fields & FIELD_START ? want->start : o.start;
        o.end = fields & FIELD_END ? want->end : o.end;
        o.services = fields & FIELD_SERVICES ? want->services : o.services;
        o.impact = fields & FIELD_IMPACT ? want->impact : o.impact;
        o.reminders = fields & FIELD_REMINDERS ? want->reminders : o.reminders;
        o.marker = fields & FIELD_MARKER ? want->marker : o.marker;
        o.extra = fields & FIELD_EXTRA ? want->extra : o.extra;
        return o;
}

static Played *played_free(Played *p) {
        if (p)
                (void) arena_free(p->arena);
        free(p);
        return NULL;
}
DEFINE_AUTO(Played *, played_free)

/* Keeps @o and what it belongs to, with a message more; everything before is let go of. */
static int played_set(Played *p, const Object *o, const Action *act, const char *owner) {
        auto_(arena_free) Arena *a = arena_new();
        Observed shown = p->shown;
        uint64_t *messages = a ? arena_array(a, shown.n_messages + 1, sizeof(*messages)) : NULL;
        const Window *w = act->window;

        if (!messages || object_copy(a, o, &shown.object) < 0)
                return -ENOMEM;
        if (shown.n_messages)
                memcpy(messages, shown.messages, shown.n_messages * sizeof(*messages));
        if (*text_or(act->message, ""))
                messages[shown.n_messages++] = message_hash(act->message);
        shown.messages = messages;
        shown.remote_id = copy(a, shown.remote_id);
        shown.owner = copy(a, *shown.object.marker ? owner : "");
        shown.version = "";
        p->key.manifest = copy(a, act->key.manifest);
        p->key.occurrence = copy(a, act->key.occurrence);
        p->title = copy(a, w ? w->title : p->title);
        p->timezone = copy(a, w ? w->timezone : p->timezone);
        if (!shown.remote_id || !shown.owner || !p->key.manifest || !p->key.occurrence || !p->title || !p->timezone)
                return -ENOMEM;
        p->shown = shown;
        (void) arena_free(p->arena);
        p->arena = STEAL(a);
        return 0;
}

static Played *find(const Role *r, const char *remote_id) {
        char *end;
        unsigned long n = strtoul(remote_id, &end, 10);

        return *remote_id && !*end && n < r->n ? r->objects[n] : NULL;
}

static int played_new(Role *r, const Action *act, const char *owner, Played **ret) {
        auto_(played_free) Played *p = calloc(1, sizeof(Played));
        size_t before = r->allocated;
        char id[24];
        int q;

        if (!p || list_grow(&r->objects, r->n, &r->allocated, sizeof(Played *)) < 0)
                return -ENOMEM;
        if (r->allocated != before) {
                size_t *live = reallocarray(r->live, r->allocated, sizeof(size_t));

                if (!live) {
                        r->allocated = before;
                        return -ENOMEM;
                }
                r->live = live;
        }
        (void) snprintf(id, sizeof(id), "%zu", r->n);
        p->role = r;
        p->next = USEC_INFINITY;
        p->shown.remote_id = id;
        q = played_set(p, act->want, act, owner);
        if (q < 0)
                return q;
        r->live[r->n_live++] = r->n;
        *ret = p;
        r->objects[r->n++] = STEAL(p);
        return 0;
}

/* What is final stays readable by its id, and is listed no more. */
static void enter(Played *p, State state, usec_t at) {
        p->shown.state = state;
        if (state == STATE_IN_PROGRESS)
                p->shown.started = at;
        else if (state_final(state))
                p->shown.ended = at;
}

static void drop_final(Role *r) {
        size_t n = 0;

        for (size_t i = 0; i < r->n_live; i++)
                if (!state_final(r->objects[r->live[i]]->shown.state))
                        r->live[n++] = r->live[i];
        r->n_live = n;
}

/* ── by themselves ── */

static int by_clock(Role *r, Played *p, State state, ActionKind action, usec_t at) {
        enter(p, state, at);
        return deed_add(r->stage, (Deed) {
                .kind = DEED_CLOCK, .at = at, .target = r->name, .key = p->key, .part = p->shown.object.part, .title = p->title, .timezone = p->timezone,
                .action = action, .state = state, .text = "by the target's own clock",
        });
}

/* The reminders of a window that is still to start, in (from, until]; *next: the first one after that. */
static int remind(Role *r, const Played *p, usec_t from, usec_t until, usec_t *next) {
        const char *s = p->shown.object.reminders;
        usec_t before;
        int q = 0;

        while (q >= 0 && reminder_next(&s, &before)) {
                char text[SPAN_SIZE + 32], span[SPAN_SIZE];
                usec_t at = usec_sub(p->shown.object.start, before);

                if (at > until)
                        *next = MIN(*next, at);
                if (at <= from || at > until)
                        continue;
                (void) snprintf(text, sizeof(text), "%s before the start", span_format(before, false, span));
                q = deed_add(r->stage, (Deed) {
                        .kind = DEED_REMINDER, .at = at, .target = r->name, .key = p->key, .title = p->title, .timezone = p->timezone, .text = text, .notifies = true,
                });
        }
        return q;
}

/* What it does in (from, until]; sets when it does something again. */
static int play(Played *p, usec_t from, usec_t until) {
        const Object *o = &p->shown.object;
        Role *r = p->role;
        int q = 0;

        p->next = USEC_INFINITY;
        if (r->can.reminders && p->shown.state == STATE_SCHEDULED)
                q = remind(r, p, from, MIN(until, o->start), &p->next);
        if (q >= 0 && p->shown.state == STATE_SCHEDULED && r->can.moves & BIT(STATE_IN_PROGRESS)) {
                if (o->start <= until)
                        q = by_clock(r, p, STATE_IN_PROGRESS, ACTION_START, MAX(o->start, from));
                else
                        p->next = MIN(p->next, o->start);
        }
        if (q >= 0 && p->shown.state == STATE_IN_PROGRESS && r->can.moves & BIT(STATE_COMPLETED)) {
                if (o->end <= until)
                        q = by_clock(r, p, STATE_COMPLETED, ACTION_COMPLETE, MAX(o->end, from));
                else
                        p->next = MIN(p->next, o->end);
        }
        return q < 0 ? q : heap_put(&r->stage->clock, p);
}

int stage_until(Stage *s, usec_t now) {
        for (Played *p; (p = heap_first(&s->clock)) && p->next <= now;)
                if (play(p, s->now, now) < 0)
                        return -ENOMEM;
        s->now = now;
        return 0;
}

usec_t stage_next(const Stage *s) {
        const Played *p = heap_first(&s->clock);

        return p ? p->next : USEC_INFINITY;
}

static bool earlier(const void *a, const void *b) {
        return ((const Played *) a)->next < ((const Played *) b)->next;
}

static uint32_t *place(void *p) {
        return &((Played *) p)->place;
}

/* ── the driver ── */

static Role *role_of(const Target *t) {
        return (Role *) t->driver;
}

static int stage_capabilities(const Target *t, Capabilities *ret) {
        Role *r = role_of(t);
        int q = r->real->capabilities(t, ret);

        if (q >= 0)
                r->can = *ret;
        return q;
}

static int stage_query_request(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret) {
        int r = role_of(t)->real->query_request(t, q, q == QUERY_OBJECT ? "0" : remote_id, NULL, a, ret);

        if (r < 0)
                return r;
        *ret = (Request) { .method = "GET", .path = arena_strdup(a, q == QUERY_OBJECT ? remote_id : "") };
        return ret->path ? 0 : -ENOMEM;
}

static int tell_facts(const Target *t, Sink *sink) {
        const Driver *real = role_of(t)->real;
        const char *const *facts = real->assumed ? real->assumed(t) : NULL;
        int r = 0;

        for (; facts && *facts && r >= 0; facts += 2)
                r = sink->fact(sink, facts[0], facts[1]);
        return r;
}

static int stage_query_response(const Target *t, Query q, const char *cursor, const Response *resp, Arena *a, Sink *sink, const char **ret_cursor,
                                const char **ret_detail) {
        Role *r = role_of(t);
        const Played *p;
        int s = 0;

        *ret_cursor = *ret_detail = NULL;
        switch (q) {
        case QUERY_PROBE:
                return tell_facts(t, sink);
        case QUERY_CATALOGUE:
                return 0; /* every service has an id: stage_cast() */
        case QUERY_LIST:
                drop_final(r);
                for (size_t i = 0; i < r->n_live && s >= 0; i++)
                        s = sink->observed(sink, &r->objects[r->live[i]]->shown);
                return s;
        case QUERY_OBJECT:
                p = find(r, resp->body);
                return p ? sink->observed(sink, &p->shown) : -ENOENT;
        }
        return -EBADMSG;
}

static int stage_project(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n, const char **ret_problem) {
        return role_of(t)->real->project(t, w, generation, a, ret, ret_n, ret_problem);
}

static int stage_action_request(const Target *t, const Action *act, Arena *a, Request *ret) {
        return role_of(t)->real->action_request(t, act, a, ret);
}

/* How a window is called off there. */
static void call_off(const Role *r, Played *p, State from) {
        switch (r->can.cancel[from]) {
        case CANCEL_STATE:
                enter(p, STATE_CANCELLED, r->stage->now);
                return;
        case CANCEL_DELETE:
                enter(p, from == STATE_IN_PROGRESS ? STATE_COMPLETED : STATE_CANCELLED, r->stage->now);
                return;
        case CANCEL_SHORTEN:
                p->shown.object.end = r->stage->now;
                enter(p, STATE_COMPLETED, r->stage->now);
                return;
        case CANCEL_COMPLETE:
                enter(p, STATE_COMPLETED, r->stage->now);
                return;
        }
}

static int take_effect(const Target *t, const Action *act, Played **ret) {
        Role *r = role_of(t);
        Played *p = NULL;
        Object o;
        int q;

        if (act->kind == ACTION_CREATE) {
                q = played_new(r, act, t->ledger_id, &p);
        } else {
                p = find(r, act->remote_id);
                if (!p)
                        return 0;
                o = act->kind == ACTION_UPDATE ? object_with(&p->shown.object, act->want, act->fields) : p->shown.object;
                q = played_set(p, &o, act, p->shown.owner);
        }
        if (q < 0)
                return q;
        if (act->kind == ACTION_CANCEL)
                call_off(r, p, act->from);
        else if (act->kind == ACTION_CREATE || act->kind == ACTION_START || act->kind == ACTION_COMPLETE)
                enter(p, act->state, r->stage->now);
        *ret = p;
        q = play(p, r->stage->now, r->stage->now);
        return q < 0 ? q : 1;
}

static int stage_action_response(const Target *t, const Action *act, const Response *resp, Arena *a, Outcome *ret) {
        Role *r = role_of(t);
        usec_t due = act->due ? MAX(act->due, act->edited) : r->stage->now;
        Played *p = NULL;
        int q = take_effect(t, act, &p);

        *ret = (Outcome) { .verdict = q > 0 ? VERDICT_DONE : VERDICT_GONE, .detail = "" };
        if (q > 0 && act->kind == ACTION_CREATE)
                ret->remote_id = p->shown.remote_id;
        if (q > 0 && (act->kind != ACTION_CANCEL || r->can.cancel[act->from] == CANCEL_STATE))
                ret->echo = &p->shown;
        return q < 0 ? q : deed_add(r->stage, (Deed) {
                .kind = DEED_REQUEST, .target = t->name, .key = act->key, .part = p ? p->shown.object.part : "",
                .title = act->window ? act->window->title : "", .timezone = act->window ? act->window->timezone : "", .action = act->kind, .state = act->state,
                .text = act->kind == ACTION_MESSAGE ? act->message : act->reason, .notifies = action_notifies(&r->can, act),
                .late = usec_sub(r->stage->now, due),
        });
}

/* ── life ── */

Stage *stage_new(size_t max) {
        Stage *s = calloc(1, sizeof(Stage));

        if (!s)
                return NULL;
        s->max = max;
        s->clock = (Heap) { .before = earlier, .place = place };
        s->arena = arena_new();
        return s->arena ? s : stage_free(s);
}

static Role *role_free(Role *r) {
        for (size_t i = 0; i < r->n; i++)
                played_free(r->objects[i]);
        free(r->objects);
        free(r->live);
        free(r->identity);
        free(r->name);
        free(r);
        return NULL;
}

Stage *stage_free(Stage *s) {
        if (!s)
                return NULL;
        for (Role *r; (r = s->roles);) {
                s->roles = r->next;
                role_free(r);
        }
        heap_done(&s->clock);
        (void) arena_free(s->arena);
        free(s->deeds);
        free(s);
        return NULL;
}

static Role *role_get(Stage *s, const Target *t) {
        Role *r;

        for (r = s->roles; r; r = r->next)
                if (strcmp(r->identity, t->identity) == 0)
                        return r;
        r = calloc(1, sizeof(Role));
        if (!r)
                return NULL;
        r->identity = strdup(t->identity);
        r->name = strdup(t->name);
        if (!r->identity || !r->name)
                return role_free(r);
        r->stage = s;
        r->real = t->driver;
        r->driver = *t->driver;
        r->driver.capabilities = stage_capabilities;
        r->driver.query_request = stage_query_request;
        r->driver.query_response = stage_query_response;
        r->driver.project = stage_project;
        r->driver.action_request = stage_action_request;
        r->driver.action_response = stage_action_response;
        r->next = s->roles;
        s->roles = r;
        return r;
}

int stage_cast(Stage *s, Target *t) {
        Role *r = role_get(s, t);
        ServiceMap *services = arena_array(s->arena, t->n_services + 1, sizeof(ServiceMap));

        if (!r || !services)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_services; i++) {
                services[i] = t->services[i];
                if (!services[i].id)
                        services[i].id = text_or(services[i].name, services[i].service);
        }
        t->services = services;
        t->driver = &r->driver;
        return 0;
}

Response stage_answer(const char *path) {
        return (Response) { .status = 200, .body = path, .n_body = strlen(path) };
}
