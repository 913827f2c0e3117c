/*
 * new: a manifest as a colleague would begin it
 */
#include <string.h>

#include "base/text.h"
#include "ctl/finish.h"
#include "ctl/tidy.h"

/* "api, database" */
static void put_services(FILE *f, Arena *a, const char *list) {
        char *copy = arena_strdup(a, list);
        Strv services = { .items = copy ? arena_array(a, strlen(copy) + 1, sizeof(char *)) : NULL };

        if (!services.items)
                return;
        for (char *at = copy, *name; (name = strsep(&at, ","));)
                services.items[services.n++] = arena_strndup(a, name + strspn(name, " "), strcspn(name + strspn(name, " "), " "));
        tidy_put_list(f, a, "services", &services);
}

static char *manifest_text(const Ctl *ctl, Arena *a) {
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);

        if (!f)
                return NULL;
        tidy_put(f, a, "title", ctl->title, true);
        tidy_put_block(f, a, "description", ctl->description);
        tidy_put(f, a, "start", ctl->start, false);
        tidy_put(f, a, "end", ctl->end, false);
        tidy_put(f, a, "duration", ctl->duration, false);
        tidy_put(f, a, "timezone", ctl->timezone, false);
        put_services(f, a, ctl->services);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

static int usage(const Ctl *ctl, const Site *s, const char *id) {
        const char *problem = !ctl->title ? "--title TEXT is wanted" : !ctl->start ? "--start TIME is wanted, as 2027-02-01T02:00"
                : !ctl->end == !ctl->duration ? "either --duration SPAN or --end TIME" : strlen(id) > ID_MAX ? "the id is too long"
                : !id_fits_path(id) ? "an id is made of a-z, 0-9, '.', '_', '-' and '/', and no part of it begins with '.' or '_', at most 32 folders deep"
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
