/*
 * Sim: seeds, side by side, and the shortest way to what fails
 *
 *      sim [--seeds N] [--from S] [--jobs J] [--year] [--first]
 *      sim --seed S [--year] [--verbose]
 */
#include <getopt.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/text.h"
#include "sim.h"

#define JOBS_MAX 64u
#define FAILURES_MAX 6u         /* then all jobs stop; with --first after one */
#define TRIALS_MAX 600u         /* to shorten a script */

typedef struct Job {            /* shared with the process that runs it */
        Totals totals;
        uint64_t failed[FAILURES_MAX];
        unsigned n_failed;
} Job;

typedef struct Shared {
        unsigned failures;      /* of all jobs */
        Job jobs[JOBS_MAX];
} Shared;

static void run_job(Shared *all, Job *job, uint64_t from, uint64_t n, unsigned jobs, bool year, unsigned enough) {
        static Script script;

        for (uint64_t seed = from; seed < from + n && __atomic_load_n(&all->failures, __ATOMIC_RELAXED) < enough; seed += jobs) {
                script_make(&script, seed, year);
                if (sim_run(&script, &job->totals, NULL, NULL) && job->n_failed < FAILURES_MAX) {
                        job->failed[job->n_failed++] = seed;
                        (void) __atomic_add_fetch(&all->failures, 1, __ATOMIC_RELAXED);
                }
        }
}

static bool fails_alike(const Script *s, const char *failure) {
        Totals ignored = { 0 };
        const char *is = sim_run(s, &ignored, NULL, NULL);

        return is && strcmp(is, failure) == 0;
}

/* Leaves out ever smaller runs of steps while it still fails alike; their time is kept (Zeller's ddmin, without its complements). */
static void shorten(Script *s, const char *failure) {
        static Script trial;
        unsigned trials = 0;

        for (size_t chunk = MAX(s->n / 2, (size_t) 1); trials < TRIALS_MAX; chunk /= 2) {
                for (size_t at_step = 0; at_step < s->n && trials < TRIALS_MAX;) {
                        size_t n = MIN(chunk, s->n - at_step);

                        trial = *s;
                        memmove(trial.steps + at_step, trial.steps + at_step + n, (s->n - at_step - n) * sizeof(*trial.steps));
                        trial.n = s->n - n;
                        for (size_t k = at_step; k < at_step + n && at_step < trial.n; k++)
                                trial.steps[at_step].after += s->steps[k].after;
                        trials++;
                        if (fails_alike(&trial, failure))
                                *s = trial;
                        else
                                at_step += n;
                }
                if (chunk == 1)
                        break;
        }
}

/* Replays a seed, shortens it when it fails, and tells its story. */
static bool tell_seed(uint64_t seed, bool year, bool verbose) {
        static Script script;
        auto_(free) char *detail = NULL, *history = NULL;
        Totals totals = { 0 };
        const char *failure;
        size_t all;

        script_make(&script, seed, year);
        all = script.n;
        failure = sim_run(&script, &totals, &detail, &history);
        if (verbose)
                (void) fputs(history, stdout);
        if (failure) {
                shorten(&script, failure);
                free(STEAL(detail));
                free(STEAL(history));
                (void) sim_run(&script, &totals, &detail, &history);
                (void) printf("%s\nsteps:", history);
                for (size_t n = 0; n < script.n; n++)
                        (void) printf(" %s", op_name(script.steps[n].op));
                (void) printf("\n");
        }
        (void) printf("seed %llu: %s%s%s (%zu steps of %zu)\n", (unsigned long long) seed, failure ? failure : "good", failure ? ": " : "", failure ? detail : "",
                      script.n, all);
        return !failure;
}

static Totals add_up(const Job *jobs, unsigned n) {
        Totals t = { 0 };

        for (unsigned k = 0; k < n; k++) {
                const Totals *j = &jobs[k].totals;

                t.seeds += j->seeds;
                t.turns += j->turns;
                t.requests += j->requests;
                t.writes += j->writes;
                t.faults += j->faults;
                t.crashes += j->crashes;
                t.steps += j->steps;
                t.calms += j->calms;
        }
        return t;
}

static int run_all(uint64_t from, uint64_t seeds, unsigned n_jobs, bool year, bool first) {
        Shared *all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        Now began = now_read();
        bool bad = false;
        double took;
        Totals t;

        if (all == MAP_FAILED)
                return EXIT_FAILURE;
        for (unsigned k = 0; k < n_jobs; k++) {
                pid_t pid = fork();

                if (pid == 0) {
                        run_job(all, &all->jobs[k], from + k, seeds > k ? seeds - k : 0, n_jobs, year, first ? 1 : FAILURES_MAX);
                        _exit(0);
                }
                bad |= pid < 0;
        }
        for (int status; wait(&status) > 0;)
                bad |= status != 0; /* an assertion, or a sanitizer */
        took = (double) (now_read().boot - began.boot) / 1e6;
        t = add_up(all->jobs, n_jobs);
        for (unsigned k = 0; k < n_jobs; k++)
                for (unsigned n = 0; n < all->jobs[k].n_failed; n++) {
                        (void) tell_seed(all->jobs[k].failed[n], year, false);
                        bad = true;
                }
        (void) printf("%llu seeds of %u days: %llu steps of people and trouble, %llu moments of calm, %llu turns, %llu requests (%llu writes), %llu faults, "
                      "%llu crashes in %.1f s\n%.0f steps, %.0f requests and %.0f faults a second\n",
                      (unsigned long long) t.seeds, year ? 365u : 14u, (unsigned long long) t.steps, (unsigned long long) t.calms, (unsigned long long) t.turns,
                      (unsigned long long) t.requests, (unsigned long long) t.writes, (unsigned long long) t.faults, (unsigned long long) t.crashes, took,
                      (double) t.steps / took, (double) t.requests / took, (double) t.faults / took);
        (void) munmap(all, sizeof(*all));
        return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "seeds", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' }, { "from", required_argument, NULL, 'f' },
                { "jobs", required_argument, NULL, 'j' },  { "year", no_argument, NULL, 'y' },       { "verbose", no_argument, NULL, 'v' },
                { "long-runs-only", no_argument, NULL, 'l' },
                { "first", no_argument, NULL, '1' },        { 0 },
        };
        uint64_t seeds = 200, from = 1, only = 0;
        bool verbose = false, year = false, first = false;
        unsigned jobs = 2;

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                switch (c) {
                case 'n': seeds = strtoull(optarg, NULL, 10); break;
                case 's': only = strtoull(optarg, NULL, 10); break;
                case 'f': from = strtoull(optarg, NULL, 10); break;
                case 'j': jobs = (unsigned) strtoul(optarg, NULL, 10); break;
                case 'y': year = true; break;
                case 'v': verbose = true; break;
                case '1': first = true; break;
                case 'l':
                        if (getenv("MAINTD_TEST_LONG"))
                                break;
                        (void) printf("skipped: takes long; `tests/run.sh --all` runs it\n");
                        return 77;
                default: return 2;
                }
        }
        if (only)
                return tell_seed(only, year, verbose) ? EXIT_SUCCESS : EXIT_FAILURE;
        return run_all(from, seeds, MIN(MAX(jobs, 1u), JOBS_MAX), year, first);
}
