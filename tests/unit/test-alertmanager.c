/*
 * Alertmanager: conversations as version 0.25 has them, comments that carry the marker, matchers that compare
 */
#include "golden.h"

#include "target/codec.h"

static const char *const api_matchers[] = { "service", "=", "api", "severity", "!~", "info|\"none\"", NULL };
static const char *const db_matchers[] = { "job", "=~", "postgres.*", NULL };
static const ServiceMap services[] = {
        { .service = "api", .matchers = api_matchers },
        { .service = "database", .matchers = db_matchers },
        { .service = "web", .name = "no matchers" },
};

#define TARGET(u, tok) { .name = "alerts", .type = "alertmanager", .url = (u), .identity = "alertmanager " u, .token = (tok), \
        .instance = "maintd", .ledger_id = "1f2e3d4c5b6a7988", .timeout = 30 * USEC_PER_SEC, .services = services, \
        .n_services = ARRAY_SIZE(services), .driver = &driver_alertmanager }

static const Target plain = TARGET("http://127.0.0.1:9093", NULL);
static const Target proxied = TARGET("https://alerts.example/am/api/v2", "am-token");

static const char *window_services[] = { "api", "database", "other", "web" };
static const Window window = {
        .key = { "db-migration", "2027-02-01T02:00" },
        .start = 1801443600 * USEC_PER_SEC + 400000, .end = 1801450800 * USEC_PER_SEC, /* 2027-02-01, 01:00 and 03:00 */
        .mute = true, .title = "Database Migration", .body = "", .message = "", .services = { window_services, 4 },
};

#define UUID "ffd20242-8e31-4b5b-8a72-609c8df5717f"
#define ON(k, ...) .action = true, .act = { .kind = (k), .key = { "db-migration", "2027-02-01T02:00" }, __VA_ARGS__ }
#define CHANGE(k, ...) ON(k, .remote_id = UUID, __VA_ARGS__)

/* As listed after a create that came late, and extended by hand: from 01:20:07 to 04:00. */
static const Record late = { .echo = { .start = 1801444807 * USEC_PER_SEC, .end = 1801454400 * USEC_PER_SEC } };

static GoldenCase cases[] = {
        { "probe: the version is a fact", "alertmanager/probe.http", &plain, .query = QUERY_PROBE },
        { "probe: another server's JSON is no Alertmanager", "alertmanager/probe-other.http", &plain, .query = QUERY_PROBE },
        { "list: expired silences are history, others' are shown", "alertmanager/list.http", &proxied, .query = QUERY_LIST },
        { "list: an object is not a list", "alertmanager/list-object.http", &plain, .query = QUERY_LIST },
        { "object: an expired silence is complete", "alertmanager/object-expired.http", &plain, .query = QUERY_OBJECT, .id = UUID },
        { "object: one that never ran is cancelled", "alertmanager/object-cancelled.http", &plain, .query = QUERY_OBJECT, .id = UUID },
        { "object: 404 with an empty body", "alertmanager/object-404.http", &plain, .query = QUERY_OBJECT, .id = UUID },
        { "create: matchers, comment with marker and ledger", "alertmanager/create.http", &plain,
          ON(ACTION_CREATE, .state = STATE_SCHEDULED) },
        { "create: with a token, below a proxy's path", "alertmanager/create-proxied.http", &proxied,
          ON(ACTION_CREATE, .state = STATE_SCHEDULED) },
        { "create: an end in the past is refused", "alertmanager/create-past.http", &plain, ON(ACTION_CREATE, .state = STATE_SCHEDULED) },
        { "create: a missing field is refused", "alertmanager/create-422.http", &plain, ON(ACTION_CREATE, .state = STATE_SCHEDULED) },
        { "create: 200 without an id is unknown", "alertmanager/create-unreadable.http", &plain,
          ON(ACTION_CREATE, .state = STATE_SCHEDULED) },
        { "update: a later end keeps the start that was shown, and the id", "alertmanager/extend.http", &plain,
          CHANGE(ACTION_UPDATE, .fields = FIELD_END, .from = STATE_IN_PROGRESS, .record = &late) },
        { "update: a new title leaves an end that a person moved", "alertmanager/title.http", &plain,
          CHANGE(ACTION_UPDATE, .fields = FIELD_TITLE, .from = STATE_IN_PROGRESS, .record = &late) },
        { "update: an earlier start gives another id", "alertmanager/start-early.http", &plain,
          CHANGE(ACTION_UPDATE, .fields = FIELD_START, .from = STATE_SCHEDULED, .record = &late) },
        { "update: a silence that is unknown there is gone", "alertmanager/update-404.http", &plain,
          CHANGE(ACTION_UPDATE, .fields = FIELD_END, .from = STATE_SCHEDULED) },
        { "complete: ends it", "alertmanager/complete.http", &plain,
          CHANGE(ACTION_COMPLETE, .state = STATE_COMPLETED, .from = STATE_IN_PROGRESS) },
        { "complete: 200 with a login page is unknown", "alertmanager/complete-unreadable.http", &plain,
          CHANGE(ACTION_COMPLETE, .state = STATE_COMPLETED, .from = STATE_IN_PROGRESS) },
        { "cancel: 0.25 reports an unknown silence as 500", "alertmanager/cancel-500.http", &plain,
          CHANGE(ACTION_CANCEL, .state = STATE_CANCELLED, .from = STATE_SCHEDULED) },
        { "cancel: any other 500 is unknown", "alertmanager/cancel-500-other.http", &plain,
          CHANGE(ACTION_CANCEL, .state = STATE_CANCELLED, .from = STATE_SCHEDULED) },
};

