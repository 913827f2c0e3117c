/*
 * Sim: two weeks of operation from a seed, with everything that goes wrong in them
 *
 * People add, edit, move, cancel, delete and break manifests; requests and answers are lost, repeated, late or refused; the process
 * is killed between any two steps; the clock is stepped, targets go away. Then the faults stop, and what must hold is checked:
 * every window is at the page in the state that manifest and clock give it, once; nothing was told twice; nothing happened early;
 * and the engine falls silent.
 *
 *      sim [--seeds N] [--seed S] [--verbose]
 */
#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "base/text.h"
#include "world.h"

#define DAYS 14u
#define MANIFESTS 8u

typedef struct Man {            /* what a manifest says, as the oracle knows it */
        char id[32];
        bool there, broken, recurring, cancelled;
        bool hands;             /* a person has touched it at the page: states are not the oracle's any more */
        usec_t start, end;
        unsigned edits, updates;
        State floor;
} Man;

typedef struct Sim {
        World *w;
        Man men[MANIFESTS];
        uint64_t seed;
        size_t mails_checked;
        const char *failure;
        char detail[256];
} Sim;

static usec_t minutes(World *w, uint64_t from, uint64_t to) {
        return (from + world_random(w, to - from)) * USEC_PER_MINUTE;
}

static void fails(Sim *s, const char *what, const char *detail) {
        if (s->failure)
                return;
        s->failure = what;
        (void) snprintf(s->detail, sizeof(s->detail), "%s", detail);
}

static void write_manifest(Sim *s, Man *m) {
        char start[RFC3339_SIZE], end[RFC3339_SIZE], path[48];
        auto_(free) char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);

        (void) snprintf(path, sizeof(path), "%s.yaml", m->id);
        if (!m->there) {
                (void) fclose(f);
                world_write(s->w, path, NULL);
                return;
        }
        (void) fprintf(f, "title: Work %s, edit %u\nservices: [api, database]\nstart: %s\nend: %s\n", m->id, m->edits, rfc3339_format(m->start, start),
                       rfc3339_format(m->end, end));
        if (m->recurring)
                (void) fprintf(f, "recurrence: {rule: FREQ=DAILY}\nannounce: 3d\n");
        else if (m->floor != STATE_SCHEDULED)
                (void) fprintf(f, "state: %s\n", state_to_string(m->floor));
        if (m->updates)
                (void) fprintf(f, "updates:\n");
        for (unsigned k = 1; k <= m->updates; k++)
                (void) fprintf(f, "  - {at: +%umin, message: note %u}\n", k * 7, k);
        if (m->broken)
                (void) fprintf(f, "nonsense: [\n");
        (void) fclose(f);
        world_write(s->w, path, text);
}

static void fresh_manifest(Sim *s, Man *m) {
        World *w = s->w;

        m->there = true;
        m->broken = m->cancelled = false;
        m->recurring = world_random(w, 4) == 0;
        m->start = (w->real + minutes(w, 10, 3 * 24 * 60)) / USEC_PER_MINUTE * USEC_PER_MINUTE;
        m->end = m->start + minutes(w, 20, 240);
        m->updates = (unsigned) world_random(w, 3);
        m->floor = STATE_SCHEDULED;
}

/* One thing a person does. */
static void people(Sim *s) {
        World *w = s->w;
        Man *m = &s->men[world_random(w, MANIFESTS)];
        json_t *o;

        switch (world_random(w, 12)) {
        case 0:
        case 1:
                if (!m->there && m->id[0] == '\0') {
                        (void) snprintf(m->id, sizeof(m->id), "m%zu", (size_t) (m - s->men));
                        fresh_manifest(s, m);
                }
                break;
        case 2:
        case 3:
                m->edits++;
                break;
        case 4: /* moved, while it lies ahead */
                if (m->there && !m->recurring && m->start > w->real + USEC_PER_HOUR) {
                        usec_t by = minutes(w, 5, 600);

                        m->start += by;
                        m->end += by;
                }
                break;
        case 5: /* extended, before or while it runs */
                if (m->there && !m->recurring && m->end > w->real + 10 * USEC_PER_MINUTE)
                        m->end += minutes(w, 5, 120);
                break;
        case 6:
                if (m->there && !m->recurring && m->end > w->real + USEC_PER_HOUR && world_random(w, 3) == 0)
                        m->floor = STATE_CANCELLED;
                break;
        case 7:
                if (m->there && !m->recurring && m->start > w->real + USEC_PER_HOUR && world_random(w, 3) == 0)
                        m->floor = STATE_IN_PROGRESS;
                break;
        case 8:
                m->there = m->there && world_random(w, 3) != 0;
                break;
        case 9:
                m->broken = m->there && !m->broken;
                break;
        case 10: /* a colleague rewords it at the page */
                o = m->there ? remote_model_find(w->models[0], m->id) : NULL;
                if (o)
                        remote_model_set(o, "title", json_string("reworded"));
                break;
        case 11:
                world_crash(w);
                world_for(w, minutes(w, 0, 90));
                world_start(w);
                break;
        }
        if (m->id[0])
                write_manifest(s, m);
        world_reload(w);
}

