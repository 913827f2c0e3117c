#pragma once
/*
 * Transfers: curl's multi interface on sd-event
 *
 * What is posted and fetched (webhooks of subscribe/wire.c, monitor/check.c) sets up an easy handle each and hands it over; when it has ended it is out of
 * curl's hands before anybody is told, so that whoever is told may free it, drop others and begin new ones.
 */
#include <curl/curl.h>
#include <systemd/sd-event.h>

#include "page/network.h"

typedef struct Multi Multi;

typedef struct Transfer Transfer;
struct Transfer {                       /* embedded in what is transferred; zeroed before the first use */
        CURL *easy;                     /* owned by its maker; CURLOPT_PRIVATE is multi.c's */
        CURLcode code;                  /* when it has ended */
        void (*done)(Transfer *t);      /* from the event loop, never from within multi_add() */
        Multi *multi;                   /* NULL: not under way, or told already; this and below are multi.c's */
        Transfer *next;
};

/* @name: of the event sources, borrowed during the call. 0 or -errno. */
int multi_new(sd_event *event, const char *name, Multi **ret);
Multi *multi_free(Multi *m);            /* what is under way is dropped */
DEFINE_AUTO(Multi *, multi_free)
/* 0 or -ENOMEM, and then it is not under way. */
int multi_add(Multi *m, Transfer *t);
/* For CURLOPT_OPENSOCKETFUNCTION: whatever a name said, this is where it leads. A descriptor; -EADDRNOTAVAIL: this address is not for it; -errno. */
int multi_socket(const Networks *allowed, const struct curl_sockaddr *to);
/* Ends it without a word: to @done, or to the other side. Nothing when it is not under way. */
void multi_drop(Transfer *t);
