#pragma once
/*
 * A wish: somebody wants an address to be told, and the address is asked
 *
 * Nobody is subscribed by a wish. Its address gets one mail with a link, and whoever can read that mail says yes. Whether the address is
 * subscribed already is not looked at before then, so neither the answer nor its time tells it.
 */
#include "page/store/subscriber.h"

#define WISH_VALID (24 * USEC_PER_HOUR)         /* how long its link works */
#define WISH_RETRY "3600"       /* Retry-After, in seconds, where there have been too many: each hour takes some of them out of the day that counts */

/**
 * wish_make() - store a wish, and owe its mail; the caller holds a transaction
 * @by: who wants it
 * @endpoint: a mailbox_take()
 * @service_ids: those that exist are kept; @n is 0 for all
 *
 * Return: 0; -EUSERS when there have been PAGE_WISHES_MAX by such people within a day; -EDQUOT when this address has been asked
 * PAGE_WISHES_OWN_MAX times, which only a key is told: for visitors it is stored, and nothing is sent; -errno.
 */
int wish_make(Store *s, Arena *a, WishBy by, const char *endpoint, const char *const *service_ids, size_t n, usec_t now);

/* The wish that this token was sent for, if it is not too old; -ENOENT. */
int wish_find(Store *s, Arena *a, const char *token, usec_t now, Wish *ret);
/*
 * Subscribes its address, or changes the services of one that is; the caller holds a transaction. -EUSERS: the page can hold no more;
 * -ENOENT: none of the services that it was for exists any more.
 */
int wish_fulfil(Store *s, Arena *a, const Wish *wish, usec_t now, Subscriber *ret);
