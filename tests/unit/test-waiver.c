/*
 * Comments that switch warnings off: where they count, and what is said of those that say nothing
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "manifest/config.h"
#include "manifest/manifest.h"

#define HEAD "title: T\nstart: 2027-02-01T02:00\nduration: 1h\n" /* three lines */

static const struct waiver_case {
        const char *name, *text;
        const char *waivers;    /* "FIRST-LAST CODE, …"; a last line of the whole file is $ */
        const char *said;       /* diagnostics: "LINE:COLUMN CODE, …" */
} waiver_cases[] = {
        { "waiver: behind a value it is for that line", "title: T  # maintctl: disable=vague-title\n", "1-1 vague-title", "" },
        { "waiver: alone it is for all of the document", HEAD "# maintctl: disable=no-reminder\n", "1-$ no-reminder", "" },
        { "waiver: alone and indented, too", HEAD "services:\n  # maintctl: disable=no-reminder\n  - api\n", "1-$ no-reminder", "" },
        { "waiver: blanks do not matter", HEAD "#maintctl:disable=overlap\n#  maintctl:   disable=no-reminder  \r\n", "1-$ overlap, 1-$ no-reminder", "" },
        { "waiver: several, and why", HEAD "# maintctl: disable=overlap,no-reminder, no-updates because of this\n", "1-$ overlap, 1-$ no-reminder, 1-$ no-updates", "" },
        { "waiver: a document of several", "id: a\n" HEAD "---\nid: b\n# maintctl: disable=overlap\n" HEAD "---\nid: c\n" HEAD, "5-10 overlap", "" },
        { "waiver: the first of several", "# maintctl: disable=overlap\n---\nid: a\n" HEAD "---\nid: b\n" HEAD, "1-6 overlap", "" },
        { "waiver: the last of several", "id: a\n" HEAD "---\n# maintctl: disable=overlap\nid: b\n" HEAD, "5-$ overlap", "" },
        { "waiver: the text of a description is no comment", HEAD "description: |\n  Write\n  # maintctl: disable=overlap\n  there.\n", "", "" },
        { "waiver: nor is a quoted one", HEAD "description: 'a # maintctl: disable=overlap'\n", "", "" },
        { "waiver: nor one over several lines", HEAD "description: \"a\n  # maintctl: disable=overlap\n  b\"\n", "", "" },
        { "waiver: the line on which a text begins can end with one", HEAD "description: |  # maintctl: disable=vague-description\n  A text.\n", "4-4 vague-description", "" },
        { "waiver: below a text, not in it", HEAD "description: >-\n  A text.\n\n# maintctl: disable=overlap\n", "1-$ overlap", "" },
        { "waiver: behind characters of several bytes", "title: 'größer # maintctl: disable=overlap'  # maintctl: disable=vague-title\n", "1-1 vague-title", "" },
        { "waiver: behind a byte order mark", "\xef\xbb\xbf# maintctl: disable=overlap\n" HEAD, "1-$ overlap", "" },
        { "waiver: a hash in a word begins no comment", HEAD "description: C#maintctl: disable=overlap\n", "", "4:24 syntax" },
        { "waiver: a person's words are no mistake", HEAD "# maintctl: see its manual\n# I like maintctl: disable=overlap\n", "", "" },
        { "waiver: a misspelt id is said, the others count", HEAD "# maintctl: disable=overlap,no-remainder\n", "1-$ overlap", "4:29 unknown-warning" },
        { "waiver: an error cannot be switched off", "title: T # maintctl: disable=bad-time\n", "", "1:30 unknown-warning" },
        { "waiver: another word is said", HEAD "# maintctl: disabled=overlap\n", "", "4:13 unknown-warning" },
        { "waiver: none is said", HEAD "# maintctl: disable=\n", "", "4:21 unknown-warning" },
        { "waiver: columns are those of characters", "title: 'ü' # maintctl: disable=\xc3\xbc\xc3\xbc, overlap, \xc3\xbc,x\n", "1-1 overlap", "1:32 unknown-warning, 1:45 unknown-warning, 1:47 unknown-warning" },
        { "waiver: at the end of a file without a line end", HEAD "# maintctl: disable=overlap,", "1-$ overlap", "4:29 unknown-warning" },
        { "waiver: lines that end as on old machines", "title: T # maintctl: disable=vague-title\rstart: 2027-02-01T02:00 # maintctl: disable=overlap\r"
          "duration: 1h\r# maintctl: disable=no-updates\r", "1-1 vague-title, 2-2 overlap, 1-$ no-updates", "" },
        { "waiver: a document of several, as on old machines", "id: a\rtitle: T\r---\rid: b\r# maintctl: disable=overlap\rtitle: T\r---\rid: c\r", "3-6 overlap", "" },
        { "waiver: line ends of each kind in one file", "id: a\r\ntitle: T\r---\nid: b\n\r# maintctl: disable=overlap\r\n", "3-$ overlap", "" },
        { "waiver: a text as on old machines", HEAD "description: |\r  Write\r  # maintctl: disable=overlap\r  there.\r", "", "" },
        { "waiver: a file that is refused half-way has none", "# maintctl: disable=overlap\ntitle: [\n", "", "3:1 syntax" },
};

