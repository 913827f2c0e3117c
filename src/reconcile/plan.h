#pragma once
/*
 * Plan: what to do about one window at one target, decided on plain data
 *
 * plan_part() is the decision table of ARCHITECTURE.md: (window, projection, record, what the target shows, now) → one decision.
 * It has no clock, socket or log, and no memory. plan_sort() gives the total order in which a plan is printed and digested.
 */
#include "target/driver.h"

#define UPDATE_LATE_MAX (15 * USEC_PER_MINUTE)  /* an update later than this is dropped, rule 6 */
#define HEALS_MAX 3u                            /* per field and day, rule 7 */
#define OVERRUN_STEP (30 * USEC_PER_MINUTE)     /* the end of an overrunning window at a clock target moves by this … */
#define OVERRUN_AHEAD (5 * USEC_PER_MINUTE)     /* … this long before it comes */

/* What a target shows of one object, folded small. Strings owned by whoever holds it. */
typedef struct Seen {
        bool present;
        State state;
        Print print;
        const char *remote_id, *version; /* "" none */
        usec_t started, ended;
        Now at;                         /* when the look that showed it began */
        const uint64_t *messages;
        size_t n_messages;
        bool foreign_ledger;            /* our name and another ledger's id */
} Seen;

typedef enum Look {
        LOOK_NONE,                      /* never looked, or not since our last write: proves nothing */
        LOOK_PRESENT,                   /* `seen` is newer than our last write */
        LOOK_ABSENT,                    /* a complete listing since then lacks it */
        LOOK_GONE,                      /* a read by id found nothing */
} Look;

typedef struct ByHand {                 /* what people did with this window at targets where they can, for one that follows them */
        bool started;                   /* it runs there, early or because somebody came */
        bool over;                      /* and was ended there */
        usec_t end;                     /* its end there, where they have moved it; 0: they have not */
} ByHand;

typedef struct PartInput {
        Now now;
        const Capabilities *can;
        const Window *window;           /* in force; NULL: nothing describes it any more */
        bool withdrawn;                 /* its manifest is gone and the grace is over, its rule lacks it, or the target retires */
        const char *withdrawn_why;      /* "" or why, for the reason */
        usec_t withdraw_at;             /* vanished, and the grace ends then; 0: not vanished */
        usec_t edited;                  /* load that brought this version of the window, 0: found at start */
        const Object *want;             /* projection; NULL: this part is not wanted (any more) */
        bool partly;                    /* another part of the window is live there: it was not the window that has ended */
        bool unresolved;                /* `want` is not known, for a service does not resolve: no create, no edit, but transitions */
        const Record *record;           /* latest generation; NULL: none */
        Look look;
        bool look_first;                /* what has fallen due waits a moment for the first look at it */
        bool listed;                    /* a complete listing is known: what it lacks, of any generation, is not there */
        const Seen *seen;               /* with LOOK_PRESENT */
        bool twin;                      /* no record, and an unowned object equals it in title, start and end */
        bool adopt;                     /* a person said: take over what is there */
        uint64_t cleared;               /* hash of the last end of another window that has cleared this one's services; 0: none */
        ByHand by_hand;
        bool hold_move;                 /* the guard holds its new times: those of the record stay in force */
        bool hold_cancel;               /* … its cancellation */
} PartInput;

typedef enum Step {
        STEP_NOTHING,
        STEP_ACT,                       /* one request: `action` */
        STEP_NOTE,                      /* a change of the record alone: `after`, `note`, no request */
        STEP_LOOK,                      /* read the object first */
} Step;

typedef enum Note {
        NOTE_NONE,
        NOTE_ADOPTED,                   /* an object with our marker becomes ours in the ledger */
        NOTE_TAKEN_OVER,                /* the target is ahead, as manifest and clock have it */
        NOTE_DIVERGED,                  /* the target is ahead by a person's hand */
        NOTE_STEPPED_BACK,              /* the target has fallen behind what it had confirmed (restored from a backup) */
        NOTE_CLOCK,                     /* the target's own clock has moved it */
        NOTE_GONE, NOTE_CLAIMED,
        NOTE_DROPPED,                   /* an update too late to be posted */
        NOTE_TOLD,                      /* an update that is there already */
        NOTE_ECHO,                      /* first look after a write whose answer showed nothing */
} Note;

