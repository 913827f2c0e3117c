#pragma once
/*
 * Subscribers: who wants to be told, and where
 *
 * An endpoint is an e-mail address or the URL of a webhook. What may be one is decided here, before anything is stored: an address becomes
 * an argument of SMTP and a header of a mail, so it is a plain subset of RFC 5321 in which nothing needs quoting.
 */
#include <jansson.h>

#include "page/model.h"

typedef enum SubscriberKind { SUBSCRIBER_EMAIL, SUBSCRIBER_WEBHOOK } SubscriberKind; /* stored: append only */
#define SUBSCRIBER_KINDS (SUBSCRIBER_WEBHOOK + 1)

#define LEAVE_CHARS 40u         /* of the token that unsubscribes: 200 bits */
#define TOKEN_CHARS 52u         /* of the one that confirms: 260 bits, stored as a hash */
#define HOOK_SECRET_SIZE 64u    /* "whsec_…" and a NUL */
#define HOOK_SECRET_CHARS 52u
#define TOKEN_SIZE 56u          /* either with its NUL */

typedef struct Subscriber {
        int64_t seq;
        const char *id, *endpoint;
        SubscriberKind kind;
        usec_t created_at, confirmed_at; /* 0: not yet; nothing is sent to it but the question */
        const char *secret;             /* of a webhook, NULL for mail: what its messages are signed with */
        const char *leave;              /* the token of its unsubscribe link */
} Subscriber;

const char *subscriber_kind_to_string(SubscriberKind k);
int subscriber_kind_from_string(const char *text);      /* a SubscriberKind, or -EINVAL */

/* The address in lower case, in @a; NULL and @reterr (static) when it is none, or memory is out. */
const char *mailbox_take(Arena *a, const char *text, const char **reterr);
/* NULL when @url may be a webhook's; else what is wrong with it. @plain: http is allowed too. Where the name leads is not asked here. */
const char *webhook_refused(const char *url, bool plain);
/* The host of such a URL, in @a, without the brackets of IPv6; NULL: memory is out. */
const char *webhook_host(Arena *a, const char *url);

typedef struct SubscriberDraft {
        SubscriberKind kind;
        const char *endpoint;           /* as it is to be stored */
        const char **service_ids;       /* as sent, no two equal; none: all */
        size_t n_services;
} SubscriberDraft;

/* As maintenance_read(): 0, -EINVAL when @errors has been added to, -ENOMEM. */
int subscriber_read(Arena *a, const json_t *body, bool plain, SubscriberDraft *ret, json_t *errors);
