/*
 * The address of a target, taken apart
 *
 * A credential travels to wherever a url points, so a url is judged before anything is sent: https anywhere, plain http only
 * where nobody listens in (loopback, unix sockets) unless the operator insists, and never to the link-local addresses where
 * clouds keep their metadata services. curl's own parser does the reading, so that both see the same host.
 */
#include "io/http-url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/http.h"

static void curl_url_cleanupp(CURLU **u) {
        curl_url_cleanup(*u);
}

static void curl_freep(char **s) {
        curl_free(*s);
}

void http_url_done(HttpUrl *u) {
        free(u->origin);
        free(u->base);
        free(u->socket);
        free(u->peer);
        *u = (HttpUrl) {};
}

static void http_url_donep(HttpUrl *u) {
        http_url_done(u);
}

bool http_url_clean(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s <= 0x20 || (unsigned char) *s >= 0x7f || *s == '\\')
                        return false;
        return true;
}

static int unfit(char **reterr, const char *why) {
        *reterr = strdup(why);
        return *reterr ? -EINVAL : -ENOMEM;
}

typedef enum Reach { REACH_LOOPBACK, REACH_LINK, REACH_FAR } Reach;

/* Where a host as curl normalises it lies. A name is far even if it resolves to loopback: DNS can change its mind. */
static Reach host_reach(const char *host) {
        struct in_addr v4;
        struct in6_addr v6;
        char plain[INET6_ADDRSTRLEN];
        size_t n = strlen(host);

        if (strcasecmp(host, "localhost") == 0)
                return REACH_LOOPBACK;
        if (n > 2 && n - 2 < sizeof(plain) && host[0] == '[') {
                memcpy(plain, host + 1, n - 2);
                plain[n - 2] = 0;
                if (inet_pton(AF_INET6, plain, &v6) != 1)
                        return REACH_LINK; /* a zone id or worse: nothing that a status page needs */
                if (IN6_IS_ADDR_LOOPBACK(&v6))
                        return REACH_LOOPBACK;
                if (IN6_IS_ADDR_LINKLOCAL(&v6))
                        return REACH_LINK;
                if (!IN6_IS_ADDR_V4MAPPED(&v6))
                        return REACH_FAR;
                memcpy(&v4, v6.s6_addr + 12, sizeof(v4));
        } else if (inet_pton(AF_INET, host, &v4) != 1)
                return REACH_FAR;

        if (ntohl(v4.s_addr) >> 24 == 127)
                return REACH_LOOPBACK;
        return ntohl(v4.s_addr) >> 16 == 0xa9fe ? REACH_LINK : REACH_FAR;
}

static int judge(const char *scheme, const char *host, bool insecure, char **reterr) {
        Reach reach = host_reach(host);

        if (insecure)
                return 0;
        if (reach == REACH_LINK)
                return unfit(reterr, "url: link-local addresses are refused; if this is meant, say insecure_http: true");
        if (strcmp(scheme, "http") == 0 && reach != REACH_LOOPBACK)
                return unfit(reterr, "url: plain http:// would send the token readable to everybody on the way; use https:// "
                                     "(or, if this is meant, say insecure_http: true)");
        return 0;
}

