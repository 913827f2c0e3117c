/*
 * maintd-page: a status page of one's own
 *
 * Reads the command line, opens the state, and either carries out a verb or serves until SIGTERM.
 */
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/access.h"
#include "page/backup.h"
#include "page/listen.h"
#include "page/monitor/watch.h"
#include "page/rest/api.h"
#include "page/show/web.h"
#include "page/subscribe/deliver.h"
#include "page/subscribe/subscribe.h"
#include "page/verb.h"

#define STATE_DEFAULT "/var/lib/maintd-page"
#define CONFIG_DEFAULT "/etc/maintd/page.yaml"
#define LISTEN_DEFAULT "127.0.0.1:8095"
#define DESCRIPTORS_OWN 64u

static const char *arg_state, *arg_config;
static const char *arg_listen[LISTEN_MAX];
static size_t arg_n_listen;
static bool arg_public;
static unsigned arg_reads = PAGE_LIMIT_READS, arg_writes = PAGE_LIMIT_WRITES;
static unsigned arg_connections = PAGE_CONNECTIONS, arg_timeout = PAGE_PATIENCE_SEC;

static const char usage_text[] =
        "maintd-page [OPTION…]                    serve the status page\n"
        "maintd-page key add NAME --scope SCOPE,… make an API key and print it, once\n"
        "maintd-page key list | remove NAME\n"
        "maintd-page service add NAME [--group G] | list\n"
        "maintd-page backup FILE [--force]        copy the database, also while the page serves\n"
        "maintd-page check                        read the settings, and say what is wrong with them\n\n"
        "  --config FILE          title, colours, language, …; default " CONFIG_DEFAULT ", where it is\n"
        "  --state DIR            where its database is; default $STATE_DIRECTORY, then " STATE_DEFAULT "\n"
        "  --listen ADDRESS:PORT  or a socket's path; port 0: any that is free; may be repeated; default " LISTEN_DEFAULT "\n"
        "  --listen-public        allow addresses other than loopback\n"
        "  --rate-limit R/W|off   requests a minute and key, reads and writes; default 100/30\n"
        "  --connections N        at once; default 1024\n"
        "  --timeout SECONDS      for a client to send a request, and to take its answer; default 30\n"
        "  --help, --version\n\n"
        "Scopes: maintenance:read, maintenance:write, services:read, services:write,\n"
        "subscribers:read, subscribers:write, monitors:read, monitors:write, *:*;\n"
        "write includes read.\n";

static int usage(void) {
        (void) fprintf(stderr, "Usage:\n%s", usage_text);
        return EXIT_FAILURE;
}

static int parse_number(const char *option, const char *text, unsigned least, unsigned most, unsigned *ret) {
        char *end;
        unsigned long n = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;

        if (n < least || n > most || *end) {
                (void) fprintf(stderr, "maintd-page: --%s is a number from %u to %u\n", option, least, most);
                return -EINVAL;
        }
        *ret = (unsigned) n;
        return 1;
}

/* Return: 1 to go on, 0 when done, -EINVAL. */
static int parse_option(int c) {
        switch (c) {
        case 's':
                arg_state = optarg;
                return 1;
        case 'c':
                arg_config = optarg;
                return 1;
        case 'l':
                if (arg_n_listen == LISTEN_MAX) {
                        (void) fprintf(stderr, "maintd-page: at most %u times --listen\n", LISTEN_MAX);
                        return -EINVAL;
                }
                arg_listen[arg_n_listen++] = optarg;
                return 1;
        case 'p':
                arg_public = true;
                return 1;
        case 'r':
                if (limits_parse(optarg, &arg_reads, &arg_writes) < 0) {
                        (void) fprintf(stderr, "maintd-page: --rate-limit is READS/WRITES, such as 100/30, or off\n");
                        return -EINVAL;
                }
                return 1;
        case 'n':
                return parse_number("connections", optarg, LISTEN_MAX, PAGE_CONNECTIONS_MAX, &arg_connections);
        case 't':
                return parse_number("timeout", optarg, 1, PAGE_PATIENCE_SEC_MAX, &arg_timeout);
        case 'h':
                (void) printf("%s", usage_text);
                return 0;
        case 'v':
                (void) printf("maintd-page %s\n", PROJECT_VERSION);
                return 0;
        default:
                return -EINVAL;
        }
}

