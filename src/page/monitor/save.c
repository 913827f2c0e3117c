/*
 * What checks have seen becomes rows
 */
#include "page/monitor/save.h"

#include "base/log.h"
#include "base/text.h"

static int save_all(Store *s, Agenda *agenda, usec_t now) {
        bool settled = false;
        int r = 0;

        for (Due *d = NULL; r >= 0 && (d = agenda_unsaved_after(agenda, d));) {
                r = store_monitor_seen(s, &d->m, &d->tally);
                settled = settled || d->settled;
        }
        return r >= 0 && settled ? store_states_record(s, now) : r;
}

static void tell(const Due *d) {
        auto_(free) char *name = text_printable(d->m.name, 80);
        const char *state = monitor_state_to_string(d->m.state);

        log_plain(d->m.state == MONITOR_DOWN ? LOG_WARNING : LOG_NOTICE, "monitor %s '%s' is now %s%s%s", d->m.id, name ? name : "", state,
                  *d->m.problem ? ": " : "", d->m.problem);
}

int monitors_save(Store *s, Agenda *agenda, usec_t now) {
        int r;

        if (!agenda || !agenda_unsaved(agenda))
                return 0;
        r = store_begin(s);
        if (r >= 0)
                r = store_end(s, save_all(s, agenda, now));
        if (r < 0)
                return r;
        for (Due *d = NULL; (d = agenda_unsaved_after(agenda, d));)
                if (d->settled)
                        tell(d);
        agenda_saved(agenda);
        return 0;
}
