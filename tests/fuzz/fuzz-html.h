#pragma once
/*
 * Is it HTML that only we could have written?
 *
 * A strict reader of the few tags and attributes that the page uses. Whatever came from outside may stand between them as text,
 * in which there is no "<" and no ">", and in attributes, in which there is no quotation mark.
 */
#include "fuzz.h"

#define OPEN_MAX (64u * 1024)

static inline bool one_of(const char *p, size_t n, const char *const *words) {
        for (; *words; words++)
                if (strlen(*words) == n && memcmp(*words, p, n) == 0)
                        return true;
        return false;
}

static inline size_t name_length(const char *p) {
        return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}

/* "&amp;", "&#39;", "&#x27;": what a browser turns into one or two characters, never into a tag. */
static inline const char *html_entity(const char *p) {
        size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#");

        assert_always(*p == '&' && n > 0 && p[n + 1] == ';');
        return p + n + 2;
}

static inline const char *html_attribute(const char *p, bool whole) {
        static const char *const known[] = { "class", "href", "rel", "datetime", "lang", "charset", "name", "content", "role", "reversed", "id", "src", "defer", "title", "type",
                                             "tabindex", "width", "height", "d", "viewBox", "preserveAspectRatio", "media", "srcset", "alt", "aria-hidden", "aria-label",
                                             "data-your-time", "data-zone", "data-until", "data-moment", "data-running", "data-to-come", "data-over",
                                             "method", "action", "for", "value", "required", "autocomplete", "maxlength", "aria-invalid", "aria-describedby",
                                             "aria-current", "aria-labelledby", "checked", "selected", "rows", "min", "max", "step", "spellcheck", NULL };
        static const char *const schemes[] = { "https://", "http://", "mailto:", NULL };
        size_t n = name_length(p);
        bool href = n == 4 && memcmp(p, "href", 4) == 0;
        const char *value;

        assert_always(n > 0 && one_of(p, n, known));
        p += n;
        if (*p != '=')
                return p;
        assert_always(p[1] == '"');
        value = p + 2;
        if (href) {
                bool fit = whole && ((value[0] == '/' && value[1] != '/') || value[0] == '#');

                for (size_t i = 0; schemes[i] && !fit; i++)
                        fit = strncasecmp(value, schemes[i], strlen(schemes[i])) == 0;
                assert_always(fit);
        }
        for (p = value; *p != '"';) {
                assert_always(*p && *p != '<' && *p != '>');
                p = *p == '&' ? html_entity(p) : p + 1;
        }
        return p + 1;
}

/* @whole: a page with its head; else a piece of one. Every tag that is opened is closed, in order. */
static inline void html_check(const char *text, bool whole) {
        static const char *const known[] = { "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table", "thead", "tbody", "tr",
                                             "th", "td", "em", "strong", "code", "del", "a", "hr", "br", NULL };
        static const char *const ours[] = { "html", "head", "body", "main", "footer", "meta", "link", "title", "section", "article", "span", "time",
                                            "div", "dl", "dt", "dd", "header", "nav", "script", "svg", "symbol", "path", "use", "defs", "picture",
                                            "source", "img", "input", "form", "label", "fieldset", "legend", "button", "textarea", "select", "option", NULL };
        static const char *const alone[] = { "hr", "br", "meta", "link", "source", "img", "input", NULL };
        static const char *open[OPEN_MAX];
        static size_t open_n[OPEN_MAX];
        size_t depth = 0;
        const char *p = text;

        if (whole && text_starts(p, "<!DOCTYPE html>"))
                p += strlen("<!DOCTYPE html>");
        while (*p) {
                const char *tag;
                size_t n;
                bool closing, empty;

                assert_always(*p != '>');
                if (*p == '&') {
                        p = html_entity(p);
                        continue;
                }
                if (*p++ != '<')
                        continue;
                closing = *p == '/';
                tag = p + closing;
                n = name_length(tag);
                assert_always(one_of(tag, n, known) || (whole && one_of(tag, n, ours)));
                for (p = tag + n; *p == ' ';)
                        p = html_attribute(p + 1, whole);
                empty = whole && *p == '/';
                p += empty;
                assert_always(*p++ == '>');
                if (empty || one_of(tag, n, alone))
                        continue;
                if (closing) {
                        assert_always(depth-- > 0 && open_n[depth] == n && memcmp(open[depth], tag, n) == 0);
                } else {
                        assert_always(depth < OPEN_MAX);
                        for (size_t i = 0; i < depth && n == 1 && *tag == 'a'; i++)
                                assert_always(open_n[i] != 1 || *open[i] != 'a'); /* no link in a link */
                        open[depth] = tag;
                        open_n[depth++] = n;
                }
        }
        assert_always(depth == 0);
}
