/*
 * Engine: what became of a request
 *
 * An answer is folded into the record; a lost one leaves the intent open until a look has shown what became of it: an object with
 * our marker was made by us, a state that was reached needs no second request, and what is not seen was not done.
 */
#include <string.h>

#include "base/limits.h"
#include "reconcile/engine-internal.h"

/* ── answers ───────────────────────────────────────────────────────────────────────────────────────────────── */

static EventKind action_event(const Action *a, const Item *i, const char **ret_text, char *buf, size_t size) {
        switch (a->kind) {
        case ACTION_CREATE:
                *ret_text = a->state == STATE_IN_PROGRESS ? "published as started" : a->generation ? "published anew" : "published";
                return EVENT_PUBLISHED;
        case ACTION_UPDATE:
                if (a->urgency == URGENCY_QUIET) {
                        (void) snprintf(buf, size, "healed: %s", a->reason);
                        *ret_text = buf;
                        return EVENT_HEALED;
                }
                if (a->fields & FIELDS_TIMES) {
                        *ret_text = a->urgency == URGENCY_DUE_START ? "started early" : a->from == STATE_IN_PROGRESS ? "end moved" : "moved";
                        return EVENT_MOVED;
                }
                (void) snprintf(buf, size, "updated: %s", a->reason);
                *ret_text = buf;
                return EVENT_UPDATED;
        case ACTION_START:
                *ret_text = "started";
                return EVENT_STARTED;
        case ACTION_COMPLETE:
                *ret_text = "completed";
                return EVENT_COMPLETED;
        case ACTION_CANCEL:
                if (i->window && i->window->floor == STATE_CANCELLED) {
                        *ret_text = "cancelled";
                        return EVENT_CANCELLED;
                }
                (void) snprintf(buf, size, "withdrawn: %s", a->reason);
                *ret_text = buf;
                return EVENT_WITHDRAWN;
        case ACTION_MESSAGE:
                *ret_text = "update posted";
                return EVENT_POSTED;
        case ACTION_EFFECT:
                *ret_text = "status of its services set again";
                return EVENT_UPDATED;
        case ACTION_TELL:
        case ACTION_ADOPT:
        case ACTION_FORGET:
                break;
        }
        *ret_text = action_to_string(a->kind);
        return EVENT_UPDATED;
}

static int save_outcome(Engine *e, Now now, Flight *f, Part *p, uint64_t intent, Verdict v, const char *text) {
        Unsaved *u;
        int r = save(e, now, ENTRY_OUTCOME, f->item, f->duplicate_id ? NULL : p->record, f->action.kind, text, &u);

        if (r < 0)
                return r;
        u->entry.intent = intent;
        u->entry.verdict = v;
        u->entry.due = f->action.due;
        u->entry.late = action_lateness(&f->action, now);
        return 0;
}

/* A write was accepted. */
static int remote_writable(Engine *e, Remote *r) {
        bool again = r->writes_denied;

        r->denials = 0;
        r->writes_denied = false;
        if (!again)
                return 0;
        r->denied_said = false;
        return say(e, EVENT_RECOVERED, 5, r, NULL, NULL, "writing is allowed again");
}

static int act_done(Engine *e, Now now, Flight *f, Part *p, const Outcome *o) {
        uint64_t intent = p->record->intent;
        const Action *a = &f->action;
        Record *rec = p->record;
        const char *text;
        char buf[200];
        EventKind kind;
        Event *ev;
        int r;

        r = record_apply(rec, a, o, now);
        if (r >= 0 && o->remote_id)
                r = record_set_remote_id(rec, o->remote_id);
        if (r >= 0 && o->echo)
                r = set_const(&rec->version, o->echo->version);
        if (r >= 0 && a->window && (a->kind == ACTION_CREATE || (a->fields & FIELD_TITLE)))
                r = set_const(&rec->title, a->window->title);
        if (r < 0)
                return r;
        p->failures = 0;
        p->retry_at = 0;
        p->look_boot = 0; /* what was seen before this write proves nothing now */
        p->gone = p->absent = false;
        f->remote->limited = false;
        r = remote_writable(e, f->remote);
        if (r < 0)
                return r;
        kind = action_event(a, f->item, &text, buf, sizeof(buf));
        r = save_outcome(e, now, f, p, intent, o->verdict, text);
        ev = r >= 0 ? say_event(e, kind, a->urgency == URGENCY_QUIET || a->quiet ? 6 : 5, f->remote, f->item, p, text) : NULL;
        if (!ev)
                return r < 0 ? r : -ENOMEM;
        ev->has_action = true;
        ev->action = a->kind;
        ev->due = a->due;
        ev->late = action_lateness(a, now);
        if (rec->echo.start == ECHO_UNKNOWN && !state_final(rec->left))
                r = want_look(e, f->item, p);
        if (state_final(rec->left))
                item_ended(e, f->item);
        followers_dirty(e, f->item);
        item_dirty(e, f->item);
        return r;
}

