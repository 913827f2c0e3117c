#pragma once
/*
 * Tidy: a manifest's text as a colleague would write it
 *
 * Only what is not the default stands there, times in the local time of a zone, texts quoted where some YAML reader could take them
 * for something else.
 */
#include "base/arena.h"
#include "model/model.h"
#include "schedule/zone.h"

/* One line "KEY: VALUE"; NULL: nothing. @text: a person's words. */
void tidy_put(FILE *f, Arena *a, const char *key, const char *value, bool text);
/* Several lines stand in a block, where they can. */
void tidy_put_block(FILE *f, Arena *a, const char *key, const char *text);
void tidy_put_list(FILE *f, Arena *a, const char *key, const Strv *list);

typedef struct Tidy {
        const char *comment;            /* first line, one line; NULL: none */
        const Window *window;           /* a one-off; its key and publish count for nothing */
        const Zone *zone;
        const char *target;             /* the only one; NULL: all */
        bool all;                       /* every key, so that it means the same under any _defaults.yaml */
} Tidy;
/* NULL: out of memory. */
const char *tidy_manifest(Arena *a, const Tidy *t);
