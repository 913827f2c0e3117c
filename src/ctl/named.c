/*
 * Named: what an id on the command line means
 */
#include "ctl/named.h"

#include <string.h>

#include "base/text.h"
#include "ctl/render.h"

#define SHOWN 4u                        /* that are named where several are meant */
#define GUESSES_MAX 4096u               /* names that one is guessed from */

static size_t manifest_length(const char *name) {
        return strcspn(name, "@");
}

static bool same(const char *a, const char *b, size_t n) {
        return strncmp(a, b, n) == 0;
}

/* ── by the beginning ── */

typedef struct Matches {
        const char *names[SHOWN + 1];   /* distinct ones that begin so, the first of them */
        size_t lengths[SHOWN + 1], n;
        bool exact;                     /* then it is alone */
        bool occurrences;               /* of one manifest; else names are those of manifests */
} Matches;

/* Whether it decides: nothing beats the whole name. */
static bool matches_add(Matches *m, const char *name, size_t n, bool exact) {
        if (exact) {
                *m = (Matches) { .names = { name }, .lengths = { n }, .n = 1, .exact = true, .occurrences = m->occurrences };
                return true;
        }
        for (size_t i = 0; i < m->n; i++)
                if (m->lengths[i] == n && same(m->names[i], name, n))
                        return false;
        if (m->n < SHOWN + 1) {
                m->names[m->n] = name;
                m->lengths[m->n++] = n;
        }
        return false;
}

/* Manifests that begin with the first @n bytes of @id. */
static Matches manifests(const char *id, size_t n, const char *const *known, size_t n_known) {
        Matches m = { 0 };

        for (size_t i = 0; i < n_known; i++) {
                size_t length = manifest_length(known[i]);

                if (n && length >= n && same(known[i], id, n) && matches_add(&m, known[i], length, length == n))
                        break;
        }
        return m;
}

/* Windows of a manifest whose occurrence begins with @occurrence. */
static Matches occurrences(const char *manifest, size_t n, const char *occurrence, const char *const *known, size_t n_known) {
        Matches m = { .occurrences = true };

        for (size_t i = 0; i < n_known; i++) {
                size_t length = manifest_length(known[i]);

                if (length == n && same(known[i], manifest, n) && known[i][length] == '@' && text_starts(known[i] + length + 1, occurrence) &&
                    matches_add(&m, known[i], strlen(known[i]), strcmp(known[i] + length + 1, occurrence) == 0))
                        break;
        }
        return m;
}

/* Both steps; *ret_matches is that of the last one. */
static int find(const char *id, const char *const *known, size_t n, Matches *ret_matches) {
        size_t length = manifest_length(id);
        Matches m = manifests(id, length, known, n);

        if (m.n == 1 && id[length] == '@')
                m = occurrences(m.names[0], m.lengths[0], id + length + 1, known, n);
        *ret_matches = m;
        return m.n == 1 ? 1 : m.n ? -ENOTUNIQ : 0;
}

int named_find(const char *id, const char *const *known, size_t n, char ret[static KEY_SIZE]) {
        Matches m;
        int r = find(id, known, n, &m);

        if (r > 0 && m.lengths[0] >= KEY_SIZE)
                return 0;
        if (r > 0)
                (void) snprintf(ret, KEY_SIZE, "%.*s", (int) m.lengths[0], m.names[0]);
        return r;
}

/* ── what was meant ── */

/* The nearest of @known: of manifests alone where @id names no occurrence. A new string, NULL: none. */
static char *nearest(const char *id, const char *const *known, size_t n) {
        bool whole = strchr(id, '@') != NULL;
        auto_(free) char **names = calloc(MIN(n, (size_t) GUESSES_MAX) + 1, sizeof(char *));
        const char *near;
        char *found;
        size_t k = 0;

        for (size_t i = 0; names && i < n && k < GUESSES_MAX; i++) {
                size_t length = whole ? strlen(known[i]) : manifest_length(known[i]);

                if (k && strlen(names[k - 1]) == length && same(names[k - 1], known[i], length))
                        continue;
                names[k] = strndup(known[i], length);
                k += names[k] != NULL;
        }
        near = names ? text_nearest(id, (const char *const *) names, k) : NULL;
        found = near ? strdup(near) : NULL;
        for (size_t i = 0; i < k; i++)
                free(names[i]);
        return found;
}

