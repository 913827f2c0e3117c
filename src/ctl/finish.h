#pragma once
/*
 * Finish: an edited file, shown, written, committed, waited for
 */
#include "ctl/edited.h"

typedef struct Finish {
        const char *manifest, *window; /* what --wait waits for */
        const char *summary;    /* subject of the commit */
        unsigned line;          /* of the document */
} Finish;

/* From an Edited with both texts to the exit status: everything that is to be said has been said. */
int finish_edit(const Ctl *ctl, const Site *s, Edited *e, const Finish *f);

/* How long --wait waits; -EINVAL: --timeout is no time span, said. */
int finish_limit(const Ctl *ctl, usec_t *ret);
/* Says that the daemon that is to be waited for is silent, so that nothing was written. */
void finish_silent(void);
