/*
 * timeline: the coming days as a chart, a lane for each service
 *
 * A cell of the chart is some hours; it shows what of them is taken, and by how many windows at once. Below stand the windows
 * themselves. --svg draws the same lanes to scale.
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ahead.h"
#include "ctl/render.h"
#include "ctl/svg.h"
#include "ctl/table.h"

#define DAYS 7u
#define LABEL_MAX 24u
#define COLUMNS_MIN 20u
#define COLUMNS_WIDE 100u       /* where the output is no terminal */

typedef struct Chart {
        const Ctl *ctl;
        const Ahead *a;
        const Zone *zone;
        usec_t from, until;
        unsigned columns, label;
} Chart;

typedef struct Cell { unsigned n; bool runs, over, day; } Cell;

static usec_t time_of(const Chart *c, unsigned column) {
        return c->from + (c->until - c->from) / c->columns * column + (c->until - c->from) % c->columns * column / c->columns;
}

static bool touches(const Window *w, const char *service) {
        for (size_t i = 0; i < w->services.n; i++)
                if (strcmp(w->services.items[i], service) == 0)
                        return true;
        return w->services.n == 0 && *service == 0;
}

/* Midnights of the chart's zone, the first at or after @t. */
static usec_t midnight(const Chart *c, usec_t t) {
        int64_t wall = zone_wall(c->zone, t), day = (wall + 86399) / 86400;

        return zone_wall_utc(c->zone, day * 86400, NULL);
}

static void fill(const Chart *c, const char *service, Cell *cells) {
        memset(cells, 0, c->columns * sizeof(*cells));
        for (usec_t t = midnight(c, c->from + USEC_PER_SEC); t < c->until; t = midnight(c, t + USEC_PER_SEC))
                for (unsigned k = 0; k < c->columns; k++)
                        cells[k].day |= time_of(c, k) <= t && t < time_of(c, k + 1);
        for (size_t i = 0; i < c->a->n; i++) {
                const AheadWindow *x = &c->a->list[i];

                if (x->state == STATE_CANCELLED || !touches(x->w, service))
                        continue;
                for (unsigned k = 0; k < c->columns; k++)
                        if (x->start < time_of(c, k + 1) && x->end > time_of(c, k)) {
                                cells[k].n++;
                                cells[k].runs |= x->state == STATE_IN_PROGRESS;
                                cells[k].over |= ahead_is_over(x);
                        }
        }
}

static void print_cell(const Chart *c, const Cell *cell) {
        const char *style = cell->n > 1 ? STYLE_RED : cell->runs ? STYLE_YELLOW : cell->n && !cell->over ? STYLE_GREEN : STYLE_DIM;
        unsigned shown = MIN(cell->n, 9u);
        char digit[2] = { (char) ('0' + shown), 0 };
        const char *text = cell->n > 1 ? digit : cell->runs ? "█" : cell->n ? (cell->over ? "╌" : "▒") : cell->day ? "┊" : " ";

        (void) printf("%s%s%s", c->ctl->color && *text != ' ' ? style : "", text, c->ctl->color && *text != ' ' ? "\x1b[0m" : "");
}

static void print_lane(const Chart *c, const char *service, Cell *cells) {
        auto_(free) char *safe = text_printable(*service ? service : "(no service)", c->label);
        unsigned last = 0;

        fill(c, service, cells);
        for (unsigned k = 0; k < c->columns; k++)
                if (cells[k].n || cells[k].day)
                        last = k + 1;
        (void) printf("%s%*s", text_or(safe, ""), (int) (c->label + 1 - MIN(c->label, (unsigned) text_columns(text_or(safe, "")))), "");
        for (unsigned k = 0; k < last; k++)
                print_cell(c, &cells[k]);
        (void) putchar('\n');
}

/* "Mon 23" above each day that has room for it. */
static void print_days(const Chart *c) {
        unsigned used = 0;

        (void) printf("%*s", (int) c->label + 1, "");
        for (usec_t t = midnight(c, c->from + USEC_PER_SEC); t < c->until; t = midnight(c, t + USEC_PER_SEC)) {
                unsigned column = (unsigned) ((t - c->from) * c->columns / (c->until - c->from));
                int64_t wall = zone_wall(c->zone, t);
                Local l = wall_local(wall);
                char name[16];
                int n = snprintf(name, sizeof(name), "%s %u", weekday_short(wall / 86400), l.day);

                if ((used && column <= used) || column + (unsigned) n > c->columns)
                        continue;
                (void) printf("%*s%s", (int) (column - used), "", name);
                used = column + (unsigned) n;
        }
        (void) putchar('\n');
}

