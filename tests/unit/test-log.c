/*
 * The journal: fields that cannot be forged, the right way out, and a catalog text for every kind of event
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/message-ids.h"
#include "base/text.h"

static const char *const labels[] = { "change ticket", "CHG-1", "team", "db", NULL };

static const char *const more[] = { LOG_FIELD_METHOD, "POST", LOG_FIELD_PATH, "/x\nPRIORITY=0", LOG_FIELD_STATUS, "201", LOG_FIELD_BYTES, "5",
                                    LOG_FIELD_DURATION, "10", LOG_FIELD_CLIENT, "192.0.2.1", LOG_FIELD_KEY, "ci", LOG_FIELD_COUNT, "3", NULL };

static LogEvent full_event(void) {
        return (LogEvent) {
                .priority = LOG_NOTICE, .message_id = MESSAGE_STARTED, .message = "db: started on public", .manifest = "db",
                .window = "db@2027-02-07T02:00", .target = "public", .action = "start", .remote_id = "42", .state = "in_progress",
                .commit = "abc", .file = "db.yaml", .due = UINT64_C(1800000000) * USEC_PER_SEC, .late = 3000, .line = 7,
                .more = more, .labels = labels,
        };
}

static void assert_fields(const LogEvent *e, const char *const *expected, int n) {
        char *fields[LOG_FIELDS];

        assert_int_equal(log_fields(e, fields), n);
        for (int i = 0; i < n; i++) {
                assert_string_equal(fields[i], expected[i]);
                free(fields[i]);
        }
}

static void writes_every_field(void **state) {
        static const char *const expected[] = {
                "MESSAGE=db: started on public", "PRIORITY=5", ("MESSAGE_ID=" MESSAGE_STARTED), "MAINTD_MANIFEST=db",
                "MAINTD_WINDOW=db@2027-02-07T02:00", "MAINTD_TARGET=public", "MAINTD_ACTION=start", "MAINTD_REMOTE_ID=42",
                "MAINTD_STATE=in_progress", "MAINTD_DUE=2027-01-15T08:00:00Z", "MAINTD_LATE_USEC=3000", "MAINTD_COMMIT=abc",
                "MAINTD_FILE=db.yaml", "MAINTD_LINE=7", "MAINTD_METHOD=POST", "MAINTD_PATH=/x\\nPRIORITY=0", "MAINTD_STATUS=201",
                "MAINTD_BYTES=5", "MAINTD_DURATION_USEC=10", "MAINTD_CLIENT=192.0.2.1", "MAINTD_KEY=ci", "MAINTD_COUNT=3", "MAINTD_LABEL=change ticket=CHG-1", "MAINTD_LABEL=team=db",
        };
        LogEvent e = full_event();

        assert_fields(&e, expected, ARRAY_SIZE(expected));
}

static void leaves_out_what_is_not_known(void **state) {
        static const char *const expected[] = { "MESSAGE=x", "PRIORITY=3" };
        static const char *const absent[] = { LOG_FIELD_KEY, NULL, LOG_FIELD_CLIENT, "", NULL };
        LogEvent e = { .priority = LOG_ERR, .message = "x", .target = "", .more = absent };

        assert_fields(&e, expected, ARRAY_SIZE(expected));
}

static void says_zero_lateness_of_what_was_due(void **state) {
        static const char *const expected[] = { "MESSAGE=x", "PRIORITY=6", "MAINTD_DUE=1970-01-01T00:00:01Z", "MAINTD_LATE_USEC=0" };
        LogEvent e = { .priority = LOG_INFO, .message = "x", .due = USEC_PER_SEC };

        assert_fields(&e, expected, ARRAY_SIZE(expected));
}

static void no_value_forges_a_field_or_a_line(void **state) {
        static const char *const expected[] = {
                "MESSAGE=x\\nWINDOW_ID=forged\\x1b[31m", "PRIORITY=6", "MAINTD_REMOTE_ID=1\\nPRIORITY=0\\u{202e}\\xff",
        };
        LogEvent e = { .priority = LOG_INFO, .message = "x\nWINDOW_ID=forged\033[31m", .remote_id = "1\nPRIORITY=0\xe2\x80\xae\xff" };

        assert_fields(&e, expected, ARRAY_SIZE(expected));
}

static void no_label_forges_a_field_or_a_line(void **state) {
        static const char *const expected[] = { "MESSAGE=x", "PRIORITY=6", "MAINTD_LABEL=a\\nPRIORITY=0=b=c\\nMESSAGE=forged\\x1b[0m", "MAINTD_LABEL=empty=" };
        static const char *const hostile[] = { "a\nPRIORITY=0", "b=c\nMESSAGE=forged\033[0m", "empty", "", NULL };
        LogEvent e = { .priority = LOG_INFO, .message = "x", .labels = hostile };

        assert_fields(&e, expected, ARRAY_SIZE(expected));
}

static void carries_no_more_labels_than_a_manifest_may_have(void **state) {
        const char *many[2 * (LOG_LABELS_MAX + 10) + 1];
        char *fields[LOG_FIELDS];
        LogEvent e = full_event();

        for (size_t i = 0; i < ARRAY_SIZE(many) - 1; i++)
                many[i] = "x";
        many[ARRAY_SIZE(many) - 1] = NULL;
        e.labels = many;
        assert_int_equal(log_fields(&e, fields), LOG_FIELDS);
        for (size_t i = 0; i < LOG_FIELDS; i++)
                free(fields[i]);
}

static void cuts_a_value_that_never_ends(void **state) {
        auto_(free) char *endless = malloc(1000001);
        char *fields[LOG_FIELDS];
        LogEvent e = { .priority = LOG_INFO, .message = endless };

        memset(endless, 'x', 1000000);
        endless[1000000] = '\0';
        assert_int_equal(log_fields(&e, fields), 2);
        assert_true(strlen(fields[0]) < 5000);
        free(fields[0]);
        free(fields[1]);
}

static void knows_the_journals_stream(void **state) {
        auto_(close) int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        auto_(free) char *right = NULL, *wrong = NULL, *longer = NULL;
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        right = textf("%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
        wrong = textf("%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino + 1);
        longer = textf("%s:1", right);
        assert_true(log_is_journal(fd, right));
        assert_false(log_is_journal(fd, wrong));
        assert_false(log_is_journal(fd, longer));
        assert_false(log_is_journal(fd, NULL));
        assert_false(log_is_journal(fd, ""));
        assert_false(log_is_journal(fd, "nonsense"));
        assert_false(log_is_journal(-1, right));
}

/* What a child that calls @fn writes to a stderr that is a pipe, or the journal's by @stream. */
static char *stderr_of(void (*fn)(void)) {
        char *out = calloc(1, 4096);
        int fds[2];
        pid_t child;
        size_t n = 0;
        ssize_t k;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        child = fork();
        if (child == 0) {
                (void) dup2(fds[1], STDERR_FILENO);
                fn();
                _exit(0);
        }
        (void) close(fds[1]);
        while ((k = read(fds[0], out + n, 4095 - n)) > 0)
                n += (size_t) k;
        (void) close(fds[0]);
        assert_int_equal(waitpid(child, NULL, 0), child);
        return out;
}

