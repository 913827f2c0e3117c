#pragma once
/*
 * The public page as HTML: from plain data to text
 *
 * Pure. Whoever calls has read the store; what is written here depends on these structs alone, so that what was written once can be
 * kept until one of them changes. Nothing of external ids, owners or keys is ever written: a visitor reads along.
 *
 * Two ways for texts from outside: html_text() and html_markdown(). All other words are ours.
 */
#include "page/show/days.h"
#include "page/site.h"

#define FRONT_CARDS 3u          /* of what runs, and of what is to come, on the front page: in full, … */
#define FRONT_SHOWN 8u          /* … and with the lines after them; the others stand on a page of their own */
#define CARD_UPDATES 3u         /* of a window on the front page; its own page has all */

/* One maintenance with all that is shown of it. */
typedef struct Occasion {
        Maintenance m;
        Service *services;
        size_t n_services;
        Update *updates;                /* the last of them, as many as are shown; oldest first */
        size_t n_updates, n_all_updates;
} Occasion;

typedef struct Occasions {
        Occasion *items;
        size_t n;
} Occasions;

typedef struct View {
        FILE *f;
        Arena *arena;
        const Site *site;
        const char *assets;             /* a text that changes with style sheet and script: part of their addresses */
        usec_t now;
        const char *base;               /* of links in what is read elsewhere; NULL: none */
        bool forms;                     /* of a form, or an answer to one: with the style of forms, without the script, which would fetch the page anew over it */
} View;

typedef struct Front {
        const Service *services;        /* in the order in which they are shown */
        size_t n_services;
        const Days *days;
        Occasions running, upcoming, past;
        size_t n_running, n_upcoming;   /* there may be more than are shown */
        usec_t last_end;                /* when the last of them is expected to end */
} Front;

/* All that runs or is to come, in parts. */
typedef struct Open {
        unsigned part;                  /* 1, 2, … */
        bool more;                      /* there is another part */
        Occasions list;
} Open;

typedef struct Month {
        int year;
        unsigned month;
        unsigned part;                  /* of a month with very many: 1, 2, … */
        bool more;                      /* there is another part */
        Occasions over;
        int before_year, after_year;    /* the nearest months with something in them; 0: none */
        unsigned before_month, after_month;
} Month;

/* Each writes a whole document. 0, or -ENOMEM. */
int show_front(const View *v, const Front *front);
int show_occasion(const View *v, const Occasion *o);
int show_month(const View *v, const Month *month);
int show_open(const View *v, const Open *open);
int show_message(const View *v, Word title, Word text);

/* What is shown for the whole: the worst of the services, or that maintenance runs. */
Impact overall_impact(const Service *services, size_t n, size_t running);

/* --- the parts, for the other files of show/ --- */
static inline const char *say(const View *v, Word w) {
        return word(v->site->voice.language, w);
}
/* The head, and the body up to <main>; @impact colours the icon of the tab, @title stands before the site's. */
void show_head(const View *v, const char *title, Impact impact);
int show_foot(const View *v);
void show_icon(const View *v, const char *name);
/* <time>Mon, Feb 1, 2:00 AM</time>; @after: shortened if it is of the same day as that; 0: never */
void show_time(const View *v, usec_t t, usec_t after);
/* "Mon, Feb 1, 2:00 AM – 4:00 AM CET · 2 h" as a paragraph that the script knows. */
void show_period(const View *v, usec_t start, usec_t end, const char *kind);
const char *period_kind(State s);       /* as that script knows it */
void show_affected(const View *v, const Occasion *o);
/* @text as HTML; what is beyond @most bytes is left for the window's own page. */
int show_text(const View *v, const Maintenance *m, const char *text, size_t most);
/* The last @most of them; of each of them @text_most bytes. */
int show_updates_cut(const View *v, const Occasion *o, size_t most, size_t text_most);
static inline int show_updates(const View *v, const Occasion *o, size_t most) {
        return show_updates_cut(v, o, most, SIZE_MAX);
}
void show_services(const View *v, const Front *front);
/* A window in a list: title (a heading of that level), state, when, how long. */
void show_line(const View *v, const Occasion *o, unsigned level);
/* When it began and ended, or is to. */
usec_t occasion_start(const Maintenance *m);
usec_t occasion_end(const Maintenance *m);
