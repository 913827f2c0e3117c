/*
 * Situations 1 to 21
 *
 * "page" is the status page, whose mails are counted, "alerts" the Alertmanager, whose silences are. Berlin is UTC+1 here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "situations.h"

/* ── saying what is meant ──────────────────────────────────────────────────────────────────────────────────── */

#define PAGE(w) ((w)->models[0])
#define ALERTS(w) ((w)->models[1])

static const char *const berlin = "timezone: Europe/Berlin\nservices: [api, database]\n";
/* 01:00 to 03:00 UTC */
static const char *const night = "title: Database Migration\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\ntimezone: Europe/Berlin\nservices: [api, database]\n";

static World *world_at(const char *now, const char *extra) {
        return world_new(1, at(now), true, extra);
}

static void until(World *w, const char *t) {
        world_until(w, at(t));
}

/* A manifest has been edited, and the daemon told. */
printf_(3, 4) static void edit(World *w, const char *path, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                abort();
        va_end(ap);
        world_write(w, path, text);
        world_reload(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
}

static void erase(World *w, const char *path) {
        world_write(w, path, NULL);
        world_reload(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
}

static json_t *on_page(World *w, const char *window) {
        json_t *o = remote_model_any(PAGE(w), window, NULL);

        if (!o)
                fail_msg("%s is not on the page", window);
        return o;
}

static void show(World *w) {
        (void) fflush(w->log);
        if (getenv("SHOW"))
                (void) fprintf(stderr, "%s", w->history);
}

static void state_is(World *w, const char *window, const char *state) {
        show(w);
        assert_string_equal(remote_model_state(PAGE(w), on_page(w, window), w->real), state);
}

static void times_are(World *w, const char *window, const char *start, const char *end) {
        const json_t *o = on_page(w, window);

        assert_string_equal(json_string_value(json_object_get(o, "scheduled_start")), start);
        assert_string_equal(json_string_value(json_object_get(o, "scheduled_end")), end);
}

/* Exactly these mails about this window: "scheduled in_progress completed", in order. */
static void story_is(World *w, const char *window, const char *story) {
        auto_(free) char *told = textf("%s", "");
        char key[KEY_SIZE + 1];

        (void) snprintf(key, sizeof(key), "%s#", window);
        for (size_t n = 0; n < PAGE(w)->n_mails; n++) {
                const Mail *m = &PAGE(w)->mails[n];
                const char *name = *m->marker ? strchr(m->marker + strlen("maintd:"), ':') : NULL;

                if (name && text_starts(name + 1, key)) {
                        char *more = textf("%s%s%s", told, *told ? " " : "", m->event);

                        free(told);
                        told = more;
                }
        }
        show(w);
        assert_string_equal(told, story);
}

static size_t silences(World *w, const char *window, const char *state) {
        const char *id;
        size_t n = 0;
        char key[KEY_SIZE + 1];
        json_t *o;

        (void) snprintf(key, sizeof(key), ":%s#", window);
        json_object_foreach(ALERTS(w)->objects, id, o)
                n += strstr(json_string_value(json_object_get(o, "comment")), key) &&
                     (!state || strcmp(remote_model_state(ALERTS(w), o, w->real), state) == 0);
        return n;
}

static void sync_is(World *w, const char *window, const char *target, Sync sync) {
        WindowStatus s;

        show(w);
        assert_true(world_status(w, window, target, &s));
        assert_string_equal(sync_to_string(s.sync), sync_to_string(sync));
}

static unsigned generation_of(World *w, const char *window) {
        const char *marker = json_string_value(json_object_get(on_page(w, window), "external_id"));
        MarkerParts m;

        assert_int_equal(marker_parse(marker, &m), 0);
        return m.generation;
}

static void said(World *w, const char *text) {
        show(w);
        if (!world_said(w, text))
                fail_msg("never said: %s", text);
}

/* Another manifest, far away: a directory that has become empty would be an error. */
static void with_another(World *w) {
        world_writef(w, "other.yaml", "title: Another\nstart: 2028-01-10T02:00\nduration: 1h\n%s", berlin);
}

/* Nothing is left to be done, nothing was written in vain, and nothing more is written in the next ten days. */
static void the_end(World *w) {
        uint64_t writes;

        assert_true(world_settle(w, USEC_PER_MINUTE));
        writes = w->writes;
        world_for(w, 10 * USEC_PER_DAY);
        show(w);
        assert_int_equal(w->writes, writes);
        assert_int_equal(PAGE(w)->useless, 0);
        assert_int_equal(ALERTS(w)->useless, 0);
}

/* Nothing is written for so long. */
static void calm(World *w, usec_t span) {
        uint64_t writes = w->writes;

        world_for(w, span);
        show(w);
        assert_int_equal(w->writes, writes);
}

/* ── 1 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const reminded = "title: Database Migration\ntimezone: Europe/Berlin\nservices: [api, database]\nnotify: {reminders: [24h, 1h]}\n";

static void move_is_told_once_and_reminds_of_the_new_start(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        const json_t *minutes;

        world_writef(w, "db.yaml", "%sstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n", reminded);
        world_start(w);
        until(w, "2027-02-01T00:30:00Z");
        story_is(w, "db", "scheduled reminder reminder");
        assert_int_equal(silences(w, "db", "scheduled"), 2);

        edit(w, "db.yaml", "%sstart: 2027-02-01T03:00\nend: 2027-02-01T05:00\n", reminded);
        story_is(w, "db", "scheduled reminder reminder rescheduled");
        times_are(w, "db", "2027-02-01T02:00:00Z", "2027-02-01T04:00:00Z");
        minutes = json_object_get(on_page(w, "db"), "reminder_minutes");
        assert_int_equal(json_array_size(minutes), 2);
        assert_int_equal(json_integer_value(json_array_get(minutes, 0)), 60);
        assert_int_equal(json_integer_value(json_array_get(minutes, 1)), 1440);
        assert_int_equal(silences(w, "db", NULL), 2);

        until(w, "2027-02-01T01:30:00Z");
        state_is(w, "db", "scheduled");
        assert_int_equal(silences(w, "db", "in_progress"), 0);
        until(w, "2027-02-01T02:00:01Z");
        state_is(w, "db", "in_progress");
        assert_int_equal(silences(w, "db", "in_progress"), 2);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled reminder reminder rescheduled reminder in_progress completed");
        assert_int_equal(generation_of(w, "db"), 0);
}

/* ── 2 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const weekly = "title: Backup\nstart: 2027-02-07T02:00\nduration: 2h\ntimezone: Europe/Berlin\nservices: [database]\nrecurrence: {rule: FREQ=WEEKLY}\n";
#define FIRST "backup@2027-02-07T02:00"

static World *while_the_first_runs(void) {
        World *w = world_at("2027-02-01T00:00:00Z", "");

        world_write(w, "backup.yaml", weekly);
        with_another(w);
        world_start(w);
        until(w, "2027-02-07T01:30:00Z");
        state_is(w, FIRST, "in_progress");
        return w;
}

static void running_occurrence_keeps_its_times(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        /* Another rule, start, duration and zone; and a text, which does reach it. */
        edit(w, "backup.yaml", "title: Full Backup\nstart: 2027-02-02T05:00\nduration: 4h\ntimezone: Europe/London\nservices: [database]\n"
                               "recurrence: {rule: FREQ=WEEKLY}\n");
        times_are(w, FIRST, "2027-02-07T01:00:00Z", "2027-02-07T03:00:00Z");
        assert_string_equal(json_string_value(json_object_get(on_page(w, FIRST), "title")), "Full Backup");
        assert_int_equal(silences(w, FIRST, "in_progress"), 1);
        world_crash(w);
        world_start(w);
        until(w, "2027-02-07T02:59:59Z");
        state_is(w, FIRST, "in_progress");
        until(w, "2027-02-07T03:00:01Z");
        state_is(w, FIRST, "completed");
        story_is(w, FIRST, "scheduled in_progress completed");
        assert_int_equal(silences(w, FIRST, "in_progress"), 0);
        /* The next ones, still ahead, have moved and said so once each. */
        times_are(w, "backup@2027-02-09T05:00", "2027-02-09T05:00:00Z", "2027-02-09T09:00:00Z");
        story_is(w, "backup@2027-02-09T05:00", "scheduled"); /* one more than there were: nobody has heard of it */
        assert_int_equal(PAGE(w)->useless, 0);
}

static void except_and_extra_pass_a_running_occurrence_by(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        edit(w, "backup.yaml", "title: Backup\nstart: 2027-02-07T02:00\nduration: 2h\ntimezone: Europe/Berlin\nservices: [database]\n"
                               "recurrence: {rule: FREQ=WEEKLY, except: [2027-02-07], extra: [2027-02-10T02:00]}\n");
        state_is(w, FIRST, "in_progress");
        until(w, "2027-02-07T03:00:01Z");
        state_is(w, FIRST, "completed");
        story_is(w, FIRST, "scheduled in_progress completed");
}

static void running_occurrence_follows_its_own_override(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        edit(w, "backup.yaml", "title: Backup\nstart: 2027-02-07T02:00\nduration: 1h\ntimezone: Europe/Berlin\nservices: [database]\n"
                               "recurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-07T02:00, end: 2027-02-07T05:00}\n");
        times_are(w, FIRST, "2027-02-07T01:00:00Z", "2027-02-07T04:00:00Z");
        until(w, "2027-02-07T03:59:59Z");
        state_is(w, FIRST, "in_progress");
        assert_int_equal(silences(w, FIRST, "in_progress"), 1);
        until(w, "2027-02-07T04:00:01Z");
        story_is(w, FIRST, "scheduled in_progress updated completed");
}

static void running_occurrence_is_cancelled_with_its_series(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        edit(w, "backup.yaml", "%sstate: cancelled\n", weekly);
        until(w, "2027-02-07T01:31:00Z");
        /* With the whole series at once the guard would wait for a person. */
        (void) world_approve(w, "public");
        (void) world_approve(w, "alerts");
        until(w, "2027-02-07T01:32:00Z");
        state_is(w, FIRST, "cancelled");
        story_is(w, FIRST, "scheduled in_progress cancelled");
        assert_int_equal(silences(w, FIRST, "in_progress"), 0);
}

static void running_occurrence_is_withdrawn_with_its_manifest(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        erase(w, "backup.yaml");
        (void) world_approve(w, "public");
        (void) world_approve(w, "alerts");
        until(w, "2027-02-07T01:34:50Z");
        state_is(w, FIRST, "in_progress");
        until(w, "2027-02-07T01:36:00Z");
        state_is(w, FIRST, "cancelled");
        assert_int_equal(silences(w, FIRST, "in_progress"), 0);
        the_end(w);
}

/* ── 3 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void deletion_undone_within_the_grace_is_not_noticed(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        WindowStatus s;

        world_write(w, "db.yaml", night);
        with_another(w);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        erase(w, "db.yaml");
        said(w, "db: its manifest has vanished: its windows are withdrawn in 5min");
        assert_true(world_status(w, "db", "public", &s));
        assert_string_equal(s.next_what, "withdraw");
        assert_int_equal(s.withdraw_at / USEC_PER_SEC, at("2027-01-20T12:05:00Z") / USEC_PER_SEC);
        calm(w, 4 * USEC_PER_MINUTE);
        world_write(w, "db.yaml", night);
        world_reload(w);
        calm(w, USEC_PER_HOUR);
        said(w, "its manifest is back: nothing is withdrawn");
        state_is(w, "db", "scheduled");
        assert_int_equal(generation_of(w, "db"), 0);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled in_progress completed");
        the_end(w);
}

static void deletion_is_carried_out_after_the_grace_and_a_return_published_anew(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        with_another(w);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        erase(w, "db.yaml");
        until(w, "2027-01-20T12:04:59Z");
        state_is(w, "db", "scheduled");
        until(w, "2027-01-20T12:05:01Z");
        state_is(w, "db", "cancelled");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        said(w, "withdrawn: its manifest was deleted");
        story_is(w, "db", "scheduled cancelled");
        calm(w, USEC_PER_DAY);

        world_write(w, "db.yaml", night);
        world_reload(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        state_is(w, "db", "scheduled");
        assert_int_equal(generation_of(w, "db"), 1);
        assert_false(world_said(w, "nothing is withdrawn"));
        assert_int_equal(silences(w, "db", "scheduled"), 2);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled cancelled scheduled in_progress completed");
}

static void grace_goes_on_over_a_restart(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        with_another(w);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        erase(w, "db.yaml");
        until(w, "2027-01-20T12:03:00Z");
        world_crash(w);
        world_start(w);
        until(w, "2027-01-20T12:04:59Z");
        state_is(w, "db", "scheduled");
        until(w, "2027-01-20T12:05:02Z");
        state_is(w, "db", "cancelled");
        the_end(w);
        story_is(w, "db", "scheduled cancelled");
}

static void without_grace_a_deletion_and_with_it_a_word_act_at_once(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "withdraw_after: 0\n"), *v = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        with_another(w);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        erase(w, "db.yaml");
        state_is(w, "db", "cancelled");
        the_end(w);

        world_write(v, "db.yaml", night);
        world_start(v);
        until(v, "2027-01-20T12:00:00Z");
        edit(v, "db.yaml", "%sstate: cancelled\nmessage: Not now.\n", night);
        state_is(v, "db", "cancelled");
        assert_int_equal(silences(v, "db", "scheduled"), 0);
        assert_int_equal(json_array_size(json_object_get(on_page(v, "db"), "updates")), 1);
        the_end(v);
        story_is(v, "db", "scheduled cancelled");
        v = world_free(v);
}

/* ── 4 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void renamed_file_goes_on_as_it_was(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        world_write(w, "db.yaml", NULL);
        edit(w, "move/db-2027.yaml", "%s", night);
        said(w, "renamed from db: its windows go on");
        state_is(w, "move/db-2027", "scheduled");
        assert_null(remote_model_any(PAGE(w), "db", NULL));
        assert_int_equal(generation_of(w, "move/db-2027"), 0);
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 2);
        assert_int_equal(silences(w, "move/db-2027", "scheduled"), 2);
        world_crash(w);
        world_start(w);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        assert_int_equal(PAGE(w)->n_mails, 3);
        story_is(w, "move/db-2027", "in_progress completed");
}

static void rename_of_a_running_series_goes_on_too(void **state) {
        auto_(world_free) World *w = while_the_first_runs();
        size_t mails = PAGE(w)->n_mails, objects = json_object_size(PAGE(w)->objects);

        world_write(w, "backup.yaml", NULL);
        edit(w, "night.yaml", "%s", weekly);
        until(w, "2027-02-07T01:40:00Z");
        state_is(w, "night@2027-02-07T02:00", "in_progress");
        assert_int_equal(PAGE(w)->n_mails, mails);
        assert_int_equal(json_object_size(PAGE(w)->objects), objects);
        until(w, "2027-02-07T03:00:01Z");
        state_is(w, "night@2027-02-07T02:00", "completed");
        assert_int_equal(PAGE(w)->n_mails, mails + 1);
}

static void rename_with_an_edit_says_formerly(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-20T12:00:00Z");
        world_write(w, "db.yaml", NULL);
        edit(w, "db2.yaml", "formerly: db\ntitle: Database Move\nstart: 2027-02-01T02:00\nend: 2027-02-01T05:00\n%s", berlin);
        state_is(w, "db2", "scheduled");
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db2"), "title")), "Database Move");
        times_are(w, "db2", "2027-02-01T01:00:00Z", "2027-02-01T04:00:00Z");
        /* The move counts, the rename does not. */
        assert_int_equal(PAGE(w)->n_mails, 2);
        story_is(w, "db2", "updated");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db2", "updated in_progress completed");
}

