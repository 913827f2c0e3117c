/*
 * Desired: what stays in force when files break, vanish, or cannot be known
 *
 * The tree is a table in memory; time is a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/text.h"
#include "desired/desired.h"
#include "yaml-manifest.h"

#define ONE "title: One\nservices: [api]\nstart: 2027-02-01T02:00\nduration: 2h\n"
#define TWO "title: Two\nstart: 2027-02-02T02:00\nduration: 2h\n"
#define DAILY "title: Daily\nstart: 2027-02-01T02:00\nduration: 1h\nrecurrence: {rule: FREQ=DAILY}\n"
#define BROKEN "title: One\nstart: tomorrow\n"
#define OFF_RULE "title: One\nstart: 2027-02-01T02:00\nduration: 2h\nrecurrence: {rule: FREQ=WEEKLY;BYDAY=SU}\n"

typedef struct FakeTree {
        Tree tree;
        struct { const char *path, *text; } files[4]; /* in order of path; text NULL: none */
        int error;
} FakeTree;

static int fake_list(Tree *t, Arena *a, TreeFile **ret, size_t *ret_n, char **reterr) {
        FakeTree *f = (FakeTree *) t;
        TreeFile *files = arena_array(a, ARRAY_SIZE(f->files), sizeof(*files));
        size_t n = 0;

        if (f->error) {
                *reterr = textf("no luck");
                return f->error;
        }
        for (size_t i = 0; i < ARRAY_SIZE(f->files); i++)
                if (f->files[i].text)
                        files[n++] = (TreeFile) { .path = f->files[i].path, .stamp = { hash_text(HASH_SEED, f->files[i].text), 1, 1, 1 } };
        *ret = files;
        *ret_n = n;
        return 0;
}

static int fake_read(Tree *t, const char *path, size_t max, char **ret, size_t *ret_n) {
        FakeTree *f = (FakeTree *) t;

        for (size_t i = 0; i < ARRAY_SIZE(f->files); i++)
                if (f->files[i].text && strcmp(f->files[i].path, path) == 0) {
                        *ret = strdup(f->files[i].text);
                        *ret_n = strlen(*ret);
                        return 0;
                }
        return -ENOENT;
}

static const char *fake_commit(Tree *t) {
        return "abc";
}

static Tree *fake_free(Tree *t) {
        return NULL;
}

static const TreeOps fake_ops = { fake_list, fake_read, fake_commit, fake_free };

typedef struct World {
        FakeTree tree;
        Zones *zones;
        Desired *desired;
        DesiredLoad load;
        Diagnostics diags;
        usec_t now;
} World;

static void world_open(World *w) {
        *w = (World) { .tree = { .tree = { &fake_ops }, .files = { { "a.yaml", NULL }, { "b.yaml", NULL }, { "c.yaml", NULL }, { "d.yaml", NULL } } },
                       .now = instant("2027-01-20T12:00Z") };
        assert_int_equal(zones_new(NULL, &w->zones), 0);
        assert_int_equal(desired_new(&w->tree.tree, NULL, w->zones, &w->desired), 0);
}

static int load(World *w) {
        diagnostics_done(&w->diags);
        w->diags = (Diagnostics) { 0 };
        return desired_load(w->desired, w->now, &w->diags, &w->load);
}

static void world_close(World *w) {
        desired_free(w->desired);
        zones_free(w->zones);
        diagnostics_done(&w->diags);
}

static const DesiredSet *set_of(const World *w, const char *id) {
        for (size_t i = 0; i < w->load.n_sets; i++)
                if (strcmp(w->load.sets[i].set->manifest, id) == 0)
                        return &w->load.sets[i];
        return NULL;
}

