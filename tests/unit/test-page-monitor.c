/*
 * What monitors make of answers, when they look, and what a body may ask of them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <jansson.h>

#include "base/text.h"
#include "page/monitor/monitor.h"
#include "page/monitor/settings.h"

#define UNKNOWN MONITOR_UNKNOWN
#define UP MONITOR_UP
#define DEGRADED MONITOR_DEGRADED
#define DOWN MONITOR_DOWN

static void judges_answers(void **state) {
        static const struct { unsigned expected, status; usec_t ms; MonitorState state; } rows[] = {
                { 0, 200, 1, UP }, { 0, 204, 1, UP }, { 0, 299, 1, UP }, { 0, 300, 1, DEGRADED }, { 0, 301, 1, DEGRADED }, { 0, 404, 1, DEGRADED }, { 0, 499, 1, DEGRADED },
                { 0, 500, 1, DOWN }, { 0, 503, 1, DOWN }, { 0, 999, 1, DOWN }, { 200, 200, 1, UP }, { 200, 204, 1, DEGRADED }, { 301, 301, 1, UP }, { 503, 503, 1, UP },
                { 503, 200, 1, DEGRADED }, { 503, 500, 1, DOWN }, { 0, 200, 500, UP }, { 0, 200, 501, DEGRADED }, { 0, 500, 501, DOWN }, { 0, 404, 501, DEGRADED },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                Monitor m = { .expected = rows[i].expected, .timeout = USEC_PER_SEC };

                if (monitor_judge(&m, rows[i].status, rows[i].ms * USEC_PER_MSEC) != rows[i].state)
                        fail_msg("%u for %u after %u ms", rows[i].status, rows[i].expected, (unsigned) rows[i].ms);
        }
}

static void settles_after_two_in_a_row(void **state) {
        static const struct { MonitorState state, last, seen, settled; } rows[] = {
                { UNKNOWN, UNKNOWN, UP, UP }, { UNKNOWN, UNKNOWN, DOWN, UNKNOWN }, { UNKNOWN, DOWN, DOWN, DOWN }, { UNKNOWN, DOWN, DEGRADED, DEGRADED },
                { UP, UP, DOWN, UP }, { UP, DOWN, DOWN, DOWN }, { UP, DOWN, UP, UP }, { UP, DOWN, DEGRADED, DEGRADED }, { UP, DEGRADED, DOWN, DEGRADED },
                { DEGRADED, DOWN, DOWN, DOWN }, { DEGRADED, DEGRADED, DOWN, DEGRADED }, { DOWN, DOWN, DEGRADED, DEGRADED }, { DOWN, DOWN, UP, UP }, { DEGRADED, DEGRADED, UP, UP },
                /* not looked at since a pause: what was known stays until there are two again */
                { DOWN, UNKNOWN, DOWN, DOWN }, { DOWN, UNKNOWN, DEGRADED, DOWN }, { DOWN, UNKNOWN, UP, UP }, { UP, UNKNOWN, DOWN, UP },
                /* could not be looked at */
                { UP, UP, UNKNOWN, UP }, { UP, UNKNOWN, UNKNOWN, UNKNOWN }, { DOWN, DOWN, UNKNOWN, DOWN }, { DOWN, UNKNOWN, UNKNOWN, UNKNOWN },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (monitor_settle(rows[i].state, rows[i].last, rows[i].seen) != rows[i].settled)
                        fail_msg("row %zu: %s", i, monitor_state_to_string(monitor_settle(rows[i].state, rows[i].last, rows[i].seen)));
}

