#pragma once
/*
 * Arena: many small things that die together
 *
 * A manifest with its strings and windows lives in one arena, so it is freed at once and takes little more memory than
 * its text. An arena is owned by one thing and never shared between threads (there are none).
 */
#include "base/base.h"

typedef struct Arena Arena;

Arena *arena_new(void);          /* NULL: out of memory */
Arena *arena_new_sized(size_t size); /* for what is kept long and needs about @size: little is left over; NULL: out of memory */
Arena *arena_free(Arena *a);     /* NULL is fine; always returns NULL */
DEFINE_AUTO(Arena *, arena_free)
void arena_reset(Arena *a);      /* forgets all that was allocated, keeps a block for what comes next */

/* Zeroed and aligned for any type; NULL when memory is out. Valid until arena_free(). */
void *arena_alloc(Arena *a, size_t size);
/* As calloc(): NULL also when n * size overflows. */
void *arena_array(Arena *a, size_t n, size_t size);
char *arena_strdup(Arena *a, const char *s);            /* NULL in, NULL out */
char *arena_strndup(Arena *a, const char *s, size_t n); /* stops at a NUL */
char *arena_printf(Arena *a, const char *fmt, ...) printf_(2, 3);
/* For main(): lets what large arenas held go back to the system with them, not some time after. */
void memory_tune(void);
#define arena_new0(a, type) ((type *) arena_alloc((a), sizeof(type)))
