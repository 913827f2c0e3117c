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
        char *file;             /* owned; printable; "": the tree as a whole */
        unsigned line, column;  /* 1-based; 0: the file as a whole; UINT32_MAX: "N more problems" */
        char *message;          /* owned; printable, one line */
} Diagnostic;

typedef enum CodeKind {
        CODE_ERROR,             /* refused */
        CODE_WARNING,           /* allowed, and seldom meant; can be switched off, see waiver.h */
        CODE_ADVICE,            /* a warning about how people are told, which `maintctl lint` alone gives */
} CodeKind;

/* The closed list of codes, sorted; ends with a NULL code. */
typedef struct DiagnosticCode {
        const char *code, *explanation; /* one line */
        CodeKind kind;
        const char *help;       /* what to do, one line */
} DiagnosticCode;
extern const DiagnosticCode diagnostic_codes[];
const DiagnosticCode *diagnostic_find(const char *code); /* NULL: no such code */

typedef struct Diagnostics {
        Diagnostic *items;
        size_t n, allocated;
        size_t n_errors;
} Diagnostics;

void diagnostics_done(Diagnostics *d);
/* Beyond 100 per file one line says how many more there are. 0 or -ENOMEM. @d NULL: dropped. */
int diagnostics_add(Diagnostics *d, Severity s, const char *code, const char *file, unsigned line, unsigned column, const char *fmt, ...)
        printf_(7, 8);
/* Copies of all of @from, behind those that are there. 0 or -ENOMEM. @d NULL: dropped. */
int diagnostics_append(Diagnostics *d, const Diagnostics *from);
/* Those of @file; "": those about the tree as a whole. */
void diagnostics_drop(Diagnostics *d, const char *file);
/* All of which @drop says so. */
void diagnostics_drop_if(Diagnostics *d, bool (*drop)(void *userdata, const Diagnostic *x), void *userdata);
/* By file, line, column. */
void diagnostics_sort(Diagnostics *d);
/* "FILE:LINE:COL: error: MESSAGE", a new string. */
char *diagnostic_format(const Diagnostic *d);
