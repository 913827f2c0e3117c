/*
 * Kodo: conversations with maintd-page and with hosted Kodo, and what hostile answers come to
 */
#include "golden.h"

#include "base/limits.h"
#include "target/codec.h"
#include "target/kodo.h"

#define URL "https://status.example/api/v1"

static ServiceMap services[] = {
        { .service = "api", .name = "API Gateway" },
        { .service = "cache", .id = "svc_9" },
        { .service = "database", .title = "Database" },
};
static RemoteService remote[] = {
        { "service", "svc_1", "API Gateway", "Core" }, { "service", "svc_2", "Database", NULL }, { "service", "svc_3", "Mail", NULL },
};
static char *page_facts[] = { (char *) "product", (char *) "page", (char *) "version", (char *) "1", NULL };
static char *hosted_facts[] = { (char *) "product", (char *) "hosted", (char *) "path", (char *) "/maintenances", NULL };

#define TARGET_AT(u, f, n) { .name = "public", .type = "kodo", .url = (u), .identity = "kodo " u, .token = "kodo-token", .instance = "maintd", \
        .ledger_id = "1f2e3d4c5b6a7988", .timeout = 30 * USEC_PER_SEC, .services = services, .n_services = ARRAY_SIZE(services), \
        .driver = &driver_kodo, .facts = (f), .n_facts = (n), .remote = remote, .n_remote = ARRAY_SIZE(remote) }

#define TARGET(f, n) TARGET_AT(URL, f, n)

static const Target page = TARGET(page_facts, 2), hosted = TARGET(hosted_facts, 2), fresh = TARGET(NULL, 0),
                    fresh_hosted = TARGET_AT("https://api.kodostatus.com/v1", NULL, 0);

static const char *window_services[] = { "api", "cache", "database" };
static const Window window = {
        .key = { "db-migration", "" },
        .start = 1801443600 * USEC_PER_SEC + 400000, .end = 1801450800 * USEC_PER_SEC, /* 2027-02-01, 01:00 and 03:00 */
        .impact = IMPACT_MAINTENANCE, .mute = true, .title = "Database Migration", .body = "Reads keep working.\n", .message = "",
        .services = { window_services, 3 },
        .notify = &(const Notify) { .scheduled = true, .started = true, .completed = true, .cancelled = true, .updated = false,
                                    .reminders = { USEC_PER_DAY, USEC_PER_HOUR }, .n_reminders = 2 },
};

static const Object *projected(const Target *t, Arena *a) {
        const char *problem = NULL;
        Object *o;
        size_t n;

        assert_int_equal(t->driver->project(t, &window, 1, a, &o, &n, &problem), 0);
        assert_int_equal(n, 1);
        return o;
}

#define KEY { "db-migration", "" }
#define ON(k, ...) .action = true, .act = { .kind = (k), .key = KEY, .generation = 1, __VA_ARGS__ }
#define CHANGE(k, ...) ON(k, .remote_id = "maint_1", __VA_ARGS__)
#define CREATE(...) ON(ACTION_CREATE, .remote_id = "", __VA_ARGS__)

