/*
 * Services: what the page shows, in which order, and what a person says of them
 *
 * A form remembers what its fields held, and only what was changed is sent: a status that a program or another person has set meanwhile is
 * not set back by somebody who mends a name.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/show/html.h"

#define SERVICES DASHBOARD "/services"

static const char *const names[] = { "name", "group", "description", "status", "display_order" };
#define NAMES ARRAY_SIZE(names)

static void show_service(Visit *x, const Service *s) {
        const char *status = status_to_string(s->shown);
        unsigned level = s->group ? 3 : 2;
        FILE *f = x->v.f;

        (void) fprintf(f, "<li class=\"line\"><h%u>", level);
        if (visit_may(x, SCOPE_SERVICES_WRITE))
                (void) fprintf(f, "<a href=\"" SERVICES "/%s\">", s->id);
        html_text(f, s->name);
        (void) fprintf(f, "%s</h%u><span class=\"pill %s\">%s</span>", visit_may(x, SCOPE_SERVICES_WRITE) ? "</a>" : "", level, status,
                       word_impact(x->page->site->voice.language, s->shown));
        if (*s->description) {
                (void) fputs("<p class=\"when\">", f);
                html_text(f, s->description);
                (void) fputs("</p>", f);
        }
        (void) fputs("</li>\n", f);
}

int services_page(Visit *x) {
        Service *list = NULL;
        size_t n = 0;
        int r = store_service_list(x->page->store, x->q->arena, &list, &n);

        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_SERVICES));
        if (visit_may(x, SCOPE_SERVICES_WRITE))
                (void) fprintf(x->v.f, "<p class=\"buttons\"><a class=\"button main\" href=\"" SERVICES "/new\">%s</a></p>\n", tell(x, TELL_NEW_SERVICE));
        if (n == 0)
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NO_SERVICES));
        for (size_t i = 0; i < n; i++) {
                bool begins = i == 0 || !text_equal(list[i].group, list[i - 1].group);

                if (begins && list[i].group) {
                        (void) fputs("<h2>", x->v.f);
                        html_text(x->v.f, list[i].group);
                        (void) fputs("</h2>\n", x->v.f);
                }
                if (begins)
                        (void) fputs("<ul class=\"panel lines\">\n", x->v.f);
                show_service(x, &list[i]);
                if (i + 1 == n || !text_equal(list[i].group, list[i + 1].group))
                        (void) fputs("</ul>\n", x->v.f);
        }
        return visit_foot(x);
}

static void values_of(const Visit *x, const Service *s, const char *ret[static NAMES]) {
        ret[0] = s->name;
        ret[1] = text_or(s->group, "");
        ret[2] = s->description;
        ret[3] = status_to_string(s->manual);
        ret[4] = text_or(arena_printf(x->q->arena, "%" PRIi64, s->display_order), "0");
}

static void show_status(Visit *x, const char *value) {
        Option options[IMPACTS];

        for (size_t i = 0; i < IMPACTS; i++)
                options[i] = (Option) { status_to_string((Impact) i), word_impact(x->page->site->voice.language, (Impact) i) };
        field_select(x, &(Field) { .name = "status", .label = TELL_STATUS, .hint = TELL_STATUS_HINT, .value = value, .required = true }, options, IMPACTS);
}

static int service_form(Visit *x, const Service *s) {
        static const Service empty = { .name = "", .description = "" };
        const char *values[NAMES];

        values_of(x, s ? s : &empty, values);
        visit_head(x, s ? tell_fill(x, TELL_EDIT_OF, s->name) : tell(x, TELL_NEW_SERVICE));
        form_begin(x, NULL);
        field_input(x, &(Field) { .name = "name", .label = TELL_NAME, .value = values[0], .required = true, .attributes = "maxlength=\"120\" autocomplete=\"off\"" });
        field_input(x, &(Field) { .name = "group", .label = TELL_GROUP, .hint = TELL_GROUP_HINT, .value = values[1],
                                  .attributes = "maxlength=\"120\" autocomplete=\"off\"" });
        field_text(x, &(Field) { .name = "description", .label = TELL_SERVICE_NOTE, .value = values[2] }, 2);
        show_status(x, values[3]);
        field_input(x, &(Field) { .name = "display_order", .label = TELL_ORDER, .hint = TELL_ORDER_HINT, .value = values[4], .type = "number",
                                  .attributes = "min=\"0\" max=\"1000000\"", .required = true });
        if (s)
                form_remember(x, names, values, NAMES);
        form_end(x, s ? TELL_SAVE : TELL_NEW_SERVICE, "main", SERVICES);
        if (s)
                (void) fprintf(x->v.f, "<p class=\"buttons\"><a class=\"button grave\" href=\"" SERVICES "/%s/delete\">%s</a></p>\n", s->id, tell(x, TELL_DELETE));
        return visit_foot(x);
}

int service_new(Visit *x) {
        return service_form(x, NULL);
}

static json_t *value_json(const char *name, const char *text) {
        if (strcmp(name, "display_order") == 0)
                return count_json(text);
        return strcmp(name, "group") == 0 && !*text ? json_null() : json_string(text);
}

/* All fields of a new one, the changed ones of another. */
static json_t *service_body(const Visit *x, bool create) {
        json_t *body = json_object();

        for (size_t i = 0; i < NAMES && body; i++)
                if (create || form_changed(x, names[i]))
                        (void) json_object_set_new(body, names[i], value_json(names[i], text_entered(x, names[i])));
        return body;
}

