/*
 * Forms of the dashboard: fields with their labels, what is wrong with them, and what had been entered
 */
#include "page/dashboard/field.h"

#include <string.h>

#include "base/text.h"
#include "page/rest/input.h"
#include "page/show/html.h"

#define ONCE_CHARS 26u

static const struct {
        const char *name;
        Tell tell;
} done[] = {
        { "signed-out", TELL_SIGNED_OUT },
        { "scheduled", TELL_SCHEDULED },
        { "saved", TELL_SAVED },
        { "unchanged", TELL_UNCHANGED },
        { "started", TELL_HAS_STARTED },
        { "extended", TELL_IS_EXTENDED },
        { "completed", TELL_IS_COMPLETED },
        { "cancelled", TELL_IS_CANCELLED },
        { "posted", TELL_IS_POSTED },
        { "service-added", TELL_SERVICE_ADDED },
        { "service-deleted", TELL_SERVICE_DELETED },
        { "key-removed", TELL_KEY_REMOVED },
        { "asked", TELL_ASKED_AGAIN },
        { "removed", TELL_REMOVED },
        { "monitor-added", TELL_MONITOR_ADDED },
        { "monitor-deleted", TELL_MONITOR_DELETED },
        { "retried", TELL_RETRIED },
        { "dropped", TELL_DROPPED },
};

const char *done_name(Tell w) {
        for (size_t i = 0; i < ARRAY_SIZE(done); i++)
                if (done[i].tell == w)
                        return done[i].name;
        return "";
}

Tell done_tell(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(done); i++)
                if (strcmp(done[i].name, name) == 0)
                        return done[i].tell;
        return TELL_NOTHING;
}

static bool came_back(const Visit *x) {
        return x->form.n > 0;
}

const char *field_value(const Visit *x, const char *name, const char *fallback) {
        const char *entered = came_back(x) ? text_or(form_value(&x->form, name), "") : fallback;

        return text_or(entered, "");
}

const char *text_entered(const Visit *x, const char *name) {
        char *text = arena_strdup(x->q->arena, text_or(form_value(&x->form, name), "")), *to = text;

        if (!text)
                return "";
        for (const char *p = text; *p; p++)
                if (*p != '\r' || p[1] != '\n')
                        *to++ = *p;
        *to = '\0';
        return text;
}

bool field_ticked(const Visit *x, const char *name, const char *value, bool fallback) {
        for (size_t i = 0; i < x->form.n; i++)
                if (strcmp(x->form.fields[i].name, name) == 0 && strcmp(x->form.fields[i].value, value) == 0)
                        return true;
        return came_back(x) ? false : fallback;
}

void field_wrong(Visit *x, const char *name, const char *text) {
        if (!x->errors)
                x->errors = json_object();
        field_error(x->errors, name, "%s", text);
}

bool fields_wrong(const Visit *x) {
        return json_object_size(x->errors) > 0;
}

static const json_t *problems_of(const Visit *x, const char *name) {
        return json_object_get(x->errors, name);
}

static void show_problems(Visit *x, const json_t *list) {
        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *text = json_string_value(json_array_get(list, i));

                (void) fputs(i > 0 ? " · " : "", x->v.f);
                html_text(x->v.f, text_or(tell_problem(x->q->arena, x->page->site->voice.language, text_or(text, "")), ""));
        }
}

void field_problem(Visit *x, const char *name) {
        const json_t *list = problems_of(x, name);

        if (!list)
                return;
        (void) fprintf(x->v.f, "<p class=\"wrong\" id=\"%s-wrong\">", name);
        show_problems(x, list);
        (void) fputs("</p>\n", x->v.f);
}

/* What the list on top calls a field, in the order of the forms. Others come last, without a name. */
static const struct {
        const char *name;
        Tell label;
} labels[] = {
        { "title", TELL_TITLE },
        { "name", TELL_NAME },
        { "description", TELL_DESCRIPTION },
        { "scheduled_start", TELL_START },
        { "by", TELL_NEW_END },
        { "scheduled_end", TELL_END },
        { "zone", TELL_ZONE },
        { "service_ids", TELL_AFFECTED },
        { "impact", TELL_IMPACT },
        { "reminder_minutes", TELL_REMINDERS },
        { "message", TELL_MESSAGE },
        { "group", TELL_GROUP },
        { "display_order", TELL_ORDER },
        { "status", TELL_STATUS },
        { "scope", TELL_SCOPES },
        { "url", TELL_ADDRESS },
        { "interval_seconds", TELL_INTERVAL },
        { "timeout_ms", TELL_TIMEOUT },
        { "expected_status_code", TELL_EXPECTED },
        { "service_id", TELL_ITS_SERVICE },
        { "type", TELL_TYPE },
        { "endpoint", TELL_ENDPOINT },
        { "services", TELL_ONLY_SERVICES },
        { "key", TELL_KEY },
        { "aware", TELL_MANAGED },
};

