#pragma once
/*
 * Effects: what services show while windows overlap, rule 11 of the contract
 *
 * A service is under maintenance until the last running window that names it ends, and shows the worst of their impacts.
 */
#include "base/arena.h"
#include "model/model.h"

typedef struct Running {        /* a window that runs at a target */
        Impact impact;
        const Strv *services;   /* the target's ids, sorted */
} Running;

bool services_meet(const Strv *a, const Strv *b);
/* What each of @services shows while just those of @running run: one Effect each, in the same order, their ids borrowed; from @a.
 * Return: 0 or -ENOMEM. */
int effects_of(const Strv *services, const Running *running, size_t n, Arena *a, Effect **ret);
