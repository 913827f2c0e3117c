/*
 * The page behind HTTP: paths, queries, headers and bodies as anybody on the network would send them
 *
 * An input is up to four requests with a line "%%" between them. Each is a line "METHOD /path?name=value&…", lines "Name: value", an
 * empty line, and the body. The store is as new for every input and holds mnt_1 (scheduled), mnt_2 (running), svc_1 and svc_2; a
 * request has our key and is JSON unless its headers say otherwise.
 */
#include "fuzz-html.h"

#include <jansson.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "page/page-api.h"
#include "page/page-web.h"

#define NOW_TEXT "1800000000"
#define NOW (1800000000 * USEC_PER_SEC)
#define HEADERS_MAX 12u
#define REQUESTS_MAX 4u
#define BODY_ANSWER_MAX (4u * 1024 * 1024)

static const char reset[] =
        "BEGIN; DELETE FROM answer; DELETE FROM outbox; DELETE FROM reminder; DELETE FROM maintenance_update; DELETE FROM maintenance_service;"
        "DELETE FROM maintenance; DELETE FROM service; DELETE FROM sqlite_sequence WHERE name != 'key';"
        "INSERT INTO service VALUES (1, 'svc_1', 'API', 'Core', 0, 0, 1, 1, 0, ''), (2, 'svc_2', '<b>Mail</b> & \"more\"', NULL, 2, 1, 1, 1, 0, 'x');"
        "INSERT INTO maintenance VALUES (1, 'mnt_1', 0, " NOW_TEXT "000000 + 3600000000, " NOW_TEXT "000000 + 7200000000, 0, 0, 1, 1, 1, 1, 31, 1, 1,"
        " 'maintd:x:a#1', 'me', '', 'Database <script>', '**bold** & <script>alert(1)</script>'),"
        "(2, 'mnt_2', 1, " NOW_TEXT "000000 - 3600000000, " NOW_TEXT "000000 + 3600000000, 1, 0, 1, 1, 3, 2, 31, 1, 0, NULL, NULL, '', 'Running', '');"
        "INSERT INTO maintenance_service VALUES (1, 1), (2, 2); COMMIT";
/* What must hold for whatever a request was able to store. */
static const char broken[] =
        "SELECT count(*) FROM maintenance WHERE scheduled_end <= scheduled_start OR scheduled_end - scheduled_start > 366 * 86400000000"
        " OR state NOT BETWEEN 0 AND 3 OR impact NOT BETWEEN 0 AND 4 OR version < 1 OR length(title) NOT BETWEEN 1 AND 200"
        " OR length(CAST(description AS BLOB)) > 16384 OR (state >= 2) != (finished_at > 0)";

typedef struct Fixture {
        Page page;
        sqlite3 *db;
        char key[KEY_SIZE];
} Fixture;

typedef struct Pair { char *name, *value; } Pair;
/* What stands in for the library's connection. */
typedef struct Sent {
        Pair headers[HEADERS_MAX], query[HEADERS_MAX];
        size_t n_headers, n_query;
        const char *key;
} Sent;

static const char *find(const Pair *pairs, size_t n, const char *name, bool any_case) {
        for (size_t i = 0; i < n; i++)
                if (any_case ? strcasecmp(pairs[i].name, name) == 0 : strcmp(pairs[i].name, name) == 0)
                        return pairs[i].value;
        return NULL;
}

const char *request_header(const Request *q, const char *name) {
        const Sent *s = q->connection;
        const char *value = find(s->headers, s->n_headers, name, true);

        if (value)
                return value;
        if (strcmp(name, "Content-Type") == 0)
                return "application/json";
        return strcmp(name, "X-API-Key") == 0 && !find(s->headers, s->n_headers, "Authorization", true) ? s->key : NULL;
}

const char *request_query(const Request *q, const char *name) {
        const Sent *s = q->connection;

        return find(s->query, s->n_query, name, false);
}

