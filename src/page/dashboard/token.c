/*
 * Tokens of the dashboard: the cookie of a session, and what its forms carry
 */
#include "page/dashboard/token.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>

int token_make(char ret[static SESSION_TOKEN_SIZE]) {
        return random_text(ret, SESSION_TOKEN_CHARS);
}

int token_from_cookie(const char *header, const char *name, char ret[static SESSION_TOKEN_SIZE]) {
        size_t n_name = strlen(name);

        for (const char *p = header; p && *p; p += strcspn(p, ";"), p += *p == ';') {
                p += strspn(p, " \t");
                if (strncmp(p, name, n_name) != 0 || p[n_name] != '=')
                        continue;
                p += n_name + 1;
                if (strspn(p, "0123456789abcdefghijklmnopqrstuvwxyz") != SESSION_TOKEN_CHARS || !strchr("; \t", p[SESSION_TOKEN_CHARS]))
                        continue;
                memcpy(ret, p, SESSION_TOKEN_CHARS);
                ret[SESSION_TOKEN_CHARS] = '\0';
                return 0;
        }
        return -ENOENT;
}

const char *token_mac(const char *token, char ret[static TOKEN_MAC_SIZE]) {
        static const char purpose[] = "a form of the dashboard";
        uint8_t digest[SHA256_SIZE];
        struct hmac_sha256_ctx ctx;

        hmac_sha256_set_key(&ctx, strlen(token), (const uint8_t *) token);
        hmac_sha256_update(&ctx, strlen(purpose), (const uint8_t *) purpose);
        hmac_sha256_digest(&ctx, sizeof(digest), digest);
        for (size_t i = 0; i < sizeof(digest); i++)
                (void) snprintf(ret + 2 * i, 3, "%02x", digest[i]);
        return ret;
}

bool token_mac_equal(const char *mac, const char *sent) {
        size_t n = strlen(mac);

        return n > 0 && sent && strlen(sent) == n && memeql_sec(mac, sent, n);
}
