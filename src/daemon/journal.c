/*
 * Journal: events as lines
 *
 * Two shapes. A deed is told as product.md has it, "ID: started on public, due …, 3 ms late (state, services …)"; anything else
 * names where it is before it says what: "ID on public: …". A line never repeats what its fields say better (remote id, commit).
 */
#include "daemon/journal.h"

#include <stdarg.h>
#include <string.h>

#include "base/message-ids.h"
#include "base/text.h"

#define SERVICES_SHOWN 8u
#define LATE_WORTH_A_DATE (12 * USEC_PER_HOUR)  /* the time of day alone would mislead */

static const struct {
        const char *message_id;
        bool deed;              /* done at a target, to a window */
} kinds[] = {
        [EVENT_PUBLISHED] = { MESSAGE_PUBLISHED, true },
        [EVENT_UPDATED] = { MESSAGE_UPDATED, true },
        [EVENT_MOVED] = { MESSAGE_MOVED, true },
        [EVENT_STARTED] = { MESSAGE_STARTED, true },
        [EVENT_COMPLETED] = { MESSAGE_COMPLETED, true },
        [EVENT_CANCELLED] = { MESSAGE_CANCELLED, true },
        [EVENT_WITHDRAWN] = { MESSAGE_WITHDRAWN, true },
        [EVENT_POSTED] = { MESSAGE_POSTED, true },
        [EVENT_ADOPTED] = { MESSAGE_ADOPTED, true },
        [EVENT_TAKEN_OVER] = { MESSAGE_TAKEN_OVER, true },
        [EVENT_HEALED] = { MESSAGE_HEALED, true },
        [EVENT_DIVERGED] = { MESSAGE_DIVERGED },
        [EVENT_GONE] = { MESSAGE_GONE },
        [EVENT_CLAIMED] = { MESSAGE_CLAIMED },
        [EVENT_ALREADY_THERE] = { MESSAGE_ALREADY_THERE },
        [EVENT_MISSED] = { MESSAGE_MISSED },
        [EVENT_OVERRUNNING] = { MESSAGE_OVERRUNNING },
        [EVENT_SUSPENDED] = { MESSAGE_SUSPENDED },
        [EVENT_DROPPED] = { MESSAGE_DROPPED },
        [EVENT_REFUSED] = { MESSAGE_REFUSED },
        [EVENT_HEAL_LIMIT] = { MESSAGE_HEAL_LIMIT },
        [EVENT_DUPLICATE] = { MESSAGE_DUPLICATE },
        [EVENT_UNKNOWN] = { MESSAGE_UNKNOWN },
        [EVENT_MOVED_INTO_PAST] = { MESSAGE_MOVED_INTO_PAST },
        [EVENT_DENIED] = { MESSAGE_DENIED },
        [EVENT_UNREACHABLE] = { MESSAGE_UNREACHABLE },
        [EVENT_RECOVERED] = { MESSAGE_RECOVERED },
        [EVENT_LIMITED] = { MESSAGE_LIMITED },
        [EVENT_LOST_DATA] = { MESSAGE_LOST_DATA },
        [EVENT_CANNOT] = { MESSAGE_CANNOT },
        [EVENT_RETIRED] = { MESSAGE_RETIRED },
        [EVENT_ORPHANED] = { MESSAGE_ORPHANED },
        [EVENT_UNRESOLVED] = { MESSAGE_UNRESOLVED },
        [EVENT_WITHDRAW_PENDING] = { MESSAGE_WITHDRAW_PENDING },
        [EVENT_WITHDRAW_UNDONE] = { MESSAGE_WITHDRAW_UNDONE },
        [EVENT_HELD] = { MESSAGE_HELD },
        [EVENT_APPROVED] = { MESSAGE_APPROVED },
        [EVENT_RENAMED] = { MESSAGE_RENAMED },
        [EVENT_CLOCK_UNTRUSTED] = { MESSAGE_CLOCK_UNTRUSTED },
        [EVENT_CLOCK_TRUSTED] = { MESSAGE_CLOCK_TRUSTED },
        [EVENT_LEDGER_UNWRITABLE] = { MESSAGE_LEDGER_UNWRITABLE },
        [EVENT_LEDGER_WRITABLE] = { MESSAGE_LEDGER_WRITABLE },
        [EVENT_MACHINE_CHANGED] = { MESSAGE_MACHINE_CHANGED },
};
_Static_assert(ARRAY_SIZE(kinds) == EVENTS, "every kind of event has a message id");

const char *journal_message_id(EventKind k) {
        return kinds[k].message_id;
}

static const Zone *event_zone(const Event *e, Zones *zones) {
        const Zone *z;

        if (!zones)
                return NULL;
        if (e->window && zones_get(zones, text_or(e->window->timezone, "UTC"), &z) >= 0)
                return z;
        return zones_get(zones, "UTC", &z) >= 0 ? z : NULL;
}