void response_header(Response *a, const char *name, const char *value) {
        assert_always(value && a->n_headers < RESPONSE_HEADERS_MAX);
        assert_always(!strpbrk(name, "\r\n:") && !strpbrk(value, "\r\n"));
        a->headers[a->n_headers].name = name;
        a->headers[a->n_headers++].value = value;
}

static const char *answer_header(const Response *a, const char *name) {
        for (size_t i = 0; i < a->n_headers; i++)
                if (strcmp(a->headers[i].name, name) == 0)
                        return a->headers[i].value;
        return NULL;
}

static void fixture_open(Fixture *f) {
        auto_(free) char *path = textf("%s/page.sqlite", fuzz_folder());
        Key key;

        assert_always(path && store_open(fuzz_folder(), &f->page.store) == 0 && key_make(f->key, &key) == 0);
        key.scopes = SCOPE_ALL;
        assert_always(store_key_insert(f->page.store, &key, "fuzz", 1) == 0);
        f->page.limiter = limiter_new(0, 0);
        f->page.next_due = USEC_INFINITY;
        assert_always(f->page.limiter && sd_event_new(&f->page.event) >= 0 && page_clock_start(&f->page) >= 0);
        assert_always(sqlite3_open(path, &f->db) == SQLITE_OK);
        assert_always(sqlite3_exec(f->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) == SQLITE_OK);
}

static void check_json(const Response *a) {
        json_t *j = json_loadb(a->body, a->size, JSON_REJECT_DUPLICATES, NULL);

        assert_always(json_is_object(j));
        assert_always(a->status < 400 || (json_is_string(json_object_get(j, "error")) && json_is_string(json_object_get(j, "code"))));
        json_decref(j);
}

static void check_answer(const Response *a) {
        assert_always(a->status >= 200 && a->status < 500 && a->size <= BODY_ANSWER_MAX && (a->body || a->size == 0));
        assert_always(a->body || a->status == 304 || a->status == 204);
        assert_always(a->status != 401 || answer_header(a, "WWW-Authenticate"));
        assert_always(a->status != 405 || answer_header(a, "Allow"));
        if (!a->body)
                return;
        assert_always(a->type && strlen(a->body) == a->size);
        if (strcmp(a->type, "application/json") == 0)
                check_json(a);
        else if (text_starts(a->type, "text/html"))
                html_check(a->body, true);
        else
                assert_always(text_starts(a->type, "text/css"));
}

