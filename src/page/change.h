#pragma once
/*
 * What a request, or the passing of time, makes of a maintenance
 *
 * Pure: the stored object, what is asked for and the instant go in; the object as it is to be, and the messages that
 * subscribers are owed, come out. Nothing here stores or sends anything, so every rule of the state machine is a table row in
 * test-page-change.c.
 */
#include "base/limits.h"
#include "page/model.h"

/* The fields a body may set: bits of Draft.set. */
enum {
        FIELD_TITLE = BIT(0),
        FIELD_DESCRIPTION = BIT(1),
        FIELD_STATUS = BIT(2),
        FIELD_START = BIT(3),
        FIELD_END = BIT(4),
        FIELD_SERVICES = BIT(5),
        FIELD_IMPACT = BIT(6),
        FIELD_REMINDERS = BIT(7),
        FIELD_AUTO = BIT(8),
        FIELD_PAUSE = BIT(9),
        FIELD_EXTERNAL_ID = BIT(10),
        FIELD_OWNER = BIT(11),
        FIELD_MESSAGE = BIT(12),
        FIELD_QUIET = BIT(13),
};

/* A body that is well-formed in itself. Only what @set names is meaningful; notify flags come with a mask of their own. */
typedef struct Draft {
        unsigned set, notify_set;
        Maintenance value;
        const char **service_ids;       /* as sent, no two equal */
        size_t n_services;
        const char *message;            /* NULL or not empty */
        bool quiet;                     /* "notify": false */
} Draft;

#define CHANGE_EVENTS_MAX 4u

typedef struct Change {
        Maintenance after;
        bool changed;                   /* something is to be stored: @after.version and .updated_at have moved on */
        bool reminders_moved;           /* the pending reminders are to be made anew */
        bool services_set;              /* the draft's services replace the stored ones … */
        bool tells_left, tells_come;    /* … and those whom it concerns no more, or had not concerned, are told that */
        const char *message;            /* to append to the updates in state @after.state, or NULL */
        EventKind events[CHANGE_EVENTS_MAX];
        size_t n_events;
} Change;

/* Why a well-formed request cannot be carried out: a 409, with the field that stands against it (NULL: none in particular). */
typedef struct Refusal {
        const char *code, *error, *field;
} Refusal;

/* The object's state before, as far as it decides: its last update serves to recognise a repeated request. */
typedef struct Before {
        const Maintenance *m;
        const Update *last;             /* newest entry of its updates, or NULL */
        size_t n_updates;
        bool same_services;             /* FIELD_SERVICES names what is stored already */
} Before;

/**
 * change_create() - a new maintenance
 * @d: must set title, start and end with start < end; its status is scheduled or in_progress
 *
 * A window that is due already is born in the state the clock says, if it moves by itself. Told is only where it stands: in
 * progress, not also scheduled; completed, not also in progress; and nothing about a schedule that lies in the past.
 */
void change_create(const Draft *d, usec_t now, Change *ret);

/**
 * change_patch() - changed fields, a step of the state machine, a message
 *
 * A step to the state that is reached already is no change, and a message that repeats the last one in that state neither.
 * That the start lies before the end has been seen to by whoever read @d. Return: 0; -EPERM with @reterr when the state machine forbids
 * it, or there are PAGE_UPDATES_MAX updates.
 */
int change_patch(const Before *before, const Draft *d, usec_t now, Change *ret, Refusal *reterr);

/* The step that is due by the clock. True and @ret when there is one. After an absence over start and end only the end is told. */
bool change_clock(const Maintenance *m, usec_t now, Change *ret);

/* When the clock moves it next: USEC_INFINITY when never. */
usec_t maintenance_next_due(const Maintenance *m);

/* The instants at which @m's reminders are sent, those that lie ahead of @now; writes up to PAGE_REMINDERS_MAX into @ret. A
 * reminder belongs to one offset and one start, so this is also what a move leaves. */
typedef struct Reminder {
        unsigned minutes;
        usec_t due;
} Reminder;
size_t maintenance_reminders(const Maintenance *m, usec_t now, Reminder ret[static PAGE_REMINDERS_MAX]);

#define REMINDER_GRACE (5 * USEC_PER_MINUTE)
/**
 * reminder_left() - what a due reminder says, if anything
 * @minutes: the shortest of the offsets that are due
 *
 * Return: the time to name, µs; 0 when the window has begun or is no longer scheduled, and nothing is said.
 */
usec_t reminder_left(const Maintenance *m, unsigned minutes, usec_t now);
