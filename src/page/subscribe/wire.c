/*
 * The wire: mails and webhooks through libcurl's multi interface on sd-event
 */
#include "page/subscribe/wire.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/text.h"

#define MAIL_TIMEOUT_SEC 120L
#define ANSWER_TIMEOUT_SEC 10L           /* curl stands still until a mail's last answer has come: well below the watchdog's time */
#define HOOK_TIMEOUT_SEC 15L
#define CONNECT_TIMEOUT_SEC 15L
#define IDLE_SEC 20L                    /* a connection that was idle longer is not used again */
#define ANSWER_BYTES_MAX (64u * 1024)   /* of a webhook; nobody reads it */
#define WHY_CHARS 200u

typedef enum Stage { STAGE_CONNECT, STAGE_RECIPIENT, STAGE_DATA } Stage;

typedef struct Sending {
        struct Wire *wire;
        struct Sending *next;           /* of wire->all, or of those that have ended */
        CURL *easy;                     /* owned */
        struct curl_slist *list;        /* owned: the recipient, or headers */
        const Networks *allowed;
        char *body;                     /* owned */
        size_t size, sent, got;
        bool mail, forbidden;           /* forbidden: its address is not for it */
        Stage stage;
        int fd;                         /* curl's, while it is watched; else -1 */
        CURLcode code;
        char error[CURL_ERROR_SIZE];
        wire_done_fn done;
        void *userdata;
} Sending;

struct Wire {
        sd_event *event;                /* our reference */
        CURLM *multi;                   /* owned */
        sd_event_source *timer;         /* owned */
        Sending *all;                   /* owned */
};

static Sending *sending_free(Sending *s) {
        if (!s)
                return NULL;
        curl_easy_cleanup(s->easy);
        curl_slist_free_all(s->list);
        free(s->body);
        free(s);
        return NULL;
}
DEFINE_AUTO(Sending *, sending_free)

/* --- what curl calls --- */

static size_t on_read(char *to, size_t size, size_t n, void *userdata) {
        Sending *s = userdata;
        size_t take = MIN(size * n, s->size - s->sent);

        memcpy(to, s->body + s->sent, take);
        s->sent += take;
        return take;
}

static size_t on_write(char *data, size_t size, size_t n, void *userdata) {
        Sending *s = userdata;

        s->got += size * n;
        return s->got > ANSWER_BYTES_MAX ? 0 : size * n;
}

/* How far a mail came: curl tells each command that it sends. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t n, void *userdata) {
        Sending *s = userdata;

        if (type != CURLINFO_HEADER_OUT)
                return 0;
        if (n > 5 && strncasecmp(data, "RCPT ", 5) == 0)
                s->stage = STAGE_RECIPIENT;
        else if (n >= 4 && strncasecmp(data, "DATA", 4) == 0)
                s->stage = STAGE_DATA;
        return 0;
}

/* Whatever the name said, this is where it leads. */
static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *to) {
        Sending *s = userdata;
        unsigned char address[ADDRESS_BYTES];

        if (address_of(&to->addr, address) != 0 || !(address_public(address) || networks_contain(s->allowed, address))) {
                s->forbidden = true;
                return CURL_SOCKET_BAD;
        }
        return socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
}

/* --- what it means --- */

static WireResult mail_result(const Sending *s, long status) {
        if (s->code == CURLE_OK)
                return WIRE_TAKEN;
        if (s->stage == STAGE_CONNECT)
                return WIRE_DOWN;
        if (s->code == CURLE_OPERATION_TIMEDOUT)
                return WIRE_SLOW;
        return status >= 500 && status < 600 ? WIRE_NEVER : WIRE_LATER;
}

static WireResult hook_result(const Sending *s, long status) {
        bool answered = s->code == CURLE_OK || (s->code == CURLE_WRITE_ERROR && status > 0);

        if (answered && status >= 200 && status < 300)
                return WIRE_TAKEN;
        return answered && status == 410 ? WIRE_NEVER : WIRE_LATER;
}

