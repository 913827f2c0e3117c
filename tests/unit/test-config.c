/*
 * Config: defaults, paths, targets, and that a secret in the wrong place is not shown
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "base/text.h"
#include "manifest/config.h"

static const ConfigDriver drivers[] = {
        { "kodo", NULL, false },
        { "alertmanager", (const char *const[]) { "comment", NULL }, true },
        { NULL, NULL, false },
};

static Config *good(const char *text) {
        Diagnostics diags = { 0 };
        Config *c = NULL;
        int r = config_parse("/etc/maintd/maintd.yaml", text, strlen(text), drivers, &diags, &c);

        for (size_t i = 0; i < diags.n; i++)
                print_message("%u:%u %s\n", diags.items[i].line, diags.items[i].column, diags.items[i].message);
        assert_int_equal(r, 0);
        diagnostics_done(&diags);
        return c;
}

/* The first message of a refused config, a new string. */
static char *refused(const char *text) {
        Diagnostics diags = { 0 };
        Config *c = NULL;
        char *message;

        assert_int_equal(config_parse("maintd.yaml", text, strlen(text), drivers, &diags, &c), -EINVAL);
        assert_null(c);
        assert_true(diags.n_errors > 0);
        message = strdup(diags.items[0].message);
        diagnostics_done(&diags);
        return message;
}

static void test_defaults(void **state) {
        auto_(config_free) Config *c = good("watch: true\n");

        assert_string_equal(c->manifests, "/etc/maintd/manifests");
        assert_null(c->git);
        assert_string_equal(c->timezone, "UTC");
        assert_string_equal(c->instance, "maintd");
        assert_true(c->horizon == 30 * USEC_PER_DAY && c->resync == 5 * USEC_PER_MINUTE);
        assert_true(c->withdraw_after == 5 * USEC_PER_MINUTE && c->retention == 730 * USEC_PER_DAY);
        assert_int_equal(c->max_cancel, 30);
        assert_int_equal(c->max_move, 50);
        assert_true(c->watch);
        assert_int_equal(c->n_targets + c->n_services, 0);
}

static void test_reads_everything(void **state) {
        auto_(config_free) Config *c = good(
                "timezone: Europe/Berlin\ninstance: b\nhorizon: 2w\nresync: 1min\nwithdraw_after: 0\nguard: {max_cancel: 5%, max_move: 100%}\n"
                "watch: false\nretention: 1d\nservices: {web: {title: Web}, api: }\n"
                "targets:\n  z: {type: kodo, url: 'https://z.example/api//', token: z-token, page: p, retire: true, timeout: 5s,\n"
                "      rate_limit: {reads: 10, writes: 20}, services: {web: {id: w1}, api: API Gateway}}\n"
                "  a: {type: alertmanager, url: 'http://a.example', insecure_http: true, comment: hello}\n");
        const ConfigTarget *a = &c->targets[0], *z = &c->targets[1];

        assert_true(c->withdraw_after == 0 && c->horizon == 14 * USEC_PER_DAY);
        assert_int_equal(c->max_move, 100);
        assert_false(c->watch);
        assert_string_equal(c->service_names.items[0], "api");
        assert_null(c->services[0].title);
        assert_string_equal(c->services[1].title, "Web");
        assert_string_equal(c->target_names.items[0], "a");
        assert_string_equal(a->options[0], "comment");
        assert_string_equal(a->options[1], "hello");
        assert_null(a->options[2]);
        assert_true(a->insecure_http && a->timeout == 30 * USEC_PER_SEC);
        assert_null(a->token);
        assert_string_equal(z->url, "https://z.example/api");
        assert_string_equal(z->token, "z-token");
        assert_string_equal(z->page, "p");
        assert_true(z->retire && z->timeout == 5 * USEC_PER_SEC);
        assert_int_equal(z->reads_per_min, 10);
        assert_int_equal(z->writes_per_min, 20);
        assert_null(z->options);
        assert_string_equal(z->services[0].name, "API Gateway");
        assert_string_equal(z->services[1].id, "w1");
        assert_int_equal(z->mark.line, 11);
}

