/*
 * The form of a window: for a new one, and for one that is changed
 */
#include <string.h>

#include "base/text.h"
#include "page/dashboard/field.h"
#include "page/dashboard/window.h"
#include "page/show/html.h"

/* Ids become names. */
static const char *services_named(const Visit *x, const char *ids, const Service *all, size_t n) {
        const char *text = "";

        for (size_t i = 0; i < n && text; i++)
                if (strstr(ids, all[i].id))
                        text = arena_printf(x->q->arena, "%s%s%s", text, *text ? ", " : "", all[i].name);
        return text_or(text, tell(x, TELL_EMPTY));
}

static const char *value_shown(const Visit *x, const Plan *p, PlanField f, const Service *all, size_t n) {
        const char *value = p->values[f];

        if (f >= PLAN_AUTO)
                return tell(x, *value ? TELL_YES : TELL_NO);
        if (f == PLAN_SERVICES)
                return services_named(x, value, all, n);
        if (f == PLAN_IMPACT && impact_from_string(value) >= 0)
                return word_impact(x->page->site->voice.language, (Impact) impact_from_string(value));
        if (f == PLAN_START || f == PLAN_END)
                return text_or(arena_printf(x->q->arena, "%s %s", value, p->zone), value);
        return text_or(value, tell(x, TELL_EMPTY));
}

static void show_conflict(Visit *x, const Editing *e, const Service *all, size_t n) {
        FILE *f = x->v.f;

        if (!e->stored || e->theirs == 0)
                return;
        (void) fputs("<dl class=\"panel card changes\">\n", f);
        for (size_t i = 0; i < PLAN_FIELDS; i++) {
                if (!(e->theirs & BIT(i)))
                        continue;
                (void) fprintf(f, "<div><dt>%s</dt><dd>", tell(x, plan_label((PlanField) i)));
                html_text(f, tell_fill(x, TELL_IS_NOW, value_shown(x, e->stored, (PlanField) i, all, n)));
                if (text_equal(e->stored->values[i], e->plan.values[i]))
                        (void) fprintf(f, "<br><em>%s</em>", tell(x, TELL_TAKEN_OVER));
                (void) fputs("</dd></div>\n", f);
        }
        (void) fputs("</dl>\n", f);
}

static int show_preview(Visit *x, const Plan *p, const Service *all, size_t n) {
        usec_t start, end;
        FILE *f = x->v.f;
        int r;

        plan_period(x, p, &start, &end);
        (void) fprintf(f, "<section class=\"preview\" aria-labelledby=\"preview\">\n<h2 id=\"preview\">%s</h2>\n<p class=\"hint\">%s</p>\n<article class=\"panel card scheduled\">\n<h3>",
                       tell(x, TELL_PREVIEW), tell(x, TELL_PREVIEW_NOTE));
        html_text(f, text_or(p->values[PLAN_TITLE], "…"));
        (void) fputs("</h3>\n", f);
        if (start > 0)
                show_period(&x->v, start, end, "to-come");
        (void) fputs("<div class=\"text\">\n", f);
        r = html_markdown(f, p->values[PLAN_DESCRIPTION]);
        (void) fprintf(f, "</div>\n<p class=\"affected\"><span class=\"label\">%s</span> ", word(x->page->site->voice.language, WORD_AFFECTED));
        html_text(f, services_named(x, p->values[PLAN_SERVICES], all, n));
        (void) fputs("</p>\n</article>\n</section>\n", f);
        return r;
}

/* Which of two, where it was asked for or said. */
static void show_fold(Visit *x, const Plan *p, PlanField f, const char *fold, Tell label) {
        const json_t *list = json_object_get(x->errors, plan_name(f));
        const char *name = text_or(arena_printf(x->q->arena, "%s_fold", plan_name(f)), "");
        bool asked = text_equal(json_string_value(json_array_get(list, 0)), tell_fill(x, TELL_TIME_TWICE, p->zone));

        if (!asked && !*fold)
                return;
        field_group(x, &(Field) { .name = name, .label = label });
        field_radio(x, name, "first", tell(x, TELL_FIRST), strcmp(fold, "first") == 0);
        field_radio(x, name, "second", tell(x, TELL_SECOND), strcmp(fold, "second") == 0);
        field_group_end(x);
}

static void show_time_field(Visit *x, const Plan *p, PlanField f) {
        field_input(x, &(Field) { .name = plan_name(f), .label = plan_label(f), .value = p->values[f], .type = "datetime-local", .required = true,
                                  .attributes = strlen(p->values[f]) > strlen("2027-02-01T02:00") ? "step=\"1\"" : NULL });
}

static void show_times(Visit *x, const Plan *p, unsigned editable) {
        (void) fputs("<div class=\"columns\">\n", x->v.f);
        if (editable & BIT(PLAN_START))
                show_time_field(x, p, PLAN_START);
        show_time_field(x, p, PLAN_END);
        field_input(x, &(Field) { .name = "zone", .label = TELL_ZONE, .hint = TELL_ZONE_HINT, .value = p->zone, .required = true,
                                  .attributes = "maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\"" });
        (void) fputs("</div>\n", x->v.f);
        if (editable & BIT(PLAN_START))
                show_fold(x, p, PLAN_START, p->start_fold, TELL_WHICH_START);
        show_fold(x, p, PLAN_END, p->end_fold, TELL_WHICH_END);
}

