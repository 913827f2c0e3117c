/*
 * maintd and its targets agree: what is written there is seen there as it was written
 *
 * The input is a file of manifests. On the page a first window is created, then turned into a second by an update; whatever it accepts
 * comes back as it was projected, in the answer and in a listing alike: else maintd would take it for an edit by hand, and write for
 * ever. Alertmanager keeps what it is sent, so its silences are read as they were written.
 */
#include "fuzz.h"

#include <jansson.h>

#include "base/limits.h"
#include "fuzz-served.h"
#include "schedule/schedule.h"
#include "target/codec.h"

static const ServiceMap services[] = { { .service = "api", .id = "svc_1" }, { .service = "mail", .id = "svc_2" } };
static RemoteService remote[] = { { "service", "svc_1", "API", "Core" }, { "service", "svc_2", "Mail", NULL } };
static char *facts[] = { (char *) "product", (char *) "page", NULL };
static const Target target = { .name = "t", .url = "http://127.0.0.1/api/v1", .identity = "kodo http://127.0.0.1", .instance = "maintd",
                               .ledger_id = "0123456789abcdef", .driver = &driver_kodo, .services = services, .n_services = ARRAY_SIZE(services),
                               .facts = facts, .n_facts = 1, .remote = remote, .n_remote = ARRAY_SIZE(remote) };

static const char *const api_matchers[] = { "service", "=", "api", NULL }, *const mail_matchers[] = { "job", "=~", "mail|\"smtp\"", NULL };
static const ServiceMap silenced[] = { { .service = "api", .matchers = api_matchers }, { .service = "mail", .matchers = mail_matchers } };
static const Target alertmanager = { .name = "a", .url = "http://127.0.0.1", .identity = "alertmanager http://127.0.0.1", .instance = "maintd",
                                     .ledger_id = "0123456789abcdef", .driver = &driver_alertmanager, .services = silenced,
                                     .n_services = ARRAY_SIZE(silenced) };

static const char *const no_headers[] = { NULL };

/* A request on its way; the answer's body is in @a. */
static Response carry(const Request *q, Arena *a) {
        Asked asked = { .method = q->method, .path = arena_printf(a, "/api/v1%s", q->path), .body = q->body, .n_body = q->n_body };
        Response r = { .headers = no_headers };
        Served s;

        assert_always(asked.path && !q->absolute);
        for (size_t i = 0; q->headers && q->headers[i]; i++)
                asked.headers[asked.n_headers++] = q->headers[i];
        served_ask(&asked, &s);
        r.status = s.status;
        r.n_body = s.n_body;
        r.body = arena_strndup(a, s.body ? s.body : "", s.n_body);
        free(s.body);
        return r;
}

static void check_same(const Object *want, const Object *seen, uint32_t fields) {
        Print x = object_print(want), y = object_print(seen);

        assert_always(print_diff(&x, &y, fields) == 0);
}

/* What the listing is read for. */
typedef struct Search {
        Sink sink;
        const char *id;
        const Object *want;
        uint32_t fields;        /* that it shows */
        unsigned found;
} Search;

static int on_observed(Sink *sink, const Observed *o) {
        Search *s = (Search *) sink;

        if (strcmp(o->remote_id, s->id) != 0)
                return 0;
        check_same(s->want, &o->object, s->fields);
        assert_always(strcmp(o->object.part, s->want->part) == 0 && strcmp(o->owner, target.ledger_id) == 0);
        s->found++;
        return 0;
}

static void check_listed(const char *id, const Object *want, Arena *a) {
        Search s = { .sink.observed = on_observed, .id = id, .want = want, .fields = FIELDS_ALL };
        const char *cursor = NULL, *detail;

        do {
                Request q;
                Response r;

                assert_always(driver_kodo.query_request(&target, QUERY_LIST, NULL, cursor, a, &q) == 0);
                r = carry(&q, a);
                assert_always(driver_kodo.query_response(&target, QUERY_LIST, cursor, &r, a, &s.sink, &cursor, &detail) == 0);
        } while (cursor);
        assert_always(s.found == 1);
}

/* Such a window the page cannot hold, and says so; that is told to people. */
static bool beyond_page(const Window *w) {
        for (size_t i = 0; i < w->notify->n_reminders; i++)
                if (w->notify->reminders[i] > PAGE_REMINDER_MINUTES_MAX * USEC_PER_MINUTE)
                        return true;
        return w->end - w->start > PAGE_WINDOW_LENGTH_MAX;
}

