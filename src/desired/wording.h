#pragma once
/*
 * Wording: does a text tell users what they want to know?
 */
#include "base/base.h"

/* Does the title say what is done, or only that something is? */
bool wording_title_vague(const char *title);

typedef enum Wording {
        WORDING_FINE,
        WORDING_MISSING,        /* NULL, or nothing but blanks */
        WORDING_REPEATS,        /* the title again */
        WORDING_VAGUE,          /* nothing about what works and what does not */
} Wording;

/* @description: may be NULL. A text in a language that is not known here is taken for good, unless it is only a few words. */
Wording wording_description(const char *description, const char *title);
