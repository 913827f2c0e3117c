/*
 * Actions: what names a change, what names a refused write, and the order of a plan
 */
#include <string.h>

#include "base/text.h"
#include "reconcile/plan.h"

uint64_t change_hash(const char *what, WindowKey key, unsigned generation, usec_t start, usec_t end) {
        uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, what), key.manifest), key.occurrence);

        h = hash_u64(hash_u64(hash_u64(h, generation), start), end);
        return h ? h : 1;
}

uint64_t refusal_hash(const Action *a) {
        uint64_t h = hash_u64(hash_u64(hash_u64(HASH_SEED, a->kind), a->fields), a->state);

        if (a->want) {
                Print p = object_print(a->want);

                h = hash_bytes(h, &p, sizeof(p));
        }
        h = hash_text(h, a->message);
        return h ? h : 1;
}

int action_compare(const Action *a, const Action *b) {
        int r;

        if (a->urgency != b->urgency)
                return a->urgency < b->urgency ? -1 : 1;
        if (a->due != b->due)
                return a->due < b->due ? -1 : 1;
        if (a->window && b->window && a->window->start != b->window->start)
                return a->window->start < b->window->start ? -1 : 1;
        r = key_compare(a->key, b->key);
        if (r == 0)
                r = strcmp(a->want && a->want->part ? a->want->part : "", b->want && b->want->part ? b->want->part : "");
        return r ? r : (int) a->kind - (int) b->kind;
}
