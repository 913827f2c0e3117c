/*
 * HTML out of texts from outside
 *
 * md4c parses, and calls back for each block, span and run of text. Its own HTML renderer passes any address of a link on, also
 * "javascript:" spelled with entities; so tags are written here, from two tables, and a link must begin with a scheme we know.
 */
#include "page/show/html.h"

#include <md4c.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

void html_text_n(FILE *f, const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                switch (s[i]) {
                case '&':
                        (void) fputs("&amp;", f);
                        break;
                case '<':
                        (void) fputs("&lt;", f);
                        break;
                case '>':
                        (void) fputs("&gt;", f);
                        break;
                case '"':
                        (void) fputs("&quot;", f);
                        break;
                case '\'':
                        (void) fputs("&#39;", f);
                        break;
                default:
                        (void) fputc(s[i], f);
                }
}

void html_text(FILE *f, const char *s) {
        html_text_n(f, s, strlen(s));
}

typedef struct Render {
        FILE *f;
        size_t most;                    /* bytes written to it */
        int depth;                      /* of blocks */
        const char *spans[PAGE_NESTING_MAX]; /* the tags of the open spans, NULL: not written */
        size_t n_spans;
} Render;

static const char *block_tag(MD_BLOCKTYPE type, const void *detail, char heading[static 4]) {
        switch (type) {
        case MD_BLOCK_QUOTE:
                return "blockquote";
        case MD_BLOCK_UL:
                return "ul";
        case MD_BLOCK_OL:
                return "ol";
        case MD_BLOCK_LI:
                return "li";
        case MD_BLOCK_H: /* below the page's own h1 and h2 */
                (void) snprintf(heading, 4, "h%u", MIN(((const MD_BLOCK_H_DETAIL *) detail)->level + 2, 6u));
                return heading;
        case MD_BLOCK_P:
                return "p";
        case MD_BLOCK_CODE:
                return "pre";
        case MD_BLOCK_TABLE:
                return "table";
        case MD_BLOCK_THEAD:
                return "thead";
        case MD_BLOCK_TBODY:
                return "tbody";
        case MD_BLOCK_TR:
                return "tr";
        case MD_BLOCK_TH:
                return "th";
        case MD_BLOCK_TD:
                return "td";
        case MD_BLOCK_DOC:
        case MD_BLOCK_HR:
        case MD_BLOCK_HTML:
                return NULL;
        }
        return NULL;
}

/* What the callbacks return: anything but 0 ends the parsing. */
static int too_much(const Render *r) {
        return (size_t) ftello(r->f) > r->most;
}

/* The parser, when emphases overlap, at times forgets to leave one: the stack, not its word, says what is closed, and no span outlives
 * its block, for what is never closed would go on to the end of the page. */
static void span_close(Render *r) {
        const char *tag = NULL;

        if (r->n_spans == 0)
                return;
        r->n_spans--;
        if (r->n_spans < PAGE_NESTING_MAX)
                tag = r->spans[r->n_spans];
        if (tag)
                (void) fprintf(r->f, "</%s>", tag);
}

static void spans_close(Render *r) {
        while (r->n_spans > 0)
                span_close(r);
}

/* Deeper blocks are still read, but as if they stood at the last level: nobody needs them, a browser might choke on them. */
static int on_enter_block(MD_BLOCKTYPE type, void *detail, void *userdata) {
        Render *r = userdata;
        char heading[4];
        const char *tag = block_tag(type, detail, heading);

        spans_close(r);
        if (type == MD_BLOCK_HR)
                (void) fputs("<hr>\n", r->f);
        if (tag && r->depth++ < PAGE_NESTING_MAX)
                (void) fprintf(r->f, "<%s>", tag);
        return too_much(r);
}

static int on_leave_block(MD_BLOCKTYPE type, void *detail, void *userdata) {
        Render *r = userdata;
        char heading[4];
        const char *tag = block_tag(type, detail, heading);

        spans_close(r);
        if (tag && --r->depth < PAGE_NESTING_MAX)
                (void) fprintf(r->f, "</%s>\n", tag);
        return too_much(r);
}

