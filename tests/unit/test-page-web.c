/*
 * Public answers: what they cost
 *
 * The page in this process, without its wire: requests are made here, and each step of SQLite is counted on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "base/text.h"
#include "page/show/feed.h"
#include "page/show/read.h"
#include "page/show/web.h"
#include "page/store/subscriber.h"
#include "repeat.h"

#define AT ((Now) { UINT64_C(1801447200000000), 10 * USEC_PER_DAY }) /* 2027-02-01T02:00:00Z */

static unsigned steps;
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt) {
        steps++;
        return __real_sqlite3_step(stmt);
}

static size_t last_size; /* of the last body */
static const char *asked_tag; /* If-None-Match of the request in hand */

const char *request_header(const Request *q, const char *name) {
        return strcmp(name, "If-None-Match") == 0 ? asked_tag : NULL;
}

const char *request_query(const Request *q, const char *name) {
        return NULL;
}

void response_header(Response *a, const char *name, const char *value) {
        a->headers[a->n_headers].name = name;
        a->headers[a->n_headers++].value = value;
}

typedef struct Fixture {
        char dir[32];
        Site *site;
        Page page;
} Fixture;

static int begin(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        (void) strcpy(f->dir, "/tmp/maintd-web-XXXXXX");
        if (!mkdtemp(f->dir) || site_default(&f->site) < 0 || store_open(f->dir, &f->page.store) < 0)
                return -1;
        f->page.site = f->site;
        f->page.cache = cache_new();
        f->page.days = days_new();
        f->page.next_due = USEC_INFINITY;
        f->page.pruned = AT.boot;
        (void) web_version(f->site, f->page.version);
        *state = f;
        return 0;
}

static int end(void **state) {
        static const char *const names[] = { "page.sqlite", "page.sqlite-wal", "page.sqlite-shm" };
        Fixture *f = *state;

        (void) store_close(f->page.store);
        (void) cache_free(f->page.cache);
        (void) days_free(f->page.days);
        (void) site_free(f->site);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = textf("%s/%s", f->dir, names[i]);

                (void) unlink(path);
        }
        (void) rmdir(f->dir);
        free(f);
        return 0;
}

/* The status; the tag in @ret_tag, owned by the caller, and whether the body holds @piece, where these are asked for. */
static unsigned get(Fixture *f, const char *path, const char *tag, Now now, char **ret_tag, const char *piece) {
        auto_(arena_free) Arena *arena = arena_new();
        Request q = { .arena = arena, .method = METHOD_GET, .method_name = "GET", .path = path, .now = now };
        Response a = { 0 };

        asked_tag = tag;
        web_answer(&f->page, &q, &a);
        for (size_t i = 0; i < a.n_headers && ret_tag; i++)
                if (strcmp(a.headers[i].name, "ETag") == 0)
                        *ret_tag = strdup(a.headers[i].value);
        last_size = a.size;
        assert_true(!piece || (a.body && strstr(a.body, piece)));
        free(a.body);
        return a.status;
}

static Now later(usec_t by) {
        return (Now) { AT.real + by, AT.boot + by };
}

static void add_service(Store *s, const char *name, Impact status) {
        auto_(arena_free) Arena *a = arena_new();
        Service service = { .name = name, .description = "", .manual = status, .created_at = AT.real, .updated_at = AT.real };

        assert_int_equal(store_service_insert(s, a, &service), 0);
}

static void what_is_kept_costs_no_query(void **state) {
        static const char *const paths[] = { "/", "/history", "/upcoming", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", "/style.css" };
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                auto_(free) char *tag = NULL;
                unsigned before;

                assert_int_equal(get(f, paths[i], NULL, AT, &tag, NULL), 200);
                before = steps;
                for (unsigned k = 0; k < 1000; k++) {
                        assert_int_equal(get(f, paths[i], tag, AT, NULL, NULL), 304);
                        assert_int_equal(get(f, paths[i], NULL, AT, NULL, NULL), 200);
                }
                assert_int_equal(steps, before);
        }
}

/* One statement in a tenth of a second, however many ask. */
static void others_are_looked_for_now_and_then(void **state) {
        Fixture *f = *state;
        unsigned before;

        assert_int_equal(get(f, "/", NULL, AT, NULL, NULL), 200);
        before = steps;
        for (usec_t t = 0; t < 500; t++)
                assert_int_equal(get(f, "/", NULL, later(t * USEC_PER_MSEC), NULL, NULL), 200);
        assert_true(steps - before >= 4 && steps - before <= 10);
}

static void a_change_of_our_own_is_seen_at_once(void **state) {
        auto_(free) char *tag = NULL;
        Fixture *f = *state;

        assert_int_equal(get(f, "/", NULL, AT, &tag, "All systems operational"), 200);
        add_service(f->page.store, "Fresh", IMPACT_MAJOR);
        assert_int_equal(get(f, "/", tag, AT, NULL, "Fresh"), 200);
        assert_int_equal(get(f, "/api/v2/status.json", NULL, AT, NULL, "\"critical\""), 200);
}

