/*
 * The public page as HTML: the front page, one maintenance, one month
 *
 * The front page answers in this order: is something going on, when does it end, what comes next, which services, what was.
 */
#include <string.h>

#include "page/show/html.h"
#include "page/show/show.h"

#define TEXT_IN_FULL 1200u      /* bytes of the descriptions of all cards of a section; the rest stands on their own pages */
#define UPDATE_IN_FULL 300u     /* bytes of an update */
#define AFFECTED_NAMED 5u

static const char *fill(const View *v, Word w, size_t n) {
        const char *number = arena_printf(v->arena, "%zu", n),
                   *text = number ? word_fill(v->arena, v->site->voice.language, w, number) : NULL;

        return text ? text : "";
}

Impact overall_impact(const Service *services, size_t n, size_t running) {
        Impact worst = IMPACT_OPERATIONAL;

        for (size_t i = 0; i < n; i++)
                worst = MAX(worst, services[i].shown);
        return worst == IMPACT_OPERATIONAL && running > 0 ? IMPACT_MAINTENANCE : worst;
}

static void hero_running(const View *v, const Front *front) {
        char offset[PHRASE_SIZE];
        bool several = front->n_running > 1, overdue = front->last_end < v->now;

        if (!several) {
                html_text(v->f, front->running.items[0].m.title);
                (void) fputs(" · ", v->f);
        }
        if (overdue)
                (void) fputs(several ? fill(v, WORD_SEVERAL_OVERDUE, front->n_running) : say(v, WORD_OVERDUE), v->f);
        else {
                (void) fprintf(v->f, "%s <span data-until>",
                               several ? fill(v, WORD_SEVERAL_RUNNING, front->n_running) : say(v, WORD_EXPECTED_END));
                show_time(v, front->last_end, 0);
                (void) fprintf(v->f, " %s</span>", phrase_offset(&v->site->voice, front->last_end, offset));
        }
}

static void hero_affected(const View *v, const Front *front) {
        size_t n = 0;

        (void) fprintf(v->f, "%s: ", say(v, WORD_AFFECTED));
        for (size_t i = 0; i < front->n_services; i++) {
                if (front->services[i].shown == IMPACT_OPERATIONAL)
                        continue;
                if (n++ >= AFFECTED_NAMED)
                        continue;
                (void) fputs(n > 1 ? ", " : "", v->f);
                html_text(v->f, front->services[i].name);
        }
        if (n > AFFECTED_NAMED)
                (void) fprintf(v->f, " %s", fill(v, WORD_MORE, n - AFFECTED_NAMED));
}

/* What is due already and was not begun by whoever begins it is no news; it is named when nothing else is planned. */
static const Maintenance *next_of(const Occasions *upcoming, usec_t now) {
        for (size_t i = 0; i < upcoming->n; i++)
                if (upcoming->items[i].m.start > now)
                        return &upcoming->items[i].m;
        return &upcoming->items[0].m;
}

static void hero_next(const View *v, const Maintenance *next) {
        char offset[PHRASE_SIZE];

        (void) fprintf(v->f, "%s <a href=\"/maintenance/%s\">", say(v, next->start > v->now ? WORD_NEXT : WORD_LATE), next->id);
        html_text(v->f, next->title);
        (void) fputs("</a>, <span data-until>", v->f);
        show_time(v, next->start, 0);
        (void) fprintf(v->f, " %s</span>", phrase_offset(&v->site->voice, next->start, offset));
}

/* The one sentence that visitors come for. */
static void show_hero(const View *v, const Front *front, Impact impact) {
        const char *status = status_to_string(impact);

        (void) fprintf(v->f, "<section class=\"hero %s\">\n", status);
        show_icon(v, status);
        (void) fprintf(v->f, "<div>\n<h1>%s</h1>\n<p>", word_overall(v->site->voice.language, impact));
        if (front->running.n > 0)
                hero_running(v, front);
        else if (impact > IMPACT_MAINTENANCE)
                hero_affected(v, front);
        else if (front->upcoming.n > 0)
                hero_next(v, next_of(&front->upcoming, v->now));
        else
                (void) fputs(say(v, WORD_NONE_PLANNED), v->f);
        (void) fputs("</p>\n</div>\n</section>\n", v->f);
}

