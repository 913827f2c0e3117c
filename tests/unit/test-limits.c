/*
 * Limits: of each, what is at it works and one more is refused, as base/limits.h says
 *
 * Most limits of what people write are a text repeated: those are rows. The others are functions that are handed a size and say whether
 * it went through whole. What needs a server, an engine or the page is tried beside these, and named at the end: a limit that is in the
 * header and neither here nor there fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "repeat.h"

#include "base/beneath.h"
#include "base/limits.h"
#include "base/text.h"
#include "io/http-url.h"
#include "io/http.h"
#include "io/watch-scan.h"
#include "manifest/config.h"
#include "manifest/diagnostic.h"
#include "manifest/directory.h"
#include "manifest/tree.h"
#include "model/model.h"
#include "schedule/recurrence.h"
#include "schedule/tzif.h"
#include "schedule/zone.h"
#include "target/codec.h"

/* ── What people write: a text with a unit so many times ── */

#define BODY "title: T\nstart: 2027-01-01T02:00\nduration: 1h\n"
#define SERIES BODY "recurrence:\n  rule: FREQ=DAILY\n"
#define TARGET_HEAD "targets: {t: {type: alertmanager, url: 'http://127.0.0.1:1'"

typedef struct Row {
        const char *limit;
        size_t max;
        const char *code;       /* of the only diagnostic that one more earns */
        bool config;
        const char *head, *unit, *tail; /* in the unit: # its number, @ a date of its own */
} Row;

static const Row rows[] = {
        { "MANIFEST_DOCUMENTS_MAX", MANIFEST_DOCUMENTS_MAX, "too-many-documents", false, "", "---\nid: m#\n" BODY, "" },
        { "ID_MAX", ID_MAX, "bad-id", false, BODY "id: ", "i", "" },
        { "ID_MAX (formerly)", ID_MAX, "bad-id", false, BODY "formerly: ", "i", "" },
        { "TITLE_MAX", TITLE_MAX, "too-long", false, "start: 2027-01-01T02:00\nduration: 1h\ntitle: ", "é", "" },
        { "DESCRIPTION_MAX", DESCRIPTION_MAX, "too-long", false, BODY "description: ", "d", "" },
        { "DESCRIPTION_MAX (message)", DESCRIPTION_MAX, "too-long", false, BODY "message: ", "m", "" },
        { "DESCRIPTION_MAX (update)", DESCRIPTION_MAX, "too-long", false, BODY "updates: [{at: +1min, message: ", "m", "}]" },
        { "NAME_MAX_BYTES", NAME_MAX_BYTES, "too-long", false, BODY "services: [", "s", "]" },
        { "TIMEZONE_MAX", TIMEZONE_MAX, "bad-timezone", false, BODY "timezone: ", "Z", "" },
        { "UPDATES_MAX", UPDATES_MAX, "too-many", false, BODY "updates: [", "{at: +#s, message: x},", "]" },
        { "OVERRIDES_MAX", OVERRIDES_MAX, "too-many", false, SERIES "  overrides: [", "{occurrence: @T02:00, state: cancelled},", "]" },
        { "DATES_MAX (except)", DATES_MAX, "too-many", false, SERIES "  except: [", "@,", "]" },
        { "DATES_MAX (extra)", DATES_MAX, "too-many", false, SERIES "  extra: [", "@T03:00,", "]" },
        { "SERVICES_MAX", SERVICES_MAX, "too-many", false, BODY "services: [", "s#,", "]" },
        { "TARGETS_MAX", TARGETS_MAX, "too-many", false, BODY "targets: [", "t#,", "]" },
        { "REMINDERS_MAX", REMINDERS_MAX, "too-many", false, BODY "notify: {reminders: [", "#h,", "]}" },
        { "LABELS_MAX", LABELS_MAX, "too-many", false, BODY "labels: {", "l#: v,", "}" },
        { "LABEL_KEY_MAX", LABEL_KEY_MAX, "too-long", false, BODY "labels: {", "é", ": v}" },
        { "LABEL_VALUE_MAX", LABEL_VALUE_MAX, "too-long", false, BODY "labels: {k: ", "é", "}" },
        { "RULE_MAX", RULE_MAX, "too-long", false, BODY "recurrence: {rule: ", "R", "}" },
        { "CATALOGUE_MAX", CATALOGUE_MAX, "too-many", true, "services: {", "s#: ,", "}" },
        { "SERVICE_NAME_MAX", SERVICE_NAME_MAX, "too-long", true, "services: {", "s", ": }" },
        { "NAME_BYTES_MAX", NAME_BYTES_MAX, "bad-name", true, "targets: {", "t", ": {type: alertmanager, url: 'http://127.0.0.1:1'}}" },
        { "TARGETS_MAX (configuration)", TARGETS_MAX, "too-many", true, "targets: {", "t#: {type: alertmanager, url: 'http://127.0.0.1:1'},", "}" },
        { "DISABLED_MAX", DISABLED_MAX, "too-many", true, "lint: {disable: [", "overlap,", "]}" },
        { "INSTANCE_MAX", INSTANCE_MAX, "bad-name", true, "instance: ", "i", "" },
        { "MATCHERS_MAX", MATCHERS_MAX, "too-many", true, "services: {s: }\n" TARGET_HEAD ", services: {s: {matchers: [", "'m#=v',", "]}}}}" },
        { "MATCHER_VALUE_MAX", MATCHER_VALUE_MAX - 2, "too-long", true, "services: {s: }\n" TARGET_HEAD ", services: {s: {matchers: ['m=", "v", "']}}}}" },
        { "URL_MAX", URL_MAX - 21, "too-long", true, "targets: {t: {type: alertmanager, url: 'https://t.example/abc", "u", "'}}" },
        { "HOST_MAX", HOST_MAX, "bad-url", true, "targets: {t: {type: alertmanager, url: 'https://", "h", "'}}" },
        { "PATH_BYTES_MAX", PATH_BYTES_MAX - 1, "too-long", true, "manifests: /", "p", "" },
};

