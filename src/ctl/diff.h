#pragma once
/*
 * Diff: what an edit changes, as `diff -u` shows it
 */
#include "ctl/ctl.h"

/* A unified diff of two texts with three lines around each change, under the names a/@path and b/@path (@path NULL: without names); ""
 * when they are equal. A new string owned by the caller, NULL: no memory. Not made safe for a terminal. */
char *diff_unified(const char *path, const char *before, const char *after);
/* The style of one of its lines, "" none. */
const char *diff_style(const char *line);
/* Prints it, each line printable, with colours where the terminal has them. */
void diff_print(const Ctl *ctl, const char *diff, FILE *f);
