/*
 * Sim: what people do, in Git and at the page
 */
#include <string.h>

#include "base/text.h"
#include "sim.h"

/* Berlin in 2027: summer time from 28 March to 31 October, and again in 2028 from 26 March. Nothing here starts within the hours that change. */
static usec_t berlin_offset(usec_t wall) {
        bool summer = (wall >= at("2027-03-28T02:30:00Z") && wall < at("2027-10-31T02:30:00Z")) || wall >= at("2028-03-26T02:30:00Z");

        return (summer ? 2 : 1) * USEC_PER_HOUR;
}

usec_t spec_start(const Spec *s, uint64_t day) {
        usec_t wall = s->start + day * USEC_PER_DAY;

        return s->berlin ? wall - berlin_offset(wall) : wall;
}

static usec_t spec_end(const Spec *s) {
        return spec_start(s, 0) + s->length;
}

static const char *spec_text(const Man *m, char **ret) {
        const Spec *s = &m->is;
        char start[RFC3339_SIZE];
        size_t n = 0;
        FILE *f = open_memstream(ret, &n);

        (void) rfc3339_format(s->start, start);
        (void) fprintf(f, "title: Work %s, edit %u\nservices: [api, database]\ntimezone: %s\nstart: %.16s\nduration: %umin\n", m->id, s->edits,
                       s->berlin ? "Europe/Berlin" : "UTC", start, (unsigned) (s->length / USEC_PER_MINUTE));
        if (s->recurring)
                (void) fprintf(f, "recurrence: {rule: FREQ=DAILY}\nannounce: 48h\n");
        if (s->floor != STATE_SCHEDULED)
                (void) fprintf(f, "state: %s\n", state_to_string(s->floor));
        if (s->notes)
                (void) fprintf(f, "updates:\n");
        for (unsigned k = 1; k <= s->notes; k++)
                (void) fprintf(f, "  - {at: +%umin, message: note %u}\n", k * 7, k);
        if (m->broken)
                (void) fprintf(f, "nonsense: [\n");
        (void) fclose(f);
        return *ret;
}

void man_write(Sim *s, Man *m) {
        auto_(free) char *text = NULL;
        char path[32];

        (void) snprintf(path, sizeof(path), "%s.yaml", m->id);
        world_write(s->w, path, m->is.there ? spec_text(m, &text) : NULL);
}

/* A wall clock to the minute, out of the hours that a change of summer time skips or repeats. */
static usec_t tidy(usec_t wall) {
        wall = wall / USEC_PER_MINUTE * USEC_PER_MINUTE;
        return wall % USEC_PER_DAY >= USEC_PER_HOUR && wall % USEC_PER_DAY < 4 * USEC_PER_HOUR ? wall + 4 * USEC_PER_HOUR : wall;
}

static void add(Sim *s, Man *m, const Deed *step) {
        Spec fresh = {
                .there = true, .recurring = dice_roll(step, 0, 6) == 0, .berlin = dice_roll(step, 1, 2),
                .length = (20 + dice_roll(step, 3, 220)) * USEC_PER_MINUTE, .notes = (unsigned) dice_roll(step, 4, 3),
        };

        fresh.start = tidy(s->w->real + (fresh.berlin ? 2 * USEC_PER_HOUR : 0) + (10 + dice_roll(step, 2, 3 * 24 * 60)) * USEC_PER_MINUTE);
        (void) snprintf(m->id, sizeof(m->id), "m%zu", (size_t) (m - s->men));
        m->is = m->before = fresh;
}

void people_begin(Sim *s) {
        Deed step = { .dice = hash_u64(s->script->seed, 0xadd) };
        size_t n = 1 + dice_roll(&step, 99, MEN_MAX);

        for (size_t k = 0; k < n; k++) {
                step.dice = hash_u64(step.dice, k);
                add(s, &s->men[k], &step);
                man_write(s, &s->men[k]);
                s->men[k].good = s->men[k].is;
        }
}

/* An edit of times or state. */
static void word(Man *m, bool moves) {
        m->words++;
        m->moves += moves;
}

void people_loaded(Sim *s) {
        bool any = false;

        for (size_t k = 0; k < MEN_MAX; k++)
                any |= s->men[k].is.there;
        if (s->w->tree_broken || !any) /* rule 2: no directory, or nothing left in it */
                return;
        for (size_t k = 0; k < MEN_MAX; k++)
                if (!s->men[k].broken)
                        s->men[k].good = s->men[k].is;
}

static bool single_kind(const Man *m) {
        return !m->is.recurring;
}

/* It has begun, or soon will, or has ended by a word. */
static bool started(const Spec *s, usec_t now) {
        return s->floor != STATE_SCHEDULED || spec_start(s, 0) < now + USEC_PER_HOUR;
}

