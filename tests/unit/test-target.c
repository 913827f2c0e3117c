/*
 * Targets: names of services, what was found, and what an HTTP status means
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/codec.h"

static const ServiceMap services[] = {
        { .service = "api", .id = "4711" },
        { .service = "cache", .name = "Redis", .title = "Mail" },
        { .service = "db", .title = "Database" },
        { .service = "dup", .name = "Twice" },
        { .service = "dup-a", .name = "A/Twice" },
        { .service = "dup-title", .title = "Twice" },
        { .service = "exact", .name = "id-2" },
};
static RemoteService remote[] = {
        { "service", "id-1", "api", NULL }, { "service", "id-2", "Redis", NULL }, { "service", "id-3", "Database", NULL },
        { "service", "id-4", "Twice", "A" }, { "service", "id-5", "Twice", "B" }, { "service", "id-6", "id-2", NULL },
        { "service", "id-7", "A/Twice", NULL }, { "service", "id-8", "dup-title", NULL }, { "group", "g-1", "Only Group", NULL },
        { "service", "id-9", "A", NULL },
};
static const Target target = {
        .name = "public", .services = services, .n_services = ARRAY_SIZE(services), .remote = remote, .n_remote = ARRAY_SIZE(remote),
};

static void resolution_order(void **state) {
        static const struct { const char *service, *kind, *id; } rows[] = {
                { "api", "service", "4711" },           /* the config's id, though a service of that name exists */
                { "cache", "service", "id-2" },         /* the config's name, not the title */
                { "db", "service", "id-3" },            /* the title */
                { "dup", "service", NULL },             /* two of that name */
                { "dup-a", "service", "id-4" },         /* Group/Name before a name with a slash */
                { "dup-title", "service", NULL },       /* an ambiguous title is not passed over for the name */
                { "exact", "service", "id-2" },         /* an id before a name */
                { "Database", "service", "id-3" },      /* not in the config's map at all */
                { "id-9", "service", "id-9" },
                { "Only Group", "service", NULL },      /* of another kind */
                { "Only Group", "group", "g-1" },
                { "unheard of", "service", NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (!text_equal(target_service(&target, rows[i].kind, rows[i].service), rows[i].id))
                        fail_msg("%s: %s", rows[i].service, text_or(target_service(&target, rows[i].kind, rows[i].service), "none"));
}

static void problems(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Target empty = { .name = "public" };

        assert_string_equal(target_service_problem(&target, "service", "dup", a),
                            "service 'dup': 2 have the name 'Twice' there; say which in the target's services: {dup: {id: id-5}}");
        assert_string_equal(target_service_problem(&empty, "service", "api", a),
                            "service 'api' is not known there; it has shown no service at all");
        assert_non_null(strstr(target_service_problem(&target, "service", "Databse", a), "did you mean 'Database'?"));
}

static void finds_and_replaces(void **state) {
        static const char *const facts[] = { "product", "page", "version", "1", NULL };
        char name[] = "Database";
        RemoteService found[] = { { "service", "s1", name, NULL }, { "service", "s2", "Mail", "Core" } };
        Target t = { .name = "public" };

        assert_null(target_fact(&t, "product"));
        assert_int_equal(target_found_services(&t, found, 2), 1);
        name[0] = 'X'; /* what was found is a copy */
        assert_string_equal(target_service(&t, "service", "Database"), "s1");
        assert_int_equal(target_found_facts(&t, facts, 2), 1);
        assert_int_equal(target_found_facts(&t, facts, 2), 0);
        assert_string_equal(target_fact(&t, "version"), "1");
        assert_string_equal(target_service(&t, "service", "Core/Mail"), "s2"); /* facts leave services alone */
        name[0] = 'D';
        assert_int_equal(target_found_services(&t, found, 2), 0);
        found[1].group = NULL;
        assert_int_equal(target_found_services(&t, found, 2), 1);
        assert_int_equal(target_found_services(&t, found, 0), 1);
        assert_string_equal(target_fact(&t, "product"), "page");
        target_done(&t);
        assert_null(target_fact(&t, "product"));
}

static void driver_table(void **state) {
        for (const Driver *const *d = drivers; *d; d++) {
                assert_ptr_equal(driver_find((*d)->name), *d);
                assert_true((*d)->capabilities && (*d)->query_request && (*d)->query_response && (*d)->project && (*d)->action_request &&
                            (*d)->action_response);
        }
        assert_null(driver_find("kod"));
}

static void options(void **state) {
        static const char *const pairs[] = { "path", "/x", NULL };
        Target t = { .options = pairs };

        assert_string_equal(target_option(&t, "path"), "/x");
        assert_null(target_option(&t, "/x"));
        t.options = NULL;
        assert_null(target_option(&t, "path"));
}

#define DATE "date", "Sun, 31 Jan 2027 23:59:30 GMT"

