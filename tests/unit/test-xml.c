/*
 * Text goes into XML, whatever it is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/xml.h"

static const struct xml_case { const char *name, *text; size_t max; const char *expected; } xml_cases[] = {
        { "xml: words are left alone", "Database, at 2 o'clock: größer", 0, "Database, at 2 o'clock: größer" },
        { "xml: nothing is nothing", "", 0, "" },
        { "xml: no text at all is nothing", NULL, 0, "" },
        { "xml: tags and entities are text", "<b>&amp;</b>", 0, "&lt;b&gt;&amp;amp;&lt;/b&gt;" },
        { "xml: a quote does not end an attribute", "\" onload=\"x", 0, "&quot; onload=&quot;x" },
        { "xml: the end of a CDATA section is text", "]]>", 0, "]]&gt;" },
        { "xml: control characters are shown, for XML 1.0 cannot hold them", "a\x1b[31m\nb\x01", 0, "a\\x1b[31m\\nb\\x01" },
        { "xml: bytes that are no UTF-8 are shown", "a\xff<", 0, "a\\xff&lt;" },
        { "xml: what Unicode calls no character is shown", "a\xef\xbf\xbe" "b\xef\xbf\xbf" "c\xef\xbf\xbd", 0,
          "a\\u{fffe}b\\u{ffff}c\xef\xbf\xbd" },
        { "xml: the limit counts characters of the text, not of its entities", "&&&&&", 3, "&amp;&amp;…" },
};

static void check_xml(void **state) {
        const struct xml_case *c = *state;
        auto_(free) char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        assert_non_null(f);
        xml_put(f, c->text, c->max);
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, c->expected);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(xml_cases)];

        for (size_t i = 0; i < ARRAY_SIZE(xml_cases); i++)
                tests[i] = (struct CMUnitTest) { xml_cases[i].name, check_xml, NULL, NULL, (void *) &xml_cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
