/*
 * import: manifests for what is at a target and not here
 *
 * The target is asked by an engine of our own, which reads and never writes. Where maintd runs, it is made to look there first: what it did not
 * know of when it reads the new manifests, it would publish a second time. Then it takes over what was written, and nothing else.
 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ctl/edited.h"
#include "ctl/import.h"
#include "ctl/render.h"

#define PATIENCE (20 * USEC_PER_SEC)
#define PAUSE_NSEC 100000000
#define IDS_AT_ONCE 100u                /* in one request to the daemon */

typedef struct Importer {
        Ctl *ctl;
        Site *site;             /* owned */
        Finder *finder;         /* owned; ends before the site */
        Arena *arena;           /* owned */
        Target *target;
        char *root;             /* owned */
        const char *into;       /* "" or with a slash at its end */
        Import *list;
        size_t n;
        bool daemon;            /* maintd runs here … */
        char *directory;        /* … and reads these manifests; owned */
        bool elsewhere;         /* … which are not those that we write */
        bool late;              /* … and has not done its part in time */
        const char *left;       /* why they are not taken over yet; NULL: they are */
} Importer;

static int say(const char *why) {
        (void) fprintf(stderr, "maintctl: import: %s\n", why);
        return -EINVAL;
}

/* ── before ── */

/* --into: below the directory of manifests, named from there or in full. */
static int find_folder(Importer *im) {
        const char *given = im->ctl->into;
        size_t n = strlen(im->root);
        char *folder;

        im->into = "";
        if (!given)
                return 0;
        if (text_starts(given, im->root) && (given[n] == '/' || !given[n]))
                given += n + strspn(given + n, "/");
        folder = arena_strdup(im->arena, text_starts(given, "./") ? given + 2 : given);
        if (!folder)
                return -ENOMEM;
        for (size_t k = strlen(folder); k > 0 && folder[k - 1] == '/';)
                folder[--k] = '\0';
        if (!*folder)
                return 0;
        if (!id_fits_path(folder))
                return say("--into: a folder in the directory of manifests is wanted, of a-z, 0-9, '.', '_' and '-', since it becomes part of ids");
        im->into = arena_printf(im->arena, "%s/", folder);
        return im->into ? 0 : -ENOMEM;
}

static int find_target(Importer *im) {
        const char *names[TARGETS_MAX + 1], *near, *name = im->ctl->args[0];
        auto_(free) char *safe = text_printable(name, 200);
        size_t n = 0;

        for (size_t i = 0; i < im->site->targets->n; i++) {
                im->target = im->site->targets->items[i];
                if (strcmp(im->target->name, name) == 0)
                        return 0;
                if (n < TARGETS_MAX)
                        names[n++] = im->target->name;
        }
        near = text_nearest(name, names, n);
        (void) fprintf(stderr, "maintctl: there is no target \"%s\" in %s%s%s%s\n", text_or(safe, "?"), im->site->config_path, near ? ", did you mean \"" : "",
                       text_or(near, ""), near ? "\"?" : "");
        return -ENOENT;
}

/* Does maintd run, and does it read the files that we write? */
static int look_for_daemon(Importer *im) {
        json_t *doc = NULL;
        int r = ctl_ask(im->ctl, json_pack("{s:s}", "verb", "status"), &doc);

        if (r <= 0)
                return r;
        im->daemon = true;
        im->directory = realpath(json_get(doc, "directory"), NULL);
        json_decref(doc);
        return 0;
}

static int check_seen(void *userdata, const TargetStatus *t) {
        const Importer *im = userdata;

        if (strcmp(t->name, im->target->name) != 0 || t->listed)
                return 0;
        (void) fprintf(stderr, "maintctl: %s: %s: %s\n", t->name, t->health, text_or(t->problem, "it could not be looked at"));
        return -EIO;
}

/* Where nobody else does, the ledger is opened for writing: it will have to be told of what is taken over. */
static int open_site(Importer *im) {
        bool own = !im->daemon && !(im->ctl->options & OPTION_DRY_RUN);
        int r = local_open(im->ctl, own ? SITE_LEDGER_OWN : SITE_LEDGER_READ, true, &im->site);

        if (r < 0)
                return r;
        if (im->site->config->git)
                return say("the manifests are those of a commit: use a clone of the repository, with --manifests DIR");
        if (im->site->last_error)
                return -EIO; /* said */
        im->root = realpath(site_tree_path(im->site), NULL);
        im->elsewhere = im->daemon && !text_equal(im->directory, im->root);
        return im->root ? 0 : say(strerror(errno));
}

