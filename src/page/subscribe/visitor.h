#pragma once
/*
 * Visitors: who sends a form, and how often
 *
 * A visitor is an address, of IPv6 the network of 64 bits that one customer has. Behind a proxy it is what the proxy says, if the operator
 * told us to believe it; of a list, the last one that no proxy of ours has: what stands before it anybody can write.
 */
#include "page/network.h"

#define VISITOR_ROUND (10 * USEC_PER_MINUTE)

typedef struct Visitors Visitors;
Visitors *visitors_new(void);
Visitors *visitors_free(Visitors *v);
DEFINE_AUTO(Visitors *, visitors_free)

/* Counts one form. True; false when there have been PAGE_FORM_POSTS_MAX in this round, and @ret_wait says how long it lasts. */
bool visitors_take(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot, usec_t *ret_wait);

/* As visitors_take(), without counting. */
bool visitors_may(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot, usec_t *ret_wait);

/**
 * visitor_address() - whom a request is from
 * @peer:      the other end of the connection; NULL: a socket in the file system
 * @forwarded: all of X-Forwarded-For, or NULL
 */
void visitor_address(const Networks *proxies, const unsigned char *peer, const char *forwarded, unsigned char ret[static ADDRESS_BYTES]);
