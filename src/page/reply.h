#pragma once
/*
 * Answers of the API: JSON, and errors of one shape
 *
 * {"error": a sentence that says what to do, "code": for programs, "details": {…}}. Each function fills in the Response and
 * returns 0, or -ENOMEM, so that a handler can end with it.
 */
#include <jansson.h>

#include "page/http.h"

/* Takes the reference to @body, which may be NULL (memory was out). */
int reply_json(Response *a, unsigned status, json_t *body);
/* @details: taken; NULL: none */
int reply_error(Response *a, unsigned status, const char *code, json_t *details, const char *fmt, ...) printf_(5, 6);
/* 400 with details.fieldErrors; the reference to @errors is taken. */
int reply_field_errors(Response *a, json_t *errors);
/* The same, of one field. */
int reply_field_error(Response *a, const char *field, const char *fmt, ...) printf_(3, 4);
int reply_not_found(Response *a);
/* One line in the log, and a 500 that tells the client nothing of it. */
int reply_failure(Response *a, int error, const char *what, const char *why);

