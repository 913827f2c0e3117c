#pragma once
/*
 * The page's memory of subscribers, and of what each is still owed
 *
 * A message that is owed (a row of the outbox) becomes one row of `delivery` for each subscriber in the same transaction, and that row goes
 * away when the message has been taken or given up. When the next attempt is due stands with the subscriber, not with the message: an
 * endpoint is down or it is not, and its messages go out in order. As in store/store.h otherwise.
 */
#include "page/store/store.h"
#include "page/subscribe/subscriber.h"

int store_subscriber_by_id(Store *s, Arena *a, const char *id, Subscriber *ret);
int store_subscriber_by_seq(Store *s, Arena *a, int64_t seq, Subscriber *ret);
int store_subscriber_by_endpoint(Store *s, Arena *a, SubscriberKind kind, const char *endpoint, Subscriber *ret);
int store_subscriber_by_leave(Store *s, Arena *a, const char *token, Subscriber *ret);
/* Forgets those who never said yes, of before @before. */
int store_subscribers_prune(Store *s, usec_t before);
/* In order of creation, those behind @after. */
int store_subscriber_list(Store *s, Arena *a, int64_t after, unsigned limit, Subscriber **ret, size_t *ret_n);
/* The same, of those in whose endpoint @piece occurs, in either case. */
int store_subscriber_find(Store *s, Arena *a, const char *piece, int64_t after, unsigned limit, Subscriber **ret, size_t *ret_n);
int store_subscriber_count(Store *s, size_t *ret);
/* Gives it seq, id and the token that unsubscribes; kind, endpoint, times and secret are the caller's. -EEXIST. */
int store_subscriber_insert(Store *s, Arena *a, Subscriber *subscriber, usec_t now);
int store_subscriber_confirm(Store *s, int64_t seq, usec_t now);
/* With all that it was owed. -ENOENT. */
int store_subscriber_delete(Store *s, int64_t seq);

/* Those it wants to hear of; none: all. */
int store_subscriber_services(Store *s, Arena *a, int64_t seq, Service **ret, size_t *ret_n);
int store_subscriber_services_set(Store *s, int64_t seq, const int64_t *services, size_t n);

/* --- wishes: an address that has been asked whether it wants to be told --- */
typedef struct Wish {
        int64_t seq;
        const char *endpoint;
        const char *services;           /* ids, separated by blanks; "": all */
        usec_t created_at, due;         /* due: when the question is to be sent; 0: it has been, or never will be */
        unsigned failures;
        const char *trouble;            /* what stood against the last attempt, or NULL */
} Wish;

/* Visitors, whom anybody can be, do not use up what those with a key may. */
typedef enum WishBy { WISH_BY_VISITOR, WISH_BY_KEY } WishBy;
/* How many wishes there are since @since: by such people, and of this address, by anybody, those that were to be sent. */
int store_wish_count(Store *s, WishBy by, const char *endpoint, usec_t since, size_t *ret_all, size_t *ret_own);
/* @due: false when the address has been asked often enough: it is stored, so that this costs what the other does, and nothing is sent. */
int store_wish_add(Store *s, WishBy by, const char *endpoint, const char *services, bool due, usec_t now);
/* A token that was sent for it; each attempt to send has its own. */
int store_wish_token(Store *s, int64_t wish, const unsigned char hash[static SHA256_SIZE]);
int store_wish_by_token(Store *s, Arena *a, const unsigned char hash[static SHA256_SIZE], usec_t since, Wish *ret);
int store_wish_next(Store *s, Arena *a, usec_t now, int64_t after, Wish *ret);  /* -ENOENT: none is due */
/* Those whose question is still to be sent, the next one first. */
int store_wishes_waiting(Store *s, Arena *a, unsigned limit, Wish **ret, size_t *ret_n);
int store_wish_later(Store *s, int64_t seq, usec_t due, unsigned failures, const char *why); /* why: see store_delivery_later() */
int store_wish_sent(Store *s, int64_t seq);
/* Forgets those of before @before, and all of an address when it has answered. */
int store_wishes_prune(Store *s, usec_t before);
int store_wishes_answered(Store *s, const char *endpoint);

/* --- deliveries --- */
typedef struct Delivery {
        Subscriber to;
        unsigned failures;              /* in a row, of its endpoint */
        int64_t event;                  /* of the outbox */
        const char *kind, *text, *message; /* message: NULL or Markdown */
        int64_t maintenance;
        usec_t created_at;
} Delivery;

/* What is owed first to each subscriber of @kind that is due; in the order in which they became due. At most @limit. */
int store_delivery_due(Store *s, Arena *a, SubscriberKind kind, usec_t now, unsigned limit, Delivery **ret, size_t *ret_n);
/* Taken, or given up: the next one of this subscriber is due now. -ENOENT: it is not owed any more. */
int store_delivery_done(Store *s, int64_t subscriber, int64_t event, usec_t now);
/* @why: what stood against the last attempt, kept for those who look after the page; NULL: nothing. */
int store_delivery_later(Store *s, int64_t subscriber, usec_t due, unsigned failures, const char *why);
/* When something is due next that is not due at @now; USEC_INFINITY: nothing. */
int store_delivery_wake(Store *s, usec_t now, usec_t *ret);
/* What one subscriber waits for. */
typedef struct Owed {
        Subscriber to;
        unsigned failures;
        usec_t due;                     /* of the next attempt */
        const char *trouble;            /* what stood against the last one, or NULL */
        size_t messages;                /* that wait */
        const char *text;               /* of the first of them */
        usec_t since;                   /* when that was owed */
} Owed;
/* Those who failed most come first. */
int store_owed_list(Store *s, Arena *a, unsigned limit, unsigned skip, Owed **ret, size_t *ret_n);
/* The next attempt is due now. -ENOENT: nothing is owed to it. */
int store_delivery_now(Store *s, int64_t subscriber, usec_t now);
/* Drops all that waits for it; the caller holds a transaction. -ENOENT: nothing is owed to it. */
int store_delivery_drop(Store *s, int64_t subscriber);
/* Forgets up to @limit messages of before @before that nobody is owed any more. Return: how many; @limit: there may be more. */
int store_outbox_prune(Store *s, usec_t before, unsigned limit);
