#pragma once
/*
 * A driver in front of a hostile server: first byte what was asked, second the status, third the target as probed, then two lines
 * of header values, then the body
 *
 * Nothing may crash or leak; whatever the driver says was found must be fit to be used: ids that can be asked for again, states
 * that exist, details that are short and printable.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "target/codec.h"

static int fuzz_observed(Sink *s, const Observed *o) {
        const Object *b = &o->object;
        Print p = object_print(b);

        assert_always(o->remote_id && remote_id_valid(o->remote_id) && o->state < STATES && o->owner && o->version);
        assert_always(b->part && b->title && b->body && b->impact && b->reminders && b->marker && b->extra);
        assert_always(print_diff(&p, &p, FIELDS_ALL) == 0 && (o->n_messages == 0 || o->messages));
        for (size_t i = 1; i < b->services.n; i++)
                assert_always(strcmp(b->services.items[i - 1], b->services.items[i]) < 0);
        return 0;
}

static int fuzz_service(Sink *s, const char *kind, const char *id, const char *name, const char *group) {
        assert_always(*kind && remote_id_valid(id) && name);
        return 0;
}

static int fuzz_fact(Sink *s, const char *name, const char *value) {
        assert_always(*name && value);
        return 0;
}

static void check_detail(const char *detail) {
        assert_always(utf8_length(detail, strlen(detail)) <= DETAIL_CHARS_MAX && fuzz_printable(detail));
}

static void fuzz_query(const Target *t, Query q, const Response *r, Arena *a) {
        Sink sink = { fuzz_observed, fuzz_service, fuzz_fact };
        const char *cursor = NULL, *detail;

        /* A query never takes more than a few steps on one and the same answer. */
        for (unsigned i = 0; i < 8; i++) {
                Request again;

                if (t->driver->query_request(t, q, "id", cursor, a, &again) < 0)
                        return;
                if (t->driver->query_response(t, q, cursor, r, a, &sink, &cursor, &detail) < 0) {
                        check_detail(text_or(detail, ""));
                        return;
                }
                if (!cursor)
                        return;
        }
        abort();
}

static void fuzz_action(const Target *t, ActionKind kind, const Response *r, Arena *a) {
        static const Object want = { .part = "", .start = USEC_PER_DAY, .end = 2 * USEC_PER_DAY, .title = "x", .body = "", .impact = "",
                                     .reminders = "", .marker = "", .extra = "" };
        Action act = { .kind = kind, .key = { "m", "" }, .want = &want, .remote_id = kind == ACTION_CREATE ? "" : "id", .version = "",
                       .message = "", .state = kind == ACTION_START ? STATE_IN_PROGRESS : STATE_COMPLETED };
        Outcome o;

        assert_always(t->driver->action_response(t, &act, r, a, &o) == 0);
        assert_always(o.verdict < VERDICTS && o.wait <= WAIT_MAX && (!o.remote_id || remote_id_valid(o.remote_id)));
        assert_always(o.verdict != VERDICT_DONE || kind != ACTION_CREATE || o.remote_id);
        check_detail(o.detail);
        if (o.echo)
                (void) fuzz_observed(NULL, o.echo);
}

static int fuzz_answer(const Target *targets, size_t n_targets, const uint8_t *data, size_t size) {
        static const unsigned statuses[] = { 200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 502, 503 };
        auto_(arena_free) Arena *a = arena_new();
        Input in = { data, size };
        unsigned what = input_byte(&in) % (QUERIES + ACTION_EFFECT), status = input_byte(&in) % ARRAY_SIZE(statuses), which = input_byte(&in);
        auto_(free) char *after = input_line(&in), *date = input_line(&in);
        const char *headers[] = { "retry-after", after, "date", date, "x-ratelimit-reset", after, NULL };
        Response r = { .headers = headers, .status = statuses[status], .truncated = which >= 0xf0, .body = (const char *) in.p, .n_body = in.n };
        const Target *t = &targets[which % n_targets];

        assert_always(a);
        if (r.n_body == 0)
                r.body = "";
        if (what < QUERIES)
                fuzz_query(t, (Query) what, &r, a);
        else
                fuzz_action(t, (ActionKind) (what - QUERIES), &r, a);
        return 0;
}
