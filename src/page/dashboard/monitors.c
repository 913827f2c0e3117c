/*
 * Uptime monitors: what they see, and what they are to look at
 *
 * Of one that is there only what was changed is sent, as of services: two who change it at once lose nothing, and what a setting of the page
 * has outlawed since it was made may stay.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/monitor/save.h"
#include "page/show/html.h"

#define MONITORS DASHBOARD "/monitors"

static const char *const names[] = { "name", "url", "interval_seconds", "timeout_ms", "expected_status_code", "service_id", "enabled" };
#define NAMES ARRAY_SIZE(names)

/* In the colours that services have. */
static const struct {
        Tell tell;
        const char *class;
} states[] = {
        [MONITOR_UNKNOWN] = { TELL_IS_UNKNOWN, "scheduled" },
        [MONITOR_UP] = { TELL_IS_UP, "operational" },
        [MONITOR_DEGRADED] = { TELL_IS_DEGRADED, "degraded" },
        [MONITOR_DOWN] = { TELL_IS_DOWN, "major_outage" },
};
_Static_assert(ARRAY_SIZE(states) == MONITOR_STATES, "describe every state");

/* @service: the name of its own; NULL: none */
static void show_monitor(Visit *x, const Monitor *m, const char *service) {
        bool write = visit_may(x, SCOPE_MONITORS_WRITE), paused = monitor_paused(m);
        FILE *f = x->v.f;

        (void) fputs("<li class=\"line\"><h2>", f);
        if (write)
                (void) fprintf(f, "<a href=\"" MONITORS "/%s\">", m->id);
        html_text(f, m->name);
        (void) fprintf(f, "%s</h2><span class=\"pill %s\">%s</span>\n<p class=\"when\">", write ? "</a>" : "", paused ? "maintenance" : states[m->state].class,
                       tell(x, paused ? TELL_IS_PAUSED : states[m->state].tell));
        html_text(f, m->url);
        if (service) {
                (void) fputs(" · ", f);
                html_text(f, service);
        }
        (void) fputs("</p>\n<p class=\"when\">", f);
        if (m->checked_at > 0) {
                (void) fprintf(f, "%s: ", tell(x, TELL_LAST_CHECK));
                show_time(&x->v, m->checked_at, 0);
                if (m->latency > 0)
                        (void) fprintf(f, " · %" PRIu64 "\u00a0ms", (m->latency + USEC_PER_MSEC / 2) / USEC_PER_MSEC);
        } else {
                (void) fputs(tell(x, TELL_NO_CHECK), f);
        }
        (void) fputs("</p>\n", f);
        if (*m->problem) {
                (void) fprintf(f, "<p class=\"when\">%s: ", tell(x, TELL_LAST_ERROR));
                html_text(f, m->problem);
                (void) fputs("</p>\n", f);
        }
        (void) fputs("</li>\n", f);
}

static const char *service_name(const Service *services, size_t n, int64_t seq) {
        for (size_t i = 0; i < n; i++)
                if (services[i].seq == seq)
                        return services[i].name;
        return NULL;
}

int monitors_page(Visit *x) {
        Store *s = x->page->store;
        Service *services = NULL;
        Monitor *list = NULL;
        size_t n = 0, n_services = 0;
        int r;

        (void) monitors_save(s, x->page->agenda, x->q->now.real); /* what cannot be stored is shown as it was */
        r = store_monitor_list(s, x->q->arena, 0, PAGE_MONITORS_MAX, &list, &n);
        if (r >= 0)
                r = store_service_list(s, x->q->arena, &services, &n_services);
        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_MONITORS));
        if (visit_may(x, SCOPE_MONITORS_WRITE))
                (void) fprintf(x->v.f, "<p class=\"buttons\"><a class=\"button main\" href=\"" MONITORS "/new\">%s</a></p>\n", tell(x, TELL_NEW_MONITOR));
        (void) fputs(n > 0 ? "<ul class=\"panel lines\">\n" : "", x->v.f);
        for (size_t i = 0; i < n; i++)
                show_monitor(x, &list[i], service_name(services, n_services, list[i].service));
        if (n > 0)
                (void) fputs("</ul>\n", x->v.f);
        else
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NO_MONITORS));
        return visit_foot(x);
}