/* Stops at the first word, so that a verb's own options are left to it. */
static int parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "config", required_argument, NULL, 'c' },
                { "state", required_argument, NULL, 's' },  { "listen", required_argument, NULL, 'l' },
                { "listen-public", no_argument, NULL, 'p' }, { "rate-limit", required_argument, NULL, 'r' },
                { "connections", required_argument, NULL, 'n' }, { "timeout", required_argument, NULL, 't' },
                { "help", no_argument, NULL, 'h' },          { "version", no_argument, NULL, 'v' },
                {},
        };
        int c, r = 1;

        while (r > 0 && (c = getopt_long(argc, argv, "+h", options, NULL)) >= 0)
                r = parse_option(c);
        return r;
}

/* systemd gives a list; ours is the first. */
static char *state_directory(void) {
        const char *given = arg_state ? arg_state : text_or(getenv("STATE_DIRECTORY"), STATE_DEFAULT);

        return strndup(given, arg_state ? strlen(given) : strcspn(given, ":"));
}

/* Root would leave files that the service cannot write, and follow links that the service laid: work as the directory's owner. */
static int become_owner(const char *dir) {
        struct stat st;

        if (stat(dir, &st) < 0)
                return -errno;
        if (geteuid() != 0 || st.st_uid == 0)
                return 0;
        if (setgroups(0, NULL) < 0 || setgid(st.st_gid) < 0 || setuid(st.st_uid) < 0)
                return -errno;
        return 0;
}

static int state_opened(const char *dir, int r, state_open_fn open, Store **ret) {
        if (r >= 0)
                r = become_owner(dir);
        if (r >= 0)
                r = open(dir, ret);
        if (r == -EPROTO)
                (void) fprintf(stderr, "maintd-page: %s was written by a newer version of maintd-page\n", dir);
        else if (r < 0)
                (void) fprintf(stderr, "maintd-page: cannot open the state in %s: %s\n", dir, strerror(-r));
        return r;
}

static int state_open(const char *dir, Store **ret) {
        (void) umask(077);
        return state_opened(dir, mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0, store_open, ret);
}

/* For a copy: a wrong --state is an error, and what another version wrote stays as that version wrote it. */
static int state_open_to_read(const char *dir, Store **ret) {
        return state_opened(dir, 0, store_open_to_read, ret);
}

/* Held until the process ends: two pages on one state would both move it. */
static int state_lock(const char *dir) {
        auto_(free) char *path = textf("%s/lock", dir);
        int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
                int r = errno == EWOULDBLOCK ? -EBUSY : -errno;

                (void) fprintf(stderr, "maintd-page: %s: %s\n", dir, r == -EBUSY ? "another maintd-page serves this state" : strerror(-r));
                closep(&fd);
                return r;
        }
        return fd;
}

static int open_all(Listen ports[static LISTEN_MAX]) {
        int n = listen_inherit(ports);

        if (n < 0)
                (void) fprintf(stderr, "maintd-page: the sockets that systemd handed over cannot be used: %s\n", strerror(-n));
        if (n != 0)
                return n;
        if (arg_n_listen == 0)
                arg_listen[arg_n_listen++] = LISTEN_DEFAULT;
        for (size_t i = 0; i < arg_n_listen; i++) {
                int r = listen_open(arg_listen[i], arg_public, &ports[i]);

                if (r >= 0)
                        continue;
                (void) fprintf(stderr, "maintd-page: cannot listen on %s: %s\n", arg_listen[i],
                               r == -EPERM ? "it is not a loopback address; a reverse proxy should stand before the page, or say --listen-public" :
                                             r == -EINVAL ? "write ADDRESS:PORT, such as 127.0.0.1:8095, or an absolute path" : strerror(-r));
                while (i > 0)
                        listen_done(&ports[--i]);
                return r;
        }
        return (int) arg_n_listen;
}

