#pragma once
/*
 * Notices: what a subscriber is sent, as a mail or as JSON
 *
 * Pure. The subject is the sentence of the event, as it was owed; the rest tells of the window as it stands when it is sent. Neither external
 * ids nor owners go out: subscribers are the public.
 */
#include "page/show/show.h"
#include "page/subscribe/subscriber.h"

typedef struct Notice {
        const Site *site;
        Arena *arena;
        const Subscriber *to;
        int64_t event;
        const char *kind, *text, *message; /* message: NULL or Markdown */
        const Occasion *about;
        usec_t at;                      /* when it happened */
} Notice;

/* Each writes the whole message. 0, or -ENOMEM. */
int notice_mail(FILE *f, const Notice *n);
int notice_json(FILE *f, const Notice *n);
/* The question to an address whether it wants to be told. */
int notice_question(FILE *f, Arena *a, const Site *site, const char *to, const char *token, int64_t wish, usec_t at);

/* Hex HMAC-SHA256 of @body. */
#define SIGNATURE_SIZE 65u
const char *notice_sign(const char *secret, const void *body, size_t n, char ret[static SIGNATURE_SIZE]);
