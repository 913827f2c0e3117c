#pragma once
/*
 * A crew: transfers in threads, for those during which curl stands still
 *
 * Where curl waits within its own call (for what a mail server says to a mail's last dot), multi.c would wait with it, and so would every
 * visitor. Here a thread waits. The interface is that of multi.h: a transfer is handed over, and when it has ended, the event loop tells its
 * maker. Until then it, its handle and what curl's callbacks touch are the thread's alone.
 */
#include "page/multi.h"

#define CREW_SIZE 4u            /* threads; each keeps its last connection for the next transfer */
#define CREW_WAITING_MAX 64u

typedef struct Crew Crew;

/* Threads begin when they are needed. @name: of the event source, borrowed during the call. 0 or -errno. */
int crew_new(sd_event *event, const char *name, Crew **ret);
/* Ends them within moments, whatever the other side does; what was under way or waiting is its maker's again, who is not told. */
Crew *crew_free(Crew *c);
DEFINE_AUTO(Crew *, crew_free)
/**
 * crew_add() - hand over a transfer
 *
 * CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION of its handle are the crew's. Return: 0; -EAGAIN when CREW_WAITING_MAX of them
 * wait, or there is not even one thread; -ENOMEM.
 */
int crew_add(Crew *c, Transfer *t);
