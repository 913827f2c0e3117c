#pragma once
/*
 * Networks: which addresses are whose
 *
 * Two questions are asked of an address: is it one of those that the operator named, and is it one that the whole world could reach?
 * The second guards the machine's neighbours: whoever may name a webhook must not make the page speak to what stands behind the
 * firewall with it. IPv4 is held as ::ffff:a.b.c.d, so that there is one kind of address.
 */
#include <sys/socket.h>

#include "base/limits.h"

#define ADDRESS_BYTES 16u

typedef struct Network {
        unsigned char address[ADDRESS_BYTES];
        unsigned bits;                  /* of the 128 that count */
} Network;

typedef struct Networks {
        Network items[PAGE_NETWORKS_MAX];
        size_t n;
        bool local;                     /* sockets in the file system too */
} Networks;

/* "127.0.0.1, 10.0.0.0/8 ::1 unix": by commas and blanks. -EINVAL: not such a text, or bits set behind the prefix; -E2BIG: too many. */
int networks_parse(const char *text, Networks *ret);
bool networks_contain(const Networks *n, const unsigned char address[static ADDRESS_BYTES]);

/* 0; 1: a socket in the file system, nothing is written; -EAFNOSUPPORT. */
int address_of(const struct sockaddr *from, unsigned char ret[static ADDRESS_BYTES]);
bool address_v4(const unsigned char address[static ADDRESS_BYTES]);
/* As people write it, IPv4 without its prefix. Returns @buf. */
#define ADDRESS_TEXT_SIZE 46u
const char *address_format(const unsigned char address[static ADDRESS_BYTES], char buf[static ADDRESS_TEXT_SIZE]);
/* A numeric address; -EINVAL. */
int address_parse(const char *text, unsigned char ret[static ADDRESS_BYTES]);
bool address_loopback(const unsigned char address[static ADDRESS_BYTES]);
/* Neither private, loopback, link-local, multicast, for documentation, nor a tunnel that leads to such. */
bool address_public(const unsigned char address[static ADDRESS_BYTES]);
/* The page may connect to it for others: it is public, or one of @allowed. */
bool address_allowed(const unsigned char address[static ADDRESS_BYTES], const Networks *allowed);
