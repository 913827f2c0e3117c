/*
 * Lint-format: findings as other programs read them
 *
 *      sarif   OASIS SARIF 2.1.0, for code scanning
 *      github  workflow commands, shown beside the lines of a pull request
 *      gitlab  a code quality report
 *      junit   an XML report, a test case for each finding
 */
#include "ctl/lint-format.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "ctl/render.h"
#include "ctl/xml.h"
#include "manifest/diagnostic.h"

int lint_format_from_string(const char *s) {
        static const char *const names[] = {
                [LINT_TEXT] = "text", [LINT_SARIF] = "sarif", [LINT_GITHUB] = "github", [LINT_GITLAB] = "gitlab", [LINT_JUNIT] = "junit",
        };

        for (unsigned i = 0; i < LINT_FORMATS; i++)
                if (strcmp(names[i], s) == 0)
                        return (int) i;
        return -EINVAL;
}

static bool is_error(const json_t *d) {
        return text_equal(json_get(d, "severity"), "error");
}

/* 0: it is about the file as a whole, or a count of what is not shown. */
static int number_of(const json_t *d, const char *key) {
        json_int_t n = json_integer_value(json_object_get(d, key));

        return n > 0 && n < INT_MAX ? (int) n : 0;
}

static int line_of(const json_t *d) {
        return MAX(number_of(d, "line"), 1);
}

static int column_of(const json_t *d) {
        return MAX(number_of(d, "column"), 1);
}

/* As repositories name it: without "./". What is about the directory as a whole has no file. */
static const char *path_of(const json_t *d) {
        const char *path = json_get(d, "file");

        while (text_starts(path, "./"))
                path += strspn(path + 1, "/") + 1;
        return text_or(path, ".");
}

static int dump(json_t *doc, FILE *f) {
        int r = doc ? json_dumpf(doc, f, JSON_INDENT(2)) : -1;

        json_decref(doc);
        (void) fputc('\n', f);
        return r < 0 ? -ENOMEM : 0;
}

/* ── SARIF ── */

#define SARIF_SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* RFC 3986: a path as a reference. */
static char *uri_of(const char *path) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
        char *uri = malloc(3 * strlen(path) + 1), *p = uri;

        for (; uri && *path; path++)
                if (strchr(plain, *path))
                        *p++ = *path;
                else
                        p += sprintf(p, "%%%02X", (unsigned char) *path);
        if (uri)
                *p = 0;
        return uri;
}

/* "no-such-thing" as "NoSuchThing", which is what SARIF calls a name. */
static char *rule_name(const char *code) {
        char *name = strdup(code), *to = name;

        for (const char *from = code; name && *from; from++) {
                bool first = from == code || from[-1] == '-';

                if (*from != '-')
                        *to++ = first && *from >= 'a' && *from <= 'z' ? (char) (*from - 'a' + 'A') : *from;
        }
        if (name)
                *to = 0;
        return name;
}

static json_t *sarif_rule(const DiagnosticCode *c) {
        auto_(free) char *name = rule_name(c->code), *full = textf("%s %s", c->explanation, c->help);
        const char *level = c->kind == CODE_ERROR ? "error" : "warning";

        return json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}", "id", c->code, "name", text_or(name, c->code),
                         "shortDescription", "text", c->explanation, "fullDescription", "text", text_or(full, c->explanation),
                         "help", "text", c->help, "defaultConfiguration", "level", level);
}

static int rule_index(const char *code) {
        for (int i = 0; diagnostic_codes[i].code; i++)
                if (strcmp(diagnostic_codes[i].code, code) == 0)
                        return i;
        return -1; /* SARIF's "not in the list" */
}

static json_t *sarif_result(const json_t *d) {
        auto_(free) char *uri = uri_of(path_of(d));
        json_t *place = json_pack("{s:{s:s}}", "artifactLocation", "uri", text_or(uri, "."));

        if (number_of(d, "line"))
                (void) json_object_set_new(place, "region", json_pack("{s:i, s:i}", "startLine", line_of(d), "startColumn", column_of(d)));
        return json_pack("{s:s, s:i, s:s, s:{s:s}, s:[{s:o}]}", "ruleId", json_get(d, "code"), "ruleIndex", rule_index(json_get(d, "code")),
                         "level", is_error(d) ? "error" : "warning", "message", "text", json_get(d, "message"),
                         "locations", "physicalLocation", place);
}

