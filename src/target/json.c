/*
 * JSON of a remote, read defensively
 *
 * A tree of jansson's takes up to 130 bytes for a value that is two bytes long on the wire, so values are counted before one is
 * built: eight hostile megabytes cost a scan, not a gigabyte. jansson itself refuses invalid UTF-8, NULs and deep nesting.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "target/codec.h"

/* An upper bound: each value but the first comes after a comma or an opening bracket. */
static bool too_many_values(const char *s, size_t n) {
        bool text = false;
        size_t values = 1;

        for (size_t i = 0; i < n && values <= JSON_VALUES_MAX; i++) {
                if (text && s[i] == '\\')
                        i++;
                else if (s[i] == '"')
                        text = !text;
                else if (!text && (s[i] == ',' || s[i] == '[' || s[i] == '{'))
                        values++;
        }
        return values > JSON_VALUES_MAX;
}

int json_body(const Response *r, json_t **ret) {
        json_error_t error;
        json_t *j;

        if (r->truncated || !r->body || too_many_values(r->body, r->n_body))
                return -EBADMSG;
        j = json_loadb(r->body, r->n_body, JSON_DECODE_ANY, &error);
        if (!j)
                return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
        *ret = j;
        return 0;
}

json_t *json_member(const json_t *object, const char *const *names) {
        for (; *names; names++) {
                json_t *m = json_object_get(object, *names);

                if (m && !json_is_null(m))
                        return m;
        }
        return NULL;
}

const char *json_text(const json_t *object, const char *name) {
        return json_string_value(json_object_get(object, name));
}

int json_instant(const json_t *value, usec_t *ret) {
        const char *s = json_string_value(value);

        return s && rfc3339_parse(s, ret) == 0 ? 0 : -EBADMSG;
}

char *json_print(const json_t *value, size_t flags, Arena *a) {
        char *heap = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | flags), *s;

        s = arena_strdup(a, heap);
        free(heap);
        return s;
}

bool remote_id_valid(const char *id) {
        size_t n = strlen(id);

        return n > 0 && n <= REMOTE_ID_MAX && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

char *percent_encode(const char *s, Arena *a) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        char *out = arena_array(a, strlen(s) + 1, 3), *p = out;

        for (; out && *s; s++) {
                if (strchr(plain, *s))
                        *p++ = *s;
                else
                        p += sprintf(p, "%%%02X", (unsigned) (unsigned char) *s);
        }
        return out;
}
