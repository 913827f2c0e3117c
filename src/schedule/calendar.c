/*
 * Calendar: one manifest with its zone and rule, ready to be asked for occurrences
 *
 * Lengths: `duration` is calendar days on the wall clock, then exact time. The `end` of a recurring manifest means that every
 * occurrence ends at the same time of day, as many days later as in the first. Where a change of the clock makes such an end come
 * before the start (02:30 to 03:15 on the night that skips to 03:30), the length on the wall clock is taken as exact time.
 */
#include "schedule/calendar.h"

#include <string.h>

int64_t when_wall(const Zone *z, const When *w) {
        return w->kind == WHEN_INSTANT ? zone_wall(z, w->instant) : local_wall(&w->local);
}

usec_t when_utc(const Zone *z, const When *w, Clash *ret_clash) {
        if (w->kind != WHEN_INSTANT)
                return zone_utc(z, &w->local, ret_clash);
        if (ret_clash)
                *ret_clash = CLASH_NONE;
        return w->instant;
}

const char *occurrence_format(int64_t wall, char buf[static OCCURRENCE_SIZE]) {
        Local l = wall_local(wall);
        int n = snprintf(buf, OCCURRENCE_SIZE, "%04d-%02u-%02uT%02u:%02u", l.year, l.month, l.day, l.hour, l.minute);

        if (l.second)
                (void) snprintf(buf + n, OCCURRENCE_SIZE - (size_t) n, ":%02u", l.second);
        return buf;
}

int occurrence_parse(const char *text, int64_t *ret) {
        Local l = { 0 };
        int n = 0;

        if (sscanf(text, "%4d-%2u-%2uT%2u:%2u%n", &l.year, &l.month, &l.day, &l.hour, &l.minute, &n) < 5)
                return -EINVAL;
        if (text[n] == ':' && sscanf(text + n, ":%2u", &l.second) != 1)
                return -EINVAL;
        if (l.month < 1 || l.month > 12 || l.day < 1 || l.day > 31 || l.hour > 23 || l.minute > 59 || l.second > 59)
                return -EINVAL;
        *ret = local_wall(&l);
        return 0;
}

static int override_compare(const void *a, const void *b) {
        const struct OverrideAt *x = a, *y = b;

        return x->wall < y->wall ? -1 : x->wall > y->wall;
}

static int overrides_sort(Calendar *c) {
        const Recurrence *r = c->m->recurrence;

        if (r->n_overrides == 0)
                return 0;
        c->overrides = calloc(r->n_overrides, sizeof(*c->overrides));
        if (!c->overrides)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_overrides; i++)
                c->overrides[i] = (struct OverrideAt) { when_wall(c->zone, &r->overrides[i].occurrence), &r->overrides[i] };
        c->n_overrides = r->n_overrides;
        qsort(c->overrides, c->n_overrides, sizeof(*c->overrides), override_compare);
        return 0;
}

static Length length_of(const Zone *z, int64_t start, const Body *b) {
        int64_t wall;

        if (b->has & HAS_DURATION)
                return (Length) { .days = b->duration.days, .exact = b->duration.exact };
        wall = when_wall(z, &b->end);
        return (Length) { .nominal = wall - start, .to_wall = true };
}

int calendar_init(Calendar *c, Zones *zones, const Manifest *m, CalendarProblem *ret_problem) {
        CalendarProblem problem;
        int r;

        *c = (Calendar) { .m = m };
        r = zones_get(zones, m->timezone, &c->zone);
        if (r < 0)
                return r;
        c->start = when_wall(c->zone, &m->body.start);
        c->length = length_of(c->zone, c->start, &m->body);
        if (!m->recurrence)
                return 0;
        r = rule_parse(m->recurrence->rule, c->start, c->zone, &c->rule, &problem.problem, &problem.why);
        if (r == -EINVAL) {
                if (ret_problem)
                        *ret_problem = problem;
                return -ENOEXEC;
        }
        return r < 0 ? r : overrides_sort(c);
}

void calendar_done(Calendar *c) {
        free(c->overrides);
        c->overrides = NULL;
}

const Override *calendar_override(const Calendar *c, int64_t wall) {
        struct OverrideAt key = { .wall = wall }, *found;

        if (c->n_overrides == 0)
                return NULL;
        found = bsearch(&key, c->overrides, c->n_overrides, sizeof(*c->overrides), override_compare);
        return found ? found->o : NULL;
}

bool calendar_excepted(const Calendar *c, int64_t wall) {
        const Recurrence *r = c->m->recurrence;

        for (size_t i = 0; i < r->n_except; i++) {
                int64_t at = when_wall(c->zone, &r->except[i].when);

                if (r->except[i].whole_day ? wall >= at && wall < at + 86400 : wall == at)
                        return true;
        }
        return false;
}

bool calendar_is_extra(const Calendar *c, int64_t wall) {
        const Recurrence *r = c->m->recurrence;

        for (size_t i = 0; i < r->n_extra; i++)
                if (when_wall(c->zone, &r->extra[i]) == wall)
                        return true;
        return false;
}

/* Where a window that starts at @start (@wall on the clock) ends. */
static usec_t end_of(const Zone *z, int64_t wall, usec_t start, const Length *l) {
        usec_t end;

        if (!l->to_wall && l->days == 0)
                return usec_add(start, l->exact);
        if (!l->to_wall)
                return usec_add(zone_wall_utc(z, wall + l->days * 86400, NULL), l->exact);
        end = zone_wall_utc(z, wall + l->nominal, NULL);
        return end > start || l->nominal <= 0 ? end : usec_add(start, (usec_t) l->nominal * USEC_PER_SEC);
}

static usec_t publish_of(const Calendar *c, int64_t wall, usec_t start, usec_t horizon) {
        const Manifest *m = c->m;

        if (!m->has_announce)
                return m->recurrence ? usec_sub(start, horizon) : 0;
        if (m->announce.days)
                start = zone_wall_utc(c->zone, wall - (int64_t) m->announce.days * 86400, NULL);
        return usec_sub(start, m->announce.exact);
}

Times calendar_times(const Calendar *c, int64_t wall, const Override *o, const Frozen *f, usec_t horizon) {
        unsigned has = o ? o->body.has : 0;
        Times t = { .own_start = has & HAS_START, .own_end = has & (HAS_END | HAS_DURATION) };
        int64_t start_wall = wall;

        if (t.own_start) {
                t.start = when_utc(c->zone, &o->body.start, NULL);
                start_wall = when_wall(c->zone, &o->body.start);
        } else if (f) {
                t.start = f->start;
                start_wall = zone_wall(c->zone, f->start);
        } else if (!c->m->recurrence)
                t.start = when_utc(c->zone, &c->m->body.start, NULL);
        else
                t.start = zone_wall_utc(c->zone, wall, NULL);

        if (has & HAS_END)
                t.end = when_utc(c->zone, &o->body.end, NULL);
        else if (has & HAS_DURATION) {
                Length own = length_of(c->zone, start_wall, &o->body);

                t.end = end_of(c->zone, start_wall, t.start, &own);
        } else if (f)
                t.end = f->end;
        else if (!c->m->recurrence && (c->m->body.has & HAS_END))
                t.end = when_utc(c->zone, &c->m->body.end, NULL);
        else
                t.end = end_of(c->zone, start_wall, t.start, &c->length);
        t.publish = publish_of(c, start_wall, t.start, horizon);
        return t;
}