static void what_a_service_shows(void **state) {
        static const struct { Impact manual, measured, own; } rows[] = {
                { IMPACT_OPERATIONAL, IMPACT_MAJOR, IMPACT_MAJOR }, { IMPACT_PARTIAL, IMPACT_DEGRADED, IMPACT_PARTIAL }, { IMPACT_DEGRADED, IMPACT_MAJOR, IMPACT_MAJOR },
                { IMPACT_MAINTENANCE, IMPACT_MAJOR, IMPACT_MAINTENANCE }, { IMPACT_DEGRADED, IMPACT_OPERATIONAL, IMPACT_DEGRADED },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                assert_int_equal(service_own(rows[i].manual, rows[i].measured), rows[i].own);
        assert_int_equal(monitor_impact(DOWN), IMPACT_MAJOR);
        assert_int_equal(monitor_impact(DEGRADED), IMPACT_DEGRADED);
        assert_int_equal(monitor_impact(UNKNOWN), IMPACT_OPERATIONAL);
}

static void paused_is_a_status(void **state) {
        assert_string_equal(monitor_status(&(Monitor) { .state = DOWN, .enabled = true }), "down");
        assert_string_equal(monitor_status(&(Monitor) { .state = DOWN, .enabled = false }), "paused");
        assert_string_equal(monitor_status(&(Monitor) { .state = DOWN, .enabled = true, .held = true }), "paused");
        assert_string_equal(monitor_status(&(Monitor) { .enabled = true }), "unknown");
}

/* Of a hundred that were made together, at most a few fall into one hundredth of the interval. */
static void spreads_those_of_one_interval(void **state) {
        static const usec_t intervals[] = { USEC_PER_SEC, USEC_PER_MINUTE, 5 * USEC_PER_MINUTE, PAGE_MONITOR_INTERVAL_MAX };

        for (size_t i = 0; i < ARRAY_SIZE(intervals); i++) {
                unsigned slots[100] = { 0 }, most = 0;
                usec_t now = UINT64_C(987654321098);

                for (int64_t seq = 1; seq <= 100; seq++) {
                        Monitor m = { .seq = seq, .interval = intervals[i] };
                        usec_t first = monitor_first(&m, now);

                        assert_true(first > now && first <= now + intervals[i]);
                        slots[(first - now - 1) * 100 / intervals[i]]++;
                }
                for (size_t k = 0; k < ARRAY_SIZE(slots); k++)
                        most = MAX(most, slots[k]);
                assert_true(most <= 3);
        }
}

static void keeps_its_own_instants(void **state) {
        Monitor m = { .seq = 7, .interval = USEC_PER_MINUTE };

        for (usec_t now = 0; now < 3 * USEC_PER_MINUTE; now += 777 * USEC_PER_MSEC) {
                usec_t first = monitor_first(&m, now), next = monitor_next(&m, now);

                assert_int_equal(first % m.interval, monitor_first(&m, 0) % m.interval);
                assert_int_equal(next % m.interval, first % m.interval);
                assert_true(next > now + m.interval / 2 && next <= now + m.interval + m.interval / 2);
                assert_int_equal(monitor_next(&m, first), first + m.interval); /* one in turn */
                assert_int_equal(monitor_first(&m, first), first + m.interval);
        }
}

static MonitorRules rules(void) {
        MonitorRules r = { .interval_min = USEC_PER_MINUTE };

        assert_int_equal(networks_parse("10.1.0.0/16", &r.networks), 0);
        return r;
}

static int take(Arena *a, const char *text, const Monitor *base, MonitorDraft *d, json_t *errors) {
        auto_(free) char *own = strdup(text);
        MonitorRules r = rules();
        json_t *body;
        int e;

        for (char *p = own; (p = strchr(p, '\'')); p++)
                *p = '"';
        body = json_loads(own, 0, NULL);
        assert_non_null(body);
        e = monitor_read(a, body, &r, base, d, errors);
        json_decref(body);
        return e;
}

#define M "{'name': 'm', 'url': 'https://example.com/', "

static void reads_bodies(void **state) {
        static const struct { const char *body, *wrong; } rows[] = {
                { "{'name': 'm', 'url': 'https://example.com/'}", NULL }, { M "'interval_seconds': 60}", NULL }, { M "'interval_seconds': 86400}", NULL },
                { M "'expected_status_code': null, 'service_id': null, 'enabled': false}", NULL }, { M "'timeout_ms': 30000}", NULL },
                { "{'name': 'm', 'url': 'http://10.1.2.3:80/x?y'}", NULL }, { "{'name': 'm'}", "url" }, { "{'url': 'https://example.com/'}", "name" },
                { M "'interval_seconds': 59}", "interval_seconds" }, { M "'interval_seconds': 86401}", "interval_seconds" }, { M "'interval_seconds': -1}", "interval_seconds" },
                { M "'interval_seconds': '60'}", "interval_seconds" }, { M "'timeout_ms': 99}", "timeout_ms" }, { M "'timeout_ms': 30001}", "timeout_ms" },
                { M "'timeout_ms': null}", "timeout_ms" }, { M "'expected_status_code': 100}", "expected_status_code" }, { M "'service_id': ''}", NULL },
                { M "'service_id': '0123456789012345678901234567890123456789'}", "service_id" }, { M "'enabled': 1}", "enabled" }, { M "'status': 'up'}", "status" },
                { M "'color': 'red'}", "color" }, { "{'name': 'a\\nb', 'url': 'https://example.com/'}", "name" }, { "{'name': 'm', 'url': 'https://'}", "url" },
                { "{'name': 'm', 'url': 'https://127.0.0.1/'}", "url" }, { "{'name': 'm', 'url': 'file:///etc/passwd'}", "url" }, { "{'name': 'm', 'url': 'http://10.2.0.0/'}", "url" },
                { "{'name': 'm', 'url': 'http://[::ffff:127.0.0.1]/'}", "url" }, { "{'name': 'm', 'url': 'http://a:b@example.com/'}", "url" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                auto_(arena_free) Arena *a = arena_new();
                json_t *errors = json_object();
                MonitorDraft d;
                int r = take(a, rows[i].body, NULL, &d, errors);

                if (r != (rows[i].wrong ? -EINVAL : 0) || json_object_size(errors) != (rows[i].wrong != NULL) || (rows[i].wrong && !json_object_get(errors, rows[i].wrong)))
                        fail_msg("%s", rows[i].body);
                json_decref(errors);
        }
}

static void keeps_what_a_change_does_not_name(void **state) {
        auto_(arena_free) Arena *a = arena_new();
        Monitor base = { .name = "m", .url = "https://example.com/", .interval = 10 * USEC_PER_MINUTE, .timeout = 2 * USEC_PER_SEC, .expected = 204, .enabled = true, .problem = "" };
        json_t *errors = json_object();
        MonitorDraft d;

        assert_int_equal(take(a, "{'enabled': false}", &base, &d, errors), 0);
        assert_int_equal(d.set, MONITOR_ENABLED);
        assert_false(d.value.enabled);
        assert_int_equal(d.value.expected, 204);
        assert_int_equal(d.value.interval, base.interval);
        assert_string_equal(d.value.url, base.url);
        json_decref(errors);
}

static void settings_are_read(void **state) {
        static const struct { const char *key, *text; bool fit; } rows[] = {
                { "monitor_networks", "10.0.0.0/8 ::1", true }, { "monitor_networks", "10.0.0.1/8", false }, { "monitor_networks", "example.com", false },
                { "monitor_ca", "/etc/ssl/own.pem", true }, { "monitor_ca", "own.pem", false }, { "monitor_interval_min", "1s", true }, { "monitor_interval_min", "1d", true },
                { "monitor_interval_min", "500ms", false }, { "monitor_interval_min", "0s", false }, { "monitor_interval_min", "1500ms", false }, { "monitor_interval_min", "25h", false },
                { "monitor_interval_min", "30", false }, { "monitor_none", "x", false },
        };
        auto_(site_free) Site *site = NULL;

        assert_int_equal(site_default(&site), 0);
        assert_int_equal(site->monitors.interval_min, USEC_PER_MINUTE);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (!monitor_rules_take(site, rows[i].key, rows[i].text) != rows[i].fit)
                        fail_msg("%s: %s", rows[i].key, rows[i].text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                { "judges answers", judges_answers, NULL, NULL, NULL },
                { "becomes worse after two in a row, better at once", settles_after_two_in_a_row, NULL, NULL, NULL },
                { "never improves on what a person said", what_a_service_shows, NULL, NULL, NULL },
                { "a paused one is paused, whatever it knows", paused_is_a_status, NULL, NULL, NULL },
                { "spreads those of one interval", spreads_those_of_one_interval, NULL, NULL, NULL },
                { "keeps its own instants, and none comes too soon after another", keeps_its_own_instants, NULL, NULL, NULL },
                { "reads bodies of requests", reads_bodies, NULL, NULL, NULL },
                { "keeps what a change does not name", keeps_what_a_change_does_not_name, NULL, NULL, NULL },
                { "reads its settings", settings_are_read, NULL, NULL, NULL },
        };

        return cmocka_run_group_tests_name("monitors", tests, NULL, NULL);
}
