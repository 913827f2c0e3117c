/*
 * Url: where a target may live
 *
 * https anywhere; http to this machine, or to others when the target says insecure_http; unix sockets in the two spellings that io/
 * understands. A url may hold a secret (a webhook's path), so none is ever quoted.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/config-target.h"

static bool loopback(const char *host) {
        struct in6_addr six;
        struct in_addr four;

        if (strcasecmp(host, "localhost") == 0)
                return true;
        if (inet_pton(AF_INET, host, &four) == 1)
                return ntohl(four.s_addr) >> 24 == 127;
        return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* Where clouds keep the credentials of the machine itself. */
static bool link_local(const char *host) {
        struct in6_addr six;
        struct in_addr four;

        if (inet_pton(AF_INET, host, &four) == 1)
                return ntohl(four.s_addr) >> 16 == 0xa9fe;
        return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LINKLOCAL(&six);
}

static bool port_valid(const char *s) {
        size_t n = strspn(s, "0123456789");
        unsigned long port = n > 0 && n <= 5 && !s[n] ? strtoul(s, NULL, 10) : 0;

        return port >= 1 && port <= 65535;
}

/* "host", "host:port", "[::1]:port" → the host alone. */
static bool split_host(const char *authority, size_t n, char host[static HOST_MAX + 1]) {
        const char *end = authority + n, *colon;
        char port[8] = "443";
        size_t len;

        if (n > 0 && authority[0] == '[') {
                const char *close = memchr(authority, ']', n);

                if (!close)
                        return false;
                authority++;
                len = (size_t) (close - authority);
                colon = close + 1;
                if (colon < end && *colon != ':')
                        return false;
        } else {
                colon = memchr(authority, ':', n);
                len = (size_t) ((colon ? colon : end) - authority);
        }
        if (len == 0 || len > HOST_MAX || (colon && colon < end && (size_t) (end - colon) >= sizeof(port)))
                return false;
        if (colon && colon < end)
                (void) snprintf(port, sizeof(port), "%.*s", (int) (end - colon - 1), colon + 1);
        memcpy(host, authority, len);
        host[len] = '\0';
        return port_valid(port) && host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:")] == '\0';
}

typedef struct Fault { const char *code, *advice; } Fault;

static Fault judge_network(const char *rest, bool plain, bool insecure) {
        size_t n = strcspn(rest, "/?");
        char host[HOST_MAX + 1];

        if (memchr(rest, '@', n))
                return (Fault) { "bad-url", "must not hold a user or password: name a 'token'" };
        if (!split_host(rest, n, host))
                return (Fault) { "bad-url", "has no valid host: write it as https://host/path" };
        if (link_local(host) && !insecure)
                return (Fault) { "bad-url", "names a link-local address, where no status page lives" };
        if (plain && !insecure && !loopback(host))
                return (Fault) { "insecure-url", "would send the token in the clear: use https, or say insecure_http: true" };
        return (Fault) { 0 };
}

static Fault judge(const char *s, bool insecure) {
        if (strpbrk(s, "# \\\"<>^`{|}"))
                return (Fault) { "bad-url", "holds characters that a url must not have" };
        if (text_starts(s, "https://"))
                return judge_network(s + strlen("https://"), false, insecure);
        if (text_starts(s, "http://"))
                return judge_network(s + strlen("http://"), true, insecure);
        if (text_starts(s, "unix:/") && s[6] && s[6] != '/' && s[6] != ':')
                return (Fault) { 0 };
        if (text_starts(s, "http+unix://%2F") && s[strlen("http+unix://%2F")] != '/')
                return (Fault) { 0 };
        return (Fault) { "bad-url", "must begin with https://, http:// or unix:/" };
}

const char *config_url(Reader *r, const Node *v, bool insecure) {
        const char *s = reader_text(r, v, URL_MAX, TEXT_BYTES);
        Fault fault;
        size_t n;

        if (!s)
                return NULL;
        fault = judge(s, insecure);
        if (fault.code) {
                reader_error(r, v->mark, fault.code, "'url' %s", fault.advice);
                return NULL;
        }
        n = strlen(s);
        while (n > 0 && s[n - 1] == '/')
                n--;
        return reader_got(r, arena_strndup(r->arena, s, n));
}
