#pragma once
/*
 * Git: the manifests of one commit, read from the object database
 *
 * A work tree in the middle of a checkout is no consistent view; a commit always is. The ref is resolved once for each listing,
 * and what is read afterwards comes from that commit, wherever the ref has gone meanwhile.
 */
#include "manifest/directory.h"

/**
 * tree_git() - a folder of a repository as a source of manifests
 * @repo: a bare repository, or a work tree (whose files are not looked at)
 * @ref:  branch, tag or commit; NULL: HEAD
 * @path: folder in it, "" or NULL: all of it
 *
 * Nothing is opened yet: what is wrong is said by list(), -ENOENT (no such repository, ref or folder), -ENOTDIR, -EACCES (it is
 * neither ours nor root's, and git's safe.directory does not name it), -EIO (objects are missing or damaged). watch_new_git() tells
 * when to list again.
 *
 * Return: 0, -ENOMEM, -EOPNOTSUPP: built without libgit2.
 */
int tree_git(const char *repo, const char *ref, const char *path, Tree **ret);
