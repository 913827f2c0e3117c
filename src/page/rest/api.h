#pragma once
/*
 * The REST API below /api/v1
 *
 * rest/api.c finds the resource, asks for a key and its scope, counts it against the limit and reads the body; the handlers of
 * a resource then find everything in order.
 */
#include <jansson.h>

#include "page/http.h"
#include "page/page.h"

#define API_BASE "/api/v1"

typedef struct Call {
        Page *page;
        Request *q;
        Key key;                /* whose call it is */
        const char *id;         /* what stands behind the collection in the path; NULL: the collection itself */
        const json_t *body;     /* an object; NULL for GET and DELETE */
        const char *once;       /* Idempotency-Key, or NULL */
        const char *match;      /* If-Match, or NULL */
} Call;

/* Fills in @a. 0, or -errno with nothing filled in, which becomes a 500. */
typedef int (*call_fn)(Call *c, Response *a);

int maintenance_list(Call *c, Response *a);
int maintenance_get(Call *c, Response *a);
int maintenance_write(Call *c, Response *a); /* POST and, with an id, PATCH */

/* One row as JSON. @ret_bytes: of its texts, where these are many. 0 or -errno. */
typedef int (*item_fn)(Call *c, const void *row, json_t **ret, int64_t *ret_seq, size_t *ret_bytes);
typedef struct Listing {
        const char *name;       /* of the list in the answer */
        unsigned limit;
        const void *rows;       /* one more than @limit tells whether there is more */
        size_t n, size;         /* of the rows, and bytes of one */
        item_fn item;
} Listing;
int reply_list(Call *c, Response *a, const Listing *l);
/* "limit" and "cursor" of a listing that goes by seq. */
void paging_read(const Request *q, int64_t *ret_after, unsigned *ret_limit, json_t *errors);
/* The same where they are all that can be asked for. Return: 1; 0 when a mistake in them has been answered; -errno. */
int paging_take(Call *c, Response *a, int64_t *ret_after, unsigned *ret_limit);
/* Turns ids into rows, in the arena. Return: 1; 0 when an unknown one has been answered as a mistake of @field; -errno. */
int services_resolve(Call *c, Response *a, const char *field, const char *const *ids, size_t n, int64_t **ret);

int service_list(Call *c, Response *a);
int service_get(Call *c, Response *a);
int service_post(Call *c, Response *a);
int service_patch(Call *c, Response *a);
int service_delete(Call *c, Response *a);

int subscriber_list(Call *c, Response *a);
int subscriber_get(Call *c, Response *a);
int subscriber_post(Call *c, Response *a);
int subscriber_delete(Call *c, Response *a);

int monitor_list(Call *c, Response *a);
int monitor_get(Call *c, Response *a);
int monitor_write(Call *c, Response *a); /* POST and, with an id, PATCH */
int monitor_delete(Call *c, Response *a);

/* Return: 1 and @ret when @text is a key that is known, 0 when not, or -errno. */
int key_known(Page *page, const char *text, Key *ret);

/* Answers a request whose path begins with API_BASE. */
void api_answer(Page *page, Request *q, Response *a);
