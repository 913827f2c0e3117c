/*
 * Defaults: what _defaults.yaml may say, and how folders add to each other
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "manifest/manifest.h"

#define BASE "title: T\nstart: 2027-02-01T02:00\nduration: 2h\n"

DEFINE_AUTO(Defaults *, defaults_unref)

static Defaults *lend(const Defaults *parent, const char *text) {
        Defaults *d = NULL;

        assert_int_equal(defaults_parse("_defaults.yaml", text, strlen(text), NULL, parent, NULL, &d), 0);
        return d;
}

static Manifest *below(const Defaults *d, const char *text) {
        Manifest *m;
        ParsedFile p;

        assert_int_equal(manifest_parse("x.yaml", text, strlen(text), NULL, d, NULL, &p), 0);
        assert_int_equal(p.n, 1);
        m = STEAL(p.manifests[0]);
        p.n = 0;
        parsed_file_done(&p);
        return m;
}

static void test_merges(void **state) {
        auto_(defaults_unref) Defaults *a = lend(NULL, "timezone: Europe/Berlin\nservices: [x, y]\nnotify: {started: false, reminders: [1h]}\nmonitors: keep\ntargets: [t]\nannounce: 2d\nlabels: {a: 1, b: 2}\n");
        auto_(defaults_unref) Defaults *b = lend(a, "services: [z]\nnotify: {started: true, completed: false}\nlabels: {b: 3, c: 4}\n");
        auto_(manifest_free) Manifest *m = below(b, BASE "notify: {cancelled: false}\nlabels: {c: 5}\n");
        auto_(manifest_free) Manifest *own = below(b, BASE "timezone: UTC\nservices: []\nnotify: {completed: true, reminders: []}\nmonitors: pause\nannounce: 0\n");
        static const char *const labels[] = { "a", "1", "b", "3", "c", "5", NULL };

        assert_string_equal(m->timezone, "Europe/Berlin");
        assert_int_equal(m->body.services.n, 1);
        assert_string_equal(m->body.services.items[0], "z");
        assert_true(m->body.notify.started && !m->body.notify.completed && !m->body.notify.cancelled && m->body.notify.scheduled);
        assert_int_equal(m->body.notify.n_reminders, 1);
        assert_false(m->mute);
        assert_string_equal(m->targets.items[0], "t");
        assert_int_equal(m->announce.days, 2);
        for (size_t i = 0; labels[i]; i++)
                assert_string_equal(m->labels[i], labels[i]);
        assert_null(m->labels[6]);

        assert_string_equal(own->timezone, "UTC");
        assert_int_equal(own->body.services.n, 0);
        assert_true(own->body.notify.completed && own->mute && own->has_announce);
        assert_int_equal(own->body.notify.n_reminders, 0);
        assert_int_equal(own->announce.days, 0);
}

static void test_hash_tells_what_is_lent(void **state) {
        auto_(defaults_unref) Defaults *a = lend(NULL, "monitors: keep\nlabels: {a: b}\n"), *b = lend(NULL, "# same\nlabels: {\"a\": b}\nmonitors: keep\n");
        auto_(defaults_unref) Defaults *c = lend(a, "announce: 1d\n"), *d = lend(NULL, "announce: 1d\n");

        assert_true(defaults_hash(NULL) == 0);
        assert_true(defaults_hash(a) == defaults_hash(b));
        assert_true(defaults_hash(a) != defaults_hash(c));
        assert_true(defaults_hash(c) != defaults_hash(d));
        assert_true(defaults_hash(a) != 0);
}

static void test_refuses(void **state) {
        static const struct { const char *text, *code; } cases[] = {
                { "", "empty-file" }, { "# x\n", "empty-file" }, { "title: T\n", "unknown-key" }, { "start: x\n", "unknown-key" }, { "[]", "wrong-type" },
                { "monitors: keep\n---\nmonitors: keep\n", "too-many-documents" }, { "announce: 1\n", "bad-span" }, { "notify: {reminder: []}\n", "unknown-key" },
                { "monitors: keep\nmonitors: keep\n", "duplicate-key" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Diagnostics diags = { 0 };
                Defaults *d = NULL;

                assert_int_equal(defaults_parse("a/_defaults.yaml", cases[i].text, strlen(cases[i].text), NULL, NULL, &diags, &d), -EINVAL);
                assert_null(d);
                assert_int_equal(diags.n, 1);
                assert_string_equal(diags.items[0].code, cases[i].code);
                assert_string_equal(diags.items[0].file, "a/_defaults.yaml");
                diagnostics_done(&diags);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "maps merge key by key, lists replace, the nearest wins", test_merges, NULL, NULL, NULL },
                { "the hash tells what is lent", test_hash_tells_what_is_lent, NULL, NULL, NULL },
                { "refuses what has no default", test_refuses, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("defaults", tests, NULL, NULL);
}