static void waits(void **state) {
        static const struct { const char *const headers[8]; usec_t wait; } rows[] = {
                { { NULL }, 0 },
                { { "retry-after", "7", NULL }, 7 * USEC_PER_SEC },
                { { "retry-after", "0", NULL }, 0 },
                { { "retry-after", "-5", NULL }, 0 },
                { { "retry-after", "315360000", NULL }, WAIT_MAX },
                { { "retry-after", "99999999999999999999999", NULL }, WAIT_MAX },
                { { "retry-after", "soon", NULL }, 0 },
                { { "retry-after", "7 s", NULL }, 0 },
                { { DATE, "retry-after", "Mon, 01 Feb 2027 00:00:30 GMT", NULL }, USEC_PER_MINUTE },
                { { DATE, "retry-after", "Sun, 31 Jan 2027 00:00:30 GMT", NULL }, 0 },
                { { DATE, "retry-after", "Mon, 01 Feb 2037 00:00:30 GMT", NULL }, WAIT_MAX },
                { { "retry-after", "Mon, 01 Feb 2027 00:00:30 GMT", NULL }, 0 }, /* relative to nothing */
                { { DATE, "x-ratelimit-reset", "1801440000", NULL }, 31 * USEC_PER_SEC },
                { { DATE, "x-ratelimit-reset", "1801440000", "retry-after", "3", NULL }, 3 * USEC_PER_SEC },
                { { "x-ratelimit-reset", "1801440000", NULL }, 0 },
                { { DATE, "x-ratelimit-reset", "-1", NULL }, 0 },
                { { DATE, "x-ratelimit-reset", "9223372036854775807", NULL }, WAIT_MAX },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Response r = { .status = 429, .headers = rows[i].headers };

                if (response_wait(&r) != rows[i].wait)
                        fail_msg("row %zu: %llu µs", i, (unsigned long long) response_wait(&r));
        }
}

static void statuses(void **state) {
        static const struct { unsigned status; Verdict verdict; int error; } rows[] = {
                { 200, VERDICT_DONE, 0 }, { 204, VERDICT_DONE, 0 }, { 0, VERDICT_UNKNOWN, -EBADMSG }, { 101, VERDICT_UNKNOWN, -EBADMSG },
                { 302, VERDICT_RETRY, -EBADMSG }, { 400, VERDICT_REFUSED, -EBADMSG }, { 401, VERDICT_DENIED, -EACCES },
                { 403, VERDICT_DENIED, -EACCES }, { 404, VERDICT_GONE, -ENOENT }, { 408, VERDICT_RETRY, -EAGAIN },
                { 409, VERDICT_CONFLICT, -EBADMSG }, { 410, VERDICT_GONE, -ENOENT }, { 412, VERDICT_CONFLICT, -EBADMSG },
                { 413, VERDICT_REFUSED, -EBADMSG }, { 422, VERDICT_REFUSED, -EBADMSG }, { 429, VERDICT_LIMITED, -EBUSY },
                { 500, VERDICT_UNKNOWN, -EAGAIN }, { 502, VERDICT_UNKNOWN, -EAGAIN }, { 503, VERDICT_RETRY, -EAGAIN },
                { 504, VERDICT_UNKNOWN, -EAGAIN }, { 999, VERDICT_UNKNOWN, -EAGAIN },
        };
        auto_(arena_free) Arena *a = arena_new();
        const char *detail;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Response r = { .status = rows[i].status };

                if (response_verdict(&r) != rows[i].verdict || response_error(&r, a, &detail) != rows[i].error)
                        fail_msg("%u", rows[i].status);
        }
        assert_int_equal(response_error(&(Response) { .status = 200, .truncated = true }, a, &detail), -EBADMSG);
}

static void details(void **state) {
        static const struct { const char *body, *detail; } rows[] = {
                { "", "HTTP 400" },
                { "\"silence not found\"", "HTTP 400: silence not found" },
                { "{\"code\":601,\"message\":\"bad id\"}", "HTTP 400: bad id" },
                { "{\"error\":{\"message\":\"nested\"}}", "HTTP 400: nested" },
                { "{\"error\":\"no\",\"details\":{\"fieldErrors\":{\"title\":[\"Required\"],\"x\":7}}}",
                  "HTTP 400: no: title: Required; x: refused" },
                { "[1]", "HTTP 400" },
                { "line\nbreak", "HTTP 400: line\\nbreak" },
        };
        auto_(arena_free) Arena *a = arena_new();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Response r = { .status = 400, .body = rows[i].body, .n_body = strlen(rows[i].body) };

                assert_string_equal(response_detail(&r, a), rows[i].detail);
        }
}

/* A request says where the credential goes; what it is, io/ alone knows. */
static void requests_hold_no_secret(void **state) {
        auto_(arena_free) Arena *a = arena_new();

        assert_int_equal(setenv("MAINTD_PAGE_TOKEN", "hunter2", 1), 0);
        for (size_t d = 0; drivers[d]; d++)
                for (int q = 0; q < QUERIES; q++) {
                        Target t = { .name = "public", .url = "https://page.example", .token = "page-token", .instance = "maintd", .driver = drivers[d] };
                        Request r = { 0 };

                        if (drivers[d]->query_request(&t, (Query) q, "7", NULL, a, &r) < 0)
                                continue;
                        assert_int_equal(r.secret.place, SECRET_HEADER);
                        assert_non_null(r.secret.header);
                        assert_null(strstr(r.path, "hunter2"));
                        assert_true(!r.body || !memmem(r.body, r.n_body, "hunter2", 7));
                        for (size_t n = 0; r.headers && r.headers[n]; n++) {
                                assert_null(strstr(r.headers[n], "hunter2"));
                                assert_int_not_equal(strncasecmp(r.headers[n], r.secret.header, strlen(r.secret.header)), 0);
                        }
                }
}

static const struct CMUnitTest tests[] = {
        { "rule 9: requests name the place of a secret and hold none", requests_hold_no_secret },
        { "a service resolves by config id, id, Group/Name, unique name, in this order", resolution_order },
        { "says why a service does not resolve and what would help", problems },
        { "keeps copies of what was found and tells changes", finds_and_replaces },
        { "every driver is found by its name and complete", driver_table },
        { "options are pairs", options },
        { "waits as asked, by the remote's clock, never below 0 or above 15 min", waits },
        { "a status says whether a write may have been done", statuses },
        { "error bodies of all shapes become one line", details },
};

int main(void) {
        return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
