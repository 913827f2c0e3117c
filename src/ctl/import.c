/*
 * Import: from what is found at a target to manifests of what is not here
 *
 * Sort out what is ours, described, or another's; name the rest; then write, read and compare until nothing changes any more.
 */
#include "ctl/import.h"

#include <string.h>

#include "base/text.h"
#include "ctl/overlay.h"
#include "ctl/slug.h"
#include "ctl/tidy.h"

#define OCCURRENCES_LOOKED_AT 400u      /* of each series, ahead of now: is one of them what was found? */
#define ROUNDS_MAX 6u

typedef struct Chooser {
        const ImportInput *in;
        Arena *arena;
        Import *list;
        size_t n;
        const char **known;             /* remote ids of what is ours there, sorted */
        size_t n_known, allocated;
        Capabilities can;
} Chooser;

static int cannot(Import *m, const char *why) {
        m->fate = IMPORT_CANNOT;
        m->why = why;
        return why ? 0 : -ENOMEM;
}

/* ── what is here already ── */

static int note_known(void *userdata, const WindowStatus *s) {
        Chooser *c = userdata;

        if (!s->has_record || !*s->remote_id || !text_equal(s->target, c->in->target->name))
                return 0;
        if (c->n_known == c->allocated) {
                size_t wanted = MAX(2 * c->allocated, (size_t) 64);
                const char **known = arena_array(c->arena, wanted, sizeof(*known));

                if (!known)
                        return -ENOMEM;
                if (c->n_known)
                        memcpy(known, c->known, c->n_known * sizeof(*known));
                c->known = known;
                c->allocated = wanted;
        }
        c->known[c->n_known] = arena_strdup(c->arena, s->remote_id);
        return c->known[c->n_known++] ? 0 : -ENOMEM;
}

static int compare_text(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool is_known(const Chooser *c, const char *remote_id) {
        return c->n_known && bsearch(&remote_id, c->known, c->n_known, sizeof(*c->known), compare_text);
}

static usec_t second(usec_t t) {
        return t / USEC_PER_SEC;
}

static bool is_twin(const Import *m, const Window *w) {
        return second(w->start) == second(m->window.start) && second(w->end) == second(m->window.end) && strcmp(w->title, m->window.title) == 0;
}

/* The first one found that starts then, or later. */
static size_t first_at(const Chooser *c, usec_t start) {
        size_t lo = 0, hi = c->n;

        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;

                if (second(c->list[mid].window.start) < second(start))
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

/* What is a window of @set is described, whether maintd has come across that yet or not. */
static int mark_twins(Chooser *c, const WindowSet *set) {
        for (size_t k = 0; k < set->n_windows; k++)
                for (size_t i = first_at(c, set->windows[k].start); i < c->n && second(c->list[i].window.start) == second(set->windows[k].start); i++) {
                        Import *m = &c->list[i];

                        if (m->fate != IMPORT_NEW || !is_twin(m, &set->windows[k]))
                                continue;
                        m->fate = IMPORT_HERE;
                        m->why = arena_printf(c->arena, "%s describes it already: `maintctl adopt %s` takes it over", set->manifest, c->in->target->name);
                        if (!m->why)
                                return -ENOMEM;
                }
        return 0;
}

static int find_described(Chooser *c) {
        const Manifest *m;
        int r = 0;

        for (size_t i = 0; (m = desired_nth(c->in->site->desired, i)) && r >= 0; i++) {
                WindowSet *set = NULL;

                if (schedule_preview(c->in->site->zones, m, usec_sub(c->in->now, DESIRED_HISTORY), OCCURRENCES_LOOKED_AT, NULL, NULL, &set) < 0)
                        continue;
                r = mark_twins(c, set);
                (void) windowset_unref(set);
        }
        return r;
}

/* ── whose it is ── */

/* Under which id it is marked as ours, if under one that a one-off could have. */
static int read_marker(const Chooser *c, Import *m) {
        MarkerParts p;

        if (marker_parse(m->found->object.marker, &p) < 0 || strcmp(p.instance, c->in->target->instance) != 0 || p.hashed || *p.occurrence)
                return 0;
        m->marked = arena_strdup(c->arena, p.manifest);
        return m->marked ? 0 : -ENOMEM;
}

/* Has it a marker that says more than a title? Then its id is known. */
static int judge_marker(Chooser *c, Import *m) {
        const char *marker = m->found->object.marker;
        MarkerParts p;

        if (!*marker)
                return 0;
        if (marker_parse(marker, &p) < 0)
                return cannot(m, arena_printf(c->arena, "it belongs to another program, which knows it as %s", marker));
        if (strcmp(p.instance, c->in->target->instance) != 0) {
                m->fate = IMPORT_FOREIGN;
                m->why = arena_printf(c->arena, "it belongs to the maintd that calls itself %s", p.instance);
                return m->why ? 0 : -ENOMEM;
        }
        if (p.hashed)
                return cannot(m, "its id is too long to be told from its marker");
        if (desired_manifest(c->in->site->desired, p.manifest)) {
                m->fate = IMPORT_HERE;
                return 0;
        }
        if (*p.occurrence)
                return cannot(m, arena_printf(c->arena, "it is an occurrence of the series %s, whose rule is not known here: write that manifest anew", p.manifest));
        if (!id_fits_path(p.manifest))
                return cannot(m, arena_printf(c->arena, "no file can be named after its id: write that manifest by hand, with `id: %s`", p.manifest));
        m->id = m->marked;
        return 0;
}

/* Control characters, line ends of another kind and blanks at the end mean nothing, and cannot be said. */
static const char *cleaned(Arena *a, const char *s) {
        char *out = arena_strdup(a, s), *p = out;
        uint32_t c = 0;

        if (!out)
                return NULL;
        for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                n = n ? n : 1;
                if (c == '\n' || c == '\t' || !codepoint_hostile(c))
                        p = (char *) mempcpy(p, s, n);
        }
        while (p > out && strchr("\n \t", p[-1]))
                p--;
        *p = '\0';
        return out;
}

static bool has_hostile(const char *s) {
        uint32_t c = 0;

        for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0 || codepoint_hostile(c))
                        return true;
        }
        return false;
}

