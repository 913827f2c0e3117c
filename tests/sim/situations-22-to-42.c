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
        auto_(world_free) World *w = begin(false, "");

        world_write(w, "nightly.yaml", daily);
        start(w);
        assert_true(world_settle(w, MINUTES(10)));
        assert_int_equal(scheduled(w), 29);
        world_config(w, "horizon: 7d\n");
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
        auto_(world_free) World *w = begin(false, "");

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
        { 0, NULL, NULL },
};