static int show_description(const View *v, const Maintenance *m, size_t most) {
        int r;

        if (!*m->description)
                return 0;
        (void) fputs("<div class=\"text\">", v->f);
        r = show_text(v, m, m->description, most);
        (void) fputs("</div>\n", v->f);
        return r;
}

/* @text_most: bytes of its description. */
static int show_card(const View *v, const Occasion *o, size_t text_most) {
        const Maintenance *m = &o->m;
        int r;

        (void) fprintf(v->f, "<article class=\"panel card %s\">\n<div class=\"row\"><h3><a href=\"/maintenance/%s\">",
                       state_to_string(m->state), m->id);
        html_text(v->f, m->title);
        (void) fprintf(v->f, "</a></h3> <span class=\"pill %s\">%s</span></div>\n", state_to_string(m->state),
                       word_state(v->site->voice.language, m->state));
        show_period(v, occasion_start(m), MAX(m->end, occasion_start(m)), period_kind(m->state));
        r = show_description(v, m, text_most);
        show_affected(v, o);
        if (r >= 0)
                r = show_updates_cut(v, o, CARD_UPDATES, UPDATE_IN_FULL);
        if (o->n_all_updates > CARD_UPDATES)
                (void) fprintf(v->f, "<p class=\"more\"><a href=\"/maintenance/%s\">%s</a></p>\n", m->id,
                               fill(v, WORD_OLDER_UPDATES, o->n_all_updates));
        (void) fputs("</article>\n", v->f);
        return r;
}

/* The first as cards, others as lines; of the @n that there are, the rest is counted. */
static int show_section(const View *v, Word title, const Occasions *list, size_t in_full, size_t n) {
        size_t shown = in_full > 0 ? MIN(list->n, (size_t) FRONT_SHOWN) : list->n, cards = MIN(shown, in_full);
        int r = 0;

        /* The first words of the page say already that something runs. */
        (void) fprintf(v->f, "<section>\n<h2%s>%s</h2>\n", title == WORD_RUNNING ? " class=\"unseen\"" : "", say(v, title));
        for (size_t i = 0; i < cards && r >= 0; i++)
                r = show_card(v, &list->items[i], TEXT_IN_FULL / cards);
        if (shown > cards)
                (void) fputs("<ul class=\"panel lines\">\n", v->f);
        for (size_t i = cards; i < shown; i++)
                show_line(v, &list->items[i], 3);
        if (shown > cards)
                (void) fputs("</ul>\n", v->f);
        if (n > shown)
                (void) fprintf(v->f, "<p class=\"more counted\"><a href=\"/upcoming\">%s</a></p>\n",
                               fill(v, title == WORD_RUNNING ? WORD_MORE_RUNNING : WORD_MORE_UPCOMING, n - shown));
        return r;
}

int show_front(const View *v, const Front *front) {
        Impact impact = overall_impact(front->services, front->n_services, front->running.n);
        int r = 0;

        show_head(v, word_overall(v->site->voice.language, impact), impact);
        show_hero(v, front, impact);
        if (front->running.n > 0) {
                r = show_section(v, WORD_RUNNING, &front->running, FRONT_CARDS, front->n_running);
                (void) fputs("</section>\n", v->f);
        }
        if (r >= 0 && front->upcoming.n > 0) {
                r = show_section(v, WORD_UPCOMING, &front->upcoming, FRONT_CARDS, front->n_upcoming);
                (void) fputs("</section>\n", v->f);
        }
        show_services(v, front);
        if (r >= 0)
                r = show_section(v, WORD_RECENT, &front->past, 0, 0);
        if (front->past.n == 0)
                (void) fprintf(v->f, "<p class=\"none\">%s</p>\n", say(v, WORD_NONE_RECENT));
        (void) fprintf(v->f, "<p class=\"more\"><a href=\"/history\">%s</a></p>\n</section>\n", say(v, WORD_ALL_HISTORY));
        return r < 0 ? r : show_foot(v);
}

static void show_fact(const View *v, Word name, usec_t t) {
        char offset[PHRASE_SIZE];

        if (t == 0)
                return;
        (void) fprintf(v->f, "<div><dt>%s</dt><dd data-moment>", say(v, name));
        show_time(v, t, 0);
        (void) fprintf(v->f, " %s</dd></div>\n", phrase_offset(&v->site->voice, t, offset));
}