static void loads_and_keeps_what_did_not_change(void **state) {
        WindowSet *before;
        World w;

        world_open(&w);
        w.tree.files[0].text = ONE;
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_int_equal(w.load.n_sets, 2);
        assert_int_equal(w.load.n_changed, 2);
        assert_true(w.load.may_withdraw);
        assert_string_equal(w.load.commit, "abc");
        assert_string_equal(w.load.sets[0].set->manifest, "a");
        assert_non_null(w.load.sets[0].set->doc);
        assert_int_equal(w.load.sets[0].set->loaded, 0);
        before = windowset_ref(w.load.sets[0].set);

        w.now += USEC_PER_HOUR;
        w.tree.files[1].text = TWO "description: new\n";
        assert_int_equal(load(&w), 0);
        assert_ptr_equal(w.load.sets[0].set, before);
        assert_false(w.load.sets[0].changed);
        assert_true(w.load.sets[1].changed);
        assert_int_equal(w.load.n_changed, 1);
        assert_int_equal(w.load.sets[1].set->loaded, w.now);
        assert_string_equal(w.load.sets[1].set->windows[0].body, "new");

        /* Touched, or with a comment: the very same windows. */
        w.tree.files[0].text = ONE "# a comment\n";
        assert_int_equal(load(&w), 0);
        assert_ptr_equal(w.load.sets[0].set, before);
        assert_int_equal(w.load.n_changed, 0);
        windowset_unref(before);
        world_close(&w);
}

static void keeps_the_last_good_version(void **state) {
        static const char *const bad[] = { BROKEN, OFF_RULE };
        World w;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                world_open(&w);
                w.tree.files[0].text = ONE;
                w.tree.files[1].text = TWO;
                assert_int_equal(load(&w), 0);
                w.tree.files[0].text = bad[i];
                for (unsigned again = 0; again < 2; again++) {
                        assert_int_equal(load(&w), 0);
                        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);
                        assert_string_equal(set_of(&w, "a")->set->windows[0].title, "One");
                        assert_int_equal(set_of(&w, "b")->status, DESIRED_GOOD);
                        assert_int_equal(w.load.n_refused, 1);
                        assert_int_equal(w.load.n_manifests, 2);
                        assert_int_equal(w.load.n_in_force, 1);
                        assert_true(w.diags.n_errors > 0); /* told at each load, not only at the first */
                }
                w.tree.files[0].text = ONE;
                assert_int_equal(load(&w), 0);
                assert_int_equal(set_of(&w, "a")->status, DESIRED_GOOD);
                assert_int_equal(w.load.n_changed, 0);
                world_close(&w);
        }
}

static void a_window_outlives_its_file(void **state) {
        WindowSet *kept;
        World w;

        world_open(&w);
        w.tree.files[0].text = ONE;
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        kept = windowset_ref(set_of(&w, "a")->set);
        w.tree.files[0].text = NULL;
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_MISSING);
        desired_forget(w.desired, "b");
        desired_forget(w.desired, "a");
        assert_int_equal(load(&w), 0);
        assert_null(set_of(&w, "a"));
        assert_non_null(set_of(&w, "b"));
        world_close(&w);
        assert_string_equal(kept->windows[0].title, "One");
        assert_string_equal(kept->manifest, "a");
        windowset_unref(kept);
}

static void withdraws_nothing_it_cannot_know(void **state) {
        World w;

        world_open(&w);
        w.tree.files[0].text = ONE;
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);

        /* Another file could hold it: it cannot be parsed, and its documents have ids of their own. */
        w.tree.files[0].text = NULL;
        w.tree.files[2].text = "id: a\ntitle: [\n";
        assert_int_equal(load(&w), 0);
        assert_false(w.load.may_withdraw);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);

        /* The tree cannot be read. */
        w.tree.files[2].text = NULL;
        w.tree.error = -EACCES;
        assert_int_equal(load(&w), -EACCES);
        assert_false(w.load.may_withdraw);
        assert_int_equal(w.load.n_sets, 2);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);

        /* Everything is gone. */
        w.tree.error = 0;
        w.tree.files[1].text = NULL;
        assert_int_equal(load(&w), -ENODATA);
        assert_false(w.load.may_withdraw);
        assert_int_equal(set_of(&w, "b")->status, DESIRED_LAST_GOOD);

        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_MISSING);
        world_close(&w);
}