static GoldenCase cases[] = {
        { "probe: maintd-page says who it is", "kodo/probe-page.http", &fresh, .query = QUERY_PROBE },
        { "probe: what is not maintd-page may be hosted Kodo", "kodo/probe-other.http", &fresh, .query = QUERY_PROBE },
        { "probe: a web page in its place is no maintd-page", "kodo/probe-html.http", &fresh, .query = QUERY_PROBE },
        { "probe: what has been maintd-page does not become another product", "kodo/probe-page-then-html.http", &page, .query = QUERY_PROBE },
        { "probe: a page that refuses the key is still a page", "kodo/probe-page-401.http", &page, .query = QUERY_PROBE },
        { "probe: a server in trouble says nothing about its product", "kodo/probe-503.http", &fresh, .query = QUERY_PROBE },
        { "probe: a redirect is an error, not another product", "kodo/probe-redirect.http", &fresh, .query = QUERY_PROBE },
        { "probe: hosted Kodo's path is found", "kodo/probe-path.http", &fresh_hosted, .query = QUERY_PROBE, .cursor = "path:1" },
        { "probe: on another host it is asked once more who it is", "kodo/probe-path-elsewhere.http", &fresh, .query = QUERY_PROBE, .cursor = "path:1" },
        { "probe: what says twice that it is another product is hosted Kodo", "kodo/probe-again-other.http", &fresh,
          .query = QUERY_PROBE, .cursor = "again:path:1" },
        { "probe: a web page in maintd-page's place for a moment is forgotten", "kodo/probe-again-page.http", &fresh,
          .query = QUERY_PROBE, .cursor = "again:path:0" },
        { "probe: trouble at the second look says nothing about its product", "kodo/probe-again-503.http", &fresh,
          .query = QUERY_PROBE, .cursor = "again:path:0" },
        { "probe: a path that is not there leads to the next", "kodo/probe-path-405.http", &fresh,
          .query = QUERY_PROBE, .cursor = "path:0" },
        { "probe: no path at all is said so", "kodo/probe-path-none.http", &fresh, .query = QUERY_PROBE, .cursor = "path:2" },
        { "probe: a refused key is a refused key", "kodo/probe-path-401.http", &fresh, .query = QUERY_PROBE, .cursor = "path:0" },
        { "list: scheduled windows first, page by page", "kodo/list-scheduled.http", &page, .query = QUERY_LIST },
        { "list: running windows come after the last scheduled one", "kodo/list-last-scheduled.http", &page, .query = QUERY_LIST,
          .cursor = "scheduled:1:a b/c" },
        { "list: complete after the running ones", "kodo/list-running.http", &page, .query = QUERY_LIST, .cursor = "in_progress:0:" },
        { "list: hosted Kodo's own names are understood", "kodo/list-hosted.http", &hosted, .query = QUERY_LIST },
        { "list: a server that repeats its cursor is not followed", "kodo/list-circle.http", &page, .query = QUERY_LIST,
          .cursor = "scheduled:1:abc" },
        { "list: one odd item is passed over", "kodo/list-odd-item.http", &page, .query = QUERY_LIST },
        { "list: nothing but odd items is not an empty list", "kodo/list-all-odd.http", &page, .query = QUERY_LIST },
        { "list: an HTML page is not an empty list", "kodo/list-html.http", &page, .query = QUERY_LIST },
        { "list: 429 is busy", "kodo/list-429.http", &page, .query = QUERY_LIST },
        { "object: bare", "kodo/object.http", &page, .query = QUERY_OBJECT, .id = "maint_1" },
        { "object: an id is one segment of the path", "kodo/object-404.http", &page, .query = QUERY_OBJECT, .id = "../x?y" },
        { "catalogue: names, ids, groups", "kodo/catalogue.http", &page, .query = QUERY_CATALOGUE },
        { "create: all members, with marker and key", "kodo/create.http", &page, CREATE(.state = STATE_SCHEDULED) },
        { "create: quiet and already running", "kodo/create-running-quiet.http", &page,
          CREATE(.state = STATE_IN_PROGRESS, .quiet = true, .message = "Late.") },
        { "create: a duplicate is named by its id", "kodo/create-duplicate.http", &page, CREATE(.state = STATE_SCHEDULED) },
        { "create: hosted Kodo gets no marker", "kodo/create-hosted.http", &hosted, CREATE(.state = STATE_SCHEDULED) },
        { "create: hosted Kodo's field errors are shown as they are", "kodo/create-hosted-400.http", &hosted,
          CREATE(.state = STATE_SCHEDULED) },
        { "create: 201 without a body that is understood is unknown", "kodo/create-unreadable.http", &page,
          CREATE(.state = STATE_SCHEDULED) },
        { "create: 502 with HTML is unknown", "kodo/create-502.http", &page, CREATE(.state = STATE_SCHEDULED) },
        { "create: 503 was certainly not done", "kodo/create-503.http", &page, CREATE(.state = STATE_SCHEDULED) },
        { "update: changed fields only, against the version seen", "kodo/update.http", &page,
          CHANGE(ACTION_UPDATE, .fields = FIELD_TITLE | FIELD_END | FIELD_REMINDERS, .quiet = true, .version = "3") },
        { "update: another version is a conflict", "kodo/update-version.http", &page,
          CHANGE(ACTION_UPDATE, .fields = FIELD_SERVICES | FIELD_EXTRA | FIELD_MARKER | FIELD_IMPACT, .version = "3") },
        { "update: hosted Kodo has no quiet change", "kodo/update-hosted.http", &hosted,
          CHANGE(ACTION_UPDATE, .fields = FIELDS_ALL, .quiet = true, .version = "3", .message = "An hour more.") },
        { "start: with a message", "kodo/start.http", &page, CHANGE(ACTION_START, .state = STATE_IN_PROGRESS, .message = "We begin.") },
        { "start: 2xx that shows the old state is unknown", "kodo/start-not.http", &page,
          CHANGE(ACTION_START, .state = STATE_IN_PROGRESS) },
        { "start: an impossible step is a conflict", "kodo/start-conflict.http", &page, CHANGE(ACTION_START, .state = STATE_IN_PROGRESS) },
        { "complete", "kodo/complete.http", &page, CHANGE(ACTION_COMPLETE, .state = STATE_COMPLETED) },
        { "cancel: quietly", "kodo/cancel.http", &page, CHANGE(ACTION_CANCEL, .state = STATE_CANCELLED, .quiet = true) },
        { "cancel: at hosted Kodo, an empty answer will do", "kodo/cancel-hosted.http", &hosted,
          CHANGE(ACTION_CANCEL, .state = STATE_CANCELLED) },
        { "message: 404 is gone", "kodo/message-404.http", &page, CHANGE(ACTION_MESSAGE, .message = "Half way.", .tells = 7) },
        { "message: 429 waits as told", "kodo/message-429.http", &page, CHANGE(ACTION_MESSAGE, .message = "Half way.", .tells = 7) },
        { "message: a full timeline is refused, not in conflict", "kodo/message-full.http", &page,
          CHANGE(ACTION_MESSAGE, .message = "Half way.", .tells = 8) },
        { "message: 403 is denied", "kodo/message-403.http", &page, CHANGE(ACTION_MESSAGE, .message = "Half way.", .tells = 7) },
};