/* ── 5 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static const char *const updated = "title: Database Migration\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\ntimezone: Europe/Berlin\nservices: [api, database]\n"
                                   "updates:\n  - {at: +30min, message: first}\n  - {at: +1h, message: second}\n";

static void window_that_passed_while_a_target_was_down_is_told_once_by_its_end(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-01-31T12:00:00Z");
        w->down[0] = true;
        until(w, "2027-02-01T01:00:01Z");
        assert_int_equal(silences(w, "db", "in_progress"), 2); /* the other target is not held up */
        sync_is(w, "db", "public", SYNC_UNREACHABLE);
        until(w, "2027-02-01T12:00:00Z");
        assert_int_equal(silences(w, "db", "in_progress"), 0);
        w->down[0] = false;
        until(w, "2027-02-01T12:05:00Z");
        state_is(w, "db", "completed");
        story_is(w, "db", "scheduled completed");
        assert_int_equal(json_array_size(json_object_get(on_page(w, "db"), "updates")), 0);
        the_end(w);
}

static void window_first_published_after_its_start_is_told_as_started(void **state) {
        auto_(world_free) World *w = world_at("2027-01-31T12:00:00Z", "");

        w->down[0] = true;
        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-02-01T01:50:00Z");
        assert_int_equal(silences(w, "db", "in_progress"), 2);
        w->down[0] = false;
        until(w, "2027-02-01T01:52:00Z");
        state_is(w, "db", "in_progress");
        story_is(w, "db", "in_progress");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        /* Offsets count from the actual start there. */
        story_is(w, "db", "in_progress update update completed");
}

