/*
 * JSON from outside, checked field by field
 *
 * Each field is a row: its name and the function that reads it. A reader returns NULL when it is content, else the sentence
 * for the client.
 */
#include "page/rest/input.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

typedef const char *(*read_maintenance_fn)(Arena *a, const json_t *v, Draft *d);
typedef const char *(*read_service_fn)(Arena *a, const json_t *v, ServiceDraft *d);

static const char no_memory[] = "Out of memory, try again";

void field_error(FieldErrors *errors, const char *field, const char *fmt, ...) {
        json_t *list = json_object_get(errors, field);
        char text[512];
        va_list ap;

        if (!list) {
                (void) json_object_set_new(errors, field, json_array());
                list = json_object_get(errors, field);
        }
        va_start(ap, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        (void) json_array_append_new(list, json_string_nocheck(text));
}

const char *line_refused(Arena *a, const char *text, size_t max) {
        size_t left = strlen(text), n = 0, step;
        bool blank = true;
        uint32_t c;

        for (const char *p = text; left > 0; p += step, left -= step, n++) {
                step = utf8_decode(p, left, &c);
                if (step == 0)
                        return "Must be valid UTF-8";
                if (codepoint_hostile(c))
                        return "Must be one line without control or direction characters";
                blank = blank && (c == ' ' || c == 0xa0);
        }
        if (blank)
                return "Must not be empty";
        return n > max ? text_or(arena_printf(a, "Must be at most %zu characters", max), no_memory) : NULL;
}

/* Text of several lines: line breaks and tabs are welcome, other control characters are not. */
static const char *text_refused(Arena *a, const char *text, size_t max) {
        if (strlen(text) > max)
                return text_or(arena_printf(a, "Must be at most %zu bytes", max), no_memory);
        for (const char *p = text; *p; p++)
                if (((unsigned char) *p < 0x20 && !strchr("\n\r\t", *p)) || *p == 0x7f)
                        return "Must not contain control characters";
        return NULL;
}

const char *string_read(Arena *a, const json_t *v, const char **ret) {
        if (!json_is_string(v))
                return "Must be a string";
        *ret = arena_strdup(a, json_string_value(v));
        return *ret ? NULL : no_memory;
}

static const char *take_line(Arena *a, const json_t *v, size_t max, const char **ret) {
        const char *wrong = string_read(a, v, ret);

        return wrong ? wrong : line_refused(a, *ret, max);
}

/* null clears */
static const char *take_text(Arena *a, const json_t *v, size_t max, const char **ret) {
        const char *wrong;

        *ret = "";
        if (json_is_null(v))
                return NULL;
        wrong = string_read(a, v, ret);
        return wrong ? wrong : text_refused(a, *ret, max);
}

static const char *take_optional_line(Arena *a, const json_t *v, size_t max, const char **ret) {
        *ret = NULL;
        return json_is_null(v) ? NULL : take_line(a, v, max, ret);
}

static const char *take_bool(const json_t *v, bool *ret) {
        if (!json_is_boolean(v))
                return "Must be true or false";
        *ret = json_is_true(v);
        return NULL;
}

static const char *take_instant(const json_t *v, usec_t *ret) {
        if (!json_is_string(v) || rfc3339_parse(json_string_value(v), ret) < 0)
                return "Must be an RFC 3339 time with an offset, such as 2027-02-01T02:00:00Z";
        return NULL;
}

static const char *read_title(Arena *a, const json_t *v, Draft *d) {
        return take_line(a, v, PAGE_TITLE_CHARS_MAX, &d->value.title);
}

static const char *read_description(Arena *a, const json_t *v, Draft *d) {
        return take_text(a, v, PAGE_DESCRIPTION_BYTES_MAX, &d->value.description);
}

static const char *read_status(Arena *a, const json_t *v, Draft *d) {
        int state = json_is_string(v) ? state_from_string(json_string_value(v)) : -EINVAL;

        if (state < 0)
                return "Must be scheduled, in_progress, completed or cancelled";
        d->value.state = (State) state;
        return NULL;
}

static const char *read_start(Arena *a, const json_t *v, Draft *d) {
        return take_instant(v, &d->value.start);
}

static const char *read_end(Arena *a, const json_t *v, Draft *d) {
        return take_instant(v, &d->value.end);
}

static const char *read_impact(Arena *a, const json_t *v, Draft *d) {
        int impact = json_is_string(v) ? impact_from_string(json_string_value(v)) : -EINVAL;

        if (impact < 0)
                return "Must be operational, under_maintenance, degraded, partial_outage or major_outage";
        d->value.impact = (Impact) impact;
        return NULL;
}

const char *service_ids_read(Arena *a, const json_t *v, const char ***ret, size_t *ret_n) {
        size_t n = json_array_size(v), n_ids = 0;
        const char **ids;

        if (!json_is_array(v))
                return "Must be a list of service ids";
        if (n > PAGE_WINDOW_SERVICES_MAX)
                return text_or(arena_printf(a, "Must be at most %u services", PAGE_WINDOW_SERVICES_MAX), no_memory);
        ids = arena_array(a, n + 1, sizeof(*ids));
        if (!ids)
                return no_memory;
        for (size_t i = 0; i < n; i++) {
                const char *id = json_string_value(json_array_get(v, i));
                bool seen = false;

                if (!id || strlen(id) >= ID_SIZE)
                        return "Must be a list of service ids";
                for (size_t k = 0; k < n_ids && !seen; k++)
                        seen = strcmp(ids[k], id) == 0;
                if (!seen && !(ids[n_ids++] = arena_strdup(a, id)))
                        return no_memory;
        }
        *ret = ids;
        *ret_n = n_ids;
        return NULL;
}

static const char *read_services(Arena *a, const json_t *v, Draft *d) {
        return service_ids_read(a, v, &d->service_ids, &d->n_services);
}

static bool add_reminder(Maintenance *m, json_int_t minutes) {
        size_t i = 0;

        if (minutes < 1 || minutes > PAGE_REMINDER_MINUTES_MAX)
                return false;
        while (i < m->n_reminders && m->reminders[i] > minutes)
                i++;
        if (i < m->n_reminders && m->reminders[i] == minutes)
                return true;
        memmove(m->reminders + i + 1, m->reminders + i, (m->n_reminders - i) * sizeof(*m->reminders));
        m->reminders[i] = (unsigned) minutes;
        m->n_reminders++;
        return true;
}

/* null: none · 60 · [1440, 60] */
static const char *read_reminders(Arena *a, const json_t *v, Draft *d) {
        static const char wrong[] = "Must be minutes before the start, 1 to 527040, or a list of up to 8 of them";
        size_t i;
        json_t *item;

        d->value.n_reminders = 0;
        if (json_is_null(v))
                return NULL;
        if (json_is_integer(v))
                return add_reminder(&d->value, json_integer_value(v)) ? NULL : wrong;
        if (!json_is_array(v) || json_array_size(v) > PAGE_REMINDERS_MAX)
                return wrong;
        json_array_foreach((json_t *) v, i, item)
                if (!json_is_integer(item) || !add_reminder(&d->value, json_integer_value(item)))
                        return wrong;
        return NULL;
}
_Static_assert(PAGE_REMINDER_MINUTES_MAX == 527040 && PAGE_REMINDERS_MAX == 8, "read_reminders() says these numbers");

static const char *read_auto(Arena *a, const json_t *v, Draft *d) {
        return take_bool(v, &d->value.auto_transition);
}

static const char *read_pause(Arena *a, const json_t *v, Draft *d) {
        return take_bool(v, &d->value.pause_monitors);
}

static const char *read_external_id(Arena *a, const json_t *v, Draft *d) {
        return take_optional_line(a, v, PAGE_EXTERNAL_ID_CHARS_MAX, &d->value.external_id);
}

static const char *read_owner(Arena *a, const json_t *v, Draft *d) {
        return take_optional_line(a, v, PAGE_OWNER_CHARS_MAX, &d->value.owner);
}

static const char *read_message(Arena *a, const json_t *v, Draft *d) {
        const char *wrong = take_text(a, v, PAGE_MESSAGE_BYTES_MAX, &d->message);

        if (!wrong && d->message[strspn(d->message, " \t\r\n")] == '\0')
                d->message = NULL;
        return wrong;
}

static const char *read_notify(Arena *a, const json_t *v, Draft *d) {
        bool notify = true;
        const char *wrong = take_bool(v, &notify);

        d->quiet = !notify;
        return wrong;
}

static const struct {
        const char *name;
        unsigned field, notify;
        read_maintenance_fn read;
} maintenance_fields[] = {
        { "title", FIELD_TITLE, 0, read_title },
        { "description", FIELD_DESCRIPTION, 0, read_description },
        { "status", FIELD_STATUS, 0, read_status },
        { "scheduled_start", FIELD_START, 0, read_start },
        { "scheduled_end", FIELD_END, 0, read_end },
        { "service_ids", FIELD_SERVICES, 0, read_services },
        { "impact", FIELD_IMPACT, 0, read_impact },
        { "reminder_minutes", FIELD_REMINDERS, 0, read_reminders },
        { "auto_transition", FIELD_AUTO, 0, read_auto },
        { "pause_monitors", FIELD_PAUSE, 0, read_pause },
        { "external_id", FIELD_EXTERNAL_ID, 0, read_external_id },
        { "owner", FIELD_OWNER, 0, read_owner },
        { "message", FIELD_MESSAGE, 0, read_message },
        { "notify", FIELD_QUIET, 0, read_notify },
        { "notify_on_schedule", 0, NOTIFY_SCHEDULE, NULL },
        { "notify_on_start", 0, NOTIFY_START, NULL },
        { "notify_on_complete", 0, NOTIFY_COMPLETE, NULL },
        { "notify_on_cancel", 0, NOTIFY_CANCEL, NULL },
        { "notify_on_update", 0, NOTIFY_UPDATE, NULL },
};

static const char *read_notify_flag(const json_t *v, unsigned flag, Draft *d) {
        bool on = false;
        const char *wrong = take_bool(v, &on);

        d->notify_set |= flag;
        d->value.notify = on ? d->value.notify | flag : d->value.notify & ~flag;
        return wrong;
}

void field_unknown(FieldErrors *errors, const char *name, const char *const *read_only) {
        auto_(free) char *shown = text_printable(name, 60); /* it becomes a key of our answer */

        while (*read_only && strcmp(*read_only, name) != 0)
                read_only++;
        if (shown)
                field_error(errors, shown, "%s", *read_only ? "Cannot be set" : "Unknown field");
}

static const char *const read_only[] = { "id", "version", "services", "updates", "started_at", "completed_at", "cancelled_at", "created_at", "updated_at",
                                         "manual_status", NULL };

static void read_maintenance_field(Arena *a, const char *name, const json_t *v, Draft *d, FieldErrors *errors) {
        for (size_t i = 0; i < ARRAY_SIZE(maintenance_fields); i++) {
                const char *wrong;

                if (strcmp(maintenance_fields[i].name, name) != 0)
                        continue;
                d->set |= maintenance_fields[i].field;
                wrong = maintenance_fields[i].read ? maintenance_fields[i].read(a, v, d) :
                                                     read_notify_flag(v, maintenance_fields[i].notify, d);
                if (wrong)
                        field_error(errors, name, "%s", wrong);
                return;
        }
        field_unknown(errors, name, read_only);
}

static void check_required(const Draft *d, FieldErrors *errors) {
        static const unsigned required = FIELD_TITLE | FIELD_START | FIELD_END;

        for (size_t i = 0; i < ARRAY_SIZE(maintenance_fields); i++)
                if (maintenance_fields[i].field & required & ~d->set)
                        field_error(errors, maintenance_fields[i].name, "Required");
        if (d->set & FIELD_STATUS && d->value.state != STATE_SCHEDULED && d->value.state != STATE_IN_PROGRESS)
                field_error(errors, "status", "A new maintenance is scheduled or in_progress");
}

static void check_times(const Draft *d, const Maintenance *base, FieldErrors *errors) {
        usec_t start = d->set & FIELD_START || !base ? d->value.start : base->start;
        usec_t end = d->set & FIELD_END || !base ? d->value.end : base->end;
        const char *field = d->set & FIELD_END ? "scheduled_end" : "scheduled_start";

        if (!(d->set & (FIELD_START | FIELD_END)) || json_object_get(errors, "scheduled_start") || json_object_get(errors, "scheduled_end"))
                return;
        if (end <= start)
                field_error(errors, field, "The end must be later than the start");
        else if (end - start > PAGE_WINDOW_LENGTH_MAX)
                field_error(errors, field, "The maintenance must not be longer than 366 days");
}

int maintenance_read(Arena *a, const json_t *body, const Maintenance *base, Draft *ret, FieldErrors *errors) {
        Draft d = { .value = { .impact = IMPACT_MAINTENANCE, .notify = NOTIFY_ALL, .auto_transition = true, .pause_monitors = true } };
        const char *name;
        json_t *v;

        assert(json_is_object(body));
        json_object_foreach((json_t *) body, name, v)
                read_maintenance_field(a, name, v, &d, errors);
        if (!base)
                check_required(&d, errors);
        check_times(&d, base, errors);
        if (json_object_size(errors) > 0)
                return -EINVAL;
        *ret = d;
        return 0;
}

static const char *read_service_name(Arena *a, const json_t *v, ServiceDraft *d) {
        return take_line(a, v, PAGE_NAME_CHARS_MAX, &d->value.name);
}

static const char *read_service_description(Arena *a, const json_t *v, ServiceDraft *d) {
        return take_text(a, v, PAGE_NOTE_BYTES_MAX, &d->value.description);
}

static const char *read_service_group(Arena *a, const json_t *v, ServiceDraft *d) {
        return take_optional_line(a, v, PAGE_NAME_CHARS_MAX, &d->value.group);
}

static const char *read_service_status(Arena *a, const json_t *v, ServiceDraft *d) {
        int status = json_is_string(v) ? status_from_string(json_string_value(v)) : -EINVAL;

        if (status < 0)
                return "Must be operational, maintenance, degraded, partial_outage or major_outage";
        d->value.manual = (Impact) status;
        return NULL;
}

static const char *read_service_order(Arena *a, const json_t *v, ServiceDraft *d) {
        json_int_t n = json_integer_value(v);

        if (!json_is_integer(v) || n < 0 || n > PAGE_DISPLAY_ORDER_MAX)
                return "Must be a whole number from 0 to 1000000";
        d->value.display_order = n;
        return NULL;
}

static const struct {
        const char *name;
        unsigned field;
        read_service_fn read;
} service_fields[] = {
        { "name", SERVICE_NAME, read_service_name },
        { "description", SERVICE_DESCRIPTION, read_service_description },
        { "group", SERVICE_GROUP, read_service_group },
        { "status", SERVICE_STATUS, read_service_status },
        { "display_order", SERVICE_ORDER, read_service_order },
};

int service_read(Arena *a, const json_t *body, bool create, ServiceDraft *ret, FieldErrors *errors) {
        ServiceDraft d = { .value = { .description = "" } };
        const char *name;
        json_t *v;

        assert(json_is_object(body));
        json_object_foreach((json_t *) body, name, v) {
                size_t i = 0;
                const char *wrong;

                while (i < ARRAY_SIZE(service_fields) && strcmp(service_fields[i].name, name) != 0)
                        i++;
                if (i == ARRAY_SIZE(service_fields)) {
                        field_unknown(errors, name, read_only);
                        continue;
                }
                d.set |= service_fields[i].field;
                wrong = service_fields[i].read(a, v, &d);
                if (wrong)
                        field_error(errors, name, "%s", wrong);
        }
        if (create && !(d.set & SERVICE_NAME))
                field_error(errors, "name", "Required");
        if (json_object_size(errors) > 0)
                return -EINVAL;
        *ret = d;
        return 0;
}
