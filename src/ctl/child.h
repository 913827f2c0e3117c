#pragma once
/*
 * Child: what other programs are given that maintctl starts (git, a pager)
 */

/* Our environment without what may hold credentials (base/secret.c): they have no business with them, nor has what they start. The array
 * is the caller's, the strings stay where they are. NULL: memory is out. */
char **child_environment(void);
