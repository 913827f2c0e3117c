/*
 * Rules: whatever parses is walked in order, within its budget, and knows its own occurrences
 *
 * The first two bytes choose the start, the rest is the rule.
 */
#include <string.h>

#include "schedule/recurrence.h"
#include "schedule/zone.h"

#define assert_always(x) do { if (!(x)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Zones *zones; /* kept for all inputs: opening tzdata is not what is tried here */
        static const Zone *zone;
        int64_t start, wall, last;
        RuleProblem problem;
        const char *why;
        char text[1024];
        RuleWalk w;
        Rule r;

        if (!zones)
                assert_always(zones_new(NULL, &zones) >= 0 && zones_get(zones, "Europe/Berlin", &zone) >= 0);
        if (size < 2 || size - 2 >= sizeof(text))
                return 0;
        start = ((int64_t) data[0] << 8 | data[1]) * 86400 / 2;
        memcpy(text, data + 2, size - 2);
        text[size - 2] = '\0';
        if (rule_parse(text, start, zone, &r, &problem, &why) < 0)
                return 0;
        rule_walk(&r, start, &w);
        last = start - 1;
        for (unsigned i = 0; i < 20 && rule_next(&w, &wall) > 0; i++) {
                assert_always(wall > last && wall >= start && wall <= r.until);
                assert_always(rule_has(&r, wall) && !rule_has(&r, wall + 1));
                last = wall;
        }
        return 0;
}
