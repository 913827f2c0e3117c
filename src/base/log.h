#pragma once
/*
 * The journal: one line for each thing that happened, with fields to find it by
 *
 * A line goes to the journal when stderr is the journal's (systemd sets $JOURNAL_STREAM, and it still names our stderr); else
 * to stderr, with its syslog priority prefix ("<6>") unless that is a terminal. So a redirected stderr gets the lines that
 * it was redirected for. Where the journal cannot be reached, the line falls back to stderr.
 *
 * Values come from files and remotes: each is made printable, so that none can forge a line or a field.
 */
#include <stdarg.h>
#include <syslog.h>

#include "base/instant.h"
#include "base/limits.h"

/* The fields, beside MESSAGE, MESSAGE_ID and PRIORITY. These names are API. */
#define LOG_FIELD_MANIFEST "MAINTD_MANIFEST"    /* a manifest's id */
#define LOG_FIELD_WINDOW "MAINTD_WINDOW"        /* ID or ID@OCCURRENCE */
#define LOG_FIELD_TARGET "MAINTD_TARGET"        /* a target's name in the configuration */
#define LOG_FIELD_ACTION "MAINTD_ACTION"        /* create, update, start, complete, cancel, message, … */
#define LOG_FIELD_REMOTE_ID "MAINTD_REMOTE_ID"  /* the object's id at the target */
#define LOG_FIELD_STATE "MAINTD_STATE"          /* scheduled, in_progress, completed, cancelled: afterwards */
#define LOG_FIELD_DUE "MAINTD_DUE"              /* when it was due: RFC 3339, UTC */
#define LOG_FIELD_LATE "MAINTD_LATE_USEC"       /* how late it was, µs; there whenever MAINTD_DUE is */
#define LOG_FIELD_COMMIT "MAINTD_COMMIT"        /* the commit that the manifest was read from */
#define LOG_FIELD_FILE "MAINTD_FILE"            /* the file that the manifest was read from, or that is in error */
#define LOG_FIELD_LINE "MAINTD_LINE"            /* the line in it */
#define LOG_FIELD_METHOD "MAINTD_METHOD"        /* of a request that maintd-page answered: GET, POST, … */
#define LOG_FIELD_PATH "MAINTD_PATH"            /* its path, without a query and without tokens */
#define LOG_FIELD_STATUS "MAINTD_STATUS"        /* of the answer: 200, 404, … */
#define LOG_FIELD_BYTES "MAINTD_BYTES"          /* of its body */
#define LOG_FIELD_DURATION "MAINTD_DURATION_USEC" /* from the head of the request to the end of the answer, µs */
#define LOG_FIELD_CLIENT "MAINTD_CLIENT"        /* who asked: an address, or "local" */
#define LOG_FIELD_KEY "MAINTD_KEY"              /* the name of the API key it came with */
#define LOG_FIELD_COUNT "MAINTD_COUNT"          /* how many things a line stands for */
#define LOG_FIELD_LABEL "MAINTD_LABEL"          /* KEY=VALUE, once for each label of the manifest */

typedef struct LogEvent {       /* all borrowed; NULL or "": without that field */
        int priority;           /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG */
        const char *message_id; /* MESSAGE_… of message-ids.h */
        const char *message;    /* the whole line */
        const char *manifest, *window, *target, *action, *remote_id, *state, *commit, *file;
        usec_t due, late;       /* due 0: neither field */
        unsigned line;          /* 0: none */
        const char *const *more; /* LOG_FIELD_…, value, …, NULL: fields without a member of their own; at most LOG_MORE_MAX, a value may be NULL */
        const char *const *labels; /* key, value, …, NULL; those beyond LOG_LABELS_MAX are left out */
} LogEvent;

/* Return: 0, or -errno when the line reached neither the journal nor stderr; most callers cast that away. */
int log_event(const LogEvent *e);

/* A line without context. */
void log_plain(int priority, const char *fmt, ...) printf_(2, 3);
#define log_error(...) log_plain(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_plain(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_plain(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_plain(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_plain(LOG_DEBUG, __VA_ARGS__)

/* Lines of a priority beyond this are not written; LOG_INFO until set. */
void log_set_max(int priority);

/* For the test: the event as "NAME=value" strings, MESSAGE first, each owned by the caller; their number, or -ENOMEM. */
#define LOG_MORE_MAX 8
#define LOG_FIELDS (14 + LOG_MORE_MAX + LOG_LABELS_MAX)
int log_fields(const LogEvent *e, char *ret[static LOG_FIELDS]);
/* For the test: is @fd what $JOURNAL_STREAM, given as @stream (may be NULL), names? */
bool log_is_journal(int fd, const char *stream);
