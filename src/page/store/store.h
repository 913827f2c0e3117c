#pragma once
/*
 * The page's memory: one SQLite file in the state directory
 *
 * All SQL of the page is in store/store.c; nobody else sees a statement. Functions return 0 or -errno: -ENOENT no such row,
 * -EEXIST a name, key or external id that is taken, -EBUSY another process holds the file too long, -ENOSPC the disk is full,
 * -EUCLEAN the file is damaged, -EIO anything else; store_error() has SQLite's words for the last failure. Strings that
 * come back live in the arena that was passed. Each write is durable when its transaction has been committed.
 */
#include "page/auth.h"
#include "page/change.h"

typedef struct Store Store;

/* Opens or creates @dir/page.sqlite. -EPROTO: it was written by a newer version. */
int store_open(const char *dir, Store **ret);
/* Of what is there already, whatever version wrote it; nothing is changed, and no file is left beside it. -ENOENT: there is none, -EUCLEAN: it is not one of ours. */
int store_open_to_read(const char *dir, Store **ret);
Store *store_close(Store *s);
DEFINE_AUTO(Store *, store_close)
const char *store_error(const Store *s);

/**
 * store_backup() - write the database as it stands to a file, while others read and write it
 * @to:     a descriptor; what is written is one whole database
 * @ret:    its bytes
 *
 * The copy has been checked. It is held in memory meanwhile. -EUCLEAN: the copy is damaged, so what was copied is.
 */
int store_backup(Store *s, int to, size_t *ret);

/* A transaction: store_end() commits when @r >= 0, rolls back otherwise; returns @r, or why the commit failed. */
int store_begin(Store *s);
int store_end(Store *s, int r);

/* --- maintenance --- */
int store_maintenance_by_id(Store *s, Arena *a, const char *id, Maintenance *ret);
int store_maintenance_by_seq(Store *s, Arena *a, int64_t seq, Maintenance *ret);
int store_maintenance_by_external_id(Store *s, Arena *a, const char *external_id, Maintenance *ret);

typedef struct ListQuery {
        int state;              /* -1: any */
        int64_t after;          /* seq of the last one seen, 0: from the beginning */
        usec_t from, to;        /* overlapping [from, to); 0 and USEC_LATEST: any */
        unsigned limit;
} ListQuery;
/* In order of creation; an array in @a. */
int store_maintenance_list(Store *s, Arena *a, const ListQuery *q, Maintenance **ret, size_t *ret_n);

/* For the public page. */
typedef enum Shelf { SHELF_RUNNING, SHELF_UPCOMING, SHELF_LATE, SHELF_NEXT, SHELF_PAST } Shelf;
/*
 * Running, upcoming and next by start, late and past latest first. Upcoming and past without those whose end lies before @since; late are
 * those that should have begun by @since and are not over, next those that begin after it.
 */
int store_maintenance_shelf(Store *s, Arena *a, Shelf shelf, usec_t since, unsigned limit, Maintenance **ret, size_t *ret_n);

/* How many run, and when the last of them is expected to end. */
int store_maintenance_running(Store *s, size_t *ret_n, usec_t *ret_last_end);
/* How many have not begun, without those whose planned end lies before @since. */
int store_maintenance_upcoming(Store *s, usec_t since, size_t *ret);
/* Running and upcoming by start; @skip of them left out. */
int store_maintenance_open(Store *s, Arena *a, usec_t since, unsigned limit, unsigned skip, Maintenance **ret, size_t *ret_n);
/* The last changed first, of any state. */
int store_maintenance_changed(Store *s, Arena *a, unsigned limit, Maintenance **ret, size_t *ret_n);
/* Those that were over in [@from, @to), latest first; @skip of them left out. */
int store_maintenance_between(Store *s, Arena *a, usec_t from, usec_t to, unsigned limit, unsigned skip, Maintenance **ret, size_t *ret_n);
/* Those that were, are or are to be on in [@from, @to): by the real times where there are some. In order of creation. */
int store_maintenance_on(Store *s, Arena *a, usec_t from, usec_t to, usec_t now, unsigned limit, Maintenance **ret, size_t *ret_n);
/* When the one before @t was over, and the first from @t on; 0: there is none. */
int store_maintenance_around(Store *s, usec_t before, usec_t from, usec_t *ret_before, usec_t *ret_after);

