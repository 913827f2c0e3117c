/*
 * Watch: real directories, real git, one event loop; every wait is for an event and has a deadline
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/text.h"
#include "io/watch-scan.h"
#include "io/watch.h"

#define DEADLINE_USEC (20 * USEC_PER_SEC)

typedef struct Test {
        char top[64];           /* everything is below it */
        char *tree;             /* top/tree */
        sd_event *event;
        Watch *watch;
        unsigned n, n_settled;
        bool settled, free_in_callback;
} Test;

static void changed(void *userdata, bool settled) {
        Test *t = userdata;

        t->n++;
        t->n_settled += settled;
        t->settled = settled;
        if (t->free_in_callback)
                t->watch = watch_free(t->watch);
}

/* Runs a shell command in the test's top directory. */
static void sh(Test *t, const char *command) {
        auto_(free) char *line = textf("cd '%s' && { %s; } >/dev/null 2>&1", t->top, command);

        if (system(line) != 0)
                fail_msg("failed: %s", command);
}

static void put(Test *t, const char *name, const char *text) {
        auto_(free) char *path = textf("%s/%s", t->top, name);
        auto_(fclose) FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
}

static int setup(void **state) {
        Test *t = calloc(1, sizeof(*t));

        assert_non_null(t);
        (void) snprintf(t->top, sizeof(t->top), "/var/tmp/maintd-test-XXXXXX");
        assert_non_null(mkdtemp(t->top));
        t->tree = textf("%s/tree", t->top);
        assert_int_equal(mkdir(t->tree, 0755), 0);
        assert_true(sd_event_new(&t->event) >= 0);
        (void) setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
        (void) setenv("GIT_AUTHOR_NAME", "a", 1);
        (void) setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
        (void) setenv("GIT_COMMITTER_NAME", "a", 1);
        (void) setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
        *state = t;
        return 0;
}

static int teardown(void **state) {
        Test *t = *state;
        auto_(free) char *rm = textf("rm -rf '%s'", t->top);

        watch_free(t->watch);
        sd_event_unref(t->event);
        assert_int_equal(system(rm), 0);
        free(t->tree);
        free(t);
        return 0;
}

static void start(Test *t) {
        assert_int_equal(watch_new(t->event, t->tree, changed, t, &t->watch), 0);
        assert_null(watch_problem(t->watch));
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        fail_msg("no report in time");
        return 0;
}

/* Runs the loop until @n reports have come in all; returns how long that took. */
static usec_t wait_for(Test *t, unsigned n) {
        sd_event_source *deadline = NULL;
        usec_t before = now_read().boot;

        assert_true(sd_event_add_time_relative(t->event, &deadline, CLOCK_MONOTONIC, DEADLINE_USEC, 1, on_deadline, NULL) >= 0);
        while (t->n < n)
                assert_true(sd_event_run(t->event, UINT64_MAX) >= 0);
        sd_event_source_disable_unref(deadline);
        assert_int_equal(t->n, n);
        return now_read().boot - before;
}

static int on_enough(sd_event_source *s, uint64_t usec, void *userdata) {
        *(bool *) userdata = true;
        return 0;
}

/* Lets the loop live for a while: to see that nothing is reported. */
static void live(Test *t, usec_t span) {
        sd_event_source *timer = NULL;
        bool enough = false;

        assert_true(sd_event_add_time_relative(t->event, &timer, CLOCK_MONOTONIC, span, 1, on_enough, &enough) >= 0);
        while (!enough)
                assert_true(sd_event_run(t->event, UINT64_MAX) >= 0);
        sd_event_source_disable_unref(timer);
}

static void reports_once_settled(void **state) {
        Test *t = *state;

        start(t);
        assert_false(watch_busy(t->watch));
        put(t, "tree/a.yaml", "one");
        put(t, "tree/b.yaml", "two");
        assert_in_range(wait_for(t, 1), WATCH_SETTLE_USEC, WATCH_PATIENCE_USEC);
        assert_true(t->settled);
        assert_false(watch_busy(t->watch));
        put(t, "tree/a.yaml", "three");
        wait_for(t, 2);
        sh(t, "rm tree/a.yaml");
        wait_for(t, 3);
        sh(t, "mv tree/b.yaml tree/c.yaml");
        wait_for(t, 4);
        sh(t, "chmod 000 tree/c.yaml");
        wait_for(t, 5);
        assert_int_equal(t->n_settled, 5);
}

