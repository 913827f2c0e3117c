/*
 * The page's memory: who is signed in at the dashboard
 */
#include "page/store/session.h"

#include "base/limits.h"
#include "page/store/private.h"

bool session_alive(const Session *s, usec_t now) {
        return s->created_at <= usec_add(now, USEC_PER_MINUTE) && usec_sub(now, s->created_at) < SESSION_LIFE &&
               usec_sub(now, s->seen_at) < SESSION_IDLE;
}

int store_session_add(Store *s, const unsigned char hash[static SHA256_SIZE], int64_t key, usec_t now) {
        int r = store_run(s, SQL_SESSION_ADD, "biu", hash, key, now);

        if (r >= 0)
                r = store_run(s, SQL_SESSIONS_TRIM, "ii", key, (int64_t) PAGE_SESSIONS_MAX);
        return r < 0 ? r : 0;
}

static int session_row(Row *row, void *data) {
        Session *ret = data;

        *ret = (Session) { .key = row_int(row) };
        ret->scopes = (unsigned) row_int(row);
        ret->name = row_text(row);
        ret->created_at = (usec_t) row_int(row);
        ret->seen_at = (usec_t) row_int(row);
        return row->failed ? -ENOMEM : 0;
}

int store_session_get(Store *s, Arena *a, const unsigned char hash[static SHA256_SIZE], Session *ret) {
        return store_one(s, a, session_row, ret, SQL_SESSION_BY_HASH, "b", hash);
}

int store_session_seen(Store *s, const unsigned char hash[static SHA256_SIZE], usec_t now) {
        int r = store_run(s, SQL_SESSION_SEEN, "bu", hash, now);

        return r < 0 ? r : 0;
}

int store_session_remove(Store *s, const unsigned char hash[static SHA256_SIZE]) {
        int r = store_run(s, SQL_SESSION_REMOVE, "b", hash);

        return r < 0 ? r : 0;
}

int store_sessions_prune(Store *s, usec_t now) {
        int r = store_run(s, SQL_SESSIONS_PRUNE, "uu", usec_sub(now, SESSION_LIFE), usec_sub(now, SESSION_IDLE));

        return r < 0 ? r : 0;
}
