/*
 * check-manifest: what manifest/ has to say about files, for tests
 *
 *     check-manifest manifest|config|defaults FILE…
 *
 * Prints FILE:LINE:COL: SEVERITY: CODE: MESSAGE for every diagnostic; exit status 1 when there was an error. Names of services and
 * targets are checked against the few below, so that a test can misspell one.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/config.h"

static const ConfigDriver drivers[] = {
        { "kodo", NULL, false },
        { "alertmanager", (const char *const[]) { "comment", NULL }, true },
        { "webhook", (const char *const[]) { "format", NULL }, false },
        { NULL, NULL, false },
};

static int read_file(const char *path, char **ret, size_t *ret_n) {
        auto_(fclose) FILE *f = fopen(path, "re");
        auto_(free) char *text = malloc(2 * CONFIG_BYTES_MAX);

        if (!f || !text)
                return -errno;
        *ret_n = fread(text, 1, 2 * CONFIG_BYTES_MAX, f);
        *ret = STEAL(text);
        return 0;
}

static int check(const char *kind, const char *path, const Vocabulary *voc, Diagnostics *diags) {
        auto_(free) char *text = NULL;
        auto_(config_free) Config *config = NULL;
        const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
        Defaults *defaults = NULL;
        ParsedFile parsed = { 0 };
        size_t n = 0;
        int r;

        r = read_file(path, &text, &n);
        if (r < 0)
                return r;
        if (strcmp(kind, "config") == 0)
                r = config_parse(name, text, n, drivers, diags, &config);
        else if (strcmp(kind, "defaults") == 0)
                r = defaults_parse(name, text, n, voc, NULL, diags, &defaults);
        else
                r = manifest_parse(name, text, n, voc, NULL, diags, &parsed);
        parsed_file_done(&parsed);
        (void) defaults_unref(defaults);
        return r == -EINVAL ? 0 : r;
}

int main(int argc, char **argv) {
        const Strv services = { (const char *[]) { "api", "database", "web" }, 3 }, targets = { (const char *[]) { "internal", "public" }, 2 };
        const Vocabulary voc = { .services = &services, .targets = &targets };
        Diagnostics diags = { 0 };
        int r = argc < 3 ? -EINVAL : 0;
        bool failed;

        for (int i = 2; i < argc && r >= 0; i++)
                r = check(argv[1], argv[i], &voc, &diags);
        if (r < 0) {
                fprintf(stderr, "check-manifest: %s\n", strerror(-r));
                return 2;
        }
        for (size_t i = 0; i < diags.n; i++) {
                const Diagnostic *d = &diags.items[i];

                printf("%s:%u:%u: %s: %s: %s\n", d->file, d->line, d->column, d->severity == SEVERITY_ERROR ? "error" : "warning", d->code, d->message);
        }
        failed = diags.n_errors > 0;
        diagnostics_done(&diags);
        return failed;
}
