#pragma once
/*
 * Control: the daemon's local socket
 *
 * A stream socket in the runtime directory; a request is one JSON object on a line, and so is its answer:
 *
 *      {"verb": "status", "id": "db-migration"}
 *      {"ok": true, "result": {…}}     or      {"ok": false, "error": "one line for people"}
 *
 * Whoever connects is root, the daemon's own user, or a member of the group maintd: it shows unannounced work. Requests of one
 * client are answered one after the other. Every buffer, count and wait is bounded, so that no client can stop the daemon's
 * work or make it grow.
 */
#include <jansson.h>
#include <systemd/sd-event.h>

#include "base/base.h"

#define CONTROL_GROUP "maintd"

typedef struct Control Control;
typedef struct ControlCall ControlCall;         /* a question that wants exactly one of the answers below */

/* @request is borrowed; @call may be answered later. */
typedef void (*control_fn)(void *userdata, ControlCall *call, const char *verb, const json_t *request);

/**
 * control_new() - listen
 * @path: at most 107 bytes; a stale socket there is replaced, one that answers is not
 *
 * Mode 0660, given to the group maintd where that exists and we may. Return: 0; -EADDRINUSE another daemon answers there;
 * -ENAMETOOLONG; what bind() said.
 */
int control_new(sd_event *event, const char *path, control_fn fn, void *userdata, Control **ret);
Control *control_free(Control *c); /* removes the socket; calls not yet answered may still be, to nobody */
DEFINE_AUTO(Control *, control_free)

/* Nobody waits for the answer any more; it is wanted all the same, to end the call. */
bool control_gone(const ControlCall *call);
/* Both consume @call, and @result; @result NULL: out of memory. */
void control_answer(ControlCall *call, json_t *result);
void control_refuse(ControlCall *call, const char *fmt, ...) printf_(2, 3);

/* Pure: may a peer with these ids ask? @maintd: the group's id, (gid_t) -1: there is none. */
bool control_allowed(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups, uid_t own, gid_t maintd);
