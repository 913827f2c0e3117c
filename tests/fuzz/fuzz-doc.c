/*
 * Docs: the text of a manifest that the ledger keeps, as a damaged disk or another version would give it back
 */
#include "fuzz.h"

#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(manifest_free) Manifest *first = NULL, *second = NULL;
        auto_(free) char *text = input_text(data, size), *doc = NULL, *again = NULL;
        int r;

        assert_always(text);
        r = manifest_from_doc(text, &first);
        assert_always((r == 0) == (first != NULL) && (r == 0 || r == -EINVAL || r == -EBADMSG || r == -E2BIG));
        if (r < 0)
                return 0;
        assert_always(id_valid(first->id) && first->timezone && first->body.title);
        assert_always(manifest_to_doc(first, &doc) == 0 && manifest_from_doc(doc, &second) == 0);
        assert_always(first->content == second->content && text_equal(first->id, second->id));
        assert_always(manifest_to_doc(second, &again) == 0 && strcmp(doc, again) == 0);
        return 0;
}