static bool address_known(const MD_ATTRIBUTE *href) {
        static const char *const schemes[] = { "https://", "http://", "mailto:" };

        if (href->size == 0 || href->substr_types[0] != MD_TEXT_NORMAL)
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
                size_t n = strlen(schemes[i]);

                if (href->substr_offsets[1] >= n && strncasecmp(href->text, schemes[i], n) == 0)
                        return true;
        }
        return false;
}

static const char *span_tag(MD_SPANTYPE type) {
        switch (type) {
        case MD_SPAN_EM:
                return "em";
        case MD_SPAN_STRONG:
                return "strong";
        case MD_SPAN_CODE:
                return "code";
        case MD_SPAN_DEL:
                return "del";
        case MD_SPAN_U:
        case MD_SPAN_A:
        case MD_SPAN_IMG:
        case MD_SPAN_LATEXMATH:
        case MD_SPAN_LATEXMATH_DISPLAY:
        case MD_SPAN_WIKILINK:
                return NULL;
        }
        return NULL;
}

static bool in_link(const Render *r) {
        for (size_t i = 0; i < MIN(r->n_spans, (size_t) PAGE_NESTING_MAX); i++)
                if (r->spans[i] && strcmp(r->spans[i], "a") == 0)
                        return true;
        return false;
}

/* An address that stands in the text of a link is text. */
static int on_enter_span(MD_SPANTYPE type, void *detail, void *userdata) {
        const MD_ATTRIBUTE *href = type == MD_SPAN_A ? &((MD_SPAN_A_DETAIL *) detail)->href : NULL;
        Render *r = userdata;
        const char *tag = href && address_known(href) && !in_link(r) ? "a" : span_tag(type);

        if (r->n_spans++ >= PAGE_NESTING_MAX)
                return too_much(r);
        r->spans[r->n_spans - 1] = tag;
        if (tag && href) {
                (void) fputs("<a rel=\"nofollow noopener\" href=\"", r->f);
                html_text_n(r->f, href->text, href->size);
                (void) fputs("\">", r->f);
        } else if (tag)
                (void) fprintf(r->f, "<%s>", tag);
        return too_much(r);
}

static int on_leave_span(MD_SPANTYPE type, void *detail, void *userdata) {
        Render *r = userdata;

        span_close(r);
        return too_much(r);
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *userdata) {
        Render *r = userdata;

        switch (type) {
        case MD_TEXT_NULLCHAR:
                (void) fputs("\xef\xbf\xbd", r->f);
                break;
        case MD_TEXT_BR:
                (void) fputs("<br>\n", r->f);
                break;
        case MD_TEXT_SOFTBR:
                (void) fputc('\n', r->f);
                break;
        case MD_TEXT_ENTITY: /* "&name;", which the parser has checked: letters, digits and # between & and ; */
                (void) fwrite(text, 1, size, r->f);
                break;
        case MD_TEXT_NORMAL:
        case MD_TEXT_CODE:
        case MD_TEXT_HTML:
        case MD_TEXT_LATEXMATH:
                html_text_n(r->f, text, size);
                break;
        }
        return too_much(r);
}

/* 1: it would be too much. */
static int render(FILE *f, const char *markdown, size_t n) {
        static const MD_PARSER parser = {
                .flags = MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEURLAUTOLINKS,
                .enter_block = on_enter_block,
                .leave_block = on_leave_block,
                .enter_span = on_enter_span,
                .leave_span = on_leave_span,
                .text = on_text,
        };
        Render r = { .f = f, .most = PAGE_HTML_GROWTH_MAX * n + PAGE_HTML_SMALL };
        int e = md_parse(markdown, (MD_SIZE) n, &parser, &r);

        return e < 0 ? -ENOMEM : e;
}

int html_markdown(FILE *f, const char *markdown) {
        auto_(free) char *html = NULL;
        size_t n = 0;
        FILE *own = open_memstream(&html, &n);
        int r = own ? render(own, markdown, strlen(markdown)) : -ENOMEM;

        if (own && fclose(own) != 0)
                return -ENOMEM;
        if (r < 0)
                return r;
        if (r == 0) {
                (void) fwrite(html, 1, n, f);
                return 0;
        }
        (void) fputs("<pre>", f);
        html_text(f, markdown);
        (void) fputs("</pre>\n", f);
        return 0;
}
