/*
 * Git: real repositories in a temporary folder, made with git itself
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "io/git.h"

typedef struct Test {
        char top[64];
        char *repo;
        Tree *tree;
        Arena *arena;
        TreeFile *files;
        size_t n;
} Test;

static void sh(Test *t, const char *command) {
        auto_(free) char *line = textf("cd '%s' && { %s; } >/dev/null 2>&1", t->top, command);

        if (system(line) != 0)
                fail_msg("failed: %s", command);
}

static int setup(void **state) {
        Test *t = calloc(1, sizeof(*t));

        if (!t)
                return -1;
        (void) snprintf(t->top, sizeof(t->top), "/tmp/maintd-test-XXXXXX");
        if (!mkdtemp(t->top))
                return -1;
        t->repo = textf("%s/repo", t->top);
        t->arena = arena_new();
        (void) setenv("HOME", t->top, 1);
        (void) setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
        (void) setenv("GIT_AUTHOR_NAME", "a", 1);
        (void) setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
        (void) setenv("GIT_COMMITTER_NAME", "a", 1);
        (void) setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
        sh(t, "git init -qb main repo && cd repo && mkdir -p m/a m/.hidden m/_drafts m/_defaults.yaml.d &&"
              "echo one > m/a.yaml && echo two > m/a/b.yml && echo d > m/_defaults.yaml && echo d > m/a/_defaults.yaml &&"
              "echo x > m/README && echo x > m/.hidden/a.yaml && echo x > m/_drafts/a.yaml && echo x > m/_skip.yaml && echo x > m/.yaml &&"
              "echo z > m/a-z.yaml && echo top > top.yaml && git add -f . && git commit -qm 1");
        *state = t;
        return 0;
}

static int teardown(void **state) {
        Test *t = *state;
        auto_(free) char *rm = textf("rm -rf '%s'", t->top);

        if (t->tree)
                t->tree->ops->free(t->tree);
        arena_free(t->arena);
        assert_int_equal(system(rm), 0);
        free(t->repo);
        free(t);
        return 0;
}

static void start(Test *t, const char *ref, const char *path) {
        assert_int_equal(tree_git(t->repo, ref, path, &t->tree), 0);
}

static void list(Test *t) {
        auto_(free) char *why = NULL;

        if (t->tree->ops->list(t->tree, t->arena, &t->files, &t->n, &why) != 0)
                fail_msg("%s", why);
}

static void expect_error(Test *t, int error, const char *word) {
        auto_(free) char *why = NULL;

        int r = t->tree->ops->list(t->tree, t->arena, &t->files, &t->n, &why);

        assert_non_null(why);
        if (r != error)
                fail_msg("%d: '%s'", r, why);
        if (!strstr(why, word))
                fail_msg("'%s' lacks '%s'", why, word);
        assert_string_equal(t->tree->ops->commit(t->tree), "");
}

static void expect_text(Test *t, const char *path, const char *text) {
        auto_(free) char *got = NULL;
        size_t n = 0;

        assert_int_equal(t->tree->ops->read(t->tree, path, 1000, &got, &n), 0);
        assert_string_equal(got, text);
        assert_int_equal(n, strlen(text));
}

static void lists_what_a_directory_would(void **state) {
        static const char *const expected[] = { "_defaults.yaml", "a-z.yaml", "a.yaml", "a/_defaults.yaml", "a/b.yml" };
        Test *t = *state;

        start(t, "main", "m");
        list(t);
        assert_int_equal(t->n, ARRAY_SIZE(expected));
        for (size_t i = 0; i < t->n; i++) {
                assert_string_equal(t->files[i].path, expected[i]);
                assert_null(t->files[i].problem);
        }
        expect_text(t, "a/b.yml", "two\n");
        assert_int_equal(strlen(t->tree->ops->commit(t->tree)), 40);
}

static void lists_whole_repository(void **state) {
        static const char *const roots[] = { NULL, "", ".", "/", "./" };
        Test *t = *state;

        for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
                start(t, NULL, roots[i]);
                list(t);
                assert_int_equal(t->n, 6);
                expect_text(t, "top.yaml", "top\n");
                t->tree = t->tree->ops->free(t->tree);
        }
}

static void one_commit_at_a_time(void **state) {
        char first[64];
        Test *t = *state;

        start(t, "main", "m/");
        list(t);
        (void) snprintf(first, sizeof(first), "%s", t->tree->ops->commit(t->tree));
        sh(t, "cd repo && echo ONE > m/a.yaml && echo TWO > m/a/b.yml && git commit -qam 2");
        expect_text(t, "a.yaml", "one\n");
        expect_text(t, "a/b.yml", "two\n");
        assert_string_equal(t->tree->ops->commit(t->tree), first);
        list(t);
        expect_text(t, "a.yaml", "ONE\n");
        assert_string_not_equal(t->tree->ops->commit(t->tree), first);
}

static void work_tree_does_not_matter(void **state) {
        Test *t = *state;

        sh(t, "cd repo && echo dirty > m/a.yaml && rm -r m/a && touch .git/index.lock");
        start(t, "main", "m");
        list(t);
        assert_int_equal(t->n, 5);
        expect_text(t, "a.yaml", "one\n");
}

static void stamps_follow_content(void **state) {
        uint64_t before[2][4];
        Test *t = *state;

        start(t, "main", "m");
        list(t);
        memcpy(before[0], t->files[2].stamp, sizeof(before[0]));
        memcpy(before[1], t->files[4].stamp, sizeof(before[1]));
        sh(t, "cd repo && echo ONE > m/a.yaml && git commit -qam 2");
        list(t);
        assert_memory_not_equal(before[0], t->files[2].stamp, sizeof(before[0]));
        assert_memory_equal(before[1], t->files[4].stamp, sizeof(before[1]));
}

static void reads_within_bounds(void **state) {
        auto_(free) char *text = NULL;
        size_t n = 0;
        Test *t = *state;

        start(t, "main", "m");
        assert_int_equal(t->tree->ops->read(t->tree, "a.yaml", 1000, &text, &n), -ENOENT); /* nothing listed yet */
        list(t);
        assert_int_equal(t->tree->ops->read(t->tree, "a.yaml", 3, &text, &n), -EFBIG);
        assert_int_equal(t->tree->ops->read(t->tree, "gone.yaml", 1000, &text, &n), -ENOENT);
        assert_int_equal(t->tree->ops->read(t->tree, "a", 1000, &text, &n), -EIO);
        assert_null(text);
        assert_int_equal(t->tree->ops->read(t->tree, "a.yaml", 4, &text, &n), 0);
}

