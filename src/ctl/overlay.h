#pragma once
/*
 * Overlay: the directory of manifests as it would be, with other texts in place of some files, or new ones
 */
#include "manifest/directory.h"

typedef struct OverlayFile {
        const char *path, *text; /* borrowed while the tree lives; path: in the directory */
        size_t n;               /* bytes of text */
        bool fresh;             /* there is no such file yet */
} OverlayFile;

/* 0 or -errno. */
int overlay_new(const char *directory, const OverlayFile *files, size_t n, Tree **ret);
