/*
 * Uptime monitors: what is asked of a URL, how often, and what the answers mean
 */
#include "page/monitor/monitor.h"

#include <string.h>

#include "page/subscribe/subscriber.h"

static const struct {
        const char *name;
        Impact impact;
} states[] = {
        [MONITOR_UNKNOWN]  = { "unknown",  IMPACT_OPERATIONAL },
        [MONITOR_UP]       = { "up",       IMPACT_OPERATIONAL },
        [MONITOR_DEGRADED] = { "degraded", IMPACT_DEGRADED },
        [MONITOR_DOWN]     = { "down",     IMPACT_MAJOR },
};
_Static_assert(ARRAY_SIZE(states) == MONITOR_STATES, "describe every state");

const char *monitor_state_to_string(MonitorState s) {
        return states[s].name;
}

const char *monitor_status(const Monitor *m) {
        return monitor_paused(m) ? "paused" : states[m->state].name;
}

Impact monitor_impact(MonitorState s) {
        return states[s].impact;
}

MonitorState monitor_judge(const Monitor *m, unsigned status, usec_t latency) {
        bool expected = m->expected > 0 ? status == m->expected : status >= 200 && status < 300;

        if (!expected)
                return status >= 500 ? MONITOR_DOWN : MONITOR_DEGRADED;
        return latency > m->timeout / 2 ? MONITOR_DEGRADED : MONITOR_UP;
}

MonitorState monitor_settle(MonitorState state, MonitorState last, MonitorState seen) {
        if (seen == MONITOR_UP)
                return seen;
        if (seen == MONITOR_UNKNOWN || last == MONITOR_UNKNOWN)
                return seen == last ? MONITOR_UNKNOWN : state;
        return last == MONITOR_UP ? state : MIN(last, seen);
}

/* The fractions of multiples of the golden ratio lie as evenly as numbers can that come one by one. */
static usec_t offset(const Monitor *m) {
        uint64_t fraction = (uint64_t) m->seq * UINT64_C(0x9e3779b97f4a7c15) >> 32;

        return (m->interval / USEC_PER_MSEC * fraction >> 32) * USEC_PER_MSEC;
}

usec_t monitor_first(const Monitor *m, usec_t now) {
        usec_t shifted = now + m->interval - offset(m); /* an interval more, so that nothing is negative */

        return now - shifted % m->interval + m->interval;
}

usec_t monitor_next(const Monitor *m, usec_t began) {
        return monitor_first(m, began + m->interval / 2);
}

const char *monitor_url_refused(Arena *a, const MonitorRules *rules, const char *url) {
        const char *wrong = webhook_refused(url, true), *host = wrong ? NULL : webhook_host(a, url);
        unsigned char address[ADDRESS_BYTES];

        if (wrong)
                return wrong;
        if (!host)
                return "Out of memory";
        if (address_parse(host, address) >= 0 && !address_allowed(address, &rules->networks))
                return "Must be a public address; monitor_networks in the page's settings allows others";
        return NULL;
}
