#pragma once
/*
 * The handful of macros every file uses
 *
 * Ownership is visible in the text: a variable marked auto_() is released when it leaves its scope, STEAL() says that it
 * is handed on. Nothing here knows anything about maintenance.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
/* Each argument is evaluated once, and one may stand inside the other: every use has names of its own. */
#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#define PICK_(op, a, b, x, y) ({ __typeof__(a) x = (a); __typeof__(b) y = (b); x op y ? x : y; })
#define MIN(a, b) PICK_(<, (a), (b), CONCAT(_a, __COUNTER__), CONCAT(_b, __COUNTER__))
#define MAX(a, b) PICK_(>, (a), (b), CONCAT(_a, __COUNTER__), CONCAT(_b, __COUNTER__))

/* auto_(thing_free) Thing *t = NULL;  — thing_free(t) runs at the end of the scope, unless t is NULL by then. */
#define auto_(free_fn) __attribute__((cleanup(free_fn##p)))
#define DEFINE_AUTO(type, free_fn) \
        static inline void free_fn##p(type *p) { \
                if (*p) \
                        (void) free_fn(*p); \
        }
#define STEAL(p) ({ __typeof__(p) _taken = (p); (p) = NULL; _taken; })

static inline void freep(void *p) {
        free(*(void **) p);
}

/* Room for one more item of @size behind the @n that *@list, a pointer to malloc()ed items, has. 0 or -ENOMEM, and all is as it was. */
static inline int list_grow(void *list, size_t n, size_t *allocated, size_t size) {
        void **items = list, *more;
        size_t wanted = MAX(2 * *allocated, (size_t) 64);

        if (n < *allocated)
                return 0;
        more = reallocarray(*items, wanted, size);
        if (!more)
                return -ENOMEM;
        *items = more;
        *allocated = wanted;
        return 0;
}

DEFINE_AUTO(FILE *, fclose)

static inline void closep(int *fd) {
        if (*fd >= 0)
                (void) close(*fd);
}

#define printf_(fmt, args) __attribute__((format(printf, fmt, args)))
