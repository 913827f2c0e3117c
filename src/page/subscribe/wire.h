#pragma once
/*
 * The wire: mails and webhooks through libcurl; multi.c binds webhooks to the event loop, threads of crew.c carry mails
 *
 * What a failure means is decided here, where it is known how far a message came: whether the server cannot be reached at all, will not
 * take this message now, or never will.
 */
#include <systemd/sd-event.h>

#include "page/site.h"

typedef enum WireResult {
        WIRE_TAKEN,
        WIRE_LATER,             /* not now: this message alone */
        WIRE_NEVER,             /* this recipient has been refused for good */
        WIRE_SLOW,              /* the mail server took so long that nothing more should be sent to it now; this message may be why */
        WIRE_DOWN,              /* before it came to the recipient: nothing of this kind will go through now */
} WireResult;

typedef struct Parcel {         /* all borrowed during the call */
        const Notices *notices; /* as long as the wire */
        const char *password;   /* of notices->mail_user, or NULL; as long as the wire */
        const char *hello;      /* what a mail's sender calls itself */
        const char *to;         /* an address, or a URL */
        bool mail;
        const char *signature;  /* of a webhook's body */
        char *body;             /* taken, also on failure */
        size_t size;
} Parcel;

/* @why: one printable line; "" when taken. Called from the event loop, never from within wire_send(). */
typedef void (*wire_done_fn)(void *userdata, WireResult result, const char *why);

typedef struct Wire Wire;
int wire_new(sd_event *event, Wire **ret);
Wire *wire_free(Wire *w);       /* what is under way is dropped without a call */
DEFINE_AUTO(Wire *, wire_free)
int wire_send(Wire *w, const Parcel *p, wire_done_fn done, void *userdata);
