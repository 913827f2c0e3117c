/*
 * One window: where it stands, what it says, what can be done with it
 */
#include "page/dashboard/window.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/field.h"
#include "page/show/html.h"

int window_read(const Visit *x, Window *ret) {
        Window w = { 0 };
        int r = store_maintenance_by_id(x->page->store, x->q->arena, x->id, &w.m);

        if (r >= 0)
                r = store_window_services(x->page->store, x->q->arena, w.m.seq, &w.services, &w.n_services);
        if (r < 0)
                return r;
        w.managed = managed_by(x->q->arena, w.m.external_id, &w.by);
        *ret = w;
        return 0;
}

const char *window_path(const Visit *x, const Window *w, const char *rest) {
        return arena_printf(x->q->arena, DASHBOARD "/windows/%s%s", w->m.id, rest);
}

const char *version_of(const Visit *x, const Window *w) {
        return arena_printf(x->q->arena, "%" PRIi64, w->m.version);
}

const char *version_entered(const Visit *x) {
        const char *version = text_or(form_value(&x->form, "version"), "0");

        return strspn(version, "0123456789") == strlen(version) ? version : "0";
}

bool is_conflict(const json_t *answer) {
        return text_equal(json_string_value(json_object_get(answer, "code")), "VERSION_MISMATCH");
}

void window_managed(const Visit *x, const Window *w, Tell consequence) {
        FILE *f = x->v.f;

        if (!w->managed)
                return;
        (void) fprintf(f, "<div class=\"notice warn\">\n<p><strong>%s</strong> (", tell(x, TELL_MANAGED));
        html_text(f, w->by.instance);
        (void) fputs("). ", f);
        html_text(f, w->by.manifest ? tell_fill(x, TELL_MANAGED_FROM, w->by.manifest) : tell(x, TELL_MANAGED_UNNAMED));
        (void) fputs("</p>\n", f);
        if (consequence != TELL_NOTHING)
                (void) fprintf(f, "<p>%s</p>\n", tell(x, consequence));
        (void) fputs("</div>\n", f);
}

void window_aware(Visit *x, const Window *w) {
        if (!w->managed)
                return;
        (void) fputs("<div class=\"field\" id=\"aware\">\n", x->v.f);
        field_problem(x, "aware");
        field_box(x, "aware", "on", tell(x, TELL_AWARE), false);
        (void) fputs("</div>\n", x->v.f);
}

bool window_aware_given(Visit *x, const Window *w) {
        if (!w->managed || form_value(&x->form, "aware"))
                return true;
        field_wrong(x, "aware", tell(x, TELL_AWARE_MISSING));
        return false;
}

void window_brief(Visit *x, const Window *w) {
        (void) fputs("<article class=\"panel card brief\">\n<h2>", x->v.f);
        html_text(x->v.f, w->m.title);
        (void) fprintf(x->v.f, " <span class=\"pill %s\">%s</span></h2>\n", state_to_string(w->m.state),
                       word_state(x->page->site->voice.language, w->m.state));
        show_period(&x->v, occasion_start(&w->m), occasion_end(&w->m), "over");
        (void) fputs("</article>\n", x->v.f);
}

static void fact_text(const Visit *x, Tell name, const char *text) {
        (void) fprintf(x->v.f, "<div><dt>%s</dt><dd>", tell(x, name));
        html_text(x->v.f, text);
        (void) fputs("</dd></div>\n", x->v.f);
}

static void fact_moment(const Visit *x, Tell name, usec_t t) {
        char phrase[PHRASE_SIZE];

        if (t > 0)
                fact_text(x, name, phrase_moment(&x->page->site->voice, t, x->v.now, phrase));
}

/* The first letters of the form's own words would be too long here: which of the five are on. */
static const char *notifications(const Visit *x, const Maintenance *m) {
        const char *text = "";

        for (size_t i = PLAN_ON_SCHEDULE; i <= PLAN_ON_CANCEL && text; i++) {
                static const unsigned bits[] = { NOTIFY_SCHEDULE, NOTIFY_START, NOTIFY_UPDATE, NOTIFY_COMPLETE, NOTIFY_CANCEL };

                if (m->notify & bits[i - PLAN_ON_SCHEDULE])
                        text = arena_printf(x->q->arena, "%s%s%s", text, *text ? " · " : "", tell(x, plan_label((PlanField) i)));
        }
        return text_or(text, tell(x, TELL_NOTIFY_NONE));
}

