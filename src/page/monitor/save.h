#pragma once
/*
 * What checks have seen becomes rows
 */
#include "page/store/monitor.h"

/* Stores all that is unsaved, and what services show by it, in one transaction; says in the log what changed. 0 or -errno of the store. */
int monitors_save(Store *s, Agenda *agenda, usec_t now);