/* What state means beyond the clock's word: it is left as it is. */
static int judge_state(const Chooser *c, Import *m) {
        usec_t now = c->in->now;

        if (m->state == STATE_SCHEDULED && m->window.end <= now)
                return cannot(m, "it was never started, and its end has passed: cancel or complete it there");
        if (m->state == STATE_IN_PROGRESS && m->window.start > now)
                m->window.floor = STATE_IN_PROGRESS;
        m->window.auto_start = m->state != STATE_SCHEDULED || m->window.start > now;
        m->window.auto_complete = m->state != STATE_IN_PROGRESS || m->window.end > now;
        return 0;
}

static int judge(Chooser *c, Import *m) {
        int r = read_marker(c, m);

        if (r < 0)
                return r;
        if (is_known(c, m->found->remote_id) || state_final(m->found->state)) {
                m->fate = IMPORT_HERE;
                return 0;
        }
        r = judge_marker(c, m);
        if (r < 0 || m->fate != IMPORT_NEW)
                return r;
        r = c->in->target->driver->unproject(c->in->target, &m->found->object, c->arena, &m->window, &m->why);
        if (r == -ENOKEY)
                return cannot(m, m->why);
        if (r < 0)
                return r;
        m->state = m->found->state;
        if (has_hostile(m->window.title))
                return cannot(m, "its title holds control characters: correct it there");
        m->window.body = cleaned(c->arena, m->window.body);
        if (!m->window.body)
                return -ENOMEM;
        return judge_state(c, m);
}

/* ── one window of several objects ── */

