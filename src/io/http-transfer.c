/*
 * Transfer: one request on its way through curl, and the answer as it comes in
 *
 * Two questions decide what may happen after a failure, and both are answered by curl's pre-request callback, which runs each
 * time a connection stands (handshake included) and the request is about to be written to it:
 *  - Could the server have acted? Only if the callback has run. A name that does not resolve, a refused connection, a bad
 *    certificate, a timeout on the way there: not sent, for certain.
 *  - Is curl about to send it again? When a reused connection ends before the first byte of an answer, curl takes it for one
 *    that died while idle and repeats the request on a new one, also a POST. The server may have acted before it went away. So
 *    the callback ends the second attempt of a request that could change something: it has failed, maybe sent, and the
 *    engine looks before it acts. To make that rare, such requests use no connection that was idle for long.
 *
 * An answer is bounded: the body is cut at HTTP_BODY_MAX (whatever its Content-Length claims), compressed bodies are neither
 * asked for nor unpacked. A server that repeats our credential ("no such key: …") would bring it into the journal, the ledger
 * or the plan: it is blotted out before anybody sees the answer.
 */
#include "io/http-transfer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"

/* --- a request, checked and copied --- */

static int refuse(HttpTransfer *t, const char *why) {
        free(t->error);
        t->error = text_printable(why, HTTP_ERROR_CHARS);
        return t->error ? -EINVAL : -ENOMEM;
}

/* Takes @line, which may be NULL when memory was out. */
static int refuse_take(HttpTransfer *t, char *line) {
        auto_(free) char *text = line;

        return text ? refuse(t, text) : -ENOMEM;
}

static int refuse_credential(HttpTransfer *t, char *line) {
        int r = refuse_take(t, line);

        return r == -EINVAL ? -EACCES : r;
}

/* RFC 9110 §5.6.2 token: what a method or a header's name is made of. */
static bool token(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char) s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
                        return false;
        return n > 0;
}

static bool plain_value(const char *s) {
        for (; *s; s++)
                if (((unsigned char) *s < 0x20 && *s != '\t') || *s == 0x7f)
                        return false;
        return true;
}

static int add_header(HttpTransfer *t, const char *line) {
        struct curl_slist *list = curl_slist_append(t->headers, line);

        if (!list)
                return -ENOMEM;
        t->headers = list;
        return 0;
}

static int copy_headers(HttpTransfer *t, const Request *r) {
        bool typed = false;
        int q = 0;

        for (const char *const *h = r->headers; h && *h && q >= 0; h++) {
                const char *colon = strchr(*h, ':');

                if (!colon || !token(*h, (size_t) (colon - *h)) || !plain_value(*h))
                        return refuse(t, "a header of the request holds a control character or has no name: not sent");
                typed = typed || strncasecmp(*h, "Content-Type:", strlen("Content-Type:")) == 0;
                q = add_header(t, *h);
        }
        if (q >= 0)
                q = add_header(t, "Expect:"); /* a colon alone takes curl's own header away */
        if (q >= 0 && !typed)
                q = add_header(t, "Content-Type:");
        return q;
}

/* The line with the credential is put together in a buffer that is wiped; curl's list holds the only other copy. */
static int add_secret(HttpTransfer *t, const Secret *s, const char *value) {
        auto_(secret_free) char *line = textf("%s: %s%s", s->header, s->prefix ? s->prefix : "", value);
        struct curl_slist *last;
        int r;

        if (!line)
                return -ENOMEM;
        r = add_header(t, line);
        if (r < 0)
                return r;
        for (last = t->headers; last->next; last = last->next)
                ;
        t->secret = last->data + strlen(line) - strlen(value);
        return 0;
}

static int copy_secret(HttpTransfer *t, const Request *r, secret_fn secret, void *userdata) {
        auto_(secret_free) char *value = NULL;
        auto_(free) char *why = NULL;
        const char *name = r->target->token;
        int q;

        if (r->secret.place == SECRET_NONE || !name)
                return 0;
        if (!r->secret.header || !token(r->secret.header, strlen(r->secret.header)) ||
            (r->secret.prefix && !plain_value(r->secret.prefix)))
                return refuse(t, "the header meant for the credential has no fit name: not sent");
        q = secret(userdata, name, &value, &why);
        if (q == -ENOMEM)
                return q;
        if (q < 0 && why && q != -ENOENT && q != -EACCES && q != -EPERM && q != -EINVAL) /* nothing is wrong with it: no descriptor is left … */
                return refuse(t, why);
        if (q < 0)
                return refuse_credential(t, why ? STEAL(why) : textf("credential '%s': %s", name, strerror(-q)));
        if (!*value || !plain_value(value))
                return refuse_credential(t, textf("credential '%s' is empty or holds control characters: not sent", name));
        return add_secret(t, &r->secret, value);
}