static void bare_packed_tagged(void **state) {
        Test *t = *state;

        sh(t, "cd repo && git tag -am x v1 && echo later > m/a.yaml && git commit -qam 2 && cd .. && git clone -q --bare repo bare && cd bare && git gc -q");
        free(t->repo);
        t->repo = textf("%s/bare", t->top);
        start(t, "v1", "m");
        list(t);
        expect_text(t, "a.yaml", "one\n");
        t->tree = t->tree->ops->free(t->tree);
        start(t, "main", "m");
        list(t);
        expect_text(t, "a.yaml", "later\n");
}

static void shallow_is_enough(void **state) {
        Test *t = *state;

        sh(t, "cd repo && git commit -qm 2 --allow-empty && cd .. && git clone -q --depth 1 file://$PWD/repo shallow");
        free(t->repo);
        t->repo = textf("%s/shallow", t->top);
        start(t, "origin/main", "m");
        list(t);
        assert_int_equal(t->n, 5);
}

static void odd_entries_are_problems(void **state) {
        Test *t = *state;

        sh(t, "cd repo && ln -s a.yaml m/link.yaml && ln -s /etc/shadow m/out.yaml && git add m &&"
              "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),m/sub && git commit -qm 2");
        start(t, "main", "m");
        list(t);
        assert_int_equal(t->n, 8);
        assert_string_equal(t->files[5].path, "link.yaml");
        assert_non_null(strstr(t->files[5].problem, "symbolic link"));
        assert_non_null(strstr(t->files[6].problem, "symbolic link"));
        assert_non_null(strstr(t->files[7].problem, "submodule"));
}

