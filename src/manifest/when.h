#pragma once
/*
 * When: times as people write them in a manifest
 *
 * "2027-02-01T02:00" is wall clock in the manifest's zone; with an offset or Z it is an instant. Zones are understood in schedule/
 * alone, so a local time is only taken apart here.
 */
#include "manifest/manifest.h"

#define WHEN_SIZE 48

/* Return: 0; -EINVAL no such time; -ENODATA a date without a time of day: ret->local holds the date. ret->mark is left alone. */
int when_parse(const char *text, When *ret);
/* As when_parse() reads it back, "2027-02-01T02:00:00" or "2027-02-01T02:00:00+01:00". Returns @buf. */
const char *when_format(const When *w, char buf[static WHEN_SIZE]);
/* Marks are not compared. */
bool when_equal(const When *a, const When *b);

#define SPAN_TEXT_SIZE 64
/* As span_parse() reads it back: "1d 25h 30min"; hours are not carried into days. Returns @buf. */
const char *span_write(Span s, char buf[static SPAN_TEXT_SIZE]);
