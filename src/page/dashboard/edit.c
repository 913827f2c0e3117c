/*
 * Scheduling a window, and changing one
 *
 * Of a change only the fields that a person has touched are sent, with the version that the form was made from. When somebody else
 * was faster, the form comes back: fields that only they changed are as they left them, fields that were touched here keep what was entered,
 * and a list says what is stored now.
 */
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/dashboard/window.h"

static bool wants_preview(const Visit *x) {
        return form_value(&x->form, "preview") != NULL;
}

static int show_again(Visit *x, Editing *e, unsigned status) {
        x->a->status = status;
        return editing_show(x, e);
}

int window_new(Visit *x) {
        Editing e = { 0 };
        int r = plan_new(x, &e.plan);

        return r < 0 ? r : editing_show(x, &e);
}

static int go_to(Visit *x, const json_t *window, Tell done) {
        const char *id = json_string_value(json_object_get(window, "id"));

        return id ? visit_go(x, arena_printf(x->q->arena, DASHBOARD "/windows/%s", id), done) : -EUCLEAN;
}

int window_new_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        json_t *body = NULL;
        Editing e = { 0 };
        Plan base;
        int r = plan_new(x, &base);

        if (r >= 0)
                r = plan_entered(x, &base, PLAN_ALL, &e.plan);
        if (r >= 0)
                r = plan_body(x, &e.plan, PLAN_ALL, NULL, &body);
        if (r < 0)
                return r;
        e.preview = wants_preview(x);
        if (e.preview || fields_wrong(x)) {
                json_decref(body);
                return show_again(x, &e, fields_wrong(x) ? 400 : 200);
        }
        r = visit_call(x, maintenance_write, NULL, body, form_value(&x->form, "once"), NULL, reply);
        if (r < 0)
                return r;
        return r > 0 ? go_to(x, reply->json, TELL_SCHEDULED) : show_again(x, &e, reply->status);
}

/* Only what can still be chosen: a service that is gone is no box of the form. */
static int plan_stored(const Visit *x, const Window *w, Plan *ret) {
        Service *all = NULL, *own = arena_array(x->q->arena, w->n_services + 1, sizeof(*own));
        size_t n_all = 0, n = 0;
        int r = own ? store_service_list(x->page->store, x->q->arena, &all, &n_all) : -ENOMEM;

        for (size_t i = 0; i < n_all && r >= 0; i++)
                for (size_t k = 0; k < w->n_services; k++)
                        if (w->services[k].seq == all[i].seq)
                                own[n++] = all[i];
        return r < 0 ? r : plan_of(x, &w->m, own, n, ret);
}

int window_edit(Visit *x) {
        Editing e = { 0 };
        Window w;
        int r = window_read(x, &w);

        if (r == -ENOENT)
                return visit_not_found(x);
        if (r >= 0)
                r = plan_stored(x, &w, &e.plan);
        if (r < 0)
                return r;
        e.w = &w;
        e.version = version_of(x, &w);
        e.digests = plan_digests(x, &e.plan);
        return e.version && e.digests ? editing_show(x, &e) : -ENOMEM;
}

/* What was entered, laid over what is stored now. */
static void merge(Visit *x, Editing *e, const Plan *stored, unsigned mine) {
        unsigned theirs = plan_differs(x, stored, e->digests);

        for (size_t i = 0; i < PLAN_FIELDS; i++)
                if (theirs & BIT(i) && !(mine & BIT(i)))
                        e->plan.values[i] = stored->values[i];
        if (!(mine & (BIT(PLAN_START) | BIT(PLAN_END)))) {
                e->plan.zone = stored->zone;
                e->plan.start_fold = e->plan.end_fold = "";
        }
        e->stored = stored;
        e->theirs = theirs;
        e->version = version_of(x, e->w);
        e->digests = plan_digests(x, stored);
        x->notice = tell(x, TELL_CONFLICT);
        x->form.n = 0;  /* from now on the plan alone says what is in the fields */
}

static int edit_send(Visit *x, Editing *e, const Plan *stored, unsigned mine, json_t *body) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        int r;

        if (e->quiet && json_object_set_new(body, "notify", json_false()) < 0) {
                json_decref(body);
                return -ENOMEM;
        }
        r = visit_call(x, maintenance_write, e->w->m.id, body, form_value(&x->form, "once"), e->version, reply);
        if (r < 0)
                return r;
        if (r > 0)
                return go_to(x, reply->json, TELL_SAVED);
        if (is_conflict(reply->json))
                merge(x, e, stored, mine);
        return show_again(x, e, reply->status);
}

static int edit_entered(Visit *x, Editing *e, const Plan *stored) {
        unsigned mine = plan_differs(x, &e->plan, e->digests) & plan_editable(e->w->m.state);
        bool aware = form_value(&x->form, "preview") || window_aware_given(x, e->w);
        json_t *body = NULL;
        int r = plan_body(x, &e->plan, mine, &e->w->m, &body);

        if (r < 0)
                return r;
        e->preview = wants_preview(x);
        if (!e->preview && !fields_wrong(x) && aware && mine != 0)
                return edit_send(x, e, stored, mine, body);
        json_decref(body);
        if (!e->preview && !fields_wrong(x) && mine == 0)
                return visit_go(x, window_path(x, e->w, ""), TELL_UNCHANGED);
        if (strcmp(e->version, text_or(version_of(x, e->w), "")) != 0)
                merge(x, e, stored, mine);
        return show_again(x, e, fields_wrong(x) ? 400 : 200);
}

int window_edit_post(Visit *x) {
        Editing e = { .version = version_entered(x), .digests = text_or(form_value(&x->form, "was"), "") };
        Plan stored;
        Window w;
        int r = window_read(x, &w);

        if (r == -ENOENT)
                return visit_not_found(x);
        if (r >= 0)
                r = plan_stored(x, &w, &stored);
        if (r >= 0)
                r = plan_entered(x, &stored, plan_editable(w.m.state), &e.plan);
        if (r < 0)
                return r;
        e.w = &w;
        e.quiet = form_value(&x->form, "quiet") != NULL;
        return edit_entered(x, &e, &stored);
}
