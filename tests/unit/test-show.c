/*
 * What the verbs show: a fixed site at a fixed time, on narrow and wide terminals
 *
 * The daemon's answers are documents below tests/golden/ctl, the manifests stand beside them. What comes out is compared with a file for
 * each verb and width; with GOLDEN_WRITE=1 in the environment it is written instead, to be read over before it is committed. Texts of the
 * site are as hostile as texts can be: no line is wider than the terminal, and nothing but colours reaches it.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/table.h"

#define SITE GOLDEN_DIR "/ctl/"
#define NOW "2027-02-01T02:30:00Z"
#define LONG_ID "networks/a-segment"

static const struct show_case { const char *name; int status; const char *argv[6]; } cases[] = {
        { "status", EXIT_FINE, { "status" } },
        { "status-one", EXIT_FINE, { "status", "db-migration" } },
        { "status-hostile", EXIT_FINE, { "status", "hostile" } },
        { "status-wide", EXIT_FINE, { "status", "wide" } },
        { "status-long", EXIT_FINE, { "status", LONG_ID } },
        { "status-held", EXIT_FINE, { "status", "combining" } },
        { "plan", EXIT_FAILED, { "plan" } },
        { "plan-diff", EXIT_FAILED, { "plan", "--diff" } },
        { "approve", EXIT_FINE, { "approve" } },
        { "history", EXIT_FINE, { "history" } },
        { "history-one", EXIT_FINE, { "history", "db-migration" } },
        { "history-since", EXIT_FINE, { "history", "--since", "25min" } },
        { "why", EXIT_FINE, { "why", "db-migration" } },
        { "why-hostile", EXIT_FINE, { "why", "hostile" } },
        { "why-long", EXIT_FINE, { "why", LONG_ID } },
        { "timeline", EXIT_FINE, { "timeline" } },
        { "timeline-month", EXIT_FINE, { "timeline", "--days", "30" } },
        { "simulate-site", EXIT_FINE, { "--config", SITE "targets.yaml", "simulate", "--from", "2027-02-01" } },
        { "show", EXIT_FINE, { "show", "db-migration" } },
        { "show-series", EXIT_FINE, { "show", "weekly" } },
        { "show-wide", EXIT_FINE, { "show", "wide" } },
        { "show-combining", EXIT_FINE, { "show", "combining" } },
        { "show-long", EXIT_FINE, { "show", LONG_ID } },
};

/* ── a daemon of paper ── */

static bool is_of(const char *window, const char *id) {
        size_t n = strlen(id);

        return !strcmp(window, id) || (text_starts(window, id) && window[n] == '@');
}

/* The answer to "status", "plan" or "history". */
int ctl_ask(const Ctl *ctl, json_t *request, json_t **ret) {
        const char *verb = json_string_value(json_object_get(request, "verb")), *id = json_string_value(json_object_get(request, "id"));
        auto_(free) char *path = textf(SITE "%s.json", verb);
        const char *list = text_equal(verb, "status") ? "windows" : "history";
        json_error_t e;

        *ret = json_load_file(path, 0, &e);
        assert_non_null(*ret);
        for (size_t i = json_array_size(json_object_get(*ret, list)); id && i-- > 0;) {
                json_t *items = json_object_get(*ret, list);
                const char *window = json_string_value(json_object_get(json_array_get(items, i), "window"));

                if (!window || !is_of(window, id))
                        (void) json_array_remove(items, i);
        }
        json_decref(request);
        return 1;
}

int ctl_ask_within(const Ctl *ctl, json_t *request, usec_t limit, json_t **ret) {
        return ctl_ask(ctl, request, ret);
}

int ctl_ask_word(const Ctl *ctl, json_t *request, json_t **ret) {
        return ctl_ask(ctl, request, ret);
}

int ctl_ask_until(const Ctl *ctl, json_t *request, int stop, json_t **ret) {
        json_decref(request);
        return -ECANCELED;
}

/* ── what comes out ── */

typedef struct Shown { const struct show_case *c; unsigned width; bool color; } Shown;