/* Who is told, asked and signed in stands nowhere on the page. */
static void mails_leave_what_was_made_as_it_is(void **state) {
        static const unsigned char hash[SHA256_SIZE] = { 1 };
        auto_(arena_free) Arena *a = arena_new();
        Maintenance m = { .title = "W", .description = "", .start = AT.real, .end = AT.real + USEC_PER_HOUR, .created_at = AT.real, .updated_at = AT.real, .version = 1 };
        Subscriber s = { .kind = SUBSCRIBER_EMAIL, .endpoint = "ann@example.com", .created_at = AT.real, .confirmed_at = AT.real };
        Delivery *due = NULL;
        size_t n = 0;
        Fixture *f = *state;
        unsigned before;

        assert_int_equal(store_maintenance_insert(f->page.store, a, &m), 0);
        assert_int_equal(get(f, "/", NULL, AT, NULL, NULL), 200);
        assert_int_equal(store_wish_add(f->page.store, WISH_BY_VISITOR, s.endpoint, "", true, AT.real), 0);
        assert_int_equal(store_wish_token(f->page.store, 1, hash), 0);
        assert_int_equal(store_wish_sent(f->page.store, 1), 0);
        assert_int_equal(store_subscriber_insert(f->page.store, a, &s, AT.real), 0);
        assert_int_equal(store_wishes_answered(f->page.store, s.endpoint), 0);
        assert_int_equal(store_outbox_add(f->page.store, EVENT_SCHEDULED, &m, "text", NULL, AT.real), 0);
        assert_int_equal(store_delivery_due(f->page.store, a, s.kind, AT.real, 9, &due, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(store_delivery_later(f->page.store, s.seq, AT.real + 1, 1, "why"), 0);
        assert_int_equal(store_delivery_done(f->page.store, s.seq, due->event, AT.real), 0);
        before = steps;
        assert_int_equal(get(f, "/", NULL, AT, NULL, NULL), 200);
        assert_int_equal(steps, before);
        m.title = "Changed";
        assert_int_equal(store_maintenance_update(f->page.store, &m), 0);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "Changed"), 200);
}

static void a_change_of_another_process_is_seen_soon(void **state) {
        auto_(store_close) Store *other = NULL;
        auto_(free) char *tag = NULL;
        Fixture *f = *state;

        assert_int_equal(get(f, "/", NULL, AT, &tag, NULL), 200);
        assert_int_equal(store_open(f->dir, &other), 0);
        add_service(other, "Theirs", IMPACT_OPERATIONAL);
        assert_int_equal(get(f, "/", tag, later(100 * USEC_PER_MSEC), NULL, "Theirs"), 200);
}

static void what_nobody_changed_has_its_tag_also_when_made_anew(void **state) {
        auto_(free) char *tag = NULL;
        Fixture *f = *state;
        unsigned before;

        add_service(f->page.store, "Quiet", IMPACT_OPERATIONAL);
        assert_int_equal(get(f, "/", NULL, AT, &tag, NULL), 200);
        before = steps;
        assert_int_equal(get(f, "/", tag, later(2 * CACHE_FRESH), NULL, NULL), 304);
        assert_true(steps > before);
}

/* A window has at most 500, of up to 16 KiB. */
static void no_more_updates_are_read_than_are_shown(void **state) {
        static const struct { const char *path; unsigned most; } rows[] = { { "/", 16 }, { "/calendar.ics", 10 }, { "/feed.atom", 28 } };
        auto_(arena_free) Arena *a = arena_new();
        Maintenance m = { .title = "W", .description = "", .state = STATE_IN_PROGRESS, .start = AT.real, .end = AT.real + USEC_PER_HOUR, .started_at = AT.real,
                          .created_at = AT.real, .updated_at = AT.real, .version = 1 };
        Fixture *f = *state;

        assert_int_equal(store_maintenance_insert(f->page.store, a, &m), 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(store_update_add(f->page.store, m.seq, m.state, i < 97 ? "early" : i == 97 ? "first of three" : "late", AT.real), 0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                unsigned before = steps;

                assert_int_equal(get(f, rows[i].path, NULL, AT, NULL, NULL), 200);
                if (steps - before > rows[i].most)
                        fail_msg("%s: %u steps", rows[i].path, steps - before);
        }
        assert_int_equal(get(f, "/", NULL, AT, NULL, "All updates (100)"), 200);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "first of three"), 200);
        assert_int_equal(get(f, "/api/v2/summary.json", NULL, AT, NULL, "early"), 200);
}

