#pragma once
/*
 * HTTP, as far as the page needs it
 *
 * libmicrohttpd on sd-event, in one thread: it parses, and a request is handed over when its body is complete; the handler
 * fills in a Response and returns. No other file knows the library. Sizes, times and the number of connections are bounded here, with what
 * client.h knows of each connection; what could be read in two ways (shape.h) never reaches the handler.
 */
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/instant.h"
#include "page/network.h"

typedef enum Method { METHOD_GET, METHOD_POST, METHOD_PATCH, METHOD_DELETE, METHOD_OTHER } Method; /* GET: or HEAD */

typedef struct Request {
        Arena *arena;                   /* lives until the answer has been sent */
        Method method;
        const char *method_name, *path; /* path: percent-decoded, begins with "/" */
        const char *body;               /* NULL when there is none */
        size_t body_size;
        bool too_large;                 /* the body exceeded PAGE_BODY_BYTES_MAX and was thrown away */
        Now now;
        const char *who;                /* for the log: the name of the key it came with, once that is known, or NULL */
        void *connection;               /* of the library */
} Request;

/* Borrowed until the answer has been sent; NULL when absent. */
const char *request_header(const Request *q, const char *name);
/* All headers of that name, joined by commas; NULL: none, or memory is out. */
const char *request_header_all(const Request *q, const char *name);
const char *request_query(const Request *q, const char *name);

/* The other end: 0 and its address, IPv4 as ::ffff:a.b.c.d; 1: a socket in the file system. */
int request_peer(const Request *q, unsigned char ret[static 16]);

#define RESPONSE_HEADERS_MAX 16u
typedef struct Response {
        unsigned status;
        const char *type;               /* Content-Type */
        char *body;                     /* owned, from malloc(); NULL: none */
        size_t size;
        struct {
                const char *name, *value;
        } headers[RESPONSE_HEADERS_MAX]; /* in the request's arena */
        size_t n_headers;
        bool forms;                     /* this page has a form, which is sent to us */
} Response;

/* Adds a header; a value that is NULL (memory was out) is left out. */
void response_header(Response *a, const char *name, const char *value);

/* Must fill in @a; a status of 0 becomes an empty 500. */
typedef void (*http_answer_fn)(Request *q, Response *a, void *userdata);

typedef struct Outcome {
        const Request *request;         /* NULL: there was none: a client was too slow (408), or one had too many connections (503) */
        const unsigned char *address;   /* without a request: whose; NULL: a socket in the file system */
        unsigned status;
        size_t size;                    /* of the body */
        usec_t took;                    /* from the head of the request to the end of the answer */
} Outcome;
/* Called when an answer is out, or cannot be brought there; the request lives until this returns. */
typedef void (*http_served_fn)(const Outcome *o, void *userdata);

typedef struct HttpSettings {
        unsigned connections;           /* of all sockets together, in equal shares; further ones wait in the kernel */
        usec_t patience;                /* see client.h */
        const Networks *proxies;        /* borrowed; as above */
        http_answer_fn answer;
        http_served_fn served;          /* NULL: nobody is told */
        void *userdata;
} HttpSettings;

typedef struct Http Http;
/* Serves the listening sockets @fds, which it owns from now on, also on failure. */
int http_new(sd_event *event, const int *fds, size_t n, const HttpSettings *settings, Http **ret);
Http *http_free(Http *h);
DEFINE_AUTO(Http *, http_free)
/* Accepts no more, and ends the event loop when all that has been asked is answered, or after PAGE_DRAIN_SEC. */
int http_drain(Http *h);
