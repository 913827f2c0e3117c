/*
 * Since: a point in the past, as people give it
 */
#include "ctl/since.h"

#include "ctl/words.h"
#include "manifest/when.h"

#define DAY 86400

int since_parse(const char *text, const Zone *zone, usec_t now, usec_t *ret) {
        int64_t wall = zone_wall(zone, now);
        unsigned minutes;
        Span span;
        When w = { 0 };
        int r;

        if (words_time_of_day(text, &minutes)) {
                int64_t today = wall - wall % DAY + minutes * 60;

                *ret = zone_wall_utc(zone, today <= wall ? today : today - DAY, NULL);
                return 0;
        }
        if (span_parse(text + (*text == '-'), &span) >= 0) {
                usec_t from = zone_wall_utc(zone, wall - (int64_t) span.days * DAY, NULL);

                *ret = usec_sub(span.days ? from : now, span.exact);
                return 0;
        }
        r = when_parse(text, &w);
        if (r < 0 && r != -ENODATA)
                return -EINVAL;
        if (r == -ENODATA)
                w.local.hour = w.local.minute = w.local.second = 0;
        *ret = r >= 0 && w.kind == WHEN_INSTANT ? w.instant : zone_utc(zone, &w.local, NULL);
        return 0;
}
