#pragma once
/*
 * Kodo's maintenance object: names of members, and Object ↔ JSON
 *
 * For the files kodo*.c alone. Two products speak this API: maintd-page, which is known exactly, and hosted Kodo, whose maintenance
 * resource is not documented. Hosted Kodo is sent only the members that were found out; maintd-page all of its own.
 */
#include "target/codec.h"

#define KODO_PAGE "maintd-page" /* what the probe answers */
#define KODO_SERVICE "service"
#define KODO_MARKER_MAX 200u

/* As the probe found it; hosted, the more careful of the two, until then. */
bool kodo_is_page(const Target *t);

/* See Driver.assumed(). */
const char *const *kodo_assumed(const Target *t);

/* The document's own object: bare, or wrapped in {"maintenance": …}. Borrowed. */
const json_t *kodo_unwrap(const json_t *document);
/* The array of a listing, whatever its member is called; NULL: this is no listing. Borrowed. */
const json_t *kodo_list(const json_t *document);
/* Return: 0; -EBADMSG when id, title, state or times are missing or unreadable; -ENOMEM. */
int kodo_read(const Target *t, const json_t *o, Arena *a, Observed *ret);

/* See Driver.project(). */
int kodo_project(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n,
                 const char **ret_problem);
/* See Driver.unproject(). */
int kodo_unproject(const Target *t, const Object *o, Arena *a, Window *ret, const char **ret_problem);
/* The members of @o that belong to @fields, added to @to. -ENOMEM. */
int kodo_write(const Target *t, const Object *o, uint32_t fields, json_t *to);

/* kodo.c. Where windows are, by config, probe or guess; where one of them is (NULL: no memory); method, key and deadline of a request. */
const char *kodo_maintenance_path(const Target *t);
char *kodo_object_path(const Target *t, const char *id, Arena *a);
void kodo_request_init(const Target *t, const char *method, Request *ret);

/* kodo-action.c: see Driver. */
int kodo_action_request(const Target *t, const Action *act, Arena *a, Request *ret);
int kodo_action_response(const Target *t, const Action *act, const Response *r, Arena *a, Outcome *ret);
