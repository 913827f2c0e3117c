/*
 * The nouns: markers that come back as they went, comparison field by field, names for every value
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/model.h"

static void markers_come_back(void **state) {
        static const struct { const char *manifest, *occurrence, *part; unsigned generation; } rows[] = {
                { "db", "", "", 0 }, { "db/main", "2027-02-07T02:00", "", 3 }, { "a.b_c-d", "2027-02-07T02:00:30", "service:api", 4294967295u },
                { "x", "", "host:db1/eth0#1", 7 }, { "x", "", "service:API @ home", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                char buf[MARKER_SIZE];
                MarkerParts m;

                (void) marker_format("maintd", (WindowKey) { rows[i].manifest, rows[i].occurrence }, rows[i].generation, rows[i].part, 0, buf);
                assert_int_equal(marker_parse(buf, &m), 0);
                assert_string_equal(m.instance, "maintd");
                assert_string_equal(m.manifest, rows[i].manifest);
                assert_string_equal(m.occurrence, rows[i].occurrence);
                assert_string_equal(m.part, rows[i].part);
                assert_int_equal(m.generation, rows[i].generation);
                assert_false(m.hashed);
        }
}

static void short_markers_are_hashed(void **state) {
        char id[ID_MAX + 1], part[PART_MAX + 1], full[MARKER_SIZE], a[MARKER_SIZE], b[MARKER_SIZE], instance[INSTANCE_MAX + 1];
        MarkerParts m;

        memset(id, 'x', ID_MAX);
        memset(part, 'p', PART_MAX);
        memset(instance, 'i', INSTANCE_MAX);
        id[ID_MAX] = part[PART_MAX] = instance[INSTANCE_MAX] = '\0';
        /* The longest of everything fits. */
        (void) marker_format(instance, (WindowKey) { id, "2027-02-07T02:00:30.000000+01:0" }, 4294967295u, part, 0, full);
        assert_int_equal(marker_parse(full, &m), 0);
        assert_string_equal(m.part, part);

        (void) marker_format("maintd", (WindowKey) { id, "2027-02-07T02:00" }, 2, "a", 64, a);
        (void) marker_format("maintd", (WindowKey) { id, "2027-02-08T02:00" }, 2, "a", 64, b);
        assert_true(strlen(a) <= 64);
        assert_string_not_equal(a, b);
        (void) marker_format("maintd", (WindowKey) { id, "2027-02-07T02:00" }, 2, "b", 64, b);
        assert_string_not_equal(a, b);
        assert_int_equal(marker_parse(a, &m), 0);
        assert_true(m.hashed);
        assert_int_equal(m.generation, 2);
        assert_string_equal(m.instance, "maintd");
}

static void what_is_no_marker_is_refused(void **state) {
        static const char *const rows[] = {
                "", "maintd:", "maintd:a", "maintd:a:b", "maintd:a:b#", "maintd:a:b#x", "maintd:a:b#-1", "maintd:a:b#+1", "maintd:a:b# 1", "maintd:a:b#1x", "maintd:a:#1",
                "maintd:a:B#1", "maintd:a:.b#1", "maintd:a:b#4294967296", "maintd:a:b#99999999999999999999999", "other:a:b#1", "Maintd:a:b#1",
                "maintd:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:b#1", "maintd:a:b@2027-02-07T02:00:00-and-far-too-long#1", "maintd::b#1",
        };
        MarkerParts m;

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (marker_parse(rows[i], &m) != -EINVAL)
                        fail_msg("'%s' was taken", rows[i]);
}

static void tables_are_whole(void **state) {
        for (State s = 0; s < STATES; s++)
                assert_int_equal(state_from_string(state_to_string(s)), s);
        for (Impact i = 0; i < IMPACTS; i++)
                assert_int_equal(impact_from_string(impact_to_string(i)), i);
        for (Status s = 0; s < STATUSES; s++)
                assert_int_equal(status_from_string(status_to_string(s)), s);
        for (ActionKind k = 0; k < ACTIONS; k++)
                assert_int_equal(action_from_string(action_to_string(k)), k);
        for (Verdict v = 0; v < VERDICTS; v++)
                assert_int_equal(verdict_from_string(verdict_to_string(v)), v);
        for (unsigned i = 0; i < FIELDS; i++)
                assert_string_not_equal(field_to_string(BIT(i)), "?");
        assert_string_equal(field_to_string(0), "?");
        assert_string_equal(state_to_string((State) 99), "?");
        assert_int_equal(state_from_string("done"), -EINVAL);
        assert_true(state_final(STATE_COMPLETED) && state_final(STATE_CANCELLED) && !state_final(STATE_IN_PROGRESS) && !state_final(STATE_SCHEDULED));
}

