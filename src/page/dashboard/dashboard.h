#pragma once
/*
 * The dashboard: for people who plan and run maintenance, at /dashboard
 *
 * Somebody signs in with an API key and may do what the key may, by forms that work without scripts. What a form says becomes the very
 * call of the REST API (call.h), so that there is one set of rules; a page only asks, shows and explains. routes.c admits a request:
 * path, origin, session, token, scope, in this order; whoever is called there finds all of that settled.
 */
#include <jansson.h>

#include "page/dashboard/words.h"
#include "page/form.h"
#include "page/http.h"
#include "page/page.h"
#include "page/show/show.h"
#include "page/store/session.h"

#define DASHBOARD "/dashboard"
#define SIGN_IN DASHBOARD "/sign-in"
#define CSRF_SIZE 65u                   /* 64 characters */

typedef struct Visit Visit;
/* Writes a page to v.f, or sends elsewhere. 0, or -errno with nothing promised, which becomes a 500. */
typedef int (*visit_fn)(Visit *x);

/* What stands in the menu. A section that the key may not read does not stand there. */
typedef enum Section {
        SECTION_WINDOWS, SECTION_CALENDAR, SECTION_SERVICES, SECTION_MONITORS, SECTION_SUBSCRIBERS, SECTION_DELIVERIES, SECTION_KEYS,
        SECTION_NONE,
} Section;

typedef struct VisitRoute {
        const char *path;               /* one "*" stands for what Visit.id is to be */
        Section section;                /* that is marked in the menu */
        unsigned read, write;           /* scopes of a GET and of a POST */
        visit_fn get, post;             /* NULL: 405 */
        bool open;                      /* without a session, too */
} VisitRoute;

struct Visit {
        Page *page;
        Request *q;
        Response *a;
        View v;
        const VisitRoute *route;
        const char *id;                 /* of the path; NULL: none */
        Session who;                    /* .key is 0: nobody has signed in */
        char csrf[CSRF_SIZE];           /* what this session's forms must carry; "" without one */
        Form form;                      /* of a POST */
        json_t *errors;                 /* owned; field → [texts]: what is wrong with the form */
        const char *notice;             /* a sentence above the form, beside errors; NULL: none */
};

/* Is it ours to answer? */
bool dashboard_knows(const char *path);
void dashboard_answer(Page *page, Request *q, Response *a);

/* --- frame.c: the page around what a section shows --- */
static inline const char *tell(const Visit *x, Tell w) {
        return tell_in(x->page->site->voice.language, w);
}
/* With @value in the place that the words have for one; not escaped. "" when memory is out. */
const char *tell_fill(const Visit *x, Tell w, const char *value);
/* May whoever has signed in do that? */
bool visit_may(const Visit *x, unsigned scope);
/* Head, menu and <h1>; @title is escaped. The status is 200 unless it has been set. */
void visit_head(Visit *x, const char *title);
int visit_foot(Visit *x);
/* A page with nothing but a title and a sentence. */
int visit_message(Visit *x, unsigned status, Tell title, Tell text);
/* Which page of a list the address asks for, from 1 to @most; for anything but such a number, the first. */
unsigned visit_page(const Visit *x, unsigned most);
/* "There is nothing here". */
int visit_not_found(Visit *x);
/* 303 to @path, which is ours; @done: the notice shown there, TELL_NOTHING: none. */
int visit_go(Visit *x, const char *path, Tell done);

/* --- sign.c: sign in, sign out, sessions --- */
/* Fills in x->who and x->csrf when the request has the cookie of a live session. 0 or -errno. */
int visit_recognise(Visit *x);
/* In constant time: does the form carry the session's token? */
bool visit_csrf_holds(const Visit *x);
int visit_sign_in(Visit *x);            /* the form */
int visit_sign_in_post(Visit *x);
int visit_sign_out(Visit *x);

/* --- the sections --- */
int windows_list(Visit *x);
int windows_calendar(Visit *x);
int window_page(Visit *x);
int window_new(Visit *x);
int window_new_post(Visit *x);
int window_edit(Visit *x);
int window_edit_post(Visit *x);
int window_step(Visit *x);              /* start, extend, update, complete, cancel: by the path */
int window_step_post(Visit *x);
int services_page(Visit *x);
int service_new(Visit *x);
int service_new_post(Visit *x);
int service_edit(Visit *x);
int service_edit_post(Visit *x);
int service_remove(Visit *x);
int service_remove_post(Visit *x);
int monitors_page(Visit *x);
int dashboard_monitor_new(Visit *x);    /* monitor_… are the API's */
int dashboard_monitor_new_post(Visit *x);
int dashboard_monitor_edit(Visit *x);
int dashboard_monitor_edit_post(Visit *x);
int dashboard_monitor_remove(Visit *x);
int dashboard_monitor_remove_post(Visit *x);
int keys_page(Visit *x);
int keys_post(Visit *x);
int key_remove(Visit *x);
int key_remove_post(Visit *x);
int subscribers_list(Visit *x);
int subscribers_one(Visit *x);
int subscribers_new(Visit *x);
int subscribers_new_post(Visit *x);
int subscribers_ask(Visit *x);
int subscribers_remove(Visit *x);
int subscribers_remove_post(Visit *x);
int deliveries_list(Visit *x);
int deliveries_retry(Visit *x);
int deliveries_drop(Visit *x);
int deliveries_drop_post(Visit *x);
