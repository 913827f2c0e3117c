#pragma once
/*
 * Edited: a file of manifests, its next version, and the step from one to the other
 *
 * Nothing is written that maintd would refuse: the next version is loaded with everything around it first. It then replaces the file in
 * one step, and only when nobody else has changed that meanwhile.
 */
#include <sys/stat.h>

#include "ctl/ctl.h"

typedef struct Edited {
        char *root;             /* the manifest directory, absolute */
        char *path;             /* in it */
        char *real;             /* where the file really is: links are kept */
        char *before, *after;   /* texts; before: "" of a new file */
        size_t n_before, n_after;
        struct stat st;         /* of the file as it was read; st_ino 0: there was none */
} Edited;

/* Reads the file @path of the site's manifests; @fresh: there must be none. All return 0 or -errno, said on stderr. */
int edited_open(const Site *s, const char *path, bool fresh, Edited *ret);
void edited_done(Edited *e);
/**
 * edited_check() - would maintd take it?
 * @id: the manifest that must be good afterwards
 * @ret: with everything loaded, for looking at its windows
 */
int edited_check(const Edited *e, const Site *s, const char *id, usec_t now, Desired **ret);
int edited_write(const Edited *e);
