#pragma once
/*
 * The nouns of maintd as plain data
 *
 * Every layer above base/ may name these. Nothing here does I/O, allocates behind the caller's back or knows a library.
 *
 * Three things are kept apart on purpose:
 *  - Window, what people want, from Object, how one target would say it;
 *  - Print `applied`, what our last accepted write asked for, from Print `echo`, what the target showed right after it
 *    (edit = projection ≠ applied, drift = observed ≠ echo);
 *  - due instants (CLOCK_REALTIME) from retries and deadlines (CLOCK_BOOTTIME).
 */
#include "base/arena.h"
#include "base/instant.h"
#include "base/limits.h"

typedef enum State { STATE_SCHEDULED, STATE_IN_PROGRESS, STATE_COMPLETED, STATE_CANCELLED } State;
#define STATES (STATE_CANCELLED + 1)

static inline bool state_final(State s) {
        return s >= STATE_COMPLETED;
}

typedef enum Impact { IMPACT_OPERATIONAL, IMPACT_MAINTENANCE, IMPACT_DEGRADED, IMPACT_PARTIAL, IMPACT_MAJOR } Impact;
#define IMPACTS (IMPACT_MAJOR + 1) /* ascending: of several, the worst is shown */

typedef struct Strv {
        const char **items;
        size_t n;
} Strv;

#define KEY_SIZE (ID_MAX + OCCURRENCE_MAX + 2)

/* Printed ID or ID@2027-02-07T02:00. */
typedef struct WindowKey {
        const char *manifest;   /* id, 1 to ID_MAX bytes of [a-z0-9._/-] */
        const char *occurrence; /* "" for a one-off; else the local start the rule gave, as RECURRENCE-ID (RFC 5545 §3.8.4.4) */
} WindowKey;

typedef struct Origin {                 /* where a manifest was read: for people, never compared */
        const char *file, *commit;      /* commit: "" when unknown */
        unsigned line;
} Origin;

typedef struct Update {                 /* a message posted while the window runs */
        usec_t at;                      /* an instant, or the offset from the actual start when from_start */
        bool from_start;
        const char *message;
} Update;

typedef struct Notify {
        bool scheduled, started, completed, cancelled, updated;
        usec_t reminders[REMINDERS_MAX]; /* spans before the start, longest first */
        size_t n_reminders;
} Notify;

/* One occurrence, all defaults, rules and zones resolved; independent of now and of targets. Strings are borrowed from its
 * WindowSet. */
typedef struct Window {
        WindowKey key;
        usec_t start, end;      /* start < end */
        usec_t publish;         /* not announced before; 0: at once */
        State floor;            /* the manifest's `state:`; STATE_SCHEDULED when absent */
        Impact impact;
        bool auto_start : 1, auto_complete : 1, suspend : 1, mute : 1;
        bool recurring : 1;     /* has a rule: its times freeze once it has started … */
        bool own_start : 1, own_end : 1; /* … but for those its own override gives */
        unsigned n_updates;
        const char *title, *body, *message, *timezone; /* body, message: "" when absent */
        Strv services;          /* catalogue names, sorted, unique */
        Strv targets;           /* empty: all */
        const Update *updates;  /* sorted by (from_start, at) */
        const Notify *notify;   /* shared with other windows */
        const Origin *origin;
} Window;

/* All windows of one manifest in one version. Immutable once built, shared by reference. */
typedef struct WindowSet {
        unsigned refs;
        const char *manifest;   /* id */
        const char *formerly;   /* NULL: none */
        uint64_t content;       /* hash of all keys but the id, after defaults: equal means renamed */
        const char *doc;        /* canonical text for the ledger, from which the manifest can be read again; NULL when not kept */
        Window *windows;        /* sorted by start, then occurrence */
        size_t n_windows;
        usec_t from;            /* occurrences that end before this were not expanded: they are history */
        usec_t until;           /* first instant at which a further occurrence is to be published: expand again; USEC_INFINITY: never */
        usec_t loaded;          /* when this version came by a reload, 0: it was found at start */
        const char *const *labels; /* key, value, …, NULL */
        const Origin *origin;
        void *owner;            /* what owns the memory; released with the last reference */
        void (*release)(void *owner);
} WindowSet;

WindowSet *windowset_ref(WindowSet *s);
WindowSet *windowset_unref(WindowSet *s); /* NULL is fine; always returns NULL */
void windowset_unrefp(WindowSet **s);

