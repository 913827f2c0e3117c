#pragma once
/*
 * Directory: a tree of manifests, read again cheaply
 *
 * Holds what was parsed, file by file, and reads again only what changed (device, inode, size, mtime, ctime, and the defaults
 * above it). Never follows a link out of the tree, never blocks on a FIFO or device.
 */
#include "manifest/manifest.h"

/* One file as the tree offers it. */
typedef struct TreeFile {
        const char *path;       /* relative, '/'-separated; may hold any byte but NUL */
        uint64_t stamp[4];      /* equal stamps: unchanged content */
        const char *problem;    /* it cannot be read, and why; NULL: it can */
} TreeFile;

/* Where files come from: a directory (tree_directory()), or one commit of a Git repository (io/git.h). */
typedef struct Tree Tree;
typedef struct TreeOps {
        /* All files *.yaml, *.yml whose names and folders do not begin with "." or "_", and all _defaults.yaml; sorted by path.
         * -ENOENT, -ENOTDIR, -EACCES, …: the tree as a whole cannot be read; *reterr says so (owned by the caller). */
        int (*list)(Tree *t, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr);
        /* At most @max bytes; -EFBIG when it has more; -ENOENT when it has gone meanwhile. *ret is owned by the caller. */
        int (*read)(Tree *t, const char *path, size_t max, char **ret, size_t *ret_n);
        const char *(*commit)(Tree *t); /* of what was listed last; "" unknown */
        Tree *(*free)(Tree *t);
} TreeOps;
struct Tree { const TreeOps *ops; };
Tree *tree_free(Tree *t);
DEFINE_AUTO(Tree *, tree_free)
/* A directory. Files are opened with open_beneath(): a link is followed as long as it stays inside. */
int tree_directory(const char *path, Tree **ret);

typedef struct Directory Directory;

typedef struct Load {           /* what one reading found; borrowed from the Directory until the next */
        Manifest *const *manifests; /* good ones, sorted by id; pointers stay the same while file and defaults are unchanged */
        size_t n_manifests;
        const char *const *broken; /* sorted ids that exist but are not usable now: last good stays in force */
        size_t n_broken;
        size_t n_nameless;      /* files of which not one id can be known */
        size_t n_files, n_read; /* seen; read and parsed anew */
        bool may_withdraw;      /* false: some file's ids cannot be known, or there is nothing where there was something */
        const char *commit;     /* "" unknown */
} Load;

Directory *directory_free(Directory *d);
DEFINE_AUTO(Directory *, directory_free)
int directory_new(Tree *consumed, Directory **ret);

/**
 * directory_load() - read the tree again
 * @had: ids known before (the ledger's, at start): a tree without any manifest where there were some is an error
 *
 * Errors of files go to @diags (of unchanged broken files too, each time). Return: 0; -ENODATA no manifest where there were
 * some; or what Tree.list() said: then *ret is what was loaded last and nothing may be withdrawn.
 */
int directory_load(Directory *d, const Vocabulary *voc, bool had, Diagnostics *diags, Load *ret);

/* Does a comment in @file, or in a _defaults.yaml above it, switch @code off on @line? @file: as diagnostics and origins have it. Of what was loaded last. */
bool directory_waives(const Directory *d, const char *file, unsigned line, const char *code);
