/*
 * The pages of subscribing
 */
#include "page/show/subscribe.h"

#include "page/show/html.h"

static void show_choice(const View *v, const Service *services, size_t n) {
        (void) fprintf(v->f, "<fieldset>\n<legend>%s</legend>\n", say(v, WORD_ONLY_SERVICES));
        for (size_t i = 0; i < n; i++) {
                (void) fprintf(v->f, "<label><input type=\"checkbox\" name=\"service\" value=\"%s\"> ", services[i].id);
                html_text(v->f, services[i].name);
                (void) fputs("</label>\n", v->f);
        }
        (void) fputs("</fieldset>\n", v->f);
}

int show_subscribe(const View *v, const Service *services, size_t n, const char *refused) {
        show_head(v, say(v, WORD_SUBSCRIBE), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p>%s</p>\n<form class=\"subscribe\" method=\"post\" action=\"/subscribe\">\n", say(v, WORD_SUBSCRIBE), say(v, WORD_SUBSCRIBE_LONG));
        if (refused)
                (void) fprintf(v->f, "<p class=\"wrong\" id=\"wrong\" role=\"alert\">%s</p>\n", say(v, WORD_ADDRESS_WRONG));
        (void) fprintf(v->f, "<p><label for=\"address\">%s</label> <input type=\"email\" id=\"address\" name=\"address\" required autocomplete=\"email\" maxlength=\"%u\"%s value=\"",
                       say(v, WORD_ADDRESS), PAGE_MAILBOX_MAX, refused ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "");
        html_text(v->f, refused ? refused : "");
        (void) fputs("\"></p>\n", v->f);
        if (n > 0)
                show_choice(v, services, n);
        (void) fprintf(v->f, "<p><button type=\"submit\">%s</button></p>\n</form>\n", say(v, WORD_SUBSCRIBE));
        return show_foot(v);
}

int show_question(const View *v, Word title, const char *text, Word button) {
        if (!text)
                return -ENOMEM;
        show_head(v, say(v, title), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p>", say(v, title));
        html_text(v->f, text);
        (void) fprintf(v->f, "</p>\n<form class=\"subscribe\" method=\"post\">\n<p><button type=\"submit\">%s</button></p>\n</form>\n", say(v, button));
        return show_foot(v);
}
