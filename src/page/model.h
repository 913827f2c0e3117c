#pragma once
/*
 * What the page talks about: maintenance, services, events
 *
 * Plain data, without behaviour beyond the tables of names and the state machine. Everything that decides (change.c),
 * stores (store/) or shows (rest/json.c, show/) is written in these terms. Strings inside a struct are borrowed
 * from the arena of the request that read them.
 */
#include "base/arena.h"
#include "base/instant.h"
#include "base/limits.h"

#define ID_SIZE 40u

typedef enum State { STATE_SCHEDULED, STATE_IN_PROGRESS, STATE_COMPLETED, STATE_CANCELLED } State;
#define STATES (STATE_CANCELLED + 1)

/* What a window does to its services while it runs. Ascending: of several, the worst is shown. */
typedef enum Impact { IMPACT_OPERATIONAL, IMPACT_MAINTENANCE, IMPACT_DEGRADED, IMPACT_PARTIAL, IMPACT_MAJOR } Impact;
#define IMPACTS (IMPACT_MAJOR + 1)

/* One message to subscribers is one event. The numbers are stored: append only. */
typedef enum EventKind {
        EVENT_SCHEDULED, EVENT_REMINDER, EVENT_IN_PROGRESS, EVENT_UPDATED, EVENT_RESCHEDULED, EVENT_COMPLETED, EVENT_CANCELLED,
        EVENT_UPDATE,
} EventKind;
#define EVENT_KINDS (EVENT_UPDATE + 1)

enum { /* bits of Maintenance.notify; stored: append only */
        NOTIFY_SCHEDULE = BIT(0),
        NOTIFY_START = BIT(1),
        NOTIFY_COMPLETE = BIT(2),
        NOTIFY_CANCEL = BIT(3),
        NOTIFY_UPDATE = BIT(4),
        NOTIFY_ALL = BIT(5) - 1,
};

typedef struct Maintenance {
        int64_t seq;                            /* order of creation, never reused; 0: not stored yet */
        const char *id, *title, *description;   /* description: Markdown, "" when none */
        const char *external_id, *owner;        /* NULL: none */
        State state;
        Impact impact;
        usec_t start, end;
        usec_t started_at, finished_at;         /* 0: not yet; finished_at is that of completion or cancellation */
        usec_t created_at, updated_at;
        int64_t version;                        /* 1, and one more with every change */
        unsigned notify;                        /* NOTIFY_… bits */
        bool auto_transition, pause_monitors;
        unsigned reminders[PAGE_REMINDERS_MAX]; /* minutes before the start, longest first, no two equal */
        size_t n_reminders;
} Maintenance;

typedef struct Service {
        int64_t seq;
        const char *id, *name, *description, *group;
        Impact manual;                          /* what a person, or a program in one's place, said last */
        Impact measured;                        /* the worst that its monitors see */
        Impact shown;                           /* those two, or what running windows make of it */
        bool under;                             /* some running window names it */
        int64_t display_order;
        usec_t created_at, updated_at;
} Service;

typedef struct Update {
        int64_t seq;
        State state;
        const char *message;
        usec_t created_at;
} Update;

/* What a service shows outside of maintenance. A monitor never improves on what was said, and is not asked about what somebody says is being worked on. */
static inline Impact service_own(Impact manual, Impact measured) {
        return manual == IMPACT_MAINTENANCE ? manual : MAX(manual, measured);
}

const char *state_to_string(State s);
int state_from_string(const char *text);        /* a State, or -EINVAL */
bool state_final(State s);
/* True for a step of the state machine; staying where one is is none. */
bool state_may_become(State from, State to);

const char *impact_to_string(Impact i);         /* "under_maintenance": in a maintenance */
int impact_from_string(const char *text);
const char *status_to_string(Impact i);         /* "maintenance": in a service's status */
int status_from_string(const char *text);

const char *event_to_string(EventKind k);