typedef enum Trouble {                  /* why things are not as the manifest says; at most one is reported */
        TROUBLE_NONE, TROUBLE_SUSPENDED, TROUBLE_ALREADY_THERE, TROUBLE_CLAIMED, TROUBLE_GONE, TROUBLE_DIVERGED, TROUBLE_MOVED_INTO_PAST,
        TROUBLE_MISSED, TROUBLE_OVERRUNNING, TROUBLE_HELD, TROUBLE_HEAL_LIMIT, TROUBLE_REFUSED,
} Trouble;

typedef struct Decision {
        Step step;
        Action action;                  /* STEP_ACT; action.want points to `want` below where it is changed */
        Object want;
        char reason[160];
        Note note;                      /* STEP_NOTE */
        State note_state;               /* the state it is in now */
        uint32_t note_fields;           /* FIELD_* taken over from `seen` */
        uint64_t note_told;             /* goes to told[] */
        bool look_first;                /* something is due, and waits for the first look */
        Trouble trouble;
        State wanted;
        usec_t next;                    /* first instant at which time alone changes this decision */
        const char *next_what;          /* "publish", "start", … */
} Decision;

void plan_part(const PartInput *in, Decision *ret);

/* The state the window should have at @now, the further on of the manifest's word and the clock's; *ret_next: when that changes.
 * @start, @end: times in force at the target; @record may be NULL. */
State state_at(const Window *w, usec_t start, usec_t end, const Record *record, usec_t now, usec_t *ret_next);

/* Whether a record stands for nothing yet: its create has not been accepted. */
static inline bool record_unpublished(const Record *r) {
        return r->created == 0 && r->status == RECORD_LIVE;
}
/* In `applied`: adopted, and what is there still names another ledger, or nobody. */
#define MARKER_TO_BE_WRITTEN 0u
/* The echo is unknown until a look after the write shows it. */
#define ECHO_UNKNOWN USEC_INFINITY

/* action.c. What a person allows when approving: stays the same while the change does. */
uint64_t change_hash(const char *what, WindowKey key, unsigned generation, usec_t start, usec_t end);
/* The write a target refused for good: equal while nothing about it has changed. */
uint64_t refusal_hash(const Action *a);

/* Whether subscribers will hear of it. */
bool action_notifies(const Capabilities *can, const Action *a);

/* record.c. What told[] holds once the reaching of a state has been told. */
uint64_t phase_hash(State s);
/* A record after @a was accepted with @o, or after the note of @d. Strings (remote_id, version, title) are left to the caller.
 * Return: 0 or -ENOMEM (told could not grow). */
int record_apply(Record *r, const Action *a, const Outcome *o, Now now);
int record_note(Record *r, const Decision *d, const PartInput *in);
bool record_told(const Record *r, uint64_t hash);
int record_tell(Record *r, uint64_t hash);

typedef struct FieldChange {
        const char *field;              /* "title", "state", "message", … */
        const char *from, *to;          /* from NULL: nothing is there yet, or (of an update) it is not known what */
} FieldChange;

typedef struct PlannedAction {          /* for people: an action with its surroundings copied */
        Action action;
        FieldChange *diff;              /* from what is there to what is wanted */
        size_t n_diff;
        const char *text;               /* field by field, lines separated by \n; "" none */
        bool notifies;                  /* subscribers will hear of it */
} PlannedAction;
typedef struct HeldChange { WindowKey key; uint64_t change; const char *what, *text; } HeldChange; /* what: "cancel", "move", "already there", … */
typedef struct Problem { WindowKey key; const char *text; } Problem;

typedef struct Plan {                   /* for one target; everything from the arena it was made in */
        const char *target;
        PlannedAction *actions;         /* total order: urgency, due, manifest, occurrence, part, kind */
        size_t n_actions;
        HeldChange *held;               /* by guard or for a person's word */
        size_t n_held;
        Problem *problems;
        size_t n_problems;
        Problem *remarks;               /* nothing is wrong, but good to know: what will be late by the target's limit */
        size_t n_remarks;
        unsigned notices;               /* subscriber notifications that the actions cause */
        usec_t next;                    /* first instant at which time alone changes this plan */
        uint64_t digest;                /* names exactly what is held and does not depend on now; 0: nothing held */
} Plan;
int action_compare(const Action *a, const Action *b);