/* --- the form --- */

static const char *number(const Visit *x, uint64_t n) {
        return text_or(arena_printf(x->q->arena, "%" PRIu64, n), "");
}

static void values_of(const Visit *x, const Monitor *m, const char *ret[static NAMES]) {
        ret[0] = m->name;
        ret[1] = m->url;
        ret[2] = number(x, m->interval / USEC_PER_SEC);
        ret[3] = number(x, m->timeout / USEC_PER_MSEC);
        ret[4] = m->expected > 0 ? number(x, m->expected) : "";
        ret[5] = text_or(m->service_id, "");
        ret[6] = m->enabled ? "true" : "";
}

/* A shorter one that was allowed once does not keep a browser from sending what else was changed. */
static const char *interval_bounds(const Visit *x, const Monitor *m) {
        usec_t least = x->page->site->monitors.interval_min;

        return arena_printf(x->q->arena, "min=\"%" PRIu64 "\" max=\"86400\"", MIN(least, m->interval) / USEC_PER_SEC);
}
_Static_assert(PAGE_MONITOR_INTERVAL_MAX == 86400 * USEC_PER_SEC, "interval_bounds() says this number");

static int choose_service(Visit *x, const char *value) {
        Service *services = NULL;
        Option *options;
        size_t n = 0;
        int r = store_service_list(x->page->store, x->q->arena, &services, &n);

        options = r >= 0 ? arena_array(x->q->arena, n + 1, sizeof(*options)) : NULL;
        if (!options)
                return r < 0 ? r : -ENOMEM;
        options[0] = (Option) { "", tell(x, TELL_NO_SERVICE) };
        for (size_t i = 0; i < n; i++)
                options[i + 1] = (Option) { services[i].id, services[i].name };
        field_select(x, &(Field) { .name = "service_id", .label = TELL_ITS_SERVICE, .hint = TELL_ITS_SERVICE_HINT, .value = value }, options, n + 1);
        return 0;
}

/* @m: NULL for a new one */
static int monitor_form(Visit *x, const Monitor *m) {
        const usec_t interval = MAX(PAGE_MONITOR_INTERVAL, x->page->site->monitors.interval_min);
        const Monitor fresh = { .name = "", .url = "https://", .interval = interval, .timeout = PAGE_MONITOR_TIMEOUT, .enabled = true };
        const Monitor *now = m ? m : &fresh;
        const char *values[NAMES];
        int r;

        values_of(x, now, values);
        visit_head(x, m ? tell_fill(x, TELL_EDIT_OF, m->name) : tell(x, TELL_NEW_MONITOR));
        form_begin(x, NULL);
        field_input(x, &(Field) { .name = "name", .label = TELL_NAME, .value = values[0], .required = true, .attributes = "maxlength=\"120\" autocomplete=\"off\"" });
        field_input(x, &(Field) { .name = "url", .label = TELL_ADDRESS, .hint = TELL_ADDRESS_HINT, .value = values[1], .type = "url", .required = true,
                                  .attributes = "maxlength=\"2048\" autocomplete=\"off\" spellcheck=\"false\"" });
        field_input(x, &(Field) { .name = "interval_seconds", .label = TELL_INTERVAL, .value = values[2], .type = "number", .required = true,
                                  .attributes = interval_bounds(x, now) });
        field_input(x, &(Field) { .name = "timeout_ms", .label = TELL_TIMEOUT, .hint = TELL_TIMEOUT_HINT, .value = values[3], .type = "number", .required = true,
                                  .attributes = "min=\"100\" max=\"30000\"" });
        field_input(x, &(Field) { .name = "expected_status_code", .label = TELL_EXPECTED, .hint = TELL_EXPECTED_HINT, .value = values[4], .type = "number",
                                  .attributes = "min=\"200\" max=\"599\"" });
        r = choose_service(x, values[5]);
        if (r < 0)
                return r;
        field_box(x, "enabled", "true", tell(x, TELL_ENABLED), now->enabled);
        if (m)
                form_remember(x, names, values, NAMES);
        form_end(x, m ? TELL_SAVE : TELL_NEW_MONITOR, "main", MONITORS);
        if (m)
                (void) fprintf(x->v.f, "<p class=\"buttons\"><a class=\"button grave\" href=\"" MONITORS "/%s/delete\">%s</a></p>\n", m->id, tell(x, TELL_DELETE));
        return visit_foot(x);
}
_Static_assert(PAGE_NAME_CHARS_MAX == 120 && URL_MAX == 2048, "monitor_form() says these numbers");