static void test_resolves_paths(void **state) {
        static const struct { const char *text, *manifests, *git, *ref, *path; } cases[] = {
                { "manifests: m", "/etc/maintd/m", NULL, NULL, NULL },
                { "manifests: ./m/", "/etc/maintd/m", NULL, NULL, NULL },
                { "manifests: /srv/m/", "/srv/m", NULL, NULL, NULL },
                { "manifests: {git: ../repo}", NULL, "/etc/maintd/../repo", "HEAD", "" },
                { "manifests: {git: /srv/r, ref: main, path: m/}", NULL, "/srv/r", "main", "m" },
                { "manifests: {git: /srv/r, path: .}", NULL, "/srv/r", "HEAD", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                auto_(config_free) Config *c = good(cases[i].text);

                assert_true(text_equal(c->manifests, cases[i].manifests));
                assert_true(text_equal(c->git, cases[i].git));
                assert_true(text_equal(c->git_ref, cases[i].ref));
                assert_true(text_equal(c->git_path, cases[i].path));
        }
}

static void test_reads_matchers(void **state) {
        static const struct { const char *text, *name, *op, *value; } cases[] = {
                { "['service=\"api\"']", "service", "=", "api" }, { "['a=~\"x|y\"']", "a", "=~", "x|y" }, { "['a!=\"\"']", "a", "!=", "" },
                { "['a !~ \"b\"']", "a", "!~", "b" }, { "['a=b']", "a", "=", "b" }, { "['a=\"q\\\"\\\\\\n\"']", "a", "=", "q\"\\\n" },
                { "['a=\"\\\\n\"']", "a", "=", "\\n" }, { "{a: b}", "a", "=", "b" }, { "{a: '~x'}", "a", "=", "~x" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                auto_(free) char *text = textf("services: {s: }\ntargets: {t: {type: alertmanager, url: https://t.example, services: {s: {matchers: %s}}}}\n", cases[i].text);
                auto_(config_free) Config *c = good(text);
                const char *const *m = c->targets[0].services[0].matchers;

                assert_string_equal(m[0], cases[i].name);
                assert_string_equal(m[1], cases[i].op);
                assert_string_equal(m[2], cases[i].value);
                assert_null(m[3]);
        }
}

static void test_judges_urls(void **state) {
        static const struct { const char *url; bool fit, fit_insecure; } cases[] = {
                { "https://a.example", true, true }, { "https://a.example:8443/x?y=1", true, true }, { "https://[2001:db8::1]:1/x", true, true },
                { "http://127.0.0.1:1", true, true }, { "http://127.9.9.9", true, true }, { "http://localhost/x", true, true }, { "http://[::1]", true, true },
                { "http://a.example", false, true }, { "http://127.0.0.1.evil.example", false, true }, { "http://localhost.evil.example", false, true },
                { "http://0.0.0.0", false, true }, { "http://169.254.169.254/x", false, true }, { "https://169.254.169.254/x", false, true },
                { "https://u:p@a.example", false, false }, { "https://u@a.example", false, false }, { "https://", false, false }, { "https://a.example:0", false, false },
                { "https://a.example:", false, false }, { "https://[::1", false, false }, { "ftp://a.example", false, false }, { "a.example", false, false },
                { "HTTPS://a.example", false, false }, { "https://a b", false, false }, { "https://a.example/#f", false, false },
                { "unix:/run/x.sock", true, true }, { "unix:/run/x.sock:/base", true, true }, { "unix:run/x.sock", false, false }, { "unix:/", false, false },
                { "http+unix://%2Frun%2Fx.sock/base", true, true }, { "http+unix:///run/x", false, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
                bool insecure = i % 2, fit = insecure ? cases[i / 2].fit_insecure : cases[i / 2].fit;
                auto_(free) char *text = textf("targets: {t: {type: kodo, url: '%s', insecure_http: %s}}\n", cases[i / 2].url, insecure ? "true" : "false");
                auto_(config_free) Config *c = NULL;

                if ((config_parse("c", text, strlen(text), drivers, NULL, &c) == 0) != fit)
                        fail_msg("%s%s", cases[i / 2].url, insecure ? " (insecure)" : "");
        }
}

static void test_shows_no_secret(void **state) {
        static const char *const texts[] = {
                "targets: {t: {type: kodo, url: https://t.example, token: CANARY-1/x}}\n", "targets: {t: {type: kodo, url: 'https://CANARY:x@t.example'}}\n",
                "targets: {t: {type: kodo, url: 'http://t.example/CANARY'}}\n", "targets: {t: {type: kodo, url: 'https://t.example/CANARY x'}}\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                auto_(free) char *message = refused(texts[i]);

                assert_null(strstr(message, "CANARY"));
        }
}

static void test_suggests(void **state) {
        static const struct { const char *text, *message; } cases[] = {
                { "targetz: {}\n", "unknown key 'targetz', did you mean 'targets'?" },
                { "targets: {t: {type: kodoo, url: https://t.example, whatever: x}}\n", "unknown type 'kodoo', did you mean 'kodo'?" },
                { "targets: {t: {type: alertmanager, url: https://t.example, coment: x}}\n", "unknown key 'coment', did you mean 'comment'?" },
                { "services: {api: }\ntargets: {t: {type: kodo, url: https://t.example, services: {apj: x}}}\n", "unknown service 'apj', did you mean 'api'?" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                auto_(free) char *message = refused(cases[i].text);

                assert_string_equal(message, cases[i].message);
        }
}

static void test_loads_a_file(void **state) {
        auto_(config_free) Config *c = NULL;
        char path[] = "/tmp/maintd-config-XXXXXX";
        Diagnostics diags = { 0 };
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, "instance: x\n", 12), 12);
        assert_int_equal(close(fd), 0);
        assert_int_equal(config_load(path, drivers, &diags, &c), 0);
        assert_string_equal(c->instance, "x");
        assert_string_equal(c->manifests, "/tmp/manifests");
        assert_int_equal(unlink(path), 0);
        c = config_free(c);
        assert_int_equal(config_load(path, drivers, &diags, &c), -EINVAL);
        assert_string_equal(diags.items[0].code, "unreadable");
        assert_int_equal(config_load("/tmp", drivers, &diags, &c), -EINVAL);
        assert_int_equal(config_load("/dev/null", drivers, &diags, &c), -EINVAL);
        diagnostics_done(&diags);
}

/* Of an entry without a good name nothing is left for the one that takes its place. */
static void test_begins_each_entry_anew(void **state) {
        static const char *const texts[] = {
                "services: {api: , web: }\ntargets:\n"
                "  a%: {type: kodo, url: https://a.example, services: {api: A, web: B}}\n"
                "  b: {type: kodo, url: https://b.example, services: {api: C}}\n",
                "services: {api: , web: }\ntargets: {b: {type: kodo, url: https://b.example, services: {apj: {id: x}, web: A, api: B}}}\n",
                "services: {' ': {title: A}, api: , web: }\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                free(refused(texts[i]));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "has defaults", test_defaults, NULL, NULL, NULL },
                { "reads everything, sorted", test_reads_everything, NULL, NULL, NULL },
                { "resolves paths against its folder", test_resolves_paths, NULL, NULL, NULL },
                { "reads matchers as Prometheus writes them", test_reads_matchers, NULL, NULL, NULL },
                { "judges urls", test_judges_urls, NULL, NULL, NULL },
                { "shows no secret", test_shows_no_secret, NULL, NULL, NULL },
                { "suggests what was meant", test_suggests, NULL, NULL, NULL },
                { "begins each entry anew", test_begins_each_entry_anew, NULL, NULL, NULL },
                { "loads a file", test_loads_a_file, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