static const ConfigDriver known_types[] = { { "alertmanager", NULL, true }, { NULL, NULL, false } };

static void read_manifest(const char *text, Diagnostics *diags) {
        ParsedFile p;

        assert_int_equal(manifest_parse("m.yaml", text, strlen(text), NULL, NULL, diags, &p), 0);
        parsed_file_done(&p);
}

static void read_config(const char *text, Diagnostics *diags) {
        Config *c = NULL;

        (void) config_parse("c.yaml", text, strlen(text), known_types, diags, &c);
        config_free(c);
}

static const Diagnostic *first_error(const Diagnostics *d) {
        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].severity == SEVERITY_ERROR)
                        return &d->items[i];
        return NULL;
}

/* Whole and without an error; if not, the errors are the one that was to come. */
static bool text_fits(const Row *row, size_t n) {
        auto_(free) char *text = text_of(row->head, row->unit, n, row->tail);
        Diagnostics diags = { 0 };
        const Diagnostic *e;
        bool fits;

        (row->config ? read_config : read_manifest)(text, &diags);
        e = first_error(&diags);
        fits = !e;
        if (e && (diags.n_errors != 1 || strcmp(e->code, row->code) != 0))
                fail_msg("%s at %zu: %zu errors, the first: %s: %s", row->limit, n, diags.n_errors, e->code, e->message);
        diagnostics_done(&diags);
        return fits;
}

static void refuses_one_more(void **state) {
        const Row *row = *state;

        assert_true(text_fits(row, row->max));
        assert_false(text_fits(row, row->max + 1));
}

/* ── The same, each in its own way ── */

static bool padded_fits(size_t n, const char *head, bool config) {
        auto_(free) char *text = malloc(n + 1);
        Diagnostics diags = { 0 };
        const Diagnostic *e;
        bool fits;

        memset(text, '#', n);
        memcpy(text, head, strlen(head));
        text[n] = '\0';
        (config ? read_config : read_manifest)(text, &diags);
        e = first_error(&diags);
        fits = !e;
        assert_true(fits || strcmp(e->code, "too-large") == 0);
        diagnostics_done(&diags);
        return fits;
}

static bool manifest_bytes(size_t n) {
        return padded_fits(n, BODY, false);
}

static bool config_bytes(size_t n) {
        return padded_fits(n, "watch: true\n", true);
}

/* A document that is nothing but lists is refused anyway: for its depth or for what it is. */
static bool manifest_depth(size_t n) {
        auto_(free) char *open = text_of("", "[", n, ""), *text = text_of(open, "]", n, "\n");
        Diagnostics diags = { 0 };
        bool fits;

        read_manifest(text, &diags);
        assert_true(diags.n_errors > 0);
        fits = strcmp(diags.items[0].code, "too-deep") != 0;
        diagnostics_done(&diags);
        return fits;
}

static bool span_days(size_t n) {
        auto_(free) char *text = textf("%zud", n);
        Span span;

        return span_parse(text, &span) >= 0;
}

/* Shown: n problems and no line that counts more. */
static bool per_file(size_t n) {
        Diagnostics diags = { 0 };
        bool fits;

        for (size_t i = 0; i < n; i++)
                assert_int_equal(diagnostics_add(&diags, SEVERITY_ERROR, "bad-id", "f.yaml", 1, 1, "no"), 0);
        assert_true(diags.n <= PER_FILE_MAX + 1);
        assert_int_equal(diags.n_errors, n);
        fits = diags.n == n && strcmp(diags.items[n - 1].code, "more-problems") != 0;
        diagnostics_done(&diags);
        return fits;
}

static bool message(size_t n) {
        auto_(free) char *text = text_of("", "m", n, "");
        Diagnostics diags = { 0 };
        bool fits;

        assert_int_equal(diagnostics_add(&diags, SEVERITY_ERROR, "bad-id", "f.yaml", 1, 1, "%s", text), 0);
        fits = strcmp(diags.items[0].message, text) == 0;
        assert_true(fits || utf8_length(diags.items[0].message, strlen(diags.items[0].message)) == MESSAGE_MAX);
        diagnostics_done(&diags);
        return fits;
}

static bool word(size_t n) {
        auto_(free) char *typed = text_of("", "w", n - 1, "x"), *meant = text_of("", "w", n, "");

        return text_nearest(typed, (const char *const[]) { meant }, 1) != NULL;
}

/* Beneath one folder, which goes with all that is in it. */
static char top[] = "/tmp/maintd-limits-XXXXXX";

