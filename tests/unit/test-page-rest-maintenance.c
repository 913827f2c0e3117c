/*
 * Writing a window over REST: what an answer says of what was stored, and what it does not when that failed
 *
 * Without the wire: a call is made here, and a commit fails when it is told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page-store.h"
#include "page/rest/api.h"

#define BODY "{\"title\":\"W\",\"scheduled_start\":\"2027-02-02T02:00:00Z\",\"scheduled_end\":\"2027-02-02T04:00:00Z\"}"

static bool commits_fail;
int __real_store_end(Store *s, int r);
int __wrap_store_end(Store *s, int r);
int __wrap_store_end(Store *s, int r) {
        return __real_store_end(s, commits_fail && r >= 0 ? -EIO : r);
}

const char *request_header(const Request *q, const char *name) {
        return NULL;
}

const char *request_query(const Request *q, const char *name) {
        return NULL;
}

void response_header(Response *a, const char *name, const char *value) {
        a->headers[a->n_headers].name = name;
        a->headers[a->n_headers++].value = value;
}

static const char *header(const Response *a, const char *name) {
        for (size_t i = 0; i < a->n_headers; i++)
                if (strcmp(a->headers[i].name, name) == 0)
                        return a->headers[i].value;
        return NULL;
}

static int begin(void **state) {
        commits_fail = false;
        return depot_setup(state);
}

/* With the Idempotency-Key @once. */
static int post(Depot *d, const char *once, Response *ret) {
        Page page = { .store = d->store };      /* next_due is 0: there is no timer to set */
        Request q = { .arena = d->arena, .method = METHOD_POST, .method_name = "POST", .path = API_BASE "/maintenance", .body = BODY, .body_size = strlen(BODY), .now = { T0, 1 } };
        json_t *body = json_loads(BODY, 0, NULL);
        Call c = { .page = &page, .q = &q, .key = { .seq = 1 }, .body = body, .once = once };
        int r;

        *ret = (Response) { 0 };
        r = maintenance_write(&c, ret);
        json_decref(body);
        return r;
}

static void an_answer_and_its_repetition_have_the_version(void **state) {
        Response a, again;

        assert_int_equal(post(*state, "one", &a), 0);
        assert_int_equal(a.status, 201);
        assert_string_equal(header(&a, "ETag"), "\"1\"");
        assert_null(header(&a, "Idempotency-Replayed"));
        assert_int_equal(post(*state, "one", &again), 0);
        assert_int_equal(again.status, 201);
        assert_string_equal(again.body, a.body);
        assert_string_equal(header(&again, "Idempotency-Replayed"), "true");
        assert_string_equal(header(&again, "ETag"), "\"1\"");
        free(a.body);
        free(again.body);
}

static void what_could_not_be_stored_has_no_version(void **state) {
        Response a;

        commits_fail = true;
        assert_int_equal(post(*state, NULL, &a), -EIO);
        assert_int_equal(a.n_headers, 0);
        assert_int_equal(ask(*state, "SELECT count(*) FROM maintenance"), 0);
        free(a.body);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(an_answer_and_its_repetition_have_the_version, begin, depot_teardown),
                cmocka_unit_test_setup_teardown(what_could_not_be_stored_has_no_version, begin, depot_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
