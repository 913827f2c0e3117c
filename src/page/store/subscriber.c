/*
 * The page's memory of subscribers: who they are, and who has been asked
 */
#include "page/store/subscriber.h"

#include <string.h>

#include "page/store/private.h"

int subscriber_row(Row *row, void *data) {
        Subscriber *ret = data;

        *ret = (Subscriber) { .seq = row_int(row) };
        ret->id = row_text(row);
        ret->kind = (SubscriberKind) row_int(row);
        ret->endpoint = row_text(row);
        ret->created_at = (usec_t) row_int(row);
        ret->confirmed_at = (usec_t) row_int(row);
        ret->secret = row_text(row);
        ret->leave = row_text(row);
        if (row->failed)
                return -ENOMEM;
        return ret->kind < SUBSCRIBER_KINDS && (ret->secret || ret->kind != SUBSCRIBER_WEBHOOK) ? 0 : -EUCLEAN;
}

int store_subscriber_by_id(Store *s, Arena *a, const char *id, Subscriber *ret) {
        return store_one(s, a, subscriber_row, ret, SQL_SUBSCRIBER_BY_ID, "t", id);
}

int store_subscriber_by_seq(Store *s, Arena *a, int64_t seq, Subscriber *ret) {
        return store_one(s, a, subscriber_row, ret, SQL_SUBSCRIBER_BY_SEQ, "i", seq);
}

int store_subscriber_by_endpoint(Store *s, Arena *a, SubscriberKind kind, const char *endpoint, Subscriber *ret) {
        return store_one(s, a, subscriber_row, ret, SQL_SUBSCRIBER_BY_ENDPOINT, "it", (int64_t) kind, endpoint);
}

int store_subscriber_by_leave(Store *s, Arena *a, const char *token, Subscriber *ret) {
        return store_one(s, a, subscriber_row, ret, SQL_SUBSCRIBER_BY_LEAVE, "t", token);
}

int store_subscriber_list(Store *s, Arena *a, int64_t after, unsigned limit, Subscriber **ret, size_t *ret_n) {
        return store_many(s, a, subscriber_row, sizeof(**ret), (void **) ret, ret_n, SQL_SUBSCRIBER_LIST, "ii", after, (int64_t) limit);
}

int store_subscriber_find(Store *s, Arena *a, const char *piece, int64_t after, unsigned limit, Subscriber **ret, size_t *ret_n) {
        return store_many(s, a, subscriber_row, sizeof(**ret), (void **) ret, ret_n, SQL_SUBSCRIBER_FIND, "iti", after, piece, (int64_t) limit);
}

int store_subscriber_count(Store *s, size_t *ret) {
        return store_count(s, ret, SQL_SUBSCRIBER_COUNT, "");
}

int store_subscriber_insert(Store *s, Arena *a, Subscriber *subscriber, usec_t now) {
        char id[ID_SIZE], leave[LEAVE_CHARS + 1];
        int r = store_new_id("sub", now, id, now);

        if (r >= 0)
                r = random_text(leave, LEAVE_CHARS);
        if (r >= 0)
                r = store_run(s, SQL_SUBSCRIBER_INSERT, "tituutt", id, (int64_t) subscriber->kind, subscriber->endpoint, subscriber->created_at,
                              subscriber->confirmed_at, subscriber->secret, leave);
        return r < 0 ? r : store_subscriber_by_id(s, a, id, subscriber);
}

