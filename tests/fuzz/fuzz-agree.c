/*
 * maintd and its page agree: what is written there is seen there as it was written
 *
 * The input is a file of manifests. A first window is created, then turned into a second by an update. Whatever the page accepts comes
 * back as it was projected, in the answer and in a listing alike: else maintd would take it for an edit by hand, and write for ever.
 */
#include "fuzz.h"

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

static void check_same(const Object *want, const Object *seen) {
        Print x = object_print(want), y = object_print(seen);

        assert_always(print_diff(&x, &y, FIELDS_ALL) == 0);
}

/* What the listing is read for. */
typedef struct Search {
        Sink sink;
        const char *id;
        const Object *want;
        unsigned found;
} Search;

static int on_observed(Sink *sink, const Observed *o) {
        Search *s = (Search *) sink;

        if (strcmp(o->remote_id, s->id) != 0)
                return 0;
        check_same(s->want, &o->object);
        s->found++;
        return 0;
}

static void check_listed(const char *id, const Object *want, Arena *a) {
        Search s = { .sink.observed = on_observed, .id = id, .want = want };
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
                check_same(what->want, &ret->echo->object);
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
        }
        for (size_t i = 0; i < n; i++)
                (void) windowset_unref(sets[i]);
        parsed_file_done(&p);
        return 0;
}