static int set_up(void **state) {
        return mkdtemp(top) ? 0 : -1;
}

static int tear_down(void **state) {
        char command[64];

        (void) snprintf(command, sizeof(command), "rm -rf %s", top);
        return system(command);
}

static int open_new(const char *name) {
        auto_(free) char *path = textf("%s/%s", top, name);
        int fd;

        assert_int_equal(mkdir(path, 0700), 0);
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(fd >= 0);
        return fd;
}

static void put_file(int at, const char *name, const char *text, size_t n) {
        int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, n), (ssize_t) n);
        (void) close(fd);
}

/* Goes n folders down from @at, which it closes. */
static int go_down(int at, size_t n) {
        for (size_t k = 0; k < n; k++) {
                int below;

                assert_int_equal(mkdirat(at, "d", 0700), 0);
                below = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
                assert_true(below >= 0);
                (void) close(at);
                at = below;
        }
        return at;
}

/* What a tree of files below top/@name lists: how many files and problems, or an error. */
static int list(const char *name, size_t *ret_files, size_t *ret_problems) {
        auto_(free) char *path = textf("%s/%s", top, name), *why = NULL;
        auto_(arena_free) Arena *a = arena_new();
        auto_(tree_free) Tree *t = NULL;
        TreeFile *files;
        int r;

        *ret_files = *ret_problems = 0;
        assert_int_equal(tree_directory(path, &t), 0);
        r = t->ops->list(t, a, &files, ret_files, &why);
        assert_true(r != -E2BIG || strstr(why, "holds more than 200000 manifests"));
        for (size_t k = 0; r >= 0 && k < *ret_files; k++)
                *ret_problems += files[k].problem != NULL;
        return r;
}

static bool tree_depth(size_t n) {
        auto_(free) char *name = textf("depth-%zu", n);
        auto_(close) int at = go_down(open_new(name), n);
        size_t files, problems;

        put_file(at, "m.yaml", BODY, strlen(BODY));
        assert_int_equal(list(name, &files, &problems), 0);
        assert_int_equal(files, 1);
        return problems == 0;
}

/* Takes seconds: a long run's. */
static bool tree_files(size_t n) {
        auto_(free) char *name = textf("files-%zu", n);
        auto_(close) int at = open_new(name);
        size_t files, problems;
        int r;

        for (size_t k = 0; k < n; k++) {
                char file[32];
                int fd;

                (void) snprintf(file, sizeof(file), "%zu.yaml", k);
                fd = openat(at, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
                (void) close(fd);
        }
        r = list(name, &files, &problems);
        assert_true(r == -E2BIG || (r == 0 && files == n && problems == 0));
        return r == 0;
}

static int opened(int fd) {
        if (fd >= 0)
                (void) close(fd);
        return fd;
}

/* A link to a link to … a file: by the kernel and by hand. */
static bool links(size_t n) {
        auto_(free) char *name = textf("links-%zu", n);
        auto_(close) int at = open_new(name);
        char from[32] = "file", to[32];
        int kernel, hand;

        put_file(at, from, "", 0);
        for (size_t k = 0; k < n; k++) {
                (void) snprintf(to, sizeof(to), "link%zu", k);
                assert_int_equal(symlinkat(from, at, to), 0);
                memcpy(from, to, sizeof(from));
        }
        kernel = opened(open_beneath(at, from, O_RDONLY));
        hand = opened(open_beneath_by_steps(at, from, O_RDONLY));
        assert_true(kernel < 0 ? kernel == -ELOOP && hand == -ELOOP : hand >= 0);
        return hand >= 0;
}

static bool folders(size_t n) {
        auto_(free) char *name = textf("folders-%zu", n), *path = text_of("", "d/", n, "file");
        auto_(close) int root = open_new(name), at = go_down(dup(root), n);
        int fd;

        put_file(at, "file", "", 0);
        fd = opened(open_beneath_by_steps(root, path, O_RDONLY));
        assert_true(fd >= 0 || fd == -ENAMETOOLONG);
        return fd >= 0;
}

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static bool commit_known(const char *repo) {
        auto_(free) char *path = textf("%s/%s", top, repo);
        char commit[COMMIT_SIZE];

        return strcmp(commit_around(path, commit), COMMIT) == 0;
}

/* A repository whose HEAD names @ref and whose packed-refs are @refs; NULL: without them. */
static void put_repository(const char *name, const char *ref, const char *refs) {
        auto_(free) char *head = textf("ref: %s\n", ref);
        auto_(close) int at = open_new(name), git = -1;

        assert_int_equal(mkdirat(at, ".git", 0700), 0);
        git = openat(at, ".git", O_PATH | O_CLOEXEC);
        put_file(git, "HEAD", head, strlen(head));
        put_file(git, "packed-refs", refs, strlen(refs));
}

static bool git_ref(size_t n) {
        auto_(free) char *name = textf("ref-%zu", n), *ref = text_of("refs/", "r", n - 5, ""), *refs = textf("%s %s\n", COMMIT, ref);

        put_repository(name, ref, refs);
        return commit_known(name);
}

/* The end of a line that does not fit is no line of its own. */
static void passes_over_long_lines(void **state) {
        auto_(free) char *x = text_of("", "x", GIT_LINE_MAX - 1, ""), *refs = textf("# %s%s refs/heads/main\n", x, COMMIT);
        auto_(free) char *then = textf("%s%s refs/heads/main\n", refs, COMMIT);

        put_repository("line", "refs/heads/main", refs);
        assert_false(commit_known("line"));
        put_repository("line-then", "refs/heads/main", then);
        assert_true(commit_known("line-then"));
}

/* Ours is the last line of packed-refs and ends with byte n. */
static bool packed_refs(size_t n) {
        static const char other[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa refs/x\n", ours[] = "\n" COMMIT " refs/heads/main";
        auto_(free) char *name = textf("packed-%zu", n), *text = malloc(n + 1);
        size_t k = 0;

        for (; k + strlen(other) + strlen(ours) <= n; k += strlen(other))
                memcpy(text + k, other, strlen(other));
        memset(text + k, '\n', n - k);
        memcpy(text + n - strlen(ours), ours, sizeof(ours));
        put_repository(name, "refs/heads/main", text);
        return commit_known(name);
}

/* Nothing is what a line of NULs looks like, and it counts all the same. */
static void counts_what_a_hole_holds(void **state) {
        static const char ours[] = "\n" COMMIT " refs/heads/main\n";
        auto_(free) char *path = textf("%s/hole/.git/packed-refs", top);
        auto_(close) int fd = -1;

        put_repository("hole", "refs/heads/main", "");
        fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, ours, strlen(ours), PACKED_REFS_MAX / 2), strlen(ours));
        assert_true(commit_known("hole"));
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, ours, strlen(ours), PACKED_REFS_MAX), strlen(ours));
        assert_false(commit_known("hole"));
}

