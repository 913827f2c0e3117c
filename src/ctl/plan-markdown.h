#pragma once
/*
 * Markdown: a plan as a comment on a merge request
 */
#include "ctl/ctl.h"

/* All of @plan (report.h), in GitHub's and GitLab's Markdown. What came from outside stands in it as text, whatever it holds. */
void plan_markdown(FILE *f, const json_t *plan);

/* "+", "-", "~", …: what an action does, in one sign. */
const char *plan_sign(const char *action);
/* The target could not be looked at, so that its plan is not known. */
bool plan_target_unknown(const json_t *t);
/* Two texts of several lines as a diff without names, "" when they are equal; new, NULL: no memory. @from "": the lines of @to as they are. */
char *plan_text_diff(const char *from, const char *to);
