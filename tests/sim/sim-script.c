/*
 * Sim: the script that a seed gives
 */
#include "base/text.h"
#include "sim.h"

static const struct { Op op; const char *name; unsigned weight; } ops[] = {
        { OP_ADD, "add", 8 },           { OP_RETITLE, "retitle", 6 },   { OP_MOVE, "move", 8 },
        { OP_EXTEND, "extend", 6 },     { OP_CANCEL, "cancel", 2 },     { OP_START_EARLY, "start early", 2 },
        { OP_COMPLETE_EARLY, "complete early", 2 },                     { OP_DELETE, "delete", 3 },
        { OP_UNDELETE, "undelete", 4 }, { OP_REVERT, "revert", 3 },     { OP_BREAK, "break", 3 },
        { OP_MEND, "mend", 4 },         { OP_EDIT_RULE, "edit rule", 4 }, { OP_NOTE, "note", 4 },
        { OP_TREE_GONE, "tree gone", 1 }, { OP_PURGE, "purge", 1 }, { OP_HAND_RETITLE, "hand retitle", 3 }, { OP_HAND_START, "hand start", 1 },
        { OP_HAND_COMPLETE, "hand complete", 1 }, { OP_HAND_CANCEL, "hand cancel", 1 }, { OP_HAND_DELETE, "hand delete", 1 },
        { OP_HAND_EXTEND, "hand extend", 1 }, { OP_FOREIGN, "foreign", 1 }, { OP_FAULTS, "faults", 10 },
        { OP_DOWN, "down", 6 },         { OP_STALE, "stale", 2 },       { OP_CRASH_AT, "crash at", 10 },
        { OP_CRASH, "crash", 3 },       { OP_RESTART, "restart", 2 },   { OP_CLOCK, "clock", 2 },
        { OP_SLEEP, "sleep", 2 },       { OP_CALM, "calm", 5 },
};
_Static_assert(ARRAY_SIZE(ops) == OPS, "every op has a weight");

const char *op_name(Op op) {
        return ops[op].name;
}

uint64_t dice_roll(const Deed *step, unsigned k, uint64_t below) {
        return hash_u64(hash_u64(step->dice, k), 0x0d1ce) % below;
}

static uint64_t next(uint64_t *rng) {
        return *rng = hash_u64(*rng, 0x5c71b7);
}

static Op choose(uint64_t *rng) {
        unsigned all = 0, n;

        for (size_t k = 0; k < OPS; k++)
                all += ops[k].weight;
        n = (unsigned) (next(rng) % all);
        for (size_t k = 0;; k++) {
                if (n < ops[k].weight)
                        return ops[k].op;
                n -= ops[k].weight;
        }
}

void script_make(Script *s, uint64_t seed, bool year) {
        static const unsigned resyncs[] = { 120, 240, 360, 480 };
        uint64_t rng = hash_u64(seed, 0xdeed), mean;
        usec_t all = 0;

        s->seed = seed;
        s->days = year ? 365 : 14;
        s->slow = seed % 5 == 0;
        s->rewrites = seed % 4 == 0;
        s->forgets_keys = seed % 3 == 0;
        s->both = next(&rng) % 3 == 0 && !s->slow;
        s->resync = year ? 5 * USEC_PER_MINUTE : resyncs[next(&rng) % ARRAY_SIZE(resyncs)] * USEC_PER_MINUTE;
        s->n = 0;
        mean = year ? 24 * 60 : 360 + next(&rng) % 600;
        while (all < s->days * USEC_PER_DAY && s->n < STEPS_MAX) {
                Deed *step = &s->steps[s->n++];

                step->after = (1 + next(&rng) % (2 * mean)) * USEC_PER_MINUTE + (next(&rng) % 2 ? next(&rng) % USEC_PER_MINUTE : 0);
                step->op = choose(&rng);
                step->man = (unsigned) (next(&rng) % MEN_MAX);
                step->dice = next(&rng);
                all += step->after;
        }
}
