/*
 * Which addresses are whose
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "page/network.h"

static void knows_what_the_world_can_reach(void **state) {
        static const char *const public[] = { "8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.167.1.1", "100.63.1.1", "100.128.0.1", "2606:4700::1", "2a00::1",
                                              "::ffff:8.8.8.8", "198.20.0.1", "223.255.255.255", "3ffe::1" };
        static const char *const inner[] = { "0.0.0.0", "10.1.2.3", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                                             "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
                                             "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2001:db8::1",
                                             "2001::1", "2002:7f00:1::", "64:ff9b::7f00:1", "3fff::1", "::127.0.0.1", "fec0::1" };
        unsigned char a[ADDRESS_BYTES];

        for (size_t i = 0; i < ARRAY_SIZE(public); i++) {
                assert_int_equal(address_parse(public[i], a), 0);
                if (!address_public(a))
                        fail_msg("%s is public", public[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
                assert_int_equal(address_parse(inner[i], a), 0);
                if (address_public(a))
                        fail_msg("%s is not public", inner[i]);
        }
}

static void reads_lists(void **state) {
        static const struct { const char *text, *in, *out; } rows[] = {
                { "10.0.0.0/8", "10.255.0.1", "11.0.0.0" }, { "127.0.0.1", "127.0.0.1", "127.0.0.2" }, { "::1, fd00::/8", "fdff::1", "fe00::1" },
                { "192.168.1.128/25 10.0.0.0/31", "192.168.1.255", "192.168.1.127" }, { "0.0.0.0/0", "8.8.8.8", "2a00::1" }, { "::/0", "8.8.8.8", NULL },
                { " unix ,, 10.1.0.0/16", "10.1.2.3", "10.2.0.0" },
        };
        unsigned char a[ADDRESS_BYTES];
        Networks n;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                assert_int_equal(networks_parse(rows[i].text, &n), 0);
                assert_int_equal(address_parse(rows[i].in, a), 0);
                assert_true(networks_contain(&n, a));
                if (rows[i].out) {
                        assert_int_equal(address_parse(rows[i].out, a), 0);
                        assert_false(networks_contain(&n, a));
                }
        }
        assert_true(n.local);
        assert_int_equal(networks_parse("", &n), 0);
        assert_int_equal(n.n, 0);
        assert_false(n.local);
}

static void refuses_what_is_no_list(void **state) {
        static const char *const wrong[] = { "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "host", "::1/129", "10.0.0", "fe80::1/10", "10.0.0.0/8/8",
                                             "1111111111111111111111111111111111111111111111111111111111111111111111111" };
        Networks n = { .n = 7 };

        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                if (networks_parse(wrong[i], &n) != -EINVAL)
                        fail_msg("%s was read", wrong[i]);
        assert_int_equal(n.n, 7);
}

static void reads_sockets(void **state) {
        struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001) };
        struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        struct sockaddr_un local = { .sun_family = AF_UNIX };
        struct sockaddr other = { .sa_family = AF_PACKET };
        unsigned char a[ADDRESS_BYTES], b[ADDRESS_BYTES];

        assert_int_equal(address_of((struct sockaddr *) &four, a), 0);
        assert_int_equal(address_parse("10.0.0.1", b), 0);
        assert_memory_equal(a, b, sizeof(a));
        assert_int_equal(address_of((struct sockaddr *) &six, a), 0);
        assert_int_equal(address_parse("::1", b), 0);
        assert_memory_equal(a, b, sizeof(a));
        assert_int_equal(address_of((struct sockaddr *) &local, a), 1);
        assert_int_equal(address_of(&other, a), -EAFNOSUPPORT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "knows what the world can reach", knows_what_the_world_can_reach, NULL, NULL, NULL },
                { "reads lists of networks", reads_lists, NULL, NULL, NULL },
                { "refuses what is no list of networks", refuses_what_is_no_list, NULL, NULL, NULL },
                { "reads the addresses of sockets", reads_sockets, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("networks", tests, NULL, NULL);
}
