#pragma once
/*
 * A mail server for tests, living on the event loop of the test itself, which answers as it is told
 */
#include <systemd/sd-event.h>

#include "base/base.h"

typedef struct SmtpPeer SmtpPeer;

/* On 127.0.0.1 and a free port. Aborts on trouble. */
SmtpPeer *smtp_peer_new(sd_event *event);
SmtpPeer *smtp_peer_free(SmtpPeer *p);
DEFINE_AUTO(SmtpPeer *, smtp_peer_free)

/**
 * smtp_peer_answer() - say something else than usual
 * @verb:  "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "." (the mail itself), "QUIT"; NULL: all as usual again
 * @reply: without the end of the line; NULL: nothing at all, the client waits; borrowed
 */
void smtp_peer_answer(SmtpPeer *p, const char *verb, const char *reply);
unsigned smtp_peer_port(const SmtpPeer *p);
unsigned smtp_peer_connections(const SmtpPeer *p);      /* ever accepted */
unsigned smtp_peer_mails(const SmtpPeer *p);            /* ever received whole, whatever was answered */
unsigned smtp_peer_waiting(const SmtpPeer *p);          /* answers that were not given */
const char *smtp_peer_said(const SmtpPeer *p);          /* all that clients said, commands and mails */
