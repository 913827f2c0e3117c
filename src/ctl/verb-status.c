/*
 * status: where every window stands and what comes next
 *
 * Problems first, then what runs, then what comes, by time. What is over is left to `history`, unless it was asked for by name.
 */
#include <string.h>

#include "base/text.h"
#include "ctl/named.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "daemon/report.h"

#define NEXT_SHOWN 30u
#define HELD_SHOWN 5u
#define OVER_SHOWN (2 * USEC_PER_HOUR) /* a window that ended this recently is still of interest */

static bool is_state(const json_t *w, const char *state) {
        return text_equal(json_get(w, "state"), state);
}

static const char *next_text(const char *what) {
        static const char *const texts[][2] = {
                { "publish", "published" }, { "start", "starts" }, { "wait", "needs a person" }, { "complete", "completes" }, { "message", "posts news" }, { "withdraw", "withdrawn" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (text_equal(what, texts[i][0]))
                        return texts[i][1];
        return what;
}

/* When it was over: as its targets have it, else by its plan. 0: cancelled before anybody was told. */
static usec_t over_at(const json_t *w) {
        usec_t at = 0;
        size_t i;
        json_t *t;

        json_array_foreach(json_object_get(w, "targets"), i, t)
                at = MAX(at, json_get_instant(t, "ended"));
        return at ? at : is_state(w, "completed") ? json_get_instant(w, "end") : 0;
}

/* What is wrong, without saying it twice: "missed: not started by anyone" has the name of its sync state in it. */
static void print_trouble(const Ctl *ctl, const json_t *w, const json_t *t) {
        const char *sync = json_get(t, "sync"), *problem = json_get(t, "problem");
        bool named = text_starts(problem, sync);

        render_line(ctl, STYLE_YELLOW, false, "  %s on %s: %s%s%s", json_get(w, "window"), json_get(t, "target"), named ? "" : sync,
                    named || !*problem ? "" : ": ", problem);
}

/* ── problems ── */

static bool is_well(const json_t *t) {
        const char *health = json_get(t, "health");

        return text_equal(health, "ok") || text_equal(health, "new") || text_equal(health, "limited");
}

/* What waits for a word, and the word. */
static void print_held(const Ctl *ctl, const json_t *t) {
        const json_t *held = json_object_get(t, "held"), *h;
        size_t i, n = json_array_size(held);

        if (!*json_get(t, "held_digest"))
                return;
        render_line(ctl, STYLE_YELLOW, false, "  %s: %zu change%s %s held: maintctl approve %s", json_get(t, "target"), n, PLURAL(n), n == 1 ? "is" : "are",
                    json_get(t, "held_digest"));
        for (i = 0; i < MIN(n, (size_t) HELD_SHOWN); i++) {
                h = json_array_get(held, i);
                render_line(ctl, "", false, "    %s: %s", json_get(h, "window"), json_get(h, "text"));
        }
        if (n > HELD_SHOWN)
                render_line(ctl, STYLE_DIM, false, "    and %zu more: maintctl approve", n - HELD_SHOWN);
}

static void print_target_problems(const Ctl *ctl, const json_t *targets) {
        size_t i;
        json_t *t;

        json_array_foreach((json_t *) targets, i, t) {
                usec_t listed = json_get_instant(t, "listed");
                char ago[RELATIVE_SIZE];

                if (!is_well(t))
                        render_line(ctl, STYLE_RED, false, "  %s: %s%s%s%s%s%s", json_get(t, "target"), json_get(t, "health"), *json_get(t, "problem") ? ": " : "",
                                    json_get(t, "problem"), listed ? " (last seen " : "", render_relative(listed, ctl->now, ago), listed ? ")" : "");
                print_held(ctl, t);
        }
}

/* A window that is over bothers nobody for long. */
static bool is_old(const Ctl *ctl, const json_t *w) {
        return json_is_over(w) && json_get_instant(w, "end") + OVER_SHOWN < ctl->now;
}

static usec_t withdrawn_at(const json_t *w) {
        return json_is_over(w) ? 0 : json_get_instant(w, "withdraw_at");
}

/* It stands among what is held there already. */
static bool is_listed(const json_t *targets, const char *target, const char *window) {
        size_t i, k;
        json_t *t, *h;

        json_array_foreach((json_t *) targets, i, t)
                if (text_equal(json_get(t, "target"), target))
                        json_array_foreach(json_object_get(t, "held"), k, h)
                                if (k < HELD_SHOWN && text_equal(json_get(h, "window"), window))
                                        return true;
        return false;
}

static void print_window_problems(const Ctl *ctl, const json_t *doc) {
        const json_t *targets = json_object_get(doc, "targets");
        size_t i, k;
        json_t *w, *t;

        json_array_foreach(json_object_get(doc, "windows"), i, w) {
                usec_t withdraw = withdrawn_at(w);
                char rel[RELATIVE_SIZE];

                if (withdraw)
                        render_line(ctl, STYLE_YELLOW, false, "  %s: its manifest is gone, withdrawn %s", json_get(w, "window"),
                                    withdraw > ctl->now ? render_relative(withdraw, ctl->now, rel) : "now");
                json_array_foreach(json_object_get(w, "targets"), k, t)
                        if (!is_old(ctl, w) && json_is_true(json_object_get(t, "trouble")) && !is_listed(targets, json_get(t, "target"), json_get(w, "window")))
                                print_trouble(ctl, w, t);
        }
}

static size_t count_problems(const Ctl *ctl, const json_t *doc) {
        size_t i, k, n = json_array_size(json_object_get(doc, "problems")) + json_array_size(json_object_get(doc, "diagnostics"));
        json_t *w, *t;

        json_array_foreach(json_object_get(doc, "targets"), i, t)
                n += *json_get(t, "held_digest") || !is_well(t);
        json_array_foreach(json_object_get(doc, "windows"), i, w) {
                n += withdrawn_at(w) != 0;
                json_array_foreach(json_object_get(w, "targets"), k, t)
                        n += !is_old(ctl, w) && json_is_true(json_object_get(t, "trouble"));
        }
        return n;
}

static size_t print_problems(const Ctl *ctl, const json_t *doc) {
        size_t i, n = count_problems(ctl, doc);
        json_t *p;

        if (n == 0)
                return 0;
        render_heading(ctl, "PROBLEMS", STYLE_RED);
        json_array_foreach(json_object_get(doc, "problems"), i, p)
                render_line(ctl, STYLE_RED, false, "  %s%s%s", json_get(p, "target"), *json_get(p, "target") ? ": " : "", json_get(p, "text"));
        print_target_problems(ctl, json_object_get(doc, "targets"));
        print_window_problems(ctl, doc);
        json_array_foreach(json_object_get(doc, "diagnostics"), i, p)
                render_line(ctl, text_equal(json_get(p, "severity"), "error") ? STYLE_RED : STYLE_YELLOW, false, "  %s:%d:%d: %s: %s", json_get(p, "file"),
                            (int) json_integer_value(json_object_get(p, "line")), (int) json_integer_value(json_object_get(p, "column")),
                            json_get(p, "severity"), json_get(p, "message"));
        return n;
}

/* ── targets ── */

typedef enum Follows { FOLLOWS, FOLLOWS_SOON, FOLLOWS_NOT, FOLLOWS_HELD, FOLLOWS_NEVER } Follows;

/* How a target has followed a window, as one of a few. */
static Follows follows(const char *sync) {
        static const struct { const char *sync; Follows f; } table[] = {
                { "ok", FOLLOWS }, { "pending", FOLLOWS_SOON }, { "unknown", FOLLOWS_SOON }, { "not-yet", FOLLOWS_NEVER }, { "none", FOLLOWS_NEVER },
                { "held", FOLLOWS_HELD }, { "already-there", FOLLOWS_HELD }, { "claimed", FOLLOWS_HELD }, { "suspended", FOLLOWS_NEVER },
        };

        for (size_t i = 0; i < ARRAY_SIZE(table); i++)
                if (text_equal(sync, table[i].sync))
                        return table[i].f;
        return FOLLOWS_NOT; /* diverged, gone, refused, unreachable, … */
}

static void count_sync(const json_t *windows, const char *target, unsigned n[static FOLLOWS_NEVER + 1]) {
        size_t i, k;
        json_t *w, *t;

        json_array_foreach((json_t *) windows, i, w)
                json_array_foreach(json_object_get(w, "targets"), k, t)
                        if (!json_is_over(w) && text_equal(json_get(t, "target"), target))
                                n[follows(json_get(t, "sync"))]++;
}

static void add_count(Table *t, const char *style, unsigned n) {
        if (n)
                table_addf(t, style, "%u", n);
        else
                table_add(t, STYLE_DIM, "-");
}

static void print_targets(const Ctl *ctl, const json_t *doc) {
        static const char *const headers[] = { "TARGET", "HEALTH", "IN SYNC", "PENDING", "DRIFT", "HELD", "SEEN" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(0));
        json_t *x;
        size_t i;

        json_array_foreach(json_object_get(doc, "targets"), i, x) {
                unsigned n[FOLLOWS_NEVER + 1] = { 0 };
                char ago[RELATIVE_SIZE];

                if (!t)
                        return;
                count_sync(json_object_get(doc, "windows"), json_get(x, "target"), n);
                table_add(t, "", json_get(x, "target"));
                table_add(t, is_well(x) ? "" : STYLE_RED, json_is_true(json_object_get(x, "retired")) ? "retired" : json_get(x, "health"));
                add_count(t, STYLE_GREEN, n[FOLLOWS]);
                add_count(t, "", n[FOLLOWS_SOON]);
                add_count(t, STYLE_YELLOW, n[FOLLOWS_NOT]);
                add_count(t, STYLE_YELLOW, n[FOLLOWS_HELD]);
                table_add(t, STYLE_DIM, text_or(render_relative(json_get_instant(x, "listed"), ctl->now, ago), "never"));
        }
        if (i == 0)
                return;
        (void) putchar('\n');
        render_heading(ctl, "TARGETS", STYLE_BOLD);
        table_print(t, stdout, 2, ctl->width, ctl->color);
}

/* ── tables ── */

/* Of what is over, that it is not there any more is as it should be. */
static const char *sync_text(const json_t *w, const json_t *t) {
        const char *sync = json_get(t, "sync");

        return text_equal(sync, "none") && json_is_over(w) ? "done" : sync;
}

/* "public ok, alerts pending"; only "ok" when it is that everywhere. */
static void add_targets(Table *t, const json_t *w) {
        const json_t *targets = json_object_get(w, "targets");
        char text[256] = "";
        bool ok = true, trouble = false;
        size_t i, n = 0;
        json_t *x;

        json_array_foreach((json_t *) targets, i, x) {
                ok &= text_equal(json_get(x, "sync"), "ok");
                trouble |= json_is_true(json_object_get(x, "trouble"));
        }
        json_array_foreach((json_t *) targets, i, x) {
                int k = snprintf(text + n, sizeof(text) - n, "%s%s%s%s", n ? ", " : "", json_get(x, "target"), ok ? "" : " ",
                                 ok ? "" : sync_text(w, x));

                n = MIN(n + (k > 0 ? (size_t) k : 0), sizeof(text) - 1);
        }
        table_addf(t, trouble ? STYLE_YELLOW : ok ? STYLE_GREEN : "", "%s%s", text_or(text, "-"), ok && *text ? " ok" : "");
}

/* What comes next, and in *ret_at when. What should have come and has not, because a target is in the way, is told as well. */
static const char *next_step(const Ctl *ctl, const json_t *w, usec_t *ret_at) {
        const json_t *next = json_object_get(w, "next");
        usec_t at = json_get_instant(next, "at"), start = json_get_instant(w, "start"), end = json_get_instant(w, "end");

        *ret_at = json_is_over(w) ? over_at(w) : at ? at : is_state(w, "scheduled") ? start : end;
        if (json_is_over(w))
                return json_get(w, "state");
        if (at)
                return next_text(json_get(next, "what"));
        if (is_state(w, "scheduled"))
                return start > ctl->now ? "starts" : "start was";
        return end > ctl->now ? "ends" : "end was";
}

static void add_window(const Ctl *ctl, Table *t, const json_t *w) {
        char rel[RELATIVE_SIZE], abs[ZONED_SIZE];
        usec_t at;
        const char *step = next_step(ctl, w, &at);

        table_add(t, "", json_get(w, "window"));
        table_addf(t, "", "%s %s", step, render_relative(at, ctl->now, rel));
        table_add(t, STYLE_DIM, render_instant(ctl, at, json_get(w, "timezone"), abs));
        add_targets(t, w);
}

static usec_t window_order(const json_t *w) {
        usec_t at = json_get_instant(json_object_get(w, "next"), "at");

        return at ? at : json_is_over(w) ? over_at(w) : json_get_instant(w, "start");
}

static int compare_windows(const void *a, const void *b) {
        usec_t x = window_order(*(json_t *const *) a), y = window_order(*(json_t *const *) b);

        return x < y ? -1 : x > y;
}

typedef struct Section {
        const char *heading, *style;
        bool (*want)(const Ctl *ctl, const json_t *w);
        size_t max;             /* rows shown */
} Section;

/* Windows of a document that belong here, by what comes next. @gap: something stands above. */
static size_t print_section(const Ctl *ctl, const json_t *windows, const Section *s, bool gap) {
        static const char *const headers[] = { "WINDOW", "NEXT", "AT", "TARGETS" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(0) | BIT(3));
        auto_(free) json_t **list = calloc(json_array_size(windows) + 1, sizeof(json_t *));
        size_t i, n = 0;
        json_t *w;

        if (!t || !list)
                return 0;
        table_stack(t, 1);
        json_array_foreach((json_t *) windows, i, w)
                if (s->want(ctl, w))
                        list[n++] = w;
        if (n == 0)
                return 0;
        qsort(list, n, sizeof(*list), compare_windows);
        for (i = 0; i < MIN(n, s->max); i++)
                add_window(ctl, t, list[i]);
        if (gap)
                (void) putchar('\n');
        render_heading(ctl, s->heading, s->style);
        table_print(t, stdout, 2, ctl->width, ctl->color);
        if (n > s->max)
                render_line(ctl, STYLE_DIM, false, "  and %zu more: maintctl status --json", n - s->max);
        return n;
}

static bool want_running(const Ctl *ctl, const json_t *w) {
        return is_state(w, "in_progress");
}

static bool want_next(const Ctl *ctl, const json_t *w) {
        return is_state(w, "scheduled") && (json_get_instant(json_object_get(w, "next"), "at") || json_get_instant(w, "end") > ctl->now);
}

static bool want_over(const Ctl *ctl, const json_t *w) {
        usec_t at = json_is_over(w) ? over_at(w) : 0;

        return at && at + OVER_SHOWN >= ctl->now;
}

static void print_all(const Ctl *ctl, const json_t *doc) {
        static const Section sections[] = {
                { "RUNNING", STYLE_YELLOW, want_running, SIZE_MAX },
                { "NEXT", STYLE_BOLD, want_next, NEXT_SHOWN },
                { "JUST OVER", STYLE_DIM, want_over, NEXT_SHOWN },
        };
        const json_t *windows = json_object_get(doc, "windows");
        size_t problems = print_problems(ctl, doc), n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
                n += print_section(ctl, windows, &sections[i], problems + n > 0);
        if (n == 0)
                render_line(ctl, "", false, "%sno window%s is running or to come", problems ? "\n" : "", ctl->n_labels ? " with these labels" : "");
        print_targets(ctl, doc);
}

/* ── one window, with everything ── */

static void print_times(const Ctl *ctl, const char *what, usec_t t, const char *zone) {
        char abs[ZONED_SIZE], utc[RFC3339_SIZE], rel[RELATIVE_SIZE];
        size_t columns;

        if (!t)
                return;
        (void) render_instant(ctl, t, zone, abs);
        (void) rfc3339_format(t, utc);
        render_relative(t, ctl->now, rel);
        columns = 14 + strlen(abs) + 2 + strlen(utc) + 3 + strlen(rel);
        if (ctl->width && columns > ctl->width)
                utc[0] = '\0'; /* the same again, for logs: not worth a second line */
        render_line(ctl, "", false, "  %-11s %s%s%s (%s)", what, abs, *utc ? ", " : "", utc, rel);
}

static void print_target(const Ctl *ctl, const json_t *t) {
        bool trouble = json_is_true(json_object_get(t, "trouble"));
        char utc[RFC3339_SIZE];
        usec_t started = json_get_instant(t, "started"), ended = json_get_instant(t, "ended");

        render_line(ctl, trouble ? STYLE_YELLOW : "", false, "  %-11s %s, %s%s%s", json_get(t, "target"), json_get(t, "sync"),
                    text_or(json_get(t, "state"), "not there"), *json_get(t, "remote_id") ? ", as " : "", json_get(t, "remote_id"));
        if (*json_get(t, "problem"))
                render_line(ctl, trouble ? STYLE_YELLOW : "", false, "  %-11s %s", "", json_get(t, "problem"));
        if (started)
                render_line(ctl, STYLE_DIM, false, "  %-11s started %s", "", rfc3339_format(started, utc));
        if (ended)
                render_line(ctl, STYLE_DIM, false, "  %-11s ended %s", "", rfc3339_format(ended, utc));
}

static void print_labels(const Ctl *ctl, json_t *labels) {
        auto_(free) char *text = NULL;
        const char *key;
        json_t *value;
        size_t n;
        FILE *f = json_object_size(labels) ? open_memstream(&text, &n) : NULL;

        if (!f)
                return;
        json_object_foreach(labels, key, value)
                (void) fprintf(f, "%s%s=%s", ftell(f) ? ", " : "", key, json_string_value(value));
        if (fclose(f) == 0)
                render_line(ctl, "", false, "  %-11s %s", "labels", text);
}

static void print_window(const Ctl *ctl, const json_t *w) {
        const char *zone = json_get(w, "timezone");
        const json_t *next = json_object_get(w, "next");
        usec_t at = json_get_instant(next, "at");
        json_t *x;
        size_t i;

        render_line(ctl, STYLE_BOLD, false, "%s%s%s", json_get(w, "window"), *json_get(w, "title") ? "  " : "", json_get(w, "title"));
        render_line(ctl, render_state_style(json_get(w, "state")), false, "  %-11s %s", "state", json_get(w, "state"));
        if (!text_equal(json_get(w, "state"), json_get(w, "wanted")))
                render_line(ctl, STYLE_YELLOW, false, "  %-11s %s", "wanted", json_get(w, "wanted"));
        print_times(ctl, "start", json_get_instant(w, "start"), zone);
        print_times(ctl, "end", json_get_instant(w, "end"), zone);
        if (at != json_get_instant(w, "start") && at != json_get_instant(w, "end"))
                print_times(ctl, text_or(next_text(json_get(next, "what")), "next"), at, zone);
        else if (text_equal(json_get(next, "what"), "wait"))
                render_line(ctl, "", false, "  %-11s a person, to start or complete it", "waits for");
        if (json_array_size(json_object_get(w, "services"))) {
                char text[512] = "";
                size_t n = 0;

                json_array_foreach(json_object_get(w, "services"), i, x) {
                        int k = snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "", json_string_value(x));

                        n = MIN(n + (k > 0 ? (size_t) k : 0), sizeof(text) - 1);
                }
                render_line(ctl, "", false, "  %-11s %s", "services", text);
        }
        print_labels(ctl, json_object_get(w, "labels"));
        if (*json_get(w, "file"))
                render_line(ctl, STYLE_DIM, false, "  %-11s %s:%d%s", "manifest", json_get(w, "file"), (int) json_integer_value(json_object_get(w, "line")),
                            text_equal(json_get(w, "source"), "last-good") ? " (broken now: its last good version is in force)"
                            : text_equal(json_get(w, "source"), "missing") ? " (gone)" : "");
        json_array_foreach(json_object_get(w, "targets"), i, x)
                print_target(ctl, x);
}

/* ── the verb ── */

int status_document(const Ctl *ctl, const char *id, bool labels, bool quiet, json_t **ret) {
        auto_(site_free) Site *s = NULL;
        char buf[KEY_SIZE];
        Selection sel;
        int r;

        if (!ctl_selection(ctl, id, buf, &sel))
                return -EINVAL;
        if (!labels)
                sel.n_labels = 0;
        r = ctl_ask(ctl, json_pack("{s:s, s:s?, s:o*}", "verb", "status", "id", id, "labels", labels ? ctl_labels(ctl) : NULL), ret);
        if (r != 0)
                return r;
        r = local_open(ctl, SITE_LEDGER_READ, true, &s);
        if (r < 0)
                return r;
        if (!ctl->json && !quiet)
                (void) fprintf(stderr, "maintctl: maintd does not run here: this is the ledger's word, no target was asked\n");
        *ret = report_status(s, now_read(), &sel);
        return *ret ? 0 : -ENOMEM;
}

int verb_status(Ctl *ctl) {
        const char *id = ctl->n_args ? ctl->args[0] : NULL;
        json_t *doc, *w;
        size_t i;

        if (named_document(ctl, &named_status, id, true, NULL, &doc) < 0)
                return EXIT_FAILED;
        if (ctl_json(ctl, doc))
                return EXIT_FINE;
        if (!id)
                print_all(ctl, doc);
        else
                json_array_foreach(json_object_get(doc, "windows"), i, w) {
                        if (i)
                                (void) putchar('\n');
                        print_window(ctl, w);
                }
        json_decref(doc);
        return EXIT_FINE;
}
