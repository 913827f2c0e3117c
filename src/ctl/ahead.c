/*
 * Ahead: the windows that run or lie ahead, of all manifests
 */
#include "ctl/ahead.h"

#include <string.h>

#include "base/text.h"
#include "ctl/render.h"
#include "daemon/report.h"

bool ahead_is_over(const AheadWindow *x) {
        return x->state == STATE_COMPLETED || x->state == STATE_CANCELLED;
}

static int add(Ahead *a, AheadWindow x) {
        if (a->n == a->allocated) {
                size_t wanted = MAX(2 * a->allocated, (size_t) 64);
                AheadWindow *list = reallocarray(a->list, wanted, sizeof(*list));

                if (!list)
                        return -ENOMEM;
                a->list = list;
                a->allocated = wanted;
        }
        a->list[a->n++] = x;
        return 0;
}

State clock_state(const Window *w, usec_t now) {
        usec_t next;

        return state_at(w, w->start, w->end, NULL, now, &next);
}

/* The daemon's word on each window, by key; NULL: it does not run. Borrowed from @doc. */
static json_t *words_of(const json_t *doc) {
        json_t *by_key = json_object(), *w;
        size_t i;

        json_array_foreach(json_object_get(doc, "windows"), i, w)
                (void) json_object_set(by_key, json_get(w, "window"), w);
        return by_key;
}

static AheadWindow window_of(const Ctl *ctl, const Window *w, const json_t *words) {
        AheadWindow x = { .w = w, .state = clock_state(w, ctl->now), .start = w->start, .end = w->end };
        char key[KEY_SIZE];
        const json_t *word = json_object_get(words, key_format(w->key, key));
        int state = word ? state_from_string(json_get(word, "state")) : -1;

        if (state >= 0) {
                x.state = (State) state;
                x.start = json_get_instant(word, "start");
                x.end = json_get_instant(word, "end");
        }
        if (x.state == STATE_IN_PROGRESS)
                x.end = MAX(x.end, ctl->now);
        return x;
}

static int compare(const void *a, const void *b) {
        const AheadWindow *x = a, *y = b;
        int r;

        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        r = strcmp(x->w->key.manifest, y->w->key.manifest);
        return r ? r : strcmp(x->w->key.occurrence, y->w->key.occurrence);
}

static bool selected(const Ctl *ctl, const Manifest *m) {
        Selection sel = { .labels = ctl->labels, .n_labels = ctl->n_labels };

        return selection_has(&sel, m->labels);
}

static int collect(const Ctl *ctl, const Site *s, usec_t from, usec_t until, size_t per_manifest, const json_t *words, Ahead *a) {
        const Manifest *m;
        int r = 0;

        for (size_t i = 0; (m = desired_nth(s->desired, i)) && r >= 0; i++) {
                WindowSet **sets = reallocarray(a->sets, a->n_sets + 1, sizeof(*sets));

                if (!sets)
                        return -ENOMEM;
                a->sets = sets;
                if (!selected(ctl, m) || schedule_preview(s->zones, m, usec_sub(from, DESIRED_HISTORY), per_manifest, NULL, NULL, &sets[a->n_sets]) < 0)
                        continue;
                a->n_sets++;
                for (size_t k = 0; k < sets[a->n_sets - 1]->n_windows && r >= 0; k++) {
                        AheadWindow x = window_of(ctl, &sets[a->n_sets - 1]->windows[k], words);

                        if (x.start < until && (x.end > from || x.state == STATE_IN_PROGRESS))
                                r = add(a, x);
                }
        }
        return r;
}

int ahead_collect(const Ctl *ctl, const Site *s, usec_t from, usec_t until, size_t per_manifest, Ahead *ret) {
        json_t *doc = NULL, *words = NULL;
        Ahead a = { 0 };
        int r = ctl_ask_word(ctl, json_pack("{s:s}", "verb", "status"), &doc);

        words = r > 0 ? words_of(doc) : json_object();
        r = words ? collect(ctl, s, from, until, per_manifest, words, &a) : -ENOMEM;
        json_decref(words);
        json_decref(doc);
        if (r < 0) {
                (void) fprintf(stderr, "maintctl: %s\n", strerror(-r));
                ahead_done(&a);
                return r;
        }
        ctl_unknown_labels_in(ctl, s);
        if (a.n)
                qsort(a.list, a.n, sizeof(*a.list), compare);
        *ret = a;
        return 0;
}

void ahead_done(Ahead *a) {
        for (size_t i = 0; i < a->n_sets; i++)
                (void) windowset_unref(a->sets[i]);
        free(a->sets);
        free(a->list);
        *a = (Ahead) { 0 };
}

json_t *ahead_json(const AheadWindow *x) {
        json_t *services = json_array();
        char key[KEY_SIZE];

        for (size_t i = 0; i < x->w->services.n; i++)
                (void) json_array_append_new(services, json_string(x->w->services.items[i]));
        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "window", key_format(x->w->key, key), "title", x->w->title, "state", state_to_string(x->state),
                         "start", report_instant(x->start), "end", report_instant(x->end), "timezone", x->w->timezone, "services", services);
}

json_t *ahead_list(const Ahead *a) {
        json_t *list = json_array();

        for (size_t i = 0; i < a->n; i++)
                (void) json_array_append_new(list, ahead_json(&a->list[i]));
        return list;
}
