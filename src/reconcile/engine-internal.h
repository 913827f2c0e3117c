#pragma once
/*
 * Engine, inside: what its files share
 *
 *      Source   a manifest as last loaded, with the items of its windows
 *      Remote   a target, with what was found there and how it behaves
 *      Item     one window at one target; holds its parts
 *      Part     one remote object: its record, what was seen of it, what is in flight for it
 *      Flight   a request on its way
 *
 *      engine.c          life, targets, the turn          engine-parts.c    the things above, and flights
 *      engine-windows.c  loads, renames, pairing, guard   engine-save.c     lines to log, entries to commit
 *      engine-query.c    what is asked, and when          engine-look.c     what that shows
 *      engine-health.c   whether a target answers         engine-decide.c   what is known, decided
 *      engine-act.c      planning, notes, troubles        engine-send.c     intents and requests
 *      engine-outcome.c  answers, open intents            engine-plan.c     the plan, what is held, approvals
 *      engine-effects.c  windows that overlap             engine-report.c   status for people
 *      engine-follow.c   mutes that follow people         engine-diff.c     what an action changes, for people
 */
#include "base/heap.h"
#include "base/map.h"
#include "base/text.h"
#include "reconcile/dispatch.h"
#include "reconcile/engine.h"

typedef struct Source Source;
typedef struct Remote Remote;
typedef struct Item Item;
typedef struct Part Part;
typedef struct Flight Flight;
typedef struct Shown Shown;

#define IN_FLIGHT_MAX 16u               /* requests to one target at a time */
#define LOOK_AHEAD (10 * USEC_PER_SEC)  /* an object is read this long before its transition … */
#define LOOK_OLD (60 * USEC_PER_SEC)    /* … when the last look is older than this */
#define CATALOGUE_EVERY (12u)           /* listings between readings of the catalogue, and probes */
#define CLOCK_BACK_MAX USEC_PER_HOUR    /* further back than the ledger's last entry than this: implausible */
#define CLOCK_STEP_MAX USEC_PER_DAY

struct Source {
        WindowSet *set;                 /* reference; NULL: only records know it */
        SetStatus status;
        usec_t vanished;                /* when a load first missed it, 0: it is there */
        bool row_known;                 /* the ledger has a row for it */
        uint64_t row_content;
        uint64_t seen_load;             /* number of the load that had it */
        bool fresh;                     /* first known by the load being told */
        Item *items;                    /* linked by next_of_source */
        UT_hash_handle hh;
        char id[];
};

struct Part {
        char *part;                     /* owned; "" is static */
        Record *record;                 /* owned; NULL: none */
        Seen seen;                      /* strings and messages owned */
        Shown *shown;                   /* owned: the same in full; NULL: not kept */
        bool looked;                    /* seen is valid (present or not) */
        bool absent, gone;              /* of the last look: a complete listing, or a read, lacks it */
        usec_t look_boot;               /* when the last look began */
        uint64_t listing;               /* number of the last listing that had it */
        unsigned seen_generation;       /* of the marker on what was seen without a record */
        char *duplicate;                /* owned: id of a second object with our marker, NULL: none */
        usec_t uncertain;               /* boot time before which looks do not settle the open intent */
        Print asked;                    /* what that intent, an update, has asked for */
        uint32_t asked_fields;          /* of one of a life before: its times alone */
        usec_t retry_at;                /* boot; not before */
        unsigned failures;
        Flight *flight;                 /* an action under way: one at a time */
        Flight *reading;                /* a read of this object under way: keeps no action waiting */
        bool look_wanted;
        unsigned look_failures;         /* reads of this object in a row */
        usec_t look_at;                 /* boot; not read again before */
};

/* A record as the engine keeps it: found by the id its object has at the target. */
typedef struct Owned {
        Record record;                  /* first: a Record of a Part is the head of an Owned */
        Item *item;
        bool indexed;
        UT_hash_handle hh;              /* in remote->by_id */
} Owned;

