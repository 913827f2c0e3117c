/*
 * What a request, or the passing of time, makes of a maintenance
 */
#include "page/change.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static const struct {
        EventKind event;
        unsigned notify;
} told[STATES] = {
        [STATE_SCHEDULED]   = { EVENT_SCHEDULED,   NOTIFY_SCHEDULE },
        [STATE_IN_PROGRESS] = { EVENT_IN_PROGRESS, NOTIFY_START },
        [STATE_COMPLETED]   = { EVENT_COMPLETED,   NOTIFY_COMPLETE },
        [STATE_CANCELLED]   = { EVENT_CANCELLED,   NOTIFY_CANCEL },
};

static void change_tell(Change *c, EventKind kind) {
        assert(c->n_events < CHANGE_EVENTS_MAX);
        c->events[c->n_events++] = kind;
}

/* Writes the state and its instant; whether it is told is decided when the last step has been taken. */
static void maintenance_enter(Maintenance *m, State to, usec_t now) {
        assert(state_may_become(m->state, to));
        m->state = to;
        if (to == STATE_IN_PROGRESS)
                m->started_at = now;
        else
                m->finished_at = now;
}

usec_t maintenance_next_due(const Maintenance *m) {
        if (!m->auto_transition || state_final(m->state))
                return USEC_INFINITY;
        return m->state == STATE_SCHEDULED ? m->start : m->end;
}

/* All steps that are due by now: at most two, start and end. */
static void maintenance_advance(Maintenance *m, usec_t now) {
        while (maintenance_next_due(m) <= now)
                maintenance_enter(m, m->state == STATE_SCHEDULED ? STATE_IN_PROGRESS : STATE_COMPLETED, now);
}

static void tell_state(Change *c) {
        if (c->after.notify & told[c->after.state].notify)
                change_tell(c, told[c->after.state].event);
}

void change_create(const Draft *d, usec_t now, Change *ret) {
        Maintenance *m = &ret->after;

        *ret = (Change) { .after = d->value, .changed = true, .reminders_moved = true, .services_set = true,
                          .message = d->message };
        m->state = STATE_SCHEDULED;
        m->description = text_or(m->description, "");
        m->created_at = m->updated_at = now;
        m->version = 1;
        if (d->set & FIELD_STATUS && d->value.state == STATE_IN_PROGRESS)
                maintenance_enter(m, STATE_IN_PROGRESS, now);
        maintenance_advance(m, now);

        if (d->quiet)
                return;
        if (m->state != STATE_SCHEDULED || m->start > now)
                tell_state(ret);
        if (ret->message && ret->n_events == 0)
                change_tell(ret, EVENT_UPDATE);
}

/* Reads one refusal a line; the first that applies is the answer. */
static bool patch_refused(const Before *b, const Maintenance *next, const Draft *d, Refusal *reterr) {
        const Maintenance *m = b->m;

        if (d->set & FIELD_STATUS && d->value.state != m->state && !state_may_become(m->state, d->value.state))
                *reterr = (Refusal) { "INVALID_TRANSITION", "This maintenance cannot go from its state to that one", "status" };
        else if (next->start != m->start && m->state != STATE_SCHEDULED)
                *reterr = (Refusal) { "INVALID_TRANSITION", "The start can change only while the maintenance is scheduled",
                                      "scheduled_start" };
        else if (next->end != m->end && state_final(m->state))
                *reterr = (Refusal) { "INVALID_TRANSITION", "The end cannot change once the maintenance is over", "scheduled_end" };
        else if (d->set & FIELD_SERVICES && !b->same_services && state_final(m->state))
                *reterr = (Refusal) { "INVALID_TRANSITION", "The services cannot change once the maintenance is over",
                                      "service_ids" };
        else if (next->impact != m->impact && state_final(m->state))
                *reterr = (Refusal) { "INVALID_TRANSITION", "The impact cannot change once the maintenance is over", "impact" };
        else
                return false;
        return true;
}

static bool reminders_equal(const Maintenance *a, const Maintenance *b) {
        return a->n_reminders == b->n_reminders && memcmp(a->reminders, b->reminders, a->n_reminders * sizeof(*a->reminders)) == 0;
}

static void take_fields(Maintenance *m, const Draft *d) {
        const Maintenance *v = &d->value;

        if (d->set & FIELD_TITLE)
                m->title = v->title;
        if (d->set & FIELD_DESCRIPTION)
                m->description = v->description;
        if (d->set & FIELD_START)
                m->start = v->start;
        if (d->set & FIELD_END)
                m->end = v->end;
        if (d->set & FIELD_IMPACT)
                m->impact = v->impact;
        if (d->set & FIELD_AUTO)
                m->auto_transition = v->auto_transition;
        if (d->set & FIELD_PAUSE)
                m->pause_monitors = v->pause_monitors;
        if (d->set & FIELD_EXTERNAL_ID)
                m->external_id = v->external_id;
        if (d->set & FIELD_OWNER)
                m->owner = v->owner;
        if (d->set & FIELD_REMINDERS) {
                memcpy(m->reminders, v->reminders, sizeof(m->reminders));
                m->n_reminders = v->n_reminders;
        }
        m->notify = (m->notify & ~d->notify_set) | (v->notify & d->notify_set);
}

