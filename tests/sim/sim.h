#pragma once
/*
 * Sim: some weeks of operation from a seed
 *
 * A seed gives a script, a list of steps: things that people do to manifests and at the page, and things that go wrong. A run
 * plays it in a world and checks, after every step, what must always hold, and at moments of calm that everything is as the
 * manifests say. A script that fails is shortened until no step can be left out of it.
 */
#include "world.h"

#define MEN_MAX 8u
#define STEPS_MAX 4096u
#define NEWCOMER "new"          /* the one manifest that a purge leaves */

typedef enum Op {
        /* people, in Git */
        OP_ADD, OP_RETITLE, OP_MOVE, OP_EXTEND, OP_CANCEL, OP_START_EARLY, OP_COMPLETE_EARLY, OP_DELETE, OP_UNDELETE, OP_REVERT, OP_BREAK, OP_MEND,
        OP_EDIT_RULE, OP_NOTE, OP_TREE_GONE,
        OP_PURGE,               /* all of them go, at once or one by one, and come back: rule 3 */
        /* people, at the page */
        OP_HAND_RETITLE, OP_HAND_START, OP_HAND_COMPLETE, OP_HAND_CANCEL, OP_HAND_DELETE, OP_HAND_EXTEND, OP_FOREIGN,
        /* trouble */
        OP_FAULTS, OP_DOWN, OP_STALE, OP_CRASH_AT, OP_CRASH, OP_RESTART, OP_CLOCK, OP_SLEEP,
        OP_CALM,                /* everything works for a while, and is then as it should be */
        OPS,
} Op;

typedef struct Deed {
        usec_t after;           /* since the step before */
        Op op;
        unsigned man;           /* whom it is about */
        uint64_t dice;          /* every choice in it */
} Deed;

typedef struct Script {
        uint64_t seed;
        unsigned days;
        usec_t resync;
        bool both;              /* a page and an alert manager; never with a slow page */
        bool slow;              /* the page takes six writes a minute */
        bool forgets_keys;      /* … would make a second window of a request that is repeated */
        bool rewrites;          /* … stores what it is sent in its own way */
        Deed steps[STEPS_MAX];
        size_t n;
} Script;

void script_make(Script *s, uint64_t seed, bool year);
/* The @below things that a step may choose its @k-th choice from. */
uint64_t dice_roll(const Deed *step, unsigned k, uint64_t below);
const char *op_name(Op op);

typedef struct Spec {           /* what a file says */
        bool there, recurring, berlin;
        State floor;
        usec_t start;           /* wall clock, as if it were UTC */
        usec_t length;
        unsigned edits, notes;
} Spec;

typedef struct Man {            /* a manifest, and what the oracle knows of it */
        char id[16];
        Spec is, before;        /* the file now, and before the last edit */
        Spec good;              /* the version in force */
        bool broken;
        unsigned words;         /* edits of what it says about times and state */
        unsigned moves;         /* … of times: as many may be told */
        unsigned cancels;       /* … that may cancel something */
        bool early;             /* it may start before its time: its word, or a hand at the page */
        bool early_end;
        usec_t rule_edited;
        bool loose;             /* a step was taken at the page, or one was undone: from then on only what holds for all is checked … */
        bool hand_final;        /* … and that what a person has ended there stays ended … */
        unsigned hand_words;    /* … until the manifest says something else */
        unsigned reworded;      /* times, at the page */
} Man;

typedef struct Sim {
        World *w;
        const Script *script;
        Man men[MEN_MAX];
        usec_t down_until[WORLD_TARGETS]; /* boot; 0: up */
        usec_t tree_until;      /* boot; 0: there */
        usec_t calm_since;      /* boot; 0: not calm */
        json_t *foreign;        /* id → as it was entered; nothing of it may change */
        size_t mails_checked;
        unsigned calms;
        const char *failure;    /* NULL: none */
        char detail[256];
} Sim;

void sim_fails(Sim *s, const char *what, const char *detail);
usec_t spec_start(const Spec *s, uint64_t day);  /* instant of the occurrence @day days after the first */
void man_write(Sim *s, Man *m);                  /* its file */
void people_step(Sim *s, const Deed *step);      /* an op of a person */
void people_begin(Sim *s);
void people_loaded(Sim *s);                      /* what is in force after a load */

/* What must hold after every step. */
void check_always(Sim *s);
/* Windows of ours at the page that are ahead or running, and end after @until. */
unsigned check_count_live(Sim *s, usec_t until);
/* Before anything is approved: what a person has ended at the page stays ended. */
void check_ended_by_hand(Sim *s);
/* Some minutes after the last edit, at a page that works. */
void check_nothing_pending(Sim *s);
/* What must hold when everything has worked for a while; whether manifests that are gone are withdrawn is not known while a file is @broken. */
void check_calm(Sim *s, bool broken);

typedef struct Totals { uint64_t seeds, turns, requests, writes, faults, crashes, steps, calms; } Totals;
/* Plays @script. Returns NULL, or what failed (static), with *ret_detail and *ret_history owned by the caller when they are asked for. */
const char *sim_run(const Script *script, Totals *totals, char **ret_detail, char **ret_history);
