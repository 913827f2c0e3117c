#pragma once
/*
 * The sentences that subscribers read
 *
 * Pure. Times are written as people in front of the page read them, in UTC: "Feb 1, 2:00 AM UTC". The year is added when the
 * day lies so far from now that it could be taken for another year's.
 */
#include "page/model.h"

/**
 * event_text() - one line for one event
 * @before: the object before the change; needed by EVENT_RESCHEDULED alone, NULL otherwise
 * @left:   µs until the start, for EVENT_REMINDER
 *
 * Return: text in @a, NULL when memory is out.
 */
const char *event_text(Arena *a, EventKind kind, const Maintenance *m, const Maintenance *before, usec_t left, usec_t now);

/* To those whom it concerned until its services were changed. */
const char *left_out_text(Arena *a, const Maintenance *m);

#define WHEN_SIZE 64
/* "Feb 1, 2:00 AM"; no zone. Returns @buf. */
const char *when_format(usec_t t, usec_t now, char buf[static WHEN_SIZE]);
/* "Feb 1, 2:00 AM to 4:00 AM UTC"; the second day is named when it is another. */
const char *period_text(Arena *a, usec_t start, usec_t end, usec_t now);
/* "1 hour", "1 hour 30 minutes", "2 days"; rounded down to minutes, "less than a minute" below. */
const char *left_text(Arena *a, usec_t left);