static int look(Importer *im) {
        int r = finder_new(im->target, &im->finder);

        if (r >= 0)
                r = engine_told_targets(im->site->engine, now_read(), &im->target, 1);
        if (r >= 0)
                r = local_settle(im->site, false);
        return r < 0 ? r : engine_each_target(im->site->engine, check_seen, im);
}

static int choose(Importer *im) {
        ImportInput in = { .site = im->site, .target = im->target, .root = im->root, .into = im->into, .now = im->ctl->now };
        const Found *found;
        size_t n;
        int r = zones_get(im->site->zones, im->site->config->timezone, &in.zone);

        if (r < 0)
                r = zones_get(im->site->zones, "UTC", &in.zone);
        found = finder_objects(im->finder, &n);
        if (r >= 0)
                r = import_choose(&in, found, n, im->arena, &im->list, &im->n);
        return r == -ENOTSUP ? say("of this kind of target no windows can be read back") : r < 0 ? say(strerror(-r)) : 0;
}

/* ── writing ── */

static size_t count(const Importer *im, ImportFate fate) {
        size_t n = 0;

        for (size_t i = 0; i < im->n; i++)
                n += im->list[i].fate == fate;
        return n;
}

static int write_one(const Importer *im, const Import *m) {
        Edited e = { 0 };
        int r = edited_open(im->site, m->path, true, &e);

        if (r < 0)
                return r;
        e.after = strdup(m->text);
        e.n_after = strlen(m->text);
        r = e.after ? edited_write(&e) : -ENOMEM;
        edited_done(&e);
        return r;
}

/* What cannot be written is not taken over. */
static int write_all(Importer *im) {
        int r = 0;

        for (size_t i = 0; i < im->n; i++) {
                Import *m = &im->list[i];

                if (m->fate != IMPORT_NEW || write_one(im, m) >= 0)
                        continue;
                m->fate = IMPORT_CANNOT;
                m->why = "its file could not be written";
                r = -EIO;
        }
        return r;
}

/* ── taking over: the daemon ── */

/* Polls until @done is content; false: that took too long, or the daemon has gone. */
static bool wait_until(const Importer *im, bool (*done)(const Importer *im, const json_t *status, usec_t since), usec_t since) {
        const struct timespec pause = { .tv_nsec = PAUSE_NSEC };
        usec_t until = usec_add(now_read().boot, PATIENCE);

        do {
                json_t *doc = NULL;
                bool ok;

                if (ctl_ask(im->ctl, json_pack("{s:s}", "verb", "status"), &doc) <= 0)
                        return false;
                ok = done(im, doc, since);
                json_decref(doc);
                if (ok)
                        return true;
                (void) nanosleep(&pause, NULL);
        } while (now_read().boot < until);
        return false;
}

static bool has_looked(const Importer *im, const json_t *status, usec_t since) {
        json_t *t;
        size_t i;

        json_array_foreach(json_object_get(status, "targets"), i, t)
                if (text_equal(json_get(t, "target"), im->target->name))
                        return json_get_instant(t, "listed") >= since;
        return false;
}

static const Import *import_of(const Importer *im, const char *id) {
        for (size_t i = 0; i < im->n; i++)
                if (im->list[i].fate == IMPORT_NEW && text_equal(im->list[i].id, id))
                        return &im->list[i];
        return NULL;
}

/* Whatever else is to be said of it, it is ours and needs nothing to be sent. */
static bool is_ours(const char *sync) {
        static const char *const others[] = { "already-there", "claimed", "pending", "unknown", "not-yet", "unresolved" };

        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                if (strcmp(sync, others[i]) == 0)
                        return false;
        return true;
}

static bool are_ours(const Importer *im, const json_t *status, usec_t since) {
        size_t i, k, ours = 0;
        json_t *w, *t;

        json_array_foreach(json_object_get(status, "windows"), i, w)
                json_array_foreach(json_object_get(w, "targets"), k, t)
                        ours += text_equal(json_get(t, "target"), im->target->name) && is_ours(json_get(t, "sync")) && import_of(im, json_get(w, "manifest"));
        return ours >= count(im, IMPORT_NEW);
}

