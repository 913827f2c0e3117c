/*
 * The public page as HTML: the frame, and the parts that all pages have
 */
#include "page/show/show.h"

#include <string.h>

#include "base/text.h"
#include "page/show/html.h"

/* One drawing for each name, used by reference; 16 by 16, in the colour of the text around it. */
static const char sprite[] =
        "<svg class=\"sprite\" aria-hidden=\"true\" width=\"0\" height=\"0\">"
        "<symbol id=\"i-operational\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm3.9 5.9-4.6 5a1 1 0 0 1-1.4 0L3.9 "
        "8.8l1.3-1.3"
        " 1.4 1.4 4-4.3z\"/></symbol>"
        "<symbol id=\"i-maintenance\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm.9 3.4v4.2l3 1.8-.9 "
        "1.5-3.9-2.3V3.4z\"/></symbol>"
        "<symbol id=\"i-degraded\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM3.6 7h8.8v2H3.6z\"/></symbol>"
        "<symbol id=\"i-partial_outage\" viewBox=\"0 0 16 16\"><path d=\"M8 .6 0 15.2h16zM7.1 6h1.8v4.6H7.1zm0 "
        "5.8h1.8v1.7H7.1z\"/></symbol>"
        "<symbol id=\"i-major_outage\" viewBox=\"0 0 16 16\"><path d=\"M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm3.5 10.2-1.3 1.3L8 9.3l-2.2 "
        "2.2-1.3-1.3L6.7 8"
        " 4.5 5.8l1.3-1.3L8 6.7l2.2-2.2 1.3 1.3L9.3 8z\"/></symbol>"
        "</svg>\n";

void show_icon(const View *v, const char *name) {
        (void) fprintf(v->f, "<svg class=\"icon\" aria-hidden=\"true\" viewBox=\"0 0 16 16\"><use href=\"#i-%s\"/></svg>", name);
}

static void show_logo(const View *v) {
        const Site *s = v->site;

        if (!s->logo.data) {
                html_text(v->f, s->title);
                return;
        }
        (void) fputs("<picture>", v->f);
        if (s->logo_dark.data)
                (void) fprintf(v->f, "<source srcset=\"/logo-dark?v=%s\" media=\"(prefers-color-scheme: dark)\">", v->assets);
        (void) fprintf(v->f, "<img class=\"logo\" src=\"/logo?v=%s\" alt=\"", v->assets);
        html_text(v->f, s->title);
        (void) fputs("\"></picture>", v->f);
}

static void show_link(const View *v, const char *href, Word name) {
        (void) fputs("<li><a href=\"", v->f);
        html_text(v->f, href);
        (void) fprintf(v->f, "\">%s</a></li>", say(v, name));
}

static void show_top(const View *v) {
        (void) fprintf(v->f, "<a class=\"skip\" href=\"#content\">%s</a>\n<header class=\"top\">\n<p class=\"brand\"><a href=\"/\">",
                       say(v, WORD_SKIP));
        show_logo(v);
        (void) fprintf(v->f, "</a></p>\n<nav aria-label=\"%s\"><ul>", say(v, WORD_MAIN_MENU));
        show_link(v, "/history", WORD_HISTORY);
        show_link(v, "/calendar.ics", WORD_CALENDAR);
        show_link(v, "/feed.atom", WORD_FEED);
        if (v->site->notices.mail_server)
                show_link(v, "/subscribe", WORD_SUBSCRIBE);
        if (v->site->support)
                show_link(v, v->site->support, WORD_SUPPORT);
        (void) fputs("</ul></nav>\n</header>\n", v->f);
}

