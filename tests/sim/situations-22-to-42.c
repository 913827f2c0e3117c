/*
 * Situations 22 to 42
 *
 * Every row begins in January 2027; the window of most is the night of 1 February, 02:00 to 04:00 in Berlin, which is 01:00 to
 * 03:00 UTC.
 */
#include "situations-kit.h"

#include "base/text.h"

#define BEGIN "2027-01-20T00:00:00Z"
#define KODO "{type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t"

static World *begin(bool both, const char *extra) {
        return world_new(22, at(BEGIN), both, extra);
}

/* "db", the night of 1 February. */
static void night(World *w, const char *more) {
        window(w, "db", "2027-02-01T02:00", "2027-02-01T04:00", more);
}

/* ── 22: deleted there ─────────────────────────────────────────────────────────────────────────────────────── */

static void deleted_there(World *w) {
        night(w, "");
        start(w);
        remote_model_delete(PAGE(w), remote_model_find(PAGE(w), "db"));
        world_for(w, MINUTES(6));
        assert_true(world_said(w, "deleted there by someone"));
        expect_sync(w, "db", "public", SYNC_GONE);
}

static void gone_stays_gone(void **state) {
        auto_(world_free) World *w = begin(true, "");

        deleted_there(w);
        night(w, "description: other words\n");
        reload(w);
        world_stop(w);
        start(w);
        expect_sync(w, "db", "public", SYNC_GONE);
        world_until(w, at("2027-02-01T01:30:00Z"));
        expect_page(w, "db", "not there");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2); /* each target for itself */
        world_until(w, at("2027-02-02T00:00:00Z"));
        expect_page(w, "db", "not there");
        expect_mails(w, "db", 1, 0, 0, 0, 0);
        expect_rest(w, DAYS(1));
}

static void gone_and_moved(void **state) {
        auto_(world_free) World *w = begin(false, "");

        deleted_there(w);
        window(w, "db", "2027-02-01T03:00", "2027-02-01T05:00", "");
        reload(w);
        expect_page(w, "db", "scheduled");
        expect_generation(w, "db", 1);
        expect_mails(w, "db", 2, 0, 0, 0, 0);
        expect_rest(w, DAYS(1));
}

static void gone_and_started(void **state) {
        auto_(world_free) World *w = begin(false, "");

        deleted_there(w);
        night(w, "state: in_progress\n");
        reload(w);
        expect_page(w, "db", "in_progress");
        expect_generation(w, "db", 1);
        expect_mails(w, "db", 1, 1, 0, 0, 0);
        expect_rest(w, DAYS(1));
}

