/*
 * The steps of a window's life: start, extend, complete, cancel, and a word to those who wait
 *
 * Each is a page of its own, which says what it will do and asks; so cancelling has its second thought, and all work without scripts. A row of
 * the table is a step.
 */
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/dashboard/when.h"
#include "page/dashboard/window.h"
#include "page/show/html.h"

typedef struct Step {
        const char *path, *class;
        Tell title, lead, done;
        const char *status;             /* what it makes of the window; NULL: nothing */
        bool wants_message;
        bool moves_end;
} Step;

static const Step steps[] = {
        { "/start", "main", TELL_START_NOW, TELL_START_LONG, TELL_HAS_STARTED, "in_progress", false, false },
        { "/extend", "main", TELL_EXTEND, TELL_EXTEND_LONG, TELL_IS_EXTENDED, NULL, false, true },
        { "/update", "main", TELL_POST_UPDATE, TELL_POST_UPDATE_LONG, TELL_IS_POSTED, NULL, true, false },
        { "/complete", "main", TELL_COMPLETE, TELL_COMPLETE_LONG, TELL_IS_COMPLETED, "completed", false, false },
        { "/cancel", "grave", TELL_CANCEL, TELL_CANCEL_LONG, TELL_IS_CANCELLED, "cancelled", false, false },
};

static bool step_fits(const Step *s, const Maintenance *m) {
        if (s->status)
                return state_may_become(m->state, (State) state_from_string(s->status));
        return s->wants_message ? m->state != STATE_CANCELLED : !state_final(m->state);
}

static const Step *step_of(const Visit *x) {
        const char *slash = strrchr(x->q->path, '/');

        for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
                if (strcmp(steps[i].path, slash) == 0)
                        return &steps[i];
        return NULL;
}

/* From when on it is extended: an end that has passed already is no help. */
static usec_t extended(const Visit *x, const Maintenance *m, unsigned minutes) {
        usec_t from = MAX(m->end, x->v.now);

        return usec_add(from, minutes * USEC_PER_MINUTE);
}

static const struct {
        const char *value;
        unsigned minutes;
        Tell label;
} lengths[] = { { "30", 30, TELL_BY_30 }, { "60", 60, TELL_BY_60 }, { "120", 120, TELL_BY_120 }, { "until", 0, TELL_BY_UNTIL } };

static void show_lengths(Visit *x, const Window *w) {
        const Zone *zone = x->page->site->voice.zone;
        char value[WHEN_VALUE_SIZE];
        const char *fold = field_value(x, "scheduled_end_fold", "");
        usec_t hour = extended(x, &w->m, 60);

        field_group(x, &(Field) { .name = "by", .label = TELL_NEW_END });
        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
                char phrase[PHRASE_SIZE];
                const char *label = tell(x, lengths[i].label);

                if (lengths[i].minutes > 0)
                        label = arena_printf(x->q->arena, "%s: %s", label,
                                             phrase_moment(&x->page->site->voice, extended(x, &w->m, lengths[i].minutes), x->v.now, phrase));
                field_radio(x, "by", lengths[i].value, text_or(label, ""), i == 0);
        }
        field_group_end(x);
        (void) fputs("<div class=\"columns\">\n", x->v.f);
        field_input(x, &(Field) { .name = "scheduled_end", .label = TELL_END, .type = "datetime-local", .value = when_value(zone, hour - hour % USEC_PER_MINUTE, value) });
        field_input(x, &(Field) { .name = "zone", .label = TELL_ZONE, .value = zone_name(zone), .attributes = "maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\"" });
        (void) fputs("</div>\n", x->v.f);
        if (!*fold && !text_equal(json_string_value(json_array_get(json_object_get(x->errors, "scheduled_end"), 0)),
                                  tell_fill(x, TELL_TIME_TWICE, field_value(x, "zone", ""))))
                return;
        field_group(x, &(Field) { .name = "scheduled_end_fold", .label = TELL_WHICH_END });
        field_radio(x, "scheduled_end_fold", "first", tell(x, TELL_FIRST), false);
        field_radio(x, "scheduled_end_fold", "second", tell(x, TELL_SECOND), false);
        field_group_end(x);
}

