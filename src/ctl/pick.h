#pragma once
/*
 * Pick: which window a person means
 *
 * By the id or the beginning of it that only one has, and of a recurring manifest by the occurrence (`ID@2027-02-07T02:00`, or the
 * beginning of that), or without one: the window that runs, else the next.
 */
#include "ctl/ctl.h"

typedef struct Picked {
        const Manifest *m;      /* borrowed from the Site */
        char id[KEY_SIZE], key[KEY_SIZE]; /* of the manifest; of the window */
        char occurrence[32];    /* "": a one-off */
        char state[16];         /* as the daemon or the ledger has it, else by the clock: "scheduled", "in_progress", "completed", "cancelled" */
        usec_t start, end;      /* in force */
        usec_t started;         /* when it really began; start where that is not known */
        int override;           /* its place among the manifest's overrides, -1: none */
} Picked;

/* The manifest alone: 0, or -ENOENT, said on stderr with what was meant. */
int pick_manifest(const Site *s, const char *id, const Manifest **ret);
/* 0, or negative, said on stderr. */
int pick_window(const Ctl *ctl, const Site *s, const char *id, Picked *ret);
/* As above, by the file and the clock alone: the daemon is not asked. */
int pick_described(const Ctl *ctl, const Site *s, const char *id, Picked *ret);
