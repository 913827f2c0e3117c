/*
 * Secrets: where they are looked up, and what is refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "io/http.h"

#define CANARY "canary-token-1234"

typedef struct Test { char config[64], credentials[64]; } Test;

static void put(const char *dir, const char *name, const char *content, size_t n, mode_t mode) {
        auto_(free) char *path = textf("%s/%s", dir, name);
        auto_(fclose) FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_int_equal(fwrite(content, 1, n, f), n);
        assert_int_equal(chmod(path, mode), 0);
}

static int setup(void **state) {
        Test *t = malloc(sizeof(*t));

        assert_non_null(t);
        *t = (Test) { "/tmp/maintd-test-XXXXXX", "/tmp/maintd-test-XXXXXX" };
        assert_true(mkdtemp(t->config) && mkdtemp(t->credentials));
        (void) unsetenv("CREDENTIALS_DIRECTORY");
        *state = t;
        return 0;
}

static int teardown(void **state) {
        Test *t = *state;
        auto_(free) char *rm = textf("rm -rf %s %s", t->config, t->credentials);

        (void) unsetenv("CREDENTIALS_DIRECTORY");
        (void) unsetenv("MAINTD_PAGE_TOKEN");
        assert_int_equal(system(rm), 0);
        free(t);
        return 0;
}

/* Reads and expects either a text or an error whose line holds @word and never the canary. */
static void expect(Test *t, const char *name, int error, const char *text_or_word) {
        auto_(secret_free) char *s = NULL;
        auto_(free) char *why = NULL;
        int r = secret_read(t->config, name, &s, &why);

        assert_int_equal(r, error);
        if (error == 0) {
                assert_string_equal(s, text_or_word);
                return;
        }
        assert_null(s);
        assert_non_null(why);
        assert_null(strstr(why, CANARY));
        if (!strstr(why, text_or_word))
                fail_msg("'%s' lacks '%s'", why, text_or_word);
}

static void looks_in_order(void **state) {
        Test *t = *state;

        put(t->config, "page-token", "from the file\n", 14, 0600);
        expect(t, "page-token", 0, "from the file");
        assert_int_equal(setenv("MAINTD_PAGE_TOKEN", "from the environment", 1), 0);
        expect(t, "page-token", 0, "from the environment");
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", t->credentials, 1), 0);
        expect(t, "page-token", 0, "from the environment");
        put(t->credentials, "page-token", "from systemd", 12, 0444);
        expect(t, "page-token", 0, "from systemd");
}

static void missing(void **state) {
        expect(*state, "page-token", -ENOENT, "credential 'page-token' not found");
}

static void bad_one_is_not_passed_over(void **state) {
        Test *t = *state;

        put(t->config, "page-token", "from the file", 13, 0600);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", t->credentials, 1), 0);
        put(t->credentials, "page-token", "", 0, 0400);
        expect(t, "page-token", -EINVAL, "empty");
}

static const struct mode_case { const char *name; mode_t mode; int error; } mode_cases[] = {
        { "takes a file of mode 0600", 0600, 0 },
        { "takes a file of mode 0400", 0400, 0 },
        { "takes a file of mode 0640", 0640, 0 },
        { "refuses a file that the group may write", 0660, -EACCES },
        { "refuses a file that others may read", 0644, -EACCES },
        { "refuses a file that others may write", 0602, -EACCES },
        { "refuses a file that others may execute", 0601, -EACCES },
};

static void check_mode(void **state) {
        const struct mode_case *row = *state;
        void *inner = NULL;
        Test *t;

        (void) setup(&inner);
        t = inner;
        put(t->config, "page-token", CANARY "\n", sizeof(CANARY), row->mode);
        expect(t, "page-token", row->error, row->error ? "chmod" : CANARY);
        (void) teardown(&inner);
}