void untell(Record *r, const Action *a, const Capabilities *can) {
        if (a->kind == ACTION_MESSAGE && !can->messages_readable && r->n_told && r->told[r->n_told - 1] == a->tells)
                r->n_told--;
}

/* Certainly not done. */
static int act_not_done(Engine *e, Now now, Flight *f, Part *p, Verdict v, usec_t pause, const char *detail) {
        uint64_t intent = p->record->intent;

        p->record->intent = 0;
        untell(p->record, &f->action, &f->remote->can);
        p->retry_at = pause ? usec_add(now.boot, pause) : 0;
        item_dirty(e, f->item);
        return save_outcome(e, now, f, p, intent, v, text_or(detail, "not done"));
}

/* The fate of what was asked is open; by the time it is known, the manifest may say something else. */
static void remember_asked(Flight *f, Part *p, Now now) {
        p->uncertain = now.boot;
        p->asked_fields = 0;
        if (f->action.kind != ACTION_UPDATE || !f->action.want)
                return;
        p->asked = object_print(f->action.want);
        p->asked_fields = f->action.fields;
}

static int act_unknown(Engine *e, Now now, Flight *f, Part *p, const char *detail) {
        int r = say(e, EVENT_UNKNOWN, 4, f->remote, f->item, p, "no clear answer to %s (%s): looking before anything else", action_to_string(f->action.kind),
                    text_or(detail, "connection lost"));

        remember_asked(f, p, now);
        p->failures++;
        item_dirty(e, f->item);
        return r;
}

static int act_conflict(Engine *e, Now now, Flight *f, Part *p, const Outcome *o) {
        usec_t pause = backoff(++p->failures, PAUSE_FIRST, PAUSE_PART_MAX, &e->jitter);
        int r;

        if (f->action.kind == ACTION_CREATE) {
                /* It is there already: look which one, the intent stays open until then. */
                p->uncertain = now.boot;
                r = o->remote_id ? record_set_remote_id(p->record, o->remote_id) : 0;
                item_dirty(e, f->item);
                if (r >= 0 && o->remote_id)
                        r = want_look(e, f->item, p);
                if (!o->remote_id)
                        wish(&f->remote->list);
                return r;
        }
        if (f->action.kind == ACTION_UPDATE && (f->remote->can.messages_readable || !*f->action.message)) {
                /* What it conflicts with may be itself, where a request can arrive twice: what is there tells. */
                remember_asked(f, p, now);
                item_dirty(e, f->item);
                return want_look(e, f->item, p);
        }
        r = act_not_done(e, now, f, p, o->verdict, pause, o->detail);
        return r < 0 ? r : want_look(e, f->item, p);
}

static int act_refused(Engine *e, Now now, Flight *f, Part *p, const Outcome *o) {
        p->record->refused = refusal_hash(&f->action);
        (void) act_not_done(e, now, f, p, o->verdict, 0, o->detail);
        return say(e, EVENT_REFUSED, 3, f->remote, f->item, p, "%s refused: %s", action_to_string(f->action.kind), text_or(o->detail, "no reason given"));
}

static int act_limited(Engine *e, Now now, Flight *f, Part *p, const Outcome *o) {
        Remote *r = f->remote;
        usec_t wait = o->wait ? MIN(o->wait, WAIT_MAX) : backoff(++p->failures, 2 * USEC_PER_SEC, PAUSE_MAX, &e->jitter);
        int q = act_not_done(e, now, f, p, o->verdict, 0, o->detail);

        bucket_wait(&r->writes, wait, now.boot);
        if (r->limited || q < 0)
                return q;
        char span[SPAN_SIZE];

        r->limited = true;
        return say(e, EVENT_LIMITED, 5, r, NULL, NULL, "limits us: writing goes on in %s", span_format(wait, true, span));
}

