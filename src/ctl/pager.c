/*
 * Pager: long outputs a screen at a time
 *
 * A verb prints into memory, and only what is complete is paged: while it still asks the daemon or a target there is no empty screen, an
 * interrupt ends it as everywhere, and its exit status is not the pager's. Who pages with rights of somebody else (sudo) could leave the
 * pager for a shell: then only less is used, told to allow nothing of the kind.
 */
#include "ctl/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>

#include "base/text.h"
#include "ctl/child.h"

extern char **environ;

#define LESS_DEFAULT "FRSXMK" /* as systemd's: a short output ends at once, colours stay, long lines are chopped, nothing is cleared */

static const char *const paged[] = { "status", "plan", "simulate", "history", "timeline", "calendar", "list", "show", "why", "lint" };

/* ── the choice ── */

/* A boolean as systemd reads it: -1 it is none. */
static int boolean(const char *s) {
        static const char *const words[][2] = { { "0", "1" }, { "no", "yes" }, { "n", "y" }, { "false", "true" }, { "f", "t" }, { "off", "on" } };

        for (size_t i = 0; s && i < ARRAY_SIZE(words); i++)
                for (int k = 0; k < 2; k++)
                        if (strcasecmp(s, words[i][k]) == 0)
                                return k;
        return -1;
}

bool pager_choose(const PagerEnv *e, PagerChoice *ret) {
        const char *command = e->systemd_pager ? e->systemd_pager : e->pager;
        int said = boolean(e->secure);
        bool secure = said >= 0 ? said : !e->owner;

        if (!e->terminal || text_equal(e->term, "dumb"))
                return false;
        if (command && (!*command || strcmp(command, "cat") == 0))
                return false;
        if (secure && said < 0)
                command = NULL; /* nobody says that this one keeps what is asked of it */
        *ret = (PagerChoice) { command, secure };
        return true;
}

PagerEnv pager_env(void) {
        uid_t owner;

        return (PagerEnv) {
                .systemd_pager = getenv("SYSTEMD_PAGER"), .pager = getenv("PAGER"), .secure = getenv("SYSTEMD_PAGERSECURE"), .term = getenv("TERM"),
                .terminal = isatty(STDOUT_FILENO), .owner = sd_pid_get_owner_uid(0, &owner) >= 0 && owner == geteuid(),
        };
}

/* ── the program ── */

/* Without one: all at once. */
static void copy_out(int file) {
        char buf[4096];
        ssize_t n;

        while ((n = read(file, buf, sizeof(buf))) > 0)
                for (ssize_t done = 0, k; done < n; done += k) {
                        k = write(STDOUT_FILENO, buf + done, (size_t) (n - done));
                        if (k < 0)
                                return;
                }
}

static void run(const PagerChoice *c) {
        const char *less = getenv("SYSTEMD_LESS"), *charset = getenv("SYSTEMD_LESSCHARSET");
        char **plain = child_environment(); /* until this process is another program */

        if (!plain) {
                copy_out(STDIN_FILENO);
                return;
        }
        environ = plain;
        (void) signal(SIGPIPE, SIG_DFL);
        (void) setenv("LESS", less ? less : LESS_DEFAULT, 1);
        (void) setenv("LESSCHARSET", charset ? charset : "utf-8", 1);
        if (c->secure)
                (void) setenv("LESSSECURE", "1", 1);
        else
                (void) unsetenv("LESSSECURE");
        if (c->command)
                (void) execl("/bin/sh", "sh", "-c", c->command, (char *) NULL);
        (void) execlp("less", "less", (char *) NULL);
        if (!c->secure)
                (void) execlp("more", "more", (char *) NULL);
        copy_out(STDIN_FILENO);
}

/* ── around a verb ── */

static bool is_paged(const Ctl *ctl) {
        if (ctl->no_pager || ctl->options & OPTION_FOLLOW || ctl->svg)
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(paged); i++)
                if (strcmp(ctl->verb->name, paged[i]) == 0)
                        return true;
        return false;
}

void pager_begin(const Ctl *ctl, Pager *ret) {
        PagerEnv e = pager_env();
        Pager p = { .file = -1, .terminal = -1 };

        *ret = p;
        if (!is_paged(ctl) || !pager_choose(&e, &p.choice))
                return;
        p.file = memfd_create("maintctl", MFD_CLOEXEC);
        p.terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (p.file < 0 || p.terminal < 0 || dup2(p.file, STDOUT_FILENO) < 0) {
                if (p.file >= 0)
                        (void) close(p.file);
                if (p.terminal >= 0)
                        (void) close(p.terminal);
                return; /* then all at once */
        }
        *ret = p;
}

/* Ctrl-C is for the pager while it runs. */
static void wait_for(pid_t pid) {
        void (*interrupt)(int) = signal(SIGINT, SIG_IGN), (*quit)(int) = signal(SIGQUIT, SIG_IGN);

        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        (void) signal(SIGINT, interrupt);
        (void) signal(SIGQUIT, quit);
}

void pager_end(Pager *p) {
        struct stat st;
        pid_t pid;

        if (p->file < 0)
                return;
        (void) fflush(stdout);
        (void) dup2(p->terminal, STDOUT_FILENO);
        if (fstat(p->file, &st) >= 0 && st.st_size > 0 && lseek(p->file, 0, SEEK_SET) == 0) {
                pid = fork();
                if (pid == 0) {
                        (void) dup2(p->file, STDIN_FILENO);
                        run(&p->choice);
                        _exit(EXIT_SUCCESS);
                }
                if (pid > 0)
                        wait_for(pid);
                else
                        copy_out(p->file);
        }
        (void) close(p->file);
        (void) close(p->terminal);
        *p = (Pager) { .file = -1, .terminal = -1 };
}
