#pragma once
/*
 * Drivers: codecs between windows and one kind of remote API
 *
 * A driver turns queries and actions into HTTP requests and HTTP responses into results. It never opens a socket, reads
 * a clock, logs, or holds a secret: a request says where the credential goes, and io/ puts it there. What a target can do
 * is data (Capabilities) that plan decides on; nobody outside a driver asks which driver it is.
 *
 * Memory: whatever a driver returns through a Reply is allocated from the Arena the caller hands in and lives as long as
 * that arena.
 */
#include "base/arena.h"
#include "model/model.h"

typedef enum Family {
        FAMILY_WINDOW,                  /* an object per window (or per part of it) */
        FAMILY_SWITCH,                  /* a resource that is on or off: paused while any window that names it runs */
        FAMILY_TELL,                    /* an outbox of events: nothing to list, nothing to heal */
} Family;
typedef enum Cancel { CANCEL_STATE, CANCEL_DELETE, CANCEL_COMPLETE, CANCEL_SHORTEN } Cancel;
typedef enum Marker { MARKER_NONE, MARKER_PLAIN, MARKER_UNIQUE } Marker; /* UNIQUE: a second create is refused */

/* Of one target as configured and probed, not of a driver. */
typedef struct Capabilities {
        Family family;
        unsigned moves, writes;         /* BIT(State): entered by the target's own clock; that we can write */
        uint32_t readable;              /* FIELD_* that the target shows and that can be compared with echo */
        uint32_t writable[STATES];      /* FIELD_* that may change while in that state; start/end missing: replace by a successor */
        Cancel cancel[STATES];
        unsigned notifies, quietable;   /* BIT(ActionKind): reaches subscribers; can be kept quiet */
        Marker marker;
        size_t marker_max;              /* bytes, 0: no limit */
        bool create_repeatable;         /* the same create twice makes one object */
        bool update_replaces;           /* an update may leave the object ended, and a new one with another id in its place */
        bool create_running;            /* can be created in progress */
        bool messages, messages_readable;
        bool writes_effects, complete_clears_effects;
        bool reminders;                 /* sends reminders itself */
        usec_t granularity, lag;        /* 60 s: whole minutes; lag: may still show the old state this long after a due instant */
        unsigned reads_per_min, writes_per_min; /* documented limits; 0: none */
} Capabilities;

/* One service of the catalogue as this target's config names it. */
typedef struct ServiceMap {
        const char *service;            /* catalogue name */
        const char *name;               /* the target's own name, NULL: title or service name */
        const char *id;                 /* {id: …}, NULL: look the name up */
        const char *title;              /* from the catalogue, NULL: none */
        const char *const *matchers;    /* {matchers: …}: name, op (= != =~ !~), value, …, NULL; NULL: none */
} ServiceMap;

typedef struct RemoteService { const char *kind, *id, *name, *group; } RemoteService;
typedef struct Driver Driver;

/* A target as its driver sees it. Config part: immutable. Found part: written by target.c from query results alone. */
typedef struct Target {
        const char *name, *type, *url;  /* url: base without trailing slash */
        const char *identity;           /* "type url[ page]": what ledger rows belong to */
        const char *token;              /* name of the credential, NULL: none */
        const char *instance, *ledger_id; /* for markers */
        const char *page;               /* NULL: the default one */
        bool insecure_http, retire;
        unsigned reads_per_min, writes_per_min; /* from the config, 0: the driver's */
        usec_t timeout;                 /* per request */
        const ServiceMap *services;     /* sorted by service */
        size_t n_services;
        const char *const *options;     /* further driver keys from the config: key, value, …, NULL */
        const Driver *driver;

        Arena *found;                   /* owns what follows */
        char **facts;                   /* name, value, …, NULL: from QUERY_PROBE */
        size_t n_facts;                 /* pairs */
        RemoteService *remote;          /* from QUERY_CATALOGUE */
        size_t n_remote;

        Arena *memory;                  /* owns what follows */
        KnownService *known;            /* names that resolved once: by target_recall(), then by target_found_services() */
        size_t n_known;
} Target;

typedef enum Query { QUERY_PROBE, QUERY_CATALOGUE, QUERY_LIST, QUERY_OBJECT } Query; /* reads: no intent, repeatable */
#define QUERIES (QUERY_OBJECT + 1)

typedef enum SecretPlace { SECRET_NONE, SECRET_HEADER } SecretPlace;
typedef struct Secret {
        SecretPlace place;
        const char *header, *prefix;    /* "X-API-Key" and "", or "Authorization" and "Bearer " */
} Secret;

typedef struct Request {
        uint64_t serial, intent;        /* filled by the engine; intent 0: a read */
        const Target *target;           /* filled by the engine */
        const char *method;             /* "GET", "POST", "PATCH", "PUT", "DELETE" */
        const char *path;               /* appended to the target's url; begins with "/" or "?", or is "" */
        const char *const *headers;     /* "Name: value" …, NULL; NULL: none */
        const char *body;               /* NULL: none */
        size_t n_body;
        Secret secret;
        usec_t timeout;
        bool absolute;                  /* path counts from the url's origin (scheme and host), not from its path */
} Request;

