/*
 * The body that makes or changes a monitor
 */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "page/monitor/monitor.h"
#include "page/rest/input.h"

static const char no_memory[] = "Out of memory, try again";

typedef struct Reading {
        Arena *arena;
        const MonitorRules *rules;
        Monitor *m;
} Reading;

static const char *read_name(Reading *r, const json_t *v) {
        const char *wrong = string_read(r->arena, v, &r->m->name);

        return wrong ? wrong : line_refused(r->arena, r->m->name, PAGE_NAME_CHARS_MAX);
}

static const char *read_url(Reading *r, const json_t *v) {
        const char *wrong = string_read(r->arena, v, &r->m->url);

        return wrong ? wrong : monitor_url_refused(r->arena, r->rules, r->m->url);
}

static const char *read_interval(Reading *r, const json_t *v) {
        json_int_t n = json_integer_value(v), least = (json_int_t) (r->rules->interval_min / USEC_PER_SEC);

        if (!json_is_integer(v) || n < least || n > (json_int_t) (PAGE_MONITOR_INTERVAL_MAX / USEC_PER_SEC))
                return text_or(arena_printf(r->arena, "Must be a whole number of seconds from %lld to 86400", (long long) least), no_memory);
        r->m->interval = (usec_t) n * USEC_PER_SEC;
        return NULL;
}

static const char *read_timeout(Reading *r, const json_t *v) {
        json_int_t n = json_integer_value(v);

        if (!json_is_integer(v) || n < (json_int_t) (PAGE_MONITOR_TIMEOUT_MIN / USEC_PER_MSEC) || n > (json_int_t) (PAGE_MONITOR_TIMEOUT_MAX / USEC_PER_MSEC))
                return "Must be a whole number of milliseconds from 100 to 30000";
        r->m->timeout = (usec_t) n * USEC_PER_MSEC;
        return NULL;
}
_Static_assert(PAGE_MONITOR_INTERVAL_MAX == 86400 * USEC_PER_SEC && PAGE_MONITOR_TIMEOUT_MIN == 100 * USEC_PER_MSEC &&
               PAGE_MONITOR_TIMEOUT_MAX == 30000 * USEC_PER_MSEC, "the texts above say these numbers");

static const char *read_expected(Reading *r, const json_t *v) {
        json_int_t n = json_integer_value(v);

        r->m->expected = 0;
        if (json_is_null(v))
                return NULL;
        if (!json_is_integer(v) || n < 200 || n > 599)
                return "Must be a status from 200 to 599, or null for any of 2xx";
        r->m->expected = (unsigned) n;
        return NULL;
}

static const char *read_service(Reading *r, const json_t *v) {
        const char *wrong;

        r->m->service_id = NULL;
        if (json_is_null(v))
                return NULL;
        wrong = string_read(r->arena, v, &r->m->service_id);
        return wrong || strlen(r->m->service_id) >= ID_SIZE ? "Must be the id of a service, or null" : NULL;
}

static const char *read_enabled(Reading *r, const json_t *v) {
        if (!json_is_boolean(v))
                return "Must be true or false";
        r->m->enabled = json_is_true(v);
        return NULL;
}

static const struct {
        const char *name;
        unsigned field;
        const char *(*read)(Reading *r, const json_t *v);
} fields[] = {
        { "name", MONITOR_NAME, read_name },
        { "url", MONITOR_URL, read_url },
        { "interval_seconds", MONITOR_INTERVAL, read_interval },
        { "timeout_ms", MONITOR_TIMEOUT, read_timeout },
        { "expected_status_code", MONITOR_EXPECTED, read_expected },
        { "service_id", MONITOR_SERVICE, read_service },
        { "enabled", MONITOR_ENABLED, read_enabled },
};

static const char *const read_only[] = { "id", "status", "last_checked_at", "latency_ms", "last_error", "history", "created_at", "updated_at", NULL };

static void read_field(Reading *r, const char *name, const json_t *v, unsigned *set, FieldErrors *errors) {
        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                const char *wrong;

                if (strcmp(fields[i].name, name) != 0)
                        continue;
                *set |= fields[i].field;
                wrong = fields[i].read(r, v);
                if (wrong)
                        field_error(errors, name, "%s", wrong);
                return;
        }
        field_unknown(errors, name, read_only);
}

/* What was not said follows from what was. */
static void check_times(Monitor *m, unsigned set, const Monitor *base, FieldErrors *errors) {
        if (json_object_get(errors, "interval_seconds") || json_object_get(errors, "timeout_ms") || m->timeout <= m->interval)
                return;
        if (!base && !(set & MONITOR_TIMEOUT))
                m->timeout = m->interval;
        else
                field_error(errors, set & MONITOR_TIMEOUT ? "timeout_ms" : "interval_seconds", "The timeout must not be longer than the interval");
}

int monitor_read(Arena *a, const struct json_t *body, const MonitorRules *rules, const Monitor *base, MonitorDraft *ret, struct json_t *errors) {
        const usec_t interval = MAX(PAGE_MONITOR_INTERVAL, rules->interval_min);
        MonitorDraft d = { .value = { .interval = interval, .timeout = PAGE_MONITOR_TIMEOUT, .enabled = true, .problem = "" } };
        Reading r = { a, rules, &d.value };
        const char *name;
        json_t *v;

        assert(json_is_object(body));
        if (base)
                d.value = *base;
        json_object_foreach((json_t *) body, name, v)
                read_field(&r, name, v, &d.set, errors);
        for (size_t i = 0; !base && i < ARRAY_SIZE(fields); i++)
                if (fields[i].field & (MONITOR_NAME | MONITOR_URL) & ~d.set)
                        field_error(errors, fields[i].name, "Required");
        check_times(&d.value, d.set, base, errors);
        if (json_object_size(errors) > 0)
                return -EINVAL;
        *ret = d;
        return 0;
}
