/*
 * Floor: what libical needs to iterate the same rules
 *
 * Reads lines `id TAB local start TAB rule-or-dash` and steps through each rule on the floating wall clock, from its start to
 * the end of the horizon, without time zones and without making anything of what it finds. Starting at the rule's start is
 * how libical is used by most; whoever skips to the horizon can be faster than this floor.
 *
 * usage: floor-ical FILE FIRST-DATE(YYYYMMDD) DAYS     prints occurrences within the horizon, and steps taken
 */
#include <libical/ical.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Horizon { struct icaltimetype first, last; } Horizon;
typedef struct Count { long occurrences, steps; } Count;

static bool within(const Horizon *h, struct icaltimetype t) {
        return icaltime_compare(t, h->first) >= 0 && icaltime_compare(t, h->last) < 0;
}

static int count_rule(const Horizon *h, const char *start, const char *rule, Count *count) {
        struct icaltimetype dtstart = icaltime_from_string(start);
        struct icalrecurrencetype parsed;
        icalrecur_iterator *i;

        if (strcmp(rule, "-") == 0) {
                count->occurrences += within(h, dtstart);
                count->steps++;
                return 0;
        }
        parsed = icalrecurrencetype_from_string(rule);
        i = icalrecur_iterator_new(parsed, dtstart);
        if (!i)
                return -1;
        for (struct icaltimetype t = icalrecur_iterator_next(i); !icaltime_is_null_time(t) && icaltime_compare(t, h->last) < 0;
             t = icalrecur_iterator_next(i)) {
                count->occurrences += within(h, t);
                count->steps++;
        }
        icalrecur_iterator_free(i);
        return 0;
}

int main(int argc, char **argv) {
        char line[1024];
        Count count = { 0, 0 };
        Horizon h;
        FILE *f;

        if (argc != 4) {
                fprintf(stderr, "usage: floor-ical FILE YYYYMMDD DAYS\n");
                return 1;
        }
        h.first = icaltime_from_string(argv[2]);
        h.first.is_date = 0;
        h.last = h.first;
        icaltime_adjust(&h.last, atoi(argv[3]), 0, 0, 0);
        f = fopen(argv[1], "re");
        if (!f) {
                perror(argv[1]);
                return 1;
        }
        while (fgets(line, sizeof(line), f)) {
                const char *id = strtok(line, "\t"), *start = strtok(NULL, "\t"), *rule = strtok(NULL, "\t\n");

                if (!id || !start || !rule || count_rule(&h, start, rule, &count) < 0) {
                        fprintf(stderr, "cannot use the line of %s\n", id ? id : "(nothing)");
                        fclose(f);
                        return 1;
                }
        }
        fclose(f);
        printf("%ld occurrences, %ld steps\n", count.occurrences, count.steps);
        return 0;
}
