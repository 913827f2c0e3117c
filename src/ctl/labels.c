/*
 * Labels: what the command line selects
 *
 * That nothing was selected is no failure: a team without maintenance is what everybody hopes for. But a label that nobody has is
 * probably misspelt, and that is said.
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"

bool ctl_selection(const Ctl *ctl, const char *id, char buf[static KEY_SIZE], Selection *ret) {
        char *at;

        *ret = (Selection) { .labels = ctl->labels, .n_labels = ctl->n_labels };
        if (!id)
                return true;
        if (strlen(id) >= KEY_SIZE) {
                (void) fprintf(stderr, "maintctl: that is too long to be an ID: `maintctl status` lists what there is\n");
                return false;
        }
        (void) strcpy(buf, id);
        at = strchr(buf, '@');
        if (at) {
                *at = '\0';
                ret->occurrence = at + 1;
        }
        ret->manifest = buf;
        return true;
}

json_t *ctl_labels(const Ctl *ctl) {
        json_t *a = ctl->n_labels ? json_array() : NULL;

        for (size_t i = 0; a && i < ctl->n_labels; i++)
                (void) json_array_append_new(a, json_string(ctl->labels[i]));
        return a;
}

typedef struct Known {                  /* labels there are, as filters: "team", "team=db" */
        char **items;                   /* owned, with what they point to */
        size_t n, allocated;
} Known;

static int known_add(Known *k, const char *key, const char *value) {
        char *text = value ? textf("%s=%s", key, value) : strdup(key);

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < k->n; i++)
                if (strcmp(k->items[i], text) == 0) {
                        free(text);
                        return 0;
                }
        if (k->n == k->allocated) {
                size_t size = 2 * k->allocated + 16;
                char **more = reallocarray(k->items, size, sizeof(char *));

                if (!more) {
                        free(text);
                        return -ENOMEM;
                }
                k->items = more;
                k->allocated = size;
        }
        k->items[k->n++] = text;
        return 0;
}

#define KNOWN_MAX 2000u /* enough to guess from */

static void known_collect(Known *k, const json_t *windows) {
        const char *key;
        json_t *w, *value;
        size_t i;

        json_array_foreach((json_t *) windows, i, w)
                json_object_foreach(json_object_get(w, "labels"), key, value)
                        if (k->n >= KNOWN_MAX || known_add(k, key, NULL) < 0 || known_add(k, key, json_string_value(value)) < 0)
                                return;
}

static void known_done(Known *k) {
        for (size_t i = 0; i < k->n; i++)
                free(k->items[i]);
        free(k->items);
}

/* False: there is such a label. */
static bool say_unknown(const Known *k, const char *filter) {
        const char *near = text_nearest(filter, (const char *const *) k->items, k->n);
        auto_(free) char *safe = text_printable(filter, 200), *safe_near = near ? text_printable(near, 200) : NULL;

        if (near && strcmp(near, filter) == 0)
                return false;
        (void) fprintf(stderr, "maintctl: no window has the label \"%s\"", text_or(safe, "?"));
        if (safe_near)
                (void) fprintf(stderr, ", did you mean \"%s\"?\n", safe_near);
        else
                (void) fprintf(stderr, "%s\n", strchr(filter, ',') ? ": give --label several times for several labels" : "");
        return true;
}

static void say_all(const Ctl *ctl, const Known *known) {
        bool said = false;

        for (size_t i = 0; i < ctl->n_labels; i++)
                said |= say_unknown(known, ctl->labels[i]);
        if (!said)
                (void) fprintf(stderr, "maintctl: no window has %s\n", ctl->n_labels > 1 ? "all of these labels" : "this label");
}

void ctl_unknown_labels(const Ctl *ctl, const json_t *doc) {
        const json_t *selected = json_object_get(doc, "selected");
        json_t *all = NULL;
        Known known = { 0 };

        if (!json_is_integer(selected) || json_integer_value(selected) > 0 || status_document(ctl, NULL, false, true, &all) < 0)
                return;
        known_collect(&known, json_object_get(all, "windows"));
        say_all(ctl, &known);
        known_done(&known);
        json_decref(all);
}

void ctl_unknown_labels_in(const Ctl *ctl, const Site *s) {
        Selection sel = { .labels = ctl->labels, .n_labels = ctl->n_labels };
        Known known = { 0 };
        const Manifest *m;
        bool any = ctl->n_labels == 0;

        for (size_t i = 0; !any && (m = desired_nth(s->desired, i)); i++) {
                any = selection_has(&sel, m->labels);
                for (const char *const *l = m->labels; l && *l && known.n < KNOWN_MAX; l += 2)
                        if (known_add(&known, l[0], NULL) < 0 || known_add(&known, l[0], l[1]) < 0)
                                break;
        }
        if (!any)
                say_all(ctl, &known);
        known_done(&known);
}