/* There are many: small things stand together in few bytes. */
struct Item {
        Remote *remote;
        Source *source;
        WindowKey key;                  /* manifest borrowed from the source; occurrence owned, behind the item */
        const Window *window;           /* borrowed from source->set; NULL: not produced (any more) */
        Part *parts;
        unsigned n_parts;
        uint32_t due_place;             /* in engine->due */
        uint32_t wait_place;            /* in engine->waiting */
        uint32_t ready_place;           /* in remote->ready */
        uint32_t look_place;            /* in remote->looks */
        bool dirty : 1, adopt : 1, unresolved : 1;
        bool adopt_next : 1;            /* what the next listing finds of it, too */
        bool known : 1;                 /* the set before this one had it, too: it is nobody's successor */
        bool look_ahead : 1;            /* next is only the look ahead of it */
        State last_wanted : 8;
        Trouble trouble : 8;            /* reported last */
        Urgency urgency : 8;            /* of what is to be done now, as decided last, with … */
        usec_t due, start;
        usec_t trouble_at;              /* when it was reported last */
        char *problem;                  /* why a service did not resolve; owned */
        usec_t next;                    /* real: when time alone changes something */
        const char *next_what;
        usec_t wait_boot;               /* boot: when a retry is due */
        Item *next_of_source;
        Item *next_of_remote, *prev_of_remote;
        Item *next_of_bucket;
        Item *next_dirty, *prev_dirty;
};

typedef struct Unowned { Print print; char *remote_id; State state; } Unowned;

/* A wish that comes while it is being met is met once more: what was read by then could not know why. */
typedef struct Wish { uint64_t asked, met; } Wish;

static inline void wish(Wish *w) {
        w->asked++;
}

static inline bool wished(const Wish *w) {
        return w->asked != w->met;
}

typedef struct Listing {
        uint64_t number;                /* of this target's listings */
        char *cursor;                   /* owned; NULL at the start */
        Now began;
        uint64_t meets;                 /* the wishes up to this one */
        unsigned pages;
        bool running;
        Query query;                    /* CATALOGUE or LIST */
} Listing;

typedef enum Phase { PHASE_PROBE, PHASE_CATALOGUE, PHASE_LIST, PHASE_READY } Phase;

struct Remote {
        Target *target;                 /* borrowed; NULL: not in the config any more */
        char *identity;
        Capabilities can;
        Target memory;                  /* of services alone: what the ledger has of names that resolved, over changes of the config */
        Item *items, *last_item;        /* linked by next_of_remote, in the order made */
        Item **buckets;                 /* owned: the same by hash of their key, linked by next_of_bucket */
        size_t n_items, n_buckets;      /* n_buckets: a power of two, or 0 */
        Owned *by_id;                   /* uthash, by remote_id */
        Heap ready;                     /* items with something to do, by action_compare order */
        Heap looks;                     /* items with an object to be read */
        size_t in_flight, writing;      /* requests; of them those that change something */
        Bucket reads, writes;
        Phase phase;
        Wish list, reread;              /* a listing, the catalogue */
        bool probe_wanted;
        Listing listing;
        RemoteService *catalogue;       /* being collected */
        size_t n_catalogue, allocated_catalogue;
        Arena *catalogue_arena;
        const char **facts;             /* being collected */
        size_t n_facts, allocated_facts;
        Arena *facts_arena;
        usec_t look_first_until;        /* boot: until then what is due waits for its first look */
        usec_t listed_boot, listed_real; /* last complete listing, 0: never */
        uint64_t listing_serial;        /* listings begun */
        uint64_t listed;                /* number of the last complete one, 0: none yet */
        unsigned since_catalogue;       /* complete listings since the catalogue was read */
        Unowned *unowned;               /* of the last complete listing, sorted by start */
        size_t n_unowned;
        Unowned *unowned_next;          /* of the one under way */
        size_t n_unowned_next, allocated_unowned;
        unsigned strays;                /* ours by name, described by nothing */
        bool adopting;
        /* health */
        unsigned failures;              /* in a row, of the target as a whole */
        usec_t failed_at;               /* boot, the last of them */
        usec_t retry_at;                /* boot */
        bool unreachable, denied, limited;
        bool writes_denied;             /* reading is allowed: a single write tries whether writing is, too */
        bool denied_said;               /* one line, until it is over */
        unsigned denials;
        usec_t denied_until;            /* boot */
        char *problem;                  /* owned; NULL: none */
        size_t gone_reported;
        bool retired_reported, orphan_reported;
        Remote *next;
};

struct Flight {
        uint64_t serial;
        Remote *remote;
        bool is_query;
        Query query;
        Item *item;                     /* NULL: list, probe, catalogue */
        char *part;
        Action action;                  /* strings in arena or in the set */
        char *duplicate_id;             /* a stray being withdrawn */
        WindowSet *set;                 /* reference that keeps action.window alive */
        Arena *arena;
        Request request;
        Now sent;
        uint64_t listing;
        UT_hash_handle hh;
};

typedef struct Unsaved {                /* an entry not yet durable */
        Entry entry;
        ManifestRow manifest;
        Arena *arena;                   /* owned; NULL: in engine->unsaved_arena */
        uint64_t flight;                /* of an intent: its flight */
        struct Unsaved *next;
} Unsaved;

