/*
 * The dashboard's paths, and who is let through to them
 *
 * How a section is added: its functions are declared in dashboard.h ("the sections"); its paths become rows of the table below, with the
 * scopes that a GET and a POST need; it gets a name in words.[hc], a value in enum Section and a row in frame.c, which puts it into the
 * menu. A GET function reads the store and writes with visit_head(), html_text() and visit_foot(); a form is made of field.h. A POST
 * function finds its fields in x->form. What the REST API can do too goes through its own function (call.h), which says what is wrong
 * with which field; keys, deliveries and questions to subscribers have none. Then the form is shown again, or visit_go() ends it, so that
 * a reload repeats nothing. Words stand in words.c, in each language.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/dashboard/field.h"
#include "page/whence.h"

#define WINDOW DASHBOARD "/windows"
#define SERVICE DASHBOARD "/services"
#define MONITOR DASHBOARD "/monitors"
#define KEYS DASHBOARD "/keys"

static const VisitRoute routes[] = {
        { SIGN_IN, SECTION_NONE, 0, 0, visit_sign_in, visit_sign_in_post, .open = true },
        { DASHBOARD "/sign-out", SECTION_NONE, 0, 0, NULL, visit_sign_out, false },

        { DASHBOARD, SECTION_WINDOWS, SCOPE_MAINTENANCE_READ, 0, windows_list, NULL, false },
        { DASHBOARD "/calendar", SECTION_CALENDAR, SCOPE_MAINTENANCE_READ, 0, windows_calendar, NULL, false },
        { WINDOW "/new", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_new, window_new_post, false },
        { WINDOW "/*", SECTION_WINDOWS, SCOPE_MAINTENANCE_READ, 0, window_page, NULL, false },
        { WINDOW "/*/edit", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_edit, window_edit_post, false },
        { WINDOW "/*/start", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_step, window_step_post, false },
        { WINDOW "/*/extend", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_step, window_step_post, false },
        { WINDOW "/*/update", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_step, window_step_post, false },
        { WINDOW "/*/complete", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_step, window_step_post, false },
        { WINDOW "/*/cancel", SECTION_WINDOWS, SCOPE_MAINTENANCE_WRITE, SCOPE_MAINTENANCE_WRITE, window_step, window_step_post, false },

        { SERVICE, SECTION_SERVICES, SCOPE_SERVICES_READ, 0, services_page, NULL, false },
        { SERVICE "/new", SECTION_SERVICES, SCOPE_SERVICES_WRITE, SCOPE_SERVICES_WRITE, service_new, service_new_post, false },
        { SERVICE "/*", SECTION_SERVICES, SCOPE_SERVICES_WRITE, SCOPE_SERVICES_WRITE, service_edit, service_edit_post, false },
        { SERVICE "/*/delete", SECTION_SERVICES, SCOPE_SERVICES_WRITE, SCOPE_SERVICES_WRITE, service_remove, service_remove_post, false },

        { MONITOR, SECTION_MONITORS, SCOPE_MONITORS_READ, 0, monitors_page, NULL, false },
        { MONITOR "/new", SECTION_MONITORS, SCOPE_MONITORS_WRITE, SCOPE_MONITORS_WRITE, dashboard_monitor_new, dashboard_monitor_new_post, false },
        { MONITOR "/*", SECTION_MONITORS, SCOPE_MONITORS_WRITE, SCOPE_MONITORS_WRITE, dashboard_monitor_edit, dashboard_monitor_edit_post, false },
        { MONITOR "/*/delete", SECTION_MONITORS, SCOPE_MONITORS_WRITE, SCOPE_MONITORS_WRITE, dashboard_monitor_remove, dashboard_monitor_remove_post, false },

        { KEYS, SECTION_KEYS, SCOPE_ALL, SCOPE_ALL, keys_page, keys_post, false },
        { KEYS "/*/remove", SECTION_KEYS, SCOPE_ALL, SCOPE_ALL, key_remove, key_remove_post, false },

        { DASHBOARD "/subscribers", SECTION_SUBSCRIBERS, SCOPE_SUBSCRIBERS_READ, 0, subscribers_list, NULL, false },
        { DASHBOARD "/subscribers/new", SECTION_SUBSCRIBERS, SCOPE_SUBSCRIBERS_WRITE, SCOPE_SUBSCRIBERS_WRITE, subscribers_new, subscribers_new_post, false },
        { DASHBOARD "/subscribers/*", SECTION_SUBSCRIBERS, SCOPE_SUBSCRIBERS_READ, 0, subscribers_one, NULL, false },
        { DASHBOARD "/subscribers/*/ask", SECTION_SUBSCRIBERS, 0, SCOPE_SUBSCRIBERS_WRITE, NULL, subscribers_ask, false },
        { DASHBOARD "/subscribers/*/remove", SECTION_SUBSCRIBERS, SCOPE_SUBSCRIBERS_WRITE, SCOPE_SUBSCRIBERS_WRITE, subscribers_remove, subscribers_remove_post, false },
        { DASHBOARD "/deliveries", SECTION_DELIVERIES, SCOPE_SUBSCRIBERS_READ, 0, deliveries_list, NULL, false },
        { DASHBOARD "/deliveries/*/retry", SECTION_DELIVERIES, 0, SCOPE_SUBSCRIBERS_WRITE, NULL, deliveries_retry, false },
        { DASHBOARD "/deliveries/*/drop", SECTION_DELIVERIES, SCOPE_SUBSCRIBERS_WRITE, SCOPE_SUBSCRIBERS_WRITE, deliveries_drop, deliveries_drop_post, false },
};

