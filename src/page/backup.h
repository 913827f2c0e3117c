#pragma once
/*
 * `maintd-page backup FILE`: a copy of everything, while the page serves
 */
#include "page/store/store.h"

/* Opens the state in @dir as its owner, for good; says what is wrong. */
typedef int (*state_open_fn)(const char *dir, Store **ret);

/* @args: the words behind "backup". -EINVAL: they make no sense, the usage should be shown; else the exit status. */
int verb_backup(const char *dir, state_open_fn open_state, int n, char **args);