/* Adoption goes by title and times: of two that are alike, nobody could tell which one is meant. */
static int merge_into(Chooser *c, Import *first, Import *m) {
        Strv *services = &first->window.services;
        const Found **parts;
        const char **items;

        for (size_t i = 0; i < services->n; i++)
                for (size_t k = 0; k < m->window.services.n; k++)
                        if (strcmp(services->items[i], m->window.services.items[k]) == 0)
                                return cannot(m, "another one there has the same title and times");
        items = arena_array(c->arena, services->n + m->window.services.n + 1, sizeof(*items));
        parts = arena_array(c->arena, first->n_parts + 1, sizeof(*parts));
        if (!items || !parts)
                return -ENOMEM;
        memcpy(items, services->items, services->n * sizeof(*items));
        memcpy(items + services->n, m->window.services.items, m->window.services.n * sizeof(*items));
        services->items = items;
        services->n += m->window.services.n;
        qsort(items, services->n, sizeof(*items), compare_text);
        memcpy(parts, first->parts, first->n_parts * sizeof(*parts));
        first->parts = parts;
        first->parts[first->n_parts++] = m->found;
        m->fate = IMPORT_PART;
        return 0;
}

/* Whether a window of this target is several objects, one a service. */
static int is_parted(Chooser *c, const Window *w, bool *ret) {
        const char *problem;
        Object *objects;
        size_t n;
        int r = c->in->target->driver->project(c->in->target, w, 0, c->arena, &objects, &n, &problem);

        *ret = r >= 0 && n > 0 && *objects[0].part;
        return r == -ENOMEM ? r : 0;
}

