/*
 * HTTP answers, before a driver looks at them: how long to wait, what may have been done, what to tell people
 *
 * First byte: the status; then the lines Retry-After, Date and X-RateLimit-Reset (empty: not sent), then the body.
 */
#include "fuzz.h"

#include "target/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const unsigned statuses[] = { 200, 204, 301, 400, 401, 403, 404, 408, 409, 410, 412, 421, 422, 425, 429, 500, 501, 502, 503, 504, 505,
                                             99, 100, 600, 999 };
        auto_(arena_free) Arena *a = arena_new();
        Input in = { data, size };
        const char *headers[7] = { NULL }, *detail = NULL;
        Response r = { .headers = headers, .status = statuses[input_byte(&in) % ARRAY_SIZE(statuses)] };
        auto_(free) char *after = input_line(&in), *date = input_line(&in), *reset = input_line(&in);
        const char *const sent[] = { "retry-after", after, "date", date, "x-ratelimit-reset", reset };
        Outcome o = { .verdict = VERDICTS };
        bool idle = true;

        for (size_t i = 0, n = 0; i < ARRAY_SIZE(sent); i += 2)
                if (*sent[i + 1]) {
                        headers[n++] = sent[i];
                        headers[n++] = sent[i + 1];
                }
        r.body = (const char *) in.p;
        r.n_body = in.n;

        assert_always(response_wait(&r) <= WAIT_MAX && response_wait(&r) % USEC_PER_SEC == 0);
        assert_always((response_error(&r, a, &detail) == 0) == status_ok(r.status));
        assert_always(status_ok(r.status) == (detail == NULL));
        assert_always(response_outcome(&r, a, &o) == 0 && o.verdict == response_verdict(&r));
        assert_always((o.verdict == VERDICT_DONE) == status_ok(r.status));
        idle = o.verdict == VERDICT_RETRY || o.verdict == VERDICT_LIMITED;
        assert_always(o.wait == (idle ? response_wait(&r) : 0));
        if (!detail)
                detail = response_detail(&r, a);
        assert_always(fuzz_printable(detail) && utf8_length(detail, strlen(detail)) <= DETAIL_CHARS_MAX);
        return 0;
}
