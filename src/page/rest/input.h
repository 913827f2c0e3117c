#pragma once
/*
 * JSON from outside, checked field by field
 *
 * Pure. A body either becomes a Draft that is sound in itself, or a list of what is wrong with which field: all of it at once,
 * because that list is how a client finds out. Strings are copied into the arena; nothing points into the JSON afterwards.
 */
#include <jansson.h>

#include "page/change.h"

/* "details.fieldErrors" in the making: an object field → [texts]. */
typedef json_t FieldErrors;

/* Adds a text to a field. Out of memory is silent: an error without its text is still an error to the caller, who counts. */
void field_error(FieldErrors *errors, const char *field, const char *fmt, ...) printf_(3, 4);

/**
 * maintenance_read() - the body of POST (@base NULL) or PATCH (@base: the stored object)
 *
 * The order of start and end is checked against @base where the body names only one of them. For a POST the defaults are
 * filled in. Whether the change is allowed in the state is not asked here.
 *
 * Return: 0; -EINVAL when @errors has been added to; -ENOMEM.
 */
int maintenance_read(Arena *a, const json_t *body, const Maintenance *base, Draft *ret, FieldErrors *errors);

/* The fields of a service body that were set: bits of ServiceDraft.set. */
enum { SERVICE_NAME = BIT(0), SERVICE_DESCRIPTION = BIT(1), SERVICE_GROUP = BIT(2), SERVICE_STATUS = BIT(3), SERVICE_ORDER = BIT(4) };

typedef struct ServiceDraft {
        unsigned set;
        Service value;
} ServiceDraft;

/* As maintenance_read(), for a service: a POST (@create) must name it. */
int service_read(Arena *a, const json_t *body, bool create, ServiceDraft *ret, FieldErrors *errors);

/* A string, in @a. NULL, or what is wrong with it. */
const char *string_read(Arena *a, const json_t *v, const char **ret);
/* For a field that cannot be written: one of @read_only, whose last is NULL, or none that there is. */
void field_unknown(FieldErrors *errors, const char *name, const char *const *read_only);
/* A list of service ids, no two equal, in @a. NULL, or what is wrong with it. */
const char *service_ids_read(Arena *a, const json_t *v, const char ***ret, size_t *ret_n);
/* NULL when @text may be a one-line name of up to @max characters; otherwise what is wrong with it. */
const char *line_refused(Arena *a, const char *text, size_t max);