static void show_services_field(Visit *x, const Plan *p, const Service *all, size_t n) {
        if (n == 0)
                return;
        field_group(x, &(Field) { .name = plan_name(PLAN_SERVICES), .label = TELL_AFFECTED, .hint = TELL_AFFECTED_HINT });
        (void) fputs("<div class=\"boxes\">\n", x->v.f);
        for (size_t i = 0; i < n; i++)
                field_box(x, plan_name(PLAN_SERVICES), all[i].id, all[i].name, strstr(p->values[PLAN_SERVICES], all[i].id) != NULL);
        (void) fputs("</div>\n", x->v.f);
        field_group_end(x);
}

static void show_impact(Visit *x, const Plan *p) {
        Language l = x->page->site->voice.language;
        Option options[IMPACTS];

        for (size_t i = 0; i < IMPACTS; i++)
                options[i] = (Option) { impact_to_string((Impact) i), i == IMPACT_OPERATIONAL ? tell(x, TELL_IMPACT_NONE) : word_impact(l, (Impact) i) };
        field_select(x, &(Field) { .name = plan_name(PLAN_IMPACT), .label = TELL_IMPACT, .value = p->values[PLAN_IMPACT], .required = true }, options, IMPACTS);
}

static void show_boxes(Visit *x, const Plan *p, PlanField from, PlanField to) {
        for (size_t i = from; i <= to; i++)
                field_box(x, plan_name((PlanField) i), "on", tell(x, plan_label((PlanField) i)), *p->values[i]);
}

static void show_rest(Visit *x, const Plan *p) {
        field_group(x, &(Field) { .name = "behaviour", .label = TELL_BEHAVIOUR });
        show_boxes(x, p, PLAN_AUTO, PLAN_PAUSE);
        field_group_end(x);
        field_group(x, &(Field) { .name = "notify_on", .label = TELL_NOTIFY });
        show_boxes(x, p, PLAN_ON_SCHEDULE, PLAN_ON_CANCEL);
        field_group_end(x);
        field_input(x, &(Field) { .name = plan_name(PLAN_REMINDERS), .label = TELL_REMINDERS, .hint = TELL_REMINDERS_HINT, .value = p->values[PLAN_REMINDERS],
                                  .attributes = "maxlength=\"200\" autocomplete=\"off\"" });
}

static void show_texts(Visit *x, const Plan *p) {
        field_input(x, &(Field) { .name = plan_name(PLAN_TITLE), .label = TELL_TITLE, .hint = TELL_TITLE_HINT, .value = p->values[PLAN_TITLE], .required = true,
                                  .attributes = "maxlength=\"200\" autocomplete=\"off\"" });
        field_text(x, &(Field) { .name = plan_name(PLAN_DESCRIPTION), .label = TELL_DESCRIPTION, .hint = TELL_DESCRIPTION_HINT,
                                 .value = p->values[PLAN_DESCRIPTION] }, 8);
}
_Static_assert(PAGE_TITLE_CHARS_MAX == 200, "show_texts() says this number");

static void show_fields(Visit *x, const Editing *e, const Service *all, size_t n) {
        unsigned editable = e->w ? plan_editable(e->w->m.state) : PLAN_ALL;

        show_texts(x, &e->plan);
        if (editable & BIT(PLAN_END)) {
                show_times(x, &e->plan, editable);
                show_services_field(x, &e->plan, all, n);
                show_impact(x, &e->plan);
                show_rest(x, &e->plan);
        }
        if (!e->w)
                return;
        form_hidden(x, "version", e->version);
        form_hidden(x, "was", e->digests);
        field_box(x, "quiet", "on", tell(x, TELL_QUIET), e->quiet);
        window_aware(x, e->w);
}

int editing_show(Visit *x, const Editing *e) {
        const char *title = e->w ? tell_fill(x, TELL_EDIT_OF, e->w->m.title) : tell(x, TELL_NEW);
        const char *back = e->w ? window_path(x, e->w, "") : DASHBOARD;
        Service *all = NULL;
        size_t n = 0;
        int r = store_service_list(x->page->store, x->q->arena, &all, &n);

        if (r < 0)
                return r;
        if (!back)
                return -ENOMEM;
        visit_head(x, title);
        if (e->w)
                window_managed(x, e->w, TELL_MANAGED_EDIT);
        if (e->preview)
                r = show_preview(x, &e->plan, all, n);
        form_begin(x, NULL);
        show_conflict(x, e, all, n);
        show_fields(x, e, all, n);
        (void) fprintf(x->v.f, "<p class=\"buttons\"><button type=\"submit\" class=\"main\">%s</button> <button type=\"submit\" name=\"preview\" value=\"on\">%s</button>"
                               " <a class=\"button\" href=\"%s\">%s</a></p>\n</form>\n", tell(x, e->w ? TELL_SAVE : TELL_SCHEDULE), tell(x, TELL_PREVIEW), back, tell(x, TELL_BACK));
        return r < 0 ? r : visit_foot(x);
}
