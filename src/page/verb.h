#pragma once
/*
 * The verbs of the command line: keys and services
 *
 * They work on the state directory itself, while the page runs or not. Each prints its result on stdout and what it has to say
 * to a person on stderr; return: the exit status.
 */
#include "page/store/store.h"

/* @args: the words behind "key" or "service". -EINVAL: they make no sense, the usage should be shown. */
int verb_key(Store *s, int n, char **args);
int verb_service(Store *s, int n, char **args);
