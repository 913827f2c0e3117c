#include "base/beneath.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

/*
 * A walk by hand. Every step opens one name in a folder that is already open and follows no link by itself, and ".." goes back to the
 * folder that was come from: so neither a link nor one swapped in meanwhile leads out.
 */
typedef struct Walk {
        int root;               /* borrowed */
        int folders[FOLDERS_MAX];
        size_t n_folders;
        unsigned links;
        char rest[PATH_MAX];    /* what is still to be walked */
} Walk;

static int walk_at(const Walk *w) {
        return w->n_folders ? w->folders[w->n_folders - 1] : w->root;
}

static void walk_done(Walk *w) {
        while (w->n_folders)
                (void) close(w->folders[--w->n_folders]);
}

/* Moves the next name from what is left into @name; empty at the end. */
static int walk_next(Walk *w, char name[static NAME_MAX + 1]) {
        size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");

        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, w->rest + skip, n);
        name[n] = '\0';
        memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
        return 0;
}

/* Puts the text of a link, opened as @fd, before what is left. */
static int walk_link(Walk *w, int fd) {
        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, "", target, sizeof(target));
        size_t left = strlen(w->rest);

        if (n < 0)
                return -errno;
        if (++w->links > LINKS_MAX)
                return -ELOOP;
        if (n == 0 || target[0] == '/')
                return n == 0 ? -ENOENT : -EXDEV;
        if ((size_t) n + left >= sizeof(w->rest))
                return -ENAMETOOLONG;
        memmove(w->rest + n, w->rest, left + 1);        /* @left is empty or begins with a slash */
        memcpy(w->rest, target, (size_t) n);
        return 0;
}

/* One name: goes into a folder, takes a link, or returns the descriptor of what ends the path. -EAGAIN: there is more to walk. */
static int walk_step(Walk *w, const char *name, int flags) {
        bool last = w->rest[0] == '\0';
        struct stat st;
        int fd, r;

        if (strcmp(name, "..") == 0) {
                if (!w->n_folders)
                        return -EXDEV;
                (void) close(w->folders[--w->n_folders]);
                return -EAGAIN;
        }
        fd = openat(walk_at(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = fstat(fd, &st) < 0 ? -errno : 0;
        if (r >= 0 && S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW))) {
                r = walk_link(w, fd);
                r = r < 0 ? r : -EAGAIN;
        } else if (r >= 0 && last) {
                r = openat(walk_at(w), name, flags | O_NOFOLLOW | O_CLOEXEC);
                r = r < 0 ? -errno : r;
        } else if (r >= 0) {
                r = !S_ISDIR(st.st_mode) ? -ENOTDIR : w->n_folders == FOLDERS_MAX ? -ENAMETOOLONG : -EAGAIN;
                if (r == -EAGAIN) {
                        w->folders[w->n_folders++] = fd;
                        return r;
                }
        }
        (void) close(fd);
        return r;
}

int open_beneath_by_steps(int root, const char *path, int flags) {
        Walk w = { .root = root };
        int r = -EAGAIN;

        if (path[0] == '\0' || strlen(path) >= sizeof(w.rest))
                return path[0] == '\0' ? -ENOENT : -ENAMETOOLONG;
        if (path[0] == '/')
                return -EXDEV;
        (void) strcpy(w.rest, path);
        while (r == -EAGAIN) {
                char name[NAME_MAX + 1];

                r = walk_next(&w, name);
                if (r < 0)
                        break;
                if (name[0] == '\0') {  /* the path ended in a folder */
                        r = openat(walk_at(&w), ".", flags | O_CLOEXEC);
                        r = r < 0 ? -errno : r;
                } else
                        r = strcmp(name, ".") == 0 ? -EAGAIN : walk_step(&w, name, flags);
        }
        walk_done(&w);
        return r;
}

int open_beneath(int root, const char *path, int flags) {
        struct open_how how = { .flags = (uint64_t) flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
        int fd = (int) syscall(SYS_openat2, root, path, &how, sizeof(how));

        /* Old container runtimes answer EPERM to calls they do not know. */
        if (fd < 0 && (errno == ENOSYS || errno == EPERM))
                return open_beneath_by_steps(root, path, flags);
        return fd < 0 ? -errno : fd;
}
