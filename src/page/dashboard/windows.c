/*
 * All windows: what runs, what is to come, and what is over, page by page
 */
#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/dashboard/managed.h"
#include "page/show/html.h"

#define SHELF_MOST 200u
#define PAST_PAGE 20u
#define PAST_PAGES 10000u

static void show_row(Visit *x, const Maintenance *m) {
        FILE *f = x->v.f;
        Managed by;

        (void) fprintf(f, "<li class=\"line\"><h3><a href=\"" DASHBOARD "/windows/%s\">", m->id);
        html_text(f, m->title);
        (void) fputs("</a></h3><span class=\"tags\">", f);
        if (managed_by(x->q->arena, m->external_id, &by))
                (void) fprintf(f, "<span class=\"tag\">%s</span> ", tell(x, TELL_MANAGED));
        (void) fprintf(f, "<span class=\"pill %s\">%s</span></span>\n", state_to_string(m->state), word_state(x->page->site->voice.language, m->state));
        show_period(&x->v, occasion_start(m), occasion_end(m), state_final(m->state) ? "over" : "to-come");
        (void) fputs("</li>\n", f);
}

static void show_rows(Visit *x, Tell title, const Maintenance *rows, size_t n, size_t most) {
        (void) fprintf(x->v.f, "<section>\n<h2>%s</h2>\n", tell(x, title));
        if (n > 0)
                (void) fputs("<ul class=\"panel lines\">\n", x->v.f);
        for (size_t i = 0; i < n && i < most; i++)
                show_row(x, &rows[i]);
        if (n > 0)
                (void) fputs("</ul>\n", x->v.f);
        else
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_NO_WINDOWS));
        if (n > most && title != TELL_PAST)
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_MORE_THAN_SHOWN));
        (void) fputs("</section>\n", x->v.f);
}

static void show_pages(Visit *x, unsigned page, bool more) {
        FILE *f = x->v.f;

        if (page == 1 && !more)
                return;
        (void) fprintf(f, "<nav class=\"months\" aria-label=\"%s\"><ul>", tell(x, TELL_PAGES));
        if (page > 1)
                (void) fprintf(f, "<li><a rel=\"prev\" href=\"" DASHBOARD "?page=%u\">%s</a></li>", page - 1, tell(x, TELL_NEWER));
        if (more)
                (void) fprintf(f, "<li class=\"next\"><a rel=\"next\" href=\"" DASHBOARD "?page=%u\">%s</a></li>", page + 1, tell(x, TELL_OLDER));
        (void) fputs("</ul></nav>\n", f);
}

static int show_past(Visit *x) {
        unsigned page = visit_page(x, PAST_PAGES);
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_between(x->page->store, x->q->arena, 0, USEC_INFINITY, PAST_PAGE + 1, (page - 1) * PAST_PAGE, &rows, &n);

        if (r < 0)
                return r;
        show_rows(x, TELL_PAST, rows, n, PAST_PAGE);
        show_pages(x, page, n > PAST_PAGE);
        return 0;
}

static int show_shelf(Visit *x, Shelf shelf, Tell title) {
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_shelf(x->page->store, x->q->arena, shelf, 0, SHELF_MOST + 1, &rows, &n);

        if (r >= 0)
                show_rows(x, title, rows, n, SHELF_MOST);
        return r;
}

int windows_list(Visit *x) {
        int r;

        visit_head(x, tell(x, TELL_WINDOWS));
        if (visit_may(x, SCOPE_MAINTENANCE_WRITE))
                (void) fprintf(x->v.f, "<p class=\"buttons\"><a class=\"button main\" href=\"" DASHBOARD "/windows/new\">%s</a></p>\n", tell(x, TELL_SCHEDULE));
        r = show_shelf(x, SHELF_RUNNING, TELL_RUNNING);
        if (r >= 0)
                r = show_shelf(x, SHELF_UPCOMING, TELL_UPCOMING);
        if (r >= 0)
                r = show_past(x);
        return r < 0 ? r : visit_foot(x);
}
