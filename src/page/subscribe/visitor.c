/*
 * Visitors: who sends a form, and how often
 */
#include "page/subscribe/visitor.h"

#include <string.h>

#define NETWORK_BYTES 8u                /* of IPv6 */
#define ADDRESS_TEXT 48u

typedef struct Round {
        unsigned char address[ADDRESS_BYTES];
        usec_t end;                     /* CLOCK_BOOTTIME; 0: free */
        unsigned used;
} Round;

struct Visitors {
        Round rounds[PAGE_VISITORS_MAX];
};

Visitors *visitors_new(void) {
        return calloc(1, sizeof(Visitors));
}

Visitors *visitors_free(Visitors *v) {
        free(v);
        return NULL;
}

static void network_of(const unsigned char address[static ADDRESS_BYTES], unsigned char ret[static ADDRESS_BYTES]) {
        memcpy(ret, address, ADDRESS_BYTES);
        if (!address_v4(address))
                memset(ret + NETWORK_BYTES, 0, ADDRESS_BYTES - NETWORK_BYTES);
}

/* Its own round, or in place of the one that ends first. */
static Round *visitors_find(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot) {
        Round *first = &v->rounds[0];

        for (size_t i = 0; i < PAGE_VISITORS_MAX; i++) {
                Round *r = &v->rounds[i];

                if (r->end > boot && memcmp(r->address, address, ADDRESS_BYTES) == 0)
                        return r;
                if (r->end < first->end)
                        first = r;
        }
        *first = (Round) { .end = usec_add(boot, VISITOR_ROUND) };
        memcpy(first->address, address, ADDRESS_BYTES);
        return first;
}

static bool visitors_look(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot, unsigned counted, usec_t *ret_wait) {
        unsigned char network[ADDRESS_BYTES];
        Round *r;

        network_of(address, network);
        r = visitors_find(v, network, boot);
        *ret_wait = usec_sub(r->end, boot);
        if (r->used >= PAGE_FORM_POSTS_MAX)
                return false;
        r->used += counted;
        return true;
}

bool visitors_take(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot, usec_t *ret_wait) {
        return visitors_look(v, address, boot, 1, ret_wait);
}

bool visitors_may(Visitors *v, const unsigned char address[static ADDRESS_BYTES], usec_t boot, usec_t *ret_wait) {
        return visitors_look(v, address, boot, 0, ret_wait);
}

/* The last of the list's addresses, cut off from it; -ENOENT: there is none, or it is no address. */
static int take_last(const char *list, size_t *n, unsigned char ret[static ADDRESS_BYTES]) {
        char text[ADDRESS_TEXT];
        size_t begin, end = *n;

        while (end > 0 && strchr(", \t", list[end - 1]))
                end--;
        for (begin = end; begin > 0 && !strchr(", \t", list[begin - 1]); begin--)
                ;
        *n = begin;
        if (end == begin || end - begin >= sizeof(text))
                return -ENOENT;
        memcpy(text, list + begin, end - begin);
        text[end - begin] = '\0';
        return address_parse(text, ret) < 0 ? -ENOENT : 0;
}

void visitor_address(const Networks *proxies, const unsigned char *peer, const char *forwarded, unsigned char ret[static ADDRESS_BYTES]) {
        unsigned char at[ADDRESS_BYTES] = { 0 };
        size_t n = forwarded ? strlen(forwarded) : 0;
        bool trusted = peer ? networks_contain(proxies, peer) : proxies->local;

        if (peer)
                memcpy(at, peer, sizeof(at));
        while (trusted && take_last(forwarded, &n, at) >= 0)
                trusted = networks_contain(proxies, at);
        memcpy(ret, at, sizeof(at));
}