void named_say(const char *what, const char *id, const char *const *known, size_t n, int found) {
        auto_(free) char *safe = text_printable(id, 200), *near = found == -ENOTUNIQ ? NULL : nearest(id, known, n);
        Matches m;

        (void) find(id, known, n, &m);
        if (found == -ENOTUNIQ) {
                (void) fprintf(stderr, "maintctl: \"%s\" begins several %s:", text_or(safe, "?"), m.occurrences ? "occurrences" : "ids");
                for (size_t i = 0; i < MIN(m.n, (size_t) SHOWN); i++)
                        (void) fprintf(stderr, "%s %.*s", i ? "," : "", (int) m.lengths[i], m.names[i]);
                (void) fprintf(stderr, "%s\n", m.n > SHOWN ? ", …" : "");
        } else if (near)
                (void) fprintf(stderr, "maintctl: %s \"%s\", did you mean \"%s\"?\n", what, text_or(safe, "?"), near);
        else
                (void) fprintf(stderr, "maintctl: %s \"%s\": `maintctl status` lists what there is\n", what, text_or(safe, "?"));
}

/* ── documents ── */

static int history_of(const Ctl *ctl, const char *id, bool labels, bool quiet, json_t **ret) {
        return history_document(ctl, id, labels, quiet && !id ? HISTORY_LIMIT_MAX : ctl->limit, ret);
}

const NamedKind named_status = { "there is no manifest", "windows", status_document };
const NamedKind named_history = { "there is no history of", "history", history_of };

static bool is_empty(const json_t *doc, const NamedKind *k) {
        return json_array_size(json_object_get(doc, k->list)) == 0;
}

/* Which of all that there is: 1, or what named_find() says, told. */
static int resolve(const Ctl *ctl, const NamedKind *k, const char *id, char ret[static KEY_SIZE]) {
        json_t *all = NULL, *w;
        auto_(free) const char **known = NULL;
        size_t i, n = 0;
        int r = k->document(ctl, NULL, false, true, &all);

        if (r < 0)
                return r;
        known = calloc(json_array_size(json_object_get(all, k->list)) + 1, sizeof(char *));
        json_array_foreach(json_object_get(all, k->list), i, w)
                if (known && *json_get(w, "window"))
                        known[n++] = json_get(w, "window");
        r = known ? named_find(id, known, n, ret) : -ENOMEM;
        if (known && r <= 0)
                named_say(k->what, id, known, n, r);
        json_decref(all);
        return r ? r : -ENOENT;
}

/* Nothing goes by @id as it stands: *doc becomes that of what it means, which has not the labels when that is empty, too. */
static int document_of(const Ctl *ctl, const NamedKind *k, const char *id, bool labels, char key[static KEY_SIZE], json_t **doc) {
        int r = resolve(ctl, k, id, key);

        if (r > 0 && strcmp(key, id) != 0) {
                json_decref(*doc);
                *doc = NULL;
                r = k->document(ctl, key, labels, true, doc);
        }
        if (r >= 0 && is_empty(*doc, k))
                (void) fprintf(stderr, "maintctl: %s does not have %s\n", key, ctl->n_labels > 1 ? "all of these labels" : "this label");
        return r;
}

int named_document(const Ctl *ctl, const NamedKind *k, const char *id, bool labels, char ret_key[KEY_SIZE], json_t **ret) {
        char key[KEY_SIZE] = "";
        json_t *doc = NULL;
        int r = k->document(ctl, id, labels, false, &doc);

        if (r < 0)
                return r;
        (void) snprintf(key, sizeof(key), "%s", text_or(id, ""));
        if (!id && is_empty(doc, k))
                ctl_unknown_labels(ctl, doc);
        else if (id && is_empty(doc, k))
                r = document_of(ctl, k, id, labels, key, &doc);
        if (r < 0) {
                json_decref(doc);
                return r;
        }
        if (ret_key)
                (void) strcpy(ret_key, key);
        *ret = doc;
        return !is_empty(doc, k);
}