static void show_facts(const View *v, const Maintenance *m) {
        (void) fprintf(v->f, "<dl class=\"facts\">\n<div><dt>%s</dt><dd>", say(v, WORD_PLANNED));
        show_period(v, m->start, m->end, period_kind(m->state));
        (void) fputs("</dd></div>\n", v->f);
        show_fact(v, WORD_STARTED, m->started_at);
        show_fact(v, m->state == STATE_CANCELLED ? WORD_CANCELLED_AT : WORD_ENDED, m->finished_at);
        (void) fputs("</dl>\n", v->f);
}

int show_occasion(const View *v, const Occasion *o) {
        const Maintenance *m = &o->m;
        const char *state = state_to_string(m->state);
        int r;

        show_head(v, m->title, m->state == STATE_IN_PROGRESS ? IMPACT_MAINTENANCE : IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<article class=\"whole %s\">\n<p><span class=\"pill %s\">%s</span></p>\n<h1>", state, state,
                       word_state(v->site->voice.language, m->state));
        html_text(v->f, m->title);
        (void) fputs("</h1>\n", v->f);
        show_facts(v, m);
        (void) fputs("<div class=\"text\">", v->f);
        r = html_markdown(v->f, m->description);
        (void) fputs("</div>\n", v->f);
        show_affected(v, o);
        if (o->n_updates > 0)
                (void) fprintf(v->f, "<h2>%s</h2>\n", say(v, WORD_UPDATES));
        if (r >= 0)
                r = show_updates(v, o, SIZE_MAX);
        if (o->n_all_updates > o->n_updates)
                (void) fprintf(v->f, "<p class=\"more\">%s</p>\n", fill(v, WORD_UPDATES_LEFT_OUT, o->n_all_updates - o->n_updates));
        (void) fputs("</article>\n", v->f);
        if (!state_final(m->state))
                (void) fprintf(v->f, "<p class=\"more\"><a href=\"/maintenance/%s.ics\">%s</a></p>\n", m->id, say(v, WORD_ADD_TO_CALENDAR));
        return r < 0 ? r : show_foot(v);
}

static void show_month_link(const View *v, int year, unsigned month, const char *rel, Word name) {
        char buf[PHRASE_SIZE];

        if (year == 0)
                return;
        (void) fprintf(v->f, "<li class=\"%s\"><a rel=\"%s\" href=\"/history/%04d-%02u\"><span>%s</span> %s</a></li>", rel, rel, year,
                       month, say(v, name), phrase_month(v->site->voice.language, year, month, buf));
}

/* A page's list of windows; @none: what is said when it is empty. */
static void show_list(const View *v, const Occasions *list, Word none) {
        if (list->n == 0) {
                (void) fprintf(v->f, "<p class=\"none\">%s</p>\n", say(v, none));
                return;
        }
        (void) fputs("<ul class=\"panel lines\">\n", v->f);
        for (size_t i = 0; i < list->n; i++)
                show_line(v, &list->items[i], 2);
        (void) fputs("</ul>\n", v->f);
}

int show_month(const View *v, const Month *month) {
        char buf[PHRASE_SIZE];
        const char *title = word_fill(v->arena, v->site->voice.language, WORD_HISTORY_OF,
                                      phrase_month(v->site->voice.language, month->year, month->month, buf));

        if (!title)
                return -ENOMEM;
        show_head(v, title, IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n", title);
        show_list(v, &month->over, WORD_NONE_IN_MONTH);
        if (month->more)
                (void) fprintf(v->f, "<p class=\"more\"><a href=\"/history/%04d-%02u/%u\">%s</a></p>\n", month->year, month->month,
                               month->part + 1, say(v, WORD_MORE_IN_MONTH));
        (void) fprintf(v->f, "<nav class=\"months\" aria-label=\"%s\"><ul>", say(v, WORD_MONTHS));
        show_month_link(v, month->before_year, month->before_month, "prev", WORD_EARLIER);
        show_month_link(v, month->after_year, month->after_month, "next", WORD_LATER);
        (void) fputs("</ul></nav>\n", v->f);
        return show_foot(v);
}

int show_open(const View *v, const Open *open) {
        show_head(v, say(v, WORD_ALL_OPEN), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n", say(v, WORD_ALL_OPEN));
        show_list(v, &open->list, WORD_NONE_PLANNED);
        if (open->more)
                (void) fprintf(v->f, "<p class=\"more\"><a href=\"/upcoming/%u\">%s</a></p>\n", open->part + 1, say(v, WORD_LATER));
        return show_foot(v);
}
