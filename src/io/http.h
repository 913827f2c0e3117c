#pragma once
/*
 * HTTP: requests over libcurl's multi interface on sd-event
 *
 * Total timeout per request, response size capped in the write callback, no redirects, TLS ≥ 1.2 verified, http and https only,
 * unix sockets (url "unix:/run/x.sock:/base" or "http+unix://%2Frun%2Fx.sock/base"), connections reused, HTTP/2 where offered.
 * Credentials are put in here, from a secret_fn, and never appear in an error text. The program ignores SIGPIPE.
 */
#include <systemd/sd-event.h>

#include "base/secret.h"
#include "target/driver.h"

#define HTTP_PER_HOST_MAX 16u   /* requests under way to one target; further ones wait in order, their timeout does not run yet */

typedef struct HttpClient HttpClient;
typedef enum HttpFailure {
        HTTP_NOT_SENT,
        HTTP_MAYBE_SENT,
        HTTP_NO_CREDENTIAL,     /* not sent: what should prove who we are is missing, or not fit for use */
} HttpFailure;

typedef struct HttpResult {     /* borrowed during the callback */
        const Response *response; /* NULL: failed */
        HttpFailure failure;    /* when failed: could the server have acted on it? */
        const char *error;      /* when failed: one printable line without secrets */
} HttpResult;
typedef void (*http_done_fn)(void *userdata, uint64_t serial, const HttpResult *r);

/* The secret named @token, a new string owned by the caller, -ENOENT, -EACCES (permissions), -EINVAL (unfit); *reterr a line. */
typedef int (*secret_fn)(void *userdata, const char *token, char **ret, char **reterr);

/* @event borrowed for the client's life. */
int http_client_new(sd_event *event, secret_fn secret, void *userdata, HttpClient **ret);
HttpClient *http_client_free(HttpClient *c); /* open requests are dropped without a callback */
DEFINE_AUTO(HttpClient *, http_client_free)

/**
 * http_send() - send one request
 * @r:    borrowed during the call; target and timeout set. Requests with intent must never be sent twice by libcurl itself.
 * @done: called exactly once from the event loop, never from within http_send(); or not at all after http_client_free(),
 *        which @done may call itself
 *
 * Return: 0 also when the secret is missing or the url is unfit: that reaches @done as HTTP_NO_CREDENTIAL or HTTP_NOT_SENT; -ENOMEM.
 */
int http_send(HttpClient *c, const Request *r, http_done_fn done, void *userdata);
size_t http_in_flight(const HttpClient *c);

/* Pure: fit for use? http only to loopback or unix sockets unless @insecure; no user:password, no fragment; *reterr a line. */
int http_url_check(const char *url, bool insecure, char **reterr);
