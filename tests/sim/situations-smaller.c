/*
 * Situations: the list of smaller ones
 *
 * As far as a world can show them: no driver of today has a limit to the length of texts.
 */
#include "situations-kit.h"

static World *begin(bool both, const char *extra) {
        return world_new(42, at("2027-01-20T00:00:00Z"), both, extra);
}

static const char *first_service(World *w, const char *key) {
        return json_string_value(json_object_get(json_array_get(json_object_get(remote_model_any(PAGE(w), key, NULL), "services"), 0), "id"));
}

#define KODO "{type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t"

static void service_by_name(void **state) {
        auto_(world_free) World *w = begin(false, "targets:\n  public: " KODO ", services: {api: Web, database: {id: svc_4}}}\n");

        world_write(w, "a.yaml", "title: A\nstart: 2027-02-01T02:00Z\nduration: 1h\nservices: [api]\n");
        world_write(w, "b.yaml", "title: B\nstart: 2027-02-01T02:00Z\nduration: 1h\nservices: [database]\n");
        world_write(w, "c.yaml", "title: C\nstart: 2027-02-01T02:00Z\nduration: 1h\nservices: [mail]\n");
        start(w);
        assert_string_equal(first_service(w, "a"), "svc_3");
        assert_string_equal(first_service(w, "b"), "svc_4");
        assert_string_equal(first_service(w, "c"), "svc_4"); /* of the catalogue's title */
}

static void service_unknown(void **state) {
        auto_(world_free) World *w = begin(false, "targets:\n  public: " KODO ", services: {api: Webb}}\n");
        WindowStatus s;

        world_write(w, "a.yaml", "title: A\nstart: 2027-02-01T02:00Z\nduration: 1h\nservices: [api]\n");
        start(w);
        expect_page(w, "a", "not there");
        expect_sync(w, "a", "public", SYNC_UNRESOLVED);
        assert_true(world_status(w, "a", "public", &s));
        assert_non_null(strstr(s.problem, "did you mean 'Web'?"));
        world_config(w, "targets:\n  public: " KODO ", services: {api: Web}}\n");
        assert_true(world_settle(w, MINUTES(1)));
        expect_page(w, "a", "scheduled");
        expect_mails(w, "a", 1, 0, 0, 0, 0);
}

/* Of a good file and its edit: the edit is refused with @says, and what was in force goes on. */
static void refuses(const char *good, const char *bad, const char *says) {
        auto_(world_free) World *w = begin(false, "");

        world_write(w, "a.yaml", good);
        start(w);
        assert_int_equal(w->loaded.n_refused, 0);
        world_write(w, "a.yaml", bad);
        reload(w);
        assert_int_equal(w->loaded.n_refused, 1);
        assert_true(world_said(w, ": error: "));
        if (!world_said(w, says))
                fail_msg("not said: %s\n%s", says, w->history);
        expect_rest(w, HOURS(1));
}

#define WEEKLY "title: A\nstart: 2027-02-01T02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\nrecurrence:\n  rule: FREQ=WEEKLY;BYDAY=MO\n"

static void start_off_the_rule(void **state) {
        refuses(WEEKLY, "title: A\nstart: 2027-02-02T02:00\nduration: 1h\ntimezone: Europe/Berlin\nrecurrence: {rule: FREQ=WEEKLY;BYDAY=MO}\n", "2027-02-08");
}

static void month_is_no_span(void **state) {
        refuses("title: A\nstart: 2027-02-01T02:00\nduration: 30d\n", "title: A\nstart: 2027-02-01T02:00\nduration: 1month\n", "month");
}

static void longer_than_its_distance(void **state) {
        refuses(WEEKLY, "title: A\nstart: 2027-02-01T02:00\nduration: 8d\ntimezone: Europe/Berlin\nrecurrence: {rule: FREQ=WEEKLY;BYDAY=MO}\n", "a.yaml:3:");
}

static void override_left_over(void **state) {
        auto_(world_free) World *w = begin(false, "");

        world_write(w, "a.yaml", WEEKLY "  overrides:\n    - {occurrence: 2027-02-08T02:00, title: B}\n");
        start(w);
        assert_false(world_said(w, ": warning: "));
        world_write(w, "a.yaml",
                    "title: A\nstart: 2027-02-01T02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [api]\nrecurrence:\n  rule: FREQ=WEEKLY;BYDAY=MO;INTERVAL=2\n"
                    "  overrides:\n    - {occurrence: 2027-02-08T02:00, title: B}\n");
        reload(w);
        assert_int_equal(w->loaded.n_refused, 0);
        assert_true(world_said(w, ": warning: "));
        expect_page(w, "a@2027-02-08T02:00", "cancelled");
        expect_page(w, "a@2027-02-15T02:00", "scheduled");
}