void show_head(const View *v, const char *title, Impact impact) {
        const Site *s = v->site;

        (void) fprintf(v->f,
                       "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
                       "content=\"light dark\">\n<title>",
                       language_code(s->voice.language));
        html_text(v->f, title);
        if (!text_equal(title, s->title)) {
                (void) fputs(" – ", v->f);
                html_text(v->f, s->title);
        }
        (void) fprintf(v->f,
                       "</title>\n<link rel=\"stylesheet\" href=\"/style.css?v=%s\">\n<link rel=\"icon\" type=\"image/svg+xml\" "
                       "href=\"/icon-%s.svg?v=%s\">\n"
                       "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/feed.atom\" title=\"",
                       v->assets, status_to_string(impact), v->assets);
        html_text(v->f, text_or(word_fill(v->arena, s->voice.language, WORD_FEED_TITLE, s->title), ""));
        (void) fputs("\">\n", v->f);
        if (v->forms) /* they look as those of the dashboard do */
                (void) fprintf(v->f, "<link rel=\"stylesheet\" href=\"/dashboard.css?v=%s\">\n", v->assets);
        else
                (void) fprintf(v->f, "<script src=\"/page.js?v=%s\" defer></script>\n", v->assets);
        (void) fprintf(v->f, "</head>\n<body>\n%s", sprite);
        show_top(v);
        (void) fprintf(v->f, "<main id=\"content\" tabindex=\"-1\" data-your-time=\"%s\" data-zone=\"%s\">\n", say(v, WORD_YOUR_TIME),
                       zone_name(s->voice.zone));
}

int show_foot(const View *v) {
        char offset[PHRASE_SIZE];
        const char *note, *name = zone_name(v->site->voice.zone);
        int r = 0;

        (void) phrase_offset(&v->site->voice, v->now, offset);
        note = strcmp(name, offset) == 0 ? name : arena_printf(v->arena, "%s (%s)", name, offset);
        note = note ? word_fill(v->arena, v->site->voice.language, WORD_ZONE_NOTE, note) : NULL;
        if (!note)
                return -ENOMEM;
        (void) fputs("</main>\n<footer>\n", v->f);
        if (v->site->footer) {
                (void) fputs("<div class=\"own\">", v->f);
                r = html_markdown(v->f, v->site->footer);
                (void) fputs("</div>\n", v->f);
        }
        (void) fprintf(v->f, "<p>%s", note);
        if (v->site->home) {
                (void) fputs(" <a href=\"", v->f);
                html_text(v->f, v->site->home);
                (void) fputs("\">", v->f);
                html_text(v->f, strstr(v->site->home, "://") + 3);
                (void) fputs("</a>", v->f);
        }
        (void) fputs("</p>\n</footer>\n</body>\n</html>\n", v->f);
        return r;
}

void show_time(const View *v, usec_t t, usec_t after) {
        char phrase[PHRASE_SIZE], stamp[RFC3339_SIZE];

        if (after > 0)
                (void) phrase_until(&v->site->voice, after, t, v->now, phrase);
        else
                (void) phrase_moment(&v->site->voice, t, v->now, phrase);
        (void) fprintf(v->f, "<time datetime=\"%s\">%s</time>", rfc3339_format(t - t % USEC_PER_SEC, stamp), phrase);
}

static void show_zone(const View *v, const char *offset) {
        (void) fprintf(v->f, " <span class=\"zone\">%s</span>", offset);
}

void show_period(const View *v, usec_t start, usec_t end, const char *kind) {
        char from[PHRASE_SIZE], to[PHRASE_SIZE], length[PHRASE_SIZE];
        bool changes = strcmp(phrase_offset(&v->site->voice, start, from), phrase_offset(&v->site->voice, end, to)) != 0;

        (void) fprintf(v->f, "<p class=\"when\" data-%s>", kind);
        show_time(v, start, 0);
        if (changes) /* of the clocks, in between: one time of day can come twice */
                show_zone(v, from);
        (void) fputs(" – ", v->f);
        show_time(v, end, start);
        show_zone(v, to);
        (void) fprintf(v->f, " <span class=\"length\">%s</span></p>\n",
                       *phrase_length(v->site->voice.language, usec_sub(end, start) + 30 * USEC_PER_SEC, length) == '<' ? "&lt; 1 min"
                                                                                                                        : length);
}

