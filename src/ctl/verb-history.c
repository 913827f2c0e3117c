/*
 * history: the audit log
 */
#include <string.h>

#include "base/text.h"
#include "ctl/history.h"
#include "ctl/named.h"
#include "ctl/since.h"
#include "ctl/table.h"
#include "daemon/report.h"

#define FOLLOW_SHOWN 20u                /* lines before those that come */

/* Without a daemon: the ledger alone, no manifests, no config. */
static int history_ledger(const Ctl *ctl, const Selection *sel, unsigned limit, json_t **ret) {
        Site s = { 0 };
        auto_(free) char *why = NULL, *state = state_path(ctl->state);
        char machine[33];
        int r;

        machine_id_read(machine);
        r = state ? ledger_open(state, LEDGER_READ, machine, &s.ledger, &why) : -ENOMEM;
        if (r < 0 && r != -ENOENT) {
                (void) fprintf(stderr, "maintctl: %s\n", text_or(why, strerror(-r)));
                return r;
        }
        if (r == -ENOENT) {
                auto_(free) char *safe = text_printable(state, 0);

                (void) fprintf(stderr, "maintctl: %s: there is no ledger: nothing was done from here, or --state DIR names the place\n", text_or(safe, "?"));
        }
        *ret = report_history(&s, sel, (HistoryRange) { .limit = limit });
        ledger_free(s.ledger);
        return *ret ? 0 : -ENOMEM;
}

/* Which windows have a label only the manifests know. */
static int history_site(const Ctl *ctl, const Selection *sel, unsigned limit, json_t **ret) {
        auto_(site_free) Site *s = NULL;
        int r = local_open(ctl, SITE_LEDGER_READ, true, &s);

        if (r < 0)
                return r;
        *ret = report_history(s, sel, (HistoryRange) { .limit = limit });
        return *ret ? 0 : -ENOMEM;
}

int history_document(const Ctl *ctl, const char *id, bool labels, unsigned limit, json_t **ret) {
        char buf[KEY_SIZE];
        Selection sel;
        int r;

        if (!ctl_selection(ctl, id, buf, &sel))
                return -EINVAL;
        if (!labels)
                sel.n_labels = 0;
        r = ctl_ask(ctl, json_pack("{s:s, s:s?, s:i, s:o*}", "verb", "history", "id", id, "limit", (int) limit, "labels", labels ? ctl_labels(ctl) : NULL), ret);
        if (r != 0)
                return r;
        return sel.n_labels ? history_site(ctl, &sel, limit, ret) : history_ledger(ctl, &sel, limit, ret);
}

bool history_told(const json_t *h) {
        return !text_equal(json_get(h, "kind"), "intent");
}

const char *history_style(const json_t *h) {
        const char *verdict = json_get(h, "verdict");

        if (text_equal(verdict, "refused") || text_equal(verdict, "denied"))
                return STYLE_RED;
        return text_equal(verdict, "unknown") || text_equal(verdict, "retry") || text_equal(verdict, "limited") ? STYLE_YELLOW : "";
}

char *history_what(const json_t *h) {
        const char *verdict = json_get(h, "verdict");
        bool plain = !*verdict || text_equal(verdict, "done");

        return textf("%s%s%s", text_or(json_get(h, "action"), json_get(h, "kind")), plain ? "" : " ", plain ? "" : verdict);
}

char *history_why(const json_t *h) {
        json_int_t late = json_integer_value(json_object_get(h, "late_usec"));
        const char *commit = json_get(h, "commit");
        char span[SPAN_SIZE] = "";

        if (late >= (json_int_t) USEC_PER_SEC)
                (void) span_format((usec_t) late - (usec_t) late % USEC_PER_SEC, true, span);
        return textf("%s%s%s%s%.12s%s", json_get(h, "text"), *span ? ", late by " : "", span, *commit ? " [" : "", commit, *commit ? "]" : "");
}

static void add_line(const Ctl *ctl, Table *t, const json_t *h) {
        auto_(free) char *what = history_what(h), *why = history_why(h);
        char at[ZONED_SIZE];

        if (!history_told(h))
                return;
        table_add(t, STYLE_DIM, render_second(ctl, json_get_instant(h, "at"), at));
        table_add(t, "", text_or(json_get(h, "window"), "-"));
        table_add(t, "", text_or(json_get(h, "target"), "-"));
        table_add(t, history_style(h), text_or(what, "?"));
        table_add(t, "", text_or(why, ""));
}

/* ── --since ── */

