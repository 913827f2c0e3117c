/*
 * Svg: the timeline as a picture, SVG 1.1
 *
 * No script, no outside font; colours for light and dark come from a style sheet inside.
 */
#include "ctl/svg.h"

#include <string.h>

#include "ctl/xml.h"

#define TEXT_MAX 200u
#define WIDTH 1200u
#define LABEL 200u
#define HEAD 40u
#define LANE 28u
#define BAR 18u

static double x_of(usec_t t, usec_t from, usec_t until) {
        t = MIN(MAX(t, from), until);
        return LABEL + (double) (t - from) / (double) (until - from) * (WIDTH - LABEL);
}

/* Which lane a service has: in order of first use. */
typedef struct Lanes { const char **names; size_t n; } Lanes;

static size_t lane_of(Lanes *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->names[i], name) == 0)
                        return i;
        l->names[l->n] = name;
        return l->n++;
}

static void put_bar(FILE *f, const AheadWindow *x, size_t lane, const Zone *zone, usec_t from, usec_t until) {
        double left = x_of(x->start, from, until), right = x_of(x->end, from, until);
        char key[KEY_SIZE], start[ZONED_SIZE], end[ZONED_SIZE];

        (void) fprintf(f, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" rx=\"3\"><title>", state_to_string(x->state), left,
                       (unsigned) (HEAD + lane * LANE + (LANE - BAR) / 2), MAX(right - left, 2.0), BAR);
        xml_put(f, x->w->title, TEXT_MAX);
        (void) fprintf(f, " (%s), %s, %s to %s</title></rect>\n", key_format(x->w->key, key), state_to_string(x->state),
                       zone_format(zone, x->start, true, false, start), zone_format(zone, x->end, true, false, end));
}

static void put_days(FILE *f, const Zone *zone, usec_t from, usec_t until, unsigned height) {
        int64_t day = (zone_wall(zone, from) + 86399) / 86400;

        for (usec_t t; (t = zone_wall_utc(zone, day * 86400, NULL)) < until; day++) {
                Local l = wall_local(day * 86400);

                (void) fprintf(f, "<line class=\"day\" x1=\"%.1f\" y1=\"%u\" x2=\"%.1f\" y2=\"%u\"/><text class=\"day\" x=\"%.1f\" y=\"%u\">%04d-%02u-%02u</text>\n",
                               x_of(t, from, until), HEAD - 8, x_of(t, from, until), height, x_of(t, from, until) + 4, HEAD - 12, l.year, l.month, l.day);
        }
}

static void put_picture(FILE *f, const Ahead *a, Lanes *lanes, const Zone *zone, usec_t from, usec_t until) {
        unsigned height;
        char at[ZONED_SIZE];

        for (size_t i = 0; i < a->n; i++)
                for (size_t k = 0; k < MAX(a->list[i].w->services.n, (size_t) 1); k++)
                        (void) lane_of(lanes, a->list[i].w->services.n ? a->list[i].w->services.items[k] : "");
        height = HEAD + (unsigned) MAX(lanes->n, (size_t) 1) * LANE + 8;
        (void) fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"img\">\n<title>Maintenance from %s</title>\n",
                       WIDTH, height, WIDTH, height, zone_format(zone, from, true, false, at));
        (void) fputs("<style>svg{background:#fff;font:13px sans-serif;fill:#222}.day{stroke:#ccc;font-size:11px}text.day{stroke:none;fill:#666}"
                     ".scheduled{fill:#3b6fb6}.in_progress{fill:#c77700}.completed{fill:#9aa5b1}.cancelled{fill:none;stroke:#9aa5b1}rect{fill-opacity:.8}"
                     "@media(prefers-color-scheme:dark){svg{background:#16181d;fill:#e6e6e6}.day{stroke:#3a3f47}text.day{fill:#a0a6ae}.scheduled{fill:#6ea0e8}"
                     ".in_progress{fill:#f0a030}}</style>\n", f);
        put_days(f, zone, from, until, height);
        for (size_t i = 0; i < lanes->n; i++) {
                (void) fprintf(f, "<text x=\"8\" y=\"%u\">", (unsigned) (HEAD + i * LANE + LANE / 2 + 5));
                xml_put(f, *lanes->names[i] ? lanes->names[i] : "(no service)", TEXT_MAX);
                (void) fputs("</text>\n", f);
        }
        for (size_t i = 0; i < a->n; i++)
                for (size_t k = 0; k < MAX(a->list[i].w->services.n, (size_t) 1); k++)
                        put_bar(f, &a->list[i], lane_of(lanes, a->list[i].w->services.n ? a->list[i].w->services.items[k] : ""), zone, from, until);
        (void) fputs("</svg>\n", f);
}

int svg_write(const char *path, const Ahead *a, const Zone *zone, usec_t from, usec_t until) {
        bool out = strcmp(path, "-") == 0;
        FILE *f = out ? stdout : fopen(path, "we");
        size_t n = 1;
        Lanes lanes = { 0 };
        int r = 0;

        if (!f)
                return -errno;
        for (size_t i = 0; i < a->n; i++)
                n += MAX(a->list[i].w->services.n, (size_t) 1);
        lanes.names = calloc(n, sizeof(*lanes.names));
        if (lanes.names)
                put_picture(f, a, &lanes, zone, from, until);
        else
                r = -ENOMEM;
        free(lanes.names);
        if (fflush(f) != 0 && r == 0)
                r = -errno;
        if (!out && fclose(f) != 0 && r == 0)
                r = -errno;
        return r;
}
