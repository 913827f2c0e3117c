/*
 * What is simulated is what is done
 *
 * Each case runs twice over the same manifests: in the world, where real drivers talk to models of real servers, and as a rehearsal,
 * where played drivers answer themselves. Both must ask the same of the same targets at the same times, and tell subscribers as often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "ctl/rehearsal.h"
#include "world.h"

#define TOLERANCE (2 * USEC_PER_SEC)    /* answers take their time in the world */
#define ASKED_MAX 8192u

typedef struct Case {
        const char *name, *from, *to;
        const char *restart;            /* NULL: none */
        const char *files[5][2];
        size_t many;                    /* further one-offs of the first file, all alike */
        size_t least;                   /* requests, so that a case shows something */
} Case;

#define RESYNC "resync: 2h\n"           /* of the world: each look costs, and finds nothing */
#define WEEKLY "title: Backup\nstart: 2027-03-07T02:30\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\n" \
               "notify: {reminders: [24h, 1h]}\nrecurrence:\n  rule: FREQ=WEEKLY\n"
#define ONE "title: Migration\nstart: 2027-03-24T02:00\nend: 2027-03-24T04:00\ntimezone: Europe/Berlin\nservices: [api, database]\n" \
            "notify: {reminders: [2d, 1h]}\nupdates:\n  - {at: +1h, message: half way}\n"
#define WEEKS "2027-03-20T00:00:00Z", "2027-04-12T00:00:00Z"

static const Case cases[] = {
        { "a series across the spring change", WEEKS, NULL, { { "backup.yaml", WEEKLY } }, .least = 20 },
        { "a series across the autumn change", "2027-10-20T00:00:00Z", "2027-11-10T00:00:00Z", NULL, { { "backup.yaml", WEEKLY } }, .least = 20 },
        { "a series published two days ahead, the day of the change among them", WEEKS, NULL, { { "backup.yaml", WEEKLY "announce: 2d\n" } }, .least = 12 },
        { "a one-off with updates", WEEKS, NULL, { { "db.yaml", ONE } }, .least = 6 },
        { "a restart while windows run", WEEKS, "2027-03-24T02:30:00+01:00", { { "db.yaml", ONE }, { "backup.yaml", WEEKLY } }, .least = 26 },
        { "a restart as a window starts", WEEKS, "2027-03-28T03:30:01+02:00", { { "db.yaml", ONE }, { "backup.yaml", WEEKLY } }, .least = 26 },
        { "cancelled: a manifest, and one occurrence", WEEKS, NULL,
          { { "db.yaml", ONE "state: cancelled\n" }, { "backup.yaml", WEEKLY "  overrides:\n    - {occurrence: 2027-03-28T02:30, state: cancelled}\n" } }, .least = 16 },
        { "one occurrence longer, one moved over another window", WEEKS, "2027-03-28T04:00:00+02:00",
          { { "db.yaml", ONE },
            { "backup.yaml", WEEKLY "  overrides:\n    - {occurrence: 2027-03-28T02:30, duration: 3h}\n"
                             "    - {occurrence: 2027-03-21T02:30, start: 2027-03-24T03:00, end: 2027-03-24T05:00, title: Moved}\n" } }, .least = 26 },
        { "begun before", "2027-03-24T02:30:00+01:00", "2027-03-25T00:00:00Z", NULL, { { "db.yaml", ONE } }, .least = 4 },
        { "over before", "2027-03-24T12:00:00Z", "2027-03-26T00:00:00Z", NULL, { { "db.yaml", ONE } }, .least = 0 },
        { "started early, and completed, by the manifest", WEEKS, NULL,
          { { "db.yaml", ONE "state: in_progress\n" }, { "web.yaml", ONE "state: completed\n" } }, .least = 3 },
        { "waits for people", WEEKS, "2027-03-24T10:00:00Z", { { "a.yaml", ONE "auto_start: false\n" }, { "b.yaml", ONE "auto_complete: false\n" } }, .least = 10 },
        { "suspended", WEEKS, NULL, { { "db.yaml", ONE "suspend: true\n" }, { "backup.yaml", WEEKLY } }, .least = 20 },
        { "quiet", WEEKS, NULL, { { "db.yaml", ONE "monitors: keep\nimpact: degraded\n" },
          { "web.yaml", "title: Web\nstart: 2027-03-22T02:00\nduration: 1h\nservices: [web]\nnotify: {scheduled: false, started: false}\n" } }, .least = 6 },
        { "more at once than the page takes in a minute", "2027-03-23T00:00:00Z", "2027-03-25T00:00:00Z", NULL, { { "db.yaml", ONE } }, .many = 45, .least = 270 },
        { "the same with a restart", "2027-03-23T00:00:00Z", "2027-03-25T00:00:00Z", "2027-03-24T02:00:30+01:00", { { "db.yaml", ONE } }, .many = 45, .least = 270 },
};

