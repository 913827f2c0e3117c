/*
 * The page without its wire
 *
 * http.c is left out; what it tells of a request comes from a Sent, as the library would have taken it apart.
 */
#include "fuzz-served.h"

#include <jansson.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "fuzz-html.h"
#include "page/dashboard/dashboard.h"
#include "page/dashboard/token.h"
#include "page/rest/api.h"
#include "page/show/web.h"
#include "page/subscribe/subscribe.h"

#define NOW (SERVED_NOW_SECONDS * USEC_PER_SEC)
#define NOW_SQL "1800000000"
#define PAIRS_MAX SERVED_HEADERS_MAX
#define BODY_ANSWER_MAX (4u * 1024 * 1024)

static const char reset[] =
        "BEGIN; DELETE FROM monitor_tally; DELETE FROM monitor; DELETE FROM delivery; DELETE FROM subscriber_service; DELETE FROM subscriber; DELETE FROM wish_token; DELETE FROM wish; DELETE FROM answer; DELETE FROM outbox; DELETE FROM reminder; DELETE FROM maintenance_update; DELETE FROM maintenance_service;"
        "DELETE FROM maintenance; DELETE FROM service_state; DELETE FROM service; DELETE FROM sqlite_sequence WHERE name != 'key';"
        "INSERT INTO service VALUES (1, 'svc_1', 'API', 'Core', 0, 0, 1, 1, 0, ''), (2, 'svc_2', '<b>Mail</b> & \"more\"', NULL, 2, 1, 1, 1, 0, 'x');"
        "INSERT INTO monitor (seq, id, name, url, interval, timeout, expected, service, enabled, state, created_at, updated_at)"
        " VALUES (1, 'mon_1', 'Shop', 'https://shop.example/', 60000000, 1000000, 0, 2, 1, 3, 1, 1);"
        "INSERT INTO maintenance VALUES (1, 'mnt_1', 0, " NOW_SQL "000000 + 3600000000, " NOW_SQL "000000 + 7200000000, 0, 0, 1, 1, 1, 1, 31, 1, 1,"
        " 'maintd:x:a#1', 'me', '', 'Database <script>', '**bold** & <script>alert(1)</script>'),"
        "(2, 'mnt_2', 1, " NOW_SQL "000000 - 3600000000, " NOW_SQL "000000 + 3600000000, 1, 0, 1, 1, 3, 2, 31, 1, 0, NULL, NULL, '', 'Running', '');"
        "INSERT INTO maintenance_service VALUES (1, 1), (2, 2); COMMIT";
/* What must hold for whatever a request was able to store. */
static const char broken[] =
        "SELECT count(*) FROM maintenance WHERE scheduled_end <= scheduled_start OR scheduled_end - scheduled_start > 366 * 86400000000"
        " OR state NOT BETWEEN 0 AND 3 OR impact NOT BETWEEN 0 AND 4 OR version < 1 OR length(title) NOT BETWEEN 1 AND 200"
        " OR length(CAST(description AS BLOB)) > 16384 OR (state >= 2) != (finished_at > 0)"
        " UNION ALL SELECT count(*) FROM monitor WHERE interval NOT BETWEEN 60000000 AND 86400000000 OR timeout NOT BETWEEN 100000 AND 30000000 OR timeout > interval"
        " OR expected NOT IN (0) AND expected NOT BETWEEN 200 AND 599 OR url NOT GLOB 'http*://?*' OR length(name) NOT BETWEEN 1 AND 120";

static struct Fixture {
        Page page;
        Site *site;
        sqlite3 *db;
        char key[KEY_SIZE];
        Key row;                        /* of that key */
        char token[SESSION_TOKEN_SIZE], csrf[TOKEN_MAC_SIZE]; /* of a session of that key at the dashboard */
        char cookie[SESSION_TOKEN_SIZE + 32];
} fixture;

typedef struct Pair { char *name, *value; } Pair;
/* What stands in for the library's connection. */
typedef struct Sent {
        Pair headers[PAIRS_MAX], query[PAIRS_MAX];
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
        if (strcmp(name, "Cookie") == 0)
                return fixture.cookie;
        return strcmp(name, "X-API-Key") == 0 && !find(s->headers, s->n_headers, "Authorization", true) ? s->key : NULL;
}

