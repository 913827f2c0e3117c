/*
 * The API's objects as JSON
 */
#include "page/rest/json.h"

#include <inttypes.h>

const char *stamp_format(usec_t t, char buf[static STAMP_SIZE]) {
        uint64_t seconds = t / USEC_PER_SEC % (24 * 3600);
        unsigned month, day;
        int year;

        civil_from_days((int64_t) (t / USEC_PER_DAY), &year, &month, &day);
        (void) snprintf(buf, STAMP_SIZE, "%04d-%02u-%02uT%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64 "Z", year, month, day,
                        seconds / 3600, seconds / 60 % 60, seconds % 60, t % USEC_PER_SEC / USEC_PER_MSEC);
        return buf;
}

static void set(json_t *o, const char *name, json_t *value, bool *failed) {
        if (json_object_set_new_nocheck(o, name, value) < 0)
                *failed = true;
}

static json_t *text_or_null(const char *text) {
        return text ? json_string_nocheck(text) : json_null();
}

static json_t *stamp(usec_t t) {
        char buf[STAMP_SIZE];

        return t == 0 ? json_null() : json_string_nocheck(stamp_format(t, buf));
}

static json_t *planned(usec_t t) {
        char buf[RFC3339_SIZE];

        return json_string_nocheck(rfc3339_format(t, buf));
}

/* As it was given: none, one number, a list. */
static json_t *reminders_to_json(const Maintenance *m) {
        json_t *list;

        if (m->n_reminders == 0)
                return json_null();
        if (m->n_reminders == 1)
                return json_integer(m->reminders[0]);
        list = json_array();
        for (size_t i = 0; i < m->n_reminders; i++)
                (void) json_array_append_new(list, json_integer(m->reminders[i]));
        return list;
}

static json_t *update_to_json(const Update *u) {
        char id[32], created[STAMP_SIZE];

        (void) snprintf(id, sizeof(id), "upd_%" PRIi64, u->seq);
        return json_pack("{s:s, s:s, s:s, s:s}", "id", id, "status", state_to_string(u->state), "message", u->message, "created_at",
                         stamp_format(u->created_at, created));
}

static void set_flags(json_t *o, const Maintenance *m, bool *failed) {
        set(o, "notify_on_schedule", json_boolean(m->notify & NOTIFY_SCHEDULE), failed);
        set(o, "notify_on_start", json_boolean(m->notify & NOTIFY_START), failed);
        set(o, "notify_on_complete", json_boolean(m->notify & NOTIFY_COMPLETE), failed);
        set(o, "notify_on_cancel", json_boolean(m->notify & NOTIFY_CANCEL), failed);
        set(o, "notify_on_update", json_boolean(m->notify & NOTIFY_UPDATE), failed);
        set(o, "reminder_minutes", reminders_to_json(m), failed);
        set(o, "auto_transition", json_boolean(m->auto_transition), failed);
        set(o, "pause_monitors", json_boolean(m->pause_monitors), failed);
}

static json_t *services_named(const Service *services, size_t n, bool *failed) {
        json_t *list = json_array();

        *failed = *failed || !list;
        for (size_t i = 0; i < n; i++)
                *failed = json_array_append_new(list, json_pack("{s:s, s:s}", "id", services[i].id, "name", services[i].name)) < 0 || *failed;
        return list;
}

json_t *subscriber_to_json(const Subscriber *s, const Service *services, size_t n_services) {
        json_t *o = json_object();
        bool failed = !o;

        set(o, "id", json_string_nocheck(s->id), &failed);
        set(o, "type", json_string_nocheck(subscriber_kind_to_string(s->kind)), &failed);
        set(o, "endpoint", json_string_nocheck(s->endpoint), &failed);
        set(o, "status", json_string_nocheck(s->confirmed_at > 0 ? "active" : "pending"), &failed);
        set(o, "services", services_named(services, n_services, &failed), &failed);
        set(o, "created_at", stamp(s->created_at), &failed);
        set(o, "confirmed_at", stamp(s->confirmed_at), &failed);
        if (!failed)
                return o;
        json_decref(o);
        return NULL;
}