static void sending_tell(Sending *s) {
        auto_(free) char *said = text_printable(s->error[0] ? s->error : curl_easy_strerror(s->code), WHY_CHARS), *why = NULL;
        WireResult result;
        long status = 0;

        (void) curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
        result = s->mail ? mail_result(s, status) : hook_result(s, status);
        if (result == WIRE_TAKEN)
                why = strdup("");
        else if (s->forbidden)
                why = strdup("it leads to an address that is not public; webhook_networks allows others");
        else if (!s->mail && s->code == CURLE_OK)
                why = textf("it answered %ld", status);
        else
                why = status > 0 && s->mail ? textf("%s (%ld)", said ? said : "", status) : STEAL(said);
        s->done(s->userdata, result, why ? why : "");
}

/* Empty curl's queue first, call back second: a callback may send. */
static void wire_reap(Wire *w) {
        Sending *ended = NULL, **last = &ended, *next;
        int left;

        for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left));) {
                Sending *s = NULL, **at;

                (void) curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **) &s);
                s->code = m->data.result;
                (void) curl_multi_remove_handle(w->multi, s->easy);
                for (at = &w->all; *at != s; at = &(*at)->next)
                        ;
                *at = s->next;
                s->next = NULL;
                *last = s;
                last = &s->next;
        }
        for (Sending *s = ended; s; s = next) {
                next = s->next;
                sending_tell(s);
                (void) sending_free(s);
        }
}

/* --- curl-multi on sd-event --- */

static int on_socket(sd_event_source *src, int fd, uint32_t events, void *userdata) {
        Wire *w = userdata;
        int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0), running;

        (void) curl_multi_socket_action(w->multi, fd, what, &running);
        wire_reap(w);
        return 0;
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata) {
        Wire *w = userdata;
        int running;

        (void) curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        wire_reap(w);
        return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *slot) {
        Wire *w = userdata;
        sd_event_source *src = slot;
        uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
        Sending *s = NULL;

        (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &s);
        if (s)
                s->fd = what == CURL_POLL_REMOVE ? -1 : fd;
        if (what == CURL_POLL_REMOVE) {
                (void) sd_event_source_disable_unref(src);
                return 0;
        }
        if (src)
                return sd_event_source_set_io_events(src, events) < 0 ? -1 : 0;
        if (sd_event_add_io(w->event, &src, fd, events, on_socket, w) < 0)
                return -1;
        (void) sd_event_source_set_description(src, "wire");
        (void) curl_multi_assign(w->multi, fd, src);
        return 0;
}