static int act_verdict(Engine *e, Now now, Flight *f, Part *p, const Outcome *o) {
        usec_t pause;

        switch (o->verdict) {
        case VERDICT_DONE:
        case VERDICT_ALREADY:
                return act_done(e, now, f, p, o);
        case VERDICT_RETRY:
                pause = MAX(MIN(o->wait, WAIT_MAX), backoff(++p->failures, PAUSE_FIRST, PAUSE_PART_MAX, &e->jitter));
                return act_not_done(e, now, f, p, o->verdict, pause, o->detail);
        case VERDICT_LIMITED:
                return act_limited(e, now, f, p, o);
        case VERDICT_UNKNOWN:
                return act_unknown(e, now, f, p, o->detail);
        case VERDICT_CONFLICT:
                return act_conflict(e, now, f, p, o);
        case VERDICT_GONE:
                pause = backoff(++p->failures, PAUSE_FIRST, PAUSE_PART_MAX, &e->jitter);
                (void) want_look(e, f->item, p);
                return act_not_done(e, now, f, p, o->verdict, pause, o->detail);
        case VERDICT_REFUSED:
                return act_refused(e, now, f, p, o);
        case VERDICT_DENIED:
                (void) act_not_done(e, now, f, p, o->verdict, 0, o->detail);
                f->remote->writes_denied = true;
                return remote_denied(e, now, f->remote, text_or(o->detail, "401 or 403"));
        }
        return -EINVAL;
}

int act_response(Engine *e, Now now, Flight *f, const Response *resp) {
        Part *p = item_part_find(f->item, f->part);
        Outcome o = { .detail = "" };
        int r;

        r = f->remote->target->driver->action_response(f->remote->target, &f->action, resp, f->arena, &o);
        if (r < 0)
                return r;
        r = remote_answers(e, now, f->remote);
        if (r < 0 || !p)
                return r;
        p->flight = NULL;
        if (f->duplicate_id) {
                bool gone = o.verdict == VERDICT_DONE || o.verdict == VERDICT_ALREADY || o.verdict == VERDICT_GONE;

                if (gone)
                        wish(&f->remote->list); /* where there were two there may be three */
                return save_outcome(e, now, f, p, f->request.intent, o.verdict, gone ? "duplicate withdrawn" : text_or(o.detail, "not done"));
        }
        if (!p->record)
                return 0;
        r = act_verdict(e, now, f, p, &o);
        if (r >= 0 && o.echo && (o.verdict == VERDICT_DONE || o.verdict == VERDICT_ALREADY)) {
                Seen *s = &p->seen;

                /* The answer is a look, too. */
                s->present = p->looked = true;
                s->state = o.echo->state;
                s->print = object_print(&o.echo->object);
                s->foreign_ledger = false;
                s->at = now;
                p->look_boot = now.boot;
                p->listing = f->remote->listing_serial;
                r = set_const(&s->remote_id, "");
                if (r >= 0)
                        r = set_const(&s->version, o.echo->version);
                if (r >= 0)
                        r = shown_set(e, p, &o.echo->object);
        }
        return r;
}

int act_failed(Engine *e, Now now, Flight *f, Failure failure, const char *error) {
        static const Verdict verdicts[] = {
                [FAILURE_NOT_SENT] = VERDICT_RETRY, [FAILURE_MAYBE_SENT] = VERDICT_UNKNOWN, [FAILURE_NO_CREDENTIAL] = VERDICT_DENIED,
        };
        Part *p = item_part_find(f->item, f->part);

        if (!p)
                return 0;
        p->flight = NULL;
        if (f->duplicate_id || !p->record)
                return save_outcome(e, now, f, p, f->request.intent, verdicts[failure], error);
        if (failure != FAILURE_MAYBE_SENT)
                return act_not_done(e, now, f, p, verdicts[failure], 0, error);
        return act_unknown(e, now, f, p, error);
}

/* ── open intents ──────────────────────────────────────────────────────────────────────────────────────────── */

static int intent_closed(Engine *e, Now now, Item *i, Part *p, Verdict v, const char *text) {
        uint64_t intent = p->record->intent;
        Unsaved *u;
        int r;

        p->record->intent = 0;
        p->asked_fields = 0;
        if (v == VERDICT_DONE)
                p->failures = 0;
        else if (p->failures > 1) /* the first is tried again at once: it may be due */
                p->retry_at = usec_add(now.boot, backoff(p->failures - 1, PAUSE_FIRST, PAUSE_PART_MAX, &e->jitter));
        r = save(e, now, ENTRY_OUTCOME, i, p->record, (ActionKind) p->record->intent_kind, text, &u);
        if (r < 0)
                return r;
        u->entry.intent = intent;
        u->entry.verdict = v;
        return 0;
}

