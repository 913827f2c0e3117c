/*
 * Advice: what is allowed, and would have been better otherwise
 *
 * Each piece names the place to change and what to write there. An empty list, `reminders: []`, says that a person has thought of it.
 */
#include "desired/advice.h"

#include <string.h>

#include "base/text.h"
#include "desired/wording.h"

#define EXAMPLE "Database moves to new hardware"
#define LONG (1 * USEC_PER_HOUR)        /* windows longer than this should post updates */

typedef struct Adviser {
        Zones *zones;
        const Manifest *m;
        usec_t now;
        Diagnostics *diags;
        int r;                  /* -ENOMEM, sticky */
} Adviser;

/* Where there is no mark, at the document's first key. */
#define ADVISE(a, code, mark, ...) \
        do { \
                Mark at_ = (mark); \
                int r_ = diagnostics_add((a)->diags, SEVERITY_WARNING, (code), (a)->m->origin.file, \
                                         at_.line ? at_.line : (a)->m->origin.line, at_.line ? at_.column : 1, __VA_ARGS__); \
                if (r_ < 0) \
                        (a)->r = r_; \
        } while (0)

static Mark mark_or(Mark a, Mark b) {
        return a.line ? a : b;
}

static void advise_title(Adviser *a, const char *title, Mark mark) {
        auto_(free) char *shown = NULL;

        if (!wording_title_vague(title))
                return;
        shown = text_printable(title, 60);
        ADVISE(a, "vague-title", mark, "the title '%s' does not say what is done: name what changes, as in '" EXAMPLE "'", text_or(shown, "?"));
}

static void advise_description(Adviser *a, const Body *b, const char *title, Mark otherwise) {
        Mark mark = mark_or(b->description_mark, otherwise);

        switch (wording_description(b->description, title)) {
        case WORDING_FINE:
                break;
        case WORDING_MISSING:
                ADVISE(a, "no-description", mark, "no description: say what users can and cannot do meanwhile");
                break;
        case WORDING_REPEATS:
                ADVISE(a, "vague-description", mark, "the description only repeats the title: say what users can and cannot do meanwhile");
                break;
        case WORDING_VAGUE:
                ADVISE(a, "vague-description", mark,
                       "the description does not say what users can and cannot do meanwhile: what works, what does not, for how long?");
                break;
        }
}

static void advise_texts(Adviser *a) {
        const Body *b = &a->m->body;
        const Recurrence *rec = a->m->recurrence;

        advise_title(a, b->title, b->title_mark);
        advise_description(a, b, b->title, (Mark) { 0 });
        for (size_t i = 0; rec && i < rec->n_overrides; i++) {
                const Body *o = &rec->overrides[i].body;

                if (o->has & HAS_TITLE)
                        advise_title(a, o->title, mark_or(o->title_mark, rec->overrides[i].mark));
                if (o->has & HAS_DESCRIPTION)
                        advise_description(a, o, o->has & HAS_TITLE ? o->title : b->title, rec->overrides[i].mark);
        }
}

/* Nobody notices the window, or nobody is told of it: then nobody needs to be reminded. */
static bool unnoticed(const Window *w) {
        return w->impact == IMPACT_OPERATIONAL || !w->notify->scheduled;
}

/* What stands there of the window: its override's word, else the manifest's. */
static const Body *body_of(const Adviser *a, const Window *w) {
        const Override *o = manifest_override(a->m, w->key.occurrence);

        return o ? &o->body : &a->m->body;
}

static void advise_reminders(Adviser *a, const WindowSet *set) {
        for (size_t i = 0; i < set->n_windows; i++)
                if (set->windows[i].notify->n_reminders == 0 && !unnoticed(&set->windows[i]) && !body_of(a, &set->windows[i])->no_reminders) {
                        ADVISE(a, "no-reminder", a->m->body.start.mark,
                               "no reminder before it starts: add `notify: {reminders: [24h, 1h]}`, or an empty list if none is wanted");
                        return;
                }
}

static void advise_updates(Adviser *a, const WindowSet *set) {
        const Body *b = &a->m->body;
        char span[SPAN_SIZE];

        for (size_t i = 0; i < set->n_windows; i++) {
                const Window *w = &set->windows[i];

                if (w->end - w->start <= LONG || w->n_updates || w->impact == IMPACT_OPERATIONAL || body_of(a, w)->no_updates)
                        continue;
                ADVISE(a, "no-updates", b->has & HAS_END ? b->end.mark : b->duration_mark,
                       "nothing is posted during these %s: add `updates: [{at: +1h, message: …}]`, or an empty list "
                       "if there will be nothing to tell",
                       span_format(w->end - w->start, true, span));
                return;
        }
}

/* True: nothing else needs to be said of it. */
static bool advise_past(Adviser *a, const WindowSet *set) {
        const Window *w = set->windows;
        const Zone *zone;
        char end[ZONED_SIZE];

        if (set->n_windows != 1 || w->recurring || w->end > a->now || !w->auto_start || !w->auto_complete ||
            zones_get(a->zones, w->timezone, &zone) < 0)
                return false;
        ADVISE(a, "start-in-past", a->m->body.start.mark,
               "the window was over at %s: correct the date; if it has taken place, delete the manifest or add `state: completed`",
               zone_format(zone, w->end, true, false, end));
        return true;
}

/* What lies behind is no longer told to anybody. */
static bool over(const Manifest *m, const WindowSet *set) {
        if (m->body.has & HAS_STATE && state_final(m->body.state))
                return true;
        for (size_t i = 0; i < set->n_windows; i++)
                if (!state_final(set->windows[i].floor))
                        return false;
        return true;
}

int advice_manifest(Zones *zones, const Manifest *m, usec_t now, Diagnostics *diags) {
        Adviser a = { .zones = zones, .m = m, .now = now, .diags = diags };
        auto_(windowset_unref) WindowSet *set = NULL;
        int r = schedule_preview(zones, m, m->recurrence ? now : 0, OVERLAP_OCCURRENCES, NULL, NULL, &set);

        if (r == -ENOMEM)
                return r;
        if (r < 0 || over(m, set))
                return 0;
        if (advise_past(&a, set))
                return a.r;
        advise_texts(&a);
        advise_reminders(&a, set);
        advise_updates(&a, set);
        return a.r;
}

int advice_all(const Desired *d, Zones *zones, usec_t now, Diagnostics *diags) {
        auto_(free) const Manifest **list = NULL;
        const Manifest *m;
        size_t n = 0, n_list = 0;
        int r = 0;

        while (desired_nth(d, n))
                n++;
        list = calloc(MAX(n, (size_t) 1), sizeof(*list));
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < n && r >= 0; i++) {
                m = desired_nth(d, i);
                r = advice_manifest(zones, m, now, diags);
                /* One of two that meet may say that this is meant. */
                if (!desired_waives(d, m->origin.file, m->body.start.mark.line, "overlap"))
                        list[n_list++] = m;
        }
        if (r >= 0)
                r = overlap_find(zones, list, n_list, now, diags);
        if (r >= 0)
                desired_silence(d, diags);
        return r;
}
