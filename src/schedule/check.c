/*
 * Checks: what only a calendar can tell about a manifest
 *
 * A message names the date it is about and what to write instead. Errors are what has no meaning; what has one, but perhaps not
 * the one that was meant, is a warning.
 */
#include <string.h>

#include "base/text.h"
#include "schedule/calendar.h"

#define LOOK_AHEAD_DAYS 400             /* clock changes are told this far ahead */
#define DISTANCES_MAX 800u              /* of a rule, compared with the length of a window */

typedef struct Check {
        Calendar c;
        usec_t now;
        Diagnostics *diags;
        bool failed;
        int oom;
} Check;

#define REPORT(k, severity, code, mark, ...) \
        do { \
                Mark at_ = (mark); \
                (k)->failed |= (severity) == SEVERITY_ERROR; \
                if (diagnostics_add((k)->diags, (severity), (code), (k)->c.m->origin.file, at_.line ? at_.line : (k)->c.m->origin.line, \
                                    at_.line ? at_.column : 1, __VA_ARGS__) < 0) \
                        (k)->oom = -ENOMEM; \
        } while (0)

static void check_zone(Check *k, Zones *zones, int error) {
        const Manifest *m = k->c.m;
        auto_(free) char *shown = text_printable(m->timezone, 80);
        const char *near = zones_suggest(zones, m->timezone);

        if (error == -EBADMSG)
                REPORT(k, SEVERITY_ERROR, "unknown-zone", m->timezone_mark, "time zone '%s' of the system's tzdata cannot be used", text_or(shown, "?"));
        else if (near)
                REPORT(k, SEVERITY_ERROR, "unknown-zone", m->timezone_mark, "unknown time zone '%s', did you mean '%s'?", text_or(shown, "?"), near);
        else
                REPORT(k, SEVERITY_ERROR, "unknown-zone", m->timezone_mark,
                       "unknown time zone '%s': write a name of the IANA database such as Europe/Berlin", text_or(shown, "?"));
}

static void clash_report(Check *k, Clash clash, Mark mark, const char *what, int64_t wall, usec_t means) {
        char name[OCCURRENCE_SIZE], zoned[ZONED_SIZE], utc[RFC3339_SIZE];

        if (clash == CLASH_GAP)
                REPORT(k, SEVERITY_WARNING, "time-in-gap", mark, "%s %s does not exist in %s, where the clock is put forward then: it will be %s",
                       what, occurrence_format(wall, name), k->c.m->timezone, zone_format(k->c.zone, means, true, false, zoned));
        else if (clash == CLASH_FOLD)
                REPORT(k, SEVERITY_WARNING, "time-in-fold", mark,
                       "%s %s comes twice in %s, where the clock is put back then: the first is taken, %s; add an offset to mean the other",
                       what, occurrence_format(wall, name), k->c.m->timezone, rfc3339_format(means, utc));
}

static void check_when(Check *k, const When *w, const char *what) {
        Clash clash;
        usec_t t = when_utc(k->c.zone, w, &clash);

        clash_report(k, clash, w->mark, what, when_wall(k->c.zone, w), t);
}

static Mark end_mark(const Body *b) {
        return b->has & HAS_END ? b->end.mark : b->duration_mark;
}

static void check_order(Check *k, const Body *b, Times t) {
        char start[ZONED_SIZE], end[ZONED_SIZE];

        if (t.end > t.start)
                return;
        (void) zone_format(k->c.zone, t.start, true, true, start);
        (void) zone_format(k->c.zone, t.end, true, true, end);
        if (b->has & HAS_DURATION)
                REPORT(k, SEVERITY_ERROR, "end-before-start", end_mark(b), "the duration is 0: a window needs some time");
        else if (t.end == t.start)
                REPORT(k, SEVERITY_ERROR, "end-before-start", end_mark(b), "the window ends when it starts, %s", end);
        else
                REPORT(k, SEVERITY_ERROR, "end-before-start", end_mark(b), "the end, %s, is before the start, %s", end, start);
}

