#pragma once
/*
 * Models of remotes, for the simulator
 *
 * Each answers the requests of a driver as the real server does, from memory, on the simulator's clock. What the real ones do is
 * shown by the integration tests; what they can be made to do on demand is here: forget, restart from a backup, be edited by hand.
 */
#include <jansson.h>

#include "target/driver.h"

typedef enum ModelKind { MODEL_PAGE, MODEL_ALERTMANAGER } ModelKind;

typedef struct Mail {           /* one notification to subscribers */
        char event[24];         /* "scheduled", "in_progress", "completed", "cancelled", "rescheduled", "updated", "update", "reminder" */
        char object[32];        /* id */
        char marker[256];
        usec_t at;
        usec_t sent;            /* the request that caused it left then, by its sender's clock; 0: none did */
} Mail;

typedef struct RemoteModel {
        ModelKind kind;
        json_t *objects;        /* id → object, in order of creation */
        json_t *services;       /* array */
        json_t *idempotency;    /* key → answer */
        Mail *mails;
        size_t n_mails;
        usec_t sent;            /* of the request being answered; 0: none is */
        unsigned next_id;
        unsigned writes, reads; /* served */
        unsigned useless;       /* writes that changed nothing */
        bool deny;              /* 401 to everything but the question who it is */
        unsigned denied;        /* so many times */
        unsigned writes_per_min; /* further ones answer 429; told in X-RateLimit headers; 0: no limit */
        usec_t minute;          /* the limit counts from here … */
        unsigned in_minute;     /* … so many */
        unsigned refused;       /* by the limit */
        unsigned limit;         /* this many further writes answer 429 */
        unsigned retry_after;   /* seconds, told with 429 and 500; 0: not told */
        unsigned refuse;        /* the next write is answered with this status and not done; 0: none is */
        unsigned broken;        /* this many further requests answer 500 */
        unsigned garbage;       /* … answer nonsense with 200 */
        unsigned write_status;  /* every write is answered with this status and not done; 0: none is */
        unsigned object_status; /* … every read of a single object */
        unsigned page_size;     /* windows in one answer: few, so that paging is exercised */
        bool forgets_keys;      /* a page that knows no idempotency keys, and takes the same external_id twice */
        bool rewrites;          /* trims titles and descriptions, truncates times to minutes */
        usec_t ticked;          /* reminders due until then have gone out */
} RemoteModel;

RemoteModel *remote_model_new(ModelKind kind);
RemoteModel *remote_model_free(RemoteModel *m);
DEFINE_AUTO(RemoteModel *, remote_model_free)

/* Serves @r at @now; the response lives in @a. */
Response remote_model_serve(RemoteModel *m, const Request *r, usec_t now, Arena *a);

/* Sends the page's own reminders that fell due since the last time; after a pause only the shortest that is not over. */
void remote_model_tick(RemoteModel *m, usec_t now);

/* Hand of a colleague. */
json_t *remote_model_find(RemoteModel *m, const char *marker_key);      /* live object whose marker names this window; NULL: none */
json_t *remote_model_any(RemoteModel *m, const char *marker_key, const char *state); /* newest in that state (NULL: any) */
const char *remote_model_state(const RemoteModel *m, const json_t *object, usec_t now); /* "scheduled", … */
void remote_model_set(json_t *object, const char *key, json_t *stolen);
/* Somebody enters a maintenance at the page, without a word to anyone. */
json_t *remote_model_enter(RemoteModel *m, const char *title, const char *start, const char *end);
void remote_model_delete(RemoteModel *m, json_t *object);
json_t *remote_model_backup(const RemoteModel *m);
void remote_model_restore(RemoteModel *m, const json_t *backup);
size_t remote_model_mails(const RemoteModel *m, const char *marker_key, const char *event); /* NULL: any */
usec_t remote_model_time(const json_t *object, const char *key);
/* Objects of this window that are not final (page), pending or active (alertmanager). */
size_t remote_model_live(const RemoteModel *m, const char *marker_key, usec_t now);
