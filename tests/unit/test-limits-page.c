/*
 * Limits of what a client with a key may send maintd-page: what is at them is stored, one more is refused, as base/limits.h says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "repeat.h"

#include "base/limits.h"
#include "base/text.h"
#include "page/auth.h"
#include "page/monitor/monitor.h"
#include "page/network.h"
#include "page/rest/input.h"
#include "page/show/html.h"
#include "page/subscribe/subscriber.h"

#define POST "{\"title\": \"T\", \"scheduled_start\": \"2027-02-01T02:00:00Z\", \"scheduled_end\": \"2027-02-01T04:00:00Z\", "

static const struct row {
        const char *limit;
        size_t max;
        const char *field;
        bool service;           /* the body is one's */
        const char *head, *unit, *tail;
} rows[] = {
        { "PAGE_TITLE_CHARS_MAX", PAGE_TITLE_CHARS_MAX, "title", false,
          "{\"scheduled_start\": \"2027-02-01T02:00:00Z\", \"scheduled_end\": \"2027-02-01T04:00:00Z\", \"title\": \"", "é", "\"}" },
        { "PAGE_DESCRIPTION_BYTES_MAX", PAGE_DESCRIPTION_BYTES_MAX, "description", false, POST "\"description\": \"", "d", "\"}" },
        { "PAGE_MESSAGE_BYTES_MAX", PAGE_MESSAGE_BYTES_MAX, "message", false, POST "\"message\": \"", "m", "\"}" },
        { "PAGE_EXTERNAL_ID_CHARS_MAX", PAGE_EXTERNAL_ID_CHARS_MAX, "external_id", false, POST "\"external_id\": \"", "é", "\"}" },
        { "PAGE_OWNER_CHARS_MAX", PAGE_OWNER_CHARS_MAX, "owner", false, POST "\"owner\": \"", "é", "\"}" },
        { "PAGE_WINDOW_SERVICES_MAX", PAGE_WINDOW_SERVICES_MAX - 1, "service_ids", false, POST "\"service_ids\": [\"svc_0\"", ", \"svc_#\"", "]}" },
        { "PAGE_REMINDERS_MAX", PAGE_REMINDERS_MAX - 1, "reminder_minutes", false, POST "\"reminder_minutes\": [100", ", #", "]}" },
        { "PAGE_NAME_CHARS_MAX", PAGE_NAME_CHARS_MAX, "name", true, "{\"name\": \"", "é", "\"}" },
        { "PAGE_NAME_CHARS_MAX (group)", PAGE_NAME_CHARS_MAX, "group", true, "{\"name\": \"n\", \"group\": \"", "é", "\"}" },
        { "PAGE_NOTE_BYTES_MAX", PAGE_NOTE_BYTES_MAX, "description", true, "{\"name\": \"n\", \"description\": \"", "d", "\"}" },
};

/* Refused: for this field alone. */
static bool body_fits(const char *text, bool service, const char *field) {
        auto_(arena_free) Arena *a = arena_new();
        json_t *body = json_loads(text, 0, NULL), *errors = json_object();
        ServiceDraft s;
        Draft d;
        int r;

        assert_non_null(body);
        r = service ? service_read(a, body, true, &s, errors) : maintenance_read(a, body, NULL, &d, errors);
        assert_true(r == 0 || (r == -EINVAL && json_object_size(errors) == 1 && json_object_get(errors, field)));
        json_decref(body);
        json_decref(errors);
        return r == 0;
}

static bool row_fits(const struct row *row, size_t n) {
        auto_(free) char *text = text_of(row->head, row->unit, n, row->tail);

        return body_fits(text, row->service, row->field);
}

static void refuses_one_more(void **state) {
        const struct row *row = *state;

        assert_true(row_fits(row, row->max));
        assert_false(row_fits(row, row->max + 1));
}

/* ── Numbers, and what is no JSON ── */

static bool reminder_minutes(size_t n) {
        auto_(free) char *text = textf(POST "\"reminder_minutes\": %zu}", n);

        return body_fits(text, false, "reminder_minutes");
}

static bool window_length(size_t n) {
        char end[RFC3339_SIZE];
        auto_(free) char *text = textf("{\"title\": \"T\", \"scheduled_start\": \"1970-01-01T00:00:00Z\", \"scheduled_end\": \"%s\"}", rfc3339_format(n, end));

        return body_fits(text, false, "scheduled_end");
}

static bool display_order(size_t n) {
        auto_(free) char *text = textf("{\"name\": \"n\", \"display_order\": %zu}", n);

        return body_fits(text, true, "display_order");
}

