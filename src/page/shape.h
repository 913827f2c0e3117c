#pragma once
/*
 * The shape of a request: what two programs in a row could read in two ways
 *
 * A proxy and the page must agree where a request ends; where they could disagree, one request smuggles another past the proxy. What
 * is ambiguous is refused, and never guessed. Pure: names and values go in as they were sent.
 */
#include "base/base.h"

typedef struct Shape {
        unsigned headers, hosts, lengths, codings;
        bool malformed;                 /* a name that is no token, a value with control characters */
        bool unknown_coding;            /* a Transfer-Encoding other than chunked */
} Shape;

void shape_add(Shape *s, const char *name, const char *value);
/* @old: of HTTP/1.0. Return: 0 when there is one way to read it; else the status that it is refused with: 400, 431 or 501. */
unsigned shape_refused(const Shape *s, bool old);

/**
 * target_path() - the path that a request line asks for
 * @target: decoded; "/path", "http://host/path", "*"
 *
 * Return: a part of @target that begins with "/"; "/" for an address without a path; "*"; NULL: none of these.
 */
const char *target_path(const char *target);
