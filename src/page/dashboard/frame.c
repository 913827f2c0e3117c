/*
 * The dashboard's frame: head, menu, notices, messages
 */
#include <string.h>

#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/dashboard/field.h"
#include "page/show/html.h"

/* A section that its key may not read is not offered. A new one: a row here, and in the enum of the header. */
static const struct {
        Tell name;
        const char *path;
        unsigned scope;
} sections[] = {
        [SECTION_WINDOWS] = { TELL_WINDOWS, DASHBOARD, SCOPE_MAINTENANCE_READ },
        [SECTION_CALENDAR] = { TELL_CALENDAR, DASHBOARD "/calendar", SCOPE_MAINTENANCE_READ },
        [SECTION_SERVICES] = { TELL_SERVICES, DASHBOARD "/services", SCOPE_SERVICES_READ },
        [SECTION_MONITORS] = { TELL_MONITORS, DASHBOARD "/monitors", SCOPE_MONITORS_READ },
        [SECTION_SUBSCRIBERS] = { TELL_SUBSCRIBERS, DASHBOARD "/subscribers", SCOPE_SUBSCRIBERS_READ },
        [SECTION_DELIVERIES] = { TELL_DELIVERIES, DASHBOARD "/deliveries", SCOPE_SUBSCRIBERS_READ },
        [SECTION_KEYS] = { TELL_KEYS, DASHBOARD "/keys", SCOPE_ALL },
};
_Static_assert(ARRAY_SIZE(sections) == SECTION_NONE, "describe every section");

const char *tell_fill(const Visit *x, Tell w, const char *value) {
        const char *text = tell(x, w), *place = strstr(text, "%s");

        return text_or(place ? arena_printf(x->q->arena, "%.*s%s%s", (int) (place - text), text, value, place + 2) : text, "");
}

bool visit_may(const Visit *x, unsigned scope) {
        return x->who.key != 0 && scopes_include(x->who.scopes, scope);
}

static void show_menu(const Visit *x) {
        FILE *f = x->v.f;

        (void) fprintf(f, "<nav aria-label=\"%s\"><ul>\n", tell(x, TELL_MENU));
        for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
                if (visit_may(x, sections[i].scope))
                        (void) fprintf(f, "<li><a href=\"%s\"%s>%s</a></li>\n", sections[i].path,
                                       x->route && x->route->section == (Section) i ? " aria-current=\"page\"" : "", tell(x, sections[i].name));
        (void) fprintf(f, "</ul></nav>\n");
}

static void show_who(const Visit *x) {
        FILE *f = x->v.f;

        (void) fprintf(f, "<div class=\"who\"><p><a href=\"/\">%s</a></p>\n<p>", tell(x, TELL_PUBLIC_PAGE));
        html_text(f, tell_fill(x, TELL_SIGNED_IN_AS, x->who.name));
        (void) fprintf(f, "</p>\n<form method=\"post\" action=\"" DASHBOARD "/sign-out\"><input type=\"hidden\" name=\"csrf\" value=\"%s\">"
                          "<button type=\"submit\" class=\"plain\">%s</button></form></div>\n", x->csrf, tell(x, TELL_SIGN_OUT));
}

/* What has just been done, by the name that visit_go() gave it. */
static void show_done(const Visit *x) {
        const char *done = x->q->method == METHOD_GET ? request_query(x->q, "done") : NULL;
        Tell w = done ? done_tell(done) : TELL_NOTHING;

        if (w != TELL_NOTHING)
                (void) fprintf(x->v.f, "<p class=\"notice good\" role=\"status\">%s</p>\n", tell(x, w));
}

void visit_head(Visit *x, const char *title) {
        const Site *s = x->page->site;
        FILE *f = x->v.f;

        x->a->forms = true;
        if (x->a->status == 0)
                x->a->status = 200;
        (void) fprintf(f, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                          "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>", language_code(s->voice.language));
        html_text(f, title);
        (void) fprintf(f, " – %s – ", tell(x, TELL_DASHBOARD));
        html_text(f, s->title);
        (void) fprintf(f, "</title>\n<link rel=\"stylesheet\" href=\"/style.css?v=%s\">\n<link rel=\"stylesheet\" href=\"/dashboard.css?v=%s\">\n"
                          "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/icon-operational.svg?v=%s\">\n</head>\n<body class=\"dashboard\">\n",
                       x->v.assets, x->v.assets, x->v.assets);
        (void) fprintf(f, "<a class=\"skip\" href=\"#content\">%s</a>\n<header class=\"top\">\n<p class=\"brand\"><a href=\"" DASHBOARD "\">", tell(x, TELL_SKIP));
        html_text(f, s->title);
        (void) fprintf(f, " <span>%s</span></a></p>\n", tell(x, TELL_DASHBOARD));
        if (x->who.key != 0) {
                show_who(x);
                show_menu(x);
        }
        (void) fputs("</header>\n<main id=\"content\" tabindex=\"-1\">\n", f);
        show_done(x);
        (void) fputs("<h1>", f);
        html_text(f, title);
        (void) fputs("</h1>\n", f);
}

int visit_foot(Visit *x) {
        char offset[PHRASE_SIZE];
        const char *zone = zone_name(x->page->site->voice.zone);
        const char *note = word_fill(x->q->arena, x->page->site->voice.language, WORD_ZONE_NOTE, zone);

        (void) phrase_offset(&x->page->site->voice, x->v.now, offset);
        if (!text_equal(zone, offset))
                note = word_fill(x->q->arena, x->page->site->voice.language, WORD_ZONE_NOTE, text_or(arena_printf(x->q->arena, "%s (%s)", zone, offset), zone));
        if (!note)
                return -ENOMEM;
        (void) fprintf(x->v.f, "</main>\n<footer>\n<p>%s</p>\n</footer>\n</body>\n</html>\n", note);
        return 0;
}

int visit_message(Visit *x, unsigned status, Tell title, Tell text) {
        x->a->status = status;
        visit_head(x, tell(x, title));
        (void) fprintf(x->v.f, "<p>%s</p>\n<p class=\"more\"><a href=\"" DASHBOARD "\">%s</a></p>\n", tell(x, text), tell(x, TELL_DASHBOARD));
        return visit_foot(x);
}

unsigned visit_page(const Visit *x, unsigned most) {
        const char *text = request_query(x->q, "page");
        const char *p = text_or(text, "");
        unsigned n = 0;

        for (; *p >= '0' && *p <= '9' && n <= most; p++)
                n = n * 10 + (unsigned) (*p - '0');
        return *p || n < 1 || n > most ? 1 : n;
}

int visit_not_found(Visit *x) {
        return visit_message(x, 404, TELL_NOT_FOUND, TELL_NOT_FOUND_LONG);
}

int visit_go(Visit *x, const char *path, Tell done) {
        const char *name = done_name(done);
        const char *to = !path ? NULL : *name ? arena_printf(x->q->arena, "%s?done=%s", path, name) : path;

        if (!to)
                return -ENOMEM;
        x->a->status = 303;
        response_header(x->a, "Location", to);
        return 0;
}
