/*
 * Lint-format: findings as other programs read them
 *
 *      sarif   OASIS SARIF 2.1.0, for code scanning
 *      github  workflow commands, shown beside the lines of a pull request
 *      gitlab  a code quality report
 *      junit   an XML report, a test case for each finding
 */
#include "ctl/lint-format.h"

#include <string.h>

#include "base/text.h"
#include "ctl/render.h"
#include "ctl/xml.h"
#include "manifest/diagnostic.h"

int lint_format_from_string(const char *s) {
        static const char *const names[] = { [LINT_TEXT] = "text", [LINT_SARIF] = "sarif", [LINT_GITHUB] = "github", [LINT_GITLAB] = "gitlab", [LINT_JUNIT] = "junit" };

        for (unsigned i = 0; i < LINT_FORMATS; i++)
                if (strcmp(names[i], s) == 0)
                        return (int) i;
        return -EINVAL;
}

static bool is_error(const json_t *d) {
        return text_equal(json_get(d, "severity"), "error");
}

static int line_of(const json_t *d) {
        return MAX((int) json_integer_value(json_object_get(d, "line")), 1);
}

static int column_of(const json_t *d) {
        return MAX((int) json_integer_value(json_object_get(d, "column")), 1);
}

static int dump(json_t *doc, FILE *f) {
        int r = doc ? json_dumpf(doc, f, JSON_INDENT(2)) : -1;

        json_decref(doc);
        (void) fputc('\n', f);
        return r < 0 ? -ENOMEM : 0;
}

/* ── SARIF ── */

/* RFC 3986: a relative path as a reference. */
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

static json_t *sarif_result(const json_t *d) {
        auto_(free) char *uri = uri_of(json_get(d, "file"));

        return json_pack("{s:s, s:s, s:{s:s}, s:[{s:{s:{s:s}, s:{s:i, s:i}}}]}", "ruleId", json_get(d, "code"), "level", is_error(d) ? "error" : "warning", "message",
                         "text", json_get(d, "message"), "locations", "physicalLocation", "artifactLocation", "uri", text_or(uri, "."), "region", "startLine",
                         line_of(d), "startColumn", column_of(d));
}

static int print_sarif(const json_t *diagnostics, FILE *f) {
        json_t *rules = json_array(), *results = json_array(), *d;
        size_t i;

        for (const DiagnosticCode *c = diagnostic_codes; c->code; c++)
                (void) json_array_append_new(rules, json_pack("{s:s, s:{s:s}}", "id", c->code, "shortDescription", "text", c->explanation));
        json_array_foreach((json_t *) diagnostics, i, d)
                (void) json_array_append_new(results, sarif_result(d));
        return dump(json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o}]}", "$schema",
                              "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "version", "2.1.0", "runs", "tool", "driver",
                              "name", "maintctl", "version", PROJECT_VERSION, "rules", rules, "results", results), f);
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
                put_escaped(f, json_get(d, "file"), ":,");
                (void) fprintf(f, ",line=%d,col=%d,title=%s::", line_of(d), column_of(d), json_get(d, "code"));
                put_escaped(f, json_get(d, "message"), "");
                (void) fputc('\n', f);
        }
        return 0;
}

/* ── GitLab ── */

/* The same finding keeps its fingerprint when lines above it come and go. */
static json_t *gitlab_finding(const json_t *d, unsigned nth) {
        char fingerprint[17];
        uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, json_get(d, "file")), json_get(d, "code")), json_get(d, "message"));

        (void) snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long) hash_u64(h, nth));
        return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:i}}}", "description", json_get(d, "message"), "check_name", json_get(d, "code"), "fingerprint", fingerprint,
                         "severity", is_error(d) ? "major" : "minor", "location", "path", json_get(d, "file"), "lines", "begin", line_of(d));
}

static int print_gitlab(const json_t *diagnostics, FILE *f) {
        json_t *list = json_array(), *d, *e;
        size_t i, k;

        json_array_foreach((json_t *) diagnostics, i, d) {
                unsigned nth = 0;

                json_array_foreach((json_t *) diagnostics, k, e)
                        nth += k < i && text_equal(json_get(d, "file"), json_get(e, "file")) && text_equal(json_get(d, "message"), json_get(e, "message"));
                (void) json_array_append_new(list, gitlab_finding(d, nth));
        }
        return dump(list, f);
}

/* ── JUnit ── */

static int print_junit(const json_t *diagnostics, FILE *f) {
        size_t i, n = json_array_size(diagnostics), errors = 0;
        json_t *d;

        json_array_foreach((json_t *) diagnostics, i, d)
                errors += is_error(d);
        (void) fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"maintctl lint\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
                       MAX(n, (size_t) 1), errors);
        if (n == 0)
                (void) fputs("<testcase classname=\"maintctl\" name=\"lint\"/>\n", f);
        json_array_foreach((json_t *) diagnostics, i, d) {
                (void) fputs("<testcase classname=\"", f);
                xml_put(f, json_get(d, "file"), 0);
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
