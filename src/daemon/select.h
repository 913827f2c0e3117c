#pragma once
/*
 * Select: what a question is about
 *
 * A label filter is `KEY` (has that label) or `KEY=VALUE` (has it with that value). Several must all match. It is compared with a
 * label as the journal writes it, so that `journalctl MAINTD_LABEL=team=db` and `maintctl --label team=db` mean the same windows.
 */
#include "base/base.h"

typedef struct Selection {              /* all borrowed */
        const char *manifest;           /* an id; NULL: any */
        const char *occurrence;         /* NULL: any */
        const char *const *labels;      /* filters, all of which must match */
        size_t n_labels;
} Selection;

/* NULL: @text is a filter; else why it is none, a phrase for people. */
const char *label_filter_problem(const char *text);
/* @labels: key, value, …, NULL; NULL: none. */
bool label_matches(const char *const *labels, const char *filter);
/* Every filter of @s matches; without filters anything does. */
bool selection_has(const Selection *s, const char *const *labels);