static void gone_and_approved(void **state) {
        auto_(world_free) World *w = begin(false, "");

        deleted_there(w);
        assert_return_code(world_approve(w, "public"), 0);
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "db", "scheduled");
        expect_generation(w, "db", 1);
        expect_sync(w, "db", "public", SYNC_OK);
        assert_int_equal(digest_of(w, "public"), 0);
        world_until(w, at("2027-02-01T03:00:10Z"));
        expect_mails(w, "db", 2, 1, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

static void gone_after_all(void **state) {
        auto_(world_free) World *w = begin(false, "");

        deleted_there(w);
        night(w, "state: cancelled\n");
        reload(w);
        expect_page(w, "db", "not there");
        assert_int_equal(digest_of(w, "public"), 0);
        expect_rest(w, DAYS(1));
}

static const char *const four[] = { "a", "b", "c", "d" };

static void lost_data(void **state) {
        auto_(world_free) World *w = begin(false, "");
        json_t *backup;

        window(w, "a", "2027-02-01T02:00", "2027-02-01T04:00", "");
        start(w);
        backup = remote_model_backup(PAGE(w));
        for (size_t n = 1; n < ARRAY_SIZE(four); n++)
                window(w, four[n], "2027-02-01T02:00", "2027-02-01T04:00", "");
        reload(w);
        remote_model_restore(PAGE(w), backup);
        json_decref(backup);
        world_for(w, MINUTES(6));
        assert_int_equal(world_said_times(w, "seems to have lost its data: 3 of 4"), 1);
        expect_rest(w, HOURS(1));
        expect_page(w, "b", "not there");
        assert_return_code(world_approve(w, "public"), 0);
        assert_true(world_settle(w, MINUTES(1)));
        for (size_t n = 0; n < ARRAY_SIZE(four); n++) {
                expect_page(w, four[n], "scheduled");
                expect_sync(w, four[n], "public", SYNC_OK);
        }
        assert_int_equal(digest_of(w, "public"), 0);
        expect_mails(w, "a", 1, 0, 0, 0, 0);
        expect_mails(w, "b", 2, 0, 0, 0, 0);
        expect_rest(w, HOURS(1));
}

/* ── 23, 24: broken files ──────────────────────────────────────────────────────────────────────────────────── */

static void last_good_survives(void **state) {
        auto_(world_free) World *w = begin(true, "");
        WindowStatus s;

        night(w, "");
        start(w);
        world_until(w, at("2027-01-29T15:00:00Z"));
        world_write(w, "db.yaml", "title: Work on db\nstart: 2027-02-01T05:00\nend: [\n");
        reload(w);
        assert_true(world_said(w, "db.yaml:"));
        assert_true(world_said(w, ": error: "));
        expect_rest(w, HOURS(1));
        world_stop(w);
        world_until(w, at("2027-01-30T09:00:00Z"));
        start(w);
        assert_true(world_status(w, "db", "public", &s));
        assert_int_equal(s.source, SET_LAST_GOOD);
        assert_int_equal(s.start, at("2027-02-01T01:00:00Z"));
        world_until(w, at("2027-02-01T01:00:01Z"));
        expect_page(w, "db", "in_progress");
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

/* Once more it is gone altogether: what the ledger kept is then withdrawn as any other. */
static void broken_then_deleted(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        start(w);
        world_write(w, "db.yaml", "title: [\n");
        reload(w);
        world_stop(w);
        world_write(w, "db.yaml", NULL);
        start(w);
        expect_page(w, "db", "scheduled");
        world_for(w, MINUTES(5) + USEC_PER_SEC);
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "db", "cancelled");
        expect_mails(w, "db", 1, 0, 0, 1, 0);
        expect_rest(w, DAYS(1));
}

static void moved_into_the_broken(World *w) {
        night(w, "");
        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        window(w, "third", "2027-02-05T02:00", "2027-02-05T04:00", "");
        start(w);
        world_write(w, "db.yaml", NULL);
        world_write(w, "other.yaml", "id: other\ntitle: Work on other\n---\nid: [db\n");
        reload(w);
        expect_rest(w, HOURS(1));
        expect_page(w, "db", "scheduled");
        expect_page(w, "other", "scheduled");
}

static void unknown_ids_withdraw_nothing(void **state) {
        auto_(world_free) World *w = begin(false, "");

        moved_into_the_broken(w);
        world_stop(w);
        start(w);
        expect_rest(w, HOURS(1));
        world_write(w, "other.yaml",
                    "id: other\ntitle: Work on other\nstart: 2027-02-03T02:00\nend: 2027-02-03T04:00\ntimezone: Europe/Berlin\nservices: [api, database]\n"
                    "---\n"
                    "id: db\ntitle: Work on db\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\ntimezone: Europe/Berlin\nservices: [api, database]\n");
        reload(w);
        expect_rest(w, HOURS(1));
        expect_mails(w, "db", 1, 0, 0, 0, 0);
        expect_mails(w, "other", 1, 0, 0, 0, 0);
}

static void known_ids_withdraw_again(void **state) {
        auto_(world_free) World *w = begin(false, "");

        moved_into_the_broken(w);
        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        reload(w);
        world_for(w, MINUTES(4));
        expect_page(w, "db", "scheduled"); /* the grace begins with the first load that knows */
        world_for(w, MINUTES(2));
        expect_page(w, "db", "cancelled");
        expect_page(w, "other", "scheduled");
        expect_mails(w, "db", 1, 0, 0, 1, 0);
        expect_rest(w, HOURS(1));
}

/* ── 25, 26: the guard ─────────────────────────────────────────────────────────────────────────────────────── */

/* Windows "w00", "w01", … a day apart. */
static void many(World *w, unsigned from, unsigned to, const char *more) {
        for (unsigned n = from; n < to; n++) {
                char id[8], first[20], last[20];

                (void) snprintf(id, sizeof(id), "w%02u", n);
                (void) snprintf(first, sizeof(first), "2027-02-%02uT02:00", n + 1);
                (void) snprintf(last, sizeof(last), "2027-02-%02uT04:00", n + 1);
                if (more)
                        window(w, id, first, last, more);
                else {
                        (void) snprintf(first, sizeof(first), "%s.yaml", id);
                        world_write(w, first, NULL);
                }
        }
}

static size_t live(World *w, unsigned from, unsigned to) {
        size_t sum = 0;

        for (unsigned n = from; n < to; n++) {
                char id[8];

                (void) snprintf(id, sizeof(id), "w%02u", n);
                sum += remote_model_live(PAGE(w), id, w->real);
        }
        return sum;
}

static void empty_directory(void **state) {
        auto_(world_free) World *w = begin(false, "");

        many(w, 0, 3, "");
        start(w);
        many(w, 0, 3, NULL);
        reload(w);
        assert_true(world_said(w, "load failed"));
        expect_rest(w, HOURS(2));
        w->tree_broken = true;
        reload(w);
        expect_rest(w, HOURS(2));
        assert_int_equal(live(w, 0, 3), 3);
}

static void three_of_three(void **state) {
        auto_(world_free) World *w = begin(false, "");

        many(w, 0, 3, "");
        window(w, "old", "2027-01-20T02:00", "2027-01-20T02:30", ""); /* 01:00 to 01:30 UTC: over and done with when the others go */
        start(w);
        world_until(w, at("2027-01-21T00:00:00Z"));
        expect_page(w, "old", "completed");
        many(w, 0, 3, NULL);
        reload(w);
        assert_true(world_said(w, "3 of 3 live windows would be cancelled: held"));
        expect_rest(w, DAYS(1)); /* the hour of the count is over: held all the same */
        assert_int_equal(live(w, 0, 3), 3);
        expect_sync(w, "w01", "public", SYNC_HELD);
        assert_return_code(world_approve(w, "public"), 0);
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(live(w, 0, 3), 0);
        expect_mails(w, "w01", 1, 0, 0, 1, 0);
        expect_mails(w, "old", 1, 1, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

static void one_of_one_goes(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        night(w, "state: cancelled\n");
        reload(w);
        expect_page(w, "db", "cancelled");
        expect_mails(w, "db", 1, 0, 0, 1, 0);
}

static void salami(void **state) {
        auto_(world_free) World *w = begin(false, "");

        many(w, 0, 20, "");
        start(w);
        many(w, 0, 5, NULL); /* 25 % */
        reload(w);
        world_for(w, MINUTES(8));
        assert_int_equal(live(w, 0, 20), 15);
        assert_int_equal(digest_of(w, "public"), 0);
        many(w, 5, 9, NULL); /* 27 % of what is left, 45 % within the hour */
        reload(w);
        world_for(w, MINUTES(8));
        assert_int_equal(live(w, 0, 20), 15);
        assert_true(digest_of(w, "public") != 0);
        many(w, 9, 12, NULL);
        reload(w);
        expect_rest(w, HOURS(3));
        assert_int_equal(live(w, 0, 20), 15);
        /* Taken back in the files: nothing is held any more. */
        many(w, 5, 12, "");
        reload(w);
        assert_int_equal(digest_of(w, "public"), 0);
        assert_int_equal(live(w, 5, 12), 7);
        expect_mails(w, "w07", 1, 0, 0, 0, 0);
        expect_rest(w, HOURS(1));
}

static void held_goes_on(void **state) {
        auto_(world_free) World *w = begin(true, "");
        uint64_t first, second;

        night(w, "updates:\n  - {at: +1h, message: half way}\n");
        many(w, 9, 15, "");
        start(w);
        world_until(w, at("2027-01-31T12:00:00Z"));
        night(w, "updates:\n  - {at: +1h, message: half way}\nstate: cancelled\n");
        many(w, 9, 13, "state: cancelled\n"); /* 5 of 7 */
        reload(w);
        first = digest_of(w, "public");
        assert_true(first != 0);
        expect_sync(w, "db", "public", SYNC_HELD);
        world_until(w, at("2027-02-01T01:00:01Z"));
        expect_page(w, "db", "in_progress");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        world_crash(w);
        start(w);
        assert_int_equal(digest_of(w, "public"), first);
        world_until(w, at("2027-02-01T02:00:01Z"));
        assert_int_equal(remote_model_mails(PAGE(w), "db", "update"), 1);
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 1);
        assert_int_equal(live(w, 9, 15), 6);
        /* The next bad commit is held with it: another digest, and the old one releases nothing. */
        first = digest_of(w, "public");
        many(w, 13, 15, "state: cancelled\n");
        reload(w);
        second = digest_of(w, "public");
        assert_true(second != 0 && second != first);
        assert_int_equal(engine_told_approval(w->engine, world_now(w), first), -ENOENT);
        assert_int_equal(live(w, 9, 15), 6);
        assert_return_code(world_approve(w, "public"), 0);
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(live(w, 9, 15), 0);
        expect_mails(w, "w10", 1, 0, 0, 1, 0);
        expect_mails(w, "db", 1, 1, 1, 0, 1);
        assert_int_equal(digest_of(w, "public"), 0);
        expect_rest(w, DAYS(1));
}

static void approved_and_no_more(void **state) {
        auto_(world_free) World *w = begin(false, "");

        many(w, 0, 10, "");
        start(w);
        many(w, 0, 6, "state: cancelled\n");
        reload(w);
        assert_return_code(world_approve(w, "public"), 0);
        many(w, 6, 10, "state: cancelled\n"); /* before the six have left */
        world_reload(w);
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(live(w, 0, 6), 0);
        assert_int_equal(live(w, 6, 10), 4);
        assert_true(digest_of(w, "public") != 0);
        world_stop(w);
        start(w);
        assert_int_equal(live(w, 6, 10), 4);
        expect_rest(w, DAYS(1));
}

/* ── 27: targets ───────────────────────────────────────────────────────────────────────────────────────────── */

static void target_renamed(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_config(w, "targets:\n  status: " KODO "}\n");
        expect_rest(w, HOURS(1));
        expect_sync(w, "db", "status", SYNC_OK);
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_mails(w, "db", 1, 1, 1, 0, 0);
}

static void target_retires(void **state) {
        auto_(world_free) World *w = begin(false, "");

        many(w, 0, 6, "");
        start(w);
        world_until(w, at("2027-02-01T01:30:00Z"));
        expect_page(w, "w00", "in_progress");
        world_config(w, "targets:\n  public: " KODO ", retire: true}\n");
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(live(w, 0, 6), 0); /* not a matter for the guard: asked for by name */
        assert_int_equal(problems(w, "its entry can go"), 1);
        assert_int_equal(world_said_times(w, "its entry can go"), 1);
        expect_rest(w, DAYS(2));
        assert_int_equal(world_said_times(w, "its entry can go"), 1);
        world_config(w, "targets:\n  alerts: {type: alertmanager, url: 'http://127.0.0.1:2'}\n");
        expect_rest(w, HOURS(1));
        assert_int_equal(problems(w, ""), 0);
}

static void target_vanishes(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        start(w);
        world_config(w, "targets:\n  alerts: {type: alertmanager, url: 'http://127.0.0.1:2'}\n");
        expect_rest(w, HOURS(1));
        assert_int_equal(problems(w, "is no longer in the config"), 1);
        assert_int_equal(problems(w, "db, other"), 1);
        assert_int_equal(world_said_times(w, "is no longer in the config"), 1);
        world_until(w, at("2027-02-01T01:30:00Z"));
        expect_page(w, "db", "scheduled"); /* nothing else happens */
        world_config(w, "");
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(problems(w, ""), 0);
        expect_page(w, "db", "in_progress");
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        expect_mails(w, "other", 1, 0, 0, 0, 0);
}

/* ── 28: people were here before ───────────────────────────────────────────────────────────────────────────── */

static const char *id_of(json_t *o) {
        return json_string_value(json_object_get(o, "id"));
}

static json_t *entered_by_hand(World *w) {
        json_t *theirs = remote_model_enter(PAGE(w), "Work on db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");

        night(w, "");
        start(w);
        expect_page(w, "db", "not there");
        expect_sync(w, "db", "public", SYNC_ALREADY_THERE);
        assert_true(digest_of(w, "public") != 0);
        expect_rest(w, HOURS(2));
        world_stop(w);
        start(w);
        expect_sync(w, "db", "public", SYNC_ALREADY_THERE);
        return theirs;
}

static void twin_adopted(void **state) {
        auto_(world_free) World *w = begin(false, "");
        json_t *theirs = entered_by_hand(w);

        world_adopt(w, "public");
        assert_true(world_settle(w, MINUTES(2)));
        expect_page(w, "db", "scheduled");
        assert_string_equal(id_of(remote_model_any(PAGE(w), "db", NULL)), id_of(theirs));
        assert_int_equal(digest_of(w, "public"), 0);
        expect_rest(w, HOURS(1));
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 0, 1, 1, 0, 0); /* its owners announced it */
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
}

static void twin_approved(void **state) {
        auto_(world_free) World *w = begin(false, "");
        json_t *theirs = entered_by_hand(w);

        assert_return_code(world_approve(w, "public"), 0);
        assert_true(world_settle(w, MINUTES(2)));
        expect_page(w, "db", "scheduled");
        assert_string_not_equal(id_of(remote_model_any(PAGE(w), "db", NULL)), id_of(theirs));
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        assert_string_equal(remote_model_state(PAGE(w), theirs, w->real), "scheduled");
        expect_rest(w, HOURS(1));
}

static void twin_of_other_times(void **state) {
        auto_(world_free) World *w = begin(false, "");

        (void) remote_model_enter(PAGE(w), "Work on db", "2027-02-01T01:30:00Z", "2027-02-01T03:00:00Z");
        (void) remote_model_enter(PAGE(w), "Something else", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        night(w, "");
        start(w);
        expect_page(w, "db", "scheduled");
        expect_sync(w, "db", "public", SYNC_OK);
}

/* ── 29, 30: horizons ──────────────────────────────────────────────────────────────────────────────────────── */

static const char *const daily =
        "title: Nightly\nstart: 2027-01-21T02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\nrecurrence: {rule: FREQ=DAILY}\n";

static size_t scheduled(const World *w) {
        size_t n = 0;
        const char *id;
        json_t *o;

        json_object_foreach(PAGE(w)->objects, id, o)
                n += strcmp(remote_model_state(PAGE(w), o, w->real), "scheduled") == 0;
        return n;
}

static void first_is_announced(void **state) {
        auto_(world_free) World *w = begin(true, "");
        auto_(arena_free) Arena *a = arena_new();

        world_write(w, "nightly.yaml", daily);
        w->read_only = true;
        start(w);
        assert_int_equal(plan_of(w, "public", a)->n_actions, 29);
        assert_int_equal(plan_of(w, "public", a)->notices, 1);
        assert_int_equal(w->writes, 0);
        world_stop(w);
        w->read_only = false;
        world_start(w);
        assert_true(world_settle(w, MINUTES(10)));
        assert_int_equal(scheduled(w), 29);
        assert_int_equal(PAGE(w)->n_mails, 1);
        expect_mails(w, "nightly@2027-01-21T02:00", 1, 0, 0, 0, 0);
        /* Those that come in with the days are passes of their own. */
        world_until(w, at("2027-01-21T12:00:00Z"));
        expect_mails(w, "nightly@2027-01-21T02:00", 1, 1, 1, 0, 0);
        assert_int_equal(PAGE(w)->n_mails, 3 + 2);
        assert_int_equal(scheduled(w), 30);
        assert_int_equal(PAGE(w)->useless, 0);
}

static void shorter_horizon(void **state) {
        auto_(world_free) World *w = begin(false, "resync: 6h\n");

        world_write(w, "nightly.yaml", daily);
        start(w);
        assert_true(world_settle(w, MINUTES(10)));
        assert_int_equal(scheduled(w), 29);
        world_config(w, "horizon: 7d\nresync: 6h\n");
        assert_true(world_settle(w, MINUTES(2)));
        expect_rest(w, HOURS(20));
        assert_int_equal(scheduled(w), 29);
        world_stop(w);
        start(w);
        assert_int_equal(scheduled(w), 29);
        world_until(w, at("2027-01-23T12:00:00Z"));
        assert_int_equal(scheduled(w), 26);
        world_writef(w, "nightly.yaml", "%sannounce: 2d\n", daily);
        reload(w);
        assert_int_equal(scheduled(w), 26);
        world_until(w, at("2027-02-17T12:00:00Z"));
        assert_int_equal(scheduled(w), 2); /* those of 18 and 19 February */
        assert_int_equal(PAGE(w)->useless, 0);
}

static void half_a_year_ahead(void **state) {
        auto_(world_free) World *w = begin(false, "resync: 6h\n");

        window(w, "summer", "2027-07-20T02:00", "2027-07-20T04:00", "");
        window(w, "later", "2027-07-20T02:00", "2027-07-20T04:00", "announce: 14d\n");
        start(w);
        expect_page(w, "summer", "scheduled");
        expect_sync(w, "later", "public", SYNC_NOT_YET);
        world_until(w, at("2027-07-05T23:59:59Z"));
        expect_page(w, "later", "not there");
        world_until(w, at("2027-07-06T00:00:02Z"));
        expect_page(w, "later", "scheduled");
        window(w, "later", "2027-07-20T02:00", "2027-07-20T04:00", "announce: 2d\n");
        reload(w);
        expect_page(w, "later", "scheduled");
        expect_mails(w, "later", 1, 0, 0, 0, 0);
        expect_mails(w, "summer", 1, 0, 0, 0, 0);
}

/* ── 31, 32: waiting for a person ──────────────────────────────────────────────────────────────────────────── */

/* No driver of today speaks of a status page that starts by its own clock; the Alertmanager's mutes are of that kind. */
static void nobody_comes(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "auto_start: false\n");
        start(w);
        world_until(w, at("2027-02-01T02:00:00Z"));
        expect_page(w, "db", "scheduled");
        assert_int_equal(json_object_size(ALERTS(w)->objects), 0);
        assert_false(world_said(w, "missed"));
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_sync(w, "db", "public", SYNC_MISSED);
        assert_int_equal(world_said_times(w, "missed: nobody has started it"), 1);
        world_until(w, at("2027-02-02T02:59:59Z"));
        assert_int_equal(world_said_times(w, "missed: nobody has started it"), 1);
        world_until(w, at("2027-02-04T03:10:00Z"));
        assert_int_equal(world_said_times(w, "missed: nobody has started it"), 4);
        expect_page(w, "db", "scheduled");
        expect_mails(w, "db", 1, 0, 0, 0, 0);
        window(w, "db", "2027-02-08T02:00", "2027-02-08T04:00", "auto_start: false\n");
        reload(w);
        expect_sync(w, "db", "public", SYNC_OK);
        expect_page(w, "db", "scheduled");
        expect_mails(w, "db", 1, 0, 0, 0, 1);
        world_until(w, at("2027-02-08T01:40:00Z"));
        window(w, "db", "2027-02-08T02:00", "2027-02-08T04:00", "auto_start: false\nstate: in_progress\n");
        reload(w);
        expect_page(w, "db", "in_progress");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        assert_true(remote_model_time(remote_model_any(ALERTS(w), "db", NULL), "startsAt") >= at("2027-02-08T01:40:00Z"));
        assert_false(world_said(w, "(late)"));
        world_until(w, at("2027-02-08T03:00:01Z"));
        expect_page(w, "db", "completed");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        expect_mails(w, "db", 1, 1, 1, 0, 1);
        expect_rest(w, DAYS(2));
}

static void missed_and_cancelled(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "auto_start: false\n");
        start(w);
        world_until(w, at("2027-02-01T04:00:00Z"));
        night(w, "auto_start: false\nstate: cancelled\n");
        reload(w);
        expect_page(w, "db", "cancelled");
        expect_mails(w, "db", 1, 0, 0, 1, 0);
        expect_rest(w, DAYS(3));
        assert_int_equal(world_said_times(w, "missed: nobody has started it"), 1);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 0);
}

