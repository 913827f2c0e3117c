/*
 * Review: what was found by looking for it
 *
 * Each of these went wrong once, seldom enough that neither a situation nor a seed had met it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "world.h"

#define PAGE(w) ((w)->models[0])
#define ALERTS(w) ((w)->models[1])

static const char *const other = "title: Another\nservices: [api]\nstart: 2028-01-10T02:00:00Z\nduration: 1h\n";
static const char *const plain = "title: Database Migration\nservices: [api, database]\nstart: 2027-02-01T01:00:00Z\nend: 2027-02-01T03:00:00Z\n";

static World *world_at(const char *now, const char *extra) {
        World *w = world_new(1, at(now), true, extra);

        world_write(w, "other.yaml", other);
        return w;
}

static void show(World *w) {
        (void) fflush(w->log);
        if (getenv("SHOW"))
                (void) fprintf(stderr, "%s", w->history);
}

static void edit(World *w, const char *path, const char *text) {
        world_write(w, path, text);
        world_reload(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
}

static const char *state_of(World *w, const char *window) {
        const json_t *o = remote_model_any(PAGE(w), window, NULL);

        show(w);
        return o ? remote_model_state(PAGE(w), o, w->real) : "nothing";
}

static void story_is(World *w, const char *window, const char *story) {
        auto_(free) char *told = strdup(""), *key = textf("%s#", window);

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

/* ── what is withdrawn, and when ───────────────────────────────────────────────────────────────────────────── */

static void deletion_ends_a_suspension(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(free) char *suspended = textf("%ssuspend: true\n", plain);

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", suspended);
        edit(w, "db.yaml", NULL);
        world_for(w, 6 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "cancelled");
}

static const char *const daily = "title: Backup\nservices: [api]\nstart: 2027-01-20T02:00:00Z\nduration: 1h\nrecurrence: {rule: FREQ=DAILY}\nannounce: 5d\n";

static void what_a_broken_file_kept_back_is_withdrawn_when_it_is_mended(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(free) char *excepted = textf("%s", "title: Backup\nservices: [api]\nstart: 2027-01-20T02:00:00Z\nduration: 1h\nannounce: 5d\n"
                                                 "recurrence: {rule: FREQ=DAILY, except: [2027-01-23]}\n");

        world_write(w, "backup.yaml", daily);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_write(w, "new.yaml", "id: [\n");
        edit(w, "backup.yaml", excepted);
        world_for(w, USEC_PER_HOUR);
        assert_string_equal(state_of(w, "backup@2027-01-23T02:00"), "scheduled");
        edit(w, "new.yaml", NULL);
        world_for(w, USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "backup@2027-01-23T02:00"), "cancelled");
}

static void grace_counts_from_the_first_load_that_missed_it(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", NULL);
        world_for(w, USEC_PER_MINUTE);
        edit(w, "new.yaml", "id: [\n");
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "scheduled");
        assert_false(world_said(w, "its manifest is back"));
        edit(w, "new.yaml", NULL);
        world_for(w, USEC_PER_SEC);
        assert_string_equal(state_of(w, "db"), "cancelled");
}

static void manifest_that_returns_changed_is_told_of_safely(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(free) char *changed = textf("%sdescription: more\n", plain);

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", NULL);
        edit(w, "db.yaml", changed);
        assert_true(world_said(w, "its manifest is back"));
        world_for(w, USEC_PER_HOUR);
        assert_string_equal(state_of(w, "db"), "scheduled");
}

static void rename_while_a_request_is_under_way(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(free) char *edited = textf("%sdescription: more\n", plain);

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        w->faults.slow = 1000;
        world_write(w, "db.yaml", edited);
        world_reload(w);
        world_for(w, 10 * USEC_PER_MSEC);
        world_write(w, "db.yaml", NULL);
        world_write(w, "database.yaml", edited);
        world_reload(w);
        world_for(w, 10 * USEC_PER_MSEC);
        w->faults.slow = 0;
        world_for(w, USEC_PER_HOUR);
        story_is(w, "db", "scheduled"); /* the object it always was */
        story_is(w, "database", "");
        assert_string_equal(state_of(w, "database"), "scheduled");
        assert_int_equal(json_object_size(PAGE(w)->objects), 2);
        assert_false(world_said(w, "has vanished"));
}

