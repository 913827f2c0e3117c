/*
 * What people see: /, /maintenance/{id} and the style sheet
 *
 * Public, so nothing of external ids, owners or keys is ever written here. Every page is made from the store when it is asked for and
 * carries a hash of itself, by which a browser that has it already is told so.
 */
#include "page/page-web.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/page-html.h"
#include "page/page-json.h"
#include "page/page-text.h"

#define RUNNING_SHOWN 100u
#define UPCOMING_SHOWN 50u
#define PAST_SHOWN 50u
#define PAST_AGE (30 * USEC_PER_DAY)

typedef struct View {
        Page *page;
        Request *q;
        FILE *f;
        usec_t now;
} View;

static const char *state_label(State s) {
        static const char *const labels[STATES] = {
                [STATE_SCHEDULED] = "Scheduled", [STATE_IN_PROGRESS] = "In progress", [STATE_COMPLETED] = "Completed", [STATE_CANCELLED] = "Cancelled",
        };

        return labels[s];
}

static void show_time(View *v, usec_t t) {
        char when[WHEN_SIZE], stamp[STAMP_SIZE];

        (void) fprintf(v->f, "<time datetime=\"%s\">%s UTC</time>", stamp_format(t, stamp), when_format(t, v->now, when));
}

static void head(View *v, const char *title) {
        (void) fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>", v->f);
        html_text(v->f, title);
        (void) fputs("</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n", v->f);
}

static void foot(View *v) {
        (void) fputs("</main>\n<footer><p>All times are UTC.</p></footer>\n</body>\n</html>\n", v->f);
}

static int show_services_of(View *v, const Maintenance *m) {
        Service *services = NULL;
        size_t n = 0;
        int r = store_window_services(v->page->store, v->q->arena, m->seq, &services, &n);

        if (r < 0 || n == 0)
                return r;
        (void) fputs("<p class=\"affects\">Affects: ", v->f);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        (void) fputs(", ", v->f);
                html_text(v->f, services[i].name);
        }
        (void) fputs("</p>\n", v->f);
        return 0;
}

static void show_period(View *v, const Maintenance *m) {
        (void) fputs("<p class=\"when\">", v->f);
        show_time(v, m->start);
        (void) fputs(" to ", v->f);
        show_time(v, m->end);
        (void) fputs("</p>\n", v->f);
}

static int show_updates(View *v, const Maintenance *m) {
        Update *updates = NULL;
        size_t n = 0;
        int r = store_updates(v->page->store, v->q->arena, m->seq, &updates, &n);

        if (r < 0 || n == 0)
                return r;
        (void) fputs("<h2>Updates</h2>\n<ol class=\"updates\" reversed>\n", v->f);
        for (; n > 0 && r >= 0; n--) {
                (void) fprintf(v->f, "<li><p class=\"when\"><span class=\"state\">%s</span> ", state_label(updates[n - 1].state));
                show_time(v, updates[n - 1].created_at);
                (void) fputs("</p>\n", v->f);
                r = html_markdown(v->f, updates[n - 1].message);
                (void) fputs("</li>\n", v->f);
        }
        (void) fputs("</ol>\n", v->f);
        return r;
}

/* One of a list: a card with a link to the whole. */
static int show_card(View *v, const Maintenance *m, bool in_full) {
        int r;

        (void) fprintf(v->f, "<article class=\"card %s\">\n<h3><a href=\"/maintenance/%s\">", state_to_string(m->state), m->id);
        html_text(v->f, m->title);
        (void) fprintf(v->f, "</a> <span class=\"state\">%s</span></h3>\n", state_label(m->state));
        show_period(v, m);
        r = show_services_of(v, m);
        if (r >= 0 && in_full)
                r = html_markdown(v->f, m->description);
        (void) fputs("</article>\n", v->f);
        return r;
}

static int show_shelf(View *v, const char *title, const char *none, const Maintenance *rows, size_t n, bool in_full) {
        int r = 0;

        if (n == 0 && !none)
                return 0;
        (void) fprintf(v->f, "<section>\n<h2>%s</h2>\n", title);
        if (n == 0)
                (void) fprintf(v->f, "<p class=\"none\">%s</p>\n", none);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = show_card(v, &rows[i], in_full);
        (void) fputs("</section>\n", v->f);
        return r;
}

static void show_overall(View *v, const Service *services, size_t n, size_t running) {
        Impact worst = IMPACT_OPERATIONAL;

        for (size_t i = 0; i < n; i++)
                worst = MAX(worst, services[i].shown);
        if (worst == IMPACT_OPERATIONAL && running > 0)
                worst = IMPACT_MAINTENANCE;
        (void) fprintf(v->f, "<p class=\"overall %s\" role=\"status\">%s</p>\n", status_to_string(worst),
                       worst == IMPACT_OPERATIONAL ? "All systems operational" :
                       worst == IMPACT_MAINTENANCE ? "Maintenance in progress" : impact_label(worst));
}

static void show_service_rows(View *v, const Service *services, size_t n) {
        const char *group = NULL;

        if (n == 0)
                return;
        (void) fputs("<section>\n<h2>Services</h2>\n", v->f);
        for (size_t i = 0; i < n; i++) {
                const Service *s = &services[i];
                bool first = i == 0 || !text_equal(s->group, group);

                if (first && i > 0)
                        (void) fputs("</ul>\n", v->f);
                if (first && s->group) {
                        (void) fputs("<h3>", v->f);
                        html_text(v->f, s->group);
                        (void) fputs("</h3>\n", v->f);
                }
                if (first)
                        (void) fputs("<ul class=\"services\">\n", v->f);
                group = s->group;
                (void) fputs("<li><span>", v->f);
                html_text(v->f, s->name);
                (void) fprintf(v->f, "</span> <span class=\"status %s\">%s</span></li>\n", status_to_string(s->shown), impact_label(s->shown));
        }
        (void) fputs("</ul>\n</section>\n", v->f);
}

