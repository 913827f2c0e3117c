/*
 * What an HTTP answer means
 *
 * The one question after a write is whether it may have been done. A status that was decided before the request was carried
 * out (429, 503, 408, most of 4xx) says that it was not; any other failure leaves it open, and then maintd looks before it
 * acts. Delays that a remote asks for are measured against its own clock (the Date header), never against ours, and bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/codec.h"

const char *response_header(const Response *r, const char *lower_name) {
        for (const char *const *h = r->headers; h && h[0] && h[1]; h += 2)
                if (strcmp(h[0], lower_name) == 0)
                        return h[1];
        return NULL;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), in seconds; the two obsolete forms are not read. */
static int http_date(const char *s, uint64_t *ret) {
        unsigned day, year, h, m, sec, month = 1;
        char name[4];
        int64_t days;

        if (!s || sscanf(s, "%*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u GMT", &day, name, &year, &h, &m, &sec) != 6)
                return -EINVAL;
        while (month <= 12 && strcmp(month_short(month), name) != 0)
                month++;
        if (month > 12 || day < 1 || day > 31 || year < 1970 || h > 23 || m > 59 || sec > 60)
                return -EINVAL;
        days = days_from_civil((int) year, month, day);
        *ret = (uint64_t) days * 86400 + h * 3600 + m * 60 + sec;
        return 0;
}

/* A whole, perhaps negative, number of seconds; what is out of range saturates. */
static int seconds(const char *s, int64_t *ret) {
        char *end;
        long long v;

        if (!s || (!(*s >= '0' && *s <= '9') && *s != '-'))
                return -EINVAL;
        v = strtoll(s, &end, 10);
        if (end == s || *end)
                return -EINVAL;
        *ret = v;
        return 0;
}

static usec_t bounded(int64_t s) {
        return s <= 0 ? 0 : MIN((usec_t) MIN(s, (int64_t) 86400) * USEC_PER_SEC, WAIT_MAX);
}

static int64_t until(uint64_t then, uint64_t now) {
        return then <= now ? 0 : (int64_t) MIN(then - now, (uint64_t) INT32_MAX);
}

usec_t response_wait(const Response *r) {
        const char *after = response_header(r, "retry-after");
        uint64_t date, then;
        int64_t s;
        bool dated = http_date(response_header(r, "date"), &date) == 0;

        if (seconds(after, &s) == 0)
                return bounded(s);
        if (http_date(after, &then) == 0)
                return dated ? bounded(until(then, date)) : 0;
        /* The reset is named to the second, so that it may lie up to one second after it. */
        if (dated && seconds(response_header(r, "x-ratelimit-reset"), &s) == 0 && s > 0)
                return bounded(until((uint64_t) s + 1, date));
        return 0;
}

static void put_field_errors(FILE *f, const json_t *errors) {
        const char *name, *sep = ": ";
        json_t *list;

        json_object_foreach((json_t *) errors, name, list) {
                const json_t *first = json_is_array(list) ? json_array_get(list, 0) : list;
                const char *text = json_string_value(first);

                (void) fprintf(f, "%s%s: %s", sep, name, text ? text : "refused");
                sep = "; ";
        }
}

/* The error body in whatever of the usual shapes it has. */
static void put_error(FILE *f, const json_t *j) {
        static const char *const names[] = { "error", "message", "title", NULL };
        const json_t *text = json_is_string(j) ? j : json_member(j, names);
        const char *code = json_text(j, "code");

        if (json_is_object(text)) /* {"error": {"message": …}} */
                text = json_member(text, names);
        if (json_is_string(text))
                (void) fprintf(f, ": %s", json_string_value(text));
        if (code)
                (void) fprintf(f, " (%s)", code);
        put_field_errors(f, json_object_get(json_object_get(j, "details"), "fieldErrors"));
}

const char *response_detail(const Response *r, Arena *a) {
        auto_(json_decref) json_t *j = NULL;
        auto_(free) char *raw = NULL, *printable = NULL;
        size_t size;
        FILE *f = open_memstream(&raw, &size);

        if (!f)
                return NULL;
        (void) fprintf(f, "HTTP %u", r->status);
        if (r->status >= 300 && r->status < 400)
                (void) fputs(": redirects are not followed; check the target's url", f);
        else if (json_body(r, &j) == 0)
                put_error(f, j);
        else if (r->body && r->n_body)
                (void) fprintf(f, ": %.*s", (int) MIN(r->n_body, (size_t) DETAIL_CHARS_MAX * 4), r->body);
        if (fclose(f) != 0)
                return NULL;
        printable = text_printable(raw, DETAIL_CHARS_MAX);
        return arena_strdup(a, printable);
}

int response_error(const Response *r, Arena *a, const char **ret_detail) {
        unsigned s = r->status;

        if (status_ok(s) && !r->truncated)
                return 0;
        *ret_detail = status_ok(s) ? "the answer is larger than maintd is willing to read" : response_detail(r, a);
        if (!*ret_detail)
                return -ENOMEM;
        if (s == 401 || s == 403)
                return -EACCES;
        if (s == 404 || s == 410)
                return -ENOENT;
        if (s == 429)
                return -EBUSY;
        return s == 408 || s == 425 || s >= 500 ? -EAGAIN : -EBADMSG;
}

Verdict response_verdict(const Response *r) {
        unsigned s = r->status;

        if (status_ok(s))
                return VERDICT_DONE;
        if (s < 200 || s >= 600)
                return VERDICT_UNKNOWN;
        if (s < 400)
                return VERDICT_RETRY; /* a login page or a proxy in the way: nothing was done, and it may pass */
        switch (s) {
        case 401:
        case 403:
                return VERDICT_DENIED;
        case 404:
        case 410:
                return VERDICT_GONE;
        case 409:
        case 412:
                return VERDICT_CONFLICT;
        case 429:
                return VERDICT_LIMITED;
        case 408:
        case 421:
        case 425:
        case 503:
                return VERDICT_RETRY;
        case 501:
        case 505:
                return VERDICT_REFUSED;
        default:
                return s < 500 ? VERDICT_REFUSED : VERDICT_UNKNOWN;
        }
}

int response_outcome(const Response *r, Arena *a, Outcome *ret) {
        Outcome o = { .verdict = response_verdict(r), .detail = "" };

        if (o.verdict == VERDICT_RETRY || o.verdict == VERDICT_LIMITED)
                o.wait = response_wait(r);
        if (o.verdict != VERDICT_DONE)
                o.detail = response_detail(r, a);
        if (!o.detail)
                return -ENOMEM;
        *ret = o;
        return 0;
}