static void window_never_published_that_has_passed_is_not_published(void **state) {
        auto_(world_free) World *w = world_at("2027-01-31T12:00:00Z", "");

        w->down[0] = true;
        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T12:00:00Z");
        w->down[0] = false;
        until(w, "2027-02-01T12:10:00Z");
        assert_int_equal(json_object_size(PAGE(w)->objects), 0);
        assert_int_equal(PAGE(w)->n_mails, 0);
        the_end(w);
}

static void late_update_is_dropped_with_a_note(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-02-01T01:10:00Z");
        w->down[0] = true;
        until(w, "2027-02-01T02:05:00Z"); /* the first is 35 minutes late, the second 5 */
        w->down[0] = false;
        until(w, "2027-02-01T02:10:00Z");
        said(w, "update dropped: more than 15 minutes late");
        story_is(w, "db", "scheduled in_progress update");
        assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(on_page(w, "db"), "updates"), 0), "message")), "second");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress update completed");
        assert_int_equal(world_said_times(w, "update dropped"), 1);
}

/* ── 6 and 7 ───────────────────────────────────────────────────────────────────────────────────────────────── */

static void window_moved_into_the_past_is_held_at_its_last_good_times(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-31T12:00:00Z");
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-01-31T02:00\nend: 2027-01-31T04:00\n%s", berlin);
        said(w, "moved into the past");
        sync_is(w, "db", "public", SYNC_HELD);
        sync_is(w, "db", "alerts", SYNC_HELD);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        world_crash(w);
        world_start(w);
        until(w, "2027-02-01T01:00:01Z");
        state_is(w, "db", "in_progress");
        assert_int_equal(silences(w, "db", "in_progress"), 2);
        until(w, "2027-02-01T02:59:59Z");
        state_is(w, "db", "in_progress");
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "db", "completed");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void window_moved_into_the_past_ends_by_a_word(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-31T12:00:00Z");
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-01-31T02:00\nend: 2027-01-31T04:00\n%s", berlin);
        calm(w, USEC_PER_HOUR);
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-01-31T02:00\nend: 2027-01-31T04:00\nstate: cancelled\n%s", berlin);
        state_is(w, "db", "cancelled");
        the_end(w);
        story_is(w, "db", "scheduled cancelled");
}

static void start_moved_before_now_starts_at_once_and_is_not_late(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-31T12:00:00Z");
        world_forget_said(w);
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-01-31T10:00\nend: 2027-01-31T15:00\n%s", berlin);
        state_is(w, "db", "in_progress");
        times_are(w, "db", "2027-01-31T09:00:00Z", "2027-01-31T14:00:00Z");
        assert_int_equal(silences(w, "db", "in_progress"), 2);
        assert_false(world_said(w, "(late)"));
        until(w, "2027-01-31T14:00:02Z");
        state_is(w, "db", "completed");
        the_end(w);
        story_is(w, "db", "scheduled rescheduled in_progress completed");
        assert_int_equal(silences(w, "db", "in_progress"), 0);
}

/* With an earlier end than the start it had: there is no order of single changes in which one of them would be refused. */
static void whole_window_moved_over_now_starts_at_once(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-01-31T12:00:00Z");
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-01-31T12:30\nend: 2027-01-31T13:30\n%supdates:\n  - {at: +15min, message: first}\n", berlin);
        state_is(w, "db", "in_progress");
        times_are(w, "db", "2027-01-31T11:30:00Z", "2027-01-31T12:30:00Z");
        until(w, "2027-01-31T12:30:01Z");
        state_is(w, "db", "completed");
        story_is(w, "db", "scheduled rescheduled in_progress update completed");
        the_end(w);
}

/* ── 8 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void series_cannot_be_completed_only_one_of_its_occurrences(void **state) {
        auto_(world_free) World *w = while_the_first_runs();

        edit(w, "backup.yaml", "%sstate: completed\n", weekly);
        said(w, "backup.yaml:7:");
        said(w, "overrides");
        calm(w, 30 * USEC_PER_MINUTE); /* the last good version stays in force */
        state_is(w, FIRST, "in_progress");
        edit(w, "backup.yaml", "title: Backup\nstart: 2027-02-07T02:00\nduration: 2h\ntimezone: Europe/Berlin\nservices: [database]\n"
                               "recurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-07T02:00, state: completed}\n");
        state_is(w, FIRST, "completed");
        assert_int_equal(silences(w, FIRST, "in_progress"), 0);
        story_is(w, FIRST, "scheduled in_progress completed");
        until(w, "2027-02-14T01:00:01Z");
        state_is(w, "backup@2027-02-14T02:00", "in_progress");
        assert_int_equal(PAGE(w)->useless, 0);
}

static void cancelling_a_series_means_all_of_it(void **state) {
        auto_(world_free) World *w = while_the_first_runs();
        size_t known = json_object_size(PAGE(w)->objects);

        edit(w, "backup.yaml", "%sstate: cancelled\n", weekly);
        (void) world_approve(w, "public");
        (void) world_approve(w, "alerts");
        until(w, "2027-02-07T01:45:00Z");
        state_is(w, FIRST, "cancelled");
        state_is(w, "backup@2027-02-14T02:00", "cancelled");
        assert_int_equal(remote_model_live(ALERTS(w), "backup@2027-02-14T02:00", w->real), 0);
        the_end(w);
        assert_int_equal(json_object_size(PAGE(w)->objects), known); /* and none of those to come */
}

/* ── 9 ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* What the page shows of a service is the worst of what runs there; NULL: nothing runs. */
static const char *impact_of(World *w, const char *service) {
        const char *id, *worst = NULL;
        json_t *o, *s;
        size_t i;

        json_object_foreach(PAGE(w)->objects, id, o) {
                const char *impact = text_or(json_string_value(json_object_get(o, "impact")), "under_maintenance");

                if (strcmp(remote_model_state(PAGE(w), o, w->real), "in_progress") != 0)
                        continue;
                json_array_foreach(json_object_get(o, "services"), i, s)
                        if (strcmp(json_string_value(json_object_get(s, "name")), service) == 0 &&
                            (!worst || impact_from_string(impact) > impact_from_string(worst)))
                                worst = impact;
        }
        return worst;
}

static bool muted(World *w, const char *value) {
        const char *id;
        json_t *o, *m;
        size_t i;

        json_object_foreach(ALERTS(w)->objects, id, o)
                json_array_foreach(json_object_get(o, "matchers"), i, m)
                        if (strcmp(json_string_value(json_object_get(m, "value")), value) == 0 &&
                            strcmp(remote_model_state(ALERTS(w), o, w->real), "in_progress") == 0)
                                return true;
        return false;
}

static void service_stays_under_maintenance_until_the_last_window_ends(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "first.yaml", "title: First\nstart: 2027-02-01T01:00Z\nend: 2027-02-01T03:00Z\nservices: [api, database]\nimpact: major_outage\n");
        world_write(w, "second.yaml", "title: Second\nstart: 2027-02-01T02:00Z\nend: 2027-02-01T04:00Z\nservices: [api]\nimpact: degraded\n");
        world_start(w);
        until(w, "2027-02-01T02:30:00Z");
        assert_string_equal(impact_of(w, "API"), "major_outage");
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "first", "completed");
        state_is(w, "second", "in_progress");
        assert_string_equal(impact_of(w, "API"), "degraded");
        assert_null(impact_of(w, "Database"));
        assert_true(muted(w, "api"));
        assert_false(muted(w, "db"));
        until(w, "2027-02-01T03:59:59Z");
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T04:00:01Z");
        assert_null(impact_of(w, "API"));
        assert_false(muted(w, "api"));
        the_end(w);
}

