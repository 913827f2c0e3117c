/*
 * Settings of how subscribers are told
 */
#include "page/subscribe/notices.h"

#include <string.h>

#include "base/text.h"
#include "page/subscribe/subscriber.h"

#define RETRY_MIN USEC_PER_MSEC
#define RETRY_MAX USEC_PER_HOUR
#define GIVE_UP_MAX (7 * USEC_PER_DAY)
#define HEADER_LINE_MAX 998u    /* RFC 5322 §2.1.1; the link that unsubscribes stands in one, which cannot be folded */
#define LEAVE_URL_MAX (HEADER_LINE_MAX - strlen(" </unsubscribe/>") - LEAVE_CHARS)

static const char no_memory[] = "memory is out";

static const char *keep(Site *s, const char *text, const char **ret) {
        *ret = arena_strdup(s->arena, text);
        return *ret ? NULL : no_memory;
}

/* A path given relative to the settings would be relative to nothing that the operator sees. */
const char *setting_path(Site *s, const char *text, const char **ret) {
        return *text == '/' && strlen(text) <= PATH_BYTES_MAX ? keep(s, text, ret) : "this is the absolute path of a file with certificates";
}

static const char *take_ca(Site *s, const char *text) {
        return setting_path(s, text, &s->notices.mail_ca);
}

static const char *take_server(Site *s, const char *text) {
        bool whole = strncmp(text, "smtps://", 8) == 0, fit = whole || strncmp(text, "smtp://", 7) == 0;
        const char *url = fit ? arena_printf(s->arena, "https%s", strstr(text, "://")) : NULL;

        if (fit && !url)
                return no_memory;
        if (!fit || webhook_refused(url, false) || strpbrk(strstr(url, "://") + 3, "/?"))
                return "this is smtp://HOST:PORT (which STARTTLS makes secret) or smtps://HOST:PORT";
        return keep(s, text, &s->notices.mail_server);
}

static const char *take_from(Site *s, const char *text) {
        const char *wrong;

        s->notices.mail_from = mailbox_take(s->arena, text, &wrong);
        return wrong ? "this is an address such as status@example.com" : NULL;
}

static const char *take_user(Site *s, const char *text) {
        for (const char *p = text; *p; p++)
                if (*p <= ' ' || *p >= 0x7f)
                        return "this is a name of visible ASCII characters";
        return *text && strlen(text) <= PAGE_MAILBOX_MAX ? keep(s, text, &s->notices.mail_user) : "this is a name of visible ASCII characters";
}

static const char *take_tls(Site *s, const char *text) {
        s->notices.mail_plain = strcmp(text, "none") == 0;
        return s->notices.mail_plain || strcmp(text, "required") == 0 ? NULL : "this is required, or none for a server on loopback";
}

const char *setting_networks(const char *text, Networks *ret) {
        int r = networks_parse(text, ret);

        if (r == -E2BIG)
                return "there are too many networks";
        return r < 0 ? "these are networks such as 10.0.0.0/8, fd00::/8 or one address, separated by blanks, without bits behind the prefix" : NULL;
}

static const char *take_webhooks(Site *s, const char *text) {
        return setting_networks(text, &s->notices.webhooks);
}

static const char *take_proxies(Site *s, const char *text) {
        return setting_networks(text, &s->notices.proxies);
}

static const char *take_span(const char *text, usec_t max, usec_t *ret) {
        Span span;

        if (span_parse(text, &span) < 0 || span_usec(span) < RETRY_MIN || span_usec(span) > max)
                return "this is a time span such as 30s or 1min; a retry is at most 1h, and giving up takes at most 7d";
        *ret = span_usec(span);
        return NULL;
}

static const char *take_retry(Site *s, const char *text) {
        return take_span(text, RETRY_MAX, &s->notices.retry);
}

static const char *take_give_up(Site *s, const char *text) {
        return take_span(text, GIVE_UP_MAX, &s->notices.give_up);
}

static const struct {
        const char *name;
        const char *(*take)(Site *s, const char *text);
} keys[] = {
        { "mail_server", take_server }, { "mail_from", take_from },   { "mail_user", take_user },         { "mail_ca", take_ca },
        { "mail_tls", take_tls },       { "webhook_networks", take_webhooks }, { "trusted_proxies", take_proxies }, { "notice_retry", take_retry },
        { "notice_give_up", take_give_up },
};

const char *notices_take(Site *s, const char *key, const char *text) {
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (strcmp(keys[i].name, key) == 0)
                        return keys[i].take(s, text);
        return "this is no setting of notices";
}

/* A name that begins like an address is none; and only localhost is known to lead here. */
static bool server_is_loopback(Arena *a, const char *server) {
        const char *host = webhook_host(a, server);
        unsigned char address[ADDRESS_BYTES];
        Networks loopback;

        if (!host || networks_parse("127.0.0.0/8 ::1", &loopback) < 0)
                return false;
        return strcmp(host, "localhost") == 0 || (address_parse(host, address) >= 0 && networks_contain(&loopback, address));
}

const char *notices_complete(Site *s) {
        Notices *n = &s->notices;

        n->retry = n->retry ? n->retry : NOTICES_RETRY;
        n->give_up = n->give_up ? n->give_up : NOTICES_GIVE_UP;
        if (!n->mail_server)
                return n->mail_from || n->mail_user || n->mail_plain || n->mail_ca ? "there is no mail_server, so the other settings of mail are for nothing" : NULL;
        if (!n->mail_from)
                return "mail_server needs mail_from, the address that mail comes from";
        if (!s->url)
                return "mail_server needs url, how the world reaches the page: mails carry links to it";
        if (strlen(s->url) > LEAVE_URL_MAX)
                return "url is too long to stand in a mail";
        if (n->mail_plain && !server_is_loopback(s->arena, n->mail_server))
                return "mail_tls: none is for a server on loopback alone (127.0.0.1, [::1], localhost)";
        return NULL;
}
