/*
 * The site's settings: what is taken, and what is refused with which words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "repeat.h"

#include "base/limits.h"
#include "base/text.h"
#include "page/site.h"

static char folder[] = "/tmp/maintd-site-XXXXXX";

static void write_file(const char *name, const char *data, size_t n) {
        auto_(free) char *path = textf("%s/%s", folder, name);
        auto_(fclose) FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_int_equal(fwrite(data, 1, n, f), n);
}

static int load(const char *text, Site **ret, char **reterr) {
        auto_(free) char *path = textf("%s/page.yaml", folder);

        write_file("page.yaml", text, strlen(text));
        return site_load(path, ret, reterr);
}

static void without_a_file_it_is_plain_and_readable(void **state) {
        auto_(site_free) Site *s = NULL;
        auto_(free) char *error = NULL;

        assert_int_equal(site_load("/nonexistent/page.yaml", &s, &error), -ENOENT);
        assert_int_equal(site_default(&s), 0);
        assert_string_equal(s->title, "Status");
        assert_string_equal(zone_name(s->voice.zone), "UTC");
        assert_true(colour_contrast(s->accent, GROUND_LIGHT) >= CONTRAST_TEXT);
        assert_true(colour_contrast(s->accent_dark, GROUND_DARK) >= CONTRAST_TEXT);
        assert_null(s->logo.data);
}

static void takes_every_key(void **state) {
        static const char logo[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", dark[] = "\x89PNG\r\n\x1a\n....";
        auto_(site_free) Site *s = NULL;
        auto_(free) char *error = NULL;
        char buf[COLOUR_SIZE];

        write_file("logo.svg", logo, sizeof(logo) - 1);
        write_file("d", dark, sizeof(dark) - 1);
        assert_int_equal(
                load("title: Beispiel GmbH\nurl: https://status.example.com/\nhome: https://example.com\nsupport: mailto:help@example.com\n"
                     "accent: \"#0a6\"\naccent_dark: '#4fd1c5'\n# a comment\nlogo: logo.svg\nlogo_dark: d\ntimezone: "
                     "Europe/Berlin\nlanguage: de\n"
                     "footer: |\n  **Beispiel**\n  GmbH\n",
                     &s, &error),
                -EINVAL);
        assert_non_null(strstr(error, "page.yaml:5:9: error: accent: links in #0a6 have a contrast of 2."));
        free(STEAL(error));
        assert_int_equal(
                load("title: Beispiel GmbH\nurl: https://status.example.com/\nhome: https://example.com\nsupport: mailto:help@example.com\n"
                     "accent: \"#075\"\naccent_dark: '#4fd1c5'\n# a comment\nlogo: logo.svg\nlogo_dark: d\ntimezone: "
                     "Europe/Berlin\nlanguage: de\n"
                     "footer: |\n  **Beispiel**\n  GmbH\n",
                     &s, &error),
                0);
        assert_string_equal(s->title, "Beispiel GmbH");
        assert_string_equal(s->url, "https://status.example.com");
        assert_string_equal(s->home, "https://example.com");
        assert_string_equal(s->support, "mailto:help@example.com");
        assert_string_equal(s->footer, "**Beispiel**\nGmbH\n");
        assert_string_equal(colour_format(s->accent, buf), "#007755");
        assert_string_equal(colour_format(s->accent_dark, buf), "#4fd1c5");
        assert_string_equal(s->logo.type, "image/svg+xml");
        assert_string_equal(s->logo_dark.type, "image/png");
        assert_string_equal(zone_name(s->voice.zone), "Europe/Berlin");
        assert_int_equal(s->voice.language, LANGUAGE_DE);
}

static void an_empty_file_is_the_default(void **state) {
        static const char *const texts[] = { "", "# nothing\n", "{}\n" };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                auto_(site_free) Site *s = NULL;
                auto_(free) char *error = NULL;

                assert_int_equal(load(texts[i], &s, &error), 0);
                assert_string_equal(s->title, "Status");
        }
}

static const struct row {
        const char *text, *error;
} refused[] = {
        { "mail_server: x\n", ":1:14: error: mail_server: this is smtp://HOST" },
        { "mail_from: x\n", ":1:12: error: mail_from: this is an address" },
        { "mail_user: ''\n", ":1:12: error: mail_user: this is a name" },
        { "mail_ca: own.pem\n", ":1:10: error: mail_ca: this is the absolute path" },
        { "mail_tls: maybe\n", ":1:11: error: mail_tls: this is required" },
        { "webhook_networks: x\n", ":1:19: error: webhook_networks: these are networks" },
        { "trusted_proxies: x\n", ":1:18: error: trusted_proxies: these are networks" },
        { "notice_retry: soon\n", ":1:15: error: notice_retry: this is a time span" },
        { "notice_give_up: soon\n", ":1:17: error: notice_give_up: this is a time span" },
        { "monitor_networks: x\n", ":1:19: error: monitor_networks: these are networks" },
        { "monitor_ca: own.pem\n", ":1:13: error: monitor_ca: this is the absolute path" },
        { "monitor_interval_min: soon\n", ":1:23: error: monitor_interval_min: this is a time span" },
        { "mail_from: status@example.com\n", "error: there is no mail_server" },
        { "tilte: X\n", ":1:1: error: unknown key 'tilte', did you mean title?" },
        { "a: X\n", "unknown key 'a'; maintd-page(8) lists them" },
        { "title: A\ntitle: B\n", ":2:1: error: title is here twice" },
        { "title: ''\n", "title is 1 to 80 characters" },
        { "title: \"a\\nb\"\n", "title is one line" },
        { "title: \"a\\u202eb\"\n", "title is one line" },
        { "title: [a]\n", ":1:8: error: each line is a key and a text" },
        { "title: \"a\\0b\"\n", "NUL" },
        { "- title\n", "this is a map of keys and texts" },
        { "title: 'x\n", "this is no YAML" },
        { "title: *a\n", "each line is a key and a text" },
        { "url: example.com\n", "url is where the world reaches the page" },
        { "url: javascript:alert(1)\n", "url is where" },
        { "url: https://\n", "url is where" },
        { "url: https:///x\n", "url is where" },
        { "url: https://a/?b\n", "url is where" },
        { "url: \"https://a/\\\"><script>\"\n", "url is where" },
        { "home: mailto:a@b\n", "home is an address that begins with" },
        { "support: javascript:alert(1)\n", "support is an address that begins with" },
        { "support: 'https://a b'\n", "support is an address" },
        { "accent: blue\n", "accent is a colour such as" },
        { "accent: '#ffcc00'\n", "have a contrast of 1.4 to 1 on the light page, and reading needs 4.5; \"#" },
        { "accent_dark: '#222222'\n", "on the dark page" },
        { "timezone: Berlin\n", "there is no zone 'Berlin', did you mean Europe/Berlin?" },
        { "timezone: ../../etc/passwd\n", "there is no zone" },
        { "language: fr\n", "'fr' is not spoken here, en and de are" },
        { "logo: missing.svg\n", "missing.svg: No such file or directory" },
        { "logo: page.yaml\n", "page.yaml is no SVG, PNG, WebP or JPEG" },
        { "logo: /dev/zero\n", "cannot read /dev/zero" },
        { "logo: .\n", "cannot read" },
};

static void check_refused(void **state) {
        const struct row *row = *state;
        auto_(site_free) Site *s = NULL;
        auto_(free) char *error = NULL;

        assert_int_equal(load(row->text, &s, &error), -EINVAL);
        assert_non_null(error);
        if (!strstr(error, row->error))
                fail_msg("%s\nlacks: %s", error, row->error);
        assert_null(s);
}

static bool fits(const char *head, const char *unit, size_t n, const char *tail) {
        auto_(free) char *text = text_of(head, unit, n, tail), *error = NULL;
        auto_(site_free) Site *s = NULL;
        int r = load(text, &s, &error);

        assert_true(r == 0 || r == -EINVAL);
        return r == 0;
}

static bool logo_fits(size_t n) {
        auto_(free) char *text = text_of("\x89PNG\r\n\x1a\n", "x", n - 8, "");

        write_file("large", text, n);
        return fits("logo: large\n", "", 0, "");
}

static void its_limits(void **state) {
        assert_true(fits("title: ", "é", PAGE_SITE_TITLE_MAX, "\n"));
        assert_false(fits("title: ", "é", PAGE_SITE_TITLE_MAX + 1, "\n"));
        assert_true(fits("footer: ", "f", PAGE_FOOTER_BYTES_MAX, "\n"));
        assert_false(fits("footer: ", "f", PAGE_FOOTER_BYTES_MAX + 1, "\n"));
        assert_true(fits("", "\n", PAGE_SITE_BYTES_MAX, ""));
        assert_false(fits("", "\n", PAGE_SITE_BYTES_MAX + 1, ""));
        assert_true(logo_fits(PAGE_LOGO_BYTES_MAX));
        assert_false(logo_fits(PAGE_LOGO_BYTES_MAX + 1));
}

static int make_folder(void **state) {
        return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
        static const char *const names[] = { "page.yaml", "logo.svg", "d", "large" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = textf("%s/%s", folder, names[i]);

                (void) unlink(path);
        }
        return rmdir(folder);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(refused) + 4] = {
                cmocka_unit_test(without_a_file_it_is_plain_and_readable),
                cmocka_unit_test(takes_every_key),
                cmocka_unit_test(an_empty_file_is_the_default),
                cmocka_unit_test(its_limits),
        };

        for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
                tests[i + 4] = (struct CMUnitTest) { refused[i].text, check_refused, NULL, NULL, (void *) &refused[i] };
        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
