/*
 * Pager and colours: what people have set for systemd's tools holds here
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/pager.h"
#include "ctl/render.h"

static const struct pager_case { const char *name; PagerEnv env; bool paged; const char *command; bool secure; } cases[] = {
        { "no terminal, no pager", { .pager = "less", .owner = true }, false, NULL, false },
        { "none on a dumb terminal", { .term = "dumb", .terminal = true, .owner = true }, false, NULL, false },
        { "less when nothing is set", { .terminal = true, .owner = true }, true, NULL, false },
        { "the one that is set", { .pager = "more", .terminal = true, .owner = true }, true, "more", false },
        { "systemd's is asked first", { .systemd_pager = "most -s", .pager = "more", .terminal = true, .owner = true }, true, "most -s", false },
        { "empty is none", { .pager = "", .terminal = true, .owner = true }, false, NULL, false },
        { "cat is none", { .systemd_pager = "cat", .pager = "less", .terminal = true, .owner = true }, false, NULL, false },
        { "secure, and no other than less, in another's session", { .pager = "vim -", .terminal = true }, true, NULL, true },
        { "none is none there, too", { .pager = "cat", .terminal = true }, false, NULL, false },
        { "who vouches for a pager may use it", { .pager = "lesspipe", .secure = "1", .terminal = true }, true, "lesspipe", true },
        { "secure because it was asked for", { .secure = "yes", .terminal = true, .owner = true }, true, NULL, true },
        { "open because it was asked for", { .pager = "vim -", .secure = "0", .terminal = true }, true, "vim -", false },
        { "what is no boolean says nothing", { .pager = "vim -", .secure = "perhaps", .terminal = true }, true, NULL, true },
};

static void check(void **state) {
        const struct pager_case *c = *state;
        PagerChoice choice = { 0 };

        assert_int_equal(pager_choose(&c->env, &choice), c->paged);
        if (!c->paged)
                return;
        assert_int_equal(choice.secure, c->secure);
        if (c->command)
                assert_string_equal(choice.command, c->command);
        else
                assert_null(choice.command);
}

static const struct color_case { const char *name; ColorEnv env; bool colors; } colors[] = {
        { "colours on a terminal", { .term = "xterm", .terminal = true }, true },
        { "none elsewhere", { .term = "xterm" }, false },
        { "none on a dumb terminal", { .term = "dumb", .terminal = true }, false },
        { "none with NO_COLOR", { .no_color = "1", .terminal = true }, false },
        { "an empty NO_COLOR says nothing", { .no_color = "", .terminal = true }, true },
        { "SYSTEMD_COLORS=0 is none", { .systemd = "0", .terminal = true }, false },
        { "SYSTEMD_COLORS=off is none", { .systemd = "Off", .terminal = true }, false },
        { "SYSTEMD_COLORS=1 is wanted everywhere", { .systemd = "1" }, true },
        { "SYSTEMD_COLORS=256 is so, too", { .systemd = "256" }, true },
        { "SYSTEMD_COLORS has the last word", { .systemd = "1", .no_color = "1", .terminal = true }, true },
};

static void check_color(void **state) {
        const struct color_case *c = *state;

        assert_int_equal(color_wanted(&c->env), c->colors);
}

/* As where there are too many processes. */
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) {
        errno = EAGAIN;
        return -1;
}

static void what_no_pager_can_be_started_for_is_shown_all_at_once(void **state) {
        static const char text[] = "what was collected\n";
        char got[64] = "";
        int out = dup(STDOUT_FILENO), ends[2];
        Pager p = { .file = memfd_create("test", MFD_CLOEXEC) };

        assert_int_equal(pipe(ends), 0);
        p.terminal = ends[1];
        assert_int_equal(write(p.file, text, strlen(text)), strlen(text));
        pager_end(&p);
        assert_int_equal(fflush(stdout), 0);
        assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO); /* the last writer of the pipe is gone */
        (void) close(out);
        assert_int_equal(read(ends[0], got, sizeof(got) - 1), strlen(text));
        assert_string_equal(got, text);
        (void) close(ends[0]);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(colors) + 1];
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[n++] = (struct CMUnitTest) { cases[i].name, check, NULL, NULL, (void *) &cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
                tests[n++] = (struct CMUnitTest) { colors[i].name, check_color, NULL, NULL, (void *) &colors[i] };
        tests[n++] = (struct CMUnitTest) cmocka_unit_test(what_no_pager_can_be_started_for_is_shown_all_at_once);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
