/*
 * Slug: what a title is called where only a-z, 0-9 and dashes may stand
 *
 * Letters with marks lose them as their readers would write it without, Cyrillic is spelled in Latin letters. Scripts that no table of
 * this size spells are left out: of such a title nothing remains, and a word stands in for it.
 */
#include "ctl/slug.h"

#include <string.h>

#include "base/text.h"

static const struct { uint32_t first, last; const char *ascii; } letters[] = { /* sorted; "": nothing, and no gap either */
        { 0x00c0, 0x00c3, "a" }, { 0x00c4, 0x00c4, "ae" }, { 0x00c5, 0x00c5, "a" }, { 0x00c6, 0x00c6, "ae" }, { 0x00c7, 0x00c7, "c" },
        { 0x00c8, 0x00cb, "e" }, { 0x00cc, 0x00cf, "i" }, { 0x00d0, 0x00d0, "d" }, { 0x00d1, 0x00d1, "n" }, { 0x00d2, 0x00d5, "o" },
        { 0x00d6, 0x00d6, "oe" }, { 0x00d8, 0x00d8, "o" }, { 0x00d9, 0x00db, "u" }, { 0x00dc, 0x00dc, "ue" }, { 0x00dd, 0x00dd, "y" },
        { 0x00de, 0x00de, "th" }, { 0x00df, 0x00df, "ss" }, { 0x00e0, 0x00e3, "a" }, { 0x00e4, 0x00e4, "ae" }, { 0x00e5, 0x00e5, "a" },
        { 0x00e6, 0x00e6, "ae" }, { 0x00e7, 0x00e7, "c" }, { 0x00e8, 0x00eb, "e" }, { 0x00ec, 0x00ef, "i" }, { 0x00f0, 0x00f0, "d" },
        { 0x00f1, 0x00f1, "n" }, { 0x00f2, 0x00f5, "o" }, { 0x00f6, 0x00f6, "oe" }, { 0x00f8, 0x00f8, "o" }, { 0x00f9, 0x00fb, "u" },
        { 0x00fc, 0x00fc, "ue" }, { 0x00fd, 0x00fd, "y" }, { 0x00fe, 0x00fe, "th" }, { 0x00ff, 0x00ff, "y" }, { 0x0100, 0x0105, "a" },
        { 0x0106, 0x010d, "c" }, { 0x010e, 0x0111, "d" }, { 0x0112, 0x011b, "e" }, { 0x011c, 0x0123, "g" }, { 0x0124, 0x0127, "h" },
        { 0x0128, 0x0131, "i" }, { 0x0132, 0x0133, "ij" }, { 0x0134, 0x0135, "j" }, { 0x0136, 0x0138, "k" }, { 0x0139, 0x0142, "l" },
        { 0x0143, 0x014b, "n" }, { 0x014c, 0x0151, "o" }, { 0x0152, 0x0153, "oe" }, { 0x0154, 0x0159, "r" }, { 0x015a, 0x0161, "s" },
        { 0x0162, 0x0167, "t" }, { 0x0168, 0x0173, "u" }, { 0x0174, 0x0175, "w" }, { 0x0176, 0x0178, "y" }, { 0x0179, 0x017e, "z" },
        { 0x017f, 0x017f, "s" }, { 0x0218, 0x0219, "s" }, { 0x021a, 0x021b, "t" }, { 0x0300, 0x036f, "" }, { 0x0401, 0x0401, "e" },
        { 0x0404, 0x0404, "ie" }, { 0x0406, 0x0406, "i" }, { 0x0407, 0x0407, "i" }, { 0x0410, 0x0410, "a" }, { 0x0411, 0x0411, "b" },
        { 0x0412, 0x0412, "v" }, { 0x0413, 0x0413, "g" }, { 0x0414, 0x0414, "d" }, { 0x0415, 0x0415, "e" }, { 0x0416, 0x0416, "zh" },
        { 0x0417, 0x0417, "z" }, { 0x0418, 0x0418, "i" }, { 0x0419, 0x0419, "i" }, { 0x041a, 0x041a, "k" }, { 0x041b, 0x041b, "l" },
        { 0x041c, 0x041c, "m" }, { 0x041d, 0x041d, "n" }, { 0x041e, 0x041e, "o" }, { 0x041f, 0x041f, "p" }, { 0x0420, 0x0420, "r" },
        { 0x0421, 0x0421, "s" }, { 0x0422, 0x0422, "t" }, { 0x0423, 0x0423, "u" }, { 0x0424, 0x0424, "f" }, { 0x0425, 0x0425, "kh" },
        { 0x0426, 0x0426, "ts" }, { 0x0427, 0x0427, "ch" }, { 0x0428, 0x0428, "sh" }, { 0x0429, 0x0429, "shch" }, { 0x042a, 0x042a, "" },
        { 0x042b, 0x042b, "y" }, { 0x042c, 0x042c, "" }, { 0x042d, 0x042d, "e" }, { 0x042e, 0x042e, "yu" }, { 0x042f, 0x042f, "ya" },
        { 0x0430, 0x0430, "a" }, { 0x0431, 0x0431, "b" }, { 0x0432, 0x0432, "v" }, { 0x0433, 0x0433, "g" }, { 0x0434, 0x0434, "d" },
        { 0x0435, 0x0435, "e" }, { 0x0436, 0x0436, "zh" }, { 0x0437, 0x0437, "z" }, { 0x0438, 0x0438, "i" }, { 0x0439, 0x0439, "i" },
        { 0x043a, 0x043a, "k" }, { 0x043b, 0x043b, "l" }, { 0x043c, 0x043c, "m" }, { 0x043d, 0x043d, "n" }, { 0x043e, 0x043e, "o" },
        { 0x043f, 0x043f, "p" }, { 0x0440, 0x0440, "r" }, { 0x0441, 0x0441, "s" }, { 0x0442, 0x0442, "t" }, { 0x0443, 0x0443, "u" },
        { 0x0444, 0x0444, "f" }, { 0x0445, 0x0445, "kh" }, { 0x0446, 0x0446, "ts" }, { 0x0447, 0x0447, "ch" }, { 0x0448, 0x0448, "sh" },
        { 0x0449, 0x0449, "shch" }, { 0x044a, 0x044a, "" }, { 0x044b, 0x044b, "y" }, { 0x044c, 0x044c, "" }, { 0x044d, 0x044d, "e" },
        { 0x044e, 0x044e, "yu" }, { 0x044f, 0x044f, "ya" }, { 0x0451, 0x0451, "e" }, { 0x0454, 0x0454, "ie" }, { 0x0456, 0x0457, "i" },
        { 0x0490, 0x0491, "g" }, { 0x1e9e, 0x1e9e, "ss" },
};

