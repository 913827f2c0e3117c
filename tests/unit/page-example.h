#pragma once
/*
 * A small page in memory: what the tests of src/page/show/ write out
 *
 * Each text holds what would be dangerous in HTML, XML and JSON. It is Monday, 2027-02-01T02:30Z; NOW_TEXT in UTC.
 */
#include <string.h>

#include "base/text.h"
#include "page/show/feed.h"

#define EXAMPLE_NOW UINT64_C(1801449000000000)
#define NASTY "<b>&\"'"
#define NASTY_HTML "&lt;b&gt;&amp;&quot;&#39;"

typedef struct Example {
        Site *site;
        Arena *arena;
        Days *days;
        Service services[3];
        Occasion running, upcoming, past;
        Front front;
} Example;

static inline Occasion example_occasion(State state, const char *id, int64_t from_hours, int64_t to_hours) {
        usec_t start = (usec_t) ((int64_t) EXAMPLE_NOW + from_hours * (int64_t) USEC_PER_HOUR),
               end = (usec_t) ((int64_t) EXAMPLE_NOW + to_hours * (int64_t) USEC_PER_HOUR);

        return (Occasion) { .m = { .seq = 1,
                                  .id = id,
                                  .title = "Move " NASTY,
                                  .description = "**Why** " NASTY,
                                  .state = state,
                                  .impact = IMPACT_MAINTENANCE,
                                  .start = start,
                                  .end = end,
                                  .started_at = state == STATE_SCHEDULED ? 0 : start,
                                  .finished_at = state_final(state) ? end : 0,
                                  .created_at = EXAMPLE_NOW - USEC_PER_DAY,
                                  .updated_at = EXAMPLE_NOW - USEC_PER_HOUR,
                                  .version = 3,
                                  .external_id = "secret",
                                  .owner = "secret" } };
}

static inline Example *example_new(void) {
        Example *x = calloc(1, sizeof(*x));
        static Update updates[2];

        if (!x || site_default(&x->site) < 0 || !(x->arena = arena_new()) || !(x->days = days_new()))
                abort();
        (void) days_begin(x->days, x->site->voice.zone, EXAMPLE_NOW);
        x->services[0] = (Service) { .seq = 1, .id = "svc_1", .name = "Web", .description = "", .created_at = 1, .updated_at = 1 };
        x->services[1] = (Service) { .seq = 2,
                                    .id = "svc_2",
                                    .name = "API " NASTY,
                                    .description = "note " NASTY,
                                    .group = "Core " NASTY,
                                    .shown = IMPACT_MAINTENANCE,
                                    .created_at = 1,
                                    .updated_at = EXAMPLE_NOW };
        x->services[2] = (Service) {
                .seq = 3, .id = "svc_3", .name = "Mail", .description = "", .group = "Core " NASTY, .created_at = 1, .updated_at = 2
        };
        for (int64_t i = 1; i <= 3; i++)
                (void) days_note(x->days, i, EXAMPLE_NOW - 200 * USEC_PER_DAY, IMPACT_OPERATIONAL);
        updates[0] = (Update) { 7, STATE_IN_PROGRESS, "Begun " NASTY, EXAMPLE_NOW - 30 * USEC_PER_MINUTE };
        updates[1] = (Update) { 8, STATE_IN_PROGRESS, "*Half* done", EXAMPLE_NOW - USEC_PER_MINUTE };
        x->running = example_occasion(STATE_IN_PROGRESS, "maint_run", -1, 1);
        x->running.services = &x->services[1];
        x->running.n_services = 1;
        x->running.updates = updates;
        x->running.n_updates = 2;
        x->upcoming = example_occasion(STATE_SCHEDULED, "maint_next", 24, 26);
        x->past = example_occasion(STATE_COMPLETED, "maint_done", -50, -49);
        x->front = (Front) { x->services, 3, x->days, { &x->running, 1 }, { &x->upcoming, 1 }, { &x->past, 1 }, 1, 1, x->running.m.end };
        return x;
}

static inline void example_free(Example *x) {
        (void) days_free(x->days);
        (void) arena_free(x->arena);
        (void) site_free(x->site);
        free(x);
}

/* Around a test, whose state is an Example of its own. */
static inline int example_begin(void **state) {
        *state = example_new();
        return 0;
}

static inline int example_end(void **state) {
        example_free(*state);
        return 0;
}

/* What @write writes; owned by the caller. @write returns 0. */
#define example_text(x, write) ({ \
        char *_text = NULL; \
        size_t _n; \
        View v = { .f = open_memstream(&_text, &_n), .arena = (x)->arena, .site = (x)->site, .assets = "0123456789", .now = EXAMPLE_NOW }; \
        assert_non_null(v.f); \
        write; \
        assert_int_equal(fclose(v.f), 0); \
        _text; \
})

static inline size_t count(const char *text, const char *piece) {
        size_t n = 0;

        for (const char *p = text; (p = strstr(p, piece)); p++)
                n++;
        return n;
}