/* A change of each member shows as its own field and no other. */
static void prints_tell_which_field_differs(void **state) {
        const char *const services[] = { "api", "db" }, *const joined[] = { "apidb" };
        const Object base = { .part = "", .start = 1, .end = 2, .title = "t", .body = "b", .impact = "i", .reminders = "r", .marker = "m", .extra = "e",
                              .services = { (const char **) services, 2 } };
        Object changed[FIELDS];
        Print p = object_print(&base), q;

        for (unsigned i = 0; i < FIELDS; i++)
                changed[i] = base;
        changed[0].title = "T";
        changed[1].body = "B";
        changed[2].start = 9;
        changed[3].end = 9;
        changed[4].services = (Strv) { (const char **) joined, 1 };
        changed[5].impact = "I";
        changed[6].reminders = "R";
        changed[7].marker = "M";
        changed[8].extra = "E";
        for (unsigned i = 0; i < FIELDS; i++) {
                q = object_print(&changed[i]);
                assert_int_equal(print_diff(&p, &q, FIELDS_ALL), BIT(i));
                assert_int_equal(print_diff(&p, &q, FIELDS_ALL & ~BIT(i)), 0);
                print_copy(&q, &p, BIT(i));
                assert_int_equal(print_diff(&p, &q, FIELDS_ALL), 0);
        }
        /* An absent text and an empty one look the same. */
        changed[0] = base;
        changed[0].title = NULL;
        changed[1] = base;
        changed[1].title = "";
        p = object_print(&changed[0]);
        q = object_print(&changed[1]);
        assert_int_equal(print_diff(&p, &q, FIELDS_ALL), 0);
}

static void keys_and_ids(void **state) {
        char buf[KEY_SIZE], id[ID_MAX + 2];

        assert_string_equal(key_format((WindowKey) { "db", "" }, buf), "db");
        assert_string_equal(key_format((WindowKey) { "db", "2027-02-07T02:00" }, buf), "db@2027-02-07T02:00");
        assert_true(key_compare((WindowKey) { "a", "" }, (WindowKey) { "b", "" }) < 0);
        assert_true(key_compare((WindowKey) { "a", "2" }, (WindowKey) { "a", "1" }) > 0);
        assert_true(key_equal((WindowKey) { "a", "1" }, (WindowKey) { "a", "1" }));
        assert_true(id_valid("a") && id_valid("0/x.y_z-1"));
        assert_false(id_valid("") || id_valid("A") || id_valid("-a") || id_valid(".a") || id_valid("/a") || id_valid("_a") || id_valid("a b") || id_valid("a@b") || id_valid("ä"));
        memset(id, 'a', sizeof(id) - 1);
        id[sizeof(id) - 1] = '\0';
        assert_false(id_valid(id));
        id[ID_MAX] = '\0';
        assert_true(id_valid(id));
}

static void ids_that_files_can_be_named_after(void **state) {
        static const char *const others[] = { "", "A", "../a", "/a", "a/", "a//b", "a/_b", "a/.b", "a/..", "a/../b", "a/../../out/x", "_a" };
        char deep[2 * TREE_DEPTH_MAX + 4];

        assert_true(id_fits_path("a") && id_fits_path("a/b-1/c.d_e") && id_fits_path("a."));
        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                assert_false(id_fits_path(others[i]));
        for (size_t i = 0; i < sizeof(deep) - 1; i++)
                deep[i] = i % 2 ? '/' : 'a';
        deep[2 * TREE_DEPTH_MAX + 3] = '\0';
        assert_int_equal(strlen(deep) / 2, TREE_DEPTH_MAX + 1); /* folders, and the file */
        assert_false(id_fits_path(deep));
        deep[2 * TREE_DEPTH_MAX + 1] = '\0';
        assert_true(id_fits_path(deep));
}

static void reminders_one_by_one(void **state) {
        static const struct { const char *text; usec_t first, second; } cases[] = {
                { "60,1440", USEC_PER_HOUR, USEC_PER_DAY }, { "5", 5 * USEC_PER_MINUTE, 0 }, { "", 0, 0 }, { "x", 0, 0 }, { "60;5", USEC_PER_HOUR, 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *at = cases[i].text;
                usec_t first = 0, second = 0, third = 0;

                assert_int_equal(reminder_next(&at, &first), cases[i].first > 0);
                assert_int_equal(reminder_next(&at, &second), cases[i].second > 0);
                assert_false(reminder_next(&at, &third));
                assert_int_equal(first, cases[i].first);
                assert_int_equal(second, cases[i].second);
        }
}

static int released;
static void release(void *owner) {
        released++;
}

static void sets_are_released_with_the_last_reference(void **state) {
        WindowSet s = { .refs = 1, .release = release };

        assert_ptr_equal(windowset_ref(&s), &s);
        assert_null(windowset_unref(&s));
        assert_int_equal(released, 0);
        assert_null(windowset_unref(&s));
        assert_int_equal(released, 1);
        assert_null(windowset_unref(NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(markers_come_back), cmocka_unit_test(short_markers_are_hashed), cmocka_unit_test(what_is_no_marker_is_refused),
                cmocka_unit_test(tables_are_whole), cmocka_unit_test(prints_tell_which_field_differs), cmocka_unit_test(keys_and_ids),
                cmocka_unit_test(ids_that_files_can_be_named_after), cmocka_unit_test(reminders_one_by_one),
                cmocka_unit_test(sets_are_released_with_the_last_reference),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
