#pragma once
/*
 * The page's memory of uptime monitors: what they are, what they showed last, and how many checks went how
 *
 * Checks are counted by hour and by day (UTC), a row each; hours are kept for a week, days as long as a service's history. As in
 * store/store.h otherwise.
 */
#include "page/monitor/agenda.h"
#include "page/store/store.h"

int store_monitor_by_id(Store *s, Arena *a, const char *id, Monitor *ret);
int store_monitor_by_name(Store *s, Arena *a, const char *name, Monitor *ret);
/* In order of creation, those behind @after; an array in @a. */
int store_monitor_list(Store *s, Arena *a, int64_t after, unsigned limit, Monitor **ret, size_t *ret_n);
int store_monitor_count(Store *s, size_t *ret);
/* Gives it seq and id. The caller holds a transaction for each of these: what services show may follow. */
int store_monitor_insert(Store *s, Arena *a, Monitor *m);
int store_monitor_update(Store *s, const Monitor *m);
int store_monitor_delete(Store *s, int64_t seq, usec_t now);

/* A monitor, a running window or a service has changed, so that others may be paused now; until somebody has seen to it. */
void store_monitors_stir(Store *s);
bool store_monitors_stirred(const Store *s);
void store_monitors_calm(Store *s);

/* What a check saw: state, last, checked_at, latency and problem of @m; and what was counted, as of @m->checked_at. */
int store_monitor_seen(Store *s, const Monitor *m, const Tally *t);
int store_tallies_prune(Store *s, usec_t now);

typedef enum TallySpan { TALLY_HOURS, TALLY_DAYS } TallySpan;
typedef struct TallyRow {
        usec_t at;                      /* its beginning */
        Tally tally;
} TallyRow;
/* Oldest first; hours or days without a check are left out. */
int store_tallies(Store *s, Arena *a, int64_t monitor, TallySpan span, TallyRow **ret, size_t *ret_n);
