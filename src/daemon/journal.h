#pragma once
/*
 * Journal: what happened, as one line a person can read alone, with fields for machines
 *
 *      db-migration: started on public, due 02:00:00 Europe/Berlin, 3 ms late (in_progress, services api, database)
 *      db-migration on public: refused the update: title is too long
 *      public: access denied …
 *
 * The fields and their names are base/log.h's; every kind of event has its MESSAGE_ID.
 */
#include "base/log.h"
#include "manifest/diagnostic.h"
#include "reconcile/engine.h"
#include "schedule/zone.h"

/* The line of an event: a new string owned by the caller, NULL: out of memory. @zones: for due times in the window's own zone;
 * NULL or an unknown zone: UTC. */
char *journal_line(const Event *e, Zones *zones);
/* Its MESSAGE_ID as 32 hex digits. */
const char *journal_message_id(EventKind k);
void journal_event(const Event *e, Zones *zones);
/* For the test: what of it goes into which field. Borrows from @e, @line (NULL: none) and @key. */
LogEvent journal_fields(const Event *e, const char *line, char key[static KEY_SIZE]);

/* file:line:column: error: … */
void journal_diagnostic(const Diagnostic *d);
/* A line of the daemon itself. @message_id NULL: of no kind worth searching for. */
void journal_say(int priority, const char *message_id, const char *fmt, ...) printf_(3, 4);