static const struct content_case { const char *name, *content; size_t n; const char *expected, *word; } content_cases[] = {
        { "drops one newline at the end", "abc\n", 4, "abc", NULL },
        { "keeps spaces and UTF-8", " a b\xc3\xa9 ", 7, " a b\xc3\xa9 ", NULL },
        { "refuses an empty file", "", 0, NULL, "empty" },
        { "refuses a newline alone", "\n", 1, NULL, "empty" },
        { "refuses a second line", CANARY "\nX-Forged: 1\n", sizeof(CANARY "\nX-Forged: 1\n") - 1, NULL, "one line" },
        { "refuses two newlines at the end", CANARY "\n\n", sizeof(CANARY) + 1, NULL, "one line" },
        { "refuses CR LF inside", CANARY "\r\nX-Forged: 1", sizeof(CANARY "\r\nX-Forged: 1") - 1, NULL, "one line" },
        { "refuses CR at the end", CANARY "\r\n", sizeof(CANARY) + 1, NULL, "one line" },
        { "refuses NUL", CANARY "\0x", sizeof(CANARY) + 1, NULL, "control character" },
        { "refuses a tab", "a\tb", 3, NULL, "control character" },
        { "refuses an escape", "a\x1b[31m", 6, NULL, "control character" },
};

static void check_content(void **state) {
        const struct content_case *row = *state;
        void *inner = NULL;
        Test *t;

        (void) setup(&inner);
        t = inner;
        put(t->config, "page-token", row->content, row->n, 0600);
        expect(t, "page-token", row->word ? -EINVAL : 0, row->word ? row->word : row->expected);
        (void) teardown(&inner);
}

static void huge(void **state) {
        Test *t = *state;
        auto_(free) char *big = malloc(1024 * 1024);

        memset(big, 'a', 1024 * 1024);
        put(t->config, "page-token", big, 1024 * 1024, 0600);
        expect(t, "page-token", -EINVAL, "larger than 64 KiB");
        put(t->config, "page-token", big, 64 * 1024, 0600);
        big[64 * 1024] = 0;
        expect(t, "page-token", 0, big);
}

static void odd_files(void **state) {
        Test *t = *state;
        auto_(free) char *dir = textf("%s/a-directory", t->config), *fifo = textf("%s/a-fifo", t->config);

        assert_int_equal(mkdir(dir, 0700), 0);
        assert_int_equal(mkfifo(fifo, 0600), 0);
        expect(t, "a-directory", -EINVAL, "not a regular file");
        expect(t, "a-fifo", -EINVAL, "not a regular file"); /* and does not wait for a writer */
}

static void odd_names(void **state) {
        static const char *const names[] = { "", "../x", "a/b", ".hidden", "-x", "a b", "a\nb", "a=b" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                expect(*state, names[i], -EINVAL, "a name has");
}

static void wipes(void **state) {
        secret_free(NULL);
        secret_free(strdup("x"));
}

int main(void) {
        static const struct CMUnitTest plain[] = {
                { "looks at systemd's credentials, the environment, then the file", looks_in_order, setup, teardown, NULL },
                { "says where it looked", missing, setup, teardown, NULL },
                { "does not pass over a bad one for the next place", bad_one_is_not_passed_over, setup, teardown, NULL },
                { "refuses more than 64 KiB", huge, setup, teardown, NULL },
                { "refuses directories and FIFOs without waiting", odd_files, setup, teardown, NULL },
                { "refuses names that are paths", odd_names, setup, teardown, NULL },
                { "frees nothing and something", wipes, NULL, NULL, NULL },
        };
        struct CMUnitTest tests[ARRAY_SIZE(plain) + ARRAY_SIZE(mode_cases) + ARRAY_SIZE(content_cases)];
        size_t n = ARRAY_SIZE(plain);

        memcpy(tests, plain, sizeof(plain));
        for (size_t i = 0; i < ARRAY_SIZE(mode_cases); i++)
                tests[n++] = (struct CMUnitTest) { mode_cases[i].name, check_mode, NULL, NULL, (void *) &mode_cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(content_cases); i++)
                tests[n++] = (struct CMUnitTest) { content_cases[i].name, check_content, NULL, NULL, (void *) &content_cases[i] };
        return _cmocka_run_group_tests("secret", tests, n, NULL, NULL);
}
