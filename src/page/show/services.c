/*
 * The public page as HTML: services, with a bar for each of 90 days
 *
 * A day without trouble is most of them, so all 90 bars are drawn once and used by reference; only other days are drawn over them. Who
 * does not see the drawing hears the same as a sentence, and who points at a day reads what was there.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/show/html.h"
#include "page/show/show.h"

#define BAR_WIDTH 5u            /* of the drawing's own units, a gap included */
#define BAR_HEIGHT 30u
#define ROWS_WITH_DAYS 20u      /* beyond, a page would be too large: states alone are shown */
#define DAYS_TOLD 12u           /* in words, of one service */

/* "Nov 3: Partial outage 25 min, Under maintenance 2 h" */
static void write_day(const View *v, const Days *days, const DayRow *row, size_t day) {
        char buf[PHRASE_SIZE];
        const char *separator = ": ";

        (void) fputs(phrase_day(&v->site->voice, days_start(days, day), buf), v->f);
        for (size_t i = IMPACTS; i > 1; i--) {
                uint32_t seconds = row->seconds[day][i - 1];

                if (seconds == 0)
                        continue;
                (void) phrase_length(v->site->voice.language, seconds * USEC_PER_SEC, buf);
                (void) fprintf(v->f, "%s%s ", separator, word_impact(v->site->voice.language, (Impact) (i - 1)));
                html_text(v->f, buf);
                separator = ", ";
        }
}

static void write_uptime(const View *v, const DayRow *row, size_t days) {
        const char *text;
        uint64_t up, known;
        char percent[PHRASE_SIZE];

        days_uptime(row, days, &up, &known);
        if (known == 0)
                return;
        text = word_fill(v->arena, v->site->voice.language, WORD_UPTIME, phrase_percent(v->site->voice.language, up, known, percent));
        (void) fputs(text_or(text, ""), v->f);
}

static bool eventful(const DayRow *row, size_t day) {
        return day_worst(row, day) > (int) IMPACT_OPERATIONAL;
}

/* For those who hear the page: the last days on which something was, and how many more there were. */
static void write_days_told(const View *v, const Days *days, const DayRow *row) {
        size_t told = 0, n = 0;

        (void) fprintf(v->f, "%s. ", text_or(word_fill(v->arena, v->site->voice.language, WORD_LAST_DAYS, "90"), ""));
        write_uptime(v, row, DAYS_SHOWN);
        for (size_t i = DAYS_SHOWN; i > 0; i--) {
                if (!eventful(row, i - 1))
                        continue;
                n++;
                if (told == DAYS_TOLD)
                        continue;
                told++;
                (void) fputs(". ", v->f);
                write_day(v, days, row, i - 1);
        }
        if (n == 0)
                (void) fprintf(v->f, ". %s", say(v, WORD_UNEVENTFUL));
        else if (n > told)
                (void) fputs(". …", v->f);
}

/* Where there is little room, the older half of the drawing is cut off. */
static void show_scale(const View *v, const DayRow *row) {
        static const struct {
                const char *class, *number;
                size_t days;
        } widths[] = { { "wide", "90", DAYS_SHOWN }, { "narrow", "45", DAYS_SHOWN / 2 } };

        (void) fputs("<p class=\"scale\" aria-hidden=\"true\">", v->f);
        for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
                (void) fprintf(v->f, "<span class=\"%s\">%s</span><span class=\"%s\">", widths[i].class,
                               text_or(word_fill(v->arena, v->site->voice.language, WORD_DAYS_AGO, widths[i].number), ""), widths[i].class);
                write_uptime(v, row, widths[i].days);
                (void) fputs("</span>", v->f);
        }
        (void) fprintf(v->f, "<span>%s</span></p>\n", say(v, WORD_TODAY));
}

static void show_bars(const View *v, const Days *days, const DayRow *row) {
        size_t unknown = 0;

        (void) fputs("<svg class=\"days\" role=\"img\" preserveAspectRatio=\"none\" viewBox=\"0 0 450 30\" aria-label=\"", v->f);
        write_days_told(v, days, row);
        (void) fputs("\"><use href=\"#days\"/>", v->f);
        while (unknown < DAYS_SHOWN && day_worst(row, unknown) < 0)
                unknown++;
        if (unknown > 0) {
                (void) fprintf(v->f, "<path class=\"unknown\" d=\"M2 0v%u", BAR_HEIGHT);
                for (size_t i = 1; i < unknown; i++)
                        (void) fprintf(v->f, "m5-%uv%u", BAR_HEIGHT, BAR_HEIGHT);
                (void) fprintf(v->f, "\"><title>%s</title></path>", say(v, WORD_NO_DATA));
        }
        for (size_t i = unknown; i < DAYS_SHOWN; i++) {
                if (!eventful(row, i))
                        continue;
                (void) fprintf(v->f, "<path class=\"%s\" d=\"M%zu 0v%u\"><title>", status_to_string((Impact) day_worst(row, i)),
                               i * BAR_WIDTH + 2, BAR_HEIGHT);
                write_day(v, days, row, i);
                (void) fputs("</title></path>", v->f);
        }
        (void) fputs("</svg>\n", v->f);
        show_scale(v, row);
}

static void show_service(const View *v, const Front *front, const Service *s, bool bars) {
        const char *status = status_to_string(s->shown);
        DayRow row;

        (void) fputs("<li class=\"service\">\n<p class=\"row\"><span class=\"name\">", v->f);
        html_text(v->f, s->name);
        (void) fprintf(v->f, "</span> <span class=\"status %s\">", status);
        show_icon(v, status);
        (void) fprintf(v->f, "%s</span></p>\n", word_impact(v->site->voice.language, s->shown));
        if (*s->description) {
                (void) fputs("<p class=\"note\">", v->f);
                html_text(v->f, s->description);
                (void) fputs("</p>\n", v->f);
        }
        if (bars) {
                days_of(front->days, s->seq, v->now, &row);
                show_bars(v, front->days, &row);
        }
        (void) fputs("</li>\n", v->f);
}

static void show_all_days(const View *v) {
        (void) fprintf(v->f, "<svg class=\"sprite\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs><path id=\"days\" d=\"M2 0v%u",
                       BAR_HEIGHT);
        for (size_t i = 1; i < DAYS_SHOWN; i++)
                (void) fprintf(v->f, "m5-%uv%u", BAR_HEIGHT, BAR_HEIGHT);
        (void) fputs("\"/></defs></svg>\n", v->f);
}

void show_services(const View *v, const Front *front) {
        bool bars = front->days && front->n_services <= ROWS_WITH_DAYS;
        const char *group = NULL;

        if (front->n_services == 0)
                return;
        (void) fprintf(v->f, "<section>\n<h2>%s</h2>\n", say(v, WORD_SERVICES));
        if (bars)
                show_all_days(v);
        for (size_t i = 0; i < front->n_services; i++) {
                const Service *s = &front->services[i];
                bool first = i == 0 || !text_equal(s->group, group);

                if (first && i > 0)
                        (void) fputs("</ul>\n", v->f);
                if (first && s->group) {
                        (void) fputs("<h3 class=\"group\">", v->f);
                        html_text(v->f, s->group);
                        (void) fputs("</h3>\n", v->f);
                }
                if (first)
                        (void) fprintf(v->f, "<ul class=\"panel services%s\">\n", bars ? "" : " dense");
                group = s->group;
                show_service(v, front, s, bars);
        }
        (void) fputs("</ul>\n</section>\n", v->f);
}
