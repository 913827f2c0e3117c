/*
 * Scan: which directories to watch for one tree, found by walking it
 *
 * Besides the tree itself three things decide what the tree is: each directory and symbolic link on the way to it (a release
 * directory swapped by its link, /srv renamed away), mounts, which the caller listens for, and the repository's index.lock.
 */
#include "io/watch-scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/gitdir.h"

#define MASK_NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define MASK_TREE (MASK_NAMES | IN_MODIFY | IN_CLOSE_WRITE | IN_EXCL_UNLINK)

static void closedirp(DIR **d) {
        if (*d)
                (void) closedir(*d);
}

static void gitdir_donep(Gitdir *g) {
        gitdir_done(g);
}

static void names_clear(Scan *s) {
        for (size_t i = 0; i < s->n_names; i++)
                free(s->names[i].name);
        s->n_names = 0;
}

void scan_done(Scan *s) {
        WatchedDir *d, *next;

        HASH_ITER(hh, s->dirs, d, next) {
                HASH_DEL(s->dirs, d);
                free(d);
        }
        names_clear(s);
        free(s->names);
        free(s->lock);
        free(s->problem);
        *s = (Scan) { .inotify = -1 };
}

static bool ends(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n > m && strcmp(s + n - m, suffix) == 0;
}

/* Dot names belong to editors and to git, with one exception: "..data" is the link that Kubernetes swaps for a whole volume. */
bool scan_wants(const Scan *s, const char *name, bool dir) {
        if (s->refs)
                return dir || !ends(name, ".lock");
        if (name[0] == '.')
                return strcmp(name, "..data") == 0;
        return dir || ends(name, ".yaml") || ends(name, ".yml");
}

static int problem(Scan *s, const char *path, const char *why) {
        auto_(free) char *shown = NULL;

        if (s->problem)
                return 0;
        shown = text_printable(path, 0);
        s->problem = shown ? textf("cannot watch %s: %s", shown, why) : NULL;
        return s->problem ? 0 : -ENOMEM;
}

static const char *reason(int error) {
        return error == ENOSPC ? "the limit fs.inotify.max_user_watches is reached, raise it with sysctl" : strerror(error);
}

/* Watches one directory; returns its wd, -1 when it cannot be watched (which is noted, unless it has just gone), or -ENOMEM. */
static int watch_dir(Scan *s, const char *path, bool tree) {
        WatchedDir *d;
        uint32_t mask = IN_MASK_ADD | (tree ? MASK_TREE : MASK_NAMES); /* one directory can be both */
        int wd = s->inotify < 0 ? -1 : inotify_add_watch(s->inotify, path, mask);

        if (s->inotify < 0)
                return problem(s, path, "no inotify instance is left, raise fs.inotify.max_user_instances with sysctl") < 0 ? -ENOMEM : -1;
        if (wd < 0)
                return errno == ENOENT || errno == ENOTDIR || problem(s, path, reason(errno)) >= 0 ? -1 : -ENOMEM;
        HASH_FIND_INT(s->dirs, &wd, d);
        if (!d) {
                d = calloc(1, sizeof(*d));
                if (!d)
                        return -ENOMEM;
                d->wd = wd;
                s->changed = true;
                HASH_ADD_INT(s->dirs, wd, d);
                if (!map_has(d)) {
                        free(d);
                        return -ENOMEM;
                }
        }
        d->tree = tree || (d->tree && d->round == s->round);
        d->round = s->round;
        return wd;
}

static int watch_name(Scan *s, const char *dir, const char *name, Interest interest) {
        int wd = watch_dir(s, dir, false);
        char *copy;

        if (wd < 0)
                return wd == -ENOMEM ? wd : 0;
        if (list_grow(&s->names, s->n_names, &s->names_size, sizeof(WatchedName)) < 0)
                return -ENOMEM;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        s->names[s->n_names++] = (WatchedName) { wd, interest, copy };
        return 0;
}

/* --- the way to the tree --- */

/* @left is what remains of a path: takes its first component off. */
static void next_component(char *left, char ret[static NAME_MAX + 1]) {
        size_t skip = strspn(left, "/"), n = strcspn(left + skip, "/");

        (void) snprintf(ret, NAME_MAX + 1, "%.*s", (int) n, left + skip);
        memmove(left, left + skip + n, strlen(left + skip + n) + 1);
}

/* cur + "/" + name, or cur's parent for "..", in place. False: too long. */
static bool step(char cur[static PATH_MAX], const char *name) {
        size_t n = strlen(cur);
        char *slash = strrchr(cur, '/');

        if (strcmp(name, "..") == 0) {
                if (slash)
                        *slash = 0;
                return true;
        }
        return (size_t) snprintf(cur + n, PATH_MAX - n, "/%s", name) < PATH_MAX - n;
}

/* Watches each name between the root and @path, through all links; stops where nothing is. */
static int watch_way(Scan *s, const char *path) {
        char cur[PATH_MAX] = "", left[2 * PATH_MAX], rest[2 * PATH_MAX], name[NAME_MAX + 1], target[PATH_MAX];
        unsigned links = 0;

        (void) snprintf(left, sizeof(left), "%s", path);
        for (;;) {
                ssize_t n;
                int r;

                next_component(left, name);
                if (!*name)
                        return 0;
                if (strcmp(name, ".") == 0)
                        continue;
                r = strcmp(name, "..") == 0 ? 0 : watch_name(s, *cur ? cur : "/", name, INTEREST_PATH);
                if (r < 0 || !step(cur, name))
                        return r;
                n = readlink(*cur ? cur : "/", target, sizeof(target) - 1);
                if (n < 0)
                        continue;
                target[n] = 0;
                if (++links > LINKS_MAX || (size_t) snprintf(rest, sizeof(rest), "%s/%s", target, left) >= sizeof(rest))
                        return 0;
                (void) strcpy(left, rest);
                if (*target == '/')
                        *cur = 0;
                else
                        (void) step(cur, "..");
        }
}

