/*
 * Engine: life, targets, the clock, and the turn
 *
 * Everything that happens between two calls of engine_ask() is collected: entries to commit, lines to log, flights to hand out.
 * A flight with an intent leaves only with a turn whose commit holds; when the commit fails, the intent is taken back and the
 * window is planned anew.
 */
#include "reconcile/engine-internal.h"

#include <assert.h>
#include <string.h>

/* ── heaps ─────────────────────────────────────────────────────────────────────────────────────────────────── */

static bool due_before(const void *a, const void *b) {
        return ((const Item *) a)->next < ((const Item *) b)->next;
}

static uint32_t *due_place(void *i) {
        return &((Item *) i)->due_place;
}

static bool wait_before(const void *a, const void *b) {
        return ((const Item *) a)->wait_boot < ((const Item *) b)->wait_boot;
}

static uint32_t *wait_place(void *i) {
        return &((Item *) i)->wait_place;
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static int restore_record(Engine *e, Now now, const Record *saved) {
        Remote *r = remote_find(e, saved->target);
        Record *copy;
        Item *i;
        Part *p;

        if (!r && !(r = remote_new(e, saved->target)))
                return -ENOMEM;
        i = item_get(e, r, saved->key);
        p = i ? item_part(i, saved->part) : NULL;
        if (!p)
                return -ENOMEM;
        if (p->record && p->record->generation > saved->generation)
                return 0;
        copy = record_new(e, i, p);
        if (!copy)
                return -ENOMEM;
        e->next_record--; /* it has an id already */
        *copy = *saved;
        copy->target = r->identity;
        copy->key = i->key;
        copy->part = p->part;
        copy->remote_id = copy->version = copy->title = "";
        copy->told = NULL;
        copy->n_told = 0;
        if (record_set_remote_id(copy, saved->remote_id) < 0 || set_const(&copy->version, saved->version) < 0 ||
            set_const(&copy->title, saved->title) < 0)
                return -ENOMEM;
        for (size_t n = 0; n < saved->n_told; n++)
                if (record_tell(copy, saved->told[n]) < 0)
                        return -ENOMEM;
        /* What was seen before this start proves nothing, and boot times of another boot are meaningless. */
        copy->written.boot = 0;
        p->uncertain = now.boot;
        p->asked = (Print) { .start = copy->asked_start, .end = copy->asked_end };
        p->asked_fields = (copy->asked_start ? FIELD_START : 0) | (copy->asked_end ? FIELD_END : 0);
        return 0;
}

static bool clock_plausible(const Engine *e, Now now) {
        return now.real >= e->config.build_date && usec_add(now.real, CLOCK_BACK_MAX) >= e->last_at;
}

static void clock_trusted(Engine *e) {
        e->clock_held = e->clock_implausible = false;
        (void) set_text(&e->clock_problem, NULL);
        (void) say(e, EVENT_CLOCK_TRUSTED, 5, NULL, NULL, NULL, "the clock is trusted again");
}

static void clock_check(Engine *e, Now now) {
        bool implausible = !clock_plausible(e, now);

        if (e->clock_approved)
                return;
        if (implausible && !e->clock_held) {
                char t[RFC3339_SIZE];

                e->clock_held = e->clock_implausible = true;
                (void) set_text(&e->clock_problem, "the clock is implausible");
                (void) say(e, EVENT_CLOCK_UNTRUSTED, 4, NULL, NULL, NULL,
                           "the clock says %s, which is before %s: nothing is written until it is set", rfc3339_format(now.real, t),
                           now.real < e->config.build_date ? "this program was built" : "the ledger's last entry");
        }
}

/* They are sorted by target. */
static int restore_services(Engine *e, const Snapshot *s) {
        for (size_t first = 0, last; first < s->n_services; first = last) {
                Remote *r = remote_find(e, s->services[first].target);

                for (last = first + 1; last < s->n_services && strcmp(s->services[last].target, s->services[first].target) == 0;)
                        last++;
                if (!r && !(r = remote_new(e, s->services[first].target)))
                        return -ENOMEM;
                if (target_recall(&r->memory, &s->services[first], last - first) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int engine_new(const EngineConfig *c, const Snapshot *s, Now now, Engine **ret) {
        auto_(engine_free) Engine *e = calloc(1, sizeof(*e));

        if (!e)
                return -ENOMEM;
        e->config = *c;
        e->read_only = c->read_only;
        e->jitter = c->seed;
        e->unsaved_end = &e->unsaved;
        e->lines_end = &e->lines;
        e->due = (Heap) { .before = due_before, .place = due_place };
        e->waiting = (Heap) { .before = wait_before, .place = wait_place };
        e->next_intent = s->last_intent + 1;
        e->next_record = s->last_record + 1;
        e->next_serial = 1;
        e->last_at = s->last_at;
        memcpy(e->ledger_id, s->ledger_id, sizeof(e->ledger_id));
        for (size_t n = 0; n < s->n_manifests; n++) {
                Source *src = source_get(e, s->manifests[n].id);

                if (!src)
                        return -ENOMEM;
                src->row_known = true;
                src->row_content = s->manifests[n].content;
                src->vanished = s->manifests[n].vanished;
        }
        if (restore_services(e, s) < 0)
                return -ENOMEM;
        for (size_t n = 0; n < s->n_records; n++)
                if (restore_record(e, now, &s->records[n]) < 0)
                        return -ENOMEM;
        if (c->writes_blocked)
                (void) say(e, EVENT_MACHINE_CHANGED, 3, NULL, NULL, NULL,
                           "the ledger belongs to another machine: nothing is written until `maintctl adopt --all`");
        clock_check(e, now);
        *ret = STEAL(e);
        return 0;
}

Engine *engine_free(Engine *e) {
        Flight *f, *ftmp;
        Source *s, *stmp;

        if (!e)
                return NULL;
        HASH_ITER(hh, e->flights, f, ftmp)
                flight_free(e, f);
        for (Remote *r; (r = e->remotes);) {
                e->remotes = r->next;
                remote_free(e, r);
        }
        HASH_ITER(hh, e->sources, s, stmp)
                source_free(e, s);
        for (Unsaved *u; (u = e->unsaved);) {
                e->unsaved = u->next;
                (void) arena_free(u->arena);
        }
        (void) arena_free(e->unsaved_arena);
        lines_release(&e->lines, &e->line_arena);
        lines_release(&e->lines_out, &e->line_arena_out);
        heap_done(&e->due);
        heap_done(&e->waiting);
        (void) arena_free(e->turn_arena);
        (void) arena_free(e->scratch);
        free(e->outbox);
        free(e->clock_problem);
        free(e);
        return NULL;
}

void engine_told_config(Engine *e, const EngineConfig *c) {
        uint64_t seed = e->config.seed;
        bool blocked = e->config.writes_blocked;

        e->config = *c;
        e->config.seed = seed;
        e->config.writes_blocked = blocked;
}

static void remote_attach(Engine *e, Now now, Remote *r, Target *t) {
        unsigned reads, writes;

        r->target = t;
        if (t->driver->capabilities(t, &r->can) < 0)
                r->can = (Capabilities) { 0 };
        reads = t->reads_per_min ? t->reads_per_min : r->can.reads_per_min;
        writes = t->writes_per_min ? t->writes_per_min : r->can.writes_per_min;
        if (r->reads.at == 0 || r->reads.per_min != reads)
                bucket_init(&r->reads, reads, now.boot);
        if (r->writes.at == 0 || r->writes.per_min != writes)
                bucket_init(&r->writes, writes, now.boot);
        r->phase = PHASE_PROBE;
        wish(&r->list);
        r->look_first_until = usec_add(now.boot, LOOK_AHEAD);
        r->orphan_reported = r->retired_reported = false;
        for (Item *i = r->items; i; i = i->next_of_remote)
                item_dirty(e, i);
}

/* What was in flight for a target belongs to its old description; its answers will not be understood any more. */
static void remote_drop_flights(Engine *e, Now now, Remote *r) {
        Flight *f, *tmp;

        HASH_ITER(hh, e->flights, f, tmp) {
                Part *p = f->item ? item_part_find(f->item, f->part) : NULL;

                if (f->remote != r)
                        continue;
                if (p)
                        p->uncertain = now.boot;
                flight_free(e, f);
        }
        r->listing.running = false;
}

int engine_told_targets(Engine *e, Now now, Target *const *targets, size_t n) {
        for (Remote *r = e->remotes; r; r = r->next) {
                remote_drop_flights(e, now, r);
                r->target = NULL;
        }
        for (size_t k = n; k-- > 0;) {
                Remote *r = remote_find(e, targets[k]->identity), **p;

                if (!r && !(r = remote_new(e, targets[k]->identity)))
                        return -ENOMEM;
                /* keep the order they are told in */
                for (p = &e->remotes; *p != r; p = &(*p)->next) /* NOLINT(clang-analyzer-core.NullDereference): it is in the list */
                        ;
                *p = r->next;
                r->next = e->remotes;
                e->remotes = r;
                remote_attach(e, now, r, targets[k]);
                if (target_recall(r->target, r->memory.known, r->memory.n_known) < 0)
                        return -ENOMEM;
        }
        e->targets_changed = true;
        return 0;
}

/* ── told ──────────────────────────────────────────────────────────────────────────────────────────────────── */

void dirty_all(Engine *e) {
        for (Remote *r = e->remotes; r; r = r->next)
                for (Item *i = r->items; i; i = i->next_of_remote)
                        item_dirty(e, i);
}

int engine_told_clock(Engine *e, Now now, int64_t step, bool synchronised) {
        bool plausible = clock_plausible(e, now), far = step > (int64_t) CLOCK_STEP_MAX && !synchronised;

        e->clock_synchronised = synchronised;
        e->clock_implausible = e->clock_implausible && !far; /* from 1970 to anywhere: that alone makes it no better */
        if (far && !e->clock_held) {
                char t[SPAN_SIZE];

                e->clock_held = true;
                e->clock_approved = false;
                (void) set_text(&e->clock_problem, "the clock was stepped forward by more than a day");
                (void) say(e, EVENT_CLOCK_UNTRUSTED, 4, NULL, NULL, NULL,
                           "the clock was stepped forward by %s: nothing is written until it is synchronised or approved",
                           span_format((usec_t) step, true, t));
        } else if (e->clock_held && plausible && (synchronised || step <= -(int64_t) CLOCK_STEP_MAX || e->clock_implausible)) {
                clock_trusted(e);
        }
        if (!plausible)
                clock_check(e, now);
        dirty_all(e);
        return 0;
}

int engine_told_secret(Engine *e, Now now, const char *target) {
        for (Remote *r = e->remotes; r; r = r->next) {
                if (!r->target || (target && strcmp(r->target->name, target) != 0))
                        continue;
                r->denied_until = now.boot;
                r->denied_said = false;
                if (r->denied)
                        wish(&r->list);
        }
        return 0;
}

int engine_told_reload(Engine *e, Now now) {
        for (Remote *r = e->remotes; r; r = r->next) {
                r->retry_at = 0;
                r->denied_until = now.boot;
                r->denied_said = false;
                wish(&r->list);
                wish(&r->reread);
                for (Item *i = r->items; i; i = i->next_of_remote) {
                        for (unsigned n = 0; n < i->n_parts; n++) {
                                Part *p = &i->parts[n];

                                p->retry_at = p->look_at = 0;
                                /* A person may have mended at the target what it refused. */
                                if (p->record && p->record->refused) {
                                        p->record->refused = 0;
                                        item_dirty(e, i);
                                }
                        }
                }
        }
        return 0;
}

void engine_told_stop(Engine *e) {
        e->stopping = true;
}

/* ── the turn ──────────────────────────────────────────────────────────────────────────────────────────────── */

static void intents_take_back(Engine *e, Now now) {
        Unsaved **p = &e->unsaved;

        for (Unsaved *u; (u = *p);) {
                Flight *f = NULL;
                Part *part;

                if (!u->flight) {
                        p = &u->next;
                        continue;
                }
                HASH_FIND(hh, e->flights, &u->flight, sizeof(u->flight), f);
                if (f) {
                        part = f->item ? item_part_find(f->item, f->part) : NULL;
                        if (part && part->record) {
                                part->record->intent = 0;
                                untell(part->record, &f->action, &f->remote->can);
                                /* Of a later generation: that there were others before is known from it alone. */
                                if (record_unpublished(part->record) && part->record->approved == 0 && part->record->refused == 0 && part->record->generation == 0) {
                                        record_free(part->record);
                                        part->record = NULL;
                                }
                        }
                        if (f->item)
                                item_dirty(e, f->item);
                        flight_free(e, f);
                }
                *p = u->next;
                (void) arena_free(u->arena);
        }
        e->unsaved_end = p;
        e->commit_retry = usec_add(now.boot, backoff(++e->commit_failures, PAUSE_FIRST, PAUSE_MAX, &e->jitter));
}

int engine_told_committed(Engine *e, Now now, uint64_t turn, int error) {
        if (!e->committing || turn != e->turn)
                return 0;
        e->committing = false;
        if (error < 0) {
                bool first = e->commit_failures == 0;

                intents_take_back(e, now);
                if (first)
                        return say(e, EVENT_LEDGER_UNWRITABLE, 2, NULL, NULL, NULL,
                                   "the ledger cannot be written (%s): nothing is sent until it can", strerror(-error));
                return 0;
        }
        for (Unsaved *u; (u = e->unsaved);) {
                e->unsaved = u->next;
                (void) arena_free(u->arena);
        }
        e->unsaved_arena = arena_free(e->unsaved_arena);
        e->unsaved_end = &e->unsaved;
        if (e->commit_failures > 0) {
                e->commit_failures = 0;
                return say(e, EVENT_LEDGER_WRITABLE, 5, NULL, NULL, NULL, "the ledger can be written again");
        }
        return 0;
}

static int plan_due(Engine *e, Now now) {
        for (Item *i; (i = heap_first(&e->due)) && i->next <= now.real;) {
                heap_remove(&e->due, i);
                item_dirty(e, i);
        }
        for (Item *i; (i = heap_first(&e->waiting)) && i->wait_boot <= now.boot;) {
                heap_remove(&e->waiting, i);
                i->wait_boot = USEC_INFINITY;
                item_dirty(e, i);
        }
        for (Item *i; (i = e->dirty);) {
                int r;

                item_clean(e, i);
                r = item_plan(e, now, i);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int retired_report(Engine *e, Remote *r) {
        if (!r->target->retire || r->retired_reported || r->phase != PHASE_READY || r->in_flight > 0 || r->ready.n > 0 || !e->loaded || remote_live(r) > 0)
                return 0;
        r->retired_reported = true;
        return say(e, EVENT_RETIRED, 5, r, NULL, NULL, "%s", RETIRED_TEXT);
}

static int turn_entries(Engine *e, Now now, Turn *t) {
        size_t n = 0;
        Entry *entries;

        if (e->commit_failures > 0 && now.boot < e->commit_retry) {
                t->wake_boot = MIN(t->wake_boot, e->commit_retry);
                return 0;
        }
        for (Unsaved *u = e->unsaved; u; u = u->next)
                n++;
        if (n == 0)
                return 0;
        entries = arena_array(e->turn_arena, n, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        for (Unsaved *u = e->unsaved; u; u = u->next)
                entries[t->n_entries++] = u->entry;
        t->entries = entries;
        e->committing = true;
        return 0;
}

static int turn_requests(Engine *e, Turn *t) {
        Request *requests = arena_array(e->turn_arena, MAX(e->n_outbox, (size_t) 1), sizeof(*requests));

        if (!requests)
                return -ENOMEM;
        for (size_t k = 0; k < e->n_outbox; k++)
                requests[t->n_requests++] = e->outbox[k]->request;
        e->n_outbox = 0;
        t->requests = requests;
        return 0;
}

static int turn_events(Engine *e, Turn *t) {
        Event *events = arena_array(e->turn_arena, MAX(e->n_lines, (size_t) 1), sizeof(*events));

        if (!events)
                return -ENOMEM;
        for (Line *l = e->lines; l; l = l->next)
                events[t->n_events++] = l->event;
        t->events = events;
        e->lines_out = e->lines;
        e->line_arena_out = e->line_arena;
        e->lines = NULL;
        e->lines_end = &e->lines;
        e->line_arena = NULL;
        e->n_lines = 0;
        return 0;
}

int engine_ask(Engine *e, Now now, Turn *ret) {
        Turn t = { .serial = ++e->turn, .wake_real = USEC_INFINITY, .wake_boot = USEC_INFINITY };
        Arena *a = arena_new();
        Item *i;
        int r;

        if (!a)
                return -ENOMEM;
        assert(!e->committing); /* each turn's commit must have been reported */
        (void) arena_free(e->turn_arena);
        e->turn_arena = a;
        lines_release(&e->lines_out, &e->line_arena_out);

        if (e->clock_held && e->clock_implausible && e->clock_synchronised && clock_plausible(e, now)) { /* time alone has done it */
                clock_trusted(e);
                dirty_all(e);
        }
        r = plan_due(e, now);
        for (Remote *m = e->remotes; m && r >= 0; m = m->next) {
                if (!m->target)
                        continue;
                /* Transitions first: a listing under way must not make them wait for a place. */
                r = act_dispatch(e, now, m, &t.wake_boot);
                if (r >= 0)
                        r = look_dispatch(e, now, m, &t.wake_boot);
                if (r >= 0)
                        r = retired_report(e, m);
        }
        if (r >= 0)
                r = turn_entries(e, now, &t);
        if (r >= 0)
                r = turn_requests(e, &t);
        if (r >= 0)
                r = turn_events(e, &t);
        if (r < 0)
                return r;

        i = heap_first(&e->due);
        if (i)
                t.wake_real = i->next;
        i = heap_first(&e->waiting);
        if (i)
                t.wake_boot = MIN(t.wake_boot, i->wait_boot);
        if (e->dirty)
                t.wake_boot = now.boot;
        *ret = t;
        return 0;
}

/* ── answers ───────────────────────────────────────────────────────────────────────────────────────────────── */

int engine_told_response(Engine *e, Now now, uint64_t request, const Response *resp) {
        Flight *f = NULL;
        int r;

        HASH_FIND(hh, e->flights, &request, sizeof(request), f);
        if (!f)
                return 0;
        bucket_told(f->is_query ? &f->remote->reads : &f->remote->writes, resp, now);
        r = f->is_query ? look_response(e, now, f, resp) : act_response(e, now, f, resp);
        flight_free(e, f);
        return r;
}

int engine_told_failure(Engine *e, Now now, uint64_t request, Failure failure, const char *error) {
        Flight *f = NULL;
        int r = 0;

        HASH_FIND(hh, e->flights, &request, sizeof(request), f);
        if (!f)
                return 0;
        if (f->is_query)
                look_failed(e, now, f, error);
        else
                r = act_failed(e, now, f, failure, error);
        f->remote->writes_denied |= failure == FAILURE_NO_CREDENTIAL && !f->is_query;
        if (r >= 0)
                r = failure == FAILURE_NO_CREDENTIAL ? remote_denied(e, now, f->remote, error) : remote_failed(e, now, f, error);
        flight_free(e, f);
        return r;
}