enum {                          /* bits: parts of an object that can be written, shown and compared */
        FIELD_TITLE = 1 << 0,
        FIELD_BODY = 1 << 1,
        FIELD_START = 1 << 2,
        FIELD_END = 1 << 3,
        FIELD_SERVICES = 1 << 4,
        FIELD_IMPACT = 1 << 5,
        FIELD_REMINDERS = 1 << 6,
        FIELD_MARKER = 1 << 7,
        FIELD_EXTRA = 1 << 8,
};
#define FIELDS 9
#define FIELDS_TIMES (FIELD_START | FIELD_END)
#define FIELDS_ALL ((1u << FIELDS) - 1)

/* A remote object in the target's own terms, normalised so that equal means "send nothing". */
typedef struct Object {
        const char *part;       /* "" or which of several objects of one window: "service:api" */
        usec_t start, end;      /* after the target's granularity */
        const char *title, *body, *impact, *reminders, *marker;
        const char *extra;      /* canonical text of the rest: notification flags, matchers, … */
        Strv services;          /* the target's ids, sorted */
} Object;

/* What an object looks like, small enough to keep for each of 100,000: times as they are, all else as hashes. */
typedef struct Print {
        usec_t start, end;
        uint64_t title, body, services, impact, reminders, marker, extra;
} Print;

Print object_print(const Object *o);
/* With every text of its own in @a; absent ones become "". -ENOMEM. */
int object_copy(Arena *a, const Object *from, Object *ret);
uint32_t print_diff(const Print *a, const Print *b, uint32_t fields); /* FIELD_* that differ */
/* Takes the @fields of @from over into @to. */
void print_copy(Print *to, const Print *from, uint32_t fields);
const char *field_to_string(uint32_t field); /* one bit: "title", "start", … */

/* One object as a target shows it. Borrowed from the response it was read from. */
typedef struct Observed {
        Object object;
        State state;
        const char *remote_id, *version; /* version: "" when the target has none */
        const char *owner;      /* ledger id beside the marker, "" when none */
        usec_t started, ended;  /* as told by the target, 0: not told */
        const uint64_t *messages; /* message_hash() of the texts posted on it */
        size_t n_messages;
} Observed;

typedef enum Status {
        RECORD_LIVE,            /* ours and not final */
        RECORD_DIVERGED,        /* a person took a step at the target; taken over as it is */
        RECORD_GONE,            /* deleted at the target by someone else */
        RECORD_CLAIMED,         /* carries our name and another ledger's id: never written */
        RECORD_FINAL,           /* completed or cancelled */
} Status;
#define STATUSES (RECORD_FINAL + 1)

/* One row of the ledger: one remote object we own, and what we left there. Strings owned by the record. */
typedef struct Record {
        uint64_t id;            /* row, given once, never reused; > 0 */
        const char *target;     /* the target's identity, not its name in the config */
        WindowKey key;
        unsigned generation;
        const char *part;       /* "" mostly */
        const char *remote_id;  /* "" until known */
        const char *version;    /* of the remote object after our last write, "" when none */
        const char *title;      /* as last applied, for people */
        Status status;
        State left;             /* the state we last confirmed */
        Print applied, echo;
        uint32_t diverged;      /* FIELD_* that a person changed there and that stand until the manifest's word changes */
        usec_t start, end;      /* the window's own times in force: pairing, frozen times, held moves */
        usec_t started;         /* actual start; base of `updates: +1h`; 0: not yet */
        usec_t ended;           /* actual end, 0: not yet */
        Now written;            /* end of our last write: listings that began before it prove nothing */
        uint64_t intent;        /* serial of an intent without outcome, 0: none */
        unsigned intent_kind;   /* its ActionKind */
        uint64_t held;          /* hash of the change the guard holds, 0: none */
        uint64_t approved;      /* hash of the change a person released, 0: none */
        uint64_t refused;       /* hash of the write the target refused for good: not tried again until it changes */
        uint32_t heals;         /* drift healed since heal_day: two bits a field, in the order of FIELD_* */
        usec_t heal_day;
        usec_t created;         /* first accepted by the target, 0: not yet */
        usec_t moved;           /* last time a move of it was written, 0: never */
        usec_t asked_start, asked_end; /* what the open intent, an update, asks for; 0: it leaves that alone */
        uint64_t *told;         /* hashes of updates and messages already sent or dropped; oldest first */
        size_t n_told;
} Record;

uint64_t message_hash(const char *text);

/* A service whose name once resolved at a target: it keeps its id while the target still has that, whatever it is called. */
typedef struct KnownService {
        const char *target;     /* identity */
        const char *kind;       /* as its driver calls it */
        const char *service;    /* catalogue name */
        const char *asked;      /* the names it was looked for by: when the config says others, this is forgotten */
        const char *name;       /* what the target called it then */
        const char *id;
} KnownService;

