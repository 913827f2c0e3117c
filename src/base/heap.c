/*
 * Heap: a binary heap of pointers
 */
#include "base/heap.h"

void heap_done(Heap *h) {
        free(h->items);
        h->items = NULL;
        h->n = h->allocated = 0;
}

static void set(Heap *h, size_t i, void *item) {
        h->items[i] = item;
        *h->place(item) = (uint32_t) i;
}

static void up(Heap *h, size_t i, void *item) {
        for (; i > 1 && h->before(item, h->items[i / 2]); i /= 2)
                set(h, i, h->items[i / 2]);
        set(h, i, item);
}

static void down(Heap *h, size_t i, void *item) {
        for (size_t child; (child = i * 2) <= h->n; i = child) {
                if (child < h->n && h->before(h->items[child + 1], h->items[child]))
                        child++;
                if (!h->before(h->items[child], item))
                        break;
                set(h, i, h->items[child]);
        }
        set(h, i, item);
}

int heap_put(Heap *h, void *item) {
        size_t i = *h->place(item);

        if (i == 0) {
                if (h->n == UINT32_MAX - 1)
                        return -ENOMEM;
                if (h->n + 1 >= h->allocated) {
                        size_t wanted = MAX(h->allocated * 2, (size_t) 16);
                        void **items = reallocarray(h->items, wanted, sizeof(*items));

                        if (!items)
                                return -ENOMEM;
                        h->items = items;
                        h->allocated = wanted;
                }
                up(h, ++h->n, item);
                return 0;
        }
        up(h, i, item);
        down(h, *h->place(item), item);
        return 0;
}

void heap_remove(Heap *h, void *item) {
        size_t i = *h->place(item);
        void *last;

        if (i == 0)
                return;
        *h->place(item) = 0;
        last = h->items[h->n--];
        if (last == item)
                return;
        *h->place(last) = (uint32_t) i;
        up(h, i, last);
        down(h, *h->place(last), last);
}
