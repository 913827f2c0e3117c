/*
 * API keys: made once, kept as a hash, matched in constant time
 */
#include "page/auth.h"

#include <ctype.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/random.h>

#include "base/limits.h"

#define KEY_PREFIX "mpk_"
#define KEY_SECRET_CHARS 52u    /* 260 bits */
_Static_assert(sizeof(KEY_PREFIX) + KEY_ID_SIZE + KEY_SECRET_CHARS <= KEY_SIZE, "a key fits into its text");

/* Crockford's: no i, l, o, u; ascending in ASCII. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const struct {
        const char *name;
        unsigned bits;
} scopes[] = {
        { "maintenance:write", SCOPE_MAINTENANCE_WRITE | SCOPE_MAINTENANCE_READ },
        { "maintenance:read", SCOPE_MAINTENANCE_READ },
        { "services:write", SCOPE_SERVICES_WRITE | SCOPE_SERVICES_READ },
        { "services:read", SCOPE_SERVICES_READ },
        { "subscribers:write", SCOPE_SUBSCRIBERS_WRITE | SCOPE_SUBSCRIBERS_READ },
        { "subscribers:read", SCOPE_SUBSCRIBERS_READ },
        { "monitors:write", SCOPE_MONITORS_WRITE | SCOPE_MONITORS_READ },
        { "monitors:read", SCOPE_MONITORS_READ },
        { "*:*", SCOPE_ALL },
};

int random_text(char *ret, size_t n) {
        unsigned char bytes[64];

        if (n > sizeof(bytes))
                return -EINVAL;
        if (getrandom(bytes, n, 0) != (ssize_t) n)
                return errno > 0 ? -errno : -EIO;
        for (size_t i = 0; i < n; i++)
                ret[i] = alphabet[bytes[i] & 31];
        ret[n] = '\0';
        return 0;
}

void sortable_text(char *ret, size_t n, uint64_t v) {
        ret[n] = '\0';
        for (; n > 0; v >>= 5)
                ret[--n] = alphabet[v & 31];
}

void sha256(const void *data, size_t n, unsigned char ret[static SHA256_SIZE]) {
        struct sha256_ctx ctx;

        sha256_init(&ctx);
        sha256_update(&ctx, n, data);
        sha256_digest(&ctx, SHA256_SIZE, ret);
}

int key_make(char text[static KEY_SIZE], Key *ret) {
        char secret[KEY_SECRET_CHARS + 1];
        Key k = { 0 };
        int r = random_text(k.id, KEY_ID_SIZE - 1);

        if (r >= 0)
                r = random_text(secret, KEY_SECRET_CHARS);
        if (r < 0)
                return r;
        (void) snprintf(text, KEY_SIZE, KEY_PREFIX "%s_%s", k.id, secret);
        explicit_bzero(secret, sizeof(secret));
        sha256(text, strlen(text), k.hash);
        *ret = k;
        return 0;
}

int key_id(const char *text, char ret[static KEY_ID_SIZE]) {
        const size_t prefix = strlen(KEY_PREFIX), id = KEY_ID_SIZE - 1;

        if (strlen(text) != prefix + id + 1 + KEY_SECRET_CHARS || strncmp(text, KEY_PREFIX, prefix) != 0 || text[prefix + id] != '_')
                return -EINVAL;
        memcpy(ret, text + prefix, id);
        ret[id] = '\0';
        return 0;
}

bool key_matches(const Key *k, const char *text) {
        unsigned char hash[KEY_HASH_SIZE];

        sha256(text, strlen(text), hash);
        return memeql_sec(hash, k->hash, sizeof(hash));
}

bool key_name_valid(const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char) name[i]) && !strchr("._@-", name[i]))
                        return false;
        return n > 0 && n <= PAGE_KEY_NAME_MAX && name[0] != '-';
}

int scopes_parse(const char *text, unsigned *ret) {
        unsigned bits = 0;

        for (const char *p = text;;) {
                size_t n = strcspn(p, ","), i = 0;

                while (i < ARRAY_SIZE(scopes) && (strlen(scopes[i].name) != n || strncmp(scopes[i].name, p, n) != 0))
                        i++;
                if (i == ARRAY_SIZE(scopes))
                        return -EINVAL;
                bits |= scopes[i].bits;
                if (p[n] == '\0')
                        break;
                p += n + 1;
        }
        *ret = bits;
        return 0;
}

const char *scopes_format(unsigned bits, char buf[static SCOPES_SIZE]) {
        buf[0] = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
                if ((bits & scopes[i].bits) != scopes[i].bits)
                        continue;
                if (buf[0])
                        strcat(buf, ",");
                strcat(buf, scopes[i].name);
                bits &= ~scopes[i].bits;
        }
        return buf;
}

const char *scope_name(unsigned scope) {
        for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
                if (scopes[i].bits & scope && (scopes[i].bits & ~scope) < scope)
                        return scopes[i].name;
        return "*:*";
}

const char *scope_listed(size_t i) {
        return i < ARRAY_SIZE(scopes) ? scopes[i].name : NULL;
}
