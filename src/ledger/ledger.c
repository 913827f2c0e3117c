/*
 * What every ledger shares: the life of a snapshot, and deep copies into its arena
 */
#include "ledger/ledger.h"

#include <string.h>

#include "base/text.h"

void snapshot_done(Snapshot *s) {
        (void) arena_free(s->arena);
        *s = (Snapshot) { 0 };
}

bool entry_speaks(const Entry *e) {
        return (e->kind != ENTRY_MANIFEST && e->kind != ENTRY_SERVICE) || (e->text && *e->text);
}

WindowKey entry_key(const Entry *e) {
        if (e->key.manifest && *e->key.manifest)
                return (WindowKey) { e->key.manifest, e->key.occurrence ? e->key.occurrence : "" };
        if (e->record)
                return e->record->key;
        return (WindowKey) { e->manifest ? e->manifest->id : "", "" };
}

const char *intern(Intern *in, const char *s) {
        const char **slot;

        if (!s || !*s)
                return "";
        slot = &in->slots[hash_text(HASH_SEED, s) % ARRAY_SIZE(in->slots)];
        if (!*slot || strcmp(*slot, s) != 0)
                *slot = arena_strdup(in->arena, s);
        return *slot;
}
