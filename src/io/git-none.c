/*
 * Git: built without libgit2
 */
#include "io/git.h"

int tree_git(const char *repo, const char *ref, const char *path, Tree **ret) {
        return -EOPNOTSUPP;
}
