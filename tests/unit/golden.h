#pragma once
/*
 * Golden conversations: what a driver asks, what a server answers, what the driver makes of it
 *
 * A file has three parts divided by lines "---": the request as it should be, a canned answer, and the reading of that answer.
 * A test says which query or action to encode; the first and the third part must come out. With GOLDEN_WRITE=1 in the
 * environment they are written instead, to be read over before they are committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "target/driver.h"

typedef struct GoldenCase {
        const char *name, *file;        /* file: below GOLDEN_DIR */
        const Target *target;
        bool action;                    /* else a query */
        Query query;
        const char *id, *cursor;
        Action act;
        const Object *want;
} GoldenCase;

typedef struct Collector {
        Sink sink;                      /* first: the driver hands it back */
        FILE *out;
        unsigned observed, services, facts;
        int answer;                     /* what the sink returns */
} Collector;

static inline void golden_put_object(FILE *f, const Observed *o) {
        char start[RFC3339_SIZE], end[RFC3339_SIZE];

        (void) fprintf(f, "observed %s %s\n  title %s\n  from %s to %s\n", o->remote_id, state_to_string(o->state), o->object.title,
                       rfc3339_format(o->object.start, start), rfc3339_format(o->object.end, end));
        if (*o->object.part)
                (void) fprintf(f, "  part %s\n", o->object.part);
        if (*o->object.body)
                (void) fprintf(f, "  body %s\n", o->object.body);
        if (*o->object.impact)
                (void) fprintf(f, "  impact %s\n", o->object.impact);
        if (*o->object.reminders)
                (void) fprintf(f, "  reminders %s\n", o->object.reminders);
        if (*o->object.marker)
                (void) fprintf(f, "  marker %s\n", o->object.marker);
        if (*o->owner)
                (void) fprintf(f, "  owner %s\n", o->owner);
        if (*o->version)
                (void) fprintf(f, "  version %s\n", o->version);
        (void) fprintf(f, "  extra %s\n", o->object.extra);
        for (size_t i = 0; i < o->object.services.n; i++)
                (void) fprintf(f, "  service %s\n", o->object.services.items[i]);
        if (o->started)
                (void) fprintf(f, "  started %s\n", rfc3339_format(o->started, start));
        if (o->ended)
                (void) fprintf(f, "  ended %s\n", rfc3339_format(o->ended, end));
        if (o->n_messages)
                (void) fprintf(f, "  messages %zu\n", o->n_messages);
}

static inline int golden_observed(Sink *s, const Observed *o) {
        Collector *c = (Collector *) s;

        c->observed++;
        if (c->out)
                golden_put_object(c->out, o);
        return c->answer;
}

static inline int golden_service(Sink *s, const char *kind, const char *id, const char *name, const char *group) {
        Collector *c = (Collector *) s;

        c->services++;
        if (c->out)
                (void) fprintf(c->out, "%s %s %s%s%s\n", kind, id, name, group ? " in " : "", text_or(group, ""));
        return c->answer;
}

static inline int golden_fact(Sink *s, const char *name, const char *value) {
        Collector *c = (Collector *) s;

        c->facts++;
        if (c->out)
                (void) fprintf(c->out, "fact %s %s\n", name, value);
        return c->answer;
}

static inline Collector golden_collector(FILE *out) {
        return (Collector) { .sink = { golden_observed, golden_service, golden_fact }, .out = out };
}

static inline void golden_put_request(FILE *f, const Request *q) {
        (void) fprintf(f, "%s %s\n", q->method, q->path);
        if (q->secret.place == SECRET_HEADER)
                (void) fprintf(f, "%s: %sSECRET\n", q->secret.header, q->secret.prefix);
        for (const char *const *h = q->headers; h && *h; h++)
                (void) fprintf(f, "%s\n", *h);
        if (q->body)
                (void) fprintf(f, "\n%.*s\n", (int) q->n_body, q->body);
}

