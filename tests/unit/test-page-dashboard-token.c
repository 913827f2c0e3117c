/*
 * Tokens of the dashboard: found in a cookie, and what a form must carry
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "page/dashboard/token.h"

#define A "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk"
#define B "zyxwvtsrqpnmkjhgfedcba9876543210zyxwvtsrqpnmkjhgfedc"

static const struct cookie_case { const char *name, *header, *token; } cookie_cases[] = {
        { "none", NULL, NULL },
        { "empty", "", NULL },
        { "alone", "maintd=" A, A },
        { "between others", "a=b; maintd=" A "; c=d", A },
        { "without a blank", "a=b;maintd=" A, A },
        { "of two, the first that is one", "maintd=x; maintd=" A "; maintd=" B, A },
        { "another name that ends like it", "xmaintd=" A, NULL },
        { "another name that begins like it", "maintd2=" A, NULL },
        { "too short", "maintd=0123", NULL },
        { "too long", "maintd=" A "0", NULL },
        { "no character of ours", "maintd=" A "%", NULL },
        { "in capitals", "maintd=0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJK", NULL },
};

static void finds_the_token(void **state) {
        const struct cookie_case *c = *state;
        char token[SESSION_TOKEN_SIZE];
        int r = token_from_cookie(c->header, "maintd", token);

        assert_int_equal(r, c->token ? 0 : -ENOENT);
        if (c->token)
                assert_string_equal(token, c->token);
}

static void forms_of_a_session_carry_the_same_and_of_another_none_of_it(void **state) {
        char a[TOKEN_MAC_SIZE], again[TOKEN_MAC_SIZE], b[TOKEN_MAC_SIZE];

        assert_string_equal(token_mac(A, a), token_mac(A, again));
        assert_int_equal(strlen(a), 64);
        assert_true(token_mac_equal(a, again));
        assert_false(token_mac_equal(a, token_mac(B, b)));
        assert_null(strstr(a, "0123456789abcdefgh"));
}

static void a_form_without_it_is_none_of_ours(void **state) {
        char a[TOKEN_MAC_SIZE];

        (void) token_mac(A, a);
        assert_false(token_mac_equal(a, NULL));
        assert_false(token_mac_equal(a, ""));
        assert_false(token_mac_equal("", ""));  /* nobody has signed in */
        assert_false(token_mac_equal("", a));
        a[63] = a[63] == '0' ? '1' : '0';
        assert_false(token_mac_equal(token_mac(A, (char[TOKEN_MAC_SIZE]) { 0 }), a));
}

static void no_two_are_the_same(void **state) {
        char a[SESSION_TOKEN_SIZE], b[SESSION_TOKEN_SIZE];

        assert_int_equal(token_make(a), 0);
        assert_int_equal(token_make(b), 0);
        assert_int_equal(strlen(a), SESSION_TOKEN_CHARS);
        assert_string_not_equal(a, b);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cookie_cases) + 3] = {
                cmocka_unit_test(forms_of_a_session_carry_the_same_and_of_another_none_of_it),
                cmocka_unit_test(a_form_without_it_is_none_of_ours),
                cmocka_unit_test(no_two_are_the_same),
        };

        for (size_t i = 0; i < ARRAY_SIZE(cookie_cases); i++)
                tests[3 + i] = (struct CMUnitTest) { cookie_cases[i].name, finds_the_token, NULL, NULL, (void *) &cookie_cases[i] };
        return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