static void does_not_wait_for_a_pipe(void **state) {
        auto_(free) char *path = textf("%s/pipe/.git/packed-refs", top);

        put_repository("pipe", "refs/heads/main", "");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_false(commit_known("pipe"));
}

/* Deeper, it is looked at every few seconds. */
static bool watch_depth(size_t n) {
        auto_(free) char *name = textf("watch-%zu", n), *path = textf("%s/%s", top, name);
        auto_(close) int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        Scan s = { .inotify = inotify, .path = path };
        bool fits;

        (void) close(go_down(open_new(name), n));
        assert_true(scan_walk(&s) >= 0);
        fits = !s.problem;
        assert_true(fits || strstr(s.problem, "too deep"));
        scan_done(&s);
        return fits;
}

/* ── What the ledger and remotes hold of ours ── */

static bool doc(size_t n) {
        auto_(free) char *text = malloc(n + 1);
        Manifest *m = NULL;
        int r;

        memset(text, '#', n);
        memcpy(text, "id: m\n" BODY, strlen("id: m\n" BODY));
        text[n] = '\0';
        r = manifest_from_doc(text, &m);
        assert_true(r == 0 || r == -EINVAL);
        manifest_free(m);
        return r == 0;
}

static bool marker_of(const char *head, size_t n, const char *tail) {
        auto_(free) char *text = text_of(head, "x", n, tail);
        MarkerParts m;

        return marker_parse(text, &m) == 0;
}

static bool occurrence(size_t n) {
        return marker_of("maintd:maintd:db@", n, "#1");
}

static bool part(size_t n) {
        return marker_of("maintd:maintd:db#1/", n, "");
}

/* ── Zones and rules ── */

/* A file of n bytes as zic writes it for a zone of one offset, with this footer; what stands behind that is for readers to come. */
static char *zone_file(const char *footer, size_t n) {
        static const unsigned char header[44] = { 'T', 'Z', 'i', 'f', '2', [39] = 1, [43] = 4 }, block[] = { 0, 0, 0, 0, 0, 0, 'U', 'T', 'C', 0 };
        auto_(free) char *text = textf("\n%s\n", footer);
        char *data = calloc(1, n), *p = data;

        assert_non_null(data);
        for (unsigned k = 0; k < 2; k++) {
                p = mempcpy(p, header, sizeof(header));
                p = mempcpy(p, block, sizeof(block));
        }
        memcpy(p, text, strlen(text));
        return data;
}

static bool zone_taken(const char *footer) {
        auto_(free) char *data = zone_file(footer, 512);
        auto_(tzif_free) Tzif *t = NULL;
        int r = tzif_parse(data, 512, &t);

        assert_true(r == 0 || r == -EBADMSG);
        return r == 0;
}

static bool zone_offset(size_t n) {
        auto_(free) char *footer = textf("ABC-%zu:%02zu:%02zu", n / 3600, n / 60 % 60, n % 60);

        return zone_taken(footer);
}

static bool zone_abbreviation(size_t n) {
        auto_(free) char *footer = text_of("<", "A", n - 1, ">0");

        return zone_taken(footer);
}

static int open_zones(const char *name, Zones **ret) {
        auto_(free) char *path = textf("%s/%s", top, name);

        return zones_new(path, ret);
}

static bool zone_bytes(size_t n) {
        auto_(free) char *name = textf("zone-%zu", n), *data = zone_file("", n);
        auto_(zones_free) Zones *zones = NULL;
        auto_(close) int at = open_new(name);
        const Zone *z = NULL;
        int r;

        put_file(at, "Zone", data, n);
        assert_int_equal(open_zones(name, &zones), 0);
        r = zones_get(zones, "Zone", &z);
        assert_true(r == 0 || r == -EBADMSG);
        return r == 0;
}