/* A window cancelled while it runs does not take the mute of the other with it. */
static void cancelling_one_of_two_overlapping_windows_leaves_the_other(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        static const char *const first = "title: First\nstart: 2027-02-01T01:00Z\nend: 2027-02-01T03:00Z\nservices: [api]\n";

        world_write(w, "first.yaml", first);
        world_write(w, "second.yaml", "title: Second\nstart: 2027-02-01T02:00Z\nend: 2027-02-01T04:00Z\nservices: [api]\n");
        world_start(w);
        until(w, "2027-02-01T02:30:00Z");
        edit(w, "first.yaml", "%sstate: cancelled\n", first);
        state_is(w, "first", "cancelled");
        assert_string_equal(impact_of(w, "API"), "under_maintenance");
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T04:00:02Z");
        assert_false(muted(w, "api"));
        the_end(w);
}

/* ── 10 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void cancellation_taken_back_ahead_of_the_start_publishes_anew(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        edit(w, "db.yaml", "%sstate: cancelled\n", night);
        state_is(w, "db", "cancelled");
        calm(w, USEC_PER_DAY);
        edit(w, "db.yaml", "%s", night);
        state_is(w, "db", "scheduled");
        assert_int_equal(generation_of(w, "db"), 1);
        assert_int_equal(silences(w, "db", "scheduled"), 2);
        /* And once more. */
        edit(w, "db.yaml", "%sstate: cancelled\n", night);
        state_is(w, "db", "cancelled");
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
        world_crash(w);
        world_start(w);
        edit(w, "db.yaml", "%s", night);
        assert_int_equal(generation_of(w, "db"), 2);
        until(w, "2027-02-01T01:00:01Z");
        state_is(w, "db", "in_progress");
        assert_int_equal(silences(w, "db", "in_progress"), 2);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled cancelled scheduled cancelled scheduled in_progress completed");
}

static void cancellation_taken_back_after_the_start_stays(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        edit(w, "db.yaml", "%sstate: cancelled\n", night);
        until(w, "2027-02-01T01:30:00Z");
        edit(w, "db.yaml", "%s", night);
        calm(w, USEC_PER_MINUTE);
        state_is(w, "db", "cancelled");
        sync_is(w, "db", "public", SYNC_DIVERGED);
        sync_is(w, "db", "alerts", SYNC_DIVERGED);
        /* Its start moves ahead: published anew. */
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-02-02T02:00\nend: 2027-02-02T04:00\n%s", berlin);
        state_is(w, "db", "scheduled");
        assert_int_equal(generation_of(w, "db"), 1);
        sync_is(w, "db", "public", SYNC_OK);
        assert_int_equal(silences(w, "db", "scheduled"), 2);
        until(w, "2027-02-03T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled cancelled scheduled in_progress completed");
}

static void completed_and_uncompleted_stays_until_its_start_moves_ahead(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T01:30:00Z");
        edit(w, "db.yaml", "%sstate: completed\n", night);
        state_is(w, "db", "completed");
        assert_int_equal(silences(w, "db", "in_progress"), 0);
        edit(w, "db.yaml", "%s", night);
        calm(w, 20 * USEC_PER_MINUTE);
        state_is(w, "db", "completed");
        sync_is(w, "db", "public", SYNC_DIVERGED);
        sync_is(w, "db", "alerts", SYNC_DIVERGED);
        edit(w, "db.yaml", "title: Database Migration\nstart: 2027-02-02T02:00\nend: 2027-02-02T04:00\n%s", berlin);
        assert_int_equal(generation_of(w, "db"), 1);
        until(w, "2027-02-03T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed scheduled in_progress completed");
}

/* ── 11 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void reminders_are_sent_by_the_page_while_we_are_away(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "db.yaml", "%sstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n", reminded);
        world_start(w);
        until(w, "2027-01-30T00:00:00Z");
        world_crash(w);
        until(w, "2027-01-31T12:00:00Z");
        story_is(w, "db", "scheduled reminder");
        world_start(w);
        calm(w, USEC_PER_HOUR);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled reminder reminder in_progress completed");
        assert_int_equal(json_array_size(json_object_get(on_page(w, "db"), "updates")), 0);
        the_end(w);
}

/* What the page sends late, and what it drops, is its own: tests/integration/page. Here: nothing is sent in its place. */
static void reminder_missed_by_a_page_that_was_down_is_not_imitated(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "db.yaml", "%sstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n", reminded);
        world_start(w);
        until(w, "2027-01-30T00:00:00Z");
        w->down[0] = true;
        calm(w, 2 * USEC_PER_DAY + 30 * USEC_PER_MINUTE);
        w->down[0] = false;
        calm(w, 20 * USEC_PER_MINUTE);
        story_is(w, "db", "scheduled reminder"); /* the shorter one, by the page itself */
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled reminder in_progress completed");
        assert_int_equal(json_array_size(json_object_get(on_page(w, "db"), "updates")), 0);
        assert_int_equal(silences(w, "db", NULL), 2);
        the_end(w);
}

/* ── 12 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static usec_t mailed_at(World *w, const char *event, size_t nth) {
        for (size_t n = 0; n < PAGE(w)->n_mails; n++)
                if (strcmp(PAGE(w)->mails[n].event, event) == 0 && nth-- == 0)
                        return PAGE(w)->mails[n].at / USEC_PER_SEC * USEC_PER_SEC;
        return 0;
}

static void updates_are_posted_by_the_manifests_clock_and_by_the_actual_start(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "db.yaml", "%supdates:\n  - {at: 2027-02-01T03:30, message: by the clock}\n  - {at: +1h, message: by the start}\n", night);
        world_start(w);
        until(w, "2027-02-01T00:40:00Z");
        edit(w, "db.yaml", "%sstate: in_progress\nupdates:\n  - {at: 2027-02-01T03:30, message: by the clock}\n  - {at: +1h, message: by the start}\n", night);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled in_progress update update completed");
        assert_int_equal(mailed_at(w, "in_progress", 0), at("2027-02-01T00:40:00Z"));
        assert_int_equal(mailed_at(w, "update", 0), at("2027-02-01T01:40:00Z"));
        assert_int_equal(mailed_at(w, "update", 1), at("2027-02-01T02:30:00Z"));
        the_end(w);
}

static void offsets_are_elapsed_time_over_a_change_of_the_clocks(void **state) {
        auto_(world_free) World *w = world_at("2027-03-20T00:00:00Z", "");

        /* 01:30 CET is 00:30 UTC; at 01:00 UTC Berlin jumps to 03:00. */
        world_write(w, "night.yaml", "title: Night\nstart: 2027-03-28T01:30\nend: 2027-03-28T05:00\ntimezone: Europe/Berlin\nservices: [api]\n"
                                     "updates:\n  - {at: +1h, message: one hour on}\n  - {at: 2027-03-28T04:00, message: at four}\n");
        world_start(w);
        until(w, "2027-03-29T00:00:00Z");
        assert_int_equal(mailed_at(w, "update", 0), at("2027-03-28T01:30:00Z"));
        assert_int_equal(mailed_at(w, "update", 1), at("2027-03-28T02:00:00Z"));
        assert_int_equal(mailed_at(w, "completed", 0), at("2027-03-28T03:00:00Z"));
        story_is(w, "night", "scheduled in_progress update update completed");
        the_end(w);
}

static void update_corrected_after_it_was_posted_is_not_posted_again(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "db.yaml", "%supdates:\n  - {at: +30min, message: first}\n  - {at: +1h, message: secnod}\n", night);
        world_start(w);
        until(w, "2027-02-01T01:40:00Z");
        edit(w, "db.yaml", "%supdates:\n  - {at: +30min, message: the first}\n  - {at: +1h, message: second}\n", night);
        calm(w, 10 * USEC_PER_MINUTE);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled in_progress update update completed");
        assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(on_page(w, "db"), "updates"), 0), "message")), "first");
        assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(on_page(w, "db"), "updates"), 1), "message")), "second");
        the_end(w);
}

static void no_update_comes_after_the_end(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        static const char *const shorter = "title: Database Migration\nstart: 2027-02-01T02:00\nend: 2027-02-01T03:10\ntimezone: Europe/Berlin\nservices: [api, database]\n";

        world_writef(w, "db.yaml", "%supdates:\n  - {at: +1h, message: first}\n  - {at: +90min, message: second}\n", night);
        world_start(w);
        until(w, "2027-02-01T01:30:00Z");
        edit(w, "db.yaml", "%supdates:\n  - {at: +1h, message: first}\n  - {at: +65min, message: second}\n", shorter);
        until(w, "2027-02-01T02:00:30Z");
        edit(w, "db.yaml", "%sstate: completed\nupdates:\n  - {at: +1h, message: first}\n  - {at: +65min, message: second}\n", shorter);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled in_progress updated update completed");
        the_end(w);
}

