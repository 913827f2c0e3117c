/*
 * The control socket: whatever a local client sends, each line gets one answer, in order, and the daemon goes on
 *
 * The first byte says how the bytes are cut into pieces and whether the client leaves before its answers; the rest is what it sends.
 */
#include "fuzz.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/limits.h"
#include "daemon/control.h"

#define ANSWERS_MAX (256u * 1024)
#define LINE_LONG (CONTROL_LINE_MAX - 64)

static ControlCall *later; /* a question that is not answered at once */

static void on_call(void *userdata, ControlCall *call, const char *verb, const json_t *request) {
        (void) userdata;
        assert_always(json_is_object(request) && json_string_value(json_object_get(request, "verb")) == verb);
        if (strcmp(verb, "later") == 0) {
                assert_always(!later); /* one question of a client at a time */
                later = call;
        } else if (verb[0] == 'r')
                control_refuse(call, "no verb '%s'", verb);
        else if (verb[0] == 'n')
                control_answer(call, NULL);
        else
                control_answer(call, json_pack("{s:s, s:i}", "verb", verb, "members", (int) json_object_size(request)));
}

static void settle(sd_event *event) {
        do {
                while (sd_event_run(event, 0) > 0)
                        ;
                if (later) {
                        ControlCall *call = later;

                        later = NULL;
                        control_answer(call, json_string("at last"));
                }
        } while (sd_event_run(event, 0) > 0);
}

/* Takes what has come; false: the daemon has hung up. */
static bool collect(int fd, char *answers, size_t *n) {
        for (;;) {
                ssize_t r = recv(fd, answers + *n, ANSWERS_MAX - *n, MSG_DONTWAIT);

                if (r <= 0)
                        return r < 0 && errno == EAGAIN;
                *n += (size_t) r;
                if (*n == ANSWERS_MAX)
                        return true;
        }
}

static size_t check_answers(const char *answers, size_t n) {
        size_t lines = 0;

        for (const char *p = answers, *nl; n > 0 && (nl = memchr(p, '\n', n)); n -= (size_t) (nl + 1 - p), p = nl + 1, lines++) {
                json_t *j = json_loadb(p, (size_t) (nl - p), JSON_REJECT_DUPLICATES, NULL), *ok = json_object_get(j, "ok");

                assert_always(json_is_boolean(ok) && json_object_size(j) == 2);
                assert_always(json_object_get(j, json_is_true(ok) ? "result" : "error"));
                assert_always(json_is_true(ok) || json_is_string(json_object_get(j, "error")));
                json_decref(j);
        }
        return lines;
}

static int client_open(const char *path) {
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        (void) snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
        assert_always(fd >= 0 && connect(fd, (const struct sockaddr *) &a, sizeof(a)) == 0);
        return fd;
}

/* Sends all of it piece by piece; returns the number of lines that ought to be answered. False: hung up on. */
static bool talk(sd_event *event, int fd, const char *p, size_t n, size_t piece, char *answers, size_t *n_answers) {
        while (n > 0) {
                ssize_t sent = send(fd, p, MIN(n, piece), MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent < 0 && errno != EAGAIN)
                        return false;
                p += MAX(sent, (ssize_t) 0);
                n -= (size_t) MAX(sent, (ssize_t) 0);
                settle(event);
                if (!collect(fd, answers, n_answers))
                        return false;
        }
        for (size_t before = SIZE_MAX; before != *n_answers;) { /* more may come once there is room for it in the socket */
                before = *n_answers;
                settle(event);
                if (!collect(fd, answers, n_answers))
                        return false;
        }
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static char path[sizeof(((struct sockaddr_un *) NULL)->sun_path)], answers[ANSWERS_MAX];
        static Control *control;
        static sd_event *event;
        Input in = { data, size };
        uint8_t how = input_byte(&in);
        size_t padding = how & 0x40 ? LINE_LONG : 0, n = padding + in.n, n_answers = 0, lines = 0, longest = 0, run = 0;
        auto_(free) char *text = malloc(n + 1);
        bool heard;
        int fd;

        if (!control) {
                assert_always(snprintf(path, sizeof(path), "%s/control", fuzz_folder()) < (int) sizeof(path));
                assert_always(sd_event_new(&event) >= 0 && control_new(event, path, on_call, NULL, &control) == 0);
        }
        assert_always(text);
        memset(text, ' ', padding);
        memcpy(text + padding, in.p, in.n);
        for (size_t i = 0; i < n; i++) {
                lines += text[i] == '\n';
                run = text[i] == '\n' ? 0 : run + 1;
                longest = MAX(longest, run);
        }
        fd = client_open(path);
        heard = talk(event, fd, text, n, how & 0x3f && !padding ? how & 0x3f : 1024, answers, &n_answers);
        assert_always(heard || longest >= CONTROL_LINE_MAX);
        assert_always(!heard || n_answers == ANSWERS_MAX || check_answers(answers, n_answers) == lines);
        if (heard && how & 0x80) { /* gone before the answer */
                static const char last[] = "\n{\"verb\":\"later\"}\n{\"verb\":\"status\"}\n";

                (void) send(fd, last, sizeof(last) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
                (void) sd_event_run(event, 0);
        }
        (void) close(fd);
        settle(event);
        return 0;
}