static size_t project(const Window *w, Arena *a, Object **ret) {
        const char *problem = NULL;
        size_t n;

        assert_int_equal(plain.driver->project(&plain, w, 2, a, ret, &n, &problem), 0);
        return n;
}

static void one_part_a_service(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Object *o;

        assert_int_equal(project(&window, a, &o), 2);
        assert_string_equal(o[0].part, "service:api");
        assert_string_equal(o[1].part, "service:database");
        assert_string_equal(o[0].marker, "maintd:maintd:db-migration@2027-02-01T02:00#2/service:api");
        assert_int_equal(o[0].start, 1801443600 * USEC_PER_SEC);
        assert_string_equal(o[1].extra, "[{\"isEqual\":true,\"isRegex\":true,\"name\":\"job\",\"value\":\"postgres.*\"}]");
}

static void nothing_to_mute(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Window w = window;
        Object *o;

        w.mute = false;
        assert_int_equal(project(&w, a, &o), 0);
        w.mute = true;
        w.services = (Strv) { window_services + 2, 2 };
        assert_int_equal(project(&w, a, &o), 0);
}

typedef struct Compare {
        Sink sink;
        Print shown;
        char owner[32];
} Compare;

static int keep_print(Sink *s, const Observed *o) {
        Compare *c = (Compare *) s;

        c->shown = object_print(&o->object);
        (void) snprintf(c->owner, sizeof(c->owner), "%s", o->owner);
        return 0;
}