/* What happened at the page since the last look: nothing early, nothing twice. */
static void check_mails(Sim *s) {
        RemoteModel *m = s->w->models[0];

        for (; s->mails_checked < m->n_mails; s->mails_checked++) {
                const Mail *mail = &m->mails[s->mails_checked];
                json_t *o = json_object_get(m->objects, mail->object);
                unsigned same = 0;

                if (strcmp(mail->event, "rescheduled") == 0 || strcmp(mail->event, "updated") == 0 || strcmp(mail->event, "update") == 0)
                        continue;
                for (size_t k = 0; k <= s->mails_checked; k++)
                        same += strcmp(m->mails[k].object, mail->object) == 0 && strcmp(m->mails[k].event, mail->event) == 0;
                if (same > 1)
                        fails(s, "told twice", mail->event);
                if (strcmp(mail->event, "completed") == 0 && o && MAX(mail->at, mail->sent) + USEC_PER_MSEC < remote_model_time(o, "scheduled_end"))
                        fails(s, "completed before its end", mail->marker);
        }
}

static void check_updates_once(Sim *s) {
        const char *id;
        json_t *o, *u, *v;
        size_t i, j;

        json_object_foreach(s->w->models[0]->objects, id, o)
                json_array_foreach(json_object_get(o, "updates"), i, u)
                        json_array_foreach(json_object_get(o, "updates"), j, v)
                                if (i < j && json_equal(json_object_get(u, "message"), json_object_get(v, "message")))
                                        fails(s, "an update was posted twice", id);
}

static State oracle(const Man *m, usec_t now) {
        if (m->floor == STATE_CANCELLED)
                return STATE_CANCELLED;
        if (now >= m->end)
                return STATE_COMPLETED;
        return now >= m->start || m->floor == STATE_IN_PROGRESS ? STATE_IN_PROGRESS : STATE_SCHEDULED;
}

static void check_window(Sim *s, const Man *m) {
        World *w = s->w;
        State want = oracle(m, w->real);
        json_t *o = remote_model_any(w->models[0], m->id, NULL);
        const char *is = o ? remote_model_state(w->models[0], o, w->real) : "nothing";

        if (remote_model_live(w->models[0], m->id, w->real) > 1)
                fails(s, "there are two", m->id);
        if (!o) {
                if (!state_final(want))
                        fails(s, "not published", m->id);
                return;
        }
        if (strcmp(is, state_to_string(want)) != 0 && !(want == STATE_CANCELLED && strcmp(is, "completed") == 0) &&
            !(want == STATE_COMPLETED && strcmp(is, "cancelled") == 0)) {
                (void) snprintf(s->detail, sizeof(s->detail), "%s is %s, wanted %s", m->id, is, state_to_string(want));
                s->failure = s->failure ? s->failure : "wrong state";
        }
        if (!state_final(want) && (remote_model_time(o, "scheduled_end") != m->end ||
                                   (want == STATE_SCHEDULED && remote_model_time(o, "scheduled_start") != m->start)))
                fails(s, "wrong times", m->id);
}

static int no_problem(void *userdata, const WindowStatus *st) {
        Sim *s = userdata;
        char key[KEY_SIZE];

        if (st->sync == SYNC_PENDING || st->sync == SYNC_UNKNOWN || st->sync == SYNC_UNREACHABLE || st->sync == SYNC_CLAIMED || st->sync == SYNC_REFUSED) {
                (void) snprintf(s->detail, sizeof(s->detail), "%s at %s: %s (%s)", key_format(st->key, key), st->target, sync_to_string(st->sync), st->problem);
                s->failure = s->failure ? s->failure : "not in sync";
        }
        return 0;
}

static bool guard_holds(Sim *s) {
        return world_said(s->w, "held, see");
}

