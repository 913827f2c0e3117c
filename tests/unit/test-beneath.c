/*
 * Beneath: by the kernel and by hand, the same doors are open and the same are shut
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/beneath.h"

static const struct beneath_case {
        const char *name, *path;
        int flags, expected;    /* 0: opens, and says "inside" */
} cases[] = {
        { "a file", "file", 0, 0 },
        { "a file in a folder", "folder/file", 0, 0 },
        { "a doubled slash and a dot", "folder//./file", 0, 0 },
        { "down and up again", "folder/../file", 0, 0 },
        { "a link to a file", "link", 0, 0 },
        { "a link through a folder", "folder/up", 0, 0 },
        { "a link to a folder, which is swapped whole", "data/file", 0, 0 },
        { "a link over a link", "chain", 0, 0 },
        { "a link with O_NOFOLLOW", "link", O_NOFOLLOW, -ELOOP },
        { "a folder as a folder", "folder", O_DIRECTORY | O_PATH, 1 },
        { "a path that ends in a slash", "folder/", O_PATH, 1 },
        { "a dot", ".", O_PATH, 1 },
        { "up and out", "../outside", 0, -EXDEV },
        { "down, up and out", "folder/../../outside", 0, -EXDEV },
        { "an absolute path", "/etc/passwd", 0, -EXDEV },
        { "a link out", "out", 0, -EXDEV },
        { "an absolute link", "absolute", 0, -EXDEV },
        { "a folder that is a link out", "away/outside", 0, -EXDEV },
        { "a link in circles", "circle", 0, -ELOOP },
        { "a link to nothing", "nothing", 0, -ENOENT },
        { "no such file", "absent", 0, -ENOENT },
        { "an empty path", "", 0, -ENOENT },
        { "a file as a folder", "file/file", 0, -ENOTDIR },
        { "a FIFO does not wait", "fifo", O_NONBLOCK, 2 },
};

static char top[] = "/tmp/maintd-beneath-XXXXXX";
static int root = -1;

static void put(int at, const char *name, const char *text) {
        int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
        (void) close(fd);
}

static int set_up(void **state) {
        int at;

        (void) state;
        assert_non_null(mkdtemp(top));
        at = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(at >= 0);
        put(at, "outside", "outside");
        assert_int_equal(mkdirat(at, "root", 0700), 0);
        root = openat(at, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void) close(at);
        assert_int_equal(mkdirat(root, "folder", 0700), 0);
        put(root, "file", "inside");
        put(root, "folder/file", "inside");
        assert_int_equal(mkfifoat(root, "fifo", 0600), 0);
        assert_int_equal(symlinkat("folder/file", root, "link"), 0);
        assert_int_equal(symlinkat("../file", root, "folder/up"), 0);
        assert_int_equal(symlinkat("folder", root, "data"), 0);
        assert_int_equal(symlinkat("./data/../folder/up", root, "chain"), 0);
        assert_int_equal(symlinkat("../outside", root, "out"), 0);
        assert_int_equal(symlinkat("/etc/passwd", root, "absolute"), 0);
        assert_int_equal(symlinkat("..", root, "away"), 0);
        assert_int_equal(symlinkat("circle", root, "circle"), 0);
        assert_int_equal(symlinkat("absent", root, "nothing"), 0);
        return 0;
}

static int tear_down(void **state) {
        static const char *const names[] = { "file", "folder/file", "folder/up", "fifo", "link", "data", "chain", "out", "absolute", "away", "circle",
                                             "nothing" };
        char path[64];

        (void) state;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                assert_int_equal(unlinkat(root, names[i], 0), 0);
        assert_int_equal(unlinkat(root, "folder", AT_REMOVEDIR), 0);
        (void) close(root);
        (void) snprintf(path, sizeof(path), "%s/outside", top);
        assert_int_equal(unlink(path), 0);
        (void) snprintf(path, sizeof(path), "%s/root", top);
        assert_int_equal(rmdir(path), 0);
        return rmdir(top);
}

static void check_opened(const struct beneath_case *c, int fd) {
        char text[16] = "";

        if (c->expected < 0) {
                assert_int_equal(fd, c->expected);
                return;
        }
        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        if (c->expected == 0) {
                assert_int_equal(read(fd, text, sizeof(text) - 1), 6);
                assert_string_equal(text, "inside");
        }
        (void) close(fd);
}

static int free_descriptor(void) {
        int fd = dup(root);

        (void) close(fd);
        return fd;
}

static void opens_only_what_is_beneath(void **state) {
        const struct beneath_case *c = *state;
        int lowest = free_descriptor();

        check_opened(c, open_beneath(root, c->path, c->flags));
        check_opened(c, open_beneath_by_steps(root, c->path, c->flags));
        assert_int_equal(free_descriptor(), lowest);    /* nothing is left open */
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases)];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                tests[i] = (struct CMUnitTest) { cases[i].name, opens_only_what_is_beneath, NULL, NULL, (void *) (uintptr_t) &cases[i] };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