/* What a person has started early begins before its start, and what waits for one goes on behind its end. */
static bool runs_otherwise(const Check *k, const Body *b, const UpdateSpec *u, usec_t at, Times t) {
        bool early = b->has & HAS_STATE && b->state >= STATE_IN_PROGRESS;

        return (early && (u->from_start || at < t.start)) || (at >= t.end && !k->c.m->auto_complete);
}

static void check_updates(Check *k, const Body *b, Times t) {
        for (size_t i = 0; i < b->n_updates && t.end > t.start; i++) {
                const UpdateSpec *u = &b->updates[i];
                usec_t at = u->from_start ? usec_add(t.start, span_usec(u->offset)) : when_utc(k->c.zone, &u->when, NULL);
                char shown[ZONED_SIZE];

                if ((at >= t.start && at < t.end) || runs_otherwise(k, b, u, at, t))
                        continue;
                REPORT(k, SEVERITY_WARNING, "update-outside", u->mark, "the update at %s is outside the window and will not be posted",
                       zone_format(k->c.zone, at, true, false, shown));
        }
}

static void check_announce(Check *k) {
        const Manifest *m = k->c.m;
        usec_t longest = 0;

        if (!m->has_announce)
                return;
        for (size_t i = 0; i < m->body.notify.n_reminders; i++)
                longest = MAX(longest, m->body.notify.reminders[i]);
        if (longest > span_usec(m->announce))
                REPORT(k, SEVERITY_WARNING, "announce-short", ((Mark) { 0 }),
                       "announce is shorter than the longest reminder, which would be due before the window is published and is not sent");
}

static void check_one_off(Check *k) {
        const Body *b = &k->c.m->body;
        Times t = calendar_times(&k->c, k->c.start, NULL, NULL, 0);

        check_when(k, &b->start, "start");
        if (b->has & HAS_END)
                check_when(k, &b->end, "end");
        check_order(k, b, t);
        check_updates(k, b, t);
}

/* --- recurrence --- */

/* False: the rule gives nothing, so there is nothing more to say. */
static bool check_start_fits(Check *k) {
        const Recurrence *rec = k->c.m->recurrence;
        char name[OCCURRENCE_SIZE], next[OCCURRENCE_SIZE];
        int64_t wall;
        RuleWalk w;

        rule_walk(&k->c.rule, k->c.start, &w);
        if (rule_next(&w, &wall) <= 0) {
                REPORT(k, SEVERITY_WARNING, "rule-never", rec->rule_mark, "the rule gives no date%s: this never happens",
                       k->c.rule.until < k->c.start ? ", for UNTIL is before start" : "");
                return false;
        }
        if (wall != k->c.start)
                REPORT(k, SEVERITY_ERROR, "start-off-rule", k->c.m->body.start.mark, "the rule does not give the start %s: the next date that fits is %s",
                       occurrence_format(k->c.start, name), occurrence_format(wall, next));
        return true;
}

/* A rule gives one occurrence a day at most, so what is no longer than a day never meets the next. */
static void check_overlap(Check *k) {
        const Length *l = &k->c.length;
        int64_t length = l->days * 86400 + l->nominal + (int64_t) (l->exact / USEC_PER_SEC) + (l->exact % USEC_PER_SEC > 0), before, wall;
        char first[OCCURRENCE_SIZE], second[OCCURRENCE_SIZE], span[SPAN_SIZE];
        RuleWalk w;

        if (length <= 86400)
                return;
        rule_walk(&k->c.rule, k->c.start, &w);
        if (rule_next(&w, &before) <= 0)
                return;
        for (unsigned i = 0; i < DISTANCES_MAX && rule_next(&w, &wall) > 0; before = wall, i++) {
                if (wall - before >= length)
                        continue;
                REPORT(k, SEVERITY_ERROR, "window-overlaps-next", end_mark(&k->c.m->body),
                       "the window is longer than the %s from %s to the next one, %s: shorten it, or widen the rule",
                       span_format((usec_t) (wall - before) * USEC_PER_SEC, true, span), occurrence_format(before, first), occurrence_format(wall, second));
                return;
        }
}

