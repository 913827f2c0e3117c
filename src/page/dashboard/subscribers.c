/*
 * Who is told: listed, searched, added, asked again and removed
 *
 * Addresses are people's: nothing here is shown, and nothing is written, without a scope of subscribers. Nobody can be subscribed for
 * somebody else: adding an address has it asked, as the form for visitors does.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/dashboard/subscriber.h"
#include "page/show/html.h"
#include "page/subscribe/wish.h"

#define LIST DASHBOARD "/subscribers"
#define ROWS 50u

static const Option kinds[] = { { "email", "E-mail" }, { "webhook", "Webhook" } };

static void show_state(Visit *x, const Subscriber *s) {
        bool pending = s->confirmed_at == 0;

        (void) fprintf(x->v.f, "<span class=\"pill %s\">%s</span>\n", pending ? "scheduled" : "completed", tell(x, pending ? TELL_PENDING : TELL_CONFIRMED));
}

static int show_services_of(Visit *x, const Subscriber *s) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_subscriber_services(x->page->store, x->q->arena, s->seq, &services, &n);

        if (r < 0)
                return r;
        (void) fputs("<p class=\"when\">", x->v.f);
        for (size_t i = 0; i < n; i++) {
                (void) fputs(i > 0 ? ", " : "", x->v.f);
                html_text(x->v.f, services[i].name);
        }
        (void) fprintf(x->v.f, "%s</p>\n", n == 0 ? tell(x, TELL_ALL_SERVICES) : "");
        return 0;
}

static int show_row(Visit *x, const Subscriber *s) {
        (void) fprintf(x->v.f, "<li class=\"line\"><h2><a href=\"" LIST "/%s\">", s->id);
        html_text(x->v.f, s->endpoint);
        (void) fputs("</a></h2>", x->v.f);
        show_state(x, s);
        if (show_services_of(x, s) < 0)
                return -EIO;
        (void) fputs("</li>\n", x->v.f);
        return 0;
}

static void show_search(Visit *x, const char *piece) {
        (void) fprintf(x->v.f, "<form class=\"form\" method=\"get\" action=\"" LIST "\">\n<div class=\"field\">\n<label for=\"q\">%s</label>\n"
                               "<input type=\"search\" id=\"q\" name=\"q\" maxlength=\"%u\" value=\"", tell(x, TELL_SEARCH_ADDRESS), PAGE_MAILBOX_MAX);
        html_text(x->v.f, piece);
        (void) fprintf(x->v.f, "\">\n</div>\n<p class=\"buttons\"><button type=\"submit\">%s</button></p>\n</form>\n", tell(x, TELL_SEARCH));
}

static void show_next(Visit *x, const char *piece, int64_t after) {
        (void) fputs("<form class=\"form\" method=\"get\" action=\"" LIST "\">\n", x->v.f);
        form_hidden(x, "q", piece);
        (void) fprintf(x->v.f, "<input type=\"hidden\" name=\"after\" value=\"%" PRIi64 "\">\n<p class=\"buttons\"><button type=\"submit\">%s</button></p>\n</form>\n",
                       after, tell(x, TELL_NEXT_PAGE));
}

/* A number of ours that came back; 0: it is none. */
static int64_t query_number(const Visit *x, const char *name) {
        const char *text = request_query(x->q, name);

        return text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 18 ? strtoll(text, NULL, 10) : 0;
}