static inline void golden_put_outcome(FILE *f, const Outcome *o) {
        char span[SPAN_SIZE];

        (void) fprintf(f, "verdict %s\n", verdict_to_string(o->verdict));
        if (o->remote_id)
                (void) fprintf(f, "remote_id %s\n", o->remote_id);
        if (o->wait)
                (void) fprintf(f, "wait %s\n", span_format(o->wait, false, span));
        if (*o->detail)
                (void) fprintf(f, "detail %s\n", o->detail);
        if (o->echo)
                golden_put_object(f, o->echo);
}

/* "STATUS", header lines "name: value", an empty line, the body (a final newline is not part of it). Cuts @text up. */
static inline void golden_parse_response(char *text, Response *ret, const char *headers[], size_t max) {
        char *line = strsep(&text, "\n");
        size_t n = 0;

        *ret = (Response) { .status = (unsigned) atoi(line), .headers = headers, .body = "" };
        while ((line = strsep(&text, "\n")) && *line) {
                char *colon = strstr(line, ": ");

                assert_non_null(colon);
                assert_true(n + 3 < max);
                *colon = '\0';
                headers[n++] = line;
                headers[n++] = colon + 2;
        }
        headers[n] = NULL;
        if (text) {
                ret->body = text;
                ret->n_body = strlen(text);
                if (ret->n_body && text[ret->n_body - 1] == '\n')
                        text[--ret->n_body] = '\0';
        }
}

static inline void golden_encode(FILE *f, const GoldenCase *c, const Action *act, Arena *a) {
        const Driver *d = c->target->driver;
        Request q;
        int r;

        r = c->action ? d->action_request(c->target, act, a, &q) : d->query_request(c->target, c->query, c->id, c->cursor, a, &q);
        assert_int_equal(r, 0);
        golden_put_request(f, &q);
}

static inline void golden_decode(FILE *f, const GoldenCase *c, const Action *act, const Response *resp, Arena *a) {
        const Driver *d = c->target->driver;
        Collector sink = golden_collector(f);
        const char *cursor, *detail;
        Outcome o;
        int r;

        if (c->action) {
                assert_int_equal(d->action_response(c->target, act, resp, a, &o), 0);
                golden_put_outcome(f, &o);
                return;
        }
        r = d->query_response(c->target, c->query, c->cursor, resp, a, &sink.sink, &cursor, &detail);
        if (r < 0)
                (void) fprintf(f, "error %s: %s\n", strerrorname_np(-r), text_or(detail, "?"));
        if (r >= 0 && cursor)
                (void) fprintf(f, "cursor %s\n", cursor);
}

static inline char *golden_load(const char *path) {
        char *text = calloc(1, 64 * 1024);
        auto_(fclose) FILE *f = fopen(path, "re");

        assert_non_null(text);
        assert_non_null(f);
        assert_true(fread(text, 1, 64 * 1024 - 1, f) < 64 * 1024 - 1);
        return text;
}

static inline void golden_check(const GoldenCase *c) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *path = textf("%s/%s", GOLDEN_DIR, c->file), *text = golden_load(path), *actual = NULL, *copy = NULL;
        char *answer = strstr(text, "---\n"), *rest = answer ? strstr(answer + 4, "\n---\n") : NULL;
        const char *headers[32];
        Action act = c->act;
        Response resp;
        size_t size;
        FILE *f = open_memstream(&actual, &size);

        assert_non_null(rest);
        act.want = c->want ? c->want : act.want;
        act.message = text_or(act.message, "");
        act.version = text_or(act.version, "");
        act.remote_id = text_or(act.remote_id, "");
        copy = strndup(answer + 4, (size_t) (rest - answer - 3));
        golden_encode(f, c, &act, a);
        (void) fprintf(f, "---\n%s---\n", copy);
        golden_parse_response(copy, &resp, headers, ARRAY_SIZE(headers));
        golden_decode(f, c, &act, &resp, a);
        assert_int_equal(fclose(f), 0);
        if (getenv("GOLDEN_WRITE")) {
                auto_(fclose) FILE *out = fopen(path, "we");

                assert_non_null(out);
                (void) fwrite(actual, 1, size, out);
                return;
        }
        assert_string_equal(actual, text);
}

static inline void golden_test(void **state) {
        golden_check(*state);
}
