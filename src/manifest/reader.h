#pragma once
/*
 * Reader: typed values out of a YAML tree
 *
 * Each function reads one kind of value, and where the value does not fit says so with place and advice and returns false; the
 * caller goes on, so that one look at a file finds all that is wrong with it. A map is read by a table of keys, which is also what
 * finds unknown keys and what was meant by them. Private to manifest/.
 */
#include "manifest/node.h"

typedef struct Reader {
        const char *file;
        Diagnostics *diags;
        Arena *arena;           /* where what is read goes */
        unsigned n_errors;
        int error;              /* -ENOMEM, sticky: nothing more is read */
} Reader;

void reader_error(Reader *r, Mark at, const char *code, const char *fmt, ...) printf_(4, 5);
void reader_warning(Reader *r, Mark at, const char *code, const char *fmt, ...) printf_(4, 5);
/* Passes @p through; NULL is memory that is out. */
void *reader_got(Reader *r, void *p);

/* @context is what reader_map() was given. */
typedef struct Key { const char *name; void (*read)(void *context, const Node *v); } Key;

/* Calls read() for each key of a map; those unknown are errors. False: it is no map. */
bool reader_map(Reader *r, const Node *v, const Key *keys, size_t n, void *context);
/* A list with at most @max entries. */
bool reader_list(Reader *r, const Node *v, size_t max, const char *example);
/* "unknown WHAT 'x', did you mean 'y'?" */
void reader_unknown(Reader *r, Mark at, const char *code, const char *what, const char *word, const char *const *known, size_t n);

/* A scalar with something in it: its text, borrowed from the node; NULL: refused. */
const char *reader_scalar(Reader *r, const Node *v);

enum { TEXT_LINES = 1 << 0, TEXT_EMPTY = 1 << 1, TEXT_BYTES = 1 << 2 }; /* several lines; may be ""; @max counts bytes, not characters */
/* Text for people, without control and bidi characters; of several lines the last break is dropped. In the reader's arena. */
const char *reader_text(Reader *r, const Node *v, size_t max, unsigned flags);
bool reader_boolean(Reader *r, const Node *v, bool *ret);
/* "0" alone is fine when @zero. */
bool reader_span(Reader *r, const Node *v, bool zero, Span *ret);
bool reader_when(Reader *r, const Node *v, When *ret);
bool reader_number(Reader *r, const Node *v, unsigned min, unsigned max, unsigned *ret);
/* One of @names, which are known by their position; @what for the message. */
bool reader_word(Reader *r, const Node *v, const char *what, const char *const *names, size_t n, int *ret);
/* The name of a zone by its shape; whether it exists is schedule/'s. */
const char *reader_timezone(Reader *r, const Node *v);
/* A list of names, sorted and made unique; each must be in @known (sorted; NULL: not checked). */
bool reader_names(Reader *r, const Node *v, size_t max, const Strv *known, const char *code, const char *what, Strv *ret);

/* @v sorted; strcmp order. */
bool strv_has(const Strv *v, const char *s);