static char *run(const Shown *s) {
        char *argv[12] = { (char *) "maintctl", (char *) "--config", (char *) SITE "maintd.yaml", (char *) "--manifests", (char *) SITE "manifests" };
        FILE *out = stdout;
        char *text = NULL;
        int argc = 5, status;
        size_t n;
        Ctl ctl;

        for (size_t i = 0; s->c->argv[i]; i++)
                argv[argc++] = (char *) s->c->argv[i];
        assert_int_equal(ctl_parse(argc, argv, &ctl, stderr), 0);
        ctl.width = s->width;
        ctl.color = s->color;
        assert_int_equal(rfc3339_parse(NOW, &ctl.now), 0);
        assert_int_equal(zones_new(NULL, &ctl.zones), 0);
        stdout = open_memstream(&text, &n); /* as glibc allows */
        status = ctl.verb->run(&ctl);
        (void) fclose(stdout);
        stdout = out;
        zones_free(ctl.zones);
        if (status != s->c->status)
                fail_msg("%s: exit status %d, not %d\n%s", s->c->name, status, s->c->status, text);
        return text;
}

static char *read_file(const char *path) {
        FILE *f = fopen(path, "re");
        char *text = calloc(1, 1 << 20);

        if (f && text)
                text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
        if (f)
                (void) fclose(f);
        return text;
}

static void is_as_it_was(void **state) {
        const Shown *s = *state;
        auto_(free) char *path = textf(SITE "%s-%u.txt", s->c->name, s->width), *text = run(s), *wanted = read_file(path);

        if (getenv("GOLDEN_WRITE")) {
                FILE *f = fopen(path, "we");

                assert_non_null(f);
                (void) fputs(text, f);
                assert_int_equal(fclose(f), 0);
                return;
        }
        if (strcmp(text, wanted) != 0)
                fail_msg("%s: GOLDEN_WRITE=1 writes it anew; now it is\n%s", path, text);
}

/* Skips "ESC [ digits m", a colour. */
static const char *behind_color(const char *s) {
        if (!text_starts(s, "\x1b["))
                return s;
        s += 2 + strspn(s + 2, "0123456789;");
        assert_int_equal(*s, 'm');
        return s + 1;
}

static void check_line(const char *line, unsigned width) {
        auto_(free) char *plain = calloc(1, strlen(line) + 1);
        size_t n = 0;

        for (const char *s = line; *s;) {
                const char *next = behind_color(s);
                uint32_t c = 0;
                size_t k;

                if (next != s) {
                        s = next;
                        continue;
                }
                k = utf8_decode(s, strlen(s), &c);
                assert_true(k > 0);
                if (codepoint_hostile(c))
                        fail_msg("U+%04X reaches the terminal: %s", c, line);
                memcpy(plain + n, s, k);
                n += k;
                s += k;
        }
        if (text_columns(plain) > width)
                fail_msg("%zu columns of %u: %s", text_columns(plain), width, plain);
        if (n && plain[n - 1] == ' ' && strspn(plain, " ") < n)
                fail_msg("blanks at the end: \"%s\"", plain);
}

static void fits_the_terminal(void **state) {
        const Shown *s = *state;
        auto_(free) char *text = run(s);

        for (char *at = text, *line; at && (line = strsep(&at, "\n")) && (at || *line);)
                check_line(line, s->width);
}

/* The help is for people, too. */
static void help_fits_80_columns(void **state) {
        auto_(free) char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        ctl_usage(f);
        for (const Verb *v = verbs; v->name; v++)
                ctl_verb_usage(v, f);
        assert_int_equal(fclose(f), 0);
        for (char *at = text, *line; at && (line = strsep(&at, "\n"));)
                check_line(line, 80);
}

#define GOLDEN_WIDTHS 2u
#define WIDTHS 3u

int main(void) {
        static const unsigned widths[WIDTHS] = { 80, 160, 100 };
        static struct CMUnitTest tests[ARRAY_SIZE(cases) * (GOLDEN_WIDTHS + WIDTHS) + 1];
        static Shown shown[ARRAY_SIZE(tests)];
        size_t n = 0;

        (void) setlocale(LC_CTYPE, "C.UTF-8");
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                for (unsigned k = 0; k < GOLDEN_WIDTHS + WIDTHS; k++) {
                        bool golden = k < GOLDEN_WIDTHS;

                        shown[n] = (Shown) { &cases[i], widths[golden ? k : k - GOLDEN_WIDTHS], !golden };
                        tests[n] = (struct CMUnitTest) { cases[i].name, golden ? is_as_it_was : fits_the_terminal, NULL, NULL, &shown[n] };
                        n++;
                }
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(help_fits_80_columns);
        return _cmocka_run_group_tests("show", tests, n, NULL, NULL);
}
