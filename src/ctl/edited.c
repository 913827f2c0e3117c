/*
 * Edited: a file of manifests, its next version, and the step from one to the other
 */
#include "ctl/edited.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/beneath.h"
#include "base/readfd.h"
#include "base/text.h"
#include "ctl/overlay.h"

static int fail(int r, const char *path, const char *why) {
        auto_(free) char *safe = text_printable(path, 0);

        (void) fprintf(stderr, "maintctl: %s: %s\n", text_or(safe, "?"), why);
        return r;
}

/* ── reading ── */

static int read_all(int fd, size_t size, char **ret, size_t *ret_n) {
        auto_(free) char *text = malloc(size + 1);
        size_t n = 0;
        int r = text ? read_up_to(fd, text, size, &n) : -ENOMEM;

        if (r < 0)
                return r;
        text[n] = 0;
        *ret = STEAL(text);
        *ret_n = n;
        return 0;
}

static int read_file(Edited *e) {
        int root __attribute__((cleanup(closep))) = open(e->root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd __attribute__((cleanup(closep))) = -1, r;
        auto_(free) char *joined = NULL;
        struct stat st;

        if (root < 0)
                return fail(-errno, e->root, strerror(errno));
        fd = open_beneath(root, e->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return fail(fd, e->path, strerror(-fd));
        if (fstat(fd, &e->st) < 0 || !S_ISREG(e->st.st_mode))
                return fail(-EINVAL, e->path, "no regular file");
        if (e->st.st_size > MANIFEST_BYTES_MAX)
                return fail(-EFBIG, e->path, "the file is too large");
        r = read_all(fd, (size_t) e->st.st_size, &e->before, &e->n_before);
        if (r < 0)
                return fail(r, e->path, strerror(-r));
        if (strlen(e->before) != e->n_before)
                return fail(-EINVAL, e->path, "a NUL byte: this is no text file");
        joined = textf("%s/%s", e->root, e->path);
        e->real = joined ? realpath(joined, NULL) : NULL;
        if (!e->real || stat(e->real, &st) < 0 || st.st_ino != e->st.st_ino || st.st_dev != e->st.st_dev)
                return fail(-EAGAIN, e->path, "it changes at this moment: try again");
        return 0;
}

static int new_file(Edited *e) {
        e->before = strdup("");
        e->real = textf("%s/%s", e->root, e->path);
        if (!e->before || !e->real)
                return -ENOMEM;
        return access(e->real, F_OK) == 0 ? fail(-EEXIST, e->path, "there is such a file: edit it, or choose another id") : 0;
}

int edited_open(const Site *s, const char *path, bool fresh, Edited *ret) {
        Edited e = { 0 };
        int r;

        if (s->config && s->config->git) {
                (void) fprintf(stderr, "maintctl: the manifests are those of a commit in %s: edit in a clone of it, with --manifests DIR\n", s->config->git);
                return -EOPNOTSUPP;
        }
        e.root = realpath(site_tree_path(s), NULL);
        e.path = strdup(path);
        if (!e.root)
                r = fail(-errno, site_tree_path(s), strerror(errno));
        else
                r = !e.path ? -ENOMEM : fresh ? new_file(&e) : read_file(&e);
        if (r < 0)
                edited_done(&e);
        else
                *ret = e;
        return r;
}

void edited_done(Edited *e) {
        free(e->root);
        free(e->path);
        free(e->real);
        free(e->before);
        free(e->after);
        *e = (Edited) { 0 };
}

/* ── is it fit? ── */

static bool stood_before(const Site *s, const Diagnostic *d) {
        for (size_t i = 0; i < s->diags.n; i++)
                if (strcmp(s->diags.items[i].file, d->file) == 0 && strcmp(s->diags.items[i].message, d->message) == 0)
                        return true;
        return false;
}

/* What the edit has brought; what else is wrong is not its matter. Returns the number of errors. */
static size_t say_news(const Site *s, const Diagnostics *d) {
        size_t errors = 0;

        for (size_t i = 0; i < d->n; i++) {
                auto_(free) char *line = NULL;

                if (stood_before(s, &d->items[i]))
                        continue;
                errors += d->items[i].severity == SEVERITY_ERROR;
                line = diagnostic_format(&d->items[i]);
                (void) fprintf(stderr, "%s\n", text_or(line, d->items[i].message));
        }
        return errors;
}

/* Nobody else's windows may move with it: the file may have become another since it was loaded. */
static bool others_same(const Site *s, const Desired *d, const char *id) {
        for (size_t i = 0; i < s->last.n_sets; i++) {
                const char *other = s->last.sets[i].set->manifest;
                const Manifest *was = desired_manifest(s->desired, other), *is = desired_manifest(d, other);

                if (strcmp(other, id) != 0 && was && (!is || is->content != was->content))
                        return false;
        }
        return true;
}

int edited_check(const Edited *e, const Site *s, const char *id, usec_t now, Desired **ret) {
        OverlayFile after = { e->path, e->after, e->n_after, e->st.st_ino == 0 };
        auto_(desired_free) Desired *d = NULL;
        Diagnostics diags = { 0 };
        DesiredLoad load;
        Tree *tree = NULL;
        size_t errors;
        int r = overlay_new(e->root, &after, 1, &tree);

        if (r >= 0)
                r = desired_new(tree, s->config, s->zones, &d);
        if (r >= 0)
                r = desired_load(d, now, &diags, &load);
        diagnostics_sort(&diags);
        errors = say_news(s, &diags);
        diagnostics_done(&diags);
        if (r < 0)
                return fail(r, e->path, strerror(-r));
        if (errors || !desired_manifest(d, id))
                return fail(-EINVAL, e->path, "maintd would refuse the edited file: nothing was written");
        if (!others_same(s, d, id))
                return fail(-EAGAIN, e->path, "other manifests would change with it: somebody else edits them at this moment, try again");
        *ret = STEAL(d);
        return 0;
}

/* ── the step ── */

static int write_all(int fd, const char *text, size_t n) {
        while (n > 0) {
                ssize_t put = write(fd, text, n);

                if (put < 0 && errno == EINTR)
                        continue;
                if (put < 0)
                        return -errno;
                text += put;
                n -= (size_t) put;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

static bool changed_since(const Edited *e) {
        struct stat st;

        if (stat(e->real, &st) < 0)
                return e->st.st_ino != 0;
        return st.st_ino != e->st.st_ino || st.st_dev != e->st.st_dev || st.st_size != e->st.st_size || st.st_mtim.tv_sec != e->st.st_mtim.tv_sec ||
               st.st_mtim.tv_nsec != e->st.st_mtim.tv_nsec;
}

static void sync_directory(const char *dir) {
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0) {
                (void) fsync(fd);
                (void) close(fd);
        }
}

/* With the owner and mode that the file had. Who may not give it away leaves it to himself where everybody can read it: maintd, too. */
static int keep_access(const Edited *e, int fd) {
        bool ours = e->st.st_uid == geteuid() && e->st.st_gid == getegid();

        if (e->st.st_ino == 0)
                return fchmod(fd, 0644) < 0 ? -errno : 0;
        if (!ours && fchown(fd, e->st.st_uid, e->st.st_gid) < 0 && (fchown(fd, (uid_t) -1, e->st.st_gid) < 0 || e->st.st_uid != geteuid()) &&
            !(e->st.st_mode & S_IROTH))
                return -EPERM;
        return fchmod(fd, e->st.st_mode & 07777) < 0 ? -errno : 0;
}

/* A name with a dot in front is no manifest to anybody. */
static int write_beside(const Edited *e, char *name) {
        int fd __attribute__((cleanup(closep))) = mkostemp(name, O_CLOEXEC), r;

        if (fd < 0)
                return -errno;
        r = keep_access(e, fd);
        return r < 0 ? r : write_all(fd, e->after, e->n_after);
}

/* A folder there is, made if need be; -EXDEV: it is none of the manifests' directory. */
static int make_folder(const char *root, const char *path) {
        auto_(free) char *real = NULL;
        size_t n = strlen(root);

        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                return -errno;
        real = realpath(path, NULL);
        if (!real)
                return -errno;
        return text_starts(real, root) && (real[n] == '/' || real[n] == 0) ? 0 : -EXDEV;
}

/* The folders that a new file's id names. A link among them must not lead out of the manifests: each is looked at before one is made in it. */
static int make_folders(const Edited *e) {
        auto_(free) char *path = strdup(e->real);
        int r = 0;

        if (!path)
                return -ENOMEM;
        for (char *slash = path + strlen(e->root) + 1; r >= 0 && (slash = strchr(slash, '/')); *slash++ = '/') {
                *slash = 0;
                r = make_folder(e->root, path);
        }
        return r;
}

int edited_write(const Edited *e) {
        const char *slash = strrchr(e->real, '/');
        auto_(free) char *dir = strndup(e->real, (size_t) (slash - e->real)), *name = NULL;
        int r;

        name = dir ? textf("%s/.%s.XXXXXX", *dir ? dir : "/", slash + 1) : NULL;
        if (!name)
                return -ENOMEM;
        r = e->st.st_ino ? 0 : make_folders(e);
        if (r < 0)
                return fail(r, dir, strerror(-r));
        r = write_beside(e, name);
        if (r >= 0 && changed_since(e)) {
                (void) unlink(name);
                return fail(-EBUSY, e->path, "somebody else has just changed it: nothing was written, try again");
        }
        if (r >= 0 && (e->st.st_ino ? rename(name, e->real) : link(name, e->real)) < 0)
                r = -errno;
        if (r < 0 || e->st.st_ino == 0)
                (void) unlink(name);
        if (r == -EPERM)
                return fail(r, e->path, "its owner cannot be kept, and maintd might not read it then: run it as root, or as its owner");
        if (r < 0)
                return fail(r, e->path, strerror(-r));
        sync_directory(dir);
        return 0;
}
