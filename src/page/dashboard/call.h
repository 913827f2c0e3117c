#pragma once
/*
 * A form becomes a call of the REST API
 *
 * In this process, with the key of whoever has signed in: the API's own functions read the fields, know the rules and make the change.
 */
#include "page/dashboard/dashboard.h"
#include "page/rest/api.h"

typedef struct Reply {
        unsigned status;
        json_t *json;                   /* owned; NULL: none */
} Reply;
/* Frees what it holds; always returns NULL. auto_(reply_free) Reply *reply = &(Reply) { 0 }; */
Reply *reply_free(Reply *r);
DEFINE_AUTO(Reply *, reply_free)

/**
 * visit_call() - do what the form says
 * @id:    of the object, NULL: a new one
 * @body:  taken; NULL: none
 * @once:  the form's one-time id, which makes a second click a repetition; NULL: none
 * @match: the version that the form was made from; NULL: any
 *
 * What is wrong with fields is added to x->errors, anything else that was refused becomes x->notice. Return: 1 when it was done; 0 when it
 * was refused, with @ret->status; -errno.
 */
int visit_call(Visit *x, call_fn call, const char *id, json_t *body, const char *once, const char *match, Reply *ret);

/* For what the API's Idempotency-Key does not cover: has this form been carried out already? Return: 1 and its result (in the arena), 0, -errno. */
int visit_once_done(Visit *x, const char **ret);
/* It has been, with that result. 0 or -errno. */
int visit_once_keep(Visit *x, const char *result);