static void show_item(Visit *x, const char *name, Tell label, const json_t *list) {
        (void) fputs("<li><a href=\"#", x->v.f);
        html_text(x->v.f, name);
        (void) fputs("\">", x->v.f);
        if (label != TELL_NOTHING)
                (void) fprintf(x->v.f, "%s: ", tell(x, label));
        show_problems(x, list);
        (void) fputs("</a></li>\n", x->v.f);
}

static bool is_labelled(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
                if (strcmp(labels[i].name, name) == 0)
                        return true;
        return false;
}

static void show_items(Visit *x) {
        const char *name;
        json_t *list;

        (void) fputs("<ul>\n", x->v.f);
        for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
                if (problems_of(x, labels[i].name))
                        show_item(x, labels[i].name, labels[i].label, problems_of(x, labels[i].name));
        json_object_foreach(x->errors, name, list)
                if (!is_labelled(name))
                        show_item(x, name, TELL_NOTHING, list);
        (void) fputs("</ul>\n", x->v.f);
}

static void show_summary(Visit *x) {
        if (!fields_wrong(x) && !x->notice)
                return;
        (void) fputs("<div class=\"notice bad\" role=\"alert\">\n<p>", x->v.f);
        html_text(x->v.f, x->notice ? x->notice : tell(x, TELL_SUMMARY));
        (void) fputs("</p>\n", x->v.f);
        if (fields_wrong(x))
                show_items(x);
        (void) fputs("</div>\n", x->v.f);
}

void form_hidden(const Visit *x, const char *name, const char *value) {
        (void) fprintf(x->v.f, "<input type=\"hidden\" name=\"%s\" value=\"", name);
        html_text(x->v.f, value);
        (void) fputs("\">\n", x->v.f);
}

static const char *was_name(const Visit *x, const char *name) {
        return text_or(arena_printf(x->q->arena, "was_%s", name), "");
}

void form_remember(const Visit *x, const char *const *names, const char *const *values, size_t n) {
        for (size_t i = 0; i < n; i++)
                form_hidden(x, was_name(x, names[i]), field_value(x, was_name(x, names[i]), values[i]));
}

bool form_changed(const Visit *x, const char *name) {
        const char *was = was_name(x, name);

        return !form_value(&x->form, was) || strcmp(text_entered(x, was), text_entered(x, name)) != 0;
}

void form_begin(Visit *x, const char *action) {
        char once[ONCE_CHARS + 1];

        show_summary(x);
        (void) fputs("<form class=\"form\" method=\"post\"", x->v.f);
        if (action)
                (void) fprintf(x->v.f, " action=\"%s\"", action);
        (void) fputs(">\n", x->v.f);
        if (x->csrf[0])
                form_hidden(x, "csrf", x->csrf);
        if (x->csrf[0] && random_text(once, ONCE_CHARS) >= 0)
                form_hidden(x, "once", once);
}

void form_end(Visit *x, Tell button, const char *class, const char *back) {
        (void) fprintf(x->v.f, "<p class=\"buttons\"><button type=\"submit\" class=\"%s\">%s</button>", class, tell(x, button));
        if (back)
                (void) fprintf(x->v.f, " <a class=\"button\" href=\"%s\">%s</a>", back, tell(x, TELL_BACK));
        (void) fputs("</p>\n</form>\n", x->v.f);
}

int form_question(Visit *x, const char *title, Tell lead, Tell warning, Tell button, const char *back) {
        visit_head(x, title);
        (void) fprintf(x->v.f, "<p class=\"lead\">%s</p>\n", tell(x, lead));
        if (warning != TELL_NOTHING)
                (void) fprintf(x->v.f, "<div class=\"notice warn\"><p>%s</p></div>\n", tell(x, warning));
        form_begin(x, NULL);
        form_end(x, button, "grave", back);
        return visit_foot(x);
}

static void show_label(Visit *x, const Field *field) {
        (void) fprintf(x->v.f, "<label for=\"%s\">%s%s%s%s</label>\n", field->name, tell(x, field->label), field->required ? "" : " <span>(",
                       field->required ? "" : tell(x, TELL_OPTIONAL), field->required ? "" : ")</span>");
}