static void updates_that_cannot_be_meant_are_errors(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "absolute.yaml", "%supdates:\n  - {at: 2027-02-07T03:00, message: first}\n", weekly);
        world_writef(w, "equal.yaml", "%supdates:\n  - {at: +1h, message: first}\n  - {at: +60min, message: second}\n", night);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        said(w, "absolute.yaml:8:");
        said(w, "equal.yaml:8:");
        assert_int_equal(world_said_times(w, ": error: "), 2);
        assert_int_equal(json_object_size(PAGE(w)->objects), 0);
        /* In an override an absolute time is one of that occurrence. */
        edit(w, "absolute.yaml", "title: Backup\nstart: 2027-02-07T02:00\nduration: 2h\ntimezone: Europe/Berlin\nservices: [database]\nupdates:\n  - {at: +90min, message: every}\n"
                                 "recurrence:\n  rule: FREQ=WEEKLY\n  overrides:\n    - {occurrence: 2027-02-14T02:00, updates: [{at: 2027-02-14T02:30, message: this}]}\n");
        until(w, "2027-02-15T00:00:00Z");
        story_is(w, "absolute@2027-02-07T02:00", "scheduled in_progress update completed");
        story_is(w, "absolute@2027-02-14T02:00", "in_progress update completed");
        assert_int_equal(mailed_at(w, "update", 0), at("2027-02-07T02:30:00Z"));
        assert_int_equal(mailed_at(w, "update", 1), at("2027-02-14T01:30:00Z"));
}

/* ── 13 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

#define MANY 200u

static void many_windows(World *w) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        for (unsigned n = 0; n < MANY; n++)
                (void) fprintf(f, "---\nid: all/host%03u\ntitle: Host %u\nstart: 2027-03-%02uT02:00\nduration: 1h\n", n, n, 1 + n % 28);
        (void) fclose(f);
        world_write(w, "all/hosts.yaml", text);
        free(text);
}

static size_t starting_at(World *w, const char *suffix) {
        const char *id;
        size_t n = 0;
        json_t *o;

        json_object_foreach(PAGE(w)->objects, id, o)
                n += strstr(json_string_value(json_object_get(o, "scheduled_start")), suffix) != NULL;
        return n;
}

static void moving_everything_by_a_default_waits_for_a_person(void **state) {
        auto_(world_free) World *w = world_at("2027-02-01T00:00:00Z", "");

        world_write(w, "_defaults.yaml", "timezone: Europe/Berlin\nservices: [api]\ntargets: [public]\n");
        many_windows(w);
        world_start(w);
        until(w, "2027-02-01T01:00:00Z");
        assert_int_equal(starting_at(w, "T01:00:00Z"), MANY);
        assert_int_equal(PAGE(w)->n_mails, MANY);
        edit(w, "_defaults.yaml", "timezone: America/New_York\nservices: [api]\ntargets: [public]\n");
        calm(w, USEC_PER_HOUR);
        said(w, "200 of 200 live windows would be moved: held");
        sync_is(w, "all/host007", "public", SYNC_HELD);
        assert_int_equal(starting_at(w, "T01:00:00Z"), MANY);
        assert_int_equal(world_approve(w, "public"), 0);
        world_for(w, USEC_PER_HOUR);
        assert_int_equal(starting_at(w, "T07:00:00Z") + starting_at(w, "T06:00:00Z"), MANY); /* New York changes its clocks on the 14th */
        assert_int_equal(PAGE(w)->n_mails, 2 * MANY);
        calm(w, 2 * USEC_PER_HOUR);
        assert_int_equal(PAGE(w)->useless, 0);
}

static void broken_defaults_leave_everything_below_as_it_was(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "team/_defaults.yaml", "timezone: Europe/Berlin\nservices: [api]\n");
        world_write(w, "team/db.yaml", "title: Database Migration\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n");
        world_write(w, "web.yaml", "title: Web\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\nservices: [web]\n");
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        edit(w, "team/_defaults.yaml", "timezone: Europe/Berlino\nservices: [api\n");
        calm(w, USEC_PER_DAY);
        said(w, "team/_defaults.yaml:");
        world_crash(w);
        world_start(w);
        calm(w, USEC_PER_DAY);
        /* What is not below it goes on. */
        edit(w, "web.yaml", "title: Web\nstart: 2027-02-01T03:00\nend: 2027-02-01T04:00\nservices: [web]\n");
        times_are(w, "web", "2027-02-01T03:00:00Z", "2027-02-01T04:00:00Z");
        until(w, "2027-02-01T01:00:01Z");
        state_is(w, "team/db", "in_progress");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "team/db", "scheduled in_progress completed");
}

static void defaults_merge_maps_replace_lists_and_the_nearest_wins(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        const json_t *o;

        world_write(w, "_defaults.yaml", "timezone: America/New_York\nservices: [api, web]\nnotify: {started: false, reminders: [24h, 1h]}\n");
        world_write(w, "team/_defaults.yaml", "timezone: Europe/Berlin\nservices: [database]\nnotify: {reminders: [2h]}\n");
        world_write(w, "team/db.yaml", "title: Database Migration\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\nnotify: {completed: false}\n");
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        times_are(w, "team/db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        o = on_page(w, "team/db");
        assert_int_equal(json_array_size(json_object_get(o, "services")), 1);
        assert_int_equal(json_array_size(json_object_get(o, "reminder_minutes")), 1);
        assert_int_equal(json_integer_value(json_array_get(json_object_get(o, "reminder_minutes"), 0)), 120);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "team/db", "scheduled reminder");
}

/* ── 14 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void expired_token_stops_writing_and_costs_nothing_but_time(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        unsigned writes, denied;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-31T23:00:00Z");
        PAGE(w)->deny = true;
        world_forget_said(w);
        until(w, "2027-01-31T23:06:00Z");
        writes = PAGE(w)->writes;
        denied = PAGE(w)->denied;
        until(w, "2027-02-01T02:00:00Z");
        assert_int_equal(PAGE(w)->writes, writes);
        /* After 1, 2, 4, 8 minutes and then every 15. */
        assert_in_range(PAGE(w)->denied - denied, 11, 15);
        assert_int_equal(world_said_times(w, "access denied"), 1);
        sync_is(w, "db", "public", SYNC_DENIED);
        assert_int_equal(silences(w, "db", "in_progress"), 2); /* the other goes on */
        state_is(w, "db", "scheduled");

        PAGE(w)->deny = false;
        if (engine_told_secret(w->engine, world_now(w), "public") < 0)
                abort();
        w->wake_boot = w->boot;
        world_for(w, 5 * USEC_PER_SEC);
        state_is(w, "db", "in_progress");
        said(w, "public db: started (late)");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void denied_target_is_tried_at_once_after_a_reload_and_by_itself(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        PAGE(w)->deny = true;
        until(w, "2027-01-25T06:00:00Z");
        edit(w, "db.yaml", "title: Moved\nstart: 2027-02-02T02:00\nend: 2027-02-02T04:00\n%s", berlin);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        PAGE(w)->deny = false;
        world_for(w, USEC_PER_SEC);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        world_reload(w);
        assert_true(world_settle(w, 2 * USEC_PER_SEC));
        times_are(w, "db", "2027-02-02T01:00:00Z", "2027-02-02T03:00:00Z");

        PAGE(w)->deny = true;
        until(w, "2027-01-26T06:00:00Z");
        sync_is(w, "db", "public", SYNC_OK); /* nothing is due there: the target is denied, the window as it should be */
        edit(w, "db.yaml", "title: Moved Again\nstart: 2027-02-02T02:00\nend: 2027-02-02T04:00\n%s", berlin);
        PAGE(w)->deny = false;
        world_for(w, 16 * USEC_PER_MINUTE);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "title")), "Moved Again");
        story_is(w, "db", "scheduled rescheduled");
}