static int print_sarif(const json_t *diagnostics, FILE *f) {
        json_t *rules = json_array(), *results = json_array(), *d;
        size_t i;

        for (const DiagnosticCode *c = diagnostic_codes; c->code; c++)
                (void) json_array_append_new(rules, sarif_rule(c));
        json_array_foreach((json_t *) diagnostics, i, d)
                (void) json_array_append_new(results, sarif_result(d));
        return dump(json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema", SARIF_SCHEMA, "version", "2.1.0", "runs",
                              "tool", "driver", "name", "maintctl", "version", PROJECT_VERSION, "rules", rules,
                              "columnKind", "unicodeCodePoints", "results", results), f);
}

/* ── GitHub ── */

static void put_escaped(FILE *f, const char *s, const char *which) {
        for (; *s; s++)
                if (*s == '%' || *s == '\n' || *s == '\r' || strchr(which, *s))
                        (void) fprintf(f, "%%%02X", (unsigned char) *s);
                else
                        (void) fputc(*s, f);
}

static int print_github(const json_t *diagnostics, FILE *f) {
        size_t i;
        json_t *d;

        json_array_foreach((json_t *) diagnostics, i, d) {
                (void) fprintf(f, "::%s file=", is_error(d) ? "error" : "warning");
                put_escaped(f, path_of(d), ":,");
                (void) fprintf(f, ",line=%d,col=%d,title=%s::", line_of(d), column_of(d), json_get(d, "code"));
                put_escaped(f, json_get(d, "message"), "");
                (void) fputc('\n', f);
        }
        return 0;
}

/* ── GitLab ── */

/* The same finding keeps its fingerprint when lines above it come and go. @seen: how often there was each so far. */
static json_t *gitlab_finding(const json_t *d, json_t *seen) {
        uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, path_of(d)), json_get(d, "code")), json_get(d, "message"));
        char fingerprint[17];
        json_int_t nth;

        (void) snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long) h);
        nth = json_integer_value(json_object_get(seen, fingerprint));
        (void) json_object_set_new(seen, fingerprint, json_integer(nth + 1));
        (void) snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long) hash_u64(h, (uint64_t) nth));
        return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:i}}}", "description", json_get(d, "message"), "check_name", json_get(d, "code"),
                         "fingerprint", fingerprint, "severity", is_error(d) ? "major" : "minor",
                         "location", "path", path_of(d), "lines", "begin", line_of(d));
}

static int print_gitlab(const json_t *diagnostics, FILE *f) {
        json_t *list = json_array(), *seen = json_object(), *d;
        size_t i;

        json_array_foreach((json_t *) diagnostics, i, d)
                (void) json_array_append_new(list, gitlab_finding(d, seen));
        json_decref(seen);
        return dump(list, f);
}

/* ── JUnit ── */

static int print_junit(const json_t *diagnostics, FILE *f) {
        size_t i, n = json_array_size(diagnostics), errors = 0;
        json_t *d;

        json_array_foreach((json_t *) diagnostics, i, d)
                errors += is_error(d);
        (void) fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                       "<testsuite name=\"maintctl lint\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
                       MAX(n, (size_t) 1), errors);
        if (n == 0)
                (void) fputs("<testcase classname=\"maintctl\" name=\"lint\"/>\n", f);
        json_array_foreach((json_t *) diagnostics, i, d) {
                (void) fputs("<testcase classname=\"", f);
                xml_put(f, path_of(d), 0);
                (void) fprintf(f, "\" name=\"%s, line %d\">", json_get(d, "code"), line_of(d));
                (void) fputs(is_error(d) ? "<failure message=\"" : "<system-out>", f);
                xml_put(f, json_get(d, "message"), 0);
                (void) fputs(is_error(d) ? "\"/></testcase>\n" : "</system-out></testcase>\n", f);
        }
        (void) fputs("</testsuite>\n</testsuites>\n", f);
        return 0;
}

int lint_format_print(LintFormat format, const json_t *diagnostics, FILE *f) {
        switch (format) {
        case LINT_SARIF: return print_sarif(diagnostics, f);
        case LINT_GITHUB: return print_github(diagnostics, f);
        case LINT_GITLAB: return print_gitlab(diagnostics, f);
        case LINT_JUNIT: return print_junit(diagnostics, f);
        case LINT_TEXT:
        case LINT_FORMATS: break;
        }
        return 0;
}
