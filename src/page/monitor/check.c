/*
 * One check: a GET, and what its answer means
 */
#include "page/monitor/check.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

#define PROBLEM_CHARS 200u

struct Check {
        Transfer transfer;              /* its handle is owned */
        const MonitorRules *rules;
        Monitor m;                      /* expected and timeout alone */
        size_t headers, body;
        bool full;                      /* enough of the body has come */
        bool endless;                   /* there was too much of a head */
        bool forbidden, opened;         /* of the addresses of its name: one is not for it; one has been tried */
        int failed;                     /* errno of socket() */
        char error[CURL_ERROR_SIZE];
        check_done_fn done;
        void *userdata;
};

Check *check_free(Check *c) {
        if (!c)
                return NULL;
        multi_drop(&c->transfer);
        curl_easy_cleanup(c->transfer.easy);
        free(c);
        return NULL;
}

/* --- what curl calls --- */

static size_t on_header(char *data, size_t size, size_t n, void *userdata) {
        Check *c = userdata;

        c->headers += size * n;
        c->endless = c->headers > PAGE_CHECK_HEADER_BYTES_MAX;
        return c->endless ? 0 : size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *userdata) {
        Check *c = userdata;

        c->body += size * n;
        c->full = c->body > PAGE_CHECK_BODY_BYTES_MAX;
        return c->full ? 0 : size * n;
}

static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *to) {
        Check *c = userdata;
        int fd = multi_socket(&c->rules->networks, to);

        if (fd == -EADDRNOTAVAIL)
                c->forbidden = true;
        else if (fd < 0)
                c->failed = -fd;
        c->opened = c->opened || fd >= 0;
        return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* --- what it means --- */

static char *answer_problem(const Check *c, unsigned status, usec_t latency) {
        char took[SPAN_SIZE], may[SPAN_SIZE];

        if (c->m.expected > 0 && status != c->m.expected)
                return textf("it answered %u, not %u", status, c->m.expected);
        if (c->m.expected == 0 && (status < 200 || status >= 300))
                return textf("it answered %u, not 2xx", status);
        return textf("it took %s of the %s that it may", span_format(latency - latency % USEC_PER_MSEC, true, took), span_format(c->m.timeout, true, may));
}

static MonitorState answered(const Check *c, usec_t *ret_latency, char **ret_problem) {
        curl_off_t total = 0;
        long status = 0;
        MonitorState state;

        (void) curl_easy_getinfo(c->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
        (void) curl_easy_getinfo(c->transfer.easy, CURLINFO_TOTAL_TIME_T, &total);
        *ret_latency = total > 0 ? (usec_t) total : 1;
        state = monitor_judge(&c->m, (unsigned) status, *ret_latency);
        *ret_problem = state == MONITOR_UP ? strdup("") : answer_problem(c, (unsigned) status, *ret_latency);
        return state;
}

static MonitorState unanswered(const Check *c, char **ret_problem) {
        char may[SPAN_SIZE];
        bool memory = c->transfer.code == CURLE_OUT_OF_MEMORY;

        if (c->forbidden && !c->opened) {
                *ret_problem = strdup("it leads to an address that is not public; monitor_networks allows others");
                return MONITOR_UNKNOWN;
        }
        if (c->failed != 0 && !c->opened) {
                *ret_problem = textf("the page can open no connection: %s; see maintd-page(8)", strerror(c->failed));
                return MONITOR_UNKNOWN;
        }
        if (c->endless || (memory && c->opened)) /* what curl calls a line that is too long for it */
                *ret_problem = textf("its header is longer than %u KiB", PAGE_CHECK_HEADER_BYTES_MAX / 1024);
        else if (c->transfer.code == CURLE_OPERATION_TIMEDOUT)
                *ret_problem = textf("no whole answer within %s", span_format(c->m.timeout, true, may));
        else
                *ret_problem = text_printable(c->error[0] ? c->error : curl_easy_strerror(c->transfer.code), PROBLEM_CHARS);
        return (memory && !c->opened) || c->transfer.code == CURLE_FAILED_INIT ? MONITOR_UNKNOWN : MONITOR_DOWN;
}

static void on_done(Transfer *t) {
        auto_(check_free) Check *c = (Check *) (void *) ((char *) t - offsetof(Check, transfer));
        auto_(free) char *problem = NULL;
        Seen seen = { 0 };

        if (t->code == CURLE_OK || (t->code == CURLE_WRITE_ERROR && c->full))
                seen.state = answered(c, &seen.latency, &problem);
        else
                seen.state = unanswered(c, &problem);
        seen.problem = problem ? problem : "";
        c->done(c->userdata, &seen);
}

/* --- what curl is told --- */

#define OPT(easy, name, value) (curl_easy_setopt((easy), CURLOPT_##name, (value)) == CURLE_OK)

static bool set_how(Check *c) {
        CURL *e = c->transfer.easy;

        return OPT(e, ERRORBUFFER, c->error) && OPT(e, NOSIGNAL, 1L) && OPT(e, QUICK_EXIT, 1L) && OPT(e, PROXY, "") && OPT(e, NETRC, (long) CURL_NETRC_IGNORED) &&
               OPT(e, FOLLOWLOCATION, 0L) && OPT(e, SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) && OPT(e, SSL_VERIFYPEER, 1L) && OPT(e, SSL_VERIFYHOST, 2L) &&
               OPT(e, SSL_SESSIONID_CACHE, 0L) && OPT(e, FRESH_CONNECT, 1L) && OPT(e, FORBID_REUSE, 1L) && OPT(e, DNS_CACHE_TIMEOUT, 0L) &&
               OPT(e, HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1) && OPT(e, USERAGENT, "maintd-page/" PROJECT_VERSION) && (!c->rules->ca || OPT(e, CAINFO, c->rules->ca));
}

static bool set_what(Check *c, const char *url) {
        CURL *e = c->transfer.easy;
        long ms = (long) (c->m.timeout / USEC_PER_MSEC);

        return OPT(e, PROTOCOLS_STR, "http,https") && OPT(e, URL, url) && OPT(e, TIMEOUT_MS, ms) && OPT(e, CONNECTTIMEOUT_MS, ms) && OPT(e, HEADERFUNCTION, on_header) &&
               OPT(e, HEADERDATA, c) && OPT(e, WRITEFUNCTION, on_body) && OPT(e, WRITEDATA, c) && OPT(e, OPENSOCKETFUNCTION, on_open) && OPT(e, OPENSOCKETDATA, c);
}

int check_begin(Multi *multi, const MonitorRules *rules, const Monitor *m, check_done_fn done, void *userdata, Check **ret) {
        auto_(check_free) Check *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        *c = (Check) { .transfer = { .easy = curl_easy_init(), .done = on_done }, .rules = rules, .m = { .expected = m->expected, .timeout = m->timeout }, .done = done,
                       .userdata = userdata };
        if (!c->transfer.easy || !set_how(c) || !set_what(c, m->url) || multi_add(multi, &c->transfer) < 0)
                return -ENOMEM;
        *ret = STEAL(c);
        return 0;
}
