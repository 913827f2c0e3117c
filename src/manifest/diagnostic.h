#pragma once
/*
 * Diagnostics: what is wrong where, and what to do about it
 *
 * Printed FILE:LINE:COL: error|warning: MESSAGE. `code` comes from one closed list (diagnostic.c, DIAGNOSTIC_CODES) and is API.
 */
#include "base/base.h"

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef struct Diagnostic {
        Severity severity;
        const char *code;       /* static: "unknown-key", "duplicate-key", … */
        char *file;             /* owned */
        unsigned line, column;  /* 1-based; 0: the file as a whole */
        char *message;          /* owned; printable, one line */
} Diagnostic;

typedef struct Diagnostics {
        Diagnostic *items;
        size_t n, allocated;
        size_t n_errors;
} Diagnostics;

void diagnostics_done(Diagnostics *d);
/* Beyond 100 per file one line says how many more there are. 0 or -ENOMEM. @d NULL: dropped. */
int diagnostics_add(Diagnostics *d, Severity s, const char *code, const char *file, unsigned line, unsigned column, const char *fmt, ...)
        printf_(7, 8);
/* By file, line, column. */
void diagnostics_sort(Diagnostics *d);
/* "FILE:LINE:COL: error: MESSAGE", a new string. */
char *diagnostic_format(const Diagnostic *d);
