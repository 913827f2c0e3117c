/*
 * A form becomes a call of the REST API
 */
#include "page/dashboard/call.h"

#include <string.h>

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

        json_object_foreach((json_t *) fields, name, list)
                for (size_t i = 0; i < json_array_size(list); i++)
                        field_wrong(x, name, json_string_value(json_array_get(list, i)));
        if (json_object_size(fields) == 0 && said)
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
