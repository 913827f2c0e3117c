/*
 * Follow: lines of the audit log as they come
 *
 * Asks the daemon for what comes after the last line, which it answers once there is something; nothing is polled. Ends by SIGINT or
 * SIGTERM, and when nobody reads any more: neither is a failure.
 */
#include <signal.h>
#include <sys/signalfd.h>

#include "base/text.h"
#include "ctl/history.h"

void history_print(const Ctl *ctl, const json_t *h) {
        auto_(free) char *what = history_what(h), *why = history_why(h);
        char at[ZONED_SIZE];

        if (ctl->json) {
                (void) json_dumpf(h, stdout, JSON_COMPACT);
                (void) putchar('\n');
        } else if (history_told(h))
                render_line(ctl, history_style(h), false, "%s  %s  %s  %s  %s", render_second(ctl, json_get_instant(h, "at"), at), text_or(json_get(h, "window"), "-"),
                            text_or(json_get(h, "target"), "-"), text_or(what, "?"), text_or(why, ""));
}

static int stop_signals(void) {
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        return signalfd(-1, &set, SFD_CLOEXEC);
}

int history_follow(const Ctl *ctl, const char *id, json_int_t after) {
        auto_(close) int stop = stop_signals();

        if (stop < 0) {
                (void) fprintf(stderr, "maintctl: %m\n");
                return EXIT_FAILED;
        }
        for (;;) {
                json_t *doc = NULL, *h;
                size_t i;
                int r = ctl_ask_until(ctl, json_pack("{s:s, s:s?, s:I, s:b, s:o*}", "verb", "history", "id", id, "after", after, "follow", 1, "labels", ctl_labels(ctl)),
                                      stop, &doc);

                if (r == -ECANCELED)
                        return EXIT_FINE;
                if (r == 0)
                        (void) fprintf(stderr, "maintctl: maintd does not run here: there is nothing to follow\n");
                if (r <= 0)
                        return EXIT_FAILED;
                json_array_foreach(json_object_get(doc, "history"), i, h) {
                        history_print(ctl, h);
                        after = MAX(after, json_integer_value(json_object_get(h, "seq")));
                }
                json_decref(doc);
                if (fflush(stdout) != 0)
                        return EXIT_FINE; /* main() knows why */
        }
}