static int parse_tcp(const char *url, bool insecure, HttpUrl *u, char **reterr) {
        __attribute__((cleanup(curl_url_cleanupp))) CURLU *parsed = curl_url();
        __attribute__((cleanup(curl_freep))) char *scheme = NULL, *host = NULL, *port = NULL, *fragment = NULL;
        const char *authority = strstr(url, "://");
        CURLUcode c;
        size_t n;
        int r;

        if (!parsed)
                return -ENOMEM;
        if (!authority)
                return unfit(reterr, "url: it has no scheme; write https://… or unix:/path/of/socket:/base");
        c = curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER);
        if (c == CURLUE_OUT_OF_MEMORY)
                return -ENOMEM;
        if (c == CURLUE_USER_NOT_ALLOWED)
                return unfit(reterr, "url: it holds a user name or password; name a credential with token: instead");
        if (c == CURLUE_OK && curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
            strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
                return unfit(reterr, "url: only https://, http:// and unix: are understood");
        authority += strlen("://");
        n = strcspn(authority, "/?");
        /* curl forgives one slash or three; then what we take for the host would not be what it takes */
        if (c != CURLUE_OK || !scheme || authority != url + strlen(scheme) + strlen("://") || n == 0 ||
            curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
                return unfit(reterr, "url: it cannot be read as a url");
        if (memchr(authority, '%', n)) /* curl decodes it, to bytes that nobody has looked at */
                return unfit(reterr, "url: a host name holds no percent-encoding; write it in its xn-- form");
        if (curl_url_get(parsed, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK || strchr(url, '#'))
                return unfit(reterr, "url: a fragment (#…) means nothing to a server; take it away");
        r = judge(scheme, host, insecure, reterr);
        if (r < 0)
                return r;

        (void) curl_url_get(parsed, CURLUPART_PORT, &port, 0);
        u->peer = port ? textf("%s:%s", host, port) : strdup(host);
        u->origin = strndup(url, (size_t) (authority - url) + n);
        u->base = strdup(authority + n);
        return u->peer && u->origin && u->base ? 0 : -ENOMEM;
}

/* Percent-decodes the authority of http+unix://; "" when a NUL hides in it. NULL: out of memory. */
static char *decode(const char *s, size_t n) {
        int length = 0;
        char *plain = curl_easy_unescape(NULL, s, (int) n, &length);
        char *copy = plain ? strdup(strlen(plain) == (size_t) length ? plain : "") : NULL;

        curl_free(plain);
        return copy;
}

static int parse_unix(const char *url, HttpUrl *u, char **reterr) {
        bool scheme = text_starts(url, "http+unix://");
        const char *path = url + strlen(scheme ? "http+unix://" : "unix:");
        size_t n = strcspn(path, scheme ? "/?" : ":");
        const char *base = path + n + (path[n] == ':');

        u->socket = scheme ? decode(path, n) : strndup(path, n);
        u->origin = strdup("http://localhost");
        u->base = strdup(base);
        if (!u->socket || !u->origin || !u->base)
                return -ENOMEM;
        if (u->socket[0] != '/' || strlen(u->socket) >= sizeof(((struct sockaddr_un *) NULL)->sun_path))
                return unfit(reterr, "url: the path of a unix socket begins with / and has at most 107 bytes: unix:/run/x.sock:/base");
        if (*base && *base != '/' && *base != '?')
                return unfit(reterr, "url: what follows the socket begins with /: unix:/run/x.sock:/base");
        if (strchr(base, '#'))
                return unfit(reterr, "url: a fragment (#…) means nothing to a server; take it away");
        u->peer = text_printable(u->socket, 0);
        return u->peer ? 0 : -ENOMEM;
}

int http_url_parse(const char *url, bool insecure, HttpUrl *ret, char **reterr) {
        __attribute__((cleanup(http_url_donep))) HttpUrl u = {};
        int r;

        if (!*url || strlen(url) > HTTP_URL_MAX)
                return unfit(reterr, *url ? "url: it is too long" : "url: it is empty");
        if (!http_url_clean(url))
                return unfit(reterr, "url: spaces, control characters and letters beyond ASCII must be percent-encoded "
                                     "(a host name: in its xn-- form)");
        if (text_starts(url, "unix:") || text_starts(url, "http+unix://"))
                r = parse_unix(url, &u, reterr);
        else
                r = parse_tcp(url, insecure, &u, reterr);
        if (r < 0)
                return r;

        *ret = u;
        u = (HttpUrl) {};
        return 0;
}

int http_url_check(const char *url, bool insecure, char **reterr) {
        HttpUrl u;
        int r = http_url_parse(url, insecure, &u, reterr);

        if (r >= 0)
                http_url_done(&u);
        return r;
}

/* "." and ".." would climb out of the path a driver meant; %2e is the same to many servers. */
static bool climbs(const char *path) {
        for (const char *s = path; *s && *s != '?';) {
                size_t dots = 0;

                s += *s == '/';
                for (;;) {
                        if (*s == '.')
                                s++;
                        else if (strncasecmp(s, "%2e", 3) == 0)
                                s += 3;
                        else
                                break;
                        dots++;
                }
                if (dots > 0 && dots <= 2 && (*s == '/' || *s == '?' || *s == 0))
                        return true;
                s += strcspn(s, "/?");
        }
        return false;
}

int http_url_join(const HttpUrl *u, const char *path, bool absolute, char **ret) {
        const char *base = absolute ? "" : u->base;
        char *s;

        if (!http_url_clean(path) || strchr(path, '#') || climbs(path) || (*path && *path != '/' && *path != '?') ||
            (*path && strchr(base, '?')) || strlen(path) > HTTP_URL_MAX)
                return -EINVAL;
        s = textf("%s%s%s", u->origin, base, path);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}
