#pragma once
/*
 * HTML out of texts from outside
 *
 * Two ways into a page: html_text() escapes, html_markdown() renders a description without raw HTML, images or links other
 * than http, https and mailto. Whatever is written by fprintf() is ours.
 */
#include "base/base.h"

/* Escaped for content and for attributes in double quotes. */
void html_text(FILE *f, const char *s);
void html_text_n(FILE *f, const char *s, size_t n);
/* 0, or -ENOMEM; whatever is no Markdown is text. */
int html_markdown(FILE *f, const char *markdown);