static bool zones_at_once(size_t n) {
        auto_(free) char *name = textf("zones-%zu", n), *copy = textf("cp -L /usr/share/zoneinfo/UTC %s/%s/Zone", top, name);
        auto_(zones_free) Zones *all = NULL;
        auto_(close) int at = open_new(name);
        const Zone *z = NULL;
        int r = 0;

        assert_int_equal(system(copy), 0);
        assert_int_equal(open_zones(name, &all), 0);
        for (size_t k = 0; r >= 0 && k < n; k++) {
                char zone[32];

                (void) snprintf(zone, sizeof(zone), "Z%zu", k);
                assert_int_equal(symlinkat("Zone", at, zone), 0);
                r = zones_get(all, zone, &z);
                assert_true(r == 0 || k == n - 1);
        }
        return r == 0;
}

/* Names are proposed from an index that is no larger. */
static bool zone_index(size_t n) {
        auto_(free) char *name = textf("index-%zu", n), *text = malloc(n);
        auto_(zones_free) Zones *all = NULL;
        auto_(close) int at = open_new(name);

        memset(text, '#', n);
        memcpy(text, "Z Europe/Berlin\n", 16);
        put_file(at, "tzdata.zi", text, n);
        assert_int_equal(open_zones(name, &all), 0);
        return zones_suggest(all, "Europe/Berlni") != NULL;
}

/* ── Remotes ── */

static bool url(size_t n) {
        auto_(free) char *text = text_of("https://t.example/", "u", n - 18, ""), *why = NULL;

        return http_url_check(text, false, &why) == 0;
}

/* An array and what is in it. */
static bool json_values(size_t n) {
        auto_(free) char *text = text_of("[1", ",1", n - 2, "]");
        Response r = { .status = 200, .body = text, .n_body = strlen(text) };
        json_t *j = NULL;
        int e = json_body(&r, &j);

        assert_true(e == 0 || e == -EBADMSG);
        json_decref(j);
        return e == 0;
}

static bool remote_id(size_t n) {
        auto_(free) char *id = text_of("", "i", n, "");

        return remote_id_valid(id);
}

static bool shown_whole(const char *text) {
        return strstr(text, "…") == NULL;
}

static bool detail(size_t n) {
        auto_(free) char *body = text_of("{\"error\":\"", "x", n - strlen("HTTP 400: "), "\"}");
        auto_(arena_free) Arena *a = arena_new();
        Response r = { .status = 400, .body = body, .n_body = strlen(body) };
        const char *text = response_detail(&r, a);

        assert_true(utf8_length(text, strlen(text)) <= DETAIL_CHARS_MAX);
        return shown_whole(text);
}

static bool service_problem(size_t n) {
        auto_(arena_free) Arena *a = arena_new();
        Target t = { .name = "t", .type = "kodo", .driver = &driver_kodo };
        size_t around = strlen(target_service_problem(&t, "service", "", a));
        auto_(free) char *service = text_of("", "s", n - around, "");
        const char *text = target_service_problem(&t, "service", service, a);

        assert_true(utf8_length(text, strlen(text)) <= PROBLEM_CHARS_MAX);
        return shown_whole(text);
}

/* Of a service that is called otherwise there by now. */
static bool known_name(size_t n) {
        auto_(free) char *name = text_of("", "n", n, "");
        auto_(arena_free) Arena *a = arena_new();
        RemoteService remote = { "service", "svc_1", name, "" };
        KnownService k = { .target = "", .kind = "service", .service = "db", .asked = "db", .name = "Database", .id = "svc_1" };
        Target t = { .name = "t", .type = "kodo", .driver = &driver_kodo, .remote = &remote, .n_remote = 1, .known = &k, .n_known = 1 };
        const char *text = target_known_remark(&t, &k, a);

        assert_non_null(text);
        return shown_whole(text);
}

static int nothing_seen(Sink *s, const Observed *o) {
        return 0;
}

/* A page of a listing of Kodo's that is not the last; @cursor: how it was asked for, @next: what it names. */
static bool listing_goes_on(const char *cursor, const char *next) {
        auto_(free) char *body = textf("{\"maintenance\":[],\"next_cursor\":\"%s\"}", next);
        auto_(arena_free) Arena *a = arena_new();
        Target t = { .name = "t", .type = "kodo", .url = "https://t.example", .instance = "maintd", .driver = &driver_kodo };
        Response r = { .status = 200, .body = body, .n_body = strlen(body) };
        const char *follow = NULL, *why = NULL;
        Sink sink = { .observed = nothing_seen };
        int e = driver_kodo.query_response(&t, QUERY_LIST, cursor, &r, a, &sink, &follow, &why);

        assert_true(e == 0 ? follow != NULL : e == -EBADMSG && strcmp(why, "the listing does not come to an end") == 0);
        return e == 0;
}

static bool cursor(size_t n) {
        auto_(free) char *next = text_of("", "c", n, "");

        return listing_goes_on("scheduled:1:x", next);
}

static bool kodo_pages(size_t n) {
        auto_(free) char *before = textf("scheduled:%zu:x", n - 2); /* pages are counted from 0, and the one that is named is the nth */

        return listing_goes_on(before, "y");
}

