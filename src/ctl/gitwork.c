/*
 * Gitwork: the clone in which manifests are edited
 */
#include "ctl/gitwork.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/text.h"
#include "ctl/child.h"

#define ANSWER_MAX 4096u

static size_t read_answer(int fd, char *buf, size_t size) {
        size_t n = 0;

        for (ssize_t got; n + 1 < size && ((got = read(fd, buf + n, size - n - 1)) > 0 || (got < 0 && errno == EINTR));)
                n += got > 0 ? (size_t) got : 0;
        while (n > 0 && buf[n - 1] == '\n')
                n--;
        buf[n] = 0;
        return n;
}

/* git -C @dir ARGUMENT…: its exit status, or -errno. What it prints goes to @answer (NULL: to stderr), its errors to stderr unless @quiet. */
static int run_git(const char *dir, const char *const *arguments, bool quiet, char *answer) {
        auto_(free) char **plain = child_environment();
        const char *argv[16] = { "git", "--literal-pathspecs", "-C", dir };
        posix_spawn_file_actions_t actions;
        int pipes[2] = { -1, -1 }, r, status = 0;
        size_t n = 4;
        pid_t pid;

        while (*arguments && n + 1 < ARRAY_SIZE(argv))
                argv[n++] = *arguments++;
        if (!plain)
                return -ENOMEM;
        if (answer && pipe2(pipes, O_CLOEXEC) < 0)
                return -errno;
        (void) posix_spawn_file_actions_init(&actions);
        (void) posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        (void) posix_spawn_file_actions_adddup2(&actions, answer ? pipes[1] : 2, 1);
        if (quiet)
                (void) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        r = posix_spawnp(&pid, "git", &actions, NULL, (char *const *) argv, plain);
        (void) posix_spawn_file_actions_destroy(&actions);
        if (answer) {
                (void) close(pipes[1]);
                (void) read_answer(pipes[0], answer, ANSWER_MAX);
                (void) close(pipes[0]);
        }
        if (r != 0)
                return -r;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

/* The nearest folder above @path that is there. */
static char *folder_of(const char *path) {
        char *dir = strdup(path);
        struct stat st;

        for (char *slash; dir && (slash = strrchr(dir, '/')) && slash > dir;) {
                *slash = 0;
                if (stat(dir, &st) == 0)
                        break;
        }
        return dir;
}

/* Is there a ".git" in @dir or above? Git itself says no to one that belongs to somebody else. */
static bool has_repository(const char *dir) {
        auto_(free) char *above = strdup(dir);

        while (above && *above) {
                auto_(free) char *git = textf("%s/.git", above);

                if (git && access(git, F_OK) == 0)
                        return true;
                *strrchr(above, '/') = 0;
        }
        return false;
}

int gitwork_find(const char *path, Gitwork *ret) {
        static const char *const inside[] = { "rev-parse", "--is-inside-work-tree", NULL };
        static const char *const upstream[] = { "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}", NULL };
        char answer[ANSWER_MAX] = "";
        Gitwork g = { .dir = folder_of(path) };
        int r;

        *ret = (Gitwork) { 0 };
        if (!g.dir)
                return -ENOMEM;
        r = run_git(g.dir, inside, true, answer);
        if (r != 0 || strcmp(answer, "true") != 0) {
                bool refused = r > 0 && has_repository(g.dir);

                if (refused)
                        (void) run_git(g.dir, inside, false, answer); /* once more, for its reason */
                ret->absent = r == -ENOENT;
                gitwork_done(&g);
                return refused ? -EACCES : 0;
        }
        if (run_git(g.dir, upstream, true, answer) == 0 && *answer && !(g.upstream = strdup(answer))) {
                gitwork_done(&g);
                return -ENOMEM;
        }
        *ret = g;
        return 0;
}

void gitwork_done(Gitwork *g) {
        free(g->dir);
        free(g->upstream);
        *g = (Gitwork) { 0 };
}

int gitwork_changed(const Gitwork *g, const char *path) {
        const char *const status[] = { "status", "--porcelain", "--untracked-files=all", "--ignored", "--", path, NULL };
        char answer[ANSWER_MAX];
        int r = run_git(g->dir, status, false, answer);

        return r < 0 ? r : r > 0 ? -EIO : *answer != 0;
}

int gitwork_commit(const Gitwork *g, const char *path, const char *message, bool fresh) {
        const char *const add[] = { "add", "--intent-to-add", "--", path, NULL };
        const char *const commit[] = { "commit", "--quiet", "--only", "-m", message, "--", path, NULL };
        int r = fresh ? run_git(g->dir, add, false, NULL) : 0;

        if (r == 0)
                r = run_git(g->dir, commit, false, NULL);
        return r < 0 ? r : r > 0 ? -EIO : 0;
}

char *gitwork_head(const Gitwork *g) {
        static const char *const head[] = { "rev-parse", "--short", "HEAD", NULL };
        char answer[ANSWER_MAX] = "";

        return run_git(g->dir, head, true, answer) == 0 && *answer ? strdup(answer) : NULL;
}