/* --- the tree --- */

static bool is_dir(const char *path, const struct dirent *e) {
        struct stat st;

        if (e->d_type != DT_UNKNOWN)
                return e->d_type == DT_DIR;
        return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void fingerprint(Scan *s, const char *path) {
        struct stat st;
        uint64_t h = hash_text(HASH_SEED, path);

        if (!s->prints || stat(path, &st) < 0)
                return;
        h = hash_u64(hash_u64(h, st.st_ino), (uint64_t) st.st_size);
        h = hash_u64(hash_u64(h, (uint64_t) st.st_mtim.tv_sec), (uint64_t) st.st_mtim.tv_nsec);
        h = hash_u64(hash_u64(h, (uint64_t) st.st_ctim.tv_sec), (uint64_t) st.st_ctim.tv_nsec);
        s->print ^= h; /* a directory lists its names in any order */
}

static int walk(Scan *s, const char *path, unsigned depth);

static int walk_entry(Scan *s, const char *dir, const struct dirent *e, unsigned depth) {
        auto_(free) char *path = NULL;
        bool sub;

        if (e->d_name[0] == '.')
                return 0;
        path = textf("%s/%s", dir, e->d_name);
        if (!path)
                return -ENOMEM;
        sub = is_dir(path, e);
        if (scan_wants(s, e->d_name, sub))
                fingerprint(s, path);
        return sub ? walk(s, path, depth + 1) : 0;
}

/* The watch stands before the names are read, so what comes in between is seen by one or the other. */
static int walk(Scan *s, const char *path, unsigned depth) {
        __attribute__((cleanup(closedirp))) DIR *d = NULL;
        int r = watch_dir(s, path, true);

        if (r == -ENOMEM)
                return r;
        if (depth > WATCH_DEPTH_MAX || HASH_COUNT(s->dirs) > WATCH_DIRS_MAX)
                return problem(s, path, "too many directories, or too deep");
        d = opendir(path);
        if (!d)
                return 0; /* the reader of the tree says so better */
        for (struct dirent *e; (e = readdir(d));) {
                r = walk_entry(s, path, e, depth);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* inotify hears nothing of what other machines do. */
static int check_network(Scan *s, const char *path) {
        static const unsigned long kinds[] = { 0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f };
        struct statfs fs;

        if (statfs(path, &fs) < 0)
                return 0;
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
                if (((unsigned long) fs.f_type & 0xffffffff) == kinds[i])
                        return problem(s, path, "a network file system does not tell of changes");
        return 0;
}

static int walk_refs(Scan *s, const Gitdir *g) {
        auto_(free) char *refs = textf("%s/refs", g->common);
        int r = refs ? walk(s, refs, 0) : -ENOMEM;

        if (r >= 0)
                r = watch_name(s, g->dir, "HEAD", INTEREST_CONTENT);
        if (r >= 0)
                r = watch_name(s, g->common, "packed-refs", INTEREST_CONTENT);
        if (r >= 0 && s->prints) {
                auto_(free) char *head = textf("%s/HEAD", g->dir), *packed = textf("%s/packed-refs", g->common);

                if (!head || !packed)
                        return -ENOMEM;
                fingerprint(s, head);
                fingerprint(s, packed);
        }
        return r;
}

static int walk_all(Scan *s) {
        __attribute__((cleanup(gitdir_donep))) Gitdir g = {};
        int r = watch_way(s, s->path), found = -ENOENT;

        free(s->lock);
        s->lock = NULL;
        if (r >= 0)
                found = gitdir_find(s->path, &g);
        if (found == -ENOMEM)
                r = found;
        if (r >= 0 && found >= 0 && !s->refs) {
                s->lock = textf("%s/index.lock", g.dir);
                r = s->lock ? watch_name(s, g.dir, "index.lock", INTEREST_LOCK) : -ENOMEM;
        }
        if (r >= 0)
                r = check_network(s, s->path);
        if (r >= 0 && !s->refs)
                return walk(s, s->path, 0);
        return r >= 0 && found >= 0 ? walk_refs(s, &g) : r;
}

/* Directories that this walk did not meet are somebody else's by now. */
static void drop_others(Scan *s) {
        WatchedDir *d, *next;

        HASH_ITER(hh, s->dirs, d, next) {
                if (d->round == s->round)
                        continue;
                (void) inotify_rm_watch(s->inotify, d->wd); /* fails when the directory has been deleted */
                HASH_DEL(s->dirs, d);
                free(d);
                s->changed = true;
        }
}

int scan_walk(Scan *s) {
        struct stat st = {};
        uint64_t print = s->print;
        bool comparable = s->printed;
        int r;

        s->round++;
        s->printed = s->prints;
        s->changed = false;
        s->print = 0;
        names_clear(s);
        free(s->problem);
        s->problem = NULL;
        r = walk_all(s);
        if (r < 0)
                return r;
        drop_others(s);
        (void) stat(s->path, &st);
        if (st.st_dev != s->dev || st.st_ino != s->ino || (comparable && s->print != print))
                s->changed = true;
        s->dev = st.st_dev;
        s->ino = st.st_ino;
        return s->changed;
}