static int merge(Chooser *c) {
        for (size_t i = 0; i < c->n; i++) {
                Import *first = &c->list[i];
                bool parted = false;

                if (first->fate != IMPORT_NEW)
                        continue;
                if (is_parted(c, &first->window, &parted) < 0)
                        return -ENOMEM;
                for (size_t k = i + 1; k < c->n && c->list[k].window.start == first->window.start; k++) {
                        Import *m = &c->list[k];

                        if (m->fate != IMPORT_NEW || !is_twin(m, &first->window) || !text_equal(m->id, first->id))
                                continue;
                        if (parted ? merge_into(c, first, m) < 0 : cannot(m, "another one there has the same title and times") < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* ── names ── */

static bool has_file(const Chooser *c, const char *id) {
        auto_(free) char *yaml = textf("%s/%s.yaml", c->in->root, id), *yml = textf("%s/%s.yml", c->in->root, id);

        return !yaml || !yml || access(yaml, F_OK) == 0 || access(yml, F_OK) == 0;
}

/* Also by what is marked so there: maintd would take that for the new manifest's. */
static bool is_taken(const Chooser *c, const char *id) {
        if (has_file(c, id) || desired_manifest(c->in->site->desired, id))
                return true;
        for (size_t i = 0; i < c->n; i++)
                if (text_equal(c->list[i].marked, id) || (c->list[i].fate == IMPORT_NEW && text_equal(c->list[i].id, id)))
                        return true;
        return false;
}

/* It has its id already; another may have it, too. */
static int judge_name(const Chooser *c, Import *m) {
        if (has_file(c, m->id))
                return cannot(m, arena_printf(c->arena, "it is marked as %s, and %s.yaml stands here for something else: write its manifest by hand, with `id: %s`", m->id, m->id,
                                              m->id));
        for (size_t i = 0; i < c->n; i++) {
                const Import *other = &c->list[i];

                if (other != m && other->fate != IMPORT_PART && !state_final(other->found->state) && text_equal(other->marked, m->id))
                        return cannot(m, arena_printf(c->arena, "another one there is marked as %s, too: cancel the one that is not meant", m->id));
        }
        return 0;
}

/* The title; with its date where that is taken; then with a number. */
static int name_new(Chooser *c, Import *m) {
        const char *slug = slug_of(c->arena, m->window.title), *id;
        Local l;

        if (!slug)
                return -ENOMEM;
        zone_local(c->in->zone, m->window.start, &l, NULL, NULL);
        id = arena_printf(c->arena, "%s%s", c->in->into, slug);
        if (id && is_taken(c, id))
                id = arena_printf(c->arena, "%s%s-%04d-%02u-%02u", c->in->into, slug, l.year, l.month, l.day);
        for (unsigned k = 2; id && is_taken(c, id); k++)
                id = arena_printf(c->arena, "%s%s-%04d-%02u-%02u-%u", c->in->into, slug, l.year, l.month, l.day, k);
        m->id = id;
        return id ? 0 : -ENOMEM;
}

static int name_all(Chooser *c) {
        size_t named = 0;

        for (size_t i = 0; i < c->n; i++) {
                Import *m = &c->list[i];

                if (m->fate != IMPORT_NEW)
                        continue;
                if (named++ >= IMPORT_MAX) {
                        (void) cannot(m, "there are too many at once: run it again");
                        continue;
                }
                if (m->id ? judge_name(c, m) < 0 : name_new(c, m) < 0)
                        return -ENOMEM;
                m->path = arena_printf(c->arena, "%s.yaml", m->id);
                if (!m->path)
                        return -ENOMEM;
        }
        return 0;
}

/* ── written, read again, compared ── */

static int write_text(Chooser *c, Import *m) {
        auto_(free) char *id = text_printable(m->found->remote_id, 80);
        const char *comment = arena_printf(c->arena, "imported from %s, where it is %s", c->in->target->name, text_or(id, "?"));
        Tidy t = { .comment = comment, .window = &m->window, .zone = c->in->zone, .target = c->in->site->config->n_targets > 1 ? c->in->target->name : NULL, .all = m->all };

        m->text = comment ? tidy_manifest(c->arena, &t) : NULL;
        return m->text ? 0 : -ENOMEM;
}

/* The texts as files beside those that are there. */
static int load_all(Chooser *c, Diagnostics *diags, Desired **ret) {
        OverlayFile *files = arena_array(c->arena, c->n + 1, sizeof(*files));
        auto_(desired_free) Desired *d = NULL;
        Tree *tree = NULL;
        DesiredLoad load;
        size_t n = 0;
        int r;

        if (!files)
                return -ENOMEM;
        for (size_t i = 0; i < c->n; i++)
                if (c->list[i].fate == IMPORT_NEW)
                        files[n++] = (OverlayFile) { c->list[i].path, c->list[i].text, strlen(c->list[i].text), true };
        r = overlay_new(c->in->root, files, n, &tree);
        if (r >= 0)
                r = desired_new(tree, c->in->site->config, c->in->site->zones, &d);
        if (r >= 0)
                r = desired_load(d, c->in->now, diags, &load);
        if (r < 0)
                return r;
        *ret = STEAL(d);
        return 0;
}

static const char *refusal(Chooser *c, const Import *m, const Diagnostics *diags) {
        for (size_t i = 0; i < diags->n; i++)
                if (diags->items[i].severity == SEVERITY_ERROR && text_equal(diags->items[i].file, m->path))
                        return arena_printf(c->arena, "no manifest can say it: %s", diags->items[i].message);
        return "no manifest can say it";
}

/* Every object found is one of those that the window would be there. */
static uint32_t difference(const Chooser *c, const Import *m, const Object *objects, size_t n) {
        uint32_t all = 0;

        for (size_t i = 0; i < m->n_parts; i++) {
                Print seen = object_print(&m->parts[i]->object);
                uint32_t best = FIELDS_ALL;

                for (size_t k = 0; k < n; k++) {
                        Print p = object_print(&objects[k]);
                        uint32_t diff = print_diff(&seen, &p, c->can.readable & ~(uint32_t) FIELD_MARKER);

                        if (__builtin_popcount(diff) < __builtin_popcount(best))
                                best = diff;
                }
                all |= best;
        }
        return n == m->n_parts ? all : FIELDS_ALL;
}

static const char *list_fields(Arena *a, uint32_t fields) {
        const char *s = "";

        for (unsigned i = 0; i < FIELDS && s; i++)
                if (fields & BIT(i))
                        s = arena_printf(a, "%s%s%s", s, *s ? ", " : "", field_to_string(BIT(i)));
        return s;
}

/* 1: its text is another one now. */
static int compare(Chooser *c, Import *m, const Desired *d) {
        const Manifest *manifest = desired_manifest(d, m->id);
        const char *problem = NULL;
        WindowSet *set = NULL;
        Object *objects = NULL;
        size_t n = 0;
        uint32_t diff;
        int r = schedule_preview(c->in->site->zones, manifest, 0, 1, NULL, NULL, &set);

        if (r >= 0 && set->n_windows == 1)
                r = c->in->target->driver->project(c->in->target, &set->windows[0], 0, c->arena, &objects, &n, &problem);
        (void) windowset_unref(set);
        if (r == -ENOMEM)
                return r;
        diff = r < 0 ? FIELDS_ALL : difference(c, m, objects, n);
        if (diff && !m->all) { /* _defaults.yaml has its say, most likely */
                m->all = true;
                return write_text(c, m) < 0 ? -ENOMEM : 1;
        }
        if (diff & (FIELD_TITLE | FIELDS_TIMES))
                return cannot(m, problem ? arena_strdup(c->arena, problem) : "no manifest can say its title and times exactly") < 0 ? -ENOMEM : 1;
        m->why = diff ? arena_printf(c->arena, "maintd will write anew there: %s", list_fields(c->arena, diff)) : "";
        return m->why ? 0 : -ENOMEM;
}

static int round_trip(Chooser *c) {
        Diagnostics diags = { 0 };
        auto_(desired_free) Desired *d = NULL;
        int r = load_all(c, &diags, &d), news = 0;

        for (size_t i = 0; i < c->n && r >= 0; i++) {
                Import *m = &c->list[i];

                if (m->fate != IMPORT_NEW)
                        continue;
                if (desired_manifest(d, m->id))
                        r = compare(c, m, d);
                else
                        r = cannot(m, refusal(c, m, &diags)) < 0 ? -ENOMEM : 1;
                news |= r;
        }
        diagnostics_done(&diags);
        return r < 0 ? r : news;
}

/* What has not been read back since a text last changed is not written: nobody knows what maintd would make of it. */
static int settle(Chooser *c) {
        int r = 1;

        for (unsigned rounds = 0; r > 0 && rounds < ROUNDS_MAX; rounds++)
                r = round_trip(c);
        for (size_t i = 0; r > 0 && i < c->n; i++)
                if (c->list[i].fate == IMPORT_NEW)
                        (void) cannot(&c->list[i], "what maintd would make of it does not settle: run it again");
        return r;
}

/* ── all of it ── */

static int judge_all(Chooser *c, const Found *found, size_t n) {
        for (size_t i = 0; i < n; i++) {
                Import *m = &c->list[c->n++];
                int r;

                *m = (Import) { .found = &found[i], .parts = arena_array(c->arena, 1, sizeof(*m->parts)), .n_parts = 1, .why = "" };
                if (!m->parts)
                        return -ENOMEM;
                m->parts[0] = m->found;
                m->window = (Window) { .title = found[i].object.title, .start = found[i].object.start, .end = found[i].object.end };
                r = judge(c, m);
                if (r < 0)
                        return r;
        }
        return 0;
}

int import_choose(const ImportInput *in, const Found *found, size_t n, Arena *a, Import **ret, size_t *ret_n) {
        Chooser c = { .in = in, .arena = a, .list = arena_array(a, n + 1, sizeof(Import)) };
        int r = c.list ? 0 : -ENOMEM;

        if (!in->target->driver->unproject)
                return -ENOTSUP;
        if (r >= 0)
                r = in->target->driver->capabilities(in->target, &c.can);
        if (r >= 0)
                r = engine_each(in->site->engine, (Now) { .real = in->now }, note_known, &c);
        if (r >= 0 && c.n_known)
                qsort(c.known, c.n_known, sizeof(*c.known), compare_text);
        if (r >= 0)
                r = judge_all(&c, found, n);
        if (r >= 0)
                r = find_described(&c);
        if (r >= 0)
                r = merge(&c);
        if (r >= 0)
                r = name_all(&c);
        for (size_t i = 0; i < c.n && r >= 0; i++)
                r = c.list[i].fate == IMPORT_NEW ? write_text(&c, &c.list[i]) : 0;
        if (r >= 0)
                r = settle(&c);
        if (r < 0)
                return r;
        *ret = c.list;
        *ret_n = c.n;
        return 0;
}