static void say_some(void) {
        LogEvent e = full_event();

        (void) unsetenv("JOURNAL_STREAM");
        (void) log_event(&e);
        errno = ENOSPC;
        log_error("cannot write: %m, %d\n<0>forged", 5);
        log_debug("%s", errno == ENOSPC ? "hidden" : "");
        log_set_max(LOG_DEBUG);
        log_debug("%s", errno == ENOSPC ? "shown" : "errno was changed");
}

static void writes_prefixed_lines_to_a_redirected_stderr(void **state) {
        auto_(free) char *out = stderr_of(say_some);

        assert_string_equal(out, "<5>db: started on public\n<3>cannot write: No space left on device, 5\\n<0>forged\n<7>shown\n");
}

static void say_with_a_stale_stream(void) {
        (void) setenv("JOURNAL_STREAM", "1:1", 1);
        log_notice("x");
}

static void an_inherited_stream_that_is_not_ours_does_not_count(void **state) {
        auto_(free) char *out = stderr_of(say_with_a_stale_stream);

        assert_string_equal(out, "<5>x\n");
}

static void claim_stderr_is_the_journal(void) {
        auto_(free) char *stream = NULL;
        struct stat st;

        (void) fstat(STDERR_FILENO, &st);
        stream = textf("%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
        (void) setenv("JOURNAL_STREAM", stream, 1);
}

/* A journal of our own in a mount namespace: prints to stdout what it received. Exit status 77: not allowed here. */
static void say_to_a_journal(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
        LogEvent e = full_event();
        char got[4096] = "";
        ssize_t n;
        int fd;

        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/systemd", 0755) < 0 || mkdir("/run/systemd/journal", 0755) < 0)
                _exit(77);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                _exit(77);
        claim_stderr_is_the_journal();
        if (log_event(&e) < 0)
                _exit(1);
        n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
        if (n < 0 || !strstr(got, "MESSAGE=db: started on public\n") || !strstr(got, "\nMESSAGE_ID=" MESSAGE_STARTED "\n") ||
            !strstr(got, "\nMAINTD_LATE_USEC=3000\n") || !strstr(got, "\nPRIORITY=5\n") || !strstr(got, "\nMAINTD_LABEL=change ticket=CHG-1\n") || !strstr(got, "\nMAINTD_LABEL=team=db\n") || strstr(got, "CODE_FILE="))
                _exit(2);
        (void) fprintf(stderr, "received");
        _exit(0);
}

static void sends_fields_to_the_journal(void **state) {
        auto_(free) char *out = NULL;

        if (geteuid() != 0)
                skip(); /* a mount namespace needs root */
        out = stderr_of(say_to_a_journal);
        if (*out == '\0')
                skip();
        assert_string_equal(out, "received");
}

static void say_to_a_journal_that_is_gone(void) {
        if (access("/run/systemd/journal/socket", F_OK) == 0) {
                (void) fputs("<4>x\n", stderr); /* a real one runs here: leave it alone */
                return;
        }
        claim_stderr_is_the_journal();
        log_warning("x");
}

static void falls_back_to_stderr_without_a_journal(void **state) {
        auto_(free) char *out = stderr_of(say_to_a_journal_that_is_gone);

        assert_string_equal(out, "<4>x\n");
}

/* ── The catalog ───────────────────────────────────────────────────────────────────────────────────────────────────── */

static char *read_file(const char *path) {
        char *text = calloc(1, 262144);
        FILE *f = fopen(path, "re");

        assert_non_null(f);
        (void) !fread(text, 1, 262143, f);
        (void) fclose(f);
        return text;
}

static size_t count(const char *text, const char *word) {
        size_t n = 0;

        for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
                n++;
        return n;
}

static void every_id_is_in_the_catalog_once(void **state) {
        auto_(free) char *ids = read_file(MESSAGE_IDS_FILE), *catalog = read_file(CATALOG_FILE);
        size_t n = 0;

        for (const char *p = ids; (p = strstr(p, "\n#define MESSAGE_")); p++, n++) {
                const char *id = strchr(p + 1, '"') + 1;
                auto_(free) char *head = textf("\n-- %.32s\n", id), *quoted = textf("\"%.32s\"", id);

                assert_int_equal(strspn(id, "0123456789abcdef"), 32);
                assert_int_equal(count(catalog, head), 1);
                assert_int_equal(count(ids, quoted), 1);
        }
        assert_true(n > 40);
        assert_int_equal(count(catalog, "\n-- "), n);
}

/* The format of https://systemd.io/CATALOG: head, Subject, Defined-By, an empty line, a text. */
static void every_text_is_whole(void **state) {
        auto_(free) char *catalog = read_file(CATALOG_FILE);

        for (char *p = catalog; (p = strstr(p, "\n-- ")); p++) {
                char *next = strstr(p + 1, "\n-- ");
                auto_(free) char *entry = strndup(p, next ? (size_t) (next - p) : strlen(p));
                const char *body = strstr(entry, "\n\n");

                assert_true(text_starts(entry + 37 - 1, "\nSubject: "));
                assert_non_null(strstr(entry, "\nDefined-By: maintd\n"));
                assert_non_null(body);
                assert_true(count(body + 2, "\n\n") >= 1); /* what it means, and what to do */
                assert_int_equal(count(entry, "@") % 2, 0);
        }
}

static void texts_name_only_fields_that_exist(void **state) {
        static const char *const fields[] = {
                LOG_FIELD_MANIFEST, LOG_FIELD_WINDOW, LOG_FIELD_TARGET, LOG_FIELD_ACTION, LOG_FIELD_REMOTE_ID, LOG_FIELD_STATE,
                LOG_FIELD_DUE, LOG_FIELD_LATE, LOG_FIELD_COMMIT, LOG_FIELD_FILE, LOG_FIELD_LINE, LOG_FIELD_LABEL,
                LOG_FIELD_METHOD, LOG_FIELD_PATH, LOG_FIELD_STATUS, LOG_FIELD_BYTES, LOG_FIELD_DURATION, LOG_FIELD_CLIENT, LOG_FIELD_KEY, LOG_FIELD_COUNT,
        };
        auto_(free) char *catalog = read_file(CATALOG_FILE);

        for (char *p = catalog; (p = strchr(p, '@')); p++) {
                char *end = strchr(p + 1, '@');
                bool known = false;

                assert_non_null(end);
                for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
                        known = known || (strlen(fields[i]) == (size_t) (end - p - 1) && strncmp(p + 1, fields[i], strlen(fields[i])) == 0);
                if (!known)
                        fail_msg("unknown field %.*s", (int) (end - p + 1), p);
                p = end;
        }
}

/* journalctl compiles the catalog without a complaint and lists every id, where it is installed. */
static void journalctl_accepts_the_catalog(void **state) {
        char dir[] = "/tmp/test-log-XXXXXX";
        auto_(free) char *catalog = read_file(CATALOG_FILE), *cmd = NULL;
        int r;

        if (system("journalctl --version >/dev/null 2>&1") != 0)
                skip();
        assert_non_null(mkdtemp(dir));
        cmd = textf("cd %s && mkdir -p usr/lib/systemd/catalog var/lib/systemd/catalog && cp '%s' usr/lib/systemd/catalog/ && "
                    "journalctl --root=%s --update-catalog >out 2>&1 && test ! -s out && "
                    "test \"$(journalctl --root=%s --list-catalog | grep -c ' maintd: ')\" = %zu; r=$?; rm -rf %s; exit $r",
                    dir, CATALOG_FILE, dir, dir, count(catalog, "\n-- "), dir);
        r = system(cmd);
        assert_int_equal(r, 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_every_field),
                cmocka_unit_test(leaves_out_what_is_not_known),
                cmocka_unit_test(says_zero_lateness_of_what_was_due),
                cmocka_unit_test(no_value_forges_a_field_or_a_line),
                cmocka_unit_test(no_label_forges_a_field_or_a_line),
                cmocka_unit_test(carries_no_more_labels_than_a_manifest_may_have),
                cmocka_unit_test(cuts_a_value_that_never_ends),
                cmocka_unit_test(knows_the_journals_stream),
                cmocka_unit_test(writes_prefixed_lines_to_a_redirected_stderr),
                cmocka_unit_test(an_inherited_stream_that_is_not_ours_does_not_count),
                cmocka_unit_test(sends_fields_to_the_journal),
                cmocka_unit_test(falls_back_to_stderr_without_a_journal),
                cmocka_unit_test(every_id_is_in_the_catalog_once),
                cmocka_unit_test(every_text_is_whole),
                cmocka_unit_test(texts_name_only_fields_that_exist),
                cmocka_unit_test(journalctl_accepts_the_catalog),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
