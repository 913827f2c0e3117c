#pragma once
/*
 * Forms: application/x-www-form-urlencoded, as a browser sends it
 */
#include "base/arena.h"
#include "base/limits.h"

/* Decodes %41 in place; with @plus, + is a blank. -EINVAL: a % without two digits, or %00; then the text is of no use. */
int percent_decode(char *text, bool plus);

typedef struct Form {
        struct { const char *name, *value; } fields[PAGE_FORM_FIELDS_MAX];
        size_t n;
} Form;

/* In @a. -EINVAL: no such text: a % without two digits, a NUL, a value that is no UTF-8; -E2BIG: too many fields; -ENOMEM. */
int form_parse(Arena *a, const char *text, size_t n, Form *ret);
/* The first of that name, or NULL. */
const char *form_value(const Form *f, const char *name);
