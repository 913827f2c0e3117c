/*
 * Select: filters for labels
 *
 * Keys and values may hold "=", so a filter is never taken apart: it is a label's key, or its key, "=" and value.
 */
#include "daemon/select.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/manifest.h"

const char *label_filter_problem(const char *text) {
        size_t n = strlen(text), key = strcspn(text, "=");

        if (key == 0)
                return "a label is chosen by KEY=VALUE, or by KEY alone";
        if (text[key] && text[key - 1] == '!')
                return "a label is chosen by KEY=VALUE or KEY; there is no way to ask for those without it";
        if (utf8_length(text, n) > LABEL_KEY_MAX + 1 + LABEL_VALUE_MAX) /* or no UTF-8 */
                return "that is no label: too long, or not UTF-8";
        for (size_t i = 0; i < n;) {
                uint32_t c;

                i += utf8_decode(text + i, n - i, &c);
                if (codepoint_hostile(c))
                        return "that is no label: it holds a control character";
        }
        return NULL;
}

bool label_matches(const char *const *labels, const char *filter) {
        for (; labels && *labels; labels += 2) {
                size_t n = strlen(labels[0]);

                if (strncmp(filter, labels[0], n) == 0 && (!filter[n] || (filter[n] == '=' && strcmp(filter + n + 1, labels[1]) == 0)))
                        return true;
        }
        return false;
}

bool selection_has(const Selection *s, const char *const *labels) {
        for (size_t i = 0; i < s->n_labels; i++)
                if (!label_matches(labels, s->labels[i]))
                        return false;
        return true;
}
