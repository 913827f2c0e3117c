/*
 * Sim: one run of a script
 */
#include <string.h>

#include "base/text.h"
#include "sim.h"

#define CALM (40 * USEC_PER_MINUTE)     /* longer than any pause that a trouble leaves behind */
#define REQUESTS_MIN 100u               /* a run with fewer shows nothing */

void sim_fails(Sim *s, const char *what, const char *detail) {
        if (s->failure)
                return;
        s->failure = what;
        (void) snprintf(s->detail, sizeof(s->detail), "%s", detail);
}

static void choose_faults(Sim *s, const Deed *step) {
        unsigned f[11];

        for (unsigned k = 0; k < ARRAY_SIZE(f); k++)
                f[k] = dice_roll(step, 2 * k, 3) ? 0 : (unsigned) dice_roll(step, 2 * k + 1, 40);
        if (s->script->forgets_keys)
                f[3] = f[4] = 0; /* what arrives twice then happens twice, and a look cannot see what is still on its way */
        s->w->faults = (Faults) {
                .not_sent = f[0], .lost = f[1], .answer_lost = f[2], .twice = f[3], .slow = f[4], .error500 = f[5], .limited = f[6], .garbage = f[7],
                .refused = f[8] / 4, .mangled = f[9], .commit = f[10] / 2,
        };
        for (unsigned n = 0; n < WORLD_TARGETS; n++)
                s->w->models[n]->retry_after = dice_roll(step, 40, 2) ? 0 : 1 + (unsigned) dice_roll(step, 41, 90);
}

static void everything_works(Sim *s) {
        World *w = s->w;

        w->faults = (Faults) { 0 };
        w->crash_at = 0;
        w->tree_broken = false;
        s->tree_until = 0;
        for (unsigned n = 0; n < WORLD_TARGETS; n++) {
                w->down[n] = false;
                s->down_until[n] = 0;
                w->stale_until[n] = 0;
        }
}

/* Troubles that were to last until now are over. */
static void mend_due(Sim *s) {
        World *w = s->w;

        for (unsigned n = 0; n < WORLD_TARGETS; n++)
                if (s->down_until[n] && w->boot >= s->down_until[n]) {
                        s->down_until[n] = 0;
                        w->down[n] = false;
                }
        if (s->tree_until && w->boot >= s->tree_until) {
                s->tree_until = 0;
                w->tree_broken = false;
                world_reload(w);
                people_loaded(s);
        }
}

static usec_t next_mend(const Sim *s) {
        usec_t next = USEC_INFINITY;

        for (unsigned n = 0; n < WORLD_TARGETS; n++)
                if (s->down_until[n])
                        next = MIN(next, s->down_until[n]);
        return s->tree_until ? MIN(next, s->tree_until) : next;
}

/* Lets time pass, with what is to be mended in it. */
static void pass(Sim *s, usec_t span) {
        World *w = s->w;
        usec_t until = w->boot + span;

        while (w->boot < until && !s->failure) {
                usec_t to = MIN(until, next_mend(s));

                world_for(w, to > w->boot ? to - w->boot : 1);
                mend_due(s);
                check_always(s);
        }
}

static void approve_all(Sim *s) {
        World *w = s->w;

        for (unsigned n = 0; n < 20 && (world_approve(w, "public") == 0 || world_approve(w, "alerts") == 0); n++) {
                for (size_t k = 0; k < MEN_MAX; k++)
                        s->men[k].hand_final = false; /* what was deleted there is allowed anew, too */
                world_for(w, 5 * USEC_PER_MINUTE);
        }
}

static void calm(Sim *s, const Deed *step, bool last) {
        World *w = s->w;
        bool broken = false;

        everything_works(s);
        for (size_t n = 0; n < MEN_MAX; n++) {
                if (dice_roll(step, (unsigned) n, 2) == 0 || last)
                        s->men[n].broken = false;
                broken |= s->men[n].broken;
                if (s->men[n].id[0])
                        man_write(s, &s->men[n]);
        }
        world_reload(w);
        people_loaded(s);
        s->calm_since = w->boot;
        world_for(w, CALM);
        check_ended_by_hand(s);
        approve_all(s);
        world_for(w, 20 * USEC_PER_MINUTE);
        if (!world_settle(w, USEC_PER_HOUR))
                sim_fails(s, "does not settle", "");
        check_calm(s, broken);
        s->calm_since = 0;
        s->calms++;
}

/*
 * A script gone wild: the files of all vanish but for one that is new, in one load or one by one within the hour. Not all that is
 * announced may be called off by that (rule 3). Then the files come back.
 */
static void purge(Sim *s, const Deed *step) {
        World *w = s->w;
        bool at_once = dice_roll(step, 0, 2);
        usec_t until;
        unsigned before;

        everything_works(s);
        world_reload(w);
        world_for(w, CALM);
        until = w->real + 3 * USEC_PER_HOUR; /* what ends by its time meanwhile has not been withdrawn */
        before = check_count_live(s, until);
        if (before <= 3)
                return; /* so many may go */
        world_write(w, NEWCOMER ".yaml", "title: New\nservices: [web]\nstart: 2029-01-01T00:00:00Z\nduration: 1h\nannounce: 1d\n");
        for (size_t n = 0; n < MEN_MAX; n++) {
                Man *m = &s->men[n];
                char path[sizeof(m->id) + sizeof(".yaml")];

                if (m->id[0] == '\0')
                        continue;
                (void) snprintf(path, sizeof(path), "%.*s.yaml", (int) sizeof(m->id) - 1, m->id);
                world_write(w, path, NULL);
                m->broken = false;
                m->cancels++;
                m->loose = true; /* some of it may have been withdrawn in its middle */
                if (!at_once) {
                        world_reload(w);
                        world_for(w, 6 * USEC_PER_MINUTE);
                }
        }
        world_reload(w);
        if (check_count_live(s, until) == before || !at_once)
                world_for(w, 6 * USEC_PER_MINUTE);
        if (check_count_live(s, until) == 0)
                sim_fails(s, "the guard held nothing", "");
        for (size_t n = 0; n < MEN_MAX; n++)
                if (s->men[n].id[0])
                        man_write(s, &s->men[n]);
        world_write(w, NEWCOMER ".yaml", NULL);
        world_reload(w);
        people_loaded(s);
        world_for(w, 10 * USEC_PER_MINUTE);
}

