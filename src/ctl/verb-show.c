/*
 * show: a manifest as maintd understands it
 */
#include <string.h>

#include "base/text.h"
#include "ctl/pick.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "daemon/report.h"

#define SHOWN 5u

static json_t *strv(const Strv *v) {
        json_t *a = json_array();

        for (size_t i = 0; i < v->n; i++)
                (void) json_array_append_new(a, json_string(v->items[i]));
        return a;
}

static json_t *notify(const Notify *n) {
        json_t *reminders = json_array();

        for (size_t i = 0; i < n->n_reminders; i++) {
                char span[SPAN_SIZE];

                (void) json_array_append_new(reminders, json_string(span_format(n->reminders[i], false, span)));
        }
        return json_pack("{s:b, s:b, s:b, s:b, s:b, s:o}", "scheduled", n->scheduled, "started", n->started, "completed", n->completed, "cancelled",
                         n->cancelled, "updated", n->updated, "reminders", reminders);
}

static json_t *labels(const char *const *l) {
        json_t *o = json_object();

        for (; l && *l; l += 2)
                (void) json_object_set_new(o, l[0], json_string(l[1]));
        return o;
}

static json_t *windows(const WindowSet *set) {
        json_t *a = json_array();

        for (size_t i = 0; i < set->n_windows; i++) {
                const Window *w = &set->windows[i];
                char key[KEY_SIZE];

                (void) json_array_append_new(a, json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o}", "window", key_format(w->key, key), "start",
                                                          report_instant(w->start), "end", report_instant(w->end), "publish", report_instant(w->publish),
                                                          "title", w->title, "state", state_to_string(w->floor), "services", strv(&w->services)));
        }
        return a;
}

static json_t *manifest(const Manifest *m, const WindowSet *set) {
        const Body *b = &m->body;
        json_t *o = json_pack("{s:s, s:s?, s:s, s:s, s:s, s:s, s:s, s:s}", "id", m->id, "formerly", m->formerly, "title", b->title, "description",
                              text_or(b->description, ""), "timezone", m->timezone, "impact", impact_to_string(b->impact), "state",
                              state_to_string(b->state), "message", text_or(b->message, ""));

        (void) json_object_set_new(o, "services", strv(&b->services));
        (void) json_object_set_new(o, "targets", strv(&m->targets));
        (void) json_object_set_new(o, "notify", notify(&b->notify));
        (void) json_object_set_new(o, "monitors", json_string(m->mute ? "pause" : "keep"));
        (void) json_object_set_new(o, "auto_start", json_boolean(m->auto_start));
        (void) json_object_set_new(o, "auto_complete", json_boolean(m->auto_complete));
        (void) json_object_set_new(o, "suspend", json_boolean(m->suspend));
        (void) json_object_set_new(o, "recurrence", m->recurrence ? json_string(m->recurrence->rule) : json_null());
        (void) json_object_set_new(o, "labels", labels(m->labels));
        (void) json_object_set_new(o, "file", json_string(m->origin.file));
        (void) json_object_set_new(o, "line", json_integer(m->origin.line));
        (void) json_object_set_new(o, "windows", windows(set));
        return o;
}

/* Breaking YAML's flow style and quoted texts at single blanks changes nothing of what they mean. */
static void print_wrapped(const Ctl *ctl, const char *line) {
        auto_(free) char *safe = text_printable(line, 0);

        text_wrap(stdout, text_or(safe, "?"), 0, strspn(line, " ") + 4, ctl->width);
        (void) putchar('\n');
}

/* A text of several lines, `key: "…\n…"`, as a block: that is how it was written. False: it is none. */
static bool print_block(const Ctl *ctl, const char *line) {
        const char *value = strstr(line, ": \"");
        size_t key = value ? (size_t) (value - line) : 0;
        auto_(free) char *copy = NULL;
        json_t *text;

        if (!value || strspn(line, "abcdefghijklmnopqrstuvwxyz_") != key)
                return false;
        text = json_loads(value + 2, JSON_DECODE_ANY, NULL);
        copy = strdup(text_or(json_string_value(text), ""));
        json_decref(text);
        if (!copy || !strchr(copy, '\n') || strspn(copy, " \n") > 0)
                return false;
        (void) printf("%.*s: |%s\n", (int) key, line, copy[strlen(copy) - 1] == '\n' ? "" : "-");
        for (char *at = copy, *part; (part = strsep(&at, "\n")) && (at || *part);) {
                auto_(free) char *safe = text_printable(part, 0);

                (void) fputs(*part ? "  " : "", stdout);
                text_wrap(stdout, text_or(safe, *part ? "?" : ""), 2, 2, ctl->width);
                (void) putchar('\n');
        }
        return true;
}

