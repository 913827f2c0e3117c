#pragma once
/*
 * Gitdir: where the repository around a path keeps its files
 *
 * Private to io/. Only names are looked at; no git and no library is asked, so that it works without either.
 */
#include "base/base.h"

typedef struct Gitdir {         /* strings owned */
        char *dir;              /* "/srv/x/.git", "/srv/x/.git/worktrees/y", "/srv/x.git": HEAD and index.lock are here */
        char *common;           /* refs and packed-refs are here; often the same */
} Gitdir;

/* The repository whose work tree holds @path, or which @path itself is. Return: 0, -ENOENT: none, -ENOMEM. */
int gitdir_find(const char *path, Gitdir *ret);
void gitdir_done(Gitdir *g);
