/*
 * Arena: many small things that die together
 *
 * Blocks are chained and grow with the arena, so that a small manifest costs one block and a large one few. Glibc's obstack
 * would do the same but for its only answer to a lack of memory, which is to end the process.
 *
 * AddressSanitizer knows blocks only, so it is told what of them is in use, and a gap follows each allocation: who goes beyond his own
 * is seen.
 */
#include "base/arena.h"

#include <malloc.h>
#include <stdarg.h>
#include <string.h>

#define BLOCK_FIRST 1024u
#define BLOCK_MORE 256u /* … of an arena whose size was known */
#define BLOCK_MAX (64u * 1024)
#define ALIGNMENT _Alignof(max_align_t)

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WATCHED)
#include <sanitizer/asan_interface.h>
#define GAP 16u
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void) (p), (void) (n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void) (p), (void) (n))
#define GAP 0u
#endif

typedef struct Block {
        struct Block *next;
        uint32_t used, size;
        _Alignas(max_align_t) char data[];
} Block;

struct Arena {
        Block *block; /* the one being filled; older ones behind it */
        size_t next_size;
};

/* A load needs much memory for a moment. Between allocations that stay it would be lost to all but smaller ones. */
void memory_tune(void) {
        (void) mallopt(M_MMAP_THRESHOLD, BLOCK_MAX);
}

Arena *arena_new(void) {
        Arena *a = calloc(1, sizeof(*a));

        if (a)
                a->next_size = BLOCK_FIRST;
        return a;
}

Arena *arena_free(Arena *a) {
        if (!a)
                return NULL;
        for (Block *b = a->block, *next; b; b = next) {
                next = b->next;
                free(b);
        }
        free(a);
        return NULL;
}

void arena_reset(Arena *a) {
        Block *b = a->block;

        if (!b)
                return;
        for (Block *old = b->next, *next; old; old = next) {
                next = old->next;
                free(old);
        }
        b->next = NULL;
        b->used = 0;
        ASAN_POISON_MEMORY_REGION(b->data, b->size);
}

static Block *block_add(Arena *a, size_t need) {
        size_t size = MAX(need, a->next_size);
        Block *b;

        if (size > UINT32_MAX)
                return NULL;
        b = malloc(sizeof(Block) + size);
        if (!b)
                return NULL;
        *b = (Block) { .size = (uint32_t) size };
        ASAN_POISON_MEMORY_REGION(b->data, size);
        /* A large single allocation goes behind the block being filled, whose rest stays in use. */
        if (a->block && need > BLOCK_MAX / 4) {
                b->next = a->block->next;
                a->block->next = b;
        } else {
                b->next = a->block;
                a->block = b;
                a->next_size = MIN(a->next_size * 2, (size_t) BLOCK_MAX);
        }
        return b;
}

Arena *arena_new_sized(size_t size) {
        Arena *a = calloc(1, sizeof(*a));

        if (a && !block_add(a, size))
                a = arena_free(a);
        if (a)
                a->next_size = MAX(size / 4, (size_t) BLOCK_MORE);
        return a;
}

/* Memory that is not cleared. Texts stand close together: only what is no text is @align-ed. */
static char *take(Arena *a, size_t size, size_t align) {
        Block *b = a->block;
        size_t at = b ? ((size_t) b->used + align - 1) / align * align : 0, whole;

        if (__builtin_add_overflow(size, GAP, &whole))
                return NULL;
        if (!b || at > b->size || b->size - at < whole) {
                b = block_add(a, whole);
                at = 0;
        }
        if (!b)
                return NULL;
        b->used = (uint32_t) (at + whole);
        ASAN_UNPOISON_MEMORY_REGION(b->data + at, size);
        return b->data + at;
}

void *arena_alloc(Arena *a, size_t size) {
        size_t need = MAX(size, (size_t) 1);
        char *p = take(a, need, ALIGNMENT);

        return p ? memset(p, 0, need) : NULL;
}

void *arena_array(Arena *a, size_t n, size_t size) {
        size_t total;

        return __builtin_mul_overflow(n, size, &total) ? NULL : arena_alloc(a, total);
}

char *arena_strndup(Arena *a, const char *s, size_t n) {
        size_t len = strnlen(s, n);
        char *p = take(a, len + 1, 1);

        if (!p)
                return NULL;
        p[len] = '\0';
        return memcpy(p, s, len);
}

char *arena_strdup(Arena *a, const char *s) {
        return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

/* Most texts are short: they are written where there is room already, and only measured when that is too small. */
char *arena_printf(Arena *a, const char *fmt, ...) {
        size_t room = a->block && GAP == 0 ? a->block->size - a->block->used : 0;
        char *p = room ? a->block->data + a->block->used : NULL;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(p, room, fmt, ap);
        va_end(ap);
        if (n < 0)
                return NULL;
        if ((size_t) n < room) {
                a->block->used += (uint32_t) n + 1;
                return p;
        }
        p = take(a, (size_t) n + 1, 1);
        if (!p)
                return NULL;
        va_start(ap, fmt);
        (void) vsnprintf(p, (size_t) n + 1, fmt, ap);
        va_end(ap);
        return p;
}
