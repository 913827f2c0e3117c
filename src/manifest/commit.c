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

/* The first line of a small file without its end; NULL: there is none. Result in @buf. */
static char *first_line(const char *folder, const char *name, char buf[static GIT_LINE_MAX]) {
        char path[2 * PATH_MAX];
        FILE *f;
        char *line;
        int fd;

        (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return NULL;
        f = fdopen(fd, "r");
        if (!f) {
                (void) close(fd);
                return NULL;
        }
        line = fgets(buf, GIT_LINE_MAX, f);
        (void) fclose(f);
        if (line)
                line[strcspn(line, "\r\n")] = '\0';
        return line;
}

static bool commit_shaped(const char *s) {
        size_t n = strspn(s, "0123456789abcdef");

        return !s[n] && (n == 40 || n == 64);
}

/* "hash name" lines; the file may be large, so it is read line by line and not beyond its limit. */
static bool packed_ref(const char *folder, const char *ref, char buf[static COMMIT_SIZE]) {
        char path[PATH_MAX + 16], line[GIT_LINE_MAX];
        size_t seen = 0;
        bool found = false;
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/packed-refs", folder);
        f = fopen(path, "re");
        if (!f)
                return false;
        while (!found && seen < PACKED_REFS_MAX && fgets(line, sizeof(line), f)) {
                char *space = strchr(line, ' ');

                seen += strlen(line);
                line[strcspn(line, "\r\n")] = '\0';
                if (!space || strcmp(space + 1, ref) != 0)
                        continue;
                *space = '\0';
                found = commit_shaped(line);
                if (found)
                        (void) snprintf(buf, COMMIT_SIZE, "%s", line);
        }
        (void) fclose(f);
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
        return text_starts(ref, "refs/") && !strstr(ref, "..") && strlen(ref) < 256;
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
