/*
 * All windows: what runs, what is to come, and what is over, page by page
 */
#include "page/dashboard/dashboard.h"
#include "page/show/html.h"

#define SHELF_MOST 200u

static void show_row(Visit *x, const Maintenance *m) {
        FILE *f = x->v.f;

        (void) fprintf(f, "<li class=\"line\"><h3><a href=\"" DASHBOARD "/windows/%s\">", m->id);
        html_text(f, m->title);
        (void) fprintf(f, "</a></h3><span class=\"pill %s\">%s</span>\n", state_to_string(m->state), word_state(x->page->site->voice.language, m->state));
        show_period(&x->v, occasion_start(m), occasion_end(m), state_final(m->state) ? "over" : "to-come");
        (void) fputs("</li>\n", f);
}

static void show_rows(Visit *x, Tell title, const Maintenance *rows, size_t n) {
        (void) fprintf(x->v.f, "<section>\n<h2>%s</h2>\n", tell(x, title));
        if (n > 0)
                (void) fputs("<ul class=\"panel lines\">\n", x->v.f);
        for (size_t i = 0; i < n; i++)
                show_row(x, &rows[i]);
        if (n > 0)
                (void) fputs("</ul>\n</section>\n", x->v.f);
        else
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n</section>\n", tell(x, TELL_NO_WINDOWS));
}

int windows_list(Visit *x) {
        static const struct {
                Shelf shelf;
                Tell title;
        } shelves[] = { { SHELF_RUNNING, TELL_RUNNING }, { SHELF_UPCOMING, TELL_UPCOMING }, { SHELF_PAST, TELL_PAST } };

        visit_head(x, tell(x, TELL_WINDOWS));
        for (size_t i = 0; i < ARRAY_SIZE(shelves); i++) {
                Maintenance *rows = NULL;
                size_t n = 0;
                int r = store_maintenance_shelf(x->page->store, x->q->arena, shelves[i].shelf, 0, SHELF_MOST, &rows, &n);

                if (r < 0)
                        return r;
                show_rows(x, shelves[i].title, rows, n);
        }
        return visit_foot(x);
}