static void starts_from_the_ledger(void **state) {
        auto_(manifest_free) Manifest *m = manifest_of(ONE);
        auto_(free) char *doc = NULL, *again = NULL;
        ManifestRow rows[3];
        World w;

        m->id = "a";
        assert_int_equal(manifest_to_doc(m, &doc), 0);
        rows[0] = (ManifestRow) { .id = "a", .doc = doc, .file = "a.yaml", .commit = "", .line = 1, .content = m->content };
        rows[1] = (ManifestRow) { .id = "b", .doc = "of another time", .file = "b.yaml", .commit = "", .line = 1, .content = 7 };

        /* Broken since before the restart: the ledger's version. */
        world_open(&w);
        assert_int_equal(desired_seed(w.desired, rows, 1, &w.diags), 0);
        w.tree.files[0].text = BROKEN;
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);
        assert_string_equal(set_of(&w, "a")->set->windows[0].title, "One");
        assert_null(set_of(&w, "a")->set->doc);
        assert_non_null(set_of(&w, "b")->set->doc);
        assert_int_equal(desired_doc(w.desired, "a", &again), 0);
        assert_string_equal(again, doc);
        assert_int_equal(desired_doc(w.desired, "zzz", &again), -ENOENT);
        world_close(&w);

        /* Unchanged since: nothing to store again, nothing that came by a reload. */
        world_open(&w);
        assert_int_equal(desired_seed(w.desired, rows, 1, &w.diags), 0);
        w.tree.files[0].text = ONE;
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_GOOD);
        assert_null(set_of(&w, "a")->set->doc);
        assert_int_equal(set_of(&w, "a")->set->loaded, 0);
        world_close(&w);

        /* The tree cannot be read at start. */
        world_open(&w);
        assert_int_equal(desired_seed(w.desired, rows, 1, &w.diags), 0);
        w.tree.error = -ENOENT;
        assert_int_equal(load(&w), -ENOENT);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);
        world_close(&w);

        /* A row that cannot be read and a file that is broken: nobody knows what is in force, so nothing is withdrawn. */
        world_open(&w);
        assert_int_equal(desired_seed(w.desired, rows, 2, &w.diags), 0);
        assert_int_equal(w.diags.n, 1);
        w.tree.files[1].text = BROKEN;
        w.tree.files[2].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_false(w.load.may_withdraw);
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_true(w.load.may_withdraw);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_MISSING);
        world_close(&w);
}

static usec_t running_since;
static int frozen_of(void *userdata, const char *id, Arena *a, Frozen **ret, size_t *ret_n, usec_t *ret_since) {
        *ret_since = running_since;
        *ret_n = 0;
        if (running_since != USEC_INFINITY) {
                *ret = arena_new0(a, Frozen);
                **ret = (Frozen) { "2027-02-01T02:00", running_since, running_since + 20 * USEC_PER_DAY };
                *ret_n = 1;
        }
        return 0;
}

static void moves_on_with_the_horizon(void **state) {
        usec_t next;
        World w;

        world_open(&w);
        desired_set_frozen(w.desired, frozen_of, NULL);
        running_since = USEC_INFINITY;
        w.tree.files[0].text = DAILY;
        w.tree.files[1].text = ONE;
        assert_int_equal(load(&w), 0);
        /* 30 days ahead of 20 January at noon: 1 to 19 February, and the next. */
        assert_int_equal(set_of(&w, "a")->set->n_windows, 20);
        next = desired_next(w.desired);
        assert_int_equal(next, instant("2027-01-21T02:00Z"));

        assert_int_equal(desired_advance(w.desired, next - 1, &w.load), 0);
        assert_int_equal(w.load.n_changed, 0);
        assert_int_equal(desired_advance(w.desired, next, &w.load), 0);
        assert_int_equal(w.load.n_changed, 1);
        assert_int_equal(set_of(&w, "a")->set->n_windows, 21);
        assert_null(set_of(&w, "a")->set->doc); /* it has been told before */
        assert_int_equal(desired_next(w.desired), next + USEC_PER_DAY);

        /* What runs since long stays, however far back it began. */
        running_since = instant("2027-02-01T02:00Z");
        assert_int_equal(desired_advance(w.desired, instant("2027-02-15T12:00Z"), &w.load), 0);
        assert_string_equal(set_of(&w, "a")->set->windows[0].key.occurrence, "2027-02-01T02:00");
        assert_int_equal(set_of(&w, "a")->set->windows[0].end, running_since + 20 * USEC_PER_DAY);
        world_close(&w);
}

