#pragma once
/*
 * Tokens of the dashboard: the cookie of a session, and what its forms carry
 *
 * Pure. Only the browser has a session's token: the store keeps its SHA-256, and the forms carry an HMAC made with it, which therefore
 * need not be stored, differs from session to session, and tells nothing of the token.
 */
#include "page/auth.h"

#define SESSION_TOKEN_CHARS 52u         /* 260 bits */
#define SESSION_TOKEN_SIZE (SESSION_TOKEN_CHARS + 1)
#define TOKEN_MAC_SIZE 65u

/* A new one. 0 or -errno: there is no randomness. */
int token_make(char ret[static SESSION_TOKEN_SIZE]);
/* The token that a Cookie header gives to @name; -ENOENT: none that is shaped like ours. Of several the first. */
int token_from_cookie(const char *header, const char *name, char ret[static SESSION_TOKEN_SIZE]);
/* What forms of that session carry, 64 hexadecimal digits. Returns @ret. */
const char *token_mac(const char *token, char ret[static TOKEN_MAC_SIZE]);
/* In constant time; false when either is empty. */
bool token_mac_equal(const char *mac, const char *sent);