/* Whatever order and defaults the server answers with. */
static void shown_as_wanted(void **state) {
        static const struct { const char *tail, *owner; } rows[] = { { " [1f2e3d4c5b6a7988]", "1f2e3d4c5b6a7988" }, { "", "" } };
        auto_(arena_free) Arena *a = arena_new();
        Print wanted;
        Object *o;

        (void) project(&window, a, &o);
        wanted = object_print(&o[0]);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Compare c = { .sink = { .observed = keep_print } };
                const char *cursor, *detail;
                Response r = { .status = 200 };

                r.body = arena_printf(a, "{\"id\":\"" UUID "\",\"status\":{\"state\":\"pending\"},\"comment\":\"%s %s%s\",\"startsAt\":"
                                      "\"2027-02-01T01:00:00.250Z\",\"endsAt\":\"2027-02-01T03:00:00.000Z\",\"matchers\":[{\"value\":"
                                      "\"info|\\\"none\\\"\",\"name\":\"severity\",\"isRegex\":true,\"isEqual\":false},{"
                                      "\"name\":\"service\",\"value\":\"api\",\"isRegex\":false}]}", o[0].title, o[0].marker, rows[i].tail);
                r.n_body = strlen(r.body);
                assert_int_equal(plain.driver->query_response(&plain, QUERY_OBJECT, NULL, &r, a, &c.sink, &cursor, &detail), 0);
                assert_int_equal(print_diff(&wanted, &c.shown, FIELDS_ALL), 0);
                assert_string_equal(c.owner, rows[i].owner);
        }
}

static void never_touches_what_expired(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Object *o;
        Request q;

        (void) project(&window, a, &o);
        for (State from = STATE_SCHEDULED; from < STATES; from++) {
                Action act = { .kind = ACTION_UPDATE, .want = o, .fields = FIELD_END, .from = from, .remote_id = UUID, .message = "" };

                assert_int_equal(plain.driver->action_request(&plain, &act, a, &q), state_final(from) ? -EINVAL : 0);
        }
}

static void not_looked_at_since(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        const Record unseen = { .echo = { .start = USEC_INFINITY, .end = 1801454400 * USEC_PER_SEC } };
        Action act = { .kind = ACTION_UPDATE, .fields = FIELD_TITLE, .remote_id = UUID, .message = "", .record = &unseen };
        Object *o;
        Request q;

        (void) project(&window, a, &o);
        act.want = o;
        assert_int_equal(plain.driver->action_request(&plain, &act, a, &q), 0);
        assert_non_null(strstr(q.body, "\"startsAt\":\"2027-02-01T01:00:00Z\",\"endsAt\":\"2027-02-01T03:00:00Z\""));
}

static void no_states_no_messages(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Action act = { .remote_id = UUID, .message = "Hello" };
        Capabilities c;
        Request q;

        act.kind = ACTION_START;
        assert_int_equal(plain.driver->action_request(&plain, &act, a, &q), -ENOTSUP);
        act.kind = ACTION_MESSAGE;
        assert_int_equal(plain.driver->action_request(&plain, &act, a, &q), -ENOTSUP);
        assert_int_equal(plain.driver->query_request(&plain, QUERY_CATALOGUE, NULL, NULL, a, &q), -ENOTSUP);
        assert_int_equal(plain.driver->capabilities(&plain, &c), 0);
        assert_int_equal(c.moves, BIT(STATE_IN_PROGRESS) | BIT(STATE_COMPLETED));
        assert_int_equal(c.notifies, 0);
        assert_false(c.writes & BIT(STATE_IN_PROGRESS) || c.writable[STATE_IN_PROGRESS] & FIELD_START || c.create_repeatable);
}

static const struct CMUnitTest units[] = {
        { "one part for each service that has matchers", one_part_a_service },
        { "nothing where monitors are kept or no service has matchers", nothing_to_mute },
        { "what the server shows compares equal, in any order, with and without defaults", shown_as_wanted },
        { "an expired silence is never written", never_touches_what_expired },
        { "sends its own times while nobody has seen the server's", not_looked_at_since },
        { "has neither states to write nor messages", no_states_no_messages },
};

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(units) + ARRAY_SIZE(cases)];
        auto_(arena_free) Arena *a = arena_new();
        Object *o;

        (void) project(&window, a, &o);
        memcpy(tests, units, sizeof(units));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                cases[i].want = o;
                tests[ARRAY_SIZE(units) + i] = (struct CMUnitTest) { cases[i].name, golden_test, NULL, NULL, &cases[i] };
        }
        return cmocka_run_group_tests_name("alertmanager", tests, NULL, NULL);
}
