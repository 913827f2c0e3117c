/*
 * Access: what the journal hears of requests
 */
#include "page/access.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/message-ids.h"
#include "base/text.h"
#include "page/subscribe/visitor.h"

#define TOKEN_CHARS_MIN 32u             /* ids of ours are shorter, tokens are longer */
#define NUMBER_SIZE 24u

/* A minute, from the first line that counts. */
typedef struct AccessRound {
        usec_t end;                     /* CLOCK_BOOTTIME; 0: none */
        unsigned written, untold;
        unsigned statuses[6];           /* of those untold, by their hundreds */
} AccessRound;

struct Access {
        const Site *site;               /* borrowed */
        AccessLog wanted;
        sd_event_source *timer;         /* owned; at the end of a round in which something was counted */
        AccessRound round;
};

/* True: there is room for one more line; else it is counted. */
static bool access_admit(AccessRound *r, unsigned status, usec_t boot) {
        if (boot >= r->end)
                *r = (AccessRound) { .end = usec_add(boot, ACCESS_ROUND) };
        if (r->written < PAGE_REFUSALS_LOGGED) {
                r->written++;
                return true;
        }
        r->untold++;
        r->statuses[MIN(status / 100, ARRAY_SIZE(r->statuses) - 1)]++;
        return false;
}

/* In @a; NULL: memory is out. */
static const char *access_path(Arena *a, const char *path) {
        const char *shown = "";

        for (const char *p = path; shown && *p;) {
                size_t slash = strspn(p, "/"), n = strcspn(p + slash, "/");

                shown = n >= TOKEN_CHARS_MIN ? arena_printf(a, "%s%.*s…", shown, (int) slash, p) :
                                               arena_printf(a, "%s%.*s", shown, (int) (slash + n), p);
                p += slash + n;
        }
        return shown;
}

static void write_untold(const AccessRound *r) {
        char count[NUMBER_SIZE], statuses[160] = "";
        auto_(free) char *message = NULL;
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(r->statuses); i++)
                if (r->statuses[i] > 0)
                        n += (size_t) snprintf(statuses + n, sizeof(statuses) - n, "%s%u with %zuxx", n > 0 ? ", " : "", r->statuses[i], i);
        (void) snprintf(count, sizeof(count), "%u", r->untold);
        message = textf("%u more requests within a minute were refused or came without a key: %s", r->untold, statuses);
        (void) log_event(&(LogEvent) { .priority = LOG_INFO, .message_id = MESSAGE_REQUESTS_UNTOLD, .message = message,
                                       .more = (const char *const[]) { LOG_FIELD_COUNT, count, NULL } });
}

static void end_round(Access *a) {
        if (a->round.untold > 0)
                write_untold(&a->round);
        a->round = (AccessRound) { 0 };
}

static int on_round(sd_event_source *src, uint64_t usec, void *userdata) {
        end_round(userdata);
        return 0;
}

int access_new(sd_event *event, const Site *site, Access **ret) {
        auto_(access_free) Access *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->site = site;
        a->wanted = site->log != ACCESS_USUAL ? site->log : isatty(STDERR_FILENO) ? ACCESS_NOTHING : ACCESS_WRITES;
        r = sd_event_add_time(event, &a->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_SEC, on_round, a);
        if (r >= 0)
                r = sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(a->timer, "access");
        *ret = STEAL(a);
        return 0;
}

Access *access_free(Access *a) {
        if (!a)
                return NULL;
        end_round(a);
        (void) sd_event_source_disable_unref(a->timer);
        free(a);
        return NULL;
}

/* Whoever asked, as far as whom we trust says so; in @buf. */
static const char *client_of(const Site *site, const Outcome *o, char buf[static ADDRESS_TEXT_SIZE]) {
        const char *forwarded = o->request ? request_header_all(o->request, "X-Forwarded-For") : NULL;
        unsigned char peer[ADDRESS_BYTES] = { 0 }, address[ADDRESS_BYTES];
        bool local = o->request ? request_peer(o->request, peer) != 0 : !o->address;

        if (!o->request && !local)
                memcpy(peer, o->address, sizeof(peer));
        visitor_address(&site->notices.proxies, local ? NULL : peer, forwarded, address);
        return local && memcmp(address, (unsigned char[ADDRESS_BYTES]) { 0 }, ADDRESS_BYTES) == 0 ? "local" : address_format(address, buf);
}

static void write_request(const Access *a, const Outcome *o) {
        const Request *q = o->request;
        char status[NUMBER_SIZE], bytes[NUMBER_SIZE], took[NUMBER_SIZE], address[ADDRESS_TEXT_SIZE];
        const char *method = q ? q->method_name : NULL, *path = q ? access_path(q->arena, q->path) : NULL, *client = client_of(a->site, o, address);
        const char *who = q ? q->who : NULL;
        const char *const more[] = { LOG_FIELD_METHOD, method, LOG_FIELD_PATH, path, LOG_FIELD_STATUS, status, LOG_FIELD_BYTES, bytes,
                                     LOG_FIELD_DURATION, took, LOG_FIELD_CLIENT, client, LOG_FIELD_KEY, who, NULL };
        auto_(free) char *message = NULL;

        (void) snprintf(status, sizeof(status), "%u", o->status);
        (void) snprintf(bytes, sizeof(bytes), "%zu", o->size);
        (void) snprintf(took, sizeof(took), "%" PRIu64, o->took);
        if (q)
                message = textf("%s %s: %u, %zu bytes, %.1f ms, %s%s%s", method, text_or(path, "?"), o->status, o->size, (double) o->took / USEC_PER_MSEC,
                                client, who ? ", key " : "", text_or(who, ""));
        else
                message = textf("%s: %s", client, o->status == 408 ? "too slow, its connection was ended" : "too many connections, one was refused");
        (void) log_event(&(LogEvent) { .priority = LOG_INFO, .message_id = MESSAGE_REQUEST, .message = message, .more = more });
}

void access_note(Access *a, const Outcome *o) {
        const Request *q = o->request;
        bool failed = o->status >= 400, reads = q && (q->method == METHOD_GET || q->method == METHOD_OTHER), counted = failed || !q || !q->who;
        AccessLog least = failed ? ACCESS_FAILURES : reads ? ACCESS_ALL : ACCESS_WRITES;
        usec_t boot;

        if (a->wanted < least)
                return;
        if (least == ACCESS_ALL || !counted) {
                write_request(a, o);
                return;
        }
        boot = q ? q->now.boot : now_read().boot;
        if (boot >= a->round.end)
                end_round(a);
        if (access_admit(&a->round, o->status, boot))
                write_request(a, o);
        else if (a->round.untold == 1 && sd_event_source_set_time(a->timer, a->round.end) >= 0)
                (void) sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}
