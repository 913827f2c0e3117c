/*
 * A change becomes rows
 */
#include "page/apply.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "page/store/monitor.h"
#include "page/text.h"

#define LATE_WORTH_SAYING (2 * USEC_PER_SEC)

static int apply_events(Store *s, Arena *a, const Maintenance *before, const Change *c, usec_t now) {
        int r = 0;

        for (size_t i = 0; i < c->n_events && r >= 0; i++) {
                const char *text = event_text(a, c->events[i], &c->after, before, 0, now);

                /* The message rides on the first: a completion with a word of thanks is one message, not two. */
                r = text ? store_outbox_add(s, c->events[i], &c->after, text, i == 0 ? c->message : NULL, now) : -ENOMEM;
        }
        return r;
}

/* Of what comes later, those hear whom it concerns then; who was told of it is not left with that. */
static int apply_services(Store *s, Arena *a, const Change *c, const int64_t *services, size_t n, usec_t now) {
        const Maintenance *m = &c->after;
        EventKind kind = m->state == STATE_SCHEDULED ? EVENT_SCHEDULED : EVENT_IN_PROGRESS;
        const char *left, *come;

        if (!c->tells_left)
                return store_window_services_set(s, m->seq, services, n);
        left = left_out_text(a, m);
        come = c->tells_come ? event_text(a, kind, m, NULL, 0, now) : NULL;
        if (!left || (c->tells_come && !come))
                return -ENOMEM;
        return store_window_services_swap(s, m, services, n, left, kind, come, now);
}

/* Its services may show something else now, and their monitors begin or end to be paused. */
static int shown_otherwise(Store *s, usec_t now) {
        store_monitors_stir(s);
        return store_states_record(s, now);
}

int apply_change(Store *s, Arena *a, const Maintenance *before, Change *c, const int64_t *services, size_t n_services, usec_t now) {
        Reminder reminders[PAGE_REMINDERS_MAX];
        int r = before ? store_maintenance_update(s, &c->after) : store_maintenance_insert(s, a, &c->after);

        if (r >= 0 && state_final(c->after.state))
                r = apply_events(s, a, before, c, now); /* to those who were told of it */
        if (r >= 0 && c->services_set && (before || n_services > 0))
                r = apply_services(s, a, c, services, n_services, now);
        if (r >= 0 && c->reminders_moved && (before || c->after.n_reminders > 0))
                r = store_reminders_set(s, c->after.seq, reminders, maintenance_reminders(&c->after, now, reminders));
        if (r >= 0 && ((before && before->state == STATE_IN_PROGRESS) || c->after.state == STATE_IN_PROGRESS))
                r = shown_otherwise(s, now);
        if (r >= 0 && c->message)
                r = store_update_add(s, c->after.seq, c->after.state, c->message, now);
        return r < 0 || state_final(c->after.state) ? r : apply_events(s, a, before, c, now);
}

static void log_step(const Maintenance *before, const Maintenance *after, usec_t now) {
        usec_t late = usec_sub(now, before->state == STATE_SCHEDULED ? before->start : before->end);
        auto_(free) char *title = text_printable(after->title, 80);
        char span[SPAN_SIZE];

        log_plain(LOG_NOTICE, "%s '%s' is now %s%s%s%s", after->id, title ? title : "", state_to_string(after->state),
                 late > LATE_WORTH_SAYING ? " (" : "", late > LATE_WORTH_SAYING ? span_format(late, true, span) : "",
                 late > LATE_WORTH_SAYING ? " late)" : "");
}

static int clock_transition(Store *s, Arena *a, usec_t now) {
        Maintenance before;
        Change change;
        int r = store_due(s, a, now, &before);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        if (!change_clock(&before, now, &change))
                return -EUCLEAN;        /* the statement and the rule disagree: looping would not help */
        r = apply_change(s, a, &before, &change, NULL, 0, now);
        if (r < 0)
                return r;
        log_step(&before, &change.after, now);
        return 1;
}

static int clock_reminder(Store *s, Arena *a, usec_t now) {
        unsigned minutes = 0;
        int64_t seq = 0;
        Maintenance m;
        usec_t left;
        int r = store_reminder_due(s, now, &seq, &minutes);

        if (r == -ENOENT)
                return 0;
        if (r >= 0)
                r = store_maintenance_by_seq(s, a, seq, &m);
        if (r < 0)
                return r;
        left = reminder_left(&m, minutes, now);
        if (left > 0) {
                const char *text = event_text(a, EVENT_REMINDER, &m, NULL, left, now);

                r = text ? store_outbox_add(s, EVENT_REMINDER, &m, text, NULL, now) : -ENOMEM;
        }
        if (r >= 0)
                r = store_reminders_done(s, seq, now);
        return r < 0 ? r : 1;
}

int apply_clock(Store *s, usec_t now) {
        auto_(arena_free) Arena *a = arena_new();
        int r;

        if (!a)
                return -ENOMEM;
        r = store_begin(s);
        if (r < 0)
                return r;
        r = clock_transition(s, a, now);        /* first: what has started needs no reminder */
        if (r == 0)
                r = clock_reminder(s, a, now);
        return store_end(s, r);
}
