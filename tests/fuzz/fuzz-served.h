#pragma once
/*
 * The page without its wire: a request as text, the answer as text, and nothing of the page's own words
 *
 * maintd and its page name different things alike, so whoever links both puts fuzz-served.c into a library of its own. Each
 * answer is looked at before it is handed out: a status that exists, JSON that is an object, HTML that is ours.
 */
#include "base/base.h"

#define SERVED_NOW_SECONDS UINT64_C(1800000000) /* what the page takes for the time */
#define SERVED_HEADERS_MAX 12u
#define served_export __attribute__((visibility("default")))

typedef struct Asked {
        const char *method, *path;      /* path: as it would stand in the request, with its query */
        const char *headers[SERVED_HEADERS_MAX]; /* "Name: value"; one of our key and of JSON are added, unless others are there */
        size_t n_headers;
        const char *body;               /* NULL when there is none */
        size_t n_body;
} Asked;

typedef struct Served {
        unsigned status;
        bool replayed;                  /* the answer of an earlier request with the same key */
        char *body;                     /* owned; NULL: none */
        size_t n_body;
} Served;

/* As new: mnt_1 (scheduled), mnt_2 (running), svc_1 "API" and svc_2. */
served_export void served_reset(void);

/* The key and its session are there, also when the dashboard has removed them. */
served_export void served_sign_in(void);
served_export void served_ask(const Asked *asked, Served *ret);
/* What is stored is what may be. */
served_export void served_check(void);
