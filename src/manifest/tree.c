/*
 * Tree: a directory of files, looked at without trust
 *
 * The directory is opened anew by its path for every listing, for it may be a symbolic link that is swapped whole (git-sync, a
 * ConfigMap). Everything below is reached from that descriptor with open_beneath(), so neither a link nor a race leads out
 * of it; nothing but a regular file is ever read, and nothing that could block is opened.
 */
#include "manifest/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/limits.h"
#include "base/readfd.h"
#include "base/text.h"

typedef struct DirectoryTree {
        Tree tree;
        char *path;             /* owned */
        int root;               /* of the last listing */
        uint64_t salt;          /* makes stamps of files that may still be written to differ each time */
        char commit[COMMIT_SIZE];
} DirectoryTree;

/* ── Listing ── */

typedef struct Listing {
        DirectoryTree *t;
        Arena *arena;
        TreeFile *files;        /* owned */
        size_t n, allocated;
        usec_t now;
        char path[PATH_MAX];    /* of the folder being read, with a slash at its end */
        size_t n_path;
        unsigned depth;
} Listing;

static char *full_path(Listing *l, const char *name) {
        size_t n = strlen(name);
        char *path = arena_alloc(l->arena, l->n_path + n + 1);

        if (path) {
                memcpy(path, l->path, l->n_path);
                memcpy(path + l->n_path, name, n); /* NOLINT(bugprone-not-null-terminated-result): the arena gives zeros */
        }
        return path;
}

static int add_file(Listing *l, const char *name, const uint64_t stamp[static 4], const char *problem) {
        if (l->n == TREE_FILES_MAX)
                return -E2BIG;
        if (list_grow(&l->files, l->n, &l->allocated, sizeof(*l->files)) < 0)
                return -ENOMEM;
        l->files[l->n] = (TreeFile) {
                .path = full_path(l, name), .stamp = { stamp[0], stamp[1], stamp[2], stamp[3] }, .problem = problem,
        };
        return l->files[l->n++].path ? 0 : -ENOMEM;
}

static int add_problem(Listing *l, const char *name, const char *problem) {
        return add_file(l, name, (const uint64_t[4]) { hash_text(HASH_SEED, problem) }, problem);
}

static usec_t timespec_usec(const struct timespec *t) {
        return (usec_t) t->tv_sec * USEC_PER_SEC + (usec_t) t->tv_nsec / 1000;
}

#define RACY_USEC (50 * USEC_PER_MSEC)

/*
 * A file changed within the clock's granularity could change again and keep its times: its stamp is made to differ, so that it is
 * read once more (git calls such an entry racy).
 */
static void stamp_file(Listing *l, const struct stat *st, uint64_t stamp[static 4]) {
        stamp[0] = hash_u64(hash_u64(HASH_SEED, st->st_dev), st->st_ino);
        stamp[1] = (uint64_t) st->st_size;
        stamp[2] = (uint64_t) st->st_mtim.tv_sec * 1000000000u + (uint64_t) st->st_mtim.tv_nsec;
        stamp[3] = (uint64_t) st->st_ctim.tv_sec * 1000000000u + (uint64_t) st->st_ctim.tv_nsec;
        if (timespec_usec(&st->st_ctim) + RACY_USEC > l->now)
                stamp[3] ^= ++l->t->salt;
}

static int add_regular(Listing *l, const char *name, const struct stat *st) {
        uint64_t stamp[4];

        if (!S_ISREG(st->st_mode))
                return add_problem(l, name, S_ISDIR(st->st_mode) ? "a symbolic link to a folder is not followed: move the files here" :
                                                                   "not a regular file (a pipe, socket or device): remove it");
        stamp_file(l, st, stamp);
        return add_file(l, name, stamp, NULL);
}

/* Where a link leads is asked of the kernel, from the root of the tree: beneath it or not at all. */
static int add_link(Listing *l, const char *name) {
        char path[2 * PATH_MAX];
        struct stat st;
        int fd, r;

        (void) snprintf(path, sizeof(path), "%s%s", l->path, name);
        fd = open_beneath(l->t->root, path, O_PATH);
        if (fd == -EXDEV)
                return add_problem(l, name, "a symbolic link that leaves the manifest directory: replace it by the file");
        if (fd == -ELOOP)
                return add_problem(l, name, "a symbolic link that leads in circles: remove it");
        if (fd < 0)
                return add_problem(l, name, fd == -ENOENT ? "a symbolic link to nothing: remove it" : "a symbolic link that cannot be followed");
        r = fstat(fd, &st) < 0 ? -errno : add_regular(l, name, &st);
        (void) close(fd);
        return r;
}