static void says_what_is_wrong(void **state) {
        static const struct { const char *change, *repo, *ref, *path; int error; const char *word; } rows[] = {
                { "true", "nowhere", "main", "m", -ENOENT, "there is no Git repository" },
                { "mkdir plain", "plain", "main", "m", -ENOENT, "there is no Git repository" },
                { "true", "repo", "mian", "m", -ENOENT, "no branch, tag or commit 'mian'" },
                { "true", "repo", "main", "manifests", -ENOENT, "has no folder 'manifests'" },
                { "true", "repo", "main", "m/a.yaml", -ENOTDIR, "is no folder" },
                { "true", "repo", "main\x1b[31m", "m", -ENOENT, "\\x1b" },
                { "git init -qb main empty", "empty", "HEAD", "", -ENOENT, "no branch, tag or commit" },
                { "cp -r repo broken && cd broken && rm -f .git/objects/$(git rev-parse HEAD:m/a | sed 's|^..|&/|')", "broken", "main", "m", -EIO,
                  "lacks a part of commit" },
        };
        Test *t = *state;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                sh(t, rows[i].change);
                free(t->repo);
                t->repo = textf("%s/%s", t->top, rows[i].repo);
                start(t, rows[i].ref, rows[i].path);
                expect_error(t, rows[i].error, rows[i].word);
                t->tree = t->tree->ops->free(t->tree);
        }
}

static void other_owner_is_refused(void **state) {
        Test *t = *state;

        if (geteuid() != 0)
                skip();
        sh(t, "chown -R 12345 repo");
        start(t, "main", "m");
        expect_error(t, -EACCES, "safe.directory");
        sh(t, "chown -R 0 repo"); /* mended while running */
        list(t);
        assert_int_equal(t->n, 5);
}

static void failure_keeps_nothing(void **state) {
        auto_(free) char *text = NULL;
        size_t n = 0;
        Test *t = *state;

        start(t, "main", "m");
        list(t);
        sh(t, "mv repo away");
        expect_error(t, -ENOENT, "there is no Git repository");
        assert_int_equal(t->tree->ops->read(t->tree, "a.yaml", 1000, &text, &n), -ENOENT);
        sh(t, "mv away repo");
        list(t);
        expect_text(t, "a.yaml", "one\n");
}

#define WITH_REPO(text, fn) { text, fn, setup, teardown, NULL }

int main(void) {
        static const struct CMUnitTest tests[] = {
                WITH_REPO("lists what a directory would", lists_what_a_directory_would),
                WITH_REPO("lists a whole repository", lists_whole_repository),
                WITH_REPO("reads the commit that was listed, wherever the branch goes", one_commit_at_a_time),
                WITH_REPO("looks at no work tree", work_tree_does_not_matter),
                WITH_REPO("gives equal stamps to equal content alone", stamps_follow_content),
                WITH_REPO("reads within bounds", reads_within_bounds),
                WITH_REPO("reads bare and packed repositories and tags", bare_packed_tagged),
                WITH_REPO("reads a shallow clone", shallow_is_enough),
                WITH_REPO("calls links and submodules problems", odd_entries_are_problems),
                WITH_REPO("says what is wrong", says_what_is_wrong),
                WITH_REPO("refuses a repository of another owner", other_owner_is_refused),
                WITH_REPO("forgets an older commit when listing fails", failure_keeps_nothing),
        };

        return cmocka_run_group_tests_name("git", tests, NULL, NULL);
}