static Method method_of(const char *name) {
        static const char *const names[] = { [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", "HEAD" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (strcmp(names[i], name) == 0)
                        return i == METHOD_OTHER ? METHOD_GET : (Method) i;
        return METHOD_OTHER;
}

/* As page-main.c routes. */
static void ask(Fixture *f, Request *q, Response *a) {
        size_t n = strlen(API_BASE);

        q->arena = arena_new();
        assert_always(q->arena);
        if (strncmp(q->path, API_BASE, n) == 0 && (q->path[n] == '\0' || q->path[n] == '/'))
                api_answer(&f->page, q, a);
        else
                web_answer(&f->page, q, a);
        check_answer(a);
}

static void answer_done(Request *q, Response *a) {
        free(a->body);
        q->arena = arena_free(q->arena);
}

static void get(Fixture *f, const char *path) {
        Sent s = { .key = f->key };
        Request q = { .method = METHOD_GET, .method_name = "GET", .path = path, .now = { NOW, 10 * USEC_PER_DAY }, .connection = &s };
        Response a = { 0 };

        ask(f, &q, &a);
        assert_always(a.status == 200);
        answer_done(&q, &a);
}

/* As the library does it, in place: whatever can stand in a path or a value once it is decoded, a line break too. */
static char *percent_decode(char *text) {
        char *to = text;

        for (const char *p = text; *p;) {
                const char hex[3] = { p[0] == '%' ? p[1] : '\0', p[1] ? p[2] : '\0', '\0' };

                if (strspn(hex, "0123456789abcdefABCDEF") == 2) {
                        *to++ = (char) strtoul(hex, NULL, 16);
                        p += 3;
                } else
                        *to++ = *p++;
        }
        *to = '\0';
        return text;
}

static void query_take(Sent *s, char *text) {
        for (char *save = NULL, *part = strtok_r(text, "&", &save); part && s->n_query < HEADERS_MAX; part = strtok_r(NULL, "&", &save)) {
                char *value = strchr(part, '=');

                if (value)
                        *value++ = '\0';
                s->query[s->n_query++] = (Pair) { percent_decode(part), value ? percent_decode(value) : NULL };
        }
}

/* Header lines, kept in @lines, up to an empty one. A library would not let a CR through either. */
static void headers_take(Sent *s, Input *in, char *lines[static HEADERS_MAX]) {
        for (size_t i = 0; i < HEADERS_MAX && in->n > 0; i++) {
                char *value;

                lines[i] = input_line(in);
                if (!lines[i][0])
                        return;
                lines[i][strcspn(lines[i], "\r")] = '\0';
                value = strchr(lines[i], ':');
                if (!value)
                        continue;
                *value++ = '\0';
                s->headers[s->n_headers++] = (Pair) { lines[i], value + strspn(value, " ") };
        }
}

/* The same key and request once more: the same answer, and nothing done. */
static void check_repeated(Fixture *f, Request *q, const Response *first) {
        Response a = { 0 };

        if (q->method != METHOD_POST || first->status != 201 || !request_header(q, "Idempotency-Key") ||
            !text_starts(q->path, API_BASE "/maintenance"))
                return;
        ask(f, q, &a);
        assert_always(a.status == 201 && answer_header(&a, "Idempotency-Replayed"));
        assert_always(a.size == first->size && memcmp(a.body, first->body, a.size) == 0);
        answer_done(q, &a);
}

static void request_run(Fixture *f, Input in) {
        char *lines[HEADERS_MAX] = { NULL }, *path, *query;
        auto_(free) char *line = input_line(&in);
        Sent s = { .key = f->key };
        Request q = { .now = { NOW, 10 * USEC_PER_DAY }, .connection = &s };
        Response a = { 0 };

        headers_take(&s, &in, lines);
        path = strchr(line, ' ');
        if (path && path[1] == '/') {
                *path++ = '\0';
                query = strchr(path, '?');
                if (query)
                        *query++ = '\0';
                query_take(&s, query ? query : path + strlen(path));
                q.method = method_of(line);
                q.method_name = line;
                q.path = percent_decode(path);
                q.too_large = in.n > PAGE_BODY_BYTES_MAX;
                q.body = in.n && !q.too_large ? (const char *) in.p : NULL;
                q.body_size = q.body ? in.n : 0;
                ask(f, &q, &a);
                q.arena = arena_free(q.arena); /* the repetition has its own */
                check_repeated(f, &q, &a);
                answer_done(&q, &a);
        }
        for (size_t i = 0; i < HEADERS_MAX; i++)
                free(lines[i]);
}

static int on_count(void *userdata, int n, char **values, char **columns) {
        return strcmp(values[0], "0") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Fixture f;
        Input in = { data, size };

        if (!f.page.store)
                fixture_open(&f);
        assert_always(sqlite3_exec(f.db, reset, NULL, NULL, NULL) == SQLITE_OK);
        for (unsigned i = 0; in.n > 0 && i < REQUESTS_MAX; i++) {
                const uint8_t *end = memmem(in.p, in.n, "\n%%\n", 4);
                size_t n = end ? (size_t) (end - in.p) : in.n;

                request_run(&f, (Input) { in.p, n });
                n = MIN(n + 4, in.n);
                in = (Input) { in.p + n, in.n - n };
        }
        get(&f, "/");
        get(&f, "/maintenance/mnt_1");
        get(&f, API_BASE "/maintenance");
        get(&f, API_BASE "/services");
        assert_always(sqlite3_exec(f.db, broken, on_count, NULL, NULL) == SQLITE_OK);
        return 0;
}
