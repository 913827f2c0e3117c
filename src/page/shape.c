/*
 * The shape of a request: what two programs in a row could read in two ways
 */
#include "page/shape.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"

/* RFC 9110 §5.6.2 */
static bool is_token(const char *text) {
        for (const char *p = text; *p; p++)
                if (!((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || strchr("!#$%&'*+-.^_`|~", *p)))
                        return false;
        return *text;
}

static bool has_control(const char *text) {
        for (const char *p = text; *p; p++)
                if ((*p > 0 && *p < ' ' && *p != '\t') || *p == 0x7f)
                        return true;
        return false;
}

void shape_add(Shape *s, const char *name, const char *value) {
        s->headers++;
        if (!is_token(name) || (value && has_control(value)))
                s->malformed = true;
        else if (strcasecmp(name, "Host") == 0)
                s->hosts++;
        else if (strcasecmp(name, "Content-Length") == 0)
                s->lengths++;
        else if (strcasecmp(name, "Transfer-Encoding") == 0) {
                s->codings++;
                if (!value || strcasecmp(value, "chunked") != 0)
                        s->unknown_coding = true;
        }
}

unsigned shape_refused(const Shape *s, bool old) {
        if (s->headers > PAGE_HEADERS_MAX)
                return 431;
        if (s->malformed || s->hosts > 1 || s->lengths > 1 || s->codings > 1 || (s->lengths > 0 && s->codings > 0) || (old && s->codings > 0))
                return 400;
        return s->unknown_coding ? 501 : 0;
}

const char *target_path(const char *target) {
        const char *host = strncasecmp(target, "http://", 7) == 0 ? target + 7 : strncasecmp(target, "https://", 8) == 0 ? target + 8 : NULL;

        if (host)
                return host[strcspn(host, "/")] ? host + strcspn(host, "/") : "/";
        return target[0] == '/' || strcmp(target, "*") == 0 ? target : NULL;
}
