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

/* A number that was entered, for a body; what is no whole number becomes -1, which the API refuses. NULL: memory is out. */
json_t *count_json(const char *text);
/* That a name is taken is a matter of its field, not of the form. */
void visit_name_taken(Visit *x, const json_t *answer);

/* For what the API's Idempotency-Key does not cover: has this form been carried out already? Return: 1 and its result (in the arena), 0, -errno. */
int visit_once_done(Visit *x, const char **ret);
/* It has been, with that result: for the transaction that carries it out. 0 or -errno. */
int visit_once_keep(Visit *x, const char *result);
/* It has been, and nothing takes that back: where it cannot be kept, the log says so. */
void visit_once_note(Visit *x, const char *result);
