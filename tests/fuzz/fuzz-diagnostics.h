#pragma once
/*
 * What is said of a bad file: where it is wrong, in a line that is fit for a terminal, with a code of the closed list
 */
#include "fuzz.h"

#include "base/limits.h"
#include "manifest/diagnostic.h"

/* At most so many lines, and bytes in the longest. To YAML a lone CR and three characters beyond ASCII end a line, to an editor none does. */
static inline void measure(const uint8_t *data, size_t size, size_t *ret_lines, size_t *ret_longest) {
        size_t run = 0;

        *ret_lines = 1;
        *ret_longest = 0;
        for (size_t i = 0; i < size; i++) {
                *ret_lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0xc2;
                run = data[i] == '\n' ? 0 : run + 1;
                *ret_longest = MAX(*ret_longest, run);
        }
}

/* Looks at all, and lets go of them. */
static inline void check_diagnostics(Diagnostics *d, const uint8_t *data, size_t size) {
        size_t lines, longest;

        measure(data, size, &lines, &longest);
        for (size_t i = 0; i < d->n; i++) {
                const Diagnostic *x = &d->items[i];
                auto_(free) char *line = diagnostic_format(x);

                assert_always(line && fuzz_printable(line) && diagnostic_find(x->code));
                assert_always(utf8_length(x->message, strlen(x->message)) <= MESSAGE_MAX);
                if (x->line == UINT32_MAX)
                        continue; /* "and more" */
                assert_always(x->line <= lines + 1 && x->column <= longest + 2 && (x->line == 0) == (x->column == 0));
        }
        assert_always(d->n <= PER_FILE_MAX + 1);
        diagnostics_done(d);
}