/* 1: it was done, and @ret is what came of it. */
static bool act(const Action *what, const Window *w, Arena *a, Outcome *ret) {
        Request q;
        Response r;

        assert_always(driver_kodo.action_request(&target, what, a, &q) == 0);
        r = carry(&q, a);
        assert_always(driver_kodo.action_response(&target, what, &r, a, ret) == 0);
        if (ret->verdict == VERDICT_DONE) {
                assert_always(ret->echo);
                check_same(what->want, &ret->echo->object, FIELDS_ALL);
                return true;
        }
        assert_always(ret->verdict == VERDICT_REFUSED && fuzz_printable(ret->detail) && beyond_page(w));
        return false;
}

static Object *project(const Window *w, Arena *a) {
        const char *problem = NULL;
        Object *o;
        size_t n;

        assert_always(driver_kodo.project(&target, w, 1, a, &o, &n, &problem) == 0 && n == 1);
        return o;
}

static void check_windows(const Window *first, const Window *second) {
        auto_(arena_free) Arena *a = arena_new();
        Action create = { .kind = ACTION_CREATE, .window = first, .key = first->key, .remote_id = "", .version = "", .message = "", .generation = 1 };
        Action update = { .kind = ACTION_UPDATE, .window = second, .key = first->key, .message = "", .generation = 1 };
        Outcome o, changed;
        Print x, y;
        Object *want;

        assert_always(a);
        create.want = project(first, a);
        if (!act(&create, first, a, &o))
                return;
        check_listed(o.remote_id, create.want, a);
        want = project(second, a);
        want->marker = create.want->marker; /* it stays the window that it is */
        x = object_print(create.want);
        y = object_print(want);
        update.want = want;
        update.remote_id = o.remote_id;
        update.version = o.echo->version;
        update.fields = print_diff(&x, &y, FIELDS_ALL);
        if (update.fields && act(&update, second, a, &changed))
                check_listed(o.remote_id, want, a);
}

/* The listing of an Alertmanager that has this silence alone. */
static char *listing_of(const Request *q) {
        auto_(json_decref) json_t *silence = json_loadb(q->body, q->n_body, 0, NULL), *list = NULL;

        assert_always(json_is_object(silence));
        assert_always(json_object_set_new(silence, "id", json_string("id")) == 0 &&
                      json_object_set_new(silence, "updatedAt", json_string("2027-01-15T08:00:00.123Z")) == 0 &&
                      json_object_set_new(silence, "status", json_pack("{s:s}", "state", "pending")) == 0);
        list = json_pack("[O]", silence);
        return json_dumps(list, 0);
}

static void check_silences(const Window *w) {
        auto_(arena_free) Arena *a = arena_new();
        const char *problem = NULL, *cursor, *detail;
        Capabilities can;
        Object *objects;
        size_t n;

        assert_always(a && driver_alertmanager.capabilities(&alertmanager, &can) == 0);
        assert_always(driver_alertmanager.project(&alertmanager, w, 1, a, &objects, &n, &problem) == 0 && n == (w->mute ? w->services.n : 0));
        for (size_t i = 0; i < n; i++) {
                Action create = { .kind = ACTION_CREATE, .window = w, .key = w->key, .want = &objects[i], .remote_id = "", .version = "",
                                  .message = "", .generation = 1 };
                Search s = { .sink.observed = on_observed, .id = "id", .want = &objects[i], .fields = can.readable };
                auto_(free) char *body = NULL;
                Response r = { .status = 200, .headers = no_headers };
                Request q;

                assert_always(driver_alertmanager.action_request(&alertmanager, &create, a, &q) == 0);
                r.body = body = listing_of(&q);
                r.n_body = strlen(body);
                assert_always(driver_alertmanager.query_response(&alertmanager, QUERY_LIST, NULL, &r, a, &s.sink, &cursor, &detail) == 0);
                assert_always(!cursor && s.found == 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const Strv names = { (const char *[]) { "api", "mail" }, 2 };
        const Vocabulary voc = { .services = &names };
        WindowSet *sets[2] = { NULL };
        static Zones *zones;
        ParsedFile p;
        size_t n = 0;

        if (!zones)
                assert_always(zones_new(NULL, &zones) >= 0);
        assert_always(manifest_parse("fuzz.yaml", (const char *) data, size, &voc, NULL, NULL, &p) == 0);
        for (size_t i = 0; i < p.n && n < ARRAY_SIZE(sets); i++)
                if (schedule_preview(zones, p.manifests[i], SERVED_NOW_SECONDS * USEC_PER_SEC, 2, NULL, NULL, &sets[n]) == 0)
                        n++;
        if (n > 0 && sets[0]->n_windows > 0) {
                const WindowSet *last = sets[n - 1]->n_windows > 0 ? sets[n - 1] : sets[0];

                served_reset();
                check_windows(&sets[0]->windows[0], &last->windows[last->n_windows - 1]);
                served_check();
                check_silences(&last->windows[last->n_windows - 1]);
        }
        for (size_t i = 0; i < n; i++)
                (void) windowset_unref(sets[i]);
        parsed_file_done(&p);
        return 0;
}
