#pragma once
/*
 * A change becomes rows
 *
 * What change.c decided is written here: the object, its services, updates and pending reminders, and one row of the
 * outbox for each message that is owed.
 */
#include "page/store/store.h"

/**
 * apply_change() - store a change; the caller holds a transaction
 * @before:   the object as it is stored, NULL to create it
 * @services: the rows of its services, read only when the change sets them
 *
 * Return: 0 with seq and id in @c->after; -EEXIST when its external id is taken; else -errno of the store.
 */
int apply_change(Store *s, Arena *a, const Maintenance *before, Change *c, const int64_t *services, size_t n_services, usec_t now);

/**
 * apply_clock() - take one step that is due by @now: an end, a start or a reminder
 *
 * In a transaction of its own, with a line in the log. Return: 1 when a step was taken, 0 when nothing is due, or -errno.
 */
int apply_clock(Store *s, usec_t now);