static json_t *value_json(const char *name, const char *text) {
        bool numeric = strcmp(name, "interval_seconds") == 0 || strcmp(name, "timeout_ms") == 0 || strcmp(name, "expected_status_code") == 0;

        if (strcmp(name, "enabled") == 0)
                return json_boolean(*text);
        if (!*text && (strcmp(name, "expected_status_code") == 0 || strcmp(name, "service_id") == 0))
                return json_null();
        return numeric ? count_json(text) : json_string(text);
}

/* All fields of a new one, the changed ones of another. */
static json_t *monitor_body(const Visit *x, bool create) {
        json_t *body = json_object();

        for (size_t i = 0; i < NAMES && body; i++)
                if (create || form_changed(x, names[i]))
                        (void) json_object_set_new(body, names[i], value_json(names[i], text_entered(x, names[i])));
        return body;
}

int dashboard_monitor_new(Visit *x) {
        return monitor_form(x, NULL);
}

int dashboard_monitor_new_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        const char *done = NULL;
        json_t *body;
        int r = visit_once_done(x, &done);

        if (r != 0)
                return r < 0 ? r : visit_go(x, MONITORS, TELL_MONITOR_ADDED);
        body = monitor_body(x, true);
        r = body ? visit_call(x, monitor_write, NULL, body, NULL, NULL, reply) : -ENOMEM;
        if (r < 0)
                return r;
        if (r > 0)
                visit_once_note(x, text_or(json_string_value(json_object_get(reply->json, "id")), ""));
        if (reply->status < 300)
                return visit_go(x, MONITORS, TELL_MONITOR_ADDED);
        visit_name_taken(x, reply->json);
        x->a->status = reply->status;
        return monitor_form(x, NULL);
}

int dashboard_monitor_edit(Visit *x) {
        Monitor m;
        int r = store_monitor_by_id(x->page->store, x->q->arena, x->id, &m);

        return r == -ENOENT ? visit_not_found(x) : r < 0 ? r : monitor_form(x, &m);
}

int dashboard_monitor_edit_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        json_t *body;
        Monitor m;
        int r = store_monitor_by_id(x->page->store, x->q->arena, x->id, &m);

        if (r == -ENOENT)
                return visit_not_found(x);
        body = r < 0 ? NULL : monitor_body(x, false);
        if (!body)
                return r < 0 ? r : -ENOMEM;
        r = visit_call(x, monitor_write, m.id, body, NULL, NULL, reply);
        if (r != 0)
                return r < 0 ? r : visit_go(x, MONITORS, TELL_SAVED);
        visit_name_taken(x, reply->json);
        x->a->status = reply->status;
        return monitor_form(x, &m);
}

int dashboard_monitor_remove(Visit *x) {
        Monitor m;
        int r = store_monitor_by_id(x->page->store, x->q->arena, x->id, &m);

        if (r < 0)
                return r == -ENOENT ? visit_not_found(x) : r;
        return form_question(x, tell_fill(x, TELL_DELETE_MONITOR, m.name), TELL_DELETE_MONITOR_LONG, TELL_NOTHING, TELL_DELETE,
                             arena_printf(x->q->arena, MONITORS "/%s", m.id));
}

/* Gone already is as well: a second click. */
int dashboard_monitor_remove_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        int r = visit_call(x, monitor_delete, x->id, NULL, NULL, NULL, reply);

        return r < 0 ? r : visit_go(x, MONITORS, TELL_MONITOR_DELETED);
}
