/*
 * Subscribers: who wants to be told, and where
 */
#include "page/subscribe/subscriber.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "page/rest/input.h"

#define LABEL_MAX 63u           /* RFC 1035 §2.3.4 */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ATEXT LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~" /* RFC 5321 §4.1.2 */

static const char *const kinds[SUBSCRIBER_KINDS] = { [SUBSCRIBER_EMAIL] = "email", [SUBSCRIBER_WEBHOOK] = "webhook" };

const char *subscriber_kind_to_string(SubscriberKind k) {
        return kinds[k];
}

int subscriber_kind_from_string(const char *text) {
        for (int i = 0; i < (int) SUBSCRIBER_KINDS; i++)
                if (strcmp(kinds[i], text) == 0)
                        return i;
        return -EINVAL;
}

/* Letters, digits and hyphens between dots, at least @labels of them. */
static bool host_valid(const char *host, size_t n, unsigned labels) {
        if (n == 0 || n > HOST_MAX)
                return false;
        for (const char *p = host, *end = host + n;; p++) {
                size_t length = strspn(p, LETTERS DIGITS "-");

                length = MIN(length, (size_t) (end - p));
                if (length == 0 || length > LABEL_MAX || p[0] == '-' || p[length - 1] == '-')
                        return false;
                labels = labels > 0 ? labels - 1 : 0;
                p += length;
                if (p == end)
                        return labels == 0;
                if (*p != '.')
                        return false;
        }
}

static bool local_part_valid(const char *text, size_t n) {
        if (n == 0 || n > PAGE_LOCAL_PART_MAX || text[0] == '.' || text[n - 1] == '.')
                return false;
        for (size_t i = 0; i < n; i++)
                if (text[i] == '.' ? text[i + 1] == '.' : !strchr(ATEXT, text[i]))
                        return false;
        return true;
}

const char *mailbox_take(Arena *a, const char *text, const char **reterr) {
        const char *at = strrchr(text, '@');
        char *own;

        *reterr = "Must be an e-mail address, such as someone@example.com";
        if (!at || strlen(text) > PAGE_MAILBOX_MAX || !local_part_valid(text, (size_t) (at - text)) || !host_valid(at + 1, strlen(at + 1), 2))
                return NULL;
        own = arena_strdup(a, text);
        *reterr = own ? NULL : "Out of memory";
        for (char *p = own; p && *p; p++)
                *p = (char) tolower((unsigned char) *p);
        return own;
}

/* Where the host of a URL begins and how long it is, with brackets; 0: there is none. */
static size_t url_host(const char *url, const char **ret) {
        const char *host = strstr(url, "://");

        host = host ? host + 3 : url + strlen(url);
        *ret = host;
        return *host == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL) : strcspn(host, ":/?#");
}

static bool port_valid(const char *text) {
        size_t n = strspn(text, DIGITS);
        unsigned long port = n > 0 && n < 6 ? strtoul(text, NULL, 10) : 0;

        return port > 0 && port < 65536 && (text[n] == '\0' || strchr("/?", text[n]));
}

const char *webhook_refused(const char *url, bool plain) {
        static const char wrong[] = "Must be an address such as https://hooks.example.com/path, without a user or a fragment";
        const char *host;
        size_t n = url_host(url, &host);

        if (strncmp(url, "https://", 8) != 0 && !(plain && strncmp(url, "http://", 7) == 0))
                return plain ? "Must begin with https:// or http://" : "Must begin with https://";
        if (strlen(url) > URL_MAX)
                return "Must be shorter";
        for (const char *p = url; *p; p++)
                if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}#@", *p))
                        return wrong;
        if (*host == '[' ? n < 4 || host[n - 1] != ']' || strspn(host + 1, DIGITS "abcdefABCDEF:.") != n - 2 : !host_valid(host, n, 1))
                return wrong;
        return host[n] == ':' ? (port_valid(host + n + 1) ? NULL : wrong) : host[n] == '\0' || strchr("/?", host[n]) ? NULL : wrong;
}

const char *webhook_host(Arena *a, const char *url) {
        const char *host;
        size_t n = url_host(url, &host);

        return *host == '[' ? arena_strndup(a, host + 1, n - 2) : arena_strndup(a, host, n);
}

static const char *take_kind(const json_t *v, SubscriberKind *ret) {
        int kind = json_is_string(v) ? subscriber_kind_from_string(json_string_value(v)) : -EINVAL;

        if (kind < 0)
                return "Must be email or webhook";
        *ret = (SubscriberKind) kind;
        return NULL;
}

static const char *take_endpoint(Arena *a, const json_t *v, bool plain, SubscriberDraft *d) {
        const char *text = json_string_value(v), *wrong;

        if (!text)
                return "Must be a string";
        if (d->kind == SUBSCRIBER_EMAIL) {
                d->endpoint = mailbox_take(a, text, &wrong);
                return wrong;
        }
        wrong = webhook_refused(text, plain);
        if (wrong)
                return wrong;
        d->endpoint = arena_strdup(a, text);
        return d->endpoint ? NULL : "Out of memory";
}

static void note(json_t *errors, const char *field, const char *wrong) {
        if (wrong)
                field_error(errors, field, "%s", wrong);
}

int subscriber_read(Arena *a, const json_t *body, bool plain, SubscriberDraft *ret, json_t *errors) {
        static const char *const known[] = { "type", "endpoint", "services" };
        const json_t *type = json_object_get(body, "type"), *endpoint = json_object_get(body, "endpoint");
        SubscriberDraft d = { 0 };
        const char *name;
        json_t *v;

        assert(json_is_object(body));
        json_object_foreach((json_t *) body, name, v) {
                auto_(free) char *shown = text_printable(name, 60);
                size_t i = 0;

                while (i < ARRAY_SIZE(known) && strcmp(known[i], name) != 0)
                        i++;
                if (i == ARRAY_SIZE(known) && shown)
                        field_error(errors, shown, "Unknown field");
        }
        note(errors, "type", type ? take_kind(type, &d.kind) : "Required");
        if (!endpoint)
                note(errors, "endpoint", "Required");
        else if (json_object_size(errors) == 0) /* what it must look like depends on the type */
                note(errors, "endpoint", take_endpoint(a, endpoint, plain, &d));
        v = json_object_get(body, "services");
        if (v && !json_is_null(v))
                note(errors, "services", service_ids_read(a, v, &d.service_ids, &d.n_services));
        if (json_object_size(errors) > 0)
                return -EINVAL;
        *ret = d;
        return 0;
}
