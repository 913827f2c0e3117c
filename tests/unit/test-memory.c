/*
 * Memory that runs out: an error to the caller, no crash, nothing leaked, nothing half done, and no other error in its place
 *
 * A refusal that is made of a failed allocation would be a lie: "no such service" withdraws what it should not. So each of these runs with
 * its first, second, … allocation failing, and may succeed (the text of a diagnostic was lost), or say -ENOMEM. Leaks are the sanitizer's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "out-of-memory.h"

#include "base/text.h"
#include "desired/desired.h"
#include "target/codec.h"

static const ConfigDriver known_types[] = {
        { "kodo", NULL, false }, { "alertmanager", (const char *const[]) { "comment", NULL }, true }, { NULL, NULL, false },
};

typedef struct Text { const char *path; char text[80 * 1024]; size_t n; } Text;

static void each_file(const char *pattern, int (*fn)(void *p)) {
        auto_(free) char *path = textf("%s/%s", CORPUS_DIR, pattern);
        Text *t = malloc(sizeof(*t));
        unsigned long runs = 0;
        glob_t g;

        assert_int_equal(glob(path, 0, NULL, &g), 0);
        for (size_t k = 0; k < g.gl_pathc; k++) {
                FILE *f = fopen(g.gl_pathv[k], "re");

                t->path = g.gl_pathv[k];
                t->n = fread(t->text, 1, sizeof(t->text) - 1, f);
                t->text[t->n] = '\0';
                (void) fclose(f);
                if (t->n < 4096) /* of the large ones, which are there for their limits, one is as the other */
                        runs += run_out_of_memory(fn, t);
        }
        assert_true(runs > g.gl_pathc);
        globfree(&g);
        free(t);
}

/* ── What people write ── */

static int read_manifest(void *p) {
        static const char *const names[] = { "api", "database", "web" };
        static const Strv services = { (const char **) names, 3 };
        static const Vocabulary voc = { .services = &services };
        auto_(free) char *doc = NULL;
        const Text *t = p;
        Diagnostics diags = { 0 };
        ParsedFile f = { 0 };
        Manifest *again = NULL;
        int r = manifest_parse("m.yaml", t->text, t->n, &voc, NULL, &diags, &f);

        diagnostics_sort(&diags);
        for (size_t k = 0; r >= 0 && k < f.n && !doc; k++) {
                r = manifest_to_doc(f.manifests[k], &doc);
                if (r >= 0)
                        r = manifest_from_doc(doc, &again);
        }
        manifest_free(again);
        if (r >= 0 || f.manifests)
                parsed_file_done(&f);
        diagnostics_done(&diags);
        return r;
}

static void manifests(void **state) {
        each_file("manifest/good/*", read_manifest);
        each_file("manifest/bad/*", read_manifest);
}

static int read_config(void *p) {
        const Text *t = p;
        Diagnostics diags = { 0 };
        Config *c = NULL;
        int r = config_parse("/etc/maintd/maintd.yaml", t->text, t->n, known_types, &diags, &c);

        if (r == -EINVAL) /* must have been said, or be told as what it is */
                r = diags.n_errors || !memory.failed ? 0 : -EIO;
        config_free(c);
        diagnostics_done(&diags);
        return r;
}

static void configs(void **state) {
        each_file("config/good/*", read_config);
        each_file("config/bad/*", read_config);
}

/* ── A directory, its defaults, and what they mean ── */

static char top[] = "/tmp/maintd-memory-XXXXXX";