/* NULL: it is no letter that can be written here. */
static const char *spell(uint32_t c) {
        for (size_t i = 0; i < ARRAY_SIZE(letters) && letters[i].first <= c; i++)
                if (c <= letters[i].last)
                        return letters[i].ascii;
        return NULL;
}

typedef struct Slug { char text[SLUG_MAX + 1]; size_t n; } Slug;

static void put(Slug *s, const char *ascii) {
        size_t n = strlen(ascii);

        if (s->n + n <= SLUG_MAX) {
                memcpy(s->text + s->n, ascii, n);
                s->n += n;
        }
}

static void put_character(Slug *s, uint32_t c) {
        uint32_t lower = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
        const char one[] = { (char) lower, '\0' }, *ascii = spell(c);

        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9'))
                put(s, one);
        else if (ascii)
                put(s, ascii);
        else if (s->n > 0 && s->text[s->n - 1] != '-')
                put(s, "-");
}

const char *slug_of(Arena *a, const char *title) {
        Slug s = { 0 };
        uint32_t c = 0;

        for (size_t left = strlen(title), n; left > 0 && s.n < SLUG_MAX; title += n, left -= n) {
                n = utf8_decode(title, left, &c);
                put_character(&s, n ? c : ' ');
                n = n ? n : 1;
        }
        while (s.n > 0 && s.text[s.n - 1] == '-')
                s.n--;
        s.text[s.n] = '\0';
        return arena_strdup(a, s.n ? s.text : "window");
}
