/*
 * The wire: mails and webhooks through libcurl
 */
#include "page/subscribe/wire.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "page/crew.h"
#include "page/multi.h"

#define MAIL_TIMEOUT_SEC 900L
#define ANSWER_TIMEOUT_SEC 600L         /* RFC 5321 §4.5.3.2.6: who does not wait for what is said to the last dot sends the mail again */
#define HOOK_TIMEOUT_SEC 15L
#define CONNECT_TIMEOUT_SEC 15L
#define GREETING_TIMEOUT_SEC 60L        /* a mail server's, until it takes commands */
#define IDLE_SEC 20L                    /* a connection that was idle longer is not used again */
#define ANSWER_BYTES_MAX (64u * 1024)   /* of a webhook; nobody reads it */
#define WHY_CHARS 200u

typedef enum Stage { STAGE_CONNECT, STAGE_RECIPIENT, STAGE_DATA } Stage;

typedef struct Sending {
        struct Wire *wire;
        struct Sending *next;           /* of wire->all */
        Transfer transfer;              /* its handle is owned */
        struct curl_slist *list;        /* owned: the recipient, or headers */
        const Networks *allowed;
        char *body;                     /* owned */
        size_t size, sent, got;
        bool mail, forbidden;           /* forbidden: its address is not for it */
        Stage stage;
        char error[CURL_ERROR_SIZE];
        wire_done_fn done;
        void *userdata;
} Sending;

struct Wire {
        Multi *multi;                   /* owned: webhooks */
        Crew *crew;                     /* owned: mails */
        Sending *all;                   /* owned */
};

