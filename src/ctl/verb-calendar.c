/*
 * calendar: all windows as an iCalendar file, RFC 5545
 */
#include <string.h>

#include "base/icalendar.h"
#include "base/text.h"
#include "ctl/ahead.h"

#define DAYS 366u

static int write_event(const Ctl *ctl, const AheadWindow *x) {
        char key[KEY_SIZE];
        auto_(free) char *uid = textf("%s@maintd", key_format(x->w->key, key)), *services = strdup("");

        for (size_t i = 0; i < x->w->services.n && services; i++) {
                char *more = textf("%s%s%s", services, i ? ", " : "", x->w->services.items[i]);

                free(services);
                services = more;
        }
        if (!uid || !services)
                return -ENOMEM;
        /* Of a plan nobody knows when it was changed, so clients go by the time of writing. */
        ical_event(stdout, &(IcalEvent) { .uid = uid, .stamp = ctl->now, .sequence = -1, .start = x->start, .end = x->end,
                                          .cancelled = x->state == STATE_CANCELLED, .summary = x->w->title, .description = x->w->body,
                                          .location = services });
        return 0;
}

static bool print_calendar(const Ctl *ctl, const Ahead *a) {
        int r = 0;

        ical_begin(stdout, "-//maintd//maintctl " PROJECT_VERSION "//EN", NULL);
        for (size_t i = 0; i < a->n && r >= 0; i++)
                r = write_event(ctl, &a->list[i]);
        ical_end(stdout);
        return r >= 0;
}

int verb_calendar(Ctl *ctl) {
        usec_t until = usec_add(ctl->now, (ctl->days ? ctl->days : DAYS) * USEC_PER_DAY);
        auto_(site_free) Site *s = NULL;
        bool fine = true;
        Ahead a;

        if (local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0 || ahead_collect(ctl, s, ctl->now, until, WINDOWS_PER_MANIFEST_MAX, &a) < 0)
                return EXIT_FAILED;
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:o}", "windows", ahead_list(&a)));
        else
                fine = print_calendar(ctl, &a);
        ahead_done(&a);
        return fine ? EXIT_FINE : EXIT_FAILED;
}
