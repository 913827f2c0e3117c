/*
 * Commit: which commit of Git a work tree shows
 *
 * Only for people, who want to know what change a line in the journal goes back to; so a few small files are read, and where they do
 * not tell, the answer is "". No git program is run and no repository opened.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/tree.h"

/* Never waits, as a pipe would; NULL: it cannot be read. */
static FILE *open_small(const char *folder, const char *name) {
        char path[2 * PATH_MAX];
        FILE *f;
        int fd;

        (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return NULL;
        f = fdopen(fd, "r");
        if (!f)
                (void) close(fd);
        return f;
}

/* The first line of a small file without its end; NULL: there is none. Result in @buf. */
static char *first_line(const char *folder, const char *name, char buf[static GIT_LINE_MAX]) {
        auto_(fclose) FILE *f = open_small(folder, name);
        char *line = f ? fgets(buf, GIT_LINE_MAX, f) : NULL;

        if (line)
                line[strcspn(line, "\r\n")] = '\0';
        return line;
}

static bool commit_shaped(const char *s) {
        size_t n = strspn(s, "0123456789abcdef");

        return !s[n] && (n == 40 || n == 64);
}

/* Is the line text[0..n) about @ref? */
static bool line_about(const char *text, size_t n, const char *ref, char buf[static COMMIT_SIZE]) {
        const char *space = memchr(text, ' ', n);
        size_t m = space ? (size_t) (space - text) : 0, left = n - m - 1;

        if (!space || m >= COMMIT_SIZE || left != strlen(ref) || memcmp(space + 1, ref, left) != 0)
                return false;
        memcpy(buf, text, m);
        buf[m] = '\0';
        if (!commit_shaped(buf))
                buf[0] = '\0';
        return buf[0];
}

/* "hash name" lines. The file may be large, and is not read beyond its limit; a hostile one has NULs and lines without end. */
static bool packed_ref(const char *folder, const char *ref, char buf[static COMMIT_SIZE]) {
        auto_(fclose) FILE *f = open_small(folder, "packed-refs");
        auto_(free) char *text = f ? malloc(PACKED_REFS_MAX) : NULL;
        size_t n = text ? fread(text, 1, PACKED_REFS_MAX, f) : 0;
        bool found = false;

        for (size_t at = 0, line; at < n && !found; at += line + 1) {
                const char *end = memchr(text + at, '\n', n - at);

                line = end ? (size_t) (end - text) - at : n - at;
                found = line_about(text + at, line, ref, buf);
        }
        return found;
}

/* @path seen from @folder; false: too long. */
static bool join(const char *folder, const char *path, char buf[static PATH_MAX]) {
        bool absolute = path[0] == '/';
        int n = snprintf(buf, PATH_MAX, "%s%s%s", absolute ? "" : folder, absolute ? "" : "/", path);

        return n > 0 && n < PATH_MAX;
}

/* A ref that HEAD may name: no way out of the repository. */
static bool ref_valid(const char *ref) {
        return text_starts(ref, "refs/") && !strstr(ref, "..") && strlen(ref) <= GIT_REF_MAX;
}

/* @git: the work tree's own git folder, which holds HEAD; refs are in the common one. */
static const char *head_commit(const char *git, char buf[static COMMIT_SIZE]) {
        char line[GIT_LINE_MAX], other[GIT_LINE_MAX], common[PATH_MAX];
        const char *head = first_line(git, "HEAD", line), *ref, *s;

        if (!head)
                return buf;
        if (commit_shaped(head)) {
                (void) snprintf(buf, COMMIT_SIZE, "%s", head);
                return buf;
        }
        ref = text_starts(head, "ref: ") ? head + strlen("ref: ") : "";
        if (!ref_valid(ref))
                return buf;
        s = first_line(git, "commondir", other);
        if (!join(git, s ? s : ".", common))
                return buf;
        s = first_line(common, ref, other);
        if (s && commit_shaped(s))
                (void) snprintf(buf, COMMIT_SIZE, "%s", s);
        else
                (void) packed_ref(common, ref, buf);
        return buf;
}

/* A folder .git, or a file that says where it is (a linked work tree, a submodule). */
static bool git_folder(const char *folder, char git[static PATH_MAX]) {
        char path[PATH_MAX], line[GIT_LINE_MAX];
        const char *s;
        struct stat st;

        if (!join(folder, ".git", path) || stat(path, &st) < 0)
                return false;
        if (S_ISDIR(st.st_mode)) {
                memcpy(git, path, sizeof(path));
                return true;
        }
        s = S_ISREG(st.st_mode) ? first_line(folder, ".git", line) : NULL;
        if (!s || !text_starts(s, "gitdir: "))
                return false;
        return join(folder, s + strlen("gitdir: "), git);
}

const char *commit_around(const char *path, char buf[static COMMIT_SIZE]) {
        char folder[PATH_MAX], git[PATH_MAX];

        buf[0] = '\0';
        if (!realpath(path, folder))
                return buf;
        for (char *slash = folder; slash; slash = strrchr(folder, '/')) {
                if (slash != folder)
                        *slash = '\0';
                if (git_folder(folder, git))
                        return head_commit(git, buf);
                if (slash == folder && strrchr(folder, '/') == folder)
                        break;
        }
        return buf;
}
