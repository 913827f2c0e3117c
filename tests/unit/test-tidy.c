/*
 * Texts of manifests that are written for people: what is in them comes back when they are read
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ctl/slug.h"
#include "ctl/tidy.h"
#include "manifest/manifest.h"

static const struct slug_case { const char *name, *title, *slug; } slugs[] = {
        { "a title becomes words", "Database Migration", "database-migration" },
        { "signs become one dash", "  API -- v2 (EU), now!  ", "api-v2-eu-now" },
        { "no way out of the folder", "../../etc/passwd", "etc-passwd" },
        { "no hidden file and no defaults", "._defaults", "defaults" },
        { "letters with marks are those without", "Größe ÄÖÜ Ærø Łódź Þór Čeština façade İstanbul", "groesse-aeoeue-aero-lodz-thor-cestina-facade-istanbul" },
        { "nor do marks of their own make a gap", "Cafe\u0301 a\u0308b", "cafe-ab" },
        { "cyrillic is spelled", "Миграция базы данных, Київ", "migratsiya-bazy-dannykh-kiiv" },
        { "other scripts are left out", "数据 v2 – 資料", "v2" },
        { "nothing left", "数据库", "window" },
        { "no character", "a\xff\xfe" "b\xc3", "a-b" },
        { "nothing is cut in two at the limit", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaß", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
        { "cut at its limit", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

static void check_slug(void **state) {
        const struct slug_case *c = *state;
        auto_(arena_free) Arena *a = arena_new();

        assert_string_equal(slug_of(a, c->title), c->slug);
        assert_true(id_valid(c->slug));
}

static const char *const texts[] = {
        "plain", "yes", "No", "null", "~", "=", "<<", "1", "1.5", "0x1f", "1e3", "12:30", "2027-02-01", "-", "- a", "? a", ": a", "a: b", "a:", "a #b", "#a", "&a", "*a", "!a",
        "!!int 1", "|", ">", "%a", "@a", "`a`", "\"a\"", "'a'", "it's", "\\", "\\n", "{a}", "[a]", "a, b", "---", "...", " a", "a ", "ü 数 🙂", "a\\u0041", ",", "{", "}", "]", "[",
        "a\tb", "true false", "a'b\"c", "'", "\"", "''", "%YAML 1.2", "key: [a, {b: c}] # d",
};
static const char *const bodies[] = {
        "", "one", "two\nlines", "# heading\n\n- item\n  - deeper", "\nblank first", "  indented", "---\na: b\n...", "a  \nb", "a\n\n\n\nb", "a\tb\nc", "|\n>", "\"a\"\n'b'", "a\n # b",
        "%a\n@b", "yes", "x\n: y\n? z", "trailing:\n", "a\n  b\n    c\n  d",
};

static void comes_back(const char *title, const char *body, bool all) {
        static const char *services[] = { "api", "no", "1" };
        static const Notify notify = { .scheduled = true, .completed = true, .updated = true, .reminders = { USEC_PER_DAY, 90 * USEC_PER_MINUTE }, .n_reminders = 2 };
        auto_(arena_free) Arena *a = arena_new();
        auto_(zones_free) Zones *zones = NULL;
        Window w = {
                .key = { "", "" }, .title = title, .body = body, .message = "", .impact = IMPACT_DEGRADED, .auto_start = true, .notify = &notify, .services = { services, 3 },
        };
        Tidy t = { .comment = "imported", .window = &w, .target = "no", .all = all };
        static const Vocabulary voc = { .timezone = "UTC" };
        Diagnostics diags = { 0 };
        const Body *got;
        ParsedFile p = { 0 };
        const char *text;

        assert_int_equal(rfc3339_parse("2027-10-30T22:00:00Z", &w.start), 0);
        assert_int_equal(rfc3339_parse("2027-10-31T01:30:00Z", &w.end), 0); /* the second half past two */
        assert_int_equal(zones_new(NULL, &zones), 0);
        assert_int_equal(zones_get(zones, "Europe/Berlin", &t.zone), 0);
        text = tidy_manifest(a, &t);
        assert_non_null(text);
        assert_int_equal(manifest_parse("x.yaml", text, strlen(text), &voc, NULL, &diags, &p), 0);
        if (p.n != 1 || diags.n_errors)
                fail_msg("%s\n%s", text, diags.n ? diags.items[0].message : "");
        diagnostics_done(&diags);
        got = &p.manifests[0]->body;
        assert_string_equal(got->title, title);
        assert_string_equal(text_or(got->description, ""), *body && body[strlen(body) - 1] == '\n' ? "trailing:" : body);
        assert_int_equal(got->services.n, 3);
        assert_int_equal(got->impact, IMPACT_DEGRADED);
        assert_int_equal(got->notify.n_reminders, 2);
        assert_false(got->notify.started);
        assert_true(got->notify.completed);
        assert_false(p.manifests[0]->mute);
        assert_false(p.manifests[0]->auto_complete);
        assert_int_equal(zone_utc(t.zone, &got->start.local, NULL), w.start);
        assert_int_equal(got->end.kind, WHEN_INSTANT);
        assert_int_equal(got->end.instant, w.end);
        parsed_file_done(&p);
}

static void titles_come_back(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (!strchr(texts[i], '\t'))
                        comes_back(texts[i], "", i % 2);
}

static void descriptions_come_back(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
                comes_back("A", bodies[i], i % 2);
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (!strchr(" ", texts[i][strlen(texts[i]) - 1]))
                        comes_back("A", texts[i], true);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(slugs) + 2] = { cmocka_unit_test(titles_come_back), cmocka_unit_test(descriptions_come_back) };

        for (size_t i = 0; i < ARRAY_SIZE(slugs); i++)
                tests[i + 2] = (struct CMUnitTest) { slugs[i].name, check_slug, NULL, NULL, (void *) (uintptr_t) &slugs[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