static const char *short_month(const Calendar *c, unsigned *ret_day) {
        const Rule *r = &c->rule;
        unsigned months = r->months ? r->months : 0x1ffe, long_months = BIT(1) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(10) | BIT(12);

        if (r->frequency < FREQUENCY_MONTHLY || r->days_back || (r->days & ~(BIT(29) | BIT(30) | BIT(31))))
                return NULL;
        *ret_day = r->days & BIT(29) ? 29 : r->days & BIT(30) ? 30 : 31;
        if ((r->days & BIT(29)) && (months & BIT(2)))
                return "February has no day 29 in most years";
        if ((r->days & BIT(30)) && (months & BIT(2)))
                return "February is skipped";
        if (r->days == BIT(31) && (months & ~long_months))
                return "shorter months are skipped";
        return NULL;
}

static void check_short_month(Check *k) {
        unsigned day = 0;
        const char *why = short_month(&k->c, &day);

        if (why)
                REPORT(k, SEVERITY_WARNING, "short-month", k->c.m->recurrence->rule_mark,
                       "not every month has a day %u: %s; BYMONTHDAY=-1 is the last day of each", day, why);
}

/* Clock changes of the coming year that an occurrence meets with its start (@shift 0) or its end. The first of each kind is told. */
static void check_clock_changes(Check *k, int64_t shift, Mark mark, const char *what) {
        usec_t from = MAX(k->now, zone_wall_utc(k->c.zone, k->c.start, NULL)), at = usec_sub(from, USEC_PER_DAY);
        usec_t limit = usec_add(from, LOOK_AHEAD_DAYS * USEC_PER_DAY);
        bool told[CLASH_FOLD + 1] = { false };
        int64_t begin, end, wall;
        Clash clash;

        while (zone_next_clash(k->c.zone, at, &at, &clash, &begin, &end) > 0 && at < limit) {
                RuleWalk w;

                rule_walk(&k->c.rule, begin - shift, &w);
                while (!told[clash] && rule_next(&w, &wall) > 0 && wall < end - shift) {
                        if (calendar_excepted(&k->c, wall) || calendar_override(&k->c, wall))
                                continue;
                        told[clash] = true;
                        clash_report(k, clash, mark, what, wall + shift, zone_wall_utc(k->c.zone, wall + shift, NULL));
                }
        }
}

static bool occurs(const Check *k, int64_t wall) {
        return rule_has(&k->c.rule, wall) || calendar_is_extra(&k->c, wall);
}

static void check_except(Check *k) {
        const Recurrence *rec = k->c.m->recurrence;

        for (size_t i = 0; i < rec->n_except; i++) {
                const Except *e = &rec->except[i];
                int64_t wall = when_wall(k->c.zone, &e->when), found = INT64_MAX;
                char name[OCCURRENCE_SIZE];
                bool hit = occurs(k, wall);
                RuleWalk w;

                if (e->whole_day && !hit) {
                        rule_walk(&k->c.rule, wall, &w);
                        hit = rule_next(&w, &found) > 0 && found < wall + 86400;
                        for (size_t x = 0; x < rec->n_extra && !hit; x++) {
                                int64_t extra = when_wall(k->c.zone, &rec->extra[x]);

                                hit = extra >= wall && extra < wall + 86400;
                        }
                }
                if (!hit)
                        REPORT(k, SEVERITY_WARNING, "except-unmatched", e->when.mark, "there is no occurrence %s %.*s to except",
                               e->whole_day ? "on" : "at", e->whole_day ? 10 : 19, occurrence_format(wall, name));
        }
}

