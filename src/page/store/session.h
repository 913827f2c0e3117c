#pragma once
/*
 * Who is signed in at the dashboard
 *
 * A session is known by the SHA-256 of its token, which its browser alone has. It belongs to a key and ends with it, by whatever
 * process that is removed.
 */
#include "page/store/store.h"

#define SESSION_LIFE (12 * USEC_PER_HOUR)
#define SESSION_IDLE USEC_PER_HOUR
#define SESSION_SEEN_EVERY USEC_PER_MINUTE      /* how exactly it is known when it was used last */

typedef struct Session {
        int64_t key;                    /* 0: nobody */
        unsigned scopes;                /* the key's, as they are now */
        const char *name;               /* the key's */
        usec_t created_at, seen_at;
} Session;

/* Is it still good? A clock that was set back by more than a minute ends it too. */
bool session_alive(const Session *s, usec_t now);

/* Beyond PAGE_SESSIONS_MAX of a key, its oldest ones end. */
int store_session_add(Store *s, const unsigned char hash[static SHA256_SIZE], int64_t key, usec_t now);
/* -ENOENT: no such session; whether it is alive is not asked. */
int store_session_get(Store *s, Arena *a, const unsigned char hash[static SHA256_SIZE], Session *ret);
int store_session_seen(Store *s, const unsigned char hash[static SHA256_SIZE], usec_t now);
int store_session_remove(Store *s, const unsigned char hash[static SHA256_SIZE]);
/* Forgets those that are over. */
int store_sessions_prune(Store *s, usec_t now);