typedef struct Owned { Sink sink; bool marked, owned; } Owned;

static int owner_seen(Sink *s, const Observed *o) {
        Owned *seen = (Owned *) s;

        seen->marked = *o->object.marker;
        seen->owned = *o->owner;
        return 0;
}

/* In a silence's comment the id of the ledger that made it. */
static bool ledger_id(size_t n) {
        auto_(free) char *id = text_of("", "l", n, "");
        auto_(free) char *body = textf("[{\"id\":\"s1\",\"comment\":\"T maintd:maintd:db#1 [%s]\",\"createdBy\":\"maintd\",\"status\":{\"state\":\"active\"},"
                                       "\"startsAt\":\"2027-01-01T00:00:00Z\",\"endsAt\":\"2027-01-01T01:00:00Z\",\"updatedAt\":\"2027-01-01T00:00:00Z\","
                                       "\"matchers\":[{\"name\":\"a\",\"value\":\"b\",\"isRegex\":false,\"isEqual\":true}]}]", id);
        auto_(arena_free) Arena *a = arena_new();
        Target t = { .name = "t", .type = "alertmanager", .url = "https://t.example", .instance = "maintd", .driver = &driver_alertmanager };
        Response r = { .status = 200, .body = body, .n_body = strlen(body) };
        const char *follow = NULL, *why = NULL;
        Owned seen = { .sink.observed = owner_seen };

        assert_int_equal(driver_alertmanager.query_response(&t, QUERY_LIST, NULL, &r, a, &seen.sink, &follow, &why), 0);
        assert_true(seen.marked == seen.owned);
        return seen.owned;
}

/* ── All of them ── */

static bool yaml_problems(size_t n) {
        auto_(free) char *text = text_of(BODY, "title: T\n", n, "");
        Diagnostics diags = { 0 };
        bool fits;

        read_manifest(text, &diags);
        fits = diags.n_errors == n;
        diagnostics_done(&diags);
        return fits;
}

typedef struct Limit {
        const char *limit;
        size_t max;
        bool (*fits)(size_t n);
        bool slow;              /* a long run's */
} Limit;

static const Limit limits[] = {
        { "MANIFEST_BYTES_MAX", MANIFEST_BYTES_MAX, manifest_bytes }, { "MANIFEST_DEPTH_MAX", MANIFEST_DEPTH_MAX, manifest_depth },
        { "CONFIG_BYTES_MAX", CONFIG_BYTES_MAX, config_bytes }, { "SPAN_DAYS_MAX", SPAN_DAYS_MAX, span_days },
        { "PROBLEMS_MAX", PROBLEMS_MAX, yaml_problems }, { "PER_FILE_MAX", PER_FILE_MAX, per_file }, { "MESSAGE_MAX", MESSAGE_MAX, message },
        { "WORD_MAX", WORD_MAX, word }, { "TREE_DEPTH_MAX", TREE_DEPTH_MAX, tree_depth }, { "TREE_FILES_MAX", TREE_FILES_MAX, tree_files, true },
        { "LINKS_MAX", LINKS_MAX, links }, { "FOLDERS_MAX", FOLDERS_MAX, folders }, { "GIT_REF_MAX", GIT_REF_MAX, git_ref },
        { "WATCH_DEPTH_MAX", WATCH_DEPTH_MAX, watch_depth }, { "DOC_BYTES_MAX", DOC_BYTES_MAX, doc }, { "OCCURRENCE_MAX", OCCURRENCE_MAX, occurrence },
        { "PART_MAX", PART_MAX, part }, { "PACKED_REFS_MAX", PACKED_REFS_MAX, packed_refs }, { "TZIF_BYTES_MAX", TZIF_BYTES_MAX, zone_bytes },
        { "TZIF_ABBREVIATION_MAX", TZIF_ABBREVIATION_MAX, zone_abbreviation }, { "TZIF_OFFSET_MAX", TZIF_OFFSET_MAX, zone_offset },
        { "ZONES_MAX", ZONES_MAX, zones_at_once }, { "ZONE_INDEX_BYTES_MAX", ZONE_INDEX_BYTES_MAX, zone_index }, { "HTTP_URL_MAX", HTTP_URL_MAX, url },
        { "JSON_VALUES_MAX", JSON_VALUES_MAX, json_values }, { "REMOTE_ID_MAX", REMOTE_ID_MAX, remote_id },
        { "DETAIL_CHARS_MAX", DETAIL_CHARS_MAX, detail }, { "PROBLEM_CHARS_MAX", PROBLEM_CHARS_MAX, service_problem },
        { "KNOWN_NAME_CHARS_MAX", KNOWN_NAME_CHARS_MAX, known_name }, { "CURSOR_MAX", CURSOR_MAX, cursor }, { "KODO_PAGES_MAX", KODO_PAGES_MAX, kodo_pages }, { "LEDGER_ID_MAX", LEDGER_ID_MAX, ledger_id },
};

static void lets_no_more_through(void **state) {
        const Limit *l = *state;

        if (l->slow && !getenv("MAINTD_TEST_LONG"))
                skip();
        assert_true(l->fits(l->max));
        assert_false(l->fits(l->max + 1));
}

