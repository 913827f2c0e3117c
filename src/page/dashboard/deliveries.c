/*
 * What waits to be sent: to whom, since when, what stood against it, and when it is tried again
 *
 * Pauses stand with subscribers, not with messages (store/subscriber.h), so a row is a subscriber with all that waits for it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/field.h"
#include "page/dashboard/subscriber.h"
#include "page/show/html.h"

#define LIST DASHBOARD "/deliveries"
#define ROWS 50u
#define PAGES 400u              /* all subscribers there can be */
_Static_assert(ROWS * PAGES >= PAGE_SUBSCRIBERS_MAX, "show every page");

/* A mail server that is away: nothing stands against any one of the mails. */
static void show_outage(Visit *x) {
        const Outage *o = &x->page->mail;

        if (o->until <= x->v.now || !o->why[0])
                return;
        (void) fprintf(x->v.f, "<div class=\"notice bad\">\n<p>%s ", tell(x, TELL_MAIL_AWAY));
        html_text(x->v.f, o->why);
        (void) fprintf(x->v.f, "</p>\n<p>%s: ", tell(x, TELL_NEXT_TRY));
        show_time(&x->v, o->until, 0);
        (void) fputs("</p>\n</div>\n", x->v.f);
}

static void show_attempts(Visit *x, unsigned failures, usec_t due, const char *trouble) {
        (void) fprintf(x->v.f, "<p class=\"when\">%s</p>\n", tell_fill(x, TELL_ATTEMPTS, text_or(arena_printf(x->q->arena, "%u", failures), "")));
        if (due > x->v.now) {
                (void) fprintf(x->v.f, "<p class=\"when\">%s: ", tell(x, TELL_NEXT_TRY));
                show_time(&x->v, due, 0);
                (void) fputs("</p>\n", x->v.f);
        }
        if (!trouble)
                return;
        (void) fprintf(x->v.f, "<p class=\"when\">%s: ", tell(x, TELL_LAST_ERROR));
        html_text(x->v.f, trouble);
        (void) fputs("</p>\n", x->v.f);
}

static void show_owed(Visit *x, const Owed *o) {
        (void) fprintf(x->v.f, "<li class=\"line\"><h2><a href=\"" DASHBOARD "/subscribers/%s\">", o->to.id);
        html_text(x->v.f, o->to.endpoint);
        (void) fputs("</a></h2>\n<p class=\"when\">", x->v.f);
        html_text(x->v.f, o->text);
        (void) fputs("</p>\n<p class=\"when\">", x->v.f);
        html_text(x->v.f, tell_fill(x, TELL_WAITING, text_or(arena_printf(x->q->arena, "%zu", o->messages), "")));
        (void) fprintf(x->v.f, " %s ", tell(x, TELL_SINCE));
        show_time(&x->v, o->since, 0);
        (void) fputs("</p>\n", x->v.f);
        show_attempts(x, o->failures, o->due, o->trouble);
        if (visit_may(x, SCOPE_SUBSCRIBERS_WRITE)) {
                (void) fputs("<div class=\"actions\">\n", x->v.f);
                form_begin(x, arena_printf(x->q->arena, LIST "/%s/retry", o->to.id));
                form_end(x, TELL_RETRY, "button", NULL);
                (void) fprintf(x->v.f, "<a class=\"button\" href=\"" LIST "/%s/drop\">%s</a>\n</div>\n", o->to.id, tell(x, TELL_DROP));
        }
        (void) fputs("</li>\n", x->v.f);
}

/* Questions to addresses that have not been asked yet; nobody need press anything for them. */
static int show_questions(Visit *x) {
        Wish *rows = NULL;
        size_t n = 0;
        int r = store_wishes_waiting(x->page->store, x->q->arena, ROWS, &rows, &n);

        if (r < 0 || n == 0)
                return r;
        (void) fprintf(x->v.f, "<section>\n<h2>%s</h2>\n<ul class=\"panel lines\">\n", tell(x, TELL_QUESTIONS));
        for (size_t i = 0; i < n; i++) {
                (void) fputs("<li class=\"line\"><h3>", x->v.f);
                html_text(x->v.f, rows[i].endpoint);
                (void) fputs("</h3>\n", x->v.f);
                show_attempts(x, rows[i].failures, rows[i].due, rows[i].trouble);
                (void) fputs("</li>\n", x->v.f);
        }
        (void) fputs("</ul>\n</section>\n", x->v.f);
        return 0;
}

int deliveries_list(Visit *x) {
        unsigned page = visit_page(x, PAGES);
        Owed *rows = NULL;
        size_t n = 0;
        int r = store_owed_list(x->page->store, x->q->arena, ROWS + 1, (page - 1) * ROWS, &rows, &n);

        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_DELIVERIES));
        show_outage(x);
        (void) fputs(n > 0 ? "<ul class=\"panel lines\">\n" : "", x->v.f);
        for (size_t i = 0; i < n && i < ROWS; i++)
                show_owed(x, &rows[i]);
        if (n > 0)
                (void) fputs("</ul>\n", x->v.f);
        else
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NOTHING_WAITS));
        if (n > ROWS)
                (void) fprintf(x->v.f, "<p class=\"more\"><a href=\"" LIST "?page=%u\">%s</a></p>\n", page + 1, tell(x, TELL_NEXT_PAGE));
        r = show_questions(x);
        return r < 0 ? r : visit_foot(x);
}

int deliveries_retry(Visit *x) {
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        r = store_delivery_now(x->page->store, s.seq, x->q->now.real);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r >= 0 && s.kind == SUBSCRIBER_EMAIL)
                x->page->mail.until = 0;
        return visit_go(x, LIST, r < 0 ? TELL_NOTHING : TELL_RETRIED);
}

int deliveries_drop(Visit *x) {
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        return form_question(x, tell_fill(x, TELL_DROP_WHOSE, s.endpoint), TELL_DROP_LONG, TELL_NOTHING, TELL_DROP, LIST);
}

int deliveries_drop_post(Visit *x) {
        Store *store = x->page->store;
        Subscriber s;
        int r = visit_subscriber(x, &s);

        if (r <= 0)
                return r;
        r = store_begin(store);
        if (r >= 0)
                r = store_end(store, store_delivery_drop(store, s.seq));
        if (r < 0 && r != -ENOENT)
                return r;
        return visit_go(x, LIST, r < 0 ? TELL_NOTHING : TELL_DROPPED);
}
