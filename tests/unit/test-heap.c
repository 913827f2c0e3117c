/*
 * Heap: whatever is put, moved and removed, the smallest comes first
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/heap.h"

typedef struct Thing { unsigned weight; uint32_t place; } Thing;

static bool lighter(const void *a, const void *b) {
        return ((const Thing *) a)->weight < ((const Thing *) b)->weight;
}

static uint32_t *place(void *item) {
        return &((Thing *) item)->place;
}

static Heap heap(void) {
        return (Heap) { .before = lighter, .place = place };
}

static void in_order(const Heap *h) {
        for (size_t i = 1; i <= h->n; i++) {
                const Thing *t = h->items[i];

                assert_int_equal(t->place, i);
                if (i > 1)
                        assert_false(lighter(t, h->items[i / 2]));
        }
}

static void smallest_comes_first(void **state) {
        Thing things[100];
        Heap h = heap();
        unsigned last = 0;

        assert_null(heap_first(&h));
        for (size_t i = 0; i < ARRAY_SIZE(things); i++) {
                things[i] = (Thing) { .weight = (unsigned) (i * 37 % 101) };
                assert_int_equal(heap_put(&h, &things[i]), 0);
                in_order(&h);
        }
        for (Thing *t; (t = heap_first(&h));) {
                assert_true(t->weight >= last);
                last = t->weight;
                heap_remove(&h, t);
                assert_int_equal(t->place, 0);
                in_order(&h);
        }
        heap_done(&h);
}

static void putting_again_moves(void **state) {
        Thing things[20];
        Heap h = heap();

        for (unsigned i = 0; i < ARRAY_SIZE(things); i++) {
                things[i] = (Thing) { .weight = i + 10 };
                assert_int_equal(heap_put(&h, &things[i]), 0);
        }
        things[15].weight = 1;
        assert_int_equal(heap_put(&h, &things[15]), 0);
        assert_ptr_equal(heap_first(&h), &things[15]);
        in_order(&h);
        things[15].weight = 100;
        assert_int_equal(heap_put(&h, &things[15]), 0);
        assert_ptr_equal(heap_first(&h), &things[0]);
        in_order(&h);
        assert_int_equal(h.n, ARRAY_SIZE(things));
        heap_done(&h);
}

/* What takes the place of a removed one may have to go up as well as down. */
static void removal_from_the_middle_keeps_the_order(void **state) {
        static const unsigned weights[] = { 1, 50, 2, 60, 55, 3, 4, 70, 65, 58, 59, 5 };

        for (size_t gone = 0; gone < ARRAY_SIZE(weights); gone++) {
                Thing things[ARRAY_SIZE(weights)];
                Heap h = heap();

                for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
                        things[i] = (Thing) { .weight = weights[i] };
                        assert_int_equal(heap_put(&h, &things[i]), 0);
                }
                heap_remove(&h, &things[gone]);
                assert_int_equal(things[gone].place, 0);
                assert_int_equal(h.n, ARRAY_SIZE(weights) - 1);
                in_order(&h);
                heap_remove(&h, &things[gone]); /* not in it any more */
                assert_int_equal(h.n, ARRAY_SIZE(weights) - 1);
                heap_done(&h);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "the smallest comes first", smallest_comes_first, NULL, NULL, NULL },
                { "putting an element again moves it to where it belongs now", putting_again_moves, NULL, NULL, NULL },
                { "removal from the middle keeps the order", removal_from_the_middle_keeps_the_order, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