static void excepted(void **state) {
        auto_(world_free) World *w = begin(true, "");

        world_write(w, "a.yaml", WEEKLY);
        start(w);
        expect_page(w, "a@2027-02-08T02:00", "scheduled");
        world_write(w, "a.yaml", WEEKLY "  except: [2027-02-08]\n");
        reload(w);
        expect_page(w, "a@2027-02-08T02:00", "cancelled");
        expect_page(w, "a@2027-02-01T02:00", "scheduled");
        expect_page(w, "a@2027-02-15T02:00", "scheduled");
        expect_mails(w, "a@2027-02-08T02:00", 0, 0, 0, 1, 0); /* published quietly, after the first of its pass */
        assert_int_equal(remote_model_live(ALERTS(w), "a@2027-02-08T02:00", w->real), 0);
        world_until(w, at("2027-02-08T01:30:00Z"));
        expect_page(w, "a@2027-02-08T02:00", "cancelled");
        assert_int_equal(PAGE(w)->useless, 0);
}

/* The last Sunday of March 2027 has 23 hours in Berlin. */
static void days_and_hours(void **state) {
        auto_(world_free) World *w = begin(false, "");

        world_write(w, "days.yaml", "title: A\nstart: 2027-03-27T12:00\nduration: 1d\ntimezone: Europe/Berlin\n");
        world_write(w, "hours.yaml", "title: B\nstart: 2027-03-27T12:00\nduration: 24h\ntimezone: Europe/Berlin\n");
        world_write(w, "both.yaml", "title: C\nstart: 2027-03-27T01:30\nduration: 1d 1h\ntimezone: Europe/Berlin\n");
        start(w);
        assert_int_equal(page_time(w, "days", "scheduled_end"), at("2027-03-28T10:00:00Z"));
        assert_int_equal(page_time(w, "hours", "scheduled_end"), at("2027-03-28T11:00:00Z"));
        assert_int_equal(page_time(w, "both", "scheduled_end"), at("2027-03-28T01:30:00Z")); /* 01:30 the next day, and an hour */
}

static void old_files(void **state) {
        auto_(world_free) World *w = begin(true, "");

        window(w, "old", "2027-01-20T03:00", "2027-01-20T04:00", "");
        window(w, "db", "2027-02-01T02:00", "2027-02-01T04:00", "");
        start(w);
        world_until(w, at("2027-01-25T00:00:00Z"));
        expect_page(w, "old", "completed");
        world_write(w, "old.yaml", NULL);
        reload(w);
        expect_rest(w, HOURS(1));
        assert_int_equal(world_said_times(w, "withdrawn"), 0);
        world_stop(w);
        start(w);
        expect_rest(w, HOURS(1));
        expect_page(w, "old", "completed");
        expect_mails(w, "old", 1, 1, 1, 0, 0);
}

static void reminder_before_its_publication(void **state) {
        auto_(world_free) World *w = begin(false, "");

        window(w, "db", "2027-02-01T02:00", "2027-02-01T04:00", "announce: 2h\nnotify: {reminders: [24h, 1h]}\n");
        start(w);
        assert_true(world_said(w, "db.yaml:"));
        assert_true(world_said(w, ": warning: "));
        world_until(w, at("2027-01-31T23:30:00Z"));
        expect_page(w, "db", "scheduled");
        assert_int_equal(remote_model_mails(PAGE(w), "db", "reminder"), 0);
        world_until(w, at("2027-02-01T00:30:00Z"));
        assert_int_equal(remote_model_mails(PAGE(w), "db", "reminder"), 1);
        expect_mails(w, "db", 1, 0, 0, 0, 1);
}

static void no_services(void **state) {
        auto_(world_free) World *w = begin(true, "");

        world_write(w, "all.yaml", "title: Everything\nstart: 2027-02-01T02:00\nduration: 1h\ntimezone: Europe/Berlin\n");
        start(w);
        expect_page(w, "all", "scheduled");
        assert_true(world_said(w, ": warning: "));
        world_until(w, at("2027-02-01T01:30:00Z"));
        expect_page(w, "all", "in_progress");
        assert_int_equal(json_object_size(ALERTS(w)->objects), 0);
        world_until(w, at("2027-02-01T02:00:01Z"));
        expect_mails(w, "all", 1, 1, 1, 0, 0);
}

const Situation smaller_situations[] = {
        { 0, "a service is a name at its target, or an id, or the catalogue's title", service_by_name },
        { 0, "a service that does not resolve is not published, and says why", service_unknown },
        { 0, "a start that its rule does not give is refused with the next date that fits", start_off_the_rule },
        { 0, "months are no span", month_is_no_span },
        { 0, "a window longer than the distance to the next is refused", longer_than_its_distance },
        { 0, "an override left over is a warning", override_left_over },
        { 0, "excepting a published occurrence cancels it", excepted },
        { 0, "a day is a calendar day, 24 hours are 24 hours, days come first", days_and_hours },
        { 0, "deleting the manifest of a finished window changes nothing", old_files },
        { 0, "a reminder due before the publication is not sent", reminder_before_its_publication },
        { 0, "a window without services is announced and mutes nothing", no_services },
        { 0, NULL, NULL },
};