static void step_clock(Sim *s, const Deed *step, int way) {
        usec_t now = s->w->real, by = (1 + dice_roll(step, 0, 50)) * USEC_PER_MINUTE;

        /* What begins or ends within the step may have done so twice or not at all by the clock: what must always hold still does. */
        for (size_t n = 0; n < MEN_MAX; n++) {
                usec_t start = spec_start(&s->men[n].is, 0), end = start + s->men[n].is.length;

                s->men[n].loose |= (start < now + 2 * USEC_PER_HOUR && start + 2 * USEC_PER_HOUR > now) || (end < now + 2 * USEC_PER_HOUR && end + 2 * USEC_PER_HOUR > now);
        }
        world_step_clock(s->w, way * (int64_t) by, true);
}

/* A page that takes few writes has more to take than it may when the clock goes back: its limit is of a time that cannot go back. */
static void step_back_in_a_rush(Sim *s, const Deed *step) {
        World *w = s->w;

        everything_works(s);
        world_for(w, CALM);
        for (size_t n = 0; n < MEN_MAX; n++) {
                Man *m = &s->men[n];

                if (m->id[0] == '\0' || !m->is.there)
                        continue;
                m->before = m->is;
                m->is.edits++;
                man_write(s, m);
        }
        world_reload(w);
        people_loaded(s);
        world_for(w, 2 * USEC_PER_SEC);
        step_clock(s, step, -1);
        world_for(w, 10 * USEC_PER_MINUTE);
        check_nothing_pending(s);
}

static void play(Sim *s, const Deed *step) {
        World *w = s->w;
        unsigned target = (unsigned) dice_roll(step, 7, WORLD_TARGETS);

        switch ((int) step->op) {
        case OP_TREE_GONE:
                w->tree_broken = true;
                s->tree_until = w->boot + (5 + dice_roll(step, 0, 120)) * USEC_PER_MINUTE;
                world_reload(w);
                break;
        case OP_PURGE:
                purge(s, step);
                break;
        case OP_FAULTS:
                choose_faults(s, step);
                break;
        case OP_DOWN:
                w->down[target] = true;
                s->down_until[target] = w->boot + (1 + dice_roll(step, 0, 180)) * USEC_PER_MINUTE;
                break;
        case OP_STALE:
                world_stale(w, target, (5 + dice_roll(step, 0, 120)) * USEC_PER_SEC);
                break;
        case OP_CRASH_AT:
                w->crash_at = w->points + 1 + dice_roll(step, 0, 30);
                break;
        case OP_CRASH:
        case OP_RESTART:
                if (step->op == OP_CRASH)
                        world_crash(w);
                else
                        world_stop(w);
                world_for(w, dice_roll(step, 0, 90) * USEC_PER_MINUTE);
                world_start(w);
                break;
        case OP_CLOCK:
                if (s->script->slow && dice_roll(step, 1, 2) == 0)
                        step_back_in_a_rush(s, step);
                else
                        step_clock(s, step, dice_roll(step, 1, 2) ? 1 : -1);
                break;
        case OP_SLEEP:
                world_sleep(w, (1 + dice_roll(step, 0, 600)) * USEC_PER_MINUTE);
                break;
        case OP_CALM:
                calm(s, step, false);
                break;
        default:
                people_step(s, step);
        }
}

const char *sim_run(const Script *script, Totals *totals, char **ret_detail, char **ret_history) {
        static const char *const slow_page = "targets:\n  public: {type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t, rate_limit: {reads: 600, writes: 6}}\n";
        char config[256];
        Sim s = { .script = script, .foreign = json_object() };
        Deed last = { .op = OP_CALM, .dice = 1 };
        World *w;

        (void) snprintf(config, sizeof(config), "withdraw_after: 5min\nresync: %umin\n%s", (unsigned) (script->resync / USEC_PER_MINUTE),
                        script->slow ? slow_page : "");
        w = s.w = world_new(script->seed, at("2027-03-20T00:00:00Z"), script->both, config);
        w->models[0]->rewrites = script->rewrites;
        w->models[0]->forgets_keys = script->forgets_keys;
        w->models[0]->page_size = 3 + script->seed % 3 * 20;
        people_begin(&s);
        world_start(w);
        for (size_t n = 0; n < script->n && !s.failure; n++) {
                pass(&s, script->steps[n].after);
                if (!s.failure)
                        play(&s, &script->steps[n]);
                check_always(&s);
        }
        if (!s.failure)
                calm(&s, &last, true);
        totals->seeds++;
        totals->turns += w->steps;
        totals->requests += w->requests;
        totals->faults += w->injected;
        totals->crashes += w->crashes;
        totals->writes += w->writes;
        totals->steps += script->n;
        totals->calms += s.calms;
        if (!s.failure && w->requests < REQUESTS_MIN && script->n > 20)
                sim_fails(&s, "an idle run", "");
        if (ret_detail)
                *ret_detail = strdup(s.detail);
        if (ret_history) {
                (void) fflush(w->log);
                *ret_history = strdup(w->history);
        }
        json_decref(s.foreign);
        world_free(w);
        return s.failure;
}
