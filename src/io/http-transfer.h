#pragma once
/*
 * Transfer: one request on its way through curl, and the answer as it comes in
 *
 * Private to io/. Everything that http_send() was lent is copied here; the credential lives in `headers` alone and is wiped.
 */
#include <curl/curl.h>

#include "io/http-url.h"
#include "io/http.h"

#define HTTP_CONNECT_USEC (10 * USEC_PER_SEC)  /* at most this long for name, connection and handshake together */
#define HTTP_TIMEOUT_USEC (30 * USEC_PER_SEC)  /* when a request names none */
#define HTTP_STALLED_BYTES 10L                 /* fewer bytes a second … */
#define HTTP_STALLED_SEC 20L                   /* … for this long end a transfer before its total timeout does */
#define HTTP_FRESH_SEC 4L                      /* a change goes over no connection that was idle longer (servers close theirs after 5 s) */
#define HTTP_IDLE_SEC 110L                     /* a read may */
#define HTTP_SECRET_MIN 16u                    /* bytes: a credential as long as this is blotted out of answers */

typedef struct HttpTransfer {
        HttpUrl url;
        char *address;                  /* what curl is given */
        char *method;
        char *body;                     /* NULL: none */
        size_t n_body;
        struct curl_slist *headers;     /* one of them may be the credential */
        const char *secret;             /* borrowed from headers: the credential's bytes, NULL: none */
        usec_t timeout;
        bool once;                      /* could change something: must not be put on the wire a second time */
        unsigned attempts;              /* how often curl was about to write the request to a connection */

        char *text;                     /* response headers: name NUL value NUL … */
        size_t n_text, n_pairs, seen;   /* seen: bytes of all header lines, also of 1xx answers */
        const char **pairs;             /* into text, built at the end */
        char *got;                      /* response body, NUL-terminated */
        size_t n_got, size;
        bool truncated, wordy;          /* over HTTP_BODY_MAX, HTTP_HEADERS_MAX */
        Response response;
        char *error;                    /* one printable line */
        char curl_error[CURL_ERROR_SIZE];
} HttpTransfer;

/**
 * http_transfer_init() - copy and check a request
 *
 * Return: 0; -EINVAL: it can never be sent, -EACCES: its credential is missing or unfit: t->error says why; -ENOMEM. The transfer is to be done() in every case.
 */
int http_transfer_init(HttpTransfer *t, const Request *r, secret_fn secret, void *userdata);
void http_transfer_done(HttpTransfer *t);

/* Puts it all on a fresh or reset handle; @t stays where it is while the handle is used. 0 or -ENOMEM. */
int http_transfer_setup(HttpTransfer *t, CURL *easy);

/* After curl is done with it: what to tell the caller; lives as long as the transfer. */
void http_transfer_result(HttpTransfer *t, CURL *easy, CURLcode code, HttpResult *ret);