/* "/dashboard/windows/" "*" "/edit": the star is one step of the path, not empty. */
static bool route_fits(const char *route, const char *path, Arena *a, const char **ret_id) {
        const char *star = strchr(route, '*');
        size_t n = star ? (size_t) (star - route) : 0, step;

        if (!star)
                return strcmp(route, path) == 0;
        if (strncmp(route, path, n) != 0)
                return false;
        step = strcspn(path + n, "/");
        if (step == 0 || step >= ID_SIZE * 2 || strcmp(path + n + step, star + 1) != 0)
                return false;
        *ret_id = arena_strndup(a, path + n, step);
        return *ret_id != NULL;
}

/* Rows are tried in order: what has no star stands before what has one. */
static const VisitRoute *route_find(const char *path, Arena *a, const char **ret_id) {
        for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
                if (route_fits(routes[i].path, path, a, ret_id))
                        return &routes[i];
        return NULL;
}

bool dashboard_knows(const char *path) {
        size_t n = strlen(DASHBOARD);

        return strncmp(path, DASHBOARD, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static int nobody(Visit *x) {
        bool start = strcmp(x->q->path, DASHBOARD) == 0;

        if (x->q->method == METHOD_GET)
                return visit_go(x, start || strpbrk(x->q->path, "?&#% ") ? SIGN_IN : arena_printf(x->q->arena, SIGN_IN "?next=%s", x->q->path), TELL_NOTHING);
        x->a->status = 401;
        response_header(x->a, "WWW-Authenticate", "Cookie realm=\"maintd-page\"");
        x->notice = tell(x, TELL_SESSION_OVER);
        x->form.n = 0;
        return visit_sign_in(x);
}

/* Return: 1 to go on, 0 when refused, -errno. */
static int form_read(Visit *x) {
        int r;

        if (x->q->too_large)
                r = -EFBIG;
        else
                r = form_parse(x->q->arena, x->q->body ? x->q->body : "", x->q->body_size, &x->form);
        if (r == -EFBIG || r == -E2BIG)
                r = visit_message(x, 413, TELL_TOO_LARGE, TELL_TOO_LARGE_LONG);
        else if (r == -EINVAL)
                r = visit_message(x, 400, TELL_BAD_FORM, TELL_BAD_FORM_LONG);
        else
                return r < 0 ? r : 1;
        return r < 0 ? r : 0;
}

/* A change through the dashboard is one of the key's, as one through the API is. */
static bool allowance_left(Visit *x) {
        LimitState limit;

        if (limiter_take(x->page->limiter, x->who.key, LIMIT_WRITE, x->q->now, &limit))
                return true;
        response_header(x->a, "Retry-After", arena_printf(x->q->arena, "%" PRIu64, limit.wait / USEC_PER_SEC + 1));
        return false;
}

static int visit_post(Visit *x) {
        int r = form_read(x);

        if (r <= 0)
                return r;
        if (x->route->open)
                return x->route->post(x);
        if (x->who.key == 0)
                return nobody(x);
        if (!visit_csrf_holds(x))
                return visit_message(x, 403, TELL_STALE_FORM, TELL_STALE_FORM_LONG);
        if (!visit_may(x, x->route->write))
                return visit_message(x, 403, TELL_NO_SCOPE, TELL_NO_SCOPE_LONG);
        if (x->route->write != 0 && !allowance_left(x))
                return visit_message(x, 429, TELL_TOO_OFTEN, TELL_TOO_OFTEN_LONG);
        return x->route->post(x);
}

static int visit_get(Visit *x) {
        if (x->route->open)
                return x->route->get(x);
        if (x->who.key == 0)
                return nobody(x);
        if (!visit_may(x, x->route->read))
                return visit_message(x, 403, TELL_NO_SCOPE, TELL_NO_SCOPE_LONG);
        return x->route->get(x);
}

static int not_allowed(Visit *x) {
        response_header(x->a, "Allow", !x->route->post ? "GET, HEAD" : x->route->get ? "GET, HEAD, POST" : "POST");
        return visit_message(x, 405, TELL_NOT_ALLOWED, TELL_NOT_ALLOWED_LONG);
}

static int visit(Visit *x) {
        int r;

        if (x->q->method == METHOD_POST && request_from_elsewhere(x->q))
                return visit_message(x, 403, TELL_FOREIGN, TELL_FOREIGN_LONG);
        r = visit_recognise(x);
        if (r < 0)
                return r;
        x->route = route_find(x->q->path, x->q->arena, &x->id);
        if (!x->route)
                return x->who.key == 0 && x->q->method == METHOD_GET ? visit_go(x, SIGN_IN, TELL_NOTHING) : visit_not_found(x);
        page_clock_catch_up(x->page, x->q->now);
        if (x->q->method == METHOD_POST && x->route->post)
                return visit_post(x);
        return x->q->method == METHOD_GET && x->route->get ? visit_get(x) : not_allowed(x);
}

static void dashboard_failed(Page *page, Response *a, int error) {
        static const char sorry[] = "The dashboard cannot do this at the moment; the page's log says why. Going back and trying again is safe.\n";

        log_plain(LOG_ERR, "the dashboard cannot answer: %s (%s)", strerror(-error), store_error(page->store));
        free(a->body);
        *a = (Response) { .status = 500, .type = "text/plain; charset=utf-8", .body = strdup(sorry) };
        a->size = a->body ? strlen(sorry) : 0;
}

void dashboard_answer(Page *page, Request *q, Response *a) {
        Visit x = { .page = page, .q = q, .a = a, .v = { .arena = q->arena, .site = page->site, .assets = page->version, .now = q->now.real } };
        int r;

        a->type = "text/html; charset=utf-8";
        x.v.f = open_memstream(&a->body, &a->size);
        r = x.v.f ? visit(&x) : -ENOMEM;
        if (x.v.f && fclose(x.v.f) != 0 && r >= 0)
                r = -ENOMEM;
        json_decref(x.errors);
        if (r < 0)
                dashboard_failed(page, a, r);
        response_header(a, "Cache-Control", "no-store");
}