/* ── 15 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

#define OTHER_LEDGER "ffeeddccbbaa9988"

static void restart_with(World *w, const char *ledger_id) {
        world_stop(w);
        world_new_ledger(w, ledger_id);
        world_start(w);
}

/* It cannot be told from a second host: what carries our name and another ledger's id waits for a person. */
static void lost_ledger_creates_nothing_twice_and_is_rebuilt_by_adopt(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        size_t silent;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        restart_with(w, OTHER_LEDGER);
        calm(w, USEC_PER_DAY);
        sync_is(w, "db", "public", SYNC_CLAIMED);
        sync_is(w, "db", "alerts", SYNC_CLAIMED);
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 2);
        silent = PAGE(w)->n_mails;
        world_adopt(w, "public");
        world_adopt(w, "alerts");
        assert_true(world_settle(w, USEC_PER_MINUTE));
        sync_is(w, "db", "public", SYNC_OK);
        sync_is(w, "db", "alerts", SYNC_OK);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "owner")), OTHER_LEDGER);
        assert_int_equal(PAGE(w)->n_mails, silent);
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_int_equal(generation_of(w, "db"), 0);
        calm(w, USEC_PER_DAY);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
        assert_int_equal(silences(w, "db", "in_progress"), 0);
}

/* What a colleague entered in the dashboard: no marker. */
static void entered_by_hand(World *w, const char *start, const char *end) {
        json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[{s:s, s:s}, {s:s, s:s}], s:i, s:b}", "id", "maint_900", "title", "Database Migration",
                              "status", "scheduled", "scheduled_start", start, "scheduled_end", end, "updates",
                              "services", "id", "svc_1", "name", "API", "id", "svc_2", "name", "Database", "version", 1, "auto_transition", 0);

        assert_non_null(o);
        json_object_set_new(PAGE(w)->objects, "maint_900", o);
}

static World *beside_a_twin(void) {
        World *w = world_at("2027-01-20T00:00:00Z", "");

        entered_by_hand(w, "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        sync_is(w, "db", "public", SYNC_ALREADY_THERE);
        sync_is(w, "db", "alerts", SYNC_OK);
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_int_equal(PAGE(w)->writes, 0);
        said(w, "already there: an object of someone else has its title and times");
        return w;
}

static void window_that_is_already_there_is_adopted(void **state) {
        auto_(world_free) World *w = beside_a_twin();

        world_adopt(w, "public");
        assert_true(world_settle(w, USEC_PER_MINUTE));
        sync_is(w, "db", "public", SYNC_OK);
        assert_int_equal(json_object_size(PAGE(w)->objects), 1);
        assert_int_equal(PAGE(w)->n_mails, 0);
        state_is(w, "db", "scheduled"); /* it carries our marker now */
        calm(w, USEC_PER_DAY);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "in_progress completed");
}

static void window_that_is_already_there_is_published_beside_it_when_approved(void **state) {
        auto_(world_free) World *w = beside_a_twin();

        assert_int_equal(world_approve(w, "public"), 0);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        sync_is(w, "db", "public", SYNC_OK);
        assert_int_equal(json_object_size(PAGE(w)->objects), 2);
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
        assert_string_equal(json_string_value(json_object_get(json_object_get(PAGE(w)->objects, "maint_900"), "status")), "scheduled");
}

static void window_that_is_already_there_waits_over_a_restart_and_goes_its_way_when_the_twin_does(void **state) {
        auto_(world_free) World *w = beside_a_twin();

        world_crash(w);
        world_start(w);
        calm(w, USEC_PER_DAY);
        sync_is(w, "db", "public", SYNC_ALREADY_THERE);
        json_object_del(PAGE(w)->objects, "maint_900");
        world_for(w, 6 * USEC_PER_MINUTE);
        state_is(w, "db", "scheduled");
        story_is(w, "db", "scheduled");
}

/* ── 16 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void week_old_backup_repeats_nothing(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(ledger_backup_free) LedgerBackup *backup = NULL;
        size_t mails, objects;

        world_write(w, "done.yaml", "title: Done\nstart: 2027-01-26T01:00Z\nend: 2027-01-26T03:00Z\nservices: [api]\n");
        world_write(w, "moved.yaml", "title: Moved\nstart: 2027-02-03T01:00Z\nend: 2027-02-03T03:00Z\nservices: [api]\n");
        world_write(w, "off.yaml", "title: Off\nstart: 2027-02-04T01:00Z\nend: 2027-02-04T03:00Z\nservices: [web]\n");
        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        backup = ledger_model_backup(w->ledger);
        edit(w, "moved.yaml", "title: Moved Away\nstart: 2027-02-05T01:00Z\nend: 2027-02-05T03:00Z\nservices: [api]\n");
        edit(w, "off.yaml", "title: Off\nstart: 2027-02-04T01:00Z\nend: 2027-02-04T03:00Z\nservices: [web]\nstate: cancelled\n");
        edit(w, "new.yaml", "title: New\nstart: 2027-02-06T01:00Z\nend: 2027-02-06T03:00Z\nservices: [database]\n");
        until(w, "2027-02-01T01:35:00Z"); /* db runs, its first update is out */
        world_stop(w);
        mails = PAGE(w)->n_mails;
        objects = json_object_size(PAGE(w)->objects);
        until(w, "2027-02-01T02:20:00Z"); /* its second was due 20 minutes ago */
        ledger_model_restore(w->ledger, backup);
        world_forget_said(w);
        world_start(w);
        calm(w, 30 * USEC_PER_MINUTE);
        assert_int_equal(PAGE(w)->n_mails, mails);
        assert_int_equal(json_object_size(PAGE(w)->objects), objects);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 1 + 1 + 1 + 1); /* that of `done` is forgotten there after five days */
        sync_is(w, "db", "public", SYNC_OK);
        sync_is(w, "moved", "public", SYNC_OK);
        sync_is(w, "new", "public", SYNC_OK);
        sync_is(w, "new", "alerts", SYNC_OK);
        state_is(w, "done", "completed");
        state_is(w, "off", "cancelled");
        assert_int_equal(world_said_times(w, "update dropped"), 1);
        assert_false(world_said(w, "by someone"));
        until(w, "2027-02-07T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress update completed");
        story_is(w, "moved", "scheduled rescheduled in_progress completed");
        story_is(w, "off", "scheduled cancelled");
        story_is(w, "new", "scheduled in_progress completed");
        story_is(w, "done", "scheduled in_progress completed");
}

