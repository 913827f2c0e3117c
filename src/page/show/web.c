/*
 * What everybody may read
 *
 * A path is a row of one table: how it is made, and what it is. What has been made is kept until something changes, so an incident's load
 * costs a look into memory; and everything may be kept by whoever stands in between for some seconds, shown while it is fetched anew,
 * and shown on when we cannot be reached: a status page is read most when things are down.
 */
#include "page/show/web.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/show/assets.h"
#include "page/show/feed.h"
#include "page/show/read.h"

#define FEED_SHOWN 50u
#define CALENDAR_SHOWN 500u
#define CALENDAR_AGE (90 * USEC_PER_DAY)
#define KEEP_PUBLIC "public, max-age=5, s-maxage=10, stale-while-revalidate=30, stale-if-error=86400"
#define KEEP_FOR_EVER "public, max-age=31536000, immutable"
#define KEEP_NOTHING "no-cache"

typedef struct Making {
        Page *page;
        View v;
        const char *rest;               /* of the path, behind the row's */
        int detail;                     /* the row's */
} Making;

/* Writes to v.f. 0; -ENOENT: there is no such page, and nothing has been written; else -errno. */
typedef int (*make_fn)(Making *m);

static int make_front(Making *m) {
        Front front;
        int r = read_front(m->page, m->v.arena, m->v.now, &extent_front, &front);

        return r < 0 ? r : show_front(&m->v, &front);
}

static int make_occasion(Making *m) {
        Occasion o;
        int r = strchr(m->rest, '/') ? -ENOENT : read_occasion(m->page, m->v.arena, m->rest, &o);

        return r < 0 ? r : show_occasion(&m->v, &o);
}

static int make_event(Making *m) {
        size_t n = strlen(m->rest) - strlen(".ics");
        const char *id = arena_strndup(m->v.arena, m->rest, n);
        Occasion o;
        int r = !id ? -ENOMEM : strchr(id, '/') ? -ENOENT : read_occasion(m->page, m->v.arena, id, &o);

        if (r < 0)
                return r;
        calendar_write(&m->v, &(Occasions) { &o, 1 });
        return 0;
}

/* "/2026-11" or "/2026-11/2"; "" is the month that it is. */
static int month_parse(const Making *m, Month *ret) {
        char again[32];
        Local now;

        *ret = (Month) { .part = 1 };
        if (!*m->rest) {
                zone_local(m->page->site->voice.zone, m->v.now, &now, NULL, NULL);
                ret->year = now.year;
                ret->month = now.month;
                return 0;
        }
        if (sscanf(m->rest, "/%4d-%2u/%4u", &ret->year, &ret->month, &ret->part) < 2)
                return -ENOENT;
        if (ret->year < 1971 || ret->year > 9998 || ret->month < 1 || ret->month > 12 || ret->part < 1)
                return -ENOENT;
        /* One address for one page. */
        (void) snprintf(again, sizeof(again), ret->part > 1 ? "/%04d-%02u/%u" : "/%04d-%02u", ret->year, ret->month, ret->part);
        return strcmp(again, m->rest) == 0 ? 0 : -ENOENT;
}

static int make_month(Making *m) {
        Month month;
        int r = month_parse(m, &month);

        if (r >= 0)
                r = read_month(m->page, m->v.arena, &month);
        if (r >= 0 && month.part > 1 && month.over.n == 0)
                r = -ENOENT;
        return r < 0 ? r : show_month(&m->v, &month);
}

/* "" is the first part, "/2" the second: one address for one page. */
static int make_open(Making *m) {
        Open open = { .part = 1 };
        char again[16] = "";
        int r = 0;

        if (*m->rest && (sscanf(m->rest, "/%4u", &open.part) < 1 || open.part < 2))
                return -ENOENT;
        if (*m->rest)
                (void) snprintf(again, sizeof(again), "/%u", open.part);
        r = strcmp(again, m->rest) == 0 ? read_open(m->page, m->v.arena, m->v.now, &open) : -ENOENT;
        if (r >= 0 && open.part > 1 && open.list.n == 0)
                r = -ENOENT;
        return r < 0 ? r : show_open(&m->v, &open);
}

static int make_feed(Making *m) {
        Occasions list;
        int r = read_changed(m->page, m->v.arena, FEED_SHOWN, ENTRY_UPDATES, &list);

        return r < 0 ? r : feed_write(&m->v, &list);
}

static int make_calendar(Making *m) {
        Occasions list;
        int r = read_calendar(m->page, m->v.arena, usec_sub(m->v.now, CALENDAR_AGE), CALENDAR_SHOWN, &list);

        if (r < 0)
                return r;
        calendar_write(&m->v, &list);
        return 0;
}

static int make_v2(Making *m) {
        json_t *json;
        Front front;
        int r = read_front(m->page, m->v.arena, m->v.now, v2_tells_windows((V2) m->detail) ? &extent_told : &extent_bare, &front);

        if (r < 0)
                return r;
        json = v2_json(&m->v, (V2) m->detail, &front);
        r = json && json_dumpf(json, m->v.f, JSON_COMPACT) == 0 ? 0 : -ENOMEM;
        json_decref(json);
        return r;
}

