/*
 * next: what runs and what comes, in one line, for a prompt or a motd
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ahead.h"
#include "ctl/render.h"

#define LOOK_AHEAD (400 * USEC_PER_DAY)

/* "5min"; less than a minute is "less than 1min". */
static const char *span_short(usec_t t, char buf[static SPAN_SIZE]) {
        return t < USEC_PER_MINUTE ? "less than 1min" : span_format(t - t % USEC_PER_MINUTE, true, buf);
}

static void say_running(const Ctl *ctl, FILE *f, const AheadWindow *first, size_t n) {
        char key[KEY_SIZE], until[ZONED_SIZE], span[SPAN_SIZE];

        if (n > 1)
                (void) fprintf(f, "%zu windows run, %s", n, key_format(first->w->key, key));
        else
                (void) fprintf(f, "%s runs", key_format(first->w->key, key));
        if (first->w->end <= ctl->now)
                (void) fprintf(f, " past its end at %s", render_instant(ctl, first->w->end, first->w->timezone, until));
        else
                (void) fprintf(f, " until %s, %s more", render_instant(ctl, first->end, first->w->timezone, until), span_short(first->end - ctl->now, span));
}

int verb_next(Ctl *ctl) {
        auto_(site_free) Site *s = NULL;
        const AheadWindow *running = NULL, *next = NULL;
        char key[KEY_SIZE], at[ZONED_SIZE], span[SPAN_SIZE];
        auto_(free) char *line = NULL;
        Ahead a;
        size_t n = 0, size;
        FILE *f;

        if (local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0 || ahead_collect(ctl, s, ctl->now, usec_add(ctl->now, LOOK_AHEAD), 8, &a) < 0)
                return EXIT_FAILED;
        for (size_t i = 0; i < a.n; i++) {
                const AheadWindow *x = &a.list[i];

                if (x->state == STATE_IN_PROGRESS) {
                        n++;
                        running = running && running->end <= x->end ? running : x;
                } else if (!next && x->state == STATE_SCHEDULED && x->start > ctl->now)
                        next = x;
        }
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:i, s:o, s:o}", "running", (int) n, "ends_first", running ? ahead_json(running) : json_null(), "next",
                                               next ? ahead_json(next) : json_null()));
        else if ((f = open_memstream(&line, &size))) {
                if (running)
                        say_running(ctl, f, running, n);
                if (next)
                        (void) fprintf(f, "%s%s starts in %s (%s)", running ? "; " : "", key_format(next->w->key, key), span_short(next->start - ctl->now, span),
                                       render_instant(ctl, next->start, next->w->timezone, at));
                if (!running && !next)
                        (void) fputs("no maintenance ahead", f);
                (void) fclose(f);
                (void) puts(text_or(line, "")); /* one line, however long: it is for a prompt */
        }
        ahead_done(&a);
        return EXIT_FINE;
}
