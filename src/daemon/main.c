/*
 * maintd: main() reads the command line, service.c does the rest
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "base/arena.h"
#include "daemon/service.h"
#include "daemon/site.h"

static const char usage_text[] =
        "maintd [OPTION ...]\n"
        "\n"
        "Keeps status pages equal to a directory of maintenance manifests. See maintd(8).\n"
        "\n"
        "  --config FILE      configuration, default " CONFIG_DEFAULT "\n"
        "  --manifests DIR    directory of manifests, in place of the configuration's\n"
        "  --state DIR        where the ledger is kept, default $STATE_DIRECTORY, then " STATE_DEFAULT "\n"
        "  --control SOCKET   where maintctl asks, default `control` in --state, else in $RUNTIME_DIRECTORY,\n"
        "                     then " CONTROL_DEFAULT "\n"
        "  --help             this text\n"
        "  --version          the version\n";

/* 1: go on; 0: done; -EINVAL: wrong usage, said. */
static int parse_arguments(int argc, char **argv, ServiceOptions *o) {
        static const struct option options[] = {
                { "config", required_argument, NULL, 'c' }, { "manifests", required_argument, NULL, 'm' },
                { "state", required_argument, NULL, 's' },  { "control", required_argument, NULL, 'k' },
                { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, 'V' },
                { 0 },
        };

        for (int k; (k = getopt_long(argc, argv, "h", options, NULL)) >= 0;)
                switch (k) {
                case 'c':
                        o->config = optarg;
                        break;
                case 'm':
                        o->manifests = optarg;
                        break;
                case 's':
                        o->state = optarg;
                        break;
                case 'k':
                        o->control = optarg;
                        break;
                case 'h':
                        (void) fputs(usage_text, stdout);
                        return 0;
                case 'V':
                        (void) puts("maintd " PROJECT_VERSION);
                        return 0;
                default:
                        (void) fputs("try: maintd --help\n", stderr);
                        return -EINVAL;
                }
        if (optind < argc) {
                (void) fprintf(stderr, "maintd: it takes no argument, only options: try maintd --help\n");
                return -EINVAL;
        }
        return 1;
}

/* Signals reach us through the event loop; a peer that has gone is an error of the call that wrote to it. */
static void block_signals(void) {
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGHUP);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        (void) signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
        ServiceOptions o = { 0 };
        int r = parse_arguments(argc, argv, &o);

        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        memory_tune();
        block_signals();
        return service_run(&o) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