static int show_front(View *v) {
        Maintenance *running = NULL, *upcoming = NULL, *past = NULL;
        size_t n_running = 0, n_upcoming = 0, n_past = 0, n_services = 0;
        Service *services = NULL;
        Arena *a = v->q->arena;
        Store *s = v->page->store;
        int r = store_service_list(s, a, &services, &n_services);

        if (r >= 0)
                r = store_maintenance_shelf(s, a, SHELF_RUNNING, 0, RUNNING_SHOWN, &running, &n_running);
        if (r >= 0)
                r = store_maintenance_shelf(s, a, SHELF_UPCOMING, 0, UPCOMING_SHOWN, &upcoming, &n_upcoming);
        if (r >= 0)
                r = store_maintenance_shelf(s, a, SHELF_PAST, usec_sub(v->now, PAST_AGE), PAST_SHOWN, &past, &n_past);
        if (r < 0)
                return r;
        head(v, "Status");
        (void) fputs("<h1>Status</h1>\n", v->f);
        show_overall(v, services, n_services, n_running);
        r = show_shelf(v, "Maintenance in progress", NULL, running, n_running, true);
        show_service_rows(v, services, n_services); /* before what is to come, which may be long */
        if (r >= 0)
                r = show_shelf(v, "Upcoming maintenance", "No maintenance is planned.", upcoming, n_upcoming, true);
        if (r >= 0)
                r = show_shelf(v, "Past 30 days", "No maintenance in the past 30 days.", past, n_past, false);
        foot(v);
        return r;
}

static int show_one(View *v, const char *id) {
        Maintenance m;
        int r = store_maintenance_by_id(v->page->store, v->q->arena, id, &m);

        if (r < 0)
                return r;
        head(v, m.title);
        (void) fprintf(v->f, "<p><a href=\"/\">Status</a></p>\n<article class=\"card %s\">\n<h1>", state_to_string(m.state));
        html_text(v->f, m.title);
        (void) fprintf(v->f, "</h1>\n<p><span class=\"state\">%s</span></p>\n", state_label(m.state));
        show_period(v, &m);
        r = show_services_of(v, &m);
        if (r >= 0)
                r = html_markdown(v->f, m.description);
        if (r >= 0)
                r = show_updates(v, &m);
        (void) fputs("</article>\n", v->f);
        foot(v);
        return r;
}

static void show_message(View *v, const char *title, const char *text) {
        head(v, title);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p>%s</p>\n<p><a href=\"/\">Status</a></p>\n", title, text);
        foot(v);
}

/* Return: 0 and the status in @ret. */
static int show_page(View *v, unsigned *ret) {
        const char *id = text_starts(v->q->path, "/maintenance/") ? v->q->path + strlen("/maintenance/") : NULL;
        int r = -ENOENT;

        *ret = 200;
        if (v->q->method != METHOD_GET) {
                *ret = 405;
                show_message(v, "Not allowed", "This page can only be read.");
                return 0;
        }
        if (strcmp(v->q->path, "/") == 0)
                r = show_front(v);
        else if (id && *id && !strchr(id, '/'))
                r = show_one(v, id);
        if (r != -ENOENT)
                return r;
        *ret = 404;
        show_message(v, "Not found", "There is no such page.");
        return 0;
}

/* Gives the body its name, and leaves it out when the client has it. */
static void finish(const Request *q, Response *a, unsigned status, const char *type) {
        const char *known = request_header(q, "If-None-Match");
        const char *tag = arena_printf(q->arena, "\"%016" PRIx64 "\"", hash_bytes(HASH_SEED, a->body, a->size));

        a->status = status;
        a->type = type;
        response_header(a, "Cache-Control", "no-cache");
        if (status != 200)
                return;
        response_header(a, "ETag", tag);
        if (known && tag && strcmp(known, tag) == 0) {
                a->status = 304;
                free(STEAL(a->body));
                a->size = 0;
        }
}

static int web_page(Page *page, Request *q, Response *a) {
        View v = { .page = page, .q = q, .now = q->now.real };
        unsigned status = 0;
        int r;

        v.f = open_memstream(&a->body, &a->size);
        if (!v.f)
                return -errno;
        r = show_page(&v, &status);
        if (fclose(v.f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0)
                return r;
        finish(q, a, status, "text/html; charset=utf-8");
        if (status == 405)
                response_header(a, "Allow", "GET, HEAD");
        return 0;
}

static int web_sheet(Request *q, Response *a) {
        a->body = strdup(web_style);
        if (!a->body)
                return -ENOMEM;
        a->size = strlen(a->body);
        finish(q, a, 200, "text/css; charset=utf-8");
        return 0;
}

void web_answer(Page *page, Request *q, Response *a) {
        static const char sorry[] = "The page cannot be shown at the moment.\n";
        int r;

        page_clock_catch_up(page, q->now);
        r = q->method == METHOD_GET && strcmp(q->path, "/style.css") == 0 ? web_sheet(q, a) : web_page(page, q, a);
        if (r >= 0)
                return;
        log_plain(LOG_ERR, "cannot show a page: %s (%s)", strerror(-r), store_error(page->store));
        free(a->body);
        a->body = strdup(sorry);
        a->size = a->body ? strlen(sorry) : 0;
        a->status = 500;
        a->type = "text/plain; charset=utf-8";
}
