/*
 * Tidy: a manifest's text as a colleague would write it
 */
#include "ctl/tidy.h"

#include <string.h>

#include "base/text.h"
#include "ctl/words.h"
#include "manifest/edit.h"

#define EVER "36500d"                   /* any one-off is announced at once */

void tidy_put(FILE *f, Arena *a, const char *key, const char *value, bool text) {
        const char *scalar;

        if (!value)
                return;
        scalar = edit_scalar(a, value, text, 0, false);
        (void) fprintf(f, "%s: %s\n", key, text_or(scalar, "''"));
}

/* A block keeps its lines as they are, but for blanks before the first and tabs, of which some readers make something else. */
static bool fits_block(const char *text) {
        uint32_t c = 0;

        if (!strchr(text, '\n') || strchr(" \n", *text) || strchr(text, '\t'))
                return false;
        for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
                n = utf8_decode(text, left, &c);
                if (n == 0 || (c != '\n' && codepoint_hostile(c)))
                        return false;
        }
        return true;
}

void tidy_put_block(FILE *f, Arena *a, const char *key, const char *text) {
        char *copy = text && fits_block(text) ? arena_strdup(a, text) : NULL;

        if (!copy) {
                tidy_put(f, a, key, text, true);
                return;
        }
        (void) fprintf(f, "%s: |\n", key);
        for (char *at = copy, *line; (line = strsep(&at, "\n")) && (at || *line);)
                (void) fprintf(f, "%s%s\n", *line ? "  " : "", line);
}

void tidy_put_list(FILE *f, Arena *a, const char *key, const Strv *list) {
        (void) fprintf(f, "%s: [", key);
        for (size_t i = 0; i < list->n; i++)
                (void) fprintf(f, "%s%s", i ? ", " : "", text_or(edit_scalar(a, list->items[i], true, 0, true), "''"));
        (void) fputs("]\n", f);
}

static void put_reminders(FILE *f, const Notify *n, const char *sign) {
        char span[SPAN_SIZE];

        (void) fprintf(f, "%sreminders: [", sign);
        for (size_t i = 0; i < n->n_reminders; i++)
                (void) fprintf(f, "%s%s", i ? ", " : "", span_format(n->reminders[i], false, span));
        (void) fputc(']', f);
}

static void put_notify(FILE *f, const Notify *n, bool all) {
        const struct { const char *name; bool on; } flags[] = {
                { "scheduled", n->scheduled }, { "started", n->started }, { "completed", n->completed }, { "cancelled", n->cancelled }, { "updated", n->updated },
        };
        const char *sign = "notify: {";

        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                if (all || !flags[i].on) {
                        (void) fprintf(f, "%s%s: %s", sign, flags[i].name, flags[i].on ? "true" : "false");
                        sign = ", ";
                }
        put_reminders(f, n, sign); /* also that there are none: lint asks */
        (void) fputs("}\n", f);
}

static void put_window(FILE *f, Arena *a, const Tidy *t) {
        const Window *w = t->window;
        const char *only[] = { t->target };
        Strv targets = { .items = only, .n = 1 };

        tidy_put(f, a, "title", w->title, true);
        if (*w->body || t->all)
                tidy_put_block(f, a, "description", w->body);
        tidy_put(f, a, "start", words_local(a, t->zone, w->start), false);
        tidy_put(f, a, "end", words_local(a, t->zone, w->end), false);
        tidy_put(f, a, "timezone", zone_name(t->zone), false);
        if (w->services.n || t->all)
                tidy_put_list(f, a, "services", &w->services);
        if (w->impact != IMPACT_MAINTENANCE || t->all)
                tidy_put(f, a, "impact", impact_to_string(w->impact), false);
        put_notify(f, w->notify, t->all);
        if (!w->mute || t->all)
                tidy_put(f, a, "monitors", w->mute ? "pause" : "keep", false);
        if (w->end - w->start > USEC_PER_HOUR)
                (void) fputs("updates: []\n", f);
        if (w->floor != STATE_SCHEDULED)
                tidy_put(f, a, "state", state_to_string(w->floor), false);
        if (!w->auto_start)
                tidy_put(f, a, "auto_start", "false", false);
        if (!w->auto_complete)
                tidy_put(f, a, "auto_complete", "false", false);
        if (t->target)
                tidy_put_list(f, a, "targets", &targets);
        if (t->all)
                tidy_put(f, a, "announce", EVER, false);
}

const char *tidy_manifest(Arena *a, const Tidy *t) {
        auto_(free) char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        if (!f)
                return NULL;
        if (t->comment)
                (void) fprintf(f, "# %s\n", t->comment);
        put_window(f, a, t);
        return fclose(f) == 0 ? arena_strdup(a, text) : NULL;
}