/* Return: its seq. */
static int64_t add_window(Store *s, State state, const char *title, int64_t from_hours) {
        auto_(arena_free) Arena *a = arena_new();
        usec_t start = (usec_t) ((int64_t) AT.real + from_hours * (int64_t) USEC_PER_HOUR);
        Maintenance m = { .title = title, .description = "", .state = state, .start = start, .end = AT.real + 1000 * USEC_PER_HOUR,
                          .created_at = AT.real, .updated_at = AT.real, .version = 1 };

        m.started_at = state == STATE_SCHEDULED ? 0 : start;
        m.finished_at = state_final(state) ? AT.real : 0;
        assert_int_equal(store_maintenance_insert(s, a, &m), 0);
        return m.seq;
}

static void add_upcoming(Store *s, const char *title, int64_t from_hours) {
        (void) add_window(s, STATE_SCHEDULED, title, from_hours);
}

/* Three of each in full, five more as lines, those that are over as lines; the others not at all. */
static void the_front_page_reads_what_it_shows(void **state) {
        Fixture *f = *state;
        unsigned before;

        assert_int_equal(store_begin(f->page.store), 0);
        for (int i = 1; i <= 20; i++) {
                (void) add_window(f->page.store, STATE_IN_PROGRESS, "Runs", -i);
                (void) add_window(f->page.store, STATE_SCHEDULED, "Late", -i);
                (void) add_window(f->page.store, STATE_SCHEDULED, "Comes", i);
                (void) add_window(f->page.store, STATE_COMPLETED, "Was", -i);
        }
        assert_int_equal(store_end(f->page.store, 0), 0);
        before = steps;
        assert_int_equal(get(f, "/", NULL, AT, NULL, ">32 more to come</a>"), 200);
        if (steps - before > 70) /* 8 + 10 + 15 windows, services and updates of 6 */
                fail_msg("%u steps", steps - before);
}

/* All there may be: an answer that anybody may ask for has a size of its own, and its like fit into memory together. */
static void what_programs_are_told_stays_small(void **state) {
        static const char *const paths[] = { "/api/v2/summary.json", "/api/v2/scheduled-maintenances.json", "/api/v2/scheduled-maintenances/active.json",
                                             "/api/v2/scheduled-maintenances/upcoming.json" };
        auto_(free) char *words = text_of("", "wordy ", PAGE_MESSAGE_BYTES_MAX / 6, ""), *last = text_of("the last: ", "wordy ", PAGE_MESSAGE_BYTES_MAX / 6 - 2, "");
        Fixture *f = *state;
        unsigned before;

        assert_int_equal(store_begin(f->page.store), 0);
        for (int i = 1; i <= 40; i++) {
                int64_t seq = add_window(f->page.store, i % 2 ? STATE_IN_PROGRESS : STATE_SCHEDULED, "W", i);

                for (unsigned k = 0; k < 24; k++)
                        assert_int_equal(store_update_add(f->page.store, seq, STATE_SCHEDULED, words, AT.real), 0);
                assert_int_equal(store_update_add(f->page.store, seq, STATE_SCHEDULED, last, AT.real), 0);
        }
        assert_int_equal(store_end(f->page.store, 0), 0);
        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                assert_int_equal(get(f, paths[i], NULL, AT, NULL, "the last: "), 200);
                assert_in_range(last_size, V2_BYTES / 2, V2_BYTES + 4096);
        }
        before = steps;
        for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
                assert_int_equal(get(f, paths[i], NULL, AT, NULL, NULL), 200);
        assert_int_equal(steps, before);
}

/* On its own page, too, where people look for all of it: half a megabyte, and the rest counted. */
static void a_window_of_many_words_has_its_limit(void **state) {
        auto_(free) char *words = text_of("", "wordy ", PAGE_MESSAGE_BYTES_MAX / 6, ""), *path = NULL;
        auto_(arena_free) Arena *a = arena_new();
        Fixture *f = *state;
        int64_t seq = add_window(f->page.store, STATE_IN_PROGRESS, "W", -1);
        Maintenance m;

        assert_int_equal(store_begin(f->page.store), 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(store_update_add(f->page.store, seq, STATE_IN_PROGRESS, i < 99 ? words : "the last of them", AT.real), 0);
        assert_int_equal(store_end(f->page.store, 0), 0);
        assert_int_equal(store_maintenance_by_seq(f->page.store, a, seq, &m), 0);
        path = textf("/maintenance/%s", m.id);
        assert_int_equal(get(f, path, NULL, AT, NULL, "the last of them"), 200);
        assert_in_range(last_size, 500000, 600000);
        assert_int_equal(get(f, path, NULL, AT, NULL, "<p class=\"more\">Older ones that are not shown: 67</p>"), 200);
}

/* Whoever begins by hand and forgets it does not hide from visitors what comes. */
static void what_should_have_begun_does_not_hide_what_is_next(void **state) {
        Fixture *f = *state;

        for (int i = 1; i <= 60; i++)
                add_upcoming(f->page.store, "Late", -i);
        add_upcoming(f->page.store, "Real next", 1);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "Next maintenance: <a href=\"/maintenance/"), 200);
        for (int i = 0; i < 2; i++) { /* below the first sentence, which with a running window speaks of that */
                assert_int_equal(get(f, "/", NULL, AT, NULL, ">Real next</a></h3>"), 200);
                assert_int_equal(get(f, "/", NULL, AT, NULL, ">58 more to come</a>"), 200);
                add_window(f->page.store, STATE_IN_PROGRESS, "Runs", -1);
        }
        assert_int_equal(get(f, "/api/v2/scheduled-maintenances/upcoming.json", NULL, AT, NULL, "Real next"), 200);
        assert_int_equal(get(f, "/upcoming", NULL, AT, NULL, "Real next"), 200);
}