typedef struct Response {
        unsigned status;
        const char *const *headers;     /* name (lower case), value, …, NULL */
        const char *body;
        size_t n_body;
        bool truncated;                 /* larger than io/ is willing to hold */
} Response;
const char *response_header(const Response *r, const char *lower_name); /* NULL: absent */
usec_t response_wait(const Response *r); /* asked for by Retry-After or a rate limit's reset, at most 15 min; 0: not said */

typedef struct Outcome {
        Verdict verdict;
        const char *remote_id;          /* after a create, or where a write gives a new one; NULL: unchanged */
        const Observed *echo;           /* what the target showed in its answer, NULL: it did not */
        usec_t wait;                    /* RETRY, LIMITED: at least this long; 0: not said */
        const char *detail;             /* one printable line for people, "" when nothing to say */
} Outcome;

/* Where query_response() puts what it finds; a negative return stops the reading and is passed up. */
typedef struct Sink {
        int (*observed)(struct Sink *s, const Observed *o);
        int (*service)(struct Sink *s, const char *kind, const char *id, const char *name, const char *group);
        int (*fact)(struct Sink *s, const char *name, const char *value);
} Sink;

struct Driver {
        const char *name;
        const char *const *options;     /* further keys a target of this type may have, NULL-terminated; NULL: none */
        bool matchers;                  /* services: {matchers: …} are understood */
        int (*capabilities)(const Target *t, Capabilities *ret);
        /* Facts to go by where a target must not be asked, in a simulation: name, value, …, NULL. NULL: none matter. */
        const char *const *(*assumed)(const Target *t);
        /* @cursor: NULL at first, then what query_response() gave. @remote_id: for QUERY_OBJECT. -ENOTSUP: no such query here. */
        int (*query_request)(const Target *t, Query q, const char *remote_id, const char *cursor, Arena *a, Request *ret);
        /* *ret_cursor NULL: complete. Errors: -EBADMSG not understood, -EACCES 401/403, -ENOENT 404, -EBUSY 429, -EAGAIN 5xx;
         * *ret_detail (may be NULL on return) says why in one printable line. */
        int (*query_response)(const Target *t, Query q, const char *cursor, const Response *r, Arena *a, Sink *sink,
                              const char **ret_cursor, const char **ret_detail);
        /* Window → its objects here, without a clock; @generation is for the marker. Parts are sorted, unique. *ret_n may be 0.
         * -ENOKEY: a service does not resolve; *ret_problem names it. */
        int (*project)(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n,
                       const char **ret_problem);
        /* The other way round: the window whose projection @o would be, of the part of it that this object shows; its key is left empty.
         * Strings from @a or borrowed from @o. -ENOKEY: it cannot be said in a manifest; *ret_problem says why. NULL: no such thing. */
        int (*unproject)(const Target *t, const Object *o, Arena *a, Window *ret, const char **ret_problem);
        int (*action_request)(const Target *t, const Action *a, Arena *arena, Request *ret);
        /* Never fails but for -ENOMEM: what cannot be understood after a write is VERDICT_UNKNOWN. */
        int (*action_response)(const Target *t, const Action *a, const Response *r, Arena *arena, Outcome *ret);
};

/* Every driver there is, NULL-terminated: the one table to extend. */
extern const Driver *const drivers[];
const Driver *driver_find(const char *name);    /* NULL: none of that name */

/* The target's id of a catalogue name: config {id}, then what the name resolved to before while the target still has that, then
 * exact id, then "Group/Name", then a unique name; NULL: none, or ambiguous. @kind as given to Sink.service. */
const char *target_service(const Target *t, const char *kind, const char *service);
/* The other way round: the catalogue name that means this id; NULL: none does. */
const char *target_service_named(const Target *t, const char *kind, const char *id);
/* What the target itself calls it, for people; an id that it does not list is shown as such. */
const char *target_service_there(const Target *t, const char *id);
const char *target_option(const Target *t, const char *key);    /* NULL: not set */
const char *target_fact(const Target *t, const char *name);     /* NULL: not known */
/* Replace what was found earlier by what the sink of a complete query collected; strings are copied. 1: something changed.
 * Facts: @n pairs of name and value. */
int target_found_services(Target *t, const RemoteService *services, size_t n);
int target_found_facts(Target *t, const char *const *facts, size_t n);
/* What names resolved to in an earlier life: replaces all that is known; strings are copied. 0 or -ENOMEM. */
int target_recall(Target *t, const KnownService *known, size_t n);
/* A line for people when a name that resolved once is another's or nobody's by now, from @a; NULL: nothing to say, or no memory. */
const char *target_known_remark(const Target *t, const KnownService *k, Arena *a);
void target_done(Target *t);            /* frees the found part */
