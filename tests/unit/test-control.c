/*
 * Who may ask the daemon; conversations are tested in tests/integration/test_control.py
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/control.h"

#define OWN 990
#define MAINTD 991
#define NO_GROUP ((gid_t) -1)

static const struct peer_case { const char *name; uid_t uid; gid_t gid, groups[3]; size_t n; gid_t maintd; bool allowed; } cases[] = {
        { "root may ask", 0, 0, { 0 }, 0, NO_GROUP, true },
        { "our own user may ask", OWN, 990, { 0 }, 0, NO_GROUP, true },
        { "a member by primary group may ask", 1000, MAINTD, { 0 }, 0, MAINTD, true },
        { "a member by another group may ask", 1000, 1000, { 4, 24, MAINTD }, 3, MAINTD, true },
        { "nobody else may ask", 1000, 1000, { 4, 24, 27 }, 3, MAINTD, false },
        { "root's group is not root", 1000, 0, { 0 }, 1, MAINTD, false },
        { "without the group nobody is in it", 1000, NO_GROUP, { NO_GROUP }, 1, NO_GROUP, false },
};

static void check_peer(void **state) {
        const struct peer_case *c = *state;

        assert_int_equal(control_allowed(c->uid, c->gid, c->groups, c->n, OWN, c->maintd), c->allowed);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, check_peer, NULL, NULL, (void *) (uintptr_t) &cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
