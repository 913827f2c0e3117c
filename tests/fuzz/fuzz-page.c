/*
 * The page behind HTTP: paths, queries, headers and bodies as anybody on the network would send them
 *
 * An input is up to four requests with a line "%%" between them. Each is a line "METHOD /path?name=value&…", lines "Name: value", an
 * empty line, and the body. What is stored after them can still be shown, and is within its bounds.
 */
#include "fuzz.h"

#include <jansson.h>

#include "fuzz-served.h"

#define API "/api/v1"
#define REQUESTS_MAX 4u

static void get(const char *path) {
        Asked asked = { .method = "GET", .path = path };
        Served s;

        served_ask(&asked, &s);
        assert_always(s.status == 200);
        free(s.body);
}

/* The same key and request once more: the same answer, and nothing done. */
static void check_repeated(const Asked *asked, const Served *first) {
        bool keyed = false;
        Served s;

        for (size_t i = 0; i < asked->n_headers; i++)
                keyed = keyed || strncasecmp(asked->headers[i], "Idempotency-Key:", strlen("Idempotency-Key:")) == 0;
        if (!keyed || strcmp(asked->method, "POST") != 0 || first->status != 201 || !text_starts(asked->path, API "/maintenance"))
                return;
        served_ask(asked, &s);
        assert_always(s.status == 201 && s.replayed && s.n_body == first->n_body && memcmp(s.body, first->body, s.n_body) == 0);
        free(s.body);
}

/* Header lines, kept in @lines, up to an empty one. */
static void headers_take(Asked *asked, Input *in, char *lines[static SERVED_HEADERS_MAX]) {
        for (size_t i = 0; i < SERVED_HEADERS_MAX && in->n > 0; i++) {
                lines[i] = input_line(in);
                if (!lines[i][0])
                        return;
                asked->headers[asked->n_headers++] = lines[i];
        }
}

static void request_run(Input in) {
        char *lines[SERVED_HEADERS_MAX] = { NULL }, *space;
        auto_(free) char *line = input_line(&in);
        Asked asked = { .method = line };
        Served s;

        headers_take(&asked, &in, lines);
        space = strchr(line, ' ');
        if (space && space[1] == '/') {
                *space = '\0';
                asked.path = space + 1;
                asked.body = (const char *) in.p;
                asked.n_body = in.n;
                served_ask(&asked, &s);
                check_repeated(&asked, &s);
                free(s.body);
        }
        for (size_t i = 0; i < SERVED_HEADERS_MAX; i++)
                free(lines[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const others[] = { "/history", "/feed.atom", "/calendar.ics", "/api/v2/summary.json", "/api/v2/scheduled-maintenances.json" };
        Input in = { data, size };

        served_reset();
        for (unsigned i = 0; in.n > 0 && i < REQUESTS_MAX; i++) {
                const uint8_t *end = memmem(in.p, in.n, "\n%%\n", 4);
                size_t n = end ? (size_t) (end - in.p) : in.n;

                request_run((Input) { in.p, n });
                n = MIN(n + 4, in.n);
                in = (Input) { in.p + n, in.n - n };
        }
        served_sign_in();       /* the dashboard may have removed the key */
        get("/");
        get(others[size % ARRAY_SIZE(others)]); /* one of them: all would take half of the time */
        get("/maintenance/mnt_1");
        get(API "/maintenance");
        get(API "/services");
        served_check();
        return 0;
}
