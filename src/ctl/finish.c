/*
 * Finish: an edited file, shown, written, committed, waited for
 *
 * What lies in a clone that follows another repository is lost with the next pull unless it is committed and pushed, so there
 * --commit is wanted, and the command that pushes is shown: to push is a person's own step.
 */
#include "ctl/finish.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ctl/diff.h"
#include "ctl/gitwork.h"
#include "ctl/render.h"

#define WAIT_DEFAULT (300 * USEC_PER_SEC)
#define POLL_FIRST_MSEC 100u
#define POLL_MAX_MSEC 2000u
#define LAST_LOOK_USEC USEC_PER_SEC     /* for the answer that is asked for when the time is over */

static int fail(const Edited *e, const char *why) {
        auto_(free) char *safe = text_printable(e->path, 0);

        (void) fprintf(stderr, "maintctl: %s: %s\n", text_or(safe, "?"), why);
        return -EINVAL;
}

/* ── git ── */

static int may_write(const Ctl *ctl, const Edited *e, const Gitwork *g) {
        bool commit = ctl->options & OPTION_COMMIT;
        auto_(free) char *dir = text_printable(text_or(g->dir, ""), 0);
        int changed;

        if (commit && !g->dir)
                return fail(e, g->absent ? "there is no git: leave out --commit" : "it is in no git work tree: leave out --commit");
        if (!commit && g->upstream) {
                (void) fprintf(stderr, "maintctl: %s follows %s: add --commit, so that the edit is not lost\n", text_or(dir, "?"), g->upstream);
                return -EINVAL;
        }
        changed = commit ? gitwork_changed(g, e->real) : 0;
        if (changed > 0)
                return fail(e, "it has changes that are not committed, or git ignores it: commit them first, they are not ours to commit");
        return changed < 0 ? fail(e, "git does not say whether it has changes") : 0;
}

/* For a shell: as it is, or in quotes. */
static char *quoted(const char *text) {
        size_t n = strlen(text);
        auto_(free) char *out = malloc(4 * n + 3);
        char *p = out;

        if (!out)
                return NULL;
        if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%=:,") == n)
                return strcpy(STEAL(out), text);
        *p++ = '\'';
        for (; *text; text++)
                p = *text == '\'' ? stpcpy(p, "'\\''") : (*p = *text, p + 1);
        (void) strcpy(p, "'");
        return STEAL(out);
}

static char *push_command(const Gitwork *g) {
        auto_(free) char *dir = g->upstream ? quoted(g->dir) : NULL;

        return dir ? textf("git -C %s push", dir) : NULL;
}

static int commit(const Edited *e, const Gitwork *g, const char *summary) {
        int r = gitwork_commit(g, e->real, summary, e->st.st_ino == 0);

        return r < 0 ? fail(e, "git has not committed it: it is edited and not committed") : 0;
}

/* ── the daemon ── */

static int unanswered(char **ret_why) {
        free(*ret_why);
        *ret_why = strdup("maintd does not answer");
        return 0;
}

/* 1: done everywhere; 0: not yet, *ret_why says what is waited for (a new string); negative: it cannot be known. */
static int is_done(const Ctl *ctl, const char *window, usec_t until, char **ret_why) {
        json_t *doc = NULL, *w, *t;
        bool done = true, found = false;
        size_t i, k;
        int r = ctl_ask_within(ctl, json_pack("{s:s, s:s}", "verb", "status", "id", window), MAX(usec_sub(until, now_read().boot), LAST_LOOK_USEC), &doc);

        if (r == -ETIMEDOUT)
                return unanswered(ret_why);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        json_array_foreach(json_object_get(doc, "windows"), i, w)
                json_array_foreach(json_object_get(w, "targets"), k, t) {
                        const char *sync = json_get(t, "sync");

                        found = true;
                        if (strcmp(sync, "ok") == 0 || strcmp(sync, "none") == 0)
                                continue;
                        done = false;
                        free(*ret_why);
                        *ret_why = textf("%s: %s%s%s", json_get(t, "target"), sync, *json_get(t, "problem") ? ", " : "", json_get(t, "problem"));
                }
        json_decref(doc);
        return done && found;
}

static void say_once(const char *why, char **said) {
        auto_(free) char *safe = NULL;

        if (!why || (*said && strcmp(why, *said) == 0))
                return;
        safe = text_printable(why, 0);
        (void) fprintf(stderr, "waiting for %s\n", text_or(safe, "?"));
        free(*said);
        *said = strdup(why);
}

int finish_limit(const Ctl *ctl, usec_t *ret) {
        auto_(free) char *safe = NULL;
        Span limit = { 0 };

        if (ctl->timeout && (span_parse(ctl->timeout, &limit) < 0 || span_usec(limit) == 0)) {
                safe = text_printable(ctl->timeout, 200);
                (void) fprintf(stderr, "maintctl: --timeout %s: a time span is wanted, as 30s or 5min\n", text_or(safe, "?"));
                return -EINVAL;
        }
        *ret = ctl->timeout ? span_usec(limit) : WAIT_DEFAULT;
        return 0;
}