static void update_brought_by_a_reload_is_late_from_then_and_one_found_at_start_from_its_time(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T02:10:00Z");
        edit(w, "db.yaml", "%supdates:\n  - {at: +30min, message: by a reload}\n", night);
        story_is(w, "db", "scheduled in_progress update");
        world_stop(w);
        world_writef(w, "db.yaml", "%supdates:\n  - {at: +30min, message: by a reload}\n  - {at: +40min, message: at start}\n", night);
        world_start(w);
        until(w, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled in_progress update completed");
        assert_int_equal(world_said_times(w, "update dropped"), 1);
        the_end(w);
}

/* ── 17 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

/* A second host with the same manifests, which sees the same targets. */
static World *second_host(World *w, const char *extra) {
        World *v = world_new(2, w->real, true, extra);

        for (size_t n = 0; n < WORLD_TARGETS; n++) {
                v->models[n] = remote_model_free(v->models[n]);
                v->models[n] = w->models[n];
        }
        world_new_ledger(v, OTHER_LEDGER);
        world_write(v, "db.yaml", night);
        world_start(v);
        return v;
}

static void second_host_free(World **v) {
        if (!*v)
                return;
        (*v)->models[0] = (*v)->models[1] = NULL;
        *v = world_free(*v);
}

static void both_until(World *w, World *v, const char *t) {
        while (w->real < at(t)) {
                usec_t next = MIN(w->real + 10 * USEC_PER_MINUTE, at(t));

                world_until(w, next);
                world_until(v, next);
        }
}

static void second_host_writes_nothing_until_it_adopts(void **state) {
        auto_(world_free) World *w = world_at("2027-01-30T00:00:00Z", "");
        __attribute__((cleanup(second_host_free))) World *v = NULL;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-30T12:00:00Z");
        v = second_host(w, "");
        both_until(w, v, "2027-02-01T01:30:00Z");
        assert_int_equal(v->writes, 0);
        sync_is(v, "db", "public", SYNC_CLAIMED);
        sync_is(v, "db", "alerts", SYNC_CLAIMED);
        sync_is(w, "db", "public", SYNC_OK);
        state_is(w, "db", "in_progress");
        /* The first one dies: the second takes over what is there. */
        world_stop(w);
        world_adopt(v, "public");
        world_adopt(v, "alerts");
        assert_true(world_settle(v, USEC_PER_MINUTE));
        sync_is(v, "db", "public", SYNC_OK);
        world_until(v, at("2027-02-01T02:30:00Z"));
        /* The first one comes back. */
        world_until(w, v->real);
        world_start(w);
        both_until(w, v, "2027-02-02T00:00:00Z");
        state_is(w, "db", "completed");
        story_is(w, "db", "scheduled in_progress completed");
        the_end(v);
}

static void first_host_writes_nothing_to_what_another_has_adopted(void **state) {
        auto_(world_free) World *w = world_at("2027-01-30T00:00:00Z", "");
        __attribute__((cleanup(second_host_free))) World *v = NULL;
        uint64_t writes;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-30T12:00:00Z");
        v = second_host(w, "");
        assert_true(world_settle(v, USEC_PER_MINUTE));
        world_adopt(v, "public");
        world_adopt(v, "alerts");
        assert_true(world_settle(v, USEC_PER_MINUTE));
        both_until(w, v, "2027-01-30T12:10:00Z");
        sync_is(w, "db", "public", SYNC_CLAIMED);
        sync_is(w, "db", "alerts", SYNC_CLAIMED);
        writes = w->writes;
        both_until(w, v, "2027-02-02T00:00:00Z");
        assert_int_equal(w->writes, writes);
        story_is(w, "db", "scheduled in_progress completed");
}

static void object_of_another_instance_is_foreign(void **state) {
        auto_(world_free) World *w = world_at("2027-01-30T00:00:00Z", "");
        __attribute__((cleanup(second_host_free))) World *v = NULL;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-30T12:00:00Z");
        v = second_host(w, "instance: staging\n");
        both_until(w, v, "2027-01-30T13:00:00Z");
        sync_is(v, "db", "public", SYNC_ALREADY_THERE);
        assert_int_equal(v->writes, 0);
        /* Told apart by name: an edit there makes it a window of its own. */
        edit(v, "db.yaml", "title: Staging\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n%s", berlin);
        assert_int_equal(json_object_size(PAGE(w)->objects), 2);
        both_until(w, v, "2027-02-02T00:00:00Z");
        story_is(w, "db", "scheduled scheduled in_progress in_progress completed completed");
}

static void ledger_on_another_machine_writes_nothing_until_adopted(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T00:00:00Z");
        world_stop(w);
        w->machine = "ffffffffffffffffffffffffffffffff";
        world_start(w);
        edit(w, "db.yaml", "title: Moved\nstart: 2027-02-02T02:00\nend: 2027-02-02T04:00\n%s", berlin);
        calm(w, USEC_PER_DAY);
        said(w, "the ledger belongs to another machine: nothing is written until `maintctl adopt --all`");
        world_crash(w);
        world_start(w);
        calm(w, USEC_PER_DAY);
        world_adopt(w, NULL);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        times_are(w, "db", "2027-02-02T01:00:00Z", "2027-02-02T03:00:00Z");
        world_crash(w);
        world_start(w);
        until(w, "2027-02-03T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled rescheduled in_progress completed");
}

/* ── 18 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void early_start_by_the_manifest_still_completes_at_its_end(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-02-01T00:40:00Z");
        edit(w, "db.yaml", "%sstate: in_progress\n", updated);
        state_is(w, "db", "in_progress");
        assert_true(muted(w, "api"));
        assert_true(muted(w, "db"));
        calm(w, 29 * USEC_PER_MINUTE); /* its planned start changes nothing */
        world_crash(w);
        world_start(w);
        until(w, "2027-02-01T02:59:59Z");
        state_is(w, "db", "in_progress");
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "db", "completed");
        assert_false(muted(w, "api"));
        assert_false(muted(w, "db"));
        the_end(w);
        story_is(w, "db", "scheduled in_progress update update completed");
        assert_int_equal(mailed_at(w, "update", 0), at("2027-02-01T01:10:00Z"));
}

/* ── 19 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void by_hand(World *w, const char *window, const char *member, const char *value) {
        remote_model_set(on_page(w, window), member, json_string(value));
}

static void extended_in_the_dashboard_completes_at_the_later_end(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T02:50:00Z");
        by_hand(w, "db", "scheduled_end", "2027-02-01T04:00:00Z");
        until(w, "2027-02-01T02:59:59Z");
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "db", "in_progress");
        sync_is(w, "db", "public", SYNC_DIVERGED);
        said(w, "extended there by someone: its end stands");
        world_crash(w);
        world_start(w);
        until(w, "2027-02-01T03:59:59Z");
        state_is(w, "db", "in_progress");
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T04:00:00Z");
        assert_true(muted(w, "api")); /* mutes go as long as it runs */
        until(w, "2027-02-01T04:00:01Z");
        state_is(w, "db", "completed");
        assert_false(muted(w, "api"));
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void end_edited_in_the_manifest_afterwards_wins(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T02:50:00Z");
        by_hand(w, "db", "scheduled_end", "2027-02-01T04:00:00Z");
        until(w, "2027-02-01T03:10:00Z");
        /* Another text does not touch the end. */
        edit(w, "db.yaml", "title: Database Move\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n%s", berlin);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T04:00:00Z");
        edit(w, "db.yaml", "title: Database Move\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:30\n%s", berlin);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T03:30:00Z");
        until(w, "2027-02-01T03:30:01Z");
        state_is(w, "db", "completed");
        the_end(w);
        story_is(w, "db", "scheduled in_progress updated completed");
}

static void shortened_in_the_dashboard_completes_at_the_earlier_end(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T01:50:00Z");
        by_hand(w, "db", "scheduled_end", "2027-02-01T02:15:00Z");
        until(w, "2027-02-01T02:14:59Z");
        state_is(w, "db", "in_progress");
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T02:15:01Z");
        state_is(w, "db", "completed");
        assert_false(muted(w, "api"));
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void silence_extended_by_a_colleague_stands_too(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        const char *id;
        json_t *o;

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-02-01T02:50:00Z");
        json_object_foreach(ALERTS(w)->objects, id, o)
                json_object_set_new(o, "endsAt", json_string("2027-02-01T04:00:00.000Z"));
        until(w, "2027-02-01T03:59:59Z");
        assert_true(muted(w, "api"));
        sync_is(w, "db", "alerts", SYNC_DIVERGED);
        state_is(w, "db", "completed"); /* each target by itself */
        until(w, "2027-02-01T04:00:01Z");
        assert_false(muted(w, "api"));
        the_end(w);
}

static void completed_or_cancelled_in_the_dashboard_is_not_undone(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "done.yaml", night);
        world_write(w, "off.yaml", "title: Off\nstart: 2027-02-04T01:00Z\nend: 2027-02-04T03:00Z\nservices: [api]\n");
        world_start(w);
        until(w, "2027-02-01T01:40:00Z");
        by_hand(w, "done", "status", "completed");
        by_hand(w, "off", "status", "cancelled");
        world_for(w, 6 * USEC_PER_MINUTE);
        assert_false(muted(w, "api")); /* mutes end with it */
        assert_int_equal(remote_model_live(ALERTS(w), "off", w->real), 0);
        calm(w, 4 * USEC_PER_DAY);
        state_is(w, "done", "completed");
        state_is(w, "off", "cancelled");
        sync_is(w, "off", "public", SYNC_DIVERGED);
        said(w, "completed there by someone");
        said(w, "cancelled there by someone");
        the_end(w);
}

/* ── 20 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void started_by_hand(World *w, const char *window) {
        char t[RFC3339_SIZE];
        json_t *o = on_page(w, window);

        json_object_set_new(o, "started_at", json_string(rfc3339_format(w->real, t)));
        remote_model_set(o, "status", json_string("in_progress"));
}

static void started_early_in_the_dashboard_counts_as_the_start(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", updated);
        world_start(w);
        until(w, "2027-02-01T00:20:00Z");
        started_by_hand(w, "db");
        until(w, "2027-02-01T00:45:00Z");
        assert_true(muted(w, "api"));
        assert_true(muted(w, "db"));
        said(w, "started there by someone");
        sync_is(w, "db", "public", SYNC_DIVERGED);
        until(w, "2027-02-01T02:59:59Z");
        state_is(w, "db", "in_progress");
        assert_int_equal(mailed_at(w, "update", 0), at("2027-02-01T00:50:00Z"));
        assert_int_equal(mailed_at(w, "update", 1), at("2027-02-01T01:20:00Z"));
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "db", "completed");
        assert_false(muted(w, "api"));
        the_end(w);
        story_is(w, "db", "scheduled update update completed"); /* nobody starts it a second time */
}