/* ── targets that come and go ──────────────────────────────────────────────────────────────────────────────── */

static void entry_that_vanishes_is_reported_once(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        unsigned writes;

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        writes = ALERTS(w)->writes;
        world_config(w, "targets:\n  public: {type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t}\n");
        world_for(w, USEC_PER_HOUR);
        world_reload(w);
        world_for(w, USEC_PER_HOUR);
        show(w);
        assert_int_equal(world_said_times(w, "no longer in the config"), 1);
        assert_int_equal(ALERTS(w)->writes, writes);
}

static void retired_target_says_when_its_entry_can_go(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        static const char *const retiring = "targets:\n  public: {type: kodo, url: 'http://127.0.0.1:1/api/v1', token: t, retire: true}\n";

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_config(w, retiring);
        world_for(w, USEC_PER_HOUR);
        world_reload(w);
        world_for(w, USEC_PER_HOUR);
        show(w);
        assert_string_equal(state_of(w, "db"), "cancelled");
        assert_int_equal(world_said_times(w, "its entry can go"), 1);
}

/* ── trouble at the target ─────────────────────────────────────────────────────────────────────────────────── */

static void server_that_breaks_on_every_write_is_left_in_peace(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        ALERTS(w)->write_status = PAGE(w)->write_status = 500;
        world_write(w, "db.yaml", plain);
        world_start(w);
        world_for(w, USEC_PER_HOUR);
        show(w);
        assert_true(ALERTS(w)->writes < 150);
        assert_true(PAGE(w)->writes < 100);
        ALERTS(w)->write_status = PAGE(w)->write_status = 0;
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "scheduled");
        story_is(w, "db", "scheduled");
}

static void token_that_may_only_read_is_one_line(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        PAGE(w)->write_status = 403;
        world_write(w, "db.yaml", plain);
        world_start(w);
        world_for(w, 3 * USEC_PER_HOUR);
        show(w);
        assert_int_equal(world_said_times(w, "access denied"), 1);
        assert_true(PAGE(w)->writes < 25);
        PAGE(w)->write_status = 0;
        world_for(w, 20 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "scheduled");
}

static void look_that_was_refused_for_now_is_repeated(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "resync: 2h\n");
        WindowStatus s;

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        remote_model_delete(PAGE(w), remote_model_find(PAGE(w), "db"));
        PAGE(w)->object_status = 429;
        world_reload(w);
        world_for(w, USEC_PER_MINUTE);
        PAGE(w)->object_status = 0;
        world_for(w, 20 * USEC_PER_MINUTE);
        show(w);
        assert_true(world_status(w, "db", "public", &s));
        assert_string_equal(sync_to_string(s.sync), "gone");
}

static void object_that_cannot_be_read_causes_no_storm(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "resync: 2h\n");
        unsigned reads;

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        remote_model_delete(PAGE(w), remote_model_find(PAGE(w), "db"));
        PAGE(w)->object_status = 500;
        reads = PAGE(w)->reads;
        world_reload(w);
        world_for(w, USEC_PER_HOUR);
        show(w);
        assert_true(PAGE(w)->reads - reads < 150);
        assert_true(world_said_times(w, "cannot be reached") < 20);
}

/* ── the ledger cannot be written ──────────────────────────────────────────────────────────────────────────── */

static void generation_survives_a_ledger_that_cannot_be_written(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        auto_(free) char *cancelled = textf("%sstate: cancelled\n", plain);
        MarkerParts m;

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", cancelled);
        world_for(w, USEC_PER_HOUR);
        w->faults.commit = 1000;
        world_write(w, "db.yaml", plain);
        world_reload(w);
        world_for(w, 5 * USEC_PER_MINUTE);
        w->faults.commit = 0;
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "scheduled");
        assert_int_equal(marker_parse(json_string_value(json_object_get(remote_model_find(PAGE(w), "db"), "external_id")), &m), 0);
        assert_int_equal(m.generation, 1);
        story_is(w, "db", "scheduled cancelled scheduled");
        assert_false(world_said(w, "no clear answer"));
        assert_int_equal(json_object_size(PAGE(w)->objects), 3);
}

