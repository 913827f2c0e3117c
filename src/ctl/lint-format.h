#pragma once
/*
 * Lint-format: findings as other programs read them
 */
#include "ctl/ctl.h"

typedef enum LintFormat { LINT_TEXT, LINT_SARIF, LINT_GITHUB, LINT_GITLAB, LINT_JUNIT, LINT_FORMATS } LintFormat;

/* Its name as --format has it; negative: none is called so. */
int lint_format_from_string(const char *s);
/* All but LINT_TEXT. @diagnostics as report_diagnostics() gives them. 0 or -ENOMEM. */
int lint_format_print(LintFormat format, const json_t *diagnostics, FILE *f);
