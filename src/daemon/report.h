#pragma once
/*
 * Reports: what stands where, as JSON documents
 *
 * One shape for the control socket, for `maintctl --json`, and for what maintctl prints for people: the daemon builds them
 * beside its engine, maintctl without a daemon beside its own. Instants are RFC 3339 in UTC, null when there is none.
 * Each returns a new document owned by the caller, NULL when memory is out. Where labels select, "selected" is the number of manifests
 * that have them, else null.
 */
#include <jansson.h>

#include "daemon/select.h"
#include "daemon/site.h"

/* {"windows": […], "targets": […], "problems": […], "diagnostics": […], …}: of windows and their problems those selected alone. */
json_t *report_status(const Site *s, Now now, const Selection *sel);
/* {"targets": [{"target", "actions": […], "held": […], "digest", "problems", "notices"}], "changes": bool}: as above; "held_others"
 * counts what is held under the same digest and not selected. */
json_t *report_plan(const Site *s, Now now, const Selection *sel);
/* {"history": [{"seq", "at", …}]}, of many as many as is sensible. */
json_t *report_history(const Site *s, const Selection *sel, HistoryRange range);
/* [{"file", "line", "column", "severity", "code", "message"}] */
json_t *report_diagnostics(const Diagnostics *d);
/* How the last load went: {"manifests", "refused", "in_force", "changed", "files", "error": null, "diagnostics": […]} */
json_t *report_load(const Site *s);

/* An instant, or null for 0 and USEC_INFINITY. */
json_t *report_instant(usec_t t);