static void answer(Request *q, Response *a, void *userdata) {
        size_t n = strlen(API_BASE);

        if (strncmp(q->path, API_BASE, n) == 0 && (q->path[n] == '\0' || q->path[n] == '/'))
                api_answer(userdata, q, a);
        else if (dashboard_knows(q->path))
                dashboard_answer(userdata, q, a);
        else if (subscribe_knows(userdata, q->path))
                subscribe_answer(userdata, q, a);
        else
                web_answer(userdata, q, a);
}

static void served(const Outcome *o, void *userdata) {
        const Page *page = userdata;

        access_note(page->access, o);
}

static int on_stop(sd_event_source *src, const struct signalfd_siginfo *si, void *userdata) {
        (void) sd_notify(0, "STOPPING=1");
        return http_drain(userdata);
}

static int catch_signals(Page *page, Http *http) {
        static const int stop[] = { SIGTERM, SIGINT };
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(stop) && r >= 0; i++)
                r = sd_event_add_signal(page->event, NULL, stop[i], on_stop, http);
        return r;
}

static int deliver_start(Page *page, Deliver **ret) {
        auto_(free) char *path = strdup(text_or(arg_config, CONFIG_DEFAULT)), *error = NULL;
        int r = path ? deliver_new(page, dirname(path), ret, &error) : -ENOMEM;

        if (r < 0)
                (void) fprintf(stderr, "maintd-page: cannot send to subscribers: %s\n", error ? error : strerror(-r));
        return r;
}

/* Each connection is a descriptor, and so are some files of ours. */
static void room_for_connections(void) {
        const rlim_t wanted = arg_connections + DESCRIPTORS_OWN;
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
                return;
        limit.rlim_cur = MIN(wanted, limit.rlim_max);
        if (setrlimit(RLIMIT_NOFILE, &limit) >= 0 && limit.rlim_cur == wanted)
                return;
        (void) getrlimit(RLIMIT_NOFILE, &limit);
        arg_connections = limit.rlim_cur > DESCRIPTORS_OWN + LISTEN_MAX ? (unsigned) limit.rlim_cur - DESCRIPTORS_OWN : LISTEN_MAX;
        log_warning("RLIMIT_NOFILE allows %u connections at once; LimitNOFILE= of the unit raises it", arg_connections);
}

static int page_run(Page *page) {
        auto_(access_free) Access *access = NULL;
        auto_(deliver_free) Deliver *deliver = NULL;
        auto_(watch_free) Watch *watch = NULL;
        auto_(http_free) Http *http = NULL;
        HttpSettings settings = { .connections = arg_connections, .patience = arg_timeout * USEC_PER_SEC,
                                  .proxies = &page->site->notices.proxies, .answer = answer, .served = served, .userdata = page };
        Listen ports[LISTEN_MAX];
        int fds[LISTEN_MAX], n = open_all(ports), r;

        if (n < 0)
                return n;
        room_for_connections();
        for (int i = 0; i < n; i++)
                fds[i] = ports[i].fd;
        r = access_new(page->event, page->site, &access);
        page->access = access;
        if (r >= 0)
                r = http_new(page->event, fds, (size_t) n, &settings, &http);
        if (r >= 0)
                r = page_clock_start(page);
        if (r >= 0)
                r = deliver_start(page, &deliver);
        if (r >= 0)
                r = watch_new(page, &watch);
        if (r >= 0)
                r = catch_signals(page, http);
        for (int i = 0; i < n && r >= 0; i++)
                (void) printf("maintd-page: listening on %s\n", ports[i].shown ? ports[i].shown : "?");
        for (int i = 0; i < n; i++)
                free(ports[i].shown);
        if (r < 0) {
                (void) fprintf(stderr, "maintd-page: cannot start: %s\n", strerror(-r));
                return r;
        }
        (void) fflush(stdout);
        (void) sd_notify(0, "READY=1");
        return sd_event_loop(page->event);
}

