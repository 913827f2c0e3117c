/*
 * Networks: which addresses are whose
 */
#include "page/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define NETWORK_TEXT 64u

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool address_v4(const unsigned char address[static ADDRESS_BYTES]) {
        return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* IANA's registries of special purpose addresses: all of IPv4 that is not for the world … */
static const struct {
        unsigned char address[4];
        unsigned bits;
} special4[] = {
        { { 0, 0, 0, 0 }, 8 },       { { 10, 0, 0, 0 }, 8 },     { { 100, 64, 0, 0 }, 10 },  { { 127, 0, 0, 0 }, 8 },   { { 169, 254, 0, 0 }, 16 },
        { { 172, 16, 0, 0 }, 12 },   { { 192, 0, 0, 0 }, 24 },   { { 192, 0, 2, 0 }, 24 },   { { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 },
        { { 198, 18, 0, 0 }, 15 },   { { 198, 51, 100, 0 }, 24 }, { { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 4 },   { { 240, 0, 0, 0 }, 4 },
};

/* … and what is not for it of 2000::/3, outside of which nothing is. Teredo and 6to4 carry IPv4 inside. */
static const struct {
        unsigned char address[6];
        unsigned bits;
} special6[] = {
        { { 0x20, 0x01, 0x00, 0x00 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, { { 0x20, 0x02 }, 16 }, { { 0x3f, 0xff, 0x00 }, 20 },
};

static bool prefix_equal(const unsigned char *a, const unsigned char *b, unsigned bits) {
        unsigned whole = bits / 8, rest = bits % 8;

        if (memcmp(a, b, whole) != 0)
                return false;
        return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool address_public(const unsigned char address[static ADDRESS_BYTES]) {
        if (address_v4(address)) {
                for (size_t i = 0; i < ARRAY_SIZE(special4); i++)
                        if (prefix_equal(address + sizeof(mapped), special4[i].address, special4[i].bits))
                                return false;
                return true;
        }
        for (size_t i = 0; i < ARRAY_SIZE(special6); i++)
                if (prefix_equal(address, special6[i].address, special6[i].bits))
                        return false;
        return address[0] >> 5 == 1;
}

bool networks_contain(const Networks *n, const unsigned char address[static ADDRESS_BYTES]) {
        for (size_t i = 0; i < n->n; i++)
                if (prefix_equal(address, n->items[i].address, n->items[i].bits))
                        return true;
        return false;
}

int address_of(const struct sockaddr *from, unsigned char ret[static ADDRESS_BYTES]) {
        switch (from->sa_family) {
        case AF_UNIX:
                return 1;
        case AF_INET:
                memcpy(ret, mapped, sizeof(mapped));
                memcpy(ret + sizeof(mapped), &((const struct sockaddr_in *) (const void *) from)->sin_addr, 4);
                return 0;
        case AF_INET6:
                memcpy(ret, &((const struct sockaddr_in6 *) (const void *) from)->sin6_addr, ADDRESS_BYTES);
                return 0;
        default:
                return -EAFNOSUPPORT;
        }
}

const char *address_format(const unsigned char address[static ADDRESS_BYTES], char buf[static ADDRESS_TEXT_SIZE]) {
        bool v4 = address_v4(address);

        return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + sizeof(mapped) : address, buf, ADDRESS_TEXT_SIZE);
}

bool address_loopback(const unsigned char address[static ADDRESS_BYTES]) {
        static const unsigned char loopback[ADDRESS_BYTES] = { [15] = 1 };

        return address_v4(address) ? address[12] == 127 : memcmp(address, loopback, sizeof(loopback)) == 0;
}

int address_parse(const char *text, unsigned char ret[static ADDRESS_BYTES]) {
        unsigned char bytes[ADDRESS_BYTES];

        memcpy(bytes, mapped, sizeof(mapped));
        if (inet_pton(AF_INET, text, bytes + sizeof(mapped)) != 1 && inet_pton(AF_INET6, text, bytes) != 1)
                return -EINVAL;
        memcpy(ret, bytes, ADDRESS_BYTES);
        return 0;
}

/* Bits behind the prefix are a mistake of the hand: was the address meant, or the network? */
static bool prefix_clean(const Network *n) {
        for (unsigned i = n->bits; i < 8 * ADDRESS_BYTES; i++)
                if (n->address[i / 8] >> (7 - i % 8) & 1)
                        return false;
        return true;
}

static int network_parse(char *text, Network *ret) {
        char *slash = strchr(text, '/'), *end = NULL;
        unsigned most = strchr(text, ':') ? 128 : 32;
        unsigned long bits = most;

        if (slash) {
                *slash = '\0';
                bits = slash[1] >= '0' && slash[1] <= '9' ? strtoul(slash + 1, &end, 10) : most + 1;
                if (bits > most || *end != '\0')
                        return -EINVAL;
        }
        ret->bits = (unsigned) bits + 128 - most;
        return address_parse(text, ret->address) < 0 || !prefix_clean(ret) ? -EINVAL : 0;
}

int networks_parse(const char *text, Networks *ret) {
        static const char between[] = " ,\t";
        Networks n = { 0 };

        for (const char *p = text + strspn(text, between); *p; p += strspn(p, between)) {
                size_t length = strcspn(p, between);
                char one[NETWORK_TEXT];

                if (length >= sizeof(one))
                        return -EINVAL;
                memcpy(one, p, length);
                one[length] = '\0';
                p += length;
                if (strcmp(one, "unix") == 0) {
                        n.local = true;
                        continue;
                }
                if (n.n == PAGE_NETWORKS_MAX)
                        return -E2BIG;
                if (network_parse(one, &n.items[n.n++]) < 0)
                        return -EINVAL;
        }
        *ret = n;
        return 0;
}

bool address_allowed(const unsigned char address[static ADDRESS_BYTES], const Networks *allowed) {
        return address_public(address) || networks_contain(allowed, address);
}
