#pragma once
/*
 * The pages of subscribing
 */
#include "page/show/show.h"

/* The form. @refused: the address that was no address, to be mended; NULL: it is new. @ticked: ids of services that were chosen already. */
int show_subscribe(const View *v, const Service *services, size_t n, const char *refused, const char *const *ticked, size_t n_ticked);
/* One button, which posts to the page's own address. @text is escaped. */
int show_question(const View *v, Word title, const char *text, Word button);
