#pragma once
/*
 * Words: what a verb writes into a manifest
 *
 * Pure: from the manifest, the window that was picked and the options to edits of the document.
 */
#include "ctl/pick.h"
#include "manifest/edit.h"

typedef enum Word { WORD_START, WORD_COMPLETE, WORD_CANCEL, WORD_EXTEND, WORD_UPDATE, WORD_SUSPEND, WORD_RESUME } Word;

typedef struct Wording {
        Edit *edits;
        size_t n_edits;
        const char *summary;    /* "extend db until 2027-02-01 05:00 Europe/Berlin": subject of a commit */
        const char *problem;    /* why it cannot be done, one line; NULL: it can */
} Wording;

typedef struct WordInput {
        Word word;
        const Picked *window;
        const Zone *zone;       /* the manifest's */
        usec_t now;
        const char *message;    /* NULL: none */
        const char *by, *end;   /* of WORD_EXTEND: one of them */
} WordInput;

/* All of it lives in @a. 0 (see ret->problem), or -ENOMEM. */
int words_make(Arena *a, const WordInput *in, Wording *ret);
/* "05:00". */
bool words_time_of_day(const char *text, unsigned *ret_minutes);
/* "2027-02-01T05:00", with seconds where there are any; local time of @zone. */
const char *words_local(Arena *a, const Zone *zone, usec_t t);
