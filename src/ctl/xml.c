/*
 * Xml: text inside an element or an attribute
 */
#include "ctl/xml.h"

#include "base/text.h"

void xml_put(FILE *f, const char *s, size_t max) {
        auto_(free) char *safe = text_printable(text_or(s, ""), max);

        for (const char *p = text_or(safe, ""); *p; p++)
                switch (*p) {
                case '<': (void) fputs("&lt;", f); break;
                case '>': (void) fputs("&gt;", f); break;
                case '&': (void) fputs("&amp;", f); break;
                case '"': (void) fputs("&quot;", f); break;
                default: (void) fputc(*p, f);
                }
}