/* A tz folder of our own in which "Here" is now Berlin, now Tokyo, then gone. */
static void follows_tzdata(void **state) {
        char dir[] = "/tmp/maintd-desired-XXXXXX", command[256];
        World w;

        assert_non_null(mkdtemp(dir));
        (void) snprintf(command, sizeof(command), "cp -L /usr/share/zoneinfo/UTC %s/UTC && cp -L /usr/share/zoneinfo/Europe/Berlin %s/Here", dir, dir);
        assert_int_equal(system(command), 0);
        world_open(&w);
        desired_free(w.desired);
        zones_free(w.zones);
        assert_int_equal(zones_new(dir, &w.zones), 0);
        assert_int_equal(desired_new(&w.tree.tree, NULL, w.zones, &w.desired), 0);
        w.tree.files[0].text = ONE "timezone: Here\n";
        w.tree.files[1].text = TWO;
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->set->windows[0].start, instant("2027-02-01T01:00Z"));

        (void) snprintf(command, sizeof(command), "cp -L /usr/share/zoneinfo/Asia/Tokyo %s/New && mv %s/New %s/Here", dir, dir, dir);
        assert_int_equal(system(command), 0);
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->set->windows[0].start, instant("2027-01-31T17:00Z"));
        assert_int_equal(set_of(&w, "a")->set->loaded, 0); /* its words are not new */

        /* The zone is gone: the times last told stay, the error names the file. */
        (void) snprintf(command, sizeof(command), "rm %s/Here", dir);
        assert_int_equal(system(command), 0);
        assert_int_equal(load(&w), 0);
        assert_int_equal(set_of(&w, "a")->status, DESIRED_LAST_GOOD);
        assert_int_equal(set_of(&w, "a")->set->windows[0].start, instant("2027-01-31T17:00Z"));
        assert_string_equal(w.diags.items[0].code, "unknown-zone");
        assert_string_equal(w.diags.items[0].file, "a.yaml");
        world_close(&w);
        (void) snprintf(command, sizeof(command), "rm -r %s", dir);
        assert_int_equal(system(command), 0);
}

static void tells_an_unknown_zone_with_whatever_else_is_wrong(void **state) {
        World w;
        bool zone = false, key = false;

        world_open(&w);
        w.tree.files[0].text = "title: A\nstart: 2027-02-01T02:00\nduration: 1h\ntimezone: Europe/Berln\ncolour: red\n";
        (void) load(&w);
        for (size_t i = 0; i < w.diags.n; i++) {
                zone |= strcmp(w.diags.items[i].code, "unknown-zone") == 0;
                key |= strcmp(w.diags.items[i].code, "unknown-key") == 0;
        }
        assert_true(zone);
        assert_true(key);
        world_close(&w);
}

/* "FILE:LINE CODE, …" */
static void assert_said(const Diagnostics *d, const char *expected) {
        auto_(free) char *said = strdup("");

        for (size_t i = 0; i < d->n; i++) {
                auto_(free) char *before = said;

                said = textf("%s%s%s:%u %s", before, *before ? ", " : "", d->items[i].file, d->items[i].line, d->items[i].code);
        }
        assert_string_equal(said, expected);
}