/* ── messages and notices ──────────────────────────────────────────────────────────────────────────────────── */

static void message_rides_once_though_the_answer_is_lost(void **state) {
        auto_(world_free) World *w = world_at("2027-02-01T00:00:00Z", "");
        auto_(free) char *with = textf("%smessage: We begin.\n", plain);
        size_t i, n = 0;
        json_t *u;

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", with);
        world_until(w, at("2027-02-01T00:59:59Z"));
        w->faults.answer_lost = 1000;
        world_until(w, at("2027-02-01T01:00:01Z"));
        w->faults.answer_lost = 0;
        world_until(w, at("2027-02-01T04:00:00Z"));
        assert_string_equal(state_of(w, "db"), "completed");
        json_array_foreach(json_object_get(remote_model_any(PAGE(w), "db", NULL), "updates"), i, u)
                n += text_equal(json_string_value(json_object_get(u, "message")), "We begin.");
        assert_int_equal(n, 1);
}

static size_t mails_of(World *w, const char *event) {
        size_t n = 0;

        for (size_t k = 0; k < PAGE(w)->n_mails; k++)
                n += strcmp(PAGE(w)->mails[k].event, event) == 0;
        return n;
}

static void windows_that_a_new_rule_adds_are_announced_by_their_first(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        size_t before;

        world_write(w, "backup.yaml", "title: Backup\nservices: [api]\nstart: 2027-01-25T02:00:00Z\nduration: 1h\nrecurrence: {rule: FREQ=WEEKLY;BYDAY=MO}\n");
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_for(w, 10 * USEC_PER_HOUR);
        before = mails_of(w, "scheduled");
        edit(w, "backup.yaml", "title: Backup\nservices: [api]\nstart: 2027-01-25T02:00:00Z\nduration: 1h\nrecurrence: {rule: 'FREQ=WEEKLY;BYDAY=MO,TH'}\n");
        world_for(w, 10 * USEC_PER_MINUTE);
        show(w);
        assert_int_equal(mails_of(w, "scheduled"), before + 1);
}

/* ── Alertmanager ──────────────────────────────────────────────────────────────────────────────────────────── */

static void short_window_that_is_kept_open_costs_no_spinning(void **state) {
        auto_(world_free) World *w = world_at("2027-02-01T00:00:00Z", "");

        world_write(w, "db.yaml", "title: Short\nservices: [api]\nstart: 2027-02-01T01:00:00Z\nduration: 3min\nauto_complete: false\n");
        world_start(w);
        world_until(w, at("2027-02-01T02:00:00Z"));
        show(w);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 1); /* still waiting for a person */
        assert_true(w->steps < 1000);
}

static void silence_of_someone_else_is_approved_part_by_part(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");

        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        json_object_set_new(ALERTS(w)->objects, "00000000-0000-4000-8000-0000000000aa",
                            json_pack("{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:b, s:b}]}", "id", "00000000-0000-4000-8000-0000000000aa", "comment",
                                      "Database Migration", "createdBy", "me", "startsAt", "2027-02-01T01:00:00Z", "endsAt", "2027-02-01T03:00:00Z",
                                      "matchers", "name", "service", "value", "x", "isRegex", 0, "isEqual", 1));
        world_reload(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", plain);
        assert_int_equal(world_approve(w, "alerts"), 0);
        world_for(w, USEC_PER_MINUTE);
        show(w);
        assert_int_equal(json_object_size(ALERTS(w)->objects), 1 + 1 + 2);
        assert_int_equal(world_approve(w, "alerts"), -ENOENT);
}

static void service_that_is_named_again_is_muted_again(void **state) {
        auto_(world_free) World *w = world_at("2027-02-01T00:00:00Z", "");

        world_write(w, "db.yaml", plain);
        world_start(w);
        world_until(w, at("2027-02-01T01:10:00Z"));
        edit(w, "db.yaml", "title: Database Migration\nservices: [api]\nstart: 2027-02-01T01:00:00Z\nend: 2027-02-01T03:00:00Z\n");
        world_for(w, 10 * USEC_PER_MINUTE);
        edit(w, "db.yaml", plain);
        world_for(w, 10 * USEC_PER_MINUTE);
        show(w);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
}

/* ── one object, two windows ───────────────────────────────────────────────────────────────────────────────── */

static void one_object_is_adopted_for_one_window(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        const char *id;
        json_t *o;
        size_t n = 0;

        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        json_object_set_new(PAGE(w)->objects, "maint_90",
                            json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:i}", "id", "maint_90", "title", "Database Migration", "status", "scheduled",
                                      "scheduled_start", "2027-02-01T01:00:00Z", "scheduled_end", "2027-02-01T03:00:00Z", "updates", "services", "version", 1));
        world_write(w, "db.yaml", plain);
        edit(w, "db2.yaml", "title: Database Migration\nservices: [web]\nstart: 2027-02-01T01:00:00Z\nend: 2027-02-01T03:00:00Z\n");
        world_for(w, USEC_PER_HOUR);
        world_adopt(w, "public");
        world_for(w, USEC_PER_HOUR);
        show(w);
        json_object_foreach(PAGE(w)->objects, id, o)
                n += json_object_get(o, "external_id") && strstr(json_string_value(json_object_get(o, "external_id")), ":db");
        assert_int_equal(n, 2);
        assert_int_equal(PAGE(w)->useless, 0);
}

