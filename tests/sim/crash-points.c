/*
 * Crash points: the same day, killed at every point there is
 *
 * A point is each commit (before and after), each request (sent, served, answered). The day is run once to count them, then once
 * for each, killed there and started again a second later. Every run must end like the first: the same windows in the same states,
 * and every message told once.
 */
#include <string.h>

#include "world.h"

static World *day(uint64_t crash_at) {
        World *w = world_new(7, at("2027-03-01T00:00:00Z"), true, "withdraw_after: 10min\nresync: 30min\n");

        w->crash_at = crash_at;
        world_write(w, "moved.yaml", "title: Moved\nservices: [api]\nstart: 2027-03-01T10:00:00Z\nend: 2027-03-01T11:00:00Z\n");
        world_write(w, "life.yaml",
                    "title: Life\nservices: [api, database]\nstart: 2027-03-01T06:00:00Z\nend: 2027-03-01T08:00:00Z\n"
                    "updates:\n  - {at: +30min, message: first}\n  - {at: +60min, message: second}\n");
        world_write(w, "daily.yaml", "title: Daily\nservices: [web]\nstart: 2027-03-01T12:00:00Z\nduration: 1h\nannounce: 2d\nrecurrence: {rule: FREQ=DAILY}\n");
        world_write(w, "gone.yaml", "title: Gone\nservices: [mail]\nstart: 2027-03-02T06:00:00Z\nduration: 1h\n");
        world_write(w, "called-off.yaml", "title: Called off\nservices: [database]\nstart: 2027-03-02T07:00:00Z\nduration: 1h\n");
        world_start(w);
        world_until(w, at("2027-03-01T05:00:00Z"));
        world_write(w, "moved.yaml", "title: Moved, and renamed\nservices: [api]\nstart: 2027-03-01T11:00:00Z\nend: 2027-03-01T12:00:00Z\n");
        world_write(w, "gone.yaml", NULL);
        world_write(w, "called-off.yaml", "title: Called off\nservices: [database]\nstart: 2027-03-02T07:00:00Z\nduration: 1h\nstate: cancelled\nmessage: not today\n");
        world_reload(w);
        world_until(w, at("2027-03-01T07:30:00Z"));
        world_write(w, "life.yaml",
                    "title: Life\nservices: [api, database]\nstart: 2027-03-01T06:00:00Z\nend: 2027-03-01T09:00:00Z\n"
                    "updates:\n  - {at: +30min, message: first}\n  - {at: +60min, message: second}\n");
        world_reload(w);
        world_until(w, at("2027-03-02T00:00:00Z"));
        return w;
}

/* What people have heard and what is there: equal texts, equal days. */
static char *outcome(World *w) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);
        const char *id;
        json_t *o;
        static const char *const events[] = { "scheduled", "rescheduled", "updated", "in_progress", "update", "completed", "cancelled" };

        json_object_foreach(w->models[0]->objects, id, o) {
                (void) fprintf(f, "page %s %s: %s", json_string_value(json_object_get(o, "external_id")), json_string_value(json_object_get(o, "title")),
                               remote_model_state(w->models[0], o, w->real));
                for (size_t k = 0; k < ARRAY_SIZE(events); k++) {
                        unsigned told = 0;

                        for (size_t m = 0; m < w->models[0]->n_mails; m++)
                                told += strcmp(w->models[0]->mails[m].object, id) == 0 && strcmp(w->models[0]->mails[m].event, events[k]) == 0;
                        if (told)
                                (void) fprintf(f, " %s×%u", events[k], told);
                }
                (void) fputc('\n', f);
        }
        static const char *const keys[] = { "life", "moved", "daily@2027-03-01T12:00", "daily@2027-03-02T12:00", "called-off", "gone" };

        for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
                (void) fprintf(f, "alerts %s: %zu live\n", keys[k], remote_model_live(w->models[1], keys[k], w->real));
        (void) fclose(f);
        return text;
}

/* Lines sorted, since a crash may change in which order things were created. */
static int by_line(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static char *sorted(char *text) {
        char *lines[64], *copy = strdup(text), *at_line = copy;
        size_t n = 0, used = 0;

        for (char *line; (line = strsep(&at_line, "\n")) && n < ARRAY_SIZE(lines);)
                if (*line)
                        lines[n++] = line;
        qsort(lines, n, sizeof(*lines), by_line);
        for (size_t k = 0; k < n; k++)
                used += (size_t) sprintf(text + used, "%s\n", lines[k]);
        free(copy);
        return text;
}

int main(int argc, char **argv) {
        uint64_t only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, points, failed = 0;
        auto_(free) char *want = NULL;
        World *w = day(0);

        points = w->points;
        want = sorted(outcome(w));
        printf("a day of %llu points ends in\n%s", (unsigned long long) points, want);
        world_free(w);
        for (uint64_t n = only ? only : 1; n <= (only ? only : points); n++) {
                auto_(free) char *is = NULL;

                w = day(n);
                is = sorted(outcome(w));
                if (w->crashes != 1 || strcmp(is, want) != 0) {
                        failed++;
                        (void) fflush(w->log);
                        if (only)
                                printf("%s", w->history);
                        printf("killed at point %llu (%llu crashes), it ends in\n%s", (unsigned long long) n, (unsigned long long) w->crashes, is);
                }
                world_free(w);
        }
        printf("killed at each of %llu points, %llu ended differently\n", (unsigned long long) points, (unsigned long long) failed);
        return failed || points < 100 ? EXIT_FAILURE : EXIT_SUCCESS;
}