static int ask_reload(const Importer *im) {
        json_t *load = NULL;
        int r = ctl_ask(im->ctl, json_pack("{s:s}", "verb", "reload"), &load);

        json_decref(load);
        return r;
}

/* A reload has it look once more, also when a listing is under way. */
static bool make_it_look(const Importer *im, usec_t since) {
        return ask_reload(im) > 0 && wait_until(im, has_looked, since);
}

/* Adds to @taken those that it knows. */
static int ask_adopt(const Importer *im, json_t *ids, size_t *taken) {
        json_t *answer = NULL;
        int r = ctl_ask(im->ctl, json_pack("{s:s, s:s, s:o}", "verb", "adopt", "target", im->target->name, "manifests", ids), &answer);

        *taken += json_array_size(json_object_get(answer, "manifests"));
        json_decref(answer);
        return r;
}

static int adopt_there(Importer *im) {
        json_t *ids = json_array();
        size_t taken = 0;
        int r = ask_reload(im);

        for (size_t i = 0; i < im->n && r > 0; i++) {
                if (im->list[i].fate != IMPORT_NEW)
                        continue;
                (void) json_array_append_new(ids, json_string(im->list[i].id));
                if (json_array_size(ids) == IDS_AT_ONCE) {
                        r = ask_adopt(im, ids, &taken);
                        ids = json_array();
                }
        }
        if (r > 0 && json_array_size(ids))
                r = ask_adopt(im, STEAL(ids), &taken);
        json_decref(ids);
        if (r <= 0)
                return r < 0 ? r : -EIO;
        im->late = taken < count(im, IMPORT_NEW) || !wait_until(im, are_ours, 0); /* for one that it does not know there is nothing to wait for */
        if (im->late)
                im->left = "maintd has not taken all of them over yet: maintctl status";
        return 0;
}

/* ── taking over: without one ── */

/* One that is gone again by now leaves the others no worse: the first error counts, when all is done. */
static int adopt_here(Importer *im) {
        int first = site_load(im->site, now_read(), false), r;

        if (first < 0)
                return first;
        for (size_t i = 0; i < im->n; i++) {
                if (im->list[i].fate != IMPORT_NEW)
                        continue;
                r = engine_told_adopt_manifest(im->site->engine, now_read(), im->target->name, im->list[i].id);
                first = first < 0 ? first : r;
        }
        r = local_settle(im->site, false);
        return first < 0 ? first : r;
}

/* ── told ── */

static const char *fate_to_string(ImportFate f) {
        static const char *const names[] = {
                [IMPORT_NEW] = "new", [IMPORT_HERE] = "here", [IMPORT_PART] = "part", [IMPORT_FOREIGN] = "foreign", [IMPORT_CANNOT] = "cannot",
        };

        return names[f];
}

/* A remote's text, which need not be fit for a terminal. */
static json_t *safe_text(const char *s) {
        auto_(free) char *safe = text_printable(s, 0);

        return json_string(text_or(safe, ""));
}

static json_t *document(const Importer *im) {
        json_t *list = json_array();
        char start[RFC3339_SIZE], end[RFC3339_SIZE];

        for (size_t i = 0; i < im->n; i++) {
                const Import *m = &im->list[i];
                bool is_new = m->fate == IMPORT_NEW;

                (void) json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:s, s:s, s:s?, s:s?, s:s?, s:o}", "what", fate_to_string(m->fate), "remote_id",
                        safe_text(m->found->remote_id), "title", safe_text(m->found->object.title), "start", rfc3339_format(m->found->object.start, start), "end",
                        rfc3339_format(m->found->object.end, end), "id", is_new ? m->id : NULL, "file", is_new ? m->path : NULL, "text", is_new ? m->text : NULL,
                        "why", safe_text(m->why)));
        }
        return json_pack("{s:s, s:b, s:b, s:i, s:i, s:o}", "target", im->target->name, "dry_run", (im->ctl->options & OPTION_DRY_RUN) != 0, "adopted",
                         !im->left && count(im, IMPORT_NEW) > 0, "written", im->ctl->options & OPTION_DRY_RUN ? 0 : (int) count(im, IMPORT_NEW), "cannot",
                         (int) count(im, IMPORT_CANNOT), "windows", list);
}

