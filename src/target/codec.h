#pragma once
/*
 * What drivers share: JSON read defensively, and what an HTTP status means
 *
 * For src/target/ alone. A remote is believed in nothing: a body is measured before it becomes a tree, every member may be
 * missing or of another type, an id becomes part of a path only after it was looked at, and what goes to people is made
 * printable and short.
 */
#include <jansson.h>

#include "target/driver.h"

/* jansson.h brings json_decrefp(), so auto_(json_decref) works. */

/* Return: 0; -EBADMSG no JSON, cut off, or too many values; -ENOMEM. */
int json_body(const Response *r, json_t **ret);
/* Of the members @names (NULL-terminated) the first that is there and not null; NULL: none, or @object is no object. */
json_t *json_member(const json_t *object, const char *const *names);
const char *json_text(const json_t *object, const char *name);  /* NULL: absent or no string */
int json_instant(const json_t *value, usec_t *ret);             /* an RFC 3339 string; -EBADMSG */
char *json_print(const json_t *value, size_t flags, Arena *a);  /* compact text; NULL when memory is out */

/* Whether an opaque id can be one segment of a path: not "", "." or "..", at most REMOTE_ID_MAX bytes. */
bool remote_id_valid(const char *id);
char *percent_encode(const char *s, Arena *a); /* all but the unreserved characters of RFC 3986 §2.3 */

static inline bool status_ok(unsigned status) { return status >= 200 && status < 300; }

/* "HTTP 400: …" with what the body says went wrong, field errors verbatim; never NULL but for lack of memory. */
const char *response_detail(const Response *r, Arena *a);
/* Of a read. 0 when 2xx and whole, else the errors of query_response(); *ret_detail is set then. */
int response_error(const Response *r, Arena *a, const char **ret_detail);
/* Of a write, by its status alone; 2xx is VERDICT_DONE, which is the caller's to confirm from the body. */
Verdict response_verdict(const Response *r);
/* An Outcome from status, headers and error text. -ENOMEM. */
int response_outcome(const Response *r, Arena *a, Outcome *ret);

/* Says why target_service() found nothing for @service, and what would help; NULL when memory is out. */
const char *target_service_problem(const Target *t, const char *kind, const char *service, Arena *a);
/* The entry of the config's services map; NULL: none. */
const ServiceMap *target_service_map(const Target *t, const char *service);

void strv_sort_unique(Strv *v);         /* strcmp order, equal neighbours dropped */

extern const Driver driver_kodo, driver_alertmanager;