static void window_that_waits_for_a_person_is_started_in_the_dashboard(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_writef(w, "db.yaml", "%sauto_start: false\n", updated);
        world_start(w);
        until(w, "2027-02-01T01:40:00Z");
        state_is(w, "db", "scheduled");
        assert_false(muted(w, "api")); /* mutes begin with its start by a person */
        started_by_hand(w, "db");
        until(w, "2027-02-01T01:50:00Z");
        state_is(w, "db", "in_progress");
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T02:59:59Z");
        assert_int_equal(mailed_at(w, "update", 0), at("2027-02-01T02:10:00Z"));
        assert_true(muted(w, "api"));
        until(w, "2027-02-01T03:00:01Z");
        state_is(w, "db", "completed");
        assert_false(muted(w, "api"));
        the_end(w);
        story_is(w, "db", "scheduled update update completed");
}

/* ── 21 ────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void reworded_title_is_healed_three_times_a_day_and_then_reported(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T06:00:00Z");
        for (unsigned n = 0; n < 3; n++) {
                by_hand(w, "db", "title", "We are getting even better!");
                world_for(w, 6 * USEC_PER_MINUTE);
                assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "title")), "Database Migration");
        }
        assert_int_equal(world_said_times(w, "healed: title changed there by someone else"), 3);
        by_hand(w, "db", "title", "We are getting even better!");
        calm(w, USEC_PER_HOUR);
        sync_is(w, "db", "public", SYNC_DIVERGED);
        said(w, "keeps being changed there: not healed again today");
        /* Another field has a limit of its own. */
        by_hand(w, "db", "description", "Nothing to see.");
        world_for(w, 6 * USEC_PER_MINUTE);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "description")), "");
        world_crash(w);
        world_start(w);
        calm(w, USEC_PER_HOUR);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "title")), "We are getting even better!");
        /* Tomorrow is another day. */
        until(w, "2027-01-26T00:10:00Z");
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "title")), "Database Migration");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void target_that_rewrites_what_it_is_sent_is_not_written_for_ever(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        PAGE(w)->rewrites = true;
        world_write(w, "db.yaml", "title: Database Migration of the Year\ndescription: Reads work, **writes** do not.\nstart: 2027-02-01T01:00:30Z\nend: 2027-02-01T03:00:30Z\nservices: [api]\n");
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        calm(w, 5 * USEC_PER_DAY);
        sync_is(w, "db", "public", SYNC_OK);
        world_crash(w);
        world_start(w);
        calm(w, USEC_PER_DAY);
        /* An edit is one write, */
        edit(w, "db.yaml", "title: Database Migration of the Year\ndescription: All is well.\nstart: 2027-02-01T01:00:30Z\nend: 2027-02-01T03:00:30Z\nservices: [api]\n");
        calm(w, USEC_PER_DAY);
        /* and a change by hand is healed by another. */
        by_hand(w, "db", "title", "Oh");
        world_for(w, 6 * USEC_PER_MINUTE);
        assert_string_equal(json_string_value(json_object_get(on_page(w, "db"), "title")), "Database Mig");
        calm(w, USEC_PER_DAY);
        until(w, "2027-02-01T01:00:29Z");
        state_is(w, "db", "scheduled");
        until(w, "2027-02-01T01:00:31Z");
        state_is(w, "db", "in_progress");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

static void planned_times_changed_by_hand_before_the_start_are_healed(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", night);
        world_start(w);
        until(w, "2027-01-25T06:00:00Z");
        by_hand(w, "db", "scheduled_start", "2027-02-01T00:00:00Z");
        world_for(w, 6 * USEC_PER_MINUTE);
        times_are(w, "db", "2027-02-01T01:00:00Z", "2027-02-01T03:00:00Z");
        until(w, "2027-02-02T00:00:00Z");
        the_end(w);
        story_is(w, "db", "scheduled in_progress completed");
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────────────────────── */

#define ROW(n, f) { n, #f, f }

const Situation situations_1_to_21[] = {
        ROW(1, move_is_told_once_and_reminds_of_the_new_start),
        ROW(2, running_occurrence_keeps_its_times),
        ROW(2, except_and_extra_pass_a_running_occurrence_by),
        ROW(2, running_occurrence_follows_its_own_override),
        ROW(2, running_occurrence_is_cancelled_with_its_series),
        ROW(2, running_occurrence_is_withdrawn_with_its_manifest),
        ROW(3, deletion_undone_within_the_grace_is_not_noticed),
        ROW(3, deletion_is_carried_out_after_the_grace_and_a_return_published_anew),
        ROW(3, grace_goes_on_over_a_restart),
        ROW(3, without_grace_a_deletion_and_with_it_a_word_act_at_once),
        ROW(4, renamed_file_goes_on_as_it_was),
        ROW(4, rename_of_a_running_series_goes_on_too),
        ROW(4, rename_with_an_edit_says_formerly),
        ROW(5, window_that_passed_while_a_target_was_down_is_told_once_by_its_end),
        ROW(5, window_first_published_after_its_start_is_told_as_started),
        ROW(5, window_never_published_that_has_passed_is_not_published),
        ROW(5, late_update_is_dropped_with_a_note),
        ROW(6, window_moved_into_the_past_is_held_at_its_last_good_times),
        ROW(6, window_moved_into_the_past_ends_by_a_word),
        ROW(7, start_moved_before_now_starts_at_once_and_is_not_late),
        ROW(7, whole_window_moved_over_now_starts_at_once),
        ROW(8, series_cannot_be_completed_only_one_of_its_occurrences),
        ROW(8, cancelling_a_series_means_all_of_it),
        ROW(9, service_stays_under_maintenance_until_the_last_window_ends),
        ROW(9, cancelling_one_of_two_overlapping_windows_leaves_the_other),
        ROW(10, cancellation_taken_back_ahead_of_the_start_publishes_anew),
        ROW(10, cancellation_taken_back_after_the_start_stays),
        ROW(10, completed_and_uncompleted_stays_until_its_start_moves_ahead),
        ROW(11, reminders_are_sent_by_the_page_while_we_are_away),
        ROW(11, reminder_missed_by_a_page_that_was_down_is_not_imitated),
        ROW(12, updates_are_posted_by_the_manifests_clock_and_by_the_actual_start),
        ROW(12, offsets_are_elapsed_time_over_a_change_of_the_clocks),
        ROW(12, update_corrected_after_it_was_posted_is_not_posted_again),
        ROW(12, no_update_comes_after_the_end),
        ROW(12, updates_that_cannot_be_meant_are_errors),
        ROW(13, moving_everything_by_a_default_waits_for_a_person),
        ROW(13, broken_defaults_leave_everything_below_as_it_was),
        ROW(13, defaults_merge_maps_replace_lists_and_the_nearest_wins),
        ROW(14, expired_token_stops_writing_and_costs_nothing_but_time),
        ROW(14, denied_target_is_tried_at_once_after_a_reload_and_by_itself),
        ROW(15, lost_ledger_creates_nothing_twice_and_is_rebuilt_by_adopt),
        ROW(15, window_that_is_already_there_is_adopted),
        ROW(15, window_that_is_already_there_is_published_beside_it_when_approved),
        ROW(15, window_that_is_already_there_waits_over_a_restart_and_goes_its_way_when_the_twin_does),
        ROW(16, week_old_backup_repeats_nothing),
        ROW(16, update_brought_by_a_reload_is_late_from_then_and_one_found_at_start_from_its_time),
        ROW(17, second_host_writes_nothing_until_it_adopts),
        ROW(17, first_host_writes_nothing_to_what_another_has_adopted),
        ROW(17, object_of_another_instance_is_foreign),
        ROW(17, ledger_on_another_machine_writes_nothing_until_adopted),
        ROW(18, early_start_by_the_manifest_still_completes_at_its_end),
        ROW(19, extended_in_the_dashboard_completes_at_the_later_end),
        ROW(19, end_edited_in_the_manifest_afterwards_wins),
        ROW(19, shortened_in_the_dashboard_completes_at_the_earlier_end),
        ROW(19, silence_extended_by_a_colleague_stands_too),
        ROW(19, completed_or_cancelled_in_the_dashboard_is_not_undone),
        ROW(20, started_early_in_the_dashboard_counts_as_the_start),
        ROW(20, window_that_waits_for_a_person_is_started_in_the_dashboard),
        ROW(21, reworded_title_is_healed_three_times_a_day_and_then_reported),
        ROW(21, target_that_rewrites_what_it_is_sent_is_not_written_for_ever),
        ROW(21, planned_times_changed_by_hand_before_the_start_are_healed),
        { 0, NULL, NULL },
};