/* Stores a new object and gives it seq and id (in @a). */
int store_maintenance_insert(Store *s, Arena *a, Maintenance *m);
/* All but id and created_at, which never change. */
int store_maintenance_update(Store *s, const Maintenance *m);

int store_window_services(Store *s, Arena *a, int64_t maintenance, Service **ret, size_t *ret_n);
int store_window_services_set(Store *s, int64_t maintenance, const int64_t *services, size_t n);
/* The same, and owes @left to those whom it concerns no more, @come (NULL: nothing) to those whom it did not concern. */
int store_window_services_swap(Store *s, const Maintenance *m, const int64_t *services, size_t n, const char *left, EventKind kind, const char *come, usec_t now);

/* The last @most, oldest first. */
int store_updates(Store *s, Arena *a, int64_t maintenance, unsigned most, Update **ret, size_t *ret_n);
int store_update_last(Store *s, Arena *a, int64_t maintenance, Update *ret);    /* -ENOENT: none */
int store_update_count(Store *s, int64_t maintenance, size_t *ret);
int store_update_add(Store *s, int64_t maintenance, State state, const char *message, usec_t now);

int store_reminders_set(Store *s, int64_t maintenance, const Reminder *reminders, size_t n);
/* The window with a reminder due by @now, with the shortest of its due offsets; -ENOENT: none. */
int store_reminder_due(Store *s, usec_t now, int64_t *ret_maintenance, unsigned *ret_minutes);
int store_reminders_done(Store *s, int64_t maintenance, usec_t now);

int store_outbox_add(Store *s, EventKind kind, const Maintenance *m, const char *text, const char *message, usec_t now);

/* A window whose start or end is due and that moves by itself; -ENOENT: none. Ends come before starts. */
int store_due(Store *s, Arena *a, usec_t now, Maintenance *ret);
/* When something falls due next: a start, an end, a reminder. USEC_INFINITY: nothing. */
int store_next_due(Store *s, usec_t *ret);

/* --- services --- */
int store_service_by_id(Store *s, Arena *a, const char *id, Service *ret);
int store_service_by_name(Store *s, Arena *a, const char *name, Service *ret);
/* By group (those without one first), display order, name. @shown and @under are filled in. */
int store_service_list(Store *s, Arena *a, Service **ret, size_t *ret_n);
int store_service_insert(Store *s, Arena *a, Service *service);
int store_service_update(Store *s, const Service *service);
/* -EBUSY here: a scheduled or running maintenance names it. Past maintenance keeps its name. */
/* Its monitors go on without a service. */
int store_service_delete(Store *s, int64_t seq, usec_t now);

/* --- what services have shown --- */
/* Adds a row for each service that shows something else than its last row says; to be called with every change that may bring that. */
int store_states_record(Store *s, usec_t now);
typedef struct StateRow {
        int64_t seq, service;
        usec_t at;
        Impact state;
} StateRow;
/* For each row: what was shown last before @from (when @after is 0), then what changed since, in order, with seq > @after. */
int store_states_walk(Store *s, int64_t after, usec_t from, void (*row)(const StateRow *row, void *userdata), void *userdata);
/* Forgets what was over before @before. */
int store_states_prune(Store *s, usec_t before);

/* A number that is another one after every change of what the public page shows, our own at once, other processes' within a tenth of a second. */
int store_generation(Store *s, usec_t boot, uint64_t *ret);

/* --- keys --- */
int store_key_by_id(Store *s, const char *id, Key *ret);
int store_key_insert(Store *s, const Key *key, const char *name, usec_t now);
int store_key_delete(Store *s, const char *name);
typedef struct KeyRow {
        const char *name;
        unsigned scopes;
        usec_t created_at;
} KeyRow;
int store_key_list(Store *s, Arena *a, KeyRow **ret, size_t *ret_n);

/* --- answers kept for repeated requests --- */
#define ANSWERS_KEPT (24 * USEC_PER_HOUR)
typedef struct Answer {
        unsigned char request[SHA256_SIZE];     /* of method, path and body */
        unsigned status;
        const char *body;                       /* NULL: too large to keep, the object as it stands is answered */
        const char *resource;                   /* its id */
} Answer;
int store_answer_get(Store *s, Arena *a, int64_t key, const char *name, usec_t since, Answer *ret);
int store_answer_put(Store *s, int64_t key, const char *name, const Answer *answer, usec_t now);
int store_answers_prune(Store *s, usec_t before);

/* Has something become owed to subscribers since this was last asked? */
bool store_owed(Store *s);