/* Those that need more than this program: by which test both sides are tried. */
static const struct elsewhere { const char *limit, *file, *test; } elsewhere[] = {
        { "RULE_STEPS_MAX", "unit/test-recurrence.c", "ends_within_its_budget" },
        { "WINDOWS_PER_MANIFEST_MAX", "unit/test-window.c", "caps_what_one_manifest_publishes" },
        { "WAIVERS_MAX", "unit/test-waiver.c", "a_thousand_comments_cost_little" },
        { "WATCH_DIRS_MAX", "unit/test-watch.c", "watch_problem" }, /* so many watches no kernel grants a test: what happens then is the same */
        { "GIT_LINE_MAX", "unit/test-limits.c", "passes_over_long_lines" },
        { "LOG_VALUE_MAX", "unit/test-log.c", "cuts_a_value_that_never_ends" },
        { "LOG_LABELS_MAX", "unit/test-log.c", "carries_no_more_labels_than_a_manifest_may_have" },
        { "SECRET_BYTES_MAX", "unit/test-secret.c", "refuses more than 64 KiB" },
        { "SECRET_NAME_MAX", "unit/test-secret.c", "refuses names that are paths" },
        { "TOLD_MAX", "unit/test-ledger.c", "TOLD_MAX" },
        { "HTTP_BODY_MAX", "unit/test-http.c", "takes no more than its limits" },
        { "HTTP_HEADERS_MAX", "unit/test-http.c", "takes no more than its limits" },
        { "HTTP_ERROR_CHARS", "unit/test-http.c", "takes no more than its limits" },
        { "FACTS_MAX", "unit/test-limits-engine.c", "FACTS_MAX" },
        { "REMOTE_CATALOGUE_MAX", "unit/test-limits-engine.c", "REMOTE_CATALOGUE_MAX" },
        { "LIST_PAGES_MAX", "unit/test-limits-engine.c", "LIST_PAGES_MAX" },
        { "UNOWNED_MAX", "unit/test-limits-engine.c", "UNOWNED_MAX" },
        { "WAIT_MAX", "unit/test-target.c", "waits as asked" },
        { "CONTROL_LINE_MAX", "integration/test_control.py", "test_a_line_is_at_most_64_kib" },
        { "CONTROL_CLIENTS_MAX", "integration/test_control.py", "test_silent_clients_are_bounded" },
        { "CONTROL_IDLE_SEC", "integration/test_control.py", "test_silent_clients_are_bounded" },
        { "CONTROL_OUT_MAX", "integration/test_control.py", "test_a_client_that_never_reads" },
        { "HISTORY_LIMIT_MAX", "integration/test_control.py", "test_history_is_at_most_10000_lines" },
        { "LABEL_FILTERS_MAX", "unit/test-options.c", "more_labels_than_anybody_needs" },
        { "SIMULATE_DAYS_MAX", "integration/test_simulate.py", "test_the_span_is_bounded" },
        { "SIMULATE_DEEDS_MAX", "sim/test-simulate.c", "ends_when_there_is_too_much" },
        { "SIMULATE_RESTARTS_MAX", "unit/test-options.c", "more_restarts_than_anybody_needs" },
        { "IMPORT_MAX", "integration/test_import.py", "test_more_than_a_thousand" },
        { "PAGE_CONNECTIONS", "integration/page/test_page_wire.py", "test_1024_connections_are_the_default" },
        { "PAGE_CONNECTIONS_MAX", "integration/page/test_page_wire.py", "test_its_options_have_bounds" },
        { "PAGE_CONNECTIONS_EACH", "integration/page/test_page_wire.py", "test_an_address_has_64_connections" },
        { "PAGE_HEAD_BYTES_MAX", "integration/page/test_page_wire.py", "test_heads_are_bounded" },
        { "PAGE_HEADS_BYTES_MAX", "integration/page/test_page_wire.py", "test_many_connections_have_smaller_heads" },
        { "PAGE_HEADERS_MAX", "unit/test-page-shape.c", "PAGE_HEADERS_MAX" },
        { "PAGE_QUERY_FIELDS_MAX", "integration/page/test_page_wire.py", "test_heads_are_bounded" },
        { "PAGE_PATIENCE_SEC", "integration/page/test_page_wire.py", "test_its_options_have_bounds" },
        { "PAGE_PATIENCE_SEC_MAX", "integration/page/test_page_wire.py", "test_its_options_have_bounds" },
        { "PAGE_REFUSALS_LOGGED", "integration/page/test_page_log.py", "test_refusals_are_counted_after_ten_a_minute" },
        { "PAGE_DRAIN_SEC", "integration/page/test_page_wire.py", "test_a_client_that_never_ends_does_not_hold_the_end" },
        { "PAGE_BODY_BYTES_MAX", "integration/page/test_page.py", "test_a_body_that_is_too_large" },
        { "PAGE_DRAIN_BYTES_MAX", "integration/page/test_page.py", "test_a_body_that_is_too_large" },
        { "PAGE_LIMIT_READS", "integration/page/test_page.py", "test_defaults_are_those_of_kodo" },
        { "PAGE_LIMIT_WRITES", "integration/page/test_page.py", "test_defaults_are_those_of_kodo" },
        { "PAGE_LIST_MAX", "integration/page/test_page.py", "limit=101" },
        { "PAGE_LIST_BYTES_MAX", "integration/page/test_page.py", "test_a_page_of_long_texts_ends_early" },
        { "PAGE_ANSWER_BYTES_MAX", "integration/page/test_page.py", "test_a_large_answer_is_made_again" },
        { "PAGE_IDEMPOTENCY_KEY_MAX", "integration/page/test_page.py", "test_names_are_bounded" },
        { "PAGE_UPDATES_MAX", "integration/page/test_page.py", "test_500_updates_are_the_most" },
        { "PAGE_HTML_SMALL", "unit/test-page-html.c", "what would grow beyond measure" },
        { "PAGE_HTML_GROWTH_MAX", "unit/test-page-html.c", "what would grow beyond measure" },
        { "PAGE_SERVICES_MAX", "integration/page/test_page.py", "test_1000_services_are_the_most" },
        { "PAGE_SUBSCRIBERS_MAX", "integration/page/test_page_subscribers.py", "test_20000_subscribers_are_the_most" },
        { "PAGE_WISHES_MAX", "integration/page/test_page_subscribers.py", "test_5000_wishes_a_day_are_the_most" },
        { "PAGE_WISHES_OWN_MAX", "integration/page/test_page_subscribers.py", "test_an_address_is_asked_three_times_a_day" },
        { "PAGE_FORM_FIELDS_MAX", "unit/test-page-form.c", "PAGE_FORM_FIELDS_MAX" },
        { "PAGE_FORM_POSTS_MAX", "unit/test-page-visitor.c", "PAGE_FORM_POSTS_MAX" },
        { "PAGE_MONITORS_MAX", "integration/page/test_page_monitors.py", "TOO_MANY_MONITORS" },
        { "PAGE_CHECK_HEADER_BYTES_MAX", "unit/test-page-check.c", "PAGE_CHECK_HEADER_BYTES_MAX" },
        { "PAGE_CHECK_BODY_BYTES_MAX", "unit/test-page-check.c", "PAGE_CHECK_BODY_BYTES_MAX" },
        { "PAGE_VISITORS_MAX", "unit/test-page-visitor.c", "PAGE_VISITORS_MAX" },
        { "PAGE_SESSIONS_MAX", "unit/test-page-store-session.c", "PAGE_SESSIONS_MAX" },
        { "PAGE_SITE_BYTES_MAX", "unit/test-page-site.c", "its_limits" },
        { "PAGE_SITE_TITLE_MAX", "unit/test-page-site.c", "its_limits" },
        { "PAGE_FOOTER_BYTES_MAX", "unit/test-page-site.c", "its_limits" },
        { "PAGE_LOGO_BYTES_MAX", "unit/test-page-site.c", "its_limits" },
};

