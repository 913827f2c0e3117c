#pragma once
/*
 * What the dashboard says, in the languages of the page
 *
 * As show/words.h for visitors: all words stand in the one table of dashboard/words.c, a column for each language. Dates and the names
 * of states are those of the public page.
 */
#include "page/show/words.h"

typedef enum Tell {
        TELL_NOTHING, TELL_DASHBOARD, TELL_SIGN_IN, TELL_SIGN_IN_LONG, TELL_KEY, TELL_KEY_WRONG, TELL_SIGN_OUT, TELL_SIGNED_IN_AS,
        TELL_SIGNED_OUT, TELL_SESSION_OVER, TELL_TOO_MANY_ATTEMPTS, TELL_TOO_MANY_ATTEMPTS_LONG, TELL_MENU, TELL_SKIP, TELL_PUBLIC_PAGE,
        TELL_WINDOWS, TELL_CALENDAR, TELL_SERVICES, TELL_KEYS, TELL_RUNNING, TELL_UPCOMING, TELL_PAST, TELL_NO_WINDOWS, TELL_SCHEDULE,
        TELL_NOT_FOUND, TELL_NOT_FOUND_LONG, TELL_NOT_ALLOWED, TELL_NOT_ALLOWED_LONG, TELL_NO_SCOPE, TELL_NO_SCOPE_LONG, TELL_FOREIGN,
        TELL_FOREIGN_LONG, TELL_STALE_FORM, TELL_STALE_FORM_LONG, TELL_TOO_LARGE, TELL_TOO_LARGE_LONG, TELL_BAD_FORM, TELL_BAD_FORM_LONG,
        TELL_TOO_OFTEN, TELL_TOO_OFTEN_LONG, TELL_BACK, TELL_OPTIONAL, TELL_SUMMARY,
} Tell;
#define TELLS (TELL_SUMMARY + 1)

const char *tell_in(Language l, Tell w);
/* What the API says of a field, in English, in @l; as it is when there are no words for it. */
const char *tell_problem(Arena *a, Language l, const char *text);
