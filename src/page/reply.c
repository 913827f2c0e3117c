/*
 * Answers of the API: JSON, and errors of one shape
 */
#include "page/reply.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"


int reply_json(Response *a, unsigned status, json_t *body) {
        char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

        json_decref(body);
        if (!text)
                return -ENOMEM;
        free(a->body);
        a->status = status;
        a->type = "application/json";
        a->body = text;
        a->size = strlen(text);
        return 0;
}

int reply_error(Response *a, unsigned status, const char *code, json_t *details, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;
        json_t *body;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        body = json_pack("{s:s, s:s}", "error", text ? text : "Out of memory", "code", code);
        if (details)
                (void) json_object_set_new(body, "details", details);
        return reply_json(a, status, body);
}

int reply_field_errors(Response *a, json_t *errors) {
        json_t *details = json_pack("{s:o}", "fieldErrors", errors);

        if (!details)
                return -ENOMEM;
        return reply_error(a, 400, "INVALID_SCHEMA", details, "Some fields are missing or wrong: see details.fieldErrors");
}

int reply_field_error(Response *a, const char *field, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        return reply_field_errors(a, text ? json_pack("{s:[s]}", field, text) : NULL);
}

int reply_not_found(Response *a) {
        return reply_error(a, 404, "NOT_FOUND", NULL, "There is nothing here");
}

int reply_failure(Response *a, int error, const char *what, const char *why) {
        log_plain(LOG_ERR, "%s: %s%s%s", what, strerror(-error), why ? ": " : "", why ? why : "");
        return reply_error(a, 500, "INTERNAL", NULL, "The page could not do this; its log says why. Trying again is safe with an Idempotency-Key");
}
