#pragma once
/*
 * Where the page listens
 */
#include "base/base.h"

#define LISTEN_MAX 8u

typedef struct Listen {
        int fd;                 /* owned */
        char *shown;            /* owned; "http://127.0.0.1:8095", "unix:/run/x.sock" */
} Listen;
void listen_done(Listen *l);

/**
 * listen_open() - bind and listen
 * @where:  "127.0.0.1:8095", "[::1]:0" (0: a port that is free), "localhost:8095" is not accepted; or "/run/x.sock"
 * @public: addresses other than loopback are allowed
 *
 * A socket file that nobody listens on any more is replaced.
 * Return: 0; -EINVAL malformed; -EPERM an address that is not loopback without @public; else what the kernel says.
 */
int listen_open(const char *where, bool public, Listen *ret);

/* The sockets that systemd handed over. Return: how many, 0 when none, or -errno (-E2BIG, -EPROTOTYPE: not listening stream). */
int listen_inherit(Listen ret[static LISTEN_MAX]);
