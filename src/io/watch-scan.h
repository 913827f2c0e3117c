#pragma once
/*
 * Scan: which directories to watch for one tree, found by walking it
 *
 * Private to io/. One mechanism for the start, for a directory that came or went, for a tree that was replaced and for a lost
 * event: walk again, watch what is there, drop what is not. inotify names a directory by its inode, so walking twice is cheap.
 */
#include <sys/stat.h>

#include "base/map.h"
#include "base/text.h"

typedef enum Interest {
        INTEREST_PATH,          /* a component on the way to the tree: if it moves, the tree is another one */
        INTEREST_CONTENT,       /* a file that belongs to what is watched */
        INTEREST_LOCK,          /* git's index.lock */
} Interest;

typedef struct WatchedDir { int wd; unsigned round; bool tree; UT_hash_handle hh; } WatchedDir;
typedef struct WatchedName { int wd; Interest interest; char *name; } WatchedName; /* a name in a directory that matters */

typedef struct Scan {
        int inotify;            /* borrowed; -1: poll only */
        const char *path;       /* borrowed: directory, or repository when refs */
        bool refs;              /* watch where a repository's refs point instead of files */
        WatchedDir *dirs;       /* by wd */
        WatchedName *names;
        size_t n_names, names_size;
        unsigned round;
        bool changed;           /* this walk found another tree than the last */
        dev_t dev;              /* of the tree's root; 0, 0: not there */
        ino_t ino;
        bool prints, printed;   /* take fingerprints, for somebody polls; the last walk did */
        uint64_t print;         /* of all files and directories */
        char *lock;             /* path of index.lock, NULL: in no repository */
        char *problem;          /* why polling is needed, NULL: it is not */
} Scan;

/* Walks. Return: 1: not what the last walk found, 0, -ENOMEM. A tree that is not there is no error. */
int scan_walk(Scan *s);
void scan_done(Scan *s);

/* Does a name inside the tree matter? */
bool scan_wants(const Scan *s, const char *name, bool dir);
