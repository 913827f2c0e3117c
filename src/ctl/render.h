#pragma once
/*
 * Render: instants, states and diagnostics for people
 */
#include "ctl/ctl.h"

#define STYLE_RED "\x1b[31m"
#define STYLE_GREEN "\x1b[32m"
#define STYLE_YELLOW "\x1b[33m"
#define STYLE_BOLD "\x1b[1m"
#define STYLE_DIM "\x1b[2m"

typedef struct ColorEnv { const char *systemd, *no_color, *term; bool terminal; } ColorEnv; /* $SYSTEMD_COLORS, …; NULL: not set */
/* $SYSTEMD_COLORS has the last word; else a terminal gets colours unless $NO_COLOR is set or it is a dumb one. Pure. */
bool color_wanted(const ColorEnv *e);
/* Of stdout. */
bool render_color(bool no_color);
unsigned render_width(void);    /* columns of the terminal, $COLUMNS; 0: stdout is no terminal */

/* Text of a member: "" when absent or null. */
const char *json_get(const json_t *o, const char *key);
/* An instant of a member, 0 when absent or null. */
usec_t json_get_instant(const json_t *o, const char *key);

/* Of a window: completed or cancelled. */
bool json_is_over(const json_t *window);

#define RELATIVE_SIZE (SPAN_SIZE + 16)
/* "in 2h 5min", "3min ago", "now"; "" for 0. */
const char *render_relative(usec_t t, usec_t now, char buf[static RELATIVE_SIZE]);
/* "2027-02-01 02:00 Europe/Berlin"; "" for 0. @zone: an IANA name; unknown: UTC. */
const char *render_instant(const Ctl *ctl, usec_t t, const char *zone, char buf[static ZONED_SIZE]);
/* "2027-02-01 01:00:07 UTC"; "" for 0. */
const char *render_second(const Ctl *ctl, usec_t t, char buf[static ZONED_SIZE]);
const char *render_state_style(const char *state);
/* A heading on a line of its own. */
void render_heading(const Ctl *ctl, const char *text, const char *style);
/* One printable line, with @style. Wider than the terminal, it is cut where @cut, else goes on below itself, a little further in. */
void render_line(const Ctl *ctl, const char *style, bool cut, const char *fmt, ...) printf_(4, 5);
/* The diagnostics of a document, one a line, as FILE:LINE:COL: …; @prefix: put before relative files, "" none. Returns the number of errors. */
size_t render_diagnostics(const json_t *diagnostics, const char *prefix, FILE *f);
/* @n and a word: "1 window", "2 windows". */
#define PLURAL(n) ((n) == 1 ? "" : "s")
