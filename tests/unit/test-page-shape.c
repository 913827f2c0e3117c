/*
 * Requests that two programs in a row could read in two ways
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "page/shape.h"

typedef struct Field { const char *name, *value; } Field;

static const struct shape_case {
        const char *name;
        Field fields[4];
        bool old;
        unsigned refused;
} shape_cases[] = {
        { "shape: what browsers send is fine", { { "Host", "x" }, { "Accept-Language", "de,en;q=0.5" }, { "Cookie", "a=b\tc" } }, false, 0 },
        { "shape: a body is counted or chunked", { { "Host", "x" }, { "content-length", "4" } }, false, 0 },
        { "shape: chunked has no case", { { "Host", "x" }, { "transfer-encoding", "Chunked" } }, false, 0 },
        { "shape: refuses a length beside chunks", { { "Host", "x" }, { "Content-Length", "4" }, { "Transfer-Encoding", "chunked" } }, false, 400 },
        { "shape: refuses two lengths", { { "Host", "x" }, { "Content-Length", "4" }, { "Content-Length", "4" } }, false, 400 },
        { "shape: refuses two codings", { { "Host", "x" }, { "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" } }, false, 400 },
        { "shape: refuses chunks of HTTP/1.0", { { "Host", "x" }, { "Transfer-Encoding", "chunked" } }, true, 400 },
        { "shape: refuses other codings", { { "Host", "x" }, { "Transfer-Encoding", "gzip, chunked" } }, false, 501 },
        { "shape: refuses a coding that looks like chunked", { { "Host", "x" }, { "Transfer-Encoding", "\"chunked\"" } }, false, 501 },
        { "shape: refuses a blank before the colon", { { "Host", "x" }, { "Transfer-Encoding ", "chunked" } }, false, 400 },
        { "shape: refuses a name that is none", { { "Host", "x" }, { "", "y" } }, false, 400 },
        { "shape: refuses control characters in names", { { "Host", "x" }, { "A\001", "y" } }, false, 400 },
        { "shape: refuses control characters in values", { { "Host", "x" }, { "A", "b\rC: d" } }, false, 400 },
        { "shape: refuses two hosts", { { "Host", "x" }, { "HOST", "x" } }, false, 400 },
};

static void shapes(void **state) {
        const struct shape_case *row = *state;
        Shape s = { 0 };

        for (size_t i = 0; i < ARRAY_SIZE(row->fields) && row->fields[i].name; i++)
                shape_add(&s, row->fields[i].name, row->fields[i].value);
        assert_int_equal(shape_refused(&s, row->old), row->refused);
}

static void fields_are_counted(void **state) {
        Shape s = { 0 };

        for (unsigned i = 0; i < PAGE_HEADERS_MAX; i++)
                shape_add(&s, "A", NULL);
        assert_int_equal(shape_refused(&s, false), 0);
        shape_add(&s, "A", NULL);
        assert_int_equal(shape_refused(&s, false), 431);
}

static void a_path_is_found_in_every_form_of_target(void **state) {
        static const struct { const char *target, *path; } rows[] = {
                { "/", "/" }, { "/a//b", "/a//b" }, { "http://x", "/" }, { "HTTP://x:80/a", "/a" }, { "https://x/a/b", "/a/b" }, { "*", "*" },
                { "", NULL }, { "a", NULL }, { "x:443", NULL }, { "**", NULL }, { "ftp://x/", NULL }, { "http:/x", NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (!text_equal(target_path(rows[i].target), rows[i].path))
                        fail_msg("%s: %s", rows[i].target, text_or(target_path(rows[i].target), "NULL"));
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(shape_cases) + 2] = {
                { "shape: fields are counted", fields_are_counted, NULL, NULL, NULL },
                { "a path is found in every form of target", a_path_is_found_in_every_form_of_target, NULL, NULL, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(shape_cases); i++)
                tests[i + 2] = (struct CMUnitTest) { shape_cases[i].name, shapes, NULL, NULL, (void *) &shape_cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
