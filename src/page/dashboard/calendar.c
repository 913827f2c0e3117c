/*
 * The calendar: a month of the page's zone, with what is planned and what was on each day
 *
 * A list of days, which a wide screen lays out in weeks: to a reader by ear, and on a phone, it is what it is, and days without
 * anything need no room there.
 */
#include <string.h>

#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/show/html.h"

#define MONTH_MOST 500u

typedef struct Sheet {
        int year;
        unsigned month, days;
        unsigned before;                /* days of the week before the first, from Monday */
        const Maintenance *rows;
        size_t n;
} Sheet;

static usec_t day_start(const Visit *x, int year, unsigned month, unsigned day) {
        return zone_utc(x->page->site->voice.zone, &(Local) { .year = year, .month = month, .day = day }, NULL);
}

static void month_after(int year, unsigned month, int *ret_year, unsigned *ret_month) {
        *ret_year = month == 12 ? year + 1 : year;
        *ret_month = month == 12 ? 1 : month + 1;
}

static void month_before(int year, unsigned month, int *ret_year, unsigned *ret_month) {
        *ret_year = month == 1 ? year - 1 : year;
        *ret_month = month == 1 ? 12 : month - 1;
}

/* "?month=2027-02"; whatever else is this month. */
static void month_asked(const Visit *x, Sheet *ret) {
        const char *text = request_query(x->q, "month");
        unsigned month = 0;
        int year = 0, after_year;
        unsigned after_month;
        Local now;

        zone_local(x->page->site->voice.zone, x->v.now, &now, NULL, NULL);
        if (!text || strlen(text) != 7 || strspn(text, "0123456789-") != 7 || sscanf(text, "%4d-%2u", &year, &month) != 2 || year < 1972 || year > 9997 ||
            month < 1 || month > 12) {
                year = now.year;
                month = now.month;
        }
        month_after(year, month, &after_year, &after_month);
        *ret = (Sheet) { .year = year, .month = month, .days = (unsigned) (days_from_civil(after_year, after_month, 1) - days_from_civil(year, month, 1)),
                         .before = (unsigned) ((days_from_civil(year, month, 1) + 3) % 7) }; /* 1970-01-01 was a Thursday */
}

static void show_window(Visit *x, const Maintenance *m, usec_t day) {
        char phrase[PHRASE_SIZE];
        const char *time = phrase_moment(&x->page->site->voice, occasion_start(m), x->v.now, phrase), *clock = strrchr(time, ',');

        (void) fprintf(x->v.f, "<li class=\"%s\"><a href=\"" DASHBOARD "/windows/%s\">", state_to_string(m->state), m->id);
        if (occasion_start(m) >= day)
                (void) fprintf(x->v.f, "<span>%s</span> ", clock ? clock + 2 : time);
        else
                (void) fputs("<span>…</span> ", x->v.f);
        html_text(x->v.f, m->title);
        (void) fprintf(x->v.f, "</a> <span class=\"comma\">%s</span></li>", word_state(x->page->site->voice.language, m->state));
}

static usec_t day_end(const Visit *x, const Sheet *sheet, unsigned day) {
        unsigned month;
        int year;

        if (day < sheet->days)
                return day_start(x, sheet->year, sheet->month, day + 1);
        month_after(sheet->year, sheet->month, &year, &month);
        return day_start(x, year, month, 1);
}

/* One that runs on after its planned end is on today, too. */
static usec_t until(const Visit *x, const Maintenance *m) {
        return m->state == STATE_IN_PROGRESS ? MAX(occasion_end(m), x->v.now) : occasion_end(m);
}

static bool is_on(const Visit *x, const Maintenance *m, usec_t from, usec_t to) {
        return occasion_start(m) < to && until(x, m) > from;
}