int subscribers_list(Visit *x) {
        const char *piece = text_or(request_query(x->q, "q"), "");
        Subscriber *rows = NULL;
        size_t n = 0, total = 0;
        int r = store_subscriber_find(x->page->store, x->q->arena, piece, query_number(x, "after"), ROWS + 1, &rows, &n);

        if (r >= 0)
                r = store_subscriber_count(x->page->store, &total);
        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_SUBSCRIBERS));
        (void) fprintf(x->v.f, "<p>%s</p>\n", tell_fill(x, TELL_SUBSCRIBERS_ALL, text_or(arena_printf(x->q->arena, "%zu", total), "")));
        if (visit_may(x, SCOPE_SUBSCRIBERS_WRITE))
                (void) fprintf(x->v.f, "<p class=\"more\"><a class=\"button\" href=\"" LIST "/new\">%s</a></p>\n", tell(x, TELL_ADD_SUBSCRIBER));
        show_search(x, piece);
        (void) fputs(n > 0 ? "<ul class=\"panel lines\">\n" : "", x->v.f);
        for (size_t i = 0; i < n && i < ROWS && r >= 0; i++)
                r = show_row(x, &rows[i]);
        if (n > 0)
                (void) fputs("</ul>\n", x->v.f);
        else
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NOBODY));
        if (n > ROWS)
                show_next(x, piece, rows[ROWS - 1].seq);
        return r < 0 ? r : visit_foot(x);
}

/* --- one of them --- */

int visit_subscriber(Visit *x, Subscriber *ret) {
        int r = store_subscriber_by_id(x->page->store, x->q->arena, x->id, ret);

        if (r == -ENOENT) {
                r = visit_not_found(x);
                return r < 0 ? r : 0;
        }
        return r < 0 ? r : 1;
}

static void show_fact(Visit *x, Tell name, usec_t t) {
        (void) fprintf(x->v.f, "<p>%s: ", tell(x, name));
        show_time(&x->v, t, 0);
        (void) fputs("</p>\n", x->v.f);
}

static void show_buttons(Visit *x, const Subscriber *s) {
        if (!visit_may(x, SCOPE_SUBSCRIBERS_WRITE))
                return;
        (void) fputs("<div class=\"actions\">\n", x->v.f);
        if (s->kind == SUBSCRIBER_EMAIL && s->confirmed_at == 0) {
                form_begin(x, arena_printf(x->q->arena, LIST "/%s/ask", s->id));
                form_end(x, TELL_ASK_AGAIN, "button", NULL);
        }
        (void) fprintf(x->v.f, "<a class=\"button\" href=\"" LIST "/%s/remove\">%s</a>\n</div>\n", s->id, tell(x, TELL_REMOVE));
}

int subscribers_one(Visit *x) {
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        visit_head(x, s.endpoint);
        show_state(x, &s);
        show_fact(x, TELL_ADDED, s.created_at);
        if (s.confirmed_at > 0)
                show_fact(x, TELL_CONFIRMED, s.confirmed_at);
        r = show_services_of(x, &s);
        show_buttons(x, &s);
        (void) fprintf(x->v.f, "<p class=\"more\"><a href=\"" LIST "\">%s</a></p>\n", tell(x, TELL_SUBSCRIBERS));
        return r < 0 ? r : visit_foot(x);
}

int subscribers_ask(Visit *x) {
        Store *store = x->page->store;
        size_t n = 0;
        Service *services = NULL;
        const char **ids;
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        if (s.kind != SUBSCRIBER_EMAIL || s.confirmed_at > 0)
                return visit_go(x, LIST, TELL_NOTHING);
        if (!x->page->site->notices.mail_server)
                return visit_message(x, 409, TELL_NOT_ASKED, TELL_MAIL_OFF);
        r = store_subscriber_services(store, x->q->arena, s.seq, &services, &n);
        ids = r >= 0 ? arena_array(x->q->arena, n + 1, sizeof(*ids)) : NULL;
        if (!ids)
                return r < 0 ? r : -ENOMEM;
        for (size_t i = 0; i < n; i++)
                ids[i] = services[i].id;
        r = store_begin(store);
        if (r >= 0)
                r = store_end(store, wish_make(store, x->q->arena, WISH_BY_KEY, s.endpoint, ids, n, x->q->now.real));
        if (r == -EUSERS || r == -EDQUOT)
                return visit_message(x, 429, TELL_NOT_ASKED, TELL_ASKED_OFTEN);
        return r < 0 ? r : visit_go(x, LIST, TELL_ASKED_AGAIN);
}