typedef enum ActionKind {
        ACTION_CREATE, ACTION_UPDATE, ACTION_START, ACTION_COMPLETE, ACTION_CANCEL, ACTION_MESSAGE,
        ACTION_EFFECT,                  /* one component's status, where windows overlap */
        ACTION_TELL,                    /* one event to a notifier */
        ACTION_ADOPT, ACTION_FORGET,    /* ledger only, no request */
} ActionKind;
#define ACTIONS (ACTION_FORGET + 1)

typedef struct Effect { const char *service_id; Impact impact; bool under; } Effect; /* under: some window runs on it */

typedef enum Urgency { URGENCY_DUE_END, URGENCY_DUE_START, URGENCY_DUE_MESSAGE, URGENCY_EDIT, URGENCY_ANNOUNCE, URGENCY_QUIET } Urgency;

/* One change = one mutating request = one durable intent. Borrowed from the plan or engine it came from. */
typedef struct Action {
        ActionKind kind;
        const Window *window;           /* NULL: withdrawal of something no longer described */
        const Record *record;           /* NULL: create, or a stray duplicate */
        WindowKey key;
        const Object *want;             /* create, update: the object wanted; else NULL or as planned */
        const char *remote_id;          /* "" on create */
        const char *version;            /* what the target showed last, "" unknown */
        State state;                    /* the state aimed at; of a create: SCHEDULED or IN_PROGRESS */
        State from;                     /* the state it is in there */
        unsigned generation;
        uint32_t fields;                /* of an update: FIELD_* to write */
        const Effect *effects;
        size_t n_effects;
        const char *message;            /* "" none */
        uint64_t tells;                 /* hash that goes to told[] once this is done, 0: none */
        bool quiet;                     /* shall not reach subscribers, where the target can hold its tongue */
        usec_t due;                     /* instant it is (was) due; 0: no due time, an edit */
        usec_t edited;                  /* load that brought it: late = now - max(due, edited) */
        Urgency urgency;
        const char *reason;             /* one line, for plan, journal and ledger alike */
} Action;

typedef enum Verdict {
        VERDICT_DONE, VERDICT_ALREADY,          /* as wanted, now or before */
        VERDICT_RETRY, VERDICT_LIMITED,         /* certainly not done */
        VERDICT_UNKNOWN,                        /* may be done: look before anything else */
        VERDICT_CONFLICT, VERDICT_GONE, VERDICT_REFUSED, VERDICT_DENIED,
} Verdict;
#define VERDICTS (VERDICT_DENIED + 1)

/* Tables of names; from_string returns the value or -EINVAL. */
const char *state_to_string(State s);
int state_from_string(const char *s);
const char *impact_to_string(Impact i);
int impact_from_string(const char *s);
const char *status_to_string(Status s);
int status_from_string(const char *s);
const char *action_to_string(ActionKind k);
int action_from_string(const char *s);
const char *verdict_to_string(Verdict v);
int verdict_from_string(const char *s);

/* ID or ID@OCCURRENCE into @buf; returns @buf. */
const char *key_format(WindowKey k, char buf[static KEY_SIZE]);
int key_compare(WindowKey a, WindowKey b);
static inline bool key_equal(WindowKey a, WindowKey b) { return key_compare(a, b) == 0; }

/* [a-z0-9][a-z0-9._/-]*, at most ID_MAX bytes. */
bool id_valid(const char *s);
/* Could a file be named after it? As an explicit id, others are legal, too; these are the ones that a tree is read for: no hidden part, none too deep. */
bool id_fits_path(const char *s);

/* The next of an object's reminders, "60,1440": how long before the start. Moves *@at on; false: there are no more. */
bool reminder_next(const char **at, usec_t *ret);

/**
 * The ownership marker: maintd:INSTANCE:MANIFEST@OCCURRENCE#GENERATION[/PART]
 * MARKER_SIZE holds any marker. Where @max (0: no limit) is shorter, manifest and occurrence become ~HASH.
 */
#define MARKER_SIZE (8 + INSTANCE_MAX + KEY_SIZE + 12 + PART_MAX)
const char *marker_format(const char *instance, WindowKey key, unsigned generation, const char *part, size_t max,
                          char buf[static MARKER_SIZE]);
typedef struct MarkerParts {
        char instance[INSTANCE_MAX + 1], manifest[ID_MAX + 1], occurrence[OCCURRENCE_MAX + 1], part[PART_MAX + 1];
        unsigned generation;
        bool hashed;            /* manifest is ~HASH: compare markers as text */
} MarkerParts;
/* 0, or -EINVAL when @text is no marker of ours. */
int marker_parse(const char *text, MarkerParts *ret);