/* The canonical text, without control characters but line ends. */
static void print_doc(const Ctl *ctl, const char *doc) {
        auto_(free) char *copy = strdup(doc);

        for (char *at = copy, *line; at && (line = strsep(&at, "\n"));) {
                if (!at && !*line)
                        break;
                if (!print_block(ctl, line))
                        print_wrapped(ctl, line);
        }
}

static void print_windows(const Ctl *ctl, const WindowSet *set) {
        static const char *const headers[] = { "WINDOW", "START", "END", "STARTS" };
        auto_(table_free) Table *t = table_new(headers, ARRAY_SIZE(headers), BIT(0));

        if (t)
                table_stack(t, 1);
        for (size_t i = 0; t && i < set->n_windows; i++) {
                const Window *w = &set->windows[i];
                char key[KEY_SIZE], start[ZONED_SIZE], end[ZONED_SIZE], rel[RELATIVE_SIZE];

                table_add(t, "", key_format(w->key, key));
                table_add(t, "", render_instant(ctl, w->start, w->timezone, start));
                table_add(t, "", render_instant(ctl, w->end, w->timezone, end));
                table_add(t, STYLE_DIM, render_relative(w->start, ctl->now, rel));
        }
        if (!t || table_rows(t) == 0) {
                render_line(ctl, STYLE_DIM, false, "# no window lies ahead");
                return;
        }
        (void) putchar('\n');
        table_print(t, stdout, 0, ctl->width, ctl->color);
}

/* The manifest, and of an ID@OCCURRENCE that window; "" for none in particular. */
static int choose(const Ctl *ctl, const Site *s, const Manifest **ret, char occurrence[static OCCURRENCE_MAX + 1]) {
        Picked picked;
        int r;

        occurrence[0] = '\0';
        if (!strchr(ctl->args[0], '@'))
                return pick_manifest(s, ctl->args[0], ret);
        r = pick_described(ctl, s, ctl->args[0], &picked);
        if (r < 0)
                return r;
        *ret = picked.m;
        (void) snprintf(occurrence, OCCURRENCE_MAX + 1, "%s", picked.occurrence);
        return 0;
}

/* Leaves @occurrence alone in @set. */
static void keep(WindowSet *set, const char *occurrence) {
        size_t n = 0;

        for (size_t i = 0; i < set->n_windows; i++)
                if (strcmp(set->windows[i].key.occurrence, occurrence) == 0)
                        set->windows[n++] = set->windows[i];
        set->n_windows = n;
}

int verb_show(Ctl *ctl) {
        auto_(site_free) Site *s = NULL;
        auto_(free) char *doc = NULL;
        auto_(windowset_unref) WindowSet *set = NULL;
        char occurrence[OCCURRENCE_MAX + 1];
        const Manifest *m;

        if (local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0)
                return EXIT_FAILED;
        if (choose(ctl, s, &m, occurrence) < 0)
                return EXIT_FAILED;
        if (schedule_preview(s->zones, m, ctl->now, *occurrence ? WINDOWS_PER_MANIFEST_MAX : SHOWN, NULL, NULL, &set) < 0 || desired_doc(s->desired, m->id, &doc) < 0) {
                (void) fprintf(stderr, "maintctl: %s: its windows cannot be told: maintctl lint says why\n", ctl->args[0]);
                return EXIT_FAILED;
        }
        if (*occurrence)
                keep(set, occurrence);
        if (ctl->json)
                (void) ctl_json(ctl, manifest(m, set));
        else {
                render_line(ctl, STYLE_DIM, false, "# %s:%u", m->origin.file, m->origin.line);
                print_doc(ctl, doc);
                print_windows(ctl, set);
        }
        return EXIT_FINE;
}
