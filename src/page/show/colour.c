/*
 * Colours as people read them: WCAG 2.2's contrast
 *
 * https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio: the ratio of the relative luminances, each raised by a little glare.
 */
#include "page/show/colour.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define STEPS 200               /* from a colour to black or white */

int colour_parse(const char *text, Colour *ret) {
        size_t n = strlen(text), width = n == 7 ? 2 : 1;
        uint8_t part[3];

        if (text[0] != '#' || (n != 7 && n != 4))
                return -EINVAL;
        for (size_t i = 0; i < 3; i++) {
                int high = hex_digit(text[1 + i * width]), low = hex_digit(text[i * width + width]);

                if (high < 0 || low < 0)
                        return -EINVAL;
                part[i] = (uint8_t) (high * 16 + low);
        }
        *ret = (Colour) { part[0], part[1], part[2] };
        return 0;
}

const char *colour_format(Colour c, char buf[static COLOUR_SIZE]) {
        (void) snprintf(buf, COLOUR_SIZE, "#%02x%02x%02x", c.red, c.green, c.blue);
        return buf;
}

static double linear(uint8_t value) {
        double v = value / 255.0;

        return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(Colour c) {
        return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

double colour_contrast(Colour a, Colour b) {
        double la = luminance(a), lb = luminance(b);

        return (MAX(la, lb) + 0.05) / (MIN(la, lb) + 0.05);
}

static uint8_t mix(uint8_t from, uint8_t to, int step) {
        return (uint8_t) ((from * (STEPS - step) + to * step) / STEPS);
}

Colour colour_readable(Colour c, Colour ground, double contrast) {
        uint8_t end = luminance(ground) > 0.18 ? 0 : 255;      /* where black and white are equally far */
        Colour at = c;

        for (int step = 1; step <= STEPS && colour_contrast(at, ground) < contrast; step++)
                at = (Colour) { mix(c.red, end, step), mix(c.green, end, step), mix(c.blue, end, step) };
        return at;
}