static void project_page(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const Object *o = projected(&page, a);

        assert_int_equal(o->start, 1801443600 * USEC_PER_SEC);
        assert_string_equal(o->reminders, "60,1440");
        assert_string_equal(o->impact, "under_maintenance");
        assert_string_equal(o->marker, "maintd:maintd:db-migration#1");
        assert_string_equal(o->extra, "schedule=1 start=1 complete=1 cancel=1 update=0 monitors=pause");
        assert_int_equal(o->services.n, 3);
        assert_string_equal(o->services.items[2], "svc_9");
}

static void project_hosted(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const Object *o = projected(&hosted, a);

        assert_string_equal(o->reminders, "1440");
        assert_string_equal(o->marker, "");
        assert_string_equal(o->impact, "");
        assert_string_equal(o->extra, "schedule=1 start=1 complete=1");
}

static void project_unknown_service(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const char *names[] = { "mial" }, *problem = NULL;
        Window w = window;
        Object *o;
        size_t n;

        w.services = (Strv) { names, 1 };
        assert_int_equal(page.driver->project(&page, &w, 0, a, &o, &n, &problem), -ENOKEY);
        assert_string_equal(problem, "service 'mial' is not known there; there are API Gateway, Database, Mail; did you mean 'Mail'?");
}

/* What was written comes back as it was projected: no write follows. */
static void round_trip(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const Object *want = projected(&page, a);
        Action act = { .kind = ACTION_CREATE, .key = KEY, .generation = 1, .want = want, .remote_id = "", .message = "", .version = "" };
        Print wanted = object_print(want), shown;
        Request q;
        Outcome o;

        assert_int_equal(page.driver->action_request(&page, &act, a, &q), 0);
        /* The server's answer: the request with an id and a state. */
        Response r = { .status = 201, .body = arena_printf(a, "{\"id\":\"maint_1\",\"status\":\"scheduled\",%s", q.body + 1) };
        r.n_body = strlen(r.body);
        assert_int_equal(page.driver->action_response(&page, &act, &r, a, &o), 0);
        assert_int_equal(o.verdict, VERDICT_DONE);
        shown = object_print(&o.echo->object);
        assert_int_equal(print_diff(&wanted, &shown, FIELDS_ALL), 0);
}

static const char *key_of(const Action *act, Arena *a) {
        Request q;

        assert_int_equal(page.driver->action_request(&page, act, a, &q), 0);
        assert_non_null(q.headers[2]);
        return q.headers[2];
}

