/*
 * Rules: whatever parses is walked in order, within its bounds and its budget, from wherever one begins
 *
 * The first two bytes choose the start, the rest is the rule.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "schedule/recurrence.h"
#include "schedule/schedule.h"

#define WALKED 40u

/* At most WALKED occurrences: ascending, so each is there once, none outside start, UNTIL and COUNT. */
static unsigned collect(const Rule *r, int64_t from, int64_t walls[static WALKED], bool *ret_exhausted) {
        int64_t last = from - 1;
        RuleWalk w;
        unsigned n = 0;

        rule_walk(r, from, &w);
        while (n < WALKED && rule_next(&w, &walls[n]) > 0) {
                assert_always(walls[n] > last && walls[n] >= r->start && walls[n] <= r->until);
                assert_always(((walls[n] - r->of_day) % 86400 + 86400) % 86400 == 0); /* at most one a day, at one time of day */
                assert_always(w.steps <= RULE_STEPS_MAX + 400);
                last = walls[n++];
        }
        if (n < WALKED) {
                int64_t none;

                assert_always(rule_next(&w, &none) == 0); /* what has ended stays ended */
        }
        assert_always(r->count >= n);
        *ret_exhausted = w.exhausted;
        return n;
}

/* Begun in the middle, a walk finds what the whole one found from there on. */
static void check_middle(const Rule *r, const int64_t *walls, unsigned n) {
        int64_t again[WALKED];
        unsigned from = n / 2, found;
        bool exhausted;

        found = collect(r, walls[from], again, &exhausted);
        assert_always(exhausted || found >= n - from);
        for (unsigned i = 0; i < n - from && i < found; i++)
                assert_always(again[i] == walls[from + i]);
        assert_always(rule_has(r, walls[from]) && !rule_has(r, walls[from] + 1));
        if (from > 0 && walls[from] - walls[from - 1] > 86400)
                assert_always(!rule_has(r, walls[from] - 86400));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Zones *zones; /* kept for all inputs: opening tzdata is not what is tried here */
        static const Zone *zone;
        int64_t start, walls[WALKED];
        Input in = { data, size };
        auto_(free) char *text = NULL;
        RuleProblem problem;
        const char *why = NULL;
        bool exhausted;
        unsigned n;
        Rule r;
        int e;

        if (!zones)
                assert_always(zones_new(NULL, &zones) >= 0 && zones_get(zones, "Europe/Berlin", &zone) >= 0);
        start = (int64_t) input_byte(&in) << 8;
        start = (start | input_byte(&in)) * 86400 / 2;
        text = input_rest(&in);
        e = rule_parse(text, start, zone, &r, &problem, &why);
        assert_always(e == 0 || (e == -EINVAL && why && *why && fuzz_printable(why)));
        if (e < 0)
                return 0;
        assert_always(r.interval >= 1 && r.count >= 1 && r.start == start && r.of_day >= 0 && r.of_day < 86400 && r.week_start <= 6);
        n = collect(&r, start, walls, &exhausted);
        if (n > 0)
                check_middle(&r, walls, n);
        return 0;
}
