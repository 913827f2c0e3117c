/*
 * why: how a window came to be as it is
 *
 * The chain from a commit to what the public sees: file and line, the window, and at each target what was asked for which reason,
 * and what was answered.
 */
#include <string.h>

#include "base/text.h"
#include "ctl/named.h"
#include "ctl/render.h"

#define LINES_SHOWN 12u         /* of a target */

/* What runs, else what comes next, else what was last. */
static const json_t *choose(const json_t *windows) {
        const json_t *best = NULL;
        size_t i;
        json_t *w;

        json_array_foreach((json_t *) windows, i, w) {
                bool better = !best || (json_is_over(best) && !json_is_over(w)) || (!json_is_over(w) && text_equal(json_get(w, "state"), "in_progress")) ||
                              (json_is_over(best) && json_is_over(w) && json_get_instant(w, "start") > json_get_instant(best, "start"));

                if (better)
                        best = w;
        }
        return best;
}

static void print_origin(const Ctl *ctl, const json_t *w) {
        const char *zone = json_get(w, "timezone"), *source = json_get(w, "source");
        char start[ZONED_SIZE], end[ZONED_SIZE], at[ZONED_SIZE], rel[RELATIVE_SIZE];
        usec_t withdraw = json_get_instant(w, "withdraw_at"), next = json_get_instant(json_object_get(w, "next"), "at");

        render_line(ctl, STYLE_BOLD, false, "%s: %s%s%s", json_get(w, "window"), json_get(w, "state"), *json_get(w, "title") ? ", " : "", json_get(w, "title"));
        if (*json_get(w, "file"))
                render_line(ctl, "", false, "  says      %s:%d%s", json_get(w, "file"), (int) json_integer_value(json_object_get(w, "line")),
                            text_equal(source, "last-good") ? ", refused as it stands now: this is its last good version" : "");
        if (text_equal(source, "missing") || withdraw)
                render_line(ctl, STYLE_YELLOW, false, "  says      nothing any more: its manifest is gone, withdrawn %s", render_relative(withdraw, ctl->now, rel));
        render_line(ctl, "", false, "  from      %s", render_instant(ctl, json_get_instant(w, "start"), zone, start));
        render_line(ctl, "", false, "  to        %s", render_instant(ctl, json_get_instant(w, "end"), zone, end));
        render_line(ctl, "", false, "  should be %s", json_get(w, "wanted"));
        if (next)
                render_line(ctl, "", false, "  next      %s at %s (%s)", json_get(json_object_get(w, "next"), "what"), render_instant(ctl, next, zone, at),
                            render_relative(next, ctl->now, rel));
}

static void print_step(const Ctl *ctl, const json_t *h) {
        const char *kind = json_get(h, "kind"), *verdict = json_get(h, "verdict"), *commit = json_get(h, "commit"), *file = json_get(h, "file");
        bool asked = text_equal(kind, "intent"), answered = text_equal(kind, "outcome");
        json_int_t late = json_integer_value(json_object_get(h, "late_usec"));
        usec_t due = json_get_instant(h, "due");
        char at[ZONED_SIZE], when[ZONED_SIZE], span[SPAN_SIZE];
        auto_(free) char *origin = *file ? textf(" from %s:%d", file, (int) json_integer_value(json_object_get(h, "line"))) : strdup("");

        if (asked)
                render_line(ctl, "", false, "  %s  asked to %s: %s%s%s%s%s%.12s%s", render_second(ctl, json_get_instant(h, "at"), at), json_get(h, "action"), json_get(h, "text"),
                            due ? ", due " : "", render_second(ctl, due, when), text_or(origin, ""), *commit ? " [" : "", commit, *commit ? "]" : "");
        else if (answered)
                render_line(ctl, text_equal(verdict, "done") ? STYLE_GREEN : STYLE_YELLOW, false, "  %s  %s: %s%s%s", render_second(ctl, json_get_instant(h, "at"), at),
                            verdict, json_get(h, "text"), late >= (json_int_t) USEC_PER_SEC ? ", late by " : "",
                            late >= (json_int_t) USEC_PER_SEC ? span_format((usec_t) late - (usec_t) late % USEC_PER_SEC, true, span) : "");
        else
                render_line(ctl, STYLE_DIM, false, "  %s  %s%s%s%.12s%s", render_second(ctl, json_get_instant(h, "at"), at), json_get(h, "text"), text_or(origin, ""),
                            *commit ? " [" : "", commit, *commit ? "]" : "");
}

/* Those of @target; "": those about the manifest, at no target. */
static void print_steps(const Ctl *ctl, const json_t *history, const char *target) {
        size_t i, n = 0, skip;
        json_t *h;

        json_array_foreach((json_t *) history, i, h)
                n += text_equal(json_get(h, "target"), target);
        skip = n > LINES_SHOWN ? n - LINES_SHOWN : 0;
        if (skip)
                render_line(ctl, STYLE_DIM, false, "  … %zu earlier: maintctl history", skip);
        json_array_foreach((json_t *) history, i, h)
                if (text_equal(json_get(h, "target"), target) && (skip == 0 || skip-- == 0))
                        print_step(ctl, h);
}

static void print_target(const Ctl *ctl, const json_t *t, const json_t *history) {
        const char *problem = json_get(t, "problem"), *id = json_get(t, "remote_id");
        bool trouble = json_is_true(json_object_get(t, "trouble"));

        (void) putchar('\n');
        render_line(ctl, trouble ? STYLE_YELLOW : STYLE_BOLD, false, "%s: %s%s%s%s%s%s%s", json_get(t, "target"), json_get(t, "sync"), *problem ? ", " : "", problem,
                    *json_get(t, "state") ? ", it is " : ", nothing of it is there", json_get(t, "state"), *id ? " as " : "", id);
        print_steps(ctl, history, json_get(t, "target"));
}

int verb_why(Ctl *ctl) {
        json_t *status = NULL, *history = NULL, *lines, *t;
        const json_t *w;
        char key[KEY_SIZE];
        size_t i;

        if (named_document(ctl, &named_status, ctl->args[0], false, NULL, &status) <= 0)
                return EXIT_FAILED;
        w = choose(json_object_get(status, "windows"));
        (void) snprintf(key, sizeof(key), "%s", json_get(w, "window"));
        if (history_document(ctl, key, false, HISTORY_SHOWN, &history) < 0) {
                json_decref(status);
                return EXIT_FAILED;
        }
        lines = json_object_get(history, "history");
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:O, s:O}", "window", w, "history", lines));
        else {
                print_origin(ctl, w);
                print_steps(ctl, lines, "");
                json_array_foreach(json_object_get(w, "targets"), i, t)
                        print_target(ctl, t, lines);
                if (i == 0)
                        render_line(ctl, STYLE_DIM, false, "nothing was told to any target yet");
        }
        json_decref(status);
        json_decref(history);
        return EXIT_FINE;
}