static void idempotency_keys(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Action act = { .kind = ACTION_MESSAGE, .key = KEY, .remote_id = "maint_1", .message = "Half way.", .version = "", .tells = 1 };
        const char *first = key_of(&act, a);

        assert_string_equal(first, key_of(&act, a));
        act.tells = 2; /* the same text as another update */
        assert_string_not_equal(first, key_of(&act, a));
        act = (Action) { .kind = ACTION_CREATE, .key = KEY, .want = projected(&page, a), .remote_id = "", .message = "", .version = "" };
        first = key_of(&act, a);
        act.generation = 1;
        assert_string_not_equal(first, key_of(&act, a));
}

static void refuses_bad_ids(void **state) {
        static const char *const bad[] = { "", ".", ".." };
        auto_(arena_free) Arena *a = arena_new();
        Action act = { .kind = ACTION_CANCEL, .key = KEY, .message = "", .version = "" };
        Request q;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                act.remote_id = bad[i];
                assert_int_equal(page.driver->action_request(&page, &act, a, &q), -EINVAL);
                assert_int_equal(page.driver->query_request(&page, QUERY_OBJECT, bad[i], NULL, a, &q), -EINVAL);
        }
}

/* No header is made from a version that could break out of it. */
static void hostile_version(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Action act = { .kind = ACTION_UPDATE, .key = KEY, .want = projected(&page, a), .fields = FIELD_TITLE, .remote_id = "maint_1",
                       .message = "", .version = "1\"\r\nX-Evil: 1" };
        Request q;

        assert_int_equal(page.driver->action_request(&page, &act, a, &q), 0);
        assert_null(q.headers[2]);
}

static Verdict verdict_of(const Response *r) {
        auto_(arena_free) Arena *a = arena_new();
        Action act = { .kind = ACTION_START, .state = STATE_IN_PROGRESS, .key = KEY, .remote_id = "maint_1", .message = "", .version = "" };
        Outcome o;

        assert_int_equal(page.driver->action_response(&page, &act, r, a, &o), 0);
        assert_true(utf8_length(o.detail, strlen(o.detail)) <= DETAIL_CHARS_MAX);
        assert_null(strpbrk(o.detail, "\n\x1b"));
        return o.verdict;
}

