/*
 * Forms: application/x-www-form-urlencoded, as a browser sends it
 */
#include "page/form.h"

#include <string.h>

#include "base/text.h"

int percent_decode(char *text, bool plus) {
        char *to = text;

        for (const char *p = text; *p; p++) {
                int high, low;

                if (*p != '%') {
                        *to++ = plus && *p == '+' ? ' ' : *p;
                        continue;
                }
                high = hex_digit(p[1]);
                low = high < 0 ? -1 : hex_digit(p[2]);
                if (low < 0 || (high == 0 && low == 0))
                        return -EINVAL;
                *to++ = (char) (high << 4 | low);
                p += 2;
        }
        *to = '\0';
        return 0;
}

int form_parse(Arena *a, const char *text, size_t n, Form *ret) {
        char *own;
        Form f = { 0 };

        if (n > 0 && memchr(text, '\0', n))
                return -EINVAL;
        own = n > 0 ? arena_strndup(a, text, n) : arena_strdup(a, "");
        if (!own)
                return -ENOMEM;
        for (char *save = NULL, *part = strtok_r(own, "&", &save); part; part = strtok_r(NULL, "&", &save)) {
                char *value = strchr(part, '=');

                if (f.n == PAGE_FORM_FIELDS_MAX)
                        return -E2BIG;
                if (value)
                        *value++ = '\0';
                value = value ? value : part + strlen(part);
                if (percent_decode(part, true) < 0 || percent_decode(value, true) < 0 || utf8_length(value, strlen(value)) == SIZE_MAX)
                        return -EINVAL;
                f.fields[f.n].name = part;
                f.fields[f.n++].value = value;
        }
        *ret = f;
        return 0;
}

const char *form_value(const Form *f, const char *name) {
        for (size_t i = 0; i < f->n; i++)
                if (strcmp(f->fields[i].name, name) == 0)
                        return f->fields[i].value;
        return NULL;
}
