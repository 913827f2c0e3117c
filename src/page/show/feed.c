/*
 * What programs read: the feed and the calendar
 */
#include "page/show/feed.h"

#include <string.h>

#include "base/icalendar.h"
#include "base/text.h"
#include "page/auth.h"
#include "page/show/html.h"

/* An id that is the same for ever and wherever the page is reached: RFC 9562 §5.8, made of our own id. */
static void write_uuid(FILE *f, const char *id) {
        unsigned char hash[SHA256_SIZE];

        sha256(id, strlen(id), hash);
        hash[6] = (unsigned char) ((hash[6] & 0x0f) | 0x80);
        hash[8] = (unsigned char) ((hash[8] & 0x3f) | 0x80);
        (void) fputs("urn:uuid:", f);
        for (size_t i = 0; i < 16; i++)
                (void) fprintf(f, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", hash[i]);
}

static const char *base_url(const View *v) {
        return v->site->url ? v->site->url : "";
}

/* XML 1.0 has no way to write these, and a feed with one of them cannot be read at all; the API refuses most of them. */
static void xml_text(FILE *f, const char *s) {
        size_t left = strlen(s), n;
        uint32_t c;

        for (; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0 || c == 0xfffe || c == 0xffff || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
                        (void) fputs("\xef\xbf\xbd", f);
                        n = MAX(n, (size_t) 1);
                } else
                        html_text_n(f, s, n);
        }
}

/* The HTML of an entry, which is text to Atom: escaped as a whole. */
static int entry_html(const View *v, const Occasion *o, char **ret) {
        View inner = *v;
        char *html = NULL;
        size_t n = 0;
        int r;

        inner.f = open_memstream(&html, &n);
        if (!inner.f)
                return -errno;
        inner.base = base_url(v);
        show_period(&inner, occasion_start(&o->m), occasion_end(&o->m), "over");
        r = html_markdown(inner.f, o->m.description);
        show_affected(&inner, o);
        if (r >= 0)
                r = show_updates_cut(&inner, o, ENTRY_UPDATES, ENTRY_UPDATE_BYTES);
        if (fclose(inner.f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0) {
                free(html);
                return r;
        }
        *ret = html;
        return 0;
}

static int feed_entry(const View *v, const Occasion *o) {
        const Maintenance *m = &o->m;
        auto_(free) char *html = NULL;
        char stamp[RFC3339_SIZE];
        int r = entry_html(v, o, &html);

        if (r < 0)
                return r;
        (void) fputs("<entry>\n<id>", v->f);
        write_uuid(v->f, m->id);
        (void) fprintf(v->f, "</id>\n<title>%s: ", word_state(v->site->voice.language, m->state));
        xml_text(v->f, m->title);
        (void) fprintf(v->f,
                       "</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"%s/maintenance/%s\"/>\n<published>%s</published>\n",
                       base_url(v), m->id, rfc3339_format(m->created_at, stamp));
        (void) fprintf(v->f, "<updated>%s</updated>\n<content type=\"html\">", rfc3339_format(m->updated_at, stamp));
        xml_text(v->f, text_or(html, ""));
        (void) fputs("</content>\n</entry>\n", v->f);
        return 0;
}

int feed_write(const View *v, const Occasions *list) {
        usec_t updated = list->n > 0 ? 0 : v->now - v->now % USEC_PER_DAY; /* there is nothing in it yet: not another feed each minute */
        char stamp[RFC3339_SIZE];
        int r = 0;

        for (size_t i = 0; i < list->n; i++)
                updated = MAX(updated, list->items[i].m.updated_at);
        (void) fprintf(v->f,
                       "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n<id>",
                       language_code(v->site->voice.language));
        write_uuid(v->f, v->site->url ? v->site->url : v->site->title);
        (void) fputs("</id>\n<title>", v->f);
        xml_text(v->f, text_or(word_fill(v->arena, v->site->voice.language, WORD_FEED_TITLE, v->site->title), ""));
        (void) fprintf(v->f, "</title>\n<author><name>");
        xml_text(v->f, v->site->title);
        (void) fprintf(
                v->f,
                "</name></author>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"%s/feed.atom\"/>\n"
                "<link rel=\"alternate\" type=\"text/html\" href=\"%s/\"/>\n<updated>%s</updated>\n<generator>maintd-page</generator>\n",
                base_url(v), base_url(v), rfc3339_format(updated, stamp));
        for (size_t i = 0; i < list->n && r >= 0; i++)
                r = feed_entry(v, &list->items[i]);
        (void) fputs("</feed>\n", v->f);
        return r;
}

static const char *service_names(const View *v, const Occasion *o) {
        const char *text = "";

        for (size_t i = 0; i < o->n_services && text; i++)
                text = arena_printf(v->arena, "%s%s%s", text, i > 0 ? ", " : "", o->services[i].name);
        return text;
}

static void calendar_event(const View *v, const Occasion *o) {
        const Maintenance *m = &o->m;
        IcalEvent e = {
                .stamp = m->updated_at,
                .created = m->created_at,
                .sequence = m->version - 1,
                .start = occasion_start(m),
                .end = occasion_end(m),
                .cancelled = m->state == STATE_CANCELLED,
                .summary = m->title,
                .description = m->description,
                .location = service_names(v, o),
        };

        e.uid = text_or(arena_printf(v->arena, "%s@maintd-page", m->id), m->id);
        e.url = v->site->url ? arena_printf(v->arena, "%s/maintenance/%s", v->site->url, m->id) : NULL;
        ical_event(v->f, &e);
}

void calendar_write(const View *v, const Occasions *list) {
        ical_begin(v->f, "-//maintd//maintd-page " PROJECT_VERSION "//EN",
                   word_fill(v->arena, v->site->voice.language, WORD_FEED_TITLE, v->site->title));
        for (size_t i = 0; i < list->n; i++)
                calendar_event(v, &list->items[i]);
        ical_end(v->f);
}