static int watch_timer(CURLM *multi, long ms, void *userdata) {
        Wire *w = userdata;

        if (ms < 0)
                return sd_event_source_set_enabled(w->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
        if (sd_event_source_set_time_relative(w->timer, (usec_t) ms * USEC_PER_MSEC) < 0)
                return -1;
        return sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* --- what curl is told --- */

#define OPT(easy, name, value) (curl_easy_setopt((easy), CURLOPT_##name, (value)) == CURLE_OK)

static bool set_common(Sending *s) {
        CURL *e = s->easy;

        return OPT(e, PRIVATE, s) && OPT(e, ERRORBUFFER, s->error) && OPT(e, NOSIGNAL, 1L) && OPT(e, QUICK_EXIT, 1L) && OPT(e, PROXY, "") &&
               OPT(e, NETRC, (long) CURL_NETRC_IGNORED) && OPT(e, FOLLOWLOCATION, 0L) && OPT(e, SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) &&
               OPT(e, SSL_VERIFYPEER, 1L) && OPT(e, SSL_VERIFYHOST, 2L) && OPT(e, CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC) && OPT(e, MAXAGE_CONN, IDLE_SEC) &&
               OPT(e, WRITEFUNCTION, on_write) && OPT(e, WRITEDATA, s);
}

static bool set_mail(Sending *s, const Parcel *p) {
        const Notices *n = p->notices;
        auto_(free) char *url = textf("%s/%s", n->mail_server, p->hello), *from = textf("<%s>", n->mail_from), *to = textf("<%s>", p->to);
        CURL *e = s->easy;

        s->list = to ? curl_slist_append(NULL, to) : NULL;
        return url && from && s->list && OPT(e, PROTOCOLS_STR, "smtp,smtps") && OPT(e, URL, url) && OPT(e, MAIL_FROM, from) && OPT(e, MAIL_RCPT, s->list) &&
               OPT(e, UPLOAD, 1L) && OPT(e, READFUNCTION, on_read) && OPT(e, READDATA, s) && OPT(e, INFILESIZE_LARGE, (curl_off_t) s->size) &&
               OPT(e, USE_SSL, (long) (n->mail_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL)) && (!n->mail_ca || OPT(e, CAINFO, n->mail_ca)) &&
               (!n->mail_user || (OPT(e, USERNAME, n->mail_user) && OPT(e, PASSWORD, text_or(p->password, "")))) && OPT(e, TIMEOUT, MAIL_TIMEOUT_SEC) &&
               OPT(e, SERVER_RESPONSE_TIMEOUT, ANSWER_TIMEOUT_SEC) && OPT(e, VERBOSE, 1L) && OPT(e, DEBUGFUNCTION, on_debug) && OPT(e, DEBUGDATA, s);
}

static bool add_header(Sending *s, const char *line) {
        struct curl_slist *grown = curl_slist_append(s->list, line);

        s->list = grown ? grown : s->list;
        return grown;
}

static bool set_hook(Sending *s, const Parcel *p) {
        auto_(free) char *signature = textf("X-Kodo-Signature: %s", p->signature);
        CURL *e = s->easy;

        s->allowed = &p->notices->webhooks;
        return signature && add_header(s, signature) && add_header(s, "Content-Type: application/json") && add_header(s, "Expect:") &&
               OPT(e, PROTOCOLS_STR, "http,https") && OPT(e, URL, p->to) && OPT(e, HTTPHEADER, s->list) && OPT(e, POST, 1L) &&
               OPT(e, POSTFIELDSIZE_LARGE, (curl_off_t) s->size) && OPT(e, POSTFIELDS, s->body) && OPT(e, USERAGENT, "maintd-page/" PROJECT_VERSION) &&
               OPT(e, OPENSOCKETFUNCTION, on_open) && OPT(e, OPENSOCKETDATA, s) && OPT(e, TIMEOUT, HOOK_TIMEOUT_SEC);
}

int wire_send(Wire *w, const Parcel *p, wire_done_fn done, void *userdata) {
        auto_(sending_free) Sending *s = calloc(1, sizeof(*s));

        if (!s) {
                free(p->body);
                return -ENOMEM;
        }
        *s = (Sending) { .wire = w, .fd = -1, .body = p->body, .size = p->size, .mail = p->mail, .done = done, .userdata = userdata };
        s->easy = curl_easy_init();
        if (!s->easy || !set_common(s) || !(p->mail ? set_mail(s, p) : set_hook(s, p)))
                return -ENOMEM;
        if (curl_multi_add_handle(w->multi, s->easy) != CURLM_OK)
                return -ENOMEM;
        s->next = w->all;
        w->all = STEAL(s);
        return 0;
}

int wire_new(sd_event *event, Wire **ret) {
        auto_(wire_free) Wire *w = calloc(1, sizeof(*w));
        int r;

        if (!w || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ENOMEM;
        w->event = sd_event_ref(event);
        w->multi = curl_multi_init();
        if (!w->multi)
                return -ENOMEM;
        r = sd_event_add_time(event, &w->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_timer, w);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(w->timer, "wire-timer");
        if (curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK || curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w) != CURLM_OK ||
            curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, watch_timer) != CURLM_OK || curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w) != CURLM_OK)
                return -ENOMEM;
        *ret = STEAL(w);
        return 0;
}

Wire *wire_free(Wire *w) {
        if (!w)
                return NULL;
        for (Sending *s; (s = w->all);) {
                w->all = s->next;
                /* curl would end a mail with a dot, and wait for what the server says to it. */
                if (s->fd >= 0)
                        (void) shutdown(s->fd, SHUT_RDWR);
                (void) curl_multi_remove_handle(w->multi, s->easy);
                (void) sending_free(s);
        }
        (void) curl_multi_cleanup(w->multi);
        (void) sd_event_source_disable_unref(w->timer);
        (void) sd_event_unref(w->event);
        free(w);
        return NULL;
}