static bool maintenance_differs(const Maintenance *a, const Maintenance *b) {
        return a->state != b->state || a->start != b->start || a->end != b->end || a->impact != b->impact || a->notify != b->notify ||
               a->auto_transition != b->auto_transition || a->pause_monitors != b->pause_monitors || !reminders_equal(a, b) ||
               !text_equal(a->title, b->title) || !text_equal(a->description, b->description) ||
               !text_equal(a->external_id, b->external_id) || !text_equal(a->owner, b->owner);
}

/* A message is news unless it repeats, with the state it came with, what stands last already: then a client that lost our
 * answer has asked again. */
static const char *new_message(const Before *b, const Draft *d) {
        bool repeated = d->set & FIELD_STATUS && d->value.state == b->m->state && b->last && b->last->state == b->m->state &&
                        text_equal(b->last->message, d->message);

        return repeated ? NULL : d->message;
}

/* What subscribers are owed. A change of times that the clock at once turned into a step is told as that step alone. */
static void tell_patch(Change *c, const Maintenance *before, bool asked, usec_t now) {
        const Maintenance *m = &c->after;
        bool moved = m->state != before->state;

        if (moved)
                tell_state(c);
        if (m->notify & NOTIFY_UPDATE && (!moved || (asked && !state_final(m->state)))) {
                if (m->start != before->start && !moved)
                        change_tell(c, EVENT_RESCHEDULED);
                else if (m->end != before->end)
                        change_tell(c, EVENT_UPDATED);
        }
        if (c->message && c->n_events == 0)
                change_tell(c, EVENT_UPDATE);
        c->tells_left = c->services_set && !state_final(m->state) && m->notify & NOTIFY_UPDATE;
        /* Any other event tells those who are new to it, too. */
        c->tells_come = c->tells_left && c->n_events == 0 && m->notify & told[m->state].notify && (m->state != STATE_SCHEDULED || m->start > now);
}

int change_patch(const Before *before, const Draft *d, usec_t now, Change *ret, Refusal *reterr) {
        Change c = { .after = *before->m };
        Maintenance *m = &c.after;
        bool asked = d->set & FIELD_STATUS && d->value.state != m->state;

        take_fields(m, d);
        if (patch_refused(before, m, d, reterr))
                return -EPERM;
        c.message = d->message ? new_message(before, d) : NULL;
        if (c.message && before->n_updates >= PAGE_UPDATES_MAX) {
                *reterr = (Refusal) { "TOO_MANY_UPDATES", "This maintenance has as many updates as it can hold; send the change without a message",
                                      "message" };
                return -EPERM;
        }
        if (asked)
                maintenance_enter(m, d->value.state, now);
        maintenance_advance(m, now);
        c.services_set = d->set & FIELD_SERVICES && !before->same_services;
        c.changed = c.services_set || c.message || maintenance_differs(m, before->m);
        c.reminders_moved = m->start != before->m->start || m->state != before->m->state || !reminders_equal(m, before->m);
        if (c.changed) {
                m->version++;
                m->updated_at = MAX(now, m->updated_at);
        }
        if (!d->quiet)
                tell_patch(&c, before->m, asked, now);
        *ret = c;
        return 0;
}

bool change_clock(const Maintenance *m, usec_t now, Change *ret) {
        Change c = { .after = *m, .changed = true, .reminders_moved = true };

        if (maintenance_next_due(m) > now)
                return false;
        maintenance_advance(&c.after, now);
        c.after.version++;
        c.after.updated_at = MAX(now, m->updated_at);
        tell_state(&c);
        *ret = c;
        return true;
}

size_t maintenance_reminders(const Maintenance *m, usec_t now, Reminder ret[static PAGE_REMINDERS_MAX]) {
        size_t n = 0;

        if (m->state != STATE_SCHEDULED)
                return 0;
        for (size_t i = 0; i < m->n_reminders; i++) {
                usec_t due = usec_sub(m->start, m->reminders[i] * USEC_PER_MINUTE);

                if (due > now)
                        ret[n++] = (Reminder) { m->reminders[i], due };
        }
        return n;
}

usec_t reminder_left(const Maintenance *m, unsigned minutes, usec_t now) {
        usec_t offset = minutes * USEC_PER_MINUTE;

        if (m->state != STATE_SCHEDULED || now >= m->start)
                return 0;
        return m->start - now + REMINDER_GRACE >= offset ? offset : m->start - now;
}
