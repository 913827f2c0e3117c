#pragma once
/*
 * Mail: one message as it goes over the wire
 *
 * Pure. Texts from outside go into headers and bodies here and nowhere else, and cannot become a header of their own: what is not plain is
 * written as encoded words (RFC 2047), and bodies as quoted-printable (RFC 2045), which has no line longer than 76 bytes and in which the
 * boundary between the parts cannot occur.
 */
#include "base/instant.h"

typedef struct Mail {
        const char *from_name;          /* any text */
        const char *from, *to;          /* addresses: mailbox_take() */
        const char *subject;            /* any text */
        const char *message_id;         /* "left@domain", ours */
        const char *leave;              /* the URL that unsubscribes, ours; NULL: there is nothing to unsubscribe from */
        usec_t date;
        const char *text, *html;        /* lines end in "\n" */
} Mail;

/* Lines end in CRLF. */
void mail_write(FILE *f, const Mail *m);

#define MAIL_DATE_SIZE 40u
/* "Mon, 01 Feb 2027 02:00:00 +0000", RFC 5322 §3.3. Returns @buf. */
const char *mail_date_format(usec_t t, char buf[static MAIL_DATE_SIZE]);
