#pragma once
/*
 * The address of a target, taken apart
 *
 * Private to io/: what curl is given is put together from these parts, so that what was checked is what is connected to.
 */
#include "base/base.h"

typedef struct HttpUrl {        /* all strings owned */
        char *origin;           /* "https://example.org:8443"; "http://localhost" for a socket */
        char *base;             /* what follows the origin: "", "/api/v1", "/hook?key=1" */
        char *socket;           /* path of a unix socket, NULL: TCP */
        char *peer;             /* for people: "example.org:8443" or the socket's path */
} HttpUrl;

/**
 * http_url_parse() - take a target's url apart, refusing what http_url_check() refuses
 * @reterr: one line that never repeats the url (it may hold a password), owned by the caller
 *
 * Return: 0, -EINVAL with *reterr, -ENOMEM.
 */
int http_url_parse(const char *url, bool insecure, HttpUrl *ret, char **reterr);
void http_url_done(HttpUrl *u);

/* Bytes that may stand in a URL as it goes out: visible ASCII without the backslash (which some parsers take for a slash). */
bool http_url_clean(const char *s);

/**
 * http_url_join() - the address of one request
 * @path:     begins with "/" or "?", or is ""; "." and ".." as segments and fragments are refused, for ids from a remote end up here
 * @absolute: @path counts from the origin
 *
 * Return: 0, -EINVAL (unfit), -ENOMEM.
 */
int http_url_join(const HttpUrl *u, const char *path, bool absolute, char **ret);