usec_t occasion_start(const Maintenance *m) {
        return m->started_at > 0 ? m->started_at : m->start;
}

usec_t occasion_end(const Maintenance *m) {
        return m->state == STATE_COMPLETED ? MAX(m->finished_at, occasion_start(m)) : MAX(m->end, occasion_start(m));
}

void show_affected(const View *v, const Occasion *o) {
        if (o->n_services == 0)
                return;
        (void) fprintf(v->f, "<p class=\"affected\"><span class=\"label\">%s</span> ", say(v, WORD_AFFECTED));
        for (size_t i = 0; i < o->n_services; i++) {
                (void) fputs("<span class=\"chip\">", v->f);
                html_text(v->f, o->services[i].name);
                (void) fputs(i + 1 < o->n_services ? "</span><span class=\"comma\">, </span>" : "</span>", v->f);
        }
        (void) fputs("</p>\n", v->f);
}

/* As much of @text as fits, up to the end of a paragraph, else of a word; the length. */
static size_t excerpt(const char *text, size_t most) {
        size_t n = strlen(text), paragraph = 0, space = 0;

        if (n <= most)
                return n;
        for (size_t i = 1; i < most; i++) {
                if (text[i] == '\n' && text[i - 1] == '\n')
                        paragraph = i;
                if (text[i] == ' ' || text[i] == '\n')
                        space = i;
        }
        if (paragraph > 0)
                return paragraph;
        for (n = space > 0 ? space : most; n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80;) /* not inside a character */
                n--;
        return n;
}

int show_text(const View *v, const Maintenance *m, const char *text, size_t most) {
        size_t n = excerpt(text, most);
        const char *part = text[n] ? arena_strndup(v->arena, text, n) : text;
        int r = part ? html_markdown(v->f, part) : -ENOMEM;

        if (text[n])
                (void) fprintf(v->f, "<p><a href=\"%s/maintenance/%s\">%s</a></p>", v->base ? v->base : "", m->id, say(v, WORD_READ_ON));
        return r;
}

/* The latest first. */
int show_updates_cut(const View *v, const Occasion *o, size_t most, size_t text_most) {
        size_t last = o->n_updates > most ? o->n_updates - most : 0;
        int r = 0;

        if (o->n_updates == 0)
                return 0;
        (void) fputs("<ol class=\"updates\">\n", v->f);
        for (size_t i = o->n_updates; i > last && r >= 0; i--) {
                const Update *u = &o->updates[i - 1];

                (void) fprintf(v->f, "<li><p class=\"meta\"><strong>%s</strong> ", word_state(v->site->voice.language, u->state));
                show_time(v, u->created_at, 0);
                (void) fputs("</p>\n", v->f);
                r = show_text(v, &o->m, u->message, text_most);
                (void) fputs("</li>\n", v->f);
        }
        (void) fputs("</ol>\n", v->f);
        return r;
}

const char *period_kind(State s) {
        static const char *const kinds[STATES] = {
                [STATE_SCHEDULED] = "to-come", [STATE_IN_PROGRESS] = "running", [STATE_COMPLETED] = "over", [STATE_CANCELLED] = "over",
        };

        return kinds[s];
}

void show_line(const View *v, const Occasion *o, unsigned level) {
        const Maintenance *m = &o->m;

        (void) fprintf(v->f, "<li class=\"line\"><h%u><a href=\"/maintenance/%s\">", level, m->id);
        html_text(v->f, m->title);
        (void) fprintf(v->f, "</a></h%u><span class=\"pill %s\">%s</span>\n", level, state_to_string(m->state),
                       word_state(v->site->voice.language, m->state));
        show_period(v, occasion_start(m), occasion_end(m), period_kind(m->state));
        (void) fputs("</li>\n", v->f);
}

int show_message(const View *v, Word title, Word text) {
        show_head(v, say(v, title), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p>%s</p>\n<p><a href=\"/\">%s</a></p>\n", say(v, title), say(v, text), say(v, WORD_STATUS));
        return show_foot(v);
}
