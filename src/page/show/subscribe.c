/*
 * The pages of subscribing
 */
#include "page/show/subscribe.h"

#include <string.h>

#include "page/show/html.h"

static bool is_ticked(const char *id, const char *const *ticked, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(ticked[i], id) == 0)
                        return true;
        return false;
}

static void show_choice(const View *v, const Service *services, size_t n, const char *const *ticked, size_t n_ticked) {
        (void) fprintf(v->f, "<fieldset>\n<legend>%s</legend>\n<div class=\"boxes\">\n", say(v, WORD_ONLY_SERVICES));
        for (size_t i = 0; i < n; i++) {
                (void) fprintf(v->f, "<label class=\"box\"><input type=\"checkbox\" name=\"service\" value=\"%s\"%s> ", services[i].id,
                               is_ticked(services[i].id, ticked, n_ticked) ? " checked" : "");
                html_text(v->f, services[i].name);
                (void) fputs("</label>\n", v->f);
        }
        (void) fputs("</div>\n</fieldset>\n", v->f);
}

int show_subscribe(const View *v, const Service *services, size_t n, const char *refused, const char *const *ticked, size_t n_ticked) {
        show_head(v, say(v, WORD_SUBSCRIBE), IMPACT_OPERATIONAL);
        (void) fprintf(v->f, "<h1>%s</h1>\n<p class=\"lead\">%s</p>\n<form class=\"form\" method=\"post\" action=\"/subscribe\">\n", say(v, WORD_SUBSCRIBE), say(v, WORD_SUBSCRIBE_LONG));
        (void) fprintf(v->f, "<div class=\"field\">\n<label for=\"address\">%s</label>\n", say(v, WORD_ADDRESS));
        if (refused)
                (void) fprintf(v->f, "<p class=\"wrong\" id=\"wrong\" role=\"alert\">%s</p>\n", say(v, WORD_ADDRESS_WRONG));
        (void) fprintf(v->f, "<input type=\"email\" id=\"address\" name=\"address\" required autocomplete=\"email\" maxlength=\"%u\"%s value=\"", PAGE_MAILBOX_MAX,
                       refused ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "");
        html_text(v->f, refused ? refused : "");
        (void) fputs("\">\n</div>\n", v->f);
        if (n > 0)
                show_choice(v, services, n, ticked, n_ticked);
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