static void print_text(const Ctl *ctl, const char *text) {
        auto_(free) char *copy = strdup(text);
        char *rest = NULL;

        for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
                render_line(ctl, STYLE_GREEN, false, "    %s", line);
}

static void print_import(const Importer *im, const Import *m) {
        bool dry = im->ctl->options & OPTION_DRY_RUN;
        char start[ZONED_SIZE];

        (void) render_instant(im->ctl, m->found->object.start, im->site->config->timezone, start);
        if (m->fate == IMPORT_NEW) {
                render_line(im->ctl, STYLE_GREEN, false, "+ %s: %s, %s", m->path, m->window.title, start);
                if (dry)
                        print_text(im->ctl, m->text);
                if (*m->why)
                        render_line(im->ctl, STYLE_YELLOW, false, "    %s", m->why);
        } else if (m->fate == IMPORT_CANNOT)
                render_line(im->ctl, STYLE_RED, false, "! %s, %s (%s): %s", m->found->object.title, start, m->found->remote_id, m->why);
        else if (*m->why)
                render_line(im->ctl, STYLE_DIM, false, "= %s, %s: %s", m->found->object.title, start, m->why);
}

static void print(const Importer *im) {
        size_t fresh = count(im, IMPORT_NEW), here = count(im, IMPORT_HERE), cannot = count(im, IMPORT_CANNOT), foreign = count(im, IMPORT_FOREIGN);
        bool dry = im->ctl->options & OPTION_DRY_RUN;

        for (size_t i = 0; i < im->n; i++)
                print_import(im, &im->list[i]);
        render_line(im->ctl, STYLE_BOLD, false, "%zu manifest%s %s; at %s %zu window%s here already, %zu another's, %zu that cannot be imported", fresh, PLURAL(fresh),
                    dry ? "would be written" : "written", im->target->name, here, here == 1 ? " is" : "s are", foreign, cannot);
        if (fresh && !dry)
                render_line(im->ctl, "", false, "%s", im->left ? im->left : "taken over: look at them, and commit them");
}

/* ── all of it ── */

static int take_over(Importer *im) {
        usec_t since = now_read().real;
        int r = 0, w;

        if (im->ctl->options & OPTION_DRY_RUN || count(im, IMPORT_NEW) == 0)
                return 0;
        if (im->daemon && !im->elsewhere && !make_it_look(im, since)) {
                for (size_t i = 0; i < im->n; i++)
                        if (im->list[i].fate == IMPORT_NEW) {
                                im->list[i].fate = IMPORT_CANNOT;
                                im->list[i].why = "maintd does not come to look at that target: maintctl status";
                        }
                return -EIO;
        }
        w = write_all(im);
        if (im->elsewhere)
                im->left = arena_printf(im->arena, "maintd reads other manifests: once it has these, `maintctl adopt %s` takes the windows over", im->target->name);
        else if (count(im, IMPORT_NEW))
                r = im->daemon ? adopt_there(im) : adopt_here(im);
        if (r < 0)
                im->left = arena_printf(im->arena, "they are written, and not all of them taken over: `maintctl adopt %s` does that", im->target->name);
        return r < 0 ? r : w;
}

static int import(Importer *im) {
        int r = look_for_daemon(im);

        if (r >= 0)
                r = open_site(im);
        if (r >= 0)
                r = find_target(im);
        if (r >= 0)
                r = find_folder(im);
        if (r >= 0)
                r = look(im);
        if (r >= 0)
                r = choose(im);
        return r;
}

int verb_import(Ctl *ctl) {
        Importer im = { .ctl = ctl, .arena = arena_new() };
        int status = EXIT_FAILED, r = im.arena ? import(&im) : -ENOMEM;

        if (r >= 0) {
                r = take_over(&im);
                status = r < 0 || im.late || count(&im, IMPORT_CANNOT) ? EXIT_FAILED : EXIT_FINE;
                if (!ctl->json)
                        print(&im);
                else
                        (void) ctl_json(ctl, document(&im));
                if (count(&im, IMPORT_CANNOT))
                        (void) fprintf(stderr, "maintctl: not all of it could be imported\n");
        }
        finder_free(im.finder);
        site_free(im.site);
        free(im.root);
        free(im.directory);
        (void) arena_free(im.arena);
        return status;
}