/* A strange file beside the test's may wake us, a timer that goes round would do so all the time. */
static void sleeps_when_nothing_happens(void **state) {
        unsigned woken = 0;
        Test *t = *state;

        start(t);
        put(t, "tree/a.yaml", "one");
        wait_for(t, 1);
        for (usec_t end = now_read().boot + 400 * USEC_PER_MSEC, at; (at = now_read().boot) < end; woken++)
                assert_true(sd_event_run(t->event, end - at) >= 0);
        assert_in_range(woken, 1, 3);
}

/* Each row: a change that is nothing, then one that counts; the report must not come before the second. */
static void ignores_others(void **state) {
        static const char *const rows[] = {
                "echo x > tree/.a.yaml.swp", "echo x > tree/README", "echo x > tree/a.yaml~", "echo x > tree/4913; rm tree/4913",
                "mkdir tree/.hidden; echo x > tree/.hidden/a.yaml", "echo x > beside.yaml", "mkdir other; rmdir other",
        };
        Test *t = *state;

        start(t);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                sh(t, rows[i]);
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 0);
        assert_false(watch_busy(t->watch));
        put(t, "tree/a.yml", "x");
        wait_for(t, 1);
}

static void follows_new_folders(void **state) {
        Test *t = *state;

        start(t);
        sh(t, "mkdir -p tree/x/y/z");
        wait_for(t, 1);
        put(t, "tree/x/y/z/a.yaml", "x");
        wait_for(t, 2);
        sh(t, "mv tree/x tree/w");
        wait_for(t, 3);
        put(t, "tree/w/y/z/a.yaml", "y");
        wait_for(t, 4);
        sh(t, "mv tree/w gone"); /* what has left the tree is no matter of ours */
        wait_for(t, 5);
        put(t, "gone/y/z/a.yaml", "z");
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 5);
}

static void follows_folder_filled_at_once(void **state) {
        Test *t = *state;

        start(t);
        sh(t, "mkdir -p tree/x && for i in $(seq 200); do mkdir tree/x/$i; echo x > tree/x/$i/a.yaml; done");
        wait_for(t, 1);
        put(t, "tree/x/137/a.yaml", "y");
        wait_for(t, 2);
        assert_int_equal(t->n_settled, 2);
}

static void survives_rename_away_and_back(void **state) {
        Test *t = *state;

        start(t);
        sh(t, "mv tree away");
        wait_for(t, 1);
        put(t, "away/a.yaml", "x");
        sh(t, "mv away tree");
        wait_for(t, 2);
        put(t, "tree/a.yaml", "y");
        wait_for(t, 3);
}

static void survives_removal(void **state) {
        Test *t = *state;

        start(t);
        sh(t, "rm -r tree");
        wait_for(t, 1);
        sh(t, "mkdir tree");
        wait_for(t, 2);
        put(t, "tree/a.yaml", "x");
        wait_for(t, 3);
}

static void waits_for_tree(void **state) {
        Test *t = *state;

        sh(t, "rmdir tree");
        start(t);
        sh(t, "mkdir tree && echo x > tree/a.yaml");
        wait_for(t, 1);
        assert_true(t->settled);
}

static void follows_link_swap(void **state) {
        Test *t = *state;

        sh(t, "rmdir tree && mkdir -p v1/m v2/m && ln -s v1 current && ln -s current/m tree");
        start(t);
        put(t, "v2/m/a.yaml", "not yet");
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 0);
        sh(t, "ln -s v2 next && mv -T next current");
        wait_for(t, 1);
        put(t, "v2/m/a.yaml", "now");
        wait_for(t, 2);
        put(t, "v1/m/a.yaml", "no more");
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 2);
}

static void follows_volume_swap(void **state) {
        Test *t = *state;

        sh(t, "cd tree && mkdir ..1 ..2 && echo x > ..1/a.yaml && echo y > ..2/a.yaml && ln -s ..1 ..data && ln -s ..data/a.yaml a.yaml");
        start(t);
        sh(t, "cd tree && ln -s ..2 ..next && mv -T ..next ..data");
        wait_for(t, 1);
}

static void waits_for_lock(void **state) {
        Test *t = *state;

        sh(t, "git init -q . && mkdir -p tree/sub");
        start(t);
        put(t, ".git/index.lock", "");
        assert_true(watch_busy(t->watch));
        assert_true(git_locked(t->tree));
        put(t, "tree/sub/a.yaml", "half of a commit");
        live(t, 2 * WATCH_SETTLE_USEC);
        assert_int_equal(t->n, 0);
        put(t, "tree/sub/b.yaml", "the other half");
        sh(t, "mv .git/index.lock .git/index");
        assert_in_range(wait_for(t, 1), WATCH_SETTLE_USEC, WATCH_PATIENCE_USEC);
        assert_true(t->settled);
        assert_false(watch_busy(t->watch));
        assert_false(git_locked(t->tree));
}

