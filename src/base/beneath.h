#pragma once
/*
 * Beneath: opening what others may have linked, without leaving a directory
 */
#include "base/base.h"

/**
 * open_beneath() - open @path, which stays beneath the directory @root at every step
 * @path: relative; links in it are followed as long as they too stay beneath @root
 * @flags: as for open(2); O_CLOEXEC is added
 *
 * Asks the kernel (openat2 with RESOLVE_BENEATH), and walks by hand where it cannot be asked.
 * Return: a descriptor owned by the caller; -EXDEV: leads out of @root; -ELOOP: more than 40 links; or what open(2) says.
 */
int open_beneath(int root, const char *path, int flags);

/* The same by hand, for a sandbox that does not know openat2 (gVisor, valgrind, old container runtimes). At most 64 folders deep. */
int open_beneath_by_steps(int root, const char *path, int flags);
