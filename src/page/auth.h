#pragma once
/*
 * API keys: made once, kept as a hash, matched in constant time
 *
 * A key is text "mpk_ID_SECRET": the id finds its row, the secret is 256 random bits, and only the SHA-256 of the whole is
 * stored. With that much entropy a slow hash would protect nothing.
 */
#include "base/limits.h"

#define KEY_ID_SIZE 13u         /* 12 characters */
#define KEY_SIZE 72u            /* the whole text */
#define KEY_HASH_SIZE 32u

enum { /* stored: append only */
        SCOPE_MAINTENANCE_READ = BIT(0),
        SCOPE_MAINTENANCE_WRITE = BIT(1),
        SCOPE_SERVICES_READ = BIT(2),
        SCOPE_SERVICES_WRITE = BIT(3),
        SCOPE_SUBSCRIBERS_READ = BIT(4),
        SCOPE_SUBSCRIBERS_WRITE = BIT(5),
        SCOPE_MONITORS_READ = BIT(6),
        SCOPE_MONITORS_WRITE = BIT(7),
        SCOPE_ALL = BIT(31),            /* also what later versions add */
};

typedef struct Key {
        int64_t seq;
        char id[KEY_ID_SIZE], name[PAGE_KEY_NAME_MAX + 1];
        unsigned char hash[KEY_HASH_SIZE];
        unsigned scopes;
} Key;

/* A new key in @text and its row in @ret (without seq and scopes). 0 or -errno when there is no randomness. */
int key_make(char text[static KEY_SIZE], Key *ret);
/* The id part of what a client sent; -EINVAL when it is no key of ours. */
int key_id(const char *text, char ret[static KEY_ID_SIZE]);
/* In constant time for texts of one length. */
bool key_matches(const Key *k, const char *text);
bool key_name_valid(const char *name);

/* "maintenance:write,services:read" → bits; -EINVAL for an unknown or empty one. Write includes read. */
int scopes_parse(const char *text, unsigned *ret);
/* The bits as such a text, in @buf; what write includes is not repeated. Returns @buf. */
#define SCOPES_SIZE 128u
const char *scopes_format(unsigned scopes, char buf[static SCOPES_SIZE]);
const char *scope_name(unsigned scope);
const char *scope_listed(size_t i);             /* all there are, one after the other; NULL behind the last */
static inline bool scopes_include(unsigned scopes, unsigned wanted) {
        return scopes & SCOPE_ALL || (scopes & wanted) == wanted;
}

#define SHA256_SIZE 32u
void sha256(const void *data, size_t n, unsigned char ret[static SHA256_SIZE]);

/* Fills @ret with @n characters that nobody can guess, 5 bits each, and a NUL. 0 or -errno. */
int random_text(char *ret, size_t n);
/* Writes @v as @n characters of the same alphabet, which sorts as the numbers do; high digits that do not fit are cut off. */
void sortable_text(char *ret, size_t n, uint64_t v);
