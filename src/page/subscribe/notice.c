/*
 * Notices: what a subscriber is sent, as a mail or as JSON
 */
#include "page/subscribe/notice.h"

#include <inttypes.h>
#include <nettle/hmac.h>
#include <string.h>

#include "base/text.h"
#include "page/rest/json.h"
#include "page/show/html.h"
#include "page/subscribe/mail.h"

const char *notice_sign(const char *secret, const void *body, size_t n, char ret[static SIGNATURE_SIZE]) {
        unsigned char digest[SHA256_DIGEST_SIZE];
        struct hmac_sha256_ctx ctx;

        hmac_sha256_set_key(&ctx, strlen(secret), (const uint8_t *) secret);
        hmac_sha256_update(&ctx, n, body);
        hmac_sha256_digest(&ctx, sizeof(digest), digest);
        for (size_t i = 0; i < sizeof(digest); i++)
                (void) snprintf(ret + 2 * i, 3, "%02x", digest[i]);
        explicit_bzero(&ctx, sizeof(ctx));
        return ret;
}

int notice_json(FILE *f, const Notice *n) {
        const Occasion *o = n->about;
        json_t *m = maintenance_to_json(&o->m, o->services, o->n_services, o->updates, o->n_updates), *body;
        const char *event = arena_printf(n->arena, "maintenance.%s", n->kind), *id = arena_printf(n->arena, "evt_%" PRIi64, n->event);
        const char *url = n->site->url ? arena_printf(n->arena, "%s/maintenance/%s", n->site->url, o->m.id) : NULL;
        char at[STAMP_SIZE];
        int r;

        (void) json_object_del(m, "external_id");
        (void) json_object_del(m, "owner");
        body = event && id && m ? json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:{s:o}}", "event", event, "id", id, "timestamp", stamp_format(n->at, at), "text", n->text,
                                            "message", n->message, "url", url, "data", "maintenance", m)
                                : NULL;
        if (!body) {
                if (!event || !id)
                        json_decref(m);
                return -ENOMEM;
        }
        r = json_dumpf(body, f, JSON_COMPACT) == 0 ? 0 : -ENOMEM;
        json_decref(body);
        return r;
}

/* The two bodies of a mail in the making. */
typedef struct Bodies {
        const Site *site;
        char *plain, *rich;             /* owned, once closed */
        size_t n_plain, n_rich;
        FILE *text, *html;
} Bodies;