int service_new_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        const char *done = NULL;
        json_t *body;
        int r = visit_once_done(x, &done);

        if (r != 0)
                return r < 0 ? r : visit_go(x, SERVICES, TELL_SERVICE_ADDED);
        body = service_body(x, true);
        r = body ? visit_call(x, service_post, NULL, body, NULL, NULL, reply) : -ENOMEM;
        if (r < 0)
                return r;
        if (r > 0)
                visit_once_note(x, text_or(json_string_value(json_object_get(reply->json, "id")), ""));
        if (reply->status < 300)
                return visit_go(x, SERVICES, TELL_SERVICE_ADDED);
        visit_name_taken(x, reply->json);
        x->a->status = reply->status;
        return service_form(x, NULL);
}

int service_edit(Visit *x) {
        Service s;
        int r = store_service_by_id(x->page->store, x->q->arena, x->id, &s);

        return r == -ENOENT ? visit_not_found(x) : r < 0 ? r : service_form(x, &s);
}

int service_edit_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        json_t *body;
        Service s;
        int r = store_service_by_id(x->page->store, x->q->arena, x->id, &s);

        if (r == -ENOENT)
                return visit_not_found(x);
        body = r < 0 ? NULL : service_body(x, false);
        if (!body)
                return r < 0 ? r : -ENOMEM;
        r = visit_call(x, service_patch, s.id, body, NULL, NULL, reply);
        if (r != 0)
                return r < 0 ? r : visit_go(x, SERVICES, TELL_SAVED);
        visit_name_taken(x, reply->json);
        x->a->status = reply->status;
        return service_form(x, &s);
}

static int remove_form(Visit *x, const Service *s) {
        return form_question(x, tell_fill(x, TELL_DELETE_SERVICE, s->name), TELL_DELETE_SERVICE_LONG, TELL_NOTHING, TELL_DELETE,
                             arena_printf(x->q->arena, SERVICES "/%s", s->id));
}

int service_remove(Visit *x) {
        Service s;
        int r = store_service_by_id(x->page->store, x->q->arena, x->id, &s);

        return r == -ENOENT ? visit_not_found(x) : r < 0 ? r : remove_form(x, &s);
}

int service_remove_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        Service s;
        int r = store_service_by_id(x->page->store, x->q->arena, x->id, &s);

        if (r == -ENOENT) /* a second click */
                return visit_go(x, SERVICES, TELL_SERVICE_DELETED);
        if (r >= 0)
                r = visit_call(x, service_delete, s.id, NULL, NULL, NULL, reply);
        if (r != 0)
                return r < 0 ? r : visit_go(x, SERVICES, TELL_SERVICE_DELETED);
        x->a->status = reply->status;
        return remove_form(x, &s);
}
_Static_assert(PAGE_NAME_CHARS_MAX == 120 && PAGE_DISPLAY_ORDER_MAX == 1000000, "service_form() says these numbers");