static int copy_request(HttpTransfer *t, const Request *r) {
        auto_(free) char *why = NULL;
        int q = http_url_parse(r->target->url, r->target->insecure_http, &t->url, &why);

        if (q == -EINVAL)
                return refuse_take(t, textf("target '%s': %s", r->target->name ? r->target->name : "?", why));
        if (q < 0)
                return q;
        q = http_url_join(&t->url, r->path ? r->path : "", r->absolute, &t->address);
        if (q == -EINVAL)
                return refuse_take(t, textf("%s: the path of the request cannot stand in a url: not sent", t->url.peer));
        if (q < 0)
                return q;
        if (!token(r->method, strlen(r->method)))
                return refuse_take(t, textf("%s: no such method: not sent", t->url.peer));
        t->method = strdup(r->method);
        t->body = r->body ? malloc(r->n_body + 1) : NULL;
        if (!t->method || (r->body && !t->body))
                return -ENOMEM;
        if (r->body) {
                memcpy(t->body, r->body, r->n_body);
                t->body[r->n_body] = 0;
        }
        t->n_body = r->body ? r->n_body : 0;
        return 0;
}

static bool reads_only(const char *method) {
        return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

int http_transfer_init(HttpTransfer *t, const Request *r, secret_fn secret, void *userdata) {
        int q;

        *t = (HttpTransfer) { .timeout = r->timeout && r->timeout < USEC_PER_DAY ? r->timeout : HTTP_TIMEOUT_USEC };
        q = copy_request(t, r);
        if (q >= 0)
                q = copy_headers(t, r);
        if (q >= 0)
                q = copy_secret(t, r, secret, userdata);
        if (q < 0)
                return q;
        t->once = r->intent || !reads_only(t->method);
        return 0;
}

void http_transfer_done(HttpTransfer *t) {
        for (struct curl_slist *h = t->headers; h; h = h->next)
                explicit_bzero(h->data, strlen(h->data));
        curl_slist_free_all(t->headers);
        http_url_done(&t->url);
        free(t->address);
        free(t->method);
        free(t->body);
        free(t->text);
        free(t->pairs);
        free(t->got);
        free(t->error);
        *t = (HttpTransfer) {};
}

/* --- the answer as it comes in --- */

static int on_request(void *userdata, char *remote, char *local, int remote_port, int local_port) {
        HttpTransfer *t = userdata;

        if (t->once && t->attempts > 0)
                return CURL_PREREQFUNC_ABORT;
        t->attempts++;
        return CURL_PREREQFUNC_OK;
}

static bool header_store(HttpTransfer *t, const char *name, size_t n_name, const char *value, size_t n_value) {
        char *text = realloc(t->text, t->n_text + n_name + n_value + 2);

        if (!text)
                return false;
        t->text = text;
        for (size_t i = 0; i < n_name; i++)
                text[t->n_text++] = (char) tolower((unsigned char) name[i]);
        text[t->n_text++] = 0;
        memcpy(text + t->n_text, value, n_value);
        t->n_text += n_value;
        text[t->n_text++] = 0;
        t->n_pairs++;
        return true;
}

/* One whole line with its end, not NUL-terminated. Lines after the body (trailers) and folded ones say nothing to us. */
static size_t on_header(char *line, size_t one, size_t n, void *userdata) {
        HttpTransfer *t = userdata;
        const char *colon = memchr(line, ':', n), *value, *end = line + n;

        t->seen += n;
        if (t->seen > HTTP_HEADERS_MAX) {
                t->wordy = true;
                return 0;
        }
        if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* after a 1xx the real answer begins */
                t->n_text = t->n_pairs = 0;
                return n;
        }
        if (t->n_got > 0 || !colon || *line == ' ' || *line == '\t')
                return n;
        for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
                ;
        while (end > value && isspace((unsigned char) end[-1]))
                end--;
        return header_store(t, line, (size_t) (colon - line), value, (size_t) (end - value)) ? n : 0;
}

