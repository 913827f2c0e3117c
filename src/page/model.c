/*
 * What the page talks about: the tables
 */
#include "page/model.h"

#include <string.h>

static const struct {
        const char *name;
        unsigned next;
} states[] = {
        [STATE_SCHEDULED]   = { "scheduled",   BIT(STATE_IN_PROGRESS) | BIT(STATE_CANCELLED) },
        [STATE_IN_PROGRESS] = { "in_progress", BIT(STATE_COMPLETED) | BIT(STATE_CANCELLED) },
        [STATE_COMPLETED]   = { "completed",   0 },
        [STATE_CANCELLED]   = { "cancelled",   0 },
};
_Static_assert(ARRAY_SIZE(states) == STATES, "describe every state");

static const struct {
        const char *impact, *status;
} impacts[] = {
        [IMPACT_OPERATIONAL] = { "operational",       "operational" },
        [IMPACT_MAINTENANCE] = { "under_maintenance", "maintenance" },
        [IMPACT_DEGRADED]    = { "degraded",          "degraded" },
        [IMPACT_PARTIAL]     = { "partial_outage",    "partial_outage" },
        [IMPACT_MAJOR]       = { "major_outage",      "major_outage" },
};
_Static_assert(ARRAY_SIZE(impacts) == IMPACTS, "describe every impact");

static const char *const events[] = {
        "scheduled", "reminder", "in_progress", "updated", "rescheduled", "completed", "cancelled", "update",
};
_Static_assert(ARRAY_SIZE(events) == EVENT_KINDS, "name every event");

const char *state_to_string(State s) {
        return states[s].name;
}

int state_from_string(const char *text) {
        for (size_t i = 0; i < STATES; i++)
                if (strcmp(states[i].name, text) == 0)
                        return (int) i;
        return -EINVAL;
}

bool state_final(State s) {
        return states[s].next == 0;
}

bool state_may_become(State from, State to) {
        return states[from].next & BIT(to);
}

const char *impact_to_string(Impact i) {
        return impacts[i].impact;
}

int impact_from_string(const char *text) {
        for (size_t i = 0; i < IMPACTS; i++)
                if (strcmp(impacts[i].impact, text) == 0)
                        return (int) i;
        return -EINVAL;
}

const char *status_to_string(Impact i) {
        return impacts[i].status;
}

int status_from_string(const char *text) {
        for (size_t i = 0; i < IMPACTS; i++)
                if (strcmp(impacts[i].status, text) == 0)
                        return (int) i;
        return -EINVAL;
}

const char *event_to_string(EventKind k) {
        return events[k];
}