static int bodies_open(Bodies *b, const Site *site) {
        *b = (Bodies) { .site = site };
        b->text = open_memstream(&b->plain, &b->n_plain);
        b->html = b->text ? open_memstream(&b->rich, &b->n_rich) : NULL;
        if (b->html) {
                (void) fprintf(b->html, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n", language_code(site->voice.language));
                return 0;
        }
        if (b->text)
                (void) fclose(b->text);
        free(b->plain);
        return -ENOMEM;
}

static void body_heading(Bodies *b, const char *text) {
        (void) fprintf(b->text, "%s\n\n", text);
        (void) fputs("<h1>", b->html);
        html_text(b->html, text);
        (void) fputs("</h1>\n", b->html);
}

static int body_markdown(Bodies *b, const char *text) {
        if (!text || !*text)
                return 0;
        (void) fprintf(b->text, "%s\n\n", text);
        return html_markdown(b->html, text);
}

static void body_line(Bodies *b, const char *label, const char *text) {
        (void) fprintf(b->text, "%s: %s\n", label, text);
        (void) fprintf(b->html, "<p><strong>%s:</strong> ", label);
        html_text(b->html, text);
        (void) fputs("</p>\n", b->html);
}

static void body_paragraph(Bodies *b, const char *text) {
        (void) fprintf(b->text, "%s\n\n", text);
        (void) fputs("<p>", b->html);
        html_text(b->html, text);
        (void) fputs("</p>\n", b->html);
}

static void body_link(Bodies *b, const char *label, const char *url) {
        (void) fprintf(b->text, "%s: %s\n", label, url);
        (void) fputs("<p><a href=\"", b->html);
        html_text(b->html, url);
        (void) fprintf(b->html, "\">%s</a></p>\n", label);
}

/* Closes both and writes the mail. */
static int bodies_send(Bodies *b, FILE *f, Mail *m, int r) {
        int closed;

        (void) fputs("</body>\n</html>\n", b->html);
        closed = fclose(b->text);
        closed = fclose(b->html) | closed;
        if (r >= 0 && closed != 0)
                r = -ENOMEM;
        if (r >= 0) {
                m->from_name = b->site->title;
                m->from = b->site->notices.mail_from;
                m->text = b->plain;
                m->html = b->rich;
                mail_write(f, m);
        }
        free(b->plain);
        free(b->rich);
        return r;
}

/* "Mon, Feb 1, 2:00 AM – 4:00 AM CET (Europe/Vienna)"; where the clocks are changed in between, the first has its own "CEST". */
static const char *period(const Notice *n) {
        const Maintenance *m = &n->about->m;
        const Voice *v = &n->site->voice;
        char from[PHRASE_SIZE], to[PHRASE_SIZE], first[PHRASE_SIZE], last[PHRASE_SIZE];
        const char *name = zone_name(v->zone);
        bool changes = strcmp(phrase_offset(v, m->start, first), phrase_offset(v, m->end, last)) != 0;

        return arena_printf(n->arena, strcmp(name, last) == 0 ? "%s%s%s – %s %s" : "%s%s%s – %s %s (%s)", phrase_moment(v, m->start, n->at, from),
                            changes ? " " : "", changes ? first : "", phrase_until(v, m->start, m->end, n->at, to), last, name);
}

static const char *names(Arena *a, const Service *services, size_t n) {
        const char *text = "";

        for (size_t i = 0; i < n && text; i++)
                text = arena_printf(a, "%s%s%s", text, i > 0 ? ", " : "", services[i].name);
        return text;
}

/*
 * In English, the sentence that webhooks are told, too. Another language has words of its own, and what it says of times it says in the
 * page's zone. An update without a message is the one that tells somebody that the window does not affect them any more.
 */
static const char *headline(const Notice *n) {
        static const bool about_times[EVENT_KINDS] = { [EVENT_SCHEDULED] = true, [EVENT_REMINDER] = true, [EVENT_UPDATED] = true, [EVENT_RESCHEDULED] = true };
        Language l = n->site->voice.language;
        const char *text, *when;
        EventKind kind = 0;

        if (l == LANGUAGE_EN)
                return n->text;
        while (kind < EVENT_UPDATE && strcmp(event_to_string(kind), n->kind) != 0)
                kind++;
        text = word_fill(n->arena, l, kind == EVENT_UPDATE && !n->message ? WORD_TOLD_LEFT_OUT : word_told(kind), n->about->m.title);
        when = text && about_times[kind] ? period(n) : NULL;
        return when ? arena_printf(n->arena, "%s · %s", text, when) : text;
}

static int notice_body(Bodies *b, const Notice *n, const char *subject, const char *leave) {
        const Occasion *o = n->about;
        Language l = n->site->voice.language;
        const char *when = period(n), *affected = names(n->arena, o->services, o->n_services), *why = word_fill(n->arena, l, WORD_MAIL_WHY, n->to->endpoint);
        const char *url = arena_printf(n->arena, "%s/maintenance/%s", n->site->url, o->m.id);
        int r;

        if (!when || !affected || !why || !url)
                return -ENOMEM;
        body_heading(b, subject);
        r = body_markdown(b, n->message);
        if (r < 0)
                return r;
        body_line(b, word(l, WORD_MAIL_WINDOW), o->m.title);
        body_line(b, word(l, WORD_PLANNED), when);
        if (*affected)
                body_line(b, word(l, WORD_AFFECTED), affected);
        (void) fputs("\n", b->text);
        r = body_markdown(b, o->m.description);
        body_link(b, word(l, WORD_READ_ON), url);
        (void) fputs("\n-- \n", b->text);
        (void) fputs("<hr>\n", b->html);
        body_paragraph(b, why);
        body_link(b, word(l, WORD_UNSUBSCRIBE), leave);
        return r;
}

static const char *domain_of(const char *mailbox) {
        return strrchr(mailbox, '@') + 1;
}

int notice_mail(FILE *f, const Notice *n) {
        const char *leave = arena_printf(n->arena, "%s/unsubscribe/%s", n->site->url, n->to->leave);
        const char *id = arena_printf(n->arena, "event-%" PRIi64 ".%s@%s", n->event, n->to->id, domain_of(n->site->notices.mail_from));
        Mail m = { .to = n->to->endpoint, .subject = headline(n), .message_id = id, .leave = leave, .date = n->at };
        Bodies b;
        int r = leave && id && m.subject ? bodies_open(&b, n->site) : -ENOMEM;

        return r < 0 ? r : bodies_send(&b, f, &m, notice_body(&b, n, m.subject, leave));
}

int notice_question(FILE *f, Arena *a, const Site *site, const char *to, const char *token, int64_t wish, usec_t at) {
        Language l = site->voice.language;
        const char *url = arena_printf(a, "%s/subscribe/confirm/%s", site->url, token), *text = word_fill(a, l, WORD_MAIL_QUESTION_LONG, to);
        const char *id = arena_printf(a, "wish-%" PRIi64 ".%" PRIu64 "@%s", wish, at, domain_of(site->notices.mail_from));
        Mail m = { .to = to, .subject = word_fill(a, l, WORD_MAIL_QUESTION, site->title), .message_id = id, .date = at };
        Bodies b;
        int r = url && text && id && m.subject ? bodies_open(&b, site) : -ENOMEM;

        if (r < 0)
                return r;
        body_heading(&b, m.subject);
        body_paragraph(&b, text);
        body_link(&b, word(l, WORD_MAIL_CONFIRM), url);
        (void) fputs("\n", b.text);
        body_paragraph(&b, word(l, WORD_MAIL_IGNORE));
        return bodies_send(&b, f, &m, 0);
}
