/*
 * Manifests: whatever parses must survive the way through canonical text
 */
#include "fuzz-diagnostics.h"

#include "manifest/manifest.h"

static void check_round_trip(const Manifest *first) {
        auto_(manifest_free) Manifest *second = NULL;
        auto_(free) char *text = NULL, *again = NULL;

        assert_always(id_valid(first->id));
        assert_always(manifest_to_doc(first, &text) == 0);
        assert_always(manifest_from_doc(text, &second) == 0);
        assert_always(manifest_to_doc(second, &again) == 0);
        assert_always(strcmp(text, again) == 0);
        assert_always(first->content == second->content);
        assert_always(text_equal(first->id, second->id) && text_equal(first->formerly, second->formerly));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const Strv services = { (const char *[]) { "api", "database", "web" }, 3 }, targets = { (const char *[]) { "internal", "public" }, 2 };
        const Vocabulary voc = { .services = &services, .targets = &targets };
        const char *text = (const char *) data, *plain = "title: T\nstart: 2027-02-01T02:00Z\nduration: 1h\n";
        Diagnostics diags = { 0 };
        Defaults *defaults = NULL;
        ParsedFile p;

        assert_always(manifest_parse("fuzz.yaml", text, size, &voc, NULL, &diags, &p) == 0);
        for (size_t i = 0; i < p.n; i++)
                check_round_trip(p.manifests[i]);
        assert_always(diags.n_errors > 0 || (p.n > 0 && p.n_broken == 0 && !p.unattributable));
        parsed_file_done(&p);
        check_diagnostics(&diags, data, size);
        if (defaults_parse("_defaults.yaml", text, size, &voc, NULL, &diags, &defaults) == 0) {
                assert_always(manifest_parse("fuzz.yaml", plain, strlen(plain), &voc, defaults, NULL, &p) == 0);
                assert_always(p.n == 1);
                check_round_trip(p.manifests[0]);
                parsed_file_done(&p);
        }
        (void) defaults_unref(defaults);
        check_diagnostics(&diags, data, size);
        return 0;
}
