#pragma once
/*
 * What programs read: the feed, the calendar, and Statuspage's public JSON
 *
 * Pure, as show/show.h is: plain data in, text out.
 */
#include <jansson.h>

#include "page/show/show.h"

#define V2_BYTES (1024u * 1024) /* of the windows of an answer; beyond, the list ends. All of these answers fit into the cache together. */
#define ENTRY_UPDATES 20u       /* of a window in the feed */
#define ENTRY_UPDATE_BYTES 4096u /* of each of them; the page has the rest */

/* Atom, RFC 4287: an entry for each window, the last changed first. 0 or -ENOMEM. */
int feed_write(const View *v, const Occasions *list);
/* iCalendar: an event for each window. A window that moves, is extended or cancelled is the same event with a higher SEQUENCE. */
void calendar_write(const View *v, const Occasions *list);

/*
 * The shape that Atlassian Statuspage gives to the public at /api/v2, which aggregators and widgets know. An incident is what we have
 * none of; a scheduled maintenance has its states and times. NULL: memory is out.
 */
typedef enum V2 { V2_SUMMARY, V2_STATUS, V2_COMPONENTS, V2_MAINTENANCE, V2_UPCOMING, V2_ACTIVE, V2_INCIDENTS } V2;
json_t *v2_json(const View *v, V2 what, const Front *front);
/* Does it hold windows, or are their times and states enough? */
bool v2_tells_windows(V2 what);
