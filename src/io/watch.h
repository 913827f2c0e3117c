#pragma once
/*
 * Watch: tells when a tree has changed and has come to rest
 *
 * inotify over the whole tree. After a change it waits until nothing has moved for 250 ms and no git operation holds index.lock
 * (of the repository the tree is in); after 5 s of waiting it reports all the same, with settled = false. Survives the tree's being
 * replaced (symlink swap, rename, unmount), queue overflow and the watch limit (then it polls and says so).
 */
#include <systemd/sd-event.h>

#include "base/base.h"

#define WATCH_SETTLE_USEC (250 * 1000u)
#define WATCH_PATIENCE_USEC (5 * 1000 * 1000u)
#define WATCH_POLL_USEC (5 * 1000 * 1000u)

typedef struct Watch Watch;
typedef void (*watch_fn)(void *userdata, bool settled);
/* The tree need not exist yet. @changed is called from the loop and may free the watch. @event is borrowed for its life. */
int watch_new(sd_event *event, const char *path, watch_fn changed, void *userdata, Watch **ret);
Watch *watch_free(Watch *w);
DEFINE_AUTO(Watch *, watch_free)
/* True while the tree is changing, or a git operation holds its index.lock: a reload that comes now should wait or hold withdrawals. */
bool watch_busy(const Watch *w);
/* Why the tree is polled every WATCH_POLL_USEC instead of watched (one printable line), NULL: it is watched. */
const char *watch_problem(const Watch *w);
unsigned watch_overflows(const Watch *w); /* how often the kernel dropped events; each time all was looked at again */
/* As watch_new() for a repository (bare, or a work tree): tells when HEAD or any ref has moved; always settled. */
int watch_new_git(sd_event *event, const char *repo, watch_fn changed, void *userdata, Watch **ret);
/* Without a Watch: does a git operation hold the lock of the repository @path is in? */
bool git_locked(const char *path);