static int make_icon(Making *m) {
        static const char *const colours[IMPACTS] = {
                [IMPACT_OPERATIONAL] = "#2b9a57", [IMPACT_MAINTENANCE] = "#2f7fe0", [IMPACT_DEGRADED] = "#d9a520",
                [IMPACT_PARTIAL] = "#d9622b",     [IMPACT_MAJOR] = "#cf2e2e",
        };

        (void) fprintf(
                m->v.f,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"%s\"/></svg>\n",
                colours[m->detail]);
        return 0;
}

static int make_style(Making *m) {
        char light[COLOUR_SIZE], dark[COLOUR_SIZE];

        (void) fprintf(m->v.f, ":root{--accent:%s;--accent-dark:%s}\n%s", colour_format(m->page->site->accent, light),
                       colour_format(m->page->site->accent_dark, dark), asset_style);
        return 0;
}

static int make_dashboard_style(Making *m) {
        (void) fputs(asset_dashboard, m->v.f);
        return 0;
}

static int make_script(Making *m) {
        (void) fputs(asset_script, m->v.f);
        return 0;
}

static int make_logo(Making *m) {
        const Logo *logo = m->detail ? &m->page->site->logo_dark : &m->page->site->logo;

        if (!logo->data)
                return -ENOENT;
        (void) fwrite(logo->data, 1, logo->size, m->v.f);
        return 0;
}

#define HTML "text/html; charset=utf-8"
#define ICS "text/calendar; charset=utf-8"
#define JSON "application/json"
#define SVG "image/svg+xml"

static const struct route {
        const char *path;
        make_fn make;
        const char *type;               /* NULL: the logo's */
        bool begins;                    /* more follows the path */
        const char *ends;               /* with this, or NULL */
        int detail;
        bool shared;                    /* pages of others may read it by script */
        bool versioned;                 /* asked for with ?v=, it never changes */
} routes[] = {
        { "/", make_front, HTML },
        { "/maintenance/", make_event, ICS, .begins = true, .ends = ".ics" },
        { "/maintenance/", make_occasion, HTML, .begins = true },
        { "/history", make_month, HTML },
        { "/history", make_month, HTML, .begins = true },
        { "/upcoming", make_open, HTML },
        { "/upcoming", make_open, HTML, .begins = true },
        { "/feed.atom", make_feed, "application/atom+xml; charset=utf-8", .shared = true },
        { "/calendar.ics", make_calendar, ICS, .shared = true },
        { "/api/v2/summary.json", make_v2, JSON, .detail = V2_SUMMARY, .shared = true },
        { "/api/v2/status.json", make_v2, JSON, .detail = V2_STATUS, .shared = true },
        { "/api/v2/components.json", make_v2, JSON, .detail = V2_COMPONENTS, .shared = true },
        { "/api/v2/scheduled-maintenances.json", make_v2, JSON, .detail = V2_MAINTENANCE, .shared = true },
        { "/api/v2/scheduled-maintenances/upcoming.json", make_v2, JSON, .detail = V2_UPCOMING, .shared = true },
        { "/api/v2/scheduled-maintenances/active.json", make_v2, JSON, .detail = V2_ACTIVE, .shared = true },
        { "/api/v2/incidents.json", make_v2, JSON, .detail = V2_INCIDENTS, .shared = true },
        { "/api/v2/incidents/unresolved.json", make_v2, JSON, .detail = V2_INCIDENTS, .shared = true },
        { "/style.css", make_style, "text/css; charset=utf-8", .versioned = true },
        { "/dashboard.css", make_dashboard_style, "text/css; charset=utf-8", .versioned = true },
        { "/page.js", make_script, "text/javascript; charset=utf-8", .versioned = true },
        { "/logo", make_logo, NULL, .versioned = true },
        { "/logo-dark", make_logo, NULL, .detail = 1, .versioned = true },
        { "/icon-operational.svg", make_icon, SVG, .detail = IMPACT_OPERATIONAL, .versioned = true },
        { "/icon-maintenance.svg", make_icon, SVG, .detail = IMPACT_MAINTENANCE, .versioned = true },
        { "/icon-degraded.svg", make_icon, SVG, .detail = IMPACT_DEGRADED, .versioned = true },
        { "/icon-partial_outage.svg", make_icon, SVG, .detail = IMPACT_PARTIAL, .versioned = true },
        { "/icon-major_outage.svg", make_icon, SVG, .detail = IMPACT_MAJOR, .versioned = true },
};

static bool route_fits(const struct route *route, const char *path) {
        size_t n = strlen(path), at = strlen(route->path), end = route->ends ? strlen(route->ends) : 0;

        if (!route->begins)
                return strcmp(path, route->path) == 0;
        return strncmp(path, route->path, at) == 0 && n > at + end && (end == 0 || strcmp(path + n - end, route->ends) == 0);
}

static const struct route *route_find(const char *path) {
        for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
                if (route_fits(&routes[i], path))
                        return &routes[i];
        return NULL;
}