static int step_show(Visit *x, const Step *s, const Window *w) {
        const char *back = window_path(x, w, ""), *version = version_of(x, w);

        if (!back || !version)
                return -ENOMEM;
        visit_head(x, tell(x, s->title));
        window_brief(x, w);
        (void) fprintf(x->v.f, "<p class=\"lead\">%s</p>\n", tell(x, s->lead));
        window_managed(x, w, TELL_MANAGED_STEP);
        form_begin(x, NULL);
        form_hidden(x, "version", version);
        if (s->moves_end)
                show_lengths(x, w);
        field_text(x, &(Field) { .name = "message", .label = TELL_MESSAGE, .hint = TELL_MESSAGE_HINT, .required = s->wants_message }, 4);
        field_box(x, "quiet", "on", tell(x, TELL_QUIET), false);
        window_aware(x, w);
        form_end(x, s->title, s->class, back);
        return visit_foot(x);
}

int window_step(Visit *x) {
        const Step *s = step_of(x);
        Window w;
        int r = window_read(x, &w);

        if (r == -ENOENT)
                return visit_not_found(x);
        if (r < 0)
                return r;
        return step_fits(s, &w.m) ? step_show(x, s, &w) : visit_message(x, 409, TELL_STEP_OVER, TELL_STEP_OVER_LONG);
}

/* The new end of a form; false: what is wrong has been said. */
static bool end_entered(Visit *x, const Window *w, usec_t *ret) {
        const char *by = text_or(form_value(&x->form, "by"), "");

        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
                if (strcmp(lengths[i].value, by) != 0)
                        continue;
                *ret = extended(x, &w->m, lengths[i].minutes);
                return lengths[i].minutes > 0 || time_entered(x, "scheduled_end", text_entered(x, "scheduled_end"), text_entered(x, "zone"),
                                                              text_entered(x, "scheduled_end_fold"), ret);
        }
        field_wrong(x, "by", tell(x, TELL_CHOOSE_END));
        return false;
}

static json_t *step_body(Visit *x, const Step *s, const Window *w) {
        const char *message = text_entered(x, "message");
        json_t *body = json_object();
        char stamp[RFC3339_SIZE];
        usec_t end;

        if (s->status)
                (void) json_object_set_new(body, "status", json_string(s->status));
        if (s->moves_end && end_entered(x, w, &end))
                (void) json_object_set_new(body, "scheduled_end", json_string(rfc3339_format(end, stamp)));
        if (message[strspn(message, " \t\n")])
                (void) json_object_set_new(body, "message", json_string(message));
        else if (s->wants_message)
                field_wrong(x, "message", "Required");
        if (form_value(&x->form, "quiet"))
                (void) json_object_set_new(body, "notify", json_false());
        return body;
}

static int step_send(Visit *x, const Step *s, const Window *w, json_t *body) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        Window now;
        int r = visit_call(x, maintenance_write, w->m.id, body, form_value(&x->form, "once"), version_entered(x), reply);

        if (r < 0)
                return r;
        if (r > 0)
                return visit_go(x, window_path(x, w, ""), s->done);
        if (is_conflict(reply->json))
                x->notice = tell(x, TELL_CHANGED_SINCE);
        r = window_read(x, &now);
        if (r < 0)
                return r;
        if (!step_fits(s, &now.m))
                return visit_message(x, 409, TELL_STEP_OVER, TELL_STEP_OVER_LONG);
        x->a->status = reply->status;
        return step_show(x, s, &now);
}

int window_step_post(Visit *x) {
        const Step *s = step_of(x);
        json_t *body;
        Window w;
        int r = window_read(x, &w);

        if (r == -ENOENT)
                return visit_not_found(x);
        if (r < 0)
                return r;
        body = step_body(x, s, &w);
        if (!body)
                return -ENOMEM;
        if (window_aware_given(x, &w) && !fields_wrong(x))
                return step_send(x, s, &w, body);
        json_decref(body);
        x->a->status = 400;
        return step_show(x, s, &w);
}

void window_steps(Visit *x, const Window *w) {
        (void) fputs("<p class=\"buttons\">", x->v.f);
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
                if (step_fits(&steps[i], &w->m))
                        (void) fprintf(x->v.f, "<a class=\"button %s\" href=\"" DASHBOARD "/windows/%s%s\">%s</a> ", strcmp(steps[i].class, "grave") == 0 ? "grave" : "",
                                       w->m.id, steps[i].path, tell(x, steps[i].title));
        (void) fprintf(x->v.f, "<a class=\"button\" href=\"" DASHBOARD "/windows/%s/edit\">%s</a></p>\n", w->m.id, tell(x, TELL_EDIT));
}