/* ── what was asked ── */

typedef struct Asked { char who[400]; usec_t at; } Asked;
typedef struct AskedList { Asked *items; size_t n; } AskedList;

static void add(AskedList *l, usec_t at, const char *target, WindowKey key, const char *part, const char *what) {
        char buf[KEY_SIZE];
        Asked *a = &l->items[l->n++];

        assert_true(l->n < ASKED_MAX);
        (void) snprintf(a->who, sizeof(a->who), "%s %s %s %s", key_format(key, buf), target, part, what);
        a->at = at;
}

static void on_committed(void *userdata, const Entry *entries, size_t n) {
        for (size_t k = 0; k < n; k++)
                if (entries[k].kind == ENTRY_INTENT)
                        add(userdata, entries[k].at, entries[k].target, entry_key(&entries[k]), entries[k].record ? entries[k].record->part : "",
                            action_to_string(entries[k].action));
}

static int compare_asked(const void *a, const void *b) {
        const Asked *x = a, *y = b;
        int r = strcmp(x->who, y->who);

        return r ? r : x->at < y->at ? -1 : x->at > y->at;
}

static void sort(AskedList *l) {
        if (l->n)
                qsort(l->items, l->n, sizeof(Asked), compare_asked);
}

static void print(const char *whose, const AskedList *l) {
        char t[RFC3339_SIZE];

        for (size_t k = 0; k < l->n; k++)
                (void) fprintf(stderr, "%s %s %s\n", whose, rfc3339_format(l->items[k].at, t), l->items[k].who);
}

static bool same(const AskedList *a, const AskedList *b) {
        if (a->n != b->n)
                return false;
        for (size_t k = 0; k < a->n; k++)
                if (strcmp(a->items[k].who, b->items[k].who) != 0 ||
                    (a->items[k].at > b->items[k].at ? a->items[k].at - b->items[k].at : b->items[k].at - a->items[k].at) > TOLERANCE)
                        return false;
        return true;
}

static void assert_same(AskedList *a, AskedList *b) {
        sort(a);
        sort(b);
        if (same(a, b))
                return;
        print("done", a);
        print("simulated", b);
        fail_msg("what was done (%zu) and what was simulated (%zu) differ", a->n, b->n);
}

/* ── both runs ── */

static size_t file_of(const Case *c, size_t n, char path[static 64], const char **ret_text) {
        if (n < ARRAY_SIZE(c->files) && c->files[n][0]) {
                (void) snprintf(path, 64, "%s", c->files[n][0]);
                *ret_text = c->files[n][1];
                return 1;
        }
        if (n >= ARRAY_SIZE(c->files) && n < ARRAY_SIZE(c->files) + c->many) {
                (void) snprintf(path, 64, "many-%zu.yaml", n);
                *ret_text = c->files[0][1];
                return 1;
        }
        return n < ARRAY_SIZE(c->files) ? 1 : 0;
}

/* Returns the notices that subscribers of the page got. */
static size_t in_the_world(const Case *c, AskedList *ret) {
        auto_(world_free) World *w = world_new(1, at(c->from), true, RESYNC);
        const char *text;
        char path[64];

        w->committed = on_committed;
        w->userdata = ret;
        for (size_t n = 0; (*path = '\0', file_of(c, n, path, &text)); n++)
                if (*path)
                        world_write(w, path, text);
        world_start(w);
        if (c->restart) {
                world_until(w, at(c->restart));
                world_crash(w);
                world_start(w);
        }
        world_until(w, at(c->to) - 1);
        return w->models[0]->n_mails;
}

static void put_file(const char *folder, const char *name, const char *text) {
        auto_(free) char *path = textf("%s/%s", folder, name);
        auto_(fclose) FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
}

