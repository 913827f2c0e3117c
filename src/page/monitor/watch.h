#pragma once
/*
 * The watch: looks at what the monitors name, when it is due, and keeps what it has seen
 *
 * One timer stands at the next thing to do. Most checks change nothing and are stored together once a minute, so a crash forgets a minute of
 * counting; what changes a state is stored at once. The API asks for what is not stored yet by monitors_save().
 */
#include "page/page.h"

typedef struct Watch Watch;
/* Begins at once; page->agenda is there and empty. 0 or -errno. */
int watch_new(Page *page, Watch **ret);
Watch *watch_free(Watch *w);            /* what is under way is dropped, what has been seen is stored */
DEFINE_AUTO(Watch *, watch_free)