static int since(const Ctl *ctl, usec_t *ret) {
        const Zone *utc;

        *ret = 0;
        if (!ctl->since)
                return 0;
        if (!ctl->zones || zones_get(ctl->zones, "UTC", &utc) < 0 || since_parse(ctl->since, utc, ctl->now, ret) < 0) {
                (void) fprintf(stderr, "maintctl: --since %s: a time is wanted, as 2027-02-01T02:00 or 02:00 (UTC), or how long ago, as 2h\n", ctl->since);
                return -EINVAL;
        }
        return 0;
}

/* Leaves out what was before @from. */
static void keep_since(json_t *lines, usec_t from) {
        for (size_t i = json_array_size(lines); from && i-- > 0;)
                if (json_get_instant(json_array_get(lines, i), "at") < from)
                        (void) json_array_remove(lines, i);
}

static json_int_t last_of(const json_t *lines) {
        json_int_t last = 0;
        json_t *h;
        size_t i;

        json_array_foreach((json_t *) lines, i, h)
                last = MAX(last, json_integer_value(json_object_get(h, "seq")));
        return last;
}

/* ── --limit ── */

/* Leaves the newest @n lines that people are told, and what is between them. True: there are as many. */
static bool keep_told(json_t *lines, unsigned n) {
        size_t i = json_array_size(lines);

        while (n > 0 && i > 0)
                n -= history_told(json_array_get(lines, --i));
        while (n == 0 && i > 0)
                (void) json_array_remove(lines, --i);
        return n == 0;
}

/* --limit counts lines that are shown. What was begun is told with its outcome: twice as many are asked for, more if that was not enough. */
static int document(Ctl *ctl, const char *id, char key[static KEY_SIZE], json_t **ret) {
        unsigned wanted = ctl->limit;
        json_t *doc = NULL;

        for (;;) {
                json_t *lines;
                bool all;
                int r;

                ctl->limit = ctl->json ? wanted : MIN(2 * ctl->limit, HISTORY_LIMIT_MAX);
                r = named_document(ctl, &named_history, id, true, key, &doc);
                if (r < 0)
                        return r;
                lines = json_object_get(doc, "history");
                all = json_array_size(lines) < ctl->limit || ctl->limit == HISTORY_LIMIT_MAX;
                if (ctl->json || keep_told(lines, wanted) || all) {
                        *ret = doc;
                        return r;
                }
                json_decref(doc);
                doc = NULL;
        }
}

/* ── the verb ── */

static void print_table(const Ctl *ctl, const json_t *lines, bool all) {
        static const char *const headers[] = { "WHEN", "WINDOW", "TARGET", "WHAT", "WHY" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(1) | BIT(4));
        json_t *h;
        size_t i;

        if (!t)
                return;
        table_stack(t, 2);
        json_array_foreach((json_t *) lines, i, h)
                add_line(ctl, t, h);
        if (table_rows(t) == 0 && all)
                render_line(ctl, "", false, ctl->since ? "no history since then" : "no history");
        table_print(t, stdout, 0, ctl->width, ctl->color);
}

/* What is followed need not have begun: that there is nothing yet is no failure. */
static int follow(const Ctl *ctl, const char *id, const json_t *lines, json_int_t last) {
        json_t *h;
        size_t i;

        json_array_foreach((json_t *) lines, i, h)
                history_print(ctl, h);
        return fflush(stdout) == 0 ? history_follow(ctl, id, last) : EXIT_FINE;
}

int verb_history(Ctl *ctl) {
        bool following = ctl->options & OPTION_FOLLOW;
        const char *id = ctl->n_args ? ctl->args[0] : NULL;
        json_t *doc = NULL, *lines;
        char key[KEY_SIZE];
        json_int_t last;
        usec_t from;
        int r;

        ctl->limit = ctl->limit ? ctl->limit : ctl->since ? HISTORY_LIMIT_MAX : following ? FOLLOW_SHOWN : HISTORY_SHOWN;
        if (since(ctl, &from) < 0)
                return EXIT_FAILED;
        r = document(ctl, id, key, &doc);
        if (r == -ENOENT && following) { /* it may be about to come */
                (void) snprintf(key, sizeof(key), "%s", id);
                (void) fprintf(stderr, "maintctl: waiting for it\n");
        } else if (r < 0)
                return EXIT_FAILED;
        lines = json_object_get(doc, "history");
        if (ctl->since && json_array_size(lines) == HISTORY_LIMIT_MAX)
                (void) fprintf(stderr, "maintctl: these are the newest %u lines\n", HISTORY_LIMIT_MAX);
        last = last_of(lines);
        keep_since(lines, from);
        if (following) {
                r = follow(ctl, id ? key : NULL, lines, last);
                json_decref(doc);
                return r;
        }
        if (ctl_json(ctl, doc))
                return EXIT_FINE;
        print_table(ctl, lines, !id || ctl->since);
        json_decref(doc);
        return EXIT_FINE;
}