/* Style, script and logos change when the program or its settings do: then pages name them by another address. */
const char *web_version(const Site *site, char buf[static WEB_VERSION_SIZE]) {
        uint64_t hash = hash_text(hash_text(hash_text(HASH_SEED, asset_style), asset_script), asset_dashboard);
        char colour[COLOUR_SIZE];

        hash = hash_text(hash_text(hash, colour_format(site->accent, colour)), colour_format(site->accent_dark, colour));
        hash = hash_bytes(hash_bytes(hash, site->logo.data, site->logo.size), site->logo_dark.data, site->logo_dark.size);
        (void) snprintf(buf, WEB_VERSION_SIZE, "%010" PRIx64, hash & UINT64_C(0xffffffffff));
        return buf;
}

typedef struct Body {
        char *text;                     /* owned */
        size_t size;
} Body;

/* @status: without a @route, what is shown */
static int body_make(Page *page, Request *q, const struct route *route, unsigned status, Body *ret) {
        Making m = { .page = page,
                     .v = { .arena = q->arena, .site = page->site, .assets = page->version, .now = q->now.real },
                     .detail = route ? route->detail : 0 };
        Body body = { 0 };
        int r;

        m.v.f = open_memstream(&body.text, &body.size);
        if (!m.v.f)
                return -errno;
        if (route) {
                m.rest = q->path + strlen(route->path);
                r = route->make(&m);
        } else if (status == 404)
                r = show_message(&m.v, WORD_NOT_FOUND, WORD_NOT_FOUND_LONG);
        else
                r = show_message(&m.v, WORD_NOT_ALLOWED, WORD_NOT_ALLOWED_LONG);
        if (fclose(m.v.f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0) {
                free(body.text);
                return r;
        }
        *ret = body;
        return 0;
}

static const char *route_type(const Page *page, const struct route *route) {
        return route->type ? route->type : route->detail ? page->site->logo_dark.type : page->site->logo.type;
}

static int web_kept(Page *page, Request *q, const struct route *route, const Kept **ret) {
        uint64_t generation = 0;
        Body body = { 0 };
        int r = store_generation(page->store, q->now.boot, &generation);

        if (r < 0)
                return r;
        *ret = cache_find(page->cache, q->path, generation, q->now);
        if (*ret)
                return 0;
        r = body_make(page, q, route, 200, &body);
        if (r < 0)
                return r;
        *ret = cache_put(page->cache, q->path, generation, route_type(page, route), body.text, body.size, q->now);
        return *ret ? 0 : -ENOMEM;
}

static int web_public(Page *page, Request *q, const struct route *route, Response *a) {
        const char *version = request_query(q, "v");
        char modified[HTTP_DATE_SIZE];
        const Kept *k = NULL;
        int r = web_kept(page, q, route, &k);

        if (r < 0)
                return r;
        a->type = k->type;
        response_header(a, "Cache-Control",
                        route->versioned && version && strcmp(version, page->version) == 0 ? KEEP_FOR_EVER : KEEP_PUBLIC);
        response_header(a, "ETag", arena_strdup(q->arena, k->tag));
        /* Never ahead of the clock, RFC 9110 §8.8.2.1. */
        response_header(a, "Last-Modified", arena_strdup(q->arena, http_date_format(MIN(k->modified, q->now.real), modified)));
        if (route->shared)
                response_header(a, "Access-Control-Allow-Origin", "*");
        a->status = kept_is_known(k, request_header(q, "If-None-Match"), request_header(q, "If-Modified-Since")) ? 304 : 200;
        if (a->status == 304)
                return 0;
        a->body = malloc(k->size + 1);
        if (!a->body)
                return -ENOMEM;
        memcpy(a->body, k->body, k->size + 1); /* open_memstream() put a NUL behind it */
        a->size = k->size;
        return 0;
}

/* What is not there, or not done this way. */
static int web_refusal(Page *page, Request *q, unsigned status, Response *a) {
        Body body;
        int r = body_make(page, q, NULL, status, &body);

        if (r < 0)
                return r;
        *a = (Response) { .status = status, .type = HTML, .body = body.text, .size = body.size };
        response_header(a, "Cache-Control", KEEP_NOTHING);
        if (a->status == 405)
                response_header(a, "Allow", "GET, HEAD");
        return 0;
}

void web_answer(Page *page, Request *q, Response *a) {
        static const char sorry[] = "The page cannot be shown at the moment.\n";
        const struct route *route = route_find(q->path);
        int r;

        page_clock_catch_up(page, q->now);
        r = route && q->method == METHOD_GET ? web_public(page, q, route, a) : -ENOENT;
        if (r == -ENOENT)
                r = web_refusal(page, q, route && q->method != METHOD_GET ? 405 : 404, a);
        if (r >= 0)
                return;
        log_plain(LOG_ERR, "cannot show a page: %s (%s)", strerror(-r), store_error(page->store));
        free(a->body);
        *a = (Response) { .status = 500, .type = "text/plain; charset=utf-8", .body = strdup(sorry) };
        a->size = a->body ? strlen(sorry) : 0;
}
