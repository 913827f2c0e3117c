#pragma once
/*
 * Access: what the journal hears of requests
 *
 * Changes and failures, unless page.yaml says otherwise. Who is refused, or has no key, could fill a disk: of those a few lines a minute
 * are written and the rest is counted, by status, in one line at the minute's end. Queries are never written, and neither is what in
 * a path is, or might be, a token.
 */
#include <systemd/sd-event.h>

#include "page/http.h"
#include "page/site.h"

#define ACCESS_ROUND USEC_PER_MINUTE

typedef struct Access Access;
/* @site: borrowed */
int access_new(sd_event *event, const Site *site, Access **ret);
/* What has been counted so far is written. */
Access *access_free(Access *a);
DEFINE_AUTO(Access *, access_free)

/* An answer is out. */
void access_note(Access *a, const Outcome *o);