const char *request_query(const Request *q, const char *name) {
        const Sent *s = q->connection;

        return find(s->query, s->n_query, name, false);
}

const char *request_header_all(const Request *q, const char *name) {
        return request_header(q, name);
}

int request_peer(const Request *q, unsigned char ret[static 16]) {
        memset(ret, 0, 16);
        return 0;
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

static void fixture_open(struct Fixture *f) {
        auto_(free) char *path = textf("%s/page.sqlite", fuzz_folder());

        assert_always(path && store_open(fuzz_folder(), &f->page.store) == 0 && key_make(f->key, &f->row) == 0 && token_make(f->token) == 0);
        f->row.scopes = SCOPE_ALL;
        (void) token_mac(f->token, f->csrf);
        (void) snprintf(f->cookie, sizeof(f->cookie), "__Host-maintd=%s", f->token);
        f->page.limiter = limiter_new(0, 0);
        f->page.next_due = USEC_INFINITY;
        f->page.days = days_new();
        f->page.cache = cache_new();
        f->page.visitors = visitors_new();
        f->page.strangers = visitors_new();
        assert_always(f->page.days && f->page.cache && f->page.visitors && f->page.strangers && site_default(&f->site) == 0);
        f->site->url = "https://status.example.com";
        f->site->notices.mail_server = "smtp://127.0.0.1:25";
        f->site->notices.mail_from = "status@example.com";
        f->page.site = f->site;
        (void) web_version(f->site, f->page.version);
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

/* No byte that XML cannot hold, and every tag of an entry is the feed's own: the HTML in it is escaped. */
static void xml_check(const char *text) {
        static const char *const known[] = { "feed", "id", "title", "author", "name", "link", "updated", "generator", "entry", "published", "content", NULL };

        assert_always(text_starts(text, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "));
        for (const char *p = text; *p; p++) {
                size_t n = *p == '<' ? name_length(p + 1 + (p[1] == '/')) : 0;

                assert_always((unsigned char) *p >= 0x20 || strchr("\n\r\t", *p));
                assert_always(*p != '<' || p == text || one_of(p + 1 + (p[1] == '/'), n, known));
        }
}

/* Lines of at most 75 bytes, each of which begins with a name or goes on with the last one. */
static void ical_check(const char *text) {
        for (const char *line = text; *line;) {
                const char *end = strstr(line, "\r\n");

                assert_always(end && end - line <= 75 && memchr(line, '\n', (size_t) (end - line)) == NULL);
                assert_always(*line == ' ' || strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") > 1);
                line = end + 2;
        }
}

static void check_answer(const Response *a) {
        assert_always(a->status >= 200 && a->status < 500 && a->size <= BODY_ANSWER_MAX && (a->body || a->size == 0));
        assert_always(a->body || a->status == 304 || a->status == 303 || a->status == 204);
        assert_always(a->status != 401 || answer_header(a, "WWW-Authenticate"));
        assert_always(a->status != 405 || answer_header(a, "Allow"));
        if (!a->body)
                return;
        assert_always(a->type && strlen(a->body) == a->size);
        if (strcmp(a->type, "application/json") == 0)
                check_json(a);
        else if (text_starts(a->type, "text/html"))
                html_check(a->body, true);
        else if (text_starts(a->type, "application/atom+xml"))
                xml_check(a->body);
        else if (text_starts(a->type, "text/calendar"))
                ical_check(a->body);
        else
                assert_always(text_starts(a->type, "text/css") || text_starts(a->type, "text/javascript") || text_starts(a->type, "image/svg+xml"));
}

static Method method_of(const char *name) {
        static const char *const names[] = { [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
                                             [METHOD_OTHER] = "HEAD" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (strcmp(names[i], name) == 0)
                        return i == METHOD_OTHER ? METHOD_GET : (Method) i;
        return METHOD_OTHER;
}

/* As the library does it, in place: whatever can stand in a path or a value once it is decoded, a line break too. */
static char *as_decoded(char *text) {
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
        for (char *save = NULL, *part = strtok_r(text, "&", &save); part && s->n_query < PAIRS_MAX; part = strtok_r(NULL, "&", &save)) {
                char *value = strchr(part, '=');

                if (value)
                        *value++ = '\0';
                s->query[s->n_query++] = (Pair) { as_decoded(part), value ? as_decoded(value) : NULL };
        }
}

/* Changes copies of the lines, which @a keeps. The library would not let a line break through either. */
static void headers_take(Sent *s, const Asked *asked, Arena *a) {
        for (size_t i = 0; i < asked->n_headers; i++) {
                char *line = arena_strndup(a, asked->headers[i], strcspn(asked->headers[i], "\r\n")), *value;

                assert_always(line);
                value = strchr(line, ':');
                if (!value)
                        continue;
                *value++ = '\0';
                s->headers[s->n_headers++] = (Pair) { line, value + strspn(value, " ") };
        }
}

/* As main.c routes. */
static void route(Request *q, Response *a) {
        size_t n = strlen(API_BASE);

        if (strncmp(q->path, API_BASE, n) == 0 && (q->path[n] == '\0' || q->path[n] == '/'))
                api_answer(&fixture.page, q, a);
        else if (dashboard_knows(q->path))
                dashboard_answer(&fixture.page, q, a);
        else if (subscribe_knows(&fixture.page, q->path))
                subscribe_answer(&fixture.page, q, a);
        else
                web_answer(&fixture.page, q, a);
}

/* What a browser would send back with each form of the dashboard. */
static void form_sign(Request *q) {
        char *body;

        if (q->method != METHOD_POST || !dashboard_knows(q->path) || q->too_large || q->body_size > PAGE_BODY_BYTES_MAX - TOKEN_MAC_SIZE - 8)
                return;
        body = arena_alloc(q->arena, q->body_size + TOKEN_MAC_SIZE + 8);
        assert_always(body);
        q->body_size = (size_t) snprintf(body, TOKEN_MAC_SIZE + 8, "csrf=%s&", fixture.csrf) + q->body_size;
        if (q->body)
                memcpy(body + strlen(body), q->body, q->body_size - strlen(body));
        q->body = body;
}

void served_ask(const Asked *asked, Served *ret) {
        auto_(arena_free) Arena *arena = arena_new();
        Sent s = { .key = fixture.key };
        Request q = { .arena = arena, .method = method_of(asked->method), .method_name = asked->method, .connection = &s,
                      .now = { NOW, 10 * USEC_PER_DAY }, .too_large = asked->n_body > PAGE_BODY_BYTES_MAX };
        Response a = { 0 };
        char *path = arena ? arena_strdup(arena, asked->path) : NULL, *query;

        assert_always(path);
        query = strchr(path, '?');
        if (query) {
                *query++ = '\0';
                query_take(&s, query);
        }
        headers_take(&s, asked, arena);
        q.path = as_decoded(path);
        if (asked->n_body > 0 && !q.too_large) {
                q.body = asked->body;
                q.body_size = asked->n_body;
        }
        form_sign(&q);
        route(&q, &a);
        check_answer(&a);
        *ret = (Served) { a.status, answer_header(&a, "Idempotency-Replayed") != NULL, a.body, a.size };
}

void served_sign_in(void) {
        struct Fixture *f = &fixture;
        unsigned char hash[SHA256_SIZE];
        Key key;

        if (store_key_by_id(f->page.store, f->row.id, &key) < 0)
                assert_always(store_key_insert(f->page.store, &f->row, "fuzz", 1) == 0 && store_key_by_id(f->page.store, f->row.id, &key) == 0);
        sha256(f->token, strlen(f->token), hash);
        assert_always(store_session_remove(f->page.store, hash) == 0 && store_session_add(f->page.store, hash, key.seq, NOW) == 0);
}

void served_reset(void) {
        if (!fixture.page.store)
                fixture_open(&fixture);
        served_sign_in();
        assert_always(sqlite3_exec(fixture.db, reset, NULL, NULL, NULL) == SQLITE_OK);
        /* The clock stands still, so nothing that was kept would ever be looked at again. */
        (void) cache_free(fixture.page.cache);
        fixture.page.cache = cache_new();
        days_forget(fixture.page.days);
        assert_always(fixture.page.cache);
}

static int on_count(void *userdata, int n, char **values, char **columns) {
        return strcmp(values[0], "0") != 0;
}

void served_check(void) {
        assert_always(sqlite3_exec(fixture.db, broken, on_count, NULL, NULL) == SQLITE_OK);
}