/* ", due 02:00:00 Europe/Berlin, 3 ms late" */
static void print_due(FILE *f, const Event *e, Zones *zones) {
        const Zone *z = event_zone(e, zones);
        char at[ZONED_SIZE], utc[RFC3339_SIZE], late[SPAN_SIZE];

        if (e->due == 0 || e->due == USEC_INFINITY)
                return;
        (void) fprintf(f, ", due %s", z ? zone_format(z, e->due, e->late >= LATE_WORTH_A_DATE, true, at) : rfc3339_format(e->due, utc));
        if (e->late < USEC_PER_MSEC)
                (void) fputs(", on time", f);
        else if (e->late < USEC_PER_SEC)
                (void) fprintf(f, ", %llu ms late", (unsigned long long) (e->late / USEC_PER_MSEC));
        else
                (void) fprintf(f, ", %s late", span_format(e->late - e->late % USEC_PER_SEC, true, late));
}

/* ", now 2027-02-01 02:00 to 2027-02-01 05:00 Europe/Berlin" */
static void print_times(FILE *f, const Event *e, Zones *zones) {
        const Zone *z = event_zone(e, zones);
        char start[ZONED_SIZE], end[ZONED_SIZE];

        if (!z || !e->window)
                return;
        (void) zone_format(z, e->window->start, true, false, start);
        (void) zone_format(z, e->window->end, true, false, end);
        start[strcspn(start, " ") + 6] = '\0'; /* the zone is said once */
        (void) fprintf(f, ", now %s to %s", start, end);
}

/* " (in_progress, services api, database)" */
static void print_state(FILE *f, const Event *e) {
        size_t n = e->window ? e->window->services.n : 0;

        if (!e->has_state)
                return;
        (void) fprintf(f, " (%s", state_to_string(e->state));
        for (size_t i = 0; i < MIN(n, SERVICES_SHOWN); i++)
                (void) fprintf(f, "%s%s", i ? ", " : ", services ", e->window->services.items[i]);
        if (n > SERVICES_SHOWN)
                (void) fprintf(f, " and %zu more", n - SERVICES_SHOWN);
        (void) fputc(')', f);
}

char *journal_line(const Event *e, Zones *zones) {
        const char *target = text_or(e->target, ""), *manifest = text_or(e->key.manifest, "");
        const char *text = text_or(e->text, event_to_string(e->kind));
        bool deed = kinds[e->kind].deed && *manifest && *target;
        char key[KEY_SIZE], *line = NULL;
        size_t n;
        FILE *f = open_memstream(&line, &n);

        if (!f)
                return NULL;
        if (*manifest)
                (void) fprintf(f, "%s%s%s: ", key_format(e->key, key), *target && !deed ? " on " : "", deed ? "" : target);
        else if (*target)
                (void) fprintf(f, "%s: ", target);
        if (deed) /* where it was done comes before why: "updated on public: the title was edited" */
                (void) fprintf(f, "%.*s on %s%s", (int) strcspn(text, ":,"), text, target, text + strcspn(text, ":,"));
        else
                (void) fputs(text, f);
        if (deed && e->kind == EVENT_MOVED)
                print_times(f, e, zones);
        print_due(f, e, zones);
        if (deed)
                print_state(f, e);
        if (fclose(f) != 0) {
                free(line);
                return NULL;
        }
        return line;
}

LogEvent journal_fields(const Event *e, const char *line, char key[static KEY_SIZE]) {
        const Origin *origin = e->window ? e->window->origin : NULL;
        const char *manifest = text_or(e->key.manifest, "");

        return (LogEvent) {
                .priority = e->priority,
                .message_id = kinds[e->kind].message_id,
                .message = text_or(line, e->text),
                .manifest = manifest,
                .window = *manifest ? key_format(e->key, key) : NULL,
                .target = e->target,
                .action = e->has_action ? action_to_string(e->action) : NULL,
                .remote_id = e->remote_id,
                .state = e->has_state ? state_to_string(e->state) : NULL,
                .due = e->due == USEC_INFINITY ? 0 : e->due,
                .late = e->late,
                .commit = origin ? origin->commit : NULL,
                .file = origin ? origin->file : NULL,
                .line = origin ? origin->line : 0,
                .labels = e->labels,
        };
}

void journal_event(const Event *e, Zones *zones) {
        auto_(free) char *line = journal_line(e, zones);
        char key[KEY_SIZE];
        LogEvent fields = journal_fields(e, line, key);

        (void) log_event(&fields);
}

void journal_diagnostic(const Diagnostic *d) {
        auto_(free) char *line = diagnostic_format(d);

        (void) log_event(&(LogEvent) {
                .priority = d->severity == SEVERITY_ERROR ? LOG_ERR : LOG_WARNING,
                .message_id = d->severity == SEVERITY_ERROR ? MESSAGE_MANIFEST_REFUSED : NULL,
                .message = text_or(line, d->message),
                .file = d->file,
                .line = d->line,
        });
}

void journal_say(int priority, const char *message_id, const char *fmt, ...) {
        auto_(free) char *line = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&line, fmt, ap) < 0)
                line = NULL;
        va_end(ap);
        (void) log_event(&(LogEvent) { .priority = priority, .message_id = message_id, .message = text_or(line, fmt) });
}
