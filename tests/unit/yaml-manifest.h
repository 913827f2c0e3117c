#pragma once
/* One manifest out of a text, for tests that are about what comes after reading. Include after cmocka.h. */
#include <string.h>

#include "manifest/manifest.h"

/* The manifest "test", owned by the caller. A title is put before @text and services behind it where it has none. */
static inline Manifest *manifest_of(const char *text) {
        Diagnostics diags = { 0 };
        ParsedFile p = { 0 };
        char full[8192];
        Manifest *m;

        (void) snprintf(full, sizeof(full), "%s%s\n%s", strstr(text, "title:") == text ? "" : "title: T\n", text,
                        strstr(text, "services:") ? "" : "services: [api]\n");
        assert_int_equal(manifest_parse("test.yaml", full, strlen(full), NULL, NULL, &diags, &p), 0);
        for (size_t i = 0; i < diags.n; i++)
                if (diags.items[i].severity == SEVERITY_ERROR)
                        print_message("%u:%u %s\n", diags.items[i].line, diags.items[i].column, diags.items[i].message);
        assert_int_equal(p.n, 1);
        m = p.manifests[0];
        p.manifests[0] = NULL;
        p.n = 0;
        parsed_file_done(&p);
        diagnostics_done(&diags);
        return m;
}

static inline usec_t instant(const char *text) {
        usec_t t = 0;

        assert_int_equal(rfc3339_parse(text, &t), 0);
        return t;
}
