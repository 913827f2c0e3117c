/*
 * lint: is everything fit for use?
 *
 * The same reading as the daemon's, of whole trees: what a file means depends on the _defaults.yaml above it and on ids elsewhere.
 * A file or folder named on the command line is read as part of the configured manifest directory when it lies in it, else a file as
 * part of its folder, and a folder as a tree of its own; only what was named is told and counted.
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
#include "manifest/lender.h"

typedef struct Lint {
        json_t *diagnostics;    /* of all that was read */
        size_t manifests, refused;
        bool failed;            /* something could not be read at all */
} Lint;

/* @only: a file or folder of the tree, NULL: all of it. */
static bool in_scope(const char *file, const char *only) {
        size_t n = only ? strlen(only) : 0;

        return !only || (strncmp(file, only, n) == 0 && (file[n] == '\0' || file[n] == '/'));
}

/* Puts the tree's path before the file names of its diagnostics, so that an editor finds them from here. */
static void lint_add(Lint *l, const json_t *diagnostics, const char *prefix, const char *only) {
        json_t *d;
        size_t i;

        json_array_foreach((json_t *) diagnostics, i, d) {
                const char *file = json_get(d, "file");

                if (!in_scope(file, only))
                        continue;
                if (*prefix && *file != '/')
                        (void) json_object_set_new(d, "file", json_sprintf("%s/%s", prefix, file));
                (void) json_array_append(l->diagnostics, d);
        }
}

/* What was read of @only: that of a whole tree is known; of a part, a file that has errors counts as one that is refused. */
static void lint_count(Lint *l, const Site *s, const json_t *diagnostics, const char *only) {
        const char *last = "";
        const Manifest *m;
        json_t *d;
        size_t i;

        if (!only) {
                l->manifests += s->last.n_manifests;
                l->refused += s->last.n_refused;
                return;
        }
        for (i = 0; (m = desired_nth(s->desired, i)); i++)
                l->manifests += in_scope(m->origin.file, only);
        json_array_foreach((json_t *) diagnostics, i, d) { /* sorted by file */
                const char *file = json_get(d, "file");

                if (!in_scope(file, only) || !text_equal(json_get(d, "severity"), "error") || text_equal(file, last) || is_defaults(file))
                        continue;
                last = file;
                l->manifests++;
                l->refused++;
        }
}

/* Reads one tree; @only: a file or folder in it, relative, NULL: all. */
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
                        local_say(why ? why : s && s->last_error ? s->last_error : strerror(-r));
        }
        diagnostics_done(&config);
        if (r < 0)
                return;
        if (advice_all(s->desired, s->zones, now_read().real, &s->diags) < 0)
                l->failed = true;
        diagnostics_sort(&s->diags);
        list = report_diagnostics(&s->diags);
        lint_count(l, s, list, only);
        lint_add(l, list, root ? root : text_or(site_tree_path(s), ""), only);
        json_decref(list);
}

/* Is it, or lies it in, what a tree leaves out? */
static bool is_left_out(const char *path) {
        for (const char *name = path, *slash; name; name = slash ? slash + 1 : NULL) {
                slash = strchr(name, '/');
                if (*name == '.' || (*name == '_' && (slash || !is_defaults(name))))
                        return true;
        }
        return false;
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
        if (!file || !root || strncmp(file, root, n) != 0 || file[n] != '/' || is_left_out(file + n + 1))
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

static void lint_folder(const Ctl *ctl, Lint *l, const char *path, bool with_config) {
        auto_(free) char *only = NULL, *root = tree_of(ctl, path, &only), *copy = strdup(path);
        size_t n = copy ? strlen(copy) : 0;

        while (n > 1 && copy[n - 1] == '/')
                copy[--n] = '\0';
        if (root)
                lint_tree(ctl, l, root, only, with_config);
        else
                lint_tree(ctl, l, copy ? copy : path, NULL, with_config);
}

static bool is_named_as_manifest(const char *path) {
        size_t n = strlen(path);

        return (n > 5 && strcmp(path + n - 5, ".yaml") == 0) || (n > 4 && strcmp(path + n - 4, ".yml") == 0);
}

/* Why a tree would never read it; NULL: it would. */
static const char *no_manifest(const char *path, const struct stat *st) {
        const char *slash = strrchr(path, '/');

        if (!S_ISREG(st->st_mode))
                return "not a manifest: it is no regular file";
        if (!is_named_as_manifest(path))
                return "not a manifest: its name must end in .yaml or .yml";
        return is_left_out(slash ? slash + 1 : path) ? "not a manifest: names that begin with . or _ are left out" : NULL;
}

static void lint_path(const Ctl *ctl, Lint *l, const char *path, bool with_config) {
        size_t before = l->manifests;
        const char *problem = NULL;
        struct stat st;

        if (stat(path, &st) < 0)
                problem = strerror(errno);
        else if (!S_ISDIR(st.st_mode)) {
                problem = no_manifest(path, &st);
                if (!problem)
                        lint_file(ctl, l, path, with_config);
        } else {
                lint_folder(ctl, l, path, with_config);
                if (l->manifests == before && is_named_as_manifest(path)) /* a folder may be called so, but then it holds some */
                        problem = no_manifest(path, &st);
        }
        if (problem) {
                auto_(free) char *safe = text_printable(path, 0);

                (void) fprintf(stderr, "maintctl: %s: %s\n", text_or(safe, "?"), problem);
                l->failed = true;
        }
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
