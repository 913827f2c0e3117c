#pragma once
/*
 * Targets: from the config's words to what drivers and the engine work with
 *
 * manifest/ (which reads the config) and target/ (which speaks the APIs) do not know each other; here they meet. Strings are
 * borrowed from the Config, which outlives the set.
 */
#include "manifest/config.h"
#include "target/driver.h"

typedef struct TargetSet {
        Arena *arena;           /* owned; holds everything here but the config's strings */
        Target *const *items;   /* in the order of the config: sorted by name */
        size_t n;
} TargetSet;

/**
 * targetset_new() - every target of the config
 * @ledger_id: goes into markers; borrowed
 *
 * Return: 0; -EINVAL a type that no driver knows (the config's parser has refused it before); -ENOMEM.
 */
int targetset_new(const Config *config, const char *ledger_id, TargetSet **ret);
/* The engine has let go of them (engine_told_targets() with others, or engine_free()). NULL is fine. */
TargetSet *targetset_free(TargetSet *s);
DEFINE_AUTO(TargetSet *, targetset_free)
const Target *targetset_find(const TargetSet *s, const char *name); /* NULL: none */

/* The drivers as config_parse() wants them, ended by a NULL name; from @a. NULL: out of memory. */
const ConfigDriver *config_drivers(Arena *a);
