/*
 * HTML out of texts from outside
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "page/show/html.h"

static const struct markdown_case {
        const char *name, *markdown, *html;
} markdown_cases[] = {
        { "paragraphs and spans", "**a** *b* `c`", "<p><strong>a</strong> <em>b</em> <code>c</code></p>\n" },
        { "escapes what is no Markdown", "a < b & \"c\" 'd'", "<p>a &lt; b &amp; &quot;c&quot; &#39;d&#39;</p>\n" },
        { "raw HTML is text", "<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>\n" },
        { "a block of raw HTML is text", "<script>\nalert(1)\n</script>", "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>\n" },
        { "headings stand below the page's own", "# a\n###### b", "<h3>a</h3>\n<h6>b</h6>\n" },
        { "lists", "- a\n- b", "<ul><li>a</li>\n<li>b</li>\n</ul>\n" },
        { "code blocks", "```\na <b>\n```", "<pre>a &lt;b&gt;\n</pre>\n" },
        { "links to the web and to people", "[a](https://example.org/?x=1&y=\"2\") [b](MAILTO:x@example.org)",
          "<p><a rel=\"nofollow noopener\" href=\"https://example.org/?x=1&amp;y=&quot;2&quot;\">a</a> "
          "<a rel=\"nofollow noopener\" href=\"MAILTO:x@example.org\">b</a></p>\n" },
        { "no links that run", "[a](javascript:alert(1)) [b](data:text/html,x)", "<p>a b</p>\n" },
        { "no links whose scheme hides in entities", "[a](java&#115;cript:x) [b](https&colon;//x) [c](&#104;ttps://x)", "<p>a b c</p>\n" },
        { "no links to this page itself", "[a](/dashboard) [b](//example.org) [c](#x)", "<p>a b c</p>\n" },
        { "an image is its description", "![a photo](https://example.org/x.png)", "<p>a photo</p>\n" },
        { "entities stay what they are", "&lt;b&gt; &copy; &#60;", "<p>&lt;b&gt; &copy; &#60;</p>\n" },
        { "no link in a link", "[https://a](https://b)", "<p><a rel=\"nofollow noopener\" href=\"https://b\">https://a</a></p>\n" },
        { "an emphasis that the parser forgets ends with its paragraph", "***a **a *c\v [d](https:/**/e) f* g*h*h***\n\nnext",
          "<p><em><em><em>a <em><em>a <em>c\v d f</em> g</em>h</em>h</em>**</em></em></p>\n<p>next</p>\n" },
        { "nothing is nothing", "", "" },
};

static char *render(const char *markdown) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        assert_int_equal(html_markdown(f, markdown), 0);
        assert_int_equal(fclose(f), 0);
        return text;
}

static void check_markdown(void **state) {
        const struct markdown_case *c = *state;
        auto_(free) char *html = render(c->markdown);

        assert_string_equal(html, c->html);
}

static size_t count(const char *text, const char *word) {
        size_t n = 0;

        for (; (text = strstr(text, word)); text++)
                n++;
        return n;
}

static void deep(void **state) {
        auto_(free) char *markdown = malloc(16384), *html = NULL;

        assert_non_null(markdown);
        memset(markdown, '>', 16383);
        markdown[16383] = '\0';
        memcpy(markdown + 1000, " x", 2);
        html = render(markdown);
        assert_int_equal(count(html, "<blockquote>"), 16);
        assert_int_equal(count(html, "</blockquote>"), 16);
}

/* @rows times @row after @head. */
static void check_growth(const char *head, const char *row, size_t rows) {
        auto_(free) char *markdown = malloc(strlen(head) + rows * strlen(row) + 1), *html = NULL;
        char *p;

        assert_non_null(markdown);
        p = stpcpy(markdown, head);
        for (size_t i = 0; i < rows; i++)
                p = stpcpy(p, row);
        html = render(markdown);
        assert_true(strlen(html) <= PAGE_HTML_GROWTH_MAX * strlen(markdown) + PAGE_HTML_SMALL);
        assert_memory_equal(html, "<pre>", 5);
}

static void grows(void **state) {
        char table[512], address[1024];
        size_t n = 0;

        for (unsigned line = 0; line < 2; line++) {
                for (unsigned i = 0; i < 60; i++)
                        n += (size_t) snprintf(table + n, sizeof(table) - n, "|%s", line ? "---" : "a");
                n += (size_t) snprintf(table + n, sizeof(table) - n, "|\n");
        }
        check_growth(table, "|\n", 1000);
        (void) snprintf(address, sizeof(address), "[a]: http://%0900d\n\n", 0);
        check_growth(address, "[a]", 1000);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(markdown_cases) + 2];
        size_t n = 0;

        for (; n < ARRAY_SIZE(markdown_cases); n++)
                tests[n] = (struct CMUnitTest) { markdown_cases[n].name, check_markdown, NULL, NULL, (void *) &markdown_cases[n] };
        tests[n++] = (struct CMUnitTest) { "deep nesting ends at a level", deep, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "what would grow beyond measure is shown as it was written", grows, NULL, NULL, NULL };
        return cmocka_run_group_tests_name("page-html", tests, NULL, NULL);
}
