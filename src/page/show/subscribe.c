/*
 * The pages of subscribing
 */
#include "page/show/subscribe.h"

#include <string.h>

#include "page/show/html.h"

static bool is_ticked(const char *id, const Refused *back) {
        for (size_t i = 0; back && i < back->n_ticked; i++)
                if (strcmp(back->ticked[i], id) == 0)
                        return true;
        return false;
}

static bool is_wrong(const Refused *back, Word w) {
        return back && back->why == w;
}

static void show_wrong(const View *v, const Refused *back, Word w) {
        if (is_wrong(back, w))
                (void) fprintf(v->f, "<p class=\"wrong\" id=\"wrong\" role=\"alert\">%s</p>\n", say(v, w));
}

/* Where all services have gone since, what was wrong with those of the form is still said. */
static void show_choice(const View *v, const Service *services, size_t n, const Refused *back) {
        if (n == 0) {
                show_wrong(v, back, WORD_SERVICES_WRONG);
                return;
        }
        (void) fprintf(v->f, "<fieldset%s>\n<legend>%s</legend>\n", is_wrong(back, WORD_SERVICES_WRONG) ? " aria-describedby=\"wrong\"" : "", say(v, WORD_ONLY_SERVICES));
        show_wrong(v, back, WORD_SERVICES_WRONG);
        (void) fputs("<div class=\"boxes\">\n", v->f);
        for (size_t i = 0; i < n; i++) {
                (void) fprintf(v->f, "<label class=\"box\"><input type=\"checkbox\" name=\"service\" value=\"%s\"%s> ", services[i].id,
                               is_ticked(services[i].id, back) ? " checked" : "");
                html_text(v->f, services[i].name);
                (void) fputs("</label>\n", v->f);
        }
        (void) fputs("</div>\n</fieldset>\n", v->f);
}

int show_subscribe(const View *v, const Service *services, size_t n, const Refused *back) {
        show_head(v, say(v, WORD_SUBSCRIBE), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p class=\"lead\">%s</p>\n<form class=\"form\" method=\"post\" action=\"/subscribe\">\n", say(v, WORD_SUBSCRIBE), say(v, WORD_SUBSCRIBE_LONG));
        (void) fprintf(v->f, "<div class=\"field\">\n<label for=\"address\">%s</label>\n", say(v, WORD_ADDRESS));
        show_wrong(v, back, WORD_ADDRESS_WRONG);
        (void) fprintf(v->f, "<input type=\"email\" id=\"address\" name=\"address\" required autocomplete=\"email\" maxlength=\"%u\"%s value=\"", PAGE_MAILBOX_MAX,
                       is_wrong(back, WORD_ADDRESS_WRONG) ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "");
        html_text(v->f, back ? back->address : "");
        (void) fputs("\">\n</div>\n", v->f);
        show_choice(v, services, n, back);
        (void) fprintf(v->f, "<p class=\"buttons\"><button type=\"submit\" class=\"main\">%s</button></p>\n</form>\n", say(v, WORD_SUBSCRIBE));
        return show_foot(v);
}

int show_question(const View *v, Word title, const char *text, Word button) {
        if (!text)
                return -ENOMEM;
        show_head(v, say(v, title), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p>", say(v, title));
        html_text(v->f, text);
        (void) fprintf(v->f, "</p>\n<form class=\"form\" method=\"post\">\n<p class=\"buttons\"><button type=\"submit\" class=\"main\">%s</button></p>\n</form>\n", say(v, button));
        return show_foot(v);
}
