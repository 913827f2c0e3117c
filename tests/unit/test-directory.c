/*
 * Directories of manifests: what is read, what is read again, and what nobody may conclude from a directory in disorder
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/directory.h"

#define BASE "title: T\nstart: 2027-02-01T02:00\nduration: 2h\n"

/* A folder "m" to be the tree, beside which a test may put things that must not be reached. */
typedef struct World {
        char *root, *path;
        Directory *d;
        Diagnostics diags;
        Load load;
        int r;
} World;

static void put(const World *w, const char *name, const char *text) {
        auto_(free) char *path = textf("%s/%s", w->path, name);
        FILE *f;

        for (char *p = path + strlen(w->root) + 1; (p = strchr(p, '/')); p++) {
                *p = '\0';
                (void) mkdir(path, 0755);
                *p = '/';
        }
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void drop(const World *w, const char *name) {
        auto_(free) char *path = textf("%s/%s", w->path, name);

        assert_int_equal(unlink(path), 0);
}

static World *world_new(void) {
        World *w = calloc(1, sizeof(*w));
        Tree *tree = NULL;

        assert_non_null(w);
        w->root = strdup("/tmp/maintd-directory-XXXXXX");
        assert_non_null(mkdtemp(w->root));
        w->path = textf("%s/m", w->root);
        assert_int_equal(mkdir(w->path, 0755), 0);
        assert_int_equal(tree_directory(w->path, &tree), 0);
        assert_int_equal(directory_new(tree, &w->d), 0);
        return w;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static World *world_free(World *w) {
        (void) directory_free(w->d);
        diagnostics_done(&w->diags);
        (void) nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w->path);
        free(w->root);
        free(w);
        return NULL;
}
DEFINE_AUTO(World *, world_free)

static void load_with(World *w, const Vocabulary *voc, bool had) {
        diagnostics_done(&w->diags);
        w->load = (Load) { 0 };
        w->r = directory_load(w->d, voc, had, &w->diags, &w->load);
        diagnostics_sort(&w->diags);
}

static void load(World *w) {
        load_with(w, NULL, false);
}

static const Manifest *find(const World *w, const char *id) {
        for (size_t i = 0; i < w->load.n_manifests; i++)
                if (strcmp(w->load.manifests[i]->id, id) == 0)
                        return w->load.manifests[i];
        return NULL;
}

static bool broken(const World *w, const char *id) {
        for (size_t i = 0; i < w->load.n_broken; i++)
                if (strcmp(w->load.broken[i], id) == 0)
                        return true;
        return false;
}

static bool said(const World *w, const char *file, const char *code) {
        for (size_t i = 0; i < w->diags.n; i++)
                if (strcmp(w->diags.items[i].file, file) == 0 && strcmp(w->diags.items[i].code, code) == 0)
                        return true;
        return false;
}

static void test_reads_a_tree(void **state) {
        auto_(world_free) World *w = world_new();

        put(w, "b.yaml", BASE);
        put(w, "a/deep/er.yml", BASE);
        put(w, "a.yaml", BASE "---\n");
        put(w, "a-1.yaml", BASE);
        put(w, "notes.txt", "no");
        put(w, ".hidden.yaml", "{");
        put(w, ".git/x.yaml", "{");
        put(w, "_drafts/x.yaml", "{");
        put(w, "_x.yaml", "{");
        put(w, ".#b.yaml", "{");
        put(w, "b.yaml~", "{");
        put(w, "b.yaml.swp", "{");
        drop(w, "a.yaml");
        put(w, "a.yaml", BASE);
        load(w);
        assert_int_equal(w->r, 0);
        assert_int_equal(w->diags.n, 0);
        assert_int_equal(w->load.n_files, 4);
        assert_int_equal(w->load.n_read, 4);
        assert_int_equal(w->load.n_manifests, 4);
        assert_string_equal(w->load.manifests[0]->id, "a");
        assert_string_equal(w->load.manifests[1]->id, "a-1");
        assert_string_equal(w->load.manifests[2]->id, "a/deep/er");
        assert_string_equal(w->load.manifests[3]->id, "b");
        assert_true(w->load.may_withdraw);
        assert_string_equal(w->load.commit, "");
}

static void test_keeps_what_is_unchanged(void **state) {
        auto_(world_free) World *w = world_new();
        const Manifest *a, *b;

        put(w, "a.yaml", BASE);
        put(w, "b.yaml", BASE);
        load(w);
        a = find(w, "a");
        b = find(w, "b");
        load(w);
        assert_int_equal(w->load.n_read, 0);
        assert_ptr_equal(find(w, "a"), a);
        put(w, "b.yaml", BASE "impact: degraded\n");
        load(w);
        assert_int_equal(w->load.n_read, 1);
        assert_ptr_equal(find(w, "a"), a);
        assert_ptr_not_equal(find(w, "b"), b);
        assert_int_equal(find(w, "b")->body.impact, IMPACT_DEGRADED);
        put(w, "a.yaml", BASE); /* touched, not changed */
        load(w);
        assert_int_equal(w->load.n_read, 0);
        assert_ptr_equal(find(w, "a"), a);
        drop(w, "a.yaml");
        load(w);
        assert_int_equal(w->load.n_manifests, 1);
        assert_true(w->load.may_withdraw);
}

/* Same size and, with luck, the same times: what git calls racy. */
static void test_sees_a_change_within_one_tick(void **state) {
        auto_(world_free) World *w = world_new();

        for (unsigned i = 0; i < 50; i++) {
                auto_(free) char *text = textf("title: %02u\nstart: 2027-02-01T02:00\nduration: 2h\n", i);

                put(w, "a.yaml", text);
                load(w);
                assert_int_equal(strtoul(find(w, "a")->body.title, NULL, 10), i);
        }
}

static void test_repeats_errors(void **state) {
        auto_(world_free) World *w = world_new();

        put(w, "a.yaml", "titel: x\n" BASE);
        put(w, "b.yaml", BASE);
        for (unsigned i = 0; i < 2; i++) {
                load(w);
                assert_int_equal(w->r, 0);
                assert_int_equal(w->diags.n, 1);
                assert_true(said(w, "a.yaml", "unknown-key"));
                assert_true(broken(w, "a"));
                assert_non_null(find(w, "b"));
                assert_true(w->load.may_withdraw);
        }
        put(w, "a.yaml", BASE);
        load(w);
        assert_int_equal(w->diags.n, 0);
        assert_int_equal(w->load.n_broken, 0);
}

static void test_withdraws_nothing_beside_an_unknown(void **state) {
        static const struct { const char *text, *code; } cases[] = {
                { "title: [\n", "syntax" }, { "", "empty-file" }, { "a", "wrong-type" }, { "<<<<<<< HEAD\n", "conflict-marker" }, { "\xff", "encoding" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                auto_(world_free) World *w = world_new();

                put(w, "a.yaml", BASE);
                put(w, "b.yaml", cases[i].text);
                load(w);
                assert_int_equal(w->r, 0);
                assert_false(w->load.may_withdraw);
                assert_true(said(w, "b.yaml", cases[i].code));
                assert_non_null(find(w, "a"));
        }
}

static void test_refuses_one_id_in_two_files(void **state) {
        auto_(world_free) World *w = world_new();

        put(w, "a.yaml", BASE);
        put(w, "b.yaml", "id: a\n" BASE);
        put(w, "c.yaml", BASE);
        load(w);
        assert_int_equal(w->load.n_manifests, 1);
        assert_true(broken(w, "a"));
        assert_int_equal(w->load.n_broken, 1);
        assert_true(said(w, "a.yaml", "duplicate-id"));
        assert_true(said(w, "b.yaml", "duplicate-id"));
        assert_non_null(strstr(w->diags.items[0].message, "b.yaml"));
        assert_true(w->load.may_withdraw);
        load(w);
        assert_int_equal(w->diags.n, 2);
        drop(w, "b.yaml");
        load(w);
        assert_non_null(find(w, "a"));
        assert_int_equal(w->load.n_read, 0);
        assert_int_equal(w->diags.n, 0);
}

static void test_lends_defaults(void **state) {
        auto_(world_free) World *w = world_new();
        const Manifest *top;

        put(w, "_defaults.yaml", "timezone: Europe/Berlin\nlabels: {team: a, tier: '1'}\nnotify: {started: false}\n");
        put(w, "Z/_defaults.yaml", "labels: {team: z}\nservices: [web]\n"); /* sorts before its parent's file */
        put(w, "Z/q/_defaults.yaml", "timezone: Asia/Tokyo\n");
        put(w, "Z/x.yaml", "id: zx\n" BASE);
        put(w, "Z/q/r/y.yaml", "id: zy\n" BASE "labels: {own: o}\n");
        put(w, "Z-1/x.yaml", "id: z1\n" BASE);
        put(w, "top.yaml", BASE);
        load(w);
        assert_int_equal(w->diags.n, 0);
        assert_string_equal(find(w, "top")->timezone, "Europe/Berlin");
        assert_string_equal(find(w, "z1")->labels[1], "a");
        assert_string_equal(find(w, "zx")->timezone, "Europe/Berlin");
        assert_string_equal(find(w, "zx")->labels[1], "z");
        assert_string_equal(find(w, "zx")->labels[3], "1");
        assert_false(find(w, "zx")->body.notify.started);
        assert_string_equal(find(w, "zy")->timezone, "Asia/Tokyo");
        assert_string_equal(find(w, "zy")->labels[0], "own");
        assert_string_equal(find(w, "zy")->labels[3], "z");
        assert_int_equal(find(w, "zy")->body.services.n, 1);
        top = find(w, "top");

        put(w, "Z/_defaults.yaml", "labels: {team: y}\n");
        load(w);
        assert_ptr_equal(find(w, "top"), top); /* not below it */
        assert_string_equal(find(w, "zy")->labels[3], "y");
        assert_int_equal(w->load.n_read, 2 + 2); /* two of the defaults, two below */
        drop(w, "Z/_defaults.yaml");
        load(w);
        assert_string_equal(find(w, "zx")->labels[1], "a");
        assert_string_equal(find(w, "zy")->timezone, "Asia/Tokyo");
}

static void test_broken_defaults_suspend_what_is_below(void **state) {
        auto_(world_free) World *w = world_new();
        const Manifest *x;

        put(w, "d/_defaults.yaml", "timezone: Europe/Berlin\n");
        put(w, "d/e/_defaults.yaml", "monitors: keep\n");
        put(w, "d/x.yaml", BASE);
        put(w, "d/e/y.yaml", "id: named\n" BASE);
        put(w, "top.yaml", BASE);
        load(w);
        x = find(w, "d/x");
        put(w, "d/_defaults.yaml", "timezon: Europe/Berlin\n");
        put(w, "d/e/z.yaml", "id: new\n" BASE); /* its id must be known all the same */
        for (unsigned i = 0; i < 2; i++) {
                load(w);
                assert_int_equal(w->load.n_manifests, 1);
                assert_true(broken(w, "d/x") && broken(w, "named") && broken(w, "new"));
                assert_true(w->load.may_withdraw);
                assert_int_equal(w->diags.n, 1);
                assert_true(said(w, "d/_defaults.yaml", "unknown-key"));
        }
        put(w, "d/_defaults.yaml", "timezone: Europe/Berlin\n");
        load(w);
        assert_int_equal(w->load.n_manifests, 4);
        assert_ptr_equal(find(w, "d/x"), x);
        assert_string_equal(find(w, "new")->timezone, "Europe/Berlin");
        put(w, "d/_defaults.yaml", "");
        load(w);
        assert_true(said(w, "d/_defaults.yaml", "empty-file"));
        assert_true(broken(w, "d/x"));
}

static void test_follows_the_vocabulary(void **state) {
        auto_(world_free) World *w = world_new();
        const Strv none = { 0 }, api = { (const char *[]) { "api" }, 1 };

        put(w, "a.yaml", BASE "services: [api]\n");
        load_with(w, &(Vocabulary) { .services = &api }, false);
        assert_non_null(find(w, "a"));
        load_with(w, &(Vocabulary) { .services = &none }, false);
        assert_true(broken(w, "a") && said(w, "a.yaml", "unknown-service"));
        load_with(w, &(Vocabulary) { .services = &api, .timezone = "Asia/Tokyo" }, false);
        assert_string_equal(find(w, "a")->timezone, "Asia/Tokyo");
}

/* ── A directory in disorder ── */

static void test_empty_is_an_error_where_there_was_something(void **state) {
        auto_(world_free) World *w = world_new();

        load(w);
        assert_int_equal(w->r, 0); /* a new installation */
        load_with(w, NULL, true);
        assert_int_equal(w->r, -ENODATA);
        assert_true(said(w, "", "no-manifests"));
        put(w, "a.yaml", BASE);
        load(w);
        drop(w, "a.yaml");
        put(w, "_defaults.yaml", "timezone: UTC\n");
        load(w);
        assert_int_equal(w->r, -ENODATA);
        assert_false(w->load.may_withdraw);
        assert_int_equal(w->load.n_manifests, 1);
        assert_string_equal(w->load.manifests[0]->id, "a");
        put(w, "b.yaml", BASE);
        load(w);
        assert_int_equal(w->r, 0);
        assert_int_equal(w->load.n_manifests, 1);
        assert_true(w->load.may_withdraw);
}

static void test_missing_directory_keeps_the_last_load(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *away = textf("%s/away", w->root);

        put(w, "a.yaml", BASE);
        load(w);
        assert_int_equal(rename(w->path, away), 0);
        load(w);
        assert_int_equal(w->r, -ENOENT);
        assert_true(said(w, "", "tree"));
        assert_false(w->load.may_withdraw);
        assert_non_null(find(w, "a"));
        assert_int_equal(symlink("away", w->path), 0); /* git-sync's way */
        load(w);
        assert_int_equal(w->r, 0);
        assert_int_equal(w->load.n_read, 0);
        assert_true(w->load.may_withdraw);
}

static void test_swapped_link_is_followed(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *one = textf("%s/one", w->root), *two = textf("%s/two", w->root), *next = textf("%s/next", w->root);

        put(w, "a.yaml", BASE);
        assert_int_equal(rename(w->path, one), 0);
        assert_int_equal(symlink("one", w->path), 0);
        assert_int_equal(mkdir(two, 0755), 0);
        load(w);
        assert_non_null(find(w, "a"));
        assert_int_equal(symlink("two", next), 0);
        assert_int_equal(rename(next, w->path), 0);
        put(w, "b.yaml", BASE);
        load(w);
        assert_null(find(w, "a"));
        assert_non_null(find(w, "b"));
}

static void test_stays_inside_the_tree(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *outside = textf("%s/outside.yaml", w->root), *loop = textf("%s/loop.yaml", w->path), *out = textf("%s/out.yaml", w->path);
        auto_(free) char *abs = textf("%s/abs.yaml", w->path), *in = textf("%s/in.yaml", w->path), *dir = textf("%s/dir", w->path);
        FILE *f = fopen(outside, "we");

        assert_non_null(f);
        fputs(BASE, f);
        fclose(f);
        put(w, "sub/real.yaml", "id: real\n" BASE);
        assert_int_equal(symlink("../outside.yaml", out), 0);
        assert_int_equal(symlink(outside, abs), 0);
        assert_int_equal(symlink("loop.yaml", loop), 0);
        assert_int_equal(symlink("..", dir), 0);
        load(w);
        assert_int_equal(w->load.n_manifests, 1);
        assert_true(said(w, "out.yaml", "outside-tree"));
        assert_true(said(w, "abs.yaml", "outside-tree"));
        assert_true(said(w, "loop.yaml", "unreadable"));
        assert_true(said(w, "dir", "unreadable"));
        assert_false(w->load.may_withdraw);
        drop(w, "out.yaml");
        drop(w, "abs.yaml");
        drop(w, "loop.yaml");
        drop(w, "dir");
        drop(w, "sub/real.yaml");
        put(w, ".data/real.yaml", "id: real\n" BASE); /* a ConfigMap's way */
        assert_int_equal(symlink(".data/real.yaml", in), 0);
        load(w);
        assert_int_equal(w->diags.n, 0);
        assert_non_null(find(w, "real"));
        assert_true(w->load.may_withdraw);
}

static void test_never_blocks(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *fifo = textf("%s/fifo.yaml", w->path), *sock = textf("%s/sock.yaml", w->path), *dir = textf("%s/dir.yaml", w->path);
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        auto_(close) int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void) snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", sock);
        assert_int_equal(bind(fd, (struct sockaddr *) &addr, sizeof(addr)), 0);
        assert_int_equal(mkfifo(fifo, 0644), 0);
        assert_int_equal(mkdir(dir, 0755), 0);
        put(w, "a.yaml", BASE);
        load(w);
        assert_non_null(find(w, "a"));
        assert_true(said(w, "fifo.yaml", "unreadable") && said(w, "sock.yaml", "unreadable"));
        assert_false(said(w, "dir.yaml", "unreadable")); /* a folder may be called so */
        assert_false(w->load.may_withdraw);
}

static void test_bounds_size(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *text = malloc(MANIFEST_BYTES_MAX + 2);
        size_t n = strlen(BASE);

        memcpy(text, BASE, n);
        memset(text + n, '#', MANIFEST_BYTES_MAX - n);
        text[MANIFEST_BYTES_MAX] = '\0';
        put(w, "fits.yaml", text);
        text[MANIFEST_BYTES_MAX] = '#';
        text[MANIFEST_BYTES_MAX + 1] = '\0';
        put(w, "large.yaml", text);
        load(w);
        assert_non_null(find(w, "fits"));
        assert_int_equal(w->load.n_manifests, 1);
        assert_true(said(w, "large.yaml", "too-large"));
        assert_false(w->load.may_withdraw);
}

static void test_unreadable_file(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *path = textf("%s/a.yaml", w->path);

        if (geteuid() == 0)
                return; /* root reads everything */
        put(w, "a.yaml", BASE);
        put(w, "b.yaml", BASE);
        assert_int_equal(chmod(path, 0), 0);
        load(w);
        assert_true(said(w, "a.yaml", "unreadable"));
        assert_false(w->load.may_withdraw);
        assert_int_equal(chmod(path, 0644), 0);
        load(w);
        assert_non_null(find(w, "a"));
}

static void test_escapes_names(void **state) {
        auto_(world_free) World *w = world_new();
        auto_(free) char *line = NULL;
        char longest[256];

        memset(longest, 'a', 250);
        strcpy(longest + 250, ".yaml");
        put(w, "new\nline.yaml", "id: ok\n" BASE);
        put(w, "bad\xff.yaml", BASE);
        put(w, longest, BASE);
        load(w);
        assert_string_equal(find(w, "ok")->origin.file, "new\\nline.yaml");
        assert_true(said(w, "bad\\xff.yaml", "missing-id"));
        assert_true(said(w, longest, "missing-id")); /* longer than an id may be */
        line = diagnostic_format(&w->diags.items[w->diags.n - 1]);
        assert_non_null(strstr(line, "bad\\xff.yaml:1:1: error: "));
}

static void test_bounds_depth(void **state) {
        auto_(world_free) World *w = world_new();
        char deep[128] = "";

        for (unsigned i = 0; i < 40; i++)
                strcat(deep, "d/");
        strcat(deep, "x.yaml");
        put(w, deep, BASE);
        load(w);
        assert_int_equal(w->load.n_manifests, 0);
        assert_int_equal(w->diags.n, 1);
        assert_false(w->load.may_withdraw);
}

/* ── Commit ── */

#define HASH_A "0123456789abcdef0123456789abcdef01234567"
#define HASH_B "89abcdef0123456789abcdef0123456789abcdef"

static void test_knows_the_commit(void **state) {
        auto_(world_free) World *w = world_new();

        put(w, "a.yaml", BASE);
        put(w, "../.git/HEAD", "ref: refs/heads/main\n");
        put(w, "../.git/packed-refs", "# pack-refs with: peeled\n" HASH_B " refs/heads/main2\n" HASH_A " refs/heads/main\n");
        load(w);
        assert_string_equal(w->load.commit, HASH_A);
        assert_string_equal(find(w, "a")->origin.commit, HASH_A);
        put(w, "../.git/refs/heads/main", HASH_B "\n");
        put(w, "b.yaml", BASE);
        load(w);
        assert_string_equal(w->load.commit, HASH_B);
        assert_string_equal(find(w, "b")->origin.commit, HASH_B);
        assert_string_equal(find(w, "a")->origin.commit, HASH_A); /* the one that brought it */
        put(w, "../.git/HEAD", HASH_A "\n");
        load(w);
        assert_string_equal(w->load.commit, HASH_A);
        put(w, "../.git/HEAD", "ref: ../../etc/passwd\n");
        load(w);
        assert_string_equal(w->load.commit, "");
        put(w, "../.git/outside", HASH_A "\n");
        put(w, "../.git/HEAD", "ref: refs/../outside\n");
        load(w);
        assert_string_equal(w->load.commit, "");
        put(w, ".git", "gitdir: ../elsewhere\n"); /* a linked work tree */
        put(w, "../elsewhere/HEAD", "ref: refs/heads/main\n");
        put(w, "../elsewhere/commondir", "../.git\n");
        load(w);
        assert_string_equal(w->load.commit, HASH_B);
}

/* ── Cost ── */

static void test_rescans_cheaply(void **state) {
        auto_(world_free) World *w = world_new();
        struct timespec before, after;
        double ms;

        for (unsigned i = 0; i < 2000; i++) {
                auto_(free) char *name = textf("team-%u/m%u.yaml", i % 20, i);

                put(w, name, BASE "services: [api, database]\ndescription: something is done here, and users notice little of it\n");
        }
        load(w);
        assert_int_equal(w->load.n_manifests, 2000);
        load(w); /* some were too young to be trusted */
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
        load(w);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
        ms = (double) (after.tv_sec - before.tv_sec) * 1e3 + (double) (after.tv_nsec - before.tv_nsec) / 1e6;
        assert_int_equal(w->load.n_read, 0);
        assert_int_equal(w->load.n_manifests, 2000);
        print_message("2000 files: %.1f ms\n", ms);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "reads a tree, but not what editors and git leave", test_reads_a_tree, NULL, NULL, NULL },
                { "keeps what is unchanged", test_keeps_what_is_unchanged, NULL, NULL, NULL },
                { "sees a change within one tick of the clock", test_sees_a_change_within_one_tick, NULL, NULL, NULL },
                { "repeats the errors of unchanged files", test_repeats_errors, NULL, NULL, NULL },
                { "withdraws nothing beside a file whose ids are unknown", test_withdraws_nothing_beside_an_unknown, NULL, NULL, NULL },
                { "refuses one id in two files at both", test_refuses_one_id_in_two_files, NULL, NULL, NULL },
                { "lends defaults, the nearest wins", test_lends_defaults, NULL, NULL, NULL },
                { "broken defaults suspend what is below", test_broken_defaults_suspend_what_is_below, NULL, NULL, NULL },
                { "reads again when the vocabulary changes", test_follows_the_vocabulary, NULL, NULL, NULL },
                { "empty is an error where there was something", test_empty_is_an_error_where_there_was_something, NULL, NULL, NULL },
                { "a missing directory keeps the last load", test_missing_directory_keeps_the_last_load, NULL, NULL, NULL },
                { "a swapped link is followed", test_swapped_link_is_followed, NULL, NULL, NULL },
                { "stays inside the tree", test_stays_inside_the_tree, NULL, NULL, NULL },
                { "never blocks on what is no file", test_never_blocks, NULL, NULL, NULL },
                { "bounds the size of a file", test_bounds_size, NULL, NULL, NULL },
                { "a file that must not be read withdraws nothing", test_unreadable_file, NULL, NULL, NULL },
                { "escapes the names of files", test_escapes_names, NULL, NULL, NULL },
                { "bounds the depth of folders", test_bounds_depth, NULL, NULL, NULL },
                { "knows the commit of a work tree", test_knows_the_commit, NULL, NULL, NULL },
                { "rescans without reading", test_rescans_cheaply, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