/* Faults have stopped: everything must come to rest, equal to what is wanted. */
static void converge(Sim *s) {
        World *w = s->w;
        unsigned writes[2];

        w->faults = (Faults) { 0 };
        w->down[0] = w->down[1] = false;
        w->crash_at = 0;
        for (size_t n = 0; n < MANIFESTS; n++) {
                s->men[n].broken = false;
                if (s->men[n].id[0])
                        write_manifest(s, &s->men[n]);
        }
        world_reload(w);
        world_for(w, 30 * USEC_PER_MINUTE);
        while (world_approve(w, "public") == 0 || world_approve(w, "alerts") == 0)
                world_for(w, 5 * USEC_PER_MINUTE);
        world_for(w, 20 * USEC_PER_MINUTE);
        if (!world_settle(w, USEC_PER_HOUR))
                fails(s, "does not settle", "");
        for (size_t n = 0; n < MANIFESTS; n++)
                if (s->men[n].there && !s->men[n].recurring && !s->men[n].hands)
                        check_window(s, &s->men[n]);
        if (engine_each(w->engine, world_now(w), no_problem, s) < 0)
                abort();
        check_updates_once(s);
        /* Silence: only what falls due may be written, and nothing that changes nothing. */
        for (unsigned n = 0; n < 2; n++)
                writes[n] = w->models[n]->writes;
        world_reload(w);
        world_for(w, USEC_PER_MINUTE);
        if (w->models[0]->writes + w->models[1]->writes > writes[0] + writes[1] + 4)
                fails(s, "does not fall silent", "");
}

static void choose_faults(World *w) {
        unsigned level = (unsigned) world_random(w, 4) * 10;

        w->faults = (Faults) {
                .not_sent = level, .lost = level, .answer_lost = level, .twice = level / 2, .slow = level, .error500 = level,
                .limited = level / 2, .garbage = level / 2, .commit = level / 4,
        };
}

static void run(Sim *s) {
        World *w = s->w;
        usec_t end = w->real + DAYS * USEC_PER_DAY;

        for (size_t n = 0; n < 1 + world_random(w, MANIFESTS); n++) {
                (void) snprintf(s->men[n].id, sizeof(s->men[n].id), "m%zu", n);
                fresh_manifest(s, &s->men[n]);
                write_manifest(s, &s->men[n]);
        }
        choose_faults(w);
        world_start(w);
        while (w->real < end && !s->failure) {
                world_for(w, minutes(w, 1, 10 * 60));
                check_mails(s);
                switch (world_random(w, 8)) {
                case 0:
                        w->down[world_random(w, 2)] ^= true;
                        break;
                case 1:
                        w->crash_at = w->points + 1 + world_random(w, 40);
                        break;
                case 2:
                        choose_faults(w);
                        break;
                case 3:
                        if (world_random(w, 10) == 0)
                                world_step_clock(w, (int64_t) minutes(w, 1, 50) * (world_random(w, 2) ? 1 : -1), true);
                        break;
                default:
                        people(s);
                }
        }
        if (!s->failure)
                converge(s);
        check_mails(s);
}

static bool run_seed(uint64_t seed, bool verbose, uint64_t totals[5]) {
        Sim s = { .seed = seed };
        World *w = s.w = world_new(seed, at("2027-03-20T00:00:00Z"), seed % 2, "withdraw_after: 5min\nresync: 2h\n");

        run(&s);
        totals[0] += w->steps;
        totals[1] += w->requests;
        totals[2] += w->injected;
        totals[3] += w->crashes;
        totals[4] += w->writes;
        if (s.failure || verbose) {
                (void) fflush(w->log);
                (void) fprintf(stderr, "%s\n", w->history);
        }
        if (s.failure)
                (void) fprintf(stderr, "seed %llu: %s: %s%s\n", (unsigned long long) seed, s.failure, s.detail, guard_holds(&s) ? " (the guard held something)" : "");
        world_free(w);
        return !s.failure;
}

int main(int argc, char **argv) {
        static const struct option options[] = { { "seeds", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' }, { "verbose", no_argument, NULL, 'v' }, { 0 } };
        uint64_t seeds = 200, first = 1, failed = 0, totals[5] = { 0 };
        bool verbose = false;
        Now began = now_read();
        double took;

        for (int c; (c = getopt_long(argc, argv, "n:s:v", options, NULL)) != -1;) {
                if (c == 'n')
                        seeds = strtoull(optarg, NULL, 10);
                else if (c == 's')
                        first = strtoull(optarg, NULL, 10), seeds = 1;
                else if (c == 'v')
                        verbose = true;
                else
                        return 2;
        }
        for (uint64_t n = first; n < first + seeds; n++)
                if (!run_seed(n, verbose, totals)) {
                        failed++;
                        if (failed >= 3)
                                break;
                }
        took = (double) (now_read().boot - began.boot) / 1e6;
        printf("%llu seeds of %u days, %llu failed; %llu turns, %llu requests (%llu writes), %llu faults, %llu crashes in %.1f s (%.0f requests/s)\n",
               (unsigned long long) seeds, DAYS, (unsigned long long) failed, (unsigned long long) totals[0], (unsigned long long) totals[1],
               (unsigned long long) totals[4], (unsigned long long) totals[2], (unsigned long long) totals[3], took, (double) totals[1] / took);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
