#pragma once
/*
 * Lenders: the _defaults.yaml files of a tree. Private to manifest/.
 */
#include "manifest/tree.h"

typedef struct Lender {
        char *path;             /* owned */
        size_t n_folder;        /* path[0..n_folder): its folder, with the slash; 0: the root */
        uint64_t stamp[4];
        uint64_t text;          /* hash of its bytes; 0: it was not read */
        uint64_t below;         /* of the defaults above it and the vocabulary it was read with */
        Defaults *defaults;     /* merged with those above; while broken those that were good last, or those above; NULL: none */
        Diagnostics diags;      /* owned */
        bool broken;            /* itself */
        bool unusable;          /* itself, or one above */
        bool taken;             /* its members belong to the next list */
} Lender;

typedef struct Lenders {
        Lender *items;          /* sorted by folder, so that those above come first */
        size_t n;
        size_t n_read;
        bool changed;           /* against the list before */
} Lenders;

/* Reads anew what has changed since @old, whose unchanged members are taken over: when this succeeds, lenders_done(old). */
int lenders_load(Lenders *old, Tree *t, const TreeFile *files, size_t n_files, const Vocabulary *voc, uint64_t voc_hash, Lenders *ret);
/* The nearest one at or above the folder of @path; NULL: none. */
const Lender *lenders_find(const Lenders *l, const char *path);
/* Does one at or above the folder of @path switch the warning off? */
bool lenders_waive(const Lenders *l, const char *path, const char *code);
/* Frees what has not been taken. */
void lenders_done(Lenders *l);
/* After a failure: @l is given up and what it took goes back. */
void lenders_undo(Lenders *l, Lenders *old);

static inline bool stamp_equal(const uint64_t a[static 4], const uint64_t b[static 4]) {
        return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}
bool is_defaults(const char *path);
