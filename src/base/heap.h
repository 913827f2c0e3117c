#pragma once
/*
 * Heap: the smallest of many, with removal from the middle
 *
 * Holds pointers it does not own. Each element remembers its place through the number that @place points at (0: not in the heap).
 */
#include "base/base.h"

typedef struct Heap {
        void **items;           /* items[1] is the smallest */
        size_t n, allocated;
        bool (*before)(const void *a, const void *b);
        uint32_t *(*place)(void *item);
} Heap;

void heap_done(Heap *h);
int heap_put(Heap *h, void *item);      /* adds, or moves it to where it belongs now; 0 or -ENOMEM */
void heap_remove(Heap *h, void *item);  /* fine when it is not in */
static inline void *heap_first(const Heap *h) { return h->n ? h->items[1] : NULL; }