static bool row_here(const char *name) {
        size_t n = strlen(name);

        for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
                if (text_starts(rows[k].limit, name) && (rows[k].limit[n] == '\0' || rows[k].limit[n] == ' '))
                        return true;
        for (size_t k = 0; k < ARRAY_SIZE(limits); k++)
                if (strcmp(limits[k].limit, name) == 0)
                        return true;
        return false;
}

static bool file_says(const char *file, const char *word) {
        auto_(free) char *path = textf("%s/%s", TESTS_DIR, file), *line = NULL;
        auto_(fclose) FILE *f = fopen(path, "re");
        size_t size = 0;
        bool found = false;

        if (!f)
                fail_msg("%s: %m", path);
        while (!found && getline(&line, &size, f) >= 0)
                found = strstr(line, word) != NULL;
        return found;
}

static bool tried_elsewhere(const char *name) {
        for (size_t k = 0; k < ARRAY_SIZE(elsewhere); k++)
                if (strcmp(elsewhere[k].limit, name) == 0)
                        return file_says(elsewhere[k].file, elsewhere[k].test);
        return text_starts(name, "PAGE_") && file_says("unit/test-limits-page.c", name);
}

static void every_limit_is_tried(void **state) {
        auto_(fclose) FILE *f = fopen(TESTS_DIR "/../src/base/limits.h", "re");
        auto_(free) char *line = NULL;
        size_t size = 0, n = 0;

        assert_non_null(f);
        while (getline(&line, &size, f) >= 0) {
                char name[64];

                if (sscanf(line, "#define %63s", name) != 1)
                        continue;
                n++;
                if (!row_here(name) && !tried_elsewhere(name))
                        fail_msg("nobody tries both sides of %s", name);
        }
        assert_true(n > 100);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(limits) + 4] = {
                cmocka_unit_test(passes_over_long_lines), cmocka_unit_test(counts_what_a_hole_holds), cmocka_unit_test(does_not_wait_for_a_pipe),
                cmocka_unit_test(every_limit_is_tried),
        };
        size_t n = 4;

        for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
                tests[n++] = (struct CMUnitTest) { rows[k].limit, refuses_one_more, NULL, NULL, (void *) &rows[k] };
        for (size_t k = 0; k < ARRAY_SIZE(limits); k++)
                tests[n++] = (struct CMUnitTest) { limits[k].limit, lets_no_more_through, NULL, NULL, (void *) &limits[k] };
        return cmocka_run_group_tests_name("limits", tests, set_up, tear_down);
}