static void put(const char *name, const char *text) {
        auto_(free) char *path = textf("%s/%s", top, name);
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        (void) fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

static int set_up(void **state) {
        auto_(free) char *command = NULL;

        if (!mkdtemp(top))
                return -1;
        command = textf("mkdir -p %s/sub/.git && ln -s ../one.yaml %s/sub/link.yaml && ln -s /etc/passwd %s/out.yaml && mkfifo %s/pipe.yaml", top, top, top, top);
        if (system(command) != 0)
                return -1;
        put("one.yaml", "title: One\nservices: [api]\nstart: 2027-02-01T02:00\nduration: 2h\nupdates: [{at: +1h, message: half}]\nlabels: {a: b}\n");
        put("broken.yaml", "title: T\nstart: 2027-02-01T02:00\nduration: 2h\ntimezone: Europe/Berlni\n");
        put("wrong.yaml", "title: [\n");
        put("_defaults.yaml", "timezone: Europe/Berlin\nservices: [database]\nlabels: {team: db}\n");
        put("sub/_defaults.yaml", "impact: degraded_performance\nlabels: {more: x}\n");
        put("sub/.git/HEAD", "0123456789abcdef0123456789abcdef01234567\n");
        put("sub/daily.yaml", "title: Daily\nstart: 2027-02-01T02:00\nduration: 1h\nrecurrence:\n  rule: FREQ=DAILY\n  except: [2027-02-03]\n"
                              "  extra: [2027-02-03T04:00]\n  overrides:\n    - {occurrence: 2027-02-04T02:00, title: Other, start: 2027-02-04T03:00}\n");
        put("sub/two.yaml", "---\nid: x\ntitle: X\nformerly: y\nstart: 2027-03-28T02:30\nduration: 1h\n---\nid: x\ntitle: X2\nstart: 2027-03-28T02:30\nduration: 1h\n");
        return 0;
}

static int tear_down(void **state) {
        auto_(free) char *command = textf("rm -rf %s", top);

        return system(command);
}

static int load_desired(void *p) {
        static const ManifestRow rows[] = {
                { .id = "broken", .doc = "id: broken\ntitle: T\nstart: 2027-02-01T02:00\nduration: 2h\n", .file = "broken.yaml", .commit = "" },
                { .id = "gone", .doc = "id: gone\ntitle: G\nstart: 2027-02-01T02:00\nduration: 2h\n", .file = "gone.yaml", .commit = "" },
        };
        auto_(desired_free) Desired *d = NULL;
        auto_(zones_free) Zones *zones = NULL;
        Diagnostics diags = { 0 };
        Tree *tree = NULL;
        DesiredLoad load;
        usec_t now = 1800000000 * USEC_PER_SEC; /* January 2027 */
        int r = zones_new(NULL, &zones);

        if (r >= 0)
                r = tree_directory(top, &tree);
        if (r >= 0)
                r = desired_new(tree, NULL, zones, &d);
        if (r >= 0)
                r = desired_seed(d, rows, ARRAY_SIZE(rows), &diags);
        for (unsigned n = 0; r >= 0 && n < 3; n++) {
                r = desired_load(d, now + n, &diags, &load);
                if (r >= 0)
                        r = desired_advance(d, now + n * 10 * USEC_PER_DAY, &load);
        }
        if (r >= 0 && load.n_sets < 3)
                r = -EIO; /* what is in force does not go for lack of memory */
        diagnostics_done(&diags);
        return r;
}

static void directories(void **state) {
        assert_true(run_out_of_memory(load_desired, NULL) > 200);
}

/* ── Remotes ── */

static ServiceMap services[] = { { .service = "api", .name = "API Gateway" }, { .service = "cache", .id = "svc_9" },
                                 { .service = "database", .title = "Database", .matchers = (const char *const[]) { "s", "=", "db", NULL } } };
static RemoteService remote[] = { { "service", "svc_1", "API Gateway", "Core" }, { "service", "svc_2", "Database", NULL } };
static char *facts[] = { (char *) "product", (char *) "page", (char *) "version", (char *) "1", NULL };
static const char *names[] = { "api", "cache", "database" }, *unknown[] = { "datbase" };

static int nothing(Sink *s, const Observed *o) { return 0; }
static int no_service(Sink *s, const char *kind, const char *id, const char *name, const char *group) { return 0; }
static int no_fact(Sink *s, const char *name, const char *value) { return 0; }

static const char *const answers[] = {
        "{\"maintenance\":[{\"id\":\"m1\",\"title\":\"T\",\"description\":\"D\",\"status\":\"scheduled\",\"scheduled_start\":\"2027-02-01T02:00:00Z\","
        "\"scheduled_end\":\"2027-02-01T04:00:00Z\",\"external_id\":\"maintd:maintd:db#1\",\"owner\":\"x\",\"service_ids\":[\"svc_1\"],\"impact\":\"none\","
        "\"reminder_minutes\":[60,1440],\"version\":3,\"updates\":[{\"message\":\"one\"},{\"message\":\"two\"}]}],\"next_cursor\":\"n\"}",
        "[{\"id\":\"s1\",\"comment\":\"T maintd:maintd:db#1 [0123456789abcdef]\",\"createdBy\":\"maintd\",\"status\":{\"state\":\"active\"},"
        "\"startsAt\":\"2027-01-01T00:00:00Z\",\"endsAt\":\"2027-01-01T01:00:00Z\",\"updatedAt\":\"2027-01-01T00:00:00Z\","
        "\"matchers\":[{\"name\":\"a\",\"value\":\"b\",\"isRegex\":false,\"isEqual\":true}]}]",
        "{\"services\":[{\"id\":\"svc_1\",\"name\":\"API\",\"group\":\"G\"}]}", "{\"product\":\"maintd-page\",\"version\":\"1\"}",
        "{\"error\":\"no\",\"details\":{\"fieldErrors\":{\"title\":[\"Required\",\"x\\u001b\"]}}}", "<html>no", "{\"silenceID\":\"s2\"}",
        "{\"id\":\"m1\",\"title\":\"T\",\"status\":\"in_progress\",\"scheduled_start\":\"2027-02-01T02:00:00Z\",\"scheduled_end\":\"2027-02-01T04:00:00Z\"}",
};

/* No memory is told as such; anything else an answer may well be. */
static int unless_memory(int r) {
        return r == -ENOMEM || !memory.failed ? r : r < 0 ? -EIO : 0;
}

typedef struct Talk { const Driver *driver; const char *answer; unsigned status; int usual[64]; unsigned n; bool known; } Talk;

/* Each step's result is what it is with memory, or -ENOMEM. */
static int step(Talk *t, int r) {
        if (!t->known)
                t->usual[t->n] = r;
        t->n++;
        return r == -ENOMEM ? r : r == t->usual[t->n - 1] ? 0 : -EIO;
}

static int converse(void *p) {
        Talk *t = p;
        auto_(arena_free) Arena *a = arena_new();
        Target target = { .name = "t", .type = t->driver->name, .url = "https://t.example/api/v1", .identity = "t", .token = "k", .instance = "maintd",
                          .ledger_id = "0123456789abcdef", .services = services, .n_services = ARRAY_SIZE(services), .driver = t->driver, .facts = facts,
                          .n_facts = 2, .remote = remote, .n_remote = ARRAY_SIZE(remote) };
        Window w = { .key = { "db", "2027-02-01T02:00" }, .start = 1801443600 * USEC_PER_SEC, .end = 1801450800 * USEC_PER_SEC, .impact = IMPACT_MAINTENANCE,
                     .mute = true, .title = "T", .body = "B", .message = "", .services = { names, 3 },
                     .notify = &(const Notify) { .scheduled = true, .reminders = { USEC_PER_DAY, USEC_PER_HOUR }, .n_reminders = 2 } };
        Response resp = { .status = t->status, .body = t->answer, .n_body = strlen(t->answer) };
        Sink sink = { nothing, no_service, no_fact };
        const char *cursor, *detail;
        Object *objects = NULL;
        size_t n = 0;
        int r = a ? 0 : -ENOMEM;

        t->n = 0;
        for (Query q = 0; r >= 0 && q < QUERIES; q++) {
                Request request;

                r = step(t, t->driver->query_request(&target, q, "m1", NULL, a, &request));
                if (r >= 0)
                        r = step(t, t->driver->query_response(&target, q, NULL, &resp, a, &sink, &cursor, &detail));
        }
        if (r >= 0)
                r = step(t, t->driver->project(&target, &w, 1, a, &objects, &n, &detail));
        for (ActionKind k = 0; r >= 0 && n > 0 && k < ACTIONS; k++) {
                Action act = { .kind = k, .key = w.key, .generation = 1, .remote_id = k == ACTION_CREATE ? "" : "m1", .want = objects, .message = "hello",
                               .fields = FIELD_TITLE | FIELDS_TIMES, .version = "3" };
                Request request;
                Outcome out;

                r = step(t, t->driver->action_request(&target, &act, a, &request));
                if (r >= 0)
                        r = step(t, t->driver->action_response(&target, &act, &resp, a, &out));
        }
        w.services = (Strv) { unknown, 1 };
        if (r >= 0)
                r = step(t, t->driver->project(&target, &w, 1, a, &objects, &n, &detail));
        return r;
}

static void conversations(void **state) {
        static const Driver *const drivers_of_both[] = { &driver_kodo, &driver_alertmanager };
        static const unsigned statuses[] = { 200, 400, 503 };

        for (size_t k = 0; k < ARRAY_SIZE(answers) * ARRAY_SIZE(statuses) * 2; k++) {
                Talk t = { .driver = drivers_of_both[k % 2], .answer = answers[k / 2 % ARRAY_SIZE(answers)], .status = statuses[k / 2 / ARRAY_SIZE(answers)] };

                assert_int_equal(converse(&t), 0);
                t.known = true;
                assert_true(run_out_of_memory(converse, &t) > 10);
        }
}

static int find_services(void *p) {
        static const char *const more[] = { "a", "1", "b", "2" };
        KnownService known = { .target = "t", .kind = "service", .service = "api", .asked = "API Gateway", .name = "API", .id = "svc_1" };
        auto_(arena_free) Arena *a = arena_new();
        Target t = { .name = "t", .type = "kodo", .identity = "t", .services = services, .n_services = ARRAY_SIZE(services), .driver = &driver_kodo };
        int r = a ? target_recall(&t, &known, 1) : -ENOMEM;

        if (r >= 0)
                r = target_found_services(&t, remote, ARRAY_SIZE(remote));
        if (r >= 0)
                r = target_found_facts(&t, more, 2);
        if (r >= 0 && (!target_service_problem(&t, "service", "databse", a) || !target_service(&t, "service", "api")))
                r = -ENOMEM;
        target_done(&t);
        return unless_memory(r);
}

static void targets(void **state) {
        assert_true(run_out_of_memory(find_services, NULL) > 10);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(manifests), cmocka_unit_test(configs), cmocka_unit_test(directories), cmocka_unit_test(conversations),
                cmocka_unit_test(targets),
        };

        return cmocka_run_group_tests_name("memory that runs out", tests, set_up, tear_down);
}