static void missed_and_completed(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "auto_start: false\n");
        start(w);
        world_until(w, at("2027-02-01T04:00:00Z"));
        night(w, "auto_start: false\nstate: completed\n");
        reload(w);
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 0, 1, 0, 0); /* start and end have both passed: only the end is told */
        expect_rest(w, DAYS(3));
        assert_int_equal(json_object_size(ALERTS(w)->objects), 0);
}

static usec_t silenced_until(World *w) {
        return remote_model_time(remote_model_any(ALERTS(w), "db", NULL), "endsAt");
}

static void overrun(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "auto_complete: false\n");
        start(w);
        world_until(w, at("2027-02-01T02:54:59Z"));
        assert_int_equal(silenced_until(w), at("2027-02-01T03:00:00Z"));
        world_until(w, at("2027-02-01T02:55:01Z"));
        assert_int_equal(silenced_until(w), at("2027-02-01T03:30:00Z"));
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "in_progress");
        expect_sync(w, "db", "public", SYNC_OVERRUNNING);
        assert_int_equal(world_said_times(w, "public db: overrunning"), 1);
        world_until(w, at("2027-02-01T05:10:00Z"));
        assert_int_equal(silenced_until(w), at("2027-02-01T05:30:00Z"));
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 2);
        expect_page(w, "db", "in_progress");
        expect_mails(w, "db", 1, 1, 0, 0, 0);
        night(w, "auto_complete: false\nstate: completed\n");
        reload(w);
        expect_page(w, "db", "completed");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        expect_rest(w, DAYS(2));
        assert_int_equal(world_said_times(w, "public db: overrunning"), 1);
}

