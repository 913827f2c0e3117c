/*
 * calendar: all windows as an iCalendar file, RFC 5545
 */
#include <libical/ical.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ahead.h"

#define DAYS 366u

static struct icaltimetype instant(usec_t t) {
        return icaltime_from_timet_with_zone((time_t) (t / USEC_PER_SEC), 0, icaltimezone_get_utc_timezone());
}

static icalcomponent *event(const Ctl *ctl, const AheadWindow *x) {
        static const icalproperty_status words[] = {
                [STATE_SCHEDULED] = ICAL_STATUS_CONFIRMED, [STATE_IN_PROGRESS] = ICAL_STATUS_CONFIRMED, [STATE_COMPLETED] = ICAL_STATUS_CONFIRMED,
                [STATE_CANCELLED] = ICAL_STATUS_CANCELLED,
        };
        char key[KEY_SIZE];
        auto_(free) char *uid = textf("%s@maintd", key_format(x->w->key, key)), *services = strdup("");
        icalcomponent *e = icalcomponent_new(ICAL_VEVENT_COMPONENT);

        for (size_t i = 0; i < x->w->services.n && services; i++) {
                char *more = textf("%s%s%s", services, i ? ", " : "", x->w->services.items[i]);

                free(services);
                services = more;
        }
        icalcomponent_add_property(e, icalproperty_new_uid(text_or(uid, "")));
        icalcomponent_add_property(e, icalproperty_new_dtstamp(instant(ctl->now)));
        icalcomponent_add_property(e, icalproperty_new_dtstart(instant(x->start)));
        icalcomponent_add_property(e, icalproperty_new_dtend(instant(x->end)));
        icalcomponent_add_property(e, icalproperty_new_summary(x->w->title));
        if (*x->w->body)
                icalcomponent_add_property(e, icalproperty_new_description(x->w->body));
        if (services && *services)
                icalcomponent_add_property(e, icalproperty_new_location(services));
        icalcomponent_add_property(e, icalproperty_new_status(words[x->state]));
        icalcomponent_add_property(e, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT));
        return e;
}

static bool print_calendar(const Ctl *ctl, const Ahead *a) {
        icalcomponent *c = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
        char *text;

        icalcomponent_add_property(c, icalproperty_new_version("2.0"));
        icalcomponent_add_property(c, icalproperty_new_prodid("-//maintd//maintctl " PROJECT_VERSION "//EN"));
        icalcomponent_add_property(c, icalproperty_new_method(ICAL_METHOD_PUBLISH));
        for (size_t i = 0; i < a->n; i++)
                icalcomponent_add_component(c, event(ctl, &a->list[i]));
        text = icalcomponent_as_ical_string_r(c);
        if (text)
                (void) fputs(text, stdout);
        icalcomponent_free(c);
        if (!text)
                return false;
        icalmemory_free_buffer(text);
        return true;
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
