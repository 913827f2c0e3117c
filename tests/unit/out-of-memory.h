#pragma once
/*
 * Memory that is out when the test says so
 *
 * The linker sends the allocations of our own libraries here (--wrap, see meson.build): while armed, the one whose turn it is fails, once.
 * What libraries of others do in their inside is not touched. Include in one source of a program.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static struct { bool armed, failed; unsigned long left; } memory; /* left: allocations that still succeed */

static bool out_of_memory(void) {
        if (!memory.armed || memory.failed || memory.left-- > 0)
                return false;
        memory.failed = true;
        errno = ENOMEM;
        return true;
}

#define WRAPPED(type, name, parameters, arguments) \
        type __real_##name parameters; \
        type __wrap_##name parameters; \
        type __wrap_##name parameters { return out_of_memory() ? NULL : __real_##name arguments; }

WRAPPED(void *, malloc, (size_t n), (n))
WRAPPED(void *, calloc, (size_t n, size_t size), (n, size))
WRAPPED(void *, realloc, (void *p, size_t n), (p, n))
WRAPPED(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAPPED(char *, strdup, (const char *s), (s))
WRAPPED(char *, strndup, (const char *s, size_t n), (s, n))
WRAPPED(FILE *, open_memstream, (char **p, size_t *n), (p, n))
WRAPPED(Arena *, arena_new, (void), ())
WRAPPED(void *, arena_alloc, (Arena *a, size_t n), (a, n))
WRAPPED(void *, arena_array, (Arena *a, size_t n, size_t size), (a, n, size))
WRAPPED(char *, arena_strdup, (Arena *a, const char *s), (a, s))
WRAPPED(char *, arena_strndup, (Arena *a, const char *s, size_t n), (a, s, n))

int __real_vasprintf(char **p, const char *fmt, va_list ap) printf_(2, 0);
int __wrap_vasprintf(char **p, const char *fmt, va_list ap) printf_(2, 0);
int __wrap_vasprintf(char **p, const char *fmt, va_list ap) {
        return out_of_memory() ? -1 : __real_vasprintf(p, fmt, ap);
}

/* Runs @fn with the first, the second, … allocation failing, until none has; @fn returns what was called. How often it ran. */
static inline unsigned long run_out_of_memory(int (*fn)(void *p), void *p) {
        for (unsigned long n = 0;; n++) {
                int r;

                memory.left = n;
                memory.failed = false;
                memory.armed = true;
                r = fn(p);
                memory.armed = false;
                if (!memory.failed)
                        return n;
                if (r != -ENOMEM && r < 0)
                        fail_msg("allocation %lu failed, and what comes of it is %s", n, strerror(-r));
        }
}