/* Asked again and again until it is so: a listing that runs and is young enough is waited for, no other is wished. */
static bool listed_since(Remote *r, usec_t boot) {
        if (r->listed && r->listed_boot >= boot)
                return true;
        if (!r->listing.running || r->listing.query != QUERY_LIST || r->listing.began.boot < boot)
                wish(&r->list);
        return false;
}

/* Our create may have made it: the object that carries the marker, or says the same where no marker can be carried, is it. */
static int resolve_create(Engine *e, Now now, Item *i, Part *p) {
        auto_(arena_free) Arena *a = arena_new();
        Remote *r = i->remote;
        const char *problem;
        const Unowned *twin = NULL;
        Object *objects;
        size_t n;
        int q;

        if (!a)
                return -ENOMEM;
        if (p->looked && !p->absent && p->seen.present && p->look_boot >= p->uncertain) {
                PartPlan pp = { .part = p->part, .p = p, .d = { .step = STEP_NOTE, .note = p->seen.foreign_ledger ? NOTE_CLAIMED : NOTE_ADOPTED, .note_state = p->seen.state } };

                q = item_project(i, a, &objects, &n, &problem);
                for (size_t k = 0; k < n && q >= 0; k++)
                        if (strcmp(text_or(objects[k].part, ""), p->part) == 0)
                                pp.want = &objects[k];
                if (q >= 0)
                        q = intent_closed(e, now, i, p, VERDICT_DONE, "found there: it was done");
                return q < 0 ? q : part_note(e, now, i, &pp);
        }
        if (*p->record->remote_id && !p->gone)
                return want_look(e, i, p);
        if (!listed_since(r, p->uncertain))
                return 0;
        q = r->can.marker == MARKER_NONE ? item_project(i, a, &objects, &n, &problem) : 0;
        for (size_t k = 0; q >= 0 && r->can.marker == MARKER_NONE && k < n && !twin; k++)
                if (strcmp(text_or(objects[k].part, ""), p->part) == 0)
                        twin = twin_of(r, &objects[k]);
        if (q >= 0 && twin) {
                PartPlan pp = {
                        .part = p->part, .p = p, .d = { .step = STEP_NOTE, .note = NOTE_ADOPTED, .note_state = twin->state },
                        .twin_seen = { .present = true, .state = twin->state, .print = twin->print, .remote_id = twin->remote_id, .version = "" },
                };

                q = intent_closed(e, now, i, p, VERDICT_DONE, "found there: it was done");
                return q < 0 ? q : part_note(e, now, i, &pp);
        }
        return q < 0 ? q : intent_closed(e, now, i, p, VERDICT_RETRY, "not there: it was not done");
}

/* A message rides with a step or an edit: where that was done it has gone out, unless the target shows its messages and lacks it. */
static int message_rode(const Item *i, Part *p) {
        const Capabilities *can = &i->remote->can;
        const char *text = i->window ? i->window->message : "";
        uint64_t h = message_hash(text);
        bool shown = !can->messages_readable;

        for (size_t n = 0; n < p->seen.n_messages; n++)
                shown |= p->seen.messages[n] == h;
        return *text && can->messages && shown ? record_tell(p->record, h) : 0;
}

/* Fields of @want that are seen, and were not what we had left there. */
static uint32_t accepted(Record *rec, const Print *want, const Print *seen, uint32_t fields) {
        uint32_t done = fields & ~print_diff(want, seen, FIELDS_ALL) & print_diff(want, &rec->applied, FIELDS_ALL);

        print_copy(&rec->applied, want, done);
        print_copy(&rec->echo, seen, done);
        return done;
}

