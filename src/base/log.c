/*
 * The journal: one line for each thing that happened, with fields to find it by
 */
#define SD_JOURNAL_SUPPRESS_LOCATION /* where in our source a line was written helps nobody on call */
#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/limits.h"
#include "base/text.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static int arg_log_max = LOG_INFO;

void log_set_max(int priority) {
        arg_log_max = priority;
}

/* Adds NAME=value with the value made printable; an absent value adds nothing. */
static int add(char **fields, int *n, const char *name, const char *value) {
        auto_(free) char *safe = NULL;

        if (!value || !*value)
                return 0;
        safe = text_printable(value, LOG_VALUE_MAX);
        if (!safe)
                return -ENOMEM;
        fields[*n] = textf("%s=%s", name, safe);
        if (!fields[*n])
                return -ENOMEM;
        (*n)++;
        return 0;
}

/* The journal takes a field several times, and finds a line by each. */
static int add_labels(char **fields, int *n, const char *const *labels) {
        int r = 0;

        for (unsigned i = 0; r >= 0 && labels && labels[0] && i < LOG_LABELS_MAX; i++, labels += 2) {
                auto_(free) char *text = textf("%s=%s", labels[0], labels[1]);

                r = text ? add(fields, n, LOG_FIELD_LABEL, text) : -ENOMEM;
        }
        return r;
}

static int add_more(char **fields, int *n, const char *const *more) {
        int r = 0;

        for (unsigned i = 0; r >= 0 && more && more[0]; i++, more += 2) {
                assert(i < LOG_MORE_MAX);
                r = add(fields, n, more[0], more[1]);
        }
        return r;
}

int log_fields(const LogEvent *e, char *ret[static LOG_FIELDS]) {
        char priority[12], due[RFC3339_SIZE] = "", late[24] = "", line[12] = "";
        const struct { const char *name, *value; } values[] = {
                { "MESSAGE", text_or(e->message, "(no message)") },
                { "PRIORITY", priority },
                { "MESSAGE_ID", e->message_id },
                { LOG_FIELD_MANIFEST, e->manifest },
                { LOG_FIELD_WINDOW, e->window },
                { LOG_FIELD_TARGET, e->target },
                { LOG_FIELD_ACTION, e->action },
                { LOG_FIELD_REMOTE_ID, e->remote_id },
                { LOG_FIELD_STATE, e->state },
                { LOG_FIELD_DUE, due },
                { LOG_FIELD_LATE, late },
                { LOG_FIELD_COMMIT, e->commit },
                { LOG_FIELD_FILE, e->file },
                { LOG_FIELD_LINE, line },
        };
        int n = 0, r = 0;

        _Static_assert(ARRAY_SIZE(values) + LOG_MORE_MAX + LOG_LABELS_MAX == LOG_FIELDS, "room for every field");
        (void) snprintf(priority, sizeof(priority), "%d", e->priority & LOG_PRIMASK);
        if (e->due) {
                (void) rfc3339_format(e->due, due);
                (void) snprintf(late, sizeof(late), "%" PRIu64, e->late);
        }
        if (e->line)
                (void) snprintf(line, sizeof(line), "%u", e->line);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(values); i++)
                r = add(ret, &n, values[i].name, values[i].value);
        if (r >= 0)
                r = add_more(ret, &n, e->more);
        if (r >= 0)
                r = add_labels(ret, &n, e->labels);
        if (r >= 0)
                return n;
        while (n > 0)
                free(ret[--n]);
        return r;
}

bool log_is_journal(int fd, const char *stream) {
        uintmax_t dev, ino;
        struct stat st;
        int end = 0;

        if (!stream || sscanf(stream, "%ju:%ju%n", &dev, &ino, &end) != 2 || stream[end] != '\0')
                return false;
        return fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static int send_journal(char *const *fields, int n) {
        struct iovec iov[LOG_FIELDS];

        if (access(JOURNAL_SOCKET, F_OK) < 0)
                return -errno; /* sd_journal_sendv() would call it a success */
        for (int i = 0; i < n; i++)
                iov[i] = (struct iovec) { fields[i], strlen(fields[i]) };
        return sd_journal_sendv(iov, n);
}

/* One write() a line, so that lines of two processes do not mix. */
static int send_stderr(int priority, const char *message) {
        auto_(free) char *line = isatty(STDERR_FILENO) ? textf("%s\n", message) : textf("<%d>%s\n", priority, message);
        size_t n, done = 0;

        if (!line)
                return -ENOMEM;
        n = strlen(line);
        while (done < n) {
                ssize_t k = write(STDERR_FILENO, line + done, n - done);

                if (k < 0 && errno != EINTR)
                        return -errno;
                done += k > 0 ? (size_t) k : 0;
        }
        return 0;
}

int log_event(const LogEvent *e) {
        char *fields[LOG_FIELDS];
        int n, r;

        if ((e->priority & LOG_PRIMASK) > arg_log_max)
                return 0;
        n = log_fields(e, fields);
        if (n < 0)
                return n;
        r = log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM")) ? send_journal(fields, n) : -ENOTCONN;
        if (r < 0)
                r = send_stderr(e->priority & LOG_PRIMASK, fields[0] + strlen("MESSAGE="));
        for (int i = 0; i < n; i++)
                free(fields[i]);
        return r;
}

void log_plain(int priority, const char *fmt, ...) {
        auto_(free) char *message = NULL;
        int saved = errno; /* a line between a failure and its handling must not change what failed */
        va_list ap;

        if (priority > arg_log_max)
                return;
        va_start(ap, fmt);
        if (vasprintf(&message, fmt, ap) < 0)
                message = NULL;
        va_end(ap);
        (void) log_event(&(LogEvent) { .priority = priority, .message = message ? message : fmt });
        errno = saved;
}