json_t *maintenance_to_json(const Maintenance *m, const Service *services, size_t n_services, const Update *updates, size_t n_updates) {
        bool failed = false;
        json_t *o = json_object(), *list = services_named(services, n_services, &failed);

        failed = failed || !o;
        set(o, "id", json_string_nocheck(m->id), &failed);
        set(o, "title", json_string_nocheck(m->title), &failed);
        set(o, "description", json_string_nocheck(m->description), &failed);
        set(o, "status", json_string_nocheck(state_to_string(m->state)), &failed);
        set(o, "scheduled_start", planned(m->start), &failed);
        set(o, "scheduled_end", planned(m->end), &failed);
        set(o, "services", list, &failed);
        set(o, "impact", json_string_nocheck(impact_to_string(m->impact)), &failed);
        set_flags(o, m, &failed);
        set(o, "external_id", text_or_null(m->external_id), &failed);
        set(o, "owner", text_or_null(m->owner), &failed);

        list = json_array();
        for (size_t i = 0; i < n_updates; i++)
                failed = json_array_append_new(list, update_to_json(&updates[i])) < 0 || failed;
        set(o, "updates", list, &failed);
        set(o, "started_at", stamp(m->started_at), &failed);
        set(o, "completed_at", stamp(m->state == STATE_COMPLETED ? m->finished_at : 0), &failed);
        set(o, "cancelled_at", stamp(m->state == STATE_CANCELLED ? m->finished_at : 0), &failed);
        set(o, "created_at", stamp(m->created_at), &failed);
        set(o, "updated_at", stamp(m->updated_at), &failed);
        set(o, "version", json_integer(m->version), &failed);
        if (failed) {
                json_decref(o);
                return NULL;
        }
        return o;
}

json_t *service_to_json(const Service *s) {
        json_t *o = json_object();
        bool failed = !o;

        set(o, "id", json_string_nocheck(s->id), &failed);
        set(o, "name", json_string_nocheck(s->name), &failed);
        set(o, "description", json_string_nocheck(s->description), &failed);
        set(o, "group", text_or_null(s->group), &failed);
        set(o, "status", json_string_nocheck(status_to_string(s->shown)), &failed);
        set(o, "manual_status", json_string_nocheck(status_to_string(s->manual)), &failed);
        set(o, "display_order", json_integer(s->display_order), &failed);
        set(o, "created_at", stamp(s->created_at), &failed);
        set(o, "updated_at", stamp(s->updated_at), &failed);
        if (failed) {
                json_decref(o);
                return NULL;
        }
        return o;
}

/* Milliseconds; null: there was no answer. */
static json_t *latency(usec_t t) {
        return t == 0 ? json_null() : json_integer((json_int_t) ((t + USEC_PER_MSEC / 2) / USEC_PER_MSEC));
}

json_t *monitor_to_json(const Monitor *m) {
        json_t *o = json_object();
        bool failed = !o;

        set(o, "id", json_string_nocheck(m->id), &failed);
        set(o, "name", json_string_nocheck(m->name), &failed);
        set(o, "url", json_string_nocheck(m->url), &failed);
        set(o, "interval_seconds", json_integer((json_int_t) (m->interval / USEC_PER_SEC)), &failed);
        set(o, "timeout_ms", json_integer((json_int_t) (m->timeout / USEC_PER_MSEC)), &failed);
        set(o, "expected_status_code", m->expected > 0 ? json_integer(m->expected) : json_null(), &failed);
        set(o, "service_id", text_or_null(m->service_id), &failed);
        set(o, "enabled", json_boolean(m->enabled), &failed);
        set(o, "status", json_string_nocheck(monitor_status(m)), &failed);
        set(o, "last_checked_at", stamp(m->checked_at), &failed);
        set(o, "latency_ms", latency(m->latency), &failed);
        set(o, "last_error", m->problem[0] ? json_string_nocheck(m->problem) : json_null(), &failed);
        set(o, "created_at", stamp(m->created_at), &failed);
        set(o, "updated_at", stamp(m->updated_at), &failed);
        if (!failed)
                return o;
        json_decref(o);
        return NULL;
}

json_t *tallies_to_json(const TallyRow *rows, size_t n) {
        json_t *list = json_array();
        bool failed = !list;

        for (size_t i = 0; i < n && !failed; i++) {
                const Tally *t = &rows[i].tally;
                json_t *o = json_object(), *answered = json_pack("{s:o, s:o, s:o}", "min", latency(t->least), "avg", latency(t->answers > 0 ? t->sum / t->answers : 0), "max", latency(t->most));

                set(o, "at", stamp(rows[i].at), &failed);
                set(o, "up", json_integer(t->up), &failed);
                set(o, "degraded", json_integer(t->degraded), &failed);
                set(o, "down", json_integer(t->down), &failed);
                set(o, "latency_ms", answered, &failed);
                failed = json_array_append_new(list, o) < 0 || failed;
        }
        if (!failed)
                return list;
        json_decref(list);
        return NULL;
}