static int by_name(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The services that some window touches, sorted; "" for those without any. */
static const char **lanes(const Ahead *a, size_t *ret) {
        const char **list;
        size_t n = 0, kept = 0;

        for (size_t i = 0; i < a->n; i++)
                n += MAX(a->list[i].w->services.n, (size_t) 1);
        list = calloc(n + 1, sizeof(*list));
        n = 0;
        for (size_t i = 0; list && i < a->n; i++) {
                const Strv *services = &a->list[i].w->services;

                for (size_t k = 0; k < services->n; k++)
                        list[n++] = services->items[k];
                if (services->n == 0)
                        list[n++] = "";
        }
        if (n)
                qsort(list, n, sizeof(*list), by_name);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || strcmp(list[kept - 1], list[i]) != 0)
                        list[kept++] = list[i];
        *ret = kept;
        return list;
}

static int print_chart(Chart *c) {
        auto_(free) const char **names = NULL;
        auto_(free) Cell *cells = NULL;
        unsigned width = c->ctl->width ? MIN(c->ctl->width, 400u) : COLUMNS_WIDE, before;
        char now[ZONED_SIZE], cell[SPAN_SIZE];
        size_t n;

        names = lanes(c->a, &n);
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                c->label = MAX(c->label, (unsigned) MIN(*names[i] ? text_columns(names[i]) : 12u, (size_t) LABEL_MAX));
        before = c->label + 1;
        c->columns = width > before + COLUMNS_MIN ? width - before : COLUMNS_MIN; /* narrower it would say nothing: lines are longer then */
        cells = calloc(c->columns, sizeof(*cells));
        if (!cells)
                return -ENOMEM;
        render_line(c->ctl, STYLE_DIM, false, "from %s, a column is %s", zone_format(c->zone, c->from, true, false, now),
                    span_format((c->until - c->from) / c->columns / USEC_PER_MINUTE * USEC_PER_MINUTE, true, cell));
        print_days(c);
        for (size_t i = 0; i < n; i++)
                print_lane(c, names[i], cells);
        render_line(c->ctl, STYLE_DIM, false, "█ running  ▒ planned  ╌ over  2 overlapping");
        return 0;
}

static void print_windows(const Ctl *ctl, const Ahead *a) {
        static const char *const headers[] = { "WINDOW", "STATE", "START", "END", "SERVICES" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(0) | BIT(4));

        if (t)
                table_stack(t, 1);
        for (size_t i = 0; t && i < a->n; i++) {
                const AheadWindow *x = &a->list[i];
                char key[KEY_SIZE], start[ZONED_SIZE], end[ZONED_SIZE];
                auto_(free) char *services = strdup("");

                for (size_t k = 0; k < x->w->services.n && services; k++) {
                        char *more = textf("%s%s%s", services, k ? ", " : "", x->w->services.items[k]);

                        free(services);
                        services = more;
                }
                table_add(t, "", key_format(x->w->key, key));
                table_add(t, render_state_style(state_to_string(x->state)), state_to_string(x->state));
                table_add(t, "", render_instant(ctl, x->start, x->w->timezone, start));
                table_add(t, "", render_instant(ctl, x->end, x->w->timezone, end));
                table_add(t, "", text_or(services, ""));
        }
        if (!t || table_rows(t) == 0)
                return;
        (void) putchar('\n');
        table_print(t, stdout, 0, ctl->width, ctl->color);
}

static int timeline(Ctl *ctl, const Site *s, const Ahead *a, usec_t until) {
        Chart c = { .ctl = ctl, .a = a, .from = ctl->now, .until = until };
        int r = zones_get(s->zones, s->config && s->config->timezone ? s->config->timezone : "UTC", &c.zone);

        if (r >= 0 && ctl->svg)
                return svg_write(ctl->svg, a, c.zone, c.from, c.until);
        if (r >= 0 && a->n)
                r = print_chart(&c);
        if (r >= 0 && a->n == 0)
                render_line(ctl, STYLE_DIM, false, "no maintenance in these %u days", ctl->days ? ctl->days : DAYS);
        print_windows(ctl, a);
        return r;
}

int verb_timeline(Ctl *ctl) {
        usec_t until = usec_add(ctl->now, (ctl->days ? ctl->days : DAYS) * USEC_PER_DAY);
        auto_(site_free) Site *s = NULL;
        Ahead a;
        int r;

        if (local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0 || ahead_collect(ctl, s, ctl->now, until, WINDOWS_PER_MANIFEST_MAX, &a) < 0)
                return EXIT_FAILED;
        if (ctl->json) {
                (void) ctl_json(ctl, json_pack("{s:o}", "windows", ahead_list(&a)));
                r = 0;
        } else {
                r = timeline(ctl, s, &a, until);
                if (r < 0)
                        (void) fprintf(stderr, "maintctl: timeline: %s\n", strerror(-r));
        }
        ahead_done(&a);
        return r < 0 ? EXIT_FAILED : EXIT_FINE;
}
