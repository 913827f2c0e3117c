#pragma once
/*
 * Gitwork: the clone in which manifests are edited
 *
 * Asked and changed by git itself, so that hooks, signatures and everybody's own configuration hold for our commits too.
 */
#include "base/base.h"

typedef struct Gitwork {
        char *dir;              /* the folder that git is run in; NULL: the file is in no work tree, or there is no git */
        bool absent;            /* there is no git */
        char *upstream;         /* "origin/main", NULL: none */
} Gitwork;

/* What is around @path, which need not be there yet. 0, -ENOMEM, or -EACCES: a work tree that git refuses, with git's reason on stderr. */
int gitwork_find(const char *path, Gitwork *ret);
void gitwork_done(Gitwork *g);
/* Does @path differ from the last commit? 1, 0, or -errno. */
int gitwork_changed(const Gitwork *g, const char *path);
/* Commits @path alone; what else is staged stays staged. What git says goes to stderr. 0; -EIO: git refused. */
int gitwork_commit(const Gitwork *g, const char *path, const char *message, bool fresh);
/* The short name of the last commit, a new string; NULL: unknown. */
char *gitwork_head(const Gitwork *g);