/* "Mon" and "Feb 1"; the first of a month also says on which day of the week it stands. */
static void show_date(Visit *x, const Sheet *sheet, unsigned day, usec_t from, bool any) {
        bool today = x->v.now >= from && x->v.now < day_end(x, sheet, day);
        char moment[PHRASE_SIZE], phrase[PHRASE_SIZE];
        const char *weekday = phrase_moment(&x->page->site->voice, from, x->v.now, moment);

        (void) fputs("<li class=\"", x->v.f);
        if (day == 1)
                (void) fprintf(x->v.f, "after%u ", sheet->before);
        (void) fprintf(x->v.f, "%s%s\"%s><time datetime=\"%04d-%02u-%02u\"><span>%.*s</span> %s</time>", any ? "any" : "empty", today ? " today" : "",
                       today ? " aria-current=\"date\"" : "", sheet->year, sheet->month, day, (int) strcspn(weekday, ","), weekday,
                       phrase_day(&x->page->site->voice, from, phrase));
        if (today)
                (void) fprintf(x->v.f, " <span class=\"tag\">%s</span>", tell(x, TELL_TODAY));
}

static void show_day(Visit *x, const Sheet *sheet, unsigned day) {
        usec_t from = day_start(x, sheet->year, sheet->month, day), to = day_end(x, sheet, day);
        bool any = false;

        for (size_t i = 0; i < sheet->n && !any; i++)
                any = is_on(x, &sheet->rows[i], from, to);
        show_date(x, sheet, day, from, any);
        if (any)
                (void) fputs("<ul>", x->v.f);
        for (size_t i = 0; i < sheet->n; i++)
                if (is_on(x, &sheet->rows[i], from, to))
                        show_window(x, &sheet->rows[i], from);
        (void) fputs(any ? "</ul></li>\n" : "</li>\n", x->v.f);
}

static void show_turn(Visit *x, int year, unsigned month, const char *rel, Tell label) {
        char phrase[PHRASE_SIZE];

        (void) fprintf(x->v.f, "<li class=\"%s\"><a rel=\"%s\" href=\"" DASHBOARD "/calendar?month=%04d-%02u\"><span>%s</span> %s</a></li>", rel, rel, year, month,
                       tell(x, label), phrase_month(x->page->site->voice.language, year, month, phrase));
}

static void show_turns(Visit *x, const Sheet *sheet) {
        unsigned month;
        int year;

        (void) fprintf(x->v.f, "<nav class=\"months\" aria-label=\"%s\"><ul>", tell(x, TELL_MONTHS));
        month_before(sheet->year, sheet->month, &year, &month);
        show_turn(x, year, month, "prev", TELL_PREVIOUS_MONTH);
        (void) fprintf(x->v.f, "<li class=\"this\"><a href=\"" DASHBOARD "/calendar\">%s</a></li>", tell(x, TELL_THIS_MONTH));
        month_after(sheet->year, sheet->month, &year, &month);
        show_turn(x, year, month, "next", TELL_NEXT_MONTH);
        (void) fputs("</ul></nav>\n", x->v.f);
}

/* By their start, as a day lists them. */
static int by_start(const void *a, const void *b) {
        usec_t left = occasion_start(a), right = occasion_start(b);

        return left < right ? -1 : left > right;
}

int windows_calendar(Visit *x) {
        char phrase[PHRASE_SIZE];
        Maintenance *rows = NULL;
        unsigned month;
        Sheet sheet;
        int year, r;

        month_asked(x, &sheet);
        month_after(sheet.year, sheet.month, &year, &month);
        r = store_maintenance_on(x->page->store, x->q->arena, day_start(x, sheet.year, sheet.month, 1), day_start(x, year, month, 1), x->v.now, MONTH_MOST + 1,
                                 &rows, &sheet.n);
        if (r < 0)
                return r;
        if (sheet.n > 0)
                qsort(rows, sheet.n, sizeof(*rows), by_start);
        sheet.rows = rows;
        visit_head(x, phrase_month(x->page->site->voice.language, sheet.year, sheet.month, phrase));
        show_turns(x, &sheet);
        (void) fputs("<ol class=\"calendar\">\n", x->v.f);
        for (unsigned day = 1; day <= sheet.days; day++)
                show_day(x, &sheet, day);
        (void) fputs("</ol>\n", x->v.f);
        if (sheet.n > MONTH_MOST)
                (void) fprintf(x->v.f, "<p class=\"none\">%s</p>\n", tell(x, TELL_MORE_THAN_SHOWN));
        return visit_foot(x);
}
