/*
 * Pairing: two rounds over two sorted lists
 */
#include "reconcile/pair.h"

#include <string.h>

static usec_t distance(usec_t a, usec_t b) {
        return a > b ? a - b : b - a;
}

static void match(PairSide *old, size_t i, PairSide *new, size_t j) {
        old[i].match = j;
        new[j].match = i;
}

static void by_date(PairSide *old, size_t n_old, PairSide *new, size_t n_new) {
        for (size_t i = 0; i < n_old; i++)
                for (size_t j = 0; j < n_new && old[i].match == SIZE_MAX; j++)
                        if (new[j].match == SIZE_MAX && strncmp(old[i].occurrence, new[j].occurrence, strlen("2027-02-07")) == 0)
                                match(old, i, new, j);
}

typedef struct Edge {
        usec_t distance;
        size_t i, j;
} Edge;

static int compare_edges(const void *a, const void *b) {
        const Edge *x = a, *y = b;

        if (x->distance != y->distance)
                return x->distance < y->distance ? -1 : 1;
        if (x->i != y->i)
                return x->i < y->i ? -1 : 1;
        return x->j < y->j ? -1 : x->j > y->j;
}

/* Every pair of free ends at most seven days apart. Starts are sorted, so each old one has few candidates. */
static size_t edges_of(const PairSide *old, size_t n_old, const PairSide *new, size_t n_new, Edge *edges) {
        size_t n = 0, first = 0;

        for (size_t i = 0; i < n_old; i++) {
                if (old[i].match != SIZE_MAX)
                        continue;
                while (first < n_new && usec_add(new[first].start, PAIR_DISTANCE_MAX) < old[i].start)
                        first++;
                for (size_t j = first; j < n_new && new[j].start <= usec_add(old[i].start, PAIR_DISTANCE_MAX); j++) {
                        if (new[j].match != SIZE_MAX)
                                continue;
                        if (edges)
                                edges[n] = (Edge) { distance(old[i].start, new[j].start), i, j };
                        n++;
                }
        }
        return n;
}

int pair_windows(PairSide *old, size_t n_old, PairSide *new, size_t n_new) {
        auto_(free) Edge *edges = NULL;
        size_t n;

        for (size_t i = 0; i < n_old; i++)
                old[i].match = SIZE_MAX;
        for (size_t j = 0; j < n_new; j++)
                new[j].match = SIZE_MAX;
        by_date(old, n_old, new, n_new);

        n = edges_of(old, n_old, new, n_new, NULL);
        if (n == 0)
                return 0;
        edges = calloc(n, sizeof(*edges));
        if (!edges)
                return -ENOMEM;
        (void) edges_of(old, n_old, new, n_new, edges);
        qsort(edges, n, sizeof(*edges), compare_edges);
        for (size_t e = 0; e < n; e++)
                if (old[edges[e].i].match == SIZE_MAX && new[edges[e].j].match == SIZE_MAX)
                        match(old, edges[e].i, new, edges[e].j);
        return 0;
}
