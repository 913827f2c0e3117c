#pragma once
/*
 * Situations: nights on call, a row each
 */
#include "world.h"

typedef struct Situation {
        unsigned number;        /* 1 … 42; 0: of the list of smaller ones */
        const char *name;       /* the behaviour */
        void (*run)(void **state);
} Situation;

#define SITUATIONS 42u
/* Each ends with a row without a name. A situation may have several rows. */
extern const Situation situations_1_to_21[], situations_22_to_42[], smaller_situations[];
