#pragma once
/*
 * The site: how the page presents itself
 *
 * A small file of its own, /etc/maintd/page.yaml, one map of names and texts. It is read once, at start, and is complete or refused:
 * whoever mistypes a colour hears of it from `maintd-page check`, not from visitors who cannot read it.
 */
#include "page/network.h"
#include "page/show/colour.h"
#include "page/show/words.h"

typedef struct Logo {
        char *data;                     /* owned; NULL: none */
        size_t size;
        const char *type;               /* "image/svg+xml" */
} Logo;

/* How subscribers are told. Without a server, nobody is told by mail; without an address of the page, no link could lead back. */
typedef struct Notices {
        const char *mail_server;        /* "smtp://mail.example.com:587", "smtps://…"; NULL: none */
        const char *mail_from;          /* an address; set when the server is */
        const char *mail_user;          /* NULL: without signing in */
        const char *mail_ca;            /* a file of certificates, or NULL: those of the system */
        bool mail_plain;                /* without TLS, to loopback alone */
        Networks webhooks;              /* addresses a webhook may have beside public ones */
        Networks proxies;               /* whose X-Forwarded-For is believed */
        usec_t retry, give_up;          /* the first pause after a failure; the age of what is not sent any more */
} Notices;

/* Which requests the journal hears of, each with what stands before it. */
typedef enum AccessLog { ACCESS_USUAL, ACCESS_NOTHING, ACCESS_FAILURES, ACCESS_WRITES, ACCESS_ALL } AccessLog;

/* What monitors may look at, and how often. */
#define PAGE_MONITOR_INTERVAL USEC_PER_MINUTE   /* unless said otherwise; */
#define PAGE_MONITOR_TIMEOUT (10 * USEC_PER_SEC) /* as well */
typedef struct MonitorRules {
        Networks networks;              /* addresses they may lead to beside public ones */
        const char *ca;                 /* a file of certificates, or NULL: those of the system */
        usec_t interval_min;            /* whole seconds */
} MonitorRules;

typedef struct Site {
        Arena *arena;                   /* owned; what strings below live in */
        Zones *zones;                   /* owned */
        const char *title;              /* "Status" */
        const char *url;                /* how the world reaches the page, without a slash at the end; NULL: links in feeds are relative */
        const char *home, *support;     /* addresses, or NULL */
        const char *footer;             /* Markdown, or NULL */
        Colour accent, accent_dark;     /* can be read on the page's light and dark ground */
        Logo logo, logo_dark;
        Voice voice;
        Notices notices;
        AccessLog log;                  /* ACCESS_USUAL: writes, and nothing on a terminal */
        MonitorRules monitors;
} Site;

/* What the style sheet has for the lightest dark and the darkest light ground that text stands on. */
#define GROUND_LIGHT ((Colour) { 0xf4, 0xf6, 0xf8 })
#define GROUND_DARK ((Colour) { 0x1c, 0x22, 0x2b })

/* The site without a file. 0, -ENOMEM, or what zones_new() says. */
int site_default(Site **ret);

/**
 * site_load() - read the file
 * @reterr: "FILE:LINE:COLUMN: error: …", owned by the caller; what is wrong first, and what to do
 *
 * Return: 0; -EINVAL with @reterr; -ENOENT: there is no such file; -ENOMEM.
 */
int site_load(const char *path, Site **ret, char **reterr);
Site *site_free(Site *s);
DEFINE_AUTO(Site *, site_free)
