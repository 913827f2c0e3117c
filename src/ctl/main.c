/*
 * maintctl: main() finds the verb and maps its result to an exit status
 */
#include <locale.h>
#include <poll.h>
#include <signal.h>

#include "ctl/pager.h"
#include "ctl/render.h"

/* `maintctl history | head`: who reads has seen enough, which is no failure. */
static bool nobody_reads(void) {
        struct pollfd p = { .fd = STDOUT_FILENO };

        return poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLHUP);
}

int main(int argc, char **argv) {
        Pager pager;
        Ctl ctl;
        int r;

        (void) setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters; nothing else depends on a locale */
        (void) signal(SIGPIPE, SIG_IGN);
        if (ctl_parse(argc, argv, &ctl, stderr) < 0)
                return EXIT_FAILED;
        if (ctl.version) {
                (void) puts("maintctl " PROJECT_VERSION);
                return EXIT_FINE;
        }
        if (ctl.help) {
                if (ctl.verb)
                        ctl_verb_usage(ctl.verb, stdout);
                else
                        ctl_usage(stdout);
                return EXIT_FINE;
        }
        ctl.color = render_color(ctl.no_color);
        ctl.width = render_width();
        ctl.now = now_read().real;
        if (zones_new(NULL, &ctl.zones) < 0)
                ctl.zones = NULL; /* times in UTC, then */
        pager_begin(&ctl, &pager);
        r = ctl.verb->run(&ctl);
        pager_end(&pager);
        zones_free(ctl.zones);
        if ((fflush(stdout) != 0 || ferror(stdout)) && !nobody_reads()) {
                (void) fprintf(stderr, "maintctl: the output could not be written\n");
                return EXIT_FAILED;
        }
        return r;
}