static void check_override(Check *k, const Override *o, int64_t wall) {
        char name[OCCURRENCE_SIZE], next[OCCURRENCE_SIZE];
        Times t = calendar_times(&k->c, wall, o, NULL, 0);
        const Body *b = &o->body;
        int64_t found;
        RuleWalk w;

        (void) occurrence_format(wall, name);
        if (calendar_excepted(&k->c, wall))
                REPORT(k, SEVERITY_WARNING, "override-unmatched", o->mark, "the occurrence %s is taken out by `except`: this override changes nothing", name);
        else if (!occurs(k, wall)) {
                int64_t day = wall - (wall % 86400 + 86400) % 86400;

                rule_walk(&k->c.rule, day, &w);
                if (rule_next(&w, &found) > 0)
                        REPORT(k, SEVERITY_WARNING, "override-unmatched", o->mark, "the rule gives no occurrence %s: this override changes nothing; the nearest from then on is %s",
                               name, occurrence_format(found, next));
                else
                        REPORT(k, SEVERITY_WARNING, "override-unmatched", o->mark, "the rule gives no occurrence %s: this override changes nothing", name);
        }
        if (b->has & HAS_START)
                check_when(k, &b->start, "start");
        if (b->has & HAS_END)
                check_when(k, &b->end, "end");
        if (t.end <= t.start && (b->has & (HAS_START | HAS_END | HAS_DURATION)))
                REPORT(k, SEVERITY_ERROR, "end-before-start", b->has & HAS_END ? b->end.mark : b->has & HAS_DURATION ? b->duration_mark : o->mark,
                       "the occurrence %s would not end after its start", name);
        else if (b->has & HAS_UPDATES)
                check_updates(k, b, t);
}

static void check_recurrence(Check *k) {
        const Manifest *m = k->c.m;
        Times first = calendar_times(&k->c, k->c.start, NULL, NULL, 0);

        check_order(k, &m->body, first);
        if (k->failed)
                return;
        if (check_start_fits(k)) {
                check_overlap(k);
                check_short_month(k);
        }
        check_updates(k, &m->body, first);
        check_clock_changes(k, 0, m->body.start.mark, "the occurrence");
        if (k->c.length.to_wall)
                check_clock_changes(k, k->c.length.nominal, m->body.end.mark, "the end");
        check_except(k);
        for (size_t i = 0; i < k->c.n_overrides; i++)
                check_override(k, k->c.overrides[i].o, k->c.overrides[i].wall);
}

static void check_range(Check *k, const When *w) {
        if (w->kind == WHEN_LOCAL && (w->local.year < 1971 || w->local.year > 9990))
                REPORT(k, SEVERITY_ERROR, "bad-time", w->mark, "the year %04d cannot be meant: write one from 1971 to 9990", w->local.year);
}

int schedule_check_zone(Zones *zones, const Manifest *m, Diagnostics *diags) {
        Check k = { .c.m = m, .diags = diags };
        const Zone *zone;
        int r = zones_get(zones, m->timezone, &zone);

        if (r < 0 && r != -ENOMEM)
                check_zone(&k, zones, r);
        return k.oom < 0 ? k.oom : r;
}

int schedule_check(Zones *zones, const Manifest *m, usec_t now, Diagnostics *diags) {
        Check k = { .now = now, .diags = diags };
        CalendarProblem problem = { 0 };
        int r;

        r = calendar_init(&k.c, zones, m, &problem);
        if (r == -ENOMEM)
                return r;
        check_range(&k, &m->body.start);
        if (m->body.has & HAS_END)
                check_range(&k, &m->body.end);
        if (r == -ENOEXEC)
                REPORT(&k, SEVERITY_ERROR, problem.problem == RULE_TOO_FREQUENT ? "rule-too-frequent" : "rule-syntax", m->recurrence->rule_mark,
                       "the rule cannot be used: %s", problem.why);
        else if (r < 0)
                check_zone(&k, zones, r);
        else if (!k.failed) {
                if (m->body.services.n == 0)
                        REPORT(&k, SEVERITY_WARNING, "no-services", (Mark) { 0 }, "no services: it is announced for the page as a whole and mutes nothing");
                check_announce(&k);
                if (m->recurrence)
                        check_recurrence(&k);
                else
                        check_one_off(&k);
        }
        calendar_done(&k.c);
        return k.oom < 0 ? k.oom : k.failed ? -EINVAL : 0;
}
