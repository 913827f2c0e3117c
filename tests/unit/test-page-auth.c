/*
 * API keys, scopes and ids
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page/auth.h"

static void keys(void **state) {
        char text[KEY_SIZE], other[KEY_SIZE], id[KEY_ID_SIZE];
        Key key, second;

        assert_int_equal(key_make(text, &key), 0);
        assert_int_equal(key_make(other, &second), 0);
        assert_string_not_equal(text, other);
        assert_int_equal(key_id(text, id), 0);
        assert_string_equal(id, key.id);
        assert_true(key_matches(&key, text));
        assert_false(key_matches(&key, other));
        text[strlen(text) - 1] ^= 1;
        assert_false(key_matches(&key, text));
        assert_null(memmem(key.hash, sizeof(key.hash), text + 17, 8));
}

static void no_keys(void **state) {
        static const char *const texts[] = { "", "mpk_", "mpk_000000000000_short", "xxx_000000000000_0000000000000000000000000000000000000000000000000000",
                                             "mpk_000000000000x0000000000000000000000000000000000000000000000000000" };
        char id[KEY_ID_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                assert_int_equal(key_id(texts[i], id), -EINVAL);
}

static void scope_texts(void **state) {
        static const struct {
                const char *text, *canonical;
        } rows[] = {
                { "maintenance:write", "maintenance:write" },
                { "maintenance:read,maintenance:write", "maintenance:write" },
                { "services:read,maintenance:read", "maintenance:read,services:read" },
                { "*:*", "*:*" },
                { "maintenance:write,services:write", "maintenance:write,services:write" },
                { "", NULL }, { "maintenance", NULL }, { "maintenance:read,", NULL }, { ",maintenance:read", NULL }, { "maintenance:read ", NULL },
                { "maintenance:*", NULL },
        };
        char buf[SCOPES_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                unsigned bits = 0;
                int r = scopes_parse(rows[i].text, &bits);

                assert_int_equal(r, rows[i].canonical ? 0 : -EINVAL);
                if (r == 0)
                        assert_string_equal(scopes_format(bits, buf), rows[i].canonical);
        }
}

static void write_includes_read(void **state) {
        unsigned bits = 0;

        assert_int_equal(scopes_parse("maintenance:write", &bits), 0);
        assert_true(scopes_include(bits, SCOPE_MAINTENANCE_READ));
        assert_false(scopes_include(bits, SCOPE_SERVICES_READ));
        assert_int_equal(scopes_parse("maintenance:read", &bits), 0);
        assert_false(scopes_include(bits, SCOPE_MAINTENANCE_WRITE));
        assert_int_equal(scopes_parse("*:*", &bits), 0);
        assert_true(scopes_include(bits, SCOPE_SERVICES_WRITE));
}

static void scope_names(void **state) {
        assert_string_equal(scope_name(SCOPE_MAINTENANCE_READ), "maintenance:read");
        assert_string_equal(scope_name(SCOPE_MAINTENANCE_WRITE), "maintenance:write");
        assert_string_equal(scope_name(SCOPE_SERVICES_READ), "services:read");
        assert_string_equal(scope_name(SCOPE_SERVICES_WRITE), "services:write");
}

static void sorting(void **state) {
        static const uint64_t ascending[] = { 0, 1, 31, 32, 1000, 1795421140861, 1795421140862 };
        char last[12] = "", text[12];

        for (size_t i = 0; i < ARRAY_SIZE(ascending); i++) {
                sortable_text(text, 10, ascending[i]);
                assert_true(strcmp(last, text) < 0);
                memcpy(last, text, sizeof(last));
        }
}

static void names(void **state) {
        assert_true(key_name_valid("maintd@host-1.example"));
        assert_false(key_name_valid(""));
        assert_false(key_name_valid("-x"));
        assert_false(key_name_valid("a b"));
        assert_false(key_name_valid("a\nb"));
}

static void digests(void **state) {
        static const unsigned char abc[] = { 0xba, 0x78, 0x16, 0xbf };
        unsigned char digest[SHA256_SIZE];

        sha256("abc", 3, digest);
        assert_memory_equal(digest, abc, sizeof(abc));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "a key matches its own hash alone", keys, NULL, NULL, NULL },
                { "knows what is no key", no_keys, NULL, NULL, NULL },
                { "reads and writes scopes", scope_texts, NULL, NULL, NULL },
                { "write includes read", write_includes_read, NULL, NULL, NULL },
                { "names the scope that is missing", scope_names, NULL, NULL, NULL },
                { "ids sort as numbers do", sorting, NULL, NULL, NULL },
                { "refuses odd names of keys", names, NULL, NULL, NULL },
                { "SHA-256 of abc", digests, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("page-auth", tests, NULL, NULL);
}
