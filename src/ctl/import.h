#pragma once
/*
 * Import: from what is found at a target to manifests of what is not here
 *
 * A manifest is made only when it says exactly what is there: title and times are what adoption goes by, and whatever else differed would be
 * changed by maintd at once. So each text is read again as maintd would read it, with everything around it, and projected onto the target.
 */
#include "ctl/found.h"
#include "daemon/site.h"

typedef enum ImportFate {
        IMPORT_NEW,             /* a manifest is to be written */
        IMPORT_HERE,            /* it is ours, or a manifest describes it */
        IMPORT_PART,            /* one more object of a window that is new */
        IMPORT_FOREIGN,         /* another maintd's */
        IMPORT_CANNOT,          /* it cannot be said, or must not be: `why` */
} ImportFate;

typedef struct Import {
        const Found *found;     /* borrowed; the first of … */
        const Found **parts;    /* … the objects of this window */
        size_t n_parts;
        Window window;          /* as found, cleaned; of IMPORT_NEW */
        State state;
        ImportFate fate;
        const char *why;        /* one line; "" nothing to say */
        const char *marked;     /* the id that its marker names; NULL: it has none of ours, or that of an occurrence */
        const char *id, *path;  /* path: in the directory of manifests */
        const char *text;       /* the file's */
        bool all;               /* see Tidy */
} Import;

typedef struct ImportInput {
        const Site *site;       /* loaded, with an engine that has seen the target */
        const Target *target;
        const Zone *zone;       /* of the times in the files */
        const char *root;       /* the directory of manifests */
        const char *into;       /* a folder in it, with a slash at its end; "": none */
        usec_t now;
} ImportInput;

/**
 * import_choose() - what is to be done with each window found
 * @found: sorted as finder_objects() has it
 * @ret: in order of start, from @a
 *
 * Return: 0; -ENOTSUP there is no way back from this kind of target; -errno the manifests cannot be read; -ENOMEM.
 */
int import_choose(const ImportInput *in, const Found *found, size_t n, Arena *a, Import **ret, size_t *ret_n);