static bool has_suffix(const char *name) {
        size_t n = strlen(name);

        return (n > 5 && strcmp(name + n - 5, ".yaml") == 0) || (n > 4 && strcmp(name + n - 4, ".yml") == 0);
}

static int list_folder(Listing *l, int fd);

static int list_subfolder(Listing *l, int fd, const char *name) {
        size_t n = strlen(name), before = l->n_path;
        int sub, r;

        if (l->depth == TREE_DEPTH_MAX || before + n + 2 > sizeof(l->path))
                return add_problem(l, name, "nested too deeply: at most 32 folders are read"); /* TREE_DEPTH_MAX */
        sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (sub < 0)
                return errno == ENOENT ? 0 : add_problem(l, name, errno == EACCES ? "a folder that must not be read: check its permissions" :
                                                                                    "a folder that cannot be read");
        (void) snprintf(l->path + before, sizeof(l->path) - before, "%s/", name);
        l->n_path += n + 1;
        l->depth++;
        r = list_folder(l, sub);
        l->depth--;
        l->n_path = before;
        l->path[before] = '\0';
        return r;
}

/* A link that is named like no manifest matters only when it leads to a folder: its files would be missed in silence. */
static int look_at_link(Listing *l, int fd, const char *name) {
        struct stat st;

        if (fstatat(fd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
                return 0;
        return add_problem(l, name, "a symbolic link to a folder is not followed: move the files here");
}

static int list_entry(Listing *l, int fd, const struct dirent *e) {
        bool hidden = e->d_name[0] == '.' || e->d_name[0] == '_';
        unsigned char type = e->d_type;
        struct stat st;

        if (hidden && strcmp(e->d_name, DEFAULTS_NAME) != 0)
                return 0;
        if (type == DT_DIR)
                return hidden ? 0 : list_subfolder(l, fd, e->d_name);
        if (type != DT_UNKNOWN && type != DT_LNK && !has_suffix(e->d_name))
                return 0;
        if (type != DT_LNK) {
                if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return errno == ENOENT ? 0 : add_problem(l, e->d_name, "cannot be looked at");
                if (S_ISDIR(st.st_mode))
                        return list_subfolder(l, fd, e->d_name);
                type = S_ISLNK(st.st_mode) ? DT_LNK : DT_REG;
        }
        if (!has_suffix(e->d_name))
                return type == DT_LNK ? look_at_link(l, fd, e->d_name) : 0;
        return type == DT_LNK ? add_link(l, e->d_name) : add_regular(l, e->d_name, &st);
}

/* Consumes @fd. */
static int list_folder(Listing *l, int fd) {
        DIR *dir = fdopendir(fd);
        int r = 0;

        if (!dir) {
                r = -errno;
                (void) close(fd);
                return r;
        }
        while (r >= 0) {
                const struct dirent *e;

                errno = 0;
                e = readdir(dir);
                if (!e) {
                        r = -errno;
                        break;
                }
                r = list_entry(l, fd, e);
        }
        (void) closedir(dir);
        return r;
}

static int path_order(const void *a, const void *b) {
        return strcmp(((const TreeFile *) a)->path, ((const TreeFile *) b)->path);
}

static int open_root(DirectoryTree *t) {
        int fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (t->root >= 0)
                (void) close(t->root);
        t->root = fd;
        fd = openat(t->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int list_all(Listing *l) {
        int fd = open_root(l->t);

        return fd < 0 ? fd : list_folder(l, fd);
}

static int directory_list(Tree *tree, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        DirectoryTree *t = (DirectoryTree *) tree;
        Listing l = { .t = t, .arena = a, .now = now_read().real };
        TreeFile *files = NULL;
        int r = list_all(&l);

        if (r >= 0) {
                if (l.n > 1)
                        qsort(l.files, l.n, sizeof(*l.files), path_order);
                files = arena_array(a, l.n, sizeof(*files));
                r = files ? 0 : -ENOMEM;
        }
        if (r >= 0) {
                if (l.n > 0)
                        memcpy(files, l.files, l.n * sizeof(*files));
                *ret = files;
                *ret_n = l.n;
                (void) commit_around(t->path, t->commit);
        } else if (r == -E2BIG)
                *reterr = textf("the manifest directory '%s' holds more than %u manifests", t->path, TREE_FILES_MAX);
        else
                *reterr = textf("cannot read the manifest directory '%s': %s", t->path, strerror(-r));
        free(l.files);
        return r;
}

/* ── Reading ── */

/* Reads on until the end or one byte more than @max. */
static int read_all(int fd, size_t max, size_t expected, char **ret, size_t *ret_n) {
        size_t size = MIN(expected, max) + 1, n = 0;
        auto_(free) char *text = malloc(size);

        if (!text)
                return -ENOMEM;
        for (;;) {
                size_t k;
                char *more;
                int r = read_up_to(fd, text + n, size - n, &k);

                if (r < 0)
                        return r;
                n += k;
                if (n > max)
                        return -EFBIG;
                if (n < size)
                        break;
                more = realloc(text, size = MIN(2 * size, max + 1));
                if (!more)
                        return -ENOMEM;
                text = more;
        }
        *ret = STEAL(text);
        *ret_n = n;
        return 0;
}

static bool same_version(const struct stat *a, const struct stat *b) {
        return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
               a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* -EAGAIN: it was written to meanwhile. */
static int read_once(int root, const char *path, size_t max, char **ret, size_t *ret_n) {
        auto_(free) char *text = NULL;
        struct stat before, after;
        auto_(close) int fd = open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        int r;

        if (fd < 0)
                return fd;
        if (fstat(fd, &before) < 0)
                return -errno;
        if (!S_ISREG(before.st_mode))
                return -EINVAL;
        if ((uint64_t) before.st_size > max)
                return -EFBIG;
        r = read_all(fd, max, (size_t) before.st_size, &text, ret_n);
        if (r < 0)
                return r;
        if (fstat(fd, &after) < 0 || !same_version(&before, &after))
                return -EAGAIN;
        *ret = STEAL(text);
        return 0;
}

#define READ_TRIES 3

static int directory_read(Tree *tree, const char *path, size_t max, char **ret, size_t *ret_n) {
        DirectoryTree *t = (DirectoryTree *) tree;
        int r = -EAGAIN;

        for (unsigned i = 0; i < READ_TRIES && r == -EAGAIN; i++)
                r = read_once(t->root, path, max, ret, ret_n);
        return r;
}

static const char *directory_commit(Tree *tree) {
        return ((DirectoryTree *) tree)->commit;
}

static Tree *directory_tree_free(Tree *tree) {
        DirectoryTree *t = (DirectoryTree *) tree;

        if (t->root >= 0)
                (void) close(t->root);
        free(t->path);
        free(t);
        return NULL;
}

int tree_directory(const char *path, Tree **ret) {
        static const TreeOps ops = {
                .list = directory_list, .read = directory_read, .commit = directory_commit, .free = directory_tree_free,
        };
        DirectoryTree *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->tree.ops = &ops;
        t->root = -1;
        t->path = strdup(path);
        if (!t->path) {
                free(t);
                return -ENOMEM;
        }
        *ret = &t->tree;
        return 0;
}

Tree *tree_free(Tree *t) {
        return t ? t->ops->free(t) : NULL;
}

/* ── What cannot be read says so ── */

static const char *reason(int error) {
        switch (error) {
        case -EFBIG:
                return "the file is larger than 64 KiB: split it";
        case -EAGAIN:
                return "the file is being written to: it is read again at the next load";
        case -ENOENT:
                return "the file vanished while the directory was read: it is looked for at the next load";
        case -EXDEV:
                return "a symbolic link that leaves the manifest directory: replace it by the file";
        case -EACCES:
        case -EPERM:
                return "the file must not be read: check its permissions";
        case -EINVAL:
                return "not a regular file: remove it";
        default:
                return NULL;
        }
}

int tree_fetch(Tree *t, const TreeFile *f, Diagnostics *diags, char **ret, size_t *ret_n) {
        const char *why = f->problem;
        int r = 0;

        _Static_assert(MANIFEST_BYTES_MAX == 64u * 1024, "the limit stands in the text above");
        if (!why) {
                r = t->ops->read(t, f->path, MANIFEST_BYTES_MAX, ret, ret_n);
                if (r >= 0 || r == -ENOMEM)
                        return r < 0 ? r : 1;
                why = reason(r);
        }
        return diagnostics_add(diags, SEVERITY_ERROR, r == -EFBIG ? "too-large" : why && strstr(why, "leaves the") ? "outside-tree" : "unreadable",
                               f->path, 0, 0, "%s", why ? why : strerror(-r));
}