/* Without a file, and without having been told of one, the page is plain. */
static int site_read(Site **ret) {
        const char *path = text_or(arg_config, CONFIG_DEFAULT);
        auto_(free) char *error = NULL;
        int r = site_load(path, ret, &error);

        if (r == -ENOENT && !arg_config)
                r = site_default(ret);
        if (r < 0 && error)
                (void) fprintf(stderr, "%s\n", error);
        else if (r < 0)
                (void) fprintf(stderr, "maintd-page: cannot read %s: %s\n", path, strerror(-r));
        return r;
}

static int check(void) {
        auto_(site_free) Site *site = NULL;

        if (site_read(&site) < 0)
                return EXIT_FAILURE;
        (void) printf("%s: title '%s', language %s, time zone %s\n",
                      arg_config || access(CONFIG_DEFAULT, F_OK) == 0 ? text_or(arg_config, CONFIG_DEFAULT) : "no settings", site->title, language_code(site->voice.language), zone_name(site->voice.zone));
        return EXIT_SUCCESS;
}

static int serve(Store *store, const char *dir) {
        auto_(close) int lock = state_lock(dir);
        auto_(limiter_free) Limiter *limiter = limiter_new(arg_reads, arg_writes);
        auto_(site_free) Site *site = NULL;
        auto_(cache_free) Cache *cache = cache_new();
        auto_(days_free) Days *days = days_new();
        auto_(agenda_free) Agenda *agenda = agenda_new();
        auto_(visitors_free) Visitors *visitors = visitors_new(), *strangers = visitors_new();
        Page page = { .store = store, .limiter = limiter, .cache = cache, .days = days, .visitors = visitors, .strangers = strangers, .agenda = agenda, .next_due = USEC_INFINITY };
        sigset_t mask;
        int r;

        if (lock < 0)
                return lock;
        r = cache && days && visitors && strangers && agenda ? site_read(&site) : -ENOMEM;
        if (r < 0)
                return r;
        page.site = site;
        (void) web_version(site, page.version);
        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGINT);
        (void) sigprocmask(SIG_BLOCK, &mask, NULL);
        (void) signal(SIGPIPE, SIG_IGN);
        r = limiter ? sd_event_new(&page.event) : -ENOMEM;
        if (r < 0)
                return r;
        (void) sd_event_set_watchdog(page.event, true);
        r = page_run(&page);
        (void) sd_event_source_disable_unref(page.due_timer);
        (void) sd_event_unref(page.event);
        return r;
}

static int run(int argc, char **argv) {
        auto_(store_close) Store *store = NULL;
        auto_(free) char *dir = NULL;
        int r = parse_arguments(argc, argv), n = argc - optind;

        if (r <= 0)
                return r < 0 ? usage() : EXIT_SUCCESS;
        if (n == 1 && strcmp(argv[optind], "check") == 0)
                return check();
        if (n > 0 && strcmp(argv[optind], "key") != 0 && strcmp(argv[optind], "service") != 0 && strcmp(argv[optind], "backup") != 0)
                return usage();
        dir = state_directory();
        if (dir && n > 0 && strcmp(argv[optind], "backup") == 0) {
                r = verb_backup(dir, state_open_to_read, n - 1, argv + optind + 1);
                return r < 0 ? usage() : r;
        }
        if (!dir || state_open(dir, &store) < 0)
                return EXIT_FAILURE;
        if (n == 0)
                return serve(store, dir) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        r = strcmp(argv[optind], "key") == 0 ? verb_key(store, n - 1, argv + optind + 1) : verb_service(store, n - 1, argv + optind + 1);
        return r < 0 ? usage() : r;
}

int main(int argc, char **argv) {
        return run(argc, argv);
}
