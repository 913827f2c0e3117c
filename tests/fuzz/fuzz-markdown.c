/*
 * Descriptions: whatever is written in one, the page shows tags and links of ours alone, and not much more than was written
 */
#include "fuzz-html.h"

#include "base/limits.h"
#include "page/show/html.h"

#define ENTITY_MAX 6u   /* "&quot;" for one byte */

static char *render(const char *text, bool markdown, size_t *ret_n) {
        char *html = NULL;
        FILE *f = open_memstream(&html, ret_n);

        assert_always(f);
        if (markdown)
                assert_always(html_markdown(f, text) == 0);
        else
                html_text(f, text);
        assert_always(fclose(f) == 0 && strlen(html) == *ret_n);
        return html;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(free) char *text = input_text(data, MIN(size, (size_t) PAGE_DESCRIPTION_BYTES_MAX)), *html = NULL, *plain = NULL;
        size_t n, written;

        assert_always(text);
        written = strlen(text);
        plain = render(text, false, &n);
        assert_always(n <= ENTITY_MAX * written && !strpbrk(plain, "<>\"'"));
        html = render(text, true, &n);
        html_check(html, false);
        assert_always(n <= PAGE_HTML_GROWTH_MAX * written + PAGE_HTML_SMALL);
        return 0;
}
