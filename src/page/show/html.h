#pragma once
/*
 * HTML out of texts from outside
 *
 * Two ways into a page: html_text() escapes, html_markdown() renders a description without raw HTML, images or links other
 * than http, https and mailto. Whatever is written by fprintf() is ours.
 *
 * A few bytes can mean much HTML: an address that is defined once and linked to a thousand times, a wide table of empty rows. A
 * description that would grow beyond PAGE_HTML_GROWTH_MAX times its size is shown as it was written.
 */
#include "base/base.h"

/* Escaped for content and for attributes in double quotes. */
void html_text(FILE *f, const char *s);
void html_text_n(FILE *f, const char *s, size_t n);
/* 0, or -ENOMEM; whatever is no Markdown, or would be too much of it, is text. */
int html_markdown(FILE *f, const char *markdown);