typedef struct Line { Event event; WindowSet *set; struct Line *next; } Line; /* set: keeps event.window and its labels alive */

struct Engine {
        EngineConfig config;
        char ledger_id[17];
        uint64_t next_intent, next_record, next_serial;
        Source *sources;                /* uthash by id */
        Remote *remotes;                /* in the order told; those no longer told at the end */
        Flight *flights;                /* uthash by serial */
        Heap due;                       /* items by next (real) */
        Heap waiting;                   /* items by wait_boot */
        Item *dirty;
        uint64_t loads;
        size_t shown_bytes;             /* of texts kept, see config.keep_texts */
        bool may_withdraw, loaded, stopping, read_only;
        bool targets_changed;           /* since windows were told last: match them anew */
        bool clock_held;                /* no writes … */
        bool clock_synchronised;        /* as the kernel said last */
        bool clock_implausible;         /* … because it is implausible, and until it is not */
        bool clock_approved;
        char *clock_problem;
        usec_t last_at;                 /* newest entry's time */
        uint64_t jitter;

        Unsaved *unsaved, **unsaved_end;
        Arena *unsaved_arena;           /* owned: of all that is no intent; NULL: none */
        bool committing;                /* a turn with entries is out */
        usec_t commit_retry;            /* boot */
        unsigned commit_failures;
        uint64_t turn;
        Arena *scratch;                 /* owned: of the window being planned */
        Arena *turn_arena;              /* what the current turn points to */
        Line *lines, **lines_end, *lines_out; /* lines_out: handed out with the current turn */
        Arena *line_arena, *line_arena_out;
        size_t n_lines;
        Flight **outbox;                /* to be handed out with this turn */
        size_t n_outbox, allocated_outbox;
};

/* engine-parts.c */
Remote *remote_find(const Engine *e, const char *identity);
Remote *remote_new(Engine *e, const char *identity);
void remote_free(Engine *e, Remote *r);
Source *source_get(Engine *e, const char *id);          /* found or made; NULL: no memory */
Source *source_find(const Engine *e, const char *id);
void source_free(Engine *e, Source *s);
void source_drop_if_unused(Engine *e, Source *s);
Item *item_find(const Remote *r, WindowKey key);
Item *item_get(Engine *e, Remote *r, WindowKey key);    /* found or made */
void item_free(Engine *e, Item *i);                     /* nothing may be in flight for it */
bool item_unused(const Item *i);
void item_dirty(Engine *e, Item *i);                    /* to be planned anew */
void item_clean(Engine *e, Item *i);
void dirty_all(Engine *e);
Part *item_part(Item *i, const char *part);             /* found or made; NULL: no memory */
Part *item_part_find(const Item *i, const char *part);
Record *record_new(Engine *e, Item *i, Part *p);        /* replaces what was there; id given, else empty */
void record_free(Record *r);
int record_set_remote_id(Record *r, const char *id);
void record_rehome(Record *r, Item *i, Part *p);        /* it now belongs to another item of the same remote */
Owned *owned_find(const Remote *r, const char *remote_id);
int set_text(char **p, const char *s);                  /* replaces an owned string */
int set_const(const char **p, const char *s);
const char *remote_name(const Remote *r);
bool engine_may_write(const Engine *e, const Remote *r);
Flight *flight_new(Engine *e, Now now, Remote *r, Item *i, const char *part);
int flight_send(Engine *e, Flight *f);                  /* into the outbox of this turn */
void flight_free(Engine *e, Flight *f);

/* engine-save.c: @text is copied. */
void lines_release(Line **lines, Arena **arena);
int say(Engine *e, EventKind kind, int priority, const Remote *r, const Item *i, const Part *p, const char *fmt, ...) printf_(7, 8);
Event *say_event(Engine *e, EventKind kind, int priority, const Remote *r, const Item *i, const Part *p, const char *text); /* to be refined */
int save(Engine *e, Now now, EntryKind kind, const Item *i, const Record *record, ActionKind action, const char *text, Unsaved **ret);
int save_source(Engine *e, Now now, Source *s, bool forget, const char *text);
int save_service(Engine *e, Now now, const KnownService *k);

/* engine-report.c */
#define LIVE_SHOWN 10u                  /* windows named in one line */
#define ORPHANED_TEXT "is no longer in the config, but %zu of our windows are live there (%s): put it back, or say `retire: true` first"
#define RETIRED_TEXT "is retired and nothing of ours is left there: its entry can go"
size_t remote_live(const Remote *r);
char *remote_live_text(const Remote *r); /* "db, web and 3 more": owned by the caller; NULL: no memory */