static bool key_name(size_t n) {
        auto_(free) char *text = text_of("", "k", n, "");

        return key_name_valid(text);
}

static bool nesting(size_t n) {
        auto_(free) char *text = text_of("", "> ", n, "deep"), *html = NULL;
        size_t size, quotes = 0;
        FILE *f = open_memstream(&html, &size);

        assert_int_equal(html_markdown(f, text), 0);
        assert_int_equal(fclose(f), 0);
        assert_non_null(strstr(html, "deep"));
        for (const char *p = html; (p = strstr(p, "<blockquote>")); p++)
                quotes++;
        return quotes == n;
}

static bool mailbox(size_t n) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *text = text_of("a@", "b.", (n - 5) / 2, n % 2 ? "ccc" : "cccc");
        const char *wrong;

        assert_int_equal(strlen(text), n);
        return mailbox_take(a, text, &wrong);
}

static bool local_part(size_t n) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *text = text_of("", "a", n, "@b.c");
        const char *wrong;

        return mailbox_take(a, text, &wrong);
}

static bool networks(size_t n) {
        auto_(free) char *text = text_of("", "10.0.0.1 ", n, "");
        Networks list;

        return networks_parse(text, &list) == 0;
}

static bool monitor_fits(const char *field, size_t n) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *text = textf("{\"name\": \"n\", \"url\": \"https://example.com/\", \"%s\": %zu}", field, n);
        const MonitorRules rules = { .interval_min = USEC_PER_SEC };
        json_t *body = json_loads(text, 0, NULL), *errors = json_object();
        MonitorDraft d;
        int r = monitor_read(a, body, &rules, NULL, &d, errors);

        assert_true(r == 0 || (r == -EINVAL && json_object_get(errors, field)));
        json_decref(body);
        json_decref(errors);
        return r == 0;
}

static bool monitor_interval(size_t n) {
        return monitor_fits("interval_seconds", n);
}

static bool monitor_timeout(size_t n) {
        return monitor_fits("timeout_ms", n);
}

/* One less than the least is one too few. */
static bool monitor_timeout_least(size_t n) {
        return monitor_fits("timeout_ms", 2 * PAGE_MONITOR_TIMEOUT_MIN / USEC_PER_MSEC - n);
}

static const struct limit {
        const char *limit;
        size_t max;
        bool (*fits)(size_t n);
} limits[] = {
        { "PAGE_REMINDER_MINUTES_MAX", PAGE_REMINDER_MINUTES_MAX, reminder_minutes }, { "PAGE_WINDOW_LENGTH_MAX", PAGE_WINDOW_LENGTH_MAX, window_length },
        { "PAGE_DISPLAY_ORDER_MAX", PAGE_DISPLAY_ORDER_MAX, display_order }, { "PAGE_KEY_NAME_MAX", PAGE_KEY_NAME_MAX, key_name },
        { "PAGE_MAILBOX_MAX", PAGE_MAILBOX_MAX, mailbox }, { "PAGE_LOCAL_PART_MAX", PAGE_LOCAL_PART_MAX, local_part },
        { "PAGE_NETWORKS_MAX", PAGE_NETWORKS_MAX, networks },
        { "PAGE_MONITOR_INTERVAL_MAX", PAGE_MONITOR_INTERVAL_MAX / USEC_PER_SEC, monitor_interval },
        { "PAGE_MONITOR_TIMEOUT_MAX", PAGE_MONITOR_TIMEOUT_MAX / USEC_PER_MSEC, monitor_timeout },
        { "PAGE_MONITOR_TIMEOUT_MIN", PAGE_MONITOR_TIMEOUT_MIN / USEC_PER_MSEC, monitor_timeout_least },
        { "PAGE_NESTING_MAX", PAGE_NESTING_MAX, nesting },
};

static void lets_no_more_through(void **state) {
        const struct limit *l = *state;

        assert_true(l->fits(l->max));
        assert_false(l->fits(l->max + 1));
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(limits)];
        size_t n = 0;

        for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
                tests[n++] = (struct CMUnitTest) { rows[k].limit, refuses_one_more, NULL, NULL, (void *) &rows[k] };
        for (size_t k = 0; k < ARRAY_SIZE(limits); k++)
                tests[n++] = (struct CMUnitTest) { limits[k].limit, lets_no_more_through, NULL, NULL, (void *) &limits[k] };
        return cmocka_run_group_tests_name("limits of the page", tests, NULL, NULL);
}
