#pragma once
/*
 * History: lines of the audit log, for people
 */
#include "ctl/render.h"

/* One that people want to read: of an intent, its outcome tells the same and more. */
bool history_told(const json_t *h);
const char *history_style(const json_t *h);
/* "start", "create refused", "note"; and why, with how late, and from which commit. New strings, NULL: no memory. */
char *history_what(const json_t *h);
char *history_why(const json_t *h);

/* Prints what happens after line @after until it is stopped. Returns the exit status. */
int history_follow(const Ctl *ctl, const char *id, json_int_t after);
/* A line by itself, or with --json as an object on a line. */
void history_print(const Ctl *ctl, const json_t *h);
