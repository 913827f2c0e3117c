/*
 * lint: is everything fit for use?
 *
 * The same reading as the daemon's, of whole trees: what a file means depends on the _defaults.yaml above it and on ids elsewhere.
 * A file named on the command line is read as part of the configured manifest directory when it lies in it, else of its own folder;
 * only what concerns it is printed.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/lint-format.h"
#include "ctl/table.h"
#include "ctl/render.h"
#include "daemon/report.h"
#include "desired/advice.h"

typedef struct Lint {
        json_t *diagnostics;    /* of all that was read */
        size_t manifests, refused;
        bool failed;            /* something could not be read at all */
} Lint;

/* Puts the tree's path before the file names of its diagnostics, so that an editor finds them from here. */
static void lint_add(Lint *l, const json_t *diagnostics, const char *prefix, const char *only) {
        json_t *d;
        size_t i;

        json_array_foreach((json_t *) diagnostics, i, d) {
                const char *file = json_get(d, "file");

                if (only && !text_equal(file, only))
                        continue;
                if (*prefix && *file != '/')
                        (void) json_object_set_new(d, "file", json_sprintf("%s/%s", prefix, file));
                (void) json_array_append(l->diagnostics, d);
        }
}

/* Reads one tree; @only: a file in it, relative, NULL: all. */
static void lint_tree(const Ctl *ctl, Lint *l, const char *root, const char *only, bool with_config) {
        SiteOptions o = { .config = ctl->config, .manifests = root, .ledger = SITE_LEDGER_NONE, .config_optional = !ctl->config };
        auto_(site_free) Site *s = NULL;
        auto_(free) char *why = NULL;
        Diagnostics config = { 0 };
        json_t *list;
        int r = site_open(&o, &config, &s, &why);

        if (with_config) {
                diagnostics_sort(&config);
                list = report_diagnostics(&config);
                lint_add(l, list, "", NULL);
                json_decref(list);
        }
        if (r >= 0)
                r = site_load(s, now_read(), false);
        if (r < 0 || s->last_error) {
                l->failed = true;
                if (why || config.n_errors == 0)
                        (void) fprintf(stderr, "maintctl: %s\n", why ? why : s && s->last_error ? s->last_error : strerror(-r));
        }
        diagnostics_done(&config);
        if (r < 0)
                return;
        if (advice_all(s->desired, s->zones, now_read().real, &s->diags) < 0)
                l->failed = true;
        diagnostics_sort(&s->diags);
        list = report_diagnostics(&s->diags);
        lint_add(l, list, root ? root : text_or(site_tree_path(s), ""), only);
        json_decref(list);
        l->manifests += s->last.n_manifests;
        l->refused += s->last.n_refused;
}

/* The configured directory, when @path lies below it: then *ret_only is the rest. NULL: it does not. */
static char *tree_of(const Ctl *ctl, const char *path, char **ret_only) {
        SiteOptions o = { .config = ctl->config, .manifests = ctl->manifests, .ledger = SITE_LEDGER_NONE, .config_optional = true };
        auto_(site_free) Site *s = NULL;
        auto_(free) char *why = NULL, *file = realpath(path, NULL), *root = NULL;
        Diagnostics ignored = { 0 };
        size_t n;
        int r = site_open(&o, &ignored, &s, &why);

        diagnostics_done(&ignored);
        root = r >= 0 && site_tree_path(s) && !(s->config && s->config->git) ? realpath(site_tree_path(s), NULL) : NULL;
        n = root ? strlen(root) : 0;
        if (!file || !root || strncmp(file, root, n) != 0 || file[n] != '/')
                return NULL;
        *ret_only = strdup(file + n + 1);
        return *ret_only ? strdup(site_tree_path(s)) : NULL;
}

static void lint_file(const Ctl *ctl, Lint *l, const char *path, bool with_config) {
        auto_(free) char *only = NULL, *root = tree_of(ctl, path, &only);
        const char *slash = strrchr(path, '/');

        if (!root) {
                root = slash == path ? strdup("/") : slash ? strndup(path, (size_t) (slash - path)) : strdup(".");
                free(only);
                only = strdup(slash ? slash + 1 : path);
        }
        if (!root || !only) {
                l->failed = true;
                return;
        }
        lint_tree(ctl, l, root, only, with_config);
}

static void lint_path(const Ctl *ctl, Lint *l, const char *path, bool with_config) {
        struct stat st;

        if (stat(path, &st) < 0) {
                (void) fprintf(stderr, "maintctl: %s: %m\n", path);
                l->failed = true;
        } else if (S_ISDIR(st.st_mode)) {
                auto_(free) char *copy = strdup(path);
                size_t n = copy ? strlen(copy) : 0;

                while (n > 1 && copy[n - 1] == '/')
                        copy[--n] = '\0';
                lint_tree(ctl, l, copy ? copy : path, NULL, with_config);
        } else
                lint_file(ctl, l, path, with_config);
}

static size_t count_errors(const json_t *diagnostics) {
        size_t i, n = 0;
        json_t *d;

        json_array_foreach((json_t *) diagnostics, i, d)
                n += text_equal(json_get(d, "severity"), "error");
        return n;
}

void lint_usage(FILE *f) {
        (void) fputs("\nWarnings, which `lint: {disable: [ID]}` in the configuration switches off,\n"
                     "or a comment in a manifest: # maintctl: disable=ID\n(behind a value: for this line; else: for all)\n\n", f);
        for (const DiagnosticCode *c = diagnostic_codes; c->code; c++)
                if (c->kind != CODE_ERROR) {
                        int n = fprintf(f, "  %-18s ", c->code);

                        text_wrap(f, c->explanation, n > 0 ? (size_t) n : 0, 21, 80);
                        (void) fputc('\n', f);
                }
}

int verb_lint(Ctl *ctl) {
        int format = ctl->format ? lint_format_from_string(ctl->format) : LINT_TEXT;
        Lint l = { .diagnostics = json_array() };
        size_t errors, warnings;

        if (format < 0) {
                (void) fprintf(stderr, "maintctl: --format %s: sarif, github, gitlab, junit or text is wanted\n", ctl->format);
                json_decref(l.diagnostics);
                return EXIT_FAILED;
        }

        if (ctl->n_args == 0)
                lint_tree(ctl, &l, ctl->manifests, NULL, true);
        for (int i = 0; i < ctl->n_args; i++)
                lint_path(ctl, &l, ctl->args[i], i == 0);
        errors = count_errors(l.diagnostics);
        warnings = json_array_size(l.diagnostics) - errors;
        if (format != LINT_TEXT || !ctl->json) {
                if (format == LINT_TEXT)
                        (void) render_diagnostics(l.diagnostics, "", stdout);
                else
                        l.failed |= lint_format_print((LintFormat) format, l.diagnostics, stdout) < 0;
                if (!l.failed || l.manifests)
                        (void) fprintf(stderr, "%zu manifest%s, %zu refused, %zu warning%s\n", l.manifests, PLURAL(l.manifests), l.refused, warnings,
                                       PLURAL(warnings));
                json_decref(l.diagnostics);
        } else
                (void) ctl_json(ctl, json_pack("{s:o, s:I, s:I}", "diagnostics", l.diagnostics, "manifests", (json_int_t) l.manifests, "refused",
                                               (json_int_t) l.refused));
        return l.failed || errors || (warnings && ctl->options & OPTION_STRICT) ? EXIT_FAILED : EXIT_FINE;
}
