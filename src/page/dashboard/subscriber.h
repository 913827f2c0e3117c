#pragma once
/*
 * Between the sections that are about subscribers
 */
#include "page/dashboard/dashboard.h"
#include "page/store/subscriber.h"

/* The one that the path names. Return: 1 and @ret; 0 when it was answered that there is none; -errno. */
int visit_subscriber(Visit *x, Subscriber *ret);