int store_subscriber_confirm(Store *s, int64_t seq, usec_t now) {
        int r = store_run(s, SQL_SUBSCRIBER_CONFIRM, "iu", seq, now);

        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int store_subscriber_delete(Store *s, int64_t seq) {
        int r = store_run(s, SQL_SUBSCRIBER_DELETE, "i", seq);

        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int store_subscribers_prune(Store *s, usec_t before) {
        int r = store_run(s, SQL_PENDING_PRUNE, "u", before);

        return r < 0 ? r : 0;
}

static int wanted_row(Row *row, void *data) {
        Service *ret = data;

        *ret = (Service) { .seq = row_int(row) };
        ret->id = row_text(row);
        ret->name = row_text(row);
        return row->failed ? -ENOMEM : 0;
}

int store_subscriber_services(Store *s, Arena *a, int64_t seq, Service **ret, size_t *ret_n) {
        return store_many(s, a, wanted_row, sizeof(**ret), (void **) ret, ret_n, SQL_SUBSCRIBER_SERVICES, "i", seq);
}

int store_subscriber_services_set(Store *s, int64_t seq, const int64_t *services, size_t n) {
        int r = store_run(s, SQL_SUBSCRIBER_SERVICES_CLEAR, "i", seq);

        for (size_t i = 0; i < n && r >= 0; i++)
                r = store_run(s, SQL_SUBSCRIBER_SERVICE_ADD, "ii", seq, services[i]);
        return r < 0 ? r : 0;
}

static int wish_row(Row *row, void *data) {
        Wish *ret = data;

        *ret = (Wish) { .seq = row_int(row) };
        ret->endpoint = row_text(row);
        ret->services = row_text(row);
        ret->created_at = (usec_t) row_int(row);
        ret->due = (usec_t) row_int(row);
        ret->failures = (unsigned) row_int(row);
        ret->trouble = row_text(row);
        return row->failed ? -ENOMEM : 0;
}

int store_wish_count(Store *s, WishBy by, const char *endpoint, usec_t since, size_t *ret_all, size_t *ret_own) {
        auto_(stmt_done) sqlite3_stmt *stmt = NULL;
        int r = store_query(s, SQL_WISH_COUNT, &stmt, "tui", endpoint, since, (int64_t) by);

        if (r >= 0)
                r = store_next(s, stmt);
        if (r < 0)
                return r;
        *ret_all = (size_t) sqlite3_column_int64(stmt, 0);
        *ret_own = (size_t) sqlite3_column_int64(stmt, 1);
        return 0;
}

int store_wish_add(Store *s, WishBy by, const char *endpoint, const char *services, bool due, usec_t now) {
        int r = store_run(s, SQL_WISH_ADD, "ttuui", endpoint, services, now, due ? now : (usec_t) 0, (int64_t) due | (int64_t) by << 1);

        if (r >= 0)
                store_owes(s);
        return r < 0 ? r : 0;
}

int store_wish_token(Store *s, int64_t wish, const unsigned char hash[static SHA256_SIZE]) {
        int r = store_run(s, SQL_WISH_TOKEN_ADD, "bi", hash, wish);

        return r < 0 ? r : 0;
}

int store_wish_by_token(Store *s, Arena *a, const unsigned char hash[static SHA256_SIZE], usec_t since, Wish *ret) {
        return store_one(s, a, wish_row, ret, SQL_WISH_BY_TOKEN, "bu", hash, since);
}

int store_wish_next(Store *s, Arena *a, usec_t now, int64_t after, Wish *ret) {
        return store_one(s, a, wish_row, ret, SQL_WISH_NEXT, "ui", now, after);
}

int store_wishes_waiting(Store *s, Arena *a, unsigned limit, Wish **ret, size_t *ret_n) {
        return store_many(s, a, wish_row, sizeof(**ret), (void **) ret, ret_n, SQL_WISHES_WAITING, "i", (int64_t) limit);
}

int store_wish_later(Store *s, int64_t seq, usec_t due, unsigned failures, const char *why) {
        int r = store_run(s, SQL_WISH_LATER, "iuit", seq, due, (int64_t) failures, why);

        return r < 0 ? r : 0;
}

int store_wish_sent(Store *s, int64_t seq) {
        return store_wish_later(s, seq, 0, 0, NULL);
}

int store_wishes_prune(Store *s, usec_t before) {
        int r = store_run(s, SQL_WISHES_PRUNE, "u", before);

        return r < 0 ? r : 0;
}

int store_wishes_answered(Store *s, const char *endpoint) {
        int r = store_run(s, SQL_WISHES_ANSWERED, "t", endpoint);

        return r < 0 ? r : 0;
}