/* What an update of lost fate has changed shows in what is seen: those fields were accepted, the others were not. */
static int resolve_update(Engine *e, Now now, Item *i, Part *p) {
        auto_(arena_free) Arena *a = arena_new();
        Record *rec = p->record;
        const char *problem;
        uint32_t done = 0, before, readable = i->remote->can.readable;
        Object *objects;
        size_t n;
        int q = a ? item_project(i, a, &objects, &n, &problem) : -ENOMEM;

        if (q < 0)
                return q;
        if (problem && i->remote->phase < PHASE_LIST)
                return 0; /* until the catalogue is read nothing can be compared */
        for (size_t k = 0; k < n; k++)
                if (strcmp(text_or(objects[k].part, ""), p->part) == 0) {
                        Print want = object_print(&objects[k]);

                        done = accepted(rec, &want, &p->seen.print, readable);
                }
        if (done & FIELDS_TIMES) {
                rec->start = i->window->start;
                rec->end = i->window->end;
                rec->moved = now.real;
        }
        before = accepted(rec, &p->asked, &p->seen.print, p->asked_fields & readable);
        if (before & FIELDS_TIMES) { /* the manifest has named others since */
                rec->start = before & FIELD_START ? p->asked.start : rec->start;
                rec->end = before & FIELD_END ? p->asked.end : rec->end;
                rec->moved = now.real;
        }
        done |= before;
        /* What has changed there meanwhile may be what was asked then, although something else is wanted now. */
        if (done || (rec->echo.start != ECHO_UNKNOWN && print_diff(&p->seen.print, &rec->echo, readable)))
                q = message_rode(i, p);
        if (q < 0)
                return q;
        return intent_closed(e, now, i, p, done ? VERDICT_DONE : VERDICT_RETRY, done ? "seen there: it was done" : "not seen there: it was not done");
}

/*
 * Where an update may have put a new object in the place of the old, only a listing shows it. Return: 1 when that is known, 0 when a
 * listing is waited for, -ENOMEM.
 */
static int find_replacement(Item *i, Part *p) {
        Remote *r = i->remote;
        int q = 1;

        if (!listed_since(r, p->uncertain))
                return 0;
        if (p->looked && !p->absent && p->seen.present && !p->seen.foreign_ledger && *p->seen.remote_id) {
                q = record_set_remote_id(p->record, p->seen.remote_id);
                if (q >= 0)
                        q = set_const(&p->seen.remote_id, "");
        }
        return q < 0 ? q : 1;
}

int part_resolve(Engine *e, Now now, Item *i, Part *p) {
        Record *rec = p->record;
        ActionKind kind = (ActionKind) rec->intent_kind;
        static const State reached[ACTIONS] = { [ACTION_START] = STATE_IN_PROGRESS, [ACTION_COMPLETE] = STATE_COMPLETED, [ACTION_CANCEL] = STATE_CANCELLED };

        if (record_unpublished(rec))
                return resolve_create(e, now, i, p);
        if (i->remote->can.update_replaces && kind == ACTION_UPDATE) {
                int r = find_replacement(i, p);

                if (r <= 0)
                        return r;
        }
        if (!p->looked || p->look_boot < p->uncertain || (p->absent && !p->gone))
                return want_look(e, i, p);
        if (p->gone)
                return intent_closed(e, now, i, p, VERDICT_GONE, "the object is gone");
        if (kind == ACTION_UPDATE)
                return resolve_update(e, now, i, p);
        if (kind == ACTION_START || kind == ACTION_COMPLETE || kind == ACTION_CANCEL) {
                Action a = { .kind = kind, .record = rec, .state = reached[kind], .from = rec->left, .message = "", .window = i->window };
                Outcome o = { .verdict = VERDICT_DONE };

                /* Where a clock ends things, one that is ended while it runs shows as completed. */
                if (kind == ACTION_CANCEL && p->seen.state == STATE_COMPLETED && i->remote->can.moves & BIT(STATE_COMPLETED))
                        a.state = STATE_COMPLETED;
                if (p->seen.state == a.state) {
                        uint64_t intent = rec->intent;
                        int r;

                        if (rec->echo.start == ECHO_UNKNOWN)
                                rec->echo = p->seen.print;
                        r = record_apply(rec, &a, &o, now);
                        if (r >= 0)
                                r = message_rode(i, p);
                        rec->intent = intent;
                        p->look_boot = MAX(p->look_boot, rec->written.boot);
                        if (r >= 0)
                                r = say(e, kind == ACTION_START ? EVENT_STARTED : kind == ACTION_COMPLETE ? EVENT_COMPLETED : EVENT_CANCELLED, 5, i->remote, i, p,
                                        "%s: found so after the answer was lost", kind == ACTION_START ? "started" : kind == ACTION_COMPLETE ? "completed" : "cancelled");
                        return r < 0 ? r : intent_closed(e, now, i, p, VERDICT_DONE, "seen there: it was done");
                }
                return intent_closed(e, now, i, p, VERDICT_RETRY, "not seen there: it was not done");
        }
        /* A message: whether it is shown is asked before it is sent again. */
        return intent_closed(e, now, i, p, VERDICT_UNKNOWN, "looked: goes on from what is shown");
}