static void loses_patience(void **state) {
        Test *t = *state;

        sh(t, "git init -q .");
        start(t);
        put(t, ".git/index.lock", "");
        put(t, "tree/a.yaml", "x");
        assert_in_range(wait_for(t, 1), WATCH_PATIENCE_USEC - 100 * USEC_PER_MSEC, DEADLINE_USEC);
        assert_false(t->settled);
        live(t, 2 * WATCH_SETTLE_USEC); /* one report is enough, however long the lock stays */
        assert_int_equal(t->n, 1);
        sh(t, "rm .git/index.lock");
        wait_for(t, 2);
        assert_true(t->settled);
}

static int on_stir(sd_event_source *s, uint64_t usec, void *userdata) {
        put(userdata, "tree/a.yaml", "again");
        (void) sd_event_source_set_time_relative(s, 50 * USEC_PER_MSEC);
        (void) sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        return 0;
}

static void reports_unrest(void **state) {
        sd_event_source *stir = NULL;
        Test *t = *state;

        start(t);
        assert_true(sd_event_add_time_relative(t->event, &stir, CLOCK_MONOTONIC, 0, 1, on_stir, t) >= 0);
        assert_in_range(wait_for(t, 1), WATCH_PATIENCE_USEC - 100 * USEC_PER_MSEC, DEADLINE_USEC);
        assert_false(t->settled);
        assert_true(watch_busy(t->watch));
        sd_event_source_disable_unref(stir);
        assert_in_range(wait_for(t, 2), 0, 2 * WATCH_SETTLE_USEC);
        assert_true(t->settled);
}

static void lock_alone_is_no_change(void **state) {
        Test *t = *state;

        sh(t, "git init -q . && echo x > tree/a.yaml && git add tree && git commit -qm 1");
        start(t);
        sh(t, "touch -d yesterday .git/index && git status && touch .git/index.lock && rm .git/index.lock");
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 0);
}

static void one_report_a_pull(void **state) {
        Test *t = *state;

        sh(t, "git init -q . && mkdir tree/d && for i in $(seq 1000); do echo 1 > tree/d/$i.yaml; done && git add tree && git commit -qm 1 &&"
              "git switch -qc other && for i in $(seq 1000); do echo 2 > tree/d/$i.yaml; done && git commit -qam 2 && git switch -q -");
        start(t);
        sh(t, "git checkout -q other");
        wait_for(t, 1);
        assert_true(t->settled);
        live(t, WATCH_SETTLE_USEC + 100 * USEC_PER_MSEC);
        assert_int_equal(t->n, 1);
        sh(t, "grep -q 2 tree/d/1000.yaml");
}

static void linked_worktree(void **state) {
        Test *t = *state;

        sh(t, "rmdir tree && git init -q main && cd main && echo x > a.yaml && git add . && git commit -qm 1 && git worktree add ../tree");
        start(t);
        put(t, "main/.git/worktrees/tree/index.lock", "");
        assert_true(watch_busy(t->watch));
        put(t, "tree/a.yaml", "y");
        live(t, 2 * WATCH_SETTLE_USEC);
        assert_int_equal(t->n, 0);
        sh(t, "rm main/.git/worktrees/tree/index.lock");
        wait_for(t, 1);
        put(t, "main/.git/index.lock", ""); /* of the other work tree */
        assert_false(watch_busy(t->watch));
}