static void show_hint(Visit *x, const Field *field) {
        if (field->hint != TELL_NOTHING)
                (void) fprintf(x->v.f, "<p class=\"hint\" id=\"%s-hint\">%s</p>\n", field->name, tell(x, field->hint));
        field_problem(x, field->name);
}

/* id, name, and what describes it. */
static void show_attributes(Visit *x, const Field *field) {
        bool wrong = problems_of(x, field->name) != NULL, hint = field->hint != TELL_NOTHING;

        (void) fprintf(x->v.f, " id=\"%s\" name=\"%s\"%s%s", field->name, field->name, field->required ? " required" : "", wrong ? " aria-invalid=\"true\"" : "");
        if (wrong || hint)
                (void) fprintf(x->v.f, " aria-describedby=\"%s%s%s%s%s\"", hint ? field->name : "", hint ? "-hint" : "", hint && wrong ? " " : "",
                               wrong ? field->name : "", wrong ? "-wrong" : "");
        if (field->attributes)
                (void) fprintf(x->v.f, " %s", field->attributes);
}

void field_input(Visit *x, const Field *field) {
        bool secret = field->type && strcmp(field->type, "password") == 0;

        (void) fputs("<div class=\"field\">\n", x->v.f);
        show_label(x, field);
        show_hint(x, field);
        (void) fprintf(x->v.f, "<input type=\"%s\"", field->type ? field->type : "text");
        show_attributes(x, field);
        if (!secret) {
                (void) fputs(" value=\"", x->v.f);
                html_text(x->v.f, field_value(x, field->name, field->value));
                (void) fputs("\"", x->v.f);
        }
        (void) fputs(">\n</div>\n", x->v.f);
}

void field_text(Visit *x, const Field *field, unsigned rows) {
        (void) fputs("<div class=\"field\">\n", x->v.f);
        show_label(x, field);
        show_hint(x, field);
        (void) fprintf(x->v.f, "<textarea rows=\"%u\"", rows);
        show_attributes(x, field);
        (void) fputs(">\n", x->v.f); /* a first line break is dropped by browsers */
        html_text(x->v.f, field_value(x, field->name, field->value));
        (void) fputs("</textarea>\n</div>\n", x->v.f);
}

void field_select(Visit *x, const Field *field, const Option *options, size_t n) {
        const char *chosen = field_value(x, field->name, field->value);

        (void) fputs("<div class=\"field\">\n", x->v.f);
        show_label(x, field);
        show_hint(x, field);
        (void) fputs("<select", x->v.f);
        show_attributes(x, field);
        (void) fputs(">\n", x->v.f);
        for (size_t i = 0; i < n; i++) {
                (void) fputs("<option value=\"", x->v.f);
                html_text(x->v.f, options[i].value);
                (void) fprintf(x->v.f, "\"%s>", strcmp(options[i].value, chosen) == 0 ? " selected" : "");
                html_text(x->v.f, options[i].label);
                (void) fputs("</option>\n", x->v.f);
        }
        (void) fputs("</select>\n</div>\n", x->v.f);
}

void field_group(Visit *x, const Field *field) {
        bool wrong = problems_of(x, field->name) != NULL;

        (void) fprintf(x->v.f, "<fieldset id=\"%s\"%s%s%s>\n<legend>%s</legend>\n", field->name, wrong ? " aria-describedby=\"" : "", wrong ? field->name : "",
                       wrong ? "-wrong\"" : "", tell(x, field->label));
        show_hint(x, field);
}

void field_group_end(const Visit *x) {
        (void) fputs("</fieldset>\n", x->v.f);
}

static void show_choice(Visit *x, const char *type, const char *name, const char *value, const char *label, bool ticked) {
        (void) fprintf(x->v.f, "<label class=\"box\"><input type=\"%s\" name=\"%s\" value=\"", type, name);
        html_text(x->v.f, value);
        (void) fprintf(x->v.f, "\"%s> <span>", field_ticked(x, name, value, ticked) ? " checked" : "");
        html_text(x->v.f, label);
        (void) fputs("</span></label>\n", x->v.f);
}

void field_box(Visit *x, const char *name, const char *value, const char *label, bool ticked) {
        show_choice(x, "checkbox", name, value, label, ticked);
}

void field_radio(Visit *x, const char *name, const char *value, const char *label, bool chosen) {
        show_choice(x, "radio", name, value, label, chosen);
}