/* ── the clock ─────────────────────────────────────────────────────────────────────────────────────────────── */

static void clock_that_has_become_plausible_is_trusted(void **state) {
        auto_(world_free) World *w = world_at("2027-02-01T00:00:00Z", "");

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_step_clock(w, -3 * (int64_t) USEC_PER_HOUR, false);
        world_for(w, USEC_PER_MINUTE);
        assert_true(world_said(w, "implausible") || world_said(w, "nothing is written until it is set"));
        world_step_clock(w, 3 * (int64_t) USEC_PER_HOUR, false);
        world_until(w, at("2027-02-01T01:10:00Z"));
        assert_string_equal(state_of(w, "db"), "in_progress");
}

static void clock_that_was_fast_is_trusted_when_the_ledger_lies_behind(void **state) {
        auto_(world_free) World *w = world_at("2027-01-31T22:00:00Z", "");

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_step_clock(w, -3 * (int64_t) USEC_PER_HOUR, true);
        world_until(w, at("2027-02-01T01:10:00Z"));
        assert_true(world_said(w, "nothing is written until it is set"));
        assert_string_equal(state_of(w, "db"), "in_progress");
}

/* ── found by seeds ────────────────────────────────────────────────────────────────────────────────────────── */

static void manifest_that_has_vanished_publishes_no_more(void **state) {
        auto_(world_free) World *w = world_new(1, at("2027-01-20T00:00:00Z"), false, "");

        world_write(w, "backup.yaml", daily);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        assert_string_equal(state_of(w, "backup@2027-01-24T02:00"), "scheduled");
        /* All that is live would go: held. */
        world_write(w, "backup.yaml", NULL);
        edit(w, "db.yaml", plain);
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "backup@2027-01-24T02:00"), "scheduled");
        /* And now the directory is empty: nothing is withdrawn, and nothing of what was deleted comes back to life. */
        world_write(w, "db.yaml", NULL);
        world_reload(w);
        world_until(w, at("2027-01-23T00:00:00Z"));
        assert_string_equal(state_of(w, "backup@2027-01-26T02:00"), "nothing");
        assert_string_equal(state_of(w, "backup@2027-01-24T02:00"), "scheduled");
}

static void what_was_withdrawn_stays_so_while_another_file_is_broken(void **state) {
        auto_(world_free) World *w = world_at("2027-01-20T00:00:00Z", "");
        WindowStatus st;

        world_write(w, "db.yaml", plain);
        world_write(w, "web.yaml", other);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        edit(w, "db.yaml", NULL);
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "cancelled");
        edit(w, "web.yaml", "title: [\n");
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_string_equal(state_of(w, "db"), "cancelled");
        assert_true(!world_status(w, "db", "public", &st) || st.sync == SYNC_OK || st.sync == SYNC_NOT_THERE);
}

