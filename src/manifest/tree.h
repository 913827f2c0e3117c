#pragma once
/*
 * Tree: what the two sources of manifests share. Private to manifest/; the interface is in directory.h.
 */
#include "manifest/directory.h"

#define DEFAULTS_NAME "_defaults.yaml"

/* commit.c: the commit that is checked out in the work tree around @path, "" when there is none or it cannot be known. */
#define COMMIT_SIZE 65
const char *commit_around(const char *path, char buf[static COMMIT_SIZE]);

/* Reads a listed file. 1: *ret is its text, owned by the caller; 0: it cannot be read, and @diags says why; -ENOMEM. */
int tree_fetch(Tree *t, const TreeFile *f, Diagnostics *diags, char **ret, size_t *ret_n);
