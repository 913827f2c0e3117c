/*
 * iCalendar: lines, escapes and times byte by byte, as RFC 5545 has them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "repeat.h"

#include "base/icalendar.h"

#define AT UINT64_C(1801447200000000) /* 2027-02-01T02:00:00Z */

static char *event(const IcalEvent *e) {
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        assert_non_null(f);
        ical_event(f, e);
        assert_int_equal(fclose(f), 0);
        return text;
}

static void an_event_is_written_whole(void **state) {
        auto_(free) char *text = event(&(IcalEvent) { .uid = "maint_1@example",
                                                     .stamp = AT,
                                                     .created = AT - USEC_PER_DAY,
                                                     .sequence = 3,
                                                     .start = AT + 5,
                                                     .end = AT + USEC_PER_HOUR + 999999,
                                                     .summary = "Move; a, b \\ c",
                                                     .description = "one\ntwo\r\n\x01three",
                                                     .location = "API",
                                                     .url = "https://status.example.com/maintenance/maint_1" });

        assert_string_equal(
                text, "BEGIN:VEVENT\r\nUID:maint_1@example\r\nDTSTAMP:20270201T020000Z\r\nCREATED:20270131T020000Z\r\n"
                      "LAST-MODIFIED:20270201T020000Z\r\nSEQUENCE:3\r\nDTSTART:20270201T020000Z\r\nDTEND:20270201T030000Z\r\n"
                      "SUMMARY:Move\\; a\\, b \\\\ c\r\nDESCRIPTION:one\\ntwo\\nthree\r\nLOCATION:API\r\n"
                      "URL:https://status.example.com/maintenance/maint_1\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

static void what_is_not_known_is_not_said(void **state) {
        auto_(free) char *text = event(&(IcalEvent) {
                .uid = "u", .stamp = AT, .sequence = -1, .start = AT, .end = AT, .summary = "S", .description = "", .cancelled = true });

        assert_string_equal(
                text, "BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20270201T020000Z\r\nDTSTART:20270201T020000Z\r\nSUMMARY:S\r\nSTATUS:CANCELLED\r\n"
                      "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

/* At every length around the fold, with characters of one to four bytes. */
static void long_lines_are_folded_between_characters(void **state) {
        static const char *const units[] = { "x", "ä", "€", "😀", "," };

        for (size_t u = 0; u < ARRAY_SIZE(units); u++)
                for (size_t n = 1; n < 200; n++) {
                        auto_(free) char *summary = text_of("", units[u], n, ""),
                                         *text = event(
                                                 &(IcalEvent) { .uid = "u", .stamp = AT, .sequence = -1, .start = AT, .summary = summary });
                        auto_(free) char *unfolded = calloc(1, strlen(text) + 1),
                                         *wanted = text_of("\r\nSUMMARY:", u == 4 ? "\\," : units[u], n, "\r\nSTATUS");
                        char *to = unfolded;

                        for (char *line = text; *line;) {
                                char *end = strstr(line, "\r\n");

                                assert_true(end - line <= 75);
                                assert_true((*line & 0xc0) != 0x80 && (line[1] & 0xc0) != 0x80);
                                line = end + 2;
                        }
                        for (char *p = text; *p;)
                                if (strncmp(p, "\r\n ", 3) == 0)
                                        p += 3;
                                else
                                        *to++ = *p++;
                        assert_non_null(strstr(unfolded, wanted));
                }
}

static void no_text_becomes_a_line_of_its_own(void **state) {
        auto_(free) char *text = event(&(IcalEvent) {
                .uid = "u\r\nX:1", .stamp = AT, .sequence = -1, .start = AT, .summary = "a\r\nATTACH:evil", .url = "https://a\r\nX:2" });

        assert_null(strstr(text, "\r\nATTACH"));
        assert_null(strstr(text, "\r\nX:"));
}

static void a_calendar_has_a_frame(void **state) {
        auto_(free) char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        ical_begin(f, "-//maintd//test//EN", "Status, all");
        ical_end(f);
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//maintd//test//EN\r\nMETHOD:PUBLISH\r\nNAME:Status\\, all\r\n"
                                  "X-WR-CALNAME:Status\\, all\r\nEND:VCALENDAR\r\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_event_is_written_whole),
                cmocka_unit_test(what_is_not_known_is_not_said),
                cmocka_unit_test(long_lines_are_folded_between_characters),
                cmocka_unit_test(no_text_becomes_a_line_of_its_own),
                cmocka_unit_test(a_calendar_has_a_frame),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