static void a_comment_or_the_config_silences_a_warning(void **state) {
        static const char *off[] = { "time-in-gap" };
        Config config = { .timezone = "Europe/Berlin", .horizon = 30 * USEC_PER_DAY, .quiet = { off, 1 } };
        World w;

        world_open(&w);
        w.tree.files[0].path = "a\n.yaml"; /* printed in another way than it is called */
        w.tree.files[0].text = "id: a\ntitle: A\nstart: 2027-03-28T02:30\nduration: 1h\ntimezone: Europe/Berlin\n";
        w.tree.files[1].text = "title: B\nstart: 2027-03-28T02:30 # maintctl: disable=time-in-gap\nduration: 1h\ntimezone: Europe/Berlin\n"
                               "---\nid: b2\n# maintctl: disable=no-services\ntitle: B\nstart: soon\nduration: 1h\n";
        assert_int_equal(load(&w), 0);
        assert_said(&w.diags, "b.yaml:1 missing-id, b.yaml:9 bad-time, a\\n.yaml:1 no-services, a\\n.yaml:3 time-in-gap");

        w.tree.files[0].text = "# maintctl: disable=no-services\nid: a\ntitle: A\nstart: 2027-03-28T02:30\nduration: 1h\ntimezone: Europe/Berlin\n";
        w.tree.files[1].text = "title: B\nstart: 2027-03-28T02:30 # maintctl: disable=time-in-gap\nduration: 1h\ntimezone: Europe/Berlin\n";
        assert_int_equal(load(&w), 0);
        assert_said(&w.diags, "a\\n.yaml:4 time-in-gap, b.yaml:1 no-services");

        assert_int_equal(desired_configure(w.desired, &w.tree.tree, &config), 0);
        assert_int_equal(load(&w), 0);
        assert_said(&w.diags, "b.yaml:1 no-services");
        assert_true(desired_waives(w.desired, "b.yaml", 1, "time-in-gap"));
        assert_false(desired_waives(w.desired, "b.yaml", 1, "no-services"));
        assert_false(desired_waives(w.desired, "c.yaml", 1, "no-services"));
        world_close(&w);
}

static void a_comment_in_defaults_silences_all_below(void **state) {
        static const char gap[] = "title: X\nstart: 2027-03-28T02:30\nduration: 1h\ntimezone: Europe/Berlin\n";
        World w;

        world_open(&w);
        w.tree.files[0].path = "_defaults.yaml";
        w.tree.files[0].text = "# maintctl: disable=no-services\nlabels: {a: b} # maintctl: disable=time-in-gap\n";
        w.tree.files[1].path = "sub/_defaults.yaml";
        w.tree.files[1].text = "labels: {c: d}\n# maintctl: disable=time-in-gap,no-such\n";
        w.tree.files[2].path = "sub/deep/x.yaml";
        w.tree.files[2].text = gap;
        w.tree.files[3].path = "y.yaml";
        w.tree.files[3].text = gap;
        assert_int_equal(load(&w), 0);
        assert_said(&w.diags, "sub/_defaults.yaml:2 unknown-warning, y.yaml:2 time-in-gap");

        w.tree.files[0].text = "labels: {a: b}\n"; /* lends the same */
        assert_int_equal(load(&w), 0);
        assert_said(&w.diags, "sub/_defaults.yaml:2 unknown-warning");
        assert_true(desired_waives(w.desired, "sub/deep/x.yaml", 2, "time-in-gap"));
        assert_false(desired_waives(w.desired, "sub/deep/x.yaml", 1, "no-services"));
        assert_false(desired_waives(w.desired, "y.yaml", 1, "no-services"));
        world_close(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(loads_and_keeps_what_did_not_change), cmocka_unit_test(keeps_the_last_good_version),
                cmocka_unit_test(a_window_outlives_its_file), cmocka_unit_test(withdraws_nothing_it_cannot_know),
                cmocka_unit_test(starts_from_the_ledger), cmocka_unit_test(moves_on_with_the_horizon),
                cmocka_unit_test(follows_tzdata), cmocka_unit_test(tells_an_unknown_zone_with_whatever_else_is_wrong),
                cmocka_unit_test(a_comment_or_the_config_silences_a_warning), cmocka_unit_test(a_comment_in_defaults_silences_all_below),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