int subscribers_remove(Visit *x) {
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        return form_question(x, tell_fill(x, TELL_REMOVE_WHOM, s.endpoint), TELL_REMOVE_LONG, TELL_NOTHING, TELL_REMOVE, arena_printf(x->q->arena, LIST "/%s", s.id));
}

int subscribers_remove_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        int r = visit_call(x, subscriber_delete, x->id, NULL, NULL, NULL, reply);

        if (r < 0)
                return r;
        return r == 0 ? visit_not_found(x) : visit_go(x, LIST, TELL_REMOVED);
}

/* --- a new one --- */

int subscribers_new(Visit *x) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_service_list(x->page->store, x->q->arena, &services, &n);

        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_ADD_SUBSCRIBER));
        (void) fprintf(x->v.f, "<p>%s</p>\n", tell(x, TELL_ADD_SUBSCRIBER_LONG));
        form_begin(x, NULL);
        field_select(x, &(Field) { .name = "type", .label = TELL_TYPE, .value = "email", .required = true }, kinds, ARRAY_SIZE(kinds));
        field_input(x, &(Field) { .name = "endpoint", .label = TELL_ENDPOINT, .hint = TELL_ENDPOINT_HINT, .attributes = "autocomplete=\"off\"", .required = true });
        if (n > 0) {
                field_group(x, &(Field) { .name = "services", .label = TELL_ONLY_SERVICES });
                (void) fputs("<div class=\"boxes\">\n", x->v.f);
                for (size_t i = 0; i < n && i < PAGE_WINDOW_SERVICES_MAX; i++)
                        field_box(x, "services", services[i].id, services[i].name, false);
                (void) fputs("</div>\n", x->v.f);
                field_group_end(x);
        }
        form_end(x, TELL_ADD_SUBSCRIBER, "main", LIST);
        return visit_foot(x);
}

static json_t *body_of(const Visit *x) {
        json_t *services = json_array();

        for (size_t i = 0; i < x->form.n; i++)
                if (strcmp(x->form.fields[i].name, "services") == 0)
                        (void) json_array_append_new(services, json_string(x->form.fields[i].value));
        return json_pack("{s:o, s:o, s:o}", "type", json_string(text_or(form_value(&x->form, "type"), "")), "endpoint",
                         json_string(text_or(form_value(&x->form, "endpoint"), "")), "services", services);
}

/* The secret of a webhook is shown this once, here as by the API. */
static int show_secret(Visit *x, const char *secret) {
        visit_head(x, tell(x, TELL_ADDED_HOOK));
        (void) fprintf(x->v.f, "<p>%s</p>\n<p><code>", tell(x, TELL_SECRET_LONG));
        html_text(x->v.f, secret);
        (void) fprintf(x->v.f, "</code></p>\n<p class=\"more\"><a href=\"" LIST "\">%s</a></p>\n", tell(x, TELL_SUBSCRIBERS));
        return visit_foot(x);
}

/* A second click has its own answer, which is the one that is seen; an address is being asked by either. */
static int added_already(Visit *x, const char *type) {
        if (strcmp(type, "webhook") != 0)
                return visit_go(x, LIST, TELL_ASKED_AGAIN);
        return visit_message(x, 409, TELL_HOOK_ADDED_ALREADY, TELL_HOOK_ADDED_ALREADY_LONG);
}

int subscribers_new_post(Visit *x) {
        auto_(reply_free) Reply *reply = &(Reply) { 0 };
        const char *secret, *done = NULL;
        json_t *body;
        int r = visit_once_done(x, &done);

        if (r != 0)
                return r < 0 ? r : added_already(x, done);
        body = body_of(x);
        r = body ? visit_call(x, subscriber_post, NULL, body, NULL, NULL, reply) : -ENOMEM;
        if (r < 0)
                return r;
        if (r == 0) {
                x->a->status = reply->status;
                return subscribers_new(x);
        }
        visit_once_note(x, text_or(json_string_value(json_object_get(reply->json, "type")), ""));
        secret = json_string_value(json_object_get(reply->json, "secret"));
        return secret ? show_secret(x, secret) : visit_go(x, LIST, TELL_ASKED_AGAIN);
}
