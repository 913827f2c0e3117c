/*
 * Gitdir: where the repository around a path keeps its files
 *
 * A work tree has a directory ".git", or a file ".git" that names one (linked work trees, submodules); see gitrepository-layout(5).
 */
#include "io/gitdir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "io/watch.h"

void gitdir_done(Gitdir *g) {
        free(g->dir);
        free(g->common);
        *g = (Gitdir) {};
}

static void gitdir_donep(Gitdir *g) {
        gitdir_done(g);
}

static bool exists(const char *dir, const char *name, mode_t type) {
        auto_(free) char *path = textf("%s/%s", dir, name);
        struct stat st;

        return path && stat(path, &st) == 0 && (!type || (st.st_mode & S_IFMT) == type);
}

/* First line of a small file, without its newline. Return: 0, -ENOENT (or unreadable), -ENOMEM. */
static int first_line(const char *dir, const char *name, char **ret) {
        auto_(free) char *path = textf("%s/%s", dir, name);
        auto_(close) int fd = -1;
        char line[PATH_MAX + 16];
        ssize_t n;

        if (!path)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
        if (n <= 0)
                return -ENOENT;
        line[n] = 0;
        line[strcspn(line, "\n")] = 0;
        *ret = strdup(line);
        return *ret ? 0 : -ENOMEM;
}

static char *below(const char *dir, const char *path) {
        return *path == '/' ? strdup(path) : textf("%s/%s", dir, path);
}

static bool is_gitdir(const char *dir) {
        return exists(dir, "HEAD", 0) && (exists(dir, "commondir", S_IFREG) || exists(dir, "objects", S_IFDIR));
}

/* Does a repository begin in @dir? */
static int gitdir_at(const char *dir, char **ret) {
        auto_(free) char *own = textf("%s/.git", dir), *line = NULL;
        int r;

        if (!own)
                return -ENOMEM;
        if (is_gitdir(own)) {
                *ret = STEAL(own);
                return 0;
        }
        if (is_gitdir(dir))
                return (*ret = strdup(dir)) ? 0 : -ENOMEM;
        r = first_line(dir, ".git", &line);
        if (r < 0 || !text_starts(line, "gitdir: "))
                return r == -ENOMEM ? r : -ENOENT;
        return (*ret = below(dir, line + strlen("gitdir: "))) ? 0 : -ENOMEM;
}

static int add_common(Gitdir *g) {
        auto_(free) char *line = NULL;
        int r = first_line(g->dir, "commondir", &line);

        if (r == -ENOMEM)
                return r;
        g->common = r < 0 ? strdup(g->dir) : below(g->dir, line);
        return g->common ? 0 : -ENOMEM;
}

int gitdir_find(const char *path, Gitdir *ret) {
        __attribute__((cleanup(gitdir_donep))) Gitdir g = {};
        auto_(free) char *dir = realpath(path, NULL);
        int r = -ENOENT;

        if (!dir)
                return errno == ENOMEM ? -ENOMEM : -ENOENT;
        for (char *slash = dir + strlen(dir); r == -ENOENT && slash; ) {
                *slash = 0;
                r = gitdir_at(*dir ? dir : "/", &g.dir);
                slash = strrchr(dir, '/');
        }
        if (r >= 0)
                r = add_common(&g);
        if (r < 0)
                return r;
        *ret = g;
        g = (Gitdir) {};
        return 0;
}

bool git_locked(const char *path) {
        __attribute__((cleanup(gitdir_donep))) Gitdir g = {};

        return gitdir_find(path, &g) >= 0 && exists(g.dir, "index.lock", 0);
}
