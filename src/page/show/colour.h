#pragma once
/*
 * Colours as people read them: WCAG 2.2's contrast
 *
 * Pure. The page has one colour of its own, the accent, in which links are written; text needs a contrast of 4.5 to 1.
 */
#include "base/base.h"

#define CONTRAST_TEXT 4.5
#define COLOUR_SIZE 8u          /* "#rrggbb" */

typedef struct Colour {
        uint8_t red, green, blue;
} Colour;

/* "#0550ae" or "#05a"; -EINVAL. */
int colour_parse(const char *text, Colour *ret);
const char *colour_format(Colour c, char buf[static COLOUR_SIZE]);
/* 1 to 21, whichever stands on which. */
double colour_contrast(Colour a, Colour b);
/* @c as near as it gets to itself with at least @contrast on @ground: darker on a light ground, lighter on a dark one. */
Colour colour_readable(Colour c, Colour ground, double contrast);