static void edit(Sim *s, Man *m, const Deed *step) {
        usec_t now = s->w->real, start = spec_start(&m->is, 0), end = spec_end(&m->is);
        bool single = m->is.there && !m->is.recurring, ahead = single && m->is.floor == STATE_SCHEDULED && start > now + USEC_PER_HOUR;
        Spec was = m->is;

        switch ((int) step->op) {
        case OP_ADD:
                if (m->id[0] == '\0')
                        add(s, m, step);
                return;
        case OP_RETITLE:
                m->is.edits++;
                break;
        case OP_NOTE:
                m->is.notes++;
                break;
        case OP_MOVE:
                if (!ahead)
                        return;
                m->is.start = tidy(m->is.start + (5 + dice_roll(step, 0, 600)) * USEC_PER_MINUTE);
                word(m, true);
                break;
        case OP_EXTEND:
                if (!single || end < now + 10 * USEC_PER_MINUTE)
                        return;
                m->is.length += (5 + dice_roll(step, 0, 120)) * USEC_PER_MINUTE;
                word(m, true);
                break;
        case OP_CANCEL:
                if (!single || end < now + USEC_PER_HOUR)
                        return;
                m->is.floor = STATE_CANCELLED;
                m->cancels++;
                word(m, false);
                break;
        case OP_START_EARLY:
                if (!ahead)
                        return;
                m->is.floor = STATE_IN_PROGRESS;
                m->early = true;
                word(m, false);
                break;
        case OP_COMPLETE_EARLY:
                if (!single || m->is.floor > STATE_IN_PROGRESS || start > now || end < now)
                        return;
                m->is.floor = STATE_COMPLETED;
                m->early_end = true;
                word(m, false);
                break;
        case OP_DELETE:
                m->is.there = m->broken = false;
                m->cancels++;
                m->rule_edited = now;
                word(m, false);
                break;
        case OP_UNDELETE: /* what was withdrawn in its middle is not begun again */
                if (m->is.there)
                        return;
                m->is.there = true;
                m->loose |= start < now + USEC_PER_HOUR && single_kind(m);
                m->rule_edited = now;
                word(m, false);
                break;
        case OP_REVERT: /* what has begun or ended stays so, whatever the file said before */
                m->is = m->before;
                m->loose |= single_kind(m) && (started(&was, now) || started(&m->is, now) || was.there != m->is.there);
                m->cancels++;
                m->early |= m->is.floor == STATE_IN_PROGRESS;
                m->rule_edited = now;
                word(m, true);
                break;
        case OP_EDIT_RULE:
                if (!m->is.there || !m->is.recurring)
                        return;
                m->is.start = tidy(m->is.start + (5 + dice_roll(step, 0, 300)) * USEC_PER_MINUTE);
                m->rule_edited = now;
                m->cancels++;
                word(m, true);
                break;
        case OP_BREAK:
                m->broken = m->is.there;
                return;
        case OP_MEND:
                m->broken = false;
                return;
        default:
                return;
        }
        m->before = was;
}

static void hand_state(Man *m, json_t *o, const char *state, const char *stamp, usec_t now) {
        char t[RFC3339_SIZE];

        remote_model_set(o, "status", json_string(state));
        remote_model_set(o, stamp, json_string(rfc3339_format(now, t)));
        m->loose = m->early = m->early_end = true;
        m->hand_words = m->words;
        m->hand_final = strcmp(state, "in_progress") != 0;
}

/* A colleague at the page, who sees one-off windows only. */
static void hand(Sim *s, Man *m, const Deed *step) {
        RemoteModel *page = s->w->models[0];
        json_t *o = m->id[0] && !m->is.recurring ? remote_model_find(page, m->id) : NULL;
        bool scheduled = o && strcmp(remote_model_state(page, o, s->w->real), "scheduled") == 0;
        char t[RFC3339_SIZE];

        if (!o)
                return;
        switch ((int) step->op) {
        case OP_HAND_RETITLE:
                m->reworded++;
                remote_model_set(o, "title", json_sprintf("reworded %u", m->reworded));
                break;
        case OP_HAND_START:
                if (scheduled)
                        hand_state(m, o, "in_progress", "started_at", s->w->real);
                break;
        case OP_HAND_COMPLETE:
                if (!scheduled)
                        hand_state(m, o, "completed", "completed_at", s->w->real);
                break;
        case OP_HAND_CANCEL:
                hand_state(m, o, "cancelled", "cancelled_at", s->w->real);
                break;
        case OP_HAND_DELETE:
                m->loose = m->hand_final = true;
                m->hand_words = m->words;
                remote_model_delete(page, o);
                break;
        case OP_HAND_EXTEND:
                if (scheduled)
                        break;
                m->loose = m->early_end = true;
                m->hand_words = m->words;
                m->hand_final = false;
                remote_model_set(o, "scheduled_end", json_string(rfc3339_format(remote_model_time(o, "scheduled_end") + 30 * USEC_PER_MINUTE, t)));
                break;
        default:
                break;
        }
}

static void foreign(Sim *s, const Deed *step) {
        usec_t start = s->w->real + dice_roll(step, 0, 48) * USEC_PER_HOUR;
        char from[RFC3339_SIZE], to[RFC3339_SIZE];
        json_t *o = remote_model_enter(s->w->models[0], "Somebody else's", rfc3339_format(start, from), rfc3339_format(start + USEC_PER_HOUR, to));

        if (dice_roll(step, 1, 2))
                json_object_set_new(o, "external_id", json_string("maintd:elsewhere:m3#0"));
        json_object_set_new(s->foreign, json_string_value(json_object_get(o, "id")), json_deep_copy(o));
}

void people_step(Sim *s, const Deed *step) {
        Man *m = &s->men[step->man];

        if (step->op == OP_FOREIGN) {
                foreign(s, step);
                return;
        }
        if (step->op >= OP_HAND_RETITLE) {
                hand(s, m, step);
                return;
        }
        if (m->id[0] == '\0' && step->op != OP_ADD)
                return;
        edit(s, m, step);
        man_write(s, m);
        world_reload(s->w);
        people_loaded(s);
}
