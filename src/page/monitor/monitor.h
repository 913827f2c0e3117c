#pragma once
/*
 * Uptime monitors: what is asked of a URL, how often, and what the answers mean
 *
 * Pure. A check sees one of three things:
 *
 *   up        the expected answer (any of 2xx unless another status is named), within half of the time it may take
 *   degraded  another answer below 500, or the expected one more slowly
 *   down      no answer in time (name, connection, TLS, a broken or endless answer), or one of 500 and above
 *
 * One bad check proves little: a monitor shows the milder of the last two, so it becomes worse after two in a row and better at once. What
 * could not be checked at all (the address is not for us, no network) says nothing; twice in a row, the monitor knows nothing any more.
 */
#include "page/model.h"
#include "page/site.h"

typedef enum MonitorState { MONITOR_UNKNOWN, MONITOR_UP, MONITOR_DEGRADED, MONITOR_DOWN } MonitorState; /* stored: append only; each is worse than the one before */
#define MONITOR_STATES (MONITOR_DOWN + 1)

typedef struct Monitor {
        int64_t seq;
        const char *id, *name, *url;
        usec_t interval, timeout;
        unsigned expected;              /* status; 0: any of 2xx */
        int64_t service;                /* 0: none */
        const char *service_id;         /* NULL: none */
        bool enabled;
        bool held;                      /* by a running window that pauses monitors of its service */
        MonitorState state;             /* what it shows while it is not paused */
        MonitorState last;              /* what the last check saw; unknown: nothing, or there was none since it was paused */
        usec_t checked_at;              /* 0: never */
        usec_t latency;                 /* of the last answer; 0: there was none */
        const char *problem;            /* why the last check was not up; "" when it was */
        usec_t created_at, updated_at;
} Monitor;

static inline bool monitor_paused(const Monitor *m) { return !m->enabled || m->held; }
const char *monitor_state_to_string(MonitorState s);
/* "up", "down", "degraded", "unknown", or "paused". */
const char *monitor_status(const Monitor *m);

/* What an answer means. @latency: until it had come, as far as it was read. */
MonitorState monitor_judge(const Monitor *m, unsigned status, usec_t latency);
/* What a monitor shows after a check that saw @seen. */
MonitorState monitor_settle(MonitorState state, MonitorState last, MonitorState seen);
/* What a state makes of a service that says nothing else. */
Impact monitor_impact(MonitorState s);

/*
 * When. Each monitor has instants of its own, an interval apart, on CLOCK_BOOTTIME: where they lie follows from its number, so that those
 * with one interval are spread evenly over it, however they were made and whenever the page was started.
 */
/* The first after @now. */
usec_t monitor_first(const Monitor *m, usec_t now);
/* The first that is at least half an interval after @began, the start of the last check: one out of turn does not bring two close together. */
usec_t monitor_next(const Monitor *m, usec_t began);

/* What is wrong with the address for a monitor, in @a; NULL: nothing. Where a name leads is asked when it is connected to. */
const char *monitor_url_refused(Arena *a, const MonitorRules *rules, const char *url);

enum { MONITOR_NAME = BIT(0), MONITOR_URL = BIT(1), MONITOR_INTERVAL = BIT(2), MONITOR_TIMEOUT = BIT(3), MONITOR_EXPECTED = BIT(4), MONITOR_SERVICE = BIT(5),
       MONITOR_ENABLED = BIT(6) };

typedef struct MonitorDraft {
        unsigned set;
        Monitor value;                  /* complete: of what is not set, the default or what was there; service_id is as sent, service is not looked up */
} MonitorDraft;

/* As maintenance_read() in rest/input.h: @base NULL for a POST. 0, -EINVAL when @errors has been added to, -ENOMEM. */
struct json_t;
int monitor_read(Arena *a, const struct json_t *body, const MonitorRules *rules, const Monitor *base, MonitorDraft *ret, struct json_t *errors);