static void what_is_not_shown_is_counted_and_stands_elsewhere(void **state) {
        static const char *const none[] = { "/upcoming/", "/upcoming/1", "/upcoming/02", "/upcoming/4", "/upcoming/x", "/upcoming/2/", "/upcoming2" };
        Fixture *f = *state;

        assert_int_equal(get(f, "/upcoming", NULL, AT, NULL, "<p class=\"none\">No maintenance is planned.</p>"), 200);
        for (int i = 1; i <= 8; i++)
                add_upcoming(f->page.store, "Sooner", i);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "<p class=\"more\"><a href=\"/history\">"), 200);
        for (int i = 9; i <= 250; i++)
                add_upcoming(f->page.store, i == 250 ? "The last" : "Later", i);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "<p class=\"more counted\"><a href=\"/upcoming\">242 more to come</a></p>"), 200);
        assert_int_equal(get(f, "/upcoming", NULL, AT, NULL, "<p class=\"more\"><a href=\"/upcoming/2\">Later</a></p>"), 200);
        assert_int_equal(get(f, "/upcoming/2", NULL, AT, NULL, "<a href=\"/upcoming/3\">Later</a>"), 200);
        assert_int_equal(get(f, "/upcoming/3", NULL, AT, NULL, "The last"), 200);
        for (size_t i = 0; i < ARRAY_SIZE(none); i++)
                assert_int_equal(get(f, none[i], NULL, AT, NULL, NULL), 404);
}

static void the_day_moves_on(void **state) {
        Fixture *f = *state;

        add_service(f->page.store, "Ill", IMPACT_DEGRADED);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "<title>Feb 1: Degraded performance"), 200);
        assert_int_equal(get(f, "/", NULL, later(USEC_PER_DAY), NULL, "<title>Feb 1: Degraded performance 22 h"), 200);
        assert_int_equal(get(f, "/", NULL, later(USEC_PER_DAY), NULL, "<title>Feb 2: Degraded performance 2 h"), 200);
}

static void a_store_that_fails_is_told_without_its_words(void **state) {
        Fixture *f = *state;
        auto_(free) char *path = textf("%s/page.sqlite", f->dir);
        sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "DROP TABLE service_state; PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_int_equal(get(f, "/", NULL, AT, NULL, "The page cannot be shown at the moment."), 500);
        assert_int_equal(get(f, "/style.css", NULL, AT, NULL, ":root"), 200);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_kept_costs_no_query, begin, end),
                cmocka_unit_test_setup_teardown(others_are_looked_for_now_and_then, begin, end),
                cmocka_unit_test_setup_teardown(a_change_of_our_own_is_seen_at_once, begin, end),
                cmocka_unit_test_setup_teardown(mails_leave_what_was_made_as_it_is, begin, end),
                cmocka_unit_test_setup_teardown(a_change_of_another_process_is_seen_soon, begin, end),
                cmocka_unit_test_setup_teardown(what_nobody_changed_has_its_tag_also_when_made_anew, begin, end),
                cmocka_unit_test_setup_teardown(no_more_updates_are_read_than_are_shown, begin, end),
                cmocka_unit_test_setup_teardown(the_front_page_reads_what_it_shows, begin, end),
                cmocka_unit_test_setup_teardown(what_programs_are_told_stays_small, begin, end),
                cmocka_unit_test_setup_teardown(a_window_of_many_words_has_its_limit, begin, end),
                cmocka_unit_test_setup_teardown(what_should_have_begun_does_not_hide_what_is_next, begin, end),
                cmocka_unit_test_setup_teardown(what_is_not_shown_is_counted_and_stands_elsewhere, begin, end),
                cmocka_unit_test_setup_teardown(the_day_moves_on, begin, end),
                cmocka_unit_test_setup_teardown(a_store_that_fails_is_told_without_its_words, begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