static void overrun_while_down(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "auto_complete: false\n");
        start(w);
        world_until(w, at("2027-02-01T02:50:00Z"));
        world_stop(w);
        world_until(w, at("2027-02-01T03:10:00Z"));
        start(w);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0); /* the safe side */
        expect_page(w, "db", "in_progress");
        expect_rest(w, HOURS(2));
        assert_int_equal(json_object_size(ALERTS(w)->objects), 2);
}

/* ── 33, 34, 35: second thoughts ───────────────────────────────────────────────────────────────────────────── */

static void postponed(void **state) {
        auto_(world_free) World *w = begin(true, "");
        json_t *updates;

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:20:00Z"));
        window(w, "db", "2027-02-02T02:00", "2027-02-02T04:00", "message: The disks are late.\n");
        reload(w);
        expect_page(w, "db", "scheduled");
        expect_generation(w, "db", 1);
        updates = json_object_get(remote_model_any(PAGE(w), "db", "cancelled"), "updates");
        assert_int_equal(json_array_size(updates), 1);
        assert_string_equal(json_string_value(json_object_get(json_array_get(updates, 0), "message")), "The disks are late.");
        expect_mails(w, "db", 2, 1, 0, 1, 0);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        expect_rest(w, HOURS(20));
        world_until(w, at("2027-02-02T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 2, 2, 1, 1, 0);
        assert_int_equal(json_array_size(json_object_get(remote_model_any(PAGE(w), "db", "completed"), "updates")), 0);
        expect_rest(w, DAYS(1));
}

static void moved_within_the_past(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:20:00Z"));
        window(w, "db", "2027-02-01T01:30", "2027-02-01T04:00", "");
        reload(w);
        expect_page(w, "db", "in_progress");
        expect_generation(w, "db", 0);
        expect_mails(w, "db", 1, 1, 0, 0, 0);
        expect_rest(w, HOURS(1));
        assert_int_equal(json_object_size(ALERTS(w)->objects), 2);
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_mails(w, "db", 1, 1, 1, 0, 0);
}

static void suspended(World *w) {
        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T00:30:00Z"));
        window(w, "db", "2027-02-01T02:00", "2027-02-01T04:30", "description: other words\nsuspend: true\n");
        reload(w);
        expect_sync(w, "db", "public", SYNC_SUSPENDED);
        expect_rest(w, MINUTES(10));
}

static void suspension_passes_over(void **state) {
        auto_(world_free) World *w = begin(false, "");

        suspended(w);
        world_until(w, at("2027-02-01T01:00:01Z"));
        assert_int_equal(world_said_times(w, "suspended: not started"), 1);
        world_until(w, at("2027-02-01T06:00:00Z"));
        assert_int_equal(world_said_times(w, "suspended: not started"), 1);
        assert_int_equal(world_said_times(w, "suspended: not ended"), 1);
        expect_page(w, "db", "scheduled");
        expect_mails(w, "db", 1, 0, 0, 0, 0);
        night(w, "");
        reload(w);
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 0, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

static void suspension_ends_in_time(void **state) {
        auto_(world_free) World *w = begin(false, "");

        suspended(w);
        world_until(w, at("2027-02-01T02:00:00Z"));
        night(w, "");
        reload(w);
        expect_page(w, "db", "in_progress");
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

static void deletion_ends_suspension(void **state) {
        auto_(world_free) World *w = begin(false, "");

        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        suspended(w);
        world_write(w, "db.yaml", NULL);
        reload(w);
        expect_page(w, "db", "scheduled");
        world_for(w, MINUTES(5) + USEC_PER_SEC);
        expect_page(w, "db", "cancelled");
        expect_mails(w, "db", 1, 0, 0, 1, 0);
        expect_rest(w, DAYS(1));
}

/* The editing verbs themselves are maintctl's; this is what an edit that a pull has undone means to the engine. */
static void undone_completion(void **state) {
        auto_(world_free) World *w = begin(true, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:30:00Z"));
        night(w, "state: completed\n");
        reload(w);
        expect_page(w, "db", "completed");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        night(w, "");
        reload(w);
        expect_page(w, "db", "completed");
        expect_sync(w, "db", "public", SYNC_DIVERGED);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        expect_rest(w, DAYS(1));
        expect_sync(w, "db", "public", SYNC_OK); /* its time is over: nothing is wrong any more */
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        window(w, "db", "2027-02-05T02:00", "2027-02-05T04:00", "");
        reload(w);
        expect_page(w, "db", "scheduled");
        expect_generation(w, "db", 1);
        expect_mails(w, "db", 2, 1, 1, 0, 0);
}

/* The same for an early end of an extension: `maintctl extend`, pulled away again before the end. */
static void undone_extension(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:30:00Z"));
        window(w, "db", "2027-02-01T02:00", "2027-02-01T05:00", "");
        reload(w);
        assert_int_equal(page_time(w, "db", "scheduled_end"), at("2027-02-01T04:00:00Z"));
        world_until(w, at("2027-02-01T03:30:00Z"));
        expect_page(w, "db", "in_progress");
        night(w, "");
        reload(w);
        expect_page(w, "db", "completed");
        expect_rest(w, DAYS(1));
        expect_mails(w, "db", 1, 1, 1, 0, 1);
}

/* ── 36, 37: reload and plan ───────────────────────────────────────────────────────────────────────────────── */

/* What `maintctl reload` prints and how it exits is tested with the daemon; these are the counts it prints, and what is in force. */
static void one_of_forty(void **state) {
        auto_(world_free) World *w = begin(false, "");

        for (unsigned n = 0; n < 40; n++) {
                char id[8];

                (void) snprintf(id, sizeof(id), "m%02u", n);
                window(w, id, "2027-02-01T02:00", "2027-02-01T04:00", "");
        }
        world_write(w, "m07.yaml", "title: Work on m07\nstart: 2027-02-01T02:00\nduration: 2 fortnights\n");
        start(w);
        assert_int_equal(w->loaded.n_manifests, 40);
        assert_int_equal(w->loaded.n_refused, 1);
        assert_int_equal(w->loaded.n_in_force, 39);
        assert_true(world_said(w, "m07.yaml:3:"));
        assert_true(world_settle(w, MINUTES(5)));
        assert_int_equal(json_object_size(PAGE(w)->objects), 39);
        expect_page(w, "m07", "not there");
        world_until(w, at("2027-01-21T00:00:00Z"));
        window(w, "m07", "2027-02-01T02:00", "2027-02-01T04:00", "");
        world_write(w, "m08.yaml", "title: [\n");
        window(w, "m09", "2027-02-01T03:00", "2027-02-01T04:00", "");
        reload(w);
        assert_int_equal(w->loaded.n_refused, 1);
        assert_int_equal(w->loaded.n_in_force, 39); /* of these as they are; m08 goes on as it was */
        expect_page(w, "m07", "scheduled");
        expect_page(w, "m08", "scheduled");
        expect_mails(w, "m08", 1, 0, 0, 0, 0);
        expect_mails(w, "m09", 1, 0, 0, 0, 1);
}

static void target_down(void **state) {
        auto_(world_free) World *w = begin(true, "");

        w->down[0] = true;
        night(w, "");
        world_start(w);
        world_for(w, MINUTES(10));
        expect_sync(w, "db", "public", SYNC_UNREACHABLE);
        expect_sync(w, "db", "alerts", SYNC_OK);
        assert_int_equal(world_said_times(w, "cannot be reached"), 1);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        w->down[0] = false;
        world_reload(w); /* tries it at once */
        world_for(w, 2 * USEC_PER_SEC);
        expect_page(w, "db", "scheduled");
        expect_sync(w, "db", "public", SYNC_OK);
        expect_mails(w, "db", 1, 0, 0, 0, 0);
}

static void six_hundred_creates(void **state) {
        auto_(world_free) World *w = begin(false, "horizon: 600d\n");

        world_write(w, "nightly.yaml", daily);
        window(w, "soon", "2027-01-20T01:10", "2027-01-20T01:20", ""); /* 00:10 UTC, in the middle of it */
        PAGE(w)->writes_per_min = 30;
        world_start(w);
        world_until(w, at("2027-01-20T00:05:00Z"));
        assert_in_range(PAGE(w)->writes, 110, 150);
        expect_page(w, "soon", "scheduled");
        world_until(w, at("2027-01-20T00:10:01Z"));
        expect_page(w, "soon", "in_progress");
        world_until(w, at("2027-01-20T00:20:01Z"));
        expect_page(w, "soon", "completed");
        world_until(w, at("2027-01-20T00:35:00Z"));
        assert_int_equal(scheduled(w), 600);
        assert_true(PAGE(w)->refused < 30);
        expect_mails(w, "soon", 1, 1, 1, 0, 0);
        assert_int_equal(PAGE(w)->n_mails, 3 + 1);
        expect_rest(w, HOURS(1));
}

/* Who may ask and with which exit status is tested with the programs. */
static void plan_changes_nothing(void **state) {
        auto_(world_free) World *w = begin(true, "");
        auto_(arena_free) Arena *a = arena_new();
        const Plan *first, *second;

        night(w, "");
        many(w, 9, 12, "");
        start(w);
        w->down[0] = w->down[1] = true;
        window(w, "db", "2027-02-01T03:00", "2027-02-01T05:00", "");
        many(w, 9, 12, "state: cancelled\n");
        window(w, "new", "2027-02-07T02:00", "2027-02-07T04:00", "");
        world_stop(w);
        w->down[0] = w->down[1] = false;
        w->read_only = true;
        start(w);
        first = plan_of(w, "public", a);
        world_for(w, HOURS(1));
        second = plan_of(w, "public", a);
        assert_int_equal(first->n_actions, 5);
        assert_int_equal(first->n_actions, second->n_actions);
        for (size_t n = 0; n < first->n_actions; n++) {
                assert_int_equal(action_compare(&first->actions[n].action, &second->actions[n].action), 0);
                assert_string_equal(first->actions[n].text, second->actions[n].text);
        }
        assert_int_equal(first->notices, 5);
        assert_int_equal(first->digest, second->digest);
        assert_int_equal(PAGE(w)->writes, 4);
        expect_mails(w, "db", 1, 0, 0, 0, 0);
        /* And the daemon does what was shown. */
        world_stop(w);
        w->read_only = false;
        start(w);
        assert_int_equal(PAGE(w)->writes, 4 + 5);
        assert_int_equal(PAGE(w)->n_mails, 4 + 5);
        expect_rest(w, HOURS(1));
}

/* ── 38: clocks ────────────────────────────────────────────────────────────────────────────────────────────── */

static void clock_unset(void **state) {
        auto_(world_free) World *w = world_new(22, at("2000-01-01T00:00:00Z"), false, "");

        w->build_date = at("2026-11-01T00:00:00Z");
        night(w, "");
        start(w);
        world_for(w, HOURS(1));
        assert_int_equal(w->writes, 0);
        assert_int_equal(problems(w, "the clock is implausible"), 1);
        world_step_clock(w, (int64_t) (at("2027-02-01T00:59:30Z") - w->real), true);
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "db", "scheduled");
        assert_int_equal(problems(w, ""), 0);
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_mails(w, "db", 1, 1, 1, 0, 0);
}

static void clock_before_the_ledger(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        window(w, "soon", "2027-01-20T04:00", "2027-01-20T05:00", "");
        start(w);
        world_until(w, at("2027-01-20T03:30:00Z"));
        expect_page(w, "soon", "in_progress");
        world_stop(w);
        w->real = at("2027-01-20T01:00:00Z");
        start(w);
        night(w, "state: cancelled\n");
        reload(w);
        expect_rest(w, HOURS(1));
        expect_page(w, "db", "scheduled");
        assert_int_equal(world_said_times(w, "before the ledger's last entry"), 1);
        world_step_clock(w, 2 * (int64_t) HOURS(1), true);
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "db", "cancelled");
        expect_page(w, "soon", "completed");
        expect_rest(w, HOURS(1));
}

/* A little back is daily life. */
static void clock_a_little_back(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:10:00Z"));
        world_step_clock(w, -(int64_t) MINUTES(20), true);
        expect_rest(w, MINUTES(15));
        expect_page(w, "db", "in_progress"); /* what has started has started */
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 0);
}

static void clock_far_ahead(World *w, usec_t to) {
        night(w, "");
        start(w);
        world_step_clock(w, (int64_t) (to - w->real), false);
        world_for(w, HOURS(1));
        expect_page(w, "db", "scheduled");
        assert_int_equal(problems(w, "the clock was stepped forward by more than a day"), 1);
}

static void clock_in_2106(void **state) {
        auto_(world_free) World *w = begin(false, "");
        uint64_t writes = 0;

        clock_far_ahead(w, at("2106-02-07T06:28:15Z"));
        writes = w->writes;
        night(w, "labels: {ticket: OPS-1}\n"); /* goes to the ledger alone */
        world_reload(w);
        world_for(w, HOURS(1));
        assert_int_equal(w->writes, writes);
        world_step_clock(w, -(int64_t) (w->real - at("2027-01-20T01:00:00Z")), true);
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(problems(w, ""), 0);
        assert_int_equal(w->writes, writes);
        world_stop(w);
        start(w);
        assert_int_equal(problems(w, ""), 0); /* and the ledger did not believe that clock either */
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        expect_rest(w, DAYS(1));
}

static void clock_synchronised(void **state) {
        auto_(world_free) World *w = begin(false, "");

        clock_far_ahead(w, at("2027-02-01T02:00:00Z"));
        world_step_clock(w, 0, true);
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "db", "completed");
        expect_mails(w, "db", 1, 0, 1, 0, 0); /* an hour has passed: start and end both lie behind */
}

static int clock_digest(void *userdata, const char *target, const char *text) {
        const char *s = strstr(text, "maintctl approve ");

        if (s)
                *(uint64_t *) userdata = strtoull(s + strlen("maintctl approve "), NULL, 16);
        return 0;
}

static void clock_approved(void **state) {
        auto_(world_free) World *w = begin(false, "");
        uint64_t digest = 0;

        clock_far_ahead(w, at("2027-02-01T00:30:00Z"));
        assert_return_code(engine_each_problem(w->engine, clock_digest, &digest), 0);
        assert_return_code(engine_told_approval(w->engine, world_now(w), digest), 0);
        w->wake_boot = w->boot;
        assert_true(world_settle(w, MINUTES(1)));
        assert_int_equal(problems(w, ""), 0);
        expect_page(w, "db", "in_progress");
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_mails(w, "db", 1, 1, 1, 0, 0);
}

/* ── 39: more at once than the target takes ────────────────────────────────────────────────────────────────── */

/* One file with windows "PREFIX00" … */
static void crowd(World *w, const char *prefix, unsigned n, const char *from, const char *to) {
        auto_(free) char *path = textf("%s.yaml", prefix), *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (unsigned k = 0; k < n; k++)
                (void) fprintf(f, "---\nid: %s%02u\ntitle: Work on %s%02u\nstart: %s\nend: %s\ntimezone: Europe/Berlin\n", prefix, k, prefix, k, from, to);
        (void) fclose(f);
        world_write(w, path, text);
}

/* When the last (or first) of a crowd reached a state. */
static usec_t reached(World *w, const char *prefix, unsigned n, const char *member, bool last) {
        usec_t t = last ? 0 : USEC_INFINITY;

        for (unsigned k = 0; k < n; k++) {
                char id[16];
                usec_t one;

                (void) snprintf(id, sizeof(id), "%s%02u", prefix, k);
                one = page_time(w, id, member);
                t = last ? MAX(t, one) : MIN(t, one);
        }
        return t;
}

static void hundred_starts(void **state) {
        auto_(world_free) World *w = begin(false, "");
        auto_(arena_free) Arena *a = arena_new();

        crowd(w, "s", 100, "2027-02-01T02:00", "2027-02-01T06:00");
        crowd(w, "e", 10, "2027-02-01T00:00", "2027-02-01T02:00");
        PAGE(w)->writes_per_min = 30;
        world_start(w);
        assert_true(world_settle(w, MINUTES(10)));
        assert_int_equal(scheduled(w), 110);
        world_until(w, at("2027-02-01T00:30:00Z"));
        assert_true(plan_says(plan_of(w, "public", a), "30 writes a minute"));
        /* Eighty of what is due at 01:00 do not fit into the first minute: 2 min 40 s. */
        assert_true(plan_says(plan_of(w, "public", a), "110 transitions are due at 2027-02-01T01:00:00Z"));
        assert_true(plan_says(plan_of(w, "public", a), "2min 40s late"));
        /* Announcements that come in just then wait. */
        world_until(w, at("2027-02-01T00:59:00Z"));
        crowd(w, "n", 100, "2027-02-20T02:00", "2027-02-20T06:00");
        world_reload(w);
        world_until(w, at("2027-02-01T01:10:00Z"));
        assert_true(reached(w, "e", 10, "completed_at", true) <= at("2027-02-01T01:00:20Z")); /* a quarter of the budget was kept for them */
        assert_true(reached(w, "e", 10, "completed_at", true) <= reached(w, "s", 100, "started_at", false));
        assert_true(reached(w, "s", 100, "started_at", false) >= at("2027-02-01T01:00:00Z"));
        assert_true(reached(w, "s", 100, "started_at", true) <= at("2027-02-01T01:05:00Z"));
        assert_true(reached(w, "s", 1, "started_at", true) <= reached(w, "s", 100, "started_at", true));
        world_until(w, at("2027-02-01T01:20:00Z"));
        assert_true(world_settle(w, MINUTES(5)));
        assert_int_equal(scheduled(w), 100);
        assert_true(PAGE(w)->refused < 20);
        assert_int_equal(PAGE(w)->n_mails, 110 + 110 + 10 + 100);
        assert_int_equal(PAGE(w)->useless, 0);
}

static void alone_it_is_on_time(void **state) {
        auto_(world_free) World *w = begin(false, "");
        auto_(arena_free) Arena *a = arena_new();

        night(w, "");
        crowd(w, "s", 20, "2027-02-01T02:00", "2027-02-01T06:00");
        start(w);
        world_until(w, at("2027-02-01T00:30:00Z"));
        assert_false(plan_says(plan_of(w, "public", a), ""));
        world_until(w, at("2027-02-01T01:00:01Z"));
        assert_true(reached(w, "s", 20, "started_at", true) <= at("2027-02-01T01:00:01Z"));
        expect_page(w, "db", "in_progress");
}

/* ── 40: half an edit ──────────────────────────────────────────────────────────────────────────────────────── */

/* When a tree counts as still is the daemon's to see; this is what a load means that could not wait for it. */
static void unsettled_tree(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        world_write(w, "nightly.yaml", daily);
        start(w);
        assert_true(world_settle(w, MINUTES(5)));
        world_write(w, "db.yaml", NULL);
        world_write(w, "nightly.yaml",
                    "title: Nightly\nstart: 2027-01-21T02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\nrecurrence: {rule: FREQ=DAILY;COUNT=20}\n");
        window(w, "new", "2027-02-05T02:00", "2027-02-05T04:00", "");
        w->unsettled = true;
        reload(w);
        expect_page(w, "new", "scheduled");
        assert_int_equal(scheduled(w), 31);
        expect_rest(w, MINUTES(10)); /* longer than withdraw_after */
        assert_int_equal(scheduled(w), 31);
        world_stop(w);
        start(w);
        expect_rest(w, MINUTES(10));
        /* Back on the branch that is meant. */
        night(w, "");
        world_write(w, "nightly.yaml", daily);
        w->unsettled = false;
        reload(w);
        expect_rest(w, MINUTES(10));
        expect_mails(w, "db", 1, 0, 0, 0, 0);
}

static void settled_afterwards(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        window(w, "other", "2027-02-03T02:00", "2027-02-03T04:00", "");
        start(w);
        world_write(w, "db.yaml", NULL);
        w->unsettled = true;
        reload(w);
        expect_rest(w, MINUTES(20));
        w->unsettled = false;
        reload(w);
        world_for(w, MINUTES(4));
        expect_page(w, "db", "scheduled");
        world_for(w, MINUTES(2));
        expect_page(w, "db", "cancelled");
}

static void half_saved(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_write(w, "db.yaml", "title: Work on db\nstart: 2027-02-01T02:00\nend: 2027-0");
        reload(w);
        world_write(w, "db.yaml", "");
        reload(w);
        window(w, "4913", "2027-02-01T02:00", "2027-02-01T04:00", ""); /* what vim writes to see whether it may */
        world_write(w, "4913.yaml", NULL);
        expect_rest(w, HOURS(1));
        window(w, "db", "2027-02-01T02:00", "2027-02-01T05:00", "");
        reload(w);
        assert_int_equal(page_time(w, "db", "scheduled_end"), at("2027-02-01T04:00:00Z"));
        expect_mails(w, "db", 1, 0, 0, 0, 1);
}

/* ── 41: names of services ─────────────────────────────────────────────────────────────────────────────────── */

static json_t *component(World *w, size_t n) {
        return json_array_get(PAGE(w)->services, n);
}

static const char *service_of(World *w, const char *key) {
        json_t *list = json_object_get(remote_model_any(PAGE(w), key, NULL), "services");

        assert_int_equal(json_array_size(list), 1);
        return json_string_value(json_object_get(json_array_get(list, 0), "id"));
}

static void api_only(World *w, const char *id, const char *day, const char *title) {
        auto_(free) char *path = textf("%s.yaml", id);

        world_writef(w, path, "title: %s\nstart: %sT02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\n", title, day);
}

static void renamed_service(void **state) {
        auto_(world_free) World *w = begin(false, "");
        auto_(arena_free) Arena *a = arena_new();

        api_only(w, "before", "2027-02-01", "Before");
        start(w);
        assert_string_equal(service_of(w, "before"), "svc_1");
        assert_false(plan_says(plan_of(w, "public", a), ""));
        json_object_set_new(component(w, 0), "name", json_string("Public interface"));
        json_object_set_new(component(w, 2), "name", json_string("API")); /* and its old name goes to another */
        api_only(w, "after", "2027-02-02", "After");
        reload(w);
        assert_string_equal(service_of(w, "after"), "svc_1");
        assert_true(plan_says(plan_of(w, "public", a), "'API' is called 'Public interface' there now"));
        expect_rest(w, HOURS(2));
        /* The ledger knows it after a restart, and a change of the config. */
        world_crash(w);
        api_only(w, "before", "2027-02-01", "Before all");
        api_only(w, "later", "2027-02-03", "Later");
        start(w);
        world_config(w, "resync: 10min\n");
        assert_true(world_settle(w, MINUTES(1)));
        assert_string_equal(service_of(w, "before"), "svc_1");
        assert_string_equal(service_of(w, "later"), "svc_1");
        assert_true(plan_says(plan_of(w, "public", a), "{api: {id: svc_1}}"));
        expect_rest(w, HOURS(1));
        /* The config's own word wins. */
        world_config(w, "targets:\n  public: " KODO ", services: {api: API}}\n");
        assert_true(world_settle(w, MINUTES(1)));
        assert_string_equal(service_of(w, "before"), "svc_3");
        world_config(w, "targets:\n  public: " KODO ", services: {api: Database}}\n");
        assert_true(world_settle(w, MINUTES(1)));
        assert_string_equal(service_of(w, "before"), "svc_2");
        expect_mails(w, "before", 1, 0, 0, 0, 0);
        expect_rest(w, HOURS(1));
}

static void two_of_one_name(void **state) {
        auto_(world_free) World *w = begin(false, "");
        auto_(arena_free) Arena *a = arena_new();

        api_only(w, "before", "2027-02-01", "Before");
        start(w);
        json_object_set_new(component(w, 2), "name", json_string("API"));
        api_only(w, "after", "2027-02-02", "After");
        reload(w);
        assert_string_equal(service_of(w, "after"), "svc_1");
        assert_true(plan_says(plan_of(w, "public", a), "'API' alone no longer says which one there"));
        expect_rest(w, HOURS(2));
}

/* What it was is gone: then the name counts again. */
static void replaced_service(void **state) {
        auto_(world_free) World *w = begin(false, "");
        auto_(arena_free) Arena *a = arena_new();

        api_only(w, "before", "2027-02-01", "Before");
        start(w);
        json_object_set_new(component(w, 0), "id", json_string("svc_9"));
        api_only(w, "after", "2027-02-02", "After");
        reload(w);
        assert_string_equal(service_of(w, "after"), "svc_9");
        assert_string_equal(service_of(w, "before"), "svc_9");
        assert_false(plan_says(plan_of(w, "public", a), ""));
        expect_rest(w, HOURS(2));
}

static void two_from_the_start(void **state) {
        auto_(world_free) World *w = begin(false, "");
        WindowStatus s;

        json_object_set_new(component(w, 2), "name", json_string("API"));
        api_only(w, "before", "2027-02-01", "Before");
        start(w);
        expect_sync(w, "before", "public", SYNC_UNRESOLVED);
        assert_true(world_status(w, "before", "public", &s));
        assert_non_null(strstr(s.problem, "2 have the name 'API' there"));
        expect_rest(w, HOURS(1));
        json_object_set_new(component(w, 2), "name", json_string("Web"));
        reload(w);
        assert_string_equal(service_of(w, "before"), "svc_1");
}

/* ── 42: a message goes out once ───────────────────────────────────────────────────────────────────────────── */

static size_t posted(World *w, const char *text) {
        json_t *updates = json_object_get(remote_model_any(PAGE(w), "db", NULL), "updates"), *u;
        size_t i, n = 0;

        json_array_foreach(updates, i, u)
                n += strcmp(json_string_value(json_object_get(u, "message")), text) == 0;
        return n;
}

static void message_once(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T02:30:00Z"));
        window(w, "db", "2027-02-01T02:00", "2027-02-01T05:00", "message: We need an hour more.\n");
        reload(w);
        assert_int_equal(posted(w, "We need an hour more."), 1);
        expect_mails(w, "db", 1, 1, 0, 0, 1);
        window(w, "db", "2027-02-01T02:00", "2027-02-01T05:30", "message: We need an hour more.\n");
        reload(w);
        world_stop(w);
        start(w);
        world_until(w, at("2027-02-01T04:30:01Z"));
        expect_page(w, "db", "completed");
        assert_int_equal(posted(w, "We need an hour more."), 1);
        expect_mails(w, "db", 1, 1, 1, 0, 2);
}

static void message_waits_for_news(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        world_until(w, at("2027-02-01T01:30:00Z"));
        night(w, "description: Other words.\nmessage: All went well.\n"); /* an edit that nobody is told of */
        reload(w);
        assert_int_equal(posted(w, "All went well."), 0);
        world_until(w, at("2027-02-01T03:00:01Z"));
        expect_page(w, "db", "completed");
        assert_int_equal(posted(w, "All went well."), 1);
        expect_mails(w, "db", 1, 1, 1, 0, 0);
        night(w, "description: Other words.\nmessage: All went very well.\n");
        reload(w);
        expect_rest(w, DAYS(1));
}

static void message_anew(void **state) {
        auto_(world_free) World *w = begin(false, "");

        night(w, "");
        start(w);
        window(w, "db", "2027-02-01T03:00", "2027-02-01T05:00", "message: Later.\n");
        reload(w);
        window(w, "db", "2027-02-01T04:00", "2027-02-01T06:00", "message: Later still.\n");
        reload(w);
        assert_int_equal(posted(w, "Later."), 1);
        assert_int_equal(posted(w, "Later still."), 1);
        expect_mails(w, "db", 1, 0, 0, 0, 2);
        expect_rest(w, DAYS(1));
}

const Situation situations_22_to_42[] = {
        { 22, "deleted there: not published again, whatever else is edited", gone_stays_gone },
        { 22, "deleted there: new times publish the next generation", gone_and_moved },
        { 22, "deleted there: a new state publishes the next generation", gone_and_started },
        { 22, "deleted there: approve publishes the next generation", gone_and_approved },
        { 22, "deleted there, then cancelled: nothing is left to do", gone_after_all },
        { 22, "a page restored without our windows has lost its data, one approve restores all", lost_data },
        { 23, "the last good version survives a restart and goes on", last_good_survives },
        { 23, "a version that survived is withdrawn when its broken file goes", broken_then_deleted },
        { 24, "a file of unknown ids withdraws nothing", unknown_ids_withdraw_nothing },
        { 24, "when all ids are known again the grace begins", known_ids_withdraw_again },
        { 25, "an empty or unreadable directory changes nothing", empty_directory },
        { 25, "three of three are held until approved", three_of_three },
        { 25, "a single window may be cancelled", one_of_one_goes },
        { 25, "loads of an hour are counted together", salami },
        { 26, "a held window goes on; approve releases what its digest names", held_goes_on },
        { 26, "what comes after an approval is held anew", approved_and_no_more },
        { 27, "a renamed target goes on", target_renamed },
        { 27, "a retiring target is emptied and then says so once", target_retires },
        { 27, "a target that vanishes with live windows is an error that lists them", target_vanishes },
        { 28, "entered by hand: adopt takes it over", twin_adopted },
        { 28, "entered by hand: approve publishes another", twin_approved },
        { 28, "other times or another title are no twin", twin_of_other_times },
        { 29, "of a series published in one pass the first is announced", first_is_announced },
        { 30, "a shorter horizon withdraws nothing", shorter_horizon },
        { 30, "a one-off is published at once unless it has announce", half_a_year_ahead },
        { 31, "nobody comes: missed, daily, until it is moved and a person starts it", nobody_comes },
        { 31, "missed and then cancelled by a person", missed_and_cancelled },
        { 31, "missed and then completed by a person", missed_and_completed },
        { 32, "an overrunning window is kept open where a clock would end it", overrun },
        { 32, "an overrun while maintd is down ends there", overrun_while_down },
        { 33, "postponed after it began: cancelled with a message and published anew", postponed },
        { 33, "a start moved within the past changes nothing", moved_within_the_past },
        { 34, "a suspension passes over due times, a line each, and is made up for", suspension_passes_over },
        { 34, "a suspension that ends in time starts it then", suspension_ends_in_time },
        { 34, "deletion ends the suspension", deletion_ends_suspension },
        { 35, "an undone completion re-opens nothing", undone_completion },
        { 35, "an undone extension ends it", undone_extension },
        { 36, "one bad manifest of forty: what is good has been applied", one_of_forty },
        { 36, "a target that is down holds up nothing, a reload tries it at once", target_down },
        { 36, "six hundred creates at thirty a minute delay no transition", six_hundred_creates },
        { 37, "a plan changes nothing and is what is then done", plan_changes_nothing },
        { 38, "an unset clock writes nothing", clock_unset },
        { 38, "a clock well before the ledger writes nothing", clock_before_the_ledger },
        { 38, "a clock stepped a little back repeats nothing", clock_a_little_back },
        { 38, "a clock stepped to 2106 and back changes nothing", clock_in_2106 },
        { 38, "a step forward that the kernel vouches for is made up for", clock_synchronised },
        { 38, "a step forward that a person vouches for is made up for", clock_approved },
        { 39, "a hundred starts at thirty a minute: ends first, within the limit, foretold", hundred_starts },
        { 39, "what fits the limit is on time", alone_it_is_on_time },
        { 40, "a tree that does not come to rest withdraws nothing", unsettled_tree },
        { 40, "the grace begins when the tree has come to rest", settled_afterwards },
        { 40, "half an edit changes nothing", half_saved },
        { 41, "a renamed service keeps its id, over a restart and a change of the config", renamed_service },
        { 41, "a second component of its name changes nothing", two_of_one_name },
        { 41, "a service that is there no longer is looked for by name again", replaced_service },
        { 41, "two of one name from the start are not guessed between", two_from_the_start },
        { 42, "a message goes out once", message_once },
        { 42, "a message waits for something that is told", message_waits_for_news },
        { 42, "another text is another message", message_anew },
        { 0, NULL, NULL },
};