/* engine-windows.c */
bool record_live(const Record *r);      /* NULL is fine: no */
bool item_live(const Item *i);
int guard_evaluate(Engine *e, Now now, Remote *r);
int source_vanished(Engine *e, Now now, Source *s); /* from now on, and what it has left is withdrawn after the grace */
bool item_withdrawn(const Engine *e, const Item *i, Now now, const char **ret_why, usec_t *ret_at);
uint64_t item_cancel_hash(const Item *i, const Record *r);
uint64_t item_move_hash(const Item *i, const Record *r);
bool window_is_for(const Window *w, const Remote *r);

/* engine-follow.c */
void by_hand(const Engine *e, const Item *i, ByHand *ret);
void followers_dirty(Engine *e, const Item *i);         /* something about this window has changed at its target */

/* engine-look.c */
int catalogue_complete(Engine *e, Now now, Remote *r);
int look_response(Engine *e, Now now, Flight *f, const Response *resp);
void look_failed(Engine *e, Now now, Flight *f, const char *error);
int want_look(Engine *e, Item *i, Part *p);
void seen_done(Seen *s);
void unowned_free(Unowned *u, size_t n);
const Unowned *twin_of(const Remote *r, const Object *want);
Look part_look(const Remote *r, const Part *p);

/* engine-query.c */
int look_dispatch(Engine *e, Now now, Remote *r, usec_t *wake);

/* engine-health.c */
int remote_failed(Engine *e, Now now, const Flight *f, const char *why);
bool remote_failed_anew(Now now, const Flight *f); /* counts it */
int remote_denied(Engine *e, Now now, Remote *r, const char *why);
int remote_answers(Engine *e, Now now, Remote *r); /* something, whatever it says */
int remote_admits(Engine *e, Remote *r);        /* reading is allowed */

/* engine-decide.c */
/* Decides about one part as things are; @want may be NULL. */
void part_input(const Engine *e, Now now, const Item *i, const Part *p, const Object *want, PartInput *ret);
/* All parts of an item with their projections: @a owns them; *ret_n parts of the union of wanted and recorded ones. */
typedef struct PartPlan { const char *part; const Object *want; Part *p; Decision d; Seen twin_seen; Part none; } PartPlan;
int item_decide(const Engine *e, Now now, const Item *i, Arena *a, PartPlan **ret, size_t *ret_n, const char **ret_problem);
int item_project(const Item *i, Arena *a, Object **ret, size_t *ret_n, const char **ret_problem);
PartPlan *item_choose(PartPlan *plans, size_t n, Now now); /* what is to be done first; NULL: nothing now */

/* engine-act.c */
int item_plan(Engine *e, Now now, Item *i);
int part_note(Engine *e, Now now, Item *i, PartPlan *pp);

/* engine-send.c */
int act_dispatch(Engine *e, Now now, Remote *r, usec_t *wake);
usec_t action_lateness(const Action *a, Now now);

/* engine-effects.c */
int item_effects(const Item *i, Arena *a, const Object *want, Action *action);  /* fills effects in, where they are to be written */
/* The last end that has cleared what this window shows, by hash; 0: none. */
int item_cleared(const Item *i, const Record *record, Arena *a, const Object *want, uint64_t *ret);
void item_ended(Engine *e, const Item *i);              /* what still runs there is looked at anew */

/* engine-outcome.c */
int act_response(Engine *e, Now now, Flight *f, const Response *resp);
int act_failed(Engine *e, Now now, Flight *f, Failure failure, const char *error);
int part_resolve(Engine *e, Now now, Item *i, Part *p);
void untell(Record *r, const Action *a, const Capabilities *can); /* what counted as told before it left has not left */

/* engine-diff.c */
int shown_set(Engine *e, Part *p, const Object *o);     /* keeps what was just seen of @p in full, where there is room */
void shown_free(Shown *s);                              /* NULL is fine */
int action_diff(Arena *a, const Remote *r, const Part *p, PlannedAction *ret); /* fills diff in; @p: NULL is fine */
const char *reminders_text(Arena *a, const char *minutes); /* "60,1440": "1h, 1d" */

/* engine-plan.c */
typedef struct HeldList { HeldChange *items; size_t n, allocated; Arena *arena; } HeldList;
int remote_held(const Remote *r, HeldList *l, uint64_t *ret_digest);
uint64_t clock_digest(const Engine *e);
const char *trouble_text(Trouble t);
