#pragma once
/*
 * The pages of subscribing
 */
#include "page/show/show.h"

/* A form that came back to be mended. */
typedef struct Refused {
        Word why;                       /* WORD_ADDRESS_WRONG or WORD_SERVICES_WRONG: which of both is wrong */
        const char *address;
        const char *const *ticked;      /* ids of services */
        size_t n_ticked;
} Refused;

/* The form. @back: NULL: it is new. */
int show_subscribe(const View *v, const Service *services, size_t n, const Refused *back);
/* One button, which posts to the page's own address. @text is escaped. */
int show_question(const View *v, Word title, const char *text, Word button);