void finish_silent(void) {
        (void) fprintf(stderr, "maintctl: maintd does not answer: nothing is written; leave out --wait to write without it\n");
}

/* Before anything is written: is there somebody to wait for, and does he read this file? */
static int may_wait(const Ctl *ctl, const Edited *e, usec_t *ret_limit) {
        auto_(free) char *safe = NULL, *real = NULL;
        json_t *doc = NULL;
        int r = finish_limit(ctl, ret_limit);

        if (r < 0)
                return r;
        if (!(ctl->options & OPTION_WAIT))
                return ctl->timeout ? fail(e, "--timeout is for --wait") : 0;
        r = ctl_ask_within(ctl, json_pack("{s:s}", "verb", "status"), *ret_limit, &doc);
        if (r == -ETIMEDOUT)
                finish_silent();
        if (r <= 0)
                return r < 0 ? r : fail(e, "maintd does not run here: leave out --wait");
        real = realpath(json_get(doc, "directory"), NULL);
        safe = text_printable(json_get(doc, "directory"), 0);
        r = real && strcmp(real, e->root) == 0 ? 0 : -EINVAL;
        json_decref(doc);
        if (r < 0)
                (void) fprintf(stderr, "maintctl: maintd reads %s, and this file is in %s: leave out --wait\n", text_or(safe, "?"), e->root);
        return r;
}

static int wait_for(const Ctl *ctl, const char *window, usec_t limit) {
        struct timespec pause = { 0 };
        unsigned msec = POLL_FIRST_MSEC;
        auto_(free) char *why = NULL, *said = NULL;
        json_t *load = NULL;
        usec_t until = usec_add(now_read().boot, limit);
        int r = ctl_ask_within(ctl, json_pack("{s:s}", "verb", "reload"), limit, &load);

        json_decref(load);
        if (r == -ETIMEDOUT)
                r = unanswered(&why);
        while (r > 0 && (r = is_done(ctl, window, until, &why)) == 0 && now_read().boot < until) {
                say_once(why, &said);
                pause.tv_sec = msec / 1000;
                pause.tv_nsec = msec % 1000 * 1000000;
                (void) nanosleep(&pause, NULL);
                msec = MIN(2 * msec, POLL_MAX_MSEC);
                r = 1;
        }
        if (r > 0) {
                auto_(free) char *safe = text_printable(window, 0);

                if (!ctl->json)
                        (void) printf("done at every target: %s\n", text_or(safe, ""));
                return EXIT_FINE;
        }
        if (r == 0) {
                auto_(free) char *safe = text_printable(text_or(why, ""), 0);

                (void) fprintf(stderr, "maintctl: not done yet%s%s; it is written, and maintd goes on: maintctl status %s\n", why ? ", " : "", text_or(safe, ""), window);
        }
        return EXIT_FAILED;
}

/* ── all of it ── */

static json_t *document(const Edited *e, const Finish *f, const char *diff, const char *head, const char *push) {
        return json_pack("{s:s, s:s, s:s, s:i, s:b, s:s, s:s?, s:s?}", "manifest", f->manifest, "window", f->window, "file", e->path, "line", (int) f->line,
                         "changed", *diff != 0, "diff", diff, "commit", head, "push", push);
}

static void say(const Ctl *ctl, const Edited *e, const Finish *f, const char *diff, const char *head, const char *push) {
        if (ctl->json) {
                (void) ctl_json(ctl, document(e, f, diff, head, push));
                return;
        }
        diff_print(ctl, diff, stdout);
        render_line(ctl, STYLE_BOLD, false, "%s: %s", e->path, f->summary);
        if (head)
                render_line(ctl, "", false, "committed as %s", head);
        if (push)
                render_line(ctl, STYLE_BOLD, false, "to publish it: %s", push);
}

int finish_edit(const Ctl *ctl, const Site *s, Edited *e, const Finish *f) {
        auto_(free) char *diff = diff_unified(e->path, e->before, e->after), *head = NULL, *push = NULL;
        auto_(desired_free) Desired *checked = NULL;
        int status = EXIT_FAILED;
        Gitwork g;

        usec_t limit;

        if (!diff || gitwork_find(e->real, &g) < 0)
                return EXIT_FAILED;
        if (may_write(ctl, e, &g) >= 0 && may_wait(ctl, e, &limit) >= 0 && edited_check(e, s, f->manifest, ctl->now, &checked) >= 0 && edited_write(e) >= 0) {
                status = EXIT_FINE;
                if (ctl->options & OPTION_COMMIT && commit(e, &g, f->summary) < 0)
                        status = EXIT_FAILED;
                else if (ctl->options & OPTION_COMMIT) {
                        head = gitwork_head(&g);
                        push = push_command(&g);
                }
                say(ctl, e, f, diff, head, push);
                (void) fflush(stdout);
                if (status == EXIT_FINE && ctl->options & OPTION_WAIT)
                        status = wait_for(ctl, f->window, limit);
        }
        gitwork_done(&g);
        return status;
}
