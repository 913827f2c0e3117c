#pragma once
/*
 * One check: a GET, and what its answer means
 *
 * A connection of its own each time, HTTP/1.1, no redirects, no proxy, no cookies, certificates verified. Of the answer no more is read than
 * PAGE_CHECK_HEADER_BYTES_MAX and PAGE_CHECK_BODY_BYTES_MAX. Whatever the name says, the address that is connected to must be a public one
 * or of rules->networks, so that whoever holds a key cannot make the page look behind the firewall.
 */
#include "page/monitor/agenda.h"
#include "page/multi.h"

typedef struct Check Check;
/* Called once, from the event loop, never from within check_begin(); @seen is borrowed, and the check is gone afterwards. */
typedef void (*check_done_fn)(void *userdata, const Seen *seen);
/* @rules: as long as the check; @m: during the call. 0 or -ENOMEM. */
int check_begin(Multi *multi, const MonitorRules *rules, const Monitor *m, check_done_fn done, void *userdata, Check **ret);
Check *check_free(Check *c);            /* without a word */
DEFINE_AUTO(Check *, check_free)