static void check_waiver(void **state) {
        const struct waiver_case *c = *state;
        auto_(free) char *waivers = strdup(""), *said = strdup("");
        Diagnostics diags = { 0 };
        ParsedFile p;

        assert_int_equal(manifest_parse("m.yaml", c->text, strlen(c->text), NULL, NULL, &diags, &p), 0);
        for (size_t i = 0; i < p.waivers.n; i++) {
                const Waiver *w = &p.waivers.items[i];
                auto_(free) char *before = waivers;
                auto_(free) char *last = w->last == WAIVER_LAST ? strdup("$") : textf("%u", w->last);

                waivers = textf("%s%s%u-%s %s", before, *before ? ", " : "", w->first, last, w->code);
        }
        for (size_t i = 0; i < diags.n; i++) {
                auto_(free) char *before = said;

                said = strcmp(diags.items[i].code, "missing-key") == 0 || strcmp(diags.items[i].code, "missing-id") == 0
                        ? strdup(before) : textf("%s%s%u:%u %s", before, *before ? ", " : "", diags.items[i].line, diags.items[i].column, diags.items[i].code);
        }
        assert_string_equal(waivers, c->waivers);
        assert_string_equal(said, c->said);
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

static void proposes_what_was_meant(void **state) {
        Diagnostics diags = { 0 };
        const char *code = NULL;

        assert_int_equal(waiver_code("vague-titel", "m.yaml", 1, 1, &diags, &code), 0);
        assert_string_equal(diags.items[0].message, "unknown warning 'vague-titel', did you mean 'vague-title'?");
        assert_int_equal(waiver_code("nonsense", "m.yaml", 1, 1, &diags, &code), 0);
        assert_string_equal(diags.items[1].message, "unknown warning 'nonsense': `maintctl lint --help` lists them");
        assert_int_equal(waiver_code("syntax", "m.yaml", 1, 1, &diags, &code), 0);
        assert_string_equal(diags.items[2].message, "'syntax' is an error, which cannot be switched off");
        assert_null(code);
        assert_int_equal(waiver_code("time-in-gap", "m.yaml", 1, 1, &diags, &code), 1);
        assert_string_equal(code, "time-in-gap");
        assert_int_equal(diags.n, 3);
        assert_int_equal(diags.n_errors, 0);
        diagnostics_done(&diags);
}

static void the_configuration_switches_off_by_name_and_says_which_it_does_not_know(void **state) {
        static const char text[] = "lint:\n  disable: [vague-title, no-such, overlap]\n";
        static const ConfigDriver none[] = { { NULL, NULL, false } };
        auto_(config_free) Config *c = NULL;
        Diagnostics diags = { 0 };

        assert_int_equal(config_parse("maintd.yaml", text, strlen(text), none, &diags, &c), 0);
        assert_int_equal(c->quiet.n, 2);
        assert_string_equal(c->quiet.items[0], "overlap");
        assert_string_equal(c->quiet.items[1], "vague-title");
        assert_int_equal(diags.n, 1);
        assert_string_equal(diags.items[0].code, "unknown-warning");
        assert_int_equal(diags.items[0].line, 2);
        assert_int_equal(diags.items[0].column, 26);
        diagnostics_done(&diags);
}

static void a_thousand_comments_cost_little(void **state) {
        auto_(free) char *text = NULL;
        Diagnostics diags = { 0 };
        ParsedFile p;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        assert_non_null(f);
        (void) fputs(HEAD, f);
        for (unsigned i = 0; i < 1000; i++)
                (void) fputs("# maintctl: disable=overlap\n", f);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(manifest_parse("m.yaml", text, n, NULL, NULL, &diags, &p), 0);
        assert_int_equal(p.waivers.n, 256); /* WAIVERS_MAX */
        assert_int_equal(diags.n, 1);
        assert_string_equal(diags.items[0].code, "too-many");
        assert_int_equal(diags.items[0].line, 4 + 256);
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

static void a_thousand_ids_in_one_comment_cost_little(void **state) {
        auto_(free) char *text = NULL;
        Diagnostics diags = { 0 };
        ParsedFile p;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        assert_non_null(f);
        (void) fputs(HEAD "# maintctl: disable=overlap", f);
        for (unsigned i = 0; i < 1000; i++)
                (void) fputs(",overlap", f);
        (void) fputs("\n# maintctl: disable=no-reminder\n", f);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(manifest_parse("m.yaml", text, n, NULL, NULL, &diags, &p), 0);
        assert_int_equal(p.waivers.n, 256);
        assert_true(waivers_have(&p.waivers, 1, "overlap"));
        assert_false(waivers_have(&p.waivers, 1, "no-reminder"));
        assert_int_equal(diags.n, 1);
        assert_string_equal(diags.items[0].code, "too-many");
        assert_int_equal(diags.items[0].line, 4);
        assert_int_equal(diags.items[0].column, 21 + 8 * 256); /* of the first one too many */
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(waiver_cases) + 4];
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(waiver_cases); i++)
                tests[n++] = (struct CMUnitTest) { waiver_cases[i].name, check_waiver, NULL, NULL, (void *) &waiver_cases[i] };
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(proposes_what_was_meant);
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(the_configuration_switches_off_by_name_and_says_which_it_does_not_know);
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(a_thousand_comments_cost_little);
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(a_thousand_ids_in_one_comment_cost_little);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
