/*
 * A form becomes a call of the REST API
 */
#include "page/dashboard/call.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/dashboard/field.h"

Reply *reply_free(Reply *r) {
        json_decref(STEAL(r->json));
        return NULL;
}

/* Each under its own name, also where the form has no such field: then it stands in the list alone. */
static void take_problems(Visit *x, const json_t *answer) {
        const json_t *fields = json_object_get(json_object_get(answer, "details"), "fieldErrors");
        const char *name, *said = json_string_value(json_object_get(answer, "error"));
        json_t *list;

        json_object_foreach((json_t *) fields, name, list) {
                if (strcmp(name, "status") == 0) { /* no field of a form, but its very purpose */
                        said = json_string_value(json_array_get(list, 0));
                        break;
                }
                for (size_t i = 0; i < json_array_size(list); i++)
                        field_wrong(x, name, json_string_value(json_array_get(list, i)));
        }
        if (!fields_wrong(x) && said)
                x->notice = arena_strdup(x->q->arena, tell_problem(x->q->arena, x->page->site->voice.language, said));
}

int visit_call(Visit *x, call_fn call, const char *id, json_t *body, const char *once, const char *match, Reply *ret) {
        Call c = { .page = x->page, .q = x->q, .key = { .seq = x->who.key, .scopes = x->who.scopes }, .id = id, .body = body, .once = once, .match = match };
        Response a = { 0 };
        int r = call(&c, &a);

        json_decref(body);
        if (r < 0) {
                free(a.body);
                return r;
        }
        ret->status = a.status;
        ret->json = a.body ? json_loadb(a.body, a.size, 0, NULL) : NULL;
        free(a.body);
        if (a.status < 300)
                return 1;
        take_problems(x, ret->json);
        return 0;
}

json_t *count_json(const char *text) {
        bool whole = *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 18;

        return json_integer(whole ? strtoll(text, NULL, 10) : -1);
}

void visit_name_taken(Visit *x, const json_t *answer) {
        if (!text_equal(json_string_value(json_object_get(answer, "code")), "DUPLICATE_NAME"))
                return;
        field_wrong(x, "name", json_string_value(json_object_get(answer, "error")));
        x->notice = NULL;
}

/* Kept among the API's answers, under a name that no Idempotency-Key of a program is likely to have; of the same key in any case. */
static const char *once_name(const Visit *x) {
        const char *once = form_value(&x->form, "once");

        return once && *once && strlen(once) <= PAGE_IDEMPOTENCY_KEY_MAX ? arena_printf(x->q->arena, "dashboard %s", once) : NULL;
}

int visit_once_done(Visit *x, const char **ret) {
        const char *name = once_name(x);
        Answer answer;
        int r = name ? store_answer_get(x->page->store, x->q->arena, x->who.key, name, usec_sub(x->q->now.real, ANSWERS_KEPT), &answer) : -ENOENT;

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        *ret = answer.resource;
        return 1;
}

int visit_once_keep(Visit *x, const char *result) {
        Answer answer = { .status = 303, .resource = result };
        const char *name = once_name(x);

        return name ? store_answer_put(x->page->store, x->who.key, name, &answer, x->q->now.real) : 0;
}

void visit_once_note(Visit *x, const char *result) {
        int r = visit_once_keep(x, result);

        if (r < 0)
                log_plain(LOG_WARNING, "a second click at the dashboard would not be known as one: %s (%s)", strerror(-r), store_error(x->page->store));
}