static void put_files(const Case *c, const char *folder) {
        auto_(free) char *manifests = textf("%s/manifests", folder);
        auto_(world_free) World *w = world_new(1, at(c->from), true, RESYNC);
        const char *text;
        char path[64];

        assert_int_equal(mkdir(manifests, 0700), 0);
        put_file(folder, "maintd.yaml", w->config_text);
        for (size_t n = 0; (*path = '\0', file_of(c, n, path, &text)); n++)
                if (*path)
                        put_file(manifests, path, text);
}

static void remove_folder(const char *folder) {
        auto_(free) char *command = textf("rm -r '%s'", folder);

        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a folder of our own */
}

static size_t simulated(const Case *c, const char *restart, AskedList *ret) {
        char folder[] = "/tmp/test-simulate-XXXXXX";
        usec_t restarts[] = { restart ? at(restart) : 0 };
        RehearsalPlan p = { .from = at(c->from), .to = at(c->to), .restarts = restarts, .n_restarts = restart ? 1 : 0, .deeds_max = ASKED_MAX };
        auto_(free) char *config = NULL, *manifests = NULL, *why = NULL;
        auto_(rehearsal_free) Rehearsal *r = NULL;
        Diagnostics diags = { 0 };
        const Deed *deeds;
        size_t n, told = 0;

        assert_non_null(mkdtemp(folder));
        put_files(c, folder);
        config = textf("%s/maintd.yaml", folder);
        manifests = textf("%s/manifests", folder);
        p.site = (SiteOptions) { .config = config, .manifests = manifests };
        assert_int_equal(rehearsal_new(&p, &diags, &r, &why), 0);
        diagnostics_done(&diags);
        assert_int_equal(rehearsal_run(r, &why), 0);
        assert_int_equal(rehearsal_until(r), p.to);
        deeds = stage_deeds(rehearsal_stage(r), &n);
        for (size_t k = 0; k < n; k++) {
                told += deeds[k].notifies;
                if (deeds[k].kind == DEED_REQUEST)
                        add(ret, deeds[k].at, deeds[k].target, deeds[k].key, deeds[k].part, action_to_string(deeds[k].action));
                assert_true(k == 0 || deeds[k - 1].at <= deeds[k].at);
        }
        remove_folder(folder);
        return told;
}

static AskedList list_new(void) {
        return (AskedList) { .items = calloc(ASKED_MAX, sizeof(Asked)) };
}

static void agrees(void **state) {
        const Case *c = *state;
        AskedList done = list_new(), asked = list_new();
        size_t mails = in_the_world(c, &done), told = simulated(c, c->restart, &asked);

        assert_same(&done, &asked);
        assert_true(asked.n >= c->least);
        assert_int_equal(told, mails);
        free(done.items);
        free(asked.items);
}

/* A restart costs nothing: what is asked for is the same with and without. */
static void restart_changes_nothing(void **state) {
        for (size_t n = 0; n < ARRAY_SIZE(cases); n++) {
                AskedList with = list_new(), without = list_new();

                if (cases[n].restart && !cases[n].many) {
                        (void) simulated(&cases[n], NULL, &without);
                        (void) simulated(&cases[n], cases[n].restart, &with);
                        assert_same(&without, &with);
                }
                free(with.items);
                free(without.items);
        }
}

/* SIMULATE_DEEDS_MAX is handed in by the verb. */
static void ends_when_there_is_too_much(void **state) {
        for (size_t max = 5; max < 8; max++) {
                auto_(stage_free) Stage *s = stage_new(max);
                size_t n;

                assert_non_null(s);
                for (size_t k = 0; k < 6; k++) {
                        assert_int_equal(stage_until(s, k + 1), 0);
                        assert_int_equal(stage_restarted(s), 0);
                }
                (void) stage_deeds(s, &n);
                assert_int_equal(n, MIN(max, (size_t) 6));
                assert_int_equal(stage_full(s), max < 6);
        }
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(cases) + 2] = { cmocka_unit_test(restart_changes_nothing), cmocka_unit_test(ends_when_there_is_too_much) };

        for (size_t n = 0; n < ARRAY_SIZE(cases); n++)
                tests[n + 2] = (struct CMUnitTest) { cases[n].name, agrees, NULL, NULL, (void *) &cases[n] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