static size_t on_body(char *data, size_t one, size_t n, void *userdata) {
        HttpTransfer *t = userdata;
        size_t take = MIN(n, HTTP_BODY_MAX - t->n_got), size = MAX(t->size, (size_t) 4096);
        char *got;

        while (size < t->n_got + take + 1)
                size *= 2;
        if (size != t->size) {
                got = realloc(t->got, size);
                if (!got)
                        return 0;
                t->got = got;
                t->size = size;
        }
        memcpy(t->got + t->n_got, data, take);
        t->n_got += take;
        t->got[t->n_got] = 0;
        t->truncated = take < n;
        return take;
}

/* --- what curl is told --- */

#define OPT(easy, name, value) (curl_easy_setopt((easy), CURLOPT_##name, (value)) == CURLE_OK)

/* The same for every request. */
static bool set_policy(CURL *easy) {
        return OPT(easy, PROTOCOLS_STR, "http,https") && OPT(easy, FOLLOWLOCATION, 0L) && OPT(easy, NETRC, (long) CURL_NETRC_IGNORED) &&
               OPT(easy, SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) && OPT(easy, SSL_VERIFYPEER, 1L) && OPT(easy, SSL_VERIFYHOST, 2L) &&
               OPT(easy, SSL_SESSIONID_CACHE, 0L) && /* a resumed session shows the certificate of its first handshake, also when that was refused */
               OPT(easy, PROXY, "") && /* not even the environment's: a proxy is an explicit choice, and there is no key for it */
               OPT(easy, NOSIGNAL, 1L) && OPT(easy, QUICK_EXIT, 1L) && /* never wait for a resolver that hangs */
               OPT(easy, HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS) && OPT(easy, TCP_NODELAY, 1L) && OPT(easy, TCP_KEEPALIVE, 1L) &&
               OPT(easy, LOW_SPEED_LIMIT, HTTP_STALLED_BYTES) && OPT(easy, LOW_SPEED_TIME, HTTP_STALLED_SEC) &&
               OPT(easy, PATH_AS_IS, 1L) && OPT(easy, USERAGENT, "maintd/" PROJECT_VERSION);
}

static bool set_method(const HttpTransfer *t, CURL *easy) {
        if (strcmp(t->method, "GET") == 0 && !t->body)
                return OPT(easy, HTTPGET, 1L);
        if (strcmp(t->method, "HEAD") == 0)
                return OPT(easy, NOBODY, 1L);
        if (strcmp(t->method, "DELETE") == 0 && !t->body)
                return OPT(easy, CUSTOMREQUEST, "DELETE");
        return OPT(easy, POST, 1L) && OPT(easy, POSTFIELDSIZE_LARGE, (curl_off_t) t->n_body) &&
               OPT(easy, POSTFIELDS, t->body ? t->body : "") && OPT(easy, CUSTOMREQUEST, t->method);
}

int http_transfer_setup(HttpTransfer *t, CURL *easy) {
        long ms = (long) MAX(t->timeout / USEC_PER_MSEC, (usec_t) 1);

        return set_policy(easy) && set_method(t, easy) && OPT(easy, URL, t->address) && OPT(easy, HTTPHEADER, t->headers) &&
                               (!t->url.socket || OPT(easy, UNIX_SOCKET_PATH, t->url.socket)) && OPT(easy, TIMEOUT_MS, ms) &&
                               OPT(easy, CONNECTTIMEOUT_MS, MIN(ms, (long) (HTTP_CONNECT_USEC / USEC_PER_MSEC))) &&
                               OPT(easy, MAXAGE_CONN, t->once ? HTTP_FRESH_SEC : HTTP_IDLE_SEC) &&
                               OPT(easy, PREREQFUNCTION, on_request) && OPT(easy, PREREQDATA, t) &&
                               OPT(easy, HEADERFUNCTION, on_header) && OPT(easy, HEADERDATA, t) &&
                               OPT(easy, WRITEFUNCTION, on_body) && OPT(easy, WRITEDATA, t) && OPT(easy, ERRORBUFFER, t->curl_error)
                       ? 0
                       : -ENOMEM;
}

/* --- what the caller is told --- */

/* How many bytes at @s are @secret, as it is or as JSON may write it ("a\/b"); 0: they are something else. */
static size_t repeats(const char *s, const char *end, const char *secret) {
        const char *at = s;

        for (; *secret; secret++, at++) {
                if (at < end && *at == '\\' && *secret != '\\')
                        at++;
                if (at >= end || *at != *secret)
                        return 0;
        }
        return (size_t) (at - s);
}

