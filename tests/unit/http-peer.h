#pragma once
/*
 * A rude HTTP server for tests, living on the event loop of the test itself
 *
 * Each path is a behaviour ("/hang", "/reset-body", …; see http-peer.c). What it was asked is kept, so a test can look at what
 * really arrived. Loopback on a free port, or a unix socket.
 */
#include <systemd/sd-event.h>

#include "base/base.h"

typedef struct Peer Peer;

/* @socket: path of a unix socket to listen on, NULL: 127.0.0.1 and a free port. Aborts on trouble. */
Peer *peer_new(sd_event *event, const char *socket);
Peer *peer_free(Peer *p);
DEFINE_AUTO(Peer *, peer_free)

unsigned peer_port(const Peer *p);
unsigned peer_connections(const Peer *p); /* ever accepted */
unsigned peer_most(const Peer *p);        /* requests being answered at once, at most */
unsigned peer_requests(const Peer *p);    /* whole requests ever read */
const char *peer_last(const Peer *p);     /* the last one as it came: head and body */