static const char *services_text(const Visit *x, const Window *w) {
        const char *text = "";

        for (size_t i = 0; i < w->n_services && text; i++)
                text = arena_printf(x->q->arena, "%s%s%s", text, i > 0 ? ", " : "", w->services[i].name);
        return text_or(text, "–");
}

static void show_facts(Visit *x, const Window *w, const Plan *p) {
        Language l = x->page->site->voice.language;
        const Maintenance *m = &w->m;

        (void) fprintf(x->v.f, "<dl class=\"facts\">\n<div><dt>%s</dt><dd>", tell(x, TELL_PLANNED));
        show_period(&x->v, m->start, m->end, "over");
        (void) fputs("</dd></div>\n", x->v.f);
        fact_moment(x, TELL_STARTED, m->started_at);
        fact_moment(x, m->state == STATE_CANCELLED ? TELL_CANCELLED_AT : TELL_COMPLETED_AT, m->finished_at);
        fact_text(x, TELL_AFFECTED, services_text(x, w));
        fact_text(x, TELL_IMPACT, m->impact == IMPACT_OPERATIONAL ? tell(x, TELL_IMPACT_NONE) : word_impact(l, m->impact));
        fact_text(x, TELL_TRANSITIONS, tell(x, m->auto_transition ? TELL_BY_ITSELF : TELL_BY_HAND));
        fact_text(x, TELL_MONITORS, tell(x, m->pause_monitors ? TELL_MONITORS_PAUSED : TELL_MONITORS_KEPT));
        fact_text(x, TELL_NOTIFICATIONS, notifications(x, m));
        if (m->n_reminders > 0)
                fact_text(x, TELL_REMINDERS, p->values[PLAN_REMINDERS]);
        if (m->external_id)
                fact_text(x, TELL_EXTERNAL_ID, m->external_id);
        (void) fputs("</dl>\n", x->v.f);
}

static int show_story(Visit *x, const Window *w) {
        Occasion o = { .m = w->m };
        int r = store_updates(x->page->store, x->q->arena, w->m.seq, PAGE_UPDATES_MAX, &o.updates, &o.n_updates);

        if (r < 0)
                return r;
        if (*w->m.description) {
                (void) fprintf(x->v.f, "<h2>%s</h2>\n<div class=\"text\">\n", tell(x, TELL_DESCRIPTION));
                r = html_markdown(x->v.f, w->m.description);
                (void) fputs("</div>\n", x->v.f);
        }
        (void) fprintf(x->v.f, "<h2>%s</h2>\n", tell(x, TELL_UPDATES));
        if (o.n_updates == 0)
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NO_UPDATES));
        return r < 0 ? r : show_updates(&x->v, &o, SIZE_MAX);
}

int window_page(Visit *x) {
        Window w;
        Plan p;
        int r = window_read(x, &w);

        if (r == -ENOENT)
                return visit_not_found(x);
        if (r >= 0)
                r = plan_of(x, &w.m, w.services, w.n_services, &p);
        if (r < 0)
                return r;
        visit_head(x, w.m.title);
        (void) fprintf(x->v.f, "<p><span class=\"pill %s\">%s</span></p>\n", state_to_string(w.m.state), word_state(x->page->site->voice.language, w.m.state));
        window_managed(x, &w, TELL_NOTHING);
        if (visit_may(x, SCOPE_MAINTENANCE_WRITE))
                window_steps(x, &w);
        show_facts(x, &w, &p);
        r = show_story(x, &w);
        (void) fprintf(x->v.f, "<p class=\"more\"><a href=\"/maintenance/%s\">%s</a></p>\n", w.m.id, tell(x, TELL_ON_PUBLIC_PAGE));
        return r < 0 ? r : visit_foot(x);
}
