/*
 * new: a manifest as a colleague would begin it
 */
#include <string.h>

#include "base/text.h"
#include "ctl/finish.h"
#include "ctl/words.h"

static void put(FILE *f, Arena *a, const char *key, const char *value, bool text) {
        const char *scalar;

        if (!value)
                return;
        scalar = edit_scalar(a, value, text, 0, false);
        (void) fprintf(f, "%s: %s\n", key, text_or(scalar, "''"));
}

/* Several lines stand in a block, as people write them. */
static void put_description(FILE *f, Arena *a, const char *text) {
        auto_(free) char *copy = text && strchr(text, '\n') && !strchr(" \n", *text) && !strpbrk(text, "\t\r") ? strdup(text) : NULL;

        if (!copy) {
                put(f, a, "description", text, true);
                return;
        }
        (void) fputs("description: |\n", f);
        for (char *at = copy, *line; (line = strsep(&at, "\n")) && (at || *line);)
                (void) fprintf(f, "%s%s\n", *line ? "  " : "", line);
}

static void put_services(FILE *f, Arena *a, const char *list) {
        auto_(free) char *copy = list ? strdup(list) : NULL;
        const char *sign = "";

        if (!copy)
                return;
        (void) fputs("services: [", f);
        for (char *at = copy, *name; (name = strsep(&at, ","));) {
                const char *scalar = edit_scalar(a, arena_strndup(a, name + strspn(name, " "), strcspn(name + strspn(name, " "), " ")), true, 0, true);

                (void) fprintf(f, "%s%s", sign, text_or(scalar, "''"));
                sign = ", ";
        }
        (void) fputs("]\n", f);
}

static char *manifest_text(const Ctl *ctl, Arena *a) {
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        if (!f)
                return NULL;
        put(f, a, "title", ctl->title, true);
        put_description(f, a, ctl->description);
        put(f, a, "start", ctl->start, false);
        put(f, a, "end", ctl->end, false);
        put(f, a, "duration", ctl->duration, false);
        put(f, a, "timezone", ctl->timezone, false);
        put_services(f, a, ctl->services);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

static int usage(const Ctl *ctl, const Site *s, const char *id) {
        const char *problem = !ctl->title ? "--title TEXT is wanted" : !ctl->start ? "--start TIME is wanted, as 2027-02-01T02:00"
                : !ctl->end == !ctl->duration ? "either --duration SPAN or --end TIME" : strlen(id) > ID_MAX ? "the id is too long"
                : strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._/-") != strlen(id) || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", *id) || !*id ||
                                strstr(id, "/.") || strstr(id, "/_") || strstr(id, "//") || id[strlen(id) - 1] == '/'
                        ? "an id is made of a-z, 0-9, '.', '_', '-' and '/', and no part of it begins with '.' or '_'"
                : desired_manifest(s->desired, id) ? "there is such a manifest" : NULL;

        if (!problem)
                return 0;
        (void) fprintf(stderr, "maintctl: new: %s\n", problem);
        return -EINVAL;
}

int verb_new(Ctl *ctl) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(site_free) Site *s = NULL;
        auto_(free) char *path = textf("%s.yaml", ctl->args[0]);
        const char *id = ctl->args[0], *summary;
        Edited e = { 0 };
        int status = EXIT_FAILED;

        if (!a || !path || local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0)
                return EXIT_FAILED;
        if (usage(ctl, s, id) < 0 || edited_open(s, path, true, &e) < 0)
                return EXIT_FAILED;
        e.after = manifest_text(ctl, a);
        e.n_after = e.after ? strlen(e.after) : 0;
        summary = arena_printf(a, "add %s", id);
        if (e.after && summary)
                status = finish_edit(ctl, s, &e, &(Finish) { id, id, summary, 1 });
        edited_done(&e);
        return status;
}
