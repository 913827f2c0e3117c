/*
 * `maintd-page backup FILE`: a copy of everything, while the page serves
 *
 * Root makes it in a place where the page's user may not write, and reads with that user's rights alone what that user has written: a child
 * lays root down, copies, and sends the copy through a pipe. The file appears whole under its name, or not at all.
 */
#include "page/backup.h"

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/text.h"

#define PIECE (64u * 1024)

typedef struct Backup {
        const char *dir, *file;
        state_open_fn open_state;
        bool force;
        char *partial;                  /* owned; the file until it is whole */
        int fd;                         /* of it; -1: there is none */
        size_t size;
} Backup;

static void backup_done(Backup *b) {
        if (b->fd >= 0)
                (void) unlink(b->partial);
        closep(&b->fd);
        free(b->partial);
}

static int complain(const char *file, const char *what, int error) {
        (void) fprintf(stderr, "maintd-page: %s%s%s: %s\n", file, what ? ": " : "", what ? what : "", strerror(-error));
        return error;
}

/* The one mistake that --force must not make possible. */
static bool is_the_database(const Backup *b) {
        static const char *const names[] = { "page.sqlite", "page.sqlite-wal", "page.sqlite-shm", "lock" };
        struct stat theirs, ours;

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                auto_(free) char *path = textf("%s/%s", b->dir, names[i]);

                if (!path || (stat(path, &theirs) == 0 && stat(b->file, &ours) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino))
                        return true;
        }
        return false;
}

static int partial_open(Backup *b) {
        if (access(b->file, F_OK) == 0 && !b->force) {
                (void) fprintf(stderr, "maintd-page: %s is there already; --force replaces it\n", b->file);
                return -EEXIST;
        }
        if (is_the_database(b)) {
                (void) fprintf(stderr, "maintd-page: %s is the database itself\n", b->file);
                return -EEXIST;
        }
        b->partial = textf("%s.XXXXXX", b->file);
        if (!b->partial)
                return complain(b->file, NULL, -ENOMEM);
        b->fd = mkostemp(b->partial, O_CLOEXEC);        /* 0600 */
        return b->fd < 0 ? complain(b->file, NULL, -errno) : 0;
}

static int child(const Backup *b, int to) {
        auto_(store_close) Store *store = NULL;
        size_t size;
        int r = b->open_state(b->dir, &store);

        if (r < 0)
                return EXIT_FAILURE;
        r = store_backup(store, to, &size);
        if (r < 0)
                (void) fprintf(stderr, "maintd-page: cannot copy the database: %s (%s)\n", strerror(-r), store_error(store));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* 1: there was a piece, 0: no more. */
static int move_piece(Backup *b, int from) {
        char piece[PIECE];
        ssize_t n = read(from, piece, sizeof(piece));

        if (n <= 0)
                return n == 0 ? 0 : errno == EINTR ? 1 : -errno;
        for (ssize_t done = 0, k; done < n; done += k) {
                k = write(b->fd, piece + done, (size_t) (n - done));
                if (k < 0 && errno != EINTR)
                        return -errno;
                k = MAX(k, (ssize_t) 0);
        }
        b->size += (size_t) n;
        return 1;
}

/* What the child sends; 0, or -errno when it has been said what is wrong. */
static int receive(Backup *b) {
        int pipes[2], status = 0, r = 1;
        pid_t pid;

        if (pipe2(pipes, O_CLOEXEC) < 0)
                return complain(b->file, NULL, -errno);
        pid = fork();
        if (pid == 0) {
                closep(&pipes[0]);
                _exit(child(b, pipes[1]));
        }
        closep(&pipes[1]);
        while (pid > 0 && r > 0)
                r = move_piece(b, pipes[0]);
        closep(&pipes[0]);              /* before waiting: a child that still writes is to notice */
        if (pid < 0)
                return complain(b->file, NULL, -errno);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (r < 0)
                return complain(b->file, "cannot write", r);
        return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? 0 : -EIO;
}

static int sync_folder(const char *file) {
        auto_(free) char *own = strdup(file);
        auto_(close) int fd = own ? open(dirname(own), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int publish(Backup *b) {
        int r = fsync(b->fd) < 0 ? -errno : 0;

        if (r >= 0)
                r = renameat2(AT_FDCWD, b->partial, AT_FDCWD, b->file, b->force ? 0 : RENAME_NOREPLACE) < 0 ? -errno : 0;
        if (r < 0)
                return complain(b->file, NULL, r);
        closep(&b->fd);
        r = sync_folder(b->file);
        return r < 0 ? complain(b->file, "its folder", r) : 0;
}

static int backup(Backup *b) {
        int r = partial_open(b);

        (void) signal(SIGPIPE, SIG_IGN);
        (void) signal(SIGXFSZ, SIG_IGN);        /* a full disk, a limit: errors like others */
        if (r >= 0)
                r = receive(b);
        if (r >= 0)
                r = publish(b);
        if (r >= 0)
                (void) printf("%s: %zu bytes, checked\n", b->file, b->size);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_backup(const char *dir, state_open_fn open_state, int n, char **args) {
        Backup b = { .dir = dir, .open_state = open_state, .fd = -1 };
        int status;

        for (int i = 0; i < n; i++)
                if (strcmp(args[i], "--force") == 0)
                        b.force = true;
                else if (!b.file && args[i][0] && args[i][0] != '-')
                        b.file = args[i];
                else
                        return -EINVAL;
        if (!b.file)
                return -EINVAL;
        status = backup(&b);
        backup_done(&b);
        return status;
}