static void hostile_answers(void **state) {
        static const struct { const char *body; bool truncated; } rows[] = {
                { "", true }, { "{", false }, { "[]", false }, { "{}", false }, { "null", false }, { "\"x\"", false }, { "7", false },
                { "{\"id\":5}", false }, { "\xff\xfe", false }, { "{\"id\":\"a\\u0000b\"}", false },
                { "{\"id\":\"..\",\"title\":\"x\",\"status\":\"in_progress\",\"scheduled_start\":\"2027-02-01T01:00:00Z\","
                  "\"scheduled_end\":\"2027-02-01T02:00:00Z\"}", false },
                { "{\"id\":\"maint_1\",\"title\":\"x\",\"status\":\"in_progress\",\"scheduled_start\":\"yesterday\","
                  "\"scheduled_end\":[]}", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Response r = { .status = 200, .body = rows[i].body, .n_body = strlen(rows[i].body), .truncated = rows[i].truncated };

                assert_int_equal(verdict_of(&r), VERDICT_UNKNOWN);
        }
}

static void hostile_detail(void **state) {
        char body[4096];
        Response r = { .status = 400, .body = body, .n_body = sizeof(body) };

        memset(body, '\x1b', sizeof(body));
        assert_int_equal(verdict_of(&r), VERDICT_REFUSED);
}

/* Eight megabytes of "[]," would become a gigabyte of tree. */
static void too_many_values(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        size_t n = 2 * JSON_VALUES_MAX + 1;
        auto_(free) char *body = malloc(n);
        Collector c = golden_collector(NULL);
        Response r = { .status = 200, .body = body, .n_body = n };
        const char *cursor, *detail;

        body[0] = '[';
        for (size_t i = 1; i + 1 < n; i += 2)
                memcpy(body + i, "1,", 2);
        body[n - 1] = ']';
        assert_int_equal(page.driver->query_response(&page, QUERY_LIST, NULL, &r, a, &c.sink, &cursor, &detail), -EBADMSG);
}

/* A listing that may lack windows must not prove that they are absent. */
static void cut_off_listing(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Collector c = golden_collector(NULL);
        const char *cursor, *detail, *s = "[";
        Response r = { .status = 200 };

        for (unsigned i = 0; i < 100; i++)
                s = arena_printf(a, "%s%s{\"id\":\"m%u\",\"title\":\"x\",\"status\":\"scheduled\","
                                 "\"scheduled_start\":\"2027-02-01T01:00:00Z\",\"scheduled_end\":\"2027-02-01T02:00:00Z\"}", s, i ? "," : "", i);
        r.body = arena_printf(a, "{\"data\":%s]}", s);
        r.n_body = strlen(r.body);
        assert_int_equal(hosted.driver->query_response(&hosted, QUERY_LIST, NULL, &r, a, &c.sink, &cursor, &detail), -EBADMSG);
        assert_int_equal(c.observed, 100);
        r.body = arena_printf(a, "{\"data\":%s],\"next_cursor\":null}", s);
        r.n_body = strlen(r.body);
        assert_int_equal(hosted.driver->query_response(&hosted, QUERY_LIST, NULL, &r, a, &c.sink, &cursor, &detail), 0);
        assert_string_equal(cursor, "in_progress:0:");
}

static void sink_stops(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Collector c = golden_collector(NULL);
        const char *cursor, *detail;
        Response r = { .status = 200, .body = "{\"services\":[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":\"b\"}]}" };

        r.n_body = strlen(r.body);
        c.answer = -ENOMEM;
        assert_int_equal(page.driver->query_response(&page, QUERY_CATALOGUE, NULL, &r, a, &c.sink, &cursor, &detail), -ENOMEM);
        assert_int_equal(c.services, 1);
}

static void capabilities(void **state) {
        Target t = page;
        Capabilities c;

        assert_int_equal(t.driver->capabilities(&t, &c), 0);
        assert_int_equal(c.marker, MARKER_UNIQUE);
        assert_true(c.create_repeatable && c.quietable & BIT(ACTION_UPDATE) && !(c.writable[STATE_IN_PROGRESS] & FIELD_START));
        assert_int_equal(c.writes_per_min, 30);
        t.writes_per_min = 5;
        assert_int_equal(t.driver->capabilities(&t, &c), 0);
        assert_int_equal(c.writes_per_min, 5);
        assert_int_equal(fresh.driver->capabilities(&fresh, &c), 0);
        assert_int_equal(c.marker, MARKER_NONE);
        assert_false(c.readable & FIELD_EXTRA || c.create_repeatable || c.quietable & BIT(ACTION_START));
}

static void hosts(void **state) {
        static const struct { const char *url; bool hosted; } urls[] = {
                { "https://kodostatus.com", true }, { "https://api.KodoStatus.com:443/v1", true }, { "https://status.kodostatus.com/", true },
                { "https://notkodostatus.com", false }, { "https://status.notkodostatus.com", false }, { "https://kodostatus.com.example.org", false },
                { "https://kodostatus.co", false }, { "http://127.0.0.1:1", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
                Target t = { .url = urls[i].url };

                assert_string_equal(kodo_assumed(&t)[1], urls[i].hosted ? "hosted" : "page");
        }
}

static const struct CMUnitTest units[] = {
        { "only kodostatus.com and what is below it is taken for hosted Kodo", hosts },
        { "projects a window for maintd-page", project_page },
        { "projects a window for hosted Kodo without what it does not know", project_hosted },
        { "names a service that does not resolve, what there is, and what may be meant", project_unknown_service },
        { "what was written reads back as it was wanted", round_trip },
        { "equal keys for a repetition, different ones for another message or generation", idempotency_keys },
        { "refuses an id that would leave its place in the path", refuses_bad_ids },
        { "no header is made from a hostile version", hostile_version },
        { "2xx that is not understood is unknown, not success", hostile_answers },
        { "what a remote says is shown short and printable", hostile_detail },
        { "a body of too many values is not turned into a tree", too_many_values },
        { "a listing that may be cut off is not complete", cut_off_listing },
        { "an error of the sink ends the reading", sink_stops },
        { "capabilities are of the target as probed and configured", capabilities },
};

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(units) + ARRAY_SIZE(cases)];
        auto_(arena_free) Arena *a = arena_new();

        memcpy(tests, units, sizeof(units));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                if (cases[i].action)
                        cases[i].want = projected(cases[i].target, a);
                tests[ARRAY_SIZE(units) + i] = (struct CMUnitTest) { cases[i].name, golden_test, NULL, NULL, &cases[i] };
        }
        return cmocka_run_group_tests_name("kodo", tests, NULL, NULL);
}