static void survives_overflow(void **state) {
        auto_(free) char *a = NULL, *limit = NULL;
        auto_(fclose) FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
        unsigned long max = 16384;
        size_t size = 0;
        Test *t = *state;

        if (f && getline(&limit, &size, f) > 0)
                max = strtoul(limit, NULL, 10);
        start(t);
        a = textf("%s/tree/a.yaml", t->top);
        for (unsigned long i = 0; i < max / 2; i++) { /* create, close, delete */
                int fd = open(a, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

                assert_true(fd >= 0);
                (void) close(fd);
                assert_int_equal(unlink(a), 0);
        }
        sh(t, "mkdir tree/new"); /* whose event is lost */
        wait_for(t, 1);
        assert_int_equal(watch_overflows(t->watch), 1);
        put(t, "tree/new/a.yaml", "x");
        wait_for(t, 2);
        assert_int_equal(watch_overflows(t->watch), 1);
}

static void free_in_callback(void **state) {
        Test *t = *state;

        start(t);
        t->free_in_callback = true;
        put(t, "tree/a.yaml", "x");
        wait_for(t, 1);
        assert_null(t->watch);
}

static void follows_refs(void **state) {
        Test *t = *state;

        sh(t, "git init -qb main src && cd src && echo x > a.yaml && git add . && git commit -qm 1 && git clone -q --bare . ../bare.git");
        free(t->tree);
        t->tree = textf("%s/bare.git", t->top);
        assert_int_equal(watch_new_git(t->event, t->tree, changed, t, &t->watch), 0);
        sh(t, "cd src && echo y > a.yaml && git commit -qam 2 && git push ../bare.git main");
        wait_for(t, 1);
        assert_true(t->settled);
        sh(t, "cd bare.git && git pack-refs --all");
        wait_for(t, 2);
        sh(t, "cd bare.git && git symbolic-ref HEAD refs/heads/other");
        wait_for(t, 3);
        sh(t, "cd src && git push ../bare.git main:new/branch");
        wait_for(t, 4);
        sh(t, "cd src && echo z > a.yaml && git commit -qam 3 && git push ../bare.git main:new/branch");
        wait_for(t, 5);
        assert_int_equal(t->n_settled, 5);
}

/* What polling stands on: without inotify, a walk tells whether the tree is another one. */
static void polls_by_fingerprint(void **state) {
        static const struct { const char *change; int expected; } rows[] = {
                { "true", 0 }, { "echo one > tree/a.yaml", 1 }, { "true", 0 }, { "echo two > tree/a.yaml", 1 }, { "echo x > tree/README", 0 },
                { "mkdir tree/sub", 1 }, { "echo x > tree/sub/b.yml", 1 }, { "mv tree/sub tree/sup", 1 }, { "chmod 600 tree/a.yaml", 1 },
                { "rm tree/a.yaml", 1 }, { "true", 0 }, { "mv tree away", 1 }, { "true", 0 }, { "mv away tree", 1 },
        };
        Test *t = *state;
        Scan s = { .inotify = -1, .path = t->tree, .prints = true };

        assert_true(scan_walk(&s) >= 0);
        assert_non_null(strstr(s.problem, "max_user_instances"));
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                sh(t, rows[i].change);
                if (scan_walk(&s) != rows[i].expected)
                        fail_msg("'%s' was misjudged", rows[i].change);
        }
        scan_done(&s);
}

static void too_deep_is_polled(void **state) {
        Test *t = *state;

        sh(t, "cd tree && for i in $(seq 70); do mkdir d && cd d; done");
        assert_int_equal(watch_new(t->event, t->tree, changed, t, &t->watch), 0);
        assert_non_null(strstr(watch_problem(t->watch), "too deep"));
        sh(t, "rm -r tree/d");
        wait_for(t, 1);
        assert_null(watch_problem(t->watch));
}

static void no_repository(void **state) {
        Test *t = *state;

        assert_false(git_locked(t->tree));
        assert_false(git_locked("/nonexistent/path"));
        put(t, ".git", "gitdir: /nonexistent\n");
        assert_false(git_locked(t->tree));
}

#define WITH_TREE(text, fn) { text, fn, setup, teardown, NULL }

int main(void) {
        static const struct CMUnitTest tests[] = {
                WITH_TREE("reports once when all has come to rest", reports_once_settled),
                WITH_TREE("sleeps while nothing happens", sleeps_when_nothing_happens),
                WITH_TREE("ignores what is no manifest", ignores_others),
                WITH_TREE("follows folders that come, move and leave", follows_new_folders),
                WITH_TREE("follows folders that are filled at once", follows_folder_filled_at_once),
                WITH_TREE("survives the tree's being renamed away and back", survives_rename_away_and_back),
                WITH_TREE("survives the tree's being removed and made anew", survives_removal),
                WITH_TREE("waits for a tree that is not there yet", waits_for_tree),
                WITH_TREE("follows a swapped symbolic link on the way", follows_link_swap),
                WITH_TREE("follows a volume that Kubernetes swaps", follows_volume_swap),
                WITH_TREE("waits while git holds its lock", waits_for_lock),
                WITH_TREE("reports unsettled after 5 s of a lock, and again when it goes", loses_patience),
                WITH_TREE("reports unsettled after 5 s of unrest, and again at rest", reports_unrest),
                WITH_TREE("takes a lock alone for no change", lock_alone_is_no_change),
                WITH_TREE("reports a checkout of 1,000 files once", one_report_a_pull),
                WITH_TREE("knows the lock of a linked work tree", linked_worktree),
                WITH_TREE("looks at all again after an overflow", survives_overflow),
                WITH_TREE("may be freed from its callback", free_in_callback),
                WITH_TREE("follows the refs of a bare repository", follows_refs),
                WITH_TREE("tells changes without inotify", polls_by_fingerprint),
                WITH_TREE("says so when it cannot watch everything", too_deep_is_polled),
                WITH_TREE("finds no lock without a repository", no_repository),
        };

        return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