static void what_was_held_and_is_over_is_not_asked_about(void **state) {
        auto_(world_free) World *w = world_new(1, at("2027-01-31T00:00:00Z"), false, "");
        WindowStatus st;

        world_write(w, "one.yaml", plain);
        world_write(w, "two.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_write(w, "one.yaml", NULL);
        world_write(w, "two.yaml", NULL);
        edit(w, "other.yaml", other);
        assert_true(world_said(w, "held, see"));
        world_until(w, at("2027-02-01T03:10:00Z"));
        assert_string_equal(state_of(w, "one"), "completed");
        assert_int_equal(world_approve(w, "public"), -ENOENT);
        assert_true(!world_status(w, "one", "public", &st) || st.sync == SYNC_OK || st.sync == SYNC_NOT_THERE);
}

static void silence_that_an_update_replaced_is_found_though_its_answer_cannot_be_read(void **state) {
        auto_(world_free) World *w = world_at("2027-01-31T00:00:00Z", "");
        auto_(free) char *early = textf("%sstate: in_progress\n", plain);

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        w->faults.mangled = 1000;
        world_write(w, "db.yaml", early);
        world_reload(w);
        world_for(w, 41 * USEC_PER_MSEC); /* done, and answered with nonsense */
        w->faults.mangled = 0;
        world_for(w, 30 * USEC_PER_MINUTE);
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 2);
        assert_false(world_said(w, "by someone"));
        assert_false(world_said(w, "found twice"));
        world_until(w, at("2027-02-01T03:10:00Z"));
        assert_int_equal(remote_model_live(ALERTS(w), "db", w->real), 0);
}

static void silence_that_was_forgotten_after_its_end_was_not_deleted(void **state) {
        auto_(world_free) World *w = world_at("2027-01-31T00:00:00Z", "");

        world_write(w, "db.yaml", plain);
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_stop(w);
        world_until(w, at("2027-02-08T00:00:00Z"));
        world_start(w);
        assert_true(world_settle(w, USEC_PER_MINUTE));
        world_for(w, 10 * USEC_PER_MINUTE);
        assert_false(world_said(w, "by someone"));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(deletion_ends_a_suspension),
                cmocka_unit_test(what_a_broken_file_kept_back_is_withdrawn_when_it_is_mended),
                cmocka_unit_test(grace_counts_from_the_first_load_that_missed_it),
                cmocka_unit_test(manifest_that_returns_changed_is_told_of_safely),
                cmocka_unit_test(rename_while_a_request_is_under_way),
                cmocka_unit_test(entry_that_vanishes_is_reported_once),
                cmocka_unit_test(retired_target_says_when_its_entry_can_go),
                cmocka_unit_test(server_that_breaks_on_every_write_is_left_in_peace),
                cmocka_unit_test(token_that_may_only_read_is_one_line),
                cmocka_unit_test(look_that_was_refused_for_now_is_repeated),
                cmocka_unit_test(object_that_cannot_be_read_causes_no_storm),
                cmocka_unit_test(generation_survives_a_ledger_that_cannot_be_written),
                cmocka_unit_test(message_rides_once_though_the_answer_is_lost),
                cmocka_unit_test(windows_that_a_new_rule_adds_are_announced_by_their_first),
                cmocka_unit_test(short_window_that_is_kept_open_costs_no_spinning),
                cmocka_unit_test(silence_of_someone_else_is_approved_part_by_part),
                cmocka_unit_test(service_that_is_named_again_is_muted_again),
                cmocka_unit_test(one_object_is_adopted_for_one_window),
                cmocka_unit_test(clock_that_has_become_plausible_is_trusted),
                cmocka_unit_test(clock_that_was_fast_is_trusted_when_the_ledger_lies_behind),
                cmocka_unit_test(manifest_that_has_vanished_publishes_no_more),
                cmocka_unit_test(what_was_withdrawn_stays_so_while_another_file_is_broken),
                cmocka_unit_test(what_was_held_and_is_over_is_not_asked_about),
                cmocka_unit_test(silence_that_an_update_replaced_is_found_though_its_answer_cannot_be_read),
                cmocka_unit_test(silence_that_was_forgotten_after_its_end_was_not_deleted),
        };

        return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