/* Only of a length that credentials have: a short one could be a word of any honest answer. */
static void blot_out(char *text, size_t n, const char *secret) {
        if (n == 0 || !secret || strlen(secret) < HTTP_SECRET_MIN)
                return;
        for (char *s = text, *end = text + n; (s = memchr(s, *secret, (size_t) (end - s)));) {
                size_t length = repeats(s, end, secret);

                memset(s, '*', length);
                s += MAX(length, (size_t) 1);
        }
}

static int build_response(HttpTransfer *t, CURL *easy) {
        const char *s = t->text;
        long status = 0;

        blot_out(t->got, t->n_got, t->secret);
        blot_out(t->text, t->n_text, t->secret);

        t->pairs = calloc(2 * t->n_pairs + 1, sizeof(*t->pairs));
        if (!t->pairs)
                return -ENOMEM;
        for (size_t i = 0; i < 2 * t->n_pairs; i++, s += strlen(s) + 1)
                t->pairs[i] = s;
        (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        t->response = (Response) {
                .status = (unsigned) status,
                .headers = t->pairs,
                .body = t->got ? t->got : "",
                .n_body = t->n_got,
                .truncated = t->truncated,
        };
        return 0;
}

/* curl keeps the first words that were said. After a connection in use was lost and the request repeated, those are of that loss. */
static bool words_are_of(const char *words, CURLcode code) {
        if (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_SSL_CONNECT_ERROR)
                return true;
        return !text_starts(words, "Send failure") && !text_starts(words, "Recv failure") && !text_starts(words, "OpenSSL SSL_");
}

/* curl's own words are precise, but nothing that repeats the credential may pass (a server could have sent it back). */
static const char *curl_words(const HttpTransfer *t, CURLcode code) {
        if (!t->curl_error[0] || !words_are_of(t->curl_error, code) || (t->secret && strstr(t->curl_error, t->secret)))
                return curl_easy_strerror(code);
        return t->curl_error;
}

static char *reason(const HttpTransfer *t, CURL *easy, CURLcode code) {
        char span[SPAN_SIZE];
        long number = 0;

        if (t->wordy)
                return textf("the headers of the answer are larger than %u KiB", HTTP_HEADERS_MAX / 1024);
        switch ((int) code) {
        case CURLE_COULDNT_CONNECT:
                (void) curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
                return number ? textf("cannot connect: %s", strerror((int) number)) : textf("cannot connect: %s", curl_words(t, code));
        case CURLE_COULDNT_RESOLVE_HOST:
                return strdup("the host name does not resolve");
        case CURLE_OPERATION_TIMEDOUT:
                if (text_starts(t->curl_error, "Operation too slow"))
                        return textf("less than %ld bytes a second for %ld s", HTTP_STALLED_BYTES, HTTP_STALLED_SEC);
                return t->attempts == 0 ? textf("no connection within %s", span_format(MIN(t->timeout, HTTP_CONNECT_USEC), false, span))
                                        : textf("no complete answer within %s", span_format(t->timeout, false, span));
        case CURLE_ABORTED_BY_CALLBACK:
                return strdup("the connection ended before an answer came");
        case CURLE_UNSUPPORTED_PROTOCOL: /* taken for HTTP/0.9, which has no headers */
                return strdup("what answers there does not speak HTTP; check the target's url");
        case CURLE_PARTIAL_FILE:
                return strdup("the answer ended in the middle");
        case CURLE_GOT_NOTHING:
                return strdup("the connection was closed without an answer");
        default:
                return strdup(curl_words(t, code));
        }
}

static void describe(HttpTransfer *t, CURL *easy, CURLcode code) {
        auto_(free) char *why = reason(t, easy, code);
        auto_(free) char *line = why ? textf("%s: %s", t->url.peer, why) : NULL;

        free(t->error);
        t->error = line ? text_printable(line, HTTP_ERROR_CHARS) : NULL;
}

void http_transfer_result(HttpTransfer *t, CURL *easy, CURLcode code, HttpResult *ret) {
        if ((code == CURLE_OK || t->truncated) && build_response(t, easy) >= 0) {
                *ret = (HttpResult) { .response = &t->response };
                return;
        }
        if (code == CURLE_OK || t->truncated)
                code = CURLE_OUT_OF_MEMORY;
        describe(t, easy, code);
        *ret = (HttpResult) {
                .failure = t->attempts == 0 ? HTTP_NOT_SENT : HTTP_MAYBE_SENT,
                .error = t->error ? t->error : "out of memory",
        };
}