static Sending *sending_free(Sending *s) {
        if (!s)
                return NULL;
        curl_easy_cleanup(s->transfer.easy);
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

static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *to) {
        Sending *s = userdata;
        int fd = multi_socket(s->allowed, to);

        s->forbidden = s->forbidden || fd == -EADDRNOTAVAIL;
        return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* --- what it means --- */

static WireResult mail_result(const Sending *s, long status) {
        if (s->transfer.code == CURLE_OK)
                return WIRE_TAKEN;
        if (s->stage == STAGE_CONNECT)
                return WIRE_DOWN;
        if (s->transfer.code == CURLE_OPERATION_TIMEDOUT)
                return WIRE_SLOW;
        return status >= 500 && status < 600 ? WIRE_NEVER : WIRE_LATER;
}

static WireResult hook_result(const Sending *s, long status) {
        bool answered = s->transfer.code == CURLE_OK || (s->transfer.code == CURLE_WRITE_ERROR && status > 0);

        if (answered && status >= 200 && status < 300)
                return WIRE_TAKEN;
        return answered && status == 410 ? WIRE_NEVER : WIRE_LATER;
}

static void sending_tell(Sending *s) {
        auto_(free) char *said = text_printable(s->error[0] ? s->error : curl_easy_strerror(s->transfer.code), WHY_CHARS), *why = NULL;
        WireResult result;
        long status = 0;

        (void) curl_easy_getinfo(s->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
        result = s->mail ? mail_result(s, status) : hook_result(s, status);
        if (result == WIRE_TAKEN)
                why = strdup("");
        else if (s->forbidden)
                why = strdup("it leads to an address that is not public; webhook_networks allows others");
        else if (!s->mail && s->transfer.code == CURLE_OK)
                why = textf("it answered %ld", status);
        else
                why = status > 0 && s->mail ? textf("%s (%ld)", said ? said : "", status) : STEAL(said);
        s->done(s->userdata, result, why ? why : "");
}

static void on_done(Transfer *t) {
        auto_(sending_free) Sending *s = (Sending *) (void *) ((char *) t - offsetof(Sending, transfer));
        Sending **at = &s->wire->all;

        while (*at != s)
                at = &(*at)->next;
        *at = s->next;
        sending_tell(s);
}

/* --- what curl is told --- */

#define OPT(easy, name, value) (curl_easy_setopt((easy), CURLOPT_##name, (value)) == CURLE_OK)

static bool set_common(Sending *s) {
        CURL *e = s->transfer.easy;

        return OPT(e, ERRORBUFFER, s->error) && OPT(e, NOSIGNAL, 1L) && OPT(e, QUICK_EXIT, 1L) && OPT(e, PROXY, "") &&
               OPT(e, NETRC, (long) CURL_NETRC_IGNORED) && OPT(e, FOLLOWLOCATION, 0L) && OPT(e, SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) &&
               OPT(e, SSL_VERIFYPEER, 1L) && OPT(e, SSL_VERIFYHOST, 2L) && OPT(e, CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC) && OPT(e, MAXAGE_CONN, IDLE_SEC) &&
               OPT(e, WRITEFUNCTION, on_write) && OPT(e, WRITEDATA, s);
}

static bool set_mail(Sending *s, const Parcel *p) {
        const Notices *n = p->notices;
        auto_(free) char *url = textf("%s/%s", n->mail_server, p->hello), *from = textf("<%s>", n->mail_from), *to = textf("<%s>", p->to);
        CURL *e = s->transfer.easy;

        s->list = to ? curl_slist_append(NULL, to) : NULL;
        return url && from && s->list && OPT(e, PROTOCOLS_STR, "smtp,smtps") && OPT(e, URL, url) && OPT(e, MAIL_FROM, from) && OPT(e, MAIL_RCPT, s->list) &&
               OPT(e, UPLOAD, 1L) && OPT(e, READFUNCTION, on_read) && OPT(e, READDATA, s) && OPT(e, INFILESIZE_LARGE, (curl_off_t) s->size) &&
               OPT(e, USE_SSL, (long) (n->mail_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL)) && (!n->mail_ca || OPT(e, CAINFO, n->mail_ca)) &&
               (!n->mail_user || (OPT(e, USERNAME, n->mail_user) && OPT(e, PASSWORD, text_or(p->password, "")))) && OPT(e, TIMEOUT, MAIL_TIMEOUT_SEC) && OPT(e, CONNECTTIMEOUT, GREETING_TIMEOUT_SEC) &&
               OPT(e, SERVER_RESPONSE_TIMEOUT, ANSWER_TIMEOUT_SEC) && OPT(e, VERBOSE, 1L) && OPT(e, DEBUGFUNCTION, on_debug) && OPT(e, DEBUGDATA, s);
}

static bool add_header(Sending *s, const char *line) {
        struct curl_slist *grown = curl_slist_append(s->list, line);

        s->list = grown ? grown : s->list;
        return grown;
}

static bool set_hook(Sending *s, const Parcel *p) {
        auto_(free) char *signature = textf("X-Kodo-Signature: %s", p->signature);
        CURL *e = s->transfer.easy;

        s->allowed = &p->notices->webhooks;
        return signature && add_header(s, signature) && add_header(s, "Content-Type: application/json") && add_header(s, "Expect:") &&
               OPT(e, PROTOCOLS_STR, "http,https") && OPT(e, URL, p->to) && OPT(e, HTTPHEADER, s->list) && OPT(e, POST, 1L) &&
               OPT(e, POSTFIELDSIZE_LARGE, (curl_off_t) s->size) && OPT(e, POSTFIELDS, s->body) && OPT(e, USERAGENT, "maintd-page/" PROJECT_VERSION) &&
               OPT(e, OPENSOCKETFUNCTION, on_open) && OPT(e, OPENSOCKETDATA, s) && OPT(e, TIMEOUT, HOOK_TIMEOUT_SEC);
}

int wire_send(Wire *w, const Parcel *p, wire_done_fn done, void *userdata) {
        auto_(sending_free) Sending *s = calloc(1, sizeof(*s));
        int r;

        if (!s) {
                free(p->body);
                return -ENOMEM;
        }
        *s = (Sending) { .wire = w, .transfer = { .done = on_done }, .body = p->body, .size = p->size, .mail = p->mail, .done = done, .userdata = userdata };
        s->transfer.easy = curl_easy_init();
        if (!s->transfer.easy || !set_common(s) || !(p->mail ? set_mail(s, p) : set_hook(s, p)))
                return -ENOMEM;
        s->next = w->all;
        r = p->mail ? crew_add(w->crew, &s->transfer) : multi_add(w->multi, &s->transfer);
        if (r < 0)
                return r;
        w->all = STEAL(s);
        return 0;
}

int wire_new(sd_event *event, Wire **ret) {
        auto_(wire_free) Wire *w = calloc(1, sizeof(*w));
        int r = w ? multi_new(event, "wire", &w->multi) : -ENOMEM;

        if (r >= 0)
                r = crew_new(event, "wire-mail", &w->crew);
        if (r < 0)
                return r;
        *ret = STEAL(w);
        return 0;
}

Wire *wire_free(Wire *w) {
        if (!w)
                return NULL;
        w->crew = crew_free(w->crew);
        for (Sending *s; (s = w->all);) {
                w->all = s->next;
                multi_drop(&s->transfer);
                (void) sending_free(s);
        }
        (void) multi_free(w->multi);
        free(w);
        return NULL;
}
