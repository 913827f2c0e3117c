/*
 * Who a visitor is, and how often one sends a form
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page/subscribe/visitor.h"

static const struct who { const char *name, *proxies, *peer, *forwarded, *who; } whos[] = {
        { "nobody is believed unless told", "", "127.0.0.1", "198.51.100.7", "127.0.0.1" },
        { "a proxy that is known is", "127.0.0.1", "127.0.0.1", "198.51.100.7", "198.51.100.7" },
        { "what stands before the last may be forged", "127.0.0.1", "127.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7" },
        { "proxies behind one another", "127.0.0.1 10.0.0.0/8", "127.0.0.1", "1.1.1.1,198.51.100.7 ,10.1.1.1,10.2.2.2", "198.51.100.7" },
        { "a stranger's word is not passed on", "10.0.0.0/8", "198.51.100.9", "10.1.1.1", "198.51.100.9" },
        { "a proxy that says nothing", "127.0.0.1", "127.0.0.1", NULL, "127.0.0.1" },
        { "a proxy that says nonsense", "127.0.0.1", "127.0.0.1", "unknown", "127.0.0.1" },
        { "nonsense before an address", "127.0.0.1", "127.0.0.1", "x, 198.51.100.7", "198.51.100.7" },
        { "nonsense behind an address", "127.0.0.1", "127.0.0.1", "198.51.100.7, x", "127.0.0.1" },
        { "only commas", "127.0.0.1", "127.0.0.1", " , ,", "127.0.0.1" },
        { "IPv6", "::1", "::1", "2001:db8::1", "2001:db8::1" },
        { "all of them proxies", "127.0.0.1 10.0.0.0/8", "127.0.0.1", "10.0.0.1", "10.0.0.1" },
        { "a socket that is trusted", "unix", NULL, "198.51.100.7", "198.51.100.7" },
        { "a socket that is not", "", NULL, "198.51.100.7", "::" },
};

static void finds_the_visitor(void **state) {
        const struct who *w = *state;
        unsigned char peer[ADDRESS_BYTES], found[ADDRESS_BYTES], wanted[ADDRESS_BYTES];
        Networks proxies;

        assert_int_equal(networks_parse(w->proxies, &proxies), 0);
        assert_int_equal(address_parse(w->who, wanted), 0);
        if (w->peer)
                assert_int_equal(address_parse(w->peer, peer), 0);
        visitor_address(&proxies, w->peer ? peer : NULL, w->forwarded, found);
        assert_memory_equal(found, wanted, sizeof(found));
}

static bool take(Visitors *v, const char *address, usec_t second) {
        unsigned char bytes[ADDRESS_BYTES];
        usec_t wait;

        assert_int_equal(address_parse(address, bytes), 0);
        return visitors_take(v, bytes, second * USEC_PER_SEC, &wait);
}

static void counts(void **state) { /* PAGE_FORM_POSTS_MAX */
        auto_(visitors_free) Visitors *v = visitors_new();

        for (unsigned i = 0; i < PAGE_FORM_POSTS_MAX; i++)
                assert_true(take(v, "192.0.2.1", 10 + i));
        assert_false(take(v, "192.0.2.1", 20));
        assert_true(take(v, "192.0.2.2", 20));
        assert_false(take(v, "192.0.2.1", 609));
        assert_true(take(v, "192.0.2.1", 610));
        for (unsigned i = 0; i < PAGE_FORM_POSTS_MAX; i++)
                assert_true(take(v, i % 2 ? "2001:db8::1" : "2001:db8::2", 10));
        assert_false(take(v, "2001:db8:0:0:ffff::3", 11));
        assert_true(take(v, "2001:db8:0:1::3", 11));
}

static void forgets_the_oldest(void **state) { /* PAGE_VISITORS_MAX */
        auto_(visitors_free) Visitors *v = visitors_new();
        char address[32];

        for (unsigned n = 0; n < PAGE_VISITORS_MAX; n++) {
                (void) snprintf(address, sizeof(address), "10.0.%u.%u", n / 256, n % 256);
                for (unsigned i = 0; i < PAGE_FORM_POSTS_MAX; i++)
                        assert_true(take(v, address, 10 + n % 2));
        }
        assert_false(take(v, "10.0.0.0", 20));
        assert_false(take(v, "10.0.0.1", 20));
        assert_true(take(v, "10.1.0.0", 20));
        assert_true(take(v, "10.0.0.0", 20)); /* the new one is in its place */
        assert_false(take(v, "10.0.0.1", 20));
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(whos) + 2];
        size_t n = 0;

        for (; n < ARRAY_SIZE(whos); n++)
                tests[n] = (struct CMUnitTest) { whos[n].name, finds_the_visitor, NULL, NULL, (void *) &whos[n] };
        tests[n++] = (struct CMUnitTest) { "counts the forms of an address, of IPv6 of its network", counts, NULL, NULL, NULL };
        tests[n++] = (struct CMUnitTest) { "forgets the oldest when there are too many", forgets_the_oldest, NULL, NULL, NULL };
        return cmocka_run_group_tests_name("visitors", tests, NULL, NULL);
}
